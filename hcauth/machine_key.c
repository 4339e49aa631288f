/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: where the key is sealed it is in memory alone besides; another takes its place in one
 * step, so that there is one at any time. */
#include "machine_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hcauth.h"
#include "paths.h"

#define SEALED_NEW HC_KEY_SEALED ".new"

const char *machine_key_path(void)
{
	return is_there(HC_KEY_SEALED) ? HC_KEY_SEALED : is_there(HC_KEY_FILE) ? HC_KEY_FILE : NULL;
}

/* Runs systemd-creds, from one descriptor to another. */
static bool creds(const char *const *argv, int in, int out)
{
	char *const env[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
			execve(HC_SYSTEMD_CREDS, (char *const *)argv, env);
		complain("%s can't be run: %s.", HC_SYSTEMD_CREDS, strerror(errno));
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0;
}

static int memory(const struct owner *who)
{
	int fd = memfd_create("machine.key", MFD_CLOEXEC);

	if (fd >= 0 && fchmod(fd, 0400) == 0 && fchown(fd, who->uid, who->gid) == 0)
		return fd;
	complain("The machine key can't be kept in memory: %s.", strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool unseal(const struct owner *who, struct machine_key *out)
{
	static const char *const argv[] = { HC_SYSTEMD_CREDS, "decrypt",
		"--name=" HC_KEY_CREDENTIAL, HC_KEY_SEALED, "-", NULL };
	int fd = memory(who);

	if (fd < 0)
		return false;
	if (!creds(argv, STDIN_FILENO, fd)) {
		complain(
			"%s can't be opened by systemd-creds. If it can't be any more: hcauth help recover",
			HC_KEY_SEALED);
		close(fd);
		return false;
	}
	*out = (struct machine_key){ .sealed = true, .fd = fd };
	return true;
}

bool machine_key_open(const struct owner *who, struct machine_key *out)
{
	*out = (struct machine_key){ .fd = -1 };
	if (is_there(HC_KEY_SEALED))
		return unseal(who, out);
	out->fd = open(HC_KEY_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (out->fd < 0)
		complain(
			"The machine key, %s, can't be read: %s. If it is lost: hcauth help recover",
			HC_KEY_FILE, strerror(errno));
	return out->fd >= 0;
}

bool machine_key_make(const struct owner *who, bool sealed, struct machine_key *out)
{
	*out = (struct machine_key){ .sealed = sealed, .fd = -1 };
	if (sealed) {
		int fd = memory(who);

		if (fd >= 0 && !key_write(fd, who)) {
			complain("A machine key can't be made: %s.", strerror(errno));
			close(fd);
			fd = -1;
		}
		out->fd = fd;
		return fd >= 0;
	}
	if (unlink(HC_KEY_NEW) < 0 && errno != ENOENT) {
		complain("%s can't be removed: %s.", HC_KEY_NEW, strerror(errno));
		return false;
	}
	if (!key_make(HC_KEY_NEW, who))
		return false;
	out->fd = open(HC_KEY_NEW, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (out->fd < 0)
		complain("%s can't be read: %s.", HC_KEY_NEW, strerror(errno));
	return out->fd >= 0;
}

static bool replace(const char *from, const char *to)
{
	if (rename(from, to) == 0)
		return flush_parent(to);
	complain("%s can't be moved to %s: %s.", from, to, strerror(errno));
	return false;
}

static bool seal(const struct machine_key *k)
{
	static const char name[] = "--name=" HC_KEY_CREDENTIAL;
	static const char *const argv[] = { HC_SYSTEMD_CREDS, "encrypt", name, "-", "-", NULL };
	/* As systemd makes it; if it can't be, the next line tells. */
	bool made = mkdir(HC_CREDSTORE_DIR, 0700) == 0;
	int fd = open(SEALED_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool done = fd >= 0 && lseek(k->fd, 0, SEEK_SET) == 0 && creds(argv, k->fd, fd) &&
		fsync(fd) == 0;

	if (!done) {
		complain("%s can't be made. The machine key is what it was.", SEALED_NEW);
		(void)unlink(SEALED_NEW); /* else the next run writes over it */
		if (made)
			(void)rmdir(HC_CREDSTORE_DIR);
	}
	if (fd >= 0)
		close(fd);
	return done && replace(SEALED_NEW, HC_KEY_SEALED);
}

bool machine_key_replace(const struct machine_key *k)
{
	return k->sealed ? seal(k) : replace(HC_KEY_NEW, HC_KEY_FILE);
}

void machine_key_close(struct machine_key *k)
{
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
}
