#include "test.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "liaison/wire/config.h"

static struct arena *arena;
static struct text mistakes;
static struct config config;

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new();
	setenv("HOME", "/home/ada", 1);
	setenv("XDG_STATE_HOME", "/home/ada/state", 1);
	setenv("XDG_RUNTIME_DIR", "/run/user/77", 1);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	config_free(&config);
	arena_free(arena);
	text_clear(&mistakes);
	return 0;
}

static void
complain(void *context, const char *file, int line, const char *message)
{
	text_printf(context, "%s:%d: %s\n", file, line, message);
}

static int
build_files(const char *first, const char *second, bool user_mode)
{
	struct ini ini = { 0 };
	int result;

	text_reset(&mistakes);
	config_free(&config);
	result = ini_parse(arena, "f", first, strlen(first), &ini, complain, &mistakes);
	if (second != NULL)
		result |= ini_parse(arena, "g", second, strlen(second), &ini, complain, &mistakes);
	return config_build(&ini, user_mode, &config, complain, &mistakes) | result;
}

static void
build(const char *text)
{
	if (build_files(text, NULL, false) < 0)
		fail_msg("%s", mistakes.bytes);
}

#define ACCOUNT \
	"[account work]\nhost = imap.own.example\nuser = me\npassword-command = pass show x\n"

static void
expect_list(const struct config_list *list, const char *wanted)
{
	struct text text = { 0 };

	text_add(&text, "");
	for (size_t i = 0; i < list->count; i++)
		text_printf(&text, "%s%s", i ? "|" : "", list->items[i]);
	assert_string_equal(text.bytes, wanted);
	text_clear(&text);
}

static void
has_the_defaults_of_the_manual(void **state)
{
	const struct config_source *source;

	(void)state;
	build(ACCOUNT "[calendar team]\nurl = https://cal.own.example/t.ics\n[maildir old]\npath = "
		      "/srv/m\n");
	assert_string_equal(config.database, "/var/lib/liaison/liaison.db");
	assert_string_equal(config.socket, "/run/liaison/control");
	assert_string_equal(config.group, "liaison");
	assert_null(config.readers);
	assert_int_equal(config.unmatched, UNMATCHED_HEADERS);
	assert_true(config.unmatched_retention == 180 * 86400);
	assert_int_equal(config.create_contacts, CREATE_NEVER);
	assert_string_equal(config.staff_reports, "team");
	assert_true(config.backup_every == 86400);
	assert_int_equal(config.backup_keep, 14);
	assert_string_equal(config.log_level, "info");
	assert_true(config.connect_rate == 10 && config.connect_rate_host == 5);
	assert_true(config.retain_email == 0 && config.retain_quarantine == 90 * 86400);
	assert_true(config.retain_audit == 2 * 365 * 86400);
	assert_int_equal(config.source_count, 3);
	source = &config.sources[0];
	assert_int_equal(source->number, 1);
	assert_int_equal(source->kind, SOURCE_IMAP);
	assert_int_equal(source->port, 993);
	assert_int_equal(source->tls, TLS_IMPLICIT);
	assert_int_equal(source->secret, SECRET_COMMAND);
	assert_string_equal(source->secret_value, "pass show x");
	assert_string_equal(source->secret_file, "f");
	assert_int_equal(source->secret_line, 4);
	expect_list(&source->folders, "*|!\\Junk|!\\Trash|!\\Drafts|!\\All");
	expect_list(&source->idle, "INBOX|\\Sent");
	expect_list(&source->skip_keyword, "$Private");
	assert_true(source->poll == 300 && source->since == 90 * 86400);
	assert_int_equal(source->connections, 3);
	assert_int_equal(source->level, LEVEL_METADATA);
	assert_int_equal(config.sources[1].kind, SOURCE_ICAL);
	assert_true(config.sources[1].poll == 900 && config.sources[1].since == 365 * 86400);
	assert_true(config.sources[1].until == 90 * 86400);
	assert_int_equal(config.sources[2].kind, SOURCE_MAILDIR);
	assert_ptr_equal(config_source_by_name(&config, "old"), &config.sources[2]);
	assert_ptr_equal(config_source_by_number(&config, 2), &config.sources[1]);
	assert_null(config_source_by_name(&config, "none"));
}

static void
takes_the_users_own_folders_in_user_mode(void **state)
{
	(void)state;
	assert_int_equal(build_files("", NULL, true), 0);
	assert_string_equal(config.database, "/home/ada/state/liaison/liaison.db");
	assert_string_equal(config.socket, "/run/user/77/liaison/control");
	assert_null(config.group);
	unsetenv("XDG_STATE_HOME");
	assert_int_equal(build_files("[liaison]\nmetrics-file = ~/m.prom\n", NULL, true), 0);
	assert_string_equal(config.database, "/home/ada/.local/state/liaison/liaison.db");
	assert_string_equal(config.metrics_file, "/home/ada/m.prom");
}

static void
finds_the_users_folders_without_the_environment(void **state)
{
	const struct passwd *user = getpwuid(getuid());
	struct text expected = { 0 };

	(void)state;
	if (user == NULL)
		skip();
	unsetenv("HOME");
	unsetenv("XDG_STATE_HOME");
	text_printf(&expected, "%s/.local/state/liaison/liaison.db", user->pw_dir);
	assert_int_equal(build_files("", NULL, true), 0);
	assert_string_equal(config.database, expected.bytes);
	text_clear(&expected);
}

static void
says_what_to_set_when_the_socket_has_no_place(void **state)
{
	struct text folder = { 0 };
	bool there;

	(void)state;
	unsetenv("XDG_RUNTIME_DIR");
	text_printf(&folder, "/run/user/%u", (unsigned)getuid());
	there = access(folder.bytes, F_OK) == 0;
	text_clear(&folder);
	if (there)
		skip();
	assert_int_equal(build_files("[liaison]\nlog-level = info\n", NULL, true), -1);
	assert_string_equal(mistakes.bytes, "f:1: there is no place for the socket: set "
					    "XDG_RUNTIME_DIR, or 'socket' in [liaison]\n");
	assert_int_equal(build_files("[liaison]\nsocket = /s\n", NULL, true), 0);
	assert_int_equal(build_files("", NULL, false), 0);
}

static void
takes_every_setting(void **state)
{
	const struct config_source *source;

	(void)state;
	build("[liaison]\ndatabase = /d\nsocket = /s\ngroup = g\nreaders = r\nprivacy = p\nadmins "
	      "= a\n"
	      "proxies = www, mail\nown-addresses = Me@Own.example, *@sales.OWN.example\n"
	      "own-domains = Own.example, bücher.example\nunmatched = addresses\n"
	      "unmatched-retention = 3d\ncreate-contacts = sent\nstaff-reports = person\n"
	      "backup-directory = /b\nbackup-every = 12h\nbackup-keep = 3\nmetrics-file = /m\n"
	      "provider-profiles = /p\ntimezone = UTC\nlog-level = debug\nkey-file = /k\n"
	      "connect-rate = 20/s\nconnect-rate-host = 30/m\n"
	      "[retention]\nemail = 3y\ntext = 6mo\nmeeting = none\nledger = 1y\nquarantine = "
	      "none\n"
	      "audit = 5y\n"
	      "[account a]\nhost = IMAP.Own.example\nport = 1993\ntls = starttls\nca-file = /ca\n"
	      "tls-fingerprint = AB:cd:"
	      "0123456789012345678901234567890123456789012345678901234567ff\n"
	      "user = u\nauth = xoauth2\ntoken-command = get \"a b\"\naddresses = X@Own.example\n"
	      "salesperson = sender\nvisibility = owner\nfolders = \"A, B\", !\"C D\", INBOX/*\n"
	      "idle = INBOX\npoll = 1m\nconnections = 5\nsince = all\nlevel = text\non-delete = "
	      "remove\n"
	      "skip-keyword = $A, $B\nskip-folders = X\nonly-keyword = Y\nbudget = 25M\n"
	      "authserv-id = mx.own.example\nsubaddress = fold\ncreate-contacts = all\n"
	      "client-id = c\nclient-secret-file = /c\n");
	assert_string_equal(config.database, "/d");
	expect_list(&config.proxies, "www|mail");
	expect_list(&config.own_addresses, "me@own.example|*@sales.own.example");
	expect_list(&config.own_domains, "own.example|xn--bcher-kva.example");
	assert_int_equal(config.unmatched, UNMATCHED_ADDRESSES);
	assert_int_equal(config.create_contacts, CREATE_SENT);
	assert_string_equal(config.staff_reports, "person");
	assert_true(config.connect_rate == 20 && config.connect_rate_host == 0.5);
	assert_true(config.retain_email == 3 * 365 * 86400 && config.retain_meeting == 0);
	assert_true(config.retain_quarantine == 0);
	source = &config.sources[0];
	assert_string_equal(source->host, "imap.own.example");
	assert_int_equal(source->port, 1993);
	assert_int_equal(source->tls, TLS_STARTTLS);
	assert_string_equal(source->tls_fingerprint,
		"abcd0123456789012345678901234567890123456789012345678901234567ff");
	assert_int_equal(source->secret, SECRET_TOKEN_COMMAND);
	assert_string_equal(source->secret_value, "get \"a b\"");
	expect_list(&source->folders, "A, B|!C D|INBOX/*");
	expect_list(&source->addresses, "x@own.example");
	assert_true(source->since == -1 && source->budget == 25 << 20);
	assert_true(source->fold_subaddress);
	assert_int_equal(source->create_contacts, CREATE_ALL);
	assert_int_equal(source->on_delete, DELETE_REMOVE);
	assert_int_equal(source->visibility, VISIBLE_OWNER);
	assert_int_equal(source->client_secret, SECRET_FILE);
}

static void
fills_accounts_from_the_defaults(void **state)
{
	(void)state;
	build(ACCOUNT "poll = 1m\n[account *]\npoll = 2m\nlevel = snippet\ntls = starttls\n"
		      "password-file = /p\n[account two]\nhost = h.example\nuser = u\n"
		      "[liaison]\ncreate-contacts = sent\n");
	assert_int_equal(config.source_count, 2);
	assert_true(config.sources[0].poll == 60 && config.sources[1].poll == 120);
	assert_int_equal(config.sources[0].level, LEVEL_SNIPPET);
	assert_int_equal(config.sources[0].port, 143);
	assert_int_equal(config.sources[0].secret, SECRET_COMMAND);
	assert_int_equal(config.sources[1].secret, SECRET_FILE);
	assert_string_equal(config.sources[1].secret_value, "/p");
	assert_int_equal(config.sources[0].create_contacts, CREATE_SENT);
}

static void
lets_a_later_file_win(void **state)
{
	(void)state;
	assert_int_equal(build_files("[liaison]\nlog-level = debug\n",
				 "[liaison]\nlog-level = error\n", false),
		0);
	assert_string_equal(config.log_level, "error");
}

static void
folds_tags_at_some_domains(void **state)
{
	(void)state;
	build(ACCOUNT "subaddress = own.example, Other.example\n");
	assert_false(config.sources[0].fold_subaddress);
	expect_list(&config.sources[0].fold_domains, "own.example|other.example");
}

static const struct {
	const char *text, *mistake;
} BAD[] = {
	{ "[liason]\n", "f:1: there is no section '[liason]'; did you mean '[liaison]'?" },
	{ "[inbox x]\n", "f:1: there is no section '[inbox]': sections are" },
	{ "[liaison x]\n", "f:1: '[liaison]' takes no name" },
	{ "[account]\n", "f:1: the source has no name: write [account NAME]" },
	{ "[account a:b]\n", "f:1: 'a:b' is no name of a source" },
	{ "[account -a]\n", "f:1: '-a' is no name of a source" },
	{ "[account a b]\n", "f:1: 'a b' is no name of a source" },
	{ "[maildir *]\n", "f:1: only '[account *]' and '[calendar *]' give defaults" },
	{ ACCOUNT "[calendar work]\nurl = https://x.example/\n",
		"f:5: the source 'work' is there already, at f:1" },
	{ "[liaison]\ndatbase = /x\n",
		"f:2: 'datbase' is no setting of [liaison]; did you mean 'database'?" },
	{ "[liaison]\nhost = x\n", "f:2: 'host' is no setting of [liaison]" },
	{ "[account *]\npasword-file = /x\n", "did you mean 'password-file'?" },
	{ "[liaison]\nlog-level = info\nlog-level = info\n",
		"f:3: 'log-level' is set already on line 2" },
	{ "[liaison]\nlog-level = loud\n", "f:2: 'loud' is no value of 'log-level': it should be "
					   "error, warning, notice, info or debug" },
	{ "[liaison]\ndatabase = x.db\n", "it should be a path from / or ~/ on" },
	{ "[liaison]\ndatabase =\n", "f:2: 'database' needs a path" },
	{ "[liaison]\nbackup-keep = 0\n", "it should be a number from 1 to 10000" },
	{ "[liaison]\nbackup-keep = 999999999999999999999\n",
		"it should be a number from 1 to 10000" },
	{ "[liaison]\nbackup-every = 5\n", "it should be a duration such as" },
	{ "[liaison]\nbackup-every = 0s\n", "it should be a duration from 1s to 1y" },
	{ "[liaison]\nconnect-rate = 10\n", "it should be a rate such as" },
	{ "[liaison]\nconnect-rate = 0/s\n", "it should be a rate from" },
	{ "[liaison]\nconnect-rate = nan/s\n", "it should be a rate such as" },
	{ "[liaison]\ntimezone = Nowhere/Land\n", "it should be a time zone such as" },
	{ "[liaison]\ntimezone = ../../etc/passwd\n", "it should be a time zone such as" },
	{ "[liaison]\nown-addresses = me\n", "not 'me'" },
	{ "[liaison]\nown-domains = a b\n", "not 'a b'" },
	{ "[retention]\nemail = soon\n", "it should be a duration such as" },
	{ ACCOUNT "poll = 0s\n", "it should be a duration from 1s to 1w" },
	{ ACCOUNT "poll = \n", "it should be a duration such as" },
	{ ACCOUNT "connections = 1000000000\n", "it should be a number from 1 to 50" },
	{ ACCOUNT "port = 0\n", "it should be a number from 1 to 65535" },
	{ ACCOUNT "port = 65536\n", "it should be a number from 1 to 65535" },
	{ ACCOUNT "tls = maybe\n", "it should be implicit, starttls or none" },
	{ ACCOUNT "tls = none\n",
		"f:1: the account 'work' has 'tls = none', which only a host on loopback" },
	{ ACCOUNT "tls-fingerprint = abc\n", "it should be the SHA-256 of the certificate" },
	{ ACCOUNT "since = always\n", "it should be a duration such as 90d or 3y, or all" },
	{ ACCOUNT "budget = much\n", "it should be a size such as" },
	{ ACCOUNT "budget = -5M\n", "it should be a size such as" },
	{ ACCOUNT "folders =\n", "f:1: the account 'work' has no folders" },
	{ ACCOUNT "folders = \"open\n", "has a quote that is not closed" },
	{ ACCOUNT "subaddress = a@b\n", "it should be keep, fold, or the domains to fold" },
	{ ACCOUNT "password-file = /p\n",
		"f:5: the secret is given already by 'password-command' on line 4" },
	{ "[account a]\n", "f:1: the account 'a' has no host" },
	{ "[account a]\n", "f:1: the account 'a' has no user" },
	{ "[account a]\n", "f:1: the account 'a' has no password-command" },
	{ "[account a]\nhost = a b\n", "it should be a host name or an IP address" },
	{ "[account a]\nhost = [::1]\n", "it should be a host name or an IP address" },
	{ "[account a]\npassword-file = p\n",
		"f:2: the value of 'password-file' should be a path" },
	{ "[account a]\ncredential = ../x\n",
		"f:2: the value of 'credential' should be the name of" },
	{ "[account a]\noauth2 = yahoo\n", "should be google, microsoft or an https:// address" },
	{ "[account a]\npassword =\n", "the value of 'password' should be a value" },
	{ "[account *]\nlevel = all\n", "f:2: 'all' is no value of 'level'" },
	{ "[maildir m]\n", "f:1: the maildir 'm' has no path" },
	{ "[calendar c]\n", "f:1: the calendar 'c' has no url" },
	{ "[calendar c]\nurl = ftp://x.example/\n",
		"f:2: the value of 'url' should be an address that begins with https://" },
	{ "[calendar c]\nurl = https://u:p@x.example/\n", "set user and password-command" },
	{ "[calendar c]\nurl = https://x.example/a b\n",
		"an address with blanks and letters beyond ASCII as %XX" },
	{ "[calendar c]\nurl = https://x.example/%0\n", "beyond ASCII as %XX" },
	{ "[calendar c]\nurl = https://x.example/%00\n", "beyond ASCII as %XX" },
	{ "[calendar c]\nurl = https://x.example/a\\b\n", "beyond ASCII as %XX" },
	{ "[calendar c]\nurl = https://evil.example\\@x.example/\n", "set user and" },
	{ "[calendar c]\nurl = https:///team.ics\n", "an address with a host, and a port" },
	{ "[calendar c]\nurl = https://x.example:0/\n", "an address with a host, and a port" },
	{ "[calendar c]\nurl = https://x.example:+1/\n", "an address with a host, and a port" },
	{ "[calendar c]\nurl = https://x.example:65536/\n", "a port from 1 to 65535" },
	{ "[calendar c]\nurl = https://[::1/\n", "an address with a host" },
	{ "[calendar c]\nurl = https://[::1]x/\n", "an address with a host" },
	{ "[calendar c]\nurl = https://x y.example/\n", "an address with a host" },
	{ "[calendar c]\nurl = file://srv/cal.ics\n", "an absolute path after file://" },
	{ "[calendar c]\nurl = file:///srv/cal.ics?x\n", "a path with blanks" },
	{ "[calendar c]\nurl = file:///srv/cal.ics\ntoken-command = t\n",
		"f:1: the calendar 'c' is a file, which takes no secret" },
	{ "[calendar c]\nurl = https://x.example/\npassword-file = /p\n",
		"f:1: the calendar 'c' has a password and no user" },
	{ "[calendar c]\nurl = https://x.example/\nuser = u\n",
		"f:1: the calendar 'c' has a user and no password-command" },
	{ "[calendar c]\nurl = https://x.example/\nuser = u:v\npassword-file = /p\n",
		"f:1: the calendar 'c' has a user with a ':'" },
	{ "[calendar c]\nurl = http://10.0.0.1/\ntoken-command = t\n",
		"f:1: the calendar 'c' would send its secret over http" },
	{ "[calendar c]\nurl = https://x.example/\npoll = 59s\n",
		"f:3: '59s' is no value of 'poll': it should be a duration from 1m to 1w" },
	{ "[calendar c]\ntls-fingerprint = 00\n",
		"f:2: a calendar's certificate cannot be named by 'tls-fingerprint': put it, or" },
	{ "[calendar *]\nlevel = all\n", "f:2: 'all' is no value of 'level'" },
	{ "[calendar c]\nmatch = all\n", "it should be attendees or text" },
	{ "[calendar c]\nhost = x\n", "'host' is no setting of [calendar]" },
	{ "x = 1\n", "f:1: 'x' stands outside a section" },
};

/* Each line is "f:NUMBER: …", the number that of a line of the file. */
static bool
names_lines(const char *told, const char *text)
{
	long last = 0;

	for (const char *at = text; *at != '\0'; at++)
		last += *at == '\n';
	for (const char *line = told; *line != '\0'; line += strcspn(line, "\n") + 1) {
		char *end;
		long number = strtol(line + 2, &end, 10);

		if (strncmp(line, "f:", 2) != 0 || strncmp(end, ": ", 2) != 0 || number < 1 ||
			number > last)
			return false;
	}
	return true;
}

/* What an absurd number is told of: the least and the most there may be. */
static const struct {
	const char *text, *range;
} ABSURD[] = {
	{ "[liaison]\nbackup-keep = 1000000000\n", "from 1 to 10000" },
	{ "[liaison]\nbackup-every = 0s\n", "from 1s to 1y" },
	{ "[liaison]\nbackup-every = 999999999999999999999y\n", "from 1s to 1y" },
	{ "[liaison]\nconnect-rate = 1000000000/s\n", "a rate from" },
	{ "[liaison]\nconnect-rate-host = 0/s\n", "a rate from" },
	{ "[liaison]\nconnect-rate-host = -1/s\n", "a rate" },
	{ "[liaison]\nunmatched-retention = 0d\n", "a duration from" },
	{ "[retention]\naudit = 100000y\n", "a duration from" },
	{ ACCOUNT "poll = 0s\n", "from 1s to 1w" },
	{ ACCOUNT "poll = 1000000000d\n", "from 1s to 1w" },
	{ ACCOUNT "connections = 0\n", "from 1 to 50" },
	{ ACCOUNT "connections = -1\n", "from 1 to 50" },
	{ ACCOUNT "port = 99999999999999999999\n", "from 1 to 65535" },
	{ ACCOUNT "since = 10000y\n", "a duration from" },
	{ ACCOUNT "budget = 999999999999999G\n", "a size" },
	{ "[calendar c]\nurl = https://x.example/\npoll = 1s\n", "from 1m to 1w" },
	{ "[calendar c]\nurl = https://x.example/\nuntil = 1000y\n", "a duration from" },
};

static void
tells_the_range_of_an_absurd_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ABSURD / sizeof ABSURD[0]; i++) {
		if (build_files(ABSURD[i].text, NULL, false) == 0)
			fail_msg("this is taken:\n%s", ABSURD[i].text);
		if (strstr(mistakes.bytes, ABSURD[i].range) == NULL ||
			!names_lines(mistakes.bytes, ABSURD[i].text))
			fail_msg("wanted: %s\ngot: %s", ABSURD[i].range, mistakes.bytes);
	}
}

static void
refuses_mistakes_with_their_line(void **state)
{
	(void)state;
	assert_true(sizeof BAD / sizeof BAD[0] >= 60);
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		if (build_files(BAD[i].text, NULL, false) == 0)
			fail_msg("this is taken:\n%s", BAD[i].text);
		if (strstr(mistakes.bytes, BAD[i].mistake) == NULL)
			fail_msg("wanted: %s\ngot: %s", BAD[i].mistake, mistakes.bytes);
		if (!names_lines(mistakes.bytes, BAD[i].text))
			fail_msg("without a line of the file: %s", mistakes.bytes);
	}
}

static void
reports_all_mistakes_in_one_pass(void **state)
{
	(void)state;
	assert_int_equal(
		build_files("[liaison]\nlog-level = loud\nx = 1\n[account *]\npoll = 0s\n" ACCOUNT
			    "port = x\n[account two]\nhost = h.example\nuser = u\n"
			    "password-file = /p\n",
			NULL, false),
		-1);
	assert_non_null(strstr(mistakes.bytes, "f:2: 'loud'"));
	assert_non_null(strstr(mistakes.bytes, "f:3: 'x'"));
	assert_non_null(strstr(mistakes.bytes, "f:5: '0s'"));
	assert_non_null(strstr(mistakes.bytes, "f:10: 'x'"));
	assert_ptr_equal(strstr(mistakes.bytes, "f:5:"), strstr(mistakes.bytes, "f:5: '0s'"));
	assert_null(strstr(strstr(mistakes.bytes, "f:5:") + 1, "f:5:")); /* told once */
}

static void
never_tells_a_secret(void **state)
{
	(void)state;
	assert_int_equal(
		build_files("[account a]\npassword = hunter2\npassword = hunter2\n", NULL, false),
		-1);
	assert_null(strstr(mistakes.bytes, "hunter2"));
	assert_int_equal(build_files("[account a]\ncredential = ../hunter2\n", NULL, false), -1);
	assert_null(strstr(mistakes.bytes, "hunter2"));
}

static void
allows_no_tls_on_loopback_only(void **state)
{
	static const char *const HOSTS[] = { "localhost", "127.0.0.1", "127.9.9.9", "::1",
		"x.localhost" };

	(void)state;
	for (size_t i = 0; i < sizeof HOSTS / sizeof HOSTS[0]; i++) {
		char text[200];

		snprintf(text, sizeof text,
			"[account a]\nhost = %s\nuser = u\npassword-file = /p\ntls = none\n",
			HOSTS[i]);
		build(text);
		assert_int_equal(config.sources[0].port, 143);
	}
	assert_int_equal(build_files("[account a]\nhost = 10.0.0.1\nuser = u\npassword-file = /p\n"
				     "tls = none\n",
				 NULL, false),
		-1);
}

static void
makes_the_address_of_a_feed_canonical(void **state)
{
	static const char *const CASES[][2] = {
		{ "https://Cal.Own.Example/Team.ics", "https://cal.own.example/Team.ics" },
		{ "webcal://x.example/a?key=b#c", "https://x.example/a?key=b" },
		{ "WEBCAL://x.example", "https://x.example/" },
		{ "http://x.example:8080?a", "http://x.example:8080/?a" },
		{ "https://bücher.example/%C3%BC", "https://xn--bcher-kva.example/%C3%BC" },
		{ "https://[2001:db8::1]:8443/a@b", "https://[2001:db8::1]:8443/a@b" },
		{ "https://192.168.1.5/a", "https://192.168.1.5/a" },
		{ "FILE:///srv/my%20cal.ics", "file:///srv/my%20cal.ics" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		char text[200];

		snprintf(text, sizeof text, "[calendar c]\nurl = %s\n", CASES[i][0]);
		build(text);
		assert_string_equal(config.sources[0].url, CASES[i][1]);
	}
}

static void
takes_every_setting_of_a_calendar(void **state)
{
	const struct config_source *source;

	(void)state;
	build("[calendar *]\npoll = 5m\nca-file = /ca\nlevel = snippet\nprivate = busy\n"
	      "[calendar a]\nurl = https://x.example/a\nuser = u\npassword-command = pass x\n"
	      "addresses = Ada@Own.example\nsalesperson = AL\nvisibility = owner\nuntil = 30d\n"
	      "since = all\nmatch = text\nlevel = text\n"
	      "[calendar b]\nurl = http://127.0.0.1/b\ntoken-command = t\npoll = 1m\n");
	source = &config.sources[0];
	assert_int_equal(source->secret, SECRET_COMMAND);
	assert_string_equal(source->user, "u");
	assert_string_equal(source->ca_file, "/ca");
	expect_list(&source->addresses, "ada@own.example");
	assert_string_equal(source->salesperson, "AL");
	assert_int_equal(source->visibility, VISIBLE_OWNER);
	assert_true(source->poll == 300 && source->until == 30 * 86400 && source->since == -1);
	assert_true(source->match_text && source->private_busy);
	assert_int_equal(source->level, LEVEL_TEXT);
	source = &config.sources[1];
	assert_int_equal(source->secret, SECRET_TOKEN_COMMAND);
	assert_true(source->poll == 60 && source->private_busy && !source->match_text);
	assert_int_equal(source->level, LEVEL_SNIPPET);
}

static void
keeps_the_address_of_a_feed_to_itself(void **state)
{
	struct text all = { 0 }, bare = { 0 };

	(void)state;
	build("[calendar a]\nurl = https://x.example/s3cret\nsalesperson = AL\n");
	config_encode(&config, NULL, 0, &all);
	config_encode_bare(&config, &bare);
	assert_non_null(memmem(all.bytes, all.size, "s3cret", 6));
	assert_null(memmem(bare.bytes, bare.size, "s3cret", 6));
	assert_null(memmem(bare.bytes, bare.size, "x.example", 9));
	assert_non_null(memmem(bare.bytes, bare.size, "salesperson", 11));
	text_clear(&all);
	text_clear(&bare);
	assert_int_equal(
		build_files("[calendar a]\nurl = https://x.example/s3cret b\n", NULL, false), -1);
	assert_null(strstr(mistakes.bytes, "s3cret"));
}

static int
cross(const uint32_t *only, size_t count, struct config *back, struct text *bytes)
{
	struct config_decoder *decoder = config_decoder_new();
	struct frame_reader reader = { 0 };
	struct frame frame;
	struct err err;
	bool ended = false;

	config_encode(&config, only, count, bytes);
	frame_reader_feed(&reader, bytes->bytes, bytes->size);
	while (frame_reader_next(&reader, &frame, &err) == 1) {
		if (frame.type == FRAME_CONFIG_END)
			ended = true;
		else if (config_decode(decoder, &frame, &err) < 0)
			fail_msg("%s", err.message);
	}
	assert_true(ended);
	frame_reader_clear(&reader);
	return config_adopt(decoder, back, &err);
}

static void
crosses_to_the_children_without_secrets(void **state)
{
	struct config back;
	struct text bytes = { 0 }, again = { 0 }, third = { 0 };
	const struct config_source *source;

	(void)state;
	build("[liaison]\nown-addresses = *@own.example\nconnect-rate = 30/m\n" ACCOUNT
	      "client-secret-command = hunter2\npoll = 7s\nfolders = \"A, B\", C\nsubaddress = "
	      "own.example\n"
	      "tls-fingerprint = 0123456789012345678901234567890123456789012345678901234567890123\n"
	      "since = all\nskip-keyword =\n[account two]\nhost = h.example\nuser = u\npassword = "
	      "hunter2\n"
	      "[calendar c]\nurl = https://cal.example/x\nmatch = text\n");
	assert_int_equal(cross(NULL, 0, &back, &bytes), 0);
	assert_null(memmem(bytes.bytes, bytes.size, "hunter2", 7));
	assert_null(memmem(bytes.bytes, bytes.size, "pass show", 9));
	assert_int_equal(back.source_count, 3);
	assert_string_equal(back.database, config.database);
	assert_true(back.connect_rate == 0.5);
	expect_list(&back.own_addresses, "*@own.example");
	source = config_source_by_name(&back, "work");
	assert_int_equal(source->number, 1);
	assert_int_equal(source->secret, SECRET_COMMAND);
	assert_null(source->secret_value);
	assert_true(source->poll == 7 && source->since == -1);
	assert_int_equal(source->port, 993);
	expect_list(&source->folders, "A, B|C");
	expect_list(&source->fold_domains, "own.example");
	expect_list(&source->skip_keyword, "");
	source = config_source_by_name(&back, "c");
	assert_true(source->match_text);
	assert_false(source->private_busy);
	/* What arrived is sent on as it was. */
	config_encode(&back, NULL, 0, &again);
	assert_int_equal(again.size, bytes.size);
	assert_memory_equal(again.bytes, bytes.bytes, bytes.size);
	config_free(&back);
	assert_int_equal(cross((const uint32_t[]){ 2, 9 }, 2, &back, &third), 0);
	assert_int_equal(back.source_count, 1);
	assert_string_equal(back.sources[0].name, "two");
	config_free(&back);
	text_clear(&bytes);
	text_clear(&again);
	text_clear(&third);
}

static void
is_not_adopted_before_it_is_whole(void **state)
{
	struct config_decoder *decoder = config_decoder_new();
	struct config back;
	struct err err;

	(void)state;
	assert_int_equal(config_adopt(decoder, &back, &err), -1);
	assert_int_equal(err.code, ERR_FORMAT);
}

static void
is_not_believed_when_corrupted(void **state)
{
	struct text bytes = { 0 };

	(void)state;
	build(ACCOUNT);
	config_encode(&config, NULL, 0, &bytes);
	srand(43);
	for (int round = 0; round < 5000; round++) {
		struct config_decoder *decoder = config_decoder_new();
		struct frame_reader reader = { 0 };
		struct frame frame;
		struct config back = { 0 };
		char *copy = mem_alloc(bytes.size);

		memcpy(copy, bytes.bytes, bytes.size);
		copy[(size_t)rand() % bytes.size] = (char)rand();
		frame_reader_feed(&reader, copy, bytes.size);
		free(copy);
		while (frame_reader_next(&reader, &frame, NULL) == 1)
			if (config_decode(decoder, &frame, NULL) < 0)
				break;
		if (config_adopt(decoder, &back, NULL) == 0)
			config_free(&back);
		frame_reader_clear(&reader);
	}
	text_clear(&bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(has_the_defaults_of_the_manual, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			takes_the_users_own_folders_in_user_mode, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			finds_the_users_folders_without_the_environment, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			says_what_to_set_when_the_socket_has_no_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_every_setting, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			fills_accounts_from_the_defaults, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lets_a_later_file_win, set_up, tear_down),
		cmocka_unit_test_setup_teardown(folds_tags_at_some_domains, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			refuses_mistakes_with_their_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			tells_the_range_of_an_absurd_number, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			reports_all_mistakes_in_one_pass, set_up, tear_down),
		cmocka_unit_test_setup_teardown(never_tells_a_secret, set_up, tear_down),
		cmocka_unit_test_setup_teardown(allows_no_tls_on_loopback_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			makes_the_address_of_a_feed_canonical, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			takes_every_setting_of_a_calendar, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			keeps_the_address_of_a_feed_to_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			crosses_to_the_children_without_secrets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			is_not_adopted_before_it_is_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_not_believed_when_corrupted, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
