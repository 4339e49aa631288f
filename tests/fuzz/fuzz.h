/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_FUZZ_H
#define HCAUTH_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A target is one file with the first two of these, or, if several of its inputs may stand in one with FUZZ_NEXT
 * between each two, the first and the last. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);
void fuzz_one(const uint8_t *p, size_t len);
#define FUZZ_NEXT "\xf5%%\xf5"

/* What must hold of every input: if it does not, says what, and crashes. */
#define HOLDS(v) fuzz_holds((v), #v, __FILE__, __LINE__)
void fuzz_holds(bool v, const char *what, const char *file, int line);

/* What is left of an input. Behind its end are zeros. */
struct fuzz_input {
	const uint8_t *p;
	size_t left;
};

uint8_t fuzz_byte(struct fuzz_input *in);
/* Up to a byte that is end, and past it, at most size - 1 bytes, into out, with a NUL; none of them is NUL. */
const char *fuzz_text(struct fuzz_input *in, char end, char *out, size_t size);
/* The rest, with a NUL behind it, to be freed: so that what reads past its end is seen. */
char *fuzz_rest(const struct fuzz_input *in);

/* A descriptor of a file that has those bytes, which the next call with that slot makes anew. */
int fuzz_file(unsigned slot, const void *p, size_t len);
/* Its path. */
const char *fuzz_file_path(unsigned slot);

/* Goes to a new folder in memory, which goes with the process. */
void fuzz_folder(void);

#endif
