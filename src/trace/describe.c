/*
 * The things of the I/O manager in words.
 */
#include "describe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../mm/mm.h"
#include "../ob/ob.h"
#include "status_names.h"

static const char *const majors[IRP_MJ_MAXIMUM_FUNCTION + 1] = {
    "IRP_MJ_CREATE",
    "IRP_MJ_CREATE_NAMED_PIPE",
    "IRP_MJ_CLOSE",
    "IRP_MJ_READ",
    "IRP_MJ_WRITE",
    "IRP_MJ_QUERY_INFORMATION",
    "IRP_MJ_SET_INFORMATION",
    "IRP_MJ_QUERY_EA",
    "IRP_MJ_SET_EA",
    "IRP_MJ_FLUSH_BUFFERS",
    "IRP_MJ_QUERY_VOLUME_INFORMATION",
    "IRP_MJ_SET_VOLUME_INFORMATION",
    "IRP_MJ_DIRECTORY_CONTROL",
    "IRP_MJ_FILE_SYSTEM_CONTROL",
    "IRP_MJ_DEVICE_CONTROL",
    "IRP_MJ_INTERNAL_DEVICE_CONTROL",
    "IRP_MJ_SHUTDOWN",
    "IRP_MJ_LOCK_CONTROL",
    "IRP_MJ_CLEANUP",
    "IRP_MJ_CREATE_MAILSLOT",
    "IRP_MJ_QUERY_SECURITY",
    "IRP_MJ_SET_SECURITY",
    "IRP_MJ_POWER",
    "IRP_MJ_SYSTEM_CONTROL",
    "IRP_MJ_DEVICE_CHANGE",
    "IRP_MJ_QUERY_QUOTA",
    "IRP_MJ_SET_QUOTA",
    "IRP_MJ_PNP",
};

/* UTF-16 as text; what is not ASCII becomes '?'. */
static size_t narrow(PCUNICODE_STRING name, char *text, size_t size)
{
    size_t length = 0;
    for (USHORT i = 0; name->Buffer && i < name->Length / sizeof(WCHAR) && length + 1 < size; i++)
        text[length++] = name->Buffer[i] >= 0x20 && name->Buffer[i] < 0x7F ? (char)name->Buffer[i] : '?';
    if (size)
        text[length] = 0;
    return length;
}

const char *describe_major(UCHAR major)
{
    return major <= IRP_MJ_MAXIMUM_FUNCTION ? majors[major] : "IRP_MJ_?";
}

const char *describe_status(NTSTATUS status, char *text, size_t size)
{
    size_t low = 0, high = status_name_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (status_names[middle].status < (uint32_t)status)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < status_name_count && status_names[low].status == (uint32_t)status)
        snprintf(text, size, "%s", status_names[low].name);
    else
        snprintf(text, size, "0x%08X", (unsigned)status);
    return text;
}

const char *describe_driver(PDRIVER_OBJECT driver, char *text, size_t size)
{
    if (!driver || !MmIsKernelAddress(driver) || !narrow(&driver->DriverName, text, size))
        snprintf(text, size, "(no driver)");
    return text;
}

const char *describe_device(PDEVICE_OBJECT device, char *text, size_t size)
{
    char driver[96], name[96] = "";
    if (!device || !MmIsKernelAddress(device)) {
        snprintf(text, size, "(no device)");
        return text;
    }
    PCUNICODE_STRING own = ObGetObjectName(device);
    if (own)
        narrow(own, name, sizeof name);
    describe_driver(device->DriverObject, driver, sizeof driver);
    if (name[0])
        snprintf(text, size, "\\Device\\%s (%s)", name, driver);
    else
        snprintf(text, size, "unnamed device (%s)", driver);
    return text;
}

static int add(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int add(char *text, size_t size, const char *format, ...)
{
    size_t length = strlen(text);
    va_list list;
    va_start(list, format);
    int more = vsnprintf(text + length, size - length, format, list);
    va_end(list);
    return more;
}

static void describe_create(PIO_STACK_LOCATION stack, char *text, size_t size)
{
    static const char *const dispositions[] = {"FILE_SUPERSEDE", "FILE_OPEN",      "FILE_CREATE",
                                               "FILE_OPEN_IF",   "FILE_OVERWRITE", "FILE_OVERWRITE_IF"};
    ULONG disposition = stack->Parameters.Create.Options >> 24;
    char name[96] = "";
    if (stack->FileObject)
        narrow(&stack->FileObject->FileName, name, sizeof name);
    add(text, size, " name \"%s\"", name);
    if (stack->Parameters.Create.SecurityContext)
        add(text, size, ", access 0x%x", (unsigned)stack->Parameters.Create.SecurityContext->DesiredAccess);
    add(text, size, ", share 0x%x, %s", stack->Parameters.Create.ShareAccess,
        disposition < 6 ? dispositions[disposition] : "?");
}

static void describe_control(PIO_STACK_LOCATION stack, char *text, size_t size)
{
    static const char *const methods[] = {"METHOD_BUFFERED", "METHOD_IN_DIRECT", "METHOD_OUT_DIRECT",
                                          "METHOD_NEITHER"};
    ULONG code = stack->Parameters.DeviceIoControl.IoControlCode;
    add(text, size, " 0x%X (device type 0x%X, function 0x%X, %s, access %u), in %u, out %u", (unsigned)code,
        (unsigned)(code >> 16), (unsigned)(code >> 2 & 0xFFF), methods[code & 3], (unsigned)(code >> 14 & 3),
        (unsigned)stack->Parameters.DeviceIoControl.InputBufferLength,
        (unsigned)stack->Parameters.DeviceIoControl.OutputBufferLength);
}

const char *describe_request(PIRP irp, PIO_STACK_LOCATION stack, char *text, size_t size)
{
    snprintf(text, size, "%s", describe_major(stack->MajorFunction));
    switch (stack->MajorFunction) {
    case IRP_MJ_CREATE:
        describe_create(stack, text, size);
        break;
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
        /* Read and Write have the same layout. */
        add(text, size, " length %u, offset %lld, %s", (unsigned)stack->Parameters.Read.Length,
            (long long)stack->Parameters.Read.ByteOffset.QuadPart,
            irp->AssociatedIrp.SystemBuffer ? "buffered"
            : irp->MdlAddress               ? "direct"
            : irp->UserBuffer               ? "neither"
                                            : "no buffer");
        break;
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
        describe_control(stack, text, size);
        break;
    case IRP_MJ_QUERY_INFORMATION:
    case IRP_MJ_SET_INFORMATION:
        add(text, size, " class %d, length %u", (int)stack->Parameters.QueryFile.FileInformationClass,
            (unsigned)stack->Parameters.QueryFile.Length);
        break;
    case IRP_MJ_PNP:
    case IRP_MJ_POWER:
    case IRP_MJ_SYSTEM_CONTROL:
        add(text, size, " minor 0x%02X", stack->MinorFunction);
        break;
    default:
        break;
    }
    return text;
}
