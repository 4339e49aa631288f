/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: the journal has a field each and no field that a person made up; without it, syslog has
 * a line; nobody waits; each event's MESSAGE_ID is the one that the document names. */
#include "journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"
#include "conv.h"
#include "people.h"
#include "store/store.h"
#include "world.h"

static int listener(const char *folder, const char *name, char path[160])
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(path, 160, "%s/%s", folder, name);
	CHECK(strlen(path) < sizeof at.sun_path);
	strcpy(at.sun_path, path);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0);
	return fd;
}

static const char *heard(int fd)
{
	static char text[8192];
	ssize_t n = recv(fd, text, sizeof text - 1, 0);

	CHECK(n > 0);
	text[n] = 0;
	return text;
}

static struct audit_row row(void)
{
	return (struct audit_row){ .number = 12,
		.event = AUDIT_SIGN_IN,
		.who = "ada@example.org",
		.account = "HC000001",
		.practice = "stj",
		.service = "login",
		.tty = "tty1",
		.by = "root",
		.detail = "password right" };
}

TEST(the_journal_has_a_field_each)
{
	char path[160], want[80], id[MESSAGE_ID_TEXT];
	int fd = listener(test_folder(), "journal", path);
	struct audit_row a = row();

	journal_audit(path, "/nowhere", &a);
	const char *text = heard(fd);
	CHECK_HAS(text,
		"MESSAGE=sign-in: ada@example.org HC000001 at stj, login on tty1, by root: password right\n");
	journal_message_id(AUDIT_SIGN_IN, id);
	snprintf(want, sizeof want, "\nMESSAGE_ID=%s\n", id);
	CHECK_INT(strlen(id), 32);
	CHECK_HAS(text, want);
	static const char *const fields[] = { "PRIORITY=6", "HCAUTH_EVENT=sign-in",
		"HCAUTH_NUMBER=12", "HCAUTH_WHO=ada@example.org", "HCAUTH_ACCOUNT=HC000001",
		"HCAUTH_PRACTICE=stj", "HCAUTH_SERVICE=login", "HCAUTH_TTY=tty1", "HCAUTH_BY=root",
		"HCAUTH_DETAIL=password right" };
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		snprintf(want, sizeof want, "\n%s\n", fields[i]);
		CHECK_HAS(text, want);
	}
	CHECK(!strstr(text, "HCAUTH_RHOST")); /* was empty */
}

TEST(an_envelope_that_was_opened_is_critical)
{
	char path[160];
	int fd = listener(test_folder(), "journal", path);
	struct audit_row a = row();

	a.event = AUDIT_GLASS_BROKEN;
	journal_audit(path, "/nowhere", &a);
	const char *text = heard(fd);
	CHECK_HAS(text, "\nPRIORITY=2\n");
	CHECK_HAS(text, "MESSAGE=BREAK-GLASS: ada@example.org");
	journal_audit("/nowhere", path, &a); /* syslog: authpriv, critical */
	CHECK_INT(strncmp(heard(fd), "<82>hcauth-audit[", 17), 0);
}

TEST(no_value_begins_another_field)
{
	char path[160];
	int fd = listener(test_folder(), "journal", path);
	struct audit_row a = row();

	snprintf(a.rhost, sizeof a.rhost, "evil\nHCAUTH_BY=root");
	snprintf(a.by, sizeof a.by, "uid 1000\n_UID=0");
	a.event = AUDIT_REFUSED;
	journal_audit(path, "/nowhere", &a);
	const char *text = heard(fd);
	CHECK_HAS(text, "\nHCAUTH_RHOST=evil\\x0aHCAUTH_BY=root\n");
	CHECK_HAS(text, "\nHCAUTH_BY=uid 1000\\x0a_UID=0\n");
	CHECK_HAS(text, "\nPRIORITY=5\n");
	CHECK(!strstr(text, "\n_UID"));
}

TEST(without_a_journal_syslog_has_a_line)
{
	char path[160];
	int fd = listener(test_folder(), "log", path);
	struct audit_row a = row();

	journal_audit("/nowhere", path, &a);
	const char *text = heard(fd);
	CHECK_INT(strncmp(text, "<86>hcauth-audit[", 17), 0);
	CHECK_HAS(text, "]: 12: sign-in: ada@example.org HC000001 at stj");
	CHECK(!strchr(text, '\n'));
}

TEST(dl14_nobody_waits_for_a_journal_that_does_not_read)
{
	char path[160];
	struct audit_row a = row();

	(void)listener(test_folder(), "journal", path);
	for (int i = 0; i < 5000; i++) /* the case's time limit is the check */
		journal_audit(path, path, &a);
}

/* --- after the commit --- */

struct said {
	unsigned n;
	uint64_t number[8];
};

static struct said said;

static void say(const struct audit_row *a)
{
	CHECK(said.n < 8);
	said.number[said.n++] = a->number;
}

static void committed(void *store)
{
	audit_committed(store, say);
}

struct writing {
	struct conv *c;
	unsigned n;
	int result;
};

static int write_some(struct txn *t, void *arg)
{
	struct writing *w = arg;
	const struct now now = { .unix_s = 1 };

	for (unsigned i = 0; i < w->n; i++)
		CHECK_INT(audit(t, w->c, &now, AUDIT_UNLOCKED, NULL, ""), 0);
	return w->result;
}

static int write_none(struct txn *t, void *arg)
{
	(void)arg;
	return meta_set_u64(t, "something", 1);
}

static void tell_them(struct conv *c, void *arg)
{
	struct writing w = { .c = c, .n = 2 };

	store_on_commit(c->store, committed, c->store);
	CHECK_INT(store_update(c->store, NEED_ALWAYS, write_some, &w), 0);
	CHECK_INT(said.n, 2);
	CHECK(said.number[0] == 1 && said.number[1] == 2);
	CHECK_INT(store_update(c->store, NEED_ALWAYS, write_none, &w), 0);
	CHECK_INT(said.n, 2);
	w.result = -5; /* comes to nothing */
	CHECK_INT(store_update(c->store, NEED_ALWAYS, write_some, &w), -5);
	CHECK_INT(said.n, 2);
	CHECK_INT(store_update(c->store, NEED_ALWAYS, write_none, &w), 0);
	CHECK_INT(said.n, 2);
	w = (struct writing){ .c = c, .n = 1 };
	CHECK_INT(store_update(c->store, NEED_ALWAYS, write_some, &w), 0);
	CHECK_INT(said.n, 3);
	CHECK_INT(said.number[2], 3);
	*(struct said *)arg = said;
}

TEST(each_record_is_told_once_and_only_after_its_commit)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct said s = { .n = 0 };

	in_conversation(&w, tell_them, &s, sizeof s);
	CHECK_INT(s.n, 3);
}

/* --- the document --- */

TEST(the_document_names_each_event_and_its_message_id)
{
	const char *from = getenv("srcdir"); /* make check; by hand, from the build folder */
	static char page[65536];
	char path[512], want[120], id[MESSAGE_ID_TEXT];

	snprintf(path, sizeof path, "%s/doc/audit.md", from ? from : "..");
	FILE *f = fopen(path, "r");
	CHECK(f != NULL);
	size_t n = fread(page, 1, sizeof page - 1, f);
	fclose(f);
	CHECK(n > 0 && n < sizeof page - 1);
	for (unsigned e = 1; strcmp(audit_event_name(e), "?") != 0; e++) {
		journal_message_id(e, id);
		snprintf(want, sizeof want, "\n| %s | %s |", audit_event_name(e), id);
		CHECK_HAS(page, want);
	}
}
