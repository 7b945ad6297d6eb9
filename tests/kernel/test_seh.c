/*
 * Structured exceptions: every way into and out of __try, __except and __finally, and locals that keep their values.
 */
#include "seh_test.h"

static void *volatile no_address = (void *)0x10;

/* --- __except --- */

static void nothing_raised(void **state)
{
    (void)state;
    int x = 0;
    __try {
        x = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        x = 2;
    }
    assert_int_equal(x, 1);
}

static void locals_written_in_the_body_are_seen_in_the_handler(void **state)
{
    (void)state;
    int a = 1, b = 10;
    unsigned char buffer[64] = {0};
    double d = 0.5;
    __try {
        a = 2;
        d = 2.5;
        buffer[63] = 7;
        for (int i = 0; i < 5; i++)
            b += i;
        raise(A);
        a = 3;
    } __except (CODE == A ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        assert_int_equal(CODE, A);
        assert_int_equal(a, 2);
        assert_int_equal(b, 20);
        assert_int_equal(buffer[63], 7);
        assert_true(d == 2.5);
        a = 4;
    }
    assert_int_equal(a, 4);
}

static int filter_of(EXCEPTION_POINTERS *pointers, NTSTATUS expected, ULONG_PTR *address)
{
    EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    assert_int_equal(record->ExceptionCode, expected);
    assert_non_null(pointers->ContextRecord);
    assert_non_null(record->ExceptionAddress);
    if (record->NumberParameters == 2) {
        address[0] = record->ExceptionInformation[0];
        address[1] = record->ExceptionInformation[1];
    }
    return EXCEPTION_EXECUTE_HANDLER;
}

static void bad_addresses_raise_access_violations(void **state)
{
    (void)state;
    ULONG_PTR seen[2] = {9, 9};
    volatile int x = 0;
    __try {
        x = *(volatile int *)no_address;
    } __except (filter_of(GetExceptionInformation(), STATUS_ACCESS_VIOLATION, seen)) {
        x = CODE == STATUS_ACCESS_VIOLATION ? 5 : 6;
    }
    assert_int_equal(x, 5);
    assert_int_equal(seen[0], 0);
    assert_int_equal(seen[1], 0x10);
    for (int i = 0; i < 3; i++) {
        __try {
            *(volatile char *)no_address = 1;
        } __except (filter_of(GetExceptionInformation(), STATUS_ACCESS_VIOLATION, seen)) {
            x = 7 + i;
        }
        assert_int_equal(seen[0], 1);
        assert_int_equal(x, 7 + i);
    }
}

static void division_by_zero_raises(void **state)
{
    (void)state;
#if defined(__x86_64__)
    volatile int zero = 0, caught = 0, result = 1;
    __try {
        /* Written out, since UBSan stops a division in C first. */
        __asm__ volatile("xorl %%edx, %%edx\n idivl %2" : "=a"(*(int *)&result) : "a"(1), "r"(zero) : "edx");
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        caught = CODE;
    }
    assert_int_equal(caught, STATUS_INTEGER_DIVIDE_BY_ZERO);
    __try {
        __asm__ volatile("ud2");
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        caught = CODE;
    }
    assert_int_equal(caught, STATUS_ILLEGAL_INSTRUCTION);
#endif
}

static void every_way_to_raise(void **state)
{
    (void)state;
    EXCEPTION_RECORD record = {.ExceptionCode = B, .NumberParameters = 2, .ExceptionInformation = {3, 4}};
    static const NTSTATUS codes[] = {A, STATUS_ACCESS_VIOLATION, STATUS_DATATYPE_MISALIGNMENT, C, B};
    for (int i = 0; i < 5; i++) {
        int ok = 0;
        ULONG_PTR seen[2] = {0, 0};
        __try {
            switch (i) {
            case 0:
                ExRaiseStatus(codes[0]);
                break;
            case 1:
                ExRaiseAccessViolation();
                break;
            case 2:
                ExRaiseDatatypeMisalignment();
                break;
            case 3:
                RtlRaiseStatus(C);
                break;
            default:
                RtlRaiseException(&record);
            }
        } __except (filter_of(GetExceptionInformation(), codes[i], seen)) {
            ok = 1;
        }
        assert_int_equal(ok, 1);
        assert_int_equal(seen[1], i == 4 ? 4 : 0);
    }
}

static int deep(int level)
{
    volatile char room[200];
    room[level] = (char)level;
    if (level == 0)
        raise(B);
    __try {
        deep(level - 1);
        step('n');
    } __except (level == 7 ? EXCEPTION_CONTINUE_SEARCH : EXCEPTION_CONTINUE_SEARCH) {
        step('x');
    }
    return room[level];
}

static void a_search_goes_across_functions(void **state)
{
    (void)state;
    start_way();
    __try {
        deep(20);
    } __except (step('f'), CODE == B) {
        step('h');
    }
    assert_string_equal(way, "fh");
}

static void codes_of_nested_handlers_are_kept_apart(void **state)
{
    (void)state;
    int done = 0;
    __try {
        raise(A);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        __try {
            raise(B);
        } __except (CODE == B) {
            assert_int_equal(CODE, B);
            __try {
                raise(C);
            } __except (1) {
                assert_int_equal(CODE, C);
            }
            assert_int_equal(CODE, B);
        }
        assert_int_equal(CODE, A);
        start_way();
        __try {
            deep(3);
        } __except (1) {
            assert_int_equal(CODE, B);
            done = 1;
        }
        assert_int_equal(CODE, A);
    }
    assert_int_equal(done, 1);
}

static NTSTATUS return_from_handler(void)
{
    __try {
        raise(A);
    } __except (1) {
        return CODE;
    }
    return 0;
}

static void returns_from_handlers_do_not_wear_out(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(return_from_handler(), A);
}

static int return_from_body(int x)
{
    __try {
        if (x)
            return x * 2;
        step('b');
    } __except (1) {
        step('h');
    }
    return -1;
}

static void a_body_can_return(void **state)
{
    (void)state;
    start_way();
    for (int i = 1; i < 1000; i++)
        assert_int_equal(return_from_body(i), 2 * i);
    assert_int_equal(return_from_body(0), -1);
    assert_string_equal(way, "b");
}

static void handlers_and_bodies_can_break_and_continue(void **state)
{
    (void)state;
    start_way();
    for (int i = 0; i < 6; i++) {
        __try {
            if (i == 0)
                continue;
            if (i == 4)
                raise(A);
            if (i == 2)
                raise(B);
            step((char)('0' + i));
        } __except (1) {
            if (CODE == B)
                continue;
            break;
        }
        step('.');
    }
    for (;;) {
        __try {
            break;
        } __except (1) {
            step('!');
        }
        step('!');
    }
    assert_string_equal(way, "1.3.");
}

static void an_exception_in_a_handler_goes_outwards(void **state)
{
    (void)state;
    start_way();
    __try {
        __try {
            raise(A);
        } __except (1) {
            step('1');
            raise(B);
        }
        step('!');
    } __except (1) {
        step('2');
        assert_int_equal(CODE, B);
    }
    assert_string_equal(way, "12");
}

static int raising_filter(void)
{
    raise(C);
    return 1;
}

static void an_exception_in_a_filter_goes_outwards(void **state)
{
    (void)state;
    start_way();
    __try {
        __try {
            raise(A);
        } __except (CODE == A ? raising_filter() : (step('c'), 0)) {
            step('!');
        }
    } __except (1) {
        assert_int_equal(CODE, C);
        step('2');
    }
    assert_string_equal(way, "c2");
}

/* --- __leave --- */

static void leave_ends_the_body(void **state)
{
    (void)state;
    start_way();
    __try {
        for (int i = 0;; i++) {
            switch (i) {
            case 3:
                __leave;
            default:
                step('b');
            }
        }
    } __except (1) {
        step('!');
    }
    __try {
        step('c');
        __try {
            raise(A);
        } __except (1) {
            step('h');
            __leave;
        }
        step('!');
    } __finally {
        step(AbnormalTermination() ? '!' : 'f');
    }
    assert_string_equal(way, "bbbchf");
}

/* --- __finally --- */

static void finally_runs_at_the_normal_end(void **state)
{
    (void)state;
    start_way();
    __try {
        step('b');
    } __finally {
        step(AbnormalTermination() ? 'a' : 'n');
    }
    step('.');
    assert_string_equal(way, "bn.");
}

static void finally_runs_on_an_exception(void **state)
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
                step(AbnormalTermination() ? 'a' : 'n');
                assert_int_equal(x, 1);
                x = 2;
            }
            step('!');
        } __finally {
            step('b');
            assert_int_equal(x, 2);
        }
    } __except (CODE == A) {
        step('h');
        assert_int_equal(CODE, A);
    }
    assert_string_equal(way, "abh");
}

static int return_through_finally(int value, int *seen)
{
    int local = value;
    __try {
        local = value + 1;
        if (value)
            return local * 10;
        local = 99;
    } __finally {
        int inner[40];
        for (int i = 0; i < 40; i++)
            inner[i] = local;
        step(AbnormalTermination() ? 'a' : 'n');
        *seen = inner[39];
        local = 1000;
    }
    step('e');
    return -1;
}

static void finally_runs_on_return(void **state)
{
    (void)state;
    int seen = 0;
    start_way();
    assert_int_equal(return_through_finally(4, &seen), 50);
    assert_int_equal(seen, 5);
    assert_int_equal(return_through_finally(0, &seen), -1);
    assert_int_equal(seen, 99);
    assert_string_equal(way, "ane");
    for (int i = 1; i < 100000; i++) {
        start_way();
        assert_int_equal(return_through_finally(i, &seen), i * 10 + 10);
    }
}

static int return_through_three(void)
{
    __try {
        __try {
            __try {
                return 42;
            } __finally {
                step('1');
            }
        } __except (1) {
            step('!');
        }
    } __finally {
        step('2');
        __try {
            raise(C);
        } __except (1) {
            step('c');
        }
        __try {
            step('t');
        } __finally {
            step('3');
        }
    }
    return 0;
}

struct large {
    int values[100];
};

static struct large return_large(void)
{
    struct large result = {{0}};
    __try {
        result.values[99] = 9;
        return result;
    } __finally {
        char room[400];
        for (unsigned i = 0; i < sizeof room; i++)
            room[i] = 0x55;
        step(room[399]);
    }
    return result;
}

static double return_double(double x)
{
    __try {
        return x / 2;
    } __finally {
        step('d');
    }
    return 0;
}

static void finally_blocks_nest_on_return(void **state)
{
    (void)state;
    start_way();
    assert_int_equal(return_through_three(), 42);
    struct large large = return_large();
    assert_int_equal(large.values[99], 9);
    assert_true(return_double(3.0) == 1.5);
    assert_string_equal(way, "12ct3Ud");
}

/* clang's one variable for the ways out of scopes: the block's own jumps must not change the pending return's way. */
static int return_through_a_busy_block(int n)
{
    for (int i = 0; i < 2; i++) {
        __try {
            if (n == 1)
                return 11;
            if (n == 2)
                continue;
            if (n == 3)
                break;
            if (n == 4)
                goto out;
            step('b');
        } __finally {
            for (int k = 0; k < 4; k++) {
                __try {
                    if (k == 0)
                        continue;
                    if (k == 1)
                        raise(A);
                    if (k == 2)
                        break;
                    step('!');
                } __except (1) {
                    step('h');
                    continue;
                }
                step('!');
            }
            step('f');
        }
        step('e');
    }
    return n;
out:
    return 44;
}

static void jumps_inside_a_finally_block_do_not_disturb_the_pending_one(void **state)
{
    (void)state;
    start_way();
    assert_int_equal(return_through_a_busy_block(1), 11);
    assert_string_equal(way, "hf");
    start_way();
    assert_int_equal(return_through_a_busy_block(2), 2);
    assert_string_equal(way, "hfhf");
    start_way();
    assert_int_equal(return_through_a_busy_block(3), 3);
    assert_string_equal(way, "hf");
    start_way();
    assert_int_equal(return_through_a_busy_block(4), 44);
    assert_string_equal(way, "hf");
    start_way();
    assert_int_equal(return_through_a_busy_block(0), 0);
    assert_string_equal(way, "bhfebhfe");
}

/* The same where that variable is far from where its function's registers point. */
struct kilo {
    char bytes[1000];
};

static struct kilo filled(int n)
{
    struct kilo kilo = {{0}};
    kilo.bytes[999] = (char)n;
    return kilo;
}

static int same(struct kilo *one, struct kilo *other)
{
    return one->bytes[999] == other->bytes[999];
}

#define FAR(n)                                                                                                         \
    struct kilo a##n = filled(n), b##n = filled(n);                                                                    \
    sum += same(&a##n, &b##n)

static int return_from_a_large_function(int n)
{
    int sum = 0;
    FAR(1); FAR(2); FAR(3); FAR(4); FAR(5); FAR(6); FAR(7); FAR(8); FAR(9); FAR(10);
    for (int i = 0; i < 2; i++) {
        __try {
            if (n == 1)
                return 11 + sum;
            if (n == 2)
                continue;
            step('b');
        } __finally {
            __try {
                if (n < 2)
                    raise(A);
                goto over;
            } __except (1) {
                step('h');
            }
        over:
            step('f');
        }
        FAR(11); FAR(12); FAR(13); FAR(14); FAR(15); FAR(16); FAR(17); FAR(18); FAR(19); FAR(20);
    }
    return n + sum;
}

static void a_large_function_goes_on_where_it_was_going(void **state)
{
    (void)state;
    start_way();
    assert_int_equal(return_from_a_large_function(1), 21);
    assert_string_equal(way, "hf");
    start_way();
    assert_int_equal(return_from_a_large_function(2), 12);
    assert_string_equal(way, "ff");
    start_way();
    assert_int_equal(return_from_a_large_function(0), 30);
    assert_string_equal(way, "bhfbhf");
}

static void finally_runs_on_goto_break_and_continue(void **state)
{
    (void)state;
    start_way();
    for (int i = 0; i < 4; i++) {
        __try {
            if (i == 1)
                continue;
            if (i == 2)
                break;
            step('b');
        } __finally {
            step(AbnormalTermination() ? 'a' : 'n');
        }
        step('.');
    }
    __try {
        goto out;
    } __finally {
        step('g');
    }
    step('!');
out:
    assert_string_equal(way, "bn.aag");
}

static void an_exception_in_a_finally_block_replaces_the_first(void **state)
{
    (void)state;
    start_way();
    __try {
        __try {
            raise(A);
        } __finally {
            step('1');
            raise(B);
        }
    } __except (1) {
        step(CODE == B ? 'B' : '?');
    }
    assert_string_equal(way, "1B");
}

static int return_from_finally(void)
{
    __try {
        step('b');
    } __finally {
        return 3;
    }
    return 4;
}

static void a_finally_block_can_return(void **state)
{
    (void)state;
    start_way();
    assert_int_equal(return_from_finally(), 3);
    step('.');
    assert_string_equal(way, "b.");
}

static int raises_in_loop(int i)
{
    __try {
        if (i & 1)
            raise(A);
        return i;
    } __finally {
        step('f');
    }
    return -1;
}

static void frames_stay_in_order(void **state)
{
    (void)state;
    int sum = 0;
    for (int i = 0; i < 1000; i++) {
        start_way();
        __try {
            sum += raises_in_loop(i);
        } __except (CODE == A) {
            sum++;
        }
        assert_string_equal(way, "f");
    }
    assert_int_equal(sum, 249500 + 500);
}

#pragma GCC diagnostic ignored "-Wdangling-else"
static void a_body_under_an_if_without_braces(void **state)
{
    (void)state;
    start_way();
    for (int i = 0; i < 2; i++)
        if (i)
            __try {
                raise(A);
            } __except (1) {
                step('h');
            }
    assert_string_equal(way, "h");
}
/* --- what stops the machine --- */

static void in_kernel(void *routine)
{
    ntio_run_in_kernel(((void (**)(void *))routine)[0], NULL);
}

/* Runs routine in kernel mode and expects it to stop the machine with this code; machine is running again afterwards. */
static ntio_bugcheck expect_bugcheck(uint32_t code, void (*routine)(void *))
{
    ntio_bugcheck caught;
    assert_true(ntio_catch_bugcheck(in_kernel, &routine, &caught));
    assert_int_equal(caught.code, code);
    assert_int_equal(ntio_start(NULL), 0);
    return caught;
}

static void raise_b(void *context)
{
    (void)context;
    raise(B);
}

static void unhandled_in_kernel_mode(void **state)
{
    (void)state;
    ntio_bugcheck caught = expect_bugcheck(0x7E, raise_b);
    assert_int_equal((NTSTATUS)caught.parameters[0], B);
    assert_true(caught.parameters[1] != 0);
}

static void refuse(void *context)
{
    (void)context;
    __try {
        raise(B);
    } __except (EXCEPTION_CONTINUE_SEARCH) {
    }
}

static void no_filter_takes_it(void **state)
{
    (void)state;
    assert_int_equal((NTSTATUS)expect_bugcheck(0x7E, refuse).parameters[0], B);
}

/* A __try of the client's is not there for an exception in the kernel. */
static void kernel_exceptions_do_not_reach_the_client(void **state)
{
    (void)state;
    start_way();
    __try {
        expect_bugcheck(0x7E, raise_b);
    } __except (1) {
        step('!');
    }
    assert_string_equal(way, "");
}

#define LEAVE_THE_LOOP break /* else the source would be refused */

static void break_out_of_finally(void *context)
{
    (void)context;
    for (;;) {
        __try {
            step('b');
        } __finally {
            LEAVE_THE_LOOP;
        }
    }
}

static void misuse_is_a_bug_check(void **state)
{
    (void)state;
    assert_int_equal((NTSTATUS)expect_bugcheck(0x1E, break_out_of_finally).parameters[0], STATUS_INVALID_UNWIND_TARGET);
}

/* A filter that would go on whatever happens is not asked for ever. */
static void resume_execution(void *context)
{
    (void)context;
    __try {
        raise(A);
    } __except (EXCEPTION_CONTINUE_EXECUTION) {
    }
}

static void what_is_not_continuable_does_not_go_on(void **state)
{
    (void)state;
    ntio_bugcheck caught = expect_bugcheck(0x7E, resume_execution);
    assert_int_equal((NTSTATUS)caught.parameters[0], STATUS_NONCONTINUABLE_EXCEPTION);
}

static char *kernel_address;

static void touch_kernel_address(void *context)
{
    (void)context;
    kernel_address = (char *)ExAllocatePoolWithTag(NonPagedPool, 64, 'tseT') + 0x8000000; /* far behind all pool */
    __try {
        *(volatile char *)kernel_address = 1;
    } __except (1) {
        step('!');
    }
}

static void bad_kernel_addresses_are_no_exceptions(void **state)
{
    (void)state;
    ntio_bugcheck caught = expect_bugcheck(0x50, touch_kernel_address);
    assert_int_equal(caught.parameters[0], (uintptr_t)kernel_address);
    assert_int_equal(caught.parameters[1], 2);
}

static void touch_at_dispatch_level(void *context)
{
    (void)context;
    KIRQL irql;
    __try {
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        *(volatile int *)no_address = 1;
    } __except (1) {
        step('!');
    }
}

static void page_faults_at_dispatch_level_are_no_exceptions(void **state)
{
    (void)state;
    ntio_bugcheck caught = expect_bugcheck(0x0A, touch_at_dispatch_level);
    assert_int_equal(caught.parameters[0], 0x10);
    assert_int_equal(caught.parameters[1], DISPATCH_LEVEL);
    assert_int_equal(caught.parameters[2], 1);
}

static int setup(void **state)
{
    (void)state;
    return ntio_start(NULL);
}

static int teardown(void **state)
{
    (void)state;
    return ntio_stop();
}

#define WITH_MACHINE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MACHINE(nothing_raised),
        WITH_MACHINE(locals_written_in_the_body_are_seen_in_the_handler),
        WITH_MACHINE(bad_addresses_raise_access_violations),
        WITH_MACHINE(division_by_zero_raises),
        WITH_MACHINE(every_way_to_raise),
        WITH_MACHINE(a_search_goes_across_functions),
        WITH_MACHINE(codes_of_nested_handlers_are_kept_apart),
        WITH_MACHINE(returns_from_handlers_do_not_wear_out),
        WITH_MACHINE(a_body_can_return),
        WITH_MACHINE(handlers_and_bodies_can_break_and_continue),
        WITH_MACHINE(an_exception_in_a_handler_goes_outwards),
        WITH_MACHINE(an_exception_in_a_filter_goes_outwards),
        WITH_MACHINE(leave_ends_the_body),
        WITH_MACHINE(finally_runs_at_the_normal_end),
        WITH_MACHINE(finally_runs_on_an_exception),
        WITH_MACHINE(finally_runs_on_return),
        WITH_MACHINE(finally_blocks_nest_on_return),
        WITH_MACHINE(jumps_inside_a_finally_block_do_not_disturb_the_pending_one),
        WITH_MACHINE(a_large_function_goes_on_where_it_was_going),
        WITH_MACHINE(finally_runs_on_goto_break_and_continue),
        WITH_MACHINE(an_exception_in_a_finally_block_replaces_the_first),
        WITH_MACHINE(a_finally_block_can_return),
        WITH_MACHINE(frames_stay_in_order),
        WITH_MACHINE(a_body_under_an_if_without_braces),
        WITH_MACHINE(unhandled_in_kernel_mode),
        WITH_MACHINE(no_filter_takes_it),
        WITH_MACHINE(kernel_exceptions_do_not_reach_the_client),
        WITH_MACHINE(misuse_is_a_bug_check),
        WITH_MACHINE(what_is_not_continuable_does_not_go_on),
        WITH_MACHINE(bad_kernel_addresses_are_no_exceptions),
        WITH_MACHINE(page_faults_at_dispatch_level_are_no_exceptions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
