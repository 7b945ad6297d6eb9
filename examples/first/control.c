/*
 * Control codes, one for each of the four methods. A control code has two buffers, called input and output; the
 * method says where the driver finds each.
 *
 *                      input buffer                       output buffer
 *   METHOD_BUFFERED    AssociatedIrp.SystemBuffer         the same buffer: it is as large as the larger of the two
 *   METHOD_IN_DIRECT   AssociatedIrp.SystemBuffer         MdlAddress, a second *input*: the pages are locked for reading
 *   METHOD_OUT_DIRECT  AssociatedIrp.SystemBuffer         MdlAddress, locked for writing
 *   METHOD_NEITHER     Type3InputBuffer (caller's own)    UserBuffer (caller's own)
 */
#include "first.h"

/* METHOD_BUFFERED: returns the input's bytes in reverse order. */
static NTSTATUS FirstReverse(PIRP Irp, ULONG InputLength, ULONG OutputLength, PULONG_PTR Information)
{
    PUCHAR bytes = Irp->AssociatedIrp.SystemBuffer;
    ULONG i;

    if (OutputLength < InputLength)
        return STATUS_BUFFER_TOO_SMALL;
    for (i = 0; i < InputLength / 2; i++) {
        UCHAR byte = bytes[i];
        bytes[i] = bytes[InputLength - 1 - i];
        bytes[InputLength - 1 - i] = byte;
    }
    /* So many bytes of the system buffer are copied back to the caller; on an error none are. */
    *Information = InputLength;
    return STATUS_SUCCESS;
}

/*
 * METHOD_IN_DIRECT: the sum of the bytes in the large buffer must be what the small one says. Both come from the caller; the
 * large one, which Win32 calls the output buffer, is not copied.
 */
static NTSTATUS FirstChecksum(PIRP Irp, ULONG InputLength, ULONG OutputLength)
{
    ULONG expected, sum = 0, i;
    PUCHAR bytes = NULL;

    if (InputLength != sizeof(ULONG))
        return STATUS_INVALID_PARAMETER;
    expected = *(PULONG)Irp->AssociatedIrp.SystemBuffer;
    if (OutputLength != 0) {
        bytes = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
        if (bytes == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (i = 0; i < OutputLength; i++)
        sum += bytes[i];
    return sum == expected ? STATUS_SUCCESS : STATUS_CRC_ERROR;
}

/* METHOD_OUT_DIRECT: fills the caller's own pages with the byte in the input buffer. */
static NTSTATUS FirstFill(PIRP Irp, ULONG InputLength, ULONG OutputLength, PULONG_PTR Information)
{
    PVOID bytes;

    if (InputLength != sizeof(UCHAR))
        return STATUS_INVALID_PARAMETER;
    if (OutputLength == 0)
        return STATUS_BUFFER_TOO_SMALL;
    bytes = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
    if (bytes == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlFillMemory(bytes, OutputLength, *(PUCHAR)Irp->AssociatedIrp.SystemBuffer);
    *Information = OutputLength;
    return STATUS_SUCCESS;
}

/* METHOD_NEITHER: upper-cases ASCII from one raw address to the other. Nothing has been checked for us. */
static NTSTATUS FirstUppercase(PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    ULONG inputLength = Stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG outputLength = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    PUCHAR input = Stack->Parameters.DeviceIoControl.Type3InputBuffer;
    PUCHAR output = Irp->UserBuffer;
    ULONG i;

    if (outputLength < inputLength)
        return STATUS_BUFFER_TOO_SMALL;
    __try {
        ProbeForRead(input, inputLength, 1);
        ProbeForWrite(output, inputLength, 1);
        for (i = 0; i < inputLength; i++) {
            /* Read each byte once: the caller can change it between two reads. */
            UCHAR byte = ((volatile UCHAR *)input)[i];
            output[i] = byte >= 'a' && byte <= 'z' ? (UCHAR)(byte - 'a' + 'A') : byte;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    /* The bytes are in the caller's buffer already; Information only tells how many there are. */
    *Information = inputLength;
    return STATUS_SUCCESS;
}

NTSTATUS FirstDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG inputLength = stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG outputLength = stack->Parameters.DeviceIoControl.OutputBufferLength;
    ULONG_PTR information = 0;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(DeviceObject);
    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_FIRST_REVERSE:
        status = FirstReverse(Irp, inputLength, outputLength, &information);
        break;
    case IOCTL_FIRST_CHECKSUM:
        status = FirstChecksum(Irp, inputLength, outputLength);
        break;
    case IOCTL_FIRST_FILL:
        status = FirstFill(Irp, inputLength, outputLength, &information);
        break;
    case IOCTL_FIRST_UPPERCASE:
        status = FirstUppercase(Irp, stack, &information);
        break;
    default:
        status = STATUS_INVALID_DEVICE_REQUEST;
        break;
    }
    return FirstComplete(Irp, status, information);
}
