/* SPDX-License-Identifier: MIT */
/*
 * histogram.c - histograms of latencies as rows, as the points of a plot, and as bars.
 *
 * They count cycles; people want nanoseconds, which are exact in thousandths.
 */
#include <sv3/timeline.h>

#include <inttypes.h>

#define BARS_MAX  24u
#define BAR_CHARS (SV3_FORMAT_CHARS + 16u)
#define DECIMALS  3u

/** The first bucket with something in it, or the last. */
static unsigned int first_bucket(const struct sv3_histogram *histogram)
{
	unsigned int i = 0;

	while (i + 1 < SV3_HISTOGRAM_BUCKETS && histogram->buckets[i] == 0)
		i++;
	return i;
}

static unsigned int last_bucket(const struct sv3_histogram *histogram)
{
	unsigned int i = SV3_HISTOGRAM_BUCKETS - 1;

	while (i > 0 && histogram->buckets[i] == 0)
		i--;
	return i;
}

/* --- rows --- */

void sv3_histogram_rows(struct sv3_dataset *dataset, const char *name,
			const struct sv3_histogram *histogram, uint32_t clock_mhz)
{
	for (unsigned int i = 0; i < SV3_HISTOGRAM_BUCKETS - 1; i++) {
		if (histogram->buckets[i] == 0)
			continue;
		sv3_dataset_text(dataset, name);
		sv3_dataset_quotient(dataset, 1000 * sv3_histogram_bucket(i), clock_mhz, DECIMALS);
		sv3_dataset_quotient(dataset, 1000 * sv3_histogram_bucket(i + 1), clock_mhz,
				     DECIMALS);
		sv3_dataset_u64(dataset, histogram->buckets[i]);
	}
}

/* --- points --- */

/** value / divisor with three decimals, rounded down: no commas, as programs read them. */
static void put_decimal(FILE *file, uint64_t value, uint64_t divisor)
{
	fprintf(file, "%" PRIu64 ".%03" PRIu64, value / divisor, value % divisor * 1000 / divisor);
}

void sv3_histogram_curve(FILE *file, const struct sv3_histogram *histogram, uint32_t clock_mhz)
{
	uint64_t left = histogram->count;

	if (histogram->count == 0)
		return;
	for (unsigned int i = first_bucket(histogram); i <= last_bucket(histogram); i++) {
		if (histogram->buckets[i] == 0)
			continue;
		put_decimal(file, 1000 * sv3_histogram_bucket(i), clock_mhz);
		fputc(' ', file);
		put_decimal(file, 1000 * left, histogram->count);
		fputc('\n', file);
		left -= histogram->buckets[i];
	}
	put_decimal(file, 1000 * histogram->most, clock_mhz);
	fputs(" 0.000\n", file);
}

/* --- bars --- */

/** How many buckets a bar has, so that there are not too many: 1, 2, 4, ... */
static unsigned int share_of(unsigned int first, unsigned int last)
{
	unsigned int share = 1;

	while (last / share - first / share >= BARS_MAX)
		share *= 2;
	return share;
}

static void name_bar(char *name, unsigned int bucket, unsigned int share, uint32_t clock_mhz)
{
	const unsigned int digits = 1000 % clock_mhz == 0 ? 0 : DECIMALS;
	char from[SV3_FORMAT_CHARS];

	sv3_format_quotient(1000 * sv3_histogram_bucket(bucket / share * share), clock_mhz, digits,
			    from);
	snprintf(name, BAR_CHARS, "from %s ns", from);
}

void sv3_histogram_chart(const char *title, const struct sv3_histogram *histogram,
			 uint32_t clock_mhz, const struct sv3_chart_style *style, FILE *file)
{
	const unsigned int first = first_bucket(histogram), last = last_bucket(histogram);
	const unsigned int share = share_of(first, last);
	struct sv3_chart_row rows[BARS_MAX] = { { 0 } };
	char names[BARS_MAX][BAR_CHARS];
	uint64_t counts[BARS_MAX] = { 0 };
	unsigned int bars = 0;

	if (histogram->count == 0)
		return;
	for (unsigned int i = first; i <= last; i++) {
		bars = i / share - first / share;
		counts[bars] += histogram->buckets[i];
		name_bar(names[bars], i, share, clock_mhz);
		rows[bars] = (struct sv3_chart_row){ names[bars], &counts[bars], 1 };
	}
	sv3_chart_bars(title, rows, bars + 1, style, file);
}
