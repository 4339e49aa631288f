/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations. What must hold: a manager makes accounts of their own practice only, and nobody's groups;
 * the account is nobody's yet, whoever has that address; the code signs its person in for the first time. */
#include <grp.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "import_help.h"
#include "joining.h"
#include "pick.h"
#include "verbs.h"

#define INVITE(w, ...) COMMAND(w, "invite", "--practice", "stj", __VA_ARGS__)

TEST(an_invitation_is_a_letter_that_signs_in)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct talk *t = INVITE(&w, "--name", "Ben O'Neill", "--userid", "HC000123", "--user",
		"bon-stj", "--email", "Ben@Example.org", "--mobile", "+44 7700 900123");
	CHECK_STATUS(STATUS_DONE, t);
	CHECK(strncmp(t->seen, "St John's Surgery\n\nBen O'Neill\n", 31) == 0);
	CHECK_HAS(t->seen, "\nUser ID:         HC000123\n");
	CHECK_HAS(t->seen, "\nUse it by:       Monday 18 May 2026, ");
	CHECK_HAS(t->seen, "\n1. ");
	CHECK_HAS(t->seen, "\n5. ");
	t = SIGN_IN(&w, "login", "hc000123", letter_code(t), "nine loud grey geese",
		"nine loud grey geese", "@totp", "yes", "58204", "58204");
	CHECK_TEXT(t->outcome.user, "bon-stj");
	CHECK_INT(t->outcome.result, GRANTED);
	t = COMMAND(&w, "account", "show", "HC000123", "--json");
	CHECK_HAS(t->seen, "\"identity\":null");
	CHECK_HAS(COMMAND(&w, "audit")->seen, "invited");
}

TEST(an_invitation_chooses_what_is_left_out)
{
	struct world w = world_at("2026-05-04 09:00:00");

	add_ada(&w);
	CHECK_STATUS(STATUS_DONE,
		COMMAND(&w, "account", "add", "stj0002", "--practice", "stj", "--user",
			"zoneill-stj"));
	CHECK_HAS(INVITE(&w, "--name", "Zo\xc3\xab O'Neill")->seen, "User ID:         STJ0001\n");
	CHECK_HAS(INVITE(&w, "--name", "Zed O'Neill")->seen, "User ID:         STJ0003\n");
	CHECK_HAS(COMMAND(&w, "account", "show", "STJ0001")->seen, "zoneill2-stj");
	CHECK_HAS(COMMAND(&w, "account", "show", "STJ0003")->seen, "zoneill3-stj");
	CHECK_STATUS(STATUS_DONE, INVITE(&w, "--name", "\xe6\x9d\x8e"));
	CHECK_HAS(COMMAND(&w, "account", "show", "STJ0004")->seen, "user-stj");
}

TEST(names_fold_to_letters_of_every_keyboard)
{
	char out[64];

	static const char text[] = "\xc5\x81\xc3\xb3"
				   "d\xc5\xba O'Neill-\xc3\x9f\xc3\x97\xc5\xbf\xe2\x82\xac";
	size_t n = pick_fold(text, strlen(text), out, 60);
	out[n] = 0;
	CHECK_TEXT(out, "lodzoneillss");
	CHECK_INT(pick_fold("abcdef", 6, out, 3), 3);
	CHECK_INT(pick_fold("\xc3", 1, out, 3), 0);
}

TEST(an_invitation_is_the_same_whoever_has_the_address)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct talk *t = INVITE(&w, "--name", "Ada Example", "--email", ADA);
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(COMMAND(&w, "account", "show", "STJ0001", "--json")->seen, "\"identity\":null");
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0), "");
	CHECK_INT(t->outcome.result, GRANTED);
	CHECK_TEXT(t->outcome.user, "adae");
}

TEST(an_invitation_can_be_sent_and_then_shows_no_code)
{
	struct world w = world_at("2026-05-04 09:00:00");

	add_ada(&w);
	struct talk *t = INVITE(&w, "--name", "Ben Sample", "--email", "ben@example.org", "--send");
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "no way to send e-mail");
	with_messages(&w);
	CHECK_STATUS(STATUS_REFUSED, INVITE(&w, "--name", "Ben Sample", "--send"));
	CHECK_HAS(COMMAND(&w, "status")->seen, "accounts             1");
	t = INVITE(&w, "--name", "Ben Sample", "--email", "ben@example.org", "--send");
	CHECK_STATUS(STATUS_DONE, t);
	CHECK(!strstr(t->seen, "code"));
	const struct message *m = queued_message(&w, CHANNEL_EMAIL, 0);
	CHECK(m != NULL);
	CHECK_TEXT(m->template, "invite");
	CHECK_TEXT(m->to, "ben@example.org");
	CHECK_TEXT(m->name, "Ben Sample");
	CHECK_TEXT(m->practice, "St John's Surgery");
	CHECK_TEXT(m->what, "STJ0001");
	CHECK_INT(m->minutes, 14 * 24 * 60); /* the courier gives up what is too old */
	CHECK(!strstr(t->seen, m->code));
	CHECK_HAS(SIGN_IN(&w, "login", "STJ0001", m->code)->seen, "New password: ");
}

TEST(what_an_invitation_can_not_be_leaves_nothing_behind)
{
	struct world w = world_at("2026-05-04 09:00:00");

	add_ada(&w);
	CHECK_STATUS(STATUS_USAGE, INVITE(&w, "--userid", "HC2"));
	CHECK_STATUS(STATUS_USAGE, COMMAND(&w, "invite", "--name", "Ben"));
	CHECK_STATUS(STATUS_USAGE, INVITE(&w, "--name", "Ben", "--letter", "letter.txt"));
	CHECK_STATUS(STATUS_USAGE, INVITE(&w, "--name", "Ben", "--existing"));
	CHECK_STATUS(STATUS_NO_SUCH, COMMAND(&w, "invite", "--practice", "no", "--name", "Ben"));
	CHECK_STATUS(STATUS_REFUSED, INVITE(&w, "--name", "Ben\nActivation code: X"));
	CHECK_STATUS(STATUS_REFUSED, INVITE(&w, "--name", "Ben", "--email", "ben"));
	CHECK_STATUS(STATUS_REFUSED, INVITE(&w, "--name", "Ben", "--mobile", "07700 900123"));
	CHECK_STATUS(STATUS_REFUSED, INVITE(&w, "--name", "Ben", "--userid", "a@b.org"));
	CHECK_STATUS(STATUS_REFUSED, INVITE(&w, "--name", "Ben", "--user", "root"));
	CHECK_STATUS(STATUS_EXISTS, INVITE(&w, "--name", "Ben", "--userid", "hc000001"));
	CHECK_STATUS(STATUS_EXISTS, INVITE(&w, "--name", "Ben", "--user", "adae"));
	CHECK_HAS(COMMAND(&w, "status")->seen, "accounts             1");
}

TEST(a_manager_invites_to_her_own_practice_alone)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	make_manager(&w, "stj");
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "practice", "add", "spf", "St Paul's"));
	as_ada(&w);
	struct talk *t = AS_ADA(&w, "invite", "--practice", "stj", "--name", "Ben Sample");
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "User ID:         STJ0001\n");
	t = AS_ADA(&w, "invite", "--practice", "spf", "--name", "Ben Sample");
	CHECK_STATUS(STATUS_NO_SUCH, t);
	CHECK_TEXT(t->seen, "There is no practice spf.\n");
	t = AS_ADA(&w, "invite", "--practice", "nowhere", "--name", "Ben Sample");
	CHECK_STATUS(STATUS_NO_SUCH, t);
	CHECK_TEXT(t->seen, "There is no practice nowhere.\n");
}

TEST(a_manager_gives_only_groups_that_the_practice_has)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	make_manager(&w, "stj");
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "practice", "add", "spf", "St Paul's"));
	CHECK_STATUS(STATUS_DONE,
		COMMAND(&w, "account", "add", "X1", "--practice", "stj", "--user", "x1", "--groups",
			"clinicians"));
	CHECK_STATUS(STATUS_DONE,
		COMMAND(&w, "account", "add", "X2", "--practice", "spf", "--user", "x2", "--groups",
			"spfonly"));
	const struct group *local = getgrgid(65534); /* nogroup: no group of the system's own */
	CHECK(local != NULL);
	CHECK_STATUS(STATUS_DONE,
		COMMAND(&w, "account", "add", "X3", "--practice", "stj", "--user", "x3", "--groups",
			local->gr_name));
	as_ada(&w);
	CHECK_STATUS(STATUS_DONE,
		AS_ADA(&w, "invite", "--practice", "stj", "--name", "Ben", "--groups",
			"clinicians"));
	/* what the machine's own group opens is root's to give, to each of them */
	const char *const bad[] = { "spfonly", "fresh", "clinicians,spfonly", local->gr_name };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct talk *t = AS_ADA(
			&w, "invite", "--practice", "stj", "--name", "Ben", "--groups", bad[i]);
		CHECK_STATUS(STATUS_NO_SUCH, t);
		CHECK_HAS(t->seen, "There is no group of that name at this practice.");
	}
	CHECK_STATUS(STATUS_REFUSED,
		AS_ADA(&w, "invite", "--practice", "stj", "--name", "Ben", "--groups", "root"));
	w.peer = 0;
	CHECK_STATUS(STATUS_DONE, INVITE(&w, "--name", "Ben", "--groups", "fresh"));
}

TEST(a_new_letter_ends_the_old_code)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char old[64], new[64];

	enrol_ada(&w);
	make_manager(&w, "stj");
	struct talk *t = INVITE(&w, "--name", "Ben Sample");
	snprintf(old, sizeof old, "%s", letter_code(t));
	as_ada(&w);
	t = AS_ADA(&w, "letter", "stj0001");
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "\nBen Sample\n");
	snprintf(new, sizeof new, "%s", letter_code(t));
	w.peer = 0;
	CHECK(strcmp(old, new) != 0);
	CHECK(!strstr(SIGN_IN(&w, "login", "STJ0001", old)->seen, "New password: "));
	clock_add(&w, 60);
	t = SIGN_IN(&w, "login", "STJ0001", new, "nine loud grey geese", "nine loud grey geese",
		"@totp", "yes", "58204", "58204");
	CHECK_INT(t->outcome.result, GRANTED);
	clock_add(&w, 60);
	CHECK_STATUS(STATUS_REFUSED, COMMAND(&w, "letter", "STJ0001"));
	as_ada(&w);
	CHECK_STATUS(STATUS_REFUSED, AS_ADA(&w, "letter", "STJ0001"));
}

TEST(a_manager_s_letter_is_for_those_who_never_were_here)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char other[24000], linked[24000];

	enrol_ada(&w);
	make_manager(&w, "stj");
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "practice", "add", "spf", "St Paul's"));
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "invite", "--practice", "spf", "--name", "Cat"));
	CHECK_STATUS(
		STATUS_DONE, COMMAND(&w, "identity", "add", "dee@example.org", "--name", "Dee"));
	CHECK_STATUS(STATUS_DONE,
		COMMAND(&w, "account", "add", "D1", "--practice", "stj", "--identity",
			"dee@example.org", "--user", "dee"));
	struct talk *t = COMMAND(&w, "letter", "D1");
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "\nE-mail address:  dee@example.org\n");
	CHECK_HAS(SIGN_IN(&w, "login", "dee@example.org", letter_code(t))->seen, "New password: ");
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "account", "disable", "D1"));
	CHECK_STATUS(STATUS_REFUSED, COMMAND(&w, "letter", "D1"));
	CHECK_STATUS(STATUS_NO_SUCH, COMMAND(&w, "letter", ADA));
	CHECK_STATUS(STATUS_REFUSED, COMMAND(&w, "letter", "HC000001"));
	as_ada(&w);
	t = AS_ADA(&w, "letter", "SPF0001");
	CHECK_STATUS(STATUS_NO_SUCH, t);
	memcpy(other, t->seen, sizeof other);
	t = AS_ADA(&w, "letter", "SPF0009");
	CHECK_STATUS(STATUS_NO_SUCH, t);
	CHECK_INT(strlen(t->seen), strlen(other));
	t = AS_ADA(&w, "letter", "D1"); /* linked: in use, for all that a manager can tell */
	CHECK_STATUS(STATUS_REFUSED, t);
	memcpy(linked, t->seen, sizeof linked);
	CHECK_HAS(linked, "is in use");
}

/* As it came from another program, before its person was ever here. */
TEST(no_letter_over_an_imported_second_factor)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	make_manager(&w, "stj");
	CHECK_STATUS(STATUS_DONE, INVITE(&w, "--name", "Ben Sample", "--user", "bens"));
	CHECK_STATUS(STATUS_DONE,
		import_file(&w, "oath",
			"HOTP/T30/6 bens - 3132333435363738393031323334353637383930\n"));
	as_ada(&w);
	struct talk *t = AS_ADA(&w, "letter", "STJ0001");
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "is in use");
}

TEST(others_invite_nobody)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.peer = 20000;
	CHECK_STATUS(STATUS_NOT_ALLOWED, INVITE(&w, "--name", "Ben"));
	CHECK_STATUS(STATUS_NOT_ALLOWED, COMMAND(&w, "letter", "HC000001"));
	CHECK_STATUS(STATUS_NOT_ALLOWED, COMMAND(&w, "requests"));
	CHECK_STATUS(STATUS_NOT_ALLOWED, COMMAND(&w, "approve", "1"));
	CHECK_STATUS(STATUS_NOT_ALLOWED, COMMAND(&w, "refuse", "1"));
	CHECK_STATUS(STATUS_NOT_ALLOWED, COMMAND(&w, "import"));
}

TEST(a_manager_joins_nobody_without_a_fresh_second_factor)
{
	struct world w = world_at("2026-05-04 09:00:00");
	static const char *const words[][6] = { { "invite", "--practice", "stj", "--name", "Ben" },
		{ "letter", "HC000001" }, { "approve", "1" }, { "refuse", "1" } };

	enrol_ada(&w);
	make_manager(&w, "stj");
	w.peer = 20000;
	w.peer_pid = new_session();
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct talk *t = command(&w, words[i], (const char *const[]){ "", "", "", NULL });

		CHECK_STATUS(STATUS_REFUSED, t);
		CHECK(t->asks > 0);
	}
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "requests"));
}

TEST(an_invitation_says_whose_account_it_is_and_takes_no_desk_s_address)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct talk *t = INVITE(&w, "--name", "Grace Example", "--email", "Reception@Example.org");
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "reception@example.org belongs to a desk, not to a person");
	CHECK_STATUS(
		STATUS_REFUSED, INVITE(&w, "--name", "Grace Example", "--email", "grace@example"));
	t = INVITE(&w, "--name", "Grace Example", "--email", "grace@example.org");
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_TEXT(last_line(t), "Account STJ0001 is Grace Example, system user gexample-stj.");
}
