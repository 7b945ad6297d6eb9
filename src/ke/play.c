/*
 * Playing another thread: a host thread is one of the machine's besides the one it is, for as long as a
 * routine runs. How that one ends, and what it leaves by, is as for any other (thread.c).
 */
#include "kip.h"
#include "../mm/mm.h"

#include <stdlib.h>

static bool is_linked(const struct kip_thread *self)
{
    struct kip_state *ke = kip();
    bool found = false;
    ki_lock(&ke->threads_lock);
    for (struct kip_thread *at = ke->threads; at && !found; at = at->next)
        found = at == self;
    ki_unlock(&ke->threads_lock);
    return found;
}

/* Takes the innermost part off; what it stood for is not run any more. */
static void stop_playing(struct kip_thread *self)
{
    struct kip_state *ke = kip();
    ki_lock(&ke->threads_lock);
    PKTHREAD thread = self->thread;
    self->thread = NULL;
    if (thread) /* not ended */
        thread->Kip = NULL;
    ki_unlock(&ke->threads_lock);
    kip_unlink_thread(self);
    kip_self = self->outer;
    KiThread = self->outer->thread;
    free(self);
}

void ke_end_playing(void)
{
    if (!kip() || !KiThread) /* the thread has been forgotten, and its record with it */
        return;
    while (kip_self && is_linked(kip_self) && kip_self->outer)
        stop_playing(kip_self);
}

/* A function of its own: nothing it changes is used after the jump. */
static __attribute__((noinline)) int play(struct kip_thread *self)
{
    int left = sigsetjmp(self->base, 0);
    if (left == 0) {
        self->has_base = true;
        mm_switch_context();
        ((void (*)(void *))(PVOID)self->routine)(self->context);
    }
    return left;
}

bool KeRunAsThread(PKTHREAD thread, void (*routine)(void *), void *context)
{
    KiCurrentThread();
    struct kip_thread *self = calloc(1, sizeof *self);
    if (!self)
        return false;
    self->outer = kip_self;
    self->routine = (PKSTART_ROUTINE)(PVOID)routine;
    self->context = context;
    kip_bind_thread(self, thread);
    kip_link_thread(self);
    int left = play(self);
    /* The machine may be another one by now, or none. */
    if (!kip() || kip_self != self || !is_linked(self))
        return false;
    if (left == KIP_LEAVE_TERMINATED && !atomic_load(&kip()->crashed) && !self->ending) {
        thread->Irql = PASSIVE_LEVEL;
        kip_end_thread(self);
    }
    bool ended = self->ending;
    stop_playing(self);
    mm_switch_context();
    if (left == KIP_LEAVE_STOPPED)
        KiStopCrashedThread();
    return left == 0 && !ended;
}
