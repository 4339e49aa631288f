/* SPDX-License-Identifier: Apache-2.0 */
/* From a message to what its program said. What must hold: "sent" only when that program has said so (exit
 * status 0); the place that it goes to is checked once more, since it becomes a header or an argument; no
 * code gets into a reason, which root reads. */
#include "deliver.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "conf.h"
#include "letter.h"
#include "log.h"
#include "message.h"
#include "program.h"
#include "template.h"

enum { PROGRAM_MS = 40000, REASON_MAX = 120 };

static void say(struct secret *answer, const char *word, const char *reason)
{
	char shown[REASON_MAX + 1];

	visible(reason, shown, sizeof shown);
	int n = snprintf(answer->text, sizeof answer->text, "%s %s", word, shown);
	answer->len = (size_t)n; /* both are far shorter */
}

/* All of it as one line: msmtp says first what matters, others last. */
static void one_line(char *said)
{
	size_t len = strlen(said);

	while (len > 0 && (said[len - 1] == '\n' || said[len - 1] == '\r' || said[len - 1] == ' '))
		said[--len] = 0;
	for (char *p = said; *p; p++)
		if (*p == '\n' || *p == '\r')
			*p = ' ';
}

/* sysexits.h, as sendmail and its kind use it: what no later try would change. All else may pass: also
 * EX_UNAVAILABLE and EX_NOPERM, which msmtp says of a server that won't have us yet. */
static bool is_final(int status)
{
	return status == EX_DATAERR || status == EX_NOUSER || status == EX_NOHOST;
}

static void report(const struct message *m, const char *path, int status, char said[SAID_MAX],
	struct secret *answer)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char what[REASON_MAX];
	const char *why = what;

	if (status == 0) {
		memcpy(answer->text, "sent", 5);
		answer->len = 4;
		return;
	}
	one_line(said);
	if (status == PROGRAM_TIMED_OUT)
		snprintf(what, sizeof what, "%.64s was not done in 40 seconds", name);
	else if (status == PROGRAM_FAILED)
		snprintf(what, sizeof what, "%.64s could not be started", name);
	else if (status == PROGRAM_KILLED)
		snprintf(what, sizeof what, "%.64s was killed", name);
	else if (!*said || (*m->code && strstr(said, m->code)))
		snprintf(what, sizeof what, "%.64s ended with status %d", name, status);
	else
		why = said;
	say(answer, is_final(status) ? "never" : "later", why);
}

static void send_email(const struct conf *conf, const struct queued *q, const struct filled *f,
	struct secret *answer)
{
	static char letter[LETTER_MAX];
	const char *const argv[] = { conf->sendmail, "-i", "-t", NULL };
	char said[SAID_MAX];

	if (!letter_address(q->message.to))
		say(answer, "never", "its address is not one");
	else if (!letter_write(conf->from, q, f, letter))
		say(answer, "later", "it can't be written, or from = is not an address");
	else
		report(&q->message, conf->sendmail, program_run(argv, letter, PROGRAM_MS, said),
			said, answer);
	wipe(letter, sizeof letter);
}

static void send_text(const struct conf *conf, const struct queued *q, const struct filled *f,
	struct secret *answer)
{
	char number[MOBILE_MAX + 1], said[SAID_MAX];
	const char *const argv[] = { conf->sms, number, NULL };

	if (!mobile_normal(q->message.to, number) || strcmp(number, q->message.to) != 0)
		say(answer, "never", "its number is not one");
	else
		report(&q->message, conf->sms, program_run(argv, f->text, PROGRAM_MS, said), said,
			answer);
}

void deliver(const struct conf *conf, const char *const *folders, const struct queued *q,
	struct secret *answer)
{
	static char template[TEMPLATE_MAX];
	static struct filled filled;
	const char *wrong = template_load(folders, conf->language, &q->message, template);

	if (!wrong)
		wrong = template_fill(template, &q->message, &filled);
	if (wrong)
		say(answer, "later", wrong);
	else if (q->message.channel == CHANNEL_EMAIL)
		send_email(conf, q, &filled, answer);
	else
		send_text(conf, q, &filled, answer);
	wipe(&filled, sizeof filled);
}
