/* A main that Microsoft's compiler takes and C++ does not, and no C++ library. */
#include <windows.h>
#include <stdio.h>
#include <tchar.h>

VOID __cdecl _tmain(int argc, TCHAR *argv[])
{
    TCHAR text[20];
    _stprintf_s(text, _T("%d"), argc);
    HANDLE device = CreateFile(_T("\\\\.\\CxxDev"), GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    _tprintf(_T("void %s %s %d\n"), text, argv[1], device != INVALID_HANDLE_VALUE);
    if (device != INVALID_HANDLE_VALUE)
        CloseHandle(device);
}
