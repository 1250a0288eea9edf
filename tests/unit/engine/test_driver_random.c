/* SPDX-License-Identifier: MIT */
/*
 * test_driver_random.c - random traces of a correct driver, replayed, against a twin that keeps its
 * books the slow way.
 *
 * Two streams map and unmap runs of pages, with IOVAs reused only after TLBI and SYNC, and any page
 * mapped any number of times. At the end: no fault, every output address as recorded, the reverse
 * map as the twin has it, and exactly the pages written are dirty, in a table or in the books.
 */
#include "world_fixture.h"

#include <sv3/prng.h>

#define ROWS_MAX 1200u
#define STREAMS  2u
#define SLOTS    24u /* runs of IOVAs of one stream */
#define RUN      4u  /* pages of a run at most */
#define PAGES    64u /* of guest RAM in use */
#define SEEDS    60u

enum slot_state { SLOT_FREE, SLOT_LIVE, SLOT_UNMAPPED, SLOT_INVALIDATED };

struct slot {
	enum slot_state state;
	uint32_t page, page_count;
	bool writable;
};

struct twin {
	struct sv3_prng prng;
	struct sv3_trace_rec rows[ROWS_MAX];
	uint64_t row_count, now_ns;
	struct slot slots[STREAMS][SLOTS];
	bool written[PAGES];
};

static const uint32_t stream_ids[STREAMS] = { 8, 16 };

static sv3_iova slot_iova(uint32_t slot)
{
	return UINT64_C(0xfff00000) + slot * RUN * SV3_PAGE_SIZE;
}

static uint64_t below(struct twin *twin, uint64_t limit)
{
	return sv3_prng_below(&twin->prng, limit);
}

static struct sv3_trace_rec *row_add(struct twin *twin, enum sv3_trace_op op, uint32_t stream,
				     uint8_t has)
{
	struct sv3_trace_rec *row = &twin->rows[twin->row_count++];

	/* Often at one instant, often within the flight time of a write, sometimes far apart. */
	if (below(twin, 2))
		twin->now_ns += below(twin, below(twin, 4) ? 300 : 5000);
	*row = (struct sv3_trace_rec){ .time_ns = twin->now_ns, .op = (uint8_t)op, .has = has };
	if (has & SV3_TRACE_HAS_SID)
		row->sid = stream_ids[stream];
	return row;
}

#define HAS_SLOT (SV3_TRACE_HAS_SID | SV3_TRACE_HAS_IOVA | SV3_TRACE_HAS_LEN)

static struct sv3_trace_rec *slot_row(struct twin *twin, enum sv3_trace_op op, uint32_t stream,
				      uint32_t index, uint8_t has)
{
	struct sv3_trace_rec *row = row_add(twin, op, stream, has);

	row->iova = slot_iova(index);
	row->len = twin->slots[stream][index].page_count * SV3_PAGE_SIZE;
	return row;
}

static void add_map(struct twin *twin, uint32_t stream, uint32_t index)
{
	struct slot *slot = &twin->slots[stream][index];
	struct sv3_trace_rec *row;

	slot->state = SLOT_LIVE;
	slot->page_count = 1 + (uint32_t)below(twin, RUN);
	slot->page = (uint32_t)below(twin, PAGES - slot->page_count + 1);
	slot->writable = below(twin, 4) != 0;
	row = slot_row(twin, SV3_TRACE_MAP, stream, index, HAS_SLOT | SV3_TRACE_HAS_PA);
	row->pa = FX_PAGE(slot->page);
	row->aux = slot->writable ? SV3_TRACE_AUX_PERM_W : SV3_TRACE_AUX_PERM_R;
}

static void add_access(struct twin *twin, uint32_t stream, uint32_t index)
{
	const struct slot *slot = &twin->slots[stream][index];
	const uint32_t page = (uint32_t)below(twin, slot->page_count);
	const bool write = slot->writable && below(twin, 2);
	const uint64_t offset = page * SV3_PAGE_SIZE + below(twin, 4000);
	struct sv3_trace_rec *row = slot_row(twin, write ? SV3_TRACE_W : SV3_TRACE_R, stream, index,
					     HAS_SLOT | SV3_TRACE_HAS_PA);

	row->iova += offset;
	row->pa = FX_PAGE(slot->page) + offset;
	row->len = 1 + below(twin, 64);
	if (write)
		twin->written[slot->page + page] = true;
}

/* A batched invalidation of one stream, or, with the last argument past the streams, of all. */
static void add_wide_tlbi(struct twin *twin, uint32_t stream)
{
	if (stream == STREAMS)
		row_add(twin, SV3_TRACE_TLBI_ALL, 0, 0);
	else
		row_add(twin, SV3_TRACE_TLBI_ASID, stream, SV3_TRACE_HAS_SID);
	for (uint32_t s = 0; s < STREAMS; s++)
		for (uint32_t i = 0; i < SLOTS; i++)
			if ((stream == STREAMS || s == stream) &&
			    twin->slots[s][i].state == SLOT_UNMAPPED)
				twin->slots[s][i].state = SLOT_INVALIDATED;
}

static void add_sync(struct twin *twin)
{
	row_add(twin, SV3_TRACE_SYNC, 0, 0);
	for (uint32_t s = 0; s < STREAMS; s++)
		for (uint32_t i = 0; i < SLOTS; i++)
			if (twin->slots[s][i].state == SLOT_INVALIDATED)
				twin->slots[s][i].state = SLOT_FREE;
}

static void add_step(struct twin *twin)
{
	const uint32_t stream = (uint32_t)below(twin, STREAMS);
	const uint32_t index = (uint32_t)below(twin, SLOTS);
	struct slot *slot = &twin->slots[stream][index];

	switch (below(twin, 24)) {
	case 0:
		add_wide_tlbi(twin, (uint32_t)below(twin, STREAMS + 1));
		return;
	case 1:
	case 2:
		add_sync(twin);
		return;
	default:
		break;
	}
	if (slot->state == SLOT_FREE) {
		add_map(twin, stream, index);
	} else if (slot->state == SLOT_LIVE && below(twin, 5)) {
		add_access(twin, stream, index);
	} else if (slot->state == SLOT_LIVE) {
		slot_row(twin, SV3_TRACE_UNMAP, stream, index, HAS_SLOT);
		slot->state = SLOT_UNMAPPED;
	} else if (slot->state == SLOT_UNMAPPED) {
		slot_row(twin, SV3_TRACE_TLBI_VA, stream, index, HAS_SLOT)->aux =
			SV3_TRACE_AUX_LEAF;
		slot->state = SLOT_INVALIDATED;
	}
}

static void twin_make(struct twin *twin, uint64_t seed)
{
	memset(twin, 0, sizeof(*twin));
	sv3_prng_seed(&twin->prng, seed);
	while (twin->row_count < ROWS_MAX)
		add_step(twin);
}

/* Every live mapping of @page is in the list, and nothing else is. */
static bool aliases_agree(const struct twin *twin, const struct fx *fx, uint32_t page)
{
	struct sv3_host_alias list[STREAMS * SLOTS];
	const uint32_t count = sv3_host_aliases(fx->host, FX_PAGE(page), list, STREAMS * SLOTS);
	uint32_t expected = 0, found = 0;

	for (uint32_t s = 0; s < STREAMS; s++) {
		for (uint32_t i = 0; i < SLOTS; i++) {
			const struct slot *slot = &twin->slots[s][i];

			if (slot->state != SLOT_LIVE || page < slot->page ||
			    page - slot->page >= slot->page_count)
				continue;
			expected++;
			for (uint32_t k = 0; k < count; k++)
				found += list[k].domain_index == s &&
					 list[k].iova ==
						 slot_iova(i) + (page - slot->page) * SV3_PAGE_SIZE;
		}
	}
	return count == expected && found == expected;
}

/* All dirty state there is: in the tables, and kept of mappings that are gone. */
static void gather_dirty(struct fx *fx, uint64_t *words)
{
	struct sv3_dirty_log log = { words, GUEST_SIZE / SV3_PAGE_SIZE, GUEST_BASE };

	memset(words, 0, FX_WORDS * 8);
	(void)sv3_host_collect_unmapped(fx->host, &log, false);
	for (uint32_t s = 0; s < STREAMS; s++) {
		const struct sv3_domain *domain = sv3_host_domain(fx->host, s);

		EXPECT_OK(sv3_dirty_scan_all(&domain->pt, domain->scan_base, domain->scan_size, 0,
					     &log, NULL));
	}
}

static void check_end(const struct twin *twin, struct fx *fx, uint64_t seed)
{
	const struct sv3_world_stats *stats = sv3_world_stats(fx->world);
	uint64_t words[FX_WORDS];

	if (sv3_host_error(fx->host))
		ctest_fail(__FILE__, __LINE__, "seed %llu: %s", (unsigned long long)seed,
			   sv3_host_error(fx->host));
	if (stats->faults || stats->pa_mismatches)
		ctest_fail(__FILE__, __LINE__, "seed %llu: %llu faults, %llu mismatches",
			   (unsigned long long)seed, (unsigned long long)stats->faults,
			   (unsigned long long)stats->pa_mismatches);
	gather_dirty(fx, words);
	for (uint32_t page = 0; page < PAGES; page++) {
		if (has_page(words, page) != twin->written[page])
			ctest_fail(__FILE__, __LINE__, "seed %llu: page %u is %s",
				   (unsigned long long)seed, page,
				   twin->written[page] ? "lost" : "dirty but not written");
		if (!aliases_agree(twin, fx, page))
			ctest_fail(__FILE__, __LINE__, "seed %llu: aliases of page %u",
				   (unsigned long long)seed, page);
	}
}

TEST_C(driver, random_traces_end_as_a_slow_twin_says)
{
	static struct twin twin;

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct sv3_replay_config replay = { .view = SV3_VIEW_IOVA };
		struct sv3_trace trace = { .records = twin.rows };
		struct sv3_device device;
		FX(fx);

		twin_make(&twin, seed);
		trace.count = twin.row_count;
		fx.config.smmu.slot_count = UINT32_C(1) << seed % 9;
		fx.config.smmu.tlb_entries = seed % 3 ? fx.config.smmu.tlb_entries : 0;
		fx.host_config.view = SV3_VIEW_IOVA;
		fx.host_config.stream_ids = stream_ids;
		fx.host_config.stream_count = STREAMS;
		ASSERT_TRUE(fx_boot(&fx));
		replay.trace = &trace;
		replay.time_scale_ppm = seed % 2 ? 1000000 : 50000;
		ASSERT_OK(sv3_replay_create(&replay, &device));
		sv3_world_attach_device(fx.world, &device);
		sv3_world_run_until(fx.world, SV3_PS_NEVER);
		check_end(&twin, &fx, seed);
		sv3_device_destroy(&device);
	}
}
