/*
 * VirtualAlloc and its family.
 */
#include "win32p.h"

LPVOID WINAPI VirtualAllocEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType,
                             DWORD flProtect)
{
    /* The lowest 64 KB are nobody's; NT takes such an address for "anywhere", kernel32 does not. */
    if (lpAddress && (ULONG_PTR)lpAddress < 0x10000) {
        win32_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    NTSTATUS status =
        NtAllocateVirtualMemory(hProcess, &lpAddress, 0, &dwSize, flAllocationType & ~(DWORD)0x3F, flProtect);
    return win32_result(status) ? lpAddress : NULL;
}

LPVOID WINAPI VirtualAlloc(LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType, DWORD flProtect)
{
    return VirtualAllocEx(NtCurrentProcess(), lpAddress, dwSize, flAllocationType, flProtect);
}

BOOL WINAPI VirtualFreeEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType)
{
    if (dwFreeType & MEM_RELEASE && dwSize)
        return win32_error(ERROR_INVALID_PARAMETER);
    return win32_result(NtFreeVirtualMemory(hProcess, &lpAddress, &dwSize, dwFreeType));
}

BOOL WINAPI VirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType)
{
    return VirtualFreeEx(NtCurrentProcess(), lpAddress, dwSize, dwFreeType);
}

BOOL WINAPI VirtualProtectEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize, DWORD flNewProtect,
                             PDWORD lpflOldProtect)
{
    return win32_result(NtProtectVirtualMemory(hProcess, &lpAddress, &dwSize, flNewProtect, lpflOldProtect));
}

BOOL WINAPI VirtualProtect(LPVOID lpAddress, SIZE_T dwSize, DWORD flNewProtect, PDWORD lpflOldProtect)
{
    return VirtualProtectEx(NtCurrentProcess(), lpAddress, dwSize, flNewProtect, lpflOldProtect);
}

SIZE_T WINAPI VirtualQueryEx(HANDLE hProcess, LPCVOID lpAddress, PMEMORY_BASIC_INFORMATION lpBuffer,
                             SIZE_T dwLength)
{
    SIZE_T written = 0;
    NTSTATUS status = NtQueryVirtualMemory(hProcess, (PVOID)lpAddress, MemoryBasicInformation, lpBuffer,
                                           dwLength, &written);
    return win32_result(status) ? written : 0;
}

SIZE_T WINAPI VirtualQuery(LPCVOID lpAddress, PMEMORY_BASIC_INFORMATION lpBuffer, SIZE_T dwLength)
{
    return VirtualQueryEx(NtCurrentProcess(), lpAddress, lpBuffer, dwLength);
}
