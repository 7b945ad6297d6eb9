/*
 * Double fetches: the pages of a request's raw and direct buffers are hidden, so that every access to them
 * faults. The fault notes who fetched which bytes, lets the one instruction through and hides the page again.
 * Bytes that are fetched a second time are changed before, as a client could have done it on another
 * processor, and stay changed until the request is over.
 *
 * A buffer is a region: one in the client's memory belongs to a request, one in a system mapping to its MDL.
 * A copy routine of the host's may read bytes twice where its pieces overlap; that is one fetch.
 */
#include "accessp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FETCH_LARGEST (1u << 20) /* of a region: what is larger is not watched */
#define FETCH_EVENTS  1024
#define FETCH_CALLERS 4
#define FETCH_SHOWN   8

struct fetch_event {
    const void *pc, *stack, *site;
    const void *callers[FETCH_CALLERS];
    uintptr_t address;
    unsigned size;
};

struct fetch_region {
    struct fetch_region *next;
    const void *owner; /* IRP or MDL */
    bool mapping;      /* a system mapping */
    bool read_only;    /* of it */
    uintptr_t base;
    size_t length;
    uint16_t *fetched;     /* of each byte: the event that read it first, plus one */
    uint8_t *before, *put; /* of each byte that was changed: what it held, and holds now */
    uint8_t *changed;
    unsigned events;
    struct fetch_event *event;
};

static uintptr_t page_of(uintptr_t address)
{
    return address & ~(uintptr_t)(PAGE_SIZE - 1);
}

/* --- pages --- */

static void hide_page(const struct fetch_region *region, uintptr_t page)
{
    if (region->mapping)
        host_vm_protect((void *)page, PAGE_SIZE, HOST_NONE);
    else
        MmShield((void *)page, PAGE_SIZE, MM_HIDDEN);
}

static void hide(const struct fetch_region *region)
{
    for (uintptr_t page = page_of(region->base); page < region->base + region->length; page += PAGE_SIZE)
        hide_page(region, page);
}

static void show_page(const struct fetch_region *region, uintptr_t page, enum mm_shield shield)
{
    if (!region->mapping)
        MmShield((void *)page, PAGE_SIZE, shield);
    else
        host_vm_protect((void *)page, PAGE_SIZE, region->read_only ? HOST_READ : HOST_READ | HOST_WRITE);
}

static struct fetch_region *find_on_page(uintptr_t address)
{
    struct fetch_region *region = access_state()->regions;
    while (region && (page_of(region->base) > address ||
                      page_of(region->base + region->length - 1) + PAGE_SIZE <= address))
        region = region->next;
    return region;
}

static struct fetch_region *find_region(uintptr_t address)
{
    struct fetch_region *region = access_state()->regions;
    while (region && address - region->base >= region->length)
        region = region->next;
    return region;
}

void fetch_hide_again(void)
{
    for (struct fetch_region *region = access_state()->regions; region; region = region->next)
        if (!region->mapping)
            hide(region);
}

void fetch_rehide(void)
{
    ki_lock(&access_state()->lock);
    fetch_hide_again();
    ki_unlock(&access_state()->lock);
}

bool fetch_watches(const void *address)
{
    struct accessp_state *state = access_state();
    ki_lock(&state->lock);
    bool watched = find_on_page((uintptr_t)address) != NULL;
    ki_unlock(&state->lock);
    return watched;
}

/* --- regions --- */

static void free_region(struct fetch_region *region)
{
    free(region->fetched);
    free(region->before);
    free(region->put);
    free(region->changed);
    free(region->event);
    free(region);
}

static struct fetch_region *make_region(const void *owner, uintptr_t base, size_t length)
{
    struct fetch_region *region = calloc(1, sizeof *region);
    if (!region)
        return NULL;
    region->owner = owner;
    region->base = base;
    region->length = length;
    region->fetched = calloc(length, sizeof region->fetched[0]);
    region->before = calloc(length, 1);
    region->put = calloc(length, 1);
    region->changed = calloc(length, 1);
    region->event = malloc(FETCH_EVENTS * sizeof region->event[0]);
    if (region->fetched && region->before && region->put && region->changed && region->event)
        return region;
    free_region(region);
    return NULL;
}

static void watch(struct fetch_region *region)
{
    struct accessp_state *state = access_state();
    ki_lock(&state->lock);
    region->next = state->regions;
    state->regions = region;
    hide(region);
    ki_unlock(&state->lock);
}

static bool is_covered(uintptr_t base, size_t length)
{
    struct accessp_state *state = access_state();
    ki_lock(&state->lock);
    const struct fetch_region *region = find_region(base);
    bool covered = region && length <= region->base + region->length - base;
    ki_unlock(&state->lock);
    return covered;
}

static void watch_client(PIRP irp, const volatile void *address, size_t length)
{
    uintptr_t base = (uintptr_t)address;
    if (!length || length > FETCH_LARGEST || !MmIsClientMemory(address) ||
        !MmIsClientMemory((const char *)address + length - 1) || is_covered(base, length))
        return;
    struct fetch_region *region = make_region(irp, base, length);
    if (region)
        watch(region);
}

void fetch_request(const struct access_request *request, PIO_STACK_LOCATION stack)
{
    PIRP irp = request->irp;
    if (irp->Flags & IRP_BUFFERED_IO || irp->MdlAddress)
        return;
    if (request->major == IRP_MJ_READ || request->major == IRP_MJ_WRITE) {
        watch_client(irp, irp->UserBuffer, request->output);
    } else if (METHOD_FROM_CTL_CODE(request->code) == METHOD_NEITHER) {
        watch_client(irp, stack->Parameters.DeviceIoControl.Type3InputBuffer, request->input);
        watch_client(irp, irp->UserBuffer, request->output);
    }
}

/* A range that a pointer in the request led to; it ends with the request. */
void fetch_probed(struct access_thread *thread, const volatile void *address, size_t length)
{
    ULONG calls = thread->thread->Calls;
    if (calls > ACCESS_CALLS)
        return;
    struct accessp_state *state = access_state();
    PIRP irp = thread->calls[0].irp;
    ki_lock(&state->lock);
    bool known = access_find_request(irp) != NULL;
    ki_unlock(&state->lock);
    if (known)
        watch_client(irp, address, length);
}

void fetch_mapped(const MDL *mdl)
{
    if (!mdl->Process || !mdl->ByteCount || mdl->ByteCount > FETCH_LARGEST || mdl->MdlFlags & MDL_PARTIAL ||
        !MmIsSystemMapping(mdl->MappedSystemVa))
        return;
    struct fetch_region *region = make_region(mdl, (uintptr_t)mdl->MappedSystemVa, mdl->ByteCount);
    if (!region)
        return;
    region->mapping = true;
    region->read_only = access_on(ACCESS_READ_ONLY) && !(mdl->MdlFlags & MDL_WRITE_OPERATION);
    watch(region);
}

/* The client may free the page at any time: guarded copies. */
static void put_back_byte(uint8_t *at, uint8_t put, uint8_t before)
{
    uint8_t now;
    if (host_peek(&now, at, 1) && now == put)
        (void)host_copy(at, &before, 1, NULL);
}

/* Puts back what the driver has not overwritten. Under the lock. */
static void put_back(struct fetch_region *region)
{
    for (uintptr_t page = page_of(region->base); page < region->base + region->length; page += PAGE_SIZE) {
        int protection = region->mapping ? HOST_READ : MmClientProtection((void *)page);
        size_t from = page > region->base ? page - region->base : 0;
        size_t to = page + PAGE_SIZE - region->base;
        to = to < region->length ? to : region->length;
        bool any = memchr(region->changed + from, 1, to - from) != NULL;
        if (any && protection >= 0 && host_vm_protect((void *)page, PAGE_SIZE, HOST_READ | HOST_WRITE))
            for (size_t i = from; i < to; i++)
                if (region->changed[i])
                    put_back_byte((uint8_t *)(region->base + i), region->put[i], region->before[i]);
        if (!find_on_page(page))
            show_page(region, page, isolate_shield());
        else
            hide_page(region, page);
    }
}

static void finish(const void *owner)
{
    struct accessp_state *state = access_state();
    struct fetch_region *gone = NULL;
    ki_lock(&state->lock);
    for (struct fetch_region **link = &state->regions, *region; (region = *link) != NULL;) {
        if (region->owner != owner) {
            link = &region->next;
            continue;
        }
        *link = region->next;
        region->next = gone;
        gone = region;
    }
    if (state->key)
        host_key_open(state->key, true);
    for (struct fetch_region *region = gone; region; region = region->next)
        put_back(region);
    if (state->key && KiThread && KiThread->Access)
        host_key_open(state->key, !KiThread->Access->shut);
    ki_unlock(&state->lock);
    while (gone) {
        struct fetch_region *next = gone->next;
        free_region(gone);
        gone = next;
    }
}

void fetch_unmapping(const MDL *mdl)
{
    if (mdl->MappedSystemVa)
        finish(mdl);
}

void fetch_finished(PIRP irp)
{
    finish(irp);
}

void fetch_stop(void)
{
    struct accessp_state *state = access_state();
    while (state->regions) {
        struct fetch_region *next = state->regions->next;
        free_region(state->regions);
        state->regions = next;
    }
}

/* --- what an instruction fetches --- */

static struct fetch_event event_of(const struct host_fault *fault, unsigned size)
{
    struct fetch_event event = {
        fault->pc, fault->stack, KiFaultSite(fault), {NULL}, (uintptr_t)fault->address, size};
    void *frames[32];
    int count = host_backtrace(frames, 32), callers = 0;
    for (int i = 0; i < count && callers < FETCH_CALLERS; i++)
        if (mm_image_owner((char *)frames[i] - 1) && (char *)frames[i] - 1 != event.site)
            event.callers[callers++] = frames[i];
    return event;
}

/* Both belong to one copy, whose pieces overlap. */
static bool is_same_copy(const struct fetch_event *a, const struct fetch_event *b)
{
    if (a->stack != b->stack || a->pc == b->pc)
        return false;
    if (!mm_image_owner(a->pc) && !mm_image_owner(b->pc))
        return a->site == b->site;
    uintptr_t distance =
        a->pc > b->pc ? (uintptr_t)a->pc - (uintptr_t)b->pc : (uintptr_t)b->pc - (uintptr_t)a->pc;
    bool inside = (a->address >= b->address && a->address + a->size <= b->address + b->size) ||
                  (b->address >= a->address && b->address + b->size <= a->address + a->size);
    return mm_image_owner(a->pc) && distance < 64 && !inside;
}

struct fetch_report {
    bool found, changed;
    struct fetch_event first, second;
    uintptr_t from, to;
    uint8_t before[FETCH_SHOWN], after[FETCH_SHOWN];
    const void *owner;
    bool mapping;
    size_t offset;
};

static uint64_t draw(void)
{
    uint64_t *state = &access_state()->random, x = *state += 0x9E3779B97F4A7C15ull;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ x >> 27) * 0x94D049BB133111EBull;
    return x ^ x >> 31;
}

/* What the client might put there: nearly the same, much more, anything, nothing. */
static void alter(uint8_t *bytes, size_t length)
{
    uint64_t how = draw();
    switch (how % 5) {
    case 0:
        for (size_t i = 0; i < length; i++)
            bytes[i] = (uint8_t)~bytes[i];
        break;
    case 1:
        memset(bytes, 0xFF, length);
        break;
    case 2:
        bytes[0] ^= 1;
        break;
    case 3:
        for (size_t i = 0; i < length; i++)
            bytes[i] = (uint8_t)(bytes[i] + 1 + draw() % 255);
        break;
    default:
        bytes[length - 1] ^= (uint8_t)(1u << (how >> 8) % 7);
        break;
    }
}

/* One time in eight all is left as it is, so that what comes after is reached, too. */
static void change(struct fetch_region *region, struct fetch_report *report, int protection)
{
    size_t offset = report->from - region->base, length = report->to - report->from;
    uintptr_t first = page_of(report->from), last = page_of(report->to - 1);
    uint8_t bytes[64];
    for (size_t i = 0; i < length; i++)
        if (region->changed[offset + i])
            return;
    if (length > sizeof bytes || draw() % 8 == 0 ||
        !host_vm_protect((void *)first, last - first + PAGE_SIZE, HOST_READ | HOST_WRITE))
        return;
    if (host_peek(bytes, (void *)report->from, length)) {
        memcpy(region->before + offset, bytes, length);
        alter(bytes, length);
        report->changed = host_copy((void *)report->from, bytes, length, NULL);
    }
    if (report->changed) {
        memcpy(region->put + offset, bytes, length);
        memset(region->changed + offset, 1, length);
    }
    size_t shown = length < FETCH_SHOWN ? length : FETCH_SHOWN;
    memcpy(report->before, region->before + offset, shown);
    memcpy(report->after, bytes, shown);
    if (!region->mapping)
        host_vm_protect((void *)first, last - first + PAGE_SIZE, protection);
    else
        for (uintptr_t page = first; page <= last; page += PAGE_SIZE)
            show_page(region, page, MM_OPEN);
    for (uintptr_t page = first + PAGE_SIZE; page <= last; page += PAGE_SIZE)
        hide_page(region, page); /* its own fault opens it */
}

static void note_read(struct fetch_region *region, const struct fetch_event *event,
                      struct fetch_report *report, int protection)
{
    uint16_t number = 0;
    for (uintptr_t at = event->address;
         at < event->address + event->size && at < region->base + region->length; at++) {
        uint16_t *fetched = &region->fetched[at - region->base];
        const struct fetch_event *earlier = *fetched ? &region->event[*fetched - 1] : NULL;
        if (earlier && !is_same_copy(earlier, event)) {
            if (!report->found)
                *report =
                    (struct fetch_report){true, false,         *earlier,        *event,           at, at, {0},
                                          {0},  region->owner, region->mapping, at - region->base};
            report->to = at + 1;
        }
        if (earlier)
            continue;
        if (!number && region->events < FETCH_EVENTS) {
            region->event[region->events++] = *event;
            number = (uint16_t)region->events;
        }
        *fetched = number;
    }
    if (report->found)
        change(region, report, protection);
}

static void note_write(struct fetch_region *region, uintptr_t address, unsigned size)
{
    for (uintptr_t at = address; at < address + size && at < region->base + region->length; at++) {
        region->fetched[at - region->base] = 0;
        region->changed[at - region->base] = 0;
    }
}

static void add_place(char *text, size_t size, const char *what, const struct fetch_event *event)
{
    char place[160];
    size_t length = strlen(text);
    host_place(event->site, place, sizeof place);
    length += (size_t)snprintf(text + length, size - length, "\n  %s %s", what, place);
    for (int i = 0; i < FETCH_CALLERS && event->callers[i] && length < size; i++) {
        host_call_site(event->callers[i], place, sizeof place);
        length += (size_t)snprintf(text + length, size - length, " < %s", place);
    }
}

static void add_bytes(char *text, size_t size, const char *what, const uint8_t *bytes, size_t count)
{
    size_t length = strlen(text);
    length += (size_t)snprintf(text + length, size - length, "%s", what);
    for (size_t i = 0; i < count && length < size; i++)
        length += (size_t)snprintf(text + length, size - length, " %02x", bytes[i]);
}

static void tell(const struct fetch_report *report)
{
    char driver[100], text[900] = "";
    size_t count = report->to - report->from, shown = count < FETCH_SHOWN ? count : FETCH_SHOWN;
    if (!access_first_report((uintptr_t)report->second.site ^ (uintptr_t)report->first.site << 1))
        return;
    access_driver_name(report->second.site, driver, sizeof driver);
    add_place(text, sizeof text, "first at ", &report->first);
    add_place(text, sizeof text, "then at  ", &report->second);
    if (report->changed) {
        add_bytes(text, sizeof text, "\n  changed from", report->before, shown);
        add_bytes(text, sizeof text, " to", report->after, shown);
    }
    machine_violation("%s fetched %zu byte%s of the client's twice: %p, offset %zu of a buffer of %s %p%s",
                      driver, count, count == 1 ? "" : "s", (void *)report->from, report->offset,
                      report->mapping ? "MDL" : "IRP", report->owner, text);
}

/* A client thread may do with its memory what it likes. */
static bool is_kernels(const struct access_thread *thread)
{
    return thread->thread->InKernel || thread->thread->InDpc;
}

static void look(struct access_thread *thread, const struct host_fault *fault, int protection,
                 struct fetch_report *report)
{
    struct accessp_state *state = access_state();
    bool write = fault->access == HOST_WRITE;
    unsigned size = access_operand_size(fault->pc);
    struct fetch_event event = write ? (struct fetch_event){0} : event_of(fault, size);
    ki_lock(&state->lock);
    struct fetch_region *region = find_region((uintptr_t)fault->address);
    if (region && write)
        note_write(region, (uintptr_t)fault->address, size);
    else if (region)
        note_read(region, &event, report, protection);
    ki_unlock(&state->lock);
    thread->step_pc = fault->pc;
    thread->step_address = fault->address;
}

/* Opens the page for the one instruction; it may need several. */
static void step(struct access_thread *thread, const struct host_fault *fault)
{
    struct accessp_state *state = access_state();
    uintptr_t page = page_of((uintptr_t)fault->address);
    ki_lock(&state->lock);
    const struct fetch_region *region = find_on_page(page);
    if (region)
        show_page(region, page, MM_OPEN);
    ki_unlock(&state->lock);
    unsigned i = 0;
    while (i < thread->steps && thread->step[i] != page)
        i++;
    if (i == thread->steps && thread->steps < ACCESS_STEPS)
        thread->step[thread->steps++] = page;
    host_step(fault, true);
}

void fetch_fault(struct access_thread *thread, const struct host_fault *fault, int protection)
{
    struct fetch_report report = {.found = false};
    /* The same instruction, whose bytes lie on two pages or were hidden by another thread meanwhile. */
    bool again = thread->steps && thread->step_pc == fault->pc &&
                 (uintptr_t)fault->address - (uintptr_t)thread->step_address < 64;
    if (!again && !fault->copying && is_kernels(thread))
        look(thread, fault, protection, &report);
    if (report.found)
        tell(&report);
    step(thread, fault);
}

void fetch_stepped(struct access_thread *thread)
{
    struct accessp_state *state = access_state();
    ki_lock(&state->lock);
    for (unsigned i = 0; i < thread->steps; i++) {
        const struct fetch_region *region = find_on_page(thread->step[i]);
        if (region)
            hide_page(region, thread->step[i]);
        else if (MmIsClientMemory((void *)thread->step[i]))
            MmShield((void *)thread->step[i], PAGE_SIZE, isolate_shield());
    }
    thread->steps = 0;
    ki_unlock(&state->lock);
}
