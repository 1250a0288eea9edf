/* SPDX-License-Identifier: MIT */
/*
 * explain_verdict.c - what comes of the access: the result, the descriptors it would make the
 * hardware write, and whether the TLB still says what memory says.
 *
 * [IHI0070 3.13] HA sets the access flag; HD, only together with HA, makes a writable-clean leaf
 * writable-dirty on a write. The probe knows the result, memory the descriptors: what is worked out
 * here is the difference between a descriptor and what the hardware would leave there.
 */
#include "explain.h"

#include <sv3/arch.h>
#include <sv3/vmsa.h>

#include <inttypes.h>
#include <string.h>

/* --- words --- */

const char *explain_outcome_name(unsigned int outcome)
{
	static const char *const names[] = {
		[SV3_OUTCOME_OK] = "translated",
		[SV3_OUTCOME_ABORT] = "aborted",
		[SV3_OUTCOME_RAZ_WI] = "terminated: reads as zero, writes are ignored",
		[SV3_OUTCOME_ATS_UR] = "Unsupported Request",
		[SV3_OUTCOME_ATS_CA] = "Completer Abort",
		[SV3_OUTCOME_STALLED] = "stalled until CMD_RESUME",
	};

	return outcome < SV3_OUTCOME_COUNT ? names[outcome] : "unknown";
}

const char *explain_shareability_name(unsigned int shareability)
{
	static const char *const names[] = { "Non-shareable", "reserved shareability",
					     "Outer Shareable", "Inner Shareable" };

	return names[shareability & 3];
}

static const char *memory_name(unsigned int type)
{
	static const char *const names[] = {
		[SV3_MEMORY_WB] = "Write-Back",
		[SV3_MEMORY_WT] = "Write-Through",
		[SV3_MEMORY_NC] = "Non-cacheable",
		[SV3_MEMORY_DEVICE_GRE] = "Device-GRE",
		[SV3_MEMORY_DEVICE_NGRE] = "Device-nGRE",
		[SV3_MEMORY_DEVICE_NGNRE] = "Device-nGnRE",
		[SV3_MEMORY_DEVICE_NGNRNE] = "Device-nGnRnE",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown";
}

const char *explain_memory(uint8_t memory, char *text)
{
	const unsigned int inner = SV3_MEMORY_INNER(memory), outer = SV3_MEMORY_OUTER(memory);

	if (inner == outer)
		snprintf(text, 2 * CLI_VALUE_CHARS, "%s%s",
			 inner < SV3_MEMORY_DEVICE_GRE ? "Normal " : "", memory_name(inner));
	else
		snprintf(text, 2 * CLI_VALUE_CHARS, "Normal, inner %s, outer %s",
			 memory_name(inner), memory_name(outer));
	return text;
}

/* --- the result --- */

static void tell_result(struct explanation *e)
{
	const struct sv3_result *result = &e->result;
	char memory[2 * CLI_VALUE_CHARS], span[CLI_VALUE_CHARS];
	const char *event = sv3_event_name(result->event);

	if (result->outcome != SV3_OUTCOME_OK) {
		snprintf(e->result_text, EXPLAIN_TEXT_CHARS, "%s, %s%s",
			 explain_outcome_name(result->outcome),
			 event != NULL ? "recorded as " : "without a record",
			 event != NULL ? event : "");
		return;
	}
	if (result->span_lg2 < 64)
		explain_size(result->span_lg2, span);
	snprintf(e->result_text, EXPLAIN_TEXT_CHARS, "%s to 0x%" PRIx64 "%s%s, %s, %s",
		 result->flags & SV3_RESULT_BYPASS ? "bypasses" : "translated", result->pa,
		 result->span_lg2 < 64 ? ", a leaf of " : "", result->span_lg2 < 64 ? span : "",
		 explain_memory(result->memory, memory),
		 explain_shareability_name(result->shareability));
}

/* --- permission --- */

/** Why the leaf of stage 1 does not grant it, as far as the leaf alone can say. */
static const char *refusal(const struct explanation *e)
{
	if ((e->result.flags & SV3_RESULT_STAGE2_FAULT) != 0 || !e->has_leaf)
		return "stage 2 does not grant it";
	if (e->txn.write && e->leaf.state == EXPLAIN_CLEAN &&
	    (e->cd[0] & (SV3_CD0_HA | SV3_CD0_HD)) != (SV3_CD0_HA | SV3_CD0_HD))
		return "the leaf is writable-clean, and HA with HD is not on";
	if (e->txn.write && e->leaf.state == EXPLAIN_READ_ONLY)
		return "the leaf is read-only";
	if (!e->txn.privileged && !(e->leaf.value & SV3_PTE_AP1_UNPRIV))
		return "the leaf is for privileged accesses only";
	return "look at APTable, PXN, UXN, WXN and PAN";
}

static void tell_permission(struct explanation *e)
{
	const char *text = "granted by the leaf as it stands";

	if (!e->has_leaf && e->leaf2_count == 0)
		return;
	for (unsigned int i = 0; i < e->update_count; i++) {
		if (e->updates[i].makes_dirty)
			text = "granted, by making a writable-clean leaf writable-dirty";
	}
	if (e->result.event == SV3_EVENT_F_ACCESS)
		text = "not looked at: the access flag is 0, and HA is not on";
	else if (e->result.event == SV3_EVENT_F_PERMISSION)
		text = refusal(e);
	else if (e->result.outcome != SV3_OUTCOME_OK)
		return;
	snprintf(e->permission_text, EXPLAIN_TEXT_CHARS, "%s%s",
		 e->result.event == SV3_EVENT_F_PERMISSION ? "refused: " : "", text);
}

/* --- updates --- */

/** The update of the leaf @d, a new one if it was not met before: one stage-2 block may map much.
 */
static struct explain_update *update_of(struct explanation *e, const struct explain_descriptor *d)
{
	unsigned int i = 0;

	while (i < e->update_count && e->updates[i].pa != d->pa)
		i++;
	if (i == e->update_count)
		e->updates[e->update_count++] = (struct explain_update){
			.is_stage2 = d->is_stage2,
			.pa = d->pa,
			.from = d->value,
			.to = d->value,
		};
	return &e->updates[i];
}

/** Notes what the hardware would make of the leaf @d for an access of this kind. */
static void consider(struct explanation *e, const struct explain_descriptor *d, bool ha, bool hd,
		     bool write)
{
	const bool sets_af = ha && !(d->value & SV3_PTE_AF);
	const bool makes_dirty = ha && hd && write && d->state == EXPLAIN_CLEAN;
	struct explain_update *update;

	if (!sets_af && !makes_dirty)
		return;
	update = update_of(e, d);
	update->sets_af |= sets_af;
	update->makes_dirty |= makes_dirty;
	if (sets_af)
		update->to |= SV3_PTE_AF;
	if (makes_dirty && d->is_stage2)
		update->to |= SV3_PTE_S2AP_WRITE;
	else if (makes_dirty)
		update->to &= ~SV3_PTE_AP2_RDONLY;
}

/** Whether a table of stage 1 is written where stage 2 maps it, at @index of its leaves. */
static bool is_table_written(const struct explanation *e, unsigned int index, bool stage1_update)
{
	const uint32_t choices = sv3_smmu_config(e->smmu)->choices;

	if (e->leaves2[index].purpose != EXPLAIN_FOR_TABLE)
		return e->leaves2[index].purpose == EXPLAIN_FOR_UPDATE;
	if (choices & SV3_CHOICE_S2_TABLE_DIRTY)
		return true;
	/* The last table is the one with the leaf. */
	return stage1_update &&
	       (index + 1 == e->leaf2_count || e->leaves2[index + 1].purpose != EXPLAIN_FOR_TABLE);
}

/*
 * Of stage 1. An access that is refused leaves the leaf as it is, unless a choice says otherwise or
 * it is the output that stage 2 refuses: then stage 1 was done already, as far as choices say.
 */
static void find_stage1_update(struct explanation *e)
{
	const struct sv3_smmu_config *config = sv3_smmu_config(e->smmu);
	const uint64_t httu = SV3_GET(SV3_IDR0_HTTU, config->idr0);
	const bool is_ok = e->result.outcome == SV3_OUTCOME_OK;
	const bool is_stage2 = (e->result.flags & SV3_RESULT_STAGE2_FAULT) != 0;
	bool ha = httu >= SV3_IDR0_HTTU_AF && (e->cd[0] & SV3_CD0_HA) != 0;
	bool hd = httu >= SV3_IDR0_HTTU_DIRTY && (e->cd[0] & SV3_CD0_HD) != 0;

	if (!is_ok && is_stage2 && e->result.event_class == SV3_EVT_CLASS_IN) {
		if (!(config->choices & SV3_CHOICE_S1_DIRTY_FIRST)) {
			ha = ha && !(config->choices & SV3_CHOICE_S1_AF_LAST);
			hd = false;
		}
	} else if (!is_ok) {
		ha = ha && !is_stage2 && e->result.event == SV3_EVENT_F_PERMISSION &&
		     (config->choices & SV3_CHOICE_AF_ON_PERMISSION);
		hd = false;
	}
	if (e->has_leaf)
		consider(e, &e->leaf, ha, hd, e->txn.write);
}

static void find_stage2_updates(struct explanation *e)
{
	const struct sv3_smmu_config *config = sv3_smmu_config(e->smmu);
	const uint64_t httu = SV3_GET(SV3_IDR0_HTTU, config->idr0);
	const bool ha = httu >= SV3_IDR0_HTTU_AF && (e->ste[2] & SV3_STE2_S2HA) != 0;
	const bool hd = httu >= SV3_IDR0_HTTU_DIRTY && (e->ste[2] & SV3_STE2_S2HD) != 0;
	/* It is the last one that refuses. */
	const bool is_refused = e->result.event == SV3_EVENT_F_PERMISSION &&
				(e->result.flags & SV3_RESULT_STAGE2_FAULT) != 0;
	const bool stage1_update = e->update_count != 0;

	for (unsigned int i = 0; i < e->leaf2_count; i++) {
		const struct explain_descriptor *leaf = &e->leaves2[i];
		const bool write = leaf->purpose == EXPLAIN_FOR_OUTPUT
					   ? e->txn.write
					   : is_table_written(e, i, stage1_update);

		if (leaf->was_used)
			consider(e, leaf, ha, hd, write);
		else if (is_refused && i + 1 == e->leaf2_count &&
			 (config->choices & SV3_CHOICE_AF_ON_PERMISSION))
			consider(e, leaf, ha, false, false);
	}
}

/* --- the TLB against memory --- */

/** Memory says of the page: clean; of whichever stage. */
static const struct explain_descriptor *clean_leaf(const struct explanation *e)
{
	if (e->has_leaf && e->leaf.state == EXPLAIN_CLEAN)
		return &e->leaf;
	for (unsigned int i = 0; i < e->leaf2_count; i++) {
		if (e->leaves2[i].purpose == EXPLAIN_FOR_OUTPUT &&
		    e->leaves2[i].state == EXPLAIN_CLEAN)
			return &e->leaves2[i];
	}
	return NULL;
}

static sv3_pa tlb_output(const struct explanation *e)
{
	const uint64_t span = UINT64_C(1) << (e->tlb.span_lg2 & 63);

	return e->tlb.pa | (e->txn.iova & (span - 1));
}

/** Sets the text; true if what the TLB holds and what memory says do not go together. */
static bool find_staleness(struct explanation *e)
{
	const bool is_ok = e->result.outcome == SV3_OUTCOME_OK;
	const struct explain_descriptor *clean = clean_leaf(e);

	if (e->tlb.write && clean != NULL && is_ok && tlb_output(e) == e->result.pa) {
		e->would_be_lost = true;
		snprintf(
			e->tlb_text, EXPLAIN_TEXT_CHARS,
			"the TLB holds a writable-dirty entry, memory says writable-clean (stage %d "
			"leaf at 0x%" PRIx64 "): a write now would not be recorded; invalidate",
			1 + clean->is_stage2, clean->pa);
		return true;
	}
	if (e->tlb.allows && !is_ok) {
		snprintf(e->tlb_text, EXPLAIN_TEXT_CHARS,
			 "the TLB lets it through to 0x%" PRIx64
			 ", memory refuses it: an invalidation is owed",
			 tlb_output(e));
		return true;
	}
	if (is_ok && tlb_output(e) != e->result.pa) {
		snprintf(e->tlb_text, EXPLAIN_TEXT_CHARS,
			 "the TLB leads to 0x%" PRIx64 ", memory to 0x%" PRIx64
			 ": an invalidation is owed",
			 tlb_output(e), e->result.pa);
		return true;
	}
	if (e->tlb.conflicts) {
		snprintf(e->tlb_text, EXPLAIN_TEXT_CHARS,
			 "the TLB holds leaves of two sizes for this address: an invalidation was "
			 "owed when the size changed");
		return true;
	}
	/* No entry is ever made of an invalid descriptor. */
	if (!is_ok && e->result.event == SV3_EVENT_F_TRANSLATION) {
		snprintf(e->tlb_text, EXPLAIN_TEXT_CHARS,
			 "the TLB holds an entry to 0x%" PRIx64 " for what memory does not map: an "
			 "invalidation is owed",
			 tlb_output(e));
		return true;
	}
	/* A clean entry does not allow a write either: it asks memory first. */
	if (!e->tlb.allows && is_ok && clean == NULL && e->update_count == 0) {
		snprintf(e->tlb_text, EXPLAIN_TEXT_CHARS,
			 "the TLB does not let it through, memory does: an invalidation is owed");
		return true;
	}
	return false;
}

static void look_at_tlb(struct explanation *e)
{
	e->has_tlb = sv3_smmu_peek_tlb(e->smmu, &e->txn, &e->tlb);
	if (!e->has_tlb) {
		snprintf(e->tlb_text, EXPLAIN_TEXT_CHARS, "no entry");
		return;
	}
	e->is_stale = find_staleness(e);
	if (!e->is_stale)
		snprintf(e->tlb_text, EXPLAIN_TEXT_CHARS, "%s",
			 e->tlb.allows ? "a hit, and memory says the same"
				       : "an entry, which asks memory for this access");
}

void explain_verdict(struct explanation *e)
{
	find_stage1_update(e);
	find_stage2_updates(e);
	tell_permission(e);
	tell_result(e);
	look_at_tlb(e);
}
