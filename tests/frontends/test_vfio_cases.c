/* SPDX-License-Identifier: MIT */
/*
 * test_vfio_cases.c - the VFIO front end under caches and DMA: what is reported, what is cleared,
 * what an unmap keeps; several mappings and several tables in one container.
 */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define PAGES 128u
#define SIZE  (PAGES * FE_PAGE)
#define GET   SV3_VFIO_DIRTY_GET_BITMAP
#define PEEK  SV3_VFIO_DIRTY_GET_BITMAP_NOCLEAR
#define CLEAR SV3_VFIO_DIRTY_CLEAR_BITMAP

static sv3_iova page_iova(uint64_t page)
{
	return FE_IOVA + page * FE_PAGE;
}

/* One mapping of 128 pages, tracked, and all of it clean. */
static bool tracked(struct fe *fe, struct sv3_vfio **vfio, enum sv3_flush_scope flush)
{
	uint8_t bits[PAGES / 8];

	fe->config.flush = flush;
	return fe_vfio_open(fe, vfio) &&
	       ctest_bool(CTEST_AT("mapped and tracked", ""), true,
			  fe_vfio_map(*vfio, 0, SIZE) == 0 &&
				  fe_vfio_switch(*vfio, SV3_VFIO_DIRTY_START) == 0 &&
				  fe_vfio_dirty(*vfio, GET, 0, SIZE, bits) == 0);
}

/* Is exactly this page reported? PAGES: none. */
static bool reports(struct sv3_vfio *vfio, uint32_t flag, uint64_t page)
{
	uint8_t bits[PAGES / 8] = { 0 };

	EXPECT_DONE(fe_vfio_dirty(vfio, flag, 0, SIZE, bits));
	return fe_count(bits, PAGES) == (page < PAGES) && (page == PAGES || fe_bit(bits, page));
}

TEST_C(vfio_cases, the_first_read_reports_everything_as_it_was_mapped_dirty)
{
	uint8_t bits[PAGES / 8] = { 0 };
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_TRUE(fe_vfio_open(&fe, &vfio));
	EXPECT_DONE(fe_vfio_map(vfio, 0, SIZE));
	EXPECT_DONE(fe_vfio_switch(vfio, SV3_VFIO_DIRTY_START));
	EXPECT_DONE(fe_vfio_dirty(vfio, GET, 0, SIZE, bits));
	EXPECT_EQ_U64(fe_count(bits, PAGES), PAGES);
	EXPECT_TRUE(reports(vfio, GET, PAGES));
	sv3_vfio_destroy(vfio);
}

/* --- caches --- */

TEST_C(vfio_cases, a_page_written_again_through_the_tlb_is_reported_again)
{
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_TRUE(tracked(&fe, &vfio, SV3_FLUSH_RANGE));
	for (unsigned int round = 0; round < 3; round++) {
		EXPECT_TRUE(fe_touch(&fe, 0, page_iova(9)) && fe_touch(&fe, 0, page_iova(9)));
		EXPECT_TRUE(reports(vfio, GET, 9));
	}
	EXPECT_TRUE(reports(vfio, GET, PAGES));
	sv3_vfio_destroy(vfio);
}

TEST_C(vfio_cases, a_cleared_page_written_again_through_the_tlb_is_reported_again)
{
	uint8_t bits[PAGES / 8] = { 0 };
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_TRUE(tracked(&fe, &vfio, SV3_FLUSH_RANGE));
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(9)));
	EXPECT_TRUE(reports(vfio, PEEK, 9));
	EXPECT_TRUE(reports(vfio, PEEK, 9));
	bits[1] = 2;
	for (unsigned int round = 0; round < 3; round++) {
		EXPECT_TRUE(fe_touch(&fe, 0, page_iova(9)));
		EXPECT_DONE(fe_vfio_dirty(vfio, CLEAR, 0, SIZE, bits));
		EXPECT_TRUE(reports(vfio, PEEK, PAGES));
		EXPECT_TRUE(fe_touch(&fe, 0, page_iova(9)));
		EXPECT_TRUE(reports(vfio, PEEK, 9));
	}
	sv3_vfio_destroy(vfio);
}

TEST_C(vfio_cases, without_tlbi_the_second_write_is_silent)
{
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_TRUE(tracked(&fe, &vfio, SV3_FLUSH_NONE));
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(9)));
	EXPECT_TRUE(reports(vfio, GET, 9));
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(9)));
	EXPECT_TRUE(reports(vfio, GET, PAGES));
	sv3_vfio_destroy(vfio);
}

/* [policies 1, thread 002] Before it looks, a read invalidates all and waits: what was in flight
 * has landed. */
TEST_C(vfio_cases, a_read_that_does_not_clear_waits_for_what_is_in_flight)
{
	uint64_t tlbi, sync;
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_TRUE(tracked(&fe, &vfio, SV3_FLUSH_RANGE));
	EXPECT_TRUE(fe_hold(&fe, 0, page_iova(7), 70));
	tlbi = fe.cmdq.tlbi_count;
	sync = fe.cmdq.sync_count;
	EXPECT_TRUE(reports(vfio, PEEK, 7));
	EXPECT_FALSE(fe.holds);
	EXPECT_EQ_U64(fe_value(&fe, 7 * FE_PAGE), 70);
	EXPECT_EQ_U64(fe.cmdq.tlbi_count - tlbi, 1);
	EXPECT_EQ_U64(fe.cmdq.sync_count - sync, 1);
	sv3_vfio_destroy(vfio);
}

TEST_C(vfio_cases, a_clear_returns_when_what_is_in_flight_has_landed)
{
	uint8_t bits[PAGES / 8] = { 0x80 };
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_TRUE(tracked(&fe, &vfio, SV3_FLUSH_RANGE));
	EXPECT_TRUE(fe_hold(&fe, 0, page_iova(7), 70));
	EXPECT_DONE(fe_vfio_dirty(vfio, CLEAR, 0, SIZE, bits));
	EXPECT_FALSE(fe.holds);
	EXPECT_EQ_U64(fe_value(&fe, 7 * FE_PAGE), 70);
	/* It does not matter then that the page reads clean. */
	EXPECT_TRUE(reports(vfio, PEEK, PAGES));
	sv3_vfio_destroy(vfio);
}

/* --- DMA in the middle of a call --- */

enum style { STYLE_AUTO, STYLE_MANUAL, STYLE_CLEAR_ALL };

struct script {
	uint64_t steps, at;
	uint64_t page;
	bool held, done;
};

static void write_at_step(struct fe *fe)
{
	struct script *script = (struct script *)fe->context;
	const sv3_iova iova = page_iova(script->page);

	if (script->steps++ != script->at)
		return;
	script->done = script->held ? fe_hold(fe, 0, iova, 2) : fe_write(fe, 0, iova, 2);
}

/* A round of a user: read; clear what was read (or, wrongly, everything [policies 8 B17]); copy. */
static void user_round(struct fe *fe, struct sv3_vfio *vfio, enum style style, uint64_t *image)
{
	uint8_t bits[PAGES / 8] = { 0 }, all[PAGES / 8];

	memset(all, 0xff, sizeof(all));
	EXPECT_DONE(fe_vfio_dirty(vfio, style == STYLE_AUTO ? GET : PEEK, 0, SIZE, bits));
	if (style != STYLE_AUTO)
		EXPECT_DONE(
			fe_vfio_dirty(vfio, CLEAR, 0, SIZE, style == STYLE_MANUAL ? bits : all));
	for (unsigned int page = 0; page < PAGES; page++)
		if (fe_bit(bits, page))
			image[page] = fe_value(fe, page * FE_PAGE);
}

static unsigned int two_rounds(struct script *script, enum style style)
{
	uint64_t image[PAGES] = { 0 };
	unsigned int lost = 0;
	struct sv3_vfio *vfio;

	FE(fe);
	if (!tracked(&fe, &vfio, SV3_FLUSH_RANGE))
		return 0;
	EXPECT_TRUE(fe_write(&fe, 0, page_iova(3), 1) && fe_write(&fe, 0, page_iova(5), 1));
	fe.context = script;
	fe.between = write_at_step;
	user_round(&fe, vfio, style, image);
	fe.between = NULL;
	fe_land(&fe);
	user_round(&fe, vfio, style, image);
	for (unsigned int page = 0; page < PAGES; page++)
		lost += image[page] != fe_value(&fe, page * FE_PAGE);
	sv3_vfio_destroy(vfio);
	return lost;
}

static unsigned int all_places(enum style style, uint64_t *places)
{
	unsigned int lost = 0;

	for (uint64_t page = 2; page < 7; page++) {
		for (unsigned int held = 0; held < 2; held++) {
			struct script script = { .done = true };

			for (uint64_t at = 0; script.done; at++) {
				script = (struct script){ .at = at, .page = page, .held = held };
				lost += two_rounds(&script, style);
				*places += script.done;
			}
		}
	}
	return lost;
}

TEST_C(vfio_cases, a_write_between_any_two_accesses_is_not_lost)
{
	uint64_t places = 0;

	EXPECT_EQ_U64(all_places(STYLE_AUTO, &places), 0);
	EXPECT_GE_U64(places, 10 * PAGES);
	EXPECT_EQ_U64(all_places(STYLE_MANUAL, &places), 0);
}

TEST_C(vfio_cases, clearing_what_was_not_reported_loses_a_write)
{
	uint64_t places = 0;

	EXPECT_GE_U64(all_places(STYLE_CLEAR_ALL, &places), 1);
}

/* --- unmap --- */

enum unmap_style { UNMAP_BITMAP, UNMAP_READ_BEFORE };

/* A write at step @at while the mapping goes. Returns: 1 if it reached memory and nobody was told,
 * now or at the end. */
static unsigned int unmap_under_dma(struct script *script, enum unmap_style style)
{
	uint8_t bits[PAGES / 8] = { 0 };
	struct sv3_vfio_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.flags = style == UNMAP_BITMAP ? SV3_VFIO_UNMAP_GET_DIRTY_BITMAP : 0u,
		.iova = FE_IOVA,
		.size = SIZE,
		.bitmap = { .pgsize = FE_PAGE, .size = sizeof(bits), .data = bits },
	};
	struct sv3_vfio *vfio;
	uint64_t value;

	FE(fe);
	if (!tracked(&fe, &vfio, SV3_FLUSH_RANGE))
		return 0;
	/* The TLB knows the page: as dirty, as clean, or not at all. */
	if (script->page % 3 == 0)
		EXPECT_TRUE(fe_touch(&fe, 0, page_iova(script->page)));
	else if (script->page % 3 == 1)
		EXPECT_TRUE(fe_read(&fe, 0, page_iova(script->page)));
	fe.context = script;
	fe.between = write_at_step;
	if (style == UNMAP_READ_BEFORE)
		EXPECT_DONE(fe_vfio_dirty(vfio, PEEK, 0, SIZE, bits));
	EXPECT_DONE(sv3_vfio_unmap(vfio, &unmap));
	EXPECT_EQ_U64(unmap.size, SIZE);
	/* The copy of what is reported; nothing may land any more. */
	value = fe_value(&fe, script->page * FE_PAGE);
	fe.between = NULL;
	EXPECT_FALSE(fe.holds);
	EXPECT_FALSE(fe_write(&fe, 0, page_iova(script->page), 3));
	EXPECT_EQ_U64(fe_value(&fe, script->page * FE_PAGE), value);
	sv3_vfio_destroy(vfio);
	return value != 0 && !fe_bit(bits, script->page);
}

/* More steps than any unmap here has accesses; behind the exchange the write is refused. */
#define UNMAP_STEPS 1000u

static unsigned int unmap_at_all_places(enum unmap_style style, unsigned int *performed)
{
	unsigned int lost = 0;

	for (uint64_t page = 60; page < 63; page++) {
		for (unsigned int held = 0; held < 2; held++) {
			for (uint64_t at = 0; at < UNMAP_STEPS; at++) {
				struct script script = { .at = at, .page = page, .held = held };

				lost += unmap_under_dma(&script, style);
				*performed += script.done;
				if (script.steps <= at)
					break;
			}
		}
	}
	return lost;
}

/* [policies 7 P21b] */
TEST_C(vfio_cases, unmap_with_bitmap_loses_no_write)
{
	unsigned int performed = 0;

	EXPECT_EQ_U64(unmap_at_all_places(UNMAP_BITMAP, &performed), 0);
	EXPECT_GE_U64(performed, 100);
}

/* [policies 7 P21a] */
TEST_C(vfio_cases, a_read_before_an_unmap_loses_the_write_in_between)
{
	unsigned int performed = 0;

	EXPECT_GE_U64(unmap_at_all_places(UNMAP_READ_BEFORE, &performed), 1);
}

TEST_C(vfio_cases, unmap_of_several_mappings_tells_each_page_at_its_place)
{
	uint8_t bits[40] = { 0 };
	struct sv3_vfio_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.flags = SV3_VFIO_UNMAP_GET_DIRTY_BITMAP,
		.iova = FE_IOVA,
		.size = 300 * FE_PAGE,
		.bitmap = { .pgsize = FE_PAGE, .size = sizeof(bits), .data = bits },
	};
	uint64_t sync;
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_TRUE(tracked(&fe, &vfio, SV3_FLUSH_RANGE));
	EXPECT_DONE(fe_vfio_map(vfio, 131 * FE_PAGE, 5 * FE_PAGE)); /* born dirty */
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(127)));
	bits[16] = 0x07; /* the hole is nobody's */
	bits[0] = 0xff;  /* mapped and clean: written as 0 */
	sync = fe.cmdq.sync_count;
	EXPECT_DONE(sv3_vfio_unmap(vfio, &unmap));
	EXPECT_EQ_U64(unmap.size, 133 * FE_PAGE);
	EXPECT_EQ_U64(fe.cmdq.sync_count - sync, 1);
	EXPECT_TRUE(fe_bit(bits, 127));
	EXPECT_EQ_U64(bits[0], 0);
	EXPECT_EQ_U64(bits[16], 0xff);
	EXPECT_EQ_U64(fe_count(bits, 320), 1 + 3 + 5);
	sv3_vfio_destroy(vfio);
}

/* --- what a read writes --- */

TEST_C(vfio_cases, a_read_writes_the_bits_of_mapped_pages_and_no_others)
{
	uint8_t bits[32];
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_TRUE(tracked(&fe, &vfio, SV3_FLUSH_RANGE));
	EXPECT_DONE(fe_vfio_map(vfio, SIZE + 3 * FE_PAGE, 8 * FE_PAGE));
	EXPECT_TRUE(fe_touch(&fe, 0, page_iova(17)));
	memset(bits, 0xff, sizeof(bits)); /* not zeroed by the user [policies 8 B45] */
	EXPECT_DONE(fe_vfio_dirty(vfio, GET, 0, 150 * FE_PAGE, bits));
	EXPECT_TRUE(fe_bit(bits, 17));
	EXPECT_EQ_U64(fe_count(bits, 128), 1);
	EXPECT_EQ_U64(bits[16], 0xff); /* a hole of 3, 5 new pages */
	EXPECT_EQ_U64(fe_count(bits, 256), 1 + 128);
	EXPECT_DONE(fe_vfio_dirty(vfio, GET, 0, 150 * FE_PAGE, bits));
	EXPECT_EQ_U64(fe_count(bits, 128), 0);
	EXPECT_EQ_U64(bits[16], 0x07);
	EXPECT_EQ_U64(bits[17], 0xf8);
	sv3_vfio_destroy(vfio);
}

/* --- two tables in one container --- */

TEST_C(vfio_cases, dirty_state_of_all_tables_counts_and_all_are_cleared)
{
	uint8_t bits[PAGES / 8] = { 0 };
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_TRUE(tracked(&fe, &vfio, SV3_FLUSH_RANGE));
	EXPECT_DONE(sv3_vfio_attach(vfio, &fe.domain[1]));
	EXPECT_DONE(fe_vfio_dirty(vfio, GET, 0, SIZE, bits));
	EXPECT_EQ_U64(fe_count(bits, PAGES), PAGES); /* the new table's */
	for (unsigned int round = 0; round < 2; round++) {
		EXPECT_TRUE(fe_touch(&fe, 0, page_iova(1)) && fe_touch(&fe, 1, page_iova(2)) &&
			    fe_touch(&fe, 0, page_iova(3)) && fe_touch(&fe, 1, page_iova(3)));
		EXPECT_DONE(fe_vfio_dirty(vfio, PEEK, 0, SIZE, bits));
		EXPECT_EQ_U64(fe_count(bits, PAGES), 3);
		EXPECT_EQ_U64(bits[0], 0x0e);
		EXPECT_DONE(fe_vfio_dirty(vfio, CLEAR, 0, SIZE, bits));
		EXPECT_TRUE(reports(vfio, GET, PAGES));
	}
	sv3_vfio_destroy(vfio);
}

/* --- everything at random, against a twin --- */

#define AREA_MAX   24u
#define SPAN_PAGES 8192u

/* The twin: pages of the span, and in which mapping and leaf they lie. */
struct twin {
	bool mapped[SPAN_PAGES], dirty[SPAN_PAGES];
	uint64_t area_first[SPAN_PAGES], area_end[SPAN_PAGES], leaf_first[SPAN_PAGES],
		leaf_end[SPAN_PAGES];
};

static void twin_map(struct twin *twin, uint64_t first, uint64_t count)
{
	for (uint64_t page = first; page < first + count; page++) {
		twin->mapped[page] = twin->dirty[page] = true;
		twin->area_first[page] = first;
		twin->area_end[page] = first + count;
	}
}

static void twin_look_at_leaves(struct twin *twin, struct fe *fe)
{
	for (uint64_t page = 0; page < SPAN_PAGES; page++) {
		struct sv3_pt_leaf leaf = { 0 };

		if (!twin->mapped[page])
			continue;
		EXPECT_OK(sv3_pt_lookup(&fe->pt[0], page_iova(page), &leaf));
		twin->leaf_first[page] = (leaf.iova - FE_IOVA) / FE_PAGE;
		twin->leaf_end[page] =
			twin->leaf_first[page] + (UINT64_C(1) << (leaf.span_lg2 - 12));
	}
}

static void twin_set_leaf(struct twin *twin, uint64_t page, bool dirty)
{
	for (uint64_t i = twin->leaf_first[page]; i < twin->leaf_end[page]; i++)
		twin->dirty[i] = dirty;
}

static void random_mappings(struct twin *twin, struct sv3_vfio *vfio, struct sv3_prng *prng)
{
	uint64_t page = sv3_prng_below(prng, 100);

	for (unsigned int i = 0; i < AREA_MAX; i++) {
		const bool block = sv3_prng_below(prng, 3) == 0;
		uint64_t count = 1 + sv3_prng_below(prng, 300);

		if (block) {
			page = (page + 511) & ~UINT64_C(511);
			count = 512 * (1 + sv3_prng_below(prng, 2));
		}
		if (page + count > SPAN_PAGES)
			break;
		EXPECT_DONE(fe_vfio_map(vfio, page * FE_PAGE, count * FE_PAGE));
		twin_map(twin, page, count);
		page += count + (sv3_prng_below(prng, 2) ? sv3_prng_below(prng, 100) : 0);
	}
}

/* A range that begins and ends where mappings do, or in holes. */
static void whole_range(const struct twin *twin, struct sv3_prng *prng, uint64_t *first,
			uint64_t *end)
{
	*first = sv3_prng_below(prng, SPAN_PAGES);
	*end = *first + 1 + sv3_prng_below(prng, SPAN_PAGES - *first);
	if (twin->mapped[*first])
		*first = twin->area_first[*first];
	if (twin->mapped[*end - 1])
		*end = twin->area_end[*end - 1];
}

static void check_get(struct twin *twin, struct sv3_vfio *vfio, struct sv3_prng *prng, bool clear)
{
	static uint8_t memory[SPAN_PAGES / 8 + 16], expected[SPAN_PAGES / 8 + 16];
	const uint64_t unaligned = sv3_prng_below(prng, 8);
	const uint8_t before = sv3_prng_below(prng, 2) ? 0xff : 0;
	uint64_t first, end;

	whole_range(twin, prng, &first, &end);
	memset(memory, before, sizeof(memory));
	memset(expected, before, sizeof(expected));
	for (uint64_t page = first; page < end; page++) {
		uint8_t *byte = &expected[unaligned + (page - first) / 8];
		const unsigned int mask = 1u << (page - first) % 8;

		if (twin->mapped[page])
			*byte = (uint8_t)(twin->dirty[page] ? *byte | mask : *byte & ~mask);
		if (clear)
			twin->dirty[page] = false;
	}
	ASSERT_DONE(fe_vfio_dirty(vfio, clear ? GET : PEEK, first * FE_PAGE,
				  (end - first) * FE_PAGE, memory + unaligned));
	ASSERT_EQ_MEM(memory, expected, sizeof(memory));
}

/* A clear of a piece of one mapping by a random bitmap; refused exactly if it cuts a dirty leaf of
 * which it names a page. */
static void check_clear(struct twin *twin, struct sv3_vfio *vfio, struct sv3_prng *prng)
{
	static uint8_t memory[SPAN_PAGES / 8 + 16];
	const uint64_t page = sv3_prng_below(prng, SPAN_PAGES);
	uint8_t *bits = memory + sv3_prng_below(prng, 8);
	uint64_t first, end, area_pages;
	bool refused = false;

	if (!twin->mapped[page])
		return;
	area_pages = twin->area_end[page] - twin->area_first[page];
	first = twin->area_first[page] + sv3_prng_below(prng, (area_pages + 63) / 64) * 64;
	end = first + (1 + sv3_prng_below(prng, 10)) * 64;
	end = end < twin->area_end[page] ? end : twin->area_end[page];
	for (size_t i = 0; i < sizeof(memory); i++)
		memory[i] = sv3_prng_below(prng, 3) ? 0xff : (uint8_t)sv3_prng_next(prng);
	for (uint64_t i = first; i < end; i++)
		refused |= twin->dirty[i] && fe_bit(bits, i - first) &&
			   (twin->leaf_first[i] < first || twin->leaf_end[i] > end);
	ASSERT_EQ_STR(fe_error(fe_vfio_dirty(vfio, CLEAR, first * FE_PAGE, (end - first) * FE_PAGE,
					     bits)),
		      refused ? "EINVAL" : "done");
	for (uint64_t i = first; i < end && !refused; i = twin->leaf_end[i]) {
		bool named = twin->leaf_first[i] >= first && twin->leaf_end[i] <= end;

		for (uint64_t j = i; j < twin->leaf_end[i] && named; j++)
			named = fe_bit(bits, j - first);
		if (named)
			twin_set_leaf(twin, i, false);
	}
}

/* Blocks are kept, or START makes pages of them. */
static void check_against_twin(bool keep_blocks)
{
	static struct twin twin;
	struct sv3_prng prng;

	sv3_prng_seed(&prng, 7);
	for (unsigned int round = 0; round < 25; round++) {
		struct sv3_vfio *vfio;

		FE(fe);
		fe.config.leaf_max_lg2 = 21;
		fe.config.keep_blocks = keep_blocks;
		memset(&twin, 0, sizeof(twin));
		ASSERT_TRUE(fe_vfio_open(&fe, &vfio));
		random_mappings(&twin, vfio, &prng);
		EXPECT_DONE(fe_vfio_switch(vfio, SV3_VFIO_DIRTY_START));
		twin_look_at_leaves(&twin, &fe);
		for (unsigned int step = 0; step < 60; step++) {
			for (unsigned int i = 0; i < 20; i++) {
				const uint64_t page = sv3_prng_below(&prng, SPAN_PAGES);

				EXPECT_EQ_INT(fe_touch(&fe, 0, page_iova(page)), twin.mapped[page]);
				if (twin.mapped[page])
					twin_set_leaf(&twin, page, true);
			}
			if (step % 3)
				check_clear(&twin, vfio, &prng);
			else
				check_get(&twin, vfio, &prng, step % 2 == 0);
		}
		sv3_vfio_destroy(vfio);
	}
}

TEST_C(vfio_cases, reads_and_clears_agree_with_looking_at_each_page)
{
	check_against_twin(true);
	check_against_twin(false);
}
