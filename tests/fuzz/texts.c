/* SPDX-License-Identifier: Apache-2.0 */
/* Short texts that people and programs type: the first byte says what the rest is taken for. What must hold: what
 * was taken has one form, which is taken again for the same; what was refused leaves the output alone. */
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "fuzz.h"
#include "hours.h"
#include "log.h"
#include "name.h"
#include "outbox_text.h"
#include "people.h"
#include "pwcrypt.h"
#include "seal.h"
#include "since.h"
#include "ssh_key.h"
#include "token.h"
#include "yubikey.h"

static const uint64_t now = 1777885200; /* 2026-05-04 09:00:00 */

static void try_name(const char *text)
{
	char a[SIGN_IN_NAME_MAX + 1] = "before", b[SIGN_IN_NAME_MAX + 1];

	if (!name_normal(text, a)) {
		HOLDS(strcmp(a, "before") == 0);
		HOLDS(!name_is_user(text));
		return;
	}
	HOLDS(strlen(a) == strlen(text) && !strpbrk(a, " /:,'\"\\ABCXYZ") && *a != '-' &&
		*a != '.');
	HOLDS(name_normal(a, b) && strcmp(a, b) == 0);
	HOLDS(name_is_email(a) == (strchr(text, '@') != NULL));
	if (name_is_user(text))
		HOLDS(strcmp(a, text) == 0 && strlen(a) <= USER_NAME_MAX && !strchr(a, '@'));
}

static void try_mobile(const char *text)
{
	char a[MOBILE_MAX + 1] = "-", b[MOBILE_MAX + 1];

	if (!mobile_normal(text, a)) {
		HOLDS(strcmp(a, "-") == 0);
		return;
	}
	HOLDS(a[0] == '+' && a[1] != '0' && strspn(a + 1, "0123456789") == strlen(a + 1));
	HOLDS(mobile_normal(a, b) && strcmp(a, b) == 0);
}

static void try_number(const char *text)
{
	uint64_t v = 3;

	if (parse_u64(text, 10, 1000000, &v))
		HOLDS(v >= 10 && v <= 1000000 && v == strtoull(text, NULL, 10) && *text >= '0');
	else
		HOLDS(v == 3);
}

static void try_token(const char *text)
{
	uint8_t a[TOKEN_BYTES], b[TOKEN_BYTES];
	char shown[TOKEN_TEXT];
	unsigned slot = 0, again;

	if (token_parse(text, a)) {
		token_text(a, shown);
		HOLDS(token_parse(shown, b) && memcmp(a, b, sizeof a) == 0);
	}
	if (recovery_code_parse(text, &slot, a)) {
		HOLDS(slot >= 1 && slot <= RECOVERY_SLOTS);
		recovery_code_text(slot, a, shown);
		HOLDS(recovery_code_parse(shown, &again, b) && again == slot &&
			memcmp(a, b, sizeof a) == 0);
	}
}

static void try_recovery_key(const char *text)
{
	uint8_t a[KEY_BYTES], b[KEY_BYTES];
	char shown[RECOVERY_TEXT];

	if (recovery_parse(text, a) != 0)
		return;
	recovery_text(a, shown);
	HOLDS(recovery_parse(shown, b) == 0 && memcmp(a, b, sizeof a) == 0);
}

static void try_yubikey(const char *text)
{
	struct yubikey k = { .npublic = 3 }, again = { .npublic = 0 };
	char shown[PUBLIC_TEXT];
	uint8_t six[PRIVATE_SIZE];
	struct otp o;

	if (otp_read(text, &o)) {
		HOLDS(o.npublic <= PUBLIC_MAX && strlen(text) == OTP_MIN + 2 * o.npublic);
		memcpy(k.aes, "0123456789abcdef", AES_SIZE);
		HOLDS(otp_counter(&o, &k) == 0 ||
			memcmp(k.private, "\0\0\0\0\0\0", PRIVATE_SIZE) == 0);
	}
	k.npublic = 3;
	if (public_read(text, &k)) {
		HOLDS(k.npublic <= PUBLIC_MAX);
		if (k.npublic > 0)
			HOLDS(public_read(public_text(&k, shown), &again) &&
				same_public(&k, &again));
	}
	(void)hex_read(text, six, sizeof six);
}

static void try_hours(const char *text)
{
	char a[PRACTICE_HOURS_MAX + 1], b[PRACTICE_HOURS_MAX + 1], error[HOURS_ERROR_MAX] = "";

	if (!hours_normal(text, a, error)) {
		HOLDS(*error);
		return;
	}
	HOLDS(!*a || (hours_normal(a, b, error) && strcmp(a, b) == 0)); /* "": always */
	bool open = false;
	for (unsigned h = 0; h < 7 * 24; h++)
		open |= hours_open(a, now + 3600 * h + 1800) || hours_open(a, now + 3600 * h);
	HOLDS(open || *a); /* minutes between two of those may be all there are */
}

static void try_times(const char *text)
{
	struct rollout r = { .from = 1 };
	enum names names;
	uint64_t at = 1;

	if (parse_since(text, now, &at))
		HOLDS(at <= now || strlen(text) >= 10);
	if (parse_day(text, &at))
		HOLDS(strlen(text) == 10 && at > 0);
	(void)parse_deadline(text, &at);
	if (parse_rollout(text, &r))
		HOLDS(r.days <= 366 && (r.from == 0) == (r.days == 0));
	if (parse_rollout_ask(text, &r))
		HOLDS(r.ask <= ROLLOUT_REQUIRED && (r.ask == ROLLOUT_NAG) == (r.times > 0));
	if (parse_names(text, &names))
		HOLDS(names <= NAMES_FIRST);
}

static void try_ssh_key(const char *text)
{
	static struct ssh_key a, b;
	char shown[SSH_TEXT_MAX], print[SSH_PRINT_MAX], type[SSH_PRINT_MAX];

	if (!ssh_key_parse(text, &a)) {
		HOLDS(a.len <= SSH_BLOB_MAX);
		ssh_key_text(&a, shown);
		ssh_key_print(&a, print);
		ssh_key_type(&a, type);
		HOLDS(strncmp(shown, type, strlen(type)) == 0 && strncmp(print, "SHA256:", 7) == 0);
		HOLDS(!ssh_key_parse(shown, &b) && a.len == b.len &&
			memcmp(a.blob, b.blob, a.len) == 0 &&
			memcmp(a.hash, b.hash, sizeof a.hash) == 0);
	}
	if (ssh_key_proved(text, &a))
		HOLDS(a.len <= SSH_BLOB_MAX && strncmp(text, "publickey ", 10) == 0);
}

static void try_crypt(const char *text)
{
	const char *why = pwcrypt_problem(text);

	HOLDS(why || (strlen(text) < CRYPT_TEXT && *text == '$'));
	if (why || strncmp(text, "$5$rounds=1000$", 15) == 0) /* others take their time */
		HOLDS(pwcrypt_matches(text, "x") != 1);
}

/* Nothing that ends a line or hides, whatever room there is. */
static void try_visible(const char *text)
{
	char all[4096], little[16];
	const char *s = visible(text, all, sizeof all);

	for (const char *p = s; *p; p++)
		HOLDS((unsigned char)*p >= ' ' && *p != 0x7f);
	char *again = strdup(s);
	HOLDS(again && strlen(s) < sizeof all &&
		strcmp(visible(again, all, sizeof all), again) == 0);
	free(again);
	HOLDS(strlen(visible(text, little, sizeof little)) < sizeof little);
	if (people_name_good(text, PERSON_NAME_MAX))
		HOLDS(*text && strlen(text) <= PERSON_NAME_MAX && !strpbrk(text, ":\\\n"));
}

static void try_outbox(const char *text)
{
	static struct queued q, again;
	static char out[8192];

	if (!outbox_get(text, &q))
		return;
	HOLDS(q.message.channel == CHANNEL_EMAIL || q.message.channel == CHANNEL_SMS);
	HOLDS(outbox_put(&q, out, sizeof out));
	HOLDS(outbox_get(out, &again) && again.number == q.number && again.made == q.made &&
		strcmp(q.message.to, again.message.to) == 0 &&
		strcmp(q.message.what, again.message.what) == 0 &&
		q.message.minutes == again.message.minutes);
	queued_wipe(&q);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	HOLDS(setenv("TZ", "Europe/London", 1) == 0);
	return 0;
}

void fuzz_one(const uint8_t *p, size_t len)
{
	struct fuzz_input in = { p, len };
	uint8_t which = fuzz_byte(&in);
	char *text = fuzz_rest(&in);

	switch (which) {
	case 'n': try_name(text); break;
	case 'm': try_mobile(text); break;
	case 'u': try_number(text); break;
	case 't': try_token(text); break;
	case 'r': try_recovery_key(text); break;
	case 'y': try_yubikey(text); break;
	case 'h': try_hours(text); break;
	case 's': try_times(text); break;
	case 'k': try_ssh_key(text); break;
	case 'c': try_crypt(text); break;
	case 'v': try_visible(text); break;
	case 'o': try_outbox(text); break;
	}
	free(text);
}
