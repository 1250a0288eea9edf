/* SPDX-License-Identifier: MIT */
/*
 * test_evtq.c - records that no access of this SMMU leads to, or to which not all of their fields:
 * sv3__event_raise() on a slot made by hand, words compared with [IHI0070 7.3].
 */
#include <stdlib.h>
#include <string.h>

#include "ctest.h"
#include "smmu/xlat_priv.h"

#define SID 0x12345678u

/* An enabled event queue of 16 records at 0x10000. */
static struct sv3_smmu *make(uint32_t oas)
{
	struct sv3_smmu_config config;
	struct sv3_smmu *smmu = NULL;
	void *memory;

	sv3_smmu_config_default(&config);
	config.slot_count = 4;
	config.idr5 = (config.idr5 & ~7u) | oas;
	memory = aligned_alloc(64, sv3_smmu_size(&config));
	if (!memory || sv3_smmu_init(memory, sv3_smmu_size(&config), &config, &smmu) != 0)
		abort();
	sv3_smmu_reg_write(smmu, 0xa0, 8, 0x10000 | 4);
	sv3_smmu_reg_write(smmu, 0x20, 4, 4);
	return smmu;
}

/* Raise @fault for @txn and take the record that the job writes. */
static void record_of(struct sv3_smmu *smmu, const struct sv3_txn *txn,
		      const struct sv3__fault *fault, uint64_t words[4])
{
	struct sv3__slot *slot = sv3__slot(smmu, 0);
	struct sv3_reply reply = { .status = SV3_BUS_OK };
	struct sv3_need need;
	uint32_t job;

	memset(words, 0, 4 * sizeof(words[0]));
	sv3__slot_begin(smmu, slot, txn);
	sv3__event_raise(smmu, slot, fault);
	if (!sv3_smmu_next_ready(smmu, &job))
		return;
	sv3_smmu_step(smmu, job, NULL, &need);
	for (uint32_t i = 0; i < 4; i++)
		words[i] = sv3_le64(need.data + 8 * i);
	sv3_smmu_step(smmu, job, &reply, &need);
}

/* [IHI0070 7.3.2] F_UUT: attributes as they came in, for there may be no STE; InD of a write is 0.
 */
TEST_C(evtq_unit, unsupported_transaction)
{
	struct sv3_smmu *smmu = make(5);
	struct sv3_txn txn = { .iova = UINT64_C(0xfedcba9876543210),
			       .stream_id = SID,
			       .substream_id = 0xabcde,
			       .substream_valid = true,
			       .privileged = true,
			       .instruction = true };
	struct sv3__fault fault = { .event = SV3_EVENT_F_UUT };
	uint64_t words[4];

	record_of(smmu, &txn, &fault, words);
	EXPECT_EQ_U64(words[0], 0x01 | 1u << 11 | UINT64_C(0xabcde) << 12 | (uint64_t)SID << 32);
	EXPECT_EQ_U64(words[1], UINT64_C(7) << 33);
	EXPECT_EQ_U64(words[2], UINT64_C(0xfedcba9876543210));
	EXPECT_EQ_U64(words[3], 0);
	txn.write = true;
	record_of(smmu, &txn, &fault, words);
	EXPECT_EQ_U64(words[1], UINT64_C(1) << 33);
	free(smmu);
}

/* TTRnW stands in F_PERMISSION with CLASS = TT alone; elsewhere it is 0. [IHI0070 7.3.16] */
TEST_C(evtq_unit, ttrnw_is_of_tables_only)
{
	struct sv3_smmu *smmu = make(5);
	struct sv3_txn txn = { .stream_id = SID };
	struct sv3__fault fault = { .event = SV3_EVENT_F_PERMISSION,
				    .stage2 = true,
				    .table_read = true };
	uint64_t words[4];

	for (uint32_t event_class = 0; event_class < 3; event_class++) {
		fault.event_class = event_class;
		record_of(smmu, &txn, &fault, words);
		EXPECT_EQ_U64(words[1] >> 44 & 1, event_class == 1);
	}
	fault.event_class = 1;
	fault.event = SV3_EVENT_F_TRANSLATION;
	record_of(smmu, &txn, &fault, words);
	EXPECT_EQ_U64(words[1] >> 44 & 1, 0);
	free(smmu);
}

/* Addresses of memory end at the address size. FetchAddr[55:3], IPA[55:12]. [IHI0070 7.3.4, 7.3.13]
 */
TEST_C(evtq_unit, addresses_are_cut_to_the_address_size)
{
	static const struct {
		uint32_t oas, bits;
	} rows[] = { { 0, 32 }, { 2, 40 }, { 5, 48 } };

	for (unsigned int i = 0; i < 3; i++) {
		struct sv3_smmu *smmu = make(rows[i].oas);
		struct sv3_txn txn = { .stream_id = SID };
		struct sv3__fault fetch = { .event = SV3_EVENT_F_STE_FETCH,
					    .fetch_pa = UINT64_MAX };
		struct sv3__fault ipa = { .event = SV3_EVENT_F_TRANSLATION,
					  .stage2 = true,
					  .ipa = UINT64_MAX };
		uint64_t mask = (UINT64_C(1) << rows[i].bits) - 1, words[4];

		record_of(smmu, &txn, &fetch, words);
		EXPECT_EQ_U64(words[3], mask & ~UINT64_C(7));
		record_of(smmu, &txn, &ipa, words);
		EXPECT_EQ_U64(words[3], mask & ~UINT64_C(0xfff));
		free(smmu);
	}
}

/* Records that wait when a second transaction faults like a first at @apart bytes from it. */
static uint32_t waiting(uint8_t event, uint64_t apart, bool mev)
{
	struct sv3_smmu *smmu = make(5);
	struct sv3__fault fault = { .event = (enum sv3_event)event };
	uint32_t count;

	smmu->config.choices |= SV3_CHOICE_MERGE_EVENTS;
	for (uint32_t i = 0; i < 2; i++) {
		struct sv3_txn txn = { .iova = 0x5000 + i * apart, .stream_id = SID };
		struct sv3__slot *slot = sv3__slot(smmu, i);

		sv3__slot_begin(smmu, slot, &txn);
		slot->has_context = true;
		slot->context.mev = mev;
		sv3__event_raise(smmu, slot, &fault);
	}
	count = smmu->evtq.count;
	free(smmu);
	return count;
}

/* [IHI0070 7.3.1] */
TEST_C(evtq_unit, merged_are_equal_records_and_accesses_to_one_page)
{
	static const struct {
		uint8_t event;
		bool has_offset, is_free; /* it tells of an access; MEV does not matter */
	} rows[] = {
		{ 0x01, false, true }, /* F_UUT: its address is told whole */
		{ 0x03, true, true },  /* F_STE_FETCH, no address of an access */
		{ 0x04, true, true },  /* C_BAD_STE */
		{ 0x02, true, true },  /* C_BAD_STREAMID */
		{ 0x07, true, false }, /* F_TRANSL_FORBIDDEN */
		{ 0x0b, true, false }, /* F_WALK_EABT */
		{ 0x10, true, false }, /* F_TRANSLATION */
		{ 0x0a, true, false }, /* C_BAD_CD */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint8_t event = rows[i].event;

		if (waiting(event, 0, true) != 1 ||
		    waiting(event, 0, false) != 2u - rows[i].is_free)
			FAIL_C("event %#x: equal records", event);
		if (waiting(event, 0xfff, true) != (rows[i].has_offset ? 1 : 2))
			FAIL_C("event %#x: records of one page", event);
	}
	EXPECT_EQ_U64(waiting(0x07, 0x1000, true), 2);
	EXPECT_EQ_U64(waiting(0x10, 0x1000, true), 2);
}

TEST_C(event_name, of_what_is_no_event_there_is_none)
{
	EXPECT_EQ_STR(sv3_event_name(0x10), "F_TRANSLATION");
	EXPECT_TRUE(sv3_event_name(0) == NULL);
	EXPECT_TRUE(sv3_event_name(0xff) == NULL);
}

TEST_C(cmd, names_are_those_of_the_architecture)
{
	EXPECT_EQ_STR(sv3_command_name(0x12), "TLBI_NH_VA");
	EXPECT_EQ_STR(sv3_command_name(0x46), "SYNC");
	EXPECT_TRUE(sv3_command_name(0) == NULL);
	EXPECT_TRUE(sv3_command_name(0x100) == NULL);
}
