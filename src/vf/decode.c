/*
 * How many bytes of memory an x86-64 instruction reads or writes, from its prefixes and opcode. What is not
 * known counts as one byte: a double fetch may then be missed, none is invented. Sources: Intel's and AMD's
 * opcode maps.
 */
#include "accessp.h"

struct insn {
    bool narrow, wide; /* 66, REX.W */
    unsigned repeat;   /* 0xF2, 0xF3, or 0 */
    bool vector;       /* VEX or EVEX */
    bool broadcast;    /* EVEX.b */
    unsigned length;   /* of a vector register, in bytes */
    unsigned map;      /* 0: one byte; 1: 0F, 2: 0F38, 3: 0F3A */
    uint8_t opcode, modrm;
};

static unsigned general(const struct insn *i)
{
    return i->wide ? 8 : i->narrow ? 2 : 4;
}

static unsigned one_byte(const struct insn *i)
{
    unsigned op = i->opcode, reg = i->modrm >> 3 & 7;
    if (op < 0x40)
        return (op & 7) == 0 || (op & 7) == 2 ? 1 : (op & 7) == 1 || (op & 7) == 3 ? general(i) : 1;
    switch (op) {
    case 0x63:
        return 4;
    case 0x69:
    case 0x6B:
    case 0x81:
    case 0x83:
    case 0x85:
    case 0x87:
    case 0x89:
    case 0x8B:
    case 0xA1:
    case 0xA3:
    case 0xA5:
    case 0xA7:
    case 0xAB:
    case 0xAD:
    case 0xAF:
    case 0xC1:
    case 0xC7:
    case 0xD1:
    case 0xD3:
    case 0xF7:
        return general(i);
    case 0x8C:
    case 0x8E:
        return 2;
    case 0x8F:
        return 8;
    case 0xFF:
        return reg == 2 || reg == 4 || reg == 6 ? 8 : general(i);
    case 0xD9:
    case 0xDB:
    case 0xD8:
    case 0xDA:
        return 4;
    case 0xDC:
    case 0xDD:
        return 8;
    case 0xDE:
    case 0xDF:
        return 2;
    default:
        return 1;
    }
}

/* Packed, or the scalar that F3 and F2 make of it. */
static unsigned packed(const struct insn *i)
{
    return i->repeat == 0xF3 ? 4 : i->repeat == 0xF2 ? 8 : i->length;
}

/* MMX registers where nothing says that they are XMM's. */
static unsigned integer(const struct insn *i)
{
    return i->vector || i->narrow || i->repeat ? i->length : 8;
}

static unsigned two_bytes(const struct insn *i)
{
    unsigned op = i->opcode;
    if (op >= 0x40 && op < 0x50)
        return i->vector ? 1 : general(i); /* cmov */
    if (op >= 0x51 && op < 0x60)
        return packed(i);
    if (op >= 0x90 && op < 0xA0)
        return 1;
    if ((op >= 0x60 && op < 0x6E) || op == 0x6F || op == 0x7F || (op >= 0x74 && op < 0x77) ||
        (op >= 0xD1 && op != 0xD6 && op != 0xD7))
        return integer(i);
    switch (op) {
    case 0x10:
    case 0x11:
    case 0xC2:
        return packed(i);
    case 0x12:
    case 0x13:
    case 0x16:
    case 0x17:
        return i->repeat ? i->length : 8;
    case 0x14:
    case 0x15:
    case 0x28:
    case 0x29:
    case 0x2B:
    case 0x70:
    case 0xC6:
        return i->length;
    case 0x2A:
    case 0x6E:
        return i->wide ? 8 : 4;
    case 0x7E:
        return i->repeat == 0xF3 || i->wide ? 8 : 4;
    case 0x2C:
    case 0x2D:
        return i->repeat == 0xF3 ? 4 : 8;
    case 0x2E:
    case 0x2F:
        return i->narrow ? 8 : 4;
    case 0xB6:
    case 0xBE:
    case 0xB0:
    case 0xC0:
        return 1;
    case 0xB7:
    case 0xBF:
    case 0xC4:
        return 2;
    case 0xC7:
        return (i->modrm >> 3 & 7) == 1 ? (i->wide ? 16 : 8) : 1;
    case 0xA3:
    case 0xA4:
    case 0xA5:
    case 0xAB:
    case 0xAC:
    case 0xAD:
    case 0xAF:
    case 0xB1:
    case 0xB3:
    case 0xB8:
    case 0xBA:
    case 0xBB:
    case 0xBC:
    case 0xBD:
    case 0xC1:
    case 0xC3:
        return general(i);
    case 0xD6:
        return 8;
    default:
        return 1;
    }
}

static unsigned three_bytes(const struct insn *i)
{
    unsigned op = i->opcode;
    if (i->map == 3)
        switch (op) {
        case 0x14:
        case 0x20:
            return 1;
        case 0x15:
            return 2;
        case 0x0A:
        case 0x17:
        case 0x21:
            return 4;
        case 0x0B:
            return 8;
        case 0x16:
        case 0x22:
            return i->wide ? 8 : 4;
        case 0x18:
        case 0x19:
        case 0x38:
        case 0x39:
            return 16;
        default:
            return i->length;
        }
    if ((op >= 0x20 && op < 0x26) || (op >= 0x30 && op < 0x36)) { /* sign and zero extension */
        static const uint8_t shift[6] = {1, 2, 3, 1, 2, 1};
        return i->length >> shift[op & 15];
    }
    switch (op) {
    case 0x18:
    case 0x58:
        return 4;
    case 0x19:
    case 0x59:
        return 8;
    case 0x1A:
    case 0x5A:
        return 16;
    case 0x78:
        return 1;
    case 0x79:
        return 2;
    case 0xF0:
    case 0xF1:
        return op == 0xF0 && i->repeat == 0xF2 ? 1 : general(i); /* movbe, crc32 */
    case 0xF2:
    case 0xF3:
    case 0xF5:
    case 0xF6:
    case 0xF7:
        return i->wide ? 8 : 4;
    default:
        return i->vector || i->narrow ? i->length : 8;
    }
}

/* The prefix byte that VEX and EVEX fold into two bits. */
static void folded_prefix(struct insn *i, unsigned bits)
{
    i->narrow = bits == 1;
    i->repeat = bits == 2 ? 0xF3 : bits == 3 ? 0xF2 : 0;
}

static const uint8_t *vector_prefix(struct insn *i, const uint8_t *code)
{
    i->vector = true;
    if (code[0] == 0xC5) {
        i->map = 1;
        folded_prefix(i, code[1] & 3);
        i->length = code[1] & 4 ? 32 : 16;
        return code + 2;
    }
    if (code[0] == 0xC4) {
        i->map = code[1] & 31;
        i->wide = code[2] >> 7;
        folded_prefix(i, code[2] & 3);
        i->length = code[2] & 4 ? 32 : 16;
        return code + 3;
    }
    i->map = code[1] & 7;
    i->wide = code[2] >> 7;
    folded_prefix(i, code[2] & 3);
    i->length = 16u << (code[3] >> 5 & 3);
    i->broadcast = code[3] >> 4 & 1;
    return code + 4;
}

unsigned access_operand_size(const uint8_t *code)
{
    struct insn i = {.length = 16};
    for (;; code++) {
        if (*code == 0x66)
            i.narrow = true;
        else if (*code == 0xF2 || *code == 0xF3)
            i.repeat = *code;
        else if (*code != 0x67 && *code != 0xF0 && *code != 0x2E && *code != 0x36 && *code != 0x3E &&
                 *code != 0x26 && *code != 0x64 && *code != 0x65)
            break;
    }
    if (*code == 0xC4 || *code == 0xC5 || *code == 0x62) {
        code = vector_prefix(&i, code);
    } else {
        if ((*code & 0xF0) == 0x40)
            i.wide = *code++ >> 3 & 1;
        if (*code == 0x0F) {
            i.map = code[1] == 0x38 ? 2 : code[1] == 0x3A ? 3 : 1;
            code += i.map == 1 ? 1 : 2;
        }
    }
    i.opcode = code[0];
    i.modrm = code[1];
    unsigned size = i.broadcast  ? (i.wide ? 8 : 4)
                    : i.map == 0 ? one_byte(&i)
                    : i.map == 1 ? two_bytes(&i)
                                 : three_bytes(&i);
    return size && size <= 64 ? size : 1;
}
