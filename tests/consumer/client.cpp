// A client in C++ with one question.
#include <windows.h>
#include <winioctl.h>
#include <iostream>
#include <string>

#include "public.h"

int main()
{
    const std::wstring name = std::wstring(L"\\\\.\\") + L"ConsumerCxx";
    HANDLE device = CreateFileW(name.c_str(), GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr);
    DWORD answer = 0, length = 0;
    if (device == INVALID_HANDLE_VALUE ||
        !DeviceIoControl(device, IOCTL_CONSUMER_ANSWER, nullptr, 0, &answer, sizeof answer, &length, nullptr)) {
        std::cout << "error " << GetLastError() << std::endl;
        return 1;
    }
    CloseHandle(device);
    std::wcout << L"the driver says " << answer << L" to " << name << std::endl;
    return 0;
}
