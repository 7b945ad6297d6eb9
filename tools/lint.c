/*
 * The rules, one function each.
 *
 * Source: WDK, "Defining I/O Control Codes" (ranges, name, access, METHOD_NEITHER) and "Security Issues for
 * I/O Control Codes" (function at least 0x800, an access that is asked for).
 */
#include "lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct report {
    struct lint_finding *findings;
    size_t count;
};

static void __attribute__((format(printf, 4, 5)))
add(struct report *report, enum lint_severity severity, const char *rule, const char *format, ...)
{
    if (report->count == LINT_MAX_FINDINGS)
        return;
    struct lint_finding *finding = &report->findings[report->count++];
    finding->severity = severity;
    finding->rule = rule;
    va_list args;
    va_start(args, format);
    vsnprintf(finding->text, sizeof finding->text, format, args);
    va_end(args);
}

static bool check_sizes(struct report *report, const struct code_parts *parts)
{
    bool fits = true;
    for (int part = 0; part < CODE_PART_COUNT; part++) {
        int64_t value = code_part_value(parts, part), limit = code_part_limit(part);
        if (value < 0 || value > limit) {
            add(report, LINT_WARNING, "too-large", "%s 0x%llx does not fit: 0x%llx is the largest",
                code_part_name(part), (unsigned long long)value, (unsigned long long)limit);
            fits = false;
        }
    }
    return fits;
}

/* A type below 0x8000 is Microsoft's to hand out; those it has named are there for every driver of such a
 * device. */
static void check_device_type(struct report *report, const struct code_parts *parts)
{
    if (parts->device_type >= CODE_COMMON_BIT ||
        code_value_name(CODE_DEVICE_TYPE, parts->device_type) != NULL)
        return;
    add(report, LINT_WARNING, "device-range",
        "device type 0x%04x is below 0x8000, Microsoft's range, and none that Microsoft has named; use "
        "0x8000 to 0xFFFF",
        (unsigned)parts->device_type);
}

static void check_function(struct report *report, const struct code_parts *parts)
{
    if (parts->function < CODE_CUSTOM_BIT)
        add(report, LINT_WARNING, "function-range",
            "function 0x%03x is below 0x800, Microsoft's range; use 0x800 to 0xFFF",
            (unsigned)parts->function);
}

/*
 * The direct methods and METHOD_NEITHER exist to move data; a METHOD_BUFFERED code may move none, and nothing
 * in it tells, so that it only earns a note.
 */
static void check_access(struct report *report, const struct code_parts *parts)
{
    if (parts->access != CODE_ACCESS_ANY)
        return;
    switch (parts->method) {
    case CODE_METHOD_BUFFERED:
        add(report, LINT_NOTE, "any-access",
            "FILE_ANY_ACCESS: whoever can open the device may send it; if it moves data, ask for "
            "FILE_READ_DATA or "
            "FILE_WRITE_DATA");
        break;
    case CODE_METHOD_IN_DIRECT:
        add(report, LINT_WARNING, "any-access",
            "FILE_ANY_ACCESS on a code that moves data to the driver; ask for FILE_WRITE_DATA");
        break;
    case CODE_METHOD_OUT_DIRECT:
        add(report, LINT_WARNING, "any-access",
            "FILE_ANY_ACCESS on a code that moves data to the caller; ask for FILE_READ_DATA");
        break;
    default:
        add(report, LINT_WARNING, "any-access",
            "FILE_ANY_ACCESS on a code that moves data; ask for FILE_READ_DATA or FILE_WRITE_DATA");
    }
}

static void check_method(struct report *report, const struct code_parts *parts)
{
    if (parts->method == CODE_METHOD_NEITHER)
        add(report, LINT_WARNING, "method-neither",
            "METHOD_NEITHER hands the driver the caller's unchecked pointers: it must run in the caller's "
            "context, "
            "probe them, and touch them under __try");
}

static size_t word_length(const char *text)
{
    return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
}

/* IOCTL_Device_Function, where Device is one word and Function one or more; file systems have FSCTL_Function.
 */
static void check_name(struct report *report, const char *name)
{
    const char *rest = NULL;
    size_t words = 1;
    if (strncmp(name, "IOCTL_", 6) == 0) {
        rest = name + 6;
        words = 2;
    } else if (strncmp(name, "FSCTL_", 6) == 0) {
        rest = name + 6;
    }
    size_t found = 0, length;
    while (rest != NULL && (length = word_length(rest)) > 0) {
        found++;
        rest += length;
        if (*rest == '_')
            rest++;
    }
    if (rest == NULL || *rest != '\0' || rest[-1] == '_' || found < words)
        add(report, LINT_WARNING, "name", "the name is not of the form IOCTL_Device_Function");
}

size_t lint_code(const char *name, const struct code_parts *parts,
                 struct lint_finding findings[LINT_MAX_FINDINGS])
{
    struct report report = {findings, 0};
    if (name != NULL)
        check_name(&report, name);
    if (!check_sizes(&report, parts))
        return report.count;
    check_device_type(&report, parts);
    check_function(&report, parts);
    check_method(&report, parts);
    check_access(&report, parts);
    return report.count;
}
