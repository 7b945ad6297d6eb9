/*
 * The base types of the Win32 side and the macros on words and bytes. Drivers may include it, too.
 */
#ifndef NTIO_MINWINDEF_H
#define NTIO_MINWINDEF_H
#define _MINWINDEF_

#include "ntdef.h"

#define far
#define near
#undef FAR
#undef NEAR
#define FAR
#define NEAR
#define pascal
#define cdecl
#define WINAPI     __stdcall
#define WINAPIV    __cdecl
#define APIENTRY   WINAPI
#define APIPRIVATE __stdcall
#define PASCAL     __stdcall
#define CALLBACK   __stdcall
#define WINAPI_INLINE WINAPI

/* What is exported: one attribute under the names Windows has for the DLLs. */
#define WINBASEAPI NTIO_EXPORT
#define WINADVAPI  NTIO_EXPORT
#define WINUSERAPI NTIO_EXPORT

#ifndef MAX_PATH
#define MAX_PATH 260
#endif
#ifndef NULL
#define NULL ((void *)0)
#endif
#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif
#ifndef STRICT
#define STRICT 1
#endif

typedef unsigned int DWORD;
typedef int BOOL;
typedef unsigned char BYTE;
typedef unsigned short WORD;
typedef float FLOAT;
typedef FLOAT *PFLOAT;
typedef BOOL *PBOOL, *LPBOOL;
typedef BYTE *PBYTE, *LPBYTE;
typedef int *PINT, *LPINT;
typedef WORD *PWORD, *LPWORD;
typedef int *LPLONG;
typedef DWORD *PDWORD, *LPDWORD;
typedef void *LPVOID;
typedef const void *LPCVOID;
typedef int INT;
typedef unsigned int UINT;
typedef unsigned int *PUINT;

/* A client has it, a driver has <wdm.h>. */
#if __has_include("winnt.h")
#include "winnt.h"
#endif

typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM;
typedef LONG_PTR LRESULT;
typedef HANDLE *SPHANDLE, *LPHANDLE;
typedef HANDLE HGLOBAL, HLOCAL, GLOBALHANDLE, LOCALHANDLE;
typedef LONG_PTR(WINAPI *FARPROC)();
typedef LONG_PTR(WINAPI *NEARPROC)();
typedef LONG_PTR(WINAPI *PROC)();
typedef WORD ATOM;
typedef int HFILE;

DECLARE_HANDLE(HKEY);
typedef HKEY *PHKEY;
DECLARE_HANDLE(HINSTANCE);
typedef HINSTANCE HMODULE;
DECLARE_HANDLE(HRSRC);
DECLARE_HANDLE(HTASK);

typedef struct _FILETIME {
    DWORD dwLowDateTime;
    DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

/* min and max: ntdef.h. */

#define MAKEWORD(a, b) ((WORD)(((BYTE)((DWORD_PTR)(a) & 0xff)) | ((WORD)((BYTE)((DWORD_PTR)(b) & 0xff))) << 8))
#define MAKELONG(a, b) ((LONG)(((WORD)((DWORD_PTR)(a) & 0xffff)) | ((DWORD)((WORD)((DWORD_PTR)(b) & 0xffff))) << 16))
#define LOWORD(l)      ((WORD)((DWORD_PTR)(l) & 0xffff))
#define HIWORD(l)      ((WORD)(((DWORD_PTR)(l) >> 16) & 0xffff))
#define LOBYTE(w)      ((BYTE)((DWORD_PTR)(w) & 0xff))
#define HIBYTE(w)      ((BYTE)(((DWORD_PTR)(w) >> 8) & 0xff))

#endif
