/* SPDX-License-Identifier: MIT */
/*
 * cmd_replay.c - `sv3 replay`: one pass over a trace through the SMMU, every address checked.
 *
 * In the iova view the tables are built and torn down by the MAP and UNMAP rows, and each access
 * must come out at the address that was recorded. Rates depend on the host's clock, which is why
 * JSON leaves them out unless asked.
 */
#include "monitor.h"
#include "platform.h"
#include "timing.h"

#include <cjson/cJSON.h>
#include <sv3/migration.h>
#include <sv3/report.h>
#include <sv3/sim.h>
#include <sv3/smmu.h>
#include <sv3/snapshot.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SCALE_MAX       (UINT64_C(1000000) * 1000000)
#define PROGRESS_SLICES 1024u
#define SNAPSHOT_AT_MAX (UINT64_MAX / 4)

static const char *const views[] = { "guest", "iova", NULL }; /* enum sv3_trace_view */

static const char about[] =
	"Replays a trace once through the SMMU and prints what the hardware did. In the iova view\n"
	"MAP, UNMAP, TLBI and SYNC rows are played by the driver, and every access must come out at\n"
	"the recorded address. Exit status 2: an access faulted or came out elsewhere, or --monitor\n"
	"found something.\n\n"
	"--snapshot saves the machine, memory and all, for sv3 explain. With --timed the hardware takes\n"
	"time: how much, how busy each unit is, and which one holds the others up is printed behind.";

static const char *const examples[] = {
	"sv3 replay traces/samples/nvme-rand-strict.s3t",
	"sv3 replay traces/samples/mixed-lazy.s3t --view guest --tlb-entries 64",
	"sv3 replay traces/samples/mixed-lazy.s3t --json",
	"sv3 platform default >my.dts && sv3 replay traces/samples/mixed-lazy.s3t --platform my.dts",
	"sv3 replay traces/samples/mixed-lazy.s3t --snapshot-at 20s --snapshot machine.snap",
	"sv3 replay traces/samples/nic-rx-strict.s3t --timed --closed-loop --set tcu.walk_slots=2 --plot",
	"sv3 replay traces/samples/nic-rx-strict.s3t --timed --timeline t.json --vcd t.vcd",
	NULL,
};

struct request {
	unsigned int view;
	uint64_t time_scale, post_delay, fault_latency, tlb_entries, walk_cache_entries;
	struct cli_guest guest;
	const char *snapshot;
	struct cli_platform platform;
	uint64_t snapshot_at; /* since the replay began; 0: at its end */
	bool ignore_tlbi, json, timing, plot, monitor;
	struct timing_request timed;
	struct timing_watch watch;
};

/** One replay: what it runs on, and what is to be told of it. */
struct replay {
	const char *path;
	struct request *request;
	struct sv3_trace trace;
	struct cli_masters masters;
	struct sv3_world *world;
	struct sv3_host *host;
	struct sv3_device device;
	uint64_t host_ns;
	sv3_ps simulated;
	bool is_saved;
};

/** Returns: as cli_parse(); the tree is read, and what it says is where nothing was typed. */
static bool parse(struct request *r, int argc, char **argv, struct cli_args *args)
{
	const struct cli_option own[] = {
		{ "--view", NULL, CLI_CHOICE, &r->view, 0, 0, views,
		  "iova: the driver's view; guest: IOVA = guest address" },
		{ "--guest-base", NULL, CLI_ADDRESS, &r->guest.base, 0, SV3_WORLD_HOST_BASE, NULL,
		  "first byte of guest RAM" },
		{ "--guest-mem", NULL, CLI_SIZE, &r->guest.size, SV3_PAGE_SIZE, SV3_WORLD_HOST_BASE,
		  NULL, "guest RAM; else the next power of two GiB above\nthe highest address" },
		{ "--time-scale", NULL, CLI_SCALE, &r->time_scale, 1, SCALE_MAX, NULL,
		  "multiply the times of the trace" },
		{ "--post-delay", NULL, CLI_DURATION, &r->post_delay, 0, SV3_PS_PER_S, NULL,
		  "from translation to the write landing" },
		{ "--fault-latency", NULL, CLI_DURATION, &r->fault_latency, 0, SV3_PS_PER_S, NULL,
		  "from a fault's interrupt to the software that handles it" },
		{ "--tlb-entries", NULL, CLI_INTEGER, &r->tlb_entries, 0, UINT32_MAX, NULL,
		  "size of the TLB, a power of two; 0: none" },
		{ "--walk-cache-entries", NULL, CLI_INTEGER, &r->walk_cache_entries, 0, UINT32_MAX,
		  NULL, "size of the walk cache of each level, a power of two; 0: none" },
		CLI_PLATFORM_OPTION(&r->platform),
		CLI_SMMU_OPTION(&r->platform),
		{ "--ignore-tlbi", NULL, CLI_FLAG, &r->ignore_tlbi, 0, 0, NULL,
		  "drop the TLBI rows: a broken driver, for tests" },
		{ "--monitor", NULL, CLI_FLAG, &r->monitor, 0, 0, NULL,
		  "watch what software owes the SMMU (docs/MONITOR.md)" },
		{ "--snapshot", "FILE", CLI_TEXT, &r->snapshot, 0, 0, NULL,
		  "save the machine there" },
		{ "--snapshot-at", NULL, CLI_DURATION, &r->snapshot_at, 1, SNAPSHOT_AT_MAX, NULL,
		  "when, in logical time; else at the end" },
		{ "--json", NULL, CLI_FLAG, &r->json, 0, 0, NULL, "as JSON" },
		{ "--timing", NULL, CLI_FLAG, &r->timing, 0, 0, NULL,
		  "rates of this host in JSON too" },
		{ NULL, NULL, CLI_FLAG, NULL, 0, 0, NULL, "hardware that takes time" },
	};
	enum { OWN = sizeof(own) / sizeof(own[0]), ALL = OWN + TIMING_ROWS + WATCH_ROWS + 1 };
	struct cli_option options[ALL];
	const struct cli_usage usage = {
		.command = "replay",
		.operands = "TRACE",
		.about = about,
		.options = options,
		.option_count = ALL,
		.examples = examples,
		.operand_max = 1,
	};

	memcpy(options, own, sizeof(own));
	timing_rows(&r->timed, options + OWN);
	watch_rows(&r->watch, options + OWN + TIMING_ROWS);
	options[ALL - 1] = (struct cli_option){
		"--plot", NULL, CLI_FLAG, &r->plot,
		0,        0,    NULL,     "a chart of the translations by latency"
	};
	if (!cli_parse(&usage, argc, argv, args))
		return false;
	args->status = cli_platform_load("replay", &r->platform);
	if (args->status == CLI_OK)
		args->status = cli_platform_settings(&r->platform, &usage, args);
	return args->status == CLI_OK;
}

/* --- the world --- */

static int make_host(struct replay *replay)
{
	const struct sv3_host_config config = {
		.view = replay->request->view == SV3_VIEW_IOVA ? SV3_VIEW_IOVA : SV3_VIEW_GUEST,
		.granule_lg2 = SV3_PAGE_LG2,
		.leaf_max_lg2 = SV3_PAGE_LG2,
		.stream_ids = replay->masters.stream_ids,
		.stream_count = replay->masters.stream_count,
		.msi_pages = replay->masters.msi_pages,
		.msi_page_count = replay->masters.msi_page_count,
		.hd = true,
		.ignore_tlbi = replay->request->ignore_tlbi,
	};
	int error;

	if (config.view == SV3_VIEW_IOVA && config.stream_count > SV3_HOST_DOMAINS_MAX)
		return cli_error("replay",
				 "%s: %" PRIu32 " streams are more than the %u domains a host has",
				 replay->path, config.stream_count, SV3_HOST_DOMAINS_MAX);
	error = sv3_host_create(replay->world, &config, &replay->host);
	if (error < 0)
		return cli_error("replay", "cannot boot: %s", sv3_strerror(error));
	sv3_world_attach_host(replay->world, replay->host);
	return CLI_OK;
}

static int make_device(struct replay *replay)
{
	const struct sv3_replay_config config = {
		.trace = &replay->trace,
		.view = replay->request->view == SV3_VIEW_IOVA ? SV3_VIEW_IOVA : SV3_VIEW_GUEST,
		.time_scale_ppm = replay->request->time_scale,
		.start = sv3_world_now(replay->world),
	};
	const int error = sv3_replay_create(&config, &replay->device);

	if (error < 0)
		return cli_error("replay", "%s: %s", replay->path, sv3_strerror(error));
	sv3_world_attach_device(replay->world, &replay->device);
	return CLI_OK;
}

static int make_world(struct replay *replay, const struct sv3_world_config *config)
{
	const int error = sv3_world_create(config, &replay->world);

	if (error < 0)
		return cli_error("replay", "cannot make the guest: %s", sv3_strerror(error));
	if (make_host(replay) != CLI_OK)
		return CLI_ERROR;
	return make_device(replay);
}

/* --- the machine as a file --- */

static int add_notes(const struct replay *replay, struct sv3_snapshot *snapshot)
{
	int rc = sv3_snapshot_add_note(snapshot, "trace", replay->path);

	/* A path that is no plain text is left out. */
	if (rc == 0 || rc == -SV3_ERR_INVAL)
		rc = sv3_snapshot_add_note(snapshot, "view", views[replay->request->view]);
	return rc != 0 ? rc : sv3_snapshot_add_note(snapshot, "sv3", sv3_version());
}

static int save_machine(const struct replay *replay)
{
	struct sv3_snapshot snapshot;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int status, rc = sv3_world_snapshot(replay->world, &snapshot);

	if (rc == 0)
		rc = add_notes(replay, &snapshot);
	if (rc == 0)
		rc = sv3_snapshot_encode(&snapshot, &bytes, &size);
	if (rc == -SV3_ERR_UNSUP)
		status = cli_error("replay",
				   "cannot save the machine while an endpoint has not completed "
				   "CMD_ATC_INV: choose another time");
	else if (rc != 0)
		status = cli_error("replay", "cannot save the machine: %s", sv3_strerror(rc));
	else
		status = cli_save(
			"replay",
			&(const struct cli_file){ replay->request->snapshot, bytes, size }, 1);
	free(bytes);
	sv3_snapshot_fini(&snapshot);
	return status;
}

/** Saves the machine at @at, if that comes before the next event. */
static int save_when_due(struct replay *replay, sv3_ps at, sv3_ps next_event)
{
	if (replay->is_saved || at == SV3_PS_NEVER || next_event <= at)
		return CLI_OK;
	sv3_world_run_until(replay->world, at);
	replay->is_saved = true;
	return save_machine(replay);
}

/** At the end of the replay: nothing was asked, it is done, or it is to be done now. */
static int save_at_end(struct replay *replay)
{
	char end[CLI_VALUE_CHARS], asked[CLI_VALUE_CHARS];

	if (replay->request->snapshot == NULL || replay->is_saved)
		return CLI_OK;
	if (replay->request->snapshot_at == 0)
		return save_machine(replay);
	return cli_error("replay",
			 "--snapshot-at: the replay is over after %s, before %s; give an earlier "
			 "time, or none for the end",
			 cli_value_format(CLI_DURATION, replay->simulated, end),
			 cli_value_format(CLI_DURATION, replay->request->snapshot_at, asked));
}

/** To the end of the trace and of all that it caused. */
static int run_world(struct replay *replay)
{
	const uint64_t count = replay->trace.count;
	const uint64_t span_ns = replay->trace.records[count - 1].time_ns;
	/* Trace times are ns and millionths: their product is thousands of ps. A step is never
	 * 0. A device that goes its own way is done long before the trace says. */
	const sv3_ps step =
		replay->request->timed.closed_loop
			? SV3_PS_PER_US
			: span_ns / PROGRESS_SLICES * replay->request->time_scale / 1000 +
				  SV3_PS_PER_US;
	const sv3_ps start = sv3_world_now(replay->world);
	const sv3_ps save_at = replay->request->snapshot_at != 0
				       ? start + replay->request->snapshot_at
				       : SV3_PS_NEVER;
	const uint64_t host_start = cli_host_ns();
	struct cli_progress progress;
	const char *error;

	cli_progress_begin(&progress, "records");
	for (sv3_ps due; (due = sv3_world_next_event(replay->world)) != SV3_PS_NEVER;) {
		if (save_when_due(replay, save_at, due) != CLI_OK) {
			cli_progress_end(&progress);
			return CLI_ERROR;
		}
		sv3_world_run_until(replay->world, !replay->is_saved && save_at < due + step
							   ? save_at
							   : due + step);
		cli_progress_update(&progress, "replay", sv3_world_stats(replay->world)->records,
				    count);
	}
	sv3_world_drain(replay->world);
	cli_progress_end(&progress);
	replay->host_ns = cli_host_ns() - host_start;
	replay->simulated = sv3_world_now(replay->world) - start;
	if (replay->request->monitor)
		sv3_monitor_finish(sv3_world_monitor(replay->world));
	error = sv3_host_error(replay->host);
	if (error != NULL)
		return cli_error("replay", "%s: %s", replay->path, error);
	if (save_at_end(replay) != CLI_OK)
		return CLI_ERROR;
	return watch_end("replay", &replay->request->watch, replay->world, true);
}

/* --- what came out --- */

/** A number of the replay, under the name it has in JSON and the one it has for people. */
struct figure {
	const char *key, *label;
	uint64_t value;
};

#define FIGURES_MAX 20u

static unsigned int collect_figures(const struct replay *replay, struct figure *figures)
{
	const struct sv3_smmu_stats *smmu = sv3_world_smmu_stats(replay->world);
	const struct sv3_world_stats *world = sv3_world_stats(replay->world);
	const struct figure all[] = {
		{ "records", "accesses", world->records },
		{ "translations", "translations", smmu->transactions },
		{ "tlb_hits", "TLB hits", smmu->tlb_hits },
		{ "tlb_misses", "TLB misses", smmu->tlb_misses },
		{ "walk_reads", "descriptors read", smmu->walk_reads },
		{ "walk_cache_hits", "walk cache hits", smmu->walk_cache_hits },
		{ "httu_updates", "HTTU updates", smmu->httu_updates },
		{ "httu_dirty", "made dirty", smmu->httu_dirty },
		{ "httu_af", "access flag set", smmu->httu_af },
		{ "writes_landed", "writes landed in RAM", world->writes_landed },
		{ "commands", "commands", smmu->commands },
		{ "tlbi", "TLBI", smmu->tlbi },
		{ "sync", "SYNC", smmu->sync },
		{ "events", "event records", smmu->events_written },
		{ "faults", "faults", world->faults },
		{ "pa_mismatches", "wrong addresses", world->pa_mismatches },
	};

	memcpy(figures, all, sizeof(all));
	return sizeof(all) / sizeof(all[0]);
}

static uint64_t per_second(uint64_t count, uint64_t ns)
{
	return ns == 0 ? 0 : (uint64_t)((double)count * 1e9 / (double)ns);
}

/* --- what the monitor found --- */

/** Findings stand in the order of their first times. */
static uint32_t finding_count(struct sv3_monitor *monitor)
{
	uint32_t count = 0;

	while (sv3_monitor_finding(monitor, count) != NULL)
		count++;
	return count;
}

static void print_findings(struct sv3_monitor *monitor)
{
	const uint32_t count = finding_count(monitor);
	char summary[MONITOR_LINE_CHARS];
	struct monitor_text text;

	monitor_summary(sv3_monitor_stats(monitor), count, summary);
	printf("monitor               %s\n", summary);
	for (uint32_t i = 0; i < count; i++) {
		monitor_text(sv3_monitor_finding(monitor, i), &text);
		for (unsigned int line = 0; line < MONITOR_LINES; line++)
			printf("%s%s\n", line == 0 ? "  " : "      ", text.lines[line]);
	}
}

/** Which record an event came from, counted from 0 as everywhere. */
static uint64_t record_of(const struct replay *replay, const struct sv3_device_event *event)
{
	return event->record != NULL ? (uint64_t)(event->record - replay->trace.records)
				     : event->serial;
}

/** The first thing that went wrong, one line on stderr. */
static int judge(const struct replay *replay)
{
	const struct sv3_world_stats *stats = sv3_world_stats(replay->world);
	const struct sv3_device_event *event = &stats->first_mismatch;
	const char *name;

	if (stats->pa_mismatches > 0) {
		cli_error("replay",
			  "%s: record %" PRIu64 " (from 0): stream 0x%" PRIx32 " at 0x%" PRIx64
			  " came out at 0x%" PRIx64 ", recorded is 0x%" PRIx64,
			  replay->path, record_of(replay, event), event->stream_id, event->iova,
			  stats->first_mismatch_pa, event->pa_expected);
		return CLI_MISTRUST;
	}
	if (stats->faults == 0)
		return replay->request->monitor &&
				       sv3_monitor_finding(sv3_world_monitor(replay->world), 0) !=
					       NULL
			       ? CLI_MISTRUST
			       : CLI_OK;
	event = &stats->first_fault;
	name = sv3_event_name(stats->first_fault_event);
	cli_error("replay",
		  "%s: record %" PRIu64 " (from 0): stream 0x%" PRIx32 " at 0x%" PRIx64
		  " faulted with %s",
		  replay->path, record_of(replay, event), event->stream_id, event->iova,
		  name != NULL ? name : "no event");
	return CLI_MISTRUST;
}

static struct timing_run timing_of(const struct replay *replay)
{
	return (struct timing_run){
		.stats = sv3_world_timed_stats(replay->world),
		.config = sv3_world_config(replay->world),
		.elapsed_ps = replay->simulated > 0 ? replay->simulated : 1,
	};
}

static int print_timed(const struct replay *replay)
{
	const struct timing_run run = timing_of(replay);
	const struct timing_watch *watch = &replay->request->watch;

	if (timing_print("replay", &run, stdout) != CLI_OK)
		return CLI_ERROR;
	watch_print(watch, stdout);
	if (replay->request->plot)
		timing_chart(&run, stdout);
	return CLI_OK;
}

static int print_figures(const struct replay *replay)
{
	const struct request *request = replay->request;
	struct figure figures[FIGURES_MAX];
	const unsigned int count = collect_figures(replay, figures);
	const uint64_t records = sv3_world_stats(replay->world)->records;
	char text[SV3_FORMAT_CHARS];

	printf("trace                 %s, %s view\n", replay->path, views[request->view]);
	printf("guest                 %s from 0x%" PRIx64 " on\n",
	       cli_value_format(CLI_SIZE, request->guest.size, text), request->guest.base);
	if (replay->trace.direction_is_bound)
		printf("note                  directions are bounds: the log does not record them\n");
	for (unsigned int i = 0; i < count; i++)
		printf("%-20s %15s\n", figures[i].label, sv3_format_count(figures[i].value, text));
	printf("%-20s %15s ms\n", "simulated time",
	       sv3_format_quotient(replay->simulated, SV3_PS_PER_MS, 3, text));
	printf("%-20s %15s ms\n", "time on this host",
	       sv3_format_quotient(replay->host_ns, 1000000, 3, text));
	printf("%-20s %15s accesses/s\n", "rate on this host",
	       sv3_format_count(per_second(records, replay->host_ns), text));
	if (request->monitor)
		print_findings(sv3_world_monitor(replay->world));
	return request->timed.is_timed ? print_timed(replay) : CLI_OK;
}

static int print_json(const struct replay *replay)
{
	const struct request *request = replay->request;
	const uint64_t records = sv3_world_stats(replay->world)->records;
	struct figure figures[FIGURES_MAX];
	const unsigned int count = collect_figures(replay, figures);
	cJSON *top = cJSON_CreateObject();

	cJSON_AddStringToObject(top, "trace", replay->path);
	cJSON_AddStringToObject(top, "view", views[request->view]);
	cli_json_u64(top, "guest_base", request->guest.base);
	cli_json_u64(top, "guest_mem", request->guest.size);
	cli_json_decimal(top, "time_scale", request->time_scale, 6);
	cli_json_decimal(top, "post_delay_ns", request->post_delay, 3);
	cli_json_decimal(top, "fault_latency_ns", request->fault_latency, 3);
	cli_json_u64(top, "tlb_entries", request->tlb_entries);
	cli_json_u64(top, "walk_cache_entries", request->walk_cache_entries);
	cJSON_AddBoolToObject(top, "ignore_tlbi", request->ignore_tlbi);
	cJSON_AddBoolToObject(top, "direction_is_bound", replay->trace.direction_is_bound);
	cJSON_AddStringToObject(top, "version", sv3_version());
	for (unsigned int i = 0; i < count; i++)
		cli_json_u64(top, figures[i].key, figures[i].value);
	cli_json_ns(top, "simulated_ns", replay->simulated);
	if (request->timing) {
		cli_json_u64(top, "host_ns", replay->host_ns);
		cli_json_u64(top, "records_per_s", per_second(records, replay->host_ns));
	}
	if (request->monitor) {
		struct sv3_monitor *monitor = sv3_world_monitor(replay->world);

		cJSON_AddItemToObject(top, "monitor",
				      monitor_json(sv3_monitor_stats(monitor),
						   sv3_monitor_finding(monitor, 0),
						   finding_count(monitor)));
	}
	if (request->timed.is_timed) {
		const struct timing_run run = timing_of(replay);

		cJSON_AddItemToObject(top, "timed", timing_json(&request->timed, &run));
	}
	return cli_json_save("replay", "-", top);
}

/* --- the command --- */

/** Whether hardware takes time, and which. */
static void choose_time(const struct request *request, struct sv3_world_config *config)
{
	config->is_timed = request->timed.is_timed;
	config->closed_loop = request->timed.closed_loop;
	config->seed = request->timed.seed;
	if (!config->is_timed) {
		config->costs.post_delay = request->post_delay;
		return;
	}
	sv3_costs_timed(&config->timing, &config->costs);
	timing_make_room(&config->timing, &config->smmu);
}

/** The hardware: the tree's, if there is one, else the preset's, but for what was typed. */
static int choose_hardware(struct replay *replay, struct request *request,
			   const struct cli_args *args, struct sv3_world_config *config)
{
	const struct cli_stream_set streams = { replay->path, replay->masters.stream_ids,
						replay->masters.stream_count };
	struct sv3_smmu_config *smmu = &config->smmu;

	if (cli_platform_choose("replay", &request->platform, &streams, 1) != CLI_OK ||
	    timing_apply("replay", &request->timed, &request->platform, args, &config->timing,
			 smmu) != CLI_OK)
		return CLI_ERROR;
	if (request->platform.path != NULL)
		*smmu = cli_platform_smmu(&request->platform)->config;
	if (!cli_is_given(args, "--tlb-entries"))
		request->tlb_entries = smmu->tlb_entries;
	if (!cli_is_given(args, "--walk-cache-entries"))
		request->walk_cache_entries = smmu->walk_cache_entries;
	if (cli_tlb_size("replay", smmu, request->tlb_entries) != CLI_OK ||
	    cli_walk_cache_size("replay", smmu, request->walk_cache_entries) != CLI_OK)
		return CLI_ERROR;
	choose_time(request, config);
	return CLI_OK;
}

static int open_trace(struct replay *replay, struct request *request, const struct cli_args *args)
{
	if (cli_trace_read("replay", replay->path, &replay->trace) != CLI_OK ||
	    cli_platform_place("replay", &request->platform, 0, replay->path, &replay->trace) !=
		    CLI_OK ||
	    cli_view_check("replay", replay->path, &replay->trace,
			   request->view == SV3_VIEW_IOVA) != CLI_OK ||
	    cli_platform_guest("replay", &request->platform, args, replay->path, &replay->trace,
			       &request->guest) != CLI_OK ||
	    cli_guest_check("replay", replay->path, &replay->trace, &request->guest) != CLI_OK)
		return CLI_ERROR;
	return cli_masters_find("replay", &replay->trace, &replay->masters);
}

static int run_request(struct replay *replay, struct request *request, const struct cli_args *args,
		       struct sv3_world_config *config)
{
	int status;

	config->costs.fault_latency = request->fault_latency;
	if (open_trace(replay, request, args) != CLI_OK ||
	    choose_hardware(replay, request, args, config) != CLI_OK)
		return CLI_ERROR;
	config->guest_base = request->guest.base;
	config->guest_size = request->guest.size;
	config->monitored = request->monitor;
	if (make_world(replay, config) != CLI_OK ||
	    watch_begin("replay", &request->watch, replay->world) != CLI_OK ||
	    run_world(replay) != CLI_OK)
		return CLI_ERROR;
	status = request->json ? print_json(replay) : print_figures(replay);
	return status == CLI_OK ? judge(replay) : status;
}

static int check_timed(const struct request *request, const struct cli_args *args)
{
	if (request->plot && !request->timed.is_timed)
		return cli_error("replay", "--plot shows latencies; give --timed");
	if (cli_is_given(args, "--seed") && !request->timed.is_timed)
		return cli_error("replay", "--seed says something of time; give --timed");
	if (request->plot && request->json)
		return cli_error("replay", "--plot and --json cannot both go to standard output");
	if (request->timed.is_timed && cli_is_given(args, "--post-delay"))
		return cli_error("replay",
				 "--post-delay: with --timed a write takes as long as the hardware "
				 "does; give --set mem.write_ns=N");
	return CLI_OK;
}

/** What was typed, by itself. */
static int check_request(struct request *request, struct cli_args *args)
{
	if (request->snapshot == NULL && request->snapshot_at != 0)
		return cli_error("replay", "--snapshot-at needs --snapshot FILE");
	if (request->snapshot != NULL && cli_is_stdout(request->snapshot))
		return cli_error("replay",
				 "--snapshot: standard output is for the figures; give a file");
	if (request->snapshot != NULL && cli_save_check("replay", request->snapshot) != CLI_OK)
		return CLI_ERROR;
	if (watch_check("replay", &request->watch) != CLI_OK ||
	    check_timed(request, args) != CLI_OK)
		return CLI_ERROR;
	if (args->operand_count == 0 &&
	    cli_platform_operands("replay", &request->platform, args) != CLI_OK)
		return CLI_ERROR;
	if (args->operand_count == 0)
		return cli_error("replay", "TRACE is missing; sv3 replay --help");
	if (args->operand_count > 1)
		return cli_error("replay",
				 "%s has %u devices that replay traces; name the TRACE of one",
				 request->platform.path, args->operand_count);
	return CLI_OK;
}

int cmd_replay(int argc, char **argv)
{
	struct sv3_compare_config defaults;
	struct sv3_world_config config = { 0 };
	struct request request = { .view = SV3_VIEW_IOVA };
	struct replay replay = { .request = &request };
	struct cli_args args;
	int status;

	sv3_compare_config_default(&defaults);
	config.smmu = defaults.smmu;
	config.costs = defaults.costs;
	request.guest.base = defaults.guest_base;
	request.time_scale = defaults.time_scale_ppm;
	request.post_delay = config.costs.post_delay;
	request.fault_latency = config.costs.fault_latency;
	request.tlb_entries = config.smmu.tlb_entries;
	request.walk_cache_entries = config.smmu.walk_cache_entries;
	if (!parse(&request, argc, argv, &args)) {
		cli_platform_free(&request.platform);
		return args.status;
	}
	status = check_request(&request, &args);
	if (status == CLI_OK) {
		replay.path = args.operands[0];
		status = run_request(&replay, &request, &args, &config);
	}
	(void)watch_end("replay", &request.watch, replay.world, false);
	sv3_host_destroy(replay.host);
	sv3_world_destroy(replay.world);
	sv3_device_destroy(&replay.device);
	cli_masters_free(&replay.masters);
	sv3_trace_free(&replay.trace);
	cli_platform_free(&request.platform);
	return status;
}
