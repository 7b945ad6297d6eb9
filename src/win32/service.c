/*
 * The service control manager's database: handles, creating, opening, deleting. Only drivers can be services
 * here.
 */
#include "service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32.h"

static void free_service(struct win32_service *service)
{
    free(service->name);
    free(service->display);
    free(service->path);
    free(service->group);
    free(service->dependencies);
    free(service->account);
    free(service->description);
    free(service);
}

void win32_service_stop(void)
{
    struct win32p_state *state = win32_state();
    while (state->sc_handles) {
        struct win32_sc_handle *handle = state->sc_handles;
        state->sc_handles = handle->next;
        free(handle);
    }
    while (state->services) {
        struct win32_service *service = state->services;
        state->services = service->next;
        free_service(service);
    }
}

struct win32_service *win32_service_find(LPCWSTR name)
{
    struct win32_service *service = win32_state()->services;
    while (service && !win32_equal(service->name, name))
        service = service->next;
    return service;
}

bool win32_service_running(struct win32_service *service)
{
    return win32_driver_loaded(service->name, (unsigned)win32_length(service->name));
}

void win32_service_sweep(struct win32_service *service)
{
    if (!service->deleted || service->handles || service->busy || win32_service_running(service))
        return;
    struct win32_service **link = &win32_state()->services;
    while (*link != service)
        link = &(*link)->next;
    *link = service->next;
    win32_delete_service_key(service->name, (unsigned)win32_length(service->name));
    free_service(service);
}

static void set_text(struct win32_service *s, LPCWSTR name, DWORD type, LPCWSTR text)
{
    DWORD size = (DWORD)((win32_length(text) + 1) * sizeof(WCHAR));
    win32_set_service_value(s->name, (unsigned)win32_length(s->name), name, type, *text ? text : NULL, size);
}

static void set_number(struct win32_service *s, LPCWSTR name, DWORD number)
{
    win32_set_service_value(s->name, (unsigned)win32_length(s->name), name, REG_DWORD, &number,
                            sizeof number);
}

void win32_service_write_key(struct win32_service *s)
{
    set_number(s, L"Type", s->type);
    set_number(s, L"Start", s->start);
    set_number(s, L"ErrorControl", s->error_control);
    set_text(s, L"ImagePath", REG_EXPAND_SZ, s->path);
    set_text(s, L"DisplayName", REG_SZ, s->display);
    set_text(s, L"Group", REG_SZ, s->group);
    set_text(s, L"ObjectName", REG_SZ, s->account);
    if (s->description)
        set_text(s, L"Description", REG_SZ, s->description);
}

/* Under the lock. A handle is looked for, not believed. */
static struct win32_sc_handle *find_handle(SC_HANDLE handle)
{
    struct win32_sc_handle *found = win32_state()->sc_handles;
    while (found && (SC_HANDLE)(void *)found != handle)
        found = found->next;
    return found;
}

static SC_HANDLE open_handle(enum sc_kind kind, DWORD access, struct win32_service *service)
{
    static const struct {
        DWORD read, write, execute, all;
    } generic[] = {
        [SC_MANAGER] = {STANDARD_RIGHTS_READ | SC_MANAGER_ENUMERATE_SERVICE | SC_MANAGER_QUERY_LOCK_STATUS,
                        STANDARD_RIGHTS_WRITE | SC_MANAGER_CREATE_SERVICE | SC_MANAGER_MODIFY_BOOT_CONFIG,
                        STANDARD_RIGHTS_EXECUTE | SC_MANAGER_CONNECT | SC_MANAGER_LOCK,
                        SC_MANAGER_ALL_ACCESS},
        [SC_SERVICE] = {STANDARD_RIGHTS_READ | SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS |
                            SERVICE_INTERROGATE | SERVICE_ENUMERATE_DEPENDENTS,
                        STANDARD_RIGHTS_WRITE | SERVICE_CHANGE_CONFIG,
                        STANDARD_RIGHTS_EXECUTE | SERVICE_START | SERVICE_STOP | SERVICE_PAUSE_CONTINUE |
                            SERVICE_USER_DEFINED_CONTROL,
                        SERVICE_ALL_ACCESS},
    };
    struct win32_sc_handle *handle = calloc(1, sizeof *handle);
    if (!handle)
        return NULL;
    handle->kind = kind;
    handle->service = service;
    handle->access = access & 0x0FFFFFFF & ~(DWORD)MAXIMUM_ALLOWED;
    if (access & GENERIC_READ)
        handle->access |= generic[kind].read;
    if (access & GENERIC_WRITE)
        handle->access |= generic[kind].write;
    if (access & GENERIC_EXECUTE)
        handle->access |= generic[kind].execute;
    if (access & (GENERIC_ALL | MAXIMUM_ALLOWED))
        handle->access |= generic[kind].all;
    if (service)
        service->handles++;
    handle->next = win32_state()->sc_handles;
    win32_state()->sc_handles = handle;
    return (SC_HANDLE)(void *)handle;
}

static DWORD check_handle(SC_HANDLE handle, enum sc_kind kind, DWORD access, struct win32_service **service)
{
    struct win32_sc_handle *found = find_handle(handle);
    if (!found || found->kind != kind)
        return ERROR_INVALID_HANDLE;
    if ((found->access & access) != access)
        return ERROR_ACCESS_DENIED;
    if (service)
        *service = found->service;
    return ERROR_SUCCESS;
}

struct win32_service *win32_service_of(SC_HANDLE handle, DWORD access)
{
    struct win32_service *service = NULL;
    win32_lock();
    DWORD error = check_handle(handle, SC_SERVICE, access, &service);
    win32_unlock();
    if (error)
        win32_error(error);
    return service;
}

bool win32_manager_of(SC_HANDLE handle, DWORD access)
{
    win32_lock();
    DWORD error = check_handle(handle, SC_MANAGER, access, NULL);
    win32_unlock();
    return !error || win32_error(error);
}

static SC_HANDLE open_manager(const struct win32_wide *machine, const struct win32_wide *database,
                              DWORD access)
{
    SC_HANDLE handle = NULL;
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    if (machine->length && !win32_equal(machine->text, L".") && !win32_equal(machine->text, L"localhost")) {
        error = RPC_S_SERVER_UNAVAILABLE;
    } else if (database->length && win32_equal(database->text, SERVICES_FAILED_DATABASEW)) {
        error = ERROR_DATABASE_DOES_NOT_EXIST;
    } else if (database->length && !win32_equal(database->text, SERVICES_ACTIVE_DATABASEW)) {
        error = ERROR_INVALID_NAME;
    } else {
        win32_lock();
        handle = open_handle(SC_MANAGER, access | SC_MANAGER_CONNECT, NULL);
        win32_unlock();
    }
    if (!handle)
        win32_error(error);
    return handle;
}

SC_HANDLE WINAPI OpenSCManagerW(LPCWSTR lpMachineName, LPCWSTR lpDatabaseName, DWORD dwDesiredAccess)
{
    struct win32_wide machine, database;
    if (!win32_wide_from_wide(&machine, lpMachineName))
        return NULL;
    SC_HANDLE handle = NULL;
    if (win32_wide_from_wide(&database, lpDatabaseName)) {
        handle = open_manager(&machine, &database, dwDesiredAccess);
        win32_wide_free(&database);
    }
    win32_wide_free(&machine);
    return handle;
}

SC_HANDLE WINAPI OpenSCManagerA(LPCSTR lpMachineName, LPCSTR lpDatabaseName, DWORD dwDesiredAccess)
{
    struct win32_wide machine, database;
    if (!win32_wide_from_ansi(&machine, lpMachineName))
        return NULL;
    SC_HANDLE handle = NULL;
    if (win32_wide_from_ansi(&database, lpDatabaseName)) {
        handle = open_manager(&machine, &database, dwDesiredAccess);
        win32_wide_free(&database);
    }
    win32_wide_free(&machine);
    return handle;
}

BOOL WINAPI CloseServiceHandle(SC_HANDLE hSCObject)
{
    win32_lock();
    struct win32_sc_handle **link = &win32_state()->sc_handles;
    while (*link && (SC_HANDLE)(void *)*link != hSCObject)
        link = &(*link)->next;
    struct win32_sc_handle *handle = *link;
    if (handle) {
        *link = handle->next;
        if (handle->service) {
            handle->service->handles--;
            win32_service_sweep(handle->service);
        }
    }
    win32_unlock();
    free(handle);
    return handle ? TRUE : win32_error(ERROR_INVALID_HANDLE);
}

enum text { NAME, DISPLAY, PATH, GROUP, DEPENDENCIES, ACCOUNT, TEXTS };

struct request {
    SC_HANDLE manager;
    struct win32_wide text[TEXTS];
    DWORD access, type, start, error_control;
};

static bool is_name(LPCWSTR name)
{
    size_t length = win32_length(name);
    if (!length || length > 256)
        return false;
    for (; *name; name++)
        if (*name == L'/' || *name == L'\\')
            return false;
    return true;
}

static bool is_driver(DWORD type)
{
    return type == SERVICE_KERNEL_DRIVER || type == SERVICE_FILE_SYSTEM_DRIVER;
}

/* In Windows' order: pointers, handle, rights, names, numbers, what is there already. */
static DWORD check_request(struct request *r)
{
    DWORD error = check_handle(r->manager, SC_MANAGER, 0, NULL);
    if (error)
        return error;
    if (!r->text[NAME].text || !r->text[PATH].text)
        return ERROR_INVALID_ADDRESS;
    error = check_handle(r->manager, SC_MANAGER, SC_MANAGER_CREATE_SERVICE, NULL);
    if (error)
        return error;
    if (!is_name(r->text[NAME].text))
        return ERROR_INVALID_NAME;
    if (!r->text[PATH].length)
        return ERROR_INVALID_PARAMETER;
    DWORD win32 = r->type & ~(DWORD)SERVICE_INTERACTIVE_PROCESS;
    bool process = win32 == SERVICE_WIN32_OWN_PROCESS || win32 == SERVICE_WIN32_SHARE_PROCESS;
    if (!is_driver(r->type) && !process)
        return ERROR_INVALID_PARAMETER;
    if (r->start > SERVICE_DISABLED || r->error_control > SERVICE_ERROR_CRITICAL)
        return ERROR_INVALID_PARAMETER;
    if (process && r->start < SERVICE_AUTO_START)
        return ERROR_INVALID_PARAMETER;
    struct win32_service *same = win32_service_find(r->text[NAME].text);
    if (same) {
        win32_service_sweep(same);
        same = win32_service_find(r->text[NAME].text);
    }
    if (same)
        return same->deleted ? ERROR_SERVICE_MARKED_FOR_DELETE : ERROR_SERVICE_EXISTS;
    LPCWSTR display = r->text[DISPLAY].length ? r->text[DISPLAY].text : r->text[NAME].text;
    for (struct win32_service *s = win32_state()->services; s; s = s->next)
        if (win32_equal(s->display, display) || win32_equal(s->name, display))
            return ERROR_DUPLICATE_SERVICE_NAME;
    return ERROR_SUCCESS;
}

static struct win32_service *new_service(const struct request *r)
{
    struct win32_service *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    LPCWSTR display = r->text[DISPLAY].length ? r->text[DISPLAY].text : r->text[NAME].text;
    s->name = win32_duplicate(r->text[NAME].text);
    s->display = win32_duplicate(display);
    s->path = win32_duplicate(r->text[PATH].text);
    s->group = win32_duplicate(r->text[GROUP].text ? r->text[GROUP].text : L"");
    s->dependencies = win32_duplicate(r->text[DEPENDENCIES].text ? r->text[DEPENDENCIES].text : L"");
    s->account = win32_duplicate(r->text[ACCOUNT].text ? r->text[ACCOUNT].text : L"");
    if (!s->name || !s->display || !s->path || !s->group || !s->dependencies || !s->account) {
        free_service(s);
        return NULL;
    }
    s->type = r->type;
    s->start = r->start;
    s->error_control = r->error_control;
    s->exit_code = ERROR_SERVICE_NEVER_STARTED;
    return s;
}

static SC_HANDLE create_service(struct request *r)
{
    SC_HANDLE handle = NULL;
    win32_lock();
    DWORD error = check_request(r);
    struct win32_service *service = error ? NULL : new_service(r);
    if (!error && !service)
        error = ERROR_NOT_ENOUGH_MEMORY;
    if (service) {
        handle = open_handle(SC_SERVICE, r->access, service);
        if (handle) {
            service->next = win32_state()->services;
            win32_state()->services = service;
            win32_service_write_key(service);
        } else {
            free_service(service);
            error = ERROR_NOT_ENOUGH_MEMORY;
        }
    }
    win32_unlock();
    if (!handle)
        win32_error(error);
    return handle;
}

static void free_request(struct request *r)
{
    for (int i = 0; i < TEXTS; i++)
        win32_wide_free(&r->text[i]);
}

SC_HANDLE WINAPI CreateServiceW(SC_HANDLE hSCManager, LPCWSTR lpServiceName, LPCWSTR lpDisplayName,
                                DWORD dwDesiredAccess, DWORD dwServiceType, DWORD dwStartType,
                                DWORD dwErrorControl, LPCWSTR lpBinaryPathName, LPCWSTR lpLoadOrderGroup,
                                LPDWORD lpdwTagId, LPCWSTR lpDependencies, LPCWSTR lpServiceStartName,
                                LPCWSTR lpPassword)
{
    LPCWSTR given[TEXTS] = {lpServiceName,    lpDisplayName,  lpBinaryPathName,
                            lpLoadOrderGroup, lpDependencies, lpServiceStartName};
    struct request r = {.manager = hSCManager,
                        .access = dwDesiredAccess,
                        .type = dwServiceType,
                        .start = dwStartType,
                        .error_control = dwErrorControl};
    (void)lpPassword;
    SC_HANDLE handle = NULL;
    bool read = true;
    for (int i = 0; i < TEXTS && read; i++)
        read = win32_wide_from_wide(&r.text[i], given[i]);
    if (read && win32_store(lpdwTagId, 0))
        handle = create_service(&r);
    free_request(&r);
    return handle;
}

SC_HANDLE WINAPI CreateServiceA(SC_HANDLE hSCManager, LPCSTR lpServiceName, LPCSTR lpDisplayName,
                                DWORD dwDesiredAccess, DWORD dwServiceType, DWORD dwStartType,
                                DWORD dwErrorControl, LPCSTR lpBinaryPathName, LPCSTR lpLoadOrderGroup,
                                LPDWORD lpdwTagId, LPCSTR lpDependencies, LPCSTR lpServiceStartName,
                                LPCSTR lpPassword)
{
    LPCSTR given[TEXTS] = {lpServiceName,    lpDisplayName,  lpBinaryPathName,
                           lpLoadOrderGroup, lpDependencies, lpServiceStartName};
    struct request r = {.manager = hSCManager,
                        .access = dwDesiredAccess,
                        .type = dwServiceType,
                        .start = dwStartType,
                        .error_control = dwErrorControl};
    (void)lpPassword;
    SC_HANDLE handle = NULL;
    bool read = true;
    for (int i = 0; i < TEXTS && read; i++)
        read = win32_wide_from_ansi(&r.text[i], given[i]);
    if (read && win32_store(lpdwTagId, 0))
        handle = create_service(&r);
    free_request(&r);
    return handle;
}

static SC_HANDLE open_service(SC_HANDLE manager, const struct win32_wide *name, DWORD access)
{
    SC_HANDLE handle = NULL;
    win32_lock();
    DWORD error = check_handle(manager, SC_MANAGER, 0, NULL);
    if (!error && !name->text)
        error = ERROR_INVALID_ADDRESS;
    if (!error && !is_name(name->text))
        error = ERROR_INVALID_NAME;
    if (!error) {
        struct win32_service *service = win32_service_find(name->text);
        handle = service ? open_handle(SC_SERVICE, access, service) : NULL;
        error = service ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SERVICE_DOES_NOT_EXIST;
    }
    win32_unlock();
    if (!handle)
        win32_error(error);
    return handle;
}

SC_HANDLE WINAPI OpenServiceW(SC_HANDLE hSCManager, LPCWSTR lpServiceName, DWORD dwDesiredAccess)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpServiceName))
        return NULL;
    SC_HANDLE handle = open_service(hSCManager, &name, dwDesiredAccess);
    win32_wide_free(&name);
    return handle;
}

SC_HANDLE WINAPI OpenServiceA(SC_HANDLE hSCManager, LPCSTR lpServiceName, DWORD dwDesiredAccess)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpServiceName))
        return NULL;
    SC_HANDLE handle = open_service(hSCManager, &name, dwDesiredAccess);
    win32_wide_free(&name);
    return handle;
}

BOOL WINAPI DeleteService(SC_HANDLE hService)
{
    struct win32_service *service = NULL;
    win32_lock();
    DWORD error = check_handle(hService, SC_SERVICE, DELETE, &service);
    if (!error && service->deleted)
        error = ERROR_SERVICE_MARKED_FOR_DELETE;
    if (!error)
        service->deleted = true;
    win32_unlock();
    return error ? win32_error(error) : TRUE;
}

void win32_register_service(const char *name, bool start)
{
    char path[MAX_PATH];
    SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    snprintf(path, sizeof path, "\\SystemRoot\\System32\\drivers\\%s.sys", name);
    SC_HANDLE service =
        CreateServiceA(manager, name, name, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START,
                       SERVICE_ERROR_NORMAL, path, NULL, NULL, NULL, NULL, NULL);
    if (!service)
        service = OpenServiceA(manager, name, SERVICE_ALL_ACCESS);
    if (start && service && !StartServiceA(service, 0, NULL) &&
        GetLastError() != ERROR_SERVICE_ALREADY_RUNNING) {
        char text[256];
        int length = snprintf(text, sizeof text, "ntio: the driver %s did not start: error %u\n", name,
                              GetLastError());
        win32_debug_text(text, (unsigned)length);
    }
    if (service)
        CloseServiceHandle(service);
    CloseServiceHandle(manager);
    SetLastError(ERROR_SUCCESS);
}
