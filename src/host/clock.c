/*
 * The host's clocks, in NT's unit of 100 nanoseconds.
 */
#include "hostp.h"

#include <time.h>

#define SECONDS_1601_TO_1970 11644473600u

uint64_t host_nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t host_clock(void)
{
    return host_nanoseconds() / 100;
}

uint64_t host_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return ((uint64_t)now.tv_sec + SECONDS_1601_TO_1970) * 10000000u + (uint64_t)now.tv_nsec / 100;
}

int32_t host_time_zone_bias_minutes(void)
{
    time_t now = time(NULL);
    struct tm local;
    if (!localtime_r(&now, &local))
        return 0;
    return (int32_t)(-local.tm_gmtoff / 60);
}
