/*
 * <time.h> as a client sees it: the host's, then what Microsoft's has otherwise. A time_t has 64 bits.
 */
#ifdef NTIO_CXX_HOST
#include_next <time.h>
#else
#ifndef NTIO_SDK_TIME_H
#define NTIO_SDK_TIME_H

#include_next <time.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "ntio_compiler.h"

typedef int __time32_t;
typedef long long __time64_t;

/* The order of the arguments is Microsoft's, not the standard's. Negative times are refused: -1 in every member. */
static __inline__ __attribute__((unused)) int localtime_s(struct tm *to, const time_t *from)
{
    if (!to || !from || *from < 0 || !localtime_r(from, to)) {
        if (to)
            memset(to, 0xFF, sizeof *to);
        return EINVAL;
    }
    return 0;
}

static __inline__ __attribute__((unused)) int gmtime_s(struct tm *to, const time_t *from)
{
    if (!to || !from || *from < 0 || !gmtime_r(from, to)) {
        if (to)
            memset(to, 0xFF, sizeof *to);
        return EINVAL;
    }
    return 0;
}

/* "Wed Jan 02 02:03:55 1980\n": the day has two digits. At least 26 characters, else EINVAL. */
static __inline__ __attribute__((unused)) int asctime_s(char *to, size_t size, const struct tm *time)
{
    if (to && size)
        *to = 0;
    if (!to || size < 26 || !time || time->tm_mon < 0 || time->tm_mon > 11 || time->tm_wday < 0 || time->tm_wday > 6)
        return EINVAL;
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int parts[] = {time->tm_mday, time->tm_hour, time->tm_min, time->tm_sec};
    memcpy(to, "... ... 00 00:00:00 0000\n", 26);
    memcpy(to, days + 3 * time->tm_wday, 3);
    memcpy(to + 4, months + 3 * time->tm_mon, 3);
    for (int i = 0; i < 4; i++) {
        to[8 + 3 * i] = (char)('0' + parts[i] / 10);
        to[9 + 3 * i] = (char)('0' + parts[i] % 10);
    }
    for (int i = 0, year = time->tm_year + 1900; i < 4; i++, year /= 10)
        to[23 - i] = (char)('0' + year % 10);
    return 0;
}

static __inline__ __attribute__((unused)) int ctime_s(char *to, size_t size, const time_t *time)
{
    struct tm parts;
    if (to && size)
        *to = 0;
    return to && localtime_s(&parts, time) == 0 ? asctime_s(to, size, &parts) : EINVAL;
}

/* "MM/DD/YY" and "HH:MM:SS" of now, in 9 characters. */
static __inline__ __attribute__((unused)) int _strdate_s(char *to, size_t size)
{
    time_t now = time(NULL);
    struct tm parts;
    if (!to || !size)
        return EINVAL;
    *to = 0;
    if (size < 9 || localtime_s(&parts, &now))
        return ERANGE;
    return strftime(to, size, "%m/%d/%y", &parts) == 8 ? 0 : EINVAL;
}

static __inline__ __attribute__((unused)) int _strtime_s(char *to, size_t size)
{
    time_t now = time(NULL);
    struct tm parts;
    if (!to || !size)
        return EINVAL;
    *to = 0;
    if (size < 9 || localtime_s(&parts, &now))
        return ERANGE;
    return strftime(to, size, "%H:%M:%S", &parts) == 8 ? 0 : EINVAL;
}

static __inline__ __attribute__((unused)) char *_strdate(char *to)
{
    _strdate_s(to, 9);
    return to;
}

static __inline__ __attribute__((unused)) char *_strtime(char *to)
{
    _strtime_s(to, 9);
    return to;
}

#define _time64(to)                 time(to)
#define _localtime64(from)          localtime(from)
#define _gmtime64(from)             gmtime(from)
#define _mktime64(parts)            mktime(parts)
#define _mkgmtime(parts)            timegm(parts)
#define _mkgmtime64(parts)          timegm(parts)
#define _difftime64(end, start)     difftime((end), (start))
#define _localtime64_s(to, from)    localtime_s((to), (from))
#define _gmtime64_s(to, from)       gmtime_s((to), (from))
#define _ctime64_s(to, size, from)  ctime_s((to), (size), (from))
#define _tzset()                    tzset()

#endif
#endif
