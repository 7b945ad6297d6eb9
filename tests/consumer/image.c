/* What a driver's image exports; ntio_add_driver would have made this. */
#include <ntio_image.h>

extern int DriverEntry(void *driver_object, void *registry_path);

__attribute__((visibility("default"))) const struct ntio_image ntio_image = {NTIO_IMAGE_VERSION, "consumer",
                                                                             DriverEntry};
