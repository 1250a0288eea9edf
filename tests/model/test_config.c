/* SPDX-License-Identifier: MIT */
/*
 * test_config.c - is an SMMU that cannot be refused, with the reason, before it is built? And are
 * the profiles what they say?
 *
 * One row per rule: a profile with one change. ID registers are written as numbers, not by the
 * masks that the check itself uses.
 */
#include <stdlib.h>
#include <string.h>

#include <sv3/smmu.h>

#include "ctest.h"

struct change {
	const char *reason;  /* its first words */
	const char *profile; /* NULL: default */
	uint32_t idr0_set, idr0_clear, idr1_set, idr1_clear, idr3_set, idr3_clear;
	uint32_t idr5_set, idr5_clear, aidr;
	bool other_aidr; /* @aidr counts */
};

static struct sv3_smmu_config changed(const struct change *change)
{
	struct sv3_smmu_config config;

	if (sv3_smmu_profile(change->profile ? change->profile : "default", &config))
		abort();
	config.idr0 = (config.idr0 & ~change->idr0_clear) | change->idr0_set;
	config.idr1 = (config.idr1 & ~change->idr1_clear) | change->idr1_set;
	config.idr3 = (config.idr3 & ~change->idr3_clear) | change->idr3_set;
	config.idr5 = (config.idr5 & ~change->idr5_clear) | change->idr5_set;
	if (change->other_aidr)
		config.aidr = change->aidr;
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

static void expect_refused(const struct change *rows, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct sv3_smmu_config config = changed(&rows[i]);
		const char *why = NULL;

		if (sv3_smmu_config_check(&config, &why) != -SV3_ERR_INVAL || !why)
			FAIL_C("row %u (%s) was accepted", i, rows[i].reason);
		else if (strncmp(why, rows[i].reason, strlen(rows[i].reason)) != 0)
			FAIL_C("row %u (%s): %s", i, rows[i].reason, why);
	}
}

#define EXPECT_REFUSED(rows) expect_refused(rows, sizeof(rows) / sizeof((rows)[0]))

TEST_C(config, impossible_idr0_is_refused_with_the_reason)
{
	static const struct change rows[] = {
		{ .reason = "IDR0.S1P, S2P", .idr0_clear = 1u << 1, .idr3_clear = 1u << 2 },
		{ .reason = "IDR0.TTF", .idr0_set = 1u << 2 },   /* VMSAv8-32 too */
		{ .reason = "IDR0.TTF", .idr0_clear = 3u << 2 }, /* reserved */
		{ .reason = "IDR0.BTM", .idr0_set = 1u << 5 },
		{ .reason = "IDR0.HTTU", .idr0_set = 3u << 6 }, /* AF in table descriptors */
		{ .reason = "IDR0.Hyp", .idr0_set = 1u << 9 },
		{ .reason = "IDR0.NS1ATS", .idr0_set = 1u << 11 | 1u << 10 },
		{ .reason = "IDR0.NS1ATS", .profile = "linux", .idr0_set = 1u << 11 },
		{ .reason = "IDR0.PRI", .idr0_set = 1u << 16 },
		{ .reason = "IDR0.ATSRECERR", .idr0_set = 1u << 23 },
		{ .reason = "IDR0.VMW", .idr0_set = 1u << 17 },
		{ .reason = "IDR0.ATOS", .idr0_set = 1u << 15 },
		{ .reason = "IDR0.ATOS, VATOS", .profile = "full", .idr0_set = 1u << 20 },
		{ .reason = "IDR0.TTENDIAN", .idr0_clear = 3u << 21, .idr0_set = 1u << 21 },
		{ .reason = "IDR0.STALL_MODEL: 3", .idr0_set = 3u << 24 },
		{ .reason = "IDR0.STALL_MODEL: 2", .profile = "full", .idr0_set = 2u << 24 },
		{ .reason = "IDR0.ST_LEVEL", .idr0_set = 2u << 27 },
		{ .reason = "IDR0.ST_LEVEL", .idr0_set = 2u << 27, .idr0_clear = 3u << 27 },
		{ .reason = "IDR0.RME_IMPL", .idr0_set = 1u << 30 },
		{ .reason = "IDR0: bits 29", .idr0_set = 1u << 29 },
		{ .reason = "IDR0: bits 29 and 31", .idr0_set = 1u << 31 },
	};

	EXPECT_REFUSED(rows);
}

TEST_C(config, impossible_idr1_is_refused_with_the_reason)
{
	static const struct change rows[] = {
		{ .reason = "IDR1.SIDSIZE: at most", .idr1_set = 33, .idr1_clear = 0x3f },
		{ .reason = "IDR1.SSIDSIZE", .idr1_set = 21u << 6, .idr1_clear = 0x1fu << 6 },
		/* 16 bits of StreamID in a linear table */
		{ .reason = "IDR1.SIDSIZE of 7", .idr0_clear = 3u << 27 },
		{ .reason = "IDR1.SIDSIZE of 7",
		  .idr0_clear = 3u << 27,
		  .idr1_set = 7,
		  .idr1_clear = 0x3f },
		{ .reason = "IDR1.CMDQS", .idr1_set = 20u << 21, .idr1_clear = 0x1fu << 21 },
		{ .reason = "IDR1.EVENTQS", .idr1_set = 20u << 16, .idr1_clear = 0x1fu << 16 },
		{ .reason = "IDR1.PRIQS",
		  .profile = "full",
		  .idr1_set = 20u << 11,
		  .idr1_clear = 0x1fu << 11 },
		{ .reason = "IDR1.REL", .idr1_set = 1u << 28 },
		{ .reason = "IDR1.REL, QUEUES_PRESET", .idr1_set = 1u << 29 },
		{ .reason = "IDR1.REL, QUEUES_PRESET, TABLES_PRESET", .idr1_set = 1u << 30 },
		{ .reason = "IDR1.ECMDQ", .idr1_set = 1u << 31 },
	};

	EXPECT_REFUSED(rows);
}

TEST_C(config, impossible_idr3_is_refused_with_the_reason)
{
	static const struct change rows[] = {
		{ .reason = "IDR3: of its fields", .idr3_set = 1u << 7 },  /* MPAM */
		{ .reason = "IDR3: of its fields", .idr3_set = 1u << 13 }, /* E0PD */
		{ .reason = "IDR3: of its fields", .idr3_set = 1u << 15 }, /* DPT */
		{ .reason = "IDR3: of its fields", .idr3_set = 1u << 17 }, /* EPAN */
		{ .reason = "IDR3: of its fields", .idr3_set = 1u << 6 },  /* reserved */
		{ .reason = "IDR3: of its fields", .idr3_set = 1u << 31 }, /* reserved */
		{ .reason = "IDR3.HAD needs IDR0.S1P",                     /* stage 2 alone */
		  .idr0_clear = 1u << 1,
		  .idr0_set = 1u << 0 },
		{ .reason = "IDR3.PBHA needs",
		  .profile = "full",
		  .idr3_set = 1u << 3,
		  .idr3_clear = 1u << 2 },
		{ .reason = "IDR3.XNX needs", .idr3_set = 1u << 4 },
		{ .reason = "IDR3.PPS", .idr3_set = 1u << 5 },
		{ .reason = "IDR3.PPS", .profile = "full", .idr1_clear = 0x1fu << 6 },
		{ .reason = "IDR3.FWB: there is no stage 2", .idr3_set = 1u << 8 },
		{ .reason = "IDR3.BBML: 3", .idr3_set = 3u << 11 },
	};

	EXPECT_REFUSED(rows);
}

TEST_C(config, impossible_idr5_is_refused_with_the_reason)
{
	static const struct change rows[] = {
		{ .reason = "IDR5: neither DS", .idr5_set = 1u << 7 },
		{ .reason = "IDR5: neither DS nor D128", .idr5_set = 1u << 8 },
		{ .reason = "IDR5: neither DS", .idr5_set = 1u << 3 },  /* reserved */
		{ .reason = "IDR5: neither DS", .idr5_set = 1u << 12 }, /* reserved */
		{ .reason = "IDR5.GRAN4K", .idr5_clear = 7u << 4 },
		{ .reason = "IDR5.OAS: 56", .idr5_set = 7 },
		{ .reason = "IDR5.OAS of 52", .idr5_set = 6, .idr5_clear = 1u << 6 | 7 },
		{ .reason = "IDR5.VAX: 0", .idr5_set = 2u << 10 },
		{ .reason = "IDR5.VAX of 52", .idr5_set = 1u << 10, .idr5_clear = 1u << 6 },
		{ .reason = "IDR5.STALL_MAX is 0", .idr5_set = 1u << 16 },
		{ .reason = "IDR5.STALL_MAX: 1 to",
		  .profile = "full",
		  .idr5_clear = 0xffffu << 16 },
		{ .reason = "IDR5.STALL_MAX: 1 to slot_count - 1", /* 256 slots */
		  .profile = "full",
		  .idr5_set = 256u << 16,
		  .idr5_clear = 0xffffu << 16 },
	};

	EXPECT_REFUSED(rows);
}

/* [IHI0070 6.3.4, 6.3.6] What a version of the architecture demands, or does not have yet. */
TEST_C(config, impossible_version_is_refused_with_the_reason)
{
	static const struct change rows[] = {
		{ .reason = "AIDR", .other_aidr = true, .aidr = 3 },
		{ .reason = "IDR3.XNX, PBHA: SMMUv3.0", .profile = "minimal", .idr3_set = 3u << 2 },
		{ .reason = "IDR3.XNX, PBHA: SMMUv3.0",
		  .profile = "minimal",
		  .idr0_set = 1u << 0,
		  .idr3_set = 1u << 4 },
		{ .reason = "IDR5.OAS, VAX: SMMUv3.0",
		  .profile = "minimal",
		  .idr5_set = 6u | 1u << 6,
		  .idr5_clear = 7 },
		{ .reason = "IDR5.OAS, VAX: SMMUv3.0",
		  .profile = "minimal",
		  .idr5_set = 1u << 10 | 1u << 6 },
		{ .reason = "IDR3.HAD: SMMUv3.1", .idr3_clear = 1u << 2 },
		{ .reason = "IDR3.XNX: SMMUv3.1", .profile = "linux", .idr3_clear = 1u << 4 },
		{ .reason = "IDR3.XNX: SMMUv3.1",
		  .profile = "linux",
		  .idr3_clear = 1u << 4,
		  .other_aidr = true,
		  .aidr = 1 },
		{ .reason = "IDR3.RIL: SMMUv3.2", .idr3_clear = 1u << 10 },
		{ .reason = "IDR3.BBML: SMMUv3.2", .idr3_clear = 3u << 11 },
		{ .reason = "IDR3.FWB: SMMUv3.2", .profile = "linux", .idr3_clear = 1u << 8 },
	};

	EXPECT_REFUSED(rows);
}

/* What looks unusual and is legal, or allowed here. */
TEST_C(config, possible_id_registers_are_accepted)
{
	static const struct change rows[] = {
		/* stage 2 alone */
		{ .reason = "S2P",
		  .idr0_clear = 1u << 1,
		  .idr0_set = 1,
		  .idr3_clear = 1u << 2,
		  .idr3_set = 1u << 4 | 1u << 8 },
		{ .reason = "COHACC = 0 with HTTU", .idr0_clear = 1u << 4 },
		{ .reason = "HTTU = 1", .idr0_set = 1u << 6, .idr0_clear = 1u << 7 },
		{ .reason = "DORMHINT", .idr0_set = 1u << 8 },
		{ .reason = "ATS without PRI", .idr0_set = 1u << 10 },
		{ .reason = "ATSRECERR", .profile = "full", .idr0_set = 1u << 23 },
		{ .reason = "big-endian", .idr0_set = 3u << 21 },
		{ .reason = "mixed-endian", .idr0_clear = 3u << 21 },
		{ .reason = "stalls forced", .profile = "linux", .idr0_set = 2u << 24 },
		{ .reason = "PRIQS without PRI", .idr1_set = 0x1fu << 11 },
		{ .reason = "no substreams", .idr1_clear = 0x1fu << 6 },
		{ .reason = "one stream", .idr0_clear = 3u << 27, .idr1_clear = 0x3f },
		{ .reason = "64 streams in a linear table",
		  .idr0_clear = 3u << 27,
		  .idr1_set = 6,
		  .idr1_clear = 0x3f },
		{ .reason = "32 bits of StreamID", .idr1_set = 32, .idr1_clear = 0x3f },
		{ .reason = "20 bits of SubstreamID",
		  .idr1_set = 20u << 6,
		  .idr1_clear = 0x1fu << 6 },
		{ .reason = "2^19 page requests",
		  .profile = "full",
		  .idr1_set = 19u << 11,
		  .idr1_clear = 0x1fu << 11 },
		{ .reason = "PBHA", .idr3_set = 1u << 3 },
		{ .reason = "52-bit output alone", .idr5_set = 6, .idr5_clear = 7 },
		{ .reason = "52-bit input alone", .idr5_set = 1u << 10 },
		{ .reason = "v3.1 without RIL",
		  .other_aidr = true,
		  .aidr = 1,
		  .idr3_clear = 7u << 10 },
		{ .reason = "v3.2 without Hyp", .profile = "full", .idr0_clear = 1u << 9 },
		{ .reason = "255 of 256 slots stall", .profile = "linux", .idr5_set = 255u << 16 },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sv3_smmu_config config = changed(&rows[i]);
		const char *why = NULL;

		if (sv3_smmu_config_check(&config, &why))
			FAIL_C("row %u (%s): %s", i, rows[i].reason, why);
	}
}

TEST_C(config, profiles_are_possible_and_have_names)
{
	struct sv3_smmu_config config, again;
	const char *name, *about = NULL, *why = NULL;
	unsigned int count = 0;

	while ((name = sv3_smmu_profile_name(count, &about)) != NULL) {
		EXPECT_TRUE(about != NULL && about[0] != 0);
		ASSERT_TRUE(sv3_smmu_profile(name, &config) == 0);
		if (sv3_smmu_config_check(&config, &why))
			FAIL_C("profile %s: %s", name, why);
		count++;
	}
	EXPECT_EQ_U64(count, 6);
	sv3_smmu_config_default(&config);
	ASSERT_TRUE(sv3_smmu_profile("default", &again) == 0);
	EXPECT_TRUE(memcmp(&config, &again, sizeof(config)) == 0);
	EXPECT_EQ_INT(sv3_smmu_profile("defaul", &again), -SV3_ERR_NOENT);
	EXPECT_EQ_INT(sv3_smmu_profile("defaults", &again), -SV3_ERR_NOENT);
	EXPECT_EQ_INT(sv3_smmu_profile("", &again), -SV3_ERR_NOENT);
}

TEST_C(config, profiles_have_these_id_registers)
{
	static const struct {
		const char *name;
		uint32_t idr0, idr1, idr3, idr5, iidr, aidr, counters;
	} rows[] = {
		{ "default", 0x0948309a, 0x06730290, 0x0c04, 0x00000075, 0, 2, 0 },
		{ "full", 0x080f769b, 0x0e739d20, 0x1734, 0x00400476, 0, 2, 8 },
		{ "linux", 0x084c309b, 0x014a0290, 0x1514, 0x00100075, 0, 2, 8 },
		{ "minimal", 0x0540001a, 0x00e70006, 0, 0x00000015, 0, 0, 0 },
		{ "mmu-600", 0x080f7e1b, 0x0e739d18, 0x003c, 0x00400075, 0x4832243b, 1, 8 },
		{ "mmu-700", 0x080f7e9b, 0x0e739d20, 0x0d3c, 0x00400075, 0x4871143b, 2, 8 },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sv3_smmu_config config;

		ASSERT_TRUE(sv3_smmu_profile(rows[i].name, &config) == 0);
		if (config.idr0 != rows[i].idr0 || config.idr1 != rows[i].idr1 ||
		    config.idr3 != rows[i].idr3 || config.idr5 != rows[i].idr5 ||
		    config.iidr != rows[i].iidr || config.aidr != rows[i].aidr ||
		    config.pmcg_counters != rows[i].counters)
			FAIL_C("%s: %#x %#x %#x %#x %#x %u", rows[i].name, config.idr0, config.idr1,
			       config.idr3, config.idr5, config.iidr, config.aidr);
	}
}

TEST_C(config, impossible_sizes_are_refused_with_the_reason)
{
	static const char *const reasons[] = {
		"slot_count", "slot_count",         "caches",  "caches",    "caches",
		"caches",     "config_fetch_bytes", "choices", "ack_delay", "pmcg_counters",
		"tbu_count",  "tbu_count",          "IIDR"
	};

	for (unsigned int i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
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
		case 7:
			config.choices = 1u << 17;
			break;
		case 8:
			config.ack_delay = 1001;
			break;
		case 9:
			config.pmcg_counters = 65;
			break;
		case 10:
			config.tbu_count = 0;
			break;
		case 11:
			config.tbu_count = 17;
			break;
		default:
			config.iidr = 0x80;
		}
		if (sv3_smmu_config_check(&config, &why) != -SV3_ERR_INVAL || !why)
			FAIL_C("size %u was accepted", i);
		else if (strncmp(why, reasons[i], strlen(reasons[i])) != 0)
			FAIL_C("size %u (%s): %s", i, reasons[i], why);
	}
}

TEST_C(config, largest_and_smallest_sizes_are_possible)
{
	struct sv3_smmu_config config;

	sv3_smmu_config_default(&config);
	config.slot_count = 1;
	config.tlb_entries = config.tlb_ways = 1;
	config.walk_cache_entries = config.walk_cache_ways = 8;
	config.config_cache_entries = 65536;
	config.ack_delay = 1000;
	config.pmcg_counters = 64;
	config.tbu_count = 16;
	config.config_fetch_bytes = 8;
	EXPECT_OK(sv3_smmu_config_check(&config, NULL));
	config.slot_count = 4096;
	config.tlb_entries = 0;
	config.tlb_ways = 3; /* of no cache */
	EXPECT_OK(sv3_smmu_config_check(&config, NULL));
	config.config_cache_entries = 131072;
	EXPECT_EQ_INT(sv3_smmu_config_check(&config, NULL), -SV3_ERR_INVAL);
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
