/*
 * The C run-time's rand: 15 bits of a linear congruence, the same numbers as on Windows. The kernel has one
 * sequence, the client another; they begin anew with each machine.
 */
#include "rtl.h"

#include <ntio_crt.h>

static int next(_Atomic uint32_t *state)
{
    uint32_t before = atomic_load(state), after;
    do
        after = (before ^ 1) * 214013u + 2531011u;
    while (!atomic_compare_exchange_weak(state, &before, after ^ 1));
    return (int)(after >> 16 & 0x7FFF);
}

int ntio_rand(void)
{
    return next(&ntio_machine.kernel_random);
}

void ntio_srand(unsigned seed)
{
    atomic_store(&ntio_machine.kernel_random, seed ^ 1);
}

int ntio_client_rand(void)
{
    return next(&ntio_machine.client_random);
}

void ntio_client_srand(unsigned seed)
{
    atomic_store(&ntio_machine.client_random, seed ^ 1);
}
