/*
 * ntio translate: a copy of a source or header in which what only Microsoft's compiler reads is written so
 * that gcc and clang read it. #line leads diagnostics, __FILE__ and the debugger to the original.
 *
 *   , __VA_ARGS__         becomes , ##__VA_ARGS__: with no arguments the comma goes, too
 *   10i64 10UI64          become 10LL, 10ULL
 *   "text"##name  ->##x   lose the ##: Microsoft's preprocessor pastes what makes no token as two
 *   typedef long NAME;    becomes an int's: names of integers mean Microsoft's
 *   long 10L              become int and 10: Microsoft's long has 32 bits (only with --long)
 *   int swprintf(...);    is left undeclared: the two of that name are a macro here
 *   __FUNCTION__          is a macro for the function's name inside each function, so that "..." __FUNCTION__
 * is one literal; __FUNCTIONW__ the same, wide
 *   L"..."                whose bytes are no UTF-8 are of the code page that Microsoft's compiler reads on an
 *                         English Windows, 1252
 *   T x = 1;              becomes T x; x = 1; where a goto skips it (only with --skipped)
 */
#include "skipped.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lexical.h"
#include "tool.h"

struct translation {
    const char *path, *at;
    int line;
    bool narrow; /* long becomes int */
    struct text out;

    char last[128];         /* the token before; of a literal only its quote */
    bool directive, define; /* inside a line that begins with # */

    int depth, parentheses;
    struct lexical_conditionals conditionals; /* with the depth at each */
    bool in_function, assigned;               /* assigned: the declaration so far has a = */
    char name[128];                           /* of the function that may begin */
};

static void emit(struct translation *t, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        t->line += text[i] == '\n';
    text_add(&t->out, text, length);
}

static void remember(struct translation *t, const char *token, size_t length)
{
    snprintf(t->last, sizeof t->last, "%.*s", (int)length, token);
}

/* The length of the white space, comments and continued line ends at `at`. */
static size_t blank_length(const char *at)
{
    const char *start = at;
    for (;;) {
        if (*at == ' ' || *at == '\t' || *at == '\f' || *at == '\r') {
            at++;
        } else if (*at == '\\' && (at[1] == '\n' || (at[1] == '\r' && at[2] == '\n'))) {
            at += at[1] == '\n' ? 2 : 3;
        } else if (at[0] == '/' && at[1] == '*') {
            const char *end = strstr(at + 2, "*/");
            at = end ? end + 2 : at + strlen(at);
        } else {
            return (size_t)(at - start);
        }
    }
}

/* --- functions --- */

static bool is_annotation(const char *name)
{
    size_t length = strlen(name);
    return !strncmp(name, "__", 2) || (name[0] == '_' && name[length - 1] == '_') ||
           !strncmp(name, "DECLSPEC_", 9);
}

static void begin_declaration(struct translation *t)
{
    t->assigned = false;
    t->name[0] = 0;
    t->parentheses = 0;
}

static void put_line(struct translation *t)
{
    text_print(&t->out, "#line %d \"%s\"\n", t->line, t->path);
}

static void open_brace(struct translation *t)
{
    bool function = !t->depth && t->name[0] && !t->assigned &&
                    (!strcmp(t->last, ")") || (is_annotation(t->last) && isalpha((unsigned char)t->last[1])));
    if (!t->depth && t->last[0] == '"') /* extern "C" { */
        return;
    t->depth++;
    if (!function)
        return;
    t->in_function = true;
    text_print(&t->out,
               "\n#undef __FUNCTION__\n#define __FUNCTION__ \"%s\"\n"
               "#undef __FUNCTIONW__\n#define __FUNCTIONW__ L\"%s\"\n",
               t->name, t->name);
    put_line(t);
}

static void close_brace(struct translation *t)
{
    if (t->depth)
        t->depth--;
    if (t->depth)
        return;
    begin_declaration(t);
    if (!t->in_function)
        return;
    t->in_function = false;
    text_print(&t->out, "\n#undef __FUNCTION__\n#undef __FUNCTIONW__\n");
    put_line(t);
}

/* Punctuation outside directives: what kind of declaration this is. */
static void follow(struct translation *t, char c)
{
    if (c == '(') {
        if (!t->depth && !t->parentheses && lexical_is_word(t->last[0]) && !is_annotation(t->last))
            memcpy(t->name, t->last, sizeof t->name);
        t->parentheses++;
    } else if (c == ')') {
        t->parentheses -= t->parentheses > 0;
    } else if (c == '=' && !t->parentheses) {
        t->assigned = true;
    } else if (c == ';' && !t->depth) {
        begin_declaration(t);
    }
}

/* --- tokens --- */

/* How many characters at a number's end make it long and no more. */
static size_t long_suffix(const char *number, size_t length)
{
    bool hexadecimal = length > 1 && (number[1] == 'x' || number[1] == 'X'),
         real = memchr(number, '.', length) != NULL;
    size_t longs = 0, suffix = 0;
    while (suffix < length && strchr("lLuU", number[length - suffix - 1])) {
        suffix++;
        longs += (number[length - suffix] | 0x20) == 'l';
    }
    for (size_t i = 0; !hexadecimal && i < length; i++)
        real |= number[i] == 'e' || number[i] == 'E';
    return longs == 1 && !real ? suffix : 0;
}

static void put_number(struct translation *t)
{
    size_t length = 0;
    while (lexical_is_word(t->at[length]) || t->at[length] == '.' ||
           ((t->at[length] == '+' || t->at[length] == '-') && strchr("eEpP", t->at[length - 1]) &&
            t->at[1] != 'x' && t->at[1] != 'X'))
        length++;
    static const char *const suffixes[] = {"i64", "i32", "i16", "i8"};
    size_t kept = length;
    const char *instead = "";
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        size_t size = strlen(suffixes[i]);
        if (length > size && !strncmp(t->at + length - size + 1, suffixes[i] + 1, size - 1) &&
            (t->at[length - size] | 0x20) == 'i') {
            kept = length - size;
            instead = i ? "" : "LL";
            break;
        }
    }
    size_t suffix = t->narrow && kept == length ? long_suffix(t->at, length) : 0;
    if (suffix) {
        kept = length - suffix;
        instead = suffix > 1 ? "U" : "";
    }
    emit(t, t->at, kept);
    emit(t, instead, strlen(instead));
    remember(t, "0", 1);
    t->at += length;
}

static bool is_one_of(const char *word, size_t length, const char *const *list)
{
    for (; *list; list++)
        if (strlen(*list) == length && !strncmp(*list, word, length))
            return true;
    return false;
}

static size_t word_length(const char *at)
{
    size_t length = 0;
    while (lexical_is_word(at[length]))
        length++;
    return length;
}

/*
 * The words of a type, of which one is long: it goes where an int stands beside it, and is an int else. False
 * when it stays (long long, long double), or there is none.
 */
static bool put_long(struct translation *t)
{
    static const char *const words[] = {"unsigned", "signed", "long", "int", "double", "float", NULL};
    static const char *const kept[] = {"double", "float", NULL};
    int longs = 0, ints = 0, others = 0;
    const char *end = t->at;
    for (const char *at = t->at; lexical_is_word(*at);) {
        size_t length = word_length(at);
        if (!is_one_of(at, length, words))
            break;
        longs += !strncmp(at, "long", 4);
        ints += !strncmp(at, "int", 3);
        others += is_one_of(at, length, kept);
        end = at + length;
        at = end + blank_length(end);
    }
    if (longs != 1 || others)
        return false;
    while (t->at < end) {
        size_t length = word_length(t->at);
        if (!length) {
            length = blank_length(t->at);
            emit(t, t->at, length);
        } else if (strncmp(t->at, "long", 4) != 0) {
            emit(t, t->at, length);
        } else if (!ints) {
            emit(t, "int", 3);
        }
        t->at += length;
    }
    remember(t, "int", 3);
    return true;
}

/* Whether a name for an integer begins here. */
static bool names_integer(const struct translation *t)
{
    return !t->directive && !strcmp(t->last, "typedef") && t->at[strcspn(t->at, ";({[#")] == ';';
}

static void put_word(struct translation *t)
{
    static const char *const first[] = {"unsigned", "signed", "long", "int", NULL};
    static const char *const printers[] = {"swprintf", "vswprintf", NULL};
    size_t length = word_length(t->at);
    if (is_one_of(t->at, length, first) && (t->narrow || names_integer(t))) {
        if (put_long(t))
            return;
        if (length == 4) { /* long long, long double: both */
            const char *second = t->at + 4 + blank_length(t->at + 4);
            length = (size_t)(second - t->at) + word_length(second);
            emit(t, t->at, length);
            remember(t, "long", 4);
            t->at += length;
            return;
        }
    }
    if (!t->directive && !t->depth && !t->parentheses && is_one_of(t->at, length, printers) &&
        lexical_is_word(t->last[0]))
        emit(t, "ntio_own_", 9);
    if (t->directive && length == 11 && !strncmp(t->at, "__VA_ARGS__", 11) && !strcmp(t->last, ","))
        emit(t, "##", 2);
    emit(t, t->at, length);
    remember(t, t->at, length);
    t->at += length;
}

/* Whether the preprocessor can make one token of what stands on the two sides. */
static bool pastes(const struct translation *t, const char *right)
{
    if (!strcmp(t->last, ","))
        return true; /* , ##__VA_ARGS__ */
    if (!lexical_is_word(t->last[0]))
        return false;
    if (*right == '"' || *right == '\'')
        return !strcmp(t->last, "L");
    return lexical_is_word(*right) || *right == '#';
}

static void put_paste(struct translation *t)
{
    const char *right = t->at + 2 + blank_length(t->at + 2);
    bool stays = pastes(t, right);
    emit(t, stays ? "##" : " ", stays ? 2 : 1);
    if (stays)
        remember(t, "##", 2);
    t->at += 2;
}

/* A # that begins a line. */
static void begin_directive(struct translation *t)
{
    const char *word = t->at + 1 + strspn(t->at + 1, " \t");
    t->directive = true;
    lexical_follow(&t->conditionals, word, &t->depth);
    t->define = !strncmp(word, "define", 6);
    size_t length = (size_t)(word - t->at);
    emit(t, t->at, length);
    t->at += length;
    if (!t->define) { /* its text is nobody's business */
        while (*t->at && *t->at != '\n') {
            length = blank_length(t->at);
            if (!length)
                length = 1;
            emit(t, t->at, length);
            t->at += length;
        }
    }
}

static void put_punctuation(struct translation *t)
{
    if (t->at[0] == '#' && t->at[1] == '#') {
        put_paste(t);
        return;
    }
    if (t->at[0] == '-' && t->at[1] == '>') {
        emit(t, "->", 2);
        remember(t, "->", 2);
        t->at += 2;
        return;
    }
    char c = *t->at;
    if (!t->directive && c == '{')
        open_brace(t);
    else if (!t->directive)
        follow(t, c);
    emit(t, &c, 1);
    remember(t, &c, 1);
    t->at++;
    if (!t->directive && c == '}')
        close_brace(t);
}

static bool is_utf8(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        int more = c < 0x80                ? 0
                   : c >= 0xC2 && c < 0xE0 ? 1
                   : (c & 0xF0) == 0xE0    ? 2
                   : (c & 0xF8) == 0xF0    ? 3
                                           : -1;
        if (more < 0)
            return false;
        for (; more; more--)
            if (++i >= length || ((unsigned char)text[i] & 0xC0) != 0x80)
                return false;
    }
    return true;
}

static void put_code_page(struct translation *t, unsigned char c)
{
    static const unsigned short windows_1252[32] = {
        0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
        0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178,
    };
    unsigned u = c >= 0x80 && c < 0xA0 ? windows_1252[c - 0x80] : c;
    char bytes[3] = {(char)u};
    size_t count = 1;
    if (u >= 0x800) {
        bytes[0] = (char)(0xE0 | u >> 12);
        bytes[1] = (char)(0x80 | (u >> 6 & 0x3F));
        bytes[2] = (char)(0x80 | (u & 0x3F));
        count = 3;
    } else if (u >= 0x80) {
        bytes[0] = (char)(0xC0 | u >> 6);
        bytes[1] = (char)(0x80 | (u & 0x3F));
        count = 2;
    }
    emit(t, bytes, count);
}

static void put_literal(struct translation *t)
{
    size_t length = lexical_literal_length(t->at);
    if (strcmp(t->last, "L") != 0 || is_utf8(t->at, length))
        emit(t, t->at, length);
    else
        for (size_t i = 0; i < length; i++)
            put_code_page(t, (unsigned char)t->at[i]);
    remember(t, t->at, 1);
    t->at += length;
}

static void translate(struct translation *t)
{
    bool fresh = true; /* nothing but blanks on this line yet */
    put_line(t);
    while (*t->at) {
        size_t length = blank_length(t->at);
        if (length) {
            emit(t, t->at, length);
            t->at += length;
        } else if (*t->at == '\n') {
            emit(t, t->at++, 1);
            t->directive = false;
            fresh = true;
        } else if (t->at[0] == '/' && t->at[1] == '/') {
            length = 0;
            while (t->at[length] && t->at[length] != '\n')
                length += t->at[length] == '\\' && t->at[length + 1] == '\n' ? 2 : 1;
            emit(t, t->at, length);
            t->at += length;
        } else if (*t->at == '#' && fresh) {
            fresh = false;
            begin_directive(t);
        } else {
            fresh = false;
            if (*t->at == '"' || *t->at == '\'') {
                put_literal(t);
            } else if (isdigit((unsigned char)*t->at) ||
                       (*t->at == '.' && isdigit((unsigned char)t->at[1]))) {
                put_number(t);
            } else if (lexical_is_word(*t->at)) {
                put_word(t);
            } else {
                put_punctuation(t);
            }
        }
    }
}

static bool take_option(int *argc, char ***argv, const char *name)
{
    if (*argc < 2 || strcmp((*argv)[1], name) != 0)
        return false;
    --*argc;
    ++*argv;
    return true;
}

int translate_main(int argc, char **argv)
{
    bool narrow = take_option(&argc, &argv, "--long"), skipped = take_option(&argc, &argv, "--skipped");
    if (argc != 4 || strcmp(argv[1], "-o") != 0) {
        FILE *to = argc == 2 && !strcmp(argv[1], "--help") ? stdout : stderr;
        fputs("usage: ntio translate [--long] [--skipped] -o COPY FILE\n\n"
              "Writes a copy of a C source or header in which gcc and clang can read what only Microsoft's "
              "compiler reads.\n"
              "  --long     make long a type of 32 bits, as Microsoft's is\n"
              "  --skipped  let a goto skip initialisations, in C++ for gcc\n",
              to);
        return to == stdout ? TOOL_OK : TOOL_USAGE;
    }
    struct text text = {0};
    if (!file_read(argv[3], &text))
        return tool_error("translate: %s cannot be read", argv[3]);
    struct text split = {0};
    if (skipped)
        skipped_split(text.at, &split);
    struct translation t = {.path = argv[3], .at = skipped ? split.at : text.at, .line = 1, .narrow = narrow};
    translate(&t);
    bool written = file_write(argv[2], &t.out);
    text_free(&t.out);
    text_free(&split);
    text_free(&text);
    return written ? TOOL_OK : TOOL_USAGE;
}
