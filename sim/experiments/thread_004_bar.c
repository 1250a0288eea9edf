/* SPDX-License-Identifier: MIT */
/*
 * thread_004_bar.c - dirty tracking of a region that is no RAM of the guest, as a device's BAR:
 * what is tracked is the leaf that maps an IOVA, whatever stands behind it. [policies 1, thread
 * 004]
 */
#include "small_world.h"

#define BAR_BASE  UINT64_C(0x8000000000)
#define BAR_IOVA  UINT64_C(0x10000000)
#define BAR_PAGES 64u

static int open_bar(struct sv3__small_world *bar)
{
	struct sv3_world_config world;
	struct sv3_host_config host;
	int rc;

	sv3__small_world_defaults(&world, &host);
	host.view = SV3_VIEW_IOVA;
	rc = sv3__small_world_open(bar, &world, &host);
	return rc ? rc
		  : sv3_host_map(bar->host, 0, BAR_IOVA, BAR_BASE, BAR_PAGES * SV3_PAGE_SIZE, true);
}

/* Every third page. Translated only: what a peer does with the write is its own affair. */
static bool is_written(uint32_t page)
{
	return page % 3 == 0;
}

static void write_pages(struct sv3__small_world *bar)
{
	for (uint32_t page = 0; page < BAR_PAGES; page++)
		if (is_written(page))
			sv3__small_world_write(bar, BAR_IOVA + page * SV3_PAGE_SIZE,
					       BAR_BASE + page * SV3_PAGE_SIZE);
}

/* Scanned and cleared by IOVA, invalidated or not. @wrong: pages reported and not written, or the
 * other way round. Returns 0 or what failed. */
static int collect(struct sv3__small_world *bar, bool invalidates, uint64_t *wrong)
{
	struct sv3_domain *domain = sv3_host_domain(bar->host, 0);
	struct sv3_cmdq *cmdq = sv3_host_cmdq(bar->host);
	uint64_t word = 0;
	struct sv3_dirty_log log = { &word, BAR_PAGES, BAR_BASE };
	struct sv3_pt_gather gather;
	int64_t found;
	int rc = 0;

	sv3_pt_gather_init(&gather);
	found = sv3_dirty_scan_all(&domain->pt, BAR_IOVA, BAR_PAGES * SV3_PAGE_SIZE,
				   SV3_DIRTY_CLEAR, &log, &gather);
	if (found >= 0 && invalidates)
		rc = sv3_cmdq_flush_gather(cmdq, domain->asid, 12, &gather, SV3_FLUSH_RANGE);
	if (found >= 0 && rc >= 0)
		rc = sv3_cmdq_sync(cmdq);
	*wrong = 0;
	for (uint32_t page = 0; page < BAR_PAGES; page++)
		*wrong += (word >> page & 1) != is_written(page);
	return found < 0 ? (int)found : rc;
}

/* Written and collected twice: is the second time as the first? The page is born dirty or clean,
 * so what was there before goes first. */
static int check_bar(struct sv3_experiment_report *report, const char *name, const char *question,
		     bool invalidates)
{
	struct sv3_experiment_row row = {
		.name = name,
		.question = question,
		.unit = "pages",
		.kind = invalidates ? SV3_EXPERIMENT_EQUAL : SV3_EXPERIMENT_AT_LEAST,
		.expected = invalidates ? 0 : 1,
		.total = BAR_PAGES,
	};
	struct sv3__small_world bar = { 0 };
	uint64_t wrong = 0;
	int rc = open_bar(&bar);

	if (!rc)
		rc = collect(&bar, true, &wrong);
	for (unsigned int i = 0; i < 2 && !rc; i++) {
		write_pages(&bar);
		rc = collect(&bar, invalidates, &wrong);
		row.measured += wrong;
	}
	sv3__small_world_close(&bar);
	if (!rc)
		sv3_experiment_add(report, &row);
	return rc;
}

int sv3__thread_004_bar(struct sv3_experiment_report *report)
{
	int rc = check_bar(report, "bar-tracked",
			   "a BAR, by IOVA: pages wrongly reported or not reported", true);

	return rc ? rc : check_bar(report, "bar-no-tlbi", "the same without invalidation", false);
}
