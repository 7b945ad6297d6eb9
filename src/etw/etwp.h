/*
 * Event tracing's own: the registrations and what is enabled.
 */
#pragma once

#include "etw.h"

#include <stdbool.h>
#include <stddef.h>

#include "../ke/ke.h"
#include "../rtl/rtl.h"

/* A line being made; what does not fit is cut off. */
struct etw_text {
    char text[1536];
    size_t length;
};
void etw_add(struct etw_text *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void etw_add_wide(struct etw_text *, const WCHAR *text, size_t units);
void etw_log(struct etw_text *); /* ends the line and writes it */

struct etw_rule {
    UCHAR level; /* events of this one and below */
    bool on;
    ULONGLONG keywords; /* any of them; 0: all */
};

struct etw_registration {
    struct etw_registration *next;
    REGHANDLE handle;
    GUID provider;
    PETWENABLECALLBACK callback;
    PVOID context;
    const void *caller; /* whose image it belongs to */
    const char *name;   /* or NULL */
    struct etw_rule rule;
};

struct etw_setting {
    struct etw_setting *next;
    GUID provider;
    struct etw_rule rule;
};

struct etwp_state {
    _Atomic bool locked;
    REGHANDLE last;
    struct etw_registration *registrations; /* under the lock, as the rest */
    struct etw_setting *settings;
    struct etw_rule rule; /* of providers without a setting */
    _Atomic ULONG activities; /* how many activity IDs were made */
};

/* A copy of the registration; false: there is none. */
bool etw_find(REGHANDLE handle, struct etw_registration *copy);
bool etw_passes(const struct etw_rule *rule, UCHAR level, ULONGLONG keyword);
/* What the provider is called on the log. */
void etw_add_provider(struct etw_text *, const struct etw_registration *);
void etw_add_guid(struct etw_text *, const GUID *);
void etw_add_value(struct etw_text *, enum ntio_etw_type type, const void *data, ULONG size);
