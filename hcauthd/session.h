/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_SESSION_H
#define HCAUTH_SESSION_H

#include "conv.h"

struct txn;

/* Tickets from auth to session, sessions, and the account phase. */

/* Keeps a ticket for 60 s; secret is what the auth phase carries over, as hex. Ends the stale ones. */
int ticket_write(struct txn *t, const struct conv *c, const struct now *now,
	const uint8_t secret[16], const struct id *account, uint32_t factors);

/* The ticket (hex) is for another account of the same person now, or for the same one, and its 60 s begin
 * anew: what was asked after it was written took its time. */
int ticket_move(struct txn *t, const struct conv *c, const struct now *now, const char *hex,
	const struct id *account);

/* Whether uid's caller is at the workstation itself: by the session on that terminal; on a terminal of no
 * session (a window), by all of uid's sessions together. In doubt: no. */
bool session_is_local(struct conv *c, uid_t uid, const char *tty);

/* Whether v is over: of an earlier boot, or its program has gone without saying so. */
bool session_over(const struct session *v, const struct now *now);

/* May hello.name be in now? Reads only. */
void flow_account(struct conv *c, struct outcome *out);

/* A session of hello.name begins (with the ticket, if auth ran) and ends: one commit each. */
void flow_open(struct conv *c, struct outcome *out);
void flow_close(struct conv *c, struct outcome *out);

#endif
