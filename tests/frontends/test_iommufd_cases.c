/* SPDX-License-Identifier: MIT */
/*
 * test_iommufd_cases.c - what the kernel's selftest leaves out: caches, DMA in the middle of a
 * call, mixed leaf sizes, queries that cut a leaf, mappings that come and go, several tables, huge
 * addresses. [policies 5, "not covered there"]
 */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define PAGES  16u
#define LENGTH (PAGES * FE_PAGE)

static sv3_iova page_iova(uint64_t page)
{
	return FE_IOVA + page * FE_PAGE;
}

/* An area of PAGES pages, tracked from now on; invalidation as @flush says. */
static bool tracked(struct fe *fe, struct fe_iommufd *iommufd, enum sv3_flush_scope flush)
{
	fe->config.flush = flush;
	return fe_iommufd_open(fe, iommufd) &&
	       ctest_bool(CTEST_AT("mapped and tracked", ""), true,
			  fe_iommufd_map(iommufd, 0, LENGTH) == 0 &&
				  fe_iommufd_track(iommufd, true) == 0);
}

/* The pages that a call reports, as a mask. */
static uint64_t reported(const struct fe_iommufd *iommufd, uint32_t flags)
{
	uint8_t bits[PAGES / 8] = { 0 };

	EXPECT_DONE(fe_iommufd_get(iommufd, 0, LENGTH, flags, bits));
	return bits[0] | (uint64_t)bits[1] << 8;
}

/* --- TLB and caches --- */

TEST_C(iommufd_cases, a_page_written_again_through_the_tlb_is_reported_again)
{
	static const enum sv3_flush_scope scopes[] = { SV3_FLUSH_RANGE, SV3_FLUSH_ALL };

	for (size_t i = 0; i < 2; i++) {
		struct fe_iommufd iommufd;

		FE(fe);
		ASSERT_TRUE(tracked(&fe, &iommufd, scopes[i]));
		for (unsigned int round = 0; round < 4; round++) {
			EXPECT_TRUE(fe_touch(&fe, 0, page_iova(3)));
			EXPECT_TRUE(fe_touch(&fe, 0, page_iova(3)));
			EXPECT_EQ_U64(reported(&iommufd, 0), 1u << 3);
		}
		EXPECT_EQ_U64(reported(&iommufd, 0), 0);
		sv3_iommufd_destroy(iommufd.fd);
	}
}

/* The seeded bug B02, to show that the test above can fail. */
TEST_C(iommufd_cases, without_tlbi_the_second_write_is_silent)
{
	struct fe_iommufd iommufd;

	FE(fe);
	ASSERT_TRUE(tracked(&fe, &iommufd, SV3_FLUSH_NONE));
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(3)));
	EXPECT_EQ_U64(reported(&iommufd, 0), 1u << 3);
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(3)));
	EXPECT_EQ_U64(reported(&iommufd, 0), 0);
	sv3_iommufd_destroy(iommufd.fd);
}

TEST_C(iommufd_cases, a_range_invalidation_leaves_the_entries_of_clean_pages)
{
	struct fe_iommufd iommufd;
	uint64_t misses, hits;

	FE(fe);
	ASSERT_TRUE(tracked(&fe, &iommufd, SV3_FLUSH_RANGE));
	for (unsigned int page = 0; page < PAGES; page++)
		EXPECT_TRUE(fe_touch(&fe, 0, page_iova(page)));
	EXPECT_EQ_U64(reported(&iommufd, 0), 0xffff);
	for (unsigned int page = 4; page < 7; page++)
		EXPECT_TRUE(fe_touch(&fe, 0, page_iova(page)));
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(12)));
	EXPECT_TRUE(fe_read(&fe, 0, page_iova(9)) && fe_read(&fe, 0, page_iova(15)));
	EXPECT_EQ_U64(reported(&iommufd, 0), 0x1070);
	/* One span from the first to the last page that was cleaned, as the kernel gathers. */
	hits = sv3_smmu_stats(fe.smmu)->tlb_hits;
	misses = sv3_smmu_stats(fe.smmu)->tlb_misses;
	EXPECT_TRUE(fe_read(&fe, 0, page_iova(5)) && fe_read(&fe, 0, page_iova(9)));
	EXPECT_EQ_U64(sv3_smmu_stats(fe.smmu)->tlb_misses, misses + 2);
	EXPECT_TRUE(fe_read(&fe, 0, page_iova(15)));
	EXPECT_EQ_U64(sv3_smmu_stats(fe.smmu)->tlb_hits, hits + 1);
	sv3_iommufd_destroy(iommufd.fd);
}

TEST_C(iommufd_cases, no_clear_changes_nothing_and_sends_nothing)
{
	struct fe_iommufd iommufd;
	uint64_t commands, swaps;

	FE(fe);
	ASSERT_TRUE(tracked(&fe, &iommufd, SV3_FLUSH_RANGE));
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(7)));
	commands = fe.cmdq.tlbi_count + fe.cmdq.sync_count;
	swaps = sv3_smmu_stats(fe.smmu)->httu_updates;
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ_U64(reported(&iommufd, SV3_IOMMUFD_DIRTY_NO_CLEAR), 1u << 7);
		EXPECT_TRUE(fe_touch(&fe, 0, page_iova(7)));
	}
	EXPECT_EQ_U64(fe.cmdq.tlbi_count + fe.cmdq.sync_count, commands);
	EXPECT_EQ_U64(sv3_smmu_stats(fe.smmu)->httu_updates, swaps);
	/* A read that finds nothing dirty owes nothing either. */
	EXPECT_EQ_U64(reported(&iommufd, 0), 1u << 7);
	commands = fe.cmdq.tlbi_count + fe.cmdq.sync_count;
	EXPECT_EQ_U64(reported(&iommufd, 0), 0);
	EXPECT_EQ_U64(fe.cmdq.tlbi_count + fe.cmdq.sync_count, commands);
	sv3_iommufd_destroy(iommufd.fd);
}

TEST_C(iommufd_cases, bits_are_only_ever_set)
{
	uint8_t bits[PAGES / 8] = { 0x80, 0x01 };
	struct fe_iommufd iommufd;

	FE(fe);
	ASSERT_TRUE(tracked(&fe, &iommufd, SV3_FLUSH_RANGE));
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(0)));
	EXPECT_DONE(fe_iommufd_get(&iommufd, 0, LENGTH, 0, bits));
	EXPECT_EQ_U64(bits[0], 0x81);
	EXPECT_EQ_U64(bits[1], 0x01);
	sv3_iommufd_destroy(iommufd.fd);
}

/* --- DMA in the middle of a call --- */

/* When a write comes between two accesses of software, and how it lands. */
struct script {
	uint64_t steps, at; /* places passed; where the write comes */
	uint64_t page;
	bool held; /* in flight until software waits */
	bool done;
};

static void write_at_step(struct fe *fe)
{
	struct script *script = (struct script *)fe->context;
	const sv3_iova iova = page_iova(script->page);

	if (script->steps++ != script->at)
		return;
	script->done = true;
	EXPECT_TRUE(script->held ? fe_hold(fe, 0, iova, 2) : fe_write(fe, 0, iova, 2));
}

/* The user's copy of the guest: of what is reported, after the call returned. */
static void copy(struct fe *fe, uint64_t mask, uint64_t image[PAGES])
{
	for (unsigned int page = 0; page < PAGES; page++)
		if (mask >> page & 1)
			image[page] = fe_value(fe, page * FE_PAGE);
}

/* Two rounds, a write at step @at of the first. Returns: pages that differ in the end; 0 steps
 * left to try: @done is false. */
static unsigned int two_rounds(struct script *script, enum sv3_flush_scope flush)
{
	uint64_t image[PAGES] = { 0 };
	struct fe_iommufd iommufd;
	unsigned int lost = 0;

	FE(fe);
	if (!tracked(&fe, &iommufd, flush))
		return 0;
	/* Pages 2, 3 and 5 are dirty, and the TLB knows it. */
	EXPECT_TRUE(fe_write(&fe, 0, page_iova(2), 1) && fe_write(&fe, 0, page_iova(3), 1) &&
		    fe_write(&fe, 0, page_iova(5), 1));
	fe.context = script;
	fe.between = write_at_step;
	copy(&fe, reported(&iommufd, 0), image);
	fe.between = NULL;
	fe_land(&fe);
	copy(&fe, reported(&iommufd, 0), image);
	for (unsigned int page = 0; page < PAGES; page++)
		lost += image[page] != fe_value(&fe, page * FE_PAGE);
	sv3_iommufd_destroy(iommufd.fd);
	return lost;
}

/* Every place of one write: in a page that was dirty, or clean, before or behind the walk. */
static unsigned int all_places(enum sv3_flush_scope flush, uint64_t *places)
{
	unsigned int lost = 0;

	for (uint64_t page = 1; page < 7; page++) {
		for (unsigned int held = 0; held < 2; held++) {
			struct script script = { .done = true };

			for (uint64_t at = 0; script.done; at++) {
				script = (struct script){ .at = at, .page = page, .held = held };
				lost += two_rounds(&script, flush);
				*places += script.done;
			}
		}
	}
	return lost;
}

TEST_C(iommufd_cases, a_write_between_any_two_accesses_is_not_lost)
{
	uint64_t places = 0;

	EXPECT_EQ_U64(all_places(SV3_FLUSH_RANGE, &places), 0);
	EXPECT_GE_U64(places, 12 * 20); /* at least so many accesses of a call were interrupted */
	EXPECT_EQ_U64(all_places(SV3_FLUSH_ALL, &places), 0);
}

TEST_C(iommufd_cases, without_tlbi_a_write_between_two_accesses_can_be_lost)
{
	uint64_t places = 0;

	EXPECT_GE_U64(all_places(SV3_FLUSH_NONE, &places), 1);
}

/* Translated before the call, in memory only later: not before the call returns. */
TEST_C(iommufd_cases, what_is_in_flight_has_landed_when_the_call_returns)
{
	struct fe_iommufd iommufd;

	FE(fe);
	ASSERT_TRUE(tracked(&fe, &iommufd, SV3_FLUSH_RANGE));
	EXPECT_TRUE(fe_hold(&fe, 0, page_iova(9), 77));
	EXPECT_EQ_U64(reported(&iommufd, SV3_IOMMUFD_DIRTY_NO_CLEAR), 1u << 9);
	EXPECT_TRUE(fe.holds); /* nobody waited */
	EXPECT_EQ_U64(reported(&iommufd, 0), 1u << 9);
	EXPECT_FALSE(fe.holds);
	EXPECT_EQ_U64(fe_value(&fe, 9 * FE_PAGE), 77);
	sv3_iommufd_destroy(iommufd.fd);
}

/* --- leaves of several sizes --- */

#define MIXED_AREAS 12u
#define MIXED_PAGES (MIXED_AREAS * 512u)

/* Areas of 2 MiB side by side: blocks, or pages where the memory behind is not aligned. */
static bool mixed_begin(struct fe *fe, struct fe_iommufd *iommufd, struct sv3_prng *prng)
{
	const uint32_t flags = SV3_IOMMUFD_MAP_FIXED_IOVA | SV3_IOMMUFD_MAP_READABLE;

	fe->config.leaf_max_lg2 = 21;
	if (!fe_iommufd_open(fe, iommufd))
		return false;
	for (uint64_t i = 0; i < MIXED_AREAS; i++) {
		const uint64_t shift = sv3_prng_below(prng, 2) ? FE_PAGE : 0;
		const bool writable = sv3_prng_below(prng, 6) != 0;

		EXPECT_DONE(sv3_iommufd_map(
			iommufd->fd, writable ? flags | SV3_IOMMUFD_MAP_WRITEABLE : flags,
			FE_IOVA + i * FE_BLOCK, FE_DATA + i * FE_BLOCK + shift, FE_BLOCK));
	}
	return fe_iommufd_track(iommufd, true) == 0;
}

/* The twin: what is dirty, page by page, and the leaf of each page as the table has it. */
struct mixed {
	bool dirty[MIXED_PAGES];
	uint32_t leaf_pages[MIXED_PAGES]; /* of the leaf a page lies in */
};

static void mixed_look(struct fe *fe, struct mixed *mixed)
{
	for (uint64_t page = 0; page < MIXED_PAGES; page++) {
		struct sv3_pt_leaf leaf = { 0 };

		EXPECT_OK(sv3_pt_lookup(&fe->pt[0], page_iova(page), &leaf));
		mixed->leaf_pages[page] = (uint32_t)(1u << (leaf.span_lg2 - 12));
	}
}

static void mixed_write(struct fe *fe, struct mixed *mixed, uint64_t page)
{
	const uint64_t first = page & ~(uint64_t)(mixed->leaf_pages[page] - 1);

	if (!fe_touch(fe, 0, page_iova(page)))
		return; /* read-only */
	for (uint64_t i = 0; i < mixed->leaf_pages[page]; i++)
		mixed->dirty[first + i] = true;
}

/* One query of @count pages from @first on, by bits of 2^lg2 bytes, against the twin. */
static void mixed_query(struct fe_iommufd *iommufd, struct mixed *mixed, uint64_t first,
			uint64_t count, uint32_t lg2, unsigned int unaligned)
{
	static uint8_t memory[MIXED_PAGES / 4 + 16], twin[MIXED_PAGES / 4 + 16];
	struct sv3_iommufd_get_dirty_bitmap args = {
		.size = sizeof(args),
		.hwpt_id = iommufd->hwpt,
		.iova = page_iova(first),
		.length = count * FE_PAGE,
		.page_size = UINT64_C(1) << lg2,
		.data = memory + unaligned,
	};

	memset(memory, 0, sizeof(memory));
	memset(twin, 0, sizeof(twin));
	for (uint64_t byte = 0; byte < args.length; byte += 0x800)
		if (mixed->dirty[first + byte / FE_PAGE]) {
			const uint64_t bit = byte >> lg2;

			twin[unaligned + bit / 8] |= (uint8_t)(1u << bit % 8);
		}
	ASSERT_DONE(sv3_iommufd_get_dirty_bitmap(iommufd->fd, &args));
	ASSERT_EQ_MEM(memory, twin, sizeof(twin));
	/* Clean are the leaves that lie wholly inside. */
	for (uint64_t page = first; page < first + count; page++) {
		const uint64_t leaf = page & ~(uint64_t)(mixed->leaf_pages[page] - 1);

		if (leaf >= first && leaf + mixed->leaf_pages[page] <= first + count)
			mixed->dirty[page] = false;
	}
}

TEST_C(iommufd_cases, mixed_leaves_and_any_range_agree_with_looking_at_each_page)
{
	static struct mixed mixed;
	struct sv3_prng prng;

	sv3_prng_seed(&prng, 1);
	for (unsigned int round = 0; round < 12; round++) {
		struct fe_iommufd iommufd;

		FE(fe);
		memset(&mixed, 0, sizeof(mixed));
		ASSERT_TRUE(mixed_begin(&fe, &iommufd, &prng));
		mixed_look(&fe, &mixed);
		for (unsigned int query = 0; query < 12; query++) {
			const uint32_t lg2 = 11 + (uint32_t)sv3_prng_below(&prng, 5);
			const uint64_t step = lg2 > 12 ? 1u << (lg2 - 12) : 1;
			const uint64_t first = sv3_prng_below(&prng, MIXED_PAGES) & ~(step - 1);
			const uint64_t most = (MIXED_PAGES - first) / step;
			const uint64_t count = (1 + sv3_prng_below(&prng, most)) * step;

			for (unsigned int i = 0; i < 40; i++)
				mixed_write(&fe, &mixed, sv3_prng_below(&prng, MIXED_PAGES));
			mixed_query(&iommufd, &mixed, first, count, lg2,
				    (unsigned int)sv3_prng_below(&prng, 9));
		}
		sv3_iommufd_destroy(iommufd.fd);
	}
}

/* [policies 8 B03] The bits stand where the pages are, and what lies outside is not forgotten. */
TEST_C(iommufd_cases, a_query_that_starts_inside_a_leaf_leaves_it_dirty)
{
	uint8_t bits[128];
	struct fe_iommufd iommufd;

	FE(fe);
	fe.config.leaf_max_lg2 = 21;
	ASSERT_TRUE(fe_iommufd_open(&fe, &iommufd));
	EXPECT_DONE(fe_iommufd_map(&iommufd, 0, 2 * FE_BLOCK));
	EXPECT_DONE(fe_iommufd_track(&iommufd, true));
	EXPECT_TRUE(fe_touch(&fe, 0, FE_IOVA));
	memset(bits, 0, sizeof(bits));
	EXPECT_DONE(fe_iommufd_get(&iommufd, 100 * FE_PAGE, FE_BLOCK, 0, bits));
	EXPECT_EQ_U64(fe_count(bits, 412), 412); /* the rest of the first block */
	EXPECT_EQ_U64(fe_count(bits, 512), 412); /* and nothing of the second */
	memset(bits, 0, sizeof(bits));
	EXPECT_DONE(fe_iommufd_get(&iommufd, 0, 2 * FE_BLOCK, 0, bits));
	EXPECT_EQ_U64(fe_count(bits, 1024), 512);
	memset(bits, 0, sizeof(bits));
	EXPECT_DONE(fe_iommufd_get(&iommufd, 0, 2 * FE_BLOCK, 0, bits));
	EXPECT_EQ_U64(fe_count(bits, 1024), 0);
	sv3_iommufd_destroy(iommufd.fd);
}

/* --- mappings that come and go --- */

TEST_C(iommufd_cases, a_mapping_made_while_tracking_is_reported_once)
{
	uint8_t bits[4] = { 0 };
	struct fe_iommufd iommufd;

	FE(fe);
	ASSERT_TRUE(tracked(&fe, &iommufd, SV3_FLUSH_RANGE));
	EXPECT_DONE(fe_iommufd_map(&iommufd, LENGTH, 8 * FE_PAGE));
	EXPECT_DONE(fe_iommufd_get(&iommufd, 0, LENGTH + 8 * FE_PAGE, 0, bits));
	EXPECT_EQ_U64(fe_count(bits, 16), 0);
	EXPECT_EQ_U64(bits[2], 0xff);
	bits[2] = 0;
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(18)));
	EXPECT_DONE(fe_iommufd_get(&iommufd, 0, LENGTH + 8 * FE_PAGE, 0, bits));
	EXPECT_EQ_U64(fe_count(bits, 32), 1);
	EXPECT_EQ_U64(bits[2], 4);
	sv3_iommufd_destroy(iommufd.fd);
}

TEST_C(iommufd_cases, an_unmapped_page_is_out_of_the_tlb_and_mapped_anew_reported)
{
	uint64_t length = LENGTH;
	struct fe_iommufd iommufd;

	FE(fe);
	ASSERT_TRUE(tracked(&fe, &iommufd, SV3_FLUSH_RANGE));
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(3)));
	EXPECT_DONE(sv3_iommufd_unmap(iommufd.fd, FE_IOVA, &length));
	EXPECT_FALSE(fe_touch(&fe, 0, page_iova(3)));
	EXPECT_DONE(fe_iommufd_map(&iommufd, 0, LENGTH));
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(3)));
	EXPECT_EQ_U64(reported(&iommufd, 0), 0xffff);
	sv3_iommufd_destroy(iommufd.fd);
}

/* [policies 7 P21a, 8 B32] The maintainers leave it undefined: who reads without clearing and then
 * unmaps, with the device live, loses the write in the gap. */
TEST_C(iommufd_cases, a_write_between_no_clear_and_unmap_is_lost_to_the_user)
{
	uint64_t length = LENGTH, before;
	struct fe_iommufd iommufd;

	FE(fe);
	ASSERT_TRUE(tracked(&fe, &iommufd, SV3_FLUSH_RANGE));
	EXPECT_TRUE(fe_write(&fe, 0, page_iova(1), 1));
	before = reported(&iommufd, SV3_IOMMUFD_DIRTY_NO_CLEAR);
	EXPECT_TRUE(fe_write(&fe, 0, page_iova(2), 1));
	EXPECT_DONE(sv3_iommufd_unmap(iommufd.fd, FE_IOVA, &length));
	EXPECT_EQ_U64(before, 1u << 1); /* and nobody will ever say page 2 */
	sv3_iommufd_destroy(iommufd.fd);
}

TEST_C(iommufd_cases, tracking_turned_on_again_starts_clean)
{
	struct fe_iommufd iommufd;

	FE(fe);
	ASSERT_TRUE(tracked(&fe, &iommufd, SV3_FLUSH_RANGE));
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(1)));
	EXPECT_DONE(fe_iommufd_track(&iommufd, false));
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(2)));
	EXPECT_DONE(fe_iommufd_track(&iommufd, true));
	EXPECT_EQ_U64(reported(&iommufd, 0), 0);
	/* What the TLB knew as dirty from before is known no more. */
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(1)));
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(2)));
	EXPECT_EQ_U64(reported(&iommufd, 0), 0x6);
	/* On while on: clean again. */
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(4)));
	EXPECT_DONE(fe_iommufd_track(&iommufd, true));
	EXPECT_EQ_U64(reported(&iommufd, 0), 0);
	sv3_iommufd_destroy(iommufd.fd);
}

/* What somebody else mapped beside it is not ours to clean. */
TEST_C(iommufd_cases, tracking_cleans_nothing_outside_its_mappings)
{
	struct fe_iommufd iommufd;
	struct sv3_pt_leaf leaf;

	FE(fe);
	ASSERT_TRUE(fe_iommufd_open(&fe, &iommufd));
	EXPECT_DONE(fe_iommufd_map(&iommufd, FE_PAGE, FE_PAGE));
	for (uint64_t page = 0; page < 3; page += 2) {
		ASSERT_OK(sv3_pt_map(&fe.pt[0], page_iova(page), FE_DATA, FE_PAGE, 12,
				     SV3_PT_WRITE | SV3_PT_BORN_DIRTY));
	}
	EXPECT_DONE(fe_iommufd_track(&iommufd, true));
	for (uint64_t page = 0; page < 3; page++) {
		ASSERT_OK(sv3_pt_lookup(&fe.pt[0], page_iova(page), &leaf));
		EXPECT_EQ_INT(sv3_pte_is_writable_dirty(leaf.descriptor), page != 1);
	}
	sv3_iommufd_destroy(iommufd.fd);
}

/* --- two tables --- */

TEST_C(iommufd_cases, each_of_two_tables_has_dirty_state_of_its_own)
{
	struct fe_iommufd first, second;
	uint64_t hits;

	FE(fe);
	ASSERT_TRUE(tracked(&fe, &first, SV3_FLUSH_RANGE));
	second = first;
	ASSERT_DONE(sv3_iommufd_hwpt_alloc(first.fd, SV3_IOMMUFD_HWPT_DIRTY_TRACKING, &fe.domain[1],
					   NULL, &second.hwpt));
	EXPECT_DONE(fe_iommufd_track(&second, true));
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(1)));
	EXPECT_TRUE(fe_touch(&fe, 1, page_iova(1)));
	EXPECT_TRUE(fe_touch(&fe, 1, page_iova(2)));
	EXPECT_EQ_U64(reported(&first, 0), 0x2);
	EXPECT_EQ_U64(reported(&first, 0), 0);
	/* The invalidation was of the first one's ASID alone. */
	hits = sv3_smmu_stats(fe.smmu)->tlb_hits;
	EXPECT_TRUE(fe_touch(&fe, 1, page_iova(1)));
	EXPECT_EQ_U64(sv3_smmu_stats(fe.smmu)->tlb_hits, hits + 1);
	EXPECT_EQ_U64(reported(&second, 0), 0x6);
	EXPECT_TRUE(fe_touch(&fe, 1, page_iova(1)));
	EXPECT_EQ_U64(reported(&second, 0), 0x2);
	/* One on, the other off. */
	EXPECT_DONE(fe_iommufd_track(&first, false));
	EXPECT_TRUE(fe_touch(&fe, 1, page_iova(5)));
	EXPECT_EQ_U64(reported(&second, 0), 1u << 5);
	sv3_iommufd_destroy(first.fd);
}

/* --- huge addresses --- */

TEST_C(iommufd_cases, the_last_pages_of_the_input_range)
{
	const sv3_iova iova = (UINT64_C(1) << 48) - 8 * FE_PAGE;
	const uint32_t rw = SV3_IOMMUFD_MAP_FIXED_IOVA | SV3_IOMMUFD_MAP_WRITEABLE;
	uint8_t bits[2] = { 0, 0 };
	struct fe_iommufd iommufd;
	struct sv3_iommufd_get_dirty_bitmap args = { .size = sizeof(args),
						     .iova = iova,
						     .length = 8 * FE_PAGE,
						     .page_size = FE_PAGE,
						     .data = bits };

	FE(fe);
	ASSERT_TRUE(fe_iommufd_open(&fe, &iommufd));
	args.hwpt_id = iommufd.hwpt;
	EXPECT_DONE(sv3_iommufd_map(iommufd.fd, rw, iova, FE_DATA, 8 * FE_PAGE));
	EXPECT_DONE(fe_iommufd_track(&iommufd, true));
	EXPECT_TRUE(fe_touch(&fe, 0, iova + 7 * FE_PAGE));
	EXPECT_DONE(sv3_iommufd_get_dirty_bitmap(iommufd.fd, &args));
	EXPECT_EQ_U64(bits[0], 0x80);
	EXPECT_EQ_U64(bits[1], 0);
	sv3_iommufd_destroy(iommufd.fd);
}

/* A terabyte at 2^47 by leaves of 1 GiB: only what is touched costs memory. [policies 8 B42] */
TEST_C(iommufd_cases, a_terabyte)
{
	const sv3_iova iova = UINT64_C(1) << 47;
	const uint64_t length = UINT64_C(1) << 40;
	const uint64_t bytes = length / FE_PAGE / 8;
	const uint32_t rw = SV3_IOMMUFD_MAP_FIXED_IOVA | SV3_IOMMUFD_MAP_WRITEABLE;
	uint8_t *bits = (uint8_t *)calloc(1, bytes + 1);
	struct sv3_iommufd_get_dirty_bitmap args = { .size = sizeof(args),
						     .iova = iova,
						     .length = length,
						     .page_size = FE_PAGE,
						     .data = bits };
	struct fe_iommufd iommufd;

	FE(fe);
	fe.config.leaf_max_lg2 = 30;
	ASSERT_TRUE(bits);
	ASSERT_TRUE(fe_iommufd_open(&fe, &iommufd));
	args.hwpt_id = iommufd.hwpt;
	EXPECT_DONE(sv3_iommufd_map(iommufd.fd, rw, iova, 0, length));
	EXPECT_DONE(fe_iommufd_track(&iommufd, true));
	EXPECT_TRUE(fe_write(&fe, 0, iova + FE_DATA + 5 * FE_PAGE, 1));
	EXPECT_TRUE(fe_touch(&fe, 0, iova + length - 1)); /* nothing is behind it */
	EXPECT_DONE(sv3_iommufd_get_dirty_bitmap(iommufd.fd, &args));
	EXPECT_EQ_U64(fe_count(bits, length / FE_PAGE), 2 * 262144);
	EXPECT_TRUE(fe_bit(bits, FE_DATA / FE_PAGE) && fe_bit(bits, FE_DATA / FE_PAGE + 262143));
	EXPECT_FALSE(fe_bit(bits, FE_DATA / FE_PAGE - 1));
	EXPECT_TRUE(fe_bit(bits, length / FE_PAGE - 1));
	memset(bits, 0, bytes);
	EXPECT_DONE(sv3_iommufd_get_dirty_bitmap(iommufd.fd, &args));
	EXPECT_EQ_U64(fe_count(bits, length / FE_PAGE), 0);
	free(bits);
	sv3_iommufd_destroy(iommufd.fd);
}
