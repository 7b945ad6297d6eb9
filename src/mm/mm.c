/*
 * The start and end of memory: the kernel's one reservation and how it is divided, and the images of drivers.
 */
#include "mip.h"

#include <stdlib.h>
#include <string.h>

/* What is asked of the host first; halved until it agrees. */
#define MI_KERNEL_SIZE  (32ull << 30)
#define MI_KERNEL_LEAST (256ull << 20)

static bool reserve_kernel(struct mip_state *mm)
{
    for (size_t size = MI_KERNEL_SIZE; size >= MI_KERNEL_LEAST; size /= 2) {
        mm->reservation = host_vm_reserve(size + MI_UNIT);
        if (mm->reservation) {
            mm->reserved = size + MI_UNIT;
            /* Units of pool and client memory start at multiples of 64 KB, as on Windows. */
            ntio_machine.kernel_base = ((uintptr_t)mm->reservation + MI_UNIT - 1) & ~(uintptr_t)(MI_UNIT - 1);
            ntio_machine.kernel_size = size;
            return true;
        }
    }
    return false;
}

static _Noreturn void no_memory(const char *what)
{
    char text[128];
    strcpy(text, "ntio: the host has no address space for ");
    strcat(text, what);
    strcat(text, "\n");
    machine_log(text, strlen(text));
    host_abort();
}

void mm_start(void)
{
    struct mip_state *mm = calloc(1, sizeof *mm);
    if (!mm)
        no_memory("the memory manager");
    ntio_machine.mm = mm;
    ntio_machine.locked_pages = 0; /* a machine that crashed may have left some */
    if (!reserve_kernel(mm))
        no_memory("the kernel");
    if (!mi_frames_start())
        no_memory("physical memory");

    /* Quarters: nonpaged pool, paged pool, system mappings, and the rest for kernel stacks and special pool.
     */
    uint8_t *base = (uint8_t *)ntio_machine.kernel_base;
    size_t quarter = ntio_machine.kernel_size / 4;
    if (!mi_pool_start(base, base + quarter, quarter))
        no_memory("pool");
    if (!mi_ptes_start(base + 2 * quarter, quarter))
        no_memory("system mappings");
    atomic_store(&mm->system_next, (uintptr_t)base + 3 * quarter);
    mm->system_end = (uintptr_t)base + 4 * quarter;
    if (!mi_special_start())
        no_memory("special pool");
    mi_paged_start();
    if (!mi_space_start())
        no_memory("the client");
}

static void free_images(struct mip_state *mm)
{
    struct mi_images *images = atomic_load(&mm->images);
    while (images) {
        struct mi_images *previous = images->previous;
        free(images);
        images = previous;
    }
}

void mm_stop(void)
{
    struct mip_state *mm = mip();
    if (!mm)
        return;
    if (!(gate_watched() & WATCH_CRASHED)) {
        mi_pool_report();
        mi_pool_check_free(NULL);
        mi_io_report();
        mi_reserved_report();
        mi_space_report();
    }
    mi_views_stop();
    mi_space_stop();
    mi_io_stop();
    mi_reserved_stop();
    mi_ptes_stop();
    mi_paged_stop();
    mi_special_stop();
    mi_pool_stop();
    host_vm_release(mm->reservation, mm->reserved);
    mi_frames_stop();
    free_images(mm);
    free(mm);
    ntio_machine.mm = NULL;
    ntio_machine.kernel_base = ntio_machine.kernel_size = 0;
    ntio_machine.images_low = ntio_machine.images_high = 0;
}

void *MmReserveSystemRange(SIZE_T bytes)
{
    struct mip_state *mm = mip();
    SIZE_T size = (bytes + MI_UNIT - 1) & ~(SIZE_T)(MI_UNIT - 1);
    uintptr_t at = atomic_load(&mm->system_next);
    do
        if (size > mm->system_end - at)
            return NULL;
    while (!atomic_compare_exchange_weak(&mm->system_next, &at, at + size));
    return (void *)at;
}

/* --- images --- */

/*
 * The bounds are read alone by MmIsSystemAddress, one after the other. While they grow, an image is not yet
 * in use, and while they shrink no longer.
 */
static void publish_images(struct mi_images *images, struct mi_images *old)
{
    images->previous = old;
    uintptr_t low = UINTPTR_MAX, high = 0;
    for (uint32_t i = 0; i < images->count; i++) {
        uintptr_t base = images->image[i].base, end = base + images->image[i].size;
        low = base < low ? base : low;
        high = end > high ? end : high;
    }
    atomic_store_explicit(&mip()->images, images, memory_order_release);
    atomic_store_explicit(&ntio_machine.images_low, low, memory_order_release);
    atomic_store_explicit(&ntio_machine.images_high, high, memory_order_release);
}

static struct mi_images *copy_images(const struct mi_images *old, uint32_t room)
{
    uint32_t count = old ? old->count : 0;
    struct mi_images *images = calloc(1, sizeof *images + (count + room) * sizeof images->image[0]);
    if (!images)
        no_memory("the list of images");
    images->count = count;
    if (old)
        memcpy(images->image, old->image, count * sizeof images->image[0]);
    return images;
}

void mm_add_image(void *base, size_t size, void *driver_object)
{
    struct mip_state *mm = mip();
    ki_lock(&mm->images_lock);
    struct mi_images *old = atomic_load_explicit(&mm->images, memory_order_relaxed);
    struct mi_images *images = copy_images(old, 1);
    struct mi_image *image = &images->image[images->count++];
    *image = (struct mi_image){.base = (uintptr_t)base, .size = size, .owner = driver_object};
    PCUNICODE_STRING name = &((PDRIVER_OBJECT)driver_object)->DriverName;
    for (size_t i = 0; i < name->Length / sizeof(WCHAR) && i + 1 < sizeof image->name; i++)
        image->name[i] = name->Buffer[i] < 0x7F ? (char)name->Buffer[i] : '?';
    publish_images(images, old);
    ki_unlock(&mm->images_lock);
}

void mm_remove_image(void *base)
{
    struct mip_state *mm = mip();
    ki_lock(&mm->images_lock);
    struct mi_images *old = atomic_load_explicit(&mm->images, memory_order_relaxed);
    struct mi_images *images = copy_images(old, 0);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < images->count; i++)
        if (images->image[i].base != (uintptr_t)base)
            images->image[kept++] = images->image[i];
    images->count = kept;
    publish_images(images, old);
    ki_unlock(&mm->images_lock);
}

static const struct mi_images *current_images(void)
{
    struct mip_state *mm = mip();
    return mm ? atomic_load_explicit(&mm->images, memory_order_acquire) : NULL;
}

static const struct mi_image *touching(const struct mi_images *images, uintptr_t low, uintptr_t high)
{
    for (uint32_t i = 0; images && i < images->count; i++) {
        const struct mi_image *image = &images->image[i];
        if (low < image->base + image->size && high > image->base)
            return image;
    }
    return NULL;
}

static const struct mi_image *image_touching(uintptr_t low, uintptr_t high)
{
    return touching(current_images(), low, high);
}

const char *mm_unloaded_image(const void *address)
{
    uintptr_t low = (uintptr_t)address;
    const struct mi_images *images = current_images();
    if (touching(images, low, low + 1))
        return NULL;
    const struct mi_image *image = NULL;
    for (; images && !image; images = images->previous)
        image = touching(images, low, low + 1);
    return image ? image->name : NULL;
}

void *mm_image_owner(const void *address)
{
    const struct mi_image *image = image_touching((uintptr_t)address, (uintptr_t)address + 1);
    return image ? image->owner : NULL;
}

bool MmIsInImage(uintptr_t low, uintptr_t high)
{
    return image_touching(low, high) != NULL;
}
