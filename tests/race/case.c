/* SPDX-License-Identifier: Apache-2.0 */
/* The clock, the results, and who races. */
#include "race/people.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static unsigned cases;

void clock_ahead(uint64_t seconds)
{
	int fd;

	client_ahead += seconds;
	fd = open("/run/host/clock.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, &client_ahead, sizeof client_ahead) != sizeof client_ahead ||
		close(fd) < 0 || rename("/run/host/clock.new", "/run/host/clock") < 0)
		client_fail("the clock: %s", strerror(errno));
}

void case_of(const char *name, const char *format, ...)
{
	va_list ap;

	printf("ok %u - %s", ++cases, name);
	va_start(ap, format);
	printf(": ");
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

void cases_end(void)
{
	printf("1..%u\n", cases);
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

void racing_codes(struct racing *p)
{
	const char *const words[] = { "codes", NULL };
	const char *const answers[] = { p->p.password, p->p.code[CLIENT_CODES - 1], "yes", NULL };

	clock_ahead(1000);
	somebody_take_codes(&p->p, command_as(&p->p, words, answers));
	p->used = 0;
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
