/*
 * Kernel stacks: what a driver is told of its stack is true and of the kernel's size, an overflow is the double fault it
 * would be, and what happens on the way (exceptions, printing, DPCs) does no harm.
 * DRIVERS: stackdev
 */
#include "win32_test.h"

#include <winioctl.h>
#include <stdlib.h>
#include <string.h>

#include "../drivers/stackdev/stackdev.h"

/* Frames are larger under the sanitizers: the stacks are, too. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define THREADS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREADS_SANITIZED 1
#endif
#endif
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#define STACK (96 * 1024) /* it keeps traces of 2 KB on the stack */
#endif
#endif
#if defined(STACK)
#elif defined(SANITIZED)
#define STACK (96 * 1024)
#else
#define STACK (24 * 1024)
#endif
#if defined(SANITIZED)
#define DEEP (STACK / 4)
#else
#define DEEP (STACK * 3 / 8) /* deep, but well within */
#endif

static int start_sized(size_t size)
{
    ntio_options options = {.kernel_stacks = size};
    if (ntio_start(&options))
        return -1;
    return ntio_load_driver("stackdev") == STATUS_SUCCESS ? 0 : -1;
}

static int start(void **state)
{
    (void)state;
    return start_sized(STACK);
}

static int start_without(void **state)
{
    (void)state;
    unsetenv("NTIO_KERNEL_STACKS");
    return start_sized(0);
}

static HANDLE open_device(void)
{
    HANDLE device =
        CreateFileA("\\\\.\\StackDev", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(device, INVALID_HANDLE_VALUE);
    return device;
}

static void control(DWORD code, LONG in, void *out, DWORD out_size)
{
    DWORD count;
    HANDLE device = open_device();
    assert_true(DeviceIoControl(device, code, &in, sizeof in, out, out_size, &count, NULL));
    assert_int_equal(count, out_size);
    assert_true(CloseHandle(device));
}

static struct stack_bounds bounds(DWORD code)
{
    struct stack_bounds found = {0};
    control(code, 0, &found, sizeof found);
    return found;
}

static void assert_plausible(const struct stack_bounds *b, size_t size)
{
    assert_int_equal(b->high - b->low, size);
    assert_int_equal(b->initial, b->high);
    assert_int_equal(b->low % 4096, 0);
    assert_true(b->local > b->low && b->local < b->high);
    assert_true(b->remaining < b->high - b->low);
    unsigned long long distance = b->local > b->low + b->remaining ? b->local - b->low - b->remaining
                                                                   : b->low + b->remaining - b->local;
    assert_true(distance < 1024);
}

static void the_truth_is_told(void **state)
{
    (void)state;
    struct stack_bounds dispatch = bounds(IOCTL_STACK_BOUNDS), dpc = bounds(IOCTL_STACK_DPC),
                        thread = bounds(IOCTL_STACK_THREAD), entry = bounds(IOCTL_STACK_ENTRY),
                        handed = bounds(IOCTL_STACK_HANDED), again = bounds(IOCTL_STACK_BOUNDS),
                        expanded = bounds(IOCTL_STACK_EXPANDED);
    assert_plausible(&dispatch, STACK);
    assert_plausible(&dpc, STACK);
    assert_plausible(&thread, STACK);
    assert_plausible(&entry, STACK);
    /* One stack a thread; a DPC, a system thread and the rest of a large one have another. */
    assert_int_equal(dispatch.low, again.low);
    assert_int_equal(dispatch.remaining, again.remaining);
    assert_int_equal(dispatch.low, handed.low);
    assert_true(handed.remaining < dispatch.remaining);
    assert_true(dpc.low != dispatch.low && thread.low != dispatch.low);
    if (STACK < 60 * 1024) {
        assert_plausible(&expanded, 0x12000);
        assert_true(expanded.low != dispatch.low);
    }
    /* A service takes little of it before the driver has it. */
    if (STACK == 24 * 1024)
        assert_true(dispatch.remaining > STACK - 8 * 1024);
}

static void without_it_the_host_s_are_told(void **state)
{
    (void)state;
    struct stack_bounds dispatch = bounds(IOCTL_STACK_BOUNDS);
    assert_true(dispatch.high - dispatch.low > 72 * 1024);
    assert_int_equal(dispatch.initial, dispatch.high);
    assert_true(dispatch.local > dispatch.low && dispatch.local < dispatch.high);
    volatile char here = 0;
    assert_true((unsigned long long)(uintptr_t)&here < dispatch.high && (unsigned long long)(uintptr_t)&here > dispatch.low);
    assert_int_equal(ntio_stack_used("stackdev", 14), 0);
}

static void the_environment_says_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
    } cases[] = {{"1", 24 * 1024}, {"24K", 24 * 1024}, {"0x10000", 0x10000}, {"40k", 40 * 1024}, {"30000", 32768}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        setenv("NTIO_KERNEL_STACKS", cases[i].text, 1);
        assert_int_equal(start_sized(0), 0);
        struct stack_bounds found = bounds(IOCTL_STACK_BOUNDS);
        assert_plausible(&found, cases[i].size);
        assert_int_equal(ntio_stop(), 0);
    }
    unsetenv("NTIO_KERNEL_STACKS");
}

static NTSTATUS code_of(DWORD code, LONG in)
{
    NTSTATUS status = -1;
    control(code, in, &status, sizeof status);
    return status;
}

static void exceptions_cross_it(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++)
        assert_int_equal(code_of(IOCTL_STACK_RAISE, DEEP), STATUS_DATA_ERROR);
    struct stack_bounds found = bounds(IOCTL_STACK_BOUNDS);
    assert_plausible(&found, STACK);
}

static void it_is_the_kernel_s_memory(void **state)
{
    (void)state;
    assert_int_equal(code_of(IOCTL_STACK_PROBE, 0), STATUS_ACCESS_VIOLATION);
}

struct request {
    DWORD code;
    LONG in;
};

static void ask(void *context)
{
    struct request *request = context;
    control(request->code, request->in, NULL, 0);
}

/* The library may need more than is left; the driver may not. */
static void the_library_has_room(void **state)
{
    (void)state;
#if defined(__clang__)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
    skip(); /* its memset, which the driver calls, is the program's and takes 2 KB of the kernel stack */
#endif
#endif
    for (LONG bytes = 256; bytes < STACK / 4; bytes += 512)
        control(IOCTL_STACK_PRINT, bytes, NULL, 0);
    /* What the driver does afterwards is held to the limit again. */
    for (int i = 0; i < 3; i++) {
        control(IOCTL_STACK_NEARLY, DO_PRINT, NULL, 0);
        control(IOCTL_STACK_NEARLY, DO_OPEN_NOTHING, NULL, 0);
    }
    struct request request = {IOCTL_STACK_RECURSE, 0};
    static ntio_bugcheck caught;
    assert_true(ntio_catch_bugcheck(ask, &request, &caught));
    assert_int_equal(caught.code, 0x7F);
    assert_non_null(strstr(caught.report, "RecurseForEver"));
    assert_int_equal(start(NULL), 0);
    /* A driver that is called there is a driver without a stack. */
    request = (struct request){IOCTL_STACK_NEARLY, DO_OPEN};
    assert_true(ntio_catch_bugcheck(ask, &request, &caught));
    assert_int_equal(caught.code, 0x7F);
    assert_non_null(strstr(caught.report, "StackOpenClose"));
    assert_int_equal(start(NULL), 0);
}

static void what_is_used_is_measured(void **state)
{
    (void)state;
    assert_int_equal(ntio_stack_used("stackdev", 14), 0);
    control(IOCTL_STACK_USE, 512, NULL, 0);
    size_t little = ntio_stack_used("stackdev", 14);
    assert_true(little >= 512 && little < STACK / 4);
    control(IOCTL_STACK_USE, DEEP, NULL, 0);
    size_t much = ntio_stack_used("StackDev", 14);
    assert_true(much > DEEP && much < STACK);
    control(IOCTL_STACK_USE, 512, NULL, 0);
    assert_int_equal(ntio_stack_used("stackdev", 14), much);
    size_t create = ntio_stack_used("stackdev", 0);
    assert_true(create > 0 && create < much);
    assert_int_equal(ntio_stack_used("stackdev", 3), 0);
    assert_int_equal(ntio_stack_used("nobody", 14), 0);
}

/* --- overflows --- */

static void in_a_thread_of_its_own(void *context)
{
    DWORD WINAPI ask_there(PVOID);
    HANDLE thread = CreateThread(NULL, 0, ask_there, context, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
}

DWORD WINAPI ask_there(PVOID context)
{
    ask(context);
    return 0;
}

static ntio_bugcheck stops(void (*body)(void *), DWORD code, LONG in)
{
    static ntio_bugcheck caught;
    struct request request = {code, in};
    assert_true(ntio_catch_bugcheck(body, &request, &caught));
    assert_int_equal(ntio_stop(), 0);
    assert_int_equal(start(NULL), 0);
    struct stack_bounds found = bounds(IOCTL_STACK_BOUNDS);
    assert_plausible(&found, STACK);
    return caught;
}

static void an_overflow_is_a_double_fault(void **state)
{
    (void)state;
    static void (*const bodies[])(void *) = {ask, in_a_thread_of_its_own};
    for (int i = 0; i < 2; i++) {
        ntio_bugcheck caught = stops(bodies[i], IOCTL_STACK_RECURSE, 0);
        assert_int_equal(caught.code, 0x7F);
        assert_int_equal(caught.parameters[0], 8);
        assert_non_null(strstr(caught.report, "UNEXPECTED_KERNEL_MODE_TRAP"));
        assert_non_null(strstr(caught.report, "DRIVER:  \\Driver\\stackdev\n"));
        assert_non_null(strstr(caught.report, "RecurseForEver"));
        assert_non_null(strstr(caught.report, "of the kernel stack"));
        caught = stops(bodies[i], IOCTL_STACK_ARRAY, 0);
        assert_int_equal(caught.code, 0x7F);
        assert_int_equal(caught.parameters[0], 8);
        assert_non_null(strstr(caught.report, "LargeArray"));
#ifndef THREADS_SANITIZED /* its reports of a fault do not reach so far */
        assert_non_null(strstr(caught.report, "StackControl"));
#endif
        caught = stops(bodies[i], IOCTL_STACK_USE, STACK);
        assert_int_equal(caught.code, 0x7F);
        assert_non_null(strstr(caught.report, "Descend"));
    }
}

static void other_faults_are_what_they_are(void **state)
{
    (void)state;
    ntio_bugcheck caught = stops(ask, IOCTL_STACK_NULL, DEEP);
    assert_int_equal(caught.code, 0x3B);
    caught = stops(ask, IOCTL_STACK_WILD, 0);
    assert_int_equal(caught.code, 0x50);
}

static void stop_it(void *context)
{
    *(int *)context = ntio_stop();
}

/* The caller stands on what would be freed. */
static void it_is_not_stopped_from_inside(void **state)
{
    (void)state;
    int result = 0;
    ntio_run_in_kernel(stop_it, &result);
    assert_int_equal(result, 1);
    struct stack_bounds found = bounds(IOCTL_STACK_BOUNDS);
    assert_plausible(&found, STACK);
    assert_int_equal(ntio_stop(), 1);
}

/* --- user APCs are the client's: they run on its stack --- */

static uintptr_t apc_stack;

static void CALLBACK on_apc(ULONG_PTR context)
{
    struct stack_bounds found = bounds(IOCTL_STACK_BOUNDS);
    volatile char here = 0;
    apc_stack = (uintptr_t)&here;
    assert_plausible(&found, STACK);
    assert_false(apc_stack > found.low && apc_stack < found.high);
    (void)context;
}

static void apcs_run_on_the_client_s(void **state)
{
    (void)state;
    volatile char here = 0;
    assert_true(QueueUserAPC(on_apc, GetCurrentThread(), 0));
    assert_int_equal(SleepEx(1000, TRUE), WAIT_IO_COMPLETION);
    assert_true(apc_stack < (uintptr_t)&here && (uintptr_t)&here - apc_stack < 512 * 1024);
}

/*
 * ThreadSanitizer's own code runs on the kernel stack, in front of every access. It goes over the end of one of this size with its
 * locks held, and the handler of that fault, which is instrumented itself, waits for them for ever.
 */
#if defined(__SANITIZE_THREAD__)
#define NO_STACKS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define NO_STACKS 1
#endif
#endif
#ifndef NO_STACKS
#define NO_STACKS 0
#endif

int main(void)
{
    if (NO_STACKS)
        return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_truth_is_told, start, machine_stop),
        cmocka_unit_test_setup_teardown(without_it_the_host_s_are_told, start_without, machine_stop),
        cmocka_unit_test(the_environment_says_it),
        cmocka_unit_test_setup_teardown(exceptions_cross_it, start, machine_stop),
        cmocka_unit_test_setup_teardown(it_is_the_kernel_s_memory, start, machine_stop),
        cmocka_unit_test_setup_teardown(the_library_has_room, start, machine_stop),
        cmocka_unit_test_setup_teardown(what_is_used_is_measured, start, machine_stop),
        cmocka_unit_test_setup_teardown(an_overflow_is_a_double_fault, start, machine_stop),
        cmocka_unit_test_setup_teardown(other_faults_are_what_they_are, start, machine_stop),
        cmocka_unit_test_setup_teardown(it_is_not_stopped_from_inside, start, machine_stop),
        cmocka_unit_test_setup_teardown(apcs_run_on_the_client_s, start, machine_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
