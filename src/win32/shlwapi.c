/*
 * shlwapi: paths and strings, once for each width of character (shlwapi_text.h).
 */
#include "win32p.h"

#include <shlwapi.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_CHAR     CHAR
#define TEXT_UNIT     unsigned char
#define TEXT_NAME(f)  f##A
#define TEXT_LOCAL(f) f##_narrow
#include "shlwapi_text.h"
#undef TEXT_CHAR
#undef TEXT_UNIT
#undef TEXT_NAME
#undef TEXT_LOCAL
#define TEXT_CHAR     WCHAR
#define TEXT_UNIT     WCHAR
#define TEXT_NAME(f)  f##W
#define TEXT_LOCAL(f) f##_wide
#include "shlwapi_text.h"
