/*
 * ntio wpp: makes the *.tmh file that a source with software tracing includes. A macro for each trace
 * function; the messages keep their formats, which the library understands.
 */
#include "wpp.h"

#include <stdio.h>
#include <string.h>

#include "tool.h"

static const char usage[] = "usage: ntio wpp -o FILE.tmh [-func:NAME(ARGUMENTS)]... FILE...\n"
                            "\n"
                            "Reads the trace functions and types that the files configure (sources and "
                            "headers with begin_wpp blocks, *.vcxproj,\n"
                            "sources) and writes the header that a source with WPP tracing includes.\n";

static bool is_message(const char *argument)
{
    return !strcmp(argument, "MSG") || !strcmp(argument, "...");
}

/* The argument or constant of that name, as it stands in the macro's body; NULL: none. */
static const char *value_of(const struct wpp_function *function, const char *name, bool *constant)
{
    for (int i = 0; i < function->constant_count; i++) {
        if (!strcmp(function->constants[i][0], name)) {
            *constant = true;
            return function->constants[i][1];
        }
    }
    for (int i = 0; i < function->argument_count; i++) {
        if (!strcmp(function->arguments[i], name)) {
            *constant = false;
            return function->arguments[i];
        }
    }
    return NULL;
}

/* What WPP makes of the conditions: their names joined by underscores, and the values. */
static void conditions(const struct wpp_function *function, struct text *name, struct text *names,
                       struct text *values)
{
    text_add(name, "WPP", 3);
    text_add(names, "", 0);
    text_add(values, "", 0);
    for (int i = 0; i < function->constant_count; i++) {
        text_print(name, "_%s", function->constants[i][0]);
        text_print(names, "%s%s", names->length ? ", " : "", function->constants[i][0]);
        text_print(values, "%s%s", values->length ? ", " : "", function->constants[i][1]);
    }
    for (int i = 0; i < function->argument_count; i++) {
        if (is_message(function->arguments[i]))
            continue;
        text_print(name, "_%s", function->arguments[i]);
        text_print(names, "%s%s", names->length ? ", " : "", function->arguments[i]);
        text_print(values, "%s%s", values->length ? ", " : "", function->arguments[i]);
    }
    if (name->length == 3)
        text_add(name, "_", 1);
}

static void write_default(struct text *out, const char *name, const char *what, const char *parameters,
                          const char *body)
{
    text_print(out, "#ifndef %s_%s\n#define %s_%s(%s) %s\n#endif\n", name, what, name, what, parameters,
               body);
}

static void write_function(struct text *out, const struct wpp_function *function, int type_count)
{
    struct text name = {0}, names = {0}, values = {0};
    conditions(function, &name, &names, &values);
    bool flag_constant = false, level_constant = false;
    const char *flag = value_of(function, "FLAGS", &flag_constant);
    if (!flag)
        flag = value_of(function, "FLAG", &flag_constant);
    const char *level = value_of(function, "LEVEL", &level_constant);
    if (!flag) { /* WPP's LEVEL alone is a flag */
        flag = level;
        flag_constant = level_constant;
        level = NULL;
    }

    write_default(out, name.at, "PRE", "...", "");
    write_default(out, name.at, "POST", "...", "");
    const char *flag_name = flag ? value_of(function, "FLAGS", &flag_constant) ? "FLAGS" : "FLAG" : NULL;
    if (flag && !level && !value_of(function, flag_name, &flag_constant))
        flag_name = "LEVEL";
    struct text enabled = {0}, logger = {0};
    if (flag) {
        text_print(&enabled, "(WPP_LEVEL_ENABLED(%s)", flag_name);
        if (level)
            text_print(&enabled, " && WPP_CONTROL(WPP_BIT_##%s).Level >= (LEVEL)", flag_name);
        text_print(&enabled, ")");
        text_print(&logger, "WPP_LEVEL_LOGGER(%s)", flag_name);
    } else {
        text_print(&enabled, "(WPP_CB[0].Control.Level != 0)");
        text_print(&logger, "(WPP_CB[0].Control.Logger),");
    }
    write_default(out, name.at, "ENABLED", names.at, enabled.at);
    write_default(out, name.at, "LOGGER", names.at, logger.at);

    bool message = false, variadic = false;
    struct text parameters = {0};
    text_add(&parameters, "", 0);
    for (int i = 0; i < function->argument_count; i++) {
        message |= !strcmp(function->arguments[i], "MSG");
        variadic |= !strcmp(function->arguments[i], "...");
        text_print(&parameters, "%s%s", i ? ", " : "", function->arguments[i]);
    }
    text_print(out, "#undef %s\n", function->name);
    if (function->doubled)
        text_print(out,
                   "#define %s(NtioArguments_) NTIO_WPP_CALL_%s NtioArguments_\n#undef "
                   "NTIO_WPP_CALL_%s\n#define NTIO_WPP_CALL_%s(%s)",
                   function->name, function->name, function->name, function->name, parameters.at);
    else
        text_print(out, "#define %s(%s)", function->name, parameters.at);
    text_print(out, " %s_PRE(%s) \\\n    ((void)((%s_ENABLED(%s)) ? (ntio_wpp_message(%s_LOGGER(%s) \\\n",
               name.at, values.at, name.at, values.at, name.at, values.at);
    text_print(out, "        &(const struct ntio_wpp_site){__FILE__, __func__, __LINE__, ");
    text_print(out, level ? "(int)(%s), " : "-1, ", level);
    if (!flag)
        text_print(out, "\"\", ");
    else
        text_print(out, flag_constant ? "\"%s\", " : "#%s, ", flag);
    text_print(out, "%s, %d}, \\\n        ", type_count ? "ntio_wpp_types" : "0", type_count);
    text_print(out, "\"\" %s%s%s", function->prefix.at ? function->prefix.at : "", message ? "MSG " : "",
               function->suffix.at ? function->suffix.at : "");
    if (function->prefix_arguments.at)
        text_print(out, "%s", function->prefix_arguments.at);
    if (variadic)
        text_print(out, ", ##__VA_ARGS__");
    if (function->suffix_arguments.at)
        text_print(out, "%s", function->suffix_arguments.at);
    text_print(out, "), 1) : 0)) %s_POST(%s)\n\n", name.at, values.at);
    text_free(&name);
    text_free(&names);
    text_free(&values);
    text_free(&enabled);
    text_free(&logger);
    text_free(&parameters);
}

static void write_types(struct text *out, const struct wpp *wpp)
{
    if (!wpp->type_count)
        return;
    text_print(out, "#ifndef NTIO_WPP_TYPES\n#define NTIO_WPP_TYPES\n");
    for (int i = 0; i < wpp->type_count; i++) {
        if (!wpp->types[i].count)
            continue;
        text_print(out, "static const struct ntio_wpp_item ntio_wpp_items_%d[] = {\n", i);
        for (int j = 0; j < wpp->types[i].count; j++)
            text_print(out, "    {%lldLL, \"%s\"},\n", (long long)wpp->types[i].items[j].value,
                       wpp->types[i].items[j].name);
        text_print(out, "};\n");
    }
    text_print(out, "static const struct ntio_wpp_type ntio_wpp_types[] __attribute__((unused)) = {\n");
    for (int i = 0; i < wpp->type_count; i++) {
        const struct wpp_type *type = &wpp->types[i];
        text_print(out, "    {\"%s\", %s, %d, %d, ", type->name, type->kind, type->size, type->count);
        text_print(out, type->count ? "ntio_wpp_items_%d},\n" : "0},\n", i);
    }
    text_print(out, "};\n#endif\n\n");
}

int wpp_main(int argc, char **argv)
{
    const char *output = NULL;
    struct wpp wpp = {0};
    int result = TOOL_OK;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help")) {
            fputs(usage, stdout);
            return TOOL_OK;
        }
        if (!strcmp(argv[i], "-o") && i + 1 < argc)
            output = argv[++i];
        else if (!strncmp(argv[i], "-func:", 6))
            wpp_add_function(&wpp, argv[i] + 6);
    }
    if (!output)
        return tool_error("wpp: no output file; see 'ntio wpp --help'");
    wpp_add_function(&wpp, "DoTraceMessage(LEVEL, MSG, ...)");
    enum { FUNCTIONS, REST, ENUMERATIONS, PASSES };
    for (int pass = 0; pass < PASSES; pass++) {
        for (int i = 1; i < argc; i++) {
            if (!strcmp(argv[i], "-o"))
                i++;
            else if (argv[i][0] != '-') {
                struct text text = {0};
                if (!file_read(argv[i], &text))
                    result = tool_error("wpp: %s cannot be read", argv[i]);
                else if (pass == ENUMERATIONS)
                    wpp_find_enumerations(&wpp, text.at, text.length);
                else
                    wpp_read(&wpp, argv[i], text.at, pass == FUNCTIONS);
                text_free(&text);
            }
        }
    }
    struct text out = {0};
    text_print(&out,
               "/* Made by `ntio wpp` from the source's trace configuration. */\n#include <ntio_wpp.h>\n\n");
    write_types(&out, &wpp);
    for (int i = 0; i < wpp.function_count; i++)
        write_function(&out, &wpp.functions[i], wpp.type_count);
    if (result == TOOL_OK && !file_write(output, &out))
        result = TOOL_USAGE;
    text_free(&out);
    wpp_free(&wpp);
    return result;
}
