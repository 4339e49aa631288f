/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: it speaks through the same terminal as pam_hcauth and hcauth (common/term.c), so that
 * what is measured and killed here is what people use. */
#include "client.h"

#include <ctype.h>
#include <errno.h>
#include <oath.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lockout.h"
#include "paths.h"
#include "term.h"

enum { STEP_S = 30 };

void (*client_sms)(char out[32]);
uint64_t client_ahead;
static char told[1 << 17];
static size_t told_len;

struct script {
	const char *const *answers;
	unsigned asks;
	double answered;
};

_Noreturn void client_fail(const char *format, ...)
{
	va_list ap;

	printf("not ok - ");
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	exit(1);
}

double client_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

uint64_t step_now(void)
{
	return ((uint64_t)time(NULL) + client_ahead) / STEP_S;
}

uint64_t step_before(void)
{
	return ((uint64_t)time(NULL) + client_ahead + 1) / STEP_S - 1;
}

void somebody_code(const struct somebody *p, uint64_t step, char out[8])
{
	char *secret = NULL;
	size_t len = 0;

	if (oath_base32_decode(p->secret, strlen(p->secret), &secret, &len) != OATH_OK ||
		oath_hotp_generate(
			secret, len, step, 6, false, OATH_HOTP_DYNAMIC_TRUNCATION, out) != OATH_OK)
		client_fail("no code for %s", p->email);
	free(secret);
}

static void tell_more(const char *text)
{
	size_t n = strlen(text);

	if (told_len + n + 2 > sizeof told)
		client_fail("a conversation told more than %zu bytes", sizeof told);
	memcpy(told + told_len, text, n);
	told_len += n;
	told[told_len++] = '\n';
	told[told_len] = 0;
}

/* The secret that was told last, without its spaces. */
static void shown_secret(char out[64])
{
	const char *p = told;
	size_t n = 0;

	for (const char *next; (next = strstr(p, "Secret: "));)
		p = next + strlen("Secret: ");
	for (; *p && *p != '\n' && n < 63; p++)
		if (isalnum((unsigned char)*p))
			out[n++] = *p;
	out[n] = 0;
}

static int give(void *arg, const struct ask *a, struct secret *out)
{
	struct script *s = arg;
	const char *text = s->answers ? s->answers[s->asks] : NULL;
	struct somebody shown = { .step = 0 };
	char code[32];

	if (!text) {
		printf("# nobody answers \"%s\"\n", a->text);
		return -ECANCELED;
	}
	s->asks++;
	if (strcmp(text, "@totp") == 0) {
		shown_secret(shown.secret);
		somebody_code(&shown, step_before(), code);
		text = code;
	} else if (strcmp(text, "@sms") == 0) {
		client_sms(code);
		text = code;
	}
	out->len = strlen(text);
	memcpy(out->text, text, out->len + 1);
	if (*text)
		s->answered = client_ms();
	return 0;
}

static int keep(void *arg, const struct tell *t)
{
	(void)arg;
	tell_more(t->text);
	return 0;
}

struct hello client_hello(enum purpose purpose, const char *service, const char *name)
{
	return (struct hello){ .version = WIRE_VERSION,
		.purpose = purpose,
		.service = service,
		.name = name,
		.tty = "",
		.rhost = "",
		.ruser = "",
		.have = "",
		.ticket = "" };
}

/* Whose a connection is, is who connects. */
static int connect_as(uint32_t uid)
{
	const char *path = uid == 0 ? HC_ROOT_SOCKET : HC_USER_SOCKET;

	if (seteuid(uid) < 0)
		client_fail("can't become uid %u: %s", uid, strerror(errno));
	int fd = packet_connect(path, boot_ms() + PATIENCE_MS);
	if (seteuid(0) < 0)
		client_fail("can't become root again: %s", strerror(errno));
	if (fd < 0)
		client_fail("%s: %s", path, strerror(-fd));
	return fd;
}

struct said client_talk(const struct hello *h, const char *const *args, const char *const *answers)
{
	return client_talk_as(0, h, args, answers);
}

struct said client_talk_as(
	uint32_t uid, const struct hello *h, const char *const *args, const char *const *answers)
{
	static struct packet p;
	struct script s = { .answers = answers };
	const struct term t = { .ask = give, .tell = keep, .arg = &s, .patience_ms = PATIENCE_MS };
	struct said said = { .text = told };
	struct verdict_msg v;
	size_t n = 0;
	int fd = connect_as(uid);

	told_len = 0;
	told[0] = 0;
	while (args && args[n])
		n++;
	said.r = term_run(fd, h, args, n, &t, &p, &v);
	said.asks = s.asks;
	said.answered = s.answered;
	close(fd);
	if (said.r < 0)
		return said;
	said.result = v.result;
	said.uid = v.uid;
	said.status = v.status;
	snprintf(said.user, sizeof said.user, "%s", v.user);
	snprintf(said.ticket, sizeof said.ticket, "%s", v.ticket);
	return said;
}

void client_practice(void)
{
	const struct hello h = client_hello(PURPOSE_COMMAND, "hcauth", "");
	const struct said s = client_talk(
		&h, (const char *const[]){ "practice", "add", "stj", "St John", NULL }, NULL);

	if (s.r < 0 || (s.result != GRANTED && !strstr(s.text, "already")))
		client_fail("hcauth practice add: %d, status %d: %s", s.r, s.status, s.text);
}

const char *client_command(const char *const *args)
{
	struct hello h = client_hello(PURPOSE_COMMAND, "hcauth", "");
	struct said s = client_talk(&h, args, NULL);

	if (s.r < 0 || s.result != GRANTED)
		client_fail("hcauth %s %s: %d, status %d: %s", args[0], args[1] ? args[1] : "", s.r,
			s.status, s.text);
	return s.text;
}

/* Takes the recovery codes out of what was told: "    07-K7Q2-9FJM-31XT-WAB0". */
void somebody_take_codes(struct somebody *p, const char *text)
{
	unsigned n = 0;

	for (const char *line = text; line && n < CLIENT_CODES; line = strchr(line + 1, '\n')) {
		const char *at = line + strspn(line, "\n ");
		char slot[4];

		snprintf(slot, sizeof slot, "%02u-", n + 1);
		if (strspn(at, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == 22 &&
			strncmp(at, slot, 3) == 0)
			snprintf(p->code[n++], sizeof *p->code, "%.22s", at);
	}
	if (n != CLIENT_CODES)
		client_fail("%u recovery codes: %s", n, text);
}

void somebody_make(struct somebody *p, const char *name, unsigned number)
{
	char activation[32];

	snprintf(p->email, sizeof p->email, "%s%u@example.org", name, number);
	snprintf(p->user, sizeof p->user, "%s%u", name, number);
	snprintf(p->userid, sizeof p->userid, "HC%c%06u", toupper((unsigned char)*name), number);
	snprintf(p->password, sizeof p->password, "seven quiet herons fly");
	snprintf(p->pin, sizeof p->pin, "73915");

	const char *text = client_command(
		(const char *const[]){ "identity", "add", p->email, "--name", "Some Body", NULL });
	size_t n = strlen(text) - 1; /* the last line */
	while (n > 0 && text[n - 1] != '\n')
		n--;
	snprintf(activation, sizeof activation, "%.*s", (int)strcspn(text + n, "\n"), text + n);
	(void)client_command((const char *const[]){ "account", "add", p->userid, "--practice",
		"stj", "--identity", p->email, "--user", p->user, NULL });

	struct hello h = client_hello(PURPOSE_AUTH, "login", p->email);
	const char *const app[] = { activation, p->password, p->password, "@totp", "yes", p->pin,
		p->pin, NULL };
	const char *const both[] = { activation, p->password, p->password, "3", "@totp", p->mobile,
		"@sms", "yes", p->pin, p->pin, NULL };
	struct said s = client_talk(&h, NULL, *p->mobile ? both : app);
	if (s.r < 0 || s.result != GRANTED)
		client_fail("first sign-in of %s: %d, %d: %s", p->email, s.r, s.result, s.text);
	p->uid = s.uid;
	shown_secret(p->secret);
	p->step = step_before();
	somebody_take_codes(p, s.text);
}

uint32_t guesses_allowed(int64_t ms)
{
	uint32_t n = FREE_FAILURES;

	for (int64_t wait = WAIT_FIRST_S; ms >= wait * 1000; n++) {
		ms -= wait * 1000;
		wait = wait * 2 > WAIT_MAX_S ? WAIT_MAX_S : wait * 2;
	}
	return n;
}
