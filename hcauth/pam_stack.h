/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_PAM_STACK_H
#define HCAUTH_PAM_STACK_H

#include <stdbool.h>
#include <stddef.h>

/* What libpam would do for one service: its files, with everything they include, as four lists of lines in
 * the order in which libpam calls them. "other" stands in, phase by phase, where a service says nothing. */

enum pam_phase { PHASE_AUTH, PHASE_ACCOUNT, PHASE_SESSION, PHASE_PASSWORD, PHASES };

enum { PAM_CODES = 32, PAM_FOLDERS = 2 }; /* the return codes of Linux-PAM; PAM_SUCCESS is 0 */

/* What a control does with a return code; above 0: how many lines it leaps over. */
enum pam_action {
	ACTION_IGNORE = 0,
	ACTION_OK = -1,
	ACTION_DONE = -2,
	ACTION_BAD = -3,
	ACTION_DIE = -4,
	ACTION_RESET = -5,
};

struct pam_line {
	const char *file; /* where it stands, without root */
	unsigned number; /* of its first line there, from 1 */
	unsigned depth; /* in how many substacks */
	bool silent; /* "-auth": a module that is missing is not logged */
	bool substack; /* the place where one begins: no module, but a line to leap over */
	const char *broken; /* why libpam makes it fail, whoever asks; else NULL */
	const char *control; /* as written, without its brackets; "" */
	const char *module; /* as written, "pam_unix.so"; "" if there is none */
	char **word; /* its arguments */
	size_t words;
	int action[PAM_CODES];
};

struct pam_list {
	struct pam_line *line;
	size_t n;
	bool other; /* they are the lines of "other" */
};

struct pam_stack {
	char service[256];
	const char *file; /* its own file; NULL: there is none, and "other" serves */
	const char *unusable; /* why libpam refuses the service as a whole; else NULL */
	const char *unusable_file; /* and where */
	unsigned unusable_number;
	struct pam_list phase[PHASES];
	struct pam_memory *memory; /* what all of it points into */
};

/* Reads a service under root ("": the machine's own). Always fills the stack in; false: out of memory. */
bool pam_stack_read(const char *root, const char *service, struct pam_stack *out);
void pam_stack_free(struct pam_stack *s);

/* Where libpam looks for a service: the first that has it. */
extern const char *const pam_folders[PAM_FOLDERS];

/* "auth", "account", "session", "password". */
const char *pam_phase_name(enum pam_phase p);

/* Whether the line's module is that one, wherever it stands: "pam_unix.so". */
bool pam_line_is(const struct pam_line *l, const char *module);
bool pam_line_has(const struct pam_line *l, const char *word);

/* The place of a module's first line, or -1. */
int pam_list_find(const struct pam_list *l, const char *module);

/* The names of all that has a file where services stand, in order; fragments that others include and "other" are
 * among them. NULL: there is no such folder, or no memory. The last is NULL; pam_services_free() frees them. */
char **pam_services(const char *root);
void pam_services_free(char **names);

#endif
