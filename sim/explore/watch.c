/* SPDX-License-Identifier: MIT */
/*
 * watch.c - see watch.h. The monitors are told of every step of software when it is taken, and of
 * devices and copies. A position is the number of a step.
 */
#include <sv3/arch.h>

#include "explore_priv.h"

/* Of monitors: one for each SMMU, or none. */
static uint32_t watch_count(const struct sv3_explore *x)
{
	return x->config.is_watched ? x->scenario->smmu_count : 0;
}

static enum sv3_bus_status peek_memory(void *context, sv3_pa pa, void *data, uint32_t size)
{
	const struct sv3_explore *x = (const struct sv3_explore *)context;

	return sv3__memory_read(x->memory, pa, data, size);
}

static uint64_t peek_register(void *context, uint32_t offset, uint32_t size)
{
	const struct sv3__watch_self *self = (const struct sv3__watch_self *)context;

	return sv3_smmu_reg_peek(self->x->smmus[self->smmu], offset, size);
}

static int make_monitors(struct sv3_explore *x, uint32_t smmu)
{
	static const struct sv3_bus_ops ops = { .read = peek_memory };
	struct sv3__watch *watch = &x->watches[smmu];
	const struct sv3_smmu_config *smmu_config = sv3_smmu_config(x->smmus[smmu]);
	const struct sv3_monitor_config config = {
		.memory = { &ops, x },
		.idr0 = smmu_config->idr0,
		.idr3 = smmu_config->idr3,
		.peek = peek_register,
		.context = &watch->self,
		.sync_is_read = true,
		.area_count = 1024,
		.owed_count = 4096,
		.finding_count = 64,
	};

	watch->self = (struct sv3__watch_self){ x, smmu };
	if (sv3_monitor_create(&config, &watch->monitor) < 0 ||
	    sv3_monitor_create(&config, &watch->first) < 0)
		return -SV3_ERR_NOMEM;
	return 0;
}

int sv3__watch_init(struct sv3_explore *x)
{
	for (uint32_t i = 0; i < watch_count(x); i++)
		if (make_monitors(x, i) < 0)
			return -SV3_ERR_NOMEM;
	return 0;
}

void sv3__watch_fini(struct sv3_explore *x)
{
	for (uint32_t i = 0; i < SV3_EXPLORE_SMMUS_MAX; i++) {
		sv3_monitor_destroy(x->watches[i].monitor);
		sv3_monitor_destroy(x->watches[i].first);
	}
}

void sv3__watch_remember(struct sv3_explore *x)
{
	for (uint32_t i = 0; i < watch_count(x); i++)
		if (sv3_monitor_copy(x->watches[i].first, x->watches[i].monitor) < 0)
			SV3_ASSERT(false && "both are of a size");
}

void sv3__watch_restart(struct sv3_explore *x)
{
	x->step_number = 0;
	for (uint32_t i = 0; i < watch_count(x); i++)
		if (sv3_monitor_copy(x->watches[i].monitor, x->watches[i].first) < 0)
			SV3_ASSERT(false && "both are of a size");
}

void sv3__watch_step(struct sv3_explore *x)
{
	x->step_number++;
	for (uint32_t i = 0; i < watch_count(x); i++)
		sv3_monitor_set_position(x->watches[i].monitor, x->step_number);
}

/* Software that waits for the message knows then what CMDQ_CONS says. [IHI0070 4.7.3] */
void sv3__watch_written(struct sv3_explore *x, sv3_pa pa)
{
	for (uint32_t i = 0; i < watch_count(x); i++) {
		const uint64_t base = sv3_smmu_reg_peek(x->smmus[i], SV3_REG_CMDQ_BASE, 8);
		const uint64_t bytes = (uint64_t)SV3_CMD_SIZE_BYTES
				       << SV3_GET(SV3_QUEUE_BASE_LOG2SIZE, base);

		if (pa - (base & SV3_QUEUE_BASE_ADDR) < bytes)
			sv3_monitor_reg_read(x->watches[i].monitor, SV3_REG_CMDQ_CONS, 4,
					     sv3_smmu_reg_peek(x->smmus[i], SV3_REG_CMDQ_CONS, 4));
	}
}

void sv3__watch_translated(struct sv3_explore *x, uint32_t smmu, const struct sv3_txn *txn,
			   const struct sv3_result *result)
{
	if (x->config.is_watched)
		sv3_monitor_translated(x->watches[smmu].monitor, txn, result);
}

void sv3__watch_landed(struct sv3_explore *x, uint32_t smmu, uint32_t stream_id, sv3_iova iova,
		       sv3_pa pa)
{
	if (x->config.is_watched)
		sv3_monitor_landed(x->watches[smmu].monitor, stream_id, iova, pa);
}

void sv3__watch_stored(struct sv3_explore *x, sv3_pa pa, uint64_t before, uint64_t now)
{
	for (uint32_t i = 0; i < watch_count(x); i++)
		if (before != now)
			sv3_monitor_store(x->watches[i].monitor, pa, before, now);
}

void sv3__watch_reg_read(struct sv3_explore *x, uint32_t smmu, uint32_t offset, uint32_t size,
			 uint64_t value)
{
	if (x->config.is_watched)
		sv3_monitor_reg_read(x->watches[smmu].monitor, offset, size, value);
}

void sv3__watch_reg_write(struct sv3_explore *x, uint32_t smmu, uint32_t offset, uint32_t size,
			  uint64_t value)
{
	if (x->config.is_watched)
		sv3_monitor_reg_write(x->watches[smmu].monitor, offset, size, value);
}

void sv3__watch_copied(struct sv3_explore *x, uint32_t page)
{
	for (uint32_t i = 0; i < watch_count(x); i++)
		sv3_monitor_copied(x->watches[i].monitor, SV3_EXPLORE_DATA + 4096 * (uint64_t)page,
				   4096);
}

void sv3__watch_reused(struct sv3_explore *x, uint64_t pages)
{
	for (uint32_t i = 0; i < watch_count(x); i++)
		for (uint32_t page = 0; page < SV3_EXPLORE_PAGES_MAX; page++)
			if (pages >> page & 1)
				sv3_monitor_freed(x->watches[i].monitor,
						  SV3_EXPLORE_DATA + 4096 * (uint64_t)page, 4096);
}

void sv3__watch_end(struct sv3_explore *x)
{
	char text[SV3_EXPLORE_TEXT_CHARS];

	for (uint32_t i = 0; i < watch_count(x); i++) {
		const struct sv3_monitor_finding *finding;

		sv3_monitor_finish(x->watches[i].monitor);
		finding = sv3_monitor_finding(x->watches[i].monitor, 0);
		if (!finding)
			continue;
		sv3_monitor_describe(finding, text, sizeof(text));
		sv3__breaks(x, SV3_EXPLORE_OWED, 0, "%s", text);
	}
}

const struct sv3_monitor *sv3_explore_monitor(const struct sv3_explore *x, uint32_t smmu)
{
	return smmu < SV3_EXPLORE_SMMUS_MAX ? x->watches[smmu].monitor : NULL;
}
