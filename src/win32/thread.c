/*
 * The client's threads and processes, and thread-local storage.
 */
#include "win32p.h"

#include <stdlib.h>

HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES lpThreadAttributes, SIZE_T dwStackSize,
                           LPTHREAD_START_ROUTINE lpStartAddress, LPVOID lpParameter, DWORD dwCreationFlags,
                           LPDWORD lpThreadId)
{
    SECURITY_ATTRIBUTES asked = {0};
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;
    if (dwCreationFlags & ~(DWORD)(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION)) {
        win32_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (lpThreadAttributes && !win32_read(&asked, lpThreadAttributes, sizeof asked))
        return NULL;
    InitializeObjectAttributes(&attributes, NULL, asked.bInheritHandle ? OBJ_INHERIT : 0, NULL,
                               asked.lpSecurityDescriptor);
    /* Suspended first if the caller wants the identifier: the thread may read it as soon as it runs. */
    ULONG suspended = dwCreationFlags & CREATE_SUSPENDED || lpThreadId ? 1 : 0;
    NTSTATUS status =
        NtCreateThreadEx(&handle, THREAD_ALL_ACCESS, &attributes, NtCurrentProcess(), (PVOID)lpStartAddress,
                         lpParameter, suspended, 0, dwStackSize, dwStackSize, NULL);
    if (!NT_SUCCESS(status)) {
        win32_fail(status);
        return NULL;
    }
    if (lpThreadId && !win32_store(lpThreadId, GetThreadId(handle)))
        win32_set_last_error(ERROR_SUCCESS);
    if (suspended && !(dwCreationFlags & CREATE_SUSPENDED))
        NtResumeThread(handle, NULL);
    return handle;
}

VOID WINAPI ExitThread(DWORD dwExitCode)
{
    win32_fls_thread_ends();
    NtTerminateThread(NtCurrentThread(), (NTSTATUS)dwExitCode);
    host_thread_exit();
}

BOOL WINAPI TerminateThread(HANDLE hThread, DWORD dwExitCode)
{
    if (!hThread)
        return win32_error(ERROR_INVALID_HANDLE);
    return win32_result(NtTerminateThread(hThread, (NTSTATUS)dwExitCode));
}

HANDLE WINAPI GetCurrentProcess(VOID)
{
    return NtCurrentProcess();
}

HANDLE WINAPI GetCurrentThread(VOID)
{
    return NtCurrentThread();
}

DWORD WINAPI GetCurrentProcessId(VOID)
{
    return win32_process_id();
}

DWORD WINAPI GetCurrentThreadId(VOID)
{
    return win32_thread_id();
}

DWORD WINAPI GetCurrentProcessorNumber(VOID)
{
    return win32_processor();
}

static bool about_thread(HANDLE thread, THREAD_BASIC_INFORMATION *about)
{
    NTSTATUS status = NtQueryInformationThread(thread, ThreadBasicInformation, about, sizeof *about, NULL);
    return NT_SUCCESS(status) || win32_fail(status);
}

static bool about_process(HANDLE process, PROCESS_BASIC_INFORMATION *about)
{
    NTSTATUS status = NtQueryInformationProcess(process, ProcessBasicInformation, about, sizeof *about, NULL);
    return NT_SUCCESS(status) || win32_fail(status);
}

DWORD WINAPI GetThreadId(HANDLE Thread)
{
    THREAD_BASIC_INFORMATION about;
    return about_thread(Thread, &about) ? HandleToUlong(about.ClientId.UniqueThread) : 0;
}

DWORD WINAPI GetProcessId(HANDLE Process)
{
    PROCESS_BASIC_INFORMATION about;
    return about_process(Process, &about) ? (DWORD)about.UniqueProcessId : 0;
}

BOOL WINAPI GetExitCodeThread(HANDLE hThread, LPDWORD lpExitCode)
{
    THREAD_BASIC_INFORMATION about;
    return about_thread(hThread, &about) && win32_store(lpExitCode, (DWORD)about.ExitStatus);
}

BOOL WINAPI GetExitCodeProcess(HANDLE hProcess, LPDWORD lpExitCode)
{
    PROCESS_BASIC_INFORMATION about;
    return about_process(hProcess, &about) && win32_store(lpExitCode, (DWORD)about.ExitStatus);
}

static OBJECT_ATTRIBUTES no_name(BOOL inherit)
{
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, NULL, inherit ? OBJ_INHERIT : 0, NULL, NULL);
    return attributes;
}

HANDLE WINAPI OpenThread(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwThreadId)
{
    HANDLE handle;
    OBJECT_ATTRIBUTES attributes = no_name(bInheritHandle);
    CLIENT_ID id = {NULL, ULongToHandle(dwThreadId)};
    if (!win32_result(NtOpenThread(&handle, dwDesiredAccess, &attributes, &id)))
        return NULL;
    return handle;
}

HANDLE WINAPI OpenProcess(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwProcessId)
{
    HANDLE handle;
    OBJECT_ATTRIBUTES attributes = no_name(bInheritHandle);
    CLIENT_ID id = {ULongToHandle(dwProcessId), NULL};
    if (!win32_result(NtOpenProcess(&handle, dwDesiredAccess, &attributes, &id)))
        return NULL;
    return handle;
}

BOOL WINAPI SwitchToThread(VOID)
{
    return NtYieldExecution() != STATUS_NO_YIELD_PERFORMED;
}

DWORD WINAPI ResumeThread(HANDLE hThread)
{
    ULONG before;
    return win32_result(NtResumeThread(hThread, &before)) ? before : (DWORD)-1;
}

/* How often it was suspended before; -1: ERROR_SIGNAL_REFUSED (127 times), ERROR_ACCESS_DENIED (it is
 * ending). */
DWORD WINAPI SuspendThread(HANDLE hThread)
{
    ULONG before;
    return win32_result(NtSuspendThread(hThread, &before)) ? before : (DWORD)-1;
}

BOOL WINAPI SetThreadPriority(HANDLE hThread, int nPriority)
{
    LONG increment = nPriority;
    return win32_result(NtSetInformationThread(hThread, ThreadBasePriority, &increment, sizeof increment));
}

int WINAPI GetThreadPriority(HANDLE hThread)
{
    THREAD_BASIC_INFORMATION about;
    if (!about_thread(hThread, &about))
        return THREAD_PRIORITY_ERROR_RETURN;
    return about.BasePriority;
}

static VOID NTAPI call_apc(PVOID routine, PVOID data, PVOID unused)
{
    (void)unused;
    ((PAPCFUNC)routine)((ULONG_PTR)data);
}

DWORD WINAPI QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData)
{
    return (DWORD)win32_result(NtQueueApcThread(hThread, call_apc, (PVOID)pfnAPC, (PVOID)dwData, NULL));
}

/* --- affinity --- */

BOOL WINAPI GetProcessAffinityMask(HANDLE hProcess, PDWORD_PTR lpProcessAffinityMask,
                                   PDWORD_PTR lpSystemAffinityMask)
{
    PROCESS_BASIC_INFORMATION about;
    DWORD_PTR system = win32_all_processors();
    return about_process(hProcess, &about) &&
           win32_write(lpProcessAffinityMask, &about.AffinityMask, sizeof about.AffinityMask) &&
           win32_write(lpSystemAffinityMask, &system, sizeof system);
}

BOOL WINAPI SetProcessAffinityMask(HANDLE hProcess, DWORD_PTR dwProcessAffinityMask)
{
    return win32_result(NtSetInformationProcess(hProcess, ProcessAffinityMask, &dwProcessAffinityMask,
                                                sizeof dwProcessAffinityMask));
}

DWORD_PTR WINAPI SetThreadAffinityMask(HANDLE hThread, DWORD_PTR dwThreadAffinityMask)
{
    THREAD_BASIC_INFORMATION before;
    if (!about_thread(hThread, &before))
        return 0;
    NTSTATUS status = NtSetInformationThread(hThread, ThreadAffinityMask, &dwThreadAffinityMask,
                                             sizeof dwThreadAffinityMask);
    return win32_result(status) ? before.AffinityMask : 0;
}

/* --- thread-local storage --- */

DWORD WINAPI TlsAlloc(VOID)
{
    win32_lock();
    ULONGLONG used = win32_state()->tls_used;
    DWORD slot = ~used ? (DWORD)__builtin_ctzll(~used) : TLS_OUT_OF_INDEXES;
    if (slot != TLS_OUT_OF_INDEXES) {
        win32_state()->tls_used |= 1ull << slot;
        win32_tls_clear(slot);
    }
    win32_unlock();
    if (slot == TLS_OUT_OF_INDEXES)
        win32_error(ERROR_NO_MORE_ITEMS);
    return slot;
}

BOOL WINAPI TlsFree(DWORD dwTlsIndex)
{
    bool used = false;
    if (dwTlsIndex < TLS_MINIMUM_AVAILABLE) {
        win32_lock();
        used = win32_state()->tls_used >> dwTlsIndex & 1;
        win32_state()->tls_used &= ~(1ull << dwTlsIndex);
        win32_unlock();
    }
    return used ? TRUE : win32_error(ERROR_INVALID_PARAMETER);
}

/* Values are a thread's own, and need no lock. */
LPVOID WINAPI TlsGetValue(DWORD dwTlsIndex)
{
    if (dwTlsIndex >= TLS_MINIMUM_AVAILABLE) {
        win32_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    win32_set_last_error(ERROR_SUCCESS);
    return win32_tls_slots()[dwTlsIndex];
}

BOOL WINAPI TlsSetValue(DWORD dwTlsIndex, LPVOID lpTlsValue)
{
    if (dwTlsIndex >= TLS_MINIMUM_AVAILABLE)
        return win32_error(ERROR_INVALID_PARAMETER);
    win32_tls_slots()[dwTlsIndex] = lpTlsValue;
    return TRUE;
}
