/*
 * The limits of LONG and ULONG, which is what Windows code means by those of long, and Microsoft's names for the sized ones. For the
 * wrappers of <limits.h> on both sides.
 */
#ifndef NTIO_LIMITS_H
#define NTIO_LIMITS_H

#undef LONG_MIN
#undef LONG_MAX
#undef ULONG_MAX
#define LONG_MIN  (-2147483647 - 1)
#define LONG_MAX  2147483647
#define ULONG_MAX 0xffffffffu
#define _I8_MIN   (-127 - 1)
#define _I8_MAX   127
#define _UI8_MAX  0xffu
#define _I16_MIN  (-32767 - 1)
#define _I16_MAX  32767
#define _UI16_MAX 0xffffu
#define _I32_MIN  (-2147483647 - 1)
#define _I32_MAX  2147483647
#define _UI32_MAX 0xffffffffu
#define _I64_MIN  (-9223372036854775807ll - 1)
#define _I64_MAX  9223372036854775807ll
#define _UI64_MAX 0xffffffffffffffffull

#endif
