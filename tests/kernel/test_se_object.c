/* Descriptors of devices, files and named objects: checked on opening, read and set. */
#include "rig.h"

#include <wdmsec.h>

static void be(ntio_user user)
{
    assert_int_equal(ntio_set_client_user(user), 0);
}

static struct {
    PCWSTR name;
    ULONG characteristics;
    PCUNICODE_STRING sddl;
    DEVICE_TYPE type;
    PDEVICE_OBJECT device;
} making;

static void make(void *context)
{
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, making.name);
    *(NTSTATUS *)context =
        making.sddl ? IoCreateDeviceSecure(rig.driver, 0, &name, making.type, making.characteristics, FALSE,
                                           making.sddl, NULL, &making.device)
                    : IoCreateDevice(rig.driver, 0, &name, making.type, making.characteristics, FALSE,
                                     &making.device);
    if (making.device)
        making.device->Flags &= ~DO_DEVICE_INITIALIZING;
}

static PDEVICE_OBJECT device(PCWSTR name, DEVICE_TYPE type, ULONG characteristics, PCUNICODE_STRING sddl)
{
    NTSTATUS status;
    making.name = name;
    making.characteristics = characteristics;
    making.sddl = sddl;
    making.type = type;
    making.device = NULL;
    ntio_run_in_kernel(make, &status);
    assert_int_equal(status, 0);
    return making.device;
}

static NTSTATUS open(PCWSTR path, ACCESS_MASK access, PHANDLE handle)
{
    return rig_open(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE, 0, handle);
}

static void opens(PCWSTR path, ACCESS_MASK access, ACCESS_MASK granted)
{
    HANDLE handle;
    OBJECT_HANDLE_INFORMATION info;
    PFILE_OBJECT file;
    assert_int_equal(open(path, access, &handle), 0);
    assert_int_equal(ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, UserMode, (PVOID *)&file, &info),
                     0);
    ObDereferenceObject(file);
    assert_int_equal(NtClose(handle), 0);
    assert_int_equal(info.GrantedAccess, granted);
}

static void refused(PCWSTR path, ACCESS_MASK access)
{
    HANDLE handle;
    assert_int_equal(open(path, access, &handle), STATUS_ACCESS_DENIED);
}

/* --- opening --- */

static struct {
    ACCESS_MASK wanted, granted, remaining, original;
    BOOLEAN admin;
} seen;

static NTSTATUS look(PDEVICE_OBJECT object, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)object;
    PIO_SECURITY_CONTEXT context = stack->Parameters.Create.SecurityContext;
    seen.wanted = context->DesiredAccess;
    seen.granted = context->AccessState->PreviouslyGrantedAccess;
    seen.remaining = context->AccessState->RemainingDesiredAccess;
    seen.original = context->AccessState->OriginalDesiredAccess;
    seen.admin = SeTokenIsAdmin(SeQuerySubjectContextToken(&context->AccessState->SubjectSecurityContext));
    return rig_complete(irp, STATUS_SUCCESS, 0);
}

static void the_driver_sees_what_was_granted(void **state)
{
    (void)state;
    rig.on[IRP_MJ_CREATE] = look;
    opens(L"\\Device\\Rig", GENERIC_READ, FILE_GENERIC_READ);
    assert_int_equal(seen.wanted, FILE_GENERIC_READ);
    assert_int_equal(seen.granted, FILE_GENERIC_READ);
    assert_int_equal(seen.remaining, 0);
    assert_int_equal(seen.original, GENERIC_READ);
    assert_true(seen.admin);
    be(NTIO_USER_USER);
    /* Below the device nothing has been decided yet. */
    opens(L"\\Device\\Rig\\below", GENERIC_READ, FILE_GENERIC_READ);
    assert_int_equal(seen.wanted, FILE_GENERIC_READ);
    assert_int_equal(seen.granted, 0);
    assert_int_equal(seen.remaining, FILE_GENERIC_READ);
    assert_false(seen.admin);
}

static void the_most_is_what_the_list_gives(void **state)
{
    (void)state;
    opens(L"\\Device\\Rig", MAXIMUM_ALLOWED, FILE_ALL_ACCESS);
    be(NTIO_USER_USER);
    opens(L"\\Device\\Rig", MAXIMUM_ALLOWED, FILE_GENERIC_READ | FILE_GENERIC_WRITE | FILE_GENERIC_EXECUTE);
    be(NTIO_USER_RESTRICTED);
    opens(L"\\Device\\Rig", MAXIMUM_ALLOWED, FILE_GENERIC_READ | FILE_GENERIC_EXECUTE);
    refused(L"\\Device\\Rig", FILE_GENERIC_WRITE);
}

static void the_system_list_needs_a_privilege(void **state)
{
    (void)state;
    HANDLE handle;
    assert_int_equal(open(L"\\Device\\Rig", ACCESS_SYSTEM_SECURITY | SYNCHRONIZE, &handle),
                     STATUS_PRIVILEGE_NOT_HELD);
    assert_int_equal(open(L"\\Device\\Rig\\below", ACCESS_SYSTEM_SECURITY | SYNCHRONIZE, &handle),
                     STATUS_PRIVILEGE_NOT_HELD);
}

static void disks_are_not_for_everybody(void **state)
{
    (void)state;
    device(L"\\Device\\RightsDisk", FILE_DEVICE_DISK, 0, NULL);
    device(L"\\Device\\RightsFloppy", FILE_DEVICE_DISK, FILE_FLOPPY_DISKETTE | FILE_REMOVABLE_MEDIA, NULL);
    opens(L"\\Device\\RightsDisk", FILE_GENERIC_READ, FILE_GENERIC_READ);
    be(NTIO_USER_USER);
    refused(L"\\Device\\RightsDisk", FILE_GENERIC_READ);
    opens(L"\\Device\\RightsDisk", FILE_READ_ATTRIBUTES | SYNCHRONIZE, FILE_READ_ATTRIBUTES | SYNCHRONIZE);
    opens(L"\\Device\\RightsFloppy", FILE_GENERIC_READ, FILE_GENERIC_READ);
}

struct forced {
    ULONG attributes, options;
    NTSTATUS status;
};

/* As a driver in the client's thread would. */
static NTSTATUS open_for_client(PDEVICE_OBJECT object, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)object;
    struct forced *f = irp->AssociatedIrp.SystemBuffer;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    (void)stack;
    RtlInitUnicodeString(&name, L"\\Device\\RightsAdmin");
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | f->attributes, NULL, NULL);
    f->status = IoCreateFile(&handle, FILE_GENERIC_READ, &attributes, &iosb, NULL, 0, 0, FILE_OPEN, 0, NULL,
                             0, CreateFileTypeNone, NULL, IO_NO_PARAMETER_CHECKING | f->options);
    if (NT_SUCCESS(f->status))
        ZwClose(handle);
    return rig_complete(irp, STATUS_SUCCESS, sizeof *f);
}

static void a_driver_can_ask_for_the_check(void **state)
{
    (void)state;
    struct forced f = {0, 0, -1};
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    device(L"\\Device\\RightsAdmin", 0x8001, FILE_DEVICE_SECURE_OPEN, &SDDL_DEVOBJ_SYS_ALL_ADM_ALL);
    rig.on[IRP_MJ_DEVICE_CONTROL] = open_for_client;
    be(NTIO_USER_USER);
    assert_int_equal(open(L"\\Device\\Rig", FILE_GENERIC_READ | FILE_GENERIC_WRITE, &handle), 0);
#define TRY()                                                                                                \
    assert_int_equal(NtDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb,                                  \
                                           CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, 0), &f,     \
                                           sizeof f, &f, sizeof f),                                          \
                     0)
    TRY();
    assert_int_equal(f.status, 0);
    f.attributes = OBJ_FORCE_ACCESS_CHECK;
    TRY();
    assert_int_equal(f.status, STATUS_ACCESS_DENIED);
    f.attributes = 0, f.options = IO_FORCE_ACCESS_CHECK;
    TRY();
    assert_int_equal(f.status, STATUS_ACCESS_DENIED);
    assert_int_equal(NtClose(handle), 0);
}

/* --- reading and setting --- */

static void devices_tell_and_change_their_descriptor(void **state)
{
    (void)state;
    UCHAR buffer[256] __attribute__((aligned(8))), list[64] __attribute__((aligned(8)));
    ULONG length;
    HANDLE handle, none;
    SECURITY_DESCRIPTOR sd;
    device(L"\\Device\\RightsAdmin", 0x8001, FILE_DEVICE_SECURE_OPEN, &SDDL_DEVOBJ_SYS_ALL_ADM_ALL);
    assert_int_equal(open(L"\\Device\\RightsAdmin", READ_CONTROL | WRITE_DAC | SYNCHRONIZE, &handle), 0);
    assert_int_equal(NtQuerySecurityObject(handle, DACL_SECURITY_INFORMATION, NULL, 0, &length),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(length, 20 + 8 + 20 + 24);
    assert_int_equal(NtQuerySecurityObject(handle, DACL_SECURITY_INFORMATION, buffer, sizeof buffer, &length),
                     0);
    assert_int_equal(length, 20 + 8 + 20 + 24);
    BOOLEAN present, defaulted;
    PACL acl;
    PACCESS_ALLOWED_ACE ace;
    assert_int_equal(RtlGetDaclSecurityDescriptor(buffer, &present, &acl, &defaulted), 0);
    assert_true(present && !defaulted);
    assert_true(((PISECURITY_DESCRIPTOR)buffer)->Control & SE_DACL_PROTECTED);
    assert_int_equal(RtlGetAce(acl, 1, (PVOID *)&ace), 0);
    assert_int_equal(ace->Mask, FILE_ALL_ACCESS);
    assert_true(RtlEqualSid(&ace->SidStart, SeExports->SeAliasAdminsSid));
    assert_int_equal(
        NtQuerySecurityObject(handle, OWNER_SECURITY_INFORMATION, buffer, sizeof buffer, &length), 0);
    PSID owner;
    assert_int_equal(RtlGetOwnerSecurityDescriptor(buffer, &owner, &defaulted), 0);
    assert_true(RtlEqualSid(owner, SeExports->SeAliasAdminsSid));
    assert_int_equal(NtQuerySecurityObject(handle, SACL_SECURITY_INFORMATION, buffer, sizeof buffer, &length),
                     STATUS_ACCESS_DENIED);
    assert_int_equal(NtQuerySecurityObject(handle, DACL_SECURITY_INFORMATION, buffer, sizeof buffer, NULL),
                     STATUS_ACCESS_VIOLATION);
    assert_int_equal(NtQuerySecurityObject((HANDLE)(ULONG_PTR)0x4444, DACL_SECURITY_INFORMATION, buffer,
                                           sizeof buffer, &length),
                     STATUS_INVALID_HANDLE);

    /* Let everybody read. */
    assert_int_equal(RtlCreateAcl((PACL)list, sizeof list, ACL_REVISION), 0);
    assert_int_equal(RtlAddAccessAllowedAce((PACL)list, ACL_REVISION, GENERIC_READ, SeExports->SeWorldSid),
                     0);
    assert_int_equal(RtlCreateSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION), 0);
    assert_int_equal(RtlSetDaclSecurityDescriptor(&sd, TRUE, (PACL)list, FALSE), 0);
    assert_int_equal(NtSetSecurityObject(handle, DACL_SECURITY_INFORMATION, NULL), STATUS_ACCESS_VIOLATION);
    assert_int_equal(NtSetSecurityObject(handle, OWNER_SECURITY_INFORMATION, &sd), STATUS_ACCESS_DENIED);
    be(NTIO_USER_USER);
    assert_int_equal(open(L"\\Device\\RightsAdmin", FILE_GENERIC_READ, &none), STATUS_ACCESS_DENIED);
    assert_int_equal(NtSetSecurityObject(handle, DACL_SECURITY_INFORMATION, &sd), 0);
    opens(L"\\Device\\RightsAdmin", FILE_GENERIC_READ, FILE_GENERIC_READ);
    refused(L"\\Device\\RightsAdmin", FILE_GENERIC_WRITE);
    ((PACL)list)->AceCount = 7;
    assert_int_equal(NtSetSecurityObject(handle, DACL_SECURITY_INFORMATION, &sd), STATUS_INVALID_ACL);
    assert_int_equal(NtClose(handle), 0);
}

static struct {
    SECURITY_INFORMATION what;
    ULONG length;
} asked;

static NTSTATUS on_query(PDEVICE_OBJECT object, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)object;
    asked.what = stack->Parameters.QuerySecurity.SecurityInformation;
    asked.length = stack->Parameters.QuerySecurity.Length;
    if (asked.length < 20)
        return rig_complete(irp, STATUS_BUFFER_OVERFLOW, 20);
    memset(irp->UserBuffer, 0, 20);
    RtlCreateSecurityDescriptor(irp->UserBuffer, SECURITY_DESCRIPTOR_REVISION);
    ((PISECURITY_DESCRIPTOR)irp->UserBuffer)->Control = SE_SELF_RELATIVE;
    return rig_complete(irp, STATUS_SUCCESS, 20);
}

static NTSTATUS on_set(PDEVICE_OBJECT object, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)object;
    asked.what = stack->Parameters.SetSecurity.SecurityInformation;
    assert_true(RtlValidSecurityDescriptor(stack->Parameters.SetSecurity.SecurityDescriptor));
    return rig_complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS on_neither(PDEVICE_OBJECT object, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)object, (void)stack;
    return rig_complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

static void names_below_have_the_drivers_word(void **state)
{
    (void)state;
    UCHAR buffer[256] __attribute__((aligned(8)));
    SECURITY_DESCRIPTOR sd;
    ULONG length;
    HANDLE handle;
    RtlCreateSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&sd, TRUE, NULL, FALSE);
    assert_int_equal(open(L"\\Device\\Rig\\below", READ_CONTROL | WRITE_DAC | SYNCHRONIZE, &handle), 0);
    rig.on[IRP_MJ_QUERY_SECURITY] = on_query;
    rig.on[IRP_MJ_SET_SECURITY] = on_set;
    assert_int_equal(NtQuerySecurityObject(handle, DACL_SECURITY_INFORMATION, buffer, 4, &length),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(length, 20);
    assert_int_equal(NtQuerySecurityObject(handle, DACL_SECURITY_INFORMATION, buffer, 64, &length), 0);
    assert_int_equal(length, 20);
    assert_int_equal(asked.what, DACL_SECURITY_INFORMATION);
    assert_int_equal(asked.length, 64);
    assert_int_equal(NtSetSecurityObject(handle, DACL_SECURITY_INFORMATION, &sd), 0);
    assert_int_equal(rig.count[IRP_MJ_SET_SECURITY], 1);
    rig.on[IRP_MJ_QUERY_SECURITY] = rig.on[IRP_MJ_SET_SECURITY] = on_neither;
    assert_int_equal(NtQuerySecurityObject(handle, DACL_SECURITY_INFORMATION, buffer, sizeof buffer, &length),
                     0);
    assert_true(RtlValidRelativeSecurityDescriptor(buffer, length, DACL_SECURITY_INFORMATION));
    assert_int_equal(NtSetSecurityObject(handle, DACL_SECURITY_INFORMATION, &sd), 0);
    assert_int_equal(NtClose(handle), 0);
}

/* --- named objects --- */

static NTSTATUS make_event(PCWSTR path, PSECURITY_DESCRIPTOR sd, ULONG flags, PHANDLE handle)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&attributes, &name, flags, NULL, sd);
    return NtCreateEvent(handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE);
}

static void named_objects_are_guarded(void **state)
{
    (void)state;
    UCHAR list[64] __attribute__((aligned(8)));
    SECURITY_DESCRIPTOR sd;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    HANDLE event, other;
    RtlCreateAcl((PACL)list, sizeof list, ACL_REVISION);
    RtlAddAccessAllowedAce((PACL)list, ACL_REVISION, EVENT_QUERY_STATE | SYNCHRONIZE, SeExports->SeWorldSid);
    RtlCreateSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&sd, TRUE, (PACL)list, FALSE);
    /* Its maker gets what he asks for, whatever the list says. */
    assert_int_equal(make_event(L"\\BaseNamedObjects\\Guarded", &sd, 0, &event), 0);
    RtlInitUnicodeString(&name, L"\\BaseNamedObjects\\Guarded");
    InitializeObjectAttributes(&attributes, &name, 0, NULL, NULL);
    be(NTIO_USER_USER);
    assert_int_equal(NtOpenEvent(&other, EVENT_QUERY_STATE | SYNCHRONIZE, &attributes), 0);
    assert_int_equal(NtSetEvent(other, NULL), STATUS_ACCESS_DENIED);
    /* A duplicate is checked for what is more. */
    HANDLE copy;
    assert_int_equal(
        NtDuplicateObject(NtCurrentProcess(), other, NtCurrentProcess(), &copy, EVENT_MODIFY_STATE, 0, 0),
        STATUS_ACCESS_DENIED);
    assert_int_equal(
        NtDuplicateObject(NtCurrentProcess(), other, NtCurrentProcess(), &copy, SYNCHRONIZE, 0, 0), 0);
    assert_int_equal(NtClose(copy), 0);
    assert_int_equal(NtClose(other), 0);
    assert_int_equal(NtOpenEvent(&other, EVENT_MODIFY_STATE, &attributes), STATUS_ACCESS_DENIED);
    assert_int_equal(make_event(L"\\BaseNamedObjects\\Guarded", NULL, OBJ_OPENIF, &other),
                     STATUS_ACCESS_DENIED);
    assert_int_equal(NtClose(event), 0);
}

static void directories_are_the_systems(void **state)
{
    (void)state;
    HANDLE handle;
    be(NTIO_USER_USER);
    assert_int_equal(make_event(L"\\Device\\Mine", NULL, 0, &handle), STATUS_ACCESS_DENIED);
    assert_int_equal(make_event(L"\\Mine", NULL, 0, &handle), STATUS_ACCESS_DENIED);
    assert_int_equal(make_event(L"\\BaseNamedObjects\\Mine", NULL, 0, &handle), 0);
    assert_int_equal(NtClose(handle), 0);
    be(NTIO_USER_ADMINISTRATOR);
    assert_int_equal(make_event(L"\\Device\\Mine", NULL, 0, &handle), 0);
    assert_int_equal(NtClose(handle), 0);
}

static void get_and_set(void *context)
{
    (void)context;
    PSECURITY_DESCRIPTOR sd;
    BOOLEAN allocated;
    SECURITY_DESCRIPTOR none;
    assert_int_equal(ObGetObjectSecurity(rig.device, &sd, &allocated), 0);
    assert_true(RtlValidSecurityDescriptor(sd));
    RtlCreateSecurityDescriptor(&none, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&none, TRUE, NULL, FALSE);
    assert_int_equal(ObSetSecurityObjectByPointer(rig.device, DACL_SECURITY_INFORMATION, &none), 0);
    assert_true(RtlValidSecurityDescriptor(sd)); /* held */
    ObReleaseObjectSecurity(sd, allocated);
}

static void kernel_code_reads_and_sets(void **state)
{
    (void)state;
    ntio_run_in_kernel(get_and_set, NULL);
    be(NTIO_USER_RESTRICTED);
    opens(L"\\Device\\Rig", FILE_GENERIC_WRITE | WRITE_OWNER, FILE_GENERIC_WRITE | WRITE_OWNER);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_driver_sees_what_was_granted),  T(the_most_is_what_the_list_gives),
        T(the_system_list_needs_a_privilege), T(disks_are_not_for_everybody),
        T(a_driver_can_ask_for_the_check),    T(devices_tell_and_change_their_descriptor),
        T(names_below_have_the_drivers_word), T(named_objects_are_guarded),
        T(directories_are_the_systems),       T(kernel_code_reads_and_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
