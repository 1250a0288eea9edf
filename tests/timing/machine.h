/* SPDX-License-Identifier: MIT */
/*
 * machine.h - an SMMU, its timed runner and RAM; software that encodes everything by hand.
 *
 * Software here takes no time: it pokes memory and registers between two events. Structures,
 * descriptors and commands are shifts and literals, as in the model tests, so that neither a
 * builder nor the driver of the library can hide a mistake. One stream, one table: 4 KiB granule,
 * four levels.
 */
#ifndef SV3_TESTS_TIMING_MACHINE_H
#define SV3_TESTS_TIMING_MACHINE_H

#include <sv3/arch.h>
#include <sv3/prng.h>
#include <sv3/sim.h>
#include <sv3/timed.h>

#define MACHINE_RAM      UINT64_C(0x40000000)
#define MACHINE_RAM_SIZE UINT64_C(0x04000000)
#define MACHINE_DATA     UINT64_C(0x42000000) /* 32 MiB: where leaves point to */
#define MACHINE_SID      0x10u
#define MACHINE_IOVA     UINT64_C(0x0000010000000000)

/* Stage-1 leaves, accessed and non-global. [DDI0487 D8.3] */
#define MACHINE_AP2   (UINT64_C(1) << 7)
#define MACHINE_AF    (UINT64_C(1) << 10)
#define MACHINE_DBM   (UINT64_C(1) << 51)
#define MACHINE_LEAF  (MACHINE_AF | UINT64_C(1) << 11 | UINT64_C(1) << 6) /* nG, AP[1] */
#define MACHINE_RW    MACHINE_LEAF
#define MACHINE_RO    (MACHINE_LEAF | MACHINE_AP2)
#define MACHINE_CLEAN (MACHINE_LEAF | MACHINE_DBM | MACHINE_AP2)

/* Commands, doubleword 0. [IHI0070 4] */
#define MACHINE_TLBI_NH_VA UINT64_C(0x0001000000000012) /* ASID 1 */
#define MACHINE_TLBI_ALL   UINT64_C(0x30)
#define MACHINE_CFGI_ALL   UINT64_C(0x04)
#define MACHINE_SYNC       UINT64_C(0x46)

struct machine {
	struct sv3_smmu_config config;
	struct sv3_timing timing;
	struct sv3_ram ram;
	struct sv3_bus bus;
	void *block;
	struct sv3_smmu *smmu;
	bool is_fast;            /* no time: the fast runner in its stead */
	struct sv3_timed *timed; /* NULL: @is_fast */
	struct sv3_fast fast;
	struct sv3_regport port;
	sv3_pa next_table;
	uint32_t command_count; /* pushed */
	/* So many of 1,000 swaps of the hardware find a descriptor that software has changed. */
	uint32_t lost_permille;
	struct sv3_prng lost_prng;
	uint64_t writes; /* performed: a write leaves its number in memory */
	/* Of the access that ended last. */
	struct sv3_timed_end end;
	sv3_cycle ended;
	uint64_t ended_count;
	/* Of a test that wants to hear more; NULL: nobody. */
	void (*on_end)(void *context, const struct sv3_timed_end *end);
	void (*on_performed)(void *context, const struct sv3_timed_end *end);
	void (*on_room)(void *context);
	void *context;
};

/** machine_config - the default SMMU and the preset "server"; a test changes them before
 *  machine_open(). */
void machine_config(struct machine *m);
/** machine_preset - the same of a preset. */
void machine_preset(struct machine *m, const char *name);
/** machine_open - booted: one stream with HA and HD, an empty table, nothing cached. Ends the
 *  program if that cannot be. @seed: of the runner */
void machine_open(struct machine *m, uint64_t seed);
void machine_close(struct machine *m);

uint64_t machine_peek(struct machine *m, sv3_pa pa);
void machine_poke(struct machine *m, sv3_pa pa, uint64_t value);
/** machine_map - a leaf at @level; tables above are made. Returns: where it is. */
sv3_pa machine_map(struct machine *m, sv3_iova iova, unsigned int level, sv3_pa pa, uint64_t bits);
/** machine_leaf - where the page descriptor of @iova is; tables above are made. */
sv3_pa machine_leaf(struct machine *m, sv3_iova iova);
/** machine_map_pages - @count pages from @iova on, all to pages of MACHINE_DATA. */
void machine_map_pages(struct machine *m, sv3_iova iova, uint64_t count, uint64_t bits);

/** machine_command - into the queue, and rung. It takes effect when its time has come. */
void machine_command(struct machine *m, uint64_t word0, uint64_t word1);
/** machine_commands_done - all that were pushed are consumed. */
bool machine_commands_done(struct machine *m);
/** machine_forget - all that is cached is invalidated; the clock goes on until that is done. */
void machine_forget(struct machine *m);

struct sv3_timed_access machine_access(sv3_iova iova, bool write, uint32_t len);
/** machine_go - one access of an idle machine, to its end and until all is idle again. What became
 *  of it, and when, is in @m->end and @m->ended. */
void machine_go(struct machine *m, sv3_iova iova, bool write, uint32_t len);
/** machine_rest - until nothing happens any more, and every pipe is empty. */
void machine_rest(struct machine *m);

/** machine_draw - uniform in [low, high]. */
uint64_t machine_draw(struct sv3_prng *prng, uint64_t low, uint64_t high);

#endif
