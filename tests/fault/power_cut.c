/* SPDX-License-Identifier: Apache-2.0 */
/* The power is cut anywhere in real work, $HC_IMAGES times (100). What must hold, whatever the disk then has: the
 * store opens, and is what it was at a commit no older than what was acknowledged and no newer than what was begun;
 * so counts, enrolments and who was switched off stay. The audit's chain holds. The directory's files are
 * whole, old or new. A code that let somebody in lets nobody in again. Who is right gets in. A command of root's
 * that was cut short can be run again. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit.h"
#include "check.h"
#include "fault/power_disk.h"
#include "fault/power_run.h"
#include "guard.h"
#include "init.h"
#include "store/store.h"
#include "unit/init_machine.h"
#include "world.h"

enum { SECONDS = 1500, IMAGES = 100, PARTS = 2, LOCKS = 4 };

static struct power_log record;

/* --- a store as a number --- */

struct rows {
	bool known;
	int r; /* 0, or why it does not open */
	uint8_t hash[32]; /* of all its rows */
};

static int hash_rows(struct txn *t, void *arg)
{
	static const char tables[] = "miapnxclstukoqfhewybzv";
	crypto_generichash_state h;
	struct rows *s = arg;
	struct bytes row;
	int r = 0;

	crypto_generichash_init(&h, NULL, 0, sizeof s->hash);
	for (const char *table = tables; *table; table++) {
		struct key at = { .len = 0 };

		while ((r = txn_next(t, (enum table) * table, "", 0, &at, &row)) == 0) {
			const uint64_t lengths[] = { (uint64_t)*table, at.len, row.len };

			crypto_generichash_update(&h, (const uint8_t *)lengths, sizeof lengths);
			crypto_generichash_update(&h, at.bytes, at.len);
			crypto_generichash_update(&h, row.p, row.len);
		}
		if (r != -ENOENT)
			return r;
	}
	crypto_generichash_final(&h, s->hash, sizeof s->hash);
	return 0;
}

struct verifying {
	const struct seal *seal;
	uint64_t broken;
};

static int verify(struct txn *t, void *arg)
{
	struct verifying *v = arg;

	return audit_verify(t, v->seal, &v->broken);
}

/* The store in the current folder, opened as hcauth-talk does. */
static void open_state(struct rows *out)
{
	struct verifying v = { .broken = 0 };
	struct seal *seal;
	struct store *s;
	int r;

	CHECK_INT(setresgid(DAEMON, DAEMON, DAEMON), 0);
	CHECK_INT(setresuid(DAEMON, DAEMON, DAEMON), 0);
	if ((r = store_open("lib/store", &s)) == 0 && (r = guard_check("lib/guard", s)) == 0 &&
		(r = init_open(s, NULL, "etc/machine.key", &seal)) == 0) {
		v.seal = seal;
		if ((r = store_read(s, hash_rows, out)) == 0)
			r = store_read(s, verify, &v);
		if (r == 0 && v.broken)
			check_fail(__FILE__, __LINE__, "the audit is broken at %llu",
				(unsigned long long)v.broken);
		store_close(s);
	}
	out->r = r;
	out->known = true;
}

/* In a process of its own. False: it did not come to its end. */
static bool apart(void (*fn)(void *), void *arg, size_t size)
{
	void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = -1;

	CHECK(shared != MAP_FAILED);
	memcpy(shared, arg, size);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		fn(shared);
		fflush(stdout);
		_exit(0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	memcpy(arg, shared, size);
	munmap(shared, size);
	if (status != 0)
		printf("# it ended with %x\n", (unsigned)status);
	return status == 0;
}

static void open_apart(void *arg)
{
	open_state(arg);
}

/* --- images --- */

static int drop(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	return remove(path);
}

static void image_begin(const struct power_cut *cut, const char *folder)
{
	CHECK_INT(mkdir(folder, 0755), 0);
	power_image(&record, cut, folder);
	CHECK_INT(chdir(folder), 0);
	if (symlink("../libexec", "libexec") < 0 || symlink("../passwd", "passwd") < 0)
		CHECK_INT(errno, 0);
}

static void image_end(const char *folder)
{
	CHECK_INT(chdir(".."), 0);
	CHECK_INT(nftw(folder, drop, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* What is in the lock file then is anything: it is mapped, and nobody waits for it. */
static void spoil_lock(unsigned how)
{
	uint8_t seed[randombytes_SEEDBYTES] = { (uint8_t)how };
	static uint8_t rubbish[1 << 16];
	struct stat st;

	if (how % LOCKS == 0 || lstat("lib/store/lock.mdb", &st) < 0)
		return;
	if (how % LOCKS == 1) {
		CHECK_INT(truncate("lib/store/lock.mdb", 0), 0);
		return;
	}
	if (how % LOCKS == 2) {
		CHECK_INT(unlink("lib/store/lock.mdb"), 0);
		return;
	}
	int fd = open("lib/store/lock.mdb", O_WRONLY | O_CLOEXEC);
	randombytes_buf_deterministic(rubbish, sizeof rubbish, seed);
	CHECK(fd >= 0 && write(fd, rubbish, sizeof rubbish) == (ssize_t)sizeof rubbish);
	close(fd);
}

/* The state after so many events, all of them on the disk. */
static const struct rows *state_at(size_t at)
{
	static struct rows *known;

	if (!known)
		known = calloc(record.n + 1, sizeof *known);
	CHECK(known != NULL);
	if (!known[at].known) {
		image_begin(&(struct power_cut){ .at = at }, "whole");
		CHECK(apart(open_apart, &known[at], sizeof known[at]));
		image_end("whole");
	}
	return &known[at];
}

static bool is_commit(const struct event *e)
{
	return (e->change == WRITE && e->sync && strcmp(e->name, "data.mdb") == 0) ||
		e->change == MOVE;
}

static bool same(const struct rows *a, const struct rows *b)
{
	return a->r == b->r && (a->r != 0 || memcmp(a->hash, b->hash, sizeof a->hash) == 0);
}

/* Whether it is what was acknowledged last, or a commit since. */
static bool is_between(const struct rows *s, size_t at)
{
	size_t from = at;

	while (from > 0 && record.event[from - 1].change != MARK)
		from--;
	if (same(s, state_at(from)))
		return true;
	for (size_t i = from; i <= at && i < record.n; i++)
		if (is_commit(&record.event[i]) && same(s, state_at(i + 1)))
			return true;
	return false;
}

/* --- what must hold --- */

struct looking {
	struct told told;
	unsigned which;
};

/* All that was ever published, as numbers. */
static struct published {
	uint8_t hash[32];
} published[256];
static size_t npublished;

static void hash_file(const void *bytes, size_t len, struct published *out)
{
	crypto_generichash(out->hash, sizeof out->hash, bytes, len, NULL, 0);
}

static void find_published(void)
{
	for (size_t i = 0; i < record.n; i++) {
		const struct event *e = &record.event[i];
		size_t len;

		if (e->change != MOVE || !strstr(e->name, ".cdb"))
			continue;
		CHECK(npublished < sizeof published / sizeof *published);
		const uint8_t *bytes = power_moved(&record, i, &len);
		hash_file(bytes, len, &published[npublished++]);
	}
	CHECK(npublished > 4);
}

/* Not there yet: who comes next publishes. */
static void check_file(const char *path)
{
	static uint8_t bytes[1 << 20];
	struct published p;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	ssize_t n = read(fd, bytes, sizeof bytes);
	close(fd);
	CHECK(n >= 0 && (size_t)n < sizeof bytes);
	hash_file(bytes, (size_t)n, &p);
	for (size_t i = 0; i < npublished; i++)
		if (memcmp(&p, &published[i], sizeof p) == 0)
			return;
	check_fail(__FILE__, __LINE__, "%s is torn", path);
}

static struct world after(uint64_t time)
{
	struct world w = power_world(time);

	memset(w.now.boot, 8,
		sizeof w.now.boot); /* the machine has started anew, and waits are over */
	w.now.boot_ms = 3600000;
	return w;
}

static void check_spent(const struct spent *s)
{
	if (!*s->code)
		return;
	struct world w = after(s->time + 1);
	struct talk *t = SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, s->code, "", "");
	if (t->outcome.result == GRANTED)
		check_fail(__FILE__, __LINE__, "the code %s let her in again", s->code);
}

static void look_around(void *arg)
{
	const struct looking *l = arg;
	struct dir_user u;

	if (*l->told.running == 0) { /* else it was made anew */
		check_file("lib/directory/public.cdb");
		check_file("lib/directory/private.cdb");
	}
	if (!l->told.enrolled)
		return;
	check_spent(&l->told.spent[l->which % 2]);
	struct world w = after(l->told.time + 7200);
	struct talk *t =
		SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, l->told.secret, 0), "", "");
	if (t->outcome.result != GRANTED)
		check_fail(__FILE__, __LINE__, "she does not get in: %s", t->seen);
	CHECK_INT(published_user(&w, "public.cdb", DIR_USER, "adae", &u), 0);
	if (l->told.gone) {
		t = COMMAND(&w, "identity", "show", BOB);
		CHECK_HAS(t->seen, "disabled");
	}
}

/* What was cut short: it opens, or the command does its work now. */
static bool run_again(const struct told *t)
{
	static const char *const words[][4] = { { "init" }, { "rekey" }, { "recover" },
		{ "restore", "../backup", "--force" } };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(t->running, words[i][0]) == 0)
			return power_hcauth(t->recovery, words[i]);
	return false;
}

static bool may_not_open(const struct told *t)
{
	return !t->made || (*t->running && strcmp(t->running, "rekey") != 0);
}

static bool is_right(struct rows *s, const struct power_cut *cut, const struct told *t)
{
	if (s->r == 0 && t->made && !is_between(s, cut->at)) {
		printf("# it is not what was acknowledged\n");
		return false;
	}
	if (s->r != 0 && !may_not_open(t)) {
		printf("# it does not open: %s\n", strerror(-s->r));
		return false;
	}
	return true;
}

static bool look_at(const struct power_cut *cut, unsigned which)
{
	struct looking l = { .told = power_told(&record, cut->at), .which = which };
	struct rows s = { .r = 0 };

	if (!l.told.made && !*l.told.running)
		return true; /* nothing was begun */
	image_begin(cut, "image");
	spoil_lock(which);
	bool ok = apart(open_apart, &s, sizeof s);
	CHECK_INT(chdir(".."), 0);
	ok = ok && is_right(&s, cut, &l.told);
	CHECK_INT(chdir("image"), 0);
	if (ok && s.r != 0)
		ok = run_again(&l.told) && apart(open_apart, &s, sizeof s) && s.r == 0;
	ok = ok && (!l.told.made || apart(look_around, &l, sizeof l));
	image_end("image");
	return ok;
}

/* --- which images --- */

static uint64_t dice(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

/* Any cut at which something may be lost. */
static struct power_cut any_cut(uint64_t *state)
{
	struct power_cut c = { .at = 0 };

	while (power_pending(&record, c.at) == 0)
		c.at = dice(state) % record.n;
	c.keep = (enum keep)(dice(state) % 4);
	c.which = dice(state);
	return c;
}

/* The nth of the cuts: the log up to each of its events; of each what was synced, and no more; then, of cuts by
 * chance, each subset of few writes, or parts of many. When there are fewer images than events, by chance alone. */
static struct power_cut nth_cut(size_t n, size_t images, uint64_t *state)
{
	static struct power_cut each;
	static uint64_t left;

	if (images >= 3 * record.n && n < 2 * record.n)
		return (struct power_cut){ .at = n % record.n,
			.keep = n < record.n ? KEEP_ALL : KEEP_SYNCED };
	if (images < 3 * record.n || n % 2 == 0)
		return any_cut(state);
	if (left == 0) {
		each = any_cut(state);
		size_t pending = power_pending(&record, each.at);
		each.keep = KEEP_SOME;
		left = pending <= EACH_MAX ? 1ULL << pending : 1;
	}
	each.which = --left;
	return each;
}

static void say_cut(const struct power_cut *c)
{
	static const char *const keeps[] = { "all", "synced", "some", "torn" };
	static const char *const changes[] = { "write", "cut", "mode", "name", "move", "drop",
		"sync", "mark" };
	const struct event *e = &record.event[c->at];

	printf("# cut at %zu of %zu (%s %s %s), %s, %llu\n", c->at, record.n, changes[e->change],
		e->name, e->text, keeps[c->keep], (unsigned long long)c->which);
}

static size_t images(void)
{
	const char *text = getenv("HC_IMAGES");

	return text ? strtoul(text, NULL, 10) : IMAGES;
}

static void record_all(void)
{
	alarm(SECONDS);
	CHECK(sodium_init() >= 0);
	machine();
	power_begin();
	power_record(&record, power_run);
	CHECK(power_is_whole(&record, "."));
	find_published();
}

static void cut_part(size_t part)
{
	uint64_t state = part;
	size_t wrong = 0, looked = 0;

	record_all();
	for (size_t n = part; n < images(); n += PARTS, looked++) {
		const struct power_cut c = nth_cut(n, images(), &state);

		if (look_at(&c, (unsigned)n))
			continue;
		say_cut(&c);
		if (++wrong == 10)
			break;
	}
	printf("# %zu images of a log of %zu events\n", looked, record.n);
	CHECK_INT(wrong, 0);
}

TEST(power_cut_one_half_of_the_images)
{
	cut_part(0);
}

TEST(power_cut_the_other_half)
{
	cut_part(1);
}

/* Nobody has anything on the machine yet: it is made, or made anew. */
TEST(power_cut_of_init_leaves_what_it_goes_on_with)
{
	record_all();
	for (size_t at = 0; at < record.n && !power_told(&record, at).made; at++) {
		const struct power_cut c = { .at = at, .keep = KEEP_SYNCED };

		if (look_at(&c, 0))
			continue;
		say_cut(&c);
		check_fail(__FILE__, __LINE__, "it does not go on");
	}
}

/* How many images it takes to notice that there are no syncs of that name. */
static void check_noticed(const char *name)
{
	enum { TRIES = 1000 };
	struct event *synced = record.event;
	uint64_t state = 7;
	unsigned n = 0;
	bool right = true;

	record.event = calloc(record.n, sizeof *record.event);
	CHECK(record.event != NULL);
	memcpy(record.event, synced, record.n * sizeof *record.event);
	power_unsync(&record, name);
	while (right && n++ < TRIES) {
		const struct power_cut c = any_cut(&state);

		right = look_at(&c, n);
	}
	printf("# without syncs of %s: noticed by image %u\n", name ? name : "anything", n);
	CHECK(!right);
	free(record.event);
	record.event = synced;
	power_unsync(&record, "");
}

TEST(power_cut_is_noticed_without_syncs)
{
	record_all();
	check_noticed(NULL);
	check_noticed("data.mdb");
}

TEST(power_cut_is_noticed_without_each_sync)
{
	static const char *const names[] = { "etc", "lib", "store.new", "private.new", "public.new",
		"machine.key.new", "serial.fresh" };

	record_all();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		check_noticed(names[i]);
}

TEST(power_cut_a_write_that_is_not_recorded_is_noticed)
{
	record_all();
	for (size_t i = record.n; i-- > 0;)
		if (record.event[i].change == WRITE) {
			record.event[i].change = MARK;
			break;
		}
	CHECK(!power_is_whole(&record, "."));
}
