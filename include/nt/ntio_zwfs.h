/*
 * The system services that only <ntifs.h> shows.
 */
#ifndef NTIO_ZWFS_H
#define NTIO_ZWFS_H

#include "ntio_native_show.h"
#include "ntio_fileinfo.h"
#include "ntio_queryfs.h"
#include "ntio_token.h"
#include "ntio_zw.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NTIO_SHOW_DDK(name, parameters)
#define NTIO_SHOW_IFS(name, parameters) NTSYSCALLAPI NTSTATUS NTAPI name parameters;
#define NTIO_SHOW_OWN(name, parameters)
#include "ntio_servicetable.h"

#ifdef __cplusplus
}
#endif

#endif
