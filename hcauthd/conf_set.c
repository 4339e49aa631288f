/* SPDX-License-Identifier: Apache-2.0 */
/* The table of settings, and what their values may be. What must hold: a value is taken only if it is
 * wholly understood and within bounds that no file can move; a step of a sign-in names a factor. */
#include "conf_set.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "name.h"

enum {
	UID_TOP = 2147483647, /* programs that keep uids in an int */
	UID_TAKEN =
		60001, /* from here to the end of 16 bits: systemd's homes and services, nobody */
	UID_TAKEN_END = 65535,
};

struct setting {
	const char *section, *name;
	bool (*parse)(struct reading *f, const struct setting *s, void *base, const char *text);
	size_t at;
	uint32_t min, max, unit;
	const char *right; /* what a good value looks like */
};

static const struct {
	const char *name;
	enum factor_id id;
} factors[] = { { "password", FACTOR_PASSWORD }, { "totp", FACTOR_TOTP },
	{ "recovery", FACTOR_RECOVERY }, { "pin", FACTOR_PIN }, { "key", FACTOR_KEY },
	{ "fingerprint", FACTOR_FINGERPRINT }, { "yubikey", FACTOR_YUBIKEY },
	{ "sms", FACTOR_SMS } };

static bool parse_either(const char *text, const char *yes, const char *no, bool *out)
{
	bool is = strcmp(text, yes) == 0;

	if (!is && strcmp(text, no) != 0)
		return false;
	*out = is;
	return true;
}

static bool parse_bool(struct reading *f, const struct setting *s, void *base, const char *text)
{
	(void)f;
	return parse_either(text, "yes", "no", (bool *)((char *)base + s->at));
}

static bool parse_number(struct reading *f, const struct setting *s, void *base, const char *text)
{
	uint64_t v;

	(void)f;
	if (!parse_u64(text, s->min, s->max, &v))
		return false;
	*(uint32_t *)((char *)base + s->at) = (uint32_t)v * s->unit;
	return true;
}

static bool parse_uids(struct reading *f, const struct setting *s, void *base, const char *text)
{
	const char *dash = strchr(text, '-');
	struct conf *c = base;
	uint64_t min, max;
	char low[16];

	(void)f;
	(void)s;
	if (!dash || (size_t)(dash - text) >= sizeof low)
		return false;
	memcpy(low, text, (size_t)(dash - text));
	low[dash - text] = 0;
	if (!parse_u64(low, UID_FLOOR, UID_TOP, &min) || !parse_u64(dash + 1, min, UID_TOP, &max))
		return false;
	if (min <= UID_TAKEN_END && max >= UID_TAKEN)
		return false;
	c->uid_min = (uint32_t)min;
	c->uid_max = (uint32_t)max;
	return true;
}

/* As it may stand between two colons of a passwd line, or in an otpauth: URI. */
static bool parse_text(struct reading *f, const struct setting *s, void *base, const char *text)
{
	char shown[4 * CONF_LINE_MAX + 8];

	(void)f;
	if (!*text || strlen(text) >= s->max || strchr(text, ':') ||
		strcmp(visible(text, shown, sizeof shown), text) != 0)
		return false;
	memcpy((char *)base + s->at, text,
		strlen(text) + 1); /* it fits: s->max is the array's size */
	return true;
}

static bool parse_path(struct reading *f, const struct setting *s, void *base, const char *text)
{
	size_t len = strlen(text);

	if (text[0] != '/' || len < 2 || text[len - 1] == '/' || strstr(text, "//") ||
		strstr(text, "/./") || strstr(text, "/..") || strpbrk(text, " \t\"'\\"))
		return false;
	return parse_text(f, s, base, text);
}

static bool parse_address(struct reading *f, const struct setting *s, void *base, const char *text)
{
	char normal[SIGN_IN_NAME_MAX + 1];

	return name_normal(text, normal) && name_is_email(normal) && parse_text(f, s, base, normal);
}

/* A day's first second, by this machine's clock. */
bool parse_day(const char *text, uint64_t *out)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	int day = tm.tm_mday;
	time_t at;

	if (!end || *end || strlen(text) != 10 || (at = mktime(&tm)) <= 0 || tm.tm_mday != day)
		return false;
	*out = (uint64_t)at;
	return true;
}

bool parse_deadline(const char *text, uint64_t *out)
{
	uint64_t day;

	if (strcmp(text, "optional") == 0)
		*out = 0;
	else if (strcmp(text, "now") == 0)
		*out = 1;
	else if (strncmp(text, "by ", 3) == 0 && parse_day(text + 3, &day))
		*out = day;
	else
		return false;
	return true;
}

static bool parse_migrate(struct reading *f, const struct setting *s, void *base, const char *text)
{
	(void)f;
	return parse_deadline(text, (uint64_t *)((char *)base + s->at));
}

bool parse_rollout(const char *text, struct rollout *out)
{
	static const char over[] = " over ", days[] = " days";
	size_t len = strlen(text), head = 10 + sizeof over - 1, tail = sizeof days - 1;
	char day[11], number[8];
	uint64_t from, n;

	if (strcmp(text, "no") == 0) {
		out->from = out->days = 0;
		return true;
	}
	if (len <= head + tail || len - head - tail >= sizeof number ||
		strncmp(text + 10, over, sizeof over - 1) != 0 ||
		strcmp(text + len - tail, days) != 0)
		return false;
	memcpy(day, text, 10);
	day[10] = 0;
	memcpy(number, text + head, len - head - tail);
	number[len - head - tail] = 0;
	if (!parse_day(day, &from) || !parse_u64(number, 1, 366, &n))
		return false;
	out->from = from;
	out->days = (uint32_t)n;
	return true;
}

bool parse_rollout_ask(const char *text, struct rollout *out)
{
	static const char nag[] = "nag ";
	size_t len = strlen(text), head = sizeof nag - 1;
	const char *times = len > 0 && text[len - 1] == 's' ? " times" : " time";
	size_t tail = strlen(times);
	char number[4];
	uint64_t n = 0;

	if (strcmp(text, "optional") == 0) {
		out->ask = ROLLOUT_OPTIONAL;
	} else if (strcmp(text, "required") == 0) {
		out->ask = ROLLOUT_REQUIRED;
	} else {
		if (len <= head + tail || len - head - tail >= sizeof number ||
			strncmp(text, nag, head) != 0 || strcmp(text + len - tail, times) != 0)
			return false;
		memcpy(number, text + head, len - head - tail);
		number[len - head - tail] = 0;
		if (!parse_u64(number, 1, 99, &n))
			return false;
		out->ask = ROLLOUT_NAG;
	}
	out->times = (uint32_t)n;
	return true;
}

bool parse_names(const char *text, enum names *out)
{
	static const char *const names[] = {
		[NAMES_FULL] = "full", [NAMES_INITIALS] = "initials", [NAMES_FIRST] = "first"
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], text) == 0) {
			*out = (enum names)i;
			return true;
		}
	return false;
}

static bool set_rollout(struct reading *f, const struct setting *s, void *base, const char *text)
{
	(void)f;
	return parse_rollout(text, (struct rollout *)((char *)base + s->at));
}

static bool set_rollout_ask(
	struct reading *f, const struct setting *s, void *base, const char *text)
{
	(void)f;
	return parse_rollout_ask(text, (struct rollout *)((char *)base + s->at));
}

static bool set_names(struct reading *f, const struct setting *s, void *base, const char *text)
{
	(void)f;
	return parse_names(text, (enum names *)((char *)base + s->at));
}

static bool set_language(struct reading *f, const struct setting *s, void *base, const char *text)
{
	static const char *const languages[] = { "en_GB", "cy" }; /* English, and those in po/ */

	(void)f;
	for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
		if (strcmp(text, languages[i]) == 0) {
			memcpy((char *)base + s->at, text, strlen(text) + 1); /* it has 8 bytes */
			return true;
		}
	return false;
}

/* "10h", and "10" as it was written before. */
static bool parse_shift(struct reading *f, const struct setting *s, void *base, const char *text)
{
	size_t len = strlen(text);
	char number[8];

	if (len == 0 || len >= sizeof number)
		return false;
	memcpy(number, text, len + 1);
	if (number[len - 1] == 'h')
		number[len - 1] = 0;
	return parse_number(f, s, base, number);
}

static bool parse_messages(struct reading *f, const struct setting *s, void *base, const char *text)
{
	bool *quiet = (bool *)((char *)base + s->at);

	if (!parse_bool(f, s, base, text))
		return false;
	*quiet = !*quiet;
	return true;
}

static bool parse_prompts(struct reading *f, const struct setting *s, void *base, const char *text)
{
	(void)f;
	return parse_either(text, "told", "shown", (bool *)((char *)base + s->at));
}

/* The factor named by len bytes at p, white space around it apart; 0 when there is none. */
static uint32_t factor_bit(const char *p, size_t len)
{
	while (len > 0 && (p[0] == ' ' || p[0] == '\t'))
		p++, len--;
	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'))
		len--;
	for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
		if (strlen(factors[i].name) == len && memcmp(factors[i].name, p, len) == 0)
			return 1U << factors[i].id;
	return 0;
}

static bool parse_require(struct reading *f, const struct setting *s, void *base, const char *text)
{
	struct service made = { .nsteps = 1 }, *to = base;
	uint32_t seen = 0;

	(void)s;
	for (const char *p = text;; p++) {
		size_t len = strcspn(p, ",|");
		uint32_t bit = factor_bit(p, len);

		if (!bit)
			return conf_fail(f, f->line,
				"require = %s: each step names factors out of password, totp, recovery, pin, key, "
				"fingerprint, yubikey, sms "
				"(\",\" is and, \"|\" is or)",
				text);
		if (seen & bit)
			return conf_fail(f, f->line, "require = %s: a factor is named twice", text);
		seen |= bit;
		made.step[made.nsteps - 1] |= bit;
		p += len;
		if (!*p)
			break;
		if (*p == ',' && made.nsteps++ == STEPS_MAX)
			return conf_fail(
				f, f->line, "require = %s: at most %d steps", text, STEPS_MAX);
	}
	to->nsteps = made.nsteps;
	memcpy(to->step, made.step, sizeof to->step);
	return true;
}

static const struct setting settings[CONF_SETTINGS] = {
	{ "machine", "list-users", parse_bool, offsetof(struct conf, list_users), 0, 0, 0,
		"yes or no" },
	{ "machine", "uids", parse_uids, 0, 0, 0, 0,
		"MIN-MAX from 1000 to 2147483647, clear of 60001 to 65535" },
	{ "machine", "home", parse_path, offsetof(struct conf, home), 0,
		sizeof((struct conf *)0)->home, 0, "the full path of a folder, at most 63 bytes" },
	{ "machine", "shell", parse_path, offsetof(struct conf, shell), 0,
		sizeof((struct conf *)0)->shell, 0,
		"the full path of a program, at most 63 bytes" },
	{ "machine", "issuer", parse_text, offsetof(struct conf, issuer), 0,
		sizeof((struct conf *)0)->issuer, 0,
		"1 to 31 bytes of plain text without a colon" },
	{ "password", "length", parse_number, offsetof(struct conf, password_length), 8, 64, 1,
		"8 to 64 (characters)" },
	{ "password", "memory", parse_number, offsetof(struct conf, argon_kib), 19, 1024, 1024,
		"19 to 1024 (MiB)" },
	{ "password", "passes", parse_number, offsetof(struct conf, argon_passes), 2, 16, 1,
		"2 to 16" },
	{ "pin", "length", parse_number, offsetof(struct conf, pin_length), PIN_MIN, PIN_MAX, 1,
		"5 to 12 (digits)" },
	{ "pin", "tries", parse_number, offsetof(struct conf, pin_tries), 3, 10, 1, "3 to 10" },
	{ "machine", "migrate", parse_migrate, offsetof(struct conf, migrate), 0, 0, 0,
		"optional, now, or by YEAR-MONTH-DAY" },
	{ "machine", "shift", parse_shift, offsetof(struct conf, shift_s), 0, 24, 3600,
		"0 to 24 hours, such as 10h" },
	{ "machine", "retention", parse_number, offsetof(struct conf, retention_s), 1, 3650, 86400,
		"1 to 3650 (days)" },
	{ "courier", "sendmail", parse_path, offsetof(struct conf, sendmail), 0,
		sizeof((struct conf *)0)->sendmail, 0, "the full path of a program" },
	{ "courier", "sms", parse_path, offsetof(struct conf, sms), 0,
		sizeof((struct conf *)0)->sms, 0, "the full path of a program" },
	{ "courier", "from", parse_address, offsetof(struct conf, from), 0,
		sizeof((struct conf *)0)->from, 0, "an e-mail address" },
	[SET_REQUIRE] = { "service", "require", parse_require, 0, 0, 0, 0, "" },
	[SET_LOCAL] = { "service", "local", parse_bool, offsetof(struct service, local), 0, 0, 0,
		"yes or no" },
	[SET_ONE_PROMPT] = { "service", "one-prompt", parse_bool,
		offsetof(struct service, one_prompt), 0, 0, 0, "yes or no" },
	[SET_HOURS] = { "service", "hours", parse_bool, offsetof(struct service, hours), 0, 0, 0,
		"yes or no" },
	[SET_SHIFT] = { "service", "shift", parse_bool, offsetof(struct service, shift), 0, 0, 0,
		"yes or no" },
	[SET_MESSAGES] = { "service", "messages", parse_messages, offsetof(struct service, quiet),
		0, 0, 0, "yes or no" },
	[SET_PROMPTS] = { "service", "prompts", parse_prompts,
		offsetof(struct service, tell_prompts), 0, 0, 0, "shown or told" },
	{ "pin", "rollout", set_rollout, offsetof(struct conf, rollout), 0, 0, 0,
		"no, or YEAR-MONTH-DAY over 1 to 366 days" },
	{ "pin", "ask", set_rollout_ask, offsetof(struct conf, rollout), 0, 0, 0,
		"optional, nag 1 to 99 times, or required" },
	{ "machine", "names", set_names, offsetof(struct conf, names), 0, 0, 0,
		"full, initials or first" },
	{ "machine", "break-glass", parse_bool, offsetof(struct conf, break_glass), 0, 0, 0,
		"yes or no" },
	{ "machine", "language", set_language, offsetof(struct conf, language), 0, 0, 0,
		"en_GB or cy" },
};

bool conf_set(struct reading *f, const char *name, const char *text)
{
	bool service = strcmp(f->section, "service") == 0;
	void *base = service ? (void *)&f->conf->service[f->service] : (void *)f->conf;
	unsigned *given = f->given[service ? f->service : 0];
	char shown[64], value[128];

	visible(name, shown, sizeof shown);
	for (size_t i = 0; i < CONF_SETTINGS; i++) {
		const struct setting *s = &settings[i];

		if (strcmp(s->section, f->section) != 0 || strcmp(s->name, name) != 0)
			continue;
		if (given[i])
			return conf_fail(
				f, f->line, "%s: given before, on line %u", shown, given[i]);
		given[i] = f->line;
		return s->parse(f, s, base, text) ||
			conf_fail(f, f->line, "%s = %s: must be %s", shown,
				visible(text, value, sizeof value), s->right);
	}
	return conf_fail(f, f->line, "unknown setting in [%s]: \"%s\"; see hcauthd.conf(5)",
		f->section, shown);
}

void conf_names(char *out, size_t size)
{
	size_t at = 0;

	out[0] = 0;
	for (size_t i = 0; i < CONF_SETTINGS && at < size; i++)
		at += (size_t)snprintf(
			out + at, size - at, "%s %s\n", settings[i].section, settings[i].name);
}
