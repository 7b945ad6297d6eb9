/*
 * Parking where there is no futex: the token is guarded by one of a few mutex and condition pairs, chosen by
 * address.
 */
#include "hostp.h"

#if !HOSTP_LINUX

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define LOTS 64u

struct lot {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
};

void hostp_parking_start(void)
{
    struct lot *lots = calloc(LOTS, sizeof *lots);
    if (!lots)
        host_abort();
    for (unsigned i = 0; i < LOTS; i++) {
        pthread_condattr_t attributes;
        pthread_condattr_init(&attributes);
#if !defined(__APPLE__)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
#endif
        pthread_mutex_init(&lots[i].mutex, NULL);
        pthread_cond_init(&lots[i].condition, &attributes);
        pthread_condattr_destroy(&attributes);
    }
    ntio_machine.host->parking = lots;
}

void hostp_parking_stop(void)
{
    struct lot *lots = ntio_machine.host->parking;
    for (unsigned i = 0; i < LOTS; i++) {
        pthread_cond_destroy(&lots[i].condition);
        pthread_mutex_destroy(&lots[i].mutex);
    }
    free(lots);
}

static struct lot *lot_of(const struct host_parker *parker)
{
    return (struct lot *)ntio_machine.host->parking + ((uintptr_t)parker >> 6) % LOTS;
}

static int wait_until(struct lot *lot, uint64_t deadline)
{
    if (deadline == HOST_FOREVER)
        return pthread_cond_wait(&lot->condition, &lot->mutex);
#if defined(__APPLE__)
    uint64_t now = host_clock(), left = deadline > now ? deadline - now : 0;
    struct timespec until = {(time_t)(left / 10000000), (long)(left % 10000000) * 100};
    return pthread_cond_timedwait_relative_np(&lot->condition, &lot->mutex, &until);
#else
    struct timespec until = {(time_t)(deadline / 10000000), (long)(deadline % 10000000) * 100};
    return pthread_cond_timedwait(&lot->condition, &lot->mutex, &until);
#endif
}

bool host_park(struct host_parker *parker, uint64_t deadline)
{
    if (atomic_exchange_explicit(&parker->token, 0, memory_order_acquire))
        return true;
    struct lot *lot = lot_of(parker);
    pthread_mutex_lock(&lot->mutex);
    bool woken = false;
    for (int error = 0; !woken && error != ETIMEDOUT;) {
        woken = atomic_exchange_explicit(&parker->token, 0, memory_order_acquire);
        if (!woken)
            error = wait_until(lot, deadline);
    }
    woken = woken || atomic_exchange_explicit(&parker->token, 0, memory_order_acquire);
    pthread_mutex_unlock(&lot->mutex);
    return woken;
}

void host_unpark(struct host_parker *parker)
{
    struct lot *lot = lot_of(parker);
    pthread_mutex_lock(&lot->mutex);
    atomic_store_explicit(&parker->token, 1, memory_order_release);
    pthread_cond_broadcast(&lot->condition);
    pthread_mutex_unlock(&lot->mutex);
}

#endif
