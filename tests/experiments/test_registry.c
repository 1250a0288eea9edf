/* SPDX-License-Identifier: MIT */
/*
 * test_registry.c - are experiments found, told their parameters, run and counted as the header
 * says?
 */
#include "fixture.h"

TEST_C(experiment, every_row_of_the_registry_is_found_by_its_name)
{
	const struct sv3_experiment_info *info;
	unsigned int count = 0;

	for (; (info = sv3_experiment_info(count)) != NULL; count++) {
		EXPECT_TRUE(sv3_experiment_find(info->name) == info);
		EXPECT_TRUE(*info->title && *info->description);
		EXPECT_LE_U64(info->parameter_count, SV3_EXPERIMENT_PARAMETERS_MAX);
	}
	EXPECT_GE_U64(count, 5);
	EXPECT_TRUE(sv3_experiment_find("thread-9") == NULL);
}

TEST_C(experiment, defaults_are_legal_and_every_experiment_passes_with_them)
{
	const struct sv3_experiment_info *info;

	for (unsigned int i = 0; (info = sv3_experiment_info(i)) != NULL; i++) {
		FX(fx, info->name);

		for (uint32_t j = 0; j < info->parameter_count; j++)
			EXPECT_OK(sv3_experiment_set(&fx.config, info->parameters[j].name,
						     info->parameters[j].value));
		ASSERT_OK(fx_run(&fx));
		EXPECT_GE_U64(fx.report.row_count, 1);
		EXPECT_EQ_U64(sv3_experiment_failures(&fx.report), 0);
	}
}

TEST_C(experiment, names_of_rows_are_unique_in_a_report)
{
	const struct sv3_experiment_info *info;

	for (unsigned int i = 0; (info = sv3_experiment_info(i)) != NULL; i++) {
		FX(fx, info->name);

		fx_make_short(&fx);
		ASSERT_OK(fx_run(&fx));
		for (uint32_t j = 0; j < fx.report.row_count; j++)
			EXPECT_TRUE(fx_row(&fx, fx.report.rows[j].name) == &fx.report.rows[j]);
	}
}

TEST_C(experiment, two_runs_give_the_same_rows)
{
	const struct sv3_experiment_info *info;

	for (unsigned int i = 0; (info = sv3_experiment_info(i)) != NULL; i++) {
		FX(first, info->name);
		FX(second, info->name);

		fx_make_short(&first);
		fx_make_short(&second);
		ASSERT_OK(fx_run(&first));
		ASSERT_OK(fx_run(&second));
		ASSERT_EQ_U64(first.report.row_count, second.report.row_count);
		for (uint32_t j = 0; j < first.report.row_count; j++) {
			const struct sv3_experiment_row *a = &first.report.rows[j];
			const struct sv3_experiment_row *b = &second.report.rows[j];

			EXPECT_EQ_STR(a->name, b->name);
			EXPECT_EQ_U64(a->measured, b->measured);
			EXPECT_EQ_U64(a->total, b->total);
			EXPECT_EQ_STR(a->note, b->note);
		}
	}
}

TEST_C(experiment, what_a_parameter_cannot_be_is_refused_and_changes_nothing)
{
	FX(fx, "thread-000");
	const struct sv3_experiment_config before = fx.config;

	EXPECT_EQ_INT(sv3_experiment_set(&fx.config, "sizes", 64), -SV3_ERR_NOENT);
	EXPECT_EQ_INT(sv3_experiment_set(&fx.config, "way", 4), -SV3_ERR_NOENT);
	EXPECT_EQ_INT(sv3_experiment_set(&fx.config, "ways", 3), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(sv3_experiment_set(&fx.config, "ways", 0), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(sv3_experiment_set(&fx.config, "ways", 32), -SV3_ERR_RANGE);
	EXPECT_EQ_INT(sv3_experiment_set(&fx.config, "cache", 2048), -SV3_ERR_RANGE);
	EXPECT_EQ_MEM(&fx.config, &before, sizeof(before));
	EXPECT_OK(sv3_experiment_set(&fx.config, "ways", 4));
	fx.config.values[0] = 3;
	EXPECT_EQ_INT(fx_run(&fx), -SV3_ERR_INVAL);
}

TEST_C(experiment, a_row_passes_by_its_kind)
{
	struct sv3_experiment_row row = { .expected = 5 };
	static const struct {
		enum sv3_experiment_kind kind;
		bool below, same, above, is_check;
	} cases[] = {
		{ SV3_EXPERIMENT_EQUAL, false, true, false, true },
		{ SV3_EXPERIMENT_AT_LEAST, false, true, true, true },
		{ SV3_EXPERIMENT_AT_MOST, true, true, false, true },
		{ SV3_EXPERIMENT_FIGURE, true, true, true, false },
		{ SV3_EXPERIMENT_HOST, true, true, true, false },
		{ SV3_EXPERIMENT_PUBLISHED, true, true, true, false },
		{ SV3_EXPERIMENT_OPEN, true, true, true, false },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		row.kind = cases[i].kind;
		EXPECT_EQ_INT(sv3_experiment_is_check(&row), cases[i].is_check);
		row.measured = 4;
		EXPECT_EQ_INT(sv3_experiment_passed(&row), cases[i].below);
		row.measured = 5;
		EXPECT_EQ_INT(sv3_experiment_passed(&row), cases[i].same);
		row.measured = 6;
		EXPECT_EQ_INT(sv3_experiment_passed(&row), cases[i].above);
	}
}

TEST_C(experiment, rows_can_be_added_and_failures_are_counted)
{
	struct sv3_experiment_report report = { 0 };
	struct sv3_experiment_row row = { .name = "a", .question = "", .unit = "" };

	for (uint64_t i = 0; i < 100; i++) {
		row.measured = i;
		sv3_experiment_add(&report, &row);
	}
	ASSERT_EQ_U64(report.row_count, 100);
	EXPECT_FALSE(report.row_lost);
	EXPECT_EQ_U64(report.rows[99].measured, 99);
	EXPECT_EQ_U64(sv3_experiment_failures(&report), 99);
	sv3_experiment_report_fini(&report);
	EXPECT_EQ_U64(report.row_count, 0);
	EXPECT_TRUE(report.rows == NULL);
}
