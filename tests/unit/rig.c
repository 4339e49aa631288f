/* SPDX-License-Identifier: Apache-2.0 */
/* The calls below stand in front of those of libc and LMDB, for LMDB too, so that the code under test needs
 * no switch: they pass everything on until a test says otherwise. */
#include "rig.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "store/store.h"

size_t rig_map;
int rig_sync_fails, rig_syncs;
long rig_timer_us;

#define SEEN __attribute__((visibility("default")))

SEEN int mdb_env_set_mapsize(MDB_env *env, size_t size)
{
	int (*next)(MDB_env *, size_t) =
		(int (*)(MDB_env *, size_t))dlsym(RTLD_NEXT, "mdb_env_set_mapsize");

	CHECK_INT(size, (size_t)16 << 30);
	return next(env, rig_map ? rig_map : size);
}

SEEN int fdatasync(int fd)
{
	int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");

	rig_syncs++;
	if (rig_sync_fails == 0)
		return next(fd);
	rig_sync_fails--;
	errno = EIO;
	return -1;
}

SEEN int setitimer(__itimer_which_t which, const struct itimerval *new, struct itimerval *old)
{
	int (*next)(__itimer_which_t, const struct itimerval *, struct itimerval *) =
		(int (*)(__itimer_which_t, const struct itimerval *, struct itimerval *))dlsym(
			RTLD_NEXT, "setitimer");
	struct itimerval short_one = { .it_value.tv_usec = rig_timer_us };

	if (rig_timer_us == 0 || new->it_value.tv_sec != 10)
		return next(which, new, old);
	return next(which, &short_one, old);
}

const char *in_folder(const char *name)
{
	static char path[16][256];
	static unsigned at;
	char *p = path[at++ % 16];

	snprintf(p, sizeof path[0], "%s/%s", test_folder(), name);
	return p;
}

const char *store_folder(bool bare)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/store", test_folder());
	CHECK_INT(mkdir(path, 0700), 0);
	if (!bare)
		CHECK_INT(store_create(path), 0);
	return path;
}

pid_t child_begin(int (*fn)(void *), void *arg)
{
	fflush(stdout);

	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(240);
		int r = fn(arg);
		fflush(stdout);
		_exit(r);
	}
	return pid;
}

int child_end(pid_t pid)
{
	int status;

	CHECK_INT(waitpid(pid, &status, 0), pid);
	return status;
}

int in_child(int (*fn)(void *), void *arg)
{
	return child_end(child_begin(fn, arg));
}

void file_write(const char *path, const void *p, size_t n, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, p, n), n);
	CHECK_INT(fchmod(fd, mode), 0);
	close(fd);
}

/* A mount of one's own needs root, here or in a user namespace of one's own. */
static void own_mounts(void)
{
	char map[64];
	unsigned uid = geteuid();

	if (unshare(CLONE_NEWNS) == 0)
		return;
	CHECK_INT(unshare(CLONE_NEWUSER | CLONE_NEWNS), 0);
	snprintf(map, sizeof map, "0 %u 1", uid);
	int fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0 && write(fd, map, strlen(map)) == (ssize_t)strlen(map));
	close(fd);
}

void small_disk(const char *path, const char *size)
{
	char options[64];

	snprintf(options, sizeof options, "mode=0700,size=%s", size);
	own_mounts();
	CHECK_INT(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	CHECK_INT(mount("hcauth-test", path, "tmpfs", 0, options), 0);
}
