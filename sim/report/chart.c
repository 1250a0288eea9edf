/* SPDX-License-Identifier: MIT */
/*
 * chart.c - charts of a few lines for terminals: a column a round, a bar a policy.
 *
 * Heights and lengths are found in integers, so that every host prints the same. A value above 0
 * always shows, however small beside the others.
 */
#include <sv3/report.h>

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	WIDTH_MIN = 40,
	WIDTH_MAX = 100,
	NAME_MAX_CHARS = 24,
	PLOT_MIN_CHARS = 8,
	LEVELS = 8,
};

/* --- the terminal --- */

static bool locale_is_utf8(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool is_utf8;

	if (locale == (locale_t)0)
		return false;
	is_utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
	freelocale(locale);
	return is_utf8;
}

struct sv3_chart_style sv3_chart_style_of(FILE *file)
{
	struct sv3_chart_style style = {
		.width = WIDTH_MAX,
		.is_unicode = locale_is_utf8(),
		.color = sv3_report_wants_color(file),
	};
	struct winsize size;

	if (ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 &&
	    size.ws_col < WIDTH_MAX)
		style.width = size.ws_col;
	return style;
}

/* --- what both kinds share --- */

struct canvas {
	const struct sv3_chart_style *style;
	FILE *file;
	uint32_t name_chars, plot_chars, number_chars;
};

static const char *on(const struct canvas *canvas, const char *code)
{
	return canvas->style->color ? code : "";
}

/** How wide names are, and what is left beside them and @number_count numbers. */
static struct canvas canvas_of(const struct sv3_chart_row *rows, uint32_t row_count,
			       uint32_t number_count, uint64_t most,
			       const struct sv3_chart_style *style, FILE *file)
{
	char text[SV3_FORMAT_CHARS];
	uint32_t taken;
	struct canvas canvas = { .style = style, .file = file };
	const uint32_t width = style->width > WIDTH_MAX   ? WIDTH_MAX
			       : style->width > WIDTH_MIN ? style->width
							  : WIDTH_MIN;

	for (uint32_t i = 0; i < row_count; i++) {
		const size_t length = strlen(rows[i].name);

		if (length > canvas.name_chars)
			canvas.name_chars =
				length < NAME_MAX_CHARS ? (uint32_t)length : NAME_MAX_CHARS;
	}
	/* A narrow terminal takes from the names, so that there always is a plot. */
	if (width < 60 && canvas.name_chars > 10)
		canvas.name_chars = 10;
	canvas.number_chars = (uint32_t)strlen(sv3_format_count(most, text));
	taken = canvas.name_chars + 2 + number_count * (canvas.number_chars + 1);
	canvas.plot_chars = width < taken + PLOT_MIN_CHARS ? PLOT_MIN_CHARS : width - taken;
	return canvas;
}

static void print_name(const struct canvas *canvas, const char *name)
{
	fprintf(canvas->file, "%-*.*s  ", (int)canvas->name_chars, (int)canvas->name_chars, name);
}

static uint64_t largest(const struct sv3_chart_row *rows, uint32_t row_count, uint32_t value_count)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < row_count; i++) {
		for (uint32_t j = 0; j < rows[i].count && j < value_count; j++)
			most = rows[i].values[j] > most ? rows[i].values[j] : most;
	}
	return most;
}

/* --- columns --- */

/** log2 of @value in 1/256, between powers of two in a straight line; 0 for 0 and 1. */
static uint32_t log2_256(uint64_t value)
{
	const unsigned int whole = value > 1 ? 63u - (unsigned int)__builtin_clzll(value) : 0;
	const uint64_t rest = value - (value > 1 ? UINT64_C(1) << whole : value);

	return 256u * whole + (uint32_t)(whole >= 8 ? rest >> (whole - 8) : rest << (8 - whole));
}

/** 0 for nothing, else 1 .. LEVELS. */
static unsigned int level_of(uint64_t value, uint64_t most)
{
	const uint32_t range = log2_256(most);

	if (value == 0)
		return 0;
	if (range == 0)
		return LEVELS;
	return 1 + (log2_256(value) * (LEVELS - 1) + range / 2) / range;
}

static const char *column_text(bool is_unicode, unsigned int level)
{
	static const char *const blocks[] = { "·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const letters[] = { "0", ".", ":", "-", "=", "+", "*", "%", "#" };

	return (is_unicode ? blocks : letters)[level];
}

/** The largest of @share values from @first on. */
static uint64_t peak_of(const struct sv3_chart_row *row, uint32_t first, uint32_t share)
{
	uint64_t most = 0;

	for (uint32_t i = first; i < row->count && i - first < share; i++)
		most = row->values[i] > most ? row->values[i] : most;
	return most;
}

static void print_columns(const struct canvas *canvas, const struct sv3_chart_row *row,
			  uint32_t share, uint32_t used, uint64_t most)
{
	char first[SV3_FORMAT_CHARS] = "", last[SV3_FORMAT_CHARS] = "";
	uint32_t printed = 0;

	print_name(canvas, row->name);
	fputs(on(canvas, "\033[36m"), canvas->file);
	for (uint32_t i = 0; i < row->count; i += share, printed++) {
		const unsigned int level = level_of(peak_of(row, i, share), most);

		fputs(column_text(canvas->style->is_unicode, level), canvas->file);
	}
	fputs(on(canvas, "\033[0m"), canvas->file);
	if (row->count > 0) {
		sv3_format_count(row->values[0], first);
		sv3_format_count(row->values[row->count - 1], last);
	}
	fprintf(canvas->file, "%*s %*s %*s\n", (int)(used - printed), "", (int)canvas->number_chars,
		row->count > 0 ? first : "-", (int)canvas->number_chars,
		row->count > 0 ? last : "-");
}

void sv3_chart_columns(const char *title, const char *step, const struct sv3_chart_row *rows,
		       uint32_t row_count, const struct sv3_chart_style *style, FILE *file)
{
	const uint64_t most = largest(rows, row_count, UINT32_MAX);
	const struct canvas canvas = canvas_of(rows, row_count, 2, most, style, file);
	char text[SV3_FORMAT_CHARS];
	uint32_t longest = 1, share, used;

	for (uint32_t i = 0; i < row_count; i++)
		longest = rows[i].count > longest ? rows[i].count : longest;
	share = (longest - 1) / canvas.plot_chars + 1;
	used = (longest - 1) / share + 1;
	/* The heads of the numbers stand above them, however short the rows are. */
	fprintf(file, "%s%s%s\n", on(&canvas, "\033[1m"), title, on(&canvas, "\033[0m"));
	if (share == 1)
		fprintf(file, "%sa column a %s", on(&canvas, "\033[2m"), step);
	else
		fprintf(file, "%s%u %ss a column", on(&canvas, "\033[2m"), share, step);
	fprintf(file, ", log scale to %s; first and last%s\n", sv3_format_count(most, text),
		on(&canvas, "\033[0m"));
	for (uint32_t i = 0; i < row_count; i++)
		print_columns(&canvas, &rows[i], share, used, most);
}

/* --- bars --- */

/** The bar of @eighths of a character; returns how many characters that were. */
static uint32_t print_bar(const struct canvas *canvas, uint32_t eighths)
{
	static const char *const parts[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	uint32_t whole = eighths / 8;

	if (!canvas->style->is_unicode && eighths > 0)
		whole = eighths < 8 ? 1 : (eighths + 4) / 8;
	for (uint32_t i = 0; i < whole; i++)
		fputs(canvas->style->is_unicode ? "█" : "#", canvas->file);
	if (!canvas->style->is_unicode || eighths % 8 == 0)
		return whole;
	fputs(parts[eighths % 8], canvas->file);
	return whole + 1;
}

void sv3_chart_bars(const char *title, const struct sv3_chart_row *rows, uint32_t row_count,
		    const struct sv3_chart_style *style, FILE *file)
{
	const uint64_t most = largest(rows, row_count, 1);
	const struct canvas canvas = canvas_of(rows, row_count, 1, most, style, file);
	char text[SV3_FORMAT_CHARS];

	fprintf(file, "%s%s%s\n", on(&canvas, "\033[1m"), title, on(&canvas, "\033[0m"));
	for (uint32_t i = 0; i < row_count; i++) {
		const uint64_t value = rows[i].count > 0 ? rows[i].values[0] : 0;
		const unsigned __int128 scaled =
			(unsigned __int128)value * canvas.plot_chars * 8 / (most > 0 ? most : 1);
		uint32_t printed;

		print_name(&canvas, rows[i].name);
		fputs(on(&canvas, "\033[36m"), file);
		printed = print_bar(&canvas, scaled == 0 && value > 0 ? 1 : (uint32_t)scaled);
		fputs(on(&canvas, "\033[0m"), file);
		fprintf(file, "%*s %*s\n", (int)(canvas.plot_chars - printed), "",
			(int)canvas.number_chars,
			rows[i].count > 0 ? sv3_format_count(value, text) : "-");
	}
}
