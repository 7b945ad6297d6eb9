/*
 * The host's odds and ends: environment, randomness, the log's last resort, the end of the process.
 */
#include "hostp.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

const char *host_getenv(const char *name)
{
    return getenv(name);
}

char *const *host_environment(void)
{
    extern char **environ;
    return environ;
}

bool host_setenv(const char *name, const char *value)
{
    return (value ? setenv(name, value, 1) : unsetenv(name)) == 0;
}

void host_random(void *bytes, size_t size)
{
    size_t done = 0;
    int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    while (file >= 0 && done < size) {
        ssize_t got = read(file, (char *)bytes + done, size - done);
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    if (file >= 0)
        close(file);
    for (uint64_t state = host_nanoseconds(); done < size; done++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        ((char *)bytes)[done] = (char)(state >> 56);
    }
}

uint32_t host_process_id(void)
{
    return (uint32_t)getpid();
}

void host_log(const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, text, length);
        if (written <= 0)
            return;
        text += written;
        length -= (size_t)written;
    }
}

bool host_stderr_is_terminal(void)
{
    return isatty(STDERR_FILENO);
}

void host_abort(void)
{
    abort();
}

void host_exit(int status)
{
    _exit(status);
}
