// The system's static libhdf5 has a driver that reads files of Amazon S3, which Swiftlet never calls. In place
// of the libraries of networks and ciphers that it asks for, the portable command has functions that fail.
#include <stddef.h>

void *curl_easy_init(void) { return NULL; }
int curl_easy_perform(void *handle) { (void)handle; return 1; }
int curl_easy_setopt(void *handle, int option, ...) { (void)handle; (void)option; return 1; }
void curl_easy_cleanup(void *handle) { (void)handle; }
int curl_global_init(long flags) { (void)flags; return 1; }
void curl_global_cleanup(void) {}
void *curl_slist_append(void *list, const char *text) { (void)list; (void)text; return NULL; }
void curl_slist_free_all(void *list) { (void)list; }
const void *EVP_sha256(void) { return NULL; }
unsigned char *HMAC(void) { return NULL; }
unsigned char *SHA256(void) { return NULL; }
