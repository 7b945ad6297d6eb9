/*
 * Checked integer arithmetic and conversions: STATUS_SUCCESS and the result, or STATUS_INTEGER_OVERFLOW and the type's error
 * value, which is all ones (0 for UCHAR). A name for each pair of types; what the compiler's overflow builtins tell decides.
 */
#ifndef NTIO_NTINTSAFE_H
#define NTIO_NTINTSAFE_H

#include "ntdef.h"
#include "ntstatus.h"

#define NTIO_SAFE_NAME_(name) Rtl##name
#define NTIO_SAFE_RESULT_     NTSTATUS
#define NTIO_SAFE_OK_         STATUS_SUCCESS
#define NTIO_SAFE_OVERFLOW_   STATUS_INTEGER_OVERFLOW
#include "ntio_intsafe.h"

#define RtlLong32Add  RtlLongAdd
#define RtlLong32Sub  RtlLongSub
#define RtlLong32Mult RtlLongMult

#endif
