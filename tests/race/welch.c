/* SPDX-License-Identifier: Apache-2.0 */
#include "race/welch.h"

#include <math.h>
#include <stdlib.h>

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void sort_out(struct samples *s)
{
	qsort(s->v, s->n, sizeof *s->v, by_size);
	s->kept = s->n - s->n / 10;
	s->median = s->v[s->kept / 2];
}

static double mean(const struct samples *s)
{
	double sum = 0;

	for (size_t i = 0; i < s->kept; i++)
		sum += s->v[i];
	return sum / (double)s->kept;
}

static double error_of(const struct samples *s, double m)
{
	double sum = 0;

	for (size_t i = 0; i < s->kept; i++)
		sum += (s->v[i] - m) * (s->v[i] - m);
	return sum / (double)(s->kept - 1) / (double)s->kept;
}

struct welch welch(struct samples *a, struct samples *b)
{
	sort_out(a);
	sort_out(b);
	double ma = mean(a), mb = mean(b);
	double error = sqrt(error_of(a, ma) + error_of(b, mb));

	return (struct welch){ .by = b->median - a->median,
		.t = error > 0 ? (mb - ma) / error : 0 };
}
