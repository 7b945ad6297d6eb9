/*
 * Clocks, and times taken apart. A FILETIME counts 100 ns units since 1601-01-01 UTC.
 */
#include "win32p.h"

#include <string.h>

#define UNITS_A_MILLISECOND 10000ull
#define UNITS_A_DAY         (86400000ull * UNITS_A_MILLISECOND)

static ULONGLONG units_of(const FILETIME *time)
{
    return (ULONGLONG)time->dwHighDateTime << 32 | time->dwLowDateTime;
}

static FILETIME filetime_of(ULONGLONG units)
{
    return (FILETIME){(DWORD)units, (DWORD)(units >> 32)};
}

VOID WINAPI GetSystemTimeAsFileTime(LPFILETIME lpSystemTimeAsFileTime)
{
    LARGE_INTEGER now;
    NtQuerySystemTime(&now);
    *lpSystemTimeAsFileTime = filetime_of((ULONGLONG)now.QuadPart);
}

VOID WINAPI GetSystemTimePreciseAsFileTime(LPFILETIME lpSystemTimeAsFileTime)
{
    GetSystemTimeAsFileTime(lpSystemTimeAsFileTime);
}

ULONGLONG WINAPI GetTickCount64(VOID)
{
    return host_clock() / UNITS_A_MILLISECOND;
}

BOOL WINAPI QueryUnbiasedInterruptTime(PULONGLONG UnbiasedTime)
{
    ULONGLONG now = host_clock();
    return UnbiasedTime ? win32_write(UnbiasedTime, &now, sizeof now) : win32_error(ERROR_INVALID_PARAMETER);
}

DWORD WINAPI GetTickCount(VOID)
{
    return (DWORD)GetTickCount64();
}

BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *lpPerformanceCount)
{
    return win32_result(NtQueryPerformanceCounter(lpPerformanceCount, NULL));
}

BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *lpFrequency)
{
    LARGE_INTEGER counter, frequency;
    NTSTATUS status = NtQueryPerformanceCounter(&counter, &frequency);
    return win32_result(status) && win32_store64(lpFrequency, (ULONGLONG)frequency.QuadPart);
}

static bool is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_of_month(unsigned year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1601-01-01 to the first of January of a year. */
static ULONGLONG days_before(unsigned year)
{
    unsigned past = year - 1601;
    return past * 365ull + past / 4 - past / 100 + past / 400;
}

BOOL WINAPI FileTimeToSystemTime(const FILETIME *lpFileTime, LPSYSTEMTIME lpSystemTime)
{
    FILETIME time;
    if (!win32_read(&time, lpFileTime, sizeof time))
        return FALSE;
    ULONGLONG units = units_of(&time);
    if (units >> 63)
        return win32_error(ERROR_INVALID_PARAMETER);
    ULONGLONG days = units / UNITS_A_DAY, milliseconds = units % UNITS_A_DAY / UNITS_A_MILLISECOND;
    unsigned year = 1601 + (unsigned)(days / 366), month = 1;
    while (days_before(year + 1) <= days)
        year++;
    unsigned day = (unsigned)(days - days_before(year));
    while (day >= days_of_month(year, month))
        day -= days_of_month(year, month++);
    SYSTEMTIME fields = {
        .wYear = (WORD)year,
        .wMonth = (WORD)month,
        .wDayOfWeek = (WORD)((days + 1) % 7), /* 1601-01-01 was a Monday */
        .wDay = (WORD)(day + 1),
        .wHour = (WORD)(milliseconds / 3600000),
        .wMinute = (WORD)(milliseconds / 60000 % 60),
        .wSecond = (WORD)(milliseconds / 1000 % 60),
        .wMilliseconds = (WORD)(milliseconds % 1000),
    };
    return win32_write(lpSystemTime, &fields, sizeof fields);
}

BOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *lpSystemTime, LPFILETIME lpFileTime)
{
    SYSTEMTIME t;
    if (!win32_read(&t, lpSystemTime, sizeof t))
        return FALSE;
    if (t.wYear < 1601 || t.wYear > 30827 || !t.wMonth || t.wMonth > 12 || !t.wDay ||
        t.wDay > days_of_month(t.wYear, t.wMonth) || t.wHour > 23 || t.wMinute > 59 || t.wSecond > 59 ||
        t.wMilliseconds > 999)
        return win32_error(ERROR_INVALID_PARAMETER);
    ULONGLONG days = days_before(t.wYear) + t.wDay - 1u;
    for (unsigned month = 1; month < t.wMonth; month++)
        days += days_of_month(t.wYear, month);
    ULONGLONG milliseconds =
        ((days * 24 + t.wHour) * 60 + t.wMinute) * 60000 + t.wSecond * 1000u + t.wMilliseconds;
    FILETIME time = filetime_of(milliseconds * UNITS_A_MILLISECOND);
    return win32_write(lpFileTime, &time, sizeof time);
}

static LONGLONG zone_bias(void)
{
    return (LONGLONG)host_time_zone_bias_minutes() * 60000 * (LONGLONG)UNITS_A_MILLISECOND;
}

BOOL WINAPI FileTimeToLocalFileTime(const FILETIME *lpFileTime, LPFILETIME lpLocalFileTime)
{
    FILETIME time;
    if (!win32_read(&time, lpFileTime, sizeof time))
        return FALSE;
    return win32_store64(lpLocalFileTime, units_of(&time) - (ULONGLONG)zone_bias());
}

BOOL WINAPI LocalFileTimeToFileTime(const FILETIME *lpLocalFileTime, LPFILETIME lpFileTime)
{
    FILETIME time;
    if (!win32_read(&time, lpLocalFileTime, sizeof time))
        return FALSE;
    return win32_store64(lpFileTime, units_of(&time) + (ULONGLONG)zone_bias());
}

LONG WINAPI CompareFileTime(const FILETIME *lpFileTime1, const FILETIME *lpFileTime2)
{
    ULONGLONG a = units_of(lpFileTime1), b = units_of(lpFileTime2);
    return (a > b) - (a < b);
}

VOID WINAPI GetSystemTime(LPSYSTEMTIME lpSystemTime)
{
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    FileTimeToSystemTime(&now, lpSystemTime);
}

VOID WINAPI GetLocalTime(LPSYSTEMTIME lpSystemTime)
{
    FILETIME now, local;
    GetSystemTimeAsFileTime(&now);
    FileTimeToLocalFileTime(&now, &local);
    FileTimeToSystemTime(&local, lpSystemTime);
}
