/* SPDX-License-Identifier: MIT */
/*
 * test_iommufd_rules.c - does each call of the iommufd front end refuse what the kernel refuses, by
 * the same error, and change nothing then? [policies 5]
 */
#include <string.h>

#include "fixture.h"

#define LENGTH (16 * FE_PAGE)

struct rules {
	struct fe_iommufd iommufd;
	uint8_t bits[64];
	struct sv3_iommufd_get_dirty_bitmap get; /* a good request, to be spoilt */
};

/* 16 pages that are mapped, tracked, and of which page 3 is dirty. */
static bool rules_begin(struct rules *rules, struct fe *fe)
{
	memset(rules, 0, sizeof(*rules));
	if (!fe_iommufd_open(fe, &rules->iommufd))
		return false;
	rules->get = (struct sv3_iommufd_get_dirty_bitmap){
		.size = sizeof(rules->get),
		.hwpt_id = rules->iommufd.hwpt,
		.iova = FE_IOVA,
		.length = LENGTH,
		.page_size = FE_PAGE,
		.data = rules->bits,
	};
	return ctest_bool(CTEST_AT("mapped, tracked and written", ""), true,
			  fe_iommufd_map(&rules->iommufd, 0, LENGTH) == 0 &&
				  fe_iommufd_track(&rules->iommufd, true) == 0 &&
				  fe_touch(fe, 0, FE_IOVA + 3 * FE_PAGE));
}

/* A refused request reports nothing, and what is dirty is so still. */
#define EXPECT_REFUSED(rules, error)                                                           \
	do {                                                                                   \
		EXPECT_ERRNO(sv3_iommufd_get_dirty_bitmap((rules)->iommufd.fd, &(rules)->get), \
			     error);                                                           \
		EXPECT_EQ_U64(fe_count((rules)->bits, 512), 0);                                \
		expect_page_3(rules);                                                          \
	} while (0)

static void expect_page_3(struct rules *rules)
{
	uint8_t bits[64] = { 0 };

	EXPECT_DONE(fe_iommufd_get(&rules->iommufd, 0, LENGTH, SV3_IOMMUFD_DIRTY_NO_CLEAR, bits));
	EXPECT_TRUE(fe_bit(bits, 3));
	EXPECT_EQ_U64(fe_count(bits, 16), 1);
}

TEST_C(iommufd_rules, zero_length_is_einval)
{
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	r.get.length = 0;
	EXPECT_REFUSED(&r, EINVAL);
	sv3_iommufd_destroy(r.iommufd.fd);
}

TEST_C(iommufd_rules, end_beyond_the_address_space_is_eoverflow)
{
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	r.get.length = UINT64_MAX - FE_IOVA + 2;
	EXPECT_REFUSED(&r, EOVERFLOW);
	/* The very last page is inside; it is not mapped. */
	r.get.iova = UINT64_MAX - (FE_PAGE - 1);
	r.get.length = FE_PAGE;
	EXPECT_REFUSED(&r, EINVAL);
	sv3_iommufd_destroy(r.iommufd.fd);
}

TEST_C(iommufd_rules, iova_and_end_off_the_tables_pages_are_einval)
{
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	r.get.page_size = 0x800;
	r.get.iova = FE_IOVA + 0x800;
	r.get.length = LENGTH - 0x800;
	EXPECT_REFUSED(&r, EINVAL);
	r.get.iova = FE_IOVA;
	EXPECT_REFUSED(&r, EINVAL);
	sv3_iommufd_destroy(r.iommufd.fd);
}

TEST_C(iommufd_rules, iova_and_end_off_the_page_size_are_einval)
{
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	r.get.page_size = 4 * FE_PAGE;
	r.get.iova = FE_IOVA + FE_PAGE;
	r.get.length = 4 * FE_PAGE;
	EXPECT_REFUSED(&r, EINVAL);
	r.get.iova = FE_IOVA;
	r.get.length = 5 * FE_PAGE;
	EXPECT_REFUSED(&r, EINVAL);
	sv3_iommufd_destroy(r.iommufd.fd);
}

TEST_C(iommufd_rules, page_size_0_or_no_power_of_two_is_einval)
{
	static uint8_t bytes[LENGTH / 8];
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	r.get.page_size = 0;
	EXPECT_REFUSED(&r, EINVAL);
	r.get.page_size = 3 * FE_PAGE;
	EXPECT_REFUSED(&r, EINVAL);
	r.get.page_size = 1; /* a bit for each byte */
	r.get.data = bytes;
	EXPECT_DONE(sv3_iommufd_get_dirty_bitmap(r.iommufd.fd, &r.get));
	EXPECT_TRUE(fe_bit(bytes, 3 * FE_PAGE) && fe_bit(bytes, 4 * FE_PAGE - 1));
	EXPECT_EQ_U64(fe_count(bytes, LENGTH), FE_PAGE);
	sv3_iommufd_destroy(r.iommufd.fd);
}

TEST_C(iommufd_rules, unknown_flags_and_reserved_fields_are_eopnotsupp)
{
	struct sv3_iommufd_set_dirty_tracking set = { .size = sizeof(set) };
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	r.get.flags = 2;
	EXPECT_REFUSED(&r, EOPNOTSUPP);
	r.get.flags = 0;
	r.get.reserved = 1;
	EXPECT_REFUSED(&r, EOPNOTSUPP);
	set.hwpt_id = r.iommufd.hwpt;
	set.flags = 2;
	EXPECT_ERRNO(sv3_iommufd_set_dirty_tracking(r.iommufd.fd, &set), EOPNOTSUPP);
	set.flags = SV3_IOMMUFD_DIRTY_ENABLE;
	set.reserved = 1;
	EXPECT_ERRNO(sv3_iommufd_set_dirty_tracking(r.iommufd.fd, &set), EOPNOTSUPP);
	expect_page_3(&r);
	sv3_iommufd_destroy(r.iommufd.fd);
}

TEST_C(iommufd_rules, a_hole_is_einval_wherever_it_is)
{
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	r.get.length = LENGTH + FE_PAGE; /* at the end */
	EXPECT_REFUSED(&r, EINVAL);
	r.get.iova = FE_IOVA - FE_PAGE; /* at the beginning */
	EXPECT_REFUSED(&r, EINVAL);
	/* in the middle */
	EXPECT_DONE(fe_iommufd_map(&r.iommufd, LENGTH + FE_PAGE, FE_PAGE));
	r.get.iova = FE_IOVA;
	r.get.length = LENGTH + 2 * FE_PAGE;
	EXPECT_REFUSED(&r, EINVAL);
	/* and filled: two and then three mappings that touch are one range. */
	EXPECT_DONE(fe_iommufd_map(&r.iommufd, LENGTH, FE_PAGE));
	EXPECT_DONE(sv3_iommufd_get_dirty_bitmap(r.iommufd.fd, &r.get));
	EXPECT_TRUE(fe_bit(r.bits, 3) && fe_bit(r.bits, 16) && fe_bit(r.bits, 17));
	EXPECT_EQ_U64(fe_count(r.bits, 18), 3);
	sv3_iommufd_destroy(r.iommufd.fd);
}

TEST_C(iommufd_rules, tracking_off_is_einval)
{
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	EXPECT_DONE(fe_iommufd_track(&r.iommufd, false));
	EXPECT_ERRNO(sv3_iommufd_get_dirty_bitmap(r.iommufd.fd, &r.get), EINVAL);
	EXPECT_EQ_U64(fe_count(r.bits, 512), 0);
	sv3_iommufd_destroy(r.iommufd.fd);
}

TEST_C(iommufd_rules, an_unknown_page_table_is_enoent)
{
	static const uint32_t ids[] = { 0, 2, 64, 65, UINT32_MAX };
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		r.get.hwpt_id = ids[i];
		EXPECT_REFUSED(&r, ENOENT);
		EXPECT_ERRNO(sv3_iommufd_attach(r.iommufd.fd, ids[i], &fe.port), ENOENT);
		EXPECT_ERRNO(sv3_iommufd_hwpt_free(r.iommufd.fd, ids[i]), ENOENT);
	}
	EXPECT_DONE(sv3_iommufd_hwpt_free(r.iommufd.fd, r.iommufd.hwpt));
	EXPECT_ERRNO(fe_iommufd_track(&r.iommufd, true), ENOENT);
	sv3_iommufd_destroy(r.iommufd.fd);
}

TEST_C(iommufd_rules, no_bitmap_is_efault)
{
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	r.get.data = NULL;
	EXPECT_REFUSED(&r, EFAULT);
	sv3_iommufd_destroy(r.iommufd.fd);
}

TEST_C(iommufd_rules, a_structure_too_short_is_einval_and_an_unknown_tail_e2big)
{
	struct {
		struct sv3_iommufd_get_dirty_bitmap known;
		uint8_t tail[8];
	} longer = { .tail = { 0 } };
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	r.get.size = sizeof(r.get) - 1;
	EXPECT_REFUSED(&r, EINVAL);
	r.get.size = sizeof(longer);
	longer.known = r.get;
	longer.tail[7] = 1;
	EXPECT_ERRNO(sv3_iommufd_get_dirty_bitmap(r.iommufd.fd, &longer.known), E2BIG);
	expect_page_3(&r);
	longer.tail[7] = 0; /* a newer user who asks for nothing new */
	EXPECT_DONE(sv3_iommufd_get_dirty_bitmap(r.iommufd.fd, &longer.known));
	EXPECT_TRUE(fe_bit(r.bits, 3));
	sv3_iommufd_destroy(r.iommufd.fd);
}

TEST_C(iommufd_rules, a_page_table_without_tracking_is_eopnotsupp)
{
	struct fe_iommufd plain = { .hwpt = 0 };
	uint8_t bits[8] = { 0 };

	FE(fe);
	ASSERT_DONE(sv3_iommufd_create(&fe.config, &plain.fd));
	ASSERT_DONE(sv3_iommufd_hwpt_alloc(plain.fd, 0, &fe.domain[0], NULL, &plain.hwpt));
	EXPECT_DONE(fe_iommufd_map(&plain, 0, LENGTH));
	EXPECT_ERRNO(fe_iommufd_track(&plain, true), EOPNOTSUPP);
	EXPECT_ERRNO(fe_iommufd_get(&plain, 0, LENGTH, 0, bits), EOPNOTSUPP);
	sv3_iommufd_destroy(plain.fd);
}

TEST_C(iommufd_rules, tracking_needs_hardware_update_coherent_walks_and_a_table_with_dbm)
{
	struct sv3_smmu_config config;
	struct sv3_iommufd *fd;
	uint32_t hwpt = 0;

	FE(fe);
	sv3_smmu_config_default(&config);
	config.idr0 &= ~(uint32_t)SV3_IDR0_COHACC;
	FE_OF(incoherent, &config);
	EXPECT_EQ_U64(sv3_iommufd_hw_info(&incoherent.port), 0);
	ASSERT_DONE(sv3_iommufd_create(&incoherent.config, &fd));
	EXPECT_ERRNO(sv3_iommufd_hwpt_alloc(fd, SV3_IOMMUFD_HWPT_DIRTY_TRACKING,
					    &incoherent.domain[0], NULL, &hwpt),
		     EOPNOTSUPP);
	sv3_iommufd_destroy(fd);
	ASSERT_DONE(sv3_iommufd_create(&fe.config, &fd));
	fe.pt[0].config.dbm = false;
	EXPECT_ERRNO(sv3_iommufd_hwpt_alloc(fd, SV3_IOMMUFD_HWPT_DIRTY_TRACKING, &fe.domain[0],
					    NULL, &hwpt),
		     EOPNOTSUPP);
	/* Neither parents of nested tables nor flags nobody knows. */
	EXPECT_ERRNO(sv3_iommufd_hwpt_alloc(
			     fd, SV3_IOMMUFD_HWPT_NEST_PARENT | SV3_IOMMUFD_HWPT_DIRTY_TRACKING,
			     &fe.domain[1], NULL, &hwpt),
		     EOPNOTSUPP);
	EXPECT_ERRNO(sv3_iommufd_hwpt_alloc(fd, 4, &fe.domain[1], NULL, &hwpt), EOPNOTSUPP);
	sv3_iommufd_destroy(fd);
}

/* --- map and unmap --- */

TEST_C(iommufd_rules, of_map)
{
	const uint32_t rw =
		SV3_IOMMUFD_MAP_FIXED_IOVA | SV3_IOMMUFD_MAP_WRITEABLE | SV3_IOMMUFD_MAP_READABLE;
	struct fe_iommufd iommufd;
	struct sv3_iommufd *fd;

	FE(fe);
	ASSERT_TRUE(fe_iommufd_open(&fe, &iommufd));
	fd = iommufd.fd;
	EXPECT_ERRNO(sv3_iommufd_map(fd, rw | 8, FE_IOVA, FE_DATA, FE_PAGE), EOPNOTSUPP);
	EXPECT_ERRNO(sv3_iommufd_map(fd, rw & ~1u, FE_IOVA, FE_DATA, FE_PAGE), EOPNOTSUPP);
	EXPECT_ERRNO(sv3_iommufd_map(fd, 1, FE_IOVA, FE_DATA, FE_PAGE), EINVAL);
	EXPECT_ERRNO(sv3_iommufd_map(fd, rw, FE_IOVA, FE_DATA, 0), EINVAL);
	EXPECT_ERRNO(sv3_iommufd_map(fd, rw, FE_IOVA, FE_DATA, FE_PAGE + 1), EINVAL);
	EXPECT_ERRNO(sv3_iommufd_map(fd, rw, FE_IOVA + 8, FE_DATA, FE_PAGE), EINVAL);
	EXPECT_ERRNO(sv3_iommufd_map(fd, rw, FE_IOVA, FE_DATA + 8, FE_PAGE), EINVAL);
	EXPECT_ERRNO(sv3_iommufd_map(fd, rw, UINT64_MAX - (FE_PAGE - 1), FE_DATA, 2 * FE_PAGE),
		     EOVERFLOW);
	EXPECT_ERRNO(sv3_iommufd_map(fd, rw, UINT64_C(1) << 48, FE_DATA, FE_PAGE), EINVAL);
	/* It ends with the address space, no more; the table does not reach there. */
	EXPECT_ERRNO(sv3_iommufd_map(fd, rw, UINT64_MAX - (FE_PAGE - 1), FE_DATA, FE_PAGE), EINVAL);
	EXPECT_DONE(sv3_iommufd_map(fd, rw, FE_IOVA, FE_DATA, 4 * FE_PAGE));
	EXPECT_ERRNO(sv3_iommufd_map(fd, rw, FE_IOVA + 3 * FE_PAGE, FE_DATA, 2 * FE_PAGE), EEXIST);
	EXPECT_DONE(sv3_iommufd_map(fd, rw, FE_IOVA + 4 * FE_PAGE, FE_DATA, FE_PAGE));
	EXPECT_FALSE(fe_touch(&fe, 0, FE_IOVA + 5 * FE_PAGE));
	EXPECT_DONE(sv3_iommufd_map(fd, rw & ~(uint32_t)SV3_IOMMUFD_MAP_WRITEABLE,
				    FE_IOVA + 5 * FE_PAGE, FE_DATA, FE_PAGE));
	EXPECT_FALSE(fe_touch(&fe, 0, FE_IOVA + 5 * FE_PAGE));
	EXPECT_TRUE(fe_read(&fe, 0, FE_IOVA + 5 * FE_PAGE));
	sv3_iommufd_destroy(fd);
}

TEST_C(iommufd_rules, of_unmap)
{
	struct fe_iommufd iommufd;
	uint64_t length;

	FE(fe);
	ASSERT_TRUE(fe_iommufd_open(&fe, &iommufd));
	length = UINT64_MAX;
	EXPECT_DONE(sv3_iommufd_unmap(iommufd.fd, 0, &length)); /* everything, be it nothing */
	EXPECT_EQ_U64(length, 0);
	EXPECT_DONE(fe_iommufd_map(&iommufd, 0, 4 * FE_PAGE));
	EXPECT_DONE(fe_iommufd_map(&iommufd, 8 * FE_PAGE, 4 * FE_PAGE));
	length = 0;
	EXPECT_ERRNO(sv3_iommufd_unmap(iommufd.fd, FE_IOVA, &length), EINVAL);
	length = UINT64_MAX;
	EXPECT_ERRNO(sv3_iommufd_unmap(iommufd.fd, FE_IOVA, &length), EOVERFLOW);
	length = 2 * FE_PAGE; /* a part of a mapping, at either end */
	EXPECT_ERRNO(sv3_iommufd_unmap(iommufd.fd, FE_IOVA, &length), ENOENT);
	length = 10 * FE_PAGE;
	EXPECT_ERRNO(sv3_iommufd_unmap(iommufd.fd, FE_IOVA, &length), ENOENT);
	EXPECT_TRUE(fe_touch(&fe, 0, FE_IOVA));
	length = 1;
	EXPECT_ERRNO(sv3_iommufd_unmap(iommufd.fd, FE_IOVA + 4 * FE_PAGE, &length), ENOENT);
	length = 4 * FE_PAGE; /* between the two */
	EXPECT_ERRNO(sv3_iommufd_unmap(iommufd.fd, FE_IOVA + 4 * FE_PAGE, &length), ENOENT);
	length = 12 * FE_PAGE; /* both, and the hole */
	EXPECT_DONE(sv3_iommufd_unmap(iommufd.fd, FE_IOVA, &length));
	EXPECT_EQ_U64(length, 8 * FE_PAGE);
	EXPECT_FALSE(fe_touch(&fe, 0, FE_IOVA));
	sv3_iommufd_destroy(iommufd.fd);
}

TEST_C(iommufd_rules, out_of_table_memory_is_enomem_and_nothing_is_mapped)
{
	struct fe_iommufd iommufd;
	uint32_t hwpt = 0;
	sv3_pa end;

	FE(fe);
	ASSERT_TRUE(fe_iommufd_open(&fe, &iommufd));
	ASSERT_DONE(sv3_iommufd_hwpt_alloc(iommufd.fd, 0, &fe.domain[1], NULL, &hwpt));
	end = fe.pages.end;
	fe.pages.end = fe.pages.next + 3 * FE_PAGE; /* enough for the first table alone */
	EXPECT_ERRNO(fe_iommufd_map(&iommufd, 0, FE_PAGE), ENOMEM);
	EXPECT_FALSE(fe_touch(&fe, 0, FE_IOVA));
	fe.pages.end = end;
	EXPECT_DONE(fe_iommufd_map(&iommufd, 0, FE_PAGE));
	EXPECT_TRUE(fe_touch(&fe, 0, FE_IOVA));
	EXPECT_TRUE(fe_touch(&fe, 1, FE_IOVA));
	sv3_iommufd_destroy(iommufd.fd);
}

TEST_C(iommufd_rules, of_adopt)
{
	struct fe_iommufd iommufd;
	uint8_t bits[128] = { 0 };

	FE(fe);
	ASSERT_OK(sv3_pt_map(&fe.pt[0], FE_IOVA, FE_DATA, FE_BLOCK, 21,
			     SV3_PT_WRITE | SV3_PT_UNPRIV));
	ASSERT_OK(sv3_pt_map(&fe.pt[0], FE_IOVA + FE_BLOCK, FE_DATA + FE_BLOCK, FE_PAGE, 12,
			     SV3_PT_WRITE | SV3_PT_UNPRIV));
	ASSERT_TRUE(fe_iommufd_open(&fe, &iommufd));
	EXPECT_ERRNO(sv3_iommufd_adopt(iommufd.fd, FE_IOVA, 0), EINVAL);
	EXPECT_ERRNO(sv3_iommufd_adopt(iommufd.fd, FE_IOVA + 1, FE_PAGE), EINVAL);
	EXPECT_ERRNO(sv3_iommufd_adopt(iommufd.fd, UINT64_MAX - (FE_PAGE - 1), 2 * FE_PAGE),
		     EOVERFLOW);
	EXPECT_ERRNO(sv3_iommufd_adopt(iommufd.fd, 0, FE_PAGE), ENOENT);
	EXPECT_ERRNO(sv3_iommufd_adopt(iommufd.fd, UINT64_MAX - (FE_PAGE - 1), FE_PAGE), ENOENT);
	EXPECT_ERRNO(sv3_iommufd_adopt(iommufd.fd, FE_IOVA, FE_BLOCK + 2 * FE_PAGE), ENOENT);
	EXPECT_ERRNO(sv3_iommufd_adopt(iommufd.fd, FE_IOVA, FE_PAGE), EINVAL);
	EXPECT_ERRNO(sv3_iommufd_adopt(iommufd.fd, FE_IOVA + FE_PAGE, FE_BLOCK), EINVAL);
	EXPECT_DONE(sv3_iommufd_adopt(iommufd.fd, FE_IOVA, FE_BLOCK)); /* not what is behind */
	EXPECT_DONE(sv3_iommufd_adopt(iommufd.fd, FE_IOVA + FE_BLOCK, FE_PAGE));
	EXPECT_ERRNO(sv3_iommufd_adopt(iommufd.fd, FE_IOVA, FE_BLOCK), EEXIST);
	EXPECT_DONE(fe_iommufd_track(&iommufd, true));
	EXPECT_TRUE(fe_touch(&fe, 0, FE_IOVA + FE_BLOCK));
	EXPECT_DONE(fe_iommufd_get(&iommufd, 0, FE_BLOCK + FE_PAGE, 0, bits));
	EXPECT_TRUE(fe_bit(bits, 512));
	EXPECT_EQ_U64(fe_count(bits, 513), 1);
	sv3_iommufd_destroy(iommufd.fd);
}

/* A table that joins later gets the mappings there are; one that leaves loses them. */
TEST_C(iommufd_rules, a_page_table_has_the_mappings_of_its_address_space)
{
	struct fe_iommufd iommufd;
	uint32_t hwpt = 0;

	FE(fe);
	ASSERT_TRUE(fe_iommufd_open(&fe, &iommufd));
	EXPECT_DONE(fe_iommufd_map(&iommufd, 0, LENGTH));
	EXPECT_FALSE(fe_touch(&fe, 1, FE_IOVA));
	EXPECT_DONE(sv3_iommufd_hwpt_alloc(iommufd.fd, 0, &fe.domain[1], NULL, &hwpt));
	EXPECT_TRUE(fe_touch(&fe, 1, FE_IOVA));
	EXPECT_DONE(sv3_iommufd_hwpt_free(iommufd.fd, hwpt));
	EXPECT_FALSE(fe_touch(&fe, 1, FE_IOVA));
	EXPECT_TRUE(fe_touch(&fe, 0, FE_IOVA));
	/* Something stands in the way of one of two mappings: none is left behind. */
	EXPECT_DONE(fe_iommufd_map(&iommufd, FE_BLOCK, FE_PAGE));
	ASSERT_OK(sv3_pt_map(&fe.pt[1], FE_IOVA + FE_BLOCK, FE_DATA, FE_PAGE, 12, SV3_PT_READ));
	EXPECT_ERRNO(sv3_iommufd_hwpt_alloc(iommufd.fd, 0, &fe.domain[1], NULL, &hwpt), EEXIST);
	EXPECT_FALSE(fe_touch(&fe, 1, FE_IOVA));
	sv3_iommufd_destroy(iommufd.fd);
}

TEST_C(iommufd_rules, a_mapping_goes_and_its_neighbours_stay)
{
	struct fe_iommufd iommufd;
	uint8_t bits[2] = { 0 };

	FE(fe);
	ASSERT_TRUE(fe_iommufd_open(&fe, &iommufd));
	for (uint64_t i = 0; i < 5; i++)
		EXPECT_DONE(fe_iommufd_map(&iommufd, i * 2 * FE_PAGE, 2 * FE_PAGE));
	EXPECT_DONE(fe_iommufd_track(&iommufd, true));
	for (uint64_t i = 1; i < 5; i += 2) {
		uint64_t length = 2 * FE_PAGE;

		EXPECT_DONE(sv3_iommufd_unmap(iommufd.fd, FE_IOVA + i * 2 * FE_PAGE, &length));
		EXPECT_EQ_U64(length, 2 * FE_PAGE);
	}
	for (uint64_t i = 0; i < 5; i++) {
		EXPECT_EQ_INT(fe_touch(&fe, 0, FE_IOVA + i * 2 * FE_PAGE), i % 2 == 0);
		EXPECT_EQ_STR(
			fe_error(fe_iommufd_get(&iommufd, i * 2 * FE_PAGE, 2 * FE_PAGE, 0, bits)),
			i % 2 ? "EINVAL" : "done");
	}
	sv3_iommufd_destroy(iommufd.fd);
}

TEST_C(iommufd_rules, a_table_that_joins_must_have_what_was_adopted)
{
	struct fe_iommufd iommufd;
	uint32_t hwpt = 0;

	FE(fe);
	ASSERT_OK(sv3_pt_map(&fe.pt[0], FE_IOVA, FE_DATA, FE_PAGE, 12, SV3_PT_UNPRIV));
	ASSERT_TRUE(fe_iommufd_open(&fe, &iommufd));
	EXPECT_DONE(sv3_iommufd_adopt(iommufd.fd, FE_IOVA, FE_PAGE));
	EXPECT_DONE(fe_iommufd_map(&iommufd, FE_PAGE, FE_PAGE));
	EXPECT_ERRNO(sv3_iommufd_hwpt_alloc(iommufd.fd, 0, &fe.domain[1], NULL, &hwpt), ENOENT);
	ASSERT_OK(sv3_pt_map(&fe.pt[1], FE_IOVA, FE_DATA, FE_PAGE, 12, SV3_PT_UNPRIV));
	EXPECT_DONE(sv3_iommufd_hwpt_alloc(iommufd.fd, 0, &fe.domain[1], NULL, &hwpt));
	EXPECT_TRUE(fe_read(&fe, 1, FE_IOVA) && fe_read(&fe, 1, FE_IOVA + FE_PAGE));
	/* What somebody else mapped stays when the table leaves. */
	EXPECT_DONE(sv3_iommufd_hwpt_free(iommufd.fd, hwpt));
	EXPECT_TRUE(fe_read(&fe, 1, FE_IOVA));
	EXPECT_FALSE(fe_read(&fe, 1, FE_IOVA + FE_PAGE));
	sv3_iommufd_destroy(iommufd.fd);
}

static void reads_all_the_time(struct fe *fe)
{
	fe_read(fe, 0, FE_IOVA);
}

TEST_C(iommufd_rules, a_mapping_that_was_undone_is_out_of_the_tlb)
{
	struct fe_iommufd iommufd;
	uint32_t hwpt = 0;

	FE(fe);
	ASSERT_TRUE(fe_iommufd_open(&fe, &iommufd));
	ASSERT_DONE(sv3_iommufd_hwpt_alloc(iommufd.fd, 0, &fe.domain[1], NULL, &hwpt));
	ASSERT_OK(sv3_pt_map(&fe.pt[1], FE_IOVA, FE_DATA, FE_PAGE, 12, SV3_PT_UNPRIV));
	fe.between = reads_all_the_time;
	EXPECT_ERRNO(fe_iommufd_map(&iommufd, 0, FE_PAGE), EEXIST);
	EXPECT_GE_U64(sv3_smmu_stats(fe.smmu)->tlb_hits, 1); /* it was there for a while */
	EXPECT_FALSE(fe_read(&fe, 0, FE_IOVA));
	sv3_iommufd_destroy(iommufd.fd);
}

/* --- the queue --- */

TEST_C(iommufd_rules, a_sync_that_is_never_consumed_is_etimedout_and_bits_are_told)
{
	uint64_t length = LENGTH;
	struct rules r;

	FE(fe);
	ASSERT_TRUE(rules_begin(&r, &fe));
	EXPECT_TRUE(fe_hold(&fe, 0, FE_IOVA + 3 * FE_PAGE, 1));
	fe.stuck = true;
	EXPECT_ERRNO(sv3_iommufd_get_dirty_bitmap(r.iommufd.fd, &r.get), ETIMEDOUT);
	EXPECT_TRUE(fe_bit(r.bits, 3)); /* it was cleared: if it were not told it would be lost */
	/* An unmap waits, too; what it took down stays down. */
	EXPECT_ERRNO(sv3_iommufd_unmap(r.iommufd.fd, FE_IOVA, &length), ETIMEDOUT);
	EXPECT_EQ_U64(length, LENGTH);
	fe.stuck = false;
	EXPECT_DONE(fe_iommufd_map(&r.iommufd, 0, LENGTH));
	EXPECT_DONE(sv3_iommufd_get_dirty_bitmap(r.iommufd.fd, &r.get));
	sv3_iommufd_destroy(r.iommufd.fd);
}

/* --- larger granules --- */

/* A bit may stand for less than a page of the table, and for more; ranges are of its pages. */
TEST_C(iommufd_rules, tables_of_16_and_64_kib_pages)
{
	for (uint32_t granule_lg2 = 14; granule_lg2 <= 16; granule_lg2 += 2) {
		const struct sv3_pt_config config = { .granule_lg2 = granule_lg2,
						      .input_size_lg2 = 40,
						      .dbm = true };
		const uint64_t page = UINT64_C(1) << granule_lg2;
		const uint64_t bits_of_page = page / FE_PAGE;
		uint8_t bits[32] = { 0 };
		struct fe_iommufd iommufd;
		struct sv3_pt_pages pages;
		struct sv3_pt pt;
		const struct sv3_frontend_domain domain = { &pt, 7 };

		FE(fe);
		pages = (struct sv3_pt_pages){ .next = fe.pages.end - (UINT64_C(1) << 20),
					       .end = fe.pages.end };
		ASSERT_OK(sv3_pt_init(&pt, &fe.memory, &pages, &config));
		ASSERT_DONE(sv3_iommufd_create(&fe.config, &iommufd.fd));
		ASSERT_DONE(sv3_iommufd_hwpt_alloc(iommufd.fd, SV3_IOMMUFD_HWPT_DIRTY_TRACKING,
						   &domain, NULL, &iommufd.hwpt));
		EXPECT_ERRNO(fe_iommufd_map(&iommufd, 0, FE_PAGE), EINVAL);
		EXPECT_DONE(fe_iommufd_map(&iommufd, 0, 3 * page));
		EXPECT_DONE(fe_iommufd_track(&iommufd, true));
		EXPECT_DONE(fe_iommufd_map(&iommufd, 3 * page, page)); /* born dirty */
		EXPECT_ERRNO(fe_iommufd_get(&iommufd, 0, FE_PAGE, 0, bits), EINVAL);
		EXPECT_DONE(fe_iommufd_get(&iommufd, page, 3 * page, 0, bits));
		EXPECT_EQ_U64(fe_count(bits, 2 * bits_of_page), 0);
		EXPECT_EQ_U64(fe_count(bits, 3 * bits_of_page), bits_of_page);
		EXPECT_EQ_U64(fe_count(bits, 256), bits_of_page);
		memset(bits, 0, sizeof(bits));
		EXPECT_DONE(fe_iommufd_get(&iommufd, page, 3 * page, 0, bits));
		EXPECT_EQ_U64(fe_count(bits, 256), 0);
		sv3_iommufd_destroy(iommufd.fd);
	}
}
