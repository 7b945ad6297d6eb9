/* Processor groups: all of it is in <wdm.h>. */
#include "wdm.h"
