/* SPDX-License-Identifier: MIT */
/*
 * hw.c - the machine behind hw.h: RAM, sv3's SMMU on the fast runner, a doorbell for messages of
 * interrupts.
 *
 * Every access runs what the hardware has to do before it returns, unless the machine is lazy:
 * then commands wait in their queue until software reads a register or waits.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sv3/arch.h>

#include "host.h"

struct host_machine host_machine;

/* --- the bus: RAM, and the doorbell --- */

static void raise(unsigned int irq)
{
	__atomic_fetch_or(&host_machine.raised, 1u << irq, __ATOMIC_RELEASE);
}

static enum sv3_bus_status bus_read(void *context, sv3_pa pa, void *data, uint32_t size)
{
	return sv3_bus_read((struct sv3_bus *)context, pa, data, size);
}

static enum sv3_bus_status bus_write(void *context, sv3_pa pa, const void *data, uint32_t size)
{
	if (pa == HW_DOORBELL) {
		host_machine.messages++;
		if (*(const uint8_t *)data < HW_IRQ_COUNT)
			raise(*(const uint8_t *)data);
		return SV3_BUS_OK;
	}
	host_stores_written(pa, data, size);
	host_monitor_written(pa);
	return sv3_bus_write((struct sv3_bus *)context, pa, data, size);
}

static enum sv3_bus_status bus_cas64(void *context, sv3_pa pa, uint64_t expect, uint64_t desired,
				     uint64_t *old)
{
	const enum sv3_bus_status status =
		sv3_bus_cas64((struct sv3_bus *)context, pa, expect, desired, old);

	if (status == SV3_BUS_OK && *old == expect)
		host_stores_swapped(pa, expect, desired);
	return status;
}

static const struct sv3_bus_ops bus_ops = {
	.read = bus_read,
	.write = bus_write,
	.cas64 = bus_cas64,
};

/* --- life --- */

static void hear_wire(void *context, enum sv3_irq irq)
{
	static const enum hw_irq irqs[SV3_IRQ_COUNT] = {
		[SV3_IRQ_EVENTQ] = HW_IRQ_EVENTQ,
		[SV3_IRQ_GERROR] = HW_IRQ_GERROR,
		[SV3_IRQ_CMD_SYNC] = HW_IRQ_SYNC,
		[SV3_IRQ_PRIQ] = HW_IRQ_PRIQ,
	};

	(void)context;
	if (irq != SV3_IRQ_PMCG)
		raise(irqs[irq]);
}

static bool hear_resumed(void *context, uint32_t slot, const struct sv3_result *result)
{
	(void)context;
	(void)slot;
	host_machine.resumed = *result;
	host_machine.has_resumed = true;
	return false;
}

void hw_config_default(struct hw_config *config)
{
	struct sv3_smmu_config smmu;

	SV3_ASSERT(!sv3_smmu_profile("linux", &smmu));
	*config = (struct hw_config){
		.idr0 = smmu.idr0,
		.idr1 = smmu.idr1,
		.idr3 = smmu.idr3,
		.idr5 = smmu.idr5,
		.aidr = smmu.aidr,
		.tlb_entries = smmu.tlb_entries,
		.walk_cache_entries = smmu.walk_cache_entries,
		.config_cache_entries = smmu.config_cache_entries,
		.config_fetch_bytes = smmu.config_fetch_bytes,
	};
}

static void fill_config(const struct hw_config *config, struct sv3_smmu_config *smmu)
{
	const char *why;

	SV3_ASSERT(!sv3_smmu_profile("linux", smmu));
	smmu->idr0 = config->idr0;
	smmu->idr1 = config->idr1;
	smmu->idr3 = config->idr3;
	smmu->idr5 = config->idr5;
	smmu->aidr = config->aidr;
	smmu->tlb_entries = config->tlb_entries;
	smmu->walk_cache_entries = config->walk_cache_entries;
	smmu->config_cache_entries = config->config_cache_entries;
	smmu->config_fetch_bytes = config->config_fetch_bytes;
	if (sv3_smmu_config_check(smmu, &why)) {
		printf("FAIL %s: no such hardware: %s\n", host_case_name, why);
		exit(HOST_EXIT_FAILED);
	}
}

void hw_create(const struct hw_config *config)
{
	struct sv3_smmu_config smmu;
	size_t size;

	host_memory_init();
	fill_config(config, &smmu);
	size = (sv3_smmu_size(&smmu) + 63) & ~(size_t)63;
	SV3_ASSERT(!sv3_smmu_init(aligned_alloc(64, size), size, &smmu, &host_machine.smmu));
	host_machine.lazy = config->lazy;
	host_machine.fast = (struct sv3_fast){
		.smmu = host_machine.smmu,
		.bus = { .ops = &bus_ops, .context = &host_machine.memory },
		.endpoint = { .ops = &host_endpoint_ops },
	};
	host_monitor_create(&smmu);
	sv3_fast_set_interrupt(&host_machine.fast, hear_wire, NULL);
	sv3_fast_set_resumed(&host_machine.fast, hear_resumed, NULL);
}

/* --- registers --- */

static bool drain(void)
{
	return !host_machine.frozen && sv3_fast_drain(&host_machine.fast);
}

void hw_freeze(_Bool frozen)
{
	host_machine.frozen = frozen;
}

/* What was raised is taken where software would be interrupted: behind its access. */
static void interrupt(void)
{
	if (seam_interrupts && __atomic_load_n(&host_machine.raised, __ATOMIC_ACQUIRE))
		seam_interrupts();
}

static void enter(void)
{
	host_lock();
	host_monitor_enter();
}

static void leave(void)
{
	host_monitor_leave();
	host_unlock();
	interrupt();
}

unsigned long long hw_reg_read(unsigned int offset, unsigned int size)
{
	unsigned long long value;

	enter();
	drain();
	value = sv3_smmu_reg_read(host_machine.smmu, offset, size);
	drain();
	host_monitor_reg_read(offset, size, value);
	leave();
	return value;
}

void hw_reg_write(unsigned int offset, unsigned int size, unsigned long long value)
{
	enter();
	if (offset == SV3_REG_CMDQ_PROD)
		host_commands_submitted((uint32_t)value);
	host_monitor_reg_write(offset, size, value);
	sv3_smmu_reg_write(host_machine.smmu, offset, size, value);
	if (!host_machine.lazy)
		drain();
	leave();
}

_Bool hw_step(void)
{
	bool ran;

	enter();
	ran = drain();
	leave();
	return ran;
}

/* --- DMA --- */

static enum hw_outcome outcome_of(const struct sv3_result *result)
{
	switch (result->outcome) {
	case SV3_OUTCOME_OK:
		return HW_OK;
	case SV3_OUTCOME_RAZ_WI:
		return HW_RAZ_WI;
	case SV3_OUTCOME_STALLED:
		return HW_STALLED;
	default:
		return HW_ABORT;
	}
}

/* The access itself, once it was translated. */
static enum hw_outcome move(struct hw_dma *dma)
{
	uint8_t bytes[8];
	enum sv3_bus_status status;

	if (dma->write) {
		sv3_put_le64(bytes, dma->value);
		status = bus_write(&host_machine.memory, dma->pa, bytes, 8);
	} else {
		status = sv3_bus_read(&host_machine.memory, dma->pa, bytes, 8);
		dma->value = status == SV3_BUS_OK ? sv3_le64(bytes) : 0;
	}
	return status == SV3_BUS_OK ? HW_OK : HW_ABORT;
}

enum hw_outcome hw_dma(struct hw_dma *dma)
{
	const struct sv3_txn txn = {
		.iova = dma->iova,
		.stream_id = dma->stream_id,
		.substream_valid = dma->pasid != HW_NO_PASID,
		.substream_id = dma->pasid != HW_NO_PASID ? dma->pasid : 0,
		.write = dma->write,
	};
	struct sv3_result result;
	enum hw_outcome outcome;
	int rc;

	enter();
	rc = sv3_translate(&host_machine.fast, &txn, &result);
	outcome = rc ? HW_BUSY : outcome_of(&result);
	if (!rc)
		host_monitor_translated(&txn, &result);
	dma->pa = result.pa;
	dma->event = result.event;
	dma->tlb_hit = (result.flags & SV3_RESULT_TLB_HIT) != 0;
	dma->made_dirty = (result.flags & SV3_RESULT_DIRTY_SET) != 0;
	if (outcome == HW_OK)
		outcome = move(dma);
	if (outcome == HW_OK && dma->write && !txn.substream_valid)
		host_monitor_landed(dma->stream_id, dma->iova, dma->pa);
	if (!host_machine.lazy)
		drain();
	leave();
	return outcome;
}

enum hw_outcome hw_resumed(unsigned long long *pa)
{
	if (!host_machine.has_resumed)
		return HW_STALLED;
	host_machine.has_resumed = false;
	*pa = host_machine.resumed.pa;
	return outcome_of(&host_machine.resumed);
}

/* --- interrupts and counters --- */

unsigned int hw_irq_take(void)
{
	return __atomic_exchange_n(&host_machine.raised, 0, __ATOMIC_ACQ_REL);
}

unsigned long hw_irq_messages(void)
{
	return host_machine.messages;
}

void hw_counts(struct hw_counts *counts)
{
	const struct sv3_smmu_stats *stats = sv3_smmu_stats(host_machine.smmu);

	*counts = (struct hw_counts){
		.events_written = stats->events_written,
		.events_dropped = stats->events_dropped,
		.made_dirty = stats->httu_dirty,
		.software_errors = stats->software_errors,
		.commands = stats->commands,
		.faults = stats->faults,
	};
}
