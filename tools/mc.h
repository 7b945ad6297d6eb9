/*
 * The two things that the message compiler makes headers of.
 */
#pragma once

#include "file.h"

/* *.mc: error and event messages. False, with a message, when it cannot be understood. */
bool mc_messages(const char *path, const char *text, bool customer, struct text *out);
/* An instrumentation manifest: events, for a driver or for a client. */
bool mc_manifest(const char *path, const char *text, bool kernel, struct text *out);
