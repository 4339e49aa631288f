/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that do not open. What must hold: a damaged second factor is none that is missing: nobody goes on
 * without it, and nothing is set up in its place. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "legacy.h"
#include "people.h"
#include "store/store.h"
#include "text.h"

struct harm {
	char name[SIGN_IN_NAME_MAX + 1];
	uint8_t factor;
};

/* The last byte of the row, which is of its seal. */
static int harm(struct txn *t, void *arg)
{
	const struct harm *h = arg;
	uint8_t key[ID_BYTES + 1], copy[4096];
	struct person p;
	struct bytes row;
	int r = person_by_name(t, h->name, &p);

	if (r < 0)
		return r;
	memcpy(key, p.owner.bytes, ID_BYTES);
	key[ID_BYTES] = h->factor;
	if ((r = txn_get(t, TABLE_CREDENTIAL, key, sizeof key, &row)) < 0)
		return r;
	memcpy(copy, row.p, row.len);
	copy[row.len - 1] ^= 1;
	return txn_put(t, TABLE_CREDENTIAL, key, sizeof key, copy, row.len);
}

static void damage(struct world *w, const char *name, enum factor_id factor)
{
	struct harm h = { .factor = (uint8_t)factor };

	CHECK(name_normal(name, h.name));
	CHECK_INT(in_store(w, harm, &h, sizeof h), 0);
}

/* ada, enrolled, and ann's account, which signs in with a password and an app. */
static struct world ada_and_ann(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ann(&w);
	w.conf.sendmail[0] = w.conf.sms[0] = 0;
	CHECK_INT(COMMAND(&w, "practice", "add", "hill", "Hill Clinic")->outcome.result, GRANTED);
	struct talk *t = COMMAND(&w, "identity", "add", ADA, "--name", "Ada Example");
	char code[64];
	snprintf(code, sizeof code, "%s", last_line(t));
	CHECK_INT(COMMAND(&w, "account", "add", "HC1", "--practice", "hill", "--identity", ADA,
			  "--user", "adae")
			  ->outcome.result,
		GRANTED);
	t = SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@totp", "yes", ADA_PIN,
		ADA_PIN);
	const char *at = strstr(t->seen, "Secret: ");
	CHECK_TEXT(t->outcome.result == GRANTED && at ? "granted" : t->seen, "granted");
	snprintf(ada_secret, sizeof ada_secret, "%.*s", (int)strcspn(at + 8, "\n"), at + 8);
	return w;
}

/* ada links ann's account, whose password and no more she gives. */
static struct talk *link_by_password(struct world *w)
{
	struct world ada = *w;
	char code[16];

	clock_add(w, 60);
	ada.now = w->now;
	ada.peer = ada.ruid = stored(w, "adae").account.uid;
	snprintf(code, sizeof code, "%s", app_code(w, ada_secret, 0));
	return command(&ada, (const char *const[]){ "link", NULL },
		(const char *const[]){ ADA_PASSWORD, code, ANN_ID, ANN_PASSWORD, "", NULL });
}

TEST(a_damaged_app_is_not_no_app_to_who_links)
{
	struct world w = ada_and_ann();

	CHECK(link_by_password(&w)->outcome.result != GRANTED);
	damage(&w, ANN_ID, FACTOR_TOTP);
	CHECK(link_by_password(&w)->outcome.result != GRANTED);
	CHECK(!stored(&w, ANN_ID).has_identity);
}

/* ada is behind her new activation code, and whatever is damaged was set up before. */
static void not_set_up_again(unsigned answers, enum factor_id factor)
{
	static const char *const all[] = { ADA_PASSWORD, ADA_PASSWORD, "@totp", "yes" };
	struct world w = world_at("2026-05-04 09:00:00");
	char code[64];
	const char *script[8] = { code };

	snprintf(code, sizeof code, "%s", add_ada(&w));
	for (unsigned i = 0; i < answers; i++)
		script[i + 1] = all[i];
	script[answers + 1] = "@hang-up";
	CHECK(converse(&w, PURPOSE_AUTH, "login", ADA, script)->hung_up);
	damage(&w, ADA, factor);
	struct talk *t =
		SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, "@totp", "yes", ADA_PIN, ADA_PIN);
	CHECK(t->outcome.result != GRANTED);
	CHECK_INT(t->asks, 2);
	CHECK(strstr(t->seen, "Secret: ") == NULL);
}

TEST(a_damaged_app_is_not_set_up_again)
{
	not_set_up_again(3, FACTOR_TOTP);
}

TEST(damaged_recovery_codes_are_not_set_up_again)
{
	not_set_up_again(4, FACTOR_RECOVERY);
}

TEST(an_app_s_damaged_secret_is_not_shown_anew)
{
	not_set_up_again(2, (enum factor_id)FACTOR_TOTP_NEW);
}
