/*
 * Microsoft's rules for I/O control codes.
 */
#pragma once

#include "code.h"

enum lint_severity {
    LINT_NOTE,    /* worth a thought, not a broken rule */
    LINT_WARNING, /* a rule is broken */
};

struct lint_finding {
    enum lint_severity severity;
    const char *rule; /* a short name, to search for */
    char text[256];
};

enum { LINT_MAX_FINDINGS = 12 };

/* Checks a code, and its name unless that is NULL. Returns how many findings there are. */
size_t lint_code(const char *name, const struct code_parts *parts, struct lint_finding findings[LINT_MAX_FINDINGS]);
