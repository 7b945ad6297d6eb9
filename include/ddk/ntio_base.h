/*
 * What every part of the driver's headers stands on: the shared types, the driver build's switches, and forward
 * declarations of the structures that the parts name before they are defined.
 */
#ifndef NTIO_DDK_BASE_H
#define NTIO_DDK_BASE_H

#include "ntdef.h"
#include "ntio_intrin.h"
#include "sal.h"
#include "driverspecs.h"
#include "ntstatus.h"
#include "ntio_access.h"
#include "ntio_file.h"
#include "ntio_system.h"
#include "devioctl.h"
#include "excpt.h"
#include <string.h>

#include "sdkddkver.h"
#ifndef NT_PROCESSOR_GROUPS
#define NT_PROCESSOR_GROUPS 1
#endif
#ifndef DBG
#define DBG 1
#endif
#define WDM_MAJORVERSION 0x06
#define WDM_MINORVERSION 0x00

/* The client's names of the same types; Microsoft's own drivers use them too. */
typedef signed char SCHAR, *PSCHAR;
typedef unsigned char BYTE, *PBYTE;
typedef unsigned short WORD, *PWORD;
typedef unsigned int DWORD, *PDWORD;
#ifdef UNICODE
typedef WCHAR TCHAR, *PTCHAR;
typedef PWSTR PTSTR, LPTSTR;
typedef PCWSTR PCTSTR, LPCTSTR;
#else
typedef CHAR TCHAR, *PTCHAR;
typedef PSTR PTSTR, LPTSTR;
typedef PCSTR PCTSTR, LPCTSTR;
#endif
#ifndef TEXT
#ifdef UNICODE
#define TEXT(quote) L##quote
#else
#define TEXT(quote) quote
#endif
#endif

typedef struct _KTHREAD *PKTHREAD, *PRKTHREAD;
typedef struct _KPROCESS KPROCESS, *PKPROCESS, *PRKPROCESS;
#ifdef __cplusplus /* where one does not become the other by itself; in the WDK they are the same */
typedef struct _KTHREAD *PETHREAD;
typedef struct _KPROCESS *PEPROCESS;
#else
typedef struct _ETHREAD *PETHREAD;
typedef struct _EPROCESS *PEPROCESS;
#endif
typedef struct _KINTERRUPT *PKINTERRUPT, *PRKINTERRUPT;
typedef struct _OBJECT_TYPE *POBJECT_TYPE;
typedef struct _ACCESS_STATE *PACCESS_STATE;
typedef struct _CALLBACK_OBJECT *PCALLBACK_OBJECT;
typedef struct _DEVICE_OBJECT *PDEVICE_OBJECT;
typedef struct _DRIVER_OBJECT *PDRIVER_OBJECT;
typedef struct _FILE_OBJECT *PFILE_OBJECT;
typedef struct _IRP *PIRP;
typedef struct _MDL *PMDL;
typedef struct _VPB *PVPB;
typedef struct _KDPC *PKDPC, *PRKDPC;
typedef struct _KAPC *PKAPC, *PRKAPC;
typedef struct _SCSI_REQUEST_BLOCK *PSCSI_REQUEST_BLOCK;
typedef struct _BUS_HANDLER *PBUS_HANDLER;
typedef struct _IO_TIMER *PIO_TIMER;
typedef struct _IO_WORKITEM *PIO_WORKITEM;
typedef struct _COMPRESSED_DATA_INFO *PCOMPRESSED_DATA_INFO;
typedef struct _SECTION_OBJECT *PSECTION_OBJECT;
typedef struct _EJOB *PEJOB;
typedef struct _TOKEN *PTOKEN;
typedef PVOID PACCESS_TOKEN;
typedef struct _HAL_PRIVATE_DISPATCH *PHAL_PRIVATE_DISPATCH;
typedef struct _ADAPTER_OBJECT *PADAPTER_OBJECT;
typedef struct _CONTROLLER_OBJECT *PCONTROLLER_OBJECT;
typedef struct _DMA_ADAPTER *PDMA_ADAPTER;
typedef struct _EX_TIMER *PEX_TIMER;
typedef struct _TXN_PARAMETER_BLOCK *PTXN_PARAMETER_BLOCK;
typedef ULONG_PTR ERESOURCE_THREAD, *PERESOURCE_THREAD;
typedef ULONG_PTR KSPIN_LOCK, *PKSPIN_LOCK;
typedef ULONG_PTR PFN_NUMBER, *PPFN_NUMBER;
typedef ULONG PFN_COUNT;

typedef enum _MODE { KernelMode, UserMode, MaximumMode } MODE;

#define LOW_LEVEL       0
#define PASSIVE_LEVEL   0
#define APC_LEVEL       1
#define DISPATCH_LEVEL  2
#define CMCI_LEVEL      5
#define CLOCK_LEVEL     13
#define IPI_LEVEL       14
#define DRS_LEVEL       14
#define POWER_LEVEL     14
#define PROFILE_LEVEL   15
#define HIGH_LEVEL      15

#define PAGE_SIZE       0x1000
#define PAGE_SHIFT      12L
#define LARGE_PAGE_SIZE 0x200000
#define PAGE_ALLOCATION_GRANULARITY 0x10000

#endif
