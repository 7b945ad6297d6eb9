/*
 * Structured exceptions: filters run first, on the stack of the raise, then __finally blocks, then the handler; and the execution
 * can go on. What happened is a text, one letter a step, as Windows gives it.
 */
#include "seh_test.h"

#include <string.h>

/* One whose execution may go on. */
static void raise_soft(NTSTATUS status)
{
    EXCEPTION_RECORD record = {.ExceptionCode = status, .NumberParameters = 2, .ExceptionInformation = {11, 12}};
    RtlRaiseException(&record);
}

/* --- the order --- */

static void filters_run_before_finally_blocks(void **state)
{
    (void)state;
    start_way();
    __try {
        __try {
            __try {
                step('b');
                raise(A);
            } __finally {
                step('1');
                assert_true(AbnormalTermination());
            }
        } __finally {
            step('2');
        }
    } __except (says('f', EXCEPTION_EXECUTE_HANDLER)) {
        step('h');
    }
    step('.');
    assert_string_equal(way, "bf12h.");
}

static void all_filters_run_before_all_blocks(void **state)
{
    (void)state;
    start_way();
    __try {
        __try {
            __try {
                __try {
                    raise(A);
                } __except (says('1', EXCEPTION_CONTINUE_SEARCH)) {
                    step('!');
                }
            } __finally {
                step('x');
            }
        } __except (says('2', EXCEPTION_CONTINUE_SEARCH)) {
            step('!');
        }
        step('!');
    } __except (says('3', EXCEPTION_EXECUTE_HANDLER)) {
        step('h');
    }
    assert_string_equal(way, "123xh");
}

static int innermost(int *local)
{
    volatile int room[50];
    room[49] = 5;
    __try {
        *local = 1;
        raise(B);
    } __finally {
        step('i');
        assert_int_equal(*local, 7);
        *local = 2;
    }
    return room[49];
}

static int middle(int *local)
{
    int own = 3;
    __try {
        own = 4;
        return innermost(local);
    } __except (own == 4 && *local == 1 ? says('m', (own = 5, *local = 7, 0)) : says('!', 1)) {
        step('!');
    }
    return own;
}

static void blocks_of_functions_run_after_the_filters_outside(void **state)
{
    (void)state;
    int local = 0, seen = 0;
    start_way();
    __try {
        __try {
            middle(&local);
            step('!');
        } __finally {
            step('f');
            seen = local;
        }
    } __except (CODE == B ? says('o', (seen = local, 1)) : says('!', 0)) {
        step('h');
        assert_int_equal(CODE, B);
    }
    assert_string_equal(way, "moifh");
    assert_int_equal(seen, 2);
}

static int writes_locals(int deep)
{
    int a = 1, b = 2;
    char text[40] = "before";
    _Alignas(64) char wide[128] = {0};
    double d = 1.25;
    __try {
        a = 10;
        wide[127] = 3;
        if (deep)
            writes_locals(deep - 1);
        raise(A);
    } __except (deep == 2 ? (b = a + wide[127], d *= 2, text[0] = 'B', memset(wide, 9, sizeof wide),
                             (ULONG_PTR)wide % 64 == 0)
                          : (a = 77, 0)) {
        assert_int_equal(a, 10);
        assert_int_equal(b, 13);
        assert_true(d == 2.5);
        assert_string_equal(text, "Before");
        assert_int_equal(wide[0] + wide[127], 18);
        return 4;
    }
    return 0;
}

static void what_a_filter_writes_its_handler_reads(void **state)
{
    (void)state;
    assert_int_equal(writes_locals(2), 4);
}

/* A filter's functions are below what it interrupts, whose locals are still there. */
static char *interrupted, *frame;

static int looks_below(char *mark)
{
    char *here = __builtin_frame_address(0);
    assert_int_equal(*interrupted, 42);
    assert_true(here < frame && frame < mark);
    return 1;
}

static void raises_with_a_local(void)
{
    char mine = 42;
    interrupted = &mine;
    frame = __builtin_frame_address(0);
    raise(A);
}

static void nothing_is_left_while_filters_run(void **state)
{
    (void)state;
    start_way();
    __try {
        raises_with_a_local();
    } __except (looks_below(__builtin_frame_address(0))) {
        step('h');
    }
    assert_string_equal(way, "h");
}

static int many(int a, int b, int c, int d, int e, int f, int g, int h, int i, double x, const char *text)
{
    return a + b + c + d + e + f + g + h + i == 45 && x == 0.5 && !strcmp(text, "text");
}

struct large {
    char bytes[200];
};

static int takes_large(struct large one, struct large two)
{
    return one.bytes[199] == 1 && two.bytes[199] == 2;
}

static void a_filter_can_call_anything(void **state)
{
    (void)state;
    struct large one = {{0}}, two = {{0}};
    int last = 9;
    one.bytes[199] = 1;
    two.bytes[199] = 2;
    start_way();
    __try {
        raises_with_a_local();
    } __except (many(1, 2, 3, 4, 5, 6, 7, 8, last, 0.5, "text") && takes_large(one, two) && *interrupted == 42) {
        step('h');
    }
    assert_string_equal(way, "h");
}

static int deep(int level, int *sum)
{
    int mine = level;
    if (level == 0)
        raise(B);
    __try {
        deep(level - 1, sum);
    } __except (*sum += mine, EXCEPTION_CONTINUE_SEARCH) {
        step('!');
    }
    return mine;
}

static void a_search_asks_every_function(void **state)
{
    (void)state;
    int sum = 0;
    for (int i = 0; i < 3; i++) {
        start_way();
        __try {
            deep(200, &sum);
        } __except (sum == 20100 * (i + 1)) {
            step('h');
        }
        assert_string_equal(way, "h");
    }
}

/* --- what filters are told --- */

static EXCEPTION_POINTERS *told;

static int look(EXCEPTION_POINTERS *pointers, NTSTATUS code, int disposition)
{
    told = pointers;
    assert_int_equal(pointers->ExceptionRecord->ExceptionCode, code);
    assert_non_null(pointers->ContextRecord);
    step('l');
    return disposition;
}

static int handles_its_own(NTSTATUS status)
{
    __try {
        raise(status);
    } __except (look(GetExceptionInformation(), status, 1)) {
        assert_int_equal(CODE, status);
        step('o');
    }
    return 0;
}

static int two_looks(EXCEPTION_POINTERS *pointers, int disposition)
{
    EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    CONTEXT before = *pointers->ContextRecord;
    handles_its_own(C);
    assert_ptr_equal(pointers->ExceptionRecord, record);
    assert_int_equal(record->ExceptionCode, A);
    assert_int_equal(record->NumberParameters, 2);
    assert_int_equal(record->ExceptionInformation[1], 12);
    assert_memory_equal(&before, pointers->ContextRecord, sizeof before);
    return disposition;
}

static void exceptions_in_a_filters_functions_do_not_disturb_it(void **state)
{
    (void)state;
    NTSTATUS outer = 0;
    start_way();
    __try {
        raise(B);
    } __except (1) {
        __try {
            __try {
                raise_soft(A);
            } __except (two_looks(GetExceptionInformation(), (outer = CODE, 0))) {
                step('!');
            }
        } __except (handles_its_own(B), CODE == A && outer == A ? 1 : says('!', 0)) {
            assert_int_equal(CODE, A);
            step('h');
            handles_its_own(C);
            assert_int_equal(CODE, A);
        }
        assert_int_equal(CODE, B);
    }
    assert_string_equal(way, "lolohlo");
}

static void an_outer_filter_leaves_the_handlers_code_alone(void **state)
{
    (void)state;
    start_way();
    __try {
        __try {
            raise(A);
        } __except (1) {
            assert_int_equal(CODE, A);
            raise_soft(B);
            assert_int_equal(CODE, A);
            step('h');
        }
    } __except (CODE == B ? says('c', EXCEPTION_CONTINUE_EXECUTION) : says('!', 1)) {
        step('!');
    }
    assert_string_equal(way, "ch");
}

static int in_middle_of_handler(void)
{
    __try {
        raise(A);
    } __except (1) {
        raise_soft(B);
        return CODE;
    }
    return 0;
}

static void nor_that_of_an_inner_function(void **state)
{
    (void)state;
    NTSTATUS got = 0;
    __try {
        got = in_middle_of_handler();
    } __except (CODE == B ? EXCEPTION_CONTINUE_EXECUTION : 1) {
    }
    assert_int_equal(got, A);
}

/* --- going on --- */

static void execution_continues_after_a_raise(void **state)
{
    (void)state;
    int x = 1, left = 0;
    start_way();
    for (int i = 0; i < 3; i++) {
        __try {
            __try {
                x += 1;
                raise_soft(A);
                step('w');
                x *= 2;
            } __finally {
                step(AbnormalTermination() ? '!' : 'f');
                left = x;
            }
            step('b');
        } __except (says('c', (x += 100, EXCEPTION_CONTINUE_EXECUTION))) {
            step('!');
        }
    }
    assert_string_equal(way, "cwfbcwfbcwfb");
    assert_int_equal(x, 1422);
    assert_int_equal(left, 1422);
}

/* What is computed and in no variable yet, in the body and in the filter. */
static long long number(int n)
{
    return n;
}

static double real(int n)
{
    return n;
}

static struct large filled(int n)
{
    struct large large;
    memset(&large, n, sizeof large);
    return large;
}

static int soft(int n)
{
    raise_soft(A);
    return n;
}

static struct large soft_large(int n)
{
    raise_soft(A);
    return filled(n);
}

static int three(struct large one, struct large two, struct large last)
{
    return one.bytes[0] * 100 + two.bytes[99] * 10 + last.bytes[199];
}

#define SUM(f, last)                                                                                                   \
    (f(1) + (f(2) * (f(3) + (f(4) * (f(5) + (f(6) * (f(7) + (f(8) * (f(9) + (f(10) * (f(11) + (f(12) * (last)))))))))))))

static void execution_continues_within_an_expression(void **state)
{
    (void)state;
    long long whole = 0, in_filter = 0;
    double broken = 0;
    int sum = 0;
    __try {
        whole = SUM(number, soft(13));
        broken = SUM(real, soft(13));
        sum = filled(1).bytes[100] + (filled(2).bytes[3] + (filled(3).bytes[199] + soft(100)));
        sum += 1000 * three(filled(4), filled(5), soft_large(6));
    } __except (in_filter = SUM(number, number(13)) + (long long)SUM(real, real(2)) + three(filled(7), filled(8), filled(9)),
                EXCEPTION_CONTINUE_EXECUTION) {
        fail();
    }
    assert_true(whole == SUM(number, 13) && broken == (double)SUM(number, 13));
    assert_true(in_filter == SUM(number, 13) + SUM(number, 2) + 789);
    assert_int_equal(sum, 456106);
}

static int fix_flags(EXCEPTION_POINTERS *pointers, int *page)
{
    *page = 5;
    assert_int_equal(pointers->ExceptionRecord->ExceptionFlags & EXCEPTION_NONCONTINUABLE, 0);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static int continued(int *page, int times)
{
    int sum = 0;
    for (int i = 0; i < times; i++) {
        sum += *page;
        raise_soft(C);
        sum += *page * 10;
        *page = 0;
    }
    return sum;
}

static void functions_inside_keep_their_state(void **state)
{
    (void)state;
    int page = 0, sum = 0;
    __try {
        sum = continued(&page, 100);
    } __except (fix_flags(GetExceptionInformation(), &page)) {
        sum = -1;
    }
    assert_int_equal(sum, 5000);
}

static void what_is_not_continuable_raises_another(void **state)
{
    (void)state;
    NTSTATUS first = 0, chained = 0;
    start_way();
    __try {
        raise(A);
        step('!');
    } __except (CODE == A ? says('c', (first = A, EXCEPTION_CONTINUE_EXECUTION))
                          : (chained = ((PEXCEPTION_POINTERS)GetExceptionInformation())
                                           ->ExceptionRecord->ExceptionRecord->ExceptionCode,
                             says('n', 1))) {
        step('h');
        assert_int_equal(CODE, STATUS_NONCONTINUABLE_EXCEPTION);
    }
    assert_string_equal(way, "cnh");
    assert_int_equal(first, A);
    assert_int_equal(chained, A);
}

/* --- exceptions in filters and blocks --- */

static int raises_in_filter(NTSTATUS status, char what)
{
    step(what);
    raise(status);
    return 1;
}

static void an_exception_in_a_filter_is_a_nested_one(void **state)
{
    (void)state;
    start_way();
    __try {
        __try {
            __try {
                __try {
                    raise(A);
                } __finally {
                    step('1');
                }
            } __except (CODE == A ? raises_in_filter(B, 'r') : says('n', 0)) {
                step('!');
            }
        } __finally {
            step('2');
        }
    } __except (CODE == B ? says('f', 1) : says('!', 1)) {
        step('h');
        assert_int_equal(CODE, B);
    }
    assert_string_equal(way, "rnf12h");
}

static int caught_inside(void)
{
    int x = 0;
    __try {
        __try {
            x = 1;
            raise(C);
        } __finally {
            step('n');
            x += 1;
        }
    } __except (CODE == C) {
        step('k');
        x += 10;
    }
    return x == 12;
}

static void a_filters_function_may_handle_one(void **state)
{
    (void)state;
    start_way();
    __try {
        __try {
            raise(A);
        } __finally {
            step('f');
        }
    } __except (caught_inside()) {
        step('h');
        assert_int_equal(CODE, A);
    }
    assert_string_equal(way, "nkfh");
}

static int nested(int level)
{
    __try {
        raise_soft(A + level);
    } __except (level ? nested(level - 1) : 1) {
        step((char)('0' + level));
        assert_int_equal(CODE, A + level);
    }
    return 1;
}

static void searches_nest(void **state)
{
    (void)state;
    start_way();
    for (int i = 0; i < 3; i++)
        nested(5);
    assert_string_equal(way, "012345012345012345");
}

static void an_exception_in_a_block_takes_the_place_of_the_first(void **state)
{
    (void)state;
    start_way();
    __try {
        __try {
            __try {
                raise(A);
            } __finally {
                step('1');
                raise(B);
            }
        } __except (CODE == A ? says('a', 0) : says('b', 1)) {
            step('B');
            assert_int_equal(CODE, B);
        }
        step('.');
    } __except (says('A', 1)) {
        step('!');
    }
    assert_string_equal(way, "aA1bB.");
}

static void a_block_may_handle_its_own(void **state)
{
    (void)state;
    start_way();
    __try {
        __try {
            raise(A);
        } __finally {
            caught_inside();
            step('f');
        }
        step('!');
    } __except (says('a', CODE == A)) {
        step('h');
        assert_int_equal(CODE, A);
    }
    assert_string_equal(way, "ankfh");
}

static int leaves_the_block(void)
{
    __try {
        raise(A);
    } __finally {
        step('f');
        return 5;
    }
    return 6;
}

static void a_return_from_a_block_ends_the_exception(void **state)
{
    (void)state;
    start_way();
    for (int i = 0; i < 2; i++) {
        __try {
            assert_int_equal(leaves_the_block(), 5);
            step('r');
            raise(B);
        } __except (CODE == A ? says('a', 1) : says('b', 1)) {
            step('B');
        }
    }
    assert_string_equal(way, "afrbBafrbB");
}

static int returns_through(void)
{
    __try {
        return 8;
    } __finally {
        raise_soft(A);
        step('f');
    }
    return 9;
}

static void a_jump_out_of_a_body_survives_a_filter(void **state)
{
    (void)state;
    int got = 0;
    start_way();
    __try {
        got = returns_through();
    } __except (caught_inside() ? says('c', EXCEPTION_CONTINUE_EXECUTION) : says('!', 1)) {
        step('!');
    }
    assert_int_equal(got, 8);
    assert_string_equal(way, "nkcf");
}

static void leave_and_exceptions_mix(void **state)
{
    (void)state;
    start_way();
    for (int i = 0; i < 3; i++) {
        __try {
            __try {
                if (i == 1)
                    __leave;
                raise_soft(i ? B : A);
                step('w');
            } __finally {
                step(AbnormalTermination() ? 'a' : 'n');
            }
        } __except (CODE == A ? says('c', EXCEPTION_CONTINUE_EXECUTION) : says('e', 1)) {
            step('h');
        }
    }
    assert_string_equal(way, "cwnneah");
}

/* --- faults --- */

static char *page;

static int give_page(EXCEPTION_POINTERS *pointers, int *faults)
{
    EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    PVOID at = (PVOID)((ULONG_PTR)record->ExceptionInformation[1] & ~(ULONG_PTR)4095);
    SIZE_T size = 1;
    if (record->ExceptionCode != STATUS_ACCESS_VIOLATION)
        return EXCEPTION_EXECUTE_HANDLER;
    assert_true(at >= (PVOID)page && at < (PVOID)(page + 16 * 4096));
    assert_int_equal(ZwAllocateVirtualMemory(ZwCurrentProcess(), &at, 0, &size, MEM_COMMIT, PAGE_READWRITE), 0);
    ++*faults;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static char *reserve(void)
{
    PVOID at = NULL;
    SIZE_T size = 16 * 4096;
    assert_int_equal(ZwAllocateVirtualMemory(ZwCurrentProcess(), &at, 0, &size, MEM_RESERVE, PAGE_NOACCESS), 0);
    return at;
}

static void release(char *memory)
{
    PVOID at = memory;
    SIZE_T size = 0;
    assert_int_equal(ZwFreeVirtualMemory(ZwCurrentProcess(), &at, &size, MEM_RELEASE), 0);
}

static void a_fault_is_tried_again(void **state)
{
    (void)state;
    int faults = 0;
    char sum = 0;
    page = reserve();
    start_way();
    __try {
        for (int i = 0; i < 16 * 4096; i += 512) {
            page[i] = (char)i;
            page[i + 1] = 1;
            sum += page[i + 1];
        }
        step('e');
    } __except (give_page(GetExceptionInformation(), &faults)) {
        step('!');
    }
    assert_string_equal(way, "e");
    assert_int_equal(faults, 16);
    assert_int_equal((unsigned char)sum, 128);
    release(page);
}

static int spoil(EXCEPTION_POINTERS *pointers, int *faults)
{
    volatile double x = 3;
    for (int i = 0; i < 10; i++)
        x = x * 1.5 + i;
#if defined(__x86_64__)
    __asm__ volatile("pcmpeqd %%xmm0, %%xmm0\n pcmpeqd %%xmm7, %%xmm7\n pcmpeqd %%xmm15, %%xmm15\n stc\n" ::
                         : "xmm0", "xmm7", "xmm15", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "cc");
#endif
    caught_inside();
    return give_page(pointers, faults);
}

/* All registers, the flags and the vectors: what the instruction and those behind it need. */
static void a_fault_keeps_every_register(void **state)
{
    (void)state;
    int faults = 0;
    page = reserve();
    for (int i = 0; i < 16; i++) {
        __try {
#if defined(__x86_64__)
            unsigned long long in = 0x1122334455667788, out[10] = {0};
            __asm__ volatile("movq %[in], %%xmm0\n movq %[in], %%xmm7\n movq %[in], %%xmm15\n"
                             "movq $1, %%rax\n movq $2, %%rcx\n movq $3, %%rdx\n movq $4, %%rsi\n movq $5, %%rdi\n"
                             "movq $6, %%r8\n movq $7, %%r9\n movq $8, %%r10\n"
                             "movq %[out], -64(%%rsp)\n"
                             "cmpq %%r8, %%r8\n"
                             "movb %%cl, (%[to])\n"
                             "movq -64(%%rsp), %%r11\n"
                             "setz 72(%%r11)\n setc 73(%%r11)\n"
                             "movq %%rax, (%%r11)\n movq %%rcx, 8(%%r11)\n movq %%rdx, 16(%%r11)\n"
                             "movq %%rsi, 24(%%r11)\n movq %%rdi, 32(%%r11)\n movq %%r10, 40(%%r11)\n"
                             "movq %%xmm0, 48(%%r11)\n movq %%xmm7, 56(%%r11)\n movq %%xmm15, 64(%%r11)\n"
                             :
                             : [in] "r"(in), [out] "r"(out), [to] "r"(page + 4096 * i)
                             : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm0", "xmm7", "xmm15",
                               "memory", "cc");
            for (unsigned k = 0; k < 5; k++)
                assert_int_equal(out[k], k + 1);
            assert_int_equal(out[5], 8);
            for (unsigned k = 6; k < 9; k++)
                assert_true(out[k] == in);
            assert_int_equal(out[9], 1); /* zero, no carry */
            assert_int_equal(page[4096 * i], 2);
#else
            double d = 1.5, e = 2.5;
            page[4096 * i] = (char)(d * 2 + e * 2);
            assert_true(d + e == 4 && page[4096 * i] == 8);
#endif
        } __except (spoil(GetExceptionInformation(), &faults)) {
            fail();
        }
    }
    assert_int_equal(faults, 16);
    release(page);
}

static int faults_in_filter(void)
{
    step('1');
    *(volatile int *)(size_t)0x20 = 1;
    step('!');
    return 1;
}

static ULONG_PTR seen_address;

static int remember(EXCEPTION_POINTERS *pointers)
{
    seen_address = pointers->ExceptionRecord->ExceptionInformation[1];
    return 1;
}

static void a_filter_may_fault(void **state)
{
    (void)state;
    int asked = 0;
    start_way();
    __try {
        __try {
            *(volatile int *)(size_t)0x10 = 1;
        } __except (asked++ ? says('n', 0) : faults_in_filter()) {
            step('!');
        }
    } __except (remember(GetExceptionInformation())) {
        step('h');
    }
    assert_string_equal(way, "1nh");
    assert_int_equal(seen_address, 0x20);
}

static int faults_inside_its_own(int level)
{
    int x = 0;
    __try {
        *(volatile int *)(size_t)(0x10 + 8 * level) = 1;
    } __except (level ? faults_inside_its_own(level - 1) : 1) {
        x = CODE == STATUS_ACCESS_VIOLATION;
        step((char)('0' + level));
    }
    return x;
}

static void faults_nest(void **state)
{
    (void)state;
    start_way();
    assert_int_equal(faults_inside_its_own(4), 1);
    assert_string_equal(way, "01234");
}

static void a_late_page_in_a_block(void **state)
{
    (void)state;
    int faults = 0;
    page = reserve();
    start_way();
    __try {
        __try {
            __try {
                raise(A);
            } __finally {
                page[1] = 1;
                step('f');
            }
        } __except (CODE == A) {
            step('h');
            page[4096] = 2;
        }
    } __except (give_page(GetExceptionInformation(), &faults)) {
        step('!');
    }
    assert_string_equal(way, "fh");
    assert_int_equal(faults, 2);
    release(page);
}

static void instructions_can_be_skipped(void **state)
{
    (void)state;
#if defined(__x86_64__)
    volatile int after = 0;
    unsigned long long rcx = 0;
    __try {
        __asm__ volatile("movq $5, %%rcx\n ud2\n movq %%rcx, %0" : "=m"(rcx)::"rcx");
        after = 1;
    } __except (CODE == STATUS_ILLEGAL_INSTRUCTION
                    ? (((PEXCEPTION_POINTERS)GetExceptionInformation())->ContextRecord->Rip += 2,
                       ((PEXCEPTION_POINTERS)GetExceptionInformation())->ContextRecord->Rcx += 2,
                       EXCEPTION_CONTINUE_EXECUTION)
                    : 1) {
        after = 2;
    }
    assert_int_equal(after, 1);
    assert_int_equal(rcx, 7);
#endif
}

/* --- in the kernel --- */

static void in_kernel(void *context)
{
    (void)context;
    blocks_of_functions_run_after_the_filters_outside(NULL);
    execution_continues_after_a_raise(NULL);
    an_exception_in_a_filter_is_a_nested_one(NULL);
    what_is_not_continuable_raises_another(NULL);
    searches_nest(NULL);
}

static void the_same_in_the_kernel(void **state)
{
    (void)state;
    ntio_run_in_kernel(in_kernel, NULL);
}

static KDPC dpc;

static VOID in_dpc(PKDPC unused, PVOID context, PVOID first, PVOID second)
{
    UNREFERENCED_PARAMETER(unused);
    UNREFERENCED_PARAMETER(first);
    UNREFERENCED_PARAMETER(second);
    step('d');
    searches_nest(NULL);
    start_way();
    *(int *)context = 1;
}

static int queues_a_dpc(int *ran)
{
    KeInitializeDpc(&dpc, in_dpc, ran);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    return *ran;
}

static void with_a_dpc(void *context)
{
    (void)context;
    int ran = 0;
    __try {
        raise(A);
    } __except (queues_a_dpc(&ran)) {
        step('h');
        assert_int_equal(CODE, A);
    }
    assert_string_equal(way, "h");
}

static void a_filter_may_be_interrupted_by_a_dpc(void **state)
{
    (void)state;
    start_way();
    ntio_run_in_kernel(with_a_dpc, NULL);
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
static int setup_with_stacks(void **state)
{
    (void)state;
    return ntio_start(&(ntio_options){.kernel_stacks = 128 * 1024});
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
        WITH_MACHINE(filters_run_before_finally_blocks),
        WITH_MACHINE(all_filters_run_before_all_blocks),
        WITH_MACHINE(blocks_of_functions_run_after_the_filters_outside),
        WITH_MACHINE(what_a_filter_writes_its_handler_reads),
        WITH_MACHINE(nothing_is_left_while_filters_run),
        WITH_MACHINE(a_filter_can_call_anything),
        WITH_MACHINE(a_search_asks_every_function),
        WITH_MACHINE(exceptions_in_a_filters_functions_do_not_disturb_it),
        WITH_MACHINE(an_outer_filter_leaves_the_handlers_code_alone),
        WITH_MACHINE(nor_that_of_an_inner_function),
        WITH_MACHINE(execution_continues_after_a_raise),
        WITH_MACHINE(execution_continues_within_an_expression),
        WITH_MACHINE(functions_inside_keep_their_state),
        WITH_MACHINE(what_is_not_continuable_raises_another),
        WITH_MACHINE(an_exception_in_a_filter_is_a_nested_one),
        WITH_MACHINE(a_filters_function_may_handle_one),
        WITH_MACHINE(searches_nest),
        WITH_MACHINE(an_exception_in_a_block_takes_the_place_of_the_first),
        WITH_MACHINE(a_block_may_handle_its_own),
        WITH_MACHINE(a_return_from_a_block_ends_the_exception),
        WITH_MACHINE(a_jump_out_of_a_body_survives_a_filter),
        WITH_MACHINE(leave_and_exceptions_mix),
        WITH_MACHINE(a_fault_is_tried_again),
        WITH_MACHINE(a_fault_keeps_every_register),
        WITH_MACHINE(a_filter_may_fault),
        WITH_MACHINE(faults_nest),
        WITH_MACHINE(a_late_page_in_a_block),
        WITH_MACHINE(instructions_can_be_skipped),
        WITH_MACHINE(the_same_in_the_kernel),
        WITH_MACHINE(a_filter_may_be_interrupted_by_a_dpc),
#ifndef THREADS_SANITIZED
        WITH_STACKS(the_same_in_the_kernel),
        WITH_STACKS(a_filter_may_be_interrupted_by_a_dpc),
        WITH_STACKS(a_fault_is_tried_again),
        WITH_STACKS(a_filter_may_fault),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
