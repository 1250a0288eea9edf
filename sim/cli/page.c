/* SPDX-License-Identifier: MIT */
/*
 * page.c - reports: a page is put together in memory and written with its data, all or nothing.
 */
#include "page.h"

#include "process.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- where it goes --- */

int page_check(const char *command, const char *folder)
{
	struct stat status;
	char *path;
	int result;

	if (cli_gnuplot_check(command) != CLI_OK)
		return CLI_ERROR;
	/* A folder that is not there yet is made with the report, so that an error leaves none. */
	if (stat(folder, &status) != 0 && errno == ENOENT)
		return cli_save_check(command, folder);
	if (asprintf(&path, "%s/report.html", folder) < 0)
		return cli_error(command, "%s", sv3_strerror(SV3_ERR_NOMEM));
	result = cli_save_check(command, path);
	free(path);
	return result;
}

/* --- what goes wrong --- */

void page_failed(struct page *page, int error)
{
	if (error < 0 && page->status == CLI_OK)
		page->status = cli_error(page->command, "%s", sv3_strerror(error));
}

/* --- files --- */

void page_file(struct page *page, const char *name, char *text)
{
	struct cli_file *file = &page->files[page->file_count];
	char *path;

	if (page->file_count == CLI_FILES_MAX || text == NULL ||
	    asprintf(&path, "%s/%s", page->folder, name) < 0) {
		page_failed(page, -SV3_ERR_NOMEM);
		free(text);
		return;
	}
	*file = (struct cli_file){ .path = path, .text = text };
	page->file_count++;
}

typedef int (*dataset_writer)(const struct sv3_dataset *dataset, FILE *file);

static void add_dataset(struct page *page, const char *name, const char *suffix,
			const struct sv3_dataset *dataset, dataset_writer write)
{
	char *text = NULL, full_name[64];
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	if (file == NULL) {
		page_failed(page, -SV3_ERR_NOMEM);
		return;
	}
	page_failed(page, write(dataset, file));
	snprintf(full_name, sizeof(full_name), "%s.%s", name, suffix);
	if (fclose(file) != 0)
		page_failed(page, -SV3_ERR_NOMEM);
	page_file(page, full_name, text);
}

void page_dataset(struct page *page, const char *name, const struct sv3_dataset *dataset)
{
	add_dataset(page, name, "csv", dataset, sv3_dataset_csv);
	add_dataset(page, name, "json", dataset, sv3_dataset_json);
}

/* --- the page --- */

bool page_begin(struct page *page, const char *command, const char *folder, const char *title)
{
	*page = (struct page){ .command = command, .folder = folder, .status = CLI_OK };
	page->html = open_memstream(&page->html_text, &page->html_size);
	if (page->html == NULL) {
		cli_error(command, "%s", sv3_strerror(SV3_ERR_NOMEM));
		return false;
	}
	sv3_html_begin(page->html, title);
	return true;
}

void page_command(struct page *page, int argc, char *const argv[])
{
	char *line = cli_command_line(argc, argv), *text = NULL;

	if (line == NULL || asprintf(&text, "%s\n", line) < 0) {
		free(line);
		page_failed(page, -SV3_ERR_NOMEM);
		return;
	}
	fputs("<pre id=\"command\">", page->html);
	sv3_html_text(page->html, line);
	fputs("</pre>\n", page->html);
	free(line);
	page_file(page, "command.txt", text);
}

/** What of the data stands beside the page, with a link to each. */
static void list_files(struct page *page)
{
	fputs("<h2>Data</h2>\n<p>The numbers behind the table and the plots, beside this page:",
	      page->html);
	for (unsigned int i = 0; i < page->file_count; i++) {
		const char *name = page->files[i].path + strlen(page->folder) + 1;

		fprintf(page->html, "%s <a href=\"%s\">%s</a>", i > 0 ? "," : "", name, name);
	}
	fputs(".</p>\n", page->html);
}

int page_end(struct page *page)
{
	list_files(page);
	sv3_html_end(page->html);
	if (fclose(page->html) != 0)
		page_failed(page, -SV3_ERR_NOMEM);
	page_file(page, "report.html", page->html_text);
	if (page->status == CLI_OK && mkdir(page->folder, 0777) != 0 && errno != EEXIST)
		page->status = cli_error(page->command, "cannot make %s: %s", page->folder,
					 strerror(errno));
	if (page->status == CLI_OK)
		page->status = cli_save(page->command, page->files, page->file_count);
	for (unsigned int i = 0; i < page->file_count; i++) {
		free((char *)(uintptr_t)page->files[i].path);
		free((char *)(uintptr_t)page->files[i].text);
	}
	return page->status;
}

/* --- plots --- */

void plot_begin(struct page *page, struct plot *plot, unsigned int height)
{
	*plot = (struct plot){ .script = NULL };
	plot->script = open_memstream(&plot->text, &plot->size);
	if (plot->script == NULL) {
		page_failed(page, -SV3_ERR_NOMEM);
		return;
	}
	fprintf(plot->script,
		"set terminal svg size %u,%u dynamic noenhanced font 'sans-serif,14'\n"
		"set border 3 lw 1\nset tics nomirror scale 0.5\nset grid ytics lt 1 lw 1 lc 'gray'\n"
		"set key below left Left reverse samplen 2.5 width 1 height 0.8\n"
		"set xlabel offset 0,0.4\nset lmargin 9\nset rmargin 2\nset tmargin 1\n",
		PLOT_WIDTH, height);
}

void plot_log_axis(struct plot *plot, const char *axis, uint64_t most)
{
	static const char units[] = "\0kMGTPE";
	uint64_t value = 1;

	/* log10(1 + v): 0 is on the axis, and from 10 on it is as good as the logarithm. */
	fprintf(plot->script,
		"set nonlinear %s via log10(1 + %s) inverse 10 ** %s - 1\n"
		"set %srange [0:%" PRIu64 "]\nset %stics ('0' 0",
		axis, axis, axis, axis, most < 1 ? 1 : most + most / 4, axis);
	for (unsigned int i = 0; i < 19 && value / 2 <= most; i++, value *= 10) {
		static const unsigned int ones[] = { 1, 10, 100 };

		fprintf(plot->script, ", '%u%.1s' %" PRIu64, ones[i % 3], &units[i / 3], value);
	}
	fputs(")\n", plot->script);
}

/** A word between single quotes: what would end it, or the line, becomes a question mark. */
void plot_word(struct plot *plot, const char *word)
{
	fputc('\'', plot->script);
	for (; *word != '\0'; word++)
		fputc(*word == '\'' || (unsigned char)*word < ' ' ? '?' : *word, plot->script);
	fputc('\'', plot->script);
}

void plot_line(struct plot *plot, const char *name)
{
	static const unsigned int marks[] = { 7, 5, 9, 13, 11, 6, 4, 8, 12, 10 };
	const unsigned int line = plot->line_count++;

	fputs("title ", plot->script);
	plot_word(plot, name);
	fprintf(plot->script, " lw 2 lc rgb '" SV3_PLOT_LINE_COLOR "' dt %u pt %u ps 0.6 ",
		line % SV3_PLOT_LINES, 1 + line % 5,
		marks[line % (sizeof(marks) / sizeof(marks[0]))]);
}

/** The figure around a plot that was drawn. */
static void put_figure(struct page *page, const char *svg, const char *title, const char *caption)
{
	char prefix[16];

	snprintf(prefix, sizeof(prefix), "p%u-", ++page->plot_count);
	fprintf(page->html, "<figure id=\"plot%u\">\n<figcaption><b>", page->plot_count);
	sv3_html_text(page->html, title);
	fputs("</b>", page->html);
	sv3_html_text(page->html, caption);
	fputs("</figcaption>\n", page->html);
	page_failed(page, sv3_svg_inline(svg, prefix, page->html));
	fputs("</figure>\n", page->html);
}

void plot_end(struct page *page, struct plot *plot, const char *title, const char *caption)
{
	char *svg = NULL;

	if (plot->script == NULL)
		return;
	if (fclose(plot->script) != 0)
		page_failed(page, -SV3_ERR_NOMEM);
	if (page->status == CLI_OK) {
		svg = cli_gnuplot(page->command, plot->text);
		if (svg == NULL)
			page->status = CLI_ERROR;
		else
			put_figure(page, svg, title, caption);
	}
	free(svg);
	free(plot->text);
}

struct plot_unit plot_unit_of(uint64_t longest_ps)
{
	static const struct plot_unit units[] = {
		{ "s", SV3_PS_PER_S },
		{ "ms", SV3_PS_PER_MS },
		{ "us", SV3_PS_PER_US },
	};

	for (size_t i = 0; i < 2; i++) {
		if (longest_ps >= 2 * units[i].ps)
			return units[i];
	}
	return units[2];
}

void plot_time(FILE *script, uint64_t time_ps, const struct plot_unit *unit)
{
	fprintf(script, "%" PRIu64 ".%012" PRIu64 " ", time_ps / unit->ps,
		(uint64_t)((unsigned __int128)(time_ps % unit->ps) * SV3_PS_PER_S / unit->ps));
}
