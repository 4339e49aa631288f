/* SPDX-License-Identifier: Apache-2.0 */
/* How far a manager reaches. What must hold: no further than their practice's own people, and nothing that
 * they do takes from others what is theirs. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "staff.h"
#include "store/store.h"

static void is_refused(const struct talk *t)
{
	CHECK_INT(t->outcome.result, REFUSED);
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
}

static struct talk *invite_as_user(struct world *w, const char *user)
{
	return COMMAND(w, "invite", "--practice", "stj", "--name", "Fay New", "--user", user);
}

TEST(a_manager_names_system_users_of_their_practice_alone)
{
	static const char *const no[] = { "docker", "postgres", "wheel", "newcomer", "stj", "-stj",
		"fay-hill", "faystj", "fay-stj2" };
	struct world w = staff(), ada = as_person(&w, ADA_UID);

	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		is_refused(invite_as_user(&ada, no[i]));
	CHECK_INT(invite_as_user(&ada, "fay-stj")->outcome.result, GRANTED);
	CHECK_INT(invite_as_user(&w, "fay")->outcome.result, GRANTED); /* root's is root's */
}

TEST(nobody_takes_the_names_of_hcauth_s_own_users)
{
	static const char *const no[] = { "newcomer", "hcauthd", "hcauth-courier" };
	struct world w = staff();

	for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
		is_refused(invite_as_user(&w, no[i]));
		is_refused(COMMAND(&w, "account", "add", "HC9", "--practice", "stj", "--user",
			no[i], "--existing"));
		is_refused(COMMAND(
			&w, "account", "add", no[i], "--practice", "stj", "--user", "nine"));
		is_refused(COMMAND(&w, "account", "add", "HC9", "--practice", "stj", "--user",
			"nine", "--groups", no[i]));
	}
	COMMAND(&w, "practice", "add", "courier", "Courier Surgery");
	is_refused(COMMAND(&w, "invite", "--practice", "courier", "--name", "Fay New", "--user",
		"hcauth-courier"));
}
