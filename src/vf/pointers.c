/*
 * Kernel addresses in what a client hands in (NTIO_VERIFIER=full). A client has no use for one, so a driver
 * that follows it does what an attacker wants. Nobody sees a driver's plain reads and writes; seen is their
 * result: what lies at such an address is noted when the request comes in or the driver probes the structure,
 * and looked at again when the dispatch routine is back. So is what the client's own pointers beside it point
 * to, which shows a read.
 *
 * It also tells of files that a driver opens for writing while it handles a client's request, with the
 * kernel's rights, and of handles of the client's that it takes for the kernel's own.
 */
#include <ntifs.h>

#include <stdlib.h>
#include <string.h>

#include "../components.h"
#include "../host/host.h"
#include "../ke/ke.h"
#include "../mm/mm.h"
#include "../ps/ps.h"
#include "../trace/describe.h"

#define PLACES  8
#define LOOK    16u   /* bytes compared at each address */
#define SCANNED 4096u /* of a buffer, at most */

/* An address that stood in the client's data. */
struct pointers_place {
    uintptr_t address, from; /* from: where it stood */
    bool kernel;
    uint8_t before[LOOK];
};

/* A request that a thread is handling, outermost dispatch routine only. */
struct pointers_request {
    struct pointers_request *next;
    PETHREAD thread;
    PDEVICE_OBJECT device;
    PDRIVER_OBJECT driver;
    PIRP irp;
    unsigned count;
    struct pointers_place places[PLACES];
};

struct pointersp_state {
    struct gate_observer observer;
    _Atomic unsigned lock;
    struct pointers_request *first;
};

static struct pointers_request *find(struct pointersp_state *state)
{
    PETHREAD thread = (PETHREAD)KiThread;
    if (!thread)
        return NULL;
    ki_lock(&state->lock);
    struct pointers_request *request = state->first;
    while (request && request->thread != thread)
        request = request->next;
    ki_unlock(&state->lock);
    return request; /* its thread's own */
}

/* --- what the client handed in --- */

static void note_place(struct pointers_request *request, uintptr_t address, uintptr_t from)
{
    struct pointers_place place = {
        .address = address, .from = from, .kernel = MmIsKernelAddress((void *)address)};
    if (request->count == PLACES || (!place.kernel && !MmIsUserRange((void *)address, LOOK)))
        return;
    for (unsigned i = 0; i < request->count; i++)
        if (request->places[i].address == address)
            return;
    if (host_peek(place.before, (void *)address, LOOK))
        request->places[request->count++] = place;
}

/* Looks for addresses in a buffer. Without one of the kernel's, the client's own are of no interest. */
static void scan(struct pointers_request *request, const void *data, size_t size)
{
    uint64_t words[SCANNED / sizeof(uint64_t)];
    bool kernel = false;
    size_t count = (size < SCANNED ? size : SCANNED) / sizeof words[0];
    if (!count || !host_peek(words, data, count * sizeof words[0]))
        return;
    for (size_t i = 0; i < count; i++) {
        if (MmIsKernelAddress((void *)(uintptr_t)words[i])) {
            note_place(request, (uintptr_t)words[i], (uintptr_t)data + i * sizeof words[0]);
            kernel = true;
        }
    }
    for (size_t i = 0; kernel && i < count; i++)
        if (words[i] >= 0x10000 && MmIsUserRange((void *)(uintptr_t)words[i], LOOK))
            note_place(request, (uintptr_t)words[i], (uintptr_t)data + i * sizeof words[0]);
}

static void begin(struct pointersp_state *state, PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION location)
{
    UCHAR major = location->MajorFunction;
    if (irp->RequestorMode != UserMode || !KiThread || find(state) ||
        (major != IRP_MJ_DEVICE_CONTROL && major != IRP_MJ_WRITE && major != IRP_MJ_READ))
        return;
    struct pointers_request *request = calloc(1, sizeof *request);
    if (!request)
        return;
    request->thread = (PETHREAD)KiThread;
    request->device = device;
    request->driver = device->DriverObject;
    request->irp = irp;
    if (major == IRP_MJ_DEVICE_CONTROL) {
        ULONG method = location->Parameters.DeviceIoControl.IoControlCode & 3;
        ULONG size = location->Parameters.DeviceIoControl.InputBufferLength;
        const void *data = method == METHOD_NEITHER ? location->Parameters.DeviceIoControl.Type3InputBuffer
                                                    : irp->AssociatedIrp.SystemBuffer;
        if (data && (method != METHOD_NEITHER || MmIsUserRange(data, size)))
            scan(request, data, size);
    }
    ki_lock(&state->lock);
    request->next = state->first;
    state->first = request;
    ki_unlock(&state->lock);
}

/* --- what became of it --- */

static void judge(struct pointers_request *request)
{
    char name[128];
    describe_driver(request->driver, name, sizeof name);
    for (unsigned i = 0; i < request->count; i++) {
        struct pointers_place *place = &request->places[i];
        uint8_t now[LOOK];
        if (!host_peek(now, (void *)place->address, LOOK) || !memcmp(now, place->before, LOOK))
            continue;
        if (place->kernel) {
            static const uint8_t freed[LOOK] = {0xDD, 0xDD, 0xDD, 0xDD, 0xDD, 0xDD, 0xDD, 0xDD,
                                                0xDD, 0xDD, 0xDD, 0xDD, 0xDD, 0xDD, 0xDD, 0xDD};
            if (!memcmp(now, freed, LOOK))
                continue; /* a block of pool that was freed: a driver that gives out addresses, and knows its
                             own */
            machine_violation(
                "%s changed what lies at the kernel address %p, which the client named (at %p): whatever "
                "the client names can be changed like that",
                name, (void *)place->address, (void *)place->from);
            continue;
        }
        for (unsigned j = 0; j < request->count; j++) {
            const struct pointers_place *source = &request->places[j];
            static const uint8_t nothing[8];
            if (source->kernel && !memcmp(now, source->before, 8) && memcmp(now, nothing, 8) &&
                memcmp(place->before, source->before, 8))
                machine_violation(
                    "%s gave the client, at %p, what lies at the kernel address %p, which the client named "
                    "(at %p): whatever the client names can be read like that",
                    name, (void *)place->address, (void *)source->address, (void *)source->from);
        }
    }
}

static void end(struct pointersp_state *state, PDEVICE_OBJECT device, PIRP irp)
{
    struct pointers_request *request = find(state);
    if (!request || request->device != device || request->irp != irp)
        return;
    ki_lock(&state->lock);
    for (struct pointers_request **link = &state->first; *link; link = &(*link)->next) {
        if (*link == request) {
            *link = request->next;
            break;
        }
    }
    ki_unlock(&state->lock);
    judge(request);
    free(request);
}

static void note(struct gate_observer *observer, enum gate_note what, const uintptr_t args[4])
{
    struct pointersp_state *state = CONTAINING_RECORD(observer, struct pointersp_state, observer);
    if (what == NOTE_IRP_DISPATCH)
        begin(state, (PDEVICE_OBJECT)args[0], (PIRP)args[1], (PIO_STACK_LOCATION)args[2]);
    else if (what == NOTE_IRP_DISPATCHED)
        end(state, (PDEVICE_OBJECT)args[0], (PIRP)args[1]);
}

/* --- files opened with the kernel's rights --- */

#define WRITING                                                                                              \
    (FILE_WRITE_DATA | FILE_APPEND_DATA | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL |   \
     MAXIMUM_ALLOWED)

/* "\??\C:..." and its like: a name in a file system. */
static bool names_file(const OBJECT_ATTRIBUTES *attributes, char *text, size_t size)
{
    const UNICODE_STRING *name = attributes->ObjectName;
    if (!name || !name->Buffer || attributes->RootDirectory)
        return false;
    size_t length = name->Length / sizeof(WCHAR), colon = 0;
    for (size_t i = 0; i < length && !colon; i++)
        if (name->Buffer[i] == ':')
            colon = i;
    if (colon < 2 || name->Buffer[0] != '\\' || colon + 1 >= length || name->Buffer[colon + 1] != '\\')
        return false;
    size_t i = 0;
    for (; i < length && i < size - 1; i++)
        text[i] = (char)(name->Buffer[i] < 0x7F ? name->Buffer[i] : '?');
    text[i] = 0;
    return true;
}

/* --- handles --- */

/* What Windows' verifier stops for (0xC4, 0xF6). In the System process there are no others. */
static bool takes_clients_handle(enum ddi_id id, const uintptr_t args[4])
{
    HANDLE handle = (HANDLE)args[0];
    return (id == DDI_ObReferenceObjectByHandle || id == DDI_ObReferenceObjectByHandleWithTag) &&
           (KPROCESSOR_MODE)args[3] == KernelMode && (LONG_PTR)handle > 0 &&
           PspCurrentProcess() != ps_system_process();
}

static void enter(struct gate_observer *observer, enum ddi_id id, void *caller, const uintptr_t args[4])
{
    struct pointersp_state *state = CONTAINING_RECORD(observer, struct pointersp_state, observer);
    char name[128], place[200], who[128];
    bool handle = takes_clients_handle(id, args);
    if (!handle && id != DDI_ProbeForRead && id != DDI_ProbeForWrite && id != DDI_ZwCreateFile &&
        id != DDI_ZwOpenFile)
        return;
    PDRIVER_OBJECT driver = mm_image_owner(caller);
    struct pointers_request *request = driver ? find(state) : NULL;
    if (!request)
        return;
    if (handle) {
        host_call_site(caller, place, sizeof place);
        machine_violation("%s takes the client's handle 0x%llx for the kernel's own (KernelMode), whatever "
                          "rights the client "
                          "has, at %s",
                          describe_driver(driver, who, sizeof who), (unsigned long long)args[0], place);
        return;
    }
    if (id == DDI_ProbeForRead || id == DDI_ProbeForWrite) {
        if (args[1] && MmIsUserRange((void *)args[0], args[1]))
            scan(request, (void *)args[0], args[1]);
        return;
    }
    const OBJECT_ATTRIBUTES *attributes = (const OBJECT_ATTRIBUTES *)args[2];
    if (!(args[1] & WRITING) || !attributes || attributes->Attributes & OBJ_FORCE_ACCESS_CHECK ||
        !names_file(attributes, name, sizeof name))
        return;
    host_call_site(caller, place, sizeof place);
    machine_violation(
        "%s opens %s for writing in a client's request with the kernel's rights, whatever the client's are "
        "(no OBJ_FORCE_ACCESS_CHECK), at %s",
        describe_driver(driver, who, sizeof who), name, place);
}

void pointers_start(void)
{
    if (ntio_machine.verifier != VERIFIER_FULL)
        return;
    struct pointersp_state *state = calloc(1, sizeof *state);
    if (!state)
        return;
    state->observer.enter = enter;
    state->observer.note = note;
    ntio_machine.pointers = state;
    gate_observe(&state->observer);
}

void pointers_stop(void)
{
    struct pointersp_state *state = ntio_machine.pointers;
    if (!state)
        return;
    gate_unobserve(&state->observer);
    ntio_machine.pointers = NULL;
    for (struct pointers_request *request = state->first, *next; request; request = next) {
        next = request->next;
        free(request);
    }
    free(state);
}
