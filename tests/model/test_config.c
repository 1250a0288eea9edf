/* SPDX-License-Identifier: MIT */
/*
 * test_config.c - is an SMMU that cannot be refused, with the reason, before it is built?
 *
 * One row per rule: the default configuration with one change. ID registers are written as numbers,
 * not by the masks that the check itself uses.
 */
#include <stdlib.h>
#include <string.h>

#include <sv3/smmu.h>

#include "ctest.h"

struct change {
	const char *word; /* stands in the reason */
	uint32_t idr0_set, idr0_clear, idr1_set, idr3_clear, idr5_set, idr5_clear;
};

static struct sv3_smmu_config changed(const struct change *change)
{
	struct sv3_smmu_config config;

	sv3_smmu_config_default(&config);
	config.idr0 = (config.idr0 | change->idr0_set) & ~change->idr0_clear;
	config.idr1 |= change->idr1_set;
	config.idr3 &= ~change->idr3_clear;
	config.idr5 = (config.idr5 | change->idr5_set) & ~change->idr5_clear;
	return config;
}

TEST_C(config, default_is_possible)
{
	struct sv3_smmu_config config;
	const char *why = "not touched";

	sv3_smmu_config_default(&config);
	EXPECT_OK(sv3_smmu_config_check(&config, &why));
	EXPECT_TRUE(why == NULL);
}

TEST_C(config, impossible_id_registers_are_refused_with_the_reason)
{
	static const struct change changes[] = {
		{ .word = "IDR0", .idr0_clear = 1u << 1 },         /* no stage 1 */
		{ .word = "IDR0", .idr0_set = 1u << 0 },           /* stage 2 */
		{ .word = "IDR0", .idr0_set = 1u << 5 },           /* BTM */
		{ .word = "IDR0", .idr0_set = 1u << 9 },           /* Hyp */
		{ .word = "IDR0", .idr0_set = 1u << 10 },          /* ATS */
		{ .word = "IDR0", .idr0_set = 1u << 14 },          /* SEV */
		{ .word = "IDR0", .idr0_set = 1u << 16 },          /* PRI */
		{ .word = "TTF", .idr0_set = 1u << 2 },            /* VMSAv8-32 too */
		{ .word = "HTTU", .idr0_set = 3u << 6 },           /* AF in table descriptors */
		{ .word = "COHACC", .idr0_clear = 1u << 4 },       /* updates without coherency */
		{ .word = "TTENDIAN", .idr0_set = 1u << 21 },      /* big-endian */
		{ .word = "STALL_MODEL", .idr0_clear = 3u << 24 }, /* stall and terminate */
		{ .word = "ST_LEVEL", .idr0_set = 2u << 27 },      /* reserved */
		{ .word = "SIDSIZE", .idr1_set = 0x3f },           /* 63 bits */
		{ .word = "two-level", .idr0_clear = 3u << 27 },   /* 16 bits of StreamID, linear */
		{ .word = "queues", .idr1_set = 0x1fu << 16 },     /* 2^31 events */
		{ .word = "preset", .idr1_set = 1u << 29 },        /* QUEUES_PRESET */
		{ .word = "OAS", .idr5_set = 7 },                  /* 56 bits */
		{ .word = "IDR5", .idr5_set = 1u << 10 },          /* VAX */
		{ .word = "granule", .idr5_clear = 7u << 4 },
		{ .word = "HAD", .idr3_clear = 1u << 2 },
		{ .word = "RIL", .idr3_clear = 1u << 10 },
		{ .word = "BBML", .idr3_clear = 3u << 11 },
	};

	for (unsigned int i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct sv3_smmu_config config = changed(&changes[i]);
		const char *why = NULL;

		EXPECT_EQ_INT(sv3_smmu_config_check(&config, &why), -SV3_ERR_INVAL);
		if (!why || !strstr(why, changes[i].word))
			FAIL_C("row %u (%s): %s", i, changes[i].word, why ? why : "accepted");
	}
}

TEST_C(config, impossible_sizes_are_refused_with_the_reason)
{
	for (unsigned int i = 0; i < 8; i++) {
		struct sv3_smmu_config config;
		const char *why = NULL;

		sv3_smmu_config_default(&config);
		switch (i) {
		case 0:
			config.slot_count = 0;
			break;
		case 1:
			config.slot_count = 4097;
			break;
		case 2:
			config.tlb_entries = 48;
			break;
		case 3:
			config.walk_cache_ways = 3;
			break;
		case 4:
			config.config_cache_ways = 16;
			break;
		case 5:
			config.tlb_entries = 2; /* fewer than its ways */
			break;
		case 6:
			config.config_fetch_bytes = 16;
			break;
		default:
			config.aidr = 3;
		}
		if (sv3_smmu_config_check(&config, &why) != -SV3_ERR_INVAL || !why)
			FAIL_C("size %u was accepted", i);
	}
}

TEST_C(config, init_refuses_a_bad_configuration_and_memory_too_small_or_askew)
{
	struct sv3_smmu_config config;
	struct sv3_smmu *smmu;
	size_t size;
	uint8_t *memory;

	sv3_smmu_config_default(&config);
	size = sv3_smmu_size(&config);
	memory = aligned_alloc(64, size + 64);
	ASSERT_TRUE(memory != NULL);
	EXPECT_EQ_INT(sv3_smmu_init(memory, size - 1, &config, &smmu), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(sv3_smmu_init(memory + 8, size, &config, &smmu), -SV3_ERR_RANGE);
	EXPECT_OK(sv3_smmu_init(memory, size, &config, &smmu));
	config.slot_count = 0;
	EXPECT_EQ_INT(sv3_smmu_init(memory, size, &config, &smmu), -SV3_ERR_INVAL);
	free(memory);
}

/* A copy of the block is the same machine: equal hash, and it goes on by itself. */
TEST_C(config, copied_block_is_a_snapshot)
{
	struct sv3_smmu_config config;
	struct sv3_smmu *smmu;
	size_t size;
	void *memory, *copy;

	sv3_smmu_config_default(&config);
	size = sv3_smmu_size(&config);
	memory = aligned_alloc(64, size);
	copy = aligned_alloc(64, size);
	ASSERT_TRUE(memory != NULL && copy != NULL);
	ASSERT_TRUE(sv3_smmu_init(memory, size, &config, &smmu) == 0);
	memcpy(copy, memory, size);
	EXPECT_EQ_U64(sv3_smmu_hash(copy), sv3_smmu_hash(smmu));
	sv3_smmu_reg_write(copy, 0x44, 4, 0x80100000); /* GBPA: Update, ABORT */
	EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, 0x44, 4), 0x1000);
	EXPECT_EQ_U64(sv3_smmu_reg_read(copy, 0x44, 4), 0x100000);
	EXPECT_NE_U64(sv3_smmu_hash(copy), sv3_smmu_hash(smmu));
	free(copy);
	free(memory);
}
