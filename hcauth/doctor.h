/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_DOCTOR_H
#define HCAUTH_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "pam_stack.h"

/* hcauth doctor: each look_at_...() looks at one subject and writes down what it finds. */

enum severity { FINE, MIND, WRONG };

/* What to do with the line that mends something. */
enum mend {
	MEND_NOT, /* there is no line: the sentence says what to do */
	MEND_REPLACE, /* put it in place of the one at where */
	MEND_BEFORE, /* put it above the one at where */
	MEND_AFTER, /* put it below that one */
	MEND_REMOVE, /* take the one at where away */
	MEND_SET, /* let it stand in the file at where, in place of one that says otherwise */
	MEND_RUN, /* type it, as root */
};

struct finding {
	struct finding *next;
	enum severity severity;
	const char *id; /* for programs: words that stay */
	char *subject, *means;
	enum mend mend;
	char *where, *line;
};

/* What a service of hcauthd.conf asks for, as the daemon has it. */
struct rule {
	char service[32], require[128];
	bool local, one_prompt, shift;
};

enum { RULES_MAX = 65, PRACTICES_MAX = 256 };

struct facts {
	bool heard; /* the daemon has answered */
	char trouble[256]; /* else why not */
	unsigned lines; /* that it has said */
	char version[32];
	bool credential; /* the machine key comes from systemd */
	unsigned pin_length, pin_tries;
	bool email, sms, break_glass;
	struct rule rule[RULES_MAX];
	size_t rules;
	char unmanaged[PRACTICES_MAX][32]; /* practices without a manager */
	size_t unmanaged_n;
};

/* One service, in words. */
struct door {
	struct door *next;
	char *service, *file;
	char *person, *root, *stranger, *bypass;
};

struct doctor {
	const char *root; /* where the machine's files are; "" but in tests */
	struct facts facts;
	struct finding *first, **end;
	struct door *doors, **doors_end;
	char **hashed; /* hcauth's people who have a usable Unix hash; the last is NULL */
	bool hashed_empty; /* one of them, or a local user, has an empty one */
	bool memory_out;
};

void doctor_begin(struct doctor *d, const char *root);
void doctor_end(struct doctor *d);

/* Writes a finding down. One that is the same but for its subject joins the one that is there. */
struct found {
	enum severity severity;
	const char *id, *subject;
	enum mend mend;
	const char *where, *line; /* NULL: none */
};
void found(struct doctor *d, struct found f, const char *means, ...)
	__attribute__((format(printf, 3, 4)));

/* One more way round hcauth at a service that was looked at, which PAM does not know of. */
#define NO_BYPASS "none found"
void add_bypass_of(struct doctor *d, const char *service, const char *how);

/* A text that the doctor frees in the end; "" when there is no memory, which is noted. */
char *doctor_text(struct doctor *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

enum severity doctor_worst(const struct doctor *d);

/* What is on the machine's disk. */
bool doctor_file(const struct doctor *d, const char *path);
char *doctor_read(const struct doctor *d, const char *path, size_t max);

void print_text(const struct doctor *d, FILE *to);
void print_json(const struct doctor *d, FILE *to);

/* Asks the daemon; complains of nothing. */
void ask_daemon(struct facts *out);
/* One of its lines. */
void hear_fact(struct facts *f, const char *line);

/* The rule for a service; NULL: the daemon has not said. */
const struct rule *rule_for(const struct facts *f, const char *service);
/* "password and a code from the app or a text message", into out. */
void rule_words(const struct rule *r, char *out, size_t size);

void look_at_users(struct doctor *d); /* first: others ask for d->hashed */
void look_at_pam(struct doctor *d);
void look_at_sshd(struct doctor *d);
void look_at_sudo(struct doctor *d);
void look_at_names(struct doctor *d);
void look_at_files(struct doctor *d);
void look_at_daemon(struct doctor *d);
void look_at_machine(struct doctor *d);
void judge_clock(struct doctor *d, time_t now, bool synchronised);

/* --- the parts of look_at_pam() --- */

/* What a way through a stack shows of somebody. */
enum shown {
	SHOWN_HCAUTH = 1, /* hcauth has said yes */
	SHOWN_UNIX = 2, /* a Unix password */
	SHOWN_OTHER = 4, /* something that another module asks for */
	SHOWN_FINGER = 8,
	SHOWN_ROOT = 16, /* that root calls */
	SHOWN_ASKED = 32, /* hcauth was asked */
};

/* Who stands at the door: what hcauth answers, and what they may be able to show. */
struct caller {
	const struct doctor *doctor;
	enum pam_phase phase;
	uint32_t hcauth; /* as bits */
	bool has_unix; /* a Unix password, and knows it */
	bool known; /* getpwnam knows the name */
	const struct pam_line
		*only; /* the one line of hcauth's that says that, if not NULL; others refuse */
};

bool module_is_there(const struct doctor *d, const struct pam_line *l);

/* A pam_answer_fn; arg: a struct caller. */
struct pam_answer module_answer(const struct pam_line *l, const void *arg);

/* "/etc/pam.d/sshd:8" */
char *line_place(struct doctor *d, const struct pam_line *l);

/* hcauth's line as it should be in that phase; old: the one that stands there, or NULL. */
char *line_right(struct doctor *d, enum pam_phase p, const struct pam_line *old);

/* The line without the arguments that begin so. */
char *line_without(
	struct doctor *d, enum pam_phase p, const struct pam_line *old, const char *word);

void look_at_words(struct doctor *d, const struct pam_stack *s);
void look_at_auth(struct doctor *d, const struct pam_stack *s, struct door *door);
void look_at_rest(struct doctor *d, const struct pam_stack *s);

/* Programs that call auth alone, and those that only root or the system calls. */
bool is_locker(const char *service);
bool is_own(const char *service);

#endif
