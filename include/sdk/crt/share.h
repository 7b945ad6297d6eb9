/*
 * <share.h>: what others may do with a file that is open.
 */
#ifndef NTIO_SDK_SHARE_H
#define NTIO_SDK_SHARE_H

#define _SH_COMPAT 0x00
#define _SH_DENYRW 0x10
#define _SH_DENYWR 0x20
#define _SH_DENYRD 0x30
#define _SH_DENYNO 0x40
#define _SH_SECURE 0x80

#endif
