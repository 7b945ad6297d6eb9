/* Ends what a <pshpackN.h> began. No guard: included many times. */
#pragma pack(pop)
