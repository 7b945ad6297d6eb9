/*
 * <conio.h>: the console, key by key.
 */
#ifndef NTIO_SDK_CONIO_H
#define NTIO_SDK_CONIO_H

#include <stdio.h>

EXTERN_C_START

/** Waits for one key, without echo. -1 when there is no more input. */
NTIO_CRT_ int ntio_getch(void);
/** As ntio_getch, with echo. */
NTIO_CRT_ int ntio_getche(void);
/** Not 0 when a key waits to be read, or when there is no more input. */
NTIO_CRT_ int ntio_kbhit(void);

#define _getch      ntio_getch
#define getch       ntio_getch
#define _getche     ntio_getche
#define getche      ntio_getche
#define _kbhit      ntio_kbhit
#define kbhit       ntio_kbhit
#define _putch      putchar
#define putch       putchar
#define _cputs(s)   fputs((s), stdout)
#define cputs(s)    fputs((s), stdout)
#define _cprintf    ntio_printf
#define cprintf     ntio_printf

EXTERN_C_END

#endif
