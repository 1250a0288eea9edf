/* SPDX-License-Identifier: MIT */
/*
 * timing_options.c - --timed, its presets and parameters.
 */
#include "timing.h"

#include <inttypes.h>
#include <string.h>

#define PARAMETERS_MAX 256u

static const char default_preset[] = "server";

/* --- rows --- */

static void list_presets(char *text, size_t size)
{
	const char *name;

	text[0] = '\0';
	for (unsigned int i = 0; (name = sv3_timing_preset_name(i, NULL)) != NULL; i++) {
		strncat(text,
			i == 0       ? "its parameters: "
			: i % 3 == 0 ? ",\n"
				     : ", ",
			size - strlen(text) - 1);
		strncat(text, name, size - strlen(text) - 1);
	}
}

void timing_defaults(struct timing_request *request)
{
	*request = (struct timing_request){ .preset = default_preset, .seed = 1 };
	list_presets(request->preset_help, sizeof(request->preset_help));
}

void timing_rows(struct timing_request *request, struct cli_option rows[TIMING_ROWS])
{
	timing_defaults(request);
	rows[0] = (struct cli_option){ "--timed", NULL, CLI_FLAG, &request->is_timed,
				       0,         0,    NULL,     "the hardware takes time" };
	rows[1] = (struct cli_option){ "--preset", "NAME", CLI_TEXT, &request->preset,
				       0,          0,      NULL,     request->preset_help };
	rows[2] = (struct cli_option)CLI_TIMING_SET_OPTION(request);
	rows[3] = (struct cli_option){ "--closed-loop",
				       NULL,
				       CLI_FLAG,
				       &request->closed_loop,
				       0,
				       0,
				       NULL,
				       "the device goes on as fast as it is let, whatever\n"
				       "the times of the trace" };
	rows[4] = (struct cli_option){
		"--seed", NULL, CLI_INTEGER, &request->seed,
		0,        0,    NULL,        "draws which descriptors the last level cache has"
	};
}

/* --- what was asked for --- */

int timing_preset(const char *command, const char *name, struct sv3_timing *timing,
		  struct sv3_smmu_config *smmu)
{
	const char *names[32];
	unsigned int count = 0;

	if (sv3_timing_preset(name, timing) == 0)
		return smmu == NULL || sv3_timing_preset_smmu(name, smmu) == 0 ? CLI_OK : CLI_ERROR;
	while (count < 31 && (names[count] = sv3_timing_preset_name(count, NULL)) != NULL)
		count++;
	names[count] = NULL;
	return cli_unknown(command, "preset", name, names, "sv3 timing --help lists them");
}

static int refuse_name(const char *command, const char *name)
{
	const char *names[PARAMETERS_MAX + 1];
	struct sv3_timing_info info;
	unsigned int count = 0;

	for (; count < PARAMETERS_MAX && sv3_timing_info(count, &info); count++)
		names[count] = info.name;
	names[count] = NULL;
	return cli_unknown(command, "parameter of --set", name, names, "sv3 timing lists them");
}

static int refuse_value(const char *command, const char *name, const char *value)
{
	struct sv3_timing_info info;

	for (unsigned int i = 0; sv3_timing_info(i, &info); i++) {
		if (strcmp(info.name, name) == 0)
			return cli_error(command,
					 "--set %s: '%s' is not a whole number from %" PRIu32
					 " to %" PRIu32 "%s%s",
					 name, value, info.low, info.high,
					 info.unit[0] != '\0' ? ", in " : "", info.unit);
	}
	return refuse_name(command, name);
}

static int set_one(const char *command, const char *text, struct sv3_timing *timing)
{
	const char *equals = strchr(text, '=');
	char name[64];
	uint64_t value = 0;
	uint32_t before;

	if (equals == NULL || (size_t)(equals - text) >= sizeof(name))
		return cli_error(command,
				 "--set: '%s' is not NAME=VALUE; write it as tcu.walk_slots=8",
				 text);
	snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
	if (sv3_timing_get(timing, name, &before) < 0)
		return refuse_name(command, name);
	if (!cli_value_parse(CLI_INTEGER, equals + 1, &value) ||
	    sv3_timing_set(timing, name, value) < 0)
		return refuse_value(command, name, equals + 1);
	return CLI_OK;
}

void timing_make_room(const struct sv3_timing *timing, struct sv3_smmu_config *smmu)
{
	enum { SLOTS_MAX = 4096 };
	const uint64_t wanted = (uint64_t)timing->tbu_slots * smmu->tbu_count;

	if (wanted > smmu->slot_count)
		smmu->slot_count = wanted < SLOTS_MAX ? (uint32_t)wanted : SLOTS_MAX;
}

static int refuse_untimed(const char *command, const struct cli_args *args)
{
	static const char *const options[] = { "--preset",   "--set", "--closed-loop",
					       "--timeline", "--vcd", "--timeline-limit",
					       NULL };

	for (unsigned int i = 0; options[i] != NULL; i++) {
		if (cli_is_given(args, options[i]))
			return cli_error(command, "%s says something of time; give --timed",
					 options[i]);
	}
	return CLI_OK;
}

int timing_apply(const char *command, struct timing_request *request,
		 const struct cli_platform *platform, const struct cli_args *args,
		 struct sv3_timing *timing, struct sv3_smmu_config *smmu)
{
	const struct sv3_platform *tree = &platform->tree;
	const char *why;

	if (!request->is_timed)
		return refuse_untimed(command, args);
	if (tree->timing_preset != NULL && request->preset == default_preset)
		request->preset = tree->timing_preset;
	if (timing_preset(command, request->preset, timing, smmu) != CLI_OK)
		return CLI_ERROR;
	for (uint32_t i = 0; i < tree->timing_count; i++)
		if (sv3_timing_set(timing, tree->timings[i].name, tree->timings[i].value) < 0)
			return CLI_ERROR; /* loading a tree has checked them */
	for (unsigned int i = 0; i < request->sets.count; i++) {
		if (set_one(command, request->sets.items[i], timing) != CLI_OK)
			return CLI_ERROR;
	}
	/* Each value is within its bounds: what is left is the clock. */
	if (sv3_timing_check(timing, &why) < 0)
		return cli_error(
			command,
			"--set %s: a cycle must be a whole number of ps; give a divisor of "
			"1000000 such as 500, 800 or 2000",
			why);
	return CLI_OK;
}
