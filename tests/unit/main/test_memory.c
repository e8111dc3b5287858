#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "folder.h"
#include "listen.h"
#include "lock.h"
#include "memory/starve.h"
#include "secret.h"
#include "settings.h"

/* liaisond when memory runs out: it says so and ends, or fails with a sentence and stays as it was. */

static pid_t maker; /* of the folder */

static void *
open_folder(void)
{
	folder_open();
	maker = getpid();
	setenv("XDG_RUNTIME_DIR", folder_path(""), 1);
	folder_file("liaison.conf",
		"[liaison]\nlog-level = info\n[account work]\nhost = mail.x.example\n"
		"user = ada@x.example\npassword-command = pass \"show x\"\n",
		0600);
	mkdir(folder_path("conf.d"), 0700);
	folder_file("conf.d/b.conf",
		"[account home]\nhost = h.example\nuser = me\npassword-file = /x\n", 0600);
	folder_file("secret", "hunter2\n", 0600);
	uv_replace_allocator(mem_alloc, mem_resize, mem_zero, free); /* as the program does */
	return folder_open;
}

static void
close_folder(void *ignored)
{
	(void)ignored;
	if (maker == getpid())
		folder_close();
}

static int
run_settings(void *ignored, struct text *out, struct err *err)
{
	struct place place = { folder_path("liaison.conf"), true, true };
	struct mistakes mistakes = { 0 };
	struct config config = { 0 };
	int result = settings_load(&place, &config, &mistakes);

	(void)ignored;
	if (result == 0)
		config_encode(&config, NULL, 0, out);
	else
		fail(err, ERR_INTERNAL, "%s", mistakes.lines.bytes);
	config_free(&config);
	mistakes_clear(&mistakes);
	return result;
}

/* ---- a secret ---------------------------------------------------------------------------------- */

struct got {
	struct text *out;
	struct err *err;
	int result;
};

static void
answered(void *context, const struct secret_asker *asker, const char *secret, size_t size,
	const struct err *err)
{
	struct got *got = context;

	(void)asker;
	if (secret != NULL)
		text_add_n(got->out, secret, size);
	else
		*got->err = *err;
	got->result = secret != NULL ? 0 : -1;
}

static int
run_secret(void *ignored, struct text *out, struct err *err)
{
	struct config_source source = { .number = 7,
		.name = "work",
		.secret = SECRET_FILE,
		.secret_value = folder_path("secret") };
	struct got got = { out, err, 1 };
	struct secrets *secrets;
	uv_loop_t loop;

	(void)ignored;
	if (uv_loop_init(&loop) < 0)
		return fail(err, ERR_INTERNAL, "there is no loop");
	secrets = secrets_new(&loop, answered, &got);
	secret_ask(secrets, &source, &(struct secret_asker){ 1, 7, 0 });
	secrets_stop(secrets);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	secrets_free(secrets);
	assert_true(got.result <= 0);
	return got.result;
}

static int
run_lock(void *ignored, struct text *out, struct err *err)
{
	int lock = lock_take(folder_path("x.db"), err);

	(void)ignored;
	if (lock < 0)
		return -1;
	text_add(out, "locked\n");
	close(lock);
	return 0;
}

static const struct scenario SCENARIOS[] = {
	{ "loads_its_settings", open_folder, run_settings, NULL, NULL, close_folder, false },
	{ "reads_a_secret", open_folder, run_secret, NULL, NULL, close_folder, false },
	{ "locks_the_database", open_folder, run_lock, NULL, NULL, close_folder, false },
};

int
main(void)
{
	return STARVE_EACH(SCENARIOS);
}
