/* SPDX-License-Identifier: Apache-2.0 */
/* From what the command hands over to lists of second factors. What must hold: a length is never believed
 * beyond what is there; no text of a file is in what is told of it, but for names. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "import_second.h"
#include "log.h"

enum { HEAD_MAX = USER_NAME_MAX + 24 };

int import_part_next(char **text, size_t *left, struct import_part *out)
{
	char head[HEAD_MAX];
	uint64_t len;

	if (*left == 0)
		return 0;
	const char *end = memchr(*text, '\n', *left < sizeof head ? *left : sizeof head);
	if (!end)
		return -EUCLEAN;
	size_t used = (size_t)(end - *text);
	memcpy(head, *text, used);
	head[used] = 0;
	char *length = strchr(head, ' ');
	if (!length || (size_t)(length - head) >= sizeof out->of)
		return -EUCLEAN;
	*length++ = 0;
	if (strcmp(head, "-") != 0 && !name_is_user(head))
		return -EUCLEAN;
	if (!parse_u64(length, 0, *left - used - 1, &len))
		return -EUCLEAN;
	out->of[0] = 0;
	if (*head != '-')
		memcpy(out->of, head, strlen(head) + 1);
	out->text = *text + used + 1;
	out->len = (size_t)len;
	*text = out->text + len;
	*left -= used + 1 + (size_t)len;
	return 1;
}

char *import_line(char **text)
{
	char *line = *text;

	if (!line || !*line)
		return NULL;
	size_t len = strcspn(line, "\n");
	*text = line[len] ? line + len + 1 : NULL;
	line[len] = 0;
	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == ' ' || line[len - 1] == '\t'))
		line[--len] = 0;
	return line;
}

/* More room, without a copy of a secret left behind. */
static void grow(struct arrivals *v)
{
	size_t room = v->room ? 2 * v->room : 64;
	struct arrival *larger = calloc(room, sizeof *larger);

	if (!larger)
		die("import: no memory");
	if (v->n > 0) {
		memcpy(larger, v->a, v->n * sizeof *larger);
		wipe(v->a, v->n * sizeof *v->a);
	}
	free(v->a);
	v->a = larger;
	v->room = room;
}

struct arrival *arrival_new(struct arrivals *v, unsigned line, const char *name)
{
	char normal[SIGN_IN_NAME_MAX + 1], shown[80];

	if (!name_normal(name, normal)) {
		import_wrong(&v->im, line, "nobody's name with hcauth: \"%s\"",
			visible(name, shown, sizeof shown));
		return NULL;
	}
	if (v->n == IMPORT_ROWS_MAX) {
		import_wrong(&v->im, line, "more than %d lines: divide the file", IMPORT_ROWS_MAX);
		return NULL;
	}
	if (v->n == v->room)
		grow(v);
	struct arrival *a = &v->a[v->n++];
	*a = (struct arrival){ .part = v->im.part, .line = line };
	memcpy(a->of, v->im.of, sizeof a->of);
	memcpy(a->name, normal, sizeof normal);
	return a;
}

/* --- pam_yubico: USER:PUBLIC:PUBLIC..., in one file for all, or one in each home --- */

static void take_public(struct arrivals *v, unsigned line, const char *user, const char *public)
{
	struct yubikey key = { .npublic = 0 };
	char shown[80];

	if (strspn(public, "cbdefghijklnrtuv") != strlen(public) || !public_read(public, &key) ||
		key.npublic == 0) {
		import_wrong(&v->im, line, "\"%s\" is no YubiKey's public ID",
			visible(public, shown, sizeof shown));
		return;
	}
	struct arrival *a = arrival_new(v, line, user);
	if (a)
		a->key = key;
}

static void take_mapping(
	struct arrivals *v, const struct import_part *part, unsigned line, char *text)
{
	char *rest = text, *user = strsep(&rest, ":");

	if (*part->of && strcmp(user, part->of) != 0)
		import_wrong(&v->im, line, "it is not about %s, in whose home it is", part->of);
	else if (!rest || !*rest)
		import_wrong(&v->im, line, "there is no YubiKey's public ID in it: USER:ID:ID ...");
	else
		for (char *public; (public = strsep(&rest, ":"));)
			take_public(v, line, user, public);
}

void import_yubico(struct arrivals *v, const struct import_part *part)
{
	char *text = part->text, *at;

	for (unsigned line = 1; (at = import_line(&text)); line++)
		if (*at && *at != '#')
			take_mapping(v, part, line, at);
}
