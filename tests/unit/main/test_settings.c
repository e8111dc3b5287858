#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "folder.h"
#include "numbers.h"
#include "settings.h"

static const char ACCOUNT[] = "[account work]\nhost = mail.x.example\nuser = ada@x.example\n";

static int
load(const char *name, bool with_conf_d, struct config *config, struct mistakes *mistakes)
{
	struct place place = { folder_path(name), true, with_conf_d };

	setenv("XDG_RUNTIME_DIR", folder_path(""), 1); /* where its socket would be */
	*mistakes = (struct mistakes){ 0 };
	return settings_load(&place, config, mistakes);
}

static const char *
content(const char *more)
{
	static char text[1024];

	snprintf(text, sizeof text, "%s%s", ACCOUNT, more);
	return text;
}

static void
reads_a_file_and_its_conf_d(void **state)
{
	struct mistakes mistakes;
	struct config config;

	(void)state;
	folder_open();
	folder_file("liaison.conf", content("password-command = pass show x\n"), 0644);
	mkdir(folder_path("conf.d"), 0700);
	folder_file("conf.d/b.conf",
		"[account home]\nhost = h.example\nuser = me\npassword-file = /x\n", 0600);
	folder_file("conf.d/.hidden.conf", "nonsense\n", 0600);
	folder_file("conf.d/readme", "nonsense\n", 0600);
	assert_int_equal(load("liaison.conf", true, &config, &mistakes), 0);
	assert_int_equal(config.source_count, 2);
	assert_non_null(config_source_by_name(&config, "home"));
	config_free(&config);
	mistakes_clear(&mistakes);
	assert_int_equal(load("liaison.conf", false, &config, &mistakes), 0);
	assert_int_equal(config.source_count, 1);
	config_free(&config);
	mistakes_clear(&mistakes);
	folder_close();
}

static void
tells_all_mistakes_with_file_and_line(void **state)
{
	struct mistakes mistakes;
	struct config config;

	(void)state;
	folder_open();
	folder_file("bad.conf",
		content("password-command = pass \"show\nfoldrs = x\npoll = never\n"), 0600);
	assert_int_equal(load("bad.conf", false, &config, &mistakes), -1);
	assert_true(mistakes.count >= 3);
	assert_non_null(strstr(mistakes.lines.bytes, "bad.conf:4: "));
	assert_non_null(strstr(mistakes.lines.bytes, "bad.conf:5: "));
	assert_non_null(strstr(mistakes.lines.bytes, "bad.conf:6: "));
	mistakes_clear(&mistakes);
	folder_close();
}

static void
refuses_a_literal_secret_that_others_can_read(void **state)
{
	struct mistakes mistakes;
	struct config config;

	(void)state;
	folder_open();
	folder_file("open.conf", content("password = hunter2\n"), 0640);
	assert_int_equal(load("open.conf", false, &config, &mistakes), -1);
	assert_non_null(strstr(mistakes.lines.bytes, "open.conf:4: "));
	assert_null(strstr(mistakes.lines.bytes, "hunter2"));
	mistakes_clear(&mistakes);
	folder_file("closed.conf", content("password = hunter2\n"), 0600);
	assert_int_equal(load("closed.conf", false, &config, &mistakes), 0);
	config_free(&config);
	mistakes_clear(&mistakes);
	folder_close();
}

/* What is remarked on an account with these lines; the caller's to free. */
static char *
remarks(const char *lines)
{
	struct mistakes mistakes;
	struct config config;
	char *out;

	folder_file("c.conf", content(lines), 0600);
	if (load("c.conf", false, &config, &mistakes) < 0)
		fail_msg("%s", mistakes.lines.bytes);
	out = mem_text(mistakes.remarks.size > 0 ? mistakes.remarks.bytes : "");
	config_free(&config);
	mistakes_clear(&mistakes);
	return out;
}

static void
expect_remark(const char *lines, const char *remark)
{
	char *got = remarks(lines);

	if (remark == NULL ? got[0] != '\0' : strstr(got, remark) == NULL)
		fail_msg("wanted: %s\ngot: %s", remark == NULL ? "nothing" : remark, got);
	free(got);
}

static const char *
with_path(const char *key, const char *name)
{
	static char text[512];

	snprintf(text, sizeof text, "%s = %s\n", key, folder_path(name));
	return text;
}

static void
remarks_on_files_that_it_will_need(void **state)
{
	(void)state;
	folder_open();
	expect_remark(with_path("password-file", "none"), "work: the secret's file");
	folder_file("secret", "hunter2\n", 0644);
	expect_remark(with_path("password-file", "secret"), "can be read by others");
	chmod(folder_path("secret"), 0600);
	expect_remark(with_path("password-file", "secret"), NULL);
	expect_remark(with_path("password-command = cat x\nca-file", "ca"), "work: the ca-file");
	folder_file("ca", "", 0666);
	expect_remark(
		with_path("password-command = cat x\nca-file", "ca"), "can be changed by others");
	chmod(folder_path("ca"), 0644);
	expect_remark(with_path("password-command = cat x\nca-file", "ca"), NULL);
	expect_remark(with_path("password-command = cat x\n[liaison]\nbackup-directory", "backups"),
		"backup-directory: the folder");
	folder_close();
}

static void
remarks_on_a_program_that_is_not_there(void **state)
{
	(void)state;
	folder_open();
	expect_remark("password-command = liaison-no-such-program x\n",
		"work: there is no program 'liaison-no-such-program'");
	expect_remark("token-command = /nowhere/at/all\n", "no program '/nowhere/at/all'");
	expect_remark("password-command = cat x\n", NULL);
	folder_close();
}

static void
remarks_on_mail_that_only_its_owner_sees_and_nobody_owns(void **state)
{
	(void)state;
	folder_open();
	expect_remark("password-command = cat x\nvisibility = owner\n",
		"'work' has 'visibility = owner' and no 'salesperson'");
	expect_remark("password-command = cat x\nvisibility = owner\nsalesperson = AB\n", NULL);
	expect_remark("password-command = cat x\nvisibility = all\n", NULL);
	folder_close();
}

static void
remarks_on_settings_without_effect(void **state)
{
	(void)state;
	folder_open();
	expect_remark("password-command = cat x\nbudget = 1M\n",
		"c.conf:5: 'budget' has no effect in this version");
	folder_close();
}

static void
tells_of_a_file_that_is_none(void **state)
{
	struct mistakes mistakes;
	struct config config;

	(void)state;
	folder_open();
	assert_int_equal(load("missing.conf", false, &config, &mistakes), -1);
	assert_non_null(strstr(mistakes.lines.bytes, "missing.conf:0: "));
	mistakes_clear(&mistakes);
	mkfifo(folder_path("fifo"), 0600);
	assert_int_equal(load("fifo", false, &config, &mistakes), -1);
	mistakes_clear(&mistakes);
	folder_close();
}

static void
keeps_a_number_for_a_name(void **state)
{
	struct config_source sources[2] = { { .name = "a" }, { .name = "b" } };
	struct config config = { .sources = sources, .source_count = 2 };
	struct numbers numbers = { 0 };

	(void)state;
	numbers_give(&numbers, &config);
	assert_int_equal(sources[0].number, 1);
	assert_int_equal(sources[1].number, 2);
	sources[0].name = "b";
	sources[1].name = "c";
	numbers_give(&numbers, &config);
	assert_int_equal(sources[0].number, 2);
	assert_int_equal(sources[1].number, 3);
	numbers_clear(&numbers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_file_and_its_conf_d),
		cmocka_unit_test(tells_all_mistakes_with_file_and_line),
		cmocka_unit_test(refuses_a_literal_secret_that_others_can_read),
		cmocka_unit_test(remarks_on_files_that_it_will_need),
		cmocka_unit_test(remarks_on_a_program_that_is_not_there),
		cmocka_unit_test(remarks_on_mail_that_only_its_owner_sees_and_nobody_owns),
		cmocka_unit_test(remarks_on_settings_without_effect),
		cmocka_unit_test(tells_of_a_file_that_is_none),
		cmocka_unit_test(keeps_a_number_for_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
