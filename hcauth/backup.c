/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth export" and "hcauth restore": root's part. What must hold: a backup is whole and on disk under
 * its name, or there is none; nothing is written over another file; the database and the key that
 * were here are kept, whatever is restored, and a restore that was cut short can be run again. */
#include "hcauth.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "machine_key.h"
#include "making.h"
#include "paths.h"
#include "recovery_key.h"
#include "verbs.h"

/* Renames, but never over something. */
static bool move(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return true;
	if (errno == EINVAL) { /* the file system can't tell */
		if (is_there(to))
			errno = EEXIST;
		else if (rename(from, to) == 0)
			return true;
	}
	complain("%s can't be moved to %s: %s.", from, to, strerror(errno));
	return false;
}

/* --- export --- */

/* The program that writes is ended by what would end us; then we clean up. */
static void hold_signals(void)
{
	static const int all[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		sigaddset(&set, all[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static int export_to(int fd, const struct owner *daemon)
{
	struct talk_fds fds = no_fds();
	struct machine_key key;

	if (!machine_key_open(daemon, &key))
		return STATUS_REFUSED;
	fds.backup = fd;
	fds.key = key.fd;
	int status = talk_run("--export", daemon, &fds);
	machine_key_close(&key);
	return status;
}

static int export(const char *file, const struct owner *daemon)
{
	char part[PATH_MAX];
	int n = snprintf(part, sizeof part, "%s.part", file);

	if (n < 0 || (size_t)n >= sizeof part) {
		complain("The file's name is too long.");
		return STATUS_USAGE;
	}
	if (is_there(file)) {
		complain("%s is there already: it is not written over.", file);
		return STATUS_EXISTS;
	}
	int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		complain("%s can't be made: %s.%s", part, strerror(errno),
			errno == EEXIST ? " It is of an export that runs, or was cut short." : "");
		return STATUS_REFUSED;
	}
	int status = export_to(fd, daemon);
	close(fd);
	if (status == STATUS_DONE && (!move(part, file) || !flush_parent(file)))
		status = STATUS_REFUSED;
	if (status != STATUS_DONE)
		(void)unlink(part); /* not there any more if only the flush has failed */
	return status;
}

int cmd_export(const char *const *words, size_t n)
{
	struct owner daemon;

	if (n != 2 || words[1][0] == '-' || words[1][0] == 0) {
		complain("Which file? Try: hcauth help export");
		return STATUS_USAGE;
	}
	int status = am_root();
	if (status != STATUS_DONE)
		return status;
	if (!owner_of_daemon(&daemon))
		return STATUS_REFUSED;
	umask(077);
	hold_signals();
	status = export(words[1], &daemon);
	if (status == STATUS_DONE)
		say("The backup is in %s. Only the recovery key opens it. It holds the database, and no\n"
		    "settings: keep a copy of %s/*.conf and /etc/pam.d as well.\n",
			words[1], HC_CONF_DIR);
	return status;
}

/* --- restore --- */

struct restore {
	const char *file;
	bool force, dry_run, placed, published;
	int fd;
	struct making m;
	struct machine_key key;
	char store_aside[PATH_MAX],
		key_aside[PATH_MAX]; /* where what was here is; "": nothing was */
};

static bool daemon_listens(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = HC_ROOT_SOCKET };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool listens =
		fd >= 0 && (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == EAGAIN);

	if (fd >= 0)
		close(fd);
	if (listens)
		complain("hcauthd is running, or systemd would start it. First:\n"
			 "systemctl stop hcauthd-root.socket hcauthd-user.socket hcauthd.service");
	return listens;
}

/* Where what stands at path is to be kept. */
static bool aside(const char *path, char out[PATH_MAX])
{
	if (!path || old_name(path, out))
		return true;
	complain("%s can't be kept: there is no name left.", path);
	return false;
}

static bool make(struct restore *r)
{
	bool made;
	struct talk_fds fds = no_fds();

	if (!making_folders(&r->m) || !folder_drop(HC_STORE_NEW) ||
		!folder_make(HC_STORE_NEW, &r->m.daemon, 0700, &made) ||
		!machine_key_make(&r->m.daemon, is_there(HC_KEY_SEALED), &r->key))
		return false;
	fds.keep = r->m.lock;
	fds.backup = r->fd;
	fds.key_new = r->key.fd;
	return recovery_key_run("--restore", &r->m.daemon, fds) == STATUS_DONE;
}

/* Each step in one call, and the database last: whatever this is cut short at, no key stands beside a
 * database that it does not open, and running it again goes on. */
static bool place(struct restore *r)
{
	const char *key = machine_key_path();

	if (*r->store_aside && (!move(HC_STORE_DIR, r->store_aside) || !flush_parent(HC_STORE_DIR)))
		return false;
	if (*r->key_aside && (!move(key, r->key_aside) || !flush_parent(key)))
		return false;
	return machine_key_replace(&r->key) && store_place(HC_STORE_NEW, HC_STORE_DIR, &r->placed);
}

/* What was here is in its place again. */
static void take_back(struct restore *r, const char *key)
{
	if (r->placed)
		return; /* only that it is on disk is not known */
	if (*r->store_aside && is_there(r->store_aside))
		(void)move(r->store_aside, HC_STORE_DIR);
	if (*r->key_aside && is_there(r->key_aside))
		(void)rename(r->key_aside, key);
	else if (!*r->key_aside && machine_key_path())
		(void)unlink(machine_key_path());
	(void)drop_unfinished(); /* it has complained, and the next run tries again */
}

static bool may_restore(struct restore *r)
{
	const char *database = folder_has_files(HC_STORE_DIR) ? HC_STORE_DIR : NULL;
	const char *key = machine_key_path();

	if ((database || key) && !r->force) {
		complain("There is a database in %s, or its key. With --force the backup takes "
			 "its place,\nand both are kept beside it under other names.",
			HC_STORE_DIR);
		return false;
	}
	if (database && !key && is_there(HC_KEY_NEW)) {
		complain(
			"An earlier hcauth init was cut short just before its end. Complete it first: "
			"hcauth init");
		return false;
	}
	return !daemon_listens() && aside(database, r->store_aside) && aside(key, r->key_aside);
}

static int restore(struct restore *r)
{
	const char *key = machine_key_path();
	struct talk_fds fds = no_fds();

	if (!may_restore(r))
		return STATUS_REFUSED;
	if (!make(r)) {
		(void)drop_unfinished();
		return STATUS_REFUSED;
	}
	if (!place(r)) {
		take_back(r, key);
		return STATUS_REFUSED;
	}
	fds.keep = r->m.lock;
	r->published = talk_run("--publish", &r->m.daemon, &fds) == STATUS_DONE;
	return STATUS_DONE;
}

static void tell_restored(const struct restore *r)
{
	if (*r->store_aside || *r->key_aside)
		say("What was here before is kept in:\n%s%s%s\n", r->store_aside,
			*r->store_aside && *r->key_aside ? "\n" : "", r->key_aside);
	say("It is in place. Its recovery key is the one that you have typed. What was changed since then is not\n"
	    "in it: whoever has left or was switched off since is in again, older passwords and PINs\n"
	    "count, and so do recovery codes, activation codes, envelopes and YubiKey touches that were used\n"
	    "since. Settings are not part of a backup.\n"
	    "Next: start hcauthd, then disable or delete who has left since: hcauth help leave\n");
	if (!r->published)
		say("Nobody is found by name yet. After the start: hcauth status\n");
}

/* The words, and the file opened. */
static int take_words(const char *const *words, size_t n, struct restore *r)
{
	struct stat st;

	for (size_t i = 1; i < n; i++) {
		if (strcmp(words[i], "--force") == 0)
			r->force = true;
		else if (strcmp(words[i], "--dry-run") == 0)
			r->dry_run = true;
		else if (words[i][0] == '-' || words[i][0] == 0 || r->file)
			r->fd = -2;
		else
			r->file = words[i];
	}
	if (!r->file || r->fd == -2) {
		complain("Which file? Try: hcauth help restore");
		return STATUS_USAGE;
	}
	int status = am_root();
	if (status != STATUS_DONE)
		return status;
	r->fd = open(r->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (r->fd < 0) {
		complain("%s can't be opened: %s.", r->file, strerror(errno));
		return STATUS_NO_SUCH;
	}
	if (fstat(r->fd, &st) == 0 && S_ISREG(st.st_mode))
		return STATUS_DONE;
	complain("%s is no file.", r->file);
	return STATUS_NO_SUCH;
}

static int look(const struct restore *r)
{
	struct talk_fds fds = no_fds();
	struct owner daemon;

	if (!owner_of_daemon(&daemon))
		return STATUS_REFUSED;
	fds.backup = r->fd;
	int status = recovery_key_run("--look-backup", &daemon, fds);
	if (status == STATUS_DONE)
		say("It is whole. Nothing was changed.\n");
	return status;
}

int cmd_restore(const char *const *words, size_t n)
{
	static struct restore r = { .fd = -1, .key.fd = -1 };
	int status = take_words(words, n, &r);

	if (status == STATUS_DONE && r.dry_run) {
		status = look(&r);
	} else if (status == STATUS_DONE) {
		status = making_begin(&r.m) ? restore(&r) : STATUS_REFUSED;
		making_end(&r.m, status == STATUS_DONE);
		if (status == STATUS_DONE)
			tell_restored(&r);
	}
	machine_key_close(&r.key);
	if (r.fd >= 0)
		close(r.fd);
	return status;
}
