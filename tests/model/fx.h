/* SPDX-License-Identifier: MIT */
/*
 * fx.h - fixture of the model tests: RAM, one SMMU, and software that encodes everything by hand.
 *
 * Structures, commands, descriptors and records are built here from shifts and literals, never from
 * arch.h or vmsa.h and never with pagetable/, so that a builder and the walker cannot be wrong
 * together. Only register offsets come from arch.h. Clause numbers are those of IHI 0070 G.b and
 * DDI 0487 M.a.a.
 */
#ifndef SV3_TESTS_MODEL_FX_H
#define SV3_TESTS_MODEL_FX_H

#include "ctest.h"

#include <sv3/arch.h>
#include <sv3/prng.h>
#include <sv3/sim.h>

/* Where things are; RAM ends at FX_RAM + FX_RAM_SIZE and nothing is behind any other address. */
#define FX_RAM      UINT64_C(0x40000000)
#define FX_RAM_SIZE UINT64_C(0x04000000)
#define FX_STRTAB   UINT64_C(0x40100000)
#define FX_CD       UINT64_C(0x40110000)
#define FX_EVTQ     UINT64_C(0x40120000)
#define FX_CMDQ     UINT64_C(0x40130000)
#define FX_MSI      UINT64_C(0x40140000)
#define FX_SCRATCH  UINT64_C(0x40200000) /* 2 MiB for a test's own tables */
#define FX_TABLES   UINT64_C(0x41000000)
#define FX_DATA     UINT64_C(0x42000000)
#define FX_NOWHERE  UINT64_C(0x80000000) /* unbacked: accesses abort */
#define FX_SID      0x10u
#define FX_IOVA     UINT64_C(0x0000123456789000)
/* With two stages: software's intermediate address of a physical one, and the VMID. */
#define FX_GUEST   UINT64_C(0x1000000000)
#define FX_IPA(pa) ((pa) + FX_GUEST)
#define FX_VMID    3u

/* Stage-1 leaf and table descriptors. [DDI0487 D8.3] */
#define FX_TABLE      UINT64_C(3)
#define FX_PAGE       UINT64_C(3)
#define FX_BLOCK      UINT64_C(1)
#define FX_AP1        (UINT64_C(1) << 6) /* unprivileged may access */
#define FX_AP2        (UINT64_C(1) << 7) /* read-only */
#define FX_AF         (UINT64_C(1) << 10)
#define FX_NG         (UINT64_C(1) << 11)
#define FX_DBM        (UINT64_C(1) << 51)
#define FX_PXN        (UINT64_C(1) << 53)
#define FX_UXN        (UINT64_C(1) << 54)
#define FX_SW         (UINT64_C(15) << 55)
#define FX_PXNTABLE   (UINT64_C(1) << 59)
#define FX_UXNTABLE   (UINT64_C(1) << 60)
#define FX_APTABLE(n) ((uint64_t)(n) << 61)
/* The three states, accessed and non-global, as a page of FX_DATA. [IHI0070 3.13.3.1] */
#define FX_LEAF  (FX_DATA | FX_PAGE | FX_AF | FX_NG)
#define FX_CLEAN (FX_LEAF | FX_DBM | FX_AP2)
#define FX_DIRTY (FX_LEAF | FX_DBM)
#define FX_RO    (FX_LEAF | FX_AP2)

/* Stage-2 leaf descriptors; MemAttr Write-Back, Inner Shareable. [DDI0487 D8.3.1.2] */
#define FX_S2_READ  (UINT64_C(1) << 6) /* S2AP[0] */
#define FX_S2_WRITE (UINT64_C(1) << 7) /* S2AP[1] */
#define FX_S2_WB    (UINT64_C(0xf) << 2 | UINT64_C(3) << 8)
#define FX_S2_XN(n) ((uint64_t)(n) << 53)
#define FX_S2_LEAF  (FX_S2_WB | FX_PAGE | FX_AF | FX_S2_READ)
#define FX_S2_RW    (FX_S2_LEAF | FX_S2_WRITE)
/* The three states, as a page of FX_DATA. */
#define FX_S2_RO    (FX_DATA | FX_S2_LEAF)
#define FX_S2_CLEAN (FX_S2_RO | FX_DBM)
#define FX_S2_DIRTY (FX_S2_CLEAN | FX_S2_WRITE)

/* CD doubleword 0. [IHI0070 5.4] */
#define FX_CD_EPD0    (UINT64_C(1) << 14)
#define FX_CD_ENDI    (UINT64_C(1) << 15)
#define FX_CD_EPD1    (UINT64_C(1) << 30)
#define FX_CD_V       (UINT64_C(1) << 31)
#define FX_CD_IPS(n)  ((uint64_t)(n) << 32)
#define FX_CD_AFFD    (UINT64_C(1) << 35)
#define FX_CD_WXN     (UINT64_C(1) << 36)
#define FX_CD_TBI0    (UINT64_C(1) << 38)
#define FX_CD_TBI1    (UINT64_C(1) << 39)
#define FX_CD_PAN     (UINT64_C(1) << 40)
#define FX_CD_AA64    (UINT64_C(1) << 41)
#define FX_CD_HD      (UINT64_C(1) << 42)
#define FX_CD_HA      (UINT64_C(1) << 43)
#define FX_CD_S       (UINT64_C(1) << 44)
#define FX_CD_R       (UINT64_C(1) << 45)
#define FX_CD_A       (UINT64_C(1) << 46)
#define FX_CD_ASID(n) ((uint64_t)(n) << 48)
#define FX_CD_T1SZ(n) ((uint64_t)(n) << 16)
#define FX_CD_TG1(n)  ((uint64_t)(n) << 22)
#define FX_CD_ASET    (UINT64_C(1) << 47)
/* CD doublewords 1 and 2. */
#define FX_CD_HAD (UINT64_C(1) << 1)

/* STE doubleword 0. [IHI0070 5.2] */
#define FX_STE_V          UINT64_C(1)
#define FX_STE_CONFIG(n)  ((uint64_t)(n) << 1)
#define FX_STE_S1FMT(n)   ((uint64_t)(n) << 4)
#define FX_STE_S1CDMAX(n) ((uint64_t)(n) << 59)
#define FX_STE_S1         (FX_STE_V | FX_STE_CONFIG(5)) /* stage 1; or in the address of the CD */
#define FX_STE_BYPASS     (FX_STE_V | FX_STE_CONFIG(4))
#define FX_STE_S2         (FX_STE_V | FX_STE_CONFIG(6))
#define FX_STE_NESTED     (FX_STE_V | FX_STE_CONFIG(7)) /* or in the IPA of the CD */
/* STE doublewords 1 and 2. */
#define FX_STE_S1DSS(n) ((uint64_t)(n))
#define FX_STE_S2FWB    (UINT64_C(1) << 25)
#define FX_STE_EATS(n)  ((uint64_t)(n) << 28)
#define FX_STE_STRW(n)  ((uint64_t)(n) << 30)
#define FX_STE_S2PS(n)  ((uint64_t)(n) << 48)
#define FX_STE_S2AA64   (UINT64_C(1) << 51)
#define FX_STE_S2ENDI   (UINT64_C(1) << 52)
#define FX_STE_S2AFFD   (UINT64_C(1) << 53)
#define FX_STE_S2PTW    (UINT64_C(1) << 54)
#define FX_STE_S2HD     (UINT64_C(1) << 55)
#define FX_STE_S2HA     (UINT64_C(1) << 56)
#define FX_STE_S2S      (UINT64_C(1) << 57)
#define FX_STE_S2R      (UINT64_C(1) << 58)

/* Events. [IHI0070 7.3] */
#define FX_C_BAD_STREAMID     0x02u
#define FX_F_STE_FETCH        0x03u
#define FX_C_BAD_STE          0x04u
#define FX_F_BAD_ATS_TREQ     0x05u
#define FX_F_STREAM_DISABLED  0x06u
#define FX_F_TRANSL_FORBIDDEN 0x07u
#define FX_C_BAD_SUBSTREAMID  0x08u
#define FX_F_CD_FETCH         0x09u
#define FX_C_BAD_CD           0x0au
#define FX_F_WALK_EABT        0x0bu
#define FX_F_TRANSLATION      0x10u
#define FX_F_ADDR_SIZE        0x11u
#define FX_F_ACCESS           0x12u
#define FX_F_PERMISSION       0x13u

/* Commands, doubleword 0. [IHI0070 4] */
#define FX_CMD_CFGI_STE      UINT64_C(0x03)
#define FX_CMD_CFGI_RANGE    UINT64_C(0x04)
#define FX_CMD_CFGI_CD       UINT64_C(0x05)
#define FX_CMD_CFGI_CD_ALL   UINT64_C(0x06)
#define FX_CMD_TLBI_NH_ALL   UINT64_C(0x10)
#define FX_CMD_TLBI_NH_ASID  UINT64_C(0x11)
#define FX_CMD_TLBI_NH_VA    UINT64_C(0x12)
#define FX_CMD_TLBI_NH_VAA   UINT64_C(0x13)
#define FX_CMD_TLBI_EL2_ALL  UINT64_C(0x20)
#define FX_CMD_TLBI_EL2_ASID UINT64_C(0x21)
#define FX_CMD_TLBI_EL2_VA   UINT64_C(0x22)
#define FX_CMD_TLBI_EL2_VAA  UINT64_C(0x23)
#define FX_CMD_TLBI_S12_ALL  UINT64_C(0x28)
#define FX_CMD_TLBI_S2_IPA   UINT64_C(0x2a)
#define FX_CMD_TLBI_NSNH_ALL UINT64_C(0x30)
#define FX_CMD_SYNC          UINT64_C(0x46)
#define FX_CMD_SID(sid)      ((uint64_t)(sid) << 32)
#define FX_CMD_ASID(asid)    ((uint64_t)(asid) << 48)
#define FX_CMD_VMID(vmid)    ((uint64_t)(vmid) << 32)

/* What fx_init() switches on and off. */
enum fx_flag {
	FX_HA = 1u << 0,
	FX_HD = 1u << 1,
	FX_HTTU = FX_HA | FX_HD,
	FX_AFFD = 1u << 2,
	FX_NO_TLB = 1u << 3,
	FX_NO_WALK_CACHE = 1u << 4,
	FX_NO_CONFIG_CACHE = 1u << 5,
	FX_NO_CACHES = FX_NO_TLB | FX_NO_WALK_CACHE | FX_NO_CONFIG_CACHE,
	FX_FULL = 1u << 6,   /* the profile "full" */
	FX_STAGE2 = 1u << 7, /* "full"; stage 2 alone, an empty table */
	FX_NESTED = 1u << 8, /* "full"; both stages, and stage 2 maps CD and tables */
	FX_S2HA = 1u << 9,
	FX_S2HD = 1u << 10,
	FX_S2HTTU = FX_S2HA | FX_S2HD,
	FX_S2AFFD = 1u << 11,
	FX_S2ENDI = 1u << 12,
};

/* How an access ended, in one number: its PA, or one of these with the event number. */
#define FX_FAULT(event)  (UINT64_C(0xf000000000000000) | (event))
#define FX_RAZ_WI(event) (UINT64_C(0xe000000000000000) | (event))
/* Aborted, and no event was due. */
#define FX_SILENT FX_FAULT(0)

/* A table of stage 2 as software builds it. */
struct fx_stage2 {
	unsigned int granule, start_level, input_bits;
	sv3_pa table;
	bool big_endian;
};

struct fx {
	struct sv3_smmu_config config;
	struct sv3_ram ram;
	struct sv3_bus bus;
	void *block;
	struct sv3_smmu *smmu;
	struct sv3_fast fast;
	struct sv3_regport port;
	/* Stage-1 table of TTB0: granule, first level, base; the next free table. */
	unsigned int granule, start_level;
	unsigned int input_bits;
	bool big_endian;
	sv3_pa ttb0, next_table;
	/* With two stages all of stage 1 stands at FX_IPA() of where it is. */
	bool nested;
	struct fx_stage2 s2;
	unsigned int cmdq_lg2, evtq_lg2;
	/* A transaction stepped by hand. */
	uint32_t slot;
	struct sv3_need need;
	struct sv3_reply reply;
	/* The last result, and the last event record taken from the queue. */
	struct sv3_result result;
	uint64_t event[4];
};

/** A fixture that is gone when its scope ends, also when an ASSERT leaves it. */
#define FX(name, flags)                                   \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	fx_init(&name, flags)

/** The same of an SMMU that takes @choices (enum sv3_choice) the other way. */
#define FX_CHOOSING(name, flags, choices)                 \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	fx_init_choosing(&name, flags, choices)

/** fx_init - RAM and an SMMU that translates FX_SID, by stage 1 unless @flags say otherwise: 4K,
 * T0SZ 16, ASID 1, an empty table. */
void fx_init(struct fx *f, unsigned int flags);
void fx_init_choosing(struct fx *f, unsigned int flags, uint32_t choices);
void fx_fini(struct fx *f);

/** fx_config - the default configuration, with caches switched off by @flags. */
void fx_config(struct sv3_smmu_config *config, unsigned int flags);
/** fx_power_on - RAM and an SMMU in reset; fx_fini() ends it. */
void fx_power_on(struct fx *f, const struct sv3_smmu_config *config);
/** fx_boot - stream table, CD and queues as fx_init() leaves them, and CR0. */
void fx_boot(struct fx *f, unsigned int flags);

/* Memory. */
uint64_t fx_peek(struct fx *f, sv3_pa pa);
void fx_poke(struct fx *f, sv3_pa pa, uint64_t value);

/* Registers, through the port that drains jobs. */
uint64_t fx_reg(struct fx *f, uint32_t offset);
void fx_set_reg(struct fx *f, uint32_t offset, uint64_t value);
uint64_t fx_reg64(struct fx *f, uint32_t offset);
void fx_set_reg64(struct fx *f, uint32_t offset, uint64_t value);

/* Structures. */
/** fx_ste - write doublewords 0 and 1 of the STE of @sid in the linear stream table. */
void fx_ste(struct fx *f, uint32_t sid, uint64_t word0, uint64_t word1);
/** fx_cd0 - doubleword 0 of a legal CD: 48-bit IPS, EPD1 = 1, AA64, R, A, ASID 1. @flags: enum
 * fx_flag */
uint64_t fx_cd0(unsigned int granule, unsigned int t0sz, unsigned int flags);
void fx_cd(struct fx *f, sv3_pa pa, uint64_t word0, uint64_t word1, uint64_t word2);
/** fx_ste_stage2 - write doublewords 2 and 3 of the STE of @sid. */
void fx_ste_stage2(struct fx *f, uint32_t sid, uint64_t word2, uint64_t word3);
/** fx_ste2 - doubleword 2 of a legal STE: VMID FX_VMID, 48-bit S2PS, AA64, R, Write-Back walks. */
uint64_t fx_ste2(unsigned int granule, unsigned int t0sz, unsigned int sl0, unsigned int flags);
/** fx_use_table - CD at FX_CD with an empty table of this geometry; no CFGI. */
void fx_use_table(struct fx *f, unsigned int granule, unsigned int t0sz, unsigned int flags);

/* Translation tables. */
/** fx_start_level - first level, read off the tables of [DDI0487 D8.2]. */
unsigned int fx_start_level(unsigned int granule, unsigned int txsz);
/** fx_shift - lowest input address bit of the index at @level. [DDI0487 D8.2] */
unsigned int fx_shift(unsigned int granule, unsigned int level);
/** fx_alloc - a zeroed, 64 KiB aligned piece of memory for a table. */
sv3_pa fx_alloc(struct fx *f);
/** fx_pte - where the descriptor of @iova at @level is; tables above are made as needed. */
sv3_pa fx_pte(struct fx *f, sv3_iova iova, unsigned int level);
/** fx_map - write the descriptor of @iova at @level; returns where it is. */
sv3_pa fx_map(struct fx *f, sv3_iova iova, unsigned int level, uint64_t descriptor);

/** fx_use_stage2 - an empty stage-2 table of this geometry for FX_SID; no CFGI. */
void fx_use_stage2(struct fx *f, unsigned int granule, unsigned int t0sz, unsigned int sl0,
		   unsigned int flags);
/** fx_s2_pte, fx_s2_map - as fx_pte() and fx_map(), of stage 2. */
sv3_pa fx_s2_pte(struct fx *f, uint64_t ipa, unsigned int level);
sv3_pa fx_s2_map(struct fx *f, uint64_t ipa, unsigned int level, uint64_t descriptor);
/** fx_guest - stage 2 maps FX_IPA(pa) and what follows in @size bytes, writable. Returns:
 * FX_IPA(pa). */
uint64_t fx_guest(struct fx *f, sv3_pa pa, uint64_t size);
/** fx_guest_pte - where the stage-2 page descriptor of FX_IPA(pa) is. */
sv3_pa fx_guest_pte(struct fx *f, sv3_pa pa);

/* Commands. */
void fx_cmd(struct fx *f, uint64_t word0, uint64_t word1);
/** fx_sync - CMD_SYNC without signal. Returns: whether the queue is empty now. */
bool fx_sync(struct fx *f);
bool fx_cmdq_empty(struct fx *f);
/** fx_tlbi_all - NSNH_ALL and SYNC. */
void fx_tlbi_all(struct fx *f);
/** fx_cfgi_all - CFGI_ALL and SYNC. */
void fx_cfgi_all(struct fx *f);

/** fx_event - take the next record into @f->event. Returns: its number, 0 if there is none. */
unsigned int fx_event(struct fx *f);

/* Accesses by the fast runner. Each returns a PA, FX_FAULT() or FX_RAZ_WI(). */
struct sv3_txn fx_txn(sv3_iova iova, bool write);
uint64_t fx_go(struct fx *f, const struct sv3_txn *txn);
uint64_t fx_read(struct fx *f, sv3_iova iova);
uint64_t fx_write(struct fx *f, sv3_iova iova);
uint64_t fx_code(const struct sv3_result *result);

/* One access stepped by hand: need after need, with software in between. */
/** fx_begin - into a slot; the first need is in @f->need. */
void fx_begin(struct fx *f, const struct sv3_txn *txn);
/** fx_answer - answer the need from memory and step to the next. */
void fx_answer(struct fx *f);
/** fx_until - answer until the next need is for @unit. Returns: false if it was DONE first. */
bool fx_until(struct fx *f, enum sv3_unit unit);
/** fx_run - answer until DONE. Returns as fx_go(). The slot is still held. */
uint64_t fx_run(struct fx *f);
/** fx_land - the access is visible: the slot is free. */
void fx_land(struct fx *f);

#endif
