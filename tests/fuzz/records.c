/* SPDX-License-Identifier: Apache-2.0 */
/* Stored records, as a damaged disk or a later version may give them: the first byte says which form. What must hold:
 * a record of this version that was understood has these bytes and no other; one of an older version, written
 * anew, says the same; what was refused left the output alone; and whatever stands in a row of the store, or
 * inside a seal, all that read it end with an answer or an error. */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "backup.h"
#include "code_row.h"
#include "codec.h"
#include "credential.h"
#include "factor.h"
#include "flow.h"
#include "glass_row.h"
#include "inside.h"
#include "message.h"
#include "metrics.h"
#include "people.h"
#include "recover_step.h"
#include "request.h"
#include "seal.h"
#include "shift.h"
#include "sms.h"
#include "ssh_key.h"
#include "store/store.h"
#include "term.h"
#include "yubikey.h"

enum { LATEST = 3 };

static struct fuzz_input in;
static struct person ada;
static struct conv conv;

/* --- the forms of record.h --- */

#define FORM(name)                                                                                 \
	static int name##_any_get(const void *p, size_t len, void *out)                            \
	{                                                                                          \
		return name##_get(p, len, out);                                                    \
	}                                                                                          \
	static size_t name##_any_put(uint8_t *out, const void *v)                                  \
	{                                                                                          \
		return name##_put(out, v);                                                         \
	}

FORM(identity)
FORM(account)
FORM(practice)
FORM(name_row)
FORM(code)
FORM(lockout)
FORM(ticket)
FORM(session)
FORM(shift)

static const struct form {
	int (*get)(const void *p, size_t len, void *out);
	size_t (*put)(uint8_t *out, const void *v);
} forms[] = { { identity_any_get, identity_any_put }, { account_any_get, account_any_put },
	{ practice_any_get, practice_any_put }, { name_row_any_get, name_row_any_put },
	{ code_any_get, code_any_put }, { lockout_any_get, lockout_any_put },
	{ ticket_any_get, ticket_any_put }, { session_any_get, session_any_put },
	{ shift_any_get, shift_any_put } };

static union {
	struct identity identity;
	struct account account;
	struct practice practice;
	struct name_row name;
	struct code code;
	struct session session;
	struct shift shift;
	uint8_t bytes[8192];
} value, untouched;

static void try_form(void)
{
	const struct form *f = &forms[fuzz_byte(&in) % (sizeof forms / sizeof *forms)];
	uint8_t again[RECORD_MAX], twice[RECORD_MAX];
	uint8_t *exact = malloc(in.left + (in.left == 0));

	HOLDS(exact != NULL);
	if (in.left > 0)
		memcpy(exact, in.p, in.left);
	memset(&value, 0x77, sizeof value);
	untouched = value;
	if (f->get(exact, in.left, &value) < 0) {
		HOLDS(memcmp(&value, &untouched, sizeof value) == 0);
	} else {
		size_t len = f->put(again, &value);

		HOLDS(exact[0] < LATEST || (len == in.left && memcmp(again, exact, len) == 0));
		HOLDS(f->get(again, len, &value) == 0 && f->put(twice, &value) == len);
		HOLDS(memcmp(again, twice, len) == 0);
	}
	free(exact);
}

/* --- rows --- */

struct row {
	enum table table;
	size_t key_len, len;
	uint8_t key[KEY_MAX];
	const uint8_t *value;
};

static void key_add(struct row *r, const void *p, size_t len)
{
	memcpy(r->key + r->key_len, p, len);
	r->key_len += len;
}

static void key_byte(struct row *r, uint8_t b)
{
	key_add(r, &b, 1);
}

/* As hcauth's own keys of Ada's rows are. */
static void make_key(struct row *r)
{
	static const uint8_t number[NUMBER_KEY] = { 0, 0, 0, 0, 0, 0, 0, 2 };
	uint8_t which = fuzz_byte(&in);

	switch (r->table) {
	case TABLE_META: key_add(r, "directory", 9); break;
	case TABLE_ACCOUNT: key_add(r, &ada.account.id, ID_BYTES); break;
	case TABLE_PRACTICE:
	case TABLE_GLASS: key_add(r, "stj", 3); break;
	case TABLE_NAME: key_add(r, ADA, sizeof ADA - 1); break;
	case TABLE_REQUEST:
		key_add(r, "stj", 4); /* and then a number */
		__attribute__((fallthrough));
	case TABLE_AUDIT:
	case TABLE_OUTBOX: key_add(r, number, sizeof number); break;
	case TABLE_YUBIKEY: key_add(r, "\1\2\3\4\5\6", 6); break;
	default:
		key_add(r, &ada.owner, ID_BYTES);
		if (r->table == TABLE_CREDENTIAL || r->table == TABLE_LOCKOUT ||
			r->table == TABLE_CODE)
			key_byte(r, which);
		if (r->table == TABLE_LOCKOUT || r->table == TABLE_CODE ||
			r->table == TABLE_RECOVERY)
			key_byte(r, which & 1);
	}
}

/* --- who reads them --- */

static void read_person(struct txn *t)
{
	static struct account all[IDENTITY_ACCOUNTS_MAX];
	static struct person two[2], p;
	struct practice practice;
	struct name_row name;
	uint64_t v;
	size_t n;

	(void)person_by_name(t, ADA, &p);
	(void)person_by_name(t, "adae", &p);
	(void)person_by_uid(t, 20000, &p);
	(void)people_by_address(t, ADA, two, &n);
	(void)name_find(t, ADA, &name);
	(void)practice_load(t, "stj", &practice);
	(void)identity_accounts(t, &ada.owner, all, IDENTITY_ACCOUNTS_MAX, &n);
	(void)meta_u64(t, "directory", 0, &v);
}

static void read_credentials(struct txn *t)
{
	static struct totp totp;
	static struct recovery recovery;
	static struct sms sms;
	char number[MOBILE_MAX + 1];
	uint8_t print[32];
	YUBIKEYS(keys);

	for (unsigned f = 1; f <= FACTOR_SMS_NEW; f++) {
		CREDENTIAL(c);

		if (credential_get(t, conv.seal, &ada.owner, f, &c) == 0)
			HOLDS(c.len <= CREDENTIAL_MAX);
		(void)credential_print(t, conv.seal, &ada.owner, f, print);
	}
	if (totp_load(t, &conv, &ada.owner, &totp) == 0)
		HOLDS(totp.len <= TOTP_SECRET_MAX && totp_step(&totp, "123456", 1777885200) != 1);
	if (recovery_load(t, &conv, &ada.owner, &recovery) == 0)
		HOLDS(recovery_left(&recovery) <= 12);
	if (sms_load(t, &conv, &ada.owner, &sms) == 0)
		HOLDS(strlen(sms.number) <= MOBILE_MAX && strlen(sms.next) <= MOBILE_MAX);
	if (sms_chosen_load(t, &conv, &ada.owner, number) == 0)
		HOLDS(strlen(number) <= MOBILE_MAX);
	if (yubikeys_load(t, &conv, &ada.owner, &keys) == 0)
		HOLDS(keys.n <= YUBIKEYS_MAX);
	struct now now = inside_world()->now;
	HOLDS(!activation_matches(t, &conv, &ada.owner, &now, "K7Q2-9FJM-31XT-WAB0"));
	HOLDS(!reset_matches(t, &conv, &ada.owner, &now, "K7Q2-9FJM-31XT-WAB0"));
	(void)activation_waits(t, &conv, &ada.owner, &now);
}

static void read_lists(struct txn *t)
{
	static struct ssh_key keys[SSH_KEYS_MAX];
	static struct queued q;
	static struct audit_row a;
	static struct scope root = { .root = true };
	struct words w = { .scope = &root };
	struct yubikey k = { .npublic = 6, .public = { 1, 2, 3, 4, 5, 6 } };
	struct now now = inside_world()->now;
	struct audit_state state;
	struct key at = { .len = 0 };
	struct request req;
	uint64_t number = 0;
	size_t n;

	if (ssh_keys_of(t, &ada.owner, keys, &n) == 0)
		for (size_t i = 0; i < n; i++)
			HOLDS(keys[i].len > 0 && keys[i].len <= SSH_BLOB_MAX);
	while (message_next(t, conv.seal, &number, &q) == 0)
		HOLDS(strlen(q.message.to) <= SIGN_IN_NAME_MAX && strlen(q.error) < sizeof q.error);
	for (number = 0; audit_next(t, &number, &a) == 0;)
		HOLDS(audit_event_name(a.event) != NULL && strlen(a.detail) < sizeof a.detail);
	(void)audit_check(t, conv.seal, &state);
	while (request_next(t, &now, &w, &at, &req) == 0)
		HOLDS(strlen(req.email) <= SIGN_IN_NAME_MAX);
	(void)pool_get(t, conv.seal, &k);
	for (at.len = 0; pool_next(t, &at, &k) == 0;)
		HOLDS(k.npublic <= PUBLIC_MAX);
}

static void read_rest(struct txn *t)
{
	struct code_at at = { .owner = ada.owner };
	struct glass_open opened;
	struct glass glass;
	struct lockout lockout;
	struct code code;
	struct recovering r = {
		.c = &conv, .p = &ada, .email = { .to = ada.identity.email }, .mobile = { .to = "" }
	};
	struct bytes value_of;
	struct key key = { .len = 0 };
	struct ticket ticket;
	struct session session;
	struct shift shift;
	bool there;

	(void)code_row_load(t, &at, &code, &there);
	(void)glass_load(t, "stj", &glass);
	(void)glass_open_load(t, &ada.owner, &opened);
	(void)recover_look(t, &r);
	while (txn_next(t, TABLE_LOCKOUT, "", 0, &key, &value_of) == 0)
		(void)lockout_get(value_of.p, value_of.len, &lockout);
	if (txn_get(t, TABLE_TICKET, &ada.owner, ID_BYTES, &value_of) == 0)
		(void)ticket_get(value_of.p, value_of.len, &ticket);
	if (txn_get(t, TABLE_SESSION, &ada.owner, ID_BYTES, &value_of) == 0)
		(void)session_get(value_of.p, value_of.len, &session);
	if (txn_get(t, TABLE_SHIFT, &ada.owner, ID_BYTES, &value_of) == 0)
		(void)shift_get(value_of.p, value_of.len, &shift);
}

static int put_and_read(struct txn *t, void *arg)
{
	const struct row *r = arg;

	if (r)
		HOLDS(txn_put(t, r->table, r->key, r->key_len, r->value, r->len) == 0);
	read_person(t);
	read_credentials(t);
	read_lists(t);
	read_rest(t);
	return 0;
}

static void try_row(void)
{
	static const char tables[] = "miapnxclstukoqfhewybzv";
	struct row r = { .table = (enum table)tables[fuzz_byte(&in) % (sizeof tables - 1)] };

	make_key(&r);
	r.value = in.p ? in.p : (const uint8_t *)"";
	r.len = in.left;
	HOLDS(inside_read(put_and_read, &r) == 0);
}

/* --- inside a seal --- */

static int put_credential(struct txn *t, void *arg)
{
	unsigned factor = fuzz_byte(&in) % (FACTOR_SMS_NEW + 1);
	CREDENTIAL(c);

	(void)arg;
	c.len = in.left < CREDENTIAL_MAX ? in.left : CREDENTIAL_MAX;
	if (c.len > 0)
		memcpy(c.plain, in.p, c.len);
	HOLDS(credential_put(t, conv.seal, &ada.owner, factor, &c) == 0);
	read_credentials(t);
	return 0;
}

static int put_message(struct txn *t, void *arg)
{
	static uint8_t sealed[8192], row[8192];
	static const uint8_t number[NUMBER_KEY] = { 0, 0, 0, 0, 0, 0, 0, 2 };
	struct writer w = writer_of(row, sizeof row);
	size_t n = in.left < 4096 ? in.left : 4096;

	(void)arg;
	seal_close(conv.seal, SEAL_OUTBOX, number, sizeof number, in.p, n, sealed);
	put_byte(&w, 1);
	put_u64(&w, 1, 1777885200);
	put_u64(&w, 2, 1777885200);
	put_u32(&w, 3, 0);
	put_u8(&w, 4, 0);
	put_text(&w, 5, "");
	put_bytes(&w, 6, sealed, n + SEAL_OVERHEAD);
	HOLDS(!w.bad && txn_put(t, TABLE_OUTBOX, number, sizeof number, row, w.len) == 0);
	read_lists(t);
	return 0;
}

/* A key's row, with the mark that makes it Ada's. */
static int put_key(struct txn *t, void *arg)
{
	static uint8_t row[4096];
	struct {
		struct id owner;
		uint8_t hash[SSH_KEY_HASH];
	} place = { .owner = ada.owner };
	struct reader r = reader_of(in.p, in.left);
	struct writer w = writer_of(row, sizeof row);
	struct field f = { .tag = 0 };
	uint8_t marked[HASH_BYTES];

	(void)arg;
	if (in.left > 3000 || in.left == 0)
		return 0;
	(void)take_u8(&r);
	if (next_field(&r, &f))
		crypto_hash_sha256(place.hash, f.p, f.len);
	memcpy(row, in.p, in.left);
	w.len = in.left;
	seal_hash(conv.seal, SEAL_SSH_KEY, &place, sizeof place, marked);
	put_bytes(&w, 5, marked, sizeof marked);
	HOLDS(txn_put(t, TABLE_SSH_KEY, &place, sizeof place, row, w.len) == 0);
	read_lists(t);
	static struct ssh_key k, again;
	if (ssh_key_load(t, conv.seal, &ada.owner, place.hash, &k) == 0) {
		HOLDS(ssh_key_save(t, conv.seal, &ada.owner, &k) == 0);
		HOLDS(ssh_key_load(t, conv.seal, &ada.owner, place.hash, &again) == 0 &&
			memcmp(&k, &again, sizeof k) == 0);
		HOLDS(ssh_key_del(t, &ada.owner, place.hash) == 0);
		HOLDS(ssh_key_save(t, conv.seal, &ada.owner, &k) == 0);
	}
	HOLDS(ssh_keys_drop(t, &ada.owner) == 0);
	HOLDS(ssh_key_load(t, conv.seal, &ada.owner, place.hash, &k) == -ENOENT);
	return 0;
}

/* --- a backup of it, and back --- */

static int sum_row(
	enum table table, const void *key, size_t key_len, const void *v, size_t len, uint64_t *sum)
{
	crypto_generichash_state h;
	uint8_t out[16], head[3] = { (uint8_t)table, (uint8_t)(key_len >> 8), (uint8_t)key_len };

	crypto_generichash_init(&h, NULL, 0, 16);
	crypto_generichash_update(&h, head, sizeof head);
	crypto_generichash_update(&h, key, key_len);
	crypto_generichash_update(&h, v, len);
	crypto_generichash_final(&h, out, sizeof out);
	*sum += number_get(out, 8);
	return 0;
}

static int sum_backup(const struct backup_row *r, void *sum)
{
	return sum_row(r->table, r->key, r->key_len, r->value, r->value_len, sum);
}

/* What a backup keeps, in any order. */
static uint64_t sum_store(struct txn *t)
{
	static const char kept[] = "iapnxcluqybz";
	uint64_t sum = 0;

	for (const char *table = kept; *table; table++) {
		struct key at = { .len = 0 };
		struct bytes v;

		while (txn_next(t, (enum table) * table, "", 0, &at, &v) == 0)
			sum_row((enum table) * table, at.bytes, at.len, v.p, v.len, &sum);
	}
	return sum;
}

static int not_meta(const struct backup_row *r, void *sum)
{
	return r->table == TABLE_META ? 0 : sum_backup(r, sum);
}

static int put_and_back_up(struct txn *t, void *arg)
{
	static const uint8_t wrapped[WRAP_BYTES];
	const struct row *r = arg;
	int fd = fuzz_file(0, "", 0);
	struct backup b;
	uint64_t sum = 0;

	HOLDS(txn_put(t, r->table, r->key, r->key_len, r->value, r->len) == 0);
	HOLDS(backup_begin(fd, wrapped, 1777885200, &b) == 0);
	HOLDS(backup_write(fd, &b, conv.seal, t) == 0);
	HOLDS(backup_open(fd, &b) == 0 && backup_read(fd, &b, conv.seal, not_meta, &sum) == 0);
	HOLDS(sum == sum_store(t));
	return 0;
}

static void try_backup(void)
{
	static const char tables[] = "iapnxcluqybz";
	struct row r = { .table = (enum table)tables[fuzz_byte(&in) % (sizeof tables - 1)] };

	make_key(&r);
	r.value = in.p;
	r.len = in.left;
	HOLDS(inside_read(put_and_back_up, &r) == 0);
}

/* --- */

static void stands_still(struct now *out)
{
	*out = inside_world()->now;
}

static int find_ada(struct txn *t, void *arg)
{
	(void)arg;
	return person_by_name(t, ADA, &ada);
}

static struct world make(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	with_messages(&w);
	return w;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	inside_make(make);
	conv = (struct conv){ .conf = &inside_world()->conf, .seal = world_seal(inside_world()) };
	conv.hello = command_hello("tty1");
	conv.hello.rhost = conv.hello.ruser = "";
	conv.now = stands_still;
	conv.service = conf_service(conv.conf, "login");
	inside_begin();
	HOLDS(inside_read(find_ada, NULL) == 0);
	inside_end();
	return 0;
}

void fuzz_one(const uint8_t *p, size_t len)
{
	in = (struct fuzz_input){ p, len };
	inside_begin();
	switch (fuzz_byte(&in)) {
	case 'r': try_form(); break;
	case 's': try_row(); break;
	case 'c': HOLDS(inside_read(put_credential, NULL) == 0); break;
	case 'm': HOLDS(inside_read(put_message, NULL) == 0); break;
	case 'b': try_backup(); break;
	case 'k': HOLDS(inside_read(put_key, NULL) == 0); break;
	}
	inside_end();
}
