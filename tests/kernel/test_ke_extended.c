/* The processor's extended state, saved and given back; who is told of processors; nodes. */
#include "ke_test.h"

#if defined(__x86_64__)
#include <xmmintrin.h>

static void state_comes_back(void *context)
{
    (void)context;
    XSTATE_SAVE save;
    unsigned before = _mm_getcsr();
    assert_int_equal(KeSaveExtendedProcessorState(XSTATE_MASK_LEGACY, &save), STATUS_SUCCESS);
    assert_ptr_equal(save.Thread, KeGetCurrentThread());
    assert_int_equal(save.XStateContext.Mask, XSTATE_MASK_LEGACY);
    assert_int_equal((ULONG_PTR)save.XStateContext.Area % 64, 0);
    _mm_setcsr(before ^ _MM_ROUND_UP);
    assert_int_equal(_mm_getcsr(), before ^ _MM_ROUND_UP);
    /* Inside, once more. */
    XSTATE_SAVE inner;
    assert_int_equal(KeSaveExtendedProcessorState(XSTATE_MASK_LEGACY_SSE | XSTATE_MASK_GSSE, &inner), STATUS_SUCCESS);
    _mm_setcsr(before ^ _MM_ROUND_DOWN);
    KeRestoreExtendedProcessorState(&inner);
    assert_int_equal(_mm_getcsr(), before ^ _MM_ROUND_UP);
    KeRestoreExtendedProcessorState(&save);
    assert_int_equal(_mm_getcsr(), before);
    /* x87 alone. */
    USHORT control = 0, changed, back = 0;
    __asm__ volatile("fnstcw %0" : "=m"(control));
    changed = control ^ 0x0300;
    assert_int_equal(KeSaveExtendedProcessorState(XSTATE_MASK_LEGACY_FLOATING_POINT, &save), STATUS_SUCCESS);
    __asm__ volatile("fldcw %0" : : "m"(changed));
    KeRestoreExtendedProcessorState(&save);
    __asm__ volatile("fnstcw %0" : "=m"(back));
    assert_int_equal(back, control);
    assert_int_equal(RtlGetEnabledExtendedFeatures(XSTATE_MASK_LEGACY), XSTATE_MASK_LEGACY);
    assert_int_equal(RtlGetEnabledExtendedFeatures(1ull << 62), 0);
}
#endif

static void nothing_is_saved(void *context)
{
    (void)context;
    XSTATE_SAVE save;
    assert_int_equal(KeSaveExtendedProcessorState(0, &save), STATUS_SUCCESS);
    assert_null(save.XStateContext.Buffer);
    KeRestoreExtendedProcessorState(&save);
    assert_int_equal(RtlGetEnabledExtendedFeatures(0), 0);
}

struct told {
    ULONG starts, completes, failures, fails_at;
    ULONG next;
    NTSTATUS status;
    PVOID context;
};

static VOID NTAPI on_change(PVOID context, PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT change, PNTSTATUS status)
{
    struct told *t = context;
    assert_int_equal(change->NtNumber, change->ProcNumber.Number);
    assert_int_equal(change->ProcNumber.Group, 0);
    assert_int_equal(*status, STATUS_SUCCESS);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    if (change->State == KeProcessorAddStartNotify) {
        assert_int_equal(change->NtNumber, t->starts);
        if (t->starts++ == t->fails_at)
            *status = STATUS_INSUFFICIENT_RESOURCES;
    } else if (change->State == KeProcessorAddCompleteNotify) {
        t->completes++;
    } else {
        t->failures++;
        t->status = change->Status;
    }
}

static void processors_are_told(void *context)
{
    (void)context;
    ULONG count = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
    struct told t = {.fails_at = ~0u};
    PVOID handle = KeRegisterProcessorChangeCallback(on_change, &t, 0);
    assert_non_null(handle);
    assert_int_equal(t.starts, 0);
    KeDeregisterProcessorChangeCallback(handle);
    handle = KeRegisterProcessorChangeCallback(on_change, &t, KE_PROCESSOR_CHANGE_ADD_EXISTING);
    assert_non_null(handle);
    assert_int_equal(t.starts, count);
    assert_int_equal(t.completes, count);
    assert_int_equal(t.failures, 0);
    KeDeregisterProcessorChangeCallback(handle);
    /* The last of them fails: those before are told, it is not. */
    t = (struct told){.fails_at = count - 1};
    handle = KeRegisterProcessorChangeCallback(on_change, &t, KE_PROCESSOR_CHANGE_ADD_EXISTING);
    assert_non_null(handle);
    assert_int_equal(t.starts, count);
    assert_int_equal(t.completes, 0);
    assert_int_equal(t.failures, count - 1);
    if (count > 1)
        assert_int_equal(t.status, STATUS_INSUFFICIENT_RESOURCES);
    KeRegisterProcessorChangeCallback(on_change, &t, 0); /* left behind: no harm */
    KeDeregisterProcessorChangeCallback(handle);
}

static void one_node(void *context)
{
    (void)context;
    assert_int_equal(KeQueryNodeActiveProcessorCount(0), KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS));
    assert_int_equal(KeQueryNodeActiveProcessorCount(1), 0);
}

#define IN_KERNEL(name)                                                                                      \
    static void test_##name(void **state)                                                                    \
    {                                                                                                        \
        (void)state;                                                                                         \
        ntio_run_in_kernel(name, NULL);                                                                      \
    }
#if defined(__x86_64__)
IN_KERNEL(state_comes_back)
#endif
IN_KERNEL(nothing_is_saved)
IN_KERNEL(processors_are_told)
IN_KERNEL(one_node)

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, start_machine, stop_machine)

int main(void)
{
    const struct CMUnitTest tests[] = {
#if defined(__x86_64__)
        TEST(state_comes_back),
#endif
        TEST(nothing_is_saved),
        TEST(processors_are_told),
        TEST(one_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
