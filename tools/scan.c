/*
 * The scanner: splices and comments first, into a copy that remembers line numbers; then tokens.
 */
#include "scan.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text with continued lines joined and comments turned into a space; lines[i] is where character i stood.
 */
struct clean {
    char *text;
    int *lines;
    size_t length;
};

static void *grow(void *memory, size_t size)
{
    memory = realloc(memory, size);
    if (memory == NULL) {
        fputs("ntio: out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

/* Joins continued lines. As compilers do, white space between the backslash and the end of the line is
 * forgiven. */
static void join_lines(const char *text, size_t length, struct clean *out)
{
    int line = 1;
    out->text = grow(NULL, length + 2);
    out->lines = grow(NULL, (length + 2) * sizeof *out->lines);
    out->length = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\r' && i + 1 < length && text[i + 1] == '\n')
            continue;
        if (text[i] == '\\') {
            size_t end = i + 1;
            while (end < length && (text[end] == ' ' || text[end] == '\t' || text[end] == '\r'))
                end++;
            if (end < length && text[end] == '\n') {
                line++;
                i = end;
                continue;
            }
        }
        out->lines[out->length] = line;
        out->text[out->length++] = text[i];
        if (text[i] == '\n')
            line++;
    }
    out->lines[out->length] = line;
    out->text[out->length++] = '\n';
    out->lines[out->length] = line;
    out->text[out->length] = '\0'; /* so that looking one character ahead is safe */
}

void tokens_add(struct tokens *tokens, const struct token *token)
{
    if (tokens->count == tokens->room) {
        tokens->room = tokens->room ? 2 * tokens->room : 64;
        tokens->items = grow(tokens->items, tokens->room * sizeof *tokens->items);
    }
    struct token *copy = &tokens->items[tokens->count++];
    *copy = *token;
    copy->text = grow(NULL, token->length + 1);
    memcpy(copy->text, token->text, token->length);
    copy->text[token->length] = '\0';
}

void tokens_add_all(struct tokens *tokens, const struct token *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tokens_add(tokens, &items[i]);
}

void tokens_free(struct tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++)
        free(tokens->items[i].text);
    free(tokens->items);
    *tokens = (struct tokens){0};
}

bool token_is(const struct token *token, const char *text)
{
    return strcmp(token->text, text) == 0;
}

/* The end of the comment that starts at `at`, or `at` when none does. An unfinished one ends with the text.
 */
static size_t skip_comment(const struct clean *in, size_t at)
{
    if (in->text[at] != '/')
        return at;
    if (in->text[at + 1] == '/') {
        while (in->text[at] != '\n')
            at++;
        return at;
    }
    if (in->text[at + 1] != '*')
        return at;
    const char *end = strstr(in->text + at + 2, "*/");
    return end != NULL ? (size_t)(end - in->text) + 2 : in->length - 1;
}

static size_t skip_literal(const struct clean *in, size_t at)
{
    char quote = in->text[at++];
    while (in->text[at] != quote && in->text[at] != '\n') {
        if (in->text[at] == '\\' && in->text[at + 1] != '\n')
            at++;
        at++;
    }
    return in->text[at] == quote ? at + 1 : at;
}

static bool is_name_character(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static size_t punctuation_length(const char *text)
{
    static const char *const pairs[] = {"<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "##"};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (memcmp(text, pairs[i], 2) == 0)
            return 2;
    return 1;
}

/* The token at `at`, which is neither white space nor a comment; returns where it ends. */
static size_t scan_token(const struct clean *in, size_t at, struct token *token)
{
    char c = in->text[at];
    if (c == '\n') {
        token->kind = TOKEN_NEWLINE;
        return at + 1;
    }
    if (c == '"' || c == '\'') {
        token->kind = TOKEN_LITERAL;
        return skip_literal(in, at);
    }
    if (!is_name_character(c)) {
        token->kind = TOKEN_PUNCTUATION;
        return at + punctuation_length(in->text + at);
    }
    token->kind = isdigit((unsigned char)c) ? TOKEN_NUMBER : TOKEN_NAME;
    while (is_name_character(in->text[at]))
        at++;
    return at;
}

void scan_text(const char *text, size_t length, struct tokens *tokens)
{
    struct clean in;
    join_lines(text, length, &in);
    *tokens = (struct tokens){0};
    bool spaced = false;
    for (size_t at = 0; at < in.length;) {
        size_t end = skip_comment(&in, at);
        if (end == at && in.text[at] != '\n' && isspace((unsigned char)in.text[at]))
            end = at + 1;
        if (end == at && in.text[at] == '\0')
            end = at + 1;
        if (end != at) {
            spaced = true;
            at = end;
            continue;
        }
        struct token token = {.spaced = spaced, .line = in.lines[at], .text = in.text + at};
        end = scan_token(&in, at, &token);
        token.length = end - at;
        tokens_add(tokens, &token);
        spaced = false;
        at = end;
    }
    free(in.text);
    free(in.lines);
}
