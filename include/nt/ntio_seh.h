/*
 * Structured exception handling: __try, __except, __finally and __leave for gcc and clang.
 *
 * A __try puts a frame into its function's stack, links it to the thread and marks the way back with _setjmp. The frame leaves
 * by its cleanup function, however the block is left. What follows from that, and differs from Windows:
 *
 *  - Only at -O0: optimisers keep locals in registers that a jump back does not restore. ntio_add_driver compiles what
 *    uses __try at -O0; anywhere else it is a compile-time error.
 *  - A filter runs after the functions below it, and their __finally blocks, were left. EXCEPTION_CONTINUE_EXECUTION
 *    therefore cannot be honoured and is a bug check that says so.
 *  - return, goto, break and continue may leave a __try body and a handler; a __finally block runs on the way.
 *    A break out of a __finally block is a bug check that says so; a continue there ends the __finally block.
 *  - A whole __try/__except is two statements, so it needs braces of its own below an if that has an else.
 *
 * How the names below find each other: the depth of nested handlers is an enumeration constant that each handler's controlling
 * expression redeclares one higher, so GetExceptionCode() knows lexically whose code is meant and no loop stands
 * around a handler that would swallow its break and continue.
 */
#ifndef NTIO_SEH_H
#define NTIO_SEH_H

#include <setjmp.h>

#define EXCEPTION_EXECUTE_HANDLER    1
#define EXCEPTION_CONTINUE_SEARCH    0
#define EXCEPTION_CONTINUE_EXECUTION (-1)

#define NTIO_SEH_API_ __attribute__((visibility("default")))

/* Saved by ntio_seh_exit for ntio_seh_resume: ORDER SEH (src/ke/seh_jump.c). */
#if defined(__aarch64__)
#define NTIO_SEH_RESUME_WORDS_ 21
#else
#define NTIO_SEH_RESUME_WORDS_ 8
#endif

/* ntio_seh_frame.state */
#define NTIO_SEH_ENDED_   1u /* the body is over; its cleanup is no jump out of it */
#define NTIO_SEH_FINALLY_ 2u /* the frame has a __finally block, which runs next */
#define NTIO_SEH_HANDLED_ 4u /* the filter accepted: the handler runs next */

struct _EXCEPTION_POINTERS;

struct ntio_seh_frame {
    unsigned long long resume[NTIO_SEH_RESUME_WORDS_]; /* first: ORDER SEH */
    unsigned state;                                    /* right behind it: ORDER SEH */
    unsigned char reason, in_kernel, previous_mode, linked;
    struct ntio_seh_frame *previous;
    void *pointers[2];              /* an EXCEPTION_POINTERS */
    unsigned long long record[19];  /* an EXCEPTION_RECORD */
    jmp_buf jump;
};

/* The state of a __finally block. */
struct ntio_seh_final {
    unsigned char stage, reason, inside;
    unsigned long long resume[NTIO_SEH_RESUME_WORDS_];
    unsigned long long record[19];
};

NTIO_SEH_API_ struct ntio_seh_frame *ntio_seh_enter(struct ntio_seh_frame *);
NTIO_SEH_API_ void ntio_seh_exit(struct ntio_seh_frame *);
NTIO_SEH_API_ int ntio_seh_resume(unsigned long long *where);
NTIO_SEH_API_ unsigned long long *ntio_seh_catch(struct ntio_seh_frame *, void *function_frame, unsigned depth);
NTIO_SEH_API_ void ntio_seh_accept(struct ntio_seh_frame *, int disposition);
NTIO_SEH_API_ int ntio_seh_handle(void);
NTIO_SEH_API_ int ntio_seh_final_begin(struct ntio_seh_final *);
NTIO_SEH_API_ unsigned long long *ntio_seh_final_end(struct ntio_seh_final *);
NTIO_SEH_API_ unsigned ntio_seh_code(void *function_frame, unsigned depth);
NTIO_SEH_API_ struct _EXCEPTION_POINTERS *ntio_seh_information(struct ntio_seh_frame *);

enum { ntio_seh_depth_ = 0 };

/* True, and inside the statement that it controls the depth is one more. */
#define NTIO_SEH_DEEPER_ (sizeof(enum { ntio_seh_depth_ = ntio_seh_depth_ + 1 }) != 0)
#define NTIO_SEH_HERE_   __builtin_frame_address(0)

#if defined(__OPTIMIZE__) && !defined(NTIO_SEH_OPTIMIZED)
#define NTIO_SEH_CHECK_                                                                                      \
    _Static_assert(0, "ntio: a source that uses __try must be compiled at -O0, else locals lose their values; "  \
                      "ntio_add_driver does so when it finds __try in the source");
#else
#define NTIO_SEH_CHECK_
#endif

#define __try                                                                                                \
    {                                                                                                        \
        __label__ ntio_seh_leave_;                                                                           \
        NTIO_SEH_CHECK_                                                                                      \
        struct ntio_seh_frame ntio_seh_ __attribute__((cleanup(ntio_seh_exit)));                             \
        if (_setjmp(ntio_seh_enter(&ntio_seh_)->jump) == 0)

#define __except(...)                                                                                        \
    else if (NTIO_SEH_DEEPER_ &&                                                                             \
             ntio_seh_resume(ntio_seh_catch(&ntio_seh_, NTIO_SEH_HERE_, ntio_seh_depth_)) == 0)              \
    {                                                                                                        \
        ntio_seh_accept(&ntio_seh_, (int)(__VA_ARGS__));                                                     \
    }                                                                                                        \
    ntio_seh_leave_: __attribute__((unused));                                                                \
    ntio_seh_.state |= NTIO_SEH_ENDED_;                                                                      \
    }                                                                                                        \
    if (NTIO_SEH_DEEPER_ && ntio_seh_handle())

#define __finally                                                                                            \
    ntio_seh_leave_: __attribute__((unused));                                                                \
    ntio_seh_.state |= NTIO_SEH_ENDED_ | NTIO_SEH_FINALLY_;                                                  \
    }                                                                                                        \
    for (struct ntio_seh_final ntio_seh_final_ = {.stage = 0}; ntio_seh_final_begin(&ntio_seh_final_);       \
         ntio_seh_resume(ntio_seh_final_end(&ntio_seh_final_)))                                              \
        for (ntio_seh_final_.inside = 1; ntio_seh_final_.inside; ntio_seh_final_.inside = 0)

#define __leave goto ntio_seh_leave_

/* In a filter or a handler; elsewhere it does not compile. */
#define GetExceptionCode()                                                                                   \
    ntio_seh_code(NTIO_SEH_HERE_, (unsigned)sizeof(char[ntio_seh_depth_ > 0 ? ntio_seh_depth_ : -1]))
/* In a filter only; elsewhere it is a bug check that says so, or does not compile. */
#define GetExceptionInformation() ntio_seh_information(&ntio_seh_)
/* In a __finally block only; elsewhere it does not compile. */
#define AbnormalTermination() (ntio_seh_final_.reason != 0)

#define _exception_code()       GetExceptionCode()
#define exception_code()        GetExceptionCode()
#define _exception_info()       GetExceptionInformation()
#define exception_info()        GetExceptionInformation()
#define _abnormal_termination() AbnormalTermination()
#define abnormal_termination()  AbnormalTermination()

#endif
