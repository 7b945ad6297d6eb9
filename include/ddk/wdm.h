/*
 * <wdm.h>: the driver's side of the system. The parts stand in headers by subject.
 */
#ifndef NTIO_WDM_H
#define NTIO_WDM_H
#define _WDMDDK_
#ifndef _NTDDK_
#define _WDM_INCLUDED_
#endif

#include "ntio_base.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "ntio_rtl.h"
#include "ntio_ke.h"
#include "ntio_shared.h"
#include "ntio_ex.h"
#include "ntio_ob.h"
#include "ntio_pnp.h"
#include "ntio_io.h"
#if __has_include("ntio_cm.h")
#include "ntio_cm.h"
#endif
#if __has_include("ntio_hal.h")
#include "ntio_hal.h"
#endif
#include "ntio_zw.h"
#include "ntio_tm.h"
#include "csq.h"

#ifdef __cplusplus
}
#endif

#endif
