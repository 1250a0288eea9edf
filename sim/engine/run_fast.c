/* SPDX-License-Identifier: MIT */
/*
 * run_fast.c - the runner without time: every need is answered at once from a bus.
 * APPROX(T-011): so in a world with a clock too a translation takes no time.
 *
 * One transaction runs from begin to DONE, or until it stalls, before anything else does, so
 * nothing here races; the races of the hardware are reached by stepping it by hand, or by the timed
 * runner. Needs and replies carry 64 bytes of data: they are left uninitialised but for what a kind
 * defines.
 */
#include <sv3/sim.h>

#define NO_SLOT UINT32_MAX

/* Off the path of every access: kept out of the functions that are on it. */
#define RARE __attribute__((cold))

/* --- needs --- */

/* APPROX(T-020): memory that never holds still between a read and its swap gets an abort at last;
 * hardware would go on for ever. */
static inline enum sv3_bus_status swap(struct sv3_fast *fast, const struct sv3_need *need,
				       struct sv3_reply *reply, uint32_t *retries)
{
	enum sv3_bus_status status =
		sv3_bus_cas64(&fast->bus, need->pa, need->expect, need->desired, &reply->old);

	if (status == SV3_BUS_OK && reply->old != need->expect && ++*retries > SV3_FAST_RETRIES_MAX)
		status = SV3_BUS_ABORT;
	return status;
}

/* Returns: false: the endpoint has not completed it yet. */
static bool atc_answered(enum sv3_atc_answer answer, struct sv3_reply *reply)
{
	reply->status = answer == SV3_ATC_TIMED_OUT ? SV3_BUS_ABORT : SV3_BUS_OK;
	return answer != SV3_ATC_LATER;
}

/* IMPDEF(I-050): what no endpoint listens to completes, as an invalidation does whose endpoint
 * answers Unsupported Request. [IHI0070 3.9.1.5] */
static bool invalidate_atc(struct sv3_fast *fast, uint32_t slot, const struct sv3_need *need,
			   struct sv3_reply *reply)
{
	const struct sv3_endpoint *endpoint = &fast->endpoint;

	reply->status = SV3_BUS_OK;
	if (!endpoint->ops)
		return true;
	if (atc_answered(endpoint->ops->atc_invalidate(endpoint->context, &need->ats), reply))
		return true;
	fast->atc_waits = true;
	fast->atc_slot = slot;
	return false;
}

/* What the world answers to a need that is not about memory. Returns: false: nothing yet. */
RARE static bool answer_other(struct sv3_fast *fast, uint32_t slot, const struct sv3_need *need,
			      struct sv3_reply *reply)
{
	reply->status = SV3_BUS_OK;
	switch (need->kind) {
	case SV3_NEED_IRQ:
		fast->irq_count[need->irq]++;
		if (fast->interrupt)
			fast->interrupt(fast->interrupt_context, need->irq);
		return true;
	case SV3_NEED_SEV:
		fast->sev_count++;
		return true;
	case SV3_NEED_ATC_INV:
		return invalidate_atc(fast, slot, need, reply);
	case SV3_NEED_PRI_RESP:
		if (fast->endpoint.ops)
			fast->endpoint.ops->pri_response(fast->endpoint.context, &need->ats);
		return true;
	case SV3_NEED_WAIT:
		return false;
	default:
		return true;
	}
}

/*
 * Step @slot until it has nothing more to ask; @first answers the need it stopped at, NULL: none.
 * Returns: true when it is DONE, false: it waits.
 */
static bool run_slot(struct sv3_fast *fast, uint32_t slot, const struct sv3_reply *first)
{
	struct sv3_need need;
	struct sv3_reply reply;
	uint32_t retries = 0;

	sv3_smmu_step(fast->smmu, slot, first, &need);
	while (need.kind != SV3_NEED_DONE) {
		switch (need.kind) {
		case SV3_NEED_READ:
			reply.status = sv3_bus_read(&fast->bus, need.pa, reply.data, need.size);
			break;
		case SV3_NEED_WRITE:
			reply.status = sv3_bus_write(&fast->bus, need.pa, need.data, need.size);
			break;
		case SV3_NEED_CAS64:
			reply.status = swap(fast, &need, &reply, &retries);
			break;
		default:
			if (!answer_other(fast, slot, &need, &reply))
				return false;
		}
		sv3_smmu_step(fast->smmu, slot, &reply, &need);
	}
	return true;
}

/* --- jobs and resumed transactions --- */

RARE static void tell_resumed(struct sv3_fast *fast, uint32_t slot)
{
	struct sv3_result result;

	sv3_smmu_result(fast->smmu, slot, &result);
	if (!fast->resumed || !fast->resumed(fast->resumed_context, slot, &result))
		sv3_smmu_finish(fast->smmu, slot);
}

/* The invalidation that an endpoint had not completed: has it by now? */
RARE static bool ask_endpoint_again(struct sv3_fast *fast)
{
	struct sv3_reply reply;

	if (!atc_answered(fast->endpoint.ops->atc_again(fast->endpoint.context), &reply))
		return false;
	fast->atc_waits = false;
	run_slot(fast, fast->atc_slot, &reply);
	return true;
}

/*
 * Run what is ready until nothing is. The end of transaction @own is the caller's to tell.
 * Returns: whether anything ran; @own_ended: whether @own is DONE.
 */
static bool drain(struct sv3_fast *fast, uint32_t own, bool *own_ended)
{
	uint32_t slot;
	bool ran;

	/* Called from within itself, by who hears of an end: the loop below goes on anyway. */
	if (fast->draining)
		return false;
	fast->draining = true;
	ran = fast->atc_waits && ask_endpoint_again(fast);
	while (sv3_smmu_next_ready(fast->smmu, &slot)) {
		const bool ended = run_slot(fast, slot, NULL);

		ran = true;
		if (!ended || slot >= sv3_smmu_config(fast->smmu)->slot_count)
			continue;
		if (slot == own)
			*own_ended = true;
		else
			tell_resumed(fast, slot);
	}
	fast->draining = false;
	return ran;
}

bool sv3_fast_drain(struct sv3_fast *fast)
{
	bool unused;

	return drain(fast, NO_SLOT, &unused);
}

void sv3_fast_set_resumed(struct sv3_fast *fast, sv3_fast_resumed resumed, void *context)
{
	fast->resumed = resumed;
	fast->resumed_context = context;
}

void sv3_fast_set_interrupt(struct sv3_fast *fast, sv3_fast_interrupt interrupt, void *context)
{
	fast->interrupt = interrupt;
	fast->interrupt_context = context;
}

/* --- translation --- */

/* A transaction that waits: the record that says so goes out, and what else is ready. */
RARE static bool ends_after_all(struct sv3_fast *fast, uint32_t slot)
{
	bool ended = false;

	drain(fast, slot, &ended);
	return ended;
}

int sv3_translate_hold(struct sv3_fast *fast, const struct sv3_txn *txn, uint32_t *slot,
		       struct sv3_result *result)
{
	int rc = sv3_smmu_begin(fast->smmu, txn, slot);

	/* A slot may still owe an event record: writing it out makes room. */
	while (rc == -SV3_ERR_BUSY && sv3_fast_drain(fast))
		rc = sv3_smmu_begin(fast->smmu, txn, slot);
	if (rc)
		return rc;
	if (run_slot(fast, *slot, NULL) || ends_after_all(fast, *slot))
		sv3_smmu_result(fast->smmu, *slot, result);
	else
		*result = (struct sv3_result){ .outcome = SV3_OUTCOME_STALLED };
	return 0;
}

int sv3_translate(struct sv3_fast *fast, const struct sv3_txn *txn, struct sv3_result *result)
{
	uint32_t slot;
	int rc;

	if (!sv3_smmu_try(fast->smmu, txn, result))
		return 0;
	rc = sv3_translate_hold(fast, txn, &slot, result);
	if (rc)
		*result = (struct sv3_result){ .outcome = SV3_OUTCOME_ABORT };
	else if (result->outcome != SV3_OUTCOME_STALLED)
		sv3_smmu_finish(fast->smmu, slot);
	return rc;
}

/* --- the door of devices --- */

/* Without time an access is over when it was translated. */
static int device_transact(void *context, const struct sv3_txn *txn, struct sv3_result *result)
{
	return sv3_translate((struct sv3_fast *)context, txn, result);
}

static int device_page_request(void *context, const struct sv3_page_request *request)
{
	struct sv3_fast *fast = (struct sv3_fast *)context;
	int rc = sv3_smmu_page_request(fast->smmu, request);

	while (rc == -SV3_ERR_BUSY && sv3_fast_drain(fast))
		rc = sv3_smmu_page_request(fast->smmu, request);
	return rc;
}

struct sv3_device_port sv3_fast_device_port(struct sv3_fast *fast)
{
	static const struct sv3_device_port_ops ops = {
		.transact = device_transact,
		.page_request = device_page_request,
	};

	return (struct sv3_device_port){ .ops = &ops, .context = fast };
}

/* --- the door of software --- */

/* A read shows what the hardware has done by now: jobs run first. Access by access the hardware may
 * also acknowledge what was delayed, which can make others ready. */
static uint64_t port_read(void *context, uint32_t offset, uint32_t size)
{
	struct sv3_fast *fast = (struct sv3_fast *)context;
	uint64_t value;

	sv3_fast_drain(fast);
	value = sv3_smmu_reg_read(fast->smmu, offset, size);
	sv3_fast_drain(fast);
	return value;
}

static void port_write(void *context, uint32_t offset, uint32_t size, uint64_t value)
{
	struct sv3_fast *fast = (struct sv3_fast *)context;

	sv3_smmu_reg_write(fast->smmu, offset, size, value);
	sv3_fast_drain(fast);
}

static bool port_poll(void *context)
{
	return sv3_fast_drain((struct sv3_fast *)context);
}

struct sv3_regport sv3_fast_regport(struct sv3_fast *fast)
{
	static const struct sv3_regport_ops ops = {
		.read = port_read,
		.write = port_write,
		.poll = port_poll,
	};

	return (struct sv3_regport){ .ops = &ops, .context = fast };
}

bool sv3_sim_poll(const struct sv3_regport *port)
{
	return port->ops->poll(port->context);
}
