/* SPDX-License-Identifier: Apache-2.0 */
#include "two_people.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "people.h"

char bob_secret[64];

void allow_shared(struct world *w, const char *practice, bool allowed)
{
	CHECK_VERDICT(GRANTED,
		COMMAND(w, "practice", "set", practice, "--shared-addresses",
			allowed ? "yes" : "no"));
}

const char *add_bob(struct world *w)
{
	static char code[64];

	enrol_ada(w);
	allow_shared(w, "stj", true);
	struct talk *t = COMMAND(w, "identity", "share", ADA, "--name", "Bob Example");
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	snprintf(code, sizeof code, "%s", last_line(t));
	t = COMMAND(w, "account", "add", "HC000002", "--practice", "stj", "--identity", ADA,
		"--name", "Bob Example", "--user", "bobe");
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	w->flags = HELLO_CHOOSER;
	return code;
}

struct talk *ada_in(struct world *w)
{
	clock_add(w, 60);
	return SIGN_IN(w, "login", ADA, ADA_PASSWORD, app_code(w, ada_secret, 0));
}

struct world two_people(void)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *activation = add_bob(&w);
	struct talk *t = SIGN_IN(&w, "login", ADA, activation, BOB_PASSWORD, BOB_PASSWORD, "@totp",
		"yes", "40286", "40286");

	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	CHECK_TEXT(t->outcome.user, "bobe");
	const char *secret = strstr(t->seen, "Secret: ");
	CHECK(secret != NULL);
	snprintf(bob_secret, sizeof bob_secret, "%.*s", (int)strcspn(secret + 8, "\n"), secret + 8);
	CHECK_VERDICT(GRANTED, ada_in(&w)); /* bob's new password was a guess at hers */
	clock_add(&w, 60);
	return w;
}

struct looking {
	char user[32];
	unsigned factor;
	enum source source;
	struct now now;
	struct attempt attempt;
};

static int look(struct txn *t, void *arg)
{
	struct looking *l = arg;
	struct person p;
	int r = person_by_name(t, l->user, &p);

	return r < 0 ? r : lockout_look(t, &p.owner, l->factor, l->source, 0, &l->now, &l->attempt);
}

unsigned failures_at(struct world *w, const char *user, enum source source)
{
	struct looking l = { .factor = FACTOR_PASSWORD, .source = source, .now = w->now };

	snprintf(l.user, sizeof l.user, "%s", user);
	CHECK_INT(in_store(w, look, &l, sizeof l), 0);
	return l.attempt.failures;
}

unsigned failures(struct world *w, const char *user)
{
	return failures_at(w, user, SOURCE_LOCAL);
}

struct talk *bob_in(struct world *w)
{
	clock_add(w, 60);
	return SIGN_IN(w, "login", ADA, BOB_PASSWORD, app_code(w, bob_secret, 0));
}
