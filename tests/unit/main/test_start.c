#define _GNU_SOURCE
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "listen.h"
#include "lock.h"
#include "notify.h"
#include "place.h"
#include "spawn.h"

static void
lets_one_instance_have_a_database(void **state)
{
	char own[32];
	struct err err;
	int lock, second;

	(void)state;
	folder_open();
	lock = lock_take(folder_path("x.db"), &err);
	assert_true(lock >= 0);
	second = lock_take(folder_path("x.db"), &err);
	assert_int_equal(second, -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	snprintf(own, sizeof own, "pid %ld", (long)getpid());
	assert_non_null(strstr(err.message, own));
	close(lock);
	lock = lock_take(folder_path("x.db"), &err);
	assert_true(lock >= 0);
	close(lock);
	folder_close();
}

static void
names_who_has_the_lock_though_its_file_does_not(void **state)
{
	char own[32];
	struct err err;
	int lock;

	(void)state;
	folder_open();
	folder_file("x.db.lock", "", 0600);
	lock = open(folder_path("x.db.lock"), O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	assert_int_equal(lock_take(folder_path("x.db"), &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	snprintf(own, sizeof own, "pid %ld", (long)getpid());
	assert_non_null(strstr(err.message, own));
	close(lock);
	folder_close();
}

/* Taking the lock empties it and writes to it. */
static void
takes_no_lock_that_is_another_file_too(void **state)
{
	struct stat status;
	struct err err;

	(void)state;
	folder_open();
	folder_file("precious", "precious", 0600);
	assert_int_equal(link(folder_path("precious"), folder_path("x.db.lock")), 0);
	assert_int_equal(lock_take(folder_path("x.db"), &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	unlink(folder_path("x.db.lock"));
	assert_int_equal(symlink(folder_path("precious"), folder_path("x.db.lock")), 0);
	assert_int_equal(lock_take(folder_path("x.db"), &err), -1);
	unlink(folder_path("x.db.lock"));
	assert_int_equal(mkfifo(folder_path("x.db.lock"), 0600), 0);
	assert_int_equal(lock_take(folder_path("x.db"), &err), -1);
	assert_int_equal(stat(folder_path("precious"), &status), 0);
	assert_int_equal(status.st_size, 8);
	folder_close();
}

static void
refuses_a_database_of_two_names(void **state)
{
	struct err err;
	int lock;

	(void)state;
	folder_open();
	folder_file("x.db", "", 0600);
	assert_int_equal(link(folder_path("x.db"), folder_path("y.db")), 0);
	assert_int_equal(lock_take(folder_path("x.db"), &err), -1);
	assert_non_null(strstr(err.message, "known by 2 names"));
	unlink(folder_path("x.db"));
	assert_int_equal(symlink(folder_path("nowhere"), folder_path("x.db")), 0);
	assert_int_equal(lock_take(folder_path("x.db"), &err), -1);
	assert_non_null(strstr(err.message, "leads nowhere"));
	lock = lock_take(folder_path("y.db"), &err);
	assert_true(lock >= 0);
	close(lock);
	folder_close();
}

static void
looks_behind_links_as_far_as_there_is_something(void **state)
{
	struct arena *arena = arena_new();
	const char *real;

	(void)state;
	folder_open();
	real = arena_text(arena, folder_file("x.db", "", 0600));
	assert_int_equal(symlink(real, folder_path("link.db")), 0);
	assert_int_equal(symlink(folder_path("."), folder_path("folder")), 0);
	assert_string_equal(place_real(arena, folder_path("link.db")), real);
	assert_string_equal(place_real(arena, folder_path("folder/x.db")), real);
	assert_string_equal(place_real(arena, folder_path("folder/new.db")), folder_path("new.db"));
	assert_string_equal(place_real(arena, "/nonexistent/x.db"), "/nonexistent/x.db");
	assert_string_equal(place_real(arena, "/nonexistent.db"), "/nonexistent.db");
	arena_free(arena);
	folder_close();
}

/* The engine of a killed liaisond holds the lock a moment longer, under a pid that is dead. */
static void
waits_for_a_dying_engine(void **state)
{
	struct err err;
	pid_t holder, dead;
	int lock, ready[2];

	(void)state;
	folder_open();
	dead = fork();
	if (dead == 0)
		_exit(0);
	waitpid(dead, NULL, 0);
	assert_int_equal(pipe(ready), 0);
	holder = fork();
	if (holder == 0) {
		char pid[32];

		lock = lock_take(folder_path("x.db"), &err);
		snprintf(pid, sizeof pid, "%ld\n", (long)dead);
		if (ftruncate(lock, 0) < 0 || pwrite(lock, pid, strlen(pid), 0) < 0 ||
			write(ready[1], "", 1) < 0)
			_exit(1);
		usleep(300000);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &(char){ 0 }, 1), 1);
	lock = lock_take(folder_path("x.db"), &err);
	assert_true(lock >= 0);
	close(lock);
	close(ready[0]);
	close(ready[1]);
	waitpid(holder, NULL, 0);
	folder_close();
}

static void
makes_missing_folders(void **state)
{
	struct stat status;
	struct err err;

	(void)state;
	folder_open();
	assert_int_equal(folder_make(folder_path("a/b/c"), 0750, &err), 0);
	assert_int_equal(stat(folder_path("a/b/c"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0750);
	assert_int_equal(stat(folder_path("a"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_int_equal(folder_make(folder_path("a/b/c"), 0700, &err), 0);
	folder_file("f", "", 0600);
	assert_int_equal(folder_make(folder_path("f/g"), 0700, &err), -1);
	folder_close();
}

static int
try_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int client = socket(AF_UNIX, SOCK_STREAM, 0);
	int result;

	memcpy(address.sun_path, path, strlen(path));
	result = connect(client, (struct sockaddr *)&address, sizeof address);
	close(client);
	return result;
}

static void
replaces_a_stale_socket_only(void **state)
{
	struct listen_how how;
	struct listener first, second;
	struct stat status;
	struct err err;

	(void)state;
	folder_open();
	how = (struct listen_how){ .path = folder_path("control") };
	assert_int_equal(listen_open(&how, &first, &err), 0);
	assert_int_equal(try_connect(how.path), 0);
	stat(how.path, &status);
	assert_int_equal(status.st_mode & 0077, 0);
	assert_int_equal(listen_open(&how, &second, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	close(first.descriptor);
	assert_int_equal(listen_open(&how, &second, &err), 0);
	listen_close(&second);
	assert_int_equal(access(how.path, F_OK), -1);
	folder_close();
}

static void
leaves_what_is_not_a_socket(void **state)
{
	struct listen_how how;
	struct listener listener;
	char long_path[200];
	struct err err;

	(void)state;
	folder_open();
	how = (struct listen_how){ .path = folder_file("control", "precious", 0600) };
	assert_int_equal(listen_open(&how, &listener, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_int_equal(access(how.path, F_OK), 0);
	memset(long_path, 'x', sizeof long_path);
	long_path[0] = '/';
	long_path[sizeof long_path - 1] = '\0';
	how.path = long_path;
	assert_int_equal(listen_open(&how, &listener, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	folder_close();
}

/* The mode of a socket that was opened with these rights. */
static unsigned
mode_with(const char *group, bool everybody)
{
	struct listen_how how = { folder_path("control"), group, everybody };
	struct listener listener;
	struct stat status;
	struct err err;

	assert_int_equal(listen_open(&how, &listener, &err), 0);
	assert_int_equal(stat(how.path, &status), 0);
	listen_close(&listener);
	return status.st_mode & 0777;
}

static void
lets_in_whom_the_configuration_names(void **state)
{
	const struct group *own = getgrgid(getegid());
	mode_t before = umask(0);

	(void)state;
	folder_open();
	assert_int_equal(mode_with(NULL, false), 0600);
	assert_int_equal(mode_with("no-such-group", false), 0600);
	assert_int_equal(mode_with("no-such-group", true), 0666);
	if (own != NULL) {
		assert_int_equal(mode_with(own->gr_name, false), 0660);
		assert_int_equal(mode_with(own->gr_name, true), 0666);
	}
	umask(before);
	folder_close();
}

static void
follows_no_link_in_the_place_of_the_socket(void **state)
{
	struct listen_how how;
	struct listener listener;
	struct stat status;
	struct err err;

	(void)state;
	folder_open();
	folder_file("precious", "", 0600);
	how = (struct listen_how){ .path = folder_path("control") };
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			symlink(folder_path(i == 0 ? "precious" : "nowhere"), how.path), 0);
		assert_int_equal(listen_open(&how, &listener, &err), -1);
		assert_int_equal(err.code, ERR_CONFIG);
		assert_int_equal(lstat(how.path, &status), 0);
		assert_true(S_ISLNK(status.st_mode));
		unlink(how.path);
	}
	assert_int_equal(access(folder_path("nowhere"), F_OK), -1);
	assert_int_equal(stat(folder_path("precious"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	folder_close();
}

/* Descriptor 3 must be a listening socket: done in a child, so that ours stay as they are. */
static void
takes_the_socket_it_is_passed(void **state)
{
	struct listener listener;
	int status;
	pid_t pid;

	(void)state;
	folder_open();
	pid = fork();
	if (pid == 0) {
		struct sockaddr_un address = { .sun_family = AF_UNIX };
		int made = socket(AF_UNIX, SOCK_STREAM, 0);
		char own[32];
		struct err err;

		snprintf(address.sun_path, sizeof address.sun_path, "%s", folder_path("s"));
		if (bind(made, (struct sockaddr *)&address, sizeof address) < 0 ||
			listen(made, 1) < 0 || dup2(made, 3) < 0)
			_exit(1);
		snprintf(own, sizeof own, "%ld", (long)getpid());
		setenv("LISTEN_PID", own, 1);
		setenv("LISTEN_FDS", "1", 1);
		if (listen_open(&(struct listen_how){ .path = "/nonexistent/x" }, &listener, &err) <
			0)
			_exit(2);
		_exit(listener.descriptor == 3 && listener.path == NULL &&
					getenv("LISTEN_FDS") == NULL
				? 0
				: 3);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	folder_close();
}

static void
tells_the_service_manager(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int manager = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct notify notify;
	char heard[64] = "";

	(void)state;
	folder_open();
	snprintf(address.sun_path, sizeof address.sun_path, "%s", folder_path("notify"));
	assert_int_equal(bind(manager, (struct sockaddr *)&address, sizeof address), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	setenv("WATCHDOG_USEC", "1000000", 1);
	unsetenv("WATCHDOG_PID");
	notify_open(&notify);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_true(notify.watchdog);
	notify_send(&notify, "READY=1\nMAINPID=%d\n", 5);
	assert_true(recv(manager, heard, sizeof heard - 1, MSG_DONTWAIT) > 0);
	assert_string_equal(heard, "READY=1\nMAINPID=5\n");
	notify_close(&notify);
	notify_open(&notify);
	assert_int_equal(notify.descriptor, -1);
	assert_false(notify.watchdog);
	notify_send(&notify, "READY=1\n");
	close(manager);
	folder_close();
}

static void
says_whose_watchdog_it_is(void **state)
{
	struct notify notify;

	(void)state;
	setenv("WATCHDOG_USEC", "1000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	notify_open(&notify);
	assert_false(notify.watchdog);
	setenv("WATCHDOG_USEC", "nonsense", 1);
	notify_open(&notify);
	assert_false(notify.watchdog);
}

/* A shell that prints what it was given. */
static void
starts_programs_with_nothing_but_what_they_are_given(void **state)
{
	char output[4096];
	int out[2], kept = open("/dev/null", O_RDONLY), status;
	struct arena *arena = arena_new();
	char *words[] = { (char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
		(char *)(uintptr_t) "for i in 0 1 2 3 4 5 6 7 8 9 64 65 66; do [ -e /proc/$$/fd/$i "
				    "] && echo -n \"$i \"; done; "
				    "pwd; echo $LIAISON_TEST_X$HOME$PATH_X",
		NULL };
	struct spawn spawn = { .path = "/bin/sh", .words = words, .count = 4, .root = true };
	struct err err;
	ssize_t got, size = 0;
	pid_t pid;

	(void)state;
	setenv("LIAISON_TEST_X", "seen", 1);
	spawn.environment = spawn_small_environment(arena);
	assert_int_equal(pipe(out), 0);
	spawn.descriptors[0] = -1;
	spawn.descriptors[1] = spawn.descriptors[2] = out[1];
	spawn.descriptors[3] = kept;
	pid = spawn_start(&spawn, &err);
	assert_true(pid > 0);
	close(out[1]);
	while ((got = read(out[0], output + size, sizeof output - 1 - (size_t)size)) > 0)
		size += got;
	output[size] = '\0';
	waitpid(pid, &status, 0);
	assert_string_equal(output, "0 1 2 3 /\nseen\n");
	assert_string_equal(spawn_how_ended(arena, status), "ended with status 0");
	close(out[0]);
	close(kept);
	arena_free(arena);
}

static void
says_how_a_program_ended(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(spawn_how_ended(arena, 9), "was killed by signal 9 (Killed)");
	assert_string_equal(spawn_how_ended(arena, 3 << 8), "ended with status 3");
	assert_string_equal(spawn_how_ended(arena, 127 << 8), "could not be started");
	arena_free(arena);
}

static void
finds_the_configuration_in_order(void **state)
{
	struct arena *arena = arena_new();
	struct place place;
	struct err err;

	(void)state;
	setenv("XDG_CONFIG_HOME", folder_open(), 1);
	setenv("LIAISON_CONFIG", "/else/where.conf", 1);
	assert_int_equal(place_find(arena, "/a/b.conf", &place, &err), 0);
	assert_string_equal(place.file, "/a/b.conf");
	assert_false(place.with_conf_d);
	assert_int_equal(place.user_mode, geteuid() != 0);
	assert_int_equal(place_find(arena, NULL, &place, &err), 0);
	assert_string_equal(place.file, "/else/where.conf");
	unsetenv("LIAISON_CONFIG");
	assert_int_equal(folder_make(folder_path("liaison"), 0700, &err), 0);
	folder_file("liaison/liaison.conf", "", 0600);
	assert_int_equal(place_find(arena, NULL, &place, &err), 0);
	assert_string_equal(place.file, folder_path("liaison/liaison.conf"));
	assert_true(place.user_mode);
	assert_true(place.with_conf_d);
	assert_int_equal(place_find(arena, "/etc/liaison/liaison.conf", &place, &err), 0);
	assert_false(place.user_mode);
	arena_free(arena);
	folder_close();
}

static void
expect_same_place_once_made(const char *name)
{
	struct arena *arena = arena_new();
	const char *path = arena_text(arena, folder_path(name)), *before, *after;
	struct err err;

	before = place_real(arena, path);
	assert_int_equal(folder_make(place_directory(arena, path), 0700, &err), 0);
	after = place_real(arena, path);
	assert_string_equal(before, after);
	assert_null(strstr(after, "link"));
	arena_free(arena);
}

/* Else a reload takes it for another database. */
static void
finds_the_same_database_before_and_after_its_folder_is_made(void **state)
{
	(void)state;
	folder_open();
	mkdir(folder_path("real"), 0700);
	assert_int_equal(symlink("real", folder_path("link")), 0);
	expect_same_place_once_made("link/x.db");
	expect_same_place_once_made("link/new/x.db");
	expect_same_place_once_made("link/deep//er/./x.db");
	folder_close();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lets_one_instance_have_a_database),
		cmocka_unit_test(names_who_has_the_lock_though_its_file_does_not),
		cmocka_unit_test(takes_no_lock_that_is_another_file_too),
		cmocka_unit_test(refuses_a_database_of_two_names),
		cmocka_unit_test(looks_behind_links_as_far_as_there_is_something),
		cmocka_unit_test(waits_for_a_dying_engine),
		cmocka_unit_test(makes_missing_folders),
		cmocka_unit_test(replaces_a_stale_socket_only),
		cmocka_unit_test(leaves_what_is_not_a_socket),
		cmocka_unit_test(lets_in_whom_the_configuration_names),
		cmocka_unit_test(follows_no_link_in_the_place_of_the_socket),
		cmocka_unit_test(takes_the_socket_it_is_passed),
		cmocka_unit_test(tells_the_service_manager),
		cmocka_unit_test(says_whose_watchdog_it_is),
		cmocka_unit_test(starts_programs_with_nothing_but_what_they_are_given),
		cmocka_unit_test(says_how_a_program_ended),
		cmocka_unit_test(finds_the_configuration_in_order),
		cmocka_unit_test(finds_the_same_database_before_and_after_its_folder_is_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
