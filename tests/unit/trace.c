/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: whoever is followed is followed alone and for ten minutes; what was typed and what was shown
 * is in no line; the audit says that it was done. */
#include "trace.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "world.h"

static void follow(struct world *w, const char *who)
{
	CHECK(COMMAND(w, "trace", who)->outcome.status == STATUS_DONE);
}

TEST(a_sign_in_is_followed_step_by_step)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	clock_add(&w, 60);
	follow(&w, ADA);
	const struct talk *t = SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK(t->outcome.result == GRANTED);
	CHECK(strstr(t->traced, "sshd asks who it is"));
	CHECK(strstr(t->traced, "sshd asks for: password, then app"));
	CHECK(strstr(t->traced, "asked: Password: "));
	CHECK(strstr(t->traced, "asked: Code: "));
	CHECK(strstr(t->traced, "answered after "));
	CHECK(!strstr(t->traced, "with nothing"));
}

TEST(no_answer_and_nothing_that_was_shown_is_in_a_trace)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char code[64];

	snprintf(code, sizeof code, "%s", add_ada(&w));
	follow(&w, ADA);
	const struct talk *t = SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@totp",
		"yes", ADA_PIN, ADA_PIN, "", "");
	CHECK(t->outcome.result == GRANTED);
	CHECK(strstr(t->traced, "asked: New PIN: ") && strstr(t->seen, "Secret: "));
	CHECK(!strstr(t->traced, ADA_PASSWORD) && !strstr(t->traced, ADA_PIN));
	CHECK(!strstr(t->traced, "Secret") && !strstr(t->traced, code));
	for (unsigned i = 1; i <= 12; i++)
		CHECK(!strstr(t->traced, shown_code(t->seen, i)));
}

TEST(nobody_else_is_followed)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK(COMMAND(&w, "identity", "add", "bob@example.org", "--name", "Bob")->outcome.status ==
		STATUS_DONE);
	CHECK(!*SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, "000000")->traced);
	CHECK(COMMAND(&w, "account", "add", "HC7", "--practice", "stj", "--identity",
		      "bob@example.org", "--user", "bob")
			->outcome.status == STATUS_DONE);
	follow(&w, "bob@example.org");
	CHECK(!*SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, "000000")->traced);
	CHECK(!*SIGN_IN(&w, "sshd", "nobody@example.org", "x", "000000")->traced);
}

TEST(it_ends_after_ten_minutes_and_with_the_boot)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	follow(&w, ADA);
	clock_add(&w, TRACE_S - 1);
	CHECK(*SIGN_IN(&w, "sshd", ADA, "no", "000000")->traced);
	clock_add(&w, 1);
	CHECK(!*SIGN_IN(&w, "sshd", ADA, "no", "000000")->traced);
	follow(&w, ADA);
	w.now.boot[0] ^= 1;
	CHECK(!*SIGN_IN(&w, "sshd", ADA, "no", "000000")->traced);
}

TEST(that_somebody_is_followed_stands_in_the_audit)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	follow(&w, ADA);
	CHECK(strstr(COMMAND(&w, "audit")->seen, "traced"));
	CHECK(COMMAND(&w, "trace", "nobody@example.org")->outcome.status == STATUS_NO_SUCH);
}
