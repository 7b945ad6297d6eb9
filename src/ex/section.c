/*
 * Sections by handle: made in memory, on a file, or of physical memory; views of them for processes and for
 * the system.
 */
#include "sync.h"

#include "../ps/ps.h"

#define UNIT 0x10000u

struct section {
    struct mm_pages *pages;
    ULONG protect, attributes; /* PAGE_*, SEC_* */
    LARGE_INTEGER size;
    BOOLEAN physical;
};

POBJECT_TYPE *MmSectionObjectType;

static void deleted(PVOID object)
{
    struct section *section = object;
    if (section->pages)
        MmDereferencePages(section->pages);
}

/* --- what protections allow --- */

enum { READS = 1, WRITES = 2, EXECUTES = 4, COPIES = 8 };

/* 0: none that a section or a view can have. */
static unsigned rights_of(ULONG protect)
{
    switch (protect) {
    case PAGE_READONLY:
        return READS;
    case PAGE_READWRITE:
        return READS | WRITES;
    case PAGE_WRITECOPY:
        return READS | COPIES;
    case PAGE_EXECUTE:
        return EXECUTES;
    case PAGE_EXECUTE_READ:
        return READS | EXECUTES;
    case PAGE_EXECUTE_READWRITE:
        return READS | WRITES | EXECUTES;
    case PAGE_EXECUTE_WRITECOPY:
        return READS | COPIES | EXECUTES;
    default:
        return 0;
    }
}

/* A private copy is no more than reading. */
static BOOLEAN may_be_viewed(ULONG section, ULONG view)
{
    unsigned wanted = rights_of(view) & ~(unsigned)COPIES, has = rights_of(section);
    return (wanted & ~has) == 0;
}

static ACCESS_MASK access_for(ULONG protect)
{
    unsigned rights = rights_of(protect);
    return (rights & WRITES  ? SECTION_MAP_WRITE
            : rights & READS ? SECTION_MAP_READ
                             : 0) |
           (rights & EXECUTES ? SECTION_MAP_EXECUTE : 0);
}

/* --- making --- */

static void close_file(PVOID context)
{
    const struct mm_files *files = MmFiles();
    if (files)
        files->Close(context);
}

static NTSTATUS file_pages(HANDLE file, KPROCESSOR_MODE mode, ULONG protect, ULONGLONG *size,
                           struct mm_pages **pages)
{
    const struct mm_files *files = MmFiles();
    struct host_section *host;
    PVOID context;
    if (!files)
        return STATUS_INVALID_FILE_FOR_SECTION;
    NTSTATUS status = files->Open(file, protect, mode, size, &host, &context);
    if (!NT_SUCCESS(status))
        return status;
    status = MmCreateFilePages(host, *size, close_file, context, pages);
    if (!NT_SUCCESS(status))
        files->Close(context);
    return status;
}

static NTSTATUS check_attributes(ULONG attributes, ULONG protect, HANDLE file)
{
    const ULONG known =
        SEC_COMMIT | SEC_RESERVE | SEC_IMAGE | SEC_NOCACHE | SEC_LARGE_PAGES | SEC_FILE | 0x600000;
    ULONG kind = attributes & (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE);
    if (attributes & ~known || !kind || kind & (kind - 1))
        return STATUS_INVALID_PARAMETER_6;
    if (!rights_of(protect & ~(ULONG)(PAGE_NOCACHE | PAGE_WRITECOMBINE)))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (attributes & (SEC_IMAGE | SEC_LARGE_PAGES)) /* what we load are no images of Windows' */
        return attributes & SEC_IMAGE && !file ? STATUS_INVALID_FILE_FOR_SECTION : STATUS_NOT_SUPPORTED;
    return STATUS_SUCCESS;
}

/*
 * STATUS_INVALID_PARAMETER_4 for no size and no file; STATUS_MAPPED_FILE_SIZE_ZERO for an empty file;
 * STATUS_SECTION_TOO_BIG when it is to be larger than a file that cannot grow. Large pages and images
 * (SEC_IMAGE): STATUS_NOT_SUPPORTED. (WDK: ZwCreateSection)
 */
SERVICE(CreateSection,
        (PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         PLARGE_INTEGER MaximumSize, ULONG SectionPageProtection, ULONG AllocationAttributes,
         HANDLE FileHandle),
        (SectionHandle, DesiredAccess, ObjectAttributes, MaximumSize, SectionPageProtection,
         AllocationAttributes, FileHandle))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    LARGE_INTEGER size = {.QuadPart = 0};
    struct section *section;
    NTSTATUS status = check_attributes(AllocationAttributes, SectionPageProtection, FileHandle);
    if (NT_SUCCESS(status) && MaximumSize)
        status = MmCopyFromMode(&size, MaximumSize, sizeof size, mode);
    if (NT_SUCCESS(status) && (size.QuadPart < 0 || (!FileHandle && !size.QuadPart)))
        status = STATUS_INVALID_PARAMETER_4;
    if (NT_SUCCESS(status))
        status = ObCreateService(SectionHandle, mode, *MmSectionObjectType, ObjectAttributes, sizeof *section,
                                 (PVOID *)&section);
    if (!NT_SUCCESS(status))
        return status;
    ULONGLONG bytes = (ULONGLONG)size.QuadPart;
    status = FileHandle ? file_pages(FileHandle, mode, SectionPageProtection, &bytes, &section->pages)
                        : MmCreatePages(bytes, &section->pages);
    if (!NT_SUCCESS(status)) {
        ObpDereferenceObject(section);
        return status;
    }
    section->protect = SectionPageProtection & 0xFF;
    section->attributes = AllocationAttributes | (FileHandle ? SEC_FILE : 0);
    section->size.QuadPart =
        (LONGLONG)(FileHandle ? bytes : (bytes + PAGE_SIZE - 1) & ~(ULONGLONG)(PAGE_SIZE - 1));
    return ObInsertService(section, DesiredAccess, SectionHandle, mode);
}

SERVICE(OpenSection, (PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes),
        (SectionHandle, DesiredAccess, ObjectAttributes))
{
    return ObOpenService(SectionHandle, DesiredAccess, ObjectAttributes, *MmSectionObjectType);
}

SERVICE(QuerySection,
        (HANDLE SectionHandle, SECTION_INFORMATION_CLASS SectionInformationClass, PVOID SectionInformation,
         SIZE_T SectionInformationLength, PSIZE_T ReturnLength),
        (SectionHandle, SectionInformationClass, SectionInformation, SectionInformationLength, ReturnLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    SECTION_BASIC_INFORMATION info = {0};
    SIZE_T length = sizeof info;
    struct section *section;
    if (SectionInformationClass == SectionImageInformation)
        return STATUS_SECTION_NOT_IMAGE;
    if (SectionInformationClass != SectionBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (SectionInformationLength < sizeof info)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = ObReferenceObjectByHandle(SectionHandle, SECTION_QUERY, *MmSectionObjectType, mode,
                                                (PVOID *)&section, NULL);
    if (!NT_SUCCESS(status))
        return status;
    info.AllocationAttributes = section->attributes;
    info.MaximumSize = section->size;
    ObpDereferenceObject(section);
    status = MmCopyToMode(SectionInformation, &info, sizeof info, mode);
    return NT_SUCCESS(status) && ReturnLength ? MmCopyToMode(ReturnLength, &length, sizeof length, mode)
                                              : status;
}

/* --- views --- */

static NTSTATUS find_process(HANDLE handle, KPROCESSOR_MODE mode, PEPROCESS *process)
{
    if (handle != NtCurrentProcess())
        return ObReferenceObjectByHandle(handle, PROCESS_VM_OPERATION, *PsProcessType, mode, (PVOID *)process,
                                         NULL);
    *process = PspCurrentProcess();
    ObpReferenceObject(*process);
    return STATUS_SUCCESS;
}

/* What the caller passes in and gets back. */
struct view {
    PVOID base;
    SIZE_T size;
    LARGE_INTEGER offset;
};

static NTSTATUS capture(struct view *view, PVOID *base, PLARGE_INTEGER offset, PSIZE_T size,
                        KPROCESSOR_MODE mode)
{
    NTSTATUS status = ex_probe_out(base, sizeof *base, mode);
    if (NT_SUCCESS(status))
        status = ex_probe_out(size, sizeof *size, mode);
    if (NT_SUCCESS(status) && offset)
        status = ex_probe_out(offset, sizeof *offset, mode);
    if (NT_SUCCESS(status))
        status = MmCopyFromMode(&view->base, base, sizeof *base, mode);
    if (NT_SUCCESS(status))
        status = MmCopyFromMode(&view->size, size, sizeof *size, mode);
    if (NT_SUCCESS(status) && offset)
        status = MmCopyFromMode(&view->offset, offset, sizeof *offset, mode);
    return status;
}

/* The range in whole pages; its size, when the caller leaves it open, to the section's end. */
static NTSTATUS fit(struct view *view, const struct section *section)
{
    ULONGLONG offset = (ULONGLONG)view->offset.QuadPart, all = (ULONGLONG)section->size.QuadPart;
    if (view->offset.QuadPart < 0 || offset >= all)
        return STATUS_INVALID_VIEW_SIZE;
    if (!view->size)
        view->size = all - offset;
    /* Physical memory is mapped from the next lower multiple of 64 KB on, which the caller is told. */
    if (offset & (UNIT - 1) && !section->physical)
        return STATUS_MAPPED_ALIGNMENT;
    view->size += offset & (UNIT - 1);
    view->offset.QuadPart -= (LONGLONG)(offset & (UNIT - 1));
    if (view->size > ((all + PAGE_SIZE - 1) & ~(ULONGLONG)(PAGE_SIZE - 1)) - (ULONGLONG)view->offset.QuadPart)
        return STATUS_INVALID_VIEW_SIZE;
    view->size = (view->size + PAGE_SIZE - 1) & ~(SIZE_T)(PAGE_SIZE - 1);
    return STATUS_SUCCESS;
}

static NTSTATUS map(struct section *section, HANDLE process_handle, struct view *view, ULONG protect,
                    KPROCESSOR_MODE mode)
{
    PEPROCESS process;
    if (!may_be_viewed(section->protect, protect & 0xFF))
        return STATUS_SECTION_PROTECTION;
    NTSTATUS status = fit(view, section);
    if (NT_SUCCESS(status))
        status = find_process(process_handle, mode, &process);
    if (!NT_SUCCESS(status))
        return status;
    status = MmMapPages(section->pages, (ULONGLONG)view->offset.QuadPart, view->size, protect & 0xFF, process,
                        &view->base);
    ObpDereferenceObject(process);
    return status;
}

/*
 * BaseAddress, SectionOffset and ViewSize come back rounded. STATUS_INVALID_VIEW_SIZE for a range that the
 * section does not have, STATUS_SECTION_PROTECTION for more than it was made for, STATUS_MAPPED_ALIGNMENT for
 * an address or offset that is no multiple of 64 KB; the offset into physical memory is rounded down. (WDK:
 * ZwMapViewOfSection)
 */
SERVICE(MapViewOfSection,
        (HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits,
         SIZE_T CommitSize, PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize,
         SECTION_INHERIT InheritDisposition, ULONG AllocationType, ULONG Win32Protect),
        (SectionHandle, ProcessHandle, BaseAddress, ZeroBits, CommitSize, SectionOffset, ViewSize,
         InheritDisposition, AllocationType, Win32Protect))
{
    const ULONG types =
        MEM_RESERVE | MEM_TOP_DOWN | MEM_LARGE_PAGES | 0x40400000; /* and DOS_LIM, NO_CHANGE */
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct view view = {NULL, 0, {.QuadPart = 0}};
    struct section *section;
    if (InheritDisposition != ViewShare && InheritDisposition != ViewUnmap)
        return STATUS_INVALID_PARAMETER_8;
    if (AllocationType & ~types)
        return STATUS_INVALID_PARAMETER_9;
    if (ZeroBits > 21)
        return STATUS_INVALID_PARAMETER_4;
    if (!rights_of(Win32Protect & ~(ULONG)(PAGE_NOCACHE | PAGE_WRITECOMBINE)))
        return STATUS_INVALID_PAGE_PROTECTION;
    NTSTATUS status = capture(&view, BaseAddress, SectionOffset, ViewSize, mode);
    if (!NT_SUCCESS(status))
        return status;
    if ((ULONG_PTR)view.base >= MmUserProbeAddress || view.size > MmUserProbeAddress - (ULONG_PTR)view.base)
        return STATUS_INVALID_PARAMETER_3;
    if ((ULONG_PTR)view.base & (UNIT - 1))
        return STATUS_MAPPED_ALIGNMENT;
    if (ZeroBits) /* asks for an address below 4 GB, where we have none */
        return STATUS_NO_MEMORY;
    (void)CommitSize; /* all of a section is committed */
    status = ObReferenceObjectByHandle(SectionHandle, access_for(Win32Protect & 0xFF), *MmSectionObjectType,
                                       mode, (PVOID *)&section, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = map(section, ProcessHandle, &view, Win32Protect, mode);
    ObpDereferenceObject(section);
    if (!NT_SUCCESS(status))
        return status;
    MmCopyToMode(ViewSize, &view.size, sizeof view.size, mode);
    if (SectionOffset)
        MmCopyToMode(SectionOffset, &view.offset, sizeof view.offset, mode);
    return MmCopyToMode(BaseAddress, &view.base, sizeof view.base, mode);
}

/* Any address inside the view; STATUS_NOT_MAPPED_VIEW when there is none. (WDK: ZwUnmapViewOfSection) */
SERVICE(UnmapViewOfSection, (HANDLE ProcessHandle, PVOID BaseAddress), (ProcessHandle, BaseAddress))
{
    PEPROCESS process;
    NTSTATUS status = find_process(ProcessHandle, KiPreviousMode(), &process);
    if (!NT_SUCCESS(status))
        return status;
    status = MmUnmapPages(BaseAddress);
    ObpDereferenceObject(process);
    return status;
}

/* RegionSize 0: to the end of the view. (WDK: ZwFlushVirtualMemory) */
SERVICE(FlushVirtualMemory,
        (HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, PIO_STATUS_BLOCK IoStatus),
        (ProcessHandle, BaseAddress, RegionSize, IoStatus))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct view view = {NULL, 0, {.QuadPart = 0}};
    PEPROCESS process;
    NTSTATUS status = capture(&view, BaseAddress, NULL, RegionSize, mode);
    if (NT_SUCCESS(status))
        status = ex_probe_out(IoStatus, sizeof *IoStatus, mode);
    if (NT_SUCCESS(status))
        status = find_process(ProcessHandle, mode, &process);
    if (!NT_SUCCESS(status))
        return status;
    status = MmFlushPages(&view.base, &view.size);
    ObpDereferenceObject(process);
    if (!NT_SUCCESS(status))
        return status;
    IO_STATUS_BLOCK io = {{STATUS_SUCCESS}, 0};
    MmCopyToMode(BaseAddress, &view.base, sizeof view.base, mode);
    MmCopyToMode(RegionSize, &view.size, sizeof view.size, mode);
    return MmCopyToMode(IoStatus, &io, sizeof io, mode);
}

/* A view at a kernel address; ViewSize 0: the whole section. (WDK: MmMapViewInSystemSpace) */
NTSTATUS NTAPI MmMapViewInSystemSpace(PVOID Section, PVOID *MappedBase, PSIZE_T ViewSize)
{
    GATE(MmMapViewInSystemSpace, Section, MappedBase, ViewSize);
    struct section *section = Section;
    struct view view = {NULL, *ViewSize, {.QuadPart = 0}};
    if (ObGetObjectType(Section) != *MmSectionObjectType)
        return STATUS_OBJECT_TYPE_MISMATCH;
    NTSTATUS status = fit(&view, section);
    if (NT_SUCCESS(status))
        status = MmMapSystemPages(section->pages, 0, view.size, MappedBase);
    if (NT_SUCCESS(status))
        *ViewSize = view.size;
    return status;
}

NTSTATUS NTAPI MmUnmapViewInSystemSpace(PVOID MappedBase)
{
    GATE(MmUnmapViewInSystemSpace, MappedBase);
    return MmUnmapSystemPages(MappedBase);
}

/* --- the type, and physical memory --- */

/* "\Device\PhysicalMemory": page numbers are those of MmGetPhysicalAddress. */
static void make_physical_memory(void)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    struct section *section;
    struct mm_pages *pages;
    RtlInitUnicodeString(&name, L"\\Device\\PhysicalMemory");
    InitializeObjectAttributes(&attributes, &name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (!NT_SUCCESS(MmCreatePhysicalPages(&pages)))
        return;
    if (!NT_SUCCESS(ObCreateObject(KernelMode, *MmSectionObjectType, &attributes, KernelMode, NULL,
                                   sizeof *section, 0, 0, (PVOID *)&section))) {
        MmDereferencePages(pages);
        return;
    }
    section->pages = pages;
    section->protect = PAGE_EXECUTE_READWRITE;
    section->attributes = SEC_COMMIT;
    section->physical = TRUE;
    section->size.QuadPart = INT64_MAX & ~(LONGLONG)(UNIT - 1);
    ob_own(section);
    if (NT_SUCCESS(ObInsertObject(section, NULL, 0, 0, NULL, NULL)))
        ObpDereferenceObject(section); /* it stays by its name */
}

void ex_create_section_type(void)
{
    static const OB_TYPE_INITIALIZER info = {
        .Name = L"Section",
        .GenericMapping = {STANDARD_RIGHTS_READ | SECTION_QUERY | SECTION_MAP_READ,
                           STANDARD_RIGHTS_WRITE | SECTION_MAP_WRITE,
                           STANDARD_RIGHTS_EXECUTE | SECTION_MAP_EXECUTE, SECTION_ALL_ACCESS},
        .ValidAccessMask = SECTION_ALL_ACCESS | SECTION_MAP_EXECUTE_EXPLICIT,
        .DefaultObjectOffset = -1,
        .DeleteProcedure = deleted,
    };
    MmSectionObjectType = ex_create_type(&info);
    make_physical_memory();
}
