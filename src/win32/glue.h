/*
 * The few things that win32/ takes from the kernel's own structures, so that none of its other files sees
 * them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

uint32_t win32_last_error(void);
void win32_set_last_error(uint32_t error);

uint32_t win32_process_id(void);
uint32_t win32_thread_id(void);

/* The thread's word for win32/ (ETHREAD.Win32). */
void **win32_thread_word(void);

/* Loads or unloads the registered image; an NTSTATUS. */
int32_t win32_load_driver(const uint16_t *service, unsigned length);
int32_t win32_unload_driver(const uint16_t *service, unsigned length);
bool win32_driver_loaded(const uint16_t *service, unsigned length);

/* Text to where DbgPrint's goes. */
void win32_debug_text(const char *text, unsigned length);
