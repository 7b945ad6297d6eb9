/*
 * Checked integer arithmetic and conversions for clients: S_OK and the result, or INTSAFE_E_ARITHMETIC_OVERFLOW and the type's error
 * value, which is all ones (0 for UCHAR).
 */
#ifndef NTIO_INTSAFE_SDK_H
#define NTIO_INTSAFE_SDK_H
#define _INTSAFE_H_INCLUDED_

#include <limits.h>
#include <windef.h>
#include <winerror.h>

#define INTSAFE_E_ARITHMETIC_OVERFLOW ((HRESULT)0x80070216)

#define NTIO_SAFE_NAME_(name) name
#define NTIO_SAFE_RESULT_     HRESULT
#define NTIO_SAFE_OK_         S_OK
#define NTIO_SAFE_OVERFLOW_   INTSAFE_E_ARITHMETIC_OVERFLOW
#include "ntio_intsafe.h"

#define Long32Add  LongAdd
#define Long32Sub  LongSub
#define Long32Mult LongMult
#define UIntToDWord UIntToULong
#define SizeTToDWord SizeTToULong

#endif
