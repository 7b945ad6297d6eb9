/*
 * <wctype.h> as a client sees it: the host's, then what Microsoft's has otherwise.
 */
#ifdef NTIO_CXX_HOST
#include_next <wctype.h>
#else
#ifndef NTIO_SDK_WCTYPE_H
#define NTIO_SDK_WCTYPE_H

#include_next <wctype.h>
#include "ntio_crt_client.h"

#endif
#endif
