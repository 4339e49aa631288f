/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_METRICS_H
#define HCAUTH_METRICS_H

#include "flow.h"

struct txn;

/* Counters, for hcauth metrics. They are rows of their own, written by the transaction of what they count:
 * so they survive restarts, and only ever rise. */

/* Adds one to the count of an event at the conversation's service. Of what a program that is not root's says
 * only the settings' services count by name: it may say any. 0 or -errno. */
int metrics_count(struct txn *t, const struct conv *c, const char *event);

/* hcauth metrics: everything, in Prometheus' text exposition format 0.0.4. Nobody is named in it. */
enum status metrics_command(struct conv *c, const struct words *w);

#endif
