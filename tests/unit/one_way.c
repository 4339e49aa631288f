/* SPDX-License-Identifier: Apache-2.0 */
/* Two who have the same activation code at the same time. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "text.h"
#include "world.h"

static char code[64];

static void other_chooses_a_password(struct world *w)
{
	struct talk *t = SIGN_IN(w, "login", ADA, code, "the other likes hills",
		"the other likes hills", "@hang-up");

	CHECK(t->hung_up);
}

static struct world two_with_a_code(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	snprintf(code, sizeof code, "%s", add_ada(&w));
	w.meanwhile = other_chooses_a_password;
	return w;
}

static void check_other_s(struct world *w)
{
	struct talk *t = SIGN_IN(
		w, "login", ADA, code, "the other likes hills", "@totp", "yes", ADA_PIN, ADA_PIN);

	CHECK_INT(t->outcome.result, GRANTED);
	CHECK_HAS(t->seen, TEXT_CHOSEN_PASSWORD);
}

TEST(of_two_behind_one_activation_code_the_first_goes_on_alone)
{
	struct world w = two_with_a_code();
	struct talk *t = SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, "@meanwhile", ADA_PASSWORD,
		"@totp", "yes", ADA_PIN, ADA_PIN);

	CHECK_INT(t->outcome.result, REFUSED);
	CHECK_TEXT(last_line(t), TEXT_MEANWHILE);
	check_other_s(&w);
}

TEST(a_password_that_was_chosen_while_the_activation_code_is_typed_is_asked_for)
{
	struct world w = two_with_a_code();
	struct talk *t = SIGN_IN(&w, "login", ADA, "@meanwhile", code, ADA_PASSWORD, "@totp", "yes",
		ADA_PIN, ADA_PIN);

	CHECK_INT(t->outcome.result, REFUSED);
	CHECK_HAS(t->seen, TEXT_CHOSEN_PASSWORD);
	CHECK(!strstr(t->seen, "Secret: "));
	check_other_s(&w);
}

/* Of the others who are behind it, whichever step they are at. */
static void other_sets_up_all(struct world *w)
{
	other_chooses_a_password(w);
	check_other_s(w);
}

TEST(whoever_is_behind_an_activation_code_that_another_has_gone_to_its_end_by_is_refused)
{
	struct world w = two_with_a_code();

	w.meanwhile = other_sets_up_all;
	struct talk *t = SIGN_IN(&w, "login", ADA, code, "@meanwhile", ADA_PASSWORD, ADA_PASSWORD,
		"@totp", "yes", ADA_PIN, ADA_PIN);
	CHECK_INT(t->outcome.result, REFUSED);
	CHECK(!strstr(t->seen, "Secret: "));
}
