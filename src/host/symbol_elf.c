/*
 * Names of functions that the dynamic symbol table does not have: a driver's routines are static, so their
 * names are read from the image file's full symbol table. Only for reports; every step is checked, and no
 * answer is a good answer.
 */
#include "hostp.h"

#if defined(__ELF__) && UINTPTR_MAX > 0xFFFFFFFFu

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct file_view {
    const char *bytes;
    size_t size;
};

static const void *part(const struct file_view *file, uint64_t offset, uint64_t size)
{
    return offset <= file->size && size <= file->size - offset ? file->bytes + offset : NULL;
}

static bool search(const struct file_view *file, uintptr_t base, uintptr_t address, char *text, size_t size,
                   uintptr_t *start)
{
    const Elf64_Ehdr *header = part(file, 0, sizeof *header);
    if (!header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_shentsize != sizeof(Elf64_Shdr))
        return false;
    const Elf64_Shdr *sections = part(file, header->e_shoff, (uint64_t)header->e_shnum * sizeof *sections);
    if (!sections)
        return false;
    uintptr_t bias = header->e_type == ET_EXEC ? 0 : base;
    for (unsigned i = 0; i < header->e_shnum; i++) {
        if (sections[i].sh_type != SHT_SYMTAB || sections[i].sh_link >= header->e_shnum)
            continue;
        const Elf64_Shdr *names = &sections[sections[i].sh_link];
        const Elf64_Sym *symbols = part(file, sections[i].sh_offset, sections[i].sh_size);
        const char *strings = part(file, names->sh_offset, names->sh_size);
        for (size_t s = 0; symbols && strings && s < sections[i].sh_size / sizeof *symbols; s++) {
            uintptr_t low = bias + symbols[s].st_value;
            if (ELF64_ST_TYPE(symbols[s].st_info) != STT_FUNC || address < low ||
                address - low >= symbols[s].st_size || symbols[s].st_name >= names->sh_size)
                continue;
            size_t most = names->sh_size - symbols[s].st_name;
            snprintf(text, size, "%.*s", most < size ? (int)most : (int)size, strings + symbols[s].st_name);
            *start = low;
            return true;
        }
    }
    return false;
}

bool hostp_elf_symbol(const void *address, const char *path, uintptr_t base, char *text, size_t size,
                      uintptr_t *start)
{
    bool found = false;
    struct stat status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    if (!fstat(descriptor, &status) && S_ISREG(status.st_mode) && status.st_size > 0) {
        struct file_view file = {NULL, (size_t)status.st_size};
        void *bytes = mmap(NULL, file.size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (bytes != MAP_FAILED) {
            file.bytes = bytes;
            found = search(&file, base, (uintptr_t)address, text, size, start);
            munmap(bytes, file.size);
        }
    }
    close(descriptor);
    return found;
}

#else

bool hostp_elf_symbol(const void *address, const char *path, uintptr_t base, char *text, size_t size,
                      uintptr_t *start)
{
    (void)address, (void)path, (void)base, (void)text, (void)size, (void)start;
    return false;
}

#endif
