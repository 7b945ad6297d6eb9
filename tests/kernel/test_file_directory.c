/* Listing directories: order, classes, patterns, buffers that are too small. */
#include "file_test.h"

static NTSTATUS list(HANDLE handle, PVOID buffer, ULONG length, FILE_INFORMATION_CLASS class, BOOLEAN single,
                     PCWSTR pattern, BOOLEAN restart, PIO_STATUS_BLOCK iosb)
{
    UNICODE_STRING text;
    if (pattern)
        RtlInitUnicodeString(&text, pattern);
    return NtQueryDirectoryFile(handle, NULL, NULL, NULL, iosb, buffer, length, class, single,
                                pattern ? &text : NULL, restart);
}

/* The names that match, with blanks between; "-" for none. */
static const char *names(PCWSTR pattern)
{
    static char text[512];
    static ULONGLONG buffer[256];
    HANDLE handle = disk_open(L"\\??\\C:\\dir", FILE_LIST_DIRECTORY, FILE_OPEN);
    IO_STATUS_BLOCK iosb;
    size_t at = 0;
    NTSTATUS status = list(handle, buffer, sizeof buffer, FileNamesInformation, FALSE, pattern, FALSE, &iosb);
    if (status == STATUS_NO_SUCH_FILE)
        text[at++] = '-';
    for (PUCHAR next = (PUCHAR)buffer; status == STATUS_SUCCESS;) {
        PFILE_NAMES_INFORMATION entry = (PFILE_NAMES_INFORMATION)next;
        if (at)
            text[at++] = ' ';
        for (ULONG i = 0; i < entry->FileNameLength / sizeof(WCHAR); i++)
            text[at++] = (char)entry->FileName[i];
        if (!entry->NextEntryOffset)
            break;
        next += entry->NextEntryOffset;
    }
    if (status == STATUS_SUCCESS)
        assert_int_equal(list(handle, buffer, sizeof buffer, FileNamesInformation, FALSE, NULL, FALSE, &iosb),
                         STATUS_NO_MORE_FILES);
    NtClose(handle);
    text[at] = 0;
    return text;
}

static int set_up(void **state)
{
    if (disk_set_up(state) != 0)
        return -1;
    mkdir(host_path("dir"), 0777);
    mkdir(host_path("dir/Sub"), 0777);
    host_make("dir/b.txt", "22");
    host_make("dir/A.TXT", "1");
    host_make("dir/c.d.txt", "");
    host_make("dir/noext", "");
    host_make("dir/bad:name", "");
    return symlink("/etc", host_path("dir/link"));
}

static void patterns(void **state)
{
    (void)state;
    static const struct {
        PCWSTR pattern;
        const char *names;
    } rows[] = {
        {NULL, ". .. A.TXT b.txt c.d.txt noext Sub"},
        {L"*", ". .. A.TXT b.txt c.d.txt noext Sub"},
        {L"*.txt", "A.TXT b.txt c.d.txt"},
        {L"*.*", ". .. A.TXT b.txt c.d.txt"}, /* NT's own: a dot has to be there */
        {L"a.txt", "A.TXT"},
        {L"SUB", "Sub"},
        {L"?.txt", "A.TXT b.txt"},
        {L"c*", "c.d.txt"},
        {L"*d*", "c.d.txt"},
        {L"none", "-"},
        {L"bad:name", "-"},
        {L"<", "noext Sub"}, /* up to the last dot, which nothing matches then */
        {L"<.txt", "A.TXT b.txt c.d.txt"},
        {L">>>>>", "noext Sub"},
        {L"noext\"", "noext"},
        {L">>>.txt", "A.TXT b.txt"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(names(rows[i].pattern), rows[i].names);
}

static void one_at_a_time(void **state)
{
    (void)state;
    ULONGLONG buffer[64];
    IO_STATUS_BLOCK iosb;
    PFILE_DIRECTORY_INFORMATION entry = (PVOID)buffer;
    HANDLE handle = disk_open(L"\\??\\C:\\dir", FILE_LIST_DIRECTORY, FILE_OPEN);
    assert_int_equal(
        list(handle, buffer, sizeof buffer, FileDirectoryInformation, TRUE, L"*.TXT", FALSE, &iosb),
        STATUS_SUCCESS);
    assert_int_equal(iosb.Information,
                     FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileName) + 5 * sizeof(WCHAR));
    assert_memory_equal(entry->FileName, L"A.TXT", 10);
    assert_int_equal(entry->EndOfFile.QuadPart, 1);
    assert_int_equal(entry->AllocationSize.QuadPart, 4096);
    assert_int_equal(entry->FileAttributes, FILE_ATTRIBUTE_ARCHIVE);
    assert_int_equal(entry->NextEntryOffset, 0);
    /* The pattern stays the first one's. */
    assert_int_equal(
        list(handle, buffer, sizeof buffer, FileDirectoryInformation, TRUE, L"none", FALSE, &iosb),
        STATUS_SUCCESS);
    assert_memory_equal(entry->FileName, L"b.txt", 10);
    assert_int_equal(list(handle, buffer, sizeof buffer, FileDirectoryInformation, TRUE, NULL, TRUE, &iosb),
                     STATUS_SUCCESS);
    assert_memory_equal(entry->FileName, L"A.TXT", 10);
    host_make("dir/a0.txt", "");
    assert_int_equal(list(handle, buffer, sizeof buffer, FileDirectoryInformation, TRUE, NULL, TRUE, &iosb),
                     STATUS_SUCCESS);
    assert_int_equal(list(handle, buffer, sizeof buffer, FileDirectoryInformation, TRUE, NULL, FALSE, &iosb),
                     STATUS_SUCCESS);
    assert_memory_equal(entry->FileName, L"a0.txt", 12);
    NtClose(handle);
}

static void small_buffers(void **state)
{
    (void)state;
    ULONGLONG buffer[64];
    IO_STATUS_BLOCK iosb;
    PFILE_BOTH_DIR_INFORMATION entry = (PVOID)buffer;
    ULONG head = FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, FileName);
    HANDLE handle = disk_open(L"\\??\\C:\\dir", FILE_LIST_DIRECTORY, FILE_OPEN);
    assert_int_equal(
        list(handle, buffer, head, FileBothDirectoryInformation, FALSE, L"c.d.txt", FALSE, &iosb),
        STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(list(handle, buffer, 512, FileBasicInformation, FALSE, L"c.d.txt", FALSE, &iosb),
                     STATUS_INVALID_INFO_CLASS);
    assert_int_equal(
        list(handle, buffer, sizeof *entry, FileBothDirectoryInformation, FALSE, L"c.d.txt", FALSE, &iosb),
        STATUS_BUFFER_OVERFLOW);
    assert_int_equal(entry->FileNameLength, 7 * sizeof(WCHAR));
    assert_int_equal(iosb.Information, sizeof *entry);
    assert_int_equal(entry->ShortNameLength, 0);
    NtClose(handle);
    /* As many as there is room for, then the rest. */
    handle = disk_open(L"\\??\\C:\\dir", FILE_LIST_DIRECTORY, FILE_OPEN);
    int count = 0;
    while (list(handle, buffer, 256, FileIdBothDirectoryInformation, FALSE, NULL, FALSE, &iosb) ==
           STATUS_SUCCESS)
        for (PUCHAR at = (PUCHAR)buffer;; at += *(PULONG)at) {
            count++;
            if (!*(PULONG)at)
                break;
        }
    assert_int_equal(count, 7);
    NtClose(handle);
    handle = disk_open(L"\\??\\C:\\dir\\noext", FILE_LIST_DIRECTORY, FILE_OPEN);
    assert_int_equal(list(handle, buffer, 512, FileNamesInformation, FALSE, NULL, FALSE, &iosb),
                     STATUS_INVALID_PARAMETER);
    NtClose(handle);
    handle = disk_open(L"\\??\\C:\\dir", FILE_READ_ATTRIBUTES, FILE_OPEN);
    assert_int_equal(list(handle, buffer, 512, FileNamesInformation, FALSE, NULL, FALSE, &iosb),
                     STATUS_ACCESS_DENIED);
    NtClose(handle);
}

/* The classes with identifiers of 128 bits, of which the lower half is the file's. */
static void wide_identifiers(void **state)
{
    (void)state;
    ULONGLONG buffer[64];
    IO_STATUS_BLOCK iosb;
    FILE_INTERNAL_INFORMATION internal;
    PFILE_ID_EXTD_DIR_INFORMATION entry = (PVOID)buffer;
    PFILE_ID_EXTD_BOTH_DIR_INFORMATION both = (PVOID)buffer;
    PFILE_ID_GLOBAL_TX_DIR_INFORMATION in_transactions = (PVOID)buffer;
    static const UCHAR zeros[8];
    HANDLE handle = disk_open(L"\\??\\C:\\dir\\b.txt", FILE_READ_ATTRIBUTES, FILE_OPEN);
    assert_int_equal(disk_query(handle, &iosb, &internal, FileInternalInformation), STATUS_SUCCESS);
    NtClose(handle);
    handle = disk_open(L"\\??\\C:\\dir", FILE_LIST_DIRECTORY, FILE_OPEN);
    assert_int_equal(
        list(handle, buffer, sizeof buffer, FileIdExtdDirectoryInformation, TRUE, L"b.txt", FALSE, &iosb),
        STATUS_SUCCESS);
    assert_int_equal(iosb.Information, FIELD_OFFSET(FILE_ID_EXTD_DIR_INFORMATION, FileName) + 10);
    assert_int_equal(FIELD_OFFSET(FILE_ID_EXTD_DIR_INFORMATION, FileName), 88);
    assert_memory_equal(entry->FileName, L"b.txt", 10);
    assert_memory_equal(entry->FileId.Identifier, &internal.IndexNumber, 8);
    assert_memory_equal(entry->FileId.Identifier + 8, zeros, 8);
    assert_int_equal(entry->EndOfFile.QuadPart, 2);
    assert_int_equal(
        list(handle, buffer, sizeof buffer, FileIdExtdBothDirectoryInformation, TRUE, NULL, TRUE, &iosb),
        STATUS_SUCCESS);
    assert_int_equal(FIELD_OFFSET(FILE_ID_EXTD_BOTH_DIR_INFORMATION, FileName), 114);
    assert_memory_equal(both->FileName, L"b.txt", 10);
    assert_memory_equal(both->FileId.Identifier, &internal.IndexNumber, 8);
    assert_int_equal(
        list(handle, buffer, sizeof buffer, FileIdGlobalTxDirectoryInformation, TRUE, NULL, TRUE, &iosb),
        STATUS_SUCCESS);
    assert_int_equal(FIELD_OFFSET(FILE_ID_GLOBAL_TX_DIR_INFORMATION, FileName), 92);
    assert_memory_equal(in_transactions->FileName, L"b.txt", 10);
    assert_int_equal(in_transactions->FileId.QuadPart, internal.IndexNumber.QuadPart);
    assert_int_equal(in_transactions->TxInfoFlags, 0);
    assert_int_equal(list(handle, buffer, 88, FileIdExtdDirectoryInformation, TRUE, NULL, TRUE, &iosb),
                     STATUS_INFO_LENGTH_MISMATCH);
    NtClose(handle);
}

static NTSTATUS list_flags(HANDLE handle, PFILE_NAMES_INFORMATION entry, ULONG length, ULONG flags, PCWSTR pattern)
{
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, pattern);
    return NtQueryDirectoryFileEx(handle, NULL, NULL, NULL, &iosb, entry, length, FileNamesInformation, flags,
                                  pattern ? &text : NULL);
}

static void without_a_cursor(void **state)
{
    (void)state;
    ULONGLONG buffer[64];
    PFILE_NAMES_INFORMATION entry = (PVOID)buffer;
    HANDLE handle = disk_open(L"\\??\\C:\\dir", FILE_LIST_DIRECTORY, FILE_OPEN);
    assert_int_equal(list_flags(handle, entry, sizeof buffer, SL_RETURN_SINGLE_ENTRY, L"*.txt"), STATUS_SUCCESS);
    assert_memory_equal(entry->FileName, L"A.TXT", 10);
    for (int i = 0; i < 2; i++) { /* with a pattern of its own, from the start, each time */
        assert_int_equal(list_flags(handle, entry, sizeof buffer, SL_RETURN_SINGLE_ENTRY | SL_NO_CURSOR_UPDATE_QUERY, L"n*"),
                         STATUS_SUCCESS);
        assert_memory_equal(entry->FileName, L"noext", 10);
    }
    assert_int_equal(list_flags(handle, entry, sizeof buffer, SL_RETURN_SINGLE_ENTRY, NULL), STATUS_SUCCESS);
    assert_memory_equal(entry->FileName, L"b.txt", 10);
    NtClose(handle);
}

static void the_root(void **state)
{
    (void)state;
    ULONGLONG buffer[64];
    IO_STATUS_BLOCK iosb;
    PFILE_ID_FULL_DIR_INFORMATION entry = (PVOID)buffer;
    HANDLE handle = disk_open(L"\\??\\C:\\", FILE_LIST_DIRECTORY, FILE_OPEN);
    assert_int_equal(
        list(handle, buffer, sizeof buffer, FileIdFullDirectoryInformation, TRUE, NULL, FALSE, &iosb),
        STATUS_SUCCESS);
    assert_memory_equal(entry->FileName, L"dir", 6); /* neither . nor .. */
    assert_int_equal(entry->FileAttributes, FILE_ATTRIBUTE_DIRECTORY);
    assert_int_equal(entry->EndOfFile.QuadPart, 0);
    struct stat about;
    assert_int_equal(stat(host_path("dir"), &about), 0);
    assert_int_equal(entry->FileId.QuadPart, about.st_ino);
    NtClose(handle);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, disk_tear_down)
    const struct CMUnitTest tests[] = {TEST(patterns), TEST(one_at_a_time), TEST(small_buffers),
                                       TEST(wide_identifiers), TEST(without_a_cursor), TEST(the_root)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
