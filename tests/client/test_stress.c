/*
 * Several threads read, write, cancel and close against a cancel-safe queue and a StartIo driver. Every
 * request comes back exactly once, and what is read is what was written.
 *
 * NTIO_STRESS: how many requests (default DEFAULT_REQUESTS). NTIO_SEED: what the threads' choices are drawn
 * from; printed, but the threads' interleaving is the host's.
 * DRIVERS: stresscsq stressio
 */
#include "win32_test.h"

#include <winioctl.h>
#include <stdio.h>
#include <stdlib.h>

#include "../drivers/stresscsq/stress.h"

#define DEFAULT_REQUESTS 20000
#define WORKERS          3
#define SLOTS            8

enum { CSQ, STARTIO, DEVICES };
static const char *const names[DEVICES] = {"\\\\.\\StressCsq", "\\\\.\\StressIo"};

enum state { FREE, BY_EVENT, BY_PORT };

struct slot {
    OVERLAPPED overlapped; /* first: a packet's OVERLAPPED is its slot */
    HANDLE event, file;
    ULONGLONG value;
    enum state state;
    BOOL writing, gone; /* gone: its packet was seen */
    int device;
};

struct totals {
    LONGLONG issued[DEVICES], succeeded[DEVICES], cancelled[DEVICES];
    ULONGLONG written, read; /* sums, over CSQ alone */
    LONGLONG synchronous, closes, cancels, ends;
};

struct worker {
    HANDLE thread, port;
    HANDLE own[DEVICES], tied[DEVICES], synchronous;
    ULONGLONG random;
    struct slot slots[SLOTS];
    struct totals totals;
    const char *failed;
};

static HANDLE shared[DEVICES];
static HANDLE readers_thread;
static volatile LONGLONG left;
static volatile LONG stop_reader;

/* Not the test's assertions: those jump, and are not for threads. */
#define CHECK(worker, condition)                                                                             \
    do {                                                                                                     \
        if (!(condition) && !(worker)->failed) {                                                             \
            (worker)->failed = #condition;                                                                   \
            fprintf(stderr, "line %d: %s (error %u)\n", __LINE__, #condition, (unsigned)GetLastError());     \
        }                                                                                                    \
    } while (0)

static unsigned draw(struct worker *worker, unsigned below)
{
    ULONGLONG x = worker->random;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    worker->random = x;
    return (unsigned)(x >> 33) % below;
}

static HANDLE open_device(int device, DWORD flags)
{
    return CreateFileA(names[device], GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                       OPEN_EXISTING, flags, NULL);
}

static void open_own(struct worker *worker, int device)
{
    worker->own[device] = open_device(device, FILE_FLAG_OVERLAPPED);
    CHECK(worker, worker->own[device] != INVALID_HANDLE_VALUE);
}

static void open_tied(struct worker *worker, int device)
{
    worker->tied[device] = open_device(device, FILE_FLAG_OVERLAPPED);
    CHECK(worker, CreateIoCompletionPort(worker->tied[device], worker->port, 1, 0) == worker->port);
}

/* --- requests --- */

static void account(struct worker *worker, struct slot *slot)
{
    NTSTATUS status = (NTSTATUS)slot->overlapped.Internal;
    slot->state = FREE;
    if (status == STATUS_CANCELLED) {
        worker->totals.cancelled[slot->device]++;
        return;
    }
    CHECK(worker, status == STATUS_SUCCESS);
    CHECK(worker, slot->overlapped.InternalHigh == sizeof slot->value);
    worker->totals.succeeded[slot->device]++;
    if (slot->device == CSQ && slot->writing)
        worker->totals.written += slot->value;
    else if (slot->device == CSQ)
        worker->totals.read += slot->value;
}

/* Takes the packets that are there. */
static void drain(struct worker *worker, DWORD milliseconds)
{
    OVERLAPPED_ENTRY entries[SLOTS];
    ULONG count = 0;
    if (!GetQueuedCompletionStatusEx(worker->port, entries, SLOTS, &count, milliseconds, FALSE)) {
        CHECK(worker, GetLastError() == WAIT_TIMEOUT);
        return;
    }
    for (ULONG i = 0; i < count; i++) {
        struct slot *slot = (struct slot *)entries[i].lpOverlapped;
        CHECK(worker, slot->state == BY_PORT);
        CHECK(worker, HasOverlappedIoCompleted(&slot->overlapped));
        account(worker, slot);
    }
}

static void finish(struct worker *worker, struct slot *slot)
{
    DWORD count;
    if (slot->state == BY_PORT) {
        while (slot->state == BY_PORT && !worker->failed)
            drain(worker, INFINITE);
        return;
    }
    if (!GetOverlappedResult(slot->file, &slot->overlapped, &count, TRUE))
        CHECK(worker, GetLastError() == ERROR_OPERATION_ABORTED);
    account(worker, slot);
}

static BOOL issue(struct worker *worker, struct slot *slot)
{
    int device = (int)draw(worker, DEVICES);
    unsigned which = draw(worker, 3);
    slot->device = device;
    slot->file = which == 0 ? worker->own[device] : which == 1 ? worker->tied[device] : shared[device];
    slot->writing = draw(worker, 2);
    slot->value = slot->writing ? worker->random >> 8 : 0;
    slot->overlapped = (OVERLAPPED){.hEvent = which == 1 ? NULL : slot->event};
    BOOL done = slot->writing
                    ? WriteFile(slot->file, &slot->value, sizeof slot->value, NULL, &slot->overlapped)
                    : ReadFile(slot->file, &slot->value, sizeof slot->value, NULL, &slot->overlapped);
    CHECK(worker, !done && GetLastError() == ERROR_IO_PENDING); /* both drivers always pend */
    worker->totals.issued[device]++;
    slot->state = which == 1 ? BY_PORT : BY_EVENT;
    return InterlockedDecrement64(&left) > 0;
}

/* For a handle that is going to be closed: what is outstanding on it is not asked for by the handle again. */
static void detach(struct worker *worker, HANDLE file)
{
    for (int i = 0; i < SLOTS; i++)
        if (worker->slots[i].state != FREE && worker->slots[i].file == file)
            worker->slots[i].gone = TRUE;
}

static void wait_for_detached(struct worker *worker)
{
    for (int i = 0; i < SLOTS; i++) {
        struct slot *slot = &worker->slots[i];
        if (!slot->gone)
            continue;
        slot->gone = FALSE;
        if (slot->state == BY_EVENT) {
            CHECK(worker, WaitForSingleObject(slot->event, INFINITE) == WAIT_OBJECT_0);
            account(worker, slot);
        } else if (slot->state == BY_PORT) {
            finish(worker, slot);
        }
    }
}

static void close_one(struct worker *worker)
{
    int device = (int)draw(worker, DEVICES);
    worker->totals.closes++;
    if (draw(worker, 2)) {
        detach(worker, worker->own[device]);
        CHECK(worker, CloseHandle(worker->own[device]));
        open_own(worker, device);
    } else {
        detach(worker, worker->tied[device]);
        CHECK(worker, CloseHandle(worker->tied[device]));
        open_tied(worker, device);
    }
    wait_for_detached(worker);
}

static void cancel_some(struct worker *worker, struct slot *slot)
{
    worker->totals.cancels++;
    switch (draw(worker, 4)) {
    case 0:
        CancelIoEx(worker->own[draw(worker, DEVICES)], NULL);
        break;
    case 1:
        CHECK(worker, CancelIo(shared[draw(worker, DEVICES)]));
        break;
    case 2:
        CancelSynchronousIo(readers_thread);
        break;
    default:
        if (slot->state != FREE)
            CancelIoEx(slot->file, &slot->overlapped);
        break;
    }
}

/* --- threads --- */

static DWORD WINAPI leave_requests(LPVOID context)
{
    struct worker *child = context;
    for (int i = 0; i < 3; i++)
        issue(child, &child->slots[i]);
    ExitThread(0);
}

/* A thread that ends with requests outstanding: they are back when it is. */
static void end_one(struct worker *worker)
{
    struct worker child = {.random = worker->random | 1, .port = worker->port};
    memcpy(child.own, worker->own, sizeof child.own);
    memcpy(child.tied, worker->own, sizeof child.tied); /* no port: its slots are this thread's to see */
    for (int i = 0; i < 3; i++)
        child.slots[i].event = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, leave_requests, &child, 0, NULL);
    CHECK(worker, WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0);
    CloseHandle(thread);
    for (int i = 0; i < 3; i++) {
        CHECK(worker, HasOverlappedIoCompleted(&child.slots[i].overlapped));
        account(&child, &child.slots[i]);
        CloseHandle(child.slots[i].event);
    }
    for (int i = 0; i < DEVICES; i++) {
        worker->totals.issued[i] += child.totals.issued[i];
        worker->totals.succeeded[i] += child.totals.succeeded[i];
        worker->totals.cancelled[i] += child.totals.cancelled[i];
    }
    worker->totals.written += child.totals.written;
    worker->totals.read += child.totals.read;
    worker->totals.ends++;
    CHECK(worker, !child.failed);
}

static DWORD WINAPI work(LPVOID context)
{
    struct worker *worker = context;
    BOOL more = TRUE;
    worker->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    for (int i = 0; i < DEVICES; i++) {
        open_own(worker, i);
        open_tied(worker, i);
    }
    for (int i = 0; i < SLOTS; i++)
        worker->slots[i].event = CreateEventA(NULL, TRUE, FALSE, NULL);
    while (more && !worker->failed) {
        struct slot *slot = &worker->slots[draw(worker, SLOTS)];
        unsigned what = draw(worker, 1000);
        if (what < 5)
            close_one(worker);
        else if (what < 7)
            end_one(worker);
        else if (what < 150)
            cancel_some(worker, slot);
        else if (what < 250)
            drain(worker, 0);
        else if (slot->state == FREE)
            more = issue(worker, slot);
        else if (HasOverlappedIoCompleted(&slot->overlapped))
            finish(worker, slot);
        else if (what < 400) {
            CancelIoEx(slot->file, &slot->overlapped);
            finish(worker, slot);
        }
    }
    for (int i = 0; i < SLOTS && !worker->failed; i++) {
        struct slot *slot = &worker->slots[i];
        if (slot->state != FREE) {
            CancelIoEx(slot->file, &slot->overlapped);
            finish(worker, slot);
        }
        CloseHandle(slot->event);
    }
    for (int i = 0; i < DEVICES; i++) {
        CloseHandle(worker->own[i]);
        CloseHandle(worker->tied[i]);
    }
    drain(worker, 0); /* nothing is left there: every packet has had its slot */
    CloseHandle(worker->port);
    return 0;
}

/* Reads through a synchronous handle until it is told to stop; the others take its requests away from it. */
static DWORD WINAPI read_on(LPVOID context)
{
    struct worker *worker = context;
    HANDLE file = open_device(CSQ, 0);
    while (!__atomic_load_n(&stop_reader, __ATOMIC_ACQUIRE)) {
        ULONGLONG value;
        DWORD count;
        if (ReadFile(file, &value, sizeof value, &count, NULL)) {
            CHECK(worker, count == sizeof value);
            worker->totals.read += value;
            worker->totals.succeeded[CSQ]++;
        } else {
            CHECK(worker, GetLastError() == ERROR_OPERATION_ABORTED);
            worker->totals.cancelled[CSQ]++;
        }
        worker->totals.issued[CSQ]++;
        worker->totals.synchronous++;
    }
    CloseHandle(file);
    return 0;
}

static STRESS_COUNTS counts_of(int device)
{
    STRESS_COUNTS counts;
    DWORD length;
    HANDLE file = open_device(device, 0);
    assert_true(DeviceIoControl(file, IOCTL_STRESS_COUNTS, NULL, 0, &counts, sizeof counts, &length, NULL));
    CloseHandle(file);
    return counts;
}

static void add(struct totals *sum, const struct totals *some)
{
    for (int i = 0; i < DEVICES; i++) {
        sum->issued[i] += some->issued[i];
        sum->succeeded[i] += some->succeeded[i];
        sum->cancelled[i] += some->cancelled[i];
    }
    sum->written += some->written;
    sum->read += some->read;
    sum->synchronous += some->synchronous;
    sum->closes += some->closes;
    sum->cancels += some->cancels;
    sum->ends += some->ends;
}

static ULONGLONG number_from(const char *name, ULONGLONG otherwise)
{
    const char *text = getenv(name);
    return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

static void nothing_is_lost_and_nothing_comes_twice(void **state)
{
    static struct worker workers[WORKERS + 1];
    struct worker *reader = &workers[WORKERS];
    struct totals sum = {{0}, {0}, {0}, 0, 0, 0, 0, 0, 0};
    LARGE_INTEGER clock;
    (void)state;
    QueryPerformanceCounter(&clock);
    ULONGLONG seed =
        number_from("NTIO_SEED", (ULONGLONG)clock.QuadPart ^ (ULONGLONG)GetCurrentProcessId() << 32);
    left = (LONGLONG)number_from("NTIO_STRESS", DEFAULT_REQUESTS);
    printf("NTIO_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    assert_int_equal(ntio_load_driver("stresscsq"), STATUS_SUCCESS);
    assert_int_equal(ntio_load_driver("stressio"), STATUS_SUCCESS);
    for (int i = 0; i < DEVICES; i++)
        shared[i] = open_device(i, FILE_FLAG_OVERLAPPED);

    memset(workers, 0, sizeof workers);
    stop_reader = 0;
    reader->thread = readers_thread = CreateThread(NULL, 0, read_on, reader, 0, NULL);
    for (int i = 0; i < WORKERS; i++) {
        workers[i].random = (seed + (ULONGLONG)i) * 0x9E3779B97F4A7C15ull | 1;
        workers[i].thread = CreateThread(NULL, 0, work, &workers[i], 0, NULL);
    }
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(WaitForSingleObject(workers[i].thread, INFINITE), WAIT_OBJECT_0);
    __atomic_store_n(&stop_reader, 1, __ATOMIC_RELEASE);
    while (WaitForSingleObject(reader->thread, 0) == WAIT_TIMEOUT)
        CancelSynchronousIo(reader->thread);
    for (int i = 0; i <= WORKERS; i++) {
        assert_null(workers[i].failed);
        add(&sum, &workers[i].totals);
        CloseHandle(workers[i].thread);
    }
    for (int i = 0; i < DEVICES; i++) {
        STRESS_COUNTS counts = counts_of(i);
        CloseHandle(shared[i]);
        printf("%-15s %lld requests, %lld succeeded, %lld cancelled\n", names[i], (long long)sum.issued[i],
               (long long)sum.succeeded[i], (long long)sum.cancelled[i]);
        assert_int_equal(sum.issued[i], sum.succeeded[i] + sum.cancelled[i]);
        assert_int_equal(counts.Received, sum.issued[i]);
        assert_int_equal(counts.Succeeded, sum.succeeded[i]);
        assert_int_equal(counts.Cancelled, sum.cancelled[i]);
    }
    printf("%lld synchronous, %lld cancellations, %lld handles closed, %lld threads ended\n",
           (long long)sum.synchronous, (long long)sum.cancels, (long long)sum.closes, (long long)sum.ends);
    assert_true(sum.written == sum.read);
    assert_int_equal(ntio_unload_driver("stressio"), STATUS_SUCCESS);
    assert_int_equal(ntio_unload_driver("stresscsq"), STATUS_SUCCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_lost_and_nothing_comes_twice, machine_start, machine_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
