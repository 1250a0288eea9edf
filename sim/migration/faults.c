/* SPDX-License-Identifier: MIT */
/*
 * faults.c - writes that stall because their leaf is read-only, and are let through by software.
 *
 * Concepts:
 *   step   what a policy does about the write: it changes the leaf and makes a note.
 *   batch  the records a handler found at once: the TLBIs of their steps share one CMD_SYNC, and
 *          the CMD_RESUMEs stand behind it. A read-only entry may be cached, so without them the
 *          write would only fault again.
 *   wait   a write that a step does not let through yet: it stays stalled until
 *          sv3__retry_waiting().
 * Steps run as calls of software in the midst of whatever the migration does: they share nothing
 * with it but logs, which only ever grow between two collections. [policies 1, thread 004]
 */
#include <stdlib.h>
#include <string.h>

#include <sv3/arch.h>
#include <sv3/txn.h>

#include "migration_priv.h"

enum sv3_fault_answer sv3__keep_waiting(struct sv3__waiters *waiters, uint32_t domain_index,
					const struct sv3_fault_record *record)
{
	struct sv3__waiter *each = (struct sv3__waiter *)sv3__grown(
		waiters->each, waiters->count + 1, &waiters->capacity, sizeof(*each));

	if (!each)
		return SV3_FAULT_ABORT;
	waiters->each = each;
	waiters->each[waiters->count++] = (struct sv3__waiter){
		.stream_id = record->stream_id,
		.stag = record->stag,
		.domain_index = domain_index,
		.iova = record->iova,
	};
	return SV3_FAULT_KEEP;
}

static enum sv3_fault_answer fault(void *context, const struct sv3_fault_record *record)
{
	struct sv3__migration *m = (struct sv3__migration *)context;
	const uint32_t domain_index = sv3_host_stream_domain(m->host, record->stream_id);
	enum sv3_fault_answer answer;
	int rc;

	if (domain_index == sv3_host_domain_count(m->host))
		return SV3_FAULT_ABORT;
	if (sv3__leaf_answers(m, domain_index, record, &answer))
		return answer;
	/* What no policy makes on purpose is the guest's own fault. */
	if (record->event != SV3_EVENT_F_PERMISSION || !record->write || !m->fault_step)
		return SV3_FAULT_ABORT;
	m->result->write_faults++;
	m->in_handler = true;
	rc = m->fault_step(m, domain_index, record->iova);
	m->in_handler = false;
	if (rc == SV3__FAULT_WAIT)
		return sv3__keep_waiting(&m->waiting, domain_index, record);
	return rc < 0 ? SV3_FAULT_ABORT : SV3_FAULT_RETRY;
}

static void batch(void *context)
{
	struct sv3__migration *m = (struct sv3__migration *)context;
	struct sv3_cmdq_ticket ticket;

	if (!m->fault_owes_sync)
		return;
	m->fault_owes_sync = false;
	/* Nobody waits: the resumes stand behind it. A queue that has stopped stops them, too. */
	if (!sv3_cmdq_sync_begin(sv3_host_cmdq(m->host), &ticket))
		m->result->sync++;
}

/* In the order in which they came: who has to wait again holds up all behind. */
int sv3__retry_waiting(struct sv3__migration *m)
{
	struct sv3__waiters *waiting = &m->waiting;
	uint64_t through = 0;
	int rc = 0;

	for (; through < waiting->count; through++) {
		struct sv3__waiter *write = &waiting->each[through];

		write->answer = m->fault_step(m, write->domain_index, write->iova);
		if (write->answer == SV3__FAULT_WAIT)
			break;
	}
	batch(m);
	for (uint64_t i = 0; i < through && !rc; i++)
		rc = sv3_host_resume(m->host, waiting->each[i].stream_id, waiting->each[i].stag,
				     waiting->each[i].answer >= 0);
	waiting->count -= through;
	if (through)
		memmove(waiting->each, waiting->each + through,
			(size_t)waiting->count * sizeof(*waiting->each));
	return rc;
}

int sv3__watch_faults(struct sv3__migration *m, sv3__fault_step step)
{
	const struct sv3_fault_handler handler = { .fault = fault, .batch = batch, .context = m };

	m->fault_step = step;
	m->watches_faults = true;
	return sv3_host_handle_faults(m->host, &handler);
}

int sv3__start_watched(struct sv3__migration *m, sv3__fault_step step)
{
	const int rc = sv3__watch_faults(m, step);

	return rc ? rc : sv3__start_clean(m);
}

void sv3__ignore_faults(struct sv3__migration *m)
{
	/* Off is off, acknowledged or not. */
	if (m->watches_faults)
		(void)!sv3_host_handle_faults(m->host, NULL);
	free(m->waiting.each);
	m->waiting = (struct sv3__waiters){ 0 };
	m->watches_faults = false;
}

int sv3__fault_invalidate(struct sv3__migration *m, uint32_t domain_index,
			  const struct sv3_pt_gather *gather)
{
	const struct sv3_domain *domain = sv3_host_domain(m->host, domain_index);
	int rc = sv3_cmdq_flush_gather(sv3_host_cmdq(m->host), domain->asid,
				       domain->pt.config.granule_lg2, gather, SV3_FLUSH_RANGE);

	if (rc < 0)
		return rc;
	m->result->tlbi += (uint64_t)rc;
	m->fault_owes_sync = true;
	return 0;
}

int sv3__fault_set_dirty(struct sv3__migration *m, uint32_t domain_index, sv3_iova iova,
			 struct sv3_dirty_log *log)
{
	const struct sv3_pt pt = sv3__table(m, domain_index);
	struct sv3_pt_gather gather;
	struct sv3_pt_leaf leaf;
	int rc;

	sv3_pt_gather_init(&gather);
	rc = sv3_dirty_set(&pt, iova, &gather);
	if (rc <= 0)
		return rc;
	if (log && !sv3_pt_lookup(&pt, iova, &leaf))
		sv3_dirty_log_set(log, leaf.pa, UINT64_C(1) << leaf.span_lg2);
	rc = sv3__fault_invalidate(m, domain_index, &gather);
	return rc ? rc : 1;
}
