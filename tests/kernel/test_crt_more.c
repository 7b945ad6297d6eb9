/*
 * The C run-time, what is asked for seldom: parts of paths, sorting with a context, input from text.
 */
#include "rtl_test.h"

#include <ntio_crt.h>
int ntio_sscanf_s(const char *text, const char *format, ...);

static void takes_paths_apart(void **state)
{
    (void)state;
    char drive[3], directory[20], name[10], extension[5], path[20];
    assert_int_equal(_splitpath_s("c:\\a.b\\c/file.txt", drive, 3, directory, 20, name, 10, extension, 5), 0);
    assert_string_equal(drive, "c:");
    assert_string_equal(directory, "\\a.b\\c/");
    assert_string_equal(name, "file");
    assert_string_equal(extension, ".txt");
    assert_int_equal(_splitpath_s("plain", drive, 3, NULL, 0, name, 10, extension, 5), 0);
    assert_string_equal(drive, "");
    assert_string_equal(name, "plain");
    assert_string_equal(extension, "");
    assert_int_equal(_splitpath_s("a.toolong", drive, 3, NULL, 0, name, 10, extension, 5), 34);
    assert_string_equal(name, "");
    assert_int_equal(_splitpath_s("a", NULL, 3, NULL, 0, NULL, 0, NULL, 0), 22);
    assert_int_equal(_makepath_s(path, sizeof path, "d", "dir", "n", "e"), 0);
    assert_string_equal(path, "d:dir\\n.e");
    assert_int_equal(_makepath_s(path, sizeof path, NULL, "\\dir\\", "n", ".e"), 0);
    assert_string_equal(path, "\\dir\\n.e");
    assert_int_equal(_makepath_s(path, 4, NULL, NULL, "long", NULL), 34);
    assert_string_equal(path, "");
    WCHAR wide[20], stem[20];
    assert_int_equal(_wsplitpath_s(L"\\x\\stem.e", NULL, 0, NULL, 0, stem, 20, wide, 20), 0);
    assert_memory_equal(stem, L"stem", 10);
    assert_memory_equal(wide, L".e", 6);
    assert_int_equal(_wmakepath_s(wide, 20, L"z:", NULL, L"q", NULL), 0);
    assert_memory_equal(wide, L"z:q", 8);
}

static void fills_text(void **state)
{
    (void)state;
    char text[6] = "abcde";
    WCHAR wide[4] = L"abc";
    assert_int_equal(_strnset_s(text, sizeof text, 'x', 2), 0);
    assert_string_equal(text, "xxcde");
    assert_int_equal(_strset_s(text, sizeof text, 'y'), 0);
    assert_string_equal(text, "yyyyy");
    assert_int_equal(_strset_s(text, 3, 'z'), 22); /* no terminator within three */
    assert_string_equal(text, "");
    assert_int_equal(_strset_s(NULL, 3, 'z'), 22);
    assert_int_equal(_wcsset_s(wide, 4, L'q'), 0);
    assert_memory_equal(wide, L"qqq", 8);
    assert_int_equal(_wcsnset_s(wide, 4, L'r', 1), 0);
    assert_memory_equal(wide, L"rqq", 8);
}

static int by_distance(void *context, const void *a, const void *b)
{
    int x = abs(*(const int *)a - *(int *)context), y = abs(*(const int *)b - *(int *)context);
    return x - y;
}

static void sorts_and_searches(void **state)
{
    (void)state;
    int numbers[50], center = 17, key;
    ULONG seed = 3;
    for (int i = 0; i < 50; i++)
        numbers[i] = (int)(RtlRandomEx(&seed) % 1000);
    qsort_s(numbers, 50, sizeof *numbers, by_distance, &center);
    for (int i = 1; i < 50; i++)
        assert_true(by_distance(&center, &numbers[i - 1], &numbers[i]) <= 0);
    for (int i = 0; i < 50; i++) {
        int *found = bsearch_s(&numbers[i], numbers, 50, sizeof *numbers, by_distance, &center);
        assert_non_null(found);
        assert_int_equal(by_distance(&center, found, &numbers[i]), 0);
    }
    key = 100000;
    assert_null(bsearch_s(&key, numbers, 50, sizeof *numbers, by_distance, &center));
    assert_null(bsearch_s(&key, NULL, 0, sizeof *numbers, by_distance, &center));
    qsort_s(numbers, 1, sizeof *numbers, by_distance, &center);
    qsort_s(NULL, 0, sizeof *numbers, by_distance, &center);
}

static void reads_from_text(void **state)
{
    (void)state;
    int a = 0, b = 0;
    char word[8];
    WCHAR wide[8];
    assert_int_equal(ntio_sscanf_s("12 0x1F abc", "%d %i %s", &a, &b, word, 8u), 3);
    assert_int_equal(a, 12);
    assert_int_equal(b, 31);
    assert_string_equal(word, "abc");
    assert_int_equal(_snscanf_s("123456", 3, "%d", &a), 1);
    assert_int_equal(a, 123);
    assert_int_equal(_snscanf_s("123456", 3, "%2d%d%d", &a, &b, &b), 2);
    assert_int_equal(a, 12);
    assert_int_equal(b, 3);
    assert_int_equal(_snscanf_s("12", 9, "%d", &a), 1); /* it ends before */
    assert_int_equal(_snscanf_s("12", 0, "%d", &a), -1);
    assert_int_equal(_snwscanf_s(L"77 words", 6, L"%d %s", &a, wide, 8u), 2);
    assert_int_equal(a, 77);
    assert_memory_equal(wide, L"wor", 8);
}

static void draws_the_same_numbers(void **state)
{
    (void)state;
    static const int first[] = {41, 18467, 6334, 26500, 19169, 15724};
    for (int i = 0; i < 6; i++)
        assert_int_equal(ntio_rand(), first[i]);
    ntio_srand(0);
    assert_int_equal(ntio_rand(), 38);
    assert_int_equal(ntio_rand(), 7719);
    assert_int_equal(ntio_client_rand(), 41); /* a sequence of its own */
    ntio_srand(1);
    assert_int_equal(ntio_rand(), 41);
    ntio_client_srand(12345);
    for (int i = 0; i < 1000; i++)
        assert_in_range(ntio_client_rand(), 0, 0x7FFF);
    assert_int_equal(ntio_rand(), 18467);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(takes_paths_apart), TEST(fills_text), TEST(sorts_and_searches),
                                       TEST(reads_from_text), TEST(draws_the_same_numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
