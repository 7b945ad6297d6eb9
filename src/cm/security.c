/*
 * Who may do what with a key: descriptors, checks when a key is opened or made, and the callbacks that are
 * told when one is read or set.
 *
 * A key without a descriptor of its own (one that the system has made) has its parent's. A descriptor is
 * never changed, only replaced, and counted, since it is used outside the lock.
 */
#include "cmp.h"

#include "../se/se.h"

struct cmp_security {
    _Atomic LONG references;
    PSECURITY_DESCRIPTOR descriptor; /* system pool */
};

const GENERIC_MAPPING cmp_mapping = {KEY_READ, KEY_WRITE, KEY_EXECUTE, KEY_ALL_ACCESS};

void cmp_release_security(struct cmp_security *security)
{
    if (!security || atomic_fetch_sub(&security->references, 1) != 1)
        return;
    MmFreeSystemPool(security->descriptor);
    free(security);
}

struct cmp_security *cmp_reference_security(struct cmp_security *security)
{
    if (security)
        atomic_fetch_add(&security->references, 1);
    return security;
}

/* Takes the descriptor over, also when it fails. */
static struct cmp_security *wrap(PSECURITY_DESCRIPTOR descriptor)
{
    struct cmp_security *security = malloc(sizeof *security);
    if (!security) {
        MmFreeSystemPool(descriptor);
        return NULL;
    }
    atomic_init(&security->references, 1);
    security->descriptor = descriptor;
    return security;
}

/* The descriptor that counts, referenced; NULL: everybody may do everything. Under the lock. */
static struct cmp_security *effective(struct cmp_node *node, struct cmp_trans *trans)
{
    for (; node; node = node->parent) {
        struct cmp_security *security = cmp_seen(node, trans)->security;
        if (security)
            return cmp_reference_security(security);
    }
    return NULL;
}

static struct cmp_security *effective_of(struct cmp_node *node, struct cmp_trans *trans)
{
    cmp_lock();
    struct cmp_security *security = effective(node, trans);
    cmp_unlock();
    return security;
}

/* --- opening and making --- */

static NTSTATUS check(struct cmp_security *security, PACCESS_STATE state)
{
    const struct ob_security *se = ob_security_of_objects();
    return security && se ? se->Check(security->descriptor, state, &cmp_mapping) : STATUS_SUCCESS;
}

NTSTATUS cmp_check_open(struct cmp_node *node, struct cmp_trans *trans, PACCESS_STATE state)
{
    struct cmp_security *security = effective_of(node, trans);
    NTSTATUS status = check(security, state);
    cmp_release_security(security);
    return status;
}

NTSTATUS cmp_check_create(struct cmp_node *parent, struct cmp_trans *trans, BOOLEAN link, PACCESS_STATE state,
                          KPROCESSOR_MODE mode, struct cmp_security **fresh)
{
    const struct ob_security *se = ob_security_of_objects();
    struct cmp_security *above = effective_of(parent, trans);
    PSECURITY_DESCRIPTOR made;
    NTSTATUS status = STATUS_SUCCESS;
    *fresh = NULL;
    if (mode != KernelMode) {
        ACCESS_STATE own = {.RemainingDesiredAccess = KEY_CREATE_SUB_KEY | (link ? KEY_CREATE_LINK : 0),
                            .SubjectSecurityContext = state->SubjectSecurityContext};
        status = check(above, &own);
    }
    if (NT_SUCCESS(status) && se && (above || state->SecurityDescriptor)) {
        status = se->Assign(above ? above->descriptor : NULL, state->SecurityDescriptor, TRUE, state,
                            &cmp_mapping, KiPreviousMode(), &made);
        if (NT_SUCCESS(status) && !(*fresh = wrap(made)))
            status = STATUS_INSUFFICIENT_RESOURCES;
    }
    cmp_release_security(above);
    return status;
}

/* Whoever makes a key gets what it asks for. */
void cmp_grant_creator(PACCESS_STATE state)
{
    ACCESS_MASK wanted = state->RemainingDesiredAccess;
    RtlMapGenericMask(&wanted, (PGENERIC_MAPPING)&cmp_mapping);
    if (wanted & MAXIMUM_ALLOWED)
        wanted |= KEY_ALL_ACCESS;
    state->PreviouslyGrantedAccess |= wanted & KEY_ALL_ACCESS;
    state->RemainingDesiredAccess = wanted & ~(ACCESS_MASK)(KEY_ALL_ACCESS | MAXIMUM_ALLOWED);
}

/* --- reading and setting --- */

static NTSTATUS query(struct cmp_key *key, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR to, PULONG length)
{
    const struct ob_security *se = ob_security_of_objects();
    cmp_lock();
    NTSTATUS status = cmp_look(key);
    struct cmp_security *security = NT_SUCCESS(status) ? effective(key->node, key->trans) : NULL;
    cmp_unlock();
    if (NT_SUCCESS(status))
        status = se->Query(security ? security->descriptor : NULL, what, to, *length, length);
    cmp_release_security(security);
    return status;
}

static NTSTATUS set(struct cmp_key *key, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR from,
                    KPROCESSOR_MODE mode)
{
    struct cmp_node *content;
    PSECURITY_DESCRIPTOR made;
    struct cmp_security *old = effective_of(key->node, key->trans);
    NTSTATUS status = ob_security_of_objects()->Replace(old ? old->descriptor : NULL, from, what,
                                                        &cmp_mapping, mode, &made);
    cmp_release_security(old);
    if (!NT_SUCCESS(status))
        return status;
    struct cmp_security *fresh = wrap(made);
    if (!fresh)
        return STATUS_INSUFFICIENT_RESOURCES;
    cmp_lock();
    status = cmp_claim(key, &content);
    if (NT_SUCCESS(status)) {
        struct cmp_security *was = content->security;
        content->security = fresh;
        fresh = was;
        cmp_changed(key, REG_NOTIFY_CHANGE_SECURITY);
    }
    cmp_unlock();
    cmp_release_security(fresh);
    return status;
}

/* The object manager itself asks for all there is, to check access: that is no operation. */
#define ALL                                                                                                  \
    (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION |                   \
     SACL_SECURITY_INFORMATION)

NTSTATUS cmp_security_procedure(PVOID object, SECURITY_OPERATION_CODE operation, PSECURITY_INFORMATION what,
                                PSECURITY_DESCRIPTOR descriptor, PULONG length, KPROCESSOR_MODE mode)
{
    struct cmp_key *key = object;
    struct cmp_call call;
    NTSTATUS status = STATUS_SUCCESS;
    if (!CM || !key->node || !ob_security_of_objects())
        return STATUS_NO_SECURITY_ON_OBJECT;
    if (operation == QuerySecurityDescriptor && *what == ALL)
        return query(key, *what, descriptor, length);
    if (operation == QuerySecurityDescriptor) {
        REG_QUERY_KEY_SECURITY_INFORMATION info = {
            .Object = key, .SecurityInformation = what, .SecurityDescriptor = descriptor, .Length = length};
        if (CMP_BEFORE(&call, RegNtPreQueryKeySecurity, &info, key))
            status = query(key, *what, descriptor, length);
        return cmp_after(&call, RegNtPostQueryKeySecurity, key, key, status);
    }
    if (operation != SetSecurityDescriptor)
        return STATUS_SUCCESS;
    REG_SET_KEY_SECURITY_INFORMATION info = {
        .Object = key, .SecurityInformation = what, .SecurityDescriptor = descriptor};
    if (CMP_BEFORE(&call, RegNtPreSetKeySecurity, &info, key))
        status = set(key, *what, descriptor, mode);
    return cmp_after(&call, RegNtPostSetKeySecurity, key, key, status);
}

/* --- what there is from the start --- */

NTSTATUS cmp_guard_tree(void)
{
#define MACHINE_TEXT L"O:BAG:SYD:P(A;CI;KA;;;BA)(A;CI;KA;;;SY)(A;CI;KR;;;WD)(A;CI;KR;;;RC)"
#define COMMON_TEXT  L"O:BAG:SYD:P(A;CI;KR;;;BU)(A;CI;KA;;;BA)(A;CI;KA;;;SY)(A;CIIO;KA;;;CO)(A;CI;KR;;;RC)"
#define SECRET_TEXT  L"O:BAG:SYD:P(A;CI;KA;;;SY)(A;CI;RCWD;;;BA)"
    static const struct {
        const WCHAR *path, *text;
    } guards[] = {
        {L"\\REGISTRY", MACHINE_TEXT},
        {L"\\REGISTRY\\MACHINE\\SYSTEM", COMMON_TEXT},
        {L"\\REGISTRY\\MACHINE\\SOFTWARE", COMMON_TEXT},
        {L"\\REGISTRY\\MACHINE\\SAM", SECRET_TEXT},
        {L"\\REGISTRY\\MACHINE\\SECURITY", SECRET_TEXT},
        {L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Enum", L"O:SYG:SYD:P(A;CI;KA;;;SY)(A;CI;KR;;;WD)"},
        {L"\\REGISTRY\\USER\\.DEFAULT", COMMON_TEXT},
        {L"\\REGISTRY\\USER\\" CM_CLIENT_SID,
         L"O:BAG:SYD:P(A;CI;KA;;;" CM_CLIENT_SID L")(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;KR;;;RC)"},
    };
    NTSTATUS status = STATUS_SUCCESS;
    for (size_t i = 0; i < RTL_COUNT(guards) && NT_SUCCESS(status); i++) {
        UNICODE_STRING path, text;
        PSECURITY_DESCRIPTOR descriptor;
        struct cmp_node *node;
        RtlInitUnicodeString(&path, guards[i].path);
        RtlInitUnicodeString(&text, guards[i].text);
        status = SeDescriptorFromText(&text, &descriptor);
        struct cmp_security *security = NT_SUCCESS(status) ? wrap(descriptor) : NULL;
        if (NT_SUCCESS(status) && !security)
            status = STATUS_INSUFFICIENT_RESOURCES;
        if (!NT_SUCCESS(status))
            return status;
        cmp_lock();
        status = cmp_find_path(&path, FALSE, &node);
        if (NT_SUCCESS(status))
            node->security = security;
        cmp_unlock();
    }
    return status;
}
