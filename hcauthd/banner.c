/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: what is told stands in one message with the prompt, which is never what is cut; a message is
 * no longer than the program can carry, and ends between two characters; what is told last of all is read
 * before the program goes on. */
#include "banner.h"

#include <string.h>

#include "text.h"

enum { BANNER_WIDTH = 64 }; /* characters: half of a screen that is 800 dots wide is left over */

/* The bytes of text that fit into max, with no half character at their end. */
static size_t fitting(const char *text, size_t max)
{
	size_t n = strnlen(text, max + 1);

	if (n <= max)
		return n;
	for (n = max; n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80;)
		n--;
	return n;
}

/* The greeter's window grows with its longest line, beyond the screen's edges. */
static void wrap(char *text)
{
	char *space = NULL;
	unsigned column = 0;

	for (char *p = text; *p; p++) {
		if (*p == ' ')
			space = p;
		if (*p != '\n' && (*p & 0xC0) != 0x80 && ++column > BANNER_WIDTH && space) {
			p = space;
			*p = '\n';
		}
		if (*p == '\n') {
			space = NULL;
			column = 0;
		}
	}
}

/* On lines of its own, below what is there. */
static void put_line(struct banner *b, const char *text)
{
	if (b->len > 0 && b->len < BANNER_MAX)
		b->text[b->len++] = '\n';

	size_t n = fitting(text, BANNER_MAX - b->len);

	memcpy(b->text + b->len, text, n);
	b->text[b->len + n] = 0;
	wrap(b->text + b->len);
	b->len += n;
}

static void show(struct conv *c)
{
	struct banner *b = &c->banner;
	const struct tell t = { .level = b->level ? b->level : TELL_INFO, .text = b->text };

	if (b->len > 0)
		c->io.tell(c->io.arg, &t);
	wipe(b->text, sizeof b->text);
	b->len = 0;
	b->level = 0;
}

void banner_keep(struct conv *c, enum tell_level level, const char *text)
{
	if (c->banner.level != TELL_ERROR)
		c->banner.level = level;
	put_line(&c->banner, text);
}

/* The field for a password says itself what it is; and what the program has said of the last password, in
 * words of its own, is to stay. */
static bool shows_itself(const struct conv *c, const char *prompt)
{
	return strcmp(prompt, password_prompt(c)) == 0;
}

void banner_prompt(struct conv *c, const char *prompt)
{
	struct banner *b = &c->banner;

	b->asked = true;
	if (!shows_itself(c, prompt)) {
		b->len = fitting(b->text, BANNER_MAX - 1 - fitting(prompt, BANNER_MAX - 1));
		put_line(b, prompt);
	}
	show(c);
}

void banner_end(struct conv *c)
{
	SECRET(enter);

	if (c->banner.len > 0 && c->banner.asked)
		ask(c, USE_OTHER, false, TEXT_ENTER, &enter); /* some type the PIN again at once */
	else
		show(c);
}
