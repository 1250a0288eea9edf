/* SPDX-License-Identifier: MIT */
/*
 * page.h - a report in the making: report.html, and the files with the data behind it.
 *
 * Nothing is written before all of it is there. The first thing that goes wrong is told at once and
 * remembered; what follows it does nothing, and page_end() returns it.
 */
#ifndef SV3_CLI_PAGE_H
#define SV3_CLI_PAGE_H

#include "cli.h"

#include <sv3/report.h>

struct page {
	const char *command, *folder;
	FILE *html; /* what is written here is part of the page */
	char *html_text;
	size_t html_size;
	struct cli_file files[CLI_FILES_MAX];
	unsigned int file_count, plot_count;
	int status;
};

/** page_check - before any work: gnuplot is there, and @folder can be written or made. */
int page_check(const char *command, const char *folder);
/** page_begin - false: out of memory, which was told; there is no page then. */
bool page_begin(struct page *page, const char *command, const char *folder, const char *title);
/** The command that repeats the run, on the page and as command.txt. */
void page_command(struct page *page, int argc, char *const argv[]);
/** page_file - one more file; @text is taken over. NULL: out of memory. */
void page_file(struct page *page, const char *name, char *text);
/** page_dataset - NAME.csv and NAME.json. */
void page_dataset(struct page *page, const char *name, const struct sv3_dataset *dataset);
/** page_failed - an error of the library: told and remembered, if it is one. */
void page_failed(struct page *page, int error);
/** page_end - write all of it, each file whole; releases everything. CLI_OK or CLI_ERROR. */
int page_end(struct page *page);

/** A plot in the making: its script, to which the caller adds. */
struct plot {
	FILE *script;
	char *text;
	size_t size;
	unsigned int line_count;
};

#define PLOT_WIDTH  560u
#define PLOT_HEIGHT 380u

/** plot_begin - a script that has said everything but axes and data; NULL script: failed. */
void plot_begin(struct page *page, struct plot *plot, unsigned int height);
/** An axis ("x" or "y") that begins at 0 and counts in powers of ten, up to @most at least. */
void plot_log_axis(struct plot *plot, const char *axis, uint64_t most);
/** plot_word - a word as a string of the script, whatever is in it. */
void plot_word(struct plot *plot, const char *word);
/** plot_line - "title 'NAME' lc ...": how the next line looks, each in its own way. */
void plot_line(struct plot *plot, const char *name);
/** plot_end - draw it, and put it onto the page with its heading and what it shows. */
void plot_end(struct page *page, struct plot *plot, const char *title, const char *caption);

/** A unit for times up to @longest: its name, and how many picoseconds it has. */
struct plot_unit {
	const char *name;
	uint64_t ps;
};
struct plot_unit plot_unit_of(uint64_t longest_ps);
/** plot_time - picoseconds in a unit and a blank, with the digits that gnuplot needs. */
void plot_time(FILE *script, uint64_t time_ps, const struct plot_unit *unit);

#endif
