#include "rulebook.h"

int64_t
world_rule(struct world *world, const char *action, const char *value, const char *where)
{
	struct rule rule = { .action = action, .value = value, .where = where };

	assert_ok(rule_links(world->arena, &rule, &rule.link, &world->err));
	assert_ok(rule_add(world->store, world->arena, &rule, NOW, &world->err));
	return rule.id;
}

struct reapplied
world_reapply_row(struct world *world, int64_t row, bool dry)
{
	struct reapplied told;

	assert_ok(store_begin(world->store, &world->err));
	assert_ok(capture_reapply_row(world->store, world->capture, world->arena, row, NULL, dry,
		NOW, &world->result, &told, &world->err));
	assert_ok(capture_count(world->store, world->capture, &world->err));
	assert_ok(store_commit(world->store, &world->err));
	return told;
}

unsigned
world_reapply(struct world *world, bool dry)
{
	int64_t last = ask(world, "SELECT coalesce(max(id), 0) FROM ledger", 0);
	unsigned changed = 0;

	for (int64_t row = 1; row <= last; row++) {
		if (ask(world, "SELECT count(*) FROM ledger WHERE id = ?", row) == 1)
			changed += world_reapply_row(world, row, dry).changed;
	}
	return changed;
}
