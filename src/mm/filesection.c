/*
 * Files in memory, as file systems ask about them. What stands in SECTION_OBJECT_POINTERS is the memory
 * manager's own: sections that somebody has made of the file.
 */
#include "mip.h"

/* WDK: MmFlushImageSection. FALSE: the file is mapped as an image, and must not be written, or be deleted. */
BOOLEAN NTAPI MmFlushImageSection(PSECTION_OBJECT_POINTERS SectionObjectPointer, MMFLUSH_TYPE FlushType)
{
    GATE(MmFlushImageSection, SectionObjectPointer, FlushType);
    if (__atomic_load_n(&SectionObjectPointer->ImageSectionObject, __ATOMIC_ACQUIRE))
        return FALSE;
    return FlushType != MmFlushForDelete ||
           !__atomic_load_n(&SectionObjectPointer->DataSectionObject, __ATOMIC_ACQUIRE);
}

/* WDK: MmCanFileBeTruncated. FALSE: it is mapped as an image, or as data, and would lose what is mapped. */
BOOLEAN NTAPI MmCanFileBeTruncated(PSECTION_OBJECT_POINTERS SectionPointer, PLARGE_INTEGER NewFileSize)
{
    GATE(MmCanFileBeTruncated, SectionPointer, NewFileSize);
    return !__atomic_load_n(&SectionPointer->ImageSectionObject, __ATOMIC_ACQUIRE) &&
           !__atomic_load_n(&SectionPointer->DataSectionObject, __ATOMIC_ACQUIRE);
}

/* WDK: MmDoesFileHaveUserWritableReferences. */
ULONG NTAPI MmDoesFileHaveUserWritableReferences(PSECTION_OBJECT_POINTERS SectionPointer)
{
    GATE(MmDoesFileHaveUserWritableReferences, SectionPointer);
    return __atomic_load_n(&SectionPointer->DataSectionObject, __ATOMIC_ACQUIRE) != NULL;
}

/* WDK: MmIsRecursiveIoFault. Is the thread reading pages for a fault that happened while it did I/O? No page
 * is ever read in here. */
BOOLEAN NTAPI MmIsRecursiveIoFault(VOID)
{
    GATE(MmIsRecursiveIoFault);
    return FALSE;
}
