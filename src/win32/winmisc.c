/*
 * What small programs ask for now and then: versions compared, processes' times and images, files by
 * information class, searched paths, old dates, locales.
 */
#include "win32p.h"

#include <psapi.h>
#include <stdlib.h>
#include <string.h>

/* --- versions --- */

BOOL WINAPI VerifyVersionInfoW(LPOSVERSIONINFOEXW lpVersionInformation, DWORD dwTypeMask,
                               DWORDLONG dwlConditionMask)
{
    OSVERSIONINFOEXW wanted;
    if (!win32_read(&wanted, lpVersionInformation, sizeof wanted))
        return FALSE;
    NTSTATUS status = RtlVerifyVersionInfo(&wanted, dwTypeMask, dwlConditionMask);
    if (status == STATUS_INVALID_PARAMETER)
        return win32_error(ERROR_BAD_ARGUMENTS);
    return status == STATUS_REVISION_MISMATCH ? win32_error(ERROR_OLD_WIN_VERSION) : win32_result(status);
}

BOOL WINAPI VerifyVersionInfoA(LPOSVERSIONINFOEXA lpVersionInformation, DWORD dwTypeMask,
                               DWORDLONG dwlConditionMask)
{
    OSVERSIONINFOEXA given;
    if (!win32_read(&given, lpVersionInformation, sizeof given))
        return FALSE;
    OSVERSIONINFOEXW wanted = {.dwOSVersionInfoSize = sizeof wanted,
                               .dwMajorVersion = given.dwMajorVersion,
                               .dwMinorVersion = given.dwMinorVersion,
                               .dwBuildNumber = given.dwBuildNumber,
                               .dwPlatformId = given.dwPlatformId,
                               .wServicePackMajor = given.wServicePackMajor,
                               .wServicePackMinor = given.wServicePackMinor,
                               .wSuiteMask = given.wSuiteMask,
                               .wProductType = given.wProductType};
    return VerifyVersionInfoW(&wanted, dwTypeMask, dwlConditionMask);
}

/* --- processes --- */

/* When it began and ended; how long it ran nobody counts. */
BOOL WINAPI GetProcessTimes(HANDLE hProcess, LPFILETIME lpCreationTime, LPFILETIME lpExitTime,
                            LPFILETIME lpKernelTime, LPFILETIME lpUserTime)
{
    KERNEL_USER_TIMES times;
    NTSTATUS status = NtQueryInformationProcess(hProcess, ProcessTimes, &times, sizeof times, NULL);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    return win32_write(lpCreationTime, &times.CreateTime, sizeof(FILETIME)) &&
           win32_write(lpExitTime, &times.ExitTime, sizeof(FILETIME)) &&
           win32_write(lpKernelTime, &times.KernelTime, sizeof(FILETIME)) &&
           win32_write(lpUserTime, &times.UserTime, sizeof(FILETIME));
}

BOOL WINAPI GetProcessHandleCount(HANDLE hProcess, PDWORD pdwHandleCount)
{
    ULONG count;
    NTSTATUS status = NtQueryInformationProcess(hProcess, ProcessHandleCount, &count, sizeof count, NULL);
    return NT_SUCCESS(status) ? win32_write(pdwHandleCount, &count, sizeof count) : win32_fail(status);
}

BOOL WINAPI ProcessIdToSessionId(DWORD dwProcessId, DWORD *pSessionId)
{
    ULONG session;
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, dwProcessId);
    if (!process)
        return FALSE;
    NTSTATUS status =
        NtQueryInformationProcess(process, ProcessSessionInformation, &session, sizeof session, NULL);
    NtClose(process);
    return NT_SUCCESS(status) ? win32_write(pSessionId, &session, sizeof session) : win32_fail(status);
}

struct image_name {
    UNICODE_STRING name;
    WCHAR room[1024];
};

static bool query_image(HANDLE process, struct image_name *image)
{
    NTSTATUS status =
        NtQueryInformationProcess(process, ProcessImageFileName, image, sizeof *image - sizeof(WCHAR), NULL);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    if (image->name.Buffer)
        image->name.Buffer[image->name.Length / sizeof(WCHAR)] = 0;
    else
        image->name.Buffer = image->room, image->room[0] = 0;
    return true;
}

/* \Device\HarddiskVolume1\...; the length, or 0: ERROR_INSUFFICIENT_BUFFER. */
DWORD WINAPI GetProcessImageFileNameW(HANDLE hProcess, LPWSTR lpImageFileName, DWORD nSize)
{
    struct image_name image;
    if (!query_image(hProcess, &image))
        return 0;
    DWORD length = win32_give_wide(lpImageFileName, nSize, image.name.Buffer);
    if (length >= nSize)
        win32_error(ERROR_INSUFFICIENT_BUFFER);
    return length < nSize ? length : 0;
}

DWORD WINAPI GetProcessImageFileNameA(HANDLE hProcess, LPSTR lpImageFileName, DWORD nSize)
{
    struct image_name image;
    if (!query_image(hProcess, &image))
        return 0;
    DWORD length = win32_give_ansi(lpImageFileName, nSize, image.name.Buffer);
    if (length >= nSize)
        win32_error(ERROR_INSUFFICIENT_BUFFER);
    return length < nSize ? length : 0;
}

/* --- files by information class --- */

struct file_class {
    FILE_INFORMATION_CLASS class;
    DWORD size;
    bool query, set;
};

static const struct file_class *find_class(FILE_INFO_BY_HANDLE_CLASS asked)
{
    static const struct file_class classes[MaximumFileInfoByHandleClass] = {
        [FileBasicInfo] = {FileBasicInformation, sizeof(FILE_BASIC_INFO), true, true},
        [FileStandardInfo] = {FileStandardInformation, sizeof(FILE_STANDARD_INFO), true, false},
        [FileNameInfo] = {FileNameInformation, sizeof(FILE_NAME_INFO), true, false},
        [FileDispositionInfo] = {FileDispositionInformation, sizeof(FILE_DISPOSITION_INFO), false, true},
        [FileAllocationInfo] = {FileAllocationInformation, sizeof(FILE_ALLOCATION_INFO), false, true},
        [FileEndOfFileInfo] = {FileEndOfFileInformation, sizeof(FILE_END_OF_FILE_INFO), false, true},
    };
    if ((unsigned)asked >= MaximumFileInfoByHandleClass || !classes[asked].size)
        return NULL;
    return &classes[asked];
}

BOOL WINAPI GetFileInformationByHandleEx(HANDLE hFile, FILE_INFO_BY_HANDLE_CLASS FileInformationClass,
                                         LPVOID lpFileInformation, DWORD dwBufferSize)
{
    IO_STATUS_BLOCK io;
    const struct file_class *class = find_class(FileInformationClass);
    if (!class || !class->query)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (dwBufferSize < class->size)
        return win32_error(ERROR_BAD_LENGTH);
    NTSTATUS status = NtQueryInformationFile(hFile, &io, lpFileInformation, dwBufferSize, class->class);
    return status == STATUS_BUFFER_OVERFLOW ? win32_error(ERROR_MORE_DATA) : win32_result(status);
}

BOOL WINAPI SetFileInformationByHandle(HANDLE hFile, FILE_INFO_BY_HANDLE_CLASS FileInformationClass,
                                       LPVOID lpFileInformation, DWORD dwBufferSize)
{
    IO_STATUS_BLOCK io;
    const struct file_class *class = find_class(FileInformationClass);
    if (!class || !class->set)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (dwBufferSize < class->size)
        return win32_error(ERROR_BAD_LENGTH);
    return win32_result(NtSetInformationFile(hFile, &io, lpFileInformation, class->size, class->class));
}

/* --- searched paths --- */

/* The program's directory, the current one, the system's, then PATH's. From malloc. */
static LPWSTR usual_path(void)
{
    static const WCHAR fixed[] = L";.;C:\\Windows\\system32;C:\\Windows\\system;C:\\Windows;";
    DWORD variable = GetEnvironmentVariableW(L"PATH", NULL, 0);
    size_t size = MAX_PATH + sizeof fixed / sizeof(WCHAR) + variable;
    LPWSTR text = calloc(size, sizeof(WCHAR));
    if (!text)
        return NULL;
    size_t length = GetModuleFileNameW(NULL, text, MAX_PATH);
    while (length && text[length - 1] != L'\\')
        length--;
    memcpy(text + length, fixed, sizeof fixed);
    length += sizeof fixed / sizeof(WCHAR) - 1;
    if (variable)
        GetEnvironmentVariableW(L"PATH", text + length, variable);
    return text;
}

/* directory\name, whole, if there is such a file; from malloc. */
static LPWSTR try_path(LPCWSTR directory, size_t length, LPCWSTR name, LPCWSTR extension)
{
    size_t name_length = win32_length(name);
    LPWSTR path = malloc((length + name_length + win32_length(extension) + 2) * sizeof(WCHAR)), full = NULL;
    if (!path)
        return NULL;
    memcpy(path, directory, length * sizeof(WCHAR));
    if (length && path[length - 1] != L'\\')
        path[length++] = L'\\';
    memcpy(path + length, name, name_length * sizeof(WCHAR));
    memcpy(path + length + name_length, extension, (win32_length(extension) + 1) * sizeof(WCHAR));
    if (GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES)
        full = win32_full_path(path, win32_length(path));
    free(path);
    return full;
}

/* From malloc; NULL: ERROR_FILE_NOT_FOUND. */
static LPWSTR search(LPCWSTR path, LPCWSTR name, LPCWSTR extension)
{
    LPWSTR usual = NULL, found = NULL;
    bool dot = false, whole = name[0] == L'\\' || name[0] == L'/' || (name[0] && name[1] == L':');
    for (LPCWSTR at = name; *at; at++)
        dot = *at == L'.' || (dot && *at != L'\\');
    if (dot || !extension)
        extension = L"";
    if (whole)
        found = try_path(L"", 0, name, extension);
    else if (!path)
        path = usual = usual_path();
    while (!whole && !found && path && *path) {
        size_t length = 0;
        while (path[length] && path[length] != L';')
            length++;
        if (length)
            found = try_path(path, length, name, extension);
        path += length + (path[length] != 0);
    }
    free(usual);
    if (!found)
        win32_error(ERROR_FILE_NOT_FOUND);
    return found;
}

DWORD WINAPI SearchPathW(LPCWSTR lpPath, LPCWSTR lpFileName, LPCWSTR lpExtension, DWORD nBufferLength,
                         LPWSTR lpBuffer, LPWSTR *lpFilePart)
{
    if (!lpFileName || !*lpFileName)
        return (DWORD)win32_error(ERROR_INVALID_PARAMETER);
    LPWSTR found = search(lpPath, lpFileName, lpExtension);
    if (!found)
        return 0;
    size_t name = win32_length(found);
    while (name && found[name - 1] != L'\\')
        name--;
    DWORD length = win32_give_wide(lpBuffer, nBufferLength, found);
    free(found);
    if (lpFilePart && length < nBufferLength)
        *lpFilePart = lpBuffer + name;
    return length;
}

DWORD WINAPI SearchPathA(LPCSTR lpPath, LPCSTR lpFileName, LPCSTR lpExtension, DWORD nBufferLength,
                         LPSTR lpBuffer, LPSTR *lpFilePart)
{
    struct win32_wide path, name, extension;
    DWORD length = 0;
    if (!lpFileName || !*lpFileName)
        return (DWORD)win32_error(ERROR_INVALID_PARAMETER);
    if (!win32_wide_from_ansi(&path, lpPath))
        return 0;
    if (win32_wide_from_ansi(&name, lpFileName)) {
        if (win32_wide_from_ansi(&extension, lpExtension)) {
            LPWSTR found = search(path.text, name.text, extension.text);
            length = found ? win32_give_ansi(lpBuffer, nBufferLength, found) : 0;
            if (length && length < nBufferLength && lpFilePart)
                *lpFilePart = strrchr(lpBuffer, '\\') + 1;
            free(found);
            win32_wide_free(&extension);
        }
        win32_wide_free(&name);
    }
    win32_wide_free(&path);
    return length;
}

/* --- dates of DOS: two seconds a unit, years from 1980 --- */

BOOL WINAPI DosDateTimeToFileTime(WORD wFatDate, WORD wFatTime, LPFILETIME lpFileTime)
{
    SYSTEMTIME time = {.wYear = (WORD)(1980 + (wFatDate >> 9)),
                       .wMonth = wFatDate >> 5 & 15,
                       .wDay = wFatDate & 31,
                       .wHour = wFatTime >> 11,
                       .wMinute = wFatTime >> 5 & 63,
                       .wSecond = (WORD)((wFatTime & 31) * 2)};
    return SystemTimeToFileTime(&time, lpFileTime);
}

BOOL WINAPI FileTimeToDosDateTime(const FILETIME *lpFileTime, LPWORD lpFatDate, LPWORD lpFatTime)
{
    SYSTEMTIME time;
    if (!FileTimeToSystemTime(lpFileTime, &time))
        return FALSE;
    if (time.wYear < 1980 || time.wYear > 2107)
        return win32_error(ERROR_INVALID_PARAMETER);
    WORD date = (WORD)((time.wYear - 1980) << 9 | time.wMonth << 5 | time.wDay),
         clock = (WORD)(time.wHour << 11 | time.wMinute << 5 | time.wSecond / 2);
    return win32_write(lpFatDate, &date, sizeof date) && win32_write(lpFatTime, &clock, sizeof clock);
}

/* --- locales: English, as spoken in the United States --- */

#define ENGLISH 0x0409

LANGID WINAPI GetUserDefaultLangID(VOID)
{
    return ENGLISH;
}

LANGID WINAPI GetSystemDefaultLangID(VOID)
{
    return ENGLISH;
}

LCID WINAPI GetUserDefaultLCID(VOID)
{
    return ENGLISH;
}

LCID WINAPI GetSystemDefaultLCID(VOID)
{
    return ENGLISH;
}

LANGID WINAPI GetUserDefaultUILanguage(VOID)
{
    return ENGLISH;
}

BOOL WINAPI IsDBCSLeadByte(BYTE TestChar)
{
    (void)TestChar; /* UTF-8 is no double-byte character set */
    return FALSE;
}

/* By NT's case table, without regard to any language. */
int WINAPI CompareStringOrdinal(LPCWSTR lpString1, int cchCount1, LPCWSTR lpString2, int cchCount2,
                                BOOL bIgnoreCase)
{
    if (!lpString1 || !lpString2 || cchCount1 < -1 || cchCount2 < -1)
        return win32_error(ERROR_INVALID_PARAMETER);
    size_t a = cchCount1 < 0 ? win32_length(lpString1) : (size_t)cchCount1,
           b = cchCount2 < 0 ? win32_length(lpString2) : (size_t)cchCount2;
    for (size_t i = 0; i < a && i < b; i++) {
        WCHAR x = bIgnoreCase ? win32_upper(lpString1[i]) : lpString1[i],
              y = bIgnoreCase ? win32_upper(lpString2[i]) : lpString2[i];
        if (x != y)
            return x < y ? CSTR_LESS_THAN : CSTR_GREATER_THAN;
    }
    return a == b ? CSTR_EQUAL : a < b ? CSTR_LESS_THAN : CSTR_GREATER_THAN;
}

/* --- ntdll --- */

/* The name's buffer is for RtlFreeUnicodeString; *FilePart points to its last component, or is NULL. */
BOOLEAN NTAPI RtlDosPathNameToNtPathName_U(PCWSTR DosName, PUNICODE_STRING NtName, PCWSTR *FilePart,
                                           PVOID RelativeName)
{
    GATE(RtlDosPathNameToNtPathName_U, DosName, NtName, FilePart, RelativeName);
    struct win32_path path;
    if (RelativeName)
        memset(RelativeName, 0,
               sizeof(UNICODE_STRING) + sizeof(HANDLE) + sizeof(PVOID)); /* none is relative */
    if (!DosName || !*DosName || !NT_SUCCESS(win32_nt_path(DosName, win32_length(DosName), &path)))
        return FALSE;
    LPWSTR text = calloc(path.name.Length / sizeof(WCHAR) + 1, sizeof(WCHAR));
    if (text)
        memcpy(text, path.name.Buffer, path.name.Length);
    win32_path_free(&path);
    BOOLEAN made = text && RtlCreateUnicodeString(NtName, text);
    free(text);
    if (!made)
        return FALSE;
    if (FilePart) {
        size_t length = NtName->Length / sizeof(WCHAR), at = length;
        while (at && NtName->Buffer[at - 1] != L'\\')
            at--;
        *FilePart = at < length ? NtName->Buffer + at : NULL;
    }
    return TRUE;
}
