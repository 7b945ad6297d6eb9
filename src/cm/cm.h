/*
 * The registry as the components above it use it: by path, as the system itself, past every callback.
 *
 * Paths are NT's (\REGISTRY\MACHINE\...), case does not matter, links are followed. What has to exist to store something
 * is made, below \REGISTRY\MACHINE and \REGISTRY\USER too, where nobody else may create keys.
 */
#pragma once

#include <ntifs.h>
#include "../gate.h"

void cm_start(void);
void cm_stop(void);

#define CM_SERVICES L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Services\\"
/* The client's user, whose key under \REGISTRY\USER is HKEY_CURRENT_USER. */
#define CM_CLIENT_SID L"S-1-5-21-3623811015-3361044348-30300820-1001"

/* name: empty for the default value. STATUS_INSUFFICIENT_RESOURCES, STATUS_OBJECT_PATH_SYNTAX_BAD, ... */
NTSTATUS CmSetValueByPath(PCUNICODE_STRING path, PCUNICODE_STRING name, ULONG type, const void *data, ULONG size);
NTSTATUS CmCreateKeyByPath(PCUNICODE_STRING path);
NTSTATUS CmDeleteValueByPath(PCUNICODE_STRING path, PCUNICODE_STRING name);
/* The key with everything below it; success too when there is none. */
NTSTATUS CmDeleteTreeByPath(PCUNICODE_STRING path);
BOOLEAN CmKeyExists(PCUNICODE_STRING path);

/* Callbacks of the image at [base, base + size) that are still registered: reported as violations, and taken away. */
ULONG cm_report_left(const void *base, size_t size, const char *driver);

/* An asynchronous NtNotifyChangeKey for a client who has but an event; advapi32 keeps no status block for it. */
NTSTATUS CmNotifyClient(HANDLE key, HANDLE event, ULONG filter, BOOLEAN tree);
