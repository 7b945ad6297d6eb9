/*
 * <wchar.h> as a driver sees it: see <string.h>.
 */
#ifndef NTIO_DDK_WCHAR_H
#define NTIO_DDK_WCHAR_H

#include <stdarg.h>
#include "string.h"

#ifndef _WCTYPE_T_DEFINED
#define _WCTYPE_T_DEFINED
typedef unsigned short wint_t;
typedef unsigned short wctype_t;
#endif
#ifndef WEOF
#define WEOF ((wint_t)0xFFFF)
#endif
#ifndef WCHAR_MAX
#define WCHAR_MAX 0xFFFF
#define WCHAR_MIN 0
#endif

#endif
