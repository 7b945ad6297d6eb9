/*
 * Services listed and described: EnumServicesStatus, the optional configuration, names by other names.
 */
#include "service.h"

#include <stdlib.h>
#include <string.h>

/* --- all services --- */

struct listed {
    LPWSTR name, display;
    DWORD type, exit_code;
    bool running;
};

static void free_list(struct listed *list, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        free(list[i].name);
        free(list[i].display);
    }
    free(list);
}

/* The services of that type and state; NULL with the last error set. */
static struct listed *make_list(DWORD type, DWORD state, unsigned *count)
{
    struct win32_service *service;
    unsigned all = 0;
    win32_lock();
    for (service = win32_state()->services; service; service = service->next)
        all++;
    struct listed *list = calloc(all + 1, sizeof *list);
    *count = 0;
    for (service = win32_state()->services; list && service; service = service->next) {
        if (service->deleted || !(service->type & type))
            continue;
        list[(*count)++] = (struct listed){win32_duplicate(service->name), win32_duplicate(service->display),
                                           service->type, service->exit_code, false};
    }
    win32_unlock();
    if (!list) {
        win32_error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    unsigned kept = 0;
    for (unsigned i = 0; i < *count; i++) {
        struct listed one = list[i];
        one.running = one.name && win32_driver_loaded(one.name, (unsigned)win32_length(one.name));
        if (one.name && one.display && state & (one.running ? SERVICE_ACTIVE : SERVICE_INACTIVE)) {
            list[kept++] = one;
        } else {
            free(one.name);
            free(one.display);
        }
    }
    *count = kept;
    return list;
}

static SERVICE_STATUS_PROCESS status_of(const struct listed *one)
{
    return (SERVICE_STATUS_PROCESS){.dwServiceType = one->type,
                                    .dwCurrentState = one->running ? SERVICE_RUNNING : SERVICE_STOPPED,
                                    .dwControlsAccepted = one->running ? SERVICE_ACCEPT_STOP : 0,
                                    .dwWin32ExitCode = one->running ? NO_ERROR : one->exit_code};
}

enum width { NARROW = 1, WIDE = 2 };

/* The text's bytes with its terminator, as the client reads it; from malloc. */
static void *text_of(LPCWSTR text, enum width width, size_t *size)
{
    void *copy = width == WIDE ? (void *)win32_duplicate(text) : (void *)win32_narrow(text);
    if (copy)
        *size = width == WIDE ? (win32_length(copy) + 1) * sizeof(WCHAR) : strlen(copy) + 1;
    return copy;
}

/*
 * Structures from the front, texts from the end: as many as fit. The status is a SERVICE_STATUS or the longer
 * one, which begins with it; both stand behind the two pointers.
 */
static BOOL list_services(SC_HANDLE manager, DWORD type, DWORD state, void *client, DWORD room,
                          LPDWORD needed, LPDWORD returned, LPDWORD resume, enum width width,
                          size_t status_size)
{
    unsigned count;
    const size_t entry = (2 * sizeof(void *) + status_size + 7) & ~(size_t)7;
    DWORD begin = 0, zero = 0;
    if (!type || type & ~(DWORD)SERVICE_TYPE_ALL || !state || state & ~(DWORD)SERVICE_STATE_ALL)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!win32_manager_of(manager, SC_MANAGER_ENUMERATE_SERVICE))
        return FALSE;
    if ((resume && !win32_read(&begin, resume, sizeof begin)) || !win32_write(needed, &zero, sizeof zero) ||
        !win32_write(returned, &zero, sizeof zero))
        return FALSE;
    struct listed *list = make_list(type, state, &count);
    char *copy = list ? calloc(1, room ? room : 1) : NULL;
    if (!copy) {
        if (list)
            free_list(list, count);
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    }
    size_t front = 0, back = room & ~(size_t)1, missing = 0;
    unsigned given = 0, i = begin;
    for (; i < count; i++) {
        size_t name_size = 0, display_size = 0;
        void *name = text_of(list[i].name, width, &name_size),
             *display = text_of(list[i].display, width, &display_size);
        size_t texts = name_size + display_size;
        if (missing || front + entry + texts > back) {
            missing += entry + texts;
        } else {
            back -= name_size;
            memcpy(copy + back, name, name_size);
            void *at_name = (char *)client + back;
            back -= display_size;
            memcpy(copy + back, display, display_size);
            void *at_display = (char *)client + back;
            SERVICE_STATUS_PROCESS status = status_of(&list[i]);
            memcpy(copy + front, &at_name, sizeof at_name);
            memcpy(copy + front + sizeof(void *), &at_display, sizeof at_display);
            memcpy(copy + front + 2 * sizeof(void *), &status, status_size);
            front += entry;
            given++;
        }
        free(name);
        free(display);
    }
    free_list(list, count);
    DWORD left = (DWORD)missing, next = missing ? begin + given : 0;
    BOOL done = (!room || win32_write(client, copy, room)) && win32_write(needed, &left, sizeof left) &&
                win32_write(returned, &given, sizeof given) &&
                (!resume || win32_write(resume, &next, sizeof next));
    free(copy);
    if (!done)
        return FALSE;
    return missing ? win32_error(ERROR_MORE_DATA) : TRUE;
}

BOOL WINAPI EnumServicesStatusA(SC_HANDLE hSCManager, DWORD dwServiceType, DWORD dwServiceState,
                                LPENUM_SERVICE_STATUSA lpServices, DWORD cbBufSize, LPDWORD pcbBytesNeeded,
                                LPDWORD lpServicesReturned, LPDWORD lpResumeHandle)
{
    return list_services(hSCManager, dwServiceType, dwServiceState, lpServices, cbBufSize, pcbBytesNeeded,
                         lpServicesReturned, lpResumeHandle, NARROW, sizeof(SERVICE_STATUS));
}

BOOL WINAPI EnumServicesStatusW(SC_HANDLE hSCManager, DWORD dwServiceType, DWORD dwServiceState,
                                LPENUM_SERVICE_STATUSW lpServices, DWORD cbBufSize, LPDWORD pcbBytesNeeded,
                                LPDWORD lpServicesReturned, LPDWORD lpResumeHandle)
{
    return list_services(hSCManager, dwServiceType, dwServiceState, lpServices, cbBufSize, pcbBytesNeeded,
                         lpServicesReturned, lpResumeHandle, WIDE, sizeof(SERVICE_STATUS));
}

BOOL WINAPI EnumServicesStatusExA(SC_HANDLE hSCManager, SC_ENUM_TYPE InfoLevel, DWORD dwServiceType,
                                  DWORD dwServiceState, LPBYTE lpServices, DWORD cbBufSize,
                                  LPDWORD pcbBytesNeeded, LPDWORD lpServicesReturned, LPDWORD lpResumeHandle,
                                  LPCSTR pszGroupName)
{
    (void)pszGroupName; /* groups are kept, not obeyed */
    if (InfoLevel != SC_ENUM_PROCESS_INFO)
        return win32_error(ERROR_INVALID_LEVEL);
    return list_services(hSCManager, dwServiceType, dwServiceState, lpServices, cbBufSize, pcbBytesNeeded,
                         lpServicesReturned, lpResumeHandle, NARROW, sizeof(SERVICE_STATUS_PROCESS));
}

BOOL WINAPI EnumServicesStatusExW(SC_HANDLE hSCManager, SC_ENUM_TYPE InfoLevel, DWORD dwServiceType,
                                  DWORD dwServiceState, LPBYTE lpServices, DWORD cbBufSize,
                                  LPDWORD pcbBytesNeeded, LPDWORD lpServicesReturned, LPDWORD lpResumeHandle,
                                  LPCWSTR pszGroupName)
{
    (void)pszGroupName;
    if (InfoLevel != SC_ENUM_PROCESS_INFO)
        return win32_error(ERROR_INVALID_LEVEL);
    return list_services(hSCManager, dwServiceType, dwServiceState, lpServices, cbBufSize, pcbBytesNeeded,
                         lpServicesReturned, lpResumeHandle, WIDE, sizeof(SERVICE_STATUS_PROCESS));
}

/* Nobody waits for another service here, so that nobody depends on one. */
static BOOL no_dependents(SC_HANDLE service, DWORD state, LPDWORD needed, LPDWORD returned)
{
    DWORD zero = 0;
    if (!state || state & ~(DWORD)SERVICE_STATE_ALL)
        return win32_error(ERROR_INVALID_PARAMETER);
    return win32_service_of(service, SERVICE_ENUMERATE_DEPENDENTS) &&
           win32_write(needed, &zero, sizeof zero) && win32_write(returned, &zero, sizeof zero);
}

BOOL WINAPI EnumDependentServicesA(SC_HANDLE hService, DWORD dwServiceState,
                                   LPENUM_SERVICE_STATUSA lpServices, DWORD cbBufSize, LPDWORD pcbBytesNeeded,
                                   LPDWORD lpServicesReturned)
{
    (void)lpServices, (void)cbBufSize;
    return no_dependents(hService, dwServiceState, pcbBytesNeeded, lpServicesReturned);
}

BOOL WINAPI EnumDependentServicesW(SC_HANDLE hService, DWORD dwServiceState,
                                   LPENUM_SERVICE_STATUSW lpServices, DWORD cbBufSize, LPDWORD pcbBytesNeeded,
                                   LPDWORD lpServicesReturned)
{
    (void)lpServices, (void)cbBufSize;
    return no_dependents(hService, dwServiceState, pcbBytesNeeded, lpServicesReturned);
}

/* --- descriptions --- */

static BOOL set_description(SC_HANDLE handle, LPCWSTR text)
{
    struct win32_service *service = win32_service_of(handle, SERVICE_CHANGE_CONFIG);
    LPWSTR copy = service && text ? win32_duplicate(text) : NULL;
    if (!service)
        return FALSE;
    if (!text) /* as it is */
        return TRUE;
    if (!copy)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    win32_lock();
    LPWSTR before = service->description;
    service->description = copy;
    win32_service_write_key(service);
    win32_unlock();
    free(before);
    return TRUE;
}

/* Only SERVICE_CONFIG_DESCRIPTION: what to do when a service fails is nothing that drivers have. */
BOOL WINAPI ChangeServiceConfig2W(SC_HANDLE hService, DWORD dwInfoLevel, LPVOID lpInfo)
{
    SERVICE_DESCRIPTIONW info = {NULL};
    struct win32_wide text;
    if (dwInfoLevel != SERVICE_CONFIG_DESCRIPTION)
        return win32_error(ERROR_INVALID_LEVEL);
    if ((lpInfo && !win32_read(&info, lpInfo, sizeof info)) ||
        !win32_wide_from_wide(&text, info.lpDescription))
        return FALSE;
    BOOL done = set_description(hService, text.text);
    win32_wide_free(&text);
    return done;
}

BOOL WINAPI ChangeServiceConfig2A(SC_HANDLE hService, DWORD dwInfoLevel, LPVOID lpInfo)
{
    SERVICE_DESCRIPTIONA info = {NULL};
    struct win32_wide text;
    if (dwInfoLevel != SERVICE_CONFIG_DESCRIPTION)
        return win32_error(ERROR_INVALID_LEVEL);
    if ((lpInfo && !win32_read(&info, lpInfo, sizeof info)) ||
        !win32_wide_from_ansi(&text, info.lpDescription))
        return FALSE;
    BOOL done = set_description(hService, text.text);
    win32_wide_free(&text);
    return done;
}

static BOOL give_description(SC_HANDLE handle, DWORD level, LPBYTE client, DWORD room, LPDWORD needed_out,
                             enum width width)
{
    if (level != SERVICE_CONFIG_DESCRIPTION)
        return win32_error(ERROR_INVALID_LEVEL);
    struct win32_service *service = win32_service_of(handle, SERVICE_QUERY_CONFIG);
    if (!service)
        return FALSE;
    win32_lock();
    LPWSTR copy = service->description ? win32_duplicate(service->description) : NULL;
    win32_unlock();
    size_t size = 0;
    void *text = copy ? text_of(copy, width, &size) : NULL;
    free(copy);
    DWORD needed = (DWORD)(sizeof(LPSTR) + size);
    void *at = text ? client + sizeof(LPSTR) : NULL;
    BOOL done = win32_write(needed_out, &needed, sizeof needed);
    if (done && room < needed)
        done = win32_error(ERROR_INSUFFICIENT_BUFFER);
    done = done && win32_write(client, &at, sizeof at) && (!text || win32_write(at, text, size));
    free(text);
    return done;
}

BOOL WINAPI QueryServiceConfig2A(SC_HANDLE hService, DWORD dwInfoLevel, LPBYTE lpBuffer, DWORD cbBufSize,
                                 LPDWORD pcbBytesNeeded)
{
    return give_description(hService, dwInfoLevel, lpBuffer, cbBufSize, pcbBytesNeeded, NARROW);
}

BOOL WINAPI QueryServiceConfig2W(SC_HANDLE hService, DWORD dwInfoLevel, LPBYTE lpBuffer, DWORD cbBufSize,
                                 LPDWORD pcbBytesNeeded)
{
    return give_description(hService, dwInfoLevel, lpBuffer, cbBufSize, pcbBytesNeeded, WIDE);
}

/* --- names --- */

/* From malloc; NULL: ERROR_SERVICE_DOES_NOT_EXIST, or what is wrong with the handle. */
static LPWSTR other_name(SC_HANDLE manager, const struct win32_wide *name, bool display_wanted)
{
    LPWSTR found = NULL;
    if (!name->text) {
        win32_error(ERROR_INVALID_ADDRESS);
        return NULL;
    }
    if (!win32_manager_of(manager, SC_MANAGER_CONNECT))
        return NULL;
    win32_lock();
    for (struct win32_service *s = win32_state()->services; s && !found; s = s->next)
        if (win32_equal(display_wanted ? s->name : s->display, name->text))
            found = win32_duplicate(display_wanted ? s->display : s->name);
    win32_unlock();
    if (!found)
        win32_error(ERROR_SERVICE_DOES_NOT_EXIST);
    return found;
}

static BOOL give_other_wide(SC_HANDLE manager, LPCWSTR name, LPWSTR client, LPDWORD size, bool display_wanted)
{
    struct win32_wide wide;
    DWORD room;
    if (!win32_read(&room, size, sizeof room) || !win32_wide_from_wide(&wide, name))
        return FALSE;
    LPWSTR found = other_name(manager, &wide, display_wanted);
    win32_wide_free(&wide);
    if (!found)
        return FALSE;
    DWORD length = (DWORD)win32_length(found);
    BOOL done =
        win32_store(size, length) && (length < room ? win32_write(client, found, (length + 1) * sizeof(WCHAR))
                                                    : win32_error(ERROR_INSUFFICIENT_BUFFER));
    free(found);
    return done;
}

static BOOL give_other_ansi(SC_HANDLE manager, LPCSTR name, LPSTR client, LPDWORD size, bool display_wanted)
{
    struct win32_wide wide;
    DWORD room;
    if (!win32_read(&room, size, sizeof room) || !win32_wide_from_ansi(&wide, name))
        return FALSE;
    LPWSTR found = other_name(manager, &wide, display_wanted);
    LPSTR narrow = found ? win32_narrow(found) : NULL;
    win32_wide_free(&wide);
    free(found);
    if (!narrow)
        return FALSE;
    DWORD length = (DWORD)strlen(narrow);
    BOOL done = win32_store(size, length) && (length < room ? win32_write(client, narrow, length + (size_t)1)
                                                            : win32_error(ERROR_INSUFFICIENT_BUFFER));
    free(narrow);
    return done;
}

BOOL WINAPI GetServiceDisplayNameA(SC_HANDLE hSCManager, LPCSTR lpServiceName, LPSTR lpDisplayName,
                                   LPDWORD lpcchBuffer)
{
    return give_other_ansi(hSCManager, lpServiceName, lpDisplayName, lpcchBuffer, true);
}

BOOL WINAPI GetServiceDisplayNameW(SC_HANDLE hSCManager, LPCWSTR lpServiceName, LPWSTR lpDisplayName,
                                   LPDWORD lpcchBuffer)
{
    return give_other_wide(hSCManager, lpServiceName, lpDisplayName, lpcchBuffer, true);
}

BOOL WINAPI GetServiceKeyNameA(SC_HANDLE hSCManager, LPCSTR lpDisplayName, LPSTR lpServiceName,
                               LPDWORD lpcchBuffer)
{
    return give_other_ansi(hSCManager, lpDisplayName, lpServiceName, lpcchBuffer, false);
}

BOOL WINAPI GetServiceKeyNameW(SC_HANDLE hSCManager, LPCWSTR lpDisplayName, LPWSTR lpServiceName,
                               LPDWORD lpcchBuffer)
{
    return give_other_wide(hSCManager, lpDisplayName, lpServiceName, lpcchBuffer, false);
}
