/* A client in C++ that uses the C++ library, and the names that Windows' headers take away from it. */
#include <windows.h>
#include <winioctl.h>
#include <algorithm>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>
#include <io.h>
#include <fcntl.h>
#include <stdio.h>

#include "../drivers/cxxdev/public.h"

static int wrong;
#define EXPECT(right)                                                                                        \
    do {                                                                                                     \
        if (!(right)) {                                                                                      \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #right);                                               \
            wrong++;                                                                                         \
        }                                                                                                    \
    } while (0)

struct HandleCloser {
    void operator()(HANDLE h) const
    {
        if (h && h != INVALID_HANDLE_VALUE)
            CloseHandle(h);
    }
};
using UniqueHandle = std::unique_ptr<void, HandleCloser>;

class File
{
public:
    bool open(const std::wstring &name) { return name.size() > 2; }
    int read(int a) const { return a; }
    void close() {}
    bool remove(int) { return true; }
};

static void wide_strings()
{
    std::wstring s = L"abc";
    s += L"def";
    s.append(std::to_wstring(42)).insert(0, L"> ");
    EXPECT(s == L"> abcdef42" && s.size() == 10 && s.find(L"ef4") == 6 && s.rfind(L'b') == 3);
    std::vector<std::wstring> v;
    for (int i = 0; i < 100; i++)
        v.push_back(L"item" + std::to_wstring(i) + std::wstring(i, L'-'));
    std::sort(v.begin(), v.end(), [](const auto &a, const auto &b) { return a.length() > b.length(); });
    EXPECT(v[0].size() == 6 + 99 && v[99] == L"item0" && v[0].substr(0, 7) == L"item99-");
    std::unordered_map<std::wstring, int> counts{{s, 3}};
    EXPECT(counts[L"> abcdef42"] == 3 && counts.count(L"x") == 0);
    EXPECT(std::stoi(std::wstring(L"77")) == 77 && std::stoul(L"ff", nullptr, 16) == 255 && std::stod(L"1.5") == 1.5);
    s.reserve(1000);
    s.resize(300, L'z');
    s.erase(2, 200);
    s.replace(0, 2, L"four");
    EXPECT(s.length() == 102 && wcslen(s.c_str()) == 102 && s.compare(0, 5, L"fourz") == 0);
    std::wstring copy(s.begin(), s.begin() + 4), narrow_too(copy);
    EXPECT(std::string(copy.begin(), copy.end()) == "four" && copy < L"fourz");
}

static void c_library()
{
    char narrow[8];
    wchar_t wide[16], *end;
    EXPECT(strcpy_s(narrow, "abc") == 0 && strcat_s(narrow, "def") == 0 && std::strlen(narrow) == 6);
    EXPECT(sprintf_s(narrow, "%d", 7) == 1 && swprintf_s(wide, L"%ws-%d", L"w", 5) == 3);
    EXPECT(wcscpy_s(wide, L"a,b") == 0 && std::wcschr(wide, L',') == wide + 1);
    EXPECT(swprintf(wide, 16, L"%I64d", 5ll) == 1 && wide[0] == L'5' && swprintf(wide, L"%S", "ansi") == 4);
    EXPECT(std::wcstoul(L"4294967295x", &end, 10) == 0xFFFFFFFF && *end == L'x' && towupper(L'q') == L'Q');
    EXPECT(strtol("99999999999", nullptr, 10) == 0x7FFFFFFF && iswdigit(L'4') && std::snprintf(nullptr, 0, "%ws", L"ab") == 2);
    EXPECT(min(3, 4) == 3 && std::max(3u, 4u) == 4 && max(2, 1u) == 2);
    File file;
    EXPECT(file.open(L"abc") && file.read(3) == 3 && file.remove(1));
    file.close();
    EXPECT(open("C:\\no\\such\\file", O_RDONLY) == -1 && access("C:\\no\\such\\file", 0) == -1);
    FILE *f = nullptr;
    EXPECT(fopen_s(&f, "C:\\no\\such\\file", "r") != 0 && f == nullptr);
}

static int caught(const int *p)
{
    int value = 0;
    __try {
        __try {
            value = *p;
        } __finally {
            value += AbnormalTermination() ? 10 : 0;
        }
    } __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        value += 100;
    }
    return value;
}

static int thrown()
{
    try {
        std::vector<int> v;
        return v.at(3);
    } catch (const std::out_of_range &) {
        return -1;
    }
}

int wmain(int argc, const wchar_t *argv[])
{
    UniqueHandle device(CreateFile(L"\\\\.\\CxxDev", GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr));
    EXPECT(device.get() != INVALID_HANDLE_VALUE);
    DWORD length, self = 1;
    cxx_number number{12}, sum{};
    EXPECT(DeviceIoControl(device.get(), IOCTL_CXX_SQUARE, &number, sizeof number, &sum, sizeof sum, &length, nullptr));
    EXPECT(sum.Value == 144);
    EXPECT(DeviceIoControl(device.get(), IOCTL_CXX_SELF, nullptr, 0, &self, sizeof self, &length, nullptr) && self == 0);
    wide_strings();
    c_library();
    int seven = 7;
    EXPECT(caught(&seven) == 7 && caught(reinterpret_cast<int *>(8)) == 110 && thrown() == -1);
    EXPECT(argc == 2 && std::wstring(argv[1]) == L"one");
    std::wcout << L"wide \u00e4 " << 42 << L' ' << std::hex << 255 << std::dec << std::setw(4) << std::setfill(L'0') << 7
               << std::wstring(2, L'!') << std::endl;
    std::cout << "narrow " << sum.Value << std::endl;
    printf("%ws %d wrong\n", L"end", wrong);
    return wrong;
}
