/*
 * Private to security. How the parts fit:
 *
 *   sids.c      the well-known identifiers, SeExports
 *   sddl.c      descriptors from text
 *   token.c     tokens, the client's user
 *   subject.c   who acts: subject contexts, impersonation, access states
 *   privilege.c access.c   the checks
 *   assign.c modify.c   descriptors of new objects; reading and changing those of old ones
 *   tokeninfo.c what a token tells
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
