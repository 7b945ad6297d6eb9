/*
 * <sys/timeb.h>: the time with milliseconds.
 */
#ifndef NTIO_SDK_SYS_TIMEB_H
#define NTIO_SDK_SYS_TIMEB_H

#include <time.h>

#include "ntio_compiler.h"

struct __timeb64 {
    __time64_t time;
    unsigned short millitm;
    short timezone; /* minutes west of UTC */
    short dstflag;
};
#define _timeb __timeb64

#ifdef __cplusplus
extern "C" {
#endif
NTIO_EXPORT int _ftime64_s(struct __timeb64 *now);
#ifdef __cplusplus
}
#endif

#define _ftime64(now) ((void)_ftime64_s(now))
#define _ftime(now)   ((void)_ftime64_s(now))
#define _ftime_s(now) _ftime64_s(now)

#endif
