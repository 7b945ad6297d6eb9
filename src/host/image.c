/*
 * Images: drivers are shared objects, each opening a fresh copy of its own.
 */
#include "hostp.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__APPLE__)
#include <mach-o/dyld.h>
#include <mach-o/loader.h>
#else
#include <link.h>
#endif

struct host_image {
    void *library;
    char *copy; /* the private file it was loaded from, removed when it closes; NULL: the file itself */
};

static bool is_resident(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    if (library)
        dlclose(library);
    return library != NULL;
}

static bool copy_bytes(int from, int to)
{
    char buffer[65536];
    for (;;) {
        ssize_t got = read(from, buffer, sizeof buffer);
        if (got <= 0)
            return got == 0;
        for (ssize_t done = 0; done < got;) {
            ssize_t put = write(to, buffer + done, (size_t)(got - done));
            if (put <= 0)
                return false;
            done += put;
        }
    }
}

/* A copy of the file under a name of its own that still tells what it is a copy of. */
static char *private_copy(const char *path)
{
    const char *folder = getenv("TMPDIR"), *name = strrchr(path, '/');
    char *copy = NULL;
    bool done = false;
    int from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return NULL;
    if (asprintf(&copy, "%s/%s.XXXXXX", folder && *folder ? folder : "/tmp", name ? name + 1 : path) < 0) {
        copy = NULL;
        goto close_source;
    }
    int to = mkstemp(copy);
    if (to >= 0) {
        done = copy_bytes(from, to) && !fchmod(to, 0700);
        close(to);
        if (!done)
            unlink(copy);
    }
    if (!done) {
        free(copy);
        copy = NULL;
    }
close_source:
    close(from);
    return copy;
}

struct host_image *host_image_open(const char *path, char *error, size_t error_size)
{
    const char *why = "out of memory";
    struct host_image *image = calloc(1, sizeof *image);
    if (!image)
        goto no_memory;
    /* Still there: opened twice, or a host whose dlclose only counts. Its globals would not be fresh. */
    if (is_resident(path)) {
        image->copy = private_copy(path);
        why = "the image is in use and cannot be copied";
        if (!image->copy)
            goto no_library;
    }
    image->library = dlopen(image->copy ? image->copy : path, RTLD_NOW | RTLD_LOCAL);
    if (image->library)
        return image;
    why = dlerror();
    if (image->copy)
        unlink(image->copy);
no_library:
    free(image->copy);
    free(image);
no_memory:
    if (error && error_size)
        snprintf(error, error_size, "%s", why ? why : "cannot be loaded");
    return NULL;
}

void *host_own_symbol(const char *name)
{
    return dlsym(RTLD_DEFAULT, name);
}

void *host_image_symbol(struct host_image *image, const char *name)
{
    return dlsym(image->library, name);
}

void host_image_close(struct host_image *image)
{
    hostp_lines_forget();
    dlclose(image->library);
    if (image->copy)
        unlink(image->copy);
    free(image->copy);
    free(image);
}

#if defined(__APPLE__)

static bool image_holds(const struct mach_header_64 *header, intptr_t slide, uintptr_t address,
                        uintptr_t *base, uintptr_t *end)
{
    uintptr_t low = UINTPTR_MAX, high = 0;
    const char *at = (const char *)(header + 1);
    for (uint32_t i = 0; i < header->ncmds; i++) {
        const struct load_command *command = (const void *)at;
        const struct segment_command_64 *segment = (const void *)at;
        at += command->cmdsize;
        if (command->cmd != LC_SEGMENT_64 || !strcmp(segment->segname, "__PAGEZERO") ||
            !strcmp(segment->segname, "__LINKEDIT"))
            continue;
        uintptr_t start = (uintptr_t)(segment->vmaddr + (uint64_t)slide);
        low = start < low ? start : low;
        high = start + segment->vmsize > high ? start + segment->vmsize : high;
    }
    *base = low;
    *end = high;
    return address >= low && address < high;
}

bool host_program_code(uintptr_t *low, uintptr_t *end)
{
    *low = *end = 0;
    return false;
}

bool hostp_image_range(const void *address, uintptr_t *base, uintptr_t *end)
{
    for (uint32_t i = 0; i < _dyld_image_count(); i++)
        if (image_holds((const void *)_dyld_get_image_header(i), _dyld_get_image_vmaddr_slide(i),
                        (uintptr_t)address, base, end))
            return true;
    *base = *end = 0;
    return false;
}

void host_image_range(struct host_image *image, void **base, size_t *size)
{
    uintptr_t low = 0, high = 0;
    void *symbol = dlsym(image->library, "ntio_image");
    if (symbol)
        hostp_image_range(symbol, &low, &high);
    *base = (void *)low;
    *size = high - low;
}

#else

static int program_code(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    uintptr_t *range = context;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_LOAD || !(info->dlpi_phdr[i].p_flags & PF_X))
            continue;
        range[0] = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        range[1] = range[0] + info->dlpi_phdr[i].p_memsz;
    }
    return 1; /* the program is the first */
}

bool host_program_code(uintptr_t *low, uintptr_t *end)
{
    uintptr_t range[2] = {0, 0};
    dl_iterate_phdr(program_code, range);
    *low = range[0];
    *end = range[1];
    return range[1] != 0;
}

struct image_search {
    uintptr_t address, base, end;
};

static int image_holds(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    struct image_search *search = context;
    uintptr_t low = UINTPTR_MAX, high = 0;
    bool found = false;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_LOAD)
            continue;
        uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr,
                  end = start + info->dlpi_phdr[i].p_memsz;
        low = start < low ? start : low;
        high = end > high ? end : high;
        found = found || (search->address >= start && search->address < end);
    }
    if (!found)
        return 0;
    search->base = low & ~(uintptr_t)(HOST_PAGE - 1);
    search->end = (high + HOST_PAGE - 1) & ~(uintptr_t)(HOST_PAGE - 1);
    return 1;
}

bool hostp_image_range(const void *address, uintptr_t *base, uintptr_t *end)
{
    struct image_search search = {.address = (uintptr_t)address};
    bool found = dl_iterate_phdr(image_holds, &search) != 0;
    *base = search.base;
    *end = search.end;
    return found;
}

void host_image_range(struct host_image *image, void **base, size_t *size)
{
    struct link_map *map = NULL;
    uintptr_t low = 0, high = 0;
    if (!dlinfo(image->library, RTLD_DI_LINKMAP, &map) && map)
        hostp_image_range(map->l_ld, &low, &high);
    *base = (void *)low;
    *size = high - low;
}

#endif
