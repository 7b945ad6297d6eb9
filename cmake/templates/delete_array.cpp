// The same as delete.cpp for arrays.
void operator delete[](void *memory, __SIZE_TYPE__) noexcept
{
    operator delete[](memory);
}
