/*
 * Driver objects: loading an image, calling DriverEntry, and what a driver may keep with its object.
 */
#include "iop.h"

#include "../cm/cm.h"

#include <stdio.h>
#include <strings.h>

#include <ntio_image.h>

/* --- names --- */

/* prefix + name, in system pool, terminated. */
static NTSTATUS join(const WCHAR *prefix, PCUNICODE_STRING name, PUNICODE_STRING result)
{
    UNICODE_STRING head;
    RtlInitUnicodeString(&head, prefix);
    ULONG length = (ULONG)head.Length + name->Length;
    if (length + sizeof(WCHAR) > 0xFFFE)
        return STATUS_NAME_TOO_LONG;
    result->Buffer = MmAllocateSystemPool(length + sizeof(WCHAR), IOP_TAG_NAME);
    if (!result->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    result->Length = (USHORT)length;
    result->MaximumLength = (USHORT)(length + sizeof(WCHAR));
    memcpy(result->Buffer, head.Buffer, head.Length);
    memcpy((PUCHAR)result->Buffer + head.Length, name->Buffer, name->Length);
    result->Buffer[length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

/* The service name as ASCII; images are registered under such names. */
static NTSTATUS narrow(PCUNICODE_STRING name, char *text, size_t size)
{
    size_t length = name->Length / sizeof(WCHAR);
    if (length == 0 || length >= size)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    for (size_t i = 0; i < length; i++) {
        if (name->Buffer[i] < 0x20 || name->Buffer[i] > 0x7E)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        text[i] = (char)name->Buffer[i];
    }
    text[length] = 0;
    return STATUS_SUCCESS;
}

void iop_driver_name(PDRIVER_OBJECT driver, char *text, size_t size)
{
    size_t length = driver->DriverName.Length / sizeof(WCHAR), i;
    for (i = 0; i < length && i + 1 < size; i++)
        text[i] = (char)driver->DriverName.Buffer[i];
    text[i] = 0;
}

/* --- the records --- */

PDRIVER_OBJECT IopReferenceDriver(PCUNICODE_STRING service)
{
    char text[64];
    if (!NT_SUCCESS(narrow(service, text, sizeof text)))
        return NULL;
    PDRIVER_OBJECT driver = NULL;
    iop_acquire(&IOP->drivers_lock);
    for (struct iop_driver *record = IOP->drivers; record && !driver; record = record->Next)
        if (record->Object && strcasecmp(record->Name, text) == 0)
            driver = record->Object;
    if (driver)
        ObpReferenceObject(driver);
    iop_release(&IOP->drivers_lock);
    return driver;
}

BOOLEAN IopIsDriverLoaded(PCUNICODE_STRING service)
{
    PDRIVER_OBJECT driver = IopReferenceDriver(service);
    if (driver)
        ObpDereferenceObject(driver);
    return driver != NULL;
}

/* Reserves the name; NULL: it is taken, or no memory (*status says which). */
static struct iop_driver *reserve(const char *name, NTSTATUS *status)
{
    struct iop_driver *record = calloc(1, sizeof *record);
    *status = STATUS_INSUFFICIENT_RESOURCES;
    if (!record)
        return NULL;
    snprintf(record->Name, sizeof record->Name, "%s", name);
    iop_acquire(&IOP->drivers_lock);
    BOOLEAN taken = FALSE;
    for (struct iop_driver *other = IOP->drivers; other && !taken; other = other->Next)
        taken = !other->Leaving && strcasecmp(other->Name, name) == 0;
    if (!taken) {
        record->Next = IOP->drivers;
        IOP->drivers = record;
    }
    iop_release(&IOP->drivers_lock);
    if (!taken)
        return record;
    free(record);
    *status = STATUS_IMAGE_ALREADY_LOADED;
    return NULL;
}

/* Returns the image, which nobody else closes now; NULL: there is none, or the machine's stop has taken the
 * record already. */
static struct host_image *drop_record(struct iop_driver *record)
{
    struct host_image *image = NULL;
    if (!IOP)
        return NULL;
    iop_acquire(&IOP->drivers_lock);
    struct iop_driver **link = &IOP->drivers;
    while (*link && *link != record)
        link = &(*link)->Next;
    if (*link) {
        *link = record->Next;
        image = record->Image;
        free(record);
    }
    iop_release(&IOP->drivers_lock);
    return image;
}

/* --- the object --- */

void IopDeleteDriverMethod(PVOID object)
{
    PDRIVER_OBJECT driver = object;
    struct iop_driver_extension *extension = iop_driver_extension(driver);
    struct iop_driver *record = extension->Record;
    for (struct iop_client_extension *client = extension->Clients; client;) {
        struct iop_client_extension *next = client->Next;
        MmFreeSystemPool(client);
        client = next;
    }
    if (driver->DriverName.Buffer)
        MmFreeSystemPool(driver->DriverName.Buffer);
    if (extension->Public.ServiceKeyName.Buffer)
        MmFreeSystemPool(extension->Public.ServiceKeyName.Buffer);
    if (driver->DriverSection)
        MmFreeSystemPool(driver->DriverSection);
    GATE_NOTE(NOTE_DRIVER_UNLOADED, driver);
    /* As NT before it unmaps an image: a DPC of the driver may still be on its way out. */
    if (extension->ImageBase && !(gate_watched() & WATCH_CRASHED))
        KeFlushQueuedDpcs();
    if (extension->ImageBase)
        mm_remove_image(extension->ImageBase);
    struct host_image *image = record ? drop_record(record) : NULL;
    if (image)
        host_image_close(image);
}

static void set_defaults(PDRIVER_OBJECT driver)
{
    struct iop_driver_extension *extension = (struct iop_driver_extension *)(driver + 1);
    driver->Type = IO_TYPE_DRIVER;
    driver->Size = sizeof(DRIVER_OBJECT);
    driver->Flags = DRVO_LEGACY_DRIVER;
    driver->DriverExtension = &extension->Public;
    extension->Public.DriverObject = driver;
    driver->HardwareDatabase = &IOP->hardware_database;
    for (int i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        driver->MajorFunction[i] = IopInvalidDeviceRequest;
}

/* A permanent driver object of that full name (\Driver\X) with one reference. */
static NTSTATUS create_object(PUNICODE_STRING name, PDRIVER_OBJECT *result)
{
    OBJECT_ATTRIBUTES attributes;
    PDRIVER_OBJECT driver;
    InitializeObjectAttributes(&attributes, name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               NULL, NULL);
    NTSTATUS status =
        ObCreateObject(KernelMode, IopDriverObjectType, &attributes, KernelMode, NULL,
                       sizeof(DRIVER_OBJECT) + sizeof(struct iop_driver_extension), 0, 0, (PVOID *)&driver);
    if (!NT_SUCCESS(status))
        return status;
    set_defaults(driver);
    *result = driver;
    return STATUS_SUCCESS;
}

static void make_devices_ready(PDRIVER_OBJECT driver)
{
    iop_lock_database();
    driver->Flags |= DRVO_INITIALIZED;
    for (PDEVICE_OBJECT device = driver->DeviceObject; device; device = device->NextDevice)
        device->Flags &= ~DO_DEVICE_INITIALIZING;
    iop_unlock_database();
}

struct entry_call {
    PDRIVER_OBJECT driver;
    PUNICODE_STRING registry_path;
    NTSTATUS status;
};

static void run_entry(void *context)
{
    struct entry_call *call = context;
    call->status = call->driver->DriverInit(call->driver, call->registry_path);
}

static NTSTATUS call_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    GATE_NOTE(NOTE_DRIVER_LOADING, driver);
    struct ps_system_scope scope = ps_enter_system();
    struct entry_call call = {driver, registry_path, STATUS_SUCCESS};
    KiCallOnNewStack(KiCurrentThread(), run_entry, &call); /* on NT it runs in a thread of the system's */
    NTSTATUS status = call.status;
    ps_leave_system(scope);
    GATE_NOTE(NOTE_DRIVER_LOADED, driver, status);
    for (int i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        if (!driver->MajorFunction[i])
            driver->MajorFunction[i] = IopInvalidDeviceRequest;
    if (NT_SUCCESS(status))
        make_devices_ready(driver);
    return status;
}

static struct iop_reinit *take_reinit(PDRIVER_OBJECT driver)
{
    iop_lock_database();
    struct iop_reinit **link = &IOP->reinits;
    while (*link && driver && (*link)->Driver != driver)
        link = &(*link)->Next;
    struct iop_reinit *entry = *link;
    if (entry)
        *link = entry->Next;
    iop_unlock_database();
    return entry;
}

static void run_reinit(void *context)
{
    struct iop_reinit *entry = context;
    entry->Routine(entry->Driver, entry->Context, ++entry->Driver->DriverExtension->Count);
}

/* Each may register itself again. */
static void call_reinitialization(PDRIVER_OBJECT driver)
{
    struct iop_reinit *entry;
    while ((entry = take_reinit(driver)) != NULL) {
        struct ps_system_scope scope = ps_enter_system();
        KiCallOnKernelStack(KiCurrentThread(), run_reinit, entry);
        ps_leave_system(scope);
        free(entry);
    }
}

void IopForgetReinitialization(PDRIVER_OBJECT driver)
{
    struct iop_reinit *entry;
    while ((entry = take_reinit(driver)) != NULL)
        free(entry);
}

/* --- loading --- */

static NTSTATUS open_image(const char *name, struct iop_driver *record, const struct ntio_image **image)
{
    char error[512] = "";
    const char *path = machine_image_path(name);
    if (!path)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    record->Image = host_image_open(path, error, sizeof error);
    *image = record->Image ? host_image_symbol(record->Image, NTIO_IMAGE_SYMBOL) : NULL;
    if (*image && (*image)->version == NTIO_IMAGE_VERSION) {
        uintptr_t low, end;
        if ((*image)->fence && host_program_code(&low, &end))
            *(*image)->fence = (struct ntio_image_fence){low, end};
        return STATUS_SUCCESS;
    }
    char text[1024];
    int length = snprintf(text, sizeof text, "ntio: cannot load the driver %s from %s: %s\n", name, path,
                          record->Image ? "it is no driver image, or another version's" : error);
    machine_log(text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
    if (record->Image)
        host_image_close(record->Image);
    record->Image = NULL;
    return STATUS_INVALID_IMAGE_FORMAT;
}

/* Makes the object, enters it and gives it the image; from here on its deletion takes care of record and
 * image. */
static NTSTATUS create_driver(PCUNICODE_STRING service, struct iop_driver *record,
                              const struct ntio_image *image, PDRIVER_OBJECT *result)
{
    UNICODE_STRING name;
    PDRIVER_OBJECT driver;
    NTSTATUS status = join(L"\\Driver\\", service, &name);
    if (!NT_SUCCESS(status))
        return status;
    status = create_object(&name, &driver);
    if (!NT_SUCCESS(status)) {
        MmFreeSystemPool(name.Buffer);
        return status;
    }
    struct iop_driver_extension *extension = iop_driver_extension(driver);
    driver->DriverName = name;
    status = join(L"", service, &extension->Public.ServiceKeyName);
    if (NT_SUCCESS(status)) {
        host_image_range(record->Image, &extension->ImageBase, &extension->ImageSize);
        driver->DriverStart = extension->ImageBase;
        driver->DriverSize = (ULONG)extension->ImageSize;
        driver->DriverInit = (PDRIVER_INITIALIZE)image->entry;
        mm_add_image(extension->ImageBase, extension->ImageSize, driver);
        extension->Record = record;
        status = IopDescribeImage(driver, service);
    }
    if (!NT_SUCCESS(status)) {
        ObpDereferenceObject(driver);
        return status;
    }
    status = ObInsertObject(driver, NULL, 0, 0, NULL, NULL);
    if (!NT_SUCCESS(status))
        return status; /* the object is gone, and record and image with it */
    iop_acquire(&IOP->drivers_lock);
    record->Object = driver;
    iop_release(&IOP->drivers_lock);
    *result = driver;
    return STATUS_SUCCESS;
}

NTSTATUS IopLoadDriver(PCUNICODE_STRING service)
{
    char name[64];
    NTSTATUS status = narrow(service, name, sizeof name);
    if (!NT_SUCCESS(status))
        return status;
    struct iop_driver *record = reserve(name, &status);
    if (!record)
        return status;
    const struct ntio_image *image;
    status = open_image(name, record, &image);
    if (!NT_SUCCESS(status)) {
        drop_record(record);
        return status;
    }
    UNICODE_STRING registry_path;
    status = join(CM_SERVICES, service, &registry_path);
    if (NT_SUCCESS(status) && !NT_SUCCESS(status = IopMakeServiceKey(&registry_path, service)))
        MmFreeSystemPool(registry_path.Buffer);
    if (!NT_SUCCESS(status)) {
        host_image_close(record->Image);
        drop_record(record);
        return status;
    }
    PDRIVER_OBJECT driver = NULL;
    status = create_driver(service, record, image, &driver);
    if (NT_SUCCESS(status))
        IopTellImage(driver);
    if (NT_SUCCESS(status))
        status = call_entry(driver, &registry_path);
    MmFreeSystemPool(registry_path.Buffer);
    if (NT_SUCCESS(status))
        call_reinitialization(driver);
    else if (driver)
        IopDiscardDriver(driver);
    return status;
}

static NTSTATUS create_builtin(PUNICODE_STRING name, PDRIVER_INITIALIZE entry, PDRIVER_OBJECT *result)
{
    PDRIVER_OBJECT driver;
    NTSTATUS status = create_object(name, &driver);
    if (!NT_SUCCESS(status))
        return status;
    iop_driver_extension(driver)->Builtin = TRUE;
    driver->Flags = DRVO_BUILTIN_DRIVER;
    driver->DriverInit = entry;
    status = join(L"", name, &driver->DriverName);
    if (!NT_SUCCESS(status)) {
        ObpDereferenceObject(driver);
        return status;
    }
    status = ObInsertObject(driver, NULL, 0, 0, NULL, NULL); /* a failure drops the reference */
    if (!NT_SUCCESS(status))
        return status;
    *result = driver;
    return STATUS_SUCCESS;
}

/* One without an image, whose code is the caller's. */
NTSTATUS IopCreateBuiltinDriver(PUNICODE_STRING Name, PDRIVER_INITIALIZE Entry, PDRIVER_OBJECT *Driver)
{
    NTSTATUS status = create_builtin(Name, Entry, Driver);
    if (!NT_SUCCESS(status))
        return status;
    status = call_entry(*Driver, NULL);
    if (!NT_SUCCESS(status))
        IopDiscardDriver(*Driver);
    return status;
}

/* Requests about a file say which: a driver that builds its own has to set FileObject. */
NTSTATUS IopServeBuiltin(PIRP irp, iop_routine *const routines[IRP_MJ_MAXIMUM_FUNCTION + 1])
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG_PTR information = 0;
    NTSTATUS status = stack->FileObject ? routines[stack->MajorFunction](irp, stack, &information)
                                        : STATUS_INVALID_DEVICE_REQUEST;
    if (status == STATUS_PENDING)
        return status;
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IopCompleteRequest(irp, IO_NO_INCREMENT, NULL);
    return status;
}

/*
 * Makes a driver object of that full name, or of one made up, and calls InitializationFunction as its
 * DriverEntry, without a registry path. STATUS_OBJECT_NAME_COLLISION. IRQL PASSIVE_LEVEL. Exported by NT, not
 * documented.
 */
NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING DriverName, PDRIVER_INITIALIZE InitializationFunction)
{
    GATE(IoCreateDriver, DriverName, InitializationFunction);
    WCHAR buffer[32];
    UNICODE_STRING made_up;
    PDRIVER_OBJECT driver;
    if (!DriverName) {
        char text[32];
        ULONG number = __atomic_add_fetch(&IOP->autogenerated, 1, __ATOMIC_RELAXED);
        int length = snprintf(text, sizeof text, "\\Driver\\%08u", number);
        for (int i = 0; i <= length; i++)
            buffer[i] = (WCHAR)text[i];
        RtlInitUnicodeString(&made_up, buffer);
        DriverName = &made_up;
    }
    struct iop_driver *record = calloc(1, sizeof *record); /* so that the machine's stop finds it */
    if (!record)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = IopCreateBuiltinDriver(DriverName, InitializationFunction, &driver);
    if (!NT_SUCCESS(status)) {
        free(record);
        return status;
    }
    iop_driver_extension(driver)->Record = record;
    record->Object = driver;
    iop_acquire(&IOP->drivers_lock);
    record->Next = IOP->drivers;
    IOP->drivers = record;
    iop_release(&IOP->drivers_lock);
    return STATUS_SUCCESS;
}

/* Takes away a driver made by IoCreateDriver; its devices it has deleted itself. Exported by NT, not
 * documented. */
VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT DriverObject)
{
    GATE(IoDeleteDriver, DriverObject);
    IopDiscardDriver(DriverObject);
}

/* --- what a driver keeps with its object --- */

/*
 * A zeroed block that belongs to the driver object, found again by ClientIdentificationAddress and freed with
 * the driver. STATUS_OBJECT_NAME_COLLISION when that address has one. (WDK: IoAllocateDriverObjectExtension)
 */
NTSTATUS NTAPI IoAllocateDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress,
                                               ULONG DriverObjectExtensionSize, PVOID *DriverObjectExtension)
{
    GATE(IoAllocateDriverObjectExtension, DriverObject, ClientIdentificationAddress,
         DriverObjectExtensionSize);
    *DriverObjectExtension = NULL;
    if (GATE_FAILS(IoAllocateDriverObjectExtension))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct iop_client_extension *client =
        MmAllocateSystemPool(sizeof *client + (SIZE_T)DriverObjectExtensionSize, IOP_TAG_DRIVER);
    if (!client)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(client, 0, sizeof *client + DriverObjectExtensionSize);
    client->Identification = ClientIdentificationAddress;
    struct iop_driver_extension *extension = iop_driver_extension(DriverObject);
    iop_lock_database();
    struct iop_client_extension *other = extension->Clients;
    while (other && other->Identification != ClientIdentificationAddress)
        other = other->Next;
    if (!other) {
        client->Next = extension->Clients;
        extension->Clients = client;
    }
    iop_unlock_database();
    if (other) {
        MmFreeSystemPool(client);
        return STATUS_OBJECT_NAME_COLLISION;
    }
    *DriverObjectExtension = client->Data;
    return STATUS_SUCCESS;
}

/* The block, or NULL. (WDK: IoGetDriverObjectExtension) */
PVOID NTAPI IoGetDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress)
{
    GATE(IoGetDriverObjectExtension, DriverObject, ClientIdentificationAddress);
    iop_lock_database();
    struct iop_client_extension *client = iop_driver_extension(DriverObject)->Clients;
    while (client && client->Identification != ClientIdentificationAddress)
        client = client->Next;
    iop_unlock_database();
    return client ? client->Data : NULL;
}

static void register_reinitialization(PDRIVER_OBJECT driver, PDRIVER_REINITIALIZE routine, PVOID context)
{
    struct iop_reinit *entry = calloc(1, sizeof *entry);
    if (!entry)
        return;
    entry->Driver = driver;
    entry->Routine = routine;
    entry->Context = context;
    iop_lock_database();
    struct iop_reinit **link = &IOP->reinits;
    while (*link)
        link = &(*link)->Next;
    *link = entry;
    iop_unlock_database();
}

/* The routine is called once after a DriverEntry that succeeds, with how often that was. (WDK:
 * IoRegisterDriverReinitialization) */
VOID NTAPI IoRegisterDriverReinitialization(PDRIVER_OBJECT DriverObject,
                                            PDRIVER_REINITIALIZE DriverReinitializationRoutine, PVOID Context)
{
    GATE(IoRegisterDriverReinitialization, DriverObject, DriverReinitializationRoutine, Context);
    register_reinitialization(DriverObject, DriverReinitializationRoutine, Context);
}

/* As above: every driver here is loaded after the boot. (WDK: IoRegisterBootDriverReinitialization) */
VOID NTAPI IoRegisterBootDriverReinitialization(PDRIVER_OBJECT DriverObject,
                                                PDRIVER_REINITIALIZE DriverReinitializationRoutine,
                                                PVOID Context)
{
    GATE(IoRegisterBootDriverReinitialization, DriverObject, DriverReinitializationRoutine, Context);
    register_reinitialization(DriverObject, DriverReinitializationRoutine, Context);
}
