/*
 * From here on DEFINE_GUID defines. Headers that were read before keep their declarations.
 */
#ifndef INITGUID
#define INITGUID
#endif
#include "guiddef.h"
