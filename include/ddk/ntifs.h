/*
 * <ntifs.h>: everything of <ntddk.h>, and what file systems and their filters use.
 */
#ifndef NTIO_NTIFS_H
#define NTIO_NTIFS_H
#define _NTIFS_
#define _NTIFS_INCLUDED_

#include "ntddk.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "ntio_fs.h"
#include "ntio_fsse.h"
#include "ntio_zwfs.h"
#include "ntio_fsctl.h"
#include "ntio_pipe.h"

#ifdef __cplusplus
}
#endif

#if defined(NTIO_BUILDING) || defined(NTIO_UNDOCUMENTED)
#include "ntio_undocumented.h"
#endif

#endif
