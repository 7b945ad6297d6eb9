/*
 * The C run-time library: the state of files, locks on them, times, error texts, the environment. DRIVERS: win32dev
 */
#include "disk_test.h"

#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#define NTIO_CRT_IO_PLAIN
#include <io.h>
#include <sys/locking.h>
#include <sys/timeb.h>
#include <tchar.h>
#include <time.h>

static void test_stat(void **state)
{
    (void)state;
    struct _stat about;
    struct _stat64 large;
    assert_int_equal(sizeof about, 48);
    assert_int_equal(sizeof large, 56);
    make_file("C:\\f.txt", "abc");
    make_file("C:\\f.EXE", "");
    time_t now = time(NULL);
    assert_int_equal(_stat("C:\\f.txt", &about), 0);
    assert_int_equal(about.st_mode, _S_IFREG | 0666);
    assert_int_equal(about.st_size, 3);
    assert_int_equal(about.st_dev, 2);
    assert_int_equal(about.st_nlink, 1);
    assert_in_range(about.st_mtime, now - 60, now + 60);
    assert_int_equal(_wstat64(L"f.exe", &large), 0);
    assert_int_equal(large.st_mode, _S_IFREG | 0777);
    assert_int_equal(_stat("C:\\Windows", &about), 0);
    assert_int_equal(about.st_mode, _S_IFDIR | 0777);
    assert_int_equal(about.st_size, 0);
    assert_true(SetFileAttributesA("C:\\f.txt", FILE_ATTRIBUTE_READONLY));
    assert_int_equal(_stati64("C:\\f.txt", &large), 0);
    assert_int_equal(large.st_mode, _S_IFREG | 0444);
    assert_true(SetFileAttributesA("C:\\f.txt", FILE_ATTRIBUTE_NORMAL));
    assert_int_equal(_stat("C:\\none", &about), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(_stat("C:\\*", &about), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(_stat(NULL, &about), -1);
    assert_int_equal(errno, EINVAL);
    int fd;
    assert_int_equal(_sopen_s(&fd, "C:\\f.txt", _O_RDONLY, 0, 0), 0);
    assert_int_equal(_fstat(fd, &about), 0);
    assert_int_equal(about.st_size, 3);
    assert_int_equal(_close(fd), 0);
    assert_int_equal(_fstat(fd, &about), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(_fstat(1, &about), 0);
    assert_int_equal(about.st_mode, _S_IFCHR);
    assert_int_equal(_sopen_s(&fd, "C:\\none", _O_RDONLY, 0, 0), ENOENT);
    assert_int_equal(fd, -1);
}

static void test_locking(void **state)
{
    (void)state;
    int one, two;
    make_file("C:\\f", "abc");
    assert_int_equal(_sopen_s(&one, "C:\\f", _O_RDWR, 0, 0), 0);
    assert_int_equal(_wsopen_s(&two, L"C:\\f", _O_RDWR, 0, 0), 0);
    assert_int_equal(_locking(one, _LK_NBLCK, 2), 0);
    assert_int_equal(_locking(two, _LK_NBLCK, 1), -1);
    assert_int_equal(errno, EACCES);
    _lseek(two, 2, SEEK_SET);
    assert_int_equal(_locking(two, _LK_LOCK, 1), 0);
    assert_int_equal(_locking(one, _LK_UNLCK, 2), 0);
    assert_int_equal(_locking(one, _LK_UNLCK, 2), -1);
    assert_int_equal(errno, EACCES);
    assert_int_equal(_locking(one, 9, 2), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(_locking(99, _LK_LOCK, 2), -1);
    assert_int_equal(errno, EBADF);
    _close(one);
    _close(two);
}

static void test_time(void **state)
{
    (void)state;
    struct tm parts = {.tm_year = 80, .tm_mon = 0, .tm_mday = 2, .tm_hour = 2, .tm_min = 3, .tm_sec = 55, .tm_wday = 3};
    char text[32];
    time_t when = 86400, bad = -1;
    assert_int_equal(asctime_s(text, sizeof text, &parts), 0);
    assert_string_equal(text, "Wed Jan 02 02:03:55 1980\n");
    assert_int_equal(asctime_s(text, 25, &parts), EINVAL);
    assert_string_equal(text, "");
    assert_int_equal(gmtime_s(&parts, &when), 0);
    assert_int_equal(parts.tm_mday, 2);
    assert_int_equal(parts.tm_year, 70);
    assert_int_equal(gmtime_s(&parts, &bad), EINVAL);
    assert_int_equal(parts.tm_year, -1);
    assert_int_equal(localtime_s(&parts, NULL), EINVAL);
    assert_int_equal(_localtime64_s(&parts, &when), 0);
    assert_int_equal(ctime_s(text, sizeof text, &when), 0);
    assert_string_equal(text + 20, "1970\n");
    assert_int_equal(ctime_s(NULL, 0, &when), EINVAL);
    assert_int_equal(_strdate_s(text, 8), ERANGE);
    assert_int_equal(strlen(_strdate(text)), 8);
    assert_int_equal(text[2], '/');
    assert_int_equal(strlen(_strtime(text)), 8);
    assert_int_equal(text[2], ':');
    struct _timeb now;
    _ftime(&now);
    assert_in_range(now.time, time(NULL) - 60, time(NULL) + 60);
    assert_in_range(now.millitm, 0, 999);
    assert_int_equal(sizeof now, 16);
}

static void test_errors(void **state)
{
    (void)state;
    char text[64];
    wchar_t wide[64];
    int value;
    unsigned one = 0, two = 0;
    assert_int_equal(strerror_s(text, sizeof text, ENOENT), 0);
    assert_string_equal(text, "No such file or directory");
    assert_int_equal(strerror_s(text, 3, ENOENT), 0);
    assert_string_equal(text, "No");
    assert_int_equal(strerror_s(NULL, 3, ENOENT), EINVAL);
    assert_int_equal(_wcserror_s(wide, 64, ENOENT), 0);
    assert_int_equal(lstrcmpW(wide, L"No such file or directory"), 0);
    assert_int_equal(_set_errno(EBADF), 0);
    assert_int_equal(_get_errno(&value), 0);
    assert_int_equal(value, EBADF);
    assert_int_equal(rand_s(&one) + rand_s(&two), 0);
    assert_int_not_equal(one | two, 0);
    assert_int_equal(rand_s(NULL), EINVAL);
}

static void test_environment(void **state)
{
    (void)state;
    assert_int_equal(_putenv("NTIO_X=1"), 0);
    assert_int_equal(lstrcmpW(_wgetenv(L"NTIO_X"), L"1"), 0);
    assert_int_equal(_putenv_s("NTIO_X", "2"), 0);
    assert_string_equal(getenv("NTIO_X"), "2");
    assert_int_equal(_wputenv_s(L"NTIO_X", L"3"), 0);
    assert_int_equal(lstrcmpW(_wgetenv(L"NTIO_X"), L"3"), 0);
    assert_int_equal(_wputenv(L"NTIO_X="), 0);
    assert_null(_wgetenv(L"NTIO_X"));
    assert_int_equal(_putenv_s("NTIO_X", ""), 0);
    assert_int_equal(_putenv("=1"), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(_putenv_s(NULL, "1"), EINVAL);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, disk_set_up, disk_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(test_stat),   ON_DISK(test_locking),     ON_DISK(test_time),
        ON_DISK(test_errors), ON_DISK(test_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
