/* SPDX-License-Identifier: MIT */
/*
 * dataset.c - rows for programs: CSV and JSON are written from the same cells, so they agree.
 *
 * Cells lie one after the other in one text, as CSV and JSON write them but for quotes.
 */
#include <sv3/report.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct cell {
	size_t at;      /* in the text */
	bool is_string; /* to be quoted in JSON */
	bool is_none;
};

struct sv3_dataset {
	const char *const *keys;
	uint32_t column_count;
	struct cell *cells; /* shape [cell_count / column_count][column_count] */
	size_t cell_count, cell_capacity;
	char *text; /* every cell, each with its NUL */
	size_t text_size, text_capacity;
	bool lost_cell;
};

int sv3_dataset_create(const char *const *keys, uint32_t column_count, struct sv3_dataset **dataset)
{
	*dataset = NULL;
	if (column_count == 0)
		return -SV3_ERR_INVAL;
	*dataset = calloc(1, sizeof(**dataset));
	if (*dataset == NULL)
		return -SV3_ERR_NOMEM;
	(*dataset)->keys = keys;
	(*dataset)->column_count = column_count;
	return 0;
}

void sv3_dataset_destroy(struct sv3_dataset *dataset)
{
	if (dataset == NULL)
		return;
	free(dataset->cells);
	free(dataset->text);
	free(dataset);
}

/* --- cells --- */

/** Room for @more elements behind @count; false if there is none. */
static bool make_room(void **array, size_t count, size_t more, size_t *capacity, size_t each)
{
	size_t wanted = *capacity == 0 ? 256 : *capacity;
	void *grown;

	if (count + more <= *capacity)
		return true;
	while (wanted < count + more)
		wanted *= 2;
	grown = realloc(*array, wanted * each);
	if (grown == NULL)
		return false;
	*array = grown;
	*capacity = wanted;
	return true;
}

static void add(struct sv3_dataset *dataset, const char *text, bool is_string, bool is_none)
{
	const size_t size = strlen(text) + 1;

	if (!make_room((void **)&dataset->cells, dataset->cell_count, 1, &dataset->cell_capacity,
		       sizeof(*dataset->cells)) ||
	    !make_room((void **)&dataset->text, dataset->text_size, size, &dataset->text_capacity,
		       1)) {
		dataset->lost_cell = true;
		return;
	}
	dataset->cells[dataset->cell_count++] = (struct cell){
		.at = dataset->text_size,
		.is_string = is_string,
		.is_none = is_none,
	};
	memcpy(dataset->text + dataset->text_size, text, size);
	dataset->text_size += size;
}

void sv3_dataset_text(struct sv3_dataset *dataset, const char *text)
{
	add(dataset, text != NULL ? text : "", text != NULL, text == NULL);
}

void sv3_dataset_u64(struct sv3_dataset *dataset, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	add(dataset, text, false, false);
}

void sv3_dataset_quotient(struct sv3_dataset *dataset, uint64_t value, uint64_t divisor,
			  unsigned int digits)
{
	char grouped[SV3_FORMAT_CHARS], text[SV3_FORMAT_CHARS];
	size_t length = 0;

	if (divisor == 0) {
		sv3_dataset_text(dataset, NULL);
		return;
	}
	sv3_format_quotient(value, divisor, digits, grouped);
	for (const char *p = grouped; *p != '\0'; p++) {
		if (*p != ',')
			text[length++] = *p;
	}
	text[length] = '\0';
	add(dataset, text, false, false);
}

static size_t digits_at(const char *text)
{
	return strspn(text, "0123456789");
}

/** Whether @text is a number of JSON: no sign but minus, no leading zero, a digit on both sides of
 *  a point. */
static bool is_number(const char *text)
{
	const char *p = text + (*text == '-');

	if (digits_at(p) == 0 || (*p == '0' && digits_at(p) > 1))
		return false;
	p += digits_at(p);
	if (*p == '.') {
		if (digits_at(p + 1) == 0)
			return false;
		p += 1 + digits_at(p + 1);
	}
	if (*p == 'e' || *p == 'E') {
		p += p[1] == '-' || p[1] == '+' ? 2 : 1;
		if (digits_at(p) == 0)
			return false;
		p += digits_at(p);
	}
	return *p == '\0';
}

void sv3_dataset_word(struct sv3_dataset *dataset, const char *text)
{
	const bool is_plain =
		is_number(text) || strcmp(text, "true") == 0 || strcmp(text, "false") == 0;

	add(dataset, text, !is_plain, false);
}

/* --- writing --- */

static int check(const struct sv3_dataset *dataset)
{
	if (dataset->lost_cell)
		return -SV3_ERR_NOMEM;
	return dataset->cell_count % dataset->column_count == 0 ? 0 : -SV3_ERR_INVAL;
}

/** [RFC 4180 2]: quoted if it holds a comma, a quote or a line break; quotes are doubled. */
static void csv_cell(FILE *file, const char *text)
{
	if (strpbrk(text, ",\"\r\n") == NULL) {
		fputs(text, file);
		return;
	}
	fputc('"', file);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', file);
		fputc(*text, file);
	}
	fputc('"', file);
}

int sv3_dataset_csv(const struct sv3_dataset *dataset, FILE *file)
{
	const int error = check(dataset);

	if (error < 0)
		return error;
	for (uint32_t i = 0; i < dataset->column_count; i++) {
		fputs(i > 0 ? "," : "", file);
		csv_cell(file, dataset->keys[i]);
	}
	for (size_t i = 0; i < dataset->cell_count; i++) {
		fputc(i % dataset->column_count == 0 ? '\n' : ',', file);
		csv_cell(file, dataset->text + dataset->cells[i].at);
	}
	fputc('\n', file);
	return 0;
}

/** [RFC 8259 7] */
static void json_string(FILE *file, const char *text)
{
	fputc('"', file);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(file, "\\%c", *text);
		else if (iscntrl((unsigned char)*text))
			fprintf(file, "\\u%04x", (unsigned int)(unsigned char)*text);
		else
			fputc(*text, file);
	}
	fputc('"', file);
}

static void json_cell(FILE *file, const struct sv3_dataset *dataset, const struct cell *cell)
{
	const char *text = dataset->text + cell->at;

	if (cell->is_none)
		fputs("null", file);
	else if (cell->is_string)
		json_string(file, text);
	else
		fputs(text, file);
}

int sv3_dataset_json(const struct sv3_dataset *dataset, FILE *file)
{
	const uint32_t columns = dataset->column_count;
	const int error = check(dataset);

	if (error < 0)
		return error;
	fputc('[', file);
	for (size_t i = 0; i < dataset->cell_count; i++) {
		const uint32_t column = (uint32_t)(i % columns);

		fputs(column > 0 ? "," : i > 0 ? ",\n{" : "\n{", file);
		json_string(file, dataset->keys[column]);
		fputc(':', file);
		json_cell(file, dataset, &dataset->cells[i]);
		fputs(column + 1 == columns ? "}" : "", file);
	}
	fputs("\n]\n", file);
	return 0;
}
