/*
 * Macro expansion: arguments, ## and rescanning; # is of no use in a control code and is left alone.
 */
#include "macro.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 64, MAX_STEPS = 20000 };

/* What is being expanded, innermost first: none of these is expanded again inside itself. */
struct nesting {
    const struct nesting *outer;
    const char *name; /* the outermost has none */
    int depth;
    int *steps; /* tokens that the whole expansion may still look at */
};

static bool expand(const struct macros *macros, const struct token *items, size_t count, int line,
                   const struct nesting *nesting, struct tokens *out);

void macros_add(struct macros *macros, const struct macro *macro)
{
    if (macros->count == macros->room) {
        macros->room = macros->room ? 2 * macros->room : 64;
        macros->items = realloc(macros->items, macros->room * sizeof *macros->items);
        if (macros->items == NULL) {
            fputs("ntio: out of memory\n", stderr);
            exit(2);
        }
    }
    macros->items[macros->count++] = *macro;
}

void macros_free(struct macros *macros)
{
    free(macros->items);
    *macros = (struct macros){0};
}

const struct macro *macros_find(const struct macros *macros, const char *name, int line)
{
    const struct macro *found = NULL;
    for (size_t i = 0; i < macros->count; i++) {
        const struct macro *macro = &macros->items[i];
        if (strcmp(macro->name, name) == 0 && (found == NULL || macro->line <= line))
            found = macro;
    }
    return found;
}

static bool is_open(const struct nesting *nesting, const char *name)
{
    for (; nesting != NULL; nesting = nesting->outer)
        if (nesting->name != NULL && strcmp(nesting->name, name) == 0)
            return true;
    return false;
}

size_t macro_split_arguments(const struct token *items, size_t count, struct slice *arguments,
                             size_t *argument_count)
{
    int depth = 0;
    size_t start = 1;
    *argument_count = 0;
    for (size_t i = 0; i < count; i++) {
        bool closes = token_is(&items[i], ")");
        if (token_is(&items[i], "(")) {
            depth++;
        } else if (closes && depth > 1) {
            depth--;
        } else if (depth == 1 && (closes || token_is(&items[i], ","))) {
            if (*argument_count == MACRO_MAX_ARGUMENTS)
                return 0;
            arguments[(*argument_count)++] = (struct slice){items + start, i - start};
            start = i + 1;
            if (closes)
                return i + 1;
        }
    }
    return 0;
}

/* Which parameter the token names, or -1. */
static int parameter_index(const struct macro *macro, const struct token *token)
{
    int index = 0;
    for (size_t i = 0; i < macro->parameter_tokens; i++) {
        if (token_is(&macro->parameters[i], ","))
            index++;
        else if (strcmp(macro->parameters[i].text, token->text) == 0)
            return index;
    }
    return -1;
}

/* Replaces the last token of `out` by it and `next` joined; the result may be a name or a number. */
static void paste(struct tokens *out, const struct token *next)
{
    struct token *last = &out->items[out->count - 1];
    size_t length = last->length + next->length;
    char *text = malloc(length + 1);
    if (text == NULL)
        return;
    memcpy(text, last->text, last->length);
    memcpy(text + last->length, next->text, next->length + 1);
    free(last->text);
    last->text = text;
    last->length = length;
}

/* The body with the parameters replaced and ## done, not yet expanded again. */
static bool substitute(const struct macros *macros, const struct macro *macro, const struct slice *arguments,
                       size_t argument_count, int line, const struct nesting *nesting, struct tokens *out)
{
    for (size_t i = 0; i < macro->body_count; i++) {
        const struct token *token = &macro->body[i];
        if (token_is(token, "##"))
            continue;
        bool joins = i > 0 && token_is(&macro->body[i - 1], "##") && out->count > 0;
        bool joined = i + 1 < macro->body_count && token_is(&macro->body[i + 1], "##");
        int index = parameter_index(macro, token);
        struct slice text = {token, 1};
        if (index >= 0)
            text = (size_t)index < argument_count ? arguments[index] : (struct slice){token, 0};
        if (joins && text.count > 0) {
            paste(out, &text.items[0]);
            text.items++;
            text.count--;
        }
        if (index >= 0 && !joins && !joined) {
            if (!expand(macros, text.items, text.count, line, nesting, out))
                return false;
        } else {
            tokens_add_all(out, text.items, text.count);
        }
    }
    return true;
}

static bool expand(const struct macros *macros, const struct token *items, size_t count, int line,
                   const struct nesting *nesting, struct tokens *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct token *token = &items[i];
        const struct macro *macro = NULL;
        if (--*nesting->steps < 0)
            return false;
        if (token->kind == TOKEN_NAME && !token_is(token, "CTL_CODE") && !is_open(nesting, token->text))
            macro = macros_find(macros, token->text, line);
        struct slice arguments[MACRO_MAX_ARGUMENTS];
        size_t argument_count = 0, used = 0;
        if (macro != NULL && macro->function_like) {
            if (i + 1 < count && token_is(&items[i + 1], "("))
                used = macro_split_arguments(items + i + 1, count - i - 1, arguments, &argument_count);
            if (used == 0)
                macro = NULL;
        }
        if (macro == NULL) {
            tokens_add(out, token);
            continue;
        }
        struct nesting inner = {nesting, macro->name, nesting->depth + 1, nesting->steps};
        if (inner.depth > MAX_DEPTH)
            return false;
        struct tokens body = {0};
        bool done = substitute(macros, macro, arguments, argument_count, line, nesting, &body) &&
                    expand(macros, body.items, body.count, line, &inner, out);
        tokens_free(&body);
        if (!done)
            return false;
        i += used;
    }
    return true;
}

bool macros_expand(const struct macros *macros, const struct token *items, size_t count, int line,
                   struct tokens *out)
{
    int steps = MAX_STEPS;
    struct nesting outermost = {.steps = &steps};
    return expand(macros, items, count, line, &outermost, out);
}
