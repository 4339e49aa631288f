/* SPDX-License-Identifier: Apache-2.0 */
#include "yard.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "paths.h"
#include "pwhash.h"
#include "store/store.h"

enum { ROWS = 500, ROW_SIZE = 120 };

/* Those that a sign-in writes to: the first when it reserves, all when it closes. */
static const enum table written[] = { TABLE_LOCKOUT, TABLE_AUDIT, TABLE_TICKET };
enum { TABLES = sizeof written / sizeof *written };

static char folder[] = HC_STATE_DIR "/bench-XXXXXX";

static int fill(struct txn *t, void *arg)
{
	int r = 0;

	for (size_t i = 0; i < TABLES; i++)
		for (uint32_t n = 0; r == 0 && n < ROWS; n++)
			r = txn_put(t, written[i], &n, sizeof n, arg, ROW_SIZE);
	return r;
}

static int write_tables(struct txn *t, void *arg)
{
	const uint32_t key = ROWS / 2;
	char row[ROW_SIZE] = "";
	double now = client_ms();
	int r = 0;

	memcpy(row, &now, sizeof now);
	for (size_t i = 0; r == 0 && i < *(const size_t *)arg; i++)
		r = txn_put(t, written[i], &key, sizeof key, row, sizeof row);
	return r;
}

static void commit(struct store *store, size_t tables)
{
	if (store_update(store, NEED_ALWAYS, write_tables, &tables) < 0)
		client_fail("%s: can't be written to", folder);
}

void yard_open(void)
{
	char row[ROW_SIZE] = "";
	struct store *store;

	if (!mkdtemp(folder) || store_create(folder) < 0 || store_open(folder, &store) < 0 ||
		store_update(store, NEED_ALWAYS, fill, row) < 0)
		client_fail("%s", folder);
	store_close(store);
}

static struct yard measure(void)
{
	struct pwhash h = { .ops = 2, .kib = 19 * 1024 };
	uint8_t out[PWHASH_BYTES];
	struct store *store;

	if (store_open(folder, &store) < 0)
		client_fail("%s: can't be opened", folder);
	double from = client_ms();
	if (pwhash_compute(&h, "seven quiet herons fly", 22, out) < 0)
		client_fail("no memory");
	double hashed = client_ms();
	commit(store, 1);
	commit(store, TABLES);
	return (struct yard){ hashed - from, client_ms() - hashed };
}

struct yard yard_measure(void)
{
	struct yard y;
	int two[2];

	if (pipe(two) < 0)
		client_fail("no pipe");
	fflush(stdout);
	pid_t pid = fork();
	if (pid < 0)
		client_fail("no process");
	if (pid == 0) {
		y = measure();
		_exit(write(two[1], &y, sizeof y) != (ssize_t)sizeof y);
	}
	close(two[1]);
	if (read(two[0], &y, sizeof y) != (ssize_t)sizeof y)
		client_fail("nothing was measured");
	close(two[0]);
	(void)waitpid(pid, NULL, 0);
	return y;
}

static void drop(const char *name)
{
	char path[sizeof folder + 16];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	(void)unlink(path); /* what is left goes with the private host */
}

void yard_close(void)
{
	drop("data.mdb");
	drop("lock.mdb");
	(void)rmdir(folder);
}
