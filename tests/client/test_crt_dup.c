/*
 * Descriptors of the C run-time library that are made of others, pipes, standard streams that go elsewhere, searches.
 */
#include "disk_test.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <string.h>

#define OPEN(name) _open(name, _O_CREAT | _O_RDWR | _O_BINARY, _S_IREAD | _S_IWRITE)

static void test_dup(void **state)
{
    (void)state;
    char text[8];
    int fd = OPEN("C:\\d");
    assert_int_equal(_write(fd, "abcdef", 6), 6);
    int copy = _dup(fd);
    assert_int_equal(copy, fd + 1);
    assert_ptr_not_equal(_get_osfhandle(copy), _get_osfhandle(fd));
    /* One position for both. */
    assert_int_equal(_tell(copy), 6);
    assert_int_equal(_lseek(copy, 1, SEEK_SET), 1);
    assert_int_equal(_read(fd, text, 2), 2);
    assert_memory_equal(text, "bc", 2);
    assert_int_equal(_close(fd), 0);
    assert_int_equal(_read(copy, text, 8), 3);
    assert_memory_equal(text, "def", 3);
    /* To one that is open, to one that is not, to itself. */
    fd = OPEN("C:\\e");
    assert_int_equal(_dup2(copy, fd), 0);
    assert_int_equal(_filelength(fd), 6);
    assert_int_equal(_dup2(copy, 100), 0);
    assert_int_equal(_filelength(100), 6);
    assert_int_equal(_dup2(copy, copy), 0);
    assert_int_equal(_close(100), 0);
    assert_int_equal(_close(fd), 0);
    assert_int_equal(_close(copy), 0);
    errno = 0;
    assert_int_equal(_dup(copy), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(_dup2(copy, 5), -1);
    assert_int_equal(_dup2(1, -1), -1);
    assert_int_equal(_dup2(1, 100000), -1);
    assert_int_equal(errno, EBADF);
    fd = _dup(1); /* the console's */
    assert_true(fd > 2);
    assert_int_not_equal(_isatty(fd), 0);
    assert_int_equal(_close(fd), 0);
}

static void test_pipe(void **state)
{
    (void)state;
    int ends[2];
    char text[16];
    assert_int_equal(_pipe(NULL, 256, _O_BINARY), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(_pipe(ends, 256, _O_BINARY), 0);
    assert_int_equal(_write(ends[1], "a\r\nb", 4), 4);
    assert_int_equal(_read(ends[0], text, sizeof text), 4);
    assert_memory_equal(text, "a\r\nb", 4);
    assert_int_equal(_isatty(ends[0]), 0);
    assert_int_equal(_close(ends[1]), 0);
    assert_int_equal(_read(ends[0], text, sizeof text), 0); /* the end */
    assert_int_equal(_close(ends[0]), 0);
    assert_int_equal(_pipe(ends, 256, _O_TEXT), 0);
    assert_int_equal(_write(ends[1], "a\nb", 3), 3);
    assert_int_equal(_read(ends[0], text, 2), 2); /* "a\r": what follows belongs to it */
    assert_memory_equal(text, "a\n", 2);
    assert_int_equal(_read(ends[0], text, sizeof text), 1);
    assert_int_equal(_setmode(ends[1], _O_BINARY), _O_TEXT);
    assert_int_equal(_write(ends[1], "\r", 1), 1);
    assert_int_equal(_read(ends[0], text, sizeof text), 1);
    assert_int_equal(text[0], '\r');
    assert_int_equal(_close(ends[0]), 0);
    errno = 0;
    assert_int_equal(_write(ends[1], "x", 1), -1);
    assert_int_equal(errno, EINVAL); /* ERROR_NO_DATA has no number of its own */
    /* A stream over it. */
    assert_int_equal(_close(ends[1]), 0);
    assert_int_equal(_pipe(ends, 256, _O_BINARY), 0);
    FILE *file = _fdopen(ends[1], "w");
    assert_non_null(file);
    assert_int_equal(fprintf(file, "%d", 42), 2);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(_read(ends[0], text, sizeof text), 2);
    assert_memory_equal(text, "42", 2);
    assert_int_equal(_close(ends[0]), 0);
}

/* Lines to and from a file, and the console again. */
static void test_standard(void **state)
{
    (void)state;
    char text[64] = {0};
    int saved = _dup(1), fd = OPEN("C:\\out");
    assert_int_equal(fflush(stdout), 0);
    assert_int_equal(_dup2(fd, 1), 0);
    assert_int_equal(_close(fd), 0);
    assert_int_equal(_fileno(stdout), 1);
    printf("printed %d\n", 1);
    puts("put");
    fflush(stdout);
    assert_int_equal(_write(1, "written", 7), 7);
    assert_int_equal(_isatty(1), 0);
    assert_ptr_equal(GetStdHandle(STD_OUTPUT_HANDLE), (HANDLE)_get_osfhandle(1));
    assert_int_equal(_dup2(saved, 1), 0);
    assert_int_equal(_close(saved), 0);
    assert_int_not_equal(_isatty(1), 0);
    assert_ptr_equal(GetStdHandle(STD_OUTPUT_HANDLE), (HANDLE)_get_osfhandle(1));
    printf("to the console\n");
    fd = _open("C:\\out", _O_RDONLY | _O_BINARY);
    int length = _read(fd, text, sizeof text);
    assert_int_equal(_close(fd), 0);
    assert_int_equal(length, 21);
    assert_memory_equal(text, "printed 1\nput\nwritten", 21);

    saved = _dup(0);
    FILE *lines = freopen("C:\\out", "r", stdin);
    assert_ptr_equal(lines, stdin);
    assert_non_null(fgets(text, sizeof text, stdin));
    assert_string_equal(text, "printed 1\n");
    assert_int_equal(_dup2(saved, 0), 0);
    assert_int_equal(_close(saved), 0);
    FILE *file = fopen("C:\\one", "w"), *again;
    assert_non_null(file);
    fputs("one", file);
    assert_int_equal(freopen_s(&again, "C:\\two", "w", file), 0);
    fputs("two", again);
    assert_int_equal(fclose(again), 0);
    assert_int_equal(freopen_s(NULL, "C:\\two", "w", stdout), EINVAL);
    assert_null(freopen("C:\\none", "r", stdin));
    fd = _open("C:\\two", _O_RDONLY);
    assert_int_equal(_read(fd, text, sizeof text), 3);
    assert_memory_equal(text, "two", 3);
    assert_int_equal(_close(fd), 0);
    fd = _open("C:\\one", _O_RDONLY);
    assert_int_equal(_read(fd, text, sizeof text), 3);
    assert_memory_equal(text, "one", 3);
    assert_int_equal(_close(fd), 0);
}

/* What is left in a stream when the machine stops goes where it leads. */
static void test_left_over(void **state)
{
    (void)state;
    int fd = OPEN("C:\\left");
    assert_int_equal(_dup2(fd, 1), 0);
    assert_int_equal(_close(fd), 0);
    printf("left over");
}

static void test_small(void **state)
{
    (void)state;
    int fd = OPEN("C:\\s");
    assert_int_equal(_chsize_s(fd, 5000000000ll), 0);
    assert_int_equal(_filelengthi64(fd), 5000000000ll);
    assert_int_equal(_chsize_s(fd, -1), EINVAL);
    assert_int_equal(_chsize_s(fd, 0), 0);
    assert_int_equal(_close(fd), 0);
    assert_int_equal(_chsize_s(fd, 0), EBADF);
    assert_int_equal(_access_s("C:\\s", 0), 0);
    assert_int_equal(_access_s("C:\\none", 0), ENOENT);
    assert_int_equal(_access_s(NULL, 0), EINVAL);
    assert_int_equal(_wchmod(L"C:\\s", _S_IREAD), 0);
    assert_int_equal(_waccess_s(L"C:\\s", 2), EACCES);
    assert_int_equal(_wchmod(L"C:\\s", _S_IREAD | _S_IWRITE), 0);
    fd = _sopen("C:\\s", _O_RDWR, 0x40);
    assert_true(fd > 2);
    assert_int_equal(_close(fd), 0);
}

static void test_find(void **state)
{
    (void)state;
    struct _finddata_t found;
    struct _finddatai64_t large;
    struct _wfinddata_t wide;
    int fd = OPEN("C:\\find.one");
    assert_int_equal(_write(fd, "12345", 5), 5);
    assert_int_equal(_close(fd), 0);
    assert_int_equal(_close(OPEN("C:\\find.two")), 0);
    intptr_t search = _findfirst("C:\\find.*", &found);
    assert_int_not_equal(search, -1);
    unsigned sum = found.size;
    assert_int_equal(found.attrib & (_A_SUBDIR | _A_RDONLY), 0);
    assert_true(found.time_write > 1500000000);
    assert_int_equal(_findnext(search, &found), 0);
    assert_int_equal(sum + found.size, 5);
    assert_memory_equal(found.name, "find.", 5);
    errno = 0;
    assert_int_equal(_findnext(search, &found), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(_findclose(search), 0);
    assert_int_equal(_findclose(search), -1);
    assert_int_equal(_findfirst("C:\\nothing.*", &found), -1);
    assert_int_equal(errno, ENOENT);
    search = _findfirsti64("C:\\Windows", &large);
    assert_int_not_equal(search, -1);
    assert_int_equal(large.attrib & _A_SUBDIR, _A_SUBDIR);
    assert_string_equal(large.name, "Windows");
    assert_int_equal(_findclose(search), 0);
    search = _wfindfirst(L"C:\\find.one", &wide);
    assert_int_not_equal(search, -1);
    assert_int_equal(wide.size, 5);
    assert_memory_equal(wide.name, L"find.one", 9 * sizeof(wchar_t));
    assert_int_equal(_findclose(search), 0);
}

int main(void)
{
#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, disk_set_up, disk_tear_down)
    const struct CMUnitTest tests[] = {
        ON_DISK(test_dup),   ON_DISK(test_pipe), ON_DISK(test_standard), ON_DISK(test_left_over),
        ON_DISK(test_small), ON_DISK(test_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
