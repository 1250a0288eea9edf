/* SPDX-License-Identifier: MIT */
/*
 * sample.c - see sample.h.
 */
#include <math.h>

#include "sample.h"

void fx_sample_add(struct fx_sample *sample, double value)
{
	sample->sum += value;
	sample->squares += value * value;
	sample->count++;
}

double fx_mean(const struct fx_sample *sample)
{
	return sample->sum / sample->count;
}

double fx_variance(const struct fx_sample *sample)
{
	const double n = sample->count, mean = fx_mean(sample);

	return (sample->squares - n * mean * mean) / (n - 1);
}

double fx_tolerance(const struct fx_sample *sample)
{
	return 4 * sqrt(fx_variance(sample) / sample->count);
}

void fx_pairs_add(struct fx_pairs *pairs, double a, double b)
{
	fx_sample_add(&pairs->a, a);
	fx_sample_add(&pairs->b, b);
	pairs->products += a * b;
}

double fx_ratio(const struct fx_pairs *pairs)
{
	return fx_mean(&pairs->a) / fx_mean(&pairs->b);
}

/* The variance of a - ratio * b, seen from the mean of b. */
double fx_ratio_tolerance(const struct fx_pairs *pairs)
{
	const double n = pairs->a.count, ratio = fx_ratio(pairs), b = fx_mean(&pairs->b);
	const double covariance = (pairs->products - n * fx_mean(&pairs->a) * b) / (n - 1);
	const double variance = fx_variance(&pairs->a) + ratio * ratio * fx_variance(&pairs->b) -
				2 * ratio * covariance;

	return 4 * sqrt(variance / n) / b;
}
