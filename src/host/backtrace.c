/*
 * Where a thread is, and what an address is called.
 */
#include "hostp.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unwind.h>

struct walk {
    void **frames;
    int count, most;
};

static _Unwind_Reason_Code one_frame(struct _Unwind_Context *context, void *argument)
{
    struct walk *walk = argument;
    uintptr_t pc = _Unwind_GetIP(context);
    if (pc == 0 || walk->count >= walk->most)
        return _URC_END_OF_STACK;
    walk->frames[walk->count++] = (void *)pc;
    return _URC_NO_REASON;
}

int host_callers(void **frames, int most)
{
    struct walk walk = {frames, 0, most};
    _Unwind_Backtrace(one_frame, &walk);
    return walk.count;
}

#if defined(__x86_64__) || defined(__aarch64__)

/*
 * By the frame pointers, which the library and every driver keep, and with guarded reads: the stack may be
 * what a driver has just overwritten, and an unwinder that trusts it would die on it.
 */
int host_frames(const void *first, void **frames, const void **at, int most)
{
    struct {
        uintptr_t next;
        void *pc;
    } link;
    int count = 0;
    uintptr_t frame = (uintptr_t)(first ? first : __builtin_frame_address(0));
    while (count < most && frame % sizeof(uintptr_t) == 0 && host_peek(&link, (void *)frame, sizeof link) &&
           link.pc) {
        if (at)
            at[count] = (const void *)frame;
        frames[count++] = link.pc;
        frame = link.next;
    }
    return count;
}

#else

int host_frames(const void *first, void **frames, const void **at, int most)
{
    int count = first ? 0 : host_callers(frames, most);
    for (int i = 0; at && i < count; i++)
        at[i] = NULL;
    return count;
}

#endif

/* Names the function that `inside` lies in, and address as its distance from there. */
static void name_address(const void *inside, const void *address, const Dl_info *info, char *text,
                         size_t size)
{
    const char *name = strrchr(info->dli_fname, '/');
    name = name ? name + 1 : info->dli_fname;
    uintptr_t start = (uintptr_t)info->dli_saddr;
    char function[256];
    if (hostp_elf_symbol(inside, info->dli_fname, (uintptr_t)info->dli_fbase, function, sizeof function,
                         &start))
        snprintf(text, size, "%s+0x%zx at %s", function, (size_t)((uintptr_t)address - start), name);
    else if (info->dli_sname && info->dli_saddr)
        snprintf(text, size, "%s+0x%zx at %s", info->dli_sname, (size_t)((uintptr_t)address - start), name);
    else
        snprintf(text, size, "%s+0x%zx", name, (size_t)((uintptr_t)address - (uintptr_t)info->dli_fbase));
}

static void tell_place(const void *inside, const void *address, bool with_line, char *text, size_t size)
{
    Dl_info info;
    char line[128];
    if (size == 0)
        return;
    if (!address || !dladdr(inside, &info) || !info.dli_fname) {
        snprintf(text, size, "%p", address);
        return;
    }
    name_address(inside, address, &info, text, size);
    if (!with_line || !hostp_line(inside, info.dli_fname, (uintptr_t)info.dli_fbase, line, sizeof line))
        return;
    size_t length = strlen(text);
    snprintf(text + length, size - length, " (%s)", line);
}

void host_symbol(const void *address, char *text, size_t size)
{
    tell_place(address, address, false, text, size);
}

void host_place(const void *address, char *text, size_t size)
{
    tell_place(address, address, true, text, size);
}

void host_call_site(const void *address, char *text, size_t size)
{
    tell_place((const char *)address - 1, address, true, text, size);
}

void host_own_range(void **base, size_t *size)
{
    const struct host_state *host = ntio_machine.host;
    *base = (void *)host->own_base;
    *size = host->own_end - host->own_base;
}

bool host_is_own_code(const void *address)
{
    const struct host_state *host = ntio_machine.host;
    return host && (uintptr_t)address - host->own_base < host->own_end - host->own_base;
}
