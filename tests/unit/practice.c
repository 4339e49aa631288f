/* SPDX-License-Identifier: Apache-2.0 */
/* What a practice decides for itself. What must hold: a command changes all that it says or nothing; a
 * practice is never laxer than the machine; managers work there, and one of them stays. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "conf.h"
#include "factor.h"
#include "policy.h"
#include "verbs.h"
#include "world.h"

#define CHECK_STATUS(s, ...) check_status(__LINE__, s, COMMAND(__VA_ARGS__))
#define SET(w, ...) w, "practice", "set", "stj", __VA_ARGS__

static void check_status(int line, enum status s, const struct talk *t)
{
	if (t->outcome.status != s || (t->outcome.result == GRANTED) != (s == STATUS_DONE))
		check_fail(__FILE__, line, "status %d (wanted %d), result %d: %s",
			t->outcome.status, s, t->outcome.result, t->seen);
}

static const char *shown(struct world *w)
{
	static char text[sizeof ada_seen];

	snprintf(text, sizeof text, "%s", COMMAND(w, "practice", "show", "stj")->seen);
	return text;
}

/* Ada, Ben and Cat at stj, Ben also at the hill, and Dan there alone; Eve at stj has no identity yet. */
static struct world two_practices(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	add_ada(&w);
	CHECK_STATUS(STATUS_DONE, &w, "practice", "add", "hill", "Hill Clinic");
	CHECK_STATUS(STATUS_DONE, &w, "identity", "add", "ben@example.org", "--name", "Ben Sample");
	CHECK_STATUS(STATUS_DONE, &w, "identity", "add", "cat@example.org", "--name", "Cat Sample");
	CHECK_STATUS(STATUS_DONE, &w, "identity", "add", "dan@example.org", "--name", "Dan Sample");
	CHECK_STATUS(STATUS_DONE, &w, "account", "add", "HC2", "--practice", "stj", "--identity",
		"ben@example.org", "--user", "ben-stj");
	CHECK_STATUS(STATUS_DONE, &w, "account", "add", "BEN", "--practice", "hill", "--identity",
		"ben@example.org", "--user", "ben-hill");
	CHECK_STATUS(STATUS_DONE, &w, "account", "add", "HC3", "--practice", "stj", "--identity",
		"cat@example.org", "--user", "cat-stj");
	CHECK_STATUS(STATUS_DONE, &w, "account", "add", "DAN", "--practice", "hill", "--identity",
		"dan@example.org", "--user", "dan-hill");
	CHECK_STATUS(
		STATUS_DONE, &w, "account", "add", "HC4", "--practice", "stj", "--user", "eve");
	return w;
}

TEST(a_practice_shows_what_was_set)
{
	struct world w = two_practices();
	json_error_t e;

	CHECK_HAS(shown(&w), "hours                always");
	CHECK_HAS(shown(&w), "network              yes");
	CHECK_STATUS(STATUS_DONE,
		SET(&w, "--name", "St John's", "--require", "password, totp", "--network", "no",
			"--hours", "mon-fri 7:30-19:00", "--shared-addresses", "yes", "--migrate",
			"by 2027-03-31", "--manager", "HC000001"));
	struct talk *t = COMMAND(&w, "practice", "show", "stj", "--json");
	json_t *j = json_loads(t->seen, JSON_REJECT_DUPLICATES, &e);
	CHECK(j != NULL);
	CHECK_TEXT(json_string_value(json_object_get(j, "name")), "St John's");
	CHECK_TEXT(json_string_value(json_object_get(j, "hours")), "Mon-Fri 07:30-19:00");
	CHECK_TEXT(json_string_value(json_object_get(j, "migrate")), "by 2027-03-31");
	CHECK(json_is_false(json_object_get(j, "network")));
	CHECK(json_is_true(json_object_get(j, "shared_addresses")));
	CHECK_INT(json_array_size(json_object_get(j, "require")), 2);
	const json_t *m = json_array_get(json_object_get(j, "managers"), 0);
	CHECK_TEXT(json_string_value(json_object_get(m, "userid")), "HC000001");
	CHECK_TEXT(json_string_value(json_object_get(m, "email")), ADA);
	json_decref(j);
	CHECK_STATUS(STATUS_DONE,
		SET(&w, "--require", "none", "--network", "yes", "--hours", "always",
			"--shared-addresses", "no", "--migrate", "optional"));
	CHECK_HAS(shown(&w), "name                 St John's");
	CHECK_HAS(shown(&w), "hours                always");
	CHECK_HAS(shown(&w), "migrate              optional");
	CHECK_HAS(shown(&w), "managers             Ada Example (HC000001) ada@example.org");
	CHECK(!strstr(shown(&w), "totp"));
	CHECK_HAS(COMMAND(&w, "audit")->seen, "practice-changed");
	CHECK_HAS(COMMAND(&w, "audit")->seen, "require network hours shared-addresses migrate");
}

TEST(what_is_wrong_changes_nothing_and_says_why)
{
	static const struct {
		const char *option, *value, *why;
	} bad[] = {
		{ "--name", "a:b", "cannot be a name" },
		{ "--require", "recovery", "out of password, totp, pin, sms, yubikey; or none." },
		{ "--require", "totp,totp", "out of password" },
		{ "--require", "totp|pin", "out of password" },
		{ "--require", "", "out of password" },
		{ "--require", "totp,", "out of password" },
		{ "--network", "maybe", "--network takes yes or no" },
		{ "--shared-addresses", "", "--shared-addresses takes yes or no" },
		{ "--hours", "Mon-Fry 09:00-10:00", "--hours: \"Fry\" is no day" },
		{ "--migrate", "2027-03-31", "--migrate takes optional, now" },
		{ "--migrate", "by 2027-02-30", "--migrate takes optional, now" },
	};
	struct world w = two_practices();
	uint64_t before = world_serial(&w);

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct talk *t = COMMAND(&w, "practice", "set", "stj", "--name", "Other",
			bad[i].option, bad[i].value);
		if (strcmp(bad[i].option, "--name") == 0)
			t = COMMAND(&w, "practice", "set", "stj", "--name", bad[i].value);
		check_status(__LINE__, STATUS_REFUSED, t);
		CHECK_HAS(t->seen, bad[i].why);
	}
	CHECK_STATUS(STATUS_USAGE, &w, "practice", "set", "stj");
	CHECK_STATUS(STATUS_USAGE, &w, "practice", "set", "stj", "--force");
	CHECK_STATUS(STATUS_NO_SUCH, &w, "practice", "set", "nowhere", "--name", "Other");
	CHECK_STATUS(STATUS_NO_SUCH, SET(&w, "--name", "Other", "--manager", "nobody"));
	CHECK_INT(world_serial(&w), before);
	CHECK_HAS(shown(&w), "name                 St John's Surgery");
}

TEST(a_manager_works_at_the_practice)
{
	struct world w = two_practices();

	CHECK_STATUS(STATUS_NO_SUCH, SET(&w, "--manager", "dan@example.org"));
	CHECK_STATUS(STATUS_NO_SUCH, SET(&w, "--manager", "DAN"));
	CHECK_STATUS(STATUS_NO_SUCH, SET(&w, "--manager", "BEN")); /* his account at the hill */
	CHECK_STATUS(STATUS_DONE, SET(&w, "--manager", "ben@example.org"));
	CHECK_STATUS(STATUS_DONE, SET(&w, "--manager", "hc2")); /* is one already */
	struct talk *t = COMMAND(&w, "practice", "set", "stj", "--manager", "HC4");
	check_status(__LINE__, STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "no e-mail address of their own yet");
	CHECK_STATUS(STATUS_DONE, &w, "account", "disable", "HC3");
	CHECK_STATUS(STATUS_NO_SUCH, SET(&w, "--manager", "cat@example.org"));
	CHECK_HAS(shown(&w), "managers             Ben Sample (HC2) ben@example.org\n");
	CHECK(!strstr(shown(&w), "Cat"));
	t = COMMAND(&w, "audit");
	CHECK_HAS(t->seen, "made a manager");
	CHECK(strstr(strstr(t->seen, "made a manager") + 1, "made a manager") == NULL);
}

TEST(the_last_manager_goes_by_root_s_word_alone)
{
	struct world w = two_practices();

	CHECK_STATUS(STATUS_DONE, SET(&w, "--manager", ADA));
	struct talk *t = COMMAND(&w, "practice", "set", "stj", "--not-manager", ADA);
	check_status(__LINE__, STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "the practice's last manager");
	CHECK_STATUS(STATUS_DONE, SET(&w, "--manager", "HC2"));
	CHECK_STATUS(STATUS_DONE, &w, "account", "disable", "HC2");
	CHECK_STATUS(STATUS_REFUSED, SET(&w, "--not-manager", ADA)); /* ben can't do anything */
	CHECK_STATUS(STATUS_DONE, SET(&w, "--not-manager", "ben@example.org"));
	CHECK_STATUS(STATUS_NO_SUCH, SET(&w, "--not-manager", "ben@example.org"));
	CHECK_STATUS(STATUS_NO_SUCH, SET(&w, "--not-manager", "nobody@example.org"));
	CHECK_STATUS(STATUS_DONE, SET(&w, "--not-manager", "HC000001", "--manager", "HC3"));
	CHECK_STATUS(STATUS_DONE, SET(&w, "--not-manager", "HC3", "--force"));
	CHECK(!strstr(shown(&w), "managers"));
}

TEST(what_a_practice_requires_and_a_service_never_asks_for_is_said)
{
	struct world w = two_practices();
	struct talk *t = COMMAND(&w, "practice", "set", "stj", "--require", "pin");

	check_status(__LINE__, STATUS_DONE, t);
	CHECK_HAS(t->seen, "Note: sshd never asks for pin, so nobody of stj signs in there");
	CHECK(!strstr(t->seen, "kiosk"));
	CHECK(!strstr(t->seen, "login"));
	t = COMMAND(&w, "practice", "set", "stj", "--require", "password,totp");
	CHECK(!strstr(t->seen, "Note"));
	w.conf.service[3].one_prompt = true; /* the kiosk */
	t = COMMAND(&w, "practice", "set", "stj", "--require", "password,totp");
	CHECK_HAS(t->seen, "Note: kiosk never asks for password, totp,");
}

/* Whatever stands in the record. */
TEST(a_practice_is_never_laxer_than_the_machine)
{
	static const uint64_t when[] = { 0, 1, 1000, 2000 };
	struct conf conf;

	conf_defaults(&conf);
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < 4; k++) {
			struct practice p = { .migrate = when[k] };

			conf.migrate = when[i];
			uint64_t until = policy_migrate(&conf, &p);
			CHECK(conf.migrate == 0 || (until != 0 && until <= conf.migrate));
			CHECK(p.migrate == 0 || (until != 0 && until <= p.migrate));
		}
	}
}
