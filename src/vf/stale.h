/*
 * Output that was never written: what stale.c, which knows requests, has in common with the two ways to tell whether a byte was
 * written. One of them is compiled: stale_pattern.c, or with MemorySanitizer stale_shadow.c.
 */
#pragma once

#include "accessp.h"

#define STALE_SHOWN     8  /* runs */
#define STALE_LOOKED_AT 64 /* bytes of each */

#ifdef HOST_SANITIZED_MEMORY
#define STALE_NEVER_WROTE "never wrote %zu of them, or copied there what was never written"
#else
#define STALE_NEVER_WROTE "never wrote %zu of them"
#endif

struct stale_report {
    size_t count, runs; /* of bytes; of bytes in a row */
    size_t from[STALE_SHOWN], to[STALE_SHOWN];
};

void stale_add_run(struct stale_report *, size_t from, size_t to);
/* Nothing, if there are no runs. bytes: the first of the output. */
void stale_tell_buffered(const struct access_request *, const struct stale_report *, const void *bytes, size_t declared);
void stale_tell_direct(const struct access_request *, const struct stale_report *, const void *bytes, size_t declared);

/* The two ways. Begin: the output is as if nobody had written it. End: so many bytes are declared; tells of those that still are. */
void stale_begin_buffered(struct access_request *);
void stale_begin_direct(struct access_request *, uint8_t *output);
void stale_end_buffered(const struct access_request *, size_t copied);
void stale_end_direct(const struct access_request *, size_t declared);
