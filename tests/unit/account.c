/* SPDX-License-Identifier: Apache-2.0 */
/* Adding accounts: what stands in the way, and what must not. */
#include "check.h"
#include "people.h"
#include "world.h"

static int start_over(struct txn *t, void *arg)
{
	(void)arg;
	return meta_set_u64(t, "uid", 20000);
}

/* As after --existing for a local user of our range whom somebody has removed from /etc/passwd since. */
TEST(a_uid_that_is_somebody_s_already_is_passed_over)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char nothing = 0;

	add_ada(&w);
	CHECK_INT(in_store(&w, start_over, &nothing, 1), 0);
	struct talk *t =
		COMMAND(&w, "account", "add", "HC000002", "--practice", "stj", "--user", "benj");
	CHECK_INT(t->outcome.status, STATUS_DONE);
	CHECK_HAS(t->seen, "system user benj, uid 20001");
}

TEST(a_group_is_not_called_as_somebody_s_own)
{
	struct world w = world_at("2026-05-04 09:00:00");

	add_ada(&w);
	struct talk *t = COMMAND(&w, "account", "add", "HC000002", "--practice", "stj", "--user",
		"benj", "--groups", "nurses,adae");
	CHECK_INT(t->outcome.status, STATUS_EXISTS);
	t = COMMAND(&w, "account", "add", "HC000002", "--practice", "stj", "--user", "benj",
		"--groups", "benj");
	CHECK_INT(t->outcome.status, STATUS_EXISTS);
	t = COMMAND(&w, "account", "add", "HC000002", "--practice", "stj", "--user", "benj",
		"--groups", "nurses");
	CHECK_INT(t->outcome.status, STATUS_DONE);
	t = COMMAND(&w, "account", "add", "HC000003", "--practice", "stj", "--user", "nurses");
	CHECK_INT(t->outcome.status, STATUS_EXISTS);
}
