/* SPDX-License-Identifier: Apache-2.0 */
/* One call of a module function, and the conversation it holds with the daemon. What must hold: the
 * daemon learns who is calling from items that are cut, never dropped; whatever keeps it from giving a
 * verdict is a refusal of some kind; the log gets one line when hcauth is at fault, and never a secret,
 * a message, or a name that nobody knows. */
#include "call.h"

#include <errno.h>
#include <security/pam_ext.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "paths.h"
#include "term.h"

#ifndef HC_PATIENCE_MS
#define HC_PATIENCE_MS 10000 /* the daemon sends WAIT more often than that */
#endif

enum {
	CONNECT_MS = 1000, /* a daemon that is well accepts in microseconds; a full backlog waits */
	VISIBLE_MAX = 64, /* bytes of a name in the log */
};

static bool set_option(struct options *o, const char *word)
{
	static const struct {
		const char *word;
		size_t at;
	} known[] = {
		{ "chooser", offsetof(struct options, chooser) },
		{ "canonical", offsetof(struct options, canonical) },
		{ "use_first_pass", offsetof(struct options, use_first_pass) },
		{ "try_first_pass", offsetof(struct options, try_first_pass) },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(word, known[i].word) == 0) {
			*(bool *)((char *)o + known[i].at) = true;
			return true;
		}

	size_t len = strlen(word);
	if (strncmp(word, "have=", 5) != 0 || len == 5 || len - 5 > ITEM_MAX || *o->have)
		return false;
	memcpy(o->have, word + 5, len - 4);
	return true;
}

bool call_options(struct call *c, int argc, const char **argv)
{
	for (int i = 0; i < argc; i++)
		if (!set_option(&c->opt, argv[i])) {
			pam_syslog(c->pamh, LOG_ERR, "%s: not an argument of this module", argv[i]);
			return false;
		}
	return true;
}

const char *call_item(pam_handle_t *pamh, int which, char out[ITEM_MAX + 1])
{
	const void *v = NULL;

	out[0] = 0;
	if (pam_get_item(pamh, which, &v) == PAM_SUCCESS && v) {
		size_t len = strnlen(v, ITEM_MAX);

		memcpy(out, v, len);
		out[len] = 0;
	}
	return out;
}

/* A name that nobody knows may be a password, typed a line too early. */
void call_complain(const struct call *c, const char *what, int r)
{
	char name[4 * VISIBLE_MAX + 1] = "";
	size_t len = c->ours ? strnlen(c->name, VISIBLE_MAX) : 0;

	for (size_t i = 0, at = 0; i < len; i++) {
		unsigned char b = (unsigned char)c->name[i];

		if (b > ' ' && b < 0x7f && b != '\\')
			name[at++] = (char)b;
		else
			at += (size_t)snprintf(name + at, sizeof name - at, "\\x%02x", b);
	}
	errno = -r;
	pam_syslog(c->pamh, LOG_ERR, "%s: %s: %m", c->ours ? name : "sign-in", what);
}

static int connect_daemon(void)
{
	const char *path = geteuid() == 0 ? HC_ROOT_SOCKET : HC_USER_SOCKET;

	return packet_connect(path, boot_ms() + CONNECT_MS);
}

static enum end no_verdict(const struct call *c, int r)
{
	switch (-r) {
	case ECANCELED: return END_CANCELLED;
	case E2BIG:
	case ENOKEY: return END_REFUSED;
	case ECONNRESET:
	case EPIPE: call_complain(c, "hcauthd hung up", r); return END_REFUSED;
	}
	call_complain(c, "no verdict from hcauthd", r);
	return END_UNAVAILABLE;
}

enum end call_probe(const struct call *c)
{
	int fd = connect_daemon();

	if (fd < 0)
		return no_verdict(c, fd);
	close(fd);
	return END_GRANTED;
}

/* What sshd has proved before it came to PAM: it says so in the PAM environment, which is its own. Cut, it
 * would be another text: what is too long is nothing. */
static const char *ssh_auth(const struct call *c)
{
	const char *said = c->purpose == PURPOSE_AUTH && geteuid() == 0
		? pam_getenv(c->pamh, "SSH_AUTH_INFO_0")
		: NULL;

	return said && strnlen(said, WIRE_SSH_AUTH_MAX + 1) <= WIRE_SSH_AUTH_MAX ? said : "";
}

enum end call_talk(struct call *c)
{
	char service[ITEM_MAX + 1], tty[ITEM_MAX + 1], rhost[ITEM_MAX + 1], ruser[ITEM_MAX + 1];
	struct hello h = {
		.version = WIRE_VERSION,
		.purpose = c->purpose,
		.service = call_item(c->pamh, PAM_SERVICE, service),
		.name = c->name,
		.tty = call_item(c->pamh, PAM_TTY, tty),
		.rhost = call_item(c->pamh, PAM_RHOST, rhost),
		.ruser = call_item(c->pamh, PAM_RUSER, ruser),
		.ruid = getuid(),
		.flags = (c->opt.chooser ? HELLO_CHOOSER : 0U) |
			(c->conv.silent ? HELLO_SILENT : 0U),
		.have = c->opt.have,
		.ticket = c->ticket,
		.ssh_auth = ssh_auth(c),
	};
	const struct term t = {
		.ask = conv_ask, .tell = conv_tell, .arg = &c->conv, .patience_ms = HC_PATIENCE_MS
	};
	int fd = connect_daemon();

	if (fd < 0)
		return no_verdict(c, fd);

	int r = term_run(fd, &h, NULL, 0, &t, &c->packet, &c->said);
	close(fd);
	if (r < 0)
		return no_verdict(c, r);
	/* Who is asked about is settled before: a daemon that denies the directory decides nothing. */
	return c->said.result == UNKNOWN ? END_REFUSED : (enum end)c->said.result;
}
