/*
 * Private to processes and threads.
 */
#pragma once

#include "../ke/service.h"
#include "../mm/mm.h"
#include "ps.h"

struct psp_state {
    POBJECT_TYPE process_type, thread_type;
    PEPROCESS system, client;
    _Atomic unsigned lock; /* the list of processes and each one's of threads */
    LIST_ENTRY processes;
    _Atomic ULONG next_id; /* processes and threads share one sequence, as on NT */
    void (*rundown)(PETHREAD);
    KEVENT reap;
    _Atomic BOOLEAN reaping; /* the reaper thread exists */
    _Atomic BOOLEAN ended;
};
#define PSP (ntio_machine.ps)

HANDLE psp_new_id(void);
void psp_create_types(void);
NTSTATUS psp_create_process(const WCHAR *image, HANDLE id, struct ob_handle_table *, PEPROCESS *);
void psp_delete_process(PVOID);
void psp_delete_thread(PVOID);
PKTHREAD psp_adopt(void);
void psp_ending(PKTHREAD);
void psp_ended(PKTHREAD);
enum psp_birth { PSP_MADE, PSP_ADOPTED /* a host thread that was there */ };
NTSTATUS psp_create_thread(PEPROCESS, enum psp_birth, KPROCESSOR_MODE mode, POBJECT_ATTRIBUTES, PETHREAD *);
void psp_start_reaper(void);
void psp_wake_reaper(void);
