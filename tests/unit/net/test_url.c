#include "test.h"

#include <arpa/inet.h>
#include <string.h>

#include "liaison/net/url.h"

static struct arena *arena;

static int
begin(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void
reads_scheme_host_and_port(void **state)
{
	static const struct {
		const char *text, *scheme, *host;
		uint16_t port;
	} CASES[] = {
		{ "https://cal.own.example/team.ics", "https", "cal.own.example", 443 },
		{ "HTTP://127.0.0.1/x", "http", "127.0.0.1", 80 },
		{ "http://h.example:8080/x?y=z#f", "http", "h.example", 8080 },
		{ "https://[2001:db8::1]:8443/", "https", "2001:db8::1", 8443 },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		struct url url;

		assert_int_equal(url_read(arena, CASES[i].text, &url, &err), 0);
		assert_string_equal(url.scheme, CASES[i].scheme);
		assert_string_equal(url.host, CASES[i].host);
		assert_int_equal(url.port, CASES[i].port);
		assert_null(strchr(url.text, '#'));
	}
}

static void
refuses_what_is_no_address_of_a_feed_without_showing_it(void **state)
{
	static const struct {
		const char *text, *why;
	} CASES[] = {
		{ "gopher://secret.example/", "its scheme is 'gopher', not http or https" },
		{ "https://u:secret@h.example/", "it has a user within" },
		{ "https://secret@h.example/", "it has a user within" },
		{ "https://h.example:99999/secret", "it is no address" },
		{ "secret", "it is no address" },
		{ "https://h.example/a\nsecret", "it is no address" },
		{ "", "it is no address" },
		{ "https://a%ff.example/secret", "its host is none" },
		{ "https://a%e2%80%ae.example/secret", "its host is none" },
		{ "https://%30/secret", "its host is coded" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		struct err err = { 0 };
		struct url url;

		assert_int_equal(url_read(arena, CASES[i].text, &url, &err), -1);
		assert_string_equal(err.message, CASES[i].why);
	}
}

static void
follows_a_relative_address(void **state)
{
	static const struct {
		const char *location, *found;
	} CASES[] = {
		{ "/b.ics", "https://h.example:8443/b.ics" },
		{ "b.ics?x=1", "https://h.example:8443/a/b.ics?x=1" },
		{ "../c d", "https://h.example:8443/c%20d" },
		{ "//other.example/x", "https://other.example/x" },
		{ "http://other.example/", "http://other.example/" },
	};
	struct url base, url;
	struct err err;

	(void)state;
	assert_int_equal(url_read(arena, "https://h.example:8443/a/team.ics", &base, &err), 0);
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		assert_int_equal(url_follow(arena, &base, CASES[i].location, &url, &err), 0);
		assert_string_equal(url.text, CASES[i].found);
	}
	assert_int_equal(url_follow(arena, &base, "javascript:alert(1)", &url, &err), -1);
}

static void
an_origin_is_scheme_host_and_port(void **state)
{
	static const char *const OTHERS[] = { "http://h.example/", "https://h.example:444/",
		"https://www.h.example/", "https://h.example.evil.example/" };
	struct url a, b;
	struct err err;

	(void)state;
	assert_int_equal(url_read(arena, "https://h.example/x", &a, &err), 0);
	assert_int_equal(url_read(arena, "https://H.example:443/y", &b, &err), 0);
	assert_true(url_same_origin(&a, &b));
	for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
		assert_int_equal(url_read(arena, OTHERS[i], &b, &err), 0);
		assert_false(url_same_origin(&a, &b));
	}
}

/* The digits are those of: printf %s URL | sha256sum */
static void
shows_the_host_and_four_digits_of_the_digest(void **state)
{
	(void)state;
	assert_string_equal(url_shown(arena, "https://cal.own.example/private-abc/basic.ics"),
		"https://cal.own.example/…#4714");
	assert_string_equal(
		url_shown(arena, "http://127.0.0.1:8080?key=abc"), "http://127.0.0.1:8080/…#f0d0");
	assert_string_equal(url_shown(arena, "file:///srv/cal.ics"), "file:///srv/cal.ics");
}

static void
finds_the_path_of_a_file(void **state)
{
	(void)state;
	assert_string_equal(url_path(arena, "file:///srv/my%20cal.ics"), "/srv/my cal.ics");
	assert_null(url_path(arena, "https://h.example/srv"));
	assert_null(url_path(arena, "file://host/srv"));
}

static bool
is_private(const char *text)
{
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		return address_is_private((struct sockaddr *)&four);
	assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
	return address_is_private((struct sockaddr *)&six);
}

static void
knows_addresses_that_are_not_of_the_public(void **state)
{
	static const char *const PRIVATE[] = { "0.0.0.0", "0.255.255.255", "10.0.0.1",
		"10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.0.1",
		"169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.168.0.1",
		"198.18.0.1", "198.19.255.255", "224.0.0.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "::7f00:1", "64:ff9b::a00:1",
		"2002:7f00:1::", "2002:a9fe:a9fe::1", "fc00::1", "fdff::1", "fe80::1", "fec0::1",
		"ff02::1", "100::1" };
	static const char *const PUBLIC[] = { "1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.0.1",
		"100.128.0.1", "126.0.0.1", "128.0.0.1", "169.253.0.1", "172.15.0.1", "172.32.0.1",
		"192.0.1.1", "192.167.0.1", "192.169.0.1", "198.17.0.1", "198.20.0.1",
		"223.255.255.255", "2001:4860::1", "2606:4700::1111", "::ffff:8.8.8.8",
		"64:ff9b::808:808", "2002:808:808::1" };
	struct sockaddr local = { .sa_family = AF_UNIX };

	(void)state;
	for (size_t i = 0; i < sizeof PRIVATE / sizeof PRIVATE[0]; i++)
		if (!is_private(PRIVATE[i]))
			fail_msg("%s passes for public", PRIVATE[i]);
	for (size_t i = 0; i < sizeof PUBLIC / sizeof PUBLIC[0]; i++)
		if (is_private(PUBLIC[i]))
			fail_msg("%s passes for private", PUBLIC[i]);
	assert_true(address_is_private(&local));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_scheme_host_and_port),
		cmocka_unit_test(refuses_what_is_no_address_of_a_feed_without_showing_it),
		cmocka_unit_test(follows_a_relative_address),
		cmocka_unit_test(an_origin_is_scheme_host_and_port),
		cmocka_unit_test(shows_the_host_and_four_digits_of_the_digest),
		cmocka_unit_test(finds_the_path_of_a_file),
		cmocka_unit_test(knows_addresses_that_are_not_of_the_public),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
