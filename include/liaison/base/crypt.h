#ifndef LIAISON_BASE_CRYPT_H
#define LIAISON_BASE_CRYPT_H

#include <stddef.h>
#include <stdint.h>

#include "liaison/base/arena.h"

/* The only door to OpenSSL's digests; base64 (RFC 4648); random bytes; wiping. */

enum { SHA256_SIZE = 32 };

void sha256(const void *bytes, size_t size, uint8_t out[SHA256_SIZE]);

struct sha256_state;
struct sha256_state *sha256_new(void);
void sha256_add(struct sha256_state *state, const void *bytes, size_t size);
/* Fills out and frees state. */
void sha256_end(struct sha256_state *state, uint8_t out[SHA256_SIZE]);

void hmac_sha256(
	const void *key, size_t key_size, const void *bytes, size_t size, uint8_t out[SHA256_SIZE]);
int random_bytes(void *out, size_t size); /* 0 or -1 */
void wipe(void *bytes, size_t size); /* not optimised away */

char *base64_encode(struct arena *arena, const void *bytes, size_t size);
/* Strict: padding required, no blanks. NULL if it is not base64. */
uint8_t *base64_decode(struct arena *arena, const char *text, size_t length, size_t *size);
char *hex_encode(struct arena *arena, const void *bytes, size_t size);
int hex_digit(char c); /* its value, of either case; -1: it is none */

/* 64-bit hash of bytes for tables; not for secrets. FNV-1a with a final mix. */
uint64_t hash64(const void *bytes, size_t size);
/* The same for secrets: without the key nothing is told by it. SipHash-2-4, which needs no library. */
enum { HASH_KEY_SIZE = 16 };
uint64_t hash64_keyed(const uint8_t key[HASH_KEY_SIZE], const void *bytes, size_t size);

#endif
