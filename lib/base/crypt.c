/* The digests, and with them OpenSSL; what needs no library is in encode.c. */
#include "liaison/base/crypt.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdlib.h>

struct sha256_state {
	EVP_MD_CTX *context;
};

/* Fetched once: OpenSSL 3 otherwise looks the algorithm up by name for each digest. */
static EVP_MD *sha256_method;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void
fetch_method(void)
{
	sha256_method = EVP_MD_fetch(NULL, "SHA256", NULL);
}

static const EVP_MD *
method(void)
{
	pthread_once(&sha256_once, fetch_method);
	return sha256_method ? sha256_method : EVP_sha256();
}

/* Digests fail only when memory does. */
static void
must(int worked)
{
	if (worked != 1)
		mem_exhausted();
}

void
sha256(const void *bytes, size_t size, uint8_t out[SHA256_SIZE])
{
	must(EVP_Digest(bytes, size, out, NULL, method(), NULL));
}

struct sha256_state *
sha256_new(void)
{
	struct sha256_state *state = mem_zero(1, sizeof *state);

	state->context = EVP_MD_CTX_new();
	must(state->context != NULL);
	must(EVP_DigestInit_ex(state->context, method(), NULL));
	return state;
}

void
sha256_add(struct sha256_state *state, const void *bytes, size_t size)
{
	must(EVP_DigestUpdate(state->context, bytes, size));
}

void
sha256_end(struct sha256_state *state, uint8_t out[SHA256_SIZE])
{
	must(EVP_DigestFinal_ex(state->context, out, NULL));
	EVP_MD_CTX_free(state->context);
	free(state);
}

void
hmac_sha256(
	const void *key, size_t key_size, const void *bytes, size_t size, uint8_t out[SHA256_SIZE])
{
	unsigned length = SHA256_SIZE;

	/* An empty key is a key too, but NULL means "the last one" to OpenSSL. */
	must(HMAC(method(), key_size ? key : "", (int)key_size, bytes, size, out, &length) != NULL);
}
