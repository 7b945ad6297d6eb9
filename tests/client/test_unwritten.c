/*
 * What a driver gives its caller and never wrote, by each method. With MemorySanitizer also what was copied from memory that
 * was never written, which no pattern can tell, and each single byte. DRIVERS: leaky
 */
#include "win32_test.h"

#include <winioctl.h>
#include <stdio.h>
#include <string.h>

#include "../drivers/leaky/leaky.h"

#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define SHADOWED 1
#endif
#endif
#ifndef SHADOWED
#define SHADOWED                     0
#define __msan_test_shadow(at, size) ((void)(at), (void)(size), (intptr_t)-1)
#define __msan_poison(at, size)      ((void)(at), (void)(size))
#endif

static char text[65536];
static size_t length;

static void take(void *context, const char *piece, size_t size)
{
    (void)context;
    if (size < sizeof text - length - 1) {
        memcpy(text + length, piece, size);
        text[length += size] = 0;
    }
}

static HANDLE device;
static unsigned char *memory; /* of the client's, 256 KB: it has a second address in the kernel */
#define MEMORY 0x40000

static void begin(unsigned stale)
{
    ntio_options options = {.log = take, .stale = stale};
    text[length = 0] = 0;
    assert_int_equal(ntio_start(&options), 0);
    assert_int_equal(ntio_load_driver("leaky"), 0);
    device = CreateFileA("\\\\.\\Leaky", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(device, INVALID_HANDLE_VALUE);
    memory = VirtualAlloc(NULL, MEMORY, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    assert_non_null(memory);
}

/* Returns how many violations there were. */
static int end(void)
{
    assert_true(VirtualFree(memory, 0, MEM_RELEASE));
    assert_true(CloseHandle(device));
    return ntio_stop();
}

static DWORD ask(enum leaky what, unsigned method, void *output, DWORD size)
{
    DWORD count = 0xDEAD;
    assert_true(DeviceIoControl(device, LEAKY_CODE(what, method), NULL, 0, output, size, &count, NULL));
    return count;
}

static const unsigned methods[] = {METHOD_BUFFERED, METHOD_OUT_DIRECT, METHOD_NEITHER};

/* One request by each method, to a buffer of the client's range and to one on its stack. */
static void leaks(enum leaky what, const char *offsets)
{
    unsigned char local[64];
    for (size_t i = 0; i < 2 * sizeof methods / sizeof methods[0]; i++) {
        begin(NTIO_STALE_BUFFERED | NTIO_STALE_DIRECT);
        unsigned char *output = i % 2 ? local : memory + 100;
        memset(output, 'o', 64);
        ask(what, methods[i / 2], output, 64);
        if (offsets && !strstr(text, offsets))
            fail_msg("method %u: \"%s\" is not in:\n%s", methods[i / 2], offsets, text);
        if (!offsets && *text)
            fail_msg("method %u: said:\n%s", methods[i / 2], text);
        /* To the client all of it is written: that was told. */
        assert_int_equal(__msan_test_shadow(output, 64), -1);
        assert_int_equal(end(), offsets ? 1 : 0);
    }
}

static void nothing_is_said_of_what_was_written(void **state)
{
    (void)state;
    leaks(LEAKY_ZERO, NULL);
}

static void what_is_missing_is_told(void **state)
{
    (void)state;
    leaks(LEAKY_HALF, "offsets 32-63;");
}

static void a_single_byte_is_missed(void **state)
{
    (void)state;
    leaks(LEAKY_PATTERN, SHADOWED ? "never wrote 1 of them, or copied there what was never written: offsets 5;" : NULL);
}

static void copies_of_pool_are_told(void **state)
{
    (void)state;
    leaks(LEAKY_POOL, SHADOWED ? "offsets 8-63;" : NULL);
}

static void copies_of_a_local_are_told(void **state)
{
    (void)state;
    leaks(LEAKY_LOCAL, SHADOWED ? "declared 8 bytes of output and never wrote 3 of them, or copied there what was never "
                                  "written: offsets 1-3;"
                                : NULL);
}

/* Both addresses of the pages know the same of them, whichever was written to; of many pages, too. */
static void a_second_address_knows_the_same(void **state)
{
    (void)state;
    if (!SHADOWED)
        skip();
    begin(NTIO_STALE_BUFFERED | NTIO_STALE_DIRECT);
    ask(LEAKY_ZERO, METHOD_OUT_DIRECT, memory, MEMORY);
    assert_string_equal(text, "");
    assert_int_equal(ask(LEAKY_HALF, METHOD_OUT_DIRECT, memory, MEMORY), MEMORY);
    assert_non_null(strstr(text, "offsets 131072-262143;"));
    assert_int_equal(end(), 1);

    begin(0);
    __msan_poison(memory, MEMORY);
    ask(LEAKY_HALF, METHOD_OUT_DIRECT, memory, MEMORY);
    assert_int_equal(__msan_test_shadow(memory, MEMORY), MEMORY / 2);
    ask(LEAKY_ZERO, METHOD_OUT_DIRECT, memory, MEMORY);
    assert_int_equal(__msan_test_shadow(memory, MEMORY), -1);
    memset(memory, 0, MEMORY);
    ask(LEAKY_POOL, METHOD_OUT_DIRECT, memory, 64);
    assert_int_equal(__msan_test_shadow(memory, MEMORY), 8);
    assert_int_equal(end(), 0);
}

/* Without the option nothing is told, and the client's copy is as little written as the driver's. */
static void the_client_gets_it_as_it_is(void **state)
{
    (void)state;
    unsigned char output[64];
    if (!SHADOWED)
        skip();
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        begin(0);
        memset(output, 'o', sizeof output);
        assert_int_equal(ask(LEAKY_POOL, methods[i], output, sizeof output), sizeof output);
        assert_int_equal(__msan_test_shadow(output, sizeof output), 8);
        assert_string_equal(text, "");
        assert_int_equal(end(), 0);
    }
}

/* What a client sends without having written it is nobody else's mistake. */
static void what_a_client_sends_is_its_own(void **state)
{
    (void)state;
    unsigned char sent[64];
    DWORD count;
    begin(NTIO_STALE_BUFFERED);
    memset(sent, 's', sizeof sent);
    __msan_poison(sent, sizeof sent);
    assert_true(DeviceIoControl(device, LEAKY_CODE(100, METHOD_BUFFERED), sent, sizeof sent, sent, sizeof sent, &count,
                                NULL));
    assert_int_equal(count, sizeof sent);
    assert_string_equal(text, "");
    assert_int_equal(end(), 0);
}

/* A test that failed leaves the machine running. */
static int stop(void **state)
{
    (void)state;
    ntio_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(nothing_is_said_of_what_was_written, stop),
        cmocka_unit_test_teardown(what_is_missing_is_told, stop),
        cmocka_unit_test_teardown(a_single_byte_is_missed, stop),
        cmocka_unit_test_teardown(copies_of_pool_are_told, stop),
        cmocka_unit_test_teardown(copies_of_a_local_are_told, stop),
        cmocka_unit_test_teardown(a_second_address_knows_the_same, stop),
        cmocka_unit_test_teardown(the_client_gets_it_as_it_is, stop),
        cmocka_unit_test_teardown(what_a_client_sends_is_its_own, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
