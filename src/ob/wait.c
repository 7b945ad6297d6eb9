/*
 * Waiting by handle.
 */
#include "obp.h"

/* What a wait on the object really waits for. */
static PVOID wait_object(PVOID object)
{
    const OB_TYPE_INITIALIZER *info = &obp_header(object)->Type->Info;
    if (info->UseDefaultObject || info->DefaultObjectOffset < 0)
        return &OBP->always;
    return (PUCHAR)object + info->DefaultObjectOffset;
}

PVOID ObGetWaitObject(PVOID Object)
{
    return wait_object(Object);
}

static NTSTATUS capture_timeout(PLARGE_INTEGER timeout, KPROCESSOR_MODE mode, PLARGE_INTEGER own)
{
    if (!timeout)
        return STATUS_SUCCESS;
    if (mode != KernelMode) {
        NTSTATUS status = MmProbe(timeout, sizeof *timeout, 4, false);
        if (!NT_SUCCESS(status))
            return status;
    }
    return MmCopyFromMode(own, timeout, sizeof *own, mode);
}

SERVICE(WaitForSingleObject, (HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout),
        (Handle, Alertable, Timeout))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    LARGE_INTEGER timeout;
    PVOID object;
    NTSTATUS status = capture_timeout(Timeout, mode, &timeout);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(Handle, SYNCHRONIZE, NULL, mode, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status =
        KeWaitForSingleObject(wait_object(object), UserRequest, mode, Alertable, Timeout ? &timeout : NULL);
    ObpDereferenceObject(object);
    return status;
}

static bool has_duplicate(PVOID *objects, ULONG count)
{
    for (ULONG i = 1; i < count; i++)
        for (ULONG j = 0; j < i; j++)
            if (objects[i] == objects[j])
                return true;
    return false;
}

/* STATUS_INVALID_PARAMETER_1: count; _3: wait type; _MIX: the same object twice in a wait for all. */
SERVICE(WaitForMultipleObjects,
        (ULONG Count, HANDLE Handles[], WAIT_TYPE WaitType, BOOLEAN Alertable, PLARGE_INTEGER Timeout),
        (Count, Handles, WaitType, Alertable, Timeout))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    HANDLE handles[MAXIMUM_WAIT_OBJECTS];
    PVOID objects[MAXIMUM_WAIT_OBJECTS], targets[MAXIMUM_WAIT_OBJECTS];
    LARGE_INTEGER timeout;
    if (!Count || Count > MAXIMUM_WAIT_OBJECTS)
        return STATUS_INVALID_PARAMETER_1;
    if (WaitType != WaitAny && WaitType != WaitAll)
        return STATUS_INVALID_PARAMETER_3;
    NTSTATUS status = capture_timeout(Timeout, mode, &timeout);
    if (!NT_SUCCESS(status))
        return status;
    if (mode != KernelMode && !NT_SUCCESS(status = MmProbe(Handles, Count * sizeof(HANDLE), 4, false)))
        return status;
    status = MmCopyFromMode(handles, Handles, Count * sizeof(HANDLE), mode);
    if (!NT_SUCCESS(status))
        return status;
    ULONG held = 0;
    PKWAIT_BLOCK blocks = NULL;
    for (; held < Count; held++) {
        status = ObReferenceObjectByHandle(handles[held], SYNCHRONIZE, NULL, mode, &objects[held], NULL);
        if (!NT_SUCCESS(status))
            goto out;
        targets[held] = wait_object(objects[held]);
    }
    if (WaitType == WaitAll && has_duplicate(objects, Count)) {
        status = STATUS_INVALID_PARAMETER_MIX;
        goto out;
    }
    if (Count > THREAD_WAIT_OBJECTS && !(blocks = MmAllocateSystemPool(Count * sizeof *blocks, 'tiaW'))) {
        status = STATUS_INSUFFICIENT_RESOURCES;
        goto out;
    }
    status = KeWaitForMultipleObjects(Count, targets, WaitType, UserRequest, mode, Alertable,
                                      Timeout ? &timeout : NULL, blocks);
out:
    if (blocks)
        MmFreeSystemPool(blocks);
    while (held--)
        ObpDereferenceObject(objects[held]);
    return status;
}

/* Signals an event, a semaphore or a mutant, as its own service would. */
static NTSTATUS signal_object(HANDLE handle, KPROCESSOR_MODE mode)
{
    PVOID object;
    ACCESS_MASK granted;
    NTSTATUS status = ObpLookupHandle(handle, mode, NULL, &object, &granted);
    if (!NT_SUCCESS(status))
        return status;
    POBJECT_TYPE type = obp_header(object)->Type;
    ObpDereferenceObject(object);
    if (type == *ExEventObjectType)
        return NtSetEvent(handle, NULL);
    if (type == *ExSemaphoreObjectType)
        return NtReleaseSemaphore(handle, 1, NULL);
    if (!strcmp(type->Text, "Mutant"))
        return NtReleaseMutant(handle, NULL);
    return STATUS_OBJECT_TYPE_MISMATCH;
}

SERVICE(SignalAndWaitForSingleObject,
        (HANDLE SignalHandle, HANDLE WaitHandle, BOOLEAN Alertable, PLARGE_INTEGER Timeout),
        (SignalHandle, WaitHandle, Alertable, Timeout))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    LARGE_INTEGER timeout;
    PVOID object;
    NTSTATUS status = capture_timeout(Timeout, mode, &timeout);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(WaitHandle, SYNCHRONIZE, NULL, mode, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = signal_object(SignalHandle, mode);
    if (NT_SUCCESS(status))
        status = KeWaitForSingleObject(wait_object(object), UserRequest, mode, Alertable,
                                       Timeout ? &timeout : NULL);
    ObpDereferenceObject(object);
    return status;
}

SERVICE(DelayExecution, (BOOLEAN Alertable, PLARGE_INTEGER Interval), (Alertable, Interval))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    LARGE_INTEGER interval;
    NTSTATUS status = Interval ? capture_timeout(Interval, mode, &interval) : STATUS_ACCESS_VIOLATION;
    return NT_SUCCESS(status) ? KeDelayExecutionThread(mode, Alertable, &interval) : status;
}
