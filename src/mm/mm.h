/*
 * Memory: whose an address is, and what the components above need beyond the DDIs.
 */
#pragma once

#include <ntifs.h>
#include "../gate.h"
#include "../host/host.h"
#include "../ke/ke.h"

/*
 * A fault at an address of special pool: does not return when a block can be told that it was about. The other
 * two (paged.c): a thread may not touch paged pool from now on, and may again.
 */
bool mi_is_special(const volatile void *address);
void mi_special_fault(const void *address, bool write, const void *pc);
void mm_forbid_paged(void);
void mm_allow_paged(void);

/* What is at a kernel address that was touched and should not have been, for a report. False: nothing is known. */
bool MmDescribeBadAddress(const void *address, char *text, size_t size);

void mm_start(void);
void mm_stop(void); /* reports pool that is still allocated, then releases all ranges */

/* The kernel's address range: pool, system mappings, kernel stacks. One reservation; driver images are told
 * apart by io. */
static inline bool MmIsKernelAddress(const volatile void *address)
{
    return (uintptr_t)address - ntio_machine.kernel_base < ntio_machine.kernel_size;
}
/* True when any byte of the range is the kernel's. Driver images count too. */
bool MmIsInImage(uintptr_t low, uintptr_t high);
static inline bool MmIsSystemAddress(const volatile void *address, SIZE_T length)
{
    uintptr_t low = (uintptr_t)address, size = length ? length : 1, high = low + size;
    if (high < low)
        return true;
    /* The range begins inside the kernel's, or the kernel's inside it. */
    if (low - ntio_machine.kernel_base < ntio_machine.kernel_size || ntio_machine.kernel_base - low < size)
        return true;
    return __builtin_expect(low < atomic_load_explicit(&ntio_machine.images_high, memory_order_relaxed) &&
                                high > atomic_load_explicit(&ntio_machine.images_low, memory_order_relaxed),
                            0) &&
           MmIsInImage(low, high);
}
/* Address space of the kernel's, inaccessible, for as long as the machine runs; NULL when there is none left. */
void *MmReserveSystemRange(SIZE_T bytes);
void mm_add_image(void *base, size_t size, void *driver_object);
void mm_remove_image(void *base);
const char *mm_unloaded_image(const void *address); /* the driver whose image held it before it was unloaded, or NULL */
void *mm_image_owner(const void *address); /* the driver object whose image holds the address, or NULL */

#if defined(__aarch64__)
#define MI_USER_PROBE_ADDRESS 0x0000FFFFFFFFF000ull
#else
#define MI_USER_PROBE_ADDRESS 0x00007FFFFFFFF000ull
#endif
/* The client's, as far as the address tells. */
static inline bool MmIsUserRange(const volatile void *address, SIZE_T length)
{
    uintptr_t low = (uintptr_t)address;
    return low <= MI_USER_PROBE_ADDRESS && length <= MI_USER_PROBE_ADDRESS - low &&
           !MmIsSystemAddress(address, length);
}

/* MmIsUserRange for a range that lies in one page: it is the kernel's with all of its page, or not at all. */
static inline bool MmIsUserPage(const volatile void *address)
{
    uintptr_t at = (uintptr_t)address;
    return at < MI_USER_PROBE_ADDRESS && at - ntio_machine.kernel_base >= ntio_machine.kernel_size &&
           (__builtin_expect(at >= atomic_load_explicit(&ntio_machine.images_high, memory_order_relaxed) ||
                                 at < atomic_load_explicit(&ntio_machine.images_low, memory_order_relaxed),
                             1) ||
            !MmIsInImage(at, at + 1));
}

/*
 * Guarded copies between the client's memory and the system's: STATUS_ACCESS_VIOLATION when the client's
 * range is bad, STATUS_GUARD_PAGE_VIOLATION when it met a guard page. KernelMode callers are trusted (no
 * range check) but a fault is still caught.
 */
NTSTATUS MmCopyFromMode(void *to, const void *client, SIZE_T length, KPROCESSOR_MODE mode);
NTSTATUS MmCopyToMode(void *client, const void *from, SIZE_T length, KPROCESSOR_MODE mode);
/* As ProbeForRead/ProbeForWrite, but with a status instead of an exception. */
NTSTATUS MmProbe(const volatile void *address, SIZE_T length, ULONG alignment, bool write);
/*
 * The exception that a fault at an address outside the kernel's range is: STATUS_GUARD_PAGE_VIOLATION for a
 * guard page (which is none from then on), else STATUS_ACCESS_VIOLATION. access is HOST_READ, HOST_WRITE, ...
 * or 0.
 */
NTSTATUS MmAccessFault(const volatile void *address, int access);

/* Pool that the library itself owns: never charged to a driver, never in its leak report. NULL when there is
 * none left. */
PVOID MmAllocateSystemPool(SIZE_T bytes, ULONG tag);
VOID MmFreeSystemPool(PVOID);
/* The same for what drivers work on, IRPs and system buffers: in special pool, if there is one. */
PVOID MmAllocateRequestPool(SIZE_T bytes, ULONG tag);
/*
 * A block of any pool that is the system's from now on, though it is not freed yet (hide.c): who touches it meanwhile finds
 * what he would find in a freed one, and it cannot be freed. False: it is no block, or there is no memory. MmShowBlock gives
 * back what was in it and says what was done to it; it counts as allocated again.
 */
struct mm_hidden {
    PUCHAR address; /* NULL: none */
    SIZE_T size;
    PUCHAR copy; /* NULL: its bytes are where they were, and nobody can get at them */
};
#define MM_UNTOUCHED ((SIZE_T)-1)
bool MmHideBlock(struct mm_hidden *, PVOID block, const void *caller);
SIZE_T MmShowBlock(struct mm_hidden *); /* the offset of the first byte that was written to, or MM_UNTOUCHED */
void MmForgetHidden(struct mm_hidden *); /* after a bug check */
/* What a 32-bit value is that was read from such a block, or one that was freed. */
#define MM_FREED_WORD 0xDDDDDDDDu

/* Pool on a driver's account from inside the library: caller is the return address of the DDI that was
 * called. */
PVOID MmAllocatePoolFor(const void *caller, POOL_TYPE, SIZE_T bytes, ULONG tag);
VOID MmFreePoolFor(const void *caller, PVOID, ULONG tag);
/*
 * Logs what a driver left allocated, each with tag, size and where it came from, and bug-checks (0xC4, 0x62)
 * when there is anything. Returns 0 otherwise. Call while its image is still registered.
 */
ULONG MmReportDriverPool(void *driver_object);
/*
 * The driver cannot be unloaded, so nothing that it still has when the machine stops is a leak. Call while its image is
 * still registered.
 */
VOID MmForgiveDriverPool(void *driver_object);

/*
 * MmProbeAndLockPages with a status instead of an exception. caller is whose fault a bad MDL is.
 * MmProbeAndLockPages, MmUnlockPages and the mapping calls cost no system call for memory that is mapped at
 * its own address.
 */
NTSTATUS MmLockMdl(PMDL, KPROCESSOR_MODE, LOCK_OPERATION, const void *caller);

/* The number of a page that has no frame and is mapped where it is: its address. */
#define MI_PFN_OWN (1ull << 36)
static inline bool mi_pfn_is_own(PFN_NUMBER pfn)
{
    return (pfn & MI_PFN_OWN) != 0;
}
static inline PFN_NUMBER mi_pfn_own(const volatile void *address)
{
    return MI_PFN_OWN | (uintptr_t)address >> PAGE_SHIFT;
}
/*
 * MmInitializeMdl and MmLockMdl at once for the commonest of buffers: the client's, inside one page, of memory that the machine
 * did not give out. False: nothing done, do it the ordinary way. The MDL has room for one page.
 */
static inline bool MmLockOwnPage(PMDL mdl, PKTHREAD thread, PEPROCESS process, void *address, ULONG length, bool write)
{
    uintptr_t offset = (uintptr_t)address & (PAGE_SIZE - 1);
    if (offset + length > PAGE_SIZE || !length || !MmIsUserPage(address) ||
        (uintptr_t)address - ntio_machine.client_base < ntio_machine.client_size || !host_touch(address, write))
        return false;
    mdl->Next = NULL;
    mdl->Size = (CSHORT)(sizeof(MDL) + sizeof(PFN_NUMBER));
    mdl->MdlFlags = (CSHORT)(MDL_PAGES_LOCKED | (write ? MDL_WRITE_OPERATION : 0));
    mdl->Process = process;
    mdl->StartVa = (PVOID)((uintptr_t)address - offset);
    mdl->ByteCount = length;
    mdl->ByteOffset = (ULONG)offset;
    *MmGetMdlPfnArray(mdl) = mi_pfn_own(address);
    KiCountLockedPages(thread, 1);
    return true;
}
/* MmUnlockPages for an MDL that MmLockOwnPage locked. False: it is none, or not any more. */
static inline bool MmUnlockOwnPage(PMDL mdl, PKTHREAD thread)
{
    const CSHORT others = MDL_PARTIAL | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL_HAS_BEEN_MAPPED;
    if ((mdl->MdlFlags & (MDL_PAGES_LOCKED | others)) != MDL_PAGES_LOCKED || !mdl->Process ||
        mdl->Size != (CSHORT)(sizeof(MDL) + sizeof(PFN_NUMBER)) || !mi_pfn_is_own(*MmGetMdlPfnArray(mdl)))
        return false;
    mdl->MdlFlags = 0;
    mdl->MappedSystemVa = NULL;
    mdl->Process = NULL;
    KiCountLockedPages(thread, -1);
    return true;
}
/* Bug check 0x76 when pages of the process are still locked; how a process that ends is checked. */
VOID MmCheckLockedPages(PEPROCESS);
ULONG_PTR MmLockedPageCount(void); /* pages of the client's that are locked now */

/*
 * Contexts (context.c). MmUseContexts turns them on, until the machine stops. The current thread tells when its process is another one
 * from now on (MmSwitchContext), and when it stops running (MmLeaveContext); mm_switch_context and mm_leave_context cost
 * nothing while they are off.
 */
void MmUseContexts(void);
void MmSwitchContext(void);
void MmLeaveContext(void);
static inline void mm_switch_context(void)
{
    if (__builtin_expect(atomic_load_explicit(&ntio_machine.contexts, memory_order_relaxed), 0))
        MmSwitchContext();
}
static inline void mm_leave_context(void)
{
    if (__builtin_expect(atomic_load_explicit(&ntio_machine.contexts, memory_order_relaxed), 0))
        MmLeaveContext();
}
void *MmOwnerOf(const volatile void *address); /* the process whose memory it is, not referenced; NULL: nobody's */
void *MmReserveForImage(PEPROCESS, SIZE_T size); /* zeroed, read-only; NULL: no room */
void MmFreeProcessMemory(PEPROCESS);             /* it has ended */

/*
 * The shield (shield.c): pages of the client's memory out of reach whatever protection the client has given them. SHUT: for
 * threads that have the key shut, where there is one, else for all; HIDDEN: for all. Only committed pages are concerned.
 */
enum mm_shield { MM_OPEN, MM_SHUT, MM_HIDDEN };
void MmSetShieldKey(int key); /* host_key_create's: from now on new pages have it */
void MmShield(const volatile void *address, SIZE_T length, enum mm_shield);
void MmShieldAll(enum mm_shield);
/* HOST_*: what the current process may do with the page at the address; -1: there is none, or it is another's or no memory of ours. */
int MmClientProtection(const volatile void *address);
/* Takes back that the page's range is shut because its owner's context was left: true; it is shielded as told instead. */
bool MmReopenContext(const volatile void *address, enum mm_shield);
/* The page is locked, and mapped nowhere but at its own address, for the host has no second one. */
bool MmIsReachedByMdl(const volatile void *address);

/* Client memory of the process's, zeroed, whose address has that offset in its page; what stands around it is poisoned. */
void *MmLendClient(PEPROCESS, SIZE_T offset, SIZE_T size);
void MmTakeBackClient(PEPROCESS, void *);
/* A page that an MDL's system mapping gives a second address. */
bool MmIsSystemMapping(const volatile void *address);

/* Client memory: VirtualAlloc and friends stand on these (NtAllocateVirtualMemory). */
bool MmIsClientMemory(const volatile void *address); /* in a range made by NtAllocateVirtualMemory */

/*
 * What a section consists of (view.c): pages of its own, a host file's, or physical memory itself. The section and each view of it
 * hold a reference; the last one calls `gone`.
 */
struct mm_pages;
NTSTATUS MmCreatePages(ULONGLONG size, struct mm_pages **);
NTSTATUS MmCreateFilePages(struct host_section *, ULONGLONG size, void (*gone)(PVOID), PVOID context,
                           struct mm_pages **); /* takes the host's section over, also when it fails */
NTSTATUS MmCreatePhysicalPages(struct mm_pages **);
VOID MmReferencePages(struct mm_pages *);
VOID MmDereferencePages(struct mm_pages *);
/* A view: offset and size in whole pages; at NULL, or a multiple of 64 KB. owner: the process it belongs to. */
NTSTATUS MmMapPages(struct mm_pages *, ULONGLONG offset, SIZE_T size, ULONG protect, PVOID owner, PVOID *at);
NTSTATUS MmUnmapPages(PVOID address); /* any address inside the view; STATUS_NOT_MAPPED_VIEW */
VOID MmUnmapViews(PVOID owner);       /* the process ends; NULL: all there are */
NTSTATUS MmFlushPages(PVOID *address, SIZE_T *size); /* a file's to the host's disk; 0: to the view's end */
NTSTATUS MmMapSystemPages(struct mm_pages *, ULONGLONG offset, SIZE_T size, PVOID *at);
NTSTATUS MmUnmapSystemPages(PVOID at);

/* What io does for sections on files. */
struct mm_files {
    /*
     * *size: the section's, which the file is extended to if the protection allows writing; 0: as large as the file. context is
     * given to Close when nobody uses the file any more.
     */
    NTSTATUS (*Open)(HANDLE file, ULONG protect, KPROCESSOR_MODE, ULONGLONG *size, struct host_section **, PVOID *context);
    void (*Close)(PVOID context);
};
void MmSetFiles(const struct mm_files *);
const struct mm_files *MmFiles(VOID); /* NULL: there are none */
