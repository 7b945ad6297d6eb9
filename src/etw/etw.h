/*
 * Event tracing: providers that register, and the events they write, each of which becomes a line of the machine's log.
 * There are no sessions: every provider is enabled, for all levels and keywords, until ntio_etw_enable says otherwise.
 */
#pragma once

#include <ntifs.h>

/* Takes away the registrations that the image from `base` on made, each a violation of `name`; returns how many. */
ULONG etw_report_left(PVOID base, SIZE_T size, const char *name);

/* What a client's EventRegister and EventUnregister are made of. */
NTSTATUS etw_register(const GUID *provider, PETWENABLECALLBACK callback, PVOID context, const void *caller,
                      PREGHANDLE handle);
NTSTATUS etw_unregister(REGHANDLE handle);
NTSTATUS etw_write(REGHANDLE handle, PCEVENT_DESCRIPTOR descriptor, ULONG count, const EVENT_DATA_DESCRIPTOR *data);
NTSTATUS etw_write_string(REGHANDLE handle, UCHAR level, ULONGLONG keyword, PCWSTR string);
/* Whether events of this level and keyword are written. False for a handle that is none. */
BOOLEAN etw_enabled(REGHANDLE handle, UCHAR level, ULONGLONG keyword);
NTSTATUS etw_activity(ULONG code, GUID *activity);
