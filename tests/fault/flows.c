/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in, with whatever goes wrong. What must hold: nobody gets in without the factors; a code that let somebody
 * in is spent; a failure that was told is counted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault/trial.h"
#include "unit/sms_world.h"
#include "unit/ssh_lines.h"
#include "unit/staff.h"
#include "unit/yubikey_help.h"

#define SIGNS_IN(id, how, good)                                                                    \
	TRIAL(id, .right = true, .make = how, .act = good, .judge = judge_right)
#define IS_REFUSED(id, how, bad, of, from)                                                         \
	TRIAL(id, .make = how, .act = bad, .judge = judge_wrong, .factor = of, .source = from)

enum { WRONG_STEPS = 9 }; /* so far off is a code that is good later */

static struct world ready(struct world w)
{
	ada_s_secrets(&w);
	judge_next(&w);
	clock_add(&w, 60);
	return w;
}

static struct world ada(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	return ready(w);
}

/* --- password, app --- */

static struct talk *with_totp(struct world *w)
{
	return SIGN_IN(w, "login", ADA, ADA_PASSWORD, app_code(w, ada_secret, 0));
}
SIGNS_IN(dl09_sf03_sf04_sf05_sf06_totp_right, ada, with_totp)

static struct talk *with_wrong_totp(struct world *w)
{
	return SIGN_IN(w, "login", ADA, ADA_PASSWORD, app_code(w, ada_secret, WRONG_STEPS));
}
IS_REFUSED(dl09_sf03_sf04_sf05_sf06_totp_wrong, ada, with_wrong_totp, FACTOR_TOTP, SOURCE_LOCAL)

static struct talk *with_wrong_password(struct world *w)
{
	return SIGN_IN(w, "login", ADA, "not this one", app_code(w, ada_secret, 0));
}
IS_REFUSED(dl09_sf05_password_wrong, ada, with_wrong_password, FACTOR_PASSWORD, SOURCE_LOCAL)

static struct talk *with_wrong_password_far(struct world *w)
{
	w->rhost = "192.0.2.7";
	struct talk *t = SIGN_IN(w, "sshd", ADA, "not this one", app_code(w, ada_secret, 0));
	w->rhost = "";
	return t;
}
IS_REFUSED(
	dl09_sf05_password_wrong_far, ada, with_wrong_password_far, FACTOR_PASSWORD, SOURCE_NETWORK)

/* --- recovery codes --- */

static struct talk *with_recovery(struct world *w)
{
	return SIGN_IN(w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 2), "");
}
SIGNS_IN(dl09_sf05_recovery_right, ada, with_recovery)

static struct world ada_without_a_code(void)
{
	struct world w = ada();

	CHECK_GRANTED(with_recovery(&w));
	clock_add(&w, 60);
	return w;
}
IS_REFUSED(
	dl09_sf05_recovery_spent, ada_without_a_code, with_recovery, FACTOR_RECOVERY, SOURCE_LOCAL)

/* --- text messages --- */

static struct world ada_with_sms(void)
{
	return ready(ada_with_texts(FACTOR_SMS));
}

static struct talk *with_sms(struct world *w)
{
	return SIGN_IN(w, "login", ADA, ADA_PASSWORD, "@sms");
}

/* Another try sends another code. */
static void judge_sms(const struct run *r)
{
	bool committed = r->after.events[AUDIT_SIGN_IN] > r->before.events[AUDIT_SIGN_IN];
	char code[32];

	CHECK(committed || r->t->outcome.result != GRANTED);
	if (committed) {
		snprintf(code, sizeof code, "%s", texted(r->w));
		secret_now("a code of a text message", code);
		CHECK_INT(SIGN_IN(r->w, "login", ADA, ADA_PASSWORD, code)->outcome.result, REFUSED);
	} else
		CHECK_GRANTED(with_sms(r->w));
	judge_next(r->w);
}
TRIAL(dl09_sf05_sms_right, .right = true, .make = ada_with_sms, .act = with_sms, .judge = judge_sms)

static struct talk *with_wrong_sms(struct world *w)
{
	return SIGN_IN(w, "login", ADA, ADA_PASSWORD, "123456");
}
IS_REFUSED(dl09_sf05_sms_wrong, ada_with_sms, with_wrong_sms, FACTOR_SMS, SOURCE_LOCAL)

/* --- PINs --- */

static struct talk *at_kiosk(struct world *w)
{
	return SIGN_IN(w, "kiosk", ADA, ADA_PIN);
}
TRIAL(dl09_sf05_pin_right, .right = true, .make = ada, .act = at_kiosk, .judge = judge_right,
	.again = true)

static struct talk *at_kiosk_wrong(struct world *w)
{
	return SIGN_IN(w, "kiosk", ADA, "00000", "00000", "00000");
}
IS_REFUSED(dl09_sf05_pin_wrong, ada, at_kiosk_wrong, FACTOR_PIN, SOURCE_LOCAL)

static struct world ada_in_a_shift(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct service *s = &w.conf.service[w.conf.nservices++];
	*s = w.conf.service[0];
	s->local = s->shift = true;
	snprintf(s->name, sizeof s->name, "su-l");
	w = ready(w);
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK_GRANTED(converse(&w, PURPOSE_OPEN, "login", "adae", (const char *const[]){ NULL }));
	clock_add(&w, 60);
	return w;
}

static struct talk *su(struct world *w, const char *pin)
{
	w->ruid = ADA_UID;
	struct talk *t = SIGN_IN(w, "su-l", "adae", pin, "00000", "00000");
	w->ruid = 0;
	return t;
}

static struct talk *in_a_shift(struct world *w)
{
	return su(w, ADA_PIN);
}
TRIAL(dl09_sf05_pin_in_a_shift_right, .right = true, .make = ada_in_a_shift, .act = in_a_shift,
	.judge = judge_right, .again = true)

static struct talk *in_a_shift_wrong(struct world *w)
{
	return su(w, "00000");
}
IS_REFUSED(
	dl09_sf05_pin_in_a_shift_wrong, ada_in_a_shift, in_a_shift_wrong, FACTOR_PIN, SOURCE_LOCAL)

/* --- YubiKeys --- */

static char otp[2][64];

static struct world ada_with_a_key(void)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct soft_key k = soft_key(1);

	with_yubikeys(&w);
	enrol_ada(&w);
	ada_adds(&w, &k, "Blue");
	secret_add_text("a YubiKey's secret", k.aes);
	snprintf(otp[0], sizeof otp[0], "%s", soft_touch(&k));
	snprintf(otp[1], sizeof otp[1], "%s", soft_touch(&k));
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, otp[0]));
	return ready(w);
}

static struct talk *with_otp(struct world *w)
{
	return SIGN_IN(w, "login", ADA, ADA_PASSWORD, otp[1]);
}
SIGNS_IN(dl09_sf05_yubikey_right, ada_with_a_key, with_otp)

static struct talk *with_spent_otp(struct world *w)
{
	return SIGN_IN(w, "login", ADA, ADA_PASSWORD, otp[0]);
}
IS_REFUSED(dl09_sf05_yubikey_spent, ada_with_a_key, with_spent_otp, FACTOR_YUBIKEY, SOURCE_LOCAL)

/* --- an ssh key, and a code --- */

static struct world ada_with_an_ssh_key(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.peer = w.ruid = ADA_UID;
	CHECK_GRANTED(
		command(&w, (const char *const[]){ "ssh-keys", "add", "--", KEY_ED25519, NULL },
			(const char *const[]){ ADA_PASSWORD, app_code(&w, ada_secret, 0), NULL }));
	w.peer = w.ruid = 0;
	for (size_t i = 0; i < w.conf.nservices; i++)
		if (strcmp(w.conf.service[i].name, "sshd") == 0)
			w.conf.service[i].step[0] = 1u << FACTOR_KEY;
	clock_add(&w, 60);
	return ready(w);
}

static struct talk *over_ssh(struct world *w, int steps)
{
	w->rhost = "192.0.2.7";
	w->ssh_auth = "publickey " KEY_ED25519 "\n";
	struct talk *t = SIGN_IN(w, "sshd", "adae", app_code(w, ada_secret, steps));
	w->rhost = w->ssh_auth = "";
	return t;
}

static struct talk *with_ssh_key(struct world *w)
{
	return over_ssh(w, 0);
}
SIGNS_IN(dl09_sf05_ssh_key_right, ada_with_an_ssh_key, with_ssh_key)

static struct talk *with_ssh_key_wrong(struct world *w)
{
	return over_ssh(w, WRONG_STEPS);
}
IS_REFUSED(dl09_sf05_ssh_key_wrong, ada_with_an_ssh_key, with_ssh_key_wrong, FACTOR_TOTP,
	SOURCE_NETWORK)

/* --- break-glass --- */

#define DAN "dan@example.org"
static char glass[20];

static struct world with_an_envelope(void)
{
	struct world w = staff();
	char hers[sizeof ada_secret];

	setenv("TZ", "UTC", 1);
	memcpy(hers, ada_secret, sizeof hers);
	enrol_dan(&w);
	memcpy(ada_secret, hers, sizeof hers); /* his app has its own */
	w.conf.break_glass = true;
	CHECK_GRANTED(COMMAND(&w, "practice", "set", "stj", "--break-glass", "yes"));
	struct talk *t = COMMAND(&w, "break-glass", "new", "stj");
	CHECK_GRANTED(t);
	const char *at = strstr(t->seen, "Put into it:\n\n    ");
	CHECK(at != NULL);
	snprintf(glass, sizeof glass, "%s", at + 18);
	secret_add_text("a code of an envelope", glass);
	return ready(w);
}

static struct talk *with_glass(struct world *w)
{
	return SIGN_IN(w, "login", DAN, ADA_PASSWORD, glass);
}

/* Once it is used, nobody else can; and dan is not asked for a code for a while. */
static void judge_glass(const struct run *r)
{
	bool committed = r->after.events[AUDIT_SIGN_IN] > r->before.events[AUDIT_SIGN_IN];

	CHECK_INT(r->after.events[AUDIT_GLASS_BROKEN] - r->before.events[AUDIT_GLASS_BROKEN],
		committed);
	CHECK(committed || r->t->outcome.result != GRANTED);
	if (committed)
		CHECK_INT(
			SIGN_IN(r->w, "login", ADA, ADA_PASSWORD, glass)->outcome.result, REFUSED);
	CHECK_GRANTED(with_glass(r->w));
	judge_next(r->w);
}
TRIAL(dl09_sf05_break_glass_right, .right = true, .make = with_an_envelope, .act = with_glass,
	.judge = judge_glass)

static struct talk *with_wrong_glass(struct world *w)
{
	return SIGN_IN(w, "login", ADA, ADA_PASSWORD, "AAAA-BBBB-CCCC-DDDD");
}
IS_REFUSED(dl09_sf05_break_glass_wrong, with_an_envelope, with_wrong_glass, FACTOR_BREAK_GLASS,
	SOURCE_LOCAL)
