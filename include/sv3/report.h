/* SPDX-License-Identifier: MIT */
/*
 * report.h - numbers for people: tables whose columns line up, with units and grouped thousands.
 *
 * Concepts:
 *   column  a head, a unit below it, and a side to which its cells lean.
 *   cell    a text; numbers are made into one here, so that all tables write them alike.
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

#ifdef __cplusplus
}
#endif

#endif
