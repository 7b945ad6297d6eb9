/*
 * The machine: the one root from which all mutable state of the library hangs.
 *
 * There is one machine in a process. machine_start builds its components in layer order, machine_stop
 * takes them down in the reverse order and leaves nothing behind, so it can be started again. Each component
 * keeps its state in a structure of its own, defined in its private header (obp.h, iop.h, ...) and
 * reached through the pointer here; no file has a mutable static.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who looks through the gate (gate.h). Zero means nobody: the fast path is one load and one branch. */
enum machine_watch {
    WATCH_IRQL = 1 << 0,    /* IRQL rules of ddi.def */
    WATCH_OBSERVER = 1 << 1, /* at least one gate_observer is registered */
    WATCH_CRASHED = 1 << 2, /* a bug check stopped the machine: no thread runs on in it */
    WATCH_LEAVING = 1 << 4, /* the machine is about to stop: the client's threads come in no more */
    WATCH_COMPLETED = 1 << 5, /* completed IRPs are hidden (io) */
    WATCH_FAULTS = 1 << 3,  /* allocations may be failed on purpose */
    WATCH_PAGED = 1 << 9,   /* paged pool is out while a thread is at DISPATCH_LEVEL (mm) */
    WATCH_STACKS = 1 << 8,  /* drivers run on kernel stacks (ke) */
};

enum machine_verifier { VERIFIER_OFF, VERIFIER_STANDARD, VERIFIER_FULL };

/* How memory is watched while drivers run; the options of those names (vf/access.c). */
enum machine_access {
    ACCESS_ISOLATED = 1 << 0,  /* the client's memory is out of reach */
    ACCESS_FAULTS = 1 << 1,    /* what is out of reach faults; else it is only told */
    ACCESS_READ_ONLY = 1 << 2, /* pages locked for reading are mapped for reading */
    ACCESS_FETCHES = 1 << 3,   /* bytes that are fetched twice change in between */
    ACCESS_STALE = 1 << 4,     /* output that was never written is recognised */
    ACCESS_MOVED = 1 << 6,     /* requests' buffers are moved to client memory */
    ACCESS_STALE_DIRECT = 1 << 5, /* also where it is the client's own buffer */
};

/* What the lower layers tell the one who watches memory; all of it, or nothing (hooks is NULL). */
struct machine_hooks {
    void (*probed)(const volatile void *address, size_t length); /* passed; 0: was looked at, no more */
    void (*mapped)(const void *mdl);                             /* has got a system address */
    void (*unmapping)(const void *mdl);                          /* is about to lose it */
    void (*scope)(uint32_t calls); /* a __try body of the current thread is over; what KTHREAD.Calls goes back to */
};

/* A bug check: what stopped the machine. */
struct machine_crash {
    uint32_t code;
    uint64_t parameters[4];
    const void *caller; /* whose fault it is, as an address in its image; NULL: unknown */
};

struct ntio_machine {
    _Atomic unsigned watch; /* enum machine_watch; first, so that the gate's load is cheap */
    _Atomic bool running;
    unsigned started; /* how many components are up */
    enum machine_verifier verifier;
    unsigned char kd_enabled, kd_not_present; /* BOOLEANs that drivers see: is a kernel debugger there? */
    unsigned trace; /* NTIO_TRACE_*, see ntio.h */
    unsigned access; /* enum machine_access */
    unsigned fetch_seed;
    const struct machine_hooks *hooks; /* NULL: nobody watches */
    unsigned processors;
    _Atomic uint32_t kernel_random, client_random; /* the seeds of rand (rtl), xor 1: both begin with 1 */
    size_t kernel_stacks; /* bytes; 0: drivers run on the host's stacks */
    unsigned char special_pool; /* mm: 1 blocks at the end of their pages, 2 at the start; 0: none */
    bool paged_out;             /* paged pool cannot be touched at DISPATCH_LEVEL (mm) */
    const char *files; /* the host directory that is C:, or NULL: what the options or the environment said */
    uintptr_t kernel_base, kernel_size; /* the kernel's address range, one reservation (mm) */
    uintptr_t client_base, client_size; /* what NtAllocateVirtualMemory gives out: one reservation (mm) */
    _Atomic uintptr_t images_low, images_high; /* all driver images lie in between (mm) */
    bool fences;                /* the host has no barrier for others: host_light_barrier is a fence */
    _Atomic bool contexts;      /* a client's memory is in reach of its own threads only (mm: context.c) */
    _Atomic unsigned intruding; /* somebody visits what belongs to the threads (ke: KiVisitThreads) */


    struct host_state *host;
    struct rtlp_state *rtl;
    struct kip_state *ke;
    struct mip_state *mm;
    struct obp_state *ob;
    struct exp_state *ex;
    struct psp_state *ps;
    struct sep_state *se;
    struct tmp_state *tm;
    struct cmp_state *cm;
    struct etwp_state *etw;
    struct iop_state *io;
    struct dbgp_state *dbg;
    struct gatep_state *gate;
    struct vfp_state *vf;
    struct accessp_state *access_state;
    struct pointersp_state *pointers; /* vf */
    struct tracep_state *trace_state;
    struct tracep_marks *stack_marks;
    struct win32p_state *win32;

    /*
     * What outlives a machine: images registered by ntio_register_image and the log the user chose.
     * They are the process's configuration, not the machine's state.
     */
    struct machine_image *images;
    struct machine_program *_Atomic programs;
    _Atomic bool images_lock;
    void (*log)(void *context, const char *text, size_t length);
    void *log_context;
    size_t (*reporter)(const struct machine_crash *, char *text, size_t size);

    _Atomic int64_t locked_pages; /* what threads that have ended leave of KTHREAD.LockedPages (ke); mm reads it last */

    struct kip_catch *_Atomic catcher; /* who expects a bug check (ke); NULL: nobody */

    _Atomic unsigned violations; /* rules broken and things leaked since the start; what ntio_stop returns */
};

/* A driver image that ntio_register_image made known. */
struct machine_image {
    struct machine_image *next;
    char *name; /* the service name, as registered */
    char *path; /* the shared object */
};
/* A client program that ntio_register_program made known; newer ones first. Never freed. */
struct machine_program {
    struct machine_program *next;
    const char *image; /* "C:\\..." */
    int (*main)(int, char **);
};
const struct machine_program *machine_programs(void);
/* The image's path by service name (ASCII, case-insensitive), or NULL. The text lives until the process ends. */
const char *machine_image_path(const char *name);

extern struct ntio_machine ntio_machine __attribute__((visibility("hidden")));

/* The text that a bug check prints; dbg/ fills it in (ke does not know dbg). Returns its length. */
size_t machine_report(const struct machine_crash *, char *text, size_t size);

/* Text for the user: to the log that ntio_options chose, else to stderr. Any thread, any IRQL. */
void machine_log(const char *text, size_t length);

/* True, and a line on the log, when a kernel debugger is there: execution goes on behind the break point. */
bool machine_take_break_point(const void *where);

/* Reports one violation on the log (one line or several, no trailing newline needed) and counts it. */
void machine_violation(const char *format, ...) __attribute__((format(printf, 1, 2)));
