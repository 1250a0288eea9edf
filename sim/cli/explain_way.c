/* SPDX-License-Identifier: MIT */
/*
 * explain_way.c - the way of one access: a probe is stepped by hand, and what it read is decoded.
 *
 * A probe asks no cache and changes nothing, so its needs and their replies are the way itself,
 * in the order the architecture has. What a reply means is decoded here once more, from the public
 * layouts, for people.
 */
#include "explain.h"

#include <sv3/arch.h>
#include <sv3/vmsa.h>

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/* --- looking --- */

/** Pieces of one structure become one station, whatever size the hardware fetches by. */
static void keep_station(struct explanation *e, const struct sv3_need *need,
			 const struct sv3_reply *reply)
{
	struct explain_station *station = &e->stations[e->station_count];

	*station = (struct explain_station){
		.unit = need->unit,
		.pa = need->pa,
		.size = need->size,
		.aborted = reply->status != SV3_BUS_OK,
	};
	memcpy(station->data, reply->data, sizeof(station->data));
	e->station_count++;
}

int explain_probe(struct explanation *e)
{
	const struct sv3_bus bus = sv3_ram_bus(&e->ram);
	const uint64_t before = sv3_smmu_hash(e->smmu);
	struct sv3_txn probe = e->txn;
	struct sv3_need need = { 0 };
	struct sv3_reply reply;
	uint32_t slot;

	probe.kind = SV3_TXN_PROBE;
	if (sv3_smmu_begin(e->smmu, &probe, &slot) != 0)
		return cli_error("explain",
				 "%s: all slots of the machine are in use, none is left to look "
				 "with; take the snapshot at another time",
				 e->path);
	sv3_smmu_step(e->smmu, slot, NULL, &need);
	while (need.kind == SV3_NEED_READ && e->station_count < EXPLAIN_STATIONS_MAX) {
		memset(&reply, 0, sizeof(reply));
		reply.status = sv3_bus_read(&bus, need.pa, reply.data, need.size);
		keep_station(e, &need, &reply);
		sv3_smmu_step(e->smmu, slot, &reply, &need);
	}
	if (need.kind != SV3_NEED_DONE)
		return cli_error("explain", "the probe asks for more than it may: a bug in sv3");
	sv3_smmu_result(e->smmu, slot, &e->result);
	sv3_smmu_finish(e->smmu, slot);
	if (sv3_smmu_hash(e->smmu) != before)
		return cli_error("explain", "the probe changed the machine: a bug in sv3");
	return CLI_OK;
}

/* --- rows --- */

__attribute__((format(printf, 2, 3))) static void say(struct explain_row *row, const char *format,
						      ...)
{
	const size_t length = strlen(row->text);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(row->text + length, sizeof(row->text) - length, format, arguments);
	va_end(arguments);
}

static struct explain_row *add_row(struct explain_rows *rows, const char *what, uint64_t at,
				   uint64_t value)
{
	struct explain_row *row =
		&rows->rows[rows->count < EXPLAIN_ROWS_MAX - 1 ? rows->count++ : rows->count];

	*row = (struct explain_row){ .at = at, .value = value };
	snprintf(row->what, sizeof(row->what), "%s", what);
	return row;
}

/* --- registers --- */

static uint64_t reg(const struct explanation *e, uint32_t offset, uint32_t size)
{
	return sv3_smmu_reg_read(e->smmu, offset, size);
}

static bool is_enabled(const struct explanation *e)
{
	return (reg(e, SV3_REG_CR0, 4) & reg(e, SV3_REG_CR0ACK, 4) & SV3_CR0_SMMUEN) != 0;
}

static bool is_two_level(const struct explanation *e)
{
	return SV3_GET(SV3_STRTAB_CFG_FMT, reg(e, SV3_REG_STRTAB_BASE_CFG, 4)) ==
	       SV3_STRTAB_FMT_2LEVEL;
}

static void add_strtab(struct explanation *e)
{
	const uint64_t base = reg(e, SV3_REG_STRTAB_BASE, 8);
	const uint64_t cfg = reg(e, SV3_REG_STRTAB_BASE_CFG, 4);
	struct explain_row *row = add_row(&e->registers, "STRTAB_BASE", SV3_REG_STRTAB_BASE, base);

	say(row, "stream table at 0x%" PRIx64, base & SV3_STRTAB_BASE_ADDR);
	row = add_row(&e->registers, "STRTAB_BASE_CFG", SV3_REG_STRTAB_BASE_CFG, cfg);
	say(row, "%s, 2^%" PRIu64 " StreamIDs", is_two_level(e) ? "two-level" : "linear",
	    SV3_GET(SV3_STRTAB_CFG_LOG2SIZE, cfg));
	if (is_two_level(e))
		say(row, ", SPLIT %" PRIu64, SV3_GET(SV3_STRTAB_CFG_SPLIT, cfg));
}

static void add_registers(struct explanation *e)
{
	const uint64_t cr0 = reg(e, SV3_REG_CR0, 4), ack = reg(e, SV3_REG_CR0ACK, 4);
	const uint64_t gbpa = reg(e, SV3_REG_GBPA, 4);
	struct explain_row *row = add_row(&e->registers, "CR0", SV3_REG_CR0, cr0);

	say(row, "SMMUEN %d, ATSCHK %d%s", (cr0 & SV3_CR0_SMMUEN) != 0, (cr0 & SV3_CR0_ATSCHK) != 0,
	    cr0 == ack ? "" : "; not acknowledged yet");
	if (is_enabled(e)) {
		add_strtab(e);
		return;
	}
	row = add_row(&e->registers, "GBPA", SV3_REG_GBPA, gbpa);
	say(row, "all traffic %s", gbpa & SV3_GBPA_ABORT ? "is aborted" : "bypasses");
}

/* --- structures --- */

static uint64_t word_of(const struct explain_station *station, unsigned int index)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < 8; i++)
		value |= (uint64_t)station->data[8 * index + i] << 8 * i;
	return value;
}

static unsigned int stage2_granule_lg2(const struct explanation *e)
{
	static const uint8_t granules[] = { 12, 16, 14, 12 };

	return granules[SV3_GET(SV3_STE2_S2TG, e->ste[2])];
}

static bool has_stage1(const struct explanation *e)
{
	return (SV3_GET(SV3_STE0_CONFIG, e->ste[0]) & 5) == 5;
}

static bool has_stage2(const struct explanation *e)
{
	return (SV3_GET(SV3_STE0_CONFIG, e->ste[0]) & 6) == 6;
}

static const char *config_name(uint64_t config)
{
	static const char *const names[] = { "abort",  "abort",   "abort",   "abort",
					     "bypass", "stage 1", "stage 2", "stages 1 and 2" };

	return names[config & 7];
}

static void add_ste_stage1(struct explanation *e, const sv3_pa pa)
{
	static const char *const formats[] = { "linear", "two-level, 4 KiB", "two-level, 64 KiB",
					       "linear" };
	static const char *const dss[] = { "terminates", "bypasses stage 1", "uses CD 0",
					   "terminates" };
	const uint64_t word0 = e->ste[0], word1 = e->ste[1];
	const uint64_t cd_max = SV3_GET(SV3_STE0_S1CDMAX, word0);
	struct explain_row *row = add_row(&e->way, "STE word 0", pa, word0);

	say(row, "V %d, Config %" PRIu64 ": %s", (word0 & SV3_STE0_V) != 0,
	    SV3_GET(SV3_STE0_CONFIG, word0), config_name(SV3_GET(SV3_STE0_CONFIG, word0)));
	if (has_stage1(e)) {
		say(row, ", CDs at 0x%" PRIx64, word0 & SV3_STE0_S1CONTEXTPTR);
		if (cd_max != 0)
			say(row, ", 2^%" PRIu64 " of them, %s", cd_max,
			    formats[SV3_GET(SV3_STE0_S1FMT, word0)]);
	}
	row = add_row(&e->way, "STE word 1", pa + 8, word1);
	if (has_stage1(e) && cd_max != 0)
		say(row, "without SubstreamID %s, ", dss[SV3_GET(SV3_STE1_S1DSS, word1)]);
	say(row, "EATS %" PRIu64 ", STRW %" PRIu64 ", SHCFG %" PRIu64,
	    SV3_GET(SV3_STE1_EATS, word1), SV3_GET(SV3_STE1_STRW, word1),
	    SV3_GET(SV3_STE1_SHCFG, word1));
	say(row, ", PRIVCFG %" PRIu64 ", INSTCFG %" PRIu64 "%s", SV3_GET(SV3_STE1_PRIVCFG, word1),
	    SV3_GET(SV3_STE1_INSTCFG, word1), word1 & SV3_STE1_S1STALLD ? ", S1STALLD" : "");
	if (word1 & SV3_STE1_MTCFG)
		say(row, ", MemAttr 0x%" PRIx64, SV3_GET(SV3_STE1_MEMATTR, word1));
}

static void add_ste_stage2(struct explanation *e, const sv3_pa pa)
{
	const uint64_t word2 = e->ste[2];
	struct explain_row *row = add_row(&e->way, "STE word 2", pa + 16, word2);

	say(row, "VMID %" PRIu64 ", S2T0SZ %" PRIu64 " (%" PRIu64 " bits), S2SL0 %" PRIu64,
	    SV3_GET(SV3_STE2_S2VMID, word2), SV3_GET(SV3_STE2_S2T0SZ, word2),
	    64 - SV3_GET(SV3_STE2_S2T0SZ, word2), SV3_GET(SV3_STE2_S2SL0, word2));
	say(row, ", %u KiB granule, S2PS %u bits, S2HA %d, S2HD %d",
	    1u << (stage2_granule_lg2(e) - 10),
	    sv3_vmsa_output_size_lg2((unsigned int)SV3_GET(SV3_STE2_S2PS, word2)),
	    (word2 & SV3_STE2_S2HA) != 0, (word2 & SV3_STE2_S2HD) != 0);
	say(row, ", S2R %d%s%s%s", (word2 & SV3_STE2_S2R) != 0, word2 & SV3_STE2_S2S ? ", S2S" : "",
	    word2 & SV3_STE2_S2AFFD ? ", S2AFFD" : "", word2 & SV3_STE2_S2PTW ? ", S2PTW" : "");
	row = add_row(&e->way, "STE word 3", pa + 24, e->ste[3]);
	say(row, "S2TTB 0x%" PRIx64, e->ste[3] & SV3_STE3_S2TTB);
}

/** Which table of the CD translates the access: bit 55. [DDI0487 D8.2.4] */
static bool uses_ttb1(const struct explanation *e)
{
	return (e->txn.iova >> 55 & 1) != 0;
}

static unsigned int stage1_granule_lg2(const struct explanation *e)
{
	static const uint8_t granules0[] = { 12, 16, 14, 12 }, granules1[] = { 12, 14, 12, 16 };

	return uses_ttb1(e) ? granules1[SV3_GET(SV3_CD0_TG1, e->cd[0])]
			    : granules0[SV3_GET(SV3_CD0_TG0, e->cd[0])];
}

static void add_cd(struct explanation *e, sv3_pa pa)
{
	const uint64_t word0 = e->cd[0];
	const bool upper = uses_ttb1(e);
	const uint64_t size = upper ? SV3_GET(SV3_CD0_T1SZ, word0) : SV3_GET(SV3_CD0_T0SZ, word0);
	const uint64_t ttb = e->cd[upper ? 2 : 1];
	struct explain_row *row = add_row(&e->way, "CD word 0", pa, word0);

	say(row, "V %d, ASID %" PRIu64 ", T%dSZ %" PRIu64 " (%" PRIu64 " bits), %u KiB granule",
	    (word0 & SV3_CD0_V) != 0, SV3_GET(SV3_CD0_ASID, word0), upper, size, 64 - size,
	    1u << (stage1_granule_lg2(e) - 10));
	say(row, ", IPS %u bits, HA %d, HD %d, A %d, R %d",
	    sv3_vmsa_output_size_lg2((unsigned int)SV3_GET(SV3_CD0_IPS, word0)),
	    (word0 & SV3_CD0_HA) != 0, (word0 & SV3_CD0_HD) != 0, (word0 & SV3_CD0_A) != 0,
	    (word0 & SV3_CD0_R) != 0);
	say(row, "%s%s%s%s%s%s%s", word0 & SV3_CD0_S ? ", S" : "",
	    word0 & SV3_CD0_AFFD ? ", AFFD" : "", word0 & SV3_CD0_WXN ? ", WXN" : "",
	    word0 & SV3_CD0_UWXN ? ", UWXN" : "", word0 & SV3_CD0_PAN ? ", PAN" : "",
	    word0 & (upper ? SV3_CD0_TBI1 : SV3_CD0_TBI0) ? ", top byte ignored" : "",
	    word0 & (upper ? SV3_CD0_EPD1 : SV3_CD0_EPD0) ? ", EPD: walks disabled" : "");
	row = add_row(&e->way, upper ? "CD word 2" : "CD word 1", pa + (upper ? 16 : 8), ttb);
	say(row, "TTB%d 0x%" PRIx64 "%s", upper, ttb & (upper ? SV3_CD2_TTB1 : SV3_CD1_TTB0),
	    ttb & (upper ? SV3_CD2_HAD1 : SV3_CD1_HAD0) ? ", hierarchical attributes off" : "");
	row = add_row(&e->way, "CD word 3", pa + 24, e->cd[3]);
	say(row, "MAIR");
}

/* --- stations, in their order --- */

static struct explain_row *add_aborted(struct explanation *e, const char *what, sv3_pa pa)
{
	struct explain_row *row = add_row(&e->way, what, pa, 0);

	row->aborted = true;
	row->tone = SV3_TONE_BAD;
	say(row, "nothing answers there: the read was aborted");
	return row;
}

/**
 * A structure of 64 bytes from station @first on, which may have come in pieces of 8.
 * Returns: the stations it took.
 */
static unsigned int gather(const struct explanation *e, unsigned int first, uint64_t *words,
			   bool *aborted)
{
	const unsigned int pieces = e->stations[first].size == 64 ? 1 : 8;
	unsigned int taken = 0;

	*aborted = false;
	memset(words, 0, 64);
	for (; taken < pieces && first + taken < e->station_count; taken++) {
		const struct explain_station *station = &e->stations[first + taken];

		*aborted |= station->aborted;
		for (unsigned int i = 0; i < station->size / 8; i++)
			words[taken + i] = word_of(station, i);
		if (station->aborted)
			return taken + 1;
	}
	return taken;
}

static unsigned int tell_ste(struct explanation *e, unsigned int at)
{
	const struct explain_station *station = &e->stations[at];
	bool aborted;
	unsigned int taken;

	/* Only what comes before it tells a level-1 descriptor from a piece of an STE. */
	if (at == 0 && is_two_level(e)) {
		const uint64_t value = word_of(station, 0);
		const uint64_t span = SV3_GET(SV3_L1STD_SPAN, value);

		if (station->aborted) {
			add_aborted(e, "L1STD", station->pa);
			return 1;
		}
		if (span == 0 || span > 11)
			say(add_row(&e->way, "L1STD", station->pa, value),
			    "Span %" PRIu64 ": invalid", span);
		else
			say(add_row(&e->way, "L1STD", station->pa, value),
			    "2^%" PRIu64 " STEs at 0x%" PRIx64, span - 1, value & SV3_L1STD_L2PTR);
		return 1;
	}
	taken = gather(e, at, e->ste, &aborted);
	if (aborted) {
		add_aborted(e, "STE", station->pa);
		return taken;
	}
	e->has_ste = true;
	add_ste_stage1(e, station->pa);
	if (has_stage2(e))
		add_ste_stage2(e, station->pa);
	return taken;
}

static bool is_level1_cd(const struct explanation *e, unsigned int at)
{
	const uint64_t format = SV3_GET(SV3_STE0_S1FMT, e->ste[0]);

	if (SV3_GET(SV3_STE0_S1CDMAX, e->ste[0]) == 0 || (format != 1 && format != 2))
		return false;
	for (unsigned int i = 0; i < at; i++) {
		if (e->stations[i].unit == SV3_UNIT_CD)
			return false;
	}
	return true;
}

static unsigned int tell_cd(struct explanation *e, unsigned int at)
{
	const struct explain_station *station = &e->stations[at];
	bool aborted;
	unsigned int taken;

	if (is_level1_cd(e, at)) {
		const uint64_t value = word_of(station, 0);

		if (station->aborted)
			add_aborted(e, "L1CD", station->pa);
		else
			say(add_row(&e->way, "L1CD", station->pa, value), "V %d, CDs at 0x%" PRIx64,
			    (value & SV3_L1CD_V) != 0, value & SV3_L1CD_L2PTR);
		return 1;
	}
	taken = gather(e, at, e->cd, &aborted);
	if (aborted) {
		add_aborted(e, "CD", station->pa);
		return taken;
	}
	e->has_cd = true;
	add_cd(e, station->pa);
	return taken;
}

/** What a walk of stage 2 was for: the next thing that was read, or else what faulted. */
static enum explain_purpose purpose_of(const struct explanation *e, unsigned int at, char *name)
{
	static const char *const names[] = { "CD", "table", "output", "update" };
	enum explain_purpose purpose = EXPLAIN_FOR_OUTPUT;
	/* Behind the leaf of stage 1 comes its output, then the table it stands in. */
	const bool is_output_known = e->has_leaf && e->leaf2_count > 0 &&
				     e->leaves2[e->leaf2_count - 1].purpose >= EXPLAIN_FOR_OUTPUT;

	while (at < e->station_count && e->stations[at].unit >= SV3_UNIT_S2_L0)
		at++;
	if (at < e->station_count)
		purpose = e->stations[at].unit == SV3_UNIT_CD ? EXPLAIN_FOR_CD : EXPLAIN_FOR_TABLE;
	else if (e->has_leaf)
		purpose = is_output_known ? EXPLAIN_FOR_UPDATE : EXPLAIN_FOR_OUTPUT;
	else if (e->result.outcome != SV3_OUTCOME_OK && e->result.event_class <= SV3_EVT_CLASS_IN)
		purpose = (enum explain_purpose)e->result.event_class;
	snprintf(name, EXPLAIN_WHAT_CHARS, "%s", names[purpose]);
	if (at < e->station_count && purpose == EXPLAIN_FOR_TABLE)
		snprintf(name, EXPLAIN_WHAT_CHARS, "S1 L%d",
			 (int)e->stations[at].unit - SV3_UNIT_S1_L0);
	return purpose;
}

static uint64_t descriptor_value(const struct explanation *e, const struct explain_station *station,
				 bool is_stage2)
{
	const uint64_t value = word_of(station, 0);
	const bool is_big =
		is_stage2 ? (e->ste[2] & SV3_STE2_S2ENDI) != 0 : (e->cd[0] & SV3_CD0_ENDI) != 0;

	return is_big ? __builtin_bswap64(value) : value;
}

static void keep_leaf(struct explanation *e, const struct explain_descriptor *d)
{
	if (!d->is_stage2) {
		e->leaf = *d;
		e->has_leaf = true;
	} else if (e->leaf2_count < EXPLAIN_LEAVES_MAX) {
		e->leaves2[e->leaf2_count++] = *d;
	}
}

static void tell_descriptor(struct explanation *e, unsigned int at)
{
	const struct explain_station *station = &e->stations[at];
	const bool is_stage2 = station->unit >= SV3_UNIT_S2_L0;
	const bool output_is_52 = SV3_GET(SV3_IDR5_OAS, sv3_smmu_config(e->smmu)->idr5) >= 6;
	struct explain_descriptor d = {
		.is_stage2 = is_stage2,
		.level =
			(unsigned int)station->unit - (is_stage2 ? SV3_UNIT_S2_L0 : SV3_UNIT_S1_L0),
		.granule_lg2 = is_stage2 ? stage2_granule_lg2(e) : stage1_granule_lg2(e),
		.pa = station->pa,
		.value = descriptor_value(e, station, is_stage2),
	};
	struct explain_row *row;
	char what[EXPLAIN_WHAT_CHARS], name[EXPLAIN_WHAT_CHARS];

	d.purpose = purpose_of(e, at, name);
	/* What comes out is used last, when nothing has refused. */
	d.was_used = d.purpose >= EXPLAIN_FOR_OUTPUT || at + 1 == e->station_count
			     ? e->result.outcome == SV3_OUTCOME_OK
			     : e->stations[at + 1].unit < SV3_UNIT_S2_L0;
	if (is_stage2)
		snprintf(what, sizeof(what), "S2 L%u for %.16s", d.level, name);
	else
		snprintf(what, sizeof(what), "S1 L%u", d.level);
	if (station->aborted) {
		add_aborted(e, what, station->pa);
		return;
	}
	row = add_row(&e->way, what, station->pa, d.value);
	explain_descriptor(&d, output_is_52, row->text);
	if (d.is_leaf)
		keep_leaf(e, &d);
	else if (strncmp(row->text, "invalid", 7) == 0)
		row->tone = SV3_TONE_BAD;
}

void explain_way(struct explanation *e)
{
	add_registers(e);
	for (unsigned int at = 0; at < e->station_count;) {
		switch (e->stations[at].unit) {
		case SV3_UNIT_STE:
			at += tell_ste(e, at);
			break;
		case SV3_UNIT_CD:
			at += tell_cd(e, at);
			break;
		default:
			tell_descriptor(e, at++);
		}
	}
}
