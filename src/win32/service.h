/*
 * The service database.
 */
#pragma once

#include "win32p.h"

/* A service; in win32_state()->services while it exists, under the lock but for what `busy` gives to one
 * thread. */
struct win32_service {
    struct win32_service *next;
    LPWSTR name, display, path, group, dependencies, account;
    LPWSTR description; /* NULL: none */
    DWORD type, start, error_control;
    DWORD exit_code;
    unsigned handles;
    bool deleted; /* goes with its last handle, once it is stopped */
    bool busy;    /* a thread starts or stops it */
};

enum sc_kind { SC_MANAGER, SC_SERVICE };

/* What an SC_HANDLE points to; in win32_state()->sc_handles while it is open. */
struct win32_sc_handle {
    struct win32_sc_handle *next;
    enum sc_kind kind;
    DWORD access;
    struct win32_service *service; /* NULL: the manager */
};

/*
 * The service behind a handle that grants the access; NULL with the last error set. What it returns lives as
 * long as the handle is open.
 */
struct win32_service *win32_service_of(SC_HANDLE handle, DWORD access);
bool win32_manager_of(SC_HANDLE handle, DWORD access); /* likewise, of the manager */
bool win32_service_running(struct win32_service *);

/* Under the lock: finds by name, makes handles, takes services out that are deleted and no longer used. */
struct win32_service *win32_service_find(LPCWSTR name);
void win32_service_sweep(struct win32_service *);
/* The service's key in the registry as the database has it. */
void win32_service_write_key(struct win32_service *);
