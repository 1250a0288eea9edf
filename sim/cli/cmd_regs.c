/* SPDX-License-Identifier: MIT */
/*
 * cmd_regs.c - `sv3 regs`: the register map, from the same rows that the hardware is built of, and
 * the kinds of SMMU there are.
 */
#include "cmd_regs.h"

#include "platform.h"

#include <cjson/cJSON.h>
#include <sv3/report.h>
#include <sv3/smmu.h>

#include <inttypes.h>
#include <string.h>

static const char *const examples[] = {
	"sv3 regs",
	"sv3 regs --decode IDR0=0x84c109b CR0=0xd",
	"sv3 regs --decode SMMU_GERROR=0x1 GERRORN=0x0 0x9c=0x1000003",
	"sv3 regs --profiles",
	"sv3 platform default >my.dts && sv3 regs --platform my.dts",
	NULL,
};

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

/* --- profiles --- */

static int print_profiles(bool json)
{
	cJSON *top = json ? cJSON_CreateObject() : NULL;
	cJSON *rows = cJSON_AddArrayToObject(top, "profiles");
	const char *name, *about;

	for (unsigned int i = 0; (name = sv3_smmu_profile_name(i, &about)) != NULL; i++) {
		cJSON *row;

		if (!json) {
			printf("%-10s %s\n", name, about);
			continue;
		}
		row = cJSON_CreateObject();
		cJSON_AddStringToObject(row, "name", name);
		cJSON_AddStringToObject(row, "about", about);
		cJSON_AddItemToArray(rows, row);
	}
	return json ? cli_json_save("regs", "-", top) : CLI_OK;
}

int cli_profile(const char *command, const char *name, struct sv3_smmu_config *config)
{
	const char *names[32], *about;
	unsigned int count = 0;

	if (sv3_smmu_profile(name, config) == 0)
		return CLI_OK;
	while (count < 31 && (names[count] = sv3_smmu_profile_name(count, &about)) != NULL)
		count++;
	names[count] = NULL;
	return cli_unknown(command, "profile", name, names, "sv3 regs --profiles lists them");
}

/* --- the command --- */

/** By name of a profile, or as a device tree has it. */
static int choose_config(struct cli_platform *platform, const char *profile,
			 struct sv3_smmu_config *config)
{
	int status = cli_platform_load("regs", platform);

	if (status == CLI_OK && platform->path == NULL)
		return cli_profile("regs", profile, config);
	if (status == CLI_OK)
		status = cli_platform_choose("regs", platform, NULL, 0);
	if (status == CLI_OK)
		*config = cli_platform_smmu(platform)->config;
	cli_platform_free(platform);
	return status;
}

int cmd_regs(int argc, char **argv)
{
	struct cli_platform platform = { .path = NULL };
	bool json = false, decode = false, profiles = false;
	const char *profile = "default";
	const struct cli_option options[] = {
		{ .name = "--decode",
		  .kind = CLI_FLAG,
		  .target = &decode,
		  .help = "explain values instead: the operands" },
		{ .name = "--profile",
		  .meta = "NAME",
		  .kind = CLI_TEXT,
		  .target = &profile,
		  .help = "the map of this kind of SMMU; list: which there are" },
		{ .name = "--profiles",
		  .kind = CLI_FLAG,
		  .target = &profiles,
		  .help = "which kinds there are" },
		CLI_PLATFORM_OPTION(&platform),
		CLI_SMMU_OPTION(&platform),
		{ .name = "--json", .kind = CLI_FLAG, .target = &json, .help = "as JSON" },
	};
	const struct cli_usage usage = {
		.command = "regs",
		.operands = "[REGISTER=VALUE]...",
		.about =
			"Prints the register map of the SMMU: name, offset from page 0, width, access,\n"
			"value after reset, and the clause of the architecture.\n\n"
			"With --decode explains each field of the values given. REGISTER is Arm's name, with\n"
			"or without SMMU_, or an offset from page 0; VALUE is a number as C writes it. GERROR\n"
			"and GERRORN, or an index and the base of its queue, say more together.",
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
		.examples = examples,
		.operand_max = CLI_OPERANDS_MAX,
	};
	struct sv3_smmu_config config;
	struct cli_args args;

	if (!cli_parse(&usage, argc, argv, &args))
		return args.status;
	if (decode && args.operand_count == 0)
		return cli_error("regs", "nothing to decode; give REGISTER=VALUE such as CR0=0xd");
	if (!decode && args.operand_count > 0)
		return cli_error("regs", "'%s' is one argument too many; --decode explains values",
				 args.operands[0]);
	if (decode)
		return regs_decode(&args, json);
	if (profiles || strcmp(profile, "list") == 0)
		return print_profiles(json);
	if (platform.path != NULL && cli_is_given(&args, "--profile"))
		return cli_error("regs", "--profile beside --platform; give one of them");
	if (choose_config(&platform, profile, &config) != CLI_OK)
		return CLI_ERROR;
	return json ? print_json(&config) : print_table(&config);
}
