/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_IMPORT_H
#define HCAUTH_IMPORT_H

#include "account_new.h"

/* A file of people and their accounts, as comma-separated values (RFC 4180), in memory. */

enum {
	IMPORT_ROWS_MAX = 100000,
	IMPORT_WRONG_MAX = 1000, /* lines that are told; all others are counted */
};

struct import_row {
	unsigned line;
	bool bad; /* told already: left out */
	bool refused; /* the same, by what the store has */
	char practice[SIGN_IN_NAME_MAX + 1], userid[SIGN_IN_NAME_MAX + 1];
	char user[USER_NAME_MAX + 2]; /* one more than may be: too long is told, not cut */
	char name[PERSON_NAME_MAX + 2];
	char email[SIGN_IN_NAME_MAX + 1], mobile[MOBILE_MAX + 1]; /* in normal form, or "" */
	char groups[ACCOUNT_GROUPS_MAX * (USER_NAME_MAX + 1) + 2];
	bool manager;
	struct import_row *first; /* of those with this e-mail address; NULL: it has none */
	/* Of the first one: whether its identity is there, and was before. */
	bool made, known;
	struct id identity;
	char code[TOKEN_TEXT];
	struct account_new a;
};

struct import_wrong {
	unsigned part, line; /* part: of import_parts.h; else 0 */
	char of[USER_NAME_MAX + 1]; /* in whose home that part was; "": in nobody's */
	char why[WHY_MAX];
};

struct import {
	struct conv *c;
	struct import_row *row;
	size_t n, room;
	struct import_wrong *wrong; /* IMPORT_WRONG_MAX of them */
	size_t nwrong, wrongs; /* kept, and in all */
	unsigned part; /* what is wrong from now on is in that one */
	char of[USER_NAME_MAX + 1];
};

/* Reads text: rows in *out, and what is wrong with its lines. */
void import_read(struct import *out, const char *text, size_t len);

/* Refuses the rows whose practice does not exist, and those of whom has an account there already. */
int import_known(struct txn *t, struct import *im);

/* The whole file, as the command gives it, with a NUL behind it; wiped by import_free(). */
char *import_collect(struct conv *c, size_t *len);
void import_free(char *text, size_t len);

/* What is wrong, line by line, and that nothing was imported. */
void import_tell_wrong(struct import *im);

void import_wrong(struct import *im, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
