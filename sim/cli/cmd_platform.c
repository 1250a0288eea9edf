/* SPDX-License-Identifier: MIT */
/*
 * cmd_platform.c - `sv3 platform show|default`: device trees, as the other commands take them.
 */
#include "cmd_platform.h"

#include "compare.h"
#include "platform.h"

#include <stdlib.h>
#include <string.h>

static const char *const examples[] = {
	"sv3 platform default >my.dts",
	"sv3 platform default >my.dts && sv3 platform show my.dts",
	"sv3 platform default >my.dts && sv3 platform show my.dts --json",
	NULL,
};

static const char about[] =
	"  sv3 platform show FILE    draws what a device tree holds: memory, SMMUs, who is behind them\n"
	"                            and by which StreamIDs, devices, parameters\n"
	"  sv3 platform default      prints the source of a tree, with comments, of the machine that\n"
	"                            commands build without one\n\n"
	"FILE is a .dts, which the program dtc translates, or a .dtb: dumped from a QEMU virt machine\n"
	"by -machine dumpdtb=FILE, or a board's. compare, replay, explain and regs take it by\n"
	"--platform FILE. docs/PLATFORM.md lists the properties. What is wrong is told as\n"
	"FILE: node: property.";

/** What settings mean is known to the options alone: they are set and forgotten. */
static int check_settings(const struct cli_platform *platform)
{
	struct sv3_compare_config config;
	struct compare_request request;
	const struct cli_args none = { .status = CLI_OK };

	sv3_compare_config_default(&config);
	compare_request_default(&request, &config);
	return compare_apply_settings(platform, &request, &none);
}

static int show(const char *path, bool json)
{
	struct cli_platform platform = { .path = path };
	int status = cli_platform_load("platform", &platform);

	if (status == CLI_OK)
		status = check_settings(&platform);
	if (status == CLI_OK)
		status =
			json ? platform_print_json(&platform.tree) : platform_print(&platform.tree);
	cli_platform_free(&platform);
	return status;
}

int cmd_platform(int argc, char **argv)
{
	static const char *const names[] = { "show", "default", NULL };
	bool json = false;
	const struct cli_option options[] = {
		{ "--json", NULL, CLI_FLAG, &json, 0, 0, NULL, "show: as JSON" },
	};
	const struct cli_usage usage = {
		.command = "platform",
		.operands = "show FILE|default",
		.about = about,
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
		.examples = examples,
		.operand_max = 2,
	};
	struct cli_args args;

	if (!cli_parse(&usage, argc, argv, &args))
		return args.status;
	if (args.operand_count == 0)
		return cli_error("platform",
				 "write sv3 platform show FILE or sv3 platform default");
	if (strcmp(args.operands[0], "show") == 0) {
		if (args.operand_count < 2)
			return cli_error("platform", "FILE is missing; sv3 platform --help");
		return show(args.operands[1], json);
	}
	if (strcmp(args.operands[0], "default") != 0)
		return cli_unknown("platform", "command", args.operands[0], names,
				   "sv3 platform --help lists them");
	if (args.operand_count > 1 || json)
		return cli_error("platform", "default takes no arguments");
	fputs(sv3_platform_default(), stdout);
	return CLI_OK;
}
