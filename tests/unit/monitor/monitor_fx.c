/* SPDX-License-Identifier: MIT */
/*
 * monitor_fx.c - see there.
 */
#include "monitor_fx.h"

const struct mon_config mon_plain;

static uint64_t reg_read(void *context, uint32_t offset, uint32_t size)
{
	struct mon *fx = (struct mon *)context;

	(void)size;
	return offset == FX_CONS_REG ? fx->cons : fx->regs[offset / 4];
}

static void reg_write(void *context, uint32_t offset, uint32_t size, uint64_t value)
{
	struct mon *fx = (struct mon *)context;

	fx->regs[offset / 4] = value & UINT32_MAX;
	if (size == 8)
		fx->regs[offset / 4 + 1] = value >> 32;
	if (offset == FX_CR0)
		fx->regs[0x24 / 4] = value; /* CR0ACK */
}

static bool reg_poll(void *context)
{
	(void)context;
	return false;
}

static uint64_t peek(void *context, uint32_t offset, uint32_t size)
{
	struct mon *fx = (struct mon *)context;
	const uint64_t low = reg_read(fx, offset, 4);

	return size == 8 ? low | fx->regs[offset / 4 + 1] << 32 : low;
}

static uint64_t position(void *context)
{
	return ((struct mon *)context)->steps;
}

static void boot(struct mon *fx, bool ats)
{
	const sv3_pa ste = FX_STRTAB + 64 * FX_SID, cd = FX_CDS + 64 * FX_SID;

	mon_write_reg(fx, 0x80, 8, FX_STRTAB);
	mon_write_reg(fx, 0x88, 4, 4); /* linear, 2^4 */
	mon_write_reg(fx, 0x90, 8, FX_QUEUE | 4);
	mon_write_reg(fx, FX_PROD_REG, 4, 0);
	mon_store(fx, cd,
		  UINT64_C(16) | 1u << 30 | UINT64_C(1) << 31 | UINT64_C(5) << 32 |
			  UINT64_C(1) << 41 | FX_ASID << 48);
	mon_store(fx, cd + 8, FX_L0);
	mon_store(fx, cd + 24, 0xff);
	mon_store(fx, ste + 8, ats ? UINT64_C(1) << 28 : 0);
	mon_store(fx, ste, cd | 5u << 1 | 1u);
	mon_store(fx, FX_L0, FX_TABLE(FX_L1));
	mon_store(fx, FX_L1, FX_TABLE(FX_L2));
	mon_store(fx, FX_L2, FX_TABLE(FX_L3));
	mon_write_reg(fx, FX_CR0, 4, 1u << 3);
	mon_write_reg(fx, FX_CR0, 4, 1u << 3 | 1u);
}

struct mon *mon_open(const struct mon_config *config)
{
	static const struct sv3_regport_ops ops = { reg_read, reg_write, reg_poll };
	struct mon *fx = (struct mon *)calloc(1, sizeof(*fx));
	struct sv3_monitor_config monitor = {
		.idr3 = config->bbml << 11,
		.peek = peek,
		.position = position,
		.context = fx,
		.stores_are_hidden = config->hidden,
		.sync_is_read = config->sync_is_read,
		.area_count = 64,
		.owed_count = config->owed_count ? config->owed_count : 256,
		.finding_count = config->finding_count,
	};

	test_ram_add(&fx->ram, FX_STRTAB, 0x20000);
	monitor.memory = test_ram_bus(&fx->ram);
	if (sv3_monitor_create(&monitor, &fx->monitor)) {
		ctest_fail(__FILE__, __LINE__, "no monitor");
		return fx;
	}
	fx->bus_door = (struct sv3_monitor_bus){ fx->monitor, monitor.memory };
	fx->bus = config->hidden ? monitor.memory : sv3_monitor_bus(&fx->bus_door);
	fx->port_door = (struct sv3_monitor_port){ fx->monitor, { &ops, fx } };
	fx->port = sv3_monitor_port(&fx->port_door);
	boot(fx, config->ats);
	mon_map(fx, 1);
	return fx;
}

void mon_close(struct mon *fx)
{
	sv3_monitor_destroy(fx->monitor);
	test_ram_fini(&fx->ram);
	free(fx);
}

/* --- software --- */

void mon_store(struct mon *fx, sv3_pa pa, uint64_t value)
{
	uint8_t bytes[8];

	fx->steps++;
	sv3_put_le64(bytes, value);
	if (sv3_bus_write(&fx->bus, pa, bytes, 8) != SV3_BUS_OK)
		ctest_fail(__FILE__, __LINE__, "store to 0x%llx", (unsigned long long)pa);
}

uint64_t mon_load(const struct mon *fx, sv3_pa pa)
{
	return test_ram_peek(&fx->ram, pa);
}

void mon_write_reg(struct mon *fx, uint32_t offset, uint32_t size, uint64_t value)
{
	fx->steps++;
	fx->port.ops->write(fx->port.context, offset, size, value);
}

void mon_push(struct mon *fx, uint64_t dw0, uint64_t dw1)
{
	const sv3_pa pa = FX_QUEUE + 16 * (uint64_t)(fx->prod & 15);

	mon_store(fx, pa, dw0);
	mon_store(fx, pa + 8, dw1);
	fx->prod = (fx->prod + 1) & 31;
}

void mon_ring(struct mon *fx)
{
	mon_write_reg(fx, FX_PROD_REG, 4, fx->prod);
}

void mon_consume(struct mon *fx)
{
	fx->cons = fx->prod;
}

void mon_look(struct mon *fx)
{
	fx->steps++;
	(void)fx->port.ops->read(fx->port.context, FX_CONS_REG, 4);
}

void mon_tlbi(struct mon *fx, uint64_t iova)
{
	mon_push(fx, 0x12 | FX_ASID << 48, iova | 1);
}

void mon_tlbi_range(struct mon *fx, uint64_t iova, uint64_t pages)
{
	mon_push(fx, 0x12 | (pages - 1) << 12 | FX_ASID << 48, iova | 1u << 10 | 1);
}

void mon_sync(struct mon *fx)
{
	mon_push(fx, 0x46, 0);
}

void mon_cfgi_ste(struct mon *fx, uint32_t stream_id)
{
	mon_push(fx, 0x03 | (uint64_t)stream_id << 32, 1);
}

void mon_cfgi_cd(struct mon *fx, uint32_t stream_id)
{
	mon_push(fx, 0x05 | (uint64_t)stream_id << 32, 1);
}

void mon_atc_inv(struct mon *fx, uint32_t stream_id, uint64_t iova)
{
	mon_push(fx, 0x40 | (uint64_t)stream_id << 32, iova);
}

void mon_sync_wait(struct mon *fx)
{
	mon_sync(fx);
	mon_ring(fx);
	mon_consume(fx);
	mon_look(fx);
}

void mon_clean(struct mon *fx, uint64_t page)
{
	mon_store(fx, FX_L3 + 8 * page, FX_CLEAN(FX_DATA + (page << 12)));
}

void mon_copy(struct mon *fx, uint64_t page)
{
	fx->steps++;
	sv3_monitor_copied(fx->monitor, FX_DATA + (page << 12), 4096);
}

/* --- devices --- */

void mon_dma(struct mon *fx, uint64_t iova, uint64_t pa, bool hit)
{
	const struct sv3_txn txn = { .iova = iova, .stream_id = FX_SID, .write = true };
	const struct sv3_result result = { .pa = pa,
					   .flags = hit ? SV3_RESULT_TLB_HIT : 0,
					   .span_lg2 = 12 };

	fx->steps++;
	sv3_monitor_translated(fx->monitor, &txn, &result);
	sv3_monitor_landed(fx->monitor, FX_SID, iova, pa);
}

void mon_map(struct mon *fx, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++) {
		const uint64_t pa = FX_DATA + (i << 12);

		mon_store(fx, FX_L3 + 8 * i, FX_DIRTY(pa));
		mon_dma(fx, i << 12, pa, false);
	}
}

/* --- findings --- */

uint64_t mon_count(const struct mon *fx, enum sv3_monitor_rule rule)
{
	const struct sv3_monitor_finding *finding;
	uint64_t count = 0;

	for (uint32_t i = 0; (finding = sv3_monitor_finding(fx->monitor, i)); i++)
		count += finding->rule == rule ? finding->count : 0;
	return count;
}

uint64_t mon_findings(const struct mon *fx)
{
	uint64_t count = 0;

	for (unsigned int rule = 1; rule < SV3_MONITOR_RULE_COUNT; rule++)
		count += mon_count(fx, (enum sv3_monitor_rule)rule);
	return count;
}
