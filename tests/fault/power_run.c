/* SPDX-License-Identifier: Apache-2.0 */
/* Real work, for the power to be cut in: the command as root, and conversations as the daemon's user. */
#include "fault/power_run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "guard.h"
#include "seal.h"
#include "store/store.h"
#include "unit/init_machine.h"
#include "world.h"

static struct world base;

/* The world's own store is not used; what it needs is where nobody looks. */
void power_begin(void)
{
	base = world_at("2026-01-01 00:00:00");
	CHECK_INT(rename("store", "libexec/store") + rename("directory", "libexec/directory"), 0);
	CHECK_INT(rename("role-addresses", "libexec/role-addresses"), 0);
	snprintf(base.roles, sizeof base.roles, "%s/libexec/role-addresses", test_folder());
	CHECK_INT(chown(base.roles, DAEMON, DAEMON), 0);
	base.machine_key = "etc/machine.key";
	base.daemon = DAEMON;
}

struct world power_world(uint64_t unix_s)
{
	struct world w = base;
	int fd = open("lib/slots", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	CHECK_INT(fchown(fd, DAEMON, DAEMON), 0);
	close(fd);
	CHECK(getcwd(w.folder, sizeof w.folder - 4) != NULL);
	memcpy(w.folder + strlen(w.folder), "/lib", 5);
	w.now.unix_s = unix_s;
	return w;
}

/* --- what is told, and to whom --- */

static void told(const struct world *w, const char *what)
{
	power_mark("%" PRIu64 " %s", w->now.unix_s, what);
}

static void told_of(const struct world *w, const char *what, const char *of)
{
	power_mark("%" PRIu64 " %s %s", w->now.unix_s, what, of);
}

static void hear_spent(struct told *t, const char *code)
{
	struct spent *s = &t->spent[strlen(code) > 6];

	snprintf(s->code, sizeof s->code, "%.31s", code);
	s->time = t->time;
}

/* Its time, what it is, and of what. */
static void hear(struct told *t, const char *text)
{
	char *what;

	t->time = strtoull(text, &what, 10);
	const char *of = strchr(++what, ' ');
	const size_t n = of ? (size_t)(of++ - what) : strlen(what);

	if (strncmp(what, "begin", n) == 0)
		snprintf(t->running, sizeof t->running, "%.15s", of);
	else if (strncmp(what, "done", n) == 0)
		*t->running = 0;
	else if (strncmp(what, "key", n) == 0)
		snprintf(t->recovery, sizeof t->recovery, "%.79s", of);
	else if (strncmp(what, "secret", n) == 0)
		snprintf(t->secret, sizeof t->secret, "%.63s", of);
	else if (strncmp(what, "spent", n) == 0)
		hear_spent(t, of);
	t->made = *t->recovery != 0;
	t->enrolled = *t->secret != 0;
	t->gone |= strncmp(what, "gone", n) == 0;
}

struct told power_told(const struct power_log *log, size_t at)
{
	struct told t = { .made = false };

	for (size_t i = 0; i < at; i++)
		if (log->event[i].change == MARK)
			hear(&t, log->event[i].text);
	return t;
}

/* --- the work --- */

/* As hcauth-talk does after its commits; the guard as if a second had passed. */
static void note_guard(void)
{
	const struct timeval long_ago[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct store *s;

		CHECK_INT(setresgid(DAEMON, DAEMON, DAEMON), 0);
		CHECK_INT(setresuid(DAEMON, DAEMON, DAEMON), 0);
		CHECK_INT(store_open("lib/store", &s), 0);
		CHECK_INT(guard_check("lib/guard", s), 0);
		CHECK_INT(utimes("lib/guard/serial", long_ago), 0);
		CHECK_INT(guard_note("lib/guard", store_serial(s)), 0);
		store_close(s);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void ended(struct world *w, const struct talk *t, enum verdict want, const char *what)
{
	if (t->outcome.result != want)
		check_fail(__FILE__, __LINE__, "%s: %s", what, t->seen);
	note_guard();
	told(w, what);
	clock_add(w, 45);
}

static void commands(struct world *w)
{
	struct talk *t = COMMAND(w, "identity", "add", BOB, "--name", "Bob Example");

	ended(w, t, GRANTED, "told");
	t = COMMAND(w, "account", "add", "HC000002", "--practice", "stj", "--identity", BOB,
		"--user", "bobe");
	ended(w, t, GRANTED, "told");
}

static void right(struct world *w, const char *service, const char *code)
{
	char spent[32];

	snprintf(spent, sizeof spent, "%s", code);
	struct talk *t = SIGN_IN(w, service, ADA, ADA_PASSWORD, spent, "", "");
	if (t->outcome.result != GRANTED)
		check_fail(__FILE__, __LINE__, "%s: %s", service, t->seen);
	note_guard();
	told_of(w, "spent", spent);
	clock_add(w, 45);
}

static void wrong(struct world *w, const char *password, const char *code)
{
	ended(w, SIGN_IN(w, "sshd", ADA, password, code), REFUSED, "told");
}

/* With the ticket of that sign-in, which lives for a minute. */
static void session(struct world *w, const char *code)
{
	static const char *const none[] = { NULL };

	right(w, "login", code);
	ended(w, converse(w, PURPOSE_OPEN, "login", "adae", none), GRANTED, "told");
	ended(w, converse(w, PURPOSE_CLOSE, "login", "adae", none), GRANTED, "told");
}

/* A command of root's, which can be cut short. */
static void as_root(struct world *w, const char *key, const char *const *words)
{
	told_of(w, "begin", words[0]);
	if (strcmp(words[0], "recover") == 0)
		CHECK_INT(unlink("etc/machine.key"), 0);
	CHECK(power_hcauth(key, words));
	told_of(w, "done", words[0]);
}

static void init(char key[RECOVERY_TEXT])
{
	const struct world then = { .now.unix_s = (uint64_t)time(NULL) };

	told_of(&then, "begin", "init");
	power_init(key);
	told_of(&then, "key", key);
	told_of(&then, "done", "init");
}

void power_run(void)
{
	char key[RECOVERY_TEXT];

	init(key);
	/* A restore holds all codes up to its own time for used, and that is the real one. */
	struct world w = power_world((uint64_t)time(NULL) - 3600);
	enrol_ada(&w);
	note_guard();
	told_of(&w, "secret", ada_secret);
	commands(&w);
	session(&w, app_code(&w, ada_secret, 0));
	wrong(&w, "not this one", "000000");
	wrong(&w, ADA_PASSWORD, "000000");
	right(&w, "sshd", shown_code(ada_seen, 3));
	wrong(&w, "nor this", shown_code(ada_seen, 4));
	right(&w, "sshd", app_code(&w, ada_secret, 0));
	ended(&w, SIGN_IN(&w, "kiosk", ADA, "11223"), REFUSED, "told");
	ended(&w, COMMAND(&w, "identity", "disable", BOB), GRANTED, "gone");
	ended(&w, SIGN_IN(&w, "login", BOB, "anything at all"), REFUSED, "told");
	CHECK(power_hcauth(key, (const char *const[]){ "export", "backup", NULL }));
	as_root(&w, key, (const char *const[]){ "rekey", NULL });
	right(&w, "login", app_code(&w, ada_secret, 0));
	as_root(&w, key, (const char *const[]){ "recover", NULL });
	right(&w, "login", app_code(&w, ada_secret, 0));
	as_root(&w, key, (const char *const[]){ "restore", "backup", "--force", NULL });
	clock_add(&w, 3600);
	right(&w, "sshd", app_code(&w, ada_secret, 0));
}
