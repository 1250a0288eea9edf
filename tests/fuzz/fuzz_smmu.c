/* SPDX-License-Identifier: MIT */
/*
 * fuzz_smmu.c - nothing that software and devices do makes the SMMU crash, hang, leak or write
 * where it must not.
 *
 * The input is a program: what hardware it is, how memory begins, then one operation after the
 * other. Helpers build structures, tables and commands that are nearly right, so that most inputs
 * get far; raw bytes spoil them. What must hold is in smmu_harness.c. An input that is over reads
 * as zeros, and ends at the next operation.
 */
#include "smmu_harness.h"

#include <string.h>

/* Where things are in memory: pages of 4 KiB from HARNESS_RAM on. */
enum page {
	STRTAB,
	STRTAB2,
	CDS,
	CDS2,
	CMDQ,
	EVENTQ,
	PRIQ,
	MSI,
	S1_TABLES,
	S2_TABLES = 16,
	DATA = 24
};
#define PA(page)        (HARNESS_RAM + (uint64_t)(page)*0x1000)
#define S1_TABLE_COUNT  8u
#define S2_TABLE_COUNT  4u
#define OPERATIONS_MAX  3000u
#define REPLAY_INTERVAL 64u

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct input {
	const uint8_t *bytes;
	size_t left;
};

static uint64_t take(struct input *in, unsigned int bytes)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < bytes; i++) {
		value |= (uint64_t)(in->left ? *in->bytes : 0) << (8 * i);
		in->bytes += in->left > 0;
		in->left -= in->left > 0;
	}
	return value;
}

/* --- What hardware it is --- */

static void shrink(struct input *in, struct sv3_smmu_config *config)
{
	static const uint8_t entries[4] = { 0, 4, 16, 64 };
	uint64_t shape = take(in, 2);
	uint64_t queues = SV3_IDR1_CMDQS | SV3_IDR1_EVENTQS | SV3_IDR1_PRIQS;

	config->slot_count = 2 + (uint32_t)shape % (HARNESS_SLOTS - 1);
	config->tlb_entries = entries[shape >> 3 & 3];
	config->tlb_ways = 1u << (shape >> 5 & 1);
	config->walk_cache_entries = entries[shape >> 6 & 3];
	config->walk_cache_ways = 2;
	config->config_cache_entries = entries[shape >> 8 & 3];
	config->config_cache_ways = 4;
	config->config_fetch_bytes = shape >> 10 & 1 ? 8 : 64;
	config->ack_delay = shape >> 11 & 1 ? (uint32_t)(shape >> 12) : 0;
	config->tbu_count = 2;
	config->choices = (uint32_t)take(in, 2) & SV3_CHOICE_ALL;
	if ((shape >> 15 & 1) && SV3_GET(SV3_IDR3_BBML, config->idr3) != 2)
		config->choices |= SV3_CHOICE_TLB_CONFLICT;
	if (SV3_GET(SV3_IDR5_STALL_MAX, config->idr5) >= config->slot_count)
		config->idr5 = (config->idr5 & ~(uint32_t)SV3_IDR5_STALL_MAX) |
			       (uint32_t)SV3_PUT(SV3_IDR5_STALL_MAX, config->slot_count - 1);
	/* Short queues: what is in them has an end. */
	if (SV3_GET(SV3_IDR1_CMDQS, config->idr1) > 8)
		config->idr1 =
			(config->idr1 & ~(uint32_t)queues) |
			(uint32_t)(SV3_PUT(SV3_IDR1_CMDQS, 8) | SV3_PUT(SV3_IDR1_EVENTQS, 8) |
				   (config->idr0 & SV3_IDR0_PRI ? SV3_PUT(SV3_IDR1_PRIQS, 8) : 0));
}

static void choose_config(struct input *in, struct sv3_smmu_config *config)
{
	uint64_t which = take(in, 1), changes = take(in, 1);
	unsigned int count = 0;
	struct sv3_smmu_config changed;

	sv3_smmu_config_default(config);
	while (sv3_smmu_profile_name(count, NULL))
		count++;
	if (which % (count + 1) < count &&
	    sv3_smmu_profile(sv3_smmu_profile_name((unsigned int)which % (count + 1), NULL),
			     config) != 0)
		harness_fail("a profile that has a name is not there");
	shrink(in, config);
	if (sv3_smmu_config_check(config, NULL) != 0) {
		config->choices = 0;
		config->ack_delay = 0;
	}
	if (sv3_smmu_config_check(config, NULL) != 0)
		harness_fail("a profile with smaller caches is refused");
	/* One field of the ID registers otherwise; most are refused. */
	changed = *config;
	if (changes & 1)
		changed.idr0 ^= 1u << (changes >> 1 & 31);
	if (changes & 0x40)
		changed.idr5 ^= 1u << (changes & 7);
	if (changes & 0x80)
		changed.idr0 = (changed.idr0 & ~(uint32_t)SV3_IDR0_HTTU) |
			       (uint32_t)SV3_PUT(SV3_IDR0_HTTU, changes & 3);
	if (sv3_smmu_config_check(&changed, NULL) == 0)
		*config = changed;
}

/* --- Software: structures and tables --- */

static void poke(struct harness *h, sv3_pa pa, uint64_t value)
{
	uint8_t *bytes = harness_at(h, pa);

	if (bytes)
		sv3_put_le64(bytes, value);
}

/* @flags: HA, HD, S, R, A, AFFD and two of address size, from bit 0 on. */
static void put_cd(struct harness *h, sv3_pa pa, uint64_t flags, uint64_t asid, uint64_t spoil)
{
	uint64_t words[4] = { SV3_CD0_V | SV3_CD0_AA64 | SV3_CD0_EPD1 | SV3_PUT(SV3_CD0_T0SZ, 25) |
				      SV3_PUT(SV3_CD0_IPS, flags & 0x40 ? 2 : 5) |
				      SV3_PUT(SV3_CD0_ASID, asid) | (flags & 1 ? SV3_CD0_HA : 0) |
				      (flags & 2 ? SV3_CD0_HD : 0) | (flags & 4 ? SV3_CD0_S : 0) |
				      (flags & 8 ? SV3_CD0_R : 0) | (flags & 16 ? 0 : SV3_CD0_A) |
				      (flags & 32 ? SV3_CD0_AFFD : 0),
			      PA(S1_TABLES), PA(S1_TABLES), 0xff };

	words[spoil >> 6 & 3] ^= spoil & 0x100 ? SV3_BIT(spoil & 63) : 0;
	for (unsigned int i = 0; i < 4; i++)
		poke(h, pa + 8 * i, words[i]);
}

/* @flags: S2HA, S2HD, S2S, S2R, S2AFFD, S2PTW, S2FWB, split-stage ATS, from bit 0 on. */
static void put_ste(struct harness *h, sv3_pa pa, uint64_t config, uint64_t flags, uint64_t cds,
		    uint64_t spoil)
{
	static const uint8_t eats[4] = { 0, 1, 0, 2 };
	uint64_t words[4] = {
		SV3_STE0_V | SV3_PUT(SV3_STE0_CONFIG, config) | PA(CDS) |
			SV3_PUT(SV3_STE0_S1CDMAX, cds & 7) | SV3_PUT(SV3_STE0_S1FMT, cds >> 3 & 3),
		SV3_PUT(SV3_STE1_S1DSS, cds >> 5 & 3) | (cds & 0x80 ? SV3_STE1_MEV : 0) |
			SV3_PUT(SV3_STE1_EATS, eats[flags >> 6 & 3]) | SV3_PUT(SV3_STE1_SHCFG, 1) |
			SV3_PUT(SV3_STE1_S1CIR, 1),
		SV3_PUT(SV3_STE2_S2VMID, 1) | SV3_PUT(SV3_STE2_S2T0SZ, 25) |
			SV3_PUT(SV3_STE2_S2SL0, 1) | SV3_PUT(SV3_STE2_S2PS, 5) | SV3_STE2_S2AA64 |
			(flags & 1 ? SV3_STE2_S2HA : 0) | (flags & 2 ? SV3_STE2_S2HD : 0) |
			(flags & 4 ? SV3_STE2_S2S : 0) | (flags & 8 ? SV3_STE2_S2R : 0) |
			(flags & 16 ? SV3_STE2_S2AFFD : 0) | (flags & 32 ? SV3_STE2_S2PTW : 0),
		PA(S2_TABLES)
	};

	words[spoil >> 6 & 3] ^= spoil & 0x100 ? SV3_BIT(spoil & 63) : 0;
	for (unsigned int i = 0; i < 4; i++)
		poke(h, pa + 8 * i, words[i]);
}

/* A stage-1 page: @kind bits AF, AP[2], AP[1], DBM, nG, invalid, XN, address beyond memory. */
static uint64_t stage1_page(sv3_pa pa, uint64_t kind)
{
	return pa | (3u ^ (kind >> 5 & 1)) | (kind & 1 ? SV3_BIT(10) : 0) |
	       (kind & 2 ? SV3_BIT(7) : 0) | (kind & 4 ? 0 : SV3_BIT(6)) |
	       (kind & 8 ? SV3_BIT(51) : 0) | (kind & 16 ? SV3_BIT(11) : 0) |
	       (kind & 64 ? SV3_BIT(54) : 0) | (kind & 128 ? SV3_BIT(47) : 0);
}

/* A stage-2 page: @kind bits AF, S2AP[1] off, S2AP[0] off, DBM, device, invalid, XN, beyond. */
static uint64_t stage2_page(sv3_pa pa, uint64_t kind)
{
	return pa | (3u ^ (kind >> 5 & 1)) | (kind & 1 ? SV3_BIT(10) : 0) |
	       (kind & 2 ? 0 : SV3_BIT(7)) | (kind & 4 ? 0 : SV3_BIT(6)) |
	       (kind & 8 ? SV3_BIT(51) : 0) | (kind & 16 ? 0 : SV3_BITS(5, 2)) |
	       (kind & 64 ? SV3_BIT(54) : 0) | (kind & 128 ? SV3_BIT(47) : 0);
}

/* Stage 1 maps 16 pages from 0 on, in all their states; stage 2 all memory to itself, as @kind. */
static void build_tables(struct harness *h, uint64_t kind)
{
	poke(h, PA(S1_TABLES), PA(S1_TABLES + 1) | 3);
	poke(h, PA(S1_TABLES + 1), PA(S1_TABLES + 2) | 3);
	for (unsigned int i = 0; i < 16; i++)
		poke(h, PA(S1_TABLES + 2) + 8 * i, stage1_page(PA(DATA + i), i));
	poke(h, PA(S2_TABLES) + 8 * (HARNESS_RAM >> 30), PA(S2_TABLES + 1) | 3);
	poke(h, PA(S2_TABLES + 1), PA(S2_TABLES + 2) | 3);
	for (unsigned int i = 0; i < HARNESS_RAM_SIZE / 0x1000; i++)
		poke(h, PA(S2_TABLES + 2) + 8 * i, stage2_page(PA(i), kind));
}

static void change_table(struct harness *h, struct input *in)
{
	uint64_t where = take(in, 1), kind = take(in, 1), target = take(in, 1);
	bool stage2 = where & 1;
	unsigned int table =
		(unsigned int)(where >> 1) % (stage2 ? S2_TABLE_COUNT : S1_TABLE_COUNT);
	sv3_pa pa = PA((stage2 ? S2_TABLES : S1_TABLES) + table);

	if (stage2 && table == 2)
		pa += 8 * (target & 63);
	else
		pa += 8 * (target & 15);
	if (target & 0x80)
		poke(h, pa,
		     PA((stage2 ? S2_TABLES : S1_TABLES) + (kind & 7)) | 3 | (kind >> 3 << 59));
	else if (target & 0x40)
		poke(h, pa, (stage2 ? stage2_page : stage1_page)(0, kind) & ~UINT64_C(2));
	else
		poke(h, pa, (stage2 ? stage2_page : stage1_page)(PA(target), kind));
}

/* --- Software: registers and commands --- */

/* Bases and enables as a driver sets them, if the SMMU lets it. */
static void bring_up(struct harness *h, uint64_t enables)
{
	harness_reg_write(h, SV3_REG_CR0, 4, 0);
	for (unsigned int i = 0; i < h->config.ack_delay + 2; i++)
		(void)harness_reg(h, SV3_REG_CR0ACK);
	if (harness_reg(h, SV3_REG_CR0ACK) != 0)
		return; /* something is in flight */
	harness_reg_write(h, SV3_REG_STRTAB_BASE, 8, PA(STRTAB));
	harness_reg_write(h, SV3_REG_STRTAB_BASE_CFG, 4, 5);
	harness_reg_write(h, SV3_REG_CMDQ_BASE, 8, PA(CMDQ) | 4);
	harness_reg_write(h, SV3_REG_CMDQ_PROD, 4, 0);
	harness_reg_write(h, SV3_REG_CMDQ_CONS, 4, 0);
	harness_reg_write(h, SV3_REG_EVENTQ_BASE, 8, PA(EVENTQ) | 2);
	harness_reg_write(h, SV3_REG_EVENTQ_PROD, 4, 0);
	harness_reg_write(h, SV3_REG_EVENTQ_CONS, 4, 0);
	harness_reg_write(h, SV3_REG_PRIQ_BASE, 8, PA(PRIQ) | 2);
	harness_reg_write(h, SV3_REG_PRIQ_PROD, 4, 0);
	harness_reg_write(h, SV3_REG_PRIQ_CONS, 4, 0);
	h->cmdq_spoiled = h->eventq_spoiled = h->priq_spoiled = false;
	harness_reg_write(h, SV3_REG_CR2, 4, enables >> 5 & 3);
	harness_reg_write(h, SV3_REG_IRQ_CTRL, 4, 7);
	harness_reg_write(h, SV3_REG_CR0, 4, enables & 0x1f);
}

static void write_register(struct harness *h, struct input *in)
{
	uint64_t which = take(in, 1), size = take(in, 1), value = take(in, 8);
	struct sv3_reg_info info;
	uint32_t offset;

	if (which < 0xf0 && sv3_reg_info(&h->config, (unsigned int)which, &info))
		offset = info.offset + (size & 0x80 ? 4 : 0);
	else
		offset = (uint32_t)take(in, 3);
	if (which >= 0xf8) /* the monitors, either page */
		offset = SV3_REG_PMCG + (offset & 0x10ffc);
	size = size & 0x40 ? size & 0x3f : size & 1 ? 8 : 4;
	/* Which queue this may concern; the aliases in page 0 too. */
	if ((offset & 0xfff0) == 0x90)
		h->cmdq_spoiled = true;
	if ((offset & 0xfff0) == 0xa0)
		h->eventq_spoiled = true;
	if ((offset & 0xfff0) == 0xc0)
		h->priq_spoiled = true;
	harness_reg_write(h, offset, (uint32_t)size, value);
}

static void push_command(struct harness *h, struct input *in)
{
	static const uint8_t opcodes[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x10, 0x11,
					   0x12, 0x13, 0x20, 0x21, 0x22, 0x28, 0x2a, 0x30,
					   0x40, 0x41, 0x44, 0x45, 0x46, 0x46, 0x46, 0x00 };
	uint64_t which = take(in, 1), words[2] = { take(in, 2), take(in, 2) };
	uint32_t prod = (uint32_t)harness_reg(h, SV3_REG_CMDQ_PROD);
	uint32_t cons = (uint32_t)harness_reg(h, SV3_REG_CMDQ_CONS) & 31;
	uint64_t opcode = which % sizeof(opcodes) < sizeof(opcodes) - 1
				  ? opcodes[which % sizeof(opcodes)]
				  : which;

	if (h->cmdq_spoiled || ((prod - cons) & 31) >= 16)
		return;
	/* A small StreamID, VMID, ASID; a small address, with the flags below it. */
	words[0] = opcode | (words[0] & 0xf) << 32 | (words[0] & 0xf0) << 44 |
		   (words[0] & 0xff00) << 4 | (which & 0x80 ? SV3_CMD0_SSV : 0);
	words[1] = (words[1] & 0xf) << 12 | (words[1] & 0xfff0) >> 4 | (which & 0x40 ? PA(MSI) : 0);
	if (opcode == 0x46)
		words[0] = (words[0] & ~SV3_CMD0_SYNC_CS) | (words[0] >> 32 & 3) << 12;
	if (which == 0xff) {
		words[0] = take(in, 8);
		words[1] = take(in, 8);
	}
	poke(h, PA(CMDQ) + 16 * (prod & 15), words[0]);
	poke(h, PA(CMDQ) + 16 * (prod & 15) + 8, words[1]);
	harness_reg_write(h, SV3_REG_CMDQ_PROD, 4, (prod + 1) & 31);
}

/* What an interrupt handler does: errors acknowledged, queues emptied, a bad command skipped. */
static void acknowledge(struct harness *h, uint64_t what)
{
	if (what & 1)
		harness_reg_write(h, SV3_REG_EVENTQ_CONS, 4, harness_reg(h, SV3_REG_EVENTQ_PROD));
	if (what & 2)
		harness_reg_write(h, SV3_REG_PRIQ_CONS, 4, harness_reg(h, SV3_REG_PRIQ_PROD));
	if (what & 4) {
		uint64_t cons = harness_reg(h, SV3_REG_CMDQ_CONS) & 15;

		poke(h, PA(CMDQ) + 16 * cons, 0x46);
	}
	if (what & 8)
		harness_reg_write(h, SV3_REG_GERRORN, 4, harness_reg(h, SV3_REG_GERROR));
}

/* --- Devices --- */

static struct sv3_txn take_txn(struct input *in)
{
	uint64_t flags = take(in, 2), stream = take(in, 1), address = take(in, 1);
	struct sv3_txn txn = {
		.iova = (address & 0x3f) << 12 | (flags & 0xff),
		.stream_id = stream & 7,
		.substream_id = stream >> 3 & 7,
		.kind = (uint8_t)((flags >> 6) % SV3_TXN_KIND_COUNT),
		.substream_valid = stream >> 6 & 1,
		.write = flags >> 8 & 1,
		.privileged = flags >> 9 & 1,
		.instruction = flags >> 10 & 1,
		.speculative = (flags >> 11 & 3) == 3,
		.atomic = (flags >> 8 & 1) && (flags >> 13 & 1),
		.memory = flags >> 14 & 1 ? (uint8_t)(flags & 0x66) : 0,
		.tbu_index = stream & 1,
	};

	if (flags >> 15)
		txn.kind = SV3_TXN_ACCESS; /* most are */
	if (address & 0x40)
		txn.iova |= HARNESS_RAM;
	if (address & 0x80)
		txn.iova ^= take(in, 8) & ~UINT64_C(0xff);
	if (stream & 0x80) {
		txn.stream_id ^= (uint32_t)take(in, 4);
		txn.substream_id ^= (uint32_t)take(in, 3) & 0xfffff;
	}
	return txn;
}

static void request_page(struct harness *h, struct input *in)
{
	uint64_t flags = take(in, 2);
	const struct sv3_page_request request = {
		.iova = (flags & 15) << 12,
		.stream_id = flags >> 4 & 7,
		.substream_id = flags >> 7 & 1,
		.group = flags >> 8 & 3,
		.substream_valid = flags >> 10 & 1,
		.read = flags >> 11 & 1,
		.write = flags >> 12 & 1,
		.execute = flags >> 13 & 1,
		.privileged = flags >> 14 & 1,
		.last = flags >> 15 & 1,
	};
	int error;

	error = sv3_smmu_page_request(h->smmu, &request);
	if (error != 0 && error != -SV3_ERR_BUSY)
		harness_fail("page_request returns %d", error);
}

/* --- The program --- */

static void prepare(struct harness *h, struct input *in)
{
	uint64_t how = take(in, 1), kind = take(in, 1), flags = take(in, 1), streams = take(in, 1);

	h->no_updates = how & 0x80;
	if ((how & 0x1f) == 0x1f)
		return; /* nothing is set up */
	build_tables(h, kind & 0x1f);
	for (unsigned int i = 0; i < 8; i++)
		put_ste(h, PA(STRTAB) + 64 * i, 4 + ((how >> 5 & 3) + i) % 4, flags | (streams & i),
			streams, 0);
	for (unsigned int i = 0; i < 8; i++)
		put_cd(h, PA(CDS) + 64 * i, flags ^ (i & 1 ? 0x20 : 0), i, 0);
	bring_up(h, how | 1);
}

/* An operation; @which is what its first byte says beyond that, 0 to 7. */
typedef void operation(struct harness *h, struct input *in, uint32_t which);

static void op_begin(struct harness *h, struct input *in, uint32_t which)
{
	struct sv3_txn txn = take_txn(in);

	(void)which;
	harness_begin(h, &txn);
}

static void op_try(struct harness *h, struct input *in, uint32_t which)
{
	struct sv3_txn txn = take_txn(in);

	(void)which;
	harness_try(h, &txn);
}

static void op_step(struct harness *h, struct input *in, uint32_t which)
{
	(void)in;
	harness_step(h, which, false);
}

static void op_step_job(struct harness *h, struct input *in, uint32_t which)
{
	(void)in;
	harness_step(h, h->config.slot_count + which, false);
}

static void op_abort(struct harness *h, struct input *in, uint32_t which)
{
	(void)which;
	harness_step(h, (uint32_t)take(in, 1) % (HARNESS_SLOTS + HARNESS_JOBS), true);
}

static void op_finish(struct harness *h, struct input *in, uint32_t which)
{
	(void)in;
	harness_finish(h, which);
}

static void op_ready(struct harness *h, struct input *in, uint32_t which)
{
	(void)in;
	(void)which;
	harness_step_ready(h);
}

static void op_settle(struct harness *h, struct input *in, uint32_t which)
{
	(void)in;
	(void)which;
	harness_settle(h);
}

static void op_command(struct harness *h, struct input *in, uint32_t which)
{
	(void)which;
	push_command(h, in);
}

static void op_acknowledge(struct harness *h, struct input *in, uint32_t which)
{
	(void)in;
	acknowledge(h, which | 8);
}

static void op_table(struct harness *h, struct input *in, uint32_t which)
{
	(void)which;
	change_table(h, in);
}

static void op_ste(struct harness *h, struct input *in, uint32_t which)
{
	uint64_t config = take(in, 1), flags = take(in, 1), cds = take(in, 1);

	put_ste(h, PA(STRTAB) + 64 * which, config, flags, cds, take(in, 2));
}

static void op_cd(struct harness *h, struct input *in, uint32_t which)
{
	uint64_t flags = take(in, 1);

	put_cd(h, PA(CDS) + 64 * which, flags, which, take(in, 2));
}

static void op_poke(struct harness *h, struct input *in, uint32_t which)
{
	sv3_pa pa = HARNESS_RAM + (take(in, 2) << 3) % HARNESS_RAM_SIZE;

	(void)which;
	poke(h, pa, take(in, 8));
}

static void op_write_register(struct harness *h, struct input *in, uint32_t which)
{
	(void)which;
	write_register(h, in);
}

static void op_read_register(struct harness *h, struct input *in, uint32_t which)
{
	struct sv3_reg_info info;

	if (sv3_reg_info(&h->config, (unsigned int)take(in, 1), &info))
		(void)sv3_smmu_reg_read(h->smmu, info.offset, info.bits / 8);
	(void)sv3_smmu_reg_read(h->smmu, (uint32_t)take(in, 3), which);
}

static void op_request_page(struct harness *h, struct input *in, uint32_t which)
{
	(void)which;
	request_page(h, in);
}

static void op_restart(struct harness *h, struct input *in, uint32_t which)
{
	if (which == 0)
		harness_reset(h);
	else if (which == 1)
		harness_adopt(h);
	else if (which == 2)
		harness_adopt_spoiled(h, (uint32_t)take(in, 3), take(in, 8));
	else
		bring_up(h, take(in, 1));
}

/* By the low five bits of an operation's first byte: what happens often stands here often. */
static operation *const operations[32] = {
	op_begin,        op_begin,   op_begin,  op_begin,          op_begin,         op_step,
	op_step,         op_step,    op_step,   op_step,           op_step_job,      op_abort,
	op_finish,       op_finish,  op_ready,  op_ready,          op_command,       op_command,
	op_command,      op_command, op_settle, op_acknowledge,    op_table,         op_table,
	op_ste,          op_cd,      op_poke,   op_write_register, op_read_register, op_try,
	op_request_page, op_restart,
};

static void operate(struct harness *h, struct input *in)
{
	uint64_t byte = take(in, 1);

	operations[byte & 31](h, in, (uint32_t)(byte >> 5));
}

/* Returns: a fingerprint of all the SMMU did. */
static uint64_t play(const uint8_t *bytes, size_t size, uint8_t fill)
{
	static struct harness h;
	struct input in = { bytes, size };
	struct sv3_smmu_config config;

	choose_config(&in, &config);
	harness_init(&h, &config, fill);
	prepare(&h, &in);
	for (unsigned int i = 0; i < OPERATIONS_MAX && in.left > 0; i++)
		operate(&h, &in);
	harness_close(&h);
	harness_fini(&h);
	return h.fingerprint;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static unsigned int runs;
	uint64_t fingerprint = play(bytes, size, 0x00);

	/* The same again, with other bytes in what nobody has initialised. */
	if (runs++ % REPLAY_INTERVAL == 0 && play(bytes, size, 0xa5) != fingerprint)
		harness_fail("the same input, and another outcome");
	return 0;
}
