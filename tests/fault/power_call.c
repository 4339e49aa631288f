/* SPDX-License-Identifier: Apache-2.0 */
/* From a system call to what it changes. */
#include "fault/power_call.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "check.h"

static struct event *event_add(struct power_log *log, enum change change)
{
	if ((log->n & (log->n - 1)) == 0) {
		size_t room = log->n ? 2 * log->n : 64;

		log->event = realloc(log->event, room * sizeof *log->event);
		CHECK(log->event != NULL);
	}
	log->event[log->n] = (struct event){ .change = change };
	return &log->event[log->n++];
}

static void peek(const struct call *c, uint64_t from, void *to, size_t len)
{
	struct iovec here = { to, len }, there = { (void *)(uintptr_t)from, len };

	CHECK_INT(process_vm_readv(c->pid, &here, 1, &there, 1, 0), len);
}

/* --- files by descriptor --- */

struct target {
	struct stat st;
	char path[PATH_MAX]; /* below our folder */
};

static bool is_ours(const char *path, char below[PATH_MAX])
{
	char root[PATH_MAX];

	CHECK(getcwd(root, sizeof root) != NULL);
	size_t n = strlen(root);
	if (strncmp(path, root, n) != 0 || (path[n] != '/' && path[n]))
		return false;
	snprintf(below, PATH_MAX, "%s", path[n] ? path + n + 1 : ".");
	return true;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Whether fd is a file or folder of ours that counts. */
static bool target_of(const struct call *c, uint64_t fd, struct target *t)
{
	char link[64], path[PATH_MAX];

	snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)c->pid, (int)fd);
	ssize_t n = readlink(link, path, sizeof path - 1);
	if (n < 0)
		return false;
	path[n] = 0;
	return is_ours(path, t->path) && !power_ignored(base_of(t->path)) &&
		strncmp(t->path, "libexec/", 8) != 0 && stat(link, &t->st) == 0;
}

/* A number of /proc/PID/fdinfo/FD. */
static uint64_t fd_number(const struct call *c, uint64_t fd, const char *what, int base)
{
	char path[64], line[128];
	uint64_t v = 0;

	snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", (int)c->pid, (int)fd);
	FILE *f = fopen(path, "re");
	CHECK(f != NULL);
	while (fgets(line, sizeof line, f))
		if (strncmp(line, what, strlen(what)) == 0)
			v = strtoull(line + strlen(what), NULL, base);
	fclose(f);
	return v;
}

static void note_write(
	struct power_log *log, const struct call *c, const struct target *t, uint64_t offset)
{
	bool many = c->nr == SYS_writev || c->nr == SYS_pwritev || c->nr == SYS_pwritev2;
	struct event *e = event_add(log, WRITE);

	e->file = t->st.st_ino;
	e->offset = offset;
	e->len = (size_t)c->result;
	e->sync = fd_number(c, c->arg[0], "flags:", 8) & O_DSYNC;
	snprintf(e->name, sizeof e->name, "%.63s", base_of(t->path));
	e->bytes = malloc(e->len);
	CHECK(e->bytes != NULL);
	if (!many) {
		peek(c, c->arg[1], e->bytes, e->len);
		return;
	}
	for (size_t i = 0, at = 0; at < e->len && i < c->arg[2]; i++) {
		struct iovec v;

		peek(c, c->arg[1] + i * sizeof v, &v, sizeof v);
		size_t n = v.iov_len < e->len - at ? v.iov_len : e->len - at;
		peek(c, (uint64_t)(uintptr_t)v.iov_base, e->bytes + at, n);
		at += n;
	}
}

static void note_mark(struct power_log *log, const struct call *c)
{
	struct event *e = event_add(log, MARK);

	CHECK((size_t)c->result < sizeof e->text);
	peek(c, c->arg[1], e->text, (size_t)c->result);
}

static bool is_mark(const struct call *c)
{
	char link[64], path[PATH_MAX], below[PATH_MAX];

	snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)c->pid, (int)c->arg[0]);
	ssize_t n = readlink(link, path, sizeof path - 1);
	path[n < 0 ? 0 : n] = 0;
	return is_ours(path, below) && strcmp(below, "marks") == 0;
}

static void end_write(struct power_log *log, const struct call *c)
{
	struct target t;

	if (c->nr == SYS_write && is_mark(c)) {
		note_mark(log, c);
		return;
	}
	if (!target_of(c, c->arg[0], &t))
		return;
	bool placed = c->nr != SYS_write && c->nr != SYS_writev;
	uint64_t at = placed ? c->arg[3] : fd_number(c, c->arg[0], "pos:", 10);
	note_write(log, c, &t, placed ? at : at - (uint64_t)c->result);
}

static void note_length(struct power_log *log, const struct call *c, uint64_t length)
{
	struct target t;

	if (!target_of(c, c->arg[0], &t))
		return;
	struct event *e = event_add(log, CUT);
	e->file = t.st.st_ino;
	e->offset = length;
}

static void note_mode(struct power_log *log, const struct stat *st)
{
	struct event *e = event_add(log, MODE);

	e->file = st->st_ino;
	e->mode = st->st_mode;
	e->uid = st->st_uid;
	e->gid = st->st_gid;
}

static void note_sync(struct power_log *log, const struct call *c)
{
	struct target t;

	if (!target_of(c, c->arg[0], &t))
		return;
	struct event *e = event_add(log, SYNC);
	e->file = t.st.st_ino;
	e->whole = c->nr == SYS_fsync;
	e->since = c->since;
	snprintf(e->name, sizeof e->name, "%.63s", base_of(t.path));
}

/* --- files by name --- */

struct place {
	ino_t folder;
	char name[64];
	char path[PATH_MAX]; /* as this process may use it */
};

/* Where a name of the process's is. False: not in our folder, or of no account. */
static bool place_of(const struct call *c, int at, uint64_t text, struct place *p)
{
	char name[PATH_MAX] = "", base[64], folder[PATH_MAX], real[PATH_MAX], below[PATH_MAX];
	struct stat st;

	for (size_t i = 0; i < sizeof name - 1; i++) {
		peek(c, text + i, name + i, 1);
		if (!name[i])
			break;
	}
	if (at == AT_FDCWD)
		snprintf(base, sizeof base, "/proc/%d/cwd", (int)c->pid);
	else
		snprintf(base, sizeof base, "/proc/%d/fd/%d", (int)c->pid, at);
	int n = snprintf(p->path, sizeof p->path, "%s%s%s", *name == '/' ? "" : base,
		*name == '/' ? "" : "/", name);
	CHECK(n > 0 && (size_t)n < sizeof p->path);
	char *slash = strrchr(p->path, '/');
	snprintf(folder, sizeof folder, "%.*s", (int)(slash - p->path), p->path);
	snprintf(p->name, sizeof p->name, "%.63s", slash + 1);
	if (!realpath(folder, real) || !is_ours(real, below) || power_ignored(p->name) ||
		strcmp(below, "libexec") == 0 || stat(real, &st) < 0)
		return false;
	p->folder = st.st_ino;
	return true;
}

static void note_name(struct power_log *log, const struct place *p)
{
	struct stat st;
	struct event *e;

	CHECK_INT(lstat(p->path, &st), 0);
	CHECK(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
	e = event_add(log, NAME);
	e->file = st.st_ino;
	e->folder = p->folder;
	e->mode = st.st_mode;
	e->uid = st.st_uid;
	e->gid = st.st_gid;
	snprintf(e->name, sizeof e->name, "%s", p->name);
}

/* Where the names of a call stand among its arguments. -1: there is none. */
struct naming {
	long nr;
	int at, name, at_to, to; /* AT_FDCWD as NONE */
	enum change change;
};

enum { NONE = -1 };

static const struct naming namings[] = {
#ifdef SYS_open
	{ SYS_open, NONE, 0, NONE, NONE, NAME },
	{ SYS_creat, NONE, 0, NONE, NONE, NAME },
	{ SYS_mkdir, NONE, 0, NONE, NONE, NAME },
	{ SYS_rename, NONE, 0, NONE, 1, MOVE },
	{ SYS_link, NONE, 0, NONE, 1, NAME },
	{ SYS_unlink, NONE, 0, NONE, NONE, DROP },
	{ SYS_rmdir, NONE, 0, NONE, NONE, DROP },
	{ SYS_chmod, NONE, 0, NONE, NONE, MODE },
	{ SYS_chown, NONE, 0, NONE, NONE, MODE },
	{ SYS_lchown, NONE, 0, NONE, NONE, MODE },
#endif
#ifdef SYS_renameat
	{ SYS_renameat, 0, 1, 2, 3, MOVE },
#endif
	{ SYS_openat, 0, 1, NONE, NONE, NAME },
	{ SYS_mkdirat, 0, 1, NONE, NONE, NAME },
	{ SYS_renameat2, 0, 1, 2, 3, MOVE },
	{ SYS_linkat, 0, 1, 2, 3, NAME },
	{ SYS_unlinkat, 0, 1, NONE, NONE, DROP },
	{ SYS_fchmodat, 0, 1, NONE, NONE, MODE },
	{ SYS_fchownat, 0, 1, NONE, NONE, MODE },
};

static const struct naming *naming_of(long nr)
{
	for (size_t i = 0; i < sizeof namings / sizeof *namings; i++)
		if (namings[i].nr == nr)
			return &namings[i];
	return NULL;
}

static bool named(const struct call *c, int at, int name, struct place *p)
{
	return place_of(c, at == NONE ? AT_FDCWD : (int)c->arg[at], c->arg[name], p);
}

/* The name that a call makes, takes away or changes. */
static bool subject(const struct call *c, const struct naming *n, struct place *p)
{
	return n->to == NONE ? named(c, n->at, n->name, p) : named(c, n->at_to, n->to, p);
}

static bool opens(const struct call *c, uint64_t *flags)
{
	if (c->nr == SYS_openat)
		*flags = c->arg[2];
#ifdef SYS_open
	else if (c->nr == SYS_open)
		*flags = c->arg[1];
	else if (c->nr == SYS_creat)
		*flags = O_CREAT | O_WRONLY | O_TRUNC;
#endif
	else
		return false;
	return true;
}

static void end_open(struct power_log *log, const struct call *c, uint64_t flags)
{
	const struct naming *n = naming_of(c->nr);
	struct target t;
	struct place p;

	CHECK((flags & O_TMPFILE) != O_TMPFILE || !target_of(c, (uint64_t)c->result, &t));
	if (flags & O_CREAT && !c->there && subject(c, n, &p))
		note_name(log, &p);
	if (flags & O_TRUNC && c->there && target_of(c, (uint64_t)c->result, &t)) {
		struct event *e = event_add(log, CUT);

		e->file = t.st.st_ino;
	}
}

static void end_naming(struct power_log *log, const struct call *c, const struct naming *n)
{
	struct place p, old;
	struct event *e;
	struct stat st;

	if (!subject(c, n, &p))
		return;
	switch (n->change) {
	case NAME: note_name(log, &p); break;
	case MODE:
		CHECK_INT(lstat(p.path, &st), 0);
		note_mode(log, &st);
		break;
	case MOVE:
		CHECK(named(c, n->at, n->name, &old));
		note_name(log, &p);
		e = &log->event[log->n - 1];
		e->change = MOVE;
		e->from = old.folder;
		snprintf(e->old, sizeof e->old, "%s", old.name);
		break;
	default:
		e = event_add(log, DROP);
		e->folder = p.folder;
		snprintf(e->name, sizeof e->name, "%s", p.name);
	}
}

/* --- calls --- */

/* What would write past us. */
static void refuse(const struct call *c, uint64_t fd)
{
	struct target t;

	if (target_of(c, fd, &t))
		check_fail(__FILE__, __LINE__, "call %ld changes %s, and is not recorded", c->nr,
			t.path);
}

static void look_at_mapping(const struct call *c)
{
	struct target t;

	if (!(c->arg[2] & PROT_WRITE) || !(c->arg[3] & MAP_SHARED) || c->arg[3] & MAP_ANONYMOUS ||
		!target_of(c, c->arg[4], &t) || strcmp(base_of(t.path), "lock.mdb") == 0)
		return;
	check_fail(__FILE__, __LINE__, "%s is mapped to be written", t.path);
}

void call_begin(struct power_log *log, struct call *c)
{
	const struct naming *n = naming_of(c->nr);
	struct place p;
	struct stat st;
	uint64_t flags;

	(void)log;
	switch (c->nr) {
	case SYS_mmap: look_at_mapping(c); break;
	case SYS_sendfile: refuse(c, c->arg[0]); break;
	case SYS_copy_file_range:
	case SYS_splice: refuse(c, c->arg[2]); break;
	case SYS_truncate:
	case SYS_openat2:
	case SYS_io_uring_setup:
	case SYS_symlinkat: check_fail(__FILE__, __LINE__, "call %ld is not recorded", c->nr);
	}
	if (n && opens(c, &flags) && flags & (O_CREAT | O_TRUNC) && subject(c, n, &p))
		c->there = lstat(p.path, &st) == 0;
}

void call_end(struct power_log *log, const struct call *c)
{
	const struct naming *n = naming_of(c->nr);
	struct target t;
	uint64_t flags;

	if (c->result < 0)
		return;
	if (n && opens(c, &flags)) {
		end_open(log, c, flags);
		return;
	}
	if (n) {
		end_naming(log, c, n);
		return;
	}
	switch (c->nr) {
	case SYS_write:
	case SYS_writev:
	case SYS_pwrite64:
	case SYS_pwritev:
	case SYS_pwritev2: end_write(log, c); break;
	case SYS_ftruncate: note_length(log, c, c->arg[1]); break;
	case SYS_fallocate:
		if (target_of(c, c->arg[0], &t))
			note_length(log, c, (uint64_t)t.st.st_size);
		break;
	case SYS_fchmod:
	case SYS_fchown:
		if (target_of(c, c->arg[0], &t))
			note_mode(log, &t.st);
		break;
	case SYS_fsync:
	case SYS_fdatasync: note_sync(log, c); break;
	}
}
