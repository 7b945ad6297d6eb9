/*
 * What a driver image exports: its service name and its entry point. ntio_add_driver compiles one into each image.
 */
#ifndef NTIO_IMAGE_H
#define NTIO_IMAGE_H

#define NTIO_IMAGE_VERSION 2
#define NTIO_IMAGE_SYMBOL  "ntio_image"

/* Code that no driver calls: the client's, [low, end). Filled in when the image is loaded. */
struct ntio_image_fence {
    unsigned long low, end;
};

struct ntio_image {
    int version;       /* NTIO_IMAGE_VERSION */
    const char *name;  /* the service name */
    int (*entry)(void *driver_object, void *registry_path); /* DriverEntry */
    struct ntio_image_fence *fence; /* what its indirect calls are held against; NULL: they are not */
};

/* Bug check 0xF7: the function to which `where`, a return address, belongs has overrun a buffer on its stack. */
__attribute__((visibility("default"), noreturn)) void ntio_image_overran(const void *where);
/* Bug check 0xFC: the call that returns to `where` was to lead to `address`, the client's code. */
__attribute__((visibility("default"), noreturn)) void ntio_image_strayed(const void *address, const void *where);

#endif
