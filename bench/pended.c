/*
 * What it costs to wait: an overlapped request that a driver pends and a DPC completes, as a multiple of a
 * bare hand-over between two pthreads measured in the same run; and the cost of a request while a thousand
 * are outstanding on a queue, against ten. Prints figures, judges none.
 *
 * The hand-over is one round trip of a word between two threads that park on condition variables: what it
 * costs to have something done by another thread and to hear of it. The request goes the same way: the
 * requesting thread sends it and waits for its event, the DPC runs on a thread of its own (the target
 * processor's).
 *
 * Waking a thread costs the host several times as much on another processor, which may be asleep, as on the
 * same one. Where it leaves the two threads is chance, and another one for each pair; so both are measured
 * with all threads on one processor and with the two on different ones (Linux; elsewhere wherever the host
 * has put them).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <windows.h>
#include <winioctl.h>
#include <ntio/ntio.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef __linux__
#include <dirent.h>
#include <sched.h>
#include <unistd.h>
#endif

#include "public.h"

enum { BATCH = 500, ROUNDS = 41, FEW = 10, MANY = 1000, SWEEP = 20000 };

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

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return values[count / 2];
}

/* --- where the threads run --- */

enum placement { ANYWHERE, TOGETHER, APART };
static const char *const placements[] = {"wherever the host puts the threads",
                                         "both threads on one processor", "the threads on two processors"};

#ifdef __linux__
static int allowed_processors(int *first, int *second)
{
    cpu_set_t allowed;
    int found = 0;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return 0;
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &allowed) && found++ < 2)
            *(found == 1 ? first : second) = i;
    return found;
}

/* The calling thread on one processor, all others of the process on the same or another. */
static void place(enum placement where, int own, int other)
{
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *entry;
    if (!tasks)
        fail("listing the threads");
    while ((entry = readdir(tasks)) != NULL) {
        cpu_set_t set;
        pid_t task = (pid_t)atoi(entry->d_name);
        if (task == 0)
            continue;
        CPU_ZERO(&set);
        CPU_SET(task == getpid() || where == TOGETHER ? own : other, &set);
        sched_setaffinity(task, sizeof set, &set);
    }
    closedir(tasks);
}
#endif

/* --- the hand-over --- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t asked, answered;
    unsigned question, answer;
    int stop;
} hand = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};

static void *answer(void *context)
{
    (void)context;
    pthread_mutex_lock(&hand.lock);
    while (!hand.stop) {
        while (hand.question == hand.answer && !hand.stop)
            pthread_cond_wait(&hand.asked, &hand.lock);
        hand.answer = hand.question;
        pthread_mutex_unlock(&hand.lock); /* first: who is woken would only wait for it */
        pthread_cond_signal(&hand.answered);
        pthread_mutex_lock(&hand.lock);
    }
    pthread_mutex_unlock(&hand.lock);
    return NULL;
}

static double hand_over_batch(void)
{
    double start = now();
    for (int i = 0; i < BATCH; i++) {
        pthread_mutex_lock(&hand.lock);
        hand.question++;
        pthread_mutex_unlock(&hand.lock);
        pthread_cond_signal(&hand.asked);
        pthread_mutex_lock(&hand.lock);
        while (hand.answer != hand.question)
            pthread_cond_wait(&hand.answered, &hand.lock);
        pthread_mutex_unlock(&hand.lock);
    }
    return (now() - start) / BATCH * 1e9;
}

/* --- requests --- */

static HANDLE open_device(int index)
{
    char name[32];
    snprintf(name, sizeof name, "\\\\.\\Bench%d", index);
    HANDLE device =
        CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    if (device == INVALID_HANDLE_VALUE)
        fail("CreateFile");
    return device;
}

static double request_batch(HANDLE device, DWORD code, HANDLE event)
{
    OVERLAPPED overlapped = {.hEvent = event};
    DWORD count;
    double start = now();
    for (int i = 0; i < BATCH; i++) {
        if (DeviceIoControl(device, code, NULL, 0, NULL, 0, NULL, &overlapped) ||
            GetLastError() != ERROR_IO_PENDING)
            fail("DeviceIoControl");
        if (!GetOverlappedResult(device, &overlapped, &count, TRUE))
            fail("GetOverlappedResult");
    }
    return (now() - start) / BATCH * 1e9;
}

static void measure_placed(HANDLE device, HANDLE event, enum placement where)
{
    static double bare[ROUNDS], other[ROUNDS], own[ROUNDS], ratios[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        bare[i] = hand_over_batch();
        other[i] = request_batch(device, IOCTL_BENCH_PEND_FAR, event);
        own[i] = request_batch(device, IOCTL_BENCH_PEND_NEAR, event);
        ratios[i] = other[i] / bare[i];
    }
    printf("a pended overlapped request, %s: medians of %d rounds of %d\n", placements[where], ROUNDS, BATCH);
    printf("  %-34s %8.0f ns\n", "hand-over between two pthreads", median(bare, ROUNDS));
    printf("  %-34s %8.0f ns  %5.2f times the hand-over\n", "completed by another thread's DPC",
           median(other, ROUNDS), median(ratios, ROUNDS));
    printf("  %-34s %8.0f ns\n", "completed by the caller's own DPC", median(own, ROUNDS));
}

static void measure_waiting(HANDLE device)
{
    pthread_t thread;
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    if (!event || pthread_create(&thread, NULL, answer, NULL) != 0)
        fail("preparing");
    hand_over_batch();
    request_batch(device, IOCTL_BENCH_PEND_FAR, event); /* from here on the DPC has its thread */
#ifdef __linux__
    int first = 0, second = 0, processors = allowed_processors(&first, &second);
    if (processors == 0)
        measure_placed(device, event, ANYWHERE);
    for (enum placement where = TOGETHER; where <= APART && (int)where <= processors; where++) {
        place(where, first, second);
        measure_placed(device, event, where);
    }
    place(TOGETHER, first, second); /* the rest is one thread's */
#else
    measure_placed(device, event, ANYWHERE);
#endif
    pthread_mutex_lock(&hand.lock);
    hand.stop = 1;
    pthread_cond_signal(&hand.asked);
    pthread_mutex_unlock(&hand.lock);
    pthread_join(thread, NULL);
    CloseHandle(event);
}

/* --- many outstanding --- */

/* Keeps so many requests on the queue; each turn completes the oldest and sends it again. */
static double sweep(HANDLE device, int outstanding)
{
    static OVERLAPPED overlapped[MANY];
    OVERLAPPED control = {.hEvent = NULL};
    DWORD count;
    for (int i = 0; i < outstanding; i++) {
        overlapped[i] = (OVERLAPPED){.hEvent = NULL};
        if (DeviceIoControl(device, IOCTL_BENCH_QUEUE, NULL, 0, NULL, 0, NULL, &overlapped[i]) ||
            GetLastError() != ERROR_IO_PENDING)
            fail("DeviceIoControl");
    }
    double start = now();
    for (int i = 0; i < SWEEP; i++) {
        LPOVERLAPPED oldest = &overlapped[i % outstanding];
        if (!DeviceIoControl(device, IOCTL_BENCH_NEXT, NULL, 0, NULL, 0, &count, &control) ||
            !HasOverlappedIoCompleted(oldest))
            fail("completing");
        DeviceIoControl(device, IOCTL_BENCH_QUEUE, NULL, 0, NULL, 0, NULL, oldest);
    }
    double took = (now() - start) / SWEEP * 1e9;
    CancelIo(device);
    return took;
}

static void measure_queue(HANDLE device)
{
    static double few[ROUNDS], many[ROUNDS], ratios[ROUNDS];
    sweep(device, FEW);
    for (int i = 0; i < ROUNDS; i++) {
        few[i] = sweep(device, FEW);
        many[i] = sweep(device, MANY);
        ratios[i] = many[i] / few[i];
    }
    printf("one more request on a cancel-safe queue, and the oldest completed\n");
    printf("  %4d outstanding %8.0f ns\n", FEW, median(few, ROUNDS));
    printf("  %4d outstanding %8.0f ns  %5.2f times\n", MANY, median(many, ROUNDS), median(ratios, ROUNDS));
}

int main(void)
{
    ntio_options options = {.verifier = NTIO_VERIFIER_OFF};
#ifndef __OPTIMIZE__
    puts("(not optimised: the figures mean little)");
#endif
    if (ntio_start(&options) != 0 || ntio_load_driver("bench_device") != 0)
        fail("starting the machine");
    HANDLE device = open_device(0);
    measure_waiting(device);
    measure_queue(device);
    CloseHandle(device);
    return ntio_stop() == 0 ? 0 : 1;
}
