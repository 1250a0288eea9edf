/* SPDX-License-Identifier: MIT */
/*
 * structures.c - stores to STEs, CDs and what leads to them.
 *
 * The SMMU may read a structure at any time, by doublewords, in any order. [IHI0070 3.21.3] So from
 * the first store until CMD_CFGI and CMD_SYNC are complete any mixture of old and new doublewords
 * may be taken for the structure. That is harmless while it differs in one doubleword only, not
 * counting what the SMMU does not look at: fields that no valid doubleword 0 of this time enables.
 */
#include "monitor_priv.h"

#include <string.h>

/* --- fields that are looked at --- */

/* [IHI0070 5.2] Of an STE whose doubleword 0 is @word. */
static void ste_uses(const struct sv3_monitor *m, uint64_t word, uint64_t used[8])
{
	const uint64_t config = SV3_GET(SV3_STE0_CONFIG, word);
	const bool stage1 = config == SV3_STE_CONFIG_S1 || config == SV3_STE_CONFIG_NESTED;
	const bool stage2 = config == SV3_STE_CONFIG_S2 || config == SV3_STE_CONFIG_NESTED;

	used[0] |= SV3_STE0_V;
	if (!(word & SV3_STE0_V))
		return;
	used[0] |= SV3_STE0_CONFIG;
	if (config >= SV3_STE_CONFIG_BYPASS)
		used[1] |= SV3_STE1_MTCFG | SV3_STE1_MEMATTR | SV3_STE1_ALLOCCFG | SV3_STE1_SHCFG |
			   SV3_STE1_PRIVCFG | SV3_STE1_INSTCFG;
	if (stage1) {
		used[0] |= SV3_STE0_S1FMT | SV3_STE0_S1CONTEXTPTR | SV3_STE0_S1CDMAX;
		used[1] |= SV3_STE1_S1DSS | SV3_STE1_S1CIR | SV3_STE1_S1COR | SV3_STE1_S1CSH |
			   SV3_STE1_STRW | SV3_STE1_S1STALLD | SV3_STE1_EATS;
		used[2] |= m->has_vmids ? SV3_STE2_S2VMID : 0;
	}
	if (stage2) {
		used[1] |= SV3_STE1_S2FWB | SV3_STE1_EATS | SV3_STE1_MEV;
		used[2] |= UINT64_MAX;
		used[3] |= SV3_STE3_S2TTB;
	}
}

/* [IHI0070 5.4] */
static void cd_uses(uint64_t word, uint64_t used[8])
{
	used[0] |= SV3_CD0_V;
	if (!(word & SV3_CD0_V))
		return;
	used[0] = UINT64_MAX;
	if (!(word & SV3_CD0_EPD0))
		used[1] |= SV3_CD1_TTB0 | SV3_CD1_HAD0;
	used[1] |= SV3_CD1_HAFT;
	if (!(word & SV3_CD0_EPD1))
		used[2] |= SV3_CD2_TTB1 | SV3_CD2_HAD1;
	used[3] |= SV3_CD3_MAIR;
}

static void take_uses(const struct sv3_monitor *m, struct sv3__line *line, uint64_t word)
{
	if (line->kind == SV3__AREA_STE)
		ste_uses(m, word, line->used);
	else
		cd_uses(word, line->used);
}

/* --- lines --- */

/* One doubleword that leads to structures. */
static bool is_level1(enum sv3__area_kind kind)
{
	return kind == SV3__AREA_L1STD || kind == SV3__AREA_L1CD;
}

/* The structure as it stood before this store. */
static struct sv3__line *open_line(struct sv3_monitor *m, const struct sv3__line *like, sv3_pa pa,
				   uint64_t before)
{
	struct sv3__line *line;

	for (uint32_t i = 0; i < m->line_count; i++)
		if (m->lines[i].pa == like->pa && m->lines[i].stream_id == like->stream_id)
			return &m->lines[i];
	if (m->line_count == SV3__LINES_MAX) {
		m->stats.changes_lost++;
		return NULL;
	}
	line = &m->lines[m->line_count];
	*line = *like;
	if (!is_level1(like->kind)) {
		if (!sv3__read_words(m, like->pa, line->first_word, 8))
			return NULL;
		line->first_word[(pa - like->pa) / 8] = before;
		take_uses(m, line, line->first_word[0]);
	}
	m->line_count++;
	return line;
}

static struct sv3_monitor_finding finding_of(const struct sv3__line *line,
					     enum sv3_monitor_rule rule, uint64_t found)
{
	return (struct sv3_monitor_finding){
		.rule = rule,
		.stream_id = line->stream_id,
		.first = line->pa,
		.last = line->pa + (is_level1(line->kind) ? 7 : 63),
		.input = line->pa,
		.changed = line->since,
		.found = found,
		.pa = line->pa,
		.before = line->before,
		.now = line->now,
	};
}

static void judge(struct sv3_monitor *m, struct sv3__line *line)
{
	struct sv3_monitor_finding finding;
	unsigned int count = 0;

	for (unsigned int i = 0; i < 8; i++)
		count += (line->diff[i] & line->used[i]) != 0;
	if (count < 2 || line->is_torn)
		return;
	line->is_torn = true;
	finding = finding_of(
		line, line->kind == SV3__AREA_STE ? SV3_MONITOR_TORN_STE : SV3_MONITOR_TORN_CD,
		sv3__position(m));
	sv3__find(m, &finding);
}

/* --- stores --- */

static uint32_t stream_at(const struct sv3_monitor *m, const struct sv3__area *area, sv3_pa pa)
{
	const uint64_t split = SV3_GET(SV3_STRTAB_CFG_SPLIT, m->strtab_cfg);

	switch (area->kind) {
	case SV3__AREA_STE:
		return area->stream_id + (uint32_t)((pa - area->base) / SV3_STE_SIZE_BYTES);
	case SV3__AREA_L1STD:
		return (uint32_t)((pa - area->base) / 8 << split);
	default:
		return area->stream_id;
	}
}

void sv3__structure_store(struct sv3_monitor *m, uint32_t index, sv3_pa pa, uint64_t before,
			  uint64_t now)
{
	const struct sv3__area *area = &m->areas[index];
	const bool is_single = is_level1(area->kind), is_strtab = area->kind == SV3__AREA_L1STD;
	const unsigned int word = is_single ? 0 : (unsigned int)(pa % 64 / 8);
	const struct sv3__line like = {
		.pa = is_single ? pa : pa & ~UINT64_C(63),
		.kind = area->kind,
		.stream_id = stream_at(m, area, pa),
		.stream_count = is_strtab ? 1u << SV3_GET(SV3_STRTAB_CFG_SPLIT, m->strtab_cfg) : 1u,
		.since = sv3__position(m),
		.sent = SV3__NEVER,
		.before = before,
		.now = now,
	};
	struct sv3__line *line = open_line(m, &like, pa, before);

	sv3__stream_forget(m, is_strtab ? UINT32_MAX : like.stream_id);
	if (is_strtab)
		sv3__strtab_learn(m);
	if (!line)
		return;
	line->sent = SV3__NEVER;
	line->diff[word] |= before ^ now;
	if (is_single)
		return;
	if (word == 0)
		take_uses(m, line, now);
	judge(m, line);
}

/* --- CMD_CFGI --- */

static bool covers(const struct sv3__line *line, const struct sv3__cfgi *cfgi)
{
	const uint32_t last = line->stream_id + line->stream_count - 1;

	if (last < cfgi->first || line->stream_id > cfgi->last)
		return false;
	switch (line->kind) {
	case SV3__AREA_L1STD:
		return !cfgi->cds_only && !cfgi->leaf;
	case SV3__AREA_STE:
		return !cfgi->cds_only;
	case SV3__AREA_L1CD:
		return !cfgi->cds_only || !cfgi->leaf;
	default: /* which SubstreamID it is of is not known: any will do */
		return true;
	}
}

void sv3__structure_invalidate(struct sv3_monitor *m, const struct sv3__cfgi *cfgi)
{
	for (uint32_t i = 0; i < m->line_count; i++)
		if (m->lines[i].sent == SV3__NEVER && covers(&m->lines[i], cfgi))
			m->lines[i].sent = cfgi->number;
}

void sv3__structure_complete(struct sv3_monitor *m, uint64_t synced)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < m->line_count; i++)
		if (m->lines[i].sent >= synced)
			m->lines[kept++] = m->lines[i];
	m->line_count = kept;
}

void sv3__structure_finish(struct sv3_monitor *m)
{
	for (uint32_t i = 0; i < m->line_count; i++) {
		struct sv3__line *line = &m->lines[i];
		const struct sv3_monitor_finding finding =
			finding_of(line, SV3_MONITOR_MISSING_CFGI, sv3__position(m));

		if (line->sent != SV3__NEVER || line->reported)
			continue;
		line->reported = true;
		sv3__find(m, &finding);
	}
}
