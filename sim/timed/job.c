/* SPDX-License-Identifier: MIT */
/*
 * job.c - work of the hardware itself: commands, event records, page requests, interrupts.
 *
 * A command is read, decoded and executed, one after the other. What it removes is removed when it
 * is executed, everywhere at once APPROX(T-053); that the TBUs have done it is known later, and a
 * CMD_SYNC is executed only then. From there on the block says what it waits for.
 */
#include <sv3/arch.h>

#include "timed_priv.h"

static void add_event(struct sv3_timed *timed, uint32_t index, enum sv3__job_phase phase,
		      sv3_cycle at)
{
	timed->jobs[index].phase = (uint8_t)phase;
	sv3__wheel_add(&timed->wheel, timed->flight_count + index, at);
}

/* --- commands --- */

static bool names_address(unsigned int opcode)
{
	switch (opcode) {
	case SV3_CMD_TLBI_EL3_VA:
	case SV3_CMD_TLBI_NH_VA:
	case SV3_CMD_TLBI_NH_VAA:
	case SV3_CMD_TLBI_EL2_VA:
	case SV3_CMD_TLBI_EL2_VAA:
	case SV3_CMD_TLBI_S2_IPA:
		return true;
	default:
		return false;
	}
}

/* All sets of the main TLB of a TBU, one after the other. */
static uint64_t all_sets(const struct sv3_timed *timed)
{
	const struct sv3_smmu_config *config = sv3_smmu_config(timed->smmu);

	return config->tlb_entries ? config->tlb_entries / config->tlb_ways : 1;
}

/* How long a TBU is busy with a TLBI: all TBUs work at once. [IHI0070 4.4.1.1] */
static sv3_cycle sweep_cycles(const struct sv3_timed *timed, const uint8_t *command)
{
	const uint64_t dw0 = sv3_le64(command), dw1 = sv3_le64(command + 8);
	const uint32_t rate = timed->timing.tlbi_sets_per_cycle;
	const uint64_t sets = all_sets(timed);
	uint64_t pages = sets;

	if (names_address((unsigned int)SV3_GET(SV3_CMD0_OPCODE, dw0))) {
		if (!SV3_GET(SV3_CMD1_TLBI_TG, dw1))
			return timed->timing.tlbi_address_cycles;
		pages = (SV3_GET(SV3_CMD0_TLBI_NUM, dw0) + 1) << SV3_GET(SV3_CMD0_TLBI_SCALE, dw0);
	}
	if (!rate)
		return 1;
	pages = pages < sets ? pages : sets;
	return (pages + rate - 1) / rate;
}

static void end_command(struct sv3_timed *timed)
{
	if (timed->command_waits && timed->observer_count)
		sv3__tell_command(timed, false);
	timed->command_waits = false;
}

/* One that was never consumed, for an error or because the queue was switched off, ends here. */
static void begin_command(struct sv3_timed *timed, unsigned int opcode)
{
	end_command(timed);
	timed->command_waits = true;
	timed->opcode = opcode;
	if (timed->observer_count)
		sv3__tell_command(timed, true);
}

/* When the command that was read takes effect. */
static sv3_cycle execution(struct sv3_timed *timed, const uint8_t *command)
{
	const unsigned int opcode = (unsigned int)SV3_GET(SV3_CMD0_OPCODE, sv3_le64(command));
	const sv3_cycle at = timed->wheel.now + timed->timing.cmdq_decode_cycles;
	const sv3_cycle there = at + timed->timing.dti_cycles;

	if (opcode >= SV3_CMD_TLBI_NH_ALL && opcode <= SV3_CMD_TLBI_NSNH_ALL) {
		timed->swept = (timed->swept > there ? timed->swept : there) +
			       sweep_cycles(timed, command);
		timed->acknowledged = timed->swept + timed->timing.dti_cycles;
	}
	begin_command(timed, opcode);
	if (opcode != SV3_CMD_SYNC)
		return at;
	timed->sync_waits = true;
	timed->sync_since = timed->wheel.now;
	return at > timed->acknowledged ? at : timed->acknowledged;
}

/* Commands are read several at once; what a read brought is used up in order. */
static sv3_cycle fetched(struct sv3_timed *timed, sv3_pa pa)
{
	const sv3_pa line = pa / timed->timing.cmdq_fetch_bytes + 1;
	const bool has = timed->fetched == line;

	timed->fetched = line;
	return has ? timed->wheel.now : sv3__memory_fetch(timed, timed->wheel.now, pa);
}

/* The queue is occupied from when it asks for a command until that is consumed. */
static void enter_queue(struct sv3_timed *timed)
{
	if (!sv3__pool_has(&timed->cmdq, 1))
		return;
	timed->command_since = timed->wheel.now;
	sv3__pool_take(&timed->cmdq, 1, timed->wheel.now);
}

static void leave_queue(struct sv3_timed *timed)
{
	end_command(timed);
	if (!sv3__pool_has(&timed->cmdq, 1))
		sv3__pool_give(&timed->cmdq, 1, timed->command_since, timed->wheel.now);
}

/* CONS has moved. */
static void count_commands(struct sv3_timed *timed)
{
	const uint64_t commands = sv3_smmu_stats(timed->smmu)->commands;

	if (commands == timed->commands_seen)
		return;
	timed->stats.commands += commands - timed->commands_seen;
	timed->commands_seen = commands;
	if (timed->sync_waits) {
		timed->sync_waits = false;
		timed->stats.syncs++;
		sv3_histogram_add(&timed->stats.sync, timed->wheel.now - timed->sync_since);
	}
	leave_queue(timed);
}

/* --- needs of jobs --- */

static void answer_endpoint(struct sv3_timed *timed, uint32_t index, enum sv3_atc_answer answer)
{
	struct sv3__job *job = &timed->jobs[index];

	if (answer == SV3_ATC_LATER) {
		job->phase = SV3__JOB_WAITS;
		timed->endpoint_waits = true;
		return;
	}
	job->reply.status = answer == SV3_ATC_TIMED_OUT ? SV3_BUS_ABORT : SV3_BUS_OK;
	job->need.kind = SV3_NEED_NONE; /* answered */
	add_event(timed, index, SV3__JOB_ASKED, timed->wheel.now + timed->back);
}

static void tell_endpoint(struct sv3_timed *timed, uint32_t index)
{
	const struct sv3_endpoint *endpoint = &timed->endpoint;
	const struct sv3__job *job = &timed->jobs[index];

	if (!endpoint->ops)
		answer_endpoint(timed, index, SV3_ATC_DONE);
	else
		answer_endpoint(timed, index,
				endpoint->ops->atc_invalidate(endpoint->context, &job->need.ats));
}

/* The need of a job goes out; DONE: it is over. */
static void ask(struct sv3_timed *timed, uint32_t index)
{
	struct sv3__job *job = &timed->jobs[index];
	const struct sv3__memory *memory = &timed->memory;
	const sv3_cycle now = timed->wheel.now;

	switch (job->need.kind) {
	case SV3_NEED_DONE:
		job->phase = SV3__JOB_IDLE;
		timed->job_ended = true;
		return;
	case SV3_NEED_READ:
		if (job->need.unit == SV3_UNIT_CMDQ)
			enter_queue(timed);
		add_event(timed, index, SV3__JOB_ASKED,
			  job->need.unit == SV3_UNIT_CMDQ
				  ? fetched(timed, job->need.pa)
				  : sv3__memory_fetch(timed, now, job->need.pa));
		return;
	case SV3_NEED_WRITE:
		add_event(timed, index, SV3__JOB_ASKED,
			  now + (job->need.unit == SV3_UNIT_MSI ? memory->msi : memory->write));
		return;
	case SV3_NEED_CAS64:
		add_event(timed, index, SV3__JOB_ASKED,
			  sv3__memory_atomic(timed, now, job->need.pa));
		return;
	case SV3_NEED_ATC_INV:
		tell_endpoint(timed, index);
		return;
	default:
		add_event(timed, index, SV3__JOB_ASKED, now);
		return;
	}
}

static void answer(struct sv3_timed *timed, struct sv3__job *job)
{
	switch (job->need.kind) {
	case SV3_NEED_NONE:
		return;
	case SV3_NEED_IRQ:
		if (timed->ops.interrupt)
			timed->ops.interrupt(timed->context, job->need.irq);
		break;
	case SV3_NEED_PRI_RESP:
		if (timed->endpoint.ops)
			timed->endpoint.ops->pri_response(timed->endpoint.context, &job->need.ats);
		break;
	default:
		break;
	}
	sv3__answer(timed, &job->need, &job->reply);
}

static bool is_command(const struct sv3__job *job)
{
	return job->need.kind == SV3_NEED_READ && job->need.unit == SV3_UNIT_CMDQ &&
	       job->phase == SV3__JOB_ASKED;
}

static void step(struct sv3_timed *timed, uint32_t index, const struct sv3_reply *reply)
{
	struct sv3__job *job = &timed->jobs[index];

	sv3_smmu_step(timed->smmu, timed->slot_count + index, reply, &job->need);
	count_commands(timed);
	ask(timed, index);
}

void sv3__job_event(struct sv3_timed *timed, uint32_t index)
{
	struct sv3__job *job = &timed->jobs[index];

	if (job->phase == SV3__JOB_ASKED)
		answer(timed, job);
	if (is_command(job) && job->reply.status == SV3_BUS_OK) {
		add_event(timed, index, SV3__JOB_EXECUTES, execution(timed, job->reply.data));
		return;
	}
	step(timed, index, &job->reply);
	sv3_timed_kick(timed);
}

static void ask_endpoint_again(struct sv3_timed *timed)
{
	timed->endpoint_waits = false;
	for (uint32_t i = 0; i < SV3__JOBS_MAX; i++)
		if (timed->jobs[i].phase == SV3__JOB_WAITS)
			answer_endpoint(timed, i,
					timed->endpoint.ops->atc_again(timed->endpoint.context));
}

void sv3__jobs_begin(struct sv3_timed *timed)
{
	uint32_t slot;

	while (sv3_smmu_next_ready(timed->smmu, &slot)) {
		if (slot < timed->slot_count)
			sv3__flight_resumes(timed, slot);
		else
			step(timed, slot - timed->slot_count, NULL);
	}
	if (!timed->job_ended)
		return;
	timed->job_ended = false;
	if (timed->ops.jobs)
		timed->ops.jobs(timed->context);
}

void sv3_timed_kick(struct sv3_timed *timed)
{
	if (timed->endpoint_waits)
		ask_endpoint_again(timed);
	sv3__jobs_begin(timed);
	sv3__flights_retry(timed);
}
