/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody who guesses at another's recovery, which anybody may begin. What must hold: it takes nothing
 * from them for good, and nothing at all once they have proved who they are; and it is on record. */
#include <stdio.h>
#include <string.h>

#include "factor.h"
#include "recover_world.h"
#include "text.h"

#define THEIRS "192.0.2.7"
#define ANOTHER "198.51.100.9"

/* As many wrong codes, each when the wait for it is over. */
static void guess(struct world *w, const char *service, unsigned n)
{
	for (unsigned i = 0; i < n; i++, clock_add(w, WAIT_MAX_S + 1))
		CHECK(SIGN_IN(w, service, ADA, FORGOTTEN, "12345x", "@hang-up")->hung_up);
}

TEST(guesses_at_a_recovery_never_end_the_way_back)
{
	struct world w = ada_with_channels();

	w.rhost = ANOTHER;
	guess(&w, "sshd", OFF_FAILURES + 3);
	CHECK_INT(ada_failures(&w, FACTOR_CODE_RECOVER, SOURCE_NETWORK), OFF_FAILURES + 3);
	CHECK_INT(ada_failures(&w, FACTOR_CODE, SOURCE_NETWORK), 0);
	clock_add(&w, 2 * 86400);
	w.rhost = THEIRS;
	struct talk *t = SIGN_IN(&w, "sshd", ADA, FORGOTTEN, "@mail", "@hang-up");
	CHECK_HAS(t->seen, TEXT_RECOVER_MOBILE_NEXT);
	CHECK_INT(ada_failures(&w, FACTOR_CODE_RECOVER, SOURCE_NETWORK), 0);
}

TEST(unlock_ends_the_waits_of_a_recovery_too)
{
	struct world w = ada_with_channels();

	guess(&w, "login", FREE_FAILURES + 1);
	CHECK_INT(ada_failures(&w, FACTOR_CODE_RECOVER, SOURCE_LOCAL), FREE_FAILURES + 1);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "unlock", ADA));
	CHECK_INT(ada_failures(&w, FACTOR_CODE_RECOVER, SOURCE_LOCAL), 0);
}

TEST(a_wrong_code_of_a_recovery_is_on_record)
{
	struct world w = ada_with_channels();

	w.rhost = ANOTHER;
	guess(&w, "sshd", 1);
	w.rhost = "";
	const char *seen = COMMAND(&w, "audit", "--identity", ADA)->seen;
	CHECK_HAS(seen, "code by e-mail wrong");
	CHECK_HAS(seen, ANOTHER);
	CHECK(!strstr(seen, "text message wrong"));
	SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "@mail", "12345x", "@hang-up");
	CHECK_HAS(COMMAND(&w, "audit", "--identity", ADA)->seen, "code by text message wrong");
}

TEST(guesses_that_have_to_wait_fill_no_audit)
{
	struct world w = ada_with_channels();
	unsigned n = 0;

	w.rhost = ANOTHER;
	for (unsigned i = 0; i < 12; i++)
		SIGN_IN(&w, "sshd", ADA, FORGOTTEN, "12345x", "@hang-up");
	w.rhost = "";
	const char *seen = COMMAND(&w, "audit", "--identity", ADA)->seen;
	for (const char *at = seen; (at = strstr(at, "code by e-mail")) != NULL; at++)
		n++;
	CHECK_INT(n, FREE_FAILURES + 1);
	CHECK_HAS(seen, "code by e-mail not looked at, total=1");
}

TEST(a_guess_at_nobody_is_counted_among_unknown_names)
{
	struct world w = ada_with_channels();

	w.rhost = ANOTHER;
	SIGN_IN(&w, "sshd", "nobody@example.org", FORGOTTEN, "12345x", "@hang-up");
	w.rhost = "";
	CHECK_HAS(COMMAND(&w, "audit")->seen, "unknown-names");
}

/* --- a practice that signs nobody in over the network --- */

TEST(where_nobody_signs_in_over_the_network_nobody_recovers_over_it)
{
	struct world w = ada_with_channels();

	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--network", "no"));
	w.rhost = THEIRS;
	struct talk *t = SIGN_IN(&w, "sshd", ADA, FORGOTTEN, "12345x", "@hang-up");
	CHECK_HAS(t->seen, TEXT_CODE_WRONG);
	CHECK_INT(messages(&w, CHANNEL_EMAIL), 0);
	w.rhost = "";
	CHECK(SIGN_IN(&w, "login", ADA, FORGOTTEN, "@mail", "@hang-up")->hung_up);
	CHECK_INT(messages(&w, CHANNEL_SMS), 1);
}

TEST(a_recovery_ends_where_the_network_is_closed_meanwhile)
{
	struct world w = ada_with_channels();

	w.rhost = THEIRS;
	CHECK(SIGN_IN(&w, "sshd", ADA, FORGOTTEN, "@mail", "@hang-up")->hung_up);
	w.rhost = "";
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--network", "no"));
	w.rhost = THEIRS;
	struct talk *t = SIGN_IN(&w, "sshd", ADA, FORGOTTEN, "12345x", "@hang-up");
	CHECK(!strstr(t->seen, TEXT_RECOVER_MOBILE_NEXT));
	CHECK_INT(messages(&w, CHANNEL_SMS), 1);
}
