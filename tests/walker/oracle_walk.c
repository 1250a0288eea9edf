/* SPDX-License-Identifier: MIT */
/*
 * oracle_walk.c - walks of both stages, permissions, and what the hardware writes on the way.
 *
 * Every read of a stage-1 table is itself a translation by stage 2; nothing is remembered between
 * two of them.
 */
#include "oracle_priv.h"

#define PTE_AF (UINT64_C(1) << 10)
#define PTE_AP2                                                                          \
	(UINT64_C(1) << 7) /* stage 1: read-only; stage 2, where it is S2AP[1]: writable \
			    */

static uint64_t swap_bytes(uint64_t word)
{
	uint64_t swapped = 0;

	for (unsigned int i = 0; i < 8; i++)
		swapped = swapped << 8 | bits(word, 8 * i + 7, 8 * i);
	return swapped;
}

static uint64_t in_order(const struct table *t, uint64_t word)
{
	return t->big_endian ? swap_bytes(word) : word;
}

/* --- faults of a stage --- */

static bool stage_fault(struct oracle *o, const struct table *t, enum class class, uint64_t input,
			uint8_t event, const char *why)
{
	oracle_fault(o, event, why);
	o->fault.stage2 = t->stage2;
	/* Whatever a stage-1 walk finds is about its input; only an abort counts as TT.
	 * [IHI0070 7.3.12, 7.3.13] */
	o->fault.class = t->stage2 ? class : event == EV_WALK_EABT ? CLASS_TT : CLASS_IN;
	o->fault.ipa = t->stage2 ? input : 0;
	return false;
}

static bool walk_abort(struct oracle *o, const struct table *t, enum class class, uint64_t input,
		       uint64_t pa, const char *why)
{
	stage_fault(o, t, class, input, EV_WALK_EABT, why);
	o->fault.fetch = pa;
	return false;
}

/* --- descriptors --- */

/* Bits of an address in a descriptor, from @low up. With 64 KiB and 52-bit addresses bits 15:12 are
 * bits 51:48. [DDI0487 D8.3] */
static uint64_t address_of(const struct oracle *o, const struct table *t, uint64_t descriptor,
			   unsigned int low)
{
	uint64_t address = bits(descriptor, 47, low) << low;

	if (t->granule_lg2 == 16 && oracle_oas(o) >= 52)
		address |= bits(descriptor, 15, 12) << 48;
	return address;
}

/* [DDI0487 D8.3] Blocks: 4K level 1 and 2, 16K level 2, 64K level 2, and 1 with 52-bit outputs. */
static bool block_is_possible(const struct oracle *o, const struct table *t, int level)
{
	if (level == 1)
		return t->granule_lg2 == 12 || (t->granule_lg2 == 16 && oracle_oas(o) >= 52);
	return level == 2;
}

/* From the first level to a leaf. */
static bool walk(struct oracle *o, const struct table *t, uint64_t input, enum class class,
		 struct leaf *leaf)
{
	unsigned int stride = t->granule_lg2 - 3;
	uint64_t table = t->base;

	*leaf = (struct leaf){ 0 };
	for (int level = t->start_level;; level++) {
		unsigned int low = t->granule_lg2 + (unsigned int)(3 - level) * stride;
		unsigned int high = level == t->start_level ? t->input_lg2 - 1 : low + stride - 1;
		uint64_t address = table + bits(input, high, low) * 8, descriptor;
		bool is_leaf;

		leaf->pa = leaf->address = address;
		if (!t->stage2)
			o->use = (enum oracle_use)(USE_TABLE + level);
		if (!t->stage2 && o->stage2 && !oracle_stage2_read(o, address, CLASS_TT, &leaf->pa))
			return false;
		if (!oracle_read(o, t->stage2 ? "stage 2" : "stage 1", level, leaf->pa, &descriptor,
				 1))
			return walk_abort(o, t, class, input, leaf->pa, "descriptor read");
		descriptor = in_order(t, descriptor);
		is_leaf = level == 3 || !bit(descriptor, 1);
		if (!bit(descriptor, 0) || (level == 3 && !bit(descriptor, 1)) ||
		    (level < 3 && is_leaf && !block_is_possible(o, t, level)))
			return stage_fault(o, t, class, input, EV_TRANSLATION,
					   "invalid descriptor");
		table = address_of(o, t, descriptor, is_leaf ? low : t->granule_lg2);
		if (!fits(table, t->output_lg2))
			return stage_fault(o, t, class, input, EV_ADDR_SIZE, "output address");
		if (is_leaf) {
			leaf->value = descriptor;
			leaf->level = level;
			leaf->span_lg2 = low;
			leaf->output = table | bits(input, low - 1, 0);
			return true;
		}
		leaf->no_unprivileged |= bit(descriptor, 61);
		leaf->no_write |= bit(descriptor, 62);
		leaf->pxn_table |= bit(descriptor, 59);
		leaf->uxn_table |= bit(descriptor, 60);
	}
}

/* What a leaf still needs before the access may go ahead. */
struct needs {
	bool af, dirty;
};

/* [IHI0070 3.13.2] Returns false after F_ACCESS. */
static bool check_af(struct oracle *o, const struct table *t, const struct leaf *leaf,
		     enum class class, uint64_t input, struct needs *needs)
{
	bool set = leaf->value & PTE_AF, refrains;

	/* By choice a speculative access sets no flag: then it is as good as refused. */
	refrains = o->txn->speculative && (o->machine->choices & SV3_CHOICE_NO_SPECULATIVE_AF);
	needs->af = !set && t->ha && !refrains;
	if (!set && !needs->af && (t->ha || !t->affd))
		return stage_fault(o, t, class, input, EV_ACCESS, "AF = 0");
	return true;
}

/*
 * The hardware writes the descriptor of @leaf: one read-modify-write of what stands there by now.
 * Its PA was translated for writing by the caller.
 */
static bool update(struct oracle *o, const struct table *t, const struct leaf *leaf,
		   struct needs needs, enum class class, uint64_t input)
{
	struct oracle_answer *answer = o->answer;
	uint64_t raw, value, wanted;

	if (!needs.af && !needs.dirty)
		return true;
	if (!oracle_read(o, "update of", -1, leaf->pa, &raw, 1))
		return walk_abort(o, t, class, input, leaf->pa, "descriptor update");
	value = wanted = in_order(t, raw);
	if (needs.af)
		wanted |= PTE_AF;
	if (needs.dirty)
		wanted = t->stage2 ? wanted | PTE_AP2 : wanted & ~PTE_AP2;
	if (wanted == value)
		return true;
	/* A probe does not write, so it cannot see that a write would be aborted. */
	if (o->txn->kind != SV3_TXN_PROBE &&
	    (((o->machine->choices & SV3_CHOICE_NC_UPDATE_ABORTS) && t->uncached) ||
	     !o->memory->writable(o->memory->context, leaf->pa)))
		return walk_abort(o, t, class, input, leaf->pa, "descriptor update");
	if ((wanted ^ value) & PTE_AF)
		answer->flags |= SV3_RESULT_AF_SET;
	if ((wanted ^ value) & PTE_AP2)
		answer->flags |= t->stage2 && class == CLASS_TT ? SV3_RESULT_TABLE_DIRTY_SET
								: SV3_RESULT_DIRTY_SET;
	SV3_ASSERT(answer->change_count < ORACLE_CHANGES_MAX);
	answer->changes[answer->change_count++] =
		(struct oracle_change){ leaf->pa, raw, in_order(t, wanted) };
	return true;
}

/* --- stage 2 --- */

/* [DDI0487 D8.4.2] XN[1:0] with XNX: 00 all, 01 unprivileged only, 10 none, 11 privileged only. */
static bool stage2_executes(const struct oracle *o, uint64_t descriptor, bool privileged)
{
	if (!bit(o->machine->idr3, 4))
		return !bit(descriptor, 54);
	switch (bits(descriptor, 54, 53)) {
	case 0:
		return true;
	case 1:
		return !privileged;
	case 2:
		return false;
	default:
		return privileged;
	}
}

static bool stage2_denied(struct oracle *o, const struct access *access, uint64_t ipa, bool read,
			  const char *why)
{
	stage_fault(o, &o->s2, access->class, ipa, EV_PERMISSION, why);
	o->fault.tt_read = access->class == CLASS_TT && !access->write;
	o->fault.read_only = read;
	return false;
}

/* S2AP[0] reads, S2AP[1] writes. Writes are looked at first: of an atomic that may write but not
 * read the record says read. [IHI0070 13.1.1] */
static bool check_stage2(struct oracle *o, const struct leaf *leaf, const struct access *access,
			 uint64_t ipa, struct needs *needs)
{
	bool read = bit(leaf->value, 6), write = bit(leaf->value, 7);
	bool clean = o->s2.hd && bit(leaf->value, 51) && !write;

	needs->dirty = false;
	/* [IHI0070 5.2 S2PTW] */
	if (access->class != CLASS_IN && o->stage1 && bit(o->ste[2], 54) &&
	    oracle_stage2_is_device(leaf->value, bit(o->ste[1], 25) && bit(o->machine->idr3, 8)))
		return stage2_denied(o, access, ipa, false, "S2PTW and Device");
	if (access->instruction)
		return stage2_executes(o, leaf->value, access->privileged) ||
		       stage2_denied(o, access, ipa, false, "XN");
	if (access->write && !write && !clean)
		return stage2_denied(o, access, ipa, false, "S2AP[1]");
	if (access->read && !read)
		return stage2_denied(o, access, ipa, access->write, "S2AP[0]");
	needs->dirty = access->write && clean;
	if ((o->machine->choices & SV3_CHOICE_S2_TABLE_DIRTY) && access->class == CLASS_TT)
		needs->dirty = clean;
	return true;
}

/* All of stage 2 but the update, which @needs says. */
static bool stage2_look_up(struct oracle *o, uint64_t ipa, const struct access *access,
			   struct leaf *leaf, struct needs *needs)
{
	if (!fits(ipa, o->s2.input_lg2))
		return stage_fault(o, &o->s2, access->class, ipa, EV_TRANSLATION,
				   "IPA beyond S2T0SZ");
	if (!walk(o, &o->s2, ipa, access->class, leaf) ||
	    !check_af(o, &o->s2, leaf, access->class, ipa, needs))
		return false;
	return check_stage2(o, leaf, access, ipa, needs);
}

static bool stage2_access(struct oracle *o, uint64_t ipa, const struct access *access, uint64_t *pa)
{
	struct leaf leaf;
	struct needs needs;

	if (!stage2_look_up(o, ipa, access, &leaf, &needs) ||
	    !update(o, &o->s2, &leaf, needs, access->class, ipa))
		return false;
	*pa = leaf.output;
	return true;
}

bool oracle_stage2_read(struct oracle *o, uint64_t ipa, enum class class, uint64_t *pa)
{
	struct access access = { .read = true, .class = class };

	return stage2_access(o, ipa, &access, pa);
}

/* --- stage 1 --- */

/* [IHI0070 13.4.1, DDI0487 D8.4.1] */
static bool stage1_allows(const struct oracle *o, const struct table *t, const struct leaf *leaf,
			  struct needs *needs)
{
	const struct access *access = &o->access;
	bool el2 = o->world == WORLD_EL2;
	bool privileged = el2 || access->privileged;
	bool wxn = bit(o->cd[0], 36), pan = bit(o->cd[0], 40) && !el2;
	bool clean = t->hd && bit(leaf->value, 51) && bit(leaf->value, 7) && !leaf->no_write;
	/* Writable-clean counts as writable where execution is concerned. [DDI0487 R_TTLCV] */
	bool writable = clean || (!bit(leaf->value, 7) && !leaf->no_write);
	bool unprivileged = !el2 && bit(leaf->value, 6) && !leaf->no_unprivileged;

	needs->dirty = false;
	if (access->instruction) {
		bool uxn = bit(leaf->value, 54) || leaf->uxn_table;
		bool pxn = bit(leaf->value, 53) || leaf->pxn_table;

		if (el2)
			return !uxn && !(wxn && writable);
		if (!privileged)
			return !uxn && !(wxn && writable && unprivileged);
		return !pxn && !(writable && unprivileged) && !(wxn && writable);
	}
	if (privileged ? pan && unprivileged : !unprivileged)
		return false;
	if (access->write && !writable)
		return false;
	needs->dirty = access->write && clean;
	return true;
}

/* Writes the stage-1 descriptor; where stage 2 is on, its own page must be writable first.
 * [IHI0070 3.13.5] */
static bool update_stage1(struct oracle *o, const struct table *t, struct leaf *leaf,
			  struct needs needs)
{
	static const struct access write = { .write = true, .class = CLASS_TT };

	if (!needs.af && !needs.dirty)
		return true;
	o->use = USE_UPDATE;
	if (o->stage2 && !stage2_access(o, leaf->address, &write, &leaf->pa))
		return false;
	return update(o, t, leaf, needs, CLASS_TT, 0);
}

/* A fault was found, and the access flag is set before it is told. Where that write is refused too,
 * either may be told: the first one is, but for an abort of the write itself.
 * [DDI0487 R_LXCKP] */
static void set_af_in_fault(struct oracle *o, const struct table *t, struct leaf *leaf,
			    struct needs needs)
{
	struct fault first = o->fault;

	if (!update_stage1(o, t, leaf, (struct needs){ .af = needs.af }) &&
	    o->fault.event == EV_WALK_EABT && !o->fault.stage2)
		return;
	o->fault = first;
}

/* Which half of the address space, and whether the address is in it. [IHI0070 3.4.1] */
static bool choose_table(struct oracle *o, struct table *t)
{
	uint64_t va = o->txn->iova;
	bool el2 = o->world == WORLD_EL2;
	bool upper = !el2 && bit(va, 55);
	unsigned int shift = upper ? 16 : 0;
	unsigned int tg = (unsigned int)bits(o->cd[0], shift + 7, shift + 6);
	unsigned int top = bit(o->cd[0], upper ? 39 : 38) ? 55 : 63;
	unsigned int stride, low;
	uint64_t above;

	if (!el2 && bit(o->cd[0], upper ? 30 : 14))
		return stage_fault(o, t, CLASS_IN, 0, EV_TRANSLATION, "EPD");
	t->granule_lg2 = upper ? (tg == 1   ? 14
				  : tg == 2 ? 12
					    : 16)
			       : (tg == 0   ? 12
				  : tg == 1 ? 16
					    : 14);
	t->input_lg2 = 64 - (unsigned int)bits(o->cd[0], shift + 5, shift);
	above = bits(va, top, t->input_lg2);
	if (above != (upper ? bits(UINT64_MAX, top, t->input_lg2) : 0))
		return stage_fault(o, t, CLASS_IN, 0, EV_TRANSLATION, "address beyond TxSZ");

	stride = t->granule_lg2 - 3;
	t->start_level = 3;
	low = t->granule_lg2;
	while (low + stride < t->input_lg2) {
		low += stride;
		t->start_level--;
	}
	t->output_lg2 = oracle_size(o, (unsigned int)bits(o->cd[0], 34, 32));
	if (t->output_lg2 > oracle_oas(o))
		t->output_lg2 = oracle_oas(o);
	t->base = aligned(oracle_ttb(o, o->cd[upper ? 2 : 1]), t->input_lg2 - low + 3);
	if (t->output_lg2 == 52)
		t->base = aligned(t->base, 6);
	t->big_endian = bit(o->cd[0], 15);
	t->affd = bit(o->cd[0], 35);
	t->ha = bit(o->cd[0], 43);
	t->hd = t->ha && bit(o->cd[0], 42);
	t->uncached = !bit(o->cd[0], upper ? 24 : 8) || !bit(o->cd[0], upper ? 26 : 10);
	return true;
}

/* All of stage 1 but the update, which @needs says. */
static bool stage1_look_up(struct oracle *o, struct table *t, struct leaf *leaf,
			   struct needs *needs)
{
	bool upper = o->world != WORLD_EL2 && bit(o->txn->iova, 55);

	if (!choose_table(o, t) || !walk(o, t, o->txn->iova, CLASS_IN, leaf))
		return false;
	/* [IHI0070 5.4 HAD0] What the table descriptors above say. */
	if (bit(o->machine->idr3, 2) && bit(o->cd[upper ? 2 : 1], 1))
		leaf->no_unprivileged = leaf->no_write = leaf->uxn_table = leaf->pxn_table = false;
	if (!check_af(o, t, leaf, CLASS_IN, 0, needs))
		return false;
	if (stage1_allows(o, t, leaf, needs))
		return true;
	stage_fault(o, t, CLASS_IN, 0, EV_PERMISSION, "stage-1 permissions");
	/* UNKNOWN whether AF is set then; by choice it is. [IHI0070 3.13.2] */
	if (o->machine->choices & SV3_CHOICE_AF_ON_PERMISSION)
		set_af_in_fault(o, t, leaf, *needs);
	return false;
}

/* --- both --- */

/* Stage 2 refused the output of a stage-1 leaf whose access flag was to be set. It is set all the
 * same, as by hardware that updates while it walks, or by choice not. [DDI0487 I_CVNQR] */
static bool refused_by_stage2(struct oracle *o, const struct table *t1, struct leaf *leaf1,
			      struct needs needs1)
{
	if (!(o->machine->choices & SV3_CHOICE_S1_AF_LAST))
		set_af_in_fault(o, t1, leaf1, needs1);
	return false;
}

/* Stage 2 of the output is looked up; stage 1 is updated; then stage 2 of the output is. */
static bool translate_output(struct oracle *o, const struct table *t1, struct leaf *leaf1,
			     struct needs needs1)
{
	struct oracle_answer *answer = o->answer;
	struct leaf leaf2;
	struct needs needs2;

	o->use = USE_OUTPUT;
	if (!stage2_look_up(o, leaf1->output, &o->access, &leaf2, &needs2))
		return refused_by_stage2(o, t1, leaf1, needs1);
	if (!update_stage1(o, t1, leaf1, needs1) ||
	    !update(o, &o->s2, &leaf2, needs2, CLASS_IN, leaf1->output))
		return false;
	answer->pa = leaf2.output;
	if (leaf2.span_lg2 < answer->span_lg2)
		answer->span_lg2 = (uint8_t)leaf2.span_lg2;
	o->out = oracle_stage2_attributes(o->out, leaf2.value,
					  bit(o->ste[1], 25) && bit(o->machine->idr3, 8));
	return true;
}

bool oracle_translate_stages(struct oracle *o)
{
	struct oracle_answer *answer = o->answer;
	struct table t1 = { 0 };
	struct leaf leaf1 = { .output = o->txn->iova, .span_lg2 = 64 };
	struct needs needs1 = { 0 };

	o->out = o->in;
	if (o->stage1) {
		if (!stage1_look_up(o, &t1, &leaf1, &needs1))
			return false;
		o->out = oracle_stage1_attributes(o->cd[3], leaf1.value);
		if (!o->stage2 || (o->machine->choices & SV3_CHOICE_S1_DIRTY_FIRST)) {
			if (!update_stage1(o, &t1, &leaf1, needs1))
				return false;
			needs1 = (struct needs){ 0 };
		}
	}
	answer->pa = leaf1.output;
	answer->span_lg2 = (uint8_t)leaf1.span_lg2;
	if (o->stage2 && !translate_output(o, &t1, &leaf1, needs1))
		return false;
	answer->memory = o->out.memory;
	answer->shareability = o->out.share;
	return true;
}
