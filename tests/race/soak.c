/* SPDX-License-Identifier: Apache-2.0 */
/* soak SIGN_INS: that many sign-ins with password and code by several clients at once, over years of a clock that is
 * put forward, while people leave, are purged, and others come. What must hold, from the end of the first tenth on:
 * the listener's memory and descriptors stay as they are; no table but the audit grows; the audit costs as many bytes a
 * sign-in at the end as at the beginning; the last sign-ins take no longer than the first; the chain holds. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "paths.h"
#include "race/people.h"
#include "store/store.h"

enum {
	WORKERS = 4,
	EACH_MAX = 32, /* people of one worker, who sign in one after the other */
	WINDOW_MIN = 256, /* sign-ins of which the time is taken, at least, at either end */
	WINDOW_MAX = 20000,
	GROWTH_KIB = 1024,
	HOURS = 3, /* from round to round */
	YEAR_DAYS = 366,
};

static struct somebody people[WORKERS][EACH_MAX];
static unsigned each, generation, lives; /* how often all leave and others come */
static uint64_t done, total;
static pid_t daemon_pid;

/* What the workers write. */
static struct shared {
	uint32_t n[WORKERS];
	float ms[WORKERS][WINDOW_MAX];
} * shared;

/* --- a worker --- */

static void sign_in(struct somebody *p, unsigned worker, bool whole)
{
	struct hello h = client_hello(PURPOSE_AUTH, "sshd", p->email);
	char code[8], ticket[64];
	double begun = client_ms();

	somebody_code(p, step_now(), code);
	h.rhost = "192.0.2.1";
	h.tty = "ssh";
	struct said s = client_talk(&h, NULL, (const char *const[]){ p->password, code, NULL });
	if (s.r < 0 || s.result != GRANTED)
		client_fail("%s: %d, verdict %d: %s", p->email, s.r, s.result, s.text);
	if (shared->n[worker] < WINDOW_MAX)
		shared->ms[worker][shared->n[worker]++] = (float)(client_ms() - begun);
	if (!whole)
		return;
	snprintf(ticket, sizeof ticket, "%s", s.ticket);
	h.ticket = ticket;
	for (enum purpose what = PURPOSE_ACCOUNT; what <= PURPOSE_CLOSE; what++) {
		if (what != PURPOSE_ACCOUNT && what != PURPOSE_OPEN && what != PURPOSE_CLOSE)
			continue;
		h.purpose = what;
		s = client_talk(&h, NULL, NULL);
		if (s.r < 0 || s.result != GRANTED)
			client_fail(
				"%s: purpose %d: %d, verdict %d", p->email, what, s.r, s.result);
	}
}

/* For each number on its pipe, which is how far ahead the clock is, each of its people signs in once. */
#define THE_END UINT64_MAX
static _Noreturn void work(unsigned worker, int go, int ready)
{
	for (unsigned round = 0;
		read(go, &client_ahead, sizeof client_ahead) == sizeof client_ahead; round++) {
		if (client_ahead == THE_END)
			break;
		for (unsigned i = 0; i < each; i++)
			sign_in(&people[worker][i], worker, (round + i) % 50 == 0);
		if (write(ready, "d", 1) != 1)
			break;
	}
	_exit(0);
}

struct worker {
	pid_t pid;
	int go, ready;
};

static void worker_start(struct worker *w, unsigned number)
{
	int go[2], ready[2];

	if (pipe(go) < 0 || pipe(ready) < 0 || (w->pid = fork()) < 0)
		client_fail("a worker: %s", strerror(errno));
	if (w->pid == 0) {
		close(go[1]);
		close(ready[0]);
		work(number, go[0], ready[1]);
	}
	close(go[0]);
	close(ready[1]);
	w->go = go[1];
	w->ready = ready[0];
}

static void worker_end(struct worker *w)
{
	const uint64_t end = THE_END;
	int status;

	if (write(w->go, &end, sizeof end) != sizeof end)
		client_fail("a worker has gone");
	close(w->go);
	close(w->ready);
	if (waitpid(w->pid, &status, 0) != w->pid || status != 0)
		client_fail("a worker has failed");
}

static void one_round(struct worker w[WORKERS])
{
	char byte;

	for (unsigned i = 0; i < WORKERS; i++)
		if (write(w[i].go, &client_ahead, sizeof client_ahead) != sizeof client_ahead)
			client_fail("worker %u has gone", i);
	for (unsigned i = 0; i < WORKERS; i++)
		if (read(w[i].ready, &byte, 1) != 1)
			client_fail("worker %u has gone", i);
	done += (uint64_t)WORKERS * each;
}

/* --- what is measured --- */

struct measured {
	uint64_t sign_ins, records, bytes;
	long rss_kib;
	unsigned fds;
	double used_ms; /* processor, of all conversations that have ended */
	struct tables tables;
};

static unsigned count_fds(void)
{
	char path[64];
	unsigned n = 0;

	snprintf(path, sizeof path, "/proc/%d/fd", (int)daemon_pid);
	DIR *d = opendir(path);
	if (!d)
		client_fail("%s: %s: hcauthd has gone", path, strerror(errno));
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static long number_after(const char *file, const char *word)
{
	char path[64], line[1024];
	long n = -1;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)daemon_pid, file);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, word, strlen(word)) == 0)
			n = strtol(line + strlen(word), NULL, 10);
	if (f)
		fclose(f);
	return n;
}

enum { CUTIME = 16 }; /* field of /proc/PID/stat, proc(5); cstime is behind it */

/* Of its children that were waited for. */
static double used_ms(void)
{
	char path[64], line[1024], *at;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)daemon_pid);
	FILE *f = fopen(path, "re");
	if (!f || !fgets(line, sizeof line, f) || !(at = strrchr(line, ')')))
		client_fail("%s: hcauthd has gone", path);
	fclose(f);
	for (int field = 2; at && field < CUTIME; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		client_fail("%s: not as proc(5) has it", path);
	unsigned long user = strtoul(at, &at, 10), system = strtoul(at, NULL, 10);
	return (double)(user + system) * 1000 / (double)sysconf(_SC_CLK_TCK);
}

static struct measured measure(void)
{
	struct measured m = { .sign_ins = done };
	struct stat st;

	race_quiet();
	if (stat(HC_STORE_DIR "/data.mdb", &st) < 0)
		client_fail("the store: %s", strerror(errno));
	m.bytes = (uint64_t)st.st_size;
	m.rss_kib = number_after("status", "VmRSS:");
	m.fds = count_fds();
	m.used_ms = used_ms();
	look_tables(&m.tables);
	m.records = m.tables.audit;
	return m;
}

/* --- a window of times --- */

struct window {
	double median_ms, used_ms;
};

static int by_size(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static double median(void)
{
	static float all[WORKERS * WINDOW_MAX];
	size_t n = 0;

	for (unsigned i = 0; i < WORKERS; i++)
		for (uint32_t k = 0; k < shared->n[i]; k++)
			all[n++] = shared->ms[i][k];
	qsort(all, n, sizeof *all, by_size);
	return n > 0 ? (double)all[n / 2] : 0;
}

static void rounds(struct worker w[WORKERS], uint64_t until)
{
	while (done < until) {
		clock_ahead(HOURS * 3600);
		one_round(w);
	}
}

static struct window timed_rounds(struct worker w[WORKERS], uint64_t n)
{
	struct window out;
	uint64_t from = done;

	race_quiet();
	double used = used_ms();
	memset(shared->n, 0, sizeof shared->n);
	rounds(w, done + n);
	race_quiet();
	out.used_ms = (used_ms() - used) / (double)(done - from);
	out.median_ms = median();
	return out;
}

/* --- people --- */

static void come(struct worker w[WORKERS])
{
	for (unsigned i = 0; i < WORKERS; i++)
		for (unsigned k = 0; k < each; k++)
			somebody_make(&people[i][k], "soaked",
				generation * WORKERS * EACH_MAX + i * EACH_MAX + k);
	generation++;
	for (unsigned i = 0; i < WORKERS; i++)
		worker_start(&w[i], i);
}

static void go(struct worker w[WORKERS])
{
	for (unsigned i = 0; i < WORKERS; i++)
		worker_end(&w[i]);
	for (unsigned i = 0; i < WORKERS; i++)
		for (unsigned k = 0; k < each; k++)
			(void)client_command(
				(const char *const[]){ "leave", people[i][k].email, NULL });
	clock_ahead((uint64_t)YEAR_DAYS * 86400);
	double begun = client_ms();
	const char *text = client_command((const char *const[]){ "purge", NULL });
	printf("# %llu sign-ins: %.*s %.1f s\n", (unsigned long long)done, (int)strcspn(text, "\n"),
		text, (client_ms() - begun) / 1000);
	fflush(stdout);
	if (truncate("/run/host/hcauthd.log", 0) < 0)
		client_fail("hcauthd's log: %s", strerror(errno));
}

/* --- the whole --- */

static void compare(const struct measured *a, const struct measured *b)
{
	double early = (double)a->bytes / (double)a->records;
	double late = (double)(b->bytes - a->bytes) / (double)(b->records - a->records);

	if (b->rss_kib - a->rss_kib >= GROWTH_KIB)
		client_fail("the listener has grown from %ld to %ld KiB", a->rss_kib, b->rss_kib);
	case_of("dl11_the listener's memory",
		"%ld KiB after %llu sign-ins, %ld after %llu; bar: %d more", a->rss_kib,
		(unsigned long long)a->sign_ins, b->rss_kib, (unsigned long long)b->sign_ins,
		GROWTH_KIB);
	if (b->fds != a->fds)
		client_fail("the listener had %u descriptors, and has %u", a->fds, b->fds);
	case_of("the listener's descriptors", "%u, as many as before", b->fds);
	for (unsigned t = 'a'; t <= 'z'; t++)
		if (b->tables.rows[t] > a->tables.rows[t] + a->tables.rows[t] / 10 + 8 &&
			t != TABLE_ACCOUNT && t != TABLE_NAME)
			client_fail("table '%c' had %u rows, and has %u", t, a->tables.rows[t],
				b->tables.rows[t]);
	case_of("no table grows but the audit, and what is left of leavers' user IDs",
		"%u rows in all others, %u before", b->tables.all, a->tables.all);
	if (late > 1.1 * early + 16)
		client_fail("the file had %.0f bytes a record, and grew by %.0f", early, late);
	case_of("the store's file",
		"%.1f MiB with %llu audit records, %.1f with %llu: %.0f bytes a record, then %.0f",
		(double)a->bytes / 1048576, (unsigned long long)a->records,
		(double)b->bytes / 1048576, (unsigned long long)b->records, early, late);
}

static void soak(void)
{
	uint64_t window = total / 100 < WINDOW_MIN ? WINDOW_MIN : total / 100;
	struct worker w[WORKERS];
	struct measured warm = { .sign_ins = 0 }, end;
	struct window first, last = { .used_ms = 0 };
	double begun = client_ms();

	come(w);
	rounds(w, (uint64_t)WORKERS * each); /* pages of programs, the first of everything */
	first = timed_rounds(w, window);
	for (unsigned i = 1; i <= lives; i++) {
		bool over = i == lives;
		uint64_t until = total * i / lives;

		if (i > 1)
			come(w);
		rounds(w, over ? until - window : until);
		if (over)
			last = timed_rounds(w, window);
		go(w);
		if (i == 1)
			warm = measure();
	}
	end = measure();
	double seconds = (client_ms() - begun) / 1000;
	case_of("sign-ins with password and code",
		"%llu by %d clients at once, %.0f a second, over %.1f years",
		(unsigned long long)done, WORKERS, (double)done / seconds,
		(double)client_ahead / 86400 / 365.25);
	compare(&warm, &end);
	/* both: else it is another program that takes the cores */
	if (last.median_ms > 1.5 * first.median_ms && last.used_ms > 1.5 * first.used_ms)
		client_fail(
			"a sign-in took %.1f ms, of which %.1f of processor, and takes %.1f, %.1f",
			first.median_ms, first.used_ms, last.median_ms, last.used_ms);
	case_of("the last sign-ins",
		"%.1f ms, %.1f of processor with what belongs to it; the first %.1f and %.1f; bar: 1.5 of them",
		last.median_ms, last.used_ms, first.median_ms, first.used_ms);
}

void race_soak(unsigned sign_ins)
{
	FILE *f = fopen("/run/host/hcauthd.pid", "re");

	if (!f || fscanf(f, "%d", &daemon_pid) != 1)
		client_fail("no hcauthd: run this by tests/host");
	fclose(f);
	if (sign_ins < 4 * WINDOW_MIN)
		client_fail("a soak has %d sign-ins at least", 4 * WINDOW_MIN);
	shared = mmap(
		NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		client_fail("memory");
	total = sign_ins;
	each = total < 20000 ? 8 : EACH_MAX;
	lives = total < 20000 ? 2 : 10;
	soak();
	const char *text = client_command((const char *const[]){ "audit", "verify", NULL });
	case_of("the audit's chain", "%.*s", (int)strcspn(text, "\n"), text);
}
