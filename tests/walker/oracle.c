/* SPDX-License-Identifier: MIT */
/*
 * oracle.c - the order of things: bypass, STE, substream, CD, stages; and what a fault becomes.
 */
#include "oracle_priv.h"

#include <string.h>

bool oracle_fault(struct oracle *o, uint8_t event, const char *why)
{
	o->fault = (struct fault){ .event = event, .why = why };
	return false;
}

bool oracle_read(struct oracle *o, const char *what, int level, uint64_t pa, uint64_t *words,
		 unsigned int count)
{
	struct oracle_answer *answer = o->answer;
	uint8_t bytes[64];

	if (!o->memory->read(o->memory->context, o->use, pa, bytes, 8 * count))
		return false;
	for (unsigned int i = 0; i < count; i++) {
		words[i] = 0;
		for (unsigned int b = 0; b < 8; b++)
			words[i] |= (uint64_t)bytes[8 * i + b] << 8 * b;
		/* The last update of a word is what stands there. */
		for (unsigned int c = 0; c < answer->change_count; c++)
			if (answer->changes[c].pa == pa + 8 * i)
				words[i] = answer->changes[c].after;
	}
	SV3_ASSERT(answer->step_count < ORACLE_STEPS_MAX);
	answer->steps[answer->step_count++] = (struct oracle_step){ what, level, pa, words[0] };
	return true;
}

/* --- what a fault becomes --- */

static void write_record(struct oracle *o)
{
	const struct fault *f = &o->fault;
	const struct sv3_txn *txn = o->txn;
	uint64_t *record = o->answer->record;
	bool is_fetch =
		f->event == EV_STE_FETCH || f->event == EV_CD_FETCH || f->event == EV_WALK_EABT;

	record[0] = f->event | (uint64_t)txn->stream_id << 32;
	if (txn->substream_valid) {
		record[0] |= (uint64_t)txn->substream_id << 12;
		/* [IHI0070 7.3.9] There is no SSV in this one. */
		if (f->event != EV_BAD_SUBSTREAMID)
			record[0] |= UINT64_C(1) << 11;
	}
	if (is_fetch)
		record[3] = bits(f->fetch, 55, 3) << 3;
	if (f->event < EV_WALK_EABT)
		return;
	record[1] = (uint64_t)o->answer->stalled << 31 | (uint64_t)o->access.privileged << 33 |
		    (uint64_t)o->access.instruction << 34 |
		    (uint64_t)(!txn->write || f->read_only) << 35 | (uint64_t)f->stage2 << 39 |
		    (uint64_t)f->class << 40 | (uint64_t)f->tt_read << 44;
	record[2] = txn->iova;
	if (f->stage2 && !is_fetch)
		record[3] = bits(f->ipa, 55, 12) << 12;
}

/* [IHI0070 5.5] */
static void end_in_fault(struct oracle *o)
{
	const struct fault *f = &o->fault;
	struct oracle_answer *answer = o->answer;
	bool by_ars = f->event >= EV_TRANSLATION && !f->bypass;
	bool due = f->event != EV_NONE && !f->silent;

	answer->outcome = SV3_OUTCOME_ABORT;
	answer->why = f->why;
	if (f->stage2)
		answer->flags |= SV3_RESULT_STAGE2_FAULT;
	/* [IHI0070 3.14] Aborted, whatever else is configured, and nothing is recorded. */
	if (o->txn->speculative)
		return;
	if (by_ars) {
		bool stall = f->stage2 ? bit(o->ste[2], 57) : bit(o->cd[0], 44);

		due = f->stage2 ? bit(o->ste[2], 58) : bit(o->cd[0], 45);
		if (stall && o->txn->kind != SV3_TXN_PROBE) {
			answer->outcome = SV3_OUTCOME_STALLED;
			answer->stalled = due = true;
		} else if (!f->stage2 && !bit(o->cd[0], 46)) {
			answer->outcome = SV3_OUTCOME_RAZ_WI;
		}
	}
	if (!due)
		return;
	answer->event = f->event;
	answer->recorded = o->txn->kind != SV3_TXN_PROBE;
	write_record(o);
}

/* --- the order of things --- */

/* [IHI0070 6.3.14, 3.4] */
static bool global_bypass(struct oracle *o)
{
	uint32_t gbpa = o->machine->gbpa;

	if (bit(gbpa, 20))
		return oracle_fault(o, EV_NONE, "GBPA.ABORT");
	if (!fits(o->txn->iova, oracle_oas(o)))
		return oracle_fault(o, EV_NONE, "bypass beyond OAS");
	o->in = oracle_override(o, bit(gbpa, 4), (unsigned int)bits(gbpa, 3, 0),
				(unsigned int)bits(gbpa, 13, 12));
	return true;
}

/* [IHI0070 5.2 PRIVCFG, INSTCFG, MTCFG] */
static void apply_overrides(struct oracle *o)
{
	unsigned int privcfg = (unsigned int)bits(o->ste[1], 49, 48);
	unsigned int instcfg = (unsigned int)bits(o->ste[1], 51, 50);

	if (bit(o->machine->idr1, 26)) {
		if (privcfg & 2)
			o->access.privileged = privcfg & 1;
		if (instcfg & 2)
			o->access.instruction = instcfg & 1;
	}
	if (o->txn->write)
		o->access.instruction = false;
	o->in = oracle_override(o, bit(o->ste[1], 36), (unsigned int)bits(o->ste[1], 35, 32),
				(unsigned int)bits(o->ste[1], 45, 44));
}

/* Which CD; @o->stage1 is cleared where S1DSS bypasses it. [IHI0070 5.2 S1DSS, 7.3.9] */
static bool find_substream(struct oracle *o, uint32_t *index)
{
	unsigned int s1cdmax = (unsigned int)bits(o->ste[0], 63, 59);
	unsigned int s1dss = (unsigned int)bits(o->ste[1], 1, 0);
	bool ssv = o->txn->substream_valid;

	*index = 0;
	if (ssv && !o->stage1)
		return oracle_fault(o, EV_BAD_SUBSTREAMID, "SubstreamID without stage 1");
	if (!o->stage1)
		return true;
	if (bits(o->machine->idr1, 10, 6) == 0)
		s1cdmax = 0;
	if (s1cdmax == 0)
		return !ssv || oracle_fault(o, EV_BAD_SUBSTREAMID, "substreams are off");
	if (ssv) {
		*index = o->txn->substream_id;
		if (!fits(*index, s1cdmax))
			return oracle_fault(o, EV_BAD_SUBSTREAMID, "SubstreamID beyond S1CDMax");
		if (s1dss == 2 && *index == 0)
			return oracle_fault(o, EV_STREAM_DISABLED, "SubstreamID 0 and S1DSS = 2");
		return true;
	}
	if (s1dss == 0 || s1dss == 3)
		return oracle_fault(o, EV_STREAM_DISABLED, "S1DSS terminates");
	if (s1dss == 1)
		o->stage1 = false;
	return true;
}

/* An address that stage 1 does not translate. [IHI0070 3.4, 7.3.14] */
static bool check_bypassed_address(struct oracle *o)
{
	if (o->stage1 || fits(o->txn->iova, oracle_oas(o)))
		return true;
	oracle_fault(o, EV_ADDR_SIZE, "stage 1 bypassed, address beyond IAS");
	o->fault.bypass = true;
	o->fault.class = CLASS_IN;
	return false;
}

static bool run(struct oracle *o)
{
	uint32_t cd_index;

	if (o->txn->speculative && o->txn->write)
		return oracle_fault(o, EV_NONE, "speculative write");
	if (!bit(o->machine->cr0, 0))
		return global_bypass(o);
	if (!oracle_find_ste(o) || !oracle_check_ste(o))
		return false;
	apply_overrides(o);
	if (!find_substream(o, &cd_index) || !check_bypassed_address(o))
		return false;
	if (o->stage1 && (!oracle_find_cd(o, cd_index) || !oracle_check_cd(o)))
		return false;
	if (o->stage1 || o->stage2)
		return oracle_translate_stages(o);
	return true;
}

void oracle_translate(const struct oracle_machine *machine, const struct oracle_memory *memory,
		      const struct sv3_txn *txn, struct oracle_answer *answer)
{
	struct oracle o = {
		.machine = machine,
		.memory = memory,
		.txn = txn,
		.answer = answer,
		.access = { .read = !txn->write || txn->atomic,
			    .write = txn->write,
			    .instruction = txn->instruction && !txn->write,
			    .privileged = txn->privileged,
			    .class = CLASS_IN },
	};

	memset(answer, 0, offsetof(struct oracle_answer, changes));
	answer->step_count = 0;
	if (!run(&o)) {
		end_in_fault(&o);
	} else {
		answer->outcome = SV3_OUTCOME_OK;
		answer->why = "goes ahead";
		if (!o.stage1 && !o.stage2) {
			answer->flags |= SV3_RESULT_BYPASS;
			answer->pa = txn->iova;
			answer->span_lg2 = 64;
			answer->memory = o.in.memory;
			answer->shareability = o.in.share;
		}
	}
	/* It only looks. */
	answer->probe = txn->kind == SV3_TXN_PROBE;
	if (answer->probe) {
		answer->change_count = 0;
		answer->flags &= (uint8_t) ~(SV3_RESULT_AF_SET | SV3_RESULT_DIRTY_SET |
					     SV3_RESULT_TABLE_DIRTY_SET);
	}
}
