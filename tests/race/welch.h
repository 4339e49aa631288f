/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TEST_WELCH_H
#define HCAUTH_TEST_WELCH_H

#include <stddef.h>

/* Two sets of times: whether they differ. The tenth that took longest is left out of each, as that is when something
 * else had the processor. */

struct samples {
	double *v;
	size_t n;
	size_t kept; /* of them, once sorted */
	double median;
};

struct welch {
	double by; /* how much greater b's median is */
	double t; /* Welch's, of what was kept */
};
struct welch welch(struct samples *a, struct samples *b);

#endif
