/*
 * <ntddk.h>: what <wdm.h> has, and more of the same.
 */
#ifndef NTIO_NTDDK_H
#define NTIO_NTDDK_H
#define _NTDDK_

#include "wdm.h"

#endif
