/*
 * The registry, advapi32's part.
 *
 * HKEY_CLASSES_ROOT is the machine's classes alone, HKEY_CURRENT_USER the key of the client's one user.
 */
#ifndef NTIO_WINREG_H
#define NTIO_WINREG_H
#define _WINREG_

#include "minwinbase.h"
#include "minwindef.h"
#include "winnt.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef ACCESS_MASK REGSAM;
typedef LONG LSTATUS;

#define HKEY_CLASSES_ROOT     ((HKEY)(ULONG_PTR)((LONG)0x80000000))
#define HKEY_CURRENT_USER     ((HKEY)(ULONG_PTR)((LONG)0x80000001))
#define HKEY_LOCAL_MACHINE    ((HKEY)(ULONG_PTR)((LONG)0x80000002))
#define HKEY_USERS            ((HKEY)(ULONG_PTR)((LONG)0x80000003))
#define HKEY_PERFORMANCE_DATA ((HKEY)(ULONG_PTR)((LONG)0x80000004))
#define HKEY_CURRENT_CONFIG   ((HKEY)(ULONG_PTR)((LONG)0x80000005))

#ifndef REG_NOTIFY_THREAD_AGNOSTIC
#define REG_NOTIFY_THREAD_AGNOSTIC 0x10000000L
#endif

/* RegGetValue */
#define RRF_RT_REG_NONE      0x00000001
#define RRF_RT_REG_SZ        0x00000002
#define RRF_RT_REG_EXPAND_SZ 0x00000004
#define RRF_RT_REG_BINARY    0x00000008
#define RRF_RT_REG_DWORD     0x00000010
#define RRF_RT_REG_MULTI_SZ  0x00000020
#define RRF_RT_REG_QWORD     0x00000040
#define RRF_RT_DWORD         (RRF_RT_REG_BINARY | RRF_RT_REG_DWORD)
#define RRF_RT_QWORD         (RRF_RT_REG_BINARY | RRF_RT_REG_QWORD)
#define RRF_RT_ANY           0x0000ffff
#define RRF_SUBKEY_WOW6464KEY 0x00010000
#define RRF_SUBKEY_WOW6432KEY 0x00020000
#define RRF_WOW64_MASK        0x00030000
#define RRF_NOEXPAND         0x10000000
#define RRF_ZEROONFAILURE    0x20000000

WINADVAPI LSTATUS WINAPI RegCloseKey(HKEY hKey);
WINADVAPI LSTATUS WINAPI RegFlushKey(HKEY hKey);
WINADVAPI LSTATUS WINAPI RegNotifyChangeKeyValue(HKEY hKey, BOOL bWatchSubtree, DWORD dwNotifyFilter, HANDLE hEvent,
                                                 BOOL fAsynchronous);

#define NTIO_REG_PAIR(name, wide, ansi)                                                                      \
    WINADVAPI LSTATUS WINAPI name##W wide;                                                                   \
    WINADVAPI LSTATUS WINAPI name##A ansi

NTIO_REG_PAIR(RegOpenKey, (HKEY hKey, LPCWSTR lpSubKey, PHKEY phkResult),
              (HKEY hKey, LPCSTR lpSubKey, PHKEY phkResult));
NTIO_REG_PAIR(RegOpenKeyEx, (HKEY hKey, LPCWSTR lpSubKey, DWORD ulOptions, REGSAM samDesired, PHKEY phkResult),
              (HKEY hKey, LPCSTR lpSubKey, DWORD ulOptions, REGSAM samDesired, PHKEY phkResult));
NTIO_REG_PAIR(RegCreateKey, (HKEY hKey, LPCWSTR lpSubKey, PHKEY phkResult),
              (HKEY hKey, LPCSTR lpSubKey, PHKEY phkResult));
NTIO_REG_PAIR(RegCreateKeyEx,
              (HKEY hKey, LPCWSTR lpSubKey, DWORD Reserved, LPWSTR lpClass, DWORD dwOptions, REGSAM samDesired,
               const LPSECURITY_ATTRIBUTES lpSecurityAttributes, PHKEY phkResult, LPDWORD lpdwDisposition),
              (HKEY hKey, LPCSTR lpSubKey, DWORD Reserved, LPSTR lpClass, DWORD dwOptions, REGSAM samDesired,
               const LPSECURITY_ATTRIBUTES lpSecurityAttributes, PHKEY phkResult, LPDWORD lpdwDisposition));
NTIO_REG_PAIR(RegDeleteKey, (HKEY hKey, LPCWSTR lpSubKey), (HKEY hKey, LPCSTR lpSubKey));
NTIO_REG_PAIR(RegDeleteKeyEx, (HKEY hKey, LPCWSTR lpSubKey, REGSAM samDesired, DWORD Reserved),
              (HKEY hKey, LPCSTR lpSubKey, REGSAM samDesired, DWORD Reserved));
NTIO_REG_PAIR(RegDeleteTree, (HKEY hKey, LPCWSTR lpSubKey), (HKEY hKey, LPCSTR lpSubKey));
NTIO_REG_PAIR(RegDeleteValue, (HKEY hKey, LPCWSTR lpValueName), (HKEY hKey, LPCSTR lpValueName));
NTIO_REG_PAIR(RegEnumKeyEx,
              (HKEY hKey, DWORD dwIndex, LPWSTR lpName, LPDWORD lpcchName, LPDWORD lpReserved, LPWSTR lpClass,
               LPDWORD lpcchClass, PFILETIME lpftLastWriteTime),
              (HKEY hKey, DWORD dwIndex, LPSTR lpName, LPDWORD lpcchName, LPDWORD lpReserved, LPSTR lpClass,
               LPDWORD lpcchClass, PFILETIME lpftLastWriteTime));
NTIO_REG_PAIR(RegEnumValue,
              (HKEY hKey, DWORD dwIndex, LPWSTR lpValueName, LPDWORD lpcchValueName, LPDWORD lpReserved,
               LPDWORD lpType, LPBYTE lpData, LPDWORD lpcbData),
              (HKEY hKey, DWORD dwIndex, LPSTR lpValueName, LPDWORD lpcchValueName, LPDWORD lpReserved,
               LPDWORD lpType, LPBYTE lpData, LPDWORD lpcbData));
NTIO_REG_PAIR(RegQueryInfoKey,
              (HKEY hKey, LPWSTR lpClass, LPDWORD lpcchClass, LPDWORD lpReserved, LPDWORD lpcSubKeys,
               LPDWORD lpcbMaxSubKeyLen, LPDWORD lpcbMaxClassLen, LPDWORD lpcValues, LPDWORD lpcbMaxValueNameLen,
               LPDWORD lpcbMaxValueLen, LPDWORD lpcbSecurityDescriptor, PFILETIME lpftLastWriteTime),
              (HKEY hKey, LPSTR lpClass, LPDWORD lpcchClass, LPDWORD lpReserved, LPDWORD lpcSubKeys,
               LPDWORD lpcbMaxSubKeyLen, LPDWORD lpcbMaxClassLen, LPDWORD lpcValues, LPDWORD lpcbMaxValueNameLen,
               LPDWORD lpcbMaxValueLen, LPDWORD lpcbSecurityDescriptor, PFILETIME lpftLastWriteTime));
NTIO_REG_PAIR(RegQueryValueEx,
              (HKEY hKey, LPCWSTR lpValueName, LPDWORD lpReserved, LPDWORD lpType, LPBYTE lpData, LPDWORD lpcbData),
              (HKEY hKey, LPCSTR lpValueName, LPDWORD lpReserved, LPDWORD lpType, LPBYTE lpData, LPDWORD lpcbData));
NTIO_REG_PAIR(RegGetValue,
              (HKEY hkey, LPCWSTR lpSubKey, LPCWSTR lpValue, DWORD dwFlags, LPDWORD pdwType, PVOID pvData,
               LPDWORD pcbData),
              (HKEY hkey, LPCSTR lpSubKey, LPCSTR lpValue, DWORD dwFlags, LPDWORD pdwType, PVOID pvData,
               LPDWORD pcbData));
NTIO_REG_PAIR(RegSetValueEx,
              (HKEY hKey, LPCWSTR lpValueName, DWORD Reserved, DWORD dwType, const BYTE *lpData, DWORD cbData),
              (HKEY hKey, LPCSTR lpValueName, DWORD Reserved, DWORD dwType, const BYTE *lpData, DWORD cbData));
NTIO_REG_PAIR(RegCreateKeyTransacted,
              (HKEY hKey, LPCWSTR lpSubKey, DWORD Reserved, LPWSTR lpClass, DWORD dwOptions, REGSAM samDesired,
               const LPSECURITY_ATTRIBUTES lpSecurityAttributes, PHKEY phkResult, LPDWORD lpdwDisposition,
               HANDLE hTransaction, PVOID pExtendedParemeter),
              (HKEY hKey, LPCSTR lpSubKey, DWORD Reserved, LPSTR lpClass, DWORD dwOptions, REGSAM samDesired,
               const LPSECURITY_ATTRIBUTES lpSecurityAttributes, PHKEY phkResult, LPDWORD lpdwDisposition,
               HANDLE hTransaction, PVOID pExtendedParemeter));
NTIO_REG_PAIR(RegOpenKeyTransacted,
              (HKEY hKey, LPCWSTR lpSubKey, DWORD ulOptions, REGSAM samDesired, PHKEY phkResult, HANDLE hTransaction,
               PVOID pExtendedParemeter),
              (HKEY hKey, LPCSTR lpSubKey, DWORD ulOptions, REGSAM samDesired, PHKEY phkResult, HANDLE hTransaction,
               PVOID pExtendedParemeter));
NTIO_REG_PAIR(RegDeleteKeyTransacted,
              (HKEY hKey, LPCWSTR lpSubKey, REGSAM samDesired, DWORD Reserved, HANDLE hTransaction,
               PVOID pExtendedParameter),
              (HKEY hKey, LPCSTR lpSubKey, REGSAM samDesired, DWORD Reserved, HANDLE hTransaction,
               PVOID pExtendedParameter));
NTIO_REG_PAIR(RegSetKeyValue,
              (HKEY hKey, LPCWSTR lpSubKey, LPCWSTR lpValueName, DWORD dwType, LPCVOID lpData, DWORD cbData),
              (HKEY hKey, LPCSTR lpSubKey, LPCSTR lpValueName, DWORD dwType, LPCVOID lpData, DWORD cbData));
NTIO_REG_PAIR(RegDeleteKeyValue, (HKEY hKey, LPCWSTR lpSubKey, LPCWSTR lpValueName),
              (HKEY hKey, LPCSTR lpSubKey, LPCSTR lpValueName));
NTIO_REG_PAIR(RegQueryValue, (HKEY hKey, LPCWSTR lpSubKey, LPWSTR lpData, PLONG lpcbData),
              (HKEY hKey, LPCSTR lpSubKey, LPSTR lpData, PLONG lpcbData));
NTIO_REG_PAIR(RegSetValue, (HKEY hKey, LPCWSTR lpSubKey, DWORD dwType, LPCWSTR lpData, DWORD cbData),
              (HKEY hKey, LPCSTR lpSubKey, DWORD dwType, LPCSTR lpData, DWORD cbData));
NTIO_REG_PAIR(RegEnumKey, (HKEY hKey, DWORD dwIndex, LPWSTR lpName, DWORD cchName),
              (HKEY hKey, DWORD dwIndex, LPSTR lpName, DWORD cchName));
NTIO_REG_PAIR(RegCopyTree, (HKEY hKeySrc, LPCWSTR lpSubKey, HKEY hKeyDest),
              (HKEY hKeySrc, LPCSTR lpSubKey, HKEY hKeyDest));
#undef NTIO_REG_PAIR

WINADVAPI LSTATUS WINAPI RegRenameKey(HKEY hKey, LPCWSTR lpSubKeyName, LPCWSTR lpNewKeyName);
WINADVAPI LSTATUS WINAPI RegOpenCurrentUser(REGSAM samDesired, PHKEY phkResult);
WINADVAPI LSTATUS WINAPI RegGetKeySecurity(HKEY hKey, SECURITY_INFORMATION SecurityInformation,
                                           PSECURITY_DESCRIPTOR pSecurityDescriptor, LPDWORD lpcbSecurityDescriptor);
WINADVAPI LSTATUS WINAPI RegSetKeySecurity(HKEY hKey, SECURITY_INFORMATION SecurityInformation,
                                           PSECURITY_DESCRIPTOR pSecurityDescriptor);

#ifdef UNICODE
#define RegOpenKey      RegOpenKeyW
#define RegOpenKeyEx    RegOpenKeyExW
#define RegCreateKey    RegCreateKeyW
#define RegCreateKeyEx  RegCreateKeyExW
#define RegDeleteKey    RegDeleteKeyW
#define RegDeleteKeyEx  RegDeleteKeyExW
#define RegDeleteTree   RegDeleteTreeW
#define RegDeleteValue  RegDeleteValueW
#define RegEnumKeyEx    RegEnumKeyExW
#define RegEnumValue    RegEnumValueW
#define RegQueryInfoKey RegQueryInfoKeyW
#define RegQueryValueEx RegQueryValueExW
#define RegGetValue     RegGetValueW
#define RegSetValueEx   RegSetValueExW
#define RegCreateKeyTransacted RegCreateKeyTransactedW
#define RegOpenKeyTransacted RegOpenKeyTransactedW
#define RegDeleteKeyTransacted RegDeleteKeyTransactedW
#define RegSetKeyValue RegSetKeyValueW
#define RegDeleteKeyValue RegDeleteKeyValueW
#define RegQueryValue RegQueryValueW
#define RegSetValue RegSetValueW
#define RegEnumKey RegEnumKeyW
#define RegCopyTree RegCopyTreeW
#else
#define RegOpenKey      RegOpenKeyA
#define RegOpenKeyEx    RegOpenKeyExA
#define RegCreateKey    RegCreateKeyA
#define RegCreateKeyEx  RegCreateKeyExA
#define RegDeleteKey    RegDeleteKeyA
#define RegDeleteKeyEx  RegDeleteKeyExA
#define RegDeleteTree   RegDeleteTreeA
#define RegDeleteValue  RegDeleteValueA
#define RegEnumKeyEx    RegEnumKeyExA
#define RegEnumValue    RegEnumValueA
#define RegQueryInfoKey RegQueryInfoKeyA
#define RegQueryValueEx RegQueryValueExA
#define RegGetValue     RegGetValueA
#define RegSetValueEx   RegSetValueExA
#define RegCreateKeyTransacted RegCreateKeyTransactedA
#define RegOpenKeyTransacted RegOpenKeyTransactedA
#define RegDeleteKeyTransacted RegDeleteKeyTransactedA
#define RegSetKeyValue RegSetKeyValueA
#define RegDeleteKeyValue RegDeleteKeyValueA
#define RegQueryValue RegQueryValueA
#define RegSetValue RegSetValueA
#define RegEnumKey RegEnumKeyA
#define RegCopyTree RegCopyTreeA
#endif

#ifdef __cplusplus
}
#endif

#endif
