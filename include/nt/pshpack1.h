/* Structures from here on are packed to 1 bytes at most; <poppack.h> ends it. No guard: included many times. */
#pragma pack(push, 1)
