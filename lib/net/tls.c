#include "liaison/net/tls.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/base/arena.h"
#include "liaison/base/crypt.h"

/* Debian's authorities; read by name, so that SSL_CERT_FILE and SSL_CERT_DIR have no say. */
static const char SYSTEM_AUTHORITIES[] = "/etc/ssl/certs/ca-certificates.crt";

struct tls_context {
	SSL_CTX *ssl;
};

struct tls {
	SSL *ssl;
	char *host; /* own */
	char *fingerprint; /* own, or NULL */
	bool up, broken;
	char *failure; /* own: what the check of the certificate said */
};

static const char *
library_error(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	return reason ? reason : "no reason given";
}

static int
is_address(const char *host)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

static bool
fingerprint_matches(const char *wanted, X509 *certificate)
{
	unsigned char digest[SHA256_SIZE];
	unsigned size = 0;
	struct arena *arena = arena_new();
	bool same = X509_digest(certificate, EVP_sha256(), digest, &size) == 1 &&
		    size == SHA256_SIZE && strcmp(hex_encode(arena, digest, size), wanted) == 0;

	arena_free(arena);
	return same;
}

static void
name_issuer(X509 *certificate, char *out, size_t room)
{
	X509_NAME *name = certificate ? X509_get_issuer_name(certificate) : NULL;

	out[0] = '\0';
	if (name && X509_NAME_get_text_by_NID(name, NID_commonName, out, (int)room) < 1 &&
		X509_NAME_get_text_by_NID(name, NID_organizationName, out, (int)room) < 1)
		out[0] = '\0';
	for (char *p = out; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			*p = '?';
}

__attribute__((format(printf, 2, 3))) static void
remember_failure(struct tls *tls, const char *format, ...)
{
	char sentence[300];
	va_list list;

	va_start(list, format);
	vsnprintf(sentence, sizeof(sentence), format, list);
	va_end(list);
	free(tls->failure);
	tls->failure = mem_text(sentence);
}

static void
describe_failure(struct tls *tls, X509_STORE_CTX *store, X509 *leaf)
{
	X509 *at = X509_STORE_CTX_get_current_cert(store);
	char issuer[100];

	name_issuer(at ? at : leaf, issuer, sizeof(issuer));
	remember_failure(tls, "%s (issued by '%s')",
		X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)), issuer);
}

/* In place of OpenSSL's own check: the pinned certificate alone, or chain and name. */
static int
verify(X509_STORE_CTX *store, void *context)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *tls = SSL_get_app_data(ssl);
	X509 *leaf = X509_STORE_CTX_get0_cert(store);

	(void)context;
	if (tls->fingerprint) {
		if (leaf && fingerprint_matches(tls->fingerprint, leaf))
			return 1;
		remember_failure(tls, "%s", "it is not the one that tls-fingerprint names");
		X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
		return 0;
	}
	if (X509_verify_cert(store) == 1)
		return 1;
	describe_failure(tls, store, leaf);
	return 0;
}

static int
load_authorities(SSL_CTX *ssl, const char *ca_file, struct err *err)
{
	if (SSL_CTX_load_verify_file(ssl, ca_file ? ca_file : SYSTEM_AUTHORITIES) == 1)
		return 0;
	if (ca_file)
		return fail(err, ERR_CONFIG, "the ca-file '%s' cannot be read: %s", ca_file,
			library_error());
	ERR_clear_error(); /* no system authorities: every certificate will be refused by name */
	return 0;
}

struct tls_context *
tls_context_new(const char *ca_file, struct err *err)
{
	struct tls_context *context;
	SSL_CTX *ssl = SSL_CTX_new(TLS_client_method());

	if (!ssl) {
		fail(err, ERR_INTERNAL, "TLS cannot be set up: %s", library_error());
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
	SSL_CTX_set_options(
		ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY |
				      SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_read_ahead(ssl, 0);
	SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ssl, verify, NULL);
	if (load_authorities(ssl, ca_file, err) < 0) {
		SSL_CTX_free(ssl);
		return NULL;
	}
	context = mem_zero(1, sizeof(*context));
	context->ssl = ssl;
	return context;
}

void
tls_context_free(struct tls_context *context)
{
	if (!context)
		return;
	SSL_CTX_free(context->ssl);
	free(context);
}

static int
expect_host(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *wanted = SSL_get0_param(ssl);

	X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (is_address(host))
		return X509_VERIFY_PARAM_set1_ip_asc(wanted, host);
	return X509_VERIFY_PARAM_set1_host(wanted, host, 0) == 1 &&
	       SSL_set_tlsext_host_name(ssl, host) == 1;
}

struct tls *
tls_new(struct tls_context *context, int descriptor, const char *host, const char *fingerprint,
	struct err *err)
{
	struct tls *tls = mem_zero(1, sizeof(*tls));

	ERR_clear_error();
	tls->host = mem_text(host);
	tls->fingerprint = fingerprint ? mem_text(fingerprint) : NULL;
	tls->ssl = SSL_new(context->ssl);
	if (tls->ssl && SSL_set_fd(tls->ssl, descriptor) == 1 && expect_host(tls->ssl, host) == 1) {
		SSL_set_app_data(tls->ssl, tls);
		SSL_set_connect_state(tls->ssl);
		return tls;
	}
	fail(err, ERR_NETWORK, "TLS with '%s' cannot be set up: %s", host, library_error());
	tls_free(tls);
	return NULL;
}

void
tls_free(struct tls *tls)
{
	if (!tls)
		return;
	if (tls->ssl && tls->up && !tls->broken) {
		ERR_clear_error();
		SSL_shutdown(tls->ssl);
	}
	SSL_free(tls->ssl);
	free(tls->host);
	free(tls->fingerprint);
	free(tls->failure);
	free(tls);
}

static void
empty_chain(STACK_OF(X509) * chain)
{
	X509 *certificate;

	while (chain && (certificate = sk_X509_pop(chain)))
		X509_free(certificate);
}

/* An idle connection needs none of the certificates any more, and there are thousands of them. */
static void
drop_certificates(struct tls *tls)
{
	empty_chain(SSL_get_peer_cert_chain(tls->ssl));
	empty_chain(SSL_get0_verified_chain(tls->ssl));
	free(tls->fingerprint);
	tls->fingerprint = NULL;
}

static int
fail_handshake(struct tls *tls, int why, struct err *err)
{
	tls->broken = true;
	if (tls->failure)
		return fail(err, ERR_NETWORK, "the certificate of '%s' is refused: %s", tls->host,
			tls->failure);
	if (why == SSL_ERROR_SYSCALL && errno != 0)
		return fail(
			err, ERR_NETWORK, "TLS with '%s' failed: %s", tls->host, strerror(errno));
	if (why == SSL_ERROR_SYSCALL || why == SSL_ERROR_ZERO_RETURN ||
		ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return fail(err, ERR_NETWORK, "'%s' closed the connection during the TLS handshake",
			tls->host);
	if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_WRONG_VERSION_NUMBER)
		return fail(err, ERR_NETWORK, "'%s' does not speak TLS on this port", tls->host);
	return fail(err, ERR_NETWORK, "TLS with '%s' failed: %s", tls->host, library_error());
}

int
tls_handshake(struct tls *tls, enum tls_need *need, struct err *err)
{
	int result, why;

	ERR_clear_error();
	errno = 0;
	result = SSL_do_handshake(tls->ssl);
	if (result == 1) {
		tls->up = true;
		*need = TLS_READY;
		drop_certificates(tls);
		return 0;
	}
	why = SSL_get_error(tls->ssl, result);
	if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
		return fail_handshake(tls, why, err);
	*need = why == SSL_ERROR_WANT_READ ? TLS_NEEDS_READ : TLS_NEEDS_WRITE;
	return 0;
}

static int
fail_stream(struct tls *tls, int why, struct err *err)
{
	int reason = ERR_GET_REASON(ERR_peek_last_error());

	tls->broken = true;
	if (why == SSL_ERROR_ZERO_RETURN)
		return fail(err, ERR_NETWORK, "'%s' closed the connection", tls->host);
	if (why == SSL_ERROR_SSL && reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return fail(err, ERR_NETWORK, "the connection to '%s' was cut", tls->host);
	if (why == SSL_ERROR_SYSCALL)
		return fail(err, ERR_NETWORK, "the connection to '%s' was cut%s%s", tls->host,
			errno ? ": " : "", errno ? strerror(errno) : "");
	return fail(err, ERR_NETWORK, "TLS with '%s' broke: %s", tls->host, library_error());
}

static ssize_t
waits(struct tls *tls, int result, enum tls_need *need, struct err *err)
{
	int why = SSL_get_error(tls->ssl, result);

	if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
		return fail_stream(tls, why, err);
	if (why == SSL_ERROR_WANT_READ)
		SSL_free_buffers(tls->ssl); /* SSL_MODE_RELEASE_BUFFERS leaves one with TLS 1.3 */
	*need = why == SSL_ERROR_WANT_READ ? TLS_NEEDS_READ : TLS_NEEDS_WRITE;
	return 0;
}

ssize_t
tls_read(struct tls *tls, void *bytes, size_t size, enum tls_need *need, struct err *err)
{
	int result;

	assert(tls->up);
	ERR_clear_error();
	errno = 0;
	result = SSL_read(tls->ssl, bytes, size > INT_MAX ? INT_MAX : (int)size);
	*need = TLS_READY;
	return result > 0 ? result : waits(tls, result, need, err);
}

ssize_t
tls_write(struct tls *tls, const void *bytes, size_t size, enum tls_need *need, struct err *err)
{
	int result;

	assert(tls->up);
	ERR_clear_error();
	errno = 0;
	result = SSL_write(tls->ssl, bytes, size > INT_MAX ? INT_MAX : (int)size);
	*need = TLS_READY;
	return result > 0 ? result : waits(tls, result, need, err);
}
