/*
 * A driver whose source is written for other file names and another compiler is compiled as it is.
 * DRIVERS: spelling
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ntio/ntio.h>
#include <string.h>

static char text[4096];

static void collect(void *context, const char *line, size_t length)
{
    (void)context;
    size_t have = strlen(text);
    if (have + length < sizeof text)
        memcpy(text + have, line, length);
}

static void it_runs(void **state)
{
    (void)state;
    assert_int_equal(ntio_start(&(ntio_options){.log = collect}), 0);
    assert_int_equal(ntio_load_driver("spelling"), 0);
    assert_int_equal(ntio_unload_driver("spelling"), 0);
    assert_int_equal(ntio_stop(), 0);
    assert_string_equal(
        text,
        "spelling: DriverEntry: here\nspelling: 7seven\nspelling: DriverEntry hello\nspelling: 100000010 7 spelling.c\nspelling: 6 20ac\nspelling: bye\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_runs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
