/*
 * The host's files below one directory. Every path is walked from there component by component and no link is
 * ever followed, so nothing outside can be reached, whatever changes meanwhile.
 */
#include "hostp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SECONDS_1601_TO_1970 11644473600

struct host_root {
    int directory;
    char *path; /* as the host has it, links resolved */
};

struct host_file {
    int descriptor;
};

static enum host_result result_of(int error)
{
    switch (error) {
    case 0:
        return HOST_OK;
    case ENOENT:
        return HOST_MISSING;
    case ENOTDIR:
    case ELOOP:
        return HOST_NO_PATH;
    case EEXIST:
        return HOST_EXISTS;
    case ENOTEMPTY:
        return HOST_NOT_EMPTY;
    case EACCES:
    case EPERM:
    case EISDIR:
    case ETXTBSY:
    case EBUSY:
        return HOST_DENIED;
    case EROFS:
        return HOST_READ_ONLY;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return HOST_FULL;
    case ENAMETOOLONG:
    case EINVAL:
    case EILSEQ:
        return HOST_BAD_NAME;
    case EFAULT:
        return HOST_BAD_ADDRESS;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
        return HOST_NO_MEMORY;
    default:
        return HOST_FAILED;
    }
}

/* --- the root --- */

struct host_root *host_root_open(const char *path)
{
    struct host_root *root = calloc(1, sizeof *root);
    if (!root)
        return NULL;
    root->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    root->path = root->directory < 0 ? NULL : realpath(path, NULL);
    if (root->path)
        return root;
    if (root->directory >= 0)
        close(root->directory);
    free(root);
    return NULL;
}

void host_root_close(struct host_root *root)
{
    close(root->directory);
    free(root->path);
    free(root);
}

const char *host_root_path(const struct host_root *root)
{
    return root->path;
}

/* The directory at the first `length` bytes of the path; -1 and errno. */
static int open_directory(const struct host_root *root, const char *path, size_t length)
{
    char name[256];
    int at = openat(root->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t start = 0; at >= 0 && start < length;) {
        size_t end = start;
        while (end < length && path[end] != '/')
            end++;
        int next = -1;
        if (end - start >= sizeof name) {
            errno = ENAMETOOLONG;
        } else {
            memcpy(name, path + start, end - start);
            name[end - start] = 0;
            next = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        }
        int error = errno;
        close(at);
        errno = error;
        at = next;
        start = end + 1;
    }
    return at;
}

/* The directory that holds the path's last component, and that component ("." for the root itself). */
static int open_parent(const struct host_root *root, const char *path, const char **leaf)
{
    const char *slash = strrchr(path, '/');
    *leaf = slash ? slash + 1 : *path ? path : ".";
    return open_directory(root, path, slash ? (size_t)(slash - path) : 0);
}

/* Ends an operation below a directory that was opened for it. */
static enum host_result finish(int directory, int failed)
{
    enum host_result result = failed ? result_of(errno) : HOST_OK;
    close(directory);
    return result;
}

/* --- what a file is --- */

static uint64_t nt_time(struct timespec at)
{
    int64_t seconds = (int64_t)at.tv_sec + SECONDS_1601_TO_1970;
    return seconds < 0 ? 0 : (uint64_t)seconds * 10000000u + (uint64_t)at.tv_nsec / 100;
}

static struct timespec host_timespec(uint64_t time)
{
    struct timespec at;
    at.tv_sec = (time_t)((int64_t)(time / 10000000u) - SECONDS_1601_TO_1970);
    at.tv_nsec = (long)(time % 10000000u * 100);
    return at;
}

#if defined(__APPLE__)
#define ACCESSED st_atimespec
#define WRITTEN  st_mtimespec
#define CHANGED  st_ctimespec
#else
#define ACCESSED st_atim
#define WRITTEN  st_mtim
#define CHANGED  st_ctim
#endif

static void describe(const struct stat *from, struct host_about *about)
{
    *about = (struct host_about){
        .kind = S_ISREG(from->st_mode)   ? HOST_FILE
                : S_ISDIR(from->st_mode) ? HOST_DIRECTORY
                : S_ISLNK(from->st_mode) ? HOST_LINK
                                         : HOST_OTHER,
        .read_only = !(from->st_mode & S_IWUSR),
        .links = (uint32_t)from->st_nlink,
        .device = (uint64_t)from->st_dev,
        .id = (uint64_t)from->st_ino,
        .size = (uint64_t)from->st_size,
        .accessed = nt_time(from->ACCESSED),
        .written = nt_time(from->WRITTEN),
        .changed = nt_time(from->CHANGED),
    };
    about->created = about->written < about->changed ? about->written : about->changed;
}

/* The host's time of birth, where it keeps one; else the oldest time there is stands for it. */
static void find_birth(int directory, const char *name, struct host_about *about)
{
#if HOSTP_LINUX && defined(STATX_BTIME)
    struct statx more;
    if (statx(directory, name, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &more) != 0)
        return;
    host_shadow_written(&more, sizeof more); /* the sanitizer does not know the call */
    if (more.stx_mask & STATX_BTIME)
        about->created =
            nt_time((struct timespec){(time_t)more.stx_btime.tv_sec, (long)more.stx_btime.tv_nsec});
#else
    (void)directory, (void)name, (void)about;
#endif
}

static int about_at(int directory, const char *name, struct host_about *about)
{
    struct stat from;
    if (fstatat(directory, name, &from, AT_SYMLINK_NOFOLLOW) != 0)
        return -1;
    describe(&from, about);
    find_birth(directory, name, about);
    return 0;
}

enum host_result host_path_about(const struct host_root *root, const char *path, struct host_about *about)
{
    const char *leaf;
    int parent = open_parent(root, path, &leaf);
    if (parent < 0)
        return result_of(errno);
    return finish(parent, about_at(parent, leaf, about));
}

enum host_result host_path_link(const struct host_root *root, const char *path, char *target, size_t size)
{
    const char *leaf;
    int parent = open_parent(root, path, &leaf);
    if (parent < 0)
        return result_of(errno);
    ssize_t length = readlinkat(parent, leaf, target, size);
    if (length >= 0 && (size_t)length < size) {
        target[length] = 0;
        return finish(parent, 0);
    }
    if (length >= 0)
        errno = ENAMETOOLONG;
    return finish(parent, -1);
}

bool host_entry_about(const struct host_entry *entry, struct host_about *about)
{
    return about_at(entry->directory, entry->name, about) == 0;
}

enum host_result host_directory_list(const struct host_root *root, const char *path,
                                     bool (*each)(void *context, const struct host_entry *), void *context)
{
    int directory = open_directory(root, path, strlen(path));
    DIR *list = directory < 0 ? NULL : fdopendir(directory);
    if (!list) {
        enum host_result result = result_of(errno);
        if (directory >= 0)
            close(directory);
        return result;
    }
    bool more = true;
    for (struct dirent *found; more && (found = readdir(list));) {
        struct host_entry entry = {found->d_name, directory};
        if (strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0)
            more = each(context, &entry);
    }
    closedir(list);
    return HOST_OK;
}

/* --- changes to the tree --- */

enum host_result host_directory_make(const struct host_root *root, const char *path)
{
    const char *leaf;
    int parent = open_parent(root, path, &leaf);
    if (parent < 0)
        return result_of(errno);
    return finish(parent, mkdirat(parent, leaf, 0777));
}

enum host_result host_path_remove(const struct host_root *root, const char *path, enum host_kind kind)
{
    const char *leaf;
    int parent = open_parent(root, path, &leaf);
    if (parent < 0)
        return result_of(errno);
    return finish(parent, unlinkat(parent, leaf, kind == HOST_DIRECTORY ? AT_REMOVEDIR : 0));
}

enum host_result host_path_rename(const struct host_root *root, const char *from, const char *to)
{
    const char *old, *new;
    int source = open_parent(root, from, &old);
    if (source < 0)
        return result_of(errno);
    int target = open_parent(root, to, &new);
    if (target < 0)
        return finish(source, -1);
    int failed = renameat(source, old, target, new);
    int error = errno;
    close(target);
    errno = error;
    return finish(source, failed);
}

enum host_result host_path_set_times(const struct host_root *root, const char *path, uint64_t accessed,
                                     uint64_t written)
{
    const char *leaf;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_OMIT}};
    int parent = open_parent(root, path, &leaf);
    if (parent < 0)
        return result_of(errno);
    if (accessed)
        times[0] = host_timespec(accessed);
    if (written)
        times[1] = host_timespec(written);
    return finish(parent, utimensat(parent, leaf, times, AT_SYMLINK_NOFOLLOW));
}

enum host_result host_path_set_read_only(const struct host_root *root, const char *path, bool read_only)
{
    const char *leaf;
    struct stat now;
    int parent = open_parent(root, path, &leaf);
    if (parent < 0)
        return result_of(errno);
    int failed = fstatat(parent, leaf, &now, AT_SYMLINK_NOFOLLOW);
    if (!failed && S_ISLNK(now.st_mode)) {
        errno = ELOOP;
        failed = -1;
    }
    mode_t mode = read_only ? now.st_mode & ~(mode_t)0222 : now.st_mode | S_IWUSR;
    if (!failed && mode != now.st_mode)
        failed = fchmodat(parent, leaf, mode & 07777, 0);
    return finish(parent, failed);
}

bool host_root_space(const struct host_root *root, uint64_t *total, uint64_t *free_bytes, uint64_t *available)
{
    struct statvfs volume;
    if (fstatvfs(root->directory, &volume) != 0)
        return false;
    *total = (uint64_t)volume.f_blocks * volume.f_frsize;
    *free_bytes = (uint64_t)volume.f_bfree * volume.f_frsize;
    *available = (uint64_t)volume.f_bavail * volume.f_frsize;
    return true;
}

/* --- contents --- */

enum host_result host_file_open(const struct host_root *root, const char *path, enum host_open how,
                                struct host_file **result)
{
    static const int flags[] = {[HOST_OPEN_READ] = O_RDONLY,
                                [HOST_OPEN_WRITE] = O_RDWR,
                                [HOST_OPEN_CREATE] = O_RDWR | O_CREAT | O_EXCL};
    const char *leaf;
    struct stat about;
    int parent = open_parent(root, path, &leaf);
    if (parent < 0)
        return result_of(errno);
    struct host_file *file = malloc(sizeof *file);
    if (!file) {
        errno = ENOMEM;
        return finish(parent, -1);
    }
    /* Not to block on what became a pipe since somebody looked. */
    file->descriptor = openat(parent, leaf, flags[how] | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (file->descriptor >= 0 && fstat(file->descriptor, &about) == 0 && S_ISREG(about.st_mode)) {
        *result = file;
        return finish(parent, 0);
    }
    if (file->descriptor >= 0) {
        close(file->descriptor);
        errno = EACCES;
    }
    int error = errno;
    free(file);
    errno = error;
    return finish(parent, -1);
}

void host_file_close(struct host_file *file)
{
    close(file->descriptor);
    free(file);
}

bool host_file_about(struct host_file *file, struct host_about *about)
{
    struct stat from;
    if (fstat(file->descriptor, &from) != 0)
        return false;
    describe(&from, about);
    return true;
}

enum host_result host_file_read(struct host_file *file, void *buffer, size_t length, uint64_t offset,
                                size_t *done)
{
    for (*done = 0; *done < length;) {
        ssize_t got =
            pread(file->descriptor, (char *)buffer + *done, length - *done, (off_t)(offset + *done));
        if (got == 0)
            break;
        if (got > 0)
            *done += (size_t)got;
        else if (errno != EINTR)
            return result_of(errno);
    }
    return HOST_OK;
}

enum host_result host_file_write(struct host_file *file, const void *buffer, size_t length, uint64_t offset,
                                 size_t *done)
{
    for (*done = 0; *done < length;) {
        ssize_t put =
            pwrite(file->descriptor, (const char *)buffer + *done, length - *done, (off_t)(offset + *done));
        if (put > 0)
            *done += (size_t)put;
        else if (put == 0 || errno != EINTR)
            return put == 0 ? HOST_FULL : result_of(errno);
    }
    return HOST_OK;
}

enum host_result host_file_resize(struct host_file *file, uint64_t size)
{
    return ftruncate(file->descriptor, (off_t)size) == 0 ? HOST_OK : result_of(errno);
}

enum host_result host_file_flush(struct host_file *file)
{
    return fsync(file->descriptor) == 0 ? HOST_OK : result_of(errno);
}

struct host_section *host_file_section(struct host_file *file)
{
    return hostp_section_of(file->descriptor);
}
