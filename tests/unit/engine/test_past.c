#include "asking.h"
#include "liaison/crm/contact.h"

/* What was done is taken back: system.undo, removals, bulk edits. */

/* The entry that stands at that place of the journal, 0 the newest. */
static int64_t
entry(struct asker *asker, unsigned place)
{
	char path[24];

	asked(asker, "system audit");
	snprintf(path, sizeof path, "result.items.%u.id", place);
	return number_of(asker->answer, path);
}

static json_t *
undo(struct asker *asker, int64_t entry)
{
	char line[60];

	snprintf(line, sizeof line, "system undo %lld", (long long)entry);
	return asked_yes(asker, line);
}

static json_t *
undo_last(struct asker *asker)
{
	return undo(asker, entry(asker, 0));
}

static void
assert_sound(struct asker *asker)
{
	struct query_node *all = NULL;
	int64_t *ids;
	size_t count;
	bool changed;
	struct err err;

	assert_int_equal(store_check(asker->worker.store, false, NULL, NULL, &err), 0);
	assert_int_equal(query_ids(asker->worker.store, asker->worker.arena, &contact_noun, all, 0,
				 &ids, &count, &err),
		0);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(contact_recount(asker->worker.store, ids[i], &changed, &err), 0);
		assert_false(changed);
	}
}

static int
open_with_contacts(void **state)
{
	int result = asker_open(state);

	asked(*state,
		"contact add Acme --type company --city Bonn --street 'Am Markt 1' --phone 123 "
		"--county NRW");
	asked(*state, "contact add Ada --company Acme --email ada@x.example");
	asked(*state, "contact add Bob --company Acme --city Ulm");
	return result;
}

/* ---- edits ---- */

static void
an_edit_of_many_is_taken_back_and_brought_again(void **state)
{
	struct asker *asker = *state;
	json_t *back;
	int64_t by;

	asked_yes(asker, "contact edit --where 'type = person' --territory SOUTH --job-title Boss");
	back = undo_last(asker);
	assert_text(text_of(back, "method"), "contact.edit");
	assert_int_equal(number_of(back, "changed"), 2);
	assert_int_equal(number_of(back, "kept"), 0);
	assert_text(text_of(back, "changes.0.name"), "C00003 Bob");
	assert_null(text_of(asked(asker, "contact show Ada"), "territory"));
	by = entry(asker, 0);
	assert_int_equal(number_of(undo(asker, by), "changed"), 2);
	assert_text(text_of(asked(asker, "contact show Ada"), "territory"), "SOUTH");
	assert_text(text_of(asked(asker, "contact show Bob"), "job_title"), "Boss");
	assert_sound(asker);
}

static void
what_was_changed_since_is_kept(void **state)
{
	struct asker *asker = *state;
	int64_t batch;
	json_t *back;

	asked_yes(asker, "contact edit --where 'type = person' --territory SOUTH --language de");
	batch = entry(asker, 0);
	asked(asker, "contact edit Ada --territory NORTH");
	back = undo(asker, batch);
	assert_int_equal(number_of(back, "changed"), 2);
	assert_int_equal(number_of(back, "kept"), 1);
	assert_text(text_of(back, "kept_first.0.field"), "territory");
	assert_text(text_of(back, "kept_first.0.why"), "it was changed since");
	assert_text(text_of(asked(asker, "contact show Ada"), "territory"), "NORTH");
	assert_null(text_of(asker->answer, "result.language"));
	assert_null(text_of(asked(asker, "contact show Bob"), "territory"));
}

static void
the_same_is_not_taken_back_twice(void **state)
{
	struct asker *asker = *state;
	int64_t batch;
	char line[60];

	asked(asker, "contact edit Ada --city Rom");
	batch = entry(asker, 0);
	undo(asker, batch);
	snprintf(line, sizeof line, "system undo %lld", (long long)batch);
	assert_text(refused(asker, line), "refused");
	assert_non_null(strstr(refusal(asker, "message"), "was taken back already"));
	undo(asker, entry(asker, 0)); /* brings it back, so that it can go again */
	assert_text(text_of(asked(asker, "contact show Ada"), "city"), "Rom");
	undo(asker, batch);
	assert_text(text_of(asked(asker, "contact show Ada"), "city"), "Bonn");
}

/* What kept everything took nothing back. */
static void
what_was_kept_can_be_taken_back_later(void **state)
{
	struct asker *asker = *state;
	int64_t first, second;

	asked(asker, "contact edit Ada --city Rom");
	first = entry(asker, 0);
	asked(asker, "contact edit Ada --city Ulm");
	second = entry(asker, 0);
	assert_int_equal(number_of(undo(asker, first), "kept"), 1);
	undo(asker, second);
	assert_int_equal(number_of(undo(asker, first), "changed"), 1);
	assert_text(text_of(asked(asker, "contact show Ada"), "city"), "Bonn");
}

static void
what_was_kept_counts_as_a_change_since(void **state)
{
	struct asker *asker = *state;
	int64_t added, first, second;

	asked(asker, "contact add Eve");
	added = entry(asker, 0);
	asked(asker, "contact edit Eve --city Rom");
	first = entry(asker, 0);
	asked(asker, "contact edit Eve --city Ulm");
	second = entry(asker, 0);
	undo(asker, first);
	undo(asker, second);
	assert_int_equal(number_of(undo(asker, added), "removed"), 0);
	assert_text(text_of(asked(asker, "contact show Eve"), "city"), "Rom");
}

static void
that_two_are_two_is_taken_back(void **state)
{
	struct asker *asker = *state;
	int64_t separated;

	asked(asker, "contact separate C00002 C00003");
	separated = entry(asker, 0);
	assert_int_equal(number_of(undo(asker, separated), "changed"), 1);
	assert_text(refused(asker, "contact separate C00002 C00003 --withdraw"), "not-found");
	assert_int_equal(number_of(undo_last(asker), "changed"), 1);
	asked(asker, "contact separate C00003 C00002 --withdraw");
	assert_int_equal(number_of(undo_last(asker), "changed"), 1);
	asked(asker, "contact separate C00002 C00003 --withdraw");
}

static void
an_undo_is_tried_first(void **state)
{
	struct asker *asker = *state;
	int64_t batch;
	char line[60];

	asked(asker, "contact edit Ada --city Rom");
	batch = entry(asker, 0);
	snprintf(line, sizeof line, "system undo %lld", (long long)batch);
	assert_text(refused(asker, line), "refused");
	assert_int_equal(number_of(asker->answer, "error.data.counts.changed"), 1);
	assert_text(text_of(asker->answer, "error.data.counts.changes.0.fields"), "city");
	assert_text(text_of(asked(asker, "contact show Ada"), "city"), "Rom");
	assert_int_equal(entry(asker, 0), batch);
}

static void
what_persons_took_over_goes_back_with_the_company(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact edit Acme --phone 456 --county BY");
	assert_text(text_of(asked(asker, "contact show Ada"), "phone"), "456");
	assert_text(text_of(asker->answer, "result.county"), "BY");
	assert_null(text_of(asked(asker, "contact show Bob"), "county"));
	undo_last(asker);
	assert_text(text_of(asked(asker, "contact show Ada"), "phone"), "123");
	assert_text(text_of(asker->answer, "result.county"), "NRW");
	assert_text(text_of(asked(asker, "contact show Acme"), "phone"), "123");
}

static void
addresses_labels_and_fields_go_back(void **state)
{
	struct asker *asker = *state;

	asked(asker, "field add contact size number");
	asked(asker, "contact edit Ada --email ada@y.example --email ada@z.example --field size=4");
	undo_last(asker);
	asked(asker, "contact show Ada");
	assert_text(text_of(asker->answer, "result.emails.0.email"), "ada@x.example");
	assert_true(json_is_true(member(asker->answer, "result.emails.0.primary")));
	assert_text(text_of(asker->answer, "result.emails.1.state"), "removed");
	assert_null(member(asker->answer, "result.fields.size"));
	asked(asker, "contact email remove Ada ada@x.example");
	undo_last(asker);
	assert_text(text_of(asked(asker, "contact show Ada"), "emails.0.state"), "active");
	asked(asker, "contact email add Ada ada@w.example");
	undo_last(asker);
	assert_int_equal(count_of(asked(asker, "contact list --where 'email = ada@w.example'")), 0);
	asked(asker, "contact tag add Ada vip old");
	undo_last(asker);
	assert_int_equal(count_of(asked(asker, "contact tag list Ada")), 0);
	undo_last(asker);
	assert_int_equal(count_of(asked(asker, "contact tag list Ada")), 2);
}

static void
an_address_that_had_ended_comes_back_ended(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact email add Ada old@x.example --until 2020-12-31");
	asked(asker, "contact email remove Ada old@x.example");
	assert_int_equal(number_of(undo_last(asker), "changed"), 1);
	asked(asker, "contact email list Ada");
	assert_text(text_of(asker->answer, "result.items.1.state"), "active");
	assert_non_null(strstr(text_of(asker->answer, "result.items.1.until"), "2020-12-31"));
}

static void
the_primary_address_is_it_again(void **state)
{
	struct asker *asker = *state;
	json_t *ada;

	asked(asker, "contact email add Ada second@x.example");
	asked(asker, "contact email remove Ada 'ADA@X.Example'");
	assert_int_equal(number_of(undo_last(asker), "changed"), 1);
	ada = asked(asker, "contact show Ada");
	assert_text(text_of(ada, "emails.0.email"), "ada@x.example");
	assert_true(json_is_true(member(ada, "emails.0.primary")));
}

static void
an_address_of_two_times_comes_back_for_both(void **state)
{
	struct asker *asker = *state;
	int64_t removed;

	asked(asker, "contact email add Bob b@x.example --from 2020-01-01 --until 2020-12-31");
	asked(asker, "contact email add Bob b@x.example --from 2022-01-01 --until 2999-01-01");
	asked(asker, "contact email remove Bob b@x.example");
	removed = entry(asker, 0);
	asked(asker, "contact email list Bob --sort from --where 'state = removed'");
	assert_int_equal(count_of(member(asker->answer, "result")), 2);
	assert_int_equal(number_of(undo(asker, removed), "changed"), 1);
	asked(asker, "contact email list Bob --sort from --where 'state = active'");
	assert_int_equal(count_of(member(asker->answer, "result")), 2);
	assert_non_null(strstr(text_of(asker->answer, "result.items.0.until"), "2020-12-31"));
	assert_non_null(strstr(text_of(asker->answer, "result.items.1.until"), "2999-01-01"));
	asked(asker, "contact edit Bob --email bob@y.example");
	undo_last(asker);
	asked(asker, "contact email list Bob --sort from --where 'state = active'");
	assert_int_equal(count_of(member(asker->answer, "result")), 2);
	assert_non_null(strstr(text_of(asker->answer, "result.items.1.until"), "2999-01-01"));
}

static void
an_address_that_another_was_given_is_kept(void **state)
{
	struct asker *asker = *state;
	int64_t batch;
	json_t *back;

	asked(asker, "contact email remove Ada ada@x.example");
	batch = entry(asker, 0);
	asked(asker, "contact email add Bob ada@x.example");
	back = undo(asker, batch);
	assert_int_equal(number_of(back, "changed"), 0);
	assert_int_equal(number_of(back, "kept"), 1);
	assert_non_null(strstr(text_of(back, "kept_first.0.why"), "C00003"));
}

static void
records_of_other_nouns_are_taken_back(void **state)
{
	struct asker *asker = *state;

	asked(asker, "code add territory SOUTH 'the south'");
	undo_last(asker);
	assert_int_equal(count_of(asked(asker, "code list territory")), 0);
	undo_last(asker);
	assert_text(text_of(asked(asker, "code list territory"), "items.0.text"), "the south");
	asked(asker, "contact fact add Ada SALES 12.50 --date 2026-01-02 --reference R1");
	asked(asker, "contact fact remove Ada 1");
	undo_last(asker);
	asked(asker, "contact fact list Ada");
	assert_text(text_of(asker->answer, "result.items.0.amount"), "12.50");
	assert_text(text_of(asker->answer, "result.items.0.date"), "2026-01-02");
	assert_int_equal(number_of(asker->answer, "result.items.0.id"), 1);
	asked(asker, "contact alt-address add Ada SUMMER --street 'By the sea' --from 2026-06-01 "
		     "--until 2026-08-31");
	asked(asker, "contact alt-address remove Ada SUMMER");
	undo_last(asker);
	assert_text(text_of(asked(asker, "contact alt-address list Ada --on 2026-07-01"),
			    "items.0.ranges.0.until"),
		"2026-08-31");
	asked(asker, "contact note Ada 'a word'");
	undo_last(asker);
	assert_int_equal(count_of(asked(asker, "contact note list Ada")), 0);
	undo_last(asker);
	assert_text(text_of(asked(asker, "contact note list Ada"), "items.0.note"), "a word");
	asked(asker, "setup set currency EUR");
	assert_int_equal(number_of(undo_last(asker), "kept"), 1);
}

/* ---- what was added ---- */

static void
what_was_added_goes_unless_it_was_touched(void **state)
{
	struct asker *asker = *state;
	int64_t batch;
	json_t *back;

	asked(asker, "contact add Eve --email eve@x.example");
	batch = entry(asker, 0);
	asked(asker, "contact tag add Eve vip");
	back = undo(asker, batch);
	assert_int_equal(number_of(back, "removed"), 0);
	assert_text(text_of(back, "kept_first.0.why"), "it was changed since");
	asked(asker, "contact show Eve");
	asked(asker, "contact add Kim");
	assert_int_equal(number_of(undo_last(asker), "removed"), 1);
	assert_text(refused(asker, "contact show Kim"), "not-found");
	assert_int_equal(number_of(undo_last(asker), "added"), 1);
	assert_text(text_of(asked(asker, "contact show Kim"), "no"), "C00005");
}

static void
what_was_touched_and_untouched_again_goes(void **state)
{
	struct asker *asker = *state;
	int64_t batch;

	asked(asker, "contact add Eve");
	batch = entry(asker, 0);
	asked(asker, "contact tag add Eve vip");
	undo_last(asker);
	assert_int_equal(number_of(undo(asker, batch), "removed"), 1);
}

static void
what_has_interactions_stays(void **state)
{
	struct asker *asker = *state;
	int64_t batch;
	json_t *back;

	asked(asker, "contact add Eve");
	batch = entry(asker, 0);
	asked(asker, "interaction add Eve --kind call");
	back = undo(asker, batch);
	assert_int_equal(number_of(back, "removed"), 0);
	assert_text(text_of(back, "kept_first.0.why"), "it has interactions");
	assert_sound(asker);
}

/* ---- what was removed ---- */

static void
a_company_comes_back_with_all_it_had(void **state)
{
	struct asker *asker = *state;
	json_t *before, *after, *back;

	asked(asker, "code add web-source MAP https://map.example/?q=%1");
	asked(asker, "contact web-source add Acme MAP 'Am Markt'");
	asked(asker, "contact relation add Acme CUST 10000");
	asked(asker, "contact note Acme 'good payers'");
	asked(asker, "contact edit Acme --domain acme.example");
	asked(asker, "contact consent add Ada NEWS --date 2026-01-01");
	asked(asker, "interaction add Ada --kind call --duration-min 10");
	asked(asker, "interaction add Acme --kind call --duration-min 5");
	before = json_deep_copy(asked(asker, "contact list --sort no"));
	asked_yes(asker, "contact remove C00001");
	assert_int_equal(count_of(asked(asker, "contact list")), 0);
	assert_sound(asker);
	back = undo_last(asker);
	assert_int_equal(number_of(back, "kept"), 0);
	after = asked(asker, "contact list --sort no");
	for (size_t i = 0; i < 3; i++) {
		json_t *a = json_array_get(json_object_get(before, "items"), i);
		json_t *b = json_array_get(json_object_get(after, "items"), i);

		json_object_del(a, "version");
		json_object_del(b, "version");
		if (!json_equal(a, b))
			fail_msg("%s\n%s", json_dumps(a, 0), json_dumps(b, 0));
	}
	json_decref(before);
	asked(asker, "contact web-source list Acme");
	assert_text(text_of(asker->answer, "result.items.0.word"), "Am Markt");
	assert_text(text_of(asked(asker, "contact relation list Acme"), "items.0.no"), "10000");
	assert_text(text_of(asked(asker, "contact note list Acme"), "items.0.note"), "good payers");
	assert_text(text_of(asked(asker, "contact consent list Ada"), "items.0.purpose"), "NEWS");
	assert_int_equal(count_of(asked(asker, "contact timeline Ada")), 1);
	assert_int_equal(count_of(asked(asker, "contact timeline Acme")), 2);
	assert_sound(asker);
}

static void
a_person_takes_its_interactions_back_from_the_company(void **state)
{
	struct asker *asker = *state;

	asked(asker, "interaction add Ada --kind call");
	asked(asker, "interaction add Ada Acme --kind call");
	asked_yes(asker, "contact remove C00002");
	assert_int_equal(number_of(asked(asker, "contact show Acme"), "interactions"), 2);
	undo_last(asker);
	assert_int_equal(number_of(asked(asker, "contact show Ada"), "interactions"), 2);
	assert_int_equal(number_of(asked(asker, "contact show Acme"), "interactions"), 2);
	assert_int_equal(count_of(asked(asker, "contact timeline Ada")), 2);
	assert_sound(asker);
	undo_last(asker); /* and it is gone again */
	assert_text(refused(asker, "contact show C00002"), "not-found");
	assert_int_equal(number_of(asked(asker, "contact show Acme"), "interactions"), 2);
	assert_sound(asker);
}

static void
a_number_that_was_given_again_is_kept(void **state)
{
	struct asker *asker = *state;
	int64_t batch;
	json_t *back;

	asked_yes(asker, "contact remove C00003");
	batch = entry(asker, 0);
	asked(asker, "contact add Bert --no C00003");
	back = undo(asker, batch);
	assert_int_equal(number_of(back, "added"), 0);
	assert_non_null(strstr(text_of(back, "kept_first.0.why"), "'C00003' is taken"));
}

static void
what_the_journal_does_not_have_is_told(void **state)
{
	struct asker *asker = *state;
	json_t *back;

	asked_yes(asker, "contact merge C00002 C00003");
	asked_yes(asker, "contact remove C00003");
	back = undo_last(asker);
	assert_int_equal(number_of(back, "added"), 1);
	assert_int_equal(number_of(back, "kept"), 1);
	assert_non_null(strstr(text_of(back, "kept_first.0.why"), "how to take apart 1"));
}

static void
what_it_is_classified_by_is_not_missed(void **state)
{
	struct asker *asker = *state;
	json_t *back;

	asked(asker, "questionnaire add Q");
	asked(asker, "questionnaire question Q Calls --source interaction-quantity");
	asked(asker, "questionnaire answer Q Calls none --to 0");
	asked(asker, "contact add Eve");
	assert_text(text_of(asked(asker, "contact show Eve"), "profile.0.answer"), "none");
	asked_yes(asker, "contact remove C00004");
	back = undo_last(asker);
	assert_int_equal(number_of(back, "added"), 1);
	assert_int_equal(number_of(back, "kept"), 0);
	assert_text(text_of(asked(asker, "contact show Eve"), "profile.0.answer"), "none");
}

/* ---- a person's first company ---- */

static void
links_that_a_first_company_was_given_go_back(void **state)
{
	struct asker *asker = *state;
	int64_t batch;

	asked(asker, "contact add Eve");
	asked(asker, "interaction add Eve --kind call");
	asked(asker, "contact edit Eve --company Acme");
	batch = entry(asker, 0);
	asked(asker, "interaction add Eve --kind call");
	assert_int_equal(number_of(asked(asker, "contact show Acme"), "interactions"), 2);
	assert_int_equal(number_of(undo(asker, batch), "changed"), 1);
	assert_int_equal(number_of(asker->answer, "result.kept"), 0);
	assert_int_equal(number_of(asked(asker, "contact show Acme"), "interactions"), 1);
	assert_int_equal(number_of(asked(asker, "contact show Eve"), "interactions"), 2);
	assert_sound(asker);
	undo_last(asker); /* brings it again */
	assert_int_equal(number_of(asked(asker, "contact show Acme"), "interactions"), 2);
	undo_last(asker);
	assert_int_equal(number_of(asked(asker, "contact show Acme"), "interactions"), 1);
	assert_sound(asker);
}

static void
what_a_person_did_alone_stays_its_own_when_a_company_comes_back(void **state)
{
	struct asker *asker = *state;
	int64_t batch;

	asked(asker, "interaction add Ada --kind call");
	asked(asker, "contact edit Ada --company ''");
	batch = entry(asker, 0);
	asked(asker, "interaction add Ada --kind call");
	assert_int_equal(number_of(undo(asker, batch), "changed"), 1);
	assert_text(text_of(asked(asker, "contact show Ada"), "company_name"), "Acme");
	assert_int_equal(number_of(asked(asker, "contact show Acme"), "interactions"), 1);
	assert_sound(asker);
}

static void
links_stay_with_a_person_that_went_on_to_another_company(void **state)
{
	struct asker *asker = *state;
	int64_t batch;
	json_t *back;

	asked(asker, "contact add Next --type company");
	asked(asker, "contact add Eve");
	asked(asker, "interaction add Eve --kind call");
	asked(asker, "contact edit Eve --company Acme");
	batch = entry(asker, 0);
	asked(asker, "contact edit Eve --company Next");
	back = undo(asker, batch);
	assert_text(text_of(back, "kept_first.0.field"), "company");
	assert_int_equal(number_of(asked(asker, "contact show Acme"), "interactions"), 1);
}

static void
so_many_links_go_an_entry(void **state)
{
	static const char MANY[] =
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)"
		" INSERT INTO interaction (kind, status, direction, initiated_by, at, offset_min,"
		" created, changed) SELECT 'call', 'held', 'none', 'none', 1000 + i, 0, 0, 0 FROM "
		"n";
	static const char LINKS[] =
		"INSERT INTO interaction_contact (contact_id, at, interaction_id, role, via)"
		" SELECT 4, at, id, 'party', 'manual' FROM interaction";
	struct asker *asker = *state;
	struct err err;

	asked(asker, "contact add Eve");
	assert_int_equal(stmt_run(sql_prepare(asker->worker.store, MANY), &err), 0);
	assert_int_equal(stmt_run(sql_prepare(asker->worker.store, LINKS), &err), 0);
	asked(asker, "contact edit Eve --company Acme");
	assert_int_equal(number_of(asked(asker, "contact show Acme"), "interactions"), 1200);
	assert_int_equal(count_of(asked(asker, "system audit --where 'noun = contact-past'")), 3);
	undo_last(asker);
	assert_int_equal(number_of(asked(asker, "contact show Acme"), "interactions"), 0);
}

/* ---- merges ---- */

static void
a_merge_is_taken_back(void **state)
{
	struct asker *asker = *state;
	int64_t batch;
	char line[60];

	asked(asker, "interaction add C00003 --kind call");
	asked_yes(asker, "contact merge C00003 C00002");
	batch = entry(asker, 0);
	assert_int_equal(number_of(asked(asker, "contact show C00002"), "interactions"), 1);
	assert_int_equal(number_of(undo(asker, batch), "added"), 1);
	assert_int_equal(number_of(asked(asker, "contact show C00003"), "interactions"), 1);
	assert_int_equal(number_of(asked(asker, "contact show C00002"), "interactions"), 0);
	assert_sound(asker);
	snprintf(line, sizeof line, "system undo %lld", (long long)entry(asker, 0));
	assert_text(refused(asker, line), "refused");
	assert_non_null(strstr(refusal(asker, "hint"), "contact merge"));
}

static void
what_a_merge_filled_is_told_as_the_record_has_it(void **state)
{
	struct asker *asker = *state;
	json_t *filled;

	asked(asker, "contact add Eve");
	filled = member(asked_yes(asker, "contact merge C00002 C00004 --take name"), "filled");
	assert_text(text_of(filled, "company"), "C00001");
	assert_null(member(filled, "version"));
}

/* ---- who may ---- */

static void
who_may_not_do_it_may_not_take_it_back(void **state)
{
	struct asker *asker = *state;
	int64_t batch;
	char line[60];

	asked(asker, "setup set currency CHF");
	batch = entry(asker, 0);
	asker->access = MAY_READ | MAY_WRITE;
	snprintf(line, sizeof line, "system undo %lld", (long long)batch);
	assert_text(refused(asker, line), "permission");
	asked(asker, "contact edit Ada --city Rom");
	asker->access = 0;
	batch = entry(asker, 0);
	asker->access = MAY_READ | MAY_WRITE;
	assert_int_equal(number_of(undo(asker, batch), "changed"), 1);
}

/* ---- changes of type ---- */

static void
what_bars_a_change_of_type_may_go_in_the_same_edit(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact add Eve --organizational-level CEO");
	assert_text(refused(asker, "contact edit Eve --type company"), "refused");
	assert_non_null(strstr(refusal(asker, "message"), "an organizational level"));
	asked(asker, "contact edit Eve --type company --organizational-level ''");
	asked(asker, "contact edit Eve --currency CHF");
	assert_text(refused(asker, "contact edit Eve --type person"), "refused");
	asked(asker, "contact edit Eve --type person --currency ''");
	assert_text(refused(asker, "contact industry-group add Eve BANK"), "refused");
	assert_non_null(strstr(refusal(asker, "message"), "an industry-group"));
}

static void
what_no_command_is_called_any_more_is_not_taken_back(void **state)
{
	struct asker *asker = *state;
	char line[60];
	struct err err;

	asked(asker, "contact edit Ada --city Rom");
	assert_int_equal(stmt_run(sql_prepare(asker->worker.store,
					  "UPDATE journal SET method = 'contact.gone' WHERE method "
					  "= 'contact.edit'"),
				 &err),
		0);
	snprintf(line, sizeof line, "system undo %lld", (long long)entry(asker, 0));
	assert_text(refused(asker, line), "permission");
	assert_non_null(strstr(refusal(asker, "message"), "'contact.gone'"));
	assert_text(text_of(asked(asker, "contact show Ada"), "city"), "Rom");
}

/* ---- many ---- */

static void
everybody_is_edited_in_several_transactions_of_one_batch(void **state)
{
	enum { MANY = 2000 };
	struct asker *asker = *state;
	json_t *back;
	char line[60];

	for (int i = 0; i < MANY; i++) {
		snprintf(line, sizeof line, "contact add 'Person %d'", i);
		asked(asker, line);
	}
	asked_yes(asker, "contact edit --where 'name ~ \"Person*\"' --city Ulm");
	assert_int_equal(number_of(asker->answer, "result.changed"), MANY);
	assert_true(asker->transactions > 1);
	back = undo(asker, number_of(asker->answer, "result.batch"));
	assert_int_equal(number_of(back, "changed"), MANY);
	assert_int_equal(number_of(back, "entries"), MANY);
	assert_true(asker->transactions > 1);
	assert_int_equal(number_of(asked(asker, "contact list --count --limit 1 --where 'city = "
						"Ulm'"),
				 "count"),
		1);
}

static void
a_company_of_many_goes_in_several_transactions_of_one_batch(void **state)
{
	enum { MANY = 1000 };
	struct asker *asker = *state;
	json_t *gone, *back;
	char line[60];

	for (int i = 0; i < MANY; i++) {
		snprintf(line, sizeof line, "contact add 'Person %d' --company Acme", i);
		asked(asker, line);
	}
	gone = asked_yes(asker, "contact remove C00001");
	assert_int_equal(number_of(gone, "persons"), MANY + 2);
	assert_true(asker->transactions > 1);
	assert_int_equal(count_of(asked(asker, "contact list")), 0);
	back = undo_last(asker);
	assert_int_equal(number_of(back, "added"), MANY + 3);
	assert_int_equal(number_of(back, "kept"), 0);
	assert_sound(asker);
}

static void
many_persons_follow_their_company_in_several_transactions_of_one_batch(void **state)
{
	enum { MANY = 2000 };
	static const char COUNT[] = "contact list --count --limit 1 --where 'phone = 456'";
	struct asker *asker = *state;
	char line[60];

	for (int i = 0; i < MANY; i++) {
		snprintf(line, sizeof line, "contact add 'Person %d' --company Acme", i);
		asked(asker, line);
	}
	asked(asker, "contact edit 'Person 7' --phone 789");
	assert_text(text_of(asked(asker, "contact edit Acme --phone 456"), "phone"), "456");
	assert_true(asker->transactions > 1);
	assert_int_equal(number_of(asked(asker, COUNT), "count"), MANY + 2);
	undo_last(asker);
	assert_int_equal(number_of(asked(asker, COUNT), "count"), 0);
	assert_text(text_of(asked(asker, "contact show 'Person 7'"), "phone"), "789");
	refused(asker, "contact edit --where 'type = company' --phone 456");
	assert_true(asker->transactions > 1);
	assert_int_equal(number_of(asker->answer, "error.data.counts.changed"), MANY + 2);
	asked_yes(asker, "contact edit --where 'type = company' --phone 456");
	assert_true(asker->transactions > 1);
	assert_int_equal(number_of(asker->answer, "result.changed"), MANY + 2);
	assert_int_equal(number_of(asked(asker, COUNT), "count"), MANY + 2);
	assert_sound(asker);
}

static const char PUT_CANDIDATES[] =
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO "
	"candidate (address, received, last_at, first_at) SELECT 'p' || i || '@y.example', 1, 1, 1 "
	"FROM n";

static void
many_candidates_are_accepted_in_several_transactions_or_none_is(void **state)
{
	enum { MANY = 900 };
	struct asker *asker = *state;
	struct stmt *q = sql_prepare(asker->worker.store, PUT_CANDIDATES);
	struct text line = { 0 };
	struct err err;

	stmt_bind_int(q, MANY);
	assert_int_equal(stmt_run(q, &err), 0);
	text_add(&line, "candidate accept");
	for (int i = 1; i <= MANY; i++)
		text_printf(&line, " p%d@y.example", i);
	text_add(&line, " p7@Y.example");
	assert_text(refused(asker, line.bytes), "conflict");
	assert_int_equal(count_of(asked(asker, "contact list")), 3);
	line.size -= strlen(" p7@Y.example");
	line.bytes[line.size] = '\0';
	assert_int_equal(count_of(asked(asker, line.bytes)), MANY);
	assert_text(text_of(asker->answer, "result.items.899.address"), "p900@y.example");
	assert_true(asker->transactions > 1);
	assert_int_equal(number_of(undo_last(asker), "removed"), MANY);
	assert_int_equal(count_of(asked(asker, "contact list")), 3);
	text_clear(&line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_with_contacts, asker_close)
		TEST(an_edit_of_many_is_taken_back_and_brought_again),
		TEST(what_was_changed_since_is_kept),
		TEST(the_same_is_not_taken_back_twice),
		TEST(what_was_kept_can_be_taken_back_later),
		TEST(what_was_kept_counts_as_a_change_since),
		TEST(that_two_are_two_is_taken_back),
		TEST(an_undo_is_tried_first),
		TEST(what_persons_took_over_goes_back_with_the_company),
		TEST(addresses_labels_and_fields_go_back),
		TEST(an_address_that_had_ended_comes_back_ended),
		TEST(the_primary_address_is_it_again),
		TEST(an_address_of_two_times_comes_back_for_both),
		TEST(an_address_that_another_was_given_is_kept),
		TEST(records_of_other_nouns_are_taken_back),
		TEST(what_was_added_goes_unless_it_was_touched),
		TEST(what_was_touched_and_untouched_again_goes),
		TEST(what_has_interactions_stays),
		TEST(a_company_comes_back_with_all_it_had),
		TEST(a_person_takes_its_interactions_back_from_the_company),
		TEST(a_number_that_was_given_again_is_kept),
		TEST(what_the_journal_does_not_have_is_told),
		TEST(what_it_is_classified_by_is_not_missed),
		TEST(links_that_a_first_company_was_given_go_back),
		TEST(what_a_person_did_alone_stays_its_own_when_a_company_comes_back),
		TEST(links_stay_with_a_person_that_went_on_to_another_company),
		TEST(so_many_links_go_an_entry),
		TEST(a_merge_is_taken_back),
		TEST(what_a_merge_filled_is_told_as_the_record_has_it),
		TEST(who_may_not_do_it_may_not_take_it_back),
		TEST(what_bars_a_change_of_type_may_go_in_the_same_edit),
		TEST(what_no_command_is_called_any_more_is_not_taken_back),
		TEST(everybody_is_edited_in_several_transactions_of_one_batch),
		TEST(a_company_of_many_goes_in_several_transactions_of_one_batch),
		TEST(many_persons_follow_their_company_in_several_transactions_of_one_batch),
		TEST(many_candidates_are_accepted_in_several_transactions_or_none_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
