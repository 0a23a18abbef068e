/* hash.h - FNV-1a, 64 bits: a checksum that any language computes in three
 * lines.  Any thread. */
#ifndef TARGET_HASH_H
#define TARGET_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_FNV1A UINT64_C(0xcbf29ce484222325)

/* Continues `hash`, HASH_FNV1A at first, over more bytes. */
uint64_t hash_fnv1a(uint64_t hash, const void *bytes, size_t len);

#endif
