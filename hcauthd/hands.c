/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: each of these leaves a store that the machine key in place, or the one about to be put in
 * place, opens; what was done is in the audit, in the same commit where there is one. */
#include "hands.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit.h"
#include "guard.h"
#include "init.h"
#include "journal.h"
#include "paths.h"
#include "publish.h"
#include "restore.h"
#include "term.h"
#include "verbs.h"
#include "when.h"
#include "wrap.h"

enum { FD_BACKUP = 3, FD_KEY = 4, FD_KEY_NEW = 5 };

/* A disk that stands still must not keep a transaction open for ever: the database would only grow. */
enum { EXPORT_S = 600 };

/* The store and what a record about it takes. */
struct hands {
	struct conv c;
	struct now now;
	struct seal *seal;
};

static int failed(const char *what, int r)
{
	dprintf(STDERR_FILENO, "hcauth: %s: %s.\n", what,
		r == -ENOTSUP                ? "it is of a newer hcauth; install that one"
			: r == -EKEYREJECTED ? "the machine key is not its key"
			: r == -ESTALE
			? "an older one was put back; see hcauth help accept-database"
			: r == -EUCLEAN ? "it is damaged"
					: strerror(-r));
	return STATUS_REFUSED;
}

static void say(const struct audit_row *a)
{
	journal_audit(JOURNAL_SOCKET, SYSLOG_SOCKET, a);
}

static void say_committed(void *store)
{
	audit_committed(store, say);
}

static void hands_begin(struct hands *h)
{
	*h = (struct hands){ .c = { .hello = command_hello("") } };
	h->c.hello.ruid = 0; /* only root can become the daemon's user */
	h->now.unix_s = (uint64_t)time(NULL);
}

static void hands_end(struct hands *h)
{
	store_close(h->c.store);
	seal_free(h->seal);
}

static int open_store(struct hands *h, const char *folder)
{
	int r = store_open(folder, &h->c.store);

	if (r == 0)
		store_on_commit(h->c.store, say_committed, h->c.store);
	return r;
}

/* The store in use, opened by the machine key. */
static int open_all(struct hands *h, uint8_t key[KEY_BYTES])
{
	int r = open_store(h, HC_STORE_DIR);

	if (r < 0)
		return failed("The database in " HC_STORE_DIR " can't be opened", r);
	if ((r = guard_check(HC_GUARD_DIR, h->c.store)) < 0)
		return failed("The database in " HC_STORE_DIR " can't be used", r);
	if ((r = machine_key_given(FD_KEY, key)) < 0)
		return failed("The machine key can't be used", r);
	if ((r = wrap_open(h->c.store, key, &h->seal)) < 0)
		return failed("The database in " HC_STORE_DIR " can't be opened", r);
	h->c.seal = h->seal;
	return STATUS_DONE;
}

static int update(struct hands *h, int (*fn)(struct txn *, void *), void *arg)
{
	int r = store_update(h->c.store, NEED_SPACE, fn, arg);

	if (r == 0) /* an older guard is only less strict */
		(void)guard_note(HC_GUARD_DIR, store_serial(h->c.store));
	return r;
}

/* --- the recovery key as it was typed --- */

/* Ends where the command closes its end. */
static bool read_recovery(uint8_t key[KEY_BYTES])
{
	char text[512];
	size_t len = 0;
	ssize_t n;

	while (len < sizeof text - 1 &&
		(n = read(STDIN_FILENO, text + len, sizeof text - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = 0;
	int r = recovery_parse(text, key);
	wipe(text, sizeof text);
	if (r < 0)
		dprintf(STDERR_FILENO,
			"hcauth: This is not a recovery key: there is a mistake in it.\n");
	return r == 0;
}

/* The seal that the key on 0 opens. STATUS_NOT_ALLOWED when it does not. */
static int open_by_recovery(const uint8_t wrapped[WRAP_BYTES], const char *what, struct seal **out)
{
	uint8_t key[KEY_BYTES];

	if (!read_recovery(key))
		return STATUS_NOT_ALLOWED;
	int r = seal_unwrap(wrapped, "recovery", key, out);
	wipe(key, sizeof key);
	if (r == 0)
		return STATUS_DONE;
	if (r != -EKEYREJECTED)
		return failed("The recovery key can't be used", r);
	dprintf(STDERR_FILENO, "hcauth: This is not the recovery key of this %s.\n", what);
	return STATUS_NOT_ALLOWED;
}

/* --- export --- */

struct exporting {
	struct hands *h;
	uint8_t wrapped[WRAP_BYTES];
	struct backup b;
};

/* Before it is made: a backup that nobody knows of must not be. */
static int note_export(struct txn *t, void *arg)
{
	struct exporting *x = arg;
	int r = wrap_get(t, WRAP_RECOVERY, x->wrapped);

	return r < 0 ? r : audit(t, &x->h->c, &x->h->now, AUDIT_EXPORTED, NULL, "backup");
}

static int write_rows(struct txn *t, void *arg)
{
	struct exporting *x = arg;

	return backup_write(FD_BACKUP, &x->b, x->h->seal, t);
}

static int export(struct hands *h)
{
	struct exporting x = { .h = h };
	uint8_t key[KEY_BYTES];
	int r = open_all(h, key);

	wipe(key, sizeof key);
	if (r != STATUS_DONE)
		return r;
	if ((r = update(h, note_export, &x)) < 0)
		return failed("The audit can't be written", r);
	alarm(EXPORT_S);
	if ((r = backup_begin(FD_BACKUP, x.wrapped, h->now.unix_s, &x.b)) < 0 ||
		(r = store_read(h->c.store, write_rows, &x)) < 0)
		return failed("The backup can't be written", r);
	return fsync(FD_BACKUP) < 0 ? failed("The backup can't be written", -errno) : STATUS_DONE;
}

/* --- restore --- */

static int open_backup(struct hands *h, struct backup *b)
{
	int r = backup_open(FD_BACKUP, b);

	if (r == -EUCLEAN) {
		dprintf(STDERR_FILENO, "hcauth: This file is no backup, or it was changed.\n");
		return STATUS_REFUSED;
	}
	if (r < 0)
		return failed("The backup can't be read", r);
	int status = open_by_recovery(b->wrapped, "backup", &h->seal);
	h->c.seal = h->seal;
	return status;
}

static void tell_backup(const struct restoring *v)
{
	char when[WHEN_TEXT];

	dprintf(STDOUT_FILENO, "The backup is of %s: %zu people, %zu accounts.\n",
		when_text(v->backup->made, WHEN_WORDS_CLOCK, when), v->people, v->accounts);
	if (v->unreadable > 0)
		dprintf(STDOUT_FILENO, "%zu of its records are damaged, as they were then.\n",
			v->unreadable);
}

static int broken_backup(int r)
{
	if (r != -EUCLEAN)
		return failed("The backup can't be restored", r);
	dprintf(STDERR_FILENO,
		"hcauth: The backup was changed, or is not whole. Nothing of it "
		"is taken over.\n");
	return STATUS_REFUSED;
}

static int look_backup(struct hands *h)
{
	struct backup b;
	struct restoring v = { .fd = FD_BACKUP, .backup = &b, .c = &h->c };
	int r = open_backup(h, &b);

	if (r != STATUS_DONE)
		return r;
	if ((r = restore_look(&v)) < 0)
		return broken_backup(r);
	tell_backup(&v);
	return STATUS_DONE;
}

static int restore(struct hands *h)
{
	uint8_t key[KEY_BYTES];
	struct backup b;
	struct restoring v = {
		.fd = FD_BACKUP, .backup = &b, .c = &h->c, .key = key, .now = h->now
	};
	int r = open_backup(h, &b);

	if (r != STATUS_DONE)
		return r;
	if ((r = machine_key_given(FD_KEY_NEW, key)) < 0)
		return failed("The new machine key can't be used", r);
	if ((r = store_create(HC_STORE_NEW)) < 0 || (r = open_store(h, HC_STORE_NEW)) < 0)
		r = failed("The database can't be made in " HC_STORE_NEW, r);
	else if ((r = store_update(h->c.store, NEED_SPACE, restore_all, &v)) < 0)
		r = broken_backup(r);
	else if ((r = guard_accept(HC_GUARD_DIR, store_serial(h->c.store))) < 0)
		r = failed("What was accepted can't be written in " HC_GUARD_DIR, r);
	else
		tell_backup(&v);
	wipe(key, sizeof key);
	return r;
}

/* For look-ups to find people before hcauthd has been started. What has not come about says so. */
static int publish(struct hands *h)
{
	static struct conf conf; /* large */
	char error[CONF_ERROR_MAX];
	int fd = conf_open(HC_CONF_FILE, error);

	if (fd < 0 || !conf_read(fd, HC_CONF_FILE, &conf, error)) {
		dprintf(STDERR_FILENO, "hcauth: Not published: %s.\n", error);
		return STATUS_REFUSED;
	}
	int r = store_open(HC_STORE_DIR, &h->c.store);
	if (r == 0)
		r = publish_if_behind(h->c.store, &conf, HC_DIRECTORY_DIR);
	return r < 0 ? failed("The directory can't be published", r) : STATUS_DONE;
}

/* --- machine and recovery keys --- */

struct keying {
	struct hands *h;
	uint8_t key[KEY_BYTES], next[KEY_BYTES];
	uint8_t recovery[WRAP_BYTES];
};

/* The row of the key in place first: what an earlier one left may be the only one that fits it. */
static int add_next(struct txn *t, void *arg)
{
	struct keying *k = arg;
	int r = wrap_machine(t, WRAP_MACHINE, k->h->seal, k->key);

	return r < 0 ? r : wrap_machine(t, WRAP_NEXT, k->h->seal, k->next);
}

static int rekey(struct hands *h)
{
	struct keying k = { .h = h };
	int r = open_all(h, k.key);

	if (r == STATUS_DONE && (r = machine_key_given(FD_KEY_NEW, k.next)) < 0)
		r = failed("The new machine key can't be used", r);
	else if (r == STATUS_DONE && (r = update(h, add_next, &k)) < 0)
		r = failed("The database can't be written", r);
	wipe(&k, sizeof k);
	return r;
}

static int drop_other(struct txn *t, void *arg)
{
	struct keying *k = arg;
	int r = wrap_machine(t, WRAP_MACHINE, k->h->seal, k->key);

	if (r < 0 || (r = wrap_del(t, WRAP_NEXT)) < 0)
		return r;
	return audit(t, &k->h->c, &k->h->now, AUDIT_REKEYED, NULL, "machine key");
}

static int rekeyed(struct hands *h)
{
	struct keying k = { .h = h };
	int r = open_all(h, k.key);

	if (r == STATUS_DONE && (r = update(h, drop_other, &k)) < 0)
		r = failed("The database can't be written", r);
	wipe(&k, sizeof k);
	return r;
}

static int put_recovery(struct txn *t, void *arg)
{
	struct keying *k = arg;
	int r = wrap_put(t, WRAP_RECOVERY, k->recovery);

	return r < 0 ? r : audit(t, &k->h->c, &k->h->now, AUDIT_REKEYED, NULL, "recovery key");
}

/* Whether the person on 0 has it. Byte by byte: what follows is not for us. */
static bool has_written_it_down(void)
{
	static const char question[] = "Type \"yes\" when you have written it down: ";
	char word[8] = "";
	size_t n = 0;

	if (write(STDOUT_FILENO, question, sizeof question - 1) < 0)
		return false;
	while (n < sizeof word - 1 && read(STDIN_FILENO, word + n, 1) == 1 && word[n] != '\n')
		n++;
	return n == 3 && memcmp(word, "yes", 3) == 0;
}

static int new_recovery(struct hands *h)
{
	struct keying k = { .h = h };
	int r = open_all(h, k.key);

	wipe(k.key, sizeof k.key);
	if (r != STATUS_DONE)
		return r;
	randombytes_buf(k.next, sizeof k.next);
	seal_wrap(h->seal, "recovery", k.next, k.recovery);
	r = recovery_show(STDOUT_FILENO, k.next);
	wipe(k.next, sizeof k.next);
	if (r < 0)
		return failed("The recovery key can't be shown", r);
	if (!has_written_it_down()) {
		dprintf(STDERR_FILENO,
			"hcauth: The recovery key is the one that it was. Forget this one.\n");
		return STATUS_REFUSED;
	}
	if ((r = update(h, put_recovery, &k)) < 0)
		return failed(
			"The recovery key is the one that it was: the database can't be written",
			r);
	return STATUS_DONE;
}

static int get_recovery(struct txn *t, void *arg)
{
	return wrap_get(t, WRAP_RECOVERY, arg);
}

static int take_over(struct txn *t, void *arg)
{
	struct keying *k = arg;
	int r = wrap_machine(t, WRAP_MACHINE, k->h->seal, k->next);

	if (r < 0 || (r = wrap_del(t, WRAP_NEXT)) < 0)
		return r;
	return audit(
		t, &k->h->c, &k->h->now, AUDIT_REKEYED, NULL, "machine key, by the recovery key");
}

static int recover(struct hands *h)
{
	struct keying k = { .h = h };
	int r = open_store(h, HC_STORE_DIR);

	if (r == 0)
		r = store_read(h->c.store, get_recovery, k.recovery);
	if (r < 0)
		return failed("The database in " HC_STORE_DIR " can't be opened", r);
	if ((r = open_by_recovery(k.recovery, "machine", &h->seal)) != STATUS_DONE)
		return r;
	h->c.seal = h->seal;
	if ((r = machine_key_given(FD_KEY_NEW, k.next)) < 0)
		return failed("The new machine key can't be used", r);
	r = store_update(h->c.store, NEED_SPACE, take_over, &k);
	wipe(k.next, sizeof k.next);
	return r < 0 ? failed("The database can't be written", r) : STATUS_DONE;
}

static const struct option {
	const char *name;
	int (*run)(struct hands *h);
} options[] = {
	{ "--export", export },
	{ "--look-backup", look_backup },
	{ "--new-recovery", new_recovery },
	{ "--publish", publish },
	{ "--recover", recover },
	{ "--rekey", rekey },
	{ "--rekeyed", rekeyed },
	{ "--restore", restore },
};

int hands_main(const char *option)
{
	static struct hands h; /* large */

	if (strcmp(option, "--init") == 0)
		return init_main();
	if (strcmp(option, "--accept-database") == 0)
		return accept_main();
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		if (strcmp(option, options[i].name) != 0)
			continue;
		if (sodium_init() < 0)
			return STATUS_UNAVAILABLE;
		hands_begin(&h);
		int status = options[i].run(&h);
		hands_end(&h);
		return status;
	}
	return -1;
}
