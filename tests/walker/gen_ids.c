/* SPDX-License-Identifier: MIT */
/*
 * gen_ids.c - what the machine is: each field is drawn, and kept where the model has it.
 */
#include "gen_priv.h"

struct field {
	uint32_t *word;
	unsigned int low, width;
};

/* Give some fields new values, if a machine with them is possible. */
static void try_fields(struct setup *setup, const struct field *fields, const uint32_t *values,
		       unsigned int count)
{
	struct sv3_smmu_config before = setup->config;

	for (unsigned int i = 0; i < count; i++) {
		uint32_t mask = (uint32_t)gen_mask(fields[i].width) << fields[i].low;

		*fields[i].word = (*fields[i].word & ~mask) | (values[i] << fields[i].low & mask);
	}
	if (sv3_smmu_config_check(&setup->config, NULL))
		setup->config = before;
}

static void try_field(struct setup *setup, uint32_t *word, unsigned int low, unsigned int width,
		      unsigned int percent)
{
	struct field field = { word, low, width };
	uint32_t value = (uint32_t)(gen_random(setup) & gen_mask(width));

	if (setup_chance(setup, percent))
		try_fields(setup, &field, &value, 1);
}

/* Stalls need a number of them, and a slot that is left. */
static void try_stalls(struct setup *setup)
{
	struct sv3_smmu_config *c = &setup->config;
	struct field fields[2] = { { &c->idr0, 24, 2 }, { &c->idr5, 16, 16 } };
	uint32_t values[2] = { (uint32_t)setup_below(setup, 3), 3 };

	if (values[0] == 1)
		values[1] = 0;
	try_fields(setup, fields, values, 2);
}

/* One stage only, without what needs both. */
static void try_one_stage(struct setup *setup)
{
	struct sv3_smmu_config *c = &setup->config;
	uint32_t stage = (uint32_t)setup_below(setup, 2); /* the one that goes */
	struct field fields[6] = { { &c->idr0, stage, 1 },
				   { &c->idr0, 9, 1 },
				   { &c->idr0, 11, 1 },
				   { &c->idr0, 17, 1 },
				   { &c->idr3, stage ? 2 : 4, 1 },
				   { &c->idr3, stage ? 3 : 8, 1 } };
	uint32_t values[6] = { 0 };

	if (setup_chance(setup, 20))
		try_fields(setup, fields, values, 6);
}

/* Granules: any set of them that is not empty. */
static void try_granules(struct setup *setup)
{
	struct field field = { &setup->config.idr5, 4, 3 };
	uint32_t value = (uint32_t)setup_below(setup, 7) + 1;

	if (setup_chance(setup, 40))
		try_fields(setup, &field, &value, 1);
}

/* What came with a version may be there earlier, and is there later. */
static void try_version(struct setup *setup)
{
	struct sv3_smmu_config *c = &setup->config;
	struct field fields[4] = {
		{ &c->aidr, 0, 4 }, { &c->idr3, 2, 1 }, { &c->idr3, 4, 1 }, { &c->idr3, 8, 1 }
	};
	uint32_t values[4];

	values[0] = (uint32_t)setup_below(setup, 3);
	for (unsigned int i = 1; i < 4; i++)
		values[i] = (uint32_t)setup_below(setup, 2);
	if (setup_chance(setup, 60))
		try_fields(setup, fields, values, 4);
}

static void draw_caches(struct setup *setup)
{
	/* Those that change what a translation does; not CONTIGUOUS_GROUP: the tables have no
	 * groups that agree. */
	static const uint32_t choices[] = {
		SV3_CHOICE_AF_ON_PERMISSION, SV3_CHOICE_S1_DIRTY_FIRST,
		SV3_CHOICE_S1_AF_LAST,       SV3_CHOICE_NO_SPECULATIVE_AF,
		SV3_CHOICE_S2_TABLE_DIRTY,   SV3_CHOICE_NC_UPDATE_ABORTS,
		SV3_CHOICE_NO_CACHED_FAULTS, SV3_CHOICE_TRUNCATE_STRTAB,
		SV3_CHOICE_STRICT_COMMANDS,
	};
	struct sv3_smmu_config *c = &setup->config;

	c->slot_count = 4;
	c->tbu_count = 1;
	c->tlb_entries = c->walk_cache_entries = c->config_cache_entries = 0;
	c->tlb_ways = c->walk_cache_ways = c->config_cache_ways = 1;
	c->config_fetch_bytes = setup_chance(setup, 50) ? 64 : 8;
	c->choices = 0;
	for (unsigned int i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		if (setup_chance(setup, 12))
			c->choices |= choices[i];
	if (!setup->tlb)
		return;
	/* What stage 2 of a table says may be cached clean: whether it gets dirty is open then. */
	c->choices &= ~(uint32_t)SV3_CHOICE_S2_TABLE_DIRTY;
	c->tlb_entries = 8u << setup_below(setup, 4);
	c->tlb_ways = 1u << setup_below(setup, 4);
	c->walk_cache_entries = setup_chance(setup, 80) ? 8u << setup_below(setup, 4) : 0;
	c->walk_cache_ways = 1u << setup_below(setup, 4);
	c->config_cache_entries = setup_chance(setup, 80) ? 4 : 0;
	c->config_cache_ways = 1u << setup_below(setup, 3);
	c->tbu_count = setup_chance(setup, 40) ? 2 + (uint32_t)setup_below(setup, 3) : 1;
}

/* A machine that has a name, with few slots and no monitors. */
static void draw_profile(struct setup *setup)
{
	static const char *const names[] = { "full",  "full",    "full",    "full",    "full",
					     "linux", "default", "minimal", "mmu-600", "mmu-700" };
	struct sv3_smmu_config *c = &setup->config;
	const char *name = names[setup_below(setup, sizeof(names) / sizeof(names[0]))];
	int rc = sv3_smmu_profile(name, c);

	SV3_ASSERT(rc == 0);
	draw_caches(setup);
	c->pmcg_counters = 0;
	if (c->idr5 >> 16)
		c->idr5 = (c->idr5 & 0xffff) | 3u << 16;
	SV3_ASSERT(sv3_smmu_config_check(c, NULL) == 0);
}

void gen_ids(struct setup *setup)
{
	struct sv3_smmu_config *c = &setup->config;

	draw_profile(setup);
	try_one_stage(setup);
	try_field(setup, &c->idr0, 9, 1, 30);  /* Hyp */
	try_field(setup, &c->idr0, 6, 2, 30);  /* HTTU */
	try_field(setup, &c->idr0, 10, 1, 40); /* ATS */
	try_field(setup, &c->idr0, 11, 1, 40); /* NS1ATS */
	try_field(setup, &c->idr0, 12, 1, 50); /* ASID16 */
	try_field(setup, &c->idr0, 18, 1, 50); /* VMID16 */
	try_field(setup, &c->idr0, 19, 1, 50); /* CD2L */
	try_field(setup, &c->idr0, 21, 2, 70); /* TTENDIAN */
	try_field(setup, &c->idr0, 26, 1, 50); /* TERM_MODEL */
	try_field(setup, &c->idr1, 0, 6, 50);  /* SIDSIZE */
	try_field(setup, &c->idr0, 27, 2, 50); /* ST_LEVEL */
	try_field(setup, &c->idr1, 6, 5, 50);  /* SSIDSIZE */
	try_field(setup, &c->idr1, 26, 1, 50); /* ATTR_PERMS_OVR */
	try_field(setup, &c->idr1, 27, 1, 50); /* ATTR_TYPES_OVR */
	try_field(setup, &c->idr3, 9, 1, 50);  /* STT */
	try_field(setup, &c->idr5, 10, 2, 60); /* VAX */
	try_field(setup, &c->idr5, 0, 3, 60);  /* OAS */
	try_version(setup);
	try_granules(setup);
	try_stalls(setup);
}

unsigned int gen_granule(struct setup *setup)
{
	for (;;) {
		unsigned int i = (unsigned int)setup_below(setup, 3);

		if (setup->config.idr5 >> (4 + i) & 1)
			return 12 + 2 * i;
	}
}
