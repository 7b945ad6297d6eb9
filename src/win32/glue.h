/*
 * The few things that win32/ takes from the kernel's own structures, so that none of its other files sees
 * them.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint32_t win32_last_error(void);
void win32_set_last_error(uint32_t error);

uint32_t win32_process_id(void);
uint32_t win32_thread_id(void);

/* Where the thread says that it runs, when it has been told where to. */
uint32_t win32_processor(void);
uint64_t win32_all_processors(void); /* a bit for each */

/* The thread's fiber-local storage, fls.c's; and what happens when a thread comes back from its routine. */
void **win32_fls_values(void);
void win32_set_rundown(void (*routine)(void));

/* The thread's own values of thread-local storage, and one of them set to NULL in every thread. */
void **win32_tls_slots(void);
void win32_tls_clear(unsigned slot);

/* Loads or unloads the registered image; an NTSTATUS. */
int32_t win32_load_driver(const uint16_t *service, unsigned length);
int32_t win32_unload_driver(const uint16_t *service, unsigned length);
bool win32_driver_loaded(const uint16_t *service, unsigned length);

/* Starts a simulated process whose main thread runs start(context); an NTSTATUS. The handles are the caller's process's. */
struct win32_started {
    void *process, *thread;
    uint32_t process_id, thread_id;
};
int32_t win32_start_process(const uint16_t *image, unsigned image_length, const uint16_t *command, unsigned command_length,
                            uint32_t (*start)(void *), void *context, bool suspended, struct win32_started *);

/* Raises the EXCEPTION_RECORD; returns when a filter has the execution go on. */
void win32_raise(const void *record);
/* Who is asked about the client's exceptions before and after its frames; NULL: nobody. */
struct _EXCEPTION_POINTERS;
typedef int32_t win32_filter(struct _EXCEPTION_POINTERS *);
void win32_set_filters(win32_filter *first, win32_filter *last);

/* Text to where DbgPrint's goes. */
void win32_debug_text(const char *text, unsigned length);

/* Upper and lower case, by NT's tables. */
uint16_t win32_upper(uint16_t);
uint16_t win32_lower(uint16_t);

/* NT's formatted print: at most size - 1 units and a terminator; the length of the whole. */
int win32_print(char *to, size_t size, const char *format, va_list);
int win32_print_wide(uint16_t *to, size_t size, const uint16_t *format, va_list);

/* HKEY_CURRENT_USER's path, and an event for the next change of a key; an NTSTATUS. */
const uint16_t *win32_user_key(void);
int32_t win32_notify_key(void *key, void *event, uint32_t filter, bool tree);

/* The service's key under Services: a value (data NULL: none), and the whole. No more than short locks are taken. */
void win32_set_service_value(const uint16_t *service, unsigned length, const uint16_t *name, uint32_t type,
                             const void *data, uint32_t size);
void win32_delete_service_key(const uint16_t *service, unsigned length);

/* S-1-...; an NTSTATUS. And a descriptor from SDDL, self-relative, to be given back to win32_free_descriptor. */
int32_t win32_sid_text(const void *sid, uint16_t *to, size_t room);
int32_t win32_descriptor_from_text(const uint16_t *text, size_t length, void **descriptor, uint32_t *size);
void win32_free_descriptor(void *descriptor);
