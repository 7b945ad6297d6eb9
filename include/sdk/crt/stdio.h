/*
 * <stdio.h> as a client sees it: the host's, then what Microsoft's has otherwise.
 */
#ifndef NTIO_SDK_STDIO_H
#define NTIO_SDK_STDIO_H

#include_next <stdio.h>
#include "ntio_crt_client.h"

#endif
