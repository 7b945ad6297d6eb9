/*
 * Blocks that are not freed yet but nobody's to touch any more, as an IRP that is completed while its
 * dispatch routine still runs. In special pool their pages are inaccessible, under AddressSanitizer they are
 * poisoned, and else they are filled as freed blocks are, with their bytes kept elsewhere: then reads find
 * the pattern and writes are seen in the end.
 */
#include "mip.h"

#include <stdlib.h>
#include <string.h>

bool MmHideBlock(struct mm_hidden *hidden, PVOID address, const void *caller)
{
    struct mi_span *span;
    struct mi_block *block = address ? mi_pool_find(address, &span) : NULL;
    uint8_t allocated = MI_ALLOCATED;
    *hidden = (struct mm_hidden){NULL, 0, NULL};
    if (!block || __atomic_load_n(&block->state, __ATOMIC_ACQUIRE) != MI_ALLOCATED)
        return false;
    SIZE_T size = block->size;
    PUCHAR copy = NULL;
    if (!mi_is_special(address) && !mi_asan() && (copy = malloc(size ? size : 1)) == NULL)
        return false;
    if (!__atomic_compare_exchange_n(&block->state, &allocated, MI_HIDDEN, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        free(copy); /* the driver frees it at this moment */
        return false;
    }
    *hidden = (struct mm_hidden){address, size, copy};
    if (copy) {
        memcpy(copy, address, size);
        memset(address, MI_FREE_FILL, size);
        host_shadow_freed(address, size);
    } else if (mi_is_special(address)) {
        mi_special_hide(address, caller);
    } else {
        mi_poison(address, size);
    }
    return true;
}

static HOST_BLIND SIZE_T first_changed(const volatile UCHAR *bytes, SIZE_T size)
{
    SIZE_T at = 0;
    while (at < size && bytes[at] == MI_FREE_FILL)
        at++;
    return at < size ? at : MM_UNTOUCHED;
}

SIZE_T MmShowBlock(struct mm_hidden *hidden)
{
    PUCHAR address = hidden->address;
    SIZE_T changed = MM_UNTOUCHED;
    struct mi_span *span;
    if (!address)
        return MM_UNTOUCHED;
    if (hidden->copy) {
        changed = first_changed(address, hidden->size);
        memcpy(address, hidden->copy, hidden->size);
    } else if (mi_is_special(address)) {
        mi_special_show(address);
    } else {
        mi_unpoison(address, hidden->size);
    }
    __atomic_store_n(&mi_pool_find(address, &span)->state, MI_ALLOCATED, __ATOMIC_RELEASE);
    MmForgetHidden(hidden);
    return changed;
}

void MmForgetHidden(struct mm_hidden *hidden)
{
    free(hidden->copy);
    *hidden = (struct mm_hidden){NULL, 0, NULL};
}
