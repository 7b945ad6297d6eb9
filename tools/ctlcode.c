/*
 * `ntio ctlcode`: takes a control code apart, builds one, or checks codes and headers against Microsoft's
 * rules.
 */
#include "code.h"
#include "header.h"
#include "lint.h"
#include "tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: ntio ctlcode CODE\n"
    "       ntio ctlcode DEVICE-TYPE FUNCTION METHOD ACCESS\n"
    "       ntio ctlcode --lint [-D NAME=VALUE]... (CODE | HEADER)...\n"
    "       ntio ctlcode --lint DEVICE-TYPE FUNCTION METHOD ACCESS\n"
    "\n"
    "Takes an I/O control code (hex or decimal) apart, or builds one from its four parts, each a number or\n"
    "Microsoft's name for it: ntio ctlcode FILE_DEVICE_UNKNOWN 0x800 METHOD_BUFFERED FILE_ANY_ACCESS\n"
    "\n"
    "--lint says what Microsoft's rules say about a code, or about every code that a header defines with\n"
    "CTL_CODE. -D gives a constant that the header takes from elsewhere.\n"
    "\n"
    "Exit status: 0, or 1 when --lint has warnings (a note is none), or 2 when the input cannot be "
    "understood.\n";

struct options {
    bool lint;
    char **defines;
    size_t define_count;
    char **arguments;
    int argument_count;
};

struct tally {
    size_t codes, warnings, notes;
};

static int usage_error(const char *message, const char *what)
{
    tool_error(message, what);
    fputs("Try 'ntio ctlcode --help'.\n", stderr);
    return TOOL_USAGE;
}

/* A code as a user writes it: C's notation. */
static bool parse_code(const char *text, int64_t *code)
{
    return code_parse_number(text, code) && *code <= UINT32_MAX;
}

static void print_part(enum code_part part, const struct code_parts *parts)
{
    int digits = part == CODE_DEVICE_TYPE ? 4 : part == CODE_FUNCTION ? 3 : 1;
    int64_t value = code_part_value(parts, part);
    const char *name = code_value_name(part, value);
    printf("%-12s 0x%0*x", code_part_name(part), digits, (unsigned)value);
    if (name != NULL)
        printf("  %s", name);
    putchar('\n');
}

static void print_bit(const char *name, bool set)
{
    printf("%-12s %d  %s\n", name, set, set ? "set: a vendor's value" : "clear: Microsoft's range");
}

static void print_code(const struct code_parts *parts)
{
    const char *device = code_value_name(CODE_DEVICE_TYPE, parts->device_type);
    char number[16];
    snprintf(number, sizeof number, "0x%04x", (unsigned)parts->device_type);

    printf("%-12s 0x%08x\n", "code", code_join(parts));
    print_part(CODE_DEVICE_TYPE, parts);
    print_bit("common bit", parts->device_type & CODE_COMMON_BIT);
    print_part(CODE_FUNCTION, parts);
    print_bit("custom bit", parts->function & CODE_CUSTOM_BIT);
    print_part(CODE_METHOD, parts);
    print_part(CODE_ACCESS, parts);
    printf("%-12s CTL_CODE(%s, 0x%03x, %s, %s)\n", "in C", device != NULL ? device : number,
           (unsigned)parts->function, code_value_name(CODE_METHOD, parts->method),
           code_value_name(CODE_ACCESS, parts->access));
}

/* The four parts in arguments[0..3]. */
static int parse_parts(char **arguments, struct code_parts *parts)
{
    int64_t *const values[CODE_PART_COUNT] = {&parts->device_type, &parts->function, &parts->method,
                                              &parts->access};
    for (int part = 0; part < CODE_PART_COUNT; part++) {
        int64_t limit = code_part_limit(part);
        if (!code_parse_part(part, arguments[part], values[part]))
            return tool_error("'%s' is no %s: neither a number nor a name that Microsoft gives one",
                              arguments[part], code_part_name(part));
        if (*values[part] > limit)
            return tool_error("%s %s is too large: 0x%llx is the largest", code_part_name(part),
                              arguments[part], (unsigned long long)limit);
    }
    return TOOL_OK;
}

static void print_finding(const char *file, int line, const char *name, const struct lint_finding *finding,
                          struct tally *tally)
{
    bool warning = finding->severity == LINT_WARNING;
    if (line > 0)
        printf("%s:%d: ", file, line);
    else
        printf("%s: ", file);
    printf("%s: %s%s%s [%s]\n", warning ? "warning" : "note", name != NULL ? name : "",
           name != NULL ? ": " : "", finding->text, finding->rule);
    *(warning ? &tally->warnings : &tally->notes) += 1;
}

static void lint_one(const char *file, int line, const char *name, const struct code_parts *parts,
                     struct tally *tally)
{
    struct lint_finding findings[LINT_MAX_FINDINGS];
    size_t count = lint_code(name, parts, findings);
    for (size_t i = 0; i < count; i++)
        print_finding(file, line, name, &findings[i], tally);
    tally->codes++;
}

static bool same_parts(const struct code_parts *a, const struct code_parts *b)
{
    return a->device_type == b->device_type && a->function == b->function && a->method == b->method &&
           a->access == b->access;
}

/* Two names for one code: a driver's switch cannot tell them apart. One name defined again is no harm. */
static void lint_duplicate(const char *file, const struct code_definitions *found, size_t index,
                           struct tally *tally)
{
    const struct code_definition *definition = &found->items[index];
    for (size_t i = 0; i < index; i++) {
        const struct code_definition *other = &found->items[i];
        if (!other->known || !same_parts(&other->parts, &definition->parts))
            continue;
        if (strcmp(other->name, definition->name) == 0)
            return;
        struct lint_finding finding = {.severity = LINT_WARNING, .rule = "duplicate"};
        snprintf(finding.text, sizeof finding.text, "the same code as %s in line %d", other->name,
                 other->line);
        print_finding(file, definition->line, definition->name, &finding, tally);
        return;
    }
}

static void lint_definitions(const char *file, const struct code_definitions *found, struct tally *tally)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct code_definition *definition = &found->items[i];
        if (!definition->known) {
            struct lint_finding finding = {.severity = LINT_WARNING, .rule = "unknown"};
            snprintf(finding.text, sizeof finding.text, "cannot tell its value: %s", definition->problem);
            print_finding(file, definition->line, definition->name, &finding, tally);
            tally->codes++;
            continue;
        }
        lint_one(file, definition->line, definition->name, &definition->parts, tally);
        lint_duplicate(file, found, i, tally);
    }
    if (found->count == 0)
        printf("%s: no code is defined with CTL_CODE\n", file);
}

/* The whole file; NULL with a message on stderr when it cannot be read. */
static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        tool_error("%s: %s", path, strerror(errno));
        return NULL;
    }
    size_t room = 1 << 16;
    char *text = malloc(room);
    *length = 0;
    while (text != NULL) {
        size_t got = fread(text + *length, 1, room - *length, file);
        *length += got;
        if (*length < room)
            break;
        room *= 2;
        char *larger = realloc(text, room);
        if (larger == NULL)
            free(text);
        text = larger;
    }
    if (text == NULL) {
        tool_error("%s: out of memory", path);
    } else if (ferror(file)) {
        tool_error("%s: %s", path, strerror(errno));
        free(text);
        text = NULL;
    }
    fclose(file);
    return text;
}

static int lint_header(const char *path, const struct options *options, struct tally *tally)
{
    size_t length;
    char *text = read_file(path, &length);
    if (text == NULL)
        return TOOL_USAGE;
    if (memchr(text, '\0', length) != NULL) {
        free(text);
        return tool_error("%s: not a text file (UTF-16? save it as UTF-8)", path);
    }
    size_t mark = length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    struct code_definitions found;
    header_scan(text + mark, length - mark, options->defines, options->define_count, &found);
    lint_definitions(path, &found, tally);
    header_free(&found);
    free(text);
    return TOOL_OK;
}

static bool are_parts(const struct options *options)
{
    int64_t value;
    if (options->argument_count != CODE_PART_COUNT)
        return false;
    for (int part = 0; part < CODE_PART_COUNT; part++)
        if (!code_parse_part(part, options->arguments[part], &value))
            return false;
    return true;
}

static int lint_arguments(const struct options *options, struct tally *tally)
{
    int result = TOOL_OK;
    if (are_parts(options)) {
        struct code_parts parts;
        result = parse_parts(options->arguments, &parts);
        if (result == TOOL_OK) {
            char number[16];
            snprintf(number, sizeof number, "0x%08x", code_join(&parts));
            lint_one(number, 0, NULL, &parts, tally);
        }
        return result;
    }
    for (int i = 0; i < options->argument_count; i++) {
        const char *argument = options->arguments[i];
        int64_t code;
        if (parse_code(argument, &code)) {
            struct code_parts parts = code_split((uint32_t)code);
            lint_one(argument, 0, NULL, &parts, tally);
        } else if (lint_header(argument, options, tally) != TOOL_OK) {
            result = TOOL_USAGE;
        }
    }
    return result;
}

static int run_lint(const struct options *options)
{
    struct tally tally = {0};
    if (options->argument_count == 0)
        return usage_error("%s needs a code or a header", "--lint");
    int result = lint_arguments(options, &tally);
    if (tally.codes > 0)
        printf("%zu code%s, %zu warning%s, %zu note%s\n", tally.codes, tally.codes == 1 ? "" : "s",
               tally.warnings, tally.warnings == 1 ? "" : "s", tally.notes, tally.notes == 1 ? "" : "s");
    return result != TOOL_OK ? result : tally.warnings > 0 ? TOOL_FINDINGS : TOOL_OK;
}

static int run_show(const struct options *options)
{
    int64_t code;
    struct code_parts parts;
    if (options->argument_count == 1) {
        if (!parse_code(options->arguments[0], &code))
            return usage_error("'%s' is no control code: a number of 32 bits is, hex (0x222003) or decimal",
                               options->arguments[0]);
        parts = code_split((uint32_t)code);
    } else if (options->argument_count == CODE_PART_COUNT) {
        int result = parse_parts(options->arguments, &parts);
        if (result != TOOL_OK)
            return result;
    } else {
        return usage_error("%s takes one code or its four parts", "ctlcode");
    }
    print_code(&parts);
    return TOOL_OK;
}

/* Sorts argv into options, definitions and arguments. */
static int parse_options(int argc, char **argv, struct options *options)
{
    bool only_arguments = false;
    for (int i = 1; i < argc; i++) {
        char *argument = argv[i];
        if (only_arguments || argument[0] != '-' || argument[1] == '\0') {
            options->arguments[options->argument_count++] = argument;
        } else if (strcmp(argument, "--") == 0) {
            only_arguments = true;
        } else if (strcmp(argument, "--lint") == 0) {
            options->lint = true;
        } else if (strncmp(argument, "-D", 2) == 0) {
            char *define = argument[2] != '\0' ? argument + 2 : i + 1 < argc ? argv[++i] : NULL;
            if (define == NULL)
                return usage_error("%s needs NAME=VALUE", "-D");
            options->defines[options->define_count++] = define;
        } else {
            return usage_error("ctlcode has no option '%s'", argument);
        }
    }
    return TOOL_OK;
}

int ctlcode_main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(usage, stdout);
            return TOOL_OK;
        }
    }
    char **lists = calloc(2 * (size_t)argc, sizeof *lists);
    if (lists == NULL)
        return tool_error("out of memory");
    struct options options = {.arguments = lists, .defines = lists + argc};
    int result = parse_options(argc, argv, &options);
    if (result == TOOL_OK && options.define_count > 0 && !options.lint)
        result = usage_error("%s goes with --lint", "-D");
    if (result == TOOL_OK)
        result = options.lint ? run_lint(&options) : run_show(&options);
    free(lists);
    return result;
}
