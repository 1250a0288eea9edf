/* SPDX-License-Identifier: MIT */
/*
 * cmd_regs_decode.c - `sv3 regs --decode`: what the bits of a register say.
 *
 * Some fields speak only together with another register: an error is active where GERROR and
 * GERRORN differ, and where the wrap flag of an index stands is said by LOG2SIZE of the queue's
 * base. Where both are given, both are looked at.
 */
#include "cmd_regs.h"

#include <cjson/cJSON.h>
#include <sv3/arch.h>
#include <sv3/report.h>
#include <sv3/smmu.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NAME_CHARS    40u
#define MEANING_CHARS 200u
#define TEXT_CHARS    (2 * MEANING_CHARS + 2)

/** A register and the value to be explained. */
struct subject {
	char name[NAME_CHARS];
	uint32_t offset, bits;
	uint64_t value;
};

struct decode {
	struct subject subjects[CLI_OPERANDS_MAX];
	unsigned int count;
};

/* --- operands --- */

/** A number as C writes it: 13, 0xd, 015, 0xdul. */
static bool parse_c_number(const char *text, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*value = strtoull(text, &end, 0);
	return errno == 0 && end[strspn(end, "uUlL")] == '\0';
}

/** Register @number of those @known stands for. */
static void set_subject(struct subject *subject, const struct sv3_reg_known *known, uint32_t number)
{
	if (known->count == 1)
		snprintf(subject->name, NAME_CHARS, "%s", known->name);
	else
		snprintf(subject->name, NAME_CHARS, "%s%" PRIu32, known->name, number);
	subject->offset = known->offset + number * known->stride_bytes;
	subject->bits = known->bits;
}

/** By name, without regard to case, SMMU_ before it or not. */
static bool find_by_name(const char *name, struct subject *subject)
{
	struct sv3_reg_known known;
	uint64_t number;

	if (strncasecmp(name, "SMMU_", 5) == 0)
		name += 5;
	for (unsigned int i = 0; sv3_reg_known(i, &known); i++) {
		const size_t length = strlen(known.name);

		number = 0;
		if (strncasecmp(name, known.name, length) != 0)
			continue;
		if (known.count == 1 ? name[length] != '\0'
				     : !cli_value_parse(CLI_INTEGER, name + length, &number) ||
					       number >= known.count)
			continue;
		set_subject(subject, &known, (uint32_t)number);
		return true;
	}
	return false;
}

static bool find_by_offset(uint64_t offset, struct subject *subject)
{
	struct sv3_reg_known known;

	for (unsigned int i = 0; sv3_reg_known(i, &known); i++) {
		const uint64_t distance = offset - known.offset;

		if (known.count == 1 ? distance != 0
				     : distance >= known.count * known.stride_bytes ||
					       distance % known.stride_bytes != 0)
			continue;
		set_subject(subject, &known,
			    known.count == 1 ? 0 : (uint32_t)distance / known.stride_bytes);
		return true;
	}
	return false;
}

static int refuse_name(const char *name)
{
	const char *names[160];
	struct sv3_reg_known known;
	unsigned int count = 0;
	char upper[NAME_CHARS];
	size_t length = 0;

	if (strncasecmp(name, "SMMU_", 5) == 0)
		name += 5;
	for (; name[length] != '\0' && length < NAME_CHARS - 1; length++)
		upper[length] = (char)toupper((unsigned char)name[length]);
	upper[length] = '\0';
	while (count < 159 && sv3_reg_known(count, &known))
		names[count++] = known.name;
	names[count] = NULL;
	return cli_unknown("regs", "register", upper, names, "sv3 regs lists those of a profile");
}

static int parse_operand(const char *operand, struct subject *subject)
{
	const char *equals = strchr(operand, '=');
	char name[NAME_CHARS];
	uint64_t offset;

	if (equals == NULL || equals == operand)
		return cli_error("regs", "'%s' is not REGISTER=VALUE; write one such as CR0=0xd",
				 operand);
	snprintf(name, sizeof(name), "%.*s", (int)(equals - operand), operand);
	if (parse_c_number(name, &offset)) {
		if (!find_by_offset(offset, subject))
			return cli_error("regs",
					 "no register stands at offset 0x%" PRIx64
					 "; page 1 begins at 0x10000, the monitors at 0x20000",
					 offset);
	} else if (!find_by_name(name, subject)) {
		return refuse_name(name);
	}
	if (!parse_c_number(equals + 1, &subject->value))
		return cli_error("regs",
				 "'%s' is not a number; give it as C writes it, such as %s=0x1f",
				 equals + 1, subject->name);
	if (subject->bits < 64 && subject->value >> subject->bits != 0)
		return cli_error("regs", "0x%" PRIx64 " does not fit: %s has %" PRIu32 " bits",
				 subject->value, subject->name, subject->bits);
	return CLI_OK;
}

/* --- meanings --- */

/** The value given for the register at @offset. */
static bool find_value(const struct decode *decode, uint32_t offset, uint64_t *value)
{
	for (unsigned int i = 0; i < decode->count; i++) {
		if (decode->subjects[i].offset == offset) {
			*value = decode->subjects[i].value;
			return true;
		}
	}
	return false;
}

/** @text up to the next "; " into @meaning, each word "n" of it as @value. */
static void fill_in(const char *text, uint64_t value, char *meaning)
{
	const char *end = strstr(text, "; ");
	size_t length = 0;

	for (const char *p = text; *p != '\0' && p != end && length < MEANING_CHARS - 24; p++) {
		const bool is_word = *p == 'n' && (p == text || !isalpha((unsigned char)p[-1])) &&
				     !isalpha((unsigned char)p[1]);

		if (is_word)
			length += (size_t)sprintf(meaning + length, "%" PRIu64, value);
		else
			meaning[length++] = *p;
	}
	meaning[length] = '\0';
}

/** What @value means by the list behind @about; false: there is no list. */
static bool look_up(const char *about, uint64_t value, char *meaning)
{
	const char *item = strstr(about, "; "), *any = NULL;

	if (item == NULL)
		return false;
	for (; item != NULL; item = strstr(item, "; ")) {
		char *end;

		item += 2;
		if (strncmp(item, "n: ", 3) == 0)
			any = item + 3;
		else if (strtoull(item, &end, 10) == value && end[0] == ':') {
			fill_in(end + 2, value, meaning);
			return true;
		}
	}
	if (any == NULL)
		snprintf(meaning, MEANING_CHARS, "reserved");
	else
		fill_in(any, value, meaning);
	return true;
}

/** The other register of GERROR and GERRORN; false for all others. */
static bool error_partner(uint32_t offset, uint32_t *partner)
{
	*partner = offset == SV3_REG_GERROR ? SV3_REG_GERRORN : SV3_REG_GERROR;
	return offset == SV3_REG_GERROR || offset == SV3_REG_GERRORN;
}

/** The base register of the queue that an index belongs to; false for all others. */
static bool queue_base(uint32_t offset, uint32_t *base)
{
	switch (offset) {
	case SV3_REG_CMDQ_PROD:
	case SV3_REG_CMDQ_CONS:
		*base = SV3_REG_CMDQ_BASE;
		return true;
	case SV3_REG_EVENTQ_PROD:
	case SV3_REG_EVENTQ_CONS:
		*base = SV3_REG_EVENTQ_BASE;
		return true;
	case SV3_REG_PRIQ_PROD:
	case SV3_REG_PRIQ_CONS:
		*base = SV3_REG_PRIQ_BASE;
		return true;
	default:
		return false;
	}
}

/** What two registers say together; false: they do not, or only one was given. */
static bool look_up_pair(const struct decode *decode, const struct subject *subject,
			 const struct sv3_field_info *field, uint64_t value, char *meaning)
{
	uint32_t other;
	uint64_t other_value;

	if (error_partner(subject->offset, &other) && find_value(decode, other, &other_value)) {
		const bool active = ((subject->value ^ other_value) >> field->low & 1) != 0;

		snprintf(meaning, MEANING_CHARS, "%s", active ? "active" : "not active");
		return true;
	}
	if (field->low == 0 && queue_base(subject->offset, &other) &&
	    find_value(decode, other, &other_value)) {
		const uint64_t log2size = SV3_GET(SV3_QUEUE_BASE_LOG2SIZE, other_value);

		snprintf(meaning, MEANING_CHARS,
			 "index %" PRIu64 ", wrap flag %" PRIu64 " (2^%" PRIu64 " entries)",
			 value & (SV3_BIT(log2size) - 1), value >> log2size & 1, log2size);
		return true;
	}
	return false;
}

/** "what the field is: what its value means" */
static void explain(const struct decode *decode, const struct subject *subject,
		    const struct sv3_field_info *field, uint64_t value, char *text)
{
	char about[MEANING_CHARS], meaning[MEANING_CHARS];

	snprintf(about, sizeof(about), "%.*s", (int)strcspn(field->about, ";"), field->about);
	if (!look_up_pair(decode, subject, field, value, meaning) &&
	    !look_up(field->about, value, meaning)) {
		if (field->high != field->low) {
			snprintf(text, TEXT_CHARS, "%s", about);
			return;
		}
		snprintf(meaning, sizeof(meaning), "%s", value != 0 ? "yes" : "no");
	}
	snprintf(text, TEXT_CHARS, "%s: %s", about, meaning);
}

static uint64_t field_mask(const struct sv3_field_info *field)
{
	return SV3_BITS(field->high, field->low);
}

/** Bits set that no field covers. */
static uint64_t reserved_bits(const struct subject *subject)
{
	struct sv3_field_info field;
	uint64_t left = subject->value;

	for (unsigned int i = 0; sv3_reg_field(subject->offset, i, &field); i++)
		left &= ~field_mask(&field);
	return left;
}

/* --- output --- */

static void format_bits(const struct sv3_field_info *field, char *text)
{
	if (field->high == field->low)
		snprintf(text, CLI_VALUE_CHARS, "%" PRIu32, field->high);
	else
		snprintf(text, CLI_VALUE_CHARS, "%" PRIu32 ":%" PRIu32, field->high, field->low);
}

/** Addresses in their place, small numbers as they are, others in hexadecimal. */
static void format_field(const struct subject *subject, const struct sv3_field_info *field,
			 char *text)
{
	const uint64_t value = SV3_GET(field_mask(field), subject->value);

	if (strncmp(field->about, "address", 7) == 0)
		snprintf(text, CLI_VALUE_CHARS, "0x%" PRIx64, subject->value & field_mask(field));
	else if (value < 10)
		snprintf(text, CLI_VALUE_CHARS, "%" PRIu64, value);
	else
		snprintf(text, CLI_VALUE_CHARS, "0x%" PRIx64, value);
}

static int print_subject(const struct decode *decode, const struct subject *subject)
{
	static const struct sv3_table_column columns[] = {
		{ "bits", "", SV3_ALIGN_RIGHT },
		{ "field", "", SV3_ALIGN_LEFT },
		{ "value", "", SV3_ALIGN_RIGHT },
		{ "meaning", "", SV3_ALIGN_LEFT },
	};
	const uint64_t reserved = reserved_bits(subject);
	struct sv3_field_info field;
	struct sv3_table *table;
	char text[TEXT_CHARS];
	int error;

	if (sv3_table_create(columns, 4, &table) < 0)
		return cli_error("regs", "%s", sv3_strerror(SV3_ERR_NOMEM));
	for (unsigned int i = 0; sv3_reg_field(subject->offset, i, &field); i++) {
		const uint64_t value = SV3_GET(field_mask(&field), subject->value);

		format_bits(&field, text);
		sv3_table_text(table, text, SV3_TONE_DIM);
		sv3_table_text(table, field.name, SV3_TONE_PLAIN);
		format_field(subject, &field, text);
		sv3_table_text(table, text, value != 0 ? SV3_TONE_PLAIN : SV3_TONE_DIM);
		explain(decode, subject, &field, value, text);
		sv3_table_text(table, text, value != 0 ? SV3_TONE_PLAIN : SV3_TONE_DIM);
	}
	printf("SMMU_%s, offset 0x%" PRIx32 " = 0x%" PRIx64 "\n", subject->name, subject->offset,
	       subject->value);
	error = sv3_table_print(table, stdout, sv3_report_wants_color(stdout));
	sv3_table_destroy(table);
	if (reserved != 0)
		printf("reserved bits are set: 0x%" PRIx64 "\n", reserved);
	return error < 0 ? cli_error("regs", "%s", sv3_strerror(error)) : CLI_OK;
}

static cJSON *json_of_field(const struct decode *decode, const struct subject *subject,
			    const struct sv3_field_info *field)
{
	const uint64_t value = SV3_GET(field_mask(field), subject->value);
	cJSON *row = cJSON_CreateObject();
	char text[TEXT_CHARS];

	cJSON_AddStringToObject(row, "name", field->name);
	cli_json_u64(row, "high", field->high);
	cli_json_u64(row, "low", field->low);
	cli_json_u64(row, "value", value);
	explain(decode, subject, field, value, text);
	cJSON_AddStringToObject(row, "meaning", text);
	return row;
}

static int print_json(const struct decode *decode)
{
	cJSON *top = cJSON_CreateObject();
	cJSON *rows = cJSON_AddArrayToObject(top, "registers");
	struct sv3_field_info field;

	for (unsigned int i = 0; i < decode->count; i++) {
		const struct subject *subject = &decode->subjects[i];
		cJSON *row = cJSON_CreateObject();
		cJSON *fields;

		cJSON_AddStringToObject(row, "name", subject->name);
		cli_json_u64(row, "offset", subject->offset);
		cli_json_u64(row, "bits", subject->bits);
		cli_json_u64(row, "value", subject->value);
		cli_json_u64(row, "reserved", reserved_bits(subject));
		fields = cJSON_AddArrayToObject(row, "fields");
		for (unsigned int j = 0; sv3_reg_field(subject->offset, j, &field); j++)
			cJSON_AddItemToArray(fields, json_of_field(decode, subject, &field));
		cJSON_AddItemToArray(rows, row);
	}
	return cli_json_save("regs", "-", top);
}

int regs_decode(const struct cli_args *args, bool json)
{
	struct decode decode = { .count = args->operand_count };
	int status = CLI_OK;

	for (unsigned int i = 0; i < args->operand_count; i++) {
		if (parse_operand(args->operands[i], &decode.subjects[i]) != CLI_OK)
			return CLI_ERROR;
	}
	if (json)
		return print_json(&decode);
	for (unsigned int i = 0; i < decode.count && status == CLI_OK; i++) {
		if (i > 0)
			printf("\n");
		status = print_subject(&decode, &decode.subjects[i]);
	}
	return status;
}
