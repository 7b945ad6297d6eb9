/*
 * The options by twos: a driver that is right is right with any two of them, its requests come from two processes, and what is
 * wrong is seen as with one option alone. DRIVERS: matrix
 */
#include "win32_test.h"

#include <winioctl.h>
#include <stdio.h>
#include <string.h>

#include "../drivers/matrix/matrix.h"

#define LENGTH 700u /* more than the driver has room for on its stack */
#define OFFSET (4096u - 300) /* so they lie on two pages */

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

static HANDLE open_device(void)
{
    HANDLE device = CreateFileA("\\\\.\\Matrix", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(device, INVALID_HANDLE_VALUE);
    return device;
}

/* A process's memory, its bytes and where it is. */
struct client {
    unsigned char seed;
    unsigned char *memory;
    struct client *other;
    ULONG id;
    bool contexts, reported, faults; /* what the options do to it */
};

static ULONG sum(const unsigned char *bytes, ULONG size)
{
    ULONG result = 0;
    for (ULONG i = 0; i < size; i++)
        result += bytes[i];
    return result;
}

static void allocate(void *context)
{
    struct client *client = context;
    client->memory = VirtualAlloc(NULL, 4 * 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    assert_non_null(client->memory);
    for (ULONG i = 0; i < LENGTH; i++)
        client->memory[OFFSET + i] = (unsigned char)(client->seed + i * 7);
    client->id = GetCurrentProcessId();
}

static void release(void *context)
{
    assert_true(VirtualFree(((struct client *)context)->memory, 0, MEM_RELEASE));
}

/* The error, or 0. */
static DWORD control(DWORD code, void *input, DWORD input_length, void *output, DWORD output_length, DWORD *count)
{
    HANDLE device = open_device();
    DWORD error = 0;
    if (!DeviceIoControl(device, code, input, input_length, output, output_length, count, NULL))
        error = GetLastError();
    assert_true(CloseHandle(device));
    return error;
}

static void ask(struct client *client, DWORD code, DWORD size, ULONG expected)
{
    /* The answer is in the client's memory, too, and behind the input: on a page of its own. */
    MATRIX_ANSWER *answer = (MATRIX_ANSWER *)(client->memory + 3 * 4096);
    DWORD count = 0;
    memset(answer, 0xEE, sizeof *answer);
    DWORD error = control(code, client->memory + OFFSET, size, answer, sizeof *answer, &count);
    if (error || count != sizeof *answer || answer->Status || answer->Sum != expected)
        fail_msg("code %08X of %u bytes: error %u, count %u, status %08X, sum %u and not %u; said:\n%s", code, size, error,
                 count, (unsigned)answer->Status, answer->Sum, expected, text);
    if (code != IOCTL_MATRIX_OUT_DIRECT)
        assert_int_equal(answer->Requester, client->id);
}

static MATRIX_ANSWER point(DWORD code, void *pointer)
{
    union {
        MATRIX_POINTER pointer;
        MATRIX_ANSWER answer;
    } buffer = {.pointer = {pointer, LENGTH}};
    DWORD count = 0;
    assert_int_equal(control(code, &buffer, sizeof buffer, &buffer, sizeof buffer, &count), 0);
    assert_int_equal(count, sizeof buffer.answer);
    return buffer.answer;
}

static void does_its_job(struct client *client)
{
    static const DWORD codes[] = {IOCTL_MATRIX_BUFFERED, IOCTL_MATRIX_OUT_DIRECT, IOCTL_MATRIX_NEITHER, IOCTL_MATRIX_MDL,
                                  IOCTL_MATRIX_ITEM,     IOCTL_MATRIX_ATTACHED,   IOCTL_MATRIX_DPC};
    for (int large = 0; large < 2; large++) {
        DWORD size = large ? LENGTH : 100, count = 0;
        ULONG expected = sum(client->memory + OFFSET, size);
        for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
            ask(client, codes[i], size, expected);
        unsigned char unused[16] = {0};
        assert_int_equal(
            control(IOCTL_MATRIX_IN_DIRECT, unused, sizeof unused, client->memory + OFFSET, size, &count), 0);
        assert_int_equal(count, expected % size);
    }
    ULONG expected = sum(client->memory + OFFSET, LENGTH);
    MATRIX_ANSWER answer = point(IOCTL_MATRIX_POINTER, client->memory + OFFSET);
    assert_int_equal(answer.Status, 0);
    assert_int_equal(answer.Sum, expected);
    assert_int_equal(sum(client->memory + OFFSET, LENGTH), expected); /* double fetches change nothing for good */
}

/* What is another process's is nothing here, probed or not. */
static void does_not_reach_the_other(struct client *client)
{
    unsigned char *there = client->other->memory + OFFSET;
    if (!client->contexts)
        return;
    MATRIX_ANSWER answer = point(IOCTL_MATRIX_POINTER, there);
    assert_int_equal((uint32_t)answer.Status, (uint32_t)STATUS_ACCESS_VIOLATION);
    MATRIX_ANSWER *own = (MATRIX_ANSWER *)(client->memory + 3 * 4096);
    DWORD count;
    assert_int_equal(control(IOCTL_MATRIX_MDL, there, LENGTH, own, sizeof *own, &count), ERROR_NOACCESS);
    assert_int_equal(control(IOCTL_MATRIX_MDL, client->memory + OFFSET, LENGTH, there, sizeof *own, &count), ERROR_NOACCESS);
    assert_int_equal(control(IOCTL_MATRIX_ITEM, there, LENGTH, own, sizeof *own, &count), ERROR_NOACCESS);
    assert_int_equal(control(IOCTL_MATRIX_REACH, client->memory + OFFSET, LENGTH, own, sizeof *own, &count), ERROR_NOACCESS);
}

static void right(void *context)
{
    does_its_job(context);
    does_not_reach_the_other(context);
}

/* Each time: the bytes are read, or not, as with isolation alone. */
static void wrong(void *context)
{
    struct client *client = context;
    MATRIX_ANSWER answer = point(IOCTL_MATRIX_FOLLOW, client->memory + OFFSET);
    if (client->faults) {
        assert_int_equal((uint32_t)answer.Status, (uint32_t)STATUS_ACCESS_VIOLATION);
    } else {
        assert_int_equal(answer.Status, 0);
        assert_int_equal(answer.Sum, sum(client->memory + OFFSET, LENGTH));
    }
    if (client->contexts) {
        answer = point(IOCTL_MATRIX_FOLLOW, client->other->memory + OFFSET);
        assert_int_equal((uint32_t)answer.Status, (uint32_t)STATUS_ACCESS_VIOLATION);
    }
}

/* --- the options --- */

enum { PLAIN, CONTEXTS, REPORT, FAULT, DOUBLE_FETCH, READ_ONLY, STACKS, MOVE, STALE, SPECIAL, PAGED_OUT, VERIFIER, OPTIONS };

static const char *const names[] = {"plain",  "contexts",     "isolation (report)", "isolation (fault)", "double fetch", "read-only direct",
                                    "kernel stacks", "moved buffers", "stale output", "special pool", "paged out", "verifier"};

#if defined(__SANITIZE_THREAD__)
#define THREADS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREADS_SANITIZED 1
#endif
#endif

static bool is_here(int option)
{
#if defined(THREADS_SANITIZED)
    if (option == STACKS)
        return false;
#endif
#if defined(THREADS_SANITIZED) || !defined(__x86_64__)
    return option != DOUBLE_FETCH;
#else
    return option < OPTIONS;
#endif
}

static void set(ntio_options *options, int option)
{
    switch (option) {
    case CONTEXTS:
        options->contexts = true;
        break;
    case REPORT:
        options->isolation = NTIO_ISOLATION_REPORT;
        break;
    case FAULT:
        options->isolation = NTIO_ISOLATION_FAULT;
        break;
    case DOUBLE_FETCH:
        options->double_fetch = 7;
        break;
    case READ_ONLY:
        options->direct_read_only = true;
        break;
    case STACKS:
        options->kernel_stacks = 128 * 1024;
        break;
    case MOVE:
        options->move_buffers = true;
        break;
    case STALE:
        options->stale = NTIO_STALE_BUFFERED | NTIO_STALE_DIRECT;
        break;
    case SPECIAL:
        options->special_pool = NTIO_SPECIAL_POOL_END;
        break;
    case PAGED_OUT:
        options->paged_out = true;
        break;
    case VERIFIER:
        options->verifier = NTIO_VERIFIER_FULL;
        break;
    }
}

/* A bit for each option. */
static void with(unsigned chosen)
{
    ntio_options options = {.log = take};
    struct client own = {.seed = 3}, there = {.seed = 90, .other = &own};
    ntio_process *process;
    own.other = &there;
    for (int option = 0; option < OPTIONS; option++)
        if (chosen >> option & 1) {
            set(&options, option);
            print_message("%s; ", names[option]);
        }
    print_message("\n");
    text[length = 0] = 0;
    assert_int_equal(ntio_start(&options), 0);
    assert_int_equal(ntio_load_driver("matrix"), 0);
    own.contexts = options.contexts;
    own.reported = options.isolation != NTIO_ISOLATION_DEFAULT;
    own.faults = options.isolation == NTIO_ISOLATION_FAULT;
    allocate(&own);
    does_its_job(&own);
    assert_int_equal(ntio_process_create(&(ntio_process_options){.image = "there.exe"}, &process), STATUS_SUCCESS);
    own.contexts = there.contexts = true; /* from then on */
    there.faults = own.faults;
    assert_true(ntio_process_call(process, allocate, &there));
    right(&own);
    assert_true(ntio_process_call(process, right, &there));
    if (strstr(text, "violation"))
        fail_msg("said:\n%s", text);
    wrong(&own);
    assert_true(ntio_process_call(process, wrong, &there));
    right(&own);
    assert_true(ntio_process_call(process, release, &there));
    assert_int_equal(ntio_process_end(process, 0), STATUS_SUCCESS);
    does_its_job(&own);
    release(&own);
    if (own.reported && !strstr(text, "read the client's memory at"))
        fail_msg("said:\n%s", text);
    int said = ntio_stop();
    if ((own.reported && said == 0) || (!own.reported && said != 0))
        fail_msg("%d violations:\n%s", said, text);
}

static void one_option(void **state)
{
    (void)state;
    for (int option = PLAIN; option < OPTIONS; option++)
        if (is_here(option))
            with(1u << option);
}

static void two_options(void **state)
{
    (void)state;
    for (int first = CONTEXTS; first < OPTIONS; first++)
        for (int second = first + 1; second < OPTIONS; second++)
            if (is_here(first) && is_here(second) && !(first == REPORT && second == FAULT))
                with(1u << first | 1u << second);
}

static void all_options(void **state)
{
    (void)state;
    unsigned chosen = 0;
    for (int option = CONTEXTS; option < OPTIONS; option++)
        if (is_here(option))
            chosen |= 1u << option;
    with(chosen & ~(1u << REPORT));
    with(chosen & ~(1u << FAULT));
}

static int stop(void **state)
{
    (void)state;
    ntio_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(one_option, stop),
        cmocka_unit_test_teardown(two_options, stop),
        cmocka_unit_test_teardown(all_options, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
