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

#endif
