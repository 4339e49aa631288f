/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: every byte that a run has left in a file is looked at, those of its store's freed pages too. Pages
 * that are as they were were looked at when they were saved. */
#include "fault/saved.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

enum { FILES = 16, SECRETS = 40, PAGE = 4096 };

static struct saved {
	char path[256];
	mode_t mode;
	uid_t uid;
	gid_t gid;
	size_t len;
	char *bytes;
	bool there;
} saved[FILES];
static size_t nsaved;
static char folder[256];

static struct {
	const char *name;
	size_t len;
	char bytes[64];
} secrets[SECRETS];
static size_t nsecrets, nalways;

static const char *found;

void secret_add(const char *name, const void *bytes, size_t len)
{
	CHECK(nsecrets < SECRETS && len > 0 && len <= sizeof secrets->bytes);
	secrets[nsecrets].name = name;
	secrets[nsecrets].len = len;
	memcpy(secrets[nsecrets++].bytes, bytes, len);
	nalways = nsecrets;
}

void secret_add_text(const char *name, const char *text)
{
	secret_add(name, text, strlen(text));
}

void secret_now(const char *name, const char *text)
{
	size_t always = nalways;

	secret_add_text(name, text);
	nalways = always;
}

const char *secret_in(const char *bytes, size_t len)
{
	for (size_t i = 0; i < nsecrets; i++)
		if (memmem(bytes, len, secrets[i].bytes, secrets[i].len))
			return secrets[i].name;
	return NULL;
}

static void look(const char *bytes, size_t len)
{
	const char *name = secret_in(bytes, len);

	found = name ? name : found;
}

/* The file, mapped; NULL: it is empty. */
static char *map(const char *path, size_t *len)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_INT(fstat(fd, &st), 0);
	*len = (size_t)st.st_size;
	char *p = *len ? mmap(NULL, *len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : NULL;
	CHECK(p != MAP_FAILED);
	close(fd);
	return p;
}

static int take(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	struct saved *s = &saved[nsaved];

	(void)at;
	if (kind != FTW_F)
		return 0;
	CHECK(nsaved < FILES);
	snprintf(s->path, sizeof s->path, "%s", path);
	s->mode = st->st_mode & 07777;
	s->uid = st->st_uid;
	s->gid = st->st_gid;
	char *p = map(path, &s->len);
	/* Shared, as a fork takes the longer the more pages are its own. */
	s->bytes =
		mmap(NULL, s->len + 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(s->bytes != MAP_FAILED);
	if (p) {
		memcpy(s->bytes, p, s->len);
		munmap(p, s->len);
		look(s->bytes, s->len);
	}
	nsaved++;
	return 0;
}

void saved_take(const char *path)
{
	snprintf(folder, sizeof folder, "%s", path);
	CHECK_INT(nftw(folder, take, 16, FTW_PHYS), 0);
	CHECK(nsaved > 0);
	CHECK_TEXT(found ? found : "nothing", "nothing");
}

static struct saved *saved_of(const char *path)
{
	for (size_t i = 0; i < nsaved; i++)
		if (strcmp(saved[i].path, path) == 0)
			return &saved[i];
	return NULL;
}

/* Page by page: what has changed is looked at, with its neighbours' edges, and becomes what it was. */
static void mend(char *p, const struct saved *s, size_t len)
{
	for (size_t at = 0; at < len; at += PAGE) {
		size_t n = len - at < PAGE ? len - at : PAGE;
		size_t old = at >= s->len ? 0 : s->len - at < n ? s->len - at : n;
		size_t before = at < 64 ? at : 64, after = len - at - n < 64 ? len - at - n : 64;

		if (old == n && memcmp(p + at, s->bytes + at, n) == 0)
			continue;
		look(p + at - before, before + n + after);
	}
	for (size_t at = 0; at < len && at < s->len; at += PAGE) {
		size_t n = len - at < PAGE ? len - at : PAGE;

		n = s->len - at < n ? s->len - at : n;
		if (memcmp(p + at, s->bytes + at, n) != 0)
			memcpy(p + at, s->bytes + at, n);
	}
}

static int put_back(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	static const struct saved nothing;
	struct saved *s = saved_of(path);
	size_t len;

	(void)at;
	if (kind != FTW_F)
		return 0;
	char *p = map(path, &len);
	if (p) {
		mend(p, s ? s : &nothing, len);
		munmap(p, len);
	}
	if (!s)
		return unlink(path);
	s->there = len >= s->len && (st->st_mode & 07777) == s->mode;
	if (s->there && len > s->len)
		return truncate(path, (off_t)s->len);
	return 0;
}

static void write_anew(const struct saved *s)
{
	(void)unlink(s->path); /* it may not be there */
	int fd = open(s->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	CHECK_INT(fchown(fd, s->uid, s->gid), 0);
	CHECK_INT(fchmod(fd, s->mode), 0);
	for (size_t at = 0; at < s->len;) {
		ssize_t n = write(fd, s->bytes + at, s->len - at);

		CHECK(n > 0);
		at += (size_t)n;
	}
	close(fd);
}

static void look_at_log(void)
{
	static char text[65536];
	ssize_t n, at = 0;

	while ((n = pread(STDERR_FILENO, text, sizeof text, at)) > 0) {
		look(text, (size_t)n);
		at += n;
	}
	if (at > 0 && ftruncate(STDERR_FILENO, 0) == 0)
		(void)lseek(STDERR_FILENO, 0, SEEK_SET);
}

const char *saved_put_back(void)
{
	found = NULL;
	look_at_log();
	for (size_t i = 0; i < nsaved; i++)
		saved[i].there = false;
	CHECK_INT(nftw(folder, put_back, 16, FTW_PHYS), 0);
	for (size_t i = 0; i < nsaved; i++)
		if (!saved[i].there)
			write_anew(&saved[i]);
	nsecrets = nalways;
	return found;
}
