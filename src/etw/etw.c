/*
 * Providers: registration, enabling, and the callbacks that tell of it.
 */
#include "etwp.h"

#include <ntio/ntio.h>

#include <stdlib.h>
#include <string.h>

#include "../host/host.h"
#include "../mm/mm.h"
#include "../ps/ps.h"

void etw_start(void)
{
    struct etwp_state *state = calloc(1, sizeof *state);
    if (!state)
        return;
    const char *text = host_getenv("NTIO_ETW");
    state->rule = (struct etw_rule){EVENT_MAX_LEVEL, !text || strcmp(text, "0") != 0, 0};
    ntio_machine.etw = state;
}

void etw_stop(void)
{
    struct etwp_state *state = ntio_machine.etw;
    if (!state)
        return;
    ntio_machine.etw = NULL;
    for (struct etw_registration *at = state->registrations, *next; at; at = next) {
        next = at->next;
        free(at);
    }
    for (struct etw_setting *at = state->settings, *next; at; at = next) {
        next = at->next;
        free(at);
    }
    free(state);
}

static void lock(struct etwp_state *state)
{
    for (unsigned turn = 0; atomic_exchange_explicit(&state->locked, true, memory_order_acquire); turn++)
        host_spin(turn);
}

static void unlock(struct etwp_state *state)
{
    atomic_store_explicit(&state->locked, false, memory_order_release);
}

static struct etw_registration **find(struct etwp_state *state, REGHANDLE handle)
{
    struct etw_registration **at = &state->registrations;
    while (*at && (*at)->handle != handle)
        at = &(*at)->next;
    return at;
}

bool etw_find(REGHANDLE handle, struct etw_registration *copy)
{
    struct etwp_state *state = ntio_machine.etw;
    if (!state || !handle)
        return false;
    lock(state);
    struct etw_registration *found = *find(state, handle);
    if (found)
        *copy = *found;
    unlock(state);
    return found != NULL;
}

bool etw_passes(const struct etw_rule *rule, UCHAR level, ULONGLONG keyword)
{
    return rule->on && (level <= rule->level || !rule->level) &&
           (!keyword || !rule->keywords || keyword & rule->keywords);
}

static struct etw_setting *setting_of(struct etwp_state *state, const GUID *provider)
{
    struct etw_setting *at = state->settings;
    while (at && memcmp(&at->provider, provider, sizeof *provider) != 0)
        at = at->next;
    return at;
}

static void tell(const struct etw_registration *provider)
{
    static const GUID nobody;
    if (!provider->callback)
        return;
    if (provider->rule.on)
        provider->callback(&nobody, EVENT_CONTROL_CODE_ENABLE_PROVIDER, provider->rule.level,
                           provider->rule.keywords ? provider->rule.keywords : ~0ULL, 0, NULL,
                           provider->context);
    else
        provider->callback(&nobody, EVENT_CONTROL_CODE_DISABLE_PROVIDER, 0, 0, 0, NULL, provider->context);
}

NTSTATUS etw_register(const GUID *provider, PETWENABLECALLBACK callback, PVOID context, const void *caller,
                      PREGHANDLE handle)
{
    struct etwp_state *state = ntio_machine.etw;
    if (!provider || !handle)
        return STATUS_INVALID_PARAMETER;
    struct etw_registration *made = state ? calloc(1, sizeof *made) : NULL;
    if (!made)
        return STATUS_NO_MEMORY;
    *made = (struct etw_registration){NULL, 0, *provider, callback, context, caller, NULL, state->rule};
    lock(state);
    const struct etw_setting *setting = setting_of(state, provider);
    if (setting)
        made->rule = setting->rule;
    made->handle = ++state->last;
    made->next = state->registrations;
    state->registrations = made;
    struct etw_registration copy = *made;
    unlock(state);
    *handle = copy.handle;
    /* A session that wants the provider already: it is told before EtwRegister returns. */
    if (copy.rule.on)
        tell(&copy);
    return STATUS_SUCCESS;
}

NTSTATUS etw_unregister(REGHANDLE handle)
{
    struct etwp_state *state = ntio_machine.etw;
    if (!state || !handle)
        return STATUS_INVALID_HANDLE;
    lock(state);
    struct etw_registration **at = find(state, handle), *found = *at;
    if (found)
        *at = found->next;
    unlock(state);
    free(found);
    return found ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

ULONG etw_report_left(PVOID base, SIZE_T size, const char *name)
{
    struct etwp_state *state = ntio_machine.etw;
    ULONG count = 0;
    for (;;) {
        lock(state);
        struct etw_registration **at = &state->registrations, *found;
        while (*at && (ULONG_PTR)(*at)->caller - (ULONG_PTR)base >= size)
            at = &(*at)->next;
        found = *at;
        if (found)
            *at = found->next;
        unlock(state);
        if (!found)
            return count;
        struct etw_text text = {.length = 0};
        etw_add_guid(&text, &found->provider);
        machine_violation("%s left the event provider %s registered: EtwUnregister is missing", name,
                          text.text);
        free(found);
        count++;
    }
}

BOOLEAN etw_enabled(REGHANDLE handle, UCHAR level, ULONGLONG keyword)
{
    struct etw_registration provider;
    return etw_find(handle, &provider) && etw_passes(&provider.rule, level, keyword);
}

static void set_activity(PETHREAD thread, const GUID *id)
{
    thread->ActivityId = *id;
    thread->ActivityIdAt = NULL;
}

NTSTATUS etw_activity(ULONG code, GUID *activity)
{
    PETHREAD thread = PspCurrentThread();
    GUID old = thread->ActivityIdAt ? *thread->ActivityIdAt : thread->ActivityId;
    if (!activity)
        return STATUS_INVALID_PARAMETER;
    GUID made = {0x6E74696F, 0, 0, {0}};
    if (code == EVENT_ACTIVITY_CTRL_CREATE_ID || code == EVENT_ACTIVITY_CTRL_CREATE_SET_ID) {
        ULONG number = atomic_fetch_add(&((struct etwp_state *)ntio_machine.etw)->activities, 1) + 1;
        memcpy(made.Data4 + 4, &number, sizeof number);
    }
    switch (code) {
    case EVENT_ACTIVITY_CTRL_GET_ID:
        *activity = old;
        return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_SET_ID:
        set_activity(thread, activity);
        return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_CREATE_ID:
        *activity = made;
        return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_GET_SET_ID:
        set_activity(thread, activity);
        *activity = old;
        return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_CREATE_SET_ID:
        set_activity(thread, &made);
        *activity = old;
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* --- the tester's and the generated headers' --- */

void ntio_etw_name(REGHANDLE handle, const char *name)
{
    struct etwp_state *state = ntio_machine.etw;
    if (!state)
        return;
    lock(state);
    struct etw_registration *found = *find(state, handle);
    if (found)
        found->name = name;
    unlock(state);
}

static bool parse_guid(const char *text, GUID *guid)
{
    WCHAR wide[40];
    size_t length = 0, braced = *text == '{';
    if (!braced)
        wide[length++] = '{';
    for (; *text && length < 38; text++)
        wide[length++] = (unsigned char)*text;
    if (!braced && length < 39)
        wide[length++] = '}';
    wide[length] = 0;
    UNICODE_STRING string;
    RtlInitUnicodeString(&string, wide);
    return !*text && NT_SUCCESS(RtlGUIDFromString(&string, guid));
}

NTIO_API int32_t ntio_etw_enable(const char *provider, bool on, uint8_t level, uint64_t keywords)
{
    struct etwp_state *state = ntio_machine.etw;
    GUID guid;
    if (!state || (provider && !parse_guid(provider, &guid)))
        return STATUS_INVALID_PARAMETER;
    struct etw_setting *spare = provider ? calloc(1, sizeof *spare) : NULL;
    if (provider && !spare)
        return STATUS_NO_MEMORY;
    struct etw_rule rule = {level, on, keywords};
    REGHANDLE told = 0;
    lock(state);
    if (provider) {
        struct etw_setting *setting = setting_of(state, &guid);
        if (setting) {
            free(spare);
        } else {
            setting = spare;
            setting->provider = guid;
            setting->next = state->settings;
            state->settings = setting;
        }
        setting->rule = rule;
    } else {
        state->rule = rule;
    }
    REGHANDLE last = state->last;
    unlock(state);
    /* In the order of their registration; the callback is called without the lock and may unregister. */
    while (told < last) {
        struct etw_registration copy = {.handle = 0};
        lock(state);
        for (struct etw_registration *at = state->registrations; at; at = at->next)
            if (at->handle > told && at->handle <= last && (!copy.handle || at->handle < copy.handle) &&
                (provider ? !memcmp(&at->provider, &guid, sizeof guid) : !setting_of(state, &at->provider))) {
                at->rule = rule;
                copy = *at;
            }
        unlock(state);
        if (!copy.handle)
            break;
        told = copy.handle;
        if (mm_image_owner(copy.caller)) {
            struct ps_system_scope scope = ps_enter_system();
            tell(&copy);
            ps_leave_system(scope);
        } else {
            tell(&copy);
        }
    }
    return STATUS_SUCCESS;
}
