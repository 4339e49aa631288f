/* SPDX-License-Identifier: Apache-2.0 */
/* Codes of every kind are second factors. What must hold: whoever has one of them, whichever it is, is never
 * taken for somebody who has none; and each begins a shift. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "store/store.h"
#include "unit/linking.h"
#include "unit/yubikey_help.h"

struct leave {
	struct id owner;
	enum factor_id only;
};

/* A row that does not open is one that is there. */
static int leave_only(struct txn *t, void *arg)
{
	static const enum factor_id codes[] = { FACTOR_TOTP, FACTOR_RECOVERY, FACTOR_SMS,
		FACTOR_YUBIKEY };
	const struct leave *l = arg;
	uint8_t key[ID_BYTES + 1];
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof codes / sizeof *codes; i++)
		r = credential_del(t, &l->owner, codes[i]);
	memcpy(key, l->owner.bytes, ID_BYTES);
	key[ID_BYTES] = (uint8_t)l->only;
	return r < 0 ? r : txn_put(t, TABLE_CREDENTIAL, key, sizeof key, "?", 1);
}

static int find_ada(struct txn *t, void *arg)
{
	return person_by_name(t, ADA, arg);
}

static struct world ada_with_only(enum factor_id only)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct leave l = { .only = only };
	struct person ada;

	enrol_ada(&w);
	CHECK_INT(in_store(&w, find_ada, &ada, sizeof ada), 0);
	l.owner = ada.owner;
	CHECK_INT(in_store(&w, leave_only, &l, sizeof l), 0);
	return w;
}

/* By nothing but a password, and a code to the address, nobody comes to enrolment. */
static void check_enrolment(enum factor_id only)
{
	struct world w = ada_with_only(only);

	with_messages(&w);
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "", "", "");
	CHECK_VERDICT(REFUSED, t);
	CHECK(!strstr(t->seen, "e-mail"));
	CHECK_INT(t->asks, 4);
}

TEST(recovery_codes_alone_keep_a_password_from_enrolment)
{
	check_enrolment(FACTOR_RECOVERY);
}

TEST(text_messages_alone_keep_a_password_from_enrolment)
{
	check_enrolment(FACTOR_SMS);
}

TEST(a_yubikey_alone_keeps_a_password_from_enrolment)
{
	check_enrolment(FACTOR_YUBIKEY);
}

/* A manager who changes somebody is asked for it. */
static void check_manager(enum factor_id only)
{
	struct world w = ada_with_only(only);

	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--manager", ADA));
	struct talk *t =
		ada_says(&w, WORDS("practice", "set", "stj", "--name", "St J"), WORDS("", "", ""));
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Please type a code of your own.\nCode: \n");
}

TEST(recovery_codes_alone_are_asked_of_a_manager)
{
	check_manager(FACTOR_RECOVERY);
}

TEST(text_messages_alone_are_asked_of_a_manager)
{
	check_manager(FACTOR_SMS);
}

TEST(a_yubikey_alone_is_asked_of_a_manager)
{
	check_manager(FACTOR_YUBIKEY);
}

/* The password of an account links it only where there is none. */
static void check_link(enum factor_id only)
{
	struct world w = ada_and_ben();
	struct leave l = { .only = only };

	SIGN_IN(&w, "login", BEN, ben_activation, BEN_PASSWORD, BEN_PASSWORD, "@hang-up");
	l.owner = ben_now(&w).who.owner;
	CHECK_INT(in_store(&w, leave_only, &l, sizeof l), 0);
	clock_add(&w, 60);
	const char *code = app_code(&w, ada_secret, 0);
	struct talk *t = ada_says(
		&w, WORDS("link"), WORDS(ADA_PASSWORD, code, BEN, BEN_PASSWORD, "", "", ""));
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(last_line(t), WRONG);
	CHECK(!is_linked(&w));
}

TEST(text_messages_alone_keep_an_account_from_being_linked)
{
	check_link(FACTOR_SMS);
}

TEST(a_yubikey_alone_keeps_an_account_from_being_linked)
{
	check_link(FACTOR_YUBIKEY);
}

TEST(a_yubikey_and_a_recovery_code_begin_a_shift)
{
	struct soft_key k = soft_key(1);
	struct world w = world_at("2026-05-04 09:00:00");
	char code[64];

	with_yubikeys(&w);
	enrol_ada(&w);
	ada_adds(&w, &k, NULL);
	clock_add(&w, 600);
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, soft_touch(&k)));
	struct talk *t = ada_says(&w, WORDS("status"), WORDS(NULL));
	CHECK_HAS(t->seen, "begun at tty1 with password and YubiKey.");
	snprintf(code, sizeof code, "%s", shown_code(ada_seen, 1));
	clock_add(&w, 600);
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, code, ""));
	t = ada_says(&w, WORDS("status"), WORDS(NULL));
	CHECK_HAS(t->seen, "begun at tty1 with password and recovery code.");
}
