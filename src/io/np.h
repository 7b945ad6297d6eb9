/*
 * Private to the named pipes (np*.c), the file system \Device\NamedPipe.
 *
 *   np.c        the driver, names and instances, opening and closing
 *   npdata.c    what is on its way from one end to the other: reading, writing, peeking, flushing
 *   npstate.c   listening, disconnecting, waiting for an instance, transactions, what is known of a pipe
 *
 * A pipe is a name with what all its instances have in common. An instance has a server's end from its creation on, and a client's
 * while it is connected. The end is what a file object's FsContext is; without one the file object is the device or
 * its root directory.
 *
 * np_state.Lock guards all of it, and no IRP is completed under it: what has come to its end is collected and completed afterwards.
 * An IRP that waits is on one list, cancelable; who takes its cancel routine away (np_take) ends it, and else the cancel
 * routine does.
 */
#pragma once

#include "iop.h"

#include "ntio_pipe.h"

#define NP_TAG 'rFpN'

enum { NP_CLIENT = FILE_PIPE_CLIENT_END, NP_SERVER = FILE_PIPE_SERVER_END };

struct np_pipe {
    LIST_ENTRY Link; /* of np_state.Pipes, as long as it has a server's end */
    UNICODE_STRING Name; /* without the backslash */
    PSECURITY_DESCRIPTOR Security; /* in system pool; NULL: everybody may do everything */
    ULONG Type, Configuration, MaximumInstances;
    ULONG Current;    /* instances whose server's end is open */
    ULONG References; /* instances, and opens that look at the descriptor */
    LARGE_INTEGER Timeout;
    LIST_ENTRY Instances;
};

/* What was written and not read. */
struct np_entry {
    LIST_ENTRY Link;
    struct np_queue *Queue;
    PIRP Irp; /* the writer that waits; NULL: none does */
    ULONGLONG Number;
    ULONG Length, Offset;
    UCHAR Data[];
};

struct np_queue {
    LIST_ENTRY Entries;
    LIST_ENTRY Readers, Flushers; /* IRPs */
    ULONGLONG Number; /* of the last entry */
    ULONG Quota, Bytes, Count;
};

struct np_instance {
    LIST_ENTRY Link;
    struct np_pipe *Pipe;
    ULONG State; /* FILE_PIPE_*_STATE */
    struct np_end *Ends[2];
    struct np_queue Queues[2]; /* by who reads */
    LIST_ENTRY Listeners;      /* IRPs */
};

struct np_end {
    struct np_instance *Instance; /* NULL: a client that was disconnected */
    ULONG Side, ReadMode, CompletionMode;
    ULONG ProcessId;
};

struct np_state {
    KSPIN_LOCK Lock;
    LIST_ENTRY Pipes, Waiters;
    PDRIVER_OBJECT Driver;
};
#define NP (IOP->pipes)

/* Under the lock, with IRPs whose end has come. */
struct np_work {
    LIST_ENTRY Done;
    KIRQL Irql;
};
void np_begin(struct np_work *);
void np_finish(struct np_work *); /* lets go of the lock and completes them */
void np_end_irp(struct np_work *, PIRP, NTSTATUS, ULONG_PTR information);

/* --- waiting; under the lock --- */

/* What the IRP waits for, in DriverContext[0]: the np_entry of a writer, the np_waiter, a flusher's number. */
enum np_wait { NP_READ, NP_WRITE, NP_LISTEN, NP_FLUSH, NP_WAIT };
static inline PVOID *np_context(PIRP irp)
{
    return &irp->Tail.Overlay.DriverContext[0];
}
/* Readers: the bytes they have room for. */
static inline ULONG np_room(PIRP irp)
{
    return (ULONG)(ULONG_PTR)irp->Tail.Overlay.DriverContext[1];
}
/* The end of the list, or of none (a writer's entry stands for it). STATUS_PENDING, or STATUS_CANCELLED: it was before. */
NTSTATUS np_wait(struct np_work *, PLIST_ENTRY, PIRP, enum np_wait);
/* Off its list. FALSE: it is being cancelled, and ends so. */
BOOLEAN np_take(PIRP);
void np_end_all(struct np_work *, PLIST_ENTRY, NTSTATUS);

/* --- np.c --- */

BOOLEAN np_same_name(PCUNICODE_STRING, PCUNICODE_STRING); /* whatever the case */
struct np_pipe *np_find(PCUNICODE_STRING name);
struct np_instance *np_listening(struct np_pipe *);
static inline struct np_end *np_end_of(PIO_STACK_LOCATION stack)
{
    return stack->FileObject->FsContext;
}

/* --- npdata.c --- */

void np_start_queue(struct np_queue *, ULONG quota);
/* Reads what is there: STATUS_BUFFER_OVERFLOW where a message goes on. A peek takes nothing away. */
NTSTATUS np_draw(struct np_work *, struct np_queue *, ULONG mode, PUCHAR to, ULONG length, ULONG *got, BOOLEAN peeks);
/* Gives bytes to those who wait for some, and keeps the rest. The entry, with the bytes in it, is taken over. */
NTSTATUS np_put(struct np_work *, struct np_end *, struct np_entry *, PIRP writer, ULONG *written);
struct np_entry *np_new_entry(ULONG length);
void np_drop_entry(struct np_work *, struct np_entry *, NTSTATUS); /* and the writer's wait */
void np_settle(struct np_work *, struct np_queue *);
/* Nobody can read or write any more: whoever waits is told so. What is there and waited for by nobody stays, unless it is emptied. */
void np_break(struct np_work *, struct np_queue *, NTSTATUS, BOOLEAN empties);

/* --- npstate.c --- */

/* An end has been closed, or the server has disconnected its client. */
void np_close_end(struct np_work *, struct np_end *);
void np_connected(struct np_work *, struct np_instance *);
void np_offer(struct np_work *, struct np_pipe *); /* an instance listens: those who wait for one are told */
void np_drop_waiter(PVOID waiter); /* its IRP is being cancelled */
void np_free_instance(struct np_instance *);

/* --- the dispatch routines, as fs.h's --- */

iop_routine np_create, np_create_pipe, np_cleanup, np_close, np_read, np_write, np_flush, np_query, np_set, np_control;
