/* SPDX-License-Identifier: MIT */
/*
 * cmd_explain.c - `sv3 explain`: the whole way of one access through a machine that was saved.
 */
#include "explain.h"

#include "platform.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_ALIGN 64u

static const char about[] =
	"Loads a snapshot and tells the whole way of one access: registers, STE, CD, each descriptor\n"
	"of each stage, what the hardware would write, what comes out, and whether the TLB still says\n"
	"what memory says. On a fault: the rule that was broken, and what software must change.\n"
	"Nothing is changed. sv3 replay --snapshot makes snapshots.";

static const char *const examples[] = {
	"sv3 replay traces/samples/mixed-lazy.s3t --snapshot-at 20s --snapshot m.snap",
	"sv3 explain --snapshot m.snap --sid 0x8 --iova 0xfffff000 --write",
	"sv3 explain --snapshot m.snap --sid 0x8 --iova 0x1000 --json",
	NULL,
};

struct request {
	struct cli_platform platform;
	const char *snapshot, *sid, *ssid, *iova;
	bool write, privileged, instruction, json;
};

static bool parse(struct request *r, int argc, char **argv, struct cli_args *args)
{
	const struct cli_option options[] = {
		{ "--snapshot", "FILE", CLI_TEXT, &r->snapshot, 0, 0, NULL, "the machine" },
		{ "--sid", "N", CLI_TEXT, &r->sid, 0, 0, NULL, "StreamID" },
		{ "--ssid", "N", CLI_TEXT, &r->ssid, 0, 0, NULL,
		  "SubstreamID; else there is none" },
		{ "--iova", "ADDRESS", CLI_TEXT, &r->iova, 0, 0, NULL, "what the device asks for" },
		{ "--write", NULL, CLI_FLAG, &r->write, 0, 0, NULL, "a write, not a read" },
		{ "--priv", NULL, CLI_FLAG, &r->privileged, 0, 0, NULL, "privileged" },
		{ "--exec", NULL, CLI_FLAG, &r->instruction, 0, 0, NULL, "an instruction fetch" },
		CLI_PLATFORM_OPTION(&r->platform),
		CLI_SMMU_OPTION(&r->platform),
		{ "--json", NULL, CLI_FLAG, &r->json, 0, 0, NULL, "as JSON" },
	};
	const struct cli_usage usage = {
		.command = "explain",
		.operands = "",
		.about = about,
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
		.examples = examples,
	};

	return cli_parse(&usage, argc, argv, args);
}

/** A number that must be given, or may be (@value stays), up to @max. */
static int parse_number(const char *option, const char *text, uint64_t max, uint64_t *value)
{
	if (text == NULL)
		return cli_error("explain", "%s is missing; sv3 explain --help", option);
	if (!cli_value_parse(CLI_ADDRESS, text, value) || *value > max)
		return cli_error("explain",
				 "%s: '%s' is not a number up to 0x%llx; give one such as 0x8",
				 option, text, (unsigned long long)max);
	return CLI_OK;
}

static int make_access(const struct request *request, struct sv3_txn *txn)
{
	uint64_t sid, ssid = 0, iova;

	if (request->snapshot == NULL)
		return cli_error("explain", "--snapshot is missing; sv3 explain --help");
	if (parse_number("--sid", request->sid, UINT32_MAX, &sid) != CLI_OK ||
	    parse_number("--iova", request->iova, UINT64_MAX, &iova) != CLI_OK ||
	    (request->ssid != NULL &&
	     parse_number("--ssid", request->ssid, 0xfffff, &ssid) != CLI_OK))
		return CLI_ERROR;
	if (request->write && request->instruction)
		return cli_error("explain",
				 "--write and --exec: a write is never a fetch; give one");
	*txn = (struct sv3_txn){
		.iova = iova,
		.stream_id = (uint32_t)sid,
		.substream_id = (uint32_t)ssid,
		.substream_valid = request->ssid != NULL,
		.write = request->write,
		.privileged = request->privileged,
		.instruction = request->instruction,
	};
	return CLI_OK;
}

static int load(struct explanation *e)
{
	struct sv3_snapshot_error error;
	uint64_t size;
	int rc;

	if (sv3_snapshot_read(e->path, &e->snapshot, &error) != 0)
		return cli_error("explain", "%s", error.text);
	size = (e->snapshot.block_size + BLOCK_ALIGN - 1) / BLOCK_ALIGN * BLOCK_ALIGN;
	e->block = aligned_alloc(BLOCK_ALIGN, size);
	if (e->block == NULL)
		return cli_error("explain", "%s", sv3_strerror(SV3_ERR_NOMEM));
	rc = sv3_snapshot_restore(&e->snapshot, e->block, size, &e->smmu, &e->ram);
	if (rc == -SV3_ERR_FORMAT || rc == -SV3_ERR_RANGE)
		return cli_error(
			"explain",
			"%s: offset %llu: no sound SMMU of this version; take the snapshot "
			"again with this sv3",
			e->path, (unsigned long long)e->snapshot.block_offset);
	if (rc != 0)
		return cli_error("explain", "%s: cannot make its memory: %s", e->path,
				 sv3_strerror(rc));
	return CLI_OK;
}

/** With a device tree: who it is that has this stream. */
static int find_master(struct explanation *e, struct cli_platform *platform)
{
	const struct cli_stream_set stream = { "--sid", &e->txn.stream_id, 1 };
	uint32_t master;

	if (cli_platform_load("explain", platform) != CLI_OK)
		return CLI_ERROR;
	if (platform->path == NULL)
		return CLI_OK;
	if (cli_platform_choose("explain", platform, &stream, 1) != CLI_OK)
		return CLI_ERROR;
	master = sv3_platform_master_of(&platform->tree, platform->smmu, e->txn.stream_id);
	e->master = platform->tree.masters[master].node;
	e->smmu_node = cli_platform_smmu(platform)->node;
	return CLI_OK;
}

int cmd_explain(int argc, char **argv)
{
	struct request request = { .snapshot = NULL };
	struct explanation *e;
	struct cli_args args;
	int status;

	if (!parse(&request, argc, argv, &args))
		return args.status;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return cli_error("explain", "%s", sv3_strerror(SV3_ERR_NOMEM));
	e->path = request.snapshot;
	status = make_access(&request, &e->txn);
	if (status == CLI_OK)
		status = find_master(e, &request.platform);
	if (status == CLI_OK)
		status = load(e);
	if (status == CLI_OK)
		status = explain_probe(e);
	if (status == CLI_OK) {
		explain_way(e);
		explain_verdict(e);
		status = request.json ? explain_print_json(e) : explain_print(e);
	}
	sv3_ram_fini(&e->ram);
	free(e->block);
	sv3_snapshot_fini(&e->snapshot);
	cli_platform_free(&request.platform);
	free(e);
	return status;
}
