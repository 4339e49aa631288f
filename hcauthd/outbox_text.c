/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: nothing but this file and the two ends of the conversation sees a code on its way; the
 * JSON library's copies of it are wiped like our own. */
#include "outbox_text.h"

#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "wipe.h"

static void free_wiped(void *p)
{
	if (p)
		wipe(p, malloc_usable_size(p));
	free(p);
}

const char *channel_name(enum channel channel)
{
	return channel == CHANNEL_EMAIL ? "email" : channel == CHANNEL_SMS ? "sms" : "-";
}

bool channel_named(const char *name, enum channel *out)
{
	for (enum channel c = CHANNEL_EMAIL; c <= CHANNEL_SMS; c++) {
		if (strcmp(name, channel_name(c)) != 0)
			continue;
		*out = c;
		return true;
	}
	return false;
}

int outbox_put(const struct queued *q, char *out, size_t size)
{
	const struct message *m = &q->message;
	json_error_t error = { .line = 0 };

	json_set_alloc_funcs(malloc, free_wiped);
	json_t *object = json_pack_ex(&error, 0, "{s:I,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:i}",
		"number", (json_int_t)q->number, "made", (json_int_t)q->made, "channel",
		channel_name(m->channel), "to", m->to, "template", m->template, "language", "en",
		"name", m->name, "practice", m->practice, "code", m->code, "what", m->what,
		"minutes", (int)m->minutes);
	if (!object) /* where memory is short, it does not always say so */
		return json_error_code(&error) == json_error_invalid_utf8 ? -EINVAL : -ENOMEM;
	size_t len = json_dumpb(object, out, size, JSON_COMPACT);

	json_decref(object);
	if (len == 0)
		return -ENOMEM;
	if (len >= size)
		return -EINVAL;
	out[len] = 0;
	return 0;
}

static bool copy(char *out, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size)
		return false;
	memcpy(out, text, len + 1);
	return true;
}

bool outbox_get(const char *text, struct queued *out)
{
	const char *channel, *to, *template, *language, *name, *practice, *code, *what;
	struct queued q = { .number = 0 };
	struct message *m = &q.message;
	json_int_t number, made;
	int minutes;

	json_set_alloc_funcs(malloc, free_wiped);
	json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	bool good = object &&
		json_unpack(object, "{s:I,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:i!}", "number",
			&number, "made", &made, "channel", &channel, "to", &to, "template",
			&template, "language", &language, "name", &name, "practice", &practice,
			"code", &code, "what", &what, "minutes", &minutes) == 0 &&
		number > 0 && made >= 0 && minutes >= 0 && strcmp(language, "en") == 0 &&
		channel_named(channel, &m->channel) && copy(m->to, sizeof m->to, to) &&
		copy(m->template, sizeof m->template, template) &&
		copy(m->name, sizeof m->name, name) &&
		copy(m->practice, sizeof m->practice, practice) &&
		copy(m->code, sizeof m->code, code) && copy(m->what, sizeof m->what, what);

	json_decref(object);
	if (good) {
		q.number = (uint64_t)number;
		q.made = (uint64_t)made;
		m->minutes = (uint32_t)minutes;
		*out = q;
	}
	wipe(&q, sizeof q);
	return good;
}

void queued_wipe(struct queued *q)
{
	wipe(q, sizeof *q);
}
