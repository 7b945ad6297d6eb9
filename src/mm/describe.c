/*
 * What a report says of a kernel address that was touched and should not have been; and of MDLs whose pages
 * are still locked.
 */
#include "mip.h"

#include <stdio.h>
#include <string.h>

/* Of a block of a page and more: an inaccessible page follows it, and the largest are gone when they are
 * freed. */
static bool describe_block(const struct mi_span *span, const uint8_t *address, char *text, size_t size)
{
    uint32_t slot = (uint32_t)((size_t)(address - span->base) / span->stride);
    const struct mi_block *block = &span->blocks[slot];
    char allocated[200], freed[200] = "";
    if (!mi_is_paged_slot(span) || slot >= atomic_load(&span->carved))
        return false;
    bool is_free = __atomic_load_n(&block->state, __ATOMIC_ACQUIRE) != MI_ALLOCATED;
    if (!is_free && (size_t)(address - block->address) < block->size)
        return false;
    host_call_site(block->caller, allocated, sizeof allocated);
    if (is_free)
        host_call_site(block->freed_by, freed, sizeof freed);
    snprintf(text, size, "%p lies %zu bytes %s pool block %p of %llu bytes (tag '%.4s', allocated at %s%s%s)",
             (const void *)address,
             is_free ? (size_t)(address - block->address) : (size_t)(address - block->address) - block->size,
             is_free ? "inside of" : "behind", (void *)block->address, (unsigned long long)block->size,
             (const char *)&block->tag, allocated, is_free ? ", freed at " : "", freed);
    return true;
}

static bool describe_mapping(const struct mi_ptes *ptes, const uint8_t *address, char *text, size_t size)
{
    size_t offset = (size_t)(address - ptes->base);
    if (ptes->pfns[offset >> PAGE_SHIFT])
        snprintf(text, size, "%p is in the mapping of an MDL that may only be read: MdlMappingNoWrite%s",
                 (const void *)address,
                 ntio_machine.access & ACCESS_READ_ONLY ? ", or pages locked with IoReadAccess" : "");
    else if (offset >= PAGE_SIZE && ptes->pfns[(offset >> PAGE_SHIFT) - 1])
        snprintf(text, size, "%p lies behind the system address of an MDL", (const void *)address);
    else
        snprintf(
            text, size,
            "%p is where system addresses of MDLs are, but of none at the moment: its pages were unmapped, "
            "unlocked, or the request was completed",
            (const void *)address);
    return true;
}

bool MmDescribeBadAddress(const void *address, char *text, size_t size)
{
    struct mip_state *mm = mip();
    if (!mm)
        return false;
    if (mm_image_owner(address)) {
        snprintf(text, size, "%p is in a driver's image, in its code or its constants", address);
        return true;
    }
    if (!MmIsKernelAddress(address))
        return false;
    if (mi_is_pte_address(&mm->ptes, address))
        return describe_mapping(&mm->ptes, address, text, size);
    const struct mi_span *span = mi_pool_span(address);
    return span && describe_block(span, address, text, size);
}

struct left {
    const struct _EPROCESS *process; /* NULL: whichever */
};

static void tell_locked(void *context, const struct mi_block *block)
{
    const struct left *left = context;
    const MDL *mdl = (const MDL *)block->address;
    char where[200];
    if (block->tag != MI_TAG_MDL || block->size < sizeof *mdl)
        return;
    if ((mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_PARTIAL)) != MDL_PAGES_LOCKED || !mdl->Process ||
        (left->process && mdl->Process != left->process))
        return;
    host_call_site(block->caller, where, sizeof where);
    machine_violation("MDL %p still locks %u pages of the client's memory at %p; it was allocated at %s",
                      (const void *)mdl, mi_mdl_pages(mdl), (char *)mdl->StartVa + mdl->ByteOffset, where);
}

void mi_tell_locked(const struct _EPROCESS *process)
{
    struct left left = {process};
    mi_pool_walk(tell_locked, &left);
}
