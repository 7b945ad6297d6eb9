/*
 * The options that watch memory while a driver runs: isolation, read-only direct buffers, double fetches,
 * stale output. DRIVERS: watched
 */
#include "win32_test.h"

#include <winioctl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "../drivers/watched/watched.h"

#define PAGE 4096u

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
static unsigned char *memory; /* of the client's: four pages */

static void begin(ntio_options options)
{
    options.log = take;
    text[length = 0] = 0;
    assert_int_equal(ntio_start(&options), 0);
    assert_int_equal(ntio_load_driver("watched"), 0);
    device = CreateFileA("\\\\.\\Watched", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(device, INVALID_HANDLE_VALUE);
    memory = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    assert_non_null(memory);
}

/* Returns how many violations there were. */
static int end(void)
{
    assert_true(VirtualFree(memory, 0, MEM_RELEASE));
    assert_true(CloseHandle(device));
    return ntio_stop();
}

static void assert_said(const char *what)
{
    if (!strstr(text, what))
        fail_msg("\"%s\" is not in:\n%s", what, text);
}

static void assert_quiet(void)
{
    if (strstr(text, "violation"))
        fail_msg("said:\n%s", text);
}

static DWORD control(DWORD code, void *input, DWORD input_length, void *output, DWORD output_length)
{
    DWORD count = 0xDEAD;
    assert_true(DeviceIoControl(device, code, input, input_length, output, output_length, &count, NULL));
    return count;
}

/* --- isolation --- */

static DWORD follow_at(DWORD code, void *address, unsigned size, void *buffer)
{
    struct watched_pointer pointer = {address, size};
    memcpy(buffer, &pointer, sizeof pointer);
    assert_int_equal(control(code, buffer, sizeof pointer, buffer, sizeof(DWORD)), sizeof(DWORD));
    DWORD value;
    memcpy(&value, buffer, sizeof value);
    return value;
}

static DWORD follow(DWORD code)
{
    struct watched_pointer buffer;
    return follow_at(code, memory + 16, 64, &buffer);
}

static void what_is_right_is_let_through(void **state)
{
    (void)state;
    static const DWORD right[] = {IOCTL_WATCHED_PROBED, IOCTL_WATCHED_PROBED_BEFORE, IOCTL_WATCHED_LOCKED,
                                  IOCTL_WATCHED_RAISE};
    for (int fault = 0; fault < 2; fault++) {
        begin((ntio_options){.isolation = fault ? NTIO_ISOLATION_FAULT : NTIO_ISOLATION_REPORT});
        for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
            for (int again = 0; again < 3; again++) {
                memory[16] = (unsigned char)i;
                /* The request's own buffer is in the client's memory, too: the system copies it. */
                assert_int_equal(follow_at(right[i], memory + 16, 64, memory + 2 * PAGE), i);
                assert_int_equal(follow(right[i]), i);
            }
        assert_quiet();
        assert_int_equal(end(), 0);
    }
}

static void what_is_wrong_is_reported(void **state)
{
    (void)state;
    static const struct {
        DWORD code;
        const char *says, *where;
    } wrong[] = {
        {IOCTL_WATCHED_FOLLOW, "read the client's memory", "ReadAt+"},
        {IOCTL_WATCHED_FOLLOW_IN_TRY, "which nobody has probed in this request", "ReadAt+"},
        {IOCTL_WATCHED_PROBED_OUTSIDE, "was probed, but no __try stands around the access", "ReadAt+"},
        {IOCTL_WATCHED_VALID, "which nobody has probed", "ReadAt+"},
        {IOCTL_WATCHED_TOO_FAR, "which nobody has probed", "ReadAt+"},
        {IOCTL_WATCHED_AT_DISPATCH, "which may be paged out, at DISPATCH_LEVEL or above", "ReadAt+"},
        {IOCTL_WATCHED_SERVICE, "which nobody has probed", "ReadAt+"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        begin((ntio_options){.isolation = NTIO_ISOLATION_REPORT});
        memory[16] = 77;
        memory[PAGE + 16] = 78;
        DWORD value = follow(wrong[i].code);
        if (wrong[i].code != IOCTL_WATCHED_SERVICE)
            assert_int_equal(value, wrong[i].code == IOCTL_WATCHED_TOO_FAR ? 78 : 77);
        assert_said("\\Driver\\watched read the client's memory at ");
        assert_said(wrong[i].says);
        assert_said(wrong[i].where);
        assert_said("control code 0x8236");
        follow(wrong[i].code); /* said once */
        assert_int_equal(end(), 1);
    }
}

static void a_method_buffered_handler_has_no_user_buffer(void **state)
{
    (void)state;
    begin((ntio_options){.isolation = NTIO_ISOLATION_REPORT});
    struct watched_pointer pointer = {memory, 4};
    memcpy(memory + PAGE, &pointer, sizeof pointer);
    control(IOCTL_WATCHED_USER_BUFFER, memory + PAGE, sizeof pointer, memory, 4);
    assert_said("\\Driver\\watched wrote to the client's memory at ");
    assert_said("WriteAt+");
    assert_int_equal(end(), 1);
}

static void fast_io_is_isolated_too(void **state)
{
    (void)state;
    begin((ntio_options){.isolation = NTIO_ISOLATION_REPORT});
    memory[0] = 33;
    assert_int_equal(control(IOCTL_WATCHED_FAST, memory, 16, NULL, 0), 33);
    assert_said("\\Driver\\watched read the client's memory at ");
    memory[0] = 34;
    assert_int_equal(follow_at(IOCTL_WATCHED_PROBED, memory, 16, memory + PAGE), 34);
    assert_int_equal(end(), 1);
}

static void follow_it(void *context)
{
    follow(*(DWORD *)context);
}

static void an_access_can_fault(void **state)
{
    (void)state;
    begin((ntio_options){.isolation = NTIO_ISOLATION_FAULT});
    assert_int_equal(follow(IOCTL_WATCHED_FOLLOW_IN_TRY), (DWORD)STATUS_ACCESS_VIOLATION);
    assert_int_equal(follow(IOCTL_WATCHED_FOLLOW_IN_TRY), (DWORD)STATUS_ACCESS_VIOLATION);
    memory[16] = 5;
    assert_int_equal(follow(IOCTL_WATCHED_PROBED), 5);
    assert_int_equal(end(), 1);

    begin((ntio_options){.isolation = NTIO_ISOLATION_FAULT});
    DWORD code = IOCTL_WATCHED_FOLLOW;
    ntio_bugcheck caught;
    void *address = memory + 16;
    assert_true(ntio_catch_bugcheck(follow_it, &code, &caught));
    assert_int_equal(caught.code, 0x3B); /* SYSTEM_SERVICE_EXCEPTION */
    assert_int_equal(caught.parameters[0], (DWORD)STATUS_ACCESS_VIOLATION);
    assert_non_null(strstr(caught.report, "ReadAt+"));
    assert_non_null(strstr(caught.report, "\\Driver\\watched"));
    char says[64];
    snprintf(says, sizeof says, "client's memory at 0x%llx", (unsigned long long)(ULONG_PTR)address);
    assert_said(says);
    assert_int_equal(ntio_stop(), 0);
}

#if defined(__SANITIZE_THREAD__)
#define THREADS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREADS_SANITIZED 1
#endif
#endif
#ifndef THREADS_SANITIZED
#define THREADS_SANITIZED 0
#endif

static _Atomic int stop_touching;

static void *touch(void *context)
{
    volatile unsigned char *bytes = context;
    while (!stop_touching) {
        bytes[0]++;
        (void)bytes[PAGE];
    }
    return NULL;
}

/* A thread of the client's that is in no driver has its memory all the time. */
static void other_threads_go_on(void **state)
{
    (void)state;
    begin((ntio_options){.isolation = NTIO_ISOLATION_FAULT});
    pthread_t thread;
    stop_touching = 0;
    assert_int_equal(pthread_create(&thread, NULL, touch, memory), 0);
    for (int i = 0; i < 300; i++) {
        memory[16] = (unsigned char)i;
        assert_int_equal(follow(IOCTL_WATCHED_PROBED) & 0xFF, i & 0xFF);
    }
    stop_touching = 1;
    pthread_join(thread, NULL);
    assert_quiet();
    assert_int_equal(end(), 0);
}

static void the_client_finds_its_protection_again(void **state)
{
    (void)state;
    begin((ntio_options){.isolation = NTIO_ISOLATION_REPORT});
    DWORD old;
    MEMORY_BASIC_INFORMATION info;
    assert_true(VirtualProtect(memory + PAGE, PAGE, PAGE_READONLY, &old));
    assert_true(VirtualProtect(memory + 2 * PAGE, PAGE, PAGE_NOACCESS, &old));
    follow(IOCTL_WATCHED_PROBED);
    assert_int_equal(VirtualQuery(memory + PAGE, &info, sizeof info), sizeof info);
    assert_int_equal(info.Protect, PAGE_READONLY);
    assert_int_equal(memory[PAGE], 0);
    /* What the client forbids stays forbidden inside. */
    struct watched_pointer buffer;
    assert_int_equal(follow_at(IOCTL_WATCHED_PROBED, memory + 2 * PAGE, 4, &buffer),
                     (DWORD)STATUS_ACCESS_VIOLATION);
    assert_quiet();
    assert_int_equal(end(), 0);
}

static void without_isolation_nothing_is_said(void **state)
{
    (void)state;
    begin((ntio_options){.isolation = NTIO_ISOLATION_OFF});
    memory[16] = 9;
    assert_int_equal(follow(IOCTL_WATCHED_FOLLOW), 9);
    assert_int_equal(follow(IOCTL_WATCHED_PROBED_OUTSIDE), 9);
    assert_int_equal(end(), 0);
}

/* --- direct buffers --- */

static void write_input(void *context)
{
    (void)context;
    control(IOCTL_WATCHED_WRITE_INPUT, NULL, 0, memory + 100, 64);
}

static void direct_input_can_be_read_only(void **state)
{
    (void)state;
    begin((ntio_options){0});
    write_input(NULL);
    assert_int_equal(memory[100], 0x5A);
    assert_int_equal(end(), 0);

    begin((ntio_options){.direct_read_only = true});
    memory[100] = 42;
    assert_int_equal(control(IOCTL_WATCHED_READ_INPUT, NULL, 0, memory + 100, 64), 42);
    control(IOCTL_WATCHED_STALE_DIRECT, NULL, 0, memory, 64); /* locked for writing */
    assert_int_equal(memory[0], 'x');
    ntio_bugcheck caught;
    assert_true(ntio_catch_bugcheck(write_input, NULL, &caught));
    assert_int_equal(caught.code, 0xBE); /* ATTEMPTED_WRITE_TO_READONLY_MEMORY */
    assert_int_equal(caught.parameters[0] & (PAGE - 1), 100);
    assert_non_null(strstr(caught.report, "WriteAt+"));
    assert_int_equal(ntio_stop(), 0);
}

/* --- double fetches --- */

static struct watched_message message(void)
{
    struct watched_message made = {.length = 16, .sum = 1};
    for (size_t i = 0; i < sizeof made.data; i++)
        made.data[i] = (unsigned char)(i + 3);
    return made;
}

#if defined(__x86_64__) && !THREADS_SANITIZED

static void bytes_fetched_twice_change(void **state)
{
    (void)state;
    static const struct {
        DWORD code;
        bool direct, embedded;
    } rows[] = {{IOCTL_WATCHED_TWICE, false, false},
                {IOCTL_WATCHED_TWICE_INPUT, true, false},
                {IOCTL_WATCHED_EMBEDDED, false, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int changed = 0;
        for (unsigned seed = 1; seed <= 6; seed++) {
            struct watched_message sent = message();
            begin((ntio_options){.double_fetch = seed});
            /* Across two pages, and not aligned. */
            unsigned char *at = memory + PAGE - 6;
            struct watched_pointer pointer = {at, sizeof sent};
            memcpy(at, &sent, sizeof sent);
            memcpy(memory + 8, &pointer, sizeof pointer);
            DWORD used = rows[i].direct     ? control(rows[i].code, NULL, 0, at, sizeof sent)
                         : rows[i].embedded ? control(rows[i].code, memory + 8, sizeof pointer, NULL, 0)
                                            : control(rows[i].code, at, sizeof sent, NULL, 0);
            changed += used != 16;
            assert_said("\\Driver\\watched fetched 4 bytes of the client's twice: ");
            assert_said("offset 0 of a buffer");
            assert_said("first at  CheckLength+");
            assert_said("then at   UseLength+");
            if (!THREADS_SANITIZED) /* its frames are not those that were written */
                assert_said(" < Twice+");
            if (used != 16)
                assert_said("changed from 10 00 00 00 to ");
            assert_memory_equal(at, &sent, sizeof sent);
            assert_int_equal(end(), 1);
        }
        assert_in_range(changed, 1, 6);
    }
}

static void the_seed_decides_what_changes(void **state)
{
    (void)state;
    DWORD used[2][8];
    for (int again = 0; again < 2; again++)
        for (unsigned seed = 0; seed < 8; seed++) {
            struct watched_message sent = message();
            begin((ntio_options){.double_fetch = 100 + seed});
            memcpy(memory, &sent, sizeof sent);
            used[again][seed] = control(IOCTL_WATCHED_TWICE, memory, sizeof sent, NULL, 0);
            end();
        }
    assert_memory_equal(used[0], used[1], sizeof used[0]);
    unsigned different = 0;
    for (int i = 1; i < 8; i++)
        different += used[0][i] != used[0][0];
    assert_int_not_equal(different, 0);
}

static void what_is_fetched_once_stays(void **state)
{
    (void)state;
    begin((ntio_options){.double_fetch = 7});
    struct watched_message sent = message();
    for (unsigned size = 8; size <= 64; size++)
        for (unsigned offset = 0; offset < 3; offset++) {
            unsigned char *at = memory + PAGE - 32 + offset;
            memcpy(at, &sent, sizeof sent);
            assert_int_equal(control(IOCTL_WATCHED_COPY, at, size, NULL, 0), 16);
        }
    memcpy(memory, &sent, sizeof sent);
    assert_int_equal(control(IOCTL_WATCHED_ONCE, memory, sizeof sent, NULL, 0), 16);
    assert_int_equal(control(IOCTL_WATCHED_EACH_ONCE, memory, sizeof sent, NULL, 0), 16 + 1 + 3 + 4);
    assert_int_equal(control(IOCTL_WATCHED_READ_INPUT, NULL, 0, memory, sizeof sent), 16);
    assert_quiet();
    assert_int_equal(end(), 0);
}

static void copies_are_told_apart(void **state)
{
    (void)state;
    begin((ntio_options){.double_fetch = 3});
    struct watched_message sent = message();
    memcpy(memory, &sent, sizeof sent);
    control(IOCTL_WATCHED_COPY_TWICE, memory, sizeof sent, NULL, 0);
    assert_said("of the client's twice");
    assert_said("first at  Fetch+");
    assert_said("then at   Fetch+");
    assert_memory_equal(memory, &sent, sizeof sent);
    assert_int_equal(end(), 1);
}

static void fetches_are_watched_in_isolation(void **state)
{
    (void)state;
    begin((ntio_options){.double_fetch = 3, .isolation = NTIO_ISOLATION_FAULT});
    struct watched_message sent = message();
    memcpy(memory, &sent, sizeof sent);
    assert_int_equal(control(IOCTL_WATCHED_EACH_ONCE, memory, sizeof sent, NULL, 0), 16 + 1 + 3 + 4);
    assert_quiet();
    control(IOCTL_WATCHED_TWICE, memory, sizeof sent, NULL, 0);
    assert_said("of the client's twice");
    assert_memory_equal(memory, &sent, sizeof sent);
    assert_int_equal(end(), 1);
}

/* Other threads see the buffer all the while. */
static void watched_bytes_are_there_for_others(void **state)
{
    (void)state;
    begin((ntio_options){.double_fetch = 11});
    struct watched_message sent = message();
    pthread_t thread;
    stop_touching = 0;
    memcpy(memory + 64, &sent, sizeof sent);
    assert_int_equal(pthread_create(&thread, NULL, touch, memory), 0);
    for (int i = 0; i < 200; i++)
        assert_int_equal(control(IOCTL_WATCHED_ONCE, memory + 64, sizeof sent, NULL, 0), 16);
    stop_touching = 1;
    pthread_join(thread, NULL);
    assert_quiet();
    assert_int_equal(end(), 0);
}

#else

static void double_fetches_are_refused(void **state)
{
    (void)state;
    const ntio_options options = {.double_fetch = 1, .log = take};
    text[length = 0] = 0;
    assert_int_equal(ntio_start(&options), -1);
    assert_said("double fetches need single steps");
}

#endif

/* --- moved buffers --- */

static void write_local_input(void *context)
{
    unsigned char local[64];
    (void)context;
    control(IOCTL_WATCHED_WRITE_INPUT, NULL, 0, local, sizeof local);
}

static void buffers_on_a_stack_can_be_watched(void **state)
{
    (void)state;
    unsigned char local[70], answer[64];
    struct watched_message sent = message();
    begin((ntio_options){.isolation = NTIO_ISOLATION_REPORT, .move_buffers = true, .direct_read_only = true});
    for (int i = 0; i < 70; i++)
        local[i] = (unsigned char)i;
    answer[63] = 'k';
    assert_int_equal(control(IOCTL_WATCHED_ECHO, local, 63, answer, 64), 63);
    for (int i = 0; i < 63; i++)
        assert_int_equal(answer[i], i + 1);
    assert_int_equal(answer[63], 'k');
    /* In place, and neither of the same length. */
    assert_int_equal(control(IOCTL_WATCHED_ECHO, local, 60, local, 70), 60);
    for (int i = 0; i < 70; i++)
        assert_int_equal(local[i], i < 60 ? i + 1 : i);
    assert_int_equal(control(IOCTL_WATCHED_STALE_DIRECT, NULL, 0, answer, 64), 60);
    for (int i = 0; i < 64; i++)
        assert_int_equal(answer[i], i < 32 ? 'x' : i == 63 ? 'k' : i + 1);
    assert_int_equal(control(IOCTL_WATCHED_READ_INPUT, NULL, 0, &sent, sizeof sent), 16);
    assert_quiet();
    assert_int_equal(control(IOCTL_WATCHED_RAW, &sent, sizeof sent, NULL, 0), 16);
    assert_said("\\Driver\\watched read the client's memory at ");
    ntio_bugcheck caught;
    assert_true(ntio_catch_bugcheck(write_local_input, NULL, &caught));
    assert_int_equal(caught.code, 0xBE);
    assert_int_equal(ntio_stop(), 0);
#if defined(__x86_64__) && !THREADS_SANITIZED
    begin((ntio_options){.double_fetch = 5, .move_buffers = true});
    control(IOCTL_WATCHED_TWICE, &sent, sizeof sent, NULL, 0);
    assert_said("of the client's twice");
    assert_int_equal(sent.length, 16);
    assert_int_equal(end(), 1);
#endif
}

/* --- stale output --- */

/* MemorySanitizer's shadow is asked, if there is one. */
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#define SHADOWED 1
#define COPIED   ", or copied there what was never written"
#endif
#endif
#ifndef SHADOWED
#define SHADOWED 0
#define COPIED   ""
#endif

static void stale_output_is_found(void **state)
{
    (void)state;
    unsigned char output[300];
    begin((ntio_options){.stale = NTIO_STALE_BUFFERED});
    assert_int_equal(control(IOCTL_WATCHED_STALE_TAIL, NULL, 0, output, 100), 100);
    assert_said("\\Driver\\watched declared 100 bytes of output and never wrote 50 of them" COPIED ": offsets 50-99; "
                "what the caller gets is old memory of the kernel's");
    assert_said("WatchedControl+");
    /* Larger than the buffer that an IRP brings along. */
    assert_int_equal(control(IOCTL_WATCHED_STALE_TAIL, NULL, 0, output, 300), 300);
    assert_said("offsets 150-299");
    assert_int_equal(end(), 2);
}

static void the_padding_of_a_structure_is_found(void **state)
{
    (void)state;
    struct watched_answer answer;
    begin((ntio_options){.stale = NTIO_STALE_BUFFERED});
    control(IOCTL_WATCHED_STALE_HOLE, NULL, 0, &answer, sizeof answer);
    assert_int_equal(answer.total, 4);
    if (SHADOWED) {
        assert_said("never wrote 6 of them" COPIED ": offsets 2-3, 12-15");
        assert_int_equal(end(), 1);
        return;
    }
    assert_said("never wrote 4 of them: offsets 12-15");
    assert_null(strstr(text, "offsets 2-3"));
    control(IOCTL_WATCHED_STALE_HOLE, NULL, 0, &answer, sizeof answer);
    /* Two bytes could be chance, the same two twice are not. */
    assert_said("offsets 2-3, 12-15");
    assert_int_equal(end(), 2);
}

static void what_was_written_is_not_stale(void **state)
{
    (void)state;
    unsigned char buffer[256];
    begin((ntio_options){.stale = NTIO_STALE_BUFFERED | NTIO_STALE_DIRECT});
    for (int i = 0; i < 200; i++) {
        memset(buffer, i, sizeof buffer);
        control(IOCTL_WATCHED_STALE_NONE, NULL, 0, buffer, sizeof buffer);
        assert_int_equal(buffer[255], 'x');
        control(IOCTL_WATCHED_STALE_INPUT, buffer, sizeof buffer, buffer, sizeof buffer);
    }
    assert_quiet();
    assert_int_equal(end(), 0);
}

static void stale_direct_output_is_found(void **state)
{
    (void)state;
    begin((ntio_options){.stale = NTIO_STALE_DIRECT});
    memset(memory, 'o', 64);
    assert_int_equal(control(IOCTL_WATCHED_STALE_DIRECT, NULL, 0, memory, 64), 60);
    assert_said(
        "declared 60 bytes of output and never wrote 28 of them" COPIED ": offsets 32-59; the caller takes its own");
    for (int i = 0; i < 64; i++)
        assert_int_equal(memory[i], i < 32 ? 'x' : 'o'); /* as the driver left it */
    assert_int_equal(end(), 1);
}

static void more_than_the_buffer_holds_is_told(void **state)
{
    (void)state;
    begin((ntio_options){.stale = NTIO_STALE_BUFFERED});
    assert_int_equal(control(IOCTL_WATCHED_TOO_MUCH, NULL, 0, memory, 64), 65);
    assert_said("declared 65 bytes of output, but the caller's buffer has 64: the caller believes it");
    assert_int_equal(control(IOCTL_WATCHED_TOO_MUCH_BUFFERED, NULL, 0, memory, 64), 65);
    assert_said("completed with Information 65, but the caller's output buffer has 64 bytes");
    assert_int_equal(end(), 2);
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
        cmocka_unit_test_teardown(what_is_right_is_let_through, stop),
        cmocka_unit_test_teardown(what_is_wrong_is_reported, stop),
        cmocka_unit_test_teardown(a_method_buffered_handler_has_no_user_buffer, stop),
        cmocka_unit_test_teardown(fast_io_is_isolated_too, stop),
        cmocka_unit_test_teardown(an_access_can_fault, stop),
        cmocka_unit_test_teardown(other_threads_go_on, stop),
        cmocka_unit_test_teardown(the_client_finds_its_protection_again, stop),
        cmocka_unit_test_teardown(without_isolation_nothing_is_said, stop),
        cmocka_unit_test_teardown(direct_input_can_be_read_only, stop),
#if defined(__x86_64__) && !THREADS_SANITIZED
        cmocka_unit_test_teardown(bytes_fetched_twice_change, stop),
        cmocka_unit_test_teardown(the_seed_decides_what_changes, stop),
        cmocka_unit_test_teardown(what_is_fetched_once_stays, stop),
        cmocka_unit_test_teardown(copies_are_told_apart, stop),
        cmocka_unit_test_teardown(fetches_are_watched_in_isolation, stop),
        cmocka_unit_test_teardown(watched_bytes_are_there_for_others, stop),
#else
        cmocka_unit_test_teardown(double_fetches_are_refused, stop),
#endif
        cmocka_unit_test_teardown(buffers_on_a_stack_can_be_watched, stop),
        cmocka_unit_test_teardown(stale_output_is_found, stop),
        cmocka_unit_test_teardown(the_padding_of_a_structure_is_found, stop),
        cmocka_unit_test_teardown(what_was_written_is_not_stale, stop),
        cmocka_unit_test_teardown(stale_direct_output_is_found, stop),
        cmocka_unit_test_teardown(more_than_the_buffer_holds_is_told, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
