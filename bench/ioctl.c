/*
 * How long a DeviceIoControl of 64 bytes takes, as a multiple of a floor measured in the same run: allocate
 * and clear an IRP and a buffer with malloc, copy in, call through a pointer, copy out, free. And what two
 * threads on two devices do against one. About two seconds; prints figures, judges none.
 *
 * Floor and subjects take turns in short batches, and the median over the rounds of their ratios is printed,
 * so that what else the machine does and how fast its clock runs matters little.
 */
#include <windows.h>
#include <winioctl.h>
#include <ntio/ntio.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "public.h"

enum {
    BUFFER_SIZE = 64,
    IRP_SIZE = 280, /* an IRP with one stack location: 208 + 72 */
    BATCH = 2000,
    MAX_ROUNDS = 400,
    SUBJECTS = 4,
    THREAD_ROUNDS = 5,
};
static const double single_seconds = 1.0;  /* for the round trips */
static const double thread_seconds = 0.05; /* for each throughput measured */

static const struct {
    const char *name;
    DWORD code;
} subjects[SUBJECTS] = {
    {"METHOD_BUFFERED", IOCTL_BENCH_BUFFERED},
    {"METHOD_IN_DIRECT", IOCTL_BENCH_IN_DIRECT},
    {"METHOD_OUT_DIRECT", IOCTL_BENCH_OUT_DIRECT},
    {"METHOD_NEITHER", IOCTL_BENCH_NEITHER},
};

static double now(void)
{
    LARGE_INTEGER counter, frequency;
    QueryPerformanceCounter(&counter);
    QueryPerformanceFrequency(&frequency);
    return (double)counter.QuadPart / (double)frequency.QuadPart;
}

static void fail(const char *what)
{
    fprintf(stderr, "bench: %s failed, error %u\n", what, (unsigned)GetLastError());
    exit(1);
}

/* What the floor calls in the place of a driver. */
static void floor_dispatch(void *irp, unsigned char *buffer)
{
    *(unsigned char *)irp = 1;
    *(volatile unsigned char *)buffer += 1;
}
static void (*volatile floor_routine)(void *irp, unsigned char *buffer) = floor_dispatch;

static void floor_once(const unsigned char *from, unsigned char *to)
{
    void *irp = malloc(IRP_SIZE);
    unsigned char *buffer = malloc(BUFFER_SIZE);
    if (irp == NULL || buffer == NULL)
        fail("malloc");
    /* The fences keep the compiler to the letter: no calloc instead, no clearing left out. */
    atomic_signal_fence(memory_order_seq_cst);
    memset(irp, 0, IRP_SIZE);
    memset(buffer, 0, BUFFER_SIZE);
    atomic_signal_fence(memory_order_seq_cst);
    memcpy(buffer, from, BUFFER_SIZE);
    floor_routine(irp, buffer);
    memcpy(to, buffer, BUFFER_SIZE);
    free(buffer);
    free(irp);
}

/* The client's buffers: in memory of no special kind, for the library knows a thread's own stack to be good.
 */
static unsigned char in[BUFFER_SIZE] = {1}, out[BUFFER_SIZE];

/* Nanoseconds for one call. */
static double floor_batch(void)
{
    double start = now();
    for (int i = 0; i < BATCH; i++)
        floor_once(in, out);
    return (now() - start) / BATCH * 1e9;
}

static void call(HANDLE device, DWORD code, unsigned char *from, unsigned char *to)
{
    DWORD length;
    if (!DeviceIoControl(device, code, from, BUFFER_SIZE, to, BUFFER_SIZE, &length, NULL))
        fail("DeviceIoControl");
}

static double subject_batch(HANDLE device, DWORD code)
{
    double start = now();
    for (int i = 0; i < BATCH; i++)
        call(device, code, in, out);
    return (now() - start) / BATCH * 1e9;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static HANDLE open_device(int index)
{
    char name[32];
    snprintf(name, sizeof name, "\\\\.\\Bench%d", index);
    HANDLE device = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (device == INVALID_HANDLE_VALUE)
        fail("CreateFile");
    return device;
}

static void measure_round_trips(HANDLE device)
{
    static double floors[MAX_ROUNDS], times[SUBJECTS][MAX_ROUNDS], ratios[SUBJECTS][MAX_ROUNDS];
    int rounds = 0;
    double end = now() + single_seconds;
    for (int warm = 0; warm < 2; warm++) {
        floor_batch();
        for (int s = 0; s < SUBJECTS; s++)
            subject_batch(device, subjects[s].code);
    }
    do {
        floors[rounds] = floor_batch();
        for (int s = 0; s < SUBJECTS; s++) {
            times[s][rounds] = subject_batch(device, subjects[s].code);
            ratios[s][rounds] = times[s][rounds] / floors[rounds];
        }
        rounds++;
    } while (rounds < MAX_ROUNDS && now() < end);

    printf("%d bytes, verifier off, medians of %d rounds of %d calls\n", BUFFER_SIZE, rounds, BATCH);
    printf("  %-18s %7.1f ns\n", "floor", median(floors, rounds));
    for (int s = 0; s < SUBJECTS; s++)
        printf("  %-18s %7.1f ns  %5.2f times the floor\n", subjects[s].name, median(times[s], rounds),
               median(ratios[s], rounds));
}

struct worker {
    pthread_t thread;
    HANDLE device; /* NULL: the floor instead of a device */
    atomic_bool *go, *stop;
    unsigned long long calls;
    double processor_time;
};

/* Seconds that the calling thread has run. */
static double thread_time(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void one_call(HANDLE device, unsigned char *from, unsigned char *to)
{
    if (device != NULL)
        call(device, IOCTL_BENCH_BUFFERED, from, to);
    else
        floor_once(from, to);
}

static void *work(void *context)
{
    struct worker *worker = context;
    unsigned char *buffer = calloc(2, BUFFER_SIZE), *result = buffer + BUFFER_SIZE;
    if (buffer == NULL)
        fail("calloc");
    unsigned long long calls = 0;
    one_call(worker->device, buffer, result); /* the thread becomes known to the machine */
    while (!atomic_load(worker->go))
        ;
    double start = thread_time();
    while (!atomic_load_explicit(worker->stop, memory_order_relaxed)) {
        for (int i = 0; i < 64; i++)
            one_call(worker->device, buffer, result);
        calls += 64;
    }
    worker->processor_time = thread_time() - start;
    worker->calls = calls;
    free(buffer);
    return NULL;
}

/*
 * Calls per second of so many threads, each on a device of its own: by the clock, and by the time that the
 * threads did run. The second leaves out what else the machine was busy with, and shows what the threads do
 * to each other.
 */
struct throughput {
    double by_clock, by_processor;
};

static struct throughput throughput(const HANDLE *devices, int count)
{
    struct worker workers[BENCH_DEVICES] = {0};
    atomic_bool go = false, stop = false;
    struct throughput result = {0, 0};
    for (int i = 0; i < count; i++) {
        workers[i].device = devices[i];
        workers[i].go = &go;
        workers[i].stop = &stop;
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            fail("pthread_create");
    }
    double start = now();
    while (now() < start + 0.01)
        Sleep(1);
    start = now();
    atomic_store(&go, true);
    while (now() < start + thread_seconds)
        Sleep(1);
    double end = now();
    atomic_store(&stop, true);
    for (int i = 0; i < count; i++) {
        pthread_join(workers[i].thread, NULL);
        result.by_clock += (double)workers[i].calls / (end - start);
        result.by_processor += (double)workers[i].calls / workers[i].processor_time;
    }
    return result;
}

static struct throughput scaling(const HANDLE *devices)
{
    struct throughput one = throughput(devices, 1), two = throughput(devices, 2);
    return (struct throughput){two.by_clock / one.by_clock, two.by_processor / one.by_processor};
}

/* What this machine gives a second thread at all is measured beside it: the floor scales as far as anything
 * can. */
static void measure_threads(const HANDLE *devices)
{
    static const HANDLE no_devices[BENCH_DEVICES];
    double clock[2][THREAD_ROUNDS], processor[2][THREAD_ROUNDS];
    for (int i = 0; i < THREAD_ROUNDS; i++)
        for (int floor = 0; floor < 2; floor++) {
            struct throughput ratio = scaling(floor ? no_devices : devices);
            clock[floor][i] = ratio.by_clock;
            processor[floor][i] = ratio.by_processor;
        }
    puts("two threads, times the throughput of one");
    for (int floor = 0; floor < 2; floor++)
        printf("  %-18s %5.2f by the time they ran, %5.2f by the clock\n",
               floor ? "two floors" : "two devices", median(processor[floor], THREAD_ROUNDS),
               median(clock[floor], THREAD_ROUNDS));
}

int main(void)
{
    HANDLE devices[BENCH_DEVICES];
    ntio_options options = {.verifier = NTIO_VERIFIER_OFF};
#ifndef __OPTIMIZE__
    puts("(not optimised: the figures mean little)");
#endif
    if (ntio_start(&options) != 0 || ntio_load_driver("bench_device") != 0)
        fail("starting the machine");
    for (int i = 0; i < BENCH_DEVICES; i++)
        devices[i] = open_device(i);
    measure_round_trips(devices[0]);
    measure_threads(devices);
    for (int i = 0; i < BENCH_DEVICES; i++)
        CloseHandle(devices[i]);
    return ntio_stop() == 0 ? 0 : 1;
}
