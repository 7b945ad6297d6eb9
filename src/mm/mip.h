/*
 * Private to mm. How the parts fit:
 *
 *   frames   page-sized pieces of one shared section ("physical memory"); everything below maps runs of them
 *   pool     two heaps (nonpaged, paged), each a range of the kernel's reservation cut into spans of equal
 * slots ptes     the range of system mappings: aliases of frames at a second address space    the client's
 * range: what NtAllocateVirtualMemory gives out, one frame a page
 *
 * Where the host has no section, frames stand for the client's pages one to one, nothing has a second address
 * and pool is plain committed memory. PFNs: a frame's number plus MI_PFN_BASE, or MI_PFN_OWN with the page's
 * address for memory that has no frame.
 *
 * Lock order: space -> ptes -> frames; stripe -> depot -> pool.
 */
#pragma once

#include "mm.h"
#include "../ke/ke.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MI_INSTRUMENTED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define MI_INSTRUMENTED 1
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(MI_INSTRUMENTED)
#define MI_INSTRUMENTED 1
#endif
#ifdef MI_INSTRUMENTED
#define MI_RAW __attribute__((no_sanitize("address"), noinline))
#else
#define MI_RAW HOST_BLIND
#endif
/* There when anything in the process, a driver alone perhaps, was compiled for AddressSanitizer. */
void __asan_poison_memory_region(const volatile void *, size_t) __attribute__((weak));
void __asan_unpoison_memory_region(const volatile void *, size_t) __attribute__((weak));
static inline bool mi_asan(void)
{
    return __builtin_expect(__asan_poison_memory_region != NULL, 0);
}
static inline void mi_poison(const volatile void *address, size_t size)
{
    if (mi_asan())
        __asan_poison_memory_region(address, size);
}
static inline void mi_unpoison(const volatile void *address, size_t size)
{
    if (mi_asan())
        __asan_unpoison_memory_region(address, size);
}

/* --- next-fit bitmaps of pages or units --- */

struct mi_bitmap {
    uint64_t *words;
    uint32_t count, hint;
};
#define MI_NONE UINT32_MAX
bool mi_bitmap_create(struct mi_bitmap *, uint32_t count);
void mi_bitmap_destroy(struct mi_bitmap *);
uint32_t mi_bitmap_take(struct mi_bitmap *, uint32_t run); /* MI_NONE: no such run is free */
bool mi_bitmap_take_at(struct mi_bitmap *, uint32_t first, uint32_t run);
void mi_bitmap_clear(struct mi_bitmap *, uint32_t first, uint32_t run);

/* Zeroed tables that cost memory only where they are touched. */
void *mi_table_create(size_t size);
void mi_table_destroy(void *, size_t size);

/* --- frames --- */

#define MI_PFN_BASE 1ull
#define MI_RAM_BASE 0x1000ull /* the first page number that is RAM's; below, and between, a test's devices have theirs */
#define MI_PFN_ODD                                                                                           \
    (1ull << 62)             /* in the first PTE of a mapping that is not plainly readable and writable      \
                              */
#define MI_OWNED 0x80000000u /* in the pin count: an allocation holds the frame */

struct mi_frames {
    struct host_section *section; /* NULL: the host has none */
    struct mi_bitmap used;
    uint32_t lowest;        /* of those for RAM; the ones before are never free */
    _Atomic uint32_t *pins; /* locks on each frame, and MI_OWNED */
    _Atomic unsigned lock;
};
bool mi_frames_start(void);
void mi_frames_stop(void);
uint32_t mi_frames_allocate(uint32_t run);                    /* owned, zeroed; MI_NONE: none left */
uint32_t mi_frames_allocate_at(uint32_t first, uint32_t run); /* without a section */
/* These very frames, owned and zeroed, wherever they are; false: one of them is in use. */
bool mi_frames_take(uint32_t first, uint32_t run);
bool mi_pfn_is_used(PFN_NUMBER);
/* Pins the frame if somebody uses it. */
bool mi_frames_pin_used(uint32_t frame);
void mi_frames_disown(uint32_t first, uint32_t run);
void mi_frames_pin(uint32_t first, uint32_t run);
void mi_frames_unpin(uint32_t first, uint32_t run);
bool mi_frames_map(uint32_t first, void *at, uint32_t run, int protection);

static inline PFN_NUMBER mi_pfn_of_frame(uint32_t frame)
{
    return frame + MI_PFN_BASE;
}
static inline uint32_t mi_frame_of_pfn(PFN_NUMBER pfn)
{
    return (uint32_t)(pfn - MI_PFN_BASE);
}
static inline void *mi_own_address(PFN_NUMBER pfn)
{
    return (void *)(uintptr_t)((pfn & (MI_PFN_OWN - 1)) << PAGE_SHIFT);
}
PFN_NUMBER
mi_pfn_of_address(const volatile void *address); /* of any address; own when nothing better is known */

/* --- system mappings --- */

#define MI_MAP_CACHE 32

struct mi_map_cached {
    uint32_t frame, pages, page; /* pages == 0: empty */
};

struct mi_ptes {
    uint8_t *base;
    uint32_t pages;
    struct mi_bitmap used;
    PFN_NUMBER *pfns; /* of each page mapped; 0: not mapped */
    _Atomic unsigned lock;
    struct mi_map_cached cache[MI_MAP_CACHE];
};
bool mi_ptes_start(void *base, size_t size);
void mi_ptes_stop(void);
void *mi_map_pfns(const PFN_NUMBER *, uint32_t pages, int protection); /* frames only */
PFN_NUMBER mi_map_pfn(const volatile void *address);
void *mi_map_frames(uint32_t frame, uint32_t pages);
void mi_unmap(void *base, uint32_t pages);
int mi_host_protection(ULONG protect); /* HOST_* of a PAGE_*; -1: it is none */
/* The pages of the mapping that starts there (0: none does) and its first frame; for mappings of frames in a
 * row. */
uint32_t mi_map_size(const void *base, uint32_t *frame);
bool mi_map_protect(void *base, uint32_t pages, int protection);
/* Where some of a section's pages show; its PFNs, or the addresses' own. */
void *mi_map_view(struct mm_pages *, uint32_t first, uint32_t pages);
void *mi_map_private(uint32_t pages); /* committed memory of its own, for hosts without a section */
static inline bool mi_is_pte_address(const struct mi_ptes *ptes, const volatile void *address)
{
    return (uintptr_t)address - (uintptr_t)ptes->base < (size_t)ptes->pages * PAGE_SIZE;
}

/* A range to map into later, again and again; the three are for ranges of mi_reserve alone. */
void *mi_reserve(uint32_t pages);
bool mi_map_reserved(void *base, const PFN_NUMBER *, uint32_t pages);
void mi_unmap_reserved(void *base, uint32_t pages);
void mi_release(void *base, uint32_t pages);
void mi_unmap_head(void *base, uint32_t pages); /* the first pages of a mapping, of which more are left */

/* --- reserved mappings (reserved.c) --- */

struct mi_reserved {
    struct mi_reserved *next;
    uint8_t *base;
    const uint8_t *shown;   /* where they are mapped: there, or where they were anyway */
    uint32_t pages, mapped; /* mapped: those that are now, 0: none */
    ULONG tag;
    const void *caller;
};
bool mi_is_reserved(const void *base);
void mi_reserved_report(void);
void mi_reserved_stop(void);

/* --- the memory of devices (iospace.c) --- */

/* Memory at physical addresses that a test answers for. */
struct mi_device;
/* A range that a driver has mapped. */
struct mi_io_mapping {
    struct mi_io_mapping *next;
    uint8_t *base;
    SIZE_T bytes;
    uint32_t pages;
    const void *caller;
    PFN_NUMBER pfns[];
};
struct mi_io_space {
    _Atomic unsigned lock;
    _Atomic(struct mi_device *) devices;
    struct mi_io_mapping *mappings;
};
bool mi_is_device(PFN_NUMBER first, uint32_t pages); /* the pages are those of one device */
void mi_io_report(void);
void mi_io_stop(void);

/* --- pool --- */

#define MI_UNIT       0x10000u
#define MI_GUARD      16u
#define MI_HEAPS      2 /* nonpaged, paged */
#define MI_CLASSES    40
#define MI_STRIPES    16
#define MI_FREE_FILL  0xDD
#define MI_FREE_WORD  0xDDDDDDDDDDDDDDDDull
#define MI_NEW_FILL   0xCD /* what a block is filled with that was asked for uninitialised */
#define MI_GUARD_WORD 0xFDFDFDFDFDFDFDFDull
#define MI_LARGEST    0x10000u /* what the slots hold; larger blocks have a span of their own */

enum mi_block_state { MI_FRESH, MI_FREE, MI_ALLOCATED, MI_HIDDEN /* hide.c */ };
enum mi_block_flags {
    MI_SYSTEM = 1,
    MI_ZERO = 2,
    MI_QUOTA = 4,
    MI_SPECIAL = 8,           /* the library's, but may be special pool */
    MI_SPECIAL_OVERRUN = 16,  /* in special pool, at the end of the page */
    MI_SPECIAL_UNDERRUN = 32, /* at its start */
};

struct mi_block {
    struct mi_block *next; /* in a free list */
    uint8_t *address;
    const void *caller;
    const void *freed_by; /* NULL: not yet; special pool has its own */
    uint64_t size;
    uint32_t tag;
    uint16_t type; /* POOL_TYPE */
    uint8_t state; /* enum mi_block_state */
    uint8_t flags;
};

struct mi_span {
    struct mi_span *next; /* all spans of the pool */
    uint8_t *base;
    uint32_t units;
    uint32_t stride, offset; /* of the slots, and of the data in each */
    size_t capacity;
    uint32_t count;
    _Atomic uint32_t carved; /* slots handed out at least once */
    uint32_t frame;          /* of the first page; MI_NONE: none */
    uint8_t heap, klass;
    struct mi_block blocks[];
};

struct mi_stripe {
    _Atomic unsigned lock;
    uint16_t count[MI_HEAPS][MI_CLASSES];
    struct mi_block *free[MI_HEAPS][MI_CLASSES];
} __attribute__((aligned(64)));

struct mi_depot {
    _Atomic unsigned lock;
    struct mi_block *free;
    struct mi_span *current;
};

struct mi_class {
    size_t capacity;
    uint32_t stride, offset;
    uint16_t most; /* blocks a stripe keeps */
};

struct mi_heap {
    uint8_t *base;
    size_t size;
    struct mi_bitmap used; /* units */
    _Atomic(struct mi_span *)
        *spans; /* of each unit; a freed large block's stays until the unit is used again */
    struct mi_depot depots[MI_CLASSES];
};

struct mi_pool {
    struct mi_heap heaps[MI_HEAPS];
    struct mi_class classes[MI_CLASSES];
    unsigned class_count, page_class;
    uint8_t class_of[PAGE_SIZE / 16]; /* by size in 16 byte steps */
    struct mi_stripe stripes[MI_STRIPES];
    _Atomic unsigned lock;         /* units and the list of spans */
    struct mi_span *all, *retired; /* retired: span structures of large blocks, to be used again */
    struct {
        _Atomic unsigned lock;
        struct mi_block *first, *last;
        uint32_t count;
        size_t bytes;
    } quarantine;
};
#define MI_ONE_SLOT UINT32_MAX /* the stride of a large block's span */
static inline bool mi_is_paged_slot(const struct mi_span *span)
{
    return span->offset == 0;
}
static inline bool mi_is_large(const struct mi_span *span)
{
    return span->stride == MI_ONE_SLOT;
}
bool mi_pool_start(void *nonpaged, void *paged, size_t size_of_each);
void mi_pool_stop(void);
void *mi_pool_allocate(POOL_TYPE, SIZE_T size, ULONG tag, unsigned flags, const void *caller);
#define MI_TAG_MDL ' ldM' /* of MDLs from IoAllocateMdl */
/* Says which MDLs in pool still have pages of the process locked; NULL: of any. */
void mi_tell_locked(const struct _EPROCESS *process);
/* Where a free block was written to, NULL: nowhere; and how it is said. */
const uint8_t *mi_pool_first_changed(const struct mi_block *, size_t length);
void mi_pool_tell_changed(const struct mi_block *, size_t offset);
/* Says it of all blocks of a driver's (NULL: of anybody's) that nobody has asked for since. */
void mi_pool_check_free(void *driver);
void mi_pool_free(void *, ULONG tag, const void *caller);
void mi_pool_check_owner(void *, const void *caller); /* a driver frees it: is it the I/O manager's? */
struct mi_block *mi_pool_find(const volatile void *address,
                              struct mi_span **); /* exactly a block's address */
struct mi_span *mi_pool_span(const volatile void *address);
bool mi_pool_is_paged(const volatile void *address); /* of a block */
PFN_NUMBER mi_pool_pfn(const volatile void *address);
void mi_pool_report(void); /* what is left at the end */
void mi_pool_walk(void (*visit)(void *context, const struct mi_block *), void *context);
static inline unsigned mi_heap_of(POOL_TYPE type)
{
    return type & PagedPool;
}

/* --- special pool (special.c); mi_is_special before anything else --- */

enum { MI_SPECIAL_END = 1, MI_SPECIAL_START = 2 }; /* ntio_machine.special_pool */
bool mi_special_start(void);
void mi_special_stop(void);
void *mi_special_allocate(POOL_TYPE, SIZE_T size, ULONG tag, unsigned flags, const void *caller); /* NULL: no room */
void mi_special_free(void *, ULONG tag, const void *caller);
struct mi_block *mi_special_find(const volatile void *address);
PFN_NUMBER mi_special_pfn(const volatile void *address);
void mi_special_walk(void (*visit)(void *context, struct mi_block *), void *context);
void mi_special_protect_paged(int protection);
void mi_special_hide(void *, const void *caller); /* its pages are inaccessible, as if it were freed by the caller */
void mi_special_show(void *);

/* --- paged pool that is out (paged.c) --- */

struct mi_paged {
    _Atomic unsigned lock;
    unsigned raised; /* threads that may not touch it */
    bool out;        /* nobody can */
    unsigned turns;  /* how often that has changed */
};
void mi_paged_start(void);
void mi_paged_stop(void);
bool mi_paged_resolve(const void *address); /* true: the access may be made again */
void mi_pool_protect_paged(int protection);

/* --- MDLs --- */

PMDL mi_mdl_create(const volatile void *address, ULONG length, unsigned flags, const void *caller);
bool mi_needs_alias(const MDL *); /* its pages get a second address when they are mapped */
static inline uint32_t mi_mdl_pages(const MDL *mdl)
{
    return (uint32_t)(((ULONG_PTR)mdl->ByteOffset + mdl->ByteCount + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

/* --- the client's space --- */

enum mi_vad_kind { MI_VAD_PRIVATE, MI_VAD_MAPPED };

#define MI_PTE_OWN UINT32_MAX /* committed, but the page is no frame: a file's, or a private copy */
struct mi_pte {
    uint32_t frame;   /* plus one; 0: not committed */
    uint32_t protect; /* PAGE_* */
};

struct mi_vad {
    LIST_ENTRY open;       /* in mi_space.open, unless it is shut */
    void *owner;           /* the process whose memory it is */
    bool shut;             /* inaccessible; its PTEs say what it is otherwise */
    uint32_t first, pages; /* in pages from the space's base; starts at a unit */
    ULONG protect;
    enum mi_vad_kind kind;
    struct mm_pages *section; /* of a view: what it shows, referenced */
    struct mi_pte ptes[];
};

struct mi_space {
    void *reservation;
    uint8_t *base;
    uint32_t pages;
    struct mi_bitmap used; /* units */
    struct mi_vad **vads;  /* of each unit */
    LIST_ENTRY open;
    _Atomic unsigned lock;
};
bool mi_space_start(void);
void mi_space_report(void); /* pages still locked at the end */
void mi_space_stop(void);
static inline bool mi_in_space(const struct mi_space *space, const volatile void *address)
{
    return (uintptr_t)address - (uintptr_t)space->base < (size_t)space->pages * PAGE_SIZE;
}
int mi_space_host_protection(ULONG protect);
void mi_open_vad(struct mi_space *, struct mi_vad *); /* under the lock */
void mi_shield_new(struct mi_space *, uint32_t page, uint32_t run, int protection); /* pages just mapped */
/* The services without their handles and pointers; statuses as documented for Nt*VirtualMemory. */
void *mi_context(void); /* the process in whose context the current thread is; NULL: in nobody's */
/* For a process's range; that of another one is none at all to it, while contexts are on. */
NTSTATUS mi_space_allocate(struct mi_space *, void *process, void **base, SIZE_T *size, ULONG type, ULONG protect);
NTSTATUS mi_space_free(struct mi_space *, void *process, void **base, SIZE_T *size, ULONG type);
NTSTATUS mi_space_protect(struct mi_space *, void *process, void **base, SIZE_T *size, ULONG protect, ULONG *old);
void mi_space_query(struct mi_space *, void *process, const void *address, PMEMORY_BASIC_INFORMATION);
NTSTATUS mi_space_fault(struct mi_space *, const volatile void *address);
/* Opens the process's range that was shut; true: the access is allowed now. */
bool mi_space_resolve(struct mi_space *, void *process, const volatile void *address, int access);
void mi_space_shut_others(struct mi_space *, void *process);
void *mi_space_owner(struct mi_space *, const volatile void *address);
void mi_space_free_owned(struct mi_space *, void *process);
/* Checks and pins the pages, and fills in their numbers. */
NTSTATUS mi_space_lock_pages(struct mi_space *, const void *start, uint32_t pages, bool write, PFN_NUMBER *);
void *mi_space_map(struct mi_space *, const PFN_NUMBER *, uint32_t pages, ULONG protect, void *at);
bool mi_space_unmap(struct mi_space *, void *base);
void *mi_space_map_view(struct mi_space *, struct mm_pages *, uint32_t first, uint32_t pages, ULONG protect, void *owner,
                        void *at);
/* The view that holds the address, which is gone then: what it showed, whose reference the caller drops. NULL: none does. */
struct mm_pages *mi_space_unmap_view(struct mi_space *, const void *address);
void *mi_space_next_view(struct mi_space *, const void *after, const void *owner); /* NULL: no more */
/* The rest of the view from that page on, in pages; 0: there is none. */
uint32_t mi_space_view_size(struct mi_space *, const void *address);
PFN_NUMBER mi_space_pfn(struct mi_space *, const volatile void *address); /* 0: none */

/* --- sections --- */

enum mi_pages_kind { MI_PAGES_FRAMES, MI_PAGES_FILE, MI_PAGES_PHYSICAL };

struct mm_pages {
    struct mm_pages *next; /* all there are, under views_lock */
    _Atomic uint32_t references;
    enum mi_pages_kind kind;
    uint32_t count;
    PFN_NUMBER *pfns;          /* frames */
    struct host_section *file; /* a file */
    void (*gone)(PVOID);
    PVOID context;
};

/* A view in the range of system mappings. */
struct mi_system_view {
    struct mi_system_view *next;
    struct mm_pages *section;
    void *base;
    uint32_t pages;
};
void mi_views_stop(void);
/* Maps them there; copy: what is written stays with this mapping. */
bool mi_pages_map(const struct mm_pages *, uint32_t first, void *at, uint32_t pages, int protection, bool copy);
/* A page's number; 0: it has none but its address's. */
PFN_NUMBER mi_pages_pfn(const struct mm_pages *, uint32_t page);

/* --- images --- */

struct mi_image {
    uintptr_t base, size;
    void *owner;
    char name[64]; /* "\\Driver\\x", for when the owner is gone */
};

/* Never changed once published; the old ones are kept until the end, for readers hold no lock. */
struct mi_images {
    struct mi_images *previous;
    uint32_t count;
    struct mi_image image[];
};

bool mi_resolve_fault(void *address, int access); /* of host_faults_resolve, if anybody needs it (context.c) */

struct mip_state {
    void *reservation;
    size_t reserved;
    _Atomic uintptr_t system_next; /* of MmReserveSystemRange */
    uintptr_t system_end;
    struct mi_frames frames;
    struct mi_ptes ptes;
    struct mi_io_space io;
    _Atomic unsigned reserved_lock;
    struct mi_reserved *reservations;
        struct mi_pool pool;
    struct mi_special *special; /* NULL: there is none */
    struct mi_paged paged;
    struct mi_space client;
    _Atomic unsigned views_lock;
    struct mm_pages *sections;
    struct mi_system_view *system_views;
    const struct mm_files *files;
    int shield_key; /* of the client's pages; 0: none */
    _Atomic unsigned images_lock;
    _Atomic(struct mi_images *) images;
};

static inline struct mip_state *mip(void)
{
    return ntio_machine.mm;
}

/* One byte; false: it faults. */
static inline bool mi_touch(const volatile void *address, bool write)
{
    return host_touch((volatile void *)address, write);
}
