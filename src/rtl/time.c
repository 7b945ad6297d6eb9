/*
 * System time, 100 ns units since 1601-01-01, and the calendar.
 */
#include "rtl.h"

#define TICKS_PER_SECOND 10000000ll
#define SECONDS_PER_DAY  86400ll
#define SECONDS_TO_1970  11644473600ll
#define SECONDS_TO_1980  11960006400ll

static const unsigned char month_days[2][12] = {{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31},
                                                {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}};

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1601-01-01 to the first day of the year. */
static LONGLONG days_before(LONGLONG year)
{
    LONGLONG years = year - 1601;
    return years * 365 + years / 4 - years / 100 + years / 400;
}

VOID RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields)
{
    GATE(RtlTimeToTimeFields, Time, TimeFields);
    LONGLONG seconds = Time->QuadPart / TICKS_PER_SECOND, days = seconds / SECONDS_PER_DAY;
    LONG rest = (LONG)(seconds % SECONDS_PER_DAY);
    TimeFields->Milliseconds = (CSHORT)(Time->QuadPart % TICKS_PER_SECOND / 10000);
    TimeFields->Hour = (CSHORT)(rest / 3600);
    TimeFields->Minute = (CSHORT)(rest / 60 % 60);
    TimeFields->Second = (CSHORT)(rest % 60);
    TimeFields->Weekday = (CSHORT)((days + 1) % 7); /* 1601-01-01 was a Monday */
    LONGLONG year = 1601 + days / 366;
    while (days_before(year + 1) <= days)
        year++;
    int day = (int)(days - days_before(year)), month = 0;
    while (day >= month_days[is_leap((int)year)][month])
        day -= month_days[is_leap((int)year)][month++];
    TimeFields->Year = (CSHORT)year;
    TimeFields->Month = (CSHORT)(month + 1);
    TimeFields->Day = (CSHORT)(day + 1);
}

/* FALSE for a date that is none; Weekday is not looked at. */
BOOLEAN RtlTimeFieldsToTime(PTIME_FIELDS TimeFields, PLARGE_INTEGER Time)
{
    GATE(RtlTimeFieldsToTime, TimeFields, Time);
    const TIME_FIELDS *f = TimeFields;
    if (f->Year < 1601 || f->Year > 30827 || f->Month < 1 || f->Month > 12 || f->Day < 1 || f->Hour < 0 ||
        f->Hour > 23 || f->Minute < 0 || f->Minute > 59 || f->Second < 0 || f->Second > 59 ||
        f->Milliseconds < 0 || f->Milliseconds > 999 || f->Day > month_days[is_leap(f->Year)][f->Month - 1])
        return FALSE;
    LONGLONG days = days_before(f->Year) + f->Day - 1;
    for (int month = 0; month < f->Month - 1; month++)
        days += month_days[is_leap(f->Year)][month];
    LONGLONG seconds = days * SECONDS_PER_DAY + f->Hour * 3600 + f->Minute * 60 + f->Second;
    Time->QuadPart = seconds * TICKS_PER_SECOND + f->Milliseconds * 10000ll;
    return TRUE;
}

static BOOLEAN to_seconds(LONGLONG time, LONGLONG origin, PULONG seconds)
{
    LONGLONG value = time / TICKS_PER_SECOND - origin;
    if (value < 0 || value > 0xFFFFFFFFll)
        return FALSE;
    *seconds = (ULONG)value;
    return TRUE;
}

BOOLEAN RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG ElapsedSeconds)
{
    GATE(RtlTimeToSecondsSince1970, Time, ElapsedSeconds);
    return to_seconds(Time->QuadPart, SECONDS_TO_1970, ElapsedSeconds);
}

BOOLEAN RtlTimeToSecondsSince1980(PLARGE_INTEGER Time, PULONG ElapsedSeconds)
{
    GATE(RtlTimeToSecondsSince1980, Time, ElapsedSeconds);
    return to_seconds(Time->QuadPart, SECONDS_TO_1980, ElapsedSeconds);
}

VOID RtlSecondsSince1970ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time)
{
    GATE(RtlSecondsSince1970ToTime, ElapsedSeconds, Time);
    Time->QuadPart = (ElapsedSeconds + SECONDS_TO_1970) * TICKS_PER_SECOND;
}

VOID RtlSecondsSince1980ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time)
{
    GATE(RtlSecondsSince1980ToTime, ElapsedSeconds, Time);
    Time->QuadPart = (ElapsedSeconds + SECONDS_TO_1980) * TICKS_PER_SECOND;
}
