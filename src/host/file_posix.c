/*
 * Files without a name where there is no memfd: a shared memory object, else a temporary file, unlinked at
 * once.
 */
#include "hostp.h"

#if !HOSTP_LINUX

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int hostp_anonymous_file(void)
{
    char name[64];
    for (unsigned attempt = 0; attempt < 16; attempt++) {
        snprintf(name, sizeof name, "/ntio-%ld-%llx", (long)getpid(), (unsigned long long)host_nanoseconds());
        int file = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (file >= 0) {
            shm_unlink(name);
            return file;
        }
    }
    char path[] = "/tmp/ntio-XXXXXX";
    int file = mkstemp(path);
    if (file >= 0)
        unlink(path);
    return file;
}

bool hostp_punch_hole(int file, uint64_t offset, size_t size)
{
    (void)file, (void)offset, (void)size;
    return false;
}

#endif
