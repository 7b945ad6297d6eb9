/* Calls a routine; the exception that it raises is the status. */
#pragma once

#include <ntifs.h>

NTSTATUS dbgp_call_guarded(void (*routine)(void *), void *context);
