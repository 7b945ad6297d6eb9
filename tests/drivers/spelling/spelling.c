/*
 * Compiled with nothing but ntio_add_driver: includes in other cases and with other slashes, a tracing header
 * without trace functions, and what only Microsoft's preprocessor and compiler read.
 */
#include <NTDDK.h>
#include "Spelling.H"
#include "Inc\Public.h"
#include "latin.h"
#include "spelling.tmh"

/* As old drivers declare them; the kernel's is meant in both. */
typedef unsigned long DWORD, *PDWORD;
typedef long SPELLING_NUMBER;
int swprintf(wchar_t *, const wchar_t *, ...);
C_ASSERT(sizeof(SPELLING_NUMBER) == 4);
static_assert(sizeof(PROCESS_ACCESS_TOKEN) == 16, "a word of Microsoft's C without a header");

#define Print(Format, ...) DbgPrint("spelling: "##Format, __VA_ARGS__)

#define Member(Pointer, Name) Pointer->##Name
#define Enter(Text)           Print(__FUNCTION__ ": "##Text##"\n")

DRIVER_UNLOAD SpellingUnload;

VOID SpellingUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    Print("bye\n");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    WCHAR text[16];
    Enter("here");
    swprintf(text, L"%u%s", (DWORD)7, L"seven");
    Print("%ws\n", text);
    Print("%ws " TEXT("hello\n"), __FUNCTIONW__);
    Print("%I64x %d %s\n", SPELLING_LARGE + 0x10ui64, SPELLING_PUBLIC,
          &__FILE__[sizeof __FILE__ - sizeof "spelling.c"]);
    Print("%d %x\n", (int)(sizeof SPELLING_WIDE / 2), SPELLING_WIDE[4]);
    Member(DriverObject, DriverUnload) = SpellingUnload;
    return STATUS_SUCCESS;
}
