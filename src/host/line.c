/*
 * The source line of an address, as elfutils' libdw reads it out of the image's own debug information.
 *
 * libdw is looked for when the first report is made, and nothing is missing without it but the lines: neither
 * the build nor an installed ntio depends on it. A report may be made anywhere, on 24 KB of kernel stack and
 * on a signal's: libdw runs on a thread of its own, which is waited for. What takes the dynamic linker's lock
 * is done before, by the thread that reports, which may have it: it is recursive.
 */
#include "hostp.h"

#include "shadow.h"

/* MemorySanitizer loses itself in the thread-local variables of a libdw that came later. */
#if defined(__ELF__) && !defined(HOST_SANITIZED_MEMORY)

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_include)
#if __has_include(<elfutils/libdwfl.h>)
#define HAS_HEADER 1
#endif
#endif

#ifdef HAS_HEADER
#include <elfutils/libdwfl.h>
#else
/* What is used of the library's interface, which has been the same since 2005. */
typedef struct Dwfl Dwfl;
typedef struct Dwfl_Module Dwfl_Module;
typedef uint64_t Dwarf_Addr, Dwarf_Word;
typedef struct Dwarf_Line Dwarf_Line;
typedef struct Dwarf_Die Dwarf_Die;
typedef struct {
    int (*find_elf)(Dwfl_Module *, void **, const char *, Dwarf_Addr, char **, void **);
    int (*find_debuginfo)(Dwfl_Module *, void **, const char *, Dwarf_Addr, const char *, const char *,
                          uint32_t, char **);
    int (*section_address)(Dwfl_Module *, void **, const char *, Dwarf_Addr, const char *, uint32_t,
                           const void *, Dwarf_Addr *);
    char **debuginfo_path;
} Dwfl_Callbacks;
Dwfl *dwfl_begin(const Dwfl_Callbacks *);
void dwfl_end(Dwfl *);
void dwfl_report_begin_add(Dwfl *);
Dwfl_Module *dwfl_report_elf(Dwfl *, const char *, const char *, int, Dwarf_Addr, bool);
int dwfl_report_end(Dwfl *, int (*)(Dwfl_Module *, void *, const char *, Dwarf_Addr, void *), void *);
Dwfl_Module *dwfl_addrmodule(Dwfl *, Dwarf_Addr);
Dwarf_Die *dwfl_module_addrdie(Dwfl_Module *, Dwarf_Addr, Dwarf_Addr *);
Dwarf_Die *dwfl_module_nextcu(Dwfl_Module *, Dwarf_Die *, Dwarf_Addr *);
int dwarf_haspc(Dwarf_Die *, Dwarf_Addr);
Dwarf_Line *dwarf_getsrc_die(Dwarf_Die *, Dwarf_Addr);
const char *dwarf_linesrc(Dwarf_Line *, Dwarf_Word *, Dwarf_Word *);
int dwarf_lineno(Dwarf_Line *, int *);
#endif

#define FUNCTIONS(DO)                                                                                        \
    DO(dwfl_begin)                                                                                           \
    DO(dwfl_end)                                                                                             \
    DO(dwfl_report_begin_add)                                                                                \
    DO(dwfl_report_elf)                                                                                      \
    DO(dwfl_report_end)                                                                                      \
    DO(dwfl_addrmodule)                                                                                      \
    DO(dwfl_module_addrdie)                                                                                  \
    DO(dwfl_module_nextcu)                                                                                   \
    DO(dwarf_haspc)                                                                                          \
    DO(dwarf_getsrc_die)                                                                                     \
    DO(dwarf_linesrc)                                                                                        \
    DO(dwarf_lineno)

enum { STACK_SIZE = 1024 * 1024 };

/* All of a machine's; host_state.lines. Without the library there is one, too, so that it is looked for once.
 */
struct hostp_lines {
    void *library;
#define DO(name) __typeof__(&name) name;
    FUNCTIONS(DO)
#undef DO
    pthread_mutex_t lock; /* of the rest; never taken by a thread that reports */
    Dwfl *images;         /* those that were asked for; NULL: none yet */
};

struct question {
    struct hostp_lines *lines;
    Dwarf_Addr address, base;
    const char *path;
    char *text;
    size_t size;
    bool answered;
};

/* --- the library --- */

static void unload(struct hostp_lines *lines)
{
    if (lines->images)
        lines->dwfl_end(lines->images);
    pthread_mutex_destroy(&lines->lock);
    if (lines->library)
        dlclose(lines->library);
    free(lines);
}

static bool find_functions(struct hostp_lines *lines)
{
#define DO(name)                                                                                             \
    if (!(*(void **)&lines->name = dlsym(lines->library, #name)))                                            \
        return false;
    FUNCTIONS(DO)
#undef DO
    return true;
}

static struct hostp_lines *load(struct host_state *host)
{
    struct hostp_lines *lines = atomic_load(&host->lines), *none = NULL;
    if (lines)
        return lines;
    lines = calloc(1, sizeof *lines);
    if (!lines)
        return NULL;
    pthread_mutex_init(&lines->lock, NULL);
    lines->library = dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL);
    if (lines->library && !find_functions(lines)) {
        dlclose(lines->library);
        lines->library = NULL;
    }
    if (atomic_compare_exchange_strong(&host->lines, &none, lines))
        return lines;
    unload(lines);
    return none;
}

/* --- the thread that asks it --- */

/* No file but the image itself, nor a server that may have one. */
static int find_nothing(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr base, const char *file,
                        const char *link, uint32_t checksum, char **found)
{
    (void)module, (void)user, (void)name, (void)base, (void)file, (void)link, (void)checksum, (void)found;
    return -1;
}

static const Dwfl_Callbacks callbacks = {.find_debuginfo = find_nothing};

static Dwfl_Module *module_of(const struct question *question)
{
    struct hostp_lines *lines = question->lines;
    if (!lines->images)
        lines->images = lines->dwfl_begin(&callbacks);
    if (!lines->images)
        return NULL;
    Dwfl_Module *module = lines->dwfl_addrmodule(lines->images, question->address);
    if (module)
        return module;
    lines->dwfl_report_begin_add(lines->images);
    lines->dwfl_report_elf(lines->images, question->path, question->path, -1, question->base, false);
    lines->dwfl_report_end(lines->images, NULL, NULL);
    return lines->dwfl_addrmodule(lines->images, question->address);
}

/* The unit of the program that the address is in. clang leaves out the table of which is where. */
static Dwarf_Die *unit_of(const struct question *question, Dwarf_Addr *bias)
{
    struct hostp_lines *lines = question->lines;
    Dwfl_Module *module = module_of(question);
    if (!module)
        return NULL;
    Dwarf_Die *unit = lines->dwfl_module_addrdie(module, question->address, bias);
    if (unit)
        return unit;
    while ((unit = lines->dwfl_module_nextcu(module, unit, bias)) != NULL)
        if (lines->dwarf_haspc(unit, question->address - *bias) == 1)
            break;
    return unit;
}

static void *answer(void *argument)
{
    struct question *question = argument;
    struct hostp_lines *lines = question->lines;
    Dwarf_Addr bias = 0;
    int number = 0;
    pthread_mutex_lock(&lines->lock);
    Dwarf_Die *unit = unit_of(question, &bias);
    Dwarf_Line *line = NULL;
    /* Code that the compiler adds, as the check of a stack cookie, has line 0: it belongs to what stands
     * before it. */
    for (int before = 0; unit && before < 64 && number <= 0; before++) {
        line = lines->dwarf_getsrc_die(unit, question->address - bias - (Dwarf_Addr)before);
        if (!line || lines->dwarf_lineno(line, &number))
            break;
    }
    const char *file = line && number > 0 ? lines->dwarf_linesrc(line, NULL, NULL) : NULL;
    if (file) {
        const char *name = strrchr(file, '/');
        snprintf(question->text, question->size, "%s:%d", name ? name + 1 : file, number);
        question->answered = true;
    }
    pthread_mutex_unlock(&lines->lock);
    return NULL;
}

/* --- what the rest of the host layer calls --- */

bool hostp_line(const void *address, const char *path, uintptr_t base, char *text, size_t size)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    struct host_state *host = ntio_machine.host;
    struct question question = {NULL, (uintptr_t)address, base, path, text, size, false};
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    if (!host)
        return false;
    question.lines = load(host);
    if (!question.lines || !question.lines->library || pthread_attr_init(&attributes))
        return false;
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    sigfillset(&all); /* the process's signals are not for this thread; a fault may open more of the stack */
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        sigdelset(&all, faults[i]);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool asked = !pthread_create(&thread, &attributes, answer, &question);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (asked)
        pthread_join(thread, NULL);
    return question.answered;
}

void hostp_lines_forget(void)
{
    struct hostp_lines *lines = atomic_load(&ntio_machine.host->lines);
    if (!lines || !lines->library)
        return;
    pthread_mutex_lock(&lines->lock);
    if (lines->images)
        lines->dwfl_end(lines->images);
    lines->images = NULL;
    pthread_mutex_unlock(&lines->lock);
}

void hostp_lines_stop(struct host_state *host)
{
    struct hostp_lines *lines = atomic_load(&host->lines);
    if (lines)
        unload(lines);
}

#else

bool hostp_line(const void *address, const char *path, uintptr_t base, char *text, size_t size)
{
    (void)address, (void)path, (void)base, (void)text, (void)size;
    return false;
}

void hostp_lines_forget(void)
{
}

void hostp_lines_stop(struct host_state *host)
{
    (void)host;
}

#endif
