/*
 * WPP software tracing: what a *.tmh file (made from the source by `ntio wpp`) stands on. Control blocks and flags have WPP's
 * names, since a source's own macros (WPP_LEVEL_FLAGS_ENABLED and the like) read them; a message goes to ntio's log.
 *
 * The source defines WPP_CONTROL_GUIDS before it includes its .tmh:
 *     WPP_DEFINE_CONTROL_GUID(Name, (guid in five parts), WPP_DEFINE_BIT(FLAG) ...) ...
 */
#ifndef NTIO_WPP_H
#define NTIO_WPP_H

#include "ntio_etw.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _WPP_TRACE_CONTROL_BLOCK {
    REGHANDLE Registration;
    TRACEHANDLE Logger;
    UCHAR FlagsLen;
    UCHAR Level;
    USHORT Reserved;
    ULONG Flags[4];
    const char *Name; /* the control GUID's, as the source has it */
    const char *Guid;
} WPP_TRACE_CONTROL_BLOCK, *PWPP_TRACE_CONTROL_BLOCK;
typedef union {
    WPP_TRACE_CONTROL_BLOCK Control;
} WPP_CB_TYPE, *PWPP_CB_TYPE;

/* A %!NAME! that a configuration block defines: what the numbers are called. */
struct ntio_wpp_item {
    long long value;
    const char *text;
};
struct ntio_wpp_type {
    const char *name;
    enum { NTIO_WPP_ENUM, NTIO_WPP_SET, NTIO_WPP_DUMP } kind; /* set: bit numbers; dump: a structure {buffer, length} */
    unsigned size;                                            /* of the argument, in bytes */
    unsigned count;
    const struct ntio_wpp_item *items;
};

/* Where a message stands. */
struct ntio_wpp_site {
    const char *file, *function;
    int line, level;
    const char *flags;
    const struct ntio_wpp_type *types;
    unsigned type_count;
};

NTIO_EXPORT void ntio_wpp_start(WPP_CB_TYPE *blocks, unsigned count);
NTIO_EXPORT void ntio_wpp_stop(WPP_CB_TYPE *blocks, unsigned count);
NTIO_EXPORT void ntio_wpp_message(TRACEHANDLE logger, const struct ntio_wpp_site *site, const char *format, ...);

#define WPP_EVAL(x)        x
#define WPP_STRINGIZE(...) #__VA_ARGS__

#ifdef WPP_CONTROL_GUIDS
#define WPP_DEFINE_BIT(Name)
#define WPP_DEFINE_CONTROL_GUID(Name, Guid, Bits) WPP_CTL_##Name,
enum WPP_CTL_NAMES { WPP_CONTROL_GUIDS WPP_LAST_CTL };
#undef WPP_DEFINE_CONTROL_GUID
#undef WPP_DEFINE_BIT
#define WPP_DEFINE_CONTROL_GUID(Name, Guid, Bits)                                                            \
    WPP_BLOCK_START_##Name = WPP_CTL_##Name * 0x10000, Bits WPP_BLOCK_END_##Name,
#define WPP_DEFINE_BIT(Name) WPP_BIT_##Name,
enum WPP_DEFINE_BIT_NAMES { WPP_CONTROL_GUIDS };
#undef WPP_DEFINE_CONTROL_GUID
#undef WPP_DEFINE_BIT

/* One array in an image, whatever the number of its sources. */
__attribute__((weak, visibility("hidden"))) WPP_CB_TYPE WPP_MAIN_CB[WPP_LAST_CTL] = {
#define WPP_DEFINE_BIT(Name)
#define WPP_DEFINE_CONTROL_GUID(Name_, Guid_, Bits)                                                          \
    [WPP_CTL_##Name_] = {.Control = {.FlagsLen = 1, .Name = #Name_, .Guid = #Guid_}},
    WPP_CONTROL_GUIDS
#undef WPP_DEFINE_CONTROL_GUID
#undef WPP_DEFINE_BIT
};
__attribute__((weak, visibility("hidden"))) WPP_CB_TYPE *WPP_GLOBAL_Control = WPP_MAIN_CB;
#define WPP_CB              WPP_MAIN_CB
#define WPP_INIT_TRACING(...) ntio_wpp_start(WPP_MAIN_CB, WPP_LAST_CTL)
#define WPP_CLEANUP(...)      ntio_wpp_stop(WPP_MAIN_CB, WPP_LAST_CTL)
#define WPP_SYSTEMCONTROL(DriverObject)
#define WPP_SYSTEMCONTROL2(DriverObject, Offset)
#define WPP_INIT_GUID_ARRAY
#endif

#define WPP_CTRL_NO(CTL)   ((CTL) >> 16)
#define WPP_FLAG_NO(CTL)   ((0xFFFF & ((CTL) - 1)) / 32)
#define WPP_MASK(CTL)      (1u << (((CTL) - 1) & 31))
#define WPP_CONTROL(CTL)   (WPP_CB[WPP_CTRL_NO(CTL)].Control)
#ifndef WPP_LOGGER_ARG
#define WPP_LOGGER_ARG
#endif
#ifndef WPP_LEVEL_LOGGER
#define WPP_LEVEL_LOGGER(CTL)  (WPP_CONTROL(WPP_BIT_##CTL).Logger),
#endif
#ifndef WPP_LEVEL_ENABLED
#define WPP_LEVEL_ENABLED(CTL)                                                                               \
    (WPP_CONTROL(WPP_BIT_##CTL).Flags[WPP_FLAG_NO(WPP_BIT_##CTL)] & WPP_MASK(WPP_BIT_##CTL))
#endif
#ifndef WPP_FLAG_LOGGER
#define WPP_FLAG_LOGGER(CTL)  WPP_LEVEL_LOGGER(CTL)
#endif
#ifndef WPP_FLAG_ENABLED
#define WPP_FLAG_ENABLED(CTL) WPP_LEVEL_ENABLED(CTL)
#endif
#ifndef WPP_FLAGS_LOGGER
#define WPP_FLAGS_LOGGER(CTL)  WPP_LEVEL_LOGGER(CTL)
#endif
#ifndef WPP_FLAGS_ENABLED
#define WPP_FLAGS_ENABLED(CTL) WPP_LEVEL_ENABLED(CTL)
#endif
#ifndef WPP_LEVEL_FLAGS_LOGGER
#define WPP_LEVEL_FLAGS_LOGGER(Level_, Flags_)  WPP_LEVEL_LOGGER(Flags_)
#endif
#ifndef WPP_LEVEL_FLAGS_ENABLED
#define WPP_LEVEL_FLAGS_ENABLED(Level_, Flags_)                                                              \
    (WPP_LEVEL_ENABLED(Flags_) && WPP_CONTROL(WPP_BIT_##Flags_).Level >= (Level_))
#endif
#ifndef WPP_FLAG_LEVEL_LOGGER
#define WPP_FLAG_LEVEL_LOGGER(Flag_, Level_)    WPP_LEVEL_LOGGER(Flag_)
#endif
#ifndef WPP_FLAG_LEVEL_ENABLED
#define WPP_FLAG_LEVEL_ENABLED(Flag_, Level_)   WPP_LEVEL_FLAGS_ENABLED(Level_, Flag_)
#endif

#ifdef __cplusplus
}
#endif
#endif
