/* SPDX-License-Identifier: Apache-2.0 */
/* Letters as files. What must hold: a file that is there is never touched; one that is made is whole; the
 * caller writes it, with no right but their own; no shell, and nothing of the caller's environment, has a
 * hand in it; what was told as a letter is not lost, wherever it fails. */
#include "letter_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hcauth.h"
#include "letter_page.h"
#include "paths.h"

int letter_take(const char **words, size_t *n, const char **path)
{
	static const char option[] = "--letter";
	const size_t len = sizeof option - 1;
	size_t kept = 0;
	int found = 0;

	for (size_t i = 0; i < *n; i++) {
		const char *value = NULL;

		if (strcmp(words[i], "--") == 0) { /* no options from here on */
			memmove(words + kept, words + i, (*n - i) * sizeof *words);
			kept += *n - i;
			break;
		}
		if (strncmp(words[i], option, len) == 0 && words[i][len] == '=')
			value = words[i] + len + 1;
		else if (strcmp(words[i], option) == 0)
			value = i + 1 < *n ? words[++i] : "";
		if (!value) {
			words[kept++] = words[i];
			continue;
		}
		if (found || !*value)
			return -1;
		*path = value;
		found = 1;
	}
	*n = kept;
	return found;
}

/* --- the file --- */

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);

	return n > k && strcmp(name + n - k, end) == 0;
}

static bool can_make_pdf(void)
{
	if (access(HC_GROFF, X_OK) == 0 && access(HC_GROPDF, X_OK) == 0)
		return true;
	complain("A PDF takes groff, whole (Debian: apt install groff), and %s is not there. "
		 "Or write the letter to a .txt file.",
		access(HC_GROFF, X_OK) == 0 ? HC_GROPDF : HC_GROFF);
	return false;
}

static int open_folder(const char *path, const char *name)
{
	char folder[PATH_MAX];

	if (name == path)
		return open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (name - path >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	snprintf(folder, sizeof folder, "%.*s", (int)(name - path), path);
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool make_temp(struct letter_file *l)
{
	struct stat st;

	if (fstatat(l->folder, l->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		complain("%s is there already: choose another name.", l->path);
		return false;
	}
	snprintf(l->temp, sizeof l->temp, ".hcauth-letter.%d", (int)getpid());
	l->out = openat(
		l->folder, l->temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	l->text = memfd_create("letter", MFD_CLOEXEC);
	if (l->out >= 0 && l->text >= 0)
		return true;
	complain("%s can't be made: %s.", l->path, strerror(errno));
	return false;
}

static void close_all(struct letter_file *l)
{
	if (l->out >= 0) {
		(void)unlinkat(l->folder, l->temp, 0); /* or it has its own name by now */
		close(l->out);
	}
	if (l->text >= 0)
		close(l->text);
	if (l->folder >= 0)
		close(l->folder);
}

bool letter_begin(struct letter_file *l, const char *path)
{
	const char *slash = strrchr(path, '/');

	*l = (struct letter_file){ .path = path,
		.name = slash ? slash + 1 : path,
		.pdf = ends_in(path, ".pdf"),
		.folder = -1,
		.out = -1,
		.text = -1 };
	if (!l->pdf && !ends_in(path, ".txt")) {
		complain("A letter's file ends in .pdf or .txt.");
		return false;
	}
	if (l->pdf && !can_make_pdf())
		return false;
	l->folder = open_folder(path, l->name);
	if (l->folder < 0)
		complain("%s can't be made: %s.", path, strerror(errno));
	if (l->folder >= 0 && make_temp(l))
		return true;
	close_all(l);
	return false;
}

static int write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int letter_add(struct letter_file *l, const char *text)
{
	int r = l->n++ > 0 ? write_all(l->text, "\f\n", 2) : 0;

	if (r == 0)
		r = write_all(l->text, text, strlen(text));
	return r < 0 ? r : write_all(l->text, "\n", 1);
}

static int copy(int from, int to)
{
	char piece[4096];
	off_t at = 0;
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = pread(from, piece, sizeof piece, at)) != 0) {
		r = n < 0 ? -errno : write_all(to, piece, (size_t)n);
		at += n;
	}
	explicit_bzero(piece, sizeof piece);
	return r;
}

/* --- groff --- */

/* The letters as groff's input, in memory. A descriptor, or -1. */
static int pages(int text)
{
	off_t len = lseek(text, 0, SEEK_END);
	int fd = memfd_create("pages", MFD_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(dup(fd), "w");
	char *all = len < 0 ? NULL : calloc(1, (size_t)len + 1);
	bool done = f && all && pread(text, all, (size_t)len, 0) == len;

	if (done)
		letter_page(f, all);
	if (f)
		done = fclose(f) == 0 && done;
	if (all)
		explicit_bzero(all, (size_t)len);
	free(all);
	if (done && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static _Noreturn void become_groff(int in, int out)
{
	char *const argv[] = { (char *)"groff", (char *)"-k", (char *)"-Kutf8", (char *)"-Tpdf",
		(char *)"-dpaper=a4", (char *)"-P-pa4", NULL };
	char *const env[] = { (char *)"PATH=/usr/bin:/bin", (char *)"LC_ALL=C.UTF-8", NULL };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (dup2(in, STDIN_FILENO) == STDIN_FILENO && dup2(out, STDOUT_FILENO) == STDOUT_FILENO &&
		dup2(null, STDERR_FILENO) == STDERR_FILENO && chdir("/") == 0)
		execve(HC_GROFF, argv, env);
	_exit(127);
}

static bool make_pdf(const struct letter_file *l)
{
	int status, in = pages(l->text);
	pid_t pid = in < 0 ? -1 : fork();
	struct stat st;

	if (pid == 0)
		become_groff(in, l->out);
	if (in >= 0)
		close(in);
	if (pid < 0)
		return false;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 && fstat(l->out, &st) == 0 &&
		st.st_size > 0;
}

bool letter_end(struct letter_file *l)
{
	bool done = l->n == 0 || (l->pdf ? make_pdf(l) : copy(l->text, l->out) == 0);

	if (!done)
		complain("%s can't be made of the letter%s.", l->path, l->n > 1 ? "s" : "");
	if (done && l->n > 0 &&
		(fsync(l->out) < 0 || linkat(l->folder, l->temp, l->folder, l->name, 0) < 0 ||
			fsync(l->folder) < 0)) {
		complain("%s can't be made: %s.", l->path, strerror(errno));
		done = false;
	}
	if (!done) {
		complain("What would be in it follows: keep it.");
		(void)copy(l->text, STDOUT_FILENO); /* there is no other place left */
	} else if (l->n > 0) {
		printf("%s in %s.\n", l->n == 1 ? "The letter is" : "The letters are", l->path);
	}
	close_all(l);
	return done;
}
