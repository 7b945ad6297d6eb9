/*
 * How services are configured: QueryServiceConfig and ChangeServiceConfig.
 */
#include "service.h"

#include <stdlib.h>
#include <string.h>

/* The strings behind the structure, in its order. */
enum { PATH, GROUP, DEPENDENCIES, ACCOUNT, DISPLAY, TEXTS };

/* Copies under the lock: the strings may be changed meanwhile. */
struct config {
    DWORD type, start, error_control;
    LPWSTR text[TEXTS];
};

static void free_config(struct config *config)
{
    for (int i = 0; i < TEXTS; i++)
        free(config->text[i]);
}

static bool read_config(SC_HANDLE handle, struct config *config)
{
    struct win32_service *service = win32_service_of(handle, SERVICE_QUERY_CONFIG);
    if (!service)
        return false;
    win32_lock();
    *config = (struct config){service->type,
                              service->start,
                              service->error_control,
                              {win32_duplicate(service->path), win32_duplicate(service->group),
                               win32_duplicate(service->dependencies), win32_duplicate(service->account),
                               win32_duplicate(service->display)}};
    win32_unlock();
    for (int i = 0; i < TEXTS; i++)
        if (!config->text[i]) {
            free_config(config);
            return win32_error(ERROR_NOT_ENOUGH_MEMORY);
        }
    return true;
}

/*
 * Lays the structure out with its strings behind it, as the client will have it at `client`, and gives it to
 * the client. The strings are bytes here, whatever they are to the client.
 */
static BOOL give_config(const struct config *config, const void *const strings[TEXTS],
                        const size_t sizes[TEXTS], void *client, DWORD room, LPDWORD needed_out)
{
    size_t needed = sizeof(QUERY_SERVICE_CONFIGW);
    for (int i = 0; i < TEXTS; i++)
        needed += sizes[i];
    DWORD size = (DWORD)needed;
    if (!win32_write(needed_out, &size, sizeof size))
        return win32_error(ERROR_INVALID_ADDRESS);
    if (room < needed)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    char *copy = calloc(1, needed);
    if (!copy)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    LPWSTR at[TEXTS];
    size_t offset = sizeof(QUERY_SERVICE_CONFIGW);
    for (int i = 0; i < TEXTS; i++) {
        memcpy(copy + offset, strings[i], sizes[i]);
        at[i] = (LPWSTR)(void *)((char *)client + offset);
        offset += sizes[i];
    }
    QUERY_SERVICE_CONFIGW about = {config->type,     config->start, config->error_control,
                                   at[PATH],         at[GROUP],     0,
                                   at[DEPENDENCIES], at[ACCOUNT],   at[DISPLAY]};
    memcpy(copy, &about, sizeof about);
    BOOL done = win32_write(client, copy, needed) ? TRUE : win32_error(ERROR_INVALID_ADDRESS);
    free(copy);
    return done;
}

BOOL WINAPI QueryServiceConfigW(SC_HANDLE hService, LPQUERY_SERVICE_CONFIGW lpServiceConfig, DWORD cbBufSize,
                                LPDWORD pcbBytesNeeded)
{
    struct config config;
    const void *strings[TEXTS];
    size_t sizes[TEXTS];
    if (!read_config(hService, &config))
        return FALSE;
    for (int i = 0; i < TEXTS; i++) {
        strings[i] = config.text[i];
        sizes[i] = (win32_length(config.text[i]) + 1) * sizeof(WCHAR);
    }
    BOOL done = give_config(&config, strings, sizes, lpServiceConfig, cbBufSize, pcbBytesNeeded);
    free_config(&config);
    return done;
}

BOOL WINAPI QueryServiceConfigA(SC_HANDLE hService, LPQUERY_SERVICE_CONFIGA lpServiceConfig, DWORD cbBufSize,
                                LPDWORD pcbBytesNeeded)
{
    struct config config;
    LPSTR narrow[TEXTS];
    const void *strings[TEXTS];
    size_t sizes[TEXTS];
    bool stored = true;
    if (!read_config(hService, &config))
        return FALSE;
    for (int i = 0; i < TEXTS; i++) {
        strings[i] = narrow[i] = win32_narrow(config.text[i]);
        stored = stored && narrow[i];
        sizes[i] = narrow[i] ? strlen(narrow[i]) + 1 : 0;
    }
    BOOL done = stored ? give_config(&config, strings, sizes, lpServiceConfig, cbBufSize, pcbBytesNeeded)
                       : win32_error(ERROR_NOT_ENOUGH_MEMORY);
    for (int i = 0; i < TEXTS; i++)
        free(narrow[i]);
    free_config(&config);
    return done;
}

struct change {
    DWORD type, start, error_control;
    struct win32_wide text[TEXTS];
};

static BOOL change_config(SC_HANDLE handle, struct change *change)
{
    struct win32_service *service = win32_service_of(handle, SERVICE_CHANGE_CONFIG);
    if (!service)
        return FALSE;
    if ((change->start != SERVICE_NO_CHANGE && change->start > SERVICE_DISABLED) ||
        (change->error_control != SERVICE_NO_CHANGE && change->error_control > SERVICE_ERROR_CRITICAL) ||
        (change->type != SERVICE_NO_CHANGE && change->type != SERVICE_KERNEL_DRIVER &&
         change->type != SERVICE_FILE_SYSTEM_DRIVER && !(change->type & SERVICE_WIN32)))
        return win32_error(ERROR_INVALID_PARAMETER);
    LPWSTR fresh[TEXTS] = {0};
    for (int i = 0; i < TEXTS; i++)
        if (change->text[i].text && !(fresh[i] = win32_duplicate(change->text[i].text))) {
            while (i-- > 0)
                free(fresh[i]);
            return win32_error(ERROR_NOT_ENOUGH_MEMORY);
        }
    win32_lock();
    bool deleted = service->deleted;
    if (!deleted) {
        LPWSTR *place[TEXTS] = {&service->path, &service->group, &service->dependencies, &service->account,
                                &service->display};
        for (int i = 0; i < TEXTS; i++)
            if (fresh[i]) {
                LPWSTR old = *place[i];
                *place[i] = fresh[i];
                fresh[i] = old;
            }
        if (change->type != SERVICE_NO_CHANGE)
            service->type = change->type;
        if (change->start != SERVICE_NO_CHANGE)
            service->start = change->start;
        if (change->error_control != SERVICE_NO_CHANGE)
            service->error_control = change->error_control;
        win32_service_write_key(service);
    }
    win32_unlock();
    for (int i = 0; i < TEXTS; i++)
        free(fresh[i]);
    return deleted ? win32_error(ERROR_SERVICE_MARKED_FOR_DELETE) : TRUE;
}

static void free_change(struct change *change)
{
    for (int i = 0; i < TEXTS; i++)
        win32_wide_free(&change->text[i]);
}

BOOL WINAPI ChangeServiceConfigW(SC_HANDLE hService, DWORD dwServiceType, DWORD dwStartType,
                                 DWORD dwErrorControl, LPCWSTR lpBinaryPathName, LPCWSTR lpLoadOrderGroup,
                                 LPDWORD lpdwTagId, LPCWSTR lpDependencies, LPCWSTR lpServiceStartName,
                                 LPCWSTR lpPassword, LPCWSTR lpDisplayName)
{
    LPCWSTR given[TEXTS] = {lpBinaryPathName, lpLoadOrderGroup, lpDependencies, lpServiceStartName,
                            lpDisplayName};
    struct change change = {.type = dwServiceType, .start = dwStartType, .error_control = dwErrorControl};
    (void)lpPassword;
    bool read = true;
    for (int i = 0; i < TEXTS && read; i++)
        read = win32_wide_from_wide(&change.text[i], given[i]);
    BOOL done = read && win32_store(lpdwTagId, 0) && change_config(hService, &change);
    free_change(&change);
    return done;
}

BOOL WINAPI ChangeServiceConfigA(SC_HANDLE hService, DWORD dwServiceType, DWORD dwStartType,
                                 DWORD dwErrorControl, LPCSTR lpBinaryPathName, LPCSTR lpLoadOrderGroup,
                                 LPDWORD lpdwTagId, LPCSTR lpDependencies, LPCSTR lpServiceStartName,
                                 LPCSTR lpPassword, LPCSTR lpDisplayName)
{
    LPCSTR given[TEXTS] = {lpBinaryPathName, lpLoadOrderGroup, lpDependencies, lpServiceStartName,
                           lpDisplayName};
    struct change change = {.type = dwServiceType, .start = dwStartType, .error_control = dwErrorControl};
    (void)lpPassword;
    bool read = true;
    for (int i = 0; i < TEXTS && read; i++)
        read = win32_wide_from_ansi(&change.text[i], given[i]);
    BOOL done = read && win32_store(lpdwTagId, 0) && change_config(hService, &change);
    free_change(&change);
    return done;
}
