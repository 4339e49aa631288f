/* SPDX-License-Identifier: Apache-2.0 */
#include "conf.h"
#include "check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_bytes(const char *text, size_t len, struct conf *out, char error[CONF_ERROR_MAX])
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	CHECK_INT(write(fd, text, len), len);
	bool good = conf_read(fd, "f", out, error);
	close(fd);
	return good;
}

static struct conf good(const char *text)
{
	char error[CONF_ERROR_MAX] = "";
	struct conf c;

	if (!read_bytes(text, strlen(text), &c, error))
		CHECK_TEXT(error, "");
	return c;
}

enum {
	P = 1 << FACTOR_PASSWORD,
	T = 1 << FACTOR_TOTP,
	R = 1 << FACTOR_RECOVERY,
	N = 1 << FACTOR_PIN
};

TEST(conf_of_an_empty_file_is_the_defaults)
{
	struct conf a = good(""), b;

	conf_defaults(&b);
	CHECK_BYTES(&a, &b, sizeof a);
	CHECK(!a.list_users);
	CHECK_INT(a.uid_min, 20000);
	CHECK_INT(a.uid_max, 59999);
	CHECK_TEXT(a.home, "/home");
	CHECK_TEXT(a.shell, "/bin/bash");
	CHECK_TEXT(a.issuer, "hcauth");
	CHECK_TEXT(a.language, "en_GB");
	CHECK_INT(a.password_length, 12);
	CHECK_INT(a.argon_kib, 19456);
	CHECK_INT(a.argon_passes, 2);
	CHECK_INT(a.pin_length, 5);
	CHECK_INT(a.pin_tries, 10);

	const struct service *s = conf_service(&a, "sshd");
	CHECK_TEXT(s->name, "*");
	CHECK(!s->local && !s->one_prompt);
	CHECK_INT(s->nsteps, 2);
	CHECK_INT(s->step[0], P);
	CHECK_INT(s->step[1], T);
}

TEST(conf_knows_what_is_local)
{
	static const char *const local[] = { "login", "lightdm", "greetd", "gdm-password", "sddm",
		"vlock", "hcauth", "passwd" };
	static const char *const not [] = { "sshd", "su", "sudo", "cron", "remote", "*", "",
		"LOGIN" };
	struct conf c;

	conf_defaults(&c);
	for (size_t i = 0; i < sizeof local / sizeof *local; i++) {
		const struct service *s = conf_service(&c, local[i]);

		CHECK(s->local);
		CHECK_INT(s->nsteps, 2);
	}
	for (size_t i = 0; i < sizeof not / sizeof *not ; i++)
		CHECK(!conf_service(&c, not [i])->local);
}

TEST(conf_takes_every_setting)
{
	struct conf c = good("# a comment\n"
			     "  ; another\n"
			     "[machine]\n"
			     "list-users = yes\n"
			     "uids=1000-60000\n"
			     "home\t=\t/srv/home ; where they live\n"
			     "shell = /bin/sh\n"
			     "issuer = St John's Surgery \xc3\xa9\n"
			     "language = cy\n"
			     "\n"
			     "[password]\n"
			     "length = 64\n"
			     "memory = 1024\n"
			     "passes = 16\n"
			     "[pin]\n"
			     "length = 12\n"
			     "tries = 3\n"
			     "[service kiosk]\n"
			     "require = pin\n"
			     "local = yes\n"
			     "one-prompt = yes\n"
			     "[service *]\n"
			     "require = password, totp|recovery\n"
			     "[service login]\n"
			     "require = pin | password");

	CHECK(c.list_users);
	CHECK_INT(c.uid_min, 1000);
	CHECK_INT(c.uid_max, 60000);
	CHECK_TEXT(c.home, "/srv/home");
	CHECK_TEXT(c.shell, "/bin/sh");
	CHECK_TEXT(c.issuer, "St John's Surgery \xc3\xa9");
	CHECK_TEXT(c.language, "cy");
	CHECK_INT(c.password_length, 64);
	CHECK_INT(c.argon_kib, 1048576);
	CHECK_INT(c.argon_passes, 16);
	CHECK_INT(c.pin_length, 12);
	CHECK_INT(c.pin_tries, 3);

	const struct service *k = conf_service(&c, "kiosk"), *l = conf_service(&c, "login"),
			     *v = conf_service(&c, "vlock"), *any = conf_service(&c, "sshd");
	CHECK(k->local && k->one_prompt);
	CHECK_INT(k->nsteps, 1);
	CHECK_INT(k->step[0], N);
	CHECK(l->local && !l->one_prompt);
	CHECK_INT(l->nsteps, 1);
	CHECK_INT(l->step[0], N | P);
	CHECK(v->local);
	CHECK_INT(v->nsteps, 2);
	CHECK_INT(v->step[1], T | R);
	CHECK_INT(any->step[1], T | R);
	CHECK(!any->local);
}

TEST(conf_takes_what_was_proved_before)
{
	struct conf c = good("[service kiosk]\nlocal = yes\nrequire = fingerprint | pin\n"
			     "[service sshd]\nrequire = key | password, totp\n"
			     "[service login]\nrequire = key | password, totp\n");

	CHECK_INT(conf_service(&c, "kiosk")->step[0], 1U << FACTOR_FINGERPRINT | N);
	CHECK_INT(conf_service(&c, "sshd")->step[0], 1U << FACTOR_KEY | P);
	CHECK_INT(conf_service(&c, "login")->step[0], 1U << FACTOR_KEY | P);
}

TEST(conf_lets_a_local_service_be_made_remote)
{
	struct conf c = good("[service login]\nlocal = no\n");

	CHECK(!conf_service(&c, "login")->local);
}

#define TEXTS "[courier]\nsms = /usr/bin/sms\n"

TEST(conf_takes_text_messages_behind_a_password)
{
	struct conf c = good("[service *]\nrequire = password, totp | sms\n"
			     "[service sshd]\nrequire = key | password, sms\n" TEXTS
			     "[service a]\nrequire = key, password, sms\n");

	CHECK_INT(conf_service(&c, "login")->step[1], T | 1U << FACTOR_SMS);
	CHECK_INT(conf_service(&c, "i3lock")->step[0], P);
}

/* Each line of the right column is what somebody with the file open wants to read. */
static const struct {
	const char *text, *error;
} bad[] = {
	{ "list-users = no\n", "f:1: a setting stands before the first [section]" },
	{ "[machine]\nlist-user = no\n",
		"f:2: unknown setting in [machine]: \"list-user\"; see hcauthd.conf(5)" },
	{ "[machine]\nlength = 5\n", "f:2: unknown setting in [machine]: \"length\"" },
	{ "[machine]\n= no\n", "f:2: unknown setting in [machine]: \"\"" },
	{ "[machine]\nlist-users = no\n\nlist-users = no\n",
		"f:4: list-users: given before, on line 2" },
	{ "[machine]\n[pin]\n[machine]\n", "f:3: [machine]: stands before, on line 1" },
	{ "[service a]\n\n[service a]\n", "f:3: [service a]: stands before, on line 1" },
	{ "[service login]\n[service login]\n", "f:2: [service login]: stands before, on line 1" },
	{ "[service *]\n[service *]\n", "f:2: [service *]: stands before, on line 1" },
	{ "[machines]\n", "f:1: unknown section [machines]; there are [machine]" },
	{ "[servce sshd]\n", "f:1: unknown section [servce sshd]" },
	{ "[service]\n", "f:1: unknown section [service]" },
	{ "[]\n", "f:1: unknown section []" },
	{ "[service ]\n", "f:1: [service NAME]: a name in /etc/pam.d" },
	{ "[service SSHD]\n", "f:1: [service NAME]: a name in /etc/pam.d, in small letters" },
	{ "[service  sshd]\n", "f:1: [service NAME]" },
	{ "[service a/b]\n", "f:1: [service NAME]" },
	{ "[service a23456789012345678901234567890xy]\n", "at most 31 bytes" },
	{ "[machine\n", "f:1: a section is one name in brackets" },
	{ "[machine] x\n", "f:1: a section is one name in brackets, and nothing after it" },
	{ "[machine]\nlist-users\n", "f:2: neither a [section] nor NAME = VALUE" },
	{ "[machine]\nhome: /srv\n", "f:2: neither a [section] nor NAME = VALUE" },
	{ "[machine]\nhome ; x = /srv\n", "f:2: neither a [section] nor NAME = VALUE" },
	{ "[machine]\nhome = /srv\n  shell = /bin/sh\n", "f:3: begins with white space" },
	{ "[machine]\n [pin]\n", "f:2: begins with white space" },
	{ "[machine]\r\n", "f:1: a carriage return" },
	{ "\xef\xbb\xbf[machine]\n", "f:1: begins with a byte order mark" },
	{ "\n\n[machine]\nhome = /\x01srv\n", "f:4: a control character (byte 0x01)" },
	{ "# \x7f\n", "f:1: a control character (byte 0x7f)" },
	{ "[machine]\nlist-users = true\n", "f:2: list-users = true: must be yes or no" },
	{ "[machine]\nlist-users = Yes\n", "must be yes or no" },
	{ "[machine]\nlist-users =\n", "must be yes or no" },
	{ "[machine]\nuids = 20000\n",
		"f:2: uids = 20000: must be MIN-MAX from 1000 to 2147483647" },
	{ "[machine]\nuids = 999-30000\n", "must be MIN-MAX" },
	{ "[machine]\nuids = 30000-29999\n", "must be MIN-MAX" },
	{ "[machine]\nuids = -1-30000\n", "must be MIN-MAX" },
	{ "[machine]\nuids = 20000-60001\n", "clear of 60001 to 65535" },
	{ "[machine]\nuids = 65535-70000\n", "clear of 60001 to 65535" },
	{ "[machine]\nuids = 70000-2147483648\n", "must be MIN-MAX" },
	{ "[machine]\nuids = 00000000000020000-30000\n", "must be MIN-MAX" },
	{ "[machine]\nhome = srv\n", "f:2: home = srv: must be the full path of a folder" },
	{ "[machine]\nhome = /\n", "must be the full path" },
	{ "[machine]\nhome = /srv/\n", "must be the full path" },
	{ "[machine]\nhome = /srv/../etc\n", "must be the full path" },
	{ "[machine]\nhome = /srv:x\n", "must be the full path" },
	{ "[machine]\nshell = /bin/bash -i\n",
		"f:2: shell = /bin/bash -i: must be the full path of a program" },
	{ "[machine]\nhome = /345678901234567890123456789012345678901234567890123456789012345\n",
		"at most 63 bytes" },
	{ "[machine]\nlanguage = \n", "must be en_GB or cy" },
	{ "[machine]\nlanguage = CY\n", "f:2: language = CY: must be en_GB or cy" },
	{ "[machine]\nlanguage = ../cy\n", "must be en_GB or cy" },
	{ "[machine]\nissuer =\n", "must be 1 to 31 bytes of plain text without a colon" },
	{ "[machine]\nissuer = a:b\n", "must be 1 to 31 bytes" },
	{ "[machine]\nissuer = a\xff\n", "f:2: issuer = a\\xff: must be 1 to 31 bytes" },
	{ "[machine]\nissuer = 12345678901234567890123456789012\n", "must be 1 to 31 bytes" },
	{ "[password]\nlength = 7\n", "f:2: length = 7: must be 8 to 64 (characters)" },
	{ "[password]\nlength = 65\n", "must be 8 to 64" },
	{ "[password]\nlength = -12\n", "must be 8 to 64" },
	{ "[password]\nlength = 12 # long\n", "f:2: length = 12 # long: must be 8 to 64" },
	{ "[password]\nlength = 18446744073709551628\n", "must be 8 to 64" },
	{ "[password]\nmemory = 18\n", "f:2: memory = 18: must be 19 to 1024 (MiB)" },
	{ "[password]\nmemory = 1025\n", "must be 19 to 1024" },
	{ "[password]\npasses = 1\n", "f:2: passes = 1: must be 2 to 16" },
	{ "[password]\npasses = 17\n", "must be 2 to 16" },
	{ "[pin]\nlength = 4\n", "f:2: length = 4: must be 5 to 12 (digits)" },
	{ "[pin]\nlength = 13\n", "must be 5 to 12" },
	{ "[pin]\ntries = 0\n", "f:2: tries = 0: must be 3 to 10" },
	{ "[pin]\ntries = 100\n", "must be 3 to 10" },
	{ "[service a]\nrequire =\n", "f:2: require = : each step names factors out of password" },
	{ "[service a]\nrequire = ,\n", "f:2: require = ,: each step names" },
	{ "[service a]\nrequire = password,\n", "each step names" },
	{ "[service a]\nrequire = password, totp |\n", "each step names" },
	{ "[service a]\nrequire = passwort\n", "f:2: require = passwort: each step names" },
	{ "[service a]\nrequire = password totp\n", "each step names" },
	{ "[service a]\nrequire = password, totp | password\n", "a factor is named twice" },
	{ "[service a]\nrequire = password, totp, recovery, pin, password\n",
		"f:2: require = password, totp, recovery, pin, password: at most 4 steps" },
	{ "[service a]\n\nrequire = password | pin\n",
		"f:3: require: a PIN is for local services only: [service a] has local = no" },
	{ "[service *]\nrequire = pin\n", "f:2: require: a PIN" },
	{ "[service login]\nlocal = no\nrequire = pin\n", "f:3: require: a PIN" },
	{ "[service su]\nrequire = pin, totp\n", "f:2: require: a PIN" },
	{ "[service sshd]\nrequire = fingerprint | password\n",
		"f:2: require: a fingerprint is for local services only: [service sshd]" },
	{ "[service *]\nrequire = password | fingerprint\n", "f:2: require: a fingerprint" },
	{ "[service login]\nrequire = key, totp\n",
		"f:2: require: sshd alone proves a key, and [service login] is local" },
	{ "[service *]\nrequire = password, key\n", "require: sshd alone proves a key" },
	{ "[service sshd]\nlocal = yes\n", "f:2: local: never for sshd, which serves the network" },
	{ "[service remote]\nlocal = yes\n", "f:2: local: never for remote" },
	{ "[service *]\nlocal = yes\n", "f:2: local: never for [service *]" },
	{ "[service a]\none-prompt = yes\n",
		"f:2: one-prompt: [service a] can be asked one thing only" },
	{ "[service i3lock]\nrequire = password, totp\n", "f:2: one-prompt" },
	{ "[service a]\nprompts = yes\n", "f:2: prompts = yes: must be shown or told" },
	{ "[service a]\nshift = 10h\n", "f:2: shift = 10h: must be yes or no" },
	{ "[machine]\nshift = 25h\n", "f:2: shift = 25h: must be 0 to 24 hours, such as 10h" },
	{ "[machine]\nshift = h\n", "must be 0 to 24 hours" },
	{ "[machine]\nshift = 10 h\n", "must be 0 to 24 hours" },
	{ "[machine]\nnames = last\n", "f:2: names = last: must be full, initials or first" },
	{ "[pin]\nrollout = 2026-07-31\n",
		"f:2: rollout = 2026-07-31: must be no, or YEAR-MONTH-DAY" },
	{ "[pin]\nrollout = 2026-07-32 over 30 days\n", "must be no, or" },
	{ "[pin]\nrollout = 2026-07-31 over 0 days\n", "must be no, or" },
	{ "[pin]\nrollout = 2026-07-31 over 367 days\n", "must be no, or" },
	{ "[pin]\nrollout = 2026-07-31 over days\n", "must be no, or" },
	{ "[pin]\nask = nag\n",
		"f:2: ask = nag: must be optional, nag 1 to 99 times, or required" },
	{ "[pin]\nask = nag 0 times\n", "must be optional" },
	{ "[pin]\nask = nag 1 tim\n", "must be optional" },
	{ "[pin]\nask = nag  times\n", "must be optional" },
	{ "[pin]\nask = nag 100 times\n", "must be optional" },
	{ "[service a]\nrequire = password, totp | sms\n",
		"f:2: require: sms sends nothing: [courier] has no sms" },
	{ "[service *]\nrequire = password, sms\n[courier]\nfrom = a@example.org\n",
		"f:2: require: sms" },
	{ TEXTS "[service a]\nrequire = sms\n",
		"f:4: require: sms is sent behind a right password, so [service a] needs" },
	{ TEXTS "[service *]\nrequire = totp | sms, password\n", "f:4: require: sms is sent" },
	{ TEXTS "[service a]\nrequire = password | sms\n", "f:4: require: sms is sent" },
	{ TEXTS "[service login]\nrequire = pin, sms\n", "f:4: require: sms is sent" },
	{ TEXTS "[service i3lock]\nrequire = sms\n", "f:4: require: sms is sent" },
	{ "[service i3lock]\none-prompt = yes\nrequire = password, totp\n", "f:3: one-prompt" },
	{ "[service *]\none-prompt = yes\nrequire = password\n[service b]\nrequire = password, totp\n",
		"f:5: one-prompt: [service b]" },
};

TEST(cl01_conf_names_file_and_line_of_each_mistake)
{
	struct conf same;

	memset(&same, 7, sizeof same);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char error[CONF_ERROR_MAX] = "";
		struct conf c = same;

		if (read_bytes(bad[i].text, strlen(bad[i].text), &c, error))
			CHECK_TEXT("accepted", bad[i].text);
		CHECK_HAS(error, bad[i].error);
		CHECK(strncmp(error, "f:", 2) == 0);
		CHECK_BYTES(&c, &same, sizeof c); /* untouched */
	}
}

TEST(conf_tells_of_the_first_mistake)
{
	static const char text[] = "[machine]\nx = 1\nno equals\n[nope]\n";
	char error[CONF_ERROR_MAX] = "";
	struct conf c;

	CHECK(!read_bytes(text, sizeof text - 1, &c, error));
	CHECK_HAS(error, "f:2: unknown setting");
}

TEST(cl01_conf_refuses_a_nul)
{
	static const char text[] = "[machine]\nlist-users = no\0yes\n";
	char error[CONF_ERROR_MAX] = "";
	struct conf c;

	CHECK(!read_bytes(text, sizeof text - 1, &c, error));
	CHECK_TEXT(error, "f:2: a control character (byte 0x00)");
}

TEST(conf_of_lines_up_to_190_bytes)
{
	char text[300] = "\n#", error[CONF_ERROR_MAX] = "";
	struct conf c;

	memset(text + 2, 'a', 189);
	CHECK(read_bytes(text, 191, &c, error));
	text[191] = 'a';
	CHECK(!read_bytes(text, 192, &c, error));
	CHECK_TEXT(error, "f:2: longer than 190 bytes");
}

TEST(cl01_conf_of_a_line_of_a_megabyte)
{
	size_t len = 1 << 20;
	char *text = malloc(len), error[CONF_ERROR_MAX] = "";
	struct conf c;

	memset(text, 'a', len);
	CHECK(!read_bytes(text, len, &c, error));
	CHECK_TEXT(error, "f: larger than 256 KiB");
	CHECK(!read_bytes(text, CONF_BYTES_MAX, &c, error));
	CHECK_HAS(error, "f:1: longer than");
	memset(text, '\n', CONF_BYTES_MAX);
	CHECK(read_bytes(text, CONF_BYTES_MAX, &c, error));
	free(text);
}

TEST(conf_reads_how_pins_are_rolled_out)
{
	char error[CONF_ERROR_MAX] = "";
	struct conf c;
	uint64_t day;
	static const char text[] = "[machine]\nshift = 8h\nnames = initials\nbreak-glass = yes\n"
				   "[pin]\nrollout = 2026-07-31 over 30 days\nask = nag 3 times\n";

	conf_defaults(&c);
	CHECK(c.rollout.from == 0 && c.rollout.ask == ROLLOUT_OPTIONAL && !c.break_glass);
	CHECK(read_bytes(text, sizeof text - 1, &c, error));
	CHECK(parse_day("2026-07-31", &day));
	CHECK_INT(c.rollout.from, day);
	CHECK_INT(c.rollout.days, 30);
	CHECK_INT(c.rollout.ask, ROLLOUT_NAG);
	CHECK_INT(c.rollout.times, 3);
	CHECK_INT(c.shift_s, 8 * 3600);
	CHECK_INT(c.names, NAMES_INITIALS);
	CHECK(c.break_glass);
}

TEST(conf_knows_lockers)
{
	char error[CONF_ERROR_MAX] = "";
	struct conf c;
	const struct service *s;

	CHECK(read_bytes("", 0, &c, error));
	s = conf_service(&c, "i3lock");
	CHECK(s->one_prompt && s->shift && !s->quiet && !s->hours && !s->local);
	CHECK(s->nsteps == 1 && s->step[0] == 1u << FACTOR_PASSWORD);
	s = conf_service(&c, "xscreensaver");
	CHECK(!s->one_prompt && s->shift && s->quiet && s->nsteps == 2);
	s = conf_service(&c, "lightdm");
	CHECK(s->tell_prompts && !s->quiet && !s->shift);
	CHECK(!conf_service(&c, "sshd")->shift && !conf_service(&c, "sshd")->quiet);
}

TEST(conf_of_too_many_services)
{
	char text[4096] = "", error[CONF_ERROR_MAX] = "";
	size_t at = 0;
	struct conf c;

	for (int i = 0; i < SERVICES_MAX - 20; i++) /* twenty are built in */
		at += (size_t)snprintf(text + at, sizeof text - at, "[service s%d]\n", i);
	CHECK(read_bytes(text, at, &c, error));
	CHECK_INT(c.nservices, SERVICES_MAX);
	at += (size_t)snprintf(text + at, sizeof text - at, "[service more]\n");
	CHECK(!read_bytes(text, at, &c, error));
	CHECK_TEXT(error, "f:45: [service more]: room for 64 services only");
}

TEST(conf_survives_any_single_changed_byte)
{
	static const char text[] = "[machine]\nuids = 1000-60000\nissuer = x\n[service a]\n"
				   "require = password, totp | recovery\nlocal = no\n";

	for (size_t i = 0; i < sizeof text - 1; i++) {
		for (int b = 0; b < 256; b++) {
			char changed[sizeof text], error[CONF_ERROR_MAX] = "";
			struct conf c;

			memcpy(changed, text, sizeof text);
			changed[i] = (char)b;
			if (!read_bytes(changed, sizeof text - 1, &c, error)) {
				CHECK(strncmp(error, "f:", 2) == 0);
				continue;
			}
			CHECK(c.uid_min >= 1000);
			CHECK(conf_service(&c, "a")->nsteps > 0);
			CHECK(conf_service(&c, "a")->step[0] != 0);
		}
	}
}

static char *file_of(mode_t mode)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/conf", test_folder());
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	CHECK_INT(write(fd, "[pin]\n", 6), 6);
	CHECK_INT(fchmod(fd, mode), 0);
	close(fd);
	return path;
}

TEST(cl02_conf_opens_only_what_nobody_else_can_write)
{
	char error[CONF_ERROR_MAX] = "", other[160];
	char *path = file_of(0644);
	int fd = conf_open(path, error);

	CHECK_TEXT(error, "");
	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);

	CHECK_INT(conf_open(file_of(0664), error), -1);
	CHECK_HAS(error, "/conf: may be written by others than its owner");
	CHECK_INT(conf_open(file_of(0646), error), -1);
	CHECK_HAS(error, "may be written by others");

	file_of(0600);
	snprintf(other, sizeof other, "%s/link", test_folder());
	CHECK_INT(symlink("conf", other), 0);
	CHECK_INT(conf_open(other, error), -1);
	CHECK_HAS(error, "/link: is a symbolic link");

	snprintf(other, sizeof other, "%s/fifo", test_folder());
	CHECK_INT(mkfifo(other, 0600), 0);
	CHECK_INT(conf_open(other, error), -1);
	CHECK_HAS(error, "/fifo: is not a regular file");
	CHECK_INT(conf_open(test_folder(), error), -1);
	CHECK_HAS(error, "is not a regular file");
	CHECK_INT(conf_open("/nonexistent/conf", error), -1);
	CHECK_TEXT(error, "/nonexistent/conf: No such file or directory");

	CHECK_INT(truncate(path, CONF_BYTES_MAX), 0);
	CHECK(conf_open(path, error) >= 0);
	CHECK_INT(truncate(path, CONF_BYTES_MAX + 1), 0);
	CHECK_INT(conf_open(path, error), -1);
	CHECK_HAS(error, "is larger than 256 KiB");
}

TEST(conf_refuses_a_file_of_somebody_else)
{
	char error[CONF_ERROR_MAX] = "";
	char *path = file_of(0644);

	if (geteuid() != 0) { /* only root can give a file away; root's are not ours to change */
		CHECK(conf_open(path, error) >= 0);
		return;
	}
	CHECK_INT(chown(path, 4001, 0), 0);
	CHECK_INT(conf_open(path, error), -1);
	CHECK_HAS(error, "/conf: does not belong to root");
}

static const char *document(const char *name)
{
	static char text[65536];
	char path[512];

	snprintf(path, sizeof path, "%s/%s", TOP_SRCDIR, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	ssize_t n = read(fd, text, sizeof text - 1);
	CHECK(n > 0);
	close(fd);
	text[n] = 0;
	return text;
}

TEST(conf_as_shipped_says_the_defaults)
{
	const char *text = document("conf/hcauthd.conf");
	struct conf shipped = good(text), plain;

	conf_defaults(&plain);
	CHECK_BYTES(&shipped, &plain, sizeof plain);
}

/* Every setting of the table stands in its section of the shipped file and of the manual page. */
TEST(conf_has_every_setting_in_its_documents)
{
	char names[2048], *next = names;

	conf_names(names, sizeof names);
	for (char *line; (line = strsep(&next, "\n")) && *line;) {
		char *name = line, part[128];
		const char *section = strsep(&name, " ");

		snprintf(part, sizeof part, "[%s%s]\n", section,
			strcmp(section, "service") == 0 ? " *" : "");
		const char *at = strstr(document("conf/hcauthd.conf"), part);
		CHECK_HAS(at, part);
		bool off = strcmp(section, "courier") == 0; /* nothing is sent until it is set up */
		snprintf(part, sizeof part, "\n%s%s = ", off ? "#" : "", name);
		CHECK_HAS(at, part);

		snprintf(part, sizeof part, ".Ss Section %s", section);
		at = strstr(document("doc/hcauthd.conf.5"), part);
		CHECK_HAS(at, part);
		snprintf(part, sizeof part, ".It Ic %s = ", name);
		CHECK_HAS(at, part);
	}
}
