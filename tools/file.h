/*
 * Whole files, and text that grows: what the commands that make headers share. Each ends the process when memory is short.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *at; /* terminated; NULL while empty */
    size_t length, room;
};
void text_add(struct text *, const char *from, size_t length);
void text_print(struct text *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_free(struct text *);

/* The file's text as UTF-8 (from UTF-16 or UTF-8, without a byte order mark, lines ended by \n alone); false: not readable. */
bool file_read(const char *path, struct text *text);
/* False, with a message, when the file cannot be written. */
bool file_write(const char *path, const struct text *text);

/* The part behind the last slash or backslash. */
const char *file_name(const char *path);
/* A copy; ends the process when memory is short. */
char *text_copy(const char *from, size_t length);
/* The same but for case. */
bool text_same(const char *a, const char *b);
