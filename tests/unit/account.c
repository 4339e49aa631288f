/* SPDX-License-Identifier: Apache-2.0 */
/* Adding accounts: what stands in the way, and what must not. */
#include "check.h"
#include "people.h"
#include "store/store.h"
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

struct unowned {
	bool forget;
	uint64_t n;
};

static int look_at_unowned(struct txn *t, void *arg)
{
	struct unowned *u = arg;
	int r = u->forget ? txn_del(t, TABLE_META, "unowned", 7) : 0;

	return r < 0 ? r : accounts_unowned(t, &u->n);
}

static void check_unowned(struct world *w, uint64_t n)
{
	for (int forget = 0; forget < 2;
		forget++) { /* kept, and counted anew where it is not kept yet */
		struct unowned u = { .forget = forget };

		CHECK_INT(in_store(w, look_at_unowned, &u, sizeof u), 0);
		CHECK_INT(u.n, n);
	}
}

TEST(how_many_accounts_are_nobodys_is_known_without_a_look_at_all)
{
	struct world w = world_at("2026-05-04 09:00:00");

	add_ada(&w);
	check_unowned(&w, 0);
	(void)COMMAND(&w, "account", "add", "HC000002", "--practice", "stj", "--user", "benj");
	(void)COMMAND(&w, "account", "add", "HC000003", "--practice", "stj", "--user", "cleo");
	check_unowned(&w, 2);
	CHECK_INT(COMMAND(&w, "account", "disable", "HC000002")->outcome.status, STATUS_DONE);
	check_unowned(&w, 1);
	CHECK_INT(COMMAND(&w, "account", "enable", "HC000002")->outcome.status, STATUS_DONE);
	check_unowned(&w, 2);
	CHECK_INT(COMMAND(&w, "leave", "HC000003")->outcome.status, STATUS_DONE);
	check_unowned(&w, 1);
}
