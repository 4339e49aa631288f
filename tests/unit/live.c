/* SPDX-License-Identifier: Apache-2.0 */
/* A user ID becomes an e-mail address. What must hold: by one commit, behind a code that was sent there;
 * nobody is kept out before their day, nobody goes on after it; whose an address is stays unsaid. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "code.h"
#include "factor.h"
#include "legacy.h"
#include "people.h"
#include "store/store.h"
#include "text.h"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)
#define CHECK_GRANTED(talk)                                                                        \
	CHECK_TEXT((talk)->outcome.result == GRANTED ? "granted" : (talk)->seen, "granted")

#define ANN(w, ...) SIGN_IN(w, "login", "hc000007", ANN_PASSWORD, ann_code(w), __VA_ARGS__)

static struct world start(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ann(&w);
	return w;
}

static bool mailed(struct world *w)
{
	return queued_message(w, CHANNEL_EMAIL, 0) != NULL;
}

/* login and its like, after the "yes": the account phase, then the session. */
static bool goes_in(struct world *w, const char *name)
{
	const char *const nothing[] = { NULL };

	return converse(w, PURPOSE_ACCOUNT, "login", name, nothing)->outcome.result == GRANTED &&
		converse(w, PURPOSE_OPEN, "login", name, nothing)->outcome.result == GRANTED;
}

static void use_own_ticket(struct world *w, const char ticket[TICKET_TEXT])
{
	memcpy(w->ticket, ticket, TICKET_TEXT);
}

TEST(a_user_id_becomes_an_e_mail_address)
{
	struct world w = start();
	struct talk *t = ANN(&w, "Ann.Lee@Example.org", "@mail", "");
	struct dir_user u;
	char ticket[TICKET_TEXT];

	CHECK_GRANTED(t);
	CHECK_TEXT(t->outcome.user, "annl");
	CHECK_HAS(t->seen, TEXT_ADDRESS_WHY);
	CHECK_HAS(t->seen, TEXT_ADDRESS_SKIP);
	CHECK_HAS(t->seen,
		"From now on, sign in as ann.lee@example.org. Your user ID HC000007 does not "
		"sign in any more.");
	memcpy(ticket, t->outcome.ticket, sizeof ticket);

	struct person p = stored(&w, ANN_EMAIL);
	CHECK(p.known && p.has_identity && p.has_account);
	CHECK_TEXT(p.account.userid, ANN_ID);
	CHECK_TEXT(p.identity.name, ANN_ID);
	CHECK_INT(p.identity.email_verified, w.now.unix_s);
	CHECK(!stored(&w, ANN_ID).known);

	use_own_ticket(&w, ticket);
	CHECK(goes_in(&w, ANN_ID)); /* the program that knows her by it */
	clock_add(&w, 60);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ANN_ID, ANN_PASSWORD));
	CHECK(!goes_in(&w, ANN_ID));
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, "hc000007", &u), -2);
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ANN_EMAIL, &u), 0);
	t = SIGN_IN(&w, "login", ANN_EMAIL, ANN_PASSWORD, ann_code(&w));
	CHECK_GRANTED(t);
	CHECK_INT(strstr(t->seen, TEXT_ADDRESS_WHY) == NULL, 1);
	clock_add(&w, 60);
	CHECK_GRANTED(SIGN_IN(&w, "kiosk", "annl", ANN_PIN));
}

TEST(a_user_id_that_was_given_up_signs_nobody_in_while_it_is_kept)
{
	struct world w = start();
	struct dir_user u;

	CHECK_GRANTED(ANN(&w, ANN_EMAIL, "@mail", ""));
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, "hc000007", &u), 0);
	struct talk *t = SIGN_IN(&w, "login", ANN_ID, ANN_PASSWORD);
	CHECK_VERDICT(REFUSED, t);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ANN_ID, ANN_PASSWORD, ann_code(&w)));
	clock_add(&w, 180);
	CHECK(!goes_in(&w, ANN_ID)); /* also when its session never came */
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, "hc000007", &u), -2);
}

TEST(a_user_id_is_kept_from_whoever_has_read_the_clock_a_moment_before)
{
	struct world w = start();
	char ticket[TICKET_TEXT];

	memcpy(ticket, ANN(&w, ANN_EMAIL, "@mail", "")->outcome.ticket, sizeof ticket);
	w.now.unix_s--;
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", "nobody@example.org", ANN_PASSWORD));
	w.now.unix_s++;
	use_own_ticket(&w, ticket);
	CHECK(goes_in(&w, ANN_ID));
}

TEST(an_e_mail_address_is_skipped_as_often_as_one_likes)
{
	struct world w = start();

	CHECK_GRANTED(ANN(&w, ""));
	CHECK_GRANTED(ANN(&w, ""));
	CHECK(!mailed(&w) && stored(&w, ANN_ID).known);
}

TEST(without_a_way_to_send_e_mail_nothing_is_asked)
{
	struct world w = start();

	w.conf.sendmail[0] = 0;
	w.conf.migrate = 1;
	struct talk *t = SIGN_IN(&w, "login", ANN_ID, ANN_PASSWORD, ann_code(&w));
	CHECK_GRANTED(t);
	CHECK_INT(t->asks, 2);
}

TEST(after_the_deadline_nobody_goes_on_without_an_address)
{
	struct world w = start();

	w.conf.migrate = w.now.unix_s + 3600;
	struct talk *t = ANN(&w, "");
	CHECK_GRANTED(t);
	CHECK_HAS(t->seen, "Until 4 May 2026 you can go on");
	clock_add(&w, 3600);
	t = ANN(&w, "", "", "");
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 5);
	CHECK_TEXT(last_line(t), TEXT_ADDRESS_REFUSED);
	CHECK(!mailed(&w));
	CHECK_TEXT(t->outcome.ticket, "");
	CHECK_VERDICT(REFUSED, ANN(&w, "no", "nor that", "info@example.org"));
	CHECK_VERDICT(REFUSED, ANN(&w, ANN_EMAIL, "", ""));
	CHECK_GRANTED(ANN(&w, "@mail", "")); /* the code is still good */
}

static void by_now(struct practice *p)
{
	p->migrate = 1;
}

TEST(a_practice_s_own_deadline_counts_when_it_is_earlier)
{
	struct world w = start();

	w.conf.migrate = w.now.unix_s + 86400;
	CHECK_GRANTED(ANN(&w, ""));
	change_practice(&w, "stj", by_now);
	CHECK_VERDICT(REFUSED, ANN(&w, "", "", ""));
}

static void hint(struct account *a)
{
	snprintf(a->email, sizeof a->email, "%s", ANN_EMAIL);
	snprintf(a->name, sizeof a->name, "Ann Lee");
	snprintf(a->mobile, sizeof a->mobile, "+441632960007");
}

TEST(what_the_practice_has_typed_is_offered)
{
	struct world w = start();

	change_account(&w, ANN_ID, hint);
	struct talk *t = ANN(&w, "no");
	CHECK_GRANTED(t);
	CHECK_HAS(t->seen, "(Enter for ann.lee@example.org, \"no\" to skip for now): ");
	CHECK(!mailed(&w));
	t = ANN(&w, "", "@mail", "");
	CHECK_GRANTED(t);
	CHECK_HAS(t->seen, "Is +441632960007 your mobile number?");
	struct person p = stored(&w, ANN_EMAIL);
	CHECK_TEXT(p.identity.name, "Ann Lee");
	CHECK_TEXT(p.identity.mobile, "+441632960007");
	CHECK_INT(p.identity.mobile_verified, 0);
	CHECK_TEXT(p.account.email, "");
}

TEST(whoever_is_cut_off_at_the_code_goes_on_there)
{
	struct world w = start();

	change_account(&w, ANN_ID, hint);
	struct talk *t = ANN(&w, "ann@home.example", "@hang-up");
	CHECK(t->hung_up);
	t = ANN(&w, "@mail", "");
	CHECK_GRANTED(t);
	CHECK_HAS(t->seen, "The code that we sent to ann@home.example still counts.");
	CHECK_INT(strstr(t->seen, TEXT_ADDRESS_WHY) == NULL, 1);
	CHECK(stored(&w, "ann@home.example").known);
	CHECK(queued_message(&w, CHANNEL_EMAIL, 1) == NULL);
}

TEST(a_mistyped_address_is_given_anew)
{
	struct world w = start();

	CHECK(ANN(&w, "ann.le@example.org", "@hang-up")->hung_up);
	struct talk *t = ANN(&w, "", "", ANN_EMAIL, "@mail", "");
	CHECK_GRANTED(t);
	CHECK(stored(&w, ANN_EMAIL).known && !stored(&w, "ann.le@example.org").known);
}

TEST(another_address_is_given_in_place_of_the_code)
{
	struct world w = start();
	struct talk *t =
		ANN(&w, "ann.le@example.org", "000", "info@example.org", ANN_EMAIL, "@mail", "");

	CHECK_GRANTED(t);
	CHECK_HAS(t->seen, TEXT_CODE_WRONG_OTHER);
	CHECK_HAS(t->seen, "info@example.org belongs to a desk");
	CHECK_HAS(t->seen, "A code is on its way to " ANN_EMAIL);
	CHECK(stored(&w, ANN_EMAIL).known && !stored(&w, "ann.le@example.org").known);
}

TEST(another_address_is_given_at_the_next_sign_in_too)
{
	struct world w = start();

	CHECK(ANN(&w, "ann.le@example.org", "@hang-up")->hung_up);
	struct talk *t = ANN(&w, ANN_EMAIL, "", "");
	CHECK_GRANTED(t);
	CHECK_TEXT(last_line(t), TEXT_ADDRESS_UNVERIFIED);
	CHECK_GRANTED(ANN(&w, "@mail", ""));
	CHECK(stored(&w, ANN_EMAIL).known);
}

TEST(a_desk_s_address_is_refused)
{
	struct world w = start();
	struct talk *t = ANN(&w, "Reception2@example.org", "ann", "");

	CHECK_GRANTED(t);
	CHECK_HAS(t->seen, "reception2@example.org belongs to a desk, not to a person");
	CHECK_HAS(t->seen, TEXT_ADDRESS_FORM);
	CHECK(!mailed(&w));
}

TEST(a_taken_address_is_told_to_its_reader_alone)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char free[24000];

	enrol_ann(&w);
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "identity", "add", "ben@example.org", "--name", "Ben Example"));
	struct talk *t = ANN(&w, "cat@example.org", "", "");
	CHECK_GRANTED(t);
	snprintf(free, sizeof free, "%s", t->seen);
	clock_add(&w, CODE_WINDOW_S);
	t = ANN(&w, "ben@example.org", "", "");
	for (char *p = free; (p = strstr(p, "cat@")); p++)
		memcpy(p, "ben", 3);
	/* but that an address is offered now */
	CHECK_TEXT(strstr(t->seen, "A code is on"), strstr(free, "A code is on"));
	clock_add(&w, CODE_WINDOW_S);
	t = ANN(&w, "ben@example.org", "@mail");
	CHECK_GRANTED(t);
	CHECK_HAS(t->seen, TEXT_ADDRESS_TAKEN);
	CHECK_TEXT(stored(&w, ANN_ID).account.email, "");
	CHECK(stored(&w, ANN_ID).known && !stored(&w, ANN_ID).has_identity);
	w.conf.migrate = 1;
	t = ANN(&w, "ben@example.org", "@mail");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(last_line(t), TEXT_ADDRESS_TAKEN);
}

TEST(an_address_is_given_over_the_network_too)
{
	struct world w = start();

	w.rhost = "192.0.2.7";
	struct talk *t =
		SIGN_IN(&w, "sshd", ANN_ID, ANN_PASSWORD, ann_code(&w), ANN_EMAIL, "@mail", "");
	CHECK_GRANTED(t);
	char ticket[TICKET_TEXT];
	memcpy(ticket, t->outcome.ticket, sizeof ticket);
	use_own_ticket(&w, ticket);
	CHECK(goes_in(&w, ANN_ID));
}

TEST(a_wrong_code_makes_no_identity)
{
	struct world w = start();
	struct talk *t = ANN(&w, ANN_EMAIL, "12", "13", "14", "15", "16", "17");

	CHECK_GRANTED(t);
	CHECK(stored(&w, ANN_ID).known && !stored(&w, ANN_EMAIL).known);
}

TEST(a_first_sign_in_asks_for_the_address_last)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ann(&w);

	with_messages(&w);
	struct talk *t = SIGN_IN(&w, "sshd", ANN_ID, code, ANN_PASSWORD, ANN_PASSWORD, "@totp",
		"yes", ANN_EMAIL, "@mail", "");
	CHECK_GRANTED(t);
	CHECK_HAS(t->seen, TEXT_SET_UP_USERID);
	CHECK(stored(&w, ANN_EMAIL).known);
}

TEST(whoever_is_switched_off_meanwhile_gets_no_identity)
{
	struct world w = start();

	CHECK_VERDICT(REFUSED, ANN(&w, ANN_EMAIL, "@close", "@mail"));
	CHECK(!stored(&w, ANN_EMAIL).known);
}
