#ifndef SWIFTLET_HASH_H
#define SWIFTLET_HASH_H

#include <stddef.h>
#include <stdint.h>

/// FarmHash's Fingerprint64, equal on all machines and for all time.
uint64_t sl_fingerprint(const uint8_t *text, size_t length);

/// SipHash-2-4 with a key of two words.
uint64_t sl_siphash(const uint64_t key[2], const uint8_t *text, size_t length);

/// Joins two fingerprints into one, as TensorFlow does for crossed features.
uint64_t sl_fingerprint_join(uint64_t first, uint64_t second);

#endif
