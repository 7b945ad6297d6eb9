/*
 * The macros of a header, and their expansion.
 *
 * A header is read without its compiler and without what it includes, so a name that is defined twice (in the two branches
 * of an #ifdef, say) means the definition last seen above the line that uses it, else the first one below.
 */
#pragma once

#include "scan.h"

struct macro {
    const char *name;
    int line; /* 0: from the command line */
    bool function_like;
    const struct token *parameters; /* names and commas */
    size_t parameter_tokens;
    const struct token *body;
    size_t body_count;
};

struct macros {
    struct macro *items; /* in the order of their lines; they point into tokens that the owner keeps */
    size_t count, room;
};

void macros_add(struct macros *macros, const struct macro *macro);
void macros_free(struct macros *macros);
const struct macro *macros_find(const struct macros *macros, const char *name, int line);

struct slice {
    const struct token *items;
    size_t count;
};
enum { MACRO_MAX_ARGUMENTS = 32 };

/*
 * Splits the call whose '(' is items[0] into its arguments. Returns how many tokens the call takes with both parentheses,
 * 0 when it is not finished or has more than MACRO_MAX_ARGUMENTS.
 */
size_t macro_split_arguments(const struct token *items, size_t count, struct slice *arguments, size_t *argument_count);

/*
 * Appends the expansion of the tokens, as used on `line`. CTL_CODE is never expanded, nor a macro inside itself.
 * Returns false when that does not come to an end within reason.
 */
bool macros_expand(const struct macros *macros, const struct token *items, size_t count, int line, struct tokens *out);
