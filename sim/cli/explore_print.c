/* SPDX-License-Identifier: MIT */
/*
 * explore_print.c - what was explored, for people: a row a scenario, and the first finding as a
 * story.
 */
#include "explore.h"

#include <sv3/report.h>

#include <inttypes.h>
#include <string.h>

#define ALL_BUT_ORDER "all schedules but those that differ in the order of steps that do not touch"

static const char *const mode_texts[] = {
	[SV3_EXPLORE_REDUCED] = ALL_BUT_ORDER,
	[SV3_EXPLORE_BRUTE] = "all schedules",
	[SV3_EXPLORE_RANDOM] = "each step drawn",
	[SV3_EXPLORE_PCT] = "priorities drawn, and changed at a few steps",
	[SV3_EXPLORE_MERGED] = "as reduced, and what follows a state is explored once",
};

static void print_head(const struct explore_request *request)
{
	const enum sv3_explore_mode mode = request->config.mode;
	const struct sv3_explore_mutant *mutant = sv3_explore_find_mutant(request->bug);

	printf("driver    %s: %s\n", request->driver, request->config.driver->about);
	if (mutant != NULL)
		printf("bug       %s (%s): %s\n", mutant->name, mutant->id, mutant->text);
	if (request->replay != NULL) {
		putchar('\n');
		return;
	}
	printf("mode      %s: %s", explore_modes[mode], mode_texts[mode]);
	if (explore_is_drawn(mode))
		printf(", seed %" PRIu64, request->config.seed);
	puts("\n");
}

/* --- the table --- */

static const char *explored_of(const struct explore_request *request, const struct explore_run *run)
{
	if (run->report.is_complete)
		return "all";
	if (run->report.findings > 0 && !request->config.goes_on)
		return "to the first finding";
	return explore_is_drawn(request->config.mode) ? "drawn" : "some";
}

static void add_row(struct sv3_table *table, const struct explore_request *request,
		    const struct explore_run *run)
{
	const struct sv3_explore_report *report = &run->report;
	const enum sv3_tone tone = report->findings > 0 ? SV3_TONE_BAD : SV3_TONE_GOOD;

	sv3_table_text(table, run->scenario->name, SV3_TONE_PLAIN);
	sv3_table_count(table, report->schedules, SV3_TONE_PLAIN);
	sv3_table_count(table, report->cut, SV3_TONE_PLAIN);
	sv3_table_count(table, report->steps_max, SV3_TONE_PLAIN);
	if (explore_is_drawn(request->config.mode))
		sv3_table_text(table, "-", SV3_TONE_DIM);
	else
		sv3_table_count(table, report->outcomes, SV3_TONE_PLAIN);
	sv3_table_count(table, report->findings, tone);
	sv3_table_text(table, explored_of(request, run), SV3_TONE_PLAIN);
	if (request->measures) {
		sv3_table_quotient(table, run->host_ns, UINT64_C(1000000000), 2, SV3_TONE_PLAIN);
		sv3_table_quotient(table, (report->schedules + report->cut) * UINT64_C(1000000000),
				   run->host_ns, 0, SV3_TONE_PLAIN);
	}
}

static int print_table(const struct explore_request *request, const struct explore_run *runs,
		       unsigned int count)
{
	static const struct sv3_table_column columns[] = {
		{ "scenario", "", SV3_ALIGN_LEFT },  { "schedules", "", SV3_ALIGN_RIGHT },
		{ "cut", "", SV3_ALIGN_RIGHT },      { "longest", "steps", SV3_ALIGN_RIGHT },
		{ "outcomes", "", SV3_ALIGN_RIGHT }, { "findings", "", SV3_ALIGN_RIGHT },
		{ "explored", "", SV3_ALIGN_LEFT },  { "time", "s", SV3_ALIGN_RIGHT },
		{ "rate", "1/s", SV3_ALIGN_RIGHT },
	};
	const uint32_t all = sizeof(columns) / sizeof(columns[0]);
	struct sv3_table *table;
	int error = sv3_table_create(columns, request->measures ? all : all - 2, &table);

	if (error < 0)
		return cli_error("explore", "%s", sv3_strerror(error));
	for (unsigned int i = 0; i < count; i++)
		add_row(table, request, &runs[i]);
	error = sv3_table_print(table, stdout, sv3_report_wants_color(stdout));
	sv3_table_destroy(table);
	return error < 0 ? cli_error("explore", "%s", sv3_strerror(error)) : CLI_OK;
}

/* --- the story --- */

/** Each actor has a colour of its own, software none. */
static const char *color_of(const struct sv3_explore_scenario *scenario, const char *name)
{
	static const char *const devices[SV3_EXPLORE_DEVICES_MAX] = { "\033[33m", "\033[35m",
								      "\033[32m" };
	const char *actor;

	for (uint32_t i = 0; (actor = sv3_explore_actor_name(scenario, i)) != NULL; i++) {
		if (strcmp(actor, name) != 0)
			continue;
		if (i < scenario->program_count)
			return "\033[1m";
		return i - scenario->program_count < scenario->device_count
			       ? devices[i - scenario->program_count]
			       : "\033[36m";
	}
	return "";
}

static void print_steps(const struct explore_run *run)
{
	const bool color = sv3_report_wants_color(stdout);
	int width = 0;

	for (uint32_t i = 0; i < run->story_count; i++) {
		const int length = (int)strlen(run->story[i].actor);

		width = length > width ? length : width;
	}
	for (uint32_t i = 0; i < run->story_count; i++) {
		const struct sv3_explore_step *step = &run->story[i];
		const bool goes_on = i > 0 && strcmp(run->story[i - 1].actor, step->actor) == 0;

		printf("%6" PRIu32 "  %s%-*s  %s%s\n", step->number,
		       color ? color_of(run->scenario, step->actor) : "", width,
		       goes_on ? "" : step->actor, step->text, color ? "\033[0m" : "");
	}
}

static void print_finding(const struct sv3_explore_finding *finding)
{
	const struct sv3_explore_rule_info rule = sv3_explore_rule_info(finding->rule);
	const bool color = sv3_report_wants_color(stdout);

	printf("\nwrong     %s%s%s\n", color ? "\033[1;31m" : "", finding->text,
	       color ? "\033[0m" : "");
	printf("rule      %s %s: %s\n", rule.name, rule.clause, rule.text);
}

/** The command line that does it again. */
static void print_again(const struct explore_request *request, const struct explore_run *run)
{
	const struct sv3_explore_config *config = &request->config;

	printf("again     %s explore ", explore_program);
	if (request->save != NULL || request->replay != NULL) {
		printf("--replay %s\n", request->save != NULL ? request->save : request->replay);
		return;
	}
	fputs(run->scenario->name, stdout);
	if (strcmp(request->driver, EXPLORE_DRIVER) != 0)
		printf(" --driver %s", request->driver);
	if (request->bug != NULL)
		printf(" --bug %s", request->bug);
	if (config->is_watched)
		fputs(" --monitor", stdout);
	if (config->mode != SV3_EXPLORE_REDUCED)
		printf(" --mode %s", explore_modes[config->mode]);
	if (explore_is_drawn(config->mode))
		printf(" --schedules %" PRIu64 " --seed %" PRIu64, config->schedules_max,
		       config->seed);
	if (config->mode == SV3_EXPLORE_PCT)
		printf(" --changes %" PRIu32, config->changes);
	putchar('\n');
}

int explore_print(const struct explore_request *request, const struct explore_run *runs,
		  unsigned int count)
{
	const struct explore_run *found = NULL;

	print_head(request);
	if (print_table(request, runs, count) != CLI_OK)
		return CLI_ERROR;
	for (unsigned int i = 0; i < count && found == NULL; i++) {
		if (runs[i].report.findings > 0)
			found = &runs[i];
	}
	if (found == NULL) {
		if (request->save != NULL)
			printf("\nnote      nothing was found: %s was not written\n",
			       request->save);
		return CLI_OK;
	}
	printf("\nstory     %s, %" PRIu32 " steps", found->scenario->name, found->story_count);
	if (found->story_count < found->first_length)
		printf(", shrunk from %" PRIu32, found->first_length);
	puts("\n");
	print_steps(found);
	print_finding(&found->report.finding);
	print_again(request, found);
	return CLI_OK;
}

int explore_print_replay(const struct explore_request *request, const struct explore_file *file,
			 const struct explore_run *run)
{
	print_head(request);
	printf("story     %s, %" PRIu32 " steps\n\n", run->scenario->name, run->story_count);
	print_steps(run);
	if (run->report.finding.rule != SV3_EXPLORE_OK)
		print_finding(&run->report.finding);
	else
		puts("\nno rule is broken");
	if (run->report.finding.rule != file->rule)
		printf("note      when it was saved it broke rule %s\n",
		       sv3_explore_rule_info(file->rule).name);
	print_again(request, run);
	return CLI_OK;
}
