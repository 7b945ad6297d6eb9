/*
 * WPP: control blocks that follow what is enabled, and messages with WPP's formats.
 */
#include "etwp.h"

#include <ntio_wpp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../mm/mm.h"
#include "../trace/describe.h"

/* --- control blocks --- */

static VOID NTAPI enabled(const GUID *source, ULONG code, UCHAR level, ULONGLONG any, ULONGLONG all,
                          PEVENT_FILTER_DESCRIPTOR filter, PVOID context)
{
    WPP_TRACE_CONTROL_BLOCK *block = context;
    bool on = code == EVENT_CONTROL_CODE_ENABLE_PROVIDER;
    (void)source, (void)all, (void)filter;
    __atomic_store_n(&block->Level, on ? level ? level : EVENT_MAX_LEVEL : 0, __ATOMIC_RELAXED);
    for (size_t i = 0; i < RTL_COUNT(block->Flags); i++)
        __atomic_store_n(&block->Flags[i], on ? i ? ~0u : (ULONG)any : 0, __ATOMIC_RELAXED);
}

/* "(d58c126f, b309, 11d1, 969e, 0000f875a5bc)", as the source has it. */
static bool parse(const char *text, GUID *guid)
{
    unsigned parts[4];
    unsigned long long last;
    if (sscanf(text, " ( %x , %x , %x , %x , %llx )", &parts[0], &parts[1], &parts[2], &parts[3], &last) != 5)
        return false;
    guid->Data1 = parts[0];
    guid->Data2 = (USHORT)parts[1];
    guid->Data3 = (USHORT)parts[2];
    guid->Data4[0] = (UCHAR)(parts[3] >> 8);
    guid->Data4[1] = (UCHAR)parts[3];
    for (int i = 0; i < 6; i++)
        guid->Data4[2 + i] = (UCHAR)(last >> 8 * (5 - i));
    return true;
}

void ntio_wpp_start(WPP_CB_TYPE *blocks, unsigned count)
{
    const void *caller = __builtin_return_address(0);
    for (unsigned i = 0; i < count; i++) {
        WPP_TRACE_CONTROL_BLOCK *block = &blocks[i].Control;
        GUID guid;
        if (block->Registration || !parse(block->Guid, &guid))
            continue;
        if (!NT_SUCCESS(etw_register(&guid, enabled, block, caller, &block->Registration)))
            continue;
        block->Logger = block->Registration;
        ntio_etw_name(block->Registration, block->Name);
    }
}

void ntio_wpp_stop(WPP_CB_TYPE *blocks, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        WPP_TRACE_CONTROL_BLOCK *block = &blocks[i].Control;
        if (!block->Registration)
            continue;
        etw_unregister(block->Registration);
        enabled(NULL, EVENT_CONTROL_CODE_DISABLE_PROVIDER, 0, 0, 0, NULL, block);
        block->Registration = 0;
        block->Logger = 0;
    }
}

/* --- formats --- */

struct message {
    struct rtl_named named;
    const struct ntio_wpp_site *site;
};

static bool is(const char *name, size_t length, const char *list)
{
    for (size_t one; *list; list += one + (list[one] == ' ')) {
        one = strcspn(list, " ");
        if (one == length && !strncmp(list, name, length))
            return true;
    }
    return false;
}

static const char *const levels[] = {"NONE", "CRITICAL", "ERROR", "WARNING", "INFORMATION", "VERBOSE"};

static const char *base_name(const char *path)
{
    const char *name = path;
    for (; *path; path++)
        if (*path == '/' || *path == '\\')
            name = path + 1;
    return name;
}

/* What takes no argument: where the message stands. */
static bool put_place(struct etw_text *text, const struct ntio_wpp_site *site, const char *name,
                      size_t length)
{
    if (is(name, length, "FUNC"))
        etw_add(text, "%s", site->function);
    else if (is(name, length, "FILE MOD"))
        etw_add(text, "%s", base_name(site->file));
    else if (is(name, length, "LINE"))
        etw_add(text, "%d", site->line);
    else if (is(name, length, "FLAGS KEYWORDS"))
        etw_add(text, "%s", site->flags);
    else if (is(name, length, "LEVEL") && site->level >= 0 && (size_t)site->level < RTL_COUNT(levels))
        etw_add(text, "%s", levels[site->level]);
    else if (is(name, length, "LEVEL"))
        etw_add(text, "%d", site->level);
    else if (is(name, length, "SPACE"))
        etw_add(text, " ");
    else if (is(name, length, "TYP"))
        etw_add(text, "%s_%d", base_name(site->file), site->line);
    else if (is(name, length, "CPU"))
        etw_add(text, "%u", KeGetCurrentProcessorNumberEx(NULL));
    else if (is(name, length, "TID"))
        etw_add(text, "%04X", (unsigned)(ULONG_PTR)PsGetCurrentThreadId());
    else if (is(name, length, "PID"))
        etw_add(text, "%04X", (unsigned)(ULONG_PTR)PsGetCurrentProcessId());
    else
        return is(name, length, "STDPREFIX PREFIX COMPNAME SUBCOMP NOW SEQ FACILITY ") || length == 0;
    return true;
}

static void put_custom(struct etw_text *text, const struct ntio_wpp_type *type, va_list *list)
{
    if (type->kind == NTIO_WPP_DUMP) {
        struct dump {
            const void *buffer;
            SHORT length;
        } dump = va_arg(*list, struct dump);
        etw_add_value(text, NTIO_ETW_BINARY, dump.buffer, dump.length > 0 ? (ULONG)dump.length : 0);
        return;
    }
    long long value = type->size == 8 ? va_arg(*list, long long) : va_arg(*list, int);
    if (type->size < 8)
        value &= (1LL << 8 * type->size) - 1;
    bool first = true;
    for (unsigned i = 0; i < type->count; i++) {
        const struct ntio_wpp_item *item = &type->items[i];
        if (type->kind == NTIO_WPP_ENUM &&
            (item->value & (type->size < 8 ? (1LL << 8 * type->size) - 1 : -1)) == value) {
            etw_add(text, "%s", item->text);
            return;
        }
        if (type->kind == NTIO_WPP_SET && item->value < 64 && (unsigned long long)value >> item->value & 1) {
            etw_add(text, "%s%s", first ? "" : "|", item->text);
            first = false;
        }
    }
    if (type->kind == NTIO_WPP_ENUM || (first && value))
        etw_add(text, "0x%llx", value);
}

static void put_time(struct etw_text *text, LONGLONG time)
{
    LARGE_INTEGER when = {.QuadPart = time};
    TIME_FIELDS fields;
    RtlTimeToTimeFields(&when, &fields);
    etw_add(text, "%04d-%02d-%02d %02d:%02d:%02d.%03d", fields.Year, fields.Month, fields.Day, fields.Hour,
            fields.Minute, fields.Second, fields.Milliseconds);
}

static void put_address(struct etw_text *text, ULONG address)
{
    etw_add(text, "%u.%u.%u.%u", address & 0xFF, address >> 8 & 0xFF, address >> 16 & 0xFF, address >> 24);
}

static void put_counted(struct etw_text *text, const STRING *string, bool wide)
{
    if (!string || !string->Buffer)
        etw_add(text, "(null)");
    else if (wide)
        etw_add_wide(text, (const WCHAR *)string->Buffer, string->Length / sizeof(WCHAR));
    else
        etw_add(text, "%.*s", string->Length, string->Buffer);
}

/* What WPP's default configuration knows. */
static bool put_known(struct etw_text *text, const char *name, size_t length, va_list *list)
{
    static const char *const irqls[] = {"PASSIVE_LEVEL", "APC_LEVEL", "DISPATCH_LEVEL"};
    if (is(name, length, "STATUS status NTSTATUS")) {
        NTSTATUS status = va_arg(*list, NTSTATUS);
        char known[80];
        describe_status(status, known, sizeof known);
        etw_add(text, *known == '0' ? "0x%08x" : "0x%08x(%s)", (unsigned)status, known);
    } else if (is(name, length, "HRESULT hresult WINERROR winerr NDIS_STATUS NDIS_OID")) {
        etw_add(text, "0x%08x", va_arg(*list, unsigned));
    } else if (is(name, length, "bool BOOLEAN BOOL bool8 bool16 bool32")) {
        etw_add(text, "%s", va_arg(*list, int) & 0xFF ? "TRUE" : "FALSE");
    } else if (is(name, length, "GUID guid CLSID LIBID IID")) {
        etw_add_value(text, NTIO_ETW_GUID, va_arg(*list, const void *), sizeof(GUID));
    } else if (is(name, length, "SID sid")) {
        etw_add_value(text, NTIO_ETW_SID, va_arg(*list, const void *), SECURITY_MAX_SID_SIZE);
    } else if (is(name, length, "ANSTR CSTR")) {
        put_counted(text, va_arg(*list, const STRING *), false);
    } else if (is(name, length, "USTR UNICODE_STRING")) {
        put_counted(text, va_arg(*list, const STRING *), true);
    } else if (is(name, length, "ASTR ARSTR")) {
        const char *string = va_arg(*list, const char *);
        etw_add(text, "%s", string ? string : "(null)");
    } else if (is(name, length, "WSTR ARWSTR")) {
        const WCHAR *string = va_arg(*list, const WCHAR *);
        if (string)
            etw_add_wide(text, string, rtl_length(string));
        else
            etw_add(text, "(null)");
    } else if (is(name, length, "IPADDR ipaddr")) {
        put_address(text, va_arg(*list, ULONG));
    } else if (is(name, length, "PORT port")) {
        unsigned port = va_arg(*list, unsigned);
        etw_add(text, "%u", (port & 0xFF) << 8 | (port >> 8 & 0xFF));
    } else if (is(name, length, "TIMESTAMP timestamp DATE date TIME time DATETIME datetime")) {
        put_time(text, va_arg(*list, LONGLONG));
    } else if (is(name, length, "WAITTIME waittime DELTA delta DUE due")) {
        etw_add(text, "%lld", va_arg(*list, long long));
    } else if (is(name, length, "irql IRQL")) {
        unsigned irql = va_arg(*list, unsigned) & 0xFF;
        if (irql < RTL_COUNT(irqls))
            etw_add(text, "%s", irqls[irql]);
        else
            etw_add(text, "%u", irql);
    } else if (is(name, length, "irpmj IRPMJ MAJORCODE")) {
        etw_add(text, "%s", describe_major((UCHAR)va_arg(*list, unsigned)));
    } else if (is(name, length, "HEXDUMP hexdump HEXDump xstr")) {
        put_custom(text, &(struct ntio_wpp_type){.kind = NTIO_WPP_DUMP}, list);
    } else if (is(name, length, "HANDLE handle")) {
        etw_add(text, "0x%llx", va_arg(*list, unsigned long long));
    } else {
        return false;
    }
    return true;
}

static void put_name(struct rtl_named *named, struct rtl_sink *sink, const char *name, size_t length,
                     va_list *list)
{
    const struct ntio_wpp_site *site = ((struct message *)named)->site;
    struct etw_text text;
    text.length = 0;
    text.text[0] = 0;
    for (unsigned i = 0; i < site->type_count; i++) {
        if (is(name, length, site->types[i].name)) {
            put_custom(&text, &site->types[i], list);
            rtl_put_text(sink, text.text);
            return;
        }
    }
    if (put_place(&text, site, name, length) || put_known(&text, name, length, list))
        rtl_put_text(sink, text.text);
    else if (length && strchr("diouxXcsSpZeEfgG", name[length - 1]) &&
             strspn(name, "0123456789.lwhI-+# diouxXcsSpZeEfgG") >= length)
        rtl_put_conversion(sink, name, length, list); /* %!x! is %x */
    else
        rtl_put_conversion(sink, "#llx", 4, list); /* a type that nobody defined */
}

void ntio_wpp_message(TRACEHANDLE logger, const struct ntio_wpp_site *site, const char *format, ...)
{
    struct etw_registration provider;
    if (!etw_find(logger, &provider))
        return;
    struct etw_text line;
    line.length = 0;
    etw_add(&line, "wpp: ");
    etw_add_provider(&line, &provider);
    etw_add(&line, "%s%s: ", *site->flags ? "." : "", site->flags);
    struct message message = {{put_name}, site};
    va_list arguments;
    va_start(arguments, format);
    size_t room = sizeof line.text - 1 - line.length;
    int length = rtl_print_named(line.text + line.length, room, format, arguments, &message.named);
    va_end(arguments);
    if (length > 0)
        line.length += (size_t)length < room ? (size_t)length : room - 1;
    etw_log(&line);
}
