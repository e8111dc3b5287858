#include "asking.h"

#include "liaison/crm/classify.h"

/* Questionnaires by their commands: asking, answering by hand, and what shows it. */

static int
open_with_questions(void **state)
{
	int result = asker_open(state);

	asked(*state, "contact add Acme --type company");
	asked(*state, "contact add Ada --company Acme");
	asked(*state, "contact add Bob");
	asked(*state, "questionnaire add PERSONS 'About persons' --contact-type person");
	asked(*state, "questionnaire question PERSONS Hobbies --multiple");
	asked(*state, "questionnaire answer PERSONS Hobbies Golf --priority high");
	asked(*state, "questionnaire answer PERSONS Hobbies Sailing");
	asked(*state, "questionnaire answer PERSONS Hobbies Snoring --priority very-low");
	asked(*state, "questionnaire question PERSONS 'Education'");
	asked(*state, "questionnaire answer PERSONS Education School");
	asked(*state, "questionnaire answer PERSONS Education College --priority very-high");
	return result;
}

/* "Golf,Sailing": the profile that contact.show has. */
static void
assert_profile(struct asker *asker, const char *contact, const char *wanted)
{
	char line[100];
	struct text text = { 0 };
	json_t *profile, *item;
	size_t i;

	snprintf(line, sizeof line, "contact show %s", contact);
	profile = member(asked(asker, line), "profile");
	json_array_foreach(profile, i, item)
		text_printf(&text, "%s%s", i > 0 ? "," : "", text_of(item, "answer"));
	assert_text(text.bytes == NULL ? "" : text.bytes, wanted);
	text_clear(&text);
}

static void
a_questionnaire_has_questions_and_they_answers_in_order(void **state)
{
	struct asker *asker = *state;
	json_t *shown = asked(asker, "questionnaire show persons");

	assert_text(text_of(shown, "priority"), "normal");
	assert_text(text_of(shown, "questions.0.question"), "Hobbies");
	assert_int_equal(number_of(shown, "questions.1.place"), 2);
	assert_text(text_of(shown, "questions.0.answers.2.answer"), "Snoring");
	assert_int_equal(number_of(shown, "questions.0.answers.2.place"), 3);
	assert_int_equal(number_of(shown, "questions.0.answers.0.contacts"), 0);
	asked(asker, "questionnaire question PERSONS 'Shoe size' --place 1");
	shown = asked(asker, "questionnaire show PERSONS");
	assert_text(text_of(shown, "questions.0.question"), "Shoe size");
	assert_text(text_of(shown, "questions.1.question"), "Hobbies");
	assert_int_equal(number_of(shown, "questions.2.place"), 3);
	assert_int_equal(count_of(asked(asker, "questionnaire list --where 'code = persons'")), 1);
	assert_text(refused(asker, "questionnaire add PERSONS"), "conflict");
	assert_text(refused(asker, "questionnaire question PERSONS hobbies"), "conflict");
	assert_text(refused(asker, "questionnaire answer PERSONS Hobbies golf"), "conflict");
}

static void
the_profile_is_ordered_and_leaves_out_what_is_hidden(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact answer Ada PERSONS Hobbies Sailing Golf Snoring");
	asked(asker, "contact answer Ada PERSONS Education College");
	assert_profile(asker, "Ada", "College,Golf,Sailing");
	assert_int_equal(count_of(asked(asker, "contact profile Ada")), 4);
	assert_text(text_of(asked(asker, "contact profile Ada --where 'priority = very-low'"),
			    "items.0.answer"),
		"Snoring");
	assert_profile(asker, "Bob", "");
}

static void
a_single_answer_replaces_the_former(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact answer Ada PERSONS Education School");
	asked(asker, "contact answer Ada PERSONS Education College");
	assert_profile(asker, "Ada", "College");
	assert_text(refused(asker, "contact answer Ada PERSONS Education School College"), "usage");
	asked(asker, "contact answer Ada PERSONS Hobbies Golf");
	asked(asker, "contact answer Ada PERSONS Hobbies Sailing");
	assert_profile(asker, "Ada", "College,Golf,Sailing");
	asked(asker, "contact answer Ada PERSONS Hobbies Golf --remove");
	assert_profile(asker, "Ada", "College,Sailing");
	assert_text(
		refused(asker, "contact answer Ada PERSONS Hobbies Golf --remove"), "not-found");
}

static void
lines_are_named_by_text_begin_or_place(void **state)
{
	struct asker *asker = *state;
	json_t *given = asked(asker, "contact answer Ada persons 2 coll");

	assert_text(text_of(given, "question"), "Education");
	assert_text(text_of(given, "answers.0"), "College");
	assert_text(text_of(asked(asker, "contact answer Ada persons hob 1"), "answers.0"), "Golf");
	assert_text(refused(asker, "contact answer Ada persons hob S"), "ambiguous");
	assert_text(refused(asker, "contact answer Ada persons hob Chess"), "not-found");
	assert_non_null(strstr(refusal(asker, "hint"), "'Golf', 'Sailing'"));
	assert_text(refused(asker, "contact answer Ada persons 9 Golf"), "not-found");
	assert_text(refused(asker, "contact answer Ada PERSON 1 Golf"), "not-found");
	assert_non_null(strstr(refusal(asker, "hint"), "PERSONS"));
	/* what looks like a place is a text first */
	asked(asker, "questionnaire question PERSONS Children");
	asked(asker, "questionnaire answer PERSONS Children 2");
	asked(asker, "questionnaire answer PERSONS Children 1");
	assert_text(
		text_of(asked(asker, "contact answer Ada PERSONS Children 1"), "answers.0"), "1");
}

static void
refuses_whom_it_is_not_for(void **state)
{
	struct asker *asker = *state;

	assert_text(refused(asker, "contact answer Acme PERSONS Hobbies Golf"), "refused");
	assert_text(refusal(asker, "message"),
		"'Acme' is a company, and the questionnaire 'PERSONS' is for a person");
	asked(asker, "questionnaire edit PERSONS --relation CUST");
	assert_text(refused(asker, "contact answer Ada PERSONS Hobbies Golf"), "refused");
	asked(asker, "contact relation add Acme CUST 1");
	asked(asker, "contact answer Ada PERSONS Hobbies Golf");
}

static void
refuses_minors_and_who_is_blocked_for_privacy(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact answer Ada PERSONS Hobbies Golf");
	asked(asker, "contact edit Ada --privacy-blocked");
	assert_text(refused(asker, "contact answer Ada PERSONS Hobbies Sailing"), "refused");
	assert_profile(asker, "Ada", "Golf");
	asked(asker, "contact answer Ada PERSONS Hobbies Golf --remove");
	asked(asker, "contact edit Bob --minor");
	assert_text(refused(asker, "contact answer Bob PERSONS Hobbies Golf"), "refused");
	assert_non_null(strstr(refusal(asker, "message"), "minor"));
}

static void
contacts_are_found_by_what_they_answer(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact answer Ada PERSONS Hobbies Golf");
	asked(asker, "contact answer Bob PERSONS Hobbies Sailing");
	assert_int_equal(count_of(asked(asker, "contact list --where 'has answer'")), 2);
	assert_text(text_of(asked(asker, "contact list --where 'has answer(questionnaire = persons"
					 " and question = hobbies and answer = golf)'"),
			    "items.0.name"),
		"Ada");
	assert_int_equal(
		count_of(asked(asker, "contact list --where 'has answer(priority = high)'")), 1);
	assert_int_equal(
		count_of(asked(asker, "contact list --where 'has company(not has answer) and has "
				      "answer(updated = today and source is blank)'")),
		1);
	assert_int_equal(number_of(asked(asker, "questionnaire show PERSONS"),
				 "questions.0.answers.0.contacts"),
		1);
}

static void
lines_are_edited_and_removed_with_what_was_answered(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact answer Ada PERSONS Hobbies Golf Sailing");
	asked(asker, "questionnaire edit-question PERSONS Hobbies --text 'Spare time'");
	asked(asker, "questionnaire edit-answer PERSONS Spare Golf --text Polo --priority low");
	assert_profile(asker, "Ada", "Sailing,Polo");
	assert_text(text_of(asked(asker, "questionnaire edit-answer PERSONS Spare Polo"), "answer"),
		"Polo");
	assert_text(refused(asker, "questionnaire remove-answer PERSONS Spare Polo"), "refused");
	asked_yes(asker, "questionnaire remove-answer PERSONS Spare Polo");
	assert_profile(asker, "Ada", "Sailing");
	assert_text(refused(asker,
			    "questionnaire edit-question PERSONS Spare --multiple --if-version 1"),
		"conflict");
	asked_yes(asker, "questionnaire remove-question PERSONS Spare");
	assert_profile(asker, "Ada", "");
	asked_yes(asker, "questionnaire remove PERSONS");
	assert_int_equal(count_of(asked(asker, "questionnaire list")), 0);
}

static void
what_is_answered_is_in_the_audit(void **state)
{
	struct asker *asker = *state;
	json_t *entry;

	asked(asker, "contact answer Ada PERSONS Hobbies Golf");
	asked(asker, "contact answer Ada PERSONS Hobbies Golf"); /* changes nothing */
	entry = asked(asker, "system audit --contact Ada");
	assert_text(text_of(entry, "items.0.method"), "contact.answer");
	assert_text(text_of(entry, "items.0.noun"), "profile");
	assert_text(text_of(entry, "items.0.after.answers.0"), "Golf");
	assert_int_equal(json_array_size(member(entry, "items.0.before.answers")), 0);
	assert_text(text_of(entry, "items.1.method"), "contact.add");
}

/* ---- what classifies ---- */

/* The newest batch of the journal. */
static json_t *
undo_newest(struct asker *asker)
{
	char line[60];

	snprintf(line, sizeof line, "system undo %lld",
		(long long)number_of(asked(asker, "system audit"), "items.0.id"));
	return asked_yes(asker, line);
}

static int64_t
ask(struct asker *asker, const char *sql)
{
	int64_t number = 0;
	struct err err;
	bool found;

	assert_int_equal(
		sql_get_int(sql_prepare(asker->worker.store, sql), &number, &found, &err), 0);
	return number;
}

static void
an_answer_is_taken_back_and_given_again(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact answer Ada PERSONS Hobbies Golf");
	ask(asker, "UPDATE contact_answer SET updated = 86400 RETURNING 1");
	asked(asker, "contact answer Ada PERSONS Hobbies Sailing");
	assert_int_equal(number_of(undo_newest(asker), "changed"), 1);
	assert_profile(asker, "Ada", "Golf");
	assert_int_equal(ask(asker, "SELECT updated FROM contact_answer"), 86400);
	undo_newest(asker);
	assert_profile(asker, "Ada", "Golf,Sailing");
	asked(asker, "contact answer Ada PERSONS Hobbies Golf --remove");
	undo_newest(asker);
	assert_profile(asker, "Ada", "Golf,Sailing");
	assert_int_equal(ask(asker, "SELECT min(updated) FROM contact_answer"), 86400);
}

static void
an_answer_that_changed_since_is_left(void **state)
{
	struct asker *asker = *state;
	int64_t entry;
	char line[60];

	asked(asker, "contact answer Ada PERSONS Education School");
	entry = number_of(asked(asker, "system audit"), "items.0.id");
	asked(asker, "contact answer Ada PERSONS Education College");
	snprintf(line, sizeof line, "system undo %lld", (long long)entry);
	assert_int_equal(number_of(asked_yes(asker, line), "kept"), 1);
	assert_profile(asker, "Ada", "College");
}

static void
who_was_removed_comes_back_with_answers_and_is_still_separate(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact answer Ada PERSONS Hobbies Golf Sailing");
	asked(asker, "contact answer Ada PERSONS Education School");
	asked(asker, "contact separate Ada Bob");
	ask(asker, "UPDATE contact_answer SET updated = 86400 RETURNING 1");
	asked_yes(asker, "contact remove C00002");
	assert_int_equal(ask(asker, "SELECT count(*) FROM contact_answer"), 0);
	assert_int_equal(ask(asker, "SELECT count(*) FROM duplicate_separate"), 0);
	assert_int_equal(number_of(undo_newest(asker), "kept"), 0);
	assert_profile(asker, "Ada", "Golf,Sailing,School");
	assert_int_equal(ask(asker, "SELECT max(updated) FROM contact_answer"), 86400);
	assert_int_equal(ask(asker, "SELECT count(*) FROM duplicate_separate"), 2);
	asked_yes(asker, "contact remove C00003");
	undo_newest(asker);
	assert_int_equal(ask(asker, "SELECT count(*) FROM duplicate_separate"), 2);
}

static int
open_with_spending(void **state)
{
	int result = asker_open(state);

	asked(*state, "contact add Acme --type company");
	asked(*state, "contact add Ada --company Acme");
	asked(*state, "questionnaire add CUSTOMERS");
	asked(*state, "questionnaire question CUSTOMERS Sales --source fact-sum --fact SALES"
		      " --start -1Y --decimals 2");
	asked(*state, "questionnaire answer CUSTOMERS Sales None --to 0");
	asked(*state, "questionnaire answer CUSTOMERS Sales Some --from 0.01 --to 999.99");
	asked(*state, "questionnaire answer CUSTOMERS Sales Much --from 1000");
	return result;
}

static void
a_figure_classifies_at_once(void **state)
{
	struct asker *asker = *state;

	assert_profile(asker, "Acme", "None");
	asked(asker, "contact fact add Acme SALES 999.99");
	assert_profile(asker, "Acme", "Some");
	assert_profile(asker, "Ada", "Some"); /* a company's persons go by its value */
	asked(asker, "contact fact add Acme SALES 500.00 --date today-2y");
	assert_profile(asker, "Acme", "Some");
	asked(asker, "contact fact add Ada SALES 1.00 --reference R1");
	assert_profile(asker, "Acme", "Much");
	assert_profile(asker, "Ada", "Much");
	assert_text(refused(asker, "contact answer Acme CUSTOMERS Sales Some"), "refused");
	assert_text(refusal(asker, "message"),
		"the question 'Sales' is answered by its source 'fact-sum', not by hand");
}

static void
what_is_not_confirmed_classifies_nobody(void **state)
{
	struct asker *asker = *state;

	assert_text(refused(asker, "questionnaire remove-answer CUSTOMERS Sales None"), "refused");
	assert_profile(asker, "Acme", "None");
	asked_yes(asker, "questionnaire remove-answer CUSTOMERS Sales None");
	assert_profile(asker, "Acme", "");
}

static void
a_band_that_is_moved_moves_whom_it_holds(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact fact add Acme SALES 800");
	asked(asker, "questionnaire edit-answer CUSTOMERS Sales Some --to 500");
	assert_profile(asker, "Acme", "");
	asked(asker, "questionnaire edit-answer CUSTOMERS Sales Much --from 500.000001");
	assert_profile(asker, "Acme", "Much");
	asked(asker, "questionnaire edit-question CUSTOMERS Sales --start 1D-1D");
	assert_profile(asker, "Acme", "Much");
	asked(asker, "questionnaire edit-question CUSTOMERS Sales --start -2Y --end -1Y");
	assert_profile(asker, "Acme", "None");
}

static void
refuses_what_a_source_cannot_have(void **state)
{
	static const char *const LINES[][2] = {
		{ "Q --start -1Y", "start" },
		{ "Q --method defined-value", "method" },
		{ "Q --source fact-sum", "fact" },
		{ "Q --source interaction-quantity --fact SALES", "fact" },
		{ "Q --source interaction-frequency", "start" },
		{ "Q --source interaction-quantity --sorting ascending", "sorting" },
		{ "Q --source interaction-quantity --min-answered 50", "min_answered" },
		{ "Q --source rating --method percent-of-value", "method" },
		{ "Q --source rating --start -1Y", "start" },
		{ "Q --source interaction-quantity --start 1D", "end" },
		{ "Q --source interaction-quantity --start CY --end -1D", "end" },
		{ "Q --source interaction-quantity --start tomorrow", "start" },
		{ "Q --source interaction-quantity --decimals 7", "decimals" },
		{ "Q --source sales", "source" },
	};
	struct asker *asker = *state;
	char line[200];

	for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++) {
		snprintf(line, sizeof line, "questionnaire question CUSTOMERS %s", LINES[i][0]);
		assert_text(refused(asker, line), "usage");
		assert_text(refusal(asker, "field"), LINES[i][1]);
	}
	assert_text(refused(asker, "questionnaire question CUSTOMERS Q --source opportunity-won"),
		"refused");
	assert_text(
		refused(asker, "questionnaire answer CUSTOMERS Sales X --from 2 --to 1"), "usage");
	assert_text(refused(asker, "questionnaire edit-question CUSTOMERS Sales --source rating"),
		"refused");
}

static void
ratings_add_points_of_answers(void **state)
{
	struct asker *asker = *state;

	asked(asker, "questionnaire add PERSONS");
	asked(asker, "questionnaire question PERSONS Loyalty");
	asked(asker, "questionnaire answer PERSONS Loyalty Low");
	asked(asker, "questionnaire answer PERSONS Loyalty High");
	asked(asker, "questionnaire question PERSONS Worth --source rating --min-answered 60");
	asked(asker, "questionnaire answer PERSONS Worth B --to 39.5");
	asked(asker, "questionnaire answer PERSONS Worth A --from 40");
	asked(asker, "questionnaire rate PERSONS Worth Loyalty High 30");
	asked(asker, "questionnaire rate PERSONS Worth Sales Much 10 --of CUSTOMERS");
	asked(asker, "questionnaire rate PERSONS Worth Sales None -5 --of CUSTOMERS");
	assert_profile(asker, "Ada", "None"); /* one of two answered is less than 60 % */
	asked(asker, "contact answer Ada PERSONS Loyalty High");
	assert_profile(asker, "Ada", "None,High,B");
	asked(asker, "contact fact add Acme SALES 1000");
	assert_profile(asker, "Ada", "Much,High,A");
	asked(asker, "questionnaire unrate PERSONS Worth Sales Much --of CUSTOMERS");
	assert_profile(asker, "Ada", "Much,High,B");
	assert_text(refused(asker, "questionnaire unrate PERSONS Worth Sales Much --of CUSTOMERS"),
		"not-found");
}

static void
a_rating_that_would_count_itself_is_refused(void **state)
{
	struct asker *asker = *state;

	asked(asker, "questionnaire question CUSTOMERS First --source rating");
	asked(asker, "questionnaire answer CUSTOMERS First Good --from 1");
	asked(asker, "questionnaire question CUSTOMERS Second --source rating");
	asked(asker, "questionnaire answer CUSTOMERS Second Good --from 1");
	asked(asker, "questionnaire question CUSTOMERS Third --source rating");
	asked(asker, "questionnaire answer CUSTOMERS Third Good --from 1");
	assert_text(refused(asker, "questionnaire rate CUSTOMERS First First Good 1"), "refused");
	asked(asker, "questionnaire rate CUSTOMERS First Second Good 1");
	asked(asker, "questionnaire rate CUSTOMERS Second Third Good 1");
	assert_text(refused(asker, "questionnaire rate CUSTOMERS Third First Good 1"), "refused");
	assert_non_null(strstr(refusal(asker, "message"), "would count itself"));
	asked(asker, "questionnaire rate CUSTOMERS Third Sales None 1");
	assert_profile(asker, "Acme", "None,Good,Good,Good"); /* through all three in one go */
	assert_text(refused(asker, "questionnaire rate CUSTOMERS Sales Third Good 1"), "refused");
	assert_non_null(strstr(refusal(asker, "message"), "is no rating"));
}

static void
classify_comes_by_all_contacts(void **state)
{
	struct asker *asker = *state;
	struct err err;

	assert_int_equal(number_of(asked(asker, "questionnaire classify"), "contacts"), 2);
	assert_int_equal(
		stmt_run(sql_prepare(asker->worker.store, "DELETE FROM contact_answer"), &err), 0);
	assert_profile(asker, "Acme", "");
	asked(asker, "questionnaire classify");
	assert_profile(asker, "Acme", "None");
	assert_profile(asker, "Ada", "None");
}

static void
a_window_out_of_the_calendar_is_refused_by_name(void **state)
{
	struct asker *asker = *state;

	asked(asker, "questionnaire add FAR");
	assert_text(refused(asker, "questionnaire question FAR Calls --source "
				   "interaction-quantity --start=-900Y"),
		"usage");
	assert_non_null(strstr(refusal(asker, "message"), "'-900Y'"));
	assert_text(text_of(asker->answer, "error.data.field"), "start");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_questionnaire_has_questions_and_they_answers_in_order,
			open_with_questions, asker_close),
		cmocka_unit_test_setup_teardown(
			the_profile_is_ordered_and_leaves_out_what_is_hidden, open_with_questions,
			asker_close),
		cmocka_unit_test_setup_teardown(
			a_single_answer_replaces_the_former, open_with_questions, asker_close),
		cmocka_unit_test_setup_teardown(
			lines_are_named_by_text_begin_or_place, open_with_questions, asker_close),
		cmocka_unit_test_setup_teardown(
			refuses_whom_it_is_not_for, open_with_questions, asker_close),
		cmocka_unit_test_setup_teardown(refuses_minors_and_who_is_blocked_for_privacy,
			open_with_questions, asker_close),
		cmocka_unit_test_setup_teardown(
			contacts_are_found_by_what_they_answer, open_with_questions, asker_close),
		cmocka_unit_test_setup_teardown(lines_are_edited_and_removed_with_what_was_answered,
			open_with_questions, asker_close),
		cmocka_unit_test_setup_teardown(
			what_is_answered_is_in_the_audit, open_with_questions, asker_close),
		cmocka_unit_test_setup_teardown(
			an_answer_is_taken_back_and_given_again, open_with_questions, asker_close),
		cmocka_unit_test_setup_teardown(
			an_answer_that_changed_since_is_left, open_with_questions, asker_close),
		cmocka_unit_test_setup_teardown(
			who_was_removed_comes_back_with_answers_and_is_still_separate,
			open_with_questions, asker_close),
		cmocka_unit_test_setup_teardown(
			a_figure_classifies_at_once, open_with_spending, asker_close),
		cmocka_unit_test_setup_teardown(
			what_is_not_confirmed_classifies_nobody, open_with_spending, asker_close),
		cmocka_unit_test_setup_teardown(
			a_band_that_is_moved_moves_whom_it_holds, open_with_spending, asker_close),
		cmocka_unit_test_setup_teardown(
			refuses_what_a_source_cannot_have, open_with_spending, asker_close),
		cmocka_unit_test_setup_teardown(
			ratings_add_points_of_answers, open_with_spending, asker_close),
		cmocka_unit_test_setup_teardown(a_rating_that_would_count_itself_is_refused,
			open_with_spending, asker_close),
		cmocka_unit_test_setup_teardown(
			classify_comes_by_all_contacts, open_with_spending, asker_close),
		cmocka_unit_test_setup_teardown(
			a_window_out_of_the_calendar_is_refused_by_name, asker_open, asker_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
