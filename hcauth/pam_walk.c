/* SPDX-License-Identifier: Apache-2.0 */
/* What a stack of PAM comes to. What must hold: from the same answers it makes the same of every line as libpam
 * (pam_dispatch.c of Linux-PAM; tests/unit/pam_walk.c compares the two), and it follows all of them. */
#include "pam_walk.h"

#include <stdlib.h>

enum { UNDECIDED = 0, POSITIVE = 1, NEGATIVE = 2 };

enum {
	DEPTH_MAX = 12, /* three bits of a place for each */
	PLACES_MAX = 1 << 17, /* a power of two; an ordinary stack has some hundred */
};

/* Where a walk stands. */
struct place {
	size_t at; /* the next line */
	unsigned depth; /* of the line before */
	unsigned impression;
	bool good; /* the status is success */
	unsigned shown;
	uint64_t
		saved; /* impression and status at the beginning of each substack, three bits each */
	const struct pam_line *by;
};

/* A place that was followed. Whose success counted first is part of it: another line's is another way in. */
struct been {
	uint64_t key; /* 0: a free slot */
	const struct pam_line *by;
};

struct walk {
	const struct pam_list *list;
	const struct pam_answer *answer; /* one for each line */
	struct been *been; /* a hash table */
	size_t places;
	struct pam_ways *ways;
};

static uint64_t key_of(const struct place *p)
{
	return (uint64_t)1 << 63 | p->saved << 26 | (uint64_t)p->depth << 22 |
		(uint64_t)p->shown << 15 | (uint64_t)p->at << 3 | p->impression << 1 | p->good;
}

/* Whether a walk was here before; else it is now. */
static bool been_at(struct walk *w, const struct place *p)
{
	uint64_t key = key_of(p);
	uint64_t at = (key ^ (uint64_t)(uintptr_t)p->by << 20) * 0x9E3779B97F4A7C15U >> 40;

	for (;; at++) {
		struct been *slot = &w->been[at & (PLACES_MAX - 1)];

		if (slot->key == key && slot->by == p->by)
			return true;
		if (slot->key)
			continue;
		if (++w->places > PLACES_MAX / 2) {
			w->ways->given_up = true;
			return true;
		}
		*slot = (struct been){ .key = key, .by = p->by };
		return false;
	}
}

static void arrive(struct walk *w, const struct place *p)
{
	struct pam_ways *out = w->ways;

	if (p->impression != POSITIVE || !p->good)
		return;
	for (size_t i = 0; i < out->n; i++)
		if (out->way[i].shown == p->shown && out->way[i].by == p->by)
			return;
	if (out->n == PAM_WAYS_MAX) {
		out->given_up = true;
		return;
	}
	out->way[out->n++] = (struct pam_way){ .shown = p->shown, .by = p->by };
}

static unsigned depth_at(const struct walk *w, size_t i)
{
	return w->list->line[i].depth;
}

/* The line after i when n are leapt over, a substack being one; beyond the end when there are not so many. */
static size_t leap(const struct walk *w, size_t i, int n)
{
	unsigned depth = depth_at(w, i);
	size_t end = w->list->n;

	while (n > 0 && i + 1 < end && depth_at(w, i + 1) >= depth) {
		do
			i++;
		while (i + 1 < end && depth_at(w, i + 1) > depth);
		n--;
	}
	return n > 0 ? end + 1 : i + 1;
}

/* The line after i at which a decision at i's depth lets libpam go on. */
static size_t beyond(const struct walk *w, size_t i)
{
	unsigned depth = depth_at(w, i);

	while (i + 1 < w->list->n && depth_at(w, i + 1) >= depth)
		i++;
	return i + 1;
}

static void succeed(struct place *p, const struct pam_line *l, int code)
{
	if (p->impression != UNDECIDED && !(p->impression == POSITIVE && p->good))
		return;
	if (p->impression == UNDECIDED)
		p->by = l;
	p->impression = POSITIVE;
	p->good = code == CODE_SUCCESS;
}

static void fail(struct place *p)
{
	p->impression = NEGATIVE;
	p->good = false;
}

/* What line i makes of code; p->at is then the next one. */
static void act(const struct walk *w, size_t i, int code, struct place *p)
{
	const struct pam_line *l = &w->list->line[i];
	int action = l->broken ? l->action[CODE_PERM_DENIED] : l->action[code];

	p->at = i + 1;
	switch (action) {
	case ACTION_IGNORE: break;
	case ACTION_OK:
	case ACTION_DONE:
		succeed(p, l, code);
		if (action == ACTION_DONE && p->impression == POSITIVE)
			p->at = beyond(w, i);
		break;
	case ACTION_BAD:
	case ACTION_DIE:
		fail(p);
		if (action == ACTION_DIE)
			p->at = beyond(w, i);
		break;
	case ACTION_RESET:
		p->impression = p->saved >> 3 * l->depth & 3;
		p->good = p->saved >> 3 * l->depth & 4;
		break;
	default:
		p->at = leap(w, i, action);
		if (p->at > w->list->n) { /* libpam stands at the last line then, with a failure */
			fail(p);
			p->at = beyond(w, i);
		}
	}
}

static void follow(struct walk *w, struct place p);

static void follow_code(struct walk *w, struct place p, size_t i, int code)
{
	const struct pam_answer *a = &w->answer[i];

	p.depth = depth_at(w, i);
	p.shown |= a->seen;
	if (code == CODE_SUCCESS)
		p.shown |= a->shows;
	act(w, i, code, &p);
	follow(w, p);
}

static void save(struct place *p, unsigned depth)
{
	p->saved &= ~((uint64_t)7 << 3 * depth);
	p->saved |= (uint64_t)(p->impression | (p->good ? 4U : 0U)) << 3 * depth;
}

static void follow(struct walk *w, struct place p)
{
	if (p.at >= w->list->n) {
		arrive(w, &p);
		return;
	}
	if (w->ways->given_up || been_at(w, &p))
		return;

	size_t i = p.at;
	const struct pam_line *l = &w->list->line[i];
	if (p.depth < l->depth)
		save(&p, l->depth);
	if (l->substack) {
		p.depth = l->depth;
		p.at++;
		follow(w, p);
		return;
	}
	if (l->broken) {
		follow_code(w, p, i, CODE_PERM_DENIED);
		return;
	}
	for (int code = 0; code < PAM_CODES; code++)
		if (w->answer[i].codes >> code & 1)
			follow_code(w, p, i, code);
}

bool pam_walk(const struct pam_list *l, pam_answer_fn answer, const void *arg, struct pam_ways *out)
{
	struct pam_answer *answers = calloc(l->n + 1, sizeof *answers);
	struct walk w = { .list = l, .answer = answers, .ways = out };

	*out = (struct pam_ways){ 0 };
	w.been = calloc(PLACES_MAX, sizeof *w.been);
	bool room = answers && w.been;
	for (size_t i = 0; room && i < l->n; i++) {
		answers[i] = answer(&l->line[i], arg);
		out->given_up |= l->line[i].depth >= DEPTH_MAX;
	}
	if (room && l->n > 0)
		follow(&w, (struct place){ 0 });
	free(answers);
	free(w.been);
	return room;
}
