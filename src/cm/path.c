/*
 * The registry by the run-time library's paths: RtlWriteRegistryValue and its like.
 */
#include "path.h"

/* The client's user, or .DEFAULT for the system. */
static const WCHAR *user_path(void)
{
    return PspCurrentProcess() == ps_system_process() ? L"\\REGISTRY\\USER\\.DEFAULT"
                                                      : L"\\REGISTRY\\USER\\" CM_CLIENT_SID;
}

static const WCHAR *root_path(ULONG relative)
{
    switch (relative) {
    case RTL_REGISTRY_ABSOLUTE:
        return L"";
    case RTL_REGISTRY_SERVICES:
        return L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Services";
    case RTL_REGISTRY_CONTROL:
        return L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Control";
    case RTL_REGISTRY_WINDOWS_NT:
        return L"\\REGISTRY\\MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";
    case RTL_REGISTRY_DEVICEMAP:
        return L"\\REGISTRY\\MACHINE\\HARDWARE\\DEVICEMAP";
    case RTL_REGISTRY_USER:
        return user_path();
    default:
        return NULL;
    }
}

/* "root" or "root\path", in a buffer from malloc. */
static NTSTATUS join(const WCHAR *root, PCWSTR path, PUNICODE_STRING name)
{
    size_t front = rtl_length(root), rest = path ? rtl_length(path) : 0;
    size_t length = front + (front && rest ? 1 : 0) + rest;
    if (length > 0x7FFE)
        return STATUS_NAME_TOO_LONG;
    name->Buffer = malloc((length + 1) * sizeof(WCHAR));
    if (!name->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(name->Buffer, root, front * sizeof(WCHAR));
    if (front && rest)
        name->Buffer[front] = L'\\';
    if (rest)
        memcpy(name->Buffer + length - rest, path, rest * sizeof(WCHAR));
    name->Length = name->MaximumLength = (USHORT)(length * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS cmp_open_path(ULONG relative, PCWSTR path, ACCESS_MASK access, BOOLEAN create, PHANDLE handle)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    if (relative & RTL_REGISTRY_HANDLE) {
        *handle = (HANDLE)path;
        return STATUS_SUCCESS;
    }
    const WCHAR *root = root_path(relative & ~(ULONG)RTL_REGISTRY_OPTIONAL);
    if (!root)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = join(root, path, &name);
    if (!NT_SUCCESS(status))
        return status;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    status = create ? ZwCreateKey(handle, access, &attributes, 0, NULL, 0, NULL)
                    : ZwOpenKey(handle, access, &attributes);
    free(name.Buffer);
    return status;
}

void cmp_close_path(ULONG relative, HANDLE handle)
{
    if (!(relative & RTL_REGISTRY_HANDLE))
        ZwClose(handle);
}

/* The key is made when it is missing, its parent is not. (WDK: RtlWriteRegistryValue) */
NTSTATUS NTAPI RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType,
                                     PVOID ValueData, ULONG ValueLength)
{
    GATE(RtlWriteRegistryValue, RelativeTo, Path, ValueName, ValueType);
    HANDLE key;
    UNICODE_STRING name;
    NTSTATUS status = cmp_open_path(RelativeTo, Path, KEY_SET_VALUE, TRUE, &key);
    if (!NT_SUCCESS(status))
        return status;
    RtlInitUnicodeString(&name, ValueName);
    status = ZwSetValueKey(key, &name, 0, ValueType, ValueData, ValueLength);
    cmp_close_path(RelativeTo, key);
    return status;
}

NTSTATUS NTAPI RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName)
{
    GATE(RtlDeleteRegistryValue, RelativeTo, Path, ValueName);
    HANDLE key;
    UNICODE_STRING name;
    NTSTATUS status = cmp_open_path(RelativeTo, Path, KEY_SET_VALUE, FALSE, &key);
    if (!NT_SUCCESS(status))
        return status;
    RtlInitUnicodeString(&name, ValueName);
    status = ZwDeleteValueKey(key, &name);
    cmp_close_path(RelativeTo, key);
    return status;
}

NTSTATUS NTAPI RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path)
{
    GATE(RtlCreateRegistryKey, RelativeTo, Path);
    HANDLE key;
    NTSTATUS status = cmp_open_path(RelativeTo, Path, KEY_SET_VALUE, TRUE, &key);
    if (NT_SUCCESS(status))
        cmp_close_path(RelativeTo, key);
    return status;
}

/* STATUS_OBJECT_NAME_NOT_FOUND: there is no such key. A handle (RTL_REGISTRY_HANDLE) is closed. (WDK:
 * RtlCheckRegistryKey) */
NTSTATUS NTAPI RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path)
{
    GATE(RtlCheckRegistryKey, RelativeTo, Path);
    HANDLE key;
    NTSTATUS status = cmp_open_path(RelativeTo, Path, 0, FALSE, &key);
    if (NT_SUCCESS(status))
        ZwClose(key);
    return status;
}
