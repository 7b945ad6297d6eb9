/*
 * The client's one header.
 *
 * WIN32_LEAN_AND_MEAN leaves out <winioctl.h>; NOSERVICE, NOUSER and NONLS leave out what they name, as in Windows.
 */
#ifndef NTIO_WINDOWS_H
#define NTIO_WINDOWS_H
#define _WINDOWS_
#define _INC_WINDOWS

#ifndef WINVER
#define WINVER 0x0A00
#endif
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif

#include <stdarg.h>

#include "windef.h"
#include "winbase.h"
#include "wincon.h"
#include "winerror.h"
#include "winreg.h"
#ifndef NOUSER
#include "winuser.h"
#endif
#ifndef NONLS
#include "winnls.h"
#endif
#ifndef NOSERVICE
#include "winsvc.h"
#endif
#ifndef WIN32_LEAN_AND_MEAN
#include "winioctl.h"
#endif

#include "driverspecs.h"
#ifndef WIN32_LEAN_AND_MEAN
/* What comes with RPC's headers. */
typedef unsigned char boolean;
typedef unsigned char byte;
#endif

#ifndef NTIO_WINTERNL_H
#include "ntio_native_hide.h"
#endif

#endif
