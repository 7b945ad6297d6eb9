/*
 * The page that Windows shows to everybody (KUSER_SHARED_DATA). Nothing ticks here: its times are set when
 * somebody asks where it is.
 */
#include "kip.h"

#include <stdlib.h>
#include <string.h>

#define OFFSET(member, at) _Static_assert(offsetof(KUSER_SHARED_DATA, member) == (at), "as on Windows x64")
OFFSET(SystemTime, 0x14);
OFFSET(NtSystemRoot, 0x30);
OFFSET(NtBuildNumber, 0x260);
OFFSET(NtMajorVersion, 0x26C);
OFFSET(ProcessorFeatures, 0x274);
OFFSET(KdDebuggerEnabled, 0x2D4);
OFFSET(NumberOfPhysicalPages, 0x2E8);
OFFSET(QpcFrequency, 0x300);
OFFSET(TickCount, 0x320);
OFFSET(Cookie, 0x330);
OFFSET(ActiveProcessorCount, 0x3C0);
OFFSET(TimeZoneBiasEffectiveEnd, 0x3D0);

/* High2Time first and High1Time last: who reads High1Time, LowPart, High2Time sees whether they belong
 * together. */
static void set_time(volatile KSYSTEM_TIME *where, ULONGLONG value)
{
    __atomic_store_n(&where->High2Time, (LONG)(value >> 32), __ATOMIC_RELEASE);
    __atomic_store_n(&where->LowPart, (ULONG)value, __ATOMIC_RELEASE);
    __atomic_store_n(&where->High1Time, (LONG)(value >> 32), __ATOMIC_RELEASE);
}

static PKUSER_SHARED_DATA make(void)
{
    static const UCHAR features[] = {PF_COMPARE_EXCHANGE_DOUBLE,
                                     PF_MMX_INSTRUCTIONS_AVAILABLE,
                                     PF_XMMI_INSTRUCTIONS_AVAILABLE,
                                     PF_RDTSC_INSTRUCTION_AVAILABLE,
                                     PF_XMMI64_INSTRUCTIONS_AVAILABLE,
                                     PF_PAE_ENABLED,
                                     PF_NX_ENABLED,
                                     PF_SSE3_INSTRUCTIONS_AVAILABLE,
                                     PF_COMPARE_EXCHANGE128};
    RTL_OSVERSIONINFOEXW version = {.dwOSVersionInfoSize = sizeof version};
    PKUSER_SHARED_DATA data = calloc(1, PAGE_SIZE);
    if (!data)
        host_abort();
    RtlGetVersion((PRTL_OSVERSIONINFOW)&version);
    data->TickCountMultiplier = 0x0FA00000; /* milliseconds a tick, 24 bits behind the point */
    memcpy(data->NtSystemRoot, L"C:\\Windows", sizeof L"C:\\Windows");
    data->NtBuildNumber = version.dwBuildNumber;
    data->NtMajorVersion = version.dwMajorVersion;
    data->NtMinorVersion = version.dwMinorVersion;
    data->NtProductType = NtProductWinNt;
    data->ProductTypeIsValid = TRUE;
    data->NativeProcessorArchitecture = 9; /* x64 */
    data->SuiteMask = version.wSuiteMask;
    for (size_t i = 0; i < sizeof features; i++)
        data->ProcessorFeatures[features[i]] = TRUE;
    data->KdDebuggerEnabled = ntio_machine.kd_enabled;
    data->NumberOfPhysicalPages = 0x100000;
    data->QpcFrequency = 10000000;
    data->ActiveProcessorCount = ntio_machine.processors ? ntio_machine.processors : 1;
    data->UnparkedProcessorCount = (USHORT)data->ActiveProcessorCount;
    data->ActiveGroupCount = 1;
    data->LargePageMinimum = 0x200000;
    return data;
}

PKUSER_SHARED_DATA ntio_shared_user_data(void)
{
    struct kip_state *ke = kip();
    PKUSER_SHARED_DATA data = __atomic_load_n(&ke->shared, __ATOMIC_ACQUIRE);
    if (!data) {
        PKUSER_SHARED_DATA fresh = make(), none = NULL;
        if (__atomic_compare_exchange_n(&ke->shared, &none, fresh, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            data = fresh;
        } else {
            free(fresh);
            data = none;
        }
    }
    ULONGLONG interrupt = KiInterruptTime();
    set_time(&data->InterruptTime, interrupt);
    set_time(&data->SystemTime, KiSystemTime());
    set_time(&data->TimeZoneBias, (ULONGLONG)host_time_zone_bias_minutes() * 60 * 10000000);
    set_time(&data->TickCount, interrupt / KI_TICK);
    __atomic_store_n(&data->TickCountLowDeprecated, (ULONG)(interrupt / KI_TICK), __ATOMIC_RELAXED);
    return data;
}
