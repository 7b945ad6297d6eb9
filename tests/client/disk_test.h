/*
 * A machine whose C: is a scratch directory of the test's own, for tests of the client's functions.
 */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* nftw */
#endif

#include "win32_test.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    char root[64];
} disk;

static inline int disk_set_up(void **state)
{
    (void)state;
    strcpy(disk.root, "/tmp/ntio-test-XXXXXX");
    if (!mkdtemp(disk.root))
        return -1;
    return ntio_start(&(ntio_options){.root = disk.root});
}

static inline int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
    (void)about, (void)kind, (void)walk;
    return remove(path);
}

static inline int disk_tear_down(void **state)
{
    (void)state;
    int left = ntio_stop();
    nftw(disk.root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return left == 0 ? 0 : -1;
}

/* A new file with that text. */
static inline void make_file(const char *name, const char *text)
{
    DWORD written;
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    assert_ptr_not_equal(file, INVALID_HANDLE_VALUE);
    assert_true(WriteFile(file, text, (DWORD)strlen(text), &written, NULL));
    assert_int_equal(written, strlen(text));
    assert_true(CloseHandle(file));
}

static inline void assert_file(const char *name, const char *text)
{
    char buffer[256];
    DWORD read;
    HANDLE file = CreateFileA(name, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(file, INVALID_HANDLE_VALUE);
    assert_true(ReadFile(file, buffer, sizeof buffer - 1, &read, NULL));
    assert_true(CloseHandle(file));
    buffer[read] = 0;
    assert_string_equal(buffer, text);
}
