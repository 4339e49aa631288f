/* SPDX-License-Identifier: Apache-2.0 */
/* What programs show. What must hold: where prompts are hidden each is told besides, once; where messages
 * stop the program none is sent. */
#include <string.h>

#include "check.h"
#include "text.h"
#include "world.h"

TEST(where_prompts_are_hidden_they_are_told)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	clock_add(&w, 60);
	w.conf.service[2].tell_prompts = true; /* login */
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_INT(t->outcome.result, GRANTED);
	CHECK_TEXT(t->seen, "Password: \nCode: \nCode: \n");
}

TEST(where_messages_stop_the_program_there_are_none)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_INT(COMMAND(&w, "identity", "disable", ADA)->outcome.result, GRANTED);
	w.conf.service[2].quiet = true;
	struct talk *t = SIGN_IN(&w, "login", ADA, "", "wrong one", "000000");
	CHECK_INT(t->outcome.result, REFUSED);
	CHECK_TEXT(t->seen, "Password: \nPassword: \n");
}
