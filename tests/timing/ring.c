/* SPDX-License-Identifier: MIT */
/*
 * ring.c - see ring.h.
 */
#include "ring.h"

#include <stdlib.h>

#define PAGES              512u /* of each of the two areas: one table of leaves */
#define POSTED             256u /* pages that the device may fill */
#define CHUNK              256u /* bytes of a write: the largest payload */
#define CHUNKS             (SV3_PAGE_SIZE / CHUNK)
#define LINE               64u
#define DESCRIPTORS_A_LINE 4u

#define RX MACHINE_IOVA
#define TX (MACHINE_IOVA + UINT64_C(0x200000))
#define RINGS                                                                               \
	(MACHINE_IOVA + UINT64_C(0x400000)) /* descriptors; completions; what is to be sent \
					     */

/* What the device does for one packet, in order. */
enum step {
	STEP_DESCRIPTORS, /* for each fourth packet */
	STEP_DATA,        /* CHUNKS of them */
	STEP_COMPLETION,
	STEP_ACK, /* for some packets */
	STEP_END,
};

/* Pages of one area are used in turn. */
struct area {
	sv3_iova base;
	uint64_t taken;    /* by the device; page taken % PAGES comes next */
	uint64_t free;     /* mapped and told to the device; taken <= free */
	uint64_t through;  /* the device needs it no more */
	uint64_t unmapped; /* and invalidated, or about to be */
};

struct ring {
	struct machine *m;
	struct ring_config config;
	struct area rx, tx;
	uint64_t packet; /* that the device is at */
	enum step step;
	uint32_t chunk, acks_due; /* of 100 */
	bool syncs;               /* a CMD_SYNC is on its way */
};

static sv3_iova page_of(const struct area *area, uint64_t index)
{
	return area->base + index % PAGES * SV3_PAGE_SIZE;
}

/* --- software --- */

/* TLBI of @batch pages by one command: 4 KiB granule, NUM + 1 of them. [IHI0070 4.4.1.1] */
static void invalidate(struct ring *ring, sv3_iova iova)
{
	const uint64_t pages = ring->config.batch - 1;

	machine_command(ring->m, MACHINE_TLBI_NH_VA | pages << 12,
			iova | (pages ? UINT64_C(1) << 10 : 0) | ring->config.leaf_only);
}

static void unmap_area(struct ring *ring, struct area *area)
{
	while (area->through - area->unmapped >= ring->config.batch) {
		const sv3_iova first = page_of(area, area->unmapped);

		for (uint64_t i = 0; i < ring->config.batch; i++)
			machine_poke(ring->m, machine_leaf(ring->m, first + i * SV3_PAGE_SIZE), 0);
		invalidate(ring, first);
		area->unmapped += ring->config.batch;
	}
}

/* What was invalidated goes to the device again, as many pages of it as it was. */
static void give_again(struct ring *ring, struct area *area)
{
	for (; area->free < area->unmapped + POSTED; area->free++)
		machine_map_pages(ring->m, page_of(area, area->free), 1, MACHINE_RW);
}

/* Software waits for its CMD_SYNC before it looks again. */
static void recycle(struct ring *ring)
{
	const uint64_t before = ring->rx.unmapped + ring->tx.unmapped;

	if (ring->syncs && !machine_commands_done(ring->m))
		return;
	if (ring->syncs) {
		give_again(ring, &ring->rx);
		give_again(ring, &ring->tx);
	}
	unmap_area(ring, &ring->rx);
	unmap_area(ring, &ring->tx);
	ring->syncs = ring->rx.unmapped + ring->tx.unmapped != before;
	if (ring->syncs)
		machine_command(ring->m, MACHINE_SYNC, 0);
}

/* --- the device --- */

static bool issue(struct ring *ring, sv3_iova iova, bool write, uint32_t len)
{
	const struct sv3_timed_access access = machine_access(iova, write, len);

	return sv3_timed_issue(ring->m->timed, &access) >= 0;
}

static sv3_iova line_of(unsigned int page, uint64_t index)
{
	return RINGS + page * SV3_PAGE_SIZE + index * LINE % SV3_PAGE_SIZE;
}

/* Returns: whether the step is through, or has nothing to do for this packet. */
static bool take_step(struct ring *ring)
{
	switch (ring->step) {
	case STEP_DESCRIPTORS:
		return ring->packet % DESCRIPTORS_A_LINE ||
		       issue(ring, line_of(0, ring->packet / DESCRIPTORS_A_LINE), false, LINE);
	case STEP_DATA:
		while (ring->chunk < CHUNKS) {
			if (ring->rx.taken == ring->rx.free ||
			    !issue(ring, page_of(&ring->rx, ring->rx.taken) + ring->chunk * CHUNK,
				   true, CHUNK))
				return false;
			ring->chunk++;
		}
		ring->rx.taken++;
		ring->chunk = 0;
		return true;
	case STEP_COMPLETION:
		if (!issue(ring, line_of(1, ring->packet), true, LINE))
			return false;
		ring->acks_due += ring->config.acks_percent;
		return true;
	default:
		while (ring->acks_due >= 100) {
			if (ring->tx.taken == ring->tx.free ||
			    !issue(ring, page_of(&ring->tx, ring->tx.taken), false, LINE))
				return false;
			ring->tx.taken++;
			ring->acks_due -= 100;
		}
		return true;
	}
}

static void go_on(void *context)
{
	struct ring *ring = (struct ring *)context;

	while (ring->packet < ring->config.packets && take_step(ring)) {
		if (++ring->step < STEP_END)
			continue;
		ring->step = STEP_DESCRIPTORS;
		ring->packet++;
	}
}

/* Writes are in order, so the completion comes behind its packet; pages of acknowledgements come
 * back as they were read. */
static void ended(void *context, const struct sv3_timed_end *end)
{
	struct ring *ring = (struct ring *)context;
	const sv3_iova page = end->access.txn.iova & ~(SV3_PAGE_SIZE - 1);

	if (end->result.outcome != SV3_OUTCOME_OK)
		abort();
	ring->rx.through += page == RINGS + SV3_PAGE_SIZE;
	ring->tx.through += page >= TX && page < RINGS;
}

/* --- a run --- */

static void run(struct ring *ring, uint64_t packets)
{
	ring->config.packets = packets;
	do {
		go_on(ring);
		recycle(ring);
	} while (sv3_timed_run_next(ring->m->timed, SV3_CYCLE_NEVER) || ring->packet < packets);
}

/* Descriptors read by walks; of a walk that an invalidation sent back one more was on its way. */
static uint64_t reads_of(struct machine *m)
{
	return sv3_smmu_stats(m->smmu)->walk_reads + sv3_smmu_stats(m->smmu)->walk_restarts;
}

void ring_run(struct machine *m, const struct ring_config *config, struct ring_result *result)
{
	const uint64_t warm_up = config->packets / 10;
	struct ring ring = {
		.m = m, .config = *config, .rx = { .base = RX }, .tx = { .base = TX }
	};
	uint64_t before_misses, before_reads;
	sv3_cycle begin;
	double cycles, packets;

	ring.rx.free = ring.tx.free = POSTED;
	machine_map_pages(m, RX, POSTED, MACHINE_RW);
	machine_map_pages(m, TX, POSTED, MACHINE_RW);
	machine_map_pages(m, RINGS, 3, MACHINE_RW);
	m->on_room = go_on;
	m->on_end = ended;
	m->context = &ring;
	run(&ring, warm_up);
	before_misses = sv3_smmu_stats(m->smmu)->tlb_misses;
	before_reads = reads_of(m);
	begin = sv3_timed_now(m->timed);
	run(&ring, warm_up + config->packets);
	packets = (double)config->packets;
	cycles = (double)(sv3_timed_now(m->timed) - begin);
	result->gbit_per_s = packets * SV3_PAGE_SIZE * 8 * m->timing.clock_mhz / 1000 / cycles;
	result->misses = (double)(sv3_smmu_stats(m->smmu)->tlb_misses - before_misses) / packets;
	result->reads = (double)(reads_of(m) - before_reads) / packets;
}
