/*
 * The barrier of the asymmetric handshakes: a rare visitor makes every running thread of the process pass a
 * full fence, so that the owners of what it visits need none of their own (host_light_barrier).
 */
#include "hostp.h"

#if HOSTP_LINUX && !defined(HOST_SANITIZED_THREADS)

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Once for each start: a host that cannot do it (an old kernel, a sandbox, valgrind) makes the owners fence.
 */
void hostp_barrier_start(void)
{
    ntio_machine.fences = syscall(__NR_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) != 0;
}

void host_barrier(void)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (!ntio_machine.fences && syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0)
        host_abort(); /* it was registered: it cannot fail, and going on would break every handshake */
}

#else

void hostp_barrier_start(void)
{
    ntio_machine.fences = true;
}

void host_barrier(void)
{
    host_full_fence();
}

#endif
