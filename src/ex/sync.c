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
