/*
 * What a bug check's first parameter (0x18's third, 0xC1's fourth) says has been broken, for those of the
 * machine's codes that stand for many rules. The numbers are Windows' own; 0x18 has none there, those are
 * ours.
 */
#include <ntifs.h>

#include "ke.h"

static const struct rule {
    uint32_t code;
    uint32_t parameter; /* counted from 0 */
    uint64_t value;
    const char *text;
} rules[] = {
    {0x18, 2, 1, "the last reference was dropped while handles are open"},
    {0x18, 2, 2, "the object was dereferenced more often than referenced"},
    {0x18, 2, 3,
     "the last reference was the system's own: a device that was not deleted was dereferenced more often "
     "than referenced"},
    {0x18, 2, 0x10, "an object was referenced that is being deleted"},
    {0x19, 0, 0xD,
     "a pool block was written to after it was freed; NTIO_SPECIAL_POOL=end catches the write itself"},
    {0x19, 0, 0x20,
     "a pool block was written to before its start; NTIO_SPECIAL_POOL=start catches the write itself"},
    {0x19, 0, 0x21,
     "a pool block was written to behind its end; NTIO_SPECIAL_POOL=end catches the write itself"},
    {0x4E, 0, 0x99,
     "a page frame number of the MDL is none of pages in use: it was made up, is of pages that were freed, "
     "or lies behind the "
     "array"},
    {0x76, 0, 0, "pages are still locked: MmUnlockPages is missing"},
    {0x76, 0, 1,
     "MmUnlockPages for pages that are not locked, or the I/O manager's MDL was unlocked before the request "
     "was completed"},
    {0xC1, 3, 0x20, "what was freed is no block, or was freed before"},
    {0xC1, 3, 0x21, "what was freed lies inside of a block"},
    {0xC1, 3, 0x23, "the block was written to before its start"},
    {0xC1, 3, 0x24, "the block was written to behind its end"},
    {0xC1, 3, 0x30, "memory was allocated at too high an IRQL; parameter 1 is the IRQL"},
    {0xC1, 3, 0x31, "memory was freed at too high an IRQL; parameter 1 is the IRQL"},
    {0xC1, 3, 0x32, "a bit beside the block was changed"},
    {0xC2, 0, 0x7, "the block has been freed before"},
    {0xC2, 0, 0x8, "memory was allocated at too high an IRQL; parameter 2 is the IRQL"},
    {0xC2, 0, 0x9, "memory was freed at too high an IRQL; parameter 2 is the IRQL"},
    {0xC2, 0, 0xA, "the block was freed with another tag than it was allocated with"},
    {0xC2, 0, 0x40, "what was freed is the client's memory, not pool"},
    {0xC2, 0, 0x46, "what was freed is no address of pool"},
    {0xC2, 0, 0x60, "what was freed is no contiguous memory"},
    {0xC2, 0, 0x99, "what was freed is not where a block begins, or is the I/O manager's"},
    {0xC2, 0, 0x9A, "pool of a must-succeed type was asked for"},
    {0xC2, 0, 0x9B, "pool was asked for with a tag of zero"},
    {0xC2, 0, 0x9C, "pool was asked for with the tag BIG"},
    {0xC2, 0, 0x9D, "pool was asked for with a tag that has no letter and no digit"},
    {0xC4, 0, 0x62, "the driver was unloaded and did not free all that it had allocated"},
    {0xC4, 0, 0x7D, "MmUnlockPages for pages of nonpaged pool, which nobody has locked"},
    {0xC4, 0, 0x7F, "MmBuildMdlForNonPagedPool for paged pool"},
    {0xC4, 0, 0xB0, "MmProbeAndLockPages for an MDL whose pages are locked or that describes nonpaged pool"},
    {0xC4, 0, 0xB2, "an MDL was mapped that is mapped already"},
    {0xC4, 0, 0xB3, "an MDL was mapped whose pages are not locked"},
    {0xC4, 0, 0x1000, "a fast mutex was acquired by the thread that owns it"},
    {0xC9, 0, 0x2, "IoFreeIrp for an IRP that the I/O manager still has: its thread's, or not yet completed"},
    {0xC9, 0, 0x3, "IoCallDriver with what is no IRP, or one that was freed"},
    {0xC9, 0, 0x4, "IoCallDriver with what is no device, or one that was deleted"},
    {0xC9, 0, 0x5,
     "a dispatch routine returned at another IRQL (parameter 4) than it was called at (parameter 3)"},
    {0xC9, 0, 0x6, "an IRP was completed with the status STATUS_PENDING or -1"},
    {0xC9, 0, 0x7, "an IRP was completed that still has a cancel routine"},
    {0xC9, 0, 0x226,
     "a dispatch routine returned another status than STATUS_PENDING and has neither completed the IRP nor "
     "passed it down"},
    {0xC9, 0, 0x23D,
     "a dispatch routine returned STATUS_PENDING for an IRP that it has not marked pending "
     "(IoMarkIrpPending)"},
    {0xC9, 0, 0x23E,
     "a dispatch routine has marked the IRP pending (IoMarkIrpPending) and did not return STATUS_PENDING"},
    {0xDA, 0, 0x300, "MmUnmapLockedPages at an address where this MDL is not mapped"},
    {0xE4, 0, 0, "a work item is still queued in memory that is given back"},
    {0xE4, 0, 1, "a work item was queued that is queued already"},
    {0xE4, 0, 6, "a work item was queued to a queue that does not exist"},
    {0xE4, 0, 7, "a work item was queued that has no routine"},
    {0x139, 0, 9,
     "RtlQueryRegistryValues with RTL_QUERY_REGISTRY_DIRECT and without RTL_QUERY_REGISTRY_TYPECHECK, for a "
     "key that "
     "clients can write to"},
};

const char *KiFindBugRule(ULONG code, const uint64_t *parameters)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].code == code && parameters[rules[i].parameter] == rules[i].value)
            return rules[i].text;
    return NULL;
}
