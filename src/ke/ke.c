/*
 * The kernel's start and stop.
 */
#include "kip.h"

#include <stdlib.h>

/* More than any ETHREAD has beyond its KTHREAD. */
#define BOOT_THREAD_SIZE (sizeof(KTHREAD) + 4096)

void ke_start(void)
{
    struct kip_state *ke = calloc(1, sizeof *ke);
    PKTHREAD boot = calloc(1, BOOT_THREAD_SIZE);
    if (!ke || !boot)
        host_abort();
    KeInitializeThread(boot, KernelMode);
    boot->State = THREAD_RUNNING;
    ke->boot = boot;
    for (unsigned i = 0; i < KIP_PROCESSORS; i++) {
        ke->processors[i].number = (UCHAR)i;
        kip_init_dpc_queue(&ke->processors[i].dpcs);
        kip_init_dpc_queue(&ke->processors[i].threaded);
    }
    InitializeListHead(&ke->bugcheck_callbacks);
    InitializeListHead(&ke->reason_callbacks);
    ntio_machine.ke = ke;
    kip_start_timers();
    KiThread = boot;
    kip_start_stacks();
    ke_exceptions_start();
}

void ke_stop(void)
{
    struct kip_state *ke = kip();
    ke_stop_threads();
    ke_forget_thread();
    ke_exceptions_stop();
    kip_free_interrupts();
    kip_free_nmi();
    kip_free_processor_callbacks();
    kip_free_ranges(&kip()->ports);
    kip_free_ranges(&kip()->msrs);
    free(ke->shared);
    kip_stop_stacks();
    KiThread = NULL;
    ntio_machine.ke = NULL;
    atomic_fetch_add(&ntio_machine.locked_pages, ke->boot->LockedPages);
    ke_seh_free(&ke->boot->Seh);
    free(ke->boot);
    free(ke);
}
