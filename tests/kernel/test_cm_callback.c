/*
 * Registry callbacks: before and after, refused, taken over, contexts, altitudes; RtlQueryRegistryValues and
 * its like.
 */
#include "cm_test.h"

#include <stdio.h>

struct filter {
    LARGE_INTEGER cookie;
    ULONG before, after, cleanups, closes;
    NTSTATUS answer; /* before a value is set */
    NTSTATUS answer_after, return_status;
    NTSTATUS seen; /* the status in the last notification after */
    PVOID seen_context;
    PVOID set_context; /* for each key that is opened */
    HANDLE sets;       /* sets a value of this key, from within */
    BOOLEAN absolute, exact_rest;
    ULONG_PTR id;
    char *order;
    char letter;
};

static void note(struct filter *f, char c)
{
    if (f->order) {
        *f->order++ = f->letter;
        *f->order++ = c;
        *f->order = 0;
    }
}

static void check_open(struct filter *f, PREG_OPEN_KEY_INFORMATION_V1 info)
{
    f->absolute = info->CompleteName->Buffer[0] == L'\\';
    f->exact_rest = RtlEqualUnicodeString(info->RemainingName, U(L"Machine\\SOFTWARE\\Filtered"), FALSE);
    assert_int_equal(info->Version, 1);
    assert_ptr_equal(info->ObjectType, *CmKeyObjectType);
}

static NTSTATUS NTAPI filter(PVOID context, PVOID argument1, PVOID argument2)
{
    struct filter *f = context;
    PREG_POST_OPERATION_INFORMATION post = argument2;
    switch ((REG_NOTIFY_CLASS)(ULONG_PTR)argument1) {
    case RegNtPreSetValueKey: {
        PREG_SET_VALUE_KEY_INFORMATION info = argument2;
        f->before++;
        f->seen_context = info->ObjectContext;
        info->CallContext = f;
        note(f, '<');
        if (f->sets)
            set_dword(f->sets, L"inner", 1);
        return f->answer;
    }
    case RegNtPostSetValueKey:
        f->after++;
        f->seen = post->Status;
        assert_ptr_equal(post->CallContext, f);
        assert_int_equal(((PREG_SET_VALUE_KEY_INFORMATION)post->PreInformation)->Type, REG_DWORD);
        post->ReturnStatus = f->return_status;
        note(f, '>');
        return f->answer_after;
    case RegNtPreOpenKeyEx:
        check_open(f, argument2);
        return STATUS_SUCCESS;
    case RegNtPostOpenKeyEx:
        if (NT_SUCCESS(post->Status) && f->set_context)
            assert_status(CmSetCallbackObjectContext(post->Object, &f->cookie, f->set_context, NULL),
                          STATUS_SUCCESS);
        return STATUS_SUCCESS;
    case RegNtPreKeyHandleClose:
        f->closes++;
        return STATUS_SUCCESS;
    case RegNtCallbackObjectContextCleanup:
        assert_ptr_equal(((PREG_CALLBACK_CONTEXT_CLEANUP_INFORMATION)argument2)->ObjectContext,
                         f->set_context);
        f->cleanups++;
        return STATUS_SUCCESS;
    case RegNtPreQueryKey: {
        PREG_QUERY_KEY_INFORMATION info = argument2;
        PCUNICODE_STRING name;
        assert_status(CmCallbackGetKeyObjectIDEx(&f->cookie, info->Object, &f->id, &name, 0), STATUS_SUCCESS);
        assert_true(RtlEqualUnicodeString(name, U(L"\\REGISTRY\\MACHINE\\SOFTWARE\\Filtered"), FALSE));
        CmCallbackReleaseKeyObjectIDEx(name);
        assert_status(CmCallbackGetKeyObjectID(&f->cookie, info->Object, NULL, &name), STATUS_SUCCESS);
        assert_true(RtlEqualUnicodeString(name, U(L"\\REGISTRY\\MACHINE\\SOFTWARE\\Filtered"), FALSE));
        return STATUS_SUCCESS;
    }
    default:
        return STATUS_SUCCESS;
    }
}

static HANDLE key;

static int start_with_key(void **state)
{
    int result = start(state);
    key = make_key(NULL, SOFTWARE L"\\Filtered");
    return result;
}

static int stop_with_key(void **state)
{
    NtClose(key);
    return stop(state);
}

static void add(struct filter *f, const WCHAR *altitude)
{
    assert_status(CmRegisterCallbackEx(filter, U(altitude), NULL, f, &f->cookie, NULL), STATUS_SUCCESS);
}

static NTSTATUS set(void)
{
    ULONG value = 5;
    return NtSetValueKey(key, U(L"v"), 0, REG_DWORD, &value, sizeof value);
}

static void operations_are_refused_and_taken_over(void **state)
{
    (void)state;
    ULONG value;
    struct filter f = {0};
    add(&f, L"380010");
    assert_status(set(), STATUS_SUCCESS);
    assert_int_equal(f.before, 1);
    assert_int_equal(f.after, 1);
    assert_status(NtDeleteValueKey(key, U(L"v")), STATUS_SUCCESS);
    f.answer = STATUS_ACCESS_DENIED;
    assert_status(set(), STATUS_ACCESS_DENIED);
    f.answer = STATUS_CALLBACK_BYPASS;
    assert_status(set(), STATUS_SUCCESS); /* and nothing was set */
    assert_int_equal(f.after, 1);
    assert_status(get_dword(key, L"v", &value), STATUS_OBJECT_NAME_NOT_FOUND);
    f.answer = STATUS_SUCCESS;
    f.answer_after = STATUS_CALLBACK_BYPASS;
    f.return_status = STATUS_UNSUCCESSFUL;
    assert_status(set(), STATUS_UNSUCCESSFUL); /* though it was set */
    assert_status(get_dword(key, L"v", &value), STATUS_SUCCESS);
    assert_status(CmUnRegisterCallback(f.cookie), STATUS_SUCCESS);
    assert_status(CmUnRegisterCallback(f.cookie), STATUS_INVALID_PARAMETER);
    assert_status(set(), STATUS_SUCCESS);
    assert_int_equal(f.before, 4);
}

static void altitudes_give_the_order(void **state)
{
    (void)state;
    char order[64];
    struct filter high = {.letter = 'h'}, middle = {.letter = 'm'}, low = {.letter = 'l'};
    add(&middle, L"100.5");
    add(&low, L"99.999");
    add(&high, L"100.51");
    LARGE_INTEGER cookie;
    assert_status(CmRegisterCallbackEx(filter, U(L"0100.50"), NULL, NULL, &cookie, NULL),
                  STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    assert_status(CmRegisterCallbackEx(filter, NULL, NULL, NULL, &cookie, NULL), STATUS_INVALID_PARAMETER);
    /* One buffer for the three: each goes on where the last one stopped. */
    struct filter *all[] = {&high, &middle, &low};
    char parts[3][16] = {"", "", ""};
    for (int i = 0; i < 3; i++)
        all[i]->order = parts[i];
    middle.answer = STATUS_ACCESS_DENIED;
    assert_status(set(), STATUS_ACCESS_DENIED);
    snprintf(order, sizeof order, "%s|%s|%s", parts[0], parts[1], parts[2]);
    assert_string_equal(order, "h<h>|m<|");
    assert_status(high.seen, STATUS_ACCESS_DENIED);
    middle.answer = STATUS_SUCCESS;
    low.answer_after = STATUS_CALLBACK_BYPASS;
    low.return_status = STATUS_NO_MEMORY;
    assert_status(set(), STATUS_NO_MEMORY); /* those above see what the lowest made of it */
    assert_status(middle.seen, STATUS_NO_MEMORY);
    assert_status(low.seen, STATUS_SUCCESS);
    for (int i = 0; i < 3; i++)
        assert_status(CmUnRegisterCallback(all[i]->cookie), STATUS_SUCCESS);
}

static void what_a_callback_does_is_told_below(void **state)
{
    (void)state;
    struct filter high = {0}, middle = {.sets = key}, low = {0};
    add(&high, L"300");
    add(&middle, L"200");
    add(&low, L"100");
    assert_status(set(), STATUS_SUCCESS);
    assert_int_equal(high.before, 1);
    assert_int_equal(middle.before, 1);
    assert_int_equal(low.before, 2);
    assert_int_equal(low.after, 2);
    assert_status(CmUnRegisterCallback(high.cookie), STATUS_SUCCESS);
    assert_status(CmUnRegisterCallback(middle.cookie), STATUS_SUCCESS);
    assert_status(CmUnRegisterCallback(low.cookie), STATUS_SUCCESS);
}

static void objects_have_contexts(void **state)
{
    (void)state;
    int mark;
    struct filter f = {.set_context = &mark};
    assert_status(CmRegisterCallback(filter, &f, &f.cookie), STATUS_SUCCESS);
    HANDLE other = open_key(SOFTWARE L"\\Filtered");
    assert_true(f.absolute);
    assert_true(f.exact_rest);
    assert_status(set(), STATUS_SUCCESS);
    assert_null(f.seen_context);
    set_dword(other, L"v", 1);
    assert_ptr_equal(f.seen_context, &mark);
    UCHAR room[128];
    ULONG length;
    assert_status(NtQueryKey(other, KeyBasicInformation, room, sizeof room, &length), STATUS_SUCCESS);
    ULONG_PTR id = f.id;
    assert_status(NtQueryKey(key, KeyBasicInformation, room, sizeof room, &length), STATUS_SUCCESS);
    assert_int_equal(id, f.id);
    NtClose(other);
    assert_int_equal(f.closes, 1);
    assert_int_equal(f.cleanups, 1);
    other = open_key(SOFTWARE L"\\Filtered");
    assert_status(CmUnRegisterCallback(f.cookie), STATUS_SUCCESS);
    assert_int_equal(f.cleanups, 2);
    NtClose(other);
    assert_status(CmSetCallbackObjectContext(NULL, &f.cookie, &mark, NULL), STATUS_INVALID_PARAMETER);
    ULONG major, minor;
    CmGetCallbackVersion(&major, &minor);
    assert_int_equal(major, 1);
    assert_int_equal(minor, 1);
}

static NTSTATUS NTAPI faulty(PVOID context, PVOID argument1, PVOID argument2)
{
    (void)context, (void)argument1, (void)argument2;
    *(volatile int *)BAD = 0;
    return STATUS_SUCCESS;
}

static void run_faulty(void *context)
{
    (void)context;
    LARGE_INTEGER cookie;
    CmRegisterCallback(faulty, NULL, &cookie);
    set();
}

static void an_exception_stops_the_machine(void **state)
{
    (void)state;
    ntio_bugcheck caught;
    assert_true(ntio_catch_bugcheck(run_faulty, NULL, &caught));
    assert_int_equal(caught.code, REGISTRY_FILTER_DRIVER_EXCEPTION);
    assert_int_equal(caught.parameters[0], (ULONG)STATUS_ACCESS_VIOLATION);
    assert_int_equal(caught.parameters[2], (uintptr_t)faulty);
}

struct busy {
    LARGE_INTEGER cookie;
    KEVENT inside, go, unregistered;
};

static NTSTATUS NTAPI stay_inside(PVOID context, PVOID argument1, PVOID argument2)
{
    struct busy *b = context;
    (void)argument2;
    if ((REG_NOTIFY_CLASS)(ULONG_PTR)argument1 != RegNtPreSetValueKey)
        return STATUS_SUCCESS;
    KeSetEvent(&b->inside, 0, FALSE);
    KeWaitForSingleObject(&b->go, Executive, KernelMode, FALSE, NULL);
    return STATUS_SUCCESS;
}

static VOID NTAPI set_something(PVOID context)
{
    (void)context;
    HANDLE own;
    ULONG value = 1;
    if (NT_SUCCESS(ZwOpenKey(&own, KEY_ALL_ACCESS, NAMED(SOFTWARE, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE)))) {
        ZwSetValueKey(own, U(L"busy"), 0, REG_DWORD, &value, sizeof value);
        ZwClose(own);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI unregister(PVOID context)
{
    struct busy *b = context;
    CmUnRegisterCallback(b->cookie);
    KeSetEvent(&b->unregistered, 0, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void unregistering_waits(void **state)
{
    (void)state;
    struct busy b;
    HANDLE setter, other;
    LARGE_INTEGER soon = {.QuadPart = -200000};
    KeInitializeEvent(&b.inside, NotificationEvent, FALSE);
    KeInitializeEvent(&b.go, NotificationEvent, FALSE);
    KeInitializeEvent(&b.unregistered, NotificationEvent, FALSE);
    assert_status(CmRegisterCallbackEx(stay_inside, U(L"380000"), NULL, &b, &b.cookie, NULL), STATUS_SUCCESS);
    assert_status(PsCreateSystemThread(&setter, THREAD_ALL_ACCESS, NULL, NULL, NULL, set_something, &b), STATUS_SUCCESS);
    assert_status(KeWaitForSingleObject(&b.inside, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    assert_status(PsCreateSystemThread(&other, THREAD_ALL_ACCESS, NULL, NULL, NULL, unregister, &b), STATUS_SUCCESS);
    assert_status(KeWaitForSingleObject(&b.unregistered, Executive, KernelMode, FALSE, &soon), STATUS_TIMEOUT);
    KeSetEvent(&b.go, 0, FALSE);
    assert_status(KeWaitForSingleObject(&b.unregistered, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    join_system_thread(setter);
    join_system_thread(other);
    assert_status(CmUnRegisterCallback(b.cookie), STATUS_INVALID_PARAMETER);
}

struct namer {
    LARGE_INTEGER cookie;
    unsigned before, after;
    NTSTATUS answer;
};

static NTSTATUS NTAPI name_filter(PVOID context, PVOID argument1, PVOID argument2)
{
    struct namer *n = context;
    PREG_QUERY_KEY_NAME info = argument2;
    PREG_POST_OPERATION_INFORMATION post = argument2;
    if ((REG_NOTIFY_CLASS)(ULONG_PTR)argument1 == RegNtPreQueryKeyName) {
        n->before++;
        assert_non_null(info->ReturnLength);
        return n->answer;
    }
    if ((REG_NOTIFY_CLASS)(ULONG_PTR)argument1 == RegNtPostQueryKeyName) {
        n->after++;
        assert_ptr_equal(((PREG_QUERY_KEY_NAME)post->PreInformation)->Object, post->Object);
    }
    return STATUS_SUCCESS;
}

static void names_are_asked_for(void **state)
{
    (void)state;
    union {
        OBJECT_NAME_INFORMATION info;
        UCHAR room[256];
    } said;
    ULONG length;
    PVOID object;
    struct namer n = {0};
    HANDLE key = make_key(NULL, SOFTWARE L"\\Named");
    assert_status(ObReferenceObjectByHandle(key, 0, *CmKeyObjectType, KernelMode, &object, NULL), STATUS_SUCCESS);
    assert_status(CmRegisterCallbackEx(name_filter, U(L"380000"), NULL, &n, &n.cookie, NULL), STATUS_SUCCESS);
    assert_status(ObQueryNameString(object, &said.info, sizeof said, &length), STATUS_SUCCESS);
    assert_text(said.info.Name.Buffer, said.info.Name.Length, L"\\REGISTRY\\MACHINE\\SOFTWARE\\Named");
    assert_int_equal(n.before, 1);
    assert_int_equal(n.after, 1);
    n.answer = STATUS_ACCESS_DENIED;
    assert_status(ObQueryNameString(object, &said.info, sizeof said, &length), STATUS_ACCESS_DENIED);
    assert_int_equal(n.before, 2);
    assert_int_equal(n.after, 1);
    assert_status(CmUnRegisterCallback(n.cookie), STATUS_SUCCESS);
    ObDereferenceObject(object);
    NtClose(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(operations_are_refused_and_taken_over, start_with_key, stop_with_key),
        cmocka_unit_test_setup_teardown(altitudes_give_the_order, start_with_key, stop_with_key),
        cmocka_unit_test_setup_teardown(what_a_callback_does_is_told_below, start_with_key, stop_with_key),
        cmocka_unit_test_setup_teardown(objects_have_contexts, start_with_key, stop_with_key),
        cmocka_unit_test_setup_teardown(unregistering_waits, start_with_key, stop_with_key),
        cmocka_unit_test_setup_teardown(names_are_asked_for, start_with_key, stop_with_key),
        cmocka_unit_test_setup_teardown(an_exception_stops_the_machine, start_with_key, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
