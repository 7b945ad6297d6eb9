/*
 * The parts of an I/O control code: layout and names.
 *
 * Layout and names: WDK, "Defining I/O Control Codes" and "Specifying Device Types".
 */
#include "code.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct named_value {
    int64_t value;
    const char *name;
};

/* Where a value has two names the first one listed is printed. */
static const struct named_value device_types[] = {
    {0x01, "FILE_DEVICE_BEEP"},
    {0x02, "FILE_DEVICE_CD_ROM"},
    {0x03, "FILE_DEVICE_CD_ROM_FILE_SYSTEM"},
    {0x04, "FILE_DEVICE_CONTROLLER"},
    {0x05, "FILE_DEVICE_DATALINK"},
    {0x06, "FILE_DEVICE_DFS"},
    {0x07, "FILE_DEVICE_DISK"},
    {0x08, "FILE_DEVICE_DISK_FILE_SYSTEM"},
    {0x09, "FILE_DEVICE_FILE_SYSTEM"},
    {0x0a, "FILE_DEVICE_INPORT_PORT"},
    {0x0b, "FILE_DEVICE_KEYBOARD"},
    {0x0c, "FILE_DEVICE_MAILSLOT"},
    {0x0d, "FILE_DEVICE_MIDI_IN"},
    {0x0e, "FILE_DEVICE_MIDI_OUT"},
    {0x0f, "FILE_DEVICE_MOUSE"},
    {0x10, "FILE_DEVICE_MULTI_UNC_PROVIDER"},
    {0x11, "FILE_DEVICE_NAMED_PIPE"},
    {0x12, "FILE_DEVICE_NETWORK"},
    {0x13, "FILE_DEVICE_NETWORK_BROWSER"},
    {0x14, "FILE_DEVICE_NETWORK_FILE_SYSTEM"},
    {0x15, "FILE_DEVICE_NULL"},
    {0x16, "FILE_DEVICE_PARALLEL_PORT"},
    {0x17, "FILE_DEVICE_PHYSICAL_NETCARD"},
    {0x18, "FILE_DEVICE_PRINTER"},
    {0x19, "FILE_DEVICE_SCANNER"},
    {0x1a, "FILE_DEVICE_SERIAL_MOUSE_PORT"},
    {0x1b, "FILE_DEVICE_SERIAL_PORT"},
    {0x1c, "FILE_DEVICE_SCREEN"},
    {0x1d, "FILE_DEVICE_SOUND"},
    {0x1e, "FILE_DEVICE_STREAMS"},
    {0x1f, "FILE_DEVICE_TAPE"},
    {0x20, "FILE_DEVICE_TAPE_FILE_SYSTEM"},
    {0x21, "FILE_DEVICE_TRANSPORT"},
    {0x22, "FILE_DEVICE_UNKNOWN"},
    {0x23, "FILE_DEVICE_VIDEO"},
    {0x24, "FILE_DEVICE_VIRTUAL_DISK"},
    {0x25, "FILE_DEVICE_WAVE_IN"},
    {0x26, "FILE_DEVICE_WAVE_OUT"},
    {0x27, "FILE_DEVICE_8042_PORT"},
    {0x28, "FILE_DEVICE_NETWORK_REDIRECTOR"},
    {0x29, "FILE_DEVICE_BATTERY"},
    {0x2a, "FILE_DEVICE_BUS_EXTENDER"},
    {0x2b, "FILE_DEVICE_MODEM"},
    {0x2c, "FILE_DEVICE_VDM"},
    {0x2d, "FILE_DEVICE_MASS_STORAGE"},
    {0x2e, "FILE_DEVICE_SMB"},
    {0x2f, "FILE_DEVICE_KS"},
    {0x30, "FILE_DEVICE_CHANGER"},
    {0x31, "FILE_DEVICE_SMARTCARD"},
    {0x32, "FILE_DEVICE_ACPI"},
    {0x33, "FILE_DEVICE_DVD"},
    {0x34, "FILE_DEVICE_FULLSCREEN_VIDEO"},
    {0x35, "FILE_DEVICE_DFS_FILE_SYSTEM"},
    {0x36, "FILE_DEVICE_DFS_VOLUME"},
    {0x37, "FILE_DEVICE_SERENUM"},
    {0x38, "FILE_DEVICE_TERMSRV"},
    {0x39, "FILE_DEVICE_KSEC"},
    {0x3a, "FILE_DEVICE_FIPS"},
    {0x3b, "FILE_DEVICE_INFINIBAND"},
    {0x3e, "FILE_DEVICE_VMBUS"},
    {0x3f, "FILE_DEVICE_CRYPT_PROVIDER"},
    {0x40, "FILE_DEVICE_WPD"},
    {0x41, "FILE_DEVICE_BLUETOOTH"},
    {0x42, "FILE_DEVICE_MT_COMPOSITE"},
    {0x43, "FILE_DEVICE_MT_TRANSPORT"},
    {0x44, "FILE_DEVICE_BIOMETRIC"},
    {0x45, "FILE_DEVICE_PMI"},
    {0x46, "FILE_DEVICE_EHSTOR"},
    {0x47, "FILE_DEVICE_DEVAPI"},
    {0x48, "FILE_DEVICE_GPIO"},
    {0x49, "FILE_DEVICE_USBEX"},
    {0x50, "FILE_DEVICE_CONSOLE"},
    {0x51, "FILE_DEVICE_NFP"},
    {0x52, "FILE_DEVICE_SYSENV"},
    {0x53, "FILE_DEVICE_VIRTUAL_BLOCK"},
    {0x54, "FILE_DEVICE_POINT_OF_SERVICE"},
    {0x55, "FILE_DEVICE_STORAGE_REPLICATION"},
    {0x56, "FILE_DEVICE_TRUST_ENV"},
    {0x57, "FILE_DEVICE_UCM"},
    {0x58, "FILE_DEVICE_UCMTCPCI"},
    {0x59, "FILE_DEVICE_PERSISTENT_MEMORY"},
    {0x5a, "FILE_DEVICE_NVDIMM"},
    {0x5b, "FILE_DEVICE_HOLOGRAPHIC"},
    {0x5c, "FILE_DEVICE_SDFXHCI"},
    {0x5d, "FILE_DEVICE_UCMUCSI"},
    {0x5e, "FILE_DEVICE_PRM"},
    {0x5f, "FILE_DEVICE_EVENT_COLLECTOR"},
    {0x60, "FILE_DEVICE_USB4"},
    {0x61, "FILE_DEVICE_SOUNDWIRE"},
};

static const struct named_value methods[] = {
    {0, "METHOD_BUFFERED"}, {1, "METHOD_IN_DIRECT"},          {2, "METHOD_OUT_DIRECT"},
    {3, "METHOD_NEITHER"},  {1, "METHOD_DIRECT_TO_HARDWARE"}, {2, "METHOD_DIRECT_FROM_HARDWARE"},
};

static const struct named_value accesses[] = {
    {0, "FILE_ANY_ACCESS"},     {1, "FILE_READ_DATA"},
    {2, "FILE_WRITE_DATA"},     {3, "FILE_READ_DATA | FILE_WRITE_DATA"},
    {1, "FILE_READ_ACCESS"},    {2, "FILE_WRITE_ACCESS"},
    {0, "FILE_SPECIAL_ACCESS"},
};

static const struct part {
    const char *name;
    int64_t limit;
    const struct named_value *values;
    size_t count;
} parts_table[CODE_PART_COUNT] = {
    [CODE_DEVICE_TYPE] = {"device type", 0xFFFF, device_types, sizeof device_types / sizeof device_types[0]},
    [CODE_FUNCTION] = {"function", 0xFFF, NULL, 0},
    [CODE_METHOD] = {"method", 3, methods, sizeof methods / sizeof methods[0]},
    [CODE_ACCESS] = {"access", 3, accesses, sizeof accesses / sizeof accesses[0]},
};

struct code_parts code_split(uint32_t code)
{
    return (struct code_parts){
        .device_type = code >> 16,
        .access = code >> 14 & 3,
        .function = code >> 2 & 0xFFF,
        .method = code & 3,
    };
}

uint32_t code_join(const struct code_parts *parts)
{
    return (uint32_t)parts->device_type << 16 | (uint32_t)parts->access << 14 |
           (uint32_t)parts->function << 2 | (uint32_t)parts->method;
}

int64_t code_part_limit(enum code_part part)
{
    return parts_table[part].limit;
}

const char *code_part_name(enum code_part part)
{
    return parts_table[part].name;
}

int64_t code_part_value(const struct code_parts *parts, enum code_part part)
{
    switch (part) {
    case CODE_DEVICE_TYPE:
        return parts->device_type;
    case CODE_FUNCTION:
        return parts->function;
    case CODE_METHOD:
        return parts->method;
    default:
        return parts->access;
    }
}

const char *code_value_name(enum code_part part, int64_t value)
{
    const struct part *p = &parts_table[part];
    for (size_t i = 0; i < p->count; i++)
        if (p->values[i].value == value)
            return p->values[i].name;
    return NULL;
}

static bool find_name(enum code_part part, const char *name, size_t length, int64_t *value)
{
    const struct part *p = &parts_table[part];
    for (size_t i = 0; i < p->count; i++) {
        if (strlen(p->values[i].name) == length && memcmp(p->values[i].name, name, length) == 0) {
            *value = p->values[i].value;
            return true;
        }
    }
    return false;
}

bool code_name_value(const char *name, size_t length, int64_t *value)
{
    for (int part = 0; part < CODE_PART_COUNT; part++)
        if (find_name(part, name, length, value))
            return true;
    return false;
}

bool code_parse_number(const char *text, int64_t *value)
{
    if (*text < '0' || *text > '9')
        return false;
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 0);
    if (errno != 0 || number > INT64_MAX)
        return false;
    end += strspn(end, "uUlL");
    if (*end != '\0')
        return false;
    *value = (int64_t)number;
    return true;
}

bool code_parse_part(enum code_part part, const char *text, int64_t *value)
{
    *value = 0;
    do {
        text += strspn(text, " \t");
        char word[64];
        size_t length = strcspn(text, " \t|");
        if (length == 0 || length >= sizeof word)
            return false;
        memcpy(word, text, length);
        word[length] = '\0';
        int64_t one;
        if (!code_parse_number(word, &one) && !find_name(part, word, length, &one))
            return false;
        *value |= one;
        text += length;
        text += strspn(text, " \t");
    } while (*text++ == '|');
    return text[-1] == '\0';
}
