#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "socket.h"

/* A home and a runtime folder of our own, empty at first. */
struct place {
	char folder[64];
	struct arena *arena;
};

static char *
below(const struct place *place, const char *name)
{
	return arena_printf(place->arena, "%s/%s", place->folder, name);
}

static int
begin(void **state)
{
	static struct place place;

	place = (struct place){ .folder = "/tmp/liaison-socket-XXXXXX", .arena = arena_new() };
	assert_non_null(mkdtemp(place.folder));
	assert_int_equal(mkdir(below(&place, "liaison"), 0700), 0);
	setenv("XDG_CONFIG_HOME", place.folder, 1);
	setenv("XDG_RUNTIME_DIR", place.folder, 1);
	unsetenv("LIAISON_SOCKET");
	unsetenv("LIAISON_CONFIG");
	*state = &place;
	return 0;
}

static int
end(void **state)
{
	struct place *place = *state;

	unlink(below(place, "liaison/liaison.conf"));
	unlink(below(place, "liaison/control"));
	rmdir(below(place, "liaison"));
	assert_int_equal(rmdir(place->folder), 0);
	arena_free(place->arena);
	return 0;
}

static void
write_config(const struct place *place, const char *text)
{
	FILE *file = fopen(below(place, "liaison/liaison.conf"), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int
listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(strlen(path) < sizeof address.sun_path);
	memcpy(address.sun_path, path, strlen(path));
	assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(listening, 1), 0);
	return listening;
}

static void
takes_the_flag_before_the_environment(void **state)
{
	struct place *place = *state;

	setenv("LIAISON_SOCKET", "/run/a", 1);
	assert_string_equal(socket_find(place->arena, "/run/b"), "/run/b");
	assert_string_equal(socket_find(place->arena, NULL), "/run/a");
	setenv("LIAISON_SOCKET", "", 1);
	assert_string_not_equal(socket_find(place->arena, NULL), "");
}

static void
reads_the_socket_in_the_users_configuration(void **state)
{
	struct place *place = *state;

	write_config(place, "[liaison]\nsocket = relative\nsocket = /run/mine\n[account socket]\n"
			    "socket = /run/other\nbroken\n");
	assert_string_equal(socket_find(place->arena, NULL), "/run/mine");
}

static void
finds_the_usual_place_where_something_is(void **state)
{
	struct place *place = *state;
	int listening;

	assert_string_not_equal(socket_find(place->arena, NULL), below(place, "liaison/control"));
	listening = listen_at(below(place, "liaison/control"));
	assert_string_equal(socket_find(place->arena, NULL), below(place, "liaison/control"));
	close(listening);
}

/* A file of root's is about the system, as it is for liaisond. */
static void
follows_the_configuration_that_is_named(void **state)
{
	struct place *place = *state;

	setenv("LIAISON_CONFIG", below(place, "liaison/liaison.conf"), 1);
	write_config(place, "[liaison]\nsocket = /run/named\n");
	assert_string_equal(socket_find(place->arena, NULL), "/run/named");
	write_config(place, "[liaison]\n");
	assert_string_equal(socket_find(place->arena, NULL),
		geteuid() == 0 ? "/run/liaison/control" : below(place, "liaison/control"));
	setenv("LIAISON_CONFIG", below(place, "nowhere"), 1);
	assert_string_equal(socket_find(place->arena, NULL),
		geteuid() == 0 ? "/run/liaison/control" : below(place, "liaison/control"));
}

static void
connects_to_who_listens(void **state)
{
	struct place *place = *state;
	int listening = listen_at(below(place, "liaison/control")), descriptor;
	struct err err;

	assert_int_equal(socket_connect(below(place, "liaison/control"), &descriptor, &err), 0);
	close(descriptor);
	close(listening);
	assert_int_equal(socket_connect(below(place, "liaison/control"), &descriptor, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_non_null(strstr(err.message, "no liaisond listens"));
	assert_non_null(strstr(err.hint, "is it running?"));
}

static void
says_what_is_wrong_with_a_path(void **state)
{
	struct place *place = *state;
	char path[200];
	int descriptor;
	struct err err;

	memset(path, 'a', sizeof path);
	path[sizeof path - 1] = '\0';
	assert_int_equal(socket_connect(path, &descriptor, &err), -1);
	assert_non_null(strstr(err.message, "is too long"));
	write_config(place, "");
	assert_int_equal(
		socket_connect(below(place, "liaison/liaison.conf/x"), &descriptor, &err), -1);
	assert_non_null(strstr(err.message, "Not a directory"));
	unsetenv("XDG_RUNTIME_DIR");
	assert_int_equal(socket_connect(below(place, "none"), &descriptor, &err), -1);
	assert_string_not_equal(err.hint, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(takes_the_flag_before_the_environment, begin, end),
		cmocka_unit_test_setup_teardown(
			reads_the_socket_in_the_users_configuration, begin, end),
		cmocka_unit_test_setup_teardown(
			finds_the_usual_place_where_something_is, begin, end),
		cmocka_unit_test_setup_teardown(
			follows_the_configuration_that_is_named, begin, end),
		cmocka_unit_test_setup_teardown(connects_to_who_listens, begin, end),
		cmocka_unit_test_setup_teardown(says_what_is_wrong_with_a_path, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
