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
    void *memory = hostp_map(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANON | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void host_vm_release(void *memory, size_t size)
{
#ifdef HOST_SANITIZED_MEMORY
    hostp_shadow_detach(memory, size);
#endif
    munmap(memory, size);
}

bool host_vm_commit(void *memory, size_t size, int protection)
{
    return !mprotect(memory, size, host_prot(protection));
}

void host_vm_decommit(void *memory, size_t size)
{
    hostp_map(memory, size, PROT_NONE, MAP_PRIVATE | MAP_ANON | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

bool host_vm_protect(void *memory, size_t size, int protection)
{
    return !mprotect(memory, size, host_prot(protection));
}

struct host_section {
    int file;
#ifdef HOST_SANITIZED_MEMORY
    int shadows; /* of its pages, and as many bytes of origins behind them; -1: a file's section */
    uint64_t size;
#endif
};

#ifdef HOST_SANITIZED_MEMORY
static bool create_shadows(struct host_section *section, uint64_t size)
{
    section->shadows = -1;
    section->size = size;
    if (!ntio_machine.host->shadows)
        return false;
    section->shadows = hostp_anonymous_file();
    return section->shadows >= 0 && !ftruncate(section->shadows, (off_t)(2 * size));
}

static void free_shadows(struct host_section *section)
{
    if (section->shadows >= 0)
        close(section->shadows);
}

static void discard_shadows(struct host_section *section, uint64_t offset, size_t size)
{
    if (section->shadows < 0)
        return;
    hostp_punch_hole(section->shadows, offset, size);
    hostp_punch_hole(section->shadows, section->size + offset, size);
}
#else
#define create_shadows(section, size)          true
#define free_shadows(section)                  ((void)0)
#define discard_shadows(section, offset, size) ((void)0)
#endif

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
    if (!create_shadows(section, size))
        goto no_shadows;
    return section;

no_shadows:
    free_shadows(section);
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
    free_shadows(section);
    close(section->file);
    free(section);
}

bool host_section_map(struct host_section *section, uint64_t offset, void *at, size_t size, int protection)
{
    int sharing = protection & HOST_COPY ? MAP_PRIVATE : MAP_SHARED;
    if (hostp_map(at, size, host_prot(protection), sharing | MAP_FIXED, section->file, offset) == MAP_FAILED)
        return false;
#ifdef HOST_SANITIZED_MEMORY
    if (section->shadows >= 0)
        return hostp_shadow_attach(at, size, sharing, section->shadows, offset, section->size);
#endif
    return true;
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
#ifdef HOST_SANITIZED_MEMORY
    section->shadows = -1;
#endif
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
    discard_shadows(section, offset, size);
    if (hostp_punch_hole(section->file, offset, size) || zero_data(section->file, offset, size))
        return;
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, section->file, (off_t)offset);
    if (pages == MAP_FAILED)
        return;
    memset(pages, 0, size);
    munmap(pages, size);
}
