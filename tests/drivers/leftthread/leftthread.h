/* What the driver is asked for. */
#define LEFT_WAITING CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS) /* a thread that waits for ever */
#define LEFT_LEAVING CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS) /* one that DriverUnload stops and leaves */
#define LEFT_PLACES  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS) /* two pointers: to data, to code */
