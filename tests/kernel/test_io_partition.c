/*
 * Partition tables, read from a disk in memory; the small services beside them.
 */
#include "rig.h"

#include <ntdddisk.h>

enum { SECTOR = 512, SECTORS = 400 };
static UCHAR disk[SECTOR * SECTORS];

static void put32(UCHAR *at, ULONG value)
{
    memcpy(at, &value, sizeof value);
}
static void put64(UCHAR *at, ULONGLONG value)
{
    memcpy(at, &value, sizeof value);
}

static void put_entry(ULONG sector, int index, UCHAR boot, UCHAR type, ULONG start, ULONG count)
{
    UCHAR *at = disk + sector * SECTOR + 446 + index * 16;
    at[0] = boot;
    at[4] = type;
    put32(at + 8, start);
    put32(at + 12, count);
    disk[sector * SECTOR + 510] = 0x55;
    disk[sector * SECTOR + 511] = 0xAA;
}

static NTSTATUS on_read(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device;
    ULONG length = stack->Parameters.Read.Length;
    ULONGLONG offset = (ULONGLONG)stack->Parameters.Read.ByteOffset.QuadPart;
    if (offset + length > sizeof disk)
        return rig_complete(irp, STATUS_INVALID_PARAMETER, 0);
    memcpy(irp->AssociatedIrp.SystemBuffer, disk + offset, length);
    return rig_complete(irp, STATUS_SUCCESS, length);
}

static NTSTATUS on_control(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device;
    if (stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_DISK_GET_DRIVE_GEOMETRY)
        return rig_complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    *(PDISK_GEOMETRY)irp->AssociatedIrp.SystemBuffer = (DISK_GEOMETRY){.BytesPerSector = SECTOR};
    return rig_complete(irp, STATUS_SUCCESS, sizeof(DISK_GEOMETRY));
}

static void set_up(void)
{
    memset(disk, 0, sizeof disk);
    rig.on[IRP_MJ_READ] = on_read;
    rig.on[IRP_MJ_DEVICE_CONTROL] = on_control;
}

static void reads_boot_records(void **state)
{
    (void)state;
    PDRIVE_LAYOUT_INFORMATION old;
    PDRIVE_LAYOUT_INFORMATION_EX layout;
    DISK_SIGNATURE signature;
    PVOID sector;
    set_up();
    assert_int_equal(IoReadPartitionTable(rig.device, SECTOR, FALSE, &old), STATUS_BAD_MASTER_BOOT_RECORD);
    assert_null(old);
    assert_int_equal(IoReadPartitionTableEx(rig.device, &layout), STATUS_SUCCESS);
    assert_int_equal(layout->PartitionStyle, PARTITION_STYLE_RAW);
    assert_int_equal(layout->PartitionCount, 0);
    ExFreePool(layout);
    assert_int_equal(IoReadDiskSignature(rig.device, SECTOR, &signature), STATUS_DISK_CORRUPT_ERROR);

    put32(disk + 440, 0x12345678);
    put_entry(0, 0, 0x80, PARTITION_IFS, 63, 100);
    put_entry(0, 1, 0, 0x83, 163, 10); /* not one that is recognised */
    put_entry(0, 2, 0, PARTITION_EXTENDED, 200, 150);
    put_entry(200, 0, 0, PARTITION_FAT_16, 1, 40);  /* at 201 */
    put_entry(200, 1, 0, PARTITION_EXTENDED, 50, 60); /* at 250: from the first extended one */
    put_entry(250, 0, 0, PARTITION_FAT32, 2, 30);   /* at 252 */
    assert_int_equal(IoReadPartitionTable(rig.device, SECTOR, FALSE, &old), STATUS_SUCCESS);
    assert_int_equal(old->Signature, 0x12345678);
    assert_int_equal(old->PartitionCount, 12);
    assert_int_equal(old->PartitionEntry[0].StartingOffset.QuadPart, 63 * SECTOR);
    assert_int_equal(old->PartitionEntry[0].PartitionLength.QuadPart, 100 * SECTOR);
    assert_true(old->PartitionEntry[0].BootIndicator);
    assert_int_equal(old->PartitionEntry[0].PartitionNumber, 1);
    assert_false(old->PartitionEntry[1].RecognizedPartition);
    assert_int_equal(old->PartitionEntry[2].PartitionNumber, 0);
    assert_int_equal(old->PartitionEntry[3].PartitionType, PARTITION_ENTRY_UNUSED);
    assert_int_equal(old->PartitionEntry[8].StartingOffset.QuadPart, 252 * SECTOR);
    ExFreePool(old);
    assert_int_equal(IoReadPartitionTable(rig.device, SECTOR, TRUE, &old), STATUS_SUCCESS);
    assert_int_equal(old->PartitionCount, 3);
    assert_int_equal(old->PartitionEntry[1].StartingOffset.QuadPart, 201 * SECTOR);
    assert_int_equal(old->PartitionEntry[2].PartitionType, PARTITION_FAT32);
    ExFreePool(old);
    put_entry(250, 1, 0, PARTITION_EXTENDED, 50, 60); /* a chain that goes round ends some time */
    assert_int_equal(IoReadPartitionTableEx(rig.device, &layout), STATUS_SUCCESS);
    assert_int_equal(layout->PartitionStyle, PARTITION_STYLE_MBR);
    assert_int_equal(layout->PartitionCount, 256);
    ExFreePool(layout);

    assert_int_equal(IoReadDiskSignature(rig.device, SECTOR, &signature), STATUS_SUCCESS);
    assert_int_equal(signature.PartitionStyle, PARTITION_STYLE_MBR);
    assert_int_equal(signature.Mbr.Signature, 0x12345678);
    ULONG sum = signature.Mbr.CheckSum, word;
    for (int i = 0; i < 512; i += 4) {
        memcpy(&word, disk + i, 4);
        sum += word;
    }
    assert_int_equal(sum, 0);
    HalExamineMBR(rig.device, SECTOR, 0x55, &sector);
    assert_null(sector);
    HalExamineMBR(rig.device, SECTOR, PARTITION_IFS, &sector);
    assert_memory_equal(sector, disk, SECTOR);
    ExFreePool(sector);
    put_entry(0, 0, 0x80, 0x54, 63, 100);
    HalExamineMBR(rig.device, SECTOR, 0x54, &sector);
    assert_int_equal(*(PULONG)sector, 63);
    ExFreePool(sector);
}

static void reads_guid_tables(void **state)
{
    (void)state;
    static const GUID basic = {0xEBD0A0A2, 0xB9E5, 0x4433, {0x87, 0xC0, 0x68, 0xB6, 0xB7, 0x26, 0x99, 0xC7}},
                      id = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
    PDRIVE_LAYOUT_INFORMATION_EX layout;
    PDRIVE_LAYOUT_INFORMATION old;
    DISK_SIGNATURE signature;
    UCHAR *header = disk + SECTOR, *entry = disk + 2 * SECTOR + 5 * 128; /* the sixth: in the second sector */
    set_up();
    put_entry(0, 0, 0, PARTITION_GPT, 1, SECTORS - 1);
    assert_int_equal(IoReadPartitionTableEx(rig.device, &layout), STATUS_DISK_CORRUPT_ERROR);
    assert_null(layout);
    memcpy(header, "EFI PART", 8);
    put32(header + 8, 0x10000);
    put32(header + 12, 92);
    put64(header + 40, 34);
    put64(header + 48, 366);
    memcpy(header + 56, &id, sizeof id);
    put64(header + 72, 2);
    put32(header + 80, 128);
    put32(header + 84, 128);
    assert_int_equal(IoReadDiskSignature(rig.device, SECTOR, &signature), STATUS_DISK_CORRUPT_ERROR); /* the sum */
    put32(header + 16, RtlComputeCrc32(0, header, 92));
    memcpy(entry, &basic, sizeof basic);
    memcpy(entry + 16, &id, sizeof id);
    put64(entry + 32, 40);
    put64(entry + 40, 59);
    put64(entry + 48, 1);
    memcpy(entry + 56, L"Data", 10);
    assert_int_equal(IoReadPartitionTableEx(rig.device, &layout), STATUS_SUCCESS);
    assert_int_equal(layout->PartitionStyle, PARTITION_STYLE_GPT);
    assert_int_equal(layout->PartitionCount, 1);
    assert_memory_equal(&layout->Gpt.DiskId, &id, sizeof id);
    assert_int_equal(layout->Gpt.StartingUsableOffset.QuadPart, 34 * SECTOR);
    assert_int_equal(layout->Gpt.UsableLength.QuadPart, 333 * SECTOR);
    assert_int_equal(layout->PartitionEntry[0].StartingOffset.QuadPart, 40 * SECTOR);
    assert_int_equal(layout->PartitionEntry[0].PartitionLength.QuadPart, 20 * SECTOR);
    assert_memory_equal(&layout->PartitionEntry[0].Gpt.PartitionType, &basic, sizeof basic);
    assert_memory_equal(layout->PartitionEntry[0].Gpt.Name, L"Data", 10);
    ExFreePool(layout);
    assert_int_equal(IoReadDiskSignature(rig.device, SECTOR, &signature), STATUS_SUCCESS);
    assert_int_equal(signature.PartitionStyle, PARTITION_STYLE_GPT);
    assert_memory_equal(&signature.Gpt.DiskId, &id, sizeof id);
    assert_int_equal(IoReadPartitionTable(rig.device, SECTOR, FALSE, &old), STATUS_BAD_MASTER_BOOT_RECORD);
}

static void small_services(void **state)
{
    (void)state;
    SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY};
    UCHAR sid[SECURITY_MAX_SID_SIZE];
    assert_int_equal(RtlInitializeSidEx(sid, &nt, 2, 32, 544), STATUS_SUCCESS);
    assert_true(RtlValidSid(sid));
    assert_int_equal(*RtlSubAuthoritySid(sid, 1), 544);
    assert_int_equal(RtlInitializeSidEx(sid, &nt, 16), STATUS_INVALID_PARAMETER);
    SECURITY_DESCRIPTOR_RELATIVE relative;
    assert_int_equal(RtlCreateSecurityDescriptorRelative(&relative, 2), STATUS_UNKNOWN_REVISION);
    assert_int_equal(RtlCreateSecurityDescriptorRelative(&relative, SECURITY_DESCRIPTOR_REVISION), STATUS_SUCCESS);
    assert_int_equal(relative.Control, SE_SELF_RELATIVE);
    char text[4];
    ULONG written;
    assert_int_equal(RtlUpcaseUnicodeToMultiByteN(text, sizeof text, &written, L"a\x00E4z", 6), STATUS_SUCCESS);
    assert_int_equal(written, 3);
    assert_memory_equal(text, "A\xC4Z", 3);
    UTF8_STRING utf8;
    assert_int_equal(RtlInitUTF8StringEx(&utf8, "abc"), STATUS_SUCCESS);
    assert_int_equal(utf8.Length, 3);
    assert_int_equal(utf8.MaximumLength, 4);
    assert_true(IsReparseTagMicrosoft(0xA0000003));
    assert_true(IsReparseTagNameSurrogate(0xA0000003));
    assert_true(IsReparseTagValid(0xA0000003));
    assert_false(IsReparseTagValid(1));
    assert_false(IsReparseTagValid(0x00010002));
    assert_false(PsIsDiskCountersEnabled());
    PsUpdateDiskCounters(PsGetCurrentProcess(), 1, 2, 3, 4, 5);
}

#define RIG_TEST(function) cmocka_unit_test_setup_teardown(function, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {RIG_TEST(reads_boot_records), RIG_TEST(reads_guid_tables),
                                       RIG_TEST(small_services)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
