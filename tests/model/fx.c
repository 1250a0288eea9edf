/* SPDX-License-Identifier: MIT */
/*
 * fx.c - the fixture's software: boots the SMMU, writes structures and tables, reads records.
 */
#include "tests/model/fx.h"

#include <stdlib.h>
#include <string.h>

#define FX_RETRIES_MAX 1000u

void fx_config(struct sv3_smmu_config *config, unsigned int flags)
{
	if (flags & (FX_FULL | FX_STAGE2 | FX_NESTED)) {
		if (sv3_smmu_profile("full", config))
			abort();
	} else {
		sv3_smmu_config_default(config);
	}
	if (flags & FX_NO_TLB)
		config->tlb_entries = 0;
	if (flags & FX_NO_WALK_CACHE)
		config->walk_cache_entries = 0;
	if (flags & FX_NO_CONFIG_CACHE)
		config->config_cache_entries = 0;
}

void fx_power_on(struct fx *f, const struct sv3_smmu_config *config)
{
	static const struct sv3_ram_region region = { .base = FX_RAM, .size = FX_RAM_SIZE };
	const char *why = "";
	size_t size;

	memset(f, 0, sizeof(*f));
	f->config = *config;
	if (sv3_smmu_config_check(config, &why)) {
		ctest_fail(__FILE__, __LINE__, "configuration refused: %s", why);
		abort();
	}
	size = (sv3_smmu_size(config) + 63) & ~(size_t)63;
	f->block = aligned_alloc(64, size);
	if (!f->block || sv3_ram_init(&f->ram, &region, 1) ||
	    sv3_smmu_init(f->block, size, config, &f->smmu))
		abort();
	f->bus = sv3_ram_bus(&f->ram);
	f->fast = (struct sv3_fast){ .smmu = f->smmu, .bus = f->bus };
	f->port = sv3_fast_regport(&f->fast);
	f->next_table = FX_TABLES;
}

void fx_fini(struct fx *f)
{
	sv3_ram_fini(&f->ram);
	free(f->block);
	f->block = NULL;
}

uint64_t fx_peek(struct fx *f, sv3_pa pa)
{
	uint8_t bytes[8] = { 0 };

	if (sv3_bus_read(&f->bus, pa, bytes, 8))
		ctest_fail(__FILE__, __LINE__, "the test reads nowhere: %#llx",
			   (unsigned long long)pa);
	return sv3_le64(bytes);
}

void fx_poke(struct fx *f, sv3_pa pa, uint64_t value)
{
	uint8_t bytes[8];

	sv3_put_le64(bytes, value);
	if (sv3_bus_write(&f->bus, pa, bytes, 8))
		ctest_fail(__FILE__, __LINE__, "the test writes nowhere: %#llx",
			   (unsigned long long)pa);
}

uint64_t fx_reg(struct fx *f, uint32_t offset)
{
	return f->port.ops->read(f->port.context, offset, 4);
}

void fx_set_reg(struct fx *f, uint32_t offset, uint64_t value)
{
	f->port.ops->write(f->port.context, offset, 4, value);
}

uint64_t fx_reg64(struct fx *f, uint32_t offset)
{
	return f->port.ops->read(f->port.context, offset, 8);
}

void fx_set_reg64(struct fx *f, uint32_t offset, uint64_t value)
{
	f->port.ops->write(f->port.context, offset, 8, value);
}

void fx_ste(struct fx *f, uint32_t sid, uint64_t word0, uint64_t word1)
{
	fx_poke(f, FX_STRTAB + sid * UINT64_C(64) + 8, word1);
	fx_poke(f, FX_STRTAB + sid * UINT64_C(64), word0);
}

void fx_ste_stage2(struct fx *f, uint32_t sid, uint64_t word2, uint64_t word3)
{
	fx_poke(f, FX_STRTAB + sid * UINT64_C(64) + 24, word3);
	fx_poke(f, FX_STRTAB + sid * UINT64_C(64) + 16, word2);
}

/* TG0 and S2TG are 0 for 4K, 1 for 64K, 2 for 16K. [IHI0070 5.2, 5.4] */
static uint64_t granule_code(unsigned int granule)
{
	return granule == 12 ? 0 : granule == 16 ? 1 : 2;
}

uint64_t fx_ste2(unsigned int granule, unsigned int t0sz, unsigned int sl0, unsigned int flags)
{
	uint64_t word = FX_VMID | (uint64_t)t0sz << 32 | (uint64_t)sl0 << 38 | UINT64_C(5) << 40 |
			UINT64_C(3) << 44 | granule_code(granule) << 46 | FX_STE_S2PS(5) |
			FX_STE_S2AA64 | FX_STE_S2R;

	if (flags & FX_S2HA)
		word |= FX_STE_S2HA;
	if (flags & FX_S2HD)
		word |= FX_STE_S2HD;
	if (flags & FX_S2AFFD)
		word |= FX_STE_S2AFFD;
	if (flags & FX_S2ENDI)
		word |= FX_STE_S2ENDI;
	return word;
}

uint64_t fx_cd0(unsigned int granule, unsigned int t0sz, unsigned int flags)
{
	uint64_t word = t0sz | granule_code(granule) << 6 | FX_CD_EPD1 | FX_CD_V | FX_CD_IPS(5) |
			FX_CD_AA64 | FX_CD_R | FX_CD_A | FX_CD_ASID(1);

	if (flags & FX_HA)
		word |= FX_CD_HA;
	if (flags & FX_HD)
		word |= FX_CD_HD;
	if (flags & FX_AFFD)
		word |= FX_CD_AFFD;
	return word;
}

void fx_cd(struct fx *f, sv3_pa pa, uint64_t word0, uint64_t word1, uint64_t word2)
{
	fx_poke(f, pa + 8, word1);
	fx_poke(f, pa + 16, word2);
	fx_poke(f, pa, word0);
}

/* Where stage 1 finds a table of its own. */
static uint64_t ipa_of_table(struct fx *f, sv3_pa table)
{
	return f->nested ? fx_guest(f, table, UINT64_C(1) << f->granule) : table;
}

void fx_use_table(struct fx *f, unsigned int granule, unsigned int t0sz, unsigned int flags)
{
	f->granule = granule;
	f->start_level = fx_start_level(granule, t0sz);
	f->input_bits = 64 - t0sz;
	f->ttb0 = fx_alloc(f);
	fx_cd(f, FX_CD, fx_cd0(granule, t0sz, flags), ipa_of_table(f, f->ttb0), 0);
}

void fx_use_stage2(struct fx *f, unsigned int granule, unsigned int t0sz, unsigned int sl0,
		   unsigned int flags)
{
	f->s2 = (struct fx_stage2){
		.granule = granule,
		.start_level = sl0 == 3 ? 3 : (granule == 12 ? 2 : 3) - sl0,
		.input_bits = 64 - t0sz,
		.table = fx_alloc(f),
		.big_endian = flags & FX_S2ENDI,
	};
	fx_ste_stage2(f, FX_SID, fx_ste2(granule, t0sz, sl0, flags), f->s2.table);
}

void fx_boot(struct fx *f, unsigned int flags)
{
	f->cmdq_lg2 = 6;
	f->evtq_lg2 = 4;
	f->nested = flags & FX_NESTED;
	if (flags & (FX_STAGE2 | FX_NESTED))
		fx_use_stage2(f, 12, 25, 1, flags);
	if (flags & FX_NESTED)
		fx_ste(f, FX_SID, FX_STE_NESTED | fx_guest(f, FX_CD, 64), 0);
	else
		fx_ste(f, FX_SID, flags & FX_STAGE2 ? FX_STE_S2 : FX_STE_S1 | FX_CD, 0);
	fx_use_table(f, 12, 16, flags);
	fx_set_reg(f, SV3_REG_CR1, 0xd75); /* write-back, inner shareable */
	fx_set_reg(f, SV3_REG_CR2, 2);     /* RECINVSID */
	fx_set_reg64(f, SV3_REG_STRTAB_BASE, FX_STRTAB);
	fx_set_reg(f, SV3_REG_STRTAB_BASE_CFG, 8); /* linear, 256 entries */
	fx_set_reg64(f, SV3_REG_CMDQ_BASE, FX_CMDQ | f->cmdq_lg2);
	fx_set_reg(f, SV3_REG_CMDQ_PROD, 0);
	fx_set_reg(f, SV3_REG_CMDQ_CONS, 0);
	fx_set_reg64(f, SV3_REG_EVENTQ_BASE, FX_EVTQ | f->evtq_lg2);
	fx_set_reg(f, SV3_REG_EVENTQ_PROD, 0);
	fx_set_reg(f, SV3_REG_EVENTQ_CONS, 0);
	fx_set_reg(f, SV3_REG_CR0, 0xc); /* CMDQEN, EVENTQEN */
	fx_set_reg(f, SV3_REG_CR0, 0xd); /* and SMMUEN */
}

void fx_init_choosing(struct fx *f, unsigned int flags, uint32_t choices)
{
	struct sv3_smmu_config config;

	fx_config(&config, flags);
	config.choices = choices;
	fx_power_on(f, &config);
	fx_boot(f, flags);
}

void fx_init(struct fx *f, unsigned int flags)
{
	fx_init_choosing(f, flags, 0);
}

unsigned int fx_start_level(unsigned int granule, unsigned int txsz)
{
	static const struct {
		unsigned int granule, first, last, level;
	} rows[] = {
		{ 12, 16, 24, 0 }, { 12, 25, 33, 1 }, { 12, 34, 42, 2 }, { 12, 43, 48, 3 },
		{ 14, 16, 16, 0 }, { 14, 17, 27, 1 }, { 14, 28, 38, 2 }, { 14, 39, 48, 3 },
		{ 16, 12, 21, 1 }, { 16, 22, 34, 2 }, { 16, 35, 47, 3 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].granule == granule && txsz >= rows[i].first && txsz <= rows[i].last)
			return rows[i].level;
	abort();
}

unsigned int fx_shift(unsigned int granule, unsigned int level)
{
	static const unsigned int shift_4k[4] = { 39, 30, 21, 12 };
	static const unsigned int shift_16k[4] = { 47, 36, 25, 14 };
	static const unsigned int shift_64k[4] = { 0, 42, 29, 16 };

	return granule == 12   ? shift_4k[level]
	       : granule == 14 ? shift_16k[level]
			       : shift_64k[level];
}

sv3_pa fx_alloc(struct fx *f)
{
	sv3_pa pa = f->next_table;

	if (pa >= FX_DATA)
		abort();
	f->next_table += 0x10000;
	return pa;
}

static uint64_t in_order(uint64_t descriptor, bool big_endian)
{
	return big_endian ? __builtin_bswap64(descriptor) : descriptor;
}

/* Tables of stage 2 are made of pages of stage 2, and know no other stage. */
sv3_pa fx_s2_pte(struct fx *f, uint64_t ipa, unsigned int level)
{
	const struct fx_stage2 *s2 = &f->s2;
	uint64_t index_mask = (UINT64_C(1) << (s2->granule - 3)) - 1;
	uint64_t address_mask = (UINT64_C(1) << 48) - (UINT64_C(1) << s2->granule);
	sv3_pa table = s2->table;

	for (unsigned int l = s2->start_level;; l++) {
		uint64_t index = ipa >> fx_shift(s2->granule, l);
		sv3_pa pa = table + 8 * (l == s2->start_level ? index : index & index_mask);

		if (l == level)
			return pa;
		if ((in_order(fx_peek(f, pa), s2->big_endian) & 3) != FX_TABLE)
			fx_poke(f, pa, in_order(fx_alloc(f) | FX_TABLE, s2->big_endian));
		table = in_order(fx_peek(f, pa), s2->big_endian) & address_mask;
	}
}

sv3_pa fx_s2_map(struct fx *f, uint64_t ipa, unsigned int level, uint64_t descriptor)
{
	sv3_pa pa = fx_s2_pte(f, ipa, level);

	fx_poke(f, pa, in_order(descriptor, f->s2.big_endian));
	return pa;
}

sv3_pa fx_guest_pte(struct fx *f, sv3_pa pa)
{
	return fx_s2_pte(f, FX_IPA(pa), 3);
}

uint64_t fx_guest(struct fx *f, sv3_pa pa, uint64_t size)
{
	uint64_t page = UINT64_C(1) << f->s2.granule;

	for (sv3_pa at = pa & -page; at < pa + size; at += page)
		fx_s2_map(f, FX_IPA(at), 3, at | FX_S2_RW);
	return FX_IPA(pa);
}

sv3_pa fx_pte(struct fx *f, sv3_iova iova, unsigned int level)
{
	uint64_t index_mask = (UINT64_C(1) << (f->granule - 3)) - 1;
	uint64_t address_mask = (UINT64_C(1) << 48) - (UINT64_C(1) << f->granule);
	sv3_pa table = f->ttb0;

	iova &= (UINT64_C(1) << f->input_bits) - 1;
	for (unsigned int l = f->start_level;; l++) {
		sv3_pa pa = table + 8 * ((iova >> fx_shift(f->granule, l)) & index_mask);

		if (l == level)
			return pa;
		if ((in_order(fx_peek(f, pa), f->big_endian) & 3) != FX_TABLE)
			fx_poke(f, pa,
				in_order(ipa_of_table(f, fx_alloc(f)) | FX_TABLE, f->big_endian));
		table = in_order(fx_peek(f, pa), f->big_endian) & address_mask;
		table -= f->nested ? FX_GUEST : 0;
	}
}

sv3_pa fx_map(struct fx *f, sv3_iova iova, unsigned int level, uint64_t descriptor)
{
	sv3_pa pa = fx_pte(f, iova, level);

	fx_poke(f, pa, in_order(descriptor, f->big_endian));
	return pa;
}

bool fx_cmdq_empty(struct fx *f)
{
	uint64_t mask = (UINT64_C(2) << f->cmdq_lg2) - 1;

	return ((fx_reg(f, SV3_REG_CMDQ_PROD) ^ fx_reg(f, SV3_REG_CMDQ_CONS)) & mask) == 0;
}

void fx_cmd(struct fx *f, uint64_t word0, uint64_t word1)
{
	uint64_t prod = fx_reg(f, SV3_REG_CMDQ_PROD);
	uint64_t index = prod & ((UINT64_C(1) << f->cmdq_lg2) - 1);

	fx_poke(f, FX_CMDQ + index * 16, word0);
	fx_poke(f, FX_CMDQ + index * 16 + 8, word1);
	/* The wrap bit stands right above the index, so counting on flips it. [IHI0070 3.5.1] */
	fx_set_reg(f, SV3_REG_CMDQ_PROD, (prod + 1) & ((UINT64_C(2) << f->cmdq_lg2) - 1));
}

bool fx_sync(struct fx *f)
{
	fx_cmd(f, FX_CMD_SYNC, 0);
	return fx_cmdq_empty(f);
}

void fx_tlbi_all(struct fx *f)
{
	fx_cmd(f, FX_CMD_TLBI_NSNH_ALL, 0);
	if (!fx_sync(f))
		ctest_fail(__FILE__, __LINE__, "TLBI_NSNH_ALL and SYNC did not complete");
}

void fx_cfgi_all(struct fx *f)
{
	fx_cmd(f, FX_CMD_CFGI_RANGE, 31);
	if (!fx_sync(f))
		ctest_fail(__FILE__, __LINE__, "CFGI_ALL and SYNC did not complete");
}

unsigned int fx_event(struct fx *f)
{
	uint64_t mask = (UINT64_C(2) << f->evtq_lg2) - 1;
	uint64_t prod = fx_reg(f, SV3_REG_EVENTQ_PROD);
	uint64_t cons = fx_reg(f, SV3_REG_EVENTQ_CONS);
	sv3_pa pa = FX_EVTQ + (cons & (mask >> 1)) * 32;

	memset(f->event, 0, sizeof(f->event));
	if (((prod ^ cons) & mask) == 0)
		return 0;
	for (unsigned int i = 0; i < 4; i++)
		f->event[i] = fx_peek(f, pa + 8 * i);
	/* OVACKFLG in bit 31 stays as it was. */
	fx_set_reg(f, SV3_REG_EVENTQ_CONS, ((cons + 1) & mask) | (cons & (UINT64_C(1) << 31)));
	return (unsigned int)(f->event[0] & 0xff);
}

struct sv3_txn fx_txn(sv3_iova iova, bool write)
{
	return (struct sv3_txn){
		.iova = iova, .stream_id = FX_SID, .write = write, .privileged = true
	};
}

uint64_t fx_code(const struct sv3_result *result)
{
	if (result->outcome == SV3_OUTCOME_OK)
		return result->pa;
	return (result->outcome == SV3_OUTCOME_RAZ_WI ? FX_RAZ_WI(0) : FX_FAULT(0)) | result->event;
}

uint64_t fx_go(struct fx *f, const struct sv3_txn *txn)
{
	sv3_translate(&f->fast, txn, &f->result);
	return fx_code(&f->result);
}

uint64_t fx_read(struct fx *f, sv3_iova iova)
{
	struct sv3_txn txn = fx_txn(iova, false);

	return fx_go(f, &txn);
}

uint64_t fx_write(struct fx *f, sv3_iova iova)
{
	struct sv3_txn txn = fx_txn(iova, true);

	return fx_go(f, &txn);
}

void fx_begin(struct fx *f, const struct sv3_txn *txn)
{
	if (sv3_smmu_begin(f->smmu, txn, &f->slot)) {
		ctest_fail(__FILE__, __LINE__, "no slot");
		abort();
	}
	sv3_smmu_step(f->smmu, f->slot, NULL, &f->need);
}

void fx_answer(struct fx *f)
{
	struct sv3_reply *reply = &f->reply;

	memset(reply, 0, sizeof(*reply));
	if (f->need.kind == SV3_NEED_READ)
		reply->status = sv3_bus_read(&f->bus, f->need.pa, reply->data, f->need.size);
	else if (f->need.kind == SV3_NEED_WRITE)
		reply->status = sv3_bus_write(&f->bus, f->need.pa, f->need.data, f->need.size);
	else if (f->need.kind == SV3_NEED_CAS64)
		reply->status = sv3_bus_cas64(&f->bus, f->need.pa, f->need.expect, f->need.desired,
					      &reply->old);
	sv3_smmu_step(f->smmu, f->slot, reply, &f->need);
}

bool fx_until(struct fx *f, enum sv3_unit unit)
{
	for (unsigned int i = 0; i < FX_RETRIES_MAX && f->need.kind != SV3_NEED_DONE; i++) {
		if (f->need.unit == unit)
			return true;
		fx_answer(f);
	}
	return false;
}

uint64_t fx_run(struct fx *f)
{
	for (unsigned int i = 0; f->need.kind != SV3_NEED_DONE; i++) {
		if (i == FX_RETRIES_MAX) {
			ctest_fail(__FILE__, __LINE__, "the transaction is never done");
			abort();
		}
		fx_answer(f);
	}
	sv3_smmu_result(f->smmu, f->slot, &f->result);
	return fx_code(&f->result);
}

void fx_land(struct fx *f)
{
	sv3_smmu_finish(f->smmu, f->slot);
	sv3_fast_drain(&f->fast);
}
