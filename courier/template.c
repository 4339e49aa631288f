/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a value can't make a line of its own, in a header least of all; a template is filled in
 * wholly, or not at all; a name of a template can't lead out of its folder. */
#include "template.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "log.h"
#include "message.h"
#include "wipe.h"

/* --- loading --- */

static bool name_good(const char *name)
{
	return *name && *name != '-' && strlen(name) == strspn(name, "abcdefghijklmnopqrstuvwxyz-");
}

static const char *read_all(int fd, const char *path, char out[TEMPLATE_MAX])
{
	size_t n = 0;
	ssize_t got = 1;

	while (n < TEMPLATE_MAX && (got = read(fd, out + n, TEMPLATE_MAX - n)) > 0)
		n += (size_t)got;
	if (got >= 0 && n < TEMPLATE_MAX) {
		out[n] = 0;
		if (strlen(out) == n)
			return NULL;
		errno = EILSEQ;
	} else if (got >= 0) {
		errno = EFBIG;
	}
	log_err("%s: %m", path);
	return "its template can't be read";
}

/* Opens a template in one language: -1 where there is none; and what is wrong with one that there is. */
static int open_in(const char *const *folders, const char *language, const struct message *m,
	char path[512], const char **wrong)
{
	char error[CONF_ERROR_MAX] = "";

	for (; *folders; folders++) {
		snprintf(path, 512, "%s/%.*s/%s.%s", *folders, (int)strcspn(language, "_"),
			language, m->template, m->channel == CHANNEL_EMAIL ? "txt" : "sms");
		if (access(path, F_OK) < 0 && errno == ENOENT)
			continue;

		int fd = conf_open(path, error);
		if (fd < 0) {
			log_err("%s", error);
			*wrong = "its template can't be read";
		}
		return fd;
	}
	return -1;
}

const char *template_load(const char *const *folders, const char *language, const struct message *m,
	char out[TEMPLATE_MAX])
{
	const char *wrong = NULL;
	char path[512];

	if (!name_good(m->template))
		return "its template has no name";
	int fd = open_in(folders, language, m, path, &wrong);
	if (fd < 0 && !wrong)
		fd = open_in(folders, "en_GB", m, path, &wrong);
	if (fd < 0 && wrong)
		return wrong;
	if (fd < 0) {
		log_err("%s: there is no such template", m->template);
		return "there is no such template";
	}
	wrong = read_all(fd, path, out);
	close(fd);
	return wrong;
}

/* --- filling in --- */

struct writing {
	char *out;
	size_t len, size;
	bool subject;
	const char *wrong;
};

static void add(struct writing *w, const char *text, size_t len)
{
	if (w->len + len >= w->size) {
		w->wrong = "it is too long";
		return;
	}
	memcpy(w->out + w->len, text, len);
	w->len += len;
	w->out[w->len] = 0;
}

static void add_value(struct writing *w, const struct message *m, const char *name, size_t len)
{
	char minutes[16], shown[1100];

	snprintf(minutes, sizeof minutes, "%u", m->minutes);
	const struct {
		const char *name, *value;
		bool in_subject;
	} values[] = { { "name", m->name, false }, { "practice", m->practice, true },
		{ "code", m->code, true }, { "what", m->what, false },
		{ "minutes", minutes, false } };

	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		if (strlen(values[i].name) != len || memcmp(values[i].name, name, len) != 0)
			continue;
		if (w->subject && !values[i].in_subject)
			w->wrong =
				"its template has a name in the subject that may not stand there";
		else if (values[i].value == m->code && !*m->code)
			w->wrong = "the code in it is not good any more";
		else {
			visible(values[i].value, shown, sizeof shown);
			add(w, shown, strlen(shown));
			wipe(shown, sizeof shown);
		}
		return;
	}
	w->wrong = "its template has a {name} that there is not";
}

static const char *fill(const char *from, size_t len, const struct message *m, struct writing *w)
{
	const char *end = from + len;

	while (from < end && !w->wrong) {
		const char *open = memchr(from, '{', (size_t)(end - from));
		const char *stop = open ? open : end;

		add(w, from, (size_t)(stop - from));
		if (!open)
			break;
		const char *close = memchr(open, '}', (size_t)(end - open));
		if (!close)
			return "its template has a { without a }";
		add_value(w, m, open + 1, (size_t)(close - open - 1));
		from = close + 1;
	}
	return w->wrong;
}

/* Nothing hidden, and no control character but the line feed. */
static bool is_plain(const char *text)
{
	char line[1000], shown[1000];

	while (*text) {
		size_t len = strcspn(text, "\n");

		if (len >= sizeof line - 8)
			return false;
		memcpy(line, text, len);
		line[len] = 0;
		if (strcmp(visible(line, shown, sizeof shown), line) != 0)
			return false;
		text += len + (text[len] == '\n');
	}
	return true;
}

const char *template_fill(const char *template, const struct message *m, struct filled *out)
{
	static const char subject[] = "Subject: ";
	struct writing head = { .out = out->subject, .size = sizeof out->subject, .subject = true };
	struct writing body = { .out = out->text, .size = sizeof out->text };

	*out->subject = *out->text = 0;
	if (!is_plain(template))
		return "its template is not plain text";
	if (m->channel == CHANNEL_EMAIL) {
		size_t len = strcspn(template, "\n");

		if (strncmp(template, subject, sizeof subject - 1) != 0 ||
			strncmp(template + len, "\n\n", 2) != 0)
			return "its template does not begin with a subject and an empty line";
		const char *wrong =
			fill(template + sizeof subject - 1, len - (sizeof subject - 1), m, &head);
		if (wrong)
			return wrong;
		template += len + 2;
	}
	size_t len = strlen(template);
	while (len > 0 && template[len - 1] == '\n')
		len--;
	if (len == 0)
		return "its template is empty";
	return fill(template, len, m, &body);
}
