/* SPDX-License-Identifier: Apache-2.0 */
/* What people do with their own YubiKeys. What must hold: a key becomes theirs by two OTPs of its own, newer
 * each than the last, and by nothing else; its secrets are typed unseen; each change is told and audited. */
#include <stdio.h>
#include <string.h>
#include <yubikey.h>

#include "check.h"
#include "factor.h"
#include "people.h"
#include "staff.h"
#include "store/store.h"
#include "text.h"
#include "yubikey_help.h"

#define CHECK_STATUS(s, talk)                                                                      \
	CHECK_TEXT((talk)->outcome.status == (s) ? "as expected" : (talk)->seen, "as expected")
#define PROVE(w) ADA_PASSWORD, code_now(w)

static const char *code_now(struct world *w)
{
	clock_add(w, 60);
	return app_code(w, ada_secret, 0);
}

static struct world ada(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	with_yubikeys(&w);
	enrol_ada(&w);
	return w;
}

static struct talk *sign_in(struct world *w, const char *code)
{
	return SIGN_IN(w, "login", ADA, ADA_PASSWORD, code);
}

TEST(yubikey_add_asks_for_two_touches_and_its_secrets)
{
	struct soft_key k = soft_key(1);
	struct world w = ada();
	const char *one = soft_touch(&k), *two = soft_touch(&k);

	struct talk *t = ADA_SAYS(
		&w, WORDS("yubikey", "add", "Ada's"), PROVE(&w), one, two, k.private, k.aes);
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_TEXT(strstr(t->seen, "Touch"),
		"Touch your YubiKey: \n"
		"And once more: \n"
		"This key is not known here yet. You need what it was programmed with.\n"
		"Its private ID (12 digits and letters a to f, not shown): \n"
		"Its secret key (32 digits and letters a to f, not shown): \n"
		"Ada's is yours now.\nWhen you are asked for a code, touch it.\n");
	CHECK_INT(sign_in(&w, one)->outcome.result, REFUSED);
	CHECK_INT(sign_in(&w, two)->outcome.result, REFUSED);
	t = ADA_SAYS(&w, WORDS("yubikey"), NULL);
	CHECK_TEXT(t->seen, "cccccccccccb                     not used    Ada's\n");
	CHECK_INT(t->asks, 0);
	CHECK_INT(sign_in(&w, soft_touch(&k))->outcome.result, GRANTED);
	t = ADA_SAYS(&w, WORDS("yubikey", "--json"), NULL);
	CHECK_TEXT(t->seen,
		"[{\"name\":\"Ada's\",\"public_id\":\"cccccccccccb\",\"added\":\"2026-05-04T09:02:00Z\","
		"\"last_used\":\"2026-05-04T09:02:00Z\"}\n]\n");
	t = ADA_SAYS(&w, WORDS("yubikey", "add"), PROVE(&w), soft_touch(&k), soft_touch(&k));
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_TEXT(last_line(t), "That key is yours already: Ada's.");
}

TEST(yubikey_is_added_by_whoever_has_proved_who_they_are)
{
	struct soft_key k = soft_key(1);
	struct world w = ada();

	struct talk *t = ADA_SAYS(&w, WORDS("yubikey", "add"), ADA_PASSWORD, "000000",
		soft_touch(&k), soft_touch(&k), k.private, k.aes);
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_INT(t->asks, 2);
	static const char *const verbs[] = { "add", "new" };
	for (size_t i = 0; i < 2; i++) {
		t = COMMAND(&w, "yubikey", verbs[i]);
		CHECK_STATUS(STATUS_NOT_ALLOWED, t);
	}
}

TEST(yubikey_add_wants_otps_that_fit)
{
	struct soft_key k = soft_key(1), other = soft_key(2);
	struct world w = ada();
	const char *one = soft_touch(&k), *two = soft_touch(&k);
	const struct {
		const char *first, *second, *aes, *private;
	} bad[] = { { two, one, k.aes, k.private }, { one, two, other.aes, k.private },
		{ one, two, k.aes, other.private } };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct talk *t = ADA_SAYS(&w, WORDS("yubikey", "add"), PROVE(&w), bad[i].first,
			bad[i].second, bad[i].private, bad[i].aes);

		CHECK_STATUS(STATUS_REFUSED, t);
		CHECK_HAS(last_line(t), "do not fit together");
	}
	struct talk *t = ADA_SAYS(&w, WORDS("yubikey", "add"), PROVE(&w), "CCCC", "000000", one,
		soft_touch(&other), two, "87", k.private, "xyz", k.aes);
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "That is not what a YubiKey types. Is Caps Lock off?");
	CHECK_HAS(t->seen, "That was another key, or another touch");
	CHECK_HAS(t->seen, "Please type exactly 32 digits and letters from a to f.");
	CHECK_HAS(t->seen, "Please type exactly 12 digits and letters from a to f.");
	t = ADA_SAYS(&w, WORDS("yubikey", "add"), PROVE(&w), "1", "2", "3", "4");
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_TEXT(last_line(t), "That is enough tries for now. Please start again.");
	t = ADA_SAYS(&w, WORDS("yubikey", "add"), PROVE(&w), "", "", "");
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_INT(t->asks, 5);
}

/* What was shown becomes a key, as ykman would program it. */
static struct soft_key programmed(const char *seen)
{
	struct soft_key k = { .plugged = 1 };
	char public[64], private[64], aes[64];
	const char *at = strstr(seen, "Public ID:");

	CHECK(at != NULL);
	snprintf(public, sizeof public, "%.12s", at + 12);
	at = strstr(seen, "Private ID:");
	snprintf(private, sizeof private, "%.12s", at + 12);
	at = strstr(seen, "Secret key:");
	snprintf(aes, sizeof aes, "%.32s", at + 12);
	CHECK(public_read(public, &k.key) && hex_read(private, k.key.private, PRIVATE_SIZE) &&
		hex_read(aes, k.key.aes, AES_SIZE));
	memcpy(k.public, public, 13);
	memcpy(k.private, private, 13);
	memcpy(k.aes, aes, 33);
	return k;
}

TEST(yubikey_add_asks_again_for_a_touch_that_is_the_one_before)
{
	struct soft_key k = soft_key(1);
	struct world w = ada();
	const char *one = soft_touch(&k), *two = soft_touch(&k);
	struct talk *t =
		ADA_SAYS(&w, WORDS("yubikey", "add"), PROVE(&w), one, one, two, k.private, k.aes);

	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "it was not touched anew. Please touch it again.");
	t = ADA_SAYS(&w, WORDS("yubikey", "new"), PROVE(&w), "@hang-up");
	struct soft_key made = programmed(t->seen);
	one = soft_touch(&made);
	t = ADA_SAYS(&w, WORDS("yubikey", "add"), PROVE(&w), one, one, one, one);
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_TEXT(last_line(t), "That is enough tries for now. Please start again.");
}

TEST(yubikey_that_nothing_asks_for_is_told_to_be_so)
{
	struct soft_key k = soft_key(1);
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	const char *one = soft_touch(&k), *two = soft_touch(&k);
	struct talk *t =
		ADA_SAYS(&w, WORDS("yubikey", "add"), PROVE(&w), one, two, k.private, k.aes);
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(last_line(t), "Nothing on this machine asks for it yet");
	CHECK(!strstr(t->seen, "When you are asked for a code"));
	CHECK_HAS(ADA_SAYS(&w, WORDS("status"), NULL)->seen,
		"YubiKey: set up, but nothing on this machine asks for it\n");
	with_yubikeys(&w);
	CHECK_HAS(ADA_SAYS(&w, WORDS("status"), NULL)->seen, "YubiKey: works\n");
}

/* Cut off after the secrets were shown: "add" goes on there. */
TEST(yubikey_new_shows_what_to_program)
{
	struct world w = ada();

	struct talk *t = ADA_SAYS(&w, WORDS("yubikey", "new"), PROVE(&w), "@hang-up");
	CHECK_HAS(t->seen, "ykman otp yubiotp 2\nPublic ID:  vv");
	CHECK_HAS(t->seen, "Touch your YubiKey for three seconds: ");
	struct soft_key k = programmed(t->seen);
	const char *one = soft_touch(&k), *two = soft_touch(&k);
	t = ADA_SAYS(&w, WORDS("yubikey", "add"), PROVE(&w), one, two, k.private, k.aes);
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "YubiKey is yours now.\n");
	CHECK_INT(sign_in(&w, soft_touch(&k))->outcome.result, GRANTED);
	struct talk again = *ADA_SAYS(&w, WORDS("yubikey", "new"), PROVE(&w), "@hang-up");
	struct soft_key next = programmed(again.seen);
	CHECK(memcmp(next.key.aes, k.key.aes, AES_SIZE) != 0);
	CHECK(memcmp(next.key.private, k.key.private, PRIVATE_SIZE) != 0);
	CHECK(memcmp(next.key.public, k.key.public, 6) != 0);
}

TEST(yubikey_new_takes_the_key_that_was_just_programmed)
{
	struct world w = ada();
	struct soft_key other = soft_key(3);
	struct talk *t = ADA_SAYS(&w, WORDS("yubikey", "new", "Green"), PROVE(&w),
		soft_touch(&other), soft_touch(&other), soft_touch(&other));

	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "That was another key, or another touch");
	CHECK_HAS(ADA_SAYS(&w, WORDS("yubikey"), NULL)->seen, "You have no YubiKey.");
}

TEST(yubikeys_have_names_of_their_own)
{
	struct soft_key k[4];
	struct world w = ada();

	for (unsigned i = 0; i < 4; i++)
		k[i] = soft_key(i + 1);
	ada_adds(&w, &k[0], NULL);
	ada_adds(&w, &k[1], NULL);
	ada_adds(&w, &k[2], "Blue");
	struct talk *t = ADA_SAYS(&w, WORDS("yubikey"), NULL);
	CHECK_HAS(t->seen, "YubiKey\n");
	CHECK_HAS(t->seen, "YubiKey 2\n");
	CHECK_HAS(t->seen, "Blue\n");
	t = ADA_SAYS(&w, WORDS("yubikey", "add", "BLUE"), PROVE(&w), soft_touch(&k[3]),
		soft_touch(&k[3]), k[3].private, k[3].aes);
	CHECK_STATUS(STATUS_EXISTS, t);
	static const char *const bad[] = { "", "two\nlines", "\x1b[31m", "a:b",
		"a name of more than forty letters is too long" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		CHECK_STATUS(STATUS_REFUSED, ADA_SAYS(&w, WORDS("yubikey", "add", bad[i]), NULL));
		CHECK_STATUS(STATUS_REFUSED,
			ADA_SAYS(&w, WORDS("yubikey", "rename", "Blue", bad[i]), NULL));
	}
}

TEST(yubikey_is_renamed_and_removed)
{
	struct soft_key k = soft_key(1), other = soft_key(2);
	struct world w = ada();

	ada_adds(&w, &k, "Blue");
	ada_adds(&w, &other, "Green");
	struct talk *t = ADA_SAYS(&w, WORDS("yubikey", "rename", "Blue", "Old one"), PROVE(&w));
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_TEXT(last_line(t), "It is called Old one now.");
	CHECK_STATUS(STATUS_DONE,
		ADA_SAYS(&w, WORDS("yubikey", "rename", "old one", "Old One"), PROVE(&w)));
	CHECK_STATUS(STATUS_EXISTS,
		ADA_SAYS(&w, WORDS("yubikey", "rename", "Old One", "green"), PROVE(&w)));
	CHECK_STATUS(
		STATUS_NO_SUCH, ADA_SAYS(&w, WORDS("yubikey", "rename", "Blue", "Red"), PROVE(&w)));
	t = ADA_SAYS(&w, WORDS("yubikey", "remove", "Old One"), ADA_PASSWORD, "000000");
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_INT(sign_in(&w, soft_touch(&k))->outcome.result, GRANTED);
	t = ADA_SAYS(&w, WORDS("yubikey", "remove", "Old One"), PROVE(&w));
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_TEXT(last_line(t), "Old One does not sign you in any more.");
	CHECK_INT(sign_in(&w, soft_touch(&k))->outcome.result, REFUSED);
	CHECK_INT(sign_in(&w, soft_touch(&other))->outcome.result, GRANTED);
	CHECK_STATUS(
		STATUS_DONE, ADA_SAYS(&w, WORDS("yubikey", "remove", other.public), PROVE(&w)));
	CHECK_STATUS(STATUS_NO_SUCH, ADA_SAYS(&w, WORDS("yubikey", "remove", "Green"), PROVE(&w)));
	CHECK_HAS(ADA_SAYS(&w, WORDS("yubikey"), NULL)->seen, "You have no YubiKey.");
}

TEST(a_person_has_eight_yubikeys_at_most)
{
	struct world w = ada();
	struct soft_key k;

	for (unsigned i = 1; i <= YUBIKEYS_MAX; i++) {
		k = soft_key(i);
		ada_adds(&w, &k, NULL);
	}
	struct talk *t = ADA_SAYS(&w, WORDS("yubikey", "add"), PROVE(&w));
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(last_line(t), "You have 8 YubiKeys");
	CHECK_INT(sign_in(&w, soft_touch(&k))->outcome.result, GRANTED);
}

static struct soft_key raced;
static const char *raced_name;

static void add_raced(struct world *w)
{
	struct talk *t = ADA_SAYS(w, WORDS("yubikey", "add", raced_name), ADA_PASSWORD,
		app_code(w, ada_secret, 1), soft_touch(&raced), soft_touch(&raced), raced.private,
		raced.aes);

	CHECK_STATUS(STATUS_DONE, t);
}

/* In another conversation, at the last prompt of this one. */
TEST(what_was_added_meanwhile_is_not_added_again)
{
	struct soft_key k = soft_key(1), other = soft_key(2);
	struct world w = ada();

	w.meanwhile = add_raced;
	raced = k;
	raced_name = "Blue";
	struct talk *t = ADA_SAYS(&w, WORDS("yubikey", "add", "Red"), PROVE(&w), soft_touch(&k),
		soft_touch(&k), k.private, "@meanwhile", k.aes);
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_TEXT(last_line(t), "Something has changed meanwhile. Please try again.");
	raced = soft_key(3);
	raced_name = "Red";
	clock_add(&w, 60);
	t = ADA_SAYS(&w, WORDS("yubikey", "add", "Red"), PROVE(&w), soft_touch(&other),
		soft_touch(&other), other.private, "@meanwhile", other.aes);
	CHECK_STATUS(STATUS_EXISTS, t);
	w.meanwhile = NULL;
	clock_add(&w, 60);
	t = ADA_SAYS(&w, WORDS("yubikey", "add"), PROVE(&w), soft_touch(&other), soft_touch(&other),
		other.private, "@disable", other.aes);
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(last_line(t), "switched off");
}

/* Told on every verified channel, and in the audit without a secret. */
TEST(each_change_of_a_yubikey_is_told)
{
	struct soft_key k = soft_key(1);
	struct world w = staff();

	with_yubikeys(&w);
	ada_adds(&w, &k, "Blue");
	for (unsigned i = 0; i < 3; i++) {
		const struct message *m = queued_message(&w, CHANNEL_EMAIL, 0);

		CHECK_TEXT(m->to, ADA);
		CHECK_TEXT(m->template, "changed");
		CHECK_TEXT(m->what, "Your YubiKeys were changed");
		CHECK(queued_message(&w, CHANNEL_EMAIL, i) &&
			!queued_message(&w, CHANNEL_EMAIL, i + 1));
		if (i == 0)
			CHECK_STATUS(STATUS_DONE,
				ADA_SAYS(&w, WORDS("yubikey", "rename", "Blue", "Red"), PROVE(&w)));
		if (i == 1)
			CHECK_STATUS(STATUS_DONE,
				ADA_SAYS(&w, WORDS("yubikey", "remove", "Red"), PROVE(&w)));
	}
	const char *said = COMMAND(&w, "audit", "--json")->seen;
	CHECK_HAS(said, "\"yubikey cccccccccccb\"");
	CHECK_HAS(said, audit_event_name(AUDIT_CREDENTIAL_REMOVED));
	CHECK(!strstr(said, k.aes) && !strstr(said, k.private));
}

TEST(yubikey_add_says_when_nothing_asks_for_one)
{
	struct soft_key k = soft_key(1);
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct talk *t = ADA_SAYS(&w, WORDS("yubikey", "add"), PROVE(&w), soft_touch(&k),
		soft_touch(&k), k.private, k.aes);
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_TEXT(last_line(t),
		"Nothing on this machine asks for it yet: please tell your system administrator.");
}

TEST(yubikey_without_a_public_identity_is_one_too)
{
	struct soft_key k = soft_key(1);
	struct world w = ada();

	k.key.npublic = 0;
	ada_adds(&w, &k, "Plain");
	CHECK_INT(sign_in(&w, soft_touch(&k))->outcome.result, GRANTED);
	CHECK_HAS(ADA_SAYS(&w, WORDS("yubikey"), NULL)->seen, "-     ");
}

/* A shift begins by a touch as by any code, and ends with the key that is taken away. */
TEST(a_shift_ends_with_a_yubikey_that_is_taken_away)
{
	struct soft_key k = soft_key(1), other = soft_key(2);
	struct world w = ada(), at_lock;
	struct service *s = &w.conf.service[w.conf.nservices++];

	*s = w.conf.service[0];
	s->local = s->shift = true;
	snprintf(s->name, sizeof s->name, "%s", "vlock");
	ada_adds(&w, &k, "Blue");
	CHECK_INT(sign_in(&w, soft_touch(&k))->outcome.result, GRANTED);
	CHECK_INT(converse(&w, PURPOSE_OPEN, "login", "adae", (const char *const[]){ NULL })
			  ->outcome.result,
		GRANTED);
	w.ticket[0] = 0;
	ada_adds(&w, &other, "Green");
	at_lock = w;
	at_lock.peer = at_lock.ruid = ADA_UID_HERE;
	CHECK_INT(SIGN_IN(&at_lock, "vlock", "adae", ADA_PIN)->outcome.result, GRANTED);
	CHECK_STATUS(STATUS_DONE, ADA_SAYS(&w, WORDS("yubikey", "remove", "Green"), PROVE(&w)));
	at_lock.now = w.now;
	struct talk *t = SIGN_IN(&at_lock, "vlock", "adae", ADA_PIN);
	CHECK_INT(t->outcome.result, REFUSED);
	CHECK_HAS(t->seen, "Password: ");
}

/* Nobody shuts themselves out of a practice or a service that takes nothing else of theirs. */
TEST(a_yubikey_that_some_service_or_practice_asks_for_is_not_removed)
{
	struct soft_key k = soft_key(1), other = soft_key(2);
	struct world w = ada();

	ada_adds(&w, &k, "Blue");
	w.conf.service[1].step[1] = 1u << FACTOR_YUBIKEY; /* sshd */
	struct talk *t = ADA_SAYS(&w, WORDS("yubikey", "remove", "Blue"), PROVE(&w));
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_TEXT(last_line(t), TEXT_YUBIKEY_LAST);
	w.conf.service[1].step[1] |= 1u << FACTOR_TOTP;
	CHECK_INT(COMMAND(&w, "practice", "set", "stj", "--require", "yubikey")->outcome.result,
		GRANTED);
	CHECK_STATUS(STATUS_REFUSED, ADA_SAYS(&w, WORDS("yubikey", "remove", "Blue"), PROVE(&w)));
	clock_add(&w, 60);
	ada_adds(&w, &other, "Green");
	CHECK_STATUS(STATUS_DONE, ADA_SAYS(&w, WORDS("yubikey", "remove", "Blue"), PROVE(&w)));
	CHECK_STATUS(STATUS_REFUSED, ADA_SAYS(&w, WORDS("yubikey", "remove", "Green"), PROVE(&w)));
	CHECK_INT(COMMAND(&w, "practice", "set", "stj", "--require", "none")->outcome.result,
		GRANTED);
	CHECK_STATUS(STATUS_DONE, ADA_SAYS(&w, WORDS("yubikey", "remove", "Green"), PROVE(&w)));
}

TEST(yubikey_stands_among_what_one_signs_in_with)
{
	struct soft_key k = soft_key(1);
	struct world w = ada();

	CHECK(!strstr(ADA_SAYS(&w, WORDS("second"), NULL)->seen, "YubiKey"));
	ada_adds(&w, &k, "Ada's");
	CHECK_HAS(ADA_SAYS(&w, WORDS("second"), NULL)->seen, "YubiKey         set up");
	CHECK_HAS(ADA_SAYS(&w, WORDS("status"), NULL)->seen, "\nYubiKey: works\n");
}
