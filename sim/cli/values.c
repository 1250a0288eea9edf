/* SPDX-License-Identifier: MIT */
/*
 * values.c - numbers with units as people write them, exactly: integers only, nothing is rounded.
 *
 * A text that is not wholly a number of its kind is refused: no sign, no space, no unknown unit, no
 * fraction that is not a whole number of the smallest unit, nothing beyond 64 bits.
 */
#include "cli.h"

#include <inttypes.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define TIB (UINT64_C(1) << 40)

/* Of units with the same factor the first is the one that is printed. Larger ones come first. */
static const struct unit size_units[] = { { "T", TIB }, { "TiB", TIB }, { "t", TIB },
					  { "G", GIB }, { "GiB", GIB }, { "g", GIB },
					  { "M", MIB }, { "MiB", MIB }, { "m", MIB },
					  { "K", KIB }, { "KiB", KIB }, { "k", KIB },
					  { "", 1 },    { "B", 1 },     { NULL, 0 } };
static const struct unit rate_units[] = { { "T", UINT64_C(1000000000000) },
					  { "G", 1000000000 },
					  { "M", 1000000 },
					  { "k", 1000 },
					  { "K", 1000 },
					  { "", 1 },
					  { NULL, 0 } };
static const struct unit duration_units[] = { { "s", UINT64_C(1000000000000) },
					      { "ms", 1000000000 },
					      { "us", 1000000 },
					      { "ns", 1000 },
					      { "ps", 1 },
					      { NULL, 0 } };
static const struct unit scale_units[] = { { "", 1000000 }, { NULL, 0 } };
static const struct unit integer_units[] = { { "", 1 }, { NULL, 0 } };

static const struct unit *units_of(enum cli_kind kind)
{
	switch (kind) {
	case CLI_ADDRESS:
	case CLI_SIZE:
		return size_units;
	case CLI_RATE:
		return rate_units;
	case CLI_DURATION:
		return duration_units;
	case CLI_SCALE:
		return scale_units;
	default:
		return integer_units;
	}
}

/** Digits of @base from *@text on; false if there is none or they do not fit. */
static bool read_digits(const char **text, unsigned int base, uint64_t *value)
{
	static const char digits[] = "0123456789abcdef";
	const char *p = *text;

	*value = 0;
	for (; *p != '\0'; p++) {
		const char lower = (char)(*p >= 'A' && *p <= 'F' ? *p - 'A' + 'a' : *p);
		const char *digit = memchr(digits, lower, base);

		if (digit == NULL)
			break;
		if (__builtin_mul_overflow(*value, base, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(digit - digits), value))
			return false;
	}
	if (p == *text)
		return false;
	*text = p;
	return true;
}

/** The fraction behind a point: @value / @divisor, without the zeros at its end. */
static bool read_fraction(const char **text, uint64_t *value, uint64_t *divisor)
{
	const char *first = *text;
	uint64_t all;

	if (!read_digits(text, 10, &all))
		return false;
	*value = all;
	*divisor = 1;
	for (const char *p = first; p < *text; p++) {
		if (__builtin_mul_overflow(*divisor, (uint64_t)10, divisor))
			return false;
	}
	while (*divisor > 1 && *value % 10 == 0) {
		*value /= 10;
		*divisor /= 10;
	}
	return true;
}

/** whole * factor + fraction * factor / divisor, if that is an integer and fits. */
static bool combine(uint64_t whole, uint64_t fraction, uint64_t divisor, uint64_t factor,
		    uint64_t *value)
{
	uint64_t part;

	if (__builtin_mul_overflow(fraction, factor, &part) || part % divisor != 0)
		return false;
	return !__builtin_mul_overflow(whole, factor, value) &&
	       !__builtin_add_overflow(*value, part / divisor, value);
}

bool cli_value_parse(enum cli_kind kind, const char *text, uint64_t *value)
{
	const struct unit *unit;
	uint64_t whole, fraction = 0, divisor = 1;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		text += 2;
		return (kind == CLI_INTEGER || kind == CLI_ADDRESS || kind == CLI_SIZE) &&
		       read_digits(&text, 16, value) && *text == '\0';
	}
	if (!read_digits(&text, 10, &whole))
		return false;
	if (*text == '.') {
		text++;
		if (!read_fraction(&text, &fraction, &divisor))
			return false;
	}
	/* No time at all needs no unit. */
	if (kind == CLI_DURATION && whole == 0 && fraction == 0 && *text == '\0') {
		*value = 0;
		return true;
	}
	for (unit = units_of(kind); unit->name != NULL; unit++) {
		if (strcmp(unit->name, text) == 0)
			return combine(whole, fraction, divisor, unit->factor, value);
	}
	return false;
}

const char *cli_value_format(enum cli_kind kind, uint64_t value, char *text)
{
	const struct unit *unit = units_of(kind);

	if (kind == CLI_ADDRESS) {
		snprintf(text, CLI_VALUE_CHARS, "0x%" PRIx64, value);
		return text;
	}
	if (kind == CLI_SCALE) {
		snprintf(text, CLI_VALUE_CHARS, "%" PRIu64 ".%06" PRIu64, value / 1000000,
			 value % 1000000);
		for (size_t end = strlen(text); text[end - 1] == '0' || text[end - 1] == '.';
		     end--) {
			const bool is_point = text[end - 1] == '.';

			text[end - 1] = '\0';
			if (is_point)
				break;
		}
		return text;
	}
	while (unit->factor != 1 && (value == 0 || value % unit->factor != 0))
		unit++;
	if (kind == CLI_DURATION && value == 0)
		snprintf(text, CLI_VALUE_CHARS, "0");
	else
		snprintf(text, CLI_VALUE_CHARS, "%" PRIu64 "%s", value / unit->factor, unit->name);
	return text;
}
