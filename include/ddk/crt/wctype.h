/*
 * <wctype.h> as a driver sees it: see <string.h>.
 */
#ifndef NTIO_DDK_WCTYPE_H
#define NTIO_DDK_WCTYPE_H

#include "wchar.h"

#endif
