/* SPDX-License-Identifier: Apache-2.0 */
/* What people change about themselves. What must hold: only the person, only behind what they sign in
 * with; the old goes on working until the new one is shown to work, and not after. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "verbs.h"
#include "world.h"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)
#define NEW_PASSWORD "nine loud badgers"

/* As the person whose uid it is: a command's word, then the answers. */
#define AS(w, id, word, ...)                                                                       \
	as(w, id, (const char *const[]){ word, NULL }, (const char *const[]){ __VA_ARGS__, NULL })

static struct talk *as(
	struct world *w, uid_t uid, const char *const *words, const char *const *answers)
{
	w->peer = uid;
	w->ruid = uid;
	struct talk *t = command(w, words, answers);
	w->peer = 0;
	w->ruid = 0;
	return t;
}

/* passwd(1): root's, for whoever called it. */
#define PASSWD(w, id, name, ...) passwd(w, id, name, (const char *const[]){ __VA_ARGS__, NULL })

static struct talk *passwd(
	struct world *w, uid_t caller, const char *name, const char *const *answers)
{
	w->ruid = caller;
	struct talk *t = converse(w, PURPOSE_PASSWORD, "passwd", name, answers);
	w->ruid = 0;
	return t;
}

static struct talk *sign_in(struct world *w, const char *password)
{
	clock_add(w, 60);
	return SIGN_IN(w, "login", ADA, password, app_code(w, ada_secret, 0));
}

TEST(a_person_changes_their_password)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct talk *t = AS(&w, 20000, "password", ADA_PASSWORD, app_code(&w, ada_secret, 0),
		NEW_PASSWORD, NEW_PASSWORD);
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->outcome.status, STATUS_DONE);
	CHECK_TEXT(last_line(t), "Your password is changed.");
	CHECK_TEXT(t->outcome.ticket, "");
	CHECK_VERDICT(REFUSED, sign_in(&w, ADA_PASSWORD));
	CHECK_VERDICT(GRANTED, sign_in(&w, NEW_PASSWORD));
}

TEST(a_wrong_answer_changes_nothing_and_counts)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct talk *t = AS(&w, 20000, "password", "not this one", "000000", NEW_PASSWORD);
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_INT(t->asks, 2);
	t = AS(&w, 20000, "password", ADA_PASSWORD, "000000", NEW_PASSWORD, NEW_PASSWORD);
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_HAS(t->seen, "That did not match.");
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_NETWORK), 2);
	AS(&w, 20000, "password", ADA_PASSWORD, app_code(&w, ada_secret, 0), NEW_PASSWORD,
		"@hang-up");
	CHECK_VERDICT(GRANTED, sign_in(&w, ADA_PASSWORD));
}

/* A hand-made packet may name any service: kiosk asks for a PIN only. */
TEST(the_rule_for_a_change_is_not_the_caller_s_to_choose)
{
	struct world w = world_at("2026-05-04 09:00:00");
	static const char *const answers[] = { ADA_PASSWORD, "000000", NULL };
	struct talk *t;

	enrol_ada(&w);
	w.peer = w.ruid = 20000;
	t = converse(&w, PURPOSE_PASSWORD, "kiosk", "adae", answers);
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Current password: \nCode: \n");
	t = command_as(&w, "kiosk", (const char *const[]){ "codes", NULL }, answers);
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Password: \nCode: \n");
}

TEST(root_and_strangers_have_nothing_of_their_own)
{
	static const char *const words[] = { "password", "pin", "totp", "codes", "accounts" };
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct talk *t = AS(&w, 0, words[i], ADA_PASSWORD);

		CHECK_INT(t->outcome.status, STATUS_NOT_ALLOWED);
		CHECK_INT(t->asks, 0);
		t = AS(&w, 4711, words[i], ADA_PASSWORD);
		CHECK_INT(t->outcome.status, STATUS_NOT_ALLOWED);
		CHECK_INT(t->asks, 0);
		w.ruid = 20000; /* a stranger's word about who they are is worth nothing */
		w.peer = 4711;
		t = COMMAND(&w, words[i]);
		CHECK_INT(t->outcome.status, STATUS_NOT_ALLOWED);
		w.peer = 0;
		t = COMMAND(&w, words[i]); /* and root's says nothing about whose they are */
		CHECK_INT(t->outcome.status, STATUS_NOT_ALLOWED);
	}
}

TEST(a_person_changes_their_pin)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_VERDICT(GRANTED,
		AS(&w, 20000, "pin", ADA_PASSWORD, app_code(&w, ada_secret, 0), "82604", "82604"));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "kiosk", ADA, ADA_PIN));
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", ADA, "82604"));
}

TEST(a_new_app_counts_when_its_code_is_right_and_the_old_one_until_then)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct talk *t = AS(
		&w, 20000, "totp", ADA_PASSWORD, app_code(&w, ada_secret, 0), "000000", "@hang-up");
	CHECK_INT(t->asks, 4);
	CHECK_VERDICT(GRANTED, sign_in(&w, ADA_PASSWORD));
	clock_add(&w, 60);
	t = AS(&w, 20000, "totp", ADA_PASSWORD, app_code(&w, ada_secret, 0), "@totp+1");
	CHECK_VERDICT(GRANTED, t);
	CHECK_VERDICT(REFUSED, sign_in(&w, ADA_PASSWORD));
}

TEST(a_new_app_works)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct talk *t = AS(&w, 20000, "totp", ADA_PASSWORD, app_code(&w, ada_secret, 0), "@totp");
	CHECK_VERDICT(GRANTED, t);
	const char *at = strstr(t->seen, "Secret: ");
	CHECK(at != NULL);
	char old[64];
	strcpy(old, ada_secret);
	snprintf(ada_secret, sizeof ada_secret, "%.*s", (int)strcspn(at + 8, "\n"), at + 8);
	CHECK(strcmp(old, ada_secret) != 0);
	CHECK_VERDICT(GRANTED, sign_in(&w, ADA_PASSWORD));
}

TEST(ot08_new_codes_end_the_old_ones_when_they_are_kept)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char unkept[32], kept[32];

	enrol_ada(&w);
	struct talk *t =
		AS(&w, 20000, "codes", ADA_PASSWORD, app_code(&w, ada_secret, 0), "no", "@hang-up");
	strcpy(unkept, shown_code(t->seen, 1));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, unkept));
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), ""));
	t = AS(&w, 20000, "codes", ADA_PASSWORD, shown_code(ada_seen, 2), "yes");
	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, "Your old recovery codes have stopped working.");
	strcpy(kept, shown_code(t->seen, 1));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 3)));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, unkept));
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, kept, ""));
}

TEST(own_accounts_are_listed)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct talk *t = AS(&w, 20000, "accounts", "");
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 0);
	CHECK_HAS(t->seen, "HC000001");
	CHECK_HAS(t->seen, "St John's Surgery  (you are here)  (default)");
}

TEST(cl04_own_commands_take_no_words)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.peer = 20000;
	CHECK_INT(COMMAND(&w, "password", ADA)->outcome.status, STATUS_USAGE);
	CHECK_INT(COMMAND(&w, "password", "--user", "adae")->outcome.status, STATUS_USAGE);
	CHECK_INT(COMMAND(&w, "password", "--json")->outcome.status, STATUS_USAGE);
	CHECK_INT(COMMAND(&w, "pin", "--identity", ADA)->outcome.status, STATUS_USAGE);
}

TEST(passwd_is_for_its_caller)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct talk *t = PASSWD(&w, 20000, "adae", ADA_PASSWORD, app_code(&w, ada_secret, 0), "1",
		NEW_PASSWORD, NEW_PASSWORD);
	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(
		t->seen, "Current password: \nCode: \nChange your password (1) or your PIN (2)? ");
	CHECK_TEXT(t->outcome.user, "adae");
	CHECK_VERDICT(GRANTED, sign_in(&w, NEW_PASSWORD));
	clock_add(&w, 60);
	CHECK_VERDICT(GRANTED,
		PASSWD(&w, 20000, "adae", NEW_PASSWORD, app_code(&w, ada_secret, 0), "2", "82604",
			"82604"));
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", ADA, "82604"));
	clock_add(&w, 60);
	CHECK_VERDICT(
		REFUSED, PASSWD(&w, 20000, "adae", NEW_PASSWORD, app_code(&w, ada_secret, 0), "3"));
}

TEST(passwd_is_nobody_else_s)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "HC000002", "--practice", "stj", "--user", "benj"));
	static const struct {
		uid_t caller;
		const char *name;
	} bad[] = { { 0, "adae" }, { 20001, "adae" }, { 4711, "adae" }, { 20000, "benj" },
		{ 20000, "root" }, { 20000, "" }, { UINT32_MAX, "adae" } };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct talk *t = PASSWD(&w, bad[i].caller, bad[i].name, ADA_PASSWORD,
			app_code(&w, ada_secret, 0), "1", NEW_PASSWORD, NEW_PASSWORD);

		CHECK_VERDICT(REFUSED, t);
		CHECK_INT(t->asks, 0);
		CHECK_HAS(t->seen, "Nobody but the person can choose this password.");
	}
	w.peer = 4711; /* who is not root does not say who calls */
	CHECK_VERDICT(REFUSED, PASSWD(&w, 20000, "adae", ADA_PASSWORD));
	CHECK_VERDICT(REFUSED, PASSWD(&w, 0, "adae", ADA_PASSWORD));
}

TEST(a_disabled_person_changes_nothing)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "disable", "adae"));
	struct talk *t = AS(&w, 20000, "password", ADA_PASSWORD, app_code(&w, ada_secret, 0),
		NEW_PASSWORD, NEW_PASSWORD);
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "switched off");
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "enable", "adae"));
	t = AS(&w, 20000, "password", ADA_PASSWORD, app_code(&w, ada_secret, 1), NEW_PASSWORD,
		"@disable", NEW_PASSWORD);
	CHECK_VERDICT(REFUSED, t);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "enable", ADA));
	clock_add(&w, 60);
	CHECK_VERDICT(GRANTED, sign_in(&w, ADA_PASSWORD));
}

TEST(cl10_a_reset_ends_a_change_that_is_under_way)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct talk *t = AS(&w, 20000, "password", ADA_PASSWORD, app_code(&w, ada_secret, 0),
		NEW_PASSWORD, "@reset", NEW_PASSWORD);
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Your practice has just reset your sign-in.");
	CHECK_HAS(COMMAND(&w, "identity", "show", ADA, "--json")->seen, "\"factors\":[]");
}

/* PC-07, PC-08. */
TEST(pc07_a_password_is_all_of_its_bytes)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char longest[ANSWER_MAX + 1], other[ANSWER_MAX + 8];

	enrol_ada(&w);
	for (size_t i = 0; i < ANSWER_MAX; i++)
		longest[i] = "seven quiet herons "[i % 19];
	longest[ANSWER_MAX] = 0;
	CHECK_VERDICT(GRANTED,
		AS(&w, 20000, "password", ADA_PASSWORD, app_code(&w, ada_secret, 0), longest,
			longest));
	CHECK_VERDICT(GRANTED, sign_in(&w, longest));
	memcpy(other, longest, sizeof longest);
	other[ANSWER_MAX - 1] = 0;
	CHECK_VERDICT(REFUSED, sign_in(&w, other));
	memcpy(other, longest, sizeof longest);
	other[0] = 'S';
	CHECK_VERDICT(REFUSED, sign_in(&w, other));
	memcpy(other, longest, sizeof longest);
	other[ANSWER_MAX - 1] ^= 1;
	CHECK_VERDICT(REFUSED, sign_in(&w, other));
	CHECK_VERDICT(GRANTED, sign_in(&w, longest));
}

TEST(pc08_case_and_spaces_count)
{
	struct world w = world_at("2026-05-04 09:00:00");
	static const char *const near[] = { "Seven quiet herons", "seven quiet herons ",
		" seven quiet herons", "seven  quiet herons", "seven quiet herons\r" };

	enrol_ada(&w);
	for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
		CHECK_VERDICT(REFUSED, sign_in(&w, near[i]));
		clock_add(&w, 3600);
	}
	CHECK_VERDICT(GRANTED, sign_in(&w, ADA_PASSWORD));
}
