/*
 * Descriptors and streams of the C run-time library, on C: and on a device.
 * DRIVERS: win32dev
 */
#include "disk_test.h"

#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <tchar.h>

static void test_descriptors(void **state)
{
    (void)state;
    char text[32];
    int fd = _open("C:\\d", _O_CREAT | _O_RDWR | _O_BINARY, _S_IREAD | _S_IWRITE);
    assert_int_equal(fd, 3);
    assert_int_equal(_write(fd, "one\ntwo", 7), 7);
    assert_int_equal(_tell(fd), 7);
    assert_int_equal(_eof(fd), 1);
    assert_int_equal(_lseek(fd, 4, SEEK_SET), 4);
    assert_int_equal(_eof(fd), 0);
    assert_int_equal(_read(fd, text, sizeof text), 3);
    assert_memory_equal(text, "two", 3);
    assert_int_equal(_read(fd, text, sizeof text), 0);
    assert_int_equal(_filelength(fd), 7);
    assert_int_equal(_chsize(fd, 3), 0);
    assert_int_equal(_filelengthi64(fd), 3);
    assert_int_equal(_isatty(fd), 0);
    assert_int_not_equal(_isatty(1), 0);
    assert_int_equal(GetFileSize((HANDLE)_get_osfhandle(fd), NULL), 3);
    assert_int_equal(_commit(fd), 0);
    assert_int_equal(_close(fd), 0);
    errno = 0;
    assert_int_equal(_close(fd), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(_read(fd, text, 1), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(_open("C:\\none", _O_RDONLY), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(_open("C:\\d", _O_RDWR | _O_CREAT | _O_EXCL, _S_IWRITE), -1);
    assert_int_equal(errno, EEXIST);
    assert_int_equal(_open("C:\\Windows", _O_RDONLY), -1);
    assert_int_equal(errno, EACCES);
    fd = _open("C:\\d", _O_RDONLY);
    assert_int_equal(_write(fd, "x", 1), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(_close(fd), 0);
    fd = _open("C:\\read", _O_CREAT | _O_WRONLY, _S_IREAD);
    assert_int_equal(_close(fd), 0);
    assert_int_equal(GetFileAttributesA("C:\\read") & FILE_ATTRIBUTE_READONLY, FILE_ATTRIBUTE_READONLY);
    assert_int_equal(_access("C:\\read", 2), -1);
    assert_int_equal(_chmod("C:\\read", _S_IREAD | _S_IWRITE), 0);
    assert_int_equal(_access("C:\\read", 2), 0);
    assert_int_equal(_unlink("C:\\read"), 0);
    assert_int_equal(_unlink("C:\\read"), -1);
    assert_int_equal(errno, ENOENT);
}

static void test_text(void **state)
{
    (void)state;
    char text[32];
    int fd = _open("C:\\t", _O_CREAT | _O_WRONLY, _S_IREAD | _S_IWRITE); /* text, as nothing else is said */
    assert_int_equal(_write(fd, "a\nb\n", 4), 4);
    assert_int_equal(_close(fd), 0);
    assert_file("C:\\t", "a\r\nb\r\n");
    fd = _open("C:\\t", _O_RDONLY);
    assert_int_equal(_read(fd, text, sizeof text), 4);
    assert_memory_equal(text, "a\nb\n", 4);
    /* The "\r" that is read last waits for what follows it. */
    assert_int_equal(_lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(_read(fd, text, 2), 2);
    assert_memory_equal(text, "a\n", 2);
    assert_int_equal(_read(fd, text, 2), 2);
    assert_memory_equal(text, "b\n", 2);
    assert_int_equal(_setmode(fd, _O_BINARY), _O_TEXT);
    assert_int_equal(_lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(_read(fd, text, sizeof text), 6);
    assert_int_equal(_close(fd), 0);
    fd = _open("C:\\t", _O_WRONLY | _O_APPEND | _O_BINARY);
    assert_int_equal(_lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(_write(fd, "c", 1), 1);
    assert_int_equal(_close(fd), 0);
    assert_file("C:\\t", "a\r\nb\r\nc");
}

static void test_streams(void **state)
{
    (void)state;
    char text[64];
    FILE *file = fopen("C:\\s.txt", "w");
    assert_non_null(file);
    fprintf(file, "%d %ws\n", 42, L"wide");
    assert_int_equal(_fileno(file), 3);
    assert_int_equal(fclose(file), 0);
    assert_file("C:\\s.txt", "42 wide\r\n");
    file = fopen("s.txt", "a"); /* in the current directory, C:\ */
    assert_non_null(file);
    fputs("more\n", file);
    assert_int_equal(fclose(file), 0);
    file = _wfopen(L"c:/S.TXT", L"rt");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    assert_string_equal(text, "42 wide\n");
    assert_non_null(fgets(text, sizeof text, file));
    assert_string_equal(text, "more\n");
    assert_null(fgets(text, sizeof text, file));
    assert_true(feof(file));
    assert_int_equal(fclose(file), 0);
    assert_int_equal(fopen_s(&file, "C:\\s.txt", "r+b"), 0);
    assert_int_equal(fseek(file, 3, SEEK_SET), 0);
    assert_int_equal(fwrite("WIDE", 1, 4, file), 4);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    assert_int_equal(ftell(file), 15);
    rewind(file);
    assert_int_equal(fread(text, 1, 9, file), 9);
    assert_memory_equal(text, "42 WIDE\r\n", 9);
    assert_int_equal(fclose(file), 0);
    assert_null(fopen("C:\\none\\x", "w"));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(fopen_s(&file, "C:\\none", "r"), ENOENT);
    assert_null(file);
    assert_int_equal(rename("C:\\s.txt", "C:\\u.txt"), 0);
    assert_int_equal(remove("C:\\u.txt"), 0);
    assert_int_equal(remove("C:\\u.txt"), -1);
    assert_int_equal(errno, ENOENT);
    file = fopen("NUL", "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

static void test_between(void **state)
{
    (void)state;
    char text[8];
    DWORD done;
    HANDLE handle = CreateFileA("C:\\b", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    int fd = _open_osfhandle((intptr_t)handle, _O_TEXT);
    assert_int_equal(fd, 3);
    FILE *file = _fdopen(fd, "w+");
    assert_non_null(file);
    fputs("x\n", file);
    fflush(file);
    SetFilePointer(handle, 0, NULL, FILE_BEGIN);
    assert_true(ReadFile(handle, text, sizeof text, &done, NULL));
    assert_int_equal(done, 3);
    assert_int_equal(_fileno(file), fd);
    assert_int_equal(_fileno(stdout), 1);
    assert_int_equal(fclose(file), 0); /* and with it the handle */
    assert_fails(CloseHandle(handle), ERROR_INVALID_HANDLE);
    assert_int_equal(_open_osfhandle((intptr_t)INVALID_HANDLE_VALUE, 0), -1);
    /* What is left open goes with the machine. */
    assert_int_equal(_open("C:\\b", _O_RDONLY), 3);
}

static void test_device(void **state)
{
    (void)state;
    char text[16] = "";
    assert_int_equal(ntio_load_driver("win32dev"), STATUS_SUCCESS);
    int fd = _open("\\\\.\\Win32Dev", _O_RDWR | _O_BINARY);
    assert_true(fd >= 3);
    assert_int_equal(_write(fd, "data", 4), 4);
    assert_int_equal(_lseek(fd, 0, SEEK_SET), 0);
    assert_true(_read(fd, text, 4) >= 0);
    assert_int_equal(_close(fd), 0);
    FILE *file = fopen("\\\\.\\Win32Dev", "r+b");
    assert_non_null(file);
    assert_int_equal(fwrite("data", 1, 4, file), 4);
    assert_int_equal(fclose(file), 0);
    assert_null(fopen("\\\\.\\NoDevice", "rb"));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(ntio_unload_driver("win32dev"), STATUS_SUCCESS);
}

static void test_directories(void **state)
{
    (void)state;
    char path[_MAX_PATH], drive[_MAX_DRIVE], dir[_MAX_DIR], name[_MAX_FNAME], ext[_MAX_EXT];
    assert_int_equal(_mkdir("C:\\m"), 0);
    assert_int_equal(_mkdir("C:\\m"), -1);
    assert_int_equal(errno, EEXIST);
    assert_int_equal(_chdir("C:\\m"), 0);
    assert_string_equal(_getcwd(path, sizeof path), "C:\\m");
    assert_string_equal(_fullpath(path, "a.b", sizeof path), "C:\\m\\a.b");
    assert_int_equal(_chdir("\\"), 0);
    assert_int_equal(_rmdir("m"), 0);
    _splitpath("C:\\a\\b.c\\d.e.f", drive, dir, name, ext);
    assert_string_equal(drive, "C:");
    assert_string_equal(dir, "\\a\\b.c\\");
    assert_string_equal(name, "d.e");
    assert_string_equal(ext, ".f");
    _makepath(path, drive, "\\x", name, "y");
    assert_string_equal(path, "C:\\x\\d.e.y");
    _splitpath("name", drive, dir, name, ext);
    assert_string_equal(drive, "");
    assert_string_equal(dir, "");
    assert_string_equal(name, "name");
    assert_string_equal(ext, "");
}

/* Without files on C: plain names are the host's, and what looks like Windows' is not there. */
static void test_no_disk(void **state)
{
    (void)state;
    char name[] = "/tmp/ntio-crt-XXXXXX";
    int host = mkstemp(name);
    assert_true(host >= 0);
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs("host\n", file);
    assert_int_equal(fclose(file), 0);
    file = fopen(name, "r");
    assert_int_equal(fgetc(file), 'h');
    assert_int_equal(fclose(file), 0);
    assert_int_equal(remove(name), 0);
    assert_null(fopen("C:\\file", "r"));
    assert_int_equal(errno, ENOENT);
    assert_null(fopen("C:\\file", "w"));
    assert_int_equal(errno, EACCES);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, disk_set_up, disk_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(test_descriptors),
        ON_DISK(test_text),
        ON_DISK(test_streams),
        ON_DISK(test_between),
        ON_DISK(test_device),
        ON_DISK(test_directories),
        cmocka_unit_test_setup_teardown(test_no_disk, machine_start, machine_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
