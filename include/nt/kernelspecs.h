/* The annotations of this name stand in <sal.h>. */
#include "sal.h"
