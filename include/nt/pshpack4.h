/* Structures from here on are packed to 4 bytes at most; <poppack.h> ends it. No guard: included many times. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wpragma-pack" /* leaving it open at the end of the file is the purpose */
#endif
#pragma pack(push, 4)
