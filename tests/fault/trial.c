/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: each run begins in the very same state; a run in which nothing went wrong is the last of its kind,
 * and ends as an undisturbed one does. */
#include "fault/trial.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "fault/alloc.h"
#include "fault/inject.h"
#include "name.h"
#include "people.h"
#include "store/store.h"

enum { SECONDS = 1500, SOON_MS = 2000, EXIT_OURS = 77 };

static struct fault *fault; /* of the run; shared with its process */
static const struct trial *trial;
static const char *const kinds[] = { "undisturbed", "failing", "killed", "aborted", "no memory",
	"no more memory" };

static bool of_memory(void)
{
	return fault->kind == FAULT_MEMORY || fault->kind == FAULT_NO_MEMORY;
}

/* Libraries there are that use what they did not get (glibc 2.36's look-up of users, called by cracklib): that ends
 * the conversation, as it must. Our own code never does. */
static void crashed(int sig, siginfo_t *info, void *context)
{
	extern const char __executable_start[], etext[];
	const ucontext_t *c = context;
	uintptr_t at = (uintptr_t)c->uc_mcontext.gregs[REG_RIP];

	(void)sig;
	(void)info;
	_exit(at >= (uintptr_t)__executable_start && at < (uintptr_t)etext ? EXIT_OURS : 0);
}

static void begin(void)
{
	const struct sigaction a = { .sa_sigaction = crashed, .sa_flags = SA_SIGINFO };

	if (of_memory() && sigaction(SIGSEGV, &a, NULL) == 0)
		alloc_fault(fault);
	else
		fault_stop();
}

static int follow(pid_t pid)
{
	int status;

	if (of_memory())
		CHECK_INT(waitpid(pid, &status, 0), pid);
	else
		status = fault_follow(pid, fault, NULL, NULL);
	if (fault->fired)
		printf("# call %ld, %s\n", fault->call,
			fault->failure > 0       ? strerror(fault->failure)
				: fault->failure ? "less than was asked for"
						 : "none");
	if (WIFSIGNALED(status))
		printf("# ended by signal %d\n", WTERMSIG(status));
	CHECK(!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_OURS);
	/* Whoever can't go on ends, or aborts; nobody uses what is not there. */
	CHECK(!WIFSIGNALED(status) || WTERMSIG(status) == SIGABRT ||
		(WTERMSIG(status) == SIGKILL && fault->kind == FAULT_KILL));
	return status;
}

static const struct mishaps mishaps = { begin, follow };

/* --- what is in the store --- */

struct looking {
	struct view view;
	const struct seal *seal;
	struct now now;
};

static int look(struct txn *t, void *arg)
{
	struct looking *l = arg;
	struct attempt a;
	struct audit_row row;
	uint64_t number = 0;
	struct person ada;
	int r;

	while ((r = audit_next(t, &number, &row)) == 0)
		l->view.events[row.event]++;
	if (r != -ENOENT || (r = audit_verify(t, l->seal, &l->view.broken)) < 0)
		return r;
	if ((r = person_by_name(t, ADA, &ada)) < 0)
		return r == -ENOENT ? 0 : r;
	for (unsigned f = 0; f < FACTORS_MAX; f++)
		for (enum source s = SOURCE_LOCAL; s <= SOURCE_NETWORK; s++) {
			if ((r = lockout_look(t, &ada.owner, f, s, 0, &l->now, &a)) < 0)
				return r;
			l->view.failures[f][s] = a.failures;
		}
	return 0;
}

struct view trial_look(struct world *w)
{
	struct looking l = { .seal = world_seal(w), .now = w->now };

	CHECK_INT(in_store(w, look, &l, sizeof l), 0);
	return l.view;
}

void ada_s_secrets(const struct world *w)
{
	static char plain[64];
	size_t n = 0;

	secret_add("the machine's key", w->key, sizeof w->key);
	secret_add_text("a password", ADA_PASSWORD);
	secret_add_text("a PIN", ADA_PIN);
	for (const char *p = ada_secret; *p; p++)
		if (*p != ' ')
			plain[n++] = *p;
	secret_add_text("an app's secret", ada_secret);
	secret_add_text("an app's secret, packed", plain);
	for (unsigned i = 1; i <= 12; i++)
		secret_add_text("a recovery code", shown_code(ada_seen, i));
}

/* --- judging --- */

static double ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

void judge_next(struct world *w)
{
	unsigned slow = 0;
	double before;

	do { /* once may be the machine's fault */
		clock_add(w, 60);
		w->tty = "tty1";
		w->rhost = w->ssh_auth = "";
		w->peer = w->ruid = 0;
		before = ms();
		struct talk *t =
			SIGN_IN(w, "login", ADA, ADA_PASSWORD, app_code(w, ada_secret, 0), "", "");
		CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	} while (ms() - before > SOON_MS && ++slow < 3);
	CHECK(slow < 3);
}

void judge_right(const struct run *r)
{
	struct world again = *r->w;
	unsigned committed = r->after.events[AUDIT_SIGN_IN] - r->before.events[AUDIT_SIGN_IN];

	CHECK(committed <= 1);
	CHECK(committed == 1 || r->t->outcome.result != GRANTED);
	struct talk *t = trial->act(&again);
	CHECK_INT(t->outcome.result, trial->again || !committed ? GRANTED : REFUSED);
	judge_next(r->w);
}

/* Where it can't be told that one thing is enough, more is asked for, and what was wrong of that counts. */
void judge_wrong(const struct run *r)
{
	unsigned counted = 0;

	for (unsigned f = 0; f < FACTORS_MAX; f++) {
		unsigned n =
			r->after.failures[f][trial->source] - r->before.failures[f][trial->source];

		CHECK(n <= 1);
		counted += r->said && fault->fired ? n : n && f == trial->factor;
	}
	CHECK(r->t->outcome.result != GRANTED);
	CHECK_INT(r->after.events[AUDIT_SIGN_IN], r->before.events[AUDIT_SIGN_IN]);
	CHECK(counted > 0 || !r->said || r->t->outcome.result != REFUSED);
	judge_next(r->w);
}

/* What holds whatever it was. */
static void judge(struct world *w, const struct talk *t, struct view before)
{
	struct run r = { .w = w, .t = t, .before = before };
	struct dir_user u;

	CHECK_INT(published_user(w, "public.cdb", DIR_USER, "adae", &u), 0);
	CHECK_INT(u.uid, 20000);
	r.after = trial_look(w);
	CHECK_INT(r.after.broken, 0);
	r.said = !t->hung_up && t->exit_status == 0;
	trial->judge(&r);
}

/* --- running --- */

static unsigned runs, most;

/* False: it came to its end before the nth. */
static bool run_one(const struct world *made, struct view before, enum fault_kind kind,
	unsigned nth, unsigned which)
{
	static struct talk t;
	struct world w = *made;

	char app[sizeof ada_secret];
	memcpy(app, ada_secret, sizeof app);
	*fault = (struct fault){ .kind = kind, .nth = nth, .which = which };
	off_t said = output_mark();
	printf("# at %s %u (%u)\n", kinds[kind], nth, which);
	fflush(stdout);
	w.mishaps = &mishaps;
	t = *trial->act(&w);
	w.mishaps = NULL;
	bool ended = fault->calls < nth;
	CHECK(fault->fired || !t.hung_up);
	CHECK(fault->fired || (t.outcome.result == GRANTED) == trial->right);
	if (fault->fired || ended)
		judge(&w, &t, before);
	memcpy(ada_secret, app, sizeof app);
	runs += fault->fired;
	most = fault->calls > most ? fault->calls : most;
	const char *secret = saved_put_back();
	CHECK_TEXT(secret ? secret : "nothing", "nothing");
	output_drop(said);
	return !ended;
}

static unsigned every(void)
{
	const char *text = getenv("HC_FAULTS");
	uint64_t n;

	return text && parse_u64(text, 1, 1000, &n) ? (unsigned)n : 1;
}

/* Where to begin: each kind and each trial elsewhere. */
static unsigned offset(enum fault_kind kind)
{
	unsigned sum = (unsigned)kind * 3;

	for (const char *p = trial->name; *p; p++)
		sum = sum * 31 + (unsigned char)*p;
	return 1 + sum % every();
}

static void run_kind(const struct world *w, struct view before, enum fault_kind kind)
{
	unsigned had = runs;
	bool on = true;

	most = 0;
	for (unsigned n = offset(kind); on; n += every())
		for (unsigned which = 0;; which++) {
			on = run_one(w, before, kind, n, which);
			if (!on || !fault->more)
				break;
		}
	CHECK(most > 0);
	CHECK(kind != FAULT_KILL || every() > 1 || runs - had == most); /* at each, indeed */
	printf("# %s: %s: %u runs, %u calls\n", trial->name, kinds[kind], runs - had, most);
}

void trial_run(const struct trial *t)
{
	alarm(SECONDS);
	trial = t;
	fault = mmap(
		NULL, sizeof *fault, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(fault != MAP_FAILED);
	struct world w = t->make();
	saved_take(w.folder);
	struct view before = trial_look(&w);
	(void)saved_put_back();
	run_kind(&w, before, FAULT_ERROR);
	run_kind(&w, before, FAULT_KILL);
	run_kind(&w, before, FAULT_MEMORY);
	run_kind(&w, before, FAULT_NO_MEMORY);
}
