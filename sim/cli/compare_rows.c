/* SPDX-License-Identifier: MIT */
/*
 * compare_rows.c - the options of `sv3 compare`, a table for each heading of --help.
 *
 * A row says where in struct compare_request its value goes, and the macro of its kind checks that
 * the member has that kind's type. Defaults are the library's; --help prints them from there.
 */
#include "cli.h"
#include "compare.h"

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
	"world of its own, and prints what it took: rounds, pages, commands, times. Each of several\n"
	"TRACEs is a device of its own. An oracle outside the system names every page whose copy is\n"
	"stale in the end. docs/MIGRATION.md defines all.\n"
	"Columns of --csv and --json that need a word: tlbi_asid, tlbi_range, tlbi_va are tlbi by what\n"
	"the commands name; refill_walks are walks for entries that an invalidation had removed;\n"
	"cpu_writes and cpu_delay_ns are those of --cpu-writes and --cpu-trace; dma_slowdown_percent,\n"
	"dma_latency_p50_ns, dma_latency_p99_ns and migration_cpu_time_ns need --timed, else they are\n"
	"empty.\n"
	"Exit status 2: a policy that claims to lose no page lost one, or --monitor found something in it,\n"
	"or an access was translated wrongly.";

static const char *const examples[] = {
	"sv3 compare traces/samples/nvme-rand-strict.s3t",
	"sv3 compare traces/samples/mixed-lazy.s3t --policy hw-auto,hw-manual-page --link 1G",
	"sv3 compare traces/samples/mixed-lazy.s3t --view iova --policy all --json -",
	"sv3 compare --scenario fixed-area-10:mask=0x0aa --policy hw-auto,hw-manual",
	"sv3 compare traces/samples/mixed-lazy.s3t traces/samples/mixed-lazy.s3t --stream-offset 0x20",
	"sv3 platform default >my.dts && sv3 compare traces/samples/mixed-lazy.s3t --platform my.dts",
	"sv3 compare traces/samples/nic-rx-strict.s3t --timed --preset server --time-scale 0.01",
	"sv3 compare traces/samples/mixed-lazy.s3t --cpu-writes zipf:rate=50k/s --throttle both",
	NULL,
};

/* --- rows --- */

/** A struct cli_option whose target is a member of the request. */
struct row {
	const char *name, *meta;
	enum cli_kind kind;
	size_t offset; /* in struct compare_request */
	uint64_t min, max;
	const char *const *choices;
	const char *help;
};

/** The rows below one heading. */
struct group {
	const char *heading;
	const struct row *rows;
	unsigned int row_count;
};

/* A member of another type than @type is a warning of the compiler. */
#define MEMBER(member, type)                        \
	(offsetof(struct compare_request, member) + \
	 0 * sizeof((type *)0 == &((struct compare_request *)0)->member))
#define TEXT(name, meta, member, help)                                                     \
	{                                                                                  \
		(name), (meta), CLI_TEXT, MEMBER(member, const char *), 0, 0, NULL, (help) \
	}
#define TEXTS(name, meta, member, help)                                                         \
	{                                                                                       \
		(name), (meta), CLI_TEXTS, MEMBER(member, struct cli_texts), 0, 0, NULL, (help) \
	}
#define FLAG(name, member, help)                                                 \
	{                                                                        \
		(name), NULL, CLI_FLAG, MEMBER(member, bool), 0, 0, NULL, (help) \
	}
#define CHOICE(name, choices, member, help)                                                     \
	{                                                                                       \
		(name), NULL, CLI_CHOICE, MEMBER(member, unsigned int), 0, 0, (choices), (help) \
	}
#define NUMBER(name, kind, member, min, max, help)                                             \
	{                                                                                      \
		(name), NULL, CLI_##kind, MEMBER(member, uint64_t), (min), (max), NULL, (help) \
	}

static const struct row guest_rows[] = {
	TEXT("--scenario", "NAME", scenario,
	     "DMA by the migration's own steps in place of TRACE\n(sv3 scenario list)"),
	NUMBER("--stream-offset", INTEGER, stream_offset, 0, 0xffff,
	       "move the StreamIDs of the second TRACE by N, of the third\nby 2 N, and so on"),
	TEXTS("--cpu-writes", "SPEC", cpu_writes,
	      "what CPUs write beside the devices: fixed, sequential\n(a ring), uniform or zipf, "
	      "then any of :rate=100k/s\n:pages=4096 :first=0 :writes=1 :theta=1 :len=64; may be\n"
	      "given again"),
	TEXT("--cpu-trace", "FILE", cpu_trace,
	     "what they write as recorded, R and W rows by guest\naddress"),
	CHOICE("--view", views, view,
	       "guest: devices passed through, IOVA = guest address;\n"
	       "iova: the driver's view, MAP and UNMAP rows played"),
	TEXT("--policy", "LIST", policies, "comma-separated names, or all (sv3 policy list)"),
	NUMBER("--guest-base", ADDRESS, guest_base, 0, SV3_WORLD_HOST_BASE,
	       "first byte of guest RAM"),
	NUMBER("--guest-mem", SIZE, guest_mem, SV3_PAGE_SIZE, SV3_WORLD_HOST_BASE,
	       "guest RAM; else the next power of two GiB above\nthe highest address of any trace"),
	FLAG("--contents", contents, "carry bytes, and compare both images at the end"),
	FLAG("--monitor", monitor, "watch what software owes the SMMU (docs/MONITOR.md)"),
};

static const struct row how_rows[] = {
	NUMBER("--link", RATE, link, 1, RATE_MAX, "payload rate, bit/s, decimal"),
	NUMBER("--downtime", DURATION, downtime, 0, DURATION_MAX,
	       "stop when what is left can be sent in this time"),
	NUMBER("--max-rounds", INTEGER, max_rounds, 1, ROUNDS_MAX,
	       "stop after so many rounds in any case"),
	NUMBER("--chunk-shift", INTEGER, chunk_shift, 0, 40, "hw-manual-chunk: 2^N pages a chunk"),
	CHOICE("--flush", compare_flushes, flush,
	       "what is invalidated after a clear: the span of all that\nwas cleared, the ASID, the span by plain addresses,\neach run of neighbours, each leaf"),
	CHOICE("--mode", compare_modes, mode, "bulk, rounds, stop; bulk, stop; or stop, bulk"),
	CHOICE("--bandwidth", bandwidths, bandwidth,
	       "what the stop rule counts with: the link's, or what was\nachieved in the last 100 ms"),
	NUMBER("--device-state", SIZE, device_state, 0, STATE_MAX, "state of devices, sent last"),
	CHOICE("--transfer", compare_transfers, transfer,
	       "what a page becomes on the wire; all but plain imply\n--contents"),
	NUMBER("--xor-cache", SIZE, cache, SV3_PAGE_SIZE, CACHE_MAX,
	       "pages that --transfer xor remembers"),
	CHOICE("--throttle", throttles, throttle,
	       "slow down who writes more than a part of what was sent,\ntwice in a row"),
	NUMBER("--throttle-trigger", INTEGER, throttle_trigger, 1, 100,
	       "that part, percent of the pages sent"),
	NUMBER("--throttle-initial", INTEGER, throttle_initial, 1, 99,
	       "percent of speed taken away at first"),
	NUMBER("--throttle-increment", INTEGER, throttle_increment, 1, 99,
	       "percent more each time"),
	NUMBER("--throttle-max", INTEGER, throttle_max, 1, 99, "percent at most"),
	CHOICE("--cpu-log", cpu_logs, cpu_log,
	       "how the log of CPU writes is cleared: by chunk before\nthe copy, or when it is read"),
	CHOICE("--unmap", compare_unmaps, unmap,
	       "iova view, dirty state at an UNMAP row: kept; read,\nthen dropped a while later; dropped"),
	CHOICE("--invalidation", compare_invalidations, invalidation,
	       "iova view: as recorded, after each UNMAP row, or put\noff for 10 ms or 256 rows"),
	NUMBER("--ring-entries", INTEGER, ring_entries, 1, ENTRIES_MAX,
	       "dirty-ring: leaves its ring holds"),
	NUMBER("--pml-entries", INTEGER, pml_entries, 1, ENTRIES_MAX,
	       "pml: leaves the hardware's buffer holds"),
	NUMBER("--device-log-page", SIZE, device_page, SV3_PAGE_SIZE, DEVICE_PAGE_MAX,
	       "device-log: its page size, a power of two"),
	CHOICE("--leaf", compare_leaves, leaf,
	       "blocks: kept; split into pages at the start, or when\nfirst cleaned; split, and merged behind the last page"),
	CHOICE("--leaf-size", leaf_sizes, leaf_size,
	       "guest view: the largest leaf that maps guest RAM"),
	NUMBER("--bbml", INTEGER, bbml, 0, 2,
	       "IDR3.BBML: how live leaves may be changed; at 0 DMA to\na block that is split faults"),
};

static const struct row time_rows[] = {
	FLAG("--timed", timed.is_timed, "the hardware takes time, and software as the preset says"),
	TEXT("--preset", "NAME", timed.preset, "its parameters (sv3 timing --help)"),
	TEXTS("--set", "NAME=VALUE", timed.sets,
	      "one parameter, again and again; sv3 timing lists them"),
	FLAG("--closed-loop", timed.closed_loop,
	     "devices go on as fast as they are let, whatever the\ntimes of the trace"),
	NUMBER("--time-scale", SCALE, time_scale, 1, SCALE_MAX,
	       "multiply the times of the trace; 0.1 is ten times\ndenser"),
	NUMBER("--lead", DURATION, lead, 0, DURATION_MAX,
	       "the guest runs for so long before the migration begins"),
	NUMBER("--scan-time", DURATION, scan, 0, COST_MAX, "to read one descriptor"),
	NUMBER("--clear-time", DURATION, clear, 0, COST_MAX, "to clear one leaf"),
	NUMBER("--cmdq-delay", DURATION, cmdq_delay, 0, COST_MAX,
	       "from the write of CMDQ_PROD to execution"),
	NUMBER("--inv-latency", DURATION, inv_latency, 0, COST_MAX,
	       "of TLBI and SYNC as software sees it, the above\nincluded"),
	NUMBER("--clear-delay", DURATION, clear_delay, 0, COST_MAX,
	       "from the end of a scan to its clear, policies that\nclear everything at once"),
	NUMBER("--post-delay", DURATION, post_delay, 0, COST_MAX,
	       "from translation to the write landing"),
	NUMBER("--fault-latency", DURATION, fault_latency, 0, COST_MAX,
	       "from a fault's interrupt to the software that handles it"),
	NUMBER("--unmap-gap", DURATION, unmap_gap, 0, COST_MAX,
	       "get-then-unmap: from reading to dropping"),
	NUMBER("--log-delay", DURATION, log_delay, 0, COST_MAX,
	       "software-log, guest-mark: from a write's landing to\nits bit or mark"),
	NUMBER("--diff-time", DURATION, diff_time, 0, COST_MAX,
	       "bounce-diff: to copy and compare a page"),
	NUMBER("--cpu-fault", DURATION, cpu_fault, 0, COST_MAX,
	       "what the first write to a page costs a CPU"),
};

static const struct row hardware_rows[] = {
	TEXT("--platform", "FILE", platform,
	     "a device tree, .dtb or .dts (sv3 platform default), as\nthe machine"),
	TEXT("--smmu", "NODE", smmu,
	     "the SMMU of the tree; else the one that all streams are\nbehind"),
	NUMBER("--tlb-entries", INTEGER, tlb_entries, 0, UINT32_MAX,
	       "size of the TLB, a power of two; 0: none"),
	FLAG("--ats", ats,
	     "devices translate by ATS and cache what they are granted:\nCMD_ATC_INV follows each TLBI"),
	NUMBER("--atc-entries", INTEGER, atc_entries, 1, SV3_ATC_ENTRIES_MAX,
	       "grants that the cache of such a device (ATC) holds"),
	TEXT("--bug", "NAME|Bnn", bug, "seed a mistake (sv3 bug list)"),
	NUMBER("--seed", INTEGER, seed, 0, 0, "of everything random"),
};

static const struct row output_rows[] = {
	TEXT("--json", "FILE", json, "results as JSON; '-': to standard output, no table"),
	TEXT("--csv", "FILE", csv, "results as CSV; '-': to standard output, no table"),
	NUMBER("-j", INTEGER, jobs, 1, 256,
	       "policies at a time, each with a world in memory; else one\na processor"),
	FLAG("--plot", plot, "charts below the table"),
	TEXT("--timeline", "FILE", watch.timeline_path,
	     "what hardware and software do, for Perfetto; --timed, and\none policy"),
	TEXT("--vcd", "FILE", watch.vcd_path, "a waveform of it, for GTKWave; likewise"),
	NUMBER("--timeline-limit", INTEGER, watch.limit, 0, 0,
	       "events in either file, from the start; 0: all"),
	TEXT("--report", "DIR", report,
	     "a page with plots, DIR/report.html, and the data\nbehind it; needs gnuplot"),
};

#define GROUP(heading, rows)                                        \
	{                                                           \
		(heading), (rows), sizeof(rows) / sizeof((rows)[0]) \
	}

static const struct group groups[] = {
	GROUP("what migrates", guest_rows), GROUP("how", how_rows),
	GROUP("time", time_rows),           GROUP("hardware and mistakes", hardware_rows),
	GROUP("output", output_rows),
};

_Static_assert(COMPARE_TRACES_MAX <= CLI_OPERANDS_MAX, "each trace is an operand");

#define GROUP_COUNT (sizeof(groups) / sizeof(groups[0]))

/* --- what is asked of them --- */

/** Headings and rows in order, with @request as their targets. Returns: how many; at most @max. */
static unsigned int make_options(struct compare_request *request, struct cli_option *options,
				 unsigned int max)
{
	unsigned int count = 0;

	for (size_t g = 0; g < GROUP_COUNT; g++) {
		SV3_ASSERT(count + 1 + groups[g].row_count <= max);
		options[count++] = (struct cli_option){ .help = groups[g].heading };
		for (unsigned int i = 0; i < groups[g].row_count; i++) {
			const struct row *row = &groups[g].rows[i];

			options[count++] = (struct cli_option){
				row->name, row->meta, row->kind,    (char *)request + row->offset,
				row->min,  row->max,  row->choices, row->help,
			};
		}
	}
	return count;
}

/** @options: shape [CLI_OPTIONS_MAX], must live as long as the usage. */
static struct cli_usage make_usage(struct compare_request *request, struct cli_option *options)
{
	return (struct cli_usage){
		.command = "compare",
		.operands = "TRACE...|--scenario NAME",
		.about = about,
		.options = options,
		.option_count = make_options(request, options, CLI_OPTIONS_MAX),
		.examples = examples,
		.operand_max = COMPARE_TRACES_MAX,
	};
}

bool compare_parse(int argc, char **argv, struct compare_request *request, struct cli_args *args)
{
	struct cli_option options[CLI_OPTIONS_MAX];
	const struct cli_usage usage = make_usage(request, options);

	return cli_parse(&usage, argc, argv, args);
}

int compare_apply_settings(const struct cli_platform *platform, struct compare_request *request,
			   const struct cli_args *args)
{
	struct cli_option options[CLI_OPTIONS_MAX];
	const struct cli_usage usage = make_usage(request, options);

	return cli_platform_settings(platform, &usage, args);
}

bool compare_is_setting(const char *name)
{
	/* What a run reads, and what other nodes of a tree say. */
	static const char *const others[] = { "--scenario",    "--cpu-trace", "--guest-base",
					      "--guest-mem",   "--platform",  "--smmu",
					      "--tlb-entries", NULL };

	for (const char *const *other = others; *other != NULL; other++) {
		if (strcmp(*other, name) == 0)
			return false;
	}
	for (size_t g = 0; g < GROUP_COUNT; g++) {
		for (unsigned int i = 0; i < groups[g].row_count; i++) {
			if (strcmp(groups[g].rows[i].name, name) == 0)
				return groups[g].rows != output_rows;
		}
	}
	return false;
}

bool compare_option_kind(const char *name, enum cli_kind *kind)
{
	for (size_t g = 0; g < GROUP_COUNT; g++) {
		for (unsigned int i = 0; i < groups[g].row_count; i++) {
			if (strcmp(groups[g].rows[i].name, name) == 0) {
				*kind = groups[g].rows[i].kind;
				return true;
			}
		}
	}
	return false;
}
