/*
 * NTSTATUS to Win32 error codes.
 */
#include "rtl.h"
#include "status_table.h"

static const struct status_run *find(const struct status_run *runs, size_t count, uint32_t status)
{
    for (size_t low = 0, high = count; low < high;) {
        size_t middle = (low + high) / 2;
        if (status < runs[middle].first)
            high = middle;
        else if (status - runs[middle].first >= runs[middle].count)
            low = middle + 1;
        else
            return &runs[middle];
    }
    return NULL;
}

static ULONG to_error(NTSTATUS Status)
{
    uint32_t status = (uint32_t)Status;
    if (!status || status & 0x20000000) /* success, and what applications define */
        return status;
    if (status >> 28 == 0xD)
        status &= ~0x10000000u;
    uint32_t high = status >> 16;
    if (high == 0x8007 || high == 0xC007 || high == 0xC001) /* a Win32 error in NT's clothes */
        return status & 0xFFFF;
    const struct status_run *run = find(status_runs, RTL_COUNT(status_runs), status);
    uint32_t error = run ? status_errors[run->index + (status - run->first)] : 0;
    if (!error && find(same_runs, RTL_COUNT(same_runs), status))
        error = status;
    for (size_t i = 0; !error && i < RTL_COUNT(status_others); i++)
        if (status_others[i].status == status)
            error = status_others[i].error;
    return error ? error : 317; /* ERROR_MR_MID_NOT_FOUND */
}

ULONG RtlNtStatusToDosErrorNoTeb(NTSTATUS Status)
{
    GATE(RtlNtStatusToDosErrorNoTeb, Status);
    return to_error(Status);
}

ULONG RtlNtStatusToDosError(NTSTATUS Status)
{
    GATE(RtlNtStatusToDosError, Status);
    return to_error(Status);
}
