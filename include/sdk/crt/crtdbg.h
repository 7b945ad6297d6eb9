/*
 * <crtdbg.h> as it is without _DEBUG: everything is there and nothing is done. A sanitizer does it better.
 */
#ifndef NTIO_SDK_CRTDBG_H
#define NTIO_SDK_CRTDBG_H

#define _CRT_WARN   0
#define _CRT_ERROR  1
#define _CRT_ASSERT 2

#define _CRTDBG_MODE_FILE        0x1
#define _CRTDBG_MODE_DEBUG       0x2
#define _CRTDBG_MODE_WNDW        0x4
#define _CRTDBG_ALLOC_MEM_DF     0x01
#define _CRTDBG_DELAY_FREE_MEM_DF 0x02
#define _CRTDBG_CHECK_ALWAYS_DF  0x04
#define _CRTDBG_CHECK_CRT_DF     0x10
#define _CRTDBG_LEAK_CHECK_DF    0x20
#define _CRTDBG_REPORT_FLAG      (-1)

#define _ASSERT(expr)             ((void)0)
#define _ASSERTE(expr)            ((void)0)
#define _RPT0(type, msg)          ((void)0)
#define _RPT1(type, msg, a)       ((void)0)
#define _RPT2(type, msg, a, b)    ((void)0)
#define _CrtSetReportMode(t, f)   ((int)0)
#define _CrtSetReportFile(t, f)   ((void *)0)
#define _CrtSetDbgFlag(f)         ((int)0)
#define _CrtSetBreakAlloc(n)      ((long)0)
#define _CrtCheckMemory()         ((int)1)
#define _CrtDumpMemoryLeaks()     ((int)0)

#endif
