/* SPDX-License-Identifier: MIT */
/*
 * test_iommufd_selftest.c - the five dirty-tracking cases of the kernel's iommufd selftest, for its
 * nine fixture variants. [policies 5]
 *
 * The selftest has pages of 2 KiB and huge pages of 1 MiB; ours are 4 KiB and 2 MiB, so all sizes
 * are twice as large. Numbers of bits and their places in bytes and words are the same.
 */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

struct variant {
	uint64_t length; /* bytes, twice the selftest's */
	bool huge;
};

#define KIB(n) (UINT64_C(1024) * (n))
#define MIB(n) (UINT64_C(1024) * KIB(n))

static struct variant variant_of(uint64_t selftest_length, bool huge)
{
	return (struct variant){ 2 * selftest_length, huge };
}

/* --- 1: a device that cannot track --- */

static void enforce_dirty(struct variant variant)
{
	struct sv3_smmu_config blind_config;
	struct fe_iommufd iommufd;
	uint32_t hwpt = 0;

	FE(fe);
	sv3_smmu_config_default(&blind_config);
	blind_config.idr0 &= ~(uint32_t)SV3_IDR0_HTTU;
	FE_OF(blind, &blind_config);
	fe.config.leaf_max_lg2 = variant.huge ? 21 : 12;
	ASSERT_TRUE(fe_iommufd_open(&fe, &iommufd));
	EXPECT_DONE(fe_iommufd_map(&iommufd, 0, variant.length));
	EXPECT_DONE(sv3_iommufd_attach(iommufd.fd, iommufd.hwpt, &fe.port));
	EXPECT_ERRNO(sv3_iommufd_attach(iommufd.fd, iommufd.hwpt, &blind.port), EINVAL);
	EXPECT_ERRNO(sv3_iommufd_hwpt_alloc(iommufd.fd, SV3_IOMMUFD_HWPT_DIRTY_TRACKING,
					    &fe.domain[1], &blind.port, &hwpt),
		     EOPNOTSUPP);
	/* Without tracking it may have a table, and use it. */
	EXPECT_DONE(sv3_iommufd_hwpt_alloc(iommufd.fd, 0, &fe.domain[1], &blind.port, &hwpt));
	EXPECT_DONE(sv3_iommufd_attach(iommufd.fd, hwpt, &blind.port));
	sv3_iommufd_destroy(iommufd.fd);
}

/* --- 2: on and off --- */

static void set_dirty_tracking(struct variant variant)
{
	struct fe_iommufd iommufd;

	FE(fe);
	fe.config.leaf_max_lg2 = variant.huge ? 21 : 12;
	ASSERT_TRUE(fe_iommufd_open(&fe, &iommufd));
	EXPECT_DONE(fe_iommufd_map(&iommufd, 0, variant.length));
	EXPECT_DONE(fe_iommufd_track(&iommufd, true));
	EXPECT_DONE(fe_iommufd_track(&iommufd, false));
	sv3_iommufd_destroy(iommufd.fd);
}

/* --- 3: the capability --- */

static void device_dirty_capability(struct variant variant)
{
	struct sv3_smmu_config config;

	(void)variant;
	sv3_smmu_config_default(&config);
	config.idr0 = (config.idr0 & ~(uint32_t)SV3_IDR0_HTTU) |
		      (uint32_t)SV3_PUT(SV3_IDR0_HTTU, SV3_IDR0_HTTU_AF);
	FE(fe);
	FE_OF(af_only, &config);
	EXPECT_EQ_U64(sv3_iommufd_hw_info(&fe.port), SV3_IOMMUFD_CAP_DIRTY_TRACKING);
	EXPECT_EQ_U64(sv3_iommufd_hw_info(&af_only.port), 0);
}

/* --- 4 and 5: the bitmap --- */

struct run {
	struct fe *fe;
	struct fe_iommufd iommufd;
	struct variant variant;
	uint64_t bits, leaf_bits; /* of the range, of a leaf */
};

static bool run_begin(struct run *run, struct fe *fe, struct variant variant)
{
	*run = (struct run){
		.fe = fe,
		.variant = variant,
		.bits = variant.length / FE_PAGE,
		.leaf_bits = variant.huge ? 512 : 1,
	};
	fe->config.leaf_max_lg2 = variant.huge ? 21 : 12;
	return fe_iommufd_open(fe, &run->iommufd) &&
	       ctest_bool(CTEST_AT("mapped and tracked", ""), true,
			  fe_iommufd_map(&run->iommufd, 0, variant.length) == 0 &&
				  fe_iommufd_track(&run->iommufd, true) == 0);
}

/* The device writes into every second leaf. Returns: how many leaves that made dirty. */
static uint64_t dirty_every_second_leaf(struct run *run)
{
	const uint64_t before = sv3_smmu_stats(run->fe->smmu)->httu_dirty;

	for (uint64_t bit = 0; bit < run->bits; bit += 2 * run->leaf_bits)
		if (!fe_touch(run->fe, 0, FE_IOVA + bit * FE_PAGE + 64))
			ctest_fail(__FILE__, __LINE__, "a write faults");
	return sv3_smmu_stats(run->fe->smmu)->httu_dirty - before;
}

static void expect_every_second_leaf(const struct run *run, const uint8_t *bits)
{
	uint64_t wrong = 0;

	for (uint64_t bit = 0; bit < run->bits; bit++)
		wrong += fe_bit(bits, bit) != (bit / run->leaf_bits % 2 == 0);
	EXPECT_EQ_U64(wrong, 0);
}

static int get(struct run *run, uint32_t flags, void *bits)
{
	return fe_iommufd_get(&run->iommufd, 0, run->variant.length, flags, bits);
}

/* One pass with the bitmap @offset bytes behind the start of a page of the user's. */
static void bitmap_at(struct run *run, uint64_t offset, uint32_t flags)
{
	const uint64_t bytes = (run->bits + 7) / 8;
	const uint64_t least = run->bits / (2 * run->leaf_bits);
	uint8_t *memory = (uint8_t *)aligned_alloc(4096, (offset + bytes + 4096) & ~UINT64_C(4095));
	uint8_t *bits = memory + offset;

	memset(bits, 0, bytes);
	bits[bytes] = 0xa5;
	EXPECT_EQ_U64(dirty_every_second_leaf(run), least ? least : 1);
	EXPECT_DONE(get(run, flags, bits));
	expect_every_second_leaf(run, bits);
	EXPECT_EQ_U64(bits[bytes], 0xa5);
	memset(bits, 0, bytes);
	EXPECT_DONE(get(run, flags, bits));
	if (flags & SV3_IOMMUFD_DIRTY_NO_CLEAR) {
		expect_every_second_leaf(run, bits);
		EXPECT_DONE(get(run, 0, bits)); /* clean again, for the next pass */
	} else {
		EXPECT_EQ_U64(fe_count(bits, run->bits), 0);
	}
	EXPECT_EQ_U64(bits[bytes], 0xa5);
	free(memory);
}

/* At the start of a page, in the middle of one, and where no word begins [policies 8 B40]. */
static void bitmap_passes(struct variant variant, uint32_t flags)
{
	static const uint64_t offsets[] = { 0, 2048, 0xff1 };
	struct run run;

	FE(fe);
	ASSERT_TRUE(run_begin(&run, &fe, variant));
	for (size_t i = 0; i < 3; i++)
		bitmap_at(&run, offsets[i], flags);
	sv3_iommufd_destroy(run.iommufd.fd);
}

static void get_dirty_bitmap(struct variant variant)
{
	bitmap_passes(variant, 0);
}

static void get_dirty_bitmap_no_clear(struct variant variant)
{
	bitmap_passes(variant, SV3_IOMMUFD_DIRTY_NO_CLEAR);
}

#define CASE(family, name, length, huge)             \
	TEST_C(iommufd_selftest, family##_of_##name) \
	{                                            \
		family(variant_of(length, huge));    \
	}
#define VARIANT(name, length, huge)                       \
	CASE(enforce_dirty, name, length, huge)           \
	CASE(set_dirty_tracking, name, length, huge)      \
	CASE(device_dirty_capability, name, length, huge) \
	CASE(get_dirty_bitmap, name, length, huge)        \
	CASE(get_dirty_bitmap_no_clear, name, length, huge)

VARIANT(8k, KIB(8), false)     /* half a byte of bitmap */
VARIANT(16k, KIB(16), false)   /* one byte */
VARIANT(64k, KIB(64), false)   /* 32 bits */
VARIANT(128k, KIB(128), false) /* one word */
VARIANT(320k, KIB(320), false) /* two and a half words */
VARIANT(64m, MIB(64), false)
VARIANT(64m_huge, MIB(64), true)
VARIANT(128m, MIB(128), false)
VARIANT(128m_huge, MIB(128), true)
