/*
 * <shlobj.h>: as much of the shell as programs with devices touch. There is no shell: whom SHChangeNotify tells is nobody.
 */
#ifndef NTIO_SHLOBJ_H
#define NTIO_SHLOBJ_H

#include "windows.h"

#define SHCNE_RENAMEITEM        0x00000001L
#define SHCNE_CREATE            0x00000002L
#define SHCNE_DELETE            0x00000004L
#define SHCNE_MKDIR             0x00000008L
#define SHCNE_RMDIR             0x00000010L
#define SHCNE_MEDIAINSERTED     0x00000020L
#define SHCNE_MEDIAREMOVED      0x00000040L
#define SHCNE_DRIVEREMOVED      0x00000080L
#define SHCNE_DRIVEADD          0x00000100L
#define SHCNE_ATTRIBUTES        0x00000800L
#define SHCNE_UPDATEDIR         0x00001000L
#define SHCNE_UPDATEITEM        0x00002000L
#define SHCNE_DRIVEADDGUI       0x00010000L
#define SHCNE_ASSOCCHANGED      0x08000000L
#define SHCNE_ALLEVENTS         0x7FFFFFFFL
#define SHCNF_IDLIST            0x0000
#define SHCNF_PATHA             0x0001
#define SHCNF_DWORD             0x0003
#define SHCNF_PATHW             0x0005
#define SHCNF_FLUSH             0x1000
#define SHCNF_FLUSHNOWAIT       0x3000
#ifdef UNICODE
#define SHCNF_PATH SHCNF_PATHW
#else
#define SHCNF_PATH SHCNF_PATHA
#endif

#ifdef __cplusplus
extern "C" {
#endif

NTIO_INLINE VOID SHChangeNotify(LONG wEventId, UINT uFlags, LPCVOID dwItem1, LPCVOID dwItem2)
{
    (void)wEventId, (void)uFlags, (void)dwItem1, (void)dwItem2;
}

#ifdef __cplusplus
}
#endif

#endif
