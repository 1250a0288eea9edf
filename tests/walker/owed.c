/* SPDX-License-Identifier: MIT */
/*
 * owed.c - which invalidation covers what software owes, and memory as a cache may still have it.
 *
 * What covers what is read off [IHI0070 4.3, 4.4] alone. In a machine with caches no two contexts
 * share an ASID, nor two streams a VMID.
 */
#include "owed.h"

/* --- what covers what --- */

static bool in_span(const struct owed_item *item, const struct owed_invalidation *inv)
{
	uint64_t first = item->input >> item->low << item->low;
	uint64_t last = first | ((UINT64_C(1) << item->low) - 1);
	uint64_t end;

	if (!inv->granule_lg2)
		return inv->address >= first && inv->address <= last;
	if (inv->granule_lg2 != item->granule_lg2 || (inv->ttl && (int)inv->ttl != item->level))
		return false;
	end = inv->address + (((uint64_t)inv->num + 1) << (inv->scale + inv->granule_lg2)) - 1;
	return inv->address <= last && end >= first;
}

/* By VMID, where there are any. */
static bool same_vm(const struct owed *owed, const struct owed_item *item,
		    const struct owed_invalidation *inv)
{
	return !owed_s2p(owed) || item->stream->vmid == inv->stream->vmid;
}

static bool covers_stage1(const struct owed *owed, const struct owed_item *item,
			  const struct owed_invalidation *inv)
{
	bool el1 = item->stream->world == GEN_EL1, e2h = item->stream->world == GEN_EL2_E2H;
	bool by_address = !item->wide && in_span(item, inv);

	switch (inv->op) {
	case CMD_NSNH_ALL:
		return el1;
	case CMD_S12_VMALL:
	case CMD_NH_ALL:
		return el1 && same_vm(owed, item, inv);
	case CMD_NH_ASID:
		return el1 && same_vm(owed, item, inv) && !item->global &&
		       inv->context == item->context;
	case CMD_NH_VA:
		return el1 && same_vm(owed, item, inv) && inv->context == item->context &&
		       by_address;
	case CMD_NH_VAA:
		return el1 && same_vm(owed, item, inv) && by_address;
	case CMD_EL2_ALL:
		return !el1;
	case CMD_EL2_ASID:
		return e2h && !item->global && inv->context == item->context;
	case CMD_EL2_VA:
		return !el1 && (!e2h || inv->context == item->context) && by_address;
	case CMD_EL2_VAA:
		return e2h && by_address;
	default:
		return false;
	}
}

/* What stage 2 alone made goes by IPA; what combines both stages goes with stage 1. */
static bool covers_stage2(const struct owed *owed, struct owed_item *item,
			  const struct owed_invalidation *inv)
{
	bool vm = same_vm(owed, item, inv);

	if (inv->op == CMD_NSNH_ALL || (inv->op == CMD_S12_VMALL && vm))
		return true;
	if (inv->op == CMD_S2_IPA && vm && !item->wide && in_span(item, inv)) {
		item->s2_gone = true;
		return !item->stream->nested;
	}
	return inv->op == CMD_NH_ALL && vm && item->s2_gone;
}

static bool covers_structure(const struct owed_item *item, const struct owed_invalidation *inv)
{
	bool same_stream = item->stream->stream_id == inv->stream->stream_id;

	switch (inv->op) {
	case CMD_CFGI_ALL:
		return true;
	case CMD_CFGI_STE:
		return same_stream;
	case CMD_CFGI_CD_ALL:
		return item->kind != OWED_STE && same_stream;
	case CMD_CFGI_CD:
		return item->kind == OWED_CD && same_stream && item->context == inv->context;
	default:
		return false;
	}
}

static bool covers(const struct owed *owed, struct owed_item *item,
		   const struct owed_invalidation *inv)
{
	if (item->kind == OWED_STAGE1)
		return covers_stage1(owed, item, inv);
	if (item->kind == OWED_STAGE2) {
		item->tlb_gone |= covers_stage2(owed, item, inv);
		/* While stage 2 is stale, a CD that is read anew is stale too. */
		item->config_gone |= item->tlb_gone && covers_structure(item, inv);
		return item->tlb_gone && (item->config_gone || !item->leads_to_cd);
	}
	return covers_structure(item, inv);
}

void owed_invalidated(struct owed *owed, const struct owed_invalidation *inv)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < owed->count; i++)
		if (!covers(owed, &owed->items[i], inv))
			owed->items[kept++] = owed->items[i];
	owed->count = kept;
}

/* --- reading as the hardware may have done --- */

/* The arena's journal leads back to before the transaction. */
static uint64_t word_before(const struct arena *arena, uint64_t pa, uint64_t now)
{
	for (uint32_t i = 0; i < arena->journal_count; i++)
		if (arena->journal[i].pa == pa)
			return arena->journal[i].before;
	return now;
}

static unsigned int uses_of(const struct owed_item *item)
{
	return owed_is_nested(item) ? USE_COUNT : 1;
}

uint32_t owed_sets(const struct owed *owed)
{
	unsigned int bits = 0;

	for (uint32_t i = 0; i < owed->count; i++)
		bits += uses_of(&owed->items[i]);
	return 1u << bits;
}

void owed_choose(struct owed *owed, uint32_t set)
{
	for (uint32_t i = 0; i < owed->count; i++) {
		struct owed_item *item = &owed->items[i];
		unsigned int uses = uses_of(item);

		item->old_for = uses > 1 ? set & ((1u << USE_COUNT) - 1) : set & 1 ? UINT32_MAX : 0;
		set >>= uses;
	}
}

static uint64_t word_as_of(const struct owed *owed, enum oracle_use use, uint64_t pa, uint64_t now)
{
	uint64_t word = word_before(owed->setup->arena, pa, now);

	for (uint32_t i = 0; i < owed->count; i++) {
		const struct owed_item *item = &owed->items[i];

		if ((item->old_for >> use & 1) && pa >= item->pa &&
		    pa < item->pa + 8 * item->word_count)
			word = item->old[(pa - item->pa) / 8];
	}
	return word;
}

bool owed_read(void *context, enum oracle_use use, uint64_t pa, void *data, uint32_t size)
{
	const struct owed *owed = (const struct owed *)context;
	uint8_t *bytes = (uint8_t *)data;

	if (!arena_read(owed->setup->arena, pa, data, size))
		return false;
	for (uint32_t i = 0; i < size; i += 8)
		sv3_put_le64(bytes + i, word_as_of(owed, use, pa + i, sv3_le64(bytes + i)));
	return true;
}

bool owed_writable(void *context, uint64_t pa)
{
	return arena_writable(((const struct owed *)context)->setup->arena, pa);
}

bool owed_is_stale_write(const struct owed *owed, const struct oracle_answer *answer)
{
	struct arena *arena = owed->setup->arena;

	for (uint32_t c = 0; c < answer->change_count; c++) {
		uint64_t pa = answer->changes[c].pa;
		uint64_t word = word_before(arena, pa, arena_peek(arena, pa));

		for (uint32_t earlier = 0; earlier < c; earlier++)
			if (answer->changes[earlier].pa == pa)
				word = answer->changes[earlier].after;
		if (answer->changes[c].before != word)
			return true;
	}
	return false;
}

bool owed_is_table_update(const struct owed *owed, uint64_t pa, uint64_t before)
{
	uint64_t changed = arena_peek(owed->setup->arena, pa) ^ before;

	for (uint32_t i = 0; i < owed->count; i++)
		if (owed->items[i].kind == OWED_STAGE2 && owed->items[i].pa == pa)
			return !(changed & ~UINT64_C(0x480)) ||
			       !(__builtin_bswap64(changed) & ~UINT64_C(0x480));
	return false;
}
