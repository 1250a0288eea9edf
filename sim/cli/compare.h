/* SPDX-License-Identifier: MIT */
/*
 * compare.h - one comparison as its files share it: what was asked for, what came out, how it is
 * told.
 */
#ifndef SV3_CLI_COMPARE_H
#define SV3_CLI_COMPARE_H

#include "cli.h"
#include "monitor.h"
#include "platform.h"
#include "timing.h"

#include <sv3/migration.h>

#include <stdio.h>

#define COMPARE_POLICIES_MAX 64u
#define COMPARE_TRACES_MAX   SV3_BUNDLE_SOURCES_MAX
#define COMPARE_LOST_LISTED  1000u /* lost pages that JSON lists for each policy */

/** What the guest's CPUs write. */
struct compare_cpus {
	struct cli_texts texts; /* as typed, one a writer */
	struct sv3_synthetic_config writers[CLI_TEXTS_MAX];
	const char *trace_path; /* NULL: none */
	struct sv3_trace trace;
};

struct compare_run {
	const char *scenario_text; /* NULL: traces */
	const char *bug_name;      /* NULL: none */
	/* Shape [config.trace_count]. */
	const char *trace_paths[COMPARE_TRACES_MAX];
	struct sv3_trace traces[COMPARE_TRACES_MAX];
	struct sv3_trace_summary summaries[COMPARE_TRACES_MAX];
	struct sv3_scenario scenario;
	struct compare_cpus cpus;
	struct cli_platform platform;
	/* Synthetic devices of the platform in the place of traces; shape [synthetic_count]. */
	struct sv3_synthetic_config synthetics[COMPARE_TRACES_MAX];
	uint32_t synthetic_streams[COMPARE_TRACES_MAX]; /* distinct; shape [config.stream_count] */
	uint32_t synthetic_count;
	const struct timing_request *timed; /* what was asked for; borrowed */
	struct timing_watch *watch;         /* likewise */
	bool is_unwatched;                  /* its files could not be written */
	struct sv3_compare_config config;
	uint64_t records, pages_touched; /* of all traces */
	uint64_t stream_offset;
	unsigned int policy_count;
	const struct sv3_policy_info *policies[COMPARE_POLICIES_MAX];
	struct sv3_compare_result results[COMPARE_POLICIES_MAX];
	struct sv3_write_map *write_maps; /* shape [policy_count], owned; NULL: no report */
};

/** Names of enum sv3_flush_scope from SV3_FLUSH_RANGE on, NULL behind the last. */
extern const char *const compare_flushes[];
/** Names of enum sv3_migration_mode and enum sv3_transfer. */
extern const char *const compare_modes[], *const compare_transfers[];
/** Names of enum sv3_unmap_mode and enum sv3_invalidation. */
extern const char *const compare_unmaps[], *const compare_invalidations[];
/** Names of enum sv3_leaf_mode. */
extern const char *const compare_leaves[];

/** The command line, in the types that options have. */
struct compare_request {
	const char *scenario, *policies, *bug, *json, *csv, *report, *platform, *smmu;
	unsigned int view, flush, mode, transfer, bandwidth, unmap, invalidation, throttle, cpu_log;
	uint64_t ring_entries, pml_entries, device_page;
	uint64_t log_delay, diff_time, cpu_fault, unmap_gap;
	uint64_t chunk_shift, link, downtime, max_rounds, guest_base, guest_mem, time_scale, lead;
	uint64_t scan, clear, cmdq_delay, inv_latency, clear_delay, post_delay, fault_latency;
	uint64_t tlb_entries, atc_entries, seed, device_state, cache, stream_offset;
	uint64_t throttle_trigger, throttle_initial, throttle_increment, throttle_max;
	unsigned int leaf, leaf_size;
	uint64_t bbml;
	struct cli_texts cpu_writes;
	const char *cpu_trace;
	struct timing_request timed; /* but for its seed */
	struct timing_watch watch;
	uint64_t jobs; /* 0: one a processor */
	bool contents, plot, ats, monitor;
};

void compare_request_default(struct compare_request *request,
			     const struct sv3_compare_config *config);
/** compare_parse - as cli_parse(). */
bool compare_parse(int argc, char **argv, struct compare_request *request, struct cli_args *args);
/** compare_apply_settings - those of a tree, where nothing was typed. CLI_OK or CLI_ERROR. */
int compare_apply_settings(const struct cli_platform *platform, struct compare_request *request,
			   const struct cli_args *args);
/** compare_is_setting - whether a tree can set this option. */
bool compare_is_setting(const char *name);
/** compare_option_kind - of "--link" and the like; false: there is no such option. */
bool compare_option_kind(const char *name, enum cli_kind *kind);
/** compare_key - name of column @index of the CSV; NULL behind the last. */
const char *compare_key(unsigned int index);
/** compare_configure_hardware - the SMMU: @run->config.smmu but for what was asked for. CLI_OK or
 *  CLI_ERROR. */
int compare_configure_hardware(struct compare_run *run, const struct compare_request *request);
/** compare_configure - parameters and policies of a run, but for its input. CLI_OK or CLI_ERROR. */
int compare_configure(struct compare_run *run, const struct compare_request *request);

/** Whether DMA may meet blocks that are broken to be split: its faults are no mistake then. */
bool compare_breaks_blocks(const struct compare_run *run);

/** compare_open - its input: the traces that @args names, or a scenario, and where its CPUs write.
 *  CLI_OK or CLI_ERROR; to be closed in either case. */
int compare_open(struct compare_run *run, struct compare_request *request,
		 const struct cli_args *args);
void compare_close(struct compare_run *run);

/* --- compare_run.c --- */

/** compare_run_policies - into run->results, @jobs at a time. CLI_OK or CLI_ERROR. */
int compare_run_policies(struct compare_run *run, unsigned int jobs);

/* --- compare_platform.c --- */

/** compare_load_platform - the tree that was asked for: settings, and what stands in for operands.
 *  CLI_OK or CLI_ERROR; to be closed in either case. */
int compare_load_platform(struct compare_run *run, struct compare_request *request,
			  struct cli_args *args);
/** compare_choose_hardware - the SMMU of the tree that these streams are behind. CLI_OK or
 *  CLI_ERROR. */
int compare_choose_hardware(struct compare_run *run, struct compare_request *request,
			    const struct cli_args *args, const struct cli_stream_set *streams,
			    unsigned int count);
/** compare_open_synthetics - the guest they are in, and their streams. CLI_OK or CLI_ERROR. */
int compare_open_synthetics(struct compare_run *run, struct compare_request *request,
			    const struct cli_args *args);
/** compare_make_synthetics - as one device, to be destroyed; one without ops if there is none.
 *  0, -SV3_ERR_NOMEM, -SV3_ERR_INVAL. */
int compare_make_synthetics(const struct compare_run *run, struct sv3_device *device);

/* --- compare_timing.c --- */

/** compare_configure_time - whether hardware takes time, and what software pays then, where it was
 *  not typed; before compare_configure(). CLI_OK or CLI_ERROR. */
int compare_configure_time(struct compare_run *run, struct compare_request *request,
			   const struct cli_args *args);
/** compare_check_watch - a file is of one migration. CLI_OK or CLI_ERROR. */
int compare_check_watch(const struct compare_run *run);
/** compare_watch - have the run's world watched, as was asked for. */
void compare_watch(struct compare_run *run, struct sv3_compare_config *config);
/** compare_print_time - the options as they were understood, behind others on their line. */
void compare_print_time(const struct compare_run *run, FILE *file);
/** compare_time_table - what became of the devices' accesses, a row a policy; to be destroyed.
 * NULL: out of memory. */
struct sv3_table *compare_time_table(const struct compare_run *run);

/* --- compare_cpu.c --- */

/** The writers that were asked for, but for where their guest lies. CLI_OK or CLI_ERROR. */
int compare_configure_cpus(struct compare_run *run, const struct compare_request *request);
/** The guest is known: place them in it, read what was recorded. CLI_OK or CLI_ERROR. */
int compare_open_cpus(struct compare_run *run);
/** compare_make_cpu - all of them as one device, to be destroyed; one without ops if there is none.
 *  0, -SV3_ERR_NOMEM, -SV3_ERR_INVAL. */
int compare_make_cpu(const struct compare_run *run, struct sv3_device *cpu);

/** Whether a result must not be: a lost page in spite of the claim, a fault, a wrong
 *  translation. */
bool compare_is_mistrusted(const struct compare_run *run, unsigned int index);

/** Where people read: a terminal, a file, or a page of HTML. */
struct compare_sink {
	FILE *file;
	bool is_page;
};

/* For people: parameters, table, what was lost. CLI_OK or CLI_ERROR. */
int compare_print(const struct compare_run *run, const struct compare_sink *to);

/** compare_chart - rounds and what was left, as characters, below the table. */
void compare_chart(const struct compare_run *run, FILE *file);

/** compare_report - the page in @folder, with its data. @argv: what repeats the run. CLI_OK or
 *  CLI_ERROR. */
int compare_report(const struct compare_run *run, const char *folder, int argc, char *const argv[]);

/* For programs, in memory; the caller frees. NULL: out of memory. */
char *compare_json_text(const struct compare_run *run);
char *compare_csv_text(const struct compare_run *run);

#endif
