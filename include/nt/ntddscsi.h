/*
 * Requests to SCSI and ATA ports, for drivers and their clients.
 */
#ifndef NTIO_NTDDSCSI_H
#define NTIO_NTDDSCSI_H
#define _NTDDSCSIH_

#include "ntdef.h"
#include "devioctl.h"

#define IOCTL_SCSI_BASE       FILE_DEVICE_CONTROLLER
#define DD_SCSI_DEVICE_NAME   "\\Device\\ScsiPort"
#define DD_SCSI_DEVICE_NAME_U L"\\Device\\ScsiPort"

#define NTIO_SCSI_CODE_(function, access)                                                                    \
    CTL_CODE(IOCTL_SCSI_BASE, function, METHOD_BUFFERED, access)
#define NTIO_SCSI_RW_                  (FILE_READ_ACCESS | FILE_WRITE_ACCESS)
#define IOCTL_SCSI_PASS_THROUGH        NTIO_SCSI_CODE_(0x0401, NTIO_SCSI_RW_)
#define IOCTL_SCSI_MINIPORT            NTIO_SCSI_CODE_(0x0402, NTIO_SCSI_RW_)
#define IOCTL_SCSI_GET_INQUIRY_DATA    NTIO_SCSI_CODE_(0x0403, FILE_ANY_ACCESS)
#define IOCTL_SCSI_GET_CAPABILITIES    NTIO_SCSI_CODE_(0x0404, FILE_ANY_ACCESS)
#define IOCTL_SCSI_PASS_THROUGH_DIRECT NTIO_SCSI_CODE_(0x0405, NTIO_SCSI_RW_)
#define IOCTL_SCSI_GET_ADDRESS         NTIO_SCSI_CODE_(0x0406, FILE_ANY_ACCESS)
#define IOCTL_SCSI_RESCAN_BUS          NTIO_SCSI_CODE_(0x0407, FILE_ANY_ACCESS)
#define IOCTL_SCSI_GET_DUMP_POINTERS   NTIO_SCSI_CODE_(0x0408, FILE_ANY_ACCESS)
#define IOCTL_SCSI_FREE_DUMP_POINTERS  NTIO_SCSI_CODE_(0x0409, FILE_ANY_ACCESS)
#define IOCTL_IDE_PASS_THROUGH         NTIO_SCSI_CODE_(0x040A, NTIO_SCSI_RW_)
#define IOCTL_ATA_PASS_THROUGH         NTIO_SCSI_CODE_(0x040B, NTIO_SCSI_RW_)
#define IOCTL_ATA_PASS_THROUGH_DIRECT  NTIO_SCSI_CODE_(0x040C, NTIO_SCSI_RW_)

#define SCSI_IOCTL_DATA_OUT         0
#define SCSI_IOCTL_DATA_IN          1
#define SCSI_IOCTL_DATA_UNSPECIFIED 2

#define ATA_FLAGS_DRDY_REQUIRED (1 << 0)
#define ATA_FLAGS_DATA_IN       (1 << 1)
#define ATA_FLAGS_DATA_OUT      (1 << 2)
#define ATA_FLAGS_48BIT_COMMAND (1 << 3)
#define ATA_FLAGS_USE_DMA       (1 << 4)

/* A pass-through request and its 32-bit twin, which differ in the width of one member. */
#define NTIO_SCSI_REQUEST_(tag, pointer)                                                                     \
    typedef struct _##tag {                                                                                  \
        USHORT Length;                                                                                       \
        UCHAR ScsiStatus;                                                                                    \
        UCHAR PathId;                                                                                        \
        UCHAR TargetId;                                                                                      \
        UCHAR Lun;                                                                                           \
        UCHAR CdbLength;                                                                                     \
        UCHAR SenseInfoLength;                                                                               \
        UCHAR DataIn;                                                                                        \
        ULONG DataTransferLength;                                                                            \
        ULONG TimeOutValue;                                                                                  \
        pointer;                                                                                             \
        ULONG SenseInfoOffset;                                                                               \
        UCHAR Cdb[16];                                                                                       \
    } tag, *P##tag
NTIO_SCSI_REQUEST_(SCSI_PASS_THROUGH, ULONG_PTR DataBufferOffset);
NTIO_SCSI_REQUEST_(SCSI_PASS_THROUGH_DIRECT, PVOID DataBuffer);
NTIO_SCSI_REQUEST_(SCSI_PASS_THROUGH32, ULONG DataBufferOffset);
NTIO_SCSI_REQUEST_(SCSI_PASS_THROUGH_DIRECT32, ULONG DataBuffer);
#undef NTIO_SCSI_REQUEST_

#define NTIO_ATA_REQUEST_(tag, pointer)                                                                      \
    typedef struct _##tag {                                                                                  \
        USHORT Length;                                                                                       \
        USHORT AtaFlags;                                                                                     \
        UCHAR PathId;                                                                                        \
        UCHAR TargetId;                                                                                      \
        UCHAR Lun;                                                                                           \
        UCHAR ReservedAsUchar;                                                                               \
        ULONG DataTransferLength;                                                                            \
        ULONG TimeOutValue;                                                                                  \
        ULONG ReservedAsUlong;                                                                               \
        pointer;                                                                                             \
        UCHAR PreviousTaskFile[8];                                                                           \
        UCHAR CurrentTaskFile[8];                                                                            \
    } tag, *P##tag
NTIO_ATA_REQUEST_(ATA_PASS_THROUGH_EX, ULONG_PTR DataBufferOffset);
NTIO_ATA_REQUEST_(ATA_PASS_THROUGH_DIRECT, PVOID DataBuffer);
NTIO_ATA_REQUEST_(ATA_PASS_THROUGH_EX32, ULONG DataBufferOffset);
NTIO_ATA_REQUEST_(ATA_PASS_THROUGH_DIRECT32, ULONG DataBuffer);
#undef NTIO_ATA_REQUEST_

typedef struct _SCSI_BUS_DATA {
    UCHAR NumberOfLogicalUnits;
    UCHAR InitiatorBusId;
    ULONG InquiryDataOffset;
} SCSI_BUS_DATA, *PSCSI_BUS_DATA;
typedef struct _SCSI_ADAPTER_BUS_INFO {
    UCHAR NumberOfBuses;
    SCSI_BUS_DATA BusData[1];
} SCSI_ADAPTER_BUS_INFO, *PSCSI_ADAPTER_BUS_INFO;
typedef struct _SCSI_INQUIRY_DATA {
    UCHAR PathId;
    UCHAR TargetId;
    UCHAR Lun;
    BOOLEAN DeviceClaimed;
    ULONG InquiryDataLength;
    ULONG NextInquiryDataOffset;
    UCHAR InquiryData[1];
} SCSI_INQUIRY_DATA, *PSCSI_INQUIRY_DATA;
typedef struct _SRB_IO_CONTROL {
    ULONG HeaderLength;
    UCHAR Signature[8];
    ULONG Timeout;
    ULONG ControlCode;
    ULONG ReturnCode;
    ULONG Length;
} SRB_IO_CONTROL, *PSRB_IO_CONTROL;
typedef struct _IO_SCSI_CAPABILITIES {
    ULONG Length;
    ULONG MaximumTransferLength;
    ULONG MaximumPhysicalPages;
    ULONG SupportedAsynchronousEvents;
    ULONG AlignmentMask;
    BOOLEAN TaggedQueuing;
    BOOLEAN AdapterScansDown;
    BOOLEAN AdapterUsesPio;
} IO_SCSI_CAPABILITIES, *PIO_SCSI_CAPABILITIES;
typedef struct _SCSI_ADDRESS {
    ULONG Length;
    UCHAR PortNumber;
    UCHAR PathId;
    UCHAR TargetId;
    UCHAR Lun;
} SCSI_ADDRESS, *PSCSI_ADDRESS;

#endif
