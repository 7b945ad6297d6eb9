/*
 * Private to processes and threads.
 */
#pragma once

#include "../ke/service.h"
#include "../mm/mm.h"
#include "ps.h"

#define PSP_TAG_NAME     'mNsP'
#define PSP_IMAGE_SIZE   0x10000 /* what a process's image takes of its memory */
#define PSP_NOTIFY_MOST 64 /* as NT */

enum psp_notify_kind { PSP_NOTIFY_PLAIN, PSP_NOTIFY_EX, PSP_NOTIFY_EX2 };
struct psp_notify {
    PVOID routine;
    ULONG kind;
    ULONG running;
};
struct psp_notify_table {
    _Atomic ULONG count;
    struct psp_notify entry[PSP_NOTIFY_MOST]; /* under notify_lock */
};
/* On the stack of who calls the routine. */
struct psp_call {
    struct psp_call *outer;
    struct psp_notify *notify;
};

struct psp_state {
    POBJECT_TYPE process_type, thread_type;
    PEPROCESS system, client;
    _Atomic unsigned lock; /* the list of processes and each one's of threads */
    LIST_ENTRY processes;
    _Atomic ULONG next_id; /* processes and threads share one sequence, as on NT */
    void (*rundown)(PETHREAD);
    void (*client_rundown)(void);
    KEVENT reap;
    _Atomic BOOLEAN reaping; /* the reaper thread exists */
    _Atomic BOOLEAN ended;
    _Atomic unsigned notify_lock;
    struct psp_notify_table processes_told, threads_told, images_told;
};
#define PSP (ntio_machine.ps)

static inline void psp_free_text(UNICODE_STRING *text)
{
    if (text->Buffer)
        MmFreeSystemPool(text->Buffer);
}

HANDLE psp_new_id(void);
void psp_create_types(void);
struct psp_new_process {
    HANDLE id;
    struct ob_handle_table *table; /* NULL: one of its own is made */
    HANDLE parent;
    UNICODE_STRING image, file, command; /* see EPROCESS */
    BOOLEAN simulated; /* the strings are in system pool and become the process's, whatever comes of it */
};
NTSTATUS psp_create_process(const struct psp_new_process *, PEPROCESS *);
PEPROCESS psp_find_process(HANDLE id); /* referenced */
void psp_delete_process(PVOID);
void psp_delete_thread(PVOID);
PKTHREAD psp_adopt(bool own);
void psp_ending(PKTHREAD);
void psp_ended(PKTHREAD);
enum psp_birth { PSP_MADE, PSP_ADOPTED /* a host thread that was there */ };
NTSTATUS psp_create_thread(PEPROCESS, enum psp_birth, KPROCESSOR_MODE mode, POBJECT_ATTRIBUTES, PETHREAD *);
VOID psp_run_user_thread(PVOID thread);
void psp_prepare_suspension(PETHREAD);
KAFFINITY psp_process_affinity(PEPROCESS);
KAFFINITY psp_thread_affinity(PETHREAD);
void psp_obey_affinity(PETHREAD); /* the calling thread: says that it is on one of its processors */
void psp_stay_suspended(PETHREAD); /* the calling thread, as long as its count says so */
NTSTATUS psp_doom_thread(PETHREAD, NTSTATUS);
/* Counts a thread in that is about to begin; STATUS_PROCESS_IS_TERMINATING. */
NTSTATUS psp_count_in(PETHREAD);
BOOLEAN psp_count_out(PETHREAD); /* TRUE: it was the last one, and the process ends with it */
void psp_start_reaper(void);
void psp_wake_reaper(void);

ULONG psp_session(PEPROCESS);

/* --- who is told (notify.c) --- */

void psp_tell_process(PEPROCESS, PPS_CREATE_NOTIFY_INFO); /* without info: of its end */
void psp_tell_thread(PETHREAD, BOOLEAN create);
void psp_tell_own_birth(PETHREAD); /* the calling thread: those who want to be told by the thread itself */
/* System threads that began in an image which is about to go; says what is left. How many. */
ULONG psp_report_threads(const void *base, size_t size, const char *driver);

/* --- the beginning and the end of processes (create.c, exit.c) --- */

/*
 * A process whose main thread is there and waits to be played. dos_image: C:\...; without a command line it is the image
 * in quotes. user: an ntio_user, or PSP_PARENTS_USER. *process has the reference of its being alive, which goes with its
 * end, and one more for the caller. Who is told may refuse it: then it has ended already.
 */
#define PSP_PARENTS_USER (~0u)
NTSTATUS psp_start_process(PCUNICODE_STRING dos_image, PCUNICODE_STRING command, PEPROCESS parent, ULONG user,
                           PEPROCESS *process);
/* Ends all its threads. Does not return to a thread of the process; does not wait for others that run. */
NTSTATUS psp_terminate_process(PEPROCESS, NTSTATUS);
/* The current thread leaves its process: tells, and (the last one) ends the process. Twice: before and after its requests go. */
BOOLEAN psp_leave_process(PETHREAD);
void psp_end_process(PEPROCESS);
bool psp_await_process(PEPROCESS); /* until it has ended; false: in vain */
