/*
 * A recursive-descent evaluator. Arithmetic is done unsigned, so that no header can make it overflow.
 */
#include "expression.h"

#include "code.h"

#include <stdio.h>
#include <string.h>

enum { MAX_DEPTH = 100 };

struct parser {
    const struct token *at, *end;
    char *problem; /* empty while all is well */
    size_t size;
    int depth;
};

struct binary {
    const char *text;
    int precedence; /* higher binds tighter */
};

static const struct binary operators[] = {
    {"||", 1}, {"&&", 2}, {"|", 3},  {"^", 4},  {"&", 5}, {"==", 6}, {"!=", 6}, {"<", 7},  {">", 7},
    {"<=", 7}, {">=", 7}, {"<<", 8}, {">>", 8}, {"+", 9}, {"-", 9},  {"*", 10}, {"/", 10}, {"%", 10},
};

static int64_t parse_conditional(struct parser *p);

static int64_t fail(struct parser *p, const char *format, const char *what)
{
    if (p->problem[0] == '\0')
        snprintf(p->problem, p->size, format, what);
    p->at = p->end;
    return 0;
}

static bool take(struct parser *p, const char *text)
{
    if (p->at == p->end || !token_is(p->at, text))
        return false;
    p->at++;
    return true;
}

static int64_t parse_number(struct parser *p, const struct token *token)
{
    char text[64];
    int64_t value;
    if (token->length >= sizeof text)
        return fail(p, "'%s' is not a number", token->text);
    memcpy(text, token->text, token->length + 1);
    char *suffix = strpbrk(text, "iIuUlL");
    if (suffix != NULL)
        *suffix = '\0'; /* U, L, ULL, and Microsoft's i64 */
    return code_parse_number(text, &value) ? value : fail(p, "'%s' is not a number", token->text);
}

/* A name in parentheses that no macro stands behind is a cast when an operand follows: (ULONG)0x800. */
static bool take_cast(struct parser *p)
{
    const struct token *at = p->at;
    if (at == p->end || !token_is(at, "("))
        return false;
    int64_t value;
    for (at++; at != p->end && at->kind == TOKEN_NAME; at++)
        if (code_name_value(at->text, at->length, &value))
            return false;
    while (at != p->end && token_is(at, "*"))
        at++;
    if (at == p->end || !token_is(at, ")") || at == p->at + 1 || ++at == p->end)
        return false;
    if (at->kind == TOKEN_PUNCTUATION && !token_is(at, "("))
        return false;
    p->at = at;
    return true;
}

static int64_t parse_operand(struct parser *p)
{
    if (p->at == p->end)
        return fail(p, "%s ends too early", "the expression");
    if (take_cast(p))
        return parse_operand(p);
    if (take(p, "(")) {
        int64_t value = parse_conditional(p);
        return take(p, ")") ? value : fail(p, "%s is missing", "a ')'");
    }
    if (take(p, "+"))
        return parse_operand(p);
    if (take(p, "-"))
        return (int64_t)(0 - (uint64_t)parse_operand(p));
    if (take(p, "~"))
        return ~parse_operand(p);
    if (take(p, "!"))
        return !parse_operand(p);
    const struct token *token = p->at++;
    int64_t value;
    if (token->kind == TOKEN_NUMBER)
        return parse_number(p, token);
    if (token->kind == TOKEN_LITERAL && token->length == 3 && token->text[0] == '\'')
        return token->text[1];
    if (token->kind != TOKEN_NAME)
        return fail(p, "'%s' was not expected", token->text);
    if (!code_name_value(token->text, token->length, &value))
        return fail(p, "%s is not defined here", token->text);
    return value;
}

static int64_t apply(struct parser *p, const char *text, int64_t left, int64_t right)
{
    uint64_t a = (uint64_t)left, b = (uint64_t)right;
    if (strcmp(text, "||") == 0)
        return left || right;
    if (strcmp(text, "&&") == 0)
        return left && right;
    if (strcmp(text, "==") == 0)
        return left == right;
    if (strcmp(text, "!=") == 0)
        return left != right;
    if (strcmp(text, "<=") == 0)
        return left <= right;
    if (strcmp(text, ">=") == 0)
        return left >= right;
    if (strcmp(text, "<<") == 0)
        return b < 64 ? (int64_t)(a << b) : 0;
    if (strcmp(text, ">>") == 0)
        return b < 64 ? (int64_t)(a >> b) : 0;
    switch (text[0]) {
    case '|':
        return (int64_t)(a | b);
    case '^':
        return (int64_t)(a ^ b);
    case '&':
        return (int64_t)(a & b);
    case '<':
        return left < right;
    case '>':
        return left > right;
    case '+':
        return (int64_t)(a + b);
    case '-':
        return (int64_t)(a - b);
    case '*':
        return (int64_t)(a * b);
    }
    if (b == 0 || (left == INT64_MIN && right == -1))
        return fail(p, "it divides by %s", "zero");
    return text[0] == '/' ? left / right : left % right;
}

static const struct binary *find_operator(const struct parser *p)
{
    if (p->at == p->end || p->at->kind != TOKEN_PUNCTUATION)
        return NULL;
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (token_is(p->at, operators[i].text))
            return &operators[i];
    return NULL;
}

static int64_t parse_binary(struct parser *p, int precedence)
{
    int64_t left = parse_operand(p);
    const struct binary *op;
    while ((op = find_operator(p)) != NULL && op->precedence >= precedence) {
        p->at++;
        int64_t right = parse_binary(p, op->precedence + 1);
        left = apply(p, op->text, left, right);
    }
    return left;
}

static int64_t parse_conditional(struct parser *p)
{
    if (++p->depth > MAX_DEPTH)
        return fail(p, "%s is nested too deeply", "the expression");
    int64_t value = parse_binary(p, 1);
    if (take(p, "?")) {
        int64_t yes = parse_conditional(p);
        if (!take(p, ":"))
            return fail(p, "%s is missing", "a ':'");
        int64_t no = parse_conditional(p);
        value = value ? yes : no;
    }
    p->depth--;
    return value;
}

bool expression_value(const struct token *items, size_t count, int64_t *value, char *problem, size_t size)
{
    struct parser p = {.at = items, .end = items + count, .problem = problem, .size = size};
    problem[0] = '\0';
    *value = count > 0 ? parse_conditional(&p) : fail(&p, "%s is missing", "a value");
    if (p.at != p.end)
        fail(&p, "'%s' was not expected", p.at->text);
    return problem[0] == '\0';
}
