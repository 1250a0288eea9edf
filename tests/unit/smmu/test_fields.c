/* SPDX-License-Identifier: MIT */
/*
 * test_fields.c - the rows that explain registers to people agree with each other and with the
 * registers that the hardware is built of.
 */
#include "ctest.h"

#include <sv3/arch.h>
#include <sv3/smmu.h>

#include <stdlib.h>
#include <string.h>

TEST_C(fields, do_not_overlap_and_come_from_the_highest_bit_down)
{
	struct sv3_reg_known known;
	struct sv3_field_info field;

	for (unsigned int i = 0; sv3_reg_known(i, &known); i++) {
		uint32_t above = known.bits;

		for (unsigned int j = 0; sv3_reg_field(known.offset, j, &field); j++) {
			if (field.high >= above || field.low > field.high)
				FAIL_C("%s.%s: bits %u:%u, above it are free only those below %u",
				       known.name, field.name, field.high, field.low, above);
			above = field.low;
		}
	}
}

TEST_C(fields, every_register_has_some)
{
	struct sv3_reg_known known;
	struct sv3_field_info field;
	unsigned int count = 0;

	for (; sv3_reg_known(count, &known); count++) {
		if (!sv3_reg_field(known.offset, 0, &field))
			FAIL_C("%s has no field", known.name);
	}
	EXPECT_GT_U64(count, 50);
}

/* Register n of an array is called by its name and n. */
static bool is_named(const struct sv3_reg_known *known, const struct sv3_reg_info *info)
{
	const size_t length = strlen(known->name);

	return known->count == 1 ? strcmp(info->name, known->name) == 0
				 : strncmp(info->name, known->name, length) == 0;
}

TEST_C(fields, registers_of_the_hardware_are_known_by_name_and_place)
{
	struct sv3_smmu_config config;
	struct sv3_reg_known known;
	struct sv3_field_info field;
	struct sv3_reg_info info;

	sv3_smmu_config_default(&config);
	for (unsigned int i = 0; sv3_reg_info(&config, i, &info); i++) {
		bool found = false;

		for (unsigned int j = 0; !found && sv3_reg_known(j, &known); j++)
			found = is_named(&known, &info) && known.bits == info.bits;
		if (!found)
			FAIL_C("%s of regs.def is no register of fields.def, or not as wide",
			       info.name);
		if (!sv3_reg_field(info.offset, 0, &field))
			FAIL_C("%s at 0x%x has no field", info.name, info.offset);
		if (known.count == 1 && known.offset < SV3_REG_PMCG && known.offset != info.offset)
			FAIL_C("%s stands at 0x%x and at 0x%x", info.name, info.offset,
			       known.offset);
	}
}

TEST_C(fields, cover_whatever_software_can_write)
{
	struct sv3_smmu_config config;
	struct sv3_reg_info info;
	struct sv3_field_info field;
	struct sv3_smmu *smmu;
	static _Alignas(64) unsigned char block[1 << 20];

	sv3_smmu_config_default(&config);
	config.tlb_entries = config.walk_cache_entries = config.config_cache_entries = 0;
	config.slot_count = 1;
	ASSERT_OK(sv3_smmu_init(block, sizeof(block), &config, &smmu));
	for (unsigned int i = 0; sv3_reg_info(&config, i, &info); i++) {
		uint64_t left;

		sv3_smmu_reset(smmu);
		sv3_smmu_reg_write(smmu, info.offset, info.bits / 8, UINT64_MAX);
		left = sv3_smmu_reg_read(smmu, info.offset, info.bits / 8);
		for (unsigned int j = 0; sv3_reg_field(info.offset, j, &field); j++)
			left &= ~SV3_BITS(field.high, field.low);
		if (left != 0)
			FAIL_C("%s: bits 0x%llx are stored and have no field", info.name,
			       (unsigned long long)left);
	}
}

/* "what; 0: this; 1: that; n: the rest": each item a number or n, none twice, n last. */
static bool list_is_sound(const struct sv3_field_info *field)
{
	const char *item = strstr(field->about, "; ");
	long last = -1;

	for (; item != NULL; item = strstr(item, "; ")) {
		char *end;
		long value;

		item += 2;
		if (strncmp(item, "n: ", 3) == 0)
			return strstr(item, "; ") == NULL;
		value = strtol(item, &end, 10);
		if (end == item || end[0] != ':' || end[1] != ' ' || value <= last)
			return false;
		if (field->high - field->low < 31 && value >> (field->high - field->low + 1) != 0)
			return false;
		last = value;
	}
	return true;
}

TEST_C(fields, lists_of_values_can_be_looked_up)
{
	struct sv3_reg_known known;
	struct sv3_field_info field;

	for (unsigned int i = 0; sv3_reg_known(i, &known); i++) {
		for (unsigned int j = 0; sv3_reg_field(known.offset, j, &field); j++) {
			if (!list_is_sound(&field))
				FAIL_C("%s.%s: \"%s\"", known.name, field.name, field.about);
		}
	}
}

TEST_C(fields, of_a_register_are_those_of_its_alias)
{
	struct sv3_field_info field;

	ASSERT_TRUE(sv3_reg_field(0, 0, &field));
	EXPECT_EQ_STR(field.name, "RME_IMPL");
	ASSERT_TRUE(sv3_reg_field(SV3_REG_EVENTQ_PROD_P0, 0, &field));
	EXPECT_EQ_STR(field.name, "OVFLG");
	ASSERT_TRUE(sv3_reg_field(SV3_REG_PMCG_PAGE1 + 8, 0, &field));
	EXPECT_EQ_STR(field.name, "COUNTER_VALUE");
	ASSERT_TRUE(sv3_reg_field(SV3_REG_PMCG + 0x404, 0, &field));
	EXPECT_EQ_STR(field.name, "OVFCAP");
	EXPECT_FALSE(sv3_reg_field(0x4000, 0, &field));
}

TEST_C(fields, of_a_register_are_those_of_its_place_in_either_page)
{
	static const struct {
		uint32_t offset;
		const char *first; /* NULL: no register */
	} rows[] = {
		{ SV3_REG_EVENTQ_CONS_P0, "OVACKFLG" },
		{ SV3_REG_PRIQ_PROD_P0, "OVFLG" },
		{ SV3_REG_PRIQ_CONS_P0, "OVACKFLG" },
		{ SV3_REG_PRIQ_PROD_P0 - 4, NULL },
		{ SV3_REG_PMCG + 8, "COUNTER_VALUE" },
		{ SV3_REG_PMCG_PAGE1, "COUNTER_VALUE" },
		{ SV3_REG_PMCG_PAGE1 + 4, NULL },
		{ SV3_REG_PMCG_PAGE1 + 63 * 8, "COUNTER_VALUE" },
		{ SV3_REG_PMCG_PAGE1 + 64 * 8, NULL },
		{ SV3_REG_PMCG_PAGE1 + 0x404, "OVFCAP" },
	};
	struct sv3_field_info field;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const bool found = sv3_reg_field(rows[i].offset, 0, &field);

		if (found != (rows[i].first != NULL) ||
		    (found && strcmp(field.name, rows[i].first)))
			FAIL_C("0x%x: %s", rows[i].offset, found ? field.name : "no register");
	}
}
