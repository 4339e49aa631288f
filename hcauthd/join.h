/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_JOIN_H
#define HCAUTH_JOIN_H

#include "flow.h"

/* The commands by which people join: invitations, letters, requests, imports. */

enum status manage_invite(struct conv *c, const struct words *w);
enum status manage_letter(struct conv *c, const struct words *w);
enum status flow_request(struct conv *c, const struct words *w);
enum status manage_requests(struct conv *c, const struct words *w);
enum status manage_approve(struct conv *c, const struct words *w);
enum status manage_refuse(struct conv *c, const struct words *w);
enum status manage_import(struct conv *c, const struct words *w);

struct request;

/* Whom an invitation is to, as the practice or the person has said. */
struct invited {
	const char *practice; /* in normal form; the caller may manage it */
	char name[PERSON_NAME_MAX + 1];
	char email[SIGN_IN_NAME_MAX + 1], mobile[MOBILE_MAX + 1]; /* "": not given */
	const struct request *request; /* which it answers and closes; NULL: none */
};

/* Makes the account, with the names and groups that w says, and tells or sends the letter. */
enum status invite(struct conv *c, const struct words *w, const struct invited *who);

#endif
