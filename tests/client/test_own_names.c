/*
 * A client that declares what <winternl.h> would have shown, as those do that look the services up by name.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <windows.h>

typedef LONG NTSTATUS;
typedef struct _UNICODE_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef struct _OBJECT_ATTRIBUTES {
    ULONG Length;
    HANDLE RootDirectory;
    PUNICODE_STRING ObjectName;
    ULONG Attributes;
    PVOID SecurityDescriptor;
    PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;
typedef struct _IO_STATUS_BLOCK {
    union {
        NTSTATUS Status;
        PVOID Pointer;
    };
    ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;
typedef struct _CLIENT_ID {
    HANDLE UniqueProcess;
    HANDLE UniqueThread;
} CLIENT_ID, *PCLIENT_ID;
typedef enum _FILE_INFORMATION_CLASS { FileNameInformation = 9 } FILE_INFORMATION_CLASS;
typedef struct _FILE_NAME_INFORMATION {
    ULONG FileNameLength;
    WCHAR FileName[64]; /* room for one */
} FILE_NAME_INFORMATION, *PFILE_NAME_INFORMATION;
typedef enum _SYSTEM_INFORMATION_CLASS { SystemModuleInformation = 11 } SYSTEM_INFORMATION_CLASS;
typedef enum _SECTION_INHERIT { ViewShare = 1, ViewUnmap } SECTION_INHERIT;
typedef enum _PROCESSINFOCLASS { ProcessBasicInformation } PROCESSINFOCLASS;
typedef struct _KEY_BASIC_INFORMATION {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex, NameLength;
    WCHAR Name[1];
} KEY_BASIC_INFORMATION;
typedef VOID(NTAPI *PIO_APC_ROUTINE)(PVOID, PIO_STATUS_BLOCK, ULONG);

#include <ntio/ntio.h>

typedef NTSTATUS(NTAPI *create_file)(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PIO_STATUS_BLOCK, PLARGE_INTEGER, ULONG, ULONG,
                                     ULONG, ULONG, PVOID, ULONG);
typedef NTSTATUS(NTAPI *query_file)(HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, FILE_INFORMATION_CLASS);

static int start(void **state)
{
    (void)state;
    return ntio_start(NULL);
}

static int stop(void **state)
{
    (void)state;
    return ntio_stop();
}

static void test_own(void **state)
{
    (void)state;
    static WCHAR path[] = L"\\??\\pipe\\own names";
    HANDLE server = CreateNamedPipeW(L"\\\\.\\pipe\\own names", PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL), client;
    UNICODE_STRING name = {sizeof path - sizeof(WCHAR), sizeof path, path};
    OBJECT_ATTRIBUTES attributes = {sizeof attributes, NULL, &name, 0x40, NULL, NULL};
    IO_STATUS_BLOCK io;
    FILE_NAME_INFORMATION about;
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    create_file create = (create_file)(ULONG_PTR)GetProcAddress(ntdll, "NtCreateFile");
    query_file query = (query_file)(ULONG_PTR)GetProcAddress(ntdll, "NtQueryInformationFile");
    assert_non_null(create);
    assert_non_null(query);
    assert_int_equal(create(&client, GENERIC_READ | SYNCHRONIZE, &attributes, &io, NULL, 0, 0, 1, 0x20, NULL, 0), 0);
    assert_int_equal(query(client, &io, &about, sizeof about, FileNameInformation), 0);
    assert_int_equal(about.FileNameLength, 10 * sizeof(WCHAR));
    assert_memory_equal(about.FileName, L"\\own names", 10 * sizeof(WCHAR));
    assert_true(CloseHandle(client));
    assert_true(CloseHandle(server));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_own, start, stop)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
