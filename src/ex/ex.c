/*
 * The executive's start and end, and the small services that have no state: modes, times, identifiers,
 * processor features.
 */
#include "exp.h"
#include "sync.h"

#include <stdlib.h>
#include <string.h>

void ex_start(void)
{
    struct exp_state *ex = calloc(1, sizeof *ex);
    if (!ex)
        host_abort();
    for (size_t i = 0; i < EXP_LOCK_BUCKETS; i++)
        InitializeListHead(&ex->buckets[i].waiters);
    ntio_machine.ex = ex;
    ex_create_sync_types();
    exp_callbacks_start();
    exp_workers_start();
}

void ex_stop(void)
{
    if (!exp_state())
        return;
    if (!(gate_watched() & WATCH_CRASHED))
        exp_workers_stop();
    ex_forget_sync_types();
    free(exp_state());
    ntio_machine.ex = NULL;
}

KPROCESSOR_MODE NTAPI ExGetPreviousMode(VOID)
{
    GATE(ExGetPreviousMode);
    return KiCurrentThread()->PreviousMode;
}

static LONGLONG bias(void)
{
    return (LONGLONG)host_time_zone_bias_minutes() * 60 * 10000000;
}

VOID NTAPI ExSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime)
{
    GATE(ExSystemTimeToLocalTime, SystemTime, LocalTime);
    LocalTime->QuadPart = SystemTime->QuadPart - bias();
}

VOID NTAPI ExLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime)
{
    GATE(ExLocalTimeToSystemTime, LocalTime, SystemTime);
    SystemTime->QuadPart = LocalTime->QuadPart + bias();
}

/* A random (version 4) identifier. */
NTSTATUS NTAPI ExUuidCreate(GUID *Uuid)
{
    GATE(ExUuidCreate, Uuid);
    host_random(Uuid, sizeof *Uuid);
    Uuid->Data3 = (USHORT)((Uuid->Data3 & 0x0FFF) | 0x4000);
    Uuid->Data4[0] = (UCHAR)((Uuid->Data4[0] & 0x3F) | 0x80);
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI ExIsProcessorFeaturePresent(ULONG ProcessorFeature)
{
    GATE(ExIsProcessorFeaturePresent, ProcessorFeature);
    switch (ProcessorFeature) {
    case PF_COMPARE_EXCHANGE_DOUBLE:
#if defined(__x86_64__)
    case PF_MMX_INSTRUCTIONS_AVAILABLE:
    case PF_XMMI_INSTRUCTIONS_AVAILABLE:
    case PF_XMMI64_INSTRUCTIONS_AVAILABLE:
    case PF_RDTSC_INSTRUCTION_AVAILABLE:
    case PF_NX_ENABLED:
#endif
        return TRUE;
    default:
        return FALSE;
    }
}
