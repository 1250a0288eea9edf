/* SPDX-License-Identifier: MIT */
/*
 * test_dataset.c - the same cells as CSV and as JSON, each by the rules of its form.
 */
#include "ctest.h"

#include <sv3/report.h>

#include <stdlib.h>

static const char *const keys[] = { "name", "value" };

typedef int (*writer)(const struct sv3_dataset *dataset, FILE *file);

static char *text_of(const struct sv3_dataset *dataset, writer write, int *error)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	*error = write(dataset, file);
	fclose(file);
	return text;
}

/** Writes it both ways and releases it. */
static void expect_both(struct sv3_dataset *dataset, const char *csv, const char *json)
{
	int error;
	char *text = text_of(dataset, sv3_dataset_csv, &error);

	EXPECT_OK(error);
	EXPECT_EQ_STR(text, csv);
	free(text);
	text = text_of(dataset, sv3_dataset_json, &error);
	EXPECT_OK(error);
	EXPECT_EQ_STR(text, json);
	free(text);
	sv3_dataset_destroy(dataset);
}

TEST_C(dataset, numbers_keep_all_their_digits)
{
	struct sv3_dataset *dataset;

	ASSERT_OK(sv3_dataset_create(keys, 2, &dataset));
	sv3_dataset_text(dataset, "most");
	sv3_dataset_u64(dataset, UINT64_MAX);
	sv3_dataset_text(dataset, "half up");
	sv3_dataset_quotient(dataset, 12345678, 1000, 2);
	sv3_dataset_text(dataset, "by nothing");
	sv3_dataset_quotient(dataset, 1, 0, 2);
	expect_both(dataset,
		    "name,value\nmost,18446744073709551615\nhalf up,12345.68\nby nothing,\n",
		    "[\n{\"name\":\"most\",\"value\":18446744073709551615},\n"
		    "{\"name\":\"half up\",\"value\":12345.68},\n"
		    "{\"name\":\"by nothing\",\"value\":null}\n]\n");
}

TEST_C(dataset, text_is_quoted_where_it_must_be)
{
	struct sv3_dataset *dataset;

	ASSERT_OK(sv3_dataset_create(keys, 2, &dataset));
	sv3_dataset_text(dataset, "a,b");
	sv3_dataset_text(dataset, "say \"c\"");
	sv3_dataset_text(dataset, "back\\slash");
	sv3_dataset_text(dataset, "two\nlines");
	expect_both(dataset, "name,value\n\"a,b\",\"say \"\"c\"\"\"\nback\\slash,\"two\nlines\"\n",
		    "[\n{\"name\":\"a,b\",\"value\":\"say \\\"c\\\"\"},\n"
		    "{\"name\":\"back\\\\slash\",\"value\":\"two\\u000alines\"}\n]\n");
}

TEST_C(dataset, a_word_is_a_number_only_as_JSON_writes_one)
{
	static const char *const numbers[] = { "0", "-1", "10", "0.5", "1e5", "2E-3", "true" };
	static const char *const words[] = { "", "-", "01", "+1", ".5", "1.", "0x10", "1e", "25G" };
	struct sv3_dataset *dataset;
	int error;
	char *text;

	for (unsigned int i = 0; i < 7 + 9; i++) {
		ASSERT_OK(sv3_dataset_create(keys, 1, &dataset));
		sv3_dataset_word(dataset, i < 7 ? numbers[i] : words[i - 7]);
		text = text_of(dataset, sv3_dataset_json, &error);
		EXPECT_EQ_INT(text[10] == '"', i >= 7);
		free(text);
		sv3_dataset_destroy(dataset);
	}
}

TEST_C(dataset, without_rows_it_is_a_head_and_an_empty_array)
{
	struct sv3_dataset *dataset;

	ASSERT_OK(sv3_dataset_create(keys, 2, &dataset));
	expect_both(dataset, "name,value\n", "[\n]\n");
}

TEST_C(dataset, a_row_that_is_not_full_is_refused)
{
	struct sv3_dataset *dataset;
	int error;

	EXPECT_EQ_INT(sv3_dataset_create(keys, 0, &dataset), -SV3_ERR_INVAL);
	ASSERT_OK(sv3_dataset_create(keys, 2, &dataset));
	sv3_dataset_text(dataset, "alone");
	free(text_of(dataset, sv3_dataset_csv, &error));
	EXPECT_EQ_INT(error, -SV3_ERR_INVAL);
	free(text_of(dataset, sv3_dataset_json, &error));
	EXPECT_EQ_INT(error, -SV3_ERR_INVAL);
	sv3_dataset_destroy(dataset);
}
