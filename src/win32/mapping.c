/*
 * File mappings: sections and their views, under the client's names.
 */
#include "win32p.h"

#define PROTECTION 0xFFu
#define SECTION_ATTRIBUTES                                                                                   \
    (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE | SEC_NOCACHE | SEC_LARGE_PAGES | 0x40000000u)

/* What a mapping's protection lets the handle do. */
static ACCESS_MASK access_for(ULONG protect)
{
    ACCESS_MASK access = STANDARD_RIGHTS_REQUIRED | SECTION_QUERY | SECTION_MAP_READ;
    if (protect == PAGE_READWRITE || protect == PAGE_EXECUTE_READWRITE)
        access |= SECTION_MAP_WRITE;
    if (protect >= PAGE_EXECUTE)
        access |= SECTION_MAP_EXECUTE;
    return access;
}

static HANDLE create(HANDLE file, LPSECURITY_ATTRIBUTES security, DWORD protect, ULONGLONG size,
                     const struct win32_wide *name)
{
    struct win32_object object;
    POBJECT_ATTRIBUTES attributes;
    HANDLE handle = NULL;
    LARGE_INTEGER maximum = {.QuadPart = (LONGLONG)size};
    ULONG kind = protect & SECTION_ATTRIBUTES;
    if (file == INVALID_HANDLE_VALUE && !size) {
        win32_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (!win32_object(&object, security, FALSE, name, OBJ_OPENIF, &attributes))
        return NULL;
    NTSTATUS status = NtCreateSection(&handle, access_for(protect & PROTECTION), attributes,
                                      size ? &maximum : NULL, protect & PROTECTION, kind ? kind : SEC_COMMIT,
                                      file == INVALID_HANDLE_VALUE ? NULL : file);
    win32_object_free(&object);
    if (!NT_SUCCESS(status)) {
        win32_fail(status);
        return NULL;
    }
    win32_set_last_error(status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return handle;
}

HANDLE WINAPI CreateFileMappingW(HANDLE hFile, LPSECURITY_ATTRIBUTES lpFileMappingAttributes, DWORD flProtect,
                                 DWORD dwMaximumSizeHigh, DWORD dwMaximumSizeLow, LPCWSTR lpName)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpName))
        return NULL;
    HANDLE handle = create(hFile, lpFileMappingAttributes, flProtect,
                           (ULONGLONG)dwMaximumSizeHigh << 32 | dwMaximumSizeLow, &name);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI CreateFileMappingA(HANDLE hFile, LPSECURITY_ATTRIBUTES lpFileMappingAttributes, DWORD flProtect,
                                 DWORD dwMaximumSizeHigh, DWORD dwMaximumSizeLow, LPCSTR lpName)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpName))
        return NULL;
    HANDLE handle = create(hFile, lpFileMappingAttributes, flProtect,
                           (ULONGLONG)dwMaximumSizeHigh << 32 | dwMaximumSizeLow, &name);
    win32_wide_free(&name);
    return handle;
}

/* A copy needs no more than reading, and executing goes by another name. */
static ACCESS_MASK section_access(DWORD access)
{
    if ((access & FILE_MAP_ALL_ACCESS) == FILE_MAP_ALL_ACCESS)
        return SECTION_ALL_ACCESS;
    ACCESS_MASK rights = access & (SECTION_MAP_WRITE | SECTION_MAP_READ | STANDARD_RIGHTS_ALL);
    if (access & FILE_MAP_COPY)
        rights |= SECTION_MAP_READ;
    if (access & FILE_MAP_EXECUTE)
        rights |= SECTION_MAP_EXECUTE;
    return rights;
}

static HANDLE open(DWORD access, BOOL inherit, const struct win32_wide *name)
{
    struct win32_object object;
    POBJECT_ATTRIBUTES attributes;
    HANDLE handle = NULL;
    if (!name->text) {
        win32_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (!win32_object(&object, NULL, inherit, name, 0, &attributes))
        return NULL;
    NTSTATUS status = NtOpenSection(&handle, section_access(access), attributes);
    win32_object_free(&object);
    if (!NT_SUCCESS(status)) {
        win32_fail(status);
        return NULL;
    }
    return handle;
}

HANDLE WINAPI OpenFileMappingW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpName))
        return NULL;
    HANDLE handle = open(dwDesiredAccess, bInheritHandle, &name);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI OpenFileMappingA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpName))
        return NULL;
    HANDLE handle = open(dwDesiredAccess, bInheritHandle, &name);
    win32_wide_free(&name);
    return handle;
}

/* --- views --- */

static ULONG protection_of(DWORD access)
{
    bool executes = access & FILE_MAP_EXECUTE;
    if (access & FILE_MAP_WRITE)
        return executes ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
    if (access == FILE_MAP_COPY || access == (FILE_MAP_COPY | FILE_MAP_EXECUTE))
        return executes ? PAGE_EXECUTE_WRITECOPY : PAGE_WRITECOPY;
    if (access & FILE_MAP_READ)
        return executes ? PAGE_EXECUTE_READ : PAGE_READONLY;
    return PAGE_NOACCESS;
}

LPVOID WINAPI MapViewOfFileEx(HANDLE hFileMappingObject, DWORD dwDesiredAccess, DWORD dwFileOffsetHigh,
                              DWORD dwFileOffsetLow, SIZE_T dwNumberOfBytesToMap, LPVOID lpBaseAddress)
{
    LARGE_INTEGER offset = {.LowPart = dwFileOffsetLow, .HighPart = (LONG)dwFileOffsetHigh};
    PVOID base = lpBaseAddress;
    SIZE_T size = dwNumberOfBytesToMap;
    NTSTATUS status = NtMapViewOfSection(hFileMappingObject, NtCurrentProcess(), &base, 0, 0, &offset, &size,
                                         ViewShare, 0, protection_of(dwDesiredAccess));
    if (NT_SUCCESS(status))
        return base;
    win32_fail(status);
    return NULL;
}

LPVOID WINAPI MapViewOfFile(HANDLE hFileMappingObject, DWORD dwDesiredAccess, DWORD dwFileOffsetHigh,
                            DWORD dwFileOffsetLow, SIZE_T dwNumberOfBytesToMap)
{
    return MapViewOfFileEx(hFileMappingObject, dwDesiredAccess, dwFileOffsetHigh, dwFileOffsetLow,
                           dwNumberOfBytesToMap, NULL);
}

BOOL WINAPI UnmapViewOfFile(LPCVOID lpBaseAddress)
{
    return win32_result(NtUnmapViewOfSection(NtCurrentProcess(), (PVOID)(ULONG_PTR)lpBaseAddress));
}

BOOL WINAPI FlushViewOfFile(LPCVOID lpBaseAddress, SIZE_T dwNumberOfBytesToFlush)
{
    PVOID base = (PVOID)(ULONG_PTR)lpBaseAddress;
    SIZE_T size = dwNumberOfBytesToFlush;
    IO_STATUS_BLOCK io;
    return win32_result(NtFlushVirtualMemory(NtCurrentProcess(), &base, &size, &io));
}
