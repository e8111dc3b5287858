#include <string.h>

#include "request.h"

/* How answers look. */

void
answer_begin(struct text *out, const char *id)
{
	text_add_n(out, "{\"jsonrpc\":\"2.0\",\"id\":", 22);
	text_add(out, id != NULL ? id : "null");
	text_add_n(out, ",\"result\":", 10);
}

void
answer_end(struct text *out)
{
	text_add_n(out, "}\n", 2);
}

void
answer_open(struct text *out, const char *id, const char *param, const char *path, const char *mode)
{
	struct json_out json;

	text_add(out, "{\"jsonrpc\":\"2.0\",\"method\":\"open\",\"params\":");
	json_out_init(&json, out);
	json_object_begin(&json, NULL);
	json_raw(&json, "id", id, strlen(id));
	json_text(&json, "param", param);
	json_text(&json, "path", path);
	json_text(&json, "mode", mode);
	json_object_end(&json);
	text_add(out, "}\n");
}

static void
write_candidates(struct json_out *json, const struct err *err)
{
	json_array_begin(json, "candidates");
	for (unsigned i = 0; i < err->candidate_count; i++) {
		json_object_begin(json, NULL);
		json_text(json, "no", err->candidates[i].no);
		json_text(json, "name", err->candidates[i].name);
		json_text(json, "type", err->candidates[i].type);
		json_object_end(json);
	}
	json_array_end(json);
}

static void
write_data(struct json_out *json, const struct err *err, const struct answer_more *more)
{
	json_object_begin(json, "data");
	json_text(json, "name", err_name(err->code));
	if (err->field[0] != '\0')
		json_text(json, "field", err->field);
	if (err->hint[0] != '\0')
		json_text(json, "hint", err->hint);
	if (err->candidate_count > 0)
		write_candidates(json, err);
	if (more != NULL)
		json_raw(json, more->name, more->json, more->size);
	json_object_end(json);
}

void
answer_error(struct text *out, const char *id, int code, const struct err *err,
	const struct answer_more *more)
{
	struct json_out json;

	if (id == NULL)
		return;
	text_add(out, "{\"jsonrpc\":\"2.0\",\"id\":");
	text_add(out, id);
	text_add(out, ",\"error\":");
	json_out_init(&json, out);
	json_object_begin(&json, NULL);
	json_int(&json, "code", code != 0 ? code : err_rpc_code(err->code));
	json_text(&json, "message", err->message);
	write_data(&json, err, more);
	json_object_end(&json);
	text_add(out, "}\n");
}
