/*
 * Included where CODE is the code of the exception that seh_raise raises.
 * Locals of every kind that a __try body writes, read after the jump out of it. Driver and client run the same; each check that
 * fails is the number of its line.
 */
#pragma once

struct wide {
    long long words[6];
};

/* In a source without __try, which is optimised as the user says. */
void seh_raise(int deep);
int seh_filter(int code, int wanted);

#define CHECK(condition)                                                                                               \
    if (!(condition))                                                                                                  \
    return __LINE__

static int in_handler(int argument, double number)
{
    int a = 1, b = argument, *where = &b, count = 0;
    register int kept = 7;
    char c = 'x', text[24] = "before";
    double d = number;
    float f = 1.5f;
    struct wide w = {{0}};
    unsigned long long mask = 0;
    for (int round = 0; round < 3; round++) {
        int inner = round;
        __try {
            a += 10;
            b = a;
            where = &a;
            kept++;
            c = (char)('a' + round);
            text[0] = c;
            d = d * 2;
            f += 1;
            w.words[5] = a;
            mask |= 1ull << (40 + round);
            argument++;
            inner += 100;
            count++;
            seh_raise(round);
            count = 1000;
        } __except (seh_filter(GetExceptionCode(), CODE) && inner == round + 100) {
            CHECK(a == 11 + 10 * round && b == a && *where == a);
            CHECK(kept == 8 + round);
            CHECK(c == 'a' + round && text[0] == c && text[1] == 'e');
            CHECK(d == number * (2 << round) && f == 2.5f + (float)round);
            CHECK(w.words[5] == a && w.words[0] == 0);
            CHECK(mask >> 40 == (2ull << round) - 1);
            CHECK(inner == round + 100);
            a -= 0;
            kept += 0;
        }
        CHECK(count == round + 1);
    }
    CHECK(a == 31 && kept == 10 && argument == 5 + 3);
    return 0;
}

static int in_finally(int *out, int early)
{
    int a = 1, b = 2;
    unsigned sum = 0;
    __try {
        for (unsigned i = 0; i < 10; i++)
            sum += i;
        a = 5;
        if (early)
            return a + (int)sum;
        b = 6;
    } __finally {
        b += a;
        sum++;
        *out = b * 1000 + (int)sum;
        a = 77;
    }
    return -b;
}

static int nested(void)
{
    int order = 0, seen = 0;
    __try {
        int first = 1;
        __try {
            first = 2;
            __try {
                order = order * 10 + 1;
                seh_raise(2);
                order = 999;
            } __finally {
                order = order * 10 + 2;
                first += 10;
            }
            order = 998;
        } __except (seh_filter(GetExceptionCode(), 5)) {
            order = 997;
        }
        seen = first;
    } __except (order == 1) {
        order = order * 10 + 3;
        CHECK((int)GetExceptionCode() == CODE);
    }
    CHECK(order == 123 && seen == 0);
    return 0;
}

static int check_locals(void)
{
    int out = 0, failed = in_handler(5, 0.75);
    if (failed)
        return failed;
    CHECK(in_finally(&out, 1) == 50);
    CHECK(out == 7046);
    CHECK(in_finally(&out, 0) == -11);
    CHECK(out == 11046);
    return nested();
}
