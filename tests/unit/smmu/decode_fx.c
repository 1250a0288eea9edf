/* SPDX-License-Identifier: MIT */
/*
 * decode_fx.c - rows of the tests of STE, CD and their places.
 */
#include "decode_fx.h"

#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))

void decode_init(struct decode *d)
{
	memset(d, 0, sizeof(*d));
	/* S2P, S1P, TTF = 64, COHACC, HTTU = 2, Hyp, ATS, ASID16, VMID16, CD2L, mixed endian,
	 * stalls a choice, two-level stream tables */
	d->smmu.config.idr0 = (uint32_t)(BIT(0) | BIT(1) | 2u << 2 | BIT(4) | 2u << 6 | BIT(9) |
					 BIT(10) | BIT(12) | BIT(18) | BIT(19) | 1u << 27);
	/* SIDSIZE = 16, SSIDSIZE = 10, ATTR_PERMS_OVR, ATTR_TYPES_OVR */
	d->smmu.config.idr1 = (uint32_t)(16u | 10u << 6 | BIT(26) | BIT(27));
	/* HAD, FWB, RIL, BBML = 1 */
	d->smmu.config.idr3 = (uint32_t)(BIT(2) | BIT(8) | BIT(10) | 1u << 11);
	/* OAS = 48, all granules */
	d->smmu.config.idr5 = 5u | 7u << 4;
	d->smmu.config.aidr = 2;
	d->smmu.oas_lg2 = 48;
	/* linear, 256 entries */
	d->smmu.regs[SV3__REG_STRTAB_BASE] = 0x40100000;
	d->smmu.regs[SV3__REG_STRTAB_BASE_CFG] = 8;

	d->ste[0] = BIT(0) | 7u << 1 | 0x40110000;
	d->ste[1] = UINT64_C(1) << 44; /* SHCFG: incoming */
	/* S2VMID = 5, S2T0SZ = 24, S2SL0 = 1, S2IR0 = S2OR0 = 1, S2TG = 0, S2PS = 48, S2AA64, S2R
	 */
	d->ste[2] = 5 | UINT64_C(24) << 32 | UINT64_C(1) << 38 | UINT64_C(1) << 40 |
		    UINT64_C(1) << 42 | UINT64_C(5) << 48 | BIT(51) | BIT(58);
	d->ste[3] = 0x41000000;
	/* T0SZ = T1SZ = 16, TG0 and TG1 4K, V, IPS = 48, AA64, R, A, ASID = 7 */
	d->cd[0] = 16 | 16u << 16 | 2u << 22 | BIT(31) | UINT64_C(5) << 32 | BIT(41) | BIT(45) |
		   BIT(46) | UINT64_C(7) << 48;
	d->cd[1] = 0x42000000;
	d->cd[2] = 0x43000000;
	d->l1std = 0x44000000 | 9; /* 256 STEs */
	d->l1cd = 0x45000000 | 1;
}

static uint64_t with_field(uint64_t word, unsigned int high, unsigned int low, uint64_t value)
{
	uint64_t mask = (UINT64_MAX >> (63 - high)) & (UINT64_MAX << low);

	return (word & ~mask) | (value << low & mask);
}

static uint64_t *word_of(struct decode *d, enum decode_word word)
{
	switch (word) {
	case CR2:
		return &d->smmu.regs[SV3__REG_CR2];
	case STRTAB_CFG:
		return &d->smmu.regs[SV3__REG_STRTAB_BASE_CFG];
	case STRTAB:
		return &d->smmu.regs[SV3__REG_STRTAB_BASE];
	case L1STD:
		return &d->l1std;
	case L1CD:
		return &d->l1cd;
	case STE0:
	case STE1:
	case STE2:
	case STE3:
		return &d->ste[word - STE0];
	default:
		return &d->cd[word - CD0];
	}
}

static uint32_t *id_of(struct decode *d, enum decode_word word)
{
	return word == IDR0   ? &d->smmu.config.idr0
	       : word == IDR1 ? &d->smmu.config.idr1
	       : word == IDR3 ? &d->smmu.config.idr3
	       : word == IDR5 ? &d->smmu.config.idr5
	       : word == AIDR ? &d->smmu.config.aidr
			      : &d->smmu.config.choices;
}

void decode_set(struct decode *d, enum decode_word word, unsigned int high, unsigned int low,
		uint64_t value)
{
	static const uint32_t sizes_lg2[8] = { 32, 36, 40, 42, 44, 48, 52, 52 };

	switch (word) {
	case END:
		break;
	case IDR0:
	case IDR1:
	case IDR3:
	case IDR5:
	case AIDR:
	case CHOICES:
		*id_of(d, word) = (uint32_t)with_field(*id_of(d, word), high, low, value);
		d->smmu.oas_lg2 = sizes_lg2[d->smmu.config.idr5 & 7];
		break;
	case SID:
		d->txn.stream_id = (uint32_t)value;
		break;
	case SSID:
		d->txn.substream_valid = value >> 32 & 1;
		d->txn.substream_id = (uint32_t)value;
		break;
	default:
		*word_of(d, word) = with_field(*word_of(d, word), high, low, value);
	}
}

void decode_edits(struct decode *d, const struct decode_edit *edits)
{
	for (unsigned int i = 0; i < DECODE_EDITS_MAX; i++)
		decode_set(d, edits[i].word, edits[i].high, edits[i].low, edits[i].value);
}

const char *decode_rule_name(enum sv3__rule rule)
{
	struct sv3_rule_info info;

	return sv3_rule_info(rule, &info) ? info.name : "";
}

void decode_rows(const struct decode_row *rows, size_t count,
		 enum sv3__rule (*judge)(struct decode *))
{
	for (size_t i = 0; i < count; i++) {
		struct decode d;
		const char *got;

		decode_init(&d);
		decode_edits(&d, rows[i].edits);
		got = decode_rule_name(judge(&d));
		if (strcmp(got, rows[i].rule) != 0)
			ctest_fail(__FILE__, __LINE__, "%s: \"%s\", not \"%s\"", rows[i].what, got,
				   rows[i].rule);
	}
}

static bool is_expected(const struct decode_row *rows, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].rule, name) == 0)
			return true;
	return false;
}

void decode_covers(const struct decode_row *rows, size_t count, const char *prefix,
		   const char *except)
{
	struct sv3_rule_info info;
	unsigned int found = 0;

	for (unsigned int rule = 1; sv3_rule_info(rule, &info); rule++) {
		const char *excepted = strstr(except, info.name);

		if (strncmp(info.name, prefix, strlen(prefix)) != 0)
			continue;
		found++;
		if (excepted && excepted[strlen(info.name)] == ' ')
			continue;
		if (!is_expected(rows, count, info.name))
			ctest_fail(__FILE__, __LINE__, "no row is refused by %s", info.name);
	}
	if (found == 0)
		ctest_fail(__FILE__, __LINE__, "no rule begins with %s", prefix);
}
