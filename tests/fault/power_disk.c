/* SPDX-License-Identifier: Apache-2.0 */
/* Files made from a log. */
#include "fault/power_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

enum { FILES_MAX = 4096, NAMES_MAX = 4096, FILE_MAX = 64 << 20 };

struct file {
	ino_t id;
	uint8_t *bytes;
	size_t len, room;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

struct name {
	ino_t folder, file; /* file 0: the name has gone */
	char text[64];
};

struct disk {
	struct file file[FILES_MAX];
	struct name name[NAMES_MAX];
	size_t files, names;
	/* what was lost: nothing that follows on it can be there */
	ino_t lost_file[NAMES_MAX];
	struct name lost_name[NAMES_MAX];
	size_t lost_files, lost_names;
};

static struct disk disk; /* large */

static uint64_t random_state;

static uint64_t random_next(void)
{
	random_state += 0x9e3779b97f4a7c15ULL; /* SplitMix64 */
	uint64_t z = random_state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static struct file *file_of(ino_t id)
{
	for (size_t i = disk.files; i-- > 0;)
		if (disk.file[i].id == id)
			return &disk.file[i];
	CHECK(disk.files < FILES_MAX);
	struct file *f = &disk.file[disk.files++];
	uint8_t *bytes = f->bytes; /* of an image before */
	size_t room = f->room;
	*f = (struct file){ .id = id, .bytes = bytes, .room = room };
	return f;
}

static struct name *name_of(ino_t folder, const char *text)
{
	for (size_t i = 0; i < disk.names; i++)
		if (disk.name[i].folder == folder && strcmp(disk.name[i].text, text) == 0)
			return &disk.name[i];
	CHECK(disk.names < NAMES_MAX);
	struct name *n = &disk.name[disk.names++];
	*n = (struct name){ .folder = folder };
	snprintf(n->text, sizeof n->text, "%s", text);
	return n;
}

static void set_length(struct file *f, size_t len)
{
	CHECK(len <= FILE_MAX);
	if (len > f->room) {
		f->room = len * 3 / 2;
		f->bytes = realloc(f->bytes, f->room);
		CHECK(f->bytes != NULL);
	}
	if (len > f->len)
		memset(f->bytes + f->len, 0, len - f->len);
	f->len = len;
}

static void write_part(const struct event *e, size_t from, size_t to)
{
	struct file *f = file_of(e->file);

	if (e->offset + to > f->len)
		set_length(f, e->offset + to);
	memcpy(f->bytes + e->offset + from, e->bytes + from, to - from);
}

/* Some of the sectors: the first ones, the last ones, or any. */
static void write_torn(const struct event *e)
{
	size_t first = e->offset / SECTOR, last = (e->offset + e->len - 1) / SECTOR;
	size_t some = first + random_next() % (last - first + 1);
	uint64_t how = random_next() % 3;

	if (random_next() & 1 && e->offset + e->len > file_of(e->file)->len)
		set_length(file_of(e->file), e->offset + e->len);
	for (size_t s = first; s <= last; s++) {
		size_t from = s == first ? 0 : s * SECTOR - e->offset;
		size_t to = s == last ? e->len : (s + 1) * SECTOR - e->offset;

		if (how == 0 ? s < some : how == 1 ? s >= some : random_next() & 1)
			write_part(e, from, to);
	}
}

/* --- names --- */

static void lose(const struct event *e)
{
	const char *both[] = { e->name, e->old };
	const ino_t in[] = { e->folder, e->from };

	if (e->change != NAME && e->change != MOVE && e->change != DROP)
		return;
	CHECK(disk.lost_files < NAMES_MAX && disk.lost_names + 2 < NAMES_MAX);
	if (e->file)
		disk.lost_file[disk.lost_files++] = e->file;
	for (size_t i = 0; i < (e->change == MOVE ? 2 : 1); i++) {
		struct name *n = &disk.lost_name[disk.lost_names++];

		n->folder = in[i];
		snprintf(n->text, sizeof n->text, "%s", both[i]);
	}
}

/* Whether e can be there although something before it was lost. */
static bool follows_on_lost(const struct event *e)
{
	for (size_t i = 0; i < disk.lost_files; i++)
		if (e->file == disk.lost_file[i])
			return true;
	for (size_t i = 0; i < disk.lost_names; i++) {
		const struct name *n = &disk.lost_name[i];

		if ((n->folder == e->folder && strcmp(n->text, e->name) == 0) ||
			(e->change == MOVE && n->folder == e->from && strcmp(n->text, e->old) == 0))
			return true;
	}
	return false;
}

static void apply(const struct event *e)
{
	struct file *f;

	switch (e->change) {
	case WRITE: write_part(e, 0, e->len); break;
	case CUT: set_length(file_of(e->file), e->offset); break;
	case MOVE: name_of(e->from, e->old)->file = 0; /* fall through */
	case NAME: name_of(e->folder, e->name)->file = e->file; /* fall through */
	case MODE:
		f = file_of(e->file);
		f->mode = e->mode;
		f->uid = e->uid;
		f->gid = e->gid;
		break;
	case DROP: name_of(e->folder, e->name)->file = 0; break;
	default: break;
	}
}

/* --- what was synced --- */

static bool covers(const struct event *s, size_t index, const struct event *e)
{
	if (s->change != SYNC || index >= s->since)
		return false;
	switch (e->change) {
	case WRITE:
	case CUT: return s->file == e->file;
	case MODE: return s->file == e->file && s->whole;
	case MOVE: return (s->file == e->folder || s->file == e->from) && s->whole;
	default: return s->file == e->folder && s->whole;
	}
}

/* The event after which it is on the disk; what never is, has the number of all. */
static size_t *durable;
static const struct power_log *durable_of;

static void find_durable(const struct power_log *log)
{
	if (durable_of == log)
		return;
	free(durable);
	durable = calloc(log->n + 1, sizeof *durable);
	CHECK(durable != NULL);
	durable_of = log;
	for (size_t i = 0; i < log->n; i++) {
		durable[i] = log->n + 1;
		if (log->event[i].change == WRITE && log->event[i].sync)
			durable[i] = i + 1;
		for (size_t k = i + 1; k < log->n && durable[i] > log->n; k++)
			if (covers(&log->event[k], i, &log->event[i]))
				durable[i] = k + 1;
	}
}

static bool changes(const struct event *e)
{
	return e->change != SYNC && e->change != MARK;
}

/* The events that have begun: the next one as well, if it is a write. */
static size_t begun(const struct power_log *log, size_t at)
{
	return at < log->n && log->event[at].change == WRITE ? at + 1 : at;
}

size_t power_pending(const struct power_log *log, size_t at)
{
	size_t n = 0;

	find_durable(log);
	for (size_t i = 0; i < begun(log, at); i++)
		n += changes(&log->event[i]) && durable[i] > at;
	return n;
}

void power_unsync(struct power_log *log, const char *name)
{
	for (size_t i = 0; i < log->n; i++) {
		struct event *e = &log->event[i];

		if (name && strcmp(e->name, name) != 0)
			continue;
		e->sync = false;
		if (e->change == SYNC)
			e->since = 0;
	}
	durable_of = NULL;
}

/* --- images --- */

static void keep_or_lose(const struct event *e, const struct power_cut *cut, size_t nth)
{
	uint64_t how = cut->keep == KEEP_ALL ? 0 : cut->keep == KEEP_SYNCED ? 1 : 0;

	if (cut->keep == KEEP_SOME)
		how = cut->which >> (nth < 64 ? nth : 63) & 1;
	if (cut->keep == KEEP_TORN)
		how = random_next() % 3;
	if (how != 1 && follows_on_lost(e) && e->change != WRITE && e->change != CUT)
		how = 1;
	if (how == 2 && e->change == WRITE)
		write_torn(e);
	else if (how != 1)
		apply(e);
	else
		lose(e);
}

static void fill(const struct power_log *log, const struct power_cut *cut)
{
	size_t end = cut->keep == KEEP_ALL ? cut->at : begun(log, cut->at), nth = 0;

	find_durable(log);
	disk.files = disk.names = disk.lost_files = disk.lost_names = 0;
	random_state = cut->which;
	for (size_t i = 0; i < end; i++) {
		const struct event *e = &log->event[i];

		if (!changes(e))
			continue;
		if (durable[i] <= cut->at)
			apply(e);
		else
			keep_or_lose(e, cut, nth++);
	}
}

static void make_file(const struct file *f, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	for (size_t at = 0; at < f->len;) {
		ssize_t n = write(fd, f->bytes + at, f->len - at);

		CHECK(n > 0);
		at += (size_t)n;
	}
	close(fd);
}

static void make_all(ino_t folder, const char *path)
{
	for (size_t i = 0; i < disk.names; i++) {
		const struct name *n = &disk.name[i];
		char below[512];

		if (n->folder != folder || n->file == 0)
			continue;
		const struct file *f = file_of(n->file);
		snprintf(below, sizeof below, "%s/%s", path, n->text);
		if (S_ISDIR(f->mode)) {
			CHECK_INT(mkdir(below, 0700), 0);
			make_all(n->file, below);
		} else {
			make_file(f, below);
		}
		CHECK_INT(lchown(below, f->uid, f->gid), 0);
		CHECK_INT(chmod(below, f->mode & 07777), 0);
	}
}

void power_image(const struct power_log *log, const struct power_cut *cut, const char *folder)
{
	fill(log, cut);
	make_all(log->root, folder);
}

/* --- the recorder itself --- */

static bool same_bytes(const struct file *f, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *bytes = malloc(f->len + 1);

	CHECK(fd >= 0 && bytes != NULL && fstat(fd, &st) == 0);
	ssize_t n = pread(fd, bytes, f->len + 1, 0);
	bool same = n == (ssize_t)f->len && memcmp(bytes, f->bytes, f->len) == 0 &&
		st.st_mode == f->mode && st.st_uid == f->uid && st.st_gid == f->gid;
	free(bytes);
	close(fd);
	return same;
}

static bool same_folder(ino_t folder, const char *path)
{
	size_t named = 0, there = 0;
	struct dirent *d;
	bool same = true;

	for (size_t i = 0; i < disk.names; i++)
		named += disk.name[i].folder == folder && disk.name[i].file != 0;
	DIR *dir = opendir(path);
	CHECK(dir != NULL);
	while ((d = readdir(dir))) {
		char below[512];

		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0 ||
			power_ignored(d->d_name) || strcmp(d->d_name, "passwd") == 0)
			continue;
		there++;
		snprintf(below, sizeof below, "%s/%s", path, d->d_name);
		const struct file *f = file_of(name_of(folder, d->d_name)->file);
		bool is = f->id == d->d_ino &&
			(d->d_type == DT_DIR ? same_folder(f->id, below)
					     : strcmp(d->d_name, "lock.mdb") == 0 ||
						same_bytes(f, below));
		if (!is)
			printf("# %s is otherwise than what was recorded\n", below);
		same = same && is;
	}
	closedir(dir);
	if (there != named)
		printf("# %s has %zu names, %zu were recorded\n", path, there, named);
	return same && there == named;
}

bool power_is_whole(const struct power_log *log, const char *folder)
{
	const struct power_cut whole = { .at = log->n };

	fill(log, &whole);
	return same_folder(log->root, folder);
}

const uint8_t *power_moved(const struct power_log *log, size_t event, size_t *len)
{
	fill(log, &(struct power_cut){ .at = event });
	const struct file *f = file_of(log->event[event].file);
	*len = f->len;
	return f->bytes;
}
