/* SPDX-License-Identifier: MIT */
/*
 * smmu_harness.c - what must hold whatever software and devices do:
 *
 *   needs     known kinds; addresses within the address size and aligned; writes only of records
 *             into the queues and of MSIs to addresses that software gave.
 *   updates   a compare-and-swap of a descriptor that this transaction has read, and of its value;
 *             it sets AF, or turns bit 7 to dirty where DBM is set; only where HTTU is implemented
 *             and enabled; probes never, speculative accesses and reads never to dirty.
 *   queues    CONS follows PROD; PROD moves when its record was written, never over CONS.
 *   slots     none is lost, none is given out twice, everything ends in bounded steps.
 *   results   known outcome and event; the page offset stays; addresses within the address size.
 */
#include "smmu_harness.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AF             SV3_BIT(10)
#define BIT7           SV3_BIT(7) /* AP[2] of stage 1: read-only; S2AP[1]: writable */
#define DBM            SV3_BIT(51)
#define STEPS_OF_A_TXN 2000u
#define STEPS_OF_ALL   200000u

void harness_fail(const char *format, ...)
{
	va_list arguments;

	fputs("fuzz_smmu: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	abort();
}

#define REQUIRE(condition, ...) ((condition) ? (void)0 : harness_fail(__VA_ARGS__))

static void note(struct harness *h, uint64_t value)
{
	h->fingerprint = (h->fingerprint ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	h->fingerprint ^= h->fingerprint >> 29;
}

/* --- Registers and memory --- */

uint64_t harness_reg(struct harness *h, uint32_t offset)
{
	return sv3_smmu_reg_read(h->smmu, offset, 4);
}

static uint64_t reg64(struct harness *h, uint32_t offset)
{
	return sv3_smmu_reg_read(h->smmu, offset, 8);
}

void harness_reg_write(struct harness *h, uint32_t offset, uint32_t size, uint64_t value)
{
	sv3_smmu_reg_write(h->smmu, offset, size, value);
}

uint8_t *harness_at(struct harness *h, sv3_pa pa)
{
	return pa >= HARNESS_RAM && pa - HARNESS_RAM <= HARNESS_RAM_SIZE - 8
		       ? h->ram + (pa - HARNESS_RAM)
		       : NULL;
}

static uint32_t oas_lg2(const struct harness *h)
{
	static const uint8_t lg2[8] = { 32, 36, 40, 42, 44, 48, 52, 56 };

	return lg2[SV3_GET(SV3_IDR5_OAS, h->config.idr5)];
}

static uint64_t oas_mask(const struct harness *h)
{
	return SV3_BIT(oas_lg2(h)) - 1;
}

static struct queue_view view(struct harness *h, uint32_t base, uint32_t prod, uint32_t cons,
			      uint64_t max_lg2, uint32_t entry_bytes)
{
	uint64_t word = reg64(h, base), lg2 = SV3_GET(SV3_QUEUE_BASE_LOG2SIZE, word), bytes;
	struct queue_view queue;

	lg2 = lg2 < max_lg2 ? lg2 : max_lg2;
	queue.entries = 1u << lg2;
	bytes = (uint64_t)queue.entries * entry_bytes;
	bytes = bytes > 32 ? bytes : 32;
	queue.base = word & SV3_QUEUE_BASE_ADDR & ~(bytes - 1) & oas_mask(h);
	queue.prod = (uint32_t)harness_reg(h, prod);
	queue.cons = (uint32_t)harness_reg(h, cons);
	return queue;
}

struct queues {
	struct queue_view cmdq, eventq, priq;
};

static struct queues look(struct harness *h)
{
	struct queues q = { 0 };

	q.cmdq = view(h, SV3_REG_CMDQ_BASE, SV3_REG_CMDQ_PROD, SV3_REG_CMDQ_CONS,
		      SV3_GET(SV3_IDR1_CMDQS, h->config.idr1), SV3_CMD_SIZE_BYTES);
	q.eventq = view(h, SV3_REG_EVENTQ_BASE, SV3_REG_EVENTQ_PROD, SV3_REG_EVENTQ_CONS,
			SV3_GET(SV3_IDR1_EVENTQS, h->config.idr1), SV3_EVENT_SIZE_BYTES);
	if (h->config.idr0 & SV3_IDR0_PRI)
		q.priq = view(h, SV3_REG_PRIQ_BASE, SV3_REG_PRIQ_PROD, SV3_REG_PRIQ_CONS,
			      SV3_GET(SV3_IDR1_PRIQS, h->config.idr1), SV3_PRI_SIZE_BYTES);
	return q;
}

static uint32_t distance(const struct queue_view *queue, uint32_t from, uint32_t to)
{
	return (to - from) & (2 * queue->entries - 1);
}

/* --- The block --- */

static void *new_block(const struct harness *h)
{
	size_t size = (sv3_smmu_size(&h->config) + 63) & ~(size_t)63;
	void *block = aligned_alloc(64, size);

	REQUIRE(block != NULL, "out of memory");
	memset(block, h->fill, size);
	return block;
}

void harness_init(struct harness *h, const struct sv3_smmu_config *config, uint8_t fill)
{
	memset(h, 0, sizeof(*h));
	h->config = *config;
	h->fill = fill;
	h->block = new_block(h);
	REQUIRE(sv3_smmu_init(h->block, sv3_smmu_size(config), config, &h->smmu) == 0,
		"a checked configuration is refused by init");
}

void harness_fini(struct harness *h)
{
	free(h->block);
}

static void forget(struct harness *h)
{
	memset(h->slots, 0, sizeof(h->slots));
	h->held = 0;
	h->cmdq_spoiled = h->eventq_spoiled = h->priq_spoiled = false;
}

void harness_reset(struct harness *h)
{
	sv3_smmu_reset(h->smmu);
	forget(h);
}

void harness_adopt(struct harness *h)
{
	size_t size = sv3_smmu_size(&h->config);
	uint64_t hash = sv3_smmu_hash(h->smmu);
	void *copy;

	copy = new_block(h);
	memcpy(copy, h->block, size);
	memset(h->block, 0xee, size);
	free(h->block);
	h->block = copy;
	REQUIRE(sv3_smmu_adopt(copy, size, &h->smmu) == 0, "a copy of the block is refused");
	REQUIRE(sv3_smmu_hash(h->smmu) == hash, "a copy of the block has another hash");
}

/* One slot or job to its end, every need answered by an abort; it may end in the middle of nothing.
 */
static void run_blindly(struct sv3_smmu *smmu, uint32_t index)
{
	struct sv3_reply reply = { .status = SV3_BUS_ABORT };
	struct sv3_need need = { 0 };
	uint32_t steps = 0;

	do {
		sv3_smmu_step(smmu, index, steps ? &reply : NULL, &need);
		REQUIRE(steps++ < STEPS_OF_A_TXN, "slot %u of an adopted block never ends", index);
	} while (need.kind != SV3_NEED_DONE && need.kind != SV3_NEED_WAIT);
}

void harness_adopt_spoiled(struct harness *h, uint32_t offset, uint64_t value)
{
	static const struct sv3_txn txn = { .iova = 0x1000, .write = true };
	size_t size = sv3_smmu_size(&h->config);
	uint8_t *copy = new_block(h);
	struct sv3_result result;
	struct sv3_smmu *smmu;
	uint32_t index;

	memcpy(copy, h->block, size);
	offset = (uint32_t)(offset % size & ~7u);
	sv3_put_le64(copy + offset, sv3_le64(copy + offset) ^ value);
	if (sv3_smmu_adopt(copy, size, &smmu) == 0) {
		note(h, sv3_smmu_hash(smmu));
		for (uint32_t reg = 0; reg < 0x100; reg += 4)
			note(h, sv3_smmu_reg_read(smmu, reg, 4));
		(void)sv3_smmu_try(smmu, &txn, &result);
		if (sv3_smmu_begin(smmu, &txn, &index) == 0)
			run_blindly(smmu, index);
		for (uint32_t n = 0; n < 8 && sv3_smmu_next_ready(smmu, &index); n++)
			run_blindly(smmu, index);
		sv3_smmu_reset(smmu);
	}
	free(copy);
}

/* --- Needs --- */

static struct seen *find_seen(struct hold_slot *slot, sv3_pa pa)
{
	for (uint32_t i = 0; i < slot->seen_count; i++)
		if (slot->seen[i].pa == pa)
			return &slot->seen[i];
	return NULL;
}

static void remember(struct hold_slot *slot, uint64_t value)
{
	bool stage1 = slot->need.unit >= SV3_UNIT_S1_L0 && slot->need.unit <= SV3_UNIT_S1_L3;
	bool stage2 = slot->need.unit >= SV3_UNIT_S2_L0 && slot->need.unit <= SV3_UNIT_S2_L3;
	struct seen *seen = find_seen(slot, slot->need.pa);

	if (!stage1 && !stage2)
		return;
	if (!seen) {
		/* The oldest goes: a walk reads less than is remembered. */
		if (slot->seen_count == HARNESS_READS)
			memmove(slot->seen, slot->seen + 1,
				--slot->seen_count * sizeof(*slot->seen));
		seen = &slot->seen[slot->seen_count++];
		*seen = (struct seen){ .pa = slot->need.pa };
	}
	seen->value = seen->before = value;
	seen->stage1 |= stage1;
	seen->stage2 |= stage2;
}

static void check_update(struct harness *h, struct hold_slot *slot, bool is_job)
{
	const struct sv3_need *need = &slot->need;
	const struct seen *seen = find_seen(slot, need->pa);
	uint64_t changed = need->expect ^ need->desired;
	uint64_t httu = SV3_GET(SV3_IDR0_HTTU, h->config.idr0);
	bool cleaner = seen && ((seen->stage1 && !(need->expect & BIT7)) ||
				(seen->stage2 && (need->expect & BIT7)));
	bool dirtier = seen && ((seen->stage1 && (need->expect & BIT7)) ||
				(seen->stage2 && !(need->expect & BIT7)));

	REQUIRE(!h->no_updates, "an update although HA and HD are 0 everywhere");
	REQUIRE(httu != 0, "an update although IDR0.HTTU is 0");
	REQUIRE(seen, "an update of a descriptor that was not read");
	REQUIRE(need->expect == seen->value || need->expect == seen->before,
		"an update compares with what was not read there");
	REQUIRE(need->expect & 1, "an update of an invalid descriptor");
	REQUIRE(changed != 0, "an update that changes nothing");
	REQUIRE((changed & ~(AF | BIT7)) == 0, "an update changes more than AF and bit 7");
	REQUIRE(!(changed & AF) || (need->desired & AF), "an update clears AF");
	if (changed & BIT7) {
		REQUIRE(httu >= 2, "made dirty although IDR0.HTTU has AF alone");
		REQUIRE(need->expect & DBM, "made dirty without DBM");
		REQUIRE(dirtier || !cleaner, "an update makes a dirty descriptor clean");
		REQUIRE(need->desired & AF, "dirty and not accessed");
		REQUIRE(!seen->stage1 || seen->stage2 || slot->txn.write || is_job,
			"a read makes a stage-1 descriptor dirty");
		REQUIRE(!seen->stage1 || seen->stage2 || !slot->txn.speculative,
			"a speculative access makes a stage-1 descriptor dirty");
	}
	REQUIRE(is_job || slot->txn.kind != SV3_TXN_PROBE, "a probe updates");
}

static bool is_in(const struct queue_view *queue, sv3_pa pa, uint32_t entry_bytes)
{
	return pa >= queue->base && pa - queue->base < (uint64_t)queue->entries * entry_bytes &&
	       (pa - queue->base) % entry_bytes == 0;
}

static void check_write(struct harness *h, const struct sv3_need *need)
{
	static const uint32_t addresses[] = { SV3_REG_GERROR_IRQ_CFG0, SV3_REG_EVENTQ_IRQ_CFG0,
					      SV3_REG_PRIQ_IRQ_CFG0, SV3_REG_PMCG + 0xe58 };
	struct queues q = look(h);

	switch (need->unit) {
	case SV3_UNIT_EVTQ:
		REQUIRE(need->size == SV3_EVENT_SIZE_BYTES &&
				is_in(&q.eventq, need->pa, need->size),
			"an event record is written outside of its queue");
		return;
	case SV3_UNIT_PRIQ:
		REQUIRE(need->size == SV3_PRI_SIZE_BYTES && is_in(&q.priq, need->pa, need->size),
			"a page request is written outside of its queue");
		return;
	case SV3_UNIT_MSI:
		REQUIRE(need->size == 4, "an MSI of %u bytes", need->size);
		if (need->pa == (h->command[1] & SV3_CMD1_SYNC_MSIADDR & oas_mask(h)))
			return;
		for (uint32_t i = 0; i < 4; i++)
			if (need->pa == (reg64(h, addresses[i]) & SV3_IRQ_CFG0_ADDR & oas_mask(h)))
				return;
		harness_fail("an MSI to an address that nobody gave");
	default:
		harness_fail("unit %d writes", need->unit);
	}
}

/* With SV3_FUZZ_TRACE in the environment: each need, to follow a failure. */
static void tell(const struct harness *h, const struct hold_slot *slot)
{
	static const char *const kinds[] = { "none", "read", "write", "cas",     "done",
					     "irq",  "wait", "sev",   "atc_inv", "pri_resp" };
	const struct sv3_need *need = &slot->need;

	if (!getenv("SV3_FUZZ_TRACE"))
		return;
	fprintf(stderr, "slot %u %s", (unsigned int)(slot - h->slots), kinds[need->kind]);
	if (need->kind >= SV3_NEED_READ && need->kind <= SV3_NEED_CAS64)
		fprintf(stderr, " unit %d pa %#" PRIx64 " size %u", need->unit, need->pa,
			need->size);
	if (need->kind == SV3_NEED_CAS64)
		fprintf(stderr, " expect %#" PRIx64 " desired %#" PRIx64, need->expect,
			need->desired);
	fputc('\n', stderr);
}

static void check_need(struct harness *h, struct hold_slot *slot, bool is_job)
{
	const struct sv3_need *need = &slot->need;

	note(h, (uint64_t)need->kind);
	tell(h, slot);
	switch (need->kind) {
	case SV3_NEED_READ:
	case SV3_NEED_WRITE:
	case SV3_NEED_CAS64:
		note(h, need->pa);
		note(h, need->size);
		REQUIRE(need->unit > SV3_UNIT_NONE && need->unit < SV3_UNIT_COUNT, "no unit");
		REQUIRE(need->size >= 4 && need->size <= 64 && (need->size & (need->size - 1)) == 0,
			"%u bytes are asked for", need->size);
		REQUIRE(need->pa % (need->size < 8 ? need->size : 8) == 0, "not aligned");
		REQUIRE(need->pa <= oas_mask(h) && need->size - 1 <= oas_mask(h) - need->pa,
			"an address beyond the address size");
		REQUIRE(need->kind != SV3_NEED_WRITE || is_job, "a transaction writes");
		if (need->kind == SV3_NEED_WRITE)
			check_write(h, need);
		if (need->kind == SV3_NEED_CAS64) {
			note(h, need->expect);
			note(h, need->desired);
			REQUIRE(need->size == 8 && need->unit == SV3_UNIT_HTTU, "no plain update");
			check_update(h, slot, is_job);
		}
		return;
	case SV3_NEED_DONE:
		return;
	case SV3_NEED_IRQ:
		REQUIRE(is_job && need->irq < SV3_IRQ_COUNT, "no such interrupt");
		return;
	case SV3_NEED_WAIT:
		REQUIRE(!is_job, "a job waits for RESUME");
		REQUIRE(SV3_GET(SV3_IDR0_STALL_MODEL, h->config.idr0) != SV3_IDR0_STALL_NONE,
			"a stall although IDR0.STALL_MODEL has none");
		return;
	case SV3_NEED_SEV:
	case SV3_NEED_PRI_RESP:
	case SV3_NEED_ATC_INV:
		REQUIRE(is_job, "a transaction asks for what commands do");
		return;
	default:
		harness_fail("need %d is none", need->kind);
	}
}

static void drop_enables(const struct sv3_need *need, uint8_t *data)
{
	for (uint32_t i = 0; i < need->size; i += 8) {
		uint64_t word = sv3_le64(data + i);
		uint64_t index = (need->pa + i) / 8 % 8;

		if (need->unit == SV3_UNIT_CD && index == 0)
			word &= ~(SV3_CD0_HA | SV3_CD0_HD);
		if (need->unit == SV3_UNIT_STE && index == 2)
			word &= ~(SV3_STE2_S2HA | SV3_STE2_S2HD);
		sv3_put_le64(data + i, word);
	}
}

static void answer(struct harness *h, struct hold_slot *slot, bool abort, struct sv3_reply *reply)
{
	struct sv3_need *need = &slot->need;
	uint8_t *first = harness_at(h, need->pa), *last = harness_at(h, need->pa + need->size - 8);

	memset(reply, h->fill, sizeof(*reply));
	reply->status = SV3_BUS_OK;
	if (need->kind == SV3_NEED_WRITE && need->size < 8)
		last = first;
	if (abort || (need->kind <= SV3_NEED_CAS64 && (!first || !last))) {
		reply->status = SV3_BUS_ABORT;
		return;
	}
	if (need->kind == SV3_NEED_READ) {
		memcpy(reply->data, first, need->size);
		if (h->no_updates)
			drop_enables(need, reply->data);
		if (need->unit == SV3_UNIT_CMDQ && need->size >= 16) {
			h->command[0] = sv3_le64(reply->data);
			h->command[1] = sv3_le64(reply->data + 8);
		}
		remember(slot, sv3_le64(reply->data));
	} else if (need->kind == SV3_NEED_WRITE) {
		memcpy(first, need->data, need->size);
	} else if (need->kind == SV3_NEED_CAS64) {
		reply->old = sv3_le64(first);
		if (reply->old != need->expect)
			return;
		sv3_put_le64(first, need->desired);
		slot->set_af |= ((need->expect ^ need->desired) & AF) != 0;
		slot->set_dirty |= ((need->expect ^ need->desired) & BIT7) != 0;
	}
}

/* --- Transactions --- */

static void check_result(struct harness *h, const struct hold_slot *slot,
			 const struct sv3_result *result)
{
	bool is_ok = result->outcome == SV3_OUTCOME_OK;

	if (getenv("SV3_FUZZ_TRACE"))
		fprintf(stderr,
			"result: kind %d iova %#" PRIx64
			" write %d: outcome %d event %#x flags %#x pa %#" PRIx64 "\n",
			slot->txn.kind, slot->txn.iova, slot->txn.write, result->outcome,
			result->event, result->flags, result->pa);
	note(h, result->pa);
	note(h, (uint64_t)result->outcome << 32 | (uint64_t)result->event << 16 | result->flags);
	REQUIRE(result->outcome < SV3_OUTCOME_COUNT && result->outcome != SV3_OUTCOME_STALLED,
		"outcome %d", result->outcome);
	REQUIRE(result->event == 0 || sv3_event_name(result->event), "event %d", result->event);
	REQUIRE(!is_ok || result->event == 0 || (result->flags & SV3_RESULT_WAS_STALLED),
		"an access goes ahead with event %d", result->event);
	REQUIRE(!slot->txn.speculative || result->event == 0, "a speculative access records");
	REQUIRE(!is_ok || result->pa <= oas_mask(h), "a result beyond the address size");
	REQUIRE(!is_ok || slot->txn.kind == SV3_TXN_ATS_REQUEST ||
			((result->pa ^ slot->txn.iova) & 0xfff) == 0,
		"the offset in the page has changed");
	if (slot->txn.kind == SV3_TXN_PROBE)
		return; /* it says what would have been */
	REQUIRE(!(result->flags & SV3_RESULT_AF_SET) || slot->set_af, "AF set, and no update");
	REQUIRE(!(result->flags & (SV3_RESULT_DIRTY_SET | SV3_RESULT_TABLE_DIRTY_SET)) ||
			slot->set_dirty,
		"made dirty, and no update");
}

static bool is_quiet(struct harness *h)
{
	uint32_t ready;

	for (uint32_t i = 0; i < HARNESS_SLOTS + HARNESS_JOBS; i++)
		if (h->slots[i].hold == HOLD_WAITING ||
		    (i >= h->config.slot_count && h->slots[i].hold != HOLD_FREE))
			return false;
	return !sv3_smmu_next_ready(h->smmu, &ready);
}

void harness_begin(struct harness *h, const struct sv3_txn *txn)
{
	bool must_succeed = h->held < h->config.slot_count && is_quiet(h);
	uint32_t index;
	int error = sv3_smmu_begin(h->smmu, txn, &index);

	note(h, (uint64_t)(int64_t)error);
	if (error != 0) {
		REQUIRE(error == -SV3_ERR_BUSY, "begin returns %d", error);
		REQUIRE(!must_succeed, "a slot was lost: %u of %u held, all quiet", h->held,
			h->config.slot_count);
		return;
	}
	REQUIRE(h->held < h->config.slot_count, "begin gives more slots than there are");
	REQUIRE(index < h->config.slot_count && h->slots[index].hold == HOLD_FREE,
		"slot %u was given out twice", index);
	h->held++;
	h->slots[index] = (struct hold_slot){ .hold = HOLD_READY, .txn = *txn };
}

void harness_try(struct harness *h, const struct sv3_txn *txn)
{
	const struct hold_slot slot = { .txn = *txn };
	struct sv3_result result;

	if (sv3_smmu_try(h->smmu, txn, &result) == 0) {
		REQUIRE(txn->kind != SV3_TXN_PROBE || result.event == 0, "a probe records");
		check_result(h, &slot, &result);
	}
}

static void check_queues(const struct harness *h, const struct queues *before,
			 const struct queues *after, bool is_job, enum sv3_unit written)
{
	const uint32_t taken = distance(&before->cmdq, before->cmdq.cons, after->cmdq.cons);
	const uint32_t made = distance(&before->eventq, before->eventq.prod, after->eventq.prod);
	const uint32_t asked = distance(&before->priq, before->priq.prod, after->priq.prod);

	if (!h->cmdq_spoiled)
		REQUIRE(taken == 0 ||
				(taken == 1 && is_job && before->cmdq.cons != before->cmdq.prod),
			"CMDQ_CONS moves over CMDQ_PROD");
	if (!h->eventq_spoiled) {
		REQUIRE(made == 0 || (made == 1 && written == SV3_UNIT_EVTQ),
			"EVENTQ_PROD moves without a record");
		REQUIRE(distance(&after->eventq, after->eventq.cons, after->eventq.prod) <=
				after->eventq.entries,
			"EVENTQ_PROD moves over EVENTQ_CONS");
	}
	if (!h->priq_spoiled && (h->config.idr0 & SV3_IDR0_PRI)) {
		REQUIRE(asked == 0 || (asked == 1 && written == SV3_UNIT_PRIQ),
			"PRIQ_PROD moves without a request");
		REQUIRE(distance(&after->priq, after->priq.cons, after->priq.prod) <=
				after->priq.entries,
			"PRIQ_PROD moves over PRIQ_CONS");
	}
}

bool harness_step(struct harness *h, uint32_t index, bool abort)
{
	struct hold_slot *slot = &h->slots[index];
	const bool is_job = index >= h->config.slot_count;
	enum sv3_unit written = SV3_UNIT_NONE;
	struct queues before, after;
	struct sv3_reply reply;
	bool replies = slot->hold == HOLD_ASKED;

	if (slot->hold != HOLD_READY && slot->hold != HOLD_ASKED)
		return false;
	before = look(h);
	if (replies) {
		answer(h, slot, abort, &reply);
		if (slot->need.kind == SV3_NEED_WRITE && reply.status == SV3_BUS_OK)
			written = slot->need.unit;
	}
	memset(&slot->need, h->fill, sizeof(slot->need));
	sv3_smmu_step(h->smmu, index, replies ? &reply : NULL, &slot->need);
	after = look(h);
	check_queues(h, &before, &after, is_job, written);
	check_need(h, slot, is_job);
	if (slot->need.kind == SV3_NEED_WAIT) {
		slot->hold = HOLD_WAITING;
	} else if (slot->need.kind != SV3_NEED_DONE) {
		slot->hold = HOLD_ASKED;
	} else if (is_job) {
		slot->hold = HOLD_FREE;
	} else {
		struct sv3_result result;

		slot->hold = HOLD_DONE;
		sv3_smmu_result(h->smmu, index, &result);
		check_result(h, slot, &result);
	}
	return true;
}

bool harness_finish(struct harness *h, uint32_t index)
{
	if (index >= h->config.slot_count || h->slots[index].hold != HOLD_DONE)
		return false;
	sv3_smmu_finish(h->smmu, index);
	h->slots[index].hold = HOLD_FREE;
	h->held--;
	return true;
}

bool harness_step_ready(struct harness *h)
{
	struct hold_slot *slot;
	uint32_t index;

	if (!sv3_smmu_next_ready(h->smmu, &index))
		return false;
	REQUIRE(index < h->config.slot_count + HARNESS_JOBS, "slot %u is ready", index);
	slot = &h->slots[index];
	if (index < h->config.slot_count) {
		REQUIRE(slot->hold == HOLD_WAITING, "a transaction is ready that does not wait");
		slot->hold = HOLD_READY;
	} else {
		REQUIRE(slot->hold == HOLD_FREE, "a job is ready that has not been answered");
		*slot = (struct hold_slot){ .hold = HOLD_READY };
	}
	return harness_step(h, index, false);
}

void harness_settle(struct harness *h)
{
	uint32_t steps = 0;
	bool moved;

	do {
		moved = false;
		for (uint32_t i = 0; i < h->config.slot_count + HARNESS_JOBS; i++) {
			for (uint32_t n = 0; harness_step(h, i, false); n++) {
				moved = true;
				REQUIRE(n < STEPS_OF_A_TXN, "slot %u never ends", i);
			}
			moved |= harness_finish(h, i);
		}
		moved |= harness_step_ready(h);
		REQUIRE(steps++ < STEPS_OF_ALL, "the jobs never end");
	} while (moved);
}

void harness_close(struct harness *h)
{
	static const struct sv3_txn txn = { .iova = 0x1000 };

	harness_settle(h);
	if (h->held > 0) {
		/* What is stalled ends with SMMUEN. [IHI0070 6.3.9.6] */
		harness_reg_write(h, SV3_REG_CR0, 4, 0);
		for (uint32_t i = 0; i < h->config.ack_delay + 2; i++)
			(void)harness_reg(h, SV3_REG_CR0ACK);
		harness_settle(h);
	}
	REQUIRE(h->held == 0, "%u transactions never end", h->held);
	for (uint32_t i = 0; i < h->config.slot_count; i++)
		harness_begin(h, &txn);
	REQUIRE(h->held == h->config.slot_count, "%u of %u slots can be begun at the end", h->held,
		h->config.slot_count);
	note(h, sv3_smmu_hash(h->smmu));
}
