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
