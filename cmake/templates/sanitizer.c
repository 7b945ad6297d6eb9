/*
 * What a program built with MemorySanitizer asks of it: shadows are cleared by writing to them. From 64 KB on it would map
 * fresh ones, and two addresses of one page would no longer have one shadow. A program that has such a function itself keeps
 * its own (-z muldefs), and should say the same.
 */
__attribute__((visibility("default"))) const char *__msan_default_options(void);
const char *__msan_default_options(void)
{
    return "clear_shadow_mmap_threshold=4194304";
}
