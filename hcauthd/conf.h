/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_CONF_H
#define HCAUTH_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Settings, from hcauthd.conf: an INI file read with inih.
 *
 *	[machine]
 *	list-users = no
 *	uids = 20000-59999
 *	home = /home
 *	shell = /bin/bash
 *	issuer = hcauth             the name an authenticator app shows
 *	language = en_GB            or cy: of what people are told
 *	migrate = optional          or now, or by 2027-03-31: user IDs go on without an e-mail address
 *	shift = 10h                 for how long a full sign-in here makes a PIN enough; 0: never
 *	retention = 365             days until a leaver's personal data is deleted
 *	names = full                or initials, or first: as which colleagues see who is signed in
 *	break-glass = no            whether codes in sealed envelopes may be made
 *	[courier]
 *	sendmail = PATH             takes "-i -t" and a message; without it there is no e-mail
 *	from = ADDRESS              whom e-mail is from
 *	sms = PATH                  takes a number as its argument and a text on stdin; without it, none
 *	[password]
 *	length = 12                 8 to 64
 *	memory = 19                 MiB of Argon2id, 19 to 1024
 *	passes = 2                  2 to 16
 *	[pin]
 *	length = 5                  5 to 12
 *	tries = 10                  3 to 10
 *	rollout = no                or 2026-07-31 over 30 days: when people are asked to choose one
 *	ask = optional              or nag 3 times, or required
 *	[service sshd]              [service *] for those not named
 *	require = password, totp    comma: and; bar: or
 *	local = no                  may never be yes for sshd
 *	one-prompt = no             yes: the program gives one answer to all prompts, so one step only
 *	hours = yes                 no: a practice's opening hours do not matter here (cron, sudo)
 *	shift = no                  yes: within a shift the PIN alone is asked for
 *	messages = yes              no: the program shows none, or stops at each; nothing is told there
 *	prompts = shown             told: the program hides them, so each is told as well
 *
 * A service takes what it does not set itself from [service *], but for local: only those named in
 * conf.c (login, greeters, passwd ...) are local unless the file says so. */

/* The factors, as they stand in records: never renumbered. */
enum factor_id {
	FACTOR_PASSWORD = 1,
	FACTOR_TOTP = 2,
	FACTOR_RECOVERY = 3,
	FACTOR_PIN = 4,
	FACTOR_SMS = 5, /* a code by text message */
	FACTOR_YUBIKEY = 6,
	FACTOR_KEY = 7, /* an ssh key, which sshd has proved */
	FACTOR_FINGERPRINT = 8, /* which an earlier module has proved */
	FACTOR_BREAK_GLASS = 9, /* a code out of an envelope: never named in a rule */
	FACTOR_LAST = FACTOR_BREAK_GLASS,
};

/* Several of them, as bits. */
enum {
	FACTORS_PHONE = 1 << FACTOR_TOTP | 1 << FACTOR_SMS, /* people choose between them */
	FACTORS_SECOND =
		FACTORS_PHONE | 1 << FACTOR_YUBIKEY, /* a recovery code will do in their place */
	FACTORS_CODE = FACTORS_SECOND | 1 << FACTOR_RECOVERY, /* what is typed at "Code: " */
	FACTORS_EARLIER = 1 << FACTOR_KEY | 1 << FACTOR_FINGERPRINT, /* nobody can be asked for */
};

enum { STEPS_MAX = 4, SERVICES_MAX = 64, SERVICE_NAME_MAX = 31 };
enum { PIN_MIN = 5, PIN_MAX = 12 }; /* digits */
enum { CONF_BYTES_MAX = 256 * 1024 };

struct service {
	char name[SERVICE_NAME_MAX + 1];
	bool local;
	bool one_prompt;
	bool hours;
	bool shift;
	bool quiet; /* messages = no */
	bool tell_prompts;
	size_t nsteps; /* at least 1 */
	uint32_t step[STEPS_MAX]; /* each: any one of these factors, as bits 1 << factor_id */
};

/* When people are asked to choose a PIN: each identity has a day of its own out of so many. */
enum rollout_ask { ROLLOUT_OPTIONAL = 0, ROLLOUT_NAG = 1, ROLLOUT_REQUIRED = 2 };
struct rollout {
	uint64_t from; /* the first day's first second; 0: there is none */
	uint32_t days; /* at least 1 */
	enum rollout_ask ask;
	uint32_t times; /* ROLLOUT_NAG: how often it may be skipped */
};

/* As which colleagues see who is signed in. */
enum names { NAMES_FULL = 0, NAMES_INITIALS = 1, NAMES_FIRST = 2 };

struct conf {
	bool list_users;
	uint32_t uid_min, uid_max;
	char home[64], shell[64], issuer[32], language[8];
	uint32_t password_length, argon_kib, argon_passes;
	uint32_t pin_length, pin_tries;
	struct rollout rollout;
	enum names names;
	bool break_glass;
	uint64_t migrate; /* until when, in Unix seconds; 0: for good */
	uint32_t shift_s, retention_s;
	char sendmail[128], sms[128], from[128]; /* "": none */
	size_t nservices;
	struct service service[SERVICES_MAX]; /* service[0] is for those not named */
};

/* Reads the settings from fd (from its start, whatever its offset, by pread), named file in messages.
 * True and *out; else false and, in error, "FILE:LINE: what is wrong and what would be right". */
enum { CONF_ERROR_MAX = 512 };
bool conf_read(int fd, const char *file, struct conf *out, char error[CONF_ERROR_MAX]);

/* The settings when there are none in the file. */
void conf_defaults(struct conf *out);

/* The rule for a PAM service; that for services not named if it has none. Never NULL. */
const struct service *conf_service(const struct conf *c, const char *name);

/* Opens a settings file: a regular file of root's (of the caller's, for tests run as a plain user), not
 * a symbolic link, not writable by group or others, at most 256 KiB. Descriptor or -1 and error. */
int conf_open(const char *file, char error[CONF_ERROR_MAX]);

/* What hcauth-talk --check-settings does: reads the settings from fd, prints the error on stderr if there
 * is one. The process's exit status: 0 when they are good, 1 when not. */
int settings_check(int fd, const char *file);

/* "2027-03-31": its first second in Unix seconds, by this machine's time zone. */
bool parse_day(const char *text, uint64_t *out);
/* "optional" (0), "now" (1) or "by 2027-03-31". */
bool parse_deadline(const char *text, uint64_t *out);

/* "no", or "2026-07-31 over 30 days"; and "optional", "nag 3 times" or "required". Each sets its own part. */
bool parse_rollout(const char *text, struct rollout *out);
bool parse_rollout_ask(const char *text, struct rollout *out);
/* "full", "initials" or "first". */
bool parse_names(const char *text, enum names *out);

/* Writes every setting as "SECTION NAME" into out, a line each: for the tests of the documents. */
void conf_names(char *out, size_t size);

#endif
