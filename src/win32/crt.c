/*
 * What a client's C run-time library makes of kernel32: threads, the current directory, files by name.
 */
#include "win32p.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/sdk/crt/direct.h"
#include "../../include/sdk/crt/io.h"
#include "../../include/sdk/crt/process.h"

uintptr_t _beginthreadex(void *security, unsigned stack_size, _beginthreadex_proc_type start_address,
                         void *arglist, unsigned initflag, unsigned *thrdaddr)
{
    if (!start_address) {
        errno = EINVAL;
        return 0;
    }
    HANDLE thread = CreateThread(security, stack_size, start_address, arglist, initflag, thrdaddr);
    if (!thread)
        errno = EAGAIN;
    return (uintptr_t)thread;
}

struct start {
    _beginthread_proc_type routine;
    void *argument;
};

static DWORD WINAPI start_thread(LPVOID context)
{
    struct start start = *(struct start *)context;
    free(context);
    start.routine(start.argument);
    return 0;
}

uintptr_t _beginthread(_beginthread_proc_type start_address, unsigned stack_size, void *arglist)
{
    struct start *start = start_address ? malloc(sizeof *start) : NULL;
    if (!start) {
        errno = start_address ? EAGAIN : EINVAL;
        return (uintptr_t)-1;
    }
    *start = (struct start){start_address, arglist};
    HANDLE thread = CreateThread(NULL, stack_size, start_thread, start, 0, NULL);
    if (!thread) {
        free(start);
        errno = EAGAIN;
        return (uintptr_t)-1;
    }
    /* Nobody else closes it; that the number may mean another handle soon is so on Windows too. */
    CloseHandle(thread);
    return (uintptr_t)thread;
}

void _endthreadex(unsigned retval)
{
    ExitThread(retval);
}

void _endthread(void)
{
    ExitThread(0);
}

int _getpid(void)
{
    return (int)GetCurrentProcessId();
}

char *_getcwd(char *buffer, int maxlen)
{
    DWORD needed = GetCurrentDirectoryA(0, NULL);
    if (buffer && (maxlen <= 0 || needed > (DWORD)maxlen)) {
        errno = ERANGE;
        return NULL;
    }
    if (!buffer && !(buffer = malloc(needed > (DWORD)maxlen ? needed : (DWORD)maxlen))) {
        errno = ENOMEM;
        return NULL;
    }
    GetCurrentDirectoryA(needed, buffer);
    return buffer;
}

int _chdir(const char *dirname)
{
    if (SetCurrentDirectoryA(dirname))
        return 0;
    errno = ENOENT;
    return -1;
}

int _access(const char *path, int mode)
{
    DWORD attributes = GetFileAttributesA(path);
    if (attributes == INVALID_FILE_ATTRIBUTES) {
        errno = GetLastError() == ERROR_ACCESS_DENIED ? EACCES : ENOENT;
        return -1;
    }
    if (mode & 2 && attributes & FILE_ATTRIBUTE_READONLY) {
        errno = EACCES;
        return -1;
    }
    return 0;
}
