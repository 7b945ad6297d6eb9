/*
 * What the services of all dispatcher objects share.
 */
#include "sync.h"

#include <stdio.h>

POBJECT_TYPE *ex_create_type(const OB_TYPE_INITIALIZER *info)
{
    POBJECT_TYPE type;
    if (NT_SUCCESS(ObCreateObjectType(info, &type)))
        return ObTypePointer(type);
    static const char text[] = "ntio: cannot start: no memory for an object type\n";
    host_log(text, sizeof text - 1);
    host_abort();
}

void ex_create_sync_types(void)
{
    ex_create_event_type();
    ex_create_mutant_type();
    ex_create_semaphore_type();
    ex_create_timer_type();
    ex_create_section_type();
}

void ex_forget_sync_types(void)
{
    ExEventObjectType = NULL;
    ExMutantObjectType = NULL;
    ExSemaphoreObjectType = NULL;
    ExTimerObjectType = NULL;
    MmSectionObjectType = NULL;
}

NTSTATUS ex_create_object(PHANDLE out, KPROCESSOR_MODE mode, POBJECT_TYPE type, POBJECT_ATTRIBUTES attributes,
                          ULONG size, PVOID *object)
{
    NTSTATUS status = ObProbeHandleOut(out, mode);
    return NT_SUCCESS(status) ? ObCreateObject(mode, type, attributes, mode, NULL, size, 0, 0, object)
                              : status;
}

/* STATUS_OBJECT_NAME_EXISTS is a success: the handle is for the one that was there. */
NTSTATUS ex_insert_object(PVOID object, ACCESS_MASK access, PHANDLE out, KPROCESSOR_MODE mode)
{
    HANDLE handle;
    NTSTATUS status = ObInsertObject(object, NULL, access, 0, NULL, &handle);
    if (!NT_SUCCESS(status))
        return status;
    NTSTATUS told = ObReturnHandle(handle, out, mode);
    return NT_SUCCESS(told) ? status : told;
}

NTSTATUS ex_probe_out(PVOID address, ULONG size, KPROCESSOR_MODE mode)
{
    return mode == KernelMode ? STATUS_SUCCESS : MmProbe(address, size, sizeof(ULONG), true);
}

NTSTATUS ex_probe_long(PLONG address, KPROCESSOR_MODE mode)
{
    return address ? ex_probe_out(address, sizeof *address, mode) : STATUS_SUCCESS;
}

NTSTATUS ex_return_long(PLONG address, LONG value, KPROCESSOR_MODE mode)
{
    return address ? MmCopyToMode(address, &value, sizeof value, mode) : STATUS_SUCCESS;
}
