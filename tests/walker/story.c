/* SPDX-License-Identifier: MIT */
/*
 * story.c - compares the two answers, and prints them with everything that led there.
 */
#include "story.h"

#include <inttypes.h>
#include <stdio.h>

/* --- comparing --- */

/* The last change of a doubleword is what must stand there. */
static bool is_last_change(const struct oracle_answer *answer, uint32_t index)
{
	for (uint32_t i = index + 1; i < answer->change_count; i++)
		if (answer->changes[i].pa == answer->changes[index].pa)
			return false;
	return true;
}

static bool is_predicted(const struct oracle_answer *answer, uint64_t pa)
{
	for (uint32_t i = 0; i < answer->change_count; i++)
		if (answer->changes[i].pa == pa)
			return true;
	return false;
}

static const char *memory_difference(struct arena *arena, const struct oracle_answer *answer,
				     const struct owed *excuse)
{
	for (uint32_t i = 0; i < answer->change_count; i++)
		if (is_last_change(answer, i) &&
		    arena_peek(arena, answer->changes[i].pa) != answer->changes[i].after)
			return "a descriptor was not updated as it must be";
	for (uint32_t i = 0; i < arena->journal_count; i++) {
		uint64_t pa = arena->journal[i].pa;

		/* Written twice: the first entry says what stood there. */
		for (uint32_t j = 0; j < i; j++)
			if (arena->journal[j].pa == pa)
				pa = 0;
		if (pa && !is_predicted(answer, pa) &&
		    arena_peek(arena, pa) != arena->journal[i].before &&
		    !(excuse && owed_is_table_update(excuse, pa, arena->journal[i].before)))
			return "memory was written that must not be";
	}
	return NULL;
}

static const char *record_difference(const struct oracle_answer *answer,
				     const struct observed *seen)
{
	static const char *const words[4] = { "record: number, StreamID, SubstreamID",
					      "record: attributes", "record: InputAddr",
					      "record: IPA or FetchAddr" };
	uint64_t stag = answer->stalled ? 0xffff : 0;

	if (seen->record_count != answer->recorded)
		return "number of records";
	for (unsigned int i = 0; answer->recorded && i < 4; i++)
		if ((answer->record[i] ^ seen->record[i]) & ~(i == 1 ? stag : 0))
			return words[i];
	return NULL;
}

const char *story_difference(struct arena *arena, const struct oracle_answer *answer,
			     const struct observed *seen, const struct owed *excuse)
{
	const struct sv3_result *result = &seen->result;
	uint8_t flags = SV3_RESULT_BYPASS | SV3_RESULT_STAGE2_FAULT;

	/* Of a probe they say what an access would have updated; of what is excused, more. */
	if (!answer->probe && !excuse)
		flags |= SV3_RESULT_AF_SET | SV3_RESULT_DIRTY_SET | SV3_RESULT_TABLE_DIRTY_SET;
	if (result->outcome != answer->outcome)
		return "outcome";
	if (answer->stalled)
		return record_difference(answer, seen) ? record_difference(answer, seen)
						       : memory_difference(arena, answer, excuse);
	if (result->event != answer->event)
		return "event";
	if ((result->flags ^ answer->flags) & flags)
		return "flags of the result";
	if (answer->outcome == SV3_OUTCOME_OK) {
		if (result->pa != answer->pa)
			return "output address";
		if (result->span_lg2 != answer->span_lg2)
			return "span";
		if (result->memory != answer->memory)
			return "memory type";
		if (result->shareability != answer->shareability)
			return "shareability";
	}
	if (record_difference(answer, seen))
		return record_difference(answer, seen);
	return memory_difference(arena, answer, excuse);
}

/* --- telling --- */

static const char *outcome_name(unsigned int outcome)
{
	static const char *const names[] = {
		"OK", "ABORT", "RAZ_WI", "ATS_UR", "ATS_CA", "STALLED"
	};

	return outcome < sizeof(names) / sizeof(names[0]) ? names[outcome] : "?";
}

static void tell_machine(const struct setup *setup)
{
	const struct oracle_machine *m = &setup->machine;
	const struct sv3_smmu_config *c = &setup->config;

	printf("  machine: idr0=0x%08x idr1=0x%08x idr3=0x%08x idr5=0x%08x aidr=%u choices=0x%x\n",
	       m->idr0, m->idr1, m->idr3, m->idr5, m->aidr, m->choices);
	printf("           tbus=%u tlb=%ux%u walk-cache=%ux%u config-cache=%ux%u fetch-bytes=%u\n",
	       c->tbu_count, c->tlb_entries, c->tlb_ways, c->walk_cache_entries, c->walk_cache_ways,
	       c->config_cache_entries, c->config_cache_ways, c->config_fetch_bytes);
	printf("  registers: CR0=0x%x CR2=0x%x GBPA=0x%x STRTAB_BASE=0x%" PRIx64
	       " STRTAB_BASE_CFG=0x%x\n",
	       m->cr0, m->cr2, m->gbpa, m->strtab_base, m->strtab_base_cfg);
}

static void tell_structure(struct arena *arena, const char *name, uint64_t pa)
{
	printf("  %s at 0x%" PRIx64 ":", name, pa);
	for (unsigned int i = 0; i < 4; i++)
		printf(" 0x%016" PRIx64, arena_peek(arena, pa + 8 * i));
	printf("\n");
}

/* What the oracle read, in its order; structures with their first words. */
static void tell_steps(struct setup *setup, const struct oracle_answer *answer)
{
	for (uint32_t i = 0; i < answer->step_count; i++) {
		const struct oracle_step *step = &answer->steps[i];

		if (step->what[0] == 'S' || (step->what[0] == 'C'))
			tell_structure(setup->arena, step->what, step->pa);
		else if (step->level >= 0)
			printf("  %s level %d at 0x%" PRIx64 ": 0x%016" PRIx64 "\n", step->what,
			       step->level, step->pa, step->value);
		else
			printf("  %s 0x%" PRIx64 ": 0x%016" PRIx64 "\n", step->what, step->pa,
			       step->value);
	}
}

static void tell_record(const uint64_t *record)
{
	const char *name = sv3_event_name((unsigned int)(record[0] & 255));

	printf("          record 0x%016" PRIx64 " 0x%016" PRIx64 " 0x%016" PRIx64 " 0x%016" PRIx64
	       " %s\n",
	       record[0], record[1], record[2], record[3], name ? name : "");
}

static void tell_result(const char *who, unsigned int outcome, unsigned int event,
			unsigned int flags, uint64_t pa, unsigned int span, unsigned int memory,
			unsigned int share)
{
	printf("  %s: %s event=0x%02x flags=0x%02x", who, outcome_name(outcome), event, flags);
	if (outcome == SV3_OUTCOME_OK)
		printf(" pa=0x%" PRIx64 " span=%u memory=0x%02x shareability=%u", pa, span, memory,
		       share);
	printf("\n");
}

void story_tell(struct setup *setup, const struct sv3_txn *txn, const struct oracle_answer *answer,
		const struct observed *seen, const char *difference)
{
	const struct sv3_result *r = &seen->result;
	struct sv3_rule_info rule;

	printf("DIFFERENCE in %s\n", difference);
	tell_machine(setup);
	printf("  access: %s%s%s%s%s%s StreamID 0x%x", txn->kind == SV3_TXN_PROBE ? "probe " : "",
	       txn->atomic ? "atomic " : "", txn->speculative ? "speculative " : "",
	       txn->privileged ? "privileged " : "unprivileged ",
	       txn->instruction ? "instruction " : "", txn->write ? "write" : "read",
	       txn->stream_id);
	if (txn->substream_valid)
		printf(" SubstreamID 0x%x", txn->substream_id);
	printf(" address 0x%" PRIx64 " memory 0x%02x\n", txn->iova, txn->memory);
	tell_steps(setup, answer);
	tell_result("oracle", answer->outcome, answer->event, answer->flags, answer->pa,
		    answer->span_lg2, answer->memory, answer->shareability);
	printf("          because: %s\n", answer->why);
	if (answer->recorded)
		tell_record(answer->record);
	for (uint32_t i = 0; i < answer->change_count; i++)
		printf("          writes 0x%" PRIx64 ": 0x%016" PRIx64 " -> 0x%016" PRIx64 "\n",
		       answer->changes[i].pa, answer->changes[i].before, answer->changes[i].after);
	tell_result("model ", r->outcome, r->event, r->flags, r->pa, r->span_lg2, r->memory,
		    r->shareability);
	if (r->rule && sv3_rule_info(r->rule, &rule))
		printf("          because: %s %s\n", rule.name, rule.source);
	if (seen->record_count)
		tell_record(seen->record);
	for (uint32_t i = 0; i < setup->arena->journal_count; i++)
		printf("          wrote  0x%" PRIx64 ": 0x%016" PRIx64 " -> 0x%016" PRIx64 "\n",
		       setup->arena->journal[i].pa, setup->arena->journal[i].before,
		       arena_peek(setup->arena, setup->arena->journal[i].pa));
}
