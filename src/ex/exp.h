/*
 * Private to ex: its state. Locks, lists and lookaside lists keep everything in the driver's own structures;
 * what the system itself holds are the worker threads and the queues of those who wait for push locks.
 */
#pragma once

#include "ex.h"
#include "../ke/ke.h"
#include "../mm/mm.h"

#define EXP_QUEUES       2  /* critical, delayed */
#define EXP_WORKERS      16 /* most threads of a queue */
#define EXP_LOCK_BUCKETS 64

struct exp_queue {
    LIST_ENTRY items;
    KSEMAPHORE work; /* one unit for each item, and one for each worker that is to end */
    _Atomic unsigned lock;
    unsigned queued, idle, workers;
    bool stopping;
    PVOID threads[EXP_WORKERS]; /* referenced */
};

struct exp_lock_bucket {
    _Atomic unsigned lock;
    LIST_ENTRY waiters;
};

struct exp_state {
    struct exp_queue queues[EXP_QUEUES];
    struct exp_lock_bucket buckets[EXP_LOCK_BUCKETS];
    POBJECT_TYPE callback_type;
    _Atomic ULONG resolution, resolution_requests; /* clock.c */
};

static inline struct exp_state *exp_state(void)
{
    return ntio_machine.ex;
}

void exp_callbacks_start(void);
void exp_workers_start(void);
void exp_workers_stop(void);

/* Waits for an event or semaphore, come what may. */
static inline void exp_wait(PVOID object)
{
    KeWaitForSingleObject(object, Executive, KernelMode, FALSE, NULL);
}
