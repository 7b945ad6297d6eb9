/*
 * The part of shell32 that needs no shell.
 */
#ifndef NTIO_SHELLAPI_H
#define NTIO_SHELLAPI_H
#define _INC_SHELLAPI

#include "windef.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The arguments in one block for LocalFree; NULL and the last error. The program's path for an empty line. */
NTIO_EXPORT LPWSTR *WINAPI CommandLineToArgvW(LPCWSTR lpCmdLine, int *pNumArgs);

#ifdef __cplusplus
}
#endif

#endif
