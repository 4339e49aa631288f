/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/linking.h"

#include <stdio.h>

#include "check.h"
#include "store/store.h"

char ben_activation[64];

struct world ada_and_ben(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "add", "hill", "Hill Clinic"));
	struct talk *t =
		COMMAND(&w, "account", "add", BEN, "--practice", "hill", "--user", "ben-hill");
	CHECK_VERDICT(GRANTED, t);
	snprintf(ben_activation, sizeof ben_activation, "%s", last_line(t));
	return w;
}

static int look(struct txn *t, void *arg)
{
	static const enum table of[] = { TABLE_CREDENTIAL, TABLE_LOCKOUT, TABLE_CODE };
	struct look *l = arg;
	struct bytes row;
	int r = person_by_name(t, l->user, &l->who);

	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
		struct key at = { .len = 0 };

		while (txn_next(t, of[i], &l->who.account.id, ID_BYTES, &at, &row) == 0)
			l->rows++;
	}
	struct key at = { .len = 0 };
	while (txn_next(t, TABLE_SESSION, &l->who.account.id, ID_BYTES, &at, &row) == 0)
		l->sessions++;
	return 0;
}

struct look ben_now(struct world *w)
{
	struct look l = { .user = "ben-hill" };

	CHECK_INT(in_store(w, look, &l, sizeof l), 0);
	return l;
}

bool is_linked(struct world *w)
{
	struct look l = ben_now(w);

	if (!l.who.has_identity) {
		CHECK(l.rows > 0);
		return false;
	}
	CHECK_TEXT(l.who.identity.email, ADA);
	CHECK_INT(l.rows, 0);
	return true;
}

struct talk *ada_signs_in(struct world *w, const char *name)
{
	clock_add(w, 60);
	return SIGN_IN(w, "login", name, ADA_PASSWORD, app_code(w, ada_secret, 0));
}
