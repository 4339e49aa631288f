/* SPDX-License-Identifier: Apache-2.0 */
/* How people choose their codes. What must hold: where rules name both they choose, where they name one there
 * is no choice; a number counts when its code was typed; whoever is cut off goes on there; recovery codes are
 * made in any case. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "code.h"
#include "people.h"
#include "sms_world.h"
#include "store/store.h"

#define CHOSEN ADA_PASSWORD, ADA_PASSWORD
#define MOBILE "07700"
#define REST "yes", ADA_PIN, ADA_PIN

static char activation[64];

/* ada, who has not signed in yet. Nothing else is asked for at a sign-in: her address is verified, and the
 * number was asked for. */
static int settle_details(struct txn *t, void *arg)
{
	struct person ada;
	int r = person_by_name(t, ADA, &ada);

	if (r < 0)
		return r;
	ada.identity.email_verified = ada.identity.asked = *(const uint64_t *)arg;
	return identity_save(t, &ada.identity);
}

static struct world newcomer(uint32_t second)
{
	struct world w = world_at("2026-05-04 09:00:00");
	uint64_t when = w.now.unix_s;

	snprintf(activation, sizeof activation, "%s", add_ada(&w));
	with_messages(&w);
	CHECK_INT(in_store(&w, settle_details, &when, sizeof when), 0);
	second_step(&w, second);
	return w;
}

static struct identity ada(struct world *w)
{
	return stored(w, ADA).identity;
}

static void keep_secret(const struct talk *t)
{
	const char *at = strstr(t->seen, "Secret: ");

	CHECK(at != NULL);
	at += 8;
	snprintf(ada_secret, sizeof ada_secret, "%.*s", (int)strcspn(at, "\n"), at);
	memcpy(ada_seen, t->seen, sizeof ada_seen);
}

static const char *ada_code(struct world *w)
{
	clock_add(w, 60);
	return app_code(w, ada_secret, 0);
}

TEST(where_rules_name_the_app_alone_there_is_no_choice)
{
	struct world w = newcomer(1u << FACTOR_TOTP);
	struct talk *t = SIGN_IN(&w, "login", ADA, activation, CHOSEN, "@totp", REST);

	CHECK_GRANTED(t);
	CHECK(strstr(t->seen, TEXT_WAY) == NULL);
	CHECK_HAS(t->seen, "with your password and a code from the app.");
}

TEST(without_a_gateway_there_is_no_choice)
{
	struct world w = newcomer(APP_OR_SMS);

	w.conf.sms[0] = 0;
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, activation, CHOSEN, "@totp", REST));
	CHECK(!ada_has(&w, FACTOR_SMS));
}

TEST(the_app_is_chosen)
{
	struct world w = newcomer(APP_OR_SMS);
	struct talk *t = SIGN_IN(&w, "login", ADA, activation, CHOSEN, "1", "@totp", REST);

	CHECK_GRANTED(t);
	CHECK_HAS(t->seen, "New password again: \n" TEXT_WAY "\n" TEXT_TOTP_ADVICE);
	CHECK(!ada_has(&w, FACTOR_SMS) && !ada_has(&w, FACTOR_SMS_NEW));
	keep_secret(t);
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, ada_code(&w));
	CHECK_GRANTED(t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_INT(messages(&w, CHANNEL_SMS), 0);
}

TEST(text_messages_are_chosen)
{
	struct world w = newcomer(APP_OR_SMS);
	struct talk *t = SIGN_IN(
		&w, "login", ADA, activation, CHOSEN, "2", MOBILE, ADA_MOBILE, "@sms", REST);

	CHECK_GRANTED(t);
	CHECK_HAS(t->seen,
		TEXT_WAY "\n" TEXT_MOBILE "\n" TEXT_MOBILE_FORM "\n" TEXT_MOBILE
			 "\nA code is on its way to " ADA_MOBILE ".\n" TEXT_MOBILE_CODE
			 "\nYour 12 recovery codes");
	CHECK_HAS(t->seen, "with your password and a code that comes by text message.");
	CHECK(ada_has(&w, FACTOR_SMS) && !ada_has(&w, FACTOR_SMS_NEW) && !ada_has(&w, FACTOR_TOTP));
	memcpy(ada_seen, t->seen, sizeof ada_seen);
	CHECK_TEXT(ada(&w).mobile, ADA_MOBILE);
	CHECK(ada(&w).mobile_verified > 0);
	CHECK_INT(ada(&w).second, FACTOR_SMS);
	CHECK_TEXT(queued_message(&w, CHANNEL_EMAIL, 2)->what,
		"Your codes by text message were changed");
	char *audit = COMMAND(&w, "audit", "--json")->seen;
	CHECK_HAS(audit, "\"detail\":\"sms\"");
	CHECK(strstr(audit, "\"detail\":\"totp\"") == NULL);
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@sms"));
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), ""));
}

TEST(both_are_chosen)
{
	struct world w = newcomer(APP_OR_SMS);
	struct talk *t = SIGN_IN(
		&w, "login", ADA, activation, CHOSEN, "3", "@totp", ADA_MOBILE, "@sms", REST);

	CHECK_GRANTED(t);
	CHECK_INT(ada(&w).second, FACTOR_TOTP);
	CHECK_HAS(t->seen, "with your password and a code from the app.");
	keep_secret(t);
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, ada_code(&w)));
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "", "@sms"));
}

TEST(only_text_messages_in_the_rules_and_no_app_is_set_up)
{
	struct world w = newcomer(1u << FACTOR_SMS);
	struct talk *t = SIGN_IN(&w, "login", ADA, activation, CHOSEN, ADA_MOBILE, "@sms", REST);

	CHECK_GRANTED(t);
	CHECK(strstr(t->seen, TEXT_WAY) == NULL && strstr(t->seen, "Secret: ") == NULL);
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@sms"));
}

TEST(it_is_said_that_some_sign_ins_take_the_app_s_codes_only)
{
	struct world w = newcomer(APP_OR_SMS);

	w.conf.service[1].step[1] = 1u << FACTOR_TOTP;
	struct talk *t = SIGN_IN(&w, "login", ADA, activation, CHOSEN, "@hang-up");
	CHECK_HAS(t->seen, TEXT_WAY_APP_ONLY "\n" TEXT_WAY);
}

TEST(what_a_practice_requires_is_no_choice)
{
	struct world w = newcomer(APP_OR_SMS);

	CHECK_GRANTED(COMMAND(&w, "practice", "set", "stj", "--require", "sms"));
	struct talk *t = SIGN_IN(&w, "login", ADA, activation, CHOSEN, ADA_MOBILE, "@sms", REST);
	CHECK_GRANTED(t);
	CHECK(strstr(t->seen, TEXT_WAY) == NULL);
	CHECK_GRANTED(COMMAND(&w, "practice", "set", "stj", "--require", "totp,sms"));
	char again[64];
	snprintf(again, sizeof again, "%s", last_line(COMMAND(&w, "identity", "reset", ADA)));
	t = SIGN_IN(&w, "login", ADA, again, CHOSEN, "@totp", "", REST);
	CHECK_GRANTED(t);
	CHECK(ada_has(&w, FACTOR_TOTP) && ada_has(&w, FACTOR_SMS));
}

TEST(a_verified_number_is_taken_as_it_is)
{
	struct world w = newcomer(APP_OR_SMS);
	char again[64];

	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, activation, CHOSEN, "2", ADA_MOBILE, "@sms", REST));
	snprintf(again, sizeof again, "%s", last_line(COMMAND(&w, "identity", "reset", ADA)));
	CHECK(!ada_has(&w, FACTOR_SMS));
	struct talk *t = SIGN_IN(&w, "login", ADA, again, CHOSEN, "2", "", REST);
	CHECK_GRANTED(t);
	CHECK_HAS(t->seen, "Codes go to your number ending 01.");
	CHECK_HAS(t->seen, "a code that comes by text message");
	CHECK(strstr(t->seen, TEXT_MOBILE_CODE) == NULL);
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@sms"));
}

TEST(another_than_the_verified_number_is_proved)
{
	struct world w = newcomer(APP_OR_SMS);
	char again[64];

	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, activation, CHOSEN, "2", ADA_MOBILE, "@sms", REST));
	snprintf(again, sizeof again, "%s", last_line(COMMAND(&w, "identity", "reset", ADA)));
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, again, CHOSEN, "2", OTHER_MOBILE, "@sms", REST));
	CHECK_TEXT(ada(&w).mobile, OTHER_MOBILE);
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@sms");
	CHECK_GRANTED(t);
	CHECK_HAS(t->seen, "ending 07.");
}

/* --- cut off --- */

TEST(cut_off_at_the_code_it_goes_on_with_the_same_one)
{
	struct world w = newcomer(APP_OR_SMS);

	CHECK(SIGN_IN(&w, "login", ADA, activation, CHOSEN, "2", ADA_MOBILE, "@hang-up")->hung_up);
	CHECK(!ada_has(&w, FACTOR_SMS) && ada_has(&w, FACTOR_SMS_NEW));
	struct talk *t =
		SIGN_IN(&w, "login", ADA, activation, ADA_PASSWORD, texted(&w), "@hang-up");
	CHECK(strstr(t->seen, TEXT_WAY) == NULL);
	CHECK_HAS(t->seen, "The code that we sent to " ADA_MOBILE " still counts.");
	CHECK(ada_has(&w, FACTOR_SMS));
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, activation, ADA_PASSWORD, REST));
}

TEST(cut_off_at_the_code_a_choice_can_be_made_anew)
{
	struct world w = newcomer(APP_OR_SMS);

	CHECK(SIGN_IN(&w, "login", ADA, activation, CHOSEN, "2", OTHER_MOBILE, "@hang-up")
			->hung_up);
	/* the number was not hers: another */
	CHECK(SIGN_IN(&w, "login", ADA, activation, ADA_PASSWORD, "", "", ADA_MOBILE, "@hang-up")
			->hung_up);
	CHECK_TEXT(queued_message(&w, CHANNEL_SMS, 0)->to, ADA_MOBILE);
	clock_add(&w, 301); /* or none at all */
	struct talk *t = SIGN_IN(&w, "login", ADA, activation, ADA_PASSWORD, "1", "@totp", REST);
	CHECK_GRANTED(t);
	CHECK(!ada_has(&w, FACTOR_SMS_NEW));
}

TEST(cut_off_after_the_app_of_both_a_number_is_asked_for)
{
	struct world w = newcomer(APP_OR_SMS);

	CHECK(SIGN_IN(&w, "login", ADA, activation, CHOSEN, "3", "@totp", "@hang-up")->hung_up);
	struct talk *t =
		SIGN_IN(&w, "login", ADA, activation, ADA_PASSWORD, ADA_MOBILE, "@sms", REST);
	CHECK_GRANTED(t);
	CHECK(strstr(t->seen, TEXT_WAY) == NULL);
	CHECK(ada_has(&w, FACTOR_TOTP) && ada_has(&w, FACTOR_SMS));
	CHECK_INT(ada(&w).second, FACTOR_TOTP);
}

TEST(of_both_the_number_may_be_left_for_now)
{
	struct world w = newcomer(APP_OR_SMS);
	struct talk *t = SIGN_IN(&w, "login", ADA, activation, CHOSEN, "3", "@totp", "", REST, "");

	CHECK_GRANTED(t);
	CHECK(!ada_has(&w, FACTOR_SMS) && !ada_has(&w, FACTOR_SMS_NEW));
	keep_secret(t);
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, ada_code(&w)));
}

/* With the password and the app's code, in place of the activation code: what is left is asked for there, too. */
TEST(cut_off_after_the_app_of_both_an_ordinary_sign_in_goes_on)
{
	struct world w = newcomer(APP_OR_SMS);
	struct talk *t = SIGN_IN(&w, "login", ADA, activation, CHOSEN, "3", "@totp", "@hang-up");

	keep_secret(t);
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, ada_code(&w), ADA_MOBILE, "@sms", REST);
	CHECK_GRANTED(t);
	CHECK(ada_has(&w, FACTOR_SMS) && ada_has(&w, FACTOR_RECOVERY));
	CHECK_TEXT(ada_sms(&w).number, ADA_MOBILE);
}

TEST(cut_off_after_the_choice_it_is_asked_for_again)
{
	struct world w = newcomer(APP_OR_SMS);

	CHECK(SIGN_IN(&w, "login", ADA, activation, CHOSEN, "2", "@hang-up")->hung_up);
	CHECK(SIGN_IN(&w, "login", ADA, activation, ADA_PASSWORD, "3", "@hang-up")->hung_up);
	struct talk *t =
		SIGN_IN(&w, "login", ADA, activation, ADA_PASSWORD, "2", ADA_MOBILE, "@sms", REST);
	CHECK_GRANTED(t);
	CHECK_INT(ada(&w).second, FACTOR_SMS);
}

TEST(a_code_that_is_wrong_enrols_nothing)
{
	struct world w = newcomer(APP_OR_SMS);
	struct talk *t = SIGN_IN(&w, "login", ADA, activation, CHOSEN, "2", ADA_MOBILE, "1", "2",
		"3", "4", "5", "6");

	CHECK_VERDICT(REFUSED, t);
	CHECK(!ada_has(&w, FACTOR_SMS));
	CHECK_INT(ada(&w).mobile_verified, 0);
}

TEST(the_choice_is_made_by_a_word_as_well)
{
	static const char *const words[] = { "App", "sms", "TEXT", "text messages", "both" };
	struct world w = newcomer(APP_OR_SMS);

	SIGN_IN(&w, "login", ADA, activation, CHOSEN, "@hang-up");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct talk *t =
			SIGN_IN(&w, "login", ADA, activation, ADA_PASSWORD, words[i], "@hang-up");
		bool app = i == 0 || i == 4;

		CHECK(strstr(t->seen, TEXT_WAY_HINT) == NULL);
		CHECK((strstr(t->seen, TEXT_APP_CODE) != NULL) == app);
		CHECK((strstr(t->seen, TEXT_MOBILE) != NULL) == !app);
	}
}

TEST(nobody_answers_the_choice)
{
	struct world w = newcomer(APP_OR_SMS);
	struct talk *t = SIGN_IN(&w, "login", ADA, activation, CHOSEN, "", "", "");

	CHECK_VERDICT(REFUSED, t);
	CHECK(!t->hung_up);
	t = SIGN_IN(&w, "login", ADA, activation, ADA_PASSWORD, "apps", "4", "2!", "no");
	CHECK_VERDICT(REFUSED, t);
	CHECK(!t->hung_up);
	CHECK_HAS(t->seen, TEXT_WAY_HINT);
	CHECK_INT(messages(&w, CHANNEL_SMS), 0);
}

TEST(a_reset_ends_the_choice)
{
	struct world w = newcomer(APP_OR_SMS);

	CHECK_VERDICT(REFUSED,
		SIGN_IN(&w, "login", ADA, activation, CHOSEN, "2", ADA_MOBILE, "@reset", "@sms"));
	CHECK(!ada_has(&w, FACTOR_SMS) && !ada_has(&w, FACTOR_SMS_NEW));
}

/* --- a user ID, which becomes an identity --- */

TEST(a_user_id_s_number_goes_with_it)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char code[64];

	snprintf(code, sizeof code, "%s", add_ann(&w));
	with_messages(&w);
	second_step(&w, APP_OR_SMS);
	struct talk *t = SIGN_IN(&w, "login", ANN_ID, code, ANN_PASSWORD, ANN_PASSWORD, "2",
		OTHER_MOBILE, "@sms", "yes", ANN_PIN, ANN_PIN, "");
	CHECK_GRANTED(t);
	CHECK_HAS(t->seen, TEXT_SET_UP_USERID);
	CHECK_GRANTED(SIGN_IN(&w, "login", ANN_ID, ANN_PASSWORD, "@sms", ""));
	CHECK_GRANTED(SIGN_IN(&w, "login", ANN_ID, ANN_PASSWORD, "@sms", ANN_EMAIL, "@mail"));
	struct identity ann = stored(&w, ANN_EMAIL).identity;
	CHECK_TEXT(ann.mobile, OTHER_MOBILE);
	CHECK(ann.mobile_verified > 0);
	t = SIGN_IN(&w, "login", ANN_EMAIL, ANN_PASSWORD, "@sms");
	CHECK_GRANTED(t);
	CHECK_INT(t->asks, 2); /* the number is known */
}

/* The second factor of an account that is to be linked: a recovery code. */
TEST(a_user_id_with_text_messages_is_linked_by_a_recovery_code)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char code[64], one[32];

	snprintf(code, sizeof code, "%s", add_ann(&w));
	with_messages(&w);
	second_step(&w, APP_OR_SMS);
	struct talk *t = SIGN_IN(&w, "login", ANN_ID, code, ANN_PASSWORD, ANN_PASSWORD, "2",
		OTHER_MOBILE, "@sms", "yes", ANN_PIN, ANN_PIN, "");
	CHECK_GRANTED(t);
	snprintf(one, sizeof one, "%s", shown_code(t->seen, 1));
	snprintf(code, sizeof code, "%s",
		last_line(COMMAND(&w, "identity", "add", ADA, "--name", "Ada Example")));
	CHECK_GRANTED(COMMAND(&w, "account", "add", "HC000001", "--practice", "stj", "--identity",
		ADA, "--user", "adae"));
	t = SIGN_IN(&w, "login", ADA, code, CHOSEN, "1", "@totp", REST, "", "", "");
	CHECK_GRANTED(t);
	keep_secret(t);
	unsigned uid = stored(&w, ADA).account.uid;
	for (unsigned i = 0; i < 2; i++) {
		char mine[8];

		snprintf(mine, sizeof mine, "%s", ada_code(&w));
		w.peer = w.ruid = uid;
		t = command(&w, (const char *const[]){ "link", NULL },
			(const char *const[]){ ADA_PASSWORD, mine, ANN_ID, ANN_PASSWORD,
				i ? one : "123456", NULL });
		w.peer = w.ruid = 0;
		CHECK_VERDICT(i ? GRANTED : REFUSED, t);
	}
}
