/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_VERBS_H
#define HCAUTH_VERBS_H

#include <stddef.h>

/* The commands of hcauth(1): one table, from which the command helps, the daemon says how a command is
 * used, and a test reads what the manual page must hold. */

enum verb_where {
	VERB_DAEMON = 1, /* a conversation with the daemon: the command is a terminal */
	VERB_HERE = 2, /* in the command itself */
};

struct verb {
	const char *name; /* "practice add" */
	const char *usage; /* what follows "hcauth " */
	const char *summary; /* one line, no full stop */
	const char *details; /* sentences, with their line ends */
	const char *heading; /* whom it is for; a run of verbs shares one */
	enum verb_where where;
};

/* The exit statuses of hcauth, for ever: a verdict's status is one of them. */
enum status {
	STATUS_DONE = 0,
	STATUS_REFUSED = 1, /* refused, or failed */
	STATUS_USAGE = 2,
	STATUS_NO_SUCH = 3, /* no such practice, person, account, factor */
	STATUS_NOT_ALLOWED = 4, /* the caller may not do this */
	STATUS_UNAVAILABLE = 5, /* the daemon can't be reached, or can't decide */
	STATUS_EXISTS = 6, /* there is one of that name already */
};

/* The verb that the most of the first n words name, and in *used how many; NULL when they name none. */
const struct verb *verb_find(const char *const *words, size_t n, size_t *used);

/* The verb at place i, from 0; NULL after the last. */
const struct verb *verb_at(size_t i);

#endif
