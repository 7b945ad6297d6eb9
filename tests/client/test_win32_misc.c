/*
 * Versions compared, processes' times and images, files by class, searched paths, old dates, NT's names for DOS paths.
 * DRIVERS: win32dev
 */
#include "disk_test.h"

#include <psapi.h>

static void test_versions(void **state)
{
    (void)state;
    OSVERSIONINFOEXW wanted = {.dwOSVersionInfoSize = sizeof wanted, .dwMajorVersion = 6, .dwMinorVersion = 1};
    OSVERSIONINFOEXA narrow = {.dwOSVersionInfoSize = sizeof narrow, .dwMajorVersion = 99};
    DWORDLONG mask = VerSetConditionMask(0, VER_MAJORVERSION, VER_GREATER_EQUAL);
    mask = VerSetConditionMask(mask, VER_MINORVERSION, VER_GREATER_EQUAL);
    assert_true(VerifyVersionInfoW(&wanted, VER_MAJORVERSION | VER_MINORVERSION, mask));
    assert_fails(VerifyVersionInfoA(&narrow, VER_MAJORVERSION, mask), ERROR_OLD_WIN_VERSION);
    assert_fails(VerifyVersionInfoW(&wanted, 0, mask), ERROR_BAD_ARGUMENTS);
    assert_fails(VerifyVersionInfoW(BAD_LOW, VER_MAJORVERSION, mask), ERROR_NOACCESS);
}

static void test_processes(void **state)
{
    (void)state;
    FILETIME created, ended, kernel, user;
    ULONGLONG now;
    DWORD count, session;
    assert_true(GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user));
    GetSystemTimeAsFileTime((FILETIME *)&now);
    assert_in_range((ULONGLONG)created.dwHighDateTime << 32 | created.dwLowDateTime, now - 600000000, now);
    assert_int_equal(ended.dwHighDateTime | ended.dwLowDateTime, 0);
    assert_fails(GetProcessTimes(NULL, &created, &ended, &kernel, &user), ERROR_INVALID_HANDLE);
    assert_true(GetProcessHandleCount(GetCurrentProcess(), &count));
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    DWORD more;
    assert_true(GetProcessHandleCount(GetCurrentProcess(), &more));
    assert_int_equal(more, count + 1);
    CloseHandle(event);
    assert_true(ProcessIdToSessionId(GetCurrentProcessId(), &session));
    assert_fails(ProcessIdToSessionId(99999, &session), ERROR_INVALID_PARAMETER);
    char name[MAX_PATH];
    WCHAR wide[MAX_PATH];
    DWORD length = GetProcessImageFileNameA(GetCurrentProcess(), name, sizeof name);
    assert_int_equal(length, strlen(name));
    assert_memory_equal(name, "\\Device\\", 8);
    assert_int_equal(GetProcessImageFileNameW(GetCurrentProcess(), wide, MAX_PATH), length);
    assert_int_equal(wide[1], L'D');
    assert_fails(GetProcessImageFileNameA(GetCurrentProcess(), name, 5), ERROR_INSUFFICIENT_BUFFER);
}

static void test_file_classes(void **state)
{
    (void)state;
    make_file("C:\\ff", "abcd");
    HANDLE file = CreateFileA("C:\\ff", GENERIC_READ | GENERIC_WRITE | DELETE, 0, NULL, OPEN_EXISTING, 0, NULL);
    FILE_STANDARD_INFO standard;
    FILE_BASIC_INFO basic;
    struct {
        FILE_NAME_INFO info;
        WCHAR room[16];
    } name;
    assert_int_equal(sizeof standard, 24);
    assert_true(GetFileInformationByHandleEx(file, FileStandardInfo, &standard, sizeof standard));
    assert_int_equal(standard.EndOfFile.QuadPart, 4);
    assert_false(standard.Directory);
    assert_true(GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic));
    assert_int_equal(basic.FileAttributes, FILE_ATTRIBUTE_ARCHIVE);
    assert_true(GetFileInformationByHandleEx(file, FileNameInfo, &name, sizeof name));
    assert_int_equal(name.info.FileNameLength, 6);
    assert_memory_equal(name.info.FileName, L"\\ff", 6);
    assert_fails(GetFileInformationByHandleEx(file, FileNameInfo, &name, sizeof name.info), ERROR_MORE_DATA);
    assert_fails(GetFileInformationByHandleEx(file, FileStandardInfo, &standard, 23), ERROR_BAD_LENGTH);
    assert_fails(GetFileInformationByHandleEx(file, FileDispositionInfo, &standard, 24), ERROR_INVALID_PARAMETER);
    assert_fails(GetFileInformationByHandleEx(file, 99, &standard, 24), ERROR_INVALID_PARAMETER);
    FILE_END_OF_FILE_INFO end = {{.QuadPart = 2}};
    assert_true(SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof end));
    assert_int_equal(GetFileSize(file, NULL), 2);
    FILE_DISPOSITION_INFO gone = {TRUE};
    assert_true(SetFileInformationByHandle(file, FileDispositionInfo, &gone, sizeof gone));
    assert_fails(SetFileInformationByHandle(file, FileStandardInfo, &standard, sizeof standard), ERROR_INVALID_PARAMETER);
    CloseHandle(file);
    assert_int_equal(GetFileAttributesA("C:\\ff"), INVALID_FILE_ATTRIBUTES);
}

static void test_searching(void **state)
{
    (void)state;
    char path[MAX_PATH], *part;
    WCHAR wide[MAX_PATH], *wide_part;
    assert_true(CreateDirectoryA("C:\\a", NULL) && CreateDirectoryA("C:\\b", NULL));
    make_file("C:\\b\\x.dat", "");
    make_file("C:\\Windows\\y", "");
    assert_int_equal(SearchPathA("C:\\a;C:\\b\\", "x", ".dat", sizeof path, path, &part), 10);
    assert_string_equal(path, "C:\\b\\x.dat");
    assert_ptr_equal(part, path + 5);
    assert_int_equal(SearchPathW(NULL, L"y", NULL, MAX_PATH, wide, &wide_part), 12);
    assert_int_equal(lstrcmpW(wide, L"C:\\Windows\\y"), 0);
    assert_ptr_equal(wide_part, wide + 11);
    assert_int_equal(SearchPathA("C:\\b", "x.dat", ".zip", 5, path, NULL), 11); /* with the terminator */
    assert_int_equal(SearchPathA(NULL, "C:\\b\\x.dat", NULL, sizeof path, path, NULL), 10);
    assert_fails(SearchPathA("C:\\a", "x.dat", NULL, sizeof path, path, NULL), ERROR_FILE_NOT_FOUND);
    assert_fails(SearchPathA("C:\\b", "x", NULL, sizeof path, path, NULL), ERROR_FILE_NOT_FOUND);
    assert_fails(SearchPathA("C:\\a", "", NULL, sizeof path, path, NULL), ERROR_INVALID_PARAMETER);
}

static void test_small_things(void **state)
{
    (void)state;
    FILETIME time;
    WORD date, clock;
    assert_true(DosDateTimeToFileTime(0x2821, 0x6B9D, &time)); /* 2000-01-01 13:28:58 */
    assert_true(FileTimeToDosDateTime(&time, &date, &clock));
    assert_int_equal(date, 0x2821);
    assert_int_equal(clock, 0x6B9D);
    assert_fails(DosDateTimeToFileTime(0x01FF, 0, &time), ERROR_INVALID_PARAMETER);
    time = (FILETIME){0, 0};
    assert_fails(FileTimeToDosDateTime(&time, &date, &clock), ERROR_INVALID_PARAMETER);
    assert_int_equal(GetUserDefaultLangID(), 0x409);
    assert_int_equal(GetUserDefaultLCID(), 0x409);
    assert_false(IsDBCSLeadByte(0x81));
    assert_int_equal(CompareStringOrdinal(L"a", -1, L"A", -1, TRUE), CSTR_EQUAL);
    assert_int_equal(CompareStringOrdinal(L"a", -1, L"A", -1, FALSE), CSTR_GREATER_THAN);
    assert_int_equal(CompareStringOrdinal(L"ab", 1, L"abc", 3, FALSE), CSTR_LESS_THAN);
    assert_fails(CompareStringOrdinal(NULL, 0, L"", 0, FALSE), ERROR_INVALID_PARAMETER);
}

static void test_nt_names(void **state)
{
    (void)state;
    UNICODE_STRING name;
    PCWSTR part;
    assert_true(RtlDosPathNameToNtPathName_U(L"C:\\a\\..\\b.txt", &name, &part, NULL));
    assert_int_equal(name.Length, 12 * sizeof(WCHAR));
    assert_memory_equal(name.Buffer, L"\\??\\C:\\b.txt", 13 * sizeof(WCHAR));
    assert_ptr_equal(part, name.Buffer + 7);
    RtlFreeUnicodeString(&name);
    assert_true(RtlDosPathNameToNtPathName_U(L"C:\\a\\", &name, &part, NULL));
    assert_null(part);
    RtlFreeUnicodeString(&name);
    assert_true(RtlDosPathNameToNtPathName_U(L"\\\\.\\X", &name, NULL, NULL));
    assert_memory_equal(name.Buffer, L"\\??\\X", 6 * sizeof(WCHAR));
    RtlFreeUnicodeString(&name);
    assert_false(RtlDosPathNameToNtPathName_U(L"", &name, NULL, NULL));
    assert_false(RtlDosPathNameToNtPathName_U(NULL, &name, NULL, NULL));
}

static SC_HANDLE make_service(SC_HANDLE manager, LPCWSTR name, LPCWSTR display)
{
    SC_HANDLE service = CreateServiceW(manager, name, display, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
                                       SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, L"C:\\win32dev.sys", NULL, NULL,
                                       NULL, NULL, NULL);
    assert_non_null(service);
    return service;
}

static void test_services(void **state)
{
    (void)state;
    DWORD needed, returned, resume = 0, size;
    union {
        ENUM_SERVICE_STATUSW wide[4];
        ENUM_SERVICE_STATUS_PROCESSA narrow[4];
        BYTE room[1024];
    } list;
    SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    SC_HANDLE one = make_service(manager, L"win32dev", L"The device"), two = make_service(manager, L"two", NULL);
    assert_int_equal(sizeof(ENUM_SERVICE_STATUSW), 48);
    assert_int_equal(sizeof(ENUM_SERVICE_STATUS_PROCESSA), 56);
    assert_true(StartServiceA(one, 0, NULL));
    assert_true(EnumServicesStatusW(manager, SERVICE_DRIVER, SERVICE_ACTIVE, list.wide, sizeof list, &needed, &returned,
                                    &resume));
    assert_int_equal(returned, 1);
    assert_int_equal(needed, 0);
    assert_int_equal(resume, 0);
    assert_int_equal(lstrcmpW(list.wide[0].lpServiceName, L"win32dev"), 0);
    assert_int_equal(lstrcmpW(list.wide[0].lpDisplayName, L"The device"), 0);
    assert_int_equal(list.wide[0].ServiceStatus.dwCurrentState, SERVICE_RUNNING);
    assert_int_equal(list.wide[0].ServiceStatus.dwServiceType, SERVICE_KERNEL_DRIVER);
    assert_true(EnumServicesStatusExA(manager, SC_ENUM_PROCESS_INFO, SERVICE_KERNEL_DRIVER, SERVICE_INACTIVE, list.room,
                                      sizeof list, &needed, &returned, NULL, NULL));
    assert_int_equal(returned, 1);
    assert_string_equal(list.narrow[0].lpServiceName, "two");
    assert_string_equal(list.narrow[0].lpDisplayName, "two");
    assert_int_equal(list.narrow[0].ServiceStatusProcess.dwWin32ExitCode, ERROR_SERVICE_NEVER_STARTED);
    assert_true(EnumServicesStatusA(manager, SERVICE_WIN32, SERVICE_STATE_ALL, NULL, 0, &needed, &returned, NULL));
    assert_int_equal(returned, 0);
    /* Room for none, then for one at a time. */
    assert_fails(EnumServicesStatusW(manager, SERVICE_DRIVER, SERVICE_STATE_ALL, NULL, 0, &needed, &returned, &resume),
                 ERROR_MORE_DATA);
    assert_int_equal(returned, 0);
    assert_int_equal(needed, 2 * 48 + (9 + 11 + 4 + 4) * 2);
    assert_fails(EnumServicesStatusW(manager, SERVICE_DRIVER, SERVICE_STATE_ALL, list.wide, 100, &needed, &returned,
                                     &resume),
                 ERROR_MORE_DATA);
    assert_int_equal(returned, 1);
    assert_int_equal(resume, 1);
    assert_true(EnumServicesStatusW(manager, SERVICE_DRIVER, SERVICE_STATE_ALL, list.wide, needed, &needed, &returned,
                                    &resume));
    assert_int_equal(returned, 1);
    assert_int_equal(resume, 0);
    assert_fails(EnumServicesStatusW(manager, 0, SERVICE_ACTIVE, NULL, 0, &needed, &returned, NULL),
                 ERROR_INVALID_PARAMETER);
    assert_fails(EnumServicesStatusW(one, SERVICE_DRIVER, SERVICE_ACTIVE, NULL, 0, &needed, &returned, NULL),
                 ERROR_INVALID_HANDLE);
    assert_fails(EnumServicesStatusExW(manager, 1, SERVICE_DRIVER, SERVICE_ACTIVE, NULL, 0, &needed, &returned, NULL,
                                       NULL),
                 ERROR_INVALID_LEVEL);
    assert_true(EnumDependentServicesA(one, SERVICE_ACTIVE, NULL, 0, &needed, &returned));
    assert_int_equal(needed + returned, 0);
    /* The description, also in the registry. */
    SERVICE_DESCRIPTIONA text = {"What it does"};
    union {
        SERVICE_DESCRIPTIONA narrow;
        SERVICE_DESCRIPTIONW wide;
        BYTE room[64];
    } about;
    assert_true(QueryServiceConfig2A(one, SERVICE_CONFIG_DESCRIPTION, about.room, sizeof about, &needed));
    assert_null(about.narrow.lpDescription);
    assert_true(ChangeServiceConfig2A(one, SERVICE_CONFIG_DESCRIPTION, &text));
    assert_true(QueryServiceConfig2W(one, SERVICE_CONFIG_DESCRIPTION, about.room, sizeof about, &needed));
    assert_int_equal(lstrcmpW(about.wide.lpDescription, L"What it does"), 0);
    assert_int_equal(needed, 8 + 26);
    assert_fails(QueryServiceConfig2A(one, SERVICE_CONFIG_DESCRIPTION, about.room, 20, &needed),
                 ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(needed, 8 + 13);
    assert_fails(ChangeServiceConfig2W(one, SERVICE_CONFIG_FAILURE_ACTIONS, &text), ERROR_INVALID_LEVEL);
    char value[32];
    size = sizeof value;
    HKEY key;
    assert_int_equal(RegOpenKeyExA(HKEY_LOCAL_MACHINE, "SYSTEM\\CurrentControlSet\\Services\\win32dev", 0,
                                   KEY_QUERY_VALUE, &key),
                     ERROR_SUCCESS);
    assert_int_equal(RegQueryValueExA(key, "Description", NULL, NULL, (LPBYTE)value, &size), ERROR_SUCCESS);
    assert_string_equal(value, "What it does");
    RegCloseKey(key);
    /* Names by names. */
    size = sizeof value;
    assert_true(GetServiceDisplayNameA(manager, "WIN32DEV", value, &size));
    assert_string_equal(value, "The device");
    assert_int_equal(size, 10);
    size = 3;
    assert_fails(GetServiceKeyNameA(manager, "the device", value, &size), ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(size, 8);
    WCHAR wide[16];
    size = 9;
    assert_true(GetServiceKeyNameW(manager, L"The device", wide, &size));
    assert_int_equal(lstrcmpW(wide, L"win32dev"), 0);
    assert_fails(GetServiceDisplayNameW(manager, L"none", wide, &size), ERROR_SERVICE_DOES_NOT_EXIST);
    SERVICE_STATUS status;
    assert_true(ControlService(one, SERVICE_CONTROL_STOP, &status));
    assert_true(DeleteService(one) && DeleteService(two));
    CloseServiceHandle(one);
    CloseServiceHandle(two);
    CloseServiceHandle(manager);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, disk_set_up, disk_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(test_versions),  ON_DISK(test_processes),    ON_DISK(test_file_classes),
        ON_DISK(test_searching), ON_DISK(test_small_things), ON_DISK(test_nt_names),
        ON_DISK(test_services),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
