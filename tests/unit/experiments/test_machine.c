/* SPDX-License-Identifier: MIT */
/*
 * test_machine.c - does a copied machine go on by itself, and does a CMD_SYNC wait in it as in any
 * SMMU?
 */
#include "ctest.h"
#include "sim/experiments/experiments_priv.h"

#include <stdlib.h>
#include <string.h>

static struct sv3__machine *make(void)
{
	struct sv3__machine *machine = (struct sv3__machine *)aligned_alloc(64, sizeof(*machine));

	if (!machine || sv3__machine_init(machine)) {
		ctest_fail(__FILE__, __LINE__, "the machine did not come up");
		abort();
	}
	return machine;
}

static struct sv3__machine *copy_of(const struct sv3__machine *machine)
{
	struct sv3__machine *copy = (struct sv3__machine *)aligned_alloc(64, sizeof(*copy));

	if (!copy)
		abort();
	memcpy(copy, machine, sizeof(*copy));
	sv3__machine_bind(copy);
	return copy;
}

TEST_C(machine, a_write_makes_its_page_dirty_when_translated_and_its_data_when_it_lands)
{
	struct sv3__machine *machine = make();
	struct sv3__flight flight = { 0 };

	for (unsigned int page = 0; page < SV3__MACHINE_PAGES; page++)
		EXPECT_FALSE(sv3__machine_is_dirty(machine, page));
	ASSERT_TRUE(sv3__machine_translate(machine, 2, &flight));
	EXPECT_TRUE(sv3__machine_is_dirty(machine, 2));
	EXPECT_FALSE(sv3__machine_is_dirty(machine, 1));
	EXPECT_EQ_U64(sv3__machine_value(machine, 2), 0);
	sv3__machine_land(machine, &flight, 7);
	EXPECT_EQ_U64(sv3__machine_value(machine, 2), 7);
	EXPECT_EQ_U64(sv3__machine_value(machine, 1), 0);
	free(machine);
}

TEST_C(machine, a_copy_and_its_original_do_not_hear_of_each_other)
{
	struct sv3__machine *machine = make();
	struct sv3__machine *copy = copy_of(machine);
	struct sv3__flight flight = { 0 };

	ASSERT_TRUE(sv3__machine_translate(copy, 0, &flight));
	sv3__machine_land(copy, &flight, 1);
	EXPECT_TRUE(sv3__machine_is_dirty(copy, 0));
	EXPECT_FALSE(sv3__machine_is_dirty(machine, 0));
	EXPECT_EQ_U64(sv3__machine_value(machine, 0), 0);
	sv3__machine_clear(copy, 0);
	sv3__machine_tlbi(copy);
	sv3__machine_sync(copy);
	EXPECT_TRUE(sv3__machine_synced(copy));
	EXPECT_NE_U64(sv3_smmu_stats(copy->smmu)->commands,
		      sv3_smmu_stats(machine->smmu)->commands);
	free(copy);
	free(machine);
}

TEST_C(machine, a_sync_behind_a_tlbi_waits_for_the_write_in_flight)
{
	struct sv3__machine *machine = make();
	struct sv3__flight flight = { 0 };
	struct sv3__machine *copy;

	ASSERT_TRUE(sv3__machine_translate(machine, 0, &flight));
	sv3__machine_clear(machine, 0);
	sv3__machine_tlbi(machine);
	sv3__machine_sync(machine);
	EXPECT_FALSE(sv3__machine_synced(machine));
	/* In a copy, too, and there it ends by itself. */
	copy = copy_of(machine);
	EXPECT_FALSE(sv3__machine_synced(copy));
	sv3__machine_land(copy, &flight, 1);
	EXPECT_TRUE(sv3__machine_synced(copy));
	EXPECT_FALSE(sv3__machine_synced(machine));
	free(copy);
	free(machine);
}

TEST_C(machine, without_a_tlbi_a_write_through_the_old_entry_is_silent)
{
	struct sv3__machine *machine = make();
	struct sv3__flight flight = { 0 };

	ASSERT_TRUE(sv3__machine_translate(machine, 0, &flight));
	sv3__machine_land(machine, &flight, 1);
	sv3__machine_clear(machine, 0);
	ASSERT_TRUE(sv3__machine_translate(machine, 0, &flight));
	sv3__machine_land(machine, &flight, 2);
	EXPECT_FALSE(sv3__machine_is_dirty(machine, 0));
	sv3__machine_tlbi(machine);
	ASSERT_TRUE(sv3__machine_translate(machine, 0, &flight));
	sv3__machine_land(machine, &flight, 3);
	EXPECT_TRUE(sv3__machine_is_dirty(machine, 0));
	free(machine);
}
