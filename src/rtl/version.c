/*
 * Which Windows this is (10.0.17763, NTDDI_WIN10_RS5), and random numbers.
 */
#include "rtl.h"

#include <string.h>

enum { MAJOR = 10, MINOR = 0, BUILD = 17763, DDI_VERSION = 0x0A000006, SUITE = 0x100 /* single user */ };

/* A free build's, with the mark for that; a variable that drivers import by address. */
static const ULONG build_number = 0xF0000000 | BUILD;
PULONG NtBuildNumber = (PULONG)&build_number;

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
        more->wSuiteMask = SUITE;
        more->wProductType = VER_NT_WORKSTATION;
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

/* --- is this Windows the one that is asked for? --- */

/* The condition for one of the VER_ types; of several the highest. 0 asks nothing. */
ULONGLONG VerSetConditionMask(ULONGLONG ConditionMask, ULONG TypeMask, UCHAR Condition)
{
    GATE(VerSetConditionMask, ConditionMask, TypeMask, Condition);
    TypeMask &= 0xFF;
    if (!TypeMask)
        return ConditionMask;
    int type = 31 - __builtin_clz(TypeMask);
    return ConditionMask | (ULONGLONG)(Condition & VER_CONDITION_MASK)
                               << type * VER_NUM_BITS_PER_CONDITION_MASK;
}

static ULONG condition_of(ULONGLONG mask, ULONG type)
{
    return (ULONG)(mask >> __builtin_ctz(type) * VER_NUM_BITS_PER_CONDITION_MASK) & VER_CONDITION_MASK;
}

static bool holds(ULONG condition, ULONG ours, ULONG asked)
{
    return condition == VER_EQUAL           ? ours == asked
           : condition == VER_GREATER       ? ours > asked
           : condition == VER_GREATER_EQUAL ? ours >= asked
           : condition == VER_LESS          ? ours < asked
           : condition == VER_LESS_EQUAL    ? ours <= asked
                                            : false;
}

/*
 * Each type of TypeMask by its condition. Version and service pack count as one number in four parts: a part
 * decides only where those before it are equal. STATUS_REVISION_MISMATCH when something does not hold.
 */
NTSTATUS RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW VersionInfo, ULONG TypeMask, ULONGLONG ConditionMask)
{
    GATE(RtlVerifyVersionInfo, VersionInfo, TypeMask, ConditionMask);
    if (!TypeMask || !ConditionMask)
        return STATUS_INVALID_PARAMETER;
    if (TypeMask & VER_SUITENAME) {
        ULONG condition = condition_of(ConditionMask, VER_SUITENAME), asked = VersionInfo->wSuiteMask;
        if (condition == VER_AND ? (SUITE & asked) != asked : !(SUITE & asked) && asked)
            return STATUS_REVISION_MISMATCH;
        if (condition != VER_AND && condition != VER_OR)
            return STATUS_INVALID_PARAMETER;
    }
    const struct {
        ULONG type, ours, asked;
    } alone[] = {{VER_PRODUCT_TYPE, VER_NT_WORKSTATION, VersionInfo->wProductType},
                 {VER_PLATFORMID, VER_PLATFORM_WIN32_NT, VersionInfo->dwPlatformId},
                 {VER_BUILDNUMBER, BUILD, VersionInfo->dwBuildNumber}},
      parts[] = {{VER_MAJORVERSION, MAJOR, VersionInfo->dwMajorVersion},
                 {VER_MINORVERSION, MINOR, VersionInfo->dwMinorVersion},
                 {VER_SERVICEPACKMAJOR, 0, VersionInfo->wServicePackMajor},
                 {VER_SERVICEPACKMINOR, 0, VersionInfo->wServicePackMinor}};
    for (size_t i = 0; i < RTL_COUNT(alone); i++)
        if (TypeMask & alone[i].type &&
            !holds(condition_of(ConditionMask, alone[i].type), alone[i].ours, alone[i].asked))
            return STATUS_REVISION_MISMATCH;
    bool all = true;
    for (size_t i = 0; i < RTL_COUNT(parts); i++) {
        if (!(TypeMask & parts[i].type))
            continue;
        all = holds(condition_of(ConditionMask, parts[i].type), parts[i].ours, parts[i].asked);
        if (parts[i].ours != parts[i].asked)
            break;
    }
    return all ? STATUS_SUCCESS : STATUS_REVISION_MISMATCH;
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
