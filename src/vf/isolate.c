/*
 * Isolation: while a thread is in a driver's dispatch routine, the client's memory is out of its reach but
 * for ranges that were probed during the call, and these only inside a __try.
 *
 * With a protection key that is a matter of the thread; else the pages are inaccessible to all while any
 * thread is inside, and another that touches one opens it for everybody until the next dispatch. A page that
 * may be reached is opened by the fault that finds it shut, and shut again when its __try, its DDI or the
 * call is over; if somebody else had need of it, that one faults and opens it anew.
 */
#include "accessp.h"

#include <stdio.h>
#include <string.h>

static uintptr_t page_of(const volatile void *address)
{
    return (uintptr_t)address & ~(uintptr_t)(PAGE_SIZE - 1);
}

enum mm_shield isolate_shield(void)
{
    struct accessp_state *state = access_state();
    return access_on(ACCESS_ISOLATED) && (state->key || __atomic_load_n(&state->inside, __ATOMIC_RELAXED))
               ? MM_SHUT
               : MM_OPEN;
}

/* --- shutting and opening --- */

static void shut(struct access_thread *thread, bool so)
{
    struct accessp_state *state = access_state();
    if (state->key) {
        thread->shut = so;
        host_key_open(state->key, !so);
        return;
    }
    if (thread->shut == so)
        return;
    thread->shut = so;
    ki_lock(&state->lock);
    unsigned inside = __atomic_add_fetch(&state->inside, so ? 1 : -1u, __ATOMIC_RELAXED);
    if (so || !inside) {
        MmShieldAll(so ? MM_SHUT : MM_OPEN);
        fetch_hide_again();
    }
    ki_unlock(&state->lock);
}

static void apply(struct access_thread *thread)
{
    ULONG calls = thread->thread->Calls;
    if (access_on(ACCESS_ISOLATED))
        shut(thread, calls && (calls > ACCESS_CALLS || thread->calls[calls - 1].shut));
}

void isolate_close(struct access_thread *thread, enum access_until until)
{
    struct accessp_state *state = access_state();
    unsigned kept = 0;
    thread->repeats = 0;
    if (!thread->opened)
        return;
    ki_lock(&state->lock);
    for (unsigned i = 0; i < thread->opened; i++) {
        struct access_opened open = thread->open[i];
        if (until == UNTIL_END || open.until == until)
            MmShield((void *)open.page, PAGE_SIZE, isolate_shield());
        else
            thread->open[kept++] = open;
    }
    thread->opened = kept;
    fetch_hide_again();
    ki_unlock(&state->lock);
}

static void open_until(struct access_thread *thread, uintptr_t page, enum access_until until)
{
    if (thread->opened == ACCESS_OPENED)
        isolate_close(thread, UNTIL_END);
    thread->open[thread->opened++] = (struct access_opened){page, until};
    MmShield((void *)page, PAGE_SIZE, MM_OPEN);
}

/* --- calls --- */

void isolate_enter(struct access_thread *thread, PDEVICE_OBJECT device, PIRP irp, bool own)
{
    ULONG *calls = &thread->thread->Calls;
    if (!*calls)
        thread->ranges = 0;
    if (*calls < ACCESS_CALLS)
        thread->calls[*calls] = (struct access_call){device, irp, !own};
    ++*calls;
    apply(thread);
}

static void pop(struct access_thread *thread, uint32_t calls)
{
    thread->thread->Calls = calls;
    if (!calls)
        isolate_close(thread, UNTIL_END);
    apply(thread);
}

/* An exception may have passed by the ends of calls below this one. */
void isolate_leave(struct access_thread *thread, PDEVICE_OBJECT device, PIRP irp)
{
    ULONG calls = thread->thread->Calls;
    if (calls > ACCESS_CALLS) {
        pop(thread, calls - 1);
        return;
    }
    for (ULONG i = calls; i-- > 0;)
        if (thread->calls[i].device == device && thread->calls[i].irp == irp) {
            pop(thread, i);
            return;
        }
}

/* Also after a jump out of a signal handler, where the host may have shut all keys. */
void isolate_unwind(struct access_thread *thread, uint32_t calls)
{
    isolate_close(thread, UNTIL_SCOPE);
    if (calls < thread->thread->Calls)
        pop(thread, calls);
    else
        apply(thread);
}

void isolate_probed(struct access_thread *thread, const volatile void *address, size_t length)
{
    uintptr_t low = (uintptr_t)address, high = low + length;
    for (unsigned i = 0; i < thread->ranges; i++)
        if (thread->range[i].low <= low && thread->range[i].high >= high)
            return;
    if (thread->ranges == ACCESS_RANGES) {
        memmove(thread->range, thread->range + 1, sizeof thread->range - sizeof thread->range[0]);
        thread->ranges--;
    }
    thread->range[thread->ranges++] = (struct access_range){low, high};
}

/* --- faults --- */

static bool was_probed(const struct access_thread *thread, const void *address)
{
    for (unsigned i = 0; i < thread->ranges; i++)
        if ((uintptr_t)address >= thread->range[i].low && (uintptr_t)address < thread->range[i].high)
            return true;
    return false;
}

static void describe_call(const struct access_thread *thread, char *text, size_t size)
{
    struct accessp_state *state = access_state();
    ULONG calls = thread->thread->Calls;
    text[0] = 0;
    if (!calls || calls > ACCESS_CALLS)
        return;
    PIRP irp = thread->calls[calls - 1].irp;
    ki_lock(&state->lock);
    const struct access_request *request = access_find_request(irp);
    struct access_request copy = request ? *request : (struct access_request){0};
    ki_unlock(&state->lock);
    char what[64] = "";
    if (request)
        access_describe(&copy, what, sizeof what);
    snprintf(text, size, ", in IRP %p%s%s", (void *)irp, request ? ", " : "", what);
}

/* The client's memory can be paged out, and nobody could fetch it. */
static bool is_raised(const struct access_thread *thread)
{
    return thread->thread->Irql >= DISPATCH_LEVEL;
}

static void report(const struct access_thread *thread, const struct host_fault *fault, bool probed)
{
    char place[200], driver[100], call[128];
    const void *site = KiFaultSite(fault);
    if (!access_first_report((uintptr_t)site))
        return;
    host_place(site, place, sizeof place);
    access_driver_name(site, driver, sizeof driver);
    describe_call(thread, call, sizeof call);
    machine_violation("%s %s the client's memory at %p, which %s, at %s%s", driver,
                      fault->access == HOST_WRITE     ? "wrote to"
                      : fault->access == HOST_EXECUTE ? "called"
                                                      : "read",
                      fault->address,
                      !probed             ? "nobody has probed in this request"
                      : is_raised(thread) ? "may be paged out, at DISPATCH_LEVEL or above"
                                          : "was probed, but no __try stands around the access",
                      place, call);
}

bool isolate_judge(struct access_thread *thread, const struct host_fault *fault)
{
    if (fault->copying || MmIsReachedByMdl(fault->address))
        return true;
    bool probed = was_probed(thread, fault->address);
    if (probed && KiIsInTry(thread->thread) && !is_raised(thread))
        return true;
    report(thread, fault, probed);
    return !access_on(ACCESS_FAULTS);
}

void isolate_let(struct access_thread *thread, const struct host_fault *fault)
{
    struct accessp_state *state = access_state();
    uintptr_t page = page_of(fault->address);
    if (thread && thread->shut) {
        enum access_until until = fault->copying ? UNTIL_DDI : UNTIL_SCOPE;
        if (!fault->copying && !(was_probed(thread, fault->address) && KiIsInTry(thread->thread)))
            until = UNTIL_END;
        open_until(thread, page, until);
        return;
    }
    /* A thread that is not inside any driver. */
    if (state->key && fault->keyed && host_key_open_after(fault, state->key, true))
        return;
    MmShield((void *)page, PAGE_SIZE, MM_OPEN);
}
