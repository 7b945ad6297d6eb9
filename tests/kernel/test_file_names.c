/* Names of volumes and files as DOS has them; asking a file object without a handle. */
#include "file_test.h"

static void ask_about(void *context)
{
    (void)context;
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name, dos;
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    PFILE_OBJECT file;
    RtlInitUnicodeString(&name, L"\\??\\C:\\Windows\\Temp\\file");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_int_equal(ZwCreateFile(&handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &iosb, NULL, 0, 0,
                                  FILE_CREATE, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0),
                     STATUS_SUCCESS);
    assert_int_equal(ZwWriteFile(handle, NULL, NULL, NULL, &iosb, "12345", 5, NULL, NULL), STATUS_SUCCESS);
    assert_int_equal(ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&file, NULL), 0);

    assert_int_equal(IoVolumeDeviceToDosName(file->DeviceObject, &dos), STATUS_SUCCESS);
    assert_int_equal(dos.Length, 4);
    assert_int_equal(dos.MaximumLength, 6);
    assert_memory_equal(dos.Buffer, L"C:", 6);
    ExFreePool(dos.Buffer);
    assert_int_equal(RtlVolumeDeviceToDosName(file->DeviceObject, &dos), STATUS_SUCCESS);
    assert_memory_equal(dos.Buffer, L"C:", 6);
    ExFreePool(dos.Buffer);

    POBJECT_NAME_INFORMATION about;
    assert_int_equal(IoQueryFileDosDeviceName(file, &about), STATUS_SUCCESS);
    assert_int_equal(about->Name.Length, sizeof L"C:\\Windows\\Temp\\file" - 2);
    assert_memory_equal(about->Name.Buffer, L"C:\\Windows\\Temp\\file", sizeof L"C:\\Windows\\Temp\\file");
    ExFreePool(about);

    FILE_STANDARD_INFORMATION standard;
    ULONG length = 7;
    assert_int_equal(IoQueryFileInformation(file, FileStandardInformation, sizeof standard, &standard, &length),
                     STATUS_SUCCESS);
    assert_int_equal(standard.EndOfFile.QuadPart, 5);
    assert_int_equal(length, sizeof standard);
    FILE_FS_DEVICE_INFORMATION device;
    FILE_FS_SIZE_INFORMATION size;
    (void)device;
    assert_int_equal(IoQueryVolumeInformation(file, FileFsSizeInformation, sizeof size, &size, &length), STATUS_SUCCESS);
    assert_int_equal(size.BytesPerSector, 512);
    assert_int_equal(length, sizeof size);
    ObDereferenceObject(file);
    assert_int_equal(ZwClose(handle), STATUS_SUCCESS);
    /* One that no letter leads to. */
    PDEVICE_OBJECT null;
    RtlInitUnicodeString(&name, L"\\Device\\Null");
    if (NT_SUCCESS(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &null))) {
        assert_int_equal(IoVolumeDeviceToDosName(null, &dos), STATUS_OBJECT_NAME_NOT_FOUND);
        ObDereferenceObject(file);
    }
}

static void names(void **state)
{
    (void)state;
    ntio_run_in_kernel(ask_about, NULL);
}

static void this_is_the_build(void **state)
{
    (void)state;
    ULONG build;
    assert_false(PsGetVersion(NULL, NULL, &build, NULL));
    assert_int_equal(*NtBuildNumber & 0xFFFF, build);
    assert_int_equal(*NtBuildNumber >> 28, 0xF); /* a free build */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names, disk_set_up, disk_tear_down),
        cmocka_unit_test_setup_teardown(this_is_the_build, disk_set_up, disk_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
