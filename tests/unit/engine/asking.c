#include "asking.h"

int
asker_open(void **state)
{
	struct asker *asker = mem_zero(1, sizeof *asker);
	struct config config = { .arena = arena_new(), .timezone = "UTC" };
	struct err err;

	asker->settings = settings_new(&config);
	worker_init(&asker->worker, &asker->engine, store_open_memory(&err));
	asker->worker.capture = capture_new(&asker->settings->config);
	*state = asker;
	return 0;
}

int
asker_close(void **state)
{
	struct asker *asker = *state;

	json_decref(asker->answer);
	watch_forget(&asker->worker);
	capture_free(asker->worker.capture);
	store_close(asker->worker.store);
	worker_clear(&asker->worker);
	settings_release(asker->settings);
	free(asker);
	return 0;
}

/* Words between blanks, or between single quotes. */
static json_t *
words_of(const char *line)
{
	json_t *words = json_array();

	while (*(line += strspn(line, " ")) != '\0') {
		bool quoted = *line == '\'';
		size_t size;

		line += quoted;
		size = strcspn(line, quoted ? "'" : " ");
		json_array_append_new(words, json_stringn(line, size));
		line += size;
		line += quoted && *line == '\'';
	}
	return words;
}

static char *
request_line(const char *line, bool yes)
{
	json_t *request = json_pack("{s:s, s:i, s:s, s:o, s:b}", "jsonrpc", "2.0", "id", 1,
		"method", "rpc.run", "params", words_of(line), "yes", yes);
	char *text = json_dumps(request, JSON_COMPACT);

	json_decref(request);
	return text;
}

static struct batch *
batch_of(struct asker *asker, const char *request)
{
	struct batch *batch = batch_new();
	enum line_kind kind;
	struct err err;
	int code;

	if (request_parse(batch->arena, request, strlen(request), &batch->requests[0], &kind, &code,
		    &err) < 0)
		fail_msg("%s: %s", request, err.message);
	batch->count = 1;
	batch->settings = settings_hold(asker->settings);
	text_copy(batch->caller.user, sizeof batch->caller.user,
		asker->user != NULL ? asker->user : "tester");
	batch->caller.trusted = asker->trusted;
	batch->caller.access = asker->access != 0 ? asker->access : MAY_ALL;
	return batch;
}

static void
run(struct asker *asker, struct batch *batch)
{
	struct err err;

	if (command_lane(batch->requests[0].command) == LANE_READ) {
		batch_run_reads(&batch->work, &asker->worker);
		return;
	}
	asker->transactions = 0;
	while (batch->next_request < batch->count) { /* a long one takes several transactions */
		assert_int_equal(store_begin(asker->worker.store, &err), 0);
		batch_run_writes(&batch->work, &asker->worker);
		if (store_commit(asker->worker.store, &err) < 0)
			fail_msg("commit: %s", err.message);
		batch->next_request = batch->reached;
		asker->transactions++;
	}
}

static void
ask(struct asker *asker, const char *line, bool yes)
{
	char *request = request_line(line, yes);
	struct batch *batch = batch_of(asker, request);

	run(asker, batch);
	json_decref(asker->answer);
	asker->answer = json_loadb(batch->out.bytes, batch->out.size, 0, NULL);
	assert_non_null(asker->answer);
	batch_free(batch);
	free(request);
}

static json_t *
result_of(struct asker *asker, const char *line)
{
	json_t *result = json_object_get(asker->answer, "result");

	if (result == NULL)
		fail_msg("%s: %s", line, text_of(asker->answer, "error.message"));
	return result;
}

json_t *
asked(struct asker *asker, const char *line)
{
	ask(asker, line, false);
	return result_of(asker, line);
}

json_t *
asked_yes(struct asker *asker, const char *line)
{
	ask(asker, line, true);
	return result_of(asker, line);
}

const char *
refused(struct asker *asker, const char *line)
{
	ask(asker, line, false);
	if (json_object_get(asker->answer, "error") == NULL)
		fail_msg("'%s' was not refused", line);
	return text_of(asker->answer, "error.data.name");
}

const char *
refusal(struct asker *asker, const char *name)
{
	json_t *error = json_object_get(asker->answer, "error"),
	       *found = json_object_get(error, name);

	return json_string_value(
		found != NULL ? found : json_object_get(json_object_get(error, "data"), name));
}

json_t *
member(json_t *of, const char *path)
{
	while (of != NULL && *path != '\0') {
		size_t size = strcspn(path, ".");
		char name[64];

		assert_true(size < sizeof name);
		memcpy(name, path, size);
		name[size] = '\0';
		of = json_is_array(of) ? json_array_get(of, strtoul(name, NULL, 10))
				       : json_object_get(of, name);
		path += size + (path[size] == '.');
	}
	return of;
}

const char *
text_of(json_t *of, const char *path)
{
	return json_string_value(member(of, path));
}

int64_t
number_of(json_t *of, const char *path)
{
	json_t *found = member(of, path);

	if (!json_is_integer(found))
		fail_msg("'%s' is no number", path);
	return json_integer_value(found);
}

void
assert_text(const char *value, const char *wanted)
{
	if (value == NULL)
		fail_msg("null instead of '%s'", wanted);
	assert_string_equal(value, wanted);
}

size_t
count_of(json_t *list)
{
	return json_array_size(member(list, "items"));
}
