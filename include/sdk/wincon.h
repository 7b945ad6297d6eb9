/*
 * The console, under the name programs include.
 */
#ifndef NTIO_WINCON_H
#define NTIO_WINCON_H
#define _WINCON_

#include "consoleapi.h"

#endif
