/* SPDX-License-Identifier: MIT */
/*
 * scan.c - numbers and names in lines of text: what the CSV, text and QEMU readers and writers
 * share.
 *
 * Scanning looks at no bound: sources of text end in a newline, which ends every number and word.
 * Line numbers are counted only once something is wrong.
 */
#include <string.h>

#include "traces_priv.h"

/** Value of a hex digit, or 16. */
static inline unsigned int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - (unsigned int)'0';
	c |= 0x20;
	if (c >= 'a' && c <= 'f')
		return c - (unsigned int)'a' + 10;
	return 16;
}

static bool scan_hex(const uint8_t **at, uint64_t *value)
{
	const uint8_t *p = *at;
	uint64_t sum = 0;
	unsigned int digit;

	for (; (digit = hex_digit(*p)) < 16; p++) {
		if (sum >> 60)
			return false;
		sum = sum << 4 | digit;
	}
	if (p == *at)
		return false;
	*at = p;
	*value = sum;
	return true;
}

bool sv3__trace_scan_number(const uint8_t **at, uint64_t *value)
{
	const uint8_t *p = *at;
	uint64_t sum = 0;
	unsigned int digit;

	if (p[0] == '0' && p[1] == 'x') {
		p += 2;
		if (!scan_hex(&p, value))
			return false;
		*at = p;
		return true;
	}
	for (; (digit = (unsigned int)*p - '0') < 10; p++) {
		if (sum > UINT64_MAX / 10 || (sum == UINT64_MAX / 10 && digit > UINT64_MAX % 10))
			return false;
		sum = sum * 10 + digit;
	}
	if (p == *at)
		return false;
	*at = p;
	*value = sum;
	return true;
}

struct word {
	const char *text;
	uint8_t size;
};

static int word_find(const struct word *words, unsigned int count, const uint8_t *text, size_t size)
{
	for (unsigned int i = 0; i < count; i++) {
		if (words[i].size == size && memcmp(words[i].text, text, size) == 0)
			return (int)i;
	}
	return -1;
}

int sv3__trace_scan_op(const uint8_t *text, size_t size)
{
	static const struct word words[] = {
#define X(name, text) { text, sizeof(text) - 1 },
		SV3_TRACE_OP_MAP(X)
#undef X
	};

	return word_find(words, SV3_TRACE_OP_COUNT, text, size);
}

int sv3__trace_scan_aux(const uint8_t *text, size_t size)
{
	static const struct word words[] = {
#define X(name, text) { text, sizeof(text) - 1 },
		SV3_TRACE_AUX_MAP(X)
#undef X
	};

	return word_find(words, SV3_TRACE_AUX_COUNT, text, size);
}

uint64_t sv3__trace_line_number(const struct sv3__trace_source *source, const uint8_t *at)
{
	const uint8_t *p = source->bytes;
	uint64_t line = 1;

	while (p < at && (p = memchr(p, '\n', (size_t)(at - p))) != NULL) {
		line++;
		p++;
	}
	return line;
}

/** The word at @at as a message may show it: printable, and not too long. */
static void word_show(const struct sv3__trace_source *source, const uint8_t *at, char *shown,
		      size_t size)
{
	const uint8_t *end = source->bytes + source->size;
	size_t used = 0;

	for (; at < end && used + 4 < size && strchr(",\n\r \t", *at) == NULL; at++)
		shown[used++] = (char)(*at >= 0x20 && *at < 0x7f ? *at : '?');
	if (used + 4 == size) {
		memcpy(shown + used, "...", 3);
		used += 3;
	}
	shown[used] = '\0';
}

int sv3__trace_scan_fail(const struct sv3__trace_source *source, const uint8_t *at,
			 const struct sv3__trace_fault *fault, struct sv3_trace_error *error)
{
	char shown[40];

	word_show(source, at, shown, sizeof(shown));
	return sv3__trace_fail(error, SV3_ERR_FORMAT, "%s:%llu: column %s: expected %s, found '%s'",
			       source->name, (unsigned long long)sv3__trace_line_number(source, at),
			       sv3__trace_column_name(fault->column), fault->expected, shown);
}

uint8_t *sv3__trace_put_decimal(uint8_t *at, uint64_t value)
{
	uint8_t digits[20];
	size_t used = sizeof(digits);

	do {
		digits[--used] = (uint8_t)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	memcpy(at, digits + used, sizeof(digits) - used);
	return at + sizeof(digits) - used;
}

uint8_t *sv3__trace_put_hex(uint8_t *at, uint64_t value)
{
	unsigned int shift = 0;

	while (shift < 60 && value >> (shift + 4) != 0)
		shift += 4;
	*at++ = '0';
	*at++ = 'x';
	for (;; shift -= 4) {
		*at++ = (uint8_t) "0123456789abcdef"[value >> shift & 15];
		if (shift == 0)
			return at;
	}
}

uint8_t *sv3__trace_put_text(uint8_t *at, const char *text)
{
	size_t size = strlen(text);

	memcpy(at, text, size);
	return at + size;
}
