/*
 * Structured exception handling: __try, __except, __finally and __leave for gcc and clang.
 *
 * A __try marks its place in the function, in a frame that hangs off the thread, and declares a variable whose cleanup
 * function unlinks the frame, however the body is left. An exception first asks the filters, from the innermost frame
 * outwards: the thread goes to the frame's place with the function's registers, but stays on the stack where it is. So
 * nothing is left yet, and a filter can have the execution go on. Then the __finally blocks run and the handler, at their own
 * places on the stack. What follows from that, and differs from Windows:
 *
 *  - Only at -O0 with a frame pointer: optimisers keep locals in registers that a jump back does not restore, and address them
 *    by the stack pointer. ntio_add_driver compiles what uses __try so; anywhere else it is a compile-time error.
 *  - Where NTIO_SEH_FILTERS_FIRST_ is 0 a filter runs after the functions below it, and their __finally blocks, were left.
 *    EXCEPTION_CONTINUE_EXECUTION then cannot be honoured: where it is a constant it does not compile, else it is a bug check
 *    that says so.
 *  - return, goto, break and continue may leave a __try body and a handler; a __finally block runs on the way. return
 *    and goto may leave a __finally block. break and continue may not: ntio_add_driver refuses the source
 *    (cmake/NtioSeh.cmake), and a break that got past it is a bug check that says so.
 *  - A goto, or the case of a switch around it, into a body or a __finally block does not compile.
 *  - An else that follows a handler without braces around the whole __try would belong to the handler (the compiler
 *    warns of it as of any ambiguous else).
 *
 * How the names below find each other: the depth of nested handlers is an enumeration constant that each handler's controlling
 * expression redeclares one higher, so GetExceptionCode() knows lexically whose code is meant and no loop stands
 * around a handler that would swallow its break and continue.
 */
#ifndef NTIO_SEH_H
#define NTIO_SEH_H

#include <setjmp.h>

#include "ntio_compiler.h"

#define EXCEPTION_EXECUTE_HANDLER    1
#define EXCEPTION_CONTINUE_SEARCH    0
#define EXCEPTION_CONTINUE_EXECUTION (-1)

#define NTIO_SEH_API_ __attribute__((visibility("default")))

/* The filters run before anything is left. Not on a processor for which src/ke/seh_jump.c has no code, nor in optimised code. */
#if (defined(__x86_64__) || defined(__aarch64__)) && !defined(NTIO_SEH_OPTIMIZED)
#define NTIO_SEH_FILTERS_FIRST_ 1
#else
#define NTIO_SEH_FILTERS_FIRST_ 0
#endif

/* A place in the code to which ntio_seh_resume can go: ORDER SEH (src/ke/seh_jump.c). */
#if defined(__aarch64__)
#define NTIO_SEH_PLACE_WORDS_ 22
#else
#define NTIO_SEH_PLACE_WORDS_ 8
#endif
struct ntio_seh_place {
    unsigned long long words[NTIO_SEH_PLACE_WORDS_];
    unsigned *kept, value; /* what the code there reads first, if it is known */
};

/* Stands in the function while the body runs. */
struct ntio_seh_scope {
    unsigned state; /* ORDER SEH */
};
#define NTIO_SEH_ENDED_   1u /* the body is over: the cleanup is no jump out of it */
#define NTIO_SEH_FINALLY_ 2u /* a __finally block follows */

struct ntio_seh_frame;

/* The state of a __finally block. */
struct ntio_seh_final {
    unsigned char reason, inside;
    struct ntio_seh_frame *target; /* whose handler is to run in the end; 0: the search has to go on */
    struct ntio_seh_place place;   /* where to go on afterwards */
    unsigned long long record[19]; /* the EXCEPTION_RECORD to search on with */
};

struct _EXCEPTION_POINTERS;

#ifdef __cplusplus
extern "C" {
#endif
NTIO_SEH_API_ int ntio_seh_enter(int how) __attribute__((returns_twice));
NTIO_SEH_API_ sigjmp_buf *ntio_seh_jump(void);
NTIO_SEH_API_ void ntio_seh_exit(struct ntio_seh_scope *);
NTIO_SEH_API_ int ntio_seh_resume(struct ntio_seh_place *);
NTIO_SEH_API_ struct ntio_seh_place *ntio_seh_catch(void *function, unsigned depth);
NTIO_SEH_API_ int ntio_seh_accept(int disposition);
NTIO_SEH_API_ struct ntio_seh_final *ntio_seh_final_begin(struct ntio_seh_final *);
NTIO_SEH_API_ struct ntio_seh_place *ntio_seh_final_end(struct ntio_seh_final *);
NTIO_SEH_API_ unsigned ntio_seh_code(void *function, unsigned depth, int in_filter);
NTIO_SEH_API_ struct _EXCEPTION_POINTERS *ntio_seh_information(void *function, unsigned depth);
#ifdef __cplusplus
}
#endif

/* How a frame was entered. */
#define NTIO_SEH_CLANG_   1 /* the function is clang's */
#define NTIO_SEH_LATE_    2 /* not NTIO_SEH_FILTERS_FIRST_ */
#define NTIO_SEH_LONGJMP_ 4 /* it is left for by siglongjmp */

#if defined(__clang__)
#define NTIO_SEH_COMPILER_ NTIO_SEH_CLANG_
#if __has_feature(thread_sanitizer)
#define NTIO_SEH_THREADS_ 1
#endif
#else
#define NTIO_SEH_COMPILER_ 0
#if defined(__SANITIZE_THREAD__)
#define NTIO_SEH_THREADS_ 1
#endif
#endif

/*
 * 0: run the body; else the frame was jumped to. The thread sanitizer keeps a record of the calls, which only its own longjmp puts
 * right; and macOS has to be told, by its, that a signal's stack was left.
 */
#if !(defined(__x86_64__) || defined(__aarch64__)) || defined(NTIO_SEH_OPTIMIZED)
#define NTIO_SEH_ENTER_                                                                                      \
    (ntio_seh_enter(NTIO_SEH_COMPILER_ | NTIO_SEH_LATE_ | NTIO_SEH_LONGJMP_) || sigsetjmp(*ntio_seh_jump(), 0))
#elif defined(NTIO_SEH_THREADS_) || defined(__APPLE__)
#define NTIO_SEH_ENTER_ (ntio_seh_enter(NTIO_SEH_COMPILER_ | NTIO_SEH_LONGJMP_) || sigsetjmp(*ntio_seh_jump(), 0))
#else
#define NTIO_SEH_ENTER_ ntio_seh_enter(NTIO_SEH_COMPILER_)
#endif

/* Never executed: a function whose stack pointer may move addresses its locals by another register. */
#if NTIO_SEH_FILTERS_FIRST_
#define NTIO_SEH_STEADY_                                                                                     \
    if (__builtin_expect(ntio_seh_.state != 0, 0))                                                           \
        *(volatile char *)__builtin_alloca(ntio_seh_.state) = 0;
#else
#define NTIO_SEH_STEADY_
#endif

enum { ntio_seh_depth_ = 0, ntio_seh_filter_ = 0 };

#ifdef __cplusplus
/* The same in C++, where no type is defined within an expression. */
extern "C++" {
template <unsigned depth> struct ntio_seh_handler {
    static_assert(depth > 0, "ntio: this is for the filter and the handler of an __except");
    enum { value = depth };
};
template <bool filter> struct ntio_seh_in_filter {
    static_assert(filter, "ntio: GetExceptionInformation() is for the filter of an __except");
};
}
#define NTIO_SEH_DEEPER_ enum { ntio_seh_depth_ = ntio_seh_depth_ + 1 } ntio_seh_deeper_ __attribute__((unused)) = ntio_seh_depth_;
#define NTIO_SEH_DEPTH_  ((unsigned)ntio_seh_handler<ntio_seh_depth_>::value)
#define NTIO_SEH_WALL_
#define NTIO_SEH_KNOWN_(...) (__builtin_constant_p((__VA_ARGS__)) ? (int)(__VA_ARGS__) : 1)
#define NTIO_SEH_IN_FILTER_   sizeof(ntio_seh_in_filter<ntio_seh_filter_ != 0>)
#define NTIO_SEH_FINAL_WALL_  int ntio_seh_once_ __attribute__((unused)) = (ntio_seh_final_.inside = 1)
#else
/* True, and inside the statement that it controls the depth is one more. */
#define NTIO_SEH_DEEPER_ sizeof(enum { ntio_seh_depth_ = ntio_seh_depth_ + 1 }) != 0 &&
/* The depth; outside of filters and handlers it does not compile. */
#define NTIO_SEH_DEPTH_                                                                                      \
    ((unsigned)ntio_seh_depth_ +                                                                             \
     0 * (unsigned)sizeof(struct {                                                                           \
         _Static_assert(ntio_seh_depth_ > 0, "ntio: this is for the filter and the handler of an __except"); \
         int unused;                                                                                         \
     }))
/* No jump leads to where a type of variable size is in scope; the compiler says so and names the type. */
#define NTIO_SEH_WALL_ \
    typedef char jump_into_a___try_block_[1 + ntio_seh_.state] __attribute__((unused));
/* The filter's value if it is known when it is compiled. */
#define NTIO_SEH_KNOWN_(...) __builtin_choose_expr(__builtin_constant_p((__VA_ARGS__)), (__VA_ARGS__), 1)
#define NTIO_SEH_IN_FILTER_                                                                                  \
    sizeof(struct {                                                                                          \
        _Static_assert(ntio_seh_filter_, "ntio: GetExceptionInformation() is for the filter of an __except"); \
        int unused;                                                                                          \
    })
#define NTIO_SEH_FINAL_WALL_                                                                                 \
    char(*jump_into_a___finally_block_)[1 + ntio_seh_final_.reason] __attribute__((unused)) =                \
        (ntio_seh_final_.inside = 1, (void *)0)
#endif
#define NTIO_SEH_HERE_  __builtin_frame_address(0)
#if NTIO_SEH_FILTERS_FIRST_
#define NTIO_SEH_REFUSE_(...)
#else
#define NTIO_SEH_REFUSE_(...)                                                                                \
    NTIO_STATIC_ASSERT(NTIO_SEH_KNOWN_(__VA_ARGS__) >= 0,                                                    \
                       "ntio: EXCEPTION_CONTINUE_EXECUTION is not supported, the function of the instruction was left");
#endif
#define NTIO_SEH_FILTER_(...)                                                                                \
    ({                                                                                                       \
        enum { ntio_seh_filter_ = 1 };                                                                       \
        NTIO_SEH_REFUSE_(__VA_ARGS__)                                                                        \
        (int)(__VA_ARGS__);                                                                                  \
    })

#if defined(__OPTIMIZE__) && !defined(NTIO_SEH_OPTIMIZED)
#define NTIO_SEH_CHECK_                                                                                      \
    NTIO_STATIC_ASSERT(0, "ntio: a source that uses __try must be compiled at -O0, else locals lose their values; "  \
                      "ntio_add_driver does so when it finds __try in the source");
#else
#define NTIO_SEH_CHECK_
#endif

#undef __try /* the C++ library's */
#define __try                                                                                                \
    if (NTIO_SEH_ENTER_ == 0) {                                                                              \
        __label__ ntio_seh_leave_;                                                                           \
        NTIO_SEH_CHECK_                                                                                      \
        struct ntio_seh_scope ntio_seh_ __attribute__((cleanup(ntio_seh_exit))) = {0};                       \
        NTIO_SEH_WALL_                                                                                       \
        NTIO_SEH_STEADY_

#define __except(...)                                                                                        \
    ntio_seh_leave_: __attribute__((unused));                                                                \
        ntio_seh_.state = NTIO_SEH_ENDED_;                                                                   \
    } else if (NTIO_SEH_DEEPER_ (ntio_seh_resume(ntio_seh_catch(NTIO_SEH_HERE_, ntio_seh_depth_)) ||         \
                                 ntio_seh_accept(NTIO_SEH_FILTER_(__VA_ARGS__))))

#define __finally                                                                                            \
    ntio_seh_leave_: __attribute__((unused));                                                                \
        ntio_seh_.state = NTIO_SEH_ENDED_ | NTIO_SEH_FINALLY_;                                               \
    }                                                                                                        \
    for (struct ntio_seh_final ntio_seh_final_, *ntio_seh_running_ = ntio_seh_final_begin(&ntio_seh_final_); \
         ntio_seh_running_;                                                                                  \
         ntio_seh_resume(ntio_seh_final_end(&ntio_seh_final_)), ntio_seh_running_ = 0)                       \
        for (NTIO_SEH_FINAL_WALL_; ntio_seh_final_.inside; ntio_seh_final_.inside = 0)

#define __leave goto ntio_seh_leave_

/* In a filter or a handler; elsewhere it does not compile. */
#define GetExceptionCode() ntio_seh_code(NTIO_SEH_HERE_, NTIO_SEH_DEPTH_, ntio_seh_filter_)
/* In a filter only; elsewhere it does not compile. */
#define GetExceptionInformation()                                                                            \
    ((void)NTIO_SEH_IN_FILTER_, ntio_seh_information(NTIO_SEH_HERE_, NTIO_SEH_DEPTH_))
/* In a __finally block only; elsewhere it does not compile. */
#define AbnormalTermination() (ntio_seh_final_.reason != 0)

#define _exception_code()       GetExceptionCode()
#define exception_code()        GetExceptionCode()
#define _exception_info()       GetExceptionInformation()
#define exception_info()        GetExceptionInformation()
#define _abnormal_termination() AbnormalTermination()
#define abnormal_termination()  AbnormalTermination()

#endif
