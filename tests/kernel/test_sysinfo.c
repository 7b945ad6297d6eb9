/*
 * ZwQuerySystemInformation as drivers declare and read it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <ntio/ntio.h>
#include <ntifs.h>

typedef enum _SYSTEM_INFORMATION_CLASS {
    SystemBasicInformation = 0,
    SystemProcessorInformation = 1,
    SystemTimeOfDayInformation = 3,
    SystemProcessInformation = 5,
    SystemModuleInformation = 11,
    SystemKernelDebuggerInformation = 35,
    SystemCodeIntegrityInformation = 103,
} SYSTEM_INFORMATION_CLASS;

NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(SYSTEM_INFORMATION_CLASS, PVOID, ULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI NtQuerySystemInformation(SYSTEM_INFORMATION_CLASS, PVOID, ULONG, PULONG);

typedef struct _SYSTEM_PROCESS_INFORMATION {
    ULONG NextEntryOffset;
    ULONG NumberOfThreads;
    LARGE_INTEGER Reserved[3];
    LARGE_INTEGER CreateTime;
    LARGE_INTEGER UserTime;
    LARGE_INTEGER KernelTime;
    UNICODE_STRING ImageName;
    KPRIORITY BasePriority;
    HANDLE ProcessId;
    HANDLE InheritedFromProcessId;
    ULONG HandleCount, SessionId;
} SYSTEM_PROCESS_INFORMATION, *PSYSTEM_PROCESS_INFORMATION;

typedef struct _SYSTEM_MODULE {
    PVOID Reserved[2];
    PVOID Base;
    ULONG Size;
    ULONG Flags;
    USHORT Index;
    USHORT Unknown;
    USHORT LoadCount;
    USHORT ModuleNameOffset;
    CHAR ImageName[256];
} SYSTEM_MODULE;
typedef struct _SYSTEM_MODULE_INFORMATION {
    ULONG Count;
    SYSTEM_MODULE Modules[1];
} SYSTEM_MODULE_INFORMATION;

static int start(void **state)
{
    (void)state;
    return ntio_start(&(ntio_options){.processors = 3});
}

static int stop(void **state)
{
    (void)state;
    return ntio_stop();
}

static void test_basic(void **state)
{
    (void)state;
    union {
        UCHAR bytes[65];
        ULONG words[16];
    } info;
    ULONG length = 0;
    assert_int_equal(ZwQuerySystemInformation(SystemBasicInformation, &info, 64, &length), STATUS_SUCCESS);
    assert_int_equal(length, 64);
    assert_int_equal(info.words[2], PAGE_SIZE);
    assert_int_equal(info.words[6], 0x10000);
    assert_int_equal(info.bytes[56], 3);
    assert_int_equal(info.bytes[48], 7);
    assert_int_equal(ZwQuerySystemInformation(SystemBasicInformation, &info, 65, &length),
                     STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(ZwQuerySystemInformation(SystemBasicInformation, NULL, 0, &length),
                     STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(length, 64);
    assert_int_equal(NtQuerySystemInformation(SystemBasicInformation, (PVOID)0x10, 64, NULL),
                     STATUS_ACCESS_VIOLATION);
    assert_int_equal(ZwQuerySystemInformation(9999, &info, 64, &length), STATUS_INVALID_INFO_CLASS);
    USHORT processor[6];
    assert_int_equal(ZwQuerySystemInformation(SystemProcessorInformation, processor, sizeof processor, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(processor[0], PROCESSOR_ARCHITECTURE_AMD64);
    BOOLEAN debugger[2] = {9, 9};
    assert_int_equal(
        ZwQuerySystemInformation(SystemKernelDebuggerInformation, debugger, sizeof debugger, &length),
        STATUS_SUCCESS);
    assert_int_equal(length, 2);
    assert_int_equal(debugger[0], FALSE);
    assert_int_equal(debugger[1], TRUE);
    ULONG integrity[2] = {8, 0};
    assert_int_equal(ZwQuerySystemInformation(SystemCodeIntegrityInformation, integrity, 8, &length),
                     STATUS_SUCCESS);
    assert_int_equal(integrity[1], 3);
    integrity[0] = 7;
    assert_int_equal(ZwQuerySystemInformation(SystemCodeIntegrityInformation, integrity, 8, &length),
                     STATUS_INFO_LENGTH_MISMATCH);
}

static void test_time(void **state)
{
    (void)state;
    LARGE_INTEGER info[6], now;
    ULONG length;
    assert_int_equal(ZwQuerySystemInformation(SystemTimeOfDayInformation, info, sizeof info, &length),
                     STATUS_SUCCESS);
    assert_int_equal(length, 48);
    KeQuerySystemTime(&now);
    assert_true(info[0].QuadPart <= info[1].QuadPart && info[1].QuadPart <= now.QuadPart);
    assert_int_equal(ZwQuerySystemInformation(SystemTimeOfDayInformation, info, 8, &length), STATUS_SUCCESS);
    assert_int_equal(length, 8);
    assert_int_equal(ZwQuerySystemInformation(SystemTimeOfDayInformation, info, 49, &length),
                     STATUS_INFO_LENGTH_MISMATCH);
}

/* As drivers do: ask how long it is, then for it. */
static void test_processes(void **state)
{
    (void)state;
    ULONG length = 0, more;
    assert_int_equal(ZwQuerySystemInformation(SystemProcessInformation, NULL, 0, &length),
                     STATUS_INFO_LENGTH_MISMATCH);
    assert_true(length > 0x300);
    PUCHAR buffer = malloc(length);
    assert_int_equal(ZwQuerySystemInformation(SystemProcessInformation, buffer, length - 1, &more),
                     STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(ZwQuerySystemInformation(SystemProcessInformation, buffer, length, &more),
                     STATUS_SUCCESS);
    assert_int_equal(more, length);
    PSYSTEM_PROCESS_INFORMATION idle = (PVOID)buffer, system = (PVOID)(buffer + idle->NextEntryOffset);
    assert_null(idle->ImageName.Buffer);
    assert_ptr_equal(idle->ProcessId, NULL);
    assert_int_equal(idle->NumberOfThreads, 3);
    assert_ptr_equal(system->ProcessId, (HANDLE)4);
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, L"System");
    assert_true(RtlEqualUnicodeString(&system->ImageName, &name, FALSE));
    PSYSTEM_PROCESS_INFORMATION client = (PVOID)((PUCHAR)system + system->NextEntryOffset);
    RtlInitUnicodeString(&name, L"client.exe");
    assert_true(RtlEqualUnicodeString(&client->ImageName, &name, FALSE));
    assert_ptr_equal(client->ProcessId, PsGetCurrentProcessId());
    assert_ptr_equal(client->InheritedFromProcessId, (HANDLE)4);
    assert_true(client->NumberOfThreads >= 1);
    assert_int_equal(system->SessionId, 0);
    assert_int_equal(client->SessionId, 1);
    free(buffer);
}

static void test_modules(void **state)
{
    (void)state;
    ULONG length = 0;
    UNICODE_STRING name;
    assert_int_equal(ZwQuerySystemInformation(SystemModuleInformation, NULL, 0, &length),
                     STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(length, 8 + 296);
    SYSTEM_MODULE_INFORMATION *list = malloc(length);
    assert_int_equal(ZwQuerySystemInformation(SystemModuleInformation, list, length, &length),
                     STATUS_SUCCESS);
    assert_int_equal(list->Count, 1);
    assert_string_equal(list->Modules[0].ImageName + list->Modules[0].ModuleNameOffset, "ntoskrnl.exe");
    RtlInitUnicodeString(&name, L"IoCreateDevice");
    ULONG_PTR routine = (ULONG_PTR)MmGetSystemRoutineAddress(&name), base = (ULONG_PTR)list->Modules[0].Base;
    assert_true(routine >= base && routine < base + list->Modules[0].Size);
    free(list);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {WITH(test_basic), WITH(test_time), WITH(test_processes),
                                       WITH(test_modules)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
