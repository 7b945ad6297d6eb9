/*
 * Time as a driver sees it. The machine's two clocks are here and nowhere else.
 */
#include "kip.h"

#define TICK KI_TICK

ULONGLONG KiInterruptTime(VOID)
{
    return host_clock();
}

ULONGLONG KiSystemTime(VOID)
{
    return host_time();
}

uint64_t kip_deadline(LONGLONG time)
{
    uint64_t now = KiInterruptTime();
    if (time < 0) {
        uint64_t delay = 0 - (uint64_t)time;
        return delay < HOST_FOREVER - 1 - now ? now + delay : HOST_FOREVER - 1;
    }
    uint64_t system = KiSystemTime();
    return (uint64_t)time > system ? now + ((uint64_t)time - system) : now;
}

#undef KeQuerySystemTime
VOID KeQuerySystemTime(PLARGE_INTEGER CurrentTime)
{
    GATE(KeQuerySystemTime, CurrentTime);
    CurrentTime->QuadPart = (LONGLONG)KiSystemTime();
}

VOID KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime)
{
    GATE(KeQuerySystemTimePrecise, CurrentTime);
    CurrentTime->QuadPart = (LONGLONG)KiSystemTime();
}

#undef KeQueryTickCount
VOID KeQueryTickCount(PLARGE_INTEGER TickCount)
{
    GATE(KeQueryTickCount, TickCount);
    TickCount->QuadPart = (LONGLONG)(KiInterruptTime() / TICK);
}

ULONG KeQueryTimeIncrement(VOID)
{
    GATE(KeQueryTimeIncrement);
    return TICK;
}

#undef KeQueryInterruptTime
ULONGLONG KeQueryInterruptTime(VOID)
{
    GATE(KeQueryInterruptTime);
    return KiInterruptTime();
}

ULONGLONG KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp)
{
    GATE(KeQueryInterruptTimePrecise, QpcTimeStamp);
    ULONGLONG time = KiInterruptTime();
    *QpcTimeStamp = time;
    return time;
}

ULONGLONG KeQueryUnbiasedInterruptTime(VOID)
{
    GATE(KeQueryUnbiasedInterruptTime);
    return KiInterruptTime();
}

/* Counts the 100 ns units of the interrupt time: 10 MHz, as on Windows. */
LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency)
{
    GATE(KeQueryPerformanceCounter, PerformanceFrequency);
    LARGE_INTEGER counter = {.QuadPart = (LONGLONG)KiInterruptTime()};
    if (PerformanceFrequency)
        PerformanceFrequency->QuadPart = 10000000;
    return counter;
}

VOID KeStallExecutionProcessor(ULONG MicroSeconds)
{
    GATE(KeStallExecutionProcessor, MicroSeconds);
    ULONGLONG end = KiInterruptTime() + (ULONGLONG)MicroSeconds * 10;
    for (unsigned turn = 0; KiInterruptTime() < end; turn++)
        host_spin(turn % 64);
}
