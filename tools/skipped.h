/*
 * C++ in which a goto skips initialisations, as Microsoft's compiler and clang allow and gcc does not.
 */
#pragma once

#include "file.h"

/*
 * Appends the text with the initialisations that a goto skips made assignments: `T x = 1;` becomes `T x; x = 1;`. Lines stay where
 * they are. What cannot be told from the text, or has a constructor, stays as it is: the compiler refuses it.
 */
void skipped_split(const char *text, struct text *out);
