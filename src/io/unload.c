/*
 * Unloading: when a driver may go, DriverUnload, what it left behind, and the services that load and unload.
 */
#include "iop.h"

#include "../cm/cm.h"
#include "../etw/etw.h"

#include <ntio/ntio.h>

#include <stdio.h>

/* --- what was left --- */

static BOOLEAN in_image(PDRIVER_OBJECT driver, const void *address)
{
    struct iop_driver_extension *extension = iop_driver_extension(driver);
    return extension->ImageSize &&
           (uintptr_t)address - (uintptr_t)extension->ImageBase < extension->ImageSize;
}

static void to_text(PCUNICODE_STRING name, char *text, size_t size)
{
    size_t length = name->Length / sizeof(WCHAR), i;
    for (i = 0; i < length && i + 1 < size; i++)
        text[i] = name->Buffer[i] < 0x7F ? (char)name->Buffer[i] : '?';
    text[i] = 0;
}

static struct iop_link *take_link_of(PDRIVER_OBJECT driver)
{
    iop_lock_database();
    struct iop_link **at = &IOP->links;
    while (*at && !in_image(driver, (*at)->Creator))
        at = &(*at)->Next;
    struct iop_link *link = *at;
    if (link)
        *at = link->Next;
    iop_unlock_database();
    return link;
}

static ULONG take_away_links(PDRIVER_OBJECT driver, const char *name)
{
    struct iop_link *link;
    ULONG count = 0;
    while ((link = take_link_of(driver)) != NULL) {
        char text[128], target[128], place[256];
        to_text(&link->Name, text, sizeof text);
        to_text(&link->Target, target, sizeof target);
        host_call_site(link->Creator, place, sizeof place);
        machine_violation("%s left the symbolic link %s -> %s, created in %s", name, text, target, place);
        IoDeleteSymbolicLink(&link->Name);
        free(link);
        count++;
    }
    return count;
}

static PDEVICE_OBJECT first_undeleted(PDRIVER_OBJECT driver)
{
    iop_lock_database();
    PDEVICE_OBJECT device = driver->DeviceObject;
    while (device && iop_device(device)->ExtensionFlags & DOE_DELETE_PENDING)
        device = device->NextDevice;
    if (device)
        ObpReferenceObject(device);
    iop_unlock_database();
    return device;
}

static ULONG take_away_devices(PDRIVER_OBJECT driver, const char *name)
{
    PDEVICE_OBJECT device;
    ULONG count = 0;
    while ((device = first_undeleted(driver)) != NULL) {
        char text[128], place[256];
        to_text(ObGetObjectName(device), text, sizeof text);
        host_call_site(iop_device(device)->Creator, place, sizeof place);
        machine_violation("%s left the device %p%s%s, created in %s", name, (void *)device,
                          *text ? " named " : "", text, place);
        if (iop_device(device)->AttachedTo)
            IoDetachDevice(iop_device(device)->AttachedTo);
        IoDeleteDevice(device);
        ObpDereferenceObject(device);
        count++;
    }
    return count;
}

/* What would call into an image that is gone. */
static ULONG take_away_routines(PDRIVER_OBJECT driver, const char *name)
{
    struct iop_driver_extension *extension = iop_driver_extension(driver);
    PKINTERRUPT interrupt;
    ULONG vector = 0, count = 0;
    while ((interrupt = KiFindInterrupt(extension->ImageBase, extension->ImageSize, &vector)) != NULL) {
        machine_violation("%s left its interrupt connected to vector %u: IoDisconnectInterrupt is missing",
                          name, vector);
        KiDisconnectInterrupt(interrupt);
        count++;
    }
    ULONG callbacks = KiForgetBugCheckCallbacks(extension->ImageBase, extension->ImageSize);
    if (callbacks)
        machine_violation(
            "%s left %u bug check callbacks registered: KeDeregisterBugCheckCallback is missing", name,
            callbacks);
    return count + callbacks;
}

/* Reports and takes away what the driver left, but for pool; returns how many things. */
static ULONG take_away_leftovers(PDRIVER_OBJECT driver)
{
    char name[96];
    struct iop_driver_extension *extension = iop_driver_extension(driver);
    iop_driver_name(driver, name, sizeof name);
    ULONG count = take_away_links(driver, name);
    count += take_away_devices(driver, name);
    count += take_away_routines(driver, name);
    count += ps_report_left(extension->ImageBase, extension->ImageSize, name);
    count += etw_report_left(extension->ImageBase, extension->ImageSize, name);
    count += cm_report_left(extension->ImageBase, extension->ImageSize, name);
    return count + ob_report_left(extension->ImageBase, extension->ImageSize, name);
}

/* --- taking the driver away --- */

static void remove_object(PDRIVER_OBJECT driver)
{
    struct iop_driver *record = iop_driver_extension(driver)->Record;
    if (record) {
        iop_acquire(&IOP->drivers_lock);
        record->Object = NULL;
        record->Leaving = TRUE;
        iop_release(&IOP->drivers_lock);
    }
    IopForgetReinitialization(driver);
    ObMakeTemporaryObject(driver);
    ObpDereferenceObject(driver);
}

/* After a DriverEntry that failed. */
void IopDiscardDriver(PDRIVER_OBJECT driver)
{
    if (!iop_driver_extension(driver)->Builtin) {
        struct ps_system_scope scope = ps_enter_system();
        take_away_leftovers(driver);
        ps_leave_system(scope);
        MmReportDriverPool(driver); /* bug check 0xC4/0x62 */
    }
    remove_object(driver);
}

static void run_unload(void *context)
{
    PDRIVER_OBJECT driver = context;
    driver->DriverUnload(driver);
}

static void unload(PDRIVER_OBJECT driver)
{
    PDRIVER_UNLOAD routine = driver->DriverUnload;
    GATE_NOTE(NOTE_DRIVER_UNLOADING, driver);
    struct ps_system_scope scope = ps_enter_system();
    KiCallOnNewStack(KiCurrentThread(), run_unload, driver);
    ps_leave_system(scope);
    /* First: a timer that has expired since is not set any more, and its DPC is among those waited for. */
    struct iop_driver_extension *extension = iop_driver_extension(driver);
    KiCheckTimers(extension->ImageBase, extension->ImageSize, (void *)routine);
    if (!IopWaitForWorkItemsOf(driver)) {
        char name[96];
        iop_driver_name(driver, name, sizeof name);
        machine_violation("%s: a work item has not returned after DriverUnload; the driver stays loaded",
                          name);
        return;
    }
    /* As NT: a DPC of the driver may still be on its way out, about to free what it works on. */
    KeFlushQueuedDpcs();
    ULONG count = take_away_leftovers(driver);
    /* Driver Verifier's bug check for a driver that did not free all its pool: name, driver, how many. */
    if (!count)
        MmReportDriverPool(driver);
    else
        KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x62, (ULONG_PTR)&driver->DriverName,
                   (ULONG_PTR)driver, count, (void *)routine);
    remove_object(driver);
}

enum { UNLOAD_NONE, UNLOAD_WANTED, UNLOAD_STARTED };

void IopCheckUnload(PDRIVER_OBJECT driver)
{
    struct iop_driver_extension *extension = iop_driver_extension(driver);
    if (__atomic_load_n(&extension->UnloadState, __ATOMIC_RELAXED) != UNLOAD_WANTED)
        return;
    iop_lock_database();
    BOOLEAN due = extension->UnloadState == UNLOAD_WANTED;
    for (PDEVICE_OBJECT device = driver->DeviceObject; device && due; device = device->NextDevice)
        due = device->ReferenceCount == 0 && !device->AttachedDevice;
    if (due) {
        __atomic_store_n(&extension->UnloadState, UNLOAD_STARTED, __ATOMIC_RELAXED);
        driver->Flags |= DRVO_UNLOAD_INVOKED;
    }
    iop_unlock_database();
    if (due)
        unload(driver);
}

static NTSTATUS want_unload(PDRIVER_OBJECT driver)
{
    struct iop_driver_extension *extension = iop_driver_extension(driver);
    if (!driver->DriverUnload)
        return STATUS_INVALID_DEVICE_REQUEST;
    iop_lock_database();
    BOOLEAN again = extension->UnloadState != UNLOAD_NONE;
    if (!again) {
        __atomic_store_n(&extension->UnloadState, UNLOAD_WANTED, __ATOMIC_RELAXED);
        for (PDEVICE_OBJECT device = driver->DeviceObject; device; device = device->NextDevice)
            iop_device(device)->ExtensionFlags |= DOE_UNLOAD_PENDING;
    }
    iop_unlock_database();
    if (again)
        return STATUS_INVALID_DEVICE_REQUEST;
    IopCheckUnload(driver);
    return STATUS_SUCCESS;
}

NTSTATUS IopUnloadDriver(PCUNICODE_STRING service)
{
    PDRIVER_OBJECT driver = IopReferenceDriver(service);
    if (!driver)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    NTSTATUS status = want_unload(driver);
    ObpDereferenceObject(driver);
    return status;
}

/* --- the machine stops --- */

/* One that cannot be unloaded stays loaded until the power goes: nothing that it holds is a leak. */
static void abandon_driver(PDRIVER_OBJECT driver)
{
    PDEVICE_OBJECT device;
    struct iop_link *link;
    iop_lock_database();
    __atomic_store_n(&iop_driver_extension(driver)->UnloadState, UNLOAD_STARTED,
                     __ATOMIC_RELAXED); /* it is not called any more */
    iop_unlock_database();
    while ((link = take_link_of(driver)) != NULL) {
        IoDeleteSymbolicLink(&link->Name);
        free(link);
    }
    while ((device = first_undeleted(driver)) != NULL) {
        if (iop_device(device)->AttachedTo)
            IoDetachDevice(iop_device(device)->AttachedTo);
        IoDeleteDevice(device);
        ObpDereferenceObject(device);
    }
    if (!iop_driver_extension(driver)->Builtin)
        MmForgiveDriverPool(driver);
    remove_object(driver);
}

static PDRIVER_OBJECT first_driver(void)
{
    iop_acquire(&IOP->drivers_lock);
    struct iop_driver *record = IOP->drivers; /* the one loaded last comes first */
    while (record && !record->Object)
        record = record->Next;
    PDRIVER_OBJECT driver = record ? record->Object : NULL;
    if (driver)
        ObpReferenceObject(driver);
    iop_release(&IOP->drivers_lock);
    return driver;
}

/* Whether a file is open on any device of a driver with an image. */
static BOOLEAN any_open(void)
{
    BOOLEAN open = FALSE;
    iop_acquire(&IOP->drivers_lock);
    iop_lock_database();
    for (struct iop_driver *record = IOP->drivers; record && !open; record = record->Next)
        for (PDEVICE_OBJECT device = record->Object ? record->Object->DeviceObject : NULL; device && !open;
             device = device->NextDevice)
            open = device->ReferenceCount != 0;
    iop_unlock_database();
    iop_release(&IOP->drivers_lock);
    return open;
}

/*
 * The handles are closed and the requests cancelled, but a thread that waited for one may still be on its way
 * out with its reference to the file.
 */
static void wait_for_files(void)
{
    LARGE_INTEGER pause = {.QuadPart = -10000};
    for (int i = 0; i < 2000 && any_open(); i++)
        KeDelayExecutionThread(KernelMode, FALSE, &pause);
}

static LONG unload_state(PDRIVER_OBJECT driver)
{
    return __atomic_load_n(&iop_driver_extension(driver)->UnloadState, __ATOMIC_RELAXED);
}

/* Whoever closed the driver's last file is unloading it. FALSE: its DriverUnload does not come back. */
static BOOLEAN wait_for_unload(PDRIVER_OBJECT driver)
{
    struct iop_driver *record = iop_driver_extension(driver)->Record;
    LARGE_INTEGER pause = {.QuadPart = -10000};
    for (int i = 0; i < 10000; i++) {
        iop_acquire(&IOP->drivers_lock);
        BOOLEAN gone = record->Object != driver;
        iop_release(&IOP->drivers_lock);
        if (gone)
            return TRUE;
        KeDelayExecutionThread(KernelMode, FALSE, &pause);
    }
    return FALSE;
}

/* Which device keeps a driver from being unloaded, and how. */
static void report_busy(PDRIVER_OBJECT driver, const char *name)
{
    iop_lock_database();
    PDEVICE_OBJECT device = driver->DeviceObject;
    while (device && device->ReferenceCount == 0 && !device->AttachedDevice)
        device = device->NextDevice;
    bool attached = device && device->AttachedDevice;
    LONG references = device ? device->ReferenceCount : 0;
    if (device)
        ObpReferenceObject(device);
    iop_unlock_database();
    char text[128] = "";
    if (device)
        to_text(ObGetObjectName(device), text, sizeof text);
    machine_violation("%s cannot be unloaded: its device %p%s%s %s (ReferenceCount %d)", name, (void *)device,
                      *text ? " named " : "", text,
                      attached ? "still has another one attached to it: IoDetachDevice is missing"
                               : "is still open or referenced",
                      references);
    if (device)
        ObpDereferenceObject(device);
}

/* At the machine's end. */
static void unload_last(PDRIVER_OBJECT driver)
{
    char name[96];
    iop_driver_name(driver, name, sizeof name);
    IopCheckUnload(driver); /* wanted already, and its last file has just been closed */
    if (driver->DriverUnload && unload_state(driver) == UNLOAD_NONE)
        want_unload(driver);
    switch (unload_state(driver)) {
    case UNLOAD_STARTED:
        if (wait_for_unload(driver))
            return;
        machine_violation("%s: DriverUnload has not returned", name);
        break;
    case UNLOAD_WANTED:
        report_busy(driver, name);
        break;
    }
    abandon_driver(driver);
}

void IopUnloadAllDrivers(void)
{
    PDRIVER_OBJECT driver;
    wait_for_files();
    while ((driver = first_driver()) != NULL) {
        unload_last(driver);
        ObpDereferenceObject(driver);
    }
}

/* --- the services --- */

/* The last component of a captured registry path, \Registry\Machine\System\CurrentControlSet\Services\<name>.
 */
static NTSTATUS capture_service(PUNICODE_STRING path, KPROCESSOR_MODE mode, PUNICODE_STRING copy,
                                PUNICODE_STRING service)
{
    UNICODE_STRING given;
    if (mode != KernelMode) {
        NTSTATUS status = MmProbe(path, sizeof *path, sizeof(ULONG), false);
        if (!NT_SUCCESS(status))
            return status;
    }
    NTSTATUS status = MmCopyFromMode(&given, path, sizeof given, mode);
    if (!NT_SUCCESS(status))
        return status;
    if (given.Length == 0 || given.Length % sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    copy->Buffer = MmAllocateSystemPool(given.Length, IOP_TAG_NAME);
    if (!copy->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    copy->Length = copy->MaximumLength = given.Length;
    status = MmCopyFromMode(copy->Buffer, given.Buffer, given.Length, mode);
    if (!NT_SUCCESS(status)) {
        MmFreeSystemPool(copy->Buffer);
        return status;
    }
    USHORT at = copy->Length / sizeof(WCHAR);
    while (at > 0 && copy->Buffer[at - 1] != L'\\')
        at--;
    service->Buffer = copy->Buffer + at;
    service->Length = service->MaximumLength = (USHORT)(copy->Length - at * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

SERVICE(LoadDriver, (PUNICODE_STRING DriverServiceName), (DriverServiceName))
{
    UNICODE_STRING copy, service;
    NTSTATUS status = capture_service(DriverServiceName, KiPreviousMode(), &copy, &service);
    if (!NT_SUCCESS(status))
        return status;
    status = IopLoadDriver(&service);
    MmFreeSystemPool(copy.Buffer);
    return status;
}

SERVICE(UnloadDriver, (PUNICODE_STRING DriverServiceName), (DriverServiceName))
{
    UNICODE_STRING copy, service;
    NTSTATUS status = capture_service(DriverServiceName, KiPreviousMode(), &copy, &service);
    if (!NT_SUCCESS(status))
        return status;
    status = IopUnloadDriver(&service);
    MmFreeSystemPool(copy.Buffer);
    return status;
}

/* --- the test side --- */

static NTSTATUS by_name(const char *name, NTSTATUS (*routine)(PCUNICODE_STRING))
{
    WCHAR buffer[64];
    USHORT length = 0;
    while (name[length] && length < 64) {
        buffer[length] = (UCHAR)name[length];
        length++;
    }
    UNICODE_STRING service = {length * sizeof(WCHAR), length * sizeof(WCHAR), buffer};
    PKTHREAD thread = KiCurrentThread();
    BOOLEAN was = KiEnterService(thread);
    NTSTATUS status = routine(&service);
    KiLeaveService(thread, was);
    return status;
}

NTIO_API int32_t ntio_load_driver(const char *name)
{
    return by_name(name, IopLoadDriver);
}

NTIO_API int32_t ntio_unload_driver(const char *name)
{
    return by_name(name, IopUnloadDriver);
}
