/*
 * The command `ntio`: finds the subcommand and runs it.
 */
#include "tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int help_main(int argc, char **argv);
static int version_main(int argc, char **argv);

static const struct tool_command commands[] = {
    {"ctlcode", "take I/O control codes apart, build them, check them", ctlcode_main},
    {"help", "this text", help_main},
    {"mc", "make the header of a message file or an event manifest", mc_main},
    {"translate", "make gcc and clang read what only Microsoft's compiler reads", translate_main},
    {"version", "the version of ntio", version_main},
    {"wpp", "make the .tmh header of a source with software tracing", wpp_main},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

int tool_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("ntio: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return TOOL_USAGE;
}

static void print_usage(FILE *stream)
{
    fputs("usage: ntio <command> [arguments]\n\ncommands:\n", stream);
    for (int i = 0; i < COMMAND_COUNT; i++)
        fprintf(stream, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fputs("\n'ntio <command> --help' says more about one of them.\n", stream);
}

static int help_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    print_usage(stdout);
    return TOOL_OK;
}

static int version_main(int argc, char **argv)
{
    if (argc > 1)
        return tool_error("%s takes no arguments", argv[0]);
    puts("ntio " NTIO_VERSION);
    return TOOL_OK;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return TOOL_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    else if (strcmp(name, "--version") == 0)
        name = "version";
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return tool_error("no command '%s'; 'ntio help' lists them", argv[1]);
}
