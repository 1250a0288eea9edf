/* SPDX-License-Identifier: MIT */
/*
 * compare_options.c - the command line of `sv3 compare`: its rows, and what they make of a run.
 *
 * Defaults are the library's; --help prints them from there.
 */
#include "cli.h"
#include "compare.h"

#include <sv3/arch.h>

#include <stdlib.h>
#include <string.h>

#define RATE_MAX        UINT64_C(100000000000000) /* 100 Tbit/s */
#define DURATION_MAX    (3600 * SV3_PS_PER_S)
#define COST_MAX        SV3_PS_PER_S
#define SCALE_MAX       (UINT64_C(1000000) * 1000000)
#define ROUNDS_MAX      1000000u
#define STATE_MAX       (UINT64_C(1) << 40)
#define CACHE_MAX       (UINT64_C(1) << 40)
#define ENTRIES_MAX     (1u << 20)
#define DEVICE_PAGE_MAX (UINT64_C(1) << 40)

static const char *const views[] = { "guest", "iova", NULL }; /* enum sv3_trace_view */
/* enum sv3_flush_scope, from RANGE on */
const char *const compare_flushes[] = { "range", "all", "range-no-ril", "runs", "page", NULL };

/* enum sv3_migration_mode, enum sv3_transfer */
const char *const compare_modes[] = { "precopy", "bulk-stop", "stop-copy", NULL };
const char *const compare_transfers[] = { "plain", "zero", "xor", "hash-skip", NULL };
const char *const compare_unmaps[] = { "xchg", "get-then-unmap", "plain", NULL };
const char *const compare_invalidations[] = { "recorded", "strict", "deferred", NULL };
const char *const compare_leaves[] = { "keep", "split-start", "split-dirty", "merge-stop", NULL };
static const char *const leaf_sizes[] = { "4K", "2M", "1G", NULL }; /* 12, 21, 30 */
static const char *const throttles[] = { "off", "device", "cpu", "both", NULL };
static const char *const cpu_logs[] = { "manual", "auto", NULL }; /* enum sv3_cpu_log_mode */
static const char *const bandwidths[] = { "link", "measured", NULL };

static const char about[] =
	"Migrates a guest whose devices do the DMA of TRACE, once for each policy, each time in a\n"
	"world of its own, and prints what it took: rounds, pages, commands, times. An oracle outside\n"
	"the system names every page whose copy is stale in the end. docs/MIGRATION.md defines all.\n"
	"Exit status 2: a policy that claims to lose no page lost one, or an access was translated wrongly.";

static const char *const examples[] = {
	"sv3 compare traces/samples/nvme-rand-strict.s3t",
	"sv3 compare traces/samples/mixed-lazy.s3t --policy hw-auto,hw-manual-page --link 1G",
	"sv3 compare traces/samples/mixed-lazy.s3t --view iova --policy all --json -",
	"sv3 compare --scenario fixed-area-10:mask=0x0aa --policy hw-auto,hw-manual",
	NULL,
};

void compare_request_default(struct compare_request *request,
			     const struct sv3_compare_config *config)
{
	*request = (struct compare_request){
		.view = SV3_VIEW_GUEST,
		.flush = (unsigned int)config->migration.flush - SV3_FLUSH_RANGE,
		.chunk_shift = config->migration.chunk_shift,
		.link = config->migration.link_bits_per_s,
		.downtime = config->migration.downtime,
		.max_rounds = config->migration.max_rounds,
		.mode = config->migration.mode,
		.transfer = config->migration.transfer,
		.bandwidth = config->migration.measure_bandwidth,
		.device_state = config->migration.device_state_bytes,
		.cache = config->migration.cache_bytes,
		.unmap = config->unmap_mode,
		.invalidation = config->invalidation,
		.cpu_log = config->migration.cpu_log,
		.ring_entries = config->migration.ring_entries,
		.pml_entries = config->migration.pml_entries,
		.device_page = UINT64_C(1) << config->migration.device_page_lg2,
		.log_delay = config->migration.log_delay,
		.diff_time = config->migration.diff_time,
		.cpu_fault = config->migration.cpu_fault,
		.unmap_gap = config->costs.unmap_gap,
		.guest_base = config->guest_base,
		.time_scale = config->time_scale_ppm,
		.scan = config->costs.scan,
		.clear = config->costs.clear,
		.cmdq_delay = config->costs.cmdq_delay,
		.inv_latency = config->costs.inv_latency,
		.clear_delay = config->costs.clear_delay,
		.post_delay = config->costs.post_delay,
		.fault_latency = config->costs.fault_latency,
		.tlb_entries = config->smmu.tlb_entries,
		.seed = config->seed,
		.leaf = config->migration.leaf,
		.leaf_size = (config->leaf_max_lg2 - 12) / 9,
		.bbml = SV3_GET(SV3_IDR3_BBML, config->smmu.idr3),
	};
}

#define HEADING(text)          \
	{                      \
		.help = (text) \
	}
#define TEXT(name, meta, target, help)                                 \
	{                                                              \
		(name), (meta), CLI_TEXT, (target), 0, 0, NULL, (help) \
	}
#define FLAG(name, target, help)                                     \
	{                                                            \
		(name), NULL, CLI_FLAG, (target), 0, 0, NULL, (help) \
	}
#define CHOICE(name, choices, target, help)                                 \
	{                                                                   \
		(name), NULL, CLI_CHOICE, (target), 0, 0, (choices), (help) \
	}
#define NUMBER(name, kind, target, min, max, help)                             \
	{                                                                      \
		(name), NULL, CLI_##kind, (target), (min), (max), NULL, (help) \
	}

/** Says what the rows are, with @r as their targets, to @use. */
static bool with_usage(struct compare_request *r,
		       bool (*use)(const struct cli_usage *usage, void *context), void *context)
{
	const struct cli_option options[] = {
		HEADING("what migrates"),
		TEXT("--scenario", "NAME", &r->scenario,
		     "DMA by the migration's own steps in place of TRACE\n(sv3 scenario list)"),
		CHOICE("--view", views, &r->view,
		       "guest: devices passed through, IOVA = guest address;\n"
		       "iova: the driver's view, MAP and UNMAP rows played"),
		TEXT("--policy", "LIST", &r->policies,
		     "comma-separated names, or all (sv3 policy list)"),
		NUMBER("--guest-base", ADDRESS, &r->guest_base, 0, SV3_WORLD_HOST_BASE,
		       "first byte of guest RAM"),
		NUMBER("--guest-mem", SIZE, &r->guest_mem, SV3_PAGE_SIZE, SV3_WORLD_HOST_BASE,
		       "guest RAM; else the next power of two GiB above\nthe highest address of the trace"),
		FLAG("--contents", &r->contents, "carry bytes, and compare both images at the end"),
		HEADING("how"),
		NUMBER("--link", RATE, &r->link, 1, RATE_MAX, "payload rate, bit/s, decimal"),
		NUMBER("--downtime", DURATION, &r->downtime, 0, DURATION_MAX,
		       "stop when what is left can be sent in this time"),
		NUMBER("--max-rounds", INTEGER, &r->max_rounds, 1, ROUNDS_MAX,
		       "stop after so many rounds in any case"),
		NUMBER("--chunk-shift", INTEGER, &r->chunk_shift, 0, 40,
		       "hw-manual-chunk: 2^N pages a chunk"),
		CHOICE("--flush", compare_flushes, &r->flush,
		       "what is invalidated after a clear: the span of all that\nwas cleared, the ASID, the span by plain addresses,\neach run of neighbours, each leaf"),
		CHOICE("--mode", compare_modes, &r->mode,
		       "bulk, rounds, stop; bulk, stop; or stop, bulk"),
		CHOICE("--bandwidth", bandwidths, &r->bandwidth,
		       "what the stop rule counts with: the link's, or what was\nachieved in the last 100 ms"),
		NUMBER("--device-state", SIZE, &r->device_state, 0, STATE_MAX,
		       "state of devices, sent last"),
		CHOICE("--transfer", compare_transfers, &r->transfer,
		       "what a page becomes on the wire; all but plain imply\n--contents"),
		NUMBER("--xor-cache", SIZE, &r->cache, SV3_PAGE_SIZE, CACHE_MAX,
		       "pages that --transfer xor remembers"),
		CHOICE("--throttle", throttles, &r->throttle,
		       "slow down who writes more than half of what was sent,\ntwice in a row: 20 %, then 10 % more each time"),
		CHOICE("--cpu-log", cpu_logs, &r->cpu_log,
		       "how the log of CPU writes is cleared: by chunk before\nthe copy, or when it is read"),
		CHOICE("--unmap", compare_unmaps, &r->unmap,
		       "iova view, dirty state at an UNMAP row: kept; read,\nthen dropped a while later; dropped"),
		CHOICE("--invalidation", compare_invalidations, &r->invalidation,
		       "iova view: as recorded, after each UNMAP row, or put\noff for 10 ms or 256 rows"),
		NUMBER("--ring-entries", INTEGER, &r->ring_entries, 1, ENTRIES_MAX,
		       "dirty-ring: leaves its ring holds"),
		NUMBER("--pml-entries", INTEGER, &r->pml_entries, 1, ENTRIES_MAX,
		       "pml: leaves the hardware's buffer holds"),
		NUMBER("--device-log-page", SIZE, &r->device_page, SV3_PAGE_SIZE, DEVICE_PAGE_MAX,
		       "device-log: its page size, a power of two"),
		CHOICE("--leaf", compare_leaves, &r->leaf,
		       "blocks: kept; split into pages at the start, or when\nfirst cleaned; split, and merged behind the last page"),
		CHOICE("--leaf-size", leaf_sizes, &r->leaf_size,
		       "guest view: the largest leaf that maps guest RAM"),
		NUMBER("--bbml", INTEGER, &r->bbml, 0, 2,
		       "IDR3.BBML: how live leaves may be changed; at 0 DMA to\na block that is split faults"),
		HEADING("time"),
		NUMBER("--time-scale", SCALE, &r->time_scale, 1, SCALE_MAX,
		       "multiply the times of the trace; 0.1 is ten times\ndenser"),
		NUMBER("--scan-time", DURATION, &r->scan, 0, COST_MAX, "to read one descriptor"),
		NUMBER("--clear-time", DURATION, &r->clear, 0, COST_MAX, "to clear one leaf"),
		NUMBER("--cmdq-delay", DURATION, &r->cmdq_delay, 0, COST_MAX,
		       "from the write of CMDQ_PROD to execution"),
		NUMBER("--inv-latency", DURATION, &r->inv_latency, 0, COST_MAX,
		       "of TLBI and SYNC as software sees it, the above\nincluded"),
		NUMBER("--clear-delay", DURATION, &r->clear_delay, 0, COST_MAX,
		       "from the end of a scan to its clear, policies that\nclear everything at once"),
		NUMBER("--post-delay", DURATION, &r->post_delay, 0, COST_MAX,
		       "from translation to the write landing"),
		NUMBER("--fault-latency", DURATION, &r->fault_latency, 0, COST_MAX,
		       "from a fault's interrupt to the software that handles it"),
		NUMBER("--unmap-gap", DURATION, &r->unmap_gap, 0, COST_MAX,
		       "get-then-unmap: from reading to dropping"),
		NUMBER("--log-delay", DURATION, &r->log_delay, 0, COST_MAX,
		       "software-log, guest-mark: from a write's landing to\nits bit or mark"),
		NUMBER("--diff-time", DURATION, &r->diff_time, 0, COST_MAX,
		       "bounce-diff: to copy and compare a page"),
		NUMBER("--cpu-fault", DURATION, &r->cpu_fault, 0, COST_MAX,
		       "what the first write to a page costs a CPU"),
		HEADING("hardware and mistakes"),
		NUMBER("--tlb-entries", INTEGER, &r->tlb_entries, 0, UINT32_MAX,
		       "size of the TLB, a power of two; 0: none"),
		TEXT("--bug", "NAME", &r->bug, "seed a mistake (sv3 bug list)"),
		NUMBER("--seed", INTEGER, &r->seed, 0, 0, "of everything random"),
		HEADING("output"),
		TEXT("--json", "FILE", &r->json,
		     "results as JSON; '-': to standard output, no table"),
		TEXT("--csv", "FILE", &r->csv, "results as CSV; '-': to standard output, no table"),
		FLAG("--plot", &r->plot, "charts below the table"),
		TEXT("--report", "DIR", &r->report,
		     "a page with plots, DIR/report.html, and the data\nbehind it; needs gnuplot"),
	};
	const struct cli_usage usage = {
		.command = "compare",
		.operands = "TRACE|--scenario NAME",
		.about = about,
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
		.examples = examples,
		.operand_max = 1,
	};

	return use(&usage, context);
}

struct words {
	int argc;
	char **argv;
	struct cli_args *args;
};

static bool parse_words(const struct cli_usage *usage, void *context)
{
	const struct words *words = context;

	return cli_parse(usage, words->argc, words->argv, words->args);
}

bool compare_parse(int argc, char **argv, struct compare_request *request, struct cli_args *args)
{
	struct words words = { argc, argv, args };

	return with_usage(request, parse_words, &words);
}

struct question {
	const char *name;
	enum cli_kind *kind;
};

static bool find_kind(const struct cli_usage *usage, void *context)
{
	const struct question *question = context;

	for (unsigned int i = 0; i < usage->option_count; i++) {
		if (usage->options[i].name != NULL &&
		    strcmp(usage->options[i].name, question->name) == 0) {
			*question->kind = usage->options[i].kind;
			return true;
		}
	}
	return false;
}

bool compare_option_kind(const char *name, enum cli_kind *kind)
{
	struct compare_request request = { 0 };
	struct question question = { name, kind };

	return with_usage(&request, find_kind, &question);
}

/* --- from the request to the configuration --- */

static int add_policy(struct compare_run *run, const struct sv3_policy_info *info)
{
	for (unsigned int i = 0; i < run->policy_count; i++) {
		if (run->policies[i] == info)
			return cli_error("compare", "--policy: '%s' is named twice", info->name);
	}
	if (run->policy_count == COMPARE_POLICIES_MAX)
		return cli_error("compare", "--policy: more than %u policies",
				 COMPARE_POLICIES_MAX);
	run->policies[run->policy_count++] = info;
	return CLI_OK;
}

static int add_policy_by_name(struct compare_run *run, const char *name)
{
	const struct sv3_policy_info *info = sv3_policy_find(name);
	const char *names[COMPARE_POLICIES_MAX + 1];
	unsigned int count = 0;

	if (info != NULL)
		return add_policy(run, info);
	for (; count < COMPARE_POLICIES_MAX && (info = sv3_policy_info(count)) != NULL; count++)
		names[count] = info->name;
	names[count] = NULL;
	return cli_unknown("compare", "policy", name, names, "sv3 policy list shows them all");
}

/** @list: comma-separated; NULL: the default ones; "all". */
static int choose_policies(struct compare_run *run, const char *list)
{
	const struct sv3_policy_info *info;
	int status = CLI_OK;
	char *copy, *rest, *name;

	if (list == NULL || strcmp(list, "all") == 0) {
		for (unsigned int i = 0; (info = sv3_policy_info(i)) != NULL; i++) {
			if ((list != NULL || info->is_default) && status == CLI_OK)
				status = add_policy(run, info);
		}
		return status;
	}
	rest = copy = strdup(list);
	if (copy == NULL)
		return cli_error("compare", "%s", sv3_strerror(SV3_ERR_NOMEM));
	while (status == CLI_OK && (name = strsep(&rest, ",")) != NULL)
		status = add_policy_by_name(run, name);
	free(copy);
	return status;
}

static int choose_bug(struct compare_run *run, const char *name)
{
	const struct sv3_bug_info *info;
	const char *names[32];
	unsigned int count = 0;

	if (name == NULL)
		return CLI_OK;
	for (; count < 31 && (info = sv3_bug_info(count)) != NULL; count++) {
		names[count] = info->name;
		if (strcmp(info->name, name) == 0 || strcmp(info->id, name) == 0) {
			run->bug_name = info->name;
			run->config.migration.bug = info->bug;
			return CLI_OK;
		}
	}
	names[count] = NULL;
	return cli_unknown("compare", "bug", name, names, "sv3 bug list shows them all");
}

/* Parameters of single policies, and what a guest and its driver do beside the DMA. */
static int configure_trackers(struct compare_run *run, const struct compare_request *request)
{
	struct sv3_compare_config *config = &run->config;
	struct sv3_migration_config *migration = &config->migration;

	if (request->device_page & (request->device_page - 1))
		return cli_error("compare", "--device-log-page: a power of two from 4K to 1T");
	config->unmap_mode = (enum sv3_unmap_mode)request->unmap;
	config->invalidation = (enum sv3_invalidation)request->invalidation;
	config->costs.unmap_gap = request->unmap_gap;
	migration->throttle.device = (request->throttle & 1) != 0;
	migration->throttle.cpu = (request->throttle & 2) != 0;
	migration->cpu_log = (enum sv3_cpu_log_mode)request->cpu_log;
	migration->ring_entries = (uint32_t)request->ring_entries;
	migration->pml_entries = (uint32_t)request->pml_entries;
	migration->device_page_lg2 = (uint32_t)__builtin_ctzll(request->device_page);
	migration->log_delay = request->log_delay;
	migration->diff_time = request->diff_time;
	migration->cpu_fault = request->cpu_fault;
	return CLI_OK;
}

static void configure_leaves(struct sv3_compare_config *config,
			     const struct compare_request *request)
{
	config->leaf_max_lg2 = 12 + 9 * request->leaf_size;
	config->migration.leaf = (enum sv3_leaf_mode)request->leaf;
	config->smmu.idr3 &= ~(uint32_t)SV3_IDR3_BBML;
	config->smmu.idr3 |= (uint32_t)SV3_PUT(SV3_IDR3_BBML, request->bbml);
	/* [IHI0070 6.3.4] SMMUv3.2 has level 1 or 2. */
	if (request->bbml == 0 && config->smmu.aidr > 1)
		config->smmu.aidr = 1;
}

int compare_configure(struct compare_run *run, const struct compare_request *request)
{
	struct sv3_compare_config *config = &run->config;

	config->view = request->view == SV3_VIEW_IOVA ? SV3_VIEW_IOVA : SV3_VIEW_GUEST;
	config->guest_base = request->guest_base;
	config->time_scale_ppm = request->time_scale;
	config->costs.scan = request->scan;
	config->costs.clear = request->clear;
	config->costs.cmdq_delay = request->cmdq_delay;
	config->costs.inv_latency = request->inv_latency;
	config->costs.clear_delay = request->clear_delay;
	config->costs.post_delay = request->post_delay;
	config->costs.fault_latency = request->fault_latency;
	config->contents = request->contents || request->transfer != SV3_TRANSFER_PLAIN;
	config->seed = request->seed;
	config->migration.link_bits_per_s = request->link;
	config->migration.downtime = request->downtime;
	config->migration.max_rounds = (uint32_t)request->max_rounds;
	config->migration.chunk_shift = (uint32_t)request->chunk_shift;
	config->migration.mode = (enum sv3_migration_mode)request->mode;
	config->migration.transfer = (enum sv3_transfer)request->transfer;
	config->migration.measure_bandwidth = request->bandwidth != 0;
	config->migration.device_state_bytes = request->device_state;
	config->migration.cache_bytes = request->cache;
	config->migration.flush = (enum sv3_flush_scope)(SV3_FLUSH_RANGE + request->flush);
	configure_leaves(config, request);
	if (cli_tlb_size("compare", &config->smmu, request->tlb_entries) != CLI_OK ||
	    configure_trackers(run, request) != CLI_OK || choose_bug(run, request->bug) != CLI_OK)
		return CLI_ERROR;
	return choose_policies(run, request->policies);
}
