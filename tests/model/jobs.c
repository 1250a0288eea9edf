/* SPDX-License-Identifier: MIT */
/* jobs.c - see jobs.h. */
#include "tests/model/jobs.h"

#include <stdlib.h>
#include <string.h>

#define RUNS_MAX 10000u

void jobs_config(struct sv3_smmu_config *config, unsigned int stall_max)
{
	sv3_smmu_config_default(config);
	config->slot_count = JOBS_SLOTS;
	config->idr0 &= ~(3u << 24); /* STALL_MODEL: both */
	config->idr5 |= stall_max << 16;
}

void jobs_full_config(struct sv3_smmu_config *config)
{
	jobs_config(config, 4);
	/* S2P, Hyp, ATS, SEV, PRI, VMW, VMID16 */
	config->idr0 |= 1u << 0 | 1u << 9 | 1u << 10 | 1u << 14 | 7u << 16;
	config->idr1 |= 8u << 11;          /* PRIQS */
	config->idr3 |= 1u << 4 | 1u << 8; /* XNX, FWB */
}

struct jobs jobs_start(struct fx *f, const struct sv3_smmu_config *config, unsigned int flags)
{
	fx_power_on(f, config);
	fx_boot(f, flags);
	return (struct jobs){ .f = f };
}

void jobs_stall_cd(struct fx *f, unsigned int flags)
{
	fx_cd(f, FX_CD, fx_cd0(12, 16, flags) | FX_CD_S, f->ttb0, 0);
}

static void answer(struct jobs *jobs, const struct sv3_need *need, struct sv3_reply *reply)
{
	memset(reply, 0, sizeof(*reply));
	switch (need->kind) {
	case SV3_NEED_READ:
		reply->status = sv3_bus_read(&jobs->f->bus, need->pa, reply->data, need->size);
		break;
	case SV3_NEED_WRITE:
		reply->status = sv3_bus_write(&jobs->f->bus, need->pa, need->data, need->size);
		break;
	case SV3_NEED_CAS64:
		reply->status = sv3_bus_cas64(&jobs->f->bus, need->pa, need->expect, need->desired,
					      &reply->old);
		break;
	case SV3_NEED_SEV:
		jobs->sev_count++;
		break;
	case SV3_NEED_IRQ:
		jobs->irq_count[need->irq]++;
		break;
	case SV3_NEED_ATC_INV:
	case SV3_NEED_PRI_RESP:
		if (need->unit != SV3_UNIT_ATS)
			ctest_fail(__FILE__, __LINE__, "a message by unit %d", (int)need->unit);
		if (jobs->message_count == JOBS_MESSAGES)
			abort();
		jobs->kinds[jobs->message_count] = need->kind;
		jobs->messages[jobs->message_count++] = need->ats;
		if (need->kind == SV3_NEED_ATC_INV)
			reply->status = jobs->atc_status;
		break;
	default:
		ctest_fail(__FILE__, __LINE__, "a need of kind %d", (int)need->kind);
		abort();
	}
}

static void run_slot(struct jobs *jobs, uint32_t slot)
{
	struct sv3_need need;
	struct sv3_reply reply;

	sv3_smmu_step(jobs->f->smmu, slot, NULL, &need);
	for (unsigned int i = 0; need.kind != SV3_NEED_DONE && need.kind != SV3_NEED_WAIT; i++) {
		if (i == RUNS_MAX)
			abort();
		answer(jobs, &need, &reply);
		sv3_smmu_step(jobs->f->smmu, slot, &reply, &need);
	}
	if (slot < JOBS_SLOTS)
		jobs->last[slot] = need.kind;
}

void jobs_run(struct jobs *jobs)
{
	uint32_t slot;

	for (unsigned int i = 0; sv3_smmu_next_ready(jobs->f->smmu, &slot); i++) {
		if (i == RUNS_MAX) {
			ctest_fail(__FILE__, __LINE__, "jobs without end");
			abort();
		}
		run_slot(jobs, slot);
	}
}

uint32_t jobs_begin(struct jobs *jobs, const struct sv3_txn *txn)
{
	uint32_t slot;

	if (sv3_smmu_begin(jobs->f->smmu, txn, &slot)) {
		ctest_fail(__FILE__, __LINE__, "no slot");
		abort();
	}
	run_slot(jobs, slot);
	return slot;
}

void jobs_reg(struct jobs *jobs, uint32_t offset, uint32_t value)
{
	sv3_smmu_reg_write(jobs->f->smmu, offset, 4, value);
	jobs_run(jobs);
}

void jobs_cmd(struct jobs *jobs, uint64_t word0, uint64_t word1)
{
	uint32_t prod = (uint32_t)sv3_smmu_reg_read(jobs->f->smmu, SV3_REG_CMDQ_PROD, 4);
	uint32_t size = 1u << jobs->f->cmdq_lg2;

	fx_poke(jobs->f, FX_CMDQ + (prod & (size - 1)) * 16, word0);
	fx_poke(jobs->f, FX_CMDQ + (prod & (size - 1)) * 16 + 8, word1);
	jobs_reg(jobs, SV3_REG_CMDQ_PROD, (prod + 1) & (2 * size - 1));
}

uint64_t jobs_code(struct jobs *jobs, uint32_t slot)
{
	if (jobs->last[slot] == SV3_NEED_WAIT)
		return JOBS_STALLED;
	sv3_smmu_result(jobs->f->smmu, slot, &jobs->f->result);
	return fx_code(&jobs->f->result);
}

void jobs_land(struct jobs *jobs, uint32_t slot)
{
	sv3_smmu_finish(jobs->f->smmu, slot);
	jobs_run(jobs);
}

uint64_t jobs_read(struct jobs *jobs, sv3_iova iova)
{
	struct sv3_txn txn = fx_txn(iova, false);
	uint32_t slot = jobs_begin(jobs, &txn);
	uint64_t code = jobs_code(jobs, slot);

	jobs_land(jobs, slot);
	return code;
}
