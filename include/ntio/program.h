/*
 * The start-up of a client program. ntio_add_program generates the one file that calls this.
 */
#ifndef NTIO_PROGRAM_H
#define NTIO_PROGRAM_H

#ifdef __cplusplus
extern "C" {
#endif

struct ntio_program_driver {
    const char *name; /* the service name */
    const char *path; /* the image; the last row has neither */
};

/**
 * Starts the machine, makes a service of each driver (started, unless the environment has NTIO_AUTOSTART=0), calls
 * client_main and stops the machine, also when the client leaves through exit().
 * @return the client's status, or 1 where that is 0 and a driver broke a rule or leaked.
 */
__attribute__((visibility("default"))) int ntio_program_run(int (*client_main)(int, char **, char **), int argc, char **argv,
                                                            char **environment,
                                                            const struct ntio_program_driver *drivers);

/** The strings of a zero-terminated array in UTF-16, for wmain; freed with the process. */
__attribute__((visibility("default"))) void *ntio_program_wide(char **strings);

#ifdef __cplusplus
}
#endif
#endif
