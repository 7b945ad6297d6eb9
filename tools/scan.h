/*
 * C text as tokens: comments gone, continued lines joined, each token with the line it starts on.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
    TOKEN_NAME,
    TOKEN_NUMBER,
    TOKEN_LITERAL,     /* "string" or 'c' */
    TOKEN_PUNCTUATION, /* one character, or one of << >> <= >= == != && || ## */
    TOKEN_NEWLINE,     /* the end of a line that is not continued */
};

struct token {
    enum token_kind kind;
    bool spaced; /* white space or a comment stands before it */
    int line;
    size_t length;
    char *text; /* length characters and a zero */
};

struct tokens {
    struct token *items;
    size_t count, room;
};

/* Splits the text; the list ends with a newline token. Ends the process when memory is short, as all of these do. */
void scan_text(const char *text, size_t length, struct tokens *tokens);

/* Appends a copy of the token, with a text of its own. */
void tokens_add(struct tokens *tokens, const struct token *token);
void tokens_add_all(struct tokens *tokens, const struct token *items, size_t count);
void tokens_free(struct tokens *tokens);

bool token_is(const struct token *token, const char *text);
