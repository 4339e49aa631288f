/* SPDX-License-Identifier: Apache-2.0 */
/* Break-glass. What must hold: an envelope's code stands in, once and at the workstation, for one thing that
 * somebody of its practice has lost, and never alone; whoever uses it is seen; for two hours that one thing is
 * not asked for, and no longer. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "check.h"
#include "factor.h"
#include "people.h"
#include "staff.h"
#include "store/store.h"
#include "two_people.h"

#define DAN "dan@example.org"
#define WRONG "AAAA-BBBB-CCCC-DDDD"
#define TOLD "Signed in by break-glass until 11:"

enum { HOUR = 3600 };

static void add_service(struct world *w, const char *name, uint32_t first, uint32_t second)
{
	struct service *s = &w->conf.service[w->conf.nservices++];

	*s = (struct service){ .local = true, .nsteps = second ? 2 : 1, .step = { first, second } };
	snprintf(s->name, sizeof s->name, "%s", name);
}

/* Makes practice's code, in a static buffer. */
static const char *new_code(struct world *w, const char *practice)
{
	static char code[2][20];
	static unsigned which;
	struct talk *t = COMMAND(w, "break-glass", "new", practice);

	CHECK_VERDICT(GRANTED, t);
	const char *at = strstr(t->seen, "Put into it:\n\n    ");
	CHECK(at != NULL);
	which = !which;
	snprintf(code[which], 20, "%s", at + 18);
	CHECK_INT(strlen(code[which]), 19);
	return code[which];
}

/* Dan has password, app and PIN; so has ada, who manages his practice. */
static struct world allowed(void)
{
	struct world w = staff();

	setenv("TZ", "UTC", 1);
	enrol_dan(&w);
	w.conf.break_glass = true;
	add_service(&w, "bed", 1u << FACTOR_PIN, 1u << FACTOR_TOTP);
	add_service(&w, "desk", 1u << FACTOR_PASSWORD, 0);
	add_service(&w, "door", 1u << FACTOR_TOTP, 0);
	add_service(&w, "lock", 1u << FACTOR_PASSWORD, 0);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--break-glass", "yes"));
	return w;
}

static const char *app(struct world *w)
{
	clock_add(w, 60);
	return app_code(w, ada_secret, 0);
}

/* Dan is in without his phone. */
static struct world without_phone(void)
{
	struct world w = allowed();

	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", DAN, ADA_PASSWORD, new_code(&w, "stj")));
	return w;
}

static bool asks_no_code(struct world *w)
{
	struct talk *t = SIGN_IN(w, "login", DAN, ADA_PASSWORD);

	return t->outcome.result == GRANTED && t->asks == 1;
}

static bool is_unspent(struct world *w, const char *code)
{
	return SIGN_IN(w, "login", DAN, ADA_PASSWORD, code)->outcome.result == GRANTED;
}

/* --- one thing, once --- */

TEST(glass_stands_in_for_a_code)
{
	struct world w = allowed();
	const char *code = new_code(&w, "stj");
	struct talk *t = SIGN_IN(&w, "login", DAN, ADA_PASSWORD, code);

	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, TOLD "02. Your managers have been told.\n");
	CHECK_HAS(t->seen, "To set up your app again, ask your practice");
	w.conf.break_glass = false;
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, ADA_PASSWORD, code));
}

TEST(glass_stands_in_for_a_password_in_any_spelling)
{
	struct world w = allowed();
	char code[20];

	snprintf(code, sizeof code, "%s", new_code(&w, "stj"));
	for (char *p = code; *p; p++)
		*p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p == '-' ? ' ' : *p;
	struct talk *t = SIGN_IN(&w, "login", DAN, code, app(&w));
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 2);
	CHECK_HAS(t->seen, "To choose a new password");
}

TEST(glass_stands_in_for_a_pin)
{
	struct world w = allowed();
	struct talk *t = SIGN_IN(&w, "bed", DAN, new_code(&w, "stj"), app(&w));

	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, "To choose a new PIN, run: hcauth pin");
}

TEST(glass_works_once)
{
	struct world w = allowed();
	const char *code = new_code(&w, "stj");

	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", DAN, ADA_PASSWORD, code));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, code));
	clock_add(&w, 3 * HOUR);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, ADA_PASSWORD, code));
}

static const char *shared_code;

static void use_it(struct world *root)
{
	CHECK_VERDICT(GRANTED, SIGN_IN(root, "login", ADA, ADA_PASSWORD, shared_code));
}

TEST(glass_for_two_at_once_is_for_one)
{
	struct world w = allowed();

	shared_code = new_code(&w, "stj");
	w.meanwhile = use_it;
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, shared_code, "@meanwhile", app(&w)));
}

TEST(glass_stands_in_for_one_thing_alone)
{
	struct world w = allowed();
	const char *code = new_code(&w, "stj");

	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, code, code));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, code, "000000"));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, "wrong password", code));
	CHECK(is_unspent(&w, code));
	/* nor does a second one for another thing */
	code = new_code(&w, "stj");
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, code));
	clock_add(&w, 3 * HOUR);
	CHECK(is_unspent(&w, code));
}

TEST(glass_with_a_name_opens_nothing)
{
	struct world w = allowed();
	const char *code = new_code(&w, "stj");
	struct talk *t = SIGN_IN(&w, "kiosk", DAN, code, "");

	CHECK_HAS(t->seen, "PIN: \nPassword: \n");
	CHECK(t->outcome.result != GRANTED);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "kiosk", DAN, code, "wrong password"));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "kiosk", DAN, code, code));
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", DAN, code, ADA_PASSWORD));
	/* and in the two hours the password is asked for at once */
	t = SIGN_IN(&w, "kiosk", DAN, ADA_PASSWORD);
	CHECK_VERDICT(GRANTED, t);
	CHECK(strncmp(t->seen, "Password: \n", 11) == 0);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "kiosk", DAN, ADA_PIN));
}

TEST(glass_takes_a_code_where_a_password_is_all)
{
	struct world w = allowed();
	const char *code = new_code(&w, "stj");

	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "desk", DAN, code, "000000"));
	struct talk *t = SIGN_IN(&w, "desk", DAN, code, app(&w));
	CHECK_VERDICT(GRANTED, t);
	CHECK(strncmp(t->seen, "Password: \nCode: \n", 18) == 0);
	/* a locker asks one thing: that */
	t = SIGN_IN(&w, "lock", DAN, app(&w));
	CHECK_VERDICT(GRANTED, t);
	CHECK(strncmp(t->seen, "Code: \n", 7) == 0);
}

TEST(glass_takes_a_password_where_a_code_is_all)
{
	struct world w = allowed();
	const char *code = new_code(&w, "stj");

	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "door", DAN, code, "wrong password"));
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "door", DAN, code, ADA_PASSWORD));
}

static int drop_second(struct txn *t, void *arg)
{
	const struct id *owner = arg;
	int r = credential_del(t, owner, FACTOR_TOTP);

	return r < 0 ? r : credential_del(t, owner, FACTOR_RECOVERY);
}

static int find_owner(struct txn *t, void *arg)
{
	struct person p;
	int r = person_by_name(t, DAN, &p);

	memcpy(arg, &p.owner, sizeof p.owner);
	return r;
}

TEST(glass_stands_in_for_nothing_that_was_never_set_up)
{
	struct world w = allowed();
	const char *code = new_code(&w, "stj");
	struct id owner = { 0 };

	w.conf.sendmail[0] = 0;
	CHECK_INT(in_store(&w, find_owner, &owner, sizeof owner), 0);
	CHECK_INT(in_store(&w, drop_second, &owner, sizeof owner), 0);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, ADA_PASSWORD, code));
	CHECK(is_unspent(&w, code) == false);
}

/* --- where, and whose --- */

TEST(glass_is_nothing_over_the_network)
{
	struct world w = allowed();
	const char *code = new_code(&w, "stj");

	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", DAN, ADA_PASSWORD, code));
	struct talk *t = SIGN_IN(&w, "sshd", DAN, code, app(&w));
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	w.rhost = "192.0.2.7"; /* a local service, from afar */
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, ADA_PASSWORD, code));
	w.rhost = "";
	CHECK(is_unspent(&w, code));
}

TEST(glass_is_for_roots_own_programs)
{
	struct world w = allowed(), dan = w;
	const char *code = new_code(&w, "stj");

	dan.ruid = DAN_UID; /* su */
	CHECK_VERDICT(REFUSED, SIGN_IN(&dan, "login", DAN, ADA_PASSWORD, code));
	dan.peer = DAN_UID; /* a locker */
	CHECK_VERDICT(REFUSED, SIGN_IN(&dan, "login", "dan", ADA_PASSWORD, code));
	w.conf.service[5].one_prompt = true;
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "desk", DAN, code, app(&w)));
	w.conf.service[5].one_prompt = false;
	CHECK(is_unspent(&w, code));
}

TEST(glass_changes_no_password)
{
	struct world w = allowed(), dan = as_person(&w, DAN_UID);
	const char *code = new_code(&w, "stj");

	CHECK_VERDICT(REFUSED,
		command(&dan, (const char *const[]){ "password", NULL },
			(const char *const[]){ code, "000000", NULL }));
	CHECK(is_unspent(&w, code));
	/* nor do the two hours */
	struct talk *t = command(&dan, (const char *const[]){ "totp", NULL },
		(const char *const[]){ ADA_PASSWORD, "@hang-up", NULL });
	CHECK_HAS(t->seen, "Password: \nCode: \n");
}

TEST(glass_is_one_practices)
{
	struct world w = allowed();
	const char *stj = new_code(&w, "stj");

	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "hill", "--break-glass", "yes"));
	const char *hill = new_code(&w, "hill");
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, ADA_PASSWORD, hill));
	CHECK(is_unspent(&w, stj));
}

/* Whoever can write the database has no seal. */
static int copy_row(struct txn *t, void *arg)
{
	uint8_t copy[1024];
	struct bytes row;
	int r = txn_get(t, TABLE_GLASS, "hill", 4, &row);

	(void)arg;
	if (r < 0 || row.len > sizeof copy)
		return r < 0 ? r : -E2BIG;
	memcpy(copy, row.p, row.len);
	return txn_put(t, TABLE_GLASS, "stj", 3, copy, row.len);
}

TEST(glass_is_bound_to_its_practice)
{
	struct world w = allowed();
	int none = 0;

	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "hill", "--break-glass", "yes"));
	const char *hill = new_code(&w, "hill");
	CHECK_INT(in_store(&w, copy_row, &none, sizeof none), 0);
	struct talk *t = SIGN_IN(&w, "login", DAN, ADA_PASSWORD, hill, "");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
}

/* Dan works at the hill, too, and did so last. */
static struct world two_practices(void)
{
	struct world w = allowed();

	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "DANHILL", "--practice", "hill", "--identity", DAN,
			"--user", "dan-hill"));
	return w;
}

TEST(glass_opens_no_account_at_another_practice)
{
	struct world w = two_practices();
	const char *code = new_code(&w, "stj");

	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", "dan-hill", ADA_PASSWORD, code));
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", "dan", ADA_PASSWORD, code));
	/* nor do its two hours */
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", "dan-hill", ADA_PASSWORD, "000000"));
	w.flags = HELLO_CHOOSER;
	struct talk *t = SIGN_IN(&w, "login", DAN, ADA_PASSWORD, "2");
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 1);
	CHECK_TEXT(t->outcome.user, "dan");
}

TEST(glass_chooses_the_account_where_one_is_chosen)
{
	struct world w = two_practices();
	const char *code = new_code(&w, "stj");

	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", "dan-hill", ADA_PASSWORD, app(&w)));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, ADA_PASSWORD, code));
	w.flags = HELLO_CHOOSER;
	struct talk *t = SIGN_IN(&w, "login", DAN, ADA_PASSWORD, code);
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.user, "dan");
}

TEST(glass_is_off_unless_machine_and_practice_allow_it)
{
	struct world w = staff(), ada = as_person(&w, ADA_UID);
	struct talk *t = COMMAND(&ada, "practice", "set", "stj", "--break-glass", "yes");

	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_HAS(t->seen, "This machine allows no break-glass codes.");
	CHECK_INT(COMMAND(&ada, "break-glass", "new", "stj")->outcome.status, STATUS_REFUSED);
	ada.conf.break_glass = true;
	t = COMMAND(&ada, "break-glass", "new", "stj");
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_HAS(t->seen, "hcauth practice set stj --break-glass yes");
	CHECK_VERDICT(GRANTED, COMMAND(&ada, "practice", "set", "stj", "--break-glass", "yes"));
	CHECK_HAS(COMMAND(&ada, "practice", "show", "stj")->seen, "break_glass          yes");
	(void)new_code(&ada, "stj");
}

TEST(glass_that_was_switched_off_is_nothing)
{
	struct world w = allowed();
	const char *code = new_code(&w, "stj");

	w.conf.break_glass = false;
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, ADA_PASSWORD, code));
	w.conf.break_glass = true;
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--break-glass", "no"));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, ADA_PASSWORD, code));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--break-glass", "yes"));
	CHECK(is_unspent(&w, code));
}

TEST(glass_lets_nobody_in_who_is_switched_off)
{
	struct world w = allowed();
	const char *code = new_code(&w, "stj");

	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "disable", DAN));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, ADA_PASSWORD, code));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "enable", DAN));
	CHECK(is_unspent(&w, code));
}

TEST(glass_counts_for_what_a_practice_requires)
{
	struct world w = allowed();

	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--require", "totp,pin"));
	struct talk *t = SIGN_IN(&w, "login", DAN, ADA_PASSWORD, new_code(&w, "stj"), ADA_PIN);
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 3);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, ADA_PASSWORD, "86420"));
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", DAN, ADA_PASSWORD, ADA_PIN));
	CHECK_INT(COMMAND(&w, "practice", "set", "stj", "--require", "break-glass")->outcome.status,
		STATUS_REFUSED);
}

/* The password picks one of the two; a code in its place would pick neither. */
TEST(glass_of_two_with_one_address_is_the_one_s_whose_password_it_is)
{
	struct world w = two_people();

	w.conf.break_glass = true;
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--break-glass", "yes"));
	const char *code = new_code(&w, "stj");
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, code, "000000"));
	clock_add(&w, 60);
	struct talk *t = SIGN_IN(&w, "login", ADA, BOB_PASSWORD, code);
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.user, "bobe");
	t = SIGN_IN(&w, "login", ADA, BOB_PASSWORD);
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 1);
	CHECK_HAS(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@hang-up")->seen, "Code: \n");
}

/* --- guesses --- */

TEST(glass_guesses_are_counted)
{
	struct world w = allowed();
	const char *code = new_code(&w, "stj");

	for (unsigned i = 0; i < 5; i++) {
		struct talk *t = SIGN_IN(&w, "login", DAN, ADA_PASSWORD, WRONG);

		CHECK_VERDICT(REFUSED, t);
		CHECK(!t->hung_up);
	}
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, ADA_PASSWORD, code));
	clock_add(&w, 16);
	CHECK(is_unspent(&w, code));
}

TEST(glass_in_place_of_a_password_waits_as_a_password_does)
{
	struct world w = allowed();
	const char *code = new_code(&w, "stj");

	for (unsigned i = 0; i < 5; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, WRONG));
	struct talk *t = SIGN_IN(&w, "login", DAN, code, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(REFUSED, t);
	CHECK(!t->hung_up);
	CHECK_HAS(t->seen, "Please wait 15 seconds");
	clock_add(&w, 900);
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", DAN, code, app(&w)));
}

/* --- two hours --- */

TEST(glass_spares_one_thing_for_two_hours)
{
	struct world w = without_phone();

	clock_add(&w, 2 * HOUR - 1);
	struct talk *t = SIGN_IN(&w, "login", DAN, ADA_PASSWORD);
	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, "You are in by break-glass until 11:0");
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, "wrong password"));
	clock_add(&w, 1);
	CHECK(!asks_no_code(&w));
}

TEST(glass_is_told_by_status_as_long_as_it_spares_something)
{
	struct world w = without_phone();
	struct world dan = as_person(&w, DAN_UID);
	struct talk *t = COMMAND(&dan, "status");

	CHECK_HAS(t->seen, "BREAK-GLASS: until 11:02 your code is not asked for");
	CHECK_HAS(t->seen, "App: not asked for just now\n");
	CHECK_HAS(t->seen, "PIN: works\n");
	CHECK_HAS(COMMAND(&dan, "status", "--json")->seen, "\"instead_of\":\"code\"}");
	clock_add(&dan, 2 * HOUR);
	t = COMMAND(&dan, "status");
	CHECK(!strstr(t->seen, "BREAK-GLASS"));
	CHECK_HAS(t->seen, "App: works\n");
	CHECK_HAS(COMMAND(&dan, "status", "--json")->seen, "\"break_glass\":null");
}

/* Nobody can be asked for a finger: it must not hold up whoever has lost the PIN beside it. */
TEST(glass_spares_a_pin_where_a_finger_would_do)
{
	struct world w = allowed();

	add_service(&w, "reader", 1u << FACTOR_FINGERPRINT | 1u << FACTOR_PIN, 0);
	struct talk *t = SIGN_IN(&w, "reader", DAN, new_code(&w, "stj"), ADA_PASSWORD);
	CHECK(strncmp(t->seen, "PIN: \nPassword: \n", 17) == 0);
	CHECK_VERDICT(GRANTED, t);
	t = SIGN_IN(&w, "reader", DAN, ADA_PASSWORD);
	CHECK(strncmp(t->seen, "Password: \n", 11) == 0);
	CHECK_VERDICT(GRANTED, t);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "reader", DAN, "wrong password"));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "reader", DAN, ADA_PIN));
	w.have = "fingerprint";
	t = SIGN_IN(&w, "reader", DAN, NULL);
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 0);
}

TEST(glass_spares_nothing_after_a_boot)
{
	struct world w = without_phone();

	w.now.boot[0]++;
	CHECK(!asks_no_code(&w));
}

TEST(glass_spares_nobody_else_and_nothing_from_afar)
{
	struct world w = without_phone();

	CHECK_HAS(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@hang-up")->seen, "Code: \n");
	CHECK_HAS(SIGN_IN(&w, "sshd", DAN, ADA_PASSWORD, "@hang-up")->seen, "Code: \n");
	struct world dan = w;
	dan.peer = dan.ruid = DAN_UID; /* a locker that asks twice */
	CHECK_VERDICT(GRANTED, SIGN_IN(&dan, "login", "dan", ADA_PASSWORD));
}

TEST(glass_spares_no_second_factor_of_managers)
{
	struct world w = allowed(), ada = w;

	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, new_code(&w, "stj")));
	ada.peer = ADA_UID;
	ada.peer_pid = new_session();
	CHECK_HAS(command(&ada, (const char *const[]){ "unlock", "HC4", NULL },
			  (const char *const[]){ "@hang-up", NULL })
			  ->seen,
		"Code: \n");
}

TEST(glass_ends_when_what_was_lost_is_there_again)
{
	struct world w = without_phone(), dan = as_person(&w, DAN_UID);
	const char *recovery = shown_code(ada_seen, 1);

	CHECK(asks_no_code(&w));
	clock_add(&w, 60);
	dan.now = w.now;
	struct talk *t = command(&dan, (const char *const[]){ "totp", NULL },
		(const char *const[]){ ADA_PASSWORD, recovery, "@totp", NULL });
	CHECK_VERDICT(GRANTED, t);
	CHECK(!asks_no_code(&w));
}

TEST(glass_ends_with_a_reset)
{
	struct world w = allowed();

	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "bed", DAN, new_code(&w, "stj"), app(&w)));
	CHECK_HAS(SIGN_IN(&w, "bed", DAN, "@hang-up")->seen, "Code: \n");
	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "reset", DAN));
	CHECK_TEXT(SIGN_IN(&w, "bed", DAN, "@hang-up")->seen, "PIN: \n");
}

TEST(glass_ends_when_its_person_is_switched_off)
{
	struct world w = without_phone();

	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "disable", DAN));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "enable", DAN));
	CHECK(!asks_no_code(&w));
	clock_add(&w, 60);
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", DAN, ADA_PASSWORD, new_code(&w, "stj")));
	CHECK(asks_no_code(&w));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "disable", "HC4"));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "enable", "HC4"));
	CHECK(!asks_no_code(&w));
}

TEST(glass_ends_when_it_is_taken_back)
{
	struct world w = without_phone();

	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "add", "sea", "Seaside"));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "break-glass", "drop", "sea"));
	CHECK(asks_no_code(&w));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--break-glass", "no"));
	CHECK(!asks_no_code(&w));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--break-glass", "yes"));
	CHECK(asks_no_code(&w));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "break-glass", "drop", "stj"));
	CHECK(!asks_no_code(&w));
}

static void take_back(struct world *root)
{
	CHECK_VERDICT(GRANTED, COMMAND(root, "break-glass", "drop", "stj"));
}

TEST(glass_that_is_taken_back_at_the_last_moment_grants_nothing)
{
	struct world w = without_phone();

	w.meanwhile = take_back;
	struct talk *t = SIGN_IN(&w, "login", DAN, "@meanwhile", ADA_PASSWORD);
	CHECK_VERDICT(REFUSED, t);
	CHECK(!t->hung_up);
	clock_add(&w, 60);
	shared_code = new_code(&w, "stj");
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, shared_code, "@meanwhile", app(&w)));
}

/* --- what is seen of it --- */

static bool was_sent(struct world *w, enum channel channel, const char *to, const char *template,
	const char *what)
{
	for (unsigned i = 0; i < 8; i++) {
		const struct message *m = queued_message(w, channel, i);

		if (m && strcmp(m->to, to) == 0 && strcmp(m->template, template) == 0 &&
			strcmp(m->what, what) == 0 && strcmp(m->practice, "St John's Surgery") == 0)
			return true;
	}
	return false;
}

TEST(glass_is_told_to_all_managers_and_the_person)
{
	struct world w = allowed();
	const char *what =
		"Dan Sample, in place of the code, at tty1. To switch that account off: hcauth account disable HC4";

	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--manager", "HC3"));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "hill", "--manager", "CAT"));
	const char *code = new_code(&w, "stj");
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, "wrong password", code));
	CHECK(!was_sent(&w, CHANNEL_EMAIL, ADA, "break-glass", what));
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", DAN, ADA_PASSWORD, code));
	CHECK(was_sent(&w, CHANNEL_EMAIL, ADA, "break-glass", what));
	CHECK(was_sent(&w, CHANNEL_SMS, "+447700900120", "break-glass", what));
	CHECK(was_sent(&w, CHANNEL_EMAIL, "cat@example.org", "break-glass", what));
	CHECK(was_sent(&w, CHANNEL_SMS, "+447700900122", "break-glass", what));
	CHECK(was_sent(&w, CHANNEL_EMAIL, DAN, "break-glass-own", "your code"));
	CHECK(was_sent(&w, CHANNEL_SMS, "+447700900123", "break-glass-own", "your code"));
	CHECK(!was_sent(&w, CHANNEL_EMAIL, "ben@example.org", "break-glass", what));
}

TEST(glass_says_so_when_nobody_can_be_told)
{
	struct world w = allowed();

	w.conf.sendmail[0] = w.conf.sms[0] = 0;
	CHECK_HAS(COMMAND(&w, "break-glass", "new", "stj")->seen, "Nobody will be told");
	CHECK_HAS(SIGN_IN(&w, "login", DAN, ADA_PASSWORD, new_code(&w, "stj"))->seen,
		TOLD "02. This is recorded for your managers.\n");
}

TEST(glass_is_in_the_audit_in_capital_letters)
{
	struct world w = without_phone(), ada = as_person(&w, ADA_UID);

	CHECK(asks_no_code(&w));
	const char *seen = COMMAND(&ada, "audit")->seen;
	CHECK_HAS(seen, "break-glass-made");
	CHECK_HAS(seen, "BREAK-GLASS");
	CHECK_HAS(seen, "in place of the code, until 11:02");
	CHECK_HAS(seen, "password right, break-glass right");
	CHECK_HAS(seen, "password right, no code, by break-glass");
}

TEST(glass_is_shown_by_who_and_begins_no_shift)
{
	struct world w = without_phone();

	CHECK_VERDICT(
		GRANTED, converse(&w, PURPOSE_OPEN, "login", "dan", (const char *const[]){ NULL }));
	CHECK_HAS(COMMAND(&w, "who")->seen, "password, BREAK-GLASS\n");
	CHECK(asks_no_code(&w));
	CHECK_VERDICT(
		GRANTED, converse(&w, PURPOSE_OPEN, "login", "dan", (const char *const[]){ NULL }));
	CHECK(!strstr(COMMAND(&w, "who")->seen, "password\n"));
}

/* Password and code, and the PIN by the envelope: what a shift would begin with. */
TEST(glass_begins_no_shift_where_all_else_was_given)
{
	struct world w = two_practices();
	struct service *s;

	add_service(&w, "su", 1u << FACTOR_PASSWORD, 1u << FACTOR_TOTP);
	w.conf.service[w.conf.nservices - 1].shift = true;
	add_service(&w, "all", 1u << FACTOR_PASSWORD, 1u << FACTOR_TOTP);
	s = &w.conf.service[w.conf.nservices - 1];
	s->step[s->nsteps++] = 1u << FACTOR_PIN;
	CHECK_VERDICT(GRANTED, COMMAND(&w, "lock", DAN)); /* the shift of his first sign-in */
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "all", "dan", ADA_PASSWORD, app(&w), new_code(&w, "stj")));
	CHECK_VERDICT(
		GRANTED, converse(&w, PURPOSE_OPEN, "all", "dan", (const char *const[]){ NULL }));
	w.ruid = DAN_UID;
	CHECK_HAS(SIGN_IN(&w, "su", "dan-hill", "@hang-up")->seen, "Password: ");
}

TEST(glass_leads_to_no_change_of_the_person)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	with_messages(&w);
	w.conf.break_glass = true;
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--break-glass", "yes"));
	clock_add(&w, 8 * 86400); /* she would be asked for a number */
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, new_code(&w, "stj"));
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 2);
}

TEST(glass_is_listed_and_never_shown_again)
{
	struct world w = allowed(), ada = as_person(&w, ADA_UID);

	CHECK_HAS(COMMAND(&ada, "break-glass")->seen, "No practice has a break-glass code.");
	CHECK(!strstr(COMMAND(&ada, "break-glass", "new", "stj")->seen, "Nobody will be told"));
	const char *code = new_code(&ada, "stj");
	struct talk *t = COMMAND(&ada, "break-glass");
	CHECK_HAS(t->seen, "HC000001");
	CHECK_HAS(t->seen, "not used");
	CHECK(!strstr(t->seen, code));
	CHECK(is_unspent(&w, code));
	CHECK_HAS(COMMAND(&ada, "break-glass")->seen, "HC4");
	CHECK_HAS(COMMAND(&ada, "break-glass", "--json")->seen,
		"\"made_by\":\"HC000001\",\"used\":\"2026-05-04T09:02:01Z\",\"used_by\":\"HC4\",\"good\":false,");
	struct world ben = as_person(&w, BEN_UID);
	CHECK(!strstr(COMMAND(&ben, "break-glass")->seen, "stj"));
}

TEST(glass_that_is_new_leaves_the_last_use_in_the_list)
{
	struct world w = without_phone();

	CHECK(!strstr(COMMAND(&w, "break-glass")->seen, "one before it"));
	for (unsigned i = 0; i < 2; i++) {
		new_code(&w, "stj");
		struct talk *t = COMMAND(&w, "break-glass");

		CHECK_HAS(t->seen, "not used");
		CHECK_HAS(t->seen, "(one before it: ");
		CHECK_HAS(t->seen, ", HC4)");
		t = COMMAND(&w, "break-glass", "--json");
		CHECK_HAS(t->seen, "\"used_by\":null");
		CHECK_HAS(t->seen, "\"last_used_by\":\"HC4\"");
	}
}

TEST(glass_that_is_new_stops_the_older_one)
{
	struct world w = allowed();
	const char *older = new_code(&w, "stj"), *newer = new_code(&w, "stj");

	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, ADA_PASSWORD, older));
	CHECK(is_unspent(&w, newer));
	newer = new_code(&w, "stj");
	CHECK_VERDICT(GRANTED, COMMAND(&w, "break-glass", "drop", "stj"));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, ADA_PASSWORD, newer));
}

TEST(glass_makes_no_step_of_nothing_met)
{
	struct world w = without_phone();

	w.conf.service[2].step[1] = 0;
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", DAN, ADA_PASSWORD, "000000"));
}

TEST(glass_passes_over_an_account_that_is_switched_off)
{
	struct world w = allowed();

	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "HC44", "--practice", "stj", "--identity", DAN,
			"--user", "dan-two"));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "disable", "HC4"));
	w.flags = HELLO_CHOOSER;
	struct talk *t = SIGN_IN(&w, "login", DAN, ADA_PASSWORD, new_code(&w, "stj"));
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.user, "dan-two");
}
