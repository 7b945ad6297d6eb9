/*
 * Services started, stopped and asked about.
 *
 * A driver's image is known by its file's name, the service by its own; when they differ the image of the
 * binary path is loaded under the service's name.
 */
#include "service.h"

#include <stdlib.h>
#include <string.h>

#include "../machine.h"

#include <ntio/ntio.h>

/* Waits until no other thread starts or stops the service, and keeps others out. */
static void begin(struct win32_service *service)
{
    for (unsigned turn = 0;; turn++) {
        win32_lock();
        bool mine = !service->busy;
        service->busy = true;
        win32_unlock();
        if (mine)
            return;
        host_spin(turn);
    }
}

static void end(struct win32_service *service)
{
    win32_lock();
    service->busy = false;
    win32_unlock();
}

/* The file's name in a binary path without its extension, UTF-8, from malloc: "...\sioctl.sys" is "sioctl".
 */
static LPSTR image_of(LPCWSTR path)
{
    LPCWSTR name = path;
    for (LPCWSTR c = path; *c; c++)
        if (*c == L'\\' || *c == L'/')
            name = c + 1;
    LPSTR text = win32_narrow(name);
    if (!text)
        return NULL;
    char *quote = strchr(text, '"');
    if (quote)
        *quote = 0;
    size_t length = strlen(text);
    if (length > 4 && !lstrcmpiA(text + length - 4, ".sys"))
        text[length - 4] = 0;
    return text;
}

/* Makes the image of the service's binary known under the service's name, so that it can be loaded by it. */
static DWORD find_image(struct win32_service *service)
{
    LPSTR name = win32_narrow(service->name), image = image_of(service->path);
    const char *path = image ? machine_image_path(image) : NULL;
    DWORD error = ERROR_FILE_NOT_FOUND;
    if (name && path) {
        const char *known = machine_image_path(name);
        if (!known || strcmp(known, path) != 0)
            ntio_register_image(name, path);
        error = ERROR_SUCCESS;
    } else if (name && image && machine_image_path(name) && !lstrcmpiA(name, image)) {
        error = ERROR_SUCCESS;
    }
    free(name);
    free(image);
    return error;
}

static DWORD start(struct win32_service *service)
{
    if (win32_service_running(service))
        return ERROR_SERVICE_ALREADY_RUNNING;
    if (service->deleted)
        return ERROR_SERVICE_MARKED_FOR_DELETE;
    if (service->start == SERVICE_DISABLED)
        return ERROR_SERVICE_DISABLED;
    if (!(service->type & SERVICE_DRIVER))
        return ERROR_FILE_NOT_FOUND; /* no program can be a service here */
    DWORD error = find_image(service);
    if (error)
        return error;
    NTSTATUS status = win32_load_driver(service->name, (unsigned)win32_length(service->name));
    if (status == STATUS_IMAGE_ALREADY_LOADED)
        return ERROR_SERVICE_ALREADY_RUNNING;
    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        return ERROR_FILE_NOT_FOUND;
    return NT_SUCCESS(status) ? ERROR_SUCCESS : RtlNtStatusToDosError(status);
}

static BOOL start_service(SC_HANDLE handle)
{
    struct win32_service *service = win32_service_of(handle, SERVICE_START);
    if (!service)
        return FALSE;
    begin(service);
    DWORD error = start(service);
    if (error != ERROR_SERVICE_ALREADY_RUNNING)
        service->exit_code = error;
    end(service);
    return error ? win32_error(error) : TRUE;
}

/* A driver takes no arguments. */
BOOL WINAPI StartServiceW(SC_HANDLE hService, DWORD dwNumServiceArgs, LPCWSTR *lpServiceArgVectors)
{
    (void)dwNumServiceArgs, (void)lpServiceArgVectors;
    return start_service(hService);
}

BOOL WINAPI StartServiceA(SC_HANDLE hService, DWORD dwNumServiceArgs, LPCSTR *lpServiceArgVectors)
{
    (void)dwNumServiceArgs, (void)lpServiceArgVectors;
    return start_service(hService);
}

static SERVICE_STATUS status_of(struct win32_service *service)
{
    bool running = win32_service_running(service);
    return (SERVICE_STATUS){
        .dwServiceType = service->type,
        .dwCurrentState = running ? SERVICE_RUNNING : SERVICE_STOPPED,
        .dwControlsAccepted = running ? SERVICE_ACCEPT_STOP : 0,
        .dwWin32ExitCode = running ? ERROR_SUCCESS : service->exit_code,
    };
}

static DWORD stop(struct win32_service *service, SERVICE_STATUS *about)
{
    if (!win32_service_running(service))
        return ERROR_SERVICE_NOT_ACTIVE;
    NTSTATUS status = win32_unload_driver(service->name, (unsigned)win32_length(service->name));
    /* What has no unload routine takes no stop. */
    if (status == STATUS_INVALID_DEVICE_REQUEST)
        return ERROR_INVALID_SERVICE_CONTROL;
    if (!NT_SUCCESS(status))
        return RtlNtStatusToDosError(status);
    service->exit_code = ERROR_SUCCESS;
    *about = status_of(service);
    /* A device is still open: the driver goes when it is closed. */
    if (about->dwCurrentState == SERVICE_RUNNING) {
        about->dwCurrentState = SERVICE_STOP_PENDING;
        about->dwControlsAccepted = 0;
    }
    return ERROR_SUCCESS;
}

BOOL WINAPI ControlService(SC_HANDLE hService, DWORD dwControl, LPSERVICE_STATUS lpServiceStatus)
{
    DWORD access, error = ERROR_SUCCESS;
    switch (dwControl) {
    case SERVICE_CONTROL_STOP:
        access = SERVICE_STOP;
        break;
    case SERVICE_CONTROL_INTERROGATE:
        access = SERVICE_INTERROGATE;
        break;
    case SERVICE_CONTROL_PAUSE:
    case SERVICE_CONTROL_CONTINUE:
    case SERVICE_CONTROL_PARAMCHANGE:
    case SERVICE_CONTROL_NETBINDADD:
    case SERVICE_CONTROL_NETBINDREMOVE:
    case SERVICE_CONTROL_NETBINDENABLE:
    case SERVICE_CONTROL_NETBINDDISABLE:
        access = SERVICE_PAUSE_CONTINUE;
        break;
    default:
        if (dwControl < 128 || dwControl > 255)
            return win32_error(ERROR_INVALID_PARAMETER);
        access = SERVICE_USER_DEFINED_CONTROL;
    }
    struct win32_service *service = win32_service_of(hService, access);
    if (!service)
        return FALSE;
    begin(service);
    SERVICE_STATUS about = status_of(service);
    if (dwControl == SERVICE_CONTROL_STOP)
        error = stop(service, &about);
    else if (about.dwCurrentState == SERVICE_STOPPED)
        error = ERROR_SERVICE_NOT_ACTIVE;
    else if (dwControl != SERVICE_CONTROL_INTERROGATE)
        error = ERROR_INVALID_SERVICE_CONTROL; /* a driver can be stopped and asked, no more */
    end(service);
    if (!win32_write(lpServiceStatus, &about, sizeof about))
        return win32_error(ERROR_INVALID_ADDRESS);
    return error ? win32_error(error) : TRUE;
}

BOOL WINAPI QueryServiceStatus(SC_HANDLE hService, LPSERVICE_STATUS lpServiceStatus)
{
    struct win32_service *service = win32_service_of(hService, SERVICE_QUERY_STATUS);
    if (!service)
        return FALSE;
    begin(service);
    SERVICE_STATUS about = status_of(service);
    end(service);
    return win32_write(lpServiceStatus, &about, sizeof about) ? TRUE : win32_error(ERROR_INVALID_ADDRESS);
}

BOOL WINAPI QueryServiceStatusEx(SC_HANDLE hService, SC_STATUS_TYPE InfoLevel, LPBYTE lpBuffer,
                                 DWORD cbBufSize, LPDWORD pcbBytesNeeded)
{
    SERVICE_STATUS_PROCESS about = {0};
    DWORD needed = sizeof about;
    if (InfoLevel != SC_STATUS_PROCESS_INFO)
        return win32_error(ERROR_INVALID_LEVEL);
    struct win32_service *service = win32_service_of(hService, SERVICE_QUERY_STATUS);
    if (!service)
        return FALSE;
    if (!win32_write(pcbBytesNeeded, &needed, sizeof needed))
        return win32_error(ERROR_INVALID_ADDRESS);
    if (cbBufSize < sizeof about)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    begin(service);
    SERVICE_STATUS status = status_of(service);
    end(service);
    memcpy(&about, &status, sizeof status);
    return win32_write(lpBuffer, &about, sizeof about) ? TRUE : win32_error(ERROR_INVALID_ADDRESS);
}
