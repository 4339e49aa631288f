/* SPDX-License-Identifier: Apache-2.0 */
/* A new store, and the way into one. What must hold: the data key is never anywhere but sealed, or in a
 * struct seal; the two wrappings are written in one transaction, the last thing that makes a store a
 * finished one; the recovery key is shown before it, and kept nowhere. */
#include "init.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "codec.h"
#include "guard.h"
#include "paths.h"
#include "store/store.h"
#include "verbs.h"
#include "wipe.h"

static const char machine_row[] = "wrap.machine";
static const char recovery_row[] = "wrap.recovery";
static const char created_row[] = "created";

struct beginning {
	uint8_t machine[WRAP_BYTES], recovery[WRAP_BYTES];
	uint64_t created;
};

static int put_row(struct txn *t, const char *row, const void *p, size_t n)
{
	return txn_put(t, TABLE_META, row, strlen(row), p, n);
}

static int put_beginning(struct txn *t, void *arg)
{
	const struct beginning *b = arg;
	uint8_t created[16];
	struct writer w = writer_of(created, sizeof created);
	int r;

	put_u64(&w, 1, b->created);
	if ((r = put_row(t, machine_row, b->machine, sizeof b->machine)) == 0 &&
		(r = put_row(t, recovery_row, b->recovery, sizeof b->recovery)) == 0)
		r = put_row(t, created_row, created, w.len);
	return r;
}

static int write_all(int fd, const char *text)
{
	for (size_t left = strlen(text); left > 0;) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			left -= (size_t)n;
		}
	}
	return 0;
}

static int show_recovery(int out, const uint8_t key[KEY_BYTES])
{
	char text[RECOVERY_TEXT];
	int r;

	recovery_text(key, text);
	if ((r = write_all(out, "The recovery key of this machine:\n\n    ")) == 0 &&
		(r = write_all(out, text)) == 0)
		r = write_all(out,
			"\n\nWrite it down and keep it away from this machine. It is shown this "
			"once. If the\nmachine key is ever lost, this alone opens the database; "
			"so it does for whoever\nelse holds it and a copy of the database.\n\n");
	wipe(text, sizeof text);
	return r;
}

/* A new data key, wrapped; the recovery key shown. */
static int beginning_make(const uint8_t key[KEY_BYTES], int out, struct beginning *b)
{
	uint8_t data[KEY_BYTES], recovery[KEY_BYTES];

	randombytes_buf(data, sizeof data);
	randombytes_buf(recovery, sizeof recovery);
	struct seal *seal = seal_of(data);
	wipe(data, sizeof data);
	if (!seal) {
		wipe(recovery, sizeof recovery);
		return -ENOMEM;
	}
	seal_wrap(seal, "machine", key, b->machine);
	seal_wrap(seal, "recovery", recovery, b->recovery);
	b->created = (uint64_t)time(NULL);
	seal_free(seal);

	int r = show_recovery(out, recovery);
	wipe(recovery, sizeof recovery);
	return r;
}

int init_store(const char *folder, const char *guard, const uint8_t key[KEY_BYTES], int out)
{
	struct store *s;
	struct beginning b;
	int r = store_create(folder);

	if (r < 0 || (r = store_open(folder, &s)) < 0)
		return r;
	if ((r = beginning_make(key, out, &b)) == 0 &&
		(r = store_update(s, NEED_SPACE, put_beginning, &b)) == 0)
		r = guard_accept(guard, store_serial(s)); /* it may remember an earlier store */
	store_close(s);
	return r;
}

static int get_wrapping(struct txn *t, void *arg)
{
	struct bytes row;
	int r = txn_get(t, TABLE_META, machine_row, strlen(machine_row), &row);

	if (r < 0)
		return r;
	if (row.len != WRAP_BYTES)
		return -EUCLEAN;
	memcpy(arg, row.p, WRAP_BYTES);
	return 0;
}

int init_open(struct store *s, const char *credentials, const char *file, struct seal **out)
{
	uint8_t wrapped[WRAP_BYTES], key[KEY_BYTES];
	int r = store_read(s, get_wrapping, wrapped);

	if (r < 0 || (r = machine_key_read(credentials, file, key)) < 0)
		return r;
	r = seal_unwrap(wrapped, "machine", key, out);
	wipe(key, sizeof key);
	return r;
}

static int failed(const char *what, const char *path, int r)
{
	dprintf(STDERR_FILENO, "hcauth: %s %s: %s.\n", what, path, strerror(-r));
	return STATUS_REFUSED;
}

static int make_new(void)
{
	uint8_t key[KEY_BYTES];
	int r = machine_key_read(NULL, HC_KEY_NEW, key);

	if (r < 0)
		return failed("The new machine key can't be read from", HC_KEY_NEW, r);
	r = init_store(HC_STORE_NEW, HC_GUARD_DIR, key, STDOUT_FILENO);
	wipe(key, sizeof key);
	if (r < 0)
		return failed("Nothing is set up, and a recovery key shown is good for nothing: "
			      "the database can't be made in",
			HC_STORE_NEW, r);
	return STATUS_DONE;
}

static int look_whether_it_fits(void)
{
	struct store *s;
	struct seal *seal;
	int r = store_open(HC_STORE_DIR, &s);

	if (r < 0)
		return failed("The database can't be opened in", HC_STORE_DIR, r);
	r = init_open(s, NULL, HC_KEY_NEW, &seal);
	store_close(s);
	if (r < 0) {
		dprintf(STDERR_FILENO,
			"hcauth: There is a database in %s, but not its machine key, %s; and %s "
			"is not it (%s). Put the key back from your copy.\n",
			HC_STORE_DIR, HC_KEY_FILE, HC_KEY_NEW, strerror(-r));
		return STATUS_REFUSED;
	}
	seal_free(seal);
	return STATUS_DONE;
}

int init_main(void)
{
	struct stat st;

	if (sodium_init() < 0)
		return STATUS_UNAVAILABLE;
	return lstat(HC_STORE_NEW, &st) == 0 ? make_new() : look_whether_it_fits();
}

int accept_main(void)
{
	struct store *s;
	int r = sodium_init() < 0 ? -EIO : store_open(HC_STORE_DIR, &s);

	if (r < 0)
		return failed("The database can't be opened in", HC_STORE_DIR, r);
	r = guard_accept(HC_GUARD_DIR, store_serial(s));
	store_close(s);
	if (r < 0)
		return failed("What was accepted can't be written in", HC_GUARD_DIR, r);
	dprintf(STDOUT_FILENO, "The database in %s is accepted.\n", HC_STORE_DIR);
	return STATUS_DONE;
}
