/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_NSS_H
#define HCAUTH_NSS_H

#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stddef.h>

/* What glibc's name service switch calls; the contract is glibc's (info libc, "NSS Modules Interface"). */
#pragma GCC visibility push(default)

enum nss_status _nss_hcauth_getpwnam_r(
	const char *name, struct passwd *out, char *buf, size_t size, int *errnop);
enum nss_status _nss_hcauth_getpwuid_r(
	uid_t uid, struct passwd *out, char *buf, size_t size, int *errnop);
enum nss_status _nss_hcauth_getgrnam_r(
	const char *name, struct group *out, char *buf, size_t size, int *errnop);
enum nss_status _nss_hcauth_getgrgid_r(
	gid_t gid, struct group *out, char *buf, size_t size, int *errnop);
enum nss_status _nss_hcauth_initgroups_dyn(const char *user, gid_t group, long int *start,
	long int *size, gid_t **groups, long int limit, int *errnop);

enum nss_status _nss_hcauth_setpwent(int stayopen);
enum nss_status _nss_hcauth_getpwent_r(struct passwd *out, char *buf, size_t size, int *errnop);
enum nss_status _nss_hcauth_endpwent(void);
enum nss_status _nss_hcauth_setgrent(int stayopen);
enum nss_status _nss_hcauth_getgrent_r(struct group *out, char *buf, size_t size, int *errnop);
enum nss_status _nss_hcauth_endgrent(void);

#pragma GCC visibility pop

#endif
