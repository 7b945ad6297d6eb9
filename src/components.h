/*
 * The machine's components in the order of the layers: each has a <name>_start and a <name>_stop. The trace is no layer: it
 * begins before the first thread and ends after the last, since a thread may be in an observer until it has ended.
 */
#pragma once

#include "gate.h"

#define MACHINE_COMPONENTS                                                                                   \
    COMPONENT(host)                                                                                          \
    COMPONENT(gate)                                                                                          \
    COMPONENT(mm)                                                                                            \
    COMPONENT(trace)                                                                                         \
    COMPONENT(access)                                                                                        \
    COMPONENT(pointers)                                                                                      \
    COMPONENT(ke)                                                                                            \
    COMPONENT(ob)                                                                                            \
    COMPONENT(ps)                                                                                            \
    COMPONENT(ex)                                                                                            \
    COMPONENT(se)                                                                                            \
    COMPONENT(tm)                                                                                            \
    COMPONENT(cm)                                                                                            \
    COMPONENT(analyze)                                                                                       \
    COMPONENT(dbg)                                                                                           \
    COMPONENT(etw)                                                                                           \
    COMPONENT(io)                                                                                            \
    COMPONENT(win32)

#define COMPONENT(name)                                                                                      \
    void name##_start(void);                                                                                 \
    void name##_stop(void);
MACHINE_COMPONENTS
#undef COMPONENT

struct ntio_options;
/* What the options and the environment say about memory (access); false: the host cannot, and the log says what. */
bool access_configure(const struct ntio_options *);

/* Before any of them stops: the client's threads end (io). */
void io_end_clients(void);
