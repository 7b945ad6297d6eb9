/*
 * Starting and stopping the machine, and the few things that belong to no component: images, the log,
 * violations.
 */
#include "machine.h"

#include <ntio/ntio.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "components.h"
#include "host/host.h"
#include "ke/ke.h"
#include "mm/mm.h"
#include "ps/ps.h"

struct ntio_machine ntio_machine;

/* In the order of the layers; stopped from the last to the first. */
static const struct machine_component {
    void (*start)(void);
    void (*stop)(void);
} components[] = {
#define COMPONENT(name) {name##_start, name##_stop},
    MACHINE_COMPONENTS
#undef COMPONENT
};
#define COMPONENT_COUNT (sizeof components / sizeof components[0])

static enum machine_verifier verifier_of(ntio_verifier asked)
{
    if (asked == NTIO_VERIFIER_OFF)
        return VERIFIER_OFF;
    if (asked == NTIO_VERIFIER_STANDARD)
        return VERIFIER_STANDARD;
    if (asked == NTIO_VERIFIER_FULL)
        return VERIFIER_FULL;
    const char *text = host_getenv("NTIO_VERIFIER");
    if (text && !strcmp(text, "off"))
        return VERIFIER_OFF;
    if (text && !strcmp(text, "full"))
        return VERIFIER_FULL;
    return VERIFIER_STANDARD;
}

static unsigned trace_of(unsigned asked)
{
    if (asked)
        return asked;
    const char *text = host_getenv("NTIO_TRACE");
    return text ? (unsigned)strtoul(text, NULL, 0) : 0;
}

/* "24K", "12288"; "1" means the size that x64 has. */
static size_t stacks_of(size_t asked)
{
    const char *text = asked ? NULL : host_getenv("NTIO_KERNEL_STACKS");
    if (!text)
        return asked;
    char *end;
    size_t size = strtoul(text, &end, 0);
    if (*end == 'K' || *end == 'k')
        size *= 1024;
    return size == 1 ? (size_t)24 * 1024 : size;
}

static unsigned char special_pool_of(ntio_special_pool asked)
{
    const char *text = host_getenv("NTIO_SPECIAL_POOL");
    if (asked == NTIO_SPECIAL_POOL_DEFAULT && text)
        asked = !strcmp(text, "start")                       ? NTIO_SPECIAL_POOL_START
                : !strcmp(text, "end") || !strcmp(text, "1") ? NTIO_SPECIAL_POOL_END
                                                             : NTIO_SPECIAL_POOL_OFF;
    return asked == NTIO_SPECIAL_POOL_END ? 1 : asked == NTIO_SPECIAL_POOL_START ? 2 : 0;
}

static bool is_set(const char *variable)
{
    const char *text = host_getenv(variable);
    return text && *text && strcmp(text, "0") != 0;
}

NTIO_API int ntio_start(const ntio_options *options)
{
    static const ntio_options defaults;
    if (!options)
        options = &defaults;
    bool stopped = false;
    if (!atomic_compare_exchange_strong(&ntio_machine.running, &stopped, true)) {
        static const char text[] = "ntio: the machine is already running\n";
        machine_log(text, sizeof text - 1);
        return -1;
    }
    const char *root = options->root ? options->root : host_getenv("NTIO_ROOT");
    ntio_machine.files = root && *root ? root : NULL;
    if (ntio_machine.files && !host_is_directory(ntio_machine.files)) {
        char text[512];
        int length =
            snprintf(text, sizeof text, "ntio: the root %.400s is no directory\n", ntio_machine.files);
        machine_log(text, (size_t)length);
        ntio_machine.files = NULL;
        atomic_store(&ntio_machine.running, false);
        return -1;
    }
    ntio_machine.log = options->log;
    ntio_machine.log_context = options->log_context;
    if (!access_configure(options)) {
        ntio_machine.log = NULL;
        atomic_store(&ntio_machine.running, false);
        return -1;
    }
    ntio_machine.verifier = verifier_of(options->verifier);
    ntio_machine.trace = trace_of(options->trace);
    ntio_machine.special_pool = special_pool_of(options->special_pool);
    ntio_machine.paged_out = options->paged_out || is_set("NTIO_PAGED_OUT");
    ntio_machine.kernel_stacks = stacks_of(options->kernel_stacks);
    const char *debugger = host_getenv("NTIO_DEBUGGER");
    ntio_machine.kd_enabled = options->debugger || (debugger && strcmp(debugger, "0") != 0);
    ntio_machine.kd_not_present = !ntio_machine.kd_enabled;
    ntio_machine.processors = options->processors ? options->processors : host_processor_count();
    ntio_machine.log = options->log;
    ntio_machine.log_context = options->log_context;
    atomic_store(&ntio_machine.violations, 0);
    atomic_store(&ntio_machine.kernel_random, 0);
    atomic_store(&ntio_machine.client_random, 0);
    atomic_store(&ntio_machine.watch, ntio_machine.verifier != VERIFIER_OFF ? WATCH_IRQL : 0);
    for (ntio_machine.started = 0; ntio_machine.started < COMPONENT_COUNT; ntio_machine.started++)
        components[ntio_machine.started].start();
    const char *contexts = host_getenv("NTIO_CONTEXTS");
    if (options->contexts || (contexts && strcmp(contexts, "0") != 0))
        MmUseContexts();
    return 0;
}

/*
 * Is the caller called by the kernel? What the thread says of itself is not enough: a test that has failed
 * jumps out of ntio_run_in_kernel, and stops the machine afterwards.
 */
static bool is_called_in_kernel(void)
{
    void *frames[128];
    char text[160];
    if (!KiThread || !KiThread->InKernel || gate_watched() & WATCH_CRASHED)
        return false;
    if (((PETHREAD)KiThread)->System || MmIsKernelAddress(__builtin_frame_address(0)))
        return true;
    for (int i = 0, count = host_callers(frames, 128); i < count; i++) {
        host_symbol((char *)frames[i] - 1, text, sizeof text);
        if (!strncmp(text, "ntio_run_in_kernel", strlen("ntio_run_in_kernel")))
            return true;
    }
    return false;
}

NTIO_API int ntio_stop(void)
{
    if (!atomic_load(&ntio_machine.running))
        return 0;
    if (is_called_in_kernel()) {
        machine_violation(
            "ntio_stop was called in the kernel, which would go on without a machine: it is not "
            "stopped. Call it outside of ntio_run_in_kernel and of drivers");
        return (int)atomic_load(&ntio_machine.violations);
    }
    ke_end_playing();
    if (ntio_machine.started == COMPONENT_COUNT)
        io_end_clients();
    /*
     * A bug check on the way down (and caught) comes back here: the component that was at it is stopped
     * again, and only frees its memory now that the machine has crashed.
     */
    for (; ntio_machine.started > 0; ntio_machine.started--)
        components[ntio_machine.started - 1].stop();
    bool crashed = gate_watched() & WATCH_CRASHED;
    int violations = (int)atomic_load(&ntio_machine.violations);
    atomic_store(&ntio_machine.watch, 0);
    atomic_store(&ntio_machine.contexts, false);
    ntio_machine.log = NULL;
    ntio_machine.log_context = NULL;
    atomic_store(&ntio_machine.running, false);
    /* A bug check that was caught has been reported already, and what it left behind is nobody's leak. */
    return crashed ? 0 : violations;
}

static void lock_images(void)
{
    for (unsigned turn = 0; atomic_exchange_explicit(&ntio_machine.images_lock, true, memory_order_acquire);)
        host_spin(turn++);
}

static void unlock_images(void)
{
    atomic_store_explicit(&ntio_machine.images_lock, false, memory_order_release);
}

static struct machine_image *find_image(const char *name)
{
    struct machine_image *image = ntio_machine.images;
    while (image && strcasecmp(image->name, name) != 0)
        image = image->next;
    return image;
}

NTIO_API void ntio_register_image(const char *name, const char *path)
{
    struct machine_image *image = malloc(sizeof *image);
    char *own_name = strdup(name), *own_path = strdup(path);
    if (!image || !own_name || !own_path) {
        free(image);
        free(own_name);
        free(own_path);
        return;
    }
    *image = (struct machine_image){NULL, own_name, own_path};
    lock_images();
    /* A newer registration stands before the older one; the older path may still be in somebody's hands. */
    image->next = ntio_machine.images;
    ntio_machine.images = image;
    unlock_images();
}

NTIO_API void ntio_register_program(const char *image, int (*client_main)(int argc, char **argv))
{
    struct machine_program *program = malloc(sizeof *program);
    char *own = strdup(image);
    if (!program || !own) {
        free(program);
        free(own);
        return;
    }
    *program = (struct machine_program){NULL, own, client_main};
    lock_images();
    program->next = atomic_load(&ntio_machine.programs);
    atomic_store(&ntio_machine.programs, program);
    unlock_images();
}

const struct machine_program *machine_programs(void)
{
    return atomic_load(&ntio_machine.programs);
}

const char *machine_image_path(const char *name)
{
    lock_images();
    struct machine_image *image = find_image(name);
    unlock_images();
    return image ? image->path : NULL;
}

void machine_log(const char *text, size_t length)
{
    if (ntio_machine.log)
        ntio_machine.log(ntio_machine.log_context, text, length);
    else
        host_log(text, length);
}

bool machine_take_break_point(const void *where)
{
    if (!ntio_machine.kd_enabled)
        return false;
    char place[256], text[320];
    host_call_site(where, place, sizeof place);
    int length = snprintf(text, sizeof text, "ntio: break point at %s\n", place);
    machine_log(text, (size_t)length);
    return true;
}

void machine_violation(const char *format, ...)
{
    char text[1024];
    int length = snprintf(text, sizeof text, "ntio: violation: ");
    va_list list;
    va_start(list, format);
    int more = vsnprintf(text + length, sizeof text - (size_t)length - 1, format, list);
    va_end(list);
    if (more > 0)
        length += more;
    if ((size_t)length > sizeof text - 2)
        length = sizeof text - 2;
    if (text[length - 1] != '\n')
        text[length++] = '\n';
    atomic_fetch_add(&ntio_machine.violations, 1);
    machine_log(text, (size_t)length);
}

size_t machine_report(const struct machine_crash *crash, char *text, size_t size)
{
    if (ntio_machine.reporter)
        return ntio_machine.reporter(crash, text, size);
    int length =
        snprintf(text, size, "*** STOP: 0x%08X (0x%016llX, 0x%016llX, 0x%016llX, 0x%016llX)\n", crash->code,
                 (unsigned long long)crash->parameters[0], (unsigned long long)crash->parameters[1],
                 (unsigned long long)crash->parameters[2], (unsigned long long)crash->parameters[3]);
    return length < 0 ? 0 : (size_t)length < size ? (size_t)length : size - 1;
}
