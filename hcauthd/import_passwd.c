/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth import passwd": users that the machine has become people's accounts at a practice, with the password
 * that they have. What must hold: all of it is one transaction, or nothing; a hash is sealed before it is
 * kept, and is in nothing that is told; one that is locked, expired or weak is not taken, and its user
 * comes in by an activation code alone; uid, gid and groups are the machine's own, whatever was handed over.
 *
 * Handed over are two parts (import_part_next()): lines of LINE:USER:FULL NAME:GROUPS:HASH:LAST CHANGE:MIN:
 * MAX:WARN:INACTIVE:EXPIRES:FLAG, from /etc/passwd and /etc/shadow, and lines of USER,E-MAIL ADDRESS. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account_new.h"
#include "address.h"
#include "factor.h"
#include "import_second.h"
#include "join.h"
#include "letter_tell.h"
#include "log.h"
#include "manage.h"
#include "message.h"
#include "pwcrypt.h"
#include "store/store.h"

enum { LINE, USER, NAME, GROUPS, HASH, CHANGED, MIN, MAX, WARN, INACTIVE, EXPIRES, FLAG, FIELDS };
enum { DAY_S = 86400, DAYS_MAX = 10000000 };

struct local { /* one user of the machine's */
	unsigned line;
	bool bad;
	char hash[CRYPT_TEXT]; /* "": it is not taken */
	const char *why; /* it is not */
	enum fate fate;
	struct account_new a;
};

struct importing {
	struct import im;
	struct conv *c;
	bool dry, letters;
	char practice[SIGN_IN_NAME_MAX + 1];
	struct local *user;
	size_t n, room;
	size_t nwrong, wrongs; /* of the files themselves */
	size_t count[FATE_LEFT_OUT + 1], hashes;
	struct now now;
};

/* --- the lines --- */

static bool is_past(const struct importing *v, const char *day, const char *more)
{
	uint64_t from, days = 0;

	if (!parse_u64(day, 0, DAYS_MAX, &from) || (more && !parse_u64(more, 0, DAYS_MAX, &days)))
		return false;
	return from + days <= v->now.unix_s / DAY_S;
}

/* NULL: the hash is good, and is its user's password today (shadow(5)). */
static const char *hash_problem(const struct importing *v, char *const field[FIELDS])
{
	if (!*field[HASH])
		return "there is no password";
	if (*field[HASH] == '!' || *field[HASH] == '*')
		return "the password is locked";
	if (strcmp(field[CHANGED], "0") == 0)
		return "the password was to be changed";
	if (*field[EXPIRES] && is_past(v, field[EXPIRES], NULL))
		return "the user has expired";
	if (*field[MAX] && is_past(v, field[CHANGED], field[MAX]))
		return "the password has expired";
	return pwcrypt_problem(field[HASH]);
}

static struct local *more_room(struct importing *v)
{
	if (v->n < v->room)
		return &v->user[v->n];
	size_t room = v->room ? 2 * v->room : 64;
	struct local *larger = calloc(room, sizeof *larger);

	if (!larger)
		die("import: no memory");
	if (v->n > 0) {
		memcpy(larger, v->user, v->n * sizeof *larger);
		wipe(v->user, v->n * sizeof *v->user);
	}
	free(v->user);
	v->user = larger;
	v->room = room;
	return &v->user[v->n];
}

/* What the machine says of somebody's name may be anything. */
static void take_name(struct account *a, char *gecos)
{
	gecos[strcspn(gecos, ",")] = 0;
	if (people_name_good(gecos, PERSON_NAME_MAX))
		snprintf(a->name, sizeof a->name, "%s", gecos);
}

static void take_user(struct importing *v, char *const field[FIELDS])
{
	const struct account_words words = { .userid = field[USER],
		.user = field[USER],
		.groups = *field[GROUPS] ? field[GROUPS] : NULL,
		.existing = true };
	struct local *u = more_room(v);
	char why[WHY_MAX];
	uint64_t line;

	*u = (struct local){ .line = 1,
		.a = { .c = v->c,
			.email = "",
			.event = AUDIT_ACCOUNT_ADDED,
			.detail = "existing, imported",
			.problem = "",
			.now = v->now } };
	if (parse_u64(field[LINE], 1, UINT32_MAX, &line))
		u->line = (unsigned)line;
	snprintf(u->a.account.practice, sizeof u->a.account.practice, "%s", v->practice);
	take_name(&u->a.account, field[NAME]);
	v->n++;
	u->bad = !account_new_take(&u->a, &words, why);
	if (u->bad)
		import_wrong(&v->im, u->line, "%s", why);
	u->why = hash_problem(v, field);
	if (!u->why)
		memcpy(u->hash, field[HASH], strlen(field[HASH]) + 1);
}

static void read_users(struct importing *v, char *text)
{
	char *at;

	while ((at = import_line(&text))) {
		char *field[FIELDS];
		size_t n = 0;

		for (char *word; (word = strsep(&at, ":")); n++)
			if (n < FIELDS)
				field[n] = word;
		if (n == FIELDS && v->n < IMPORT_ROWS_MAX)
			take_user(v, field);
		else
			import_wrong(&v->im, 1, "a line of /etc/passwd or /etc/shadow is damaged");
	}
}

static struct local *find_user(struct importing *v, const char *user)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->user[i].a.account.user, user) == 0)
			return &v->user[i];
	return NULL;
}

static void take_address(struct importing *v, unsigned line, char *user, const char *text)
{
	char email[SIGN_IN_NAME_MAX + 1], why[ADDRESS_WHY_MAX], shown[160];
	struct local *u;

	user[strcspn(user, " \t")] = 0;
	text += strspn(text, " \t");
	if (!(u = find_user(v, user)))
		import_wrong(&v->im, line, "\"%s\" is none of the users to be imported",
			visible(user, shown, sizeof shown));
	else if (*u->a.account.email)
		import_wrong(&v->im, line, "%s has an address in an earlier line", user);
	else if (!address_can_be(v->c, text, email, why))
		import_wrong(&v->im, line, "\"%s\": no e-mail address of a person's own",
			visible(text, shown, sizeof shown));
	else
		memcpy(u->a.account.email, email, strlen(email) + 1);
}

static void read_addresses(struct importing *v, char *text)
{
	char *at;

	for (unsigned line = 1; (at = import_line(&text)); line++) {
		char *comma = strchr(at, ',');

		if (!*at || *at == '#' || (line == 1 && strncmp(at, "user,", 5) == 0))
			continue;
		if (comma)
			*comma++ = 0;
		if (comma)
			take_address(v, line, at, comma);
		else
			import_wrong(&v->im, line, "not USER,E-MAIL ADDRESS");
	}
}

static void read_parts(struct importing *v, char *text, size_t len)
{
	static const char *const called[] = { "/etc/passwd", "addresses" };
	struct import_part part;
	bool good = !memchr(text, 0, len);

	for (size_t i = 0; good && i < 2; i++) {
		char *rest = text;
		int r = import_part_next(&text, &len, &part);

		good = r > 0 || (r == 0 && i == 1 && rest == text);
		if (r <= 0)
			break;
		v->im.part++;
		snprintf(v->im.of, sizeof v->im.of, "%s", called[i]);
		char kept = part.text[part.len];
		part.text[part.len] = 0;
		if (i == 0)
			read_users(v, part.text);
		else
			read_addresses(v, part.text);
		part.text[part.len] = kept;
	}
	v->im.part = 1;
	snprintf(v->im.of, sizeof v->im.of, "%s", called[0]);
	if (!good || len > 0)
		import_wrong(&v->im, 1, "this is not what the command hcauth hands over");
	else if (v->n == 0 && v->im.wrongs == 0)
		import_wrong(&v->im, 1, "there is nobody to import");
}

/* --- the transaction --- */

/* Whether that user is an account already: then its line is none. */
static int find_account(struct txn *t, const struct local *u, bool *there)
{
	struct name_row row;
	struct account a;
	int r = name_find(t, u->a.account.user, &row);

	*there = false;
	if (r < 0 || row.kind == NAME_IDENTITY || row.kind == NAME_SHARED)
		return r == -ENOENT ? 0 : r;
	if ((r = account_load(t, &row.id, &a)) == 0)
		*there = a.existing && a.state != STATE_LEFT &&
			strcmp(a.user, u->a.account.user) == 0 && a.uid == u->a.account.uid;
	return r;
}

static int put_hash(struct txn *t, struct importing *v, struct local *u)
{
	const struct person p = account_new_person(&u->a);
	CREDENTIAL(cred);
	int r;

	crypt_put(u->hash, &cred);
	if ((r = credential_put(t, v->c->seal, &u->a.account.id, FACTOR_PASSWORD, &cred)) < 0)
		return r;
	v->hashes++;
	/* With an address to send a code to, the password is the way to the rest; else the code in a letter is. */
	if (*u->a.account.email && message_can(v->c->conf, CHANNEL_EMAIL)) {
		u->a.code[0] = 0;
		if ((r = credential_del(t, &u->a.account.id, FACTOR_ACTIVATION)) < 0)
			return r;
	}
	return audit(t, v->c, &v->now, AUDIT_CREDENTIAL_SET, &p, "password, imported");
}

static int put_user(struct txn *t, struct importing *v, struct local *u)
{
	char why[WHY_MAX];
	bool there;
	int r = find_account(t, u, &there);

	u->fate = there ? FATE_THERE : FATE_PUT;
	if (r < 0 || there)
		return r;
	r = account_new_add(t, &u->a);
	if (r == -ENOENT || r == -EEXIST || r == -ERANGE) {
		account_new_why(&u->a, r, why);
		import_wrong(&v->im, u->line, "%s", why);
		return 0; /* the next line may be wrong too */
	}
	return r == 0 && *u->hash ? put_hash(t, v, u) : r;
}

static int import_txn(struct txn *t, void *arg)
{
	struct importing *v = arg;
	char detail[80];
	int r = 0;

	v->im.nwrong = v->nwrong;
	v->im.wrongs = v->wrongs;
	v->hashes = 0;
	memset(v->count, 0, sizeof v->count);
	for (size_t i = 0; r == 0 && i < v->n; i++) {
		struct local *u = &v->user[i];

		if (u->bad)
			continue;
		r = put_user(t, v, u);
		v->count[u->fate]++;
	}
	if (r < 0 || v->im.wrongs > 0 || v->dry)
		return r < 0 ? r : -ECANCELED;
	snprintf(
		detail, sizeof detail, "accounts=%zu passwords=%zu", v->count[FATE_PUT], v->hashes);
	return audit(t, v->c, &v->now, AUDIT_IMPORTED, NULL, detail);
}

/* --- the report --- */

static void tell_user(struct importing *v, const struct local *u)
{
	const struct account *a = &u->a.account;
	bool shown = *u->a.code && !v->dry && !v->letters;
	char way[80] = "";

	if (u->fate == FATE_THERE) {
		tell(v->c, TELL_INFO, "line %u: %s is an account already", u->line, a->user);
		return;
	}
	if (!*u->a.code)
		snprintf(way, sizeof way, "then a code sent to ");
	else
		snprintf(way, sizeof way, "then an activation code%s%s", shown ? " " : "",
			shown ? u->a.code : "");
	tell(v->c, TELL_INFO, "line %u: %s uid %u: %s%s%s, %s%s", u->line, a->user, a->uid,
		u->why ? "password not taken over (" : "the same password", u->why ? u->why : "",
		u->why ? ")" : "", way, *u->a.code ? "" : a->email);
	wipe(way, sizeof way);
}

static int practice_name(struct txn *t, void *arg)
{
	struct letter *l = arg;
	struct practice p;
	int r = practice_load(t, l->practice, &p);

	if (r == 0)
		memcpy(l->practice, p.name, sizeof l->practice);
	return r;
}

static void tell_letter(struct importing *v, const struct local *u)
{
	struct letter l = { .until = v->now.unix_s + ACTIVATION_S };

	snprintf(l.practice, sizeof l.practice, "%s", v->practice);
	if (store_read(v->c->store, practice_name, &l) < 0)
		die("store: a practice's name");
	snprintf(l.name, sizeof l.name, "%s",
		*u->a.account.name ? u->a.account.name : u->a.account.user);
	snprintf(l.userid, sizeof l.userid, "%s", u->a.account.user);
	memcpy(l.code, u->a.code, sizeof l.code);
	letter_tell(v->c, &l);
	wipe(&l, sizeof l);
}

static enum status report(struct importing *v)
{
	size_t put = v->count[FATE_PUT];

	for (size_t i = 0; i < v->n; i++)
		tell_user(v, &v->user[i]);
	for (size_t i = 0; v->letters && !v->dry && i < v->n; i++)
		if (v->user[i].fate == FATE_PUT && *v->user[i].a.code)
			tell_letter(v, &v->user[i]);
	tell(v->c, TELL_INFO, "%zu %s and %zu %s %s", put, put == 1 ? "account" : "accounts",
		v->hashes, v->hashes == 1 ? "password" : "passwords",
		v->dry ? "would be imported. Nothing was changed." : "are imported.");
	if (put > 0 && !v->dry)
		tell(v->c, TELL_INFO,
			"Their local passwords are as they were, and good wherever hcauth is not asked. "
			"When somebody has signed in with hcauth, lock theirs: usermod -L USER");
	return STATUS_DONE;
}

static int find_practice(struct txn *t, void *arg)
{
	const struct importing *v = arg;
	struct practice p;

	return practice_load(t, v->practice, &p);
}

static enum status import_all(struct importing *v)
{
	struct import *im = &v->im;

	v->nwrong = im->nwrong;
	v->wrongs = im->wrongs;
	int r = store_update(v->c->store, NEED_SPACE, import_txn, v);
	if (r < 0 && r != -ECANCELED)
		return manage_result(v->c, r, "import");
	if (im->wrongs > 0) {
		import_tell_wrong(im);
		return STATUS_REFUSED;
	}
	return report(v);
}

static enum status import_text(struct importing *v)
{
	size_t len;

	v->im.c = v->c;
	v->im.wrong = calloc(IMPORT_WRONG_MAX, sizeof *v->im.wrong);
	if (!v->im.wrong)
		die("import: no memory");
	v->c->now(&v->now);
	char *text = import_collect(v->c, &len);
	read_parts(v, text, len);
	import_free(text, len);
	enum status s = import_all(v);
	if (v->n > 0)
		wipe(v->user, v->n * sizeof *v->user);
	free(v->user);
	free(v->im.wrong);
	return s;
}

enum status import_passwd(struct conv *c, const struct words *w)
{
	struct importing v = { .c = c,
		.dry = w->option[OPT_DRY_RUN] != NULL,
		.letters = w->option[OPT_LETTER] != NULL };
	char what[300];

	if (!w->option[OPT_PRACTICE] || (v.letters && strcmp(w->option[OPT_LETTER], "tell") != 0))
		return STATUS_USAGE;
	int r = -ENOENT;
	if (name_normal(w->option[OPT_PRACTICE], v.practice) &&
		strlen(v.practice) <= PRACTICE_ID_MAX)
		r = store_read(c->store, find_practice, &v);
	if (r < 0)
		return manage_result(c, r, manage_practice_word(w->option[OPT_PRACTICE], what));
	return import_text(&v);
}
