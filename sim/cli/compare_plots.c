/* SPDX-License-Identifier: MIT */
/*
 * compare_plots.c - the plots of `sv3 compare --report`, as scripts for gnuplot.
 *
 * A policy looks the same in every plot. Counts that span powers of ten, 0 included, stand on axes
 * of log10(1 + n).
 */
#include "compare_report.h"

#include <sv3/timeline.h>

#include <inttypes.h>
#include <string.h>

/* --- times --- */

/** How long migrations took. A policy that takes many times as long as another would press it flat
 *  against the left side; then time is logarithmic, from half of the shortest bulk on. */
struct span {
	sv3_ps shortest, longest, first; /* the left edge: @first */
	bool is_log;
	struct plot_unit unit;
};

static struct span span_of(const struct compare_run *run)
{
	struct span span = { SV3_PS_NEVER, 1, 0, false, { "", 1 } };
	sv3_ps shortest_bulk = SV3_PS_NEVER;

	for (unsigned int i = 0; i < run->policy_count; i++) {
		const struct sv3_compare_result *result = &run->results[i];
		const sv3_ps total = result->migration.total;
		const sv3_ps bulk = result->migration.rows[0].ended - compare_began(result);

		span.shortest = total < span.shortest ? total : span.shortest;
		span.longest = total > span.longest ? total : span.longest;
		shortest_bulk = bulk < shortest_bulk ? bulk : shortest_bulk;
	}
	span.is_log = span.longest / 5 > span.shortest && shortest_bulk >= 2;
	span.first = span.is_log ? shortest_bulk / 2 : 0;
	span.unit = plot_unit_of(span.longest);
	return span;
}

static void time_axis(struct plot *plot, const struct span *span)
{
	fprintf(plot->script, "set xlabel 'time from the start of tracking, %s%s'\n",
		span->unit.name, span->is_log ? ", log scale" : "");
	fputs(span->is_log ? "set logscale x\nset xrange [" : "set xrange [0:", plot->script);
	if (span->is_log) {
		plot_time(plot->script, span->first, &span->unit);
		fputc(':', plot->script);
	}
	plot_time(plot->script, span->longest, &span->unit);
	fputs("]\n", plot->script);
}

/* --- lines of all policies --- */

/** One line a policy; @put writes its points, a pair a line. */
static void add_lines(struct plot *plot, const struct compare_run *run,
		      void (*put)(FILE *script, const struct sv3_compare_result *result,
				  const struct span *span),
		      const struct span *span, const char *with)
{
	for (unsigned int i = 0; i < run->policy_count; i++) {
		fprintf(plot->script, "$p%u << EOD\n", i);
		put(plot->script, &run->results[i], span);
		fputs("EOD\n", plot->script);
	}
	for (unsigned int i = 0; i < run->policy_count; i++) {
		fprintf(plot->script, "%s$p%u using 1:2 with %s ", i == 0 ? "plot " : ", ", i,
			with);
		plot_line(plot, run->policies[i]->name);
	}
	fputc('\n', plot->script);
}

static uint64_t most_of(const struct compare_run *run,
			uint64_t (*value)(const struct sv3_round *row))
{
	uint64_t most = 0;

	for (unsigned int i = 0; i < run->policy_count; i++) {
		const struct sv3_migration_result *migration = &run->results[i].migration;

		for (uint32_t j = 0; j < migration->row_count; j++) {
			const uint64_t now = value(&migration->rows[j]);

			most = now > most ? now : most;
		}
	}
	return most;
}

/* --- pages sent in each round --- */

static uint64_t sent_of(const struct sv3_round *row)
{
	return row->pages_sent;
}

static void put_sent(FILE *script, const struct sv3_compare_result *result, const struct span *span)
{
	(void)span;
	for (uint32_t i = 0; i < result->migration.row_count; i++) {
		const struct sv3_round *row = &result->migration.rows[i];

		if (i == 0 || row->is_final || row->pages_sent > 0)
			fprintf(script, "%" PRIu32 " %" PRIu64 "\n", i, row->pages_sent);
	}
}

static uint32_t longest_of(const struct compare_run *run)
{
	uint32_t most = 2;

	for (unsigned int i = 0; i < run->policy_count; i++) {
		const uint32_t count = run->results[i].migration.row_count;

		most = count > most ? count : most;
	}
	return most - 1;
}

/** How many rounds from one tick to the next: 1, 2, 5, 10, ... */
static uint32_t round_step(uint32_t longest)
{
	uint32_t step = 1;

	while (longest / step > 8)
		step = step % 9 == 2 ? step / 2 * 5 : 2 * step;
	return step;
}

static void plot_sent(struct page *page, const struct compare_run *run)
{
	const uint32_t longest = longest_of(run);
	struct plot plot;

	plot_begin(page, &plot, PLOT_HEIGHT);
	if (plot.script == NULL)
		return;
	plot_log_axis(&plot, "y", most_of(run, sent_of));
	fprintf(plot.script,
		"set xlabel 'round (0: bulk)'\nset ylabel 'pages sent'\nset xrange [0:%" PRIu32
		"]\nset xtics %" PRIu32 "\n",
		longest, round_step(longest));
	add_lines(&plot, run, put_sent, NULL, "linespoints");
	plot_end(
		page, &plot, "Pages sent in each round",
		"The round that meets the stop rule sends nothing and is left out; the one after the stop comes last.");
}

/* --- pages remaining --- */

/** From the end of bulk, which takes most of the time and is the same for all, or nearly so. */
static sv3_ps after_bulk(const struct sv3_compare_result *result, sv3_ps time)
{
	const sv3_ps bulk = result->migration.rows[0].ended - compare_began(result);

	return time > bulk ? time - bulk : 0;
}

static void put_remaining(FILE *script, const struct sv3_compare_result *result,
			  const struct span *span)
{
	for (uint32_t i = 1; i <= result->migration.row_count; i++) {
		const struct compare_point point = compare_remaining(result, i);

		plot_time(script, after_bulk(result, point.time), &span->unit);
		fprintf(script, "%" PRIu64 "\n", point.pages);
	}
}

static void plot_remaining(struct page *page, const struct compare_run *run)
{
	static const struct span span = { .unit = { "ms", SV3_PS_PER_MS } };
	uint64_t pages = 0, longest = 1;
	struct plot plot;

	for (unsigned int i = 0; i < run->policy_count; i++) {
		const struct sv3_compare_result *result = &run->results[i];
		const uint64_t time = after_bulk(result, result->migration.total) / span.unit.ps;

		longest = time > longest ? time : longest;
		for (uint32_t j = 1; j < result->migration.row_count; j++) {
			const uint64_t now = result->migration.rows[j].pages_reported;

			pages = now > pages ? now : pages;
		}
	}
	plot_begin(page, &plot, PLOT_HEIGHT);
	if (plot.script == NULL)
		return;
	plot_log_axis(&plot, "x", longest);
	plot_log_axis(&plot, "y", pages);
	fputs("set xlabel 'time from the end of bulk, ms'\nset ylabel 'pages remaining'\n",
	      plot.script);
	add_lines(&plot, run, put_remaining, &span, "linespoints");
	plot_end(page, &plot, "Pages remaining over time",
		 "What each collection found still to be sent, when it did; 0 at the end.");
}

/* --- dirty rate --- */

static uint64_t write_rate_of(const struct sv3_round *row)
{
	return compare_rate(row->writes, row);
}

static uint64_t dirty_rate_of(const struct sv3_round *row)
{
	return compare_rate(row->pages_dirtied, row);
}

/** A level line a round; one that took no time has no rate. */
static void put_rate(FILE *script, const struct sv3_compare_result *result, const struct span *span,
		     uint64_t (*rate)(const struct sv3_round *row))
{
	for (uint32_t i = 0; i < result->migration.row_count; i++) {
		const struct sv3_round *row = &result->migration.rows[i];
		const sv3_ps began = compare_began(result);

		if (row->ended == row->began)
			continue;
		plot_time(script,
			  row->began - began > span->first ? row->began - began : span->first,
			  &span->unit);
		fprintf(script, "%" PRIu64 "\n", rate(row));
		plot_time(script, row->ended - began, &span->unit);
		fprintf(script, "%" PRIu64 "\n", rate(row));
	}
}

static void put_write_rate(FILE *script, const struct sv3_compare_result *result,
			   const struct span *span)
{
	put_rate(script, result, span, write_rate_of);
}

static void put_dirty_rate(FILE *script, const struct sv3_compare_result *result,
			   const struct span *span)
{
	put_rate(script, result, span, dirty_rate_of);
}

static void plot_writes(struct page *page, const struct compare_run *run)
{
	const struct span span = span_of(run);
	struct plot plot;

	plot_begin(page, &plot, PLOT_HEIGHT);
	if (plot.script == NULL)
		return;
	time_axis(&plot, &span);
	plot_log_axis(&plot, "y", most_of(run, write_rate_of));
	fputs("set ylabel 'writes per second'\n", plot.script);
	add_lines(&plot, run, put_write_rate, &span, "lines");
	plot_end(page, &plot, "Writes over time",
		 "Of the devices, in guest memory; mean of each round.");
}

static void plot_dirtied(struct page *page, const struct compare_run *run)
{
	const struct span span = span_of(run);
	struct plot plot;

	plot_begin(page, &plot, PLOT_HEIGHT);
	if (plot.script == NULL)
		return;
	time_axis(&plot, &span);
	plot_log_axis(&plot, "y", most_of(run, dirty_rate_of));
	fputs("set ylabel 'pages dirtied per second'\n", plot.script);
	add_lines(&plot, run, put_dirty_rate, &span, "lines");
	plot_end(page, &plot, "Dirty rate over time",
		 "Writes that made a page differ from its copy; mean of each round.");
}

/* --- how long the devices' accesses took --- */

static void put_latency(FILE *script, const struct sv3_compare_result *result,
			const struct span *span)
{
	(void)span;
	/* A policy without an access still has a line, outside of the plot. */
	if (result->dma.count == 0)
		fputs("0 0\n", script);
	sv3_histogram_curve(script, &result->dma.latency, result->dma.clock_mhz);
}

static void plot_latency(struct page *page, const struct compare_run *run)
{
	const struct span span = span_of(run);
	struct plot plot;

	plot_begin(page, &plot, PLOT_HEIGHT);
	if (plot.script == NULL)
		return;
	fputs("set logscale xy\nset yrange [0.1:1000]\nset xlabel 'ns, log scale'\n"
	      "set ylabel 'of 1,000 accesses took longer'\n",
	      plot.script);
	add_lines(&plot, run, put_latency, &span, "lines");
	plot_end(
		page, &plot, "Latency of accesses",
		"Of the devices, reads and writes, from their issue to their end, in the migration.");
}

/* --- what invalidation costs --- */

/** Bars of one colour, one a policy. */
struct bars {
	const char *name;
	uint64_t (*value)(const struct sv3_migration_result *migration);
	uint64_t divisor; /* of the value, for its number */
	const char *unit; /* behind the number */
};

static void put_bars(struct plot *plot, const struct compare_run *run, const struct bars *bars,
		     unsigned int index, unsigned int count)
{
	const unsigned int thickness = 80 / count; /* of the 100 a policy has */

	fprintf(plot->script, "$b%u << EOD\n", index);
	for (unsigned int i = 0; i < run->policy_count; i++) {
		const uint64_t value = bars->value(&run->results[i].migration) / bars->divisor;
		const unsigned int low = 100 * i + 60 + thickness * index;
		char text[SV3_FORMAT_CHARS];

		fprintf(plot->script, "%" PRIu64 " %u %u %u \"  %s%s\"\n", value, low,
			low + thickness / 2, low + thickness, sv3_format_count(value, text),
			bars->unit);
	}
	fputs("EOD\n", plot->script);
}

/** The names of the policies down the side, and room for numbers behind the longest bar. */
static void bars_axes(struct plot *plot, const struct compare_run *run, uint64_t most)
{
	size_t longest = 8;

	for (unsigned int i = 0; i < run->policy_count; i++) {
		const size_t length = strlen(run->policies[i]->name);

		longest = length > longest ? length : longest;
	}
	plot_log_axis(plot, "x", most);
	fprintf(plot->script, "set xrange [0:%" PRIu64 "]\nset yrange [%u:50]\nset ytics (",
		50 + (most < UINT64_MAX / 100 ? 50 * most : most), 100 * run->policy_count + 50);
	for (unsigned int i = 0; i < run->policy_count; i++)
		fprintf(plot->script, "%s'%s' %u", i > 0 ? ", " : "", run->policies[i]->name,
			100 * (i + 1));
	fputs(")\nunset grid\nset grid xtics lt 1 lc 'gray'\nset ytics scale 0\n", plot->script);
	fprintf(plot->script, "set lmargin %zu\n", longest + 2);
}

static void plot_bars(struct page *page, const struct compare_run *run, const struct bars *bars,
		      unsigned int count, const char *title, const char *caption)
{
	uint64_t most = 0;
	struct plot plot;

	for (unsigned int i = 0; i < count * run->policy_count; i++) {
		const struct bars *these = &bars[i % count];
		const uint64_t value =
			these->value(&run->results[i / count].migration) / these->divisor;

		most = value > most ? value : most;
	}
	plot_begin(page, &plot, 100 + 40 * run->policy_count);
	if (plot.script == NULL)
		return;
	bars_axes(&plot, run, most);
	fprintf(plot.script, "set xlabel '%s'\n%s\n", count > 1 ? "commands" : bars[0].name,
		count > 1 ? "" : "unset key");
	for (unsigned int i = 0; i < count; i++)
		put_bars(&plot, run, &bars[i], i, count);
	for (unsigned int i = 0; i < count; i++)
		fprintf(plot.script,
			"%s$b%u using (0):3:(0):1:2:4 with boxxyerror fs solid noborder lc rgb "
			"'" SV3_PLOT_LINE_COLOR "' title '%s', "
			"$b%u using 1:3:5 with labels left font ',12' notitle",
			i == 0 ? "plot " : ", ", i, count > 1 ? i : 2, bars[i].name, i);
	fputc('\n', plot.script);
	plot_end(page, &plot, title, caption);
}

static uint64_t tlbi_of(const struct sv3_migration_result *migration)
{
	return migration->tlbi;
}

static uint64_t sync_of(const struct sv3_migration_result *migration)
{
	return migration->sync;
}

static uint64_t atc_inv_of(const struct sv3_migration_result *migration)
{
	return migration->atc_inv;
}

static uint64_t sync_time_of(const struct sv3_migration_result *migration)
{
	return migration->sync_time;
}

static void plot_invalidation(struct page *page, const struct compare_run *run)
{
	static const struct bars commands[] = { { "TLBI", tlbi_of, 1, "" },
						{ "SYNC", sync_of, 1, "" },
						{ "ATC_INV", atc_inv_of, 1, "" } };
	static const struct bars times[] = { { "time, us", sync_time_of, SV3_PS_PER_US, " us" } };

	plot_bars(page, run, commands, run->config.ats ? 3 : 2, "Invalidation commands",
		  "Of the migration, the driver's own apart; a range command is one.");
	plot_bars(page, run, times, 1, "Time spent on invalidation",
		  "Software waited for CMD_SYNC, from the first command pushed on.");
}

/* --- all of them --- */

void compare_plots(struct page *page, const struct compare_run *run)
{
	fputs("<h2>Rounds</h2>\n<div class=\"plots\">\n", page->html);
	plot_sent(page, run);
	plot_remaining(page, run);
	fputs("</div>\n<h2>Dirtying</h2>\n<div class=\"plots\">\n", page->html);
	plot_writes(page, run);
	plot_dirtied(page, run);
	fputs("</div>\n<h2>Invalidation</h2>\n<div class=\"plots\">\n", page->html);
	plot_invalidation(page, run);
	if (run->config.is_timed) {
		fputs("</div>\n<h2>What devices feel</h2>\n<div class=\"plots\">\n", page->html);
		plot_latency(page, run);
	}
	fputs("</div>\n<h2>Which pages are written when</h2>\n"
	      "<p>Landed writes by part of the guest and time, one map a policy: rounds are as long "
	      "as what they send. The marks at the upper edge are where rounds begin; blank is "
	      "unwritten.</p>\n<div class=\"plots\">\n",
	      page->html);
	for (unsigned int i = 0; i < run->policy_count; i++)
		compare_heat(page, run, i);
	fputs("</div>\n", page->html);
}
