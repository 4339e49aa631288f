/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TEST_LOOK_H
#define HCAUTH_TEST_LOOK_H

#include "audit.h"
#include "client.h"

/* What stands in the daemon's store: a child that is the daemon's user looks, and has it open only then. */

void look_start(void); /* before this process opens a store */

/* The code of the last text message, which waits in the outbox. */
void look_sms(char out[32]);
/* A new reset code of a person's, as a manager has one sent. */
void look_reset_code(const char *email, char out[32]);

/* Failures counted for a person, by factor and kind of source. */
struct counts {
	uint32_t of[32][SOURCE_NETWORK + 1];
};
void look_counts(const char *email, struct counts *out);

/* How many sessions of a person know by what they were signed in to. */
unsigned look_sessions(const char *email);

/* How many rows the tables have, by their letters; all: in all but the audit. */
struct tables {
	uint64_t audit;
	unsigned all, rows[128];
};
void look_tables(struct tables *out);

/* The audit about a person after record from. */
enum { LOOK_ROWS = 1024 };
struct look_row {
	uint64_t number;
	enum audit_event event;
	char tty[16], detail[200];
};
struct look_audit {
	uint64_t last; /* of all records */
	unsigned n;
	struct look_row row[LOOK_ROWS];
};
const struct look_audit *look_audit(const char *email, uint64_t from);
/* How many of them are of that event, with that in their detail ("": any); the number of the last. */
unsigned look_events(
	const struct look_audit *a, enum audit_event event, const char *part, uint64_t *last);

#endif
