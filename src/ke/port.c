/*
 * The processor's I/O ports. There is no hardware: a test answers for a range of ports (ntio_add_ports);
 * where nobody does, reading gives ones and what is written is lost, as on a bus without a device. The
 * speaker is driven through the same ports.
 */
#include "kip.h"

#include <stdlib.h>
#include <string.h>

#include <ntio/ntio.h>

struct kip_ports {
    struct kip_ports *next; /* kip_state.ports */
    ntio_ports device;
    _Atomic unsigned users; /* accesses under way: it must not go */
};

/* A port is 16 bits wide, whatever pointer names it. */
static unsigned number(const volatile void *port)
{
    return (USHORT)(ULONG_PTR)port;
}

static struct kip_ports *find(unsigned port)
{
    struct kip_ports *p = kip()->ports;
    while (p && port - p->device.first >= p->device.count)
        p = p->next;
    return p;
}

/* Whoever answers for the port, kept until let_go; NULL: nobody. The handler runs without the lock: it may
 * raise an interrupt. */
static struct kip_ports *hold(unsigned port)
{
    ki_lock(&kip()->ports_lock);
    struct kip_ports *p = find(port);
    if (p)
        p->users++;
    ki_unlock(&kip()->ports_lock);
    return p;
}

static void let_go(struct kip_ports *p)
{
    p->users--;
}

static ULONG read_port(unsigned port, unsigned size)
{
    ULONG value = ~0u;
    struct kip_ports *p = hold(port);
    if (p) {
        if (p->device.read)
            value = p->device.read(p->device.context, port, size);
        let_go(p);
    }
    return value;
}

static void write_port(unsigned port, unsigned size, ULONG value)
{
    struct kip_ports *p = hold(port);
    if (!p)
        return;
    if (p->device.write)
        p->device.write(p->device.context, port, size, value);
    let_go(p);
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
    if (!ports || !ports->count || ports->first >= ALL || ports->count > ALL - ports->first)
        return STATUS_INVALID_PARAMETER;
    struct kip_ports *added = calloc(1, sizeof *added);
    if (!added)
        return STATUS_INSUFFICIENT_RESOURCES;
    added->device = *ports;
    NTSTATUS status = STATUS_SUCCESS;
    ki_lock(&kip()->ports_lock);
    for (struct kip_ports *p = kip()->ports; p; p = p->next)
        if (ports->first < p->device.first + p->device.count && p->device.first < ports->first + ports->count)
            status = STATUS_CONFLICTING_ADDRESSES;
    if (!status) {
        added->next = kip()->ports;
        kip()->ports = added;
    }
    ki_unlock(&kip()->ports_lock);
    if (status)
        free(added);
    return status;
}

NTIO_API void ntio_remove_ports(uint32_t first)
{
    if (!kip())
        return;
    struct kip_ports *removed = NULL;
    ki_lock(&kip()->ports_lock);
    for (struct kip_ports **at = &kip()->ports; *at; at = &(*at)->next)
        if ((*at)->device.first == first) {
            removed = *at;
            *at = removed->next;
            break;
        }
    ki_unlock(&kip()->ports_lock);
    if (!removed)
        return;
    for (unsigned turn = 0; removed->users; ++turn)
        host_spin(turn);
    free(removed);
}

void kip_free_ports(void)
{
    for (struct kip_ports *next, *p = kip()->ports; p; p = next) {
        next = p->next;
        free(p);
    }
    kip()->ports = NULL;
}
