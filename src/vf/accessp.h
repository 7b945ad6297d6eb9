/*
 * Watching memory while drivers run: what the parts share.
 *
 *   access.c    options, the observer, the first look at every fault
 *   isolate.c   the client's memory out of reach in dispatch routines
 *   fetch.c     bytes that are fetched twice; decode.c: how many an instruction fetches
 *   stale.c     output that was never written, by a pattern or by MemorySanitizer's shadow (stale.h)
 *   moved.c     buffers that are moved to client memory
 *
 * All of it stands on the gate's notes, on machine_hooks and on host_faults_first; with the options off none of it is there.
 *
 * The lock is held for short: no call into a driver, no touch of the client's memory and no line on the log while it is.
 * So the fault handler may take it.
 */
#pragma once

#include <ntifs.h>
#include "../gate.h"
#include "../host/host.h"
#include "../ke/ke.h"
#include "../mm/mm.h"

#define ACCESS_CALLS  32
#define ACCESS_RANGES 64
#define ACCESS_OPENED 16
#define ACCESS_STEPS  4
#define ACCESS_SITES  256
#define ACCESS_MOVES  2

enum access_until { UNTIL_SCOPE, UNTIL_DDI, UNTIL_END };

/* A thread that has been in a dispatch routine; its own, and kept until the machine stops. */
struct access_thread {
    struct access_thread *next;
    PKTHREAD thread;
    bool shut; /* the client's memory is out of its reach */
    struct access_call {
        PDEVICE_OBJECT device;
        PIRP irp;
        bool shut; /* the driver is not the library's own */
    } calls[ACCESS_CALLS]; /* KTHREAD.Calls of them; what is deeper is not noted */
    unsigned ranges; /* probed since the outermost call began; when there are too many the oldest go */
    struct access_range {
        uintptr_t low, high;
    } range[ACCESS_RANGES];
    unsigned opened;
    struct access_opened {
        uintptr_t page;
        enum access_until until;
    } open[ACCESS_OPENED];
    const void *last_pc, *last_address; /* of the fault before, and how often it came without any progress */
    unsigned repeats;
    unsigned steps; /* pages that are open for one instruction */
    uintptr_t step[ACCESS_STEPS];
    const void *step_pc, *step_address;
};

/* A request between NOTE_IRP_BUILT and NOTE_IRP_FINISHED. */
struct access_request {
    struct access_request *next;
    PIRP irp;
    const void *dispatch; /* the top driver's */
    UCHAR major;
    ULONG code; /* of a control request */
    ULONG input, output; /* lengths */
    uint64_t serial;
    bool filled;     /* the system buffer has the pattern behind the input */
    uint8_t *direct; /* the client's output buffer, which has it as well, and what it held before */
    uint8_t *before;
    PEPROCESS process; /* whose the moved buffers are */
    struct access_moved {
        uint8_t *from, *to, *before; /* the client's buffer, what stands for it, and what it held */
        ULONG length;
    } moved[ACCESS_MOVES];
};

struct fetch_region;
struct stale_hole;

struct accessp_state {
    struct gate_observer observer;
    _Atomic unsigned lock;
    struct access_thread *threads;
    struct access_request *requests;
    uint64_t serial;
    unsigned inside; /* threads that are shut; without a key */
    int key;         /* 0: none, pages are protected for all */
    unsigned sites;
    uintptr_t site[ACCESS_SITES]; /* what was reported: once each */
    struct fetch_region *regions;
    struct stale_hole *holes;
    unsigned hole_count;
    uint64_t random; /* the state of the generator, from the seed */
};

static inline struct accessp_state *access_state(void)
{
    return ntio_machine.access_state;
}

static inline bool access_on(enum machine_access what)
{
    return (ntio_machine.access & what) != 0;
}

/* True once for each site. */
bool access_first_report(uintptr_t site);
struct access_thread *access_thread(PKTHREAD); /* made if need be; NULL: no memory */
struct access_request *access_find_request(PIRP); /* under the lock */
/* "code 0x222003" or "a read": for reports. */
void access_describe(const struct access_request *, char *text, size_t size);
void access_driver_name(const void *site, char *text, size_t size);

/* --- isolate.c --- */

void isolate_enter(struct access_thread *, PDEVICE_OBJECT, PIRP, bool own);
void isolate_leave(struct access_thread *, PDEVICE_OBJECT, PIRP);
void isolate_unwind(struct access_thread *, uint32_t calls);
void isolate_probed(struct access_thread *, const volatile void *, size_t length);
void isolate_close(struct access_thread *, enum access_until); /* what is open for no longer than that */
/* Whether the access is allowed; if not it has been reported. */
bool isolate_judge(struct access_thread *, const struct host_fault *);
/* Lets the access at the fault's address through. */
void isolate_let(struct access_thread *, const struct host_fault *);
/* What a page is when nobody hides it. */
enum mm_shield isolate_shield(void);

/* --- fetch.c --- */

void fetch_request(const struct access_request *, PIO_STACK_LOCATION);
void fetch_probed(struct access_thread *, const volatile void *, size_t length);
void fetch_mapped(const MDL *);
void fetch_unmapping(const MDL *);
void fetch_finished(PIRP);
void fetch_hide_again(void); /* after MmShieldAll; under the lock */
void fetch_rehide(void);     /* the same without it */
bool fetch_watches(const void *address);
/* Lets the instruction through and looks at what it fetches. */
void fetch_fault(struct access_thread *, const struct host_fault *, int protection);
void fetch_stepped(struct access_thread *);
void fetch_stop(void);

/* decode.c: bytes that the instruction reads or writes in memory; 1 when it is not known. */
unsigned access_operand_size(const uint8_t *code);

/* --- moved.c --- */

void moved_begin(struct access_request *, PIO_STACK_LOCATION);
void moved_end(struct access_request *, bool finished);

/* --- stale.c --- */

void stale_begin(struct access_request *);
void stale_end(struct access_request *, NTSTATUS, ULONG_PTR information, SIZE_T copied);
void stale_stop(void);
