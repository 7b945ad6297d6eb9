/*
 * Event providers: the types of both sides, and a client's functions. A driver's are in <wdm.h>.
 */
#ifndef NTIO_EVNTPROV_H
#define NTIO_EVNTPROV_H
#define _EVNTPROV_

#include "ntio_etw.h"

#ifdef __cplusplus
extern "C" {
#endif

#if !defined(NTIO_WDM_H) || defined(NTIO_BUILDING)
typedef VOID(NTAPI *PENABLECALLBACK)(LPCGUID SourceId, ULONG IsEnabled, UCHAR Level, ULONGLONG MatchAnyKeyword,
                                     ULONGLONG MatchAllKeyword, PEVENT_FILTER_DESCRIPTOR FilterData, PVOID CallbackContext);

/* Each returns a Win32 error. */
NTIO_EXPORT ULONG NTAPI EventRegister(LPCGUID ProviderId, PENABLECALLBACK EnableCallback, PVOID CallbackContext,
                                      PREGHANDLE RegHandle);
NTIO_EXPORT ULONG NTAPI EventUnregister(REGHANDLE RegHandle);
NTIO_EXPORT BOOLEAN NTAPI EventEnabled(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor);
NTIO_EXPORT BOOLEAN NTAPI EventProviderEnabled(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword);
NTIO_EXPORT ULONG NTAPI EventWrite(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG UserDataCount,
                                   PEVENT_DATA_DESCRIPTOR UserData);
NTIO_EXPORT ULONG NTAPI EventWriteTransfer(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId,
                                           LPCGUID RelatedActivityId, ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData);
NTIO_EXPORT ULONG NTAPI EventWriteEx(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG64 Filter, ULONG Flags,
                                     LPCGUID ActivityId, LPCGUID RelatedActivityId, ULONG UserDataCount,
                                     PEVENT_DATA_DESCRIPTOR UserData);
NTIO_EXPORT ULONG NTAPI EventWriteString(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword, PCWSTR String);
NTIO_EXPORT ULONG NTAPI EventActivityIdControl(ULONG ControlCode, GUID *ActivityId);
#endif

#ifdef __cplusplus
}
#endif
#endif
