/*
 * What the tests of the client's functions share.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#include <ntio/ntio.h>

/* The call fails, and the last error is this one. */
#define assert_fails(call, error)                                                                            \
    do {                                                                                                     \
        SetLastError(0xDEAD);                                                                                \
        assert_false(call);                                                                                  \
        assert_int_equal(GetLastError(), error);                                                             \
    } while (0)

/* Addresses that no process has. */
#define BAD_LOW  ((void *)(ULONG_PTR)0x10)
#define BAD_HIGH ((void *)(ULONG_PTR)0xFFFF800000000000)

static inline int machine_start(void **state)
{
    (void)state;
    return ntio_start(NULL);
}

static inline int machine_stop(void **state)
{
    (void)state;
    assert_int_equal(ntio_stop(), 0);
    return 0;
}
