/*
 * Whole files, and text that grows.
 */
#include "file.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tool.h"

static void reserve(struct text *text, size_t more)
{
    if (text->length + more + 1 <= text->room)
        return;
    text->room = (text->length + more + 1) * 2;
    text->at = realloc(text->at, text->room);
    if (!text->at) {
        tool_error("out of memory");
        exit(TOOL_USAGE);
    }
}

void text_add(struct text *text, const char *from, size_t length)
{
    reserve(text, length);
    memcpy(text->at + text->length, from, length);
    text->length += length;
    text->at[text->length] = 0;
}

void text_print(struct text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length >= 0) {
        reserve(text, (size_t)length);
        vsnprintf(text->at + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

void text_free(struct text *text)
{
    free(text->at);
    *text = (struct text){0};
}

char *text_copy(const char *from, size_t length)
{
    char *copy = malloc(length + 1);
    if (!copy) {
        tool_error("out of memory");
        exit(TOOL_USAGE);
    }
    memcpy(copy, from, length);
    copy[length] = 0;
    return copy;
}

static void add_utf16(struct text *text, const unsigned char *bytes, size_t size, bool big)
{
    for (size_t i = 0; i + 1 < size; i += 2) {
        uint32_t code = big ? bytes[i] << 8 | bytes[i + 1] : bytes[i + 1] << 8 | bytes[i];
        char utf8[3];
        if (code < 0x80) {
            utf8[0] = (char)code;
            text_add(text, utf8, 1);
        } else if (code < 0x800) {
            utf8[0] = (char)(0xC0 | code >> 6);
            utf8[1] = (char)(0x80 | (code & 0x3F));
            text_add(text, utf8, 2);
        } else { /* half a surrogate pair, too: only comments have such */
            utf8[0] = (char)(0xE0 | code >> 12);
            utf8[1] = (char)(0x80 | (code >> 6 & 0x3F));
            utf8[2] = (char)(0x80 | (code & 0x3F));
            text_add(text, utf8, 3);
        }
    }
}

bool file_read(const char *path, struct text *text)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    struct text raw = {0};
    char buffer[4096];
    for (size_t got; (got = fread(buffer, 1, sizeof buffer, file)) > 0;)
        text_add(&raw, buffer, got);
    fclose(file);
    reserve(&raw, 0);
    raw.at[raw.length] = 0;
    const unsigned char *bytes = (const unsigned char *)raw.at;
    struct text plain = {0};
    if (raw.length >= 2 && ((bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] == 0xFE && bytes[1] == 0xFF)))
        add_utf16(&plain, bytes + 2, raw.length - 2, bytes[0] == 0xFE);
    else if (raw.length >= 3 && !memcmp(bytes, "\xEF\xBB\xBF", 3))
        text_add(&plain, raw.at + 3, raw.length - 3);
    else
        text_add(&plain, raw.at, raw.length);
    text_free(&raw);
    reserve(text, plain.length);
    text->length = 0;
    for (size_t i = 0; i < plain.length; i++)
        if (plain.at[i] != '\r' || (i + 1 < plain.length && plain.at[i + 1] != '\n'))
            text->at[text->length++] = plain.at[i];
    text->at[text->length] = 0;
    text_free(&plain);
    return true;
}

bool file_write(const char *path, const struct text *text)
{
    FILE *file = fopen(path, "wb");
    bool written = file && fwrite(text->at, 1, text->length, file) == text->length;
    if (file)
        written &= fclose(file) == 0;
    if (!written)
        tool_error("%s cannot be written", path);
    return written;
}

const char *file_name(const char *path)
{
    const char *name = path;
    for (; *path; path++)
        if (*path == '/' || *path == '\\')
            name = path + 1;
    return name;
}

bool text_same(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}
