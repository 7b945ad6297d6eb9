/* What C++ makes of the headers' macros: a bit for each that is wrong. */
#define INITGUID
#include "kernel.h"
#include <ntdddisk.h>
#include <ntddstor.h>
#include <ntstrsafe.h>
#include <wdmsec.h>
#include <TraceLoggingProvider.h>

TRACELOGGING_DEFINE_PROVIDER(cxx_provider, "Cxx", (0x6b1c9e0b, 0x5a4b, 0x4c8e, 0x9d, 0x77, 0xf, 0x1e, 0x2d, 0x3c, 0x4b, 0x5a));

// {6B1C9E0A-5A4B-4C8E-9D77-0F1E2D3C4B5A}
DEFINE_GUID(GUID_CXX, 0x6b1c9e0a, 0x5a4b, 0x4c8e, 0x9d, 0x77, 0xf, 0x1e, 0x2d, 0x3c, 0x4b, 0x5a);

C_ASSERT(sizeof(WCHAR) == 2);
static_assert(FIELD_OFFSET(DEVICE_OBJECT, Flags) == 0x30, "a constant");

constexpr UNICODE_STRING constant = RTL_CONSTANT_STRING(L"\\Device\\Constant");
static constexpr int numbers[] = {1, 2, 3, 4};
DECLARE_GLOBAL_CONST_UNICODE_STRING(shared, L"shared");

namespace
{
struct Wide {
    static PCWSTR Of(WCHAR) { return L"wide"; }
    static PCWSTR Of(USHORT) { return L"short"; }
};

struct Counted {
    explicit Counted(int &count) : m_count(count) { ++m_count; }
    ~Counted() { --m_count; }
    char m_space[2 << 20];
    int &m_count;
};

int finally_order(int start)
{
    int value = start;
    __try {
        __try {
            if (value == 1)
                __leave;
            int local = 10;
            value += local;
        } __finally {
            value = value * 2 + (AbnormalTermination() ? 1 : 0);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        value = -1;
    }
    return value;
}

int jumps(int start)
{
    if (start < 0)
        goto end;
    {
        start += 1;
    }
    int added = 10, *more = &added, unset;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"four");
    USHORT sizes[2] = {name.Length,
                       name.MaximumLength};
    unset = *more + sizes[1] - sizes[0];
    start += unset;
end:
    return start;
}

#ifdef __clang__ /* gcc warns */
USHORT length_of(const UNICODE_STRING *string)
{
    return string->Length;
}
#endif

NTSTATUS raised(NTSTATUS status)
{
    __try {
        ExRaiseStatus(status);
    } __except (GetExceptionCode() == (ULONG)STATUS_DEVICE_BUSY ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        return (NTSTATUS)GetExceptionCode();
    }
    return STATUS_SUCCESS;
}
}

_Use_decl_annotations_ ULONG SelfTest(PDEVICE_OBJECT device)
{
    ULONG wrong = 0, bit = 1;
    auto expect = [&](bool right) {
        if (!right)
            wrong |= bit;
        bit <<= 1;
    };

    PAGED_CODE();
    expect(Wide::Of(L'x')[0] == L'w');
    expect(constant.Length == 32 && constant.MaximumLength == 34 && constant.Buffer[1] == L'D');
    auto sum = 0;
    for (auto n : numbers)
        sum += n;
    expect(sum == 10 && min(3u, 4u) == 3 && max(1, 2) == 2);

    GUID other = GUID_CXX;
    expect(other == GUID_CXX && IsEqualGUID(other, GUID_CXX));
    other.Data2++;
    expect(other != GUID_CXX && !IsEqualGUID(other, GUID_CXX));

#if !defined(__clang__) || __clang_major__ >= 17 /* which know -fcheck-new */
    int count = 0;
    auto huge = new (NonPagedPool, cxx_tag) Counted(count);
    expect(huge == nullptr && count == 0);
#endif

#ifdef __clang__
    expect(jumps(-1) == -1 && jumps(1) == 14);
    expect(length_of(&UNICODE_STRING(constant)) == 32);
#endif

    CxxFlags flags = CxxFlags::Started | CxxFlags::Linked;
    flags &= ~CxxFlags::Linked;
    expect(flags == CxxFlags::Started);

    WCHAR text[32];
    expect(NT_SUCCESS(RtlStringCchPrintfW(text, ARRAYSIZE(text), L"%wZ-%d", &shared, 7)) && wcscmp(text, L"shared-7") == 0);
    expect(wcslen(L"four") == 4 && swprintf_s(text, 32, L"%ws", L"abc") == 3 && _wcsicmp(text, L"ABC") == 0);

    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, L"\\Registry\\Machine");
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
    OBJECT_ATTRIBUTES same = RTL_CONSTANT_OBJECT_ATTRIBUTES(&name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE);
    expect(same.ObjectName == attributes.ObjectName && same.Attributes == attributes.Attributes);

    LARGE_INTEGER due;
    due.QuadPart = -10000LL;
    PETHREAD thread = PsGetCurrentThread();
    KPRIORITY before = KeSetPriorityThread(thread, 8); /* a PKTHREAD is the same */
    expect(KeSetPriorityThread(thread, before) == 8 && sizeof(TCHAR) == sizeof(*PTSTR()));
    static_assert(sizeof(SET_PARTITION_INFORMATION_EX) == 120 && sizeof(DEVICE_MANAGE_DATA_SET_ATTRIBUTES) == 28 &&
                      FSCTL_SET_ZERO_DATA == 0x980C8, "as Windows has them");

    TraceLoggingRegister(cxx_provider);
    TraceLoggingWrite(cxx_provider, "Self", TraceLoggingLevel(TRACE_LEVEL_INFORMATION), TraceLoggingValue("text", "What"),
                      TraceLoggingUnicodeString(&name, "Name"), TraceLoggingValue(42u, "Number"), TraceLoggingBool(true, "Bool"));
    TraceLoggingWrite(cxx_provider, "Empty");
    TraceLoggingUnregister(cxx_provider);

    KTIMER timer;
    KeInitializeTimer(&timer);
    KeSetTimer(&timer, due, nullptr);
    expect(KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, nullptr) == STATUS_SUCCESS);

    volatile LONG number = 1;
    InterlockedIncrement(&number);
    PVOID slot = nullptr;
    InterlockedExchangePointer(&slot, device);
    InterlockedCompareExchangePointer(&slot, nullptr, device);
    expect(number == 2 && slot == nullptr && InterlockedOr(&number, 4) == 2);

    expect(finally_order(1) == 2 && finally_order(2) == 24);
    expect(raised(STATUS_DEVICE_BUSY) == STATUS_DEVICE_BUSY);
    expect(strcmp(__FUNCTION__, "SelfTest") == 0);
    return wrong;
}
