/* SPDX-License-Identifier: MIT */
/*
 * sample.h - means over seeds and how near they must lie to an expectation.
 *
 * A mean agrees with a formula if it lies within 4 standard errors of it, over at least 100 seeds;
 * a ratio of two policies is judged on pairs that share a seed. [policies 10.6]
 */
#ifndef SV3_TESTS_MIGRATION_SAMPLE_H
#define SV3_TESTS_MIGRATION_SAMPLE_H

#define FX_SEEDS 100u

/** Values of one quantity; all 0 at first. */
struct fx_sample {
	double sum, squares;
	unsigned int count;
};

void fx_sample_add(struct fx_sample *sample, double value);
double fx_mean(const struct fx_sample *sample);
/** Estimated without bias: by count - 1. */
double fx_variance(const struct fx_sample *sample);
/** Four standard errors of the mean. */
double fx_tolerance(const struct fx_sample *sample);

/** Pairs of values; all 0 at first. */
struct fx_pairs {
	struct fx_sample a, b;
	double products;
};

void fx_pairs_add(struct fx_pairs *pairs, double a, double b);
/** mean of a / mean of b. */
double fx_ratio(const struct fx_pairs *pairs);
/** Four standard errors of the ratio, by its first derivatives. */
double fx_ratio_tolerance(const struct fx_pairs *pairs);

#endif
