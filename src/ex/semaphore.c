/*
 * Semaphores by handle.
 */
#include "sync.h"

POBJECT_TYPE *ExSemaphoreObjectType;

void ex_create_semaphore_type(void)
{
    static const OB_TYPE_INITIALIZER info = {
        .Name = L"Semaphore",
        .GenericMapping = {STANDARD_RIGHTS_READ | SEMAPHORE_QUERY_STATE,
                           STANDARD_RIGHTS_WRITE | SEMAPHORE_MODIFY_STATE,
                           STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, SEMAPHORE_ALL_ACCESS},
        .ValidAccessMask = SEMAPHORE_ALL_ACCESS,
    };
    ExSemaphoreObjectType = ex_create_type(&info);
}

SERVICE(CreateSemaphore,
        (PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         LONG InitialCount, LONG MaximumCount),
        (SemaphoreHandle, DesiredAccess, ObjectAttributes, InitialCount, MaximumCount))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PKSEMAPHORE semaphore;
    if (MaximumCount <= 0 || InitialCount < 0 || InitialCount > MaximumCount)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ObCreateService(SemaphoreHandle, mode, *ExSemaphoreObjectType, ObjectAttributes,
                                      sizeof *semaphore, (PVOID *)&semaphore);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeSemaphore(semaphore, InitialCount, MaximumCount);
    return ObInsertService(semaphore, DesiredAccess, SemaphoreHandle, mode);
}

SERVICE(OpenSemaphore,
        (PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes),
        (SemaphoreHandle, DesiredAccess, ObjectAttributes))
{
    return ObOpenService(SemaphoreHandle, DesiredAccess, ObjectAttributes, *ExSemaphoreObjectType);
}

/* STATUS_INVALID_PARAMETER for a count below one, STATUS_SEMAPHORE_LIMIT_EXCEEDED when it would pass the
 * limit. */
SERVICE(ReleaseSemaphore, (HANDLE SemaphoreHandle, LONG ReleaseCount, PLONG PreviousCount),
        (SemaphoreHandle, ReleaseCount, PreviousCount))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PKSEMAPHORE semaphore;
    LONG previous = 0;
    if (ReleaseCount <= 0)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ex_probe_long(PreviousCount, mode);
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(SemaphoreHandle, SEMAPHORE_MODIFY_STATE, *ExSemaphoreObjectType,
                                           mode, (PVOID *)&semaphore, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = KiReleaseSemaphore(semaphore, ReleaseCount, &previous);
    ObpDereferenceObject(semaphore);
    return NT_SUCCESS(status) ? ex_return_long(PreviousCount, previous, mode) : status;
}
