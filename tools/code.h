/*
 * An I/O control code and its four parts: their bits, their names, and the way from text to number and back.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct code_parts {
    int64_t device_type, function, method, access; /* wide: a header may hold values that do not fit */
};

enum code_part { CODE_DEVICE_TYPE, CODE_FUNCTION, CODE_METHOD, CODE_ACCESS, CODE_PART_COUNT };

enum {
    CODE_COMMON_BIT = 0x8000, /* in the device type: the vendors' half */
    CODE_CUSTOM_BIT = 0x800,  /* in the function: the vendors' half */
    CODE_METHOD_BUFFERED = 0,
    CODE_METHOD_IN_DIRECT = 1,
    CODE_METHOD_OUT_DIRECT = 2,
    CODE_METHOD_NEITHER = 3,
    CODE_ACCESS_ANY = 0,
};

struct code_parts code_split(uint32_t code);

/* Each part must fit (code_part_limit). */
uint32_t code_join(const struct code_parts *parts);

/* The largest value that fits into the part, and what to call the part. */
int64_t code_part_limit(enum code_part part);
const char *code_part_name(enum code_part part);
int64_t code_part_value(const struct code_parts *parts, enum code_part part);

/* Microsoft's name for a value of a part, or NULL. A function has no name. */
const char *code_value_name(enum code_part part, int64_t value);

/* The value of one of Microsoft's names, whichever part it is for. */
bool code_name_value(const char *name, size_t length, int64_t *value);

/* A number in C's notation, with or without suffix, and nothing after it. */
bool code_parse_number(const char *text, int64_t *value);

/* A part of a code as a user writes it: a number, a name that goes with the part, names joined by '|'. */
bool code_parse_part(enum code_part part, const char *text, int64_t *value);
