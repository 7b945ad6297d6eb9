/*
 * The system services that <wdm.h> and <ntddk.h> show.
 */
#ifndef NTIO_ZW_H
#define NTIO_ZW_H

#include "ntio_native_show.h"
#include "ntio_file.h"
#include "ntio_query.h"
#include "ntio_system.h"
#include "ntio_transaction.h"

typedef VOID(NTAPI *PTIMER_APC_ROUTINE)(PVOID TimerContext, ULONG TimerLowValue, LONG TimerHighValue);

#ifdef __cplusplus
extern "C" {
#endif

#define NTIO_SHOW_DDK(name, parameters) NTSYSCALLAPI NTSTATUS NTAPI name parameters;
#define NTIO_SHOW_IFS(name, parameters)
#define NTIO_SHOW_OWN(name, parameters)
#include "ntio_servicetable.h"

#ifdef __cplusplus
}
#endif

#endif
