/* SPDX-License-Identifier: MIT */
/*
 * timing_watch.c - the files that are written while hardware that takes time runs.
 *
 * They are written beside their names bit by bit, and renamed when they are whole.
 */
#include "timing.h"

#include <inttypes.h>
#include <string.h>

#define LIMIT_DEFAULT 1000000u

void watch_defaults(struct timing_watch *watch)
{
	*watch = (struct timing_watch){ .limit = LIMIT_DEFAULT };
}

void watch_rows(struct timing_watch *watch, struct cli_option rows[WATCH_ROWS])
{
	watch_defaults(watch);
	rows[0] = (struct cli_option){
		"--timeline",
		"FILE",
		CLI_TEXT,
		&watch->timeline_path,
		0,
		0,
		NULL,
		"spans of accesses, walks, commands: for Perfetto and\nChrome, JSON"
	};
	rows[1] = (struct cli_option){
		"--vcd", "FILE", CLI_TEXT, &watch->vcd_path,
		0,       0,      NULL,     "levels and events as a waveform: for GTKWave, VCD"
	};
	rows[2] = (struct cli_option){ "--timeline-limit",
				       NULL,
				       CLI_INTEGER,
				       &watch->limit,
				       0,
				       0,
				       NULL,
				       "events in either file, from the start; 0: all" };
}

static int check_path(const char *command, const char *option, const char *path)
{
	if (path == NULL)
		return CLI_OK;
	if (cli_is_stdout(path))
		return cli_error(command, "%s: standard output is for the figures; give a file",
				 option);
	return cli_save_check(command, path);
}

int watch_check(const char *command, const struct timing_watch *watch)
{
	if (check_path(command, "--timeline", watch->timeline_path) != CLI_OK ||
	    check_path(command, "--vcd", watch->vcd_path) != CLI_OK)
		return CLI_ERROR;
	if (watch->timeline_path != NULL && watch->vcd_path != NULL &&
	    strcmp(watch->timeline_path, watch->vcd_path) == 0)
		return cli_error(command, "--timeline and --vcd cannot both go to %s",
				 watch->vcd_path);
	return CLI_OK;
}

static uint32_t clock_of(const struct sv3_world *world)
{
	return sv3_world_config(world)->timing.clock_mhz;
}

static int begin_timeline(struct timing_watch *watch, struct sv3_world *world,
			  struct sv3_timeline_config *config)
{
	struct sv3_timed_observer observer;
	int error;

	config->file = watch->timeline_stream.file;
	error = sv3_timeline_begin(config, &watch->timeline);
	if (error < 0)
		return error;
	observer = sv3_timeline_observer(watch->timeline);
	return sv3_world_timed_observe(world, &observer);
}

static int begin_waveform(struct timing_watch *watch, struct sv3_world *world,
			  struct sv3_timeline_config *config)
{
	struct sv3_timed_observer observer;
	int error;

	config->file = watch->vcd_stream.file;
	error = sv3_waveform_begin(config, &watch->waveform);
	if (error < 0)
		return error;
	observer = sv3_waveform_observer(watch->waveform);
	return sv3_world_timed_observe(world, &observer);
}

int watch_begin(const char *command, struct timing_watch *watch, struct sv3_world *world)
{
	struct sv3_timeline_config config = {
		.clock_mhz = clock_of(world),
		.tbu_count = sv3_world_config(world)->smmu.tbu_count,
		.limit = watch->limit,
	};
	int error = 0;

	if (watch->timeline_path != NULL &&
	    cli_stream_open(command, watch->timeline_path, &watch->timeline_stream) != CLI_OK)
		return CLI_ERROR;
	if (watch->vcd_path != NULL &&
	    cli_stream_open(command, watch->vcd_path, &watch->vcd_stream) != CLI_OK)
		return CLI_ERROR;
	if (watch->timeline_path != NULL)
		error = begin_timeline(watch, world, &config);
	if (error == 0 && watch->vcd_path != NULL)
		error = begin_waveform(watch, world, &config);
	return error < 0 ? cli_error(command, "%s", sv3_strerror(error)) : CLI_OK;
}

int watch_end(const char *command, struct timing_watch *watch, const struct sv3_world *world,
	      bool is_kept)
{
	int error = 0, status = CLI_OK;
	sv3_cycle now = 0;

	if (world != NULL && (watch->timeline != NULL || watch->waveform != NULL))
		now = sv3_world_now(world) * clock_of(world) / SV3_PS_PER_US;
	if (watch->timeline != NULL)
		error = sv3_timeline_end(watch->timeline, now, &watch->timeline_left_out);
	if (watch->waveform != NULL)
		sv3_waveform_end(watch->waveform, now, &watch->vcd_left_out);
	watch->timeline = NULL;
	watch->waveform = NULL;
	if (error < 0)
		status = cli_error(command, "%s: %s", watch->timeline_path, sv3_strerror(error));
	is_kept = is_kept && status == CLI_OK;
	if (cli_stream_close(command, &watch->timeline_stream, is_kept) != CLI_OK)
		is_kept = false, status = CLI_ERROR;
	if (cli_stream_close(command, &watch->vcd_stream, is_kept) != CLI_OK)
		status = CLI_ERROR;
	return status;
}

static void print_file(FILE *file, const char *label, const char *path, uint64_t left_out)
{
	char text[SV3_FORMAT_CHARS];

	if (path == NULL)
		return;
	fprintf(file, "%-20s  %s", label, path);
	if (left_out > 0)
		fprintf(file, ", the first of it: %s left out, see --timeline-limit",
			sv3_format_count(left_out, text));
	fputc('\n', file);
}

void watch_print(const struct timing_watch *watch, FILE *file)
{
	print_file(file, "timeline", watch->timeline_path, watch->timeline_left_out);
	print_file(file, "waveform", watch->vcd_path, watch->vcd_left_out);
}
