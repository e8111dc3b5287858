#include "test.h"

#include <string.h>
#include <sys/socket.h>

#include "mailbox.h"

/* Which folders are watched, and how, for what LIST shows and the configuration says. */

struct scene {
	struct fetch fetch;
	struct source source;
	struct config_source config;
	struct mailbox box;
	struct connection connection;
	int descriptors[2];
};

static void
ignore_event(void *context, const struct imap_event *event)
{
	(void)context;
	(void)event;
}

static void
slept(void *context, int64_t milliseconds)
{
	(void)context;
	(void)milliseconds;
}

static const char GREETING[] = "* PREAUTH [CAPABILITY IMAP4rev1 IDLE] hi\r\n";

static void
begin(struct scene *scene, const char **folders, size_t folder_count, const char **idle,
	size_t idle_count)
{
	struct err err = { 0 };

	memset(scene, 0, sizeof(*scene));
	uv_loop_init(&scene->fetch.loop);
	scene->fetch.alarms = alarms_new(&scene->fetch.loop, slept, NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, scene->descriptors), 0);
	scene->fetch.link = link_new(&scene->fetch, scene->descriptors[0]);
	scene->config.name = "work";
	scene->config.folders = (struct config_list){ folders, folder_count };
	scene->config.idle = (struct config_list){ idle, idle_count };
	scene->source = (struct source){
		.fetch = &scene->fetch, .config = &scene->config, .number = 1
	};
	scene->box.source = &scene->source;
	scene->connection.box = &scene->box;
	scene->connection.imap = imap_new(TLS_NONE, ignore_event, NULL);
	assert_int_equal(imap_feed(scene->connection.imap, GREETING, strlen(GREETING), &err), 0);
	folders_begin(&scene->box);
}

static void
listed(struct scene *scene, const char *name, char delimiter, unsigned attributes)
{
	struct imap_mailbox box = {
		.wire = name, .name = name, .delimiter = delimiter, .attributes = attributes
	};

	folder_listed(&scene->box, &box);
}

static enum folder_mode
mode(struct scene *scene, const char *name)
{
	const struct folder *folder = folder_by_name(&scene->box, name, strlen(name));

	assert_non_null(folder);
	return folder->mode;
}

/* A link and alarms live as long as their program: nothing frees them, but they are not lost either. */
static void
end(struct scene *scene)
{
	static struct scene kept[16];
	static size_t count;

	imap_free(scene->connection.imap);
	folders_free(&scene->box);
	assert_true(count < sizeof(kept) / sizeof(*kept));
	kept[count++] = *scene;
}

static const char *DEFAULTS[] = { "*", "!\\Junk", "!\\Trash", "!\\Drafts", "!\\All" };
static const char *IDLE[] = { "INBOX", "\\Sent" };

static void
watches_all_but_special_folders_by_default(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, DEFAULTS, 5, IDLE, 2);
	listed(&scene, "INBOX", '/', IMAP_INBOX);
	listed(&scene, "Out", '/', IMAP_SENT);
	listed(&scene, "Projects/Sent", '/', 0);
	listed(&scene, "Spamverdacht", '/', IMAP_JUNK);
	listed(&scene, "All Mail", '/', IMAP_ALL);
	listed(&scene, "[Gmail]", '/', IMAP_NOSELECT);
	folders_end(&scene.box, &scene.connection);
	assert_int_equal(mode(&scene, "INBOX"), FOLDER_IDLE);
	assert_int_equal(mode(&scene, "Out"), FOLDER_IDLE);
	assert_int_equal(mode(&scene, "Projects/Sent"), FOLDER_POLLED);
	assert_int_equal(mode(&scene, "Spamverdacht"), FOLDER_UNWATCHED);
	assert_int_equal(mode(&scene, "All Mail"), FOLDER_UNWATCHED);
	assert_int_equal(mode(&scene, "[Gmail]"), FOLDER_UNWATCHED);
	end(&scene);
}

static void
goes_by_names_where_the_server_tells_no_special_use(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, DEFAULTS, 5, IDLE, 2);
	listed(&scene, "INBOX", '.', IMAP_INBOX);
	listed(&scene, "INBOX.Gesendet", '.', 0);
	listed(&scene, "INBOX.Papierkorb", '.', 0);
	listed(&scene, "Junk", '.', IMAP_JUNK);
	listed(&scene, "Spam", '.', 0); /* there is a told one: this is an ordinary folder */
	folders_end(&scene.box, &scene.connection);
	assert_int_equal(mode(&scene, "INBOX.Gesendet"), FOLDER_IDLE);
	assert_int_equal(mode(&scene, "INBOX.Papierkorb"), FOLDER_UNWATCHED);
	assert_int_equal(mode(&scene, "Junk"), FOLDER_UNWATCHED);
	assert_int_equal(mode(&scene, "Spam"), FOLDER_POLLED);
	end(&scene);
}

static void
lets_the_last_pattern_that_matches_decide(void **state)
{
	static const char *folders[] = { "inbox", "Lists/*", "!Lists/c*", "Lists/c-users" };
	struct scene scene;

	(void)state;
	begin(&scene, folders, 4, NULL, 0);
	listed(&scene, "INBOX", '.', IMAP_INBOX);
	listed(&scene, "Lists.perl", '.', 0);
	listed(&scene, "Lists.c", '.', 0);
	listed(&scene, "Lists.c-users", '.', 0);
	listed(&scene, "Other", '.', 0);
	folders_end(&scene.box, &scene.connection);
	assert_int_equal(mode(&scene, "INBOX"), FOLDER_POLLED);
	assert_int_equal(mode(&scene, "Lists.perl"), FOLDER_POLLED);
	assert_int_equal(mode(&scene, "Lists.c"), FOLDER_UNWATCHED);
	assert_int_equal(mode(&scene, "Lists.c-users"), FOLDER_POLLED);
	assert_int_equal(mode(&scene, "Other"), FOLDER_UNWATCHED);
	end(&scene);
}

static void
has_an_inbox_even_if_list_shows_nothing(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, DEFAULTS, 5, IDLE, 2);
	folders_end(&scene.box, &scene.connection);
	assert_int_equal(mode(&scene, "INBOX"), FOLDER_IDLE);
	end(&scene);
}

static void
tells_the_engine_of_a_new_uidvalidity_and_waits_for_its_answer(void **state)
{
	struct imap_mailbox counts = { .has_messages = true,
		.messages = 3,
		.has_uidnext = true,
		.uidnext = 9,
		.has_uidvalidity = true,
		.uidvalidity = 7 };
	struct scene scene;
	struct folder *inbox;

	(void)state;
	begin(&scene, DEFAULTS, 5, IDLE, 2);
	folders_end(&scene.box, &scene.connection);
	inbox = folder_by_name(&scene.box, "INBOX", 5);
	folder_count(&scene.box, inbox, &counts);
	assert_true(inbox->opened && !inbox->known);
	inbox->known = true;
	inbox->cursor = 8;
	folder_count(&scene.box, inbox, &counts);
	assert_true(inbox->complete && !inbox->dirty);
	counts.uidnext = 10;
	folder_count(&scene.box, inbox, &counts);
	assert_true(inbox->known && inbox->dirty);
	counts.uidvalidity = 8;
	folder_count(&scene.box, inbox, &counts);
	assert_true(inbox->opened && !inbox->known);
	assert_int_equal(inbox->uidvalidity, 8);
	end(&scene);
}

/* The tokens of the FRAME_FRESHs written since; those with errors counted in *errors. */
static size_t
fresh_tokens(struct scene *scene, uint32_t *out, size_t room, size_t *errors)
{
	struct frame_reader reader = { 0 };
	struct err err = { 0 };
	struct frame frame;
	static char bytes[64 * 1024];
	size_t count = 0;
	ssize_t n;

	link_flush(scene->fetch.link);
	*errors = 0;
	while ((n = recv(scene->descriptors[1], bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		frame_reader_feed(&reader, bytes, (size_t)n);
	while (frame_reader_next(&reader, &frame, &err) > 0) {
		struct frame_field field;
		size_t cursor = 0;

		if (frame.type != FRAME_FRESH)
			continue;
		while (frame_field_next(&frame, &cursor, &field, &err) > 0)
			*errors += field.tag == TAG_ERROR;
		if (count < room)
			out[count] = frame.token;
		count++;
	}
	frame_reader_clear(&reader);
	return count;
}

static void
answers_a_sync_by_the_check_that_began_after_it(void **state)
{
	uint32_t tokens[4];
	struct scene scene;
	struct folder *inbox;
	size_t errors;

	(void)state;
	begin(&scene, DEFAULTS, 5, IDLE, 2);
	folders_end(&scene.box, &scene.connection);
	inbox = folder_by_name(&scene.box, "INBOX", 5);
	inbox->sync = 0; /* a check is under way */
	inbox->sync_wanted = 7;
	folder_checked(&scene.box, inbox);
	assert_int_equal(fresh_tokens(&scene, tokens, 4, &errors), 1);
	assert_int_equal(tokens[0], 0);
	assert_int_equal(inbox->next_poll, 0); /* and is made anew at once */
	inbox->sync = inbox->sync_wanted;
	folder_checked(&scene.box, inbox);
	assert_int_equal(fresh_tokens(&scene, tokens, 4, &errors), 1);
	assert_int_equal(tokens[0], 7);
	assert_true(inbox->next_poll > 0 || inbox->sync_wanted == 0);
	folder_checked(&scene.box, inbox);
	assert_int_equal(fresh_tokens(&scene, tokens, 4, &errors), 1);
	assert_int_equal(tokens[0], 0);
	end(&scene);
}

static void
answers_a_sync_for_a_folder_that_fails_and_is_well_after_the_next_check(void **state)
{
	uint32_t tokens[4];
	struct scene scene;
	struct folder *inbox;
	size_t errors;

	(void)state;
	begin(&scene, DEFAULTS, 5, IDLE, 2);
	folders_end(&scene.box, &scene.connection);
	inbox = folder_by_name(&scene.box, "INBOX", 5);
	inbox->sync_wanted = 9;
	folder_fail(&scene.box, inbox, "not now");
	assert_int_equal(fresh_tokens(&scene, tokens, 4, &errors), 1);
	assert_int_equal(tokens[0], 9);
	assert_int_equal(errors, 1);
	folder_checked(&scene.box, inbox);
	assert_null(inbox->error);
	assert_int_equal(fresh_tokens(&scene, tokens, 4, &errors), 1);
	assert_int_equal(errors, 0);
	end(&scene);
}

static void
gives_a_folder_found_after_a_sync_its_token(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, DEFAULTS, 5, IDLE, 2);
	scene.box.sync_wanted = 5;
	listed(&scene, "Late", '/', 0);
	assert_int_equal(folder_by_name(&scene.box, "Late", 4)->sync_wanted, 5);
	end(&scene);
}

static struct job *
fetching(struct scene *scene, struct folder *folder, unsigned id, uint32_t first, uint32_t last)
{
	struct job *job = job_new(JOB_FETCH, folder);

	job->stage = JOB_FETCHING;
	job->fetch = id;
	uid_set_add_range(&job->asked, first, last);
	uid_set_add_range(&job->waiting, first, last);
	scene->connection.jobs[scene->connection.jobs[0] ? 1 : 0] = job;
	return job;
}

static void
lose(struct scene *scene)
{
	jobs_suspect(&scene->connection);
	for (size_t i = 0; i < JOBS_AT_ONCE; i++)
		if (scene->connection.jobs[i])
			job_cut(&scene->connection, scene->connection.jobs[i], "lost");
}

static void
finds_poison_only_where_the_connection_broke_twice_at_one_message(void **state)
{
	struct scene scene;
	struct folder *inbox;

	(void)state;
	begin(&scene, DEFAULTS, 5, IDLE, 2);
	folders_end(&scene.box, &scene.connection);
	inbox = folder_by_name(&scene.box, "INBOX", 5);
	fetching(&scene, inbox, 1, 1, 80);
	lose(&scene);
	assert_int_equal(inbox->slice_max, 10);
	fetching(&scene, inbox, 1, 1, 8);
	lose(&scene);
	assert_int_equal(inbox->slice_max, 1);
	fetching(&scene, inbox, 1, 4, 4);
	fetching(&scene, inbox, 2, 5, 5); /* asked later: it is not suspected */
	lose(&scene);
	assert_int_equal(inbox->suspect, 4);
	assert_int_equal(inbox->poison.count, 0);
	fetching(&scene, inbox, 2, 5, 5);
	fetching(&scene, inbox, 1, 4, 4);
	lose(&scene);
	assert_true(uid_set_has(&inbox->poison, 4));
	assert_false(uid_set_has(&inbox->poison, 5));
	end(&scene);
}

static void
cuts_what_another_epoch_of_the_folder_was_asked(void **state)
{
	struct imap_mailbox counts = { .has_messages = true,
		.has_uidnext = true,
		.uidnext = 9,
		.has_uidvalidity = true,
		.uidvalidity = 8 };
	struct scene scene;
	struct folder *inbox;

	(void)state;
	begin(&scene, DEFAULTS, 5, IDLE, 2);
	folders_end(&scene.box, &scene.connection);
	inbox = folder_by_name(&scene.box, "INBOX", 5);
	inbox->opened = true;
	inbox->uidvalidity = scene.connection.uidvalidity = 7;
	scene.connection.selected = inbox;
	scene.box.connections = &scene.connection;
	fetching(&scene, inbox, 1, 1, 8);
	folder_count(&scene.box, inbox, &counts);
	assert_null(scene.connection.selected);
	assert_null(scene.connection.jobs[0]);
	assert_int_equal(inbox->uidvalidity, 8);
	scene.box.connections = NULL;
	end(&scene);
}

int imap_take(void *work, const struct frame *frame, struct err *err);

/* The engine wants the text of UID 1. */
static void
ask_for_text(struct scene *scene, const char *folder)
{
	struct text payload = { 0 };
	struct frame_writer writer = { .out = &payload };
	struct uid_set uids = { 0 };
	struct frame frame = { .type = FRAME_PART };
	struct err err = { 0 };

	uid_set_add(&uids, 1);
	frame_put_text(&writer, TAG_FOLDER, folder);
	frame_put_uids(&writer, TAG_UIDS, &uids);
	frame_put_text(&writer, TAG_PART, "1");
	frame_put_u64(&writer, TAG_SIZE, 100);
	frame.bytes = (uint8_t *)payload.bytes;
	frame.size = payload.size;
	assert_int_equal(imap_take(&scene->box, &frame, &err), 0);
	uid_set_clear(&uids);
	text_clear(&payload);
}

static size_t
jobs(const struct scene *scene)
{
	size_t count = 0;

	for (const struct job *job = scene->box.jobs; job; job = job->next)
		count++;
	return count;
}

static void
refuses_nothing_for_a_folder_that_the_list_under_way_has_not_come_to(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, DEFAULTS, 5, IDLE, 2);
	scene.box.stopping = true; /* nothing is begun */
	listed(&scene, "INBOX", '/', IMAP_INBOX);
	listed(&scene, "Old", '/', 0);
	folders_end(&scene.box, &scene.connection);
	folders_begin(&scene.box);
	ask_for_text(&scene, "INBOX");
	ask_for_text(&scene, "Old");
	assert_int_equal(jobs(&scene), 2);
	listed(&scene, "INBOX", '/', IMAP_INBOX);
	folders_end(&scene.box, &scene.connection);
	assert_int_equal(jobs(&scene), 1);
	ask_for_text(&scene, "Old");
	assert_int_equal(jobs(&scene), 1);
	job_free(scene.box.jobs);
	end(&scene);
}

static void
keeps_the_folders_it_has_where_the_server_refuses_to_list_them_again(void **state)
{
	struct imap_event event = { .status = IMAP_NO };
	struct scene scene;

	(void)state;
	begin(&scene, DEFAULTS, 5, IDLE, 2);
	scene.box.stopping = true; /* nothing is begun */
	listed(&scene, "INBOX", '/', IMAP_INBOX);
	listed(&scene, "Old", '/', 0);
	folders_end(&scene.box, &scene.connection);
	scene.connection.listed_plain = true;
	folders_begin(&scene.box);
	login_listed(&scene.connection, &event);
	assert_true(folder_by_name(&scene.box, "Old", 3)->listed);
	assert_int_equal(mode(&scene, "Old"), FOLDER_POLLED);
	event.status = IMAP_OK;
	folders_begin(&scene.box);
	login_listed(&scene.connection, &event);
	assert_false(folder_by_name(&scene.box, "Old", 3)->listed);
	end(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(watches_all_but_special_folders_by_default),
		cmocka_unit_test(goes_by_names_where_the_server_tells_no_special_use),
		cmocka_unit_test(lets_the_last_pattern_that_matches_decide),
		cmocka_unit_test(has_an_inbox_even_if_list_shows_nothing),
		cmocka_unit_test(tells_the_engine_of_a_new_uidvalidity_and_waits_for_its_answer),
		cmocka_unit_test(answers_a_sync_by_the_check_that_began_after_it),
		cmocka_unit_test(
			answers_a_sync_for_a_folder_that_fails_and_is_well_after_the_next_check),
		cmocka_unit_test(gives_a_folder_found_after_a_sync_its_token),
		cmocka_unit_test(finds_poison_only_where_the_connection_broke_twice_at_one_message),
		cmocka_unit_test(cuts_what_another_epoch_of_the_folder_was_asked),
		cmocka_unit_test(
			keeps_the_folders_it_has_where_the_server_refuses_to_list_them_again),
		cmocka_unit_test(
			refuses_nothing_for_a_folder_that_the_list_under_way_has_not_come_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
