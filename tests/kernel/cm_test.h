/*
 * What the registry's tests share.
 */
#pragma once

#include "ob_test.h"

#include <string.h>

#define SOFTWARE L"\\Registry\\Machine\\SOFTWARE"

static inline PUNICODE_STRING text_at(UNICODE_STRING *string, const WCHAR *text)
{
    RtlInitUnicodeString(string, text);
    return string;
}
/* A counted string that lasts until the end of the enclosing block. */
#define U(text) text_at(&(UNICODE_STRING){0}, text)

static inline NTSTATUS create_at(PHANDLE key, HANDLE root, const WCHAR *name, ULONG options)
{
    ULONG disposition;
    return NtCreateKey(key, KEY_ALL_ACCESS, NAMED_IN(root, name, OBJ_CASE_INSENSITIVE), 0, NULL, options, &disposition);
}

static inline HANDLE make_key(HANDLE root, const WCHAR *name)
{
    HANDLE key = NULL;
    assert_status(create_at(&key, root, name, 0), STATUS_SUCCESS);
    return key;
}

static inline NTSTATUS try_open(HANDLE root, const WCHAR *name)
{
    HANDLE key;
    NTSTATUS status = NtOpenKey(&key, KEY_READ, NAMED_IN(root, name, OBJ_CASE_INSENSITIVE));
    if (NT_SUCCESS(status))
        assert_status(NtClose(key), STATUS_SUCCESS);
    return status;
}

static inline HANDLE open_key(const WCHAR *name)
{
    HANDLE key = NULL;
    assert_status(NtOpenKey(&key, KEY_ALL_ACCESS, NAMED(name, OBJ_CASE_INSENSITIVE)), STATUS_SUCCESS);
    return key;
}

static inline void set_dword(HANDLE key, const WCHAR *name, ULONG value)
{
    assert_status(NtSetValueKey(key, U(name), 0, REG_DWORD, &value, sizeof value), STATUS_SUCCESS);
}

static inline NTSTATUS get_dword(HANDLE key, const WCHAR *name, PULONG value)
{
    UCHAR room[64];
    ULONG length;
    PKEY_VALUE_PARTIAL_INFORMATION info = (PKEY_VALUE_PARTIAL_INFORMATION)(void *)room;
    NTSTATUS status = NtQueryValueKey(key, U(name), KeyValuePartialInformation, room, sizeof room, &length);
    if (NT_SUCCESS(status))
        memcpy(value, info->Data, sizeof *value);
    return status;
}

#define assert_text(buffer, length, text)                                                                    \
    do {                                                                                                     \
        assert_int_equal(length, sizeof(text) - sizeof(WCHAR));                                              \
        assert_memory_equal(buffer, text, length);                                                           \
    } while (0)
