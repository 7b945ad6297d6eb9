/*
 * The client's range: reserving, committing, protecting and freeing its pages (VADs and PTEs), and locking
 * them.
 *
 * Each committed page has a frame of its own. A page that is freed while it is locked lives on in its frame,
 * and the same address given out anew gets another one. Without a section the frame is the page's own number
 * and the address is not given out again before the lock is gone.
 */
#include "space.h"

#include <stdlib.h>
#include <string.h>

#define MI_SPACE_SIZE  (16ull << 30)
#define MI_SPACE_LEAST (128ull << 20)
#define COPIES         (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)

static size_t vad_table_size(const struct mi_space *space)
{
    return (size_t)space->pages / MI_UNIT_PAGES * sizeof space->vads[0];
}

bool mi_space_start(void)
{
    struct mi_space *space = &mip()->client;
    size_t size = MI_SPACE_SIZE;
    void *reservation = NULL;
    for (; !reservation && size >= MI_SPACE_LEAST; size /= 2) {
        reservation = host_vm_reserve(size + MI_UNIT);
        if (reservation)
            break;
    }
    if (!reservation)
        return false;
    space->reservation = reservation;
    space->base = (uint8_t *)(((uintptr_t)reservation + MI_UNIT - 1) & ~(uintptr_t)(MI_UNIT - 1));
    space->pages = (uint32_t)(size / PAGE_SIZE);
    ntio_machine.client_base = (uintptr_t)space->base;
    ntio_machine.client_size = size;
    space->vads = mi_table_create(vad_table_size(space));
    InitializeListHead(&space->open);
    return space->vads && mi_bitmap_create(&space->used, space->pages / MI_UNIT_PAGES);
}

void mi_space_report(void)
{
    long long locked = KiLockedPages();
    if (locked)
        machine_violation("%lld pages of the client's memory are still locked: a driver has called "
                          "MmProbeAndLockPages and not "
                          "MmUnlockPages",
                          locked);
}

void mi_space_stop(void)
{
    struct mi_space *space = &mip()->client;
    for (uint32_t unit = 0, units; space->used.words && unit < space->used.count; unit += units) {
        struct mi_vad *vad = space->used.words[unit / 64] ? space->vads[unit] : NULL;
        units = 1;
        if (vad) {
            units = (vad->pages + MI_UNIT_PAGES - 1) / MI_UNIT_PAGES;
            mi_unpoison(space->base + (size_t)vad->first * PAGE_SIZE, (size_t)vad->pages * PAGE_SIZE);
            free(vad);
        }
    }
    mi_table_destroy(space->vads, vad_table_size(space));
    mi_bitmap_destroy(&space->used);
    if (space->reservation)
        host_vm_release(space->reservation, (size_t)space->pages * PAGE_SIZE + MI_UNIT);
}

/* --- pages --- */

static struct mi_pte *pte_of(const struct mi_space *space, const volatile void *address)
{
    if (!mi_in_space(space, address))
        return NULL;
    uint32_t page = mi_page_of(space, address);
    struct mi_vad *vad = mi_vad_for(space, mi_context(), page);
    struct mi_pte *pte = vad ? &vad->ptes[page - vad->first] : NULL;
    return pte && pte->frame ? pte : NULL;
}

/* What the host must allow; a guard page must fault. -1: no protection that private memory can have. */
int mi_space_host_protection(ULONG protect)
{
    if (protect & ~(ULONG)(0xFF | PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE))
        return -1;
    bool odd = protect & (PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE);
    int host;
    switch (protect & 0xFF) {
    case PAGE_NOACCESS:
        return odd ? -1 : HOST_NONE;
    case PAGE_READONLY:
        host = HOST_READ;
        break;
    case PAGE_READWRITE:
    case PAGE_WRITECOPY: /* only views of sections */
        host = HOST_READ | HOST_WRITE;
        break;
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ:
        host = HOST_READ | HOST_EXECUTE;
        break;
    case PAGE_EXECUTE_READWRITE:
    case PAGE_EXECUTE_WRITECOPY:
        host = HOST_READ | HOST_WRITE | HOST_EXECUTE;
        break;
    default:
        return -1;
    }
    if ((protect & PAGE_NOCACHE) && (protect & (PAGE_GUARD | PAGE_WRITECOMBINE)))
        return -1;
    return protect & PAGE_GUARD ? HOST_NONE : host;
}

/* --- shutting and opening (context.c) --- */

void mi_open_vad(struct mi_space *space, struct mi_vad *vad)
{
    if (!vad->shut)
        return;
    for (uint32_t i = 0, run; i < vad->pages; i += run) {
        for (run = 1; i + run < vad->pages && !vad->ptes[i].frame == !vad->ptes[i + run].frame &&
                      vad->ptes[i].protect == vad->ptes[i + run].protect;)
            run++;
        if (vad->ptes[i].frame)
            host_vm_protect(mi_page_address(space, vad->first + i), (size_t)run * PAGE_SIZE,
                            mi_space_host_protection(vad->ptes[i].protect));
    }
    vad->shut = false;
    InsertTailList(&space->open, &vad->open);
}

static void shut_vad(struct mi_space *space, struct mi_vad *vad)
{
    RemoveEntryList(&vad->open);
    vad->shut = true;
    host_vm_protect(mi_page_address(space, vad->first), (size_t)vad->pages * PAGE_SIZE, HOST_NONE);
}

void mi_space_shut_others(struct mi_space *space, void *process)
{
    ki_lock(&space->lock);
    for (PLIST_ENTRY e = space->open.Flink, next; e != &space->open; e = next) {
        next = e->Flink;
        struct mi_vad *vad = CONTAINING_RECORD(e, struct mi_vad, open);
        if (vad->owner != process)
            shut_vad(space, vad);
    }
    ki_unlock(&space->lock);
}

bool mi_space_resolve(struct mi_space *space, void *process, const volatile void *address, int access)
{
    uint32_t page = mi_page_of(space, address);
    ki_lock(&space->lock);
    struct mi_vad *vad = mi_vad_of(space, page);
    bool good = vad && vad->owner == process && vad->ptes[page - vad->first].frame;
    if (good) {
        bool was_shut = vad->shut;
        mi_open_vad(space, vad);
        /* Open already: another thread was faster, if that is all that was wrong. */
        int allowed = mi_space_host_protection(vad->ptes[page - vad->first].protect);
        good = was_shut ? allowed != HOST_NONE : access && (allowed & access) == access;
        if (was_shut && access)
            good = (allowed & access) == access;
    }
    ki_unlock(&space->lock);
    return good;
}

/* Without the lock: a report of a bug check asks, and whoever had it may never run again. */
void *mi_space_owner(struct mi_space *space, const volatile void *address)
{
    struct mi_vad *vad = mi_vad_of(space, mi_page_of(space, address));
    return vad ? vad->owner : NULL;
}

/* Gives frames to the pages of [page, page + run), none of which has one. */
static bool commit_run(struct mi_space *space, struct mi_vad *vad, uint32_t page, uint32_t run, ULONG protect)
{
    int host = mi_space_host_protection(protect);
    bool section = mip()->frames.section != NULL;
    mi_open_vad(space, vad);
    uint32_t frame = section ? mi_frames_allocate(run) : mi_frames_allocate_at(page, run);
    if (frame == MI_NONE)
        return false;
    bool mapped = section ? mi_frames_map(frame, mi_page_address(space, page), run, host)
                          : host_vm_commit(mi_page_address(space, page), (size_t)run * PAGE_SIZE, host);
    if (!mapped) {
        mi_frames_disown(frame, run);
        return false;
    }
    if (__builtin_expect(mip()->shield_key, 0))
        mi_shield_new(space, page, run, host);
    for (uint32_t i = 0; i < run; i++)
        vad->ptes[page - vad->first + i] = (struct mi_pte){frame + i + 1, protect};
    return true;
}

static void protect_page(struct mi_space *space, struct mi_vad *vad, uint32_t page, ULONG protect)
{
    vad->ptes[page - vad->first].protect = protect;
    mi_open_vad(space, vad);
    host_vm_protect(mi_page_address(space, page), PAGE_SIZE, mi_space_host_protection(protect));
}

static NTSTATUS commit(struct mi_space *space, struct mi_vad *vad, uint32_t page, uint32_t pages,
                       ULONG protect)
{
    for (uint32_t i = page, end = page + pages; i < end;) {
        if (vad->ptes[i - vad->first].frame) {
            if (vad->ptes[i - vad->first].protect != protect)
                protect_page(space, vad, i, protect);
            i++;
            continue;
        }
        uint32_t run = 1;
        while (i + run < end && !vad->ptes[i + run - vad->first].frame)
            run++;
        if (!commit_run(space, vad, i, run, protect))
            return STATUS_COMMITMENT_LIMIT;
        i += run;
    }
    return STATUS_SUCCESS;
}

void mi_vad_decommit(struct mi_space *space, struct mi_vad *vad, uint32_t page, uint32_t pages)
{
    for (uint32_t i = page, end = page + pages; i < end;) {
        uint32_t frame = vad->ptes[i - vad->first].frame, run = 0;
        if (!frame) {
            i++;
            continue;
        }
        while (i + run < end && vad->ptes[i + run - vad->first].frame == frame + run) {
            vad->ptes[i + run - vad->first] = (struct mi_pte){0, 0};
            run++;
        }
        /* Without a section the contents go with the last lock on the page, but nobody may reach it any more.
         */
        if (mip()->frames.section)
            host_vm_decommit(mi_page_address(space, i), (size_t)run * PAGE_SIZE);
        if (vad->kind == MI_VAD_PRIVATE)
            mi_frames_disown(frame - 1, run);
        i += run;
    }
}

/* --- reservations --- */

struct mi_vad *mi_vad_reserve(struct mi_space *space, void *owner, uint32_t first_unit, uint32_t pages,
                              ULONG protect)
{
    uint32_t units = (pages + MI_UNIT_PAGES - 1) / MI_UNIT_PAGES;
    if (first_unit == MI_NONE)
        first_unit = mi_bitmap_take(&space->used, units);
    else if (!mi_bitmap_take_at(&space->used, first_unit, units))
        return NULL;
    if (first_unit == MI_NONE)
        return NULL;
    struct mi_vad *vad = calloc(1, sizeof *vad + (size_t)pages * sizeof vad->ptes[0]);
    if (!vad) {
        mi_bitmap_clear(&space->used, first_unit, units);
        return NULL;
    }
    vad->first = first_unit * MI_UNIT_PAGES;
    vad->pages = pages;
    vad->protect = protect;
    vad->owner = owner;
    InsertTailList(&space->open, &vad->open);
    for (uint32_t i = 0; i < units; i++)
        space->vads[first_unit + i] = vad;
    return vad;
}

void mi_vad_unreserve(struct mi_space *space, struct mi_vad *vad)
{
    uint32_t units = (vad->pages + MI_UNIT_PAGES - 1) / MI_UNIT_PAGES;
    for (uint32_t i = 0; i < units; i++)
        space->vads[vad->first / MI_UNIT_PAGES + i] = NULL;
    mi_bitmap_clear(&space->used, vad->first / MI_UNIT_PAGES, units);
    mi_unpoison(mi_page_address(space, vad->first), (size_t)vad->pages * PAGE_SIZE);
    if (!vad->shut)
        RemoveEntryList(&vad->open);
    free(vad);
}

static NTSTATUS allocate_new(struct mi_space *space, void *process, void **base, SIZE_T *size, ULONG type,
                             ULONG protect)
{
    uintptr_t start = (uintptr_t)*base & ~(uintptr_t)(MI_UNIT - 1);
    uintptr_t end = ((uintptr_t)*base + *size + PAGE_SIZE - 1) & ~(uintptr_t)(PAGE_SIZE - 1);
    if ((end - start) >> PAGE_SHIFT > space->pages)
        return STATUS_NO_MEMORY;
    uint32_t unit = MI_NONE;
    if (*base) {
        if (!mi_in_space(space, (void *)start) ||
            end - (uintptr_t)space->base > (size_t)space->pages * PAGE_SIZE)
            return STATUS_CONFLICTING_ADDRESSES;
        unit = mi_page_of(space, (void *)start) / MI_UNIT_PAGES;
    }
    struct mi_vad *vad =
        mi_vad_reserve(space, process, unit, (uint32_t)((end - start) >> PAGE_SHIFT), protect);
    if (!vad)
        return *base ? STATUS_CONFLICTING_ADDRESSES : STATUS_NO_MEMORY;
    if (type & MEM_COMMIT) {
        NTSTATUS status = commit(space, vad, vad->first, vad->pages, protect);
        if (!NT_SUCCESS(status)) {
            mi_vad_decommit(space, vad, vad->first, vad->pages);
            mi_vad_unreserve(space, vad);
            return status;
        }
    }
    *base = mi_page_address(space, vad->first);
    *size = (SIZE_T)vad->pages * PAGE_SIZE;
    return STATUS_SUCCESS;
}

/* The VAD that holds the whole range, and the range in pages. */
static struct mi_vad *vad_around(struct mi_space *space, void *process, const void *base, SIZE_T size,
                                 uint32_t *page, uint32_t *pages)
{
    if (!mi_in_space(space, base) || size > (size_t)space->pages * PAGE_SIZE)
        return NULL;
    *page = mi_page_of(space, base);
    *pages = (uint32_t)((((uintptr_t)base & (PAGE_SIZE - 1)) + size + PAGE_SIZE - 1) >> PAGE_SHIFT);
    struct mi_vad *vad = mi_vad_for(space, process, *page);
    return vad && *page + *pages <= vad->first + vad->pages ? vad : NULL;
}

static NTSTATUS commit_old(struct mi_space *space, void *process, void **base, SIZE_T *size, ULONG protect)
{
    uint32_t page, pages;
    struct mi_vad *vad = vad_around(space, process, *base, *size, &page, &pages);
    if (!vad || vad->kind != MI_VAD_PRIVATE)
        return STATUS_CONFLICTING_ADDRESSES;
    NTSTATUS status = commit(space, vad, page, pages, protect);
    *base = mi_page_address(space, page);
    *size = (SIZE_T)pages * PAGE_SIZE;
    return status;
}

NTSTATUS mi_space_allocate(struct mi_space *space, void *process, void **base, SIZE_T *size, ULONG type,
                           ULONG protect)
{
    if (mi_space_host_protection(protect) < 0 || protect & COPIES)
        return STATUS_INVALID_PAGE_PROTECTION;
    ki_lock(&space->lock);
    NTSTATUS status = *base && !(type & MEM_RESERVE)
                          ? commit_old(space, process, base, size, protect)
                          : allocate_new(space, process, base, size, type, protect);
    ki_unlock(&space->lock);
    return status;
}

static NTSTATUS free_pages(struct mi_space *space, void *process, void **base, SIZE_T *size, ULONG type)
{
    struct mi_vad *vad =
        mi_in_space(space, *base) ? mi_vad_for(space, process, mi_page_of(space, *base)) : NULL;
    if (!vad)
        return STATUS_MEMORY_NOT_ALLOCATED;
    if (vad->kind != MI_VAD_PRIVATE)
        return STATUS_UNABLE_TO_DELETE_SECTION;
    uint32_t page = mi_page_of(space, *base), pages;
    if (!*size && page != vad->first)
        return STATUS_FREE_VM_NOT_AT_BASE;
    if (*size && !vad_around(space, process, *base, *size, &page, &pages))
        return STATUS_UNABLE_TO_FREE_VM;
    if (!*size)
        pages = vad->pages;
    *base = mi_page_address(space, page);
    *size = (SIZE_T)pages * PAGE_SIZE;
    if (type == MEM_DECOMMIT) {
        mi_vad_decommit(space, vad, page, pages);
        return STATUS_SUCCESS;
    }
    if (page != vad->first || pages != vad->pages)
        return STATUS_UNABLE_TO_FREE_VM; /* Windows splits the region; we do not */
    mi_vad_decommit(space, vad, page, pages);
    mi_vad_unreserve(space, vad);
    return STATUS_SUCCESS;
}

NTSTATUS mi_space_free(struct mi_space *space, void *process, void **base, SIZE_T *size, ULONG type)
{
    ki_lock(&space->lock);
    NTSTATUS status = free_pages(space, process, base, size, type);
    ki_unlock(&space->lock);
    return status;
}

static NTSTATUS protect_pages(struct mi_space *space, void *process, void **base, SIZE_T *size, ULONG protect,
                              ULONG *old)
{
    uint32_t page, pages;
    struct mi_vad *vad = vad_around(space, process, *base, *size, &page, &pages);
    if (!vad)
        return STATUS_CONFLICTING_ADDRESSES;
    /* A page that is shared cannot become a private copy any more. */
    if (protect & COPIES && !(vad->protect & COPIES))
        return STATUS_INVALID_PAGE_PROTECTION;
    for (uint32_t i = page; i < page + pages; i++)
        if (!vad->ptes[i - vad->first].frame)
            return STATUS_NOT_COMMITTED;
    *old = vad->ptes[page - vad->first].protect;
    mi_open_vad(space, vad);
    for (uint32_t i = page; i < page + pages; i++)
        vad->ptes[i - vad->first].protect = protect;
    host_vm_protect(mi_page_address(space, page), (size_t)pages * PAGE_SIZE,
                    mi_space_host_protection(protect));
    *base = mi_page_address(space, page);
    *size = (SIZE_T)pages * PAGE_SIZE;
    return STATUS_SUCCESS;
}

NTSTATUS mi_space_protect(struct mi_space *space, void *process, void **base, SIZE_T *size, ULONG protect,
                          ULONG *old)
{
    if (mi_space_host_protection(protect) < 0)
        return STATUS_INVALID_PAGE_PROTECTION;
    ki_lock(&space->lock);
    NTSTATUS status = protect_pages(space, process, base, size, protect, old);
    ki_unlock(&space->lock);
    return status;
}

static bool same_state(const struct mi_pte *a, const struct mi_pte *b)
{
    return !a->frame == !b->frame && a->protect == b->protect;
}

void mi_space_query(struct mi_space *space, void *process, const void *address,
                    PMEMORY_BASIC_INFORMATION info)
{
    uint32_t page = mi_page_of(space, address), run = 1;
    memset(info, 0, sizeof *info);
    info->BaseAddress = mi_page_address(space, page);
    ki_lock(&space->lock);
    struct mi_vad *vad = mi_vad_for(space, process, page);
    if (!vad) {
        while (page + run < space->pages && !mi_vad_for(space, process, page + run))
            run++;
        info->State = MEM_FREE;
        info->Protect = PAGE_NOACCESS;
    } else {
        const struct mi_pte *pte = &vad->ptes[page - vad->first];
        while (page + run < vad->first + vad->pages && same_state(pte, pte + run))
            run++;
        info->AllocationBase = mi_page_address(space, vad->first);
        info->AllocationProtect = vad->protect;
        info->State = pte->frame ? MEM_COMMIT : MEM_RESERVE;
        info->Protect = pte->protect;
        info->Type = vad->kind == MI_VAD_PRIVATE ? MEM_PRIVATE : MEM_MAPPED;
    }
    ki_unlock(&space->lock);
    info->RegionSize = (SIZE_T)run * PAGE_SIZE;
}

/* --- faults, probing, locking --- */

static bool take_guard(struct mi_space *space, const volatile void *address, struct mi_pte *pte)
{
    if (!(pte->protect & PAGE_GUARD))
        return false;
    uint32_t page = mi_page_of(space, address);
    protect_page(space, mi_vad_of(space, page), page, pte->protect & ~(ULONG)PAGE_GUARD);
    return true;
}

NTSTATUS mi_space_fault(struct mi_space *space, const volatile void *address)
{
    ki_lock(&space->lock);
    struct mi_pte *pte = pte_of(space, address);
    bool guard = pte && take_guard(space, address, pte);
    ki_unlock(&space->lock);
    return guard ? STATUS_GUARD_PAGE_VIOLATION : STATUS_ACCESS_VIOLATION;
}

static PFN_NUMBER pfn_of(const struct mi_pte *pte, const volatile void *address)
{
    return pte->frame == MI_PTE_OWN ? mi_pfn_own(address) : mi_pfn_of_frame(pte->frame - 1);
}

static NTSTATUS check_page(struct mi_space *space, const uint8_t *address, bool write, PFN_NUMBER *pfn)
{
    struct mi_pte *pte = pte_of(space, address);
    if (!pte)
        return STATUS_ACCESS_VIOLATION;
    if (take_guard(space, address, pte))
        return STATUS_GUARD_PAGE_VIOLATION;
    int host = mi_space_host_protection(pte->protect);
    if (!(host & HOST_READ) || (write && !(host & HOST_WRITE)))
        return STATUS_ACCESS_VIOLATION;
    *pfn = pfn_of(pte, address);
    return STATUS_SUCCESS;
}

NTSTATUS mi_space_lock_pages(struct mi_space *space, const void *start, uint32_t pages, bool write,
                             PFN_NUMBER *pfns)
{
    const uint8_t *address = (const uint8_t *)((uintptr_t)start & ~(uintptr_t)(PAGE_SIZE - 1));
    NTSTATUS status = STATUS_SUCCESS;
    ki_lock(&space->lock);
    for (uint32_t i = 0; i < pages && NT_SUCCESS(status); i++)
        status = check_page(space, address + (size_t)i * PAGE_SIZE, write, &pfns[i]);
    /* Pages with and without frames cannot be mapped together. */
    for (uint32_t i = 1; i < pages && NT_SUCCESS(status); i++)
        if (mi_pfn_is_own(pfns[i]) != mi_pfn_is_own(pfns[0]))
            status = STATUS_ACCESS_VIOLATION;
    for (uint32_t i = 0; i < pages && NT_SUCCESS(status) && !mi_pfn_is_own(pfns[0]); i++)
        mi_frames_pin(mi_frame_of_pfn(pfns[i]), 1);
    ki_unlock(&space->lock);
    return status;
}

PFN_NUMBER mi_space_pfn(struct mi_space *space, const volatile void *address)
{
    ki_lock(&space->lock);
    struct mi_pte *pte = pte_of(space, address);
    PFN_NUMBER pfn = pte ? pfn_of(pte, address) : 0;
    ki_unlock(&space->lock);
    return pfn;
}

/* --- the whole space --- */

void mi_space_free_owned(struct mi_space *space, void *process)
{
    ki_lock(&space->lock);
    for (uint32_t unit = 0; unit < space->used.count; unit++) {
        struct mi_vad *vad = space->used.words[unit / 64] ? space->vads[unit] : NULL;
        if (vad && vad->owner == process && !vad->section) {
            mi_vad_decommit(space, vad, vad->first, vad->pages);
            mi_vad_unreserve(space, vad);
        }
    }
    ki_unlock(&space->lock);
}

bool MmIsClientMemory(const volatile void *address)
{
    return mi_in_space(&mip()->client, address);
}

ULONG_PTR MmLockedPageCount(void)
{
    return (ULONG_PTR)KiLockedPages();
}
