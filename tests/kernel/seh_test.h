/*
 * What the tests of structured exceptions share: statuses, and a text of what happened, a letter a step.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ntio/ntio.h>
#include <ntifs.h>

#define A ((NTSTATUS)0xE0000001)
#define B ((NTSTATUS)0xE0000002)
#define C ((NTSTATUS)0xE0000003)

#define CODE ((NTSTATUS)GetExceptionCode())

static char way[256];
static unsigned way_length;

static inline int step(char what)
{
    if (way_length < sizeof way - 1)
        way[way_length++] = what;
    way[way_length] = 0;
    return 1;
}

static inline int says(char what, int disposition)
{
    step(what);
    return disposition;
}

static inline void start_way(void)
{
    way_length = 0;
    way[0] = 0;
}

static inline void raise(NTSTATUS status)
{
    ExRaiseStatus(status);
}
