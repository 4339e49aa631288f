/* SPDX-License-Identifier: Apache-2.0 */
/* A backup, from one world into another. What must hold: it is taken over whole or not at all; what it
 * opens with is the recovery key; nothing that was used before it is good again, nor an app's code that may
 * have been used since. */
#include "backup.h"
#include "check.h"
#include "codec.h"
#include "factor.h"
#include "restore.h"
#include "rig.h"
#include "store/store.h"
#include "term.h"
#include "world.h"
#include "wrap.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint8_t recovery[KEY_BYTES] = "the key that is kept in a safe.";
static const uint8_t machine_key[KEY_BYTES] = "the key of another machine.....";

struct exporting {
	char file[160];
	int r;
};

struct writing {
	int fd;
	struct backup b;
	const struct seal *seal;
};

static int write_rows(struct txn *t, void *arg)
{
	struct writing *g = arg;

	return backup_write(g->fd, &g->b, g->seal, t);
}

static void export(struct conv *c, void *arg)
{
	struct exporting *x = arg;
	struct writing g = { .seal = c->seal };
	uint8_t wrapped[WRAP_BYTES];
	struct now now;

	c->now(&now);
	seal_wrap(c->seal, "recovery", recovery, wrapped);
	g.fd = open(x->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if ((x->r = backup_begin(g.fd, wrapped, now.unix_s, &g.b)) == 0)
		x->r = store_read(c->store, write_rows, &g);
	close(g.fd);
}

/* A backup of w in the file of that name. */
static const char *backup_of(struct world *w, const char *name)
{
	static struct exporting x;

	snprintf(x.file, sizeof x.file, "%s/%s", w->folder, name);
	in_conversation(w, export, &x, sizeof x);
	CHECK_INT(x.r, 0);
	return x.file;
}

static int open_by(
	const char *file, const uint8_t key[KEY_BYTES], struct backup *b, struct seal **s)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	int r = backup_open(fd, b);
	if (r == 0)
		r = seal_unwrap(b->wrapped, "recovery", key, s);
	if (r < 0)
		close(fd);
	return r < 0 ? r : fd;
}

static void now_of(struct now *out)
{
	out->unix_s = 0; /* nobody asks */
}

/* Takes the backup over into an empty store in folder. Its result. */
static int take_over(const char *file, const char *folder, uint64_t unix_s, size_t *unreadable)
{
	struct seal *seal;
	struct backup b;
	struct conv c = { .hello = command_hello(""), .now = now_of };
	struct restoring v = { .backup = &b, .c = &c, .key = machine_key, .now.unix_s = unix_s };
	int r = v.fd = open_by(file, recovery, &b, &seal);

	if (r < 0)
		return r;
	c.seal = seal;
	CHECK_INT(store_create(folder), 0);
	CHECK_INT(store_open(folder, &c.store), 0);
	r = store_update(c.store, NEED_SPACE, restore_all, &v);
	*unreadable = v.unreadable;
	store_close(c.store);
	close(v.fd);
	return r;
}

/* The world that the backup becomes; result says whether it did. */
static struct world restored(const struct world *from, const char *file, int result)
{
	struct world w = *from;
	char folder[200];
	size_t unreadable;
	int status;

	snprintf(w.folder, sizeof w.folder, "%.100s/other", from->folder);
	CHECK(mkdir(w.folder, 0700) == 0);
	snprintf(folder, sizeof folder, "%s/directory", w.folder);
	CHECK_INT(mkdir(folder, 0755), 0);
	snprintf(folder, sizeof folder, "%s/store", w.folder);
	CHECK_INT(mkdir(folder, 0700), 0);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_INT(take_over(file, folder, from->now.unix_s, &unreadable), result);
		fflush(stdout);
		_exit(0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
	return w;
}

static struct stat size_of(const char *file)
{
	struct stat st;

	CHECK_INT(stat(file, &st), 0);
	return st;
}

/* The file's bytes, to be changed. */
static uint8_t *bytes_of(const char *file, size_t *n)
{
	*n = (size_t)size_of(file).st_size;
	uint8_t *p = malloc(*n + 1);
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	CHECK(p && read(fd, p, *n) == (ssize_t)*n);
	close(fd);
	return p;
}

static int ignore(const struct backup_row *row, void *arg)
{
	(void)row;
	*(size_t *)arg += 1;
	return 0;
}

/* The result of reading n bytes as a backup. */
static int read_as_backup(const uint8_t *p, size_t n, const uint8_t key[KEY_BYTES])
{
	static int fd = -1;
	struct seal *seal;
	struct backup b;
	size_t rows = 0;

	if (fd < 0)
		fd = memfd_create("backup", MFD_CLOEXEC);
	CHECK_INT(ftruncate(fd, 0), 0);
	CHECK_INT(pwrite(fd, p, n, 0), n);
	int r = backup_open(fd, &b);
	if (r == 0 && (r = seal_unwrap(b.wrapped, "recovery", key, &seal)) == 0) {
		r = backup_read(fd, &b, seal, ignore, &rows);
		seal_free(seal);
	}
	return r;
}

TEST(backup_signs_people_in_on_another_machine)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	clock_add(&w, 60);
	CHECK_INT(
		SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, shown_code(ada_seen, 3), "")->outcome.result,
		GRANTED);
	clock_add(&w, 60);
	const char *file = backup_of(&w, "backup");
	char code[8];
	snprintf(code, sizeof code, "%s", app_code(&w, ada_secret, 0));
	CHECK_INT(SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, code)->outcome.result, GRANTED);

	struct world there = restored(&w, file, 0);
	CHECK_INT(SIGN_IN(&there, "sshd", ADA, ADA_PASSWORD, code)->outcome.result, REFUSED);
	CHECK_INT(SIGN_IN(&there, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 1))
			  ->outcome.result,
		REFUSED); /* its neighbour, which is good at the same time */
	CHECK_INT(SIGN_IN(&there, "sshd", ADA, ADA_PASSWORD, shown_code(ada_seen, 3), "")
			  ->outcome.result,
		REFUSED); /* used before the backup */
	clock_add(&there, 60);
	CHECK_INT(SIGN_IN(&there, "sshd", ADA, ADA_PASSWORD, app_code(&there, ada_secret, 0))
			  ->outcome.result,
		GRANTED);
	clock_add(&there, 60);
	CHECK_INT(SIGN_IN(&there, "sshd", ADA, ADA_PASSWORD, shown_code(ada_seen, 4), "")
			  ->outcome.result,
		GRANTED);
	struct dir_user u;
	CHECK_INT(published_user(&there, "private.cdb", DIR_NAME, ADA, &u), 0);
}

TEST(backup_of_which_any_byte_is_another_is_refused)
{
	struct world w = world_at("2026-05-04 09:00:00");
	size_t n;

	add_ada(&w);
	uint8_t *p = bytes_of(backup_of(&w, "backup"), &n);
	CHECK_INT(read_as_backup(p, n, recovery), 0);
	for (size_t i = 0; i < n; i++) {
		p[i] ^= (uint8_t)(1U << i % 8);
		int r = read_as_backup(p, n, recovery);
		if (r != -EUCLEAN && (r != -ENOTSUP || i < 8 || i >= 16))
			check_fail(__FILE__, __LINE__, "byte %zu: %d", i, r);
		p[i] ^= (uint8_t)(1U << i % 8);
	}
	CHECK_INT(read_as_backup(p, n, recovery), 0);
	free(p);
}

TEST(backup_that_is_cut_short_anywhere_is_refused)
{
	struct world w = world_at("2026-05-04 09:00:00");
	size_t n;

	add_ada(&w);
	uint8_t *p = bytes_of(backup_of(&w, "backup"), &n);
	for (size_t i = 0; i < n; i++)
		if (read_as_backup(p, i, recovery) != -EUCLEAN)
			check_fail(__FILE__, __LINE__, "cut to %zu", i);
	p[n] = 0;
	CHECK_INT(read_as_backup(p, n + 1, recovery), -EUCLEAN); /* nor is more */
	free(p);
}

TEST(backup_opens_with_the_recovery_key_alone)
{
	struct world w = world_at("2026-05-04 09:00:00");
	uint8_t wrong[KEY_BYTES];
	size_t n;

	add_ada(&w);
	uint8_t *p = bytes_of(backup_of(&w, "backup"), &n);
	CHECK_INT(read_as_backup(p, n, w.key), -EKEYREJECTED);
	memcpy(wrong, recovery, sizeof wrong);
	wrong[31] ^= 1;
	CHECK_INT(read_as_backup(p, n, wrong), -EKEYREJECTED);
	free(p);
}

TEST(backup_shows_nothing_of_anybody)
{
	static const char *const texts[] = { "ada", "example.org", "stj", "St John", "HC0000" };
	struct world w = world_at("2026-05-04 09:00:00");
	size_t n;

	enrol_ada(&w);
	const char *file = backup_of(&w, "backup");
	uint8_t *p = bytes_of(file, &n);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		CHECK(memmem(p, n, texts[i], strlen(texts[i])) == NULL);
	CHECK(memmem(p, n, w.key, sizeof w.key) == NULL);
	CHECK_INT(size_of(file).st_mode & 07777, 0600);
	free(p);
}

/* --- the head --- */

/* With the checksum that belongs to it, which is nobody's secret. */
static int with_head(uint8_t *p, size_t n, size_t at, uint8_t byte)
{
	uint8_t before = p[at], sum[16];

	memcpy(sum, p + 128, sizeof sum);
	p[at] = byte;
	crypto_generichash(p + 128, 16, p, 128, NULL, 0);
	int r = read_as_backup(p, n, recovery);
	p[at] = before;
	memcpy(p + 128, sum, sizeof sum);
	return r;
}

TEST(backup_of_a_newer_hcauth_is_told_from_a_damaged_one)
{
	struct world w = world_at("2026-05-04 09:00:00");
	size_t n;

	add_ada(&w);
	uint8_t *p = bytes_of(backup_of(&w, "backup"), &n);
	CHECK_INT(with_head(p, n, 11, p[11]), 0);
	CHECK_INT(with_head(p, n, 11, 2), -ENOTSUP); /* the format */
	CHECK_INT(with_head(p, n, 15, STORE_SCHEMA + 1), -ENOTSUP);
	CHECK_INT(with_head(p, n, 11, 0), -EUCLEAN);
	CHECK_INT(with_head(p, n, 23, (uint8_t)(p[23] ^ 1)), -EUCLEAN); /* the time: not believed */
	CHECK_INT(with_head(p, n, 30, (uint8_t)(p[30] ^ 1)), -EUCLEAN); /* the number */
	CHECK_INT(with_head(p, n, 120, 'x'), -EUCLEAN); /* the program */
	CHECK_INT(with_head(p, n, 60, (uint8_t)(p[60] ^ 1)), -EKEYREJECTED); /* the wrapping */
	free(p);
}

/* --- blocks --- */

enum { HEAD = 144 };

static int fill(struct txn *t, void *arg)
{
	static uint8_t big[60000];
	char key[16];

	for (int i = 0; i < 8; i++) {
		snprintf(key, sizeof key, "big%d", i);
		int r = txn_put(t, TABLE_META, key, strlen(key), big, sizeof big);
		if (r < 0)
			return r;
	}
	*(int *)arg = 1;
	return 0;
}

/* The places of the blocks, and their number. */
static size_t blocks_of(const uint8_t *p, size_t n, size_t at[16])
{
	size_t k = 0;

	for (size_t i = HEAD; i < n; i += 5 + (size_t)number_get(p + i, 4)) {
		CHECK(k < 15);
		at[k++] = i;
	}
	at[k] = n;
	return k;
}

TEST(backup_whose_blocks_are_moved_left_out_or_anothers_is_refused)
{
	struct world w = world_at("2026-05-04 09:00:00");
	size_t n, m, at[16], other_at[16];
	int done = 0;

	CHECK_INT(in_store(&w, fill, &done, sizeof done), 0);
	uint8_t *p = bytes_of(backup_of(&w, "one"), &n);
	uint8_t *q = bytes_of(backup_of(&w, "two"), &m), *x = malloc(n + m);
	size_t k = blocks_of(p, n, at);
	CHECK(k >= 4);
	CHECK_INT(blocks_of(q, m, other_at), k);
	CHECK_INT(read_as_backup(p, n, recovery), 0);
	CHECK_INT(n, m);

	for (size_t b = 0; b < k; b++) { /* without it; with the other's */
		size_t len = at[b + 1] - at[b];

		memcpy(x, p, at[b]);
		memcpy(x + at[b], p + at[b + 1], n - at[b + 1]);
		CHECK_INT(read_as_backup(x, n - len, recovery), -EUCLEAN);
		memcpy(x, p, n);
		memcpy(x + at[b], q + at[b], len);
		CHECK_INT(read_as_backup(x, n, recovery), -EUCLEAN);
	}
	size_t len = at[1] - at[0]; /* the first two are of one length */
	CHECK_INT(at[2] - at[1], len);
	memcpy(x, p, n);
	memcpy(x + at[0], p + at[1], len);
	memcpy(x + at[1], p + at[0], len);
	CHECK_INT(read_as_backup(x, n, recovery), -EUCLEAN);
	memcpy(x, p, n);
	x[at[1] + 4] = 1; /* said to be the last */
	CHECK_INT(read_as_backup(x, at[2], recovery), -EUCLEAN);
	number_put(x + at[0], UINT32_MAX, 4); /* a length beyond all bounds */
	CHECK_INT(read_as_backup(x, n, recovery), -EUCLEAN);
	free(p);
	free(q);
	free(x);
}

static void export_to_full(struct conv *c, void *arg)
{
	struct writing g = { .fd = open("/dev/full", O_WRONLY | O_CLOEXEC), .seal = c->seal };
	uint8_t wrapped[WRAP_BYTES] = { 0 };

	*(int *)arg = backup_begin(g.fd, wrapped, 1, &g.b);
	CHECK_INT(store_read(c->store, write_rows, &g), -ENOSPC);
}

TEST(backup_on_a_full_disk_fails)
{
	struct world w = world_at("2026-05-04 09:00:00");
	int r = 0;

	in_conversation(&w, export_to_full, &r, sizeof r);
	CHECK_INT(r, -ENOSPC);
}

/* --- what is taken over --- */

struct count {
	int rows[256];
	uint64_t uid, directory, audit;
	char last[600];
};

static int count_rows(struct txn *t, void *arg)
{
	static const char tables[] = "miapnxclstukoqfhewybzv";
	struct count *n = arg;
	struct audit_row row;
	int r;

	for (const char *table = tables; *table; table++) {
		struct key at = { .len = 0 };
		struct bytes v;

		while ((r = txn_next(t, (enum table) * table, "", 0, &at, &v)) == 0)
			n->rows[(unsigned char)*table]++;
		CHECK_INT(r, -ENOENT);
	}
	CHECK_INT(meta_u64(t, "uid", 0, &n->uid), 0);
	CHECK_INT(meta_u64(t, "directory", 0, &n->directory), 0);
	CHECK_INT(meta_u64(t, "audit", 0, &n->audit), 0);
	CHECK_INT(audit_load(t, n->audit, &row), 0);
	snprintf(n->last, sizeof n->last, "%s: %s by %s", audit_event_name(row.event), row.detail,
		row.by);
	return 0;
}

static struct count rows_of(struct world *w)
{
	static struct count n;

	n = (struct count){ .uid = 0 };
	CHECK_INT(in_store(w, count_rows, &n, sizeof n), 0);
	return n;
}

/* A row in each table that belongs to one machine and one hour. */
static int put_passing(struct txn *t, void *arg)
{
	static const char tables[] = "stkofhewv";
	int r = 0;

	(void)arg;
	for (const char *table = tables; r == 0 && *table; table++)
		r = txn_put(t, (enum table) * table, "some key", 8, "x", 1);
	return r;
}

TEST(backup_holds_what_is_kept_and_not_what_passes)
{
	struct world w = world_at("2026-05-04 09:00:00");
	int none = 0;

	enrol_ada(&w);
	CHECK_INT(SIGN_IN(&w, "sshd", ADA, "a wrong one", "000000")->outcome.result, REFUSED);
	unsigned failures = ada_failures(&w, FACTOR_PASSWORD, SOURCE_NETWORK);
	CHECK_INT(failures, 1);
	CHECK_INT(in_store(&w, put_passing, &none, sizeof none), 0);
	struct count before = rows_of(&w);
	struct world there = restored(&w, backup_of(&w, "backup"), 0);
	struct count after = rows_of(&there);

	for (const char *table = "iapnxclqybz"; *table; table++)
		CHECK_INT(after.rows[(unsigned char)*table], before.rows[(unsigned char)*table]);
	for (const char *table = "stkofhewv"; *table; table++)
		CHECK_INT(after.rows[(unsigned char)*table], 0);
	CHECK_INT(after.rows['u'], before.rows['u'] + 1);
	CHECK_HAS(after.last, "restored: backup of 2026-05-04 ");
	CHECK_HAS(after.last, "by root");
	CHECK_INT(ada_failures(&there, FACTOR_PASSWORD, SOURCE_NETWORK), failures);
	CHECK_INT(after.uid, before.uid + RESTORE_UID_GAP);
	CHECK(after.directory > before.directory);
	CHECK_HAS(COMMAND(&there, "audit", "verify")->seen, "are as they were written");
}

static int damage(struct txn *t, void *arg)
{
	(void)arg;
	return txn_put(t, TABLE_PRACTICE, "bad", 3, "\xff", 1);
}

TEST(backup_with_a_record_that_was_damaged_before_is_taken_over)
{
	struct world w = world_at("2026-05-04 09:00:00");
	int none = 0;

	add_ada(&w);
	CHECK_INT(in_store(&w, damage, &none, sizeof none), 0);
	struct world there = restored(&w, backup_of(&w, "backup"), 0);
	CHECK_INT(rows_of(&there).rows['i'], 1);
}
