/* SPDX-License-Identifier: MIT */
/*
 * cmd_trace_gen.c - `sv3 trace gen`: synthetic traces from numbers on the command line.
 *
 * What goes with what is checked by sv3_trace_generate().
 */
#include "cmd_trace.h"

#include <sv3/base.h>

static const char command[] = "trace gen";

static const char *const patterns[] = {
#define X(name, text, description) text,
	SV3_TRACE_PATTERN_MAP(X)
#undef X
		NULL
};

static const char about[] =
	"Makes a trace: one MAP row for the area, then accesses at an even rate.\n\n"
	"patterns:"
#define X(name, text, description) "\n  " text ": " description
	SV3_TRACE_PATTERN_MAP(X)
#undef X
	;

static const char *const examples[] = {
	"sv3 trace gen zipf.s3t --pattern zipf --theta 1.1 --count 200000 --writes 0.3",
	"sv3 trace gen stream.csv --pattern sequential --len 4096 --rate 250000 --duration 100ms",
	NULL,
};

/** The configuration as the options give it: numbers of 64 bits, parts as millionths. */
struct gen_request {
	unsigned int pattern;
	uint64_t writes, theta, len, sid, duration_ps;
	const char *format;
	struct sv3_trace_gen_config config;
};

static bool gen_parse(int argc, char **argv, struct gen_request *r, struct cli_args *args)
{
	const struct cli_option options[] = {
		{ "--pattern", NULL, CLI_CHOICE, &r->pattern, 0, 0, patterns, "what is touched" },
		TRACE_NUMBER("--seed", INTEGER, &r->config.seed, 0, 0,
			     "the same seed gives the same trace"),
		TRACE_NUMBER("--count", INTEGER, &r->config.access_count, 1, 0, "accesses"),
		TRACE_NUMBER("--duration", DURATION, &r->duration_ps, SV3_PS_PER_NS,
			     SV3_PS_PER_S * 1000000, "in place of --count: how long they go on"),
		TRACE_NUMBER("--rate", INTEGER, &r->config.rate_per_s, 1, 1000000000,
			     "accesses per second, evenly spaced"),
		TRACE_NUMBER("--pages", INTEGER, &r->config.page_count, 1, UINT64_C(1) << 36,
			     "4 KiB pages of the area"),
		TRACE_NUMBER("--writes", SCALE, &r->writes, 0, 1000000,
			     "part of the accesses that write"),
		TRACE_NUMBER("--theta", SCALE, &r->theta, 0, 4000000,
			     "exponent of zipf, in steps of 0.001"),
		TRACE_NUMBER("--len", INTEGER, &r->len, 1, SV3_PAGE_SIZE,
			     "bytes of an access, a power of two"),
		TRACE_NUMBER("--sid", INTEGER, &r->sid, 0, UINT32_MAX, "StreamID"),
		TRACE_NUMBER("--iova", ADDRESS, &r->config.iova_base, 0, 0,
			     "first byte of the area as the device names it"),
		TRACE_NUMBER("--pa", ADDRESS, &r->config.pa_base, 0, 0,
			     "first byte of the area in memory"),
		TRACE_FORMAT_OPTION(&r->format),
	};
	const struct cli_usage usage = {
		.command = command,
		.operands = "OUT",
		.about = about,
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
		.examples = examples,
		.operand_min = 1,
		.operand_max = 1,
	};

	return cli_parse(&usage, argc, argv, args);
}

/** duration x rate, rounded up. At most 10^6 s times 10^9 /s, so nothing overflows. */
static uint64_t duration_count(uint64_t duration_ps, uint64_t rate_per_s)
{
	const uint64_t ns_per_s = SV3_PS_PER_S / SV3_PS_PER_NS;
	uint64_t seconds = duration_ps / SV3_PS_PER_S;
	uint64_t rest_ns = duration_ps % SV3_PS_PER_S / SV3_PS_PER_NS;

	return seconds * rate_per_s + (rest_ns * rate_per_s + ns_per_s - 1) / ns_per_s;
}

int trace_gen(int argc, char **argv)
{
	struct gen_request request = { .format = NULL };
	struct sv3_trace_gen_config *config = &request.config;
	struct sv3_trace_error error;
	struct sv3_trace trace;
	struct cli_args args;

	sv3_trace_gen_config_init(config);
	request.pattern = config->pattern;
	request.writes = config->write_permille * UINT64_C(1000);
	request.theta = config->zipf_permille * UINT64_C(1000);
	request.len = config->access_bytes;
	request.sid = config->sid;
	if (!gen_parse(argc, argv, &request, &args))
		return args.status;
	config->pattern = (enum sv3_trace_pattern)request.pattern;
	config->write_permille = (uint32_t)(request.writes / 1000);
	config->zipf_permille = (uint32_t)(request.theta / 1000);
	config->access_bytes = (uint32_t)request.len;
	config->sid = (uint32_t)request.sid;
	if (request.duration_ps != 0)
		config->access_count = duration_count(request.duration_ps, config->rate_per_s);
	if (sv3_trace_generate(config, &trace, &error) < 0)
		return cli_error(command, "%s", error.text);
	return trace_save(command, args.operands[0], request.format, &trace);
}
