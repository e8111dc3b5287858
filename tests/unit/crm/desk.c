#include "desk.h"

int
desk_open(void **state)
{
	struct desk *desk = calloc(1, sizeof *desk);

	desk->store = store_open_memory(&desk->err);
	if (desk->store == NULL)
		fail_msg("no store: %s", desk->err.message);
	desk->arena = arena_new();
	*state = desk;
	return 0;
}

int
desk_close(void **state)
{
	struct desk *desk = *state;

	store_close(desk->store);
	arena_free(desk->arena);
	text_clear(&desk->text);
	free(desk);
	return 0;
}

int64_t
add_person(struct desk *desk, const char *name, int64_t company)
{
	struct contact contact = { .type = "person", .name = name, .company_id = company };

	assert_ok(contact_add(desk->store, desk->arena, &contact, NOW, &desk->err));
	return contact.id;
}

int64_t
add_company(struct desk *desk, const char *name)
{
	struct contact contact = { .type = "company", .name = name };

	assert_ok(contact_add(desk->store, desk->arena, &contact, NOW, &desk->err));
	return contact.id;
}

void
add_email(struct desk *desk, int64_t contact, const char *email)
{
	struct contact_email row = { .email = email };

	assert_ok(contact_email_add(desk->store, desk->arena, contact, &row, &desk->err));
}

int64_t
add_interaction(
	struct desk *desk, const char *kind, int64_t at, const char *subject, int64_t contact)
{
	struct interaction interaction = { .kind = kind,
		.status = "recorded",
		.direction = "none",
		.initiated_by = "none",
		.at = at,
		.subject = subject };
	struct interaction_link link = { .contact_id = contact,
		.role = "participant",
		.via = "manual",
		.company_id = get_contact(desk, contact).company_id };

	assert_ok(interaction_add(desk->store, &interaction, &link, 1, NULL, NOW, &desk->err));
	return interaction.id;
}

struct contact
get_contact(struct desk *desk, int64_t id)
{
	struct contact contact;

	assert_ok(contact_get(desk->store, desk->arena, id, &contact, &desk->err));
	return contact;
}

int64_t
ask(struct desk *desk, const char *sql)
{
	int64_t value = -1;
	bool found;

	assert_ok(sql_get_int(sql_prepare(desk->store, sql), &value, &found, &desk->err));
	return value;
}

json_t *
record_of(struct desk *desk, const char *noun, int64_t id)
{
	struct json_out out;
	json_t *tree = NULL;

	text_reset(&desk->text);
	json_out_init(&out, &desk->text);
	if (strcmp(noun, "contact") == 0)
		assert_ok(contact_write(desk->store, desk->arena, id, &out, &desk->err));
	else
		assert_ok(interaction_write(desk->store, desk->arena, id, &out, &desk->err));
	assert_ok(json_line_parse(desk->text.bytes, desk->text.size, &tree, &desk->err));
	return tree;
}
