/*
 * Names in expressions, which drivers that are no file systems ask for, too.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ntio/ntio.h>
#include <ntifs.h>

/* What legacy file system filters fill in and hand over, if the system has somewhere to. */
C_ASSERT(sizeof(FS_FILTER_CALLBACKS) == 0x68);
C_ASSERT(FIELD_OFFSET(FS_FILTER_CALLBACKS, PreAcquireForModifiedPageWriter) == 0x48);
C_ASSERT(sizeof(FS_FILTER_CALLBACK_DATA) == 0x40);
C_ASSERT(FIELD_OFFSET(FS_FILTER_PARAMETERS, NotifyStreamFileObject.SafeToRecurse) == 8);

static int start(void **state)
{
    (void)state;
    return ntio_start(NULL);
}

static int stop(void **state)
{
    (void)state;
    return ntio_stop();
}

static BOOLEAN in(PCWSTR expression, PCWSTR name, BOOLEAN ignore_case)
{
    UNICODE_STRING one, other;
    RtlInitUnicodeString(&one, expression);
    RtlInitUnicodeString(&other, name);
    return FsRtlIsNameInExpression(&one, &other, ignore_case, NULL);
}

static const struct {
    PCWSTR expression, name;
    BOOLEAN exact, ignoring;
} rows[] = {
    {L"", L"", TRUE, TRUE},
    {L"", L"a", FALSE, FALSE},
    {L"*", L"", FALSE, FALSE},
    {L"*", L"anything.at all", TRUE, TRUE},
    {L"*NOTEPAD.EXE", L"\\Device\\HarddiskVolume1\\notepad.exe", FALSE, TRUE},
    {L"*NOTEPAD.EXE", L"C:\\NOTEPAD.EXE", TRUE, TRUE},
    {L"*NOTEPAD.EXE", L"C:\\NOTEPAD.EXE.bak", FALSE, FALSE},
    {L"a?c", L"abc", TRUE, FALSE},   /* the expression is taken as it is */
    {L"A?C", L"abc", FALSE, TRUE},
    {L"A?C", L"AC", FALSE, FALSE},
    {L"*.*", L"AB", FALSE, FALSE},
    {L"*.*", L"A.B", TRUE, TRUE},
    {L"A*B*C", L"AxxBxxBC", TRUE, TRUE},
    {L"A*B*C", L"AXXBXXBC", TRUE, TRUE},
    {L"<.TXT", L"A.B.TXT", TRUE, TRUE},  /* DOS_STAR goes up to the last dot */
    {L"<.TXT", L"A.TXT.B", FALSE, FALSE},
    {L"A>>>", L"A", TRUE, TRUE},         /* DOS_QM may stand for nothing at the end and before a dot */
    {L"A>>>.B", L"AX.B", TRUE, TRUE},
    {L"A>>", L"ABCD", FALSE, FALSE},
    {L"A\"B", L"A.B", TRUE, TRUE},       /* DOS_DOT is a dot, or the end */
    {L"A\"", L"A", TRUE, TRUE},
};

static void names_are_in_expressions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (in(rows[i].expression, rows[i].name, FALSE) != rows[i].exact ||
            in(rows[i].expression, rows[i].name, TRUE) != rows[i].ignoring)
            fail_msg("row %u", (unsigned)i);
    }
}

static void a_table_says_what_upper_case_is(void **state)
{
    (void)state;
    static WCHAR table[65536];
    UNICODE_STRING expression = RTL_CONSTANT_STRING(L"Z*"), name = RTL_CONSTANT_STRING(L"ab");
    for (int i = 0; i < 65536; i++)
        table[i] = (WCHAR)i;
    assert_false(FsRtlIsNameInExpression(&expression, &name, TRUE, table));
    table[L'a'] = L'Z';
    assert_true(FsRtlIsNameInExpression(&expression, &name, TRUE, table));
    assert_false(FsRtlIsNameInExpression(&expression, &name, FALSE, table));
}

static void wildcards_are_five(void **state)
{
    (void)state;
    PCWSTR with[] = {L"a*", L"?", L"<", L"b>c", L"\""};
    UNICODE_STRING name;
    for (int i = 0; i < 5; i++) {
        RtlInitUnicodeString(&name, with[i]);
        assert_true(FsRtlDoesNameContainWildCards(&name));
    }
    RtlInitUnicodeString(&name, L"\\a.b[c]|:");
    assert_false(FsRtlDoesNameContainWildCards(&name));
    RtlInitUnicodeString(&name, NULL);
    assert_false(FsRtlDoesNameContainWildCards(&name));
}

static void mistakes_are_not_expected(void **state)
{
    (void)state;
    assert_false(FsRtlIsNtstatusExpected(STATUS_ACCESS_VIOLATION));
    assert_false(FsRtlIsNtstatusExpected(STATUS_DATATYPE_MISALIGNMENT));
    assert_false(FsRtlIsNtstatusExpected(STATUS_ILLEGAL_INSTRUCTION));
    assert_false(FsRtlIsNtstatusExpected(STATUS_INSTRUCTION_MISALIGNMENT));
    assert_true(FsRtlIsNtstatusExpected(STATUS_IN_PAGE_ERROR));
    assert_true(FsRtlIsNtstatusExpected(STATUS_INSUFFICIENT_RESOURCES));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(names_are_in_expressions),
        CASE(a_table_says_what_upper_case_is),
        CASE(wildcards_are_five),
        CASE(mistakes_are_not_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
