/*
 * What the program start-up and the rest of the library need of kernel32 and advapi32.
 */
#pragma once

#include <stdbool.h>

/*
 * Enters a service for the image `name`, as if it had been installed on this machine before: a demand-start
 * kernel driver whose binary is <name>.sys; starts it if asked to. What DriverEntry returned is reported on
 * the log when it failed. Does nothing when the service exists already (but still starts it).
 */
void win32_register_service(const char *name, bool start);

/* The client's own command line, for GetCommandLine; the strings are copied. */
void win32_set_arguments(int count, char *const *arguments);
