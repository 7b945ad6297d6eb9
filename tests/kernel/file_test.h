/*
 * A machine whose C: is a scratch directory of the test's own.
 */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* nftw */
#endif

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ntio/ntio.h>
#include <ntifs.h>

static struct {
    char root[64];
    ULONG_PTR information; /* of the last open */
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

/* The host's path of a file on the disk. */
static inline const char *host_path(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", disk.root, name);
    return path;
}

static inline void host_make(const char *name, const char *text)
{
    FILE *file = fopen(host_path(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static inline void assert_host_text(const char *name, const char *text)
{
    char buffer[256];
    FILE *file = fopen(host_path(name), "r");
    assert_non_null(file);
    size_t length = fread(buffer, 1, sizeof buffer - 1, file);
    fclose(file);
    buffer[length] = 0;
    assert_string_equal(buffer, text);
}

static inline NTSTATUS disk_create_below(HANDLE root, PCWSTR name, ACCESS_MASK access, ULONG attributes,
                                         ULONG share, ULONG disposition, ULONG options, PHANDLE handle)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES object;
    IO_STATUS_BLOCK iosb = {{0}, 99};
    RtlInitUnicodeString(&text, name);
    InitializeObjectAttributes(&object, &text, OBJ_CASE_INSENSITIVE, root, NULL);
    *handle = NULL;
    NTSTATUS status = NtCreateFile(handle, access | SYNCHRONIZE, &object, &iosb, NULL, attributes, share,
                                   disposition, options | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    disk.information = iosb.Information;
    return status;
}

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

static inline NTSTATUS disk_create(PCWSTR name, ACCESS_MASK access, ULONG disposition, ULONG options,
                                   PHANDLE handle)
{
    return disk_create_below(NULL, name, access, 0, SHARE_ALL, disposition, options, handle);
}

/* Opens and closes; what comes of it. */
static inline NTSTATUS disk_try(PCWSTR name, ACCESS_MASK access, ULONG disposition, ULONG options)
{
    HANDLE handle;
    NTSTATUS status = disk_create(name, access, disposition, options, &handle);
    if (NT_SUCCESS(status))
        NtClose(handle);
    return status;
}

static inline HANDLE disk_open(PCWSTR name, ACCESS_MASK access, ULONG disposition)
{
    HANDLE handle;
    assert_int_equal(disk_create(name, access, disposition, 0, &handle), STATUS_SUCCESS);
    return handle;
}

static inline NTSTATUS disk_write(HANDLE handle, const char *text, LONGLONG at, PIO_STATUS_BLOCK iosb)
{
    LARGE_INTEGER offset = {.QuadPart = at};
    return NtWriteFile(handle, NULL, NULL, NULL, iosb, (PVOID)text, (ULONG)strlen(text),
                       at == -3 ? NULL : &offset, NULL);
}

static inline NTSTATUS disk_read(HANDLE handle, char *text, ULONG length, LONGLONG at, PIO_STATUS_BLOCK iosb)
{
    LARGE_INTEGER offset = {.QuadPart = at};
    return NtReadFile(handle, NULL, NULL, NULL, iosb, text, length, at == -3 ? NULL : &offset, NULL);
}
#define HERE (-3) /* no offset given */

#define disk_query(handle, iosb, structure, class)                                                           \
    NtQueryInformationFile(handle, iosb, structure, sizeof *(structure), class)
#define disk_set(handle, iosb, structure, class)                                                             \
    NtSetInformationFile(handle, iosb, structure, sizeof *(structure), class)
