/*
 * <wchar.h> as a client sees it: the host's, then what Microsoft's has otherwise.
 */
#ifdef NTIO_CXX_HOST
#include_next <wchar.h>
#else
#ifndef NTIO_SDK_WCHAR_H
#define NTIO_SDK_WCHAR_H

#include_next <wchar.h>
#include "ntio_crt_client.h"

#endif
#endif
