/*
 * <memory.h> as a driver sees it: see <string.h>.
 */
#ifndef NTIO_DDK_MEMORY_H
#define NTIO_DDK_MEMORY_H

#include <stdarg.h>
#include "string.h"

#endif
