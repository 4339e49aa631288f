/* SPDX-License-Identifier: Apache-2.0 */
/* What was proved before. What must hold: root's own programs alone are believed, sshd's word only of a key
 * that the store has for that very person, a fingerprint only here; either stands in for the step that names
 * it, and over the network a key that is nobody's looks like one that is somebody's. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "ssh_key.h"
#include "ssh_lines.h"
#include "store/store.h"
#include "text.h"
#include "world.h"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)
#define BIT(f) (1u << FACTOR_##f)
#define PROVED_BY(line) "publickey " line "\n"

enum { ADA_UID = 20000 };

static struct service *service(struct world *w, const char *name)
{
	size_t i = 0;

	while (i < w->conf.nservices && strcmp(w->conf.service[i].name, name) != 0)
		i++;
	CHECK(i < w->conf.nservices);
	return &w->conf.service[i];
}

static void rule(struct world *w, const char *name, uint32_t first, uint32_t second)
{
	struct service *s = service(w, name);

	s->step[0] = first;
	s->step[1] = second;
	s->nsteps = second ? 2 : 1;
}

static struct world ada_with_a_key(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.peer = w.ruid = ADA_UID;
	struct talk *t =
		command(&w, (const char *const[]){ "ssh-keys", "add", "--", KEY_ED25519, NULL },
			(const char *const[]){ ADA_PASSWORD, app_code(&w, ada_secret, 0), NULL });
	CHECK_INT(t->outcome.status, 0);
	w.peer = w.ruid = 0;
	clock_add(&w, 60);
	rule(&w, "sshd", BIT(KEY), BIT(TOTP));
	w.rhost = "192.0.2.7";
	w.tty = "ssh";
	return w;
}

static struct talk *ssh(struct world *w)
{
	clock_add(w, 60);
	return SIGN_IN(w, "sshd", "adae", app_code(w, ada_secret, 0));
}

static const char *last_audit(struct world *w, const char *event)
{
	static char line[600];
	struct world root = *w;
	const char *at = NULL, *seen;

	root.rhost = "";
	seen = COMMAND(&root, "audit", "--json")->seen;
	for (const char *p = seen; (p = strstr(p, event)); p++)
		at = p;
	CHECK(at != NULL);
	while (at > seen && at[-1] != '\n')
		at--;
	snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
	return line;
}

TEST(key_and_code_sign_in_without_a_password)
{
	struct world w = ada_with_a_key();

	w.ssh_auth = PROVED_BY(KEY_ED25519);
	struct talk *t = ssh(&w);
	CHECK_TEXT(t->seen, "Code: \n");
	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(last_audit(&w, "sign-in"), "key right, totp right");
	/* and when it was used stands in the list */
	w.rhost = "";
	w.peer = w.ruid = ADA_UID;
	CHECK_HAS(COMMAND(&w, "ssh-keys")->seen, "2026-05-04");
}

TEST(a_key_behind_other_methods_and_other_lines_counts)
{
	struct world w = ada_with_a_key();

	w.ssh_auth = "password\npublickey " KEY_P256 "\n" PROVED_BY(KEY_ED25519);
	CHECK_VERDICT(GRANTED, ssh(&w));
}

/* Same prompts, no verdict before the code, and the code is not looked at. */
TEST(a_key_that_the_store_does_not_have_is_refused_as_a_wrong_code_is)
{
	static const char *const others[] = { "", PROVED_BY(KEY_P256), "hostbased " KEY_ED25519,
		"password " KEY_ED25519, "publickey ssh-ed25519", "publickey", KEY_ED25519,
		" " PROVED_BY(KEY_ED25519), "publickey/x " KEY_ED25519,
		"publickey ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAICWZ6dcmkmcqP5xyl6h44jgOrZMceL8hJRDZmv8kTCR1\n",
		"publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICWZ6dcmkmcqP5xyl6h44jgOrZMceL8hJRDZmv8kTCR\n",
		"publickey from=\"\" " KEY_ED25519 };
	struct world w = ada_with_a_key();

	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		w.ssh_auth = others[i];
		struct talk *t = ssh(&w);
		CHECK_VERDICT(REFUSED, t);
		CHECK_TEXT(t->seen, "Code: \n");
		CHECK_TEXT(t->outcome.ticket, "");
	}
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_NETWORK), 0);
	w.ssh_auth = PROVED_BY(KEY_ED25519);
	struct talk *t = SIGN_IN(&w, "sshd", "adae", "000000");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Code: \n");
	CHECK_HAS(last_audit(&w, "refused"), "key right, totp wrong");
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_NETWORK), 1);
	t = SIGN_IN(&w, "sshd", "nobody@example.org", "000000");
	CHECK_TEXT(t->seen, "Code: \n");
	CHECK_VERDICT(REFUSED, t);
}

TEST(a_step_with_another_way_asks_for_that)
{
	struct world w = ada_with_a_key();

	rule(&w, "sshd", BIT(KEY) | BIT(PASSWORD), BIT(TOTP));
	w.ssh_auth = PROVED_BY(KEY_P256);
	clock_add(&w, 60);
	struct talk *t = SIGN_IN(&w, "sshd", "adae", ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_VERDICT(GRANTED, t);
	w.ssh_auth = PROVED_BY(KEY_ED25519);
	CHECK_VERDICT(GRANTED, ssh(&w));
}

TEST(a_key_counts_for_its_own_person_alone)
{
	struct world w = ada_with_a_key();

	w.rhost = "";
	COMMAND(&w, "identity", "add", "ben@example.org", "--name", "Ben Example");
	COMMAND(&w, "account", "add", "HC000002", "--practice", "stj", "--identity",
		"ben@example.org", "--user", "bene");
	w.rhost = "192.0.2.7";
	rule(&w, "sshd", BIT(KEY), 0);
	w.ssh_auth = PROVED_BY(KEY_ED25519);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", "bene", "000000"));
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "sshd", "adae", NULL));
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "sshd", ADA, NULL));
}

struct moving {
	bool to_other;
};

/* A row that somebody has written into the database by hand: ada's, under ben. */
static int move_row(struct txn *t, void *arg)
{
	struct key at = { .len = 0 };
	struct person ben;
	struct bytes row;
	uint8_t key[ID_BYTES + SSH_KEY_HASH], copy[2048];
	int r = person_by_name(t, "bene", &ben);

	(void)arg;
	if (r < 0 || (r = txn_next(t, TABLE_SSH_KEY, "", 0, &at, &row)) < 0)
		return r;
	memcpy(copy, row.p, row.len);
	size_t len = row.len;
	memcpy(key, ben.owner.bytes, ID_BYTES);
	memcpy(key + ID_BYTES, at.bytes + ID_BYTES, SSH_KEY_HASH);
	return txn_put(t, TABLE_SSH_KEY, key, sizeof key, copy, len);
}

TEST(a_key_that_was_put_into_the_database_proves_nothing)
{
	struct world w = ada_with_a_key();
	struct moving m = { .to_other = true };

	w.rhost = "";
	COMMAND(&w, "identity", "add", "ben@example.org", "--name", "Ben Example");
	COMMAND(&w, "account", "add", "HC000002", "--practice", "stj", "--identity",
		"ben@example.org", "--user", "bene");
	CHECK_INT(in_store(&w, move_row, &m, sizeof m), 0);
	w.rhost = "192.0.2.7";
	rule(&w, "sshd", BIT(KEY), 0);
	w.ssh_auth = PROVED_BY(KEY_ED25519);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", "bene", "000000"));
}

static void remove_key(struct world *root)
{
	struct world ada = *root;

	ada.peer = ada.ruid = ADA_UID;
	ada.rhost = ada.ssh_auth = "";
	CHECK_INT(
		command(&ada, (const char *const[]){ "ssh-keys", "remove", "1", NULL },
			(const char *const[]){ ADA_PASSWORD, app_code(&ada, ada_secret, 0), NULL })
			->outcome.status,
		0);
}

TEST(a_key_removed_while_the_code_is_typed_does_not_count)
{
	struct world w = ada_with_a_key();

	w.ssh_auth = PROVED_BY(KEY_ED25519);
	w.meanwhile = remove_key;
	clock_add(&w, 60);
	CHECK_VERDICT(
		REFUSED, SIGN_IN(&w, "sshd", "adae", "@meanwhile", app_code(&w, ada_secret, 1)));
}

TEST(a_key_of_somebody_disabled_is_refused)
{
	struct world w = ada_with_a_key();

	w.ssh_auth = PROVED_BY(KEY_ED25519);
	clock_add(&w, 60);
	CHECK_VERDICT(
		REFUSED, SIGN_IN(&w, "sshd", "adae", "@disable", app_code(&w, ada_secret, 0)));
	w.rhost = "";
	COMMAND(&w, "identity", "enable", ADA);
	w.rhost = "192.0.2.7";
	CHECK_VERDICT(GRANTED, ssh(&w));
}

/* su and the like are root's too, but somebody has called them, and whose PAM environment they have is not
 * sshd's alone; a program of the person's own says what it likes. */
TEST(only_sshd_is_believed_about_a_key)
{
	struct world w = ada_with_a_key();

	rule(&w, "sshd", BIT(KEY), 0);
	w.ssh_auth = PROVED_BY(KEY_ED25519);
	w.rhost = "";
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", "adae", NULL));
	w.rhost = "192.0.2.7";
	w.ruid = ADA_UID;
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", "adae", NULL));
	w.peer = ADA_UID;
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", "adae", NULL));
	w.peer = w.ruid = 0;
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "sshd", "adae", NULL));
}

/* --- fingerprints --- */

TEST(a_fingerprint_spares_the_pin_here)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.have = "fingerprint";
	struct talk *t = SIGN_IN(&w, "kiosk", "adae", NULL);
	CHECK_INT(t->asks, 0);
	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(last_audit(&w, "sign-in"), "fingerprint right");
	w.have = "smartcard,fingerprint";
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", "adae", NULL));
	static const char *const others[] = { "", "fingerprints", "finger", "xfingerprint",
		"smartcard", "Fingerprint" };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		w.have = others[i];
		t = SIGN_IN(&w, "kiosk", "adae", ADA_PIN);
		CHECK_TEXT(t->seen, "PIN: \n");
		CHECK_VERDICT(GRANTED, t);
	}
}

TEST(a_fingerprint_spares_neither_password_nor_code)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.have = "fingerprint";
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_VERDICT(GRANTED, t);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, "not hers at all", "000000"));
}

TEST(a_fingerprint_is_believed_from_root_s_programs_here_alone)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.have = "fingerprint";
	w.peer = w.ruid = ADA_UID;
	CHECK_TEXT(SIGN_IN(&w, "kiosk", "adae", "@hang-up")->seen, "PIN: \n");
	w.peer = w.ruid = 0;
	w.rhost = "192.0.2.7";
	CHECK_TEXT(SIGN_IN(&w, "kiosk", "adae", "@hang-up")->seen, "Password: \n");
	rule(&w, "sshd", BIT(FINGERPRINT), 0);
	struct talk *t = SIGN_IN(&w, "sshd", "adae", NULL);
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 0);
}

TEST(a_fingerprint_of_nobody_is_nothing)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.have = "fingerprint";
	struct talk *t = SIGN_IN(&w, "kiosk", "nobody@example.org", "12345");
	CHECK_VERDICT(REFUSED, t);
	COMMAND(&w, "identity", "disable", ADA);
	t = SIGN_IN(&w, "kiosk", "adae", NULL);
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, TEXT_DISABLED);
}

TEST(a_rule_may_name_the_fingerprint)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	rule(&w, "kiosk", BIT(FINGERPRINT) | BIT(PIN), 0);
	struct talk *t = SIGN_IN(&w, "kiosk", "adae", ADA_PIN);
	CHECK_TEXT(t->seen, "PIN: \n");
	CHECK_VERDICT(GRANTED, t);
	rule(&w, "kiosk", BIT(PASSWORD), BIT(FINGERPRINT));
	t = SIGN_IN(&w, "kiosk", "adae", ADA_PASSWORD);
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(last_line(t), TEXT_FINGERPRINT_MISSING);
	CHECK_HAS(last_audit(&w, "refused"), "password right, fingerprint missing");
	w.have = "fingerprint";
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", "adae", ADA_PASSWORD));
}

/* The practice asks for a PIN in every sign-in. */
TEST(a_fingerprint_is_the_pin_that_a_practice_requires)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	COMMAND(&w, "practice", "set", "stj", "--require", "pin");
	struct talk *t =
		SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0), ADA_PIN);
	CHECK_TEXT(t->seen, "Password: \nCode: \nPIN: \n");
	CHECK_VERDICT(GRANTED, t);
	w.have = "fingerprint";
	clock_add(&w, 60);
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_VERDICT(GRANTED, t);
	/* and what only some doors can prove is nothing that a practice could ask for at all of them */
	CHECK_VERDICT(REFUSED, COMMAND(&w, "practice", "set", "stj", "--require", "key"));
	CHECK_VERDICT(REFUSED, COMMAND(&w, "practice", "set", "stj", "--require", "fingerprint"));
}

/* A greeter for which the sysadmin has said shift = yes. */
TEST(a_fingerprint_spares_the_pin_of_a_shift_and_ends_with_it)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct service *s = &w.conf.service[w.conf.nservices++];
	*s = *service(&w, "login");
	s->shift = true;
	snprintf(s->name, sizeof s->name, "%s", "greeter");
	w.have = "fingerprint";
	CHECK_VERDICT(GRANTED, COMMAND(&w, "lock", ADA)); /* that of the first sign-in */
	CHECK_HAS(SIGN_IN(&w, "greeter", "adae", "@hang-up")->seen, "Password: \n");
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	struct talk *t = SIGN_IN(&w, "greeter", "adae", NULL);
	CHECK_INT(t->asks, 0);
	CHECK_VERDICT(GRANTED, t);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "lock", ADA));
	CHECK_HAS(SIGN_IN(&w, "greeter", "adae", "@hang-up")->seen, "Password: \n");
}
