/* SPDX-License-Identifier: MIT */
/*
 * explore_json.c - what was explored, for programs: every figure of the tables, and of each
 * scenario with a finding the schedule and its story.
 */
#include "explore.h"

#include <cjson/cJSON.h>

#include <stdlib.h>

static void add_finding(cJSON *object, const struct explore_run *run)
{
	const struct sv3_explore_finding *finding = &run->report.finding;
	const struct sv3_explore_rule_info rule = sv3_explore_rule_info(finding->rule);
	char *schedule = explore_schedule_text(run->scenario, &run->report.schedule);
	cJSON *steps;

	cJSON_AddStringToObject(object, "rule", rule.name);
	cJSON_AddStringToObject(object, "clause", rule.clause);
	cJSON_AddStringToObject(object, "rule_text", rule.text);
	cJSON_AddStringToObject(object, "wrong", finding->text);
	cli_json_u64(object, "page", finding->page);
	cJSON_AddStringToObject(object, "schedule", schedule != NULL ? schedule : "");
	steps = cJSON_AddArrayToObject(object, "story");
	for (uint32_t i = 0; i < run->story_count; i++) {
		cJSON *step = cJSON_CreateObject();

		cli_json_u64(step, "step", run->story[i].number);
		cJSON_AddStringToObject(step, "actor", run->story[i].actor);
		cJSON_AddStringToObject(step, "text", run->story[i].text);
		cJSON_AddItemToArray(steps, step);
	}
	free(schedule);
}

static cJSON *run_object(const struct explore_request *request, const struct explore_run *run)
{
	const struct sv3_explore_report *report = &run->report;
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "scenario", run->scenario->name);
	if (request->replay == NULL) {
		cli_json_u64(object, "schedules", report->schedules);
		cli_json_u64(object, "cut", report->cut);
		cli_json_u64(object, "steps", report->steps);
		cli_json_u64(object, "steps_max", report->steps_max);
		if (explore_is_drawn(request->config.mode))
			cJSON_AddNullToObject(object, "outcomes");
		else
			cli_json_u64(object, "outcomes", report->outcomes);
		cli_json_u64(object, "findings", report->findings);
		cJSON_AddBoolToObject(object, "is_complete", report->is_complete);
	}
	if (request->measures)
		cli_json_u64(object, "host_ns", run->host_ns);
	if (report->finding.rule != SV3_EXPLORE_OK)
		add_finding(object, run);
	else
		cJSON_AddNullToObject(object, "rule");
	return object;
}

int explore_json(const struct explore_request *request, const struct explore_run *runs,
		 unsigned int count)
{
	const struct sv3_explore_config *config = &request->config;
	cJSON *top = cJSON_CreateObject();
	cJSON *scenarios;

	cJSON_AddStringToObject(top, "driver", request->driver);
	if (request->bug != NULL)
		cJSON_AddStringToObject(top, "bug", request->bug);
	else
		cJSON_AddNullToObject(top, "bug");
	if (request->replay == NULL) {
		cJSON_AddStringToObject(top, "mode", explore_modes[config->mode]);
		cli_json_u64(top, "schedules_max", config->schedules_max);
		cli_json_u64(top, "seed", config->seed);
		cli_json_u64(top, "changes", config->changes);
	}
	cJSON_AddBoolToObject(top, "monitor", config->is_watched);
	scenarios = cJSON_AddArrayToObject(top, "scenarios");
	for (unsigned int i = 0; i < count; i++)
		cJSON_AddItemToArray(scenarios, run_object(request, &runs[i]));
	return cli_json_save("explore", request->json, top);
}
