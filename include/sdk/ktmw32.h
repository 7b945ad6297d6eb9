/*
 * Transactions for clients.
 */
#ifndef NTIO_KTMW32_H
#define NTIO_KTMW32_H
#define _INC_KTMW32
#define __KTMW32_H__

#include "ktmtypes.h"
#include "minwinbase.h"
#include "winnt.h"

#ifdef __cplusplus
extern "C" {
#endif

WINBASEAPI HANDLE WINAPI CreateTransaction(LPSECURITY_ATTRIBUTES lpTransactionAttributes, LPGUID UOW, DWORD CreateOptions,
                                           DWORD IsolationLevel, DWORD IsolationFlags, DWORD Timeout, LPWSTR Description);
WINBASEAPI HANDLE WINAPI OpenTransaction(DWORD dwDesiredAccess, LPGUID TransactionId);
WINBASEAPI BOOL WINAPI CommitTransaction(HANDLE TransactionHandle);
WINBASEAPI BOOL WINAPI CommitTransactionAsync(HANDLE TransactionHandle);
WINBASEAPI BOOL WINAPI RollbackTransaction(HANDLE TransactionHandle);
WINBASEAPI BOOL WINAPI RollbackTransactionAsync(HANDLE TransactionHandle);
WINBASEAPI BOOL WINAPI GetTransactionId(HANDLE TransactionHandle, LPGUID TransactionId);
WINBASEAPI BOOL WINAPI GetTransactionInformation(HANDLE TransactionHandle, PDWORD Outcome, PDWORD IsolationLevel,
                                                 PDWORD IsolationFlags, PDWORD Timeout, DWORD BufferLength,
                                                 LPWSTR Description);
WINBASEAPI BOOL WINAPI SetTransactionInformation(HANDLE TransactionHandle, DWORD IsolationLevel, DWORD IsolationFlags,
                                                 DWORD Timeout, LPWSTR Description);

WINBASEAPI HANDLE WINAPI CreateTransactionManager(LPSECURITY_ATTRIBUTES lpTransactionAttributes, LPWSTR LogFileName,
                                                  ULONG CreateOptions, ULONG CommitStrength);
WINBASEAPI HANDLE WINAPI OpenTransactionManagerById(LPGUID TransactionManagerId, ACCESS_MASK DesiredAccess,
                                                    ULONG OpenOptions);
WINBASEAPI BOOL WINAPI RecoverTransactionManager(HANDLE TransactionManagerHandle);
WINBASEAPI BOOL WINAPI GetTransactionManagerId(HANDLE TransactionManagerHandle, LPGUID TransactionManagerId);
WINBASEAPI BOOL WINAPI GetCurrentClockTransactionManager(HANDLE TransactionManagerHandle, PLARGE_INTEGER TmVirtualClock);

WINBASEAPI HANDLE WINAPI CreateResourceManager(LPSECURITY_ATTRIBUTES lpResourceManagerAttributes, LPGUID ResourceManagerID,
                                               DWORD CreateOptions, HANDLE TmHandle, LPWSTR Description);
WINBASEAPI HANDLE WINAPI OpenResourceManager(DWORD dwDesiredAccess, HANDLE TmHandle, LPGUID RmGuid);
WINBASEAPI BOOL WINAPI RecoverResourceManager(HANDLE ResourceManagerHandle);
WINBASEAPI BOOL WINAPI GetNotificationResourceManager(HANDLE ResourceManagerHandle,
                                                      PTRANSACTION_NOTIFICATION TransactionNotification,
                                                      ULONG NotificationLength, DWORD dwMilliseconds, PULONG ReturnLength);

WINBASEAPI HANDLE WINAPI CreateEnlistment(LPSECURITY_ATTRIBUTES lpEnlistmentAttributes, HANDLE ResourceManagerHandle,
                                          HANDLE TransactionHandle, NOTIFICATION_MASK NotificationMask, DWORD CreateOptions,
                                          PVOID EnlistmentKey);
WINBASEAPI HANDLE WINAPI OpenEnlistment(DWORD dwDesiredAccess, HANDLE ResourceManagerHandle, LPGUID EnlistmentId);
WINBASEAPI BOOL WINAPI GetEnlistmentId(HANDLE EnlistmentHandle, LPGUID EnlistmentId);
WINBASEAPI BOOL WINAPI RecoverEnlistment(HANDLE EnlistmentHandle, PVOID EnlistmentKey);

#define NTIO_ENLISTMENT_ACTION(name) WINBASEAPI BOOL WINAPI name(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock)
NTIO_ENLISTMENT_ACTION(PrePrepareEnlistment);
NTIO_ENLISTMENT_ACTION(PrepareEnlistment);
NTIO_ENLISTMENT_ACTION(CommitEnlistment);
NTIO_ENLISTMENT_ACTION(RollbackEnlistment);
NTIO_ENLISTMENT_ACTION(PrePrepareComplete);
NTIO_ENLISTMENT_ACTION(PrepareComplete);
NTIO_ENLISTMENT_ACTION(CommitComplete);
NTIO_ENLISTMENT_ACTION(RollbackComplete);
NTIO_ENLISTMENT_ACTION(ReadOnlyEnlistment);
NTIO_ENLISTMENT_ACTION(SinglePhaseReject);
#undef NTIO_ENLISTMENT_ACTION

#ifdef __cplusplus
}
#endif

#endif
