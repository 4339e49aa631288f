/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth yubikey import": a box of keys, from the log of Yubico's personalization tool. What must hold: all
 * of it is one transaction, or nothing; no secret is in what is told of a wrong line; a key that is somebody's
 * stays theirs.
 *
 * The tool (yubikey-personalization-gui, src/yubikeylogger.cpp: logConfig()) writes fields with commas between
 * and no quotation marks, in one of two formats:
 *	LOGGING START,DATE
 *	Yubico OTP,DATE,SLOT,PUBLIC,PRIVATE,KEY and 12 more    "traditional"; DATE may have commas in it
 *	SERIAL,PUBLIC,PRIVATE,KEY,ACCESS CODE,DATE,            "Yubico"; so do ykman and the older yubikey-ksm,
 * which begins with "# ykksm 1" and has more fields behind. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "import.h"
#include "list.h"
#include "log.h"
#include "manage.h"
#include "store/store.h"
#include "yubikey_change.h"

enum { FIELDS = 32, TRADITIONAL = 18 };

struct pooling {
	struct import im; /* what is wrong */
	struct conv *c;
	struct yubikey *key;
	unsigned *line; /* of each */
	size_t n;
	size_t others; /* lines of another kind than Yubico OTP */
	size_t nwrong, wrongs; /* of the file itself, before the store was looked at */
	size_t made, there;
	struct now now;
};

/* --- the file --- */

static size_t split(char *line, char *field[FIELDS])
{
	size_t n = 0;

	while (line && n < FIELDS)
		field[n++] = strsep(&line, ",");
	return n;
}

/* Without the blanks that the tool shows between pairs. */
static const char *squeeze(char *text)
{
	char *to = text;

	for (const char *p = text; *p; p++)
		if (*p != ' ')
			*to++ = *p;
	*to = 0;
	return text;
}

static void take_key(struct pooling *v, unsigned line, char *const at[3])
{
	struct yubikey *k = &v->key[v->n];
	const char *public = squeeze(at[0]);

	if (!*public)
		import_wrong(&v->im, line,
			"it has no public identity: its person adds it with hcauth yubikey add");
	else if (!public_read(public, k))
		import_wrong(&v->im, line,
			"the public identity is neither modhex nor hex of at most 16 bytes");
	else if (!hex_read(at[1], k->private, sizeof k->private))
		import_wrong(&v->im, line, "the private identity is not 6 bytes in hex");
	else if (!hex_read(at[2], k->aes, sizeof k->aes))
		import_wrong(&v->im, line, "the secret key is not 16 bytes in hex");
	else
		v->line[v->n++] = line;
}

static void take_line(struct pooling *v, unsigned line, char *text)
{
	char *field[FIELDS];

	text[strcspn(text, "\r")] = 0;
	if (!*text || *text == '#')
		return;
	size_t n = split(text, field), skip = n > TRADITIONAL ? n - TRADITIONAL : 0;

	if (field[0][strspn(field[0], "0123456789")] == 0) {
		if (n >= 4)
			take_key(v, line, field + 1);
		else
			import_wrong(&v->im, line, "%zu fields, where there must be 4 or more", n);
	} else if (strcmp(field[0], "Yubico OTP") == 0) {
		if (n >= 6)
			take_key(v, line, field + 3 + skip);
		else
			import_wrong(&v->im, line, "%zu fields, where there must be 6 or more", n);
	} else if (strcmp(field[0], "LOGGING START") != 0) {
		v->others++;
	}
}

static void read_file(struct pooling *v, char *text, size_t len)
{
	unsigned line = 1;
	size_t lines = 1;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	if (lines > IMPORT_ROWS_MAX) {
		import_wrong(&v->im, 1, "more than %d lines: divide the file", IMPORT_ROWS_MAX);
		return;
	}
	v->key = calloc(lines, sizeof *v->key);
	v->line = calloc(lines, sizeof *v->line);
	if (!v->key || !v->line)
		die("import: no memory");
	if (memchr(text, 0, len)) {
		import_wrong(&v->im, 1, "there is a zero byte in the file: this is no text");
		return;
	}
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0) /* editors put it before UTF-8 */
		text += 3;
	for (char *next; text; text = next, line++) {
		next = strchr(text, '\n');
		if (next)
			*next++ = 0;
		take_line(v, line, text);
	}
	if (v->n == 0 && v->im.wrongs == 0)
		import_wrong(&v->im, 1,
			"there is no YubiKey with Yubico OTP in the file. It may be what ykman writes "
			"(ykman otp yubiotp -O FILE) or a log of the YubiKey Personalization Tool, "
			"\"Yubico format\" or \"Traditional format\". A line for each key, such as: "
			"4004,vvccccdbhtbl,PRIVATE ID (12 digits and a to f),SECRET KEY (32),,2026-07-31T09:00:00,");
}

/* --- the transaction --- */

static int pool_one(struct txn *t, struct pooling *v, size_t i)
{
	const struct yubikey *k = &v->key[i];
	struct yubikey still = *k;
	char public[PUBLIC_TEXT];
	int r = pool_get(t, v->c->seal, &still);

	if (r == -ENOENT) {
		v->made++;
		r = pool_put(t, v->c->seal, k);
	} else if (r == 0 && !same_secrets(&still, k)) {
		import_wrong(&v->im, v->line[i],
			"%s is here already with other secrets: take out the older line, or, if it was "
			"imported before: hcauth yubikey drop %s",
			public_text(k, public), public);
	} else {
		v->there += r == 0;
	}
	wipe(&still, sizeof still);
	return r;
}

static int pool_txn(struct txn *t, void *arg)
{
	struct pooling *v = arg;
	char detail[40];
	int r = 0;

	v->im.nwrong = v->nwrong;
	v->im.wrongs = v->wrongs;
	v->made = v->there = 0;
	for (size_t i = 0; r == 0 && i < v->n; i++)
		r = pool_one(t, v, i);
	if (r < 0 || v->im.wrongs > 0)
		return r < 0 ? r : -ECANCELED;
	snprintf(detail, sizeof detail, "yubikeys=%zu", v->made);
	return audit(t, v->c, &v->now, AUDIT_IMPORTED, NULL, detail);
}

static enum status import_all(struct pooling *v)
{
	v->nwrong = v->im.nwrong;
	v->wrongs = v->im.wrongs;
	int r = store_update(v->c->store, NEED_SPACE, pool_txn, v);
	if (r < 0 && r != -ECANCELED)
		return manage_result(v->c, r, "import");
	if (r < 0) {
		import_tell_wrong(&v->im);
		return STATUS_REFUSED;
	}
	tell(v->c, TELL_INFO,
		v->made == 1 ? "%zu YubiKey is imported." : "%zu YubiKeys are imported.", v->made);
	if (v->there > 0)
		tell(v->c, TELL_INFO, "%zu more had been imported before.", v->there);
	if (v->others > 0)
		tell(v->c, TELL_INFO, "Lines about anything but Yubico OTP, left out: %zu",
			v->others);
	tell(v->c, TELL_INFO,
		"Now delete the file and its copies: whoever reads it can do what these keys do.");
	return STATUS_DONE;
}

enum status yubikey_import(struct conv *c, const struct words *w)
{
	struct pooling v = { .c = c };
	size_t len;

	(void)w;
	v.im.c = c;
	v.im.wrong = calloc(IMPORT_WRONG_MAX, sizeof *v.im.wrong);
	if (!v.im.wrong)
		die("import: no memory");
	c->now(&v.now);
	char *text = import_collect(c, &len);
	read_file(&v, text, len);
	import_free(text, len);
	enum status s = import_all(&v);
	if (v.n > 0)
		wipe(v.key, v.n * sizeof *v.key);
	free(v.key);
	free(v.line);
	free(v.im.wrong);
	return s;
}

/* --- what nobody has yet --- */

struct listing {
	struct yubikey *key;
	size_t n, room;
};

static int list_txn(struct txn *t, void *arg)
{
	struct listing *l = arg;
	struct key at = { .len = 0 };
	struct yubikey k;
	int r;

	for (l->n = 0; (r = pool_next(t, &at, &k)) == 0; l->key[l->n++] = k) {
		if (l->n < l->room)
			continue;
		l->room = l->room ? 2 * l->room : 64;
		l->key = realloc(l->key, l->room * sizeof *l->key);
		if (!l->key)
			die("yubikey pool: no memory");
	}
	return r == -ENOENT ? 0 : r;
}

static enum status list_pool(struct conv *c, bool json)
{
	struct listing of = { .n = 0 };
	struct list l;
	int r = store_read(c->store, list_txn, &of);

	if (r < 0)
		die("store: YubiKeys: %s", strerror(-r));
	list_begin(&l, c, json);
	l.none =
		"There is no YubiKey that is nobody's yet. To import some: hcauth yubikey import FILE";
	for (size_t i = 0; i < of.n; i++) {
		char public[PUBLIC_TEXT];
		const char *id = public_text(&of.key[i], public);

		list_row(&l, json_pack("{s:s}", "public_id", id), "%s", id);
	}
	list_end(&l);
	free(of.key);
	return STATUS_DONE;
}

struct dropping {
	struct conv *c;
	struct yubikey key;
	struct now now;
};

static int drop_txn(struct txn *t, void *arg)
{
	struct dropping *d = arg;
	char public[PUBLIC_TEXT], detail[sizeof public + 16];
	int r = pool_del(t, &d->key);

	snprintf(detail, sizeof detail, "yubikey %s", public_text(&d->key, public));
	return r < 0 ? r : audit(t, d->c, &d->now, AUDIT_CREDENTIAL_REMOVED, NULL, detail);
}

enum status yubikey_pool(struct conv *c, const struct words *w)
{
	struct dropping d = { .c = c };
	char what[300];

	if (strcmp(w->verb, "yubikey pool") == 0)
		return list_pool(c, w->json);
	snprintf(what, sizeof what, "imported YubiKey %s", w->word[0]);
	c->now(&d.now);
	if (!public_read(w->word[0], &d.key))
		return manage_result(c, -ENOENT, what);
	return manage_result(c, store_update(c->store, NEED_ALWAYS, drop_txn, &d), what);
}
