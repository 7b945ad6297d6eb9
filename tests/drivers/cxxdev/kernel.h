/* The little C++ library that such drivers bring along: memory with a tag, a lock, a string, a list. */
#pragma once
#include <ntifs.h>

constexpr ULONG cxx_tag = 'xxcN';

void *__cdecl operator new(size_t size, POOL_TYPE pool, ULONG tag = cxx_tag);
void *__cdecl operator new[](size_t size, POOL_TYPE pool, ULONG tag = cxx_tag);
void __cdecl operator delete[](void *p); /* the only one for arrays */
void __cdecl operator delete(void *p, size_t);
void __cdecl operator delete(void *p, size_t, std::align_val_t);

class FastMutex
{
public:
    void Init() { ExInitializeFastMutex(&m_mutex); }
    void Lock() { ExAcquireFastMutex(&m_mutex); }
    void Unlock() { ExReleaseFastMutex(&m_mutex); }

private:
    FAST_MUTEX m_mutex;
};

template <typename TLock> struct AutoLock {
    explicit AutoLock(TLock &lock) : m_lock(lock) { m_lock.Lock(); }
    ~AutoLock() { m_lock.Unlock(); }
    AutoLock(const AutoLock &) = delete;
    AutoLock &operator=(const AutoLock &) = delete;

private:
    TLock &m_lock;
};

template <typename T> struct Node {
    LIST_ENTRY Entry;
    T Data;
};

enum class CxxFlags : ULONG { None = 0, Started = 1, Linked = 2 };
DEFINE_ENUM_FLAG_OPERATORS(CxxFlags);

struct Shape {
    virtual ~Shape() = default;
    virtual ULONG Area() const = 0;
};

class Square final : public Shape
{
public:
    explicit Square(ULONG side) : m_side(side) {}
    ULONG Area() const override { return m_side * m_side; }

private:
    ULONG m_side = 0;
};
