/*
 * ntio mc: makes the header of a message file (*.mc) or of an event manifest, as the message compiler of the
 * WDK does.
 */
#include "mc.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const char usage[] = "usage: ntio mc -o FILE.h [-km] [-c] FILE\n"
                            "\n"
                            "Makes the header of a message file (*.mc) or of an instrumentation manifest "
                            "(*.man, *.xml). The events of a manifest are\n"
                            "written to ntio's log.\n"
                            "  -km  the events are a driver's; else a client's\n"
                            "  -c   messages have the customer's bit\n";

/* --- message files --- */

struct name {
    char *name, *symbol; /* symbol: NULL, or what the header defines */
    uint32_t value;
};
struct names {
    struct name items[64];
    int count;
};

struct messages {
    const char *path, *at;
    int line;
    bool customer;
    struct names severities, facilities;
    char type[128];
    uint32_t id, severity, facility;
    char symbol[128];
    int base;
    bool headed;
    struct text *out;
};

static void set_name(struct names *names, const char *name, size_t length, uint32_t value, const char *symbol,
                     size_t symbol_length)
{
    int i = 0;
    while (i < names->count &&
           (strlen(names->items[i].name) != length || strncmp(names->items[i].name, name, length) != 0))
        i++;
    if (i == (int)(sizeof names->items / sizeof names->items[0]))
        return;
    if (i == names->count)
        names->items[names->count++] = (struct name){.name = text_copy(name, length)};
    names->items[i].value = value;
    free(names->items[i].symbol);
    names->items[i].symbol = symbol ? text_copy(symbol, symbol_length) : NULL;
}

static void free_names(struct names *names)
{
    for (int i = 0; i < names->count; i++) {
        free(names->items[i].name);
        free(names->items[i].symbol);
    }
}

static bool find_name(const struct names *names, const char *name, uint32_t *value)
{
    for (int i = 0; i < names->count; i++) {
        if (text_same(names->items[i].name, name)) {
            *value = names->items[i].value;
            return true;
        }
    }
    return false;
}

/* name=number[:symbol] ... up to the closing parenthesis, over lines. */
static void read_names(struct messages *m, struct names *names)
{
    while (*m->at && *m->at != ')') {
        if (*m->at == '\n')
            m->line++;
        if (isspace((unsigned char)*m->at) || *m->at == '(') {
            m->at++;
            continue;
        }
        const char *name = m->at;
        size_t length = strcspn(name, "=) \t\n");
        m->at = name + length;
        while (*m->at == ' ' || *m->at == '\t' || *m->at == '=')
            m->at++;
        char *end;
        uint32_t value = (uint32_t)strtoul(m->at, &end, 0);
        const char *symbol = NULL;
        size_t symbol_length = 0;
        m->at = end;
        if (*end == ':') {
            symbol = end + 1;
            symbol_length = strcspn(symbol, ") \t\n");
            m->at = symbol + symbol_length;
        } else {
            m->at += strcspn(m->at, ") \t\n");
        }
        set_name(names, name, length, value, symbol, symbol_length);
    }
    if (*m->at)
        m->at++;
}

static void write_names(struct text *out, const char *what, const struct names *names)
{
    bool any = false;
    for (int i = 0; i < names->count; i++) {
        if (!names->items[i].symbol)
            continue;
        if (!any)
            text_print(out, "/* %s */\n", what);
        any = true;
        text_print(out, "#define %-48s 0x%X\n", names->items[i].symbol, names->items[i].value);
    }
    if (any)
        text_print(out, "\n");
}

static void write_message(struct messages *m)
{
    if (!m->headed) {
        write_names(m->out, "Facilities", &m->facilities);
        write_names(m->out, "Severities", &m->severities);
        m->headed = true;
    }
    if (!*m->symbol)
        return;
    uint32_t value =
        m->severity << 30 | (m->customer ? 1u << 29 : 0) | (m->facility & 0xFFF) << 16 | (m->id & 0xFFFF);
    char number[32];
    snprintf(number, sizeof number, m->base == 10 ? "%u" : "0x%08XL", value);
    if (*m->type)
        text_print(m->out, "#define %-48s ((%s)%s)\n", m->symbol, m->type, number);
    else
        text_print(m->out, "#define %-48s %s\n", m->symbol, number);
}

static void skip_line(struct messages *m)
{
    while (*m->at && *m->at != '\n')
        m->at++;
    if (*m->at) {
        m->at++;
        m->line++;
    }
}

/* Up to the line with a single full stop. */
static void skip_text(struct messages *m)
{
    skip_line(m);
    while (*m->at) {
        bool last = m->at[0] == '.' && (m->at[1] == '\n' || m->at[1] == 0 || m->at[1] == ' ');
        skip_line(m);
        if (last)
            return;
    }
}

/* One keyword with its value; false: it is not understood. */
static bool read_keyword(struct messages *m)
{
    char word[64];
    size_t length = strcspn(m->at, "= \t\n");
    snprintf(word, sizeof word, "%.*s", (int)length, m->at);
    m->at += length;
    m->at += strspn(m->at, " \t");
    if (*m->at != '=')
        return false;
    m->at++;
    m->at += strspn(m->at, " \t");
    if (text_same(word, "SeverityNames") || text_same(word, "FacilityNames")) {
        read_names(m, text_same(word, "SeverityNames") ? &m->severities : &m->facilities);
        return true;
    }
    if (text_same(word, "LanguageNames")) {
        struct names ignored = {.count = 0};
        read_names(m, &ignored);
        free_names(&ignored);
        return true;
    }
    char value[128];
    length = strcspn(m->at, " \t\n");
    snprintf(value, sizeof value, "%.*s", (int)length, m->at);
    m->at += length;
    if (text_same(word, "MessageIdTypedef"))
        snprintf(m->type, sizeof m->type, "%s", value);
    else if (text_same(word, "OutputBase"))
        m->base = atoi(value);
    else if (text_same(word, "MessageId"))
        m->id = !*value         ? m->id + 1
                : *value == '+' ? m->id + (uint32_t)strtoul(value + 1, NULL, 0)
                                : (uint32_t)strtoul(value, NULL, 0);
    else if (text_same(word, "Severity"))
        return find_name(&m->severities, value, &m->severity);
    else if (text_same(word, "Facility"))
        return find_name(&m->facilities, value, &m->facility);
    else if (text_same(word, "SymbolicName"))
        snprintf(m->symbol, sizeof m->symbol, "%s", value);
    else if (!text_same(word, "MessageIdTypedefMacro"))
        return false;
    return true;
}

bool mc_messages(const char *path, const char *text, bool customer, struct text *out)
{
    struct messages m = {.path = path, .at = text, .line = 1, .customer = customer, .base = 16, .out = out};
    static const char *const severities[] = {"Success", "Informational", "Warning", "Error"};
    bool fine = true, pending = false;
    for (uint32_t i = 0; i < 4; i++)
        set_name(&m.severities, severities[i], strlen(severities[i]), i, NULL, 0);
    set_name(&m.facilities, "System", 6, 0x0FF, NULL, 0);
    set_name(&m.facilities, "Application", 11, 0xFFF, NULL, 0);
    m.facility = 0xFFF;
    while (*m.at && fine) {
        if (*m.at == ';') { /* for the header, as it stands */
            const char *end = m.at + strcspn(m.at, "\n");
            text_print(out, "%.*s\n", (int)(end - m.at - 1), m.at + 1);
            skip_line(&m);
        } else if (*m.at == '\n') {
            skip_line(&m);
        } else if (isspace((unsigned char)*m.at)) {
            m.at++;
        } else if (!strncmp(m.at, "Language=", 9) || !strncmp(m.at, "Language =", 10)) {
            if (pending)
                write_message(&m);
            pending = false;
            skip_text(&m);
        } else {
            if (!strncmp(m.at, "MessageId", 9) && (m.at[9] == '=' || m.at[9] == ' ')) {
                pending = true;
                *m.symbol = 0;
            }
            fine = read_keyword(&m);
        }
    }
    if (!fine)
        tool_error("%s:%d: no line of a message file", path, m.line);
    free_names(&m.severities);
    free_names(&m.facilities);
    return fine;
}

int mc_main(int argc, char **argv)
{
    const char *output = NULL, *input = NULL;
    bool kernel = false, customer = false;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help")) {
            fputs(usage, stdout);
            return TOOL_OK;
        }
        if (!strcmp(argv[i], "-o") && i + 1 < argc)
            output = argv[++i];
        else if (!strcmp(argv[i], "-km"))
            kernel = true;
        else if (!strcmp(argv[i], "-c"))
            customer = true;
        else if (argv[i][0] != '-' && !input)
            input = argv[i];
        else
            return tool_error("mc: what is '%s'? See 'ntio mc --help'", argv[i]);
    }
    if (!output || !input)
        return tool_error("mc: wants -o FILE.h and one file; see 'ntio mc --help'");
    struct text text = {0}, out = {0};
    if (!file_read(input, &text))
        return tool_error("mc: %s cannot be read", input);
    text_print(&out, "/* Made by `ntio mc` from %s. */\n", file_name(input));
    const char *dot = strrchr(input, '.');
    bool fine = dot && text_same(dot, ".mc") ? mc_messages(input, text.at, customer, &out)
                                             : mc_manifest(input, text.at, kernel, &out);
    fine = fine && file_write(output, &out);
    text_free(&text);
    text_free(&out);
    return fine ? TOOL_OK : TOOL_FINDINGS;
}
