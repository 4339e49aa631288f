/* SPDX-License-Identifier: Apache-2.0 */
/* A password and nothing else: the way to enrolment by e-mail. What must hold: at the workstation only; to
 * the address that the practice typed, or the person's own; whoever is not its only reader gets no further. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "code.h"
#include "legacy.h"
#include "people.h"
#include "store/store.h"
#include "text.h"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)
#define CHECK_GRANTED(talk)                                                                        \
	CHECK_TEXT((talk)->outcome.result == GRANTED ? "granted" : (talk)->seen, "granted")

static bool mailed(struct world *w)
{
	return queued_message(w, CHANNEL_EMAIL, 0) != NULL;
}

static int count_codes(struct txn *t, void *arg)
{
	struct key at = { .len = 0 };
	struct bytes row;
	unsigned *n = arg;

	for (*n = 0; txn_next(t, TABLE_CODE, "", 0, &at, &row) == 0;)
		*n += at.len > ID_BYTES + 2; /* the shorter ones count what was sent */
	return 0;
}

static unsigned codes_left(struct world *w)
{
	unsigned n;

	CHECK_INT(in_store(w, count_codes, &n, sizeof n), 0);
	return n;
}

static void typed_address(struct account *a)
{
	snprintf(a->email, sizeof a->email, "%s", ANN_EMAIL);
}

static void no_address(struct account *a)
{
	a->email[0] = 0;
}

/* The practice has typed in her address. */
static struct world with_password_alone(bool activation)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ann(&w);

	CHECK(SIGN_IN(&w, "login", ANN_ID, code, ANN_PASSWORD, ANN_PASSWORD, "@hang-up")->hung_up);
	clock_add(&w, activation ? 60 : 15 * 86400);
	with_messages(&w);
	change_account(&w, ANN_ID, typed_address);
	return w;
}

static int save_identity(struct txn *t, void *arg)
{
	return identity_save(t, arg);
}

#define BARE(w, name, ...) SIGN_IN(w, "login", name, ANN_PASSWORD, "", "", "", __VA_ARGS__)

TEST(a_password_and_a_code_by_e_mail_lead_to_enrolment_here)
{
	struct world w = with_password_alone(false);
	struct talk *t = BARE(&w, ANN_ID, "yes", "@mail", "@totp", "yes", ANN_PIN, ANN_PIN, "");

	CHECK_GRANTED(t);
	CHECK_HAS(t->seen, TEXT_BARE);
	CHECK_HAS(t->seen, "sign in again with your password");
	CHECK_HAS(t->seen, "All set. From now on, sign in as " ANN_EMAIL);
	struct person p = stored(&w, ANN_EMAIL);
	CHECK(p.known && p.identity.email_verified);
	CHECK_INT(codes_left(&w), 0);
	clock_add(&w, 60);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ANN_EMAIL, ANN_PASSWORD, "000000"));
}

TEST(they_lead_to_nothing_over_the_network)
{
	struct world w = with_password_alone(false);

	w.rhost = "192.0.2.7";
	struct talk *t = SIGN_IN(&w, "sshd", ANN_ID, ANN_PASSWORD, "", "", "");
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 4);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ANN_ID, ANN_PASSWORD, "", "", ""));
	CHECK(!mailed(&w));
}

TEST(a_terminal_that_answers_nothing_has_nothing_sent)
{
	struct world w = with_password_alone(false);
	struct talk *t = BARE(&w, ANN_ID, "", "", "");

	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Type yes to have a code sent to ann.lee@example.org: ");
	CHECK(!mailed(&w));
	t = SIGN_IN(&w, "login", ANN_ID, ANN_PASSWORD, "", "", "", "no");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(last_line(t), TEXT_BARE_NONE);
	CHECK(!mailed(&w));
}

TEST(an_activation_code_that_is_good_is_the_only_way)
{
	struct world w = with_password_alone(true);
	struct talk *t = BARE(&w, ANN_ID, "yes", "@mail", "@totp", "yes", ANN_PIN, ANN_PIN, "");

	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 4);
	CHECK_HAS(t->seen, TEXT_HINT_ACTIVATION);
	CHECK(strstr(t->seen, TEXT_HINT_BARE) == NULL && strstr(t->seen, ANN_EMAIL) == NULL);
	CHECK(!mailed(&w));
	clock_add(&w, 15 * 86400);
	CHECK_GRANTED(BARE(&w, ANN_ID, "yes", "@mail", "@totp", "yes", ANN_PIN, ANN_PIN, ""));
}

TEST(an_address_of_ones_own_is_no_way_behind_a_password_alone)
{
	struct world w = with_password_alone(false);
	struct talk *t =
		BARE(&w, ANN_ID, "eve@example.net", "@mail", "@totp", "yes", ANN_PIN, ANN_PIN, "");

	CHECK_VERDICT(REFUSED, t);
	CHECK(!mailed(&w));
	change_account(&w, ANN_ID, no_address);
	t = BARE(&w, ANN_ID, "eve@example.net", "@mail", "@totp", "yes", ANN_PIN, ANN_PIN, "");
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 4);
	CHECK_TEXT(last_line(t), TEXT_BARE_NONE);
	CHECK(!mailed(&w));
}

TEST(a_new_letter_ends_the_way_by_e_mail)
{
	struct world w = with_password_alone(false);

	CHECK_VERDICT(REFUSED, BARE(&w, ANN_ID, "yes", "@letter", "@mail", "@totp"));
	CHECK(stored(&w, ANN_ID).known && !stored(&w, ANN_EMAIL).known);
}

TEST(whoever_is_cut_off_before_the_end_of_enrolment_is_not_in)
{
	struct world w = with_password_alone(false);
	struct talk *t = BARE(&w, ANN_ID, "yes", "@mail", "@hang-up");

	CHECK(t->hung_up);
	CHECK(stored(&w, ANN_EMAIL).known && !stored(&w, ANN_ID).known);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ANN_EMAIL, ANN_PASSWORD, "", "", ""));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ANN_EMAIL, "wrong", ""));
	t = BARE(&w, ANN_EMAIL, "no");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Type yes to have a code sent to " ANN_EMAIL ": ");
	t = BARE(&w, ANN_EMAIL, "yes", "@mail", "@totp", "@hang-up");
	CHECK(t->hung_up);
	clock_add(&w, 60);
	/* the app is set up, so its code counts from here on */
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ANN_EMAIL, ANN_PASSWORD, "", "", ""));
}

TEST(whoever_was_cut_off_after_the_address_goes_on_by_it)
{
	struct world w = with_password_alone(false);
	struct dir_user u;

	CHECK(BARE(&w, ANN_ID, "yes", "@mail", "@hang-up")->hung_up);
	/* the module looks before there is another conversation that could publish */
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ANN_EMAIL, &u), 0);
	struct talk *t = BARE(&w, ANN_EMAIL, "yes", "@mail", "@totp", "yes", ANN_PIN, ANN_PIN, "");
	CHECK_GRANTED(t);
	CHECK_HAS(t->seen, TEXT_MOBILE_SKIP);
	CHECK_INT(strlen(t->outcome.ticket), 32);
}

TEST(an_identity_with_a_password_alone_goes_on_by_its_address)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	CHECK(SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@hang-up")->hung_up);
	clock_add(&w, 15 * 86400);
	with_messages(&w);
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "", "", "", "yes", "@mail",
		"@totp", "yes", ADA_PIN, ADA_PIN, "");
	CHECK_GRANTED(t);
	CHECK(stored(&w, ADA).identity.email_verified);
	CHECK_INT(codes_left(&w), 0);
}

TEST(a_reset_meanwhile_ends_an_enrolment_by_e_mail)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	CHECK(SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@hang-up")->hung_up);
	clock_add(&w, 15 * 86400);
	with_messages(&w);
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "", "", "", "yes", "@mail",
		"@totp", "@reset", "yes");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, TEXT_RESET);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD));
}

TEST(a_wrong_code_by_e_mail_leads_to_no_enrolment)
{
	struct world w = with_password_alone(false);
	struct talk *t = BARE(&w, ANN_ID, "yes", "12", "13", "14", "15", "16", "17");

	CHECK_VERDICT(REFUSED, t);
	CHECK(stored(&w, ANN_ID).known && !stored(&w, ANN_EMAIL).known);
}

/* --- an address that is another's, or another's too, at the end --- */

static void anew(struct world *root)
{
	struct person p = stored(root, ANN_EMAIL);

	snprintf(p.identity.email, sizeof p.identity.email, "ann@example.net");
	CHECK_INT(in_store(root, save_identity, &p.identity, sizeof p.identity), 0);
}

static void two_have_it(struct world *root)
{
	CHECK_GRANTED(COMMAND(root, "practice", "set", "stj", "--shared-addresses", "yes"));
	CHECK_GRANTED(COMMAND(root, "identity", "share", ANN_EMAIL, "--name", "Al Lee"));
}

/* By the daemon: a terminal that hangs up at a prompt after the sign-in leaves no verdict either. */
static void check_refused(const struct talk *t)
{
	CHECK(!t->hung_up);
	CHECK_VERDICT(REFUSED, t);
}

TEST(a_code_to_an_address_that_was_changed_meanwhile_ends_no_enrolment)
{
	struct world w = with_password_alone(false);

	w.meanwhile = anew;
	check_refused(BARE(
		&w, ANN_ID, "yes", "@mail", "@totp", "yes", ANN_PIN, "@meanwhile", ANN_PIN, ""));
}

TEST(a_mailbox_that_two_have_meanwhile_ends_no_enrolment)
{
	struct world w = with_password_alone(false);

	w.meanwhile = two_have_it;
	check_refused(BARE(
		&w, ANN_ID, "yes", "@mail", "@totp", "yes", ANN_PIN, "@meanwhile", ANN_PIN, ""));
}

TEST(a_mailbox_that_two_have_leads_to_no_enrolment)
{
	struct world w = with_password_alone(false);

	CHECK(BARE(&w, ANN_ID, "yes", "@mail", "@hang-up")->hung_up);
	two_have_it(&w);
	struct talk *t = BARE(&w, "annl", "yes", "@hang-up");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(last_line(t), TEXT_BARE_NONE);
}

/* At the code prompt of the e-mail: an address there is an answer like any other, and a wrong one. */
TEST(no_other_address_is_taken_in_place_of_the_code)
{
	struct world w = with_password_alone(false);
	struct talk *t = BARE(&w, ANN_ID, "yes", "eve@example.net", "@mail", "@hang-up");

	CHECK(t->hung_up);
	CHECK_HAS(t->seen, TEXT_CODE_WRONG);
	CHECK(!strstr(t->seen, TEXT_CODE_WRONG_OTHER) && !strstr(t->seen, TEXT_ADDRESS_MISTYPED));
	CHECK_TEXT(queued_message(&w, CHANNEL_EMAIL, 0)->to, ANN_EMAIL);
	CHECK(stored(&w, ANN_EMAIL).known);
}
