/*
 * What servers ask for their clients: access, classes, lists of quotas. Extended attributes by way of a driver. Directories with
 * flags. Auditing, which is off; contexts; identifiers.
 */
#include "rig.h"

static void access_is_checked(void **state)
{
    (void)state;
    ACCESS_MASK wanted = GENERIC_READ;
    assert_int_equal(IoCheckDesiredAccess(&wanted, FILE_GENERIC_READ), STATUS_SUCCESS);
    assert_int_equal(wanted, FILE_GENERIC_READ);
    wanted = FILE_READ_DATA | FILE_WRITE_DATA;
    assert_int_equal(IoCheckDesiredAccess(&wanted, FILE_READ_DATA), STATUS_ACCESS_DENIED);
    wanted = GENERIC_ALL;
    assert_int_equal(IoCheckDesiredAccess(&wanted, FILE_ALL_ACCESS & ~DELETE), STATUS_ACCESS_DENIED);
    wanted = 0;
    assert_int_equal(IoCheckDesiredAccess(&wanted, 0), STATUS_SUCCESS);
}

#define ALLOWED(granted, major) assert_int_equal(IoCheckFunctionAccess(granted, major, 0, 0, NULL, NULL), STATUS_SUCCESS)
#define DENIED(granted, major)                                                                               \
    assert_int_equal(IoCheckFunctionAccess(granted, major, 0, 0, NULL, NULL), STATUS_ACCESS_DENIED)

static void functions_are_checked(void **state)
{
    (void)state;
    ALLOWED(FILE_READ_DATA, IRP_MJ_READ);
    DENIED(FILE_ALL_ACCESS & ~FILE_READ_DATA, IRP_MJ_READ);
    ALLOWED(FILE_APPEND_DATA, IRP_MJ_WRITE);
    ALLOWED(FILE_WRITE_DATA, IRP_MJ_WRITE);
    DENIED(FILE_READ_DATA, IRP_MJ_WRITE);
    DENIED(FILE_READ_DATA, IRP_MJ_FLUSH_BUFFERS);
    ALLOWED(FILE_WRITE_DATA, IRP_MJ_LOCK_CONTROL);
    DENIED(FILE_READ_EA, IRP_MJ_LOCK_CONTROL);
    ALLOWED(FILE_LIST_DIRECTORY, IRP_MJ_DIRECTORY_CONTROL);
    DENIED(FILE_READ_ATTRIBUTES, IRP_MJ_DIRECTORY_CONTROL);
    ALLOWED(FILE_READ_EA, IRP_MJ_QUERY_EA);
    DENIED(FILE_READ_EA, IRP_MJ_SET_EA);
    DENIED(FILE_READ_DATA, IRP_MJ_QUERY_SECURITY);
    ALLOWED(0, IRP_MJ_CLOSE);
    FILE_INFORMATION_CLASS file = FileBasicInformation;
    assert_int_equal(IoCheckFunctionAccess(FILE_READ_ATTRIBUTES, IRP_MJ_QUERY_INFORMATION, 0, 0, &file, NULL), 0);
    assert_int_equal(IoCheckFunctionAccess(FILE_READ_ATTRIBUTES, IRP_MJ_SET_INFORMATION, 0, 0, &file, NULL),
                     STATUS_ACCESS_DENIED);
    file = FileDispositionInformation;
    assert_int_equal(IoCheckFunctionAccess(DELETE, IRP_MJ_SET_INFORMATION, 0, 0, &file, NULL), 0);
    file = FileStandardInformation;
    assert_int_equal(IoCheckFunctionAccess(0, IRP_MJ_QUERY_INFORMATION, 0, 0, &file, NULL), 0);
    FS_INFORMATION_CLASS volume = FileFsLabelInformation;
    assert_int_equal(IoCheckFunctionAccess(0, IRP_MJ_SET_VOLUME_INFORMATION, 0, 0, NULL, &volume), STATUS_ACCESS_DENIED);
    assert_int_equal(IoCheckFunctionAccess(FILE_WRITE_DATA, IRP_MJ_SET_VOLUME_INFORMATION, 0, 0, NULL, &volume), 0);
    ULONG code = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_READ_ACCESS | FILE_WRITE_ACCESS);
    assert_int_equal(IoCheckFunctionAccess(FILE_READ_DATA, IRP_MJ_DEVICE_CONTROL, 0, code, NULL, NULL), STATUS_ACCESS_DENIED);
    assert_int_equal(IoCheckFunctionAccess(FILE_READ_DATA | FILE_WRITE_DATA, IRP_MJ_DEVICE_CONTROL, 0, code, NULL, NULL), 0);
}

static void classes_are_checked(void **state)
{
    (void)state;
    assert_int_equal(IoCheckQuerySetFileInformation(FileBasicInformation, 40, FALSE), STATUS_SUCCESS);
    assert_int_equal(IoCheckQuerySetFileInformation(FileBasicInformation, 39, FALSE), STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(IoCheckQuerySetFileInformation(FileStandardInformation, 100, TRUE), STATUS_INVALID_INFO_CLASS);
    assert_int_equal(IoCheckQuerySetFileInformation((FILE_INFORMATION_CLASS)1000, 100, FALSE), STATUS_INVALID_INFO_CLASS);
    assert_int_equal(IoCheckQuerySetVolumeInformation(FileFsSizeInformation, 24, FALSE), STATUS_SUCCESS);
    assert_int_equal(IoCheckQuerySetVolumeInformation(FileFsSizeInformation, 23, FALSE), STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(IoCheckQuerySetVolumeInformation(FileFsSizeInformation, 24, TRUE), STATUS_INVALID_INFO_CLASS);
    assert_int_equal(IoCheckQuerySetVolumeInformation((FS_INFORMATION_CLASS)0, 24, FALSE), STATUS_INVALID_INFO_CLASS);
}

static void quotas_are_checked(void **state)
{
    (void)state;
    assert_int_equal(FIELD_OFFSET(FILE_QUOTA_INFORMATION, Sid), 40);
    _Alignas(8) UCHAR buffer[128] = {0};
    PFILE_QUOTA_INFORMATION first = (PFILE_QUOTA_INFORMATION)buffer, second = (PFILE_QUOTA_INFORMATION)(buffer + 56);
    SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY};
    ULONG offset = 9;
    RtlInitializeSid(&first->Sid, &nt, 1);
    RtlInitializeSid(&second->Sid, &nt, 2);
    first->SidLength = 12, first->NextEntryOffset = 56;
    second->SidLength = 16;
    assert_int_equal(IoCheckQuotaBufferValidity(first, 112, &offset), STATUS_SUCCESS);
    assert_int_equal(IoCheckQuotaBufferValidity(first, 111, &offset), STATUS_QUOTA_LIST_INCONSISTENT);
    assert_int_equal(offset, 56);
    second->SidLength = 12;
    assert_int_equal(IoCheckQuotaBufferValidity(first, 112, &offset), STATUS_QUOTA_LIST_INCONSISTENT);
    second->SidLength = 16, second->Sid.Revision = 2;
    assert_int_equal(IoCheckQuotaBufferValidity(first, 112, &offset), STATUS_QUOTA_LIST_INCONSISTENT);
    second->Sid.Revision = 1, first->NextEntryOffset = 54;
    assert_int_equal(IoCheckQuotaBufferValidity(first, 112, &offset), STATUS_QUOTA_LIST_INCONSISTENT);
    assert_int_equal(offset, 0);
    first->NextEntryOffset = 200;
    assert_int_equal(IoCheckQuotaBufferValidity(first, 112, &offset), STATUS_QUOTA_LIST_INCONSISTENT);
    first->NextEntryOffset = 48; /* into its own identifier */
    assert_int_equal(IoCheckQuotaBufferValidity(first, 112, &offset), STATUS_QUOTA_LIST_INCONSISTENT);
    assert_int_equal(IoCheckQuotaBufferValidity((PVOID)(buffer + 2), 112, &offset), STATUS_DATATYPE_MISALIGNMENT);
    assert_int_equal(IoCheckQuotaBufferValidity(first, 0, &offset), STATUS_QUOTA_LIST_INCONSISTENT);
    assert_int_equal(IoCheckQuotaBufferValidity(first, 0x80000000, &offset), STATUS_QUOTA_LIST_INCONSISTENT);
}

/* --- extended attributes --- */

static struct {
    UCHAR flags;
    ULONG length, list_length, index;
    char name[8];
    UCHAR bytes[32];
} seen;

static NTSTATUS on_query_ea(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device;
    seen.flags = stack->Flags;
    seen.length = stack->Parameters.QueryEa.Length;
    seen.list_length = stack->Parameters.QueryEa.EaListLength;
    seen.index = stack->Parameters.QueryEa.EaIndex;
    PFILE_GET_EA_INFORMATION list = stack->Parameters.QueryEa.EaList;
    if (list)
        memcpy(seen.name, list->EaName, list->EaNameLength + 1u);
    assert_true(!list == !seen.list_length);
    if (seen.index == 7)
        return rig_complete(irp, STATUS_NO_EAS_ON_FILE, 0);
    memcpy(irp->AssociatedIrp.SystemBuffer, "answer", 7);
    return rig_complete(irp, STATUS_SUCCESS, 7);
}

static NTSTATUS on_set_ea(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device;
    seen.length = stack->Parameters.SetEa.Length;
    memcpy(seen.bytes, irp->AssociatedIrp.SystemBuffer, seen.length);
    return rig_complete(irp, STATUS_SUCCESS, 0);
}

static void attributes_are_asked_for(void **state)
{
    (void)state;
    HANDLE handle = rig_handle();
    IO_STATUS_BLOCK iosb;
    _Alignas(4) char buffer[32] = {0};
    union {
        FILE_GET_EA_INFORMATION first;
        char bytes[24];
    } list = {.first = {.EaNameLength = 3}};
    ULONG index = 5;
    memcpy(list.first.EaName, "abc", 4);
    rig.on[IRP_MJ_QUERY_EA] = on_query_ea;
    assert_int_equal(NtQueryEaFile(handle, &iosb, buffer, sizeof buffer, TRUE, &list, 9, NULL, TRUE), STATUS_SUCCESS);
    assert_int_equal(iosb.Information, 7);
    assert_string_equal(buffer, "answer");
    assert_string_equal(seen.name, "abc");
    assert_int_equal(seen.flags, SL_RESTART_SCAN | SL_RETURN_SINGLE_ENTRY);
    assert_int_equal(seen.length, sizeof buffer);
    assert_int_equal(seen.list_length, 9);
    assert_int_equal(NtQueryEaFile(handle, &iosb, buffer, sizeof buffer, FALSE, NULL, 0, &index, FALSE), STATUS_SUCCESS);
    assert_int_equal(seen.flags, SL_INDEX_SPECIFIED);
    assert_int_equal(seen.index, 5);
    index = 7;
    assert_int_equal(NtQueryEaFile(handle, &iosb, buffer, sizeof buffer, FALSE, NULL, 0, &index, FALSE),
                     STATUS_NO_EAS_ON_FILE);
    /* Two names, and lists that are none. */
    list.first.NextEntryOffset = 12;
    memcpy(list.bytes + 12, "\0\0\0\0\1x\0", 7);
    assert_int_equal(NtQueryEaFile(handle, &iosb, buffer, sizeof buffer, FALSE, &list, 19, NULL, FALSE), STATUS_SUCCESS);
    assert_int_equal(NtQueryEaFile(handle, &iosb, buffer, sizeof buffer, FALSE, &list, 18, NULL, FALSE),
                     STATUS_EA_LIST_INCONSISTENT);
    list.first.NextEntryOffset = 16;
    assert_int_equal(NtQueryEaFile(handle, &iosb, buffer, sizeof buffer, FALSE, &list, 24, NULL, FALSE),
                     STATUS_EA_LIST_INCONSISTENT);
    int count = rig.count[IRP_MJ_QUERY_EA];
    assert_int_equal(NtQueryEaFile(handle, &iosb, buffer + 1, 4, FALSE, NULL, 0, NULL, FALSE),
                     STATUS_DATATYPE_MISALIGNMENT);
    assert_int_equal(NtQueryEaFile(handle, &iosb, (PVOID)8, 4, FALSE, NULL, 0, NULL, FALSE), STATUS_ACCESS_VIOLATION);
    assert_int_equal(NtQueryEaFile(handle, &iosb, buffer, 4, FALSE, NULL, 0, (PULONG)8, FALSE), STATUS_ACCESS_VIOLATION);
    assert_int_equal(NtQueryEaFile(handle, &iosb, buffer, 4, FALSE, (PVOID)8, 8, NULL, FALSE), STATUS_ACCESS_VIOLATION);
    NtClose(handle);
    assert_int_equal(rig_open(L"\\Device\\Rig", FILE_WRITE_DATA | SYNCHRONIZE, 0, FILE_SYNCHRONOUS_IO_NONALERT, &handle), 0);
    assert_int_equal(NtQueryEaFile(handle, &iosb, buffer, 4, FALSE, NULL, 0, NULL, FALSE), STATUS_ACCESS_DENIED);
    assert_int_equal(rig.count[IRP_MJ_QUERY_EA], count);
    NtClose(handle);
}

static void attributes_are_set(void **state)
{
    (void)state;
    HANDLE handle = rig_handle();
    IO_STATUS_BLOCK iosb = {.Information = 99};
    union {
        FILE_FULL_EA_INFORMATION first;
        char bytes[24];
    } list = {.first = {.EaNameLength = 1, .EaValueLength = 2}};
    memcpy(list.first.EaName, "n\0vw", 4);
    rig.on[IRP_MJ_SET_EA] = on_set_ea;
    assert_int_equal(NtSetEaFile(handle, &iosb, &list, 12), STATUS_SUCCESS);
    assert_int_equal(iosb.Information, 0);
    assert_int_equal(seen.length, 12);
    assert_memory_equal(seen.bytes, &list, 12);
    int count = rig.count[IRP_MJ_SET_EA];
    list.first.NextEntryOffset = 12; /* and there is nothing */
    assert_int_equal(NtSetEaFile(handle, &iosb, &list, 12), STATUS_EA_LIST_INCONSISTENT);
    assert_int_equal(iosb.Status, STATUS_EA_LIST_INCONSISTENT);
    assert_int_equal(iosb.Information, 12);
    assert_int_equal(rig.count[IRP_MJ_SET_EA], count);
    NtClose(handle);
    assert_int_equal(rig_open(L"\\Device\\Rig", FILE_READ_EA | SYNCHRONIZE, 0, FILE_SYNCHRONOUS_IO_NONALERT, &handle), 0);
    assert_int_equal(NtSetEaFile(handle, &iosb, &list, 12), STATUS_ACCESS_DENIED);
    NtClose(handle);
}

/* --- directories with flags --- */

static NTSTATUS on_directory(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device;
    seen.flags = stack->Flags;
    seen.length = stack->Parameters.QueryDirectory.FileName ? stack->Parameters.QueryDirectory.FileName->Length : 0;
    return rig_complete(irp, STATUS_NO_MORE_FILES, 0);
}

static void flags_reach_the_file_system(void **state)
{
    (void)state;
    HANDLE handle = rig_handle();
    IO_STATUS_BLOCK iosb;
    ULONGLONG buffer[32];
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"*.c");
    rig.on[IRP_MJ_DIRECTORY_CONTROL] = on_directory;
    assert_int_equal(NtQueryDirectoryFileEx(handle, NULL, NULL, NULL, &iosb, buffer, sizeof buffer, FileNamesInformation,
                                            SL_RESTART_SCAN | SL_NO_CURSOR_UPDATE_QUERY, &name),
                     STATUS_NO_MORE_FILES);
    assert_int_equal(seen.flags, SL_RESTART_SCAN | SL_NO_CURSOR_UPDATE_QUERY);
    assert_int_equal(seen.length, 6);
    assert_int_equal(NtQueryDirectoryFileEx(handle, NULL, NULL, NULL, &iosb, buffer, sizeof buffer, FileNamesInformation,
                                            SL_RETURN_SINGLE_ENTRY | SL_RETURN_ON_DISK_ENTRIES_ONLY | SL_INDEX_SPECIFIED,
                                            NULL),
                     STATUS_NO_MORE_FILES);
    assert_int_equal(seen.flags, SL_RETURN_SINGLE_ENTRY | SL_RETURN_ON_DISK_ENTRIES_ONLY);
    assert_int_equal(NtQueryDirectoryFileEx(handle, NULL, NULL, NULL, &iosb, buffer, 4, FileNamesInformation, 0, NULL),
                     STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(NtQueryDirectoryFile(handle, NULL, NULL, NULL, &iosb, buffer, sizeof buffer, FileNamesInformation,
                                          TRUE, NULL, TRUE),
                     STATUS_NO_MORE_FILES);
    assert_int_equal(seen.flags, SL_RESTART_SCAN | SL_RETURN_SINGLE_ENTRY);
    NtClose(handle);
}

/* --- file objects, auditing, contexts --- */

static void origins(void **state)
{
    (void)state;
    FILE_OBJECT file = {.Flags = FO_SYNCHRONOUS_IO};
    assert_false(IoIsFileOriginRemote(&file));
    assert_int_equal(IoSetFileOrigin(&file, FALSE), STATUS_INVALID_PARAMETER_MIX);
    assert_int_equal(IoSetFileOrigin(&file, TRUE), STATUS_SUCCESS);
    assert_true(IoIsFileOriginRemote(&file));
    assert_int_equal(file.Flags, FO_SYNCHRONOUS_IO | FO_REMOTE_ORIGIN);
    assert_int_equal(IoSetFileOrigin(&file, TRUE), STATUS_INVALID_PARAMETER_MIX);
    assert_int_equal(IoSetFileOrigin(&file, FALSE), STATUS_SUCCESS);
    assert_int_equal(file.Flags, FO_SYNCHRONOUS_IO);
    assert_null(IoGetInitiatorProcess(&file));
}

static void nothing_is_audited(void *context)
{
    (void)context;
    SECURITY_DESCRIPTOR sd;
    SECURITY_SUBJECT_CONTEXT subject;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"File");
    BOOLEAN on_close = TRUE;
    ACCESS_STATE access = {0};
    assert_int_equal(RtlCreateSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION), STATUS_SUCCESS);
    SeCaptureSubjectContext(&subject);
    assert_false(SeAuditingFileEvents(TRUE, &sd));
    assert_false(SeAuditingFileOrGlobalEvents(FALSE, &sd, &subject));
    assert_false(SeAuditingHardLinkEvents(TRUE, &sd));
    SeAuditHardLinkCreation(&name, &name, TRUE);
    SeOpenObjectAuditAlarm(&name, NULL, NULL, &sd, &access, FALSE, TRUE, UserMode, &on_close);
    assert_false(on_close);
    on_close = TRUE;
    SeOpenObjectForDeleteAuditAlarm(&name, NULL, NULL, &sd, &access, FALSE, FALSE, UserMode, &on_close);
    assert_false(on_close);
    SeDeleteObjectAuditAlarm(&sd, NULL);
    SeReleaseSubjectContext(&subject);
    /* Whoever it is that is asked about. */
    SeCaptureSubjectContextEx(NULL, PsInitialSystemProcess, &subject);
    PACCESS_TOKEN token = PsReferencePrimaryToken(PsInitialSystemProcess);
    assert_ptr_equal(subject.PrimaryToken, token);
    assert_null(subject.ClientToken);
    PsDereferencePrimaryToken(token);
    SeReleaseSubjectContext(&subject);
}

static void audits(void **state)
{
    (void)state;
    ntio_run_in_kernel(nothing_is_audited, NULL);
}

static void a_client_is_captured(void **state)
{
    (void)state;
    SECURITY_QUALITY_OF_SERVICE qos = {sizeof qos, SecurityImpersonation, SECURITY_STATIC_TRACKING, FALSE};
    SECURITY_CLIENT_CONTEXT client;
    SECURITY_SUBJECT_CONTEXT subject;
    assert_int_equal(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &client), STATUS_SUCCESS);
    SeImpersonateClient(&client, NULL);
    SeCaptureSubjectContextEx(PsGetCurrentThread(), PsGetCurrentProcess(), &subject);
    assert_ptr_equal(subject.ClientToken, client.ClientToken);
    SeReleaseSubjectContext(&subject);
    SeCaptureSubjectContextEx(NULL, PsGetCurrentProcess(), &subject);
    assert_null(subject.ClientToken);
    SeReleaseSubjectContext(&subject);
    PsRevertToSelf();
    SeDeleteClientSecurity(&client);
}

static void identifiers_differ(void **state)
{
    (void)state;
    LUID luids[4];
    for (int i = 0; i < 4; i++) {
        assert_int_equal(NtAllocateLocallyUniqueId(&luids[i]), STATUS_SUCCESS);
        assert_true(luids[i].HighPart || luids[i].LowPart > 1000); /* those below are well known */
        for (int j = 0; j < i; j++)
            assert_false(RtlEqualLuid(&luids[i], &luids[j]));
    }
    assert_int_equal(NtAllocateLocallyUniqueId((PLUID)8), STATUS_ACCESS_VIOLATION);
    assert_int_equal(NtAllocateLocallyUniqueId((PLUID)((char *)luids + 1)), STATUS_DATATYPE_MISALIGNMENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(access_is_checked),
        TEST(functions_are_checked),
        TEST(classes_are_checked),
        TEST(quotas_are_checked),
        TEST(attributes_are_asked_for),
        TEST(attributes_are_set),
        TEST(flags_reach_the_file_system),
        TEST(origins),
        TEST(audits),
        TEST(a_client_is_captured),
        TEST(identifiers_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
