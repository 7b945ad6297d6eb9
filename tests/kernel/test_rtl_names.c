/*
 * Short names and prefix tables.
 */
#include "rtl_test.h"

static BOOLEAN is_legal(PUNICODE_STRING name, const char *expected, BOOLEAN *spaces)
{
    char buffer[12];
    OEM_STRING oem = {0, sizeof buffer, buffer};
    BOOLEAN legal = RtlIsNameLegalDOS8Dot3(name, &oem, spaces);
    if (legal && expected) {
        assert_int_equal(oem.Length, strlen(expected));
        assert_memory_equal(buffer, expected, oem.Length);
    }
    return legal;
}

static void judges_short_names(void **state)
{
    (void)state;
    BOOLEAN spaces = 77;
    assert_true(is_legal(W(L"readme.txt"), "README.TXT", &spaces));
    assert_false(spaces);
    assert_true(is_legal(W(L"a b.c"), "A B.C", &spaces));
    assert_true(spaces);
    assert_true(is_legal(W(L"12345678.123"), "12345678.123", &spaces));
    assert_true(is_legal(W(L"."), ".", &spaces));
    assert_true(is_legal(W(L".."), "..", &spaces));
    assert_true(is_legal(W(L"\x00E4"), "\x8E", &spaces)); /* a umlaut, capital, in code page 437 */
    static const WCHAR *bad[] = {L"",     L"...",   L".a",    L"a.",  L"a.b.c", L"123456789", L"a.1234",
                                 L" a",   L"a ",    L"a .b",  L"a. b", L"a*b",  L"a|b",       L"a\tb",
                                 L"a+b",  L"a,b",   L"a;b",   L"a=b", L"a[b",   L"a]b",       L"1234567890123",
                                 L"\x4E00"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        UNICODE_STRING name;
        RtlInitUnicodeString(&name, bad[i]);
        assert_false(is_legal(&name, NULL, &spaces));
    }
    assert_true(RtlIsNameLegalDOS8Dot3(W(L"x"), NULL, NULL));

    WCHAR c = L'a';
    assert_true(RtlIsValidOemCharacter(&c));
    assert_int_equal(c, 'A');
    c = L'?';
    assert_true(RtlIsValidOemCharacter(&c));
    c = 0x4E00;
    assert_false(RtlIsValidOemCharacter(&c));
    assert_int_equal(c, 0x4E00);
}

static void makes_short_names(void **state)
{
    (void)state;
    WCHAR buffer[12];
    UNICODE_STRING name = {0, sizeof buffer, buffer};
    GENERATE_NAME_CONTEXT context = {0};
    PUNICODE_STRING text = W(L"Long file name.text");
    assert_int_equal(RtlGenerate8dot3Name(text, FALSE, &context, &name), STATUS_SUCCESS);
    assert_wide(&name, L"LONGFI~1.TEX");
    RtlGenerate8dot3Name(text, FALSE, &context, &name);
    RtlGenerate8dot3Name(text, FALSE, &context, &name);
    RtlGenerate8dot3Name(text, FALSE, &context, &name);
    assert_wide(&name, L"LONGFI~4.TEX");
    assert_false(context.CheckSumInserted);
    RtlGenerate8dot3Name(text, FALSE, &context, &name); /* from the fifth on with a hash */
    assert_true(context.CheckSumInserted);
    assert_int_equal(name.Length, 24);
    assert_memory_equal(buffer, L"LO", 4);
    assert_memory_equal(buffer + 6, L"~1.TEX", 12);
    for (int i = 0; i < 9; i++)
        RtlGenerate8dot3Name(text, FALSE, &context, &name);
    assert_int_equal(name.Length, 24);
    assert_memory_equal(buffer + 5, L"~10.TEX", 14);

    memset(&context, 0, sizeof context);
    RtlGenerate8dot3Name(W(L".profile"), FALSE, &context, &name);
    assert_wide(&name, L"PROFIL~1");
    memset(&context, 0, sizeof context);
    RtlGenerate8dot3Name(W(L"a+b=c;d.e,f"), FALSE, &context, &name);
    assert_wide(&name, L"A_B_C_~1.E_F");
    memset(&context, 0, sizeof context);
    RtlGenerate8dot3Name(W(L"one.two.three"), FALSE, &context, &name);
    assert_wide(&name, L"ONETWO~1.THR");
    memset(&context, 0, sizeof context);
    RtlGenerate8dot3Name(W(L"\x00FC" L"ber\x4E00x.y"), TRUE, &context, &name);
    assert_wide(&name, L"\x00DC" L"BER_X~1.Y");
    memset(&context, 0, sizeof context);
    RtlGenerate8dot3Name(W(L"\x00FC" L"berx.y"), FALSE, &context, &name);
    assert_wide(&name, L"_BERX~1.Y");
    memset(&context, 0, sizeof context);
    RtlGenerate8dot3Name(W(L"a b"), FALSE, &context, &name); /* too short: with a hash from the first on */
    assert_true(context.CheckSumInserted);
    assert_int_equal(name.Length, 16);
    assert_memory_equal(buffer, L"AB", 4);
    assert_memory_equal(buffer + 6, L"~1", 4);
    context.LastIndexValue = 999999;
    assert_int_equal(RtlGenerate8dot3Name(W(L"a b"), FALSE, &context, &name), STATUS_FILE_SYSTEM_LIMITATION);
}

static void finds_prefixes(void **state)
{
    (void)state;
    UNICODE_PREFIX_TABLE table;
    UNICODE_PREFIX_TABLE_ENTRY a, b, c, root, twice;
    RtlInitializeUnicodePrefix(&table);
    assert_null(RtlFindUnicodePrefix(&table, W(L"\\a"), 0));
    assert_null(RtlNextUnicodePrefix(&table, TRUE));
    assert_true(RtlInsertUnicodePrefix(&table, W(L"\\Server\\Share"), &a));
    assert_true(RtlInsertUnicodePrefix(&table, W(L"\\Server"), &b));
    assert_true(RtlInsertUnicodePrefix(&table, W(L"\\server\\share"), &c)); /* another case is another name */
    assert_false(RtlInsertUnicodePrefix(&table, W(L"\\Server"), &twice));
    assert_ptr_equal(RtlFindUnicodePrefix(&table, W(L"\\Server\\Share\\file"), 99), &a);
    assert_ptr_equal(RtlFindUnicodePrefix(&table, W(L"\\server\\share\\file"), 99), &c);
    assert_ptr_equal(RtlFindUnicodePrefix(&table, W(L"\\Server\\Sharex"), 0), &b); /* whole components only */
    assert_ptr_equal(RtlFindUnicodePrefix(&table, W(L"\\Server"), 0), &b);
    assert_ptr_equal(RtlFindUnicodePrefix(&table, W(L"\\SERVER\\x"), 0), &b);
    assert_null(RtlFindUnicodePrefix(&table, W(L"\\SERVER\\x"), 3)); /* the first three must have the same case */
    assert_ptr_equal(RtlFindUnicodePrefix(&table, W(L"\\SeRVER\\x"), 3), &b);
    assert_null(RtlFindUnicodePrefix(&table, W(L"\\Serve"), 0));
    assert_true(RtlInsertUnicodePrefix(&table, W(L"\\"), &root));
    assert_ptr_equal(RtlFindUnicodePrefix(&table, W(L"\\Other"), 0), &root);
    ULONG count = 0;
    for (PUNICODE_PREFIX_TABLE_ENTRY at = RtlNextUnicodePrefix(&table, TRUE); at;
         at = RtlNextUnicodePrefix(&table, FALSE))
        count++;
    assert_int_equal(count, 4);
    RtlRemoveUnicodePrefix(&table, &a);
    assert_ptr_equal(RtlFindUnicodePrefix(&table, W(L"\\Server\\Share\\file"), 99), &b);
    RtlRemoveUnicodePrefix(&table, &root);
    assert_null(RtlFindUnicodePrefix(&table, W(L"\\Other"), 0));

    PREFIX_TABLE narrow;
    PREFIX_TABLE_ENTRY x, y;
    STRING one = {4, 4, "\\dir"}, two = {8, 8, "\\dir\\sub"}, path = {13, 13, "\\dir\\sub\\file"}, other = {5, 5, "\\dirx"};
    PfxInitialize(&narrow);
    assert_true(PfxInsertPrefix(&narrow, &one, &x));
    assert_true(PfxInsertPrefix(&narrow, &two, &y));
    assert_false(PfxInsertPrefix(&narrow, &two, &y));
    assert_ptr_equal(PfxFindPrefix(&narrow, &path), &y);
    PfxRemovePrefix(&narrow, &y);
    assert_ptr_equal(PfxFindPrefix(&narrow, &path), &x);
    assert_null(PfxFindPrefix(&narrow, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(judges_short_names), TEST(makes_short_names), TEST(finds_prefixes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
