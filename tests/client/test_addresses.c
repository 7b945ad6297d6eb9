/*
 * Whose an address is, asked by a driver: probes refuse whatever is the kernel's, however it came by it; and a system
 * service believes a caller in the kernel by the name it was called by, Zw or Nt.
 * DRIVERS: whose
 */
#include "win32_test.h"

#include <winioctl.h>

#include "../drivers/whose/whose.h"

#if defined(__SANITIZE_THREAD__)
#define THREADS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREADS_SANITIZED 1
#endif
#endif

static HANDLE device, other; /* the driver asks through the other: a request holds the lock of its file object */
static void *page;

static int start_with(const ntio_options *options)
{
    if (ntio_start(options) || ntio_load_driver("whose"))
        return -1;
    device = CreateFileA("\\\\.\\Whose", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    other = CreateFileA("\\\\.\\Whose", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    page = VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    return device == INVALID_HANDLE_VALUE || other == INVALID_HANDLE_VALUE || !page ? -1 : 0;
}

static int start(void **state)
{
    (void)state;
    return start_with(NULL);
}

#if !defined(THREADS_SANITIZED)
static int start_on_kernel_stacks(void **state)
{
    (void)state;
    return start_with(&(ntio_options){.kernel_stacks = 64 * 1024});
}
#endif

static int stop(void **state)
{
    VirtualFree(page, 0, MEM_RELEASE);
    CloseHandle(other);
    CloseHandle(device);
    return machine_stop(state);
}

static struct probe_answer probe(unsigned kind, unsigned write)
{
    struct probe_request request = {kind, write, (ULONG_PTR)page};
    struct probe_answer answer;
    DWORD count;
    assert_true(
        DeviceIoControl(device, IOCTL_WHOSE_PROBE, &request, sizeof request, &answer, sizeof answer, &count, NULL));
    assert_int_equal(count, sizeof answer);
    return answer;
}

static void what_is_the_kernel_s_is_refused(void **state)
{
    (void)state;
    static const unsigned kernel[] = {OF_NONPAGED_POOL, OF_PAGED_POOL, OF_DATA,          OF_CODE,
                                      OF_EXTENSION,     OF_IRP,        OF_SYSTEM_BUFFER, OF_MAPPING};
    for (size_t i = 0; i < sizeof kernel / sizeof *kernel; i++)
        for (unsigned write = 0; write < 2; write++) {
            struct probe_answer answer = probe(kernel[i], write);
            assert_int_equal(answer.status, STATUS_ACCESS_VIOLATION);
            assert_int_equal(answer.valid, 1);
        }
    assert_int_not_equal(probe(OF_MAPPING, 0).address, (ULONG_PTR)page);
}

static void what_is_the_client_s_is_not(void **state)
{
    (void)state;
    DWORD old;
    assert_int_equal(probe(OF_CLIENT, 0).status, STATUS_SUCCESS);
    assert_int_equal(probe(OF_CLIENT, 1).status, STATUS_SUCCESS);
    assert_int_equal(probe(OF_CLIENT, 1).valid, 1);
    assert_int_equal(probe(ACROSS_THE_END, 0).status, STATUS_ACCESS_VIOLATION);
    assert_int_equal(probe(ACROSS_THE_END, 1).status, STATUS_ACCESS_VIOLATION);

    assert_true(VirtualProtect(page, 4096, PAGE_READONLY, &old));
    assert_int_equal(probe(OF_CLIENT, 0).status, STATUS_SUCCESS);
    assert_int_equal(probe(OF_CLIENT, 1).status, STATUS_ACCESS_VIOLATION);
    assert_true(VirtualProtect(page, 4096, PAGE_NOACCESS, &old));
    assert_int_equal(probe(OF_CLIENT, 0).status, STATUS_SUCCESS); /* the range is all it looks at */
    assert_int_equal(probe(OF_CLIENT, 1).status, STATUS_ACCESS_VIOLATION);
    assert_int_equal(probe(OF_CLIENT, 0).valid, 0);
}

#if !defined(THREADS_SANITIZED)
static void a_kernel_stack_is_the_kernel_s(void **state)
{
    (void)state;
    assert_int_equal(probe(OF_STACK, 0).status, STATUS_ACCESS_VIOLATION);
    assert_int_equal(probe(OF_STACK, 1).status, STATUS_ACCESS_VIOLATION);
    assert_int_equal(probe(OF_STACK, 1).valid, 1);
}
#endif

static struct service_answer service(unsigned zw, unsigned kernel)
{
    struct service_request request = {zw, kernel, (ULONG_PTR)other, (ULONG_PTR)page};
    struct service_answer answer;
    DWORD count;
    assert_true(
        DeviceIoControl(device, IOCTL_WHOSE_SERVICE, &request, sizeof request, &answer, sizeof answer, &count, NULL));
    assert_int_equal(count, sizeof answer);
    assert_int_equal(answer.before, 1);
    assert_int_equal(answer.after, 1);
    return answer;
}

static void nt_believes_nobody(void **state)
{
    (void)state;
    struct service_answer answer = service(0, CLIENTS_BUFFERS);
    assert_int_equal(answer.status, STATUS_SUCCESS);
    assert_int_equal(answer.mode, 1);

    static const unsigned kernel[] = {KERNEL_INPUT, KERNEL_OUTPUT, KERNEL_STATUS_BLOCK};
    for (size_t i = 0; i < sizeof kernel / sizeof *kernel; i++) {
        answer = service(0, kernel[i]);
        assert_int_equal(answer.status, STATUS_ACCESS_VIOLATION);
        assert_int_equal(answer.mode, 0xFF);
    }
}

static void zw_believes_the_kernel(void **state)
{
    (void)state;
    struct service_answer answer = service(1, KERNEL_INPUT | KERNEL_OUTPUT | KERNEL_STATUS_BLOCK);
    assert_int_equal(answer.status, STATUS_SUCCESS);
    assert_int_equal(answer.mode, 0);
    answer = service(1, CLIENTS_BUFFERS);
    assert_int_equal(answer.status, STATUS_SUCCESS);
    assert_int_equal(answer.mode, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_the_kernel_s_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(what_is_the_client_s_is_not, start, stop),
        cmocka_unit_test_setup_teardown(nt_believes_nobody, start, stop),
        cmocka_unit_test_setup_teardown(zw_believes_the_kernel, start, stop),
#if !defined(THREADS_SANITIZED)
        cmocka_unit_test_setup_teardown(a_kernel_stack_is_the_kernel_s, start_on_kernel_stacks, stop),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
