/* SPDX-License-Identifier: MIT */
/*
 * test_gen_cut.c - are synthetic traces what was asked for, and do parts of a trace stand alone?
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ctest.h"
#include "trace_fx.h"

/* ---- generating ---- */

TEST_C(trace_gen, same_seed_same_trace)
{
	for (unsigned int pattern = 0; pattern < SV3_TRACE_PATTERN_COUNT; pattern++) {
		struct sv3_trace_gen_config config;
		struct sv3_trace a, b, c;
		struct sv3_trace_error error;

		sv3_trace_gen_config_init(&config);
		config.pattern = (enum sv3_trace_pattern)pattern;
		config.access_count = 5000;
		ASSERT_OK(sv3_trace_generate(&config, &a, &error));
		ASSERT_OK(sv3_trace_generate(&config, &b, &error));
		config.seed = 2;
		ASSERT_OK(sv3_trace_generate(&config, &c, &error));
		EXPECT_EQ_U64(a.count, 5001);
		EXPECT_EQ_U64(a.records[0].op, SV3_TRACE_MAP);
		EXPECT_EQ_U64(a.records[5000].time_ns, 4999000);
		EXPECT_TRUE(fx_equal(&a, &b));
		EXPECT_FALSE(fx_equal(&a, &c));
		sv3_trace_free(&a);
		sv3_trace_free(&b);
		sv3_trace_free(&c);
	}
}

TEST_C(trace_gen, every_record_keeps_the_rules)
{
	for (unsigned int pattern = 0; pattern < SV3_TRACE_PATTERN_COUNT; pattern++) {
		struct sv3_trace_gen_config config;
		struct sv3_trace trace;
		struct sv3_trace_error error;
		size_t size;
		void *bytes;

		sv3_trace_gen_config_init(&config);
		config.pattern = (enum sv3_trace_pattern)pattern;
		config.access_count = 3000;
		config.page_count = 7;
		config.access_bytes = 4096;
		config.rate_per_s = 3;
		config.iova_base = UINT64_MAX - 4095 - 7 * 4096;
		config.pa_base = (UINT64_C(1) << 52) - 7 * 4096;
		ASSERT_OK(sv3_trace_generate(&config, &trace, &error));
		/* The writer checks every record. */
		ASSERT_OK(sv3_trace_write_memory("binary", &trace, &bytes, &size, &error));
		sv3_trace_free(&trace);
		free(bytes);
	}
}

TEST_C(trace_gen, fixed_and_sequential_go_round)
{
	struct sv3_trace_gen_config config;
	struct sv3_trace trace;
	struct sv3_trace_error error;

	sv3_trace_gen_config_init(&config);
	config.page_count = 3;
	config.access_count = 200;
	config.pattern = SV3_TRACE_PATTERN_FIXED;
	ASSERT_OK(sv3_trace_generate(&config, &trace, &error));
	for (uint64_t i = 0; i < 200; i++)
		EXPECT_EQ_U64(trace.records[i + 1].iova, config.iova_base + i % 3 * 4096);
	sv3_trace_free(&trace);
	config.pattern = SV3_TRACE_PATTERN_SEQUENTIAL;
	ASSERT_OK(sv3_trace_generate(&config, &trace, &error));
	for (uint64_t i = 0; i < 200; i++)
		EXPECT_EQ_U64(trace.records[i + 1].iova, config.iova_base + i % 192 * 64);
	sv3_trace_free(&trace);
}

static int descending(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return *a > *b ? -1 : *a < *b;
}

/** Frequencies of pages, the most frequent first. */
static void page_counts(const struct sv3_trace *trace, uint64_t base, uint64_t *counts,
			uint64_t page_count)
{
	memset(counts, 0, page_count * sizeof(*counts));
	for (uint64_t i = 1; i < trace->count; i++)
		counts[(trace->records[i].iova - base) / 4096]++;
	qsort(counts, page_count, sizeof(*counts), descending);
}

TEST_C(trace_gen, zipf_follows_its_law)
{
	static const uint32_t exponents[] = { 0, 500, 1000, 1500 };
	enum { PAGES = 500, COUNT = 400000 };
	uint64_t counts[PAGES];

	for (unsigned int e = 0; e < 4; e++) {
		struct sv3_trace_gen_config config;
		struct sv3_trace trace;
		struct sv3_trace_error error;
		double harmonic = 0, s = exponents[e] / 1000.0;

		sv3_trace_gen_config_init(&config);
		config.pattern = SV3_TRACE_PATTERN_ZIPF;
		config.zipf_permille = exponents[e];
		config.page_count = PAGES;
		config.access_count = COUNT;
		ASSERT_OK(sv3_trace_generate(&config, &trace, &error));
		page_counts(&trace, config.iova_base, counts, PAGES);
		for (unsigned int rank = 1; rank <= PAGES; rank++)
			harmonic += pow(rank, -s);
		for (unsigned int rank = 1; rank <= 16; rank *= 2) {
			double expected = COUNT * pow(rank, -s) / harmonic;

			/* Ranks are sorted by chance where all weights are alike. */
			EXPECT_NEAR_F64((double)counts[rank - 1], expected,
					4 * sqrt(expected) + (e == 0 ? 60 : 0));
		}
		sv3_trace_free(&trace);
	}
}

TEST_C(trace_gen, share_of_writes_is_as_asked)
{
	struct sv3_trace_gen_config config;
	struct sv3_trace_summary summary;
	struct sv3_trace trace;
	struct sv3_trace_error error;

	sv3_trace_gen_config_init(&config);
	config.access_count = 100000;
	config.write_permille = 250;
	ASSERT_OK(sv3_trace_generate(&config, &trace, &error));
	ASSERT_OK(sv3_trace_summarize(&trace, &summary));
	EXPECT_NEAR_F64((double)summary.op_count[SV3_TRACE_W], 25000.0, 600.0);
	sv3_trace_free(&trace);
	config.write_permille = 0;
	ASSERT_OK(sv3_trace_generate(&config, &trace, &error));
	ASSERT_OK(sv3_trace_summarize(&trace, &summary));
	EXPECT_EQ_U64(summary.op_count[SV3_TRACE_W], 0);
	sv3_trace_free(&trace);
}

TEST_C(trace_gen, wrong_numbers_are_refused)
{
	struct sv3_trace_gen_config good, config;
	struct sv3_trace_error error;
	struct sv3_trace trace;

	sv3_trace_gen_config_init(&good);
#define REFUSE(field, value)                                                        \
	config = good;                                                              \
	config.pattern = SV3_TRACE_PATTERN_ZIPF;                                    \
	config.field = (value);                                                     \
	EXPECT_EQ_INT(sv3_trace_generate(&config, &trace, &error), -SV3_ERR_INVAL); \
	EXPECT_TRUE(strstr(error.text, ": expected ") != NULL && trace.records == NULL)

	REFUSE(pattern, SV3_TRACE_PATTERN_COUNT);
	REFUSE(access_count, 0);
	REFUSE(access_count, UINT64_MAX);
	REFUSE(page_count, 0);
	REFUSE(page_count, (UINT64_C(1) << 24) + 1);
	REFUSE(rate_per_s, 0);
	REFUSE(rate_per_s, 1000000001);
	REFUSE(write_permille, 1001);
	REFUSE(zipf_permille, 4001);
	REFUSE(access_bytes, 0);
	REFUSE(access_bytes, 24);
	REFUSE(access_bytes, 8192);
	REFUSE(iova_base, 1);
	REFUSE(iova_base, UINT64_MAX - 4095);
	REFUSE(pa_base, UINT64_C(1) << 52);
#undef REFUSE
}

/* ---- cutting ---- */

static struct sv3_trace_rec row(uint64_t time_ns, uint8_t op, uint64_t iova, uint64_t len,
				uint64_t pa)
{
	struct sv3_trace_rec rec = {
		.time_ns = time_ns, .op = op, .iova = iova, .len = len, .pa = pa, .sid = 8
	};

	rec.has = SV3_TRACE_HAS_ALL;
	if (op == SV3_TRACE_UNMAP)
		rec.has &= (uint8_t)~SV3_TRACE_HAS_PA;
	return rec;
}

TEST_C(trace_cut, live_mappings_come_first)
{
	struct sv3_trace_rec records[] = {
		row(0, SV3_TRACE_MAP, 0x1000, 0x1000, 0xa000),
		row(1, SV3_TRACE_MAP, 0x8000, 0x4000, 0x20000),
		row(2, SV3_TRACE_MAP, 0x2000, 0x1000, 0xb000),
		row(3, SV3_TRACE_MAP, 0x3000, 0x1000, 0xc000),
		row(4, SV3_TRACE_UNMAP, 0x2000, 0x2000, 0), /* two MAP rows */
		row(5, SV3_TRACE_UNMAP, 0x9000, 0x1000, 0), /* from the middle of one */
		row(6, SV3_TRACE_W, 0x1000, 8, 0xa000),
		row(9, SV3_TRACE_UNMAP, 0x1000, 0x1000, 0),
	};
	struct sv3_trace_rec expected[] = {
		row(0, SV3_TRACE_MAP, 0x1000, 0x1000, 0xa000),
		row(0, SV3_TRACE_MAP, 0x8000, 0x1000, 0x20000),
		row(0, SV3_TRACE_MAP, 0xa000, 0x2000, 0x22000),
		row(0, SV3_TRACE_W, 0x1000, 8, 0xa000),
		row(3, SV3_TRACE_UNMAP, 0x1000, 0x1000, 0),
	};
	struct sv3_trace trace = { .records = records, .count = 8 }, part;

	ASSERT_EQ_U64(sv3_trace_find_time(&trace, 6), 6);
	ASSERT_EQ_U64(sv3_trace_find_time(&trace, 7), 7);
	ASSERT_EQ_U64(sv3_trace_find_time(&trace, 10), 8);
	ASSERT_OK(sv3_trace_cut(&trace, 6, UINT64_MAX, &part));
	ASSERT_EQ_U64(part.count, 5);
	EXPECT_EQ_MEM(part.records, expected, sizeof(expected));
	sv3_trace_free(&part);
	EXPECT_EQ_INT(sv3_trace_cut(&trace, 8, 1, &part), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(sv3_trace_cut(&trace, 0, 0, &part), -SV3_ERR_RANGE);
}

enum { TWIN_PAGES = 64, TWIN_STREAMS = 2 };

/** Page tables as plain arrays: the pa page under each page + 1, 0 where nothing is mapped. */
struct twin {
	uint64_t pa[TWIN_STREAMS][TWIN_PAGES];
};

static void twin_apply(struct twin *twin, const struct sv3_trace_rec *rec)
{
	for (uint64_t i = 0; i < rec->len / 4096; i++) {
		uint64_t *slot = &twin->pa[rec->sid][rec->iova / 4096 + i];

		*slot = rec->op == SV3_TRACE_MAP ? rec->pa / 4096 + i + 1 : 0;
	}
}

static bool twin_is_free(const struct twin *twin, const struct sv3_trace_rec *rec)
{
	for (uint64_t i = 0; i < rec->len / 4096; i++) {
		if (twin->pa[rec->sid][rec->iova / 4096 + i] != 0)
			return false;
	}
	return true;
}

/** MAP rows only where nothing is mapped, UNMAP rows anywhere: whole, partly, over several. */
static struct sv3_trace random_mappings(uint64_t seed, uint64_t count)
{
	struct sv3_trace trace = { .records = calloc(count, sizeof(struct sv3_trace_rec)) };
	struct twin twin = { .pa = { { 0 } } };
	struct sv3_prng prng;

	sv3_prng_seed(&prng, seed);
	while (trace.records != NULL && trace.count < count) {
		uint64_t first = sv3_prng_below(&prng, TWIN_PAGES);
		uint64_t pages = 1 + sv3_prng_below(&prng, TWIN_PAGES - first) % 6;
		uint8_t op = sv3_prng_below(&prng, 2) ? SV3_TRACE_MAP : SV3_TRACE_UNMAP;
		struct sv3_trace_rec rec = row(trace.count, op, first * 4096, pages * 4096,
					       op == SV3_TRACE_MAP ? (trace.count + 1) << 20 : 0);

		rec.sid = (uint32_t)sv3_prng_below(&prng, TWIN_STREAMS);
		if (op == SV3_TRACE_MAP && !twin_is_free(&twin, &rec))
			continue;
		twin_apply(&twin, &rec);
		trace.records[trace.count++] = rec;
	}
	return trace;
}

TEST_C(trace_cut, page_tables_at_the_cut_are_those_of_the_whole)
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct sv3_trace trace = random_mappings(seed, 400), part;
		struct twin whole = { .pa = { { 0 } } };

		for (uint64_t cut = 0; cut < trace.count; cut++) {
			struct twin alone = { .pa = { { 0 } } };

			ASSERT_OK(sv3_trace_cut(&trace, cut, 1, &part));
			for (uint64_t i = 0; i + 1 < part.count; i++) {
				ASSERT_TRUE(twin_is_free(&alone, &part.records[i]));
				twin_apply(&alone, &part.records[i]);
			}
			ASSERT_EQ_MEM(&alone, &whole, sizeof(whole));
			sv3_trace_free(&part);
			twin_apply(&whole, &trace.records[cut]);
		}
		sv3_trace_free(&trace);
	}
}

TEST_C(trace_cut, part_of_a_real_trace_keeps_all_accesses_mapped)
{
	struct sv3_trace_error error;
	struct sv3_trace trace, part;
	uint64_t first;

	ASSERT_OK(sv3_trace_read("traces/samples/mixed-lazy.s3t", &trace, &error));
	first = sv3_trace_find_time(&trace, UINT64_C(20000000000));
	ASSERT_OK(sv3_trace_cut(&trace, first, 2000, &part));
	sv3_trace_free(&trace);
	for (uint64_t i = 0; i < part.count; i++) {
		const struct sv3_trace_rec *rec = &part.records[i];
		bool mapped = rec->op != SV3_TRACE_R && rec->op != SV3_TRACE_W;

		for (uint64_t k = i; k-- > 0 && !mapped;)
			mapped = part.records[k].op == SV3_TRACE_MAP &&
				 part.records[k].sid == rec->sid &&
				 part.records[k].iova <= rec->iova &&
				 rec->iova - part.records[k].iova < part.records[k].len &&
				 rec->iova - part.records[k].iova == rec->pa - part.records[k].pa;
		ASSERT_TRUE(mapped);
	}
	sv3_trace_free(&part);
}
