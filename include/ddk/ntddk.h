/*
 * <ntddk.h>: what <wdm.h> has, processes, threads and images to be told of, and tables.
 */
#ifndef NTIO_NTDDK_H
#define NTIO_NTDDK_H
#define _NTDDK_

#include "wdm.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "ntio_ddk.h"
#include "ntio_tree.h"

#ifdef __cplusplus
}
#endif

#endif
