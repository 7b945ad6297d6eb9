/*
 * What the driver and its client share: the device's name, and what it does.
 *
 * A read waits until somebody writes. A write gives its bytes to the read that has waited longest and succeeds with the
 * number that fitted; when no read is waiting it fails with ERROR_NOT_READY.
 */
#pragma once

#define QUEUE_DEVICE_TYPE 0x8002
#define QUEUE_WIN32_NAME  "\\\\.\\Queue"
