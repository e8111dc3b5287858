#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "liaison/base/clock.h"
#include "liaison/store/file.h"
#include "liaison/store/migrate.h"
#include "test.h"

/* Files beside the database. */

struct shelf {
	char folder[64], database[96], files[96];
	struct store *store;
	struct arena *arena;
	struct err err;
};

static int
open_shelf(void **state)
{
	struct shelf *shelf = mem_zero(1, sizeof *shelf);

	text_copy(shelf->folder, sizeof shelf->folder, "/tmp/liaison-file-XXXXXX");
	assert_non_null(mkdtemp(shelf->folder));
	snprintf(shelf->database, sizeof shelf->database, "%s/liaison.db", shelf->folder);
	snprintf(shelf->files, sizeof shelf->files, "%s/files", shelf->folder);
	shelf->store = store_open(shelf->database, STORE_WRITER, &shelf->err);
	assert_non_null(shelf->store);
	assert_int_equal(store_migrate(shelf->store, shelf->database, &shelf->err), 0);
	shelf->arena = arena_new();
	*state = shelf;
	return 0;
}

static void
empty(const char *folder)
{
	DIR *open = opendir(folder);
	const struct dirent *entry;
	char path[400];

	while (open != NULL && (entry = readdir(open)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		if (unlink(path) < 0 && entry->d_name[0] != '.')
			empty(path);
	}
	if (open != NULL)
		closedir(open);
	rmdir(folder);
}

static int
close_shelf(void **state)
{
	struct shelf *shelf = *state;

	store_close(shelf->store);
	empty(shelf->folder);
	arena_free(shelf->arena);
	free(shelf);
	return 0;
}

static int64_t
put(struct shelf *shelf, const char *bytes)
{
	int64_t id = 0;

	assert_int_equal(store_begin(shelf->store, &shelf->err), 0);
	if (file_put(shelf->store, bytes, strlen(bytes), "text/plain", false, &id, &shelf->err) < 0)
		fail_msg("%s", shelf->err.message);
	assert_int_equal(store_commit(shelf->store, &shelf->err), 0);
	return id;
}

static struct file
get(struct shelf *shelf, int64_t id)
{
	struct file file;

	assert_int_equal(file_get(shelf->store, shelf->arena, id, &file, &shelf->err), 0);
	return file;
}

static char *
path_of(struct shelf *shelf, int64_t id)
{
	return arena_printf(shelf->arena, "%s/%s", shelf->files, get(shelf, id).digest);
}

static void
write_path(const char *path, const char *bytes)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(bytes, file);
	fclose(file);
}

static int
read_back(struct shelf *shelf, int64_t id, const char *wanted)
{
	struct file file = get(shelf, id);
	struct text text = { 0 };
	int result = file_read(shelf->store, &file, &text, &shelf->err);

	if (result == 0)
		assert_string_equal(text.bytes, wanted);
	text_clear(&text);
	return result;
}

static void
the_same_bytes_are_kept_once(void **state)
{
	struct shelf *shelf = *state;
	int64_t first = put(shelf, "hello"), other = put(shelf, "world");

	assert_int_equal(put(shelf, "hello"), first);
	assert_int_not_equal(other, first);
	assert_int_equal(read_back(shelf, first, "hello"), 0);
	assert_string_equal(get(shelf, first).digest,
		"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
	assert_int_equal(get(shelf, first).size, 5);
}

static void
what_was_altered_is_not_given_out(void **state)
{
	struct shelf *shelf = *state;
	int64_t id = put(shelf, "hello");

	write_path(path_of(shelf, id), "hellO");
	assert_int_equal(read_back(shelf, id, ""), -1);
	assert_int_equal(shelf->err.code, ERR_STORAGE);
	assert_non_null(strstr(shelf->err.message, "altered"));
	unlink(path_of(shelf, id));
	assert_int_equal(read_back(shelf, id, ""), -1);
	assert_non_null(strstr(shelf->err.message, "missing"));
	assert_int_equal(symlink("/etc/hostname", path_of(shelf, id)), 0);
	assert_int_equal(read_back(shelf, id, ""), -1);
}

static void
a_write_that_was_cut_short_is_made_anew(void **state)
{
	struct shelf *shelf = *state;
	int64_t id = put(shelf, "hello");

	write_path(path_of(shelf, id), "hel");
	write_path(arena_printf(shelf->arena, "%s.part", path_of(shelf, id)), "h");
	assert_int_equal(put(shelf, "hello"), id);
	assert_int_equal(read_back(shelf, id, "hello"), 0);
	assert_int_equal(
		access(arena_printf(shelf->arena, "%s.part", path_of(shelf, id)), F_OK), -1);
}

static void
a_place_that_cannot_be_written_is_told(void **state)
{
	struct shelf *shelf = *state;
	int64_t id;

	write_path(shelf->files, "no folder");
	assert_int_equal(store_begin(shelf->store, &shelf->err), 0);
	assert_int_equal(file_put(shelf->store, "a", 1, "text/plain", false, &id, &shelf->err), -1);
	assert_int_equal(shelf->err.code, ERR_STORAGE);
	assert_non_null(strstr(shelf->err.message, "cannot be kept"));
	store_rollback(shelf->store);
	unlink(shelf->files);
}

static void
sweep(struct shelf *shelf, int64_t now)
{
	struct file_folder *place = NULL;
	bool more;

	assert_int_equal(file_sweep(shelf->store, now, 10, &more, &shelf->err), 0);
	assert_int_equal(file_sweep_folder(shelf->store, &place, now, 1000, &shelf->err), 0);
	assert_null(place);
}

static void
what_nothing_refers_to_goes_after_a_while(void **state)
{
	struct shelf *shelf = *state;
	int64_t now = 1800000000, id = put(shelf, "hello");
	char *path = path_of(shelf, id);

	sweep(shelf, now);
	sweep(shelf, now + FILE_GRACE_S);
	assert_int_equal(access(path, F_OK), 0);
	put(shelf, "hello"); /* which somebody wants again */
	sweep(shelf, now + FILE_GRACE_S + 1);
	assert_int_equal(access(path, F_OK), 0);
	sweep(shelf, now + 3 * FILE_GRACE_S);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(file_find(shelf->store,
				 "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
				 &id, &shelf->err),
		-1);
}

static void
what_a_crash_left_goes_and_what_is_not_ours_stays(void **state)
{
	struct shelf *shelf = *state;
	int64_t now = clock_now();
	char *left, *draft, *foreign;

	put(shelf, "hello");
	left = arena_printf(shelf->arena, "%s/%064d", shelf->files, 7);
	draft = arena_printf(shelf->arena, "%s/%064d.part", shelf->files, 8);
	foreign = arena_printf(shelf->arena, "%s/notes.txt", shelf->files);
	write_path(left, "x");
	write_path(draft, "x");
	write_path(foreign, "x");
	sweep(shelf, now);
	assert_int_equal(access(left, F_OK), 0);
	sweep(shelf, now + FILE_GRACE_S + 100);
	assert_int_equal(access(left, F_OK), -1);
	assert_int_equal(access(draft, F_OK), -1);
	assert_int_equal(access(foreign, F_OK), 0);
}

static void
count_finding(void *context, const char *what)
{
	(void)what;
	++*(int *)context;
}

static void
a_backup_is_whole_without_the_folder(void **state)
{
	struct shelf *shelf = *state;
	char *copy = arena_printf(shelf->arena, "%s/copy", shelf->folder);
	int64_t id = put(shelf, "hello");
	int findings = 0, version;

	assert_int_equal(store_backup_whole(shelf->store, copy, NULL, NULL, &shelf->err), 0);
	assert_int_equal(backup_verify(copy, &version, &shelf->err), 0);
	assert_int_equal(backup_verify_files(copy, count_finding, &findings, &shelf->err), 0);
	assert_int_equal(findings, 0);
	unlink(path_of(shelf, id));
	assert_int_equal(file_check(shelf->store, count_finding, &findings, &shelf->err), 0);
	assert_int_equal(findings, 1);
	store_close(shelf->store);
	shelf->store = store_open(copy, STORE_WRITER, &shelf->err);
	assert_int_equal(file_unpack(shelf->store, shelf->database, &shelf->err), 0);
	assert_int_equal(access(path_of(shelf, id), F_OK), 0);
	store_close(shelf->store);
	shelf->store = store_open(shelf->database, STORE_WRITER, &shelf->err);
	assert_int_equal(read_back(shelf, id, "hello"), 0);
}

static void
what_somebody_put_there_again_is_not_removed(void **state)
{
	static const char DROP[] = "DELETE FROM file";
	struct shelf *shelf = *state;
	struct file file;
	int64_t id = put(shelf, "hello");
	char path[400];

	assert_int_equal(file_get(shelf->store, shelf->arena, id, &file, &shelf->err), 0);
	text_copy(path, sizeof path, path_of(shelf, id));
	assert_int_equal(stmt_run(sql_prepare(shelf->store, DROP), &shelf->err), 0);
	id = put(shelf, "hello");
	file_unlink(shelf->store, file.digest);
	assert_int_equal(read_back(shelf, id, "hello"), 0);
	assert_int_equal(stmt_run(sql_prepare(shelf->store, DROP), &shelf->err), 0);
	file_unlink(shelf->store, file.digest);
	assert_int_equal(access(path, F_OK), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_shelf, close_shelf)
		TEST(the_same_bytes_are_kept_once),
		TEST(what_was_altered_is_not_given_out),
		TEST(a_write_that_was_cut_short_is_made_anew),
		TEST(a_place_that_cannot_be_written_is_told),
		TEST(what_nothing_refers_to_goes_after_a_while),
		TEST(what_a_crash_left_goes_and_what_is_not_ours_stays),
		TEST(a_backup_is_whole_without_the_folder),
		TEST(what_somebody_put_there_again_is_not_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
