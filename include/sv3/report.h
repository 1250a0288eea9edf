/* SPDX-License-Identifier: MIT */
/*
 * report.h - numbers for people: tables whose columns line up, with units and grouped thousands.
 *
 * Concepts:
 *   column  a head, a unit below it, and a side to which its cells lean.
 *   cell    a text; numbers are made into one here, so that all tables write them alike.
 *   chart   a few numbers as characters, for terminals; heights and lengths, not digits.
 *   dataset rows for programs, written as CSV and as JSON from the same cells.
 *   page    one HTML document that needs nothing outside itself; plots are SVG made by gnuplot.
 * Reports print what they are given and know nothing of what it means.
 */
#ifndef SV3_REPORT_H
#define SV3_REPORT_H

#include <sv3/base.h>

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum sv3_align {
	SV3_ALIGN_RIGHT, /* numbers */
	SV3_ALIGN_LEFT,  /* words */
};

/** How a cell stands out, where colour is on. */
enum sv3_tone {
	SV3_TONE_PLAIN,
	SV3_TONE_GOOD,
	SV3_TONE_BAD,
	SV3_TONE_DIM,
};

struct sv3_table_column {
	const char *head, *unit; /* @unit: the second line of the head, may be ""; borrowed */
	enum sv3_align align;
};

struct sv3_table;

/**
 * sv3_table_create - an empty table
 * @columns: shape [column_count], borrowed while the table lives; column_count > 0
 * Returns: 0, -SV3_ERR_INVAL, -SV3_ERR_NOMEM.
 */
SV3_API SV3_MUST_CHECK int sv3_table_create(const struct sv3_table_column *columns,
					    uint32_t column_count, struct sv3_table **table);
SV3_API void sv3_table_destroy(struct sv3_table *table);

/*
 * Cells are added one after the other, row by row. Lack of memory is remembered and told by
 * sv3_table_print(), so that filling a table needs no checks.
 */

/** sv3_table_text - a cell of words; copied. */
SV3_API void sv3_table_text(struct sv3_table *table, const char *text, enum sv3_tone tone);
/** sv3_table_count - a cell with a whole number, 1,234,567. */
SV3_API void sv3_table_count(struct sv3_table *table, uint64_t value, enum sv3_tone tone);
/**
 * sv3_table_quotient - a cell with value / divisor, rounded half up to @digits decimals (0 to 6)
 * A divisor of 0 gives "-".
 */
SV3_API void sv3_table_quotient(struct sv3_table *table, uint64_t value, uint64_t divisor,
				unsigned int digits, enum sv3_tone tone);

/**
 * sv3_table_print - print head and rows, without blanks at the ends of lines
 * @color: ANSI colours; see sv3_report_wants_color()
 * Returns: 0, -SV3_ERR_NOMEM (some cell was lost on the way), -SV3_ERR_INVAL (the last row is not
 * full).
 */
SV3_API SV3_MUST_CHECK int sv3_table_print(const struct sv3_table *table, FILE *file, bool color);
/** sv3_table_print_html - the same as a table of HTML. */
SV3_API SV3_MUST_CHECK int sv3_table_print_html(const struct sv3_table *table, FILE *file);

/** Room for any number that sv3_format_x() writes. */
#define SV3_FORMAT_CHARS 48

/** sv3_format_count - 1,234,567 into @text [SV3_FORMAT_CHARS]. Returns: @text. */
SV3_API const char *sv3_format_count(uint64_t value, char *text);
/** sv3_format_quotient - value / divisor with @digits decimals into @text; as
 *  sv3_table_quotient(). */
SV3_API const char *sv3_format_quotient(uint64_t value, uint64_t divisor, unsigned int digits,
					char *text);

/** sv3_report_wants_color - @file is a terminal that is not dumb, and NO_COLOR is not set. */
SV3_API bool sv3_report_wants_color(FILE *file);

/* --- charts --- */

/** One line of a chart; all borrowed. */
struct sv3_chart_row {
	const char *name;
	const uint64_t *values; /* shape [count] */
	uint32_t count;
};

struct sv3_chart_style {
	uint32_t width;  /* characters a line may have; 40 and less are taken as 40 */
	bool is_unicode; /* blocks in UTF-8, else ASCII */
	bool color;
};

/** sv3_chart_style_of - the terminal behind @file, or 100 columns; never more. By the locale of the
 *  environment: blocks or ASCII. */
SV3_API struct sv3_chart_style sv3_chart_style_of(FILE *file);
/**
 * sv3_chart_columns - each row's values as columns of one character, heights logarithmic
 * @title: what the values are; printed above
 * @step:  what one value stands for, "round"
 * If there are more values than columns, several share one, which has the height of the largest.
 * Behind each row stand its first and its last value.
 */
SV3_API void sv3_chart_columns(const char *title, const char *step,
			       const struct sv3_chart_row *rows, uint32_t row_count,
			       const struct sv3_chart_style *style, FILE *file);
/** sv3_chart_bars - each row's first value as a bar, lengths in proportion. */
SV3_API void sv3_chart_bars(const char *title, const struct sv3_chart_row *rows, uint32_t row_count,
			    const struct sv3_chart_style *style, FILE *file);

/* --- datasets --- */

struct sv3_dataset;

/**
 * sv3_dataset_create - no rows yet
 * @keys: names of the columns; shape [column_count], borrowed while the dataset lives
 * Returns: 0, -SV3_ERR_INVAL (no column), -SV3_ERR_NOMEM.
 */
SV3_API SV3_MUST_CHECK int sv3_dataset_create(const char *const *keys, uint32_t column_count,
					      struct sv3_dataset **dataset);
SV3_API void sv3_dataset_destroy(struct sv3_dataset *dataset);

/* Cells are added as those of a table are; lack of memory is told when the dataset is written. */

/** sv3_dataset_text - a string; copied. NULL: no value, an empty cell and null. */
SV3_API void sv3_dataset_text(struct sv3_dataset *dataset, const char *text);
SV3_API void sv3_dataset_u64(struct sv3_dataset *dataset, uint64_t value);
/** sv3_dataset_quotient - value / divisor rounded half up to @digits (0 to 6); no value if the
 *  divisor is 0. */
SV3_API void sv3_dataset_quotient(struct sv3_dataset *dataset, uint64_t value, uint64_t divisor,
				  unsigned int digits);
/** sv3_dataset_word - a number, true or false where @text is how JSON writes one, else a string. */
SV3_API void sv3_dataset_word(struct sv3_dataset *dataset, const char *text);

/**
 * sv3_dataset_csv - a line of keys and a line a row; cells are quoted where they must be
 * Returns: 0, -SV3_ERR_NOMEM, -SV3_ERR_INVAL (the last row is not full).
 */
SV3_API SV3_MUST_CHECK int sv3_dataset_csv(const struct sv3_dataset *dataset, FILE *file);
/** sv3_dataset_json - an array of objects, each on a line of its own. Returns as above. */
SV3_API SV3_MUST_CHECK int sv3_dataset_json(const struct sv3_dataset *dataset, FILE *file);

/* --- pages --- */

/** sv3_html_text - words as HTML writes them, for text and for attributes in double quotes. */
SV3_API void sv3_html_text(FILE *file, const char *text);
/** sv3_html_begin - everything up to the heading @title, which is in it. */
SV3_API void sv3_html_begin(FILE *file, const char *title);
SV3_API void sv3_html_end(FILE *file);

/** Colours of plots: lines that differ for every kind of sight, and steps from few to many. */
#define SV3_PLOT_LINES 8u
#define SV3_PLOT_HEATS 8u
/** How a plot names them to gnuplot: "#0a0a01" stands for line 1, "#0a0b07" for the hottest step.
 *  The page has the true colours, one set for light and one for dark. */
#define SV3_PLOT_LINE_COLOR "#0a0a%02x"
#define SV3_PLOT_HEAT_COLOR "#0a0b%02x"

/**
 * sv3_svg_inline - an SVG of gnuplot as a part of a page: no declarations, colours of the page
 * @prefix: put before every id, which must differ between the plots of one page
 * Returns: 0; -SV3_ERR_FORMAT: that is no SVG.
 */
SV3_API SV3_MUST_CHECK int sv3_svg_inline(const char *svg, const char *prefix, FILE *file);

#ifdef __cplusplus
}
#endif

#endif
