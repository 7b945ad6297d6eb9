/*
 * An exception in a filter, in a __finally block on the way to a handler, and in a handler. As on Windows x64 the search for
 * the new one begins with the innermost frame: behind a filter all frames are asked again, that filter among them; behind a
 * __finally block or a handler those that were left are not. What happened is a text: small letters are filters, digits
 * __finally blocks, capital letters handlers.
 */
#include "seh_test.h"

#include <string.h>

static void raise_soft(NTSTATUS status)
{
    EXCEPTION_RECORD record = {.ExceptionCode = status};
    RtlRaiseException(&record);
}

static int raises(char what, NTSTATUS status)
{
    step(what);
    raise(status);
    return 1;
}

/* A filter's step: the letter for A, the next one for B, ... and + behind it where it is asked within a nested call. */
static int asked(char what, EXCEPTION_POINTERS *pointers, int disposition)
{
    EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    step((char)(what + record->ExceptionCode - A));
    if (record->ExceptionFlags & EXCEPTION_NESTED_CALL)
        step('+');
    return disposition;
}

#define ASKED(what, disposition) asked(what, GetExceptionInformation(), disposition)

/* --- in a filter --- */

static void a_frame_inside_handles_what_a_filter_raises(void **state)
{
    (void)state;
    int reached = 0;
    start_way();
    __try {
        __try {
            __try {
                raise(A);
            } __finally {
                step('1');
            }
        } __except (CODE == A ? says('a', 0) : says('b', 1)) {
            step('B');
            assert_int_equal(CODE, B);
        }
        step('.');
        reached = 1;
    } __except (CODE == A ? raises('r', B) : says('!', 1)) {
        step('!');
    }
    assert_string_equal(way, "arb1B.");
    assert_int_equal(reached, 1);
}

static void the_filter_that_raises_is_asked_again(void **state)
{
    (void)state;
    start_way();
    __try {
        __try {
            __try {
                raise(A);
            } __finally {
                step('1');
            }
        } __except (CODE == A ? says('a', 0) : says('b', 0)) {
            step('!');
        }
    } __except (CODE == A ? raises('r', B) : says('s', 1)) {
        step('S');
        assert_int_equal(CODE, B);
    }
    assert_string_equal(way, "arbs1S");
}

static int inner_call(NTSTATUS taken)
{
    int x = 1;
    __try {
        x = 2;
        raise(A);
    } __except (ASKED('a', CODE == taken)) {
        step('X');
        x += 10;
    }
    return x;
}

static int outer_call(NTSTATUS taken)
{
    int y = 0;
    __try {
        __try {
            y = inner_call(taken);
        } __finally {
            step(AbnormalTermination() ? '2' : '1');
        }
    } __except (CODE == A ? raises('k', B) : ASKED('k', 0)) {
        step('!');
    }
    return y + 100;
}

static void functions_inside_go_on_as_if_nothing_had_been_outside(void **state)
{
    (void)state;
    start_way();
    assert_int_equal(outer_call(B), 112);
    assert_string_equal(way, "akb+X1");
}

static void only_what_was_asked_is_in_a_nested_call(void **state)
{
    (void)state;
    start_way();
    __try {
        outer_call(C);
        step('!');
    } __except (ASKED('o', 1)) {
        step('O');
        assert_int_equal(CODE, B);
    }
    assert_string_equal(way, "akb+l+p2O");
}

/* The function whose filter raises is asked as one. */
static void frames_of_the_same_function_are_in_it(void **state)
{
    (void)state;
    start_way();
    __try {
        __try {
            raise(A);
        } __except (CODE == A ? raises('k', B) : ASKED('k', 0)) {
            step('!');
        }
    } __except (ASKED('o', 1)) {
        step('O');
    }
    assert_string_equal(way, "kl+p+O");
}

static void one_in_the_next(NTSTATUS taken)
{
    __try {
        outer_call(0);
    } __except (CODE == B ? raises('s', C) : ASKED('r', CODE == taken)) {
        step('S');
        assert_int_equal(CODE, taken);
    }
}

static void three_searches_stand_within_each_other(void **state)
{
    (void)state;
    start_way();
    __try {
        one_in_the_next(0);
    } __except (ASKED('v', 1)) {
        step('V');
        assert_int_equal(CODE, C);
    }
    assert_string_equal(way, "akb+l+sc+m+t+x2V");
    start_way();
    one_in_the_next(C);
    assert_string_equal(way, "akb+l+sc+m+t+2S");
}

static int soft_in_filter(char what, NTSTATUS status, int disposition)
{
    step(what);
    raise_soft(status);
    step('w');
    return disposition;
}

static void a_filter_goes_on_when_a_frame_inside_continues(void **state)
{
    (void)state;
    start_way();
    __try {
        __try {
            raise(A);
        } __except (CODE == A ? says('a', 0) : says('b', EXCEPTION_CONTINUE_EXECUTION)) {
            step('!');
        }
    } __except (CODE == A ? soft_in_filter('r', B, CODE == A) : says('!', 0)) {
        step('R');
        assert_int_equal(CODE, A);
    }
    assert_string_equal(way, "arbwR");
}

static void a_filter_may_continue_its_own_exception(void **state)
{
    (void)state;
    start_way();
    __try {
        raise_soft(A);
        step('.');
    } __except (CODE == A ? soft_in_filter('r', B, EXCEPTION_CONTINUE_EXECUTION) : says('s', EXCEPTION_CONTINUE_EXECUTION)) {
        step('!');
    }
    assert_string_equal(way, "rsw.");
}

static int handles_one(void)
{
    __try {
        raise(B);
    } __except (ASKED('h', 1)) {
        step('H');
    }
    return 1;
}

static void what_a_filters_function_handles_asks_nobody_else(void **state)
{
    (void)state;
    start_way();
    __try {
        __try {
            raise(A);
        } __except (ASKED('a', 0)) {
            step('!');
        }
    } __except (handles_one()) {
        step('X');
        assert_int_equal(CODE, A);
    }
    assert_string_equal(way, "aiHX");
}

static int faults_once(int *times)
{
    step('f');
    if (++*times == 1)
        *(volatile int *)(size_t)0x20 = 1;
    return 0;
}

static void a_fault_in_a_filter_is_asked_of_all(void **state)
{
    (void)state;
    int times = 0, inside = 0;
    start_way();
    __try {
        __try {
            __try {
                *(volatile int *)(size_t)0x10 = 1;
            } __except (says('i', (inside++, 0))) {
                step('!');
            }
        } __except (faults_once(&times)) {
            step('!');
        }
    } __except (((PEXCEPTION_POINTERS)GetExceptionInformation())->ExceptionRecord->ExceptionInformation[1] == 0x20) {
        step('O');
    }
    assert_string_equal(way, "ififO");
    assert_int_equal(inside, 2);
}

/* --- in a __finally block --- */

static void blocks_that_ran_do_not_run_again(void **state)
{
    (void)state;
    start_way();
    __try {
        __try {
            __try {
                __try {
                    __try {
                        raise(A);
                    } __finally {
                        step('1');
                    }
                } __except (ASKED('a', 0)) {
                    step('!');
                }
            } __finally {
                step('2');
                raise(B);
            }
        } __finally {
            step('3');
        }
    } __except (ASKED('k', 1)) {
        step('K');
        assert_int_equal(CODE, B);
    }
    assert_string_equal(way, "ak12l3K");
}

static void a_frame_on_the_way_may_handle_it(void **state)
{
    (void)state;
    int x = 0;
    start_way();
    __try {
        __try {
            __try {
                x = 1;
                raise(A);
            } __finally {
                step('1');
                raise(B);
            }
        } __except (ASKED('a', CODE == B)) {
            step('X');
            assert_int_equal(CODE, B);
            x += 4;
        }
        step('.');
    } __except (ASKED('k', CODE == A)) {
        step('!');
    }
    assert_string_equal(way, "ak1bX.");
    assert_int_equal(x, 5);
}

static void raises_in_block(NTSTATUS status)
{
    __try {
        __try {
            raise(A);
        } __finally {
            step('1');
            raise(status);
        }
    } __finally {
        step('2');
    }
}

static void one_takes_the_place_of_the_other_twice(void **state)
{
    (void)state;
    start_way();
    __try {
        __try {
            raises_in_block(B);
        } __finally {
            step('3');
            raise(C);
        }
    } __except (ASKED('a', 1)) {
        step('X');
        assert_int_equal(CODE, C);
    }
    assert_string_equal(way, "a1b23cX");
}

static int raises_in_its_block(void)
{
    __try {
        raise(B);
    } __finally {
        step('1');
        raise(C);
    }
    return 1;
}

/* The block runs while its function is left, and stands on the search that called the filter. */
static void in_a_block_of_a_filters_function(void **state)
{
    (void)state;
    start_way();
    __try {
        __try {
            raise(A);
        } __except (ASKED('a', CODE == C)) {
            step('X');
            assert_int_equal(CODE, C);
        }
        step('.');
    } __except (CODE == A ? says('k', 0) + raises_in_its_block() : ASKED('k', 1)) {
        step('!');
    }
    assert_string_equal(way, "akb+l+1c+X.");
}

/* --- in a handler --- */

static void what_is_inside_a_handler_is_not_asked(void **state)
{
    (void)state;
    start_way();
    __try {
        __try {
            __try {
                raise(A);
            } __finally {
                step('1');
            }
        } __except (ASKED('a', 1)) {
            step('X');
            raise(B);
        }
    } __except (ASKED('k', 1)) {
        step('K');
        assert_int_equal(CODE, B);
    }
    assert_string_equal(way, "a1XlK");
}

static void a_handler_of_what_a_filter_raised_raises(void **state)
{
    (void)state;
    start_way();
    __try {
        __try {
            __try {
                raise(A);
            } __except (ASKED('a', CODE == B)) {
                step('X');
                raise(C);
            }
        } __except (CODE == A ? raises('k', B) : ASKED('k', CODE == C)) {
            step('K');
            assert_int_equal(CODE, C);
        }
        step('.');
    } __except (ASKED('o', 1)) {
        step('!');
    }
    assert_string_equal(way, "akb+XmK.");
}

/* --- without end --- */

static void raises_whenever_asked(void *context)
{
    (void)context;
    __try {
        raise(A);
    } __except (raises('r', B)) {
        step('!');
    }
}

static volatile int *nothing; /* in a page that is reserved */

static int faults(void)
{
    return *nothing;
}

static void faults_whenever_asked(void *context)
{
    (void)context;
    SIZE_T size = 1;
    nothing = NULL;
    assert_int_equal(ZwAllocateVirtualMemory(ZwCurrentProcess(), (PVOID *)&nothing, 0, &size, MEM_RESERVE, PAGE_NOACCESS), 0);
    __try {
        __try {
            faults();
        } __finally {
            step('!');
        }
    } __except (faults()) {
        step('!');
    }
}

static void in_kernel(void *context)
{
    void (**routine)(void *) = context;
    ntio_run_in_kernel(*routine, NULL);
}

static void runs_out_of_stack(void (*routine)(void *), const ntio_options *options)
{
    ntio_bugcheck caught;
    assert_true(ntio_catch_bugcheck(in_kernel, &routine, &caught));
    assert_int_equal(caught.code, 0x7F);
    assert_int_equal(caught.parameters[0], 8);
    assert_int_equal(ntio_start(options), 0);
}

static void a_filter_that_always_raises_runs_out_of_stack(void **state)
{
    (void)state;
    start_way();
    runs_out_of_stack(raises_whenever_asked, NULL);
    assert_null(strchr(way, '!'));
    runs_out_of_stack(faults_whenever_asked, NULL);
    assert_null(strchr(way, '!'));
    a_frame_inside_handles_what_a_filter_raises(NULL);
}

/* --- where --- */

static void all_of_them(void *context)
{
    (void)context;
    a_frame_inside_handles_what_a_filter_raises(NULL);
    the_filter_that_raises_is_asked_again(NULL);
    functions_inside_go_on_as_if_nothing_had_been_outside(NULL);
    three_searches_stand_within_each_other(NULL);
    a_filter_goes_on_when_a_frame_inside_continues(NULL);
    in_a_block_of_a_filters_function(NULL);
    a_handler_of_what_a_filter_raised_raises(NULL);
}

static void the_same_in_the_kernel(void **state)
{
    (void)state;
    ntio_run_in_kernel(all_of_them, NULL);
}

/* The kernel's frames alone are asked, though the client's filter began it. */
static int raises_in_kernel(void)
{
    ntio_run_in_kernel(all_of_them, NULL);
    start_way();
    return 1;
}

static void a_clients_filter_may_call_the_kernel(void **state)
{
    (void)state;
    __try {
        __try {
            raise(A);
        } __except (CODE == A ? 0 : says('!', 1)) {
            step('!');
        }
    } __except (CODE == A ? raises_in_kernel() : says('!', 1)) {
        step('K');
    }
    assert_string_equal(way, "K");
}

static int setup(void **state)
{
    (void)state;
    return ntio_start(NULL);
}

/* ThreadSanitizer keeps a stack of calls for each thread, which an exception on another stack leaves in disorder. */
#if defined(__SANITIZE_THREAD__)
#define THREADS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREADS_SANITIZED 1
#endif
#endif

#ifndef THREADS_SANITIZED
static const ntio_options with_stacks = {.kernel_stacks = 128 * 1024};

static int setup_with_stacks(void **state)
{
    (void)state;
    return ntio_start(&with_stacks);
}

static void on_a_kernel_stack_as_well(void **state)
{
    (void)state;
    runs_out_of_stack(raises_whenever_asked, &with_stacks);
    runs_out_of_stack(faults_whenever_asked, &with_stacks);
    assert_null(strchr(way, '!'));
}
#endif

static int teardown(void **state)
{
    (void)state;
    return ntio_stop();
}

#define WITH_MACHINE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define WITH_STACKS(test)  {#test " (kernel stacks)", test, setup_with_stacks, teardown, NULL}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MACHINE(a_frame_inside_handles_what_a_filter_raises),
        WITH_MACHINE(the_filter_that_raises_is_asked_again),
        WITH_MACHINE(functions_inside_go_on_as_if_nothing_had_been_outside),
        WITH_MACHINE(only_what_was_asked_is_in_a_nested_call),
        WITH_MACHINE(frames_of_the_same_function_are_in_it),
        WITH_MACHINE(three_searches_stand_within_each_other),
        WITH_MACHINE(a_filter_goes_on_when_a_frame_inside_continues),
        WITH_MACHINE(a_filter_may_continue_its_own_exception),
        WITH_MACHINE(what_a_filters_function_handles_asks_nobody_else),
        WITH_MACHINE(a_fault_in_a_filter_is_asked_of_all),
        WITH_MACHINE(blocks_that_ran_do_not_run_again),
        WITH_MACHINE(a_frame_on_the_way_may_handle_it),
        WITH_MACHINE(one_takes_the_place_of_the_other_twice),
        WITH_MACHINE(in_a_block_of_a_filters_function),
        WITH_MACHINE(what_is_inside_a_handler_is_not_asked),
        WITH_MACHINE(a_handler_of_what_a_filter_raised_raises),
        WITH_MACHINE(a_filter_that_always_raises_runs_out_of_stack),
        WITH_MACHINE(the_same_in_the_kernel),
        WITH_MACHINE(a_clients_filter_may_call_the_kernel),
#ifndef THREADS_SANITIZED
        WITH_STACKS(the_same_in_the_kernel),
        WITH_STACKS(on_a_kernel_stack_as_well),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
