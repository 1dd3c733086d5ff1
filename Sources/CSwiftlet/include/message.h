// The message that swiftlet_message answers, one per thread; not installed with swiftlet.h.
#ifndef SWIFTLET_MESSAGE_H
#define SWIFTLET_MESSAGE_H

#include <stddef.h>

/// Keeps a text in UTF-8 as the calling thread's message, cut at a character if it is very long.
void message_keep(const char *text, size_t count);
/// The calling thread's message, ended by a zero byte.
const char *message_kept(void);

#endif
