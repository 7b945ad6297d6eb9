/*
 * What MemorySanitizer is told, and asked: each byte of memory has a shadow that says whether it was ever written to.
 * It follows what is compiled with the sanitizer. What is done to memory behind its back - an allocator of our own, a copy in
 * assembly, a second address of a page - has to be told. Without the sanitizer all of this is nothing.
 *
 * HOST_BLIND functions look at memory that may never have been written to: what they read counts as written.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#define HOST_SANITIZED_MEMORY 1
#endif
#endif

#ifdef HOST_SANITIZED_MEMORY

#include <sanitizer/msan_interface.h>
#define HOST_BLIND __attribute__((no_sanitize("memory")))
#define HOST_SHADOW_FLIPS  0x500000000000ull /* of an address on Linux, x86-64; tried out when the host starts */
#define HOST_ORIGIN_BEHIND 0x100000000000ull /* the shadow */

/* Fresh memory: what is in it was written by nobody. */
static inline void host_shadow_new(const volatile void *at, size_t size)
{
    __msan_allocated_memory(at, size);
}
/* The same of memory that was given back. */
static inline void host_shadow_freed(const volatile void *at, size_t size)
{
    __msan_allocated_memory(at, size);
}
static inline void host_shadow_written(const volatile void *at, size_t size)
{
    __msan_unpoison(at, size);
}
/* What was just copied is as much written as what it was copied from. */
static inline void host_shadow_copied(const volatile void *to, const volatile void *from, size_t size)
{
    __msan_copy_shadow(to, from, size);
}
/* The offset of the first byte that was never written to, wholly or in part; -1: there is none. */
static inline intptr_t host_shadow_hole(const volatile void *at, size_t size)
{
    return __msan_test_shadow(at, size);
}

/* For the user, to stderr: which bytes these are, and where the memory comes from that was never written to. */
static inline void host_shadow_tell(const volatile void *at, size_t size)
{
    __msan_print_shadow(at, size);
}

#else

#define HOST_BLIND

static inline void host_shadow_new(const volatile void *at, size_t size)
{
    (void)at, (void)size;
}
static inline void host_shadow_freed(const volatile void *at, size_t size)
{
    (void)at, (void)size;
}
static inline void host_shadow_written(const volatile void *at, size_t size)
{
    (void)at, (void)size;
}
static inline void host_shadow_copied(const volatile void *to, const volatile void *from, size_t size)
{
    (void)to, (void)from, (void)size;
}
static inline intptr_t host_shadow_hole(const volatile void *at, size_t size)
{
    (void)at, (void)size;
    return -1;
}
static inline void host_shadow_tell(const volatile void *at, size_t size)
{
    (void)at, (void)size;
}

#endif
