/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_IMPORT_SECOND_H
#define HCAUTH_IMPORT_SECOND_H

#include "factor.h"
#include "flow.h"
#include "import.h"
#include "yubikey.h"

/* Second factors from other programs' files: a list of whose is what, and what becomes of each. */

/* What the command hands over is parts: a line "NAME LENGTH", then LENGTH bytes. NAME is the user in
 * whose home that file was, or "-" for a file of many people's. */
struct import_part {
	char of[USER_NAME_MAX + 1]; /* "": many people's */
	char *text; /* NUL behind it */
	size_t len;
};
/* The next one, cut out of *text. 0 at the end, -EUCLEAN when it is none. */
int import_part_next(char **text, size_t *left, struct import_part *out);

/* The next line of *text, cut out of it, without its end; NULL after the last. */
char *import_line(char **text);

enum fate { FATE_NONE = 0, FATE_PUT, FATE_THERE, FATE_LEFT_OUT };

struct arrival { /* one credential of one person's */
	unsigned part, line;
	char of[USER_NAME_MAX + 1]; /* the part's */
	char name[SIGN_IN_NAME_MAX + 1]; /* of its person, in normal form */
	struct totp totp; /* last_step: the last that the file says was used; 0: it says nothing */
	struct yubikey key; /* only its public identity; npublic is 0 for an app */
	char note[160]; /* what is not taken over; "": nothing */
	enum fate fate;
	char why[160]; /* left out */
	struct id owner;
};

struct arrivals {
	struct import im; /* what is wrong */
	struct conv *c;
	struct arrival *a;
	size_t n, room;
	struct now now;
};

/* One more, zeroed but for its place and its person; NULL when there are too many, or name can't be one,
 * which is wrong then. Valid until the next. */
struct arrival *arrival_new(struct arrivals *v, unsigned line, const char *name);

/* The readers: what a part has becomes arrivals, what is wrong with it is told by line, without a secret. */
void import_google(struct arrivals *v, const struct import_part *part);
void import_oath(struct arrivals *v, const struct import_part *part);
void import_yubico(struct arrivals *v, const struct import_part *part);

/* import google-authenticator, import oath, import yubico; import passwd, which has parts as well. */
enum status import_second(struct conv *c, const struct words *w);
enum status import_passwd(struct conv *c, const struct words *w);

#endif
