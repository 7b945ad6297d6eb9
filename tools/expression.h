/*
 * Constant expressions: C's operators on 64-bit integers, Microsoft's constants known by name.
 */
#pragma once

#include "scan.h"

#include <stdint.h>

/*
 * Evaluates all of the tokens, which are expanded already. On failure returns false with a sentence in `problem`.
 */
bool expression_value(const struct token *items, size_t count, int64_t *value, char *problem, size_t size);
