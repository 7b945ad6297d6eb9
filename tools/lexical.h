/*
 * What the commands that read C a character at a time have in common.
 */
#pragma once

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline bool lexical_is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* Of the string or character that begins there, with its quotes; it ends with its line at the latest. */
static inline size_t lexical_literal_length(const char *at)
{
    char quote = *at;
    size_t length = 1;
    while (at[length] && at[length] != quote && at[length] != '\n')
        length += at[length] == '\\' && at[length + 1] ? 2 : 1;
    return at[length] == quote ? length + 1 : length;
}

enum { LEXICAL_CONDITIONALS = 64 };

/* The branches of an #if begin alike: what a reader has counted (blocks that are open, say) at each #if. */
struct lexical_conditionals {
    int at_if[LEXICAL_CONDITIONALS], count;
};

/* A directive's word: keeps what *counted is, or gives it the value that it had at the #if. */
static inline void lexical_follow(struct lexical_conditionals *open, const char *word, int *counted)
{
    if (!strncmp(word, "if", 2)) {
        if (open->count < LEXICAL_CONDITIONALS)
            open->at_if[open->count] = *counted;
        open->count++;
    } else if (!strncmp(word, "el", 2)) {
        if (open->count && open->count <= LEXICAL_CONDITIONALS)
            *counted = open->at_if[open->count - 1];
    } else if (!strncmp(word, "endif", 5)) {
        open->count -= open->count > 0;
    }
}
