/* SPDX-License-Identifier: MIT */
/*
 * monitor_fx.h - a driver by hand in front of a monitor: memory, a register file that obeys, and a
 * queue that is consumed when the test says so. Everything is encoded by hand.
 *
 *	0x10000  Stream table, linear, 16 STEs
 *	0x11000  CDs, one for each stream
 *	0x12000  command queue, 16 commands
 *	0x20000  table of level 0, 0x21000 of level 1, 0x22000 of level 2, 0x23000 of level 3:
 *	         page n of it is mapped to 0x800000 + 0x1000 * n
 */
#ifndef SV3_TEST_MONITOR_FX_H
#define SV3_TEST_MONITOR_FX_H

#include "ctest.h"
#include "test_ram.h"

#include <sv3/monitor.h>

#define FX_STRTAB UINT64_C(0x10000)
#define FX_CDS    UINT64_C(0x11000)
#define FX_QUEUE  UINT64_C(0x12000)
#define FX_L0     UINT64_C(0x20000)
#define FX_L1     UINT64_C(0x21000)
#define FX_L2     UINT64_C(0x22000)
#define FX_L3     UINT64_C(0x23000)
#define FX_DATA   UINT64_C(0x800000)
#define FX_SID    5u
#define FX_ASID   UINT64_C(7)

/* A page: valid, AF, SH = 3, nG, DBM; writable-dirty, or with AP[2] writable-clean. */
#define FX_DIRTY(pa) ((pa) | 3u | 3u << 8 | 1u << 10 | 1u << 11 | UINT64_C(1) << 51)
#define FX_CLEAN(pa) (FX_DIRTY(pa) | 1u << 7)
#define FX_TABLE(pa) ((pa) | 3u)
/* A block of level 2. */
#define FX_BLOCK(pa) (FX_DIRTY(pa) & ~UINT64_C(2))
#define FX_NT        (UINT64_C(1) << 16)

#define FX_CR0      0x20u
#define FX_PROD_REG 0x98u
#define FX_CONS_REG 0x9cu

struct mon {
	struct test_ram ram;
	struct sv3_monitor *monitor;
	struct sv3_monitor_bus bus_door;
	struct sv3_monitor_port port_door;
	struct sv3_bus bus;
	struct sv3_regport port;
	uint64_t regs[0x200 / 4]; /* by offset / 4, a half each */
	uint32_t prod, cons;
	uint64_t steps; /* the position */
};

/** What may differ from one test to the next. */
struct mon_config {
	unsigned int bbml;
	bool hidden; /* the monitor does not see stores */
	bool ats;
	bool sync_is_read;
	uint32_t owed_count, finding_count;
};

/** Nothing differs. */
extern const struct mon_config mon_plain;

/** Booted, enabled, with stream FX_SID and one page, 0, that a device used. */
struct mon *mon_open(const struct mon_config *config);
void mon_close(struct mon *fx);

/** A store of a doubleword by software. */
void mon_store(struct mon *fx, sv3_pa pa, uint64_t value);
uint64_t mon_load(const struct mon *fx, sv3_pa pa);
void mon_write_reg(struct mon *fx, uint32_t offset, uint32_t size, uint64_t value);
/** A command into the queue, not rung. */
void mon_push(struct mon *fx, uint64_t dw0, uint64_t dw1);
void mon_ring(struct mon *fx);
/** The hardware consumes all of the queue. */
void mon_consume(struct mon *fx);
/** Software looks at CMDQ_CONS. */
void mon_look(struct mon *fx);

/* Commands, pushed. */
void mon_tlbi(struct mon *fx, uint64_t iova);
void mon_tlbi_range(struct mon *fx, uint64_t iova, uint64_t pages);
void mon_sync(struct mon *fx);
void mon_cfgi_ste(struct mon *fx, uint32_t stream_id);
void mon_cfgi_cd(struct mon *fx, uint32_t stream_id);
void mon_atc_inv(struct mon *fx, uint32_t stream_id, uint64_t iova);
/** CMD_SYNC, rung, consumed and looked at. */
void mon_sync_wait(struct mon *fx);

/** A page of level 3 becomes writable-clean. */
void mon_clean(struct mon *fx, uint64_t page);
/** Software copies what a page of level 3 is mapped to. */
void mon_copy(struct mon *fx, uint64_t page);

/** A device's write comes out at @pa; @hit: by the TLB. */
void mon_dma(struct mon *fx, uint64_t iova, uint64_t pa, bool hit);
/** Pages 0 and up of level 3, mapped dirty and used by the device. */
void mon_map(struct mon *fx, uint64_t pages);

/** How often a rule was broken, so far. */
uint64_t mon_count(const struct mon *fx, enum sv3_monitor_rule rule);
/** All findings. */
uint64_t mon_findings(const struct mon *fx);

#endif
