/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: nobody waits for a log; a field ends where its value ends, whatever bytes a person
 * chose; the journal has what the record has, and no more. */
#include "journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "log.h"

enum { ENTRY = 4096, LINE = 1024 };

void journal_message_id(enum audit_event event, char out[MESSAGE_ID_TEXT])
{
	snprintf(
		out, MESSAGE_ID_TEXT, "5b0f4c9e81d34c07a6f2d9317ee8b4%02x", (unsigned)event & 0xff);
}

/* False: nobody takes it there. */
static bool send_to(const char *path, const void *p, size_t len)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return false;
	snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
	bool sent =
		sendto(fd, p, len, MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof to) == (ssize_t)len;
	close(fd);
	return sent;
}

/* "hcauth audit 12: sign-in: ada@example.org HC000001 at stj, login on tty1, by root: password right" */
static void say_line(const struct audit_row *a, char *out, size_t size)
{
	char line[2 * LINE]; /* more than the fields of a record hold */

	snprintf(line, sizeof line, "%s: %s%s%s%s%s, %s%s%s, by %s%s%s", audit_event_name(a->event),
		*a->who ? a->who : "-", *a->account ? " " : "", a->account,
		*a->practice ? " at " : "", a->practice, a->service,
		*a->rhost || *a->tty ? " on " : "", *a->rhost ? a->rhost : a->tty, a->by,
		*a->detail ? ": " : "", a->detail);
	visible(line, out, size);
}

/* Of syslog(3). An envelope that was opened is for somebody to look at now. */
static int priority_of(enum audit_event event)
{
	if (event == AUDIT_GLASS_BROKEN)
		return LOG_CRIT;
	return event == AUDIT_REFUSED || event == AUDIT_SHARED_LOGIN ? LOG_NOTICE : LOG_INFO;
}

struct entry {
	char text[ENTRY];
	size_t len;
};

/* A value with a line end would begin another field: none gets here that was not made visible. */
static void add(struct entry *e, const char *name, const char *value)
{
	char shown[512];
	size_t room = sizeof e->text - e->len;

	visible(value, shown, sizeof shown);
	int n = *shown ? snprintf(e->text + e->len, room, "%s=%s\n", name, shown) : 0;
	if (n > 0 && (size_t)n < room)
		e->len += (size_t)n;
}

static bool to_journal(const char *path, const struct audit_row *a, const char *line)
{
	char id[MESSAGE_ID_TEXT], number[24], priority[4];
	struct entry e = { .len = 0 };

	journal_message_id(a->event, id);
	snprintf(number, sizeof number, "%" PRIu64, a->number);
	add(&e, "MESSAGE", line);
	add(&e, "MESSAGE_ID", id);
	snprintf(priority, sizeof priority, "%d", priority_of(a->event));
	add(&e, "PRIORITY", priority);
	add(&e, "SYSLOG_FACILITY", "10"); /* authpriv */
	add(&e, "SYSLOG_IDENTIFIER", "hcauth-audit");
	add(&e, "HCAUTH_EVENT", audit_event_name(a->event));
	add(&e, "HCAUTH_NUMBER", number);
	add(&e, "HCAUTH_WHO", a->who);
	add(&e, "HCAUTH_ACCOUNT", a->account);
	add(&e, "HCAUTH_PRACTICE", a->practice);
	add(&e, "HCAUTH_SERVICE", a->service);
	add(&e, "HCAUTH_TTY", a->tty);
	add(&e, "HCAUTH_RHOST", a->rhost);
	add(&e, "HCAUTH_BY", a->by);
	add(&e, "HCAUTH_DETAIL", a->detail);
	return send_to(path, e.text, e.len);
}

void journal_audit(const char *journal, const char *syslog, const struct audit_row *a)
{
	char line[LINE], packet[LINE + 64];

	say_line(a, line, sizeof line);
	if (to_journal(journal, a, line))
		return;
	int priority = a->event == AUDIT_GLASS_BROKEN ? LOG_CRIT : LOG_INFO;
	int n = snprintf(packet, sizeof packet, "<%d>hcauth-audit[%d]: %" PRIu64 ": %s",
		LOG_AUTHPRIV | priority, (int)getpid(), a->number, line);
	if (n < 0 || (size_t)n >= sizeof packet || !send_to(syslog, packet, (size_t)n))
		log_info("audit: %" PRIu64 ": %s", a->number, line);
}
