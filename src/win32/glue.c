/*
 * The kernel's side of win32/: its structures are seen here and nowhere else in this folder.
 */
#include "../io/io.h"
#include "../ps/ps.h"
#include "../rtl/rtl.h"

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

void **win32_thread_word(void)
{
    return &PspCurrentThread()->Win32;
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
