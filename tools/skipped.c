/*
 * Which declarations a goto skips: those that are visible at its label and stand between the two. The text is
 * read as tokens with the block that each is in, no further.
 */
#include "skipped.h"

#include <stdlib.h>

#include "lexical.h"
#include "tool.h"

struct piece {
    const char *at;
    int length;
    int block;
    bool starts; /* a statement */
};

struct block {
    int parent;
    int parentheses;
    bool value; /* the braces of an initialiser */
    bool scope; /* of a namespace or class */
};

struct reader {
    struct piece *pieces;
    struct block *blocks;
    int count, room, block_count, block_room;
    int block; /* the current one */
    struct lexical_conditionals conditionals;
    bool starts; /* the next piece starts a statement */
};

static void *grow(void *array, int count, int *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room ? *room * 2 : 1024;
    array = realloc(array, (size_t)*room * size);
    if (!array) {
        tool_error("out of memory");
        exit(TOOL_USAGE);
    }
    return array;
}

static bool is(const struct piece *piece, const char *text)
{
    return (size_t)piece->length == strlen(text) && !memcmp(piece->at, text, (size_t)piece->length);
}

static bool is_among(const struct piece *piece, const char *const *list)
{
    for (; *list; list++)
        if (is(piece, *list))
            return true;
    return false;
}

static bool is_name(const struct piece *piece)
{
    return lexical_is_word(*piece->at) && !isdigit((unsigned char)*piece->at);
}

/* --- reading --- */

static int new_block(struct reader *r, bool value, bool scope)
{
    r->blocks = grow(r->blocks, r->block_count, &r->block_room, sizeof r->blocks[0]);
    r->blocks[r->block_count] = (struct block){r->block, 0, value, scope};
    return r->block_count++;
}

/* Whether the brace that comes next is that of a namespace or class: what the statement so far says. */
static bool opens_scope(const struct reader *r)
{
    static const char *const scopes[] = {"namespace", "class", "struct", "union", "enum", "extern", NULL};
    bool scope = false;
    for (int i = r->count; i-- > 0 && r->pieces[i].block == r->block;) {
        const struct piece *piece = &r->pieces[i];
        if (is(piece, ";") || is(piece, "}") || is(piece, ")"))
            break;
        scope |= is_among(piece, scopes);
        if (piece->starts)
            break;
    }
    return scope;
}

static bool opens_value(const struct reader *r)
{
    static const char *const before[] = {"=", ",", "(", "[", "return", NULL};
    return r->blocks[r->block].value || (r->count && is_among(&r->pieces[r->count - 1], before));
}

static void add(struct reader *r, const char *at, size_t length)
{
    bool opens = *at == '{';
    bool value = opens && opens_value(r), scope = opens && !value && opens_scope(r);
    r->pieces = grow(r->pieces, r->count, &r->room, sizeof r->pieces[0]);
    r->pieces[r->count++] = (struct piece){at, (int)length, r->block, r->starts};
    struct block *block = &r->blocks[r->block];
    r->starts = false;
    if (opens) {
        r->block = new_block(r, value, scope);
        r->starts = !value;
    } else if (*at == '}') {
        bool was_value = block->value;
        if (block->parent >= 0)
            r->block = block->parent;
        r->starts = !was_value && !r->blocks[r->block].parentheses;
    } else if (*at == '(') {
        block->parentheses++;
    } else if (*at == ')') {
        block->parentheses -= block->parentheses > 0;
    } else if (*at == ';') {
        r->starts = !block->parentheses && !block->value;
    } else if (*at == ':' && length == 1 && r->count > 1) { /* of a label or case */
        const struct piece *before = &r->pieces[r->count - 2];
        int first = r->count - 2;
        while (first > 0 && !r->pieces[first].starts && r->pieces[first].block == r->block)
            first--;
        r->starts = before->starts || is(&r->pieces[first], "case");
    }
}

static const char *skip_directive(struct reader *r, const char *at)
{
    const char *word = at + 1 + strspn(at + 1, " \t");
    lexical_follow(&r->conditionals, word, &r->block);
    while (*at && *at != '\n') {
        if (*at == '\\' && at[1])
            at++;
        at++;
    }
    return at;
}

static void read_pieces(struct reader *r, const char *at)
{
    bool fresh = true;
    r->block = -1;
    r->block = new_block(r, false, true);
    r->starts = true;
    while (*at) {
        const char *start = at;
        if (*at == '\n') {
            fresh = true;
            at++;
        } else if (isspace((unsigned char)*at) || *at == '\\') {
            at++;
        } else if (at[0] == '/' && at[1] == '/') {
            at += strcspn(at, "\n");
        } else if (at[0] == '/' && at[1] == '*') {
            const char *end = strstr(at + 2, "*/");
            at = end ? end + 2 : at + strlen(at);
        } else if (*at == '#' && fresh) {
            at = skip_directive(r, at);
        } else {
            fresh = false;
            if (*at == '"' || *at == '\'')
                at += lexical_literal_length(at);
            else if (lexical_is_word(*at))
                while (lexical_is_word(*at))
                    at++;
            else if ((at[0] == ':' && at[1] == ':') || (strchr("=!<>", *at) && at[1] == '=') ||
                     (at[0] == '-' && at[1] == '>'))
                at += 2;
            else
                at++;
            add(r, start, (size_t)(at - start));
        }
    }
}

/* --- what is skipped --- */

static bool is_inside(const struct reader *r, int block, int outer)
{
    while (block >= 0 && block != outer)
        block = r->blocks[block].parent;
    return block == outer;
}

/* The outermost block that is no namespace's or class's. */
static int function_of(const struct reader *r, int block)
{
    int function = -1;
    for (; block >= 0; block = r->blocks[block].parent)
        if (!r->blocks[block].scope)
            function = block;
    return function;
}

static bool is_label(const struct reader *r, int i)
{
    return r->pieces[i].starts && is_name(&r->pieces[i]) && i + 1 < r->count && is(&r->pieces[i + 1], ":") &&
           !is(&r->pieces[i], "default");
}

/* Whether a goto in front of the piece leads behind it, to where what it declares can be seen. */
static bool is_skipped(const struct reader *r, int declaration)
{
    int block = r->pieces[declaration].block, function = function_of(r, block);
    if (function < 0)
        return false;
    for (int i = declaration - 1; i > 0 && is_inside(r, r->pieces[i].block, function); i--) {
        const struct piece *target = &r->pieces[i];
        if (!is(&r->pieces[i - 1], "goto"))
            continue;
        for (int j = declaration + 1; j < r->count && is_inside(r, r->pieces[j].block, block); j++)
            if (is_label(r, j) && r->pieces[j].length == target->length &&
                !memcmp(r->pieces[j].at, target->at, (size_t)target->length))
                return true;
    }
    return false;
}

/* --- declarations --- */

struct declaration {
    int type_end;   /* the piece behind the last of the type, without its stars */
    int end;        /* the semicolon */
    bool has_value; /* of one of its names at least */
};

/* Behind the initialiser that begins at i: the comma or semicolon. */
static int behind_value(const struct reader *r, int i)
{
    int depth = 0;
    for (; i < r->count; i++) {
        char c = *r->pieces[i].at;
        if (!depth && (c == ',' || c == ';'))
            return i;
        depth += (c == '(' || c == '[' || c == '{') - (c == ')' || c == ']' || c == '}');
        if (depth < 0)
            return r->count;
    }
    return i;
}

/* Behind the brackets at i; r->count: none that tell a size. */
static int behind_sizes(const struct reader *r, int i)
{
    while (i < r->count && is(&r->pieces[i], "[")) {
        if (is(&r->pieces[i + 1], "]"))
            return r->count;
        while (i < r->count && !is(&r->pieces[i], "]"))
            i++;
        i++;
    }
    return i;
}

static int skip_stars(const struct reader *r, int i)
{
    while (i < r->count && is(&r->pieces[i], "*"))
        i++;
    return i;
}

/* TYPE names, each with stars, sizes and a value perhaps. */
static bool read_declaration(const struct reader *r, int first, struct declaration *d)
{
    static const char *const others[] = {
        "return",  "goto",    "case",      "default",  "else",         "new",      "delete",
        "throw",   "using",   "typedef",   "static",   "auto",         "extern",   "if",
        "for",     "while",   "do",        "switch",   "operator",     "register", "friend",
        "public",  "private", "protected", "template", "constexpr",    "catch",    "__try",
        "__leave", "break",   "sizeof",    "inline",   "thread_local", "typename", NULL};
    int i = first, names = 0;
    bool is_const = false;
    for (; i < r->count && (is_name(&r->pieces[i]) || is(&r->pieces[i], "::")); i++) {
        if (is_among(&r->pieces[i], others))
            return false;
        is_const |= is(&r->pieces[i], "const");
        names += is_name(&r->pieces[i]);
    }
    bool pointer = i < r->count && is(&r->pieces[i], "*");
    if (names < (pointer ? 1 : 2) || (is_const && !pointer))
        return false;
    d->type_end = pointer ? i : i - 1;
    d->has_value = false;
    for (i = d->type_end;; i++) {
        i = skip_stars(r, i);
        if (i >= r->count || !is_name(&r->pieces[i]) || is(&r->pieces[i], "const"))
            return false;
        i = behind_sizes(r, i + 1);
        if (i < r->count && is(&r->pieces[i], "=")) {
            d->has_value = true;
            i = behind_value(r, i + 1);
        }
        if (i >= r->count)
            return false;
        if (is(&r->pieces[i], ";"))
            break;
        if (!is(&r->pieces[i], ","))
            return false;
    }
    d->end = i;
    return d->has_value;
}

/* --- writing --- */

struct writer {
    struct text *out;
    const char *from; /* what is not written yet */
};

static void put_up_to(struct writer *w, const char *to)
{
    text_add(w->out, w->from, (size_t)(to - w->from));
    w->from = to;
}

static void put_type(const struct reader *r, struct writer *w, int first, int end)
{
    for (int i = first; i < end; i++)
        text_print(w->out, "%.*s ", r->pieces[i].length, r->pieces[i].at);
}

static void put_split(const struct reader *r, struct writer *w, int first, const struct declaration *d)
{
    for (int i = d->type_end; i < d->end;) {
        i = skip_stars(r, i);
        const struct piece *name = &r->pieces[i];
        int behind = behind_sizes(r, i + 1);
        bool array = behind > i + 1;
        i = behind;
        if (is(&r->pieces[i], "=")) {
            put_up_to(w, r->pieces[i].at);
            if (array)
                text_print(w->out, "; { __typeof__(%.*s) ntio_value ", name->length, name->at);
            else
                text_print(w->out, "; %.*s ", name->length, name->at);
            i = behind_value(r, i + 1);
            put_up_to(w, r->pieces[i].at);
            if (array)
                text_print(w->out, "; __builtin_memcpy(%.*s, ntio_value, sizeof ntio_value); }", name->length,
                           name->at);
        }
        if (is(&r->pieces[i], ",")) {
            put_up_to(w, r->pieces[i].at);
            text_add(w->out, "; ", 2);
            put_type(r, w, first, d->type_end);
            w->from = r->pieces[i].at + 1;
        }
        i++;
    }
}

void skipped_split(const char *text, struct text *out)
{
    struct reader r = {0};
    struct writer w = {out, text};
    struct declaration d;
    read_pieces(&r, text);
    for (int i = 0; i < r.count; i++)
        if (r.pieces[i].starts && is_name(&r.pieces[i]) && read_declaration(&r, i, &d) && is_skipped(&r, i)) {
            put_split(&r, &w, i, &d);
            i = d.end;
        }
    put_up_to(&w, text + strlen(text));
    free(r.pieces);
    free(r.blocks);
}
