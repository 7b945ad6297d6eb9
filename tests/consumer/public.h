/* What driver and clients share. */
#pragma once

#define CONSUMER_TYPE 0x9001
#define IOCTL_CONSUMER_ANSWER CTL_CODE(CONSUMER_TYPE, 0x800, METHOD_BUFFERED, FILE_READ_DATA)
