/*
 * Sections through the services: what is refused, what comes back, physical memory.
 */
#include "file_test.h"

static NTSTATUS create(PHANDLE section, LONGLONG size, ULONG protect, ULONG attributes, HANDLE file)
{
    LARGE_INTEGER maximum = {.QuadPart = size};
    *section = NULL;
    return ZwCreateSection(section, SECTION_ALL_ACCESS, NULL, size == -1 ? NULL : &maximum, protect,
                           attributes, file);
}

static NTSTATUS map(HANDLE section, PVOID *base, LONGLONG offset, SIZE_T *size, ULONG protect)
{
    LARGE_INTEGER at = {.QuadPart = offset};
    *base = NULL;
    return ZwMapViewOfSection(section, NtCurrentProcess(), base, 0, 0, &at, size, ViewUnmap, 0, protect);
}

static void test_creating(void **state)
{
    (void)state;
    HANDLE section;
    assert_int_equal(create(&section, -1, PAGE_READWRITE, SEC_COMMIT, NULL), STATUS_INVALID_PARAMETER_4);
    assert_int_equal(create(&section, 0, PAGE_READWRITE, SEC_COMMIT, NULL), STATUS_INVALID_PARAMETER_4);
    assert_int_equal(create(&section, 1, PAGE_READWRITE, 0, NULL), STATUS_INVALID_PARAMETER_6);
    assert_int_equal(create(&section, 1, PAGE_READWRITE, SEC_COMMIT | SEC_RESERVE, NULL),
                     STATUS_INVALID_PARAMETER_6);
    assert_int_equal(create(&section, 1, PAGE_READWRITE, SEC_COMMIT | 1, NULL), STATUS_INVALID_PARAMETER_6);
    assert_int_equal(create(&section, 1, PAGE_READWRITE | PAGE_READONLY, SEC_COMMIT, NULL),
                     STATUS_INVALID_PAGE_PROTECTION);
    assert_int_equal(create(&section, 1, PAGE_READONLY, SEC_IMAGE, NULL), STATUS_INVALID_FILE_FOR_SECTION);
    assert_int_equal(create(&section, INT64_MAX, PAGE_READONLY, SEC_COMMIT, NULL), STATUS_SECTION_TOO_BIG);
    assert_int_equal(create(&section, 0x1801, PAGE_READWRITE, SEC_RESERVE, NULL), STATUS_SUCCESS);
    SECTION_BASIC_INFORMATION info;
    SIZE_T length = 0;
    assert_int_equal(ZwQuerySection(section, SectionBasicInformation, &info, sizeof info, &length),
                     STATUS_SUCCESS);
    assert_int_equal(length, sizeof info);
    assert_int_equal(info.MaximumSize.QuadPart, 0x2000);
    assert_int_equal(info.AllocationAttributes, SEC_RESERVE);
    assert_int_equal(ZwQuerySection(section, SectionBasicInformation, &info, 8, NULL),
                     STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(ZwQuerySection(section, SectionImageInformation, &info, 64, NULL),
                     STATUS_SECTION_NOT_IMAGE);
    assert_int_equal(ZwClose(section), STATUS_SUCCESS);
}

static void test_mapping(void **state)
{
    (void)state;
    HANDLE section;
    PVOID base;
    SIZE_T size = 0;
    assert_int_equal(create(&section, 0x28000, PAGE_READWRITE, SEC_COMMIT, NULL), STATUS_SUCCESS);
    assert_int_equal(map(section, &base, 0x10000, &size, PAGE_READWRITE), STATUS_SUCCESS);
    assert_int_equal(size, 0x18000);
    ((char *)base)[0x17FFF] = 1;
    assert_int_equal(ZwUnmapViewOfSection(NtCurrentProcess(), (char *)base + 0x12345), STATUS_SUCCESS);
    assert_int_equal(ZwUnmapViewOfSection(NtCurrentProcess(), base), STATUS_NOT_MAPPED_VIEW);
    size = 5;
    assert_int_equal(map(section, &base, 0x20000, &size, PAGE_READONLY), STATUS_SUCCESS);
    assert_int_equal(size, 0x1000);
    assert_int_equal(ZwUnmapViewOfSection(NtCurrentProcess(), base), STATUS_SUCCESS);
    size = 0x8001;
    assert_int_equal(map(section, &base, 0x20000, &size, PAGE_READONLY), STATUS_INVALID_VIEW_SIZE);
    size = 0;
    assert_int_equal(map(section, &base, 0x30000, &size, PAGE_READONLY), STATUS_INVALID_VIEW_SIZE);
    assert_int_equal(map(section, &base, -0x10000, &size, PAGE_READONLY), STATUS_INVALID_VIEW_SIZE);
    assert_int_equal(map(section, &base, 0x1000, &size, PAGE_READONLY), STATUS_MAPPED_ALIGNMENT);
    assert_int_equal(map(section, &base, 0, &size, PAGE_EXECUTE_READ), STATUS_SECTION_PROTECTION);
    assert_int_equal(map(section, &base, 0, &size, PAGE_NOACCESS), STATUS_INVALID_PAGE_PROTECTION);
    base = NULL;
    assert_int_equal(
        ZwMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, NULL, &size, 3, 0, PAGE_READONLY),
        STATUS_INVALID_PARAMETER_8);
    assert_int_equal(ZwMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, NULL, &size, ViewShare,
                                        MEM_COMMIT, PAGE_READONLY),
                     STATUS_INVALID_PARAMETER_9);
    assert_int_equal(ZwMapViewOfSection(section, NtCurrentProcess(), &base, 22, 0, NULL, &size, ViewShare, 0,
                                        PAGE_READONLY),
                     STATUS_INVALID_PARAMETER_4);
    base = (PVOID)MmUserProbeAddress;
    assert_int_equal(ZwMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, NULL, &size, ViewShare, 0,
                                        PAGE_READONLY),
                     STATUS_INVALID_PARAMETER_3);
    assert_int_equal(ZwClose(section), STATUS_SUCCESS);
}

/* The same page twice at an address that the caller names. */
static void test_address(void **state)
{
    (void)state;
    HANDLE section;
    PVOID base, other;
    SIZE_T size = 0;
    assert_int_equal(create(&section, 0x1000, PAGE_READWRITE, SEC_COMMIT, NULL), STATUS_SUCCESS);
    assert_int_equal(map(section, &base, 0, &size, PAGE_READWRITE), STATUS_SUCCESS);
    other = base;
    assert_int_equal(ZwMapViewOfSection(section, NtCurrentProcess(), &other, 0, 0, NULL, &size, ViewShare, 0,
                                        PAGE_READWRITE),
                     STATUS_CONFLICTING_ADDRESSES);
    *(int *)base = 42;
    assert_int_equal(ZwUnmapViewOfSection(NtCurrentProcess(), base), STATUS_SUCCESS);
    assert_int_equal(ZwMapViewOfSection(section, NtCurrentProcess(), &other, 0, 0, NULL, &size, ViewShare, 0,
                                        PAGE_READWRITE),
                     STATUS_SUCCESS);
    assert_ptr_equal(other, base);
    assert_int_equal(*(int *)other, 42);
    assert_int_equal(ZwUnmapViewOfSection(NtCurrentProcess(), other), STATUS_SUCCESS);
    assert_int_equal(ZwClose(section), STATUS_SUCCESS);
}

struct system_view {
    PVOID object;
};

static void look(void *context)
{
    struct system_view *view = context;
    PVOID base, second;
    SIZE_T size = 0, part = 1;
    assert_int_equal(MmMapViewInSystemSpace(view->object, &base, &size), STATUS_SUCCESS);
    assert_int_equal(size, 0x3000);
    assert_int_equal(MmMapViewInSystemSpace(view->object, &second, &part), STATUS_SUCCESS);
    assert_int_equal(part, 0x1000);
    strcpy(base, "seen");
    assert_string_equal(second, "seen");
    assert_true(MmIsAddressValid(base));
    assert_int_equal(MmUnmapViewInSystemSpace(second), STATUS_SUCCESS);
    assert_int_equal(MmUnmapViewInSystemSpace(second), STATUS_NOT_MAPPED_VIEW);
    assert_int_equal(MmUnmapViewInSystemSpace(base), STATUS_SUCCESS);
}

static void test_system_space(void **state)
{
    (void)state;
    HANDLE section;
    struct system_view view;
    assert_int_equal(create(&section, 0x2001, PAGE_READWRITE, SEC_COMMIT, NULL), STATUS_SUCCESS);
    assert_int_equal(
        ObReferenceObjectByHandle(section, 0, *MmSectionObjectType, KernelMode, &view.object, NULL),
        STATUS_SUCCESS);
    ntio_run_in_kernel(look, &view);
    ObDereferenceObject(view.object);
    assert_int_equal(ZwClose(section), STATUS_SUCCESS);
}

/* The pages of a block of contiguous memory, by their physical address. */
static void physical(void *context)
{
    (void)context;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    HANDLE section;
    PHYSICAL_ADDRESS highest = {.QuadPart = -1};
    char *memory = MmAllocateContiguousMemory(PAGE_SIZE, highest);
    assert_non_null(memory);
    strcpy(memory, "physical");
    PHYSICAL_ADDRESS address = MmGetPhysicalAddress(memory);
    RtlInitUnicodeString(&name, L"\\Device\\PhysicalMemory");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_int_equal(ZwOpenSection(&section, SECTION_ALL_ACCESS, &attributes), STATUS_SUCCESS);
    PVOID base = NULL;
    SIZE_T size = PAGE_SIZE;
    LARGE_INTEGER offset = address;
    assert_int_equal(ZwMapViewOfSection(section, NtCurrentProcess(), &base, 0, PAGE_SIZE, &offset, &size,
                                        ViewShare, 0, PAGE_READWRITE | PAGE_NOCACHE),
                     STATUS_SUCCESS);
    assert_int_equal(offset.QuadPart & 0xFFFF, 0);
    char *view = (char *)base + (address.QuadPart - offset.QuadPart);
    assert_ptr_not_equal(view, memory);
    assert_string_equal(view, "physical");
    view[0] = 'P';
    assert_string_equal(memory, "Physical");
    assert_int_equal(ZwUnmapViewOfSection(NtCurrentProcess(), base), STATUS_SUCCESS);
    offset.QuadPart = 0;
    base = NULL;
    assert_int_equal(ZwMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, &offset, &size, ViewShare,
                                        0, PAGE_READWRITE),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(ZwClose(section), STATUS_SUCCESS);
    MmFreeContiguousMemory(memory);
}

static void test_physical_memory(void **state)
{
    (void)state;
    ntio_run_in_kernel(physical, NULL);
}

/* A driver reads a file through a view. */
static void test_file(void **state)
{
    (void)state;
    HANDLE section, file = disk_open(L"\\??\\C:\\f", GENERIC_READ | GENERIC_WRITE, FILE_CREATE);
    IO_STATUS_BLOCK iosb;
    PVOID base;
    SIZE_T size = 0;
    assert_int_equal(create(&section, -1, PAGE_READONLY, SEC_COMMIT, file), STATUS_MAPPED_FILE_SIZE_ZERO);
    assert_int_equal(disk_write(file, "through a view", HERE, &iosb), STATUS_SUCCESS);
    assert_int_equal(create(&section, 15, PAGE_READONLY, SEC_COMMIT, file), STATUS_SECTION_TOO_BIG);
    assert_int_equal(create(&section, -1, PAGE_READONLY, SEC_COMMIT, file), STATUS_SUCCESS);
    SECTION_BASIC_INFORMATION info;
    assert_int_equal(ZwQuerySection(section, SectionBasicInformation, &info, sizeof info, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(info.MaximumSize.QuadPart, 14);
    assert_int_equal(info.AllocationAttributes, SEC_COMMIT | SEC_FILE);
    assert_int_equal(ZwClose(file), STATUS_SUCCESS);
    assert_int_equal(map(section, &base, 0, &size, PAGE_READONLY), STATUS_SUCCESS);
    assert_memory_equal(base, "through a view\0", 15);
    assert_int_equal(ZwClose(section), STATUS_SUCCESS);
    assert_int_equal(ZwUnmapViewOfSection(NtCurrentProcess(), base), STATUS_SUCCESS);
    file = disk_open(L"\\??\\C:\\Windows", FILE_LIST_DIRECTORY, FILE_OPEN);
    assert_int_equal(create(&section, -1, PAGE_READONLY, SEC_COMMIT, file), STATUS_INVALID_FILE_FOR_SECTION);
    assert_int_equal(ZwClose(file), STATUS_SUCCESS);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, disk_set_up, disk_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(test_creating),     ON_DISK(test_mapping),         ON_DISK(test_address),
        ON_DISK(test_system_space), ON_DISK(test_physical_memory), ON_DISK(test_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
