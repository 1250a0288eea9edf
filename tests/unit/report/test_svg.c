/* SPDX-License-Identifier: MIT */
/*
 * test_svg.c - a document of gnuplot becomes a part of a page, and words become HTML.
 */
#include "ctest.h"

#include <sv3/report.h>

#include <stdlib.h>

static char *inlined(const char *svg, int *error)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	*error = sv3_svg_inline(svg, "p1-", file);
	fclose(file);
	return text;
}

static void expect_inlined(const char *svg, const char *wanted)
{
	int error;
	char *text = inlined(svg, &error);

	EXPECT_OK(error);
	EXPECT_EQ_STR(text, wanted);
	free(text);
}

TEST_C(svg, declarations_go_and_ids_get_the_prefix)
{
	expect_inlined(
		"<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\">"
		"<title>plot</title><desc>who made it</desc><path id='a'/><use xlink:href='#a'/></svg>",
		"<svg ><path id='p1-a'/><use href='#p1-a'/></svg>");
}

TEST_C(svg, black_is_the_text_colour_and_numbered_colours_are_those_of_the_page)
{
	expect_inlined("<svg><g stroke=\"black\" fill='black'/><path stroke='rgb( 10,  10,   7)' "
		       "fill = 'rgb( 10,  11,   3)'/></svg>",
		       "<svg><g stroke=\"currentColor\" fill='currentColor'/><path "
		       "stroke='var(--line7)' fill = 'var(--heat3)'/></svg>");
	expect_inlined("<svg><path stroke='rgb( 10,  10,   8)' fill='rgb( 0, 114, 178)'/></svg>",
		       "<svg><path stroke='rgb(10,10,8)' fill='rgb(0,114,178)'/></svg>");
}

TEST_C(svg, empty_groups_go_and_full_ones_stay)
{
	expect_inlined("<svg>\n<g fill=\"none\">\n</g>\n<g fill=\"none\">\n<path/>\n</g>\n</svg>\n",
		       "<svg>\n<g fill=\"none\">\n<path/>\n</g>\n</svg>\n");
}

TEST_C(svg, what_is_none_or_not_whole_is_refused)
{
	static const char *const bad[] = { "", "plot failed", "<svg><g>" };
	int error;

	for (unsigned int i = 0; i < 3; i++) {
		free(inlined(bad[i], &error));
		EXPECT_EQ_INT(error, -SV3_ERR_FORMAT);
	}
}

TEST_C(html, words_cannot_be_markup)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	sv3_html_text(file, "a < b & \"c\" > d");
	fclose(file);
	EXPECT_EQ_STR(text, "a &lt; b &amp; &quot;c&quot; &gt; d");
	free(text);
}
