/* SPDX-License-Identifier: MIT */
/*
 * cmd_regs.c - `sv3 regs`: the register map, from the same rows that the hardware is built of.
 */
#include "cli.h"

#include <cjson/cJSON.h>
#include <sv3/report.h>
#include <sv3/smmu.h>

#include <inttypes.h>

static const char *const examples[] = { "sv3 regs", "sv3 regs --json", NULL };

static int print_table(const struct sv3_smmu_config *config)
{
	static const struct sv3_table_column columns[] = {
		{ "register", "", SV3_ALIGN_LEFT }, { "offset", "", SV3_ALIGN_RIGHT },
		{ "bits", "", SV3_ALIGN_RIGHT },    { "access", "", SV3_ALIGN_LEFT },
		{ "reset", "", SV3_ALIGN_RIGHT },   { "source", "", SV3_ALIGN_LEFT },
	};
	struct sv3_reg_info info;
	struct sv3_table *table;
	char text[CLI_VALUE_CHARS];
	int error;

	if (sv3_table_create(columns, 6, &table) < 0)
		return cli_error("regs", "%s", sv3_strerror(SV3_ERR_NOMEM));
	for (unsigned int i = 0; sv3_reg_info(config, i, &info); i++) {
		sv3_table_text(table, info.name, SV3_TONE_PLAIN);
		snprintf(text, sizeof(text), "0x%05" PRIx32, info.offset);
		sv3_table_text(table, text, SV3_TONE_PLAIN);
		sv3_table_count(table, info.bits, SV3_TONE_PLAIN);
		sv3_table_text(table, info.access, SV3_TONE_PLAIN);
		snprintf(text, sizeof(text), "0x%" PRIx64, info.reset);
		sv3_table_text(table, text, SV3_TONE_PLAIN);
		sv3_table_text(table, info.source, SV3_TONE_DIM);
	}
	error = sv3_table_print(table, stdout, sv3_report_wants_color(stdout));
	sv3_table_destroy(table);
	return error < 0 ? cli_error("regs", "%s", sv3_strerror(error)) : CLI_OK;
}

static int print_json(const struct sv3_smmu_config *config)
{
	cJSON *top = cJSON_CreateObject();
	cJSON *rows = cJSON_AddArrayToObject(top, "registers");
	struct sv3_reg_info info;

	for (unsigned int i = 0; sv3_reg_info(config, i, &info); i++) {
		cJSON *row = cJSON_CreateObject();

		cJSON_AddStringToObject(row, "name", info.name);
		cli_json_u64(row, "offset", info.offset);
		cli_json_u64(row, "bits", info.bits);
		cJSON_AddStringToObject(row, "access", info.access);
		cli_json_u64(row, "reset", info.reset);
		cJSON_AddStringToObject(row, "source", info.source);
		cJSON_AddItemToArray(rows, row);
	}
	return cli_json_save("regs", "-", top);
}

int cmd_regs(int argc, char **argv)
{
	bool json = false;
	const struct cli_option options[] = {
		{ .name = "--json", .kind = CLI_FLAG, .target = &json, .help = "as JSON" },
	};
	const struct cli_usage usage = {
		.command = "regs",
		.operands = "",
		.about =
			"Prints the register map of the SMMU: name, offset from page 0, width, access,\n"
			"value after reset, and the clause of the architecture.",
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
		.examples = examples,
	};
	struct sv3_smmu_config config;
	struct cli_args args;

	if (!cli_parse(&usage, argc, argv, &args))
		return args.status;
	sv3_smmu_config_default(&config);
	return json ? print_json(&config) : print_table(&config);
}
