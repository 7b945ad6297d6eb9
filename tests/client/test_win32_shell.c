/*
 * shlwapi's paths and strings, command lines, message boxes, user32's characters. DRIVERS: win32dev
 */
#include "disk_test.h"

#include <shellapi.h>
#include <shlwapi.h>

#define PATH(call, before, after)                                                                            \
    do {                                                                                                     \
        char path[MAX_PATH] = before;                                                                        \
        call;                                                                                                \
        assert_string_equal(path, after);                                                                    \
    } while (0)

static void test_parts(void **state)
{
    (void)state;
    assert_string_equal(PathFindFileNameA("C:\\a\\b.txt"), "b.txt");
    assert_string_equal(PathFindFileNameA("C:\\a\\"), "a\\");
    assert_string_equal(PathFindFileNameA("C:\\"), "C:\\");
    assert_string_equal(PathFindFileNameA("C:a"), "a");
    assert_string_equal(PathFindFileNameA("a/b"), "b");
    assert_string_equal(PathFindFileNameA(""), "");
    assert_null(PathFindFileNameA(NULL));
    assert_string_equal(PathFindExtensionA("C:\\a.b\\c.tar.gz"), ".gz");
    assert_string_equal(PathFindExtensionA("C:\\a.b\\c"), "");
    assert_string_equal(PathFindExtensionA("a.b c"), "");
    assert_string_equal(PathGetArgsA("\"a b\" c d"), "c d");
    assert_string_equal(PathGetArgsA("a"), "");
    assert_string_equal(PathSkipRootA("C:\\a"), "a");
    assert_string_equal(PathSkipRootA("\\\\server\\share\\a"), "a");
    assert_null(PathSkipRootA("a"));
    assert_int_equal(PathGetDriveNumberA("c:\\x"), 2);
    assert_int_equal(PathGetDriveNumberA("x"), -1);
    assert_true(PathIsRelativeA("a\\b") && PathIsRelativeA("") && !PathIsRelativeA("\\a") && !PathIsRelativeW(L"C:a"));
    assert_true(PathIsRootA("C:\\") && PathIsRootA("\\") && PathIsRootA("\\\\s") && PathIsRootA("\\\\s\\t"));
    assert_false(PathIsRootA("C:") || PathIsRootA("\\a") || PathIsRootA("") || PathIsRootA("\\\\s\\t\\"));
    assert_true(PathIsFileSpecA("a.txt") && !PathIsFileSpecA("a\\b") && !PathIsFileSpecA("C:a"));
}

static void test_changes(void **state)
{
    (void)state;
    PATH(assert_true(PathRemoveFileSpecA(path)), "C:\\a\\b.txt", "C:\\a");
    PATH(assert_true(PathRemoveFileSpecA(path)), "C:\\a", "C:\\");
    PATH(assert_false(PathRemoveFileSpecA(path)), "C:\\", "C:\\");
    PATH(assert_true(PathRemoveFileSpecA(path)), "C:a", "C:");
    PATH(assert_true(PathRemoveFileSpecA(path)), "a", "");
    PATH(assert_true(PathRemoveFileSpecA(path)), "a\\", "a");
    PATH(assert_false(PathRemoveFileSpecA(path)), "", "");
    PATH(PathRemoveExtensionA(path), "C:\\a.b\\c.d", "C:\\a.b\\c");
    PATH(assert_true(PathRenameExtensionA(path, ".sys")), "a.exe", "a.sys");
    PATH(assert_true(PathRenameExtensionA(path, ".sys")), "a", "a.sys");
    PATH(assert_false(PathAddExtensionA(path, ".sys")), "a.b", "a.b");
    PATH(assert_true(PathAddExtensionA(path, NULL)), "a", "a.exe");
    PATH(assert_ptr_equal(PathAddBackslashA(path), path + 2), "a", "a\\");
    PATH(assert_ptr_equal(PathAddBackslashA(path), path + 2), "a\\", "a\\");
    PATH(PathRemoveBackslashA(path), "C:\\a\\", "C:\\a");
    PATH(PathRemoveBackslashA(path), "C:\\", "C:\\");
    PATH(PathStripPathA(path), "C:\\a\\b", "b");
    PATH(assert_true(PathStripToRootA(path)), "C:\\a\\b", "C:\\");
    PATH(assert_false(PathStripToRootA(path)), "a\\b", "");
    PATH(assert_true(PathQuoteSpacesA(path)), "a b", "\"a b\"");
    PATH(assert_false(PathQuoteSpacesA(path)), "ab", "ab");
    PATH(assert_true(PathUnquoteSpacesA(path)), "\"a b\"", "a b");
    PATH(assert_false(PathUnquoteSpacesA(path)), "a b", "a b");
    PATH(assert_true(PathAppendA(path, "b\\..\\c")), "C:\\a", "C:\\a\\c");
    PATH(assert_true(PathAppendA(path, "\\b")), "C:\\a\\", "C:\\a\\b");
    char path[MAX_PATH], longer[MAX_PATH + 10];
    assert_true(PathCanonicalizeA(path, "C:\\a\\.\\b\\..\\..\\..\\c"));
    assert_string_equal(path, "C:\\c");
    assert_true(PathCanonicalizeA(path, ""));
    assert_string_equal(path, "\\");
    assert_true(PathCanonicalizeA(path, "C:"));
    assert_string_equal(path, "C:\\");
    assert_ptr_equal(PathCombineA(path, "C:\\a", "b"), path);
    assert_string_equal(path, "C:\\a\\b");
    PathCombineA(path, "C:\\a", "D:\\b");
    assert_string_equal(path, "D:\\b");
    PathCombineA(path, "C:\\a", "\\b");
    assert_string_equal(path, "C:\\b");
    PathCombineA(path, NULL, "b");
    assert_string_equal(path, "b");
    PathCombineA(path, "C:\\a", NULL);
    assert_string_equal(path, "C:\\a");
    memset(longer, 'x', sizeof longer);
    longer[MAX_PATH - 2] = 0;
    assert_null(PathCombineA(path, "C:\\a", longer));
    assert_string_equal(path, "");
    assert_true(PathMatchSpecA("a.TXT", "*.c;*.txt") && PathMatchSpecA("noext", "*.*") && PathMatchSpecA("abc", "a?c"));
    assert_false(PathMatchSpecA("a.txt", "*.c") || PathMatchSpecA("a", "") || PathMatchSpecA("ab", "a"));
}

static void test_files(void **state)
{
    (void)state;
    make_file("C:\\f.txt", "x");
    assert_true(PathFileExistsA("C:\\f.txt") && PathFileExistsW(L"C:\\Windows") && PathFileExistsA("win32dev.sys"));
    assert_fails(PathFileExistsA("C:\\none"), ERROR_FILE_NOT_FOUND);
    assert_false(PathFileExistsA(NULL));
    assert_int_equal(PathIsDirectoryA("C:\\Windows"), FILE_ATTRIBUTE_DIRECTORY);
    assert_false(PathIsDirectoryA("C:\\f.txt"));
}

static void test_strings(void **state)
{
    (void)state;
    const char *text = "aBcB";
    int number = 7;
    LONGLONG large;
    assert_ptr_equal(StrChrA(text, 'B'), text + 1);
    assert_ptr_equal(StrChrIA(text, 'b'), text + 1);
    assert_ptr_equal(StrRChrA(text, NULL, 'B'), text + 3);
    assert_ptr_equal(StrRChrA(text, text + 3, 'B'), text + 1);
    assert_null(StrChrA(text, 'b'));
    assert_ptr_equal(StrStrA(text, "cB"), text + 2);
    assert_ptr_equal(StrStrIA(text, "CB"), text + 2);
    assert_null(StrStrA(text, ""));
    assert_int_equal(StrCmpIA("abc", "ABD"), -1);
    assert_int_equal(StrCmpNIA("abc", "ABD", 2), 0);
    assert_int_equal(StrCmpNW(L"b", L"a", 1), 1);
    assert_int_equal(StrToIntA("-12x"), -12);
    assert_int_equal(StrToIntA(" 12"), 0);
    assert_true(StrToIntExA(" 0x1F", STIF_SUPPORT_HEX, &number));
    assert_int_equal(number, 31);
    assert_true(StrToIntExW(L"0x1F", STIF_DEFAULT, &number));
    assert_int_equal(number, 0);
    assert_false(StrToIntExA("x", STIF_DEFAULT, &number));
    assert_true(StrToInt64ExA("123456789012", 0, &large));
    assert_int_equal(large, 123456789012);
    char trimmed[] = "  _a b_ ";
    assert_true(StrTrimA(trimmed, " _"));
    assert_string_equal(trimmed, "a b");
    assert_false(StrTrimA(trimmed, " _"));
    LPSTR copy = StrDupA("abc");
    assert_string_equal(copy, "abc");
    assert_null(LocalFree(copy));
}

static void arguments(LPCWSTR line, int count, ...)
{
    int found;
    va_list list;
    LPWSTR *texts = CommandLineToArgvW(line, &found);
    assert_non_null(texts);
    assert_int_equal(found, count);
    va_start(list, count);
    for (int i = 0; i < count; i++)
        assert_int_equal(lstrcmpW(texts[i], va_arg(list, LPCWSTR)), 0);
    va_end(list);
    assert_null(texts[count]);
    assert_null(LocalFree(texts));
}

static void test_arguments(void **state)
{
    (void)state;
    int count;
    arguments(L"a.exe b  c", 3, L"a.exe", L"b", L"c");
    arguments(L"\"C:\\a b\\c.exe\" \"d e\"", 2, L"C:\\a b\\c.exe", L"d e");
    arguments(L"x a\\\\b \"c\\\\\" \\\"d", 4, L"x", L"a\\\\b", L"c\\", L"\"d");
    arguments(L"x a\\\\\\\"b", 2, L"x", L"a\\\"b");
    arguments(L"x \"a\"\"b\"", 2, L"x", L"a\"b");
    arguments(L"x \"\"", 2, L"x", L"");
    arguments(L" x", 2, L"", L"x");
    WCHAR own[MAX_PATH];
    GetModuleFileNameW(NULL, own, MAX_PATH);
    arguments(L"", 1, own);
    assert_fails(CommandLineToArgvW(L"x", NULL), ERROR_INVALID_PARAMETER);
    assert_fails(CommandLineToArgvW(NULL, &count), ERROR_INVALID_PARAMETER);
}

static struct {
    char text[64], caption[64];
    unsigned type;
    int answer;
} box;

static int answer(void *context, const char *text, const char *caption, unsigned type)
{
    assert_ptr_equal(context, &box);
    snprintf(box.text, sizeof box.text, "%s", text);
    snprintf(box.caption, sizeof box.caption, "%s", caption);
    box.type = type;
    return box.answer;
}

static void keep(void *context, const char *text, size_t length)
{
    snprintf(context, 128, "%.*s", (int)length, text);
}

static void test_message_box(void **state)
{
    (void)state;
    char line[128] = "";
    assert_int_equal(ntio_start(&(ntio_options){.log = keep, .log_context = line}), 0);
    assert_int_equal(MessageBoxA(NULL, "Load it?", "driver", MB_YESNO | MB_ICONQUESTION), IDYES);
    assert_string_equal(line, "ntio: message box \"driver\": Load it? [Yes, No]\n");
    assert_int_equal(MessageBoxW(NULL, L"x", NULL, MB_YESNOCANCEL | MB_DEFBUTTON3), IDCANCEL);
    assert_string_equal(line, "ntio: message box \"Error\": x [Yes, No, Cancel]\n");
    assert_int_equal(MessageBoxA(NULL, NULL, "c", MB_OK), IDOK);
    assert_int_equal(MessageBoxA(NULL, "x", "c", MB_RETRYCANCEL | MB_DEFBUTTON4), IDRETRY);
    assert_int_equal(MessageBoxA(NULL, "x", "c", MB_CANCELTRYCONTINUE | MB_DEFBUTTON2), IDTRYAGAIN);
    assert_fails(MessageBoxA(NULL, "x", "c", 7), ERROR_INVALID_MSGBOX_STYLE);
    assert_fails(MessageBoxA(NULL, BAD_LOW, "c", MB_OK), ERROR_NOACCESS);
    ntio_answer_message_boxes(answer, &box);
    box.answer = IDNO;
    assert_int_equal(MessageBoxExW(NULL, L"\x00FC", L"c", MB_YESNO, 0), IDNO);
    assert_string_equal(box.text, "\xC3\xBC");
    assert_string_equal(box.caption, "c");
    assert_int_equal(box.type, MB_YESNO);
    box.answer = 0;
    assert_int_equal(MessageBoxA(NULL, "x", "c", MB_ABORTRETRYIGNORE), IDABORT);
    ntio_answer_message_boxes(NULL, NULL);
    assert_int_equal(MessageBoxA(NULL, "x", "c", MB_OKCANCEL), IDOK);
    assert_int_equal(ntio_stop(), 0);
}

static void test_characters(void **state)
{
    (void)state;
    char narrow[8];
    WCHAR wide[8];
    assert_true(CharToOemW(L"\x00FC", narrow));
    assert_string_equal(narrow, "\xC3\xBC");
    assert_true(OemToCharW("\xC3\xBC", wide) && wide[0] == 0xFC && !wide[1]);
    assert_true(CharToOemA("a", narrow) && OemToCharA("b", narrow));
    assert_false(CharToOemA(NULL, narrow));
    assert_string_equal(CharNextA("ab"), "b");
    assert_string_equal(CharNextA(""), "");
    LPCWSTR text = L"ab";
    assert_ptr_equal(CharPrevW(text, text + 2), text + 1);
    assert_ptr_equal(CharPrevW(text, text), text);
    char buffer[] = "aBc";
    assert_int_equal(CharUpperBuffA(buffer, 2), 2);
    assert_string_equal(buffer, "ABc");
    CharLowerBuffA(buffer, 3);
    assert_string_equal(buffer, "abc");
    WCHAR umlaut[] = L"\x00E4";
    CharUpperBuffW(umlaut, 1);
    assert_int_equal(umlaut[0], 0xC4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, machine_start, machine_stop)
        TEST(test_parts),
        TEST(test_changes),
        cmocka_unit_test_setup_teardown(test_files, disk_set_up, disk_tear_down),
        TEST(test_strings),
        TEST(test_arguments),
        cmocka_unit_test(test_message_box),
        TEST(test_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
