/*
 * Reports name the driver's source line: a bug check's, a fault's, a double fault's, a broken rule's, and a leak's. Where
 * libdw is not there, and under MemorySanitizer, nothing names it and nothing else is missing.
 * DRIVERS: lined
 */
#include "win32_test.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <winioctl.h>

#include "../drivers/lined/lined.h"

/* Frames are larger under the sanitizers, and ThreadSanitizer runs no kernel stacks (test_kernel_stack.c). */
#if defined(__SANITIZE_THREAD__)
#define STACK 0
#elif defined(__SANITIZE_ADDRESS__)
#define STACK (96 * 1024)
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define STACK 0
#elif __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define STACK (96 * 1024)
#endif
#endif
#if !defined(STACK)
#define STACK (24 * 1024)
#endif

static char said[16384];
static size_t said_length;
static volatile ULONG line; /* outlives the machine */

static void hear(void *context, const char *text, size_t length)
{
    (void)context;
    if (length > sizeof said - 1 - said_length)
        length = sizeof said - 1 - said_length;
    memcpy(said + said_length, text, length);
    said_length += length;
    said[said_length] = 0;
}

static bool tells_lines(void)
{
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
    return false;
#endif
#endif
    void *library = dlopen("libdw.so.1", RTLD_LAZY | RTLD_LOCAL);
    if (library)
        dlclose(library);
    return library != NULL;
}

static int start_on(size_t stack)
{
    said_length = 0;
    said[0] = 0;
    line = 0;
    ntio_options options = {.log = hear, .kernel_stacks = stack, .debugger = true};
    if (ntio_start(&options))
        return -1;
    return ntio_load_driver("lined") == STATUS_SUCCESS ? 0 : -1;
}

static int start(void **state)
{
    (void)state;
    return start_on(0);
}

static int stop(void **state)
{
    (void)state;
    ntio_stop();
    return 0;
}

static void ask(void *context)
{
    DWORD count;
    HANDLE device = CreateFileA("\\\\.\\Lined", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(device, INVALID_HANDLE_VALUE);
    DeviceIoControl(device, IOCTL_LINED(*(enum lined *)context), NULL, 0, (PVOID)&line, sizeof line, &count, NULL);
    CloseHandle(device);
}

/* "Function+0x12 at lined.sys (lined.c:34)", behind what is before it. */
static void assert_tells(const char *report, const char *before, const char *function)
{
    char place[64];
    const char *at = strstr(report, before);
    assert_true(line != 0);
    assert_non_null(at);
    at += strlen(before);
    assert_memory_equal(at, function, strlen(function));
    at += strlen(function);
    if (*at == '.') /* gcc's name of a copy: ".constprop.0" */
        at += strcspn(at, "+");
    assert_memory_equal(at, "+0x", 3);
    at += 3 + strspn(at + 3, "0123456789abcdef");
    snprintf(place, sizeof place, " at lined.sys (lined.c:%u)", (unsigned)line);
    size_t length = tells_lines() ? strlen(place) : strlen(" at lined.sys");
    assert_memory_equal(at, place, length);
    assert_true(at[length] == '\n' || at[length] == ' ' || at[length] == ';');
}

static ntio_bugcheck stops(enum lined what, uint32_t code)
{
    static ntio_bugcheck caught;
    assert_true(ntio_catch_bugcheck(ask, &what, &caught));
    assert_int_equal(caught.code, code);
    return caught;
}

static void a_bug_check_and_its_callers(void **state)
{
    (void)state;
    ntio_bugcheck caught = stops(LINED_STOPS, 0xE2);
    assert_tells(caught.report, "\nAT:      ", "Stops");
    const char *stack = strstr(caught.report, "\nSTACK:\n");
    assert_non_null(stack);
    stack = strstr(stack, "Stops+");
    assert_non_null(stack);
    assert_tells(stack, "", "Stops");
    const char *caller = strstr(stack, "LinedControl+0x");
    assert_non_null(caller);
    if (tells_lines())
        assert_non_null(strstr(caller, "lined.sys (lined.c:"));
}

/* On the stack of the signal, then on a kernel stack of Windows' size. */
static void a_fault(void **state)
{
    (void)state;
    ntio_bugcheck caught = stops(LINED_FAULTS, 0x50);
    assert_tells(caught.report, "\nAT:      ", "Faults");
    assert_tells(caught.report, "\nSTACK:\n   0  ", "Faults");
    assert_int_equal(start_on(STACK), 0);
    caught = stops(LINED_FAULTS, 0x50);
    assert_tells(caught.report, "\nAT:      ", "Faults");
    assert_int_equal(start_on(STACK), 0);
    caught = stops(LINED_STOPS, 0xE2);
    assert_tells(caught.report, "\nAT:      ", "Stops");
}

/* Raised by a routine of the system's: the driver that called it is asked, and nobody who made the report is shown. */
static void what_a_routine_raises(void **state)
{
    (void)state;
    ntio_bugcheck caught = stops(LINED_PROBES, 0x3B);
    assert_tells(caught.report, "\nAT:      ", "Probes");
    assert_non_null(strstr(caught.report, "\nDRIVER:  \\Driver\\lined\n"));
    assert_non_null(strstr(caught.report, "\nRAISED:  STATUS_ACCESS_VIOLATION\n"));
    const char *stack = strstr(caught.report, "\nSTACK:\n   0  ExRaiseAccessViolation+");
    assert_non_null(stack);
    assert_non_null(strstr(stack, "  ProbeForRead+"));
    assert_int_equal(start(NULL), 0);
}

/* Found by code that no line stands for. */
static void an_overrun(void **state)
{
    (void)state;
    ntio_bugcheck caught = stops(LINED_OVERRUNS, 0xF7);
    assert_tells(caught.report, "\nAT:      ", "Overruns");
    assert_int_equal(start(NULL), 0);
}

static void a_double_fault(void **state)
{
    (void)state;
    if (!STACK)
        skip();
    ntio_stop();
    assert_int_equal(start_on(STACK), 0);
    ntio_bugcheck caught = stops(LINED_RECURSES, 0x7F);
    const char *stack = strstr(caught.report, "\nSTACK:\n");
    assert_non_null(stack);
    /* The innermost frame is in the middle of something, those around it are at the call. */
    const char *outer = strstr(stack, "\n  15 ");
    assert_non_null(outer);
    outer = strstr(outer, "Recurses+");
    assert_non_null(outer);
    assert_tells(outer, "", "Recurses");
}

static void a_broken_rule(void **state)
{
    (void)state;
    enum lined what = LINED_CALLS_RAISED;
    ask(&what);
    assert_tells(said, ", from ", "CallsRaised");
    assert_int_equal(ntio_stop(), 1);
}

static void a_break_point(void **state)
{
    (void)state;
    enum lined what = LINED_BREAKS;
    ask(&what);
    assert_tells(said, "break point at ", "Breaks");
}

static void unload(void *context)
{
    (void)context;
    ntio_unload_driver("lined");
}

/* Each machine has the driver anew, perhaps elsewhere; each time the line is the allocation's. */
static void a_leak(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        ntio_bugcheck caught;
        enum lined what = LINED_LEAKS;
        ask(&what);
        assert_true(ntio_catch_bugcheck(unload, NULL, &caught));
        assert_int_equal(caught.code, 0xC4);
        assert_tells(said, "allocated at ", "Leaks");
        assert_int_equal(start(NULL), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_bug_check_and_its_callers, start, stop),
        cmocka_unit_test_setup_teardown(a_fault, start, stop),
        cmocka_unit_test_setup_teardown(what_a_routine_raises, start, stop),
        cmocka_unit_test_setup_teardown(an_overrun, start, stop),
        cmocka_unit_test_setup_teardown(a_double_fault, start, stop),
        cmocka_unit_test_setup_teardown(a_broken_rule, start, stop),
        cmocka_unit_test_setup_teardown(a_break_point, start, stop),
        cmocka_unit_test_setup_teardown(a_leak, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
