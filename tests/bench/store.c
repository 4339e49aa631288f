/* SPDX-License-Identifier: Apache-2.0 */
/* What the store and one hash cost: bench_store [FOLDER TO MEASURE IN]. Median, and the middle nine tenths. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pwhash.h"
#include "store/store.h"

enum { TIMES_MAX = 2000 };

static char folder[4096];
static struct store *store;
static uint64_t number;

static void must(int r, const char *what)
{
	if (r == 0)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(-r));
	exit(1);
}

static int small_update(struct txn *t, void *arg)
{
	int r = txn_put(t, TABLE_LOCKOUT, "counter", 7, arg, sizeof number);

	return r < 0 ? r : txn_put(t, TABLE_AUDIT, arg, sizeof number, folder, 200);
}

static int small_read(struct txn *t, void *arg)
{
	return txn_get(t, TABLE_LOCKOUT, "counter", 7, arg);
}

static void commit(void)
{
	number++;
	must(store_update(store, NEED_ALWAYS, small_update, &number), "update");
}

static void look(void)
{
	struct bytes v;

	must(store_read(store, small_read, &v), "read");
}

static void open_close(void)
{
	must(store_open(folder, &store), "open");
	store_close(store);
}

static void hash(void)
{
	struct pwhash h = { .ops = 2, .kib = 19 * 1024 };

	must(pwhash_compute(&h, "correct horse", 13, h.hash), "hash");
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const char *what, void (*run)(void), size_t times)
{
	static double took[TIMES_MAX];
	struct timespec a, b;

	for (size_t i = 0; i < times; i++) {
		clock_gettime(CLOCK_MONOTONIC, &a);
		run();
		clock_gettime(CLOCK_MONOTONIC, &b);
		took[i] =
			(double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
	}
	qsort(took, times, sizeof *took, by_size);
	printf("%-30s %9.1f us   (%.1f to %.1f, %zu times)\n", what, took[times / 2],
		took[times / 20], took[times - 1 - times / 20], times);
}

static void drop(const char *name)
{
	char path[sizeof folder + 16];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	unlink(path);
}

int main(int argc, char **argv)
{
	snprintf(folder, sizeof folder - 32, "%s/hcauth-bench-XXXXXX", argc > 1 ? argv[1] : "/tmp");
	if (!mkdtemp(folder))
		must(-errno, folder);
	must(store_create(folder), "create");
	measure("open and close, alone", open_close, TIMES_MAX);
	must(store_open(folder, &store), "open");
	measure("durable commit of two rows", commit, TIMES_MAX);
	measure("read of one row", look, TIMES_MAX);
	store_close(store);
	measure("Argon2id, 19 MiB, 2 passes", hash, 40);
	drop("data.mdb");
	drop("lock.mdb");
	rmdir(folder);
	return 0;
}
