/*
 * The process's surroundings: standard handles, current directory, environment.
 */
#ifndef NTIO_PROCESSENV_H
#define NTIO_PROCESSENV_H

#include "minwindef.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STD_INPUT_HANDLE  ((DWORD)-10)
#define STD_OUTPUT_HANDLE ((DWORD)-11)
#define STD_ERROR_HANDLE  ((DWORD)-12)

WINBASEAPI HANDLE WINAPI GetStdHandle(DWORD nStdHandle);
/** For GetStdHandle alone: the C run-time library's streams stay where they are. */
WINBASEAPI BOOL WINAPI SetStdHandle(DWORD nStdHandle, HANDLE hHandle);
/** "name=value", each terminated, and an empty one at the end. */
WINBASEAPI LPCH WINAPI GetEnvironmentStrings(VOID);
WINBASEAPI LPWCH WINAPI GetEnvironmentStringsW(VOID);
WINBASEAPI BOOL WINAPI FreeEnvironmentStringsA(LPCH penv);
WINBASEAPI BOOL WINAPI FreeEnvironmentStringsW(LPWCH penv);
WINBASEAPI DWORD WINAPI GetCurrentDirectoryA(DWORD nBufferLength, LPSTR lpBuffer);
WINBASEAPI DWORD WINAPI GetCurrentDirectoryW(DWORD nBufferLength, LPWSTR lpBuffer);
WINBASEAPI BOOL WINAPI SetCurrentDirectoryA(LPCSTR lpPathName);
WINBASEAPI BOOL WINAPI SetCurrentDirectoryW(LPCWSTR lpPathName);
WINBASEAPI DWORD WINAPI GetEnvironmentVariableA(LPCSTR lpName, LPSTR lpBuffer, DWORD nSize);
WINBASEAPI DWORD WINAPI GetEnvironmentVariableW(LPCWSTR lpName, LPWSTR lpBuffer, DWORD nSize);

#ifdef UNICODE
#define GetCurrentDirectory    GetCurrentDirectoryW
#define SetCurrentDirectory    SetCurrentDirectoryW
#define GetEnvironmentVariable GetEnvironmentVariableW
#define GetEnvironmentStrings  GetEnvironmentStringsW
#define FreeEnvironmentStrings FreeEnvironmentStringsW
#else
#define GetCurrentDirectory    GetCurrentDirectoryA
#define SetCurrentDirectory    SetCurrentDirectoryA
#define GetEnvironmentVariable GetEnvironmentVariableA
#define GetEnvironmentStringsA GetEnvironmentStrings
#define FreeEnvironmentStrings FreeEnvironmentStringsA
#endif

#ifdef __cplusplus
}
#endif

#endif
