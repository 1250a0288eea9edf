/* SPDX-License-Identifier: MIT */
/*
 * world_device.c - the way of one device access: translated, maybe in flight for a while, landed.
 *
 * A write is posted: the device hears that it was accepted when it was translated, and its bytes
 * land costs.post_delay later. Until then its slot is held, which is what CMD_SYNC waits for.
 * [IHI0070 3.21.1]
 */
#include "engine_priv.h"

/* --- contents --- */

static uint64_t contents_word(uint64_t serial, uint64_t word_index)
{
	/* Two rounds of a 64-bit mix, so that neighbours in either argument share nothing. */
	uint64_t z = serial * UINT64_C(0x9e3779b97f4a7c15) + word_index;

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void sv3__contents_fill(uint64_t serial, sv3_pa pa, uint8_t *bytes, uint32_t len)
{
	uint8_t word[8];

	for (uint32_t i = 0; i < len; i++) {
		const sv3_pa at = pa + i;

		if (i == 0 || at % 8 == 0)
			sv3_put_le64(word, contents_word(serial, at / 8));
		bytes[i] = word[at % 8];
	}
}

/* --- landing --- */

/* The write is in memory from now on. Interrupts and other addresses outside RAM have no bytes. */
static void write_lands(struct sv3_world *world, const struct sv3_write *write)
{
	if (!sv3__world_is_guest_ram(world, write->pa))
		return;
	if (world->config.contents) {
		uint8_t bytes[SV3_PAGE_SIZE];

		sv3__contents_fill(write->serial, write->pa, bytes, write->len);
		/* Inside RAM and inside one page, as RAM is: this cannot abort. */
		(void)sv3_bus_write(&world->bus, write->pa, bytes, write->len);
	}
	world->stats.writes_landed++;
	if (world->observer.write_landed)
		world->observer.write_landed(world->observer.context, write);
}

void sv3__world_land(struct sv3_world *world)
{
	const struct sv3__landing landing = world->landings[world->landing_head];

	world->landing_head++;
	if (world->landing_head == world->landing_capacity)
		world->landing_head = 0;
	world->landing_count--;
	/* Memory first: finish may let a CMD_SYNC complete, which says that the write is
	 * visible. */
	write_lands(world, &landing.write);
	sv3_smmu_finish(world->smmu, landing.slot);
	sv3__world_run_jobs(world);
}

static void landing_add(struct sv3_world *world, const struct sv3_write *write, uint32_t slot)
{
	uint32_t at = world->landing_head + world->landing_count;

	SV3_ASSERT(world->landing_count < world->landing_capacity);
	if (at >= world->landing_capacity)
		at -= world->landing_capacity;
	world->landings[at] = (struct sv3__landing){ .write = *write, .slot = slot };
	world->landing_count++;
}

/* --- access --- */

/*
 * Translate the access of an event. @held: its slot is to be finished, now or when the write lands.
 * Reads, and writes that land at once, take the TLB-hit path, which has no slot.
 */
static int translate(struct sv3_world *world, const struct sv3_txn *txn, uint32_t *slot, bool *held,
		     struct sv3_result *result)
{
	int rc;

	*held = false;
	if (!(txn->write && world->config.costs.post_delay) &&
	    !sv3_smmu_try(world->smmu, txn, result))
		return 0;
	rc = sv3_translate_hold(&world->fast, txn, slot, result);
	*held = rc == 0;
	return rc;
}

/* No slot: the device tries again when the next write lands, the first thing that can free one. */
static void put_off(struct sv3_world *world)
{
	world->stats.retries++;
	if (world->landing_count) {
		world->device_due = world->landings[world->landing_head].write.landed;
	} else {
		world->device_starved = true;
		world->device_due = SV3_PS_NEVER;
	}
}

static void count_fault(struct sv3_world *world, const struct sv3_result *result)
{
	if (!world->stats.faults++) {
		world->stats.first_fault = world->event;
		world->stats.first_fault_event = result->event;
	}
	/* The event record is a job of the hardware, and the queue wants to be read by someone. */
	sv3__world_run_jobs(world);
	if (world->host)
		sv3__host_drain_events(world->host);
}

static void check_output(struct sv3_world *world, sv3_pa pa)
{
	if (!world->event.pa_known || pa == world->event.pa_expected)
		return;
	if (!world->stats.pa_mismatches++) {
		world->stats.first_mismatch = world->event;
		world->stats.first_mismatch_pa = pa;
	}
}

/* A write that was translated: returns whether it is in flight, and with it its slot. */
static bool write_is_posted(struct sv3_world *world, const struct sv3_result *result, bool held,
			    uint32_t slot)
{
	const struct sv3_write write = {
		.serial = ++world->write_count,
		.translated = world->now,
		.landed = world->now + world->config.costs.post_delay,
		.iova = world->event.iova,
		.pa = result->pa,
		.len = world->event.len,
		.stream_id = world->event.stream_id,
		.flags = result->flags,
	};

	if (world->observer.write_translated)
		world->observer.write_translated(world->observer.context, &write);
	if (world->config.costs.post_delay && held) {
		landing_add(world, &write, slot);
		return true;
	}
	write_lands(world, &write);
	return false;
}

static void device_accesses(struct sv3_world *world)
{
	const bool is_write = world->event.kind == SV3_DEVICE_WRITE;
	const struct sv3_txn txn = {
		.iova = world->event.iova,
		.stream_id = world->event.stream_id,
		.write = is_write,
	};
	struct sv3_result result;
	uint32_t slot = 0;
	bool held, ok;

	if (translate(world, &txn, &slot, &held, &result)) {
		put_off(world);
		return;
	}
	world->stats.records++;
	if (world->now - world->event.due > world->stats.lag_max)
		world->stats.lag_max = world->now - world->event.due;
	ok = result.outcome == SV3_OUTCOME_OK;
	if (ok) {
		check_output(world, result.pa);
		if (is_write && write_is_posted(world, &result, held, slot))
			held = false;
	}
	if (held)
		sv3_smmu_finish(world->smmu, slot);
	if (!ok)
		count_fault(world, &result);
	else if (held)
		sv3__world_run_jobs(world);
	if (world->device.ops->completed)
		world->device.ops->completed(world->device.context, &world->event, ok, world->now);
	sv3__world_fetch_event(world);
}

/* The device waits while the host works, also when that takes time: a full queue is waited for. */
static void driver_acts(struct sv3_world *world)
{
	const struct sv3_device_event event = world->event;

	world->device_due = SV3_PS_NEVER;
	sv3__world_refresh(world);
	if (world->host && event.kind == SV3_DEVICE_DRIVER)
		sv3__host_run_row(world->host, &event);
	else if (world->host)
		sv3__host_rewind(world->host, &event);
	sv3__world_fetch_event(world);
}

void sv3__world_device_acts(struct sv3_world *world)
{
	if (world->event.kind <= SV3_DEVICE_WRITE)
		device_accesses(world);
	else
		driver_acts(world);
}
