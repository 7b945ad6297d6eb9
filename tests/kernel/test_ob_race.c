/*
 * Look-ups against closes, from several threads: no reference is lost, no access is confused with another
 * handle's.
 */
#include "ob_test.h"

POBJECT_TYPE ObGetObjectType(PVOID Object); /* exported, and in no public header */

enum { THREADS = 4, ROUNDS = 20000 };

static struct {
    HANDLE slots[8];
    HANDLE threads[THREADS];
    LONG wrong, found, missed;
} race;

/* Even slots hold events that may only be queried, odd ones semaphores that may only be released. */
static void refill(ULONG slot)
{
    HANDLE handle, old;
    if (slot % 2)
        assert_status(NtCreateSemaphore(&handle, SEMAPHORE_MODIFY_STATE, NULL, 0, 1), STATUS_SUCCESS);
    else
        assert_status(NtCreateEvent(&handle, EVENT_QUERY_STATE, NULL, NotificationEvent, FALSE),
                      STATUS_SUCCESS);
    old = __atomic_exchange_n(&race.slots[slot], handle, __ATOMIC_ACQ_REL);
    if (old)
        assert_status(NtClose(old), STATUS_SUCCESS);
}

static void look(HANDLE handle)
{
    PVOID object;
    OBJECT_HANDLE_INFORMATION information;
    if (!NT_SUCCESS(ObReferenceObjectByHandle(handle, 0, NULL, UserMode, &object, &information))) {
        __atomic_fetch_add(&race.missed, 1, __ATOMIC_RELAXED);
        return;
    }
    /* Values are used again, so either kind (or a thread) may stand behind it; but its access must be its
     * own. */
    POBJECT_TYPE type = ObGetObjectType(object);
    ACCESS_MASK wanted = type == *ExEventObjectType       ? EVENT_QUERY_STATE
                         : type == *ExSemaphoreObjectType ? SEMAPHORE_MODIFY_STATE
                                                          : THREAD_ALL_ACCESS;
    if (information.GrantedAccess != wanted)
        __atomic_fetch_add(&race.wrong, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&race.found, 1, __ATOMIC_RELAXED);
    ObDereferenceObject(object);
}

static ULONG NTAPI run(PVOID context)
{
    ULONG self = (ULONG)(ULONG_PTR)context, random = self * 2654435761u + 1;
    for (int i = 0; i < ROUNDS; i++) {
        random = random * 1664525u + 1013904223u;
        ULONG slot = random >> 29;
        if (i % 16 == 0)
            refill(slot);
        else
            look(__atomic_load_n(&race.slots[slot], __ATOMIC_ACQUIRE));
    }
    return 0;
}

static void look_up_and_close(void **state)
{
    (void)state;
    for (ULONG i = 0; i < 8; i++)
        refill(i);
    for (ULONG_PTR i = 0; i < THREADS; i++)
        assert_status(NtCreateThreadEx(&race.threads[i], THREAD_ALL_ACCESS, NULL, NtCurrentProcess(),
                                       (PVOID)run, (PVOID)i, 0, 0, 0, 0, NULL),
                      STATUS_SUCCESS);
    assert_status(NtWaitForMultipleObjects(THREADS, race.threads, WaitAll, FALSE, NULL), STATUS_SUCCESS);
    for (int i = 0; i < THREADS; i++)
        NtClose(race.threads[i]);
    for (int i = 0; i < 8; i++)
        assert_status(NtClose(race.slots[i]), STATUS_SUCCESS);
    assert_int_equal(race.wrong, 0);
    assert_true(race.found > 0);
    memset(&race, 0, sizeof race);
}

/* More look-ups than one batch of prepaid references, on one handle from all threads. */
static ULONG NTAPI run_one(PVOID context)
{
    PVOID object;
    for (int i = 0; i < 2 * ROUNDS; i++) {
        if (!NT_SUCCESS(ObReferenceObjectByHandle(*(HANDLE *)context, 0, *ExEventObjectType, UserMode,
                                                  &object, NULL)))
            __atomic_fetch_add(&race.wrong, 1, __ATOMIC_RELAXED);
        else
            ObDereferenceObject(object);
    }
    return 0;
}

static void one_handle_many_look_ups(void **state)
{
    (void)state;
    HANDLE event;
    assert_status(NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), STATUS_SUCCESS);
    for (ULONG_PTR i = 0; i < THREADS; i++)
        assert_status(NtCreateThreadEx(&race.threads[i], THREAD_ALL_ACCESS, NULL, NtCurrentProcess(),
                                       (PVOID)run_one, &event, 0, 0, 0, 0, NULL),
                      STATUS_SUCCESS);
    assert_status(NtWaitForMultipleObjects(THREADS, race.threads, WaitAll, FALSE, NULL), STATUS_SUCCESS);
    for (int i = 0; i < THREADS; i++)
        NtClose(race.threads[i]);
    assert_int_equal(race.wrong, 0);
    NtClose(event);
}

/* Everybody opens and closes the same name; the last close takes it away, the next creation brings it back.
 */
static ULONG NTAPI run_names(PVOID context)
{
    (void)context;
    for (int i = 0; i < ROUNDS / 10; i++) {
        HANDLE handle;
        NTSTATUS status =
            NtCreateEvent(&handle, EVENT_ALL_ACCESS, NAMED(L"\\BaseNamedObjects\\shared", OBJ_OPENIF),
                          NotificationEvent, FALSE);
        if (!NT_SUCCESS(status) || !NT_SUCCESS(NtClose(handle)))
            __atomic_fetch_add(&race.wrong, 1, __ATOMIC_RELAXED);
    }
    return 0;
}

static void names_come_and_go(void **state)
{
    (void)state;
    for (ULONG_PTR i = 0; i < THREADS; i++)
        assert_status(NtCreateThreadEx(&race.threads[i], THREAD_ALL_ACCESS, NULL, NtCurrentProcess(),
                                       (PVOID)run_names, NULL, 0, 0, 0, 0, NULL),
                      STATUS_SUCCESS);
    assert_status(NtWaitForMultipleObjects(THREADS, race.threads, WaitAll, FALSE, NULL), STATUS_SUCCESS);
    for (int i = 0; i < THREADS; i++)
        NtClose(race.threads[i]);
    assert_int_equal(race.wrong, 0);
    HANDLE handle;
    assert_status(NtOpenEvent(&handle, EVENT_ALL_ACCESS, NAMED(L"\\BaseNamedObjects\\shared", 0)),
                  STATUS_OBJECT_NAME_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(look_up_and_close, start, stop),
        cmocka_unit_test_setup_teardown(one_handle_many_look_ups, start, stop),
        cmocka_unit_test_setup_teardown(names_come_and_go, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
