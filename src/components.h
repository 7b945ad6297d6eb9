/*
 * The machine's components in the order of the layers: each has a <name>_start and a <name>_stop.
 */
#pragma once

#include "gate.h"

#define MACHINE_COMPONENTS                                                                                   \
    COMPONENT(host)                                                                                          \
    COMPONENT(gate)                                                                                          \
    COMPONENT(mm)                                                                                            \
    COMPONENT(ke)                                                                                            \
    COMPONENT(ob)                                                                                            \
    COMPONENT(ps)                                                                                            \
    COMPONENT(ex)                                                                                            \
    COMPONENT(se)                                                                                            \
    COMPONENT(cm)                                                                                            \
    COMPONENT(trace)                                                                                         \
    COMPONENT(analyze)                                                                                       \
    COMPONENT(dbg)                                                                                           \
    COMPONENT(io)                                                                                            \
    COMPONENT(win32)

#define COMPONENT(name)                                                                                      \
    void name##_start(void);                                                                                 \
    void name##_stop(void);
MACHINE_COMPONENTS
#undef COMPONENT

/* Before any of them stops: the client's threads end (io). */
void io_end_clients(void);
