/*
 * Events: the DDIs that write them, and how an event becomes a line of the log.
 */
#include "etwp.h"

#include <stdio.h>
#include <string.h>

#include "../trace/describe.h"

/* --- lines --- */

void etw_add(struct etw_text *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t room = sizeof line->text - 1 - line->length; /* one for the end of the line */
    int length = vsnprintf(line->text + line->length, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        line->length += (size_t)length < room ? (size_t)length : room - 1;
}

void etw_add_wide(struct etw_text *line, const WCHAR *text, size_t units)
{
    for (size_t i = 0; i < units; i++) {
        uint32_t code = text[i];
        if (code >= 0xD800 && code <= 0xDBFF && i + 1 < units && text[i + 1] >= 0xDC00 &&
            text[i + 1] <= 0xDFFF)
            code = 0x10000 + ((code - 0xD800) << 10) + (text[++i] - 0xDC00u);
        else if (code >= 0xD800 && code <= 0xDFFF)
            code = 0xFFFD;
        char bytes[5] = {0};
        if (code < 0x80) {
            bytes[0] = (char)code;
        } else if (code < 0x800) {
            bytes[0] = (char)(0xC0 | code >> 6);
            bytes[1] = (char)(0x80 | (code & 0x3F));
        } else if (code < 0x10000) {
            bytes[0] = (char)(0xE0 | code >> 12);
            bytes[1] = (char)(0x80 | (code >> 6 & 0x3F));
            bytes[2] = (char)(0x80 | (code & 0x3F));
        } else {
            bytes[0] = (char)(0xF0 | code >> 18);
            bytes[1] = (char)(0x80 | (code >> 12 & 0x3F));
            bytes[2] = (char)(0x80 | (code >> 6 & 0x3F));
            bytes[3] = (char)(0x80 | (code & 0x3F));
        }
        etw_add(line, "%s", bytes);
    }
}

void etw_log(struct etw_text *line)
{
    while (line->length && (line->text[line->length - 1] == '\n' || line->text[line->length - 1] == '\r'))
        line->length--;
    line->text[line->length++] = '\n';
    machine_log(line->text, line->length);
}

void etw_add_guid(struct etw_text *line, const GUID *guid)
{
    etw_add(line, "{%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", guid->Data1, guid->Data2, guid->Data3,
            guid->Data4[0], guid->Data4[1], guid->Data4[2], guid->Data4[3], guid->Data4[4], guid->Data4[5],
            guid->Data4[6], guid->Data4[7]);
}

void etw_add_provider(struct etw_text *line, const struct etw_registration *provider)
{
    if (provider->name)
        etw_add(line, "%s", provider->name);
    else
        etw_add_guid(line, &provider->provider);
}

/* --- values --- */

static void add_bytes(struct etw_text *line, const void *data, ULONG size)
{
    const unsigned char *bytes = data;
    for (ULONG i = 0; i < size && i < 64; i++)
        etw_add(line, i ? " %02X" : "%02X", bytes[i]);
    if (size > 64)
        etw_add(line, " ... (%u bytes)", size);
}

static void add_sid(struct etw_text *line, const void *data, ULONG size)
{
    const SID *sid = data;
    if (size < 8 || size < 8 + 4u * sid->SubAuthorityCount) {
        add_bytes(line, data, size);
        return;
    }
    uint64_t authority = 0;
    for (int i = 0; i < 6; i++)
        authority = authority << 8 | sid->IdentifierAuthority.Value[i];
    etw_add(line, "S-%u-%llu", sid->Revision, (unsigned long long)authority);
    for (int i = 0; i < sid->SubAuthorityCount; i++) {
        ULONG part;
        memcpy(&part, (const char *)data + 8 + 4 * i, sizeof part);
        etw_add(line, "-%u", part);
    }
}

static void add_integer(struct etw_text *line, enum ntio_etw_type type, const void *data, ULONG size)
{
    uint64_t value = 0;
    memcpy(&value, data, size);
    if (type == NTIO_ETW_SIGNED) {
        unsigned unused = 64 - 8 * size;
        etw_add(line, "%lld", (long long)((int64_t)(value << unused) >> unused));
    } else if (type == NTIO_ETW_UNSIGNED) {
        etw_add(line, "%llu", (unsigned long long)value);
    } else if (type == NTIO_ETW_BOOLEAN) {
        etw_add(line, "%s", value ? "true" : "false");
    } else if (type == NTIO_ETW_STATUS) {
        char name[64];
        etw_add(line, "%s", describe_status((NTSTATUS)value, name, sizeof name));
    } else if (type == NTIO_ETW_CHARACTER) {
        WCHAR unit = (WCHAR)value;
        etw_add_wide(line, &unit, 1);
    } else {
        etw_add(line, "0x%llX", (unsigned long long)value);
    }
}

void etw_add_value(struct etw_text *line, enum ntio_etw_type type, const void *data, ULONG size)
{
    if (!data || (!size && type != NTIO_ETW_ANSI && type != NTIO_ETW_WIDE)) {
        etw_add(line, "NULL");
        return;
    }
    switch (type) {
    case NTIO_ETW_ANSI: {
        size_t length = strnlen(data, size);
        etw_add(line, "%.*s", (int)length, (const char *)data);
        return;
    }
    case NTIO_ETW_WIDE: {
        const WCHAR *text = data;
        size_t length = 0;
        while (length < size / sizeof *text && text[length])
            length++;
        etw_add_wide(line, text, length);
        return;
    }
    case NTIO_ETW_FLOAT:
        if (size == sizeof(float)) {
            float value;
            memcpy(&value, data, sizeof value);
            etw_add(line, "%g", (double)value);
            return;
        }
        if (size == sizeof(double)) {
            double value;
            memcpy(&value, data, sizeof value);
            etw_add(line, "%g", value);
            return;
        }
        break;
    case NTIO_ETW_GUID:
        if (size == sizeof(GUID)) {
            GUID guid;
            memcpy(&guid, data, sizeof guid);
            etw_add_guid(line, &guid);
            return;
        }
        break;
    case NTIO_ETW_SID:
        add_sid(line, data, size);
        return;
    case NTIO_ETW_BINARY:
        break;
    default:
        if (size <= 8) {
            add_integer(line, type, data, size);
            return;
        }
    }
    add_bytes(line, data, size);
}

static const void *data_of(const EVENT_DATA_DESCRIPTOR *data)
{
    return (const void *)(ULONG_PTR)data->Ptr;
}

/* The message, a field's value in the place of its %number. */
static void add_message(struct etw_text *line, const char *message, ULONG count,
                        const struct ntio_etw_field *fields, const EVENT_DATA_DESCRIPTOR *data)
{
    for (const char *at = message; *at; at++) {
        unsigned number = 0;
        const char *digits = at + 1;
        while (*at == '%' && *digits >= '0' && *digits <= '9' && number < 1000)
            number = number * 10 + (unsigned)(*digits++ - '0');
        if (number && number <= count) {
            etw_add_value(line, fields[number - 1].type, data_of(&data[number - 1]), data[number - 1].Size);
            at = digits - 1;
            if (at[1] == '!') /* %1!format!: the type says it already */
                for (at++; at[1] && at[1] != '!'; at++)
                    ;
            if (at[1] == '!')
                at++;
        } else if (*at == '%' && (at[1] == '%' || at[1] == 'n' || at[1] == 't' || at[1] == 'r')) {
            at++;
            etw_add(line, "%s", *at == '%' ? "%" : " ");
        } else {
            etw_add(line, "%c", *at);
        }
    }
}

/* --- writing --- */

static void begin(struct etw_text *line, const struct etw_registration *provider)
{
    line->length = 0;
    etw_add(line, "etw: ");
    etw_add_provider(line, provider);
    etw_add(line, ": ");
}

NTSTATUS etw_write(REGHANDLE handle, PCEVENT_DESCRIPTOR descriptor, ULONG count,
                   const EVENT_DATA_DESCRIPTOR *data)
{
    struct etw_registration provider;
    if (!etw_find(handle, &provider))
        return STATUS_INVALID_HANDLE;
    if (!descriptor || count > MAX_EVENT_DATA_DESCRIPTORS || (count && !data))
        return STATUS_INVALID_PARAMETER;
    if (!etw_passes(&provider.rule, descriptor->Level, descriptor->Keyword))
        return STATUS_SUCCESS;
    struct etw_text line;
    begin(&line, &provider);
    etw_add(&line, "event %u, level %u, opcode %u, task %u, keyword 0x%llX", descriptor->Id,
            descriptor->Level, descriptor->Opcode, descriptor->Task, descriptor->Keyword);
    for (ULONG i = 0; i < count; i++) {
        etw_add(&line, "%s", i ? " | " : ": ");
        add_bytes(&line, data_of(&data[i]), data[i].Size);
    }
    etw_log(&line);
    return STATUS_SUCCESS;
}

NTSTATUS etw_write_string(REGHANDLE handle, UCHAR level, ULONGLONG keyword, PCWSTR string)
{
    struct etw_registration provider;
    if (!etw_find(handle, &provider))
        return STATUS_INVALID_HANDLE;
    if (!string)
        return STATUS_INVALID_PARAMETER;
    if (!etw_passes(&provider.rule, level, keyword))
        return STATUS_SUCCESS;
    struct etw_text line;
    begin(&line, &provider);
    etw_add_wide(&line, string, rtl_length(string));
    etw_log(&line);
    return STATUS_SUCCESS;
}

NTSTATUS ntio_etw_event(REGHANDLE handle, PCEVENT_DESCRIPTOR descriptor, const char *name,
                        const char *message, ULONG count, const struct ntio_etw_field *fields,
                        const EVENT_DATA_DESCRIPTOR *data)
{
    struct etw_registration provider;
    if (!etw_find(handle, &provider))
        return STATUS_INVALID_HANDLE;
    if (!etw_passes(&provider.rule, descriptor->Level, descriptor->Keyword))
        return STATUS_SUCCESS;
    struct etw_text line;
    begin(&line, &provider);
    etw_add(&line, "%s", name);
    if (message && *message) {
        etw_add(&line, ": ");
        add_message(&line, message, count, fields, data);
    }
    for (ULONG i = 0; i < count; i++) {
        etw_add(&line, "%s%s=", i ? ", " : " (", fields[i].name);
        etw_add_value(&line, fields[i].type, data_of(&data[i]), data[i].Size);
    }
    if (count)
        etw_add(&line, ")");
    etw_log(&line);
    return STATUS_SUCCESS;
}

/* --- the DDIs --- */

/*
 * STATUS_INVALID_PARAMETER without a provider or a place for the handle; STATUS_NO_MEMORY. The callback is
 * called before it returns when the provider is enabled. IRQL PASSIVE_LEVEL. (WDK: EtwRegister)
 */
NTSTATUS EtwRegister(const GUID *ProviderId, PETWENABLECALLBACK EnableCallback, PVOID CallbackContext,
                     PREGHANDLE RegHandle)
{
    GATE(EtwRegister, ProviderId, EnableCallback, CallbackContext, RegHandle);
    return etw_register(ProviderId, EnableCallback, CallbackContext, __builtin_return_address(0), RegHandle);
}

/* STATUS_INVALID_HANDLE for what is not registered. IRQL PASSIVE_LEVEL. (WDK: EtwUnregister) */
NTSTATUS EtwUnregister(REGHANDLE RegHandle)
{
    GATE(EtwUnregister, RegHandle);
    return etw_unregister(RegHandle);
}

/* STATUS_SUCCESS also when nobody wants the event; at most 128 data descriptors. Any IRQL. (WDK: EtwWrite) */
NTSTATUS EtwWrite(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, const GUID *ActivityId,
                  ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData)
{
    GATE(EtwWrite, RegHandle, EventDescriptor, ActivityId, UserDataCount);
    return etw_write(RegHandle, EventDescriptor, UserDataCount, UserData);
}

NTSTATUS EtwWriteTransfer(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, const GUID *ActivityId,
                          const GUID *RelatedActivityId, ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData)
{
    GATE(EtwWriteTransfer, RegHandle, EventDescriptor, ActivityId, RelatedActivityId);
    return etw_write(RegHandle, EventDescriptor, UserDataCount, UserData);
}

NTSTATUS EtwWriteEx(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG64 Filter, ULONG Flags,
                    const GUID *ActivityId, const GUID *RelatedActivityId, ULONG UserDataCount,
                    PEVENT_DATA_DESCRIPTOR UserData)
{
    GATE(EtwWriteEx, RegHandle, EventDescriptor, Filter, Flags);
    (void)ActivityId, (void)RelatedActivityId;
    return etw_write(RegHandle, EventDescriptor, UserDataCount, UserData);
}

NTSTATUS EtwWriteString(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword, const GUID *ActivityId,
                        PCWSTR String)
{
    GATE(EtwWriteString, RegHandle, Level, Keyword, ActivityId);
    return etw_write_string(RegHandle, Level, Keyword, String);
}

BOOLEAN EtwEventEnabled(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor)
{
    GATE(EtwEventEnabled, RegHandle, EventDescriptor);
    return etw_enabled(RegHandle, EventDescriptor->Level, EventDescriptor->Keyword);
}

BOOLEAN EtwProviderEnabled(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword)
{
    GATE(EtwProviderEnabled, RegHandle, Level, Keyword);
    return etw_enabled(RegHandle, Level, Keyword);
}

/* Of the calling thread; STATUS_INVALID_PARAMETER for an unknown code. (WDK: EtwActivityIdControl) */
NTSTATUS EtwActivityIdControl(ULONG ControlCode, GUID *ActivityId)
{
    GATE(EtwActivityIdControl, ControlCode, ActivityId);
    return etw_activity(ControlCode, ActivityId);
}
