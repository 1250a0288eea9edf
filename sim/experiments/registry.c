/* SPDX-License-Identifier: MIT */
/*
 * registry.c - the explicit rows of experiments, their parameters, and reports. A new experiment is
 * a file and a row.
 */
#include <stdlib.h>
#include <string.h>

#include "experiments_priv.h"

static const struct sv3__experiment *const experiments[] = {
	&sv3__thread_000, &sv3__thread_001, &sv3__thread_002, &sv3__thread_003, &sv3__thread_004,
};

const struct sv3_experiment_info *sv3_experiment_info(unsigned int index)
{
	return index < SV3__COUNT(experiments) ? &experiments[index]->info : NULL;
}

const struct sv3_experiment_info *sv3_experiment_find(const char *name)
{
	for (unsigned int i = 0; i < SV3__COUNT(experiments); i++)
		if (!strcmp(experiments[i]->info.name, name))
			return &experiments[i]->info;
	return NULL;
}

/* --- parameters --- */

void sv3_experiment_config_default(const struct sv3_experiment_info *experiment,
				   struct sv3_experiment_config *config)
{
	*config = (struct sv3_experiment_config){ .experiment = experiment };
	for (uint32_t i = 0; i < experiment->parameter_count; i++)
		config->values[i] = experiment->parameters[i].value;
}

static bool is_legal(const struct sv3_experiment_parameter *parameter, uint64_t value)
{
	if (value < parameter->min || value > parameter->max)
		return false;
	return !parameter->power_of_two || (value && !(value & (value - 1)));
}

int sv3_experiment_set(struct sv3_experiment_config *config, const char *name, uint64_t value)
{
	const struct sv3_experiment_info *info = config->experiment;

	for (uint32_t i = 0; i < info->parameter_count; i++) {
		if (strcmp(info->parameters[i].name, name))
			continue;
		if (!is_legal(&info->parameters[i], value))
			return -SV3_ERR_RANGE;
		config->values[i] = value;
		return 0;
	}
	return -SV3_ERR_NOENT;
}

/* --- running --- */

static const struct sv3__experiment *row_of(const struct sv3_experiment_info *info)
{
	for (unsigned int i = 0; i < SV3__COUNT(experiments); i++)
		if (&experiments[i]->info == info)
			return experiments[i];
	return NULL;
}

int sv3_experiment_run(const struct sv3_experiment_config *config,
		       struct sv3_experiment_report *report)
{
	const struct sv3__experiment *experiment = row_of(config->experiment);
	int rc;

	*report = (struct sv3_experiment_report){ 0 };
	if (!experiment)
		return -SV3_ERR_INVAL;
	for (uint32_t i = 0; i < experiment->info.parameter_count; i++)
		if (!is_legal(&experiment->info.parameters[i], config->values[i]))
			return -SV3_ERR_INVAL;
	rc = experiment->run(config, report);
	return !rc && report->row_lost ? -SV3_ERR_NOMEM : rc;
}

/* --- reports --- */

bool sv3_experiment_is_check(const struct sv3_experiment_row *row)
{
	return row->kind <= SV3_EXPERIMENT_AT_MOST;
}

bool sv3_experiment_passed(const struct sv3_experiment_row *row)
{
	switch (row->kind) {
	case SV3_EXPERIMENT_EQUAL:
		return row->measured == row->expected;
	case SV3_EXPERIMENT_AT_LEAST:
		return row->measured >= row->expected;
	case SV3_EXPERIMENT_AT_MOST:
		return row->measured <= row->expected;
	default:
		return true;
	}
}

uint32_t sv3_experiment_failures(const struct sv3_experiment_report *report)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < report->row_count; i++)
		count += !sv3_experiment_passed(&report->rows[i]);
	return count;
}

void sv3_experiment_add(struct sv3_experiment_report *report, const struct sv3_experiment_row *row)
{
	if (report->row_count == report->row_room) {
		const uint32_t room = report->row_room ? 2 * report->row_room : 32;
		struct sv3_experiment_row *rows =
			(struct sv3_experiment_row *)realloc(report->rows, room * sizeof(*rows));

		if (!rows) {
			report->row_lost = true;
			return;
		}
		report->rows = rows;
		report->row_room = room;
	}
	report->rows[report->row_count++] = *row;
}

void sv3_experiment_report_fini(struct sv3_experiment_report *report)
{
	free(report->rows);
	*report = (struct sv3_experiment_report){ 0 };
}
