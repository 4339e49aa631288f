/* SPDX-License-Identifier: Apache-2.0 */
/* The clock, and who races. */
#include "race/people.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RACING_PASSWORD "client %03u likes tall hills"
#define RACING_PIN "73915"

void clock_ahead(uint64_t seconds)
{
	int fd;

	client_ahead += seconds;
	fd = open("/run/host/clock.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, &client_ahead, sizeof client_ahead) != sizeof client_ahead ||
		close(fd) < 0 || rename("/run/host/clock.new", "/run/host/clock") < 0)
		client_fail("the clock: %s", strerror(errno));
}

/* A command that asks for a code first: what it told. */
static const char *command_as(
	const struct somebody *p, const char *const *words, const char *const *answers)
{
	struct hello h = client_hello(PURPOSE_COMMAND, "hcauth", "");
	struct said s = client_talk_as(p->uid, &h, words, answers);

	if (s.r < 0 || s.result != GRANTED)
		client_fail("%s: hcauth %s: %d, status %d: %s", p->email, words[0], s.r, s.status,
			s.text);
	return s.text;
}

static void new_codes(struct racing *p, const char *code)
{
	const char *const words[] = { "codes", NULL };
	const char *const answers[] = { p->p.password, code, "yes", NULL };

	somebody_take_codes(&p->p, command_as(&p->p, words, answers));
	p->used = 0;
}

void racing_codes(struct racing *p)
{
	clock_ahead(1000);
	new_codes(p, p->p.code[CLIENT_CODES - 1]);
}

void racing_codes_by(struct racing *p)
{
	char code[8];

	clock_ahead(1000);
	somebody_code(&p->p, step_now(), code);
	new_codes(p, code);
}

const char *racing_code(struct racing *p)
{
	if (p->used == CLIENT_CODES - 1) /* the last one is for new ones */
		racing_codes(p);
	return p->p.code[p->used++];
}

void racing_make(struct racing *r, const char *name, unsigned number)
{
	snprintf(r->p.mobile, sizeof r->p.mobile, "+447700900%03u", number);
	somebody_make(&r->p, name, number);
	r->used = 0;
}

void racing_yubikey(struct racing *r, unsigned number)
{
	const char *first, *second;

	r->yubikey = soft_key(number);
	first = soft_touch(&r->yubikey);
	second = soft_touch(&r->yubikey);
	const char *const words[] = { "yubikey", "add", NULL };
	const char *const answers[] = { r->p.password, racing_code(r), first, second,
		r->yubikey.private, r->yubikey.aes, NULL };
	(void)command_as(&r->p, words, answers);
}

const char *racing_answer_first(const struct racer *r, const struct ask *a)
{
	static char text[64];
	struct somebody shown = { .step = 0 };

	if (a->use == USE_NEW_PASSWORD || a->use == USE_PASSWORD)
		snprintf(text, sizeof text, RACING_PASSWORD, r->number);
	else if (strstr(a->text, "PIN"))
		snprintf(text, sizeof text, "%s", RACING_PIN);
	else if (a->use == USE_CODE) {
		snprintf(shown.secret, sizeof shown.secret, "%s", r->secret);
		somebody_code(&shown, step_before(), text);
	} else /* an app, please; and the recovery codes are written down */
		snprintf(text, sizeof text, "%s", strstr(a->text, "1 for an app") ? "1" : "yes");
	return text;
}

void racing_first(struct racing *p, const struct racer *r)
{
	snprintf(p->p.secret, sizeof p->p.secret, "%s", r->secret);
	snprintf(p->p.password, sizeof p->p.password, RACING_PASSWORD, r->number);
	snprintf(p->p.pin, sizeof p->p.pin, "%s", RACING_PIN);
}
