/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: whoever is cut off at any prompt of the first sign-in goes on at that step the next
 * time, by either way: the activation code and then the password that was chosen, or that password and
 * then the activation code for the code. What was not finished signs nobody in. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "world.h"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)

enum { LOGIN_PROMPTS = 7, SSHD_PROMPTS = 5 };

static const char *const all[LOGIN_PROMPTS] = { NULL /* the activation code */, ADA_PASSWORD,
	ADA_PASSWORD, "@totp", "yes", ADA_PIN, ADA_PIN };

/* The first prompt of the step that prompt k belongs to: there it goes on. */
static unsigned step_of(unsigned k)
{
	return k == 2 ? 1 : k == 6 ? 5 : k;
}

/* The answers from prompt k on, behind those that there are already. */
static void rest(const char *answers[16], unsigned n, unsigned k, unsigned end)
{
	while (k < end)
		answers[n++] = all[k++];
	answers[n] = NULL;
}

static void cut(unsigned k, const char *service, unsigned prompts, bool password_first)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w), *answers[16] = { code };
	struct talk *t;

	if (prompts == SSHD_PROMPTS)
		w.rhost = "192.0.2.7";
	rest(answers, 1, 1, k);
	answers[k] = "@hang-up";
	answers[k + 1] = NULL;
	t = converse(&w, PURPOSE_AUTH, service, ADA, answers);
	CHECK(t->hung_up);
	CHECK_INT(t->asks, k + 1);
	bool chosen = k >= 3; /* the password counts since its second time */
	if (chosen && k < 4) {
		t = SIGN_IN(&w, service, ADA, ADA_PASSWORD, "000000");
		CHECK_VERDICT(REFUSED, t);
	}
	unsigned n = 0;
	answers[n++] = chosen && password_first ? ADA_PASSWORD : code;
	if (chosen)
		answers[n++] = password_first ? code : ADA_PASSWORD;
	rest(answers, n, k == 0 ? 1 : step_of(k), prompts);
	t = converse(&w, PURPOSE_AUTH, service, ADA, answers);
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	CHECK_INT(t->asks, n + prompts - (k == 0 ? 1 : step_of(k)));
	if (chosen)
		CHECK_HAS(t->seen,
			password_first ? "Password: \nCode: \nWelcome"
				       : "Password: \nThe password you chose: \nWelcome");
	else
		CHECK_HAS(t->seen, "Password: \nWelcome");
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, service, ADA, ADA_PASSWORD, code));
}

#define CUT(k)                                                                                     \
	TEST(cut_off_at_prompt_##k##_of_login_then_the_activation_code)                            \
	{                                                                                          \
		cut(k, "login", LOGIN_PROMPTS, false);                                             \
	}                                                                                          \
	TEST(cut_off_at_prompt_##k##_of_login_then_the_new_password)                               \
	{                                                                                          \
		cut(k, "login", LOGIN_PROMPTS, true);                                              \
	}
#define CUT_SSHD(k)                                                                                \
	TEST(cut_off_at_prompt_##k##_of_sshd_then_the_activation_code)                             \
	{                                                                                          \
		cut(k, "sshd", SSHD_PROMPTS, false);                                               \
	}                                                                                          \
	TEST(cut_off_at_prompt_##k##_of_sshd_then_the_new_password)                                \
	{                                                                                          \
		cut(k, "sshd", SSHD_PROMPTS, true);                                                \
	}

CUT(0)
CUT(1)
CUT(2)
CUT(3)
CUT(4)
CUT(5)
CUT(6)
CUT_SSHD(0)
CUT_SSHD(1)
CUT_SSHD(2)
CUT_SSHD(3)
CUT_SSHD(4)

TEST(the_password_chosen_before_must_be_known)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	SIGN_IN(&w, "sshd", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@hang-up");
	struct talk *t = SIGN_IN(&w, "sshd", ADA, code, "nine loud badgers", "000000");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nThe password you chose: \nCode: \n");
	t = SIGN_IN(&w, "sshd", ADA, "nine loud badgers", code);
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
}

TEST(a_sign_in_that_ends_the_enrolment_ends_its_counts)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	SIGN_IN(&w, "sshd", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@hang-up");
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, "nine loud badgers", "000000"));
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_NETWORK), 1);
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "sshd", ADA, code, ADA_PASSWORD, "@totp", "yes"));
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_NETWORK), 0);
}

TEST(guesses_at_an_activation_code_wait_as_passwords_do)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	w.rhost = "192.0.2.7";
	for (int i = 0; i < 5; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, "K7Q0-9FJM-311T-WAB0", "000000"));
	struct talk *t = SIGN_IN(&w, "sshd", ADA, code, "000000");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	clock_add(&w, 15);
	CHECK_HAS(SIGN_IN(&w, "sshd", ADA, code, "@hang-up")->seen, "New password: ");
}
