/*
 * Interlocked lists, SLISTs, lookaside lists, work items and the small services.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ntio/ntio.h>
#include <ntifs.h>
#include <string.h>

#define TAG 'tseT'

static int start(void **state)
{
    (void)state;
    return ntio_start(NULL);
}

static int start_unverified(void **state)
{
    (void)state;
    return ntio_start(&(ntio_options){.verifier = NTIO_VERIFIER_OFF});
}

static int stop(void **state)
{
    (void)state;
    return ntio_stop();
}

static void interlocks_lists(void **state)
{
    (void)state;
    LIST_ENTRY head, a, b, c;
    KSPIN_LOCK lock;
    InitializeListHead(&head);
    KeInitializeSpinLock(&lock);
    assert_null(ExInterlockedRemoveHeadList(&head, &lock));
    assert_null(ExInterlockedInsertHeadList(&head, &b, &lock));
    assert_ptr_equal(ExInterlockedInsertHeadList(&head, &a, &lock), &b);
    assert_ptr_equal(ExInterlockedInsertTailList(&head, &c, &lock), &b);
    assert_ptr_equal(ExInterlockedRemoveHeadList(&head, &lock), &a);
    assert_ptr_equal(ExInterlockedRemoveHeadList(&head, &lock), &b);
    assert_ptr_equal(ExInterlockedRemoveHeadList(&head, &lock), &c);
    assert_true(IsListEmpty(&head));

    SINGLE_LIST_ENTRY single = {NULL}, x, y;
    assert_null(ExInterlockedPushEntryList(&single, &x, &lock));
    assert_ptr_equal(ExInterlockedPushEntryList(&single, &y, &lock), &x);
    assert_ptr_equal(ExInterlockedPopEntryList(&single, &lock), &y);
    assert_ptr_equal(ExInterlockedPopEntryList(&single, &lock), &x);
    assert_null(ExInterlockedPopEntryList(&single, &lock));

    LARGE_INTEGER value = {.QuadPart = 0xFFFFFFFF}, one = {.QuadPart = 1};
    ULONG number = 5;
    assert_int_equal(ExInterlockedAddLargeInteger(&value, one, &lock).QuadPart, 0xFFFFFFFF);
    assert_int_equal(value.QuadPart, 0x100000000);
    assert_int_equal(ExInterlockedAddUlong(&number, 3, &lock), 5);
    assert_int_equal(number, 8);
    LONGLONG expected = 0x100000000, replacement = 7;
    assert_int_equal(ExInterlockedCompareExchange64(&value.QuadPart, &replacement, &expected, &lock), 0x100000000);
    assert_int_equal(value.QuadPart, 7);
    assert_int_equal(ExInterlockedCompareExchange64(&value.QuadPart, &expected, &expected, &lock), 7);
    assert_int_equal(value.QuadPart, 7);
    ExInterlockedAddLargeStatistic(&value, 5);
    assert_int_equal(value.QuadPart, 12);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void sequences_slists(void **state)
{
    (void)state;
    static SLIST_HEADER head;
    static SLIST_ENTRY entries[3];
    InitializeSListHead(&head);
    assert_int_equal(ExQueryDepthSList(&head), 0);
    assert_null(InterlockedPopEntrySList(&head));
    assert_null(InterlockedPushEntrySList(&head, &entries[0]));
    assert_ptr_equal(InterlockedPushEntrySList(&head, &entries[1]), &entries[0]);
    InterlockedPushEntrySList(&head, &entries[2]);
    assert_int_equal(ExQueryDepthSList(&head), 3);
    assert_ptr_equal(FirstEntrySList(&head), &entries[2]);
    assert_ptr_equal(InterlockedPopEntrySList(&head), &entries[2]);
    assert_int_equal(ExQueryDepthSList(&head), 2);
    assert_ptr_equal(InterlockedFlushSList(&head), &entries[1]);
    assert_ptr_equal(entries[1].Next, &entries[0]);
    assert_int_equal(ExQueryDepthSList(&head), 0);

    /* The names that drivers from before Windows XP use, with a lock that is not needed. */
    KSPIN_LOCK lock;
    KeInitializeSpinLock(&lock);
    ExInitializeSListHead(&head);
    assert_null(ExInterlockedPushEntrySList(&head, &entries[0], &lock));
    assert_ptr_equal(ExInterlockedPushEntrySList(&head, &entries[1], &lock), &entries[0]);
    assert_ptr_equal(ExInterlockedPopEntrySList(&head, &lock), &entries[1]);
    assert_ptr_equal(ExInterlockedFlushSList(&head), &entries[0]);
    assert_null(ExInterlockedPopEntrySList(&head, &lock));
    assert_null(ExInterlockedFlushSList(&head));
}

struct item {
    SLIST_ENTRY link;
    LONG taken;
};

static struct {
    SLIST_HEADER list;
    struct item items[16];
} contested;

static VOID NTAPI pop_and_push(PVOID context)
{
    (void)context;
    for (unsigned i = 0; i < 5000; i++) {
        struct item *item = (struct item *)InterlockedPopEntrySList(&contested.list);
        if (!item)
            continue;
        assert_int_equal(InterlockedIncrement(&item->taken), 1);
        InterlockedDecrement(&item->taken);
        InterlockedPushEntrySList(&contested.list, &item->link);
    }
}

static void contest(void *context)
{
    (void)context;
    PVOID threads[4];
    InitializeSListHead(&contested.list);
    for (unsigned i = 0; i < 16; i++)
        InterlockedPushEntrySList(&contested.list, &contested.items[i].link);
    for (unsigned i = 0; i < 4; i++) {
        HANDLE handle;
        PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, pop_and_push, NULL);
        ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &threads[i], NULL);
        ZwClose(handle);
    }
    for (unsigned i = 0; i < 4; i++) {
        KeWaitForSingleObject(threads[i], Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(threads[i]);
    }
    assert_int_equal(ExQueryDepthSList(&contested.list), 16);
}

static void hands_each_entry_to_one_thread(void **state)
{
    (void)state;
    ntio_run_in_kernel(contest, NULL);
}

static unsigned allocated, freed;

static PVOID NTAPI own_allocate(POOL_TYPE type, SIZE_T size, ULONG tag)
{
    allocated++;
    return ExAllocatePoolWithTag(type, size, tag);
}

static VOID NTAPI own_free(PVOID block)
{
    freed++;
    ExFreePool(block);
}

static POOL_TYPE noted_type;

static PVOID NTAPI note_type(POOL_TYPE type, SIZE_T size, ULONG tag, PLOOKASIDE_LIST_EX list)
{
    (void)list;
    noted_type = type;
    return ExAllocatePoolWithTag(NonPagedPool, size, tag);
}

static VOID NTAPI free_noted(PVOID block, PLOOKASIDE_LIST_EX list)
{
    (void)list;
    ExFreePoolWithTag(block, TAG);
}

static void looks_aside(void **state)
{
    (void)state;
    static NPAGED_LOOKASIDE_LIST nonpaged;
    static PAGED_LOOKASIDE_LIST paged;
    static LOOKASIDE_LIST_EX extended;
    ExInitializeNPagedLookasideList(&nonpaged, NULL, NULL, 0, 100, TAG, 0);
    assert_int_equal(nonpaged.L.Size, 100);
    assert_int_equal(nonpaged.L.Tag, TAG);
    PVOID first = ExAllocateFromNPagedLookasideList(&nonpaged), second = ExAllocateFromNPagedLookasideList(&nonpaged);
    assert_non_null(first);
    memset(first, 1, 100);
    ExFreeToNPagedLookasideList(&nonpaged, first);
    ExFreeToNPagedLookasideList(&nonpaged, second);
    assert_int_equal(nonpaged.L.TotalAllocates, 2);
    assert_int_equal(nonpaged.L.TotalFrees, 2);
    ExDeleteNPagedLookasideList(&nonpaged);

    allocated = freed = 0;
    ExInitializePagedLookasideList(&paged, own_allocate, own_free, 0, 3, TAG, 0);
    first = ExAllocateFromPagedLookasideList(&paged);
    ExFreeToPagedLookasideList(&paged, first);
    ExDeletePagedLookasideList(&paged);
    assert_int_equal(allocated, 1);
    assert_int_equal(freed, 1);

    assert_int_equal(ExInitializeLookasideListEx(&extended, NULL, NULL, NonPagedPoolNx, 7, 10, TAG, 0),
                     STATUS_INVALID_PARAMETER_5);
    assert_int_equal(ExInitializeLookasideListEx(&extended, NULL, NULL, NonPagedPoolNx, 0, 10, TAG, 0), STATUS_SUCCESS);
    first = ExAllocateFromLookasideListEx(&extended);
    assert_non_null(first);
    ExFreeToLookasideListEx(&extended, first);
    ExFlushLookasideListEx(&extended);
    ExDeleteLookasideListEx(&extended);

    /* What the flags ask for stands in the allocation routine's pool type. */
    static const struct {
        POOL_TYPE type;
        ULONG flags, told;
    } kinds[] = {{PagedPool, EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL, PagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE},
                 {NonPagedPoolNx, EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE,
                  NonPagedPoolNx | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE},
                 {NonPagedPoolCacheAligned, 0, NonPagedPoolCacheAligned}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        assert_int_equal(
            ExInitializeLookasideListEx(&extended, note_type, free_noted, kinds[i].type, kinds[i].flags, 32, TAG, 0),
            STATUS_SUCCESS);
        first = ExAllocateFromLookasideListEx(&extended);
        assert_int_equal(noted_type, kinds[i].told);
        ExFreeToLookasideListEx(&extended, first);
        ExDeleteLookasideListEx(&extended);
    }
    assert_int_equal(ExInitializeLookasideListEx(&extended, NULL, NULL, NonPagedPoolMustSucceed, 0, 10, TAG, 0),
                     STATUS_INVALID_PARAMETER_4);
}

/* --- work items --- */

static struct {
    WORK_QUEUE_ITEM items[40];
    KEVENT done, other;
    LONG ran;
    KIRQL irql;
    KPROCESSOR_MODE mode;
    PEPROCESS process;
} work;

static VOID NTAPI work_routine(PVOID context)
{
    if (InterlockedIncrement(&work.ran) != (LONG)(uintptr_t)context)
        return;
    work.irql = KeGetCurrentIrql();
    work.mode = ExGetPreviousMode();
    work.process = PsGetCurrentProcess();
    KeSetEvent(&work.done, 0, FALSE);
}

static VOID NTAPI wait_for_other(PVOID context)
{
    (void)context;
    KeWaitForSingleObject(&work.other, Executive, KernelMode, FALSE, NULL);
    KeSetEvent(&work.done, 0, FALSE);
}

static VOID NTAPI set_other(PVOID context)
{
    (void)context;
    KeSetEvent(&work.other, 0, FALSE);
}

static void queues_work(void **state)
{
    (void)state;
    KIRQL irql;
    work.ran = 0;
    KeInitializeEvent(&work.done, SynchronizationEvent, FALSE);
    KeInitializeEvent(&work.other, SynchronizationEvent, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    for (unsigned i = 0; i < 40; i++) {
        ExInitializeWorkItem(&work.items[i], work_routine, (PVOID)(uintptr_t)40);
        ExQueueWorkItem(&work.items[i], i % 2 ? DelayedWorkQueue : CriticalWorkQueue);
    }
    KeLowerIrql(irql);
    assert_int_equal(KeWaitForSingleObject(&work.done, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    assert_int_equal(work.ran, 40);
    assert_int_equal(work.irql, PASSIVE_LEVEL);
    assert_int_equal(work.mode, KernelMode);
    assert_ptr_equal(work.process, PsInitialSystemProcess);

    /* One item may wait for the next. */
    ExInitializeWorkItem(&work.items[0], wait_for_other, NULL);
    ExInitializeWorkItem(&work.items[1], set_other, NULL);
    ExQueueWorkItem(&work.items[0], DelayedWorkQueue);
    ExQueueWorkItem(&work.items[1], DelayedWorkQueue);
    assert_int_equal(KeWaitForSingleObject(&work.done, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
}

static VOID NTAPI sleep_forever(PVOID context)
{
    (void)context;
    KeWaitForSingleObject(&work.other, Executive, KernelMode, FALSE, NULL);
}

static void queue_twice(void *context)
{
    (void)context;
    KIRQL irql;
    KeInitializeEvent(&work.other, SynchronizationEvent, FALSE);
    /* Every worker is busy, so the next item stays queued. */
    for (unsigned i = 0; i < 20; i++) {
        ExInitializeWorkItem(&work.items[i], sleep_forever, NULL);
        ExQueueWorkItem(&work.items[i], DelayedWorkQueue);
    }
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    ExQueueWorkItem(&work.items[19], DelayedWorkQueue);
}

static VOID NTAPI return_raised(PVOID context)
{
    (void)context;
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
}

static VOID NTAPI return_in_a_region(PVOID context)
{
    (void)context;
    KeEnterCriticalRegion();
}

static void work_badly(void *routine)
{
    ExInitializeWorkItem(&work.items[0], (PWORKER_THREAD_ROUTINE)routine, NULL);
    ExQueueWorkItem(&work.items[0], DelayedWorkQueue);
    KeInitializeEvent(&work.other, SynchronizationEvent, FALSE);
    KeWaitForSingleObject(&work.other, Executive, KernelMode, FALSE, NULL);
}

static void stops_for_misuse(void **state)
{
    (void)state;
    ntio_bugcheck caught = {0};
    assert_int_equal(ntio_start(NULL), 0);
    assert_true(ntio_catch_bugcheck(queue_twice, NULL, &caught));
    assert_int_equal(caught.code, 0xE4);
    assert_int_equal(caught.parameters[0], 1);
    assert_ptr_equal((void *)caught.parameters[1], &work.items[19]);
    assert_int_equal(ntio_stop(), 0);

    assert_int_equal(ntio_start(NULL), 0);
    assert_true(ntio_catch_bugcheck(work_badly, (void *)return_raised, &caught));
    assert_int_equal(caught.code, 0xE1);
    assert_ptr_equal((void *)caught.parameters[0], return_raised);
    assert_int_equal(caught.parameters[1], DISPATCH_LEVEL);
    assert_int_equal(ntio_stop(), 0);

    assert_int_equal(ntio_start(NULL), 0);
    assert_true(ntio_catch_bugcheck(work_badly, (void *)return_in_a_region, &caught));
    assert_int_equal(caught.code, 0x01);
    assert_ptr_equal((void *)caught.parameters[0], return_in_a_region);
    assert_int_equal(caught.parameters[2], 0xFFFF);
    assert_int_equal(caught.parameters[3], 1);
    assert_int_equal(ntio_stop(), 0);
}

/* --- callbacks --- */

static char called[16];

static VOID NTAPI note_call(PVOID context, PVOID first, PVOID second)
{
    (void)first, (void)second;
    strcat(called, context);
}

static void use_callbacks(void *context)
{
    (void)context;
    static WCHAR text[] = L"\\TestCallback";
    UNICODE_STRING name = {sizeof text - sizeof(WCHAR), sizeof text, text};
    OBJECT_ATTRIBUTES attributes;
    PCALLBACK_OBJECT object;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    assert_int_equal(ExCreateCallback(&object, &attributes, FALSE, TRUE), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(ExCreateCallback(&object, &attributes, TRUE, TRUE), STATUS_SUCCESS);
    called[0] = 0;
    PVOID a = ExRegisterCallback(object, note_call, "a"), b = ExRegisterCallback(object, note_call, "b");
    ExNotifyCallback(object, NULL, NULL);
    assert_string_equal(called, "ab");
    ExUnregisterCallback(a);
    ExNotifyCallback(object, NULL, NULL);
    assert_string_equal(called, "abb");
    ExUnregisterCallback(b);
    ObDereferenceObject(object);

    /* The system has two of its own. */
    static const PCWSTR own[] = {L"\\callback\\powerstate", L"\\Callback\\SetSystemTime"};
    for (int i = 0; i < 2; i++) {
        UNICODE_STRING its;
        OBJECT_ATTRIBUTES known;
        RtlInitUnicodeString(&its, own[i]);
        InitializeObjectAttributes(&known, &its, OBJ_CASE_INSENSITIVE, NULL, NULL);
        assert_int_equal(ExCreateCallback(&object, &known, FALSE, FALSE), STATUS_SUCCESS);
        a = ExRegisterCallback(object, note_call, "x");
        b = ExRegisterCallback(object, note_call, "y");
        assert_non_null(a);
        assert_non_null(b);
        ExUnregisterCallback(a);
        ExUnregisterCallback(b);
        ObDereferenceObject(object);
    }
    OBJECT_ATTRIBUTES nameless;
    InitializeObjectAttributes(&nameless, NULL, 0, NULL, NULL);
    assert_int_equal(ExCreateCallback(&object, &nameless, TRUE, FALSE), STATUS_UNSUCCESSFUL);
    assert_int_equal(ExCreateCallback(&object, NULL, TRUE, FALSE), STATUS_UNSUCCESSFUL);
    assert_int_equal(ExCreateCallback(&object, &attributes, TRUE, FALSE), STATUS_SUCCESS);
    a = ExRegisterCallback(object, note_call, "a");
    assert_non_null(a);
    assert_null(ExRegisterCallback(object, note_call, "b"));
    ExUnregisterCallback(a);
    ObDereferenceObject(object);
}

static void calls_back(void **state)
{
    (void)state;
    ntio_run_in_kernel(use_callbacks, NULL);
}

static void serves_small_things(void **state)
{
    (void)state;
    GUID a, b;
    assert_int_equal(ExUuidCreate(&a), STATUS_SUCCESS);
    assert_int_equal(ExUuidCreate(&b), STATUS_SUCCESS);
    assert_memory_not_equal(&a, &b, sizeof a);
    assert_int_equal(a.Data3 >> 12, 4);
    LARGE_INTEGER system, local, again;
    KeQuerySystemTime(&system);
    ExSystemTimeToLocalTime(&system, &local);
    ExLocalTimeToSystemTime(&local, &again);
    assert_int_equal(system.QuadPart, again.QuadPart);
    assert_int_equal(ExGetPreviousMode(), UserMode);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(interlocks_lists, start, stop),
        cmocka_unit_test_setup_teardown(sequences_slists, start, stop),
        cmocka_unit_test_setup_teardown(hands_each_entry_to_one_thread, start, stop),
        cmocka_unit_test_setup_teardown(looks_aside, start, stop),
        cmocka_unit_test_setup_teardown(looks_aside, start_unverified, stop),
        cmocka_unit_test_setup_teardown(queues_work, start, stop),
        cmocka_unit_test_setup_teardown(calls_back, start, stop),
        cmocka_unit_test_setup_teardown(serves_small_things, start, stop),
        cmocka_unit_test(stops_for_misuse),
    };
    return cmocka_run_group_tests_name("executive lists", tests, NULL, NULL);
}
