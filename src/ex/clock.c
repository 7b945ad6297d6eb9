/*
 * The clocks as system services.
 */
#include "sync.h"

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
