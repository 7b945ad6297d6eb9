/*
 * I/O ports: who answers, what is read where nobody does, devices that come and go, a device that interrupts when it is written to;
 * the speaker; buses; model-specific registers.
 */
#include "ke_test.h"

#include <ntddbeep.h>
#include <intrin.h>

struct device {
    unsigned first;
    UCHAR bytes[64];
    unsigned reads, writes, last_size, last_port;
    KIRQL irql;
    unsigned vector; /* raised when its last port is written; 0: never */
};

static uint32_t on_read(void *context, uint32_t port, unsigned size)
{
    struct device *d = context;
    uint32_t value = 0;
    memcpy(&value, d->bytes + (port - d->first), size);
    d->reads++;
    d->last_size = size;
    d->last_port = port;
    d->irql = KeGetCurrentIrql();
    return value;
}

static void on_write(void *context, uint32_t port, unsigned size, uint32_t value)
{
    struct device *d = context;
    memcpy(d->bytes + (port - d->first), &value, size);
    d->writes++;
    d->last_size = size;
    d->last_port = port;
    if (d->vector && port == d->first + 7)
        ntio_raise_interrupt(d->vector);
}

static void add(struct device *d, unsigned first, unsigned count)
{
    *d = (struct device){.first = first};
    ntio_ports ports = {.first = first, .count = count, .read = on_read, .write = on_write, .context = d};
    assert_int_equal(ntio_add_ports(&ports), STATUS_SUCCESS);
}

#define PORT(type, n) ((type *)(ULONG_PTR)(n))

static void sizes(void *context)
{
    (void)context;
    struct device d;
    add(&d, 0x378, 8);
    WRITE_PORT_UCHAR(PORT(UCHAR, 0x378), 0x55);
    assert_int_equal(d.last_size, 1);
    assert_int_equal(READ_PORT_UCHAR(PORT(UCHAR, 0x378)), 0x55);
    WRITE_PORT_USHORT(PORT(USHORT, 0x37A), 0x1234);
    assert_int_equal(d.last_port, 0x37A);
    assert_int_equal(READ_PORT_USHORT(PORT(USHORT, 0x37A)), 0x1234);
    assert_int_equal(READ_PORT_UCHAR(PORT(UCHAR, 0x37B)), 0x12);
    WRITE_PORT_ULONG(PORT(ULONG, 0x37C), 0x89ABCDEF);
    assert_true(READ_PORT_ULONG(PORT(ULONG, 0x37C)) == 0x89ABCDEF);
    assert_int_equal(d.reads, 4);
    assert_int_equal(d.writes, 3);
    /* A port has 16 bits. */
    assert_int_equal(READ_PORT_UCHAR(PORT(UCHAR, 0xFFFF0378)), 0x55);

    /* As often as it is told, at the one port; the buffer at any address. */
    UCHAR bytes[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    WRITE_PORT_BUFFER_UCHAR(PORT(UCHAR, 0x379), bytes, 9);
    assert_int_equal(d.writes, 12);
    assert_int_equal(d.bytes[1], 9);
    WRITE_PORT_BUFFER_USHORT(PORT(USHORT, 0x37A), (PUSHORT)(void *)(bytes + 1), 4);
    assert_int_equal(d.writes, 16);
    assert_int_equal(READ_PORT_USHORT(PORT(USHORT, 0x37A)), 0x0908);
    WRITE_PORT_BUFFER_ULONG(PORT(ULONG, 0x37C), (PULONG)(void *)(bytes + 1), 2);
    assert_int_equal(READ_PORT_ULONG(PORT(ULONG, 0x37C)), 0x09080706);
    memset(bytes, 0, sizeof bytes);
    READ_PORT_BUFFER_USHORT(PORT(USHORT, 0x37A), (PUSHORT)(void *)(bytes + 1), 3);
    assert_memory_equal(bytes, "\0\x08\x09\x08\x09\x08\x09\0\0", 9);
    READ_PORT_BUFFER_ULONG(PORT(ULONG, 0x37C), (PULONG)(void *)(bytes + 1), 2);
    assert_memory_equal(bytes, "\0\x06\x07\x08\x09\x06\x07\x08\x09", 9);
    READ_PORT_BUFFER_UCHAR(PORT(UCHAR, 0x379), bytes, 3);
    assert_memory_equal(bytes, "\x09\x09\x09\x08", 4);
    unsigned before = d.reads + d.writes;
    READ_PORT_BUFFER_UCHAR(PORT(UCHAR, 0x379), NULL, 0);
    WRITE_PORT_BUFFER_ULONG(PORT(ULONG, 0x379), NULL, 0);
    assert_int_equal(d.reads + d.writes, before);

    __outbyte(0x378, 1);
    __outword(0x37A, 0x0302);
    __outdword(0x37C, 0x07060504);
    assert_int_equal(__inbyte(0x378), 1);
    assert_int_equal(__inword(0x37A), 0x0302);
    assert_int_equal(__indword(0x37C), 0x07060504);

    KIRQL old;
    KeRaiseIrql(HIGH_LEVEL, &old);
    READ_PORT_UCHAR(PORT(UCHAR, 0x378));
    KeLowerIrql(old);
    assert_int_equal(d.irql, HIGH_LEVEL);
}

static void reads_and_writes_in_each_size(void **state)
{
    (void)state;
    ntio_run_in_kernel(sizes, NULL);
}

static void nobody(void *context)
{
    (void)context;
    assert_int_equal(READ_PORT_UCHAR(PORT(UCHAR, 0x60)), 0xFF);
    assert_int_equal(READ_PORT_USHORT(PORT(USHORT, 0x60)), 0xFFFF);
    assert_true(READ_PORT_ULONG(PORT(ULONG, 0x60)) == 0xFFFFFFFF);
    WRITE_PORT_UCHAR(PORT(UCHAR, 0x60), 1);

    /* A device that answers half of it. */
    ntio_ports deaf = {.first = 0x60, .count = 1};
    assert_int_equal(ntio_add_ports(&deaf), STATUS_SUCCESS);
    assert_int_equal(READ_PORT_UCHAR(PORT(UCHAR, 0x60)), 0xFF);
    WRITE_PORT_UCHAR(PORT(UCHAR, 0x60), 1);
    ntio_remove_ports(0x60);
}

static void ports_without_a_device_read_as_ones(void **state)
{
    (void)state;
    ntio_run_in_kernel(nobody, NULL);
}

static void devices_come_and_go(void **state)
{
    (void)state;
    struct device one, two;
    add(&one, 0x100, 8);
    add(&two, 0x108, 8);
    ntio_ports again = {.first = 0x10F, .count = 2};
    assert_int_equal(ntio_add_ports(&again), STATUS_CONFLICTING_ADDRESSES);
    again = (ntio_ports){.first = 0xFF, .count = 2};
    assert_int_equal(ntio_add_ports(&again), STATUS_CONFLICTING_ADDRESSES);
    again = (ntio_ports){.first = 0x110, .count = 0};
    assert_int_equal(ntio_add_ports(&again), STATUS_INVALID_PARAMETER);
    again = (ntio_ports){.first = 0xFFFF, .count = 2};
    assert_int_equal(ntio_add_ports(&again), STATUS_INVALID_PARAMETER);
    again = (ntio_ports){.first = 0x10000, .count = 1};
    assert_int_equal(ntio_add_ports(&again), STATUS_INVALID_PARAMETER);
    assert_int_equal(ntio_add_ports(NULL), STATUS_INVALID_PARAMETER);
    again = (ntio_ports){.first = 0xFFFF, .count = 1};
    assert_int_equal(ntio_add_ports(&again), STATUS_SUCCESS);

    one.bytes[0] = 1;
    two.bytes[0] = 2;
    assert_int_equal(READ_PORT_UCHAR(PORT(UCHAR, 0x100)), 1);
    assert_int_equal(READ_PORT_UCHAR(PORT(UCHAR, 0x108)), 2);
    ntio_remove_ports(0x100);
    ntio_remove_ports(0x101);
    assert_int_equal(READ_PORT_UCHAR(PORT(UCHAR, 0x100)), 0xFF);
    assert_int_equal(READ_PORT_UCHAR(PORT(UCHAR, 0x108)), 2);
}

static unsigned interrupts;
static BOOLEAN isr(PKINTERRUPT interrupt, PVOID context)
{
    (void)interrupt, (void)context;
    interrupts += READ_PORT_UCHAR(PORT(UCHAR, 0x207)) == 0x40; /* the device's own port, inside its write */
    return TRUE;
}

static void interrupting(void *context)
{
    (void)context;
    struct device d;
    PKINTERRUPT interrupt;
    add(&d, 0x200, 8);
    d.vector = 0x37;
    interrupts = 0;
    assert_int_equal(IoConnectInterrupt(&interrupt, isr, NULL, NULL, 0x37, 7, 7, Latched, FALSE, 1, FALSE), STATUS_SUCCESS);
    WRITE_PORT_UCHAR(PORT(UCHAR, 0x200), 1);
    assert_int_equal(interrupts, 0);
    WRITE_PORT_UCHAR(PORT(UCHAR, 0x207), 0x40);
    assert_int_equal(interrupts, 1);
    IoDisconnectInterrupt(interrupt);
}

static void a_device_interrupts_when_it_is_written_to(void **state)
{
    (void)state;
    ntio_run_in_kernel(interrupting, NULL);
}

/* The timer takes its divisor in two bytes. */
struct speaker {
    UCHAR gate, mode, halves[2];
    unsigned next;
};
static uint32_t speaker_read(void *context, uint32_t port, unsigned size)
{
    (void)port, (void)size;
    return ((struct speaker *)context)->gate;
}
static void speaker_write(void *context, uint32_t port, unsigned size, uint32_t value)
{
    struct speaker *s = context;
    assert_int_equal(size, 1);
    if (port == 0x61)
        s->gate = (UCHAR)value;
    else if (port == 0x43)
        s->mode = (UCHAR)value;
    else
        s->halves[s->next++ & 1] = (UCHAR)value;
}

static void beep(void *context)
{
    (void)context;
    struct speaker s = {.gate = 0x30};
    ntio_ports timer = {.first = 0x42, .count = 2, .write = speaker_write, .context = &s};
    ntio_ports gate = {.first = 0x61, .count = 1, .read = speaker_read, .write = speaker_write, .context = &s};
    assert_int_equal(ntio_add_ports(&timer), STATUS_SUCCESS);
    assert_int_equal(ntio_add_ports(&gate), STATUS_SUCCESS);
    assert_true(HalMakeBeep(1000));
    assert_int_equal(s.mode, 0xB6);
    assert_int_equal(s.halves[0] | s.halves[1] << 8, 1193);
    assert_int_equal(s.gate, 0x33);
    assert_true(HalMakeBeep(0));
    assert_int_equal(s.gate, 0x30);
    assert_true(HalMakeBeep(BEEP_FREQUENCY_MINIMUM));
    assert_int_equal(s.halves[0] | s.halves[1] << 8, 32248);
    assert_int_equal(s.gate, 0x33);
    assert_false(HalMakeBeep(18)); /* the divisor has 16 bits */
    assert_int_equal(s.gate, 0x30);
    assert_true(HalMakeBeep(19));
    assert_false(HalMakeBeep(1193183));
    assert_int_equal(s.gate, 0x30);
}

static void the_speaker_beeps(void **state)
{
    (void)state;
    ntio_run_in_kernel(beep, NULL);
}

static void translate(void *context)
{
    (void)context;
    PHYSICAL_ADDRESS address = {.QuadPart = 0x378}, out = {.QuadPart = -1};
    ULONG space = 1;
    assert_true(HalTranslateBusAddress(Isa, 0, address, &space, &out));
    assert_int_equal(out.QuadPart, 0x378);
    assert_int_equal(space, 1);
    address.QuadPart = 0x1FEE00000;
    space = 0;
    assert_true(HalTranslateBusAddress(PCIBus, 0, address, &space, &out));
    assert_true(out.QuadPart == 0x1FEE00000);
    assert_int_equal(space, 0);
    out.QuadPart = 5;
    assert_false(HalTranslateBusAddress(VMEBus, 0, address, &space, &out));
    assert_false(HalTranslateBusAddress(Isa, 1, address, &space, &out));
    space = 2;
    assert_false(HalTranslateBusAddress(Isa, 0, address, &space, &out));
    assert_int_equal(out.QuadPart, 5);
}

static void buses_are_mapped_one_to_one(void **state)
{
    (void)state;
    ntio_run_in_kernel(translate, NULL);
}

/* One function on bus 0, device 3, function 1, and one on bus 2, device 0. */
struct pci {
    uint32_t address;
    UCHAR bytes[2][256];
};

static PUCHAR selected(struct pci *pci)
{
    switch (pci->address & ~0xFFu) {
    case 0x80001900:
        return pci->bytes[0] + (pci->address & 0xFC);
    case 0x80020000:
        return pci->bytes[1] + (pci->address & 0xFC);
    default:
        return NULL;
    }
}

static uint32_t pci_read(void *context, uint32_t port, unsigned size)
{
    PUCHAR at = port >= 0xCFC ? selected(context) : NULL;
    uint32_t value = 0;
    if (!at)
        return ~0u;
    memcpy(&value, at + (port - 0xCFC), size);
    return value;
}

static void pci_write(void *context, uint32_t port, unsigned size, uint32_t value)
{
    struct pci *pci = context;
    if (port == 0xCF8)
        pci->address = value;
    else if (port >= 0xCFC && selected(pci))
        memcpy(selected(pci) + (port - 0xCFC), &value, size);
}

static void configuration(void *context)
{
    (void)context;
    struct pci pci = {.address = 0};
    UCHAR bytes[300];
    USHORT vendor = 1;
    PCI_SLOT_NUMBER slot = {.u.bits = {.DeviceNumber = 3, .FunctionNumber = 1}};
    for (int i = 0; i < 256; i++)
        pci.bytes[0][i] = pci.bytes[1][i] = (UCHAR)i;
    assert_int_equal(HalGetBusDataByOffset(PCIConfiguration, 0, 0, &vendor, 0, 2), 2);
    assert_int_equal(vendor, PCI_INVALID_VENDORID);
    ntio_ports ports = {.first = 0xCF8, .count = 8, .read = pci_read, .write = pci_write, .context = &pci};
    assert_int_equal(ntio_add_ports(&ports), STATUS_SUCCESS);
    assert_int_equal(HalGetBusData(PCIConfiguration, 0, slot.u.AsULONG, bytes, sizeof bytes), 256);
    assert_memory_equal(bytes, pci.bytes[0], 256);
    memset(bytes, 0xEE, sizeof bytes);
    assert_int_equal(HalGetBusDataByOffset(PCIConfiguration, 0, slot.u.AsULONG, bytes, 0x0D, 11), 11);
    assert_memory_equal(bytes, pci.bytes[0] + 0x0D, 11);
    assert_int_equal(bytes[11], 0xEE);
    assert_int_equal(HalGetBusDataByOffset(PCIConfiguration, 0, slot.u.AsULONG, bytes, 0xFE, 8), 2);
    assert_int_equal(HalGetBusDataByOffset(PCIConfiguration, 0, slot.u.AsULONG, bytes, 256, 1), 0);
    assert_int_equal(HalSetBusDataByOffset(PCIConfiguration, 0, slot.u.AsULONG, "abcdefg", 0x41, 7), 7);
    assert_memory_equal(pci.bytes[0] + 0x40, "\x40" "abcdefg\x48", 9);
    assert_int_equal(HalSetBusData(PCIConfiguration, 0, slot.u.AsULONG, "xy", 2), 2);
    assert_memory_equal(pci.bytes[0], "xy\2", 3);
    /* Nothing there; no such bus; a bus that has something else; another kind of bus. */
    assert_int_equal(HalGetBusData(PCIConfiguration, 0, 4, &vendor, 2), 2);
    assert_int_equal(vendor, PCI_INVALID_VENDORID);
    assert_int_equal(HalSetBusData(PCIConfiguration, 0, 4, &vendor, 2), 0);
    assert_int_equal(HalGetBusData(PCIConfiguration, 1, 0, &vendor, 2), 0);
    assert_int_equal(HalGetBusData(PCIConfiguration, 2, 0, &vendor, 2), 2);
    assert_int_equal(vendor, 0x0100);
    assert_int_equal(HalGetBusData(PCIConfiguration, 2, 1, &vendor, 2), 2);
    assert_int_equal(vendor, PCI_INVALID_VENDORID);
    assert_int_equal(HalGetBusData(Cmos, 0, 0, &vendor, 2), 0);
}

static void pci_is_behind_its_ports(void **state)
{
    (void)state;
    ntio_run_in_kernel(configuration, NULL);
}

#if defined(__x86_64__) || defined(__i386__) /* whose registers they are */

static uint64_t msr_read(void *context, uint32_t msr)
{
    return ((uint64_t *)context)[msr - 0xC0000080];
}

static void msr_write(void *context, uint32_t msr, uint64_t value)
{
    ((uint64_t *)context)[msr - 0xC0000080] = value;
}

static NTSTATUS try_msr(ULONG msr, ULONG64 *value, bool write)
{
    __try {
        if (write)
            __writemsr(msr, *value);
        else
            *value = __readmsr(msr);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static void registers(void *context)
{
    (void)context;
    uint64_t values[4] = {1, 2, 3, 0x123456789ABCDEF0};
    ULONG64 value = 7;
    ntio_msrs msrs = {.first = 0xC0000080, .count = 4, .read = msr_read, .write = msr_write, .context = values};
    assert_int_equal(try_msr(0xC0000083, &value, false), STATUS_ACCESS_VIOLATION);
    assert_int_equal(ntio_add_msrs(&msrs), STATUS_SUCCESS);
    assert_int_equal(ntio_add_msrs(&msrs), STATUS_CONFLICTING_ADDRESSES);
    assert_int_equal(try_msr(0xC0000083, &value, false), STATUS_SUCCESS);
    assert_true(value == 0x123456789ABCDEF0);
    assert_int_equal(try_msr(0xC0000084, &value, false), STATUS_ACCESS_VIOLATION);
    assert_int_equal(try_msr(0xC000007F, &value, true), STATUS_ACCESS_VIOLATION);
    value = ~0ull;
    assert_int_equal(try_msr(0xC0000080, &value, true), STATUS_SUCCESS);
    assert_true(values[0] == ~0ull);
    ntio_remove_msrs(0xC0000080);
    assert_int_equal(try_msr(0xC0000080, &value, true), STATUS_ACCESS_VIOLATION);
    msrs = (ntio_msrs){.first = 0, .count = 2};
    assert_int_equal(ntio_add_msrs(&msrs), STATUS_SUCCESS);
    assert_int_equal(try_msr(1, &value, true), STATUS_SUCCESS);
    assert_int_equal(try_msr(1, &value, false), STATUS_SUCCESS);
    assert_int_equal(value, 0);
    msrs = (ntio_msrs){.first = 0xFFFFFFFF, .count = 2};
    assert_int_equal(ntio_add_msrs(&msrs), STATUS_INVALID_PARAMETER);
    assert_int_equal(ntio_add_msrs(NULL), STATUS_INVALID_PARAMETER);
}

static void registers_are_a_test_s(void **state)
{
    (void)state;
    ntio_run_in_kernel(registers, NULL);
}

#endif

static void there_must_be_a_machine(void **state)
{
    (void)state;
    ntio_ports ports = {.first = 1, .count = 1};
    assert_int_equal(ntio_add_ports(&ports), STATUS_UNSUCCESSFUL);
    ntio_remove_ports(1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start_machine, stop_machine)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_and_writes_in_each_size),
        TEST(ports_without_a_device_read_as_ones),
        TEST(devices_come_and_go),
        TEST(a_device_interrupts_when_it_is_written_to),
        TEST(the_speaker_beeps),
        TEST(buses_are_mapped_one_to_one),
        TEST(pci_is_behind_its_ports),
#if defined(__x86_64__) || defined(__i386__)
        TEST(registers_are_a_test_s),
#endif
        cmocka_unit_test(there_must_be_a_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
