/*
 * What COM's headers take from the compiler; included for GUID mostly.
 */
#ifndef NTIO_BASETYPS_H
#define NTIO_BASETYPS_H
#define _BASETYPS_H_

#include "guiddef.h"

#ifndef STDMETHODCALLTYPE
#define STDMETHODCALLTYPE __stdcall
#define STDAPICALLTYPE    __stdcall
#endif

#endif
