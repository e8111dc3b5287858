#include "test.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "liaison/base/arena.h"
#include "liaison/net/tls.h"

/* A server of OpenSSL's at the other end of a socket pair, with certificates made here. */

enum { CLIENT, SERVER };

struct maker {
	const char *name; /* DNS name, or "IP:..." */
	int from_days, to_days;
	bool self_signed;
	int max_version; /* 0: any */
};

struct pair {
	int descriptors[2];
	SSL_CTX *context;
	SSL *server;
	struct tls_context *trust;
	struct tls *client;
	char fingerprint[65];
};

static EVP_PKEY *authority_key;
static X509 *authority;
static char ca_file[] = "/tmp/liaison-test-ca-XXXXXX";

static X509 *
certificate(EVP_PKEY *key, const char *name, int from_days, int to_days, X509 *issuer,
	EVP_PKEY *issuer_key)
{
	X509 *made = X509_new();
	X509_NAME *subject = X509_get_subject_name(made);
	char names[200];
	X509_EXTENSION *extension;

	X509_set_version(made, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(made), random());
	X509_gmtime_adj(X509_getm_notBefore(made), from_days * 86400L);
	X509_gmtime_adj(X509_getm_notAfter(made), to_days * 86400L);
	X509_set_pubkey(made, key);
	X509_NAME_add_entry_by_txt(
		subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(made, issuer ? X509_get_subject_name(issuer) : subject);
	snprintf(names, sizeof(names), strncmp(name, "IP:", 3) == 0 ? "%s" : "DNS:%s", name);
	extension = X509V3_EXT_conf_nid(NULL, NULL,
		issuer ? NID_subject_alt_name : NID_basic_constraints,
		issuer ? names : "critical,CA:TRUE");
	X509_add_ext(made, extension, -1);
	X509_EXTENSION_free(extension);
	X509_sign(made, issuer_key, EVP_sha256());
	return made;
}

static int
make_authority(void **state)
{
	int fd = mkstemp(ca_file);
	FILE *file = fdopen(fd, "w");

	(void)state;
	authority_key = EVP_EC_gen("P-256");
	authority = certificate(authority_key, "Test Authority", -1, 30, NULL, authority_key);
	PEM_write_X509(file, authority);
	fclose(file);
	return 0;
}

static int
drop_authority(void **state)
{
	(void)state;
	unlink(ca_file);
	X509_free(authority);
	EVP_PKEY_free(authority_key);
	return 0;
}

static void
remember_fingerprint(struct pair *pair, X509 *own)
{
	unsigned char digest[32];
	unsigned size;

	X509_digest(own, EVP_sha256(), digest, &size);
	for (int i = 0; i < 32; i++)
		snprintf(pair->fingerprint + 2 * i, 3, "%02x", digest[i]);
}

static void
begin(struct pair *pair, const struct maker *maker)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *own = certificate(key, maker->name, maker->from_days, maker->to_days, authority,
		maker->self_signed ? key : authority_key);

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair->descriptors), 0);
	pair->context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(pair->context, own);
	SSL_CTX_use_PrivateKey(pair->context, key);
	if (maker->max_version) {
		SSL_CTX_set_min_proto_version(pair->context, TLS1_VERSION);
		SSL_CTX_set_max_proto_version(pair->context, maker->max_version);
		SSL_CTX_set_security_level(pair->context, 0);
	}
	pair->server = SSL_new(pair->context);
	SSL_set_fd(pair->server, pair->descriptors[SERVER]);
	SSL_set_accept_state(pair->server);
	remember_fingerprint(pair, own);
	X509_free(own);
	EVP_PKEY_free(key);
}

static void
connect_as(struct pair *pair, const char *host, const char *fingerprint)
{
	struct err err = { 0 };

	pair->trust = tls_context_new(ca_file, &err);
	assert_non_null(pair->trust);
	pair->client = tls_new(pair->trust, pair->descriptors[CLIENT], host, fingerprint, &err);
	assert_non_null(pair->client);
}

/* 0 once both are done, -1 with err. */
static int
shake(struct pair *pair, struct err *err)
{
	enum tls_need need = TLS_NEEDS_READ;

	for (int i = 0; i < 20 && need != TLS_READY; i++) {
		if (tls_handshake(pair->client, &need, err) < 0)
			return -1;
		SSL_do_handshake(pair->server);
	}
	return need == TLS_READY ? 0 : -1;
}

static void
end(struct pair *pair)
{
	tls_free(pair->client);
	tls_context_free(pair->trust);
	SSL_free(pair->server);
	SSL_CTX_free(pair->context);
	close(pair->descriptors[CLIENT]);
	if (pair->descriptors[SERVER] >= 0)
		close(pair->descriptors[SERVER]);
}

static void
expect(const struct maker *maker, const char *host, bool pinned, const char *error)
{
	struct pair pair = { 0 };
	struct err err = { 0 };
	int result;

	begin(&pair, maker);
	connect_as(&pair, host, pinned ? pair.fingerprint : NULL);
	result = shake(&pair, &err);
	if (error) {
		assert_int_equal(result, -1);
		if (!strstr(err.message, error))
			fail_msg("'%s' does not say '%s'", err.message, error);
	} else if (result < 0)
		fail_msg("%s", err.message);
	end(&pair);
}

static void
accepts_a_certificate_of_the_authority_for_the_host(void **state)
{
	(void)state;
	expect(&(struct maker){ "mail.own.example", -1, 30, false, 0 }, "mail.own.example", false,
		NULL);
	expect(&(struct maker){ "IP:127.0.0.1", -1, 30, false, 0 }, "127.0.0.1", false, NULL);
}

static void
refuses_another_host_and_names_the_check(void **state)
{
	(void)state;
	expect(&(struct maker){ "evil.example", -1, 30, false, 0 }, "mail.own.example", false,
		"the certificate of 'mail.own.example' is refused: hostname mismatch (issued by "
		"'Test "
		"Authority')");
	expect(&(struct maker){ "IP:127.0.0.2", -1, 30, false, 0 }, "127.0.0.1", false,
		"IP address mismatch");
}

static void
refuses_an_expired_and_a_future_certificate(void **state)
{
	(void)state;
	expect(&(struct maker){ "h.example", -9, -1, false, 0 }, "h.example", false,
		"certificate has expired");
	expect(&(struct maker){ "h.example", 2, 9, false, 0 }, "h.example", false,
		"certificate is not yet valid");
}

static void
refuses_a_certificate_nobody_we_trust_signed(void **state)
{
	(void)state;
	expect(&(struct maker){ "h.example", -1, 30, true, 0 }, "h.example", false, "refused: ");
}

static void
refuses_tls_before_1_2(void **state)
{
	(void)state;
	expect(&(struct maker){ "h.example", -1, 30, false, TLS1_1_VERSION }, "h.example", false,
		"TLS with 'h.example' failed");
	expect(&(struct maker){ "h.example", -1, 30, false, TLS1_2_VERSION }, "h.example", false,
		NULL);
}

static void
accepts_the_pinned_certificate_and_no_other(void **state)
{
	struct pair pair = { 0 };
	struct err err = { 0 };
	char other[65];

	(void)state;
	expect(&(struct maker){ "x.example", -9, -1, true, 0 }, "y.example", true, NULL);
	begin(&pair, &(struct maker){ "h.example", -1, 30, false, 0 });
	memset(other, 'a', 64);
	other[64] = '\0';
	connect_as(&pair, "h.example", other);
	assert_int_equal(shake(&pair, &err), -1);
	assert_non_null(strstr(err.message, "not the one that tls-fingerprint names"));
	end(&pair);
}

static void
carries_bytes_both_ways_and_takes_a_cut_for_an_error(void **state)
{
	struct pair pair = { 0 };
	struct err err = { 0 };
	enum tls_need need;
	char bytes[16];

	(void)state;
	begin(&pair, &(struct maker){ "h.example", -1, 30, false, 0 });
	connect_as(&pair, "h.example", NULL);
	assert_int_equal(shake(&pair, &err), 0);
	assert_int_equal(tls_read(pair.client, bytes, sizeof(bytes), &need, &err), 0);
	assert_int_equal(need, TLS_NEEDS_READ);
	assert_int_equal(tls_write(pair.client, "hello", 5, &need, &err), 5);
	assert_int_equal(SSL_read(pair.server, bytes, sizeof(bytes)), 5);
	assert_int_equal(SSL_write(pair.server, "world!", 6), 6);
	assert_int_equal(tls_read(pair.client, bytes, sizeof(bytes), &need, &err), 6);
	close(pair.descriptors[SERVER]); /* without close_notify */
	pair.descriptors[SERVER] = -1;
	assert_int_equal(tls_read(pair.client, bytes, sizeof(bytes), &need, &err), -1);
	assert_non_null(strstr(err.message, "the connection to 'h.example' was cut"));
	end(&pair);
}

static void
says_so_when_the_port_speaks_no_tls(void **state)
{
	struct pair pair = { 0 };
	struct err err = { 0 };

	(void)state;
	begin(&pair, &(struct maker){ "h.example", -1, 30, false, 0 });
	connect_as(&pair, "h.example", NULL);
	assert_int_equal(write(pair.descriptors[SERVER], "* OK IMAP4rev1 hello\r\n", 22), 22);
	assert_int_equal(shake(&pair, &err), -1);
	assert_string_equal(err.message, "'h.example' does not speak TLS on this port");
	end(&pair);
}

static void
names_a_ca_file_that_cannot_be_read(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_null(tls_context_new("/nonexistent/ca.pem", &err));
	assert_int_equal(err.code, ERR_CONFIG);
	assert_non_null(strstr(err.message, "'/nonexistent/ca.pem' cannot be read"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_a_certificate_of_the_authority_for_the_host),
		cmocka_unit_test(refuses_another_host_and_names_the_check),
		cmocka_unit_test(refuses_an_expired_and_a_future_certificate),
		cmocka_unit_test(refuses_a_certificate_nobody_we_trust_signed),
		cmocka_unit_test(refuses_tls_before_1_2),
		cmocka_unit_test(accepts_the_pinned_certificate_and_no_other),
		cmocka_unit_test(carries_bytes_both_ways_and_takes_a_cut_for_an_error),
		cmocka_unit_test(says_so_when_the_port_speaks_no_tls),
		cmocka_unit_test(names_a_ca_file_that_cannot_be_read),
	};

	signal(SIGPIPE,
		SIG_IGN); /* as liaison-fetch does: OpenSSL writes alerts into closed sockets */
	return cmocka_run_group_tests(tests, make_authority, drop_authority);
}
