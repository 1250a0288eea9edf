/* SPDX-License-Identifier: MIT */
/*
 * test_structures.c - STEs and CDs that may be read torn, missing CMD_CFGI, guarded registers, and
 * the rules of the command queue.
 */
#include "monitor_fx.h"

#define STE  (FX_STRTAB + UINT64_C(64) * FX_SID)
#define CD   (FX_CDS + UINT64_C(64) * FX_SID)
#define STE2 (FX_STRTAB + UINT64_C(64) * 6)

static void configure(struct mon *fx)
{
	mon_cfgi_ste(fx, FX_SID);
	mon_sync_wait(fx);
}

/* --- torn --- */

TEST_C(monitor_structures, one_doubleword_of_a_live_cd_may_change)
{
	struct mon *fx = mon_open(&mon_plain);

	/* another ASID, and a bit beside it */
	mon_store(fx, CD, (mon_load(fx, CD) ^ UINT64_C(1) << 48) | UINT64_C(1) << 45);
	mon_cfgi_cd(fx, FX_SID);
	mon_sync_wait(fx);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_findings(fx), 0);
	mon_close(fx);
}

TEST_C(monitor_structures, two_doublewords_of_a_live_cd_are_torn)
{
	for (int waits = 0; waits < 2; waits++) {
		struct mon *fx = mon_open(&mon_plain);

		mon_store(fx, CD, mon_load(fx, CD) ^ UINT64_C(1) << 48);
		if (waits) {
			mon_cfgi_cd(fx, FX_SID);
			mon_sync_wait(fx);
		}
		mon_store(fx, CD + 8, 0x28000);
		mon_cfgi_cd(fx, FX_SID);
		mon_sync_wait(fx);
		sv3_monitor_finish(fx->monitor);
		EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_TORN_CD), waits ? 0 : 1);
		mon_close(fx);
	}
}

TEST_C(monitor_structures, fields_that_are_not_looked_at_do_not_count)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_store(fx, CD + 8, 0x28000);
	mon_store(fx, CD + 16, 0x29000); /* TTB1, with EPD1 = 1 */
	configure(fx);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_findings(fx), 0);
	mon_close(fx);
}

TEST_C(monitor_structures, an_ste_that_is_filled_and_made_valid_at_once_is_torn)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_store(fx, STE2 + 8, 1u << 2); /* S1CIR */
	mon_store(fx, STE2, CD | 5u << 1 | 1u);
	configure(fx);
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_TORN_STE), 1);
	mon_close(fx);
}

TEST_C(monitor_structures, the_recommended_procedure_is_silent)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_store(fx, STE2 + 8, 1u << 2);
	mon_store(fx, STE2, CD | 5u << 1); /* V = 0 */
	mon_cfgi_ste(fx, 6);
	mon_sync_wait(fx);
	mon_store(fx, STE2, CD | 5u << 1 | 1u);
	mon_cfgi_ste(fx, 6);
	mon_sync_wait(fx);
	/* and back */
	mon_store(fx, STE2, CD | 5u << 1);
	mon_cfgi_ste(fx, 6);
	mon_sync_wait(fx);
	mon_store(fx, STE2, 0);
	mon_store(fx, STE2 + 8, 0);
	mon_cfgi_ste(fx, 6);
	mon_sync_wait(fx);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_findings(fx), 0);
	mon_close(fx);
}

TEST_C(monitor_structures, a_cfgi_that_is_not_complete_does_not_end_it)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_store(fx, STE, mon_load(fx, STE) & ~UINT64_C(1)); /* V = 0 */
	mon_cfgi_ste(fx, FX_SID);
	mon_sync(fx);
	mon_ring(fx);
	mon_store(fx, STE + 8, 1u << 2);
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_TORN_STE), 1);
	mon_close(fx);
}

TEST_C(monitor_structures, while_the_smmu_is_off_anything_may_be_written)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_write_reg(fx, FX_CR0, 4, 1u << 3);
	mon_store(fx, STE2 + 8, 1u << 2);
	mon_store(fx, STE2, CD | 5u << 1 | 1u);
	mon_store(fx, FX_L3, 0);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_findings(fx), 0);
	mon_close(fx);
}

/* --- CMD_CFGI --- */

TEST_C(monitor_structures, a_change_without_cfgi_is_named)
{
	const struct {
		uint64_t dw0, dw1;
		bool pays;
	} rows[] = {
		{ 0x46, 0, false },
		{ 0x03 | UINT64_C(6) << 32, 1, false },
		{ 0x05 | (uint64_t)FX_SID << 32, 1, false },
		{ 0x03 | (uint64_t)FX_SID << 32, 1, true },
		{ 0x04, 31, true },
		{ 0x04 | UINT64_C(4) << 32, 0, true }, /* streams 4 and 5 */
		{ 0x04 | UINT64_C(6) << 32, 0, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mon *fx = mon_open(&mon_plain);

		mon_store(fx, STE + 8, 1u << 2);
		mon_push(fx, rows[i].dw0, rows[i].dw1);
		mon_sync_wait(fx);
		sv3_monitor_finish(fx->monitor);
		EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_MISSING_CFGI), rows[i].pays ? 0 : 1);
		EXPECT_EQ_U64(mon_findings(fx), rows[i].pays ? 0 : 1);
		mon_close(fx);
	}
}

TEST_C(monitor_structures, a_level_1_descriptor_of_cds_needs_a_cfgi_with_leaf_0)
{
	const struct {
		uint64_t dw0, dw1;
		bool pays;
	} rows[] = {
		{ 0x05 | (uint64_t)FX_SID << 32, 1, false },
		{ 0x05 | (uint64_t)FX_SID << 32 | 64u << 12, 0, true },
		{ 0x05 | UINT64_C(6) << 32, 0, false },
		{ 0x06 | (uint64_t)FX_SID << 32, 0, true },
		{ 0x03 | (uint64_t)FX_SID << 32, 1, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mon *fx = mon_open(&mon_plain);

		/* 128 CDs in tables of 64, of which the first is there; what has no SubstreamID
		 * takes CD 0. */
		for (uint64_t word = 0; word < 8; word++)
			mon_store(fx, 0x14000 + 8 * word, mon_load(fx, CD + 8 * word));
		mon_store(fx, 0x13000, 0x14000 | 1);
		mon_store(fx, STE + 8, 2);
		mon_store(fx, STE, UINT64_C(7) << 59 | 0x13000 | 1u << 4 | 5u << 1 | 1);
		configure(fx);
		mon_dma(fx, 0, FX_DATA, false);
		mon_store(fx, 0x13008, 0x15000 | 1);
		mon_push(fx, rows[i].dw0, rows[i].dw1);
		mon_sync_wait(fx);
		sv3_monitor_finish(fx->monitor);
		EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_MISSING_CFGI), rows[i].pays ? 0 : 1);
		mon_close(fx);
	}
}

TEST_C(monitor_structures, a_stream_is_read_anew_after_its_cd_changed)
{
	struct mon *fx = mon_open(&mon_plain);

	/* Another table, with page 0 elsewhere. */
	mon_store(fx, 0x28000, FX_TABLE(UINT64_C(0x29000)));
	mon_store(fx, 0x29000, FX_TABLE(UINT64_C(0x2a000)));
	mon_store(fx, 0x2a000, FX_TABLE(UINT64_C(0x2b000)));
	mon_store(fx, 0x2b000, FX_DIRTY(FX_DATA));
	mon_store(fx, CD + 8, 0x28000);
	mon_cfgi_cd(fx, FX_SID);
	mon_sync_wait(fx);
	mon_dma(fx, 0, FX_DATA, false);
	mon_store(fx, 0x2b000, FX_CLEAN(FX_DATA));
	sv3_monitor_copied(fx->monitor, FX_DATA, 4096);
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_MISSING_TLBI), 1);
	mon_close(fx);
}

/* --- registers --- */

TEST_C(monitor_structures, guarded_registers_are_named_by_offset)
{
	const struct {
		uint32_t offset, size;
		uint64_t value;
	} rows[] = {
		{ 0x80, 8, 0x40000 }, { 0x88, 4, 5 },   { 0x28, 4, 0x40 }, { 0x28, 4, 0x1 },
		{ 0x2c, 4, 1 },       { 0x90, 8, 0x5 }, { 0x94, 4, 0x40 }, { 0x9c, 4, 3 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mon *fx = mon_open(&mon_plain);
		const struct sv3_monitor_finding *finding;

		mon_write_reg(fx, rows[i].offset, rows[i].size, rows[i].value);
		finding = sv3_monitor_finding(fx->monitor, 0);
		ASSERT_TRUE(finding != NULL);
		EXPECT_EQ_INT(finding->rule, SV3_MONITOR_GUARDED);
		EXPECT_EQ_U64(finding->input, rows[i].offset & ~(rows[i].offset == 0x94 ? 7u : 0u));
		EXPECT_EQ_U64(mon_findings(fx), 1);
		mon_close(fx);
	}
}

TEST_C(monitor_structures, the_same_value_and_the_disabled_register_are_silent)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_write_reg(fx, 0x80, 8, FX_STRTAB);
	mon_write_reg(fx, 0xa0, 8, 0x30000); /* EVENTQ_BASE, EVENTQEN = 0 */
	mon_write_reg(fx, FX_CR0, 4, 1u << 3);
	mon_write_reg(fx, 0x80, 8, 0x40000);
	EXPECT_EQ_U64(mon_findings(fx), 0);
	mon_close(fx);
}

TEST_C(monitor_structures, an_enable_guards_until_its_acknowledge_is_clear)
{
	struct mon *fx = mon_open(&mon_plain);

	mon_write_reg(fx, FX_CR0, 4, 1u << 3);
	fx->regs[0x24 / 4] = 1u << 3 | 1u; /* CR0ACK still shows SMMUEN */
	mon_write_reg(fx, 0x80, 8, 0x40000);
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_GUARDED), 1);
	mon_close(fx);
}

/* --- the command queue --- */

TEST_C(monitor_structures, prod_beyond_the_room_is_named)
{
	struct mon *fx = mon_open(&mon_plain);

	for (int i = 0; i < 16; i++)
		mon_sync(fx);
	mon_ring(fx);
	EXPECT_EQ_U64(mon_findings(fx), 0);
	fx->prod++;
	mon_ring(fx);
	EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_CMDQ_INDEX), 1);
	mon_close(fx);
}

TEST_C(monitor_structures, a_command_that_was_submitted_must_not_be_altered)
{
	for (int consumed = 0; consumed < 2; consumed++) {
		struct mon *fx = mon_open(&mon_plain);

		mon_tlbi(fx, 0);
		mon_tlbi(fx, 0x1000);
		mon_ring(fx);
		if (consumed)
			mon_consume(fx);
		mon_store(fx, FX_QUEUE + 16, 0x46);
		EXPECT_EQ_U64(mon_count(fx, SV3_MONITOR_CMDQ_OVERWRITE), consumed ? 0 : 1);
		mon_close(fx);
	}
}

TEST_C(monitor_structures, numbers_of_commands_go_on_over_many_wraps)
{
	struct mon *fx = mon_open(&mon_plain);

	for (int i = 0; i < 100; i++) {
		const bool dirty = i % 2;

		mon_store(fx, FX_L3, dirty ? FX_DIRTY(FX_DATA) : FX_CLEAN(FX_DATA));
		mon_tlbi(fx, 0);
		mon_sync_wait(fx);
		sv3_monitor_copied(fx->monitor, FX_DATA, 4096);
	}
	sv3_monitor_finish(fx->monitor);
	EXPECT_EQ_U64(mon_findings(fx), 0);
	EXPECT_EQ_U64(sv3_monitor_stats(fx->monitor)->commands, 200);
	mon_close(fx);
}

/* --- words --- */

TEST_C(monitor_structures, every_rule_has_words)
{
	for (unsigned int rule = 1; rule < SV3_MONITOR_RULE_COUNT; rule++) {
		const struct sv3_monitor_rule_info *info = sv3_monitor_rule_info(rule);

		ASSERT_TRUE(info != NULL);
		EXPECT_TRUE(info->name[0] && info->what[0] && info->remedy[0]);
		EXPECT_TRUE(info->source[0] == '[');
	}
	EXPECT_TRUE(sv3_monitor_rule_info(0) == NULL);
	EXPECT_TRUE(sv3_monitor_rule_info(SV3_MONITOR_RULE_COUNT) == NULL);
}

TEST_C(monitor_structures, a_description_is_cut_to_its_buffer)
{
	const struct sv3_monitor_finding finding = { .rule = SV3_MONITOR_BBM,
						     .change = SV3_CHANGE_REPLACED };
	char text[16];

	memset(text, 'x', sizeof(text));
	sv3_monitor_describe(&finding, text, 8);
	EXPECT_EQ_STR(text, "the lev");
	EXPECT_EQ_INT(text[8], 'x');
}
