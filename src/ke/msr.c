/*
 * The processor's model-specific registers: a test answers for them (ntio_add_msrs). One that nobody answers
 * for is none, and the instruction faults, as it does on a processor that does not have it.
 */
#include "kip.h"

#include <intrin.h>

static _Noreturn void no_such_register(void)
{
    /* NT: a general protection fault of the kernel, whose address is not known. */
    EXCEPTION_RECORD record = {
        .ExceptionCode = STATUS_ACCESS_VIOLATION,
        .NumberParameters = 2,
        .ExceptionInformation = {0, MAXULONG_PTR},
    };
    RtlRaiseException(&record);
    __builtin_unreachable();
}

ULONG64 __readmsr(ULONG Register)
{
    struct kip_range *range = kip_hold_range(&kip()->msrs, Register);
    if (!range)
        no_such_register();
    ULONG64 value = range->msrs.read ? range->msrs.read(range->msrs.context, Register) : 0;
    kip_let_range_go(range);
    return value;
}

void __writemsr(ULONG Register, ULONG64 Value)
{
    struct kip_range *range = kip_hold_range(&kip()->msrs, Register);
    if (!range)
        no_such_register();
    if (range->msrs.write)
        range->msrs.write(range->msrs.context, Register, Value);
    kip_let_range_go(range);
}

/* --- the test's side (ntio.h) --- */

NTIO_API int32_t ntio_add_msrs(const ntio_msrs *msrs)
{
    if (!kip())
        return STATUS_UNSUCCESSFUL;
    if (!msrs)
        return STATUS_INVALID_PARAMETER;
    struct kip_range range = {.first = msrs->first, .count = msrs->count, .msrs = *msrs};
    return kip_add_range(&kip()->msrs, &range);
}

NTIO_API void ntio_remove_msrs(uint32_t first)
{
    if (kip())
        kip_remove_range(&kip()->msrs, first);
}
