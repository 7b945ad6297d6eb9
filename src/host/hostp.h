/*
 * The host layer's own state and the seams between its files. Only host/ includes this.
 */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "host.h"
#include "../machine.h"

#include <pthread.h>
#include <signal.h>

#if defined(__linux__) && !defined(NTIO_PORTABLE_HOST)
#define HOSTP_LINUX 1
#else
#define HOSTP_LINUX 0
#endif

#define HOSTP_SIGNALS 5

struct host_state {
    pthread_key_t exit_key;
    bool (*fault_handler)(const struct host_fault *);
    bool (*_Atomic fault_resolver)(void *address, int access);
    enum host_verdict (*_Atomic first_handler)(const struct host_fault *);
    struct sigaction previous[HOSTP_SIGNALS]; /* in the order of hostp_signals */
    _Atomic bool renewing;                    /* guards `previous` while handlers are taken again */
    uintptr_t own_base, own_end;              /* this library's image */
    uintptr_t program_base, program_end;      /* the program's own code */
    void *parking;                            /* park_pthread.c's */
    struct hostp_lines *_Atomic lines;        /* line.c's; NULL: nobody has asked yet */
#ifdef HOST_SANITIZED_MEMORY
    bool shadows; /* it is known where they lie (shadow.c) */
    int (*sigaction)(int, const struct sigaction *, struct sigaction *); /* the C library's own */
#endif
};

/* An alternate signal stack for the calling thread, unless somebody (a sanitizer) gave it one. */
void *hostp_signal_stack_add(void);
void hostp_signal_stack_remove(void *);

void hostp_find_program(struct host_state *);
void hostp_barrier_start(void); /* sets ntio_machine.fences */

void hostp_parking_start(void);
void hostp_parking_stop(void);

/* An unlinked file of `size` zero bytes, or -1; and a hole punched into it (false: the host cannot). */
int hostp_anonymous_file(void);
struct host_section *hostp_section_of(int file); /* of a file that is open; it gets a descriptor of its own */
bool hostp_punch_hole(int file, uint64_t offset, size_t size);

/* shadow.c. What is mapped counts as written; attach makes its shadow, and the origins that are `half` behind, a file's. */
#ifdef HOST_SANITIZED_MEMORY
bool hostp_shadow_is_known(void);
void *hostp_map(void *at, size_t size, int protection, int flags, int file, uint64_t offset);
void hostp_shadow_detach(void *at, size_t size);
/* The address whose shadow was touched by the instruction that faulted, if that is what it was; else the fault's. */
void *hostp_shadow_owner(const struct host_fault *);
bool hostp_shadow_attach(void *at, size_t size, int sharing, int file, uint64_t offset, uint64_t half);
#else
#define hostp_map(at, size, protection, flags, file, offset) mmap(at, size, protection, flags, file, (off_t)(offset))
#endif

/* The mapped range of the image that holds an address. */
bool hostp_image_range(const void *address, uintptr_t *base, uintptr_t *end);

/* A static function's name from the image file, with its start; false: none found. */
bool hostp_elf_symbol(const void *address, const char *path, uintptr_t base, char *text, size_t size, uintptr_t *start);

/*
 * "driver.c:123" for an address inside the image `path`, which lies at base; false: not known. Only for reports: the first one
 * loads a library, and each starts a thread. Any stack with 4 KB left.
 */
bool hostp_line(const void *address, const char *path, uintptr_t base, char *text, size_t size);
void hostp_lines_forget(void); /* an image goes: another one may come to lie where it lay */
void hostp_lines_stop(struct host_state *);

/* In the signal handler: takes a fault of hostp_copy's, arranges for it to return a failure. */
bool hostp_copy_recovers(void *host_context, uintptr_t address);
bool hostp_is_copying(void *host_context);
