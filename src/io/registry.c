/*
 * A driver's own keys: Services\<name>, made when it is loaded, and what IoOpenDriverRegistryKey opens below
 * it.
 */
#include "iop.h"

#include "../cm/cm.h"

static NTSTATUS set_default(PCUNICODE_STRING key, const WCHAR *name, ULONG type, const void *data, ULONG size)
{
    UNICODE_STRING value;
    RtlInitUnicodeString(&value, name);
    return CmSetValueByPath(key, &value, type, data, size);
}

static NTSTATUS fill_key(PCUNICODE_STRING key, PCUNICODE_STRING service)
{
    static const WCHAR folder[] = L"System32\\drivers\\", ending[] = L".sys";
    static const ULONG type = 1, start = 3, error_control = 1; /* kernel driver, on demand, normal */
    WCHAR path[128];
    ULONG length = sizeof folder - sizeof(WCHAR);
    if (length + service->Length + sizeof ending > sizeof path)
        return STATUS_NAME_TOO_LONG;
    memcpy(path, folder, length);
    memcpy((PUCHAR)path + length, service->Buffer, service->Length);
    length += service->Length;
    memcpy((PUCHAR)path + length, ending, sizeof ending);
    length += sizeof ending;
    NTSTATUS status = set_default(key, L"Type", REG_DWORD, &type, sizeof type);
    if (NT_SUCCESS(status))
        status = set_default(key, L"Start", REG_DWORD, &start, sizeof start);
    if (NT_SUCCESS(status))
        status = set_default(key, L"ErrorControl", REG_DWORD, &error_control, sizeof error_control);
    if (NT_SUCCESS(status))
        status = set_default(key, L"ImagePath", REG_EXPAND_SZ, path, length);
    if (!NT_SUCCESS(status))
        return status;
    memcpy(path, service->Buffer, service->Length);
    path[service->Length / sizeof(WCHAR)] = 0;
    return set_default(key, L"DisplayName", REG_SZ, path, service->Length + (ULONG)sizeof(WCHAR));
}

/* What is there already stays: whoever installed the service, or a test, has put it there. */
NTSTATUS IopMakeServiceKey(PCUNICODE_STRING key, PCUNICODE_STRING service)
{
    return CmKeyExists(key) ? STATUS_SUCCESS : fill_key(key, service);
}

/*
 * The Parameters key of the driver's service, made when it is missing. Flags: 0. The other types of key, and
 * a driver without a service: STATUS_INVALID_PARAMETER. PASSIVE_LEVEL. (WDK: IoOpenDriverRegistryKey)
 */
NTSTATUS NTAPI IoOpenDriverRegistryKey(PDRIVER_OBJECT DriverObject, DRIVER_REGKEY_TYPE RegKeyType,
                                       ACCESS_MASK DesiredAccess, ULONG Flags, PHANDLE DriverRegKey)
{
    GATE(IoOpenDriverRegistryKey, DriverObject, RegKeyType, DesiredAccess, Flags);
    static const WCHAR services[] = CM_SERVICES, parameters[] = L"\\Parameters";
    PCUNICODE_STRING service = &DriverObject->DriverExtension->ServiceKeyName;
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    if (RegKeyType != DriverRegKeyParameters || Flags || !service->Length)
        return STATUS_INVALID_PARAMETER;
    ULONG front = sizeof services - sizeof(WCHAR), length = front + service->Length + sizeof parameters;
    name.Buffer = MmAllocateSystemPool(length, IOP_TAG_NAME);
    if (!name.Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(name.Buffer, services, front);
    memcpy((PUCHAR)name.Buffer + front, service->Buffer, service->Length);
    memcpy((PUCHAR)name.Buffer + front + service->Length, parameters, sizeof parameters);
    name.Length = name.MaximumLength = (USHORT)(length - sizeof(WCHAR));
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS status = ZwCreateKey(DriverRegKey, DesiredAccess, &attributes, 0, NULL, 0, NULL);
    MmFreeSystemPool(name.Buffer);
    return status;
}
