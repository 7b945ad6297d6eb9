/*
 * What the lined driver can be asked for; its test includes this too. METHOD_NEITHER: the output is a ULONG that gets the
 * line on which it happens, before it does.
 */
#pragma once

#define LINED_TYPE 0x8236

#define IOCTL_LINED(what) CTL_CODE(LINED_TYPE, 0x900 + (what), METHOD_NEITHER, FILE_ANY_ACCESS)

enum lined {
    LINED_STOPS,
    LINED_FAULTS,
    LINED_CALLS_RAISED,
    LINED_LEAKS,
    LINED_RECURSES,
    LINED_BREAKS,
    LINED_PROBES,
    LINED_OVERRUNS,
};
