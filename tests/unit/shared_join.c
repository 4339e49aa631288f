/* SPDX-License-Identifier: Apache-2.0 */
/* Coming to share an address, and leaving it, by oneself. What must hold: the second has proved the mailbox
 * and their password, which is not the first one's; both practices allow it; what each had before works on. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "legacy.h"
#include "people.h"
#include "text.h"
#include "two_people.h"
#include "verbs.h"

#define CAT "cat@example.org"
#define CAT_PASSWORD "six grey pigeons"

/* ann, who signs in with a user ID, and cat at the same practice. */
static struct world ann_and_cat(const char *password)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char code[64];

	enrol_ann(&w);
	struct talk *t = COMMAND(&w, "identity", "add", CAT, "--name", "Cat Example");
	CHECK_VERDICT(GRANTED, t);
	snprintf(code, sizeof code, "%s", last_line(t));
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "HC000008", "--practice", "stj", "--identity", CAT,
			"--user", "cate"));
	t = SIGN_IN(&w, "login", CAT, code, password, password, "@totp", "yes", "60482", "60482",
		"", "", "");
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	clock_add(&w, 60);
	allow_shared(&w, "stj", true);
	w.flags = HELLO_CHOOSER;
	return w;
}

#define ANN(w, ...)                                                                                \
	SIGN_IN(w, "login", ANN_ID, ANN_PASSWORD, ann_code(w), CAT, "@mail", __VA_ARGS__)

static bool has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

TEST(shared_a_user_id_becomes_an_address_that_somebody_has)
{
	struct world w = ann_and_cat(CAT_PASSWORD);
	struct talk *t = ANN(&w, ANN_PASSWORD, "", "");

	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	CHECK_TEXT(t->outcome.user, "annl");
	CHECK_HAS(t->seen,
		"Somebody else signs in with cat@example.org, too. To share it, type your password once "
		"more. An address of your own is better: press Enter.\nCurrent password: \n");
	CHECK_HAS(t->seen, "From now on, sign in as cat@example.org.");
	CHECK_HAS(t->seen, "You share cat@example.org with somebody.");
	CHECK(!has(t->seen, "Cat Example"));
	const struct message *m = queued_message(&w, CHANNEL_EMAIL, 0);
	CHECK(m != NULL);
	CHECK_TEXT(m->template, "shared");
	CHECK_TEXT(m->to, CAT);
	CHECK_INT(failures(&w, "annl"), 0);
	CHECK_INT(failures(&w, "cate"), 1); /* it was a guess at hers */
	CHECK(!stored(&w, CAT).known && !stored(&w, ANN_ID).known);
	t = SIGN_IN(&w, "login", CAT, ANN_PASSWORD, ann_code(&w), "", "");
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	CHECK_TEXT(t->outcome.user, "annl");
	t = SIGN_IN(&w, "login", CAT, CAT_PASSWORD);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_INT(failures(&w, "annl"), 0);
	CHECK_HAS(COMMAND(&w, "identity", "show", ANN_ID)->seen, CAT);
}

TEST(shared_nobody_joins_with_the_others_password)
{
	struct world w = ann_and_cat(ANN_PASSWORD);
	struct talk *t = ANN(&w, ANN_PASSWORD, "");

	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, TEXT_SHARED_SAME);
	CHECK(!has(t->seen, "does not sign in any more"));
	CHECK(stored(&w, CAT).known && stored(&w, ANN_ID).known);
	CHECK_INT(failures(&w, "cate"), 1);
}

static void guesses_at_cat_s(struct world *root)
{
	for (unsigned i = 0; i < 5; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(root, "login", CAT, "a guess at somebody"));
}

/* It is ann's, too, which the wait keeps from being seen. */
TEST(shared_nobody_joins_while_the_other_s_password_is_not_looked_at)
{
	struct world w = ann_and_cat(ANN_PASSWORD);

	w.meanwhile = guesses_at_cat_s;
	struct talk *t = ANN(&w, "@meanwhile", ANN_PASSWORD, "");
	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, "Please wait 15 seconds");
	CHECK(!has(t->seen, "does not sign in any more"));
	CHECK(stored(&w, CAT).known && stored(&w, ANN_ID).known);
}

TEST(shared_nobody_joins_without_their_own_password)
{
	struct world w = ann_and_cat(CAT_PASSWORD);
	struct talk *t = ANN(&w, CAT_PASSWORD, "");

	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, TEXT_NOT_MATCHED);
	CHECK(!has(t->seen, "does not sign in any more"));
	CHECK_INT(failures(&w, "annl"), 1);
	CHECK_INT(failures(&w, "cate"), 1);
	t = ANN(&w, "", ""); /* nothing typed is nothing counted */
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(failures(&w, "cate"), 1);
	t = SIGN_IN(
		&w, "login", ANN_ID, ANN_PASSWORD, ann_code(&w), "ann@example.net", "@mail", "");
	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, "From now on, sign in as ann@example.net.");
	CHECK(!has(t->seen, "You share"));
}

TEST(shared_nobody_joins_where_a_practice_does_not_allow_it)
{
	struct world w = ann_and_cat(CAT_PASSWORD);

	allow_shared(&w, "stj", false);
	struct talk *t = ANN(&w, "", "");
	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, TEXT_ADDRESS_TAKEN);
	CHECK(!has(t->seen, "Current password"));
	CHECK(stored(&w, CAT).known && stored(&w, ANN_ID).known);
}

/* --- leaving --- */

static struct talk *bob_says(struct world *w, const char *const *words, const char *const *answers)
{
	const char *all[8] = { BOB_PASSWORD };
	char code[8];

	clock_add(w, 60);
	all[1] = strcpy(code, app_code(w, bob_secret, 0));
	for (size_t i = 0; answers[i]; i++)
		all[i + 2] = answers[i];
	w->peer = w->ruid = 20001;
	struct talk *t = command(w, words, all);
	w->peer = w->ruid = 0;
	return t;
}

TEST(shared_an_address_of_ones_own_ends_it)
{
	struct world w = two_people();
	static const char *const words[] = { "email", "bob@example.net", NULL };

	with_messages(&w);
	struct talk *t = bob_says(&w, words, (const char *const[]){ "@mail", NULL });
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	t = SIGN_IN(&w, "login", "bob@example.net", BOB_PASSWORD, "@hang-up");
	CHECK_INT(failures(&w, "adae"), 0);
	clock_add(&w, 60);
	t = SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0), "", "");
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.user, "adae");
}

TEST(shared_no_account_is_linked_whose_practice_does_not_allow_it)
{
	static const char *const words[] = { "link", NULL };
	struct world w = two_people();
	char code[64];

	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "add", "hill", "Hill Clinic"));
	struct talk *t =
		COMMAND(&w, "account", "add", "HC9", "--practice", "hill", "--user", "bob-hill");
	CHECK_VERDICT(GRANTED, t);
	snprintf(code, sizeof code, "%s", last_line(t));
	t = bob_says(&w, words, (const char *const[]){ "HC9", code, "", NULL });
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, TEXT_LINK_SHARED);
	CHECK_HAS(COMMAND(&w, "account", "show", "HC9", "--json")->seen, "\"identity\":null");
	allow_shared(&w, "hill", true);
	t = bob_says(&w, words, (const char *const[]){ "HC9", code, "", NULL });
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
}
