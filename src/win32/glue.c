/*
 * The kernel's side of win32/: its structures are seen here and nowhere else in this folder.
 */
#include "../cm/cm.h"
#include "../io/io.h"
#include "../mm/mm.h"
#include "../ps/ps.h"
#include "../rtl/rtl.h"
#include "../se/se.h"

#include "glue.h"

uint32_t win32_last_error(void)
{
    return PspCurrentThread()->LastError;
}

void win32_set_last_error(uint32_t error)
{
    PspCurrentThread()->LastError = error;
}

uint32_t win32_process_id(void)
{
    return (uint32_t)(uintptr_t)PspCurrentThread()->Cid.UniqueProcess;
}

uint32_t win32_thread_id(void)
{
    return (uint32_t)(uintptr_t)PspCurrentThread()->Cid.UniqueThread;
}

uint32_t win32_processor(void)
{
    PETHREAD thread = PspCurrentThread();
    return thread->Tcb.UserAffinity || thread->Process->Affinity
               ? thread->Tcb.Processor
               : host_current_processor() % ntio_machine.processors;
}

uint64_t win32_all_processors(void)
{
    return KiAllProcessors();
}

void **win32_fls_values(void)
{
    return &PspCurrentThread()->FlsValues;
}

void win32_set_rundown(void (*routine)(void))
{
    ps_set_client_rundown(routine);
}

void **win32_tls_slots(void)
{
    return PspCurrentThread()->TlsSlots;
}

void win32_raise(const void *record)
{
    KiRaiseException(record);
}

void win32_set_filters(win32_filter *first, win32_filter *last)
{
    KiSetClientFilters(first, last);
}

static void clear_slot(PETHREAD thread, void *slot)
{
    thread->TlsSlots[*(unsigned *)slot] = NULL;
}

void win32_tls_clear(unsigned slot)
{
    ps_for_each_thread(clear_slot, &slot);
}

static UNICODE_STRING counted(const uint16_t *text, unsigned length)
{
    return (UNICODE_STRING){(USHORT)(length * sizeof *text), (USHORT)(length * sizeof *text), (PWCH)text};
}

int32_t win32_load_driver(const uint16_t *service, unsigned length)
{
    UNICODE_STRING name = counted(service, length);
    return IopLoadDriver(&name);
}

int32_t win32_unload_driver(const uint16_t *service, unsigned length)
{
    UNICODE_STRING name = counted(service, length);
    return IopUnloadDriver(&name);
}

bool win32_driver_loaded(const uint16_t *service, unsigned length)
{
    UNICODE_STRING name = counted(service, length);
    return IopIsDriverLoaded(&name);
}

int32_t win32_start_process(const uint16_t *image, unsigned image_length, const uint16_t *command,
                            unsigned command_length, uint32_t (*start)(void *), void *context, bool suspended,
                            struct win32_started *started)
{
    UNICODE_STRING name = counted(image, image_length), line = counted(command, command_length);
    PKTHREAD thread = KiCurrentThread();
    BOOLEAN was = KiEnterService(thread);
    CLIENT_ID cid;
    NTSTATUS status =
        PspStartProgram(&name, &line, (ULONG(*)(PVOID))start, context, suspended ? PS_THREAD_SUSPENDED : 0,
                        &started->process, &started->thread, &cid);
    KiLeaveService(thread, was);
    if (NT_SUCCESS(status)) {
        started->process_id = HandleToULong(cid.UniqueProcess);
        started->thread_id = HandleToULong(cid.UniqueThread);
    }
    return status;
}

void win32_debug_text(const char *text, unsigned length)
{
    machine_log(text, length);
}

uint16_t win32_upper(uint16_t c)
{
    return rtl_upcase(c);
}

uint16_t win32_lower(uint16_t c)
{
    return rtl_downcase(c);
}

int win32_print(char *to, size_t size, const char *format, va_list list)
{
    return rtl_print(to, size, format, list);
}

int win32_print_wide(uint16_t *to, size_t size, const uint16_t *format, va_list list)
{
    return rtl_print_wide((WCHAR *)to, size, (const WCHAR *)format, list);
}

const uint16_t *win32_user_key(void)
{
    return (const uint16_t *)L"\\REGISTRY\\USER\\" CM_CLIENT_SID;
}

int32_t win32_notify_key(void *key, void *event, uint32_t filter, bool tree)
{
    return CmNotifyClient(key, event, filter, tree);
}

/* CM_SERVICES and the service's name, which is no longer than a service's may be. */
static UNICODE_STRING service_key(const uint16_t *service, unsigned length, WCHAR room[512])
{
    static const WCHAR services[] = CM_SERVICES;
    USHORT front = sizeof services - sizeof(WCHAR), size = (USHORT)(length * sizeof(WCHAR));
    memcpy(room, services, front);
    memcpy((PUCHAR)room + front, service, size);
    return (UNICODE_STRING){front + size, front + size, room};
}

void win32_set_service_value(const uint16_t *service, unsigned length, const uint16_t *name, uint32_t type,
                             const void *data, uint32_t size)
{
    WCHAR room[512];
    UNICODE_STRING key = service_key(service, length, room), value;
    RtlInitUnicodeString(&value, (PCWSTR)name);
    if (data)
        CmSetValueByPath(&key, &value, type, data, size);
    else
        CmDeleteValueByPath(&key, &value);
}

void win32_delete_service_key(const uint16_t *service, unsigned length)
{
    WCHAR room[512];
    UNICODE_STRING key = service_key(service, length, room);
    CmDeleteTreeByPath(&key);
}

int32_t win32_sid_text(const void *sid, uint16_t *to, size_t room)
{
    UNICODE_STRING text = {0, (USHORT)(room * sizeof(WCHAR)), (PWSTR)to};
    NTSTATUS status = RtlConvertSidToUnicodeString(&text, (PSID)sid, FALSE);
    if (NT_SUCCESS(status))
        to[text.Length / sizeof(WCHAR)] = 0;
    return status;
}

int32_t win32_descriptor_from_text(const uint16_t *text, size_t length, void **descriptor, uint32_t *size)
{
    PSECURITY_DESCRIPTOR made;
    if (length > 0x7FFE)
        return STATUS_INVALID_PARAMETER;
    UNICODE_STRING string = {(USHORT)(length * sizeof(WCHAR)), (USHORT)(length * sizeof(WCHAR)), (PWSTR)text};
    NTSTATUS status = SeDescriptorFromText(&string, &made);
    if (!NT_SUCCESS(status))
        return status;
    *descriptor = made;
    *size = RtlLengthSecurityDescriptor(made);
    return status;
}

void win32_free_descriptor(void *descriptor)
{
    MmFreeSystemPool(descriptor);
}
