/*
 * The error log: entries that drivers allocate, fill in and write. They are kept until the machine stops, for
 * a test to read, and each is a line of the machine's log.
 */
#include "iop.h"

#include <ntio/ntio.h>

#include <stdarg.h>
#include <stdio.h>

#include "../rtl/rtl.h"

struct iop_error {
    struct iop_error *next;
    SIZE_T size;            /* of the packet */
    ntio_error_entry entry; /* names while it is being filled in, all of it when it is written */
    DECLSPEC_ALIGN(16) UCHAR packet[ERROR_LOG_MAXIMUM_SIZE];
};

/* Under IOP->errors_lock. */
static struct iop_error *take(struct iop_error **list, const void *packet)
{
    for (struct iop_error **at = list; *at; at = &(*at)->next) {
        if ((*at)->packet == packet) {
            struct iop_error *found = *at;
            *at = found->next;
            return found;
        }
    }
    return NULL;
}

static void append(struct iop_error **list, struct iop_error *error)
{
    while (*list)
        list = &(*list)->next;
    error->next = NULL;
    *list = error;
}

/* UTF-8, cut off where there is no more room; how many bytes. At any IRQL. */
static size_t print(char *to, size_t size, const char *format, ...)
{
    if (!size)
        return 0;
    va_list arguments;
    va_start(arguments, format);
    int length = rtl_print_utf8(to, size, format, arguments);
    va_end(arguments);
    return length < 0 ? 0 : (size_t)length < size ? (size_t)length : size - 1;
}

/*
 * NULL when the object is neither a driver nor a device, the size is below sizeof(IO_ERROR_LOG_PACKET) or
 * above ERROR_LOG_MAXIMUM_SIZE, or memory is short. The packet is zeroed. IRQL <= DISPATCH_LEVEL. (WDK:
 * IoAllocateErrorLogEntry)
 */
PVOID IoAllocateErrorLogEntry(PVOID IoObject, UCHAR EntrySize)
{
    GATE(IoAllocateErrorLogEntry, IoObject, EntrySize);
    if (!IoObject || EntrySize < sizeof(IO_ERROR_LOG_PACKET) || EntrySize > ERROR_LOG_MAXIMUM_SIZE ||
        GATE_FAILS(IoAllocateErrorLogEntry))
        return NULL;
    PDEVICE_OBJECT device = IoObject;
    PDRIVER_OBJECT driver = IoObject;
    if (device->Type == IO_TYPE_DEVICE)
        driver = device->DriverObject;
    else if (driver->Type == IO_TYPE_DRIVER)
        device = NULL;
    else
        return NULL;
    struct iop_error *error = MmAllocateSystemPool(sizeof *error, IOP_TAG_MISC);
    if (!error)
        return NULL;
    memset(error, 0, sizeof *error);
    error->size = EntrySize;
    print(error->entry.source, sizeof error->entry.source, "%wZ", &driver->DriverName);
    PCUNICODE_STRING name = device ? ObGetObjectName(device) : NULL;
    if (name)
        print(error->entry.device, sizeof error->entry.device, "\\Device\\%wZ", name);
    iop_acquire(&IOP->errors_lock);
    append(&IOP->open_errors, error);
    iop_release(&IOP->errors_lock);
    return error->packet;
}

static void report_stranger(const char *call, const void *entry, const void *caller)
{
    char place[200];
    host_call_site(caller, place, sizeof place);
    machine_violation("%s from %s: %p is no error log entry, or was written or freed before", call, place,
                      entry);
}

/* For an entry that will not be written. (WDK: IoFreeErrorLogEntry) */
VOID IoFreeErrorLogEntry(PVOID ElEntry)
{
    GATE(IoFreeErrorLogEntry, ElEntry);
    iop_acquire(&IOP->errors_lock);
    struct iop_error *error = take(&IOP->open_errors, ElEntry);
    iop_release(&IOP->errors_lock);
    if (error)
        MmFreeSystemPool(error);
    else
        report_stranger("IoFreeErrorLogEntry", ElEntry, __builtin_return_address(0));
}

static void fill_in(struct iop_error *error)
{
    ntio_error_entry *entry = &error->entry;
    IO_ERROR_LOG_PACKET *packet = (IO_ERROR_LOG_PACKET *)error->packet;
    SIZE_T dump_at = FIELD_OFFSET(IO_ERROR_LOG_PACKET, DumpData), used = 0;
    entry->major_function = packet->MajorFunctionCode;
    entry->retry_count = packet->RetryCount;
    entry->event_category = packet->EventCategory;
    entry->error_code = packet->ErrorCode;
    entry->unique_value = packet->UniqueErrorValue;
    entry->final_status = packet->FinalStatus;
    entry->sequence_number = packet->SequenceNumber;
    entry->io_control_code = packet->IoControlCode;
    entry->device_offset = (uint64_t)packet->DeviceOffset.QuadPart;
    if (packet->DumpDataSize <= error->size - dump_at)
        entry->dump_size = packet->DumpDataSize;
    memcpy(entry->dump, packet->DumpData, entry->dump_size);
    SIZE_T at = packet->StringOffset;
    for (USHORT i = 0; i < packet->NumberOfStrings && at + sizeof(WCHAR) <= error->size; i++) {
        const WCHAR *text = (const WCHAR *)(error->packet + (at & ~(SIZE_T)1));
        SIZE_T units = 0, most = (error->size - at) / sizeof(WCHAR);
        while (units < most && text[units])
            units++;
        used += print(entry->strings + used, sizeof entry->strings - used, "%.*ws", (int)units, text) + 1;
        if (used >= sizeof entry->strings)
            return;
        at += (units + 1) * sizeof(WCHAR);
        entry->string_count++;
    }
}

static void tell(const ntio_error_entry *entry)
{
    char line[1024];
    int length =
        snprintf(line, sizeof line, "error log: %s%s%s: code 0x%08X, unique value 0x%X, final status 0x%08X",
                 entry->source, *entry->device ? " " : "", entry->device, (unsigned)entry->error_code,
                 entry->unique_value, (unsigned)entry->final_status);
    const char *text = entry->strings;
    for (unsigned i = 0; i < entry->string_count && length > 0 && (size_t)length < sizeof line - 1; i++) {
        length += snprintf(line + length, sizeof line - (size_t)length, ", \"%s\"", text);
        text += strlen(text) + 1;
    }
    if ((size_t)length > sizeof line - 2)
        length = sizeof line - 2;
    line[length++] = '\n';
    machine_log(line, (size_t)length);
}

/* The entry is the system's from then on. IRQL <= DISPATCH_LEVEL. (WDK: IoWriteErrorLogEntry) */
VOID IoWriteErrorLogEntry(PVOID ElEntry)
{
    GATE(IoWriteErrorLogEntry, ElEntry);
    iop_acquire(&IOP->errors_lock);
    struct iop_error *error = take(&IOP->open_errors, ElEntry);
    iop_release(&IOP->errors_lock);
    if (!error) {
        report_stranger("IoWriteErrorLogEntry", ElEntry, __builtin_return_address(0));
        return;
    }
    fill_in(error);
    tell(&error->entry);
    iop_acquire(&IOP->errors_lock);
    append(&IOP->errors, error);
    iop_release(&IOP->errors_lock);
}

NTIO_API bool ntio_error_log(size_t index, ntio_error_entry *entry)
{
    if (!ntio_machine.io)
        return false;
    iop_acquire(&IOP->errors_lock);
    const struct iop_error *error = IOP->errors;
    while (error && index--)
        error = error->next;
    if (error)
        *entry = error->entry;
    iop_release(&IOP->errors_lock);
    return error != NULL;
}

static void drop(struct iop_error *list)
{
    for (struct iop_error *next; list; list = next) {
        next = list->next;
        MmFreeSystemPool(list);
    }
}

void IopFreeErrorLog(void)
{
    for (struct iop_error *at = IOP->open_errors; at && !(gate_watched() & WATCH_CRASHED); at = at->next)
        machine_violation(
            "%s left an error log entry: IoWriteErrorLogEntry or IoFreeErrorLogEntry is missing",
            at->entry.source);
    drop(IOP->open_errors);
    drop(IOP->errors);
    IOP->open_errors = IOP->errors = NULL;
}
