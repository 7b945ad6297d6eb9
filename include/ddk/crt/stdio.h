/*
 * <stdio.h> as a driver sees it: see <string.h>.
 */
#ifndef NTIO_DDK_STDIO_H
#define NTIO_DDK_STDIO_H

#include <stdarg.h>
#include "string.h"

#endif
