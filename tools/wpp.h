/*
 * WPP's configuration as it stands in sources and project files: trace functions and types of arguments.
 */
#pragma once

#include "file.h"

#include <stdint.h>

enum { WPP_MOST = 16 };

struct wpp_function {
    char *name;
    bool doubled; /* called with two pairs of parentheses */
    char *constants[WPP_MOST][2]; /* {NAME=value} */
    char *arguments[WPP_MOST];    /* MSG and ... included */
    int constant_count, argument_count;
    struct text prefix, suffix;                     /* string literals */
    struct text prefix_arguments, suffix_arguments; /* ", a, b" */
};

struct wpp_item {
    char *name;
    int64_t value;
};
struct wpp_type {
    char *name;
    char *enumeration; /* still to be looked up; NULL: no */
    const char *kind;  /* of ntio_wpp.h */
    int size;
    struct wpp_item *items;
    int count;
};

struct wpp {
    struct wpp_function *functions;
    int function_count;
    struct wpp_type *types;
    int type_count;
};

/* "Name{A=B}(ARGUMENTS)" */
void wpp_add_function(struct wpp *, const char *text);
/*
 * Reads what the file configures: *.vcxproj, sources, or a source with begin_wpp blocks. First the functions of all files, then
 * the rest, which names them.
 */
void wpp_read(struct wpp *, const char *path, const char *text, bool functions);
/* Fills in the enumerations that types name, where the text defines them. */
void wpp_find_enumerations(struct wpp *, const char *text, size_t length);
void wpp_free(struct wpp *);
