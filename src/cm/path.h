/*
 * Private to the registry's run-time library functions.
 */
#pragma once

#include "cmp.h"

/* Opens what RelativeTo and Path mean; with RTL_REGISTRY_HANDLE the path is the handle. */
NTSTATUS cmp_open_path(ULONG relative, PCWSTR path, ACCESS_MASK, BOOLEAN create, PHANDLE);
void cmp_close_path(ULONG relative, HANDLE);
