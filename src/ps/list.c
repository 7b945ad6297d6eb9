/*
 * SystemProcessInformation: all processes with their threads.
 */
#include "psp.h"

#include "../ob/ob.h"

/* What the system tells of a process; nothing is measured or charged here. */
struct process_information {
    ULONG NextEntryOffset, NumberOfThreads;
    LARGE_INTEGER WorkingSetPrivateSize;
    ULONG HardFaultCount, NumberOfThreadsHighWatermark;
    ULONGLONG CycleTime;
    LARGE_INTEGER CreateTime, UserTime, KernelTime;
    UNICODE_STRING ImageName;
    KPRIORITY BasePriority;
    HANDLE UniqueProcessId, InheritedFromUniqueProcessId;
    ULONG HandleCount, SessionId;
    ULONG_PTR UniqueProcessKey;
    SIZE_T PeakVirtualSize, VirtualSize;
    ULONG PageFaultCount;
    SIZE_T Sizes[9];
    LARGE_INTEGER Counts[6];
};
C_ASSERT(sizeof(struct process_information) == 0x100);

struct thread_information {
    LARGE_INTEGER KernelTime, UserTime, CreateTime;
    ULONG WaitTime;
    PVOID StartAddress;
    CLIENT_ID ClientId;
    KPRIORITY Priority;
    LONG BasePriority;
    ULONG ContextSwitches, ThreadState, WaitReason;
};
C_ASSERT(sizeof(struct thread_information) == 0x50);

struct writer {
    PUCHAR buffer, client; /* ours, and where the requester will have it */
    ULONG room, used;
    struct process_information *last;
};

/* Zeroed room for more, even when there is none left: then it is only counted. */
static PVOID take(struct writer *to, ULONG size)
{
    ULONG at = to->used;
    to->used += size;
    if (to->used > to->room)
        return NULL;
    memset(to->buffer + at, 0, size);
    return to->buffer + at;
}

static struct process_information *begin(struct writer *to)
{
    ULONG at = to->used = (to->used + 7) & ~7u;
    struct process_information *info = take(to, sizeof *info);
    if (info && to->last)
        to->last->NextEntryOffset = at - (ULONG)((PUCHAR)to->last - to->buffer);
    if (info)
        to->last = info;
    return info;
}

/* Behind the threads stands the name without its path. */
static void put_name(struct writer *to, struct process_information *info, PCUNICODE_STRING path)
{
    ULONG length = path->Length / (ULONG)sizeof(WCHAR), start = length;
    while (start && path->Buffer[start - 1] != L'\\')
        start--;
    ULONG bytes = (length - start) * (ULONG)sizeof(WCHAR), at = to->used;
    PVOID text = take(to, bytes + (ULONG)sizeof(WCHAR));
    if (!info || !text)
        return;
    memcpy(text, path->Buffer + start, bytes);
    info->ImageName =
        (UNICODE_STRING){(USHORT)bytes, (USHORT)(bytes + sizeof(WCHAR)), (PWSTR)(to->client + at)};
}

static void put_thread(struct writer *to, const ETHREAD *thread)
{
    struct thread_information *info = take(to, sizeof *info);
    if (!info)
        return;
    info->CreateTime = thread->CreateTime;
    info->StartAddress = (PVOID)thread->StartAddress;
    info->ClientId = thread->Cid;
    info->Priority = thread->Tcb.Priority;
    info->BasePriority = thread->Tcb.BasePriority;
    switch (__atomic_load_n(&thread->Tcb.State, __ATOMIC_RELAXED)) {
    case THREAD_RUNNING:
    case THREAD_READY:
        info->ThreadState = 2;
        break;
    case THREAD_WAITING:
        info->ThreadState = 5;
        break;
    case THREAD_TERMINATED:
        info->ThreadState = 4;
        break;
    default:
        break;
    }
}

static void put_process(struct writer *to, PEPROCESS process)
{
    ULONG threads = 0;
    struct process_information *info = begin(to);
    for (PLIST_ENTRY t = process->ThreadList.Flink; t != &process->ThreadList; t = t->Flink, threads++)
        put_thread(to, CONTAINING_RECORD(t, ETHREAD, ProcessListEntry));
    if (info) {
        info->NumberOfThreads = info->NumberOfThreadsHighWatermark = threads;
        info->CreateTime = process->CreateTime;
        info->BasePriority = 8;
        info->UniqueProcessId = process->UniqueProcessId;
        info->InheritedFromUniqueProcessId = process->ParentProcessId;
        info->SessionId = psp_session(process);
        info->HandleCount = process->Handles ? ob_handle_table_count(process->Handles) : 0;
    }
    put_name(to, info, &process->ImageFileName);
}

/* Process 0 has no name; its threads are the processors'. */
static void put_idle(struct writer *to)
{
    struct process_information *info = begin(to);
    for (unsigned i = 0; i < ntio_machine.processors; i++) {
        struct thread_information *thread = take(to, sizeof *thread);
        if (thread)
            thread->ThreadState = 2;
    }
    if (info)
        info->NumberOfThreads = info->NumberOfThreadsHighWatermark = ntio_machine.processors;
}

ULONG PspListProcesses(PVOID buffer, ULONG room, PVOID client)
{
    struct writer to = {buffer, client, room, 0, NULL};
    struct psp_state *ps = PSP;
    put_idle(&to);
    ki_lock(&ps->lock);
    for (PLIST_ENTRY p = ps->processes.Flink; p != &ps->processes; p = p->Flink) {
        PEPROCESS process = CONTAINING_RECORD(p, EPROCESS, ProcessLinks);
        if (__atomic_load_n(&process->Header.SignalState, __ATOMIC_RELAXED) == 0)
            put_process(&to, process);
    }
    ki_unlock(&ps->lock);
    return to.used;
}
