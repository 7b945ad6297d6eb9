/*
 * <excpt.h>: structured exception handling, see ntio_seh.h. In a driver the lower-case words of the WDK's C sources
 * exist too.
 */
#ifndef NTIO_EXCPT_H
#define NTIO_EXCPT_H

#include "ntio_seh.h"

#if defined(_KERNEL_MODE) && !defined(__cplusplus)
#define try     __try
#define except  __except
#define finally __finally
#define leave   __leave
#endif

#endif
