/*
 * Thread pools: shared by pool*.c.
 *
 *   pool.c         pools, their threads, what is queued for them
 *   poolwait.c     the threads that wait for objects and times
 *   poolobject.c   work, timer, wait and I/O objects, clean-up groups
 *   poollegacy.c   what is older: QueueUserWorkItem, registered waits, timer queues, bound files
 *
 * Each process has one pool that is always there, and those that it makes. Everything is under the lock of win32/'s state, which is
 * held over no call of a service.
 */
#pragma once

#include "win32p.h"

#define POOL_MOST    500 /* threads, as there */
#define POOL_HANDLES 62  /* that one thread waits for, beside its own event */
#define POOL_NEVER   UINT64_MAX

static inline void pool_init(PLIST_ENTRY list)
{
    list->Flink = list->Blink = list;
}
static inline bool pool_empty(const LIST_ENTRY *list)
{
    return list->Flink == list;
}
static inline void pool_append(PLIST_ENTRY list, PLIST_ENTRY entry)
{
    entry->Flink = list;
    entry->Blink = list->Blink;
    list->Blink->Flink = entry;
    list->Blink = entry;
}
static inline void pool_unlink(PLIST_ENTRY entry)
{
    entry->Blink->Flink = entry->Flink;
    entry->Flink->Blink = entry->Blink;
}

enum pool_kind {
    POOL_SIMPLE,     /* TrySubmitThreadpoolCallback's: gone after its callback */
    POOL_FUNCTION,   /* QueueUserWorkItem's: likewise */
    POOL_WORK,
    POOL_TIMER,
    POOL_WAIT,
    POOL_IO,
    POOL_REGISTERED, /* RegisterWaitForSingleObject's */
    POOL_QUEUED,     /* CreateTimerQueueTimer's */
    POOL_BOUND,      /* BindIoCompletionCallback's */
};

struct pool_object;

/* What a callback is told. */
struct pool_data {
    ULONG result; /* of the wait or the transfer */
    ULONG_PTR bytes;
    PVOID overlapped;
};

struct pool_item {
    struct pool_item *next;
    struct pool_object *object;
    struct pool_data data;
};

struct win32_pool {
    struct win32_pool *next;
    DWORD process;
    bool made; /* by CreateThreadpool */
    bool closed;
    HANDLE semaphore; /* counts what is queued */
    struct pool_item *first, *last;
    unsigned queued, idle, workers, least, most;
};

struct pool_waiter {
    struct pool_waiter *next;
    DWORD process;
    HANDLE control; /* set when there is something new to wait for */
    unsigned handles;
    ULONG round; /* how often it has looked for what to wait for; who has disarmed something waits on its address */
};

struct pool_port {
    struct pool_port *next;
    DWORD process;
    HANDLE port;
};

struct pool_group {
    LIST_ENTRY link; /* all there are */
    LIST_ENTRY members;
};

struct pool_queue {
    LIST_ENTRY link;
};

struct pool_object {
    LIST_ENTRY link; /* all there are */
    enum pool_kind kind;
    struct win32_pool *pool;
    struct pool_group *group; /* NULL: none */
    LIST_ENTRY member;
    PTP_CLEANUP_GROUP_CANCEL_CALLBACK cancelled;
    PTP_SIMPLE_CALLBACK finalize;
    PVOID callback, context;
    ULONG busy; /* callbacks queued and running, I/O started; who waits for 0 waits on its address */
    bool closed; /* freed when nothing is busy */
    HANDLE told; /* set then; NULL: nobody is */
    /* Of timers and waits, while armed. */
    bool armed, once;
    struct pool_waiter *waiter;
    uint64_t generation, due; /* host_clock's, or POOL_NEVER */
    HANDLE handle;
    ULONG period, timeout; /* ms */
    struct pool_queue *queue;
};

/* In win32p_state. */
struct win32_pools {
    struct win32_pool *pools;
    struct pool_waiter *waiters;
    struct pool_port *ports;
    LIST_ENTRY objects, groups, queues;
    uint64_t generation;
};
static inline struct win32_pools *pools(void)
{
    return win32_state()->pools;
}

struct win32_pool *pool_of_process(void); /* made if need be; NULL, with the last error set */
struct win32_pool *pool_new(bool made);
/* A new object, of the environment's pool and group; NULL, with the last error set. */
struct pool_object *pool_object(enum pool_kind, PVOID callback, PVOID context, PTP_CALLBACK_ENVIRON);
/* Queues a callback that is counted as busy already, and starts a thread for it if there is none. */
bool pool_queue(struct pool_object *, const struct pool_data *);
bool pool_submit(struct pool_object *); /* counts and queues one */
void pool_done(struct pool_object *, ULONG times); /* no longer busy; frees what is closed */
void pool_cancel(struct pool_object *); /* takes what is queued out again */
void pool_await(struct pool_object *, BOOL cancel);
/* No more callbacks begin of themselves; frees it when those there are have ended. told: an event; false: some are under way. */
bool pool_close(struct pool_object *, HANDLE told);

/* Until the time (POOL_NEVER: none), or until the handle (NULL: none) is signalled. Disarms it first; false: no memory. */
bool pool_arm(struct pool_object *, HANDLE handle, uint64_t due, ULONG period);
bool pool_disarm(struct pool_object *); /* whether it was armed */
uint64_t pool_due(PFILETIME);           /* of a relative or absolute time */
uint64_t pool_due_in(ULONG milliseconds); /* INFINITE: POOL_NEVER */
/* The file's completions become callbacks of the object. */
NTSTATUS pool_bind(struct pool_object *, HANDLE file);
