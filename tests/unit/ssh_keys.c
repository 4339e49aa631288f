/* SPDX-License-Identifier: Apache-2.0 */
/* ssh keys of people. What must hold: what is taken is a whole public key of a strength that lasts; only its
 * person adds and removes it, behind what they sign in with; it is published while they may sign in, under
 * each of their system users, and at no other time. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "codec.h"
#include "seal.h"
#include "ssh_key.h"
#include "ssh_lines.h"
#include "store/store.h"
#include "text.h"
#include "verbs.h"
#include "world.h"

#define AS_ADA(w, ...) as_ada(w, (const char *const[]){ __VA_ARGS__, NULL }, NULL)
enum { ADA_UID = 20000 };

static struct talk *as_ada(struct world *w, const char *const *words, const char *const *answers)
{
	static const char *const none[] = { NULL };

	w->peer = w->ruid = ADA_UID;
	struct talk *t = command(w, words, answers ? answers : none);
	w->peer = w->ruid = 0;
	return t;
}

/* Behind a password and a code that was not used yet. */
static struct talk *proved(struct world *w, const char *const *words)
{
	clock_add(w, 60);
	return as_ada(
		w, words, (const char *const[]){ ADA_PASSWORD, app_code(w, ada_secret, 0), NULL });
}

#define PROVED(w, ...) proved(w, (const char *const[]){ __VA_ARGS__, NULL })

/* How many keys the directory has for a system user: in the file that only the daemon's user reads. */
static unsigned published(const struct world *w, const char *user)
{
	static uint8_t row[DIR_ROW_MAX];
	struct reader keys;
	unsigned n = 0;
	char path[200];
	size_t len;

	snprintf(path, sizeof path, "%s/directory/public.cdb", w->folder);
	CHECK_INT(dir_find(path, DIR_KEYS, user, row, sizeof row, &len), -ENOENT);
	snprintf(path, sizeof path, "%s/directory/private.cdb", w->folder);
	int r = dir_find(path, DIR_KEYS, user, row, sizeof row, &len);
	if (r == -ENOENT)
		return 0;
	CHECK_INT(r, 0);
	CHECK_INT(dir_keys(row, len, &keys), 0);
	while (next_text(&keys))
		n++;
	return n;
}

static struct world with_a_key(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_INT(PROVED(&w, "ssh-keys", "add", "--", KEY_ED25519)->outcome.status, STATUS_DONE);
	CHECK_INT(published(&w, "adae"), 1);
	return w;
}

TEST(ssh_key_of_each_type_is_read)
{
	static const struct {
		const char *line, *type, *name;
	} good[] = {
		{ KEY_ED25519, "ssh-ed25519", "ada@ed25519-256" },
		{ KEY_P256, "ecdsa-sha2-nistp256", "ada@ecdsa-256" },
		{ KEY_P384, "ecdsa-sha2-nistp384", "ada@ecdsa-384" },
		{ KEY_P521 "\n", "ecdsa-sha2-nistp521", "ada@ecdsa-521" },
		{ "  " KEY_RSA_3072 "\r\n", "ssh-rsa", "ada@rsa-3072" },
		{ KEY_SK_ED25519, "sk-ssh-ed25519@openssh.com", "ada@token" },
		{ KEY_SK_P256 " of hers ", "sk-ecdsa-sha2-nistp256@openssh.com",
			"ada@token of hers" },
	};
	char type[SSH_PRINT_MAX], text[SSH_TEXT_MAX], print[SSH_PRINT_MAX];
	struct ssh_key k, again;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		const char *problem = ssh_key_parse(good[i].line, &k);

		CHECK_TEXT(problem ? problem : "", "");
		ssh_key_type(&k, type);
		CHECK_TEXT(type, good[i].type);
		CHECK_TEXT(k.name, good[i].name);
		ssh_key_text(&k, text);
		CHECK(strstr(good[i].line, text) != NULL);
		CHECK(ssh_key_parse(text, &again) == NULL);
		CHECK_BYTES(again.hash, k.hash, sizeof k.hash);
		CHECK_TEXT(again.name, "key");
	}
	CHECK(ssh_key_parse(KEY_ED25519, &k) == NULL);
	ssh_key_print(&k, print);
	CHECK_TEXT(print, PRINT_ED25519);
	CHECK(ssh_key_parse(KEY_RSA_3072, &k) == NULL);
	ssh_key_print(&k, print);
	CHECK_TEXT(print, PRINT_RSA_3072);
}

TEST(ssh_key_that_is_weak_or_no_key_is_refused)
{
	static const struct {
		const char *line, *problem;
	} bad[] = {
		{ "", TEXT_KEY_TYPE },
		{ "hello", TEXT_KEY_TYPE },
		{ "ssh-dss AAAAB3NzaC1kc3M=", TEXT_KEY_TYPE },
		{ "command=\"id\" " KEY_ED25519, TEXT_KEY_TYPE },
		{ "no-pty " KEY_ED25519, TEXT_KEY_TYPE },
		{ "ssh-ed25519-cert-v01@openssh.com AAAA", TEXT_KEY_TYPE },
		{ "-----BEGIN OPENSSH PRIVATE KEY-----", TEXT_KEY_PRIVATE },
		{ "ssh-ed25519", TEXT_KEY_BROKEN },
		{ "ssh-ed25519 !!!!", TEXT_KEY_BROKEN },
		{ "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAICWZ6dcmkmcqP5xyl6h44jgOrZMceL8hJRDZmv8kTCR1",
			TEXT_KEY_BROKEN },
		{ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICWZ6dcmkmcqP5xyl6h44jgOrZMceL8hJRDZmv8kTCQ=",
			TEXT_KEY_BROKEN },
		{ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICWZ6dcmkmcqP5xyl6h44jgOrZMceL8hJRDZmv8kTCR1AA==",
			TEXT_KEY_BROKEN },
		{ "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAA", TEXT_KEY_BROKEN },
		{ "ssh-rsa AAAAB3NzaC1yc2EAAAAAAAAAAA==", TEXT_KEY_BROKEN },
		{ KEY_RSA_2048, TEXT_KEY_SHORT },
		{ KEY_RSA_3071, TEXT_KEY_SHORT },
		{ KEY_ED25519 "\n" KEY_P256, TEXT_KEY_LINES },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct ssh_key k = { .len = 77 };
		const char *problem = ssh_key_parse(bad[i].line, &k);

		CHECK_TEXT(problem ? problem : bad[i].line, bad[i].problem);
		CHECK_INT(k.len, 77);
	}
}

/* Every cut and every flipped byte of a line is refused or another key: none is read beyond its end. */
TEST(ssh_key_lines_that_are_damaged_are_never_the_same_key)
{
	static const char *const lines[] = { KEY_ED25519, KEY_P521, KEY_RSA_3072, KEY_SK_P256 };
	char line[1600];
	struct ssh_key k, got;

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		CHECK(ssh_key_parse(lines[i], &k) == NULL);
		size_t end = (size_t)(strrchr(lines[i], ' ') - lines[i]);

		for (size_t at = 0; at < end; at++) {
			snprintf(line, sizeof line, "%.*s", (int)at, lines[i]);
			CHECK(ssh_key_parse(line, &got) != NULL);
			snprintf(line, sizeof line, "%s", lines[i]);
			line[at] = line[at] == 'A' ? 'B' : 'A';
			if (ssh_key_parse(line, &got) == NULL)
				CHECK(memcmp(got.hash, k.hash, sizeof k.hash) != 0);
		}
	}
}

TEST(ssh_key_name_that_could_not_be_shown_is_none)
{
	struct ssh_key k;

	CHECK(ssh_key_parse(KEY_ED25519 "\033[2J", &k) == NULL);
	CHECK_TEXT(k.name, "key");
	CHECK(ssh_key_parse(KEY_ED25519 "0123456789012345678901234567890123456789"
					"0123456789012345678901234567890123456789",
		      &k) == NULL);
	CHECK_TEXT(k.name, "key");
}

TEST(a_person_adds_a_key_and_is_told)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	with_messages(&w);
	w.conf.sms[0] = 0;
	struct talk *t = PROVED(&w, "ssh-keys", "add", "--", KEY_ED25519);
	CHECK_TEXT(last_line(t), "Added: ada@ed25519-256 " PRINT_ED25519);
	CHECK_INT(t->outcome.status, STATUS_DONE);
	CHECK_INT(published(&w, "adae"), 1);
	t = COMMAND(&w, "audit", "--json");
	CHECK_HAS(t->seen, "ssh key " PRINT_ED25519);
	t = AS_ADA(&w, "ssh-keys");
	CHECK_HAS(t->seen,
		" 1  not used    ssh-ed25519          " PRINT_ED25519 "  ada@ed25519-256\n");
	t = AS_ADA(&w, "ssh-keys", "--json");
	CHECK_HAS(t->seen, "\"fingerprint\":\"" PRINT_ED25519 "\"");
	CHECK_INT(PROVED(&w, "ssh-keys", "add", "--", KEY_ED25519)->outcome.status, STATUS_EXISTS);
	CHECK_INT(published(&w, "adae"), 1);
}

static int verify_address(struct txn *t, void *arg)
{
	struct person ada;
	int r = person_by_name(t, ADA, &ada);

	(void)arg;
	ada.identity.email_verified = 1;
	return r < 0 ? r : identity_save(t, &ada.identity);
}

TEST(a_verified_address_hears_of_a_new_key)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char none = 0;

	enrol_ada(&w);
	with_messages(&w);
	CHECK_INT(in_store(&w, verify_address, &none, sizeof none), 0);
	CHECK_INT(PROVED(&w, "ssh-keys", "add", "--", KEY_ED25519)->outcome.status, STATUS_DONE);
	const struct message *m = queued_message(&w, CHANNEL_EMAIL, 0);
	CHECK(m != NULL);
	CHECK_TEXT(m->what, "Your ssh keys were changed");
	CHECK_INT(PROVED(&w, "ssh-keys", "remove", "1")->outcome.status, STATUS_DONE);
	CHECK(queued_message(&w, CHANNEL_EMAIL, 1) != NULL);
}

TEST(a_key_can_be_pasted)
{
	struct world w = world_at("2026-05-04 09:00:00");
	static const char *const words[] = { "ssh-keys", "add", NULL };

	enrol_ada(&w);
	struct talk *t = as_ada(&w, words,
		(const char *const[]){ ADA_PASSWORD, app_code(&w, ada_secret, 0), KEY_P256, NULL });
	CHECK_INT(t->outcome.status, STATUS_DONE);
	clock_add(&w, 60);
	t = as_ada(&w, words,
		(const char *const[]){
			ADA_PASSWORD, app_code(&w, ada_secret, 0), "", "", "", NULL });
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_TEXT(last_line(t), TEXT_KEY_STOPPED);
	CHECK_INT(published(&w, "adae"), 1);
}

static void switch_ada_off(struct world *root)
{
	CHECK_INT(COMMAND(root, "identity", "disable", ADA)->outcome.status, STATUS_DONE);
}

TEST(who_is_switched_off_meanwhile_adds_no_key)
{
	static const char *const words[] = { "ssh-keys", "add", NULL };
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.meanwhile = switch_ada_off;
	struct talk *t = as_ada(&w, words,
		(const char *const[]){
			ADA_PASSWORD, app_code(&w, ada_secret, 0), "@meanwhile", KEY_P256, NULL });
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_TEXT(last_line(t), TEXT_DISABLED);
}

TEST(a_key_is_nobody_s_without_a_proof)
{
	struct world w = with_a_key();
	static const char *const wrong[] = { ADA_PASSWORD, "000000", NULL };
	struct talk *t;

	t = as_ada(&w, (const char *const[]){ "ssh-keys", "add", "--", KEY_P256, NULL }, wrong);
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	t = as_ada(&w, (const char *const[]){ "ssh-keys", "remove", "1", NULL }, wrong);
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_INT(published(&w, "adae"), 1);
	/* what is no key is said before anybody types a password for it */
	t = AS_ADA(&w, "ssh-keys", "add", "--", KEY_RSA_2048);
	CHECK_INT(t->asks, 0);
	CHECK_TEXT(last_line(t), TEXT_KEY_SHORT);
	/* and root has none */
	CHECK_INT(
		COMMAND(&w, "ssh-keys", "add", "--", KEY_P256)->outcome.status, STATUS_NOT_ALLOWED);
}

TEST(a_key_is_removed_by_number_or_name)
{
	struct world w = with_a_key();
	struct talk *t;

	CHECK_INT(PROVED(&w, "ssh-keys", "add", "--", KEY_P256)->outcome.status, STATUS_DONE);
	CHECK_INT(PROVED(&w, "ssh-keys", "add", "--", KEY_SK_P256)->outcome.status, STATUS_DONE);
	CHECK_INT(PROVED(&w, "ssh-keys", "add", "--", KEY_SK_ED25519)->outcome.status, STATUS_DONE);
	CHECK_INT(AS_ADA(&w, "ssh-keys", "remove", "5")->outcome.status, STATUS_NO_SUCH);
	CHECK_INT(AS_ADA(&w, "ssh-keys", "remove", "0")->outcome.status, STATUS_NO_SUCH);
	CHECK_INT(AS_ADA(&w, "ssh-keys", "remove", "nosuch")->outcome.status, STATUS_NO_SUCH);
	t = AS_ADA(&w, "ssh-keys", "remove", "ada@token");
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_TEXT(last_line(t), TEXT_KEY_TWO);
	t = PROVED(&w, "ssh-keys", "remove", "2");
	CHECK_HAS(last_line(t), "Removed: ada@ecdsa-256 SHA256:");
	CHECK_INT(published(&w, "adae"), 3);
	t = PROVED(&w, "ssh-keys", "remove", "ada@ed25519-256");
	CHECK_TEXT(last_line(t), "Removed: ada@ed25519-256 " PRINT_ED25519);
	CHECK_INT(published(&w, "adae"), 2);
}

struct adding {
	const uint8_t *seal_key;
	unsigned n;
};

static int add_many(struct txn *t, void *arg)
{
	struct adding *a = arg;
	struct person ada;
	struct ssh_key k;
	int r = person_by_name(t, ADA, &ada);

	for (unsigned i = 0; r == 0 && i < a->n; i++) {
		CHECK(ssh_key_parse(KEY_ED25519, &k) == NULL);
		k.blob[k.len - 1] = (uint8_t)i;
		memset(k.hash, (int)i, sizeof k.hash);
		r = ssh_key_save(t, seal_of(a->seal_key), &ada.owner, &k);
	}
	return r;
}

TEST(a_person_has_sixteen_keys_at_most)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct adding a = { .seal_key = w.key, .n = SSH_KEYS_MAX - 1 };
	CHECK_INT(in_store(&w, add_many, &a, sizeof a), 0);
	CHECK_INT(PROVED(&w, "ssh-keys", "add", "--", KEY_P256)->outcome.status, STATUS_DONE);
	CHECK_INT(published(&w, "adae"), SSH_KEYS_MAX);
	struct talk *t = PROVED(&w, "ssh-keys", "add", "--", KEY_P384);
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_HAS(last_line(t), "You have 16 keys already.");
}

TEST(keys_are_published_only_while_their_person_may_sign_in)
{
	struct world w = with_a_key();

	COMMAND(&w, "identity", "disable", ADA);
	CHECK_INT(published(&w, "adae"), 0);
	COMMAND(&w, "identity", "enable", ADA);
	CHECK_INT(published(&w, "adae"), 1);
	COMMAND(&w, "account", "disable", "HC000001");
	CHECK_INT(published(&w, "adae"), 0);
	COMMAND(&w, "account", "enable", "HC000001");
	CHECK_INT(published(&w, "adae"), 1);
	COMMAND(&w, "account", "add", "HC000002", "--practice", "stj", "--identity", ADA, "--user",
		"adaq");
	CHECK_INT(published(&w, "adaq"), 1);
	COMMAND(&w, "account", "unlink", "HC000002");
	CHECK_INT(published(&w, "adaq"), 0);
	CHECK_INT(published(&w, "adae"), 1);
	COMMAND(&w, "leave", ADA);
	CHECK_INT(published(&w, "adae"), 0);
	CHECK_INT(published(&w, "adaq"), 0);
}

TEST(a_reset_takes_the_keys_away)
{
	struct world w = with_a_key();

	COMMAND(&w, "identity", "reset", ADA);
	CHECK_INT(published(&w, "adae"), 0);
}

TEST(a_user_id_has_no_keys_of_its_own)
{
	struct world w = world_at("2026-05-04 09:00:00");

	COMMAND(&w, "practice", "add", "stj", "St John's Surgery");
	COMMAND(&w, "account", "add", "HC000001", "--practice", "stj", "--user", "adae");
	struct talk *t = AS_ADA(&w, "ssh-keys", "add", "--", KEY_ED25519);
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_TEXT(last_line(t), TEXT_ADDRESS_USERID);
	CHECK_INT(published(&w, "adae"), 0);
}
