/*
 * Traces in every way that drivers do: WPP, a manifest's events, TraceLogging, ETW itself, the error log.
 */
#include <ntddk.h>
#include <evntrace.h>
#include <TraceLoggingProvider.h>
#include "trace.h"
#include "tracing.tmh"
#include "TracingEvents.h"
#include "tracelog.h"

TRACELOGGING_DEFINE_PROVIDER(g_Provider, "Tracing-Test-Logging",
                             (0x2d9b4f50, 0x7a3c, 0x4f0e, 0x9c, 0x51, 0x7c, 0x11, 0xe0, 0xf0, 0xa0, 0x04));

DRIVER_UNLOAD TracingUnload;
DRIVER_DISPATCH TracingDispatch;
VOID TracingOther(VOID);

static PDEVICE_OBJECT Device;

static NTSTATUS Fails(NTSTATUS status)
{
    TraceReturn(status);
    return status;
}

static VOID TraceAll(VOID)
{
    UNICODE_STRING wide = RTL_CONSTANT_STRING(L"w\x00ef" L"de");
    ANSI_STRING narrow = RTL_CONSTANT_STRING("narrow");
    UCHAR bytes[3] = {0xDE, 0xAD, 0x00};
    struct tracing_dump dump = {bytes, sizeof bytes};
    BOOLEAN odd = TRUE;

    DoTraceMessage(TRACE_LIFE, "plain");
    DoTraceMessage(TRACE_IO, "%d %I64x %s %S %wZ %Z", -1, 0x123456789ULL, "narrow", L"wide", &wide, &narrow);
    DoTraceMessage(OTHER_FLAG, "%!STATUS! %!STATUS! %!bool! %!GUID!", STATUS_ACCESS_DENIED, 0x12345, odd,
                   &TRACING_PROVIDER);
    TraceLevel(TRACE_LEVEL_VERBOSE, TRACE_IO, "%!LEVEL! %!FLAGS! %!FUNC! %!FILE! 100%%");
    TracePrint((TRACE_LEVEL_ERROR, TRACE_LIFE, "%!colour! %!colour! %!colour! %!state! %!state!", Green, Blue,
                77, TracingStopped, TracingStarted));
    TracePrint((TRACE_LEVEL_ERROR, TRACE_LIFE, "%!answer! %!answer! %!rights! %!rights! %!HEXDUMP!", 1, 7, 5,
                0, dump));
    TraceFunction(TRACE_LIFE, "%d", 5);
    DoTraceMessage(TRACE_LIFE, "%!IPADDR! %!irql! %!04x! %!nobody!", 0x0100007F, KeGetCurrentIrql(), 0xAB,
                   0x77ULL);
    Fails(STATUS_SUCCESS);
    Fails(STATUS_UNSUCCESSFUL);
    TracingOther();

    EventWriteEventStarted(NULL, L"quoted", "plain", 3, L"abcdef");
    EventWriteEventRead(NULL, -5, 0xABCDEF, TRUE, &TRACING_PROVIDER, 2, bytes);
    EventWriteEventNothing(NULL);

    TraceLoggingWrite(g_Provider, "Everything", TraceLoggingLevel(TRACE_LEVEL_WARNING),
                      TraceLoggingKeyword(0x8), TraceLoggingUInt32(7, "seven"), TraceLoggingHexUInt64(0xFF00),
                      TraceLoggingWideString(L"wide", "text"), TraceLoggingUnicodeString(&wide, "counted"),
                      TraceLoggingBoolean(odd, "odd"), TraceLoggingNTStatus(STATUS_DEVICE_BUSY, "status"),
                      TraceLoggingBinary(bytes, 3, "bytes"), TraceLoggingValue("narrow", "value"),
                      TraceLoggingValue(-9));
    TraceLoggingWrite(g_Provider, "Nothing");
}

static VOID LogErrors(VOID)
{
    PIO_ERROR_LOG_PACKET packet =
        IoAllocateErrorLogEntry(Device, (UCHAR)(sizeof *packet + sizeof L"two" + sizeof L"three"));
    packet->MajorFunctionCode = IRP_MJ_DEVICE_CONTROL;
    packet->ErrorCode = TRACING_FAILED;
    packet->UniqueErrorValue = 42;
    packet->FinalStatus = STATUS_IO_DEVICE_ERROR;
    packet->DumpDataSize = sizeof(ULONG);
    packet->DumpData[0] = 0x11223344;
    packet->NumberOfStrings = 2;
    packet->StringOffset = sizeof *packet;
    RtlCopyMemory((PUCHAR)packet + packet->StringOffset, L"two\0three", sizeof L"two\0three");
    IoWriteErrorLogEntry(packet);
    packet = IoAllocateErrorLogEntry(Device->DriverObject, sizeof *packet);
    packet->ErrorCode = TRACING_FAILED_AGAIN;
    IoWriteErrorLogEntry(packet);
    IoFreeErrorLogEntry(IoAllocateErrorLogEntry(Device, ERROR_LOG_MAXIMUM_SIZE));
}

NTSTATUS TracingDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    UNREFERENCED_PARAMETER(DeviceObject);
    if (stack->MajorFunction == IRP_MJ_WRITE)
        TraceAll();
    else if (stack->MajorFunction == IRP_MJ_READ)
        LogErrors();
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

VOID TracingUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\Tracing");
    TraceLoggingUnregister(g_Provider);
    EventUnregisterTracing_Test();
    WPP_CLEANUP(DriverObject);
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

C_ASSERT(TRACING_STARTED == (NTSTATUS)0x40070001);
C_ASSERT(TRACING_FAILED == (NTSTATUS)0xC0070005);
C_ASSERT(TRACING_FAILED_AGAIN == (NTSTATUS)0xC0070006);
C_ASSERT(FACILITY_TRACING_ERROR_CODE == 7 && STATUS_SEVERITY_ERROR == 3);
C_ASSERT(TRACING_KEYWORD_IO == 1 && TRACING_TASK_READING == 7 && EventRead_value == 2);

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Tracing"),
                   link = RTL_CONSTANT_STRING(L"\\DosDevices\\Tracing");
    NTSTATUS status = IoCreateDevice(DriverObject, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (!NT_SUCCESS(status))
        return status;
    IoCreateSymbolicLink(&link, &name);
    DriverObject->DriverUnload = TracingUnload;
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        DriverObject->MajorFunction[i] = TracingDispatch;
    DoTraceMessage(TRACE_LIFE, "not heard yet");
    WPP_INIT_TRACING(DriverObject, RegistryPath);
    EventRegisterTracing_Test();
    TraceLoggingRegister(g_Provider);
    return STATUS_SUCCESS;
}
