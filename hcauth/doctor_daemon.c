/* SPDX-License-Identifier: Apache-2.0 */
/* What only the daemon knows. What must hold: it is asked once, through root's socket; its lines are of words that stay,
 * and one that is not understood is passed over. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "doctor_run.h"
#include "paths.h"
#include "term.h"
#include "verbs.h"

#define HCAUTHD "/usr/sbin/hcauthd"

#ifndef HC_PATIENCE_MS
#define HC_PATIENCE_MS 20000
#endif

enum { LINES_MAX = 20000 };

static bool yes(const char *line, const char *name)
{
	char want[64];

	snprintf(want, sizeof want, " %s=yes", name);
	const char *p = strstr(line, want);
	return p && (p[strlen(want)] == 0 || p[strlen(want)] == ' ');
}

/* "sshd local=no one-prompt=no shift=no require=password, totp" */
static void hear_rule(struct facts *f, const char *line)
{
	struct rule *r = &f->rule[f->rules];
	const char *require = strstr(line, " require=");
	size_t len = strcspn(line, " ");

	if (f->rules == RULES_MAX || !require || len == 0 || len >= sizeof r->service)
		return;
	*r = (struct rule){ .local = yes(line, "local"),
		.one_prompt = yes(line, "one-prompt"),
		.shift = yes(line, "shift") };
	memcpy(r->service, line, len);
	if (snprintf(r->require, sizeof r->require, "%s", require + strlen(" require=")) <
		(int)sizeof r->require)
		f->rules++;
}

static void hear_practice(struct facts *f, const char *line)
{
	size_t len = strcspn(line, " ");

	if (!strstr(line, " managers=0") || f->unmanaged_n == PRACTICES_MAX ||
		len >= sizeof f->unmanaged[0])
		return;
	memcpy(f->unmanaged[f->unmanaged_n], line, len);
	f->unmanaged[f->unmanaged_n++][len] = 0;
}

static unsigned number(const char *text)
{
	return (unsigned)strtoul(text, NULL, 10);
}

void hear_fact(struct facts *f, const char *line)
{
	size_t len = strcspn(line, " ");
	const char *value = line[len] ? line + len + 1 : "";

	if (strncmp(line, "version ", 8) == 0)
		snprintf(f->version, sizeof f->version, "%s", value);
	else if (strncmp(line, "key ", 4) == 0)
		f->credential = strcmp(value, "credential") == 0;
	else if (strncmp(line, "pin-length ", 11) == 0)
		f->pin_length = number(value);
	else if (strncmp(line, "pin-tries ", 10) == 0)
		f->pin_tries = number(value);
	else if (strncmp(line, "email ", 6) == 0)
		f->email = strcmp(value, "yes") == 0;
	else if (strncmp(line, "sms ", 4) == 0)
		f->sms = strcmp(value, "yes") == 0;
	else if (strncmp(line, "break-glass ", 12) == 0)
		f->break_glass = strcmp(value, "yes") == 0;
	else if (strncmp(line, "service ", 8) == 0)
		hear_rule(f, value);
	else if (strncmp(line, "practice ", 9) == 0)
		hear_practice(f, value);
}

static int hear(void *arg, const struct tell *t)
{
	struct facts *f = arg;

	if (++f->lines > LINES_MAX)
		return -E2BIG; /* it would never end */
	if (t->level == TELL_INFO)
		hear_fact(f, t->text);
	return 0;
}

static int no_answer(void *arg, const struct ask *a, struct secret *out)
{
	(void)arg;
	(void)a;
	(void)out;
	return -EPROTO;
}

void ask_daemon(struct facts *out)
{
	static const char *const words[] = { "doctor" };
	const struct term term = {
		.ask = no_answer, .tell = hear, .arg = out, .patience_ms = HC_PATIENCE_MS
	};
	const struct hello h = command_hello("");
	int fd = packet_connect(HC_ROOT_SOCKET, boot_ms() + HC_PATIENCE_MS), r = fd;
	struct packet p;
	struct verdict_msg v = { 0 };

	*out = (struct facts){ 0 };
	if (fd >= 0) {
		r = term_run(fd, &h, words, 1, &term, &p, &v);
		wipe(&p, sizeof p);
		close(fd);
	}
	out->heard = r >= 0 && v.result == GRANTED && v.status == STATUS_DONE;
	if (r < 0)
		snprintf(out->trouble, sizeof out->trouble, "%s", strerror(-r));
	else if (!out->heard)
		snprintf(out->trouble, sizeof out->trouble, "it does not say what it asks for");
}

const struct rule *rule_for(const struct facts *f, const char *service)
{
	const struct rule *other = NULL;

	for (size_t i = 0; i < f->rules; i++) {
		if (strcmp(f->rule[i].service, service) == 0)
			return &f->rule[i];
		if (strcmp(f->rule[i].service, "*") == 0)
			other = &f->rule[i];
	}
	return other;
}

static const char *factor_words(const char *factor, size_t len)
{
	static const struct {
		const char *name, *words;
	} all[] = {
		{ "password", "password" },
		{ "totp", "code from the app" },
		{ "sms", "code by text message" },
		{ "recovery", "recovery code" },
		{ "pin", "PIN" },
		{ "yubikey", "YubiKey" },
		{ "key", "ssh key" },
		{ "fingerprint", "finger" },
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strlen(all[i].name) == len && memcmp(all[i].name, factor, len) == 0)
			return all[i].words;
	return "something that this command does not know";
}

void rule_words(const struct rule *r, char *out, size_t size)
{
	size_t used = 0;
	const char *p = r->require;

	out[0] = 0;
	while (*p && used < size) {
		size_t len = strcspn(p, " ,|");

		if (len > 0)
			used += (size_t)snprintf(
				out + used, size - used, "%s", factor_words(p, len));
		p += len;
		size_t gap = strspn(p, " ,|");
		if (gap > 0 && used < size)
			used += (size_t)snprintf(out + used, size - used, "%s",
				memchr(p, ',', gap) ? " and " : " or ");
		p += gap;
	}
}

/* The modules say in their files of which version they are. */
static void look_at_module(struct doctor *d, const char *path)
{
	enum { MODULE_BYTES = 4 * 1024 * 1024 };
	static const char mark[] = "hcauth-version ";
	char *bytes = doctor_read(d, path, MODULE_BYTES);
	const char *at = bytes ? strstr(bytes, mark) : NULL;
	size_t len = strlen(HC_VERSION);

	if (at)
		at += strlen(mark);
	if (bytes && (!at || strncmp(at, HC_VERSION, len) != 0 || at[len] != '?'))
		found(d, (struct found){ WRONG, "versions-differ", path, MEND_NOT, NULL, NULL },
			"It is not of this command's version, %s. Install hcauth as a whole.",
			HC_VERSION);
	free(bytes);
}

static void look_at_key(struct doctor *d)
{
	static const char seal[] = "install -d -m 700 " HC_CREDSTORE_DIR "\n"
				   "systemd-creds encrypt --name=" HC_KEY_CREDENTIAL " " HC_KEY_FILE
				   " " HC_KEY_SEALED "\n"
				   "systemctl restart hcauthd && hcauth status && rm " HC_KEY_FILE;
	struct found plain = { MIND, "key-plain", "machine key", MEND_RUN, HC_KEY_FILE, seal };

	if (d->facts.credential && doctor_file(d, HC_KEY_FILE)) {
		plain.id = "key-left";
		plain.line = "rm " HC_KEY_FILE;
		found(d, plain, "It is sealed, but the plain file is still there beside it.");
	} else if (d->facts.credential) {
		found(d, (struct found){ FINE, "key-sealed", "machine key", MEND_NOT, NULL, NULL },
			"It is sealed, and systemd hands it to hcauthd.");
	} else if (doctor_file(d, "/run/systemd/system")) {
		found(d, plain,
			"A plain file: whoever copies the whole disk has the key and the database. systemd can seal it to this machine. Have the recovery key at hand first.");
	} else {
		plain.mend = MEND_NOT;
		plain.line = NULL;
		found(d, plain,
			"A plain file: whoever copies the whole disk has the key and the database.");
	}
}

/* One that runs goes on with the settings that it has: nobody notices before the next start. */
static void look_at_settings(struct doctor *d)
{
	char path[4096];
	const char *const argv[] = { path, "--check", NULL };
	int status;

	if (!doctor_file(d, HCAUTHD))
		return;
	snprintf(path, sizeof path, "%s%s", d->root, HCAUTHD);
	char *said = run_program(argv, true, &status);
	if (said && status == 1) {
		said[strcspn(said, "\n")] = 0;
		found(d,
			(struct found){
				WRONG, "settings-wrong", "hcauthd", MEND_NOT, HC_CONF_FILE, NULL },
			"hcauthd does not start with its settings any more; until then the ones before are in force. %s",
			said);
	}
	free(said);
}

void look_at_daemon(struct doctor *d)
{
	const struct facts *f = &d->facts;

	look_at_module(d, HC_PAM_DIR "/pam_hcauth.so");
	look_at_module(d, HC_LIB_DIR "/libnss_hcauth.so.2");
	look_at_settings(d);
	if (!f->heard && !doctor_file(d, HC_KEY_FILE) && !doctor_file(d, HC_KEY_SEALED)) {
		found(d,
			(struct found){
				WRONG, "not-set-up", "hcauth", MEND_RUN, NULL, "hcauth init" },
			"hcauth is not set up on this machine: there is no machine key.");
		return;
	}
	if (!f->heard) {
		found(d,
			(struct found){ WRONG, "daemon-away", "hcauthd", MEND_RUN, NULL,
				"systemctl start hcauthd" },
			"hcauthd does not answer (%s): hcauth's people can't sign in. What it asks for is not known here.",
			f->trouble);
		return;
	}
	if (strcmp(f->version, HC_VERSION) != 0)
		found(d,
			(struct found){ WRONG, "versions-differ", "hcauthd", MEND_RUN, NULL,
				"systemctl restart hcauthd" },
			"This command is of version %s, hcauthd of %s.", HC_VERSION, f->version);
	look_at_key(d);
	if (f->pin_length < 6)
		found(d,
			(struct found){ MIND, "pin-short", "PIN", MEND_SET, HC_CONF_FILE,
				"[pin]\nlength = 6" },
			"New PINs have %u digits or more. Cyber Essentials asks for 6.",
			f->pin_length);
	if (!f->email)
		found(d,
			(struct found){ MIND, "no-email", "messages", MEND_SET, HC_CONF_FILE,
				"[courier]\nsendmail = /usr/sbin/sendmail\nfrom = hcauth@example.org" },
			"No way to send e-mail: nobody is told of changes, and nobody gets back in by themselves. (With your own address; then \"systemctl reload hcauthd\".)");
	for (size_t i = 0; i < f->unmanaged_n; i++)
		found(d,
			(struct found){ MIND, "no-manager", f->unmanaged[i], MEND_RUN, NULL,
				"hcauth practice set PRACTICE --manager EMAIL" },
			"A practice without a manager: only root can switch its leavers off.");
}
