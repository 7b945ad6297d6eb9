/*
 * What the subcommands of the `ntio` tool share: the table they stand in, exit codes and error messages.
 *
 * A subcommand is one function in a file of its own. To add one, write tools/<name>.c, declare it here and give it a
 * line in main.c's table.
 */
#pragma once

enum tool_exit {
    TOOL_OK = 0,
    TOOL_FINDINGS = 1, /* the input was read and something is wrong with it */
    TOOL_USAGE = 2,    /* the command line or the input could not be understood */
};

struct tool_command {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv); /* argv[0] is the subcommand's name; returns enum tool_exit */
};

/* Prints "ntio: <message>" on stderr; returns TOOL_USAGE. */
int tool_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

int ctlcode_main(int argc, char **argv);
int mc_main(int argc, char **argv);
int translate_main(int argc, char **argv);
int wpp_main(int argc, char **argv);
