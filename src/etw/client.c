/*
 * What a client calls of event tracing (advapi32's): the same providers, with Win32's errors.
 */
#include "etw.h"

#include "../ke/ke.h"

static ULONG error_of(NTSTATUS status)
{
    return NT_SUCCESS(status) ? 0 : RtlNtStatusToDosError(status);
}

/* ERROR_INVALID_PARAMETER without a provider or a place for the handle. The two callback types differ in name
 * only. */
ULONG NTAPI EventRegister(LPCGUID ProviderId, PENABLECALLBACK EnableCallback, PVOID CallbackContext,
                          PREGHANDLE RegHandle)
{
    return error_of(
        etw_register(ProviderId, EnableCallback, CallbackContext, __builtin_return_address(0), RegHandle));
}

ULONG NTAPI EventUnregister(REGHANDLE RegHandle)
{
    return error_of(etw_unregister(RegHandle));
}

BOOLEAN NTAPI EventEnabled(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor)
{
    return etw_enabled(RegHandle, EventDescriptor->Level, EventDescriptor->Keyword);
}

BOOLEAN NTAPI EventProviderEnabled(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword)
{
    return etw_enabled(RegHandle, Level, Keyword);
}

ULONG NTAPI EventWrite(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG UserDataCount,
                       PEVENT_DATA_DESCRIPTOR UserData)
{
    return error_of(etw_write(RegHandle, EventDescriptor, UserDataCount, UserData));
}

ULONG NTAPI EventWriteTransfer(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId,
                               LPCGUID RelatedActivityId, ULONG UserDataCount,
                               PEVENT_DATA_DESCRIPTOR UserData)
{
    (void)ActivityId, (void)RelatedActivityId;
    return error_of(etw_write(RegHandle, EventDescriptor, UserDataCount, UserData));
}

ULONG NTAPI EventWriteEx(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG64 Filter, ULONG Flags,
                         LPCGUID ActivityId, LPCGUID RelatedActivityId, ULONG UserDataCount,
                         PEVENT_DATA_DESCRIPTOR UserData)
{
    (void)Filter, (void)Flags, (void)ActivityId, (void)RelatedActivityId;
    return error_of(etw_write(RegHandle, EventDescriptor, UserDataCount, UserData));
}

ULONG NTAPI EventWriteString(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword, PCWSTR String)
{
    return error_of(etw_write_string(RegHandle, Level, Keyword, String));
}

ULONG NTAPI EventActivityIdControl(ULONG ControlCode, GUID *ActivityId)
{
    return error_of(etw_activity(ControlCode, ActivityId));
}
