/* SPDX-License-Identifier: Apache-2.0 */
/* A command as a conversation with the daemon. What must hold: the words go as they were typed, since
 * the daemon alone says what they mean; status 0 needs the daemon's own verdict; whatever else happens
 * ends with a sentence that says what to do. */
#include "hcauth.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "name.h"
#include "paths.h"
#include "term.h"
#include "tty.h"
#include "verbs.h"

/* How long the daemon may be silent: one slow Argon2 computation, with WAIT before each longer wait. */
#ifndef HC_PATIENCE_MS
#define HC_PATIENCE_MS 20000
#endif

static int not_there(const char *path, int r)
{
	struct stat st;

	if (r == -ENOENT && stat(HC_STORE_DIR, &st) < 0 && errno == ENOENT)
		complain("hcauth is not set up on this machine. Root does that with: hcauth init");
	else if (r == -ENOENT || r == -ECONNREFUSED)
		complain("hcauthd is not running. Root starts it with: systemctl start hcauthd "
			 "(without systemd: hcauthd &)");
	else if (r == -EACCES)
		complain("%s can't be opened by you. Its folder must be root's, with mode "
			 "0755.",
			path);
	else if (r == -EPERM)
		complain("%s is not root's: somebody else listens there. Nothing was said to them; "
			 "tell your system administrator.",
			path);
	else if (r == -EAGAIN || r == -ETIMEDOUT)
		complain("hcauthd is too busy to answer. Try again in a minute.");
	else
		complain("hcauthd can't be reached at %s: %s.", path, strerror(-r));
	return STATUS_UNAVAILABLE;
}

static int cut_off(const struct tty *t, int r)
{
	if (t->trouble) {
		complain("%s", t->trouble);
		return STATUS_REFUSED;
	}
	if (r == -ETIMEDOUT)
		complain("hcauthd has stopped answering. See its log: journalctl -u hcauthd");
	else if (r == -ECONNRESET || r == -EPIPE)
		complain("hcauthd ended the conversation: you were too slow, or you do not sign in "
			 "with hcauth, or it failed. Its log says which: journalctl -u hcauthd");
	else
		complain("hcauthd says what this command does not understand (%s). Are both of the "
			 "same version? This is %s.",
			strerror(-r), HC_VERSION);
	return STATUS_UNAVAILABLE;
}

/* A status, and a sentence if the daemon gave none. */
static int finish(const struct verdict_msg *v, const struct tty *t, const struct verb *verb)
{
	int status = v->status;

	if (v->result == UNAVAILABLE && status == STATUS_DONE)
		status = STATUS_UNAVAILABLE;
	else if (v->result != GRANTED && status == STATUS_DONE)
		status = STATUS_REFUSED;
	if (status != STATUS_DONE && status != STATUS_USAGE && !t->told_error)
		complain(status == STATUS_UNAVAILABLE
				? "hcauthd can't do that at the moment. See its log: journalctl "
				  "-u hcauthd"
				: "Refused.");
	if (status == STATUS_USAGE)
		complain("Try: hcauth help %s", verb->name);
	return status;
}

static int converse(int fd, const char *const *words, size_t n, const struct verb *verb, char *user)
{
	struct packet p;
	struct verdict_msg v;
	struct tty t;
	const struct term term = {
		.ask = tty_ask, .tell = tty_tell, .arg = &t, .patience_ms = HC_PATIENCE_MS
	};

	tty_open(&t);
	struct hello h = { .version = WIRE_VERSION,
		.purpose = PURPOSE_COMMAND,
		.service = "hcauth",
		.name = "",
		.tty = t.name,
		.rhost = "",
		.ruser = "",
		.ruid = getuid(),
		.have = "",
		.ticket = "" };

	int status, r = term_run(fd, &h, words, n, &term, &p, &v);
	status = r < 0 ? cut_off(&t, r) : finish(&v, &t, verb);
	if (r == 0 && status == STATUS_DONE && user && name_is_user(v.user))
		memcpy(user, v.user, strlen(v.user) + 1);
	wipe(&p, sizeof p);
	tty_close(&t);
	return status;
}

/* Whether the words fit into a HELLO, with room for the rest of it. */
static int fits(const char *const *words, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += strlen(words[i]) + 1;
	return len <= WIRE_MAX - 256;
}

static int ask_daemon(const char *const *words, size_t n, char *user)
{
	const char *path = geteuid() == 0 ? HC_ROOT_SOCKET : HC_USER_SOCKET;
	size_t used = 0;
	const struct verb *verb = verb_find(words, n, &used);

	if (!fits(words, n)) {
		complain("The words of the command are too long. Try: hcauth help %s", verb->name);
		return STATUS_USAGE;
	}

	int fd = packet_connect(path, boot_ms() + HC_PATIENCE_MS);
	if (fd < 0)
		return not_there(path, fd);

	int status = converse(fd, words, n, verb, user);
	close(fd);
	return status;
}

int cmd_daemon(const char *const *words, size_t n)
{
	return ask_daemon(words, n, NULL);
}

int daemon_says_user(const char *const *words, size_t n, char *user)
{
	*user = 0;
	return ask_daemon(words, n, user);
}
