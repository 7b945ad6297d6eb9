/*
 * <ctype.h> as a client sees it: the host's, then what Microsoft's has otherwise.
 */
#ifdef NTIO_CXX_HOST
#include_next <ctype.h>
#else
#ifndef NTIO_SDK_CTYPE_H
#define NTIO_SDK_CTYPE_H

#include_next <ctype.h>
#include "ntio_crt_client.h"

#endif
#endif
