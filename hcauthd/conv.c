/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: an empty answer never reaches a factor, and a terminal that answers with nothing is
 * left after a few prompts. */
#include "conv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "banner.h"
#include "text.h"
#include "trace.h"

enum { EMPTY_MAX = 3 };

static bool shows_messages(const struct conv *c)
{
	return !(c->hello.flags & HELLO_SILENT) && !c->service->one_prompt && !c->service->quiet;
}

void ask(struct conv *c, enum ask_use use, bool echo, const char *text, struct secret *out)
{
	const struct ask a = { .use = use, .echo = echo, .text = text };
	struct now asked, answered;

	if (c->service->tell_prompts && shows_messages(c))
		banner_prompt(c, text);
	if (!c->traced) {
		c->io.ask(c->io.arg, &a, out);
		return;
	}
	trace(c, "asked: %s", text);
	c->now(&asked);
	c->io.ask(c->io.arg, &a, out);
	c->now(&answered);
	trace(c, "answered%s after %.1f s", out->len == 0 ? " with nothing" : "",
		(double)(answered.boot_ms - asked.boot_ms) / 1000);
}

bool ask_filled(struct conv *c, enum ask_use use, bool echo, const char *text, const char *hint,
	struct secret *out)
{
	unsigned times = c->service->one_prompt ? 1 : EMPTY_MAX;

	for (unsigned i = 0; i < times; i++) {
		ask(c, use, echo, text, out);
		if (out->len > 0)
			return true;
		if (i + 1 < times)
			tell(c, TELL_INFO, "%s", hint);
	}
	return false;
}

bool answer_is(const struct secret *answer, const char *word)
{
	return strcasecmp(answer->text, word) == 0 ||
		(answer->len == 1 && (answer->text[0] | 0x20) == *word);
}

bool answer_yes(const struct secret *answer)
{
	return answer_is(answer, "yes") || answer_is(answer, TEXT_YES);
}

bool answer_no(const struct secret *answer)
{
	return answer_is(answer, "no") || answer_is(answer, TEXT_NO);
}

/* sudo and doas compare the prompt with this word, and put their own in its place; su and whatever signs in
 * over the network is driven by people's scripts. */
const char *password_prompt(const struct conv *c)
{
	static const char *const matched[] = { "su", "su-l", "sudo", "sudo-i", "doas" };

	for (size_t i = 0; i < sizeof matched / sizeof *matched; i++)
		if (strcmp(c->hello.service, matched[i]) == 0)
			return TEXT_PASSWORD;
	return c->local || c->hello.purpose == PURPOSE_COMMAND ? TEXT_PASSWORD_HERE : TEXT_PASSWORD;
}

void tell(struct conv *c, enum tell_level level, const char *format, ...)
{
	char text[WIRE_TEXT_MAX];
	const struct tell t = { .level = level, .text = text };
	va_list ap;

	if (!shows_messages(c))
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	if (c->service->tell_prompts)
		banner_keep(c, level, text);
	else
		c->io.tell(c->io.arg, &t);
	wipe(text, sizeof text);
}

bool conv_is_open(const struct conv *c)
{
	return c->peer == 0 && c->hello.ruid == 0 && shows_messages(c);
}
