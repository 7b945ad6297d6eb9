/*
 * <string.h> as a client sees it: the host's, then what Microsoft's has otherwise.
 */
#ifdef NTIO_CXX_HOST
#include_next <string.h>
#else
#ifndef NTIO_SDK_STRING_H
#define NTIO_SDK_STRING_H

#include_next <string.h>
#include "ntio_crt_client.h"

#endif
#endif
