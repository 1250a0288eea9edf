/* SPDX-License-Identifier: MIT */
/*
 * test_queue.c - the command producer against a scripted register port.
 *
 * The port consumes commands when it is polled and decodes them by hand. Coverage of invalidations
 * is checked by adding up what the commands say.
 */
#include "ctest.h"
#include "test_ram.h"

#include <sv3/pagetable.h>
#include <sv3/prng.h>

#define QUEUE_BASE UINT64_C(0x80000)
#define TAKEN_MAX  4096u

struct command {
	uint64_t dw0, dw1;
};

struct fx {
	struct test_ram ram;
	struct sv3_bus bus;
	struct sv3_regport regs;
	struct sv3_cmdq cmdq;
	uint32_t cr0, cr0ack, idr1, idr3, gerror, gerrorn;
	uint32_t prod, cons, error; /* of the hardware */
	uint64_t queue_base;
	uint32_t per_poll;  /* commands consumed by one poll; 0: the hardware is stuck */
	uint32_t ack_polls; /* polls until CR0ACK follows */
	bool never_acks;
	uint32_t base_writes_while_enabled;
	struct command taken[TAKEN_MAX];
	uint32_t taken_count;
};

static uint64_t port_read(void *context, uint32_t offset, uint32_t size)
{
	const struct fx *f = (const struct fx *)context;

	EXPECT_EQ_U64(size, 4);
	switch (offset) {
	case 0x04:
		return f->idr1;
	case 0x0c:
		return f->idr3;
	case 0x20:
		return f->cr0;
	case 0x24:
		return f->cr0ack;
	case 0x60:
		return f->gerror;
	case 0x64:
		return f->gerrorn;
	case 0x9c:
		return f->cons | f->error << 24;
	default:
		ctest_fail(__FILE__, __LINE__, "read of register %#x", offset);
		return 0;
	}
}

static void port_write(void *context, uint32_t offset, uint32_t size, uint64_t value)
{
	struct fx *f = (struct fx *)context;

	EXPECT_EQ_U64(size, offset == 0x90 ? 8 : 4);
	switch (offset) {
	case 0x20:
		f->cr0 = (uint32_t)value;
		if (f->ack_polls == 0 && !f->never_acks)
			f->cr0ack = f->cr0;
		break;
	case 0x90:
		f->queue_base = value;
		f->base_writes_while_enabled += (f->cr0ack & 8) != 0;
		break;
	case 0x98:
		f->prod = (uint32_t)value;
		break;
	case 0x9c:
		f->cons = (uint32_t)value;
		break;
	default:
		ctest_fail(__FILE__, __LINE__, "write of register %#x", offset);
	}
}

/* Consumes one command. Returns false if there is none or the queue is stopped. */
static bool port_consume(struct fx *f)
{
	const uint32_t size = 1u << (f->queue_base & 31);
	const sv3_pa pa = (f->queue_base & ~UINT64_C(31)) + 16 * (f->cons & (size - 1));

	if (f->cons == f->prod || ((f->gerror ^ f->gerrorn) & 1) != 0)
		return false;
	EXPECT_LT_U64(f->taken_count, TAKEN_MAX);
	f->taken[f->taken_count++ % TAKEN_MAX] =
		(struct command){ test_ram_peek(&f->ram, pa), test_ram_peek(&f->ram, pa + 8) };
	f->cons = (f->cons + 1) & (2 * size - 1);
	return true;
}

static bool port_poll(void *context)
{
	struct fx *f = (struct fx *)context;
	bool progress = f->ack_polls > 0;

	if (f->ack_polls > 0 && --f->ack_polls == 0)
		f->cr0ack = f->cr0;
	for (uint32_t i = 0; i < f->per_poll; i++)
		progress |= port_consume(f);
	return progress;
}

static void fx_begin(struct fx *f)
{
	static const struct sv3_regport_ops ops = { port_read, port_write, port_poll };

	memset(f, 0, sizeof *f);
	test_ram_add(&f->ram, QUEUE_BASE, 1 << 16);
	f->bus = test_ram_bus(&f->ram);
	f->regs = (struct sv3_regport){ &ops, f };
	f->idr1 = 10 << 21;
	f->per_poll = 1;
}

static void fx_init(struct fx *f, uint32_t log2size, bool has_ranges)
{
	fx_begin(f);
	f->idr3 = has_ranges ? 1 << 10 : 0;
	EXPECT_OK(sv3_cmdq_init(&f->cmdq, &f->bus, &f->regs, QUEUE_BASE, log2size));
}

/* Lets the hardware take everything that was pushed. */
static void fx_drain(struct fx *f)
{
	sv3_cmdq_ring(&f->cmdq);
	while (port_consume(f))
		;
}

/* --- Set-up --- */

TEST_C(cmdq, init_programs_the_queue_and_keeps_other_enables)
{
	struct fx f;

	fx_begin(&f);
	f.cr0 = f.cr0ack = 1 | 4 | 8; /* enabled already: must be disabled first */
	f.prod = f.cons = 5;
	f.ack_polls = 2;
	ASSERT_OK(sv3_cmdq_init(&f.cmdq, &f.bus, &f.regs, QUEUE_BASE, 4));
	EXPECT_EQ_U64(f.queue_base, QUEUE_BASE | 4);
	EXPECT_EQ_U64(f.prod | f.cons, 0);
	EXPECT_EQ_U64(f.cr0, 1 | 4 | 8);
	EXPECT_EQ_U64(f.cr0ack, 1 | 4 | 8);
	EXPECT_EQ_U64(f.base_writes_while_enabled, 0);
	EXPECT_FALSE(f.cmdq.has_ranges);
	test_ram_fini(&f.ram);
}

TEST_C(cmdq, init_refuses_bad_sizes_and_bases)
{
	struct fx f;

	fx_begin(&f);
	EXPECT_EQ_INT(sv3_cmdq_init(&f.cmdq, &f.bus, &f.regs, QUEUE_BASE, 11), -SV3_ERR_INVAL);
	EXPECT_EQ_INT(sv3_cmdq_init(&f.cmdq, &f.bus, &f.regs, QUEUE_BASE + 64, 3), -SV3_ERR_INVAL);
	EXPECT_EQ_INT(sv3_cmdq_init(&f.cmdq, &f.bus, &f.regs, QUEUE_BASE + 16, 0), -SV3_ERR_INVAL);
	EXPECT_OK(sv3_cmdq_init(&f.cmdq, &f.bus, &f.regs, QUEUE_BASE + 32, 0));
	test_ram_fini(&f.ram);
}

TEST_C(cmdq, init_waits_for_the_acknowledge_and_gives_up_without_one)
{
	struct fx f;

	fx_begin(&f);
	f.cr0 = f.cr0ack = 8;
	f.ack_polls = 3;
	EXPECT_OK(sv3_cmdq_init(&f.cmdq, &f.bus, &f.regs, QUEUE_BASE, 2));
	f.never_acks = true;
	EXPECT_EQ_INT(sv3_cmdq_init(&f.cmdq, &f.bus, &f.regs, QUEUE_BASE, 2), -SV3_ERR_TIMEOUT);
	test_ram_fini(&f.ram);
}

/* --- Stalls --- */

TEST_C(cmdq, resume_and_stall_term_name_stream_and_tag)
{
	struct fx f;

	fx_init(&f, 5, true);
	EXPECT_OK(sv3_cmdq_resume(&f.cmdq, 0x12345678, 0xabcd, true));
	EXPECT_OK(sv3_cmdq_resume(&f.cmdq, 7, 3, false));
	EXPECT_OK(sv3_cmdq_stall_term(&f.cmdq, 0x87654321));
	EXPECT_EQ_U64(f.prod, 0); /* not rung */
	fx_drain(&f);
	ASSERT_EQ_U64(f.taken_count, 3);
	EXPECT_EQ_U64(f.taken[0].dw0, 0x44 | 1 << 12 | UINT64_C(0x12345678) << 32);
	EXPECT_EQ_U64(f.taken[0].dw1, 0xabcd);
	EXPECT_EQ_U64(f.taken[1].dw0, 0x44 | 1 << 13 | UINT64_C(7) << 32);
	EXPECT_EQ_U64(f.taken[1].dw1, 3);
	EXPECT_EQ_U64(f.taken[2].dw0, 0x45 | UINT64_C(0x87654321) << 32);
	EXPECT_EQ_U64(f.taken[2].dw1, 0);
	test_ram_fini(&f.ram);
}

/* --- Push and sync --- */

TEST_C(cmdq, commands_are_encoded_as_the_architecture_says)
{
	struct sv3_cmdq_ticket ticket;
	struct fx f;

	fx_init(&f, 5, true);
	EXPECT_OK(sv3_cmdq_cfgi_all(&f.cmdq));
	EXPECT_OK(sv3_cmdq_cfgi_ste(&f.cmdq, 0x12345678, true));
	EXPECT_OK(sv3_cmdq_cfgi_cd(&f.cmdq, 7, 0xabcde, false));
	EXPECT_OK(sv3_cmdq_tlbi_all(&f.cmdq));
	EXPECT_OK(sv3_cmdq_tlbi_asid(&f.cmdq, 0xbeef));
	EXPECT_OK(sv3_cmdq_sync_begin(&f.cmdq, &ticket));
	EXPECT_OK(sv3_cmdq_sync_begin_msi(&f.cmdq, &ticket, 0x1234560, 0x55aa));
	fx_drain(&f);
	ASSERT_EQ_U64(f.taken_count, 7);
	EXPECT_EQ_U64(f.taken[0].dw0, 0x04);
	EXPECT_EQ_U64(f.taken[0].dw1, 31);
	EXPECT_EQ_U64(f.taken[1].dw0, UINT64_C(0x12345678) << 32 | 0x03);
	EXPECT_EQ_U64(f.taken[1].dw1, 1);
	EXPECT_EQ_U64(f.taken[2].dw0, UINT64_C(7) << 32 | UINT64_C(0xabcde) << 12 | 0x05);
	EXPECT_EQ_U64(f.taken[2].dw1, 0);
	EXPECT_EQ_U64(f.taken[3].dw0, 0x30);
	EXPECT_EQ_U64(f.taken[4].dw0, UINT64_C(0xbeef) << 48 | 0x11);
	EXPECT_EQ_U64(f.taken[5].dw0, 0x46);
	EXPECT_EQ_U64(f.taken[6].dw0 & 0xffffffff0000ffff, UINT64_C(0x55aa) << 32 | 1 << 12 | 0x46);
	EXPECT_EQ_U64(f.taken[6].dw1, 0x1234560);
	EXPECT_EQ_U64(f.cmdq.cfgi_count, 3);
	EXPECT_EQ_U64(f.cmdq.tlbi_count, 2);
	EXPECT_EQ_U64(f.cmdq.sync_count, 2);
	test_ram_fini(&f.ram);
}

TEST_C(cmdq, push_waits_for_room_and_keeps_the_order)
{
	for (uint32_t log2size = 0; log2size <= 4; log2size++) {
		struct fx f;

		fx_init(&f, log2size, false);
		for (uint64_t i = 0; i < 100; i++)
			ASSERT_OK(sv3_cmdq_push(&f.cmdq, i, ~i));
		EXPECT_EQ_U64(f.taken_count, 100 - (1u << log2size));
		fx_drain(&f);
		for (uint64_t i = 0; i < 100; i++) {
			EXPECT_EQ_U64(f.taken[i].dw0, i);
			EXPECT_EQ_U64(f.taken[i].dw1, ~i);
		}
		test_ram_fini(&f.ram);
	}
}

TEST_C(cmdq, push_gives_up_when_nothing_moves)
{
	struct fx f;

	fx_init(&f, 2, false);
	f.per_poll = 0;
	for (int i = 0; i < 4; i++)
		EXPECT_OK(sv3_cmdq_push(&f.cmdq, 0x30, 0));
	EXPECT_EQ_INT(sv3_cmdq_push(&f.cmdq, 0x30, 0), -SV3_ERR_TIMEOUT);
	EXPECT_EQ_INT(sv3_cmdq_tlbi_all(&f.cmdq), -SV3_ERR_TIMEOUT);
	EXPECT_EQ_U64(f.cmdq.tlbi_count, 0);
	f.per_poll = 1;
	EXPECT_OK(sv3_cmdq_push(&f.cmdq, 0x30, 0));
	test_ram_fini(&f.ram);
}

TEST_C(cmdq, a_command_error_stops_until_it_is_acknowledged)
{
	struct sv3_cmdq_ticket ticket;
	struct fx f;

	fx_init(&f, 1, false);
	EXPECT_OK(sv3_cmdq_sync_begin(&f.cmdq, &ticket));
	EXPECT_OK(sv3_cmdq_push(&f.cmdq, 0, 0));
	f.error = 1;
	f.gerror = 1;
	EXPECT_EQ_INT(sv3_cmdq_sync_done(&f.cmdq, &ticket), -SV3_ERR_FORMAT);
	EXPECT_EQ_INT(sv3_cmdq_push(&f.cmdq, 0x30, 0), -SV3_ERR_TIMEOUT);
	f.gerrorn = 1; /* the reason code stays, the error is gone */
	EXPECT_EQ_INT(sv3_cmdq_sync_done(&f.cmdq, &ticket), 0);
	EXPECT_TRUE(port_consume(&f));
	EXPECT_EQ_INT(sv3_cmdq_sync_done(&f.cmdq, &ticket), 1);
	f.gerrorn = 0; /* an error behind the SYNC does not take its completion back */
	EXPECT_EQ_INT(sv3_cmdq_sync_done(&f.cmdq, &ticket), 1);
	EXPECT_EQ_INT(sv3_cmdq_sync(&f.cmdq), -SV3_ERR_FORMAT);
	test_ram_fini(&f.ram);
}

TEST_C(cmdq, push_reports_bus_errors)
{
	struct fx f;

	fx_init(&f, 2, false);
	f.cmdq.base = 0;
	EXPECT_EQ_INT(sv3_cmdq_push(&f.cmdq, 0x30, 0), -SV3_ERR_BUS);
	EXPECT_EQ_U64(f.cmdq.prod, 0);
	test_ram_fini(&f.ram);
}

/* A SYNC at every place of the ring, with every number of commands before and behind it. */
TEST_C(cmdq, sync_is_done_exactly_when_cons_passes_it)
{
	for (uint32_t log2size = 1; log2size <= 4; log2size++) {
		const uint32_t size = 1u << log2size;

		for (uint32_t place = 0; place < 2 * size; place++) {
			for (uint32_t ahead = 0; ahead < size; ahead++) {
				struct sv3_cmdq_ticket ticket;
				struct fx f;

				fx_init(&f, log2size, false);
				for (uint32_t i = 0; i < place; i++)
					ASSERT_OK(sv3_cmdq_push(&f.cmdq, 0x30, 0));
				fx_drain(&f);
				for (uint32_t i = 0; i < ahead; i++)
					ASSERT_OK(sv3_cmdq_push(&f.cmdq, 0x30, 0));
				ASSERT_OK(sv3_cmdq_sync_begin(&f.cmdq, &ticket));
				for (uint32_t i = ahead + 1; i < size; i++)
					ASSERT_OK(sv3_cmdq_push(&f.cmdq, 0x30, 0));
				sv3_cmdq_ring(&f.cmdq);
				for (uint32_t i = 0; i <= ahead; i++) {
					ASSERT_EQ_INT(sv3_cmdq_sync_done(&f.cmdq, &ticket), 0);
					ASSERT_TRUE(port_consume(&f));
				}
				ASSERT_EQ_INT(sv3_cmdq_sync_done(&f.cmdq, &ticket), 1);
				/* Others go on and on: it stays done whenever the queue is
				 * empty. */
				for (uint32_t i = 0; i < 5 * size; i++) {
					ASSERT_OK(sv3_cmdq_push(&f.cmdq, 0x30, 0));
					fx_drain(&f);
					ASSERT_EQ_INT(sv3_cmdq_sync_done(&f.cmdq, &ticket), 1);
				}
				test_ram_fini(&f.ram);
			}
		}
	}
}

TEST_C(cmdq, sync_stays_done_while_one_queue_of_others_follows)
{
	struct sv3_cmdq_ticket ticket;
	struct fx f;

	fx_init(&f, 2, false);
	EXPECT_OK(sv3_cmdq_sync_begin(&f.cmdq, &ticket));
	fx_drain(&f);
	f.per_poll = 1;
	for (int i = 0; i < 7;
	     i++) { /* up to twice the size less one behind it, four not consumed */
		EXPECT_OK(sv3_cmdq_push(&f.cmdq, 0x30, 0));
		EXPECT_EQ_INT(sv3_cmdq_sync_done(&f.cmdq, &ticket), 1);
	}
	test_ram_fini(&f.ram);
}

TEST_C(cmdq, sync_polls_to_the_end_or_gives_up)
{
	struct fx f;

	fx_init(&f, 4, false);
	EXPECT_OK(sv3_cmdq_tlbi_all(&f.cmdq));
	EXPECT_OK(sv3_cmdq_sync(&f.cmdq));
	EXPECT_EQ_U64(f.taken_count, 2);
	f.per_poll = 0;
	EXPECT_EQ_INT(sv3_cmdq_sync(&f.cmdq), -SV3_ERR_TIMEOUT);
	test_ram_fini(&f.ram);
}

/* --- Ranges --- */

/* Checks that the commands taken cover [first, first + len) in order, each byte once. */
static bool covers_exactly(const struct fx *f, const struct sv3_tlbi_range *range, sv3_iova first,
			   uint64_t len)
{
	sv3_iova next = first;

	for (uint32_t i = 0; i < f->taken_count; i++) {
		const uint64_t dw0 = f->taken[i].dw0, dw1 = f->taken[i].dw1;
		const uint64_t num = dw0 >> 12 & 31, scale = dw0 >> 20 & 31;
		const uint64_t ttl = dw1 >> 8 & 3, tg = dw1 >> 10 & 3;
		const uint64_t bits = range->granule_lg2 - 3;
		uint64_t bytes = ((num + 1) << scale) << range->granule_lg2;

		if ((dw0 & 0xff) != 0x12 || dw0 >> 48 != range->asid || (dw1 & 1) != range->leaf)
			return false;
		if (tg == 0) {
			if (num != 0 || scale != 0 || ttl != 0)
				return false;
			bytes = UINT64_C(1) << (f->idr3 ? range->granule_lg2 : range->stride_lg2);
		} else if (tg != (range->granule_lg2 == 12   ? 1u
				  : range->granule_lg2 == 14 ? 2u
							     : 3u)) {
			return false;
		} else if (num == 0 && scale == 0 && ttl == 0) {
			return false; /* CERROR_ILL */
		}
		if (ttl != 0 &&
		    (ttl != range->level_hint ||
		     (next & ((UINT64_C(1) << (range->granule_lg2 + (3 - ttl) * bits)) - 1)) != 0))
			return false;
		if ((dw1 & ~UINT64_C(0xfff)) != next)
			return false;
		next += bytes;
	}
	return next - first == len;
}

static int range_send(struct fx *f, const struct sv3_tlbi_range *range)
{
	int rc;

	f->taken_count = 0;
	rc = sv3_cmdq_tlbi_range(&f->cmdq, range);
	fx_drain(f);
	return rc;
}

/* Non-zero 5-bit groups of a page count, from its lowest set bit up. */
static int groups_of(uint64_t page_count)
{
	int groups = 0;

	while (page_count != 0) {
		while ((page_count & 1) == 0)
			page_count >>= 1;
		page_count >>= 5;
		groups++;
	}
	return groups;
}

TEST_C(tlbi, range_command_counts)
{
	static const struct {
		uint64_t page_count;
		int commands;
	} rows[] = {
		{ 1, 1 },       { 31, 1 }, { 32, 1 },   { 512, 1 },
		{ 1 << 18, 1 }, { 33, 2 }, { 1000, 2 }, { (1 << 18) - 1, 4 },
	};
	struct fx f;

	fx_init(&f, 8, true);
	for (unsigned int i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct sv3_tlbi_range range = { .len = rows[i].page_count << 12,
						      .granule_lg2 = 12,
						      .stride_lg2 = 12 };

		EXPECT_EQ_INT(range_send(&f, &range), rows[i].commands);
		EXPECT_EQ_INT(groups_of(rows[i].page_count), rows[i].commands);
		EXPECT_TRUE(covers_exactly(&f, &range, 0, range.len));
	}
	test_ram_fini(&f.ram);
}

TEST_C(tlbi, ranges_cover_exactly_what_was_asked_for)
{
	struct sv3_prng prng;
	struct fx f;

	sv3_prng_seed(&prng, 7);
	fx_init(&f, 8, true);
	for (uint64_t i = 1; i <= 9000; i++) {
		const uint32_t granule_lg2 = 12 + 2 * (uint32_t)(i % 3);
		const uint64_t page_count =
			i <= 3000
				? i
				: 1 + (sv3_prng_next(&prng) >> (28 + i % 36)) % (UINT64_C(1) << 36);
		const unsigned int align = (unsigned int)sv3_prng_below(&prng, 30);
		struct sv3_tlbi_range range = {
			.iova = sv3_prng_next(&prng) >> (12 + align) << (12 + align),
			.len = page_count << granule_lg2,
			.asid = (uint32_t)sv3_prng_below(&prng, 65536),
			.granule_lg2 = granule_lg2,
			.stride_lg2 = granule_lg2,
			.level_hint = (uint32_t)sv3_prng_below(&prng, 4),
			.leaf = i % 2,
		};

		range.iova &= UINT64_MAX << granule_lg2;
		ASSERT_EQ_INT(range_send(&f, &range), groups_of(page_count));
		ASSERT_TRUE(covers_exactly(&f, &range, range.iova, range.len));
	}
	test_ram_fini(&f.ram);
}

TEST_C(tlbi, spans_beyond_the_largest_scale_are_covered)
{
	static const uint64_t page_counts[] = { UINT64_C(31) << 31,      UINT64_C(32) << 31,
						UINT64_C(33) << 31,      UINT64_C(1) << 38,
						(UINT64_C(1) << 38) - 1, UINT64_C(100) << 31 };
	struct fx f;

	fx_init(&f, 8, true);
	for (unsigned int i = 0; i < 6; i++) {
		const struct sv3_tlbi_range range = { .len = page_counts[i] << 12,
						      .granule_lg2 = 12,
						      .stride_lg2 = 12 };

		EXPECT_OK(range_send(&f, &range));
		EXPECT_TRUE(covers_exactly(&f, &range, 0, range.len));
		EXPECT_LT_U64(f.taken_count, 32);
	}
	test_ram_fini(&f.ram);
}

TEST_C(tlbi, a_range_is_widened_to_granules_and_may_end_with_the_address_space)
{
	const struct sv3_tlbi_range part = {
		.iova = 0x1fff, .len = 2, .granule_lg2 = 12, .stride_lg2 = 12
	};
	const struct sv3_tlbi_range top = {
		.iova = UINT64_MAX - 0xffff, .len = 0x10000, .granule_lg2 = 12, .stride_lg2 = 12
	};
	const struct sv3_tlbi_range none = { .iova = 0x1000, .granule_lg2 = 12, .stride_lg2 = 12 };
	struct fx f;

	for (int has_ranges = 0; has_ranges <= 1; has_ranges++) {
		fx_init(&f, 8, has_ranges);
		EXPECT_OK(range_send(&f, &part));
		EXPECT_TRUE(covers_exactly(&f, &part, 0x1000, 0x2000));
		EXPECT_OK(range_send(&f, &top));
		EXPECT_TRUE(covers_exactly(&f, &top, top.iova, top.len));
		EXPECT_EQ_INT(range_send(&f, &none), 0);
		EXPECT_EQ_U64(f.taken_count, 0);
		test_ram_fini(&f.ram);
	}
}

TEST_C(tlbi, without_ranges_one_command_per_stride)
{
	struct sv3_tlbi_range range = { .iova = 0x100000,
					.len = 0x600000,
					.asid = 3,
					.granule_lg2 = 12,
					.stride_lg2 = 21,
					.level_hint = 2,
					.leaf = true };
	struct fx f;

	fx_init(&f, 4, false);
	/* Begins in the middle of a leaf: four leaves are touched. */
	EXPECT_EQ_INT(range_send(&f, &range), 4);
	EXPECT_TRUE(covers_exactly(&f, &range, 0, 0x800000));
	range.stride_lg2 = 12;
	range.len = 100 << 12; /* more than the queue holds */
	EXPECT_EQ_INT(range_send(&f, &range), 100);
	EXPECT_TRUE(covers_exactly(&f, &range, 0x100000, 100 << 12));
	test_ram_fini(&f.ram);
}

TEST_C(tlbi, flush_gather_by_scope)
{
	struct sv3_pt_gather gather;
	struct fx f;

	fx_init(&f, 4, true);
	sv3_pt_gather_init(&gather);
	EXPECT_EQ_INT(sv3_cmdq_flush_gather(&f.cmdq, 9, 12, &gather, SV3_FLUSH_ALL), 0);
	EXPECT_EQ_INT(sv3_cmdq_flush_gather(&f.cmdq, 9, 12, &gather, SV3_FLUSH_RANGE), 0);
	gather = (struct sv3_pt_gather){ 0x200000, 0x5fffff, 2, 21, 21 };
	EXPECT_EQ_INT(sv3_cmdq_flush_gather(&f.cmdq, 9, 12, &gather, SV3_FLUSH_NONE), 0);
	EXPECT_EQ_INT(sv3_cmdq_flush_gather(&f.cmdq, 9, 12, &gather, SV3_FLUSH_ALL), 1);
	EXPECT_EQ_INT(sv3_cmdq_flush_gather(&f.cmdq, 9, 12, &gather, SV3_FLUSH_RANGE), 1);
	gather.leaf_span_lg2 = 12; /* leaves of both sizes: no hint */
	EXPECT_EQ_INT(sv3_cmdq_flush_gather(&f.cmdq, 9, 12, &gather, SV3_FLUSH_RANGE), 1);
	gather = (struct sv3_pt_gather){ 0x4000, 0x7fff, 1, 14, 14 };
	EXPECT_EQ_INT(sv3_cmdq_flush_gather(&f.cmdq, 9, 14, &gather, SV3_FLUSH_RANGE), 1);
	fx_drain(&f);
	ASSERT_EQ_U64(f.taken_count, 4);
	EXPECT_EQ_U64(f.taken[0].dw0, UINT64_C(9) << 48 | 0x11);
	/* 1024 pages: NUM 0, SCALE 10; TG 1, TTL 2, Leaf */
	EXPECT_EQ_U64(f.taken[1].dw0, UINT64_C(9) << 48 | 10 << 20 | 0x12);
	EXPECT_EQ_U64(f.taken[1].dw1, 0x200000 | 1 << 10 | 2 << 8 | 1);
	EXPECT_EQ_U64(f.taken[2].dw1, 0x200000 | 1 << 10 | 1);
	/* One page with a hint is a legal range: TG 2, TTL 3 */
	EXPECT_EQ_U64(f.taken[3].dw0, UINT64_C(9) << 48 | 0x12);
	EXPECT_EQ_U64(f.taken[3].dw1, 0x4000 | 2 << 10 | 3 << 8 | 1);
	test_ram_fini(&f.ram);
}

TEST_C(tlbi, a_failed_push_ends_the_range)
{
	const struct sv3_tlbi_range range = { .len = 1 << 20, .granule_lg2 = 12, .stride_lg2 = 12 };
	struct fx f;

	fx_init(&f, 2, false);
	f.per_poll = 0;
	EXPECT_EQ_INT(sv3_cmdq_tlbi_range(&f.cmdq, &range), -SV3_ERR_TIMEOUT);
	EXPECT_EQ_U64(f.cmdq.tlbi_count, 4);
	test_ram_fini(&f.ram);
}
