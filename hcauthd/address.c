/* SPDX-License-Identifier: Apache-2.0 */
/* Whose e-mail address one is. What must hold: a mailbox that several people read is nobody's; while the
 * list of those can't be read, no address is taken at all. */
#include "address.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "log.h"
#include "store/store.h"
#include "text.h"

/* What mail servers take without quotes (RFC 5322, 3.2.3), less what no name may hold (name.h), and a
 * domain of at least two labels. email is a normal form. */
static bool is_address(const char *email)
{
	const char *at = strchr(email, '@');
	const char *dot = at ? strchr(at, '.') : NULL;

	if (!dot || at[-1] == '.' || strstr(email, "..") || strchr("=+-", *email))
		return false;
	for (const char *p = email; p < at; p++)
		if (!isalnum((unsigned char)*p) && !strchr("!#$%&*+-/=?^_{|}~.", *p))
			return false;
	for (const char *p = at + 1; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '.')
			return false;
	return !strstr(at, "-.") && !strstr(at, ".-") && at[strlen(at) - 1] != '-';
}

/* A line of the list: blanks and comments around the word are dropped. */
static char *word_of(char *line)
{
	line += strspn(line, " \t");
	line[strcspn(line, " \t\r\n#")] = 0;
	return line;
}

/* Whether word is the local part of email, but for what follows a "+" and digits at the end. */
static bool is_part(const char *word, const char *email)
{
	size_t len = strcspn(email, "@+");

	if (*word && strlen(word) == len && strncasecmp(word, email, len) == 0)
		return true;
	while (len > 0 && isdigit((unsigned char)email[len - 1]))
		len--;
	return *word && strlen(word) == len && strncasecmp(word, email, len) == 0;
}

/* 1: the list has it, 0: it has not, -1: it can't be read, which is logged. */
static int is_listed(const struct conv *c, const char *email)
{
	char error[CONF_ERROR_MAX], line[512];
	int fd = conf_open(c->roles, error), found = 0;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (!f) {
		log_err("addresses: %s", fd < 0 ? error : strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (!found && fgets(line, sizeof line, f))
		found = is_part(word_of(line), email);
	if (ferror(f)) {
		log_err("addresses: %s: %s", c->roles, strerror(errno));
		found = -1;
	}
	fclose(f);
	return found;
}

bool address_can_be(const struct conv *c, const char *text, char email[SIGN_IN_NAME_MAX + 1],
	char why[ADDRESS_WHY_MAX])
{
	char name[SIGN_IN_NAME_MAX + 1];

	if (!name_normal(text, name) || !is_address(name)) {
		snprintf(why, ADDRESS_WHY_MAX, "%s", TEXT_ADDRESS_FORM);
		return false;
	}
	int listed = is_listed(c, name);
	if (listed < 0)
		snprintf(why, ADDRESS_WHY_MAX, "%s", TEXT_ADDRESS_UNCHECKED);
	if (listed > 0)
		snprintf(why, ADDRESS_WHY_MAX, TEXT_ADDRESS_DESK, name);
	if (listed == 0)
		memcpy(email, name, strlen(name) + 1);
	return listed == 0;
}

bool address_own(struct conv *c, const char *text, char email[SIGN_IN_NAME_MAX + 1])
{
	char why[ADDRESS_WHY_MAX];
	bool can = address_can_be(c, text, email, why);

	if (!can)
		tell(c, TELL_ERROR, "%s", why);
	return can;
}

int address_may_be(struct txn *t, const char *email, const struct identity *who)
{
	struct person owner[2];
	size_t n;
	int r = people_by_address(t, email, owner, &n);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (n == 1 && owner[0].identity.state == STATE_LEFT)
		return 0;
	for (size_t i = 0; who && i < n; i++)
		if (id_equal(&owner[i].owner, &who->id))
			return 0;
	return -EEXIST;
}

int address_take(struct txn *t, struct identity *who, const char *email)
{
	int r = 0;

	if (strcmp(who->email, email) == 0)
		return 0;
	if (*who->email && (r = address_release(t, who)) < 0)
		return r;
	snprintf(who->email, sizeof who->email, "%s", email);
	return address_claim(t, who);
}
