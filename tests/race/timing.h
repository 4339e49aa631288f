/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TEST_TIMING_H
#define HCAUTH_TEST_TIMING_H

/* timing compare SAMPLES, timing pam SAMPLES (timing.py runs them). */
void compare_all(unsigned samples);
void pam_all(unsigned samples);

#endif
