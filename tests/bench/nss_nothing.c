/* SPDX-License-Identifier: Apache-2.0 */
/* libnss_nothing.so.2 answers at once, out of nothing: what a look-up costs through it is what the C library
 * itself costs. */
#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stdbool.h>

#include "bench/people.h"

#pragma GCC visibility push(default)
enum nss_status _nss_nothing_getpwnam_r(
	const char *name, struct passwd *out, char *buf, size_t size, int *errnop);
enum nss_status _nss_nothing_getpwuid_r(
	uid_t uid, struct passwd *out, char *buf, size_t size, int *errnop);
enum nss_status _nss_nothing_getgrnam_r(
	const char *name, struct group *out, char *buf, size_t size, int *errnop);
enum nss_status _nss_nothing_initgroups_dyn(const char *user, gid_t group, long int *start,
	long int *size, gid_t **groups, long int limit, int *errnop);
#pragma GCC visibility pop

static enum nss_status answer(bool missing, int *errnop)
{
	if (!missing)
		return NSS_STATUS_SUCCESS;
	*errnop = ENOENT;
	return NSS_STATUS_NOTFOUND;
}

enum nss_status _nss_nothing_getpwnam_r(
	const char *name, struct passwd *out, char *buf, size_t size, int *errnop)
{
	static char empty[1];

	(void)buf, (void)size;
	*out = (struct passwd){ empty, empty, FIRST_UID, PRIMARY_GID, empty, empty, empty };
	return answer(name[0] == MISSING, errnop);
}

enum nss_status _nss_nothing_getpwuid_r(
	uid_t uid, struct passwd *out, char *buf, size_t size, int *errnop)
{
	return _nss_nothing_getpwnam_r(
		uid >= MISSING_ID ? (char[]){ MISSING, 0 } : "", out, buf, size, errnop);
}

enum nss_status _nss_nothing_getgrnam_r(
	const char *name, struct group *out, char *buf, size_t size, int *errnop)
{
	static char empty[1], *members[1];

	(void)buf, (void)size;
	*out = (struct group){ empty, empty, FIRST_GID, members };
	return answer(name[0] == MISSING, errnop);
}

enum nss_status _nss_nothing_initgroups_dyn(const char *user, gid_t group, long int *start,
	long int *size, gid_t **groups, long int limit, int *errnop)
{
	(void)group, (void)limit;
	for (gid_t k = 0; user[0] != MISSING && k < GROUPS && *start < *size; k++)
		(*groups)[(*start)++] = FIRST_GID + k;
	return answer(user[0] == MISSING, errnop);
}
