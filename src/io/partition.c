/*
 * The partitions of a disk, read from it: the master boot record with its chain of extended ones, and the
 * GUID partition table.
 */
#include "iop.h"

#include <ntdddisk.h>

enum {
    MBR_SIGNATURE = 440,
    MBR_ENTRIES = 446,
    MBR_ENTRY = 16,
    MBR_MARK = 510,
    MOST_TABLES = 64, /* of a chain: it may go round in circles */
    MOST_ENTRIES = 1024,
};

static ULONG get32(const UCHAR *at)
{
    return at[0] | (ULONG)at[1] << 8 | (ULONG)at[2] << 16 | (ULONG)at[3] << 24;
}
static ULONGLONG get64(const UCHAR *at)
{
    return get32(at) | (ULONGLONG)get32(at + 4) << 32;
}

/* Pool of the caller's of the DDI, or of nobody's. */
static NTSTATUS read(PDEVICE_OBJECT device, ULONGLONG offset, ULONG length, PVOID buffer)
{
    KEVENT event;
    IO_STATUS_BLOCK iosb;
    LARGE_INTEGER where = {.QuadPart = (LONGLONG)offset};
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, device, buffer, length, &where, &event, &iosb);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    IoGetNextIrpStackLocation(irp)->Flags |= SL_OVERRIDE_VERIFY_VOLUME;
    NTSTATUS status = IofCallDriver(device, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        status = iosb.Status;
    }
    return status;
}

static bool has_mark(const UCHAR *sector)
{
    return sector[MBR_MARK] == 0x55 && sector[MBR_MARK + 1] == 0xAA;
}

struct table {
    ULONG Sector, Count, Room;
    PDRIVE_LAYOUT_INFORMATION_EX Layout;
};

static PPARTITION_INFORMATION_EX add(struct table *table)
{
    if (table->Count == table->Room)
        return NULL;
    PPARTITION_INFORMATION_EX entry = &table->Layout->PartitionEntry[table->Count++];
    memset(entry, 0, sizeof *entry);
    return entry;
}

/* Four entries for each table of the chain, the unused ones too; those recognised are numbered. */
static NTSTATUS read_mbr(PDEVICE_OBJECT device, UCHAR *sector, struct table *table)
{
    ULONGLONG base = 0, extended = 0;
    ULONG number = 0;
    table->Layout->PartitionStyle = PARTITION_STYLE_MBR;
    table->Layout->Mbr.Signature = get32(sector + MBR_SIGNATURE);
    for (int tables = 0; tables < MOST_TABLES && has_mark(sector); tables++) {
        ULONGLONG next = 0;
        for (const UCHAR *at = sector + MBR_ENTRIES; at < sector + MBR_ENTRIES + 4 * MBR_ENTRY;
             at += MBR_ENTRY) {
            PPARTITION_INFORMATION_EX entry = add(table);
            UCHAR type = at[4];
            if (!entry)
                return STATUS_SUCCESS;
            entry->PartitionStyle = PARTITION_STYLE_MBR;
            entry->Mbr.PartitionType = type;
            if (type == PARTITION_ENTRY_UNUSED)
                continue;
            BOOLEAN container = IsContainerPartition(type);
            ULONGLONG start = get32(at + 8) + (container ? extended : base);
            entry->Mbr.BootIndicator = at[0] == 0x80;
            entry->Mbr.RecognizedPartition = IsRecognizedPartition(type);
            entry->Mbr.HiddenSectors = get32(at + 8);
            entry->StartingOffset.QuadPart = (LONGLONG)(start * table->Sector);
            entry->PartitionLength.QuadPart = (LONGLONG)((ULONGLONG)get32(at + 12) * table->Sector);
            if (!container)
                entry->PartitionNumber = ++number;
            else if (!next)
                next = start;
        }
        if (!next)
            break;
        if (!extended)
            extended = next;
        base = next;
        NTSTATUS status = read(device, next * table->Sector, table->Sector, sector);
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}

/* STATUS_DISK_CORRUPT_ERROR: no header behind the protective record, or not the one that its check sum is
 * for. */
static NTSTATUS check_gpt(PDEVICE_OBJECT device, UCHAR *sector, ULONG size)
{
    NTSTATUS status = read(device, size, size, sector);
    if (!NT_SUCCESS(status))
        return status;
    ULONG length = get32(sector + 12), sum = get32(sector + 16);
    if (memcmp(sector, "EFI PART", 8) || length < 92 || length > size)
        return STATUS_DISK_CORRUPT_ERROR;
    memset(sector + 16, 0, 4);
    return RtlComputeCrc32(0, sector, length) == sum ? STATUS_SUCCESS : STATUS_DISK_CORRUPT_ERROR;
}

static NTSTATUS read_gpt(PDEVICE_OBJECT device, UCHAR *sector, struct table *table)
{
    static const GUID unused;
    NTSTATUS status = check_gpt(device, sector, table->Sector);
    if (!NT_SUCCESS(status))
        return status;
    PDRIVE_LAYOUT_INFORMATION_EX layout = table->Layout;
    ULONGLONG first = get64(sector + 40), last = get64(sector + 48), at = get64(sector + 72) * table->Sector;
    ULONG count = get32(sector + 80), size = get32(sector + 84), sector_read = 0, number = 0;
    if (size < 128 || size > table->Sector || table->Sector % size || count > MOST_ENTRIES)
        return STATUS_DISK_CORRUPT_ERROR;
    layout->PartitionStyle = PARTITION_STYLE_GPT;
    memcpy(&layout->Gpt.DiskId, sector + 56, sizeof(GUID));
    layout->Gpt.StartingUsableOffset.QuadPart = (LONGLONG)(first * table->Sector);
    layout->Gpt.UsableLength.QuadPart = (LONGLONG)((last - first + 1) * table->Sector);
    layout->Gpt.MaxPartitionCount = count;
    for (ULONG i = 0; i < count; i++) {
        ULONG offset = i * size % table->Sector;
        if (offset == 0)
            status = read(device, at + (ULONGLONG)sector_read++ * table->Sector, table->Sector, sector);
        if (!NT_SUCCESS(status))
            return status;
        const UCHAR *entry = sector + offset;
        if (!memcmp(entry, &unused, sizeof unused))
            continue;
        PPARTITION_INFORMATION_EX partition = add(table);
        if (!partition)
            break;
        partition->PartitionStyle = PARTITION_STYLE_GPT;
        partition->StartingOffset.QuadPart = (LONGLONG)(get64(entry + 32) * table->Sector);
        partition->PartitionLength.QuadPart =
            (LONGLONG)((get64(entry + 40) - get64(entry + 32) + 1) * table->Sector);
        partition->PartitionNumber = ++number;
        memcpy(&partition->Gpt.PartitionType, entry, sizeof(GUID));
        memcpy(&partition->Gpt.PartitionId, entry + 16, sizeof(GUID));
        partition->Gpt.Attributes = get64(entry + 48);
        memcpy(partition->Gpt.Name, entry + 56, sizeof partition->Gpt.Name);
    }
    return STATUS_SUCCESS;
}

static ULONG sector_size(PDEVICE_OBJECT device)
{
    KEVENT event;
    IO_STATUS_BLOCK iosb;
    DISK_GEOMETRY geometry = {.BytesPerSector = 0};
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = IoBuildDeviceIoControlRequest(IOCTL_DISK_GET_DRIVE_GEOMETRY, device, NULL, 0, &geometry,
                                             sizeof geometry, FALSE, &event, &iosb);
    if (!irp)
        return 0;
    NTSTATUS status = IofCallDriver(device, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        status = iosb.Status;
    }
    return NT_SUCCESS(status) ? geometry.BytesPerSector : 0;
}

/* *layout: system pool, to be freed with MmFreeSystemPool. */
static NTSTATUS read_layout(PDEVICE_OBJECT device, ULONG size, PDRIVE_LAYOUT_INFORMATION_EX *layout)
{
    if (size < 512)
        size = 512;
    struct table table = {.Sector = size, .Room = 4 * MOST_TABLES};
    SIZE_T bytes = sizeof *table.Layout + table.Room * sizeof(PARTITION_INFORMATION_EX);
    UCHAR *sector = MmAllocateSystemPool(size, IOP_TAG_MISC);
    table.Layout = MmAllocateSystemPool(bytes, IOP_TAG_MISC);
    NTSTATUS status = sector && table.Layout ? read(device, 0, size, sector) : STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(status)) {
        memset(table.Layout, 0, sizeof *table.Layout);
        table.Layout->PartitionStyle = PARTITION_STYLE_RAW;
        if (has_mark(sector) && sector[MBR_ENTRIES + 4] == PARTITION_GPT)
            status = read_gpt(device, sector, &table);
        else if (has_mark(sector))
            status = read_mbr(device, sector, &table);
        table.Layout->PartitionCount = table.Count;
    }
    if (sector)
        MmFreeSystemPool(sector);
    if (!NT_SUCCESS(status) && table.Layout)
        MmFreeSystemPool(table.Layout);
    *layout = NT_SUCCESS(status) ? table.Layout : NULL;
    return status;
}

/* WDK: IoReadPartitionTableEx. The caller frees the layout with ExFreePool. A disk without a boot record is
 * of style RAW. */
NTSTATUS NTAPI IoReadPartitionTableEx(PDEVICE_OBJECT DeviceObject,
                                      PDRIVE_LAYOUT_INFORMATION_EX *PartitionBuffer)
{
    GATE(IoReadPartitionTableEx, DeviceObject, PartitionBuffer);
    PDRIVE_LAYOUT_INFORMATION_EX layout;
    *PartitionBuffer = NULL;
    NTSTATUS status = read_layout(DeviceObject, sector_size(DeviceObject), &layout);
    if (!NT_SUCCESS(status))
        return status;
    ULONG count = layout->PartitionCount;
    SIZE_T bytes = FIELD_OFFSET(DRIVE_LAYOUT_INFORMATION_EX, PartitionEntry) +
                   (count ? count : 1) * sizeof(PARTITION_INFORMATION_EX);
    *PartitionBuffer = MmAllocatePoolFor(__builtin_return_address(0), NonPagedPoolNx, bytes, IOP_TAG_MISC);
    if (*PartitionBuffer)
        memcpy(*PartitionBuffer, layout, bytes);
    else
        status = STATUS_INSUFFICIENT_RESOURCES;
    MmFreeSystemPool(layout);
    return status;
}

/*
 * WDK: IoReadPartitionTable. Of a disk with a master boot record only: STATUS_BAD_MASTER_BOOT_RECORD for one
 * without. With ReturnRecognizedPartitions those of a file system's type only. The caller frees the layout
 * with ExFreePool.
 */
NTSTATUS NTAPI IoReadPartitionTable(PDEVICE_OBJECT DeviceObject, ULONG SectorSize,
                                    BOOLEAN ReturnRecognizedPartitions,
                                    PDRIVE_LAYOUT_INFORMATION *PartitionBuffer)
{
    GATE(IoReadPartitionTable, DeviceObject, SectorSize, ReturnRecognizedPartitions, PartitionBuffer);
    PDRIVE_LAYOUT_INFORMATION_EX layout;
    *PartitionBuffer = NULL;
    NTSTATUS status = read_layout(DeviceObject, SectorSize, &layout);
    if (!NT_SUCCESS(status))
        return status;
    PDRIVE_LAYOUT_INFORMATION old = NULL;
    if (layout->PartitionStyle != PARTITION_STYLE_MBR)
        status = STATUS_BAD_MASTER_BOOT_RECORD;
    else if (!(old = MmAllocatePoolFor(__builtin_return_address(0), NonPagedPoolNx,
                                       sizeof *old + layout->PartitionCount * sizeof(PARTITION_INFORMATION),
                                       IOP_TAG_MISC)))
        status = STATUS_INSUFFICIENT_RESOURCES;
    if (old) {
        old->PartitionCount = 0;
        old->Signature = layout->Mbr.Signature;
        for (ULONG i = 0; i < layout->PartitionCount; i++) {
            const PARTITION_INFORMATION_EX *from = &layout->PartitionEntry[i];
            if (ReturnRecognizedPartitions && !from->Mbr.RecognizedPartition)
                continue;
            old->PartitionEntry[old->PartitionCount++] = (PARTITION_INFORMATION){
                .StartingOffset = from->StartingOffset,
                .PartitionLength = from->PartitionLength,
                .HiddenSectors = from->Mbr.HiddenSectors,
                .PartitionNumber = from->PartitionNumber,
                .PartitionType = from->Mbr.PartitionType,
                .BootIndicator = from->Mbr.BootIndicator,
                .RecognizedPartition = from->Mbr.RecognizedPartition,
            };
        }
        *PartitionBuffer = old;
    }
    MmFreeSystemPool(layout);
    return status;
}

/* WDK: IoReadDiskSignature. By the boot record its signature and the sum that makes all of it 0; by a GPT its
 * GUID. */
NTSTATUS NTAPI IoReadDiskSignature(PDEVICE_OBJECT DeviceObject, ULONG BytesPerSector,
                                   PDISK_SIGNATURE Signature)
{
    GATE(IoReadDiskSignature, DeviceObject, BytesPerSector, Signature);
    ULONG size = BytesPerSector < 512 ? 512 : BytesPerSector, sum = 0;
    UCHAR *sector = MmAllocateSystemPool(size, IOP_TAG_MISC);
    if (!sector)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = read(DeviceObject, 0, size, sector);
    if (NT_SUCCESS(status) && !has_mark(sector))
        status = STATUS_DISK_CORRUPT_ERROR;
    if (NT_SUCCESS(status) && sector[MBR_ENTRIES + 4] == PARTITION_GPT) {
        status = check_gpt(DeviceObject, sector, size);
        if (NT_SUCCESS(status)) {
            Signature->PartitionStyle = PARTITION_STYLE_GPT;
            memcpy(&Signature->Gpt.DiskId, sector + 56, sizeof(GUID));
        }
    } else if (NT_SUCCESS(status)) {
        for (ULONG i = 0; i < 512; i += 4)
            sum += get32(sector + i);
        Signature->PartitionStyle = PARTITION_STYLE_MBR;
        Signature->Mbr.Signature = get32(sector + MBR_SIGNATURE);
        Signature->Mbr.CheckSum = 0 - sum;
    }
    MmFreeSystemPool(sector);
    return status;
}

/*
 * WDK: HalExamineMBR. The first sector, to be freed with ExFreePool, when its first partition is of that
 * type; else NULL. For type 0x54 the sector begins with 63, the number of sectors that the disk manager
 * hides.
 */
VOID NTAPI HalExamineMBR(PDEVICE_OBJECT DeviceObject, ULONG SectorSize, ULONG MBRTypeIdentifier,
                         PVOID *Buffer)
{
    GATE(HalExamineMBR, DeviceObject, SectorSize, MBRTypeIdentifier, Buffer);
    ULONG size = SectorSize < 512 ? 512 : SectorSize;
    const void *caller = __builtin_return_address(0);
    UCHAR *sector = MmAllocatePoolFor(caller, NonPagedPoolNx, size, IOP_TAG_MISC);
    *Buffer = NULL;
    if (!sector)
        return;
    if (!NT_SUCCESS(read(DeviceObject, 0, size, sector)) || !has_mark(sector) ||
        sector[MBR_ENTRIES + 4] != MBRTypeIdentifier) {
        MmFreePoolFor(caller, sector, IOP_TAG_MISC);
        return;
    }
    if (MBRTypeIdentifier == 0x54) {
        ULONG hidden = 63;
        memcpy(sector, &hidden, sizeof hidden);
    }
    *Buffer = sector;
}
