/* SPDX-License-Identifier: MIT */
/*
 * test_vfio_rules.c - does each call of the VFIO front end refuse what type1 refuses, by the same
 * error, and change nothing then? [policies 5]
 */
#include <string.h>

#include "fixture.h"

#define PAGES 200u /* of the mapping: no multiple of 64 */
#define SIZE  (PAGES * FE_PAGE)

struct rules {
	struct sv3_vfio *vfio;
	uint8_t bits[64];
	struct sv3_vfio_dirty_pages args; /* a good request of everything, to be spoilt */
};

/* One mapping of 200 pages, tracked; page 3 is dirty and no other. */
static bool rules_begin(struct rules *r, struct fe *fe)
{
	memset(r, 0, sizeof(*r));
	if (!fe_vfio_open(fe, &r->vfio))
		return false;
	r->args = (struct sv3_vfio_dirty_pages){
		.argsz = sizeof(r->args),
		.flags = SV3_VFIO_DIRTY_GET_BITMAP,
		.iova = FE_IOVA,
		.size = SIZE,
		.bitmap = { .pgsize = FE_PAGE, .size = 32, .data = r->bits },
	};
	if (!ctest_bool(CTEST_AT("mapped, tracked and written", ""), true,
			fe_vfio_map(r->vfio, 0, SIZE) == 0 &&
				fe_vfio_switch(r->vfio, SV3_VFIO_DIRTY_START) == 0 &&
				sv3_vfio_dirty_pages(r->vfio, &r->args) == 0 &&
				fe_touch(fe, 0, FE_IOVA + 3 * FE_PAGE)))
		return false;
	memset(r->bits, 0, sizeof(r->bits));
	return true;
}

/* What is dirty, by a read that changes nothing. */
static void expect_page_3(struct rules *r)
{
	uint8_t bits[32] = { 0 };

	EXPECT_DONE(fe_vfio_dirty(r->vfio, SV3_VFIO_DIRTY_GET_BITMAP_NOCLEAR, 0, SIZE, bits));
	EXPECT_TRUE(fe_bit(bits, 3));
	EXPECT_EQ_U64(fe_count(bits, 256), 1);
}

/* Refused by all three calls about a range, with the bit of page 3 set for the clear. */
static void expect_refused(struct rules *r, const char *error)
{
	static const uint32_t flags[] = { SV3_VFIO_DIRTY_GET_BITMAP,
					  SV3_VFIO_DIRTY_GET_BITMAP_NOCLEAR,
					  SV3_VFIO_DIRTY_CLEAR_BITMAP };

	for (size_t i = 0; i < 3; i++) {
		uint8_t before[sizeof(r->bits)];

		memset(r->bits, 0xff, sizeof(r->bits));
		memcpy(before, r->bits, sizeof(before));
		r->args.flags = flags[i];
		EXPECT_EQ_STR(fe_error(sv3_vfio_dirty_pages(r->vfio, &r->args)), error);
		EXPECT_EQ_MEM(r->bits, before, sizeof(before));
	}
	expect_page_3(r);
}

TEST_C(vfio_rules, one_flag_a_call)
{
	static const uint32_t flags[] = { 0, 3, 4 | 8, 4 | 16, 1 | 4, 2u | 16, 32u, 64u | 1 };
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		r.args.flags = flags[i];
		EXPECT_ERRNO(sv3_vfio_dirty_pages(r.vfio, &r.args), EINVAL);
	}
	expect_page_3(&r);
	sv3_vfio_destroy(r.vfio);
}

TEST_C(vfio_rules, a_structure_too_short_is_einval)
{
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	r.args.argsz = sizeof(r.args) - 1;
	expect_refused(&r, "EINVAL");
	r.args.flags = SV3_VFIO_DIRTY_STOP;
	r.args.argsz = 7;
	EXPECT_ERRNO(sv3_vfio_dirty_pages(r.vfio, &r.args), EINVAL);
	r.args.argsz = 8; /* enough to stop */
	EXPECT_DONE(sv3_vfio_dirty_pages(r.vfio, &r.args));
	sv3_vfio_destroy(r.vfio);
}

TEST_C(vfio_rules, tracking_off_is_einval)
{
	struct sv3_vfio_dma_unmap unmap = { .argsz = sizeof(unmap),
					    .flags = SV3_VFIO_UNMAP_GET_DIRTY_BITMAP,
					    .iova = FE_IOVA,
					    .size = SIZE };
	static const uint32_t flags[] = { SV3_VFIO_DIRTY_GET_BITMAP,
					  SV3_VFIO_DIRTY_GET_BITMAP_NOCLEAR,
					  SV3_VFIO_DIRTY_CLEAR_BITMAP };
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	EXPECT_DONE(fe_vfio_switch(r.vfio, SV3_VFIO_DIRTY_STOP));
	EXPECT_DONE(fe_vfio_switch(r.vfio, SV3_VFIO_DIRTY_STOP)); /* off while off is nothing */
	for (size_t i = 0; i < 3; i++) {
		r.args.flags = flags[i];
		EXPECT_ERRNO(sv3_vfio_dirty_pages(r.vfio, &r.args), EINVAL);
	}
	unmap.bitmap = r.args.bitmap;
	EXPECT_ERRNO(sv3_vfio_unmap(r.vfio, &unmap), EINVAL);
	EXPECT_DONE(fe_vfio_switch(r.vfio, SV3_VFIO_DIRTY_START));
	EXPECT_DONE(fe_vfio_switch(r.vfio, SV3_VFIO_DIRTY_START));
	expect_page_3(&r);
	sv3_vfio_destroy(r.vfio);
}

TEST_C(vfio_rules, range_and_page_size)
{
	static const struct {
		uint64_t iova, size, pgsize;
	} rows[] = {
		{ FE_IOVA, 0, FE_PAGE },
		{ FE_IOVA + 8, SIZE, FE_PAGE },
		{ FE_IOVA, SIZE + 8, FE_PAGE },
		{ FE_IOVA, UINT64_MAX - FE_IOVA + 1, FE_PAGE }, /* wraps */
		{ FE_IOVA, SIZE, 0 },
		{ FE_IOVA, SIZE, 0x800 },
		{ FE_IOVA, SIZE, 2 * FE_PAGE },
		{ FE_IOVA, SIZE, 3 },
	};
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r.args.iova = rows[i].iova;
		r.args.size = rows[i].size;
		r.args.bitmap.pgsize = rows[i].pgsize;
		expect_refused(&r, "EINVAL");
	}
	sv3_vfio_destroy(r.vfio);
}

TEST_C(vfio_rules, the_bitmap_has_a_word_for_each_64_pages_begun_and_256_mib_at_most)
{
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	r.args.bitmap.size = 31; /* 200 pages need 4 words */
	expect_refused(&r, "EINVAL");
	r.args.bitmap.size = 0;
	expect_refused(&r, "EINVAL");
	r.args.bitmap.size = (UINT64_C(256) << 20) + 1;
	expect_refused(&r, "EINVAL");
	r.args.bitmap.size = UINT64_C(256) << 20; /* said, not used */
	r.args.flags = SV3_VFIO_DIRTY_GET_BITMAP_NOCLEAR;
	EXPECT_DONE(sv3_vfio_dirty_pages(r.vfio, &r.args));
	/* 2^31 pages, one more than an index of 32 bits with a sign can have. */
	r.args.size = FE_PAGE << 31;
	r.args.bitmap.size = UINT64_C(256) << 20;
	expect_refused(&r, "EINVAL");
	r.args.size = SIZE;
	r.args.bitmap.data = NULL;
	r.args.bitmap.size = 32;
	for (uint32_t flag = 4; flag <= 16; flag *= 2) {
		r.args.flags = flag;
		EXPECT_ERRNO(sv3_vfio_dirty_pages(r.vfio, &r.args), EFAULT);
	}
	expect_page_3(&r);
	sv3_vfio_destroy(r.vfio);
}

/* A read covers mappings whole; it may cover several, and what is between them. */
TEST_C(vfio_rules, a_read_that_cuts_a_mapping_is_einval)
{
	static const struct {
		uint64_t offset, size;
		const char *error;
	} rows[] = {
		{ FE_PAGE, SIZE - FE_PAGE, "EINVAL" },
		{ 0, SIZE - FE_PAGE, "EINVAL" },
		{ FE_PAGE, FE_PAGE, "EINVAL" },
		{ 0, SIZE + 17 * FE_PAGE, "EINVAL" }, /* the first page of the second */
		{ SIZE, 16 * FE_PAGE, "done" },       /* nothing but the hole */
		{ 0, SIZE + 16 * FE_PAGE, "done" },
		{ 0, SIZE + 17 * FE_PAGE + SIZE, "done" }, /* both and beyond */
	};
	uint8_t bits[128];
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	EXPECT_DONE(fe_vfio_map(r.vfio, SIZE + 16 * FE_PAGE, SIZE));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint32_t flag = SV3_VFIO_DIRTY_GET_BITMAP_NOCLEAR;

		EXPECT_EQ_STR(
			fe_error(fe_vfio_dirty(r.vfio, flag, rows[i].offset, rows[i].size, bits)),
			rows[i].error);
	}
	sv3_vfio_destroy(r.vfio);
}

/* A clear begins and ends at multiples of 64 pages of a mapping, or at its ends. */
TEST_C(vfio_rules, a_clear_is_aligned_to_64_pages_of_its_mapping)
{
	static const struct {
		uint64_t first, count;
		const char *error;
	} rows[] = {
		{ 0, 200, "done" },   { 0, 64, "done" },    { 64, 64, "done" },
		{ 64, 136, "done" },  { 192, 8, "done" },   { 0, 128, "done" },
		{ 1, 63, "EINVAL" },  { 0, 63, "EINVAL" },  { 0, 199, "EINVAL" },
		{ 64, 65, "EINVAL" }, { 32, 32, "EINVAL" }, { 199, 1, "EINVAL" },
		{ 0, 264, "done" },   { 200, 64, "done" }, /* of the second mapping */
		{ 0, 328, "done" },   { 128, 136, "done" },
	};
	static const uint64_t shifts[] = { 0, 5 }; /* base not a multiple of 64 pages */

	for (size_t s = 0; s < 2; s++) {
		uint8_t bits[64] = { 0 };
		struct sv3_vfio *vfio;

		FE(fe);
		ASSERT_TRUE(fe_vfio_open(&fe, &vfio));
		EXPECT_DONE(fe_vfio_map(vfio, shifts[s] * FE_PAGE, SIZE));
		EXPECT_DONE(fe_vfio_map(vfio, shifts[s] * FE_PAGE + SIZE, 128 * FE_PAGE));
		EXPECT_DONE(fe_vfio_switch(vfio, SV3_VFIO_DIRTY_START));
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			const char *error =
				fe_error(fe_vfio_dirty(vfio, SV3_VFIO_DIRTY_CLEAR_BITMAP,
						       (shifts[s] + rows[i].first) * FE_PAGE,
						       rows[i].count * FE_PAGE, bits));

			if (strcmp(error, rows[i].error))
				ctest_fail(__FILE__, __LINE__, "%llu pages from %llu: %s",
					   (unsigned long long)rows[i].count,
					   (unsigned long long)rows[i].first, error);
		}
		sv3_vfio_destroy(vfio);
	}
}

/* The series of 2021: a request smaller than a dirty block is an error. */
TEST_C(vfio_rules, a_clear_that_names_a_part_of_a_dirty_block_is_einval)
{
	uint8_t bits[128];
	struct sv3_vfio *vfio;

	FE(fe);
	fe.config.leaf_max_lg2 = 21;
	fe.config.keep_blocks = true;
	ASSERT_TRUE(fe_vfio_open(&fe, &vfio));
	EXPECT_DONE(fe_vfio_map(vfio, 0, 2 * FE_BLOCK));
	EXPECT_DONE(fe_vfio_switch(vfio, SV3_VFIO_DIRTY_START));
	memset(bits, 0xff, sizeof(bits));
	EXPECT_ERRNO(
		fe_vfio_dirty(vfio, SV3_VFIO_DIRTY_CLEAR_BITMAP, 0, FE_BLOCK + 64 * FE_PAGE, bits),
		EINVAL);
	EXPECT_ERRNO(fe_vfio_dirty(vfio, SV3_VFIO_DIRTY_CLEAR_BITMAP, 64 * FE_PAGE,
				   FE_BLOCK - 64 * FE_PAGE, bits),
		     EINVAL);
	memset(bits, 0, sizeof(bits)); /* nothing named there, nothing refused */
	EXPECT_DONE(fe_vfio_dirty(vfio, SV3_VFIO_DIRTY_CLEAR_BITMAP, 0, 64 * FE_PAGE, bits));
	memset(bits, 0xff, sizeof(bits));
	EXPECT_DONE(fe_vfio_dirty(vfio, SV3_VFIO_DIRTY_CLEAR_BITMAP, 0, 2 * FE_BLOCK, bits));
	/* A clean block may be named in part. */
	EXPECT_DONE(fe_vfio_dirty(vfio, SV3_VFIO_DIRTY_CLEAR_BITMAP, 0, 64 * FE_PAGE, bits));
	sv3_vfio_destroy(vfio);
}

/* --- map, unmap, extension --- */

TEST_C(vfio_rules, of_map)
{
	static const struct {
		uint32_t argsz, flags;
		uint64_t pa, iova, size;
		const char *error;
	} rows[] = {
		{ 31, 3, FE_DATA, FE_IOVA, FE_PAGE, "EINVAL" },
		{ 32, 0, FE_DATA, FE_IOVA, FE_PAGE, "EINVAL" },
		{ 32, 4, FE_DATA, FE_IOVA, FE_PAGE, "EINVAL" },
		{ 32, 3, FE_DATA, FE_IOVA, 0, "EINVAL" },
		{ 32, 3, FE_DATA + 8, FE_IOVA, FE_PAGE, "EINVAL" },
		{ 32, 3, FE_DATA, FE_IOVA + 8, FE_PAGE, "EINVAL" },
		{ 32, 3, FE_DATA, FE_IOVA, FE_PAGE + 8, "EINVAL" },
		{ 32, 3, FE_DATA, UINT64_MAX - 0xfff, 2 * FE_PAGE, "EINVAL" },
		{ 32, 3, FE_DATA, UINT64_C(1) << 48, FE_PAGE, "EINVAL" },
		{ 32, 3, FE_DATA, FE_IOVA, 4 * FE_PAGE, "done" },
		{ 32, 3, FE_DATA, FE_IOVA + 3 * FE_PAGE, 4 * FE_PAGE, "EEXIST" },
		{ 32, 1, FE_DATA, FE_IOVA + 4 * FE_PAGE, FE_PAGE, "done" },
	};
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_TRUE(fe_vfio_open(&fe, &vfio));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct sv3_vfio_dma_map map = { rows[i].argsz, rows[i].flags, rows[i].pa,
						      rows[i].iova, rows[i].size };

		EXPECT_EQ_STR(fe_error(sv3_vfio_map(vfio, &map)), rows[i].error);
	}
	EXPECT_TRUE(fe_touch(&fe, 0, FE_IOVA));
	EXPECT_FALSE(fe_touch(&fe, 0, FE_IOVA + 4 * FE_PAGE)); /* read-only */
	EXPECT_TRUE(fe_read(&fe, 0, FE_IOVA + 4 * FE_PAGE));
	sv3_vfio_destroy(vfio);
}

TEST_C(vfio_rules, of_unmap)
{
	static const struct {
		uint32_t flags;
		uint64_t iova, size;
		const char *error;
		uint64_t unmapped;
	} rows[] = {
		{ 4, FE_IOVA, SIZE, "EINVAL", SIZE },
		{ 3, 0, 0, "EINVAL", 0 }, /* everything, with a bitmap */
		{ 2, FE_IOVA, 0, "EINVAL", 0 },
		{ 2, 0, SIZE, "EINVAL", SIZE },
		{ 0, FE_IOVA, 0, "EINVAL", 0 },
		{ 0, FE_IOVA + 8, FE_PAGE, "EINVAL", FE_PAGE },
		{ 0, FE_IOVA, FE_PAGE + 8, "EINVAL", FE_PAGE + 8 },
		{ 0, FE_IOVA, UINT64_MAX - 0xfff, "EINVAL", UINT64_MAX - 0xfff },
		{ 0, FE_IOVA, SIZE - FE_PAGE, "EINVAL", SIZE - FE_PAGE },
		{ 0, FE_IOVA + FE_PAGE, SIZE, "EINVAL", SIZE },
		{ 0, FE_IOVA + SIZE, SIZE, "done", 0 }, /* nothing there */
		{ 0, FE_IOVA, SIZE, "done", SIZE },
		{ 2, 0, 0, "done", 0 },
	};
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sv3_vfio_dma_unmap unmap = { sizeof(unmap), rows[i].flags, rows[i].iova,
						    rows[i].size, r.args.bitmap };

		EXPECT_EQ_STR(fe_error(sv3_vfio_unmap(r.vfio, &unmap)), rows[i].error);
		EXPECT_EQ_U64(unmap.size, rows[i].unmapped);
		EXPECT_EQ_INT(fe_read(&fe, 0, FE_IOVA), i < 11);
	}
	sv3_vfio_destroy(r.vfio);
}

TEST_C(vfio_rules, one_of_several_mappings_goes_and_its_neighbours_stay)
{
	struct sv3_vfio_dma_unmap unmap = { .argsz = sizeof(unmap),
					    .iova = FE_IOVA + 2 * FE_PAGE,
					    .size = 2 * FE_PAGE };
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_TRUE(fe_vfio_open(&fe, &vfio));
	for (uint64_t i = 0; i < 3; i++)
		EXPECT_DONE(fe_vfio_map(vfio, i * 2 * FE_PAGE, 2 * FE_PAGE));
	EXPECT_DONE(sv3_vfio_unmap(vfio, &unmap));
	EXPECT_EQ_U64(unmap.size, 2 * FE_PAGE);
	for (uint64_t page = 0; page < 6; page++)
		EXPECT_EQ_INT(fe_read(&fe, 0, FE_IOVA + page * FE_PAGE), page / 2 != 1);
	sv3_vfio_destroy(vfio);
}

TEST_C(vfio_rules, of_unmap_with_bitmap)
{
	struct sv3_vfio_dma_unmap unmap = { .argsz = sizeof(unmap),
					    .flags = SV3_VFIO_UNMAP_GET_DIRTY_BITMAP,
					    .iova = FE_IOVA,
					    .size = SIZE };
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	unmap.bitmap =
		(struct sv3_vfio_bitmap){ .pgsize = 2 * FE_PAGE, .size = 32, .data = r.bits };
	EXPECT_ERRNO(sv3_vfio_unmap(r.vfio, &unmap), EINVAL);
	unmap.bitmap = (struct sv3_vfio_bitmap){ .pgsize = FE_PAGE, .size = 24, .data = r.bits };
	EXPECT_ERRNO(sv3_vfio_unmap(r.vfio, &unmap), EINVAL);
	unmap.bitmap = (struct sv3_vfio_bitmap){ .pgsize = FE_PAGE, .size = 32, .data = NULL };
	EXPECT_ERRNO(sv3_vfio_unmap(r.vfio, &unmap), EFAULT);
	expect_page_3(&r);
	unmap.bitmap.data = r.bits;
	EXPECT_DONE(sv3_vfio_unmap(r.vfio, &unmap));
	EXPECT_TRUE(fe_bit(r.bits, 3));
	EXPECT_EQ_U64(fe_count(r.bits, 512), 1);
	sv3_vfio_destroy(r.vfio);
}

TEST_C(vfio_rules, of_attach)
{
	struct sv3_frontend_domain other = { NULL, 9 };
	struct sv3_pt pt;
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	EXPECT_DONE(sv3_vfio_attach(r.vfio, &fe.domain[1]));
	EXPECT_TRUE(fe_read(&fe, 1, FE_IOVA)); /* what was mapped is mapped there, too */
	pt = fe.pt[1];
	other.pt = &pt;
	pt.config.granule_lg2 = 14;
	EXPECT_ERRNO(sv3_vfio_attach(r.vfio, &other), EINVAL);
	sv3_vfio_destroy(r.vfio);
}

TEST_C(vfio_rules, more_tables_than_there_are_places_are_enospc)
{
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_TRUE(fe_vfio_open(&fe, &vfio));
	for (unsigned int i = 1; i < SV3_FRONTEND_DOMAINS_MAX; i++)
		EXPECT_DONE(sv3_vfio_attach(vfio, &fe.domain[0]));
	EXPECT_ERRNO(sv3_vfio_attach(vfio, &fe.domain[0]), ENOSPC);
	sv3_vfio_destroy(vfio);
}

TEST_C(vfio_rules, asking_for_manual_clear_turns_it_on)
{
	struct sv3_vfio *empty;
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	EXPECT_EQ_INT(sv3_vfio_check_extension(r.vfio, 12), 0);
	EXPECT_EQ_INT(sv3_vfio_check_extension(r.vfio, SV3_VFIO_DIRTY_LOG_MANUAL_CLEAR), 1);
	for (unsigned int i = 0; i < 2; i++) {
		memset(r.bits, 0, sizeof(r.bits));
		EXPECT_DONE(sv3_vfio_dirty_pages(r.vfio, &r.args)); /* GET_BITMAP */
		EXPECT_TRUE(fe_bit(r.bits, 3));
	}
	r.args.flags = SV3_VFIO_DIRTY_CLEAR_BITMAP;
	EXPECT_DONE(sv3_vfio_dirty_pages(r.vfio, &r.args));
	r.args.flags = SV3_VFIO_DIRTY_GET_BITMAP;
	EXPECT_DONE(sv3_vfio_dirty_pages(r.vfio, &r.args));
	EXPECT_EQ_U64(fe_count(r.bits, 200), 0);
	sv3_vfio_destroy(r.vfio);
	/* A container without tables has nothing that could. */
	ASSERT_DONE(sv3_vfio_create(&fe.config, &empty));
	EXPECT_EQ_INT(sv3_vfio_check_extension(empty, SV3_VFIO_DIRTY_LOG_MANUAL_CLEAR), 0);
	sv3_vfio_destroy(empty);
}

/* One table that cannot track, and everything mapped is dirty, as type1 has it. */
TEST_C(vfio_rules, a_container_that_cannot_track_reports_everything)
{
	uint8_t bits[32];
	struct rules r;

	FE(fe);
	fe.pt[1].config.dbm = false;
	ASSERT_TRUE(rules_begin(&r, &fe));
	EXPECT_DONE(sv3_vfio_attach(r.vfio, &fe.domain[1]));
	EXPECT_EQ_INT(sv3_vfio_check_extension(r.vfio, SV3_VFIO_DIRTY_LOG_MANUAL_CLEAR), 0);
	for (unsigned int i = 0; i < 2; i++) {
		memset(bits, 0, sizeof(bits));
		EXPECT_DONE(fe_vfio_dirty(r.vfio, SV3_VFIO_DIRTY_GET_BITMAP, 0, SIZE, bits));
		EXPECT_EQ_U64(fe_count(bits, 256), 200);
	}
	EXPECT_ERRNO(fe_vfio_dirty(r.vfio, SV3_VFIO_DIRTY_CLEAR_BITMAP, 0, SIZE, bits), EINVAL);
	sv3_vfio_destroy(r.vfio);
}

TEST_C(vfio_rules, of_adopt)
{
	uint8_t bits[8] = { 0 };
	struct sv3_vfio *vfio;

	FE(fe);
	ASSERT_OK(sv3_pt_map(&fe.pt[0], FE_IOVA, FE_DATA, 4 * FE_PAGE, 12,
			     SV3_PT_WRITE | SV3_PT_UNPRIV));
	ASSERT_TRUE(fe_vfio_open(&fe, &vfio));
	EXPECT_ERRNO(sv3_vfio_adopt(vfio, FE_IOVA, 0), EINVAL);
	EXPECT_ERRNO(sv3_vfio_adopt(vfio, FE_IOVA + 8, FE_PAGE), EINVAL);
	EXPECT_ERRNO(sv3_vfio_adopt(vfio, FE_IOVA, FE_PAGE + 8), EINVAL);
	EXPECT_ERRNO(sv3_vfio_adopt(vfio, UINT64_MAX - (FE_PAGE - 1), 2 * FE_PAGE), EINVAL);
	EXPECT_ERRNO(sv3_vfio_adopt(vfio, FE_IOVA, 5 * FE_PAGE), ENOENT);
	EXPECT_DONE(sv3_vfio_adopt(vfio, FE_IOVA, 4 * FE_PAGE));
	EXPECT_ERRNO(sv3_vfio_adopt(vfio, FE_IOVA + 3 * FE_PAGE, FE_PAGE), EEXIST);
	EXPECT_DONE(fe_vfio_switch(vfio, SV3_VFIO_DIRTY_START));
	EXPECT_TRUE(fe_touch(&fe, 0, FE_IOVA + 2 * FE_PAGE));
	EXPECT_DONE(fe_vfio_dirty(vfio, SV3_VFIO_DIRTY_GET_BITMAP, 0, 4 * FE_PAGE, bits));
	EXPECT_EQ_U64(bits[0], 4);
	sv3_vfio_destroy(vfio);
}

TEST_C(vfio_rules, a_sync_that_is_never_consumed_is_etimedout)
{
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	EXPECT_TRUE(fe_hold(&fe, 0, FE_IOVA + 3 * FE_PAGE, 1));
	fe.stuck = true;
	EXPECT_ERRNO(sv3_vfio_dirty_pages(r.vfio, &r.args), ETIMEDOUT); /* GET_BITMAP */
	EXPECT_TRUE(fe_bit(r.bits, 3));
	r.args.flags = SV3_VFIO_DIRTY_GET_BITMAP_NOCLEAR;
	EXPECT_ERRNO(sv3_vfio_dirty_pages(r.vfio, &r.args), ETIMEDOUT);
	r.args.flags = SV3_VFIO_DIRTY_CLEAR_BITMAP;
	memset(r.bits, 0xff, sizeof(r.bits));
	EXPECT_ERRNO(sv3_vfio_dirty_pages(r.vfio, &r.args), ETIMEDOUT);
	/* Who clears again is told nothing new; later writes are seen. */
	fe_land(&fe);
	r.args.flags = SV3_VFIO_DIRTY_GET_BITMAP;
	EXPECT_DONE(sv3_vfio_dirty_pages(r.vfio, &r.args));
	EXPECT_TRUE(fe_touch(&fe, 0, FE_IOVA + 3 * FE_PAGE));
	expect_page_3(&r);
	sv3_vfio_destroy(r.vfio);
}
