/*
 * The control codes that a header defines.
 */
#pragma once

#include "code.h"

struct code_definition {
    char *name;
    int line;
    bool known; /* parts is filled in; else problem says why not */
    struct code_parts parts;
    char problem[160];
};

struct code_definitions {
    struct code_definition *items;
    size_t count, room;
};

/*
 * Finds every definition by CTL_CODE in the text: macros, those that use a macro which uses CTL_CODE, enumerators and
 * initialised constants. What stands between #if 0 and its #else or #endif is not read; of other conditionals both branches are.
 * `defines` holds what else is known, each "NAME" or "NAME=value".
 */
void header_scan(const char *text, size_t length, char *const *defines, size_t define_count,
                 struct code_definitions *found);
void header_free(struct code_definitions *found);
