/*
 * <ntifs.h>: everything of <ntddk.h>, and what file systems and their filters use.
 */
#ifndef NTIO_NTIFS_H
#define NTIO_NTIFS_H
#define _NTIFS_
#define _NTIFS_INCLUDED_

#include "ntddk.h"

#endif
