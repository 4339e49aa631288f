/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth init". What must hold, wherever it is cut short: no key and no database that was ever in use
 * is changed or removed, and running it again either completes the machine or says what is wrong.
 *
 * So key and database are made under other names, where nothing else looks: these alone may be thrown
 * away. Then each is put into place in one step, the database first:
 *
 *	database  key  key.new
 *	no        no   any      begin anew (what is there under the other names is thrown away)
 *	yes       no   yes      cut short between the two: complete it, if the key fits
 *	yes       yes  any      set up already
 *	no        yes  any      refused: the database is lost, or the key is another machine's
 *	yes       no   no       refused: the key is lost
 *
 * The key in place may be the sealed one that systemd hands to the daemon (HC_KEY_SEALED).
 *
 * Two runs at a time: the second is refused, by a lock that ends with the last process of the first. */
#include "hcauth.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paths.h"
#include "setup.h"
#include "verbs.h"

static const struct owner root = { .uid = 0, .gid = 0 };

enum { FOLDERS = 4 };

struct setup {
	struct owner daemon;
	size_t made; /* how many folders this run made */
	struct {
		const char *path;
		bool daemons; /* nobody but the daemon puts files there */
	} folder[FOLDERS];
	int lock;
};

static bool folder_of_setup(struct setup *s, const char *path, const struct owner *who, mode_t mode)
{
	bool made = false;
	bool done = folder_make(path, who, mode, &made);

	if (made) {
		s->folder[s->made].path = path;
		s->folder[s->made++].daemons = who->uid == s->daemon.uid;
	}
	return done;
}

/* Those that this run made. What can't be removed is not this run's alone any more. */
static void drop_folders(struct setup *s)
{
	while (s->made > 0) {
		s->made--;
		if (s->folder[s->made].daemons)
			(void)folder_drop(s->folder[s->made].path);
		else
			(void)rmdir(s->folder[s->made].path);
	}
}

static bool lock(struct setup *s)
{
	s->lock = open(HC_STATE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->lock >= 0 && flock(s->lock, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno == EWOULDBLOCK)
		complain("Another hcauth init is running.");
	else
		complain("%s can't be locked: %s.", HC_STATE_DIR, strerror(errno));
	return false;
}

static bool other_folders(struct setup *s)
{
	return folder_of_setup(s, HC_GUARD_DIR, &s->daemon, 0700) &&
		folder_of_setup(s, HC_DIRECTORY_DIR, &s->daemon, 0755);
}

static bool drop_unfinished(void)
{
	if (unlink(HC_KEY_NEW) < 0 && errno != ENOENT) {
		complain("%s can't be removed: %s.", HC_KEY_NEW, strerror(errno));
		return false;
	}
	return folder_drop(HC_STORE_NEW);
}

static bool make(struct setup *s)
{
	bool made;

	return other_folders(s) && drop_unfinished() &&
		folder_make(HC_STORE_NEW, &s->daemon, 0700, &made) &&
		key_make(HC_KEY_NEW, &s->daemon) &&
		talk_run("--init", &s->daemon, s->lock) == STATUS_DONE;
}

/* Removes what this run made, and nothing else: the database first, which needs the key while it can't
 * be moved. */
static void take_back(bool placed)
{
	if (placed && rename(HC_STORE_DIR, HC_STORE_NEW) < 0)
		return; /* the next run completes it */
	if (same_file(HC_KEY_NEW, HC_KEY_FILE))
		(void)unlink(HC_KEY_FILE);
	(void)drop_unfinished(); /* it has complained, and the next run tries again */
}

/* All is done: a message that can't be shown changes nothing of it. */
static void __attribute__((format(printf, 1, 2))) say(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vdprintf(STDOUT_FILENO, format, ap);
	va_end(ap);
}

static int begin(struct setup *s)
{
	bool placed = false;

	if (!make(s) || !store_place(HC_STORE_NEW, HC_STORE_DIR, &placed) ||
		!key_place(HC_KEY_NEW, HC_KEY_FILE)) {
		take_back(placed);
		return STATUS_REFUSED;
	}
	say("hcauth is set up. Next: start hcauthd, then add a practice: hcauth help practice\n");
	return STATUS_DONE;
}

/* hcauth-talk --init makes nothing where HC_STORE_NEW is not: it looks whether the key fits. */
static int complete(struct setup *s)
{
	if (!folder_drop(HC_STORE_NEW) || !other_folders(s))
		return STATUS_REFUSED;
	if (talk_run("--init", &s->daemon, s->lock) != STATUS_DONE ||
		!key_place(HC_KEY_NEW, HC_KEY_FILE))
		return STATUS_REFUSED;
	say("An earlier hcauth init was cut short just before its end. It is complete now, and "
	    "the\nrecovery key is the one that it printed. If you do not have it: remove %s\n"
	    "and %s, and run hcauth init again.\n",
		HC_STORE_DIR, HC_KEY_FILE);
	return STATUS_DONE;
}

static int set_up(struct setup *s)
{
	const char *key = is_there(HC_KEY_FILE) ? HC_KEY_FILE
		: is_there(HC_KEY_SEALED)       ? HC_KEY_SEALED
						: NULL;
	bool database = folder_has_files(HC_STORE_DIR);

	if (key && database) {
		if (same_file(HC_KEY_NEW, HC_KEY_FILE))
			(void)unlink(HC_KEY_NEW); /* all that an earlier run left to do */
		complain("This machine is set up already.");
		return STATUS_EXISTS;
	}
	if (key) {
		complain("There is a machine key, %s, but no database in %s. If the database is "
			 "lost, put it back from your copy. To begin anew, move the key away.",
			key, HC_STORE_DIR);
		return STATUS_REFUSED;
	}
	if (database && !is_there(HC_KEY_NEW)) {
		complain("There is a database in %s, but not its machine key, %s. Put the key "
			 "back from your copy. To begin anew, move the database away.",
			HC_STORE_DIR, HC_KEY_FILE);
		return STATUS_REFUSED;
	}
	return database ? complete(s) : begin(s);
}

static int only_root(const char *what, size_t n)
{
	if (n > 1) {
		complain("\"%s\" takes no arguments. Try: hcauth help %s", what, what);
		return STATUS_USAGE;
	}
	if (geteuid() != 0) {
		complain("Only root may do this.");
		return STATUS_NOT_ALLOWED;
	}
	return STATUS_DONE;
}

int cmd_init(const char *const *words, size_t n)
{
	struct setup s = { .lock = -1 };
	int status = only_root(words[0], n);

	if (status != STATUS_DONE)
		return status;
	if (!owner_of_daemon(&s.daemon))
		return STATUS_REFUSED;

	umask(077);
	status = STATUS_REFUSED;
	if (folder_of_setup(&s, HC_CONF_DIR, &root, 0755) &&
		folder_of_setup(&s, HC_STATE_DIR, &root, 0755) && lock(&s))
		status = set_up(&s);
	if (status != STATUS_DONE)
		drop_folders(&s);
	if (s.lock >= 0)
		close(s.lock);
	return status;
}

int cmd_accept_database(const char *const *words, size_t n)
{
	struct owner daemon;
	int status = only_root(words[0], n);

	if (status != STATUS_DONE)
		return status;
	return owner_of_daemon(&daemon) ? talk_run("--accept-database", &daemon, -1)
					: STATUS_REFUSED;
}
