/* SPDX-License-Identifier: Apache-2.0 */
/* Whole conversations with Ada's name, one after the other, in which calls fail. What must hold: she is let in
 * only where the right password and a right code were given, or at the kiosk her PIN, or what a recovery asks in
 * place of one; no code is taken twice; no password that was not chosen by her is right; what was refused
 * wrote no "yes".
 *
 * An input is conversations: a service, a name, a step of the clock, up to three calls that fail (which, and the how
 * manieth), then answers, a byte each, up to a 0. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "message.h"
#include "people.h"
#include "token.h"

enum { CONVERSATIONS = 5, PASSWORDS = 8, SPENT = 64, CODES = 12 };

#define NEW_PASSWORD "nine loud badgers"
#define OTHER_PASSWORD "eight calm otters"
#define NEW_PIN "82604"

/* An answer's first byte. */
enum answer {
	A_END,
	A_PASSWORD,
	A_NEW,
	A_OTHER,
	A_WRONG,
	A_NOW, /* the app's code of this step */
	A_NEXT,
	A_LAST, /* of the step before */
	A_LATER, /* of one that is too far away */
	A_AGAIN, /* the code that was given last */
	A_MAIL, /* what the last message had */
	A_SMS,
	A_PIN,
	A_NEW_PIN,
	A_WRONG_PIN,
	A_EMPTY,
	A_YES,
	A_NO,
	A_ONE,
	A_TWO,
	A_WAIT, /* 20 seconds pass, then the next */
	A_TEXT, /* the bytes up to a newline */
	A_HANG_UP,
	A_SECRET, /* the code of a new app's secret, as it was shown */
	A_RECOVERY, /* and from here: the first recovery code, the second ... */
};

static const struct {
	const char *name;
	bool kiosk; /* a PIN */
	enum purpose purpose;
} services[] = { { "login", false, PURPOSE_AUTH }, { "sshd", false, PURPOSE_AUTH },
	{ "kiosk", true, PURPOSE_AUTH }, { "passwd", false, PURPOSE_PASSWORD },
	{ "login", false, PURPOSE_ACCOUNT }, { "other", false, PURPOSE_AUTH } };

static const char *const names[] = { ADA, "adae", "HC000001", "ADA@example.org",
	"bob@example.org" };

/* What Ada knows, and what has been used up: by whom it was granted. */
static struct {
	struct fuzz_input in;
	struct world *w;
	char codes[CODES][TOKEN_TEXT];
	bool code_spent[CODES];
	uint64_t step_spent; /* the greatest */
	char spent[SPENT][8]; /* codes out of messages */
	size_t nspent;
	char password[PASSWORDS][32], pin[PASSWORDS][16]; /* each may be right */
	size_t npasswords, npins;
	char last[64];
	bool new_app; /* another secret may be hers by now: its codes are not known here */
	char secret[80];
} ada;

/* What was given in one conversation. */
static struct {
	bool password, pin, code, mail, text;
	unsigned codes; /* right ones */
	uint64_t step; /* of a right code of the app's */
	int slot; /* of a right recovery code, or -1 */
	char sent[8]; /* a code out of a message */
	char fresh[64];
	bool over;
} given;

/* --- what was sent --- */

struct sent {
	enum channel channel;
	char code[32];
};

static int look_for(struct txn *t, void *arg)
{
	struct sent *s = arg;
	static struct queued q;
	uint64_t number = 0;
	int r;

	while ((r = message_next(t, world_seal(ada.w), &number, &q)) == 0)
		if (q.message.channel == s->channel && *q.message.code)
			memcpy(s->code, q.message.code, sizeof s->code);
	return 0;
}

static const char *sent_code(enum channel channel)
{
	static struct sent s;

	s = (struct sent){ .channel = channel, .code = "000000" };
	HOLDS(inside_read(look_for, &s) == 0);
	return s.code;
}

/* --- what is right --- */

static uint64_t step_now(void)
{
	return ada.w->now.unix_s / 30;
}

/* The step, among those that may be right now and are not spent, whose code that is; 0: none. */
static uint64_t right_step(const char *text)
{
	if (strlen(text) != 6)
		return 0;
	for (int i = -1; i <= 1; i++) {
		uint64_t step = step_now() + (uint64_t)(int64_t)i;

		if (step > ada.step_spent && strcmp(app_code(ada.w, ada_secret, i), text) == 0)
			return step;
	}
	return 0;
}

static int right_slot(const char *text)
{
	uint8_t a[TOKEN_BYTES], b[TOKEN_BYTES];
	unsigned slot, same;

	if (!recovery_code_parse(text, &slot, a))
		return -1;
	HOLDS(recovery_code_parse(ada.codes[slot - 1], &same, b) && same == slot);
	return !ada.code_spent[slot - 1] && memcmp(a, b, sizeof a) == 0 ? (int)slot - 1 : -1;
}

static bool was_sent(enum channel channel, const char *text)
{
	if (strlen(text) < 6 || strcmp(sent_code(channel), text) != 0)
		return false;
	for (size_t i = 0; i < ada.nspent; i++)
		if (strcmp(ada.spent[i], text) == 0)
			return false;
	return true;
}

static bool among(char (*texts)[32], size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(texts[i], text) == 0)
			return true;
	return false;
}

/* A password or PIN that she may have from now on: whether it was kept shows only by what it opens. */
static void may_become(const char *text)
{
	bool proved = given.password || given.mail || given.code || given.pin;

	if (!proved || strcmp(given.fresh, text) != 0) {
		snprintf(given.fresh, sizeof given.fresh, "%s", text);
		return;
	}
	if (strspn(text, "0123456789") == strlen(text) && ada.npins < PASSWORDS)
		snprintf(ada.pin[ada.npins++], sizeof *ada.pin, "%s", text);
	else if (ada.npasswords < PASSWORDS)
		snprintf(ada.password[ada.npasswords++], sizeof *ada.password, "%s", text);
}

static void note(const struct ask *a, const char *text)
{
	if (!*text)
		return;
	if (a->use == USE_NEW_PASSWORD || strncmp(a->text, "New PIN", 7) == 0)
		may_become(text);
	given.password |= among(ada.password, ada.npasswords, text);
	for (size_t i = 0; i < ada.npins; i++)
		given.pin |= strcmp(ada.pin[i], text) == 0;
	given.mail |= was_sent(CHANNEL_EMAIL, text);
	uint64_t step = right_step(text);
	int slot = right_slot(text);
	if (step)
		given.step = given.step > step || !given.step ? step : given.step;
	if (slot >= 0)
		given.slot = slot;
	if (was_sent(CHANNEL_SMS, text)) {
		given.text = true;
		snprintf(given.sent, sizeof given.sent, "%s", text);
	}
	if (step || slot >= 0 || was_sent(CHANNEL_SMS, text))
		given.codes++;
	given.code |= given.codes > 0 || ada.new_app;
	snprintf(ada.last, sizeof ada.last, "%s", text);
}

/* --- the person --- */

static const char *answer_text(uint8_t which, char raw[128])
{
	uint8_t behind;

	switch (which) {
	case A_PASSWORD: return ADA_PASSWORD;
	case A_NEW: return NEW_PASSWORD;
	case A_OTHER: return OTHER_PASSWORD;
	case A_WRONG: return "a wrong password";
	case A_NOW: return app_code(ada.w, ada_secret, 0);
	case A_NEXT: return app_code(ada.w, ada_secret, 1);
	case A_LAST: return app_code(ada.w, ada_secret, -1);
	case A_LATER: return app_code(ada.w, ada_secret, 2);
	case A_AGAIN: return ada.last;
	case A_MAIL: return sent_code(CHANNEL_EMAIL);
	case A_SMS: return sent_code(CHANNEL_SMS);
	case A_PIN: return ADA_PIN;
	case A_NEW_PIN: return NEW_PIN;
	case A_WRONG_PIN: return "60417";
	case A_EMPTY: return "";
	case A_YES: return "yes";
	case A_NO: return "no";
	case A_ONE: return "1";
	case A_TWO: return "2";
	case A_TEXT: return fuzz_text(&ada.in, '\n', raw, 128);
	case A_SECRET: return *ada.secret ? app_code(ada.w, ada.secret, 0) : "000000";
	case A_WAIT:
		clock_add(ada.w, 20);
		behind = fuzz_byte(&ada.in);
		return answer_text(behind == A_WAIT ? A_EMPTY : behind, raw);
	default:
		return which >= A_RECOVERY && which < A_RECOVERY + CODES
			? ada.codes[which - A_RECOVERY]
			: NULL;
	}
}

/* For whoever looks into an input: HC_FUZZ_SHOW=1 fuzz-conversation FILE. */
__attribute__((format(printf, 1, 2))) static void show(const char *format, ...)
{
	va_list ap;

	if (!getenv("HC_FUZZ_SHOW"))
		return;
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
}

static size_t answer(void *arg, const struct ask *a, uint8_t out[WIRE_MAX])
{
	uint8_t which = fuzz_byte(&ada.in);
	SECRET(s);
	char raw[128];

	(void)arg;
	given.over = which == A_END;
	const char *text = which == A_END || which == A_HANG_UP ? NULL : answer_text(which, raw);
	show("%s[%s]\n", a->text, text ? text : "hangs up");
	if (!text)
		return 0;
	s.len = strlen(text);
	memcpy(s.text, text, s.len + 1);
	note(a, s.text);
	return answer_put(out, &s);
}

static void hear(void *arg, const struct tell *t)
{
	const char *at = strstr(t->text, "Secret: ");

	(void)arg;
	show("%s\n", t->text);
	if (!at)
		return;
	snprintf(ada.secret, sizeof ada.secret, "%.*s", (int)strcspn(at + 8, "\n"), at + 8);
	ada.new_app = true;
}

/* --- what was granted --- */

/* Of several right codes nobody knows here which one it took. */
static void spend(void)
{
	if (given.codes != 1)
		return;
	if (given.step > ada.step_spent)
		ada.step_spent = given.step;
	if (given.slot >= 0)
		ada.code_spent[given.slot] = true;
	if (given.text && ada.nspent < SPENT)
		snprintf(ada.spent[ada.nspent++], sizeof *ada.spent, "%s", given.sent);
}

static void judge(uint8_t service, const struct said *said)
{
	if (services[service].purpose != PURPOSE_AUTH)
		return;
	if (!said->verdict || said->result != GRANTED)
		return;
	HOLDS(said->commits > 0);
	if (services[service].kiosk)
		HOLDS(given.pin || given.mail);
	else
		HOLDS((given.password || given.mail) && given.code);
	spend();
}

static void converse_once(void)
{
	uint8_t service = fuzz_byte(&ada.in) % (sizeof services / sizeof *services);
	uint8_t name = fuzz_byte(&ada.in), clock = fuzz_byte(&ada.in),
		failures = fuzz_byte(&ada.in) % 4;
	const struct peer peer = { .hello = { .version = WIRE_VERSION,
					   .purpose = services[service].purpose,
					   .service = services[service].name,
					   .name = names[name % (sizeof names / sizeof *names)],
					   .tty = "tty1",
					   .rhost = service == 1 ? "198.51.100.7" : "",
					   .ruser = "",
					   .have = "",
					   .ticket = "",
					   .ssh_auth = "" },
		.answer = answer,
		.tell = hear };
	struct said said;

	clock_add(ada.w, clock < 128 ? clock : (clock - 127u) * 60);
	for (; failures > 0; failures--) {
		enum call call = fuzz_byte(&ada.in) % CALLS;

		inside_fail(call, fuzz_byte(&ada.in));
	}
	memset(&given, 0, sizeof given);
	given.slot = -1;
	inside_talk(&peer, &said);
	show("-- %s for %s: verdict %d, %u commits%s\n", services[service].name, peer.hello.name,
		said.verdict ? (int)said.result : -1, said.commits,
		said.failed ? ", a call failed" : "");
	judge(service, &said);
	while (!given.over && ada.in.left > 0) /* what nobody asked for */
		given.over = fuzz_byte(&ada.in) == A_END;
}

/* --- */

static int verify(struct txn *t, void *arg)
{
	struct person p;
	int r = person_by_name(t, ADA, &p);

	if (r < 0)
		return r;
	p.identity.email_verified = p.identity.mobile_verified = *(const uint64_t *)arg;
	memcpy(p.identity.mobile, "+441632960001", 14);
	return identity_save(t, &p.identity);
}

static struct world make(void)
{
	struct world w = world_at("2026-05-04 09:00:00");
	uint64_t when = w.now.unix_s;

	enrol_ada(&w);
	with_messages(&w);
	HOLDS(in_store(&w, verify, &when, sizeof when) == 0);
	return w;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	inside_make(make);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct now start = inside_world()->now;

	memset(&ada, 0, sizeof ada);
	ada.in = (struct fuzz_input){ p, len };
	ada.w = inside_world();
	ada.step_spent = step_now() - 2; /* she has enrolled with one */
	for (unsigned i = 0; i < CODES; i++)
		snprintf(ada.codes[i], sizeof *ada.codes, "%s", shown_code(ada_seen, i + 1));
	memcpy(ada.password[ada.npasswords++], ADA_PASSWORD, sizeof ADA_PASSWORD);
	memcpy(ada.pin[ada.npins++], ADA_PIN, sizeof ADA_PIN);
	inside_begin();
	for (int i = 0; i < CONVERSATIONS && ada.in.left > 0; i++)
		converse_once();
	inside_end();
	ada.w->now = start;
	return 0;
}
