/*
 * The registry as a client has it, .reg files, and a driver's service key.
 * DRIVERS: win32dev
 */
#include "win32_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static HKEY make(const char *name)
{
    HKEY key;
    assert_int_equal(RegCreateKeyExA(HKEY_LOCAL_MACHINE, name, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL),
                     ERROR_SUCCESS);
    return key;
}

static void keys_are_made_on_the_way(void **state)
{
    (void)state;
    HKEY key, other;
    DWORD disposition;
    assert_int_equal(RegOpenKeyExA(HKEY_LOCAL_MACHINE, "Software\\Maker\\Tool", 0, KEY_READ, &key),
                     ERROR_FILE_NOT_FOUND);
    assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"Software\\Maker\\Tool", 0, NULL, 0, KEY_ALL_ACCESS,
                                     NULL, &key, &disposition),
                     ERROR_SUCCESS);
    assert_int_equal(disposition, REG_CREATED_NEW_KEY);
    assert_int_equal(RegCreateKeyExA(HKEY_LOCAL_MACHINE, "software\\maker\\tool", 0, NULL, 0, KEY_READ, NULL,
                                     &other, &disposition),
                     ERROR_SUCCESS);
    assert_int_equal(disposition, REG_OPENED_EXISTING_KEY);
    DWORD number = 1;
    assert_int_equal(RegSetValueExA(other, "v", 0, REG_DWORD, (BYTE *)&number, 4), ERROR_ACCESS_DENIED);
    assert_int_equal(RegCloseKey(other), ERROR_SUCCESS);
    assert_int_equal(RegDeleteKeyA(HKEY_LOCAL_MACHINE, "Software\\Maker"), ERROR_ACCESS_DENIED);
    assert_int_equal(RegDeleteKeyW(HKEY_LOCAL_MACHINE, L"Software\\Maker\\Tool"), ERROR_SUCCESS);
    assert_int_equal(RegDeleteKeyA(HKEY_LOCAL_MACHINE, "Software\\Maker\\Tool"), ERROR_FILE_NOT_FOUND);
    assert_int_equal(RegSetValueExA(key, "v", 0, REG_DWORD, (BYTE *)&number, 4), ERROR_KEY_DELETED);
    assert_int_equal(RegCloseKey(key), ERROR_SUCCESS);
    assert_int_equal(RegCloseKey(key), ERROR_INVALID_HANDLE);
    assert_int_equal(RegCloseKey(HKEY_LOCAL_MACHINE), ERROR_SUCCESS);
    assert_int_equal(RegOpenKeyExA((HKEY)(ULONG_PTR)0x77770, "x", 0, KEY_READ, &key), ERROR_INVALID_HANDLE);
    assert_int_equal(RegOpenKeyExA(HKEY_CURRENT_USER, "Software", 0, KEY_READ, &key), ERROR_SUCCESS);
    assert_int_equal(RegFlushKey(key), ERROR_SUCCESS);
    RegCloseKey(key);
    make("Software\\Tree\\a\\b");
    make("Software\\Tree\\c");
    assert_int_equal(RegDeleteTreeA(HKEY_LOCAL_MACHINE, "Software\\Tree"), ERROR_SUCCESS);
    assert_int_equal(RegOpenKeyA(HKEY_LOCAL_MACHINE, "Software\\Tree", &key), ERROR_FILE_NOT_FOUND);
}

static void strings_are_converted(void **state)
{
    (void)state;
    HKEY key = make("Software\\Strings");
    char ansi[16];
    WCHAR wide[16];
    DWORD size = sizeof ansi, type = 0;
    assert_int_equal(RegSetValueExA(key, "s", 0, REG_SZ, (const BYTE *)"h\xC3\xA9", 4), ERROR_SUCCESS);
    size = sizeof wide;
    assert_int_equal(RegQueryValueExW(key, L"S", NULL, &type, (BYTE *)wide, &size), ERROR_SUCCESS);
    assert_int_equal(type, REG_SZ);
    assert_int_equal(size, 6);
    assert_memory_equal(wide, L"h\xE9", 6);
    size = sizeof ansi;
    assert_int_equal(RegQueryValueExA(key, "s", NULL, &type, (BYTE *)ansi, &size), ERROR_SUCCESS);
    assert_int_equal(size, 4);
    assert_string_equal(ansi, "h\xC3\xA9");
    size = 3;
    assert_int_equal(RegQueryValueExA(key, "s", NULL, NULL, (BYTE *)ansi, &size), ERROR_MORE_DATA);
    assert_int_equal(size, 4);
    size = 0;
    assert_int_equal(RegQueryValueExA(key, "s", NULL, NULL, NULL, &size), ERROR_SUCCESS);
    assert_int_equal(size, 4);
    assert_int_equal(RegQueryValueExA(key, "none", NULL, NULL, NULL, &size), ERROR_FILE_NOT_FOUND);
    assert_int_equal(RegQueryValueExA(key, "s", NULL, NULL, (BYTE *)ansi, NULL), ERROR_INVALID_PARAMETER);
    /* A string without its zero gets one from RegGetValue. */
    assert_int_equal(RegSetValueExW(key, L"bare", 0, REG_SZ, (const BYTE *)L"ab", 4), ERROR_SUCCESS);
    size = sizeof ansi;
    assert_int_equal(
        RegGetValueA(HKEY_LOCAL_MACHINE, "Software\\Strings", "bare", RRF_RT_REG_SZ, &type, ansi, &size),
        ERROR_SUCCESS);
    assert_int_equal(size, 3);
    assert_string_equal(ansi, "ab");
    size = sizeof ansi;
    assert_int_equal(RegGetValueA(key, NULL, "bare", RRF_RT_DWORD | RRF_ZEROONFAILURE, &type, ansi, &size),
                     ERROR_UNSUPPORTED_TYPE);
    assert_int_equal(ansi[0], 0);
    assert_int_equal(RegDeleteValueA(key, "bare"), ERROR_SUCCESS);
    assert_int_equal(RegDeleteValueW(key, L"bare"), ERROR_FILE_NOT_FOUND);
    RegCloseKey(key);
}

static void types_are_restricted(void **state)
{
    (void)state;
    HKEY key = make("Software\\Types");
    WCHAR wide[64];
    char ansi[64];
    UCHAR bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    DWORD type = 0, size = sizeof wide;
    SetEnvironmentVariableW(L"TYPES", L"meant");
    RegSetValueExW(key, L"x", 0, REG_EXPAND_SZ, (const BYTE *)L"<%TYPES%>", sizeof L"<%TYPES%>");
    RegSetValueExW(key, L"three", 0, REG_BINARY, bytes, 3);
    RegSetValueExW(key, L"four", 0, REG_BINARY, bytes, 4);
    RegSetValueExW(key, L"eight", 0, REG_BINARY, bytes, 8);
#define GET(name, flags) (size = sizeof wide, RegGetValueW(key, NULL, name, flags, &type, wide, &size))
    assert_int_equal(GET(L"x", RRF_RT_REG_SZ), ERROR_SUCCESS);
    assert_int_equal(type, REG_SZ);
    assert_int_equal(size, sizeof L"<meant>");
    assert_memory_equal(wide, L"<meant>", sizeof L"<meant>");
    assert_int_equal(GET(L"x", RRF_RT_ANY), ERROR_SUCCESS);
    assert_int_equal(type, REG_SZ);
    assert_int_equal(GET(L"x", RRF_RT_ANY | RRF_NOEXPAND), ERROR_SUCCESS);
    assert_int_equal(type, REG_EXPAND_SZ);
    assert_memory_equal(wide, L"<%TYPES%>", sizeof L"<%TYPES%>");
    assert_int_equal(GET(L"x", RRF_RT_REG_SZ | RRF_NOEXPAND), ERROR_UNSUPPORTED_TYPE);
    assert_int_equal(GET(L"x", RRF_RT_REG_EXPAND_SZ), ERROR_INVALID_PARAMETER);
    assert_int_equal(GET(L"x", RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND), ERROR_SUCCESS);
    size = sizeof ansi;
    assert_int_equal(RegGetValueA(key, NULL, "x", RRF_RT_REG_SZ, &type, ansi, &size), ERROR_SUCCESS);
    assert_string_equal(ansi, "<meant>");
    assert_int_equal(size, 8);
    size = 7;
    assert_int_equal(RegGetValueA(key, NULL, "x", RRF_RT_REG_SZ, &type, ansi, &size), ERROR_MORE_DATA);
    assert_int_equal(GET(L"three", RRF_RT_DWORD), ERROR_DATATYPE_MISMATCH);
    assert_int_equal(GET(L"four", RRF_RT_DWORD), ERROR_SUCCESS);
    assert_int_equal(GET(L"four", RRF_RT_QWORD), ERROR_DATATYPE_MISMATCH);
    assert_int_equal(GET(L"eight", RRF_RT_QWORD), ERROR_SUCCESS);
    assert_int_equal(GET(L"three", RRF_RT_REG_BINARY), ERROR_SUCCESS);
    assert_int_equal(GET(L"three", RRF_RT_REG_SZ), ERROR_UNSUPPORTED_TYPE);
    assert_int_equal(GET(L"three", RRF_RT_REG_BINARY | RRF_WOW64_MASK), ERROR_INVALID_PARAMETER);
    assert_int_equal(GET(L"three", RRF_RT_REG_BINARY | RRF_SUBKEY_WOW6464KEY), ERROR_SUCCESS);
    RegCloseKey(key);
}

static void everything_is_enumerated(void **state)
{
    (void)state;
    HKEY key, child;
    char name[16], class[16];
    DWORD size = sizeof name, length = sizeof class, keys, longest, values, name_max, data_max, type,
          number = 7, got = 0;
    FILETIME time;
    assert_int_equal(
        RegCreateKeyExA(HKEY_LOCAL_MACHINE, "Software\\All", 0, "Kind", 0, KEY_ALL_ACCESS, NULL, &key, NULL),
        ERROR_SUCCESS);
    assert_int_equal(RegCreateKeyA(key, "Child", &child), ERROR_SUCCESS);
    assert_int_equal(RegSetValueExA(key, "number", 0, REG_DWORD, (BYTE *)&number, 4), ERROR_SUCCESS);
    assert_int_equal(RegQueryInfoKeyA(key, class, &length, NULL, &keys, &longest, NULL, &values, &name_max,
                                      &data_max, NULL, &time),
                     ERROR_SUCCESS);
    assert_string_equal(class, "Kind");
    assert_int_equal(length, 4);
    assert_int_equal(keys, 1);
    assert_int_equal(longest, 5);
    assert_int_equal(values, 1);
    assert_int_equal(name_max, 6);
    assert_int_equal(data_max, 4);
    DWORD guard = 1, wanted = 0;
    assert_int_equal(RegGetKeySecurity(key,
                                       OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION |
                                           DACL_SECURITY_INFORMATION,
                                       NULL, &wanted),
                     ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(RegQueryInfoKeyW(key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &guard, NULL),
                     ERROR_SUCCESS);
    assert_int_equal(guard, wanted);
    assert_true(guard > sizeof(SECURITY_DESCRIPTOR_RELATIVE));
    /* Which of the two views is meant, is no matter. */
    HKEY view;
    assert_int_equal(RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"Software\\All", 0, KEY_READ | KEY_WOW64_64KEY, &view),
                     ERROR_SUCCESS);
    RegCloseKey(view);
    assert_int_equal(RegEnumKeyExA(key, 0, name, &size, NULL, NULL, NULL, &time), ERROR_SUCCESS);
    assert_string_equal(name, "Child");
    assert_int_equal(size, 5);
    size = 5;
    assert_int_equal(RegEnumKeyExA(key, 0, name, &size, NULL, NULL, NULL, NULL), ERROR_MORE_DATA);
    assert_int_equal(RegEnumKeyExA(key, 1, name, &size, NULL, NULL, NULL, NULL), ERROR_NO_MORE_ITEMS);
    WCHAR wide[16];
    size = 16;
    length = sizeof got;
    assert_int_equal(RegEnumValueW(key, 0, wide, &size, NULL, &type, (BYTE *)&got, &length), ERROR_SUCCESS);
    assert_int_equal(size, 6);
    assert_memory_equal(wide, L"number", 14);
    assert_int_equal(type, REG_DWORD);
    assert_int_equal(got, 7);
    assert_int_equal(RegEnumValueW(key, 1, wide, &size, NULL, &type, NULL, NULL), ERROR_NO_MORE_ITEMS);
    RegCloseKey(child);
    RegCloseKey(key);
}

static DWORD WINAPI change(LPVOID context)
{
    DWORD number = 1;
    Sleep(20);
    RegSetValueExA(context, "v", 0, REG_DWORD, (BYTE *)&number, 4);
    return 0;
}

static void changes_wake_who_waits(void **state)
{
    (void)state;
    HKEY key = make("Software\\Watched");
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), thread;
    assert_int_equal(RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_LAST_SET, NULL, TRUE),
                     ERROR_INVALID_PARAMETER);
    assert_int_equal(
        RegNotifyChangeKeyValue(HKEY_LOCAL_MACHINE, TRUE, REG_NOTIFY_CHANGE_LAST_SET, event, TRUE),
        ERROR_SUCCESS);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    thread = CreateThread(NULL, 0, change, key, 0, NULL);
    assert_int_equal(RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_LAST_SET, NULL, FALSE),
                     ERROR_SUCCESS);
    assert_int_equal(WaitForSingleObject(event, 10000), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    CloseHandle(thread);
    CloseHandle(event);
    RegCloseKey(key);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    fclose(file);
}

static void read_back(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text[fread(text, 1, size - 1, file)] = 0;
    fclose(file);
}

static const char saved[] =
    "Windows Registry Editor Version 5.00\n"
    "\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Reg]\n"
    "@=\"d\xC3\xA9"
    "faut\"\n"
    "\"a \\\"quoted\\\" \\\\ name\"=\"C:\\\\x\"\n"
    "\"n\"=dword:0000002a\n"
    "\"b\"=hex:01,02,ff\n"
    "\"q\"=hex(b):08,07,06,05,04,03,02,01\n"
    "\"long\"=hex:00,01,02,03,04,05,06,07,08,09,0a,0b,0c,0d,0e,0f,10,11,12,13,14,15,16,17,\\\n"
    "  18,19\n"
    "\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Reg\\Below]\n";

static void reg_files_are_read_and_written(void **state)
{
    (void)state;
    char from[] = "test_registry_in.reg", to[] = "test_registry_out.reg", text[2048];
    DWORD number = 0, size = sizeof number;
    write_file(from, saved);
    assert_int_equal(ntio_registry_load(from), STATUS_SUCCESS);
    assert_int_equal(
        RegGetValueA(HKEY_LOCAL_MACHINE, "Software\\Reg", "N", RRF_RT_REG_DWORD, NULL, &number, &size),
        ERROR_SUCCESS);
    assert_int_equal(number, 42);
    assert_int_equal(ntio_registry_save("HKLM\\Software\\Reg", to), STATUS_SUCCESS);
    read_back(to, text, sizeof text);
    assert_string_equal(text, saved);

    write_file(
        from,
        "Windows Registry Editor Version 5.00\r\n\r\n; a comment\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Reg]\r\n"
        "\"n\"=-\r\n\"none\"=-\r\n\"m\"=hex(7):61,00,00,00,\\\r\n  00,00\r\n"
        "[-HKEY_LOCAL_MACHINE\\SOFTWARE\\Reg\\Below]\r\n[-HKEY_LOCAL_MACHINE\\SOFTWARE\\Nowhere]\r\n");
    assert_int_equal(ntio_registry_load(from), STATUS_SUCCESS);
    HKEY key;
    assert_int_equal(RegOpenKeyA(HKEY_LOCAL_MACHINE, "Software\\Reg\\Below", &key), ERROR_FILE_NOT_FOUND);
    size = sizeof number;
    assert_int_equal(RegGetValueA(HKEY_LOCAL_MACHINE, "Software\\Reg", "n", RRF_RT_ANY, NULL, &number, &size),
                     ERROR_FILE_NOT_FOUND);
    char list[8];
    size = sizeof list;
    assert_int_equal(
        RegGetValueA(HKEY_LOCAL_MACHINE, "Software\\Reg", "m", RRF_RT_REG_MULTI_SZ, NULL, list, &size),
        ERROR_SUCCESS);
    assert_int_equal(size, 3);
    assert_memory_equal(list, "a\0", 3);

    assert_int_equal((uint32_t)ntio_registry_load("nowhere.reg"), (uint32_t)STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal((uint32_t)ntio_registry_save("HKLM\\Software\\Nowhere", to),
                     (uint32_t)STATUS_OBJECT_NAME_NOT_FOUND);
    static const char *const bad[] = {"",
                                      "no registry file\n",
                                      "REGEDIT4\n\"v\"=dword:1\n",
                                      "REGEDIT4\n[HKEY_NONE\\x]\n",
                                      "REGEDIT4\n[HKLM\\Software\\x]\n\"v\"=dword:xyz\n",
                                      "REGEDIT4\n[HKLM\\Software\\x\n",
                                      "REGEDIT4\n[HKLM\\Software\\x]\n\"v=1\n",
                                      "REGEDIT4\n[HKLM\\Software\\x]\n@=hex:100\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_file(from, bad[i]);
        assert_true(ntio_registry_load(from) < 0);
    }
    /* Comments behind the data; the characters of an old file's strings are bytes. */
    write_file(from, "REGEDIT4\r\n\r\n[HKLM\\Software\\Old] ; a comment\r\n\"p\"=hex(2):25,41,25,00 ; another\r\n"
                     "\"l\"=hex(7):61,00,62,\\\r\n  63,00,00\r\n\"d\"=dword:00000007;x\r\n\"t\"=\"a;b\" ; c\r\n"
                     "\"b\"=hex:25,00\r\n");
    assert_int_equal(ntio_registry_load(from), STATUS_SUCCESS);
    WCHAR old[16];
    DWORD type;
    size = sizeof old;
    assert_int_equal(RegGetValueW(HKEY_LOCAL_MACHINE, L"Software\\Old", L"p",
                                  RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, &type, old, &size),
                     ERROR_SUCCESS);
    assert_int_equal(size, sizeof L"%A%");
    assert_memory_equal(old, L"%A%", sizeof L"%A%");
    size = sizeof old;
    assert_int_equal(RegGetValueW(HKEY_LOCAL_MACHINE, L"Software\\Old", L"l", RRF_RT_REG_MULTI_SZ, &type, old, &size),
                     ERROR_SUCCESS);
    assert_int_equal(size, sizeof L"a\0bc\0");
    assert_memory_equal(old, L"a\0bc\0", sizeof L"a\0bc\0");
    size = sizeof old;
    assert_int_equal(RegGetValueW(HKEY_LOCAL_MACHINE, L"Software\\Old", L"t", RRF_RT_REG_SZ, &type, old, &size),
                     ERROR_SUCCESS);
    assert_memory_equal(old, L"a;b", sizeof L"a;b");
    size = sizeof old;
    assert_int_equal(RegGetValueW(HKEY_LOCAL_MACHINE, L"Software\\Old", L"b", RRF_RT_REG_BINARY, &type, old, &size),
                     ERROR_SUCCESS);
    assert_int_equal(size, 2);
    /* UTF-16, as the registry editor writes it. */
    static const WCHAR wide[] =
        L"\xFEFFWindows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\W]\r\n@=dword:5\r\n";
    FILE *file = fopen(from, "wb");
    assert_non_null(file);
    fwrite(wide, 1, sizeof wide - 2, file);
    fclose(file);
    assert_int_equal(ntio_registry_load(from), STATUS_SUCCESS);
    size = sizeof number;
    assert_int_equal(RegGetValueW(HKEY_CURRENT_USER, L"W", NULL, RRF_RT_DWORD, NULL, &number, &size),
                     ERROR_SUCCESS);
    assert_int_equal(number, 5);
    remove(from);
    remove(to);
}

static void tests_set_values(void **state)
{
    (void)state;
    DWORD number = 9, size = sizeof number;
    assert_int_equal(
        ntio_registry_set("\\Registry\\Machine\\System\\CurrentControlSet\\Services\\x\\Parameters", "p",
                          REG_DWORD, &number, sizeof number),
        STATUS_SUCCESS);
    number = 0;
    assert_int_equal(RegGetValueA(HKEY_LOCAL_MACHINE, "SYSTEM\\ControlSet001\\Services\\x\\Parameters", "p",
                                  RRF_RT_REG_DWORD, NULL, &number, &size),
                     ERROR_SUCCESS);
    assert_int_equal(number, 9);
    assert_int_equal((uint32_t)ntio_registry_set("nonsense", "p", REG_DWORD, &number, sizeof number),
                     (uint32_t)STATUS_OBJECT_PATH_SYNTAX_BAD);
    assert_int_equal(ntio_registry_set("HKEY_USERS\\New", NULL, 0, NULL, 0), STATUS_SUCCESS);
    HKEY key;
    assert_int_equal(RegOpenKeyA(HKEY_USERS, "New", &key), ERROR_SUCCESS);
    RegCloseKey(key);
}

static void services_have_keys(void **state)
{
    (void)state;
    static const char path[] = "System\\CurrentControlSet\\Services\\win32dev";
    char text[64];
    DWORD number = 0, size = sizeof number;
    HKEY key;
    assert_int_equal(ntio_load_driver("win32dev"), STATUS_SUCCESS);
    assert_int_equal(RegGetValueA(HKEY_LOCAL_MACHINE, path, "Start", RRF_RT_REG_DWORD, NULL, &number, &size),
                     ERROR_SUCCESS);
    assert_int_equal(number, SERVICE_DEMAND_START);
    assert_int_equal(RegOpenKeyExA(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &key), ERROR_SUCCESS);
    size = sizeof text;
    assert_int_equal(RegQueryValueExA(key, "ImagePath", NULL, NULL, (BYTE *)text, &size), ERROR_SUCCESS);
    assert_string_equal(text, "System32\\drivers\\win32dev.sys");
    RegCloseKey(key);
    assert_int_equal(ntio_unload_driver("win32dev"), STATUS_SUCCESS);

    SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    SC_HANDLE service = CreateServiceA(manager, "win32dev", "Shown", SERVICE_ALL_ACCESS,
                                       SERVICE_KERNEL_DRIVER, SERVICE_SYSTEM_START, SERVICE_ERROR_NORMAL,
                                       "C:\\win32dev.sys", NULL, NULL, NULL, NULL, NULL);
    assert_non_null(service);
    size = sizeof number;
    assert_int_equal(RegGetValueA(HKEY_LOCAL_MACHINE, path, "Start", RRF_RT_REG_DWORD, NULL, &number, &size),
                     ERROR_SUCCESS);
    assert_int_equal(number, SERVICE_SYSTEM_START);
    size = sizeof text;
    assert_int_equal(RegGetValueA(HKEY_LOCAL_MACHINE, path, "DisplayName", RRF_RT_REG_SZ, NULL, text, &size),
                     ERROR_SUCCESS);
    assert_string_equal(text, "Shown");
    assert_true(DeleteService(service));
    assert_true(CloseServiceHandle(service));
    assert_true(CloseServiceHandle(manager));
    assert_int_equal(RegOpenKeyA(HKEY_LOCAL_MACHINE, path, &key), ERROR_FILE_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_are_made_on_the_way, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(strings_are_converted, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(types_are_restricted, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(everything_is_enumerated, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(changes_wake_who_waits, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(reg_files_are_read_and_written, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(tests_set_values, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(services_have_keys, machine_start, machine_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
