#include "message.h"
#include "swiftlet.h"

#include <string.h>

static _Thread_local char message[1024];

void message_keep(const char *text, size_t count) {
    if (count >= sizeof message) {
        count = sizeof message - 1;
        // Not in the middle of a character: bytes from 0x80 to 0xbf continue one.
        while (count > 0 && ((unsigned char)text[count] & 0xc0) == 0x80) count--;
    }
    memcpy(message, text, count);
    message[count] = 0;
}

const char *message_kept(void) { return message; }
