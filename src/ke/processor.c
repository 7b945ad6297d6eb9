/*
 * Processors, as a driver sees them: one group, one node. A thread is given a number when it starts and keeps
 * it, unless it asks for an affinity; it runs wherever the host puts it.
 */
#include "kip.h"

static ULONG processor_count(void)
{
    return ntio_machine.processors ? ntio_machine.processors : 1;
}

KAFFINITY KiAllProcessors(void)
{
    ULONG count = processor_count();
    return count >= 64 ? ~(KAFFINITY)0 : ((KAFFINITY)1 << count) - 1;
}

ULONG KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber)
{
    GATE(KeGetCurrentProcessorNumberEx, ProcNumber);
    ULONG number = KiCurrentThread()->Processor;
    if (ProcNumber)
        *ProcNumber = (PROCESSOR_NUMBER){.Number = (UCHAR)number};
    return number;
}

KAFFINITY KeQueryActiveProcessors(VOID)
{
    GATE(KeQueryActiveProcessors);
    return KiAllProcessors();
}

ULONG KeQueryActiveProcessorCount(PKAFFINITY ActiveProcessors)
{
    GATE(KeQueryActiveProcessorCount, ActiveProcessors);
    if (ActiveProcessors)
        *ActiveProcessors = KiAllProcessors();
    return processor_count();
}

ULONG KeQueryActiveProcessorCountEx(USHORT GroupNumber)
{
    GATE(KeQueryActiveProcessorCountEx, GroupNumber);
    return GroupNumber == 0 || GroupNumber == ALL_PROCESSOR_GROUPS ? processor_count() : 0;
}

ULONG KeQueryMaximumProcessorCount(VOID)
{
    GATE(KeQueryMaximumProcessorCount);
    return processor_count();
}

ULONG KeQueryMaximumProcessorCountEx(USHORT GroupNumber)
{
    GATE(KeQueryMaximumProcessorCountEx, GroupNumber);
    return GroupNumber == 0 || GroupNumber == ALL_PROCESSOR_GROUPS ? processor_count() : 0;
}

USHORT KeQueryActiveGroupCount(VOID)
{
    GATE(KeQueryActiveGroupCount);
    return 1;
}

USHORT KeQueryMaximumGroupCount(VOID)
{
    GATE(KeQueryMaximumGroupCount);
    return 1;
}

KAFFINITY KeQueryGroupAffinity(USHORT GroupNumber)
{
    GATE(KeQueryGroupAffinity, GroupNumber);
    return GroupNumber == 0 ? KiAllProcessors() : 0;
}

USHORT KeGetCurrentNodeNumber(VOID)
{
    GATE(KeGetCurrentNodeNumber);
    return 0;
}

USHORT KeQueryHighestNodeNumber(VOID)
{
    GATE(KeQueryHighestNodeNumber);
    return 0;
}

VOID KeQueryNodeActiveAffinity(USHORT NodeNumber, PGROUP_AFFINITY Affinity, PUSHORT Count)
{
    GATE(KeQueryNodeActiveAffinity, NodeNumber, Affinity, Count);
    if (Affinity)
        *Affinity = (GROUP_AFFINITY){.Mask = NodeNumber == 0 ? KiAllProcessors() : 0};
    if (Count)
        *Count = NodeNumber == 0 ? (USHORT)processor_count() : 0;
}

ULONG KeQueryNodeActiveProcessorCount(USHORT NodeNumber)
{
    GATE(KeQueryNodeActiveProcessorCount, NodeNumber);
    return NodeNumber == 0 ? processor_count() : 0;
}

USHORT KeQueryNodeMaximumProcessorCount(USHORT NodeNumber)
{
    GATE(KeQueryNodeMaximumProcessorCount, NodeNumber);
    return NodeNumber == 0 ? (USHORT)processor_count() : 0;
}

NTSTATUS KeGetProcessorNumberFromIndex(ULONG ProcIndex, PPROCESSOR_NUMBER ProcNumber)
{
    GATE(KeGetProcessorNumberFromIndex, ProcIndex, ProcNumber);
    if (ProcIndex >= processor_count())
        return STATUS_INVALID_PARAMETER;
    *ProcNumber = (PROCESSOR_NUMBER){.Number = (UCHAR)ProcIndex};
    return STATUS_SUCCESS;
}

/* INVALID_PROCESSOR_INDEX when there is no such processor. */
ULONG KeGetProcessorIndexFromNumber(PPROCESSOR_NUMBER ProcNumber)
{
    GATE(KeGetProcessorIndexFromNumber, ProcNumber);
    if (ProcNumber->Group != 0 || ProcNumber->Reserved != 0 || ProcNumber->Number >= processor_count())
        return 0xFFFFFFFF;
    return ProcNumber->Number;
}

/* The line of a processor's cache. */
ULONG KeGetRecommendedSharedDataAlignment(VOID)
{
    GATE(KeGetRecommendedSharedDataAlignment);
    return 64;
}

/* --- affinity: the thread says that it runs on the first processor of the mask --- */

/* A mask of no processor, or of one that is none, has no effect. */
static bool set_affinity(KAFFINITY affinity, PKAFFINITY before)
{
    PKTHREAD thread = KiCurrentThread();
    *before = thread->SystemAffinity;
    if (!affinity || affinity & ~KiAllProcessors())
        return false;
    thread->SystemAffinity = affinity;
    if (!(affinity >> thread->Processor & 1))
        thread->Processor = (UCHAR)__builtin_ctzll(affinity);
    return true;
}

/* 0: back to the affinity that the client gave the thread. Only after the thread was given a system affinity.
 */
static void revert_affinity(KAFFINITY affinity)
{
    PKTHREAD thread = KiCurrentThread();
    if (!thread->SystemAffinity)
        return;
    if (affinity) {
        KAFFINITY before;
        set_affinity(affinity, &before);
        return;
    }
    KAFFINITY user = atomic_load(&thread->UserAffinity);
    thread->SystemAffinity = 0;
    if (user && !(user >> thread->Processor & 1))
        thread->Processor = (UCHAR)__builtin_ctzll(user);
}

VOID KeSetSystemAffinityThread(KAFFINITY Affinity)
{
    GATE(KeSetSystemAffinityThread, Affinity);
    KAFFINITY before;
    set_affinity(Affinity, &before);
}

/* Returns the previous system affinity, 0 when there was none. */
KAFFINITY KeSetSystemAffinityThreadEx(KAFFINITY Affinity)
{
    GATE(KeSetSystemAffinityThreadEx, Affinity);
    KAFFINITY before;
    set_affinity(Affinity, &before);
    return before;
}

VOID KeRevertToUserAffinityThread(VOID)
{
    GATE(KeRevertToUserAffinityThread);
    revert_affinity(0);
}

VOID KeRevertToUserAffinityThreadEx(KAFFINITY Affinity)
{
    GATE(KeRevertToUserAffinityThreadEx, Affinity);
    revert_affinity(Affinity);
}

/* *PreviousAffinity is 0 also when nothing was changed. (WDK: KeSetSystemGroupAffinityThread) */
VOID KeSetSystemGroupAffinityThread(PGROUP_AFFINITY Affinity, PGROUP_AFFINITY PreviousAffinity)
{
    GATE(KeSetSystemGroupAffinityThread, Affinity, PreviousAffinity);
    KAFFINITY before = 0;
    bool set = Affinity->Group == 0 && set_affinity(Affinity->Mask, &before);
    if (PreviousAffinity)
        *PreviousAffinity = (GROUP_AFFINITY){.Mask = set ? before : 0};
}

VOID KeRevertToUserGroupAffinityThread(PGROUP_AFFINITY PreviousAffinity)
{
    GATE(KeRevertToUserGroupAffinityThread, PreviousAffinity);
    if (PreviousAffinity->Group == 0)
        revert_affinity(PreviousAffinity->Mask);
}

/* --- what x64 does by itself: floating point in the kernel needs no saving, stacks are large --- */

NTSTATUS KeSaveFloatingPointState(PKFLOATING_SAVE FloatSave)
{
    GATE(KeSaveFloatingPointState, FloatSave);
    return STATUS_SUCCESS;
}

NTSTATUS KeRestoreFloatingPointState(PKFLOATING_SAVE FloatSave)
{
    GATE(KeRestoreFloatingPointState, FloatSave);
    return STATUS_SUCCESS;
}

NTSTATUS KeExpandKernelStackAndCallout(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter, SIZE_T Size)
{
    GATE(KeExpandKernelStackAndCallout, Callout, Parameter, Size);
    if (Size > MAXIMUM_EXPANSION_SIZE)
        return STATUS_INVALID_PARAMETER_3;
    return kip_call_expanded(KiCurrentThread(), Size, Callout, Parameter);
}

NTSTATUS KeExpandKernelStackAndCalloutEx(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter, SIZE_T Size,
                                         BOOLEAN Wait, PVOID Context)
{
    GATE(KeExpandKernelStackAndCalloutEx, Callout, Parameter, Size, Wait);
    PKTHREAD thread = KiCurrentThread();
    (void)Context;
    if (Size > MAXIMUM_EXPANSION_SIZE)
        return STATUS_INVALID_PARAMETER_3;
    if (Wait && thread->Irql >= DISPATCH_LEVEL)
        return STATUS_INVALID_PARAMETER_4;
    return kip_call_expanded(thread, Size, Callout, Parameter);
}
