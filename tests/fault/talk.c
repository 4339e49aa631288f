/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth-talk itself, on a private host, while each of its calls of the kernel fails, or kills it, or would leave a
 * core. What must hold: nobody is told yes without the factors; who was told yes
 * has spent the code; whoever comes next gets in within two seconds; no secret is in a file of the daemon's, in what it
 * logs, in what it tells the journal, or in a core; and once it can have a secret, there is no core. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "client.h"
#include "fault/inject.h"
#include "fault/saved.h"
#include "name.h"
#include "paths.h"

#define CORES "/run/host/cores"
#define JOURNAL "/run/systemd/journal/socket"

enum { SOON_MS = 2000, NARROWING = 6 /* its first calls: nothing has been read by then */ };

static struct somebody ann;
static const struct passwd *daemon_user;
static int journal;

/* --- one conversation, without a listener --- */

struct talking {
	int fd;
	const char *const *answers;
	int verdict; /* -1: none */
};

static void answer(struct talking *t)
{
	static struct packet p;
	struct secret text = { .len = 0 };

	if (!*t->answers)
		return; /* it may wait; it is the last that it hears */
	text.len = strlen(*t->answers);
	memcpy(text.text, *t->answers++, text.len + 1);
	p.len = answer_put(p.bytes, &text);
	(void)send(
		t->fd, p.bytes, p.len, MSG_NOSIGNAL); /* if it has gone, the verdict is missing */
}

/* Serves it as far as that goes without waiting. */
static void idle(void *arg)
{
	struct talking *t = arg;
	uint8_t bytes[WIRE_MAX];
	struct verdict_msg v;
	ssize_t n;

	while ((n = recv(t->fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
		if (bytes[0] == MSG_ASK)
			answer(t);
		else if (bytes[0] == MSG_VERDICT && verdict_get(bytes, (size_t)n, &v))
			t->verdict = v.result;
}

static _Noreturn void become_talk(int peer)
{
	static char name[] = "hcauth-talk";
	char *const argv[] = { name, NULL }, *const env[] = { NULL };
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	int settings = open(HC_CONF_FILE, O_RDONLY | O_CLOEXEC);

	if (settings < 0 || dup2(peer, 10) < 0 || dup2(settings, 11) < 0 || dup2(10, 3) < 0 ||
		dup2(11, 4) < 0 || close_range(5, ~0U, 0) < 0 || chdir(CORES) < 0 ||
		setrlimit(RLIMIT_CORE, &all) < 0 || setgroups(0, NULL) < 0 ||
		setresgid(daemon_user->pw_gid, daemon_user->pw_gid, daemon_user->pw_gid) < 0 ||
		setresuid(daemon_user->pw_uid, daemon_user->pw_uid, daemon_user->pw_uid) < 0)
		_exit(98);
	fault_stop();
	execve(HC_TALK, argv, env);
	_exit(99);
}

/* The verdict, or -1: it hung up. */
static int hold(
	struct fault *f, const struct hello *h, const char *const *args, const char *const *answers)
{
	static struct packet p;
	struct talking t = { .answers = answers, .verdict = -1 };
	int pair[2], status;
	size_t n = 0;

	while (args && args[n])
		n++;
	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	t.fd = pair[0];
	p.len = hello_put(p.bytes, h, args, n);
	CHECK_INT(send(t.fd, p.bytes, p.len, 0), p.len);
	fflush(stdout);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		become_talk(pair[1]);
	close(pair[1]);
	status = fault_follow(pid, f, idle, &t);
	idle(&t);
	close(t.fd);
	if (f->kind == FAULT_ABORT && f->fired && f->from && f->nth > NARROWING)
		CHECK(!WIFSIGNALED(status) || !WCOREDUMP(status));
	/* Under its filter abort() can't raise SIGABRT. Without memory, the loader itself crashes: then nothing has
	 * been read yet. */
	CHECK(!WIFSIGNALED(status) || WTERMSIG(status) == SIGABRT || WTERMSIG(status) == SIGALRM ||
		(f->kind == FAULT_KILL && WTERMSIG(status) == SIGKILL) ||
		(f->aborted && WTERMSIG(status) == SIGSEGV && t.verdict < 0) ||
		(f->fired && f->from == 0 && WTERMSIG(status) == SIGSEGV && t.verdict < 0));
	return t.verdict;
}

static int sign_in(struct fault *f, const char *password, const char *code)
{
	struct fault none = { .kind = FAULT_NONE };
	struct hello h = client_hello(PURPOSE_AUTH, "sshd", ann.email);

	h.rhost = "192.0.2.1";
	h.ssh_auth = "";
	return hold(f ? f : &none, &h, NULL, (const char *const[]){ password, code, "", "", NULL });
}

static int add_somebody(struct fault *f)
{
	struct fault none = { .kind = FAULT_NONE };
	struct hello h = client_hello(PURPOSE_COMMAND, "hcauth", "");
	const char *const words[] = { "account", "add", "NEW1", "--practice", "stj", "--user",
		"newbie", NULL };

	h.ssh_auth = "";
	return hold(f ? f : &none, &h, words, (const char *const[]){ NULL });
}

/* --- what each run is judged by --- */

static void gets_in(void)
{
	double before;
	unsigned slow = 0;

	do { /* once may be the machine's fault */
		before = client_ms();
		CHECK_INT(sign_in(NULL, ann.password, ann.code[slow]), GRANTED);
	} while (client_ms() - before > SOON_MS && ++slow < 3);
	CHECK(slow < 3);
}

static void right(struct fault *f)
{
	char code[8];

	somebody_code(&ann, step_now(), code);
	int r = sign_in(f, ann.password, code);
	int again = sign_in(NULL, ann.password, code);

	CHECK(r != GRANTED || again == REFUSED);
	CHECK(again == REFUSED || again == GRANTED);
	CHECK(f->fired || r == GRANTED);
	CHECK(again == REFUSED || sign_in(NULL, ann.password, code) == REFUSED);
	gets_in();
}

static void wrong(struct fault *f)
{
	char code[8];

	somebody_code(&ann, step_now() + 9, code);
	int r = sign_in(f, ann.password, code);

	CHECK(r != GRANTED);
	CHECK(f->fired || r == REFUSED);
	gets_in();
}

static void add(struct fault *f)
{
	int r = add_somebody(f);

	CHECK(f->fired || r == GRANTED);
	CHECK(add_somebody(NULL) == REFUSED || r != GRANTED);
	CHECK(add_somebody(NULL) == REFUSED);
	gets_in();
}

struct trial {
	const char *name;
	void (*run)(struct fault *f);
	long from; /* as in struct fault */
};

/* --- where secrets might be --- */

static void look_at_journal(void)
{
	static char text[65536];
	ssize_t n;

	while ((n = recv(journal, text, sizeof text, MSG_DONTWAIT)) > 0) {
		const char *name = secret_in(text, (size_t)n);

		CHECK_TEXT(name ? name : "nothing", "nothing");
	}
}

/* One that it left before it could know a secret has none. */
static void look_at_cores(void)
{
	static char text[1 << 24];
	DIR *d = opendir(CORES);
	struct dirent *e;

	CHECK(d != NULL);
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		int fd = openat(dirfd(d), e->d_name, O_RDONLY | O_CLOEXEC);
		CHECK(fd >= 0);
		ssize_t n = read(fd, text, sizeof text);
		CHECK(n >= 0);
		const char *name = secret_in(text, (size_t)n);
		CHECK_TEXT(name ? name : "nothing", "nothing");
		close(fd);
		CHECK_INT(unlinkat(dirfd(d), e->d_name, 0), 0);
	}
	closedir(d);
}

/* Whether a core would be seen here at all. */
static void look_for_a_core(void)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		if (chdir(CORES) == 0 && setrlimit(RLIMIT_CORE, &all) == 0)
			abort();
		_exit(1);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status));
	printf("# a process that aborts here %s a core\n",
		WCOREDUMP(status) ? "leaves" : "leaves no");
	look_at_cores();
}

/* --- all of it --- */

static unsigned runs;

static bool run_one(
	const struct trial *t, enum fault_kind kind, unsigned n, unsigned which, bool *more)
{
	struct fault f = { .kind = kind, .nth = n, .which = which, .from = t->from };
	off_t said = output_mark();

	printf("# %s: at %u (%u) of kind %d\n", t->name, n, which, (int)kind);
	t->run(&f);
	look_at_journal();
	look_at_cores();
	const char *name = saved_put_back();
	CHECK_TEXT(name ? name : "nothing", "nothing");
	output_drop(said);
	runs += f.fired;
	*more = f.more;
	return f.calls >= n;
}

static void run_kind(const struct trial *t, enum fault_kind kind, unsigned every)
{
	unsigned n = 1 + (unsigned)(kind * 7) % every, had = runs;
	bool on = true, more = false;

	for (; on; n += every)
		for (unsigned which = 0;; which++) {
			on = run_one(t, kind, n, which, &more);
			if (!on || !more)
				break;
		}
	printf("# %s: %s: %u runs, about %u calls\n", t->name,
		kind == FAULT_ERROR          ? "failing"
			: kind == FAULT_KILL ? "killed"
					     : "aborted",
		runs - had, n - every);
	fflush(stdout);
	CHECK(runs > had); /* something has gone wrong */
}

static void journal_make(void)
{
	const struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = JOURNAL };

	CHECK(mkdir("/run/systemd", 0755) == 0 || errno == EEXIST);
	CHECK(mkdir("/run/systemd/journal", 0755) == 0 || errno == EEXIST);
	journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(journal >= 0);
	(void)unlink(JOURNAL);
	CHECK_INT(bind(journal, (const struct sockaddr *)&at, sizeof at), 0);
	CHECK_INT(chmod(JOURNAL, 0666), 0);
}

static void secrets(void)
{
	char key[32];
	int fd = open(HC_KEY_FILE, O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_INT(read(fd, key, sizeof key), sizeof key);
	close(fd);
	secret_add("the machine's key", key, sizeof key);
	secret_add_text("a password", ann.password);
	secret_add_text("an app's secret", ann.secret);
	for (unsigned i = 0; i < CLIENT_CODES; i++)
		secret_add_text("a recovery code", ann.code[i]);
}

static unsigned every(void)
{
	const char *text = getenv("HC_FAULTS");
	uint64_t n;

	return text && parse_u64(text, 1, 1000, &n) ? (unsigned)n : 1;
}

/* One at a time: there is one daemon's folder. */
static void begin(unsigned number)
{
	int lock = open("/run/host/faults.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	alarm(0);
	CHECK(lock >= 0);
	CHECK_INT(flock(lock, LOCK_EX), 0);
	CHECK(mkdir(CORES, 0777) == 0 || errno == EEXIST);
	CHECK_INT(chmod(CORES, 0777), 0);
	journal_make();
	look_for_a_core();
	CHECK((daemon_user = getpwnam(HC_DAEMON_USER)) != NULL);
	if (access("/run/host/stj", F_OK) != 0) {
		(void)client_command(
			(const char *const[]){ "practice", "add", "stj", "St John", NULL });
		CHECK_INT(mkdir("/run/host/stj", 0700), 0);
	}
	somebody_make(&ann, "ann", number);
	secrets();
	saved_take(HC_STATE_DIR);
}

static void run_all(const struct trial *t, unsigned number)
{
	begin(number);
	run_kind(t, FAULT_ERROR, every());
	run_kind(t, FAULT_KILL, every());
	run_kind(t, FAULT_ABORT, every());
}

TEST(faults_talk_right)
{
	run_all(&(struct trial){ "a right code", right, SYS_prctl }, 1);
}

TEST(faults_talk_wrong)
{
	run_all(&(struct trial){ "a wrong code", wrong, SYS_prctl }, 2);
}

TEST(faults_talk_command)
{
	run_all(&(struct trial){ "an account is added", add, SYS_prctl }, 3);
}

TEST(faults_talk_start)
{
	run_all(&(struct trial){ "a start, and a wrong code", wrong, 0 }, 4);
}
