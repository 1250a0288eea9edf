/* SPDX-License-Identifier: MIT */
/*
 * small.c - see small.h.
 */
#include "small.h"

#include "ctest.h"

static void prepare_nothing(struct sv3_explore *x)
{
	(void)x;
}

static int attach_nothing(void *state, const struct sv3_explore_setup *setup)
{
	(void)state;
	(void)setup;
	return 0;
}

struct sv3_explore *small_machine(struct sv3_explore_scenario *scenario, enum sv3_explore_mode mode,
				  void (*forget)(void *state))
{
	const struct sv3_explore_driver driver = { .name = "small",
						   .about = "",
						   .attach = attach_nothing,
						   .keep = forget,
						   .restore = forget };
	const struct sv3_explore_config config = {
		.scenario = scenario, .driver = &driver, .mode = mode, .goes_on = true
	};
	struct sv3_explore *x;

	scenario->name = "small";
	scenario->about = "";
	scenario->smmu_count = 1;
	scenario->queue_lg2 = 3;
	scenario->bbml = 2;
	scenario->prepare = prepare_nothing;
	return sv3_explore_create(&config, &x) < 0 ? NULL : x;
}

void small_run(struct sv3_explore_scenario scenario, enum sv3_explore_mode mode,
	       void (*forget)(void *state), struct sv3_explore_report *report)
{
	struct sv3_explore *x = small_machine(&scenario, mode, forget);

	ASSERT_TRUE(x != NULL);
	sv3_explore_run(x, report);
	sv3_explore_destroy(x);
}
