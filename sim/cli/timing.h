/* SPDX-License-Identifier: MIT */
/*
 * timing.h - what commands share whose hardware takes time: options, files to look at, figures.
 *
 * Concepts:
 *   request  --timed and the options around it.
 *   watch    the files that are written while the hardware runs: a timeline, a waveform.
 *   run      what came out: statistics and the time they cover.
 */
#ifndef SV3_CLI_TIMING_H
#define SV3_CLI_TIMING_H

#include "platform.h"

#include <sv3/sim.h>
#include <sv3/timeline.h>

/* --- options --- */

struct timing_request {
	bool is_timed, closed_loop;
	const char *preset;
	struct cli_texts sets; /* NAME=VALUE */
	uint64_t seed;
	char preset_help[160]; /* names of all presets */
};

/** A row of an option table. */
#define CLI_TIMING_SET_OPTION(request)                                          \
	{                                                                       \
		"--set", "NAME=VALUE", CLI_TEXTS, &(request)->sets, 0, 0, NULL, \
			"one parameter, again and again; sv3 timing lists them" \
	}

/** timing_defaults - what nobody typed. */
void timing_defaults(struct timing_request *request);
#define TIMING_ROWS 5u
/** timing_rows - defaults into @request, and the rows of its options into @rows. */
void timing_rows(struct timing_request *request, struct cli_option rows[TIMING_ROWS]);
/**
 * timing_apply - what was asked for; the SMMU gets the sizes that the preset says
 * @request: its preset becomes that of the tree, where none was typed
 * Changes nothing without --timed, and refuses what would have no effect then. CLI_OK or CLI_ERROR.
 */
int timing_apply(const char *command, struct timing_request *request,
		 const struct cli_platform *platform, const struct cli_args *args,
		 struct sv3_timing *timing, struct sv3_smmu_config *smmu);
/** timing_make_room - the block has a slot for each access that may be in a TBU. */
void timing_make_room(const struct sv3_timing *timing, struct sv3_smmu_config *smmu);
/** timing_preset - parameters of a preset, and of the SMMU if @smmu is not NULL. CLI_OK or
 *  CLI_ERROR. */
int timing_preset(const char *command, const char *name, struct sv3_timing *timing,
		  struct sv3_smmu_config *smmu);

/* --- files --- */

struct timing_watch {
	const char *timeline_path, *vcd_path;
	uint64_t limit;
	struct cli_stream timeline_stream, vcd_stream;
	struct sv3_timeline *timeline;
	struct sv3_waveform *waveform;
	uint64_t timeline_left_out, vcd_left_out;
};

#define WATCH_ROWS 3u
/** watch_defaults - what nobody typed. */
void watch_defaults(struct timing_watch *watch);
void watch_rows(struct timing_watch *watch, struct cli_option rows[WATCH_ROWS]);
/** watch_check - refuse paths that cannot be written, before any work. CLI_OK or CLI_ERROR. */
int watch_check(const char *command, const struct timing_watch *watch);
/** watch_begin - open the files that were asked for and watch the world. CLI_OK or CLI_ERROR. */
int watch_begin(const char *command, struct timing_watch *watch, struct sv3_world *world);
/** watch_end - close them: they are there and whole, or not at all; without @is_kept not at all.
 *  CLI_OK or CLI_ERROR. */
int watch_end(const char *command, struct timing_watch *watch, const struct sv3_world *world,
	      bool is_kept);
/** watch_print - a line for each file, and how much came behind the limit. */
void watch_print(const struct timing_watch *watch, FILE *file);

/* --- figures --- */

struct timing_run {
	const struct sv3_timed_stats *stats;
	const struct sv3_world_config *config;
	uint64_t elapsed_ps; /* > 0 */
};

/** timing_print - tables of latencies and units, throughput and the bottleneck. CLI_OK or
 *  CLI_ERROR. */
int timing_print(const char *command, const struct timing_run *run, FILE *file);
/** timing_chart - the histogram of the translations. */
void timing_chart(const struct timing_run *run, FILE *file);
/** timing_json_request - what was asked for, and all parameters. */
struct cJSON *timing_json_request(const struct timing_request *request,
				  const struct sv3_timing *timing);
/** timing_json - all of it and the histograms. */
struct cJSON *timing_json(const struct timing_request *request, const struct timing_run *run);

#define TIMING_TEXT_CHARS 768u
/**
 * timing_bottleneck - which unit holds the others up, in words
 * @text: out, shape [TIMING_TEXT_CHARS]: why, and what would widen it
 * Returns: the unit; SV3_TIMED_UNIT_COUNT: none.
 */
enum sv3_timed_unit timing_bottleneck(const struct timing_run *run, char *text);

/** Parts of a million that a unit was in use, of @cycles. */
uint64_t timing_use_ppm(const struct timing_run *run, enum sv3_timed_unit unit, uint64_t cycles);
/** Cycles that the run took. */
uint64_t timing_elapsed(const struct timing_run *run);
/** @count / @divisor * @factor in thousandths; 0 by 0. */
uint64_t timing_milli(uint64_t count, uint64_t factor, uint64_t divisor);

#endif
