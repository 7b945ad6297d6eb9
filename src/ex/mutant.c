/*
 * Mutants (Win32's mutexes) by handle.
 */
#include "sync.h"

POBJECT_TYPE *ExMutantObjectType;

static void deleted(PVOID object)
{
    KeReleaseMutant(object, MUTANT_INCREMENT, TRUE, FALSE);
}

void ex_create_mutant_type(void)
{
    static const OB_TYPE_INITIALIZER info = {
        .Name = L"Mutant",
        .GenericMapping = {STANDARD_RIGHTS_READ | MUTANT_QUERY_STATE, STANDARD_RIGHTS_WRITE,
                           STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, MUTANT_ALL_ACCESS},
        .ValidAccessMask = MUTANT_ALL_ACCESS,
        .DeleteProcedure = deleted,
    };
    ExMutantObjectType = ex_create_type(&info);
}

SERVICE(CreateMutant,
        (PHANDLE MutantHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         BOOLEAN InitialOwner),
        (MutantHandle, DesiredAccess, ObjectAttributes, InitialOwner))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PKMUTANT mutant;
    NTSTATUS status = ObCreateService(MutantHandle, mode, *ExMutantObjectType, ObjectAttributes,
                                      sizeof *mutant, (PVOID *)&mutant);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeMutant(mutant, InitialOwner != FALSE);
    return ObInsertService(mutant, DesiredAccess, MutantHandle, mode);
}

SERVICE(OpenMutant, (PHANDLE MutantHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes),
        (MutantHandle, DesiredAccess, ObjectAttributes))
{
    return ObOpenService(MutantHandle, DesiredAccess, ObjectAttributes, *ExMutantObjectType);
}

/* STATUS_MUTANT_NOT_OWNED unless the calling thread owns it. */
SERVICE(ReleaseMutant, (HANDLE MutantHandle, PLONG PreviousCount), (MutantHandle, PreviousCount))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PKMUTANT mutant;
    NTSTATUS status = ex_probe_long(PreviousCount, mode);
    if (NT_SUCCESS(status))
        status =
            ObReferenceObjectByHandle(MutantHandle, 0, *ExMutantObjectType, mode, (PVOID *)&mutant, NULL);
    if (!NT_SUCCESS(status))
        return status;
    /* Only this thread can make itself the owner or stop being it, so the answer does not age. */
    if (__atomic_load_n(&mutant->OwnerThread, __ATOMIC_RELAXED) != KiCurrentThread()) {
        ObpDereferenceObject(mutant);
        return STATUS_MUTANT_NOT_OWNED;
    }
    LONG previous = KeReleaseMutant(mutant, MUTANT_INCREMENT, FALSE, FALSE);
    ObpDereferenceObject(mutant);
    return ex_return_long(PreviousCount, previous, mode);
}
