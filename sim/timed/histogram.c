/* SPDX-License-Identifier: MIT */
/*
 * histogram.c - how often each value came, in buckets that widen with the value.
 *
 * Below 32 each value has a bucket; from there on each power of two has 16.
 */
#include <sv3/timed.h>

#define EXACT 32u
#define STEPS 16u

static unsigned int bucket_of(uint64_t value)
{
	unsigned int top;

	if (value < EXACT)
		return (unsigned int)value;
	top = 63 - (unsigned int)__builtin_clzll(value);
	/* The four bits behind the highest one. */
	return EXACT + (top - 5) * STEPS + (unsigned int)(value >> (top - 4) & (STEPS - 1));
}

uint64_t sv3_histogram_bucket(unsigned int index)
{
	unsigned int power;

	if (index < EXACT)
		return index;
	power = (index - EXACT) / STEPS;
	return (uint64_t)(STEPS + (index - EXACT) % STEPS) << (power + 1);
}

void sv3_histogram_add(struct sv3_histogram *histogram, uint64_t value)
{
	if (!histogram->count || value < histogram->least)
		histogram->least = value;
	if (value > histogram->most)
		histogram->most = value;
	histogram->count++;
	histogram->sum += value;
	histogram->buckets[bucket_of(value)]++;
}

uint64_t sv3_histogram_permille(const struct sv3_histogram *histogram, unsigned int permille)
{
	const uint64_t wanted = histogram->count / 1000 * permille +
				(histogram->count % 1000 * permille + 999) / 1000;
	uint64_t seen = 0;

	if (!histogram->count)
		return 0;
	for (unsigned int i = 0; i < SV3_HISTOGRAM_BUCKETS; i++) {
		uint64_t last;

		seen += histogram->buckets[i];
		if (seen < wanted || !seen)
			continue;
		last = sv3_histogram_bucket(i + 1) - 1;
		return last < histogram->most ? last : histogram->most;
	}
	return histogram->most;
}
