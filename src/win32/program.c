/*
 * A client program's start and end: the machine runs around its main.
 */
#include <ntio/ntio.h>
#include <ntio/program.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../host/host.h"
#include "../machine.h"
#include "win32.h"

/* Runs at exit, after a return from main as well as after exit() from anywhere in the client. */
static void stop_machine(void)
{
    fflush(NULL); /* what the client has not written yet goes to files that are about to go */
    if (ntio_stop() > 0) {
        /* The client's own status is out of reach here; what matters is that it is not zero. */
        fflush(NULL);
        host_exit(1);
    }
}

NTIO_API int ntio_program_run(int (*client_main)(int, char **, char **), int argc, char **argv,
                              char **environment, const struct ntio_program_driver *drivers)
{
    const char *autostart = host_getenv("NTIO_AUTOSTART");
    bool start = !autostart || strcmp(autostart, "0") != 0;
    for (const struct ntio_program_driver *driver = drivers; driver->name; driver++)
        ntio_register_image(driver->name, driver->path);
    if (ntio_start(NULL) != 0)
        return 1;
    atexit(stop_machine);
    /* The trace goes to stderr at once; what the client prints must not come long after what it did. */
    if (ntio_machine.trace)
        setvbuf(stdout, NULL, _IOLBF, 0);
    win32_set_arguments(argc, argv);
    if (start)
        for (const struct ntio_program_driver *driver = drivers; driver->name; driver++)
            win32_register_service(driver->name, true);
    return client_main(argc, argv, environment);
}

/* UTF-8 to UTF-16 by hand: argv comes before there is a machine with its Rtl functions. */
static size_t widen(const char *text, uint16_t *wide)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t units = 0;
    while (*s) {
        uint32_t c = *s++;
        unsigned more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
        if (more)
            c &= 0x3Fu >> more;
        while (more-- && (*s & 0xC0) == 0x80)
            c = c << 6 | (*s++ & 0x3F);
        uint16_t pair[2] = {(uint16_t)c, 0};
        if (c >= 0x10000) {
            pair[0] = (uint16_t)(0xD800 + ((c - 0x10000) >> 10));
            pair[1] = (uint16_t)(0xDC00 + (c & 0x3FF));
        }
        for (int i = 0; i < 2 && (i == 0 || pair[i]); i++, units++)
            if (wide)
                wide[units] = pair[i];
    }
    if (wide)
        wide[units] = 0;
    return units;
}

NTIO_API void *ntio_program_wide(char **strings)
{
    size_t count = 0, units = 0;
    for (; strings[count]; count++)
        units += widen(strings[count], NULL) + 1;
    size_t head = (count + 1) * sizeof(uint16_t *);
    uint16_t **wide = malloc(head + units * sizeof(uint16_t));
    if (!wide)
        host_abort();
    uint16_t *next = (uint16_t *)((char *)wide + head);
    for (size_t i = 0; i < count; i++) {
        wide[i] = next;
        next += widen(strings[i], next) + 1;
    }
    wide[count] = NULL;
    return wide;
}
