/* SPDX-License-Identifier: MIT */
/*
 * test_summary.c - does the summary count what a slow and simple count counts, and the real traces'
 * published numbers?
 */
#include <stdlib.h>
#include <string.h>

#include "ctest.h"
#include "trace_fx.h"

static bool is_access(const struct sv3_trace_rec *rec)
{
	return rec->op == SV3_TRACE_R || rec->op == SV3_TRACE_W;
}

static bool is_memory(const struct sv3_trace_rec *rec)
{
	return is_access(rec) && rec->aux != SV3_TRACE_AUX_MSI;
}

/** Whether record @i is the first memory access to its physical page (written: the first W). */
static bool is_new_pa_page(const struct sv3_trace *trace, uint64_t i, bool written)
{
	const struct sv3_trace_rec *recs = trace->records;

	if (!is_memory(&recs[i]) || (written && recs[i].op != SV3_TRACE_W))
		return false;
	for (uint64_t k = 0; k < i; k++) {
		if (is_memory(&recs[k]) && recs[k].pa / 4096 == recs[i].pa / 4096 &&
		    (!written || recs[k].op == SV3_TRACE_W))
			return false;
	}
	return true;
}

static bool is_new_iova_page(const struct sv3_trace *trace, uint64_t i)
{
	const struct sv3_trace_rec *recs = trace->records;

	for (uint64_t k = 0; k < i; k++) {
		if (is_access(&recs[k]) && recs[k].sid == recs[i].sid &&
		    recs[k].iova / 4096 == recs[i].iova / 4096)
			return false;
	}
	return is_access(&recs[i]);
}

static bool is_new_stream(const struct sv3_trace *trace, uint64_t i)
{
	const struct sv3_trace_rec *recs = trace->records;

	for (uint64_t k = 0; k < i; k++) {
		if ((recs[k].has & SV3_TRACE_HAS_SID) && recs[k].sid == recs[i].sid)
			return false;
	}
	return recs[i].has & SV3_TRACE_HAS_SID;
}

/** A MAP of one page an MSI goes to maps no memory. */
static bool is_msi_map(const struct sv3_trace *trace, const struct sv3_trace_rec *map)
{
	for (uint64_t k = 0; k < trace->count; k++) {
		const struct sv3_trace_rec *rec = &trace->records[k];

		if (is_access(rec) && !is_memory(rec) && map->len == 4096 &&
		    rec->pa / 4096 == map->pa / 4096)
			return true;
	}
	return false;
}

static struct sv3_trace_summary summarize_slowly(const struct sv3_trace *trace)
{
	struct sv3_trace_summary sum;

	memset(&sum, 0, sizeof(sum)); /* padding too: summaries are compared as bytes */
	sum.pa_lowest = UINT64_MAX;
	for (uint64_t i = 0; i < trace->count; i++) {
		const struct sv3_trace_rec *rec = &trace->records[i];

		sum.op_count[rec->op]++;
		sum.pa_pages += is_new_pa_page(trace, i, false);
		sum.pa_pages_written += is_new_pa_page(trace, i, true);
		sum.iova_pages += is_new_iova_page(trace, i);
		sum.stream_count += is_new_stream(trace, i);
		if (is_memory(rec) && rec->op == SV3_TRACE_R)
			sum.read_bytes += rec->len;
		if (is_memory(rec) && rec->op == SV3_TRACE_W)
			sum.write_bytes += rec->len;
		if (!is_memory(rec) && (rec->op != SV3_TRACE_MAP || is_msi_map(trace, rec)))
			continue;
		if (rec->pa < sum.pa_lowest)
			sum.pa_lowest = rec->pa;
		if (rec->pa + rec->len - 1 > sum.pa_highest)
			sum.pa_highest = rec->pa + rec->len - 1;
	}
	if (sum.pa_lowest == UINT64_MAX)
		sum.pa_lowest = 0;
	sum.duration_ns = trace->records[trace->count - 1].time_ns - trace->records[0].time_ns;
	return sum;
}

static void twin_check(const struct sv3_trace *trace)
{
	struct sv3_trace_summary fast, slow = summarize_slowly(trace);

	ASSERT_OK(sv3_trace_summarize(trace, &fast));
	EXPECT_EQ_MEM(&fast, &slow, sizeof(fast));
}

TEST_C(trace_summary, equals_the_slow_count)
{
	for (uint64_t seed = 0; seed < 30; seed++) {
		struct sv3_trace trace = fx_random(seed, seed == 0 ? 1 : 1200);

		/* Few pages and streams, so that they repeat. */
		for (uint64_t i = 0; i < trace.count && seed % 3 != 0; i++) {
			struct sv3_trace_rec *rec = &trace.records[i];

			rec->sid &= 3;
			rec->pa &= 0x3ffff;
			rec->iova &= 0x3ffff;
		}
		twin_check(&trace);
		sv3_trace_free(&trace);
	}
}

TEST_C(trace_summary, equals_the_slow_count_on_a_real_trace)
{
	struct sv3_trace_error error;
	struct sv3_trace trace;

	ASSERT_OK(sv3_trace_read("tests/data/traces/nic-rx-strict.csv", &trace, &error));
	twin_check(&trace);
	sv3_trace_free(&trace);
}

/** Numbers published with the real traces. Physical pages there include the page of the MSIs. */
struct published {
	const char *name;
	uint64_t reads, writes, maps, unmaps, pa_pages, pa_pages_written, iova_pages;
};

static void published_check(const char *path, const struct published *row)
{
	struct sv3_trace_summary summary;
	struct sv3_trace_error error;
	struct sv3_trace trace;

	ASSERT_OK(sv3_trace_read(path, &trace, &error));
	ASSERT_OK(sv3_trace_summarize(&trace, &summary));
	EXPECT_EQ_U64(summary.op_count[SV3_TRACE_R], row->reads);
	EXPECT_EQ_U64(summary.op_count[SV3_TRACE_W], row->writes);
	EXPECT_EQ_U64(summary.op_count[SV3_TRACE_MAP], row->maps);
	EXPECT_EQ_U64(summary.op_count[SV3_TRACE_UNMAP], row->unmaps);
	EXPECT_EQ_U64(summary.pa_pages + 1, row->pa_pages);
	EXPECT_EQ_U64(summary.pa_pages_written, row->pa_pages_written);
	EXPECT_EQ_U64(summary.iova_pages, row->iova_pages);
	sv3_trace_free(&trace);
}

TEST_C(trace_summary, samples_have_their_published_numbers)
{
	static const struct published rows[] = {
		{ "traces/samples/nvme-rand-strict.s3t", 157087, 194111, 46577, 38568, 14607, 14571,
		  79 },
		{ "traces/samples/mixed-lazy.s3t", 268494, 400316, 115173, 111539, 55178, 768,
		  9777 },
	};

	for (unsigned int i = 0; i < 2; i++)
		published_check(rows[i].name, &rows[i]);
}

TEST_C(trace_summary, real_traces_have_their_published_numbers)
{
	static const struct published rows[] = {
		{ "nvme-seq-strict.csv.xz", 97349, 228469, 74288, 8205, 131413, 131249, 311 },
		{ "nvme-rand-strict.csv.xz", 157087, 194111, 46577, 38568, 14607, 14571, 79 },
		{ "nvme-rand-lazy.csv.xz", 152738, 189801, 46582, 38553, 14622, 14586, 566 },
		{ "nic-rx-strict.csv.xz", 104476, 306490, 87475, 87176, 2229, 2216, 888 },
		{ "mixed-lazy.csv.xz", 268494, 400316, 115173, 111539, 55178, 768, 9777 },
	};
	char path[512];

	for (unsigned int i = 0; i < 5; i++) {
		if (fx_shared(rows[i].name, path) == NULL)
			SKIP_C(FX_SKIP_SHARED);
		published_check(path, &rows[i]);
	}
}
