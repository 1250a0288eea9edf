/* SPDX-License-Identifier: MIT */
/*
 * thread_000.c - a guest marks its DMA pages dirty by CPU writes: which words it touches, in which
 * order, and what that does to its first-level cache. The races are in thread_000_races.c, the stop
 * in thread_000_stop.c. [policies 1, thread 000]
 */
#include <stdio.h>

#include "experiments_priv.h"

enum { SIZE, CACHE, WAYS, LINE, PAGES, IN_FLIGHT, SEED };

static const struct sv3_experiment_parameter parameters[] = {
	[SIZE] = { "size", "bytes of the largest buffer whose touched pages are counted", 12288, 64,
		   12288, false },
	[CACHE] = { "cache", "bytes of the first-level cache", 32768, 4096, 262144, true },
	[WAYS] = { "ways", "of the cache", 8, 1, 16, true },
	[LINE] = { "line", "bytes of a cache line", 64, 32, 128, true },
	[PAGES] = { "pages", "of the largest buffer the cache is looked at with", 16, 2, 64,
		    false },
	[IN_FLIGHT] = { "in-flight", "mappings open when the guest stops", 4, 1, 64, false },
	[SEED] = { "seed", "of the buffers' places and sizes", 1, 0, UINT64_MAX, false },
};

/* --- which pages --- */

#define BASE        UINT64_C(0x40000000)
#define COVERED_MAX 5u /* pages, one behind the last that a buffer can reach included */

struct touched {
	uint64_t start, size;
	uint8_t counts[COVERED_MAX]; /* touches of each page from the first byte's on */
	bool outside;                /* a word with no byte of the buffer, or of no page near it */
};

static void count_touch(void *context, uint64_t address)
{
	struct touched *touched = (struct touched *)context;
	const uint64_t page = address / SV3_PAGE_SIZE - touched->start / SV3_PAGE_SIZE;

	if (page >= COVERED_MAX || address + SV3__MARK_WORD <= touched->start ||
	    address >= touched->start + touched->size) {
		touched->outside = true;
		return;
	}
	touched->counts[page]++;
}

/* Whether the touched pages are the covered ones, each once. */
static bool marks_exactly(enum sv3__mark_variant variant, uint64_t start, uint64_t size)
{
	struct touched touched = { .start = start, .size = size };
	const uint64_t covered = (start + size - 1) / SV3_PAGE_SIZE - start / SV3_PAGE_SIZE + 1;

	sv3__mark(variant, start, size, count_touch, &touched);
	for (uint64_t page = 0; page < COVERED_MAX; page++)
		if (touched.counts[page] != (page < covered))
			return false;
	return !touched.outside;
}

/* All starts in a page, and sizes from 1 to @size_max, every @size_step-th. */
static void check_pages(struct sv3_experiment_report *report, const char *name,
			const char *question, enum sv3__mark_variant variant, uint64_t size_max,
			uint64_t size_step)
{
	struct sv3_experiment_row row = {
		.name = name,
		.question = question,
		.unit = "buffers",
		.kind = variant == SV3__MARK_DOWN ? SV3_EXPERIMENT_EQUAL : SV3_EXPERIMENT_AT_LEAST,
		.expected = variant == SV3__MARK_DOWN ? 0 : 1,
	};

	for (uint64_t offset = 0; offset < SV3_PAGE_SIZE; offset++)
		for (uint64_t size = 1; size <= size_max; size += size_step) {
			row.measured += !marks_exactly(variant, BASE + offset, size);
			row.total++;
		}
	sv3_experiment_add(report, &row);
}

/* --- what it does to the cache --- */

static void touch_l1(void *context, uint64_t address)
{
	sv3__l1_touch((struct sv3__l1 *)context, address);
}

/* Marking of a buffer of @pages pages that begins @offset bytes into its first, in an empty
 * cache. */
static void mark_in_cache(struct sv3__l1 *l1, const struct sv3__l1_config *config,
			  enum sv3__mark_variant variant, uint64_t offset, uint64_t pages)
{
	sv3__l1_reset(l1, config);
	sv3__mark(variant, BASE + offset, pages * SV3_PAGE_SIZE - offset, touch_l1, l1);
}

/* Page starts that a cache holds: those of one set, in as many sets as page starts fall into. */
static uint64_t page_starts_held(const struct sv3__l1_config *config)
{
	const uint64_t way_bytes = config->size_bytes / config->ways;

	return config->ways * (way_bytes > SV3_PAGE_SIZE ? way_bytes / SV3_PAGE_SIZE : 1);
}

static void check_stride(struct sv3_experiment_report *report, const struct sv3__l1_config *config)
{
	struct sv3_experiment_row row = {
		.name = "stride-eviction",
		.question = "page starts touched before the next one drives the first out",
		.unit = "accesses",
		.kind = SV3_EXPERIMENT_EQUAL,
		.expected = page_starts_held(config),
		.note = "the thread: about 8, with 32 KiB and 8 ways",
	};
	struct sv3__l1 l1;

	sv3__l1_reset(&l1, config);
	for (;;) {
		sv3__l1_touch(&l1, BASE + row.measured * SV3_PAGE_SIZE);
		if (!sv3__l1_holds(&l1, BASE))
			break;
		row.measured++;
	}
	sv3_experiment_add(report, &row);
}

/*
 * Is the line of the first byte, which the driver reads next, still there? Asked for each line of
 * the first page the buffer may begin in, and 1 to @pages pages.
 */
static void check_order(struct sv3_experiment_report *report, const char *name,
			const char *question, const struct sv3__l1_config *config,
			enum sv3__mark_variant variant, uint64_t pages)
{
	const uint64_t sets = config->size_bytes / config->ways / config->line_bytes;
	const uint64_t lines = SV3_PAGE_SIZE / config->line_bytes;
	const uint64_t held = page_starts_held(config);
	struct sv3_experiment_row row = {
		.name = name,
		.question = question,
		.unit = "buffers",
		.kind = SV3_EXPERIMENT_EQUAL,
	};
	struct sv3__l1 l1;

	/* Upwards the first line goes when page starts of its own set outnumber the ways. */
	if (variant == SV3__MARK_UP && pages > held)
		row.expected = (pages - held) * (sets < lines ? lines / sets : 1);
	for (uint64_t line = 0; line < lines; line++)
		for (uint64_t count = 1; count <= pages; count++) {
			const uint64_t offset = line * config->line_bytes;

			mark_in_cache(&l1, config, variant, offset, count);
			row.measured += !sv3__l1_holds(&l1, BASE + offset);
			row.total++;
		}
	sv3_experiment_add(report, &row);
}

/* Lines that one page more brings into the cache. */
static void check_prefetch(struct sv3_experiment_report *report, const char *name,
			   const char *question, struct sv3__l1_config config,
			   enum sv3__prefetch prefetch, enum sv3__mark_variant variant,
			   uint64_t pages, uint64_t lines_per_page)
{
	struct sv3_experiment_row row = {
		.name = name,
		.question = question,
		.unit = "lines",
		.kind = SV3_EXPERIMENT_EQUAL,
		.expected = lines_per_page * (pages - 1),
	};
	struct sv3__l1 l1;
	uint64_t first;

	config.prefetch = prefetch;
	mark_in_cache(&l1, &config, variant, 0, 1);
	first = l1.loads;
	mark_in_cache(&l1, &config, variant, 0, pages);
	row.measured = l1.loads - first;
	snprintf(row.note, sizeof(row.note), "for %llu pages behind the first",
		 (unsigned long long)(pages - 1));
	sv3_experiment_add(report, &row);
}

static void check_cache(struct sv3_experiment_report *report, const struct sv3__l1_config *config,
			uint64_t pages)
{
	check_stride(report, config);
	check_order(report, "order-down",
		    "marked downwards: the first byte's line is gone at the end", config,
		    SV3__MARK_DOWN, pages);
	check_order(report, "order-up", "marked upwards: the first byte's line is gone at the end",
		    config, SV3__MARK_UP, pages);
	check_prefetch(report, "next-line-first", "next-line prefetcher, first word of each page",
		       *config, SV3__PREFETCH_NEXT, SV3__MARK_DOWN, pages, 2);
	check_prefetch(report, "next-line-last", "next-line prefetcher, last word of each page",
		       *config, SV3__PREFETCH_NEXT, SV3__MARK_LAST_LINE, pages, 1);
	check_prefetch(report, "adjacent-first",
		       "adjacent-line prefetcher, first word of each page", *config,
		       SV3__PREFETCH_ADJACENT, SV3__MARK_DOWN, pages, 2);
	check_prefetch(report, "adjacent-last", "adjacent-line prefetcher, last word of each page",
		       *config, SV3__PREFETCH_ADJACENT, SV3__MARK_LAST_LINE, pages, 2);
}

static int run(const struct sv3_experiment_config *config, struct sv3_experiment_report *report)
{
	const struct sv3__l1_config l1 = {
		.size_bytes = (uint32_t)config->values[CACHE],
		.ways = (uint32_t)config->values[WAYS],
		.line_bytes = (uint32_t)config->values[LINE],
	};
	int rc;

	check_pages(report, "pages-exact", "touched pages are not the covered ones, each once",
		    SV3__MARK_DOWN, config->values[SIZE], 1);
	/* Enough sizes to show the mistakes; 61 shares no factor with a page. */
	check_pages(report, "pages-stride", "the same when stepping 4096 bytes from the first byte",
		    SV3__MARK_STRIDE, config->values[SIZE], 61);
	check_pages(report, "pages-twice", "the same when the first page's start is touched, too",
		    SV3__MARK_TWICE, config->values[SIZE], 61);
	check_cache(report, &l1, config->values[PAGES]);
	rc = sv3__thread_000_races(report);
	return rc ? rc
		  : sv3__thread_000_stop(report, (uint32_t)config->values[IN_FLIGHT],
					 config->values[SEED]);
}

const struct sv3__experiment sv3__thread_000 = {
	.info = {
		.name = "thread-000",
		.title = "guest-marks-dirty",
		.description = "a guest touches each page of a DMA buffer so that the host sees it",
		.parameters = parameters,
		.parameter_count = SV3__COUNT(parameters),
	},
	.run = run,
};
