/*
 * What the leaky driver puts into its output, by each of the methods; its tests include this too.
 */
#pragma once

#define LEAKY_CODE(n, method) CTL_CODE(0x8237, 0x800 + (n), method, FILE_ANY_ACCESS)

enum leaky {
    LEAKY_ZERO,    /* writes all of it */
    LEAKY_HALF,    /* writes half of it */
    LEAKY_POOL,    /* copies a block of pool, of which it has written 8 bytes */
    LEAKY_LOCAL,   /* copies a local structure with its padding, bytes 1 to 3 */
    LEAKY_PATTERN, /* writes all but byte 5 */
};
