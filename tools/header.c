/*
 * Reads a header: directives first, into a table of macros; then the definitions among them and in the plain
 * text.
 */
#include "header.h"

#include "expression.h"
#include "macro.h"
#include "scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_MENTION_DEPTH = 16, MAX_MENTION_STEPS = 10000 };

struct header {
    struct tokens tokens;
    struct tokens plain; /* what is not in a directive */
    struct macros macros;
    int skipping;  /* conditionals open since the #if 0 that is being skipped, that one included */
    int after_one; /* conditionals open since an #if 1, whose #else is skipped */
};

static char *copy_text(const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL) {
        fputs("ntio: out of memory\n", stderr);
        exit(2);
    }
    return copy;
}

static void read_define(struct header *h, const struct token *items, size_t count, int line)
{
    if (count == 0 || items[0].kind != TOKEN_NAME)
        return;
    struct macro macro = {.name = items[0].text, .line = line};
    size_t at = 1;
    if (count > 1 && token_is(&items[1], "(") && !items[1].spaced) {
        macro.function_like = true;
        macro.parameters = &items[2];
        for (at = 2; at < count && !token_is(&items[at], ")"); at++)
            macro.parameter_tokens++;
        at++;
    }
    if (at < count) {
        macro.body = &items[at];
        macro.body_count = count - at;
    }
    macros_add(&h->macros, &macro);
}

static bool is_condition(const struct token *items, size_t count, const char *value)
{
    return count == 2 && token_is(&items[0], "if") && token_is(&items[1], value);
}

/* One directive, without its '#' and the end of its line. */
static void read_directive(struct header *h, const struct token *items, size_t count, int line)
{
    if (count == 0)
        return;
    bool opens = strncmp(items[0].text, "if", 2) == 0;
    bool turns = token_is(&items[0], "else") || token_is(&items[0], "elif");
    bool closes = token_is(&items[0], "endif");
    if (h->skipping > 0) {
        if (opens)
            h->skipping++;
        else if (closes || (turns && h->skipping == 1))
            h->skipping--;
        return;
    }
    if (is_condition(items, count, "0")) {
        h->skipping = 1;
    } else if (h->after_one > 0 && turns && h->after_one == 1) {
        h->after_one = 0;
        h->skipping = 1;
    } else if (h->after_one > 0 && (opens || closes)) {
        h->after_one += opens ? 1 : -1;
    } else if (is_condition(items, count, "1")) {
        h->after_one = 1;
    } else if (token_is(&items[0], "define")) {
        read_define(h, items + 1, count - 1, line);
    }
}

static void read_lines(struct header *h)
{
    const struct token *items = h->tokens.items;
    for (size_t i = 0; i < h->tokens.count;) {
        size_t end = i;
        while (items[end].kind != TOKEN_NEWLINE)
            end++;
        if (end > i && token_is(&items[i], "#"))
            read_directive(h, items + i + 1, end - i - 1, items[i].line);
        else if (h->skipping == 0)
            tokens_add_all(&h->plain, items + i, end - i);
        i = end + 1;
    }
}

/* Whether the tokens call CTL_CODE, themselves or through a macro they call; `steps`: what that may still
 * cost. */
static bool mentions_ctl_code(const struct header *h, const struct token *items, size_t count, int line,
                              int depth, int *steps)
{
    for (size_t i = 0; i < count && depth < MAX_MENTION_DEPTH && --*steps > 0; i++) {
        if (token_is(&items[i], "CTL_CODE"))
            return true;
        if (items[i].kind != TOKEN_NAME || i + 1 == count || !token_is(&items[i + 1], "("))
            continue;
        const struct macro *macro = macros_find(&h->macros, items[i].text, line);
        if (macro != NULL && mentions_ctl_code(h, macro->body, macro->body_count, line, depth + 1, steps))
            return true;
    }
    return false;
}

static struct code_definition *add_definition(struct code_definitions *found, const char *name, int line)
{
    if (found->count == found->room) {
        found->room = found->room ? 2 * found->room : 64;
        found->items = realloc(found->items, found->room * sizeof *found->items);
        if (found->items == NULL) {
            fputs("ntio: out of memory\n", stderr);
            exit(2);
        }
    }
    struct code_definition *definition = &found->items[found->count++];
    *definition = (struct code_definition){.name = copy_text(name), .line = line};
    return definition;
}

/* Fills in the parts from the call of CTL_CODE whose '(' is items[0]. */
static void evaluate(struct code_definition *definition, const struct token *items, size_t count)
{
    struct slice arguments[MACRO_MAX_ARGUMENTS];
    size_t argument_count;
    if (macro_split_arguments(items, count, arguments, &argument_count) == 0) {
        snprintf(definition->problem, sizeof definition->problem, "a ')' is missing");
        return;
    }
    if (argument_count != CODE_PART_COUNT) {
        snprintf(definition->problem, sizeof definition->problem, "CTL_CODE takes 4 parameters, not %zu",
                 argument_count);
        return;
    }
    int64_t *const values[CODE_PART_COUNT] = {&definition->parts.device_type, &definition->parts.function,
                                              &definition->parts.method, &definition->parts.access};
    for (int part = 0; part < CODE_PART_COUNT; part++) {
        char why[128];
        if (!expression_value(arguments[part].items, arguments[part].count, values[part], why, sizeof why)) {
            snprintf(definition->problem, sizeof definition->problem, "%s: %s", code_part_name(part), why);
            return;
        }
    }
    definition->known = true;
}

/* The definition of `name` as the tokens, if a control code is what they define. */
static void read_definition(const struct header *h, const struct token *name, const struct token *items,
                            size_t count, struct code_definitions *found)
{
    int steps = MAX_MENTION_STEPS;
    if (!mentions_ctl_code(h, items, count, name->line, 0, &steps))
        return;
    struct tokens text = {0};
    if (!macros_expand(&h->macros, items, count, name->line, &text)) {
        struct code_definition *definition = add_definition(found, name->text, name->line);
        snprintf(definition->problem, sizeof definition->problem, "its macros expand without end");
        tokens_free(&text);
    }
    for (size_t i = 0; i + 1 < text.count; i++) {
        if (token_is(&text.items[i], "CTL_CODE") && token_is(&text.items[i + 1], "(")) {
            evaluate(add_definition(found, name->text, name->line), text.items + i + 1, text.count - i - 1);
            break;
        }
    }
    tokens_free(&text);
}

static void read_macros(const struct header *h, struct code_definitions *found)
{
    for (size_t i = 0; i < h->macros.count; i++) {
        const struct macro *macro = &h->macros.items[i];
        if (macro->function_like || macro->line == 0 || strcmp(macro->name, "CTL_CODE") == 0)
            continue;
        struct token name = {.line = macro->line, .text = (char *)macro->name};
        read_definition(h, &name, macro->body, macro->body_count, found);
    }
}

/* The end of an initialiser: the ';', ',' or '}' outside all parentheses. */
static size_t initialiser_end(const struct tokens *tokens, size_t at)
{
    int depth = 0;
    for (; at < tokens->count; at++) {
        const struct token *token = &tokens->items[at];
        if (token_is(token, "("))
            depth++;
        else if (token_is(token, ")"))
            depth--;
        else if (token_is(token, ";") || (depth <= 0 && (token_is(token, ",") || token_is(token, "}"))))
            break;
    }
    return at;
}

/* Enumerators and constants: NAME = ... CTL_CODE(...). */
static void read_constants(const struct header *h, struct code_definitions *found)
{
    const struct tokens *plain = &h->plain;
    for (size_t i = 0; i + 2 < plain->count; i++) {
        if (plain->items[i].kind != TOKEN_NAME || !token_is(&plain->items[i + 1], "="))
            continue;
        size_t end = initialiser_end(plain, i + 2);
        read_definition(h, &plain->items[i], &plain->items[i + 2], end - i - 2, found);
    }
}

static int compare_lines(const void *a, const void *b)
{
    const struct code_definition *left = a, *right = b;
    return (left->line > right->line) - (left->line < right->line);
}

/* Scans "NAME=value" as a #define that stands above the text. */
static void scan_defines(struct tokens *tokens, char *const *defines, size_t define_count)
{
    for (size_t i = 0; i < define_count; i++) {
        size_t size = strlen(defines[i]) + sizeof "#define  1";
        char *line = malloc(size);
        if (line == NULL)
            return;
        const char *value = strchr(defines[i], '=');
        int name_length = value != NULL ? (int)(value - defines[i]) : (int)strlen(defines[i]);
        snprintf(line, size, "#define %.*s %s", name_length, defines[i], value != NULL ? value + 1 : "1");
        struct tokens one;
        scan_text(line, strlen(line), &one);
        for (size_t t = 0; t < one.count; t++)
            one.items[t].line = 0;
        tokens_add_all(tokens, one.items, one.count);
        tokens_free(&one);
        free(line);
    }
}

void header_scan(const char *text, size_t length, char *const *defines, size_t define_count,
                 struct code_definitions *found)
{
    struct header h = {0};
    struct tokens lines;
    scan_defines(&h.tokens, defines, define_count);
    scan_text(text, length, &lines);
    tokens_add_all(&h.tokens, lines.items, lines.count);
    tokens_free(&lines);

    *found = (struct code_definitions){0};
    read_lines(&h);
    read_macros(&h, found);
    read_constants(&h, found);
    if (found->count > 1)
        qsort(found->items, found->count, sizeof *found->items, compare_lines);
    macros_free(&h.macros);
    tokens_free(&h.plain);
    tokens_free(&h.tokens);
}

void header_free(struct code_definitions *found)
{
    for (size_t i = 0; i < found->count; i++)
        free(found->items[i].name);
    free(found->items);
    *found = (struct code_definitions){0};
}
