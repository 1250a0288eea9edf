/* SPDX-License-Identifier: MIT */
/*
 * machine.c - see machine.h.
 */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where things are. */
#define STRTAB   UINT64_C(0x40100000)
#define CONTEXT  UINT64_C(0x40110000)
#define EVTQ     UINT64_C(0x40120000)
#define CMDQ     UINT64_C(0x40130000)
#define TABLES   UINT64_C(0x40200000)
#define CMDQ_LG2 8u
#define EVTQ_LG2 8u

/* Longer than any pipe is busy with one access. */
#define REST_CYCLES UINT64_C(10000000)

#define TABLE_BIT     UINT64_C(3)
#define PAGE_BIT      UINT64_C(3)
#define BLOCK_BIT     UINT64_C(1)
#define ADDRESS_MASK  UINT64_C(0x0000fffffffff000)
#define LINK_SPAN_LG2 9u

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "tests/timing: %s\n", what);
	abort();
}

uint64_t machine_draw(struct sv3_prng *prng, uint64_t low, uint64_t high)
{
	return low + sv3_prng_below(prng, high - low + 1);
}

/* --- memory and registers --- */

uint64_t machine_peek(struct machine *m, sv3_pa pa)
{
	uint8_t bytes[8] = { 0 };

	must(!sv3_bus_read(&m->bus, pa, bytes, 8), "reads nowhere");
	return sv3_le64(bytes);
}

void machine_poke(struct machine *m, sv3_pa pa, uint64_t value)
{
	uint8_t bytes[8];

	sv3_put_le64(bytes, value);
	must(!sv3_bus_write(&m->bus, pa, bytes, 8), "writes nowhere");
}

static void set_reg(struct machine *m, uint32_t offset, uint32_t size, uint64_t value)
{
	m->port.ops->write(m->port.context, offset, size, value);
}

/* --- tables --- */

static unsigned int shift_of(unsigned int level)
{
	return 39 - 9 * level;
}

static sv3_pa new_table(struct machine *m)
{
	const sv3_pa pa = m->next_table;

	m->next_table += SV3_PAGE_SIZE;
	must(m->next_table <= MACHINE_DATA, "no room for tables");
	return pa;
}

static sv3_pa descriptor_of(struct machine *m, sv3_iova iova, unsigned int level)
{
	sv3_pa table = TABLES;

	for (unsigned int l = 0;; l++) {
		const sv3_pa pa = table + 8 * (iova >> shift_of(l) & 511);

		if (l == level)
			return pa;
		if (!machine_peek(m, pa))
			machine_poke(m, pa, new_table(m) | TABLE_BIT);
		table = machine_peek(m, pa) & ADDRESS_MASK;
	}
}

sv3_pa machine_map(struct machine *m, sv3_iova iova, unsigned int level, sv3_pa pa, uint64_t bits)
{
	const sv3_pa at = descriptor_of(m, iova, level);

	machine_poke(m, at, pa | bits | (level == 3 ? PAGE_BIT : BLOCK_BIT));
	return at;
}

sv3_pa machine_leaf(struct machine *m, sv3_iova iova)
{
	return descriptor_of(m, iova, 3);
}

void machine_map_pages(struct machine *m, sv3_iova iova, uint64_t count, uint64_t bits)
{
	const uint64_t data = MACHINE_RAM + MACHINE_RAM_SIZE - MACHINE_DATA;

	for (uint64_t i = 0; i < count; i++)
		(void)machine_map(m, iova + i * SV3_PAGE_SIZE, 3,
				  MACHINE_DATA + i * SV3_PAGE_SIZE % data, bits);
}

/* --- commands --- */

void machine_command(struct machine *m, uint64_t word0, uint64_t word1)
{
	const uint32_t mask = (1u << CMDQ_LG2) - 1;
	const sv3_pa at = CMDQ + (m->command_count & mask) * UINT64_C(16);

	machine_poke(m, at, word0);
	machine_poke(m, at + 8, word1);
	/* The wrap bit stands right above the index, so counting on flips it. [IHI0070 3.5.1] */
	m->command_count++;
	set_reg(m, SV3_REG_CMDQ_PROD, 4, m->command_count & (2 * mask + 1));
}

bool machine_commands_done(struct machine *m)
{
	const uint64_t cons = sv3_smmu_reg_read(m->smmu, SV3_REG_CMDQ_CONS, 4);

	return ((cons ^ m->command_count) & ((2u << CMDQ_LG2) - 1)) == 0;
}

void machine_forget(struct machine *m)
{
	machine_command(m, MACHINE_CFGI_ALL, 31);
	machine_command(m, MACHINE_TLBI_ALL, 0);
	machine_command(m, MACHINE_SYNC, 0);
	machine_rest(m);
	must(machine_commands_done(m), "CMD_SYNC never completes");
}

/* --- accesses --- */

static void write_data(struct machine *m, const struct sv3_timed_end *end)
{
	if (end->access.txn.write && end->access.len >= 8)
		machine_poke(m, end->result.pa, ++m->writes);
}

static void performed(void *context, const struct sv3_timed_end *end)
{
	struct machine *m = (struct machine *)context;

	write_data(m, end);
	if (m->on_performed)
		m->on_performed(m->context, end);
}

static void ended(void *context, const struct sv3_timed_end *end)
{
	struct machine *m = (struct machine *)context;

	m->end = *end;
	m->ended = sv3_timed_now(m->timed);
	m->ended_count++;
	if (m->on_end)
		m->on_end(m->context, end);
}

static void room(void *context)
{
	struct machine *m = (struct machine *)context;

	if (m->on_room)
		m->on_room(m->context);
}

struct sv3_timed_access machine_access(sv3_iova iova, bool write, uint32_t len)
{
	return (struct sv3_timed_access){
		.txn = { .iova = iova, .stream_id = MACHINE_SID, .write = write },
		.len = len,
	};
}

void machine_rest(struct machine *m)
{
	if (m->is_fast)
		return;
	sv3_timed_run(m->timed, SV3_CYCLE_NEVER);
	sv3_timed_run(m->timed, sv3_timed_now(m->timed) + REST_CYCLES);
}

static void go_fast(struct machine *m, const struct sv3_timed_access *access)
{
	m->end = (struct sv3_timed_end){ .access = *access };
	must(!sv3_translate(&m->fast, &access->txn, &m->end.result), "no slot");
	if (m->end.result.outcome == SV3_OUTCOME_OK)
		write_data(m, &m->end);
	sv3_fast_drain(&m->fast);
}

void machine_go(struct machine *m, sv3_iova iova, bool write, uint32_t len)
{
	const struct sv3_timed_access access = machine_access(iova, write, len);
	const uint64_t before = m->ended_count;

	if (m->is_fast) {
		go_fast(m, &access);
		return;
	}
	must(sv3_timed_issue(m->timed, &access) >= 0, "an idle machine is busy");
	machine_rest(m);
	must(m->ended_count == before + 1, "an access never ends");
}

/* --- descriptors that change under the hardware --- */

static enum sv3_bus_status read_bytes(void *context, sv3_pa pa, void *data, uint32_t size)
{
	return sv3_bus_read(&((struct machine *)context)->bus, pa, data, size);
}

static enum sv3_bus_status write_bytes(void *context, sv3_pa pa, const void *data, uint32_t size)
{
	return sv3_bus_write(&((struct machine *)context)->bus, pa, data, size);
}

/* A bit that is software's own is another, and memory stays as it is. */
static enum sv3_bus_status swap(void *context, sv3_pa pa, uint64_t expect, uint64_t desired,
				uint64_t *old)
{
	struct machine *m = (struct machine *)context;

	if (sv3_prng_below(&m->lost_prng, 1000) >= m->lost_permille)
		return sv3_bus_cas64(&m->bus, pa, expect, desired, old);
	*old = expect ^ SV3_BIT(55);
	return SV3_BUS_OK;
}

static const struct sv3_bus_ops changing = {
	.read = read_bytes,
	.write = write_bytes,
	.cas64 = swap,
};

/* --- making --- */

void machine_config(struct machine *m)
{
	*m = (struct machine){ .next_table = TABLES + SV3_PAGE_SIZE };
	sv3_smmu_config_default(&m->config);
	sv3_timing_default(&m->timing);
}

void machine_preset(struct machine *m, const char *name)
{
	machine_config(m);
	must(!sv3_timing_preset(name, &m->timing) && !sv3_timing_preset_smmu(name, &m->config),
	     "no such preset");
}

/* As the model tests boot it: linear stream table, stage 1, T0SZ 16, ASID 1, HA and HD. */
static void boot(struct machine *m)
{
	const uint64_t cd = 16 | UINT64_C(1) << 30 | UINT64_C(1) << 31 | UINT64_C(5) << 32 |
			    UINT64_C(1) << 41 | UINT64_C(3) << 42 | UINT64_C(3) << 45 |
			    UINT64_C(1) << 48;

	machine_poke(m, STRTAB + MACHINE_SID * 64, 1 | 5 << 1 | CONTEXT);
	machine_poke(m, CONTEXT + 8, TABLES);
	machine_poke(m, CONTEXT, cd);
	set_reg(m, SV3_REG_CR1, 4, 0xd75); /* write-back, inner shareable */
	set_reg(m, SV3_REG_STRTAB_BASE, 8, STRTAB);
	set_reg(m, SV3_REG_STRTAB_BASE_CFG, 4, 8); /* linear, 256 entries */
	set_reg(m, SV3_REG_CMDQ_BASE, 8, CMDQ | CMDQ_LG2);
	set_reg(m, SV3_REG_EVENTQ_BASE, 8, EVTQ | EVTQ_LG2);
	set_reg(m, SV3_REG_CR0, 4, 0xc); /* CMDQEN, EVENTQEN */
	set_reg(m, SV3_REG_CR0, 4, 0xd); /* and SMMUEN */
}

void machine_open(struct machine *m, uint64_t seed)
{
	static const struct sv3_ram_region region = { MACHINE_RAM, MACHINE_RAM_SIZE };
	const size_t size = (sv3_smmu_size(&m->config) + 63) & ~(size_t)63;
	struct sv3_timed_config config = {
		.timing = m->timing,
		.ops = { .performed = performed, .ended = ended, .room = room },
		.context = m,
		.seed = seed,
	};

	m->block = aligned_alloc(64, size);
	must(m->block && !sv3_ram_init(&m->ram, &region, 1), "out of memory");
	must(!sv3_smmu_init(m->block, size, &m->config, &m->smmu), "an SMMU is refused");
	m->bus = sv3_ram_bus(&m->ram);
	config.smmu = m->smmu;
	config.bus = m->lost_permille ? (struct sv3_bus){ &changing, m } : m->bus;
	sv3_prng_seed(&m->lost_prng, seed);
	if (m->is_fast) {
		m->fast = (struct sv3_fast){ .smmu = m->smmu, .bus = config.bus };
		m->port = sv3_fast_regport(&m->fast);
	} else {
		must(!sv3_timed_create(&config, &m->timed), "a timed runner is refused");
		m->port = sv3_timed_regport(m->timed);
	}
	boot(m);
}

void machine_close(struct machine *m)
{
	sv3_timed_destroy(m->timed);
	sv3_ram_fini(&m->ram);
	free(m->block);
}
