/*
 * Private to security. How the parts fit:
 *
 *   sids.c      the well-known identifiers, SeExports
 *   sddl.c      descriptors from text
 *   token.c     tokens, the client's user
 *   derive.c    tokens made from others: duplicates, restricted ones; what SeFilterToken does
 *   subject.c   who acts: subject contexts, access states
 *   client.c    impersonation: who a thread acts as
 *   privilege.c access.c   the checks
 *   assign.c modify.c   descriptors of new objects; reading and changing those of old ones
 *   tokeninfo.c what a token tells; tokenservice.c, tokenmake.c the services for it
 *   object.c    what the object manager asks for
 */
#pragma once

#include "../ke/service.h"
#include "../mm/mm.h"
#include "../rtl/security.h"
#include "se.h"

#include <stdlib.h>
#include <string.h>

#define SE_TAG_DESCRIPTOR 'dSeS'
#define SE_TAG_TOKEN      'oTeS'

/* --- identifiers --- */

/* name, SDDL alias ("" for none), authority, how many subauthorities, they */
#define SEP_SIDS                                                                                             \
    SEP_SID(Null, "", 0, 1, 0)                                                                               \
    SEP_SID(World, "WD", 1, 1, 0)                                                                            \
    SEP_SID(Local, "", 2, 1, 0)                                                                              \
    SEP_SID(CreatorOwner, "CO", 3, 1, 0)                                                                     \
    SEP_SID(CreatorGroup, "CG", 3, 1, 1)                                                                     \
    SEP_SID(OwnerRights, "OW", 3, 1, 4)                                                                      \
    SEP_SID(NtAuthority, "", 5, 0, 0)                                                                        \
    SEP_SID(Dialup, "", 5, 1, 1)                                                                             \
    SEP_SID(Network, "NU", 5, 1, 2)                                                                          \
    SEP_SID(Batch, "", 5, 1, 3)                                                                              \
    SEP_SID(Interactive, "IU", 5, 1, 4)                                                                      \
    SEP_SID(Service, "SU", 5, 1, 6)                                                                          \
    SEP_SID(AnonymousLogon, "AN", 5, 1, 7)                                                                   \
    SEP_SID(EnterpriseControllers, "ED", 5, 1, 9)                                                            \
    SEP_SID(PrincipalSelf, "PS", 5, 1, 10)                                                                   \
    SEP_SID(AuthenticatedUsers, "AU", 5, 1, 11)                                                              \
    SEP_SID(Restricted, "RC", 5, 1, 12)                                                                      \
    SEP_SID(IUser, "", 5, 1, 17)                                                                             \
    SEP_SID(LocalSystem, "SY", 5, 1, 18)                                                                     \
    SEP_SID(LocalService, "LS", 5, 1, 19)                                                                    \
    SEP_SID(NetworkService, "NS", 5, 1, 20)                                                                  \
    SEP_SID(WriteRestricted, "WR", 5, 1, 33)                                                                 \
    SEP_SID(UserModeDrivers, "UD", 5, 6, 84, 0, 0, 0, 0, 0)                                                  \
    SEP_SID(LogonSession, "", 5, 3, 5, 0, 1000)                                                              \
    SEP_SID(AliasAdmins, "BA", 5, 2, 32, 544)                                                                \
    SEP_SID(AliasUsers, "BU", 5, 2, 32, 545)                                                                 \
    SEP_SID(AliasGuests, "BG", 5, 2, 32, 546)                                                                \
    SEP_SID(AliasPowerUsers, "PU", 5, 2, 32, 547)                                                            \
    SEP_SID(AliasAccountOps, "AO", 5, 2, 32, 548)                                                            \
    SEP_SID(AliasSystemOps, "SO", 5, 2, 32, 549)                                                             \
    SEP_SID(AliasPrintOps, "PO", 5, 2, 32, 550)                                                              \
    SEP_SID(AliasBackupOps, "BO", 5, 2, 32, 551)                                                             \
    SEP_SID(AliasReplicator, "RE", 5, 2, 32, 552)                                                            \
    SEP_SID(AliasPreWindows2000, "RU", 5, 2, 32, 554)                                                        \
    SEP_SID(AliasRemoteDesktop, "RD", 5, 2, 32, 555)                                                         \
    SEP_SID(AliasNetworkConfiguration, "NO", 5, 2, 32, 556)                                                  \
    SEP_SID(AliasMonitoring, "MU", 5, 2, 32, 558)                                                            \
    SEP_SID(AliasLogging, "LU", 5, 2, 32, 559)                                                               \
    SEP_SID(AliasIisUsers, "IS", 5, 2, 32, 568)                                                              \
    SEP_SID(AliasCryptoOps, "CY", 5, 2, 32, 569)                                                             \
    SEP_SID(AliasEventLogReaders, "ER", 5, 2, 32, 573)                                                       \
    SEP_SID(AliasDcomAccess, "CD", 5, 2, 32, 574)                                                            \
    SEP_SID(AliasHyperVAdmins, "HA", 5, 2, 32, 578)                                                          \
    SEP_SID(AliasAssistance, "AA", 5, 2, 32, 579)                                                            \
    SEP_SID(AliasRemoteManagement, "RM", 5, 2, 32, 580)                                                      \
    SEP_SID(LocalAdministrator, "LA", 5, 5, 21, SEP_MACHINE, 500)                                            \
    SEP_SID(LocalGuest, "LG", 5, 5, 21, SEP_MACHINE, 501)                                                    \
    SEP_SID(NoneGroup, "", 5, 5, 21, SEP_MACHINE, 513)                                                       \
    SEP_SID(PlainUser, "", 5, 5, 21, SEP_MACHINE, 1001)                                                      \
    SEP_SID(AllPackages, "AC", 15, 2, 2, 1)                                                                  \
    SEP_SID(UntrustedMandatory, "", 16, 1, 0)                                                                \
    SEP_SID(LowMandatory, "LW", 16, 1, 0x1000)                                                               \
    SEP_SID(MediumMandatory, "ME", 16, 1, 0x2000)                                                            \
    SEP_SID(HighMandatory, "HI", 16, 1, 0x3000)                                                              \
    SEP_SID(SystemMandatory, "SI", 16, 1, 0x4000)
/* This machine's own part of the identifiers of its accounts. */
#define SEP_MACHINE 1000000001, 1000000002, 1000000003

enum sep_sid_index {
#define SEP_SID(name, ...) SEP_##name,
    SEP_SIDS
#undef SEP_SID
        SEP_SID_COUNT
};
PSID sep_sid(enum sep_sid_index);
/* By its two letters, in either case; NULL: no such alias. */
PSID sep_sid_by_alias(const WCHAR letters[2]);

/* --- tokens --- */

#define SEP_MOST_GROUPS 24

struct sep_token { /* the body of a Token object; its identifiers are the constants of sids.c */
    LUID TokenId, AuthenticationId;
    _Atomic LONG Modified; /* the low part of its ModifiedId */
    TOKEN_TYPE Type;
    SECURITY_IMPERSONATION_LEVEL Level; /* of an impersonation token */
    ULONG SessionId;
    ULONG Groups; /* the first is the user */
    SID_AND_ATTRIBUTES Group[SEP_MOST_GROUPS];
    ULONG RestrictedSids; /* not none: access needs these to be let in as well */
    SID_AND_ATTRIBUTES RestrictedSid[SEP_MOST_GROUPS];
    bool WriteRestricted; /* ... to write only */
    bool SandboxInert;
    PSID Integrity;
    PSID _Atomic Owner, PrimaryGroup; /* of the groups' */
    _Atomic ULONG64 Privileges;       /* held: bit n is the privilege with the LUID n */
    ULONG64 DefaultPrivileges;        /* enabled from the start */
    _Atomic ULONG64 EnabledPrivileges;
    const enum sep_sid_index *DefaultDacl; /* ends with SEP_SID_COUNT; each gets the mask of the same place below */
    const ACCESS_MASK *DefaultMasks;
    PACL _Atomic OwnDacl; /* instead, when somebody has set one; its revision 0: none at all */
    struct sep_memory *_Atomic Memory; /* identifiers and lists of its own, as long as it lives: readers need no lock */
};

struct sep_state {
    POBJECT_TYPE token_type;
    _Atomic LONG next_luid;
    _Atomic unsigned lock;     /* the list of tokens, and whom threads act as */
    struct sep_tokens *tokens; /* every token that was a process's: who reads EPROCESS.Token needs no reference; and those that
                                  somebody else took from a thread, which may be looking at them */
};
#define SEP (ntio_machine.se)

enum sep_user { SEP_ADMINISTRATOR, SEP_USER, SEP_RESTRICTED, SEP_SYSTEM };
NTSTATUS SepCreateToken(enum sep_user, struct sep_token **);
/* NULL: no memory. Effective only: without what is disabled. */
struct sep_token *SepDuplicateToken(struct sep_token *, TOKEN_TYPE, SECURITY_IMPERSONATION_LEVEL, bool effective_only);
NTSTATUS SepCreateTokenObject(struct sep_token **);
LUID SepNewLuid(void);
void SepTokenChanged(struct sep_token *);
/* A copy that lives as long as the token; NULL: no memory. */
PVOID SepKeep(struct sep_token *, const void *, size_t size);
/*
 * Restricted: groups that only deny from then on, privileges gone, identifiers that have to be let in too. Flags: SeFilterToken's.
 * STATUS_INVALID_PARAMETER, STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS SepFilterToken(struct sep_token *, ULONG flags, const TOKEN_GROUPS *disable, const TOKEN_PRIVILEGES *remove,
                        const TOKEN_GROUPS *restricted, struct sep_token **);
void SepDeleteToken(PVOID);
void SepRetire(PVOID token); /* takes a reference over until the machine stops */
struct sep_client {
    struct sep_token *token;
    SECURITY_IMPERSONATION_LEVEL level;
    BOOLEAN copies, effective_only;
};
/* The current thread is itself for a while. */
void SepPauseClient(struct sep_client *);
void SepResumeClient(struct sep_client *);
/* Whom the thread acts as, referenced; NULL: nobody. */
struct sep_token *SepReferenceClient(PETHREAD, PBOOLEAN copy_on_open, PBOOLEAN effective_only,
                                     SECURITY_IMPERSONATION_LEVEL *);
PVOID SepProcessToken(PEPROCESS);
/*
 * The answer to a query in system pool, its pointers as if it stood at `at`. STATUS_INVALID_INFO_CLASS,
 * STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS SepQueryToken(struct sep_token *, ULONG class, PVOID at, PVOID *answer, ULONG *size);
/* From malloc; NULL: new objects get none. STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS SepDefaultDacl(struct sep_token *, PACL *);

static inline bool sep_has_privilege(struct sep_token *token, ULONG privilege)
{
    return token && atomic_load_explicit(&token->EnabledPrivileges, memory_order_relaxed) >> privilege & 1;
}
static inline LUID sep_modified(struct sep_token *token)
{
    return (LUID){(ULONG)atomic_load_explicit(&token->Modified, memory_order_relaxed), 0};
}
static inline void sep_lock(void)
{
    for (unsigned turn = 0; atomic_exchange_explicit(&SEP->lock, 1, memory_order_acquire);)
        host_spin(turn++);
}
static inline void sep_unlock(void)
{
    atomic_store_explicit(&SEP->lock, 0, memory_order_release);
}
/* Who acts in this context: the client if the thread impersonates one. */
static inline struct sep_token *sep_effective(PSECURITY_SUBJECT_CONTEXT subject)
{
    return subject->ClientToken ? subject->ClientToken : subject->PrimaryToken;
}
/* Whether the token has the identifier: to allow something (deny-only ones do not count) or to deny it. */
bool SepTokenHas(const struct sep_token *, PSID, bool to_deny);
bool SepRestrictedHas(const struct sep_token *, PSID);

/* --- descriptors --- */

/* The access check on a descriptor that is good; `privileges` gathers the privileges that were needed (bit set). */
NTSTATUS SepAccessCheck(PSECURITY_DESCRIPTOR, struct sep_token *, ACCESS_MASK desired, ACCESS_MASK previous,
                        const GENERIC_MAPPING *, ACCESS_MASK *granted, ULONG64 *privileges);
/*
 * The descriptor of a new object in system pool, self-relative, complete, with generic rights mapped.
 * STATUS_INVALID_OWNER, STATUS_PRIVILEGE_NOT_HELD.
 */
NTSTATUS SepAssign(PSECURITY_DESCRIPTOR parent, PSECURITY_DESCRIPTOR given, BOOLEAN directory, struct sep_token *,
                   const GENERIC_MAPPING *, KPROCESSOR_MODE, PSECURITY_DESCRIPTOR *result);
/* A caller's descriptor, self-relative in system pool. STATUS_INVALID_SECURITY_DESCR, STATUS_UNKNOWN_REVISION, STATUS_INVALID_SID, ... */
NTSTATUS SepCapture(PSECURITY_DESCRIPTOR given, KPROCESSOR_MODE, PSECURITY_DESCRIPTOR *own);
/* What is asked for of a descriptor, self-relative; *needed: its size. STATUS_BUFFER_TOO_SMALL. */
NTSTATUS SepQuery(PSECURITY_DESCRIPTOR, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR to, ULONG length, ULONG *needed);
/* The old descriptor with parts of another, in system pool. */
NTSTATUS SepReplace(PSECURITY_DESCRIPTOR old, PSECURITY_DESCRIPTOR from, SECURITY_INFORMATION, struct sep_token *,
                    const GENERIC_MAPPING *, KPROCESSOR_MODE, PSECURITY_DESCRIPTOR *result);

void sep_start_objects(void);
void sep_stop_objects(void);
