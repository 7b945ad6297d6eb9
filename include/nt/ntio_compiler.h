/*
 * What Microsoft's compiler understands and gcc and clang do not, or understand differently: keywords, calling
 * conventions, __declspec, inlining, alignment. Every other header of nt/, ddk/ and sdk/ stands on this one.
 */
#ifndef NTIO_COMPILER_H
#define NTIO_COMPILER_H

#ifndef __GNUC__
#error "ntio needs gcc or clang"
#endif
#if defined(__SIZEOF_WCHAR_T__) && __SIZEOF_WCHAR_T__ != 2
#error "ntio needs -fshort-wchar: WCHAR is UTF-16"
#endif

#include <stdarg.h>
#include <stddef.h>

#ifdef __cpp_aligned_new /* Microsoft's compiler knows it without <new> */
extern "C++" {
namespace std
{
enum class align_val_t : __SIZE_TYPE__;
}
}
#endif

/* Types and keywords. clang with -fms-extensions knows some of them; the macros win and make both alike. */
#undef __int8
#undef __int16
#undef __int32
#undef __int64
#define __int8      char
#define __int16     short
#define __int32     int
#define __int64     long long
#define _int64      long long
#define __w64
#define __ptr32
#define __ptr64
#define __sptr
#define __uptr
#define __unaligned
#define __forceinline __inline__
#define __inline      __inline__
#define _inline       __inline__

#define __cdecl
#define __stdcall
#define __fastcall
#define __thiscall
#define __vectorcall
#define __pascal
#define _cdecl
#define _stdcall
#define _fastcall
#define __clrcall
#define __CRTDECL
#ifndef CDECL
#define CDECL
#endif
#define NTAPI
#define FASTCALL

#define __noop(...)    ((void)0)
#define __annotation(...) ((void)0)
#define __assume(e)    ((e) ? (void)0 : __builtin_unreachable())
#ifndef __pragma
#define __pragma(x)    _Pragma(#x)
#endif
#define __FUNCSIG__    __PRETTY_FUNCTION__
#define __FUNCDNAME__  __func__
#ifndef _countof
#define _countof(a)    (sizeof(a) / sizeof((a)[0]))
#endif
#define _alloca        __builtin_alloca
#define _ReturnAddress()          __builtin_return_address(0)
#define _AddressOfReturnAddress() ((void *)((char *)__builtin_frame_address(0) + sizeof(void *)))

/*
 * __declspec(x): the argument's first word selects a macro, so that one this list does not know fails at its own
 * line. Import and export are the linker's business here; what is exported says so with NTIO_EXPORT.
 */
#define __declspec(x) NTIO_DECLSPEC_##x
#define _declspec(x)  NTIO_DECLSPEC_##x
#define NTIO_DECLSPEC_align(n)      __attribute__((aligned(n)))
#define NTIO_DECLSPEC_allocate(s)   __attribute__((section(s)))
#define NTIO_DECLSPEC_allocator
#define NTIO_DECLSPEC_code_seg(s)
#define NTIO_DECLSPEC_deprecated    __attribute__((deprecated))
#define NTIO_DECLSPEC_dllexport     __attribute__((visibility("default")))
#define NTIO_DECLSPEC_dllimport
#define NTIO_DECLSPEC_guard(x)
#define NTIO_DECLSPEC_naked
#define NTIO_DECLSPEC_noalias
#define NTIO_DECLSPEC_noinline      __attribute__((noinline))
#define NTIO_DECLSPEC_noreturn      __attribute__((noreturn))
#define NTIO_DECLSPEC_nothrow       __attribute__((nothrow))
#define NTIO_DECLSPEC_novtable
#define NTIO_DECLSPEC_property(x)
#define NTIO_DECLSPEC_restrict
#define NTIO_DECLSPEC_safebuffers
#define NTIO_DECLSPEC_selectany     __attribute__((weak))
#define NTIO_DECLSPEC_thread        __thread
#define NTIO_DECLSPEC_uuid(x)
/* Where <stdnoreturn.h> or a library's macro has already replaced the word. */
#define NTIO_DECLSPEC__Noreturn     __attribute__((noreturn))

#define DECLSPEC_ALIGN(n)     __attribute__((aligned(n)))
#define DECLSPEC_NORETURN     __attribute__((noreturn))
#define DECLSPEC_NOINLINE     __attribute__((noinline))
#define DECLSPEC_SELECTANY    __attribute__((weak))
#define DECLSPEC_DEPRECATED
#define DECLSPEC_DEPRECATED_DDK
#define DECLSPEC_DEPRECATED_DDK_WIN2K
#define DECLSPEC_DEPRECATED_DDK_WINXP
#define DEPRECATE_DDK_FUNCTION(x)
#define DECLSPEC_IMPORT
#define DECLSPEC_EXPORT       __attribute__((visibility("default")))
#define DECLSPEC_NOTHROW      __attribute__((nothrow))
#define DECLSPEC_NOVTABLE
#define DECLSPEC_UUID(x)
#define DECLSPEC_NOSANITIZEADDRESS __attribute__((no_sanitize_address))
#define DECLSPEC_ALLOCATOR
#define DECLSPEC_RESTRICT
#define DECLSPEC_GUARDNOCF
#define DECLSPEC_GUARD_SUPPRESS
#define DECLSPEC_SAFEBUFFERS
#define DECLSPEC_CACHEALIGN   __attribute__((aligned(64)))
#define POINTER_ALIGNMENT     __attribute__((aligned(8)))

#ifndef FORCEINLINE
#define FORCEINLINE __inline__
#endif
#define CFORCEINLINE    FORCEINLINE
#define STKCHECK_FORCEINLINE FORCEINLINE
#define NOP_FUNCTION    ((void)0)
#define RESTRICTED_POINTER
#define CONST           const

/* An inline function of ours: one copy for each source, never a symbol. */
#define NTIO_INLINE static __inline__ __attribute__((unused))
#define NTIO_EXPORT __attribute__((visibility("default")))

#define NTKERNELAPI  NTIO_EXPORT
#define NTSYSAPI     NTIO_EXPORT
#define NTSYSCALLAPI NTIO_EXPORT
#define NTHALAPI     NTIO_EXPORT

/* C11's words under names that C++ has, too. */
#ifdef __cplusplus
#define NTIO_STATIC_ASSERT static_assert
#else
#define NTIO_STATIC_ASSERT _Static_assert
#if !defined(static_assert) && __STDC_VERSION__ < 202311L /* a word of Microsoft's C, without <assert.h> */
#define static_assert _Static_assert
#endif
#endif

#ifdef __cplusplus
#define EXTERN_C extern "C"
#define EXTERN_C_START extern "C" {
#define EXTERN_C_END }
#else
#define EXTERN_C extern
#define EXTERN_C_START
#define EXTERN_C_END
#endif

/* What the build tools for x64 define. */
#ifndef _WIN64
#define _WIN64 1
#endif
#ifndef _AMD64_
#define _AMD64_ 1
#endif
#ifndef _M_AMD64
#define _M_AMD64 100
#endif
#ifndef _M_X64
#define _M_X64 100
#endif

#ifndef VOID
#define VOID void
#endif
#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif
#ifndef CRITICAL
#define CRITICAL
#endif

#endif
