/*
 * Private to the reader and the writer of .reg files: paths as people write them.
 */
#pragma once

#include "cmp.h"

/* The registry editor's names of the roots and the keys they mean; the first of two names of one key is written. */
static const struct {
    const char *name, *abbreviation;
    const WCHAR *key;
} cmp_roots[] = {
    {"HKEY_LOCAL_MACHINE", "HKLM", L"\\REGISTRY\\MACHINE"},
    {"HKEY_CURRENT_USER", "HKCU", L"\\REGISTRY\\USER\\" CM_CLIENT_SID},
    {"HKEY_USERS", "HKU", L"\\REGISTRY\\USER"},
    {"HKEY_CLASSES_ROOT", "HKCR", L"\\REGISTRY\\MACHINE\\SOFTWARE\\Classes"},
    {"HKEY_CURRENT_CONFIG", "HKCC", L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Hardware Profiles\\Current"},
};

/* UTF-8 to UTF-16, in a buffer from malloc, terminated; NULL: no memory. */
PWSTR cmp_widen(const char *text, size_t length, size_t *units);
/* NT's path for "HKEY_...\x", "HKLM\x" or "\Registry\...". Buffer from malloc. */
NTSTATUS cmp_path_of(const char *text, size_t length, PUNICODE_STRING path);
