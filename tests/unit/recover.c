/* SPDX-License-Identifier: Apache-2.0 */
/* Getting back in by oneself. What must hold: whoever is cut off goes on there; a new password takes a
 * second factor as well as both channels; nothing works at another place, later, or after a reset. */
#include "recover.h"

#include <stdio.h>
#include <string.h>

#include "factor.h"
#include "recover_world.h"
#include "store/store.h"
#include "text.h"
#include "two_people.h"

TEST(a_forgotten_pin_is_chosen_anew_and_signs_in)
{
	struct world w = ada_with_channels();
	struct talk *t =
		SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "@mail", "@sms", NEW_PIN, NEW_PIN, NEW_PIN);

	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen,
		"PIN: \n" TEXT_HINT_PIN_FORGOTTEN "\nPIN: \n" TEXT_FORGOTTEN "\n" TEXT_RECOVER_BEGIN
		"\n" TEXT_RECOVER_EMAIL "\n" TEXT_RECOVER_MOBILE_NEXT "\n" TEXT_RECOVER_MOBILE
		"\nChoose a PIN of 5 digits for this workstation.\nNew PIN: \nNew PIN again: \n" TEXT_RECOVER_PIN_SET
		"\nPIN: \n");
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "kiosk", ADA, ADA_PIN));
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", ADA, NEW_PIN));
	told_by_both(&w, "Your PIN was changed");
	CHECK_HAS(COMMAND(&w, "audit", "--json")->seen, "\"recovered\"");
	CHECK_HAS(COMMAND(&w, "status", "--json")->seen, "\"audit_chain\":\"good\"");
}

/* ada's new password, from the first prompt to the shell. */
static struct talk *recover_password(struct world *w, const char *service, const char *second)
{
	char code[32], next[8];

	snprintf(code, sizeof code, "%s", second);
	snprintf(next, sizeof next, "%s", app_code(w, ada_secret, 1));
	return SIGN_IN(w, service, ADA, FORGOTTEN, "@mail", "@sms", code, NEW_PASSWORD,
		NEW_PASSWORD, NEW_PASSWORD, next);
}

TEST(a_forgotten_password_takes_a_second_factor_too)
{
	struct world w = ada_with_channels();

	CHECK_VERDICT(GRANTED, recover_password(&w, "login", app_code(&w, ada_secret, 0)));
	told_by_both(&w, "Your password was changed");
	clock_add(&w, 60);
	CHECK_VERDICT(
		REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, NEW_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", ADA, ADA_PIN));
}

TEST(a_forgotten_password_over_ssh_and_a_recovery_code)
{
	struct world w = ada_with_channels();

	w.rhost = "192.0.2.7";
	CHECK_VERDICT(GRANTED, recover_password(&w, "sshd", shown_code(ada_seen, 1)));
	w.rhost = "";
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, NEW_PASSWORD, shown_code(ada_seen, 1)));
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, NEW_PASSWORD, shown_code(ada_seen, 2), ""));
}

TEST(a_wait_for_the_old_password_ends_with_it)
{
	struct world w = ada_with_channels();

	w.rhost = "192.0.2.7";
	for (int i = 0; i < 6; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, "not this one", "000000"));
	clock_add(&w, 1);
	CHECK_VERDICT(GRANTED, recover_password(&w, "sshd", shown_code(ada_seen, 1)));
}

/* --- what never happens --- */

TEST(a_new_password_is_never_to_be_had_without_the_second_factor)
{
	struct world w = ada_with_channels();
	struct talk *t = SIGN_IN(&w, "login", ADA, FORGOTTEN, "@mail", "@sms", "000000", "111111",
		"222222", NEW_PASSWORD);

	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 8);
	CHECK_TEXT(last_line(t), TEXT_RECOVER_FAILED);
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_LOCAL), 3);
	t = SIGN_IN(&w, "login", ADA, FORGOTTEN, "@sms", "333333", "444444", "555555");
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_LOCAL), 5);
	CHECK_HAS(t->seen, "Please wait");
	t = SIGN_IN(&w, "login", ADA, FORGOTTEN, "@sms", app_code(&w, ada_secret, 0));
	CHECK_TEXT(last_line(t), TEXT_RECOVER_FAILED); /* right, but not looked at */
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), ""));
	CHECK_HAS(COMMAND(&w, "audit", "--json")->seen, "recovery: code wrong");
}

static int drop_second(struct txn *t, void *arg)
{
	struct person ada;
	int r = person_by_name(t, ADA, &ada);

	(void)arg;
	if (r == 0)
		r = credential_del(t, &ada.owner, FACTOR_TOTP);
	return r < 0 ? r : credential_del(t, &ada.owner, FACTOR_RECOVERY);
}

TEST(whoever_has_no_second_factor_left_asks_the_practice)
{
	struct world w = ada_with_channels();
	int none = 0;

	CHECK_INT(in_store(&w, drop_second, &none, sizeof none), 0);
	struct talk *t = SIGN_IN(&w, "login", ADA, FORGOTTEN, "@mail", "@sms",
		app_code(&w, ada_secret, 0), shown_code(ada_seen, 1), "000000");
	CHECK_TEXT(last_line(t), TEXT_RECOVER_FAILED);
	CHECK_HAS(TEXT_RECOVER_FAILED, "ask your practice");
}

TEST(nothing_works_at_another_place)
{
	struct world w = ada_with_channels();
	char mail[32], sms[32];

	w.rhost = "192.0.2.7";
	struct talk *t = SIGN_IN(&w, "sshd", ADA, FORGOTTEN, "@mail", "@hang-up");
	CHECK_HAS(t->seen, TEXT_RECOVER_MOBILE);
	snprintf(mail, sizeof mail, "%s", queued_message(&w, CHANNEL_EMAIL, 0)->code);
	snprintf(sms, sizeof sms, "%s", queued_message(&w, CHANNEL_SMS, 0)->code);
	static const char *const places[] = { "192.0.2.8", "" };
	for (size_t i = 0; i < 2; i++) {
		w.rhost = places[i];
		t = SIGN_IN(&w, i ? "login" : "sshd", ADA, FORGOTTEN, mail, sms, "", "");
		CHECK_VERDICT(REFUSED, t);
		CHECK(strstr(t->seen, TEXT_RECOVER_MOBILE) == NULL);
	}
	w.rhost = "192.0.2.7"; /* and what others did elsewhere took nothing away here */
	t = SIGN_IN(&w, "sshd", ADA, FORGOTTEN, "@sms", "@hang-up");
	CHECK_HAS(t->seen, TEXT_RECOVER_SECOND);
}

TEST(what_was_proved_for_a_pin_is_not_for_a_password)
{
	struct world w = ada_with_channels();

	CHECK(SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "@mail", "@hang-up")->hung_up);
	struct talk *t = SIGN_IN(&w, "login", ADA, FORGOTTEN, "@hang-up");
	CHECK_TEXT(last_line(t), TEXT_RECOVER_EMAIL);
}

TEST(what_was_proved_ends_after_fifteen_minutes_and_with_the_boot)
{
	struct world w = ada_with_channels();

	CHECK(SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "@mail", "@hang-up")->hung_up);
	clock_add(&w, 899);
	struct talk *t = SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "@hang-up");
	CHECK_TEXT(last_line(t), TEXT_RECOVER_MOBILE);
	w.now.boot[0]++;
	t = SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "@hang-up");
	CHECK_TEXT(last_line(t), TEXT_RECOVER_EMAIL);
	w.now.boot[0]--;
	clock_add(&w, 1);
	t = SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "@hang-up");
	CHECK_TEXT(last_line(t), TEXT_RECOVER_EMAIL);
}

TEST(a_text_message_code_that_is_too_old_is_sent_anew)
{
	struct world w = ada_with_channels();

	CHECK(SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "@mail", "@hang-up")->hung_up);
	char old[32];
	snprintf(old, sizeof old, "%s", queued_message(&w, CHANNEL_SMS, 0)->code);
	clock_add(&w, 301);
	struct talk *t =
		SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, old, "@sms", NEW_PIN, NEW_PIN, NEW_PIN);
	CHECK(queued_message(&w, CHANNEL_SMS, 2) != NULL);
	CHECK_VERDICT(GRANTED, t);
}

static int set_mobile(struct txn *t, void *arg)
{
	struct person ada;
	int r = person_by_name(t, ADA, &ada);

	if (r < 0)
		return r;
	snprintf(ada.identity.mobile, sizeof ada.identity.mobile, "%s", (const char *)arg);
	return identity_save(t, &ada.identity);
}

TEST(a_code_to_the_old_number_is_worth_nothing)
{
	struct world w = ada_with_channels();
	char other[MOBILE_MAX + 1] = "+441632960999", old[32];

	CHECK(SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "@mail", "@sms", "@hang-up")->hung_up);
	snprintf(old, sizeof old, "%s", queued_message(&w, CHANNEL_SMS, 0)->code);
	CHECK_INT(in_store(&w, set_mobile, other, sizeof other), 0);
	struct talk *t = SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, old, "@hang-up");
	CHECK_TEXT(last_line(t), TEXT_RECOVER_MOBILE);
	CHECK_HAS(t->seen, TEXT_CODE_WRONG);
	CHECK_TEXT(queued_message(&w, CHANNEL_SMS, 0)->to, other);
}

static void give_another_number(struct world *root)
{
	char other[MOBILE_MAX + 1] = "+441632960999";

	CHECK_INT(in_store(root, set_mobile, other, sizeof other), 0);
}

TEST(a_number_changed_between_its_code_and_the_new_pin_ends_it)
{
	struct world w = ada_with_channels();

	w.meanwhile = give_another_number;
	struct talk *t = SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "@mail", "@sms", NEW_PIN,
		"@meanwhile", NEW_PIN, NEW_PIN);
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(last_line(t), TEXT_RECOVER_FAILED);
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", ADA, ADA_PIN));
}

TEST(a_reset_or_a_switch_off_ends_it)
{
	struct world w = ada_with_channels();
	struct talk *t =
		SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "@mail", "@sms", NEW_PIN, "@disable", NEW_PIN);

	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(last_line(t), TEXT_RECOVER_FAILED);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "enable", ADA));
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", ADA, ADA_PIN));
	t = SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "@sms", NEW_PIN, "@reset", NEW_PIN);
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(last_line(t), TEXT_RECOVER_FAILED);
	unsigned before = messages(&w, CHANNEL_EMAIL) + messages(&w, CHANNEL_SMS);
	t = SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "@hang-up"); /* no PIN to be chosen anew */
	CHECK_TEXT(last_line(t), TEXT_RECOVER_EMAIL);
	CHECK_INT(messages(&w, CHANNEL_EMAIL) + messages(&w, CHANNEL_SMS), before);
}

static int count_resets(struct txn *t, void *arg)
{
	struct person ada;
	int r = person_by_name(t, ADA, &ada);

	*(uint32_t *)arg = ada.identity.resets;
	return r;
}

TEST(a_new_password_ends_what_was_begun_under_the_old_one)
{
	struct world w = ada_with_channels();
	uint32_t before, after;

	CHECK_INT(in_store(&w, count_resets, &before, sizeof before), 0);
	CHECK_VERDICT(GRANTED, recover_password(&w, "login", app_code(&w, ada_secret, 0)));
	CHECK_INT(in_store(&w, count_resets, &after, sizeof after), 0);
	CHECK_INT(after, before + 1);
}

/* --- sending again --- */

TEST(another_code_is_sent_when_asked_for_and_three_at_most)
{
	struct world w = ada_with_channels();
	char first[32];

	CHECK(SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "@hang-up")->hung_up);
	snprintf(first, sizeof first, "%s", queued_message(&w, CHANNEL_EMAIL, 0)->code);
	struct talk *t = SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "", first, "@hang-up");
	CHECK_HAS(t->seen, TEXT_CODE_AGAIN "\n" TEXT_RECOVER_EMAIL "\n" TEXT_CODE_WRONG);
	t = SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "", "@hang-up");
	CHECK_INT(messages(&w, CHANNEL_EMAIL), 3);
	t = SIGN_IN(
		&w, "kiosk", ADA, FORGOTTEN, "", "@mail", "", "@sms", NEW_PIN, NEW_PIN, NEW_PIN);
	CHECK_HAS(t->seen, TEXT_CODE_ENOUGH);
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(messages(&w, CHANNEL_EMAIL), 4); /* and that it was changed */
	CHECK_INT(messages(&w, CHANNEL_SMS), 3);
}

/* --- ten wrong PINs --- */

static void guess_pins(struct world *w, const char *name, unsigned n)
{
	while (n-- > 0)
		CHECK_VERDICT(REFUSED, SIGN_IN(w, "kiosk", name, "40404"));
}

TEST(ten_wrong_pins_lead_here)
{
	struct world w = ada_with_channels();

	guess_pins(&w, ADA, 9);
	struct talk *t = SIGN_IN(
		&w, "kiosk", ADA, "40404", "yes", "@mail", "@sms", NEW_PIN, NEW_PIN, NEW_PIN);
	CHECK_HAS(t->seen, "PIN: \n" TEXT_PIN_LOCKED "\n" TEXT_FORGOTTEN);
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(ada_failures(&w, FACTOR_PIN, SOURCE_LOCAL), 0);
}

TEST(a_pin_that_is_locked_already_leads_here_too)
{
	struct world w = ada_with_channels();

	guess_pins(&w, ADA, 9);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "kiosk", ADA, "40404", ""));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "kiosk", ADA, ADA_PIN, "")); /* and no more than that */
	struct talk *t = SIGN_IN(
		&w, "kiosk", ADA, ADA_PIN, "yes", "@mail", "@sms", NEW_PIN, NEW_PIN, NEW_PIN);
	CHECK_VERDICT(GRANTED, t);
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
}

/* --- in a session --- */

TEST(the_way_back_is_there_in_a_session_too)
{
	struct world w = ada_with_channels();
	char code[8], next[8];

	snprintf(code, sizeof code, "%s", app_code(&w, ada_secret, 0));
	snprintf(next, sizeof next, "%s", app_code(&w, ada_secret, 1));
	w.peer = w.ruid = 20000;
	struct talk *t = command(&w, (const char *const[]){ "pin", NULL },
		(const char *const[]){ FORGOTTEN, "@mail", "@sms", code, NEW_PASSWORD, NEW_PASSWORD,
			NEW_PASSWORD, next, NEW_PIN, NEW_PIN, NULL });
	CHECK_VERDICT(GRANTED, t);
	w.peer = w.ruid = 0;
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", ADA, NEW_PIN));
	clock_add(&w, 60);
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, NEW_PASSWORD, app_code(&w, ada_secret, 0)));
}

/* --- an address of two people --- */

/* bob beside ada, verified: the mailbox is both's, the mobile his own. */
static int verify_bob(struct txn *t, void *arg)
{
	struct person bob;
	int r = person_by_name(t, "bobe", &bob);

	if (r < 0)
		return r;
	bob.identity.email_verified = bob.identity.mobile_verified = 1;
	snprintf(bob.identity.mobile, sizeof bob.identity.mobile, "%s", (const char *)arg);
	return identity_save(t, &bob.identity);
}

TEST(a_shared_mailbox_proves_neither_of_two)
{
	struct world w = two_people();
	char mobile[] = "+441632960002", code[8];

	with_messages(&w);
	CHECK_INT(in_store(&w, verify_bob, mobile, sizeof mobile), 0);
	struct talk *t = SIGN_IN(&w, "kiosk", "bobe", FORGOTTEN, "@mail", "@sms", "000000",
		"000000", "000000", NEW_PIN, NEW_PIN);
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(last_line(t), TEXT_RECOVER_FAILED);
	CHECK_TEXT(queued_message(&w, CHANNEL_SMS, 0)->to, mobile);
	snprintf(code, sizeof code, "%s", app_code(&w, bob_secret, 0));
	t = SIGN_IN(&w, "kiosk", "bobe", FORGOTTEN, "@sms", code, NEW_PIN, NEW_PIN, NEW_PIN);
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.user, "bobe");
}

TEST(a_shared_address_itself_is_nobody_s_to_recover)
{
	struct world w = two_people();
	char mobile[] = "+441632960002";

	with_messages(&w);
	CHECK_INT(in_store(&w, verify_bob, mobile, sizeof mobile), 0);
	CHECK(SIGN_IN(&w, "login", ADA, FORGOTTEN, "@hang-up")->hung_up);
	CHECK_INT(messages(&w, CHANNEL_EMAIL), 0);
	CHECK_HAS(TEXT_RECOVER_FAILED, "your own user name if you share an e-mail address");
}
