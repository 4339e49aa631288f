/* SPDX-License-Identifier: Apache-2.0 */
/* What managers do. What must hold: it takes effect on their own practice's accounts and on nobody
 * else's; they see no e-mail address and no code; nobody is locked out by a reset; the last one stays. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "scope.h"
#include "staff.h"
#include "store/store.h"

#define CHECK_STATUS(s, ...) check_status(__LINE__, s, COMMAND(__VA_ARGS__))
#define CODE(w) app_code(w, ada_secret, 0)
#define DAN "dan@example.org"

static void check_status(int line, enum status s, const struct talk *t)
{
	if (t->outcome.status != s || (t->outcome.result == GRANTED) != (s == STATUS_DONE))
		check_fail(__FILE__, line, "status %d (wanted %d), result %d: %s",
			t->outcome.status, s, t->outcome.result, t->seen);
}

TEST(a_manager_sees_their_practice_s_accounts_and_no_address)
{
	struct world root = staff(), w = as_person(&root, ADA_UID);
	json_error_t e;

	struct talk *t = COMMAND(&w, "account", "list", "--json");
	json_t *j = json_loads(t->seen, JSON_REJECT_DUPLICATES, &e);
	CHECK(j != NULL);
	CHECK_INT(json_array_size(j), 4);
	CHECK(!strchr(t->seen, '@'));
	CHECK(!strstr(t->seen, "hill") && !strstr(t->seen, "BEN"));
	json_decref(j);
	t = COMMAND(&w, "account", "show", "HC3", "--json");
	CHECK((j = json_loads(t->seen, 0, &e)) != NULL);
	CHECK_TEXT(json_string_value(json_object_get(j, "name")), "Cat Sample");
	CHECK(json_is_true(json_object_get(j, "linked")));
	CHECK(json_object_get(j, "identity") == NULL);
	CHECK(json_object_get(j, "activation_pending") == NULL);
	json_decref(j);
	t = COMMAND(&w, "account", "show", "HC5");
	CHECK_HAS(t->seen, "linked               no");
	CHECK_HAS(t->seen, "activation_pending   yes");
	CHECK_STATUS(STATUS_NO_SUCH, &w, "account", "show", "CAT");
	CHECK_STATUS(STATUS_NO_SUCH, &w, "account", "list", "--practice", "hill");
	CHECK_STATUS(STATUS_DONE, &w, "account", "list", "--practice", "STJ");
	t = COMMAND(&w, "practice", "list");
	CHECK_TEXT(t->seen, "stj              St John's Surgery\n");
	t = COMMAND(&w, "practice", "show", "stj");
	CHECK_HAS(t->seen, "managers             Ada Example (HC000001)\n");
	CHECK(!strchr(t->seen, '@'));
}

TEST(a_manager_switches_accounts_of_their_practice_off_and_on)
{
	struct world root = staff(), w = as_person(&root, ADA_UID);

	CHECK_STATUS(STATUS_DONE, &w, "account", "disable", "HC3");
	CHECK_HAS(COMMAND(&w, "account", "show", "HC3")->seen, "state                disabled");
	CHECK_HAS(COMMAND(&root, "account", "show", "CAT")->seen, "state                active");
	CHECK_STATUS(STATUS_DONE, &w, "account", "enable", "HC3");
	CHECK_STATUS(STATUS_NO_SUCH, &w, "account", "disable", "CAT");
	CHECK_STATUS(STATUS_NO_SUCH, &w, "account", "disable", "cat-hill");
	CHECK_HAS(COMMAND(&root, "account", "show", "CAT")->seen, "state                active");
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "account", "add", "HC9", "--practice", "stj", "--user",
		"nine");
}

/* Ten wrong ones, and nobody but the practice to help. */
TEST(a_manager_unlocks_a_pin)
{
	struct world root = staff(), w;

	enrol_dan(&root);
	w = as_person(&root, ADA_UID);
	for (int i = 0; i < 10; i++)
		SIGN_IN(&root, "kiosk", DAN, "11223");
	CHECK_INT(SIGN_IN(&root, "kiosk", DAN, ADA_PIN)->outcome.result, REFUSED);
	CHECK_STATUS(STATUS_DONE, &w, "unlock", "HC4");
	CHECK_INT(SIGN_IN(&root, "kiosk", DAN, ADA_PIN)->outcome.result, GRANTED);
	CHECK_STATUS(STATUS_DONE, &w, "unlock", DAN); /* a colleague: an address is as good */
	CHECK_STATUS(STATUS_NO_SUCH, &w, "unlock", "ben@example.org");
	CHECK_STATUS(STATUS_NO_SUCH, &w, "unlock", "BEN");
}

/* Each is ten more guesses at a PIN: a manager has a few, then one a quarter of an hour, for all practices. */
TEST(a_manager_s_unlocks_are_counted)
{
	struct world root = staff(), w;
	struct talk *t;

	enrol_dan(&root);
	w = as_person(&root, ADA_UID);
	for (int i = 0; i < FREE_FAILURES; i++)
		CHECK_STATUS(STATUS_DONE, &w, "unlock", "HC4");
	for (unsigned wait = WAIT_FIRST_S; wait < WAIT_MAX_S; wait *= 2) {
		t = COMMAND(&w, "unlock", "HC4");
		check_status(__LINE__, STATUS_REFUSED, t);
		CHECK_HAS(t->seen, "HC4 has been unlocked many times: wait");
		CHECK_STATUS(STATUS_REFUSED, &w, "unlock", DAN);
		clock_add(&root, wait);
		w = as_person(&root, ADA_UID);
		CHECK_STATUS(STATUS_DONE, &w, "unlock", DAN);
	}
	for (int i = 0; i < 10; i++)
		SIGN_IN(&root, "kiosk", DAN, "11223");
	CHECK_STATUS(STATUS_REFUSED, &w, "unlock", "HC4");
	CHECK_INT(SIGN_IN(&root, "kiosk", DAN, ADA_PIN)->outcome.result, REFUSED);
	CHECK_STATUS(STATUS_DONE, &root, "unlock", "HC4");
	CHECK_STATUS(STATUS_DONE, &w, "unlock", "HC4");
	CHECK_INT(SIGN_IN(&root, "kiosk", DAN, ADA_PIN)->outcome.result, GRANTED);
}

TEST(ad03_the_last_manager_stays)
{
	struct world root = staff(), w = as_person(&root, ADA_UID);
	struct talk *t = COMMAND(&w, "account", "disable", "HC000001");

	check_status(__LINE__, STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "the practice's last manager");
	CHECK_STATUS(STATUS_REFUSED, &w, "account", "disable", "HC000001", "--force");
	CHECK_STATUS(STATUS_REFUSED, &w, "account", "unlink", "HC000001");
	CHECK_STATUS(STATUS_REFUSED, &w, "practice", "set", "stj", "--not-manager", "HC000001",
		"--force");
	CHECK_STATUS(STATUS_REFUSED, &root, "account", "disable", "HC000001");
	CHECK_STATUS(STATUS_DONE, &w, "practice", "set", "stj", "--manager", "HC4");
	CHECK_STATUS(STATUS_DONE, &w, "account", "disable", "HC000001");
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "account", "list"); /* herself, with that */
	CHECK_STATUS(STATUS_REFUSED, &root, "account", "disable", "HC4");
	CHECK_STATUS(STATUS_DONE, &root, "account", "disable", "HC4", "--force");
}

TEST(root_switches_no_practice_s_last_manager_off_unawares)
{
	struct world root = staff();
	struct talk *t = COMMAND(&root, "identity", "disable", ADA);

	check_status(__LINE__, STATUS_REFUSED, t);
	CHECK_TEXT(last_line(t),
		"They are the only manager of stj. Make somebody else one first, or say --force.");
	CHECK_HAS(COMMAND(&root, "identity", "show", ADA)->seen, "state                active");
	CHECK_STATUS(STATUS_DONE, &root, "identity", "disable", "cat@example.org");
	CHECK_STATUS(STATUS_DONE, &root, "identity", "disable", "--force", ADA);
	CHECK_STATUS(STATUS_DONE, &root, "identity", "disable", ADA); /* she manages nothing now */
	CHECK_STATUS(STATUS_DONE, &root, "identity", "enable", ADA);
	CHECK_STATUS(STATUS_DONE, &root, "practice", "set", "stj", "--manager", "HC4");
	CHECK_STATUS(STATUS_DONE, &root, "identity", "disable", ADA);
}

/* --- the end of a link --- */

TEST(an_account_that_is_unlinked_is_nobody_s)
{
	struct world root = staff(), w = as_person(&root, ADA_UID);

	enrol_dan(&root);
	CHECK_STATUS(STATUS_DONE, &w, "account", "unlink", "HC4");
	CHECK_INT(SIGN_IN(&root, "login", "HC4", ADA_PASSWORD)->outcome.result, REFUSED);
	CHECK_INT(SIGN_IN(&root, "login", "dan", ADA_PASSWORD)->outcome.result, REFUSED);
	CHECK_INT(SIGN_IN(&root, "login", DAN, ADA_PASSWORD, CODE(&root))->outcome.result, REFUSED);
	/* an ssh key in its home is no way in either, nor cron */
	CHECK_INT(converse(&root, PURPOSE_ACCOUNT, "sshd", "dan", (const char *const[]){ NULL })
			  ->outcome.result,
		DISABLED);
	struct talk *t = COMMAND(&w, "account", "show", "HC4");
	CHECK_HAS(t->seen, "linked               no");
	CHECK_HAS(t->seen, "activation_pending   no");
	CHECK(!strstr(t->seen, "Dan"));
	const struct message *m = queued_message(&root, CHANNEL_EMAIL, 0);
	CHECK(m != NULL);
	CHECK_TEXT(m->template, "unlinked");
	CHECK_TEXT(m->to, DAN);
	CHECK_TEXT(m->what, "HC4 at St John's Surgery");
	CHECK_HAS(COMMAND(&root, "audit")->seen, "unlinked");
	CHECK_STATUS(STATUS_REFUSED, &w, "account", "unlink", "HC4");
	CHECK_STATUS(STATUS_REFUSED, &w, "account", "unlink", "HC5");
	/* for somebody else */
	t = COMMAND(&root, "account", "reset", "HC4");
	check_status(__LINE__, STATUS_DONE, t);
	char code[64];
	snprintf(code, sizeof code, "%s", last_line(t));
	CHECK_STATUS(STATUS_DONE, &w, "account", "enable", "HC4");
	t = SIGN_IN(&root, "login", "HC4", code);
	CHECK_HAS(t->seen, "Let us set up your sign-in.");
}

TEST(a_practice_ends_its_own_link_and_no_other)
{
	struct world root = staff(), w = as_person(&root, ADA_UID);
	struct talk *t;

	CHECK_STATUS(STATUS_NO_SUCH, &w, "account", "unlink", "CAT");
	CHECK_STATUS(STATUS_NO_SUCH, &w, "account", "unlink", "cat-hill");
	CHECK_STATUS(STATUS_NO_SUCH, &w, "account", "unlink", "cat@example.org");
	CHECK_STATUS(STATUS_DONE, &w, "account", "unlink", "HC3");
	t = COMMAND(&root, "account", "show", "CAT");
	CHECK_HAS(t->seen, "identity             cat@example.org");
	CHECK_HAS(t->seen, "state                active");
	struct dir_user u;
	CHECK_INT(published_user(&root, "private.cdb", DIR_NAME, "cat@example.org", &u), 0);
	CHECK_TEXT(u.name, "cat-hill");
}

/* Also one who is a manager of the practice that they leave. */
TEST(who_is_unlinked_manages_nothing_there)
{
	struct world root = staff(), w = as_person(&root, ADA_UID);

	CHECK_STATUS(STATUS_DONE, &w, "practice", "set", "stj", "--manager", "HC3");
	CHECK_STATUS(STATUS_DONE, &w, "account", "unlink", "HC3");
	CHECK(!strstr(COMMAND(&root, "practice", "show", "stj")->seen, "Cat"));
	struct world cat = as_person(&root, CAT_HILL_UID);
	CHECK_STATUS(STATUS_NOT_ALLOWED, &cat, "account", "list");
}

struct asking {
	char userid[64];
	size_t n;
};

static int count_asking(struct txn *t, void *arg)
{
	struct asking *a = arg;
	struct scope scope = { .n = 1, .practice = { "stj" } };
	const struct words w = { .scope = &scope };
	struct key at = { .len = 0 };
	struct account found;
	int r;

	for (a->n = 0; (r = unlink_next(t, &w, &at, &found)) == 0; a->n++)
		snprintf(a->userid, sizeof a->userid, "%.63s", found.userid);
	return r == -2 ? 0 : r;
}

TEST(a_person_asks_for_the_end_of_a_link_and_the_practice_decides)
{
	struct world root = staff(), ada = as_person(&root, ADA_UID);
	struct world cat = as_person(&root, CAT_UID);
	struct asking a = { .n = 0 };

	CHECK_STATUS(STATUS_DONE, &cat, "unlink", "HC3");
	CHECK_STATUS(STATUS_DONE, &cat, "unlink", "cat-hill");
	CHECK_STATUS(STATUS_NO_SUCH, &cat, "unlink", "HC4");
	CHECK_STATUS(STATUS_NO_SUCH, &cat, "unlink", "nobody");
	CHECK_HAS(COMMAND(&ada, "account", "list")->seen, "(asks to leave)");
	CHECK_HAS(COMMAND(&ada, "account", "show", "HC3")->seen, "unlink_asked         2026-05-04");
	CHECK_INT(in_store(&root, count_asking, &a, sizeof a), 0);
	CHECK_INT(a.n, 1);
	CHECK_TEXT(a.userid, "HC3");
	CHECK_STATUS(STATUS_NO_SUCH, &ada, "account", "keep", "CAT");
	CHECK_STATUS(STATUS_DONE, &ada, "account", "keep", "HC3");
	CHECK_STATUS(STATUS_REFUSED, &ada, "account", "keep", "HC3");
	CHECK(!strstr(COMMAND(&ada, "account", "show", "HC3")->seen, "unlink_asked"));
	CHECK_STATUS(STATUS_NOT_ALLOWED, &cat, "account", "unlink", "HC3");
	struct world eve = as_person(&root, EVE_UID);
	CHECK_STATUS(STATUS_NOT_ALLOWED, &eve, "unlink", "HC5");
}

/* --- a reset --- */

TEST(ad11_a_reset_s_code_goes_to_the_person_and_replaces_everything_when_it_is_typed)
{
	struct world root = staff(), w;
	char old[64], code[64];

	enrol_dan(&root);
	w = as_person(&root, ADA_UID);
	snprintf(old, sizeof old, "%s", ada_secret);
	struct talk *t = COMMAND(&w, "account", "reset", "HC4");
	check_status(__LINE__, STATUS_DONE, t);
	CHECK_TEXT(t->seen,
		"If that can be done, a message is on its way to the person. "
		"No message? For somebody who has not signed in yet: hcauth letter HC4. "
		"Otherwise ask whoever runs this machine.\n");
	const struct message *m = queued_message(&root, CHANNEL_EMAIL, 0);
	CHECK(m != NULL);
	CHECK_TEXT(m->template, "reset");
	CHECK_TEXT(m->to, DAN);
	snprintf(code, sizeof code, "%s", m->code);
	CHECK_INT(strlen(code), 19);
	CHECK(!strstr(COMMAND(&root, "audit")->seen, code));
	/* until it is typed, nothing has changed */
	CHECK_INT(SIGN_IN(&root, "kiosk", DAN, ADA_PIN)->outcome.result, GRANTED);
	clock_add(&root, 60);
	t = SIGN_IN(&root, "login", DAN, code, "four odd new words", "four odd new words", "@totp",
		"yes", "50718", "50718");
	check_status(__LINE__, STATUS_DONE, t);
	CHECK_INT(SIGN_IN(&root, "kiosk", DAN, ADA_PIN)->outcome.result, REFUSED);
	CHECK_INT(SIGN_IN(&root, "kiosk", DAN, "50718")->outcome.result, GRANTED);
	clock_add(&root, 60);
	CHECK_INT(SIGN_IN(&root, "login", DAN, ADA_PASSWORD)->outcome.result, REFUSED);
	t = SIGN_IN(&root, "login", DAN, "four odd new words", app_code(&root, old, 0));
	CHECK_INT(t->outcome.result, REFUSED);
	t = SIGN_IN(&root, "login", DAN, code); /* once */
	CHECK_INT(t->outcome.result, REFUSED);
	CHECK(!strstr(t->seen, "New password"));
	CHECK_TEXT(queued_message(&root, CHANNEL_EMAIL, 0)->template, "changed");
}

TEST(whoever_is_cut_off_goes_on_with_the_reset_s_code)
{
	struct world root = staff(), w;
	char code[64];

	enrol_dan(&root);
	w = as_person(&root, ADA_UID);
	CHECK_STATUS(STATUS_DONE, &w, "account", "reset", "HC4");
	snprintf(code, sizeof code, "%s", queued_message(&root, CHANNEL_EMAIL, 0)->code);
	CHECK(SIGN_IN(&root, "login", DAN, code)->hung_up);
	CHECK_INT(SIGN_IN(&root, "kiosk", DAN, ADA_PIN)->outcome.result, REFUSED);
	struct talk *t = SIGN_IN(&root, "login", DAN, code, "four odd new words",
		"four odd new words", "@totp", "yes", "50718", "50718");
	check_status(__LINE__, STATUS_DONE, t);
}

TEST(a_reset_s_code_lasts_a_day_and_a_full_sign_in_ends_it)
{
	struct world root = staff(), w;
	char code[64];

	enrol_dan(&root);
	w = as_person(&root, ADA_UID);
	CHECK_STATUS(STATUS_DONE, &w, "account", "reset", "HC4");
	snprintf(code, sizeof code, "%s", queued_message(&root, CHANNEL_EMAIL, 0)->code);
	CHECK_INT(SIGN_IN(&root, "login", DAN, ADA_PASSWORD, CODE(&root))->outcome.result, GRANTED);
	CHECK(!SIGN_IN(&root, "login", DAN, code)->hung_up);
	CHECK_STATUS(STATUS_DONE, &w, "account", "reset", "HC4");
	snprintf(code, sizeof code, "%s", queued_message(&root, CHANNEL_EMAIL, 0)->code);
	clock_add(&root, 86400);
	CHECK(!SIGN_IN(&root, "login", DAN, code)->hung_up);
	CHECK_INT(SIGN_IN(&root, "login", DAN, ADA_PASSWORD, CODE(&root))->outcome.result, GRANTED);
}

/* In a program where there is no way to enrol, it is nothing: else whoever typed it would be without. */
TEST(a_reset_s_code_does_nothing_where_nobody_can_enrol)
{
	struct world root = staff(), w, dan;
	char code[64];

	enrol_dan(&root);
	w = as_person(&root, ADA_UID);
	CHECK_STATUS(STATUS_DONE, &w, "account", "reset", "HC4");
	snprintf(code, sizeof code, "%s", queued_message(&root, CHANNEL_EMAIL, 0)->code);
	dan = as_person(&root, DAN_UID);
	command(&dan, (const char *const[]){ "pin", NULL }, (const char *const[]){ code, NULL });
	CHECK_INT(SIGN_IN(&root, "kiosk", DAN, ADA_PIN)->outcome.result, GRANTED);
}

/* What the manager sees, the commits and the audit are the same for all of them. */
TEST(a_reset_tells_the_manager_nothing)
{
	static const char *const ids[] = { "HC4", "HC3", "HC5" };
	static const char *const template[] = { "reset", "reset-yourself", NULL };
	struct world root = staff(), w = as_person(&root, ADA_UID);
	char said[400] = "";
	uint64_t commits = 0;

	for (size_t i = 0; i < 3; i++) {
		const struct message *m = queued_message(&root, CHANNEL_EMAIL, 0);
		char before[40];
		snprintf(before, sizeof before, "%s", m ? m->template : "");
		uint64_t serial = world_serial(&root);
		struct talk *t = COMMAND(&w, "account", "reset", ids[i]);
		serial = world_serial(&root) - serial;
		check_status(__LINE__, STATUS_DONE, t);
		if (i > 0) {
			memcpy(strstr(said, ids[i - 1]), ids[i], strlen(ids[i])); /* the word */
			CHECK_TEXT(t->seen, said);
			CHECK_INT(serial, commits);
		}
		snprintf(said, sizeof said, "%.399s", t->seen);
		commits = serial;
		m = queued_message(&root, CHANNEL_EMAIL, 0);
		CHECK_TEXT(m ? m->template : "", template[i] ? template[i] : before);
		CHECK(!m || !*m->code || strcmp(m->template, "reset") == 0);
	}
	CHECK_STATUS(STATUS_NO_SUCH, &w, "account", "reset", "CAT");
	CHECK_STATUS(STATUS_NO_SUCH, &w, "account", "reset", "nobody");
}

TEST(nobody_s_mailbox_is_filled_by_resets)
{
	struct world root = staff(), w = as_person(&root, ADA_UID);
	char last[64] = "";

	for (int i = 0; i < 5; i++)
		CHECK_STATUS(STATUS_DONE, &w, "account", "reset", "HC4");
	snprintf(last, sizeof last, "%s", queued_message(&root, CHANNEL_EMAIL, 0)->code);
	CHECK_STATUS(STATUS_DONE, &w, "account", "reset", "HC4");
	CHECK_TEXT(queued_message(&root, CHANNEL_EMAIL, 0)->code, last);
}

TEST(root_resets_what_is_nobody_s_and_is_told_where_the_rest_is)
{
	struct world root = staff();
	struct talk *t = COMMAND(&root, "account", "reset", "HC5");

	check_status(__LINE__, STATUS_DONE, t);
	CHECK_INT(strlen(last_line(t)), 19);
	t = COMMAND(&root, "account", "reset", "HC4");
	check_status(__LINE__, STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "hcauth identity reset dan");
}
