/* SPDX-License-Identifier: Apache-2.0 */
/* bench_sign_in [PEOPLE]: what each phase of a sign-in costs, over the root socket and through PAM, beside
 * one Argon2id computation and one durable commit in the same run; and what the daemon takes of memory.
 * In a private host (tests/bench/all). The kinds take turns, so that whatever else the machine does falls
 * on all of them. */
#include <errno.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "paths.h"
#include "pwhash.h"
#include "store/store.h"

#define FAR "192.0.2.1"

enum { PEOPLE_MAX = 100, LISTENER_KIB = 2048, WAITING_KIB = 3072 };

/* A turn goes through these in order. A new factor or service is a line here, and what it needs of a person in
 * answer_of(). */
static const struct way {
	const char *name;
	enum purpose purpose;
	const char *service, *rhost;
	unsigned argon2; /* computations */
	const char *answers[4];
} ways[] = {
	{ "sshd: password, app's code", PURPOSE_AUTH, "sshd", FAR, 1, { "@password", "@code" } },
	{ "sshd: account", PURPOSE_ACCOUNT, "sshd", FAR, 0, { NULL } },
	{ "sshd: session", PURPOSE_OPEN, "sshd", FAR, 0, { NULL } },
	{ "login: password, recovery code", PURPOSE_AUTH, "login", "", 2,
		{ "@password", "@recovery", "" } },
	{ "within that shift: PIN", PURPOSE_AUTH, "bench-shift", "", 1, { "@pin" } },
	{ "kiosk: PIN", PURPOSE_AUTH, "kiosk", "", 1, { "@pin" } },
};

enum kind {
	ARGON2,
	COMMIT,
	PAM_TOTP,
	PAM_ACCOUNT,
	PAM_SESSION,
	WAYS,
	KINDS = WAYS + sizeof ways / sizeof *ways
};

static const char *const names[WAYS] = {
	[ARGON2] = "one Argon2id, 19 MiB, 2 passes",
	[COMMIT] = "one durable commit",
	[PAM_TOTP] = "PAM: start, password, app's code",
	[PAM_ACCOUNT] = "PAM: account",
	[PAM_SESSION] = "PAM: session",
};

static double took[KINDS][PEOPLE_MAX];
static size_t times[KINDS];
static struct somebody people[PEOPLE_MAX];
static struct store *store;
static double answered
	[KINDS]
	[PEOPLE_MAX]; /* of took: from the last answer to the verdict; 0: nothing was asked */
static double begun;

static void begin(void)
{
	begun = client_ms();
}

static void end(size_t kind, double last_answer)
{
	double now = client_ms();

	answered[kind][times[kind]] = last_answer > 0 ? now - last_answer : 0;
	took[kind][times[kind]++] = now - begun;
}

/* --- beside it --- */

static int small_update(struct txn *t, void *arg)
{
	(void)arg;
	return txn_put(t, TABLE_LOCKOUT, "counter", 7, &begun, sizeof begun);
}

static void argon2_and_commit(void)
{
	struct pwhash h = { .ops = 2, .kib = 19 * 1024 };
	uint8_t out[PWHASH_BYTES];

	begin();
	if (pwhash_compute(&h, "seven quiet herons fly", 22, out) < 0)
		client_fail("no memory");
	end(ARGON2, 0);
	begin();
	if (store_update(store, NEED_ALWAYS, small_update, NULL) < 0)
		client_fail("the store");
	end(COMMIT, 0);
}

/* --- over the socket --- */

static const char *answer_of(struct somebody *p, const char *what, char code[8])
{
	if (strcmp(what, "@password") == 0)
		return p->password;
	if (strcmp(what, "@pin") == 0)
		return p->pin;
	if (strcmp(what, "@recovery") == 0)
		return p->code[0];
	if (strcmp(what, "@code") != 0)
		return what;
	somebody_code(p, ++p->step, code);
	return code;
}

static void over_the_socket(struct somebody *p)
{
	char code[8], ticket[sizeof(struct said){ 0 }.ticket] = "";

	for (const struct way *w = ways; w < ways + sizeof ways / sizeof *ways; w++) {
		struct hello h = client_hello(w->purpose, w->service, p->email);
		const char *answers[5] = { NULL };

		h.rhost = w->rhost;
		h.tty = *w->rhost ? "ssh" : "tty1";
		if (w->purpose == PURPOSE_OPEN)
			h.ticket = ticket;
		for (size_t i = 0; i < 4 && w->answers[i]; i++)
			answers[i] = answer_of(p, w->answers[i], code);
		begin();
		struct said s = client_talk(&h, NULL, answers);
		end(WAYS + (size_t)(w - ways), s.answered);
		if (s.r < 0 || s.result != GRANTED)
			client_fail("%s: %s: %d, verdict %d: %s", w->name, p->email, s.r, s.result,
				s.text);
		if (w->purpose == PURPOSE_AUTH)
			snprintf(ticket, sizeof ticket, "%s", s.ticket);
	}
}

/* --- through PAM: a stack of our module alone --- */

struct answers {
	const char *text[2];
	size_t next;
	double answered;
};

static int converse(int n, const struct pam_message **m, struct pam_response **out, void *arg)
{
	struct answers *a = arg;
	struct pam_response *r = calloc((size_t)n, sizeof *r);

	if (!r)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++)
		if ((m[i]->msg_style == PAM_PROMPT_ECHO_OFF ||
			    m[i]->msg_style == PAM_PROMPT_ECHO_ON) &&
			a->next < 2) {
			r[i].resp = strdup(a->text[a->next++]);
			a->answered = client_ms();
		}
	*out = r;
	return PAM_SUCCESS;
}

static void through_pam(struct somebody *p)
{
	char code[8];
	struct answers a = { .text = { p->password, code } };
	const struct pam_conv conv = { .conv = converse, .appdata_ptr = &a };
	pam_handle_t *h = NULL;
	int r;

	somebody_code(p, ++p->step, code);
	begin();
	if ((r = pam_start("hcauth-bench", p->email, &conv, &h)) == PAM_SUCCESS &&
		(r = pam_set_item(h, PAM_RHOST, FAR)) == PAM_SUCCESS)
		r = pam_authenticate(h, 0);
	end(PAM_TOTP, a.answered);
	begin();
	if (r == PAM_SUCCESS)
		r = pam_acct_mgmt(h, 0);
	end(PAM_ACCOUNT, 0);
	begin();
	if (r == PAM_SUCCESS)
		r = pam_open_session(h, 0);
	end(PAM_SESSION, 0);
	if (r != PAM_SUCCESS)
		client_fail("PAM: %s: %s", p->email, pam_strerror(h, r));
	pam_close_session(h, 0);
	pam_end(h, PAM_SUCCESS);
}

static void make_stack(void)
{
	FILE *f = fopen("/etc/pam.d/hcauth-bench", "we");

	if (!f)
		client_fail("/etc/pam.d/hcauth-bench: %s", strerror(errno));
	fputs("auth required pam_hcauth.so\naccount required pam_hcauth.so\n"
	      "session required pam_hcauth.so\n",
		f);
	fclose(f);
}

/* --- what came of it --- */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double at(const double *v, size_t n, unsigned percent)
{
	static double sorted[PEOPLE_MAX];

	memcpy(sorted, v, n * sizeof *v);
	qsort(sorted, n, sizeof *sorted, by_size);
	return sorted[(n - 1) * percent / 100];
}

/* Argon2id's part of it in percent, and what it takes beside, each against the one of the same turn. */
static void show_share(size_t kind, unsigned computations)
{
	double share[PEOPLE_MAX], rest[PEOPLE_MAX];

	for (size_t i = 0; i < times[kind]; i++) {
		share[i] = 100 * computations * took[ARGON2][i] / took[kind][i];
		rest[i] = took[kind][i] - computations * took[ARGON2][i];
	}
	printf("   %3.0f %% of it, and %.2f beside", at(share, times[kind], 50),
		at(rest, times[kind], 50));
}

static void show_times(void)
{
	printf("%-34s %8s %8s %8s %12s   Argon2id\n", "milliseconds", "median", "10 %", "90 %",
		"last answer");
	for (size_t k = 0; k < KINDS; k++) {
		const double *v = took[k];
		unsigned argon2 = k >= WAYS ? ways[k - WAYS].argon2 : k == PAM_TOTP;

		printf("%-34s %8.2f %8.2f %8.2f", k >= WAYS ? ways[k - WAYS].name : names[k],
			at(v, times[k], 50), at(v, times[k], 10), at(v, times[k], 90));
		if (answered[k][0] > 0)
			printf(" %12.2f", at(answered[k], times[k], 50));
		if (argon2 > 0)
			show_share(k, argon2);
		printf("\n");
	}
}

static long rss_kib(pid_t pid)
{
	char path[64], line[256];
	long kib = -1;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "VmRSS: %ld kB", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

static int show_rss(const char *what, pid_t pid, long bar)
{
	long kib = rss_kib(pid);
	bool good = kib > 0 && kib < bar;

	printf("%-4s %-38s %5ld KiB, bar %ld\n", good ? "PASS" : "FAIL", what, kib, bar);
	return good ? 0 : 1;
}

static pid_t number_in(const char *path)
{
	FILE *f = fopen(path, "re");
	pid_t pid = 0;

	if (!f || fscanf(f, "%d", &pid) != 1)
		client_fail("%s: no number", path);
	fclose(f);
	return pid;
}

static void next_ask(int fd, struct packet *p)
{
	do {
		int r = packet_recv(fd, p, boot_ms() + PATIENCE_MS);
		if (r < 0)
			client_fail("a waiting conversation: %s", strerror(-r));
	} while (p->bytes[0] == MSG_WAIT);
	if (p->bytes[0] != MSG_ASK)
		client_fail("a waiting conversation: a packet of kind %d", p->bytes[0]);
}

/* The listener, and a conversation at each of its prompts. */
static int show_memory(const struct somebody *who)
{
	static struct packet p;
	struct hello h = client_hello(PURPOSE_AUTH, "sshd", who->email);
	struct secret answer = { .len = strlen(who->password) };
	pid_t listener = number_in("/run/host/hcauthd.pid");
	char children[64];
	int bad, fd = packet_connect(HC_ROOT_SOCKET, boot_ms() + PATIENCE_MS);

	h.rhost = FAR;
	p.len = hello_put(p.bytes, &h, NULL, 0);
	if (fd < 0 || packet_send(fd, &p, boot_ms() + PATIENCE_MS) < 0)
		client_fail("%s", HC_ROOT_SOCKET);
	next_ask(fd, &p);
	snprintf(children, sizeof children, "/proc/%d/task/%d/children", (int)listener,
		(int)listener);
	pid_t talk = number_in(children);
	bad = show_rss("the listener", listener, LISTENER_KIB);
	bad += show_rss("a conversation at \"Password: \"", talk, WAITING_KIB);
	memcpy(answer.text, who->password, answer.len + 1);
	p.len = answer_put(p.bytes, &answer);
	if (packet_send(fd, &p, boot_ms() + PATIENCE_MS) < 0)
		client_fail("%s", HC_ROOT_SOCKET);
	next_ask(fd, &p);
	bad += show_rss("a conversation at \"Code: \"", talk, WAITING_KIB);
	close(fd);
	return bad;
}

int main(int argc, char **argv)
{
	unsigned n = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 24;
	char folder[] = HC_STATE_DIR "/bench-XXXXXX"; /* on the disk of the real one */

	n = n == 0 || n > PEOPLE_MAX ? PEOPLE_MAX : n;
	if (!mkdtemp(folder) || store_create(folder) < 0 || store_open(folder, &store) < 0)
		client_fail("%s", folder);
	make_stack();
	(void)client_command((const char *const[]){ "practice", "add", "stj", "St John", NULL });
	for (unsigned i = 0; i < n; i++)
		somebody_make(&people[i], "person", i);
	for (unsigned i = 0; i < n; i++) {
		argon2_and_commit();
		over_the_socket(&people[i]);
		through_pam(&people[i]);
	}
	store_close(store);
	printf("%u sign-ins of each kind\n", n);
	show_times();
	return show_memory(&people[0]) ? 1 : 0;
}
