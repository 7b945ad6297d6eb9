/*
 * The memory of devices: mapped, read and written through registers and plainly, by functions or bytes; physical addresses that agree;
 * what nobody answers for, RAM, protection; mappings given back wrongly or never.
 */
#include "ke_test.h"

#include <bugcodes.h>

#define BAR 0xFEBC0000ull

struct device {
    uint64_t registers[16];
    uint8_t *bytes;
    unsigned reads, writes, last_size;
    uint64_t last_offset;
    KIRQL irql;
    unsigned vector;
};

static uint64_t on_read(void *context, uint64_t offset, unsigned size)
{
    struct device *d = context;
    uint64_t value = 0;
    memcpy(&value, (char *)d->registers + offset % sizeof d->registers, size);
    d->reads++;
    d->last_size = size;
    d->last_offset = offset;
    d->irql = KeGetCurrentIrql();
    return value;
}

static void on_write(void *context, uint64_t offset, unsigned size, uint64_t value)
{
    struct device *d = context;
    memcpy((char *)d->registers + offset % sizeof d->registers, &value, size);
    d->writes++;
    d->last_size = size;
    d->last_offset = offset;
    if (d->vector)
        ntio_raise_interrupt(d->vector);
}

static uint8_t *add(uint64_t address, uint64_t size, struct device *d)
{
    void *bytes = NULL;
    ntio_memory memory = {.address = address, .size = size, .context = d};
    if (d) {
        *d = (struct device){0};
        memory.read = on_read;
        memory.write = on_write;
    }
    assert_int_equal(ntio_add_memory(&memory, &bytes), STATUS_SUCCESS);
    assert_non_null(bytes);
    if (d)
        d->bytes = bytes;
    return bytes;
}

static PHYSICAL_ADDRESS at(uint64_t address)
{
    return (PHYSICAL_ADDRESS){.QuadPart = (LONGLONG)address};
}

static void plain_bytes(void *context)
{
    (void)context;
    uint8_t *bytes = add(BAR, 0x2000, NULL);
    bytes[0x1004] = 0x78, bytes[0x1005] = 0x56, bytes[0x1006] = 0x34, bytes[0x1007] = 0x12;
    uint8_t *base = MmMapIoSpace(at(BAR + 0x1000), 0x100, MmNonCached);
    assert_non_null(base);
    assert_ptr_not_equal(base, bytes + 0x1000);
    assert_int_equal(READ_REGISTER_ULONG((PULONG)(base + 4)), 0x12345678);
    assert_int_equal(READ_REGISTER_USHORT((PUSHORT)(base + 6)), 0x1234);
    assert_int_equal(READ_REGISTER_UCHAR(base + 5), 0x56);
    assert_int_equal(READ_REGISTER_ULONG64((PULONG64)base), 0x1234567800000000);
    assert_int_equal(READ_REGISTER_ULONG((PULONG)(base + 3)), 0x34567800);
    assert_int_equal(*(volatile ULONG *)(base + 4), 0x12345678);
    WRITE_REGISTER_ULONG64((PULONG64)(base + 8), 0x1122334455667788);
    WRITE_REGISTER_ULONG((PULONG)(base + 8), 0xA1A2A3A4);
    WRITE_REGISTER_USHORT((PUSHORT)(base + 8), 0xB1B2);
    WRITE_REGISTER_UCHAR(base + 8, 0xC1);
    WRITE_REGISTER_USHORT((PUSHORT)(base + 0x11), 0x5152);
    const uint8_t wanted[] = {0xC1, 0xB1, 0xA2, 0xA1, 0x44, 0x33, 0x22, 0x11, 0, 0x52, 0x51, 0};
    assert_memory_equal(bytes + 0x1008, wanted, sizeof wanted);
    base[0xFF] = 9; /* what is behind a null pointer cast, a structure, a memcpy */
    assert_int_equal(bytes[0x10FF], 9);

    /* A range that begins inside a page, and the same bytes seen twice. */
    uint8_t *odd = MmMapIoSpace(at(BAR + 0xFF8), 0x10, MmWriteCombined);
    assert_int_equal((ULONG_PTR)odd & 0xFFF, 0xFF8);
    assert_int_equal(odd[0xC], 0x78);
    MmUnmapIoSpace(odd, 0x10);
    MmUnmapIoSpace(base, 0x100);
    /* They stay while nobody maps them. */
    base = MmMapIoSpaceEx(at(BAR + 0x1000), 1, PAGE_READWRITE | PAGE_NOCACHE);
    assert_int_equal(base[8], 0xC1);
    MmUnmapIoSpace(base, 1);
    ntio_remove_memory(BAR);
}

static void functions(void *context)
{
    (void)context;
    struct device d;
    add(BAR, 0x1000, &d);
    uint8_t *base = MmMapIoSpace(at(BAR), 0x1000, MmNonCached);
    WRITE_REGISTER_ULONG((PULONG)(base + 0x14), 0xCAFEBABE);
    assert_int_equal(d.writes, 1);
    assert_int_equal(d.last_offset, 0x14);
    assert_int_equal(d.last_size, 4);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    assert_int_equal(READ_REGISTER_USHORT((PUSHORT)(base + 0x16)), 0xCAFE);
    KeLowerIrql(old);
    assert_int_equal(d.irql, DISPATCH_LEVEL);
    assert_int_equal(d.last_size, 2);
    WRITE_REGISTER_ULONG64((PULONG64)(base + 0x20), 0x0102030405060708);
    assert_int_equal(READ_REGISTER_ULONG64((PULONG64)(base + 0x20)), 0x0102030405060708);
    assert_int_equal(READ_REGISTER_UCHAR(base + 0x21), 7);
    /* A plain pointer meets the bytes, which the functions left alone. */
    assert_int_equal(*(volatile ULONG *)(base + 0x14), 0);
    d.bytes[0x40] = 0x40;
    assert_int_equal(base[0x40], 0x40);

    ULONG words[4] = {1, 2, 3, 4}, back[4] = {0};
    d.reads = d.writes = 0;
    WRITE_REGISTER_BUFFER_ULONG((PULONG)(base + 0x30), words, 4);
    assert_int_equal(d.writes, 4);
    assert_int_equal(d.last_offset, 0x3C);
    READ_REGISTER_BUFFER_ULONG((PULONG)(base + 0x30), back, 4);
    assert_int_equal(d.reads, 4);
    assert_memory_equal(words, back, sizeof words);
    UCHAR one[3];
    READ_REGISTER_BUFFER_UCHAR(base + 0x30, one, 3);
    assert_memory_equal(one, "\1\0\0", 3);
    USHORT two[2] = {0x1111, 0x2222};
    WRITE_REGISTER_BUFFER_USHORT((PUSHORT)(base + 0x31), two, 2);
    READ_REGISTER_BUFFER_USHORT((PUSHORT)(base + 0x32), two, 2);
    assert_int_equal(two[0], 0x2211);
    ULONG64 eight[2] = {~0ull, 5}, eight_back[2];
    WRITE_REGISTER_BUFFER_ULONG64((PULONG64)(base + 0x30), eight, 2);
    READ_REGISTER_BUFFER_ULONG64((PULONG64)(base + 0x30), eight_back, 2);
    assert_memory_equal(eight, eight_back, sizeof eight);
    WRITE_REGISTER_BUFFER_UCHAR(base + 0x30, (PUCHAR)"abc", 3);
    assert_memory_equal((char *)d.registers + 0x30, "abc\xFF", 4);

    /* The device goes; what is mapped stays as memory. */
    ntio_remove_memory(BAR);
    d.reads = 0;
    assert_int_equal(READ_REGISTER_UCHAR(base + 0x40), 0x40);
    assert_int_equal(d.reads, 0);
    MmUnmapIoSpace(base, 0x1000);
}

/* Only one of the two functions: the other way goes to the bytes. */
static void half(void *context)
{
    (void)context;
    struct device d = {0};
    ntio_memory memory = {.address = BAR, .size = 0x1000, .write = on_write, .context = &d};
    void *bytes;
    assert_int_equal(ntio_add_memory(&memory, &bytes), STATUS_SUCCESS);
    PULONG base = MmMapIoSpace(at(BAR), 4, MmNonCached);
    WRITE_REGISTER_ULONG(base, 7);
    assert_int_equal(d.registers[0], 7);
    assert_int_equal(READ_REGISTER_ULONG(base), 0);
    *(ULONG *)bytes = 8;
    assert_int_equal(READ_REGISTER_ULONG(base), 8);
    MmUnmapIoSpace(base, 4);
}

static void physical_addresses(void *context)
{
    (void)context;
    add(BAR, 0x3000, NULL);
    uint8_t *base = MmMapIoSpace(at(BAR + 0x1000), 0x2000, MmNonCached);
    assert_int_equal(MmGetPhysicalAddress(base + 0x1234).QuadPart, BAR + 0x2234);
    PMDL mdl = IoAllocateMdl(base, 0x2000, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(mdl);
    assert_int_equal(MmGetMdlPfnArray(mdl)[0], (BAR + 0x1000) >> PAGE_SHIFT);
    assert_int_equal(MmGetMdlPfnArray(mdl)[1], (BAR + 0x2000) >> PAGE_SHIFT);
    IoFreeMdl(mdl);
    MmUnmapIoSpace(base, 0x2000);

    /* Below 16 MB, where no RAM is given out: the text screen's memory. */
    uint8_t *screen = add(0xB8000, 0x8000, NULL);
    base = MmMapIoSpace(at(0xB8000), 0x8000, MmNonCached);
    memcpy(base + 0x7FFE, "A\7", 2);
    assert_memory_equal(screen + 0x7FFE, "A\7", 2);
    assert_int_equal(MmGetPhysicalAddress(base).QuadPart, 0xB8000);
    MmUnmapIoSpace(base, 0x8000);
    ntio_remove_memory(0xB8000);
    screen = add(0xB8000, 0x1000, NULL); /* as new */
    assert_int_equal(screen[0xFFE], 0);

    /* RAM: the driver's own pool. */
    PULONG pool = ExAllocatePoolWithTag(NonPagedPoolNx, 64, 'moiS');
    pool[3] = 0x600DF00D;
    PULONG again = MmMapIoSpace(MmGetPhysicalAddress(pool), 64, MmCached);
    assert_ptr_not_equal(again, pool);
    assert_int_equal(again[3], 0x600DF00D);
    again[4] = 44;
    assert_int_equal(pool[4], 44);
    ntio_memory over = {.address = (uint64_t)MmGetPhysicalAddress(pool).QuadPart & ~0xFFFull, .size = 0x1000};
    assert_int_equal(ntio_add_memory(&over, NULL), STATUS_CONFLICTING_ADDRESSES);
    MmUnmapIoSpace(again, 64);
    ExFreePoolWithTag(pool, 'moiS');
}

static void nobody(void *context)
{
    (void)context;
    add(BAR, 0x1000, NULL);
    /* From the page before the device to the one behind it. */
    uint8_t *base = MmMapIoSpace(at(BAR - 0x1000), 0x3000, MmNonCached);
    assert_int_equal(READ_REGISTER_ULONG((PULONG)(base + 0xFFC)), 0xFFFFFFFF);
    assert_int_equal(READ_REGISTER_ULONG((PULONG)(base + 0x1000)), 0);
    assert_int_equal(base[0x2FFF], 0xFF);
    ntio_memory memory = {.address = BAR + 0x1000, .size = 0x1000};
    assert_int_equal(ntio_add_memory(&memory, NULL), STATUS_CONFLICTING_ADDRESSES);
    uint8_t *second = MmMapIoSpace(at(BAR + 0x1000), 1, MmNonCached);
    MmUnmapIoSpace(base, 0x3000);
    assert_int_equal(second[1], 0xFF);
    MmUnmapIoSpace(second, 1);
    assert_int_equal(ntio_add_memory(&memory, NULL), STATUS_SUCCESS);
    base = MmMapIoSpace(at(BAR + 0x1000), 1, MmNonCached);
    assert_int_equal(base[0], 0);
    MmUnmapIoSpace(base, 1);

    assert_null(MmMapIoSpace(at(0), 0x1000, MmNonCached));
    assert_null(MmMapIoSpace(at(BAR), 0, MmNonCached));
    assert_null(MmMapIoSpace(at(1ull << 40), 0x1000, MmNonCached));
    assert_null(MmMapIoSpace(at(~0ull), 0x1000, MmNonCached));
    assert_null(MmMapIoSpace(at(0x200000000), 32 << 20, MmNonCached));
}

static void arguments(void *context)
{
    (void)context;
    void *bytes = &bytes;
    ntio_memory memory = {.address = BAR, .size = 0x800};
    assert_int_equal(ntio_add_memory(NULL, &bytes), STATUS_INVALID_PARAMETER);
    assert_int_equal(ntio_add_memory(&memory, &bytes), STATUS_INVALID_PARAMETER);
    memory = (ntio_memory){.address = BAR + 1, .size = 0x1000};
    assert_int_equal(ntio_add_memory(&memory, &bytes), STATUS_INVALID_PARAMETER);
    memory = (ntio_memory){.address = 0, .size = 0x1000};
    assert_int_equal(ntio_add_memory(&memory, &bytes), STATUS_INVALID_PARAMETER);
    memory = (ntio_memory){.address = 1ull << 40, .size = 0x1000};
    assert_int_equal(ntio_add_memory(&memory, &bytes), STATUS_INVALID_PARAMETER);
    memory = (ntio_memory){.address = BAR, .size = ~0xFFFull};
    assert_int_equal(ntio_add_memory(&memory, &bytes), STATUS_INVALID_PARAMETER);
    assert_ptr_equal(bytes, &bytes);
    add(BAR, 0x2000, NULL);
    memory = (ntio_memory){.address = BAR + 0x1000, .size = 0x2000};
    assert_int_equal(ntio_add_memory(&memory, &bytes), STATUS_CONFLICTING_ADDRESSES);
    ntio_remove_memory(BAR + 0x1000); /* begins nowhere */
    assert_int_equal(ntio_add_memory(&memory, &bytes), STATUS_CONFLICTING_ADDRESSES);
    ntio_remove_memory(BAR);
    assert_int_equal(ntio_add_memory(&memory, &bytes), STATUS_SUCCESS);
}

static void protections(void *context)
{
    (void)context;
    uint8_t *bytes = add(BAR, 0x1000, NULL);
    bytes[0] = 1;
    assert_null(MmMapIoSpaceEx(at(BAR), 0x1000, 0));
    assert_null(MmMapIoSpaceEx(at(BAR), 0x1000, PAGE_NOACCESS));
    assert_null(MmMapIoSpaceEx(at(BAR), 0x1000, PAGE_READWRITE | PAGE_READONLY));
    assert_null(MmMapIoSpaceEx(at(BAR), 0x1000, PAGE_READWRITE | PAGE_NOCACHE | PAGE_WRITECOMBINE));
    uint8_t *base = MmMapIoSpaceEx(at(BAR), 0x1000, PAGE_READONLY | PAGE_WRITECOMBINE);
    assert_int_equal(base[0], 1);
    MmUnmapIoSpace(base, 0x1000);
}

static void write_read_only(void *context)
{
    volatile UCHAR *base = context;
    WRITE_REGISTER_UCHAR(base, 1);
}

static void write_read_only_in_kernel(void *context)
{
    ntio_run_in_kernel(write_read_only, context);
}

static void unmap(void *context)
{
    void **arguments = context;
    MmUnmapIoSpace(arguments[0], (SIZE_T)arguments[1]);
}

static void expect(void (*routine)(void *), void *context, ULONG code, ULONG_PTR p1, ULONG_PTR p2, ULONG_PTR p3,
                   ULONG_PTR p4)
{
    ntio_bugcheck caught;
    assert_true(ntio_catch_bugcheck(routine, context, &caught));
    assert_int_equal(caught.code, code);
    assert_int_equal(caught.parameters[0], p1);
    assert_int_equal(caught.parameters[1], p2);
    assert_int_equal(caught.parameters[2], p3);
    assert_int_equal(caught.parameters[3], p4);
}

static void *mapped(uint64_t size)
{
    add(BAR, 0x4000, NULL);
    return MmMapIoSpace(at(BAR), size, MmNonCached);
}

static void test_never_mapped(void **state)
{
    (void)state;
    void *arguments[] = {(char *)mapped(0x2000) + 0x10000, (void *)0x1000};
    expect(unmap, arguments, SYSTEM_PTE_MISUSE, 0x302, (ULONG_PTR)arguments[0], 0, 0);
}

static void test_in_the_middle(void **state)
{
    (void)state;
    void *arguments[] = {(char *)mapped(0x2000) + 0x1000, (void *)0x1000};
    expect(unmap, arguments, SYSTEM_PTE_MISUSE, 0x304, (ULONG_PTR)arguments[0], 1, 0);
}

static void test_wrong_size(void **state)
{
    (void)state;
    void *arguments[] = {mapped(0x2000), (void *)0x2001};
    expect(unmap, arguments, SYSTEM_PTE_MISUSE, 0x305, (ULONG_PTR)arguments[0], 3, 2);
}

static void test_read_only(void **state)
{
    (void)state;
    add(BAR, 0x1000, NULL);
    void *base = MmMapIoSpaceEx(at(BAR), 0x1000, PAGE_READONLY);
    ntio_bugcheck caught;
    assert_true(ntio_catch_bugcheck(write_read_only_in_kernel, base, &caught));
    assert_int_equal(caught.parameters[0], (ULONG_PTR)base);
}

static void test_left(void **state)
{
    (void)state;
    assert_int_equal(ntio_start(NULL), 0);
    assert_non_null(mapped(0x1000));
    assert_int_equal(ntio_stop(), 1);
    assert_int_equal(ntio_add_memory(&(ntio_memory){.address = BAR, .size = 0x1000}, NULL), STATUS_UNSUCCESSFUL);
}

/* The ISR runs within the write. */
static BOOLEAN NTAPI isr(PKINTERRUPT interrupt, PVOID context)
{
    (void)interrupt;
    *(ULONG *)context += 1;
    return TRUE;
}

static void interrupts(void *context)
{
    (void)context;
    struct device d;
    add(BAR, 0x1000, &d);
    PKINTERRUPT interrupt;
    ULONG count = 0;
    assert_int_equal(IoConnectInterrupt(&interrupt, isr, &count, NULL, 0x71, 7, 7, Latched, FALSE, 1, FALSE), 0);
    d.vector = 0x71;
    PULONG base = MmMapIoSpace(at(BAR), 4, MmNonCached);
    WRITE_REGISTER_ULONG(base, 1);
    assert_int_equal(count, 1);
    d.vector = 0;
    MmUnmapIoSpace(base, 4);
    IoDisconnectInterrupt(interrupt);
}

#define IN_KERNEL(name)                                                                                      \
    static void test_##name(void **state)                                                                    \
    {                                                                                                        \
        (void)state;                                                                                         \
        ntio_run_in_kernel(name, NULL);                                                                      \
    }

IN_KERNEL(plain_bytes)
IN_KERNEL(functions)
IN_KERNEL(half)
IN_KERNEL(physical_addresses)
IN_KERNEL(nobody)
IN_KERNEL(arguments)
IN_KERNEL(protections)
IN_KERNEL(interrupts)

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, start_machine, stop_machine)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plain_bytes),  TEST(functions),     TEST(half),          TEST(physical_addresses), TEST(nobody),
        TEST(arguments),    TEST(protections),   TEST(interrupts),    TEST(never_mapped),       TEST(in_the_middle),
        TEST(wrong_size),   TEST(read_only),     cmocka_unit_test(test_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
