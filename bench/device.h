/* What the parts of the bench driver share. */
#pragma once

NTSTATUS BenchProbed(PVOID In, ULONG InLength, PVOID Out, ULONG OutLength);
