/* SPDX-License-Identifier: MIT */
/*
 * hw_manual_2021.c - P6: the kernel series of 2021, which thread 002 is about.
 *
 * Everything is flushed before the scan, to make updates of transactions in flight visible, and
 * after the clear. As first posted each run of neighbours was flushed by itself, too: --flush runs.
 * [policies 1, thread 002]
 */
#include "../migration_priv.h"

static int collect(struct sv3__migration *m)
{
	int rc = sv3__flush_all(m);

	return rc ? rc : sv3__scan(m, 0);
}

/* As first posted: each run of reported pages is cleared and flushed. */
static int clear_runs(struct sv3__migration *m, uint64_t first, uint64_t end)
{
	uint64_t run = sv3_dirty_log_next(&m->pending, first);
	int rc = 0;

	while (run < end && !rc) {
		const uint64_t run_end = sv3__log_run_end(&m->pending, run, end);

		rc = sv3__clear_pending(m, run, run_end);
		if (!rc)
			rc = sv3__flush_all(m);
		run = sv3_dirty_log_next(&m->pending, run_end);
	}
	return rc;
}

static int before_chunk(struct sv3__migration *m, uint64_t chunk_first, uint64_t chunk_end)
{
	const bool by_runs = m->config->flush == SV3_FLUSH_RUNS;
	int rc;

	sv3_world_run_until(m->world, m->collected + m->costs.clear_delay);
	rc = by_runs ? clear_runs(m, chunk_first, chunk_end)
		     : sv3__clear_pending(m, chunk_first, chunk_end);
	return rc ? rc : sv3__flush_all(m);
}

const struct sv3__policy sv3__policy_hw_manual_2021 = {
	.info = {
		.name = "hw-manual-2021",
		.id = "P6",
		.steps = "I(all) Y S; X(reported) I(all) Y; C",
		.description = "the 2021 series: everything flushed before the scan and after the clear",
		.claims_lossless = true,
	},
	.tracks = true,
	.chunk_shift = SV3__CHUNK_WHOLE,
	.start = sv3__start_clean,
	.collect = collect,
	.before_chunk = before_chunk,
};
