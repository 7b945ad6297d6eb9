/*
 * <stdio.h> as a client sees it: the host's, then what Microsoft's has otherwise.
 */
#ifdef NTIO_CXX_HOST
#include_next <stdio.h>
#else
#ifndef NTIO_SDK_STDIO_H
#define NTIO_SDK_STDIO_H

#include_next <stdio.h>
#include "ntio_crt_client.h"

#endif
#endif
