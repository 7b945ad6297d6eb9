/*
 * What <ntstrsafe.h> (NTSTATUS) and <strsafe.h> (HRESULT) have in common: the engine in the library, and NTIO_SAFE_DEFINE, which
 * defines the functions of either. Cb functions count bytes, Cch functions characters; buffers always end terminated.
 */
#ifndef NTIO_STRSAFE_H
#define NTIO_STRSAFE_H

#include <stdarg.h>
#include <stddef.h>

#ifndef NTIO_CRT_
#define NTIO_CRT_ __attribute__((visibility("default")))
#endif

/* Results of the engine. */
#define NTIO_SAFE_OK        0
#define NTIO_SAFE_TRUNCATED 1
#define NTIO_SAFE_INVALID   2

/* Flags; those below 0x2000 are the STRSAFE_ ones. */
#define NTIO_SAFE_IGNORE_NULLS    0x0100u
#define NTIO_SAFE_FILL_BEHIND     0x0200u
#define NTIO_SAFE_FILL_ON_FAILURE 0x0400u
#define NTIO_SAFE_NULL_ON_FAILURE 0x0800u
#define NTIO_SAFE_NO_TRUNCATION   0x1000u
#define NTIO_SAFE_APPEND          0x10000u
#define NTIO_SAFE_COUNTED         0x20000u /* the source does not end at a zero */
#define NTIO_SAFE_ALL             0x31FFFu

#define NTIO_SAFE_MAX         0x7FFFFFFFu /* STRSAFE_MAX_CCH */
#define NTIO_SAFE_COUNTED_MAX 0x7FFFu     /* of a UNICODE_STRING */
#define NTIO_SAFE_WHOLE       ((size_t)-1)

#ifdef __cplusplus
extern "C" {
#endif

/* size in characters, and how many bytes of the buffer are more than that (odd); end and remaining may be NULL. */
NTIO_CRT_ int ntio_safe_copy_a(char *to, size_t size, size_t odd, const char *from, size_t most, char **end,
                               size_t *remaining, unsigned flags);
NTIO_CRT_ int ntio_safe_copy_w(wchar_t *to, size_t size, size_t odd, const wchar_t *from, size_t most, wchar_t **end,
                               size_t *remaining, unsigned flags);
NTIO_CRT_ int ntio_safe_print_a(char *to, size_t size, size_t odd, char **end, size_t *remaining, unsigned flags,
                                const char *format, va_list);
NTIO_CRT_ int ntio_safe_print_w(wchar_t *to, size_t size, size_t odd, wchar_t **end, size_t *remaining, unsigned flags,
                                const wchar_t *format, va_list);
NTIO_CRT_ int ntio_safe_length_a(const char *, size_t most, size_t *length);
NTIO_CRT_ int ntio_safe_length_w(const wchar_t *, size_t most, size_t *length);
/* to and rest are UNICODE_STRINGs. */
NTIO_CRT_ int ntio_safe_counted_copy(void *to, const wchar_t *from, size_t most, unsigned flags, void *rest);
NTIO_CRT_ int ntio_safe_counted_print(void *to, unsigned flags, void *rest, const wchar_t *format, va_list);

#ifdef __cplusplus
}
#endif

/* Strings that need not end at a zero. */
typedef const char *STRSAFE_PCNZCH;
typedef const wchar_t *STRSAFE_PCNZWCH;

#define NTIO_SAFE_INLINE_ static __inline__ __attribute__((unused))

/*
 * P the functions' prefix (RtlString or String), S the suffix (A or W), C the character, e the engine's suffix, R the result's type and
 * M what turns the engine's result into one.
 */
#define NTIO_SAFE_DEFINE(P, S, C, e, R, M)                                                                   \
    NTIO_SAFE_DEFINE_COPY_(P, S, C, e, R, M, Copy, 0)                                                        \
    NTIO_SAFE_DEFINE_COPY_(P, S, C, e, R, M, Cat, NTIO_SAFE_APPEND)                                          \
    NTIO_SAFE_DEFINE_PRINT_(P, S, C, e, R, M)                                                                \
    NTIO_SAFE_INLINE_ R P##CchLength##S(const C *psz, size_t cchMax, size_t *pcchLength)                     \
    {                                                                                                        \
        return M(ntio_safe_length_##e(psz, cchMax, pcchLength));                                             \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ R P##CbLength##S(const C *psz, size_t cbMax, size_t *pcbLength)                        \
    {                                                                                                        \
        size_t length_ = 0;                                                                                  \
        int result_ = ntio_safe_length_##e(psz, cbMax / sizeof(C), &length_);                                \
        if (pcbLength)                                                                                       \
            *pcbLength = length_ * sizeof(C);                                                                \
        return M(result_);                                                                                   \
    }

#define NTIO_SAFE_DEFINE_COPY_(P, S, C, e, R, M, verb, flag)                                                 \
    NTIO_SAFE_INLINE_ R P##Cch##verb##S(C *pszDest, size_t cchDest, const C *pszSrc)                         \
    {                                                                                                        \
        return M(ntio_safe_copy_##e(pszDest, cchDest, 0, pszSrc, NTIO_SAFE_WHOLE, NULL, NULL, flag));        \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ R P##Cb##verb##S(C *pszDest, size_t cbDest, const C *pszSrc)                           \
    {                                                                                                        \
        return M(ntio_safe_copy_##e(pszDest, cbDest / sizeof(C), 0, pszSrc, NTIO_SAFE_WHOLE, NULL, NULL,     \
                                    flag));                                                                  \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ R P##Cch##verb##N##S(C *pszDest, size_t cchDest, const C *pszSrc, size_t cchMax)       \
    {                                                                                                        \
        return M(ntio_safe_copy_##e(pszDest, cchDest, 0, pszSrc,                                             \
                                    cchMax == NTIO_SAFE_WHOLE ? NTIO_SAFE_WHOLE - 1 : cchMax, NULL, NULL,    \
                                    flag));                                                                  \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ R P##Cb##verb##N##S(C *pszDest, size_t cbDest, const C *pszSrc, size_t cbMax)          \
    {                                                                                                        \
        return P##Cch##verb##N##S(pszDest, cbDest / sizeof(C), pszSrc, cbMax / sizeof(C));                   \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ R P##Cch##verb##NEx##S(C *pszDest, size_t cchDest, const C *pszSrc, size_t cchMax,     \
                                             C **ppszDestEnd, size_t *pcchRemaining, unsigned dwFlags)       \
    {                                                                                                        \
        return M(ntio_safe_copy_##e(pszDest, cchDest, 0, pszSrc,                                             \
                                    cchMax == NTIO_SAFE_WHOLE ? NTIO_SAFE_WHOLE - 1 : cchMax, ppszDestEnd,   \
                                    pcchRemaining, dwFlags | (flag)));                                       \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ R P##Cch##verb##Ex##S(C *pszDest, size_t cchDest, const C *pszSrc, C **ppszDestEnd,    \
                                            size_t *pcchRemaining, unsigned dwFlags)                         \
    {                                                                                                        \
        return M(ntio_safe_copy_##e(pszDest, cchDest, 0, pszSrc, NTIO_SAFE_WHOLE, ppszDestEnd,               \
                                    pcchRemaining, dwFlags | (flag)));                                       \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ R P##Cb##verb##NEx##S(C *pszDest, size_t cbDest, const C *pszSrc, size_t cbMax,        \
                                            C **ppszDestEnd, size_t *pcbRemaining, unsigned dwFlags)         \
    {                                                                                                        \
        size_t left_ = 0;                                                                                    \
        int result_ = ntio_safe_copy_##e(pszDest, cbDest / sizeof(C), cbDest % sizeof(C), pszSrc,            \
                                         cbMax / sizeof(C), ppszDestEnd, &left_, dwFlags | (flag));          \
        if (pcbRemaining && result_ != NTIO_SAFE_INVALID)                                                    \
            *pcbRemaining = left_ * sizeof(C) + cbDest % sizeof(C);                                          \
        return M(result_);                                                                                   \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ R P##Cb##verb##Ex##S(C *pszDest, size_t cbDest, const C *pszSrc, C **ppszDestEnd,      \
                                           size_t *pcbRemaining, unsigned dwFlags)                           \
    {                                                                                                        \
        size_t left_ = 0;                                                                                    \
        int result_ = ntio_safe_copy_##e(pszDest, cbDest / sizeof(C), cbDest % sizeof(C), pszSrc,            \
                                         NTIO_SAFE_WHOLE, ppszDestEnd, &left_, dwFlags | (flag));            \
        if (pcbRemaining && result_ != NTIO_SAFE_INVALID)                                                    \
            *pcbRemaining = left_ * sizeof(C) + cbDest % sizeof(C);                                          \
        return M(result_);                                                                                   \
    }

#define NTIO_SAFE_DEFINE_PRINT_(P, S, C, e, R, M)                                                            \
    NTIO_SAFE_INLINE_ R P##CchVPrintf##S(C *pszDest, size_t cchDest, const C *pszFormat, va_list argList)    \
    {                                                                                                        \
        return M(ntio_safe_print_##e(pszDest, cchDest, 0, NULL, NULL, 0, pszFormat, argList));               \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ R P##CbVPrintf##S(C *pszDest, size_t cbDest, const C *pszFormat, va_list argList)      \
    {                                                                                                        \
        return M(ntio_safe_print_##e(pszDest, cbDest / sizeof(C), 0, NULL, NULL, 0, pszFormat, argList));    \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ R P##CchPrintf##S(C *pszDest, size_t cchDest, const C *pszFormat, ...)                 \
    {                                                                                                        \
        va_list list_;                                                                                       \
        va_start(list_, pszFormat);                                                                          \
        int result_ = ntio_safe_print_##e(pszDest, cchDest, 0, NULL, NULL, 0, pszFormat, list_);             \
        va_end(list_);                                                                                       \
        return M(result_);                                                                                   \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ R P##CbPrintf##S(C *pszDest, size_t cbDest, const C *pszFormat, ...)                   \
    {                                                                                                        \
        va_list list_;                                                                                       \
        va_start(list_, pszFormat);                                                                          \
        int result_ = ntio_safe_print_##e(pszDest, cbDest / sizeof(C), 0, NULL, NULL, 0, pszFormat, list_);  \
        va_end(list_);                                                                                       \
        return M(result_);                                                                                   \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ R P##CchVPrintfEx##S(C *pszDest, size_t cchDest, C **ppszDestEnd,                      \
                                           size_t *pcchRemaining, unsigned dwFlags, const C *pszFormat,      \
                                           va_list argList)                                                  \
    {                                                                                                        \
        return M(ntio_safe_print_##e(pszDest, cchDest, 0, ppszDestEnd, pcchRemaining, dwFlags, pszFormat,    \
                                     argList));                                                              \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ R P##CbVPrintfEx##S(C *pszDest, size_t cbDest, C **ppszDestEnd, size_t *pcbRemaining,  \
                                          unsigned dwFlags, const C *pszFormat, va_list argList)             \
    {                                                                                                        \
        size_t left_ = 0;                                                                                    \
        int result_ = ntio_safe_print_##e(pszDest, cbDest / sizeof(C), cbDest % sizeof(C), ppszDestEnd,      \
                                          &left_, dwFlags, pszFormat, argList);                              \
        if (pcbRemaining && result_ != NTIO_SAFE_INVALID)                                                    \
            *pcbRemaining = left_ * sizeof(C) + cbDest % sizeof(C);                                          \
        return M(result_);                                                                                   \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ R P##CchPrintfEx##S(C *pszDest, size_t cchDest, C **ppszDestEnd,                       \
                                          size_t *pcchRemaining, unsigned dwFlags, const C *pszFormat, ...)  \
    {                                                                                                        \
        va_list list_;                                                                                       \
        va_start(list_, pszFormat);                                                                          \
        R result_ = P##CchVPrintfEx##S(pszDest, cchDest, ppszDestEnd, pcchRemaining, dwFlags, pszFormat,     \
                                       list_);                                                               \
        va_end(list_);                                                                                       \
        return result_;                                                                                      \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ R P##CbPrintfEx##S(C *pszDest, size_t cbDest, C **ppszDestEnd, size_t *pcbRemaining,   \
                                         unsigned dwFlags, const C *pszFormat, ...)                          \
    {                                                                                                        \
        va_list list_;                                                                                       \
        va_start(list_, pszFormat);                                                                          \
        R result_ = P##CbVPrintfEx##S(pszDest, cbDest, ppszDestEnd, pcbRemaining, dwFlags, pszFormat, list_); \
        va_end(list_);                                                                                       \
        return result_;                                                                                      \
    }

#define STRSAFE_MAX_CCH         2147483647
#define STRSAFE_MAX_LENGTH      (STRSAFE_MAX_CCH - 1)
#define STRSAFE_IGNORE_NULLS    0x00000100
#define STRSAFE_FILL_BEHIND_NULL 0x00000200
#define STRSAFE_FILL_BEHIND     0x00000200
#define STRSAFE_FILL_ON_FAILURE 0x00000400
#define STRSAFE_NULL_ON_FAILURE 0x00000800
#define STRSAFE_ZERO_LENGTH_ON_FAILURE 0x00000800
#define STRSAFE_NO_TRUNCATION   0x00001000
#define STRSAFE_FILL_BYTE(x)    ((unsigned)((x) & 0x000000FF) | STRSAFE_FILL_BEHIND_NULL)
#define STRSAFE_FAILURE_BYTE(x) ((unsigned)((x) & 0x000000FF) | STRSAFE_FILL_ON_FAILURE)
#define STRSAFE_GET_FILL_PATTERN(dwFlags) ((int)((dwFlags) & 0x000000FF))

#endif
