/*
 * Security: tokens, descriptors, access checks. Most of it is DDIs (include/ddk/ntio_ob.h), and what the object manager is told to ask
 * for (struct ob_security).
 */
#pragma once

#include "../ps/ps.h"

/* What an ACCESS_STATE points to besides itself. */
typedef struct _AUX_ACCESS_DATA {
    PPRIVILEGE_SET PrivilegesUsed;
    GENERIC_MAPPING GenericMapping;
    ACCESS_MASK AccessesToAudit;
    ACCESS_MASK MaximumAuditMask;
} AUX_ACCESS_DATA, *PAUX_ACCESS_DATA;

void se_start(void);
void se_stop(void);

/* NT's own: fills an access state for an open by the current thread; the generic rights are mapped when a mapping is given. */
/* A process gets its token: a copy of its parent's, or (none) a new one of that ntio_user. STATUS_INVALID_PARAMETER. */
NTSTATUS SeGiveToken(PEPROCESS, PEPROCESS parent, ULONG user);
/* The thread acts as the user of the token behind the handle; NULL: as itself. STATUS_BAD_TOKEN_TYPE. */
NTSTATUS SeSetThreadToken(PETHREAD, HANDLE token, KPROCESSOR_MODE);
NTSTATUS SeCreateAccessState(PACCESS_STATE, PAUX_ACCESS_DATA, ACCESS_MASK DesiredAccess, PGENERIC_MAPPING);
VOID SeDeleteAccessState(PACCESS_STATE);

/*
 * A self-relative descriptor from SDDL text, in system pool. Generic rights stay as they are. STATUS_INVALID_PARAMETER for text that is
 * none, and for entries of other types than A, D and AU.
 */
NTSTATUS SeDescriptorFromText(PCUNICODE_STRING text, PSECURITY_DESCRIPTOR *);
