/*
 * Private to the executive's dispatcher objects by handle: events, mutants, semaphores, timers.
 */
#pragma once

#include "../ke/service.h"
#include "../mm/mm.h"
#include "../ob/ob.h"

void ex_create_sync_types(void);
void ex_forget_sync_types(void);

void ex_create_event_type(void);
void ex_create_mutant_type(void);
void ex_create_semaphore_type(void);
void ex_create_timer_type(void);
void ex_create_section_type(void);
POBJECT_TYPE *ex_create_type(const OB_TYPE_INITIALIZER *);

/* A result that the caller may not want (NULL). */
NTSTATUS ex_probe_long(PLONG, KPROCESSOR_MODE);
NTSTATUS ex_return_long(PLONG, LONG value, KPROCESSOR_MODE);
NTSTATUS ex_probe_out(PVOID, ULONG size, KPROCESSOR_MODE);
