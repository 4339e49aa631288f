/* SPDX-License-Identifier: Apache-2.0 */
/* Linking. What must hold: whoever links an account has proved both themselves and it, as a sign-in would
 * have; it changes hands whole or not at all, and then nothing of its own lets anybody in; who fails learns
 * nothing, least of all whether there is such an account. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "link_prove.h"
#include "people.h"
#include "store/store.h"
#include "unit/linking.h"
#include "verbs.h"

static char ben_secret[64], ben_seen[24000];

static void enrol_ben(struct world *w)
{
	struct talk *t = SIGN_IN(w, "login", BEN, ben_activation, BEN_PASSWORD, BEN_PASSWORD,
		"@totp", "yes", ADA_PIN, ADA_PIN);

	CHECK_VERDICT(GRANTED, t);
	memcpy(ben_seen, t->seen, sizeof ben_seen);
	const char *at = strstr(t->seen, "Secret: ");
	snprintf(ben_secret, sizeof ben_secret, "%.*s", (int)strcspn(at + 8, "\n"), at + 8);
	clock_add(w, 60);
}

/* hcauth runs in a session at the workstation itself. */
static void at_the_workstation(struct world *w)
{
	struct service *s = &w->conf.service[w->conf.nservices++];

	*s = w->conf.service[0];
	s->local = true;
	strcpy(s->name, "hcauth");
}

#define LINK(w, ...) link_as(w, 20000, (const char *const[]){ __VA_ARGS__, NULL })

/* Behind ada's own password and code. */
static struct talk *link_as(struct world *w, uid_t uid, const char *const *answers)
{
	static const char *const words[] = { "link", NULL };
	const char *all[16] = { ADA_PASSWORD };
	char code[8];

	clock_add(w, 60);
	all[1] = strcpy(code, app_code(w, ada_secret, 0));
	for (size_t i = 0; answers[i]; i++)
		all[i + 2] = answers[i];
	w->peer = w->ruid = uid;
	struct talk *t = command(w, words, all);
	w->peer = w->ruid = 0;
	return t;
}

static const char *ben_code(struct world *w, int steps)
{
	static char code[8];

	clock_add(w, 60); /* LINK does it as well: two steps on */
	snprintf(code, sizeof code, "%s", app_code(w, ben_secret, 2 + steps));
	return code;
}

struct failures {
	struct now now;
	struct attempt attempt;
};

static int count(struct txn *t, void *arg)
{
	struct failures *f = arg;
	struct person ben;
	int r = person_by_name(t, "ben-hill", &ben);

	return r < 0 ? r
		     : lockout_look(t, &ben.owner, FACTOR_PASSWORD, SOURCE_NETWORK, 0, &f->now,
			       &f->attempt);
}

static unsigned ben_failures(struct world *w)
{
	struct failures f = { .now = w->now };

	CHECK_INT(in_store(w, count, &f, sizeof f), 0);
	return f.attempt.failures;
}

TEST(an_account_is_linked_and_reached_through_its_person_alone)
{
	struct world w = ada_and_ben();
	struct dir_user u;

	enrol_ben(&w);
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, "hc000002", &u), 0);
	struct talk *t = LINK(&w, "hc000002", BEN_PASSWORD, ben_code(&w, 0));
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	CHECK_TEXT(last_line(t),
		"HC000002 at Hill Clinic is yours now: from now on, sign in as " ADA
		". Its own user ID and password have stopped working.");
	CHECK(is_linked(&w));
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, "hc000002", &u), -ENOENT);
	CHECK_INT(published_user(&w, "public.cdb", DIR_USER, "ben-hill", &u), 0);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", BEN, BEN_PASSWORD));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", "ben-hill", BEN_PASSWORD));
	t = ada_signs_in(&w, "ben-hill");
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.user, "ben-hill");
	CHECK_VERDICT(REFUSED,
		SIGN_IN(&w, "sshd", "ben-hill", BEN_PASSWORD, app_code(&w, ben_secret, 1)));
}

TEST(both_sides_are_in_the_audit_and_neither_practice_learns_of_the_other)
{
	struct world w = ada_and_ben();

	CHECK_VERDICT(GRANTED, LINK(&w, BEN, ben_activation));
	struct talk *t = COMMAND(&w, "audit", "--json");
	unsigned n = 0;
	for (const char *p = t->seen; (p = strstr(p, "\"event\":\"linked\"")); p++, n++) {
		size_t len = strcspn(p, "\n");
		char line[600];

		snprintf(line, sizeof line, "%.*s", (int)len, p);
		CHECK(!strstr(line, "\"stj\""));
		CHECK_HAS(line, BEN);
	}
	CHECK_INT(n, 2);
	CHECK_HAS(t->seen, "\"hill\"");
}

TEST(an_activation_code_links_and_is_used_up)
{
	struct world w = ada_and_ben();
	struct talk *t = LINK(&w, BEN, ben_activation);

	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, "User ID of the other account: \nIts password, or activation code: \n");
	CHECK(is_linked(&w));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", BEN, ben_activation));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", "ben-hill", ben_activation));
}

/* Who found the letter is stopped by the password that its owner has chosen since. */
TEST(an_activation_code_does_not_pass_a_password_that_was_chosen)
{
	struct world w = ada_and_ben();

	SIGN_IN(&w, "login", BEN, ben_activation, BEN_PASSWORD, BEN_PASSWORD, "@hang-up");
	struct talk *t = LINK(&w, BEN, ben_activation, "some other password");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "The password you chose: ");
	CHECK_TEXT(last_line(t), WRONG);
	CHECK(!is_linked(&w));
	CHECK_VERDICT(REFUSED, LINK(&w, BEN, ben_activation, "@hang-up"));
	CHECK(!is_linked(&w));
	CHECK_VERDICT(GRANTED, LINK(&w, BEN, ben_activation, BEN_PASSWORD));
	CHECK(is_linked(&w));
}

TEST(a_password_alone_does_not_pass_a_second_factor)
{
	struct world w = ada_and_ben();

	enrol_ben(&w);
	struct talk *t = LINK(&w, BEN, BEN_PASSWORD, "");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(last_line(t), WRONG);
	CHECK_VERDICT(REFUSED, LINK(&w, BEN, BEN_PASSWORD, "000000"));
	CHECK_VERDICT(REFUSED, LINK(&w, BEN, BEN_PASSWORD, shown_code(ada_seen, 1)));
	at_the_workstation(&w);
	t = LINK(&w, BEN, BEN_PASSWORD, "", "", "");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Code from the app of that account: \n");
	CHECK(!is_linked(&w));
	char code[32];
	strcpy(code, shown_code(ben_seen, 3));
	CHECK_VERDICT(GRANTED, LINK(&w, BEN, BEN_PASSWORD, code));
	CHECK(is_linked(&w));
}

struct second {
	const struct seal *seal;
	unsigned factor;
	bool is_there;
};

static int set_second(struct txn *t, void *arg)
{
	const struct second *s = arg;
	struct person ben;
	CREDENTIAL(cred);
	int r = person_by_name(t, "ben-hill", &ben);

	if (r < 0)
		return r;
	return s->is_there ? credential_put(t, s->seal, &ben.owner, s->factor, &cred)
			   : credential_del(t, &ben.owner, s->factor);
}

static void ben_has(struct world *w, unsigned factor, bool is_there)
{
	struct second s = { .seal = world_seal(w), .factor = factor, .is_there = is_there };

	CHECK_INT(in_store(w, set_second, &s, sizeof s), 0);
}

TEST(an_account_with_a_yubikey_or_text_messages_takes_a_code_to_link)
{
	static const unsigned factors[] = { FACTOR_YUBIKEY, FACTOR_SMS };
	struct world w = ada_and_ben();

	enrol_ben(&w);
	ben_has(&w, FACTOR_TOTP, false);
	for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
		ben_has(&w, factors[i], true);
		struct talk *t = LINK(&w, BEN, BEN_PASSWORD, "");
		CHECK_VERDICT(REFUSED, t);
		CHECK_TEXT(last_line(t), WRONG);
		CHECK(!is_linked(&w));
		ben_has(&w, factors[i], false);
	}
	ben_has(&w, FACTOR_YUBIKEY, true);
	CHECK_VERDICT(GRANTED, LINK(&w, BEN, BEN_PASSWORD, shown_code(ben_seen, 1)));
	CHECK(is_linked(&w));
}

/* An account whose owner was cut off between the password and the app. */
static struct world cut_off_before_the_app(void)
{
	struct world w = ada_and_ben();

	SIGN_IN(&w, "login", BEN, ben_activation, BEN_PASSWORD, BEN_PASSWORD, "@hang-up");
	return w;
}

TEST(a_password_is_enough_for_an_account_without_a_second_factor)
{
	struct world w = cut_off_before_the_app();

	at_the_workstation(&w);
	struct talk *t = LINK(&w, BEN, BEN_PASSWORD);
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 4);
	CHECK(is_linked(&w));
}

TEST(whether_it_has_a_second_factor_is_not_told_over_the_network)
{
	struct world w = cut_off_before_the_app();

	CHECK_VERDICT(REFUSED, LINK(&w, BEN, BEN_PASSWORD, "123456"));
	struct talk *t = LINK(&w, BEN, BEN_PASSWORD, "");
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 5);
	CHECK(is_linked(&w));
}

/* Over the network: a wrong password, no such user ID, one that is linked, a person's address, one that is
 * switched off: the same prompts, words and commits. */
TEST(every_refusal_is_the_same)
{
	struct world w = ada_and_ben();
	static const char *const names[] = { BEN, "HC999999", "HC000001", ADA, "HC000003", "a b",
		"adae" };
	static char first[24000];
	uint64_t commits = 0;

	enrol_ben(&w);
	struct talk *t =
		COMMAND(&w, "account", "add", "HC000003", "--practice", "hill", "--user", "cleo");
	char activation[64];
	snprintf(activation, sizeof activation, "%s", last_line(t));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "disable", "HC000003"));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		uint64_t before = world_serial(&w);

		t = LINK(&w, names[i],
			strcmp(names[i], "HC000003") == 0 ? activation : "wrong words here",
			"123456");
		CHECK_VERDICT(REFUSED, t);
		if (i == 0) {
			strcpy(first, t->seen);
			commits = world_serial(&w) - before;
		}
		CHECK_TEXT(t->seen, first);
		CHECK_INT(world_serial(&w) - before, commits);
	}
	CHECK_HAS(first, WRONG);
	CHECK(!is_linked(&w));
}

TEST(guesses_count_against_the_account_as_a_sign_in_would)
{
	struct world w = ada_and_ben();

	enrol_ben(&w);
	for (unsigned i = 1; i <= 5; i++) {
		CHECK_VERDICT(REFUSED, LINK(&w, BEN, "a wrong guess", ""));
		CHECK_INT(ben_failures(&w), i);
	}
	w.rhost = "192.0.2.7";
	w.now.boot_ms -= 60000; /* within the wait */
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", BEN, BEN_PASSWORD, app_code(&w, ben_secret, 0)));
	w.rhost = "";
	CHECK_INT(ben_failures(&w), 5);
	CHECK_VERDICT(GRANTED, LINK(&w, BEN, BEN_PASSWORD, ben_code(&w, 0)));
	CHECK(is_linked(&w));
}

TEST(whoever_has_no_address_of_their_own_is_told_so)
{
	struct world w = ada_and_ben();

	enrol_ben(&w);
	struct talk *t = link_as(&w, 20001, (const char *const[]){ NULL });
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 0);
	CHECK_HAS(t->seen, "Please give an e-mail address of your own first");
	CHECK_INT(
		link_as(&w, 0, (const char *const[]){ NULL })->outcome.status, STATUS_NOT_ALLOWED);
	CHECK_INT(link_as(&w, 4711, (const char *const[]){ NULL })->outcome.status,
		STATUS_NOT_ALLOWED);
}

TEST(whoever_does_not_prove_themselves_links_nothing)
{
	struct world w = ada_and_ben();
	static const char *const answers[] = { ADA_PASSWORD, "000000", BEN, NULL };

	w.peer = w.ruid = 20000;
	struct talk *t = command(&w, (const char *const[]){ "link", NULL }, answers);
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 2);
}

TEST(no_more_accounts_than_a_person_can_have)
{
	struct world w = ada_and_ben();
	char id[16], user[16];

	for (int i = 1; i < IDENTITY_ACCOUNTS_MAX; i++) {
		snprintf(id, sizeof id, "X%d", i);
		snprintf(user, sizeof user, "x-%d", i);
		CHECK_VERDICT(GRANTED,
			COMMAND(&w, "account", "add", id, "--practice", "stj", "--identity", ADA,
				"--user", user));
	}
	struct talk *t = LINK(&w, BEN, ben_activation);
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(last_line(t),
		"You have 64 accounts, and there can be no more. Please ask your practice.");
	CHECK(!is_linked(&w));
	CHECK_VERDICT(REFUSED, LINK(&w, BEN, "not its code", ""));
}

TEST(a_practice_that_allows_no_shared_address_gets_none_by_a_link)
{
	struct world w = ada_and_ben();

	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--shared-addresses", "yes"));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "share", ADA, "--name", "Bob Example"));
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "HC000004", "--practice", "stj", "--identity", ADA,
			"--name", "Bob Example", "--user", "bobe"));
	struct talk *t = LINK(&w, BEN, ben_activation);
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(last_line(t), "Somebody else has your e-mail address, too");
	CHECK(!is_linked(&w));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "hill", "--shared-addresses", "yes"));
	CHECK_VERDICT(GRANTED, LINK(&w, BEN, ben_activation));
	CHECK(is_linked(&w));
}

static void ends_by(const char *aside, const char *sentence)
{
	struct world w = ada_and_ben();
	struct talk *t = LINK(&w, BEN, aside, ben_activation);

	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(last_line(t), sentence);
	CHECK(!is_linked(&w));
}

TEST(who_is_switched_off_meanwhile_links_nothing)
{
	ends_by("@disable", "switched off");
}

TEST(who_is_reset_meanwhile_links_nothing)
{
	ends_by("@reset", "reset your sign-in");
}

static void switch_ben_off(struct world *root)
{
	CHECK_VERDICT(GRANTED, COMMAND(root, "account", "disable", BEN));
}

TEST(an_account_switched_off_between_the_prompts_is_not_linked)
{
	struct world w = ada_and_ben();

	enrol_ben(&w);
	w.meanwhile = switch_ben_off;
	struct talk *t = LINK(&w, BEN, BEN_PASSWORD, "@meanwhile", ben_code(&w, 0));
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(last_line(t), WRONG);
	CHECK(!is_linked(&w));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "enable", BEN));
	CHECK_VERDICT(GRANTED, LINK(&w, BEN, BEN_PASSWORD, ben_code(&w, 0)));
	CHECK(is_linked(&w));
}

/* Behind the activation code alone nothing more is asked: what changes then does so before the commit. */
struct closing {
	struct other other;
	int (*meanwhile)(struct txn *t, const struct conv *c, const struct id *ben);
	const struct conv *c;
	bool ok;
};

static int close_meanwhile(struct txn *t, void *arg)
{
	struct closing *cl = arg;
	struct person who;
	struct now now;
	int r = cl->meanwhile ? cl->meanwhile(t, cl->c, &cl->other.who.owner) : 0;

	cl->c->now(&now);
	return r < 0 ? r : other_close(t, cl->c, &cl->other, &now, &who, &cl->ok);
}

static void type_the_letter(void *arg, const struct ask *a, struct secret *out)
{
	(void)arg;
	(void)a;
	out->len = strlen(ben_activation);
	memcpy(out->text, ben_activation, out->len + 1);
}

static void link_by_letter(struct conv *c, void *arg)
{
	struct closing *cl = arg;

	c->io.ask = type_the_letter;
	CHECK(other_take(c, BEN, &cl->other));
	CHECK(cl->other.activation.len > 0 && !cl->other.password.factor);
	cl->c = c;
	CHECK_INT(store_update(c->store, NEED_ALWAYS, close_meanwhile, cl), 0);
}

static bool letter_links(struct world *w,
	int (*meanwhile)(struct txn *t, const struct conv *c, const struct id *ben))
{
	struct closing cl = { .meanwhile = meanwhile };

	in_conversation(w, link_by_letter, &cl, sizeof cl);
	return cl.ok;
}

static int make_a_letter(struct txn *t, const struct conv *c, const struct id *ben)
{
	struct now now;
	char text[24];

	c->now(&now);
	return activation_make(t, c, ben, &now, 3600, text);
}

TEST(a_letter_replaced_before_the_commit_links_nothing)
{
	struct world w = ada_and_ben();

	CHECK(letter_links(&w, NULL));
	CHECK(!letter_links(&w, make_a_letter));
}

static int choose_a_password(struct txn *t, const struct conv *c, const struct id *ben)
{
	CREDENTIAL(cred);

	return credential_put(t, c->seal, ben, FACTOR_PASSWORD, &cred);
}

TEST(a_password_chosen_before_the_commit_is_asked_for)
{
	struct world w = ada_and_ben();

	CHECK(letter_links(&w, NULL));
	CHECK(!letter_links(&w, choose_a_password));
}

/* Cut off at any prompt nothing has happened, and the whole may be done again. */
TEST(a_hang_up_at_any_prompt_links_nothing)
{
	struct world w = ada_and_ben();
	static const char *const answers[] = { BEN, BEN_PASSWORD };

	enrol_ben(&w);
	for (size_t n = 0; n <= 2; n++) {
		const char *some[4] = { NULL };

		memcpy(some, answers, n * sizeof *answers);
		some[n] = "@hang-up";
		CHECK(link_as(&w, 20000, some)->hung_up);
		CHECK(!is_linked(&w));
	}
	CHECK_VERDICT(GRANTED, LINK(&w, BEN, BEN_PASSWORD, ben_code(&w, 0)));
	CHECK(is_linked(&w));
}

TEST(sessions_that_are_open_stay)
{
	struct world w = ada_and_ben();

	enrol_ben(&w);
	CHECK_VERDICT(GRANTED,
		converse(&w, PURPOSE_OPEN, "login", "ben-hill", (const char *const[]){ NULL }));
	CHECK_INT(ben_now(&w).sessions, 1);
	CHECK_VERDICT(GRANTED, LINK(&w, BEN, BEN_PASSWORD, ben_code(&w, 0)));
	CHECK_INT(ben_now(&w).sessions, 1);
}

static int verify_address(struct txn *t, void *arg)
{
	struct person ada;
	int r = person_by_name(t, ADA, &ada);

	ada.identity.email_verified = *(uint64_t *)arg;
	return r < 0 ? r : identity_save(t, &ada.identity);
}

TEST(the_person_is_told_at_a_verified_address)
{
	struct world w = ada_and_ben();
	uint64_t when = w.now.unix_s;

	CHECK_INT(in_store(&w, verify_address, &when, sizeof when), 0);
	with_messages(&w);
	CHECK_VERDICT(REFUSED, LINK(&w, BEN, "wrong", ""));
	CHECK(queued_message(&w, CHANNEL_EMAIL, 0) == NULL);
	CHECK_VERDICT(GRANTED, LINK(&w, BEN, ben_activation));
	const struct message *m = queued_message(&w, CHANNEL_EMAIL, 0);
	CHECK(m != NULL);
	CHECK_TEXT(m->template, "linked");
	CHECK_TEXT(m->to, ADA);
	CHECK_TEXT(m->what, BEN);
	CHECK(queued_message(&w, CHANNEL_EMAIL, 1) == NULL);
}

/* A conversation that began as the account's own ends at its next commit. */
static int take_away(struct txn *t, void *arg)
{
	struct person ada, ben;

	(void)arg;
	CHECK_INT(person_by_name(t, ADA, &ada), 0);
	CHECK_INT(person_by_name(t, "hc000002", &ben), 0);
	CHECK_INT(person_refresh(t, &ben), 0);
	struct account a = ben.account;
	a.identity = ada.identity.id;
	CHECK_INT(account_save(t, &a), 0);
	return person_refresh(t, &ben);
}

TEST(a_conversation_of_the_account_s_own_ends)
{
	struct world w = ada_and_ben();
	int none = 0;

	CHECK_INT(in_store(&w, take_away, &none, sizeof none), -ENOENT);
}
