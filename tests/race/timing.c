/* SPDX-License-Identifier: Apache-2.0 */
/* Through PAM, with the parameters that people have: how long a refusal takes, by why it is one. What must hold:
 * whoever does not exist, is switched off, has no password, gave a wrong password or a wrong code, is told so after
 * the same time; and a password of one byte takes as long as one of 512. They take turns in an order that is never the
 * same, so that whatever else the machine does falls on all of them. */
#include <errno.h>
#include <math.h>
#include <security/pam_appl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/pam.h"
#include "race/race.h"
#include "race/timing.h"
#include "race/welch.h"

#define BAR_MS 1.0
#define BAR_PART 0.02
#define BAR_T 4.5

enum { PEOPLE = 12, TRIES_EACH = 4, PLANTED_MS = 2, TIMES = 3, AGAIN = 2, ENOUGH = 1000 };

enum why {
	NOBODY,
	OFF,
	NO_PASSWORD,
	WRONG_PASSWORD,
	WRONG_CODE,
	PLANTED,
	SHORT_OF_NOBODY,
	LONG_OF_NOBODY,
	SHORT,
	LONG,
	WHYS
};

static const char *const names[WHYS] = { "unknown name", "switched off", "no password yet",
	"wrong password", "wrong code", "unknown name, and 2 ms", "1 byte for an unknown name",
	"512 bytes for an unknown name", "1 byte", "512 bytes" };

static const char *const steps[TIMES] = { "to the first prompt", "to the second prompt",
	"from the last answer" };

static struct somebody people[PEOPLE], off[PEOPLE];
static char bare[PEOPLE][64];
static struct samples taken[WHYS][TIMES];

/* --- one try --- */

struct answers {
	const char *text[2];
	size_t next;
	double asked[3], answered[2];
};

static int converse(int n, const struct pam_message **m, struct pam_response **out, void *arg)
{
	struct answers *a = arg;
	struct pam_response *r = calloc((size_t)n, sizeof *r);

	if (!r)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		if (m[i]->msg_style != PAM_PROMPT_ECHO_OFF && m[i]->msg_style != PAM_PROMPT_ECHO_ON)
			continue;
		if (a->next == 2)
			client_fail("asked a third time: %s", m[i]->msg);
		a->asked[a->next] = client_ms();
		r[i].resp = strdup(a->text[a->next]);
		a->answered[a->next++] = client_ms();
	}
	*out = r;
	return PAM_SUCCESS;
}

static void refused(const char *name, const char *password, const char *code, double ms[TIMES])
{
	struct answers a = { .text = { password, code } };
	const struct pam_conv conv = { .conv = converse, .appdata_ptr = &a };
	pam_handle_t *h = NULL;
	char rhost[32];

	snprintf(rhost, sizeof rhost, "198.18.%u.%u", randombytes_uniform(256),
		randombytes_uniform(256));
	if (pam_start("hcauth-bench", name, &conv, &h) != PAM_SUCCESS ||
		pam_set_item(h, PAM_RHOST, rhost) != PAM_SUCCESS)
		client_fail("PAM");
	double from = client_ms();
	int r = pam_authenticate(h, 0);
	double end = client_ms();
	pam_end(h, r);
	if (r == PAM_SUCCESS || a.next != 2)
		client_fail("%s: %d after %zu prompts", name, r, a.next);
	ms[0] = a.asked[0] - from;
	ms[1] = a.asked[1] - a.answered[0];
	ms[2] = end - a.answered[1];
}

/* --- who, and with what --- */

/* After a few tries the next would have to wait, which is another path. */
static void unlock_now_and_then(unsigned *n, const char *email)
{
	if (++*n % TRIES_EACH == 0)
		(void)client_command((const char *const[]){ "unlock", email, NULL });
}

static void wrong_code(const struct somebody *p, char out[8])
{
	char near[8];
	bool is_near = true;

	while (is_near) {
		snprintf(out, 8, "%06u", randombytes_uniform(1000000));
		is_near = false;
		for (uint64_t s = step_now() - 2; s <= step_now() + 3; s++) {
			somebody_code(p, s, near);
			is_near |= strcmp(near, out) == 0;
		}
	}
}

static void try_once(enum why why, unsigned turn, double ms[TIMES])
{
	static unsigned tries[3][PEOPLE];
	static char long_one[513];
	unsigned k = turn % PEOPLE;
	const struct somebody *p = why == OFF ? &off[k] : &people[k];
	bool nobody =
		why == NOBODY || why == PLANTED || why == SHORT_OF_NOBODY || why == LONG_OF_NOBODY;
	const char *password = p->password;
	char name[64], code[8];

	wrong_code(&people[0], code);
	memset(long_one, 'x', 512);
	if (why == WRONG_PASSWORD || nobody)
		password = "seven quiet herons flu";
	if (why == SHORT || why == SHORT_OF_NOBODY)
		password = "x";
	if (why == LONG || why == LONG_OF_NOBODY)
		password = long_one;
	if (why == WRONG_CODE || why == OFF)
		wrong_code(p, code);
	snprintf(name, sizeof name, "%s", why == NO_PASSWORD ? bare[k] : p->email);
	if (nobody) /* as long as people's */
		snprintf(name, sizeof name, "nobody%08x@example.org", randombytes_random());
	refused(name, password, code, ms);
	if (why == PLANTED) /* as a slower refusal would be */
		for (unsigned i = 0; i < TIMES; i++)
			ms[i] += PLANTED_MS;
	if (!nobody)
		unlock_now_and_then(&tries[why == OFF ? 1 : why == NO_PASSWORD ? 2 : 0][k], name);
}

static void make_people(void)
{
	for (unsigned i = 0; i < PEOPLE; i++) {
		char email[64];

		somebody_make(&people[i], "someperson", i);
		somebody_make(&off[i], "turnedoff", i);
		(void)client_command(
			(const char *const[]){ "identity", "disable", off[i].email, NULL });
		snprintf(email, sizeof email, "newperson%u@example.org", i);
		snprintf(bare[i], sizeof bare[i], "%s", email);
		(void)client_command((const char *const[]){
			"identity", "add", email, "--name", "New Person", NULL });
	}
}

/* --- whether they differ --- */

static void measure(unsigned samples)
{
	unsigned order[WHYS];

	for (unsigned w = 0; w < WHYS; w++) {
		order[w] = w;
		for (unsigned i = 0; i < TIMES; i++)
			taken[w][i].n = 0;
	}
	for (unsigned turn = 0; turn < samples; turn++) {
		for (unsigned w = WHYS - 1; w > 0; w--) {
			unsigned k = randombytes_uniform(w + 1), was = order[w];

			order[w] = order[k];
			order[k] = was;
		}
		for (unsigned w = 0; w < WHYS; w++) {
			enum why why = order[w];
			double ms[TIMES];

			if (why >= SHORT_OF_NOBODY && turn % 2) /* half as many of these */
				continue;
			try_once(why, turn, ms);
			for (unsigned i = 0; i < TIMES; i++)
				taken[why][i].v[taken[why][i].n++] = ms[i];
		}
		if (samples >= 20 && turn % (samples / 10) == 0) {
			printf("# %u of %u\n", turn, samples);
			fflush(stdout);
		}
	}
}

/* Of few samples the medians alone say nothing; that 2 ms are seen says that there were enough. */
static bool differs(struct samples *a, struct samples *b, struct welch *w)
{
	*w = welch(a, b);
	double bar = fmax(BAR_MS, BAR_PART * a->median);

	if (a->n >= ENOUGH && fabs(w->by) >= bar)
		return true;
	return fabs(w->t) >= BAR_T && fabs(w->by) >= bar / 4;
}

static const struct {
	enum why a, b;
	bool must; /* differ */
} pairs[] = { { NOBODY, PLANTED, true }, { NOBODY, OFF, false }, { NOBODY, NO_PASSWORD, false },
	{ NOBODY, WRONG_PASSWORD, false }, { NOBODY, WRONG_CODE, false },
	{ SHORT_OF_NOBODY, LONG_OF_NOBODY, false }, { SHORT, LONG, false },
	{ SHORT_OF_NOBODY, SHORT, false } };

static unsigned judge(bool last)
{
	unsigned bad = 0;

	for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++)
		for (unsigned i = 0; i < TIMES; i++) {
			struct samples *a = &taken[pairs[k].a][i], *b = &taken[pairs[k].b][i];
			struct welch w;
			bool wrong = differs(a, b, &w) != pairs[k].must;

			bad += wrong;
			printf("# %-28s %-30s %-20s %8.3f ms %8.3f: %+.3f, t %+.1f%s\n",
				names[pairs[k].a], names[pairs[k].b], steps[i], a->median,
				b->median, w.by, w.t, wrong ? ": WRONG" : "");
			if (wrong && last)
				client_fail("%s and %s, %s: %.3f ms and %.3f, t = %.1f",
					names[pairs[k].a], names[pairs[k].b], steps[i], a->median,
					b->median, w.t);
		}
	return bad;
}

void pam_all(unsigned samples)
{
	pam_make_stack();
	make_people();
	for (unsigned w = 0; w < WHYS; w++)
		for (unsigned i = 0; i < TIMES; i++)
			if (!(taken[w][i].v = calloc(samples, sizeof(double))))
				client_fail("no memory");
	for (unsigned again = 1;; again++) {
		measure(samples);
		if (judge(again == AGAIN) == 0) {
			case_of("ss08_why it is refused does not show in the time, through PAM",
				"%u samples of each, bars %.1f ms or %.0f %%; measured %u times",
				samples, BAR_MS, 100 * BAR_PART, again);
			case_of("2 ms more would show", "planted in as many samples");
			return;
		}
	}
}

int main(int argc, char **argv)
{
	unsigned samples = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;

	if (samples < 10 || sodium_init() < 0)
		client_fail("timing compare|pam SAMPLES");
	if (strcmp(argv[1], "compare") == 0) {
		compare_all(samples);
		cases_end();
		return 0;
	}
	client_practice();
	pam_all(samples);
	cases_end();
	return 0;
}
