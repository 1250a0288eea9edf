/* SPDX-License-Identifier: MIT */
/*
 * fixture.h - one run of an experiment, and its rows by name.
 */
#ifndef SV3_TESTS_EXPERIMENTS_FIXTURE_H
#define SV3_TESTS_EXPERIMENTS_FIXTURE_H

#include "ctest.h"

#include <string.h>

#include <sv3/experiment.h>

struct fx {
	struct sv3_experiment_config config;
	struct sv3_experiment_report report;
};

static inline void fx_fini(struct fx *fx)
{
	sv3_experiment_report_fini(&fx->report);
}

/* An experiment by name, at its defaults and not yet run; released at the end of the test. */
#define FX(name, experiment)                                  \
	__attribute__((cleanup(fx_fini))) struct fx name;     \
	memset(&name, 0, sizeof(name));                       \
	ASSERT_TRUE(sv3_experiment_find(experiment) != NULL); \
	sv3_experiment_config_default(sv3_experiment_find(experiment), &name.config)

/* Less of what takes long: which pages are touched is then asked for few sizes of buffers. */
static inline void fx_make_short(struct fx *fx)
{
	if (sv3_experiment_set(&fx->config, "size", 64) &&
	    !strcmp(fx->config.experiment->name, "thread-000"))
		ctest_fail(__FILE__, __LINE__, "thread-000 has no size");
}

static inline int fx_run(struct fx *fx)
{
	fx_fini(fx);
	return sv3_experiment_run(&fx->config, &fx->report);
}

/* A row; of a name that is not there: a failure and a row of zeroes. */
static inline const struct sv3_experiment_row *fx_row(const struct fx *fx, const char *name)
{
	static const struct sv3_experiment_row none = { .name = "", .question = "", .unit = "" };

	for (uint32_t i = 0; i < fx->report.row_count; i++)
		if (!strcmp(fx->report.rows[i].name, name))
			return &fx->report.rows[i];
	ctest_fail(__FILE__, __LINE__, "no row %s", name);
	return &none;
}

/* What must never be seen was never seen, of how many ways. */
static inline void fx_expect_none(const struct fx *fx, const char *name, uint64_t total)
{
	const struct sv3_experiment_row *row = fx_row(fx, name);

	EXPECT_EQ_INT(row->kind, SV3_EXPERIMENT_EQUAL);
	EXPECT_EQ_U64(row->expected, 0);
	EXPECT_EQ_U64(row->measured, 0);
	EXPECT_EQ_U64(row->total, total);
	EXPECT_TRUE(sv3_experiment_passed(row));
}

/* A wrong variant was caught in exactly so many of so many ways. */
static inline void fx_expect_caught(const struct fx *fx, const char *name, uint64_t measured,
				    uint64_t total)
{
	const struct sv3_experiment_row *row = fx_row(fx, name);

	EXPECT_EQ_INT(row->kind, SV3_EXPERIMENT_AT_LEAST);
	EXPECT_EQ_U64(row->expected, 1);
	EXPECT_GE_U64(row->measured, 1);
	EXPECT_EQ_U64(row->measured, measured);
	EXPECT_EQ_U64(row->total, total);
	EXPECT_TRUE(sv3_experiment_passed(row));
}

#endif
