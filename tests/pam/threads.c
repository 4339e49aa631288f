/* SPDX-License-Identifier: Apache-2.0 */
/* pam_hcauth in a program of many threads, each with a handle of its own. tests/analysers runs a few of them
 * under helgrind. */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include "cases.h"

enum {
	MANY = 1000,
	FEW = 24,
	AT_ONCE =
		8, /* the daemon of these tests serves one after the other, and the module's patience is short */
	KINDS = 3,
};

/* The verdict is about whoever asks; NSS does not know the last one. */
static const struct kind {
	const char *name, *code;
} kinds[KINDS] = { { "jdoe", "SUCCESS" }, { "other", "SUCCESS" }, { "ghost", "AUTH_ERR" } };

struct one {
	pthread_t thread;
	const struct kind *kind;
	pam_handle_t *pamh;
	struct person p;
	int code;
};

static pthread_barrier_t all_there;
static sem_t places;

/* Whom a loaded machine kept waiting for too long asks again. */
static void *sign_in_once(void *arg)
{
	struct one *o = arg;

	pthread_barrier_wait(&all_there);
	do {
		o->p.said = o->p.messages = 0;
		sem_wait(&places);
		o->code = pam_authenticate(o->pamh, 0);
		sem_post(&places);
	} while (o->code == PAM_AUTHINFO_UNAVAIL);
	return NULL;
}

static void in_threads(unsigned n)
{
	struct one *all = calloc(n, sizeof *all);

	CHECK(all != NULL);
	begin("P Password: \nV granted right");
	CHECK_INT(pthread_barrier_init(&all_there, NULL, n), 0);
	CHECK_INT(sem_init(&places, 0, AT_ONCE), 0);
	for (unsigned i = 0; i < n; i++) {
		all[i].kind = &kinds[i % KINDS];
		all[i].p = with(right, 1);
		all[i].pamh = rig_start(all[i].kind->name, "", &all[i].p);
	}
	for (unsigned i = 0; i < n; i++)
		CHECK_INT(pthread_create(&all[i].thread, NULL, sign_in_once, &all[i]), 0);
	for (unsigned i = 0; i < n; i++) {
		CHECK_INT(pthread_join(all[i].thread, NULL), 0);
		CHECK_CODE(all[i].code, all[i].kind->code);
		CHECK_TEXT(user_of(all[i].pamh), all[i].kind->name);
		pam_end(all[i].pamh, 0);
	}
	free(all);
}

TEST(pc23_a_thousand_threads_with_handles_of_their_own)
{
	in_threads(MANY);
}

TEST(pc23_a_few_threads_with_handles_of_their_own)
{
	in_threads(FEW);
}
