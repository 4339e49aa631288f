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
#include "place.h"
#include "store/store.h"
#include "verbs.h"
#include "wipe.h"
#include "wrap.h"

static const char created_row[] = "created";

struct beginning {
	uint8_t machine[WRAP_BYTES], recovery[WRAP_BYTES];
	uint64_t created;
};

static int put_beginning(struct txn *t, void *arg)
{
	const struct beginning *b = arg;
	uint8_t created[16];
	struct writer w = writer_of(created, sizeof created);
	int r;

	put_u64(&w, 1, b->created);
	if ((r = wrap_put(t, WRAP_MACHINE, b->machine)) == 0 &&
		(r = wrap_put(t, WRAP_RECOVERY, b->recovery)) == 0)
		r = txn_put(t, TABLE_META, created_row, strlen(created_row), created, w.len);
	return r;
}

static int show(int out, const char *text)
{
	return place_write(out, text, strlen(text));
}

int recovery_show(int out, const uint8_t key[KEY_BYTES])
{
	char text[RECOVERY_TEXT];
	int r;

	recovery_text(key, text);
	if ((r = show(out, "The recovery key of this machine:\n\n    ")) == 0 &&
		(r = show(out, text)) == 0)
		r = show(out,
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

	int r = recovery_show(out, recovery);
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

/* A rekey adds the new key's wrapping before it puts the key in place. So a key that none of the rows is
 * of is another's only if it was read while they stayed the same: then the commit number has. */
int init_open(struct store *s, const char *credentials, const char *file, struct seal **out)
{
	uint8_t key[KEY_BYTES];
	uint64_t before;
	int r;

	do {
		before = store_serial(s);
		if ((r = machine_key_read(credentials, file, key)) < 0)
			return r;
		r = wrap_open(s, key, out);
	} while (r == -EKEYREJECTED && store_serial(s) != before);
	wipe(key, sizeof key);
	return r;
}

static int failed(const char *what, const char *path, int r)
{
	dprintf(STDERR_FILENO, "hcauth: %s %s: %s.\n", what, path,
		r == -ENOTSUP ? "it is of a newer hcauth" : strerror(-r));
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
