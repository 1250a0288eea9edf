/* SPDX-License-Identifier: MIT */
/*
 * test_software_dirty.c - dirty state kept by a fault handler, on the real SMMU: is a write lost
 * when software cleans the leaf at any step of its fault? And sections whose hardware updates are
 * armed by their first fault.
 *
 * [policies 1, thread 004] A fault may be pending while the leaf is cleaned: the write waits, makes
 * it dirty again, and only then lands.
 */
#include "tests/model/host_world.h"

#define START  (100 * US)
#define SECOND (125 * US)
#define PAGE   HW_PAGE(3)
#define STEP   (US / 4)

/* --- the fault handler --- */

struct tracker {
	struct hw *w;
	struct sv3_pt pt; /* by the software bus: others come between its accesses */
	struct sv3_pt_gather gather;
	bool forgets_tlbi; /* a mistake of whoever cleans */
	uint64_t faults;
};

static int invalidate(struct tracker *t, struct sv3_pt_gather *gather)
{
	const int rc = sv3_cmdq_flush_gather(sv3_host_cmdq(t->w->host),
					     sv3_host_domain(t->w->host, 0)->asid, 12, gather,
					     SV3_FLUSH_RANGE);

	sv3_pt_gather_init(gather);
	return rc;
}

static enum sv3_fault_answer on_write(void *context, const struct sv3_fault_record *record)
{
	struct tracker *t = (struct tracker *)context;

	t->faults++;
	EXPECT_EQ_U64(record->event, SV3_EVENT_F_PERMISSION);
	EXPECT_TRUE(sv3_dirty_set(&t->pt, record->iova, &t->gather) >= 0);
	return SV3_FAULT_RETRY;
}

static void on_batch(void *context)
{
	struct tracker *t = (struct tracker *)context;

	if (invalidate(t, &t->gather) > 0)
		EXPECT_OK(sv3_cmdq_push(sv3_host_cmdq(t->w->host), 0x46, 0));
}

static bool boot(struct hw *w, struct tracker *t, const struct sv3_fault_handler *handler)
{
	t->w = w;
	sv3_pt_gather_init(&t->gather);
	if (!hw_boot(w) || sv3_host_handle_faults(w->host, handler))
		return false;
	t->pt = *hw_pt(w);
	t->pt.bus = sv3_world_software_bus(w->world);
	return true;
}

/* --- one harvest at any time --- */

struct harvest {
	bool reported;         /* the page, at the harvest */
	uint64_t landed_count; /* when it was copied */
};

/* Scan and clear, TLBI, SYNC, copy; at the end reports what is dirty then. */
static struct harvest harvest(struct tracker *t)
{
	struct harvest result = { false, 0 };
	struct sv3_pt_gather gather;
	uint64_t word = 0;
	struct sv3_dirty_log log = { &word, HW_PAGES, HW_BASE };

	sv3_pt_gather_init(&gather);
	EXPECT_TRUE(sv3_dirty_scan_all(&t->pt, PAGE - SV3_PAGE_SIZE, 3 * SV3_PAGE_SIZE,
				       SV3_DIRTY_CLEAR, &log, &gather) >= 0);
	result.reported = sv3_dirty_log_test(&log, PAGE);
	if (!t->forgets_tlbi)
		EXPECT_TRUE(invalidate(t, &gather) >= 0);
	EXPECT_OK(sv3_cmdq_sync(sv3_host_cmdq(t->w->host)));
	result.landed_count = t->w->landed_count;
	return result;
}

/* Two writes to one page that a read has brought into the TLB; one harvest at @at. Returns: whether
 * a write is missing in the end. */
static bool loses(sv3_ps at, bool forgets_tlbi, uint64_t *faults)
{
	static const struct sv3_device_event script[] = {
		HW_ACCESS(READ, START - 10 * US, HW_SID, PAGE),
		HW_ACCESS(WRITE, START, HW_SID, PAGE),
		HW_ACCESS(WRITE, SECOND, HW_SID, PAGE + 8),
	};
	struct tracker t = { .forgets_tlbi = forgets_tlbi };
	const struct sv3_fault_handler handler = { on_write, on_batch, &t };
	HW(w);
	struct harvest first;

	w.config.costs.access = US / 2;
	HW_SCRIPT(&w, script);
	if (!boot(&w, &t, &handler))
		return true;
	sv3_world_run_until(w.world, at);
	first = harvest(&t);
	sv3_world_run_until(w.world, SV3_PS_NEVER);
	EXPECT_EQ_U64(w.landed_count, 2);
	EXPECT_EQ_U64(sv3_world_stats(w.world)->faults, 0);
	EXPECT_EQ_U64(sv3_world_smmu_stats(w.world)->httu_updates, 0);
	*faults += t.faults;
	return !hw_is_dirty(&w, PAGE) && !(first.reported && first.landed_count == 2);
}

TEST_C(software_dirty, no_write_is_lost_wherever_the_clear_comes)
{
	uint64_t lost = 0, lost_without_tlbi = 0, faults = 0, runs = 0;

	for (sv3_ps at = START - 3 * US; at < SECOND + 40 * US; at += STEP) {
		lost += loses(at, false, &faults);
		runs++;
	}
	EXPECT_EQ_U64(lost, 0);
	/* One fault a run, and one more where the clear came behind the first. */
	EXPECT_GT_U64(faults, runs);
	/* The sweep would see a loss. */
	for (sv3_ps at = START - 3 * US; at < SECOND + 40 * US; at += STEP)
		lost_without_tlbi += loses(at, true, &faults);
	EXPECT_GT_U64(lost_without_tlbi, 0);
}

/* --- sections that hardware updates are armed in --- */

#define SECTION (16 * SV3_PAGE_SIZE)

static enum sv3_fault_answer on_unarmed(void *context, const struct sv3_fault_record *record)
{
	struct tracker *t = (struct tracker *)context;
	const sv3_iova section = record->iova & ~(SECTION - 1);

	t->faults++;
	EXPECT_OK(sv3_pt_arm(&t->pt, section, SECTION, true));
	EXPECT_OK(sv3_cmdq_tlbi_asid(sv3_host_cmdq(t->w->host),
				     sv3_host_domain(t->w->host, 0)->asid));
	EXPECT_OK(sv3_cmdq_push(sv3_host_cmdq(t->w->host), 0x46, 0));
	return SV3_FAULT_RETRY;
}

TEST_C(software_dirty, the_first_write_of_a_section_arms_it_and_hardware_does_the_rest)
{
	static const struct sv3_device_event script[] = {
		HW_ACCESS(READ, START, HW_SID, HW_PAGE(17)),
		HW_ACCESS(WRITE, START + US, HW_SID, HW_PAGE(17)),
		HW_ACCESS(WRITE, START + 100 * US, HW_SID, HW_PAGE(18)),
		HW_ACCESS(WRITE, START + 101 * US, HW_SID, HW_PAGE(31)),
		HW_ACCESS(WRITE, START + 102 * US, HW_SID, HW_PAGE(32)),
	};
	struct tracker t = { .faults = 0 };
	const struct sv3_fault_handler handler = { on_unarmed, NULL, &t };
	HW(w);

	w.host_config.software_dirty = false;
	w.host_config.hd = true;
	HW_SCRIPT(&w, script);
	ASSERT_TRUE(boot(&w, &t, &handler));
	ASSERT_OK(sv3_pt_arm(hw_pt(&w), HW_BASE, HW_PAGES * SV3_PAGE_SIZE, false));
	sv3_world_run_until(w.world, SV3_PS_NEVER);
	EXPECT_EQ_U64(t.faults, 2);
	EXPECT_EQ_U64(w.landed_count, 4);
	EXPECT_EQ_U64(sv3_world_stats(w.world)->faults, 0);
	EXPECT_EQ_U64(sv3_world_smmu_stats(w.world)->httu_dirty, 4);
	for (unsigned int page = 0; page < HW_PAGES; page++)
		EXPECT_TRUE(hw_is_dirty(&w, HW_PAGE(page)) ==
			    (page == 17 || page == 18 || page == 31 || page == 32));
	/* Of both sections what is dirty stays armed, the rest is not any more. */
	EXPECT_EQ_INT(sv3_pt_arm(hw_pt(&w), HW_BASE, HW_PAGES * SV3_PAGE_SIZE, false), 1);
	EXPECT_EQ_U64(hw_leaf(&w, HW_PAGE(19)) & HW_DBM, 0);
	EXPECT_TRUE(hw_is_dirty(&w, HW_PAGE(18)));
}
