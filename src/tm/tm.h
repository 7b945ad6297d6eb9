/*
 * The transaction manager's interface for the components above it: what a resource manager inside the system needs.
 */
#pragma once

#include <ntifs.h>

/* A volatile resource manager, referenced for the caller, with a transaction manager of its own and no handles. */
NTSTATUS TmpCreateInternalManager(PTM_RM_NOTIFICATION, PVOID context, PKRESOURCEMANAGER *);
/* An enlistment without a handle; lives until its transaction has ended. STATUS_TRANSACTION_NOT_ACTIVE. */
NTSTATUS TmpEnlist(PKRESOURCEMANAGER, PKTRANSACTION, NOTIFICATION_MASK, PVOID key);
/* The transaction behind a handle, referenced. */
NTSTATUS TmpTransactionByHandle(HANDLE, ACCESS_MASK, KPROCESSOR_MODE, PKTRANSACTION *);
/* As TmRollbackTransaction without waiting; whatever state the transaction is in. */
void TmpAbort(PKTRANSACTION);
