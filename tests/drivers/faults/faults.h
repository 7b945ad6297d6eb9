/* What driver and client of the fault tests share: each control code is one mistake. */
#pragma once

#define FAULTS_CODE(number)                                                                                            \
    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900 + (number), (number) < FAULTS_buffer_overrun ? METHOD_NEITHER : METHOD_BUFFERED, FILE_ANY_ACCESS)

#define FAULTS(X)                                                                                                      \
    X(stack_overrun)      /* copies all of the client's bytes into a local array of 32 */                             \
    X(stack_loop)         /* the same with a length check whose sum wraps, in a loop */                               \
    X(pool_overrun)       /* eight bytes beyond a nonpaged block */                                                    \
    X(pool_overrun_paged) /* eight bytes beyond a paged block */                                                       \
    X(pool_underrun)      /* the byte before a block */                                                                \
    X(pool_overread)      /* gives the client what lies behind a block */                                              \
    X(use_after_free)     /* calls a routine whose address stands in a freed block */                                  \
    X(write_after_free)   /* writes to a freed block */                                                                \
    X(double_free)                                                                                                     \
    X(null_read)                                                                                                       \
    X(null_write)                                                                                                      \
    X(null_call)                                                                                                       \
    X(probed_low)         /* no mistake: an address near zero, probed, inside __try */                                 \
    X(call_pool)          /* calls a block of pool */                                                                  \
    X(call_client)        /* calls the client's data */                                                                \
    X(call_client_code)   /* calls the client's code */                                                                \
    X(uninitialised_stack)                                                                                             \
    X(uninitialised_pool)                                                                                              \
    X(decide_by_local)    /* in a condition, a local that was never written to */                                      \
    X(decide_by_pool)     /* the same of a block of pool */                                                            \
    X(decide_by_freed)    /* the same of one that was freed */                                                         \
    X(odd_address)        /* follows the client's pointer, unprobed, to where no address can be */                     \
    X(wild_write)         /* writes where the client says, which is in the kernel */                                   \
    X(kernel_address)     /* tells the client one */                                                                   \
    X(write_anywhere)     /* writes where the client says */                                                           \
    X(read_anywhere)      /* reads where the client says */                                                            \
    X(open_file)          /* opens a file as the kernel */                                                             \
    X(kernel_handle)      /* takes the client's handle as if it were the kernel's */                                   \
    X(leak)                                                                                                            \
    X(paged_raised)       /* reads a paged block at DISPATCH_LEVEL */                                                  \
    X(paged_locked)       /* writes to one with a spin lock held */                                                    \
    X(paged_dpc)          /* reads one in a DPC */                                                                     \
    X(irp_after_free)     /* looks at an IRP of its own that it has freed */                                           \
    X(lookaside_overrun)  /* writes behind an entry of a lookaside list */                                             \
    X(large_overrun)      /* a byte beyond a block of pages */                                                         \
    X(buffer_overrun)     /* writes behind the system buffer of a buffered request; the codes that follow are METHOD_BUFFERED */ \
    X(buffer_overread)    /* reads behind it */                                                                        \
    X(completed_status)   /* the first of those that touch their IRP after they have completed it: returns its status */ \
    X(completed_read)     /* prints its Information */                                                                 \
    X(completed_write)    /* sets that */                                                                              \
    X(completed_location) /* prints what its current location says */                                                  \
    X(completed_pend)     /* marks it pending */                                                                       \
    X(completed_buffer)   /* writes to its system buffer */                                                            \
    X(completed_free)     /* frees that */                                                                             \
    X(completed_twice)    /* completes it */

enum faults_code {
#define FAULTS_NUMBER(name) FAULTS_##name,
    FAULTS(FAULTS_NUMBER)
#undef FAULTS_NUMBER
        FAULTS_COUNT
};

typedef struct faults_request {
    void *where;
    unsigned __int64 value;
} faults_request;
