/* SPDX-License-Identifier: MIT */
/*
 * svg.c - what gnuplot writes as a document becomes a part of a page.
 *
 * A page has several plots, so ids get a prefix; it has its own light and dark, so black becomes
 * the colour of its text, and the numbered colours of report.h become those of its style sheet.
 * Empty groups, of which gnuplot writes many, and its titles are left out. Nothing else is changed.
 */
#include <sv3/report.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/** What is written in place of what; "@" stands for the prefix. */
static const struct {
	const char *from, *to;
} replacements[] = {
	{ "xmlns=\"http://www.w3.org/2000/svg\"", "" },
	{ "xmlns:xlink=\"http://www.w3.org/1999/xlink\"", "" },
	{ "xlink:href='#", "href='#@" },
	{ " id='", " id='@" },
	{ " id=\"", " id=\"@" },
	{ "'black'", "'currentColor'" },
	{ "\"black\"", "\"currentColor\"" },
	{ " font-family=\"sans-serif\"", "" },
};

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static void put_replacement(FILE *file, const char *text, const char *prefix)
{
	for (; *text != '\0'; text++) {
		if (*text == '@')
			fputs(prefix, file);
		else
			fputc(*text, file);
	}
}

/** "rgb( 10,  10,   3)" at *@text: the page's colour in its place; steps over it. */
static bool put_color(FILE *file, const char **text)
{
	unsigned int red, green, blue;
	int length = 0;

	if (sscanf(*text, "rgb(%u,%u,%u)%n", &red, &green, &blue, &length) != 3 || length == 0)
		return false;
	if (red == 0x0a && green == 0x0a && blue < SV3_PLOT_LINES)
		fprintf(file, "var(--line%u)", blue);
	else if (red == 0x0a && green == 0x0b && blue < SV3_PLOT_HEATS)
		fprintf(file, "var(--heat%u)", blue);
	else
		fprintf(file, "rgb(%u,%u,%u)", red, green, blue);
	*text += length;
	return true;
}

static bool put_replaced(FILE *file, const char **text, const char *prefix)
{
	for (size_t i = 0; i < sizeof(replacements) / sizeof(replacements[0]); i++) {
		if (starts(*text, replacements[i].from)) {
			put_replacement(file, replacements[i].to, prefix);
			*text += strlen(replacements[i].from);
			return true;
		}
	}
	return false;
}

/** The length of an empty group at @text, which begins a line; 0: there is none. */
static size_t empty_group(const char *text)
{
	static const char close[] = "\n</g>\n";
	const char *end;

	if (!starts(text, "<g fill="))
		return 0;
	end = strchr(text, '\n');
	if (end == NULL || end[-1] != '>' || !starts(end, close))
		return 0;
	return (size_t)(end - text) + sizeof(close) - 1;
}

/** Behind @end; gnuplot's own names of the document and its parts would pop up over the page. */
static const char *behind(const char *text, const char *end)
{
	const char *at = strstr(text, end);

	return at != NULL ? at + strlen(end) : text + 1;
}

int sv3_svg_inline(const char *svg, const char *prefix, FILE *file)
{
	const char *text = strstr(svg, "<svg");

	if (text == NULL || strstr(text, "</svg>") == NULL)
		return -SV3_ERR_FORMAT;
	while (*text != '\0') {
		const size_t empty = text[-(text > svg)] == '\n' ? empty_group(text) : 0;

		if (empty > 0)
			text += empty;
		else if (starts(text, "<desc>"))
			text = behind(text, "</desc>");
		else if (starts(text, "<title>"))
			text = behind(text, "</title>");
		else if (!put_color(file, &text) && !put_replaced(file, &text, prefix))
			fputc(*text++, file);
	}
	return 0;
}
