/* SPDX-License-Identifier: Apache-2.0 */
/* Two people with one e-mail address. What must hold: the password picks the person, at the workstation and
 * nowhere else; a guess counts against both, a sign-in of one against neither; no practice's policy is gone
 * round; one can not choose the other's password, and pays for trying. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "people.h"
#include "store/store.h"
#include "verbs.h"
#include "world.h"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)
#define BOB_PASSWORD "four brown otters"
#define SHARES                                                                                     \
	"You share ada@example.org with somebody. An address of your own is better: hcauth email\n"

static char bob_secret[64], bob_seen[24000];

struct allowing {
	const char *id;
	bool allowed;
};

static int allow_txn(struct txn *t, void *arg)
{
	const struct allowing *a = arg;
	struct practice p;
	int r = practice_load(t, a->id, &p);

	p.shared_addresses = a->allowed;
	return r < 0 ? r : practice_save(t, &p);
}

static void allow(struct world *w, const char *practice, bool allowed)
{
	struct allowing a = { practice, allowed };

	CHECK_INT(in_store(w, allow_txn, &a, sizeof a), 0);
}

/* ada, enrolled, and bob beside her; returns his activation code. */
static const char *add_bob(struct world *w)
{
	static char code[64];

	enrol_ada(w);
	allow(w, "stj", true);
	struct talk *t = COMMAND(w, "identity", "share", ADA, "--name", "Bob Example");
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	snprintf(code, sizeof code, "%s", last_line(t));
	t = COMMAND(w, "account", "add", "HC000002", "--practice", "stj", "--identity", ADA,
		"--name", "Bob Example", "--user", "bobe");
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	w->flags = HELLO_CHOOSER;
	return code;
}

static struct talk *ada_in(struct world *w)
{
	clock_add(w, 60);
	return SIGN_IN(w, "login", ADA, ADA_PASSWORD, app_code(w, ada_secret, 0));
}

static struct world two_people(void)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *activation = add_bob(&w);
	struct talk *t = SIGN_IN(&w, "login", ADA, activation, BOB_PASSWORD, BOB_PASSWORD, "@totp",
		"yes", "40286", "40286");

	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	CHECK_TEXT(t->outcome.user, "bobe");
	memcpy(bob_seen, t->seen, sizeof bob_seen);
	const char *secret = strstr(t->seen, "Secret: ");
	CHECK(secret != NULL);
	snprintf(bob_secret, sizeof bob_secret, "%.*s", (int)strcspn(secret + 8, "\n"), secret + 8);
	CHECK_VERDICT(GRANTED, ada_in(&w)); /* bob's new password was a guess at hers */
	clock_add(&w, 60);
	return w;
}

struct looking {
	char user[32];
	unsigned factor;
	enum source source;
	struct now now;
	struct attempt attempt;
};

static int look(struct txn *t, void *arg)
{
	struct looking *l = arg;
	struct person p;
	int r = person_by_name(t, l->user, &p);

	return r < 0 ? r : lockout_look(t, &p.owner, l->factor, l->source, 0, &l->now, &l->attempt);
}

/* The failures that stand against the password of a system user's person. */
static unsigned failures_at(struct world *w, const char *user, enum source source)
{
	struct looking l = { .factor = FACTOR_PASSWORD, .source = source, .now = w->now };

	snprintf(l.user, sizeof l.user, "%s", user);
	CHECK_INT(in_store(w, look, &l, sizeof l), 0);
	return l.attempt.failures;
}

static unsigned failures(struct world *w, const char *user)
{
	return failures_at(w, user, SOURCE_LOCAL);
}

static struct talk *bob_in(struct world *w)
{
	clock_add(w, 60);
	return SIGN_IN(w, "login", ADA, BOB_PASSWORD, app_code(w, bob_secret, 0));
}

TEST(shared_the_password_picks_the_person)
{
	struct world w = two_people();
	struct talk *t = ada_in(&w);

	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n" SHARES);
	CHECK_TEXT(t->outcome.user, "adae");
	t = bob_in(&w);
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n" SHARES);
	CHECK_TEXT(t->outcome.user, "bobe");
	CHECK_INT(t->outcome.uid, 20001);
	clock_add(&w, 60);
	CHECK_VERDICT(
		REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, bob_secret, 0)));
	t = SIGN_IN(&w, "login", "bobe", BOB_PASSWORD, app_code(&w, bob_secret, 0));
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
}

TEST(shared_the_activation_code_picks_the_person)
{
	struct world w = two_people();
	struct talk *t = COMMAND(&w, "identity", "reset", "HC000002");
	char code[64];

	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, "of ada@example.org have stopped");
	snprintf(code, sizeof code, "%s", last_line(t));
	CHECK_VERDICT(GRANTED, ada_in(&w)); /* it was bob's */
	CHECK_INT(failures(&w, "bobe"), 0);
	t = SIGN_IN(&w, "login", ADA, code, "@hang-up");
	CHECK_HAS(t->seen, "Welcome, Bob Example.");
	CHECK_INT(failures(&w, "adae"), 0);
	CHECK_INT(failures(&w, "bobe"), 0);
	t = SIGN_IN(&w, "login", ADA, code, BOB_PASSWORD, BOB_PASSWORD, "@hang-up");
	CHECK_HAS(t->seen, "Secret: ");
	t = SIGN_IN(&w, "login", ADA, code, "not it at all");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nThe password you chose: \n");
	CHECK_INT(failures(&w, "adae"), 1); /* his new password was a guess at hers */
	CHECK_INT(failures(&w, "bobe"), 2); /* the code, and what was not it */
	t = SIGN_IN(&w, "login", ADA, code, BOB_PASSWORD, "@totp", "yes", "40286", "40286");
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.user, "bobe");
}

TEST(shared_a_wrong_guess_counts_against_both_and_says_no_more_than_any)
{
	struct world w = two_people();
	struct talk *t = SIGN_IN(&w, "login", ADA, "a guess at somebody");

	CHECK_VERDICT(REFUSED, t);
	CHECK(!t->hung_up);
	CHECK_TEXT(t->seen, "Password: \n");
	CHECK_INT(failures(&w, "adae"), 1);
	CHECK_INT(failures(&w, "bobe"), 1);
	for (unsigned i = 0; i < 4; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, "a guess at somebody"));
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD);
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Please wait 15 seconds");
	CHECK_INT(failures(&w, "adae"), 5);
	CHECK_INT(failures(&w, "bobe"), 5);
	t = COMMAND(&w, "audit");
	CHECK_HAS(t->seen, "password wrong");
	CHECK(!strstr(t->seen, "unknown-names"));
	t = SIGN_IN(&w, "login", "nobody@example.org", "a guess at somebody");
	CHECK_TEXT(t->seen, "Password: \n");
}

TEST(shared_daily_sign_ins_of_one_never_throttle_the_other)
{
	struct world w = two_people();

	for (unsigned i = 0; i < 12; i++) {
		CHECK_VERDICT(GRANTED, ada_in(&w));
		CHECK_INT(failures(&w, "bobe"), 0);
	}
	clock_add(&w, 60);
	for (unsigned i = 0; i < 12; i++) { /* also not those that end before the code */
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@hang-up"));
		clock_add(&w, 900);
	}
	CHECK_INT(failures(&w, "bobe"), 0);
	CHECK_INT(failures(&w, "adae"), 12);
	CHECK_VERDICT(GRANTED, bob_in(&w));
	CHECK_INT(failures(&w, "adae"), 12);
}

/* What one has failed stands when the other signs in; their waits neither end nor begin anew by it. */
TEST(shared_a_sign_in_leaves_the_other_where_they_were)
{
	struct world w = two_people();

	for (unsigned i = 0; i < 5; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", "bobe", "not his"));
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK_INT(failures(&w, "bobe"), 5);
	CHECK_HAS(SIGN_IN(&w, "login", "bobe", BOB_PASSWORD)->seen, "Please wait 15 seconds");
	CHECK_VERDICT(GRANTED, ada_in(&w));
	CHECK_INT(failures(&w, "bobe"), 5);
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", "bobe", BOB_PASSWORD, app_code(&w, bob_secret, 0)));
}

TEST(shared_over_the_network_it_is_nobodys_name)
{
	struct world w = two_people();
	struct talk *t;

	clock_add(&w, 60);
	t = SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_INT(failures_at(&w, "adae", SOURCE_NETWORK), 0);
	t = SIGN_IN(&w, "sshd", "adae", ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(GRANTED, t);
	clock_add(&w, 60);
	w.rhost = "elsewhere"; /* a service that is local, but not this time */
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
}

TEST(shared_without_a_chooser_and_for_lockers_it_is_nobodys_name)
{
	struct world w = two_people();
	struct talk *t;

	clock_add(&w, 60);
	w.flags = 0;
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \n");
	CHECK_INT(failures(&w, "adae"), 0);
	w.flags = HELLO_CHOOSER;
	w.peer = 20000; /* ada's own locker */
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \n");
	t = SIGN_IN(&w, "login", "adae", ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(GRANTED, t);
}

TEST(shared_a_pin_picks_nobody)
{
	struct world w = two_people();
	struct talk *t = SIGN_IN(&w, "kiosk", ADA, ADA_PIN);

	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "PIN: \n");
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", "adae", ADA_PIN));
}

TEST(shared_the_account_phase_and_the_directory_pick_nobody)
{
	struct world w = two_people();
	struct dir_user u;

	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ADA, &u), 0);
	CHECK_INT(u.flags, DIR_SHARED);
	CHECK_TEXT(u.name, "");
	CHECK_INT(u.uid, UINT32_MAX);
	CHECK_INT(published_user(&w, "public.cdb", DIR_USER, "bobe", &u), 0);
	CHECK_VERDICT(UNKNOWN,
		converse(&w, PURPOSE_ACCOUNT, "login", ADA, (const char *const[]){ NULL }));
	CHECK_VERDICT(GRANTED,
		converse(&w, PURPOSE_ACCOUNT, "login", "bobe", (const char *const[]){ NULL }));
}

/* --- whose address it may be --- */

TEST(shared_only_where_every_practice_of_both_allows_it)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct talk *t;

	enrol_ada(&w);
	t = COMMAND(&w, "identity", "share", ADA, "--name", "Bob Example");
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_HAS(t->seen, "does not allow");
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	allow(&w, "stj", true);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "share", ADA, "--name", "Bob Example"));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "add", "hill", "Hill Clinic"));
	for (unsigned i = 0; i < 2; i++) {
		t = COMMAND(&w, "account", "add", "AE2", "--practice", "hill", "--identity", ADA,
			"--name", i ? "Ada Example" : "Bob Example", "--user", "hilly");
		CHECK_INT(t->outcome.status, STATUS_REFUSED);
		CHECK_HAS(t->seen, "does not allow");
	}
	CHECK_INT(COMMAND(&w, "account", "show", "AE2")->outcome.status, STATUS_NO_SUCH);
	allow(&w, "hill", true);
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "AE2", "--practice", "hill", "--identity", ADA,
			"--name", "Bob Example", "--user", "hilly"));
	allow(&w, "hill", false); /* of the other's practices, too */
	t = COMMAND(&w, "account", "add", "AE3", "--practice", "stj", "--identity", ADA, "--name",
		"Ada Example", "--user", "ada-two");
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
}

TEST(shared_by_two_and_no_more_and_of_different_names)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct talk *t;

	t = COMMAND(&w, "identity", "share", ADA, "--name", "Bob Example");
	CHECK_INT(t->outcome.status, STATUS_NO_SUCH);
	with_messages(&w);
	add_bob(&w);
	t = COMMAND(&w, "identity", "share", ADA, "--name", "Eve Example");
	CHECK_INT(t->outcome.status, STATUS_EXISTS);
	CHECK_INT(COMMAND(&w, "identity", "add", ADA, "--name", "Eve Example")->outcome.status,
		STATUS_EXISTS);
	t = COMMAND(&w, "identity", "share", "HC000001", "--name", "Eve Example");
	CHECK_INT(t->outcome.status, STATUS_NO_SUCH);
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "identity", "add", "eve@example.org", "--name", "Eve Example"));
	t = COMMAND(&w, "identity", "share", "eve@example.org", "--name", "Eve Example");
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_HAS(t->seen, "has that name, too");
	CHECK_INT(COMMAND(&w, "identity", "show", "eve@example.org")->outcome.status, STATUS_DONE);
}

TEST(shared_the_mailbox_is_told_when_it_begins)
{
	struct world w = world_at("2026-05-04 09:00:00");

	with_messages(&w);
	add_bob(&w);
	const struct message *m = queued_message(&w, CHANNEL_EMAIL, 0);
	CHECK(m != NULL);
	CHECK_TEXT(m->template, "shared");
	CHECK_TEXT(m->to, ADA);
	CHECK_TEXT(m->what, ADA);
	CHECK_TEXT(m->practice, "St John's Surgery");
}

TEST(shared_commands_never_pick_one_of_the_two)
{
	static const char *const verbs[][2] = { { "identity", "show" }, { "identity", "disable" },
		{ "identity", "enable" }, { "identity", "reset" } };
	struct world w = two_people();
	struct talk *t;

	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		t = COMMAND(&w, verbs[i][0], verbs[i][1], ADA);
		CHECK_INT(t->outcome.status, STATUS_REFUSED);
		CHECK_TEXT(t->seen,
			"Two people share this address. Name the person by one of their user IDs.\n");
	}
	t = COMMAND(&w, "unlock", ADA);
	CHECK_HAS(t->seen, "Name the person by one of their user IDs.");
	t = COMMAND(&w, "account", "add", "HC3", "--practice", "stj", "--identity", ADA, "--user",
		"three");
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_HAS(t->seen, "Say which by --name");
	t = COMMAND(&w, "account", "add", "HC3", "--practice", "stj", "--identity", ADA, "--name",
		"Eve Example", "--user", "three");
	CHECK_INT(t->outcome.status, STATUS_NO_SUCH);
	CHECK_INT(COMMAND(&w, "account", "show", ADA)->outcome.status, STATUS_NO_SUCH);
	CHECK_HAS(COMMAND(&w, "identity", "show", "HC000002")->seen, "Bob Example");
	CHECK_HAS(COMMAND(&w, "identity", "show", "hc000001")->seen, "Ada Example");
	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "disable", "HC000002"));
	CHECK_HAS(bob_in(&w)->seen, "switched off");
	CHECK_VERDICT(GRANTED, ada_in(&w));
	for (unsigned i = 0; i < 5; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, "a guess at somebody"));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "unlock", "HC000001"));
	CHECK_INT(failures(&w, "adae"), 0);
	CHECK_INT(failures(&w, "bobe"), 5);
}

/* --- the one password --- */

static struct talk *bob_chooses(struct world *w, const char *first, const char *second)
{
	static const char *const words[] = { "password", NULL };
	const char *answers[] = { BOB_PASSWORD, app_code(w, bob_secret, 0), first, first, second,
		second, NULL };

	w->peer = 20001;
	struct talk *t = command(w, words, answers);
	w->peer = 0;
	clock_add(w, 60);
	return t;
}

#define NEW "New password: \nNew password again: \n"

TEST(shared_one_can_not_choose_the_others_password)
{
	struct world w = two_people();
	struct talk *t = bob_chooses(&w, ADA_PASSWORD, "nine odd lighthouses");

	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen,
		NEW "That password cannot be used. Please choose another.\n" NEW
		    "Your password is changed.\n");
	CHECK_INT(failures_at(&w, "adae", SOURCE_NETWORK), 2);
	t = SIGN_IN(&w, "login", ADA, "nine odd lighthouses", app_code(&w, bob_secret, 0));
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.user, "bobe");
}

TEST(shared_choosing_is_a_counted_guess_that_has_to_wait)
{
	struct world w = two_people();
	struct talk *t = bob_chooses(&w, ADA_PASSWORD, ADA_PASSWORD);

	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "cannot be used");
	CHECK_VERDICT(REFUSED, bob_chooses(&w, ADA_PASSWORD, ADA_PASSWORD));
	CHECK_INT(failures_at(&w, "adae", SOURCE_NETWORK), 4);
	t = bob_chooses(&w, ADA_PASSWORD, "nine odd lighthouses");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "cannot be used");
	CHECK_HAS(t->seen, "Please wait 15 seconds");
	CHECK_INT(failures_at(&w, "adae", SOURCE_NETWORK), 5);
	t = SIGN_IN(&w, "login", ADA, BOB_PASSWORD, app_code(&w, bob_secret, 0));
	CHECK_VERDICT(GRANTED, t);
}
