/*
 * Handles, and the objects that kernel32 names.
 */
#include "win32p.h"

#include <stdlib.h>
#include <string.h>

BOOL WINAPI CloseHandle(HANDLE hObject)
{
    if (win32_is_console(hObject))
        return TRUE;
    win32_snapshot_closed(hObject);
    return win32_result(NtClose(hObject));
}

BOOL WINAPI DuplicateHandle(HANDLE hSourceProcessHandle, HANDLE hSourceHandle, HANDLE hTargetProcessHandle,
                            LPHANDLE lpTargetHandle, DWORD dwDesiredAccess, BOOL bInheritHandle,
                            DWORD dwOptions)
{
    if (win32_is_console(hSourceHandle))
        return !lpTargetHandle || win32_write(lpTargetHandle, &hSourceHandle, sizeof hSourceHandle);
    return win32_result(NtDuplicateObject(hSourceProcessHandle, hSourceHandle, hTargetProcessHandle,
                                          lpTargetHandle, dwDesiredAccess, bInheritHandle ? OBJ_INHERIT : 0,
                                          dwOptions));
}

BOOL WINAPI GetHandleInformation(HANDLE hObject, LPDWORD lpdwFlags)
{
    OBJECT_HANDLE_FLAG_INFORMATION about;
    NTSTATUS status = NtQueryObject(hObject, ObjectHandleFlagInformation, &about, sizeof about, NULL);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    DWORD flags = (about.Inherit ? HANDLE_FLAG_INHERIT : 0) |
                  (about.ProtectFromClose ? HANDLE_FLAG_PROTECT_FROM_CLOSE : 0);
    return win32_write(lpdwFlags, &flags, sizeof flags);
}

BOOL WINAPI SetHandleInformation(HANDLE hObject, DWORD dwMask, DWORD dwFlags)
{
    OBJECT_HANDLE_FLAG_INFORMATION about;
    NTSTATUS status = NtQueryObject(hObject, ObjectHandleFlagInformation, &about, sizeof about, NULL);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    if (dwMask & HANDLE_FLAG_INHERIT)
        about.Inherit = (dwFlags & HANDLE_FLAG_INHERIT) != 0;
    if (dwMask & HANDLE_FLAG_PROTECT_FROM_CLOSE)
        about.ProtectFromClose = (dwFlags & HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0;
    return win32_result(NtSetInformationObject(hObject, ObjectHandleFlagInformation, &about, sizeof about));
}

static bool starts_with(LPCWSTR text, LPCWSTR prefix)
{
    while (*prefix && *text == *prefix) {
        text++;
        prefix++;
    }
    return !*prefix;
}

bool win32_object(struct win32_object *object, LPSECURITY_ATTRIBUTES security, BOOL inherit,
                  const struct win32_wide *name, ULONG flags, POBJECT_ATTRIBUTES *out)
{
    SECURITY_ATTRIBUTES asked = {0};
    static const WCHAR directory[] = L"\\BaseNamedObjects\\";
    object->text = NULL;
    *out = NULL;
    if (security && !win32_read(&asked, security, sizeof asked))
        return false;
    if (!name->text && !security && !inherit)
        return true;
    InitializeObjectAttributes(&object->attributes, NULL,
                               flags | (inherit || asked.bInheritHandle ? OBJ_INHERIT : 0), NULL,
                               asked.lpSecurityDescriptor);
    *out = &object->attributes;
    if (!name->length)
        return true;
    /* One session: its namespace and the global one are the same. */
    LPCWSTR rest = name->text;
    if (starts_with(rest, L"Global\\"))
        rest += 7;
    else if (starts_with(rest, L"Local\\"))
        rest += 6;
    size_t head = sizeof directory / sizeof directory[0] - 1, tail = win32_length(rest);
    if (head + tail > 0x7FFE)
        return win32_error(ERROR_FILENAME_EXCED_RANGE);
    object->text = malloc((head + tail + 1) * sizeof(WCHAR));
    if (!object->text)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    memcpy(object->text, directory, head * sizeof(WCHAR));
    memcpy(object->text + head, rest, (tail + 1) * sizeof(WCHAR));
    RtlInitUnicodeString(&object->name, object->text);
    object->attributes.ObjectName = &object->name;
    return true;
}

void win32_object_free(struct win32_object *object)
{
    free(object->text);
    object->text = NULL;
}
