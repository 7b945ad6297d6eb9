/*
 * <ctype.h> as a driver sees it.
 */
#ifndef NTIO_DDK_CTYPE_H
#define NTIO_DDK_CTYPE_H

#ifdef __cplusplus
extern "C" {
#endif

int isalpha(int);
int isupper(int);
int islower(int);
int isdigit(int);
int isxdigit(int);
int isspace(int);
int ispunct(int);
int isalnum(int);
int isprint(int);
int isgraph(int);
int iscntrl(int);
int toupper(int);
int tolower(int);
#define __isascii(c) ((unsigned)(c) < 0x80)
#define __toascii(c) ((c) & 0x7F)
#define isascii      __isascii
#define toascii      __toascii
#define _toupper(c)  ((c) - 'a' + 'A')
#define _tolower(c)  ((c) - 'A' + 'a')

#ifdef __cplusplus
}
#endif

#include "string.h"

#endif
