/* SPDX-License-Identifier: MIT */
/*
 * software.c - random software on a machine with caches: it changes descriptors and structures, and
 * invalidates, sometimes what it owes and sometimes something else.
 */
#include "owed.h"

#include <inttypes.h>
#include <stdio.h>

static void remember(struct owed *owed, bool is_command, uint64_t a, uint64_t b, uint64_t c)
{
	owed->acts[owed->act_count++ % OWED_ACTS] =
		(struct owed_act){ is_command, { a, b, c }, owed->transactions };
}

void owed_tell(const struct owed *owed)
{
	uint64_t first = owed->act_count > OWED_ACTS ? owed->act_count - OWED_ACTS : 0;

	for (uint64_t i = first; i < owed->act_count; i++) {
		const struct owed_act *act = &owed->acts[i % OWED_ACTS];

		if (act->is_command)
			printf("  software, before access %" PRIu64 ": command 0x%016" PRIx64
			       " 0x%016" PRIx64 ", SYNC\n",
			       act->at, act->words[0], act->words[1]);
		else
			printf("  software, before access %" PRIu64 ": 0x%" PRIx64 ": 0x%016" PRIx64
			       " -> 0x%016" PRIx64 "\n",
			       act->at, act->words[0], act->words[1], act->words[2]);
	}
	for (uint32_t i = 0; i < owed->count; i++)
		printf("  owed: 0x%" PRIx64 ", was 0x%016" PRIx64 "\n", owed->items[i].pa,
		       owed->items[i].old[0]);
}

/* --- commands --- */

static bool is_possible(const struct owed *owed, unsigned int op)
{
	if (op >= CMD_CFGI_CD && op <= CMD_NH_VAA)
		return owed_s1p(owed);
	if (op >= CMD_EL2_ALL && op <= CMD_EL2_VAA)
		return owed_hyp(owed);
	if (op >= CMD_S12_VMALL && op <= CMD_S2_IPA)
		return owed_s2p(owed);
	return true;
}

/* Fields that a command has not are 0: the hardware may insist on that. */
static void encode(const struct owed *owed, const struct owed_invalidation *inv, uint64_t *word0,
		   uint64_t *word1)
{
	unsigned int op = inv->op;
	bool by_address = op == CMD_NH_VA || op == CMD_NH_VAA || op == CMD_EL2_VA ||
			  op == CMD_EL2_VAA || op == CMD_S2_IPA;

	*word0 = op;
	*word1 = 0;
	if (op < CMD_NH_ALL && op != CMD_CFGI_ALL)
		*word0 |= (uint64_t)inv->stream->stream_id << 32;
	if (op == CMD_CFGI_CD && inv->context && inv->stream->s1cdmax)
		*word0 |= (uint64_t)inv->context->substream_id << 12;
	if (op == CMD_CFGI_ALL)
		*word1 = 31;
	if (op == CMD_CFGI_STE || op == CMD_CFGI_CD || by_address)
		*word1 |= inv->leaf;
	if (owed_s2p(owed) &&
	    ((op >= CMD_NH_ALL && op < CMD_EL2_ALL) || op == CMD_S12_VMALL || op == CMD_S2_IPA))
		*word0 |= (uint64_t)inv->stream->vmid << 32;
	if (inv->context && (op == CMD_NH_ASID || op == CMD_NH_VA || op == CMD_EL2_ASID ||
			     (op == CMD_EL2_VA && inv->stream->world == GEN_EL2_E2H)))
		*word0 |= (uint64_t)inv->context->asid << 48;
	if (by_address) {
		*word1 |= inv->address & ~UINT64_C(0xfff) &
			  (op == CMD_S2_IPA ? (UINT64_C(1) << 52) - 1 : UINT64_MAX);
		*word0 |= (uint64_t)inv->num << 12 | (uint64_t)inv->scale << 20;
		if (inv->granule_lg2)
			*word1 |= (inv->granule_lg2 - 10) / 2 << 10 | inv->ttl << 8;
	}
}

static bool invalidate(struct owed *owed, struct machine *machine,
		       const struct owed_invalidation *inv)
{
	uint64_t word0, word1;

	encode(owed, inv, &word0, &word1);
	remember(owed, true, word0, word1, 0);
	if (!machine_command(machine, word0, word1))
		return false;
	owed_invalidated(owed, inv);
	return true;
}

/* A range of up to 28 granules, with or without the level; aligned, or it is UNPREDICTABLE.
 * [IHI0070 4.4.1.1] */
static void draw_range(struct owed *owed, const struct owed_item *item,
		       struct owed_invalidation *inv)
{
	struct setup *setup = owed->setup;
	unsigned int aligned = item->granule_lg2;

	if (!(setup->config.idr3 >> 10 & 1) || !item->granule_lg2 || !setup_chance(setup, 40))
		return;
	inv->granule_lg2 = item->granule_lg2;
	inv->num = (unsigned int)setup_below(setup, 7);
	inv->scale = (unsigned int)setup_below(setup, 3);
	if (setup_chance(setup, 50) && item->level >= 2 && !item->wide) {
		inv->ttl = (unsigned int)item->level;
		aligned = item->low;
	}
	if (!inv->num && !inv->scale && !inv->ttl)
		inv->num = 1; /* else it is CERROR_ILL */
	inv->address = inv->address >> aligned << aligned;
}

/* An invalidation that is meant for @item, or for something near it. */
static bool invalidate_for(struct owed *owed, struct machine *machine, const struct owed_item *item)
{
	static const unsigned int stage1[] = {
		CMD_NH_ALL,  CMD_NH_ASID,  CMD_NH_VA,  CMD_NH_VA,   CMD_NH_VA,    CMD_NH_VAA,
		CMD_EL2_ALL, CMD_EL2_ASID, CMD_EL2_VA, CMD_EL2_VAA, CMD_NSNH_ALL, CMD_S12_VMALL
	};
	static const unsigned int stage2[] = { CMD_CFGI_STE, CMD_CFGI_ALL,  CMD_CFGI_CD_ALL,
					       CMD_S2_IPA,   CMD_S2_IPA,    CMD_NH_ALL,
					       CMD_NH_ALL,   CMD_S12_VMALL, CMD_NSNH_ALL };
	static const unsigned int structure[] = { CMD_CFGI_STE, CMD_CFGI_ALL, CMD_CFGI_CD,
						  CMD_CFGI_CD_ALL };
	struct owed_invalidation inv = { .stream = item->stream,
					 .context = item->context,
					 .leaf = setup_chance(owed->setup, 50) };

	if (item->kind == OWED_STAGE1)
		inv.op = stage1[setup_below(owed->setup, sizeof(stage1) / sizeof(stage1[0]))];
	else if (item->kind == OWED_STAGE2)
		inv.op = stage2[setup_below(owed->setup, sizeof(stage2) / sizeof(stage2[0]))];
	else
		inv.op = structure[setup_below(owed->setup,
					       sizeof(structure) / sizeof(structure[0]))];
	if (!is_possible(owed, inv.op))
		return true;
	/* Anywhere in the span, or next to it. */
	inv.address = item->input ^
		      (setup_below(owed->setup, UINT64_MAX) & ((UINT64_C(1) << item->low) - 1));
	if (setup_chance(owed->setup, 10))
		inv.address ^= UINT64_C(1) << item->low;
	draw_range(owed, item, &inv);
	return invalidate(owed, machine, &inv);
}

/* Everything: nothing is owed afterwards. */
static bool invalidate_all(struct owed *owed, struct machine *machine)
{
	static const unsigned int ops[] = { CMD_NSNH_ALL, CMD_EL2_ALL, CMD_CFGI_ALL };
	struct owed_invalidation inv = { .stream = &owed->setup->streams[0] };

	for (unsigned int i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		inv.op = ops[i];
		if (is_possible(owed, inv.op) && !invalidate(owed, machine, &inv))
			return false;
	}
	SV3_ASSERT(owed->count == 0);
	return true;
}

/* --- changes --- */

static void owe(struct owed *owed, struct owed_item item)
{
	SV3_ASSERT(owed->count < OWED_MAX);
	owed->items[owed->count++] = item;
}

/* A value that no cache may hold, or a change that shows nothing but an access. [DDI0487 D8.16] */
static bool owes_nothing(uint64_t old, uint64_t value)
{
	return !(old & 1) || value == old || (value ^ old) == UINT64_C(1) << 10;
}

/* A stage-2 descriptor through which a CD, or its level-1 descriptor, is read. */
static bool leads_to_cd(const struct gen_slot *slot)
{
	const struct gen_stream *stream = slot->table->stream;

	if (!slot->table->stage2 || !stream->nested)
		return false;
	for (unsigned int i = 0; i < SETUP_CONTEXTS; i++)
		if (stream->contexts[i].exists &&
		    (stream->contexts[i].ipa >> slot->low == slot->input >> slot->low ||
		     stream->contexts[i].l1_ipa >> slot->low == slot->input >> slot->low))
			return true;
	return false;
}

static void change_descriptor(struct owed *owed)
{
	uint64_t before[SETUP_SLOTS_MAX], value, old;
	const struct gen_slot *slot;
	struct setup *setup = owed->setup;

	for (uint32_t i = 0; i < setup->slot_count; i++)
		before[i] = arena_peek(setup->arena, setup->slots[i].pa);
	slot = setup_mutate(setup);
	if (!slot)
		return;
	remember(owed, false, slot->pa, before[slot - setup->slots],
		 arena_peek(setup->arena, slot->pa));
	value = setup_read_slot(setup, slot);
	old = before[slot - setup->slots];
	if (slot->table->big_endian)
		old = __builtin_bswap64(old);
	if (owes_nothing(old, value) && !(old & ~value & UINT64_C(1) << 10))
		return;
	owe(owed, (struct owed_item){
			  .kind = slot->table->stage2 ? OWED_STAGE2 : OWED_STAGE1,
			  .pa = slot->pa,
			  .word_count = 1,
			  .old = { before[slot - setup->slots] },
			  .stream = slot->table->stream,
			  .context = slot->table->context,
			  .input = slot->input,
			  .low = slot->low,
			  .granule_lg2 = slot->table->granule_lg2,
			  .level = slot->level,
			  .leads_to_cd = leads_to_cd(slot),
			  .global = !(old >> 11 & 1) || (slot->level < 3 && (old & 2)),
			  .wide = slot->level < 3 && (old & 2),
		  });
}

/* Fields that no TLB entry may keep: configuration must be invalidated, translations need not be.
 * [IHI0070 5.2.1, 5.4.1] */
static void change_structure(struct owed *owed)
{
	struct setup *setup = owed->setup;
	const struct gen_stream *stream = &setup->streams[setup_below(setup, SETUP_STREAMS)];
	const struct gen_context *context = &stream->contexts[setup_below(setup, SETUP_CONTEXTS)];
	struct owed_item item = {
		.kind = OWED_STE, .pa = stream->pa, .word_count = 8, .stream = stream
	};
	uint64_t bits = UINT64_C(0x000f301f00000000); /* MemAttr, MTCFG, SHCFG, PRIVCFG, INSTCFG */
	unsigned int word = 1;

	if (setup_chance(setup, 50) && context->exists) {
		item.kind = OWED_CD;
		item.context = context;
		item.pa = context->pa;
		word = 0;
		bits = UINT64_C(1) << 45 | UINT64_C(1) << 46; /* R, A */
	} else if (setup_chance(setup, 30)) {
		word = 0;
		bits = 9; /* Config[2] and V */
	}
	if (item.pa >> setup->oas_lg2)
		return;
	for (unsigned int i = 0; i < 8; i++)
		item.old[i] = arena_peek(setup->arena, item.pa + 8 * i);
	arena_poke(setup->arena, item.pa + 8 * word,
		   item.old[word] ^ (sv3_prng_next(&setup->prng) & bits));
	remember(owed, false, item.pa + 8 * word, item.old[word],
		 arena_peek(setup->arena, item.pa + 8 * word));
	owe(owed, item);
}

/* Of what stage 2 of a nested stream owes one at a time: each has many ways to be stale. */
static bool has_room(const struct owed *owed)
{
	for (uint32_t i = 0; i < owed->count; i++)
		if (owed_is_nested(&owed->items[i]))
			return false;
	return owed->count < OWED_MAX;
}

bool owed_software(struct owed *owed, struct machine *machine)
{
	struct setup *setup = owed->setup;

	owed->transactions++;
	if (owed->count && setup_chance(setup, 15) &&
	    !invalidate_for(owed, machine, &owed->items[setup_below(setup, owed->count)]))
		return false;
	if (!setup_chance(setup, 12))
		return true;
	if (!has_room(owed) && !invalidate_all(owed, machine))
		return false;
	if (setup_chance(setup, 15))
		change_structure(owed);
	else
		change_descriptor(owed);
	return true;
}
