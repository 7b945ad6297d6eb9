/*
 * <ctype.h> as a client sees it: the host's, then what Microsoft's has otherwise.
 */
#ifndef NTIO_SDK_CTYPE_H
#define NTIO_SDK_CTYPE_H

#include_next <ctype.h>
#include "ntio_crt_client.h"

#endif
