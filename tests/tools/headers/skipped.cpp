namespace outer { class thing { int number(int x); int z : 3; }; }
int outer::thing::number(int x)
{
    if (x)
        goto Exit;
    { int inner = 4; x += inner; }
    int y = 5, *p = &x, q; // three of them
    const char *text = "a;b{ goto Exit;";
    const int constant = 4;
    unsigned char bytes[10] = {1, 2,
                               3};
    static int kept = 4;
    auto guessed = 4;
    for (int i = 0; i < 3; i++)
        x++;
    switch (x) { case 1: { int k = 3; x = k; } break; default: ; }
    auto lambda = [&](int v) { int m = v; if (m) goto out; int n = m; x = n; out: return 2; };
#if defined(NEVER)
    if (x) {
#else
    if (y) {
#endif
        int last = f(1, {2, 3}), other = 1;
        if (last)
            goto Exit;
        y = other;
    }
    struct pair both = {1, 2};
Exit:
    int behind = 5;
    return x + behind;
}
int outer::thing::other(int x) { goto Away; Exit: int y = 5; Away: return 1; }
