// Where a driver defines only the operator delete without a size, the one with a size calls it, as in Microsoft's library. From an
// archive: only what calls it and has none of its own gets it.
void operator delete(void *memory, __SIZE_TYPE__) noexcept
{
    operator delete(memory);
}
