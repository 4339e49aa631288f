/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth rekey" and "hcauth recover": root's part. What must hold: at any moment, and wherever it is cut
 * short, the machine key in place opens the database, or the one under its other name does, which "hcauth
 * init" puts in place; running it again goes on. So the new key is wrapped before it is put in place, and
 * the old wrapping dropped after. */
#include "hcauth.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine_key.h"
#include "making.h"
#include "paths.h"
#include "recovery_key.h"
#include "verbs.h"

struct rekey {
	bool recovery, seal;
	struct making m;
	struct machine_key now, next;
};

static int talk(const struct rekey *k, const char *option, int key, int key_new)
{
	struct talk_fds fds = no_fds();

	fds.keep = k->m.lock;
	fds.key = key;
	fds.key_new = key_new;
	return talk_run(option, &k->m.daemon, &fds);
}

/* systemd hands a sealed key over when it starts the unit, and only then. The sockets stay. how: "restart", or
 * "try-restart", which leaves it down if it is. */
static bool restart(const char *how)
{
	char *const argv[] = { (char *)"systemctl", (char *)how, (char *)"hcauthd.service", NULL };
	char *const env[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	int status = -1;

	if (!is_there(HC_SYSTEMD_RUNS))
		return true;
	pid_t pid = fork();
	if (pid == 0) {
		execve(HC_SYSTEMCTL, argv, env);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status != 0)
		complain("hcauthd can't be restarted. The machine key before is good until that is "
			 "mended, and hcauth rekey was run again.");
	return status == 0;
}

/* Whether hcauthd has the key, which was just sealed for the first time; else it is as if it had not been. */
static bool first_sealed(void)
{
	bool restarted = restart("restart");

	if (restarted && is_there(HC_KEY_GIVEN))
		return true;
	complain("The sealed key does not reach hcauthd: its unit must have the line\n"
		 "LoadCredentialEncrypted=" HC_KEY_CREDENTIAL ":hcauth.machine.key\n"
		 "The machine key is what it was.");
	(void)unlink(HC_KEY_SEALED);
	(void)restart("restart");
	return false;
}

static int rekey(struct rekey *k)
{
	bool was_sealed;
	int status;

	if (!machine_key_open(&k->m.daemon, &k->now))
		return STATUS_REFUSED;
	was_sealed = k->now.sealed;
	if (k->recovery)
		return talk(k, "--new-recovery", k->now.fd, -1);
	if (!machine_key_make(&k->m.daemon, k->seal || was_sealed, &k->next))
		return STATUS_REFUSED;
	status = talk(k, "--rekey", k->now.fd, k->next.fd);
	if (status != STATUS_DONE || !machine_key_replace(&k->next)) {
		(void)unlink(HC_KEY_NEW); /* else the next run does it */
		return STATUS_REFUSED;
	}
	if (k->next.sealed && !(was_sealed ? restart("try-restart") : first_sealed()))
		return STATUS_REFUSED;
	if ((status = talk(k, "--rekeyed", k->next.fd, -1)) != STATUS_DONE) {
		complain("The new machine key is in place, and the one before is good still. Run "
			 "hcauth rekey again.");
		return status;
	}
	/* The plain one that was there before, perhaps of a run that was cut short here. */
	if (k->next.sealed && unlink(HC_KEY_FILE) < 0 && errno != ENOENT)
		complain("%s can't be removed: %s. It opens nothing any more.", HC_KEY_FILE,
			strerror(errno));
	return STATUS_DONE;
}

static int run(struct rekey *k, int (*fn)(struct rekey *))
{
	int status = making_begin(&k->m) ? fn(k) : STATUS_REFUSED;

	making_end(&k->m, status == STATUS_DONE);
	machine_key_close(&k->now);
	machine_key_close(&k->next);
	return status;
}

int cmd_rekey(const char *const *words, size_t n)
{
	static struct rekey k = { .now.fd = -1, .next.fd = -1 };
	int status;

	k.recovery = n == 2 && strcmp(words[1], "--recovery") == 0;
	k.seal = n == 2 && strcmp(words[1], "--seal") == 0;
	if (n > 2 || (n == 2 && !k.recovery && !k.seal)) {
		complain("There is no such option. Try: hcauth help rekey");
		return STATUS_USAGE;
	}
	if ((status = am_root()) != STATUS_DONE)
		return status;
	if (k.seal && !is_there(HC_SYSTEMD_RUNS)) {
		complain(
			"Only systemd can unseal it, and this machine was not started by systemd.");
		return STATUS_REFUSED;
	}
	if ((status = run(&k, rekey)) != STATUS_DONE)
		return status;
	if (k.recovery)
		say("The recovery key before is good for the backups that were made with it, and for\n"
		    "nothing else. Make a new one now: hcauth help export\n");
	else
		say("This machine has a new machine key. The one before opens the database no more.\n");
	return status;
}

/* Keeps what is there under another name, never over anything. */
static bool keep_old(const char *path)
{
	char kept[PATH_MAX];

	if (old_name(path, kept) && link(path, kept) == 0) {
		say("The key file that was there is kept: %s\n", kept);
		return flush_parent(kept);
	}
	complain("%s can't be kept: %s.", path, strerror(errno));
	return false;
}

static int recover(struct rekey *k)
{
	const char *old = machine_key_path();
	struct talk_fds fds = no_fds();

	if (!folder_has_files(HC_STORE_DIR)) {
		complain("There is no database in %s. From a backup: hcauth help restore",
			HC_STORE_DIR);
		return STATUS_REFUSED;
	}
	/* Perhaps its key, of an init that was cut short. */
	if (!old && is_there(HC_KEY_NEW) && !keep_old(HC_KEY_NEW))
		return STATUS_REFUSED;
	if (!machine_key_make(&k->m.daemon, old && strcmp(old, HC_KEY_SEALED) == 0, &k->next))
		return STATUS_REFUSED;
	fds.keep = k->m.lock;
	fds.key_new = k->next.fd;
	int status = recovery_key_run("--recover", &k->m.daemon, fds);
	if (status == STATUS_DONE && ((old && !keep_old(old)) || !machine_key_replace(&k->next)))
		return STATUS_REFUSED;
	if (status != STATUS_DONE)
		(void)unlink(HC_KEY_NEW); /* else the next run does it */
	else if (k->next.sealed && !restart("try-restart"))
		return STATUS_REFUSED;
	return status;
}

int cmd_recover(const char *const *words, size_t n)
{
	static struct rekey k = { .now.fd = -1, .next.fd = -1 };
	int status = only_root(words[0], n);

	if (status != STATUS_DONE || (status = run(&k, recover)) != STATUS_DONE)
		return status;
	say("This machine has a new machine key. The recovery key stays what it is.\n");
	return status;
}
