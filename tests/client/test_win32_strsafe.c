/*
 * strsafe.h as a client has it: HRESULTs, and lines from the standard input. What the functions do to their
 * buffers is tested with ntstrsafe.h, whose engine is the same.
 */
#include "win32_test.h"

#include <stdio.h>
#include <string.h>
#include <strsafe.h>
#include <unistd.h>

static void type_in(const char *text)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
    close(ends[1]);
    assert_int_equal(dup2(ends[0], 0), 0);
    close(ends[0]);
    clearerr(stdin);
}

static void reads_lines(void **state)
{
    (void)state;
    char to[8], *end;
    WCHAR wide[8];
    size_t left;
    type_in("first\n\ntoo long\nwide\n\xC3\xA9t\xC3\xA9\nlast");
    assert_int_equal(StringCchGetsA(to, 8), S_OK);
    assert_string_equal(to, "first");
    memset(to, '#', sizeof to);
    assert_int_equal(StringCchGetsExA(to, 8, &end, &left, STRSAFE_FILL_BYTE('x')), S_OK);
    assert_memory_equal(to, "\0xxxxxxx", 8);
    assert_ptr_equal(end, to);
    assert_int_equal(left, 8);
    assert_int_equal(StringCbGetsA(to, 5), S_OK); /* cut, and no error; the rest is the next line */
    assert_string_equal(to, "too ");
    assert_int_equal(StringCchGetsExA(to, 8, &end, &left, 0), S_OK);
    assert_string_equal(to, "long");
    assert_ptr_equal(end, to + 4);
    assert_int_equal(left, 4);

    assert_int_equal(StringCbGetsExW(wide, 15, NULL, &left, 0), S_OK);
    assert_memory_equal(wide, L"wide", 10);
    assert_int_equal(left, 7);
    assert_int_equal(StringCchGetsW(wide, 8), S_OK);
    assert_memory_equal(wide, L"\xE9t\xE9", 8);

    /* No room: nothing is read. */
    assert_int_equal(StringCchGetsA(to, 1), STRSAFE_E_INSUFFICIENT_BUFFER);
    assert_int_equal(to[0], 0);
    assert_int_equal(StringCchGetsExA(to, 1, &end, &left, 0), STRSAFE_E_INSUFFICIENT_BUFFER);
    assert_ptr_equal(end, to);
    assert_int_equal(left, 1);
    assert_int_equal(StringCchGetsA(to, (size_t)STRSAFE_MAX_CCH + 1), STRSAFE_E_INVALID_PARAMETER);
    assert_int_equal(StringCchGetsExA(to, 8, NULL, NULL, 0x2000), STRSAFE_E_INVALID_PARAMETER);
    assert_int_equal(StringCchGetsExA(NULL, 8, NULL, NULL, STRSAFE_IGNORE_NULLS), STRSAFE_E_INVALID_PARAMETER);
    assert_int_equal(StringCchGetsA(to, 8), S_OK);
    assert_string_equal(to, "last");

    assert_int_equal(StringCchGetsA(to, 8), STRSAFE_E_END_OF_FILE);
    assert_int_equal(to[0], 0);
    memset(to, '#', sizeof to);
    assert_int_equal(StringCchGetsExA(to, 8, NULL, NULL, STRSAFE_FAILURE_BYTE('x')), STRSAFE_E_END_OF_FILE);
    assert_memory_equal(to, "xxxxxxx", 8);
    assert_int_equal(StringCchGetsW(wide, 8), STRSAFE_E_END_OF_FILE);
    assert_int_equal(wide[0], 0);
}

static void answers_with_hresults(void **state)
{
    (void)state;
    char to[4];
    size_t length;
    assert_int_equal(StringCchCopyA(to, 4, "abc"), S_OK);
    assert_int_equal(StringCchCopyA(to, 4, "abcd"), STRSAFE_E_INSUFFICIENT_BUFFER);
    assert_string_equal(to, "abc");
    assert_int_equal(StringCchCopyA(to, 0, ""), STRSAFE_E_INVALID_PARAMETER);
    assert_int_equal(StringCbPrintfA(to, sizeof to, "%s", "wxyz"), STRSAFE_E_INSUFFICIENT_BUFFER);
    assert_string_equal(to, "wxy");
    assert_int_equal(StringCchLengthA(to, 3, &length), STRSAFE_E_INVALID_PARAMETER);
    assert_int_equal(length, 0);
    assert_int_equal(StringCchLengthA(to, 4, &length), S_OK);
    assert_int_equal(length, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_lines, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(answers_with_hresults, machine_start, machine_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
