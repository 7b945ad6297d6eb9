/*
 * The services for tokens: opening a process's or thread's, asking it, enabling its privileges.
 */
#include "sep.h"

static NTSTATUS open_token(struct sep_token *token, ACCESS_MASK access, ULONG attributes, PHANDLE out,
                           KPROCESSOR_MODE mode)
{
    HANDLE handle;
    if (mode != KernelMode)
        attributes &= ~(ULONG)OBJ_KERNEL_HANDLE;
    NTSTATUS status = ObOpenObjectByPointer(token, attributes, NULL, access, SEP->token_type, mode, &handle);
    return NT_SUCCESS(status) ? ObReturnHandle(handle, out, mode) : status;
}

static NTSTATUS open_of_process(HANDLE handle, ACCESS_MASK access, ULONG attributes, PHANDLE out)
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PEPROCESS process;
    NTSTATUS status = ObProbeHandleOut(out, mode);
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(handle, PROCESS_QUERY_LIMITED_INFORMATION, *PsProcessType, mode,
                                           (PVOID *)&process, NULL);
    if (status == STATUS_ACCESS_DENIED) /* whoever may know everything may know this */
        status = ObReferenceObjectByHandle(handle, PROCESS_QUERY_INFORMATION, *PsProcessType, mode,
                                           (PVOID *)&process, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = open_token(SepProcessToken(process), access, attributes, out, mode);
    ObpDereferenceObject(process);
    return status;
}

SERVICE(OpenProcessToken, (HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, PHANDLE TokenHandle),
        (ProcessHandle, DesiredAccess, TokenHandle))
{
    return open_of_process(ProcessHandle, DesiredAccess, 0, TokenHandle);
}

SERVICE(OpenProcessTokenEx,
        (HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, PHANDLE TokenHandle),
        (ProcessHandle, DesiredAccess, HandleAttributes, TokenHandle))
{
    return open_of_process(ProcessHandle, DesiredAccess, HandleAttributes, TokenHandle);
}

/* STATUS_NO_TOKEN: the thread impersonates nobody. */
static NTSTATUS open_of_thread(HANDLE handle, ACCESS_MASK access, BOOLEAN as_self, ULONG attributes,
                               PHANDLE out)
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PETHREAD thread;
    NTSTATUS status = ObProbeHandleOut(out, mode);
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(handle, THREAD_QUERY_INFORMATION, *PsThreadType, mode,
                                           (PVOID *)&thread, NULL);
    if (!NT_SUCCESS(status))
        return status;
    BOOLEAN copies, effective_only;
    SECURITY_IMPERSONATION_LEVEL level;
    struct sep_token *token = SepReferenceClient(thread, &copies, &effective_only, &level);
    ObpDereferenceObject(thread);
    if (!token)
        return STATUS_NO_TOKEN;
    if (level == SecurityAnonymous) {
        status = STATUS_CANT_OPEN_ANONYMOUS;
    } else if (copies) { /* who adjusts it adjusts his own */
        struct sep_token *copy = SepDuplicateToken(token, TokenImpersonation, level, effective_only);
        ObpDereferenceObject(token);
        token = copy;
        status = copy ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    struct sep_client was = {0};
    if (NT_SUCCESS(status) && as_self)
        SepPauseClient(&was);
    if (NT_SUCCESS(status))
        status = open_token(token, access, attributes, out, mode);
    SepResumeClient(&was);
    if (token)
        ObpDereferenceObject(token);
    return status;
}

SERVICE(OpenThreadToken,
        (HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf, PHANDLE TokenHandle),
        (ThreadHandle, DesiredAccess, OpenAsSelf, TokenHandle))
{
    return open_of_thread(ThreadHandle, DesiredAccess, OpenAsSelf, 0, TokenHandle);
}

SERVICE(OpenThreadTokenEx,
        (HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf, ULONG HandleAttributes,
         PHANDLE TokenHandle),
        (ThreadHandle, DesiredAccess, OpenAsSelf, HandleAttributes, TokenHandle))
{
    return open_of_thread(ThreadHandle, DesiredAccess, OpenAsSelf, HandleAttributes, TokenHandle);
}

/* --- asking --- */

/*
 * STATUS_BUFFER_TOO_SMALL, with the length needed in ReturnLength; STATUS_INVALID_INFO_CLASS. The identifiers
 * stand behind the structure that points to them. (WDK: ZwQueryInformationToken)
 */
SERVICE(QueryInformationToken,
        (HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass, PVOID TokenInformation,
         ULONG TokenInformationLength, PULONG ReturnLength),
        (TokenHandle, TokenInformationClass, TokenInformation, TokenInformationLength, ReturnLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct sep_token *token;
    PVOID answer = NULL;
    ULONG length = 0, source = (ULONG)TokenInformationClass == TokenSource;
    NTSTATUS status = ObReferenceObjectByHandle(TokenHandle, source ? TOKEN_QUERY_SOURCE : TOKEN_QUERY,
                                                SEP->token_type, mode, (PVOID *)&token, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = SepQueryToken(token, (ULONG)TokenInformationClass, TokenInformation, &answer, &length);
    ObpDereferenceObject(token);
    if (!NT_SUCCESS(status))
        return status;
    status = TokenInformationLength < length ? STATUS_BUFFER_TOO_SMALL
                                             : MmCopyToMode(TokenInformation, answer, length, mode);
    MmFreeSystemPool(answer);
    if (NT_SUCCESS(status) || status == STATUS_BUFFER_TOO_SMALL) {
        NTSTATUS told = MmCopyToMode(ReturnLength, &length, sizeof length, mode);
        if (!NT_SUCCESS(told))
            status = told;
    }
    return status;
}

/* --- privileges --- */

enum { MOST_PRIVILEGES = 64 };

struct privileges {
    ULONG PrivilegeCount;
    LUID_AND_ATTRIBUTES Privileges[MOST_PRIVILEGES];
};

static NTSTATUS capture(PTOKEN_PRIVILEGES given, KPROCESSOR_MODE mode, struct privileges *own)
{
    NTSTATUS status = MmCopyFromMode(&own->PrivilegeCount, &given->PrivilegeCount, sizeof(ULONG), mode);
    if (NT_SUCCESS(status) && own->PrivilegeCount > MOST_PRIVILEGES)
        status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status))
        status = MmCopyFromMode(own->Privileges, given->Privileges,
                                own->PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES), mode);
    return status;
}

/* Of one privilege: adds what it was to the old ones if it changes. False: the token does not have it. */
static bool adjust(struct sep_token *token, const LUID_AND_ATTRIBUTES *wanted, struct privileges *old)
{
    ULONG bit = wanted->Luid.LowPart;
    if (wanted->Luid.HighPart || bit >= 64 || !(atomic_load(&token->Privileges) >> bit & 1))
        return false;
    if (wanted->Attributes & SE_PRIVILEGE_REMOVED) { /* for good */
        atomic_fetch_and(&token->EnabledPrivileges, ~(UINT64_C(1) << bit));
        atomic_fetch_and(&token->Privileges, ~(UINT64_C(1) << bit));
        return true;
    }
    ULONG64 mask = UINT64_C(1) << bit, enabled = atomic_load(&token->EnabledPrivileges);
    bool on = wanted->Attributes & SE_PRIVILEGE_ENABLED;
    if (on == ((enabled & mask) != 0))
        return true;
    old->Privileges[old->PrivilegeCount++] = (LUID_AND_ATTRIBUTES){
        wanted->Luid, (token->DefaultPrivileges & mask ? SE_PRIVILEGE_ENABLED_BY_DEFAULT : 0) |
                          (enabled & mask ? SE_PRIVILEGE_ENABLED : 0)};
    if (on)
        atomic_fetch_or(&token->EnabledPrivileges, mask);
    else
        atomic_fetch_and(&token->EnabledPrivileges, ~mask);
    return true;
}

static ULONG size_of(const struct privileges *list)
{
    return (ULONG)(FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) +
                   list->PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES));
}

/* Without a change: what would be told. */
static ULONG room_for_old(struct sep_token *token, const struct privileges *wanted)
{
    struct privileges would = {0};
    ULONG64 enabled = atomic_load(&token->EnabledPrivileges);
    for (ULONG i = 0; i < wanted->PrivilegeCount; i++) {
        ULONG bit = wanted->Privileges[i].Luid.LowPart;
        if (bit < 64 && atomic_load(&token->Privileges) >> bit & 1 &&
            (enabled >> bit & 1) != ((wanted->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED) != 0))
            would.PrivilegeCount++;
    }
    return size_of(&would);
}

static NTSTATUS adjust_all(struct sep_token *token, const struct privileges *wanted,
                           PTOKEN_PRIVILEGES previous, ULONG length, PULONG needed, KPROCESSOR_MODE mode)
{
    struct privileges old = {0};
    NTSTATUS status = STATUS_SUCCESS;
    if (previous) {
        ULONG room = room_for_old(token, wanted);
        status = MmCopyToMode(needed, &room, sizeof room, mode);
        if (NT_SUCCESS(status) && room > length)
            status = STATUS_BUFFER_TOO_SMALL;
        if (!NT_SUCCESS(status))
            return status;
    }
    for (ULONG i = 0; i < wanted->PrivilegeCount; i++)
        if (!adjust(token, &wanted->Privileges[i], &old))
            status = STATUS_NOT_ALL_ASSIGNED;
    SepTokenChanged(token);
    if (previous) {
        NTSTATUS copied = MmCopyToMode(previous, &old, size_of(&old), mode);
        if (!NT_SUCCESS(copied))
            return copied;
    }
    return status;
}

static void all_off(struct sep_token *token, struct privileges *wanted)
{
    wanted->PrivilegeCount = 0;
    for (ULONG bit = 0; bit < 64; bit++)
        if (atomic_load(&token->Privileges) >> bit & 1)
            wanted->Privileges[wanted->PrivilegeCount++] = (LUID_AND_ATTRIBUTES){{bit, 0}, 0};
}

/* STATUS_NOT_ALL_ASSIGNED, which is a success: the token does not have all of them. */
SERVICE(AdjustPrivilegesToken,
        (HANDLE TokenHandle, BOOLEAN DisableAllPrivileges, PTOKEN_PRIVILEGES NewState, ULONG BufferLength,
         PTOKEN_PRIVILEGES PreviousState, PULONG ReturnLength),
        (TokenHandle, DisableAllPrivileges, NewState, BufferLength, PreviousState, ReturnLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct sep_token *token;
    struct privileges wanted;
    if (!DisableAllPrivileges && !NewState)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status =
        ObReferenceObjectByHandle(TokenHandle, TOKEN_ADJUST_PRIVILEGES | (PreviousState ? TOKEN_QUERY : 0),
                                  SEP->token_type, mode, (PVOID *)&token, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (DisableAllPrivileges)
        all_off(token, &wanted);
    else
        status = capture(NewState, mode, &wanted);
    if (NT_SUCCESS(status))
        status = adjust_all(token, &wanted, PreviousState, BufferLength, ReturnLength, mode);
    ObpDereferenceObject(token);
    return status;
}

/* Never given again until the machine stops. (WDK: ZwAllocateLocallyUniqueId) */
SERVICE(AllocateLocallyUniqueId, (PLUID Luid), (Luid))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    NTSTATUS status = mode == KernelMode ? STATUS_SUCCESS : MmProbe(Luid, sizeof *Luid, sizeof(ULONG), true);
    if (!NT_SUCCESS(status))
        return status;
    LUID luid = SepNewLuid();
    return MmCopyToMode(Luid, &luid, sizeof luid, mode);
}
