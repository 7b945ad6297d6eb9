/*
 * The measuring of kernel stacks, as trace starts and stops it.
 */
#pragma once

void trace_start_marks(void);
void trace_stop_marks(void);
