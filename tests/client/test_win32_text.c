/*
 * Errors, paths, strings, messages, times, the heap: what needs no driver.
 */
#include "win32_test.h"

#include <string.h>

static void test_last_error(void **state)
{
    (void)state;
    static const struct {
        NTSTATUS status;
        DWORD error;
    } pairs[] = {
        {STATUS_SUCCESS, ERROR_SUCCESS},
        {STATUS_INVALID_DEVICE_REQUEST, ERROR_INVALID_FUNCTION},
        {STATUS_OBJECT_NAME_NOT_FOUND, ERROR_FILE_NOT_FOUND},
        {STATUS_OBJECT_PATH_NOT_FOUND, ERROR_PATH_NOT_FOUND},
        {STATUS_ACCESS_DENIED, ERROR_ACCESS_DENIED},
        {STATUS_ACCESS_VIOLATION, ERROR_NOACCESS},
        {STATUS_INVALID_PARAMETER, ERROR_INVALID_PARAMETER},
        {STATUS_BUFFER_TOO_SMALL, ERROR_INSUFFICIENT_BUFFER},
        {STATUS_BUFFER_OVERFLOW, ERROR_MORE_DATA},
        {STATUS_INSUFFICIENT_RESOURCES, ERROR_NO_SYSTEM_RESOURCES},
        {STATUS_NOT_SUPPORTED, ERROR_NOT_SUPPORTED},
        {STATUS_CANCELLED, ERROR_OPERATION_ABORTED},
        {STATUS_PENDING, ERROR_IO_PENDING},
        {STATUS_END_OF_FILE, ERROR_HANDLE_EOF},
        {STATUS_DEVICE_BUSY, ERROR_BUSY},
        {STATUS_NO_SUCH_DEVICE, ERROR_NO_SUCH_DEVICE},
        {STATUS_DELETE_PENDING, ERROR_ACCESS_DENIED},
        {STATUS_UNSUCCESSFUL, ERROR_GEN_FAILURE},
        {STATUS_SHARING_VIOLATION, ERROR_SHARING_VIOLATION},
        {STATUS_OBJECT_NAME_COLLISION, ERROR_ALREADY_EXISTS},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        assert_int_equal(RtlNtStatusToDosError(pairs[i].status), pairs[i].error);
    SetLastError(1234);
    assert_int_equal(GetLastError(), 1234);
}

static void assert_full_path(const char *path, const char *whole)
{
    char buffer[MAX_PATH];
    DWORD length = GetFullPathNameA(path, sizeof buffer, buffer, NULL);
    assert_string_equal(buffer, whole);
    assert_int_equal(length, strlen(whole));
}

static void test_paths(void **state)
{
    (void)state;
    char here[MAX_PATH], wanted[MAX_PATH + 32], *part;
    assert_true(SetCurrentDirectoryA("C:\\"));
    assert_full_path("a", "C:\\a");
    assert_true(SetCurrentDirectoryA("tmp"));
    assert_int_equal(GetCurrentDirectoryA(sizeof here, here), 6);
    assert_string_equal(here, "C:\\tmp");
    assert_int_equal(GetCurrentDirectoryA(3, here), 7);
    assert_full_path("a\\b", "C:\\tmp\\a\\b");
    assert_full_path("a/b/../c", "C:\\tmp\\a\\c");
    assert_full_path("..\\..\\..\\x", "C:\\x");
    assert_full_path(".", "C:\\tmp");
    assert_full_path("\\x\\", "C:\\x\\");
    assert_full_path("C:x", "C:\\tmp\\x");
    assert_full_path("D:x", "D:\\x");
    assert_full_path("D:\\x\\.\\y. . ", "D:\\x\\y");
    assert_full_path("nul", "\\\\.\\nul");
    assert_full_path("C:\\tmp\\COM1.txt", "\\\\.\\COM1");
    assert_full_path("COM10", "C:\\tmp\\COM10");
    assert_full_path("null", "C:\\tmp\\null");
    assert_full_path("\\\\.\\X\\..\\Y", "\\\\.\\Y");
    assert_full_path("\\\\server\\share\\.\\x", "\\\\server\\share\\x");
    assert_int_equal(GetFullPathNameA("a\\b.txt", sizeof wanted, wanted, &part), 14);
    assert_string_equal(part, "b.txt");
    assert_fails(SetCurrentDirectoryA("no\\such\\directory\\here"), ERROR_FILE_NOT_FOUND);
    assert_fails(GetFullPathNameA("", sizeof wanted, wanted, NULL), ERROR_INVALID_NAME);
    assert_fails(GetFullPathNameA(BAD_LOW, sizeof wanted, wanted, NULL), ERROR_NOACCESS);
}

static void test_conversion(void **state)
{
    (void)state;
    WCHAR wide[16];
    char text[16];
    assert_int_equal(MultiByteToWideChar(CP_ACP, 0, "a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80", -1, wide, 16),
                     6);
    static const WCHAR expected[] = {L'a', 0xFC, 0x20AC, 0xD83D, 0xDE00, 0};
    assert_memory_equal(wide, expected, sizeof expected);
    assert_int_equal(WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, 16, NULL, NULL), 11);
    assert_string_equal(text, "a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80");
    assert_int_equal(MultiByteToWideChar(CP_ACP, 0, "abc", 3, NULL, 0), 3);
    assert_fails(MultiByteToWideChar(CP_ACP, 0, "abc", -1, wide, 2), ERROR_INSUFFICIENT_BUFFER);
    assert_fails(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "\xC3", 1, wide, 2),
                 ERROR_NO_UNICODE_TRANSLATION);
    assert_fails(MultiByteToWideChar(CP_ACP, 0, NULL, 1, wide, 2), ERROR_INVALID_PARAMETER);
    assert_fails(WideCharToMultiByte(CP_ACP, 0, L"abc", -1, text, 2, NULL, NULL), ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(lstrcmpiA("DEVICE", "device"), 0);
    assert_int_equal(lstrlenW(L"four"), 4);
    assert_int_equal(lstrcmpW(L"a", L"b"), -1);
    assert_string_equal(lstrcpynA(text, "truncated", 5), "trun");
    assert_int_equal(wsprintfA(text, "%s %04X %d", "a", 0xBEu, -5), 9);
    assert_string_equal(text, "a 00BE -5");
    assert_int_equal(wsprintfW(wide, L"%s-%u", L"wide", 7u), 6);
    assert_memory_equal(wide, L"wide-7", 14);
}

static void test_messages(void **state)
{
    (void)state;
    char text[200], *allocated;
    WCHAR wide[100];
    DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                                  ERROR_FILE_NOT_FOUND, 0, text, sizeof text, NULL);
    assert_true(length > 2);
    assert_string_equal(text + length - 2, "\r\n");
    length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
                                FORMAT_MESSAGE_MAX_WIDTH_MASK,
                            NULL, ERROR_FILE_NOT_FOUND, 0, text, sizeof text, NULL);
    assert_null(strpbrk(text, "\r\n"));
    length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL,
                            ERROR_ACCESS_DENIED, 0, (LPSTR)&allocated, 0, NULL);
    assert_int_equal(length, strlen(allocated));
    assert_null(LocalFree(allocated));
    DWORD_PTR inserts[] = {(DWORD_PTR) "one", 2, (DWORD_PTR)L"three"};
    length = FormatMessageA(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY,
                            "%2!03d! %1%% %3!ws!%n%0x", 0, 0, text, sizeof text, (va_list *)inserts);
    assert_string_equal(text, "002 one% three\r\n");
    length = FormatMessageW(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY, L"<%1!5S!>", 0, 0,
                            wide, 100, (va_list *)inserts);
    assert_int_equal(length, 7);
    assert_memory_equal(wide, L"<  one>", 16);
    assert_fails(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 5, 0, text, 3, NULL),
                 ERROR_INSUFFICIENT_BUFFER);
    assert_fails(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x70000000, 0, text, sizeof text, NULL),
                 ERROR_MR_MID_NOT_FOUND);
    assert_fails(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 5, 0, BAD_LOW, 100, NULL), ERROR_NOACCESS);
}

static void test_times(void **state)
{
    (void)state;
    /* 2024-02-29 12:34:56.789, a Thursday. */
    FILETIME time = {0};
    SYSTEMTIME fields = {.wYear = 2024,
                         .wMonth = 2,
                         .wDay = 29,
                         .wHour = 12,
                         .wMinute = 34,
                         .wSecond = 56,
                         .wMilliseconds = 789};
    assert_true(SystemTimeToFileTime(&fields, &time));
    assert_int_equal((ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime, 133536836967890000ull);
    memset(&fields, 0, sizeof fields);
    assert_true(FileTimeToSystemTime(&time, &fields));
    assert_int_equal(fields.wDay, 29);
    assert_int_equal(fields.wMonth, 2);
    assert_int_equal(fields.wMilliseconds, 789);
    assert_int_equal(fields.wDayOfWeek, 4);
    fields.wYear = 2023;
    assert_fails(SystemTimeToFileTime(&fields, &time), ERROR_INVALID_PARAMETER);
    GetSystemTime(&fields);
    assert_true(fields.wYear >= 2024);
    ULONGLONG before = GetTickCount64();
    Sleep(20);
    ULONGLONG passed = GetTickCount64() - before;
    assert_in_range(passed, 19, 2000);
    LARGE_INTEGER frequency, a, b;
    assert_true(QueryPerformanceFrequency(&frequency));
    assert_true(QueryPerformanceCounter(&a));
    Sleep(10);
    assert_true(QueryPerformanceCounter(&b));
    assert_in_range((b.QuadPart - a.QuadPart) * 1000 / frequency.QuadPart, 9, 2000);
    assert_fails(QueryPerformanceCounter(BAD_LOW), ERROR_NOACCESS);
}

static void test_heap(void **state)
{
    (void)state;
    HANDLE heap = GetProcessHeap(), own = HeapCreate(0, 0, 0);
    unsigned char *block = HeapAlloc(heap, HEAP_ZERO_MEMORY, 100);
    assert_non_null(block);
    assert_int_equal((ULONG_PTR)block % 16, 0);
    assert_int_equal(block[99], 0);
    assert_int_equal(HeapSize(heap, 0, block), 100);
    block[99] = 7;
    block = HeapReAlloc(heap, 0, block, 1000);
    assert_int_equal(block[99], 7);
    assert_fails(HeapFree(own, 0, block), ERROR_INVALID_PARAMETER);
    assert_true(HeapFree(heap, 0, block));
    assert_true(HeapFree(heap, 0, NULL));
    assert_fails(HeapFree(heap, 0, BAD_LOW), ERROR_INVALID_PARAMETER);
    assert_non_null(HeapAlloc(own, 0, 10)); /* goes with its heap */
    assert_true(HeapDestroy(own));
    assert_fails(HeapDestroy(own), ERROR_INVALID_HANDLE);
    assert_fails(HeapAlloc(BAD_LOW, 0, 1), ERROR_INVALID_HANDLE);
    assert_fails(HeapAlloc(heap, 0, (SIZE_T)-1), ERROR_NOT_ENOUGH_MEMORY);
    HLOCAL local = LocalAlloc(LPTR, 10);
    assert_ptr_equal(LocalLock(local), local);
    assert_int_equal(LocalSize(local), 10);
    assert_null(LocalFree(local));
    assert_ptr_equal(LocalFree(BAD_LOW), BAD_LOW);
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
}

static void test_system(void **state)
{
    (void)state;
    SYSTEM_INFO info;
    OSVERSIONINFOA version = {.dwOSVersionInfoSize = sizeof version};
    char path[MAX_PATH];
    GetSystemInfo(&info);
    assert_int_equal(info.dwPageSize, 4096);
    assert_int_equal(info.dwAllocationGranularity, 65536);
    assert_true(info.dwNumberOfProcessors >= 1);
    assert_true(GetVersionExA(&version));
    assert_true(version.dwMajorVersion >= 6);
    version.dwOSVersionInfoSize = 3;
    assert_fails(GetVersionExA(&version), ERROR_INSUFFICIENT_BUFFER);
    assert_true(GetModuleFileNameA(NULL, path, sizeof path) > 10);
    assert_non_null(strstr(path, "\\test_win32_text"));
    assert_int_equal(GetModuleFileNameA(NULL, path, 5), 5);
    assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(strlen(path), 4);
    assert_non_null(GetCommandLineA());
    assert_fails(GetEnvironmentVariableA("NTIO_NO_SUCH_VARIABLE", path, sizeof path), ERROR_ENVVAR_NOT_FOUND);
    assert_true(GetEnvironmentVariableA("PATH", path, 1) > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, machine_start, machine_stop)
        TEST(test_last_error), TEST(test_paths), TEST(test_conversion), TEST(test_messages),
        TEST(test_times),      TEST(test_heap),  TEST(test_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
