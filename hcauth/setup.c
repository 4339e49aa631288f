/* SPDX-License-Identifier: Apache-2.0 */
/* Root's hands for init.c. What must hold: a folder or a key appears under its name only when it is
 * whole, with its owner and mode; nothing is followed through a symbolic link; each complaint names
 * the file and what would be right. */
#include "setup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hcauth.h"
#include "paths.h"
#include "verbs.h"
#include "wipe.h"

enum { MACHINE_KEY_BYTES = 32 }; /* KEY_BYTES of seal.h, which this command does not link */

bool owner_of_daemon(struct owner *out)
{
	FILE *f = fopen(HC_PASSWD_FILE, "re");
	if (!f) {
		complain("%s can't be read: %s.", HC_PASSWD_FILE, strerror(errno));
		return false;
	}

	struct passwd *pw;
	while ((pw = fgetpwent(f)) && strcmp(pw->pw_name, HC_DAEMON_USER) != 0)
		;
	bool found = pw != NULL;
	if (found)
		*out = (struct owner){ .uid = pw->pw_uid, .gid = pw->pw_gid };
	fclose(f);

	if (!found)
		complain(
			"There is no user %s on this machine. Make it with:\n"
			"useradd --system --user-group --home-dir /var/lib/hcauthd --no-create-home "
			"--shell /usr/sbin/nologin %s",
			HC_DAEMON_USER, HC_DAEMON_USER);
	else if (out->uid == 0)
		complain("The user %s must not have uid 0.", HC_DAEMON_USER);
	return found && out->uid != 0;
}

static bool flush_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && fsync(fd) == 0;

	if (!done)
		complain("%s can't be written to disk: %s.", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return done;
}

bool flush_parent(const char *path)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (!slash)
		return flush_folder(".");
	snprintf(parent, sizeof parent, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	return flush_folder(parent);
}

static bool folder_right(
	const char *path, const struct stat *st, const struct owner *who, mode_t mode)
{
	if (!S_ISDIR(st->st_mode)) {
		complain("%s must be a folder.", path);
		return false;
	}
	if (st->st_uid == who->uid && st->st_gid == who->gid && (st->st_mode & 07777) == mode)
		return true;
	complain("%s must be owned by %u:%u with mode %04o, and is %u:%u with %04o.", path,
		who->uid, who->gid, mode, st->st_uid, st->st_gid, st->st_mode & 07777);
	return false;
}

bool folder_make(const char *path, const struct owner *who, mode_t mode, bool *made)
{
	char making[PATH_MAX];
	struct stat st;

	if (lstat(path, &st) == 0)
		return folder_right(path, &st, who, mode);

	snprintf(making, sizeof making, "%s.making", path);
	(void)rmdir(making); /* of an earlier run that was cut short */
	if (mkdir(making, 0700) < 0 || lchown(making, who->uid, who->gid) < 0 ||
		chmod(making, mode) < 0 || rename(making, path) < 0) {
		complain("%s can't be made: %s.", path, strerror(errno));
		(void)rmdir(making);
		return false;
	}
	*made = true;
	return flush_parent(path);
}

static bool dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static DIR *open_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !d)
		close(fd);
	return d;
}

bool folder_drop(const char *path)
{
	DIR *d = open_folder(path);
	struct dirent *e;
	bool done = d || errno == ENOENT;

	while (done && d && (e = readdir(d)))
		done = dot(e->d_name) || unlinkat(dirfd(d), e->d_name, 0) == 0;
	if (done && d)
		done = rmdir(path) == 0;
	if (!done)
		complain("%s can't be removed: %s.", path, strerror(errno));
	if (d)
		closedir(d);
	return done;
}

bool folder_has_files(const char *path)
{
	DIR *d = open_folder(path);
	struct dirent *e;
	bool any = !d && errno != ENOENT; /* what can't be looked into is not taken for empty */

	while (d && !any && (e = readdir(d)))
		any = !dot(e->d_name);
	if (d)
		closedir(d);
	return any;
}

bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 || errno != ENOENT;
}

bool old_name(const char *path, char out[PATH_MAX])
{
	enum { NAMES = 1000 };

	for (int i = 1; i < NAMES; i++) {
		int n = snprintf(out, PATH_MAX, "%s.old%d", path, i);

		if (n > 0 && n < PATH_MAX && !is_there(out))
			return true;
	}
	errno = EEXIST;
	return false;
}

bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return lstat(a, &x) == 0 && lstat(b, &y) == 0 && x.st_dev == y.st_dev &&
		x.st_ino == y.st_ino;
}

bool key_write(int fd, const struct owner *who)
{
	uint8_t key[MACHINE_KEY_BYTES];
	bool done = getrandom(key, sizeof key, 0) == (ssize_t)sizeof key &&
		write(fd, key, sizeof key) == (ssize_t)sizeof key &&
		fchown(fd, who->uid, who->gid) == 0 && fsync(fd) == 0;

	wipe(key, sizeof key);
	return done;
}

bool key_make(const char *path, const struct owner *who)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	bool done = fd >= 0 && key_write(fd, who);

	if (!done)
		complain("%s can't be made: %s.", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	/* What it is for may be on the disk before it is moved: so must its name be. */
	if (done && !flush_parent(path)) {
		(void)unlink(path);
		done = false;
	}
	return done;
}

bool store_place(const char *from, const char *to, bool *placed)
{
	if (rename(from, to) < 0) {
		complain("%s can't be moved to %s: %s.", from, to, strerror(errno));
		return false;
	}
	*placed = true;
	return flush_parent(to);
}

bool key_place(const char *from, const char *to)
{
	if (link(from, to) < 0) { /* which never replaces, as rename() would */
		complain("%s can't be moved to %s: %s.", from, to, strerror(errno));
		return false;
	}
	if (!flush_parent(to))
		return false;
	(void)unlink(from); /* a second name does no harm: the next run removes it */
	return true;
}

/* Its descriptors, where hands.h says that they are. All are moved out of the way first. */
static bool give(const struct talk_fds *fds)
{
	const int from[] = { fds->keep, fds->in, fds->backup, fds->key, fds->key_new };
	static const int to[] = { -1, STDIN_FILENO, 3, 4, 5 };
	int high[5];

	for (size_t i = 0; i < 5; i++)
		if ((high[i] = from[i] < 0
				    ? -1
				    : fcntl(from[i], i == 0 ? F_DUPFD : F_DUPFD_CLOEXEC, 10)) < 0 &&
			from[i] >= 0)
			return false;
	for (size_t i = 1; i < 5; i++)
		if (high[i] >= 0 && dup2(high[i], to[i]) < 0)
			return false;
	return true;
}

static _Noreturn void become_talk(
	const char *option, const struct owner *who, const struct talk_fds *fds, pid_t parent)
{
	sigset_t none;

	char *const argv[] = { (char *)HC_TALK, (char *)option, NULL };
	char *const env[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };

	if (setgroups(0, NULL) < 0 || setresgid(who->gid, who->gid, who->gid) < 0 ||
		setresuid(who->uid, who->uid, who->uid) < 0)
		complain("The user %s can't be taken on: %s.", HC_DAEMON_USER, strerror(errno));
	else if (setuid(0) == 0)
		complain("The user %s can become root again.", HC_DAEMON_USER);
	else if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent && give(fds)) {
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		execve(argv[0], argv, env);
		complain("%s can't be run: %s.", HC_TALK, strerror(errno));
	}
	_exit(STATUS_UNAVAILABLE);
}

int talk_run(const char *option, const struct owner *who, const struct talk_fds *fds)
{
	pid_t parent = getpid(), pid = fork();
	int status;

	if (pid == 0)
		become_talk(option, who, fds, parent);
	if (pid < 0) {
		complain("%s can't be run: %s.", HC_TALK, strerror(errno));
		return STATUS_UNAVAILABLE;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) <= STATUS_EXISTS)
		return WEXITSTATUS(status);
	if (WIFSIGNALED(status))
		complain("%s was ended by signal %d.", HC_TALK, WTERMSIG(status));
	else
		complain("%s has failed.", HC_TALK);
	return STATUS_UNAVAILABLE;
}
