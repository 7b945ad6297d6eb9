/*
 * The processor's I/O ports. There is no hardware: a test answers for a range of ports (ntio_add_ports);
 * where nobody does, reading gives ones and what is written is lost, as on a bus without a device. The
 * speaker and PCI's configuration space are driven through the same ports.
 */
#include "kip.h"

#include <stdlib.h>
#include <string.h>

/* A port is 16 bits wide, whatever pointer names it. */
static unsigned number(const volatile void *port)
{
    return (USHORT)(ULONG_PTR)port;
}

/* --- ranges that a test answers for: ports, and the processor's registers (msr.c) --- */

/* The handler runs without the lock: it may raise an interrupt. */
struct kip_range *kip_hold_range(struct kip_range *const *list, uint32_t at)
{
    ki_lock(&kip()->ranges_lock);
    struct kip_range *range = *list;
    while (range && at - range->first >= range->count)
        range = range->next;
    if (range)
        range->users++;
    ki_unlock(&kip()->ranges_lock);
    return range;
}

void kip_let_range_go(struct kip_range *range)
{
    range->users--;
}

NTSTATUS kip_add_range(struct kip_range **list, const struct kip_range *range)
{
    if (!range->count || range->count - 1 > ~range->first)
        return STATUS_INVALID_PARAMETER;
    struct kip_range *added = calloc(1, sizeof *added);
    if (!added)
        return STATUS_INSUFFICIENT_RESOURCES;
    *added = *range;
    NTSTATUS status = STATUS_SUCCESS;
    ki_lock(&kip()->ranges_lock);
    for (struct kip_range *other = *list; other; other = other->next)
        if (range->first - other->first < other->count || other->first - range->first < range->count)
            status = STATUS_CONFLICTING_ADDRESSES;
    if (!status) {
        added->next = *list;
        *list = added;
    }
    ki_unlock(&kip()->ranges_lock);
    if (status)
        free(added);
    return status;
}

void kip_remove_range(struct kip_range **list, uint32_t first)
{
    struct kip_range *removed = NULL;
    ki_lock(&kip()->ranges_lock);
    for (struct kip_range **at = list; *at; at = &(*at)->next)
        if ((*at)->first == first) {
            removed = *at;
            *at = removed->next;
            break;
        }
    ki_unlock(&kip()->ranges_lock);
    if (!removed)
        return;
    for (unsigned turn = 0; removed->users; ++turn)
        host_spin(turn);
    free(removed);
}

void kip_free_ranges(struct kip_range **list)
{
    for (struct kip_range *next, *range = *list; range; range = next) {
        next = range->next;
        free(range);
    }
    *list = NULL;
}

static ULONG read_port(unsigned port, unsigned size)
{
    ULONG value = ~0u;
    struct kip_range *p = kip_hold_range(&kip()->ports, port);
    if (p) {
        if (p->ports.read)
            value = p->ports.read(p->ports.context, port, size);
        kip_let_range_go(p);
    }
    return value;
}

static void write_port(unsigned port, unsigned size, ULONG value)
{
    struct kip_range *p = kip_hold_range(&kip()->ports, port);
    if (!p)
        return;
    if (p->ports.write)
        p->ports.write(p->ports.context, port, size, value);
    kip_let_range_go(p);
}

/* --- what drivers call, at any IRQL (WDK: READ_PORT_UCHAR and its family) --- */

UCHAR NTAPI READ_PORT_UCHAR(PUCHAR Port)
{
    GATE(READ_PORT_UCHAR, Port);
    return (UCHAR)read_port(number(Port), 1);
}

USHORT NTAPI READ_PORT_USHORT(PUSHORT Port)
{
    GATE(READ_PORT_USHORT, Port);
    return (USHORT)read_port(number(Port), 2);
}

ULONG NTAPI READ_PORT_ULONG(PULONG Port)
{
    GATE(READ_PORT_ULONG, Port);
    return read_port(number(Port), 4);
}

VOID NTAPI WRITE_PORT_UCHAR(PUCHAR Port, UCHAR Value)
{
    GATE(WRITE_PORT_UCHAR, Port, Value);
    write_port(number(Port), 1, Value);
}

VOID NTAPI WRITE_PORT_USHORT(PUSHORT Port, USHORT Value)
{
    GATE(WRITE_PORT_USHORT, Port, Value);
    write_port(number(Port), 2, Value);
}

VOID NTAPI WRITE_PORT_ULONG(PULONG Port, ULONG Value)
{
    GATE(WRITE_PORT_ULONG, Port, Value);
    write_port(number(Port), 4, Value);
}

/* Count accesses to one port; the buffer need not be aligned. */
VOID NTAPI READ_PORT_BUFFER_UCHAR(PUCHAR Port, PUCHAR Buffer, ULONG Count)
{
    GATE(READ_PORT_BUFFER_UCHAR, Port, Buffer, Count);
    for (; Count; --Count, ++Buffer)
        *Buffer = (UCHAR)read_port(number(Port), 1);
}

VOID NTAPI READ_PORT_BUFFER_USHORT(PUSHORT Port, PUSHORT Buffer, ULONG Count)
{
    GATE(READ_PORT_BUFFER_USHORT, Port, Buffer, Count);
    for (char *to = (char *)Buffer; Count; --Count, to += sizeof(USHORT)) {
        USHORT value = (USHORT)read_port(number(Port), 2);
        memcpy(to, &value, sizeof value);
    }
}

VOID NTAPI READ_PORT_BUFFER_ULONG(PULONG Port, PULONG Buffer, ULONG Count)
{
    GATE(READ_PORT_BUFFER_ULONG, Port, Buffer, Count);
    for (char *to = (char *)Buffer; Count; --Count, to += sizeof(ULONG)) {
        ULONG value = read_port(number(Port), 4);
        memcpy(to, &value, sizeof value);
    }
}

VOID NTAPI WRITE_PORT_BUFFER_UCHAR(PUCHAR Port, PUCHAR Buffer, ULONG Count)
{
    GATE(WRITE_PORT_BUFFER_UCHAR, Port, Buffer, Count);
    for (; Count; --Count, ++Buffer)
        write_port(number(Port), 1, *Buffer);
}

VOID NTAPI WRITE_PORT_BUFFER_USHORT(PUSHORT Port, PUSHORT Buffer, ULONG Count)
{
    GATE(WRITE_PORT_BUFFER_USHORT, Port, Buffer, Count);
    for (const char *from = (const char *)Buffer; Count; --Count, from += sizeof(USHORT)) {
        USHORT value;
        memcpy(&value, from, sizeof value);
        write_port(number(Port), 2, value);
    }
}

VOID NTAPI WRITE_PORT_BUFFER_ULONG(PULONG Port, PULONG Buffer, ULONG Count)
{
    GATE(WRITE_PORT_BUFFER_ULONG, Port, Buffer, Count);
    for (const char *from = (const char *)Buffer; Count; --Count, from += sizeof(ULONG)) {
        ULONG value;
        memcpy(&value, from, sizeof value);
        write_port(number(Port), 4, value);
    }
}

/*
 * Buses are mapped one to one: the address stays as it is, and so does *AddressSpace (0: memory, 1: ports).
 * FALSE for a bus that no PC has. Any IRQL. (DDK of NT 4: HalTranslateBusAddress)
 */
BOOLEAN NTAPI HalTranslateBusAddress(INTERFACE_TYPE InterfaceType, ULONG BusNumber,
                                     PHYSICAL_ADDRESS BusAddress, PULONG AddressSpace,
                                     PPHYSICAL_ADDRESS TranslatedAddress)
{
    GATE(HalTranslateBusAddress, InterfaceType, BusNumber, BusAddress.QuadPart, AddressSpace);
    if (BusNumber || *AddressSpace > 1 ||
        (InterfaceType != Internal && InterfaceType != Isa && InterfaceType != Eisa &&
         InterfaceType != PCIBus))
        return FALSE;
    *TranslatedAddress = BusAddress;
    return TRUE;
}

/* --- PCI's configuration space, behind the ports that a PC has for it --- */

enum { PCI_ADDRESS = 0xCF8, PCI_DATA = 0xCFC, PCI_SPACE = 256 };

static ULONG move_configuration(ULONG bus, ULONG slot, UCHAR *bytes, ULONG offset, ULONG length, bool set)
{
    PCI_SLOT_NUMBER number = {.u.AsULONG = slot};
    ULONG function =
        0x80000000 | bus << 16 | number.u.bits.DeviceNumber << 11 | number.u.bits.FunctionNumber << 8;
    ki_lock(&kip()->pci_lock);
    for (ULONG done = 0, size; done < length; done += size, offset += size) {
        size = length - done >= 4 && !(offset & 3) ? 4 : length - done >= 2 && !(offset & 1) ? 2 : 1;
        write_port(PCI_ADDRESS, 4, function | (offset & 0xFC));
        ULONG value = 0;
        if (set) {
            memcpy(&value, bytes + done, size);
            write_port(PCI_DATA + (offset & 3), size, value);
        } else {
            value = read_port(PCI_DATA + (offset & 3), size);
            memcpy(bytes + done, &value, size);
        }
    }
    ki_unlock(&kip()->pci_lock);
    return length;
}

static bool is_there(ULONG bus, ULONG slot)
{
    USHORT vendor;
    move_configuration(bus, slot, (UCHAR *)&vendor, 0, sizeof vendor, false);
    return vendor != PCI_INVALID_VENDORID;
}

/* Bus 0 is always there, another one when anything is on it. */
static bool has_bus(ULONG bus)
{
    bool found = bus == 0;
    for (ULONG slot = 0; slot < PCI_MAX_DEVICES && !found; slot++)
        found = is_there(bus, slot);
    return found;
}

/*
 * How many bytes of the function's configuration space were read. 0: there is no such bus; 2, with
 * PCI_INVALID_VENDORID in the buffer: nothing is in the slot. A test answers for ports 0xCF8 to 0xCFF. (WDK:
 * HalGetBusDataByOffset)
 */
ULONG NTAPI HalGetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                                  ULONG Offset, ULONG Length)
{
    GATE(HalGetBusDataByOffset, BusDataType, BusNumber, SlotNumber, Length);
    if (BusDataType != PCIConfiguration || BusNumber > PCI_MAX_BRIDGE_NUMBER)
        return 0;
    if (!is_there(BusNumber, SlotNumber)) {
        USHORT none = PCI_INVALID_VENDORID;
        if (!has_bus(BusNumber))
            return 0;
        memcpy(Buffer, &none, Length < sizeof none ? Length : sizeof none);
        return sizeof none;
    }
    if (Offset >= PCI_SPACE)
        return 0;
    return move_configuration(BusNumber, SlotNumber, Buffer, Offset,
                              Length < PCI_SPACE - Offset ? Length : PCI_SPACE - Offset, false);
}

/* How many bytes were written. 0: nothing is in the slot. (WDK: HalSetBusDataByOffset) */
ULONG NTAPI HalSetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                                  ULONG Offset, ULONG Length)
{
    GATE(HalSetBusDataByOffset, BusDataType, BusNumber, SlotNumber, Length);
    if (BusDataType != PCIConfiguration || BusNumber > PCI_MAX_BRIDGE_NUMBER || Offset >= PCI_SPACE ||
        !is_there(BusNumber, SlotNumber))
        return 0;
    return move_configuration(BusNumber, SlotNumber, Buffer, Offset,
                              Length < PCI_SPACE - Offset ? Length : PCI_SPACE - Offset, true);
}

/* From offset 0. (DDK: HalGetBusData) */
ULONG NTAPI HalGetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                          ULONG Length)
{
    GATE(HalGetBusData, BusDataType, BusNumber, SlotNumber, Length);
    return HalGetBusDataByOffset(BusDataType, BusNumber, SlotNumber, Buffer, 0, Length);
}

ULONG NTAPI HalSetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                          ULONG Length)
{
    GATE(HalSetBusData, BusDataType, BusNumber, SlotNumber, Length);
    return HalSetBusDataByOffset(BusDataType, BusNumber, SlotNumber, Buffer, 0, Length);
}

/* --- the speaker --- */

enum { TIMER_CHANNEL = 0x42, TIMER_MODE = 0x43, SPEAKER = 0x61, SPEAKER_ON = 3, SQUARE_WAVE = 0xB6 };
enum { TIMER_CLOCK = 1193182 };

/*
 * Frequency in Hz; 0: silence. FALSE for one that the timer cannot make, which is silence, too. The registers
 * are those of a PC: channel 2 of the timer, and the gate at port 0x61.
 */
BOOLEAN NTAPI HalMakeBeep(ULONG Frequency)
{
    GATE(HalMakeBeep, Frequency);
    ULONG gate = read_port(SPEAKER, 1) & 0xFF & ~(ULONG)SPEAKER_ON;
    write_port(SPEAKER, 1, gate);
    if (!Frequency)
        return TRUE;
    ULONG divisor = TIMER_CLOCK / Frequency;
    if (!divisor || divisor > 0xFFFF)
        return FALSE;
    write_port(TIMER_MODE, 1, SQUARE_WAVE);
    write_port(TIMER_CHANNEL, 1, divisor & 0xFF);
    write_port(TIMER_CHANNEL, 1, divisor >> 8);
    write_port(SPEAKER, 1, gate | SPEAKER_ON);
    return TRUE;
}

/* --- the test's side (ntio.h) --- */

NTIO_API int32_t ntio_add_ports(const ntio_ports *ports)
{
    enum { ALL = 0x10000 };
    if (!kip())
        return STATUS_UNSUCCESSFUL;
    if (!ports || ports->first >= ALL || ports->count > ALL - ports->first)
        return STATUS_INVALID_PARAMETER;
    struct kip_range range = {.first = ports->first, .count = ports->count, .ports = *ports};
    return kip_add_range(&kip()->ports, &range);
}

NTIO_API void ntio_remove_ports(uint32_t first)
{
    if (kip())
        kip_remove_range(&kip()->ports, first);
}
