/*
 * What the faulty driver can be asked to do wrong; its tests include this too. METHOD_NEITHER: the output, when there is one,
 * is a struct faulty_seen that the driver fills before it does it.
 */
#pragma once

#define FAULTY_TYPE 0x8235

#define IOCTL_FAULTY_NOTHING CTL_CODE(FAULTY_TYPE, 0x900, METHOD_NEITHER, FILE_ANY_ACCESS) /* does nothing wrong */
#define IOCTL_FAULTY(what)   CTL_CODE(FAULTY_TYPE, 0x901 + (what), METHOD_NEITHER, FILE_ANY_ACCESS)

/* Unlocks the MDL that the system has made and locked for it. */
#define IOCTL_FAULTY_UNLOCKS CTL_CODE(FAULTY_TYPE, 0x8FF, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)

enum faulty {
    FAULTY_COMPLETES_TWICE,
    FAULTY_CALLS_WITHOUT_LOCATION,
    FAULTY_FREES_TWICE,
    FAULTY_FREES_INSIDE,
    FAULTY_FREES_A_LOCAL,
    FAULTY_FREES_NULL,
    FAULTY_ACQUIRES_TWICE,
    FAULTY_RELEASES_UNOWNED,
    FAULTY_WAITS_RAISED,
    FAULTY_LOWERS_UPWARDS,
    FAULTY_TOUCHES_RAISED,
    FAULTY_READS_NULL,
    FAULTY_WRITES_NULL,
    FAULTY_DIVIDES_BY_ZERO,
    FAULTY_RAISES,
    FAULTY_DIVIDES_IN_DPC,
    FAULTY_RAISES_IN_THREAD,
    FAULTY_TOUCHES_THE_SYSTEMS,
    FAULTY_FREES_A_LOCKED_MDL,
    FAULTY_UNLOCKS_TWICE,
    FAULTY_LEAVES_PAGES_LOCKED,
    FAULTY_FORGETS_THE_IRP,
    FAULTY_MARKS_AND_FORGETS,
    FAULTY_STOPS_THE_SYSTEM,
};

struct faulty_seen {
    void *irp;
    void *subject; /* the lock, event, block, MDL that it is about */
    void *device;
    void *process;
};
