/* SPDX-License-Identifier: MIT */
/*
 * run_fast.c - the runner without time: every need is answered at once from a bus.
 * APPROX(T-011): so in a world with a clock too a translation takes no time.
 *
 * One transaction runs from begin to DONE before anything else does, so nothing here races; the
 * races of the hardware are reached by stepping it by hand, or by the timed runner. Needs and
 * replies carry 64 bytes of data: they are left uninitialised but for what a kind defines.
 */
#include <sv3/sim.h>

/* What the world answers. Everything but memory is counted and acknowledged. */
static inline void answer(struct sv3_fast *fast, const struct sv3_need *need,
			  struct sv3_reply *reply)
{
	switch (need->kind) {
	case SV3_NEED_READ:
		reply->status = sv3_bus_read(&fast->bus, need->pa, reply->data, need->size);
		break;
	case SV3_NEED_WRITE:
		reply->status = sv3_bus_write(&fast->bus, need->pa, need->data, need->size);
		break;
	case SV3_NEED_CAS64:
		reply->status = sv3_bus_cas64(&fast->bus, need->pa, need->expect, need->desired,
					      &reply->old);
		break;
	case SV3_NEED_IRQ:
		fast->irq_count[need->irq]++;
		reply->status = SV3_BUS_OK;
		break;
	default:
		reply->status = SV3_BUS_OK;
		break;
	}
}

/* Step @slot until it has nothing more to ask. */
static void run_slot(struct sv3_fast *fast, uint32_t slot)
{
	struct sv3_need need;
	struct sv3_reply reply;

	sv3_smmu_step(fast->smmu, slot, NULL, &need);
	while (need.kind != SV3_NEED_DONE && need.kind != SV3_NEED_WAIT) {
		answer(fast, &need, &reply);
		sv3_smmu_step(fast->smmu, slot, &reply, &need);
	}
}

bool sv3_fast_drain(struct sv3_fast *fast)
{
	bool ran = false;
	uint32_t job;

	while (sv3_smmu_next_ready(fast->smmu, &job)) {
		run_slot(fast, job);
		ran = true;
	}
	return ran;
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
	run_slot(fast, *slot);
	sv3_smmu_result(fast->smmu, *slot, result);
	return 0;
}

void sv3_translate(struct sv3_fast *fast, const struct sv3_txn *txn, struct sv3_result *result)
{
	uint32_t slot;
	int rc;

	if (!sv3_smmu_try(fast->smmu, txn, result))
		return;
	rc = sv3_translate_hold(fast, txn, &slot, result);
	/* The embedder holds every slot itself: it must finish one before it can translate on. */
	SV3_ASSERT(rc == 0);
	sv3_smmu_finish(fast->smmu, slot);
}

/* A read shows what the hardware has done by now: jobs run first. It leaves none behind. */
static uint64_t port_read(void *context, uint32_t offset, uint32_t size)
{
	struct sv3_fast *fast = (struct sv3_fast *)context;

	sv3_fast_drain(fast);
	return sv3_smmu_reg_read(fast->smmu, offset, size);
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
