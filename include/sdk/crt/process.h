/*
 * <process.h>: threads through the C run-time library.
 */
#ifndef NTIO_SDK_PROCESS_H
#define NTIO_SDK_PROCESS_H

#include <stdint.h>
#include <stdlib.h>

#include "ntio_compiler.h"

EXTERN_C_START

typedef void(__cdecl *_beginthread_proc_type)(void *);
typedef unsigned(__stdcall *_beginthreadex_proc_type)(void *);

/** As CreateThread; 0 on failure. The handle is the caller's to close. */
NTIO_EXPORT uintptr_t _beginthreadex(void *security, unsigned stack_size, _beginthreadex_proc_type start_address,
                                     void *arglist, unsigned initflag, unsigned *thrdaddr);
/** The handle closes itself when the thread ends; -1 on failure. */
NTIO_EXPORT uintptr_t _beginthread(_beginthread_proc_type start_address, unsigned stack_size, void *arglist);
NTIO_EXPORT DECLSPEC_NORETURN void _endthreadex(unsigned retval);
NTIO_EXPORT DECLSPEC_NORETURN void _endthread(void);
NTIO_EXPORT int _getpid(void);

EXTERN_C_END

#endif
