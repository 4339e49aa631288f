/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of the build folder, run for real. */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

void in_folder_as_root(void)
{
	if (geteuid() != 0) {
		printf("# only root can run this case\n");
		exit(0);
	}
	CHECK_INT(chmod(test_folder(), 0755), 0);
	CHECK_INT(chdir(test_folder()), 0);
	umask(022);
}

void built(const char *name, char out[4096])
{
	ssize_t n = readlink("/proc/self/exe", out, 2048);

	CHECK(n > 0 && n < 2048);
	out[n] = 0;
	char *slash = strrchr(out, '/');
	CHECK(slash != NULL);
	if (*name)
		snprintf(slash + 1, 2048, "%s", name);
}

static _Noreturn void become(uid_t uid, int program, const char *const *words)
{
	const char *argv[32] = { "hcauth" };
	char *const env[] = { (char *)"PATH=/usr/bin:/bin", (char *)"ASAN_OPTIONS=detect_leaks=0",
		NULL };

	for (size_t i = 0; words[i] && i < 30; i++)
		argv[i + 1] = words[i];
	if (uid != 0 &&
		(setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
			setresuid(uid, uid, uid) < 0))
		_exit(99);
	fexecve(program, (char *const *)argv, env);
	_exit(98);
}

static void slurp(const char *file, char *out, size_t size)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	ssize_t n = read(fd, out, size - 1);
	CHECK(n >= 0);
	out[n] = 0;
	close(fd);
}

static int file_with(const char *text)
{
	int fd = open("run.in", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

struct outcome run_as(uid_t uid, const char *input, const char *program, const char *const *words)
{
	struct outcome o;
	char path[4096];
	int status;

	built(program, path);
	int exe = open(path, O_RDONLY | O_CLOEXEC); /* its folders may be closed to uid */
	CHECK(exe >= 0);

	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		if (input)
			dup2(file_with(input), 0);
		dup2(open("run.out", O_WRONLY | O_CREAT | O_TRUNC, 0644), 1);
		dup2(open("run.err", O_WRONLY | O_CREAT | O_TRUNC, 0644), 2);
		if (!input)
			close(0);
		become(uid, exe, words);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	close(exe);
	o.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	slurp("run.out", o.out, sizeof o.out);
	slurp("run.err", o.err, sizeof o.err);
	return o;
}
