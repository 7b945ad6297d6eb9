#include "kernel.h"

void *__cdecl operator new(size_t size, POOL_TYPE pool, ULONG tag)
{
    return size > 1u << 20 ? nullptr : ExAllocatePoolWithTag(pool, size, tag);
}

void *__cdecl operator new[](size_t size, POOL_TYPE pool, ULONG tag)
{
    return ExAllocatePoolWithTag(pool, size, tag);
}

void __cdecl operator delete[](void *p)
{
    if (p)
        ExFreePool(p);
}

void __cdecl operator delete(void *p, size_t)
{
    if (p)
        ExFreePool(p);
}

void __cdecl operator delete(void *p, size_t, std::align_val_t)
{
    if (p)
        ExFreePool(p);
}
