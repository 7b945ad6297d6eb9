/*
 * The machine, its version, its directories, and the program's own file.
 */
#include "win32p.h"

#include <stdlib.h>
#include <string.h>

VOID WINAPI GetSystemInfo(LPSYSTEM_INFO lpSystemInfo)
{
    unsigned processors = ntio_machine.processors;
    SYSTEM_INFO info = {
        .wProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64,
        .dwPageSize = HOST_PAGE,
        .lpMinimumApplicationAddress = (LPVOID)0x10000,
        .lpMaximumApplicationAddress = (LPVOID)0x00007FFFFFFEFFFF,
        .dwActiveProcessorMask = processors >= 64 ? ~(DWORD_PTR)0 : ((DWORD_PTR)1 << processors) - 1,
        .dwNumberOfProcessors = processors,
        .dwProcessorType = PROCESSOR_AMD_X8664,
        .dwAllocationGranularity = 0x10000,
        .wProcessorLevel = 6,
    };
    *lpSystemInfo = info;
}

VOID WINAPI GetNativeSystemInfo(LPSYSTEM_INFO lpSystemInfo)
{
    GetSystemInfo(lpSystemInfo);
}

BOOL WINAPI GetVersionExW(LPOSVERSIONINFOW lpVersionInformation)
{
    DWORD size;
    OSVERSIONINFOEXW info = {.dwOSVersionInfoSize = sizeof info};
    if (!win32_read(&size, lpVersionInformation, sizeof size))
        return FALSE;
    if (size != sizeof(OSVERSIONINFOW) && size != sizeof(OSVERSIONINFOEXW))
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    NTSTATUS status = RtlGetVersion((PRTL_OSVERSIONINFOW)&info);
    info.dwOSVersionInfoSize = size;
    return win32_result(status) && win32_write(lpVersionInformation, &info, size);
}

BOOL WINAPI GetVersionExA(LPOSVERSIONINFOA lpVersionInformation)
{
    DWORD size;
    OSVERSIONINFOEXW wide = {.dwOSVersionInfoSize = sizeof wide};
    OSVERSIONINFOEXA info = {.dwOSVersionInfoSize = 0};
    if (!win32_read(&size, lpVersionInformation, sizeof size))
        return FALSE;
    if (size != sizeof(OSVERSIONINFOA) && size != sizeof(OSVERSIONINFOEXA))
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    if (!GetVersionExW((LPOSVERSIONINFOW)&wide))
        return FALSE;
    info.dwOSVersionInfoSize = size;
    info.dwMajorVersion = wide.dwMajorVersion;
    info.dwMinorVersion = wide.dwMinorVersion;
    info.dwBuildNumber = wide.dwBuildNumber;
    info.dwPlatformId = wide.dwPlatformId;
    info.wServicePackMajor = wide.wServicePackMajor;
    info.wServicePackMinor = wide.wServicePackMinor;
    info.wSuiteMask = wide.wSuiteMask;
    info.wProductType = wide.wProductType;
    return win32_write(lpVersionInformation, &info, size);
}

DWORD WINAPI GetVersion(VOID)
{
    OSVERSIONINFOW info = {.dwOSVersionInfoSize = sizeof info};
    GetVersionExW(&info);
    return (info.dwMajorVersion & 0xFF) | (info.dwMinorVersion & 0xFF) << 8 | info.dwBuildNumber << 16;
}

UINT WINAPI GetSystemDirectoryW(LPWSTR lpBuffer, UINT uSize)
{
    return win32_give_wide(lpBuffer, uSize, L"C:\\Windows\\system32");
}

UINT WINAPI GetSystemDirectoryA(LPSTR lpBuffer, UINT uSize)
{
    return win32_give_ansi(lpBuffer, uSize, L"C:\\Windows\\system32");
}

UINT WINAPI GetWindowsDirectoryW(LPWSTR lpBuffer, UINT uSize)
{
    return win32_give_wide(lpBuffer, uSize, L"C:\\Windows");
}

UINT WINAPI GetWindowsDirectoryA(LPSTR lpBuffer, UINT uSize)
{
    return win32_give_ansi(lpBuffer, uSize, L"C:\\Windows");
}

/* "C:" and the host's path of the program, slashes turned; from malloc. */
static LPWSTR program_path(void)
{
    char path[4096] = "C:";
    struct win32_wide wide;
    if (!host_program_path(path + 2, sizeof path - 2)) {
        win32_error(ERROR_MOD_NOT_FOUND);
        return NULL;
    }
    for (char *c = path; *c; c++)
        if (*c == '/')
            *c = '\\';
    if (!win32_wide_from_ansi(&wide, path))
        return NULL;
    LPWSTR copy = win32_duplicate(wide.text);
    win32_wide_free(&wide);
    if (!copy)
        win32_error(ERROR_NOT_ENOUGH_MEMORY);
    return copy;
}

/* A path that does not fit is cut off, and the function says so with its error. */
DWORD WINAPI GetModuleFileNameW(HMODULE hModule, LPWSTR lpFilename, DWORD nSize)
{
    LPWSTR path = win32_is_program(hModule) ? program_path() : win32_module_path(hModule);
    if (!path)
        return 0;
    size_t length = win32_length(path);
    DWORD result = (DWORD)length;
    if (length >= nSize) {
        result = nSize;
        if (nSize)
            path[nSize - 1] = 0;
        length = nSize ? nSize - 1 : 0;
    }
    if (nSize && !win32_write(lpFilename, path, (length + 1) * sizeof(WCHAR)))
        result = 0;
    else if (result == nSize)
        win32_error(ERROR_INSUFFICIENT_BUFFER);
    free(path);
    return result;
}

DWORD WINAPI GetModuleFileNameA(HMODULE hModule, LPSTR lpFilename, DWORD nSize)
{
    LPWSTR wide = win32_is_program(hModule) ? program_path() : win32_module_path(hModule);
    LPSTR path = wide ? win32_narrow(wide) : NULL;
    free(wide);
    if (!path)
        return 0;
    size_t length = strlen(path);
    DWORD result = (DWORD)length;
    if (length >= nSize) {
        result = nSize;
        length = nSize ? nSize - 1 : 0;
        path[length] = 0;
    }
    if (nSize && !win32_write(lpFilename, path, length + 1))
        result = 0;
    else if (result == nSize)
        win32_error(ERROR_INSUFFICIENT_BUFFER);
    free(path);
    return result;
}

/* The variable of the host's environment, wide; from malloc. */
static LPWSTR variable(const struct win32_wide *name)
{
    LPSTR narrow = name->length ? win32_narrow(name->text) : NULL;
    const char *value = narrow ? host_getenv(narrow) : NULL;
    free(narrow);
    struct win32_wide wide;
    LPWSTR copy = NULL;
    if (value && win32_wide_from_ansi(&wide, value)) {
        copy = win32_duplicate(wide.text);
        win32_wide_free(&wide);
    }
    if (!copy)
        win32_error(ERROR_ENVVAR_NOT_FOUND);
    return copy;
}

DWORD WINAPI GetEnvironmentVariableW(LPCWSTR lpName, LPWSTR lpBuffer, DWORD nSize)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpName))
        return 0;
    LPWSTR value = variable(&name);
    win32_wide_free(&name);
    DWORD result = value ? win32_give_wide(lpBuffer, nSize, value) : 0;
    free(value);
    return result;
}

DWORD WINAPI GetEnvironmentVariableA(LPCSTR lpName, LPSTR lpBuffer, DWORD nSize)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpName))
        return 0;
    LPWSTR value = variable(&name);
    win32_wide_free(&name);
    DWORD result = value ? win32_give_ansi(lpBuffer, nSize, value) : 0;
    free(value);
    return result;
}

UINT WINAPI SetHandleCount(UINT uNumber)
{
    return uNumber;
}

BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR pSecurityDescriptor, DWORD dwRevision)
{
    SECURITY_DESCRIPTOR empty = {.Revision = SECURITY_DESCRIPTOR_REVISION};
    if (dwRevision != SECURITY_DESCRIPTOR_REVISION)
        return win32_fail(STATUS_UNKNOWN_REVISION);
    return win32_write(pSecurityDescriptor, &empty, sizeof empty);
}

BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR pSecurityDescriptor, BOOL bDaclPresent, PACL pDacl,
                                      BOOL bDaclDefaulted)
{
    SECURITY_DESCRIPTOR descriptor;
    if (!win32_read(&descriptor, pSecurityDescriptor, sizeof descriptor))
        return FALSE;
    if (descriptor.Revision != SECURITY_DESCRIPTOR_REVISION)
        return win32_fail(STATUS_UNKNOWN_REVISION);
    if (descriptor.Control & SE_SELF_RELATIVE)
        return win32_fail(STATUS_INVALID_SECURITY_DESCR);
    descriptor.Control &= (USHORT) ~(SE_DACL_PRESENT | SE_DACL_DEFAULTED);
    descriptor.Dacl = NULL;
    if (bDaclPresent) {
        descriptor.Control |= SE_DACL_PRESENT | (bDaclDefaulted ? SE_DACL_DEFAULTED : 0);
        descriptor.Dacl = pDacl;
    }
    return win32_write(pSecurityDescriptor, &descriptor, sizeof descriptor);
}
