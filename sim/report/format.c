/* SPDX-License-Identifier: MIT */
/*
 * format.c - numbers as people read them, in integers only, so that every host prints the same.
 */
#include <sv3/report.h>

#include <inttypes.h>
#include <string.h>

/** Digits with a comma between groups of three. */
static size_t group(const char *digits, char *text)
{
	const size_t count = strlen(digits);
	size_t length = 0;

	for (size_t i = 0; i < count; i++) {
		if (i > 0 && (count - i) % 3 == 0)
			text[length++] = ',';
		text[length++] = digits[i];
	}
	text[length] = '\0';
	return length;
}

const char *sv3_format_count(uint64_t value, char *text)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	group(digits, text);
	return text;
}

/** One more in the last place, which may run through to the whole part. */
static void round_up(uint64_t *whole, char *decimals, unsigned int count)
{
	while (count > 0) {
		count--;
		if (decimals[count] != '9') {
			decimals[count]++;
			return;
		}
		decimals[count] = '0';
	}
	*whole += 1;
}

/** Whether twice @rest is at least @divisor, without overflow. */
static bool is_half(uint64_t rest, uint64_t divisor)
{
	return rest >= divisor - rest;
}

/** The next decimal of rest / divisor: long division, by adding, as 10 * rest may not fit. */
static char next_decimal(uint64_t *rest, uint64_t divisor)
{
	const uint64_t start = *rest;
	char digit = '0';

	*rest = 0;
	for (unsigned int i = 0; i < 10; i++) {
		if (*rest >= divisor - start) {
			*rest -= divisor - start;
			digit++;
		} else {
			*rest += start;
		}
	}
	return digit;
}

const char *sv3_format_quotient(uint64_t value, uint64_t divisor, unsigned int digits, char *text)
{
	char decimals[8] = "";
	uint64_t whole, rest;
	size_t length;

	if (divisor == 0) {
		strcpy(text, "-");
		return text;
	}
	SV3_ASSERT(digits < sizeof(decimals) - 1);
	whole = value / divisor;
	rest = value % divisor;
	for (unsigned int i = 0; i < digits; i++)
		decimals[i] = next_decimal(&rest, divisor);
	if (is_half(rest, divisor))
		round_up(&whole, decimals, digits);
	sv3_format_count(whole, text);
	length = strlen(text);
	if (digits > 0)
		snprintf(text + length, SV3_FORMAT_CHARS - length, ".%s", decimals);
	return text;
}
