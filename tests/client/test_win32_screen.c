/*
 * The console's screen buffer, as far as there is one.
 */
#include "win32_test.h"

static CONSOLE_SCREEN_BUFFER_INFO about(HANDLE out)
{
    CONSOLE_SCREEN_BUFFER_INFO info;
    assert_true(GetConsoleScreenBufferInfo(out, &info));
    return info;
}

static void test_cursor(void **state)
{
    (void)state;
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE), in = GetStdHandle(STD_INPUT_HANDLE);
    CONSOLE_SCREEN_BUFFER_INFO info = about(out);
    assert_int_equal(info.dwCursorPosition.X, 0);
    assert_int_equal(info.dwSize.X, info.srWindow.Right + 1);
    assert_true(SetConsoleCursorPosition(out, (COORD){79, 299}));
    info = about(out);
    assert_int_equal(info.dwCursorPosition.X, 79);
    assert_int_equal(info.dwCursorPosition.Y, 299);
    assert_fails(SetConsoleCursorPosition(out, (COORD){80, 0}), ERROR_INVALID_PARAMETER);
    assert_fails(SetConsoleCursorPosition(out, (COORD){0, 300}), ERROR_INVALID_PARAMETER);
    assert_fails(SetConsoleCursorPosition(out, (COORD){-1, 0}), ERROR_INVALID_PARAMETER);
    assert_fails(SetConsoleCursorPosition(in, (COORD){0, 0}), ERROR_INVALID_HANDLE);
    assert_fails(SetConsoleCursorPosition(NULL, (COORD){0, 0}), ERROR_INVALID_HANDLE);
    CONSOLE_CURSOR_INFO shape;
    assert_true(GetConsoleCursorInfo(out, &shape));
    assert_int_equal(shape.dwSize, 25);
    assert_true(shape.bVisible);
    shape = (CONSOLE_CURSOR_INFO){100, FALSE};
    assert_true(SetConsoleCursorInfo(out, &shape));
    shape.dwSize = 101;
    assert_fails(SetConsoleCursorInfo(out, &shape), ERROR_INVALID_PARAMETER);
    shape.dwSize = 0;
    assert_fails(SetConsoleCursorInfo(out, &shape), ERROR_INVALID_PARAMETER);
    assert_fails(SetConsoleCursorInfo(out, NULL), ERROR_NOACCESS);
    assert_true(GetConsoleCursorInfo(out, &shape));
    assert_int_equal(shape.dwSize, 100);
    assert_false(shape.bVisible);
    assert_fails(GetConsoleCursorInfo(out, NULL), ERROR_NOACCESS);
}

static void test_shape(void **state)
{
    (void)state;
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
    assert_true(SetConsoleScreenBufferSize(out, (COORD){120, 1000}));
    assert_int_equal(about(out).dwSize.Y, 1000);
    assert_true(SetConsoleCursorPosition(out, (COORD){119, 999}));
    assert_true(SetConsoleScreenBufferSize(out, (COORD){80, 25}));
    assert_int_equal(about(out).dwCursorPosition.X, 79);
    assert_int_equal(about(out).dwCursorPosition.Y, 24);
    assert_fails(SetConsoleScreenBufferSize(out, (COORD){79, 25}), ERROR_INVALID_PARAMETER);
    assert_fails(SetConsoleScreenBufferSize(out, (COORD){80, 24}), ERROR_INVALID_PARAMETER);
    assert_true(SetConsoleWindowInfo(out, TRUE, &(SMALL_RECT){0, 0, 39, 9}));
    assert_true(SetConsoleWindowInfo(out, FALSE, &(SMALL_RECT){1, 2, 1, 2}));
    SMALL_RECT window = about(out).srWindow;
    assert_int_equal(window.Left, 1);
    assert_int_equal(window.Bottom, 11);
    assert_fails(SetConsoleWindowInfo(out, TRUE, &(SMALL_RECT){0, 0, 80, 9}), ERROR_INVALID_PARAMETER);
    assert_fails(SetConsoleWindowInfo(out, TRUE, &(SMALL_RECT){5, 0, 4, 9}), ERROR_INVALID_PARAMETER);
    assert_fails(SetConsoleWindowInfo(out, FALSE, &(SMALL_RECT){-2, 0, 0, 0}), ERROR_INVALID_PARAMETER);
    assert_fails(SetConsoleWindowInfo(out, TRUE, NULL), ERROR_NOACCESS);
    assert_int_equal(GetLargestConsoleWindowSize(out).X, 80);
    assert_int_equal(GetLargestConsoleWindowSize(NULL).X, 0);
}

static void test_fill(void **state)
{
    (void)state;
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
    DWORD count = 0;
    assert_true(FillConsoleOutputCharacterA(out, ' ', 80 * 300, (COORD){0, 0}, &count));
    assert_int_equal(count, 80 * 300);
    assert_true(FillConsoleOutputCharacterW(out, L' ', 100, (COORD){78, 299}, &count));
    assert_int_equal(count, 2);
    assert_true(FillConsoleOutputAttribute(out, 7, 100, (COORD){0, 300}, &count));
    assert_int_equal(count, 0);
    assert_fails(FillConsoleOutputAttribute(NULL, 7, 100, (COORD){0, 0}, &count), ERROR_INVALID_HANDLE);
    assert_fails(FillConsoleOutputAttribute(out, 7, 100, (COORD){0, 0}, NULL), ERROR_NOACCESS);
}

static void test_title(void **state)
{
    (void)state;
    char title[16] = "x";
    WCHAR wide[16];
    assert_true(SetConsoleTitleA("a title"));
    assert_int_equal(GetConsoleTitleA(title, sizeof title), 7);
    assert_string_equal(title, "a title");
    assert_int_equal(GetConsoleTitleW(wide, 3), 7);
    assert_memory_equal(wide, L"a ", 6);
    assert_fails(AllocConsole(), ERROR_ACCESS_DENIED);
    assert_fails(AttachConsole(ATTACH_PARENT_PROCESS), ERROR_ACCESS_DENIED);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, machine_start, machine_stop)
    const struct CMUnitTest tests[] = {CASE(test_cursor), CASE(test_shape), CASE(test_fill), CASE(test_title)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
