/*
 * What the object manager's tests share.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ntio/ntio.h>
#include <ntifs.h>

#define assert_status(got, wanted) assert_int_equal((uint32_t)(got), (uint32_t)(wanted))

#define BAD ((PVOID)(ULONG_PTR)0x10000) /* a user address with nothing there */

static inline int start(void **state)
{
    (void)state;
    return ntio_start(NULL);
}

static inline int stop(void **state)
{
    (void)state;
    return ntio_stop();
}

struct named {
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
};

/* Attributes for a name, in storage that lasts until the end of the enclosing block. */
#define NAMED(text, flags) (named_at(&(struct named){0}, text, flags, NULL))
#define NAMED_IN(root, text, flags) (named_at(&(struct named){0}, text, flags, root))

static inline POBJECT_ATTRIBUTES named_at(struct named *n, const WCHAR *text, ULONG flags, HANDLE root)
{
    RtlInitUnicodeString(&n->name, text);
    InitializeObjectAttributes(&n->attributes, text ? &n->name : NULL, flags, root, NULL);
    return &n->attributes;
}

/* The handle of PsCreateSystemThread is a kernel handle, in whatever process. */
static inline void join_system_thread(HANDLE handle)
{
    PVOID thread;
    assert_status(ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, &thread, NULL),
                  STATUS_SUCCESS);
    assert_status(ObCloseHandle(handle, KernelMode), STATUS_SUCCESS);
    assert_status(KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    ObDereferenceObject(thread);
}
