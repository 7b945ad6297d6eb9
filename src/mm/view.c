/*
 * Views of sections: the same pages at several addresses, in the client's range and in that of the system's
 * mappings.
 *
 * A section without a file has frames, so that MDLs over its views work as over any other client memory. The
 * pages of a file and private copies (PAGE_WRITECOPY) are the host's: an MDL takes them at their own address.
 */
#include "mip.h"

#include <stdlib.h>
#include <string.h>

/* --- what sections consist of --- */

static struct mm_pages *create(enum mi_pages_kind kind, uint32_t count)
{
    struct mip_state *mm = mip();
    struct mm_pages *pages = calloc(1, sizeof *pages);
    if (!pages)
        return NULL;
    atomic_init(&pages->references, 1);
    pages->kind = kind;
    pages->count = count;
    ki_lock(&mm->views_lock);
    pages->next = mm->sections;
    mm->sections = pages;
    ki_unlock(&mm->views_lock);
    return pages;
}

static void release(struct mm_pages *pages)
{
    for (uint32_t i = 0, run; pages->pfns && i < pages->count; i += run) {
        for (run = 1; i + run < pages->count && pages->pfns[i + run] == pages->pfns[i] + run;)
            run++;
        mi_frames_disown(mi_frame_of_pfn(pages->pfns[i]), run);
    }
    free(pages->pfns);
    host_section_free(pages->file);
    free(pages);
}

VOID MmReferencePages(struct mm_pages *pages)
{
    atomic_fetch_add_explicit(&pages->references, 1, memory_order_relaxed);
}

VOID MmDereferencePages(struct mm_pages *pages)
{
    struct mip_state *mm = mip();
    if (atomic_fetch_sub_explicit(&pages->references, 1, memory_order_acq_rel) != 1)
        return;
    ki_lock(&mm->views_lock);
    struct mm_pages **link = &mm->sections;
    while (*link != pages)
        link = &(*link)->next;
    *link = pages->next;
    ki_unlock(&mm->views_lock);
    void (*gone)(PVOID) = pages->gone;
    PVOID context = pages->context;
    release(pages);
    if (gone)
        gone(context);
}

/* Frames wherever there are some: a large section need not be in one piece. */
static bool take_frames(PFN_NUMBER *pfns, uint32_t count)
{
    for (uint32_t done = 0, piece = count; done < count;) {
        uint32_t run = piece < count - done ? piece : count - done, frame = mi_frames_allocate(run);
        if (frame == MI_NONE && run == 1) {
            for (uint32_t i = 0; i < done; i++)
                mi_frames_disown(mi_frame_of_pfn(pfns[i]), 1);
            return false;
        }
        if (frame == MI_NONE) {
            piece = run / 2;
            continue;
        }
        for (uint32_t i = 0; i < run; i++)
            pfns[done + i] = mi_pfn_of_frame(frame + i);
        done += run;
    }
    return true;
}

NTSTATUS MmCreatePages(ULONGLONG size, struct mm_pages **result)
{
    ULONGLONG count = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
    if (!mip()->frames.section) /* a host whose pages have one address each */
        return STATUS_NOT_SUPPORTED;
    if (size > INT64_MAX || count > mip()->frames.used.count)
        return STATUS_SECTION_TOO_BIG;
    PFN_NUMBER *pfns = malloc((size_t)count * sizeof *pfns);
    if (!pfns)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!take_frames(pfns, (uint32_t)count)) {
        free(pfns);
        return STATUS_COMMITMENT_LIMIT;
    }
    struct mm_pages *pages = create(MI_PAGES_FRAMES, (uint32_t)count);
    if (!pages) {
        for (uint32_t i = 0; i < count; i++)
            mi_frames_disown(mi_frame_of_pfn(pfns[i]), 1);
        free(pfns);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    pages->pfns = pfns;
    *result = pages;
    return STATUS_SUCCESS;
}

NTSTATUS MmCreateFilePages(struct host_section *file, ULONGLONG size, void (*gone)(PVOID), PVOID context,
                           struct mm_pages **result)
{
    ULONGLONG count = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
    struct mm_pages *pages = count < UINT32_MAX ? create(MI_PAGES_FILE, (uint32_t)count) : NULL;
    if (!pages) {
        host_section_free(file);
        return count < UINT32_MAX ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SECTION_TOO_BIG;
    }
    pages->file = file;
    pages->gone = gone;
    pages->context = context;
    *result = pages;
    return STATUS_SUCCESS;
}

/* The frames' own numbers are the page numbers in it; below the first there is nothing. */
NTSTATUS MmCreatePhysicalPages(struct mm_pages **result)
{
    struct mm_pages *pages = mip()->frames.section
                                 ? create(MI_PAGES_PHYSICAL, (uint32_t)MI_PFN_BASE + mip()->frames.used.count)
                                 : NULL;
    if (!pages)
        return mip()->frames.section ? STATUS_INSUFFICIENT_RESOURCES : STATUS_NOT_SUPPORTED;
    *result = pages;
    return STATUS_SUCCESS;
}

PFN_NUMBER mi_pages_pfn(const struct mm_pages *pages, uint32_t page)
{
    switch (pages->kind) {
    case MI_PAGES_FRAMES:
        return pages->pfns[page];
    case MI_PAGES_PHYSICAL:
        return page;
    default:
        return 0;
    }
}

bool mi_pages_map(const struct mm_pages *pages, uint32_t first, void *at, uint32_t count, int protection,
                  bool copy)
{
    uint8_t *to = at;
    if (copy)
        protection |= HOST_COPY;
    if (pages->kind == MI_PAGES_FILE)
        return host_section_map(pages->file, (uint64_t)first * PAGE_SIZE, to, (size_t)count * PAGE_SIZE,
                                protection);
    for (uint32_t i = 0, run; i < count; i += run) {
        PFN_NUMBER pfn = mi_pages_pfn(pages, first + i);
        if (pfn < MI_PFN_BASE)
            return false;
        for (run = 1; i + run < count && mi_pages_pfn(pages, first + i + run) == pfn + run;)
            run++;
        if (!mi_frames_map(mi_frame_of_pfn(pfn), to + (size_t)i * PAGE_SIZE, run, protection))
            return false;
    }
    return true;
}

/* --- views of the client's --- */

static NTSTATUS check(const struct mm_pages *pages, ULONGLONG offset, SIZE_T size)
{
    ULONGLONG all = (ULONGLONG)pages->count << PAGE_SHIFT;
    if (!size || offset >= all || size > all - offset)
        return STATUS_INVALID_VIEW_SIZE;
    /* Physical memory begins where RAM does, but for devices. */
    if (pages->kind == MI_PAGES_PHYSICAL && offset < MI_RAM_BASE << PAGE_SHIFT &&
        !mi_is_device(offset >> PAGE_SHIFT, (uint32_t)((size + PAGE_SIZE - 1) >> PAGE_SHIFT)))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

NTSTATUS MmMapPages(struct mm_pages *pages, ULONGLONG offset, SIZE_T size, ULONG protect, PVOID owner,
                    PVOID *at)
{
    NTSTATUS status = check(pages, offset, size);
    if (!NT_SUCCESS(status))
        return status;
    MmReferencePages(pages);
    void *base = mi_space_map_view(&mip()->client, pages, (uint32_t)(offset >> PAGE_SHIFT),
                                   (uint32_t)((size + PAGE_SIZE - 1) >> PAGE_SHIFT), protect, owner, *at);
    if (!base) {
        MmDereferencePages(pages);
        return *at ? STATUS_CONFLICTING_ADDRESSES : STATUS_NO_MEMORY;
    }
    *at = base;
    return STATUS_SUCCESS;
}

NTSTATUS MmUnmapPages(PVOID address)
{
    struct mm_pages *pages =
        mi_in_space(&mip()->client, address) ? mi_space_unmap_view(&mip()->client, address) : NULL;
    if (!pages)
        return STATUS_NOT_MAPPED_VIEW;
    MmDereferencePages(pages);
    return STATUS_SUCCESS;
}

VOID MmUnmapViews(PVOID owner)
{
    for (void *view = NULL; (view = mi_space_next_view(&mip()->client, view, owner)) != NULL;)
        MmUnmapPages(view);
    while (!owner) {
        ki_lock(&mip()->views_lock);
        struct mi_system_view *view = mip()->system_views;
        void *base = view ? view->base : NULL;
        ki_unlock(&mip()->views_lock);
        if (!base)
            return;
        MmUnmapSystemPages(base);
    }
}

NTSTATUS MmFlushPages(PVOID *address, SIZE_T *size)
{
    uint8_t *base = (uint8_t *)((uintptr_t)*address & ~(uintptr_t)(PAGE_SIZE - 1));
    uint32_t rest = mi_in_space(&mip()->client, base) ? mi_space_view_size(&mip()->client, base) : 0;
    if (!rest)
        return STATUS_NOT_MAPPED_VIEW;
    SIZE_T length = *size ? *size + (SIZE_T)((uint8_t *)*address - base) : (SIZE_T)rest * PAGE_SIZE;
    length = (length + PAGE_SIZE - 1) & ~(SIZE_T)(PAGE_SIZE - 1);
    if (length > (SIZE_T)rest * PAGE_SIZE)
        return STATUS_NOT_MAPPED_VIEW;
    *address = base;
    *size = length;
    return host_vm_flush(base, length) ? STATUS_SUCCESS : STATUS_UNEXPECTED_IO_ERROR;
}

/* --- views of the system's --- */

NTSTATUS MmMapSystemPages(struct mm_pages *pages, ULONGLONG offset, SIZE_T size, PVOID *at)
{
    struct mip_state *mm = mip();
    uint32_t count = (uint32_t)((size + PAGE_SIZE - 1) >> PAGE_SHIFT);
    NTSTATUS status = check(pages, offset, size);
    if (!NT_SUCCESS(status))
        return status;
    struct mi_system_view *view = malloc(sizeof *view);
    void *base = view ? mi_map_view(pages, (uint32_t)(offset >> PAGE_SHIFT), count) : NULL;
    if (!base) {
        free(view);
        return STATUS_NO_MEMORY;
    }
    MmReferencePages(pages);
    ki_lock(&mm->views_lock);
    *view = (struct mi_system_view){mm->system_views, pages, base, count};
    mm->system_views = view;
    ki_unlock(&mm->views_lock);
    *at = base;
    return STATUS_SUCCESS;
}

NTSTATUS MmUnmapSystemPages(PVOID at)
{
    struct mip_state *mm = mip();
    ki_lock(&mm->views_lock);
    struct mi_system_view **link = &mm->system_views;
    while (*link && (*link)->base != at)
        link = &(*link)->next;
    struct mi_system_view *view = *link;
    if (view)
        *link = view->next;
    ki_unlock(&mm->views_lock);
    if (!view)
        return STATUS_NOT_MAPPED_VIEW;
    mi_unmap(view->base, view->pages);
    MmDereferencePages(view->section);
    free(view);
    return STATUS_SUCCESS;
}

/* --- the end, and files --- */

void mi_views_stop(void)
{
    struct mip_state *mm = mip();
    for (struct mi_system_view *next, *view = mm->system_views; view; view = next) {
        next = view->next;
        free(view);
    }
    for (struct mm_pages *next, *pages = mm->sections; pages; pages = next) {
        next = pages->next;
        free(pages->pfns);
        host_section_free(pages->file);
        free(pages);
    }
}

void MmSetFiles(const struct mm_files *files)
{
    if (mip())
        mip()->files = files;
}

const struct mm_files *MmFiles(VOID)
{
    return mip()->files;
}
