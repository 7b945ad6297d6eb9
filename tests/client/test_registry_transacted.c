/*
 * Transactions as a client sees them: KtmW32, transacted keys; registry functions made of others, keys' descriptors.
 *
 * DRIVERS:
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <windows.h>
#include <ktmw32.h>
#include <ntio/ntio.h>

#include <string.h>

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

#define KEY L"Software\\Tx"

static DWORD dword_of(HKEY key, LPCWSTR name)
{
    DWORD value = 0, size = sizeof value;
    return RegQueryValueExW(key, name, NULL, NULL, (LPBYTE)&value, &size) == ERROR_SUCCESS ? value : (DWORD)-1;
}

static void keys_are_created_in_one(void **state)
{
    (void)state;
    HKEY key, fresh, below, none;
    DWORD disposition, value = 5;
    HANDLE transaction = CreateTransaction(NULL, NULL, 0, 0, 0, 0, L"a test");
    assert_ptr_not_equal(transaction, INVALID_HANDLE_VALUE);
    assert_int_equal(RegCreateKeyTransactedW(HKEY_LOCAL_MACHINE, KEY L"\\A\\B", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &fresh,
                                             &disposition, transaction, NULL),
                     ERROR_SUCCESS);
    assert_int_equal(disposition, REG_CREATED_NEW_KEY);
    assert_int_equal(RegSetValueExW(fresh, L"v", 0, REG_DWORD, (const BYTE *)&value, sizeof value), ERROR_SUCCESS);
    assert_int_equal(RegCreateKeyExA(fresh, "C", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &below, NULL), ERROR_SUCCESS);
    assert_int_equal(RegOpenKeyExW(HKEY_LOCAL_MACHINE, KEY, 0, KEY_READ, &none), ERROR_FILE_NOT_FOUND);
    assert_int_equal(RegOpenKeyTransactedA(HKEY_LOCAL_MACHINE, "Software\\Tx\\A", 0, KEY_READ, &key, transaction, NULL),
                     ERROR_SUCCESS);
    assert_int_equal(RegCloseKey(key), ERROR_SUCCESS);
    assert_true(CommitTransaction(transaction));
    assert_int_equal(RegOpenKeyExW(HKEY_LOCAL_MACHINE, KEY L"\\A\\B\\C", 0, KEY_READ, &key), ERROR_SUCCESS);
    RegCloseKey(key);
    assert_int_equal(RegSetValueExW(fresh, L"v", 0, REG_DWORD, (const BYTE *)&value, sizeof value),
                     ERROR_TRANSACTION_NOT_ACTIVE);
    assert_int_equal(dword_of(fresh, L"v"), (DWORD)-1);
    assert_false(CommitTransaction(transaction));
    assert_int_equal(GetLastError(), ERROR_TRANSACTION_ALREADY_COMMITTED);
    assert_false(RollbackTransaction(transaction));
    assert_int_equal(GetLastError(), ERROR_TRANSACTION_ALREADY_COMMITTED);
    RegCloseKey(fresh);
    RegCloseKey(below);
    CloseHandle(transaction);

    transaction = CreateTransaction(NULL, NULL, 0, 0, 0, INFINITE, NULL);
    assert_int_equal(RegDeleteKeyTransactedW(HKEY_LOCAL_MACHINE, KEY L"\\A\\B\\C", 0, 0, transaction, NULL),
                     ERROR_SUCCESS);
    assert_int_equal(RegDeleteKeyTransactedA(HKEY_LOCAL_MACHINE, "Software\\Tx\\A\\B\\C", 0, 0, transaction, NULL),
                     ERROR_FILE_NOT_FOUND);
    assert_int_equal(RegOpenKeyExW(HKEY_LOCAL_MACHINE, KEY L"\\A\\B\\C", 0, KEY_READ, &key), ERROR_SUCCESS);
    RegCloseKey(key);
    assert_true(RollbackTransaction(transaction));
    assert_int_equal(RegOpenKeyExW(HKEY_LOCAL_MACHINE, KEY L"\\A\\B\\C", 0, KEY_READ, &key), ERROR_SUCCESS);
    RegCloseKey(key);
    assert_false(CommitTransaction(transaction));
    assert_int_equal(GetLastError(), ERROR_TRANSACTION_ALREADY_ABORTED);
    CloseHandle(transaction);
}

static void two_conflict(void **state)
{
    (void)state;
    HKEY key, a, b;
    DWORD value = 5;
    HANDLE first = CreateTransaction(NULL, NULL, 0, 0, 0, 0, NULL), second = CreateTransaction(NULL, NULL, 0, 0, 0, 0, NULL);
    assert_int_equal(RegCreateKeyW(HKEY_LOCAL_MACHINE, KEY, &key), ERROR_SUCCESS);
    RegOpenKeyTransactedW(HKEY_LOCAL_MACHINE, KEY, 0, KEY_ALL_ACCESS, &a, first, NULL);
    RegOpenKeyTransactedW(HKEY_LOCAL_MACHINE, KEY, 0, KEY_ALL_ACCESS, &b, second, NULL);
    assert_int_equal(RegSetKeyValueW(a, NULL, L"v", REG_DWORD, &value, sizeof value), ERROR_SUCCESS);
    assert_int_equal(RegSetKeyValueW(b, NULL, L"v", REG_DWORD, &value, sizeof value), ERROR_TRANSACTIONAL_CONFLICT);
    assert_int_equal(RegSetKeyValueW(key, NULL, L"v", REG_DWORD, &value, sizeof value), ERROR_SUCCESS);
    assert_false(CommitTransaction(first));
    assert_int_equal(GetLastError(), ERROR_TRANSACTION_ALREADY_ABORTED);
    CloseHandle(first);
    CloseHandle(second);
    RegCloseKey(a);
    RegCloseKey(b);
    RegCloseKey(key);
}

static void transactions_are_asked(void **state)
{
    (void)state;
    GUID id, same;
    DWORD outcome, timeout;
    WCHAR text[16];
    HANDLE transaction = CreateTransaction(NULL, NULL, 0, 0, 0, 60000, L"described"), other;
    assert_true(GetTransactionId(transaction, &id));
    other = OpenTransaction(TRANSACTION_ALL_ACCESS, &id);
    assert_ptr_not_equal(other, INVALID_HANDLE_VALUE);
    assert_true(GetTransactionId(other, &same));
    assert_memory_equal(&id, &same, sizeof id);
    assert_true(GetTransactionInformation(other, &outcome, NULL, NULL, &timeout, 16, text));
    assert_int_equal(outcome, TransactionOutcomeUndetermined);
    assert_int_equal(timeout, 60000);
    assert_memory_equal(text, L"described", sizeof L"described");
    assert_false(GetTransactionInformation(other, NULL, NULL, NULL, NULL, 9, text));
    assert_int_equal(GetLastError(), ERROR_MORE_DATA);
    assert_true(SetTransactionInformation(other, 0, 0, 0, L"anew"));
    assert_true(GetTransactionInformation(other, NULL, NULL, NULL, &timeout, 16, text));
    assert_int_equal(timeout, 0);
    assert_memory_equal(text, L"anew", sizeof L"anew");
    assert_int_equal(WaitForSingleObject(transaction, 0), WAIT_TIMEOUT);
    assert_true(CommitTransactionAsync(other));
    assert_int_equal(WaitForSingleObject(transaction, INFINITE), WAIT_OBJECT_0);
    CloseHandle(transaction);
    CloseHandle(other);
    assert_ptr_equal(OpenTransaction(TRANSACTION_ALL_ACCESS, &id), INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), ERROR_TRANSACTION_NOT_FOUND);
    assert_ptr_equal(CreateTransaction(NULL, NULL, 8, 0, 0, 0, NULL), INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void a_client_is_a_resource_manager(void **state)
{
    (void)state;
    int key;
    GUID id;
    ULONG length;
    LARGE_INTEGER clock;
    TRANSACTION_NOTIFICATION told;
    HANDLE manager = CreateTransactionManager(NULL, NULL, TRANSACTION_MANAGER_VOLATILE, 0);
    HANDLE resource = CreateResourceManager(NULL, NULL, RESOURCE_MANAGER_VOLATILE, manager, L"mine");
    HANDLE transaction = CreateTransaction(NULL, NULL, 0, 0, 0, 0, NULL);
    HANDLE enlistment = CreateEnlistment(NULL, resource, transaction,
                                         TRANSACTION_NOTIFY_PREPREPARE | TRANSACTION_NOTIFY_PREPARE |
                                             TRANSACTION_NOTIFY_COMMIT | TRANSACTION_NOTIFY_ROLLBACK,
                                         0, &key);
    assert_ptr_not_equal(enlistment, INVALID_HANDLE_VALUE);
    assert_true(GetTransactionManagerId(manager, &id));
    assert_true(GetEnlistmentId(enlistment, &id));
    assert_false(GetNotificationResourceManager(resource, &told, sizeof told, 0, &length));
    assert_int_equal(GetLastError(), WAIT_TIMEOUT);
    assert_true(CommitTransactionAsync(transaction));
    assert_true(GetNotificationResourceManager(resource, &told, sizeof told, INFINITE, &length));
    assert_int_equal(told.TransactionNotification, TRANSACTION_NOTIFY_PREPREPARE);
    assert_ptr_equal(told.TransactionKey, &key);
    assert_true(GetCurrentClockTransactionManager(manager, &clock));
    assert_true(clock.QuadPart >= told.TmVirtualClock.QuadPart);
    assert_true(PrePrepareComplete(enlistment, NULL));
    assert_true(GetNotificationResourceManager(resource, &told, sizeof told, INFINITE, &length));
    assert_true(PrepareComplete(enlistment, &told.TmVirtualClock));
    assert_true(GetNotificationResourceManager(resource, &told, sizeof told, INFINITE, &length));
    assert_int_equal(told.TransactionNotification, TRANSACTION_NOTIFY_COMMIT);
    assert_true(CommitComplete(enlistment, NULL));
    assert_false(CommitComplete(enlistment, NULL));
    assert_int_equal(GetLastError(), ERROR_TRANSACTION_NOT_REQUESTED);
    assert_int_equal(WaitForSingleObject(transaction, 0), WAIT_OBJECT_0);
    CloseHandle(enlistment);
    CloseHandle(transaction);
    CloseHandle(resource);
    CloseHandle(manager);
}

static void values_of_subkeys(void **state)
{
    (void)state;
    HKEY key, copy;
    DWORD value = 7;
    WCHAR text[32];
    char narrow[32];
    LONG size;
    RegCreateKeyW(HKEY_LOCAL_MACHINE, KEY, &key);
    assert_int_equal(RegSetKeyValueW(key, L"Sub\\Deep", L"v", REG_DWORD, &value, sizeof value), ERROR_SUCCESS);
    assert_int_equal(RegSetKeyValueA(key, "Sub", "a", REG_SZ, "text", 5), ERROR_SUCCESS);
    assert_int_equal(RegSetValueW(key, L"Sub", REG_SZ, L"default", 0), ERROR_SUCCESS);
    assert_int_equal(RegSetValueW(key, L"Sub", REG_DWORD, L"default", 0), ERROR_INVALID_PARAMETER);
    size = sizeof text;
    assert_int_equal(RegQueryValueW(key, L"Sub", text, &size), ERROR_SUCCESS);
    assert_int_equal(size, sizeof L"default");
    assert_memory_equal(text, L"default", sizeof L"default");
    size = 4;
    assert_int_equal(RegQueryValueA(key, "Sub", narrow, &size), ERROR_MORE_DATA);
    size = sizeof narrow;
    assert_int_equal(RegQueryValueA(key, "Sub", narrow, &size), ERROR_SUCCESS);
    assert_string_equal(narrow, "default");
    assert_int_equal(RegQueryValueA(key, "Sub\\Deep", narrow, &size), ERROR_SUCCESS);
    assert_string_equal(narrow, "");
    assert_int_equal(RegQueryValueA(key, "None", narrow, &size), ERROR_FILE_NOT_FOUND);
    assert_int_equal(RegEnumKeyW(key, 0, text, 32), ERROR_SUCCESS);
    assert_memory_equal(text, L"Sub", sizeof L"Sub");
    assert_int_equal(RegEnumKeyA(key, 1, narrow, 32), ERROR_NO_MORE_ITEMS);

    RegCreateKeyW(HKEY_LOCAL_MACHINE, L"Software\\Copy", &copy);
    assert_int_equal(RegCopyTreeW(key, L"Sub", copy), ERROR_SUCCESS);
    assert_int_equal(RegRenameKey(copy, L"Deep", L"Deeper"), ERROR_SUCCESS);
    DWORD got = 0, length = sizeof got;
    assert_int_equal(RegGetValueW(copy, L"Deeper", L"v", RRF_RT_REG_DWORD, NULL, &got, &length), ERROR_SUCCESS);
    assert_int_equal(got, 7);
    size = sizeof narrow;
    assert_int_equal(RegQueryValueA(copy, NULL, narrow, &size), ERROR_SUCCESS);
    assert_string_equal(narrow, "default");
    assert_int_equal(RegDeleteKeyValueW(copy, L"Deeper", L"v"), ERROR_SUCCESS);
    assert_int_equal(RegDeleteKeyValueA(copy, "Deeper", "v"), ERROR_FILE_NOT_FOUND);
    RegCloseKey(copy);
    RegCloseKey(key);
    assert_int_equal(RegOpenCurrentUser(KEY_READ, &key), ERROR_SUCCESS);
    RegCloseKey(key);
}

static void keys_have_descriptors(void **state)
{
    (void)state;
    HKEY key, other;
    UCHAR room[512];
    DWORD size = 4;
    SECURITY_DESCRIPTOR_RELATIVE *said = (void *)room;
    assert_int_equal(RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SYSTEM\\CurrentControlSet\\Enum", 0, DELETE, &key),
                     ERROR_ACCESS_DENIED);
    assert_int_equal(RegCreateKeyW(HKEY_LOCAL_MACHINE, KEY, &key), ERROR_SUCCESS);
    assert_int_equal(RegGetKeySecurity(key, DACL_SECURITY_INFORMATION, room, &size), ERROR_INSUFFICIENT_BUFFER);
    assert_true(size > 4 && size <= sizeof room);
    assert_int_equal(RegGetKeySecurity(key, DACL_SECURITY_INFORMATION, room, &size), ERROR_SUCCESS);
    assert_true(said->Control & SE_DACL_PRESENT);
    struct {
        SECURITY_DESCRIPTOR_RELATIVE descriptor;
        ACL acl;
    } closed = {{.Revision = 1, .Control = SE_DACL_PRESENT | SE_SELF_RELATIVE, .Dacl = sizeof closed.descriptor},
                {.AclRevision = ACL_REVISION, .AclSize = sizeof(ACL)}};
    assert_int_equal(RegSetKeySecurity(key, DACL_SECURITY_INFORMATION, &closed), ERROR_SUCCESS);
    assert_int_equal(RegOpenKeyExW(HKEY_LOCAL_MACHINE, KEY, 0, KEY_READ, &other), ERROR_ACCESS_DENIED);
    RegCloseKey(key);
    /* Given when it is made. */
    SECURITY_ATTRIBUTES security = {sizeof security, &closed, FALSE};
    assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"Software\\Given", 0, NULL, 0, KEY_ALL_ACCESS, &security, &key,
                                     NULL),
                     ERROR_SUCCESS);
    assert_int_equal(RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"Software\\Given", 0, KEY_READ, &other), ERROR_ACCESS_DENIED);
    RegCloseKey(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_are_created_in_one, start, stop),
        cmocka_unit_test_setup_teardown(two_conflict, start, stop),
        cmocka_unit_test_setup_teardown(transactions_are_asked, start, stop),
        cmocka_unit_test_setup_teardown(a_client_is_a_resource_manager, start, stop),
        cmocka_unit_test_setup_teardown(values_of_subkeys, start, stop),
        cmocka_unit_test_setup_teardown(keys_have_descriptors, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
