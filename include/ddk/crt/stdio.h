/*
 * <stdio.h> as a driver sees it: see <string.h>.
 */
#ifndef NTIO_DDK_STDIO_H
#define NTIO_DDK_STDIO_H

#include <stdarg.h>
#include "string.h"

NTIO_CRT_ int ntio_sscanf(const char *text, const char *format, ...);
NTIO_CRT_ int ntio_sscanf_s(const char *text, const char *format, ...);
NTIO_CRT_ int ntio_swscanf(const wchar_t *text, const wchar_t *format, ...);
NTIO_CRT_ int ntio_swscanf_s(const wchar_t *text, const wchar_t *format, ...);
#define sscanf    ntio_sscanf
#define sscanf_s  ntio_sscanf_s
#define swscanf   ntio_swscanf
#define swscanf_s ntio_swscanf_s

#endif
