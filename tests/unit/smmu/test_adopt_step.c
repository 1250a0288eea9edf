/* SPDX-License-Identifier: MIT */
/*
 * test_adopt_step.c - blocks that no SMMU could have left behind: sv3_smmu_adopt() refuses what a
 * later step would trip over.
 */
#include <stdlib.h>

#include "ctest.h"
#include "smmu/xlat_priv.h"

static void cmdq_waits_for_nothing(struct sv3_smmu *smmu)
{
	smmu->cmdq.phase = SV3__CMDQ_FETCH;
}

static void prefetch_without_a_slot(struct sv3_smmu *smmu)
{
	smmu->cmdq.phase = SV3__CMDQ_PREFETCH;
	smmu->cmdq.busy = true;
}

static void evtq_waits_for_nothing(struct sv3_smmu *smmu)
{
	smmu->evtq.phase = SV3__EVTQ_SIGNAL;
}

static void evtq_writes_no_record(struct sv3_smmu *smmu)
{
	smmu->evtq.phase = SV3__EVTQ_WRITE;
	smmu->evtq.busy = true;
}

static void priq_waits_for_nothing(struct sv3_smmu *smmu)
{
	smmu->priq.phase = SV3__PRIQ_RESPOND;
}

static void priq_writes_no_request(struct sv3_smmu *smmu)
{
	smmu->priq.phase = SV3__PRIQ_WRITE;
	smmu->priq.busy = true;
}

static void prefetch_slot_is_free(struct sv3_smmu *smmu)
{
	uint32_t prefetch = smmu->config.slot_count;

	sv3__slot(smmu, prefetch)->next_free = 1; /* instead of slot 0 */
	smmu->free_slot = prefetch;
}

static struct sv3__slot *begin(struct sv3_smmu *smmu)
{
	static const struct sv3_txn txn = { .iova = 0x1000 };
	uint32_t slot;

	if (sv3_smmu_begin(smmu, &txn, &slot) != 0)
		abort();
	return sv3__slot(smmu, slot);
}

static void woken_but_not_stalled(struct sv3_smmu *smmu)
{
	begin(smmu)->woken = true;
	smmu->stalls.woken_count = 1;
}

static void stalled_and_asking(struct sv3_smmu *smmu)
{
	struct sv3__slot *slot = begin(smmu);

	slot->phase = SV3__PHASE_STALLED;
	slot->asked = true;
}

static void first_slot_is_not_in_the_list_of_records(struct sv3_smmu *smmu)
{
	struct sv3__slot *slot = begin(smmu);

	slot->phase = SV3__PHASE_STALLED;
	slot->has_stag = slot->record_due = true;
	smmu->stalls.count = 1;
}

static void leaf_of_no_granule(struct sv3_smmu *smmu)
{
	struct sv3__key key = {
		.tag = sv3__tag(0, sv3__tag_family(SV3__REGIME_EL1, false), 12),
	};
	uint32_t entry = sv3__cache_fill(smmu, &smmu->tlb, 0, &key);

	*(struct sv3__tlb_entry *)sv3__cache_payload(smmu, &smmu->tlb, entry) =
		(struct sv3__tlb_entry){ .span_lg2 = 12, .leaf_class = 63 << 2 };
}

static void translated_by_no_granule(struct sv3_smmu *smmu)
{
	struct sv3__slot *slot = begin(smmu);

	slot->phase = SV3__PHASE_DONE;
	slot->translated = true;
	slot->leaf_class = 63 << 2;
}

TEST_C(adopt_unit, what_a_step_would_trip_over)
{
	static const struct {
		const char *what;
		void (*spoil)(struct sv3_smmu *smmu);
	} rows[] = {
#define ROW(name) { #name, name }
		ROW(cmdq_waits_for_nothing), ROW(prefetch_without_a_slot),
		ROW(evtq_waits_for_nothing), ROW(evtq_writes_no_record),
		ROW(priq_waits_for_nothing), ROW(priq_writes_no_request),
		ROW(prefetch_slot_is_free),  ROW(first_slot_is_not_in_the_list_of_records),
		ROW(woken_but_not_stalled),  ROW(stalled_and_asking),
		ROW(leaf_of_no_granule),     ROW(translated_by_no_granule),
#undef ROW
	};

	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sv3_smmu_config config;
		struct sv3_smmu *smmu = NULL;
		size_t size;
		void *memory;

		sv3_smmu_config_default(&config);
		config.slot_count = 4;
		size = sv3_smmu_size(&config);
		memory = aligned_alloc(64, size);
		if (!memory || sv3_smmu_init(memory, size, &config, &smmu) != 0)
			abort();
		EXPECT_EQ_INT(sv3_smmu_adopt(memory, size, &smmu), 0);
		rows[i].spoil(smmu);
		if (sv3_smmu_adopt(memory, size, &smmu) != -SV3_ERR_FORMAT)
			FAIL_C("%s is adopted", rows[i].what);
		free(memory);
	}
}

/* Each job in its last phase, waiting for an answer. */
TEST_C(adopt_unit, what_waits_for_an_answer_is_taken_up)
{
	struct sv3_smmu_config config;
	struct sv3_smmu *smmu = NULL;
	size_t size;
	void *memory;

	sv3_smmu_config_default(&config);
	size = sv3_smmu_size(&config);
	memory = aligned_alloc(64, size);
	if (!memory || sv3_smmu_init(memory, size, &config, &smmu) != 0)
		abort();
	smmu->evtq.phase = SV3__EVTQ_SIGNAL;
	smmu->priq.phase = SV3__PRIQ_SIGNAL;
	smmu->cmdq.phase = SV3__CMDQ_SEV;
	smmu->evtq.busy = smmu->priq.busy = smmu->cmdq.busy = true;
	smmu->evtq.count = smmu->evtq.capacity;
	EXPECT_OK(sv3_smmu_adopt(memory, size, &smmu));
	smmu->evtq.count--;
	begin(smmu); /* not stepped yet */
	EXPECT_OK(sv3_smmu_adopt(memory, size, &smmu));
	free(memory);
}
