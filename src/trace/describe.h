/*
 * The things of the I/O manager in words, for the trace and for a bug check's report. Each writes a terminated text
 * and returns it; none of them takes a lock or follows a pointer that it has not checked.
 */
#pragma once

#include <ntifs.h>

const char *describe_major(UCHAR major);                                     /* "IRP_MJ_READ" */
const char *describe_status(NTSTATUS, char *text, size_t size);              /* "STATUS_SUCCESS" or "0xC0001234" */
const char *describe_device(PDEVICE_OBJECT, char *text, size_t size);        /* "\Device\Name (\Driver\Name)" */
const char *describe_driver(PDRIVER_OBJECT, char *text, size_t size);        /* "\Driver\Name" */
const char *describe_request(PIRP, PIO_STACK_LOCATION, char *text, size_t size); /* major function and parameters */
