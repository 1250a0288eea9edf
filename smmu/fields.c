/* SPDX-License-Identifier: MIT */
/*
 * fields.c - the registers of the architecture and their fields, for people: rows of fields.def.
 *
 * Knows names and texts; what the registers do stands in reg.c, and which of them there are, in
 * regs.def.
 */
#include "smmu_priv.h"

enum known_register {
#define REGISTER(name, offset, bits, count, stride_bytes) KNOWN_##name,
#define FIELD(register, high, low, name, about)
#include "fields.def"
#undef REGISTER
#undef FIELD
	KNOWN_COUNT
};

static const struct sv3_reg_known registers[KNOWN_COUNT] = {
#define REGISTER(name, offset, bits, count, stride_bytes) \
	[KNOWN_##name] = { #name, offset, bits, count, stride_bytes },
#define FIELD(register, high, low, name, about)
#include "fields.def"
#undef REGISTER
#undef FIELD
};

struct field {
	enum known_register owner;
	struct sv3_field_info info;
};

static const struct field fields[] = {
#define REGISTER(name, offset, bits, count, stride_bytes)
#define FIELD(register, high, low, name, about) { KNOWN_##register, { #name, about, high, low } },
#include "fields.def"
#undef REGISTER
#undef FIELD
};

#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

bool sv3_reg_known(unsigned int index, struct sv3_reg_known *known)
{
	if (index >= KNOWN_COUNT)
		return false;
	*known = registers[index];
	return true;
}

/* One of the registers, or of an array of them, stands exactly at @offset. */
static bool stands_at(const struct sv3_reg_known *known, uint32_t offset)
{
	const uint32_t distance = offset - known->offset;

	if (known->count == 1)
		return distance == 0;
	return distance < known->count * known->stride_bytes && distance % known->stride_bytes == 0;
}

static enum known_register find(uint32_t offset)
{
	for (uint32_t i = 0; i < KNOWN_COUNT; i++) {
		if (stands_at(&registers[i], offset))
			return (enum known_register)i;
	}
	return KNOWN_COUNT;
}

/* [IHI0070 10.5.1] Counters and overflow flags of the monitors stand in page 0 or 1 of the group,
 * [IHI0070 6.2] queue indexes in page 1 and perhaps in page 0 too. */
static enum known_register find_in_either_page(uint32_t offset)
{
	static const uint32_t to_other_page = SV3_REG_PMCG_PAGE1 - SV3_REG_PMCG;
	const enum known_register exact = find(offset);

	if (exact != KNOWN_COUNT)
		return exact;
	if (offset >= SV3_REG_PMCG_PAGE1)
		return find(offset - to_other_page);
	if (offset == SV3_REG_EVENTQ_PROD_P0 || offset == SV3_REG_EVENTQ_CONS_P0 ||
	    offset == SV3_REG_PRIQ_PROD_P0 || offset == SV3_REG_PRIQ_CONS_P0)
		return find(offset + (SV3_REG_EVENTQ_PROD - SV3_REG_EVENTQ_PROD_P0));
	return KNOWN_COUNT;
}

bool sv3_reg_field(uint32_t offset, unsigned int index, struct sv3_field_info *info)
{
	const enum known_register owner = find_in_either_page(offset);

	for (uint32_t i = 0; owner != KNOWN_COUNT && i < FIELD_COUNT; i++) {
		if (fields[i].owner == owner && index-- == 0) {
			*info = fields[i].info;
			return true;
		}
	}
	return false;
}
