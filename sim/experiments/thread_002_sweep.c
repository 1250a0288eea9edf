/* SPDX-License-Identifier: MIT */
/*
 * thread_002_sweep.c - what invalidations cost the policies of thread 002: their latency times what
 * a flush takes with it, over a device that writes one area at random and reads another. It is the
 * same for all runs, which differ in length. [policies 1, S002-3]
 */
#include <sv3/device.h>

#include "experiments_priv.h"

#define GUEST_BASE    UINT64_C(0x40000000)
#define STREAM_ID     1u
#define LINK          UINT64_C(1000000000) /* bits/s: a page takes 33 us */
#define WRITE_PERIOD  (40 * SV3_PS_PER_US)
#define READ_PERIOD   (20 * SV3_PS_PER_US)
#define ACCESS_BYTES  64u
#define CHUNK_SHIFT   2u
#define SEED_OF_WRITE 1u

/* --- the device --- */

/** All pages read once, then one half written at random, and the other half read in turn. */
enum source { WARM_UP, WRITER, READER, SOURCES };

static void source_configs(uint64_t pages, struct sv3_synthetic_config configs[SOURCES])
{
	const struct sv3_synthetic_config common = {
		.base = GUEST_BASE,
		.page_count = pages,
		.stream_id = STREAM_ID,
		.len = ACCESS_BYTES,
	};

	for (unsigned int i = 0; i < SOURCES; i++)
		configs[i] = common;
	configs[WARM_UP].pattern = SV3_PATTERN_FIXED;
	configs[WARM_UP].page_count = configs[WARM_UP].limit = 2 * pages;
	configs[WARM_UP].period = SV3_PS_PER_US;
	configs[WRITER].pattern = SV3_PATTERN_UNIFORM;
	configs[WRITER].write_percent = 100;
	configs[WRITER].start = configs[WRITER].period = WRITE_PERIOD;
	configs[WRITER].jitter = true;
	configs[WRITER].seed = SEED_OF_WRITE;
	configs[READER].pattern = SV3_PATTERN_SEQUENTIAL;
	configs[READER].base += pages * SV3_PAGE_SIZE;
	configs[READER].start = configs[READER].period = READ_PERIOD;
}

static int make_device(uint64_t pages, struct sv3_device *device)
{
	struct sv3_synthetic_config configs[SOURCES];
	struct sv3_device sources[SOURCES];
	unsigned int count = 0;
	int rc = 0;

	source_configs(pages, configs);
	for (; count < SOURCES && !rc; count += !rc)
		rc = sv3_synthetic_create(&configs[count], &sources[count]);
	if (!rc)
		rc = sv3_bundle_create(sources, SOURCES, device);
	if (rc)
		while (count > 0)
			sv3_device_destroy(&sources[--count]);
	return rc;
}

/* --- one point --- */

/** What a point counted, in the order of its rows. */
enum metric { TLBI, SYNC, REFILLS, SENT, TIME, METRICS };

struct point {
	const char *policy;
	sv3_ps latency;
	enum sv3_flush_scope flush;
	const char *names[METRICS];
};

#define POINT(policy, latency, latency_text, flush, flush_text)                    \
	{                                                                          \
		policy, latency, flush,                                            \
		{                                                                  \
			"tlbi-" policy "-" latency_text "-" flush_text,            \
				"sync-" policy "-" latency_text "-" flush_text,    \
				"refills-" policy "-" latency_text "-" flush_text, \
				"sent-" policy "-" latency_text "-" flush_text,    \
				"time-" policy "-" latency_text "-" flush_text,    \
		}                                                                  \
	}
#define LATENCIES(policy, flush, flush_text)                                    \
	POINT(policy, 0, "0", flush, flush_text),                               \
		POINT(policy, 100 * SV3_PS_PER_US, "100us", flush, flush_text), \
		POINT(policy, SV3_PS_PER_MS, "1ms", flush, flush_text),         \
		POINT(policy, 10 * SV3_PS_PER_MS, "10ms", flush, flush_text)
#define SCOPES(policy)                                                                        \
	LATENCIES(policy, SV3_FLUSH_ALL, "all"), LATENCIES(policy, SV3_FLUSH_RANGE, "range"), \
		LATENCIES(policy, SV3_FLUSH_RANGE_NO_RIL, "no-ril")

/* The series of 2021 flushes everything, whatever the scope. */
static const struct point points[] = {
	SCOPES("hw-auto"),
	SCOPES("hw-manual"),
	SCOPES("hw-manual-chunk"),
	SCOPES("hw-manual-page"),
	LATENCIES("hw-manual-2021", SV3_FLUSH_ALL, "all"),
};

static int measure(const struct point *point, uint64_t pages, uint32_t rounds,
		   uint64_t values[METRICS], uint64_t *lost)
{
	static const uint32_t stream_id = STREAM_ID;
	struct sv3_compare_config config;
	struct sv3_compare_result result;
	struct sv3_device device;
	int rc = make_device(pages, &device);

	if (rc)
		return rc;
	sv3_compare_config_default(&config);
	config.device = &device;
	config.stream_ids = &stream_id;
	config.stream_count = 1;
	config.guest_base = GUEST_BASE;
	config.guest_size = 4 * pages * SV3_PAGE_SIZE;
	config.costs.inv_latency = point->latency;
	config.migration.link_bits_per_s = LINK;
	config.migration.stop_rule_off = true;
	config.migration.max_rounds = rounds;
	config.migration.chunk_shift = CHUNK_SHIFT;
	config.migration.flush = point->flush;
	rc = sv3_compare_run(&config, point->policy, &result);
	sv3_device_destroy(&device);
	values[TLBI] = result.migration.tlbi;
	values[SYNC] = result.migration.sync;
	/* The warm-up misses once a page. */
	values[REFILLS] = result.tlb_misses - 2 * pages;
	values[SENT] = result.migration.pages_sent;
	values[TIME] = result.migration.total / SV3_PS_PER_US;
	*lost += result.pages_lost;
	sv3_compare_result_free(&result);
	return rc;
}

/* --- rows --- */

static void add_figures(struct sv3_experiment_report *report, const struct point *point,
			const uint64_t values[METRICS])
{
	static const struct {
		const char *question, *unit;
	} metrics[METRICS] = {
		[TLBI] = { "TLBI commands", "commands" },
		[SYNC] = { "CMD_SYNC commands", "commands" },
		[REFILLS] = { "TLB misses beyond the first of each page", "walks" },
		[SENT] = { "pages sent", "pages" },
		[TIME] = { "time of the migration", "us" },
	};

	for (unsigned int i = 0; i < METRICS; i++) {
		const struct sv3_experiment_row row = {
			.name = point->names[i],
			.question = metrics[i].question,
			.unit = metrics[i].unit,
			.kind = SV3_EXPERIMENT_FIGURE,
			.measured = values[i],
		};

		sv3_experiment_add(report, &row);
	}
}

static void add_lost(struct sv3_experiment_report *report, uint64_t lost)
{
	const struct sv3_experiment_row row = {
		.name = "sweep-lost",
		.question = "latency times flush scope, all policies: pages lost",
		.unit = "pages",
		.kind = SV3_EXPERIMENT_EQUAL,
		.measured = lost,
	};

	sv3_experiment_add(report, &row);
}

/* This model's device is as fast with a refill as without. */
static void add_slowdown(struct sv3_experiment_report *report)
{
	const struct sv3_experiment_row row = {
		.name = "dma-slowdown",
		.question = "how much slower DMA gets by flushes",
		.unit = "",
		.kind = SV3_EXPERIMENT_OPEN,
		.note = "needs timed hardware: walks take no time here",
	};

	sv3_experiment_add(report, &row);
}

int sv3__thread_002_sweep(struct sv3_experiment_report *report, uint64_t pages, uint32_t rounds)
{
	uint64_t lost = 0;

	for (unsigned int i = 0; i < SV3__COUNT(points); i++) {
		uint64_t values[METRICS];
		const int rc = measure(&points[i], pages, rounds, values, &lost);

		if (rc)
			return rc;
		add_figures(report, &points[i], values);
	}
	add_lost(report, lost);
	add_slowdown(report);
	return 0;
}
