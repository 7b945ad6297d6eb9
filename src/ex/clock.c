/*
 * The clocks as system services, and how fine they are.
 */
#include "exp.h"
#include "sync.h"

#define COARSEST 156250u /* KeQueryTimeIncrement */
#define FINEST   5000u

static ULONG resolution(void)
{
    ULONG now = atomic_load(&exp_state()->resolution);
    return now ? now : COARSEST;
}

/*
 * Timers here are as exact as the host's at all times; what is asked for is remembered and told. The coarsest
 * comes back when everybody who asked has taken it back. (WDK: ExSetTimerResolution)
 */
ULONG NTAPI ExSetTimerResolution(ULONG DesiredTime, BOOLEAN SetResolution)
{
    GATE(ExSetTimerResolution, DesiredTime, SetResolution);
    struct exp_state *ex = exp_state();
    if (!SetResolution) {
        ULONG requests = atomic_load(&ex->resolution_requests);
        while (requests && !atomic_compare_exchange_weak(&ex->resolution_requests, &requests, requests - 1))
            ;
        if (requests <= 1)
            atomic_store(&ex->resolution, COARSEST);
        return resolution();
    }
    atomic_fetch_add(&ex->resolution_requests, 1);
    if (DesiredTime < FINEST)
        DesiredTime = FINEST;
    if (DesiredTime < resolution())
        atomic_store(&ex->resolution, DesiredTime);
    return resolution();
}

/* In units of 100 ns: the coarsest, the finest, the present. (WDK: ExQueryTimerResolution) */
VOID NTAPI ExQueryTimerResolution(PULONG MaximumTime, PULONG MinimumTime, PULONG CurrentTime)
{
    GATE(ExQueryTimerResolution, MaximumTime, MinimumTime, CurrentTime);
    *MaximumTime = COARSEST;
    *MinimumTime = FINEST;
    *CurrentTime = resolution();
}

SERVICE(QuerySystemTime, (PLARGE_INTEGER SystemTime), (SystemTime))
{
    LARGE_INTEGER now;
    KeQuerySystemTime(&now);
    return MmCopyToMode(SystemTime, &now, sizeof now, KiPreviousMode());
}

SERVICE(QueryPerformanceCounter, (PLARGE_INTEGER PerformanceCounter, PLARGE_INTEGER PerformanceFrequency),
        (PerformanceCounter, PerformanceFrequency))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    LARGE_INTEGER frequency, counter = KeQueryPerformanceCounter(&frequency);
    NTSTATUS status = MmCopyToMode(PerformanceCounter, &counter, sizeof counter, mode);
    if (NT_SUCCESS(status) && PerformanceFrequency)
        status = MmCopyToMode(PerformanceFrequency, &frequency, sizeof frequency, mode);
    return status;
}
