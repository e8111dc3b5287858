/* What crypt.h has besides digests: a program that uses only these needs no OpenSSL. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>

#include "liaison/base/crypt.h"

int
random_bytes(void *out, size_t size)
{
	uint8_t *at = out;

	while (size > 0) {
		ssize_t got = getrandom(at, size, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		at += got;
		size -= (size_t)got;
	}
	return 0;
}

void
wipe(void *bytes, size_t size)
{
	if (size > 0)
		explicit_bzero(bytes, size);
}

static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *
base64_encode(struct arena *arena, const void *bytes, size_t size)
{
	const uint8_t *in = bytes;
	char *out = arena_alloc(arena, (size / 3 + 1) * 4 + 1), *at = out;

	for (; size >= 3; size -= 3, in += 3) {
		*at++ = BASE64[in[0] >> 2];
		*at++ = BASE64[(in[0] & 3) << 4 | in[1] >> 4];
		*at++ = BASE64[(in[1] & 15) << 2 | in[2] >> 6];
		*at++ = BASE64[in[2] & 63];
	}
	if (size > 0) {
		*at++ = BASE64[in[0] >> 2];
		*at++ = BASE64[(in[0] & 3) << 4 | (size > 1 ? in[1] >> 4 : 0)];
		*at++ = size > 1 ? BASE64[(in[1] & 15) << 2] : '=';
		*at++ = '=';
	}
	*at = '\0';
	return out;
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four letters to three bytes; false if one is no letter of the alphabet. */
static bool
decode_group(const char *text, uint8_t *out)
{
	int value[4];

	for (int i = 0; i < 4; i++)
		if ((value[i] = base64_value(text[i])) < 0)
			return false;
	out[0] = (uint8_t)(value[0] << 2 | value[1] >> 4);
	out[1] = (uint8_t)(value[1] << 4 | value[2] >> 2);
	out[2] = (uint8_t)(value[2] << 6 | value[3]);
	return true;
}

uint8_t *
base64_decode(struct arena *arena, const char *text, size_t length, size_t *size)
{
	uint8_t *out = arena_alloc(arena, length / 4 * 3 + 1);
	size_t groups = length / 4, padding = 0;
	char last[4];
	uint8_t bytes[3];

	if (length % 4 != 0)
		return NULL;
	*size = 0;
	if (groups == 0)
		return out;
	for (size_t i = 0; i + 1 < groups; i++)
		if (!decode_group(text + 4 * i, out + 3 * i))
			return NULL;
	memcpy(last, text + length - 4, 4);
	for (size_t i = 3; i >= 2 && last[i] == '='; i--) {
		last[i] = 'A';
		padding++;
	}
	if (!decode_group(last, bytes))
		return NULL;
	for (size_t i = 3 - padding; i < 3; i++) /* bits that mean nothing must be zero */
		if (bytes[i] != 0)
			return NULL;
	memcpy(out + 3 * (groups - 1), bytes, 3 - padding);
	*size = 3 * groups - padding;
	return out;
}

char *
hex_encode(struct arena *arena, const void *bytes, size_t size)
{
	static const char DIGITS[] = "0123456789abcdef";
	const uint8_t *in = bytes;
	char *out = arena_alloc(arena, 2 * size + 1);

	for (size_t i = 0; i < size; i++) {
		out[2 * i] = DIGITS[in[i] >> 4];
		out[2 * i + 1] = DIGITS[in[i] & 15];
	}
	return out;
}

int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

uint64_t
hash64(const void *bytes, size_t size)
{
	const uint8_t *in = bytes;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ in[i]) * UINT64_C(0x100000001b3);
	hash ^= hash >> 33; /* FNV's low bits alone are weak */
	hash *= UINT64_C(0xff51afd7ed558ccd);
	return hash ^ hash >> 33;
}

/* ---- SipHash: Aumasson and Bernstein, 2012 ---- */

static uint64_t
rotate(uint64_t word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static void
sip_rounds(uint64_t v[4], int count)
{
	while (count-- > 0) {
		v[0] += v[1];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[0] = rotate(v[0], 32);
		v[2] += v[3];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

static uint64_t
little_endian(const uint8_t *in, size_t size)
{
	uint64_t word = 0;

	for (size_t i = 0; i < size; i++)
		word |= (uint64_t)in[i] << 8 * i;
	return word;
}

static void
sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_rounds(v, 2);
	v[0] ^= word;
}

uint64_t
hash64_keyed(const uint8_t key[HASH_KEY_SIZE], const void *bytes, size_t size)
{
	const uint8_t *in = bytes;
	uint64_t low = little_endian(key, 8), high = little_endian(key + 8, 8);
	uint64_t v[4] = { low ^ UINT64_C(0x736f6d6570736575), high ^ UINT64_C(0x646f72616e646f6d),
		low ^ UINT64_C(0x6c7967656e657261), high ^ UINT64_C(0x7465646279746573) };
	size_t whole = size & ~(size_t)7;

	for (size_t i = 0; i < whole; i += 8)
		sip_word(v, little_endian(in + i, 8));
	sip_word(v, little_endian(in + whole, size - whole) | (uint64_t)size << 56);
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
