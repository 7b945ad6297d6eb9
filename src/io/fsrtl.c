/*
 * What of the file-system run-time drivers use that are no file systems: names in expressions, and whether an
 * exception's status is one to be handled.
 */
#include "fs.h"
#include "iop.h"

#include "../mm/mm.h"

/* Whether there is one of * ? < > " in it. (WDK: FsRtlDoesNameContainWildCards) */
BOOLEAN NTAPI FsRtlDoesNameContainWildCards(PUNICODE_STRING Name)
{
    GATE(FsRtlDoesNameContainWildCards, Name);
    return fs_has_wildcards(Name);
}

/*
 * Whether the name is one of the expression's: * for any characters, ? for one, and DOS's < > and ". With
 * IgnoreCase the name is compared in upper case, by the table or the system's, and the expression has to be
 * in upper case already. An empty one matches an empty one only. Raises STATUS_NO_MEMORY. (WDK:
 * FsRtlIsNameInExpression)
 */
BOOLEAN NTAPI FsRtlIsNameInExpression(PUNICODE_STRING Expression, PUNICODE_STRING Name, BOOLEAN IgnoreCase,
                                      PWCH UpcaseTable)
{
    GATE(FsRtlIsNameInExpression, Expression, Name, IgnoreCase);
    if (!Expression->Length || !Name->Length)
        return Expression->Length == Name->Length;
    if (!IgnoreCase)
        return fs_matches(Expression, Name);
    UNICODE_STRING upper = {Name->Length, Name->Length, MmAllocateSystemPool(Name->Length, IOP_TAG_NAME)};
    if (!upper.Buffer)
        ExRaiseStatus(STATUS_NO_MEMORY);
    for (USHORT i = 0; i < Name->Length / sizeof(WCHAR); i++)
        upper.Buffer[i] = UpcaseTable ? UpcaseTable[Name->Buffer[i]] : RtlUpcaseUnicodeChar(Name->Buffer[i]);
    BOOLEAN matches = fs_matches(Expression, &upper);
    MmFreeSystemPool(upper.Buffer);
    return matches;
}

/* FALSE for those that show a mistake in the code, which nobody should handle. (WDK: FsRtlIsNtstatusExpected)
 */
BOOLEAN NTAPI FsRtlIsNtstatusExpected(NTSTATUS Ntstatus)
{
    GATE(FsRtlIsNtstatusExpected, Ntstatus);
    return Ntstatus != STATUS_DATATYPE_MISALIGNMENT && Ntstatus != STATUS_ACCESS_VIOLATION &&
           Ntstatus != STATUS_ILLEGAL_INSTRUCTION && Ntstatus != STATUS_INSTRUCTION_MISALIGNMENT;
}
