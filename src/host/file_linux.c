/*
 * Files without a name, on Linux.
 */
#include "hostp.h"

#if HOSTP_LINUX

#include <fcntl.h>
#include <sys/mman.h>

int hostp_anonymous_file(void)
{
    return memfd_create("ntio", MFD_CLOEXEC);
}

bool hostp_punch_hole(int file, uint64_t offset, size_t size)
{
    return !fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)size);
}

#endif
