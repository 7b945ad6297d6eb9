/*
 * The identifiers that everybody knows.
 */
#include "sep.h"

struct well_known {
    UCHAR Revision, Count, Authority[6];
    ULONG Sub[6];
    char Alias[4];
};

static const struct well_known table[SEP_SID_COUNT] = {
#define SEP_SID(name, alias, authority, count, ...)                                                          \
    {SID_REVISION, count, {0, 0, 0, 0, 0, authority}, {__VA_ARGS__}, alias},
    SEP_SIDS
#undef SEP_SID
};

PSID sep_sid(enum sep_sid_index index)
{
    return (PSID)&table[index];
}

PSID sep_sid_by_alias(const WCHAR letters[2])
{
    WCHAR a = RtlUpcaseUnicodeChar(letters[0]), b = RtlUpcaseUnicodeChar(letters[1]);
    for (size_t i = 0; i < SEP_SID_COUNT; i++)
        if (table[i].Alias[0] == (char)a && table[i].Alias[1] == (char)b && a < 0x80 && b < 0x80 && a)
            return (PSID)&table[i];
    return NULL;
}

/* What drivers import: privileges and identifiers by their names. (WDK: SE_EXPORTS) */
#define PRIVILEGE(name, value) .Se##name##Privilege = {SE_##value##_PRIVILEGE, 0}
#define IDENTIFIER(name)       .Se##name##Sid = (PSID)&table[SEP_##name]
static const SE_EXPORTS exports = {
    PRIVILEGE(CreateToken, CREATE_TOKEN),
    PRIVILEGE(AssignPrimaryToken, ASSIGNPRIMARYTOKEN),
    PRIVILEGE(LockMemory, LOCK_MEMORY),
    PRIVILEGE(IncreaseQuota, INCREASE_QUOTA),
    PRIVILEGE(UnsolicitedInput, MACHINE_ACCOUNT),
    PRIVILEGE(Tcb, TCB),
    PRIVILEGE(Security, SECURITY),
    PRIVILEGE(TakeOwnership, TAKE_OWNERSHIP),
    PRIVILEGE(LoadDriver, LOAD_DRIVER),
    PRIVILEGE(CreatePagefile, CREATE_PAGEFILE),
    PRIVILEGE(IncreaseBasePriority, INC_BASE_PRIORITY),
    PRIVILEGE(SystemProfile, SYSTEM_PROFILE),
    PRIVILEGE(Systemtime, SYSTEMTIME),
    PRIVILEGE(ProfileSingleProcess, PROF_SINGLE_PROCESS),
    PRIVILEGE(CreatePermanent, CREATE_PERMANENT),
    PRIVILEGE(Backup, BACKUP),
    PRIVILEGE(Restore, RESTORE),
    PRIVILEGE(Shutdown, SHUTDOWN),
    PRIVILEGE(Debug, DEBUG),
    PRIVILEGE(Audit, AUDIT),
    PRIVILEGE(SystemEnvironment, SYSTEM_ENVIRONMENT),
    PRIVILEGE(ChangeNotify, CHANGE_NOTIFY),
    PRIVILEGE(RemoteShutdown, REMOTE_SHUTDOWN),
    PRIVILEGE(Undock, UNDOCK),
    PRIVILEGE(SyncAgent, SYNC_AGENT),
    PRIVILEGE(EnableDelegation, ENABLE_DELEGATION),
    PRIVILEGE(ManageVolume, MANAGE_VOLUME),
    PRIVILEGE(Impersonate, IMPERSONATE),
    PRIVILEGE(CreateGlobal, CREATE_GLOBAL),
    PRIVILEGE(TrustedCredManAccess, TRUSTED_CREDMAN_ACCESS),
    PRIVILEGE(Relabel, RELABEL),
    PRIVILEGE(IncreaseWorkingSet, INC_WORKING_SET),
    PRIVILEGE(TimeZone, TIME_ZONE),
    PRIVILEGE(CreateSymbolicLink, CREATE_SYMBOLIC_LINK),
    IDENTIFIER(Null),
    IDENTIFIER(World),
    IDENTIFIER(Local),
    IDENTIFIER(CreatorOwner),
    IDENTIFIER(CreatorGroup),
    IDENTIFIER(NtAuthority),
    IDENTIFIER(Dialup),
    IDENTIFIER(Network),
    IDENTIFIER(Batch),
    IDENTIFIER(Interactive),
    IDENTIFIER(LocalSystem),
    IDENTIFIER(AliasAdmins),
    IDENTIFIER(AliasUsers),
    IDENTIFIER(AliasGuests),
    IDENTIFIER(AliasPowerUsers),
    IDENTIFIER(AliasAccountOps),
    IDENTIFIER(AliasSystemOps),
    IDENTIFIER(AliasPrintOps),
    IDENTIFIER(AliasBackupOps),
    IDENTIFIER(AuthenticatedUsers),
    IDENTIFIER(Restricted),
    IDENTIFIER(AnonymousLogon),
    IDENTIFIER(LocalService),
    IDENTIFIER(NetworkService),
    IDENTIFIER(IUser),
    IDENTIFIER(UntrustedMandatory),
    IDENTIFIER(LowMandatory),
    IDENTIFIER(MediumMandatory),
    IDENTIFIER(HighMandatory),
    IDENTIFIER(SystemMandatory),
    IDENTIFIER(OwnerRights),
};
PSE_EXPORTS SeExports = (PSE_EXPORTS)&exports;
