/*
 * What a driver image exports: its service name and its entry point. ntio_add_driver compiles one into each image.
 */
#ifndef NTIO_IMAGE_H
#define NTIO_IMAGE_H

#define NTIO_IMAGE_VERSION 1
#define NTIO_IMAGE_SYMBOL  "ntio_image"

struct ntio_image {
    int version;       /* NTIO_IMAGE_VERSION */
    const char *name;  /* the service name */
    int (*entry)(void *driver_object, void *registry_path); /* DriverEntry */
};

/* Bug check 0xF7: the function to which `where`, a return address, belongs has overrun a buffer on its stack. */
__attribute__((visibility("default"), noreturn)) void ntio_image_overran(const void *where);

#endif
