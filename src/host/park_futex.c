/*
 * Parking on Linux: the token is a futex word. 0: no token, 1: a token waits, 2: the owner is parked.
 */
#include "hostp.h"

#if HOSTP_LINUX

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { EMPTY, TOKEN, PARKED };

void hostp_parking_start(void)
{
}

void hostp_parking_stop(void)
{
}

bool host_park(struct host_parker *parker, uint64_t deadline)
{
    uint32_t seen = EMPTY;
    if (atomic_exchange_explicit(&parker->token, EMPTY, memory_order_acquire) == TOKEN)
        return true;
    if (!atomic_compare_exchange_strong(&parker->token, &seen, PARKED)) {
        atomic_exchange_explicit(&parker->token, EMPTY, memory_order_acquire);
        return true;
    }
    struct timespec until = {.tv_sec = (time_t)(deadline / 10000000),
                             .tv_nsec = (long)(deadline % 10000000) * 100};
    for (;;) {
        long result = syscall(SYS_futex, &parker->token, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, PARKED,
                              deadline == HOST_FOREVER ? NULL : &until, NULL, FUTEX_BITSET_MATCH_ANY);
        bool late = result < 0 && errno == ETIMEDOUT;
        if (late || atomic_load_explicit(&parker->token, memory_order_relaxed) != PARKED)
            return atomic_exchange_explicit(&parker->token, EMPTY, memory_order_acquire) == TOKEN;
    }
}

/* After the exchange the parker may be gone with its owner: the wake-up uses its address only as a name. */
void host_unpark(struct host_parker *parker)
{
    if (atomic_exchange_explicit(&parker->token, TOKEN, memory_order_release) == PARKED)
        syscall(SYS_futex, &parker->token, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}

#endif
