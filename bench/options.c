/*
 * What each option costs: a DeviceIoControl with it on, as a multiple of the same call with it off. The
 * machine is started anew for each measurement, on and off in turns, and the median of the rounds is printed.
 * Buffers of 64 bytes in the client's own memory (VirtualAlloc). A few seconds; prints figures, judges none.
 */
#include <windows.h>
#include <winioctl.h>
#include <ntio/ntio.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "public.h"

enum { BUFFER_SIZE = 64, ROUNDS = 7, FAST = 4000, SLOW = 400 };

static const struct option {
    const char *name;
    ntio_options options;
    int batch;
    DWORD codes[3];
} rows[] = {
    {"isolation", {.isolation = NTIO_ISOLATION_FAULT}, FAST, {IOCTL_BENCH_BUFFERED, IOCTL_BENCH_PROBED}},
    {"direct_read_only", {.direct_read_only = true}, FAST, {IOCTL_BENCH_IN_DIRECT}},
    {"double_fetch",
     {.double_fetch = 1},
     SLOW,
     {IOCTL_BENCH_BUFFERED, IOCTL_BENCH_IN_DIRECT, IOCTL_BENCH_PROBED}},
    {"stale", {.stale = NTIO_STALE_BUFFERED}, FAST, {IOCTL_BENCH_BUFFERED}},
    {"stale, direct too", {.stale = NTIO_STALE_BUFFERED | NTIO_STALE_DIRECT}, FAST, {IOCTL_BENCH_OUT_DIRECT}},
    {"kernel_stacks", {.kernel_stacks = 24 * 1024}, FAST, {IOCTL_BENCH_BUFFERED}},
    {"special_pool", {.special_pool = NTIO_SPECIAL_POOL_END}, SLOW, {IOCTL_BENCH_BUFFERED}},
    {"paged_out", {.paged_out = true}, FAST, {IOCTL_BENCH_BUFFERED}},
    {"contexts", {.contexts = true}, FAST, {IOCTL_BENCH_BUFFERED}},
    {"verifier, full", {.verifier = NTIO_VERIFIER_FULL}, FAST, {IOCTL_BENCH_BUFFERED}},
};

static const char *name_of(DWORD code)
{
    switch (code) {
    case IOCTL_BENCH_BUFFERED:
        return "METHOD_BUFFERED";
    case IOCTL_BENCH_IN_DIRECT:
        return "METHOD_IN_DIRECT";
    case IOCTL_BENCH_OUT_DIRECT:
        return "METHOD_OUT_DIRECT";
    default:
        return "METHOD_NEITHER, probed";
    }
}

static void fail(const char *what)
{
    fprintf(stderr, "bench: %s failed, error %u\n", what, (unsigned)GetLastError());
    exit(1);
}

static double now(void)
{
    LARGE_INTEGER counter, frequency;
    QueryPerformanceCounter(&counter);
    QueryPerformanceFrequency(&frequency);
    return (double)counter.QuadPart / (double)frequency.QuadPart;
}

/* The driver of the benchmark leaves most of its output as it is: that is said, and of no interest here. */
static void ignore(void *context, const char *text, size_t length)
{
    (void)context, (void)text, (void)length;
}

/* Nanoseconds for one call; 0: the machine does not start with these options. */
static double measure(ntio_options options, DWORD code, int batch)
{
    options.log = ignore;
    if (options.verifier == NTIO_VERIFIER_DEFAULT)
        options.verifier = NTIO_VERIFIER_OFF;
    if (ntio_start(&options) != 0)
        return 0;
    if (ntio_load_driver("bench_device") != 0)
        fail("loading the driver");
    HANDLE device =
        CreateFileA("\\\\.\\Bench0", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    unsigned char *memory = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (device == INVALID_HANDLE_VALUE || memory == NULL)
        fail("opening the device");
    DWORD length;
    double start = 0;
    for (int i = -batch / 4; i < batch; i++) {
        if (i == 0)
            start = now();
        if (!DeviceIoControl(device, code, memory, BUFFER_SIZE, memory + 0x8000, BUFFER_SIZE, &length, NULL))
            fail("DeviceIoControl");
    }
    double each = (now() - start) / batch * 1e9;
    VirtualFree(memory, 0, MEM_RELEASE);
    CloseHandle(device);
    ntio_stop();
    return each;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void compare_options(const struct option *row, DWORD code)
{
    double ratios[ROUNDS], on[ROUNDS];
    static const ntio_options off;
    for (int i = 0; i < ROUNDS; i++) {
        on[i] = measure(row->options, code, row->batch);
        double without = measure(off, code, row->batch);
        if (on[i] == 0) {
            printf("  %-18s %-24s not on this host\n", row->name, name_of(code));
            return;
        }
        ratios[i] = on[i] / without;
    }
    qsort(ratios, ROUNDS, sizeof ratios[0], compare);
    qsort(on, ROUNDS, sizeof on[0], compare);
    printf("  %-18s %-24s %8.2f times, %8.0f ns\n", row->name, name_of(code), ratios[ROUNDS / 2],
           on[ROUNDS / 2]);
}

int main(void)
{
#ifndef __OPTIMIZE__
    puts("(not optimised: the figures mean little)");
#endif
    puts("a call with an option on, against the same with all off");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t j = 0; j < sizeof rows[i].codes / sizeof rows[i].codes[0] && rows[i].codes[j]; j++)
            compare_options(&rows[i], rows[i].codes[j]);
    return 0;
}
