/*
 * What the object manager asks for, and who may do what with the objects that were there before.
 */
#include "sep.h"

#define GENERIC_BITS (GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL)

static void subject(PACCESS_STATE state)
{
    PETHREAD thread = PspCurrentThread();
    state->SubjectSecurityContext.PrimaryToken = SepProcessToken(PspCurrentProcess());
    PVOID client = thread->ImpersonationToken; /* it lives on if another thread takes it away */
    if (client && thread->AttachedProcess == thread->ActsIn) {
        state->SubjectSecurityContext.ClientToken = client;
        state->SubjectSecurityContext.ImpersonationLevel =
            (SECURITY_IMPERSONATION_LEVEL)thread->ImpersonationLevel;
    }
    if (sep_has_privilege(sep_effective(&state->SubjectSecurityContext), SE_CHANGE_NOTIFY_PRIVILEGE))
        state->Flags |= TOKEN_HAS_TRAVERSE_PRIVILEGE;
}

static void note_privileges(PACCESS_STATE state, ULONG64 used)
{
    PINITIAL_PRIVILEGE_SET set = &state->Privileges.InitialPrivilegeSet;
    for (ULONG bit = 0; bit < 64; bit++)
        if (used >> bit & 1 && set->PrivilegeCount < INITIAL_PRIVILEGE_COUNT)
            set->Privilege[set->PrivilegeCount++] =
                (LUID_AND_ATTRIBUTES){{bit, 0}, SE_PRIVILEGE_USED_FOR_ACCESS};
}

static NTSTATUS check(PSECURITY_DESCRIPTOR descriptor, PACCESS_STATE state, const GENERIC_MAPPING *mapping)
{
    static const SECURITY_DESCRIPTOR open = {.Revision = SECURITY_DESCRIPTOR_REVISION};
    PSECURITY_SUBJECT_CONTEXT context = &state->SubjectSecurityContext;
    ACCESS_MASK granted;
    ULONG64 used;
    if (context->ClientToken && context->ImpersonationLevel < SecurityImpersonation)
        return STATUS_BAD_IMPERSONATION_LEVEL;
    if (!state->RemainingDesiredAccess) /* asking for nothing is allowed here */
        return STATUS_SUCCESS;
    NTSTATUS status = SepAccessCheck(descriptor ? descriptor : (PSECURITY_DESCRIPTOR)&open,
                                     sep_effective(context), state->RemainingDesiredAccess,
                                     state->PreviouslyGrantedAccess, mapping, &granted, &used);
    if (!NT_SUCCESS(status))
        return status;
    state->PreviouslyGrantedAccess |= granted;
    state->RemainingDesiredAccess &= ~(granted | MAXIMUM_ALLOWED | GENERIC_BITS);
    note_privileges(state, used);
    return STATUS_SUCCESS;
}

static NTSTATUS assign(PSECURITY_DESCRIPTOR parent, PSECURITY_DESCRIPTOR given, BOOLEAN directory,
                       PACCESS_STATE state, const GENERIC_MAPPING *mapping, KPROCESSOR_MODE mode,
                       PSECURITY_DESCRIPTOR *result)
{
    struct sep_token *token = sep_effective(&state->SubjectSecurityContext);
    if (!token)
        token = SepProcessToken(ps_system_process());
    return SepAssign(parent, given, directory, token, mapping, mode, result);
}

static NTSTATUS replace(PSECURITY_DESCRIPTOR old, PSECURITY_DESCRIPTOR from, SECURITY_INFORMATION what,
                        const GENERIC_MAPPING *mapping, KPROCESSOR_MODE mode, PSECURITY_DESCRIPTOR *result)
{
    SECURITY_SUBJECT_CONTEXT context;
    SeCaptureSubjectContext(&context);
    NTSTATUS status = SepReplace(old, from, what, sep_effective(&context), mapping, mode, result);
    SeReleaseSubjectContext(&context);
    return status;
}

/* --- the objects that were there before --- */

#define EVERYBODY_LOOKS L"O:BAG:SYD:P(A;;0x3;;;WD)(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x3;;;RC)"
/* One map of DOS devices stands for everybody's own as well, in which everybody may make links. */
#define EVERYBODY_MAKES L"O:BAG:SYD:P(A;;0xF;;;WD)(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x3;;;RC)"

static void guard(PVOID object, const WCHAR *text, const GENERIC_MAPPING *mapping)
{
    UNICODE_STRING sddl;
    PSECURITY_DESCRIPTOR plain, made;
    RtlInitUnicodeString(&sddl, text);
    if (!NT_SUCCESS(SeDescriptorFromText(&sddl, &plain)))
        return;
    if (NT_SUCCESS(SepAssign(NULL, plain, FALSE, SepProcessToken(ps_system_process()), mapping, KernelMode,
                             &made))) {
        ObpSetSecurity(object, made);
        MmFreeSystemPool(made);
    }
    MmFreeSystemPool(plain);
}

static void guard_directory(const WCHAR *path, const WCHAR *text)
{
    static const GENERIC_MAPPING mapping = {STANDARD_RIGHTS_READ | 0x3, STANDARD_RIGHTS_WRITE | 0xC,
                                            STANDARD_RIGHTS_EXECUTE | 0x3, DIRECTORY_ALL_ACCESS};
    UNICODE_STRING name;
    PVOID directory;
    RtlInitUnicodeString(&name, path);
    if (!NT_SUCCESS(ObReferenceObjectByName(&name, 0, NULL, 0, NULL, KernelMode, NULL, &directory)))
        return;
    guard(directory, text, &mapping);
    ObpDereferenceObject(directory);
}

void sep_start_objects(void)
{
    static const struct ob_security security = {subject, check, SepCapture, assign, SepQuery, replace};
    static const GENERIC_MAPPING process = {0, 0, 0, PROCESS_ALL_ACCESS};
    static const WCHAR *const closed[] = {L"\\",           L"\\ObjectTypes",   L"\\Device",   L"\\Driver",
                                          L"\\FileSystem", L"\\KernelObjects", L"\\Callback", L"\\Sessions",
                                          L"\\Security",   L"\\Windows"};
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++)
        guard_directory(closed[i], EVERYBODY_LOOKS);
    guard_directory(L"\\BaseNamedObjects", EVERYBODY_MAKES);
    guard_directory(L"\\GLOBAL\?\?", EVERYBODY_MAKES);
    guard(ps_system_process(), L"O:BAG:SYD:P(A;;GA;;;SY)(A;;0x121411;;;BA)", &process);
    ob_set_security(&security);
}

void sep_stop_objects(void)
{
    ob_set_security(NULL);
}
