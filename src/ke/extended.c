/*
 * The processor's registers beyond the integer ones, saved and given back; and who wants to know of
 * processors that are added.
 */
#include "kip.h"
#include "../mm/mm.h"

#include <stdlib.h>

#define TAG 'xtxE'

/* --- extended state --- */

#if defined(__x86_64__)
#include <cpuid.h>

static bool has_xsave(void)
{
    unsigned a, b, c = 0, d;
    return __get_cpuid(1, &a, &b, &c, &d) && c >> 27 & 1;
}

/* The features that the host's system has enabled; without XSAVE what every x64 processor has. */
static ULONG64 enabled_features(void)
{
    unsigned low, high;
    if (!has_xsave())
        return XSTATE_MASK_LEGACY;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (ULONG64)high << 32 | low;
}

static unsigned state_size(void)
{
    unsigned a, b = 0, c, d;
    return __get_cpuid_count(0xD, 0, &a, &b, &c, &d) && b > sizeof(XSAVE_AREA) ? b : sizeof(XSAVE_AREA);
}

static void save(PXSAVE_AREA area, ULONG64 mask)
{
    if (has_xsave())
        __asm__ volatile("xsave64 (%0)"
                         :
                         : "r"(area), "a"((unsigned)mask), "d"((unsigned)(mask >> 32))
                         : "memory");
    else
        __asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

static __attribute__((noinline)) void restore(PXSAVE_AREA area, ULONG64 mask)
{
    if (has_xsave())
        __asm__ volatile("xrstor64 (%0)"
                         :
                         : "r"(area), "a"((unsigned)mask), "d"((unsigned)(mask >> 32))
                         : "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                           "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    else
        __asm__ volatile("fxrstor64 (%0)"
                         :
                         : "r"(area)
                         : "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                           "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}
#else
/* Calls save what is saved at all. */
static ULONG64 enabled_features(void)
{
    return 0;
}
static unsigned state_size(void)
{
    return sizeof(XSAVE_AREA);
}
static void save(PXSAVE_AREA area, ULONG64 mask)
{
    (void)area, (void)mask;
}
static void restore(PXSAVE_AREA area, ULONG64 mask)
{
    (void)area, (void)mask;
}
#endif

/* Which of the features are enabled. (WDK: RtlGetEnabledExtendedFeatures) */
ULONG64 NTAPI RtlGetEnabledExtendedFeatures(ULONG64 FeatureMask)
{
    GATE(RtlGetEnabledExtendedFeatures, FeatureMask);
    return FeatureMask & enabled_features();
}

/*
 * Features that are not enabled are not saved. STATUS_INSUFFICIENT_RESOURCES. IRQL <= DISPATCH_LEVEL. (WDK:
 * KeSaveExtendedProcessorState)
 */
NTSTATUS NTAPI KeSaveExtendedProcessorState(ULONG64 Mask, PXSTATE_SAVE XStateSave)
{
    GATE(KeSaveExtendedProcessorState, Mask, XStateSave);
    ULONG64 mask = Mask & enabled_features();
    unsigned size = state_size();
    PXSTATE_CONTEXT context = &XStateSave->XStateContext;
    *XStateSave = (XSTATE_SAVE){.Thread = KiCurrentThread(), .Level = KiCurrentThread()->Irql};
    if (!mask)
        return STATUS_SUCCESS;
    PVOID buffer = GATE_FAILS(KeSaveExtendedProcessorState) ? NULL : MmAllocateSystemPool(size + 64, TAG);
    if (!buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(buffer, size + 64);
    context->Mask = mask;
    context->Length = size;
    context->Buffer = buffer;
    context->Area = (PXSAVE_AREA)(((ULONG_PTR)buffer + 63) & ~(ULONG_PTR)63);
    save(context->Area, mask);
    return STATUS_SUCCESS;
}

VOID NTAPI KeRestoreExtendedProcessorState(PXSTATE_SAVE XStateSave)
{
    GATE(KeRestoreExtendedProcessorState, XStateSave);
    PXSTATE_CONTEXT context = &XStateSave->XStateContext;
    if (!context->Buffer)
        return;
    restore(context->Area, context->Mask);
    MmFreeSystemPool(context->Buffer);
    context->Buffer = NULL;
}

/* --- processors that are added --- */

struct kip_processor_callback {
    struct kip_processor_callback *next; /* kip_state.processor_callbacks */
};

/* Called for every processor from the first on, until one says no; returns how many said yes. */
static ULONG tell(PPROCESSOR_CALLBACK_FUNCTION callback, PVOID context,
                  KE_PROCESSOR_CHANGE_NOTIFY_STATE state, ULONG count, NTSTATUS *status)
{
    for (ULONG i = 0; i < count; i++) {
        KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT change = {
            .State = state, .NtNumber = i, .ProcNumber.Number = (UCHAR)i};
        NTSTATUS said = STATUS_SUCCESS;
        if (state == KeProcessorAddFailureNotify)
            change.Status = *status;
        callback(context, &change, &said);
        if (state == KeProcessorAddStartNotify && !NT_SUCCESS(said)) {
            *status = said;
            return i;
        }
    }
    return count;
}

/*
 * No processor is ever added, but those that are there are told with KE_PROCESSOR_CHANGE_ADD_EXISTING. The
 * handle is given whatever the callback says. NULL: no memory. IRQL PASSIVE_LEVEL. (WDK:
 * KeRegisterProcessorChangeCallback)
 */
PVOID NTAPI KeRegisterProcessorChangeCallback(PPROCESSOR_CALLBACK_FUNCTION CallbackFunction,
                                              PVOID CallbackContext, ULONG Flags)
{
    GATE(KeRegisterProcessorChangeCallback, CallbackFunction, CallbackContext, Flags);
    struct kip_processor_callback *c =
        GATE_FAILS(KeRegisterProcessorChangeCallback) ? NULL : calloc(1, sizeof *c);
    if (!c)
        return NULL;
    ki_lock(&kip()->callbacks_lock);
    c->next = kip()->processor_callbacks;
    kip()->processor_callbacks = c;
    ki_unlock(&kip()->callbacks_lock);
    if (Flags & KE_PROCESSOR_CHANGE_ADD_EXISTING) {
        NTSTATUS status = STATUS_SUCCESS;
        ULONG count = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
        ULONG done = tell(CallbackFunction, CallbackContext, KeProcessorAddStartNotify, count, &status);
        tell(CallbackFunction, CallbackContext,
             done == count ? KeProcessorAddCompleteNotify : KeProcessorAddFailureNotify, done, &status);
    }
    return c;
}

VOID NTAPI KeDeregisterProcessorChangeCallback(PVOID CallbackHandle)
{
    GATE(KeDeregisterProcessorChangeCallback, CallbackHandle);
    ki_lock(&kip()->callbacks_lock);
    struct kip_processor_callback **at = &kip()->processor_callbacks;
    while (*at && *at != CallbackHandle)
        at = &(*at)->next;
    struct kip_processor_callback *found = *at;
    if (found)
        *at = found->next;
    ki_unlock(&kip()->callbacks_lock);
    free(found);
}

void kip_free_processor_callbacks(void)
{
    for (struct kip_processor_callback *next, *c = kip()->processor_callbacks; c; c = next) {
        next = c->next;
        free(c);
    }
    kip()->processor_callbacks = NULL;
}
