/*
 * Event manifests: the providers' GUIDs, the events' descriptors, and a function for each event that hands
 * its fields to the library, names and all.
 */
#include "mc.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

/* --- XML, as far as a manifest has it: elements with attributes --- */

struct element {
    const char *name;
    size_t length;
    bool closing;
    const char *attributes, *end;
};

/* The next tag; the text behind it, or NULL. */
static const char *next_element(const char *at, struct element *element)
{
    while ((at = strchr(at, '<')) != NULL) {
        if (!strncmp(at, "<!--", 4)) {
            at = strstr(at, "-->");
            if (!at)
                return NULL;
            continue;
        }
        at++;
        element->closing = *at == '/';
        at += element->closing;
        element->length = strcspn(at, " \t\n/>");
        const char *colon = memchr(at, ':', element->length); /* a name space's prefix */
        element->name = colon ? colon + 1 : at;
        element->length -= (size_t)(element->name - at);
        element->attributes = element->name + element->length;
        element->end = element->attributes;
        for (char quote = 0; *element->end && (quote || *element->end != '>'); element->end++)
            quote = quote                                           ? *element->end == quote ? 0 : quote
                    : *element->end == '"' || *element->end == '\'' ? *element->end
                                                                    : 0;
        return *element->end ? element->end + 1 : NULL;
    }
    return NULL;
}

static bool is(const struct element *element, const char *name)
{
    return strlen(name) == element->length && !strncmp(element->name, name, element->length);
}

/* A copy of the attribute's value, or NULL. */
static char *attribute(const struct element *element, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = element->attributes; at < element->end;) {
        if (!isspace((unsigned char)*at)) {
            const char *equals = at + strcspn(at, "=>");
            if (equals >= element->end)
                return NULL;
            const char *value = equals + 1 + strspn(equals + 1, " \t\n");
            size_t size = strcspn(value + 1, *value == '\'' ? "'" : "\"");
            size_t word = (size_t)(equals - at);
            while (word && isspace((unsigned char)at[word - 1]))
                word--;
            if (word == length && !strncmp(at, name, length))
                return text_copy(value + 1, size);
            at = value + 1 + size + 1;
        } else {
            at++;
        }
    }
    return NULL;
}

/* --- what the manifest says --- */

enum { MOST_FIELDS = 64, MOST_NAMES = 512 };

struct field {
    char *name, *type, *length, *count;
};
struct template
{
    char *id;
    struct field fields[MOST_FIELDS];
    int count;
};
struct named {
    char *name, *symbol;
    uint64_t value;
    enum { LEVEL, TASK, OPCODE, KEYWORD, CHANNEL } kind;
};
struct manifest {
    struct named named[MOST_NAMES];
    int named_count;
    struct template *templates;
    int template_count;
    const char *text;
    bool kernel;
    struct text *out;
};

static void forget(struct manifest *m)
{
    for (int i = 0; i < m->named_count; i++) {
        free(m->named[i].name);
        free(m->named[i].symbol);
    }
    for (int i = 0; i < m->template_count; i++) {
        for (int j = 0; j < m->templates[i].count; j++) {
            free(m->templates[i].fields[j].name);
            free(m->templates[i].fields[j].type);
            free(m->templates[i].fields[j].length);
            free(m->templates[i].fields[j].count);
        }
        free(m->templates[i].id);
    }
    free(m->templates);
    m->templates = NULL;
    m->named_count = m->template_count = 0;
}

static void name_value(struct manifest *m, int kind, const char *name, uint64_t value)
{
    if (m->named_count < MOST_NAMES)
        m->named[m->named_count++] = (struct named){text_copy(name, strlen(name)), NULL, value, kind};
}

/* What winmeta.xml defines for everybody. */
static void know_winmeta(struct manifest *m)
{
    static const struct {
        const char *name;
        unsigned value;
    } levels[] = {{"win:LogAlways", 0}, {"win:Critical", 1},      {"win:Error", 2},
                  {"win:Warning", 3},   {"win:Informational", 4}, {"win:Verbose", 5}},
      opcodes[] = {{"win:Info", 0},    {"win:Start", 1},     {"win:Stop", 2},     {"win:DC_Start", 3},
                   {"win:DC_Stop", 4}, {"win:Extension", 5}, {"win:Reply", 6},    {"win:Resume", 7},
                   {"win:Suspend", 8}, {"win:Send", 9},      {"win:Receive", 240}};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        name_value(m, LEVEL, levels[i].name, levels[i].value);
    for (size_t i = 0; i < sizeof opcodes / sizeof opcodes[0]; i++)
        name_value(m, OPCODE, opcodes[i].name, opcodes[i].value);
    name_value(m, TASK, "win:None", 0);
}

static uint64_t find_value(const struct manifest *m, int kind, const char *name, uint64_t other)
{
    for (int i = m->named_count - 1; name && i >= 0; i--)
        if (m->named[i].kind == (unsigned)kind && !strcmp(m->named[i].name, name))
            return m->named[i].value;
    return other;
}

/* A definition: name or chid, value or mask, symbol. */
static void define(struct manifest *m, int kind, const struct element *element, unsigned number)
{
    char *name = attribute(element, kind == CHANNEL ? "chid" : "name"),
         *symbol = attribute(element, "symbol");
    char *value = attribute(element, kind == KEYWORD ? "mask" : "value");
    if (!name && kind == CHANNEL)
        name = attribute(element, "name");
    if (name && m->named_count < MOST_NAMES) {
        uint64_t known = value ? strtoull(value, NULL, 0) : number;
        if (kind == CHANNEL && !value && is(element, "importChannel")) {
            char *imported = attribute(element, "name");
            known = imported && text_same(imported, "System")        ? 8
                    : imported && text_same(imported, "Application") ? 9
                    : imported && text_same(imported, "Security")    ? 10
                                                                     : number;
            free(imported);
        }
        m->named[m->named_count++] = (struct named){name, symbol, known, kind};
        name = symbol = NULL;
    }
    free(name);
    free(symbol);
    free(value);
}

static void read_template(struct manifest *m, const char *at, const struct element *first)
{
    m->templates = realloc(m->templates, (size_t)(m->template_count + 1) * sizeof *m->templates);
    if (!m->templates) {
        tool_error("out of memory");
        exit(TOOL_USAGE);
    }
    struct template *made = &m->templates[m->template_count++];
    memset(made, 0, sizeof *made);
    made->id = attribute(first, "tid");
    struct element element = *first;
    if (first->end[-1] == '/')
        return;
    while ((at = next_element(at, &element)) != NULL && !(element.closing && is(&element, "template"))) {
        if (!is(&element, "data") || element.closing || made->count == MOST_FIELDS)
            continue;
        made->fields[made->count++] =
            (struct field){attribute(&element, "name"), attribute(&element, "inType"),
                           attribute(&element, "length"), attribute(&element, "count")};
    }
}

/* The text of $(string.id), from the first table that has it; not terminated, length in *length. */
static char *find_string(const struct manifest *m, const char *reference)
{
    if (!reference || strncmp(reference, "$(string.", 9) != 0)
        return NULL;
    size_t length = strcspn(reference + 9, ")");
    struct element element;
    for (const char *at = m->text; (at = next_element(at, &element)) != NULL;) {
        if (!is(&element, "string") || element.closing)
            continue;
        char *id = attribute(&element, "id");
        bool same = id && strlen(id) == length && !strncmp(id, reference + 9, length);
        free(id);
        if (same)
            return attribute(&element, "value");
    }
    return NULL;
}

/* --- the header --- */

struct type {
    const char *name, *c, *kind;
    int pointer; /* what the argument is: 0 the value, 1 a string, 2 a pointer to a value of that size, 3
                    bytes */
    int size;
};

static const struct type types[] = {
    {"win:UnicodeString", "PCWSTR", "NTIO_ETW_WIDE", 1, 2},
    {"win:AnsiString", "PCSTR", "NTIO_ETW_ANSI", 1, 1},
    {"win:Int8", "const signed char", "NTIO_ETW_SIGNED", 0, 1},
    {"win:UInt8", "const UCHAR", "NTIO_ETW_UNSIGNED", 0, 1},
    {"win:Int16", "const signed short", "NTIO_ETW_SIGNED", 0, 2},
    {"win:UInt16", "const unsigned short", "NTIO_ETW_UNSIGNED", 0, 2},
    {"win:Int32", "const signed int", "NTIO_ETW_SIGNED", 0, 4},
    {"win:UInt32", "const unsigned int", "NTIO_ETW_UNSIGNED", 0, 4},
    {"win:Int64", "signed __int64", "NTIO_ETW_SIGNED", 0, 8},
    {"win:UInt64", "unsigned __int64", "NTIO_ETW_UNSIGNED", 0, 8},
    {"win:HexInt32", "const signed int", "NTIO_ETW_HEX", 0, 4},
    {"win:HexInt64", "signed __int64", "NTIO_ETW_HEX", 0, 8},
    {"win:Float", "const float", "NTIO_ETW_FLOAT", 0, 4},
    {"win:Double", "const double", "NTIO_ETW_FLOAT", 0, 8},
    {"win:Boolean", "const signed int", "NTIO_ETW_BOOLEAN", 0, 4},
    {"win:Pointer", "const void *", "NTIO_ETW_HEX", 0, 8},
    {"win:GUID", "LPCGUID", "NTIO_ETW_GUID", 2, 16},
    {"win:FILETIME", "const void *", "NTIO_ETW_UNSIGNED", 2, 8},
    {"win:SYSTEMTIME", "const void *", "NTIO_ETW_BINARY", 2, 16},
    {"win:SID", "const void *", "NTIO_ETW_SID", 2, 68},
    {"win:Binary", "const void *", "NTIO_ETW_BINARY", 3, 1},
};

static const struct type *type_of(const struct field *field)
{
    for (size_t i = 0; field->type && i < sizeof types / sizeof types[0]; i++)
        if (!strcmp(types[i].name, field->type))
            return &types[i];
    return NULL;
}

static void add_identifier(struct text *out, const char *name)
{
    for (; *name; name++)
        text_print(out, "%c", isalnum((unsigned char)*name) ? *name : '_');
}

static void add_literal(struct text *out, const char *text)
{
    static const struct {
        const char *entity;
        char is;
    } entities[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
    text_print(out, "\"");
    for (; text && *text; text++) {
        char c = *text;
        for (size_t i = 0; c == '&' && i < sizeof entities / sizeof entities[0]; i++) {
            size_t length = strlen(entities[i].entity);
            if (!strncmp(text, entities[i].entity, length)) {
                c = entities[i].is;
                text += length - 1;
                break;
            }
        }
        if (c == '"' || c == '\\')
            text_print(out, "\\%c", c);
        else
            text_print(out, "%c", c == '\n' ? ' ' : c);
    }
    text_print(out, "\"");
}

static const struct template *find_template(const struct manifest *m, const char *id)
{
    for (int i = 0; id && i < m->template_count; i++)
        if (m->templates[i].id && !strcmp(m->templates[i].id, id))
            return &m->templates[i];
    return NULL;
}

/* How many bytes a field has. */
static void add_size(struct text *out, const struct template *template, const struct field *field,
                     const struct type *type)
{
    const char *number = field->length ? field->length : field->count;
    int unit = field->length && type->pointer != 1 ? 1 : type->size;
    if (number && isdigit((unsigned char)*number)) {
        text_print(out, "%s * %d", number, unit);
        return;
    }
    for (int i = 0; number && i < template->count; i++) {
        if (!strcmp(template->fields[i].name, number)) {
            text_print(out, "(ULONG)_Arg%d * %d", i, unit);
            return;
        }
    }
    if (type->pointer == 1)
        text_print(out, "NtioMcLength(_Arg%%, %d)", type->size);
    else
        text_print(out, "%d", type->size);
}

static bool write_function(struct manifest *m, const char *symbol, const struct template *template,
                           const char *message, const char *provider, const char *path)
{
    struct text *out = m->out;
    int count = template ? template->count : 0;
    text_print(out, "NTIO_INLINE %s NtioMcWrite_%s(%s", m->kernel ? "NTSTATUS" : "ULONG", symbol,
               m->kernel ? "const GUID *Activity"
               : count   ? ""
                         : "void");
    for (int i = 0; i < count; i++) {
        const struct type *type = type_of(&template->fields[i]);
        if (!type) {
            tool_error("%s: the field %s has the type %s, which is not known", path, template->fields[i].name,
                       template->fields[i].type ? template->fields[i].type : "(none)");
            return false;
        }
        bool array = template->fields[i].count && type->pointer == 0;
        text_print(out, "%s%s%s_Arg%d", i || m->kernel ? ", " : "", type->c, array ? " *" : " ", i);
    }
    text_print(out, ")\n{\n");
    if (m->kernel)
        text_print(out, "    (void)Activity;\n");
    if (count) {
        text_print(out, "    static const struct ntio_etw_field fields[] = {");
        for (int i = 0; i < count; i++) {
            const struct field *field = &template->fields[i];
            const struct type *type = type_of(field);
            text_print(out, "%s{\"%s\", %s}", i ? ", " : "", field->name,
                       field->count && type->pointer == 0 ? "NTIO_ETW_BINARY" : type->kind);
        }
        text_print(out, "};\n    EVENT_DATA_DESCRIPTOR data[%d];\n", count);
    }
    for (int i = 0; i < count; i++) {
        const struct field *field = &template->fields[i];
        const struct type *type = type_of(field);
        bool pointer = type->pointer || field->count;
        text_print(out, "    EventDataDescCreate(&data[%d], %s_Arg%d, ", i, pointer ? "" : "&", i);
        struct text size = {0};
        add_size(&size, template, field, type);
        char *mark = strchr(size.at, '%');
        if (mark)
            text_print(out, "%.*s%d%s", (int)(mark - size.at), size.at, i, mark + 1);
        else
            text_print(out, "%s", size.at);
        text_free(&size);
        text_print(out, ");\n");
    }
    text_print(out, "    return %sntio_etw_event(", m->kernel ? "" : "(ULONG)");
    add_identifier(out, provider);
    text_print(out, "Handle, &%s, \"%s\", ", symbol, symbol);
    if (message)
        add_literal(out, message);
    else
        text_print(out, "NULL");
    text_print(out, count ? ", %d, fields, data);\n}\n" : ", %d, NULL, NULL);\n}\n", count);
    struct text arguments = {0}, rest = {0};
    text_add(&arguments, "", 0);
    text_print(&rest, "%s", m->kernel ? ", Activity" : "");
    if (m->kernel)
        text_print(&arguments, "Activity");
    for (int i = 0; i < count; i++) {
        text_print(&arguments, "%s_%d", arguments.length ? ", " : "", i);
        text_print(&rest, ", _%d", i);
    }
    text_print(out, "#define EventEnabled%s() %s(", symbol, m->kernel ? "EtwEventEnabled" : "EventEnabled");
    add_identifier(out, provider);
    text_print(out, "Handle, &%s)\n", symbol);
    text_print(out, "#define EventWrite%s(%s) (EventEnabled%s() ? NtioMcWrite_%s(%s) : 0)\n", symbol,
               arguments.at, symbol, symbol, arguments.at);
    text_print(out, "#define EventWrite%s_AssumeEnabled(%s) NtioMcWrite_%s(%s)\n\n", symbol, arguments.at,
               symbol, arguments.at);
    text_free(&arguments);
    text_free(&rest);
    return true;
}

static uint64_t keywords_of(const struct manifest *m, char *list)
{
    uint64_t mask = 0;
    for (char *word = list ? strtok(list, " \t\n") : NULL; word; word = strtok(NULL, " \t\n"))
        mask |= find_value(m, KEYWORD, word, 0);
    return mask;
}

static bool write_event(struct manifest *m, const struct element *element, const char *provider,
                        const char *path)
{
    char *value = attribute(element, "value"), *version = attribute(element, "version");
    char *symbol = attribute(element, "symbol"), *level = attribute(element, "level"),
         *task = attribute(element, "task");
    char *opcode = attribute(element, "opcode"), *channel = attribute(element, "channel");
    char *keywords = attribute(element, "keywords"), *template = attribute(element, "template");
    char *reference = attribute(element, "message"), *message = find_string(m, reference);
    bool fine = true;
    if (symbol) {
        uint64_t mask = keywords_of(m, keywords), place = 0;
        for (int i = 0; channel && i < m->named_count && strcmp(m->named[i].name, channel) != 0; i++)
            place += m->named[i].kind == CHANNEL;
        if (channel)
            mask |= 1ULL << 63 >> place;
        text_print(m->out,
                   "EXTERN_C const EVENT_DESCRIPTOR %s;\n__attribute__((weak)) const EVENT_DESCRIPTOR %s = "
                   "{0x%llX, 0x%llX, 0x%llX, 0x%llX, 0x%llX, 0x%llX, 0x%llX};\n#define %s_value 0x%llX\n",
                   symbol, symbol, strtoull(value ? value : "0", NULL, 0),
                   strtoull(version ? version : "0", NULL, 0),
                   (unsigned long long)find_value(m, CHANNEL, channel, 0),
                   (unsigned long long)find_value(m, LEVEL, level, 0),
                   (unsigned long long)find_value(m, OPCODE, opcode, 0),
                   (unsigned long long)find_value(m, TASK, task, 0), (unsigned long long)mask, symbol,
                   strtoull(value ? value : "0", NULL, 0));
        fine = write_function(m, symbol, find_template(m, template), message, provider, path);
    }
    char *all[] = {value,   version,  symbol,   level,     task,   opcode,
                   channel, keywords, template, reference, message};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
    return fine;
}

static void write_definitions(struct manifest *m)
{
    for (int i = 0; i < m->named_count; i++) {
        const struct named *named = &m->named[i];
        const char *name = named->symbol ? named->symbol : named->kind == CHANNEL ? named->name : NULL;
        if (!name || strchr(name, ':') || strpbrk(name, "/- "))
            continue;
        text_print(m->out, "#define %s 0x%llX\n", name, (unsigned long long)named->value);
    }
    text_print(m->out, "\n");
}

static void write_guid(struct text *out, const char *symbol, const char *guid)
{
    char digits[33] = {0};
    int count = 0;
    for (; *guid && count < 32; guid++)
        if (isxdigit((unsigned char)*guid))
            digits[count++] = *guid;
    text_print(out,
               "EXTERN_C const GUID %s;\n__attribute__((weak)) const GUID %s = {0x%.8s, 0x%.4s, 0x%.4s, {",
               symbol, symbol, digits, digits + 8, digits + 12);
    for (int i = 0; i < 8; i++)
        text_print(out, "%s0x%.2s", i ? ", " : "", digits + 16 + 2 * i);
    text_print(out, "}};\n");
}

/* The provider's handle and the macros that register it. */
static void write_provider(struct manifest *m, const char *name, const char *symbol)
{
    struct text id = {0};
    add_identifier(&id, name);
    text_print(m->out, "__attribute__((weak, visibility(\"hidden\"))) REGHANDLE %sHandle;\n", id.at);
    if (strcmp(id.at, symbol) != 0)
        text_print(m->out, "#define %sHandle %sHandle\n", symbol, id.at);
    text_print(m->out, "NTIO_INLINE %s NtioMcRegister_%s(void)\n{\n", m->kernel ? "NTSTATUS" : "ULONG",
               id.at);
    text_print(
        m->out, "    if (%sHandle)\n        return 0;\n    %s status = %s(&%s, NULL, NULL, &%sHandle);\n",
        id.at, m->kernel ? "NTSTATUS" : "ULONG", m->kernel ? "EtwRegister" : "EventRegister", symbol, id.at);
    text_print(m->out, "    if (!status)\n        ntio_etw_name(%sHandle, ", id.at);
    add_literal(m->out, name);
    text_print(m->out, ");\n    return status;\n}\n");
    text_print(
        m->out,
        "NTIO_INLINE %s NtioMcUnregister_%s(void)\n{\n    REGHANDLE handle = %sHandle;\n    %sHandle = 0;\n"
        "    return handle ? %s(handle) : 0;\n}\n",
        m->kernel ? "NTSTATUS" : "ULONG", id.at, id.at, id.at,
        m->kernel ? "EtwUnregister" : "EventUnregister");
    text_print(m->out,
               "#define EventRegister%s() NtioMcRegister_%s()\n#define EventUnregister%s() "
               "NtioMcUnregister_%s()\n\n",
               id.at, id.at, id.at, id.at);
    text_free(&id);
}

static bool read_provider(struct manifest *m, const char *start, const struct element *first,
                          const char *path)
{
    char *name = attribute(first, "name"), *guid = attribute(first, "guid"),
         *symbol = attribute(first, "symbol");
    bool fine = name && guid && symbol;
    struct element element;
    unsigned channels = 16;
    know_winmeta(m);
    for (const char *at = start; fine && (at = next_element(at, &element)) != NULL;) {
        if (element.closing && is(&element, "provider"))
            break;
        if (element.closing)
            continue;
        if (is(&element, "level"))
            define(m, LEVEL, &element, 0);
        else if (is(&element, "task"))
            define(m, TASK, &element, 0);
        else if (is(&element, "opcode"))
            define(m, OPCODE, &element, 0);
        else if (is(&element, "keyword"))
            define(m, KEYWORD, &element, 0);
        else if (is(&element, "channel") || is(&element, "importChannel"))
            define(m, CHANNEL, &element, channels++);
        else if (is(&element, "template"))
            read_template(m, at, &element);
    }
    if (fine) {
        write_guid(m->out, symbol, guid);
        write_definitions(m);
        write_provider(m, name, symbol);
    } else {
        tool_error("%s: a provider without name, guid or symbol", path);
    }
    for (const char *at = start; fine && (at = next_element(at, &element)) != NULL;) {
        if (element.closing && is(&element, "provider"))
            break;
        if (!element.closing && is(&element, "event"))
            fine = write_event(m, &element, name, path);
    }
    free(name);
    free(guid);
    free(symbol);
    forget(m);
    return fine;
}

bool mc_manifest(const char *path, const char *text, bool kernel, struct text *out)
{
    static struct manifest m;
    struct element element;
    bool fine = true, any = false;
    m.text = text;
    m.kernel = kernel;
    m.out = out;
    text_print(out, "#pragma once\n#include <%s>\n#include <evntprov.h>\n\n", kernel ? "wdm.h" : "windows.h");
    text_print(
        out,
        "#ifndef NTIO_MC_LENGTH\n#define NTIO_MC_LENGTH\n"
        "/* A string's bytes, terminator and all; of NULL none. */\n"
        "NTIO_INLINE ULONG NtioMcLength(const void *string, ULONG unit)\n{\n    ULONG length = 0;\n"
        "    if (!string)\n        return 0;\n"
        "    while (unit == 1 ? ((const char *)string)[length] != 0 : ((const WCHAR *)string)[length] != 0)\n"
        "        length++;\n    return (length + 1) * unit;\n}\n#endif\n\n");
    for (const char *at = text; fine && (at = next_element(at, &element)) != NULL;) {
        if (is(&element, "provider") && !element.closing && element.end[-1] != '/') {
            char *guid = attribute(&element, "guid");
            any = true;
            if (guid)
                fine = read_provider(&m, at, &element, path);
            free(guid);
        }
    }
    if (!any) {
        tool_error("%s: no event provider", path);
        return false;
    }
    return fine;
}
