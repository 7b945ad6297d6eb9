/*
 * The options that watch memory: who asked for what, the notes that the gate takes of requests, and the first
 * look at every fault of the host.
 */
#include "accessp.h"

#include <ntio/ntio.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../components.h"

/* --- options --- */

static unsigned number(const char *name)
{
    const char *text = host_getenv(name);
    return text ? (unsigned)strtoul(text, NULL, 0) : 0;
}

static ntio_isolation isolation_of(ntio_isolation asked)
{
    const char *text = asked == NTIO_ISOLATION_DEFAULT ? host_getenv("NTIO_ISOLATION") : NULL;
    if (!text)
        return asked;
    if (!strcmp(text, "fault"))
        return NTIO_ISOLATION_FAULT;
    return strcmp(text, "report") && strcmp(text, "1") ? NTIO_ISOLATION_OFF : NTIO_ISOLATION_REPORT;
}

bool access_configure(const ntio_options *options)
{
    unsigned access = 0;
    ntio_isolation isolation = isolation_of(options->isolation);
    if (isolation == NTIO_ISOLATION_REPORT || isolation == NTIO_ISOLATION_FAULT)
        access |= ACCESS_ISOLATED | (isolation == NTIO_ISOLATION_FAULT ? ACCESS_FAULTS : 0);
    if (options->direct_read_only || number("NTIO_DIRECT_READ_ONLY"))
        access |= ACCESS_READ_ONLY;
    if (options->move_buffers || number("NTIO_MOVE_BUFFERS"))
        access |= ACCESS_MOVED;
    unsigned stale = options->stale ? options->stale : number("NTIO_STALE");
    access |= (stale ? ACCESS_STALE : 0) | (stale & NTIO_STALE_DIRECT ? ACCESS_STALE_DIRECT : 0);
    unsigned seed = options->double_fetch ? options->double_fetch : number("NTIO_DOUBLE_FETCH");
    if (seed && !host_can_step()) {
        static const char text[] =
            "ntio: double fetches need single steps, which this processor or system does not give\n";
        machine_log(text, sizeof text - 1);
        return false;
    }
    ntio_machine.access = access | (seed ? ACCESS_FETCHES : 0);
    ntio_machine.fetch_seed = seed;
    return true;
}

/* --- what the parts share --- */

bool access_first_report(uintptr_t site)
{
    struct accessp_state *state = access_state();
    ki_lock(&state->lock);
    unsigned i = 0;
    while (i < state->sites && state->site[i] != site)
        i++;
    bool first = i == state->sites;
    if (first && state->sites < ACCESS_SITES)
        state->site[state->sites++] = site;
    ki_unlock(&state->lock);
    return first;
}

struct access_thread *access_thread(PKTHREAD thread)
{
    struct accessp_state *state = access_state();
    if (__builtin_expect(thread->Access != NULL, 1))
        return thread->Access;
    struct access_thread *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    made->thread = thread;
    ki_lock(&state->lock);
    made->next = state->threads;
    state->threads = made;
    ki_unlock(&state->lock);
    thread->Calls = 0;
    thread->Access = made;
    return made;
}

struct access_request *access_find_request(PIRP irp)
{
    struct access_request *request = access_state()->requests;
    while (request && request->irp != irp)
        request = request->next;
    return request;
}

void access_describe(const struct access_request *request, char *text, size_t size)
{
    if (request->major == IRP_MJ_DEVICE_CONTROL || request->major == IRP_MJ_FILE_SYSTEM_CONTROL)
        snprintf(text, size, "control code 0x%08X", request->code);
    else
        snprintf(text, size, "major function 0x%02X", request->major);
}

void access_driver_name(const void *site, char *text, size_t size)
{
    PDRIVER_OBJECT driver = mm_image_owner(site);
    size_t length = driver ? driver->DriverName.Length / sizeof(WCHAR) : 0;
    if (!length) {
        snprintf(text, size, "a driver");
        return;
    }
    length = length < size ? length : size - 1;
    for (size_t i = 0; i < length; i++)
        text[i] = (char)driver->DriverName.Buffer[i];
    text[length] = 0;
}

/* --- requests --- */

static void lengths_of(struct access_request *request, const IO_STACK_LOCATION *stack)
{
    switch (request->major) {
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_FILE_SYSTEM_CONTROL:
        request->code = stack->Parameters.DeviceIoControl.IoControlCode;
        request->input = stack->Parameters.DeviceIoControl.InputBufferLength;
        request->output = stack->Parameters.DeviceIoControl.OutputBufferLength;
        break;
    case IRP_MJ_READ:
        request->output = stack->Parameters.Read.Length;
        break;
    case IRP_MJ_WRITE:
        request->input = request->output = stack->Parameters.Write.Length;
        break;
    }
}

static bool is_watched(PDEVICE_OBJECT device, PIRP irp, UCHAR major)
{
    return irp->RequestorMode != KernelMode && irp->AllocationFlags & IRP_ALLOCATED_FIXED_SIZE &&
           (major == IRP_MJ_DEVICE_CONTROL || major == IRP_MJ_FILE_SYSTEM_CONTROL || major == IRP_MJ_READ ||
            major == IRP_MJ_WRITE) &&
           !host_is_own_code((void *)device->DriverObject->MajorFunction[major]);
}

static void on_built(PDEVICE_OBJECT device, PIRP irp, UCHAR major)
{
    struct accessp_state *state = access_state();
    if (!access_on(ACCESS_STALE | ACCESS_FETCHES | ACCESS_ISOLATED | ACCESS_MOVED) ||
        !is_watched(device, irp, major))
        return;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    struct access_request *request = calloc(1, sizeof *request);
    if (!request)
        return;
    request->irp = irp;
    request->major = major;
    request->dispatch = (void *)device->DriverObject->MajorFunction[major];
    lengths_of(request, stack);
    ki_lock(&state->lock);
    request->serial = ++state->serial;
    request->next = state->requests;
    state->requests = request;
    ki_unlock(&state->lock);
    if (access_on(ACCESS_MOVED))
        moved_begin(request, stack);
    if (access_on(ACCESS_STALE))
        stale_begin(request);
    if (access_on(ACCESS_FETCHES))
        fetch_request(request, stack);
}

static struct access_request *take_request(PIRP irp)
{
    struct accessp_state *state = access_state();
    ki_lock(&state->lock);
    struct access_request **link = &state->requests;
    while (*link && (*link)->irp != irp)
        link = &(*link)->next;
    struct access_request *request = *link;
    if (request)
        *link = request->next;
    ki_unlock(&state->lock);
    return request;
}

static void free_request(struct access_request *request)
{
    free(request->before);
    for (int i = 0; i < ACCESS_MOVES; i++)
        free(request->moved[i].before);
    free(request);
}

static void on_finished(PIRP irp, NTSTATUS status, ULONG_PTR information, SIZE_T copied)
{
    if (access_on(ACCESS_FETCHES))
        fetch_finished(irp);
    struct access_request *request = take_request(irp);
    if (!request)
        return;
    if (access_on(ACCESS_STALE))
        stale_end(request, status, information, copied);
    moved_end(request, true);
    free_request(request);
}

/* --- the gate --- */

static void on_dispatch(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    PKTHREAD current = KiCurrentThread();
    bool own = host_is_own_code((void *)device->DriverObject->MajorFunction[stack->MajorFunction]);
    if ((own && !current->Calls) || !access_on(ACCESS_ISOLATED | ACCESS_FETCHES))
        return;
    struct access_thread *thread = access_thread(current);
    if (thread)
        isolate_enter(thread, device, irp, own);
}

/* The machine has stopped: its report may look at anything. */
static void on_bugcheck(void)
{
    ntio_machine.access = 0;
    host_faults_first(NULL);
    MmShieldAll(MM_OPEN);
    if (access_state()->key)
        host_key_open(access_state()->key, true);
}

static void note(struct gate_observer *observer, enum gate_note what, const uintptr_t args[4])
{
    (void)observer;
    struct access_thread *thread = KiThread ? KiThread->Access : NULL;
    switch (what) {
    case NOTE_IRP_BUILT:
        on_built((PDEVICE_OBJECT)args[1], (PIRP)args[0], (UCHAR)args[2]);
        break;
    case NOTE_IRP_DISPATCH:
        on_dispatch((PDEVICE_OBJECT)args[0], (PIRP)args[1], (PIO_STACK_LOCATION)args[2]);
        break;
    case NOTE_IRP_DISPATCHED:
        if (thread)
            isolate_leave(thread, (PDEVICE_OBJECT)args[0], (PIRP)args[1]);
        break;
    case NOTE_FAST_IO_CALL: {
        struct access_thread *inside = access_thread(KiCurrentThread());
        if (inside && access_on(ACCESS_ISOLATED | ACCESS_FETCHES))
            isolate_enter(inside, (PDEVICE_OBJECT)args[0], (PIRP)args[1], false);
        break;
    }
    case NOTE_FAST_IO: /* the file object stands for the IRP */
        if (thread)
            isolate_leave(thread, (PDEVICE_OBJECT)args[0], (PIRP)args[1]);
        break;
    case NOTE_SERVICE_LEAVE:
        if (thread && thread->opened)
            isolate_close(thread, UNTIL_DDI);
        break;
    case NOTE_IRP_FINISHED:
        on_finished((PIRP)args[0], (NTSTATUS)args[1], args[2], args[3]);
        break;
    case NOTE_IRP_FREED: {
        struct access_request *request = take_request((PIRP)args[0]);
        if (request) {
            moved_end(request, false);
            free_request(request);
        }
        break;
    }
    case NOTE_BUGCHECK:
        on_bugcheck();
        break;
    default:
        break;
    }
}

static void enter(struct gate_observer *observer, enum ddi_id id, void *caller, const uintptr_t args[4])
{
    (void)observer, (void)id, (void)caller, (void)args;
    struct access_thread *thread = KiThread ? KiThread->Access : NULL;
    if (thread && thread->opened)
        isolate_close(thread, UNTIL_DDI);
}

/* --- hooks --- */

static void probed(const volatile void *address, size_t length)
{
    struct access_thread *thread = KiThread ? KiThread->Access : NULL;
    if (!thread || !KiThread->Calls)
        return;
    isolate_close(thread, UNTIL_DDI);
    if (!length)
        return;
    isolate_probed(thread, address, length);
    if (access_on(ACCESS_FETCHES))
        fetch_probed(thread, address, length);
}

static void mapped(const void *mdl)
{
    if (access_on(ACCESS_FETCHES))
        fetch_mapped(mdl);
}

static void unmapping(const void *mdl)
{
    if (access_on(ACCESS_FETCHES))
        fetch_unmapping(mdl);
}

static void scope(uint32_t calls)
{
    isolate_unwind(KiThread->Access, calls);
}

static const struct machine_hooks hooks = {probed, mapped, unmapping, scope};

/* --- faults --- */

static bool is_allowed(int protection, int access)
{
    if (protection <= HOST_NONE)
        return false;
    return access == 0 || access == HOST_READ || protection & access;
}

/* The same fault again and again is none of ours: the host has another reason. */
static bool makes_no_progress(struct access_thread *thread, const struct host_fault *fault)
{
    if (!thread)
        return false;
    if (thread->last_pc != fault->pc || thread->last_address != fault->address)
        thread->repeats = 0;
    thread->last_pc = fault->pc;
    thread->last_address = fault->address;
    return ++thread->repeats > 8;
}

static enum host_verdict look(struct access_thread *thread, const struct host_fault *fault)
{
    int protection = MmClientProtection(fault->address);
    bool client = MmIsClientMemory(fault->address);
    /* No lock before this: a copy of the watchers' own may fail here while they hold it. */
    if (client ? !is_allowed(protection, fault->access) : !MmIsSystemMapping(fault->address))
        return HOST_PASS;
    if (client && MmReopenContext(fault->address, isolate_shield()))
        fetch_rehide();
    bool watched = access_on(ACCESS_FETCHES) && fetch_watches(fault->address);
    if (!client && !watched)
        return HOST_PASS;
    if (client && thread && thread->shut && !isolate_judge(thread, fault))
        return HOST_REFUSE;
    if (watched && KiThread && (thread || (thread = access_thread(KiThread)))) {
        fetch_fault(thread, fault, protection);
        return HOST_AGAIN;
    }
    if (makes_no_progress(thread, fault))
        return HOST_REFUSE;
    isolate_let(thread, fault);
    return HOST_AGAIN;
}

static enum host_verdict on_fault(const struct host_fault *fault)
{
    struct accessp_state *state = access_state();
    PKTHREAD current = KiThread;
    if (!state || gate_watched() & WATCH_CRASHED)
        return HOST_PASS;
    if (state->key)
        host_key_open(state->key, true);
    struct access_thread *thread =
        current ? current->Access : NULL; /* a thread that we do not know is a client's */
    bool stepping = thread && thread->steps;
    if (stepping && fault->kind == HOST_FAULT_BREAKPOINT) {
        host_step(fault, false);
        fetch_stepped(thread);
        return HOST_AGAIN;
    }
    enum host_verdict verdict = fault->kind == HOST_FAULT_ACCESS ? look(thread, fault) : HOST_PASS;
    if (verdict == HOST_AGAIN)
        return HOST_AGAIN;
    /* An exception will leave from here, or the copy fails: the step is over either way. */
    if (stepping) {
        host_step(fault, false);
        fetch_stepped(thread);
    }
    return verdict;
}

/* --- start and stop --- */

void access_start(void)
{
    if (!(ntio_machine.access & ~ACCESS_READ_ONLY))
        return;
    struct accessp_state *state = calloc(1, sizeof *state);
    if (!state)
        return;
    ntio_machine.access_state = state;
    state->random = 0x9E3779B97F4A7C15ull * ntio_machine.fetch_seed;
    state->observer.note = note;
    if (access_on(ACCESS_ISOLATED)) {
        state->key = host_key_create();
        MmSetShieldKey(state->key);
        state->observer.enter = enter;
    }
    gate_observe(&state->observer);
    if (access_on(ACCESS_ISOLATED | ACCESS_FETCHES)) {
        ntio_machine.hooks = &hooks;
        host_faults_first(on_fault);
    }
}

void access_stop(void)
{
    struct accessp_state *state = access_state();
    if (!state)
        return;
    host_faults_first(NULL);
    ntio_machine.hooks = NULL;
    gate_unobserve(&state->observer);
    fetch_stop();
    stale_stop();
    for (struct access_thread *thread = state->threads, *next; thread; thread = next) {
        next = thread->next;
        free(thread);
    }
    for (struct access_request *request = state->requests, *next; request; request = next) {
        next = request->next;
        free_request(request);
    }
    if (state->key) {
        MmShieldAll(MM_OPEN);
        MmSetShieldKey(0);
        host_key_open(state->key, true);
        host_key_free(state->key);
    }
    ntio_machine.access_state = NULL;
    free(state);
}
