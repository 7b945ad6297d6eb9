/*
 * The auxiliary library: modules, and what a bug check callback learns. MmCopyMemory from addresses good and bad.
 */
#include "ke_test.h"

#include <aux_klib.h>
#include <string.h>

static void modules(void *context)
{
    (void)context;
    ULONG size = 7, kernel_only;
    AUX_MODULE_EXTENDED_INFO list[8];
    AUX_MODULE_BASIC_INFO basic[8];
    assert_int_equal(sizeof *list, 272);
    assert_int_equal(AuxKlibInitialize(), STATUS_SUCCESS);
    assert_int_equal(AuxKlibQueryModuleInformation(&size, sizeof *list, NULL), STATUS_SUCCESS);
    assert_int_equal(size, sizeof *list); /* no driver is loaded */
    kernel_only = size - 1;
    assert_int_equal(AuxKlibQueryModuleInformation(&kernel_only, sizeof *list, list), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(AuxKlibQueryModuleInformation(&size, sizeof *list, list), STATUS_SUCCESS);
    assert_string_equal((char *)list[0].FullPathName + list[0].FileNameOffset, "ntoskrnl.exe");
    ULONG_PTR base = (ULONG_PTR)list[0].BasicInfo.ImageBase, routine = (ULONG_PTR)AuxKlibInitialize;
    assert_true(routine >= base && routine - base < list[0].ImageSize);
    size = sizeof basic;
    assert_int_equal(AuxKlibQueryModuleInformation(&size, sizeof *basic, basic), STATUS_SUCCESS);
    assert_ptr_equal(basic[0].ImageBase, (PVOID)base);
    assert_int_equal(AuxKlibQueryModuleInformation(&size, 16, NULL), STATUS_INVALID_PARAMETER_2);
}

static void tells_the_modules(void **state)
{
    (void)state;
    ntio_run_in_kernel(modules, NULL);
}

static KBUGCHECK_DATA seen;
static NTSTATUS wrong_size;

static VOID NTAPI at_bugcheck(PVOID buffer, ULONG length)
{
    (void)buffer, (void)length;
    seen.BugCheckDataSize = sizeof seen - 1;
    wrong_size = AuxKlibGetBugCheckData(&seen);
    seen.BugCheckDataSize = sizeof seen;
    AuxKlibGetBugCheckData(&seen);
}

static KBUGCHECK_CALLBACK_RECORD record;

static void crash(void *context)
{
    (void)context;
    KeInitializeCallbackRecord(&record);
    assert_true(KeRegisterBugCheckCallback(&record, at_bugcheck, NULL, 0, (PUCHAR) "test"));
    seen = (KBUGCHECK_DATA){.BugCheckDataSize = sizeof seen, .BugCheckCode = 1};
    assert_int_equal(AuxKlibGetBugCheckData(&seen), STATUS_SUCCESS);
    assert_int_equal(seen.BugCheckCode, 0);
    KeBugCheckEx(0xE2, 1, 2, 3, 4);
}

static void tells_the_bug_check(void **state)
{
    (void)state;
    ntio_bugcheck caught;
    assert_int_equal(ntio_start(NULL), 0);
    assert_true(ntio_catch_bugcheck(crash, NULL, &caught));
    assert_int_equal(wrong_size, STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(seen.BugCheckCode, 0xE2);
    assert_int_equal(seen.Parameter1, 1);
    assert_int_equal(seen.Parameter4, 4);
    ntio_stop();
}

static void copies(void *context)
{
    (void)context;
    SIZE_T done;
    char to[3 * PAGE_SIZE];
    PUCHAR pool = ExAllocatePoolWithTag(NonPagedPool, 2 * PAGE_SIZE, 'ypoC');
    for (int i = 0; i < 2 * PAGE_SIZE; i++)
        pool[i] = (UCHAR)(i * 7);
    MM_COPY_ADDRESS from = {.VirtualAddress = pool + 10};
    assert_int_equal(MmCopyMemory(to, from, 5000, MM_COPY_MEMORY_VIRTUAL, &done), STATUS_SUCCESS);
    assert_int_equal(done, 5000);
    assert_memory_equal(to, pool + 10, 5000);
    memset(to, 0, sizeof to);
    from.PhysicalAddress = MmGetPhysicalAddress(pool + 10);
    assert_int_equal(MmCopyMemory(to, from, 100, MM_COPY_MEMORY_PHYSICAL, &done), STATUS_SUCCESS);
    assert_int_equal(done, 100);
    assert_memory_equal(to, pool + 10, 100);
    assert_int_equal(MmCopyMemory(to, from, 1, 0, &done), STATUS_INVALID_PARAMETER_4);
    assert_int_equal(done, 0);
    assert_int_equal(MmCopyMemory(to, from, 1, 3, &done), STATUS_INVALID_PARAMETER_4);
    ExFreePoolWithTag(pool, 'ypoC');

    /* Nothing is there: neither for the client nor in the kernel's range. */
    from.VirtualAddress = (PVOID)0x10;
    assert_int_equal(MmCopyMemory(to, from, 8, MM_COPY_MEMORY_VIRTUAL, &done), STATUS_INVALID_ADDRESS);
    assert_int_equal(done, 0);
    from.PhysicalAddress.QuadPart = 0x1000;
    assert_int_equal(MmCopyMemory(to, from, 8, MM_COPY_MEMORY_PHYSICAL, &done), STATUS_INVALID_ADDRESS);

    /* Up to the hole. */
    PVOID base = NULL;
    SIZE_T size = 2 * PAGE_SIZE;
    assert_int_equal(ZwAllocateVirtualMemory(ZwCurrentProcess(), &base, 0, &size, MEM_RESERVE, PAGE_READWRITE), 0);
    SIZE_T first = PAGE_SIZE;
    assert_int_equal(ZwAllocateVirtualMemory(ZwCurrentProcess(), &base, 0, &first, MEM_COMMIT, PAGE_READWRITE), 0);
    memset(base, 'c', PAGE_SIZE);
    from.VirtualAddress = (PUCHAR)base + PAGE_SIZE - 16;
    assert_int_equal(MmCopyMemory(to, from, 64, MM_COPY_MEMORY_VIRTUAL, &done), STATUS_INVALID_ADDRESS);
    assert_int_equal(done, 16);
    assert_memory_equal(to, "cccccccccccccccc", 16);
    /* A client's page by its physical address. */
    from.PhysicalAddress = MmGetPhysicalAddress(base);
    assert_int_equal(MmCopyMemory(to, from, 16, MM_COPY_MEMORY_PHYSICAL, &done), STATUS_SUCCESS);
    assert_memory_equal(to, "cccccccccccccccc", 16);
    size = 0;
    assert_int_equal(ZwFreeVirtualMemory(ZwCurrentProcess(), &base, &size, MEM_RELEASE), 0);
}

static void copies_whatever_is_there(void **state)
{
    (void)state;
    ntio_run_in_kernel(copies, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_the_modules, start_machine, stop_machine),
        cmocka_unit_test(tells_the_bug_check),
        cmocka_unit_test_setup_teardown(copies_whatever_is_there, start_machine, stop_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
