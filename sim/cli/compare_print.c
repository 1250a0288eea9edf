/* SPDX-License-Identifier: MIT */
/*
 * compare_print.c - results of `sv3 compare` for people: parameters, table, notes, lost pages.
 */
#include "cli.h"
#include "cmd_platform.h"
#include "compare.h"

#include <sv3/arch.h>
#include <sv3/report.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LOST_SHOWN 5u
#define MIB        (UINT64_C(1) << 20)

/* --- parameters --- */

static const char *size_text(uint64_t bytes, char *text)
{
	cli_value_format(CLI_SIZE, bytes, text);
	/* 2G is how it is typed, 2 GiB is what it is. */
	for (char *unit = text; *unit != '\0'; unit++) {
		if (*unit >= 'A') {
			const char letter = *unit;

			snprintf(unit, (size_t)(CLI_VALUE_CHARS - (unit - text)), " %ciB", letter);
			return text;
		}
	}
	strcat(text, " bytes");
	return text;
}

/** One line for each, and what they are together. */
static void print_traces(const struct compare_run *run, FILE *file)
{
	char a[SV3_FORMAT_CHARS], b[SV3_FORMAT_CHARS], c[SV3_FORMAT_CHARS];

	for (unsigned int i = 0; i < run->config.trace_count; i++) {
		const struct sv3_trace_summary *summary = &run->summaries[i];

		fprintf(file, "trace     %s: %s accesses in %s s, %s pages written\n",
			run->trace_paths[i],
			sv3_format_count(
				summary->op_count[SV3_TRACE_R] + summary->op_count[SV3_TRACE_W], a),
			sv3_format_quotient(summary->duration_ns, 1000000000, 3, b),
			sv3_format_count(summary->pa_pages_written, c));
	}
	if (run->config.trace_count > 1)
		fprintf(file, "devices   %" PRIu32 ": %s accesses, %s pages written\n",
			run->config.trace_count, sv3_format_count(run->records, a),
			sv3_format_count(run->pages_touched, b));
}

/** Synthetic devices: what they do, one line each. */
static void print_synthetics(const struct compare_run *run, FILE *file)
{
	const struct sv3_platform *tree = &run->platform.tree;
	char a[SV3_FORMAT_CHARS], b[CLI_VALUE_CHARS];

	for (uint32_t i = 0; i < run->synthetic_count; i++) {
		const struct sv3_synthetic_config *synthetic = &run->synthetics[i];

		fprintf(file, "device    %s: stream 0x%" PRIx32 ", %s over %s pages, every %s\n",
			tree->devices[i].node, synthetic->stream_id,
			platform_pattern_name(synthetic->pattern),
			sv3_format_count(synthetic->page_count, a),
			cli_value_format(CLI_DURATION, synthetic->period, b));
	}
}

static void print_cpus(const struct compare_run *run, FILE *file)
{
	for (unsigned int i = 0; i < run->cpus.texts.count; i++)
		fprintf(file, "cpu       %s\n", run->cpus.texts.items[i]);
	if (run->cpus.trace_path != NULL)
		fprintf(file, "cpu       %s, as recorded\n", run->cpus.trace_path);
}

static void print_input(const struct compare_run *run, FILE *file)
{
	const struct sv3_compare_config *config = &run->config;
	char a[SV3_FORMAT_CHARS], b[SV3_FORMAT_CHARS];

	if (run->scenario_text != NULL)
		fprintf(file, "scenario  %s: %s pages\n", run->scenario_text,
			sv3_format_count(run->pages_touched, a));
	else if (run->synthetic_count > 0)
		print_synthetics(run, file);
	else
		print_traces(run, file);
	fprintf(file, "guest     %s from 0x%" PRIx64 " on, %s pages; %s view\n",
		size_text(config->guest_size, a), config->guest_base,
		sv3_format_count(config->guest_size / SV3_PAGE_SIZE, b),
		config->view == SV3_VIEW_GUEST ? "guest" : "iova");
}

/** All of it, when anyone is slowed down. */
static void print_throttle(const struct sv3_throttle_config *throttle, FILE *file)
{
	if (!throttle->device && !throttle->cpu)
		return;
	fprintf(file,
		" --throttle %s --throttle-trigger %" PRIu32 " --throttle-initial %" PRIu32
		" --throttle-increment %" PRIu32 " --throttle-max %" PRIu32,
		!throttle->cpu      ? "device"
		: !throttle->device ? "cpu"
				    : "both",
		throttle->trigger_percent, throttle->initial_percent, throttle->increment_percent,
		throttle->max_percent);
}

static void print_transfer(const struct compare_run *run, FILE *file)
{
	const struct sv3_migration_config *migration = &run->config.migration;
	char a[CLI_VALUE_CHARS], b[CLI_VALUE_CHARS];

	fprintf(file, "transfer  --link %s",
		cli_value_format(CLI_RATE, migration->link_bits_per_s, a));
	if (run->scenario_text != NULL)
		fprintf(file, ", %" PRIu32 " rounds whatever is left,", run->scenario.rounds);
	else
		fprintf(file, " --downtime %s --max-rounds %" PRIu32,
			cli_value_format(CLI_DURATION, migration->downtime, b),
			migration->max_rounds);
	fprintf(file, " --chunk-shift %" PRIu32 " --flush %s", migration->chunk_shift,
		compare_flushes[migration->flush - SV3_FLUSH_RANGE]);
	/* What most people leave alone is shown when it is not. */
	if (migration->mode != SV3_MODE_PRECOPY)
		fprintf(file, " --mode %s", compare_modes[migration->mode]);
	if (!migration->measure_bandwidth)
		fprintf(file, " --bandwidth link");
	if (migration->device_state_bytes > 0)
		fprintf(file, " --device-state %s",
			cli_value_format(CLI_SIZE, migration->device_state_bytes, a));
	if (run->config.unmap_mode != SV3_UNMAP_XCHG)
		fprintf(file, " --unmap %s", compare_unmaps[run->config.unmap_mode]);
	if (run->config.invalidation != SV3_INVALIDATION_RECORDED)
		fprintf(file, " --invalidation %s",
			compare_invalidations[run->config.invalidation]);
	print_throttle(&migration->throttle, file);
	if (migration->leaf != SV3_LEAF_KEEP)
		fprintf(file, " --leaf %s", compare_leaves[migration->leaf]);
	if (run->config.leaf_max_lg2 > SV3_PAGE_LG2)
		fprintf(file, " --leaf-size %s --bbml %u",
			cli_value_format(CLI_SIZE, UINT64_C(1) << run->config.leaf_max_lg2, a),
			(unsigned int)SV3_GET(SV3_IDR3_BBML, run->config.smmu.idr3));
	if (migration->transfer != SV3_TRANSFER_PLAIN)
		fprintf(file, " --transfer %s", compare_transfers[migration->transfer]);
	fprintf(file, "\n");
}

static void print_costs(const struct sv3_compare_config *config, FILE *file)
{
	const struct sv3_costs *costs = &config->costs;
	const struct {
		const char *option;
		sv3_ps cost;
	} rows[] = {
		{ "--scan-time", costs->scan },
		{ "--clear-time", costs->clear },
		{ "--cmdq-delay", costs->cmdq_delay },
		{ "--inv-latency", costs->inv_latency },
		{ "--clear-delay", costs->clear_delay },
		{ "--post-delay", costs->post_delay },
		{ "--fault-latency", costs->fault_latency },
	};
	char text[CLI_VALUE_CHARS];

	fprintf(file, "costs    ");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fprintf(file, " %s %s", rows[i].option,
			cli_value_format(CLI_DURATION, rows[i].cost, text));
	fprintf(file, "\n");
}

static void print_parameters(const struct compare_run *run, FILE *file)
{
	const struct sv3_compare_config *config = &run->config;
	char text[CLI_VALUE_CHARS];

	print_input(run, file);
	print_cpus(run, file);
	print_transfer(run, file);
	print_costs(config, file);
	fprintf(file, "run       --time-scale %s",
		cli_value_format(CLI_SCALE, config->time_scale_ppm, text));
	compare_print_time(run, file);
	if (config->lead > 0)
		fprintf(file, " --lead %s", cli_value_format(CLI_DURATION, config->lead, text));
	fprintf(file, " --tlb-entries %" PRIu32, config->smmu.tlb_entries);
	if (config->ats)
		fprintf(file, " --ats --atc-entries %" PRIu32, config->atc_entries);
	fprintf(file, " --seed %" PRIu64 "%s%s%s%s\n", config->seed,
		config->contents ? " --contents" : "", config->monitored ? " --monitor" : "",
		run->bug_name != NULL ? " --bug " : "", run->bug_name != NULL ? run->bug_name : "");
}

/* --- notes: what one has to know to read the table --- */

/** The traces were shorter than the migrations: how often they ran again. */
static void note_repeats(const struct compare_run *run, FILE *file)
{
	const bool one = run->config.trace_count == 1;
	uint64_t least = UINT64_MAX, most = 0;

	for (unsigned int i = 0; i < run->policy_count; i++) {
		const uint64_t rewinds = run->results[i].trace_rewinds;

		least = rewinds < least ? rewinds : least;
		most = rewinds > most ? rewinds : most;
	}
	if (most == 0)
		return;
	fprintf(file, "note      %s shorter than the migration and %s repeated ",
		one ? "the trace is" : "traces are", one ? "was" : "were");
	if (least == most)
		fprintf(file, "%" PRIu64 " time%s", most, most == 1 ? "" : "s");
	else
		fprintf(file, "%" PRIu64 " to %" PRIu64 " times, by policy", least, most);
	fprintf(file, "%s\n", one ? "" : ", all together");
}

/** Writes wait for a slot, and in the iova view rows behind a SYNC for its end: the trace got later
 * than it says. */
static void note_lag(const struct compare_run *run, FILE *file)
{
	sv3_ps most = 0;
	char text[CLI_VALUE_CHARS];

	for (unsigned int i = 0; i < run->policy_count; i++)
		if (run->results[i].lag_max > most)
			most = run->results[i].lag_max;
	/* What one write in flight can cause is no news. */
	if (most <= run->config.costs.post_delay + run->config.costs.cmdq_delay)
		return;
	fprintf(file, "note      the device fell behind the times of the trace by up to %s",
		cli_value_format(CLI_DURATION, most, text));
	if (run->config.is_timed)
		fputs(": the hardware was not faster\n", file);
	else
		fprintf(file, ": %" PRIu32 " writes in flight are the most\n",
			run->config.smmu.slot_count);
}

/** What the traces themselves are, and what became of them. */
static void note_traces(const struct compare_run *run, FILE *file)
{
	const unsigned int count = run->config.trace_count;
	bool has_rows = false, is_bound = false;

	for (unsigned int i = 0; i < count; i++) {
		has_rows |= run->summaries[i].op_count[SV3_TRACE_MAP] > 0;
		is_bound |= run->traces[i].direction_is_bound;
	}
	for (unsigned int i = 1; i < count && run->stream_offset != 0; i++)
		fprintf(file, "note      StreamIDs of %s are moved by 0x%" PRIx64 "\n",
			run->trace_paths[i], i * run->stream_offset);
	if (is_bound)
		fprintf(file,
			"note      directions are bounds: the log does not record them, W is any access "
			"to a writable page\n");
	if (run->config.view == SV3_VIEW_GUEST && has_rows)
		fprintf(file,
			"note      MAP, UNMAP, TLBI and SYNC rows are not played in the guest view\n");
}

static void print_notes(const struct compare_run *run, FILE *file)
{
	note_repeats(run, file);
	note_lag(run, file);
	note_traces(run, file);
}

/* --- text or page --- */

/** Lines of one @print: as they are, or "word  text" as the pairs of a list. */
static int print_lines(const struct compare_run *run, const struct compare_sink *to,
		       void (*print)(const struct compare_run *run, FILE *file))
{
	char *text = NULL, *rest, *line;
	size_t size = 0;
	FILE *file;

	if (!to->is_page) {
		print(run, to->file);
		return 0;
	}
	file = open_memstream(&text, &size);
	if (file == NULL)
		return -SV3_ERR_NOMEM;
	print(run, file);
	if (fclose(file) != 0) {
		free(text);
		return -SV3_ERR_NOMEM;
	}
	fputs("<dl>\n", to->file);
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;) {
		const size_t word = strcspn(line, " ");

		if (*line == '\0')
			continue;
		fprintf(to->file, "<dt>%.*s</dt><dd>", (int)word, line);
		sv3_html_text(to->file, line + word + strspn(line + word, " "));
		fputs("</dd>\n", to->file);
	}
	fputs("</dl>\n", to->file);
	free(text);
	return 0;
}

/** A sentence of its own. */
__attribute__((format(printf, 2, 3))) static void print_sentence(const struct compare_sink *to,
								 const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fputs(to->is_page ? "<p class=\"bad\">" : "\n", to->file);
	if (to->is_page)
		sv3_html_text(to->file, text);
	else
		fputs(text, to->file);
	fputs(to->is_page ? "</p>\n" : "\n", to->file);
}

static int print_table(const struct sv3_table *table, const struct compare_sink *to)
{
	if (to->is_page)
		return sv3_table_print_html(table, to->file);
	return sv3_table_print(table, to->file, sv3_report_wants_color(to->file));
}

/* --- the table --- */

/* The last one only with --ats. */
static const struct sv3_table_column result_columns[] = {
	{ "policy", "", SV3_ALIGN_LEFT },         { "converged", "", SV3_ALIGN_LEFT },
	{ "rounds", "", SV3_ALIGN_RIGHT },        { "sent", "pages", SV3_ALIGN_RIGHT },
	{ "resent", "pages", SV3_ALIGN_RIGHT },   { "redundant", "pages", SV3_ALIGN_RIGHT },
	{ "lost", "pages", SV3_ALIGN_RIGHT },     { "sent", "MiB", SV3_ALIGN_RIGHT },
	{ "total", "ms", SV3_ALIGN_RIGHT },       { "downtime", "ms", SV3_ALIGN_RIGHT },
	{ "scanned", "leaves", SV3_ALIGN_RIGHT }, { "HTTU", "updates", SV3_ALIGN_RIGHT },
	{ "TLBI", "", SV3_ALIGN_RIGHT },          { "SYNC", "", SV3_ALIGN_RIGHT },
	{ "TLB hits", "%", SV3_ALIGN_RIGHT },     { "ATC_INV", "", SV3_ALIGN_RIGHT },
};

static void add_result(struct sv3_table *table, const struct compare_run *run, unsigned int index)
{
	const struct sv3_compare_result *result = &run->results[index];
	const struct sv3_migration_result *migration = &result->migration;
	const enum sv3_tone lost = result->pages_lost > 0 ? SV3_TONE_BAD : SV3_TONE_PLAIN;

	sv3_table_text(table, result->policy, SV3_TONE_PLAIN);
	sv3_table_text(table,
		       migration->converged                  ? "yes"
		       : migration->end == SV3_END_NO_ROUNDS ? "-"
							     : "no",
		       SV3_TONE_PLAIN);
	sv3_table_count(table, migration->rounds, SV3_TONE_PLAIN);
	sv3_table_count(table, migration->pages_sent, SV3_TONE_PLAIN);
	sv3_table_count(table, result->pages_resent, SV3_TONE_PLAIN);
	sv3_table_count(table, result->pages_redundant, SV3_TONE_PLAIN);
	sv3_table_count(table, result->pages_lost, lost);
	sv3_table_quotient(table, migration->bytes_sent, MIB, 1, SV3_TONE_PLAIN);
	sv3_table_quotient(table, migration->total, SV3_PS_PER_MS, 3, SV3_TONE_PLAIN);
	sv3_table_quotient(table, migration->downtime, SV3_PS_PER_MS, 3, SV3_TONE_PLAIN);
	sv3_table_count(table, migration->scan_descriptors, SV3_TONE_PLAIN);
	sv3_table_count(table, result->httu_updates, SV3_TONE_PLAIN);
	sv3_table_count(table, migration->tlbi, SV3_TONE_PLAIN);
	sv3_table_count(table, migration->sync, SV3_TONE_PLAIN);
	sv3_table_quotient(table, 100 * result->tlb_hits, result->tlb_hits + result->tlb_misses, 2,
			   SV3_TONE_PLAIN);
	if (run->config.ats)
		sv3_table_count(table, migration->atc_inv, SV3_TONE_PLAIN);
}

static int print_results(const struct compare_run *run, const struct compare_sink *to)
{
	const uint32_t all = sizeof(result_columns) / sizeof(result_columns[0]);
	struct sv3_table *table;
	int error = sv3_table_create(result_columns, run->config.ats ? all : all - 1, &table);

	if (error < 0)
		return error;
	for (unsigned int i = 0; i < run->policy_count; i++)
		add_result(table, run, i);
	error = print_table(table, to);
	sv3_table_destroy(table);
	return error;
}

/** Of timed runs alone. */
static int print_times(const struct compare_run *run, const struct compare_sink *to)
{
	struct sv3_table *table;
	int error;

	if (!run->config.is_timed)
		return 0;
	table = compare_time_table(run);
	if (table == NULL)
		return -SV3_ERR_NOMEM;
	if (!to->is_page)
		fprintf(to->file, "\naccesses of the devices\n");
	error = print_table(table, to);
	sv3_table_destroy(table);
	return error;
}

/* --- what must be explained --- */

static void add_time(struct sv3_table *table, sv3_ps time)
{
	if (time == SV3_PS_NEVER)
		sv3_table_text(table, "never", SV3_TONE_PLAIN);
	else
		sv3_table_quotient(table, time, SV3_PS_PER_MS, 6, SV3_TONE_PLAIN);
}

static int print_lost(const struct compare_run *run, unsigned int index,
		      const struct compare_sink *to)
{
	static const struct sv3_table_column columns[] = {
		{ "address", "", SV3_ALIGN_RIGHT },   { "last IOVA", "", SV3_ALIGN_RIGHT },
		{ "written", "ms", SV3_ALIGN_RIGHT }, { "cleared", "ms", SV3_ALIGN_RIGHT },
		{ "copied", "ms", SV3_ALIGN_RIGHT },  { "why", "", SV3_ALIGN_LEFT },
	};
	const struct sv3_compare_result *result = &run->results[index];
	struct sv3_table *table;
	char text[SV3_FORMAT_CHARS];
	int error = sv3_table_create(columns, 6, &table);

	if (error < 0)
		return error;
	print_sentence(
		to, "%s lost %s pages%s; the first of them, with their last write, clear and copy:",
		result->policy, sv3_format_count(result->pages_lost, text),
		run->policies[index]->claims_lossless ? " and claims to lose none" : "");
	for (uint64_t i = 0; i < result->lost_count && i < LOST_SHOWN; i++) {
		const struct sv3_lost_page *lost = &result->lost[i];

		snprintf(text, sizeof(text), "0x%" PRIx64,
			 run->config.guest_base + lost->page_index * SV3_PAGE_SIZE);
		sv3_table_text(table, text, SV3_TONE_PLAIN);
		snprintf(text, sizeof(text), "0x%" PRIx64, lost->iova);
		sv3_table_text(table, text, SV3_TONE_PLAIN);
		add_time(table, lost->written);
		add_time(table, lost->cleared);
		add_time(table, lost->copied);
		sv3_table_text(table, sv3_loss_text(lost->why), SV3_TONE_PLAIN);
	}
	error = print_table(table, to);
	sv3_table_destroy(table);
	return error;
}

/** Why the rounds did not come to an end by themselves. */
static void print_divergence(const struct sv3_compare_result *result, const struct compare_sink *to)
{
	const struct sv3_migration_result *migration = &result->migration;
	const enum sv3_divergence why = sv3_migration_divergence(migration);
	const struct sv3_round *last, *sent;
	char why_text[256], a[SV3_FORMAT_CHARS], b[SV3_FORMAT_CHARS], c[SV3_FORMAT_CHARS],
		d[SV3_FORMAT_CHARS];

	if (why == SV3_DIVERGENCE_NONE)
		return;
	last = &migration->rows[migration->row_count - 2];
	sent = last - 1;
	sv3_format_count(last->pages_reported, a);
	sv3_format_count(last->threshold_pages, b);
	sv3_format_quotient(sent->ended - sent->began, SV3_PS_PER_MS, 3, d);
	if (why == SV3_DIVERGENCE_FALSE)
		snprintf(why_text, sizeof(why_text),
			 "%s of the %s pages its last round reported were not dirty (limit %s)",
			 sv3_format_count(last->pages_false, c), a, b);
	else if (why == SV3_DIVERGENCE_RATE)
		snprintf(why_text, sizeof(why_text),
			 "while a round sends %s pages, in %s ms, %s get dirty (limit %s)",
			 sv3_format_count(sent->pages_sent, a), d,
			 sv3_format_count(sent->pages_dirtied, c), b);
	else
		snprintf(why_text, sizeof(why_text),
			 "a round that takes %s ms finds %s dirty pages (limit %s)", d, a, b);
	print_sentence(to, "%s does not converge, because %s", result->policy, why_text);
}

static void print_doubts(const struct compare_run *run, const struct sv3_compare_result *result,
			 const struct compare_sink *to)
{
	char text[SV3_FORMAT_CHARS];

	if (result->faults > 0 && compare_breaks_blocks(run))
		print_sentence(to,
			       "%s: %s accesses were terminated at blocks that were being split",
			       result->policy, sv3_format_count(result->faults, text));
	else if (result->faults > 0)
		print_sentence(to, "%s: %s accesses faulted: the trace or its tables are not whole",
			       result->policy, sv3_format_count(result->faults, text));
	if (result->pa_mismatches > 0)
		print_sentence(to, "%s: %s accesses came out at another address than recorded",
			       result->policy, sv3_format_count(result->pa_mismatches, text));
	if (run->config.contents)
		print_sentence(to,
			       "%s: the bytes of %s pages differ between source and destination",
			       result->policy, sv3_format_count(result->pages_differing, text));
}

/* --- what the monitor found --- */

static void print_finding(const struct sv3_monitor_finding *finding, const struct compare_sink *to)
{
	struct monitor_text text;

	monitor_text(finding, &text);
	for (unsigned int i = 0; i < MONITOR_LINES; i++) {
		fputs(to->is_page ? "<p>" : i == 0 ? "  " : "      ", to->file);
		if (to->is_page)
			sv3_html_text(to->file, text.lines[i]);
		else
			fputs(text.lines[i], to->file);
		fputs(to->is_page ? "</p>\n" : "\n", to->file);
	}
}

static void print_monitor(const struct compare_run *run, const struct compare_sink *to)
{
	char text[MONITOR_LINE_CHARS];

	if (!run->config.monitored)
		return;
	fputs(to->is_page ? "<h2>Monitor</h2>\n" : "\n", to->file);
	for (unsigned int i = 0; i < run->policy_count; i++) {
		const struct sv3_compare_result *result = &run->results[i];

		monitor_summary(&result->monitor, result->finding_count, text);
		fprintf(to->file,
			to->is_page ? "<p>monitor, %s: " : "monitor   %s: ", result->policy);
		fputs(text, to->file);
		fputs(to->is_page ? "</p>\n" : "\n", to->file);
		for (uint32_t f = 0; f < result->finding_count; f++)
			print_finding(&result->findings[f], to);
	}
}

int compare_print(const struct compare_run *run, const struct compare_sink *to)
{
	int error = print_lines(run, to, print_parameters);

	if (error >= 0)
		error = print_lines(run, to, print_notes);
	if (error >= 0 && !to->is_page)
		fputc('\n', to->file);
	if (error >= 0)
		error = print_results(run, to);
	if (error >= 0)
		error = print_times(run, to);
	for (unsigned int i = 0; i < run->policy_count && error >= 0; i++)
		print_divergence(&run->results[i], to);
	for (unsigned int i = 0; i < run->policy_count && error >= 0; i++) {
		print_doubts(run, &run->results[i], to);
		if (run->results[i].pages_lost > 0)
			error = print_lost(run, i, to);
	}
	if (error >= 0)
		print_monitor(run, to);
	return error < 0 ? cli_error("compare", "%s", sv3_strerror(error)) : CLI_OK;
}
