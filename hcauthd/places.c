/* SPDX-License-Identifier: Apache-2.0 */
/* Counting conversations. What must hold: the two sockets' places are apart, so that no user can keep
 * root out, and nobody's crowd on the user socket holds up messages; memory is bounded whoever connects; root is never slowed, for at root's door it is anybody
 * on the network who makes a conversation time out, and slowing root would switch off all sign-ins. */
#include "places.h"

#include <sys/wait.h>

static const size_t places[DOORS] = {
	[ROOT_SOCKET] = ROOT_PLACES, [USER_SOCKET] = USER_PLACES, [ON_ERRAND] = ERRAND_PLACES
};
static const size_t uid_places[DOORS] = {
	[USER_SOCKET] = UID_PLACES, [ON_ERRAND] = ERRAND_UID_PLACES
};

const char *limits_object(const struct limits *l, enum which from, uid_t uid, int64_t now)
{
	size_t own = 0;

	if (l->used[from] >= places[from])
		return "all places are taken";
	if (from == ROOT_SOCKET)
		return NULL;
	for (size_t i = 0; i < l->n; i++)
		own += l->conversation[i].from == from && l->conversation[i].uid == uid;
	if (own >= uid_places[from])
		return "it has all the conversations that one user may have";
	for (size_t i = 0; i < SLOWED_MAX; i++)
		if (l->slowed[i].seconds > 0 && l->slowed[i].uid == uid && now < l->slowed[i].until)
			return "its conversations crashed or timed out, so it has to wait";
	return NULL;
}

void limits_begin(struct limits *l, enum which from, uid_t uid, pid_t pid)
{
	l->conversation[l->n++] = (struct conversation){ .pid = pid, .uid = uid, .from = from };
	l->used[from]++;
}

/* uid's row; else a free one; else the one whose wait ends, or ended, first. */
static struct slowed *row_for(struct limits *l, uid_t uid)
{
	struct slowed *best = &l->slowed[0];

	for (size_t i = 0; i < SLOWED_MAX; i++) {
		struct slowed *s = &l->slowed[i];

		if (s->seconds > 0 && s->uid == uid)
			return s;
		if (best->seconds > 0 && (s->seconds == 0 || s->until < best->until))
			best = s;
	}
	*best = (struct slowed){ .uid = uid };
	return best;
}

/* Doubles the wait, after halving it for each full minute since the last one ended: whoever lets a
 * locker's prompt time out now and then never waits longer than a second. */
static void slow(struct limits *l, uid_t uid, int64_t now)
{
	struct slowed *s = row_for(l, uid);

	for (int64_t t = s->until + 60000; s->seconds > 0 && t <= now; t += 60000)
		s->seconds /= 2;
	s->seconds = s->seconds == 0 ? 1 : s->seconds * 2;
	if (s->seconds > SLOW_MAX_S)
		s->seconds = SLOW_MAX_S;
	s->until = now + (int64_t)s->seconds * 1000;
}

struct conversation limits_end(struct limits *l, pid_t pid, int status, int64_t now)
{
	for (size_t i = 0; i < l->n; i++) {
		struct conversation c = l->conversation[i];

		if (c.pid != pid)
			continue;
		l->conversation[i] = l->conversation[--l->n];
		l->used[c.from]--;
		if (c.from != ROOT_SOCKET && c.uid != 0 &&
			(WIFSIGNALED(status) ||
				(WIFEXITED(status) && WEXITSTATUS(status) == TALK_TIMED_OUT)))
			slow(l, c.uid, now);
		return c;
	}
	return (struct conversation){ .pid = -1 };
}
