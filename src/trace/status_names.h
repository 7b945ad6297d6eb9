/*
 * Every documented NTSTATUS by name; made from include/nt/ntstatus.h, sorted by value.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

extern const struct status_name {
    uint32_t status;
    const char *name;
} status_names[];
extern const size_t status_name_count;
