/*
 * What an open file tells about itself and lets be changed: times, the BY_HANDLE_FILE_INFORMATION, its whole
 * name; and what the volume tells.
 */
#include "win32p.h"

#include <stdlib.h>
#include <string.h>

BOOL WINAPI GetFileTime(HANDLE hFile, LPFILETIME lpCreationTime, LPFILETIME lpLastAccessTime,
                        LPFILETIME lpLastWriteTime)
{
    IO_STATUS_BLOCK io;
    FILE_BASIC_INFORMATION basic;
    NTSTATUS status = NtQueryInformationFile(hFile, &io, &basic, sizeof basic, FileBasicInformation);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    return (!lpCreationTime || win32_write(lpCreationTime, &basic.CreationTime, sizeof(FILETIME))) &&
           (!lpLastAccessTime || win32_write(lpLastAccessTime, &basic.LastAccessTime, sizeof(FILETIME))) &&
           (!lpLastWriteTime || win32_write(lpLastWriteTime, &basic.LastWriteTime, sizeof(FILETIME)));
}

BOOL WINAPI SetFileTime(HANDLE hFile, const FILETIME *lpCreationTime, const FILETIME *lpLastAccessTime,
                        const FILETIME *lpLastWriteTime)
{
    IO_STATUS_BLOCK io;
    FILE_BASIC_INFORMATION basic = {.FileAttributes = 0};
    if ((lpCreationTime && !win32_read(&basic.CreationTime, lpCreationTime, sizeof(FILETIME))) ||
        (lpLastAccessTime && !win32_read(&basic.LastAccessTime, lpLastAccessTime, sizeof(FILETIME))) ||
        (lpLastWriteTime && !win32_read(&basic.LastWriteTime, lpLastWriteTime, sizeof(FILETIME))))
        return FALSE;
    return win32_result(NtSetInformationFile(hFile, &io, &basic, sizeof basic, FileBasicInformation));
}

BOOL WINAPI GetFileInformationByHandle(HANDLE hFile, LPBY_HANDLE_FILE_INFORMATION lpFileInformation)
{
    IO_STATUS_BLOCK io;
    union {
        FILE_ALL_INFORMATION all;
        UCHAR room[sizeof(FILE_ALL_INFORMATION) + 1024];
    } file;
    union {
        FILE_FS_VOLUME_INFORMATION volume;
        UCHAR room[sizeof(FILE_FS_VOLUME_INFORMATION) + 128];
    } fs;
    if (win32_is_console(hFile))
        return win32_error(ERROR_INVALID_FUNCTION);
    NTSTATUS status = NtQueryVolumeInformationFile(hFile, &io, &fs, sizeof fs, FileFsVolumeInformation);
    if (!NT_ERROR(status))
        status = NtQueryInformationFile(hFile, &io, &file, sizeof file, FileAllInformation);
    if (NT_ERROR(status))
        return win32_fail(status);
    BY_HANDLE_FILE_INFORMATION info = {
        .dwFileAttributes = file.all.BasicInformation.FileAttributes,
        .dwVolumeSerialNumber = fs.volume.VolumeSerialNumber,
        .nFileSizeHigh = (DWORD)file.all.StandardInformation.EndOfFile.HighPart,
        .nFileSizeLow = file.all.StandardInformation.EndOfFile.LowPart,
        .nNumberOfLinks = file.all.StandardInformation.NumberOfLinks,
        .nFileIndexHigh = (DWORD)file.all.InternalInformation.IndexNumber.HighPart,
        .nFileIndexLow = file.all.InternalInformation.IndexNumber.LowPart,
    };
    memcpy(&info.ftCreationTime, &file.all.BasicInformation.CreationTime, sizeof(FILETIME));
    memcpy(&info.ftLastAccessTime, &file.all.BasicInformation.LastAccessTime, sizeof(FILETIME));
    memcpy(&info.ftLastWriteTime, &file.all.BasicInformation.LastWriteTime, sizeof(FILETIME));
    return win32_write(lpFileInformation, &info, sizeof info);
}

/* --- the volume --- */

#define SYSTEM_VOLUME L"C:\\"

/* "C:\", "c:", "C:\a\b", \\.\C: or nothing (the current directory's): the one volume there is. */
static bool names_volume(const struct win32_wide *name)
{
    if (!name->text)
        return true;
    if (!name->length)
        return false;
    LPWSTR full = win32_full_path(name->text, name->length);
    bool is = full && win32_upper(full[0]) == L'C' && full[1] == L':';
    free(full);
    return is;
}

static NTSTATUS open_volume(HANDLE *volume)
{
    struct win32_wide root = {.text = (LPWSTR)(ULONG_PTR)SYSTEM_VOLUME, .length = 3};
    return win32_open_name(&root, FILE_READ_ATTRIBUTES, FILE_OPEN,
                           FILE_DIRECTORY_FILE | FILE_OPEN_FOR_BACKUP_INTENT, volume);
}

static NTSTATUS query_volume(const struct win32_wide *name, PVOID buffer, ULONG size,
                             FS_INFORMATION_CLASS class)
{
    HANDLE volume;
    IO_STATUS_BLOCK io;
    if (!names_volume(name))
        return STATUS_OBJECT_PATH_NOT_FOUND;
    NTSTATUS status = open_volume(&volume);
    if (!NT_SUCCESS(status))
        return status;
    status = NtQueryVolumeInformationFile(volume, &io, buffer, size, class);
    NtClose(volume);
    return status == STATUS_BUFFER_OVERFLOW ? STATUS_SUCCESS : status;
}

static BOOL free_space(const struct win32_wide *name, PULARGE_INTEGER available, PULARGE_INTEGER total,
                       PULARGE_INTEGER unused)
{
    FILE_FS_FULL_SIZE_INFORMATION size;
    NTSTATUS status = query_volume(name, &size, sizeof size, FileFsFullSizeInformation);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    ULONGLONG unit = (ULONGLONG)size.SectorsPerAllocationUnit * size.BytesPerSector;
    return (!available ||
            win32_store64(available, (ULONGLONG)size.CallerAvailableAllocationUnits.QuadPart * unit)) &&
           (!total || win32_store64(total, (ULONGLONG)size.TotalAllocationUnits.QuadPart * unit)) &&
           (!unused || win32_store64(unused, (ULONGLONG)size.ActualAvailableAllocationUnits.QuadPart * unit));
}

BOOL WINAPI GetDiskFreeSpaceExW(LPCWSTR lpDirectoryName, PULARGE_INTEGER lpFreeBytesAvailableToCaller,
                                PULARGE_INTEGER lpTotalNumberOfBytes,
                                PULARGE_INTEGER lpTotalNumberOfFreeBytes)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpDirectoryName))
        return FALSE;
    BOOL done =
        free_space(&name, lpFreeBytesAvailableToCaller, lpTotalNumberOfBytes, lpTotalNumberOfFreeBytes);
    win32_wide_free(&name);
    return done;
}

BOOL WINAPI GetDiskFreeSpaceExA(LPCSTR lpDirectoryName, PULARGE_INTEGER lpFreeBytesAvailableToCaller,
                                PULARGE_INTEGER lpTotalNumberOfBytes,
                                PULARGE_INTEGER lpTotalNumberOfFreeBytes)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpDirectoryName))
        return FALSE;
    BOOL done =
        free_space(&name, lpFreeBytesAvailableToCaller, lpTotalNumberOfBytes, lpTotalNumberOfFreeBytes);
    win32_wide_free(&name);
    return done;
}

static BOOL clusters(const struct win32_wide *name, LPDWORD sectors, LPDWORD bytes, LPDWORD unused,
                     LPDWORD total)
{
    FILE_FS_SIZE_INFORMATION size;
    NTSTATUS status = query_volume(name, &size, sizeof size, FileFsSizeInformation);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    ULONGLONG left = (ULONGLONG)size.AvailableAllocationUnits.QuadPart,
              all = (ULONGLONG)size.TotalAllocationUnits.QuadPart;
    return win32_store(sectors, size.SectorsPerAllocationUnit) && win32_store(bytes, size.BytesPerSector) &&
           win32_store(unused, left > 0xFFFFFFFF ? 0xFFFFFFFF : (DWORD)left) &&
           win32_store(total, all > 0xFFFFFFFF ? 0xFFFFFFFF : (DWORD)all);
}

BOOL WINAPI GetDiskFreeSpaceW(LPCWSTR lpRootPathName, LPDWORD lpSectorsPerCluster, LPDWORD lpBytesPerSector,
                              LPDWORD lpNumberOfFreeClusters, LPDWORD lpTotalNumberOfClusters)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpRootPathName))
        return FALSE;
    BOOL done = clusters(&name, lpSectorsPerCluster, lpBytesPerSector, lpNumberOfFreeClusters,
                         lpTotalNumberOfClusters);
    win32_wide_free(&name);
    return done;
}

BOOL WINAPI GetDiskFreeSpaceA(LPCSTR lpRootPathName, LPDWORD lpSectorsPerCluster, LPDWORD lpBytesPerSector,
                              LPDWORD lpNumberOfFreeClusters, LPDWORD lpTotalNumberOfClusters)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpRootPathName))
        return FALSE;
    BOOL done = clusters(&name, lpSectorsPerCluster, lpBytesPerSector, lpNumberOfFreeClusters,
                         lpTotalNumberOfClusters);
    win32_wide_free(&name);
    return done;
}

struct volume_facts {
    WCHAR label[33], system[33];
    DWORD serial, component, flags;
};

static BOOL volume_facts(const struct win32_wide *name, struct volume_facts *facts)
{
    union {
        FILE_FS_VOLUME_INFORMATION volume;
        FILE_FS_ATTRIBUTE_INFORMATION system;
        UCHAR room[256];
    } info;
    memset(facts, 0, sizeof *facts);
    NTSTATUS status = query_volume(name, &info, sizeof info, FileFsVolumeInformation);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    ULONG length = info.volume.VolumeLabelLength;
    memcpy(facts->label, info.volume.VolumeLabel,
           length < sizeof facts->label ? length : sizeof facts->label - sizeof(WCHAR));
    facts->serial = info.volume.VolumeSerialNumber;
    status = query_volume(name, &info, sizeof info, FileFsAttributeInformation);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    length = info.system.FileSystemNameLength;
    memcpy(facts->system, info.system.FileSystemName,
           length < sizeof facts->system ? length : sizeof facts->system - sizeof(WCHAR));
    facts->component = (DWORD)info.system.MaximumComponentNameLength;
    facts->flags = info.system.FileSystemAttributes;
    return TRUE;
}

static BOOL too_long(DWORD given, DWORD room)
{
    return given < room ? TRUE : win32_error(given ? ERROR_BAD_LENGTH : win32_last_error());
}

/* The facts, and those of them that are numbers to the client; frees the name. */
static BOOL volume_numbers(struct win32_wide *name, struct volume_facts *facts, LPDWORD serial,
                           LPDWORD component, LPDWORD flags)
{
    BOOL known = volume_facts(name, facts);
    win32_wide_free(name);
    return known && win32_store(serial, facts->serial) && win32_store(component, facts->component) &&
           win32_store(flags, facts->flags);
}

BOOL WINAPI GetVolumeInformationW(LPCWSTR lpRootPathName, LPWSTR lpVolumeNameBuffer, DWORD nVolumeNameSize,
                                  LPDWORD lpVolumeSerialNumber, LPDWORD lpMaximumComponentLength,
                                  LPDWORD lpFileSystemFlags, LPWSTR lpFileSystemNameBuffer,
                                  DWORD nFileSystemNameSize)
{
    struct win32_wide name;
    struct volume_facts facts;
    if (!win32_wide_from_wide(&name, lpRootPathName))
        return FALSE;
    if (!volume_numbers(&name, &facts, lpVolumeSerialNumber, lpMaximumComponentLength, lpFileSystemFlags))
        return FALSE;
    if (lpVolumeNameBuffer &&
        !too_long(win32_give_wide(lpVolumeNameBuffer, nVolumeNameSize, facts.label), nVolumeNameSize))
        return FALSE;
    return !lpFileSystemNameBuffer ||
           too_long(win32_give_wide(lpFileSystemNameBuffer, nFileSystemNameSize, facts.system),
                    nFileSystemNameSize);
}

BOOL WINAPI GetVolumeInformationA(LPCSTR lpRootPathName, LPSTR lpVolumeNameBuffer, DWORD nVolumeNameSize,
                                  LPDWORD lpVolumeSerialNumber, LPDWORD lpMaximumComponentLength,
                                  LPDWORD lpFileSystemFlags, LPSTR lpFileSystemNameBuffer,
                                  DWORD nFileSystemNameSize)
{
    struct win32_wide name;
    struct volume_facts facts;
    if (!win32_wide_from_ansi(&name, lpRootPathName))
        return FALSE;
    if (!volume_numbers(&name, &facts, lpVolumeSerialNumber, lpMaximumComponentLength, lpFileSystemFlags))
        return FALSE;
    if (lpVolumeNameBuffer &&
        !too_long(win32_give_ansi(lpVolumeNameBuffer, nVolumeNameSize, facts.label), nVolumeNameSize))
        return FALSE;
    return !lpFileSystemNameBuffer ||
           too_long(win32_give_ansi(lpFileSystemNameBuffer, nFileSystemNameSize, facts.system),
                    nFileSystemNameSize);
}

/* The letters among the DOS devices: C:, and whatever a driver has linked. */
DWORD WINAPI GetLogicalDrives(VOID)
{
    DWORD error = win32_last_error(), drives = 0;
    for (unsigned i = 0; i < 26; i++) {
        WCHAR name[] = {(WCHAR)(L'A' + i), L':', 0}, target[256];
        if (QueryDosDeviceW(name, target, 256))
            drives |= 1u << i;
    }
    win32_set_last_error(error);
    return drives;
}

/* "C:\" and its like, each with its terminator, and one more. */
static DWORD drive_strings(WCHAR text[26 * 4 + 1])
{
    DWORD drives = GetLogicalDrives(), at = 0;
    for (unsigned i = 0; i < 26; i++) {
        if (!(drives & 1u << i))
            continue;
        text[at++] = (WCHAR)(L'A' + i);
        text[at++] = L':';
        text[at++] = L'\\';
        text[at++] = 0;
    }
    text[at] = 0;
    return at;
}

DWORD WINAPI GetLogicalDriveStringsW(DWORD nBufferLength, LPWSTR lpBuffer)
{
    WCHAR text[26 * 4 + 1];
    DWORD length = drive_strings(text);
    if (nBufferLength < length + 1)
        return length + 1;
    return win32_write(lpBuffer, text, (length + 1) * sizeof(WCHAR)) ? length : 0;
}

DWORD WINAPI GetLogicalDriveStringsA(DWORD nBufferLength, LPSTR lpBuffer)
{
    WCHAR text[26 * 4 + 1];
    char narrow[26 * 4 + 1];
    DWORD length = drive_strings(text);
    if (nBufferLength < length + 1)
        return length + 1;
    for (DWORD i = 0; i <= length; i++)
        narrow[i] = (char)text[i];
    return win32_write(lpBuffer, narrow, length + 1) ? length : 0;
}

static UINT drive_type(const struct win32_wide *name)
{
    if (name->text && name->length < 2)
        return DRIVE_NO_ROOT_DIR;
    if (names_volume(name))
        return DRIVE_FIXED;
    /* Another letter: a disk of a driver's, if there is one. */
    WCHAR drive[] = {name->text[0], L':', 0}, target[256];
    DWORD error = win32_last_error();
    bool there = name->text[1] == L':' && QueryDosDeviceW(drive, target, 256);
    win32_set_last_error(error);
    return there ? DRIVE_FIXED : DRIVE_NO_ROOT_DIR;
}

UINT WINAPI GetDriveTypeW(LPCWSTR lpRootPathName)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpRootPathName))
        return DRIVE_UNKNOWN;
    UINT type = drive_type(&name);
    win32_wide_free(&name);
    return type;
}

UINT WINAPI GetDriveTypeA(LPCSTR lpRootPathName)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpRootPathName))
        return DRIVE_UNKNOWN;
    UINT type = drive_type(&name);
    win32_wide_free(&name);
    return type;
}
