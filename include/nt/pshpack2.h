/* Structures from here on are packed to 2 bytes at most; <poppack.h> ends it. No guard: included many times. */
#pragma pack(push, 2)
