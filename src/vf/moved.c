/*
 * Moved buffers: a raw or direct buffer that lies on a stack or in the heap shares its pages with everything
 * else there, so nothing can be done to it. While its request is handled a copy in the client's own kind of
 * memory stands for it, at the same offset in its page; afterwards the bytes that have changed are written to
 * the buffer.
 */
#include "accessp.h"

#include <stdlib.h>
#include <string.h>

#include "../ps/ps.h"

static bool can_move(const void *address, ULONG length)
{
    return address && length && MmIsUserRange(address, length) && !MmIsClientMemory(address);
}

/* NULL: it stays where it is. */
static void *move(struct access_request *request, struct access_moved *moved, void *from, ULONG length)
{
    if (!can_move(from, length) || !(moved->before = malloc(length)))
        return NULL;
    if (!NT_SUCCESS(MmCopyFromMode(moved->before, from, length, UserMode)))
        return NULL; /* the driver is to find out itself */
    void *to = MmLendClient(request->process, (uintptr_t)from & (PAGE_SIZE - 1), length);
    if (!to)
        return NULL;
    memcpy(to, moved->before, length);
    moved->from = from;
    moved->to = to;
    moved->length = length;
    return to;
}

static void move_raw(struct access_request *request, PIO_STACK_LOCATION stack)
{
    PIRP irp = request->irp;
    if (request->major == IRP_MJ_READ || request->major == IRP_MJ_WRITE) {
        void *to = move(request, &request->moved[0], irp->UserBuffer, request->output);
        irp->UserBuffer = to ? to : irp->UserBuffer;
        return;
    }
    if (METHOD_FROM_CTL_CODE(request->code) != METHOD_NEITHER)
        return;
    uint8_t *input = stack->Parameters.DeviceIoControl.Type3InputBuffer, *output = irp->UserBuffer;
    if (input < output + request->output && output < input + request->input && input != output)
        return; /* they overlap otherwise than one would */
    bool same = input == output;
    ULONG length = same && request->output > request->input ? request->output : request->input;
    uint8_t *to = move(request, &request->moved[0], input, length);
    if (to)
        stack->Parameters.DeviceIoControl.Type3InputBuffer = to;
    if (same)
        irp->UserBuffer = to ? to : irp->UserBuffer;
    else if ((to = move(request, &request->moved[1], output, request->output)))
        irp->UserBuffer = to;
}

/* The MDL is locked already; it is locked again where the bytes are now. */
static void move_direct(struct access_request *request)
{
    PIRP irp = request->irp;
    PMDL mdl = irp->MdlAddress;
    LOCK_OPERATION operation = mdl->MdlFlags & MDL_WRITE_OPERATION ? IoWriteAccess : IoReadAccess;
    if (mdl->Next || !(mdl->MdlFlags & MDL_PAGES_LOCKED) || mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
        return;
    void *from = MmGetMdlVirtualAddress(mdl);
    ULONG length = mdl->ByteCount;
    void *to = move(request, &request->moved[0], from, length);
    if (!to)
        return;
    MmUnlockPages(mdl);
    MmInitializeMdl(mdl, to, length);
    if (NT_SUCCESS(MmLockMdl(mdl, irp->RequestorMode, operation, NULL)))
        return;
    MmInitializeMdl(mdl, from, length);
    (void)MmLockMdl(mdl, irp->RequestorMode, operation, NULL); /* as it was a moment ago */
}

void moved_begin(struct access_request *request, PIO_STACK_LOCATION stack)
{
    PIRP irp = request->irp;
    request->process = PspCurrentProcess();
    if (irp->MdlAddress)
        move_direct(request);
    else if (!(irp->Flags & IRP_BUFFERED_IO))
        move_raw(request, stack);
}

/* Only what has changed: the client may have changed the rest itself. */
static HOST_BLIND void write_back(const struct access_moved *moved)
{
    uint8_t *now = malloc(moved->length);
    if (now && host_peek(now, moved->to, moved->length)) {
        for (ULONG i = 0, end; i < moved->length; i = end + 1) {
            for (end = i; end < moved->length && now[end] != moved->before[end];)
                end++;
            if (end > i)
                (void)MmCopyToMode(moved->from + i, now + i, end - i, UserMode);
        }
        host_shadow_copied(moved->from, moved->to, moved->length);
    }
    free(now);
}

void moved_end(struct access_request *request, bool finished)
{
    for (int i = 0; i < ACCESS_MOVES; i++) {
        struct access_moved *moved = &request->moved[i];
        if (!moved->to)
            continue;
        if (finished)
            write_back(moved);
        MmTakeBackClient(request->process, moved->to);
        moved->to = NULL;
    }
}
