/*
 * What drivers have called when a bug check stops the machine. The records are the drivers' own; State says
 * where each is, and Checksum (NT's: the sum of the fields before it) whether it has been overwritten since.
 */
#include "kip.h"

#include <string.h>

static ULONG_PTR sum_of(const KBUGCHECK_CALLBACK_RECORD *record)
{
    return (ULONG_PTR)record->CallbackRoutine + (ULONG_PTR)record->Buffer + record->Length +
           (ULONG_PTR)record->Component;
}

static ULONG_PTR sum_of_reason(const KBUGCHECK_REASON_CALLBACK_RECORD *record)
{
    return (ULONG_PTR)record->CallbackRoutine + record->Reason + (ULONG_PTR)record->Component;
}

/* Takes a record of either kind off its list. FALSE: it was not registered. */
static BOOLEAN remove_record(PUCHAR state, PLIST_ENTRY entry)
{
    struct kip_state *ke = kip();
    ki_lock(&ke->callbacks_lock);
    BOOLEAN was = *state == BufferInserted;
    if (was) {
        *state = BufferEmpty;
        RemoveEntryList(entry);
    }
    ki_unlock(&ke->callbacks_lock);
    return was;
}

/* FALSE: the record is registered already, or was not initialised. The routine runs at HIGH_LEVEL. (WDK:
 * KeRegisterBugCheckCallback) */
BOOLEAN NTAPI KeRegisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD CallbackRecord,
                                         PKBUGCHECK_CALLBACK_ROUTINE CallbackRoutine, PVOID Buffer,
                                         ULONG Length, PUCHAR Component)
{
    GATE(KeRegisterBugCheckCallback, CallbackRecord, CallbackRoutine, Buffer, Length);
    struct kip_state *ke = kip();
    ki_lock(&ke->callbacks_lock);
    BOOLEAN fits = CallbackRecord->State == BufferEmpty;
    if (fits) {
        CallbackRecord->CallbackRoutine = CallbackRoutine;
        CallbackRecord->Buffer = Buffer;
        CallbackRecord->Length = Length;
        CallbackRecord->Component = Component;
        CallbackRecord->Checksum = sum_of(CallbackRecord);
        CallbackRecord->State = BufferInserted;
        InsertTailList(&ke->bugcheck_callbacks, &CallbackRecord->Entry);
    }
    ki_unlock(&ke->callbacks_lock);
    return fits;
}

/* FALSE: it was not registered. (WDK: KeDeregisterBugCheckCallback) */
BOOLEAN NTAPI KeDeregisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD CallbackRecord)
{
    GATE(KeDeregisterBugCheckCallback, CallbackRecord);
    return remove_record(&CallbackRecord->State, &CallbackRecord->Entry);
}

/* As KeRegisterBugCheckCallback. Of the reasons only KbCallbackSecondaryDumpData is ever given: no dump is
 * written. (WDK: KeRegisterBugCheckReasonCallback) */
BOOLEAN NTAPI KeRegisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord,
                                               PKBUGCHECK_REASON_CALLBACK_ROUTINE CallbackRoutine,
                                               KBUGCHECK_CALLBACK_REASON Reason, PUCHAR Component)
{
    GATE(KeRegisterBugCheckReasonCallback, CallbackRecord, CallbackRoutine, Reason, Component);
    struct kip_state *ke = kip();
    ki_lock(&ke->callbacks_lock);
    BOOLEAN fits = CallbackRecord->State == BufferEmpty;
    if (fits) {
        CallbackRecord->CallbackRoutine = CallbackRoutine;
        CallbackRecord->Component = Component;
        CallbackRecord->Reason = Reason;
        CallbackRecord->Checksum = sum_of_reason(CallbackRecord);
        CallbackRecord->State = BufferInserted;
        InsertTailList(&ke->reason_callbacks, &CallbackRecord->Entry);
    }
    ki_unlock(&ke->callbacks_lock);
    return fits;
}

BOOLEAN NTAPI KeDeregisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord)
{
    GATE(KeDeregisterBugCheckReasonCallback, CallbackRecord);
    return remove_record(&CallbackRecord->State, &CallbackRecord->Entry);
}

static void call_plain(struct kip_state *ke)
{
    PLIST_ENTRY head = &ke->bugcheck_callbacks;
    for (PLIST_ENTRY at = head->Flink; at != head; at = at->Flink) {
        PKBUGCHECK_CALLBACK_RECORD record = CONTAINING_RECORD(at, KBUGCHECK_CALLBACK_RECORD, Entry);
        if (record->State != BufferInserted || record->Checksum != sum_of(record))
            continue;
        record->State = BufferStarted;
        record->CallbackRoutine(record->Buffer, record->Length);
        record->State = BufferFinished;
    }
}

#define SECONDARY_DATA 4096 /* bytes of buffer that a secondary data callback is lent */

static void call_for_reason(struct kip_state *ke)
{
    UCHAR buffer[SECONDARY_DATA];
    PLIST_ENTRY head = &ke->reason_callbacks;
    for (PLIST_ENTRY at = head->Flink; at != head; at = at->Flink) {
        PKBUGCHECK_REASON_CALLBACK_RECORD record =
            CONTAINING_RECORD(at, KBUGCHECK_REASON_CALLBACK_RECORD, Entry);
        if (record->State != BufferInserted || record->Reason != KbCallbackSecondaryDumpData ||
            record->Checksum != sum_of_reason(record))
            continue;
        KBUGCHECK_SECONDARY_DUMP_DATA data = {
            .InBuffer = buffer, .InBufferLength = sizeof buffer, .MaximumAllowed = sizeof buffer};
        memset(buffer, 0, sizeof buffer);
        record->State = BufferStarted;
        record->CallbackRoutine(record->Reason, record, &data, sizeof data);
        record->State = BufferFinished;
    }
}

/* The lists are read without their lock, as NT does: whoever held it may never run again. */
void kip_call_bugcheck_callbacks(PKTHREAD thread)
{
    struct kip_state *ke = kip();
    if (!thread)
        return;
    thread->Irql = HIGH_LEVEL;
    thread->InKernel = TRUE;
    call_plain(ke);
    call_for_reason(ke);
}

ULONG KiForgetBugCheckCallbacks(const void *base, size_t size)
{
    struct kip_state *ke = kip();
    ULONG count = 0;
    ki_lock(&ke->callbacks_lock);
    for (PLIST_ENTRY at = ke->bugcheck_callbacks.Flink; at != &ke->bugcheck_callbacks; at = at->Flink) {
        PKBUGCHECK_CALLBACK_RECORD record = CONTAINING_RECORD(at, KBUGCHECK_CALLBACK_RECORD, Entry);
        if ((uintptr_t)record->CallbackRoutine - (uintptr_t)base < size) {
            RemoveEntryList(at);
            count++;
        }
    }
    for (PLIST_ENTRY at = ke->reason_callbacks.Flink; at != &ke->reason_callbacks; at = at->Flink) {
        PKBUGCHECK_REASON_CALLBACK_RECORD record =
            CONTAINING_RECORD(at, KBUGCHECK_REASON_CALLBACK_RECORD, Entry);
        if ((uintptr_t)record->CallbackRoutine - (uintptr_t)base < size) {
            RemoveEntryList(at);
            count++;
        }
    }
    ki_unlock(&ke->callbacks_lock);
    return count;
}
