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
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine_key.h"
#include "making.h"
#include "paths.h"
#include "setup.h"
#include "verbs.h"

static int run_init(const struct making *m)
{
	struct talk_fds fds = no_fds();

	fds.keep = m->lock;
	return talk_run("--init", &m->daemon, &fds);
}

static bool make(struct making *m)
{
	bool made;

	return making_folders(m) && drop_unfinished() &&
		folder_make(HC_STORE_NEW, &m->daemon, 0700, &made) &&
		key_make(HC_KEY_NEW, &m->daemon) && run_init(m) == STATUS_DONE;
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

static int begin(struct making *m)
{
	bool placed = false;

	if (!make(m) || !store_place(HC_STORE_NEW, HC_STORE_DIR, &placed) ||
		!key_place(HC_KEY_NEW, HC_KEY_FILE)) {
		take_back(placed);
		return STATUS_REFUSED;
	}
	say("hcauth is set up. Next: %sadd a practice: hcauth help practice\n",
		is_there(HC_ROOT_SOCKET) ? "" : "start hcauthd, then ");
	return STATUS_DONE;
}

/* hcauth-talk --init makes nothing where HC_STORE_NEW is not: it looks whether the key fits. */
static int complete(struct making *m)
{
	if (!folder_drop(HC_STORE_NEW) || !making_folders(m))
		return STATUS_REFUSED;
	if (run_init(m) != STATUS_DONE || !key_place(HC_KEY_NEW, HC_KEY_FILE))
		return STATUS_REFUSED;
	say("An earlier hcauth init was cut short just before its end. It is complete now, and "
	    "the\nrecovery key is the one that it printed. If you do not have it: remove %s\n"
	    "and %s, and run hcauth init again.\n",
		HC_STORE_DIR, HC_KEY_FILE);
	return STATUS_DONE;
}

static int set_up(struct making *m)
{
	const char *key = machine_key_path();
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
		complain(
			"There is a database in %s, but not its machine key, %s. Put the key "
			"back from your copy, or make another by the recovery key: hcauth recover. To begin "
			"anew, move the database away.",
			HC_STORE_DIR, HC_KEY_FILE);
		return STATUS_REFUSED;
	}
	return database ? complete(m) : begin(m);
}

int cmd_init(const char *const *words, size_t n)
{
	struct making m;
	int status = only_root(words[0], n);

	if (status != STATUS_DONE)
		return status;
	status = making_begin(&m) ? set_up(&m) : STATUS_REFUSED;
	making_end(&m, status == STATUS_DONE);
	return status;
}

int cmd_accept_database(const char *const *words, size_t n)
{
	const struct talk_fds fds = no_fds();
	struct owner daemon;
	int status = only_root(words[0], n);

	if (status != STATUS_DONE)
		return status;
	return owner_of_daemon(&daemon) ? talk_run("--accept-database", &daemon, &fds)
					: STATUS_REFUSED;
}
