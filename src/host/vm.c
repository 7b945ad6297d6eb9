/*
 * Virtual memory: reservations, and sections whose pages can be mapped at several addresses.
 */
#include "hostp.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

static int host_prot(int protection)
{
    return (protection & HOST_READ ? PROT_READ : 0) | (protection & HOST_WRITE ? PROT_READ | PROT_WRITE : 0) |
           (protection & HOST_EXECUTE ? PROT_READ | PROT_EXEC : 0);
}

void *host_vm_reserve(size_t size)
{
    void *memory = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANON | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void host_vm_release(void *memory, size_t size)
{
    munmap(memory, size);
}

bool host_vm_commit(void *memory, size_t size, int protection)
{
    return !mprotect(memory, size, host_prot(protection));
}

void host_vm_decommit(void *memory, size_t size)
{
    mmap(memory, size, PROT_NONE, MAP_PRIVATE | MAP_ANON | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

bool host_vm_protect(void *memory, size_t size, int protection)
{
    return !mprotect(memory, size, host_prot(protection));
}

struct host_section {
    int file;
};

struct host_section *host_section_create(uint64_t size)
{
    struct host_section *section = malloc(sizeof *section);
    if (!section)
        return NULL;
    section->file = hostp_anonymous_file();
    if (section->file < 0)
        goto no_file;
    if (ftruncate(section->file, (off_t)size))
        goto no_space;
    return section;

no_space:
    close(section->file);
no_file:
    free(section);
    return NULL;
}

void host_section_free(struct host_section *section)
{
    if (!section)
        return;
    close(section->file);
    free(section);
}

bool host_section_map(struct host_section *section, uint64_t offset, void *at, size_t size, int protection)
{
    int sharing = protection & HOST_COPY ? MAP_PRIVATE : MAP_SHARED;
    return mmap(at, size, host_prot(protection), sharing | MAP_FIXED, section->file, (off_t)offset) !=
           MAP_FAILED;
}

bool host_vm_flush(void *memory, size_t size)
{
    return !msync(memory, size, MS_SYNC);
}

struct host_section *hostp_section_of(int file)
{
    struct host_section *section = malloc(sizeof *section);
    int own = section ? dup(file) : -1;
    if (own < 0) {
        free(section);
        return NULL;
    }
    section->file = own;
    return section;
}

/*
 * Writes zeros over what is not zero: reading a page that was never written costs no memory, mapping it does.
 * False where a shared memory object cannot be read and written.
 */
static bool zero_data(int file, uint64_t offset, size_t size)
{
    static const char zeros[16384];
    char data[sizeof zeros];
    for (size_t done = 0; done < size;) {
        size_t piece = size - done < sizeof data ? size - done : sizeof data;
        if (pread(file, data, piece, (off_t)(offset + done)) != (ssize_t)piece)
            return false;
        if (memcmp(data, zeros, piece) &&
            pwrite(file, zeros, piece, (off_t)(offset + done)) != (ssize_t)piece)
            return false;
        done += piece;
    }
    return true;
}

void host_section_discard(struct host_section *section, uint64_t offset, size_t size)
{
    if (hostp_punch_hole(section->file, offset, size) || zero_data(section->file, offset, size))
        return;
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, section->file, (off_t)offset);
    if (pages == MAP_FAILED)
        return;
    memset(pages, 0, size);
    munmap(pages, size);
}
