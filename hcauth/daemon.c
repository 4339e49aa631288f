/* SPDX-License-Identifier: Apache-2.0 */
/* A command as a conversation with the daemon. What must hold: the words go as they were typed, since
 * the daemon alone says what they mean; status 0 needs the daemon's own verdict; whatever else happens
 * ends with a sentence that says what to do. */
#include "hcauth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "letter_line.h"
#include "machine_key.h"
#include "name.h"
#include "paths.h"
#include "term.h"
#include "tty.h"
#include "verbs.h"

/* How long the daemon may be silent: one slow Argon2 computation, with WAIT before each longer wait. */
#ifndef HC_PATIENCE_MS
#define HC_PATIENCE_MS 20000
#endif

enum {
	IMPORT_PATIENCE_MS = 600000
}; /* one transaction of any length, and who started it is root */

int complain_unreachable(const char *path, int r)
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

static bool is_set_up(void)
{
	return machine_key_path() || folder_has_files(HC_STORE_DIR); /* a key can be lost */
}

static int cut_off(const struct tty *t, int r, bool asked)
{
	if (t->trouble) {
		complain("%s", t->trouble);
		return STATUS_REFUSED;
	}
	if (r == -ETIMEDOUT)
		complain("hcauthd has stopped answering. See its log: journalctl -u hcauthd");
	else if ((r == -ECONNRESET || r == -EPIPE) && asked)
		complain("That took too long, or hcauthd failed; what you had not finished is not "
			 "changed. Please run it again.");
	else if ((r == -ECONNRESET || r == -EPIPE) && geteuid() == 0 && !is_set_up())
		complain("This machine is not set up yet. Run: hcauth init");
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

/* Whom the daemon speaks with: the person, and the files beside them. */
struct ears {
	struct tty tty;
	struct letter_file *letter; /* NULL: letters are shown */
	bool asked; /* a question was shown */
	int data;
};

static int hear_ask(void *arg, const struct ask *a, struct secret *out)
{
	struct ears *e = arg;

	e->asked = true;
	return tty_ask(&e->tty, a, out);
}

static int hear_tell(void *arg, const struct tell *said)
{
	struct ears *e = arg;

	if (!e->letter || said->level != TELL_INFO || !is_letter(said->text))
		return tty_tell(&e->tty, said);

	int r = letter_add(e->letter, said->text);
	if (r < 0)
		e->tty.trouble = "The letter can't be kept.";
	return r;
}

static int give_data(void *arg, struct data *out)
{
	struct ears *e = arg;
	ssize_t n = read(e->data, out->bytes, sizeof out->bytes);

	if (n < 0) {
		e->tty.trouble = "The file can't be read.";
		return -errno;
	}
	out->len = (size_t)n;
	return 0;
}

static int converse(int fd, const char *const *words, size_t n, const struct verb *verb,
	const struct beside *beside, struct letter_file *letter)
{
	struct packet p;
	struct verdict_msg v;
	struct ears e = { .letter = letter, .data = beside->data };
	const struct term term = { .ask = hear_ask,
		.tell = hear_tell,
		.arg = &e,
		.data = beside->data >= 0 ? give_data : NULL,
		.patience_ms = beside->data >= 0 ? IMPORT_PATIENCE_MS : HC_PATIENCE_MS };

	tty_open(&e.tty);
	const struct hello h = command_hello(e.tty.name);

	int status, r = term_run(fd, &h, words, n, &term, &p, &v);
	status = r < 0 ? cut_off(&e.tty, r, e.asked) : finish(&v, &e.tty, verb);
	if (r == 0 && status == STATUS_DONE && beside->user && name_is_user(v.user))
		memcpy(beside->user, v.user, strlen(v.user) + 1);
	wipe(&p, sizeof p);
	tty_close(&e.tty);
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

int talk_daemon(const char *const *words, size_t n, const struct beside *beside)
{
	const char *path = geteuid() == 0 ? HC_ROOT_SOCKET : HC_USER_SOCKET;
	struct letter_file letter;
	size_t used = 0;
	const struct verb *verb = verb_find(words, n, &used);

	if (!fits(words, n)) {
		complain("The words of the command are too long. Try: hcauth help %s", verb->name);
		return STATUS_USAGE;
	}
	if (beside->letter && !letter_begin(&letter, beside->letter))
		return STATUS_REFUSED;

	int fd = packet_connect(path, boot_ms() + HC_PATIENCE_MS), status;
	if (fd < 0)
		status = complain_unreachable(path, fd);
	else
		status = converse(fd, words, n, verb, beside, beside->letter ? &letter : NULL);
	if (fd >= 0)
		close(fd);
	if (beside->letter && !letter_end(&letter) && status == STATUS_DONE)
		status = STATUS_REFUSED;
	return status;
}

/* Those that end in a letter. */
static bool has_letter(const struct verb *v)
{
	return strcmp(v->name, "invite") == 0 || strcmp(v->name, "letter") == 0 ||
		strcmp(v->name, "approve") == 0;
}

int cmd_daemon(const char *const *words, size_t n)
{
	struct beside beside = { .data = -1 };
	size_t used = 0;
	const struct verb *verb = verb_find(words, n, &used);

	if (!has_letter(verb))
		return talk_daemon(words, n, &beside);

	const char **own = calloc(n, sizeof *own);
	int status = STATUS_REFUSED;
	if (own) {
		memcpy(own, words, n * sizeof *own);
		if (letter_take(own, &n, &beside.letter) < 0) {
			complain("--letter takes one file. Try: hcauth help %s", verb->name);
			status = STATUS_USAGE;
		} else {
			status = talk_daemon(own, n, &beside);
		}
	}
	free(own);
	return status;
}

int daemon_says_user(const char *const *words, size_t n, char *user)
{
	const struct beside beside = { .data = -1, .user = user };

	*user = 0;
	return talk_daemon(words, n, &beside);
}
