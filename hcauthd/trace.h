/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TRACE_H
#define HCAUTH_TRACE_H

#include "flow.h"

/* Following one person: while root's "hcauth trace" waits, each conversation about that person tells it
 * what it does, a line a datagram: what was asked and when it was answered, what came of it, what is
 * logged. Never an answer, nor how long one was, nor what a person is told. */

enum { TRACE_S = 600 };

/* Whether c is about who is followed: then c->traced is set, and it begins. After c has heard who. */
void trace_begin(struct conv *c);

/* What its service asks for. */
void trace_rule(struct conv *c);

/* One line, if c is followed. */
void trace(struct conv *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* hcauth trace: that person is followed for TRACE_S seconds, and nobody else. */
enum status trace_command(struct conv *c, const struct words *w);

#endif
