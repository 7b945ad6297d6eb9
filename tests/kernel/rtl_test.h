/*
 * What the tests of Rtl share: a machine for each test.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <ntio/ntio.h>
#include <ntifs.h>

static inline int start(void **state)
{
    (void)state;
    return ntio_start(NULL);
}

static inline int stop(void **state)
{
    (void)state;
    return ntio_stop();
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

#define W(text) (&(UNICODE_STRING){sizeof text - sizeof(WCHAR), sizeof text, (PWSTR)text})
#define assert_wide(string, text)                                                                            \
    do {                                                                                                     \
        assert_int_equal((string)->Length, sizeof text - sizeof(WCHAR));                                     \
        assert_memory_equal((string)->Buffer, text, sizeof text - sizeof(WCHAR));                            \
    } while (0)
