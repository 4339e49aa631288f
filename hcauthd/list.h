/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_LIST_H
#define HCAUTH_LIST_H

#include <jansson.h>

#include "flow.h"
#include "people.h"

/* What lists and shows print: a table for people, or JSON. Names of people and practices are UTF-8 that
 * was checked when it was stored, and escaped once more here. */

/* A list in JSON is told as an array with one object a line, so that it may be long. */
struct list {
	struct conv *c;
	bool json, any;
	/* In text: above the first row, and in place of all; NULL: nothing. Set after list_begin(). */
	const char *heading, *none;
};

void list_begin(struct list *l, struct conv *c, bool json);
/* Adds a row: the object (which is freed) in JSON, else the line. */
void list_row(struct list *l, json_t *object, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void list_end(struct list *l);

/* One object for a show: in JSON as it is, else a "name: value" line for each member. Frees it. */
void show_object(struct conv *c, bool json, json_t *object);

enum status list_own_accounts(struct conv *c, const struct person *who, bool json);

const char *state_name(enum state s);
json_t *json_time(uint64_t unix_s); /* RFC 3339 in UTC, or null for 0 */
json_t *json_factors(uint32_t factors); /* their names, as in hcauthd.conf */

#endif
