/*
 * The driver's own declarations.
 */
#pragma once

#include <ntddk.h>
#include <csq.h>

#include "public.h"

typedef struct _QUEUE_EXTENSION {
    IO_CSQ Queue;
    LIST_ENTRY Waiting; /* the reads, oldest first, linked through Irp->Tail.Overlay.ListEntry */
    KSPIN_LOCK Lock;    /* guards Waiting */
} QUEUE_EXTENSION, *PQUEUE_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD QueueUnload;

_Dispatch_type_(IRP_MJ_CREATE)
_Dispatch_type_(IRP_MJ_CLOSE)
DRIVER_DISPATCH QueueCreateClose;

_Dispatch_type_(IRP_MJ_CLEANUP)
DRIVER_DISPATCH QueueCleanup;

_Dispatch_type_(IRP_MJ_READ)
DRIVER_DISPATCH QueueRead;

_Dispatch_type_(IRP_MJ_WRITE)
DRIVER_DISPATCH QueueWrite;

/* waiting.c */
NTSTATUS QueueInitialize(_Out_ PQUEUE_EXTENSION Extension);
NTSTATUS QueueComplete(_In_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information);
