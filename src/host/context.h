/*
 * What the host tells about a fault: the registers in a signal's context, for each processor and system that has a name for
 * them. HOSTP_COPY_ASM: the copy loop of this processor exists, and its fault can be sent on by changing registers.
 */
#pragma once

#include "hostp.h"

#include <ucontext.h>

#if defined(__linux__) && defined(__x86_64__)
#define CONTEXT_PC(c)     ((uintptr_t *)&(c)->uc_mcontext.gregs[REG_RIP])
#define CONTEXT_SP(c)     ((uintptr_t)(c)->uc_mcontext.gregs[REG_RSP])
#define CONTEXT_FIRST(c)  ((uintptr_t *)&(c)->uc_mcontext.gregs[REG_RAX])
#define CONTEXT_SECOND(c) ((uintptr_t *)&(c)->uc_mcontext.gregs[REG_RDX])
#define CONTEXT_ERROR(c)  ((c)->uc_mcontext.gregs[REG_ERR])
#define CONTEXT_FLAGS(c)  ((c)->uc_mcontext.gregs[REG_EFL])
#define CONTEXT_GENERAL(c, i) ((uintptr_t)(c)->uc_mcontext.gregs[REG_R8 + (int)(i)]) /* RSP is the last of them */
#define CONTEXT_GENERALS      15u
#define CONTEXT_FRAME(c)  ((uintptr_t)(c)->uc_mcontext.gregs[REG_RBP])
#elif defined(__linux__) && defined(__aarch64__)
#define CONTEXT_PC(c)     ((uintptr_t *)&(c)->uc_mcontext.pc)
#define CONTEXT_SP(c)     ((uintptr_t)(c)->uc_mcontext.sp)
#define CONTEXT_FIRST(c)  ((uintptr_t *)&(c)->uc_mcontext.regs[0])
#define CONTEXT_SECOND(c) ((uintptr_t *)&(c)->uc_mcontext.regs[1])
#define CONTEXT_GENERAL(c, i) ((uintptr_t)(c)->uc_mcontext.regs[i])
#define CONTEXT_GENERALS      31u
#define CONTEXT_FRAME(c)  ((uintptr_t)(c)->uc_mcontext.regs[29])
#define CONTEXT_LINK(c)   ((uintptr_t)(c)->uc_mcontext.regs[30])
#elif defined(__APPLE__) && defined(__x86_64__)
#define CONTEXT_PC(c)     ((uintptr_t *)&(c)->uc_mcontext->__ss.__rip)
#define CONTEXT_SP(c)     ((uintptr_t)(c)->uc_mcontext->__ss.__rsp)
#define CONTEXT_FIRST(c)  ((uintptr_t *)&(c)->uc_mcontext->__ss.__rax)
#define CONTEXT_SECOND(c) ((uintptr_t *)&(c)->uc_mcontext->__ss.__rdx)
#define CONTEXT_ERROR(c)  ((c)->uc_mcontext->__es.__err)
#define CONTEXT_FRAME(c)  ((uintptr_t)(c)->uc_mcontext->__ss.__rbp)
#define CONTEXT_FLAGS(c)  ((c)->uc_mcontext->__ss.__rflags)
#elif defined(__APPLE__) && defined(__aarch64__)
#define CONTEXT_PC(c)     ((uintptr_t *)&(c)->uc_mcontext->__ss.__pc)
#define CONTEXT_SP(c)     ((uintptr_t)(c)->uc_mcontext->__ss.__sp)
#define CONTEXT_FIRST(c)  ((uintptr_t *)&(c)->uc_mcontext->__ss.__x[0])
#define CONTEXT_SECOND(c) ((uintptr_t *)&(c)->uc_mcontext->__ss.__x[1])
#define CONTEXT_LINK(c)   ((uintptr_t)(c)->uc_mcontext->__ss.__lr)
#define CONTEXT_FRAME(c)  ((uintptr_t)(c)->uc_mcontext->__ss.__fp)
#define CONTEXT_ESR(c)    ((c)->uc_mcontext->__es.__esr)
#elif defined(__FreeBSD__) && defined(__x86_64__)
#define CONTEXT_PC(c)     ((uintptr_t *)&(c)->uc_mcontext.mc_rip)
#define CONTEXT_SP(c)     ((uintptr_t)(c)->uc_mcontext.mc_rsp)
#define CONTEXT_FIRST(c)  ((uintptr_t *)&(c)->uc_mcontext.mc_rax)
#define CONTEXT_SECOND(c) ((uintptr_t *)&(c)->uc_mcontext.mc_rdx)
#define CONTEXT_ERROR(c)  ((c)->uc_mcontext.mc_err)
#define CONTEXT_FRAME(c)  ((uintptr_t)(c)->uc_mcontext.mc_rbp)
#define CONTEXT_FLAGS(c)  ((c)->uc_mcontext.mc_rflags)
#endif

#if defined(CONTEXT_PC) && !defined(NTIO_PORTABLE_HOST)
#define HOSTP_COPY_ASM 1
#else
#define HOSTP_COPY_ASM 0
#endif

static inline uintptr_t context_pc(void *context)
{
#if defined(CONTEXT_PC)
    return *CONTEXT_PC((ucontext_t *)context);
#else
    (void)context;
    return 0;
#endif
}

static inline uintptr_t context_sp(void *context)
{
#if defined(CONTEXT_SP)
    return CONTEXT_SP((ucontext_t *)context);
#else
    (void)context;
    return 0;
#endif
}

static inline uintptr_t context_frame(void *context)
{
#if defined(CONTEXT_FRAME)
    return CONTEXT_FRAME((ucontext_t *)context);
#else
    (void)context;
    return 0;
#endif
}

static inline uintptr_t context_link(void *context)
{
#if defined(CONTEXT_LINK)
    return CONTEXT_LINK((ucontext_t *)context);
#else
    (void)context;
    return 0;
#endif
}

#if defined(__linux__) && defined(__aarch64__)
/* The syndrome register is a record of its own in the context's reserved space. */
static inline uint64_t context_syndrome(const ucontext_t *context)
{
    const unsigned char *record = context->uc_mcontext.__reserved;
    const unsigned char *end = record + sizeof context->uc_mcontext.__reserved;
    const uint32_t esr_magic = 0x45535201;
    while (record + 16 <= end) {
        uint32_t header[2];
        uint64_t value;
        __builtin_memcpy(header, record, sizeof header);
        __builtin_memcpy(&value, record + 8, sizeof value);
        if (header[0] == esr_magic)
            return value;
        if (header[0] == 0 || header[1] == 0)
            break;
        record += header[1];
    }
    return 0;
}
#define CONTEXT_ESR(c) context_syndrome(c)
#endif

#if defined(__aarch64__)
/*
 * Whether the instruction stores, for hosts that do not tell the syndrome (Arm ARM, C4.1 "Loads and stores"): bit 22 is the L bit
 * of pairs, exclusives and vector structures; single registers have an opc in bits 23 and 22, atomics store whatever it says.
 */
static inline int context_stores(uint32_t code)
{
    bool load = code >> 22 & 1, vector = code >> 26 & 1;
    if ((code & 0x3A000000) == 0x28000000 || (code & 0x3F000000) == 0x08000000 || (code & 0xBE000000) == 0x0C000000)
        return !load;
    if ((code & 0x3A000000) != 0x38000000)
        return false;
    if ((code & 0x3B200C00) == 0x38200000 && !vector)
        return true;
    unsigned opc = code >> 22 & 3;
    return opc == 0 || (vector && opc == 2 && code >> 30 == 0);
}
#endif

/* HOST_READ, HOST_WRITE, HOST_EXECUTE, or 0 when the host does not say. */
static inline int context_access(void *context, const void *address)
{
    if ((uintptr_t)address == context_pc(context))
        return HOST_EXECUTE;
#if defined(CONTEXT_ERROR)
    /* The page fault's error code: bit 1 a write, bit 4 an instruction fetch. */
    unsigned long error = (unsigned long)CONTEXT_ERROR((ucontext_t *)context);
    return error & 16 ? HOST_EXECUTE : error & 2 ? HOST_WRITE : HOST_READ;
#elif defined(CONTEXT_ESR)
    uint64_t syndrome = (uint64_t)CONTEXT_ESR((ucontext_t *)context);
    unsigned class = syndrome >> 26 & 63;
    if (class == 0x20 || class == 0x21)
        return HOST_EXECUTE;
    if (class == 0x24 || class == 0x25)
        return syndrome & 1 << 6 ? HOST_WRITE : HOST_READ;
    if (syndrome == 0)
        return context_stores(*(const uint32_t *)context_pc(context)) ? HOST_WRITE : HOST_READ;
    return 0;
#else
    (void)context;
    return 0;
#endif
}
