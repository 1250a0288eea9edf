/* SPDX-License-Identifier: MIT */
/*
 * cmd_timing.c - `sv3 timing`: the parameters of hardware that takes time, as a preset has them.
 */
#include "timing.h"

#include <cjson/cJSON.h>
#include <sv3/report.h>

#include <inttypes.h>
#include <string.h>

static const char *const examples[] = {
	"sv3 timing",
	"sv3 timing gem5",
	"sv3 timing intel-bdw --json",
	"sv3 timing --set tcu.walk_slots=4",
	"sv3 platform default >my.dts && sv3 timing --platform my.dts",
	NULL,
};

static const char *about_of(const char *preset)
{
	const char *name, *about = "";

	for (unsigned int i = 0; (name = sv3_timing_preset_name(i, &about)) != NULL; i++) {
		if (strcmp(name, preset) == 0)
			return about;
	}
	return "";
}

/** What a preset says of the SMMU, under the names of its configuration. */
struct size {
	const char *key;
	uint32_t value;
};

#define SIZES 6u

static void collect(const struct sv3_smmu_config *smmu, struct size *sizes)
{
	const struct size all[SIZES] = {
		{ "tlb_entries", smmu->tlb_entries },
		{ "tlb_ways", smmu->tlb_ways },
		{ "walk_cache_entries", smmu->walk_cache_entries },
		{ "walk_cache_ways", smmu->walk_cache_ways },
		{ "config_cache_entries", smmu->config_cache_entries },
		{ "config_cache_ways", smmu->config_cache_ways },
	};

	memcpy(sizes, all, sizeof(all));
}

/* --- for people --- */

/** Where a preset differs from the default, the default stands behind. */
static void add_row(struct sv3_table *table, const struct sv3_timing_info *info, uint32_t value)
{
	char text[CLI_VALUE_CHARS] = "";

	sv3_table_text(table, info->name, SV3_TONE_PLAIN);
	snprintf(text, sizeof(text), "%" PRIu32, value);
	sv3_table_text(table, text, SV3_TONE_PLAIN);
	sv3_table_text(table, info->unit, SV3_TONE_DIM);
	snprintf(text, sizeof(text), "%" PRIu32, info->value);
	sv3_table_text(table, value == info->value ? "" : text, SV3_TONE_PLAIN);
	snprintf(text, sizeof(text), "%" PRIu32, info->low);
	sv3_table_text(table, text, SV3_TONE_DIM);
	snprintf(text, sizeof(text), "%" PRIu32, info->high);
	sv3_table_text(table, text, SV3_TONE_DIM);
	sv3_table_text(table, info->about, SV3_TONE_PLAIN);
}

static int print_table(const char *preset, const char *path, const struct sv3_timing *timing,
		       const struct sv3_smmu_config *smmu)
{
	static const struct sv3_table_column columns[] = {
		{ "parameter", "", SV3_ALIGN_LEFT }, { "value", "", SV3_ALIGN_RIGHT },
		{ "unit", "", SV3_ALIGN_LEFT },      { "default", "", SV3_ALIGN_RIGHT },
		{ "least", "", SV3_ALIGN_RIGHT },    { "most", "", SV3_ALIGN_RIGHT },
		{ "about", "", SV3_ALIGN_LEFT },
	};
	struct sv3_timing_info info;
	struct size sizes[SIZES];
	struct sv3_table *table;
	uint32_t value = 0;
	int error = sv3_table_create(columns, sizeof(columns) / sizeof(columns[0]), &table);

	if (error < 0)
		return cli_error("timing", "%s", sv3_strerror(error));
	for (unsigned int i = 0; sv3_timing_info(i, &info); i++) {
		if (sv3_timing_get(timing, info.name, &value) == 0)
			add_row(table, &info, value);
	}
	collect(smmu, sizes);
	if (path != NULL)
		printf("platform %s\n", path);
	printf("preset %s: %s\n", preset, about_of(preset));
	for (unsigned int i = 0; i < SIZES; i++)
		printf("%s%s %" PRIu32, i == 0 ? "SMMU: " : ", ", sizes[i].key, sizes[i].value);
	fputs("\n\n", stdout);
	error = sv3_table_print(table, stdout, sv3_report_wants_color(stdout));
	sv3_table_destroy(table);
	return error < 0 ? cli_error("timing", "%s", sv3_strerror(error)) : CLI_OK;
}

/* --- for programs --- */

static int print_json(const char *preset, const struct sv3_timing *timing,
		      const struct sv3_smmu_config *smmu)
{
	cJSON *top = cJSON_CreateObject();
	cJSON *rows, *sizes_of_smmu;
	struct sv3_timing_info info;
	struct size sizes[SIZES];
	uint32_t value = 0;

	cJSON_AddStringToObject(top, "preset", preset);
	cJSON_AddStringToObject(top, "about", about_of(preset));
	sizes_of_smmu = cJSON_AddObjectToObject(top, "smmu");
	collect(smmu, sizes);
	for (unsigned int i = 0; i < SIZES; i++)
		cli_json_u64(sizes_of_smmu, sizes[i].key, sizes[i].value);
	rows = cJSON_AddArrayToObject(top, "parameters");
	for (unsigned int i = 0; sv3_timing_info(i, &info); i++) {
		cJSON *row;

		if (sv3_timing_get(timing, info.name, &value) < 0)
			continue;
		row = cJSON_CreateObject();
		cJSON_AddStringToObject(row, "name", info.name);
		cli_json_u64(row, "value", value);
		cJSON_AddStringToObject(row, "unit", info.unit);
		cli_json_u64(row, "default", info.value);
		cli_json_u64(row, "least", info.low);
		cli_json_u64(row, "most", info.high);
		cJSON_AddStringToObject(row, "about", info.about);
		cJSON_AddItemToArray(rows, row);
	}
	return cli_json_save("timing", "-", top);
}

/* --- the command --- */

static void write_about(char *text, size_t size)
{
	const char *name, *about;
	size_t length;

	snprintf(
		text, size,
		"Lists what takes how long, and how many there are, in hardware that takes time, as\n"
		"PRESET has it; else as the device tree has it; else server. sv3 replay --timed and\n"
		"sv3 compare --timed use them, with the same options and --preset NAME.\n\npresets:");
	for (unsigned int i = 0; (name = sv3_timing_preset_name(i, &about)) != NULL; i++) {
		length = strlen(text);
		snprintf(text + length, size - length, "\n  %-14s  %s", name, about);
	}
}

/** As a run would have them, with the same options. */
static int choose(struct cli_platform *platform, struct timing_request *request,
		  const struct cli_args *args, struct sv3_timing *timing,
		  struct sv3_smmu_config *smmu)
{
	sv3_smmu_config_default(smmu);
	if (cli_platform_load("timing", platform) != CLI_OK ||
	    cli_platform_choose("timing", platform, NULL, 0) != CLI_OK ||
	    timing_apply("timing", request, platform, args, timing, smmu) != CLI_OK)
		return CLI_ERROR;
	if (platform->path != NULL)
		*smmu = cli_platform_smmu(platform)->config;
	return CLI_OK;
}

int cmd_timing(int argc, char **argv)
{
	char about[1024];
	struct timing_request request;
	struct cli_platform platform = { .path = NULL };
	bool json = false;
	const struct cli_option options[] = {
		CLI_TIMING_SET_OPTION(&request),
		CLI_PLATFORM_OPTION(&platform),
		CLI_SMMU_OPTION(&platform),
		{ "--json", NULL, CLI_FLAG, &json, 0, 0, NULL, "as JSON" },
	};
	const struct cli_usage usage = {
		.command = "timing",
		.operands = "[PRESET]",
		.about = about,
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
		.examples = examples,
		.operand_max = 1,
	};
	struct sv3_smmu_config smmu;
	struct sv3_timing timing;
	struct cli_args args;
	int status;

	timing_defaults(&request);
	request.is_timed = true;
	write_about(about, sizeof(about));
	if (!cli_parse(&usage, argc, argv, &args))
		return args.status;
	if (args.operand_count > 0)
		request.preset = args.operands[0];
	status = choose(&platform, &request, &args, &timing, &smmu);
	if (status == CLI_OK)
		status = json ? print_json(request.preset, &timing, &smmu)
			      : print_table(request.preset, platform.path, &timing, &smmu);
	cli_platform_free(&platform);
	return status;
}
