/*
 * The trace functions as a driver configures them.
 */
#pragma once

#define WPP_CONTROL_GUIDS                                                                                    \
    WPP_DEFINE_CONTROL_GUID(TracingGuid, (2d9b4f50, 7a3c, 4f0e, 9c51, 7c11e0f0a002),                          \
                            WPP_DEFINE_BIT(TRACE_LIFE) WPP_DEFINE_BIT(TRACE_IO))                              \
    WPP_DEFINE_CONTROL_GUID(OtherGuid, (2d9b4f50, 7a3c, 4f0e, 9c51, 7c11e0f0a003), WPP_DEFINE_BIT(OTHER_FLAG))

#define WPP_LEVEL_FLAGS_LOGGER(level, flags) WPP_LEVEL_LOGGER(flags)
#define WPP_LEVEL_FLAGS_ENABLED(level, flags)                                                                \
    (WPP_LEVEL_ENABLED(flags) && WPP_CONTROL(WPP_BIT_##flags).Level >= level)

enum tracing_base { BASE = 0x10 };
typedef enum _TRACING_STATE {
    TracingStopped,
    TracingStarted = BASE + 1, /* a name of another enumeration: what follows has none */
} TRACING_STATE;
typedef enum _TRACING_COLOUR { Red = 4, Green, Blue = (1 << 3) | 1 } TRACING_COLOUR;

/*
 * begin_wpp config
 * CUSTOM_TYPE(colour, ItemEnum(_TRACING_COLOUR));
 * CUSTOM_TYPE(state, ItemEnum(TRACING_STATE));
 * CUSTOM_TYPE(answer, ItemListByte(No, Yes, Maybe=7));
 * CUSTOM_TYPE(rights, ItemSetLong(Read, Write, Execute));
 * DEFINE_CPLX_TYPE(HEXDUMP, WPP_LOGHEXDUMP, struct tracing_dump, ItemHEXDump, "s", _HEX_, 0, 2);
 * end_wpp
 */

// begin_wpp config
// USEPREFIX (TraceFunction, "%!FUNC! says: ");
// FUNC TraceFunction{LEVEL=TRACE_LEVEL_WARNING}(FLAGS, MSG, ...);
// FUNC TraceReturn{FLAG=TRACE_IO}(EXP);  // no message of its own
// USESUFFIX (TraceReturn, "returns %!STATUS!", EXP);
// end_wpp

struct tracing_dump {
    const void *buffer;
    SHORT length;
};

#define WPP_FLAG_EXP_PRE(FLAGS, HR) { if (HR != STATUS_SUCCESS) {
#define WPP_FLAG_EXP_POST(FLAGS, HR) ; } }
#define WPP_FLAG_EXP_ENABLED(FLAGS, HR) WPP_FLAG_ENABLED(FLAGS)
#define WPP_FLAG_EXP_LOGGER(FLAGS, HR)  WPP_FLAG_LOGGER(FLAGS)
