/*
 * Transactions for clients: KtmW32 over the services.
 */
#include "win32p.h"

#include <ktmw32.h>

#include <string.h>

static HANDLE handle_or_not(NTSTATUS status, HANDLE handle)
{
    if (NT_SUCCESS(status))
        return handle;
    win32_fail(status);
    return INVALID_HANDLE_VALUE;
}

struct asked {
    OBJECT_ATTRIBUTES attributes;
    struct win32_wide text;
    UNICODE_STRING string, *given; /* NULL: the client gave none */
};

/* False, with the last error set. */
static bool read_asked(struct asked *a, LPSECURITY_ATTRIBUTES security, LPCWSTR text)
{
    SECURITY_ATTRIBUTES own = {0};
    *a = (struct asked){0};
    if (security && !win32_read(&own, security, sizeof own))
        return false;
    InitializeObjectAttributes(&a->attributes, NULL, own.bInheritHandle ? OBJ_INHERIT : 0, NULL,
                               own.lpSecurityDescriptor);
    if (!win32_wide_from_wide(&a->text, text))
        return false;
    if (a->text.length > 0x7FFE) {
        win32_wide_free(&a->text);
        return win32_error(ERROR_INVALID_PARAMETER);
    }
    USHORT size = (USHORT)(a->text.length * sizeof(WCHAR));
    a->string = (UNICODE_STRING){size, size, a->text.text};
    a->given = a->text.text ? &a->string : NULL;
    return true;
}

static LARGE_INTEGER relative(DWORD milliseconds)
{
    LARGE_INTEGER time = {.QuadPart = milliseconds == INFINITE ? 0 : -10000LL * milliseconds};
    return time;
}

/* --- transactions --- */

/* Timeout in milliseconds; 0 and INFINITE: none. UOW is reserved. INVALID_HANDLE_VALUE. (Windows SDK:
 * CreateTransaction) */
HANDLE WINAPI CreateTransaction(LPSECURITY_ATTRIBUTES lpTransactionAttributes, LPGUID UOW,
                                DWORD CreateOptions, DWORD IsolationLevel, DWORD IsolationFlags,
                                DWORD Timeout, LPWSTR Description)
{
    struct asked a;
    HANDLE handle = NULL;
    LARGE_INTEGER timeout = relative(Timeout);
    if (!read_asked(&a, lpTransactionAttributes, Description))
        return INVALID_HANDLE_VALUE;
    NTSTATUS status =
        NtCreateTransaction(&handle, TRANSACTION_ALL_ACCESS, &a.attributes, UOW, NULL, CreateOptions,
                            IsolationLevel, IsolationFlags, timeout.QuadPart ? &timeout : NULL, a.given);
    win32_wide_free(&a.text);
    return handle_or_not(status, handle);
}

HANDLE WINAPI OpenTransaction(DWORD dwDesiredAccess, LPGUID TransactionId)
{
    HANDLE handle = NULL;
    NTSTATUS status = NtOpenTransaction(&handle, dwDesiredAccess, NULL, TransactionId, NULL);
    return handle_or_not(status, handle);
}

BOOL WINAPI CommitTransaction(HANDLE TransactionHandle)
{
    return win32_result(NtCommitTransaction(TransactionHandle, TRUE));
}

/* The handle is signalled when it is over. */
BOOL WINAPI CommitTransactionAsync(HANDLE TransactionHandle)
{
    return win32_result(NtCommitTransaction(TransactionHandle, FALSE));
}

BOOL WINAPI RollbackTransaction(HANDLE TransactionHandle)
{
    return win32_result(NtRollbackTransaction(TransactionHandle, TRUE));
}

BOOL WINAPI RollbackTransactionAsync(HANDLE TransactionHandle)
{
    return win32_result(NtRollbackTransaction(TransactionHandle, FALSE));
}

BOOL WINAPI GetTransactionId(HANDLE TransactionHandle, LPGUID TransactionId)
{
    TRANSACTION_BASIC_INFORMATION info;
    NTSTATUS status = NtQueryInformationTransaction(TransactionHandle, TransactionBasicInformation, &info,
                                                    sizeof info, NULL);
    return win32_result(status) && win32_write(TransactionId, &info.TransactionId, sizeof info.TransactionId);
}

struct properties {
    TRANSACTION_PROPERTIES_INFORMATION info;
    WCHAR more[MAX_TRANSACTION_DESCRIPTION_LENGTH];
};

/* BufferLength in characters; ERROR_MORE_DATA: the description does not fit. */
BOOL WINAPI GetTransactionInformation(HANDLE TransactionHandle, PDWORD Outcome, PDWORD IsolationLevel,
                                      PDWORD IsolationFlags, PDWORD Timeout, DWORD BufferLength,
                                      LPWSTR Description)
{
    struct properties p = {0};
    NTSTATUS status = NtQueryInformationTransaction(TransactionHandle, TransactionPropertiesInformation, &p,
                                                    sizeof p, NULL);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    DWORD length = p.info.DescriptionLength / sizeof(WCHAR);
    PWSTR text = p.info.Description;
    text[length] = 0;
    if (!win32_store(Outcome, p.info.Outcome) || !win32_store(IsolationLevel, p.info.IsolationLevel) ||
        !win32_store(IsolationFlags, p.info.IsolationFlags) ||
        !win32_store(Timeout, (DWORD)(-p.info.Timeout.QuadPart / 10000)))
        return FALSE;
    if (!Description || !BufferLength)
        return TRUE;
    if (BufferLength <= length)
        return win32_error(ERROR_MORE_DATA);
    return win32_write(Description, text, (length + 1) * sizeof(WCHAR));
}

BOOL WINAPI SetTransactionInformation(HANDLE TransactionHandle, DWORD IsolationLevel, DWORD IsolationFlags,
                                      DWORD Timeout, LPWSTR Description)
{
    struct properties p = {.info = {.IsolationLevel = IsolationLevel,
                                    .IsolationFlags = IsolationFlags,
                                    .Timeout = relative(Timeout)}};
    struct win32_wide text;
    if (!win32_wide_from_wide(&text, Description))
        return FALSE;
    bool fits = text.length <= MAX_TRANSACTION_DESCRIPTION_LENGTH;
    if (fits && text.length)
        memcpy(p.info.Description, text.text, text.length * sizeof(WCHAR));
    p.info.DescriptionLength = (ULONG)(text.length * sizeof(WCHAR));
    win32_wide_free(&text);
    if (!fits)
        return win32_error(ERROR_INVALID_PARAMETER);
    return win32_result(
        NtSetInformationTransaction(TransactionHandle, TransactionPropertiesInformation, &p, sizeof p));
}

/* --- managers --- */

HANDLE WINAPI CreateTransactionManager(LPSECURITY_ATTRIBUTES lpTransactionAttributes, LPWSTR LogFileName,
                                       ULONG CreateOptions, ULONG CommitStrength)
{
    struct asked a;
    HANDLE handle = NULL;
    if (!read_asked(&a, lpTransactionAttributes, LogFileName))
        return INVALID_HANDLE_VALUE;
    NTSTATUS status = NtCreateTransactionManager(&handle, TRANSACTIONMANAGER_ALL_ACCESS, &a.attributes,
                                                 a.given, CreateOptions, CommitStrength);
    win32_wide_free(&a.text);
    return handle_or_not(status, handle);
}

HANDLE WINAPI OpenTransactionManagerById(LPGUID TransactionManagerId, ACCESS_MASK DesiredAccess,
                                         ULONG OpenOptions)
{
    HANDLE handle = NULL;
    NTSTATUS status =
        NtOpenTransactionManager(&handle, DesiredAccess, NULL, NULL, TransactionManagerId, OpenOptions);
    return handle_or_not(status, handle);
}

BOOL WINAPI RecoverTransactionManager(HANDLE TransactionManagerHandle)
{
    return win32_result(NtRecoverTransactionManager(TransactionManagerHandle));
}

static BOOL about_manager(HANDLE handle, PTRANSACTIONMANAGER_BASIC_INFORMATION info)
{
    return win32_result(NtQueryInformationTransactionManager(handle, TransactionManagerBasicInformation, info,
                                                             sizeof *info, NULL));
}

BOOL WINAPI GetTransactionManagerId(HANDLE TransactionManagerHandle, LPGUID TransactionManagerId)
{
    TRANSACTIONMANAGER_BASIC_INFORMATION info;
    return about_manager(TransactionManagerHandle, &info) &&
           win32_write(TransactionManagerId, &info.TmIdentity, sizeof info.TmIdentity);
}

BOOL WINAPI GetCurrentClockTransactionManager(HANDLE TransactionManagerHandle, PLARGE_INTEGER TmVirtualClock)
{
    TRANSACTIONMANAGER_BASIC_INFORMATION info;
    return about_manager(TransactionManagerHandle, &info) &&
           win32_write(TmVirtualClock, &info.VirtualClock, sizeof info.VirtualClock);
}

HANDLE WINAPI CreateResourceManager(LPSECURITY_ATTRIBUTES lpResourceManagerAttributes,
                                    LPGUID ResourceManagerID, DWORD CreateOptions, HANDLE TmHandle,
                                    LPWSTR Description)
{
    struct asked a;
    HANDLE handle = NULL;
    if (!read_asked(&a, lpResourceManagerAttributes, Description))
        return INVALID_HANDLE_VALUE;
    NTSTATUS status = NtCreateResourceManager(&handle, RESOURCEMANAGER_ALL_ACCESS, TmHandle,
                                              ResourceManagerID, &a.attributes, CreateOptions, a.given);
    win32_wide_free(&a.text);
    return handle_or_not(status, handle);
}

HANDLE WINAPI OpenResourceManager(DWORD dwDesiredAccess, HANDLE TmHandle, LPGUID RmGuid)
{
    HANDLE handle = NULL;
    NTSTATUS status = NtOpenResourceManager(&handle, dwDesiredAccess, TmHandle, RmGuid, NULL);
    return handle_or_not(status, handle);
}

BOOL WINAPI RecoverResourceManager(HANDLE ResourceManagerHandle)
{
    return win32_result(NtRecoverResourceManager(ResourceManagerHandle));
}

/* WAIT_TIMEOUT as last error when there was none in time. */
BOOL WINAPI GetNotificationResourceManager(HANDLE ResourceManagerHandle,
                                           PTRANSACTION_NOTIFICATION TransactionNotification,
                                           ULONG NotificationLength, DWORD dwMilliseconds,
                                           PULONG ReturnLength)
{
    LARGE_INTEGER timeout = relative(dwMilliseconds);
    NTSTATUS status =
        NtGetNotificationResourceManager(ResourceManagerHandle, TransactionNotification, NotificationLength,
                                         dwMilliseconds == INFINITE ? NULL : &timeout, ReturnLength, 0, 0);
    return status == STATUS_TIMEOUT ? win32_error(WAIT_TIMEOUT) : win32_result(status);
}

/* --- enlistments --- */

HANDLE WINAPI CreateEnlistment(LPSECURITY_ATTRIBUTES lpEnlistmentAttributes, HANDLE ResourceManagerHandle,
                               HANDLE TransactionHandle, NOTIFICATION_MASK NotificationMask,
                               DWORD CreateOptions, PVOID EnlistmentKey)
{
    struct asked a;
    HANDLE handle = NULL;
    if (!read_asked(&a, lpEnlistmentAttributes, NULL))
        return INVALID_HANDLE_VALUE;
    NTSTATUS status =
        NtCreateEnlistment(&handle, ENLISTMENT_ALL_ACCESS, ResourceManagerHandle, TransactionHandle,
                           &a.attributes, CreateOptions, NotificationMask, EnlistmentKey);
    win32_wide_free(&a.text);
    return handle_or_not(status, handle);
}

HANDLE WINAPI OpenEnlistment(DWORD dwDesiredAccess, HANDLE ResourceManagerHandle, LPGUID EnlistmentId)
{
    HANDLE handle = NULL;
    return handle_or_not(
        NtOpenEnlistment(&handle, dwDesiredAccess, ResourceManagerHandle, EnlistmentId, NULL), handle);
}

BOOL WINAPI GetEnlistmentId(HANDLE EnlistmentHandle, LPGUID EnlistmentId)
{
    ENLISTMENT_BASIC_INFORMATION info;
    NTSTATUS status =
        NtQueryInformationEnlistment(EnlistmentHandle, EnlistmentBasicInformation, &info, sizeof info, NULL);
    return win32_result(status) && win32_write(EnlistmentId, &info.EnlistmentId, sizeof info.EnlistmentId);
}

BOOL WINAPI RecoverEnlistment(HANDLE EnlistmentHandle, PVOID EnlistmentKey)
{
    return win32_result(NtRecoverEnlistment(EnlistmentHandle, EnlistmentKey));
}

#define ACTION(name)                                                                                         \
    BOOL WINAPI name(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock)                                 \
    {                                                                                                        \
        return win32_result(Nt##name(EnlistmentHandle, TmVirtualClock));                                     \
    }

ACTION(PrePrepareEnlistment)
ACTION(PrepareEnlistment)
ACTION(CommitEnlistment)
ACTION(RollbackEnlistment)
ACTION(PrePrepareComplete)
ACTION(PrepareComplete)
ACTION(CommitComplete)
ACTION(RollbackComplete)
ACTION(ReadOnlyEnlistment)
ACTION(SinglePhaseReject)
