/* SPDX-License-Identifier: MIT */
/*
 * test_direct.c - software that accesses memory by itself, and announces it, is explored like
 * software behind a bus: sv3's driver runs both ways. And what such software keeps elsewhere is put
 * back.
 */
#include "ctest.h"
#include "small.h"

#include <string.h>

/* --- a bus that does not lead through the explorer --- */

static uint32_t piece_of(sv3_pa pa, uint32_t size)
{
	return size < 8 ? size : 8 - (uint32_t)(pa & 7);
}

static enum sv3_bus_status direct_read(void *context, sv3_pa pa, void *data, uint32_t size)
{
	struct sv3_explore *x = (struct sv3_explore *)context;

	for (uint32_t at = 0, piece; at < size; at += piece) {
		const void *where = sv3_explore_memory(x, pa + at, 1);

		piece = piece_of(pa + at, size - at);
		if (!where)
			return SV3_BUS_ABORT;
		sv3_explore_reads(x, where, piece);
		memcpy((uint8_t *)data + at, where, piece);
	}
	return SV3_BUS_OK;
}

static enum sv3_bus_status direct_write(void *context, sv3_pa pa, const void *data, uint32_t size)
{
	struct sv3_explore *x = (struct sv3_explore *)context;

	for (uint32_t at = 0, piece; at < size; at += piece) {
		void *where = sv3_explore_memory(x, pa + at, 1);

		piece = piece_of(pa + at, size - at);
		if (!where)
			return SV3_BUS_ABORT;
		sv3_explore_writes(x, where, piece);
		memcpy(where, (const uint8_t *)data + at, piece);
	}
	return SV3_BUS_OK;
}

static enum sv3_bus_status direct_cas64(void *context, sv3_pa pa, uint64_t expect, uint64_t desired,
					uint64_t *old)
{
	struct sv3_explore *x = (struct sv3_explore *)context;
	void *where = sv3_explore_memory(x, pa, 8);

	if (!where)
		return SV3_BUS_ABORT;
	sv3_explore_writes(x, where, 8);
	*old = sv3_le64(where);
	if (*old == expect)
		sv3_put_le64(where, desired);
	return SV3_BUS_OK;
}

static enum sv3_bus_status direct_fetch_or64(void *context, sv3_pa pa, uint64_t bits, uint64_t *old)
{
	struct sv3_explore *x = (struct sv3_explore *)context;
	void *where = sv3_explore_memory(x, pa, 8);

	if (!where)
		return SV3_BUS_ABORT;
	sv3_explore_writes(x, where, 8);
	*old = sv3_le64(where);
	sv3_put_le64(where, *old | bits);
	return SV3_BUS_OK;
}

static int direct_attach(void *state, const struct sv3_explore_setup *setup)
{
	static const struct sv3_bus_ops ops = {
		.read = direct_read,
		.write = direct_write,
		.cas64 = direct_cas64,
		.fetch_or64 = direct_fetch_or64,
	};
	struct sv3_explore_setup own = *setup;

	own.bus = (struct sv3_bus){ &ops, setup->explore };
	return sv3_explore_driver_sv3()->attach(state, &own);
}

static struct sv3_explore_driver direct_driver(void)
{
	struct sv3_explore_driver driver = *sv3_explore_driver_sv3();

	driver.name = "direct";
	driver.attach = direct_attach;
	return driver;
}

/* --- as behind a bus --- */

static void run(const struct sv3_explore_driver *driver, const char *scenario, const char *bug,
		bool is_watched, struct sv3_explore_report *report)
{
	const struct sv3_explore_config config = {
		.scenario = sv3_explore_find_scenario(scenario),
		.driver = driver,
		.bug = bug,
		.schedules_max = 2000,
		.whole_ends = true,
		.is_watched = is_watched,
	};
	struct sv3_explore *x;

	ASSERT_OK(sv3_explore_create(&config, &x));
	sv3_explore_run(x, report);
	sv3_explore_destroy(x);
}

TEST_C(explore_direct, the_same_schedules_and_ends_as_behind_a_bus)
{
	static const char *const scenarios[] = { "clear", "collect",  "late-map", "unmap",
						 "split", "tracking", "two-cpus" };
	const struct sv3_explore_driver direct = direct_driver();
	static struct sv3_explore_report by_bus, by_itself;

	for (unsigned int i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		run(sv3_explore_driver_sv3(), scenarios[i], NULL, false, &by_bus);
		run(&direct, scenarios[i], NULL, false, &by_itself);
		EXPECT_EQ_U64(by_itself.schedules, by_bus.schedules);
		EXPECT_EQ_U64(by_itself.steps, by_bus.steps);
		EXPECT_EQ_U64(by_itself.outcome_sum, by_bus.outcome_sum);
		EXPECT_EQ_U64(by_itself.findings, 0);
	}
}

TEST_C(explore_direct, a_mistake_is_found_in_the_same_schedule)
{
	const struct sv3_explore_driver direct = direct_driver();
	static struct sv3_explore_report by_bus, by_itself;

	run(sv3_explore_driver_sv3(), "clear", "no-tlbi", false, &by_bus);
	run(&direct, "clear", "no-tlbi", false, &by_itself);
	EXPECT_EQ_INT(by_itself.finding.rule, SV3_EXPLORE_LOST);
	EXPECT_EQ_U64(by_itself.schedules, by_bus.schedules);
	EXPECT_EQ_U64(by_itself.schedule.length, by_bus.schedule.length);
	EXPECT_EQ_MEM(by_itself.schedule.actors, by_bus.schedule.actors, by_bus.schedule.length);
}

TEST_C(explore_direct, the_monitor_hears_what_is_stored)
{
	const struct sv3_explore_driver direct = direct_driver();
	static struct sv3_explore_report by_bus, by_itself;

	run(&direct, "clear", NULL, true, &by_itself);
	EXPECT_EQ_U64(by_itself.findings, 0);
	run(sv3_explore_driver_sv3(), "clear", "no-tlbi", true, &by_bus);
	run(&direct, "clear", "no-tlbi", true, &by_itself);
	EXPECT_EQ_INT(by_itself.finding.rule, SV3_EXPLORE_OWED);
	EXPECT_EQ_STR(by_itself.finding.text, by_bus.finding.text);
}

static void tell(void *context, const struct sv3_explore_step *step)
{
	char *story = (char *)context;

	strncat(story, step->text, 4095 - strlen(story));
	strncat(story, "\n", 4095 - strlen(story));
}

static void story_of(const struct sv3_explore_driver *driver, char story[4096])
{
	const struct sv3_explore_config config = { .scenario = sv3_explore_find_scenario("clear"),
						   .driver = driver,
						   .bug = "no-tlbi" };
	static struct sv3_explore_report report;
	struct sv3_explore *x;

	story[0] = 0;
	ASSERT_OK(sv3_explore_create(&config, &x));
	sv3_explore_run(x, &report);
	sv3_explore_tell(x, &report.schedule, tell, story, &report.finding);
	sv3_explore_destroy(x);
}

/* A swap is told as the write that it is. */
TEST_C(explore_direct, a_story_says_what_was_read_and_written)
{
	const struct sv3_explore_driver direct = direct_driver();
	static char by_itself[4096];

	story_of(&direct, by_itself);
	EXPECT_TRUE(strstr(by_itself, "reads table 0x15000[0]: 0x8000040000f43 (page 0, "
				      "writable-dirty)\n") != NULL);
	EXPECT_TRUE(strstr(by_itself, "writes table 0x15000[0]: 0x8000040000fc3 (page 0, "
				      "writable-clean)\n") != NULL);
	EXPECT_TRUE(strstr(by_itself, " (CMD_SYNC)\n") != NULL);
}

/* --- what software keeps elsewhere --- */

static struct elsewhere {
	uint32_t calls, first_calls;
	uint32_t kept, restored;
	bool is_wrong;
} elsewhere;

static void keep(void *state)
{
	(void)state;
	elsewhere.first_calls = elsewhere.calls;
	elsewhere.kept++;
}

static void restore(void *state)
{
	(void)state;
	elsewhere.calls = elsewhere.first_calls;
	elsewhere.restored++;
}

/* Each schedule calls it once. */
static int counting_collect(void *state, sv3_iova iova, uint64_t len, uint64_t *dirty)
{
	elsewhere.is_wrong |= elsewhere.calls++ != elsewhere.first_calls;
	return sv3_explore_driver_sv3()->collect(state, iova, len, dirty);
}

TEST_C(explore_direct, what_is_kept_elsewhere_is_put_back_before_each_schedule)
{
	struct sv3_explore_driver driver = *sv3_explore_driver_sv3();
	static struct sv3_explore_report report;

	elsewhere = (struct elsewhere){ .calls = 7 };
	driver.collect = counting_collect;
	driver.keep = keep;
	driver.restore = restore;
	run(&driver, "collect", NULL, false, &report);
	EXPECT_FALSE(elsewhere.is_wrong);
	EXPECT_EQ_U64(elsewhere.first_calls, 7);
	EXPECT_EQ_U64(elsewhere.kept, 1);
	/* Once more for the schedule that tries out what the programs call. */
	EXPECT_EQ_U64(elsewhere.restored, report.schedules + report.cut + 1);
}

TEST_C(explore_direct, states_cannot_be_merged_that_are_not_all_known)
{
	struct sv3_explore_driver driver = *sv3_explore_driver_sv3();
	const struct sv3_explore_config config = { .scenario = sv3_explore_find_scenario("collect"),
						   .driver = &driver,
						   .mode = SV3_EXPLORE_MERGED };
	struct sv3_explore *x;

	driver.keep = keep;
	driver.restore = restore;
	EXPECT_EQ_INT(sv3_explore_create(&config, &x), -SV3_ERR_INVAL);
}

/* --- the machine's memory --- */

static void write_last(struct sv3_explore *x)
{
	uint8_t *where = (uint8_t *)sv3_explore_memory(x, sv3_explore_setup(x)->tables, 8);

	ASSERT_TRUE(where != NULL);
	sv3_explore_writes(x, where, 8);
	sv3_put_le64(where, 2);
}

static struct sv3_explore_scenario last_scenario(void)
{
	return (struct sv3_explore_scenario){ .program_count = 1,
					      .programs = { write_last },
					      .stays_apart = true };
}

TEST_C(explore_direct, the_last_write_of_a_program_is_told)
{
	static char story[4096];
	static struct sv3_explore_report report;
	struct sv3_explore_scenario scenario = last_scenario();
	struct sv3_explore *x = small_machine(&scenario, SV3_EXPLORE_BRUTE, NULL);

	story[0] = 0;
	ASSERT_TRUE(x != NULL);
	sv3_explore_run(x, &report);
	sv3_explore_tell(x, &report.schedule, tell, story, &report.finding);
	sv3_explore_destroy(x);
	EXPECT_EQ_STR(story, "writes table 0x14000[0]: 0x2 (invalid)\n");
}

TEST_C(explore_direct, memory_is_what_the_machine_has)
{
	struct sv3_explore_scenario scenario = last_scenario();
	struct sv3_explore *x = small_machine(&scenario, SV3_EXPLORE_BRUTE, NULL);
	const struct sv3_explore_setup *setup = sv3_explore_setup(x);
	const uint64_t bytes = setup->tables_end - setup->tables;

	EXPECT_TRUE(sv3_explore_memory(x, setup->tables, bytes) != NULL);
	EXPECT_TRUE(sv3_explore_memory(x, setup->tables, bytes + 1) == NULL);
	EXPECT_TRUE(sv3_explore_memory(x, SV3_EXPLORE_DATA, 1) == NULL);
	EXPECT_EQ_U64((uintptr_t)sv3_explore_memory(x, setup->tables, 1) % 4096, 0);
	sv3_explore_destroy(x);
}
