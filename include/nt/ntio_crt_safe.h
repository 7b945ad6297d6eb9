/*
 * What Microsoft's C run-time library has for C++ only: the functions with a size take an array without one, and swprintf
 * comes in its old form, too. Included by ntio_crt.h.
 */
#ifndef NTIO_CRT_SAFE_H
#define NTIO_CRT_SAFE_H

extern "C++" {

#define NTIO_SAFE_COPY_(name, type)                                                                          \
    template <size_t size> inline errno_t name(type (&to)[size], const type *from)                           \
    {                                                                                                        \
        return name(to, size, from);                                                                         \
    }
#define NTIO_SAFE_COUNT_(name, type)                                                                         \
    template <size_t size> inline errno_t name(type (&to)[size], const type *from, size_t count)             \
    {                                                                                                        \
        return name(to, size, from, count);                                                                  \
    }
#define NTIO_SAFE_PRINT_(name, type)                                                                         \
    template <size_t size, typename... Rest> inline int name(type (&to)[size], const type *format, Rest... rest) \
    {                                                                                                        \
        return name(to, size, format, rest...);                                                              \
    }
#define NTIO_SAFE_VPRINT_(name, type)                                                                        \
    template <size_t size> inline int name(type (&to)[size], const type *format, va_list rest)               \
    {                                                                                                        \
        return name(to, size, format, rest);                                                                 \
    }
#define NTIO_SAFE_PRINT_COUNT_(name, type)                                                                   \
    template <size_t size, typename... Rest>                                                                 \
    inline int name(type (&to)[size], size_t count, const type *format, Rest... rest)                        \
    {                                                                                                        \
        return name(to, size, count, format, rest...);                                                       \
    }
#define NTIO_SAFE_NUMBER_(name, number, type)                                                                \
    template <size_t size> inline errno_t name(number value, type (&to)[size], int base)                     \
    {                                                                                                        \
        return name(value, to, size, base);                                                                  \
    }
#define NTIO_SAFE_CASE_(name, type)                                                                          \
    template <size_t size> inline errno_t name(type (&to)[size])                                             \
    {                                                                                                        \
        return name(to, size);                                                                               \
    }

NTIO_SAFE_COPY_(ntio_strcpy_s, char)
NTIO_SAFE_COPY_(ntio_strcat_s, char)
NTIO_SAFE_COPY_(ntio_wcscpy_s, wchar_t)
NTIO_SAFE_COPY_(ntio_wcscat_s, wchar_t)
NTIO_SAFE_COUNT_(ntio_strncpy_s, char)
NTIO_SAFE_COUNT_(ntio_strncat_s, char)
NTIO_SAFE_COUNT_(ntio_wcsncpy_s, wchar_t)
NTIO_SAFE_COUNT_(ntio_wcsncat_s, wchar_t)
NTIO_SAFE_PRINT_(ntio_sprintf_s, char)
NTIO_SAFE_PRINT_(ntio_swprintf_s, wchar_t)
NTIO_SAFE_VPRINT_(ntio_vsprintf_s, char)
NTIO_SAFE_VPRINT_(ntio_vswprintf_s, wchar_t)
NTIO_SAFE_PRINT_COUNT_(ntio_snprintf_s, char)
NTIO_SAFE_PRINT_COUNT_(ntio_snwprintf_s, wchar_t)
NTIO_SAFE_NUMBER_(ntio_itoa_s, int, char)
NTIO_SAFE_NUMBER_(ntio_ultoa_s, unsigned, char)
NTIO_SAFE_NUMBER_(ntio_i64toa_s, long long, char)
NTIO_SAFE_NUMBER_(ntio_ui64toa_s, unsigned long long, char)
NTIO_SAFE_NUMBER_(ntio_itow_s, int, wchar_t)
NTIO_SAFE_NUMBER_(ntio_ultow_s, unsigned, wchar_t)
NTIO_SAFE_NUMBER_(ntio_i64tow_s, long long, wchar_t)
NTIO_SAFE_NUMBER_(ntio_ui64tow_s, unsigned long long, wchar_t)
NTIO_SAFE_CASE_(ntio_strupr_s, char)
NTIO_SAFE_CASE_(ntio_strlwr_s, char)
NTIO_SAFE_CASE_(ntio_wcsupr_s, wchar_t)
NTIO_SAFE_CASE_(ntio_wcslwr_s, wchar_t)

template <typename... Rest> inline int ntio_swprintf(wchar_t *to, const wchar_t *format, Rest... rest)
{
    return ntio_swprintf_old(to, format, rest...);
}
inline int ntio_vswprintf(wchar_t *to, const wchar_t *format, va_list rest)
{
    return ntio_vswprintf_old(to, format, rest);
}

}

#endif
