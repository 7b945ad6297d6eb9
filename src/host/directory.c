/*
 * Where the program is and where it was started.
 */
#include "hostp.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool host_current_directory(char *path, size_t size)
{
    return getcwd(path, size) != NULL;
}

bool host_is_directory(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

bool host_program_path(char *path, size_t size)
{
    static const char *const links[] = {"/proc/self/exe", "/proc/curproc/file", "/proc/curproc/exe"};
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        ssize_t length = readlink(links[i], path, size - 1);
        if (length > 0 && (size_t)length < size - 1) {
            path[length] = 0;
            return true;
        }
    }
    return false;
}
