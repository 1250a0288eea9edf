/* SPDX-License-Identifier: MIT */
/*
 * compare_heat.c - heat maps of `sv3 compare --report`: which pages are written when, one map a
 * policy, as scripts for gnuplot.
 */
#include "compare_report.h"

#include <inttypes.h>

/** The written part of a map: pages [low, high). */
struct extent {
	uint64_t low, high, most;
};

static struct extent extent_of(const struct sv3_write_map *map)
{
	struct extent extent = { UINT64_MAX, 0, 0 };

	for (uint64_t i = 0; i < SV3_WRITE_MAP_TIMES * SV3_WRITE_MAP_PAGES; i++) {
		const uint64_t bin = i % SV3_WRITE_MAP_PAGES;
		const uint64_t writes = map->writes[i / SV3_WRITE_MAP_PAGES][bin];
		const uint64_t page = (map->first_bin + bin) << map->page_lg2;

		if (writes == 0)
			continue;
		extent.low = page < extent.low ? page : extent.low;
		if (page + (UINT64_C(1) << map->page_lg2) > extent.high)
			extent.high = page + (UINT64_C(1) << map->page_lg2);
		extent.most = writes > extent.most ? writes : extent.most;
	}
	return extent;
}

static void heat_axes(struct plot *plot, const struct extent *extent, sv3_ps total,
		      const struct plot_unit *unit)
{
	const bool in_mib = extent->high - extent->low >= 4096;
	const uint64_t divisor = in_mib ? 256 : 1;

	fprintf(plot->script,
		"unset grid\nunset key\nset bmargin 4\nset rmargin 12\nset tics out\n"
		"set xlabel 'time from the start of tracking, %s'\nset xrange [0:",
		unit->name);
	plot_time(plot->script, total, unit);
	fprintf(plot->script,
		"]\nset ylabel '%s'\nset yrange [%" PRIu64 ":%" PRIu64 "]\n"
		"set palette defined (0 '" SV3_PLOT_HEAT_COLOR "', 1 '" SV3_PLOT_HEAT_COLOR "') "
		"maxcolors %u\nset logscale cb\nset cbrange [1:%" PRIu64
		"]\nset cblabel 'writes'\nset format cb '%%.0s%%c'\n"
		"d = %" PRIu64 ".\n",
		in_mib ? "guest memory from its start, MiB" : "guest page", extent->low / divisor,
		(extent->high + divisor - 1) / divisor, 0, SV3_PLOT_HEATS - 1, SV3_PLOT_HEATS,
		extent->most > 10 ? extent->most : 10, divisor);
}

static void put_cells(FILE *script, const struct sv3_write_map *map, const struct plot_unit *unit)
{
	fputs("$h << EOD\n", script);
	for (uint64_t i = 0; i < SV3_WRITE_MAP_TIMES * SV3_WRITE_MAP_PAGES; i++) {
		const uint64_t time = i / SV3_WRITE_MAP_PAGES, bin = i % SV3_WRITE_MAP_PAGES;
		const sv3_ps from = (time << map->time_lg2) * SV3_PS_PER_US;
		const sv3_ps to = ((time + 1) << map->time_lg2) * SV3_PS_PER_US;

		if (map->writes[time][bin] == 0)
			continue;
		plot_time(script, from, unit);
		plot_time(script, to, unit);
		fprintf(script, "%" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
			(map->first_bin + bin) << map->page_lg2,
			(map->first_bin + bin + 1) << map->page_lg2, map->writes[time][bin]);
	}
	fputs("EOD\n", script);
}

/** Where one round ends and the next begins, if they are few enough to be told apart. */
static void put_rounds(FILE *script, const struct sv3_compare_result *result,
		       const struct plot_unit *unit)
{
	for (uint32_t i = 1; i < result->migration.row_count && result->migration.row_count <= 40;
	     i++) {
		fputs("set arrow from ", script);
		plot_time(script, result->migration.rows[i].began - compare_began(result), unit);
		fputs(", graph 1.0 rto 0, graph 0.03 nohead lw 1.5 lc 'black'\n", script);
	}
}

void compare_heat(struct page *page, const struct compare_run *run, unsigned int policy)
{
	const struct sv3_compare_result *result = &run->results[policy];
	const struct sv3_write_map *map = &run->write_maps[policy];
	const struct plot_unit unit = plot_unit_of(result->migration.total);
	const struct extent extent = extent_of(map);
	struct plot plot;

	if (extent.most == 0) {
		fprintf(page->html, "<p>%s: nothing was written.</p>\n", result->policy);
		return;
	}
	plot_begin(page, &plot, PLOT_HEIGHT);
	if (plot.script == NULL)
		return;
	heat_axes(&plot, &extent, result->migration.total, &unit);
	put_rounds(plot.script, result, &unit);
	put_cells(plot.script, map, &unit);
	fputs("plot $h using 1:($3/d):1:2:($3/d):($4/d):5 with boxxyerror fs solid noborder "
	      "lc palette\n",
	      plot.script);
	plot_end(page, &plot, result->policy, "");
}
