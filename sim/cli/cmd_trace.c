/* SPDX-License-Identifier: MIT */
/*
 * cmd_trace.c - `sv3 trace info|convert|cut|gen`: look at traces, change their form, cut, make
 * them.
 *
 * Files appear whole or not at all, which sv3_trace_write() sees to.
 */
#include "cmd_trace.h"

#include <sv3/base.h>

#include <inttypes.h>
#include <string.h>

/** In logical time the last moment a trace can have. */
#define TIME_MAX_PS (UINT64_MAX / SV3_PS_PER_NS * SV3_PS_PER_NS)

int trace_save(const char *command, const char *path, const char *format, struct sv3_trace *trace)
{
	struct sv3_trace_error error;
	int status = sv3_trace_write(path, format, trace, &error);

	sv3_trace_free(trace);
	return status < 0 ? cli_error(command, "%s", error.text) : CLI_OK;
}

static int trace_convert(int argc, char **argv)
{
	static const char *const examples[] = {
		"sv3 trace convert traces/samples/nvme-rand-strict.s3t nvme.csv",
		NULL,
	};
	const char *format = NULL;
	const struct cli_option options[] = { TRACE_FORMAT_OPTION(&format) };
	const struct cli_usage usage = {
		.command = "trace convert",
		.operands = "IN OUT",
		.about = "Changes the format of a trace. '-' is standard input or output.",
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
		.examples = examples,
		.operand_min = 2,
		.operand_max = 2,
	};
	struct cli_args args;
	struct sv3_trace trace;

	if (!cli_parse(&usage, argc, argv, &args))
		return args.status;
	if (cli_trace_read(usage.command, args.operands[0], &trace) != CLI_OK)
		return CLI_ERROR;
	return trace_save(usage.command, args.operands[1], format, &trace);
}

/** What cut was asked for; 0 where nothing was said. */
struct cut_request {
	const char *format;
	uint64_t from, count, from_ps, to_ps;
};

static bool cut_parse(int argc, char **argv, struct cut_request *r, struct cli_args *args)
{
	static const char *const examples[] = {
		"sv3 trace cut traces/samples/mixed-lazy.s3t part.s3t --from-time 20s --to-time 25s",
		"sv3 trace cut traces/samples/mixed-lazy.s3t part.s3t --from 100000 --count 50000",
		NULL,
	};
	const struct cli_option options[] = {
		TRACE_NUMBER("--from", INTEGER, &r->from, 0, 0,
			     "first record of the part, counted from 0"),
		TRACE_NUMBER("--count", INTEGER, &r->count, 1, 0,
			     "records of the part; else to the end"),
		TRACE_NUMBER("--from-time", DURATION, &r->from_ps, 0, TIME_MAX_PS,
			     "the same by time: first time of the part"),
		TRACE_NUMBER("--to-time", DURATION, &r->to_ps, 1, TIME_MAX_PS,
			     "the time the part ends before; else to the end"),
		TRACE_FORMAT_OPTION(&r->format),
	};
	const struct cli_usage usage = {
		.command = "trace cut",
		.operands = "IN OUT",
		.about =
			"Cuts out a part of a trace, by record or by time, that can be replayed alone.\n\n"
			"It begins with a MAP row for each mapping that is live at the cut. Times are\n"
			"counted from the first record of the part.",
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
		.examples = examples,
		.operand_min = 2,
		.operand_max = 2,
	};

	return cli_parse(&usage, argc, argv, args);
}

/** Times between two ns belong to the later: the first record at or after them. */
static uint64_t ns_up(uint64_t time_ps)
{
	return time_ps / SV3_PS_PER_NS + (time_ps % SV3_PS_PER_NS != 0);
}

static int trace_cut(int argc, char **argv)
{
	static const char command[] = "trace cut";
	struct cut_request request = { .format = NULL };
	struct sv3_trace trace, part;
	struct cli_args args;
	uint64_t first, end;
	int status;

	if (!cut_parse(argc, argv, &request, &args))
		return args.status;
	if ((request.from | request.count) != 0 && (request.from_ps | request.to_ps) != 0)
		return cli_error(command, "give --from and --count, or --from-time and --to-time");
	if (cli_trace_read(command, args.operands[0], &trace) != CLI_OK)
		return CLI_ERROR;
	first = request.from;
	end = request.count == 0 || first > UINT64_MAX - request.count ? UINT64_MAX
								       : first + request.count;
	if (request.from_ps != 0)
		first = sv3_trace_find_time(&trace, ns_up(request.from_ps));
	if (request.to_ps != 0)
		end = sv3_trace_find_time(&trace, ns_up(request.to_ps));
	status = sv3_trace_cut(&trace, first, end > first ? end - first : 0, &part);
	if (status == -SV3_ERR_RANGE)
		(void)cli_error(command,
				"%s: no records there; the trace has %" PRIu64
				" and ends at %" PRIu64 " ns",
				args.operands[0], trace.count,
				trace.records[trace.count - 1].time_ns);
	else if (status < 0)
		(void)cli_error(command, "%s: %s", args.operands[0], sv3_strerror(status));
	sv3_trace_free(&trace);
	return status < 0 ? CLI_ERROR
			  : trace_save(command, args.operands[1], request.format, &part);
}

static int print_help(void)
{
	const struct sv3_trace_format_info *format;

	printf("usage: sv3 trace COMMAND ...\n\n"
	       "  info FILE         what a trace holds\n"
	       "  convert IN OUT    change the format\n"
	       "  cut IN OUT        a part that can be replayed alone\n"
	       "  gen OUT           a synthetic trace\n\n"
	       "sv3 trace COMMAND --help says more. '-' is standard input or output.\n\n"
	       "formats, told by content, plain, .xz or .zst:\n");
	for (unsigned int i = 0; (format = sv3_trace_format(i)) != NULL; i++)
		printf("  %-9s %-5s %-11s %s\n", format->name, format->extension,
		       format->can_write ? "read, write" : "read", format->description);
	printf("\nexamples:\n  sv3 trace info traces/samples/mixed-lazy.s3t\n");
	return CLI_OK;
}

int cmd_trace(int argc, char **argv)
{
	static const char *const names[] = { "info", "convert", "cut", "gen", NULL };
	static int (*const commands[])(int argc, char **argv) = { trace_info, trace_convert,
								  trace_cut, trace_gen };

	if (argc < 2)
		return cli_error("trace", "no command; sv3 trace --help lists them");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return print_help();
	for (unsigned int i = 0; names[i] != NULL; i++) {
		if (strcmp(argv[1], names[i]) == 0)
			return commands[i](argc - 1, argv + 1);
	}
	return cli_unknown("trace", argv[1][0] == '-' ? "option" : "command", argv[1], names,
			   "sv3 trace --help lists them");
}
