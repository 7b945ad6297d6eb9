/*
 * All system services, those included that no header of Windows shows. Clients get them through <winternl.h>.
 */
#ifndef NTIO_SERVICES_H
#define NTIO_SERVICES_H

#include "ntio_native_show.h"
#include "ntio_unlisted.h"
#include "ntio_zwfs.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NTIO_SHOW_DDK(name, parameters)
#define NTIO_SHOW_IFS(name, parameters)
#define NTIO_SHOW_OWN(name, parameters) NTSYSCALLAPI NTSTATUS NTAPI name parameters;
#include "ntio_servicetable.h"

#ifdef __cplusplus
}
#endif

#endif
