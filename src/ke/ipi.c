/*
 * Interrupts without a device: from processor to processor, and those that cannot be masked.
 */
#include "kip.h"

#include <ntio/ntio.h>
#include <stdlib.h>

struct kip_nmi {
    struct kip_nmi *Next;
    PNMI_CALLBACK Routine;
    PVOID Context;
};

/*
 * WDK: KeIpiGenericCall. Differs from Windows: the calling thread plays each processor in turn, its own last,
 * so a routine that waits until all others have come waits for ever.
 */
ULONG_PTR NTAPI KeIpiGenericCall(PKIPI_BROADCAST_WORKER BroadcastFunction, ULONG_PTR Context)
{
    GATE(KeIpiGenericCall, BroadcastFunction, Context);
    PKTHREAD thread = KiCurrentThread();
    KIRQL old = KiRaiseIrql(thread, IPI_LEVEL);
    UCHAR own = thread->Processor;
    ULONG count = ntio_machine.processors ? ntio_machine.processors : 1;
    for (ULONG i = 0; i < count; i++)
        if (i != own) {
            thread->Processor = (UCHAR)i;
            BroadcastFunction(Context);
        }
    thread->Processor = own;
    ULONG_PTR result = BroadcastFunction(Context);
    KiLowerIrql(thread, old);
    return result;
}

/* WDK: KeQueryDpcWatchdogInformation. DPCs may take as long as they like here, which is what limits of 0 say.
 */
NTSTATUS NTAPI KeQueryDpcWatchdogInformation(PKDPC_WATCHDOG_INFORMATION WatchdogInformation)
{
    GATE(KeQueryDpcWatchdogInformation, WatchdogInformation);
    *WatchdogInformation = (KDPC_WATCHDOG_INFORMATION){0};
    return KiCurrentThread()->Irql < DISPATCH_LEVEL ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}

/* WDK: KeRegisterNmiCallback. A handle for KeDeregisterNmiCallback; NULL: no memory. */
PVOID NTAPI KeRegisterNmiCallback(PNMI_CALLBACK CallbackRoutine, PVOID Context)
{
    GATE(KeRegisterNmiCallback, CallbackRoutine, Context);
    struct kip_state *ke = kip();
    struct kip_nmi *entry = malloc(sizeof *entry);
    if (!entry)
        return NULL;
    entry->Routine = CallbackRoutine;
    entry->Context = Context;
    ki_lock(&ke->callbacks_lock);
    entry->Next = ke->nmi_callbacks;
    ke->nmi_callbacks = entry;
    ki_unlock(&ke->callbacks_lock);
    return entry;
}

NTSTATUS NTAPI KeDeregisterNmiCallback(PVOID Handle)
{
    GATE(KeDeregisterNmiCallback, Handle);
    struct kip_state *ke = kip();
    struct kip_nmi *found = NULL;
    ki_lock(&ke->callbacks_lock);
    for (struct kip_nmi **at = &ke->nmi_callbacks; *at; at = &(*at)->Next)
        if (*at == Handle) {
            found = *at;
            *at = found->Next;
            break;
        }
    ki_unlock(&ke->callbacks_lock);
    free(found);
    return found ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

bool ntio_raise_nmi(void)
{
    struct kip_state *ke = kip();
    PKTHREAD thread = KiCurrentThread();
    BOOLEAN in_kernel = KiEnterService(thread), handled = FALSE;
    KPROCESSOR_MODE mode = thread->PreviousMode;
    thread->PreviousMode = KernelMode;
    KIRQL old = KiRaiseIrql(thread, HIGH_LEVEL);
    for (struct kip_nmi *at = ke->nmi_callbacks; at; at = at->Next)
        handled |= at->Routine(at->Context, handled);
    if (!handled)
        KiBugCheck(NMI_HARDWARE_FAILURE, 0x4F4454, 0, 0, 0, NULL);
    KiLowerIrql(thread, old);
    thread->PreviousMode = mode;
    KiLeaveService(thread, in_kernel);
    return handled;
}

void kip_free_nmi(void)
{
    while (kip()->nmi_callbacks) {
        struct kip_nmi *next = kip()->nmi_callbacks->Next;
        free(kip()->nmi_callbacks);
        kip()->nmi_callbacks = next;
    }
}
