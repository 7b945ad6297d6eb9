/*
 * Private to win32/: its state, and what its files share.
 */
#pragma once

#include <windows.h>
#include <winternl.h>

#include "../gate.h"
#include "../host/host.h"
#include "../machine.h"
#include "glue.h"

#undef STATUS_PENDING
#include <ntstatus.h>

struct win32_service;
struct win32_sc_handle;
struct win32_find;
struct win32_snapshot;
struct win32_address_waiter;
struct win32_dos_device;
struct win32_pools;
struct win32_vectored;
struct win32_fls;

struct win32_heap {
    struct win32_heap *next;
    LIST_ENTRY blocks;
    DWORD options;
};

#define WIN32_CONSOLE_HANDLERS 32
struct win32_console {
    HANDLE standard[3]; /* what GetStdHandle says: input, output, errors; atomics */
    DWORD mode[2]; /* of input and of output */
    WORD attributes;
    COORD size, cursor;
    SMALL_RECT window;
    CONSOLE_CURSOR_INFO shape;
    bool ignores; /* Ctrl+C ends nobody */
    LPWSTR title;
    unsigned handler_count;
    PHANDLER_ROUTINE handlers[WIN32_CONSOLE_HANDLERS];
};

#define WIN32_DESCRIPTORS 512
struct win32_descriptor {
    HANDLE handle; /* NULL: free */
    int flags;     /* _O_* */
    void *stream;  /* the FILE over it */
};

/* A standard stream of the host's that has been given another descriptor (crtdup.c). */
struct win32_redirected {
    void *stream, *before; /* the FILE in its place, and the host's own; NULL: as it was from the start */
};

#define WIN32_PREDEFINED_KEYS 6 /* HKEY_CLASSES_ROOT and on */

struct win32p_state {
    _Atomic bool lock; /* spins; guards everything below and is held over no call out of win32/ */

    struct win32_heap process_heap; /* always there, and no member of heaps */
    struct win32_heap *heaps;

    struct win32_service *services;
    struct win32_sc_handle *sc_handles;
    struct win32_dos_device *dos_devices;
    struct win32_descriptor descriptors[WIN32_DESCRIPTORS];
    struct win32_redirected redirected[3];
    struct win32_snapshot *snapshots;
    struct win32_address_waiter *address_waiters; /* the newest first */
    unsigned address_waiting;                     /* how many wait or are about to; atomic */
    struct win32_console console;
    struct win32_pools *pools; /* pool.h */
    int (*message_box)(void *, const char *, const char *, unsigned); /* NULL: nobody answers */
    void *message_box_context;
    LPWSTR wide_variable; /* what _wgetenv gave last */
    struct win32_vectored *vectored; /* handlers of exceptions, in the order in which they are asked */
    LPTOP_LEVEL_EXCEPTION_FILTER unhandled;
    struct win32_find *finds; /* searches of directories that are open */

    bool files;       /* C: has files; else its directories are the host's */
    LPWSTR directory; /* "C:\...", no slash at the end but the root's */
    LPSTR command_line;
    LPWSTR command_line_wide;
    UINT error_mode;
    HANDLE predefined_keys[WIN32_PREDEFINED_KEYS]; /* atomics; NULL: not opened */
    ULONGLONG tls_used; /* a bit for each slot */
    struct win32_fls *fls;
};

static inline struct win32p_state *win32_state(void)
{
    return ntio_machine.win32;
}
void win32_exception_stop(void);
void win32_lock(void);
void win32_unlock(void);

/* Sets the last error to the one that belongs to the status; FALSE, so that a function can end with it. */
BOOL win32_fail(NTSTATUS status);
BOOL win32_error(DWORD error);
static inline BOOL win32_result(NTSTATUS status)
{
    return NT_SUCCESS(status) ? TRUE : win32_fail(status);
}

/*
 * Reads and writes through the client's pointers, which may be bad: false, with the last error set to
 * ERROR_NOACCESS. A NULL pointer is a bad one, except for win32_store's, which then stores nothing.
 */
bool win32_read(void *to, const void *client, size_t size);
bool win32_write(void *client, const void *from, size_t size);
static inline bool win32_store(LPDWORD client, DWORD value)
{
    return !client || host_store32(client, value) || win32_error(ERROR_NOACCESS);
}
bool win32_store64(void *client, ULONGLONG value);

/* A counted wide copy of a client's string. */
struct win32_wide {
    LPWSTR text; /* terminated; NULL when the client's pointer was NULL */
    size_t length;
    WCHAR room[260];
};
/* False, with the last error set, when the string cannot be read, converted or stored. */
bool win32_wide_from_ansi(struct win32_wide *, LPCSTR client);
bool win32_wide_from_wide(struct win32_wide *, LPCWSTR client);
void win32_wide_free(struct win32_wide *);

/*
 * Gives a string to a client that says how much room it has, as the functions do that return the length: the
 * length without the terminator, or with it when there is not enough room (then nothing is stored).
 */
DWORD win32_give_wide(LPWSTR client, DWORD room, LPCWSTR text);
DWORD win32_give_ansi(LPSTR client, DWORD room, LPCWSTR text);
/*
 * As the functions with a size that goes in and out, and counts the terminator: TRUE with the length and `extra`, or FALSE with the size
 * needed and the error `too_small`.
 */
BOOL win32_give_sized_wide(LPWSTR client, LPDWORD size, LPCWSTR text, DWORD too_small, DWORD extra);
BOOL win32_give_sized_ansi(LPSTR client, LPDWORD size, LPCSTR text, DWORD too_small, DWORD extra);
LPSTR win32_narrow(LPCWSTR text); /* UTF-8, from malloc */
LPWSTR win32_duplicate(LPCWSTR text);
bool win32_equal(LPCWSTR, LPCWSTR); /* whatever the case */
size_t win32_length(LPCWSTR);

/* A DOS path as NT's name; name.Buffer is from malloc. */
struct win32_path {
    UNICODE_STRING name;
    BOOL ends_in_slash;
};
NTSTATUS win32_nt_path(LPCWSTR dos, size_t length, struct win32_path *);
void win32_path_free(struct win32_path *);
/* The whole path for a DOS path, from malloc; NULL: no memory, or too long. */
LPWSTR win32_full_path(LPCWSTR dos, size_t length);

/* Opens a file by its DOS path, shared with everybody, for synchronous requests. */
NTSTATUS win32_open_name(const struct win32_wide *name, ACCESS_MASK, ULONG disposition, ULONG options, HANDLE *);

/* Object attributes for a kernel32 object's name and security attributes; NULL attributes when there is
 * neither. */
struct win32_object {
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    LPWSTR text;
};
bool win32_object(struct win32_object *, LPSECURITY_ATTRIBUTES, BOOL inherit, const struct win32_wide *name,
                  ULONG flags, POBJECT_ATTRIBUTES *out);
void win32_object_free(struct win32_object *);

PLARGE_INTEGER win32_timeout(LARGE_INTEGER *, DWORD milliseconds);

/* Handles of the console: as before Windows 8, numbers that are no NT handles, with both low bits set. */
#define WIN32_CONSOLE_INPUT  ((HANDLE)(ULONG_PTR)0x3)
#define WIN32_CONSOLE_OUTPUT ((HANDLE)(ULONG_PTR)0x7)
#define WIN32_CONSOLE_ERROR  ((HANDLE)(ULONG_PTR)0xB)
static inline bool win32_is_console(HANDLE handle)
{
    return (ULONG_PTR)handle <= 0xB && ((ULONG_PTR)handle & 3) == 3;
}
BOOL win32_console_read(HANDLE, LPVOID buffer, DWORD length, LPDWORD read);
BOOL win32_console_write(HANDLE, LPCVOID buffer, DWORD length, LPDWORD written);

void win32_service_start(void);
void win32_service_stop(void);
void win32_heap_start(void);
void win32_heap_stop(void);
void win32_dos_device_stop(void);
void win32_find_stop(void);
void win32_pool_start(void);
void win32_fls_start(void);
void win32_fls_thread_ends(void);
void win32_fls_stop(void);
void win32_pool_stop(void);
void win32_snapshot_stop(void);
void win32_snapshot_closed(HANDLE);
bool win32_is_program(HMODULE);
HMODULE win32_module_at(size_t index); /* the program first; NULL: there are no more */
/* What a snapshot with the flag has of modules: the next one, or the first. NULL, with the last error set. */
HMODULE win32_snapshot_module(HANDLE, bool first);
LPWSTR win32_module_path(HMODULE); /* a DLL's, from malloc; NULL, with the last error set: there is none */

/* crtio.c, for the C run-time library's other files. Both fail with -1: errno is error, or what the last error means in its words. */
int win32_crt_fail(int error);
int win32_crt_fail_last(void);
/* The descriptor's handle and flags; NULL, and errno EBADF: there is none. */
HANDLE win32_crt_handle(int fd, int *flags);
int win32_crt_add(HANDLE, int flags); /* the descriptor, or -1 and errno EMFILE */
void win32_crt_stop(void);
bool win32_crt_is_hosts(LPCWSTR name); /* a plain name on a machine whose C: has no files */
