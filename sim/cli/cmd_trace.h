/* SPDX-License-Identifier: MIT */
/*
 * cmd_trace.h - what the files of `sv3 trace` share: its commands, and rows of options.
 */
#ifndef SV3_CMD_TRACE_H
#define SV3_CMD_TRACE_H

#include <sv3/trace.h>

#include "cli.h"

int trace_info(int argc, char **argv);
int trace_gen(int argc, char **argv);

/** trace_save - write a trace for @command and free it. CLI_OK or CLI_ERROR. */
int trace_save(const char *command, const char *path, const char *format, struct sv3_trace *trace);

#define TRACE_NUMBER(name, kind, target, min, max, help)                       \
	{                                                                      \
		(name), NULL, CLI_##kind, (target), (min), (max), NULL, (help) \
	}
#define TRACE_FORMAT_OPTION(target)                                             \
	{                                                                       \
		"--to", "FORMAT", CLI_TEXT, (target), 0, 0, NULL,               \
			"text, binary or csv; else the ending of OUT decides\n" \
			"(.trc .s3t .csv)"                                      \
	}

#endif
