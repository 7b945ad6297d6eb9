/*
 * The host: everything ntio asks of the operating system it really runs on. Nothing outside this folder includes a
 * host header for threads, memory, signals, files or clocks. Failures come back as false or NULL; the caller
 * turns them into an NTSTATUS.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../machine.h"
#include "shadow.h"

#if defined(__SANITIZE_THREAD__)
#define HOST_SANITIZED_THREADS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HOST_SANITIZED_THREADS 1
#endif
#endif

#if defined(HOST_SANITIZED_THREADS) || defined(HOST_SANITIZED_MEMORY)
#define HOST_SIGNALS_TAKEN 1
#endif

void host_start(void);
void host_stop(void);

/* --- the asymmetric barrier --- */

static inline void host_full_fence(void)
{
#if defined(HOST_SANITIZED_THREADS) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan" /* no handshake relies on the sanitizer's knowing of the fence */
#endif
    atomic_thread_fence(memory_order_seq_cst);
#if defined(HOST_SANITIZED_THREADS) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
}
/*
 * For two threads that each store something and then look at what the other stores: the rare one calls host_barrier in
 * between (a system call; every running thread of the process passes a full fence), the frequent one host_light_barrier, which
 * costs nothing but the compiler's freedom. At least one of the two then sees the other's store.
 */
void host_barrier(void);
static inline void host_light_barrier(void)
{
    if (__builtin_expect(ntio_machine.fences, 0))
        host_full_fence();
    else
        atomic_signal_fence(memory_order_seq_cst);
}

/* --- threads and parking: the only blocking primitives of the library --- */

struct host_thread;
struct host_thread *host_thread_create(void (*entry)(void *), void *context, size_t stack_size, const char *name);
void host_thread_join(struct host_thread *);   /* waits for the end and frees it */
void host_thread_detach(struct host_thread *); /* frees itself at its end */
void host_thread_stack(void **low, void **high); /* bounds of the calling thread's stack */
uint64_t host_thread_id(void);
/*
 * Prepares a thread that is not one of host_thread_create's (an alternate signal stack) and calls routine(value) when it
 * ends; NULL takes the routine back. One routine a thread; forgotten when the machine stops.
 */
void host_thread_at_exit(void (*routine)(void *), void *value);
_Noreturn void host_thread_exit(void); /* ends the calling host thread; nothing above it on the stack runs on */

/*
 * Another stack for the calling thread. host_stack_call runs routine(context) on `to`, from sp downwards, and comes back when it
 * returns; a jump out of it may only go to a place on the stack that it runs on (and a routine that host_stack_call runs there again
 * does). A stack that was left by such a jump is given up with host_stack_abandon before it is used again.
 */
struct host_stack {
    void *low;
    size_t size;
    void *sp;           /* where it was left last: what lies below is free */
    void *fake, *fiber; /* the sanitizers' */
    bool own_fiber;
};
void host_stack_call(struct host_stack *from, struct host_stack *to, void *sp, void (*routine)(void *), void *context);
void host_stack_abandon(struct host_stack *);
void host_stack_unpoison(struct host_stack *); /* a jump on it, out of a signal handler, is about to leave frames */
void host_stack_free(struct host_stack *); /* what the sanitizers keep of it; not the memory */

/* One token: unpark before park makes the next park return at once. Only the owner parks. */
struct host_parker {
    _Atomic uint32_t token;
    uint32_t reserved;
};
#define HOST_FOREVER UINT64_MAX
bool host_park(struct host_parker *, uint64_t deadline); /* host_clock time; false: the time came first */
void host_unpark(struct host_parker *);
void host_spin(unsigned turn); /* the body of every spin loop; turn counts from 0 and decides when to yield */
unsigned host_processor_count(void);
unsigned host_current_processor(void);

/* --- clocks, 100 ns units --- */

uint64_t host_clock(void); /* monotonic, since some origin */
uint64_t host_time(void);  /* system time, UTC since 1601-01-01 */
int32_t host_time_zone_bias_minutes(void); /* UTC = local + bias */
uint64_t host_nanoseconds(void); /* monotonic, for the performance counter */

/* --- virtual memory; all sizes and addresses are multiples of the page --- */

#define HOST_PAGE 4096u
enum host_protection { HOST_NONE = 0, HOST_READ = 1, HOST_WRITE = 2, HOST_EXECUTE = 4,
                       HOST_COPY = 8 /* of a section's pages: what is written is seen by nobody else */ };
void *host_vm_reserve(size_t size); /* inaccessible address space that costs nothing until committed */
void host_vm_release(void *, size_t size);
bool host_vm_commit(void *, size_t size, int protection); /* inside a reservation; zeroed when first touched */
void host_vm_decommit(void *, size_t size);               /* contents are lost; the reservation stays */
bool host_vm_protect(void *, size_t size, int protection);
/*
 * Protection keys: pages with a key are reached only by threads that have it open, which is decided without a system call. Every
 * thread but the one that made the key begins with it shut. host_vm_protect keeps a page's key; 0 is no key.
 */
int host_key_create(void); /* 0: the host has none */
void host_key_free(int key);
bool host_key_protect(void *, size_t size, int protection, int key);
void host_key_open(int key, bool open);
struct host_fault;
/* In a fault handler, where all keys may be shut: what the thread will find when the handler returns. */
bool host_key_open_after(const struct host_fault *, int key, bool open);
/* Shared pages that can be mapped at several addresses; NULL where the host has none (the caller falls back). */
struct host_section;
struct host_section *host_section_create(uint64_t size);
void host_section_free(struct host_section *);
bool host_section_map(struct host_section *, uint64_t offset, void *at, size_t size, int protection);
bool host_vm_flush(void *, size_t size); /* of a file's section: to the disk */
void host_section_discard(struct host_section *, uint64_t offset, size_t size); /* pages read as zero again */

/* --- faults --- */

enum host_fault_kind { HOST_FAULT_ACCESS, HOST_FAULT_ALIGNMENT, HOST_FAULT_ILLEGAL, HOST_FAULT_DIVIDE,
                       HOST_FAULT_FLOAT, HOST_FAULT_BREAKPOINT };
struct host_fault {
    enum host_fault_kind kind;
    void *address;       /* touched (access); all ones: the host does not say */
    void *pc;            /* of the instruction */
    void *link;          /* where a function that has made no frame yet returns to, if a register says so; else NULL */
    int access;          /* HOST_READ, HOST_WRITE, HOST_EXECUTE or 0 if the host does not say */
    bool mapped;         /* there is a page, but not for this access; false: there is none, or the host does not say */
    void *stack;         /* stack pointer at the fault */
    void *frame;         /* frame pointer there; NULL if the host does not say */
    bool copying;        /* in host_copy or host_touch; only the first handler sees these */
    bool keyed;          /* the page's key is shut */
    void *host_context;  /* ucontext_t */
};
/*
 * The handler runs on the faulting thread with the fault unblocked, so it may leave by siglongjmp (saved
 * without a mask). Returning true resumes the instruction, false hands the fault to whoever had it before (a
 * sanitizer, the default action). Faults of host_copy never reach it.
 */
#define HOST_REGISTERS 31
/* The general registers at the fault, without the stack pointer; how many. 0: the host does not tell them. */
unsigned host_fault_registers(const struct host_fault *, uintptr_t registers[HOST_REGISTERS]);
/* The return address of the call that led to an address that is no code; NULL: not known. */
void *host_fault_caller(const struct host_fault *);
/*
 * In the handler: once it has returned true the thread calls routine, on the stack on which the fault happened and with a copy of
 * the fault. When the routine returns the instruction runs again, with all registers as they were. False: not on this
 * host, or not on that stack, which may have no room.
 */
bool host_fault_call(const struct host_fault *, void (*routine)(struct host_fault *));
/*
 * The registers that the instruction will have when it runs again, in the order of an x64 CONTEXT from Rax to Rip. On other
 * processors only the last is there, and Rsp.
 */
#define HOST_FAULT_WORDS 17
void host_fault_get(const struct host_fault *, unsigned long long words[HOST_FAULT_WORDS], uint32_t *flags);
void host_fault_set(struct host_fault *, const unsigned long long words[HOST_FAULT_WORDS], uint32_t flags);
bool host_faults_install(bool (*handler)(const struct host_fault *));
void host_faults_remove(void);
/*
 * Asked first about every fault of an access, those of host_copy included: true runs the instruction again. May be called on a thread
 * that is none of the machine's.
 */
void host_faults_resolve(bool (*)(void *address, int access));
/*
 * A handler that sees every fault before all others, those of host_copy and host_touch too (fault->copying). NULL takes it
 * back. What it says: the fault goes its ordinary way; the instruction is run again; it is a fault, and nobody resolves it.
 */
enum host_verdict { HOST_PASS, HOST_AGAIN, HOST_REFUSE };
void host_faults_first(enum host_verdict (*handler)(const struct host_fault *));
/*
 * Single steps: in the first handler, on lets the faulting instruction run and stop behind it, with a HOST_FAULT_BREAKPOINT; off
 * lets the thread go on. Only where host_can_step.
 */
bool host_can_step(void);
void host_step(const struct host_fault *, bool on);
/*
 * Takes the faults again from whoever set a handler meanwhile. The outermost entry into the system calls it where a
 * sanitizer, which answers signal() itself, keeps us from being told; elsewhere it is nothing.
 */
#ifdef HOST_SIGNALS_TAKEN
void host_faults_renew(void);
#else
static inline void host_faults_renew(void)
{
}
#endif
/*
 * The copy that may fault (copy.c). Its two return registers are what the signal handler sets when it sends a
 * faulting copy on to hostp_copy_recover.
 */
struct hostp_copied {
    uintptr_t failed;
    uintptr_t address;
};
struct hostp_copied hostp_copy(void *to, const void *from, size_t size);
struct hostp_copied hostp_touch(volatile void *address, int write);
struct hostp_copied hostp_store(void *to, uint32_t value);
bool host_copy_failed(uintptr_t address, const void *to, const void *from, size_t size, void **bad);

/* Copies between possibly bad addresses; false on a fault, *bad (if asked for) the first address that failed. */
static inline bool host_copy(void *to, const void *from, size_t size, void **bad)
{
    if (size == 0)
        return true;
    host_faults_renew();
    struct hostp_copied copied = hostp_copy(to, from, size);
    if (__builtin_expect(!copied.failed, 1)) {
        host_shadow_copied(to, from, size);
        return true;
    }
    return host_copy_failed(copied.address, to, from, size, bad);
}
/* The same to look at what others have there: for the sanitizer that has been written, whatever it is. */
static inline bool host_peek(void *to, const void *from, size_t size)
{
    if (!host_copy(to, from, size, NULL))
        return false;
    host_shadow_written(to, size);
    return true;
}
/* Reads a byte or (write) tries that it can be written by writing back what it read; false on a fault. */
static inline bool host_touch(volatile void *address, bool write)
{
    host_faults_renew();
    return !hostp_touch(address, write).failed;
}
/* Stores four bytes at any address; false on a fault. */
static inline bool host_store32(void *to, uint32_t value)
{
    host_faults_renew();
    if (hostp_store(to, value).failed)
        return false;
    host_shadow_written(to, sizeof value);
    return true;
}

/* --- images: a driver is a shared object of its own --- */

struct host_image;
/* Always a fresh copy: its globals have their initial values even if the same file was open before. */
struct host_image *host_image_open(const char *path, char *error, size_t error_size);
void *host_image_symbol(struct host_image *, const char *name);
void host_image_range(struct host_image *, void **base, size_t *size);
void host_image_close(struct host_image *);
void *host_own_symbol(const char *name); /* what this library exports under that name, or NULL */

/* --- directories, as the host writes them; false: it does not tell, or there is no such --- */

bool host_current_directory(char *path, size_t size);
bool host_is_directory(const char *path);
bool host_program_path(char *path, size_t size); /* the running program's file */

/*
 * --- files below a root ---
 *
 * Paths are UTF-8 with slashes, relative to the root and in the host's own spelling; the root itself is "". They
 * have no "." or "..", and no component that is a link is ever followed: it ends as HOST_NO_PATH.
 * Times are host_time's; offsets and sizes are bytes.
 */

struct host_root;
struct host_file;
enum host_result { HOST_OK, HOST_MISSING, HOST_NO_PATH, HOST_EXISTS, HOST_DENIED, HOST_NOT_EMPTY, HOST_FULL,
                   HOST_READ_ONLY, HOST_BAD_NAME, HOST_BAD_ADDRESS, HOST_NO_MEMORY, HOST_FAILED };
enum host_kind { HOST_FILE, HOST_DIRECTORY, HOST_LINK, HOST_OTHER };
enum host_open { HOST_OPEN_READ, HOST_OPEN_WRITE, HOST_OPEN_CREATE }; /* the latter two read and write; CREATE: it is new */
struct host_about {
    enum host_kind kind;
    bool read_only;
    uint32_t links;
    uint64_t device, id; /* the two together say which file it is */
    uint64_t size, created, accessed, written, changed;
};
struct host_entry {
    const char *name;
    int directory; /* the host's own */
};

struct host_root *host_root_open(const char *path); /* NULL: no directory, or not allowed */
void host_root_close(struct host_root *);
const char *host_root_path(const struct host_root *); /* absolute, links resolved */
bool host_root_space(const struct host_root *, uint64_t *total, uint64_t *free_bytes, uint64_t *available);
enum host_result host_path_about(const struct host_root *, const char *path, struct host_about *);
enum host_result host_path_link(const struct host_root *, const char *path, char *target, size_t size);
enum host_result host_path_rename(const struct host_root *, const char *from, const char *to); /* replaces */
enum host_result host_path_remove(const struct host_root *, const char *path, enum host_kind);
enum host_result host_path_set_times(const struct host_root *, const char *path, uint64_t accessed,
                                     uint64_t written); /* 0: as it is */
enum host_result host_path_set_read_only(const struct host_root *, const char *path, bool read_only);
enum host_result host_directory_make(const struct host_root *, const char *path);
/* Until `each` returns false; without "." and "..". */
enum host_result host_directory_list(const struct host_root *, const char *path,
                                     bool (*each)(void *context, const struct host_entry *), void *context);
bool host_entry_about(const struct host_entry *, struct host_about *);
enum host_result host_file_open(const struct host_root *, const char *path, enum host_open, struct host_file **);
void host_file_close(struct host_file *);
bool host_file_about(struct host_file *, struct host_about *); /* no time of creation of its own */
/* Fewer bytes than asked for: the file ends there. */
enum host_result host_file_read(struct host_file *, void *, size_t length, uint64_t offset, size_t *done);
enum host_result host_file_write(struct host_file *, const void *, size_t length, uint64_t offset, size_t *done);
enum host_result host_file_resize(struct host_file *, uint64_t size);
enum host_result host_file_flush(struct host_file *);
struct host_section *host_file_section(struct host_file *); /* the file's own pages; NULL: no memory */

/* A FILE of the C library over functions of ours, which say -1 for an error. */
struct host_stream_calls {
    int (*read)(int number, void *, unsigned);
    int (*write)(int number, const void *, unsigned);
    int64_t (*seek)(int number, int64_t offset, int whence);
    int (*close)(int number);
};
void *host_stream_open(int number, const char *mode, const struct host_stream_calls *); /* NULL: no memory */

/*
 * Puts a stream in the place of a standard one (0 input, 1 output, 2 errors), for everybody who names it from now on. Returns the one
 * that was there; NULL: this host's cannot be replaced.
 */
void *host_stream_replace(int standard, void *stream);

/* --- the rest --- */

/*
 * Return addresses, innermost first, from the frame whose address is given or, where that is NULL, the caller's own; at (may be
 * NULL): the address of each frame, NULL where the host does not tell, which then begins nowhere but at the caller (0).
 */
int host_frames(const void *first, void **frames, const void **at, int most);
static inline __attribute__((always_inline)) int host_backtrace(void **frames, int most)
{
    return host_frames(NULL, frames, NULL, most);
}
/* The same by the unwind tables, through code that keeps no frame pointers: for stacks that are known to be whole. */
int host_callers(void **frames, int most);
/* "function+0x12 at file" as far as the host can tell; always terminated. */
void host_symbol(const void *address, char *text, size_t size);
/* The same for a report, with " (driver.c:123)" where the host knows the line; it takes about a millisecond. */
void host_place(const void *address, char *text, size_t size);
/* The same of a return address: the function that called, even where the call was its last instruction. */
void host_call_site(const void *address, char *text, size_t size);
/* Where the code of the program is, without that of its libraries; false: the host does not tell. */
bool host_program_code(uintptr_t *low, uintptr_t *end);
void host_own_range(void **base, size_t *size); /* where this library is */
bool host_is_own_code(const void *address); /* inside this library's own text; cheap */
bool host_is_program_code(const void *address); /* the program's own, neither a library's nor a driver's; false: unknown, too */
const char *host_getenv(const char *name);
char *const *host_environment(void); /* "name=value", NULL at the end; as long as nobody changes it */
bool host_setenv(const char *name, const char *value); /* NULL: it is taken away */
void host_random(void *bytes, size_t size);
uint32_t host_process_id(void);
void host_log(const char *text, size_t length); /* to stderr, in one write */
bool host_stderr_is_terminal(void);
int host_read_key(bool echo); /* waits for one key; -1: there is no more input */
bool host_key_waiting(void);  /* true at the end of the input too: host_read_key would not wait */
_Noreturn void host_abort(void);
_Noreturn void host_exit(int status); /* at once: no atexit handlers */
