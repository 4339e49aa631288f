/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: no text that a person chose reaches a terminal unescaped; nothing secret is listed. */
#include "list.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "factor.h"
#include "log.h"
#include "store/store.h"
#include "text.h"
#include "when.h"

json_t *json_time(uint64_t unix_s)
{
	char text[32];
	time_t at = (time_t)unix_s;
	struct tm tm;

	if (unix_s == 0 || !gmtime_r(&at, &tm))
		return json_null();
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

json_t *json_factors(uint32_t factors)
{
	json_t *names = json_array();

	for (unsigned id = FACTOR_PASSWORD; id <= FACTOR_LAST; id++)
		if (factors & 1u << id)
			json_array_append_new(names, json_string(factor_name(id)));
	return names;
}

const char *state_name(enum state s)
{
	return s == STATE_ACTIVE ? "active" : s == STATE_LEFT ? "left" : "disabled";
}

void list_begin(struct list *l, struct conv *c, bool json)
{
	*l = (struct list){ .c = c, .json = json };
}

void list_row(struct list *l, json_t *object, const char *format, ...)
{
	char line[WIRE_TEXT_MAX - 64], shown[WIRE_TEXT_MAX - 64];
	va_list ap;

	if (l->json) {
		char *text = json_dumps(object, JSON_COMPACT);

		if (!text)
			die("list: no memory");
		tell(l->c, TELL_INFO, "%s%s", l->any ? "," : "[", text);
		free(text);
	} else {
		if (!l->any && l->heading)
			tell(l->c, TELL_INFO, "%s", l->heading);
		va_start(ap, format);
		vsnprintf(line, sizeof line, format, ap);
		va_end(ap);
		tell(l->c, TELL_INFO, "%s", visible(line, shown, sizeof shown));
	}
	json_decref(object);
	l->any = true;
}

void list_end(struct list *l)
{
	if (l->json)
		tell(l->c, TELL_INFO, "%s", l->any ? "]" : "[]");
	else if (!l->any && l->none)
		tell(l->c, TELL_INFO, "%s", l->none);
}

static void show_member(struct conv *c, const char *key, const json_t *value)
{
	char shown[1024];
	char *text =
		json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	const char *plain = json_is_string(value) ? json_string_value(value) : text;

	if (json_is_null(value))
		plain = "-";
	if (json_is_boolean(value))
		plain = json_is_true(value) ? "yes" : "no";
	if (!json_is_array(value))
		tell(c, TELL_INFO, "%-20s %s", key,
			visible(plain ? plain : "-", shown, sizeof shown));
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *item = json_array_get(value, i);

		if (json_is_string(item))
			tell(c, TELL_INFO, "%-20s %s", i == 0 ? key : "",
				visible(json_string_value(item), shown, sizeof shown));
	}
	free(text);
}

void show_object(struct conv *c, bool json, json_t *object)
{
	const char *key;
	json_t *value;

	if (json) {
		char *text = json_dumps(object, JSON_COMPACT);

		if (!text)
			die("show: no memory");
		tell(c, TELL_INFO, "%s", text);
		free(text);
	} else
		json_object_foreach(object, key, value) show_member(c, key, value);
	json_decref(object);
}

struct own {
	const struct person *who;
	struct account account[IDENTITY_ACCOUNTS_MAX];
	struct practice practice[IDENTITY_ACCOUNTS_MAX];
	size_t n;
};

static int load_own(struct txn *t, void *arg)
{
	struct own *o = arg;
	int r = 0;

	if (o->who->has_identity)
		r = identity_accounts(
			t, &o->who->identity.id, o->account, IDENTITY_ACCOUNTS_MAX, &o->n);
	else {
		o->account[0] = o->who->account;
		o->n = 1;
	}
	for (size_t i = 0; r == 0 && i < o->n; i++)
		r = practice_load(t, o->account[i].practice, &o->practice[i]);
	return r;
}

enum status list_own_accounts(struct conv *c, const struct person *who, bool json)
{
	static struct own o; /* large; one conversation a process */
	struct list l;

	o.who = who;
	int r = store_read(c->store, load_own, &o);
	if (r < 0)
		die("store: own accounts: %s", strerror(-r));
	list_begin(&l, c, json);
	for (size_t i = 0; i < o.n; i++) {
		const struct account *a = &o.account[i];
		char day[WHEN_TEXT];
		bool here = id_equal(&a->id, &who->account.id);
		bool standard = who->has_identity && id_equal(&a->id, &who->identity.account);

		list_row(&l,
			json_pack("{s:s,s:s,s:s,s:s,s:o,s:b,s:b,s:b}", "account", a->userid,
				"practice", a->practice, "practice_name", o.practice[i].name,
				"user", a->user, "last_used", json_time(a->last_seen), "active",
				a->state == STATE_ACTIVE, "default", standard, "here", here),
			"%-16s %-16s %-11s %s%s%s%s", a->userid, a->user,
			when_used(a->last_seen, day), o.practice[i].name, here ? TEXT_HERE : "",
			standard ? TEXT_DEFAULT : "",
			a->state == STATE_ACTIVE         ? ""
				: a->state == STATE_LEFT ? TEXT_LEFT
							 : TEXT_SWITCHED_OFF);
	}
	list_end(&l);
	return STATUS_DONE;
}
