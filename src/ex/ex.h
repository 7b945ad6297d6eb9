/*
 * The executive's helpers as the components above see them. Everything they need is a DDI.
 */
#pragma once

#include <ntifs.h>
#include "../gate.h"

void ex_start(void); /* the system worker threads */
void ex_stop(void);  /* waits for the work items that are queued */
