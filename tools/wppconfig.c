/*
 * Reading WPP's configuration: FUNC, USEPREFIX, USESUFFIX, CUSTOM_TYPE and DEFINE_CPLX_TYPE in begin_wpp
 * blocks, the options of project files, and enumerations.
 */
#include "wpp.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expression.h"
#include "tool.h"

/* --- small text --- */

static char *trimmed(const char *from, size_t length)
{
    while (length && isspace((unsigned char)*from))
        from++, length--;
    while (length && isspace((unsigned char)from[length - 1]))
        length--;
    return text_copy(from, length);
}

/* Behind the word if the text starts with it, else NULL. */
static const char *after_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(text, word, length) != 0 || isalnum((unsigned char)text[length]) || text[length] == '_')
        return NULL;
    text += length;
    while (isspace((unsigned char)*text))
        text++;
    return text;
}

static size_t name_length(const char *text)
{
    size_t length = 0;
    while (isalnum((unsigned char)text[length]) || text[length] == '_')
        length++;
    return length;
}

/* The end of the part that starts here: a character of `ends` outside literals and parentheses, or the
 * terminator. */
static const char *part_end(const char *text, const char *ends)
{
    for (int depth = 0; *text; text++) {
        if (depth == 0 && strchr(ends, *text))
            return text;
        if (*text == '"') {
            for (text++; *text && *text != '"'; text++)
                if (*text == '\\' && text[1])
                    text++;
            if (!*text)
                return text;
        } else if (*text == '(' || *text == '{') {
            depth++;
        } else if (*text == ')' || *text == '}') {
            depth--;
        }
    }
    return text;
}

/* --- functions --- */

static struct wpp_function *find_function(struct wpp *wpp, const char *name)
{
    for (int i = 0; i < wpp->function_count; i++)
        if (!strcmp(wpp->functions[i].name, name))
            return &wpp->functions[i];
    return NULL;
}

static void *grow(void *items, int count, size_t size)
{
    items = realloc(items, (size_t)(count + 1) * size);
    if (!items) {
        tool_error("out of memory");
        exit(TOOL_USAGE);
    }
    memset((char *)items + (size_t)count * size, 0, size);
    return items;
}

void wpp_add_function(struct wpp *wpp, const char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = name_length(text);
    if (!length)
        return;
    struct wpp_function made = {.name = text_copy(text, length)};
    if (find_function(wpp, made.name)) {
        free(made.name);
        return;
    }
    text += length;
    while (isspace((unsigned char)*text))
        text++;
    if (*text == '{') {
        for (text++; *text && *text != '}' && made.constant_count < WPP_MOST;) {
            const char *end = part_end(text, ",}"), *equals = memchr(text, '=', (size_t)(end - text));
            if (equals) {
                made.constants[made.constant_count][0] = trimmed(text, (size_t)(equals - text));
                made.constants[made.constant_count++][1] = trimmed(equals + 1, (size_t)(end - equals - 1));
            }
            text = *end == ',' ? end + 1 : end;
        }
        if (*text == '}')
            text++;
        while (isspace((unsigned char)*text))
            text++;
    }
    if (*text == '(') {
        text++;
        while (isspace((unsigned char)*text))
            text++;
        made.doubled = *text == '(';
        text += made.doubled;
        while (*text && *text != ')' && made.argument_count < WPP_MOST) {
            const char *end = part_end(text, ",)");
            char *name = trimmed(text, (size_t)(end - text));
            if (*name)
                made.arguments[made.argument_count++] = name;
            else
                free(name);
            text = *end == ',' ? end + 1 : end;
            if (!*end)
                break;
        }
    }
    wpp->functions = grow(wpp->functions, wpp->function_count, sizeof made);
    wpp->functions[wpp->function_count++] = made;
}

/* (Function, "format" "format", argument, ...) */
static void add_affix(struct wpp *wpp, const char *text, bool prefix)
{
    if (*text++ != '(')
        return;
    const char *end = part_end(text, ",)");
    char *name = trimmed(text, (size_t)(end - text));
    struct wpp_function *function = find_function(wpp, name);
    free(name);
    if (!function || *end != ',')
        return;
    text = end + 1;
    end = part_end(text, ",)");
    char *format = trimmed(text, (size_t)(end - text));
    text_print(prefix ? &function->prefix : &function->suffix, "%s ", format);
    free(format);
    while (*end == ',') {
        text = end + 1;
        end = part_end(text, ",)");
        char *argument = trimmed(text, (size_t)(end - text));
        text_print(prefix ? &function->prefix_arguments : &function->suffix_arguments, ", %s", argument);
        free(argument);
    }
}

/* --- types --- */

static void add_item(struct wpp_type *type, char *name, int64_t value)
{
    type->items = grow(type->items, type->count, sizeof *type->items);
    type->items[type->count++] = (struct wpp_item){name, value};
}

/* Name, Name=value, ...: up to the closing parenthesis. */
static void add_list(struct wpp_type *type, const char *text)
{
    int64_t value = 0;
    for (;;) {
        const char *end = part_end(text, ",)"), *equals = memchr(text, '=', (size_t)(end - text));
        char *name = trimmed(text, (size_t)((equals ? equals : end) - text));
        if (equals)
            value = strtoll(equals + 1, NULL, 0);
        if (*name)
            add_item(type, name, value++);
        else
            free(name);
        if (*end != ',')
            return;
        text = end + 1;
    }
}

/* (name, ItemX(...)), or (name, macro, type, ItemX, ...) */
static void add_type(struct wpp *wpp, const char *text, bool complex)
{
    if (*text++ != '(')
        return;
    const char *end = part_end(text, ",)");
    struct wpp_type made = {.name = trimmed(text, (size_t)(end - text)), .kind = "NTIO_WPP_ENUM", .size = 4};
    for (int skip = complex ? 2 : 0; skip && *end == ','; skip--)
        end = part_end(end + 1, ",)");
    text = *end == ',' ? end + 1 : end;
    while (isspace((unsigned char)*text))
        text++;
    size_t length = name_length(text);
    char *item = text_copy(text, length);
    const char *list = text + length;
    while (isspace((unsigned char)*list))
        list++;
    bool known = true;
    if (strstr(item, "HEXDump") || strstr(item, "HexDump")) {
        made.kind = "NTIO_WPP_DUMP";
    } else if (*list != '(') {
        known = false;
    } else if (!strcmp(item, "ItemEnum")) {
        end = part_end(++list, ",)");
        made.enumeration = trimmed(list, (size_t)(end - list));
    } else if (!strncmp(item, "ItemList", 8) || !strncmp(item, "ItemSet", 7)) {
        made.kind = item[4] == 'S' ? "NTIO_WPP_SET" : "NTIO_WPP_ENUM";
        made.size = strstr(item, "Byte") ? 1 : strstr(item, "Short") ? 2 : 4;
        add_list(&made, list + 1);
    } else {
        known = false;
    }
    free(item);
    if (!known) {
        free(made.name);
        return;
    }
    wpp->types = grow(wpp->types, wpp->type_count, sizeof made);
    wpp->types[wpp->type_count++] = made;
}

/* The enumeration whose body opens at items[at]. */
static void read_enumeration(struct wpp_type *type, const struct tokens *tokens, size_t at)
{
    int64_t value = 0;
    for (at++; at < tokens->count && !token_is(&tokens->items[at], "}");) {
        const struct token *token = &tokens->items[at++];
        if (token->kind != TOKEN_NAME)
            continue;
        while (at < tokens->count && tokens->items[at].kind == TOKEN_NEWLINE)
            at++;
        if (at < tokens->count && token_is(&tokens->items[at], "=")) {
            struct tokens expression = {0};
            int depth = 0;
            for (at++; at < tokens->count; at++) {
                struct token part = tokens->items[at];
                depth += token_is(&part, "(") - token_is(&part, ")");
                if (!depth && (token_is(&part, ",") || token_is(&part, "}")))
                    break;
                char number[32];
                for (int i = 0; part.kind == TOKEN_NAME && i < type->count; i++) {
                    if (!strcmp(type->items[i].name, part.text)) {
                        int digits = snprintf(number, sizeof number, "%lld", (long long)type->items[i].value);
                        part.kind = TOKEN_NUMBER;
                        part.text = number;
                        part.length = (size_t)digits;
                    }
                }
                if (part.kind != TOKEN_NEWLINE)
                    tokens_add(&expression, &part);
            }
            char problem[160];
            bool known =
                expression_value(expression.items, expression.count, &value, problem, sizeof problem);
            tokens_free(&expression);
            if (!known) /* what follows counts from it */
                return;
        }
        add_item(type, text_copy(token->text, token->length), value++);
    }
}

void wpp_find_enumerations(struct wpp *wpp, const char *text, size_t length)
{
    struct tokens tokens = {0};
    bool wanted = false;
    for (int i = 0; i < wpp->type_count; i++)
        wanted |= wpp->types[i].enumeration && strstr(text, wpp->types[i].enumeration);
    if (!wanted)
        return;
    scan_text(text, length, &tokens);
    for (size_t i = 0; i + 1 < tokens.count; i++) {
        if (!token_is(&tokens.items[i], "enum"))
            continue;
        size_t open = i + 1, tag = 0;
        while (open < tokens.count && !token_is(&tokens.items[open], "{") &&
               !token_is(&tokens.items[open], ";")) {
            if (tokens.items[open].kind == TOKEN_NAME)
                tag = open;
            open++;
        }
        if (open >= tokens.count || !token_is(&tokens.items[open], "{"))
            continue;
        size_t close = open;
        while (close + 1 < tokens.count && !token_is(&tokens.items[close], "}"))
            close++;
        size_t alias = close + 1;
        while (alias + 1 < tokens.count && tokens.items[alias].kind == TOKEN_NEWLINE)
            alias++;
        for (int t = 0; t < wpp->type_count; t++) {
            struct wpp_type *type = &wpp->types[t];
            if (type->enumeration && !type->count &&
                ((tag && !strcmp(tokens.items[tag].text, type->enumeration)) ||
                 (alias < tokens.count && !strcmp(tokens.items[alias].text, type->enumeration))))
                read_enumeration(type, &tokens, open);
        }
    }
    tokens_free(&tokens);
}

/* --- files --- */

/* An affix may stand before its function: the functions of all files come first. */
static void read_statement(struct wpp *wpp, const char *text, bool functions)
{
    const char *rest;
    while (isspace((unsigned char)*text))
        text++;
    if ((rest = after_word(text, "FUNC")))
        wpp_add_function(wpp, rest);
    else if (functions)
        return;
    else if ((rest = after_word(text, "USEPREFIX")))
        add_affix(wpp, rest, true);
    else if ((rest = after_word(text, "USESUFFIX")))
        add_affix(wpp, rest, false);
    else if ((rest = after_word(text, "CUSTOM_TYPE")))
        add_type(wpp, rest, false);
    else if ((rest = after_word(text, "DEFINE_CPLX_TYPE")))
        add_type(wpp, rest, true);
}

/* The comment's text without what makes it a comment. */
static void read_block(struct wpp *wpp, const char *text, const char *end, bool functions)
{
    struct text plain = {0};
    while (text < end) {
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        if (!line_end)
            line_end = end;
        while (text < line_end && (isspace((unsigned char)*text) || *text == '/' || *text == '*'))
            text++;
        /* A remark inside the block. */
        const char *remark = text;
        while (remark + 1 < line_end && (remark[0] != '/' || remark[1] != '/'))
            remark++;
        text_add(&plain, text, (size_t)((remark + 1 < line_end ? remark : line_end) - text));
        text_add(&plain, " ", 1);
        text = line_end + 1;
    }
    for (char *at = plain.at; at && *at;) {
        char *stop = (char *)(uintptr_t)part_end(at, ";");
        bool more = *stop == ';';
        *stop = 0;
        read_statement(wpp, at, functions);
        at = stop + more;
    }
    text_free(&plain);
}

static void read_options(struct wpp *wpp, const char *text)
{
    for (const char *at = text; (at = strstr(at, "-func:")) != NULL;) {
        const char *end = part_end(at += 6, " \t\n<;\"");
        char *function = text_copy(at, (size_t)(end - at));
        wpp_add_function(wpp, function);
        free(function);
        at = end;
    }
}

static void read_project(struct wpp *wpp, const char *text)
{
    static const char tag[] = "<WppTraceFunction>";
    for (const char *at = text; (at = strstr(at, tag)) != NULL;) {
        at += sizeof tag - 1;
        while (*at && *at != '<') {
            const char *end = part_end(at, ";<");
            char *function = text_copy(at, (size_t)(end - at));
            wpp_add_function(wpp, function);
            free(function);
            at = *end == ';' ? end + 1 : end;
        }
    }
    read_options(wpp, text);
}

void wpp_read(struct wpp *wpp, const char *path, const char *text, bool functions)
{
    const char *dot = strrchr(path, '.');
    if (dot && (text_same(dot, ".vcxproj") || text_same(dot, ".props"))) {
        read_project(wpp, text);
        return;
    }
    const char *name = file_name(path);
    if (!strncmp(name, "sources", 7) || !strncmp(name, "SOURCES", 7) || !strncmp(name, "Sources", 7) ||
        !strncmp(name, "makefile", 8)) {
        read_options(wpp, text);
        return;
    }
    for (const char *at = text; (at = strstr(at, "begin_wpp")) != NULL;) {
        const char *line_end = strchr(at, '\n');
        if (!line_end)
            return;
        const char *end = strstr(line_end, "end_wpp");
        if (!end)
            return;
        while (end > line_end && *end != '\n')
            end--;
        read_block(wpp, line_end + 1, end, functions);
        at = end + 1;
    }
}

void wpp_free(struct wpp *wpp)
{
    for (int i = 0; i < wpp->function_count; i++) {
        struct wpp_function *function = &wpp->functions[i];
        for (int j = 0; j < function->constant_count; j++) {
            free(function->constants[j][0]);
            free(function->constants[j][1]);
        }
        for (int j = 0; j < function->argument_count; j++)
            free(function->arguments[j]);
        free(function->name);
        text_free(&function->prefix);
        text_free(&function->suffix);
        text_free(&function->prefix_arguments);
        text_free(&function->suffix_arguments);
    }
    for (int i = 0; i < wpp->type_count; i++) {
        for (int j = 0; j < wpp->types[i].count; j++)
            free(wpp->types[i].items[j].name);
        free(wpp->types[i].items);
        free(wpp->types[i].enumeration);
        free(wpp->types[i].name);
    }
    free(wpp->functions);
    free(wpp->types);
    *wpp = (struct wpp){0};
}
