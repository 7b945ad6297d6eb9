/*
 * NT's formats: exact text for each specification, in both widths, and what does not fit.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <stdlib.h>
#include <cmocka.h>

#include <ntio/ntio.h>
#include <ntifs.h>
#include <ntio_crt.h>

static char text[2048];
static WCHAR wide[512];

static void check(const char *expected, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int count = ntio_vsprintf(text, format, list);
    va_end(list);
    assert_string_equal(text, expected);
    assert_int_equal(count, strlen(expected));
}

static void check_wide(const WCHAR *expected, const WCHAR *format, ...)
{
    va_list list;
    va_start(list, format);
    int count = ntio_vswprintf_old(wide, format, list);
    va_end(list);
    assert_int_equal(ntio_wcscmp(wide, expected), 0);
    assert_int_equal(count, ntio_wcslen(expected));
}

static void integers(void **state)
{
    (void)state;
    check("", "");
    check("100%", "100%%");
    check("0 -1 2147483647 -2147483648", "%d %d %d %d", 0, -1, INT32_MAX, INT32_MIN);
    check("4294967295 037777777777 ffffffff FFFFFFFF 0xff 0XFF", "%u %#o %x %X %#x %#X", -1, -1, -1, -1, 255,
          255);
    check("0 0 0", "%#x %#X %#o", 0, 0, 0);
    check("|   42|42   |00042|+42| 42|", "|%5d|%-5d|%05d|%+d|% d|", 42, 42, 42, 42, 42);
    check("|00042|  042|042  |   042|", "|%.5d|%5.3d|%-5.3d|%06.3d|", 42, 42, 42, 42);
    check("||  |0|", "|%.0d|%2.0d|%d|", 0, 0, 0);
    check("-0005|   -5|-5   |", "%05d|%5d|%-5d|", -5, -5, -5);
    check("   7|7   |007", "%*d|%*d|%.*d", 4, 7, -4, 7, 3, 7);
    check("0x0000ff|  0xff|0xff  ", "%#08x|%#6x|%-#6x", 255, 255, 255);
}

static void sizes(void **state)
{
    (void)state;
    /* long has 32 bits, whatever the host's long has. */
    ULONG ulong = 0xFFFFFFFF;
    check("-1 4294967295 ffffffff", "%ld %lu %lx", (LONG)-1, ulong, ulong);
    check("-1 18446744073709551615", "%I64d %I64u", -1ll, -1ll);
    check("123456789abcdef0 123456789ABCDEF0", "%I64x %llX", 0x123456789abcdef0ll, 0x123456789abcdef0ll);
    check("9223372036854775807 -9223372036854775808", "%lld %lld", INT64_MAX, INT64_MIN);
    check("12345678 -1", "%I32x %I32d", 0x12345678, -1);
    check("ffffffffffffffff 18446744073709551615", "%Ix %zu", SIZE_MAX, SIZE_MAX);
    check("-1 65535 -1 255", "%hd %hu %hhd %hhu", 0xFFFF, 0xFFFFF, 0xFF, 0xFFF);
    check("1 2 3 4", "%d %I64d %d %I64d", 1, 2ll, 3, 4ll);
    check("5 6", "%jd %td", 5ll, 6ll);
}

static void pointers(void **state)
{
    (void)state;
    check("0000000000000000", "%p", NULL);
    check("FFFFF80012345ABC", "%p", (void *)0xFFFFF80012345ABC);
    check("|    000000000000BEEF|", "|%20p|", (void *)0xBEEF);
    check("|000000000000BEEF    |", "|%-20p|", (void *)0xBEEF);
}

static void strings(void **state)
{
    (void)state;
    ANSI_STRING ansi = {3, 3, (PCHAR) "abcdef"};
    UNICODE_STRING unicode = {6, 6, (PWCHAR)L"uvwxyz"};
    check("abc|  abc|abc  |ab|   ab|", "%s|%5s|%-5s|%.2s|%5.2s|", "abc", "abc", "abc", "abc", "abc");
    check("(null)|(null)|(n", "%s|%ws|%.2s", NULL, NULL, NULL);
    check("wide wide wide wide", "%S %ws %ls %lS", L"wide", L"wide", L"wide", L"wide");
    check("thin thin", "%hs %hS", "thin", "thin");
    check("abc uvw  uvw", "%Z %wZ %4wZ", &ansi, &unicode, &unicode);
    check("(null) (null)", "%Z %wZ", NULL, NULL);
    if ((uintptr_t)unicode.Buffer >> 32 && (uintptr_t)ansi.Buffer >> 32) /* an emulator's may look like lengths */
        check("uvw abc 7", "%wZ %Z %d", unicode, ansi, 7); /* as Windows x64 prints them, by accident */
    unicode.Buffer = NULL;
    check("(null)", "%wZ", &unicode);
    check("axbC", "%c%C%wc%hc", 'a', L'x', L'b', 'C');
    check("    a|a    |", "%5c|%-5c|", 'a', 'a');
    check("\xE9?", "%S", L"\u00E9\u4E2D");
    check("", "%");
    check("q", "%q");
}

static void wide_output(void **state)
{
    (void)state;
    ANSI_STRING ansi = {3, 3, (PCHAR) "abcdef"};
    UNICODE_STRING unicode = {6, 6, (PWCHAR)L"uvwxyz"};
    check_wide(L"wide thin thin wide", L"%s %S %hs %ls", L"wide", "thin", "thin", L"wide");
    check_wide(L"a\u4E2Dx", L"%c%c%C", L'a', L'\u4E2D', 'x');
    check_wide(L"abc uvw", L"%Z %wZ", &ansi, &unicode);
    check_wide(L"-1 0000000000000010 ff", L"%ld %p %I64x", -1, (void *)16, 0xFFll);
    check_wide(L"\u20AC", L"%hs", "\x80");
    check_wide(L"\u4E2D  |", L"%-3s|", L"\u4E2D");
}

static void floating_point(void **state)
{
    (void)state;
    check("1.500000 -0.250000 1e+00", "%f %f %.0e", 1.5, -0.25, 1.0);
    check("|   1.50|1.50   |0001.50|+1.5|", "|%7.2f|%-7.2f|%07.2f|%+.1f|", 1.5, 1.5, 1.5, 1.5);
    check("0.0001 1e-05 100000 1E+06 2", "%g %g %g %G %.0f", 0.0001, 0.00001, 100000.0, 1e6, 1.5);
    check("3 2.5 4", "%d %g %d", 3, 2.5, 4);
}

static void counts_and_cuts(void **state)
{
    (void)state;
    char small[4];
    /* Microsoft's own: -1 when cut off, and no terminator then or when it just fits. */
    memset(small, '#', sizeof small);
    assert_int_equal(ntio_snprintf(small, 4, "abc"), 3);
    assert_memory_equal(small, "abc", 4);
    assert_int_equal(ntio_snprintf(small, 4, "abcd"), 4);
    assert_memory_equal(small, "abcd", 4);
    assert_int_equal(ntio_snprintf(small, 4, "%s", "vwxyz"), -1);
    assert_memory_equal(small, "vwxy", 4);
    assert_int_equal(ntio_snprintf(small, 0, "a"), -1);
    /* The standard's. */
    assert_int_equal(ntio_snprintf_c99(small, 4, "%s", "abcdef"), 6);
    assert_memory_equal(small, "abc", 4);
    /* The safe ones. */
    assert_int_equal(ntio_sprintf_s(small, 4, "abc"), 3);
    assert_int_equal(ntio_sprintf_s(small, 4, "abcd"), -1);
    assert_int_equal(small[0], 0);
    assert_int_equal(ntio_snprintf_s(small, 4, (size_t)-1, "abcd"), -1);
    assert_string_equal(small, "abc");
    assert_int_equal(ntio_snprintf_s(small, 4, 2, "abcd"), -1);
    assert_string_equal(small, "ab");
    assert_int_equal(ntio_scprintf("%d", 12345), 5);
    WCHAR tiny[4];
    assert_int_equal(ntio_snwprintf(tiny, 4, L"abcd"), 4);
    assert_int_equal(ntio_snwprintf(tiny, 4, L"abcde"), -1);
    assert_int_equal(ntio_swprintf(tiny, 4, L"abc"), 3);
    assert_int_equal(ntio_swprintf(tiny, 4, L"abcd"), -1);
    assert_int_equal(ntio_wcscmp(tiny, L"abc"), 0);
}

/* --- DbgPrint --- */

static char logged[8192];
static size_t logged_length;
static unsigned calls;

static void log_text(void *context, const char *line, size_t length)
{
    (void)context;
    calls++;
    if (logged_length + length < sizeof logged) {
        memcpy(logged + logged_length, line, length);
        logged_length += length;
    }
    logged[logged_length] = 0;
}

static void start(void)
{
    calls = 0;
    logged_length = 0;
    logged[0] = 0;
    assert_int_equal(ntio_start(&(ntio_options){.log = log_text}), 0);
}

static void dbgprint_writes_lines(void **state)
{
    (void)state;
    start();
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\X");
    assert_int_equal(DbgPrint("one %d %wZ\n", 1, &name), STATUS_SUCCESS);
    assert_string_equal(logged, "one 1 \\Device\\X\n");
    assert_int_equal(calls, 1);
    DbgPrint("two");
    DbgPrint("%s", ", still two");
    assert_int_equal(calls, 1);
    DbgPrint(" end\nthree");
    assert_string_equal(logged, "one 1 \\Device\\X\ntwo, still two end\n");
    assert_int_equal(ntio_stop(), 0);
    assert_string_equal(logged, "one 1 \\Device\\X\ntwo, still two end\nthree\n");
    start();
    DbgPrint("%ws\n", L"\u00E9\u20AC"); /* the log is UTF-8 */
    assert_string_equal(logged, "\xC3\xA9\xE2\x82\xAC\n");
    assert_int_equal(ntio_stop(), 0);
}

static void dbgprint_cuts_at_512(void **state)
{
    (void)state;
    start();
    char longer[600];
    memset(longer, 'x', sizeof longer);
    longer[599] = 0;
    DbgPrint("%s", longer);
    assert_int_equal(logged_length, 512);
    assert_int_equal(logged[511], '\n');
    assert_int_equal(logged[510], 'x');
    logged_length = 0;
    longer[511] = '\n';
    longer[512] = 0;
    DbgPrint("%s", longer);
    assert_int_equal(logged_length, 512);
    assert_int_equal(ntio_stop(), 0);
}

static void print_it(void *context)
{
    UNICODE_STRING name = {8, 8, context};
    assert_int_equal((NTSTATUS)DbgPrint("%s\n", (char *)context), STATUS_ACCESS_VIOLATION);
    assert_int_equal((NTSTATUS)DbgPrint("%wZ\n", &name), STATUS_ACCESS_VIOLATION);
    assert_int_equal((NTSTATUS)DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, context), STATUS_ACCESS_VIOLATION);
    assert_false(RtlValidSid(context));
    assert_int_equal(DbgPrint("%d\n", 1), STATUS_SUCCESS);
}

/* The client's memory that is gone: on either stack nothing is printed, and nobody stops. */
static void what_cannot_be_read_is_not_printed(void **state)
{
    (void)state;
    start();
    for (int i = 0; i < 3; i++) {
        void *gone = ntio_user_alloc(4096);
        memset(gone, 'x', 4096);
        ntio_user_free(gone);
        logged_length = 0;
        ntio_run_in_kernel(print_it, gone);
        assert_string_equal(logged, "1\n");
        assert_int_equal(ntio_stop(), 0);
#if defined(__SANITIZE_THREAD__)
        break;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
        break;
#endif
#endif
        assert_int_equal(ntio_start(&(ntio_options){.log = log_text, .kernel_stacks = 128 * 1024}), 0);
    }
    ntio_stop();
}

static void components_filter(void **state)
{
    (void)state;
    start();
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "a\n");
    assert_int_equal(DbgQueryDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL), TRUE);
    assert_int_equal(DbgSetDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, FALSE), STATUS_SUCCESS);
    assert_int_equal(DbgQueryDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL), FALSE);
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "b\n");
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "c\n");
    DbgPrintEx(DPFLTR_IHVVIDEO_ID, DPFLTR_INFO_LEVEL, "d\n");
    assert_string_equal(logged, "a\nc\nd\n");
    assert_int_equal(ntio_stop(), 0);
}

static void break_point(void *context)
{
    (void)context;
    DbgBreakPoint();
}

static void in_kernel(void *routine)
{
    ntio_run_in_kernel(((void (**)(void *))routine)[0], NULL);
}

static void a_break_point_without_a_debugger(void **state)
{
    (void)state;
    start();
    ntio_bugcheck caught;
    void (*routine)(void *) = break_point;
    assert_true(ntio_catch_bugcheck(in_kernel, &routine, &caught));
    assert_int_equal(caught.code, 0x7E);
    assert_int_equal((NTSTATUS)caught.parameters[0], STATUS_BREAKPOINT);
    ntio_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(sizes),
        cmocka_unit_test(pointers),
        cmocka_unit_test(strings),
        cmocka_unit_test(wide_output),
        cmocka_unit_test(floating_point),
        cmocka_unit_test(counts_and_cuts),
        cmocka_unit_test(dbgprint_writes_lines),
        cmocka_unit_test(dbgprint_cuts_at_512),
        cmocka_unit_test(what_cannot_be_read_is_not_printed),
        cmocka_unit_test(components_filter),
        cmocka_unit_test(a_break_point_without_a_debugger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
