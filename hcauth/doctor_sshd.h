/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_DOCTOR_SSHD_H
#define HCAUTH_DOCTOR_SSHD_H

struct doctor;
struct pam_stack;

/* The parts of look_at_sshd(). */

/* What "sshd -T" prints; match: the place of the Match that it holds for, NULL for all. */
void judge_sshd(struct doctor *d, const char *settings, const char *match);

/* What "sshd -V" prints, and whether sshd's PAM service has the argument "canonical". */
void judge_sshd_version(struct doctor *d, const char *text, const struct pam_stack *s);

/* The rules of sshd_config and of what it includes. The first user, host and address of a Match are handed to judge
 * as "-C" takes them, with its place. */
typedef void (*sshd_match_fn)(struct doctor *d, const char *spec, const char *match);
void look_at_matches(struct doctor *d, const char *path, sshd_match_fn judge);

/* Says that a Match was not judged. */
void match_unjudged(struct doctor *d, const char *match);

#endif
