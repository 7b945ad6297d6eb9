/*
 * Which Windows this is (10.0.17763, NTDDI_WIN10_RS5), and random numbers.
 */
#include "rtl.h"

#include <string.h>

enum { MAJOR = 10, MINOR = 0, BUILD = 17763, DDI_VERSION = 0x0A000006 };

/* Fills in an RTL_OSVERSIONINFOW, or an RTL_OSVERSIONINFOEXW when dwOSVersionInfoSize says so. */
NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW VersionInformation)
{
    GATE(RtlGetVersion, VersionInformation);
    VersionInformation->dwMajorVersion = MAJOR;
    VersionInformation->dwMinorVersion = MINOR;
    VersionInformation->dwBuildNumber = BUILD;
    VersionInformation->dwPlatformId = 2; /* VER_PLATFORM_WIN32_NT */
    memset(VersionInformation->szCSDVersion, 0, sizeof VersionInformation->szCSDVersion);
    if (VersionInformation->dwOSVersionInfoSize == sizeof(RTL_OSVERSIONINFOEXW)) {
        PRTL_OSVERSIONINFOEXW more = (PRTL_OSVERSIONINFOEXW)VersionInformation;
        more->wServicePackMajor = 0;
        more->wServicePackMinor = 0;
        more->wSuiteMask = 0x100; /* VER_SUITE_SINGLEUSERTS */
        more->wProductType = 1;   /* VER_NT_WORKSTATION */
        more->wReserved = 0;
    }
    return STATUS_SUCCESS;
}

BOOLEAN RtlIsNtDdiVersionAvailable(ULONG Version)
{
    GATE(RtlIsNtDdiVersionAvailable, Version);
    /* WDK: a version that names a service pack is not for this call. Windows 10 counts its releases in that
     * byte. */
    if (Version >> 24 != MAJOR && Version & 0xFFFF)
        return FALSE;
    return Version <= DDI_VERSION;
}

BOOLEAN RtlIsServicePackVersionInstalled(ULONG Version)
{
    GATE(RtlIsServicePackVersionInstalled, Version);
    return (Version & 0xFFFF0000) == (DDI_VERSION & 0xFFFF0000) &&
           (Version & 0xFFFF) <= (DDI_VERSION & 0xFFFF);
}

/* --- random numbers: the multiplicative congruential generator that the WDK's page names --- */

static ULONG next(PULONG seed)
{
    *seed = (ULONG)(((ULONGLONG)*seed * 0x7FFFFFED + 0x7FFFFFC3) % 0x7FFFFFFF);
    return *seed;
}

ULONG RtlUniform(PULONG Seed)
{
    GATE(RtlUniform, Seed);
    return next(Seed);
}

/* Differs from Windows: the result depends on the seed alone, not on a table that all callers share. */
ULONG RtlRandom(PULONG Seed)
{
    GATE(RtlRandom, Seed);
    ULONG first = next(Seed);
    return (ULONG)((first + (ULONGLONG)next(Seed)) % 0x7FFFFFFF);
}

ULONG RtlRandomEx(PULONG Seed)
{
    GATE(RtlRandomEx, Seed);
    ULONG first = next(Seed);
    return (ULONG)((first + (ULONGLONG)next(Seed)) % 0x7FFFFFFF);
}
