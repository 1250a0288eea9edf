/* SPDX-License-Identifier: MIT */
/*
 * test_reg_map.c - does every register have the bits that chapter 6 of IHI 0070 gives it in this
 * configuration, and does every enable guard what it should?
 *
 * No memory is needed. Values are numbers, read off the field lists.
 */
#include <stdlib.h>

#include <sv3/arch.h>
#include <sv3/smmu.h>

#include "ctest.h"

static struct sv3_smmu *make(const struct sv3_smmu_config *config)
{
	struct sv3_smmu *smmu = NULL;
	void *memory = aligned_alloc(64, (sv3_smmu_size(config) + 63) & ~(size_t)63);

	if (!memory || sv3_smmu_init(memory, sv3_smmu_size(config), config, &smmu))
		abort();
	return smmu;
}

static struct sv3_smmu *make_profile(const char *name)
{
	struct sv3_smmu_config config;

	if (sv3_smmu_profile(name, &config))
		abort();
	return make(&config);
}

static uint64_t errors(const struct sv3_smmu *smmu)
{
	return sv3_smmu_stats(smmu)->software_errors;
}

#define MSI_ADDR   UINT64_C(0x00fffffffffffffc)
#define QUEUE_BASE UINT64_C(0x40ffffffffffffff)

/* What reads back after all ones were written in reset: by profile full, and by minimal, which has
 * no MSI, PRI, ATS, EL2 and VMW. Queues have one entry, so indexes are the wrap bit alone. */
static const struct {
	uint32_t offset, size;
	uint64_t full, minimal;
} ones[] = {
	{ 0x20, 4, 0x1df, 0xd },         /* CR0: VMW, ATSCHK, CMDQEN, EVENTQEN, PRIQEN, SMMUEN */
	{ 0x24, 4, 0, 0 },               /* CR0ACK */
	{ 0x28, 4, 0xfff, 0xfff },       /* CR1 */
	{ 0x2c, 4, 3, 2 },               /* CR2: RECINVSID, E2H */
	{ 0x30, 8, 0, 0 },               /* S2PII */
	{ 0x40, 4, 0, 0 },               /* STATUSR */
	{ 0x44, 4, 0x1f3f1f, 0x1f3f1f }, /* GBPA */
	{ 0x48, 4, 0, 0 },               /* AGBPA */
	{ 0x50, 4, 7, 5 },               /* IRQ_CTRL */
	{ 0x54, 4, 0, 0 },               /* IRQ_CTRLACK */
	{ 0x60, 4, 0, 0 },               /* GERROR */
	{ 0x64, 4, 0x1fd, 0x105 },       /* GERRORN */
	{ 0x68, 8, MSI_ADDR, 0 },        /* GERROR_IRQ_CFG0 to 2 */
	{ 0x70, 4, 0xffffffff, 0 },
	{ 0x74, 4, 0x3f, 0 },
	{ 0x80, 8, UINT64_C(0x40ffffffffffffc0), UINT64_C(0x40ffffffffffffc0) }, /* STRTAB_BASE */
	{ 0x88, 4, 0x307ff, 0x307ff },
	{ 0x90, 8, QUEUE_BASE, QUEUE_BASE }, /* CMDQ_BASE */
	{ 0x98, 4, 1, 1 },
	{ 0x9c, 4, 0x7f000001, 0x7f000001 },
	{ 0xa0, 8, QUEUE_BASE, QUEUE_BASE }, /* EVENTQ_BASE */
	{ 0xa8, 4, 0x80000001, 0x80000001 },
	{ 0xac, 4, 0x80000001, 0x80000001 },
	{ 0xb0, 8, MSI_ADDR, 0 }, /* EVENTQ_IRQ_CFG0 to 2 */
	{ 0xb8, 4, 0xffffffff, 0 },
	{ 0xbc, 4, 0x3f, 0 },
	{ 0xc0, 8, QUEUE_BASE, 0 }, /* PRIQ_BASE */
	{ 0xc8, 4, 0x80000001, 0 },
	{ 0xcc, 4, 0x80000001, 0 },
	{ 0xd0, 8, MSI_ADDR, 0 }, /* PRIQ_IRQ_CFG0 to 2, with LO */
	{ 0xd8, 4, 0xffffffff, 0 },
	{ 0xdc, 4, 0x8000003f, 0 },
	{ 0x100, 4, 0, 0 }, /* GATOS_CTRL, SID, ADDR, PAR */
	{ 0x108, 8, 0, 0 },
	{ 0x110, 8, 0, 0 },
	{ 0x118, 8, 0, 0 },
	{ 0x130, 4, 0, 0 }, /* MPAMIDR, GMPAM, GBPMPAM */
	{ 0x138, 4, 0, 0 },
	{ 0x13c, 4, 0, 0 },
	{ 0x180, 4, 0, 0 }, /* VATOS_SEL */
	{ 0x190, 4, 0, 0 }, /* IDR6 */
	{ 0x200, 8, 0, 0 }, /* DPT_BASE, BASE_CFG, CFG_FAR */
	{ 0x208, 4, 0, 0 },
	{ 0x210, 8, 0, 0 },
	{ 0xe00, 4, 0, 0 },
	{ 0x4000, 8, 0, 0 }, /* command queue control pages */
	{ 0x8000, 4, 0, 0 }, /* Secure registers */
	{ 0x803c, 4, 0, 0 },
	{ 0x100a8, 4, 0x80000001, 0x80000001 },
	{ 0x100ac, 4, 0x80000001, 0x80000001 },
	{ 0x100c8, 4, 0x80000001, 0 },
	{ 0x100cc, 4, 0x80000001, 0 },
};

static void expect_ones(const char *profile, bool full)
{
	struct sv3_smmu *smmu = make_profile(profile);

	for (unsigned int i = 0; i < sizeof(ones) / sizeof(ones[0]); i++) {
		uint64_t expected = full ? ones[i].full : ones[i].minimal, reset;

		sv3_smmu_reset(smmu);
		reset = sv3_smmu_reg_read(smmu, ones[i].offset, ones[i].size);
		sv3_smmu_reg_write(smmu, ones[i].offset, ones[i].size, UINT64_MAX);
		if (sv3_smmu_reg_read(smmu, ones[i].offset, ones[i].size) != expected)
			FAIL_C("%s, register %#x: %#llx, not %#llx", profile, ones[i].offset,
			       (unsigned long long)sv3_smmu_reg_read(smmu, ones[i].offset,
								     ones[i].size),
			       (unsigned long long)expected);
		if (reset != (ones[i].offset == 0x44 ? 0x1000u : 0u))
			FAIL_C("%s, register %#x resets to %#llx", profile, ones[i].offset,
			       (unsigned long long)reset);
	}
	free(smmu);
}

TEST_C(reg, every_register_has_the_bits_of_its_configuration)
{
	expect_ones("full", true);
	expect_ones("minimal", false);
}

/* [IHI0070 6.3.1 MSI] Last Only works for a wire too. */
TEST_C(reg, priq_last_only_without_msi)
{
	struct sv3_smmu_config config;
	struct sv3_smmu *smmu;

	ASSERT_TRUE(sv3_smmu_profile("full", &config) == 0);
	config.idr0 &= ~(1u << 13);
	smmu = make(&config);
	sv3_smmu_reg_write(smmu, 0xdc, 4, UINT32_MAX);
	EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, 0xdc, 4), 0x80000000);
	sv3_smmu_reg_write(smmu, 0xd8, 4, UINT32_MAX);
	EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, 0xd8, 4), 0);
	sv3_smmu_reg_write(smmu, 0x64, 4, UINT32_MAX); /* GERRORN: CMDQ, EVENTQ, PRIQ, SFM */
	EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, 0x64, 4), 0x10d);
	free(smmu);
}

/* [IHI0070 6.3.12] Configuration errors of ATS can be recorded where IDR0 says so. */
TEST_C(reg, rec_cfg_ats_needs_atsrecerr)
{
	struct sv3_smmu_config config;
	struct sv3_smmu *smmu;

	ASSERT_TRUE(sv3_smmu_profile("full", &config) == 0);
	config.idr0 |= 1u << 23;
	smmu = make(&config);
	sv3_smmu_reg_write(smmu, 0x2c, 4, UINT32_MAX);
	EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, 0x2c, 4), 0xb);
	free(smmu);
}

/* [IHI0070 6.3.27, 6.3.95] Above its wrap bit an index is 0; LOG2SIZE counts up to IDR1. */
TEST_C(reg, index_has_as_many_bits_as_its_queue)
{
	static const struct {
		uint32_t base, prod, cons;
		uint64_t flags; /* of PROD and CONS */
	} queues[] = {
		{ 0x90, 0x98, 0x9c, 0 },
		{ 0xa0, 0x100a8, 0x100ac, 0x80000000 },
		{ 0xc0, 0x100c8, 0x100cc, 0x80000000 },
	};
	struct sv3_smmu_config config;

	ASSERT_TRUE(sv3_smmu_profile("full", &config) == 0);
	config.idr1 = (config.idr1 & ~0x03fff800u) | 7u << 21 | 8u << 16 | 9u << 11;
	struct sv3_smmu *smmu = make(&config);

	for (unsigned int i = 0; i < 3; i++) {
		for (unsigned int lg2 = 0; lg2 < 32; lg2++) {
			unsigned int most = 7 + i;
			uint64_t mask = (UINT64_C(2) << (lg2 < most ? lg2 : most)) - 1;

			sv3_smmu_reg_write(smmu, queues[i].base, 4, lg2);
			sv3_smmu_reg_write(smmu, queues[i].prod, 4, 0xfffff);
			sv3_smmu_reg_write(smmu, queues[i].cons, 4, 0x800fffff);
			EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, queues[i].base, 4), lg2);
			EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, queues[i].prod, 4), mask);
			EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, queues[i].cons, 4),
				      queues[i].flags | mask);
		}
		/* A smaller queue shows the lower bits of what is there. */
		sv3_smmu_reg_write(smmu, queues[i].base, 4, 2);
		EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, queues[i].prod, 4), 7);
	}
	free(smmu);
}

/* One row per enable and register: what the enable locks, and what it leaves alone. */
TEST_C(reg, reg_guard_of_every_enable)
{
	static const struct {
		uint32_t enable, bit, offset, size;
		uint64_t locked, free;
	} rows[] = {
		{ 0x20, 1, 0x80, 8, 0xffffc0, 0 }, /* SMMUEN */
		{ 0x20, 1, 0x88, 4, 0x307ff, 0 },
		{ 0x20, 1, 0x28, 4, 0xfc0, 0x03f },
		{ 0x20, 1, 0x2c, 4, 3, 0 },
		{ 0x20, 1, 0x90, 8, 0, 0xffffff },
		{ 0x20, 2, 0xc0, 8, 0xffffff, 0 }, /* PRIQEN */
		{ 0x20, 2, 0x100c8, 4, 1, 0 },
		{ 0x20, 2, 0x100cc, 4, 0, 0x80000001 },
		{ 0x20, 2, 0x28, 4, 0x03f, 0xfc0 },
		{ 0x20, 2, 0xd8, 4, 0, 0xffffff },
		{ 0x20, 4, 0xa0, 8, 0xffffff, 0 }, /* EVENTQEN */
		{ 0x20, 4, 0x100a8, 4, 1, 0 },
		{ 0x20, 4, 0x100ac, 4, 0, 0x80000001 },
		{ 0x20, 4, 0x28, 4, 0x03f, 0xfc0 },
		{ 0x20, 8, 0x90, 8, 0xffffff, 0 }, /* CMDQEN */
		{ 0x20, 8, 0x9c, 4, 0x7f000001, 0 },
		{ 0x20, 8, 0x28, 4, 0x03f, 0xfc0 },
		{ 0x20, 8, 0xc0, 8, 0, 0xffffff },
		{ 0x50, 1, 0x68, 8, 0xfffffc, 0 }, /* GERROR_IRQEN */
		{ 0x50, 1, 0x70, 4, 0xffff, 0 },
		{ 0x50, 1, 0x74, 4, 0x3f, 0 },
		{ 0x50, 1, 0xb0, 8, 0, 0xfffffc },
		{ 0x50, 4, 0xb0, 8, 0xfffffc, 0 }, /* EVENTQ_IRQEN */
		{ 0x50, 4, 0xb8, 4, 0xffff, 0 },
		{ 0x50, 4, 0xbc, 4, 0x3f, 0 },
		{ 0x50, 2, 0xd0, 8, 0xfffffc, 0 }, /* PRIQ_IRQEN */
		{ 0x50, 2, 0xd8, 4, 0xffff, 0 },
		{ 0x50, 2, 0xdc, 4, 0x8000003f, 0 },
		{ 0x50, 2, 0x70, 4, 0, 0xffff },
	};
	struct sv3_smmu *smmu = make_profile("full");

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t value = rows[i].locked | rows[i].free;

		sv3_smmu_reset(smmu);
		sv3_smmu_reg_write(smmu, rows[i].enable, 4, rows[i].bit);
		sv3_smmu_reg_write(smmu, rows[i].offset, rows[i].size, value);
		if (sv3_smmu_reg_read(smmu, rows[i].offset, rows[i].size) != rows[i].free)
			FAIL_C("row %u: register %#x is %#llx", i, rows[i].offset,
			       (unsigned long long)sv3_smmu_reg_read(smmu, rows[i].offset,
								     rows[i].size));
		if (errors(smmu) != (rows[i].locked != 0))
			FAIL_C("row %u: %llu software errors", i, (unsigned long long)errors(smmu));
		sv3_smmu_reg_write(smmu, rows[i].enable, 4, 0);
		sv3_smmu_reg_write(smmu, rows[i].offset, rows[i].size, value);
		if (sv3_smmu_reg_read(smmu, rows[i].offset, rows[i].size) != value)
			FAIL_C("row %u: register %#x stays locked", i, rows[i].offset);
	}
	free(smmu);
}

/* [IHI0070 6.2] What is only reserved is no error; what the architecture leaves open is one. */
TEST_C(reg, reg_access_errors_are_counted)
{
	static const struct {
		uint32_t offset, size, count;
	} rows[] = {
		{ 0x4c, 4, 0 },    { 0x190, 4, 0 },   { 0x110, 8, 0 }, { 0xfff0, 4, 0 },
		{ 0x10000, 4, 1 }, { 0x10020, 4, 1 }, { 0x22, 4, 1 },  { 0x20, 2, 1 },
		{ 0x20, 8, 1 },    { 0x84, 8, 1 },    { 0x88, 8, 1 },  { 0x40000, 4, 1 },
		{ 0x100a8, 8, 1 }, { 0x100a8, 4, 0 }, { 0xa8, 4, 0 },
	};
	struct sv3_smmu *smmu = make_profile("full");

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sv3_smmu_reset(smmu);
		sv3_smmu_reg_read(smmu, rows[i].offset, rows[i].size);
		if (errors(smmu) != rows[i].count)
			FAIL_C("row %u: a read of %#x counts %llu", i, rows[i].offset,
			       (unsigned long long)errors(smmu));
		sv3_smmu_reg_write(smmu, rows[i].offset, rows[i].size, 0);
		if (errors(smmu) != 2 * rows[i].count)
			FAIL_C("row %u: a write of %#x counts %llu", i, rows[i].offset,
			       (unsigned long long)errors(smmu));
	}
	free(smmu);
}

/* By choice the queue indexes do not show in page 0. */
TEST_C(reg, page_0_aliases_by_choice_raz)
{
	static const uint32_t offsets[] = { 0xa8, 0xac, 0xc8, 0xcc };
	struct sv3_smmu_config config;
	struct sv3_smmu *smmu;

	ASSERT_TRUE(sv3_smmu_profile("full", &config) == 0);
	config.choices = SV3_CHOICE_QUEUE_ALIAS_RAZ;
	smmu = make(&config);
	for (unsigned int i = 0; i < 4; i++) {
		sv3_smmu_reg_write(smmu, offsets[i] + 0x10000, 4, 1);
		EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, offsets[i], 4), 0);
		sv3_smmu_reg_write(smmu, offsets[i], 4, 0);
		EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, offsets[i] + 0x10000, 4), 1);
	}
	EXPECT_EQ_U64(errors(smmu), 8);
	free(smmu);
}

/* Without the choice both places are one register, for the PRI queue too. */
TEST_C(reg, page_0_aliases_of_the_pri_queue)
{
	struct sv3_smmu *smmu = make_profile("full");

	sv3_smmu_reg_write(smmu, 0xcc, 4, 0x80000001);
	EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, 0x100cc, 4), 0x80000001);
	sv3_smmu_reg_write(smmu, 0x100c8, 4, 0x80000000);
	EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, 0xc8, 4), 0x80000000);
	free(smmu);
}

/* [IHI0070 6.3.170] An MMU-600 r2p2: part 0x483, JEP106 code 4, 0x3b. */
TEST_C(reg, identification_follows_iidr)
{
	static const struct {
		uint32_t offset, value;
	} rows[] = {
		{ 0xfd0, 0x04 }, { 0xfd4, 0 },    { 0xfd8, 0 },    { 0xfdc, 0 },
		{ 0xfe0, 0x83 }, { 0xfe4, 0xb4 }, { 0xfe8, 0x2b }, { 0xfec, 0x20 },
		{ 0xff0, 0x0d }, { 0xff4, 0xf0 }, { 0xff8, 0x05 }, { 0xffc, 0xb1 },
	};
	struct sv3_smmu *smmu = make_profile("mmu-600"), *nobody = make_profile("default");

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sv3_smmu_reg_write(smmu, rows[i].offset, 4, UINT32_MAX);
		if (sv3_smmu_reg_read(smmu, rows[i].offset, 4) != rows[i].value)
			FAIL_C("%#x is not %#x", rows[i].offset, rows[i].value);
		EXPECT_EQ_U64(sv3_smmu_reg_read(nobody, rows[i].offset, 4), 0);
	}
	free(smmu);
	free(nobody);
}

/* [IHI0070 6.3.20] By choice toggling the bit of an inactive error does nothing; an active one is
 * acknowledged as ever. */
TEST_C(reg, gerror_toggle_by_software_ignored_by_choice)
{
	struct sv3_smmu_config config;
	struct sv3_smmu *smmu;

	ASSERT_TRUE(sv3_smmu_profile("full", &config) == 0);
	smmu = make(&config);
	sv3_smmu_reg_write(smmu, 0x64, 4, 0x5);
	EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, 0x64, 4), 0x5);
	sv3_smmu_reg_write(smmu, 0x64, 4, 0); /* active by now, so no error */
	EXPECT_EQ_U64(errors(smmu), 1);
	free(smmu);

	config.choices = SV3_CHOICE_GERRORN_IGNORES;
	smmu = make(&config);
	sv3_smmu_reg_write(smmu, 0x64, 4, 0x5);
	EXPECT_EQ_U64(sv3_smmu_reg_read(smmu, 0x64, 4), 0);
	EXPECT_EQ_U64(errors(smmu), 1);
	free(smmu);
}
