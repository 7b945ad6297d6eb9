/*
 * What drivers trace and log, as it comes out: WPP, manifests' events, TraceLogging, the error log; and a
 * client's own events. DRIVERS: tracing
 */
#include "win32_test.h"

#include <TraceLoggingProvider.h>
#include <evntrace.h>
#include <string.h>

#include "../drivers/tracing/trace.h"
#include "test_tracing.tmh"

static char text[16384];
static size_t length;

static void take(void *context, const char *piece, size_t size)
{
    (void)context;
    assert_true(length + size < sizeof text);
    memcpy(text + length, piece, size);
    length += size;
    text[length] = 0;
}

static void assert_logged(const char *expected)
{
    assert_string_equal(text, expected);
    length = 0;
    text[0] = 0;
}

static int start(void **state)
{
    (void)state;
    const ntio_options options = {.log = take};
    length = 0;
    text[0] = 0;
    return ntio_start(&options) || ntio_load_driver("tracing");
}

static int stop(void **state)
{
    (void)state;
    return ntio_stop();
}

static void trace(BOOL read)
{
    HANDLE device =
        CreateFileA("\\\\.\\Tracing", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(device, INVALID_HANDLE_VALUE);
    DWORD count;
    char byte = 0;
    assert_true(read ? ReadFile(device, &byte, 1, &count, NULL) : WriteFile(device, &byte, 1, &count, NULL));
    CloseHandle(device);
}

#define LIFE      "wpp: TracingGuid.TRACE_LIFE: "
#define IO        "wpp: TracingGuid.TRACE_IO: "
#define GUID_TEXT "{2D9B4F50-7A3C-4F0E-9C51-7C11E0F0A001}"

static void everything_is_heard(void **state)
{
    (void)state;
    assert_logged("");
    trace(FALSE);
    assert_logged(
        LIFE "plain\n" IO "-1 123456789 narrow wide w\xc3\xaf"
             "de narrow\n"
             "wpp: OtherGuid.OTHER_FLAG: 0xc0000022(STATUS_ACCESS_DENIED) 0x00012345 TRUE " GUID_TEXT "\n" IO
             "VERBOSE TRACE_IO TraceAll tracing.c 100%\n" LIFE "Green Blue 0x4d TracingStopped 0x11\n" LIFE
             "Yes Maybe Read|Execute  DE AD 00\n" LIFE "TraceAll says: 5\n" LIFE
             "127.0.0.1 PASSIVE_LEVEL 00ab 0x77\n" IO "returns 0xc0000001(STATUS_UNSUCCESSFUL)\n" LIFE
             "TracingOther says: first\n" LIFE "other source, line 15\n"
             "etw: Tracing-Test: EventStarted: \"quoted\" & plain, 100% (Wide=quoted, Narrow=plain, "
             "Length=3, Counted=abc)\n"
             "etw: Tracing-Test: EventRead (Signed=-5, Hex=0xABCDEF, Yes=true, Id=" GUID_TEXT
             ", Size=2, Bytes=DE AD)\n"
             "etw: Tracing-Test: EventNothing: nothing\n"
             "etw: Tracing-Test-Logging: Everything (seven=7, 0xFF00=0xFF00, text=wide, counted=w\xc3\xaf"
             "de, odd=true, "
             "status=STATUS_DEVICE_BUSY, bytes=DE AD 00, value=narrow, -9=-9)\n"
             "etw: Tracing-Test-Logging: Nothing\n");
    assert_int_equal(ntio_unload_driver("tracing"), STATUS_SUCCESS);
    assert_logged("");
}

static void what_is_not_enabled_is_not_heard(void **state)
{
    (void)state;
    assert_int_equal(ntio_etw_enable(NULL, false, 0, 0), STATUS_SUCCESS);
    trace(FALSE);
    assert_logged("");
    /* WPP's flag 1 and errors only; then events with the keyword Io up to errors. */
    assert_int_equal(ntio_etw_enable("2d9b4f50-7a3c-4f0e-9c51-7c11e0f0a002", true, 2, 1), STATUS_SUCCESS);
    assert_int_equal(ntio_etw_enable(GUID_TEXT, true, 2, 1), STATUS_SUCCESS);
    trace(FALSE);
    assert_logged(LIFE "plain\n" LIFE "Green Blue 0x4d TracingStopped 0x11\n" LIFE
                       "Yes Maybe Read|Execute  DE AD 00\n" LIFE "127.0.0.1 PASSIVE_LEVEL 00ab 0x77\n" LIFE
                       "other source, line 15\n"
                       "etw: Tracing-Test: EventRead (Signed=-5, Hex=0xABCDEF, Yes=true, Id=" GUID_TEXT
                       ", Size=2, Bytes=DE AD)\n");
    assert_int_equal(ntio_etw_enable("no guid", true, 2, 1), STATUS_INVALID_PARAMETER);
    /* A driver that comes later finds it so. */
    assert_int_equal(ntio_unload_driver("tracing"), STATUS_SUCCESS);
    assert_int_equal(ntio_load_driver("tracing"), STATUS_SUCCESS);
    assert_int_equal(ntio_etw_enable("{2d9b4f50-7a3c-4f0e-9c51-7c11e0f0a002}", false, 0, 0), STATUS_SUCCESS);
    trace(FALSE);
    assert_logged("etw: Tracing-Test: EventRead (Signed=-5, Hex=0xABCDEF, Yes=true, Id=" GUID_TEXT
                  ", Size=2, Bytes=DE AD)\n");
}

static void the_error_log_can_be_read(void **state)
{
    (void)state;
    ntio_error_entry entry;
    assert_false(ntio_error_log(0, &entry));
    trace(TRUE);
    assert_logged(
        "error log: \\Driver\\tracing \\Device\\Tracing: code 0xC0070005, unique value 0x2A, final status "
        "0xC0000185, \"two\", \"three\"\n"
        "error log: \\Driver\\tracing: code 0xC0070006, unique value 0x0, final status 0x00000000\n");
    assert_true(ntio_error_log(0, &entry));
    assert_string_equal(entry.source, "\\Driver\\tracing");
    assert_string_equal(entry.device, "\\Device\\Tracing");
    assert_int_equal(entry.major_function, 14);
    assert_int_equal(entry.error_code, (int)0xC0070005);
    assert_int_equal(entry.unique_value, 42);
    assert_int_equal(entry.final_status, (int)0xC0000185);
    assert_int_equal(entry.dump_size, 4);
    assert_memory_equal(entry.dump, "\x44\x33\x22\x11", 4);
    assert_int_equal(entry.string_count, 2);
    assert_memory_equal(entry.strings, "two\0three", sizeof "two\0three");
    assert_true(ntio_error_log(1, &entry));
    assert_string_equal(entry.device, "");
    assert_int_equal(entry.string_count, 0);
    assert_false(ntio_error_log(2, &entry));
}

/* --- a client's own --- */

static ULONG told, told_level;

static VOID NTAPI tell(LPCGUID source, ULONG is_enabled, UCHAR level, ULONGLONG any, ULONGLONG all,
                       PEVENT_FILTER_DESCRIPTOR filter, PVOID context)
{
    (void)source, (void)any, (void)all, (void)filter;
    assert_ptr_equal(context, &told);
    told = is_enabled;
    told_level = level;
}

static void a_client_has_events(void **state)
{
    (void)state;
    static const GUID provider = {0x11111111, 0x2222, 0x3333, {1, 2, 3, 4, 5, 6, 7, 8}};
    REGHANDLE handle = 0;
    ULONG number = 0x04030201;
    EVENT_DATA_DESCRIPTOR data;
    EVENT_DESCRIPTOR event = {.Id = 9, .Level = 3, .Keyword = 4};
    told = 77;
    assert_int_equal(EventRegister(NULL, NULL, NULL, &handle), ERROR_INVALID_PARAMETER);
    assert_int_equal(EventRegister(&provider, tell, &told, &handle), ERROR_SUCCESS);
    assert_int_equal(told, EVENT_CONTROL_CODE_ENABLE_PROVIDER);
    EventDataDescCreate(&data, &number, sizeof number);
    assert_true(EventEnabled(handle, &event));
    assert_int_equal(EventWrite(handle, &event, 1, &data), ERROR_SUCCESS);
    assert_logged("etw: {11111111-2222-3333-0102-030405060708}: event 9, level 3, opcode 0, task 0, keyword "
                  "0x4: 01 02 03 04\n");
    assert_int_equal(EventWriteString(handle, 3, 0, L"in words"), ERROR_SUCCESS);
    assert_logged("etw: {11111111-2222-3333-0102-030405060708}: in words\n");
    assert_int_equal(ntio_etw_enable("11111111-2222-3333-0102-030405060708", true, 2, 0), STATUS_SUCCESS);
    assert_int_equal(told_level, 2);
    assert_false(EventEnabled(handle, &event));
    assert_true(EventProviderEnabled(handle, 2, 0));
    assert_int_equal(EventWrite(handle, &event, 1, &data), ERROR_SUCCESS);
    assert_logged("");
    assert_int_equal(EventWrite(handle, &event, 129, &data), ERROR_INVALID_PARAMETER);
    assert_int_equal(EventUnregister(handle), ERROR_SUCCESS);
    assert_int_equal(EventUnregister(handle), ERROR_INVALID_HANDLE);
    assert_int_equal(EventWrite(handle, &event, 1, &data), ERROR_INVALID_HANDLE);
}

static void a_client_has_activities(void **state)
{
    (void)state;
    GUID first = {0}, second, third, zero = {0};
    assert_int_equal(EventActivityIdControl(EVENT_ACTIVITY_CTRL_GET_ID, &first), ERROR_SUCCESS);
    assert_true(IsEqualGUID(&first, &zero));
    assert_int_equal(EventActivityIdControl(EVENT_ACTIVITY_CTRL_CREATE_ID, &first), ERROR_SUCCESS);
    assert_int_equal(EventActivityIdControl(EVENT_ACTIVITY_CTRL_SET_ID, &first), ERROR_SUCCESS);
    assert_int_equal(EventActivityIdControl(EVENT_ACTIVITY_CTRL_CREATE_SET_ID, &second), ERROR_SUCCESS);
    assert_true(IsEqualGUID(&first, &second));
    assert_int_equal(EventActivityIdControl(EVENT_ACTIVITY_CTRL_GET_ID, &third), ERROR_SUCCESS);
    assert_false(IsEqualGUID(&first, &third));
    second = zero;
    assert_int_equal(EventActivityIdControl(EVENT_ACTIVITY_CTRL_GET_SET_ID, &second), ERROR_SUCCESS);
    assert_true(IsEqualGUID(&third, &second));
    assert_int_equal(EventActivityIdControl(6, &second), ERROR_INVALID_PARAMETER);
}

static void a_client_traces(void **state)
{
    (void)state;
    WPP_INIT_TRACING(L"client");
    DoTraceMessage(TRACE_LIFE, "client %!STATUS!", 0);
    WPP_CLEANUP();
    assert_logged(LIFE "client 0x00000000(STATUS_SUCCESS)\n");
    DoTraceMessage(TRACE_LIFE, "too late");
    assert_logged("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_is_heard, start, stop),
        cmocka_unit_test_setup_teardown(what_is_not_enabled_is_not_heard, start, stop),
        cmocka_unit_test_setup_teardown(the_error_log_can_be_read, start, stop),
        cmocka_unit_test_setup_teardown(a_client_has_events, start, stop),
        cmocka_unit_test_setup_teardown(a_client_has_activities, start, stop),
        cmocka_unit_test_setup_teardown(a_client_traces, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
