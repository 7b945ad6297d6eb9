/*
 * A driver's image stays until the work items that it has queued are done.
 * DRIVERS: lateitem
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

static void it_is_waited_for(void **state)
{
    (void)state;
    assert_int_equal(ntio_start(&(ntio_options){.log = collect}), 0);
    assert_int_equal(ntio_load_driver("lateitem"), 0);
    assert_int_equal(ntio_unload_driver("lateitem"), 0);
    assert_string_equal(text, "late: unload\nlate: worked\n");
    assert_int_equal(ntio_load_driver("lateitem"), 0);
    assert_int_equal(ntio_stop(), 0); /* unloads it */
    assert_string_equal(text, "late: unload\nlate: worked\nlate: unload\nlate: worked\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_is_waited_for)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
