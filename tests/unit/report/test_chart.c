/* SPDX-License-Identifier: MIT */
/*
 * test_chart.c - charts show what is there, in the width they are given.
 */
#include "ctest.h"

#include <sv3/report.h>

#include <stdlib.h>
#include <string.h>

static const struct sv3_chart_style ascii = { .width = 60 };
static const struct sv3_chart_style blocks = { .width = 60, .is_unicode = true };

struct text {
	char *text;
	size_t size;
	FILE *file;
};

static struct text *text_begin(struct text *text)
{
	text->file = open_memstream(&text->text, &text->size);
	return text;
}

static const char *columns(struct text *text, const struct sv3_chart_row *rows, uint32_t count,
			   const struct sv3_chart_style *style)
{
	sv3_chart_columns("pages", "round", rows, count, style, text_begin(text)->file);
	fclose(text->file);
	return text->text;
}

static const char *bars(struct text *text, const struct sv3_chart_row *rows, uint32_t count,
			const struct sv3_chart_style *style)
{
	sv3_chart_bars("pages", rows, count, style, text_begin(text)->file);
	fclose(text->file);
	return text->text;
}

TEST_C(chart, columns_are_logarithmic_and_zero_is_told_apart)
{
	static const uint64_t values[] = { 0, 1, 4, 16, 64, 128 };
	const struct sv3_chart_row row = { "hw", values, 6 };
	struct text text;

	EXPECT_EQ_STR(columns(&text, &row, 1, &ascii),
		      "pages\n"
		      "a column a round, log scale to 128; first and last\n"
		      "hw  0.-+%#   0 128\n");
	free(text.text);
	EXPECT_EQ_STR(columns(&text, &row, 1, &blocks),
		      "pages\n"
		      "a column a round, log scale to 128; first and last\n"
		      "hw  ·▁▃▅▇█   0 128\n");
	free(text.text);
}

TEST_C(chart, too_many_values_share_columns_by_their_largest)
{
	uint64_t values[100] = { 0 };
	const struct sv3_chart_row row = { "hw", values, 100 };
	struct text text;

	/* 60 - 2 - 2 - 4 = 52 columns, so two values share one: 50 columns. */
	values[51] = 9;
	EXPECT_EQ_STR(columns(&text, &row, 1, &ascii),
		      "pages\n"
		      "2 rounds a column, log scale to 9; first and last\n"
		      "hw  0000000000000000000000000#000000000000000000000000 0 0\n");
	free(text.text);
}

TEST_C(chart, rows_of_different_length_line_up)
{
	static const uint64_t values[] = { 3, 3, 3 };
	const struct sv3_chart_row rows[] = { { "a", values, 3 },
					      { "longer", values, 1 },
					      { "none", values, 0 } };
	struct text text;

	EXPECT_EQ_STR(columns(&text, rows, 3, &ascii),
		      "pages\n"
		      "a column a round, log scale to 3; first and last\n"
		      "a       ### 3 3\n"
		      "longer  #   3 3\n"
		      "none        - -\n");
	free(text.text);
}

TEST_C(chart, bars_are_in_proportion_and_a_little_still_shows)
{
	static const uint64_t values[] = { 800000, 400001, 1, 0 };
	const struct sv3_chart_row rows[] = { { "all", &values[0], 1 },
					      { "half", &values[1], 1 },
					      { "one", &values[2], 1 },
					      { "zero", &values[3], 1 } };
	const struct sv3_chart_style narrow = { .width = 40, .is_unicode = true };
	struct text text;

	/* 40 - 4 - 2 - 8 = 26 columns. */
	EXPECT_EQ_STR(bars(&text, rows, 4, &narrow), "pages\n"
						     "all   ██████████████████████████ 800,000\n"
						     "half  █████████████              400,001\n"
						     "one   ▏                                1\n"
						     "zero                                   0\n");
	free(text.text);
}

/** Characters of the longest line of UTF-8. */
static size_t width_of(const char *text)
{
	size_t width = 0, most = 0;

	for (; *text != '\0'; text++) {
		if (*text == '\n')
			width = 0;
		else if (((unsigned char)*text & 0xc0) != 0x80 && ++width > most)
			most = width;
	}
	return most;
}

TEST_C(chart, no_line_is_wider_than_the_terminal_nor_than_100)
{
	uint64_t values[1000];
	const struct sv3_chart_row rows[] = {
		{ "a-policy-whose-name-is-longer-than-any", values, 1000 },
		{ "b", values, 1000 },
	};

	for (unsigned int i = 0; i < 1000; i++)
		values[i] = 262144 + i;
	for (uint32_t width = 0; width <= 300; width++) {
		const struct sv3_chart_style style = { .width = width, .is_unicode = width % 2 };
		const size_t limit = width > 100 ? 100 : width < 40 ? 40 : width;
		struct text text;

		EXPECT_LE_U64(width_of(strstr(columns(&text, rows, 2, &style), "last\n") + 5),
			      limit);
		free(text.text);
		EXPECT_LE_U64(width_of(bars(&text, rows, 2, &style)), limit);
		free(text.text);
	}
}

TEST_C(chart, colour_is_in_the_text_only_if_asked_for)
{
	static const uint64_t values[] = { 3 };
	const struct sv3_chart_row row = { "a", values, 1 };
	struct sv3_chart_style style = ascii;
	struct text text;

	EXPECT_TRUE(strchr(columns(&text, &row, 1, &style), '\033') == NULL);
	free(text.text);
	style.color = true;
	EXPECT_TRUE(strchr(bars(&text, &row, 1, &style), '\033') != NULL);
	free(text.text);
}
