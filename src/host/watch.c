/*
 * What it takes to watch single accesses to memory: single steps, where a signal's context has the
 * processor's trap flag, and protection keys.
 */
#include "hostp.h"
#include "context.h"

#include <string.h>
#include <sys/mman.h>

#define TRAP_FLAG 0x100

bool host_can_step(void)
{
#if defined(CONTEXT_FLAGS) &&                                                                                \
    !defined(HOST_SANITIZED_THREADS) /* its code in the driver would be stepped through, too */
    return true;
#else
    return false;
#endif
}

void host_step(const struct host_fault *fault, bool on)
{
#if defined(CONTEXT_FLAGS) &&                                                                                \
    !defined(HOST_SANITIZED_THREADS) /* its code in the driver would be stepped through, too */
    ucontext_t *context = fault->host_context;
    if (on)
        CONTEXT_FLAGS(context) |= TRAP_FLAG;
    else
        CONTEXT_FLAGS(context) &= ~TRAP_FLAG;
#else
    (void)fault;
    (void)on;
#endif
}

#if HOSTP_LINUX && defined(__x86_64__) && defined(PKEY_DISABLE_ACCESS)

#include <cpuid.h>

static int host_prot(int protection)
{
    return (protection & HOST_READ ? PROT_READ : 0) | (protection & HOST_WRITE ? PROT_READ | PROT_WRITE : 0) |
           (protection & HOST_EXECUTE ? PROT_READ | PROT_EXEC : 0);
}

int host_key_create(void)
{
    int key = pkey_alloc(0, 0);
    return key > 0 ? key : 0;
}

void host_key_free(int key)
{
    pkey_free(key);
}

bool host_key_protect(void *memory, size_t size, int protection, int key)
{
    return !pkey_mprotect(memory, size, host_prot(protection), key);
}

void host_key_open(int key, bool open)
{
    pkey_set(key, open ? 0 : PKEY_DISABLE_ACCESS | PKEY_DISABLE_WRITE);
}

/*
 * A signal's context has the register among the extended state, in the processor's standard format: the
 * legacy area with Linux's words in its last 48 bytes, the header, and what CPUID leaf 13 says.
 */
bool host_key_open_after(const struct host_fault *fault, int key, bool open)
{
    enum { PKRU = 9, WORDS = 464, HEADER = 512 };
    const uint32_t magic = 0x46505853;
    ucontext_t *context = fault->host_context;
    unsigned char *state = (unsigned char *)context->uc_mcontext.fpregs;
    unsigned size, offset, c, d;
    uint32_t found, rights;
    uint64_t features;
    if (!state || !__get_cpuid_count(13, PKRU, &size, &offset, &c, &d) || size < sizeof rights)
        return false;
    memcpy(&found, state + WORDS, sizeof found);
    memcpy(&features, state + WORDS + 8, sizeof features);
    if (found != magic || !(features >> PKRU & 1))
        return false;
    memcpy(&rights, state + offset, sizeof rights);
    memcpy(&features, state + HEADER, sizeof features);
    if (!(features >> PKRU & 1))
        rights = 0; /* its initial state */
    rights = (rights & ~(3u << 2 * key)) | (open ? 0 : 3u << 2 * key);
    features |= 1ull << PKRU;
    memcpy(state + offset, &rights, sizeof rights);
    memcpy(state + HEADER, &features, sizeof features);
    return true;
}

#else

int host_key_create(void)
{
    return 0;
}

void host_key_free(int key)
{
    (void)key;
}

bool host_key_protect(void *memory, size_t size, int protection, int key)
{
    (void)key;
    return host_vm_protect(memory, size, protection);
}

void host_key_open(int key, bool open)
{
    (void)key;
    (void)open;
}

bool host_key_open_after(const struct host_fault *fault, int key, bool open)
{
    (void)fault;
    (void)key;
    (void)open;
    return false;
}

#endif
