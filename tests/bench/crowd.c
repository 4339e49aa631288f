/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: no code is used twice unless it is meant to be, whoever of several processes takes it; and
 * one that is given out is still good when the sign-in gets to it. */
#include "crowd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

enum { STEP_S = 30, MARGIN_S = 10 };

/* The first part is kept in the file. */
struct turns {
	uint64_t used[CROWD_MAX], accepted[CROWD_MAX]; /* steps */
	bool busy[CROWD_MAX], again[CROWD_MAX];
	size_t next;
};

static void read_people(struct crowd *c, const char *path)
{
	FILE *f = fopen(path, "re");

	if (!f)
		client_fail("%s: %s", path, strerror(errno));
	while (c->n < CROWD_MAX) {
		struct one *o = &c->one[c->n];

		if (fscanf(f, "%63[^\t]\t%63[^\t]\t%63[^\n]\n", o->name, o->password, o->secret) !=
			3)
			break;
		c->n++;
	}
	if (c->n == 0 || !feof(f))
		client_fail("%s: not a file of people", path);
	fclose(f);
}

void crowd_open(struct crowd *c, const char *folder, const char *verifier)
{
	char path[512];

	c->n = 0;
	snprintf(path, sizeof path, "%s/%s.people", folder, verifier);
	read_people(c, path);
	snprintf(path, sizeof path, "%s/%s.steps", folder, verifier);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof *c->turns) < 0)
		client_fail("%s: %s", path, strerror(errno));
	c->turns = mmap(NULL, sizeof *c->turns, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (c->turns == MAP_FAILED)
		client_fail("%s: %s", path, strerror(errno));
	close(fd);
	memset(c->turns->busy, 0, sizeof c->turns->busy);
	memset(c->turns->again, 0, sizeof c->turns->again);
}

static uint64_t seconds(void)
{
	return (uint64_t)time(NULL);
}

/* One step either side of the present one is good. */
static uint64_t oldest(void)
{
	return (seconds() + MARGIN_S) / STEP_S - 1;
}

static uint64_t newest(void)
{
	return seconds() / STEP_S + 1;
}

/* 0: this one has none left. */
static uint64_t next_of(const struct crowd *c, size_t who)
{
	uint64_t used = c->turns->used[who], from = oldest();

	if (used >= from)
		from = used + 1;
	return from <= newest() ? from : 0;
}

static bool seize(struct crowd *c, size_t who)
{
	return !__atomic_exchange_n(&c->turns->busy[who], true, __ATOMIC_ACQ_REL);
}

static void release(struct crowd *c, size_t who)
{
	__atomic_store_n(&c->turns->busy[who], false, __ATOMIC_RELEASE);
}

static void await_step(void)
{
	const struct timespec at = { .tv_sec = (time_t)((seconds() / STEP_S + 1) * STEP_S) };

	(void)clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, NULL);
}

size_t crowd_take(struct crowd *c, uint64_t *step)
{
	for (size_t tried = 0;; tried++) {
		size_t who = __atomic_fetch_add(&c->turns->next, 1, __ATOMIC_RELAXED) % c->n;

		if (tried > 0 && tried % c->n == 0)
			await_step();
		if (!seize(c, who))
			continue;
		*step = next_of(c, who);
		if (*step > 0) {
			c->turns->used[who] = *step;
			return who;
		}
		release(c, who);
	}
}

bool crowd_newest(struct crowd *c, size_t who, uint64_t *step)
{
	*step = newest();
	if (c->turns->used[who] >= *step || !seize(c, who))
		return false;
	c->turns->used[who] = *step;
	return true;
}

bool crowd_take_used(struct crowd *c, size_t *who, uint64_t *step)
{
	for (size_t i = 0; i < c->n; i++) {
		*step = c->turns->accepted[i];
		if (*step < oldest() || c->turns->used[i] != *step)
			continue;
		if (__atomic_exchange_n(&c->turns->again[i], true, __ATOMIC_ACQ_REL))
			continue;
		*who = i;
		return true;
	}
	return false;
}

void crowd_give(struct crowd *c, size_t who, uint64_t step, bool accepted)
{
	if (accepted)
		c->turns->accepted[who] = step;
	release(c, who);
}

void crowd_used(struct crowd *c, size_t who, uint64_t step)
{
	c->turns->used[who] = step;
}

void crowd_await(struct crowd *c, size_t n)
{
	for (;;) {
		size_t left = 0;

		for (size_t i = 0; i < c->n; i++) {
			uint64_t from = next_of(c, i);

			left += from > 0 ? newest() + 1 - from : 0;
		}
		if (left >= n)
			return;
		await_step();
	}
}

void crowd_await_newest(struct crowd *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		while (c->turns->used[i] >= newest())
			await_step();
}

void crowd_code(const struct crowd *c, size_t who, uint64_t step, char out[8])
{
	struct somebody p = { .step = 0 };

	memcpy(p.secret, c->one[who].secret, sizeof p.secret);
	memcpy(p.email, c->one[who].name, sizeof p.email);
	somebody_code(&p, step, out);
}
