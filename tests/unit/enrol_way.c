/* SPDX-License-Identifier: Apache-2.0 */
/* A first sign-in ends with its activation code. What must hold: whoever has an old one gets no further,
 * at whatever prompt they are, and nothing that they chose is left. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "code.h"
#include "factor.h"
#include "legacy.h"
#include "people.h"
#include "staff.h"
#include "store/store.h"
#include "text.h"

#define THIEF "a thief of letters"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)
#define CHECK_GRANTED(talk)                                                                        \
	CHECK_TEXT((talk)->outcome.result == GRANTED ? "granted" : (talk)->seen, "granted")

struct factors {
	char name[SIGN_IN_NAME_MAX + 1];
	unsigned n;
};

static int count_factors(struct txn *t, void *arg)
{
	struct factors *f = arg;
	struct person p;
	int r = person_by_name(t, f->name, &p);

	for (unsigned id = FACTOR_PASSWORD; r == 0 && id <= FACTOR_PIN; id++)
		f->n += credential_exists(t, &p.owner, id);
	return r;
}

static unsigned factors_of(struct world *w, const char *name)
{
	struct factors f = { .n = 0 };

	CHECK(name_normal(name, f.name));
	CHECK_INT(in_store(w, count_factors, &f, sizeof f), 0);
	return f.n;
}

/* Root's new letter: its code. */
static const char *new_letter(struct world *w, const char *userid)
{
	static char code[64];
	struct talk *t = COMMAND(w, "letter", userid);
	const char *at = strstr(t->seen, "\nActivation code: ");

	CHECK_TEXT(t->outcome.result == GRANTED && at ? "granted" : t->seen, "granted");
	snprintf(code, sizeof code, "%.*s", (int)strcspn(at + 18, "\n"), at + 18);
	return code;
}

/* The letter is replaced when the thief has given so many answers after the code. */
static void replaced(const char *how, unsigned after)
{
	static const char *const chosen[] = { THIEF, THIEF, "@totp", "yes", ANN_PIN, ANN_PIN };
	struct world w = world_at("2026-05-04 09:00:00");
	const char *answers[10] = { add_ann(&w) };
	unsigned n = 1;

	for (unsigned i = 0; i < 6; i++) {
		if (i == after)
			answers[n++] = how;
		answers[n++] = chosen[i];
	}
	struct talk *t = converse(&w, PURPOSE_AUTH, "login", ANN_ID, answers);
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(last_line(t), TEXT_RESET);
	CHECK_INT(factors_of(&w, ANN_ID), 0);
}

#define REPLACED(name, how)                                                                        \
	TEST(name##_at_the_password)                                                               \
	{                                                                                          \
		replaced(how, 0);                                                                  \
	}                                                                                          \
	TEST(name##_at_the_app)                                                                    \
	{                                                                                          \
		replaced(how, 2);                                                                  \
	}                                                                                          \
	TEST(name##_at_the_last_prompt)                                                            \
	{                                                                                          \
		replaced(how, 5);                                                                  \
	}

REPLACED(a_reset_ends_a_user_id_s_first_sign_in, "@renew")

TEST(a_new_letter_ends_a_first_sign_in_at_its_beginning)
{
	replaced("@letter", 0);
}

TEST(a_new_letter_ends_the_first_sign_in_of_somebody_with_an_address)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);
	struct talk *t = SIGN_IN(
		&w, "login", ADA, code, "@paper", THIEF, THIEF, "@totp", "yes", ADA_PIN, ADA_PIN);

	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, TEXT_RESET);
	CHECK_INT(factors_of(&w, ADA), 0);
}

/* All is set up but what this door does not ask for: nothing is written any more before the end. */
TEST(a_new_letter_ends_a_first_sign_in_that_has_no_step_left)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	CHECK(SIGN_IN(&w, "login", ADA, code, THIEF, THIEF, "@totp", "yes", "@hang-up")->hung_up);
	w.rhost = "192.0.2.7";
	struct talk *t = SIGN_IN(&w, "sshd", ADA, code, "@paper", THIEF);
	CHECK_VERDICT(REFUSED, t);
	w.rhost = "";
	CHECK(SIGN_IN(&w, "login", ADA, new_letter(&w, "HC000001"), "@hang-up")->hung_up);
}

TEST(a_new_letter_ends_what_was_chosen_with_the_old_one)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *old = add_ann(&w);
	struct talk *t = SIGN_IN(&w, "login", ANN_ID, old, THIEF, THIEF, "@hang-up");
	const char *at = strstr(t->seen, "Secret: ");
	char known[64];

	CHECK(t->hung_up && at);
	snprintf(known, sizeof known, "%.*s", (int)strcspn(at, "\n"), at);
	const char *code = new_letter(&w, ANN_ID);
	CHECK_INT(factors_of(&w, ANN_ID), 0);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ANN_ID, THIEF, "", "", ""));
	t = SIGN_IN(&w, "login", ANN_ID, code, ANN_PASSWORD, ANN_PASSWORD, "@totp", "yes", ANN_PIN,
		ANN_PIN);
	CHECK_GRANTED(t);
	CHECK(strstr(t->seen, known) == NULL); /* the app's secret is another too */
}

TEST(a_new_letter_ends_the_waits_of_the_old_ones_wrong_passwords)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *old = add_ann(&w);

	CHECK(SIGN_IN(&w, "login", ANN_ID, old, THIEF, THIEF, "@hang-up")->hung_up);
	for (unsigned i = 0; i < 8; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ANN_ID, "wrong"));
	CHECK_GRANTED(SIGN_IN(&w, "login", ANN_ID, new_letter(&w, ANN_ID), ANN_PASSWORD,
		ANN_PASSWORD, "@totp", "yes", ANN_PIN, ANN_PIN));
}

/* --- addresses of leavers, accounts of nobody's --- */

TEST(a_leaver_s_address_is_free_for_a_user_id)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ann(&w);
	CHECK_GRANTED(COMMAND(&w, "identity", "add", ANN_EMAIL, "--name", "Ann Lee"));
	CHECK_GRANTED(COMMAND(&w, "leave", ANN_EMAIL));
	struct talk *t =
		SIGN_IN(&w, "login", ANN_ID, ANN_PASSWORD, ann_code(&w), ANN_EMAIL, "@mail", "");
	CHECK_GRANTED(t);
	CHECK_TEXT(stored(&w, ANN_EMAIL).account.userid, ANN_ID);
}

TEST(nobody_shares_an_address_with_a_leaver)
{
	struct world w = world_at("2026-05-04 09:00:00");

	add_ada(&w);
	CHECK_GRANTED(COMMAND(&w, "practice", "set", "stj", "--shared-addresses", "yes"));
	CHECK_GRANTED(COMMAND(&w, "leave", ADA));
	CHECK(COMMAND(&w, "identity", "share", ADA, "--name", "Ada Two")->outcome.result !=
		GRANTED);
	CHECK_GRANTED(COMMAND(&w, "identity", "add", ADA, "--name", "Ada Two"));
}

TEST(a_manager_makes_a_letter_for_an_unlinked_account)
{
	struct world w = staff();

	enrol_dan(&w);
	w.peer = w.ruid = 0;
	clock_add(&w, 60);
	CHECK_GRANTED(SIGN_IN(&w, "login", "dan", ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	struct world ada = as_person(&w, ADA_UID);
	CHECK(COMMAND(&ada, "letter", "HC4")->outcome.result != GRANTED);
	CHECK_GRANTED(COMMAND(&ada, "account", "unlink", "HC4"));
	CHECK_GRANTED(COMMAND(&ada, "account", "enable", "HC4"));
	CHECK_GRANTED(COMMAND(&ada, "letter", "HC4"));
}
