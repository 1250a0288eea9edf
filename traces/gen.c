/* SPDX-License-Identifier: MIT */
/*
 * gen.c - synthetic traces: one device touching one area in a pattern, at an even rate.
 *
 * All arithmetic is on integers, the zipf weights too (fixed-point logarithm and power), so that
 * one set of numbers gives one trace, whatever the compiler and its mathematics library.
 */
#include <stdlib.h>
#include <string.h>
#include <sv3/prng.h>

#include "traces_priv.h"

#define ZIPF_PAGES_MAX (UINT64_C(1) << 24)
#define AREA_PAGES_MAX (UINT64_C(1) << 36)
#define NS_PER_S       UINT64_C(1000000000)

void sv3_trace_gen_config_init(struct sv3_trace_gen_config *config)
{
	memset(config, 0, sizeof(*config));
	config->pattern = SV3_TRACE_PATTERN_UNIFORM;
	config->seed = 1;
	config->access_count = 1000000;
	config->page_count = 65536;
	config->rate_per_s = 1000000;
	config->write_permille = 500;
	config->zipf_permille = 1000;
	config->access_bytes = 64;
	config->sid = 0x10;
	config->iova_base = UINT64_C(0x80000000);
	config->pa_base = UINT64_C(0x80000000);
}

/** NULL, or what is wrong. */
static const char *config_check(const struct sv3_trace_gen_config *config)
{
	uint64_t area_bytes = config->page_count << SV3_PAGE_LG2;

	if ((unsigned int)config->pattern >= SV3_TRACE_PATTERN_COUNT)
		return "pattern: expected fixed, sequential, uniform or zipf";
	if (config->access_count == 0 || config->access_count >= SV3__TRACE_RECORD_MAX)
		return "access_count: expected 1 to 268435455";
	if (config->page_count == 0 || config->page_count > AREA_PAGES_MAX)
		return "page_count: expected 1 to 2^36";
	if (config->pattern == SV3_TRACE_PATTERN_ZIPF && config->page_count > ZIPF_PAGES_MAX)
		return "page_count: expected at most 2^24 for zipf";
	if (config->rate_per_s == 0 || config->rate_per_s > NS_PER_S)
		return "rate_per_s: expected 1 to 10^9";
	if (config->access_count / config->rate_per_s >= SV3__TRACE_TIME_MAX_NS / NS_PER_S)
		return "rate_per_s: expected one that ends the trace within 213 days";
	if (config->write_permille > 1000)
		return "write_permille: expected 0 to 1000";
	if (config->zipf_permille > 4000)
		return "zipf_permille: expected 0 to 4000";
	if (config->access_bytes == 0 || config->access_bytes > SV3_PAGE_SIZE ||
	    (config->access_bytes & (config->access_bytes - 1)) != 0)
		return "access_bytes: expected a power of two from 1 to 4096";
	if (config->iova_base % SV3_PAGE_SIZE != 0 || config->iova_base > UINT64_MAX - area_bytes)
		return "iova_base: expected a multiple of 4096 with room for the area behind it";
	if (config->pa_base % SV3_PAGE_SIZE != 0 ||
	    config->pa_base > SV3__TRACE_PA_LIMIT - area_bytes)
		return "pa_base: expected a multiple of 4096 with room for the area within 52 bits";
	return NULL;
}

/* ---- the zipf law ---- */

/** log2(value) with 32 binary digits behind the point, by squaring. value > 0. */
static uint64_t log2_fixed(uint64_t value)
{
	unsigned int whole = 63;
	uint64_t mantissa, result;

	while (!(value >> whole & 1))
		whole--;
	result = (uint64_t)whole << 32;
	mantissa = whole <= 31 ? value << (31 - whole) : value >> (whole - 31); /* 1.31 bits */
	for (unsigned int digit = 32; digit-- > 0;) {
		mantissa = mantissa * mantissa >> 31;
		if (mantissa >> 32) {
			mantissa >>= 1;
			result |= UINT64_C(1) << digit;
		}
	}
	return result;
}

/** The root of a 0.32 number, as a 0.32 number. */
static uint64_t sqrt_fixed(uint64_t value)
{
	uint64_t low = 0, high = UINT64_C(1) << 32, middle;

	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (middle * middle <= value << 32)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/** 2^-(exponent / 2^32) times 2^38, by the binary digits of the exponent. */
static uint64_t exp2_negative(uint64_t exponent, const uint64_t roots[32])
{
	uint64_t result = UINT64_C(1) << 38; /* the sum of 2^24 of these stays within 64 bits */

	if (exponent >> 32 >= 38)
		return 0;
	for (unsigned int digit = 0; digit < 32; digit++) {
		if (exponent >> (31 - digit) & 1)
			result = result * (roots[digit] >> 8) >> 24;
	}
	return result >> (exponent >> 32);
}

/** Running sums of the weights, and a page for each rank. */
struct zipf {
	uint64_t *sums;
	uint32_t *pages;
	uint64_t count;
};

static void zipf_free(struct zipf *zipf)
{
	free(zipf->sums);
	free(zipf->pages);
}

/** Scatters the ranks, so that hot pages do not lie side by side (Fisher and Yates' shuffle). */
static void zipf_shuffle(struct zipf *zipf, struct sv3_prng *prng)
{
	uint64_t other;
	uint32_t page;

	for (uint64_t i = 0; i < zipf->count; i++)
		zipf->pages[i] = (uint32_t)i;
	for (uint64_t i = zipf->count - 1; i > 0; i--) {
		other = sv3_prng_below(prng, i + 1);
		page = zipf->pages[i];
		zipf->pages[i] = zipf->pages[other];
		zipf->pages[other] = page;
	}
}

static bool zipf_init(struct zipf *zipf, const struct sv3_trace_gen_config *config,
		      struct sv3_prng *prng)
{
	uint64_t roots[32]; /* 2^-(1/2), 2^-(1/4), ... as 0.32 numbers */
	uint64_t sum = 0, weight;

	zipf->count = config->page_count;
	zipf->sums = malloc((size_t)zipf->count * sizeof(*zipf->sums));
	zipf->pages = malloc((size_t)zipf->count * sizeof(*zipf->pages));
	if (zipf->sums == NULL || zipf->pages == NULL)
		return false;
	roots[0] = sqrt_fixed(UINT64_C(1) << 31);
	for (unsigned int i = 1; i < 32; i++)
		roots[i] = sqrt_fixed(roots[i - 1]);
	for (uint64_t rank = 0; rank < zipf->count; rank++) {
		/* log2 of 2^24 has 37 bits, the exponent 12: the product fits. */
		weight = exp2_negative(log2_fixed(rank + 1) * config->zipf_permille / 1000, roots);
		sum += weight;
		zipf->sums[rank] = sum;
	}
	zipf_shuffle(zipf, prng);
	return true;
}

static uint64_t zipf_page(const struct zipf *zipf, struct sv3_prng *prng)
{
	uint64_t draw = sv3_prng_below(prng, zipf->sums[zipf->count - 1]);
	uint64_t low = 0, high = zipf->count - 1, middle;

	/* The first rank whose running sum lies above the draw. */
	while (low < high) {
		middle = low + (high - low) / 2;
		if (zipf->sums[middle] > draw)
			high = middle;
		else
			low = middle + 1;
	}
	return zipf->pages[low];
}

/* ---- the trace ---- */

/** Offset in the area of access @number. */
static uint64_t access_offset(const struct sv3_trace_gen_config *config, const struct zipf *zipf,
			      struct sv3_prng *prng, uint64_t number)
{
	uint64_t per_area = (config->page_count << SV3_PAGE_LG2) / config->access_bytes;

	switch (config->pattern) {
	case SV3_TRACE_PATTERN_FIXED:
		return number % config->page_count << SV3_PAGE_LG2;
	case SV3_TRACE_PATTERN_SEQUENTIAL:
		return number % per_area * config->access_bytes;
	case SV3_TRACE_PATTERN_ZIPF:
		return zipf_page(zipf, prng) << SV3_PAGE_LG2;
	default:
		return sv3_prng_below(prng, config->page_count) << SV3_PAGE_LG2;
	}
}

/** number / rate in ns, exact and without overflow. */
static uint64_t access_time_ns(uint64_t number, uint64_t rate_per_s)
{
	return number / rate_per_s * NS_PER_S + number % rate_per_s * NS_PER_S / rate_per_s;
}

static void records_fill(const struct sv3_trace_gen_config *config, const struct zipf *zipf,
			 struct sv3_prng *prng, struct sv3_trace *trace)
{
	struct sv3_trace_rec *rec = trace->records;
	uint64_t offset;

	*rec++ = (struct sv3_trace_rec){ .iova = config->iova_base,
					 .pa = config->pa_base,
					 .len = config->page_count << SV3_PAGE_LG2,
					 .sid = config->sid,
					 .op = SV3_TRACE_MAP,
					 .aux = SV3_TRACE_AUX_PERM_RW,
					 .has = SV3_TRACE_HAS_ALL };
	for (uint64_t number = 0; number < config->access_count; number++) {
		offset = access_offset(config, zipf, prng, number);
		*rec++ = (struct sv3_trace_rec){
			.time_ns = access_time_ns(number, config->rate_per_s),
			.iova = config->iova_base + offset,
			.pa = config->pa_base + offset,
			.len = config->access_bytes,
			.sid = config->sid,
			.op = sv3_prng_below(prng, 1000) < config->write_permille ? SV3_TRACE_W
										  : SV3_TRACE_R,
			.aux = SV3_TRACE_AUX_DATA,
			.has = SV3_TRACE_HAS_ALL,
		};
	}
	trace->count = config->access_count + 1;
}

int sv3_trace_generate(const struct sv3_trace_gen_config *config, struct sv3_trace *trace,
		       struct sv3_trace_error *error)
{
	const char *wrong = config_check(config);
	struct zipf zipf = { .sums = NULL };
	struct sv3_prng prng;
	int status;

	memset(trace, 0, sizeof(*trace));
	if (wrong != NULL)
		return sv3__trace_fail(error, SV3_ERR_INVAL, "%s", wrong);
	sv3_prng_seed(&prng, config->seed);
	status = sv3__trace_reserve(trace, config->access_count + 1);
	if (status == 0 && config->pattern == SV3_TRACE_PATTERN_ZIPF &&
	    !zipf_init(&zipf, config, &prng))
		status = -SV3_ERR_NOMEM;
	if (status == 0) {
		records_fill(config, &zipf, &prng, trace);
		trace->format = "generated";
	} else {
		sv3_trace_free(trace);
		(void)sv3__trace_fail(error, SV3_ERR_NOMEM, "out of memory for %llu accesses",
				      (unsigned long long)config->access_count);
	}
	zipf_free(&zipf);
	return status;
}
