/*
 * The I/O manager's start and stop, and its object types.
 */
#include "iop.h"

#include "../components.h"

POBJECT_TYPE IopDeviceObjectType, IopDriverObjectType, IopFileObjectType;
/* What a driver imports: the addresses of NT's variables. */
POBJECT_TYPE *IoDeviceObjectType = &IopDeviceObjectType;
POBJECT_TYPE *IoDriverObjectType = &IopDriverObjectType;
POBJECT_TYPE *IoFileObjectType = &IopFileObjectType;

static NTSTATUS opened(OB_OPEN_REASON reason, PEPROCESS process, PVOID object, ACCESS_MASK granted,
                       ULONG handles)
{
    (void)process, (void)granted, (void)handles;
    if (reason != ObDuplicateHandle)
        ((PFILE_OBJECT)object)->Flags |= FO_HANDLE_CREATED;
    return STATUS_SUCCESS;
}

static void create_types(void)
{
    static const OB_TYPE_INITIALIZER device = {
        .Name = L"Device",
        .GenericMapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS},
        .ValidAccessMask = FILE_ALL_ACCESS,
        .InvalidAttributes = OBJ_OPENLINK,
        .UseDefaultObject = TRUE,
        .DefaultObjectOffset = -1,
        .CaseInsensitive = TRUE,
        .DeleteProcedure = IopDeleteDeviceMethod,
        .SpareProcedure = IopIsDeviceSpare,
        .ParseProcedure = IopParseDevice,
    };
    static const OB_TYPE_INITIALIZER driver = {
        .Name = L"Driver",
        .GenericMapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS},
        .ValidAccessMask = FILE_ALL_ACCESS,
        .InvalidAttributes = OBJ_OPENLINK,
        .UseDefaultObject = TRUE,
        .DefaultObjectOffset = -1,
        .CaseInsensitive = TRUE,
        .DeleteProcedure = IopDeleteDriverMethod,
    };
    static const OB_TYPE_INITIALIZER file = {
        .Name = L"File",
        .GenericMapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS},
        .ValidAccessMask = FILE_ALL_ACCESS,
        .InvalidAttributes = OBJ_PERMANENT | OBJ_EXCLUSIVE | OBJ_OPENLINK,
        .DefaultObjectOffset = FIELD_OFFSET(FILE_OBJECT, Event),
        .CaseInsensitive = TRUE,
        .Holdable = TRUE,
        .OwnSecurity = TRUE,
        .OpenProcedure = opened,
        .CloseProcedure = IopCloseFileMethod,
        .DeleteProcedure = IopDeleteFileMethod,
        .ParseProcedure = IopParseFile,
        .QueryNameProcedure = IopQueryNameMethod,
        .SecurityProcedure = IopSecurityMethod,
    };
    ObCreateObjectType(&device, &IopDeviceObjectType);
    ObCreateObjectType(&driver, &IopDriverObjectType);
    ObCreateObjectType(&file, &IopFileObjectType);
    IopCreatePortType();
}

void io_start(void)
{
    struct iop_state *io = calloc(1, sizeof *io);
    if (!io)
        host_abort();
    ntio_machine.io = io;
    io->caching = !IOP_KNOWN_BLOCKS && ntio_machine.verifier != VERIFIER_FULL && !ntio_machine.special_pool;
    if (!io->caching)
        atomic_fetch_or(&ntio_machine.watch, WATCH_COMPLETED);
    KeInitializeSpinLock(&io->cancel_lock);
    KeInitializeSpinLock(&io->vpb_lock);
    InitializeListHead(&io->file_systems);
    RtlInitUnicodeString(&io->hardware_database, L"\\REGISTRY\\MACHINE\\HARDWARE\\DESCRIPTION\\SYSTEM");
    io->configuration.Version = sizeof(CONFIGURATION_INFORMATION);
    create_types();
    ps_set_thread_rundown(IopThreadRundown);
    struct ps_system_scope scope = ps_enter_system();
    IopStartFileSystem();
    IopStartPipes();
    ps_leave_system(scope);
}

/* The client's threads end, with the requests that they wait for. */
void io_end_clients(void)
{
    if (gate_watched() & WATCH_CRASHED)
        return;
    struct ps_system_scope scope = ps_enter_system();
    ps_end_processes();
    ps_doom_client_threads();
    IopCancelRequests(NULL, NULL, NULL, NULL);
    ps_await_client_threads();
    ps_leave_system(scope);
}

/* Threads report theirs when they end. */
static BOOLEAN requests_are_out(void)
{
    BOOLEAN out = FALSE;
    iop_acquire(&IOP->caches_lock);
    for (struct iop_thread_cache *cache = IOP->caches; cache && !out; cache = cache->Next) {
        iop_acquire(&cache->Thread->IrpListLock);
        out = !IsListEmpty(&cache->Thread->IrpList) || atomic_load(&cache->Slot);
        iop_release(&cache->Thread->IrpListLock);
    }
    iop_release(&IOP->caches_lock);
    return out;
}

/* The client is gone, the drivers have answered it for the last time; what they still hold now is never given
 * back. */
static void take_down(void *context)
{
    (void)context;
    IOP->stopping = TRUE;
    IopCancelRequests(NULL, NULL, NULL, NULL);
    ps_close_client_handles();
    if (!requests_are_out())
        MmCheckLockedPages(ps_client_process());
    IopShutdownDevices();
    IopUnloadAllDrivers();
    IopWaitForWorkItems();
    ob_close_kernel_handles(*IoFileObjectType); /* drivers close theirs when they are unloaded */
    IopStopPipes();
    IopStopFileSystem();
    KeFlushQueuedDpcs(); /* one may still be on its way out of IoCompleteRequest, with its thread's cache */
    ob_settle();         /* the reaper may be deleting a driver object, with its image */
    while (IOP->caches)
        IopThreadRundown(IOP->caches->Thread);
}

static void stop_orderly(void)
{
    struct ps_system_scope scope = ps_enter_system();
    KiCallOnKernelStack(KiCurrentThread(), take_down, NULL);
    ps_leave_system(scope);
}

/* After a bug check nothing but the library's own memory is touched; pool goes with its ranges. */
static void free_remains(void)
{
    struct iop_state *io = IOP;
    iop_forget_links();
    IopForgetActivities();
    IopFreeFileSystem();
    IopFreeVolumes();
    IopFreeCompleted();
    while (io->shutdown) {
        struct iop_shutdown *entry = io->shutdown;
        io->shutdown = entry->Next;
        free(entry);
    }
    while (io->reinits) {
        struct iop_reinit *entry = io->reinits;
        io->reinits = entry->Next;
        free(entry);
    }
    while (io->caches) {
        struct iop_thread_cache *cache = io->caches;
        io->caches = cache->Next;
        cache->Thread->IrpCache = NULL;
        free(cache);
    }
    while (io->drivers) {
        bool trusted = !(gate_watched() & WATCH_CRASHED);
        if (trusted)
            iop_acquire(&io->drivers_lock); /* a driver's own thread may just be deleting it */
        struct iop_driver *record = io->drivers;
        struct host_image *image = record ? record->Image : NULL;
        if (record)
            io->drivers = record->Next;
        free(record);
        if (trusted)
            iop_release(&io->drivers_lock);
        if (image)
            host_image_close(image);
    }
}

void io_stop(void)
{
    if (!ntio_machine.io)
        return;
    if (!(gate_watched() & WATCH_CRASHED))
        stop_orderly();
    free_remains();
    ps_set_thread_rundown(NULL);
    IopFreeErrorLog();
    free(ntio_machine.io);
    ntio_machine.io = NULL;
    IopDeviceObjectType = IopDriverObjectType = IopFileObjectType = NULL;
}

/* How many disks, ports, ... drivers have found so far: they count them here themselves. (WDK:
 * IoGetConfigurationInformation) */
PCONFIGURATION_INFORMATION NTAPI IoGetConfigurationInformation(VOID)
{
    GATE(IoGetConfigurationInformation);
    return &IOP->configuration;
}

/* WDM 6.0, that of every Windows since Vista, and what was before. (WDK: IoIsWdmVersionAvailable) */
BOOLEAN NTAPI IoIsWdmVersionAvailable(UCHAR MajorVersion, UCHAR MinorVersion)
{
    GATE(IoIsWdmVersionAvailable, MajorVersion, MinorVersion);
    return MajorVersion < 6 || (MajorVersion == 6 && MinorVersion == 0);
}
