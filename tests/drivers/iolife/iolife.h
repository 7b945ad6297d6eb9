/* What the driver iolife and its test share. */
#pragma once

#define IOCTL_IOLIFE_FACTS CTL_CODE(0x8123, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_IOLIFE_LEAVE CTL_CODE(0x8123, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _IOLIFE_FACTS {
    ULONG Loads;          /* a global, counted up in DriverEntry */
    ULONG Initializing;   /* DO_DEVICE_INITIALIZING at the end of DriverEntry */
    ULONG StillSet;       /* and now */
    ULONG Reinitialized;  /* Count of the second call */
    ULONG InImage;        /* DriverEntry lies in [DriverStart, DriverStart + DriverSize) */
    ULONG InitIsEntry;    /* DriverInit is DriverEntry */
    ULONG ExtensionFound;
    ULONG ExtensionZeroed;
    ULONG CollisionSeen;
    ULONG EntryIrql;
    ULONG EntryProcess; /* the process it ran in */
    WCHAR RegistryPath[128];
    WCHAR DriverName[64];
    WCHAR ServiceKeyName[64];
    WCHAR HardwareDatabase[128];
} IOLIFE_FACTS;

enum { IOLIFE_LEAVE_DEVICE = 1, IOLIFE_LEAVE_LINK = 2, IOLIFE_LEAVE_POOL = 4, IOLIFE_LEAVE_INTERRUPT = 8,
       IOLIFE_LEAVE_CALLBACK = 16, IOLIFE_LEAVE_NOTIFY = 32, IOLIFE_LEAVE_FILTER = 64, IOLIFE_LEAVE_TIMER = 128, IOLIFE_LEAVE_TIMER_IN_POOL = 256,
       IOLIFE_LEAVE_PERMANENT = 512 };
